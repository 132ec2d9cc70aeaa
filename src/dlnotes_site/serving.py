"""A local HTTP server for as long as something needs one."""

import functools
import http.server
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


class Files(http.server.SimpleHTTPRequestHandler):
    """The files of a folder; nothing is said of who asks for them."""

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def serving_files(folder: Path) -> AbstractContextManager[str]:
    """The address at which the files of a folder are served."""
    return serving(functools.partial(Files, directory=str(folder)))
