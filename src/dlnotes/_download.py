"""Files from the web, kept in a cache; imported when `dlnotes.datasets` has something to download."""

import hashlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib import request
from urllib.error import HTTPError, URLError

from dlnotes._progress import in_notebook, is_seen
from dlnotes.datasets import DownloadError

__all__: list[str] = []

TIMEOUT = 30.0  # seconds without a byte
TRIES = 3  # of one mirror, as long as each brings something new
CHUNK = 1 << 16  # bytes

_ELSEWHERE = "Another folder is named by cache= or by the variable DLNOTES_CACHE."


@dataclass(frozen=True)
class File:
    """A file by its name, its length in bytes and the SHA-256 of its content."""

    name: str
    size: int
    sha256: str

    def is_at(self, path: Path) -> bool:
        """Whether the file at `path` has the content."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == self.sha256


def cache_folder() -> Path:
    """$DLNOTES_CACHE, or the folder `dlnotes` in the platform's folder for caches."""
    if chosen := os.environ.get("DLNOTES_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "dlnotes"


def fetch(file: File, folder: Path, mirrors: Sequence[str], *, progress: bool) -> Path:
    """The path of `file` in `folder`, from the first mirror that gives it unless it is there already.

    What has come so far is kept in name.part and goes on from there next time, after a broken connection, an
    interrupt or a crash. It gets its name when it is whole and its SHA-256 right.
    """
    path, part = folder / file.name, folder / f"{file.name}.part"
    if file.is_at(path):
        return path
    with _lock(folder):
        if file.is_at(path):  # another process was first
            return path
        reasons = []
        for mirror in mirrors:
            address = f"{mirror.rstrip('/')}/{file.name}"
            reason = _download(file, address, part, progress)
            if reason is None:
                part.replace(path)
                return path
            reasons.append(f"  {address}: {reason}")
    if path.exists():
        reasons.append(f"  {path}: is there, but not with this content")
    raise DownloadError(
        "\n".join([f"{file.name} could not be downloaded:", *reasons])
        + f"\nGot by other means, it belongs at {path} ({file.size} bytes, SHA-256 {file.sha256}). {_ELSEWHERE}"
    )


def _download(file: File, address: str, part: Path, progress: bool) -> str | None:
    """Make `part` the whole file; returns None, or why that failed."""
    reason = None
    for _ in range(TRIES):
        start = _size(part)
        if start < file.size:
            reason = _receive(file, address, part, start, progress)
        if _size(part) >= file.size:
            if file.is_at(part):
                return None
            part.unlink()
            reason = "sent another file: its SHA-256 is not the one expected"
            if start == 0:
                break  # else what was there before may have been wrong: once more, from the beginning
        elif _size(part) <= start:
            break
    return reason


def _receive(file: File, address: str, part: Path, start: int, progress: bool) -> str | None:
    """Add to `part` what comes from `address`; returns why it ended before its time, or None."""
    try:
        response = _open(address, start)
    except (OSError, HTTPException, ValueError) as error:
        return _reason(error)
    with closing(response):
        resumed = response.status == 206
        header = "Content-Range" if resumed else "Content-Length"
        given = response.headers.get(header, "" if resumed else f"{file.size}")
        expected = rf"bytes {start}-\d+/({file.size}|\*)" if resumed else f"{file.size}"
        if response.status not in (200, 206) or not re.fullmatch(expected, given):
            return f"HTTP {response.status} with {header} {given!r}, wanted the {file.size} bytes from {start} on"
        with part.open("ab" if resumed else "wb") as out, _bar(file, out.tell(), progress) as advance:
            while out.tell() < file.size:
                try:
                    chunk = response.read1(min(CHUNK, file.size - out.tell()))
                except (OSError, HTTPException) as error:
                    return _reason(error)
                if not chunk:
                    return f"ended after {out.tell()} of {file.size} bytes"
                out.write(chunk)
                advance(len(chunk))
    return None


def _open(address: str, start: int) -> HTTPResponse:
    """The answer to a request for all bytes from `start` on. Redirects are followed, to http and https only."""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler,
        request.HTTPHandler,
        request.HTTPSHandler,
        request.HTTPRedirectHandler,
        request.HTTPErrorProcessor,
        request.HTTPDefaultErrorHandler,
        request.UnknownHandler,
    ):
        opener.add_handler(handler())
    headers = {"User-Agent": "dlnotes"} | ({"Range": f"bytes={start}-"} if start else {})
    response: HTTPResponse = opener.open(request.Request(address, headers=headers), timeout=TIMEOUT)
    return response


def _reason(error: Exception) -> str:
    """An error in one line."""
    if isinstance(error, HTTPError):
        error.close()
        return " ".join(f"HTTP {error.code} {error.reason}".split())
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer for {TIMEOUT:g} seconds"
    return " ".join(f"{cause}".split()) or type(cause).__name__


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@contextmanager
def _bar(file: File, start: int, progress: bool) -> Iterator[Callable[[int], Any]]:
    """A progress bar, if wanted, where there is a terminal or a notebook to see it."""
    if not progress or not is_seen():
        yield lambda n: None
        return
    from tqdm import tqdm

    leave = not in_notebook()
    with tqdm(total=file.size, initial=start, desc=file.name, unit="B", unit_scale=True, leave=leave) as bar:
        yield bar.update


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Make `folder` and wait until no other process downloads into it. A lock ends with its process, killed or not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("ab")
    except OSError as error:
        raise DownloadError(f"{folder} cannot be written to: {error.strerror}. {_ELSEWHERE}") from None
    with file:
        if sys.platform == "win32":  # pragma: no cover  (Windows has another lock, and no test machine here)
            import msvcrt

            while True:
                with suppress(OSError):
                    file.seek(0)
                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                    break
                time.sleep(0.2)
        else:
            import fcntl

            with suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_EX)
        yield
