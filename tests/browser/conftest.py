"""A server for the built site and one Chromium for all browser tests."""

import http.server
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from dlnotes_site.browser import find_chromium, launch_arguments
from dlnotes_site.serving import serving, serving_site

SITE = Path(__file__).parents[2] / "site"


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    assert (SITE / "index.html").is_file(), "no site to look at: run `make site` first"
    with serving_site(SITE) as address:
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
