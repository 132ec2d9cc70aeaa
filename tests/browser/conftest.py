"""A server for the built site and one Chromium for all browser tests."""

import functools
import http.server
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from dlnotes_site.browser import find_chromium, launch_arguments
from dlnotes_site.serving import Files, serving

SITE = Path(__file__).parents[2] / "site"


class _Pages(Files):
    def do_GET(self) -> None:
        """The sitemap names the address that the site was built for; here it is this server's."""
        if not self.path.endswith("/sitemap.xml"):
            return super().do_GET()
        text = Path(self.translate_path(self.path)).read_text(encoding="utf-8")
        host, port = self.server.server_address[:2]
        here = re.sub(r"<loc>https?://[^/]+/", f"<loc>http://{host!s}:{port}/", text)
        self._send(200, "application/xml", here.encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A missing page shows 404.html, as on GitHub Pages."""
        if code != 404:
            return super().send_error(code, message, explain)
        self._send(404, "text/html; charset=utf-8", (SITE / "404.html").read_bytes())


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    assert (SITE / "index.html").is_file(), "no site to look at: run `make site` first"
    handler = functools.partial(_Pages, directory=str(SITE))
    with serving(handler) as address:
        yield address


@dataclass
class Elsewhere:
    """Another origin, which notes what it is asked for."""

    address: str
    asked: list[str]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    asked: list[str] = []

    class Asked(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with serving(Asked) as address:
        yield Elsewhere(address, asked)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=launch_arguments())
        yield browser
        browser.close()
