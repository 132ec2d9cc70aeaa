"""A local HTTP server for as long as something needs one."""

import functools
import http.server
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path


@contextmanager
def serving(handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address at which `handler` answers."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class _Site(http.server.SimpleHTTPRequestHandler):
    """The files of a built site, as GitHub Pages serves them; nothing is said of who asks for them."""

    def do_GET(self) -> None:
        """The sitemap, which instant navigation goes by, names the address that the site was built for: here, this."""
        file = Path(self.translate_path(self.path))
        if file.name != "sitemap.xml" or not file.is_file():
            return super().do_GET()
        text = file.read_text(encoding="utf-8")
        here = re.sub(r"<loc>https?://[^/]+/", f"<loc>http://{self.headers['Host']}/", text)
        self._send(200, "application/xml", here.encode())

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A missing page shows 404.html."""
        missing = Path(self.directory, "404.html")
        if code != 404 or not missing.is_file():
            return super().send_error(code, message, explain)
        self._send(404, "text/html; charset=utf-8", missing.read_bytes())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def serving_site(folder: Path) -> AbstractContextManager[str]:
    """The address at which a built site is served."""
    return serving(functools.partial(_Site, directory=str(folder)))
