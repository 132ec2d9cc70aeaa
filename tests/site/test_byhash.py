"""Files by their hash, whatever servers, packages and signals do. A server of this machine is the CDN."""

import contextlib
import functools
import hashlib
import http.server
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlnotes_site import byhash
from dlnotes_site.byhash import Unavailable, Wanted, obtain
from dlnotes_site.serving import serving

CONTENT = bytes(range(256)) * 2000
PACKAGE = "things==1.0"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy for the servers of this file, and no index: what pip finds is what a test gives it."""
    monkeypatch.setenv("no_proxy", "*")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")


class Handler(http.server.BaseHTTPRequestHandler):
    """A CDN that sends `content`, up to byte `cut`, and notes what it was asked for."""

    def __init__(self, *arguments: Any, asked: list[str], content: bytes, cut: int | None, status: int) -> None:
        self.asked, self.content, self.cut, self.status = asked, content, cut, status
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(self.content[: self.cut])

    def log_message(self, format: str, *arguments: object) -> None:
        pass


Cdn = Callable[..., tuple[Wanted, list[str]]]


@pytest.fixture
def cdn() -> Iterator[Cdn]:
    """Start a CDN that behaves as it is told: a file that is wanted from it, and what it will have been asked for."""
    with contextlib.ExitStack() as stack:

        def start(content: bytes = CONTENT, cut: int | None = None, status: int = 200) -> tuple[Wanted, list[str]]:
            asked: list[str] = []
            handler = functools.partial(Handler, asked=asked, content=content, cut=cut, status=status)
            address = stack.enter_context(serving(handler))
            return Wanted("thing.whl", sha256(CONTENT), PACKAGE, f"{address}thing.whl"), asked

        yield start


def silent(name: str, done: int, total: int) -> None:
    pass


def offer(monkeypatch: pytest.MonkeyPatch, folder: Path, **files: bytes) -> None:
    """A wheel of `things` 1.0 with some files, where pip looks for it."""
    folder.mkdir()
    with zipfile.ZipFile(folder / "things-1.0-py3-none-any.whl", "w") as wheel:
        for name, content in files.items():
            wheel.writestr(f"things/{name}.whl", content)
        wheel.writestr("things-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: things\nVersion: 1.0\n")
        wheel.writestr("things-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("things-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


def left_in(cache: Path) -> set[str]:
    return {path.name for path in cache.iterdir()} - {".lock"}


def test_a_file_comes_from_the_cdn_and_is_kept(tmp_path: Path, cdn: Cdn) -> None:
    wanted, asked = cdn()
    told: list[tuple[str, int, int]] = []
    for _ in range(2):
        found = obtain([wanted], tmp_path, lambda *progress: told.append(progress))
        assert found["thing.whl"].read_bytes() == CONTENT
    assert asked == ["/thing.whl"]
    assert told[-1] == ("thing.whl", len(CONTENT), len(CONTENT))
    assert len(told) > 2
    assert left_in(tmp_path) == {wanted.sha256}


def test_a_kept_file_that_was_damaged_is_had_again(tmp_path: Path, cdn: Cdn) -> None:
    wanted, asked = cdn()
    obtain([wanted], tmp_path, silent)
    (tmp_path / wanted.sha256).write_bytes(CONTENT[:-1] + b"x")
    assert obtain([wanted], tmp_path, silent)["thing.whl"].read_bytes() == CONTENT
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ({"content": b"another"}, f"has another thing.whl: its SHA-256 is {sha256(b'another')}, expected"),
        ({"cut": 1000}, "(ended after 1000 of 512000 bytes|IncompleteRead)"),
        ({"status": 404}, "thing.whl: Not Found"),
    ],
    ids=["another file", "interrupted", "missing"],
)
def test_what_is_not_the_file_is_refused_in_a_sentence_and_not_kept(
    tmp_path: Path, cdn: Cdn, behaviour: dict[str, Any], sentence: str
) -> None:
    wanted, _ = cdn(**behaviour)
    with pytest.raises(Unavailable, match=sentence) as caught:
        obtain([wanted], tmp_path, silent)
    assert "cannot be had: thing.whl" in str(caught.value)
    assert f"pip download {PACKAGE}: ERROR" in str(caught.value)
    assert left_in(tmp_path) == set()


@pytest.mark.parametrize("behaviour", [{"content": b"another"}, {"cut": 1000}, {"status": 404}])
def test_where_the_cdn_fails_the_file_comes_out_of_a_package(
    tmp_path: Path, cdn: Cdn, behaviour: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, tmp_path / "index", thing=CONTENT, other=b"is left there")
    wanted, _ = cdn(**behaviour)
    assert obtain([wanted], tmp_path / "cache", silent)["thing.whl"].read_bytes() == CONTENT
    assert left_in(tmp_path / "cache") == {wanted.sha256}


def test_a_package_is_asked_for_once_for_all_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[str] = []
    pip = byhash._pip

    def counted(package: str, folder: Path, progress: byhash.Progress) -> str:
        asked_for.append(package)
        return pip(package, folder, progress)

    monkeypatch.setattr(byhash, "_pip", counted)
    offer(monkeypatch, tmp_path / "index", one=b"1", two=b"2")
    wanted = [Wanted(f"{name}.whl", sha256(content), PACKAGE) for name, content in (("one", b"1"), ("two", b"2"))]
    assert set(obtain(wanted, tmp_path / "cache", silent)) == {"one.whl", "two.whl"}
    assert asked_for == [PACKAGE]


def test_a_package_with_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, tmp_path / "index", thing=b"another")
    with pytest.raises(Unavailable, match=r"things-1.0-py3-none-any.whl has another thing.whl"):
        obtain([Wanted("thing.whl", sha256(CONTENT), PACKAGE)], tmp_path / "cache", silent)
    with pytest.raises(Unavailable, match=r"things-1.0-py3-none-any.whl has no thong.whl"):
        obtain([Wanted("thong.whl", sha256(CONTENT), PACKAGE)], tmp_path / "cache", silent)
    assert left_in(tmp_path / "cache") == set()


def test_the_wheel_itself_can_be_what_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, tmp_path / "index")
    name = "things-1.0-py3-none-any.whl"
    content = (tmp_path / "index" / name).read_bytes()
    assert obtain([Wanted(name, sha256(content), PACKAGE)], tmp_path / "cache", silent)[name].read_bytes() == content


def test_a_cdn_and_an_index_that_fail_are_not_asked_again(
    tmp_path: Path, cdn: Cdn, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[str] = []

    def pip(package: str, folder: Path, progress: object) -> str:
        asked_for.append(package)
        return f"no {package}"

    monkeypatch.setattr(byhash, "_pip", pip)
    host, asked = cdn(status=503)
    wanted = [Wanted(f"{n}.whl", sha256(b"%d" % n), f"p{n // 2}", host.address) for n in range(4)]
    with pytest.raises(Unavailable) as caught:
        obtain(wanted, tmp_path, silent)
    assert asked_for == ["p0"]
    assert str(caught.value).count("Service Unavailable") == 1
    assert asked == ["/thing.whl"]


def test_a_cdn_that_never_answers_is_left_within_its_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, tmp_path / "index", thing=CONTENT)
    monkeypatch.setattr(byhash, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes the connection and says nothing
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/thing.whl"
        begin = time.monotonic()
        said = byhash._from_network([Wanted("thing.whl", sha256(CONTENT), PACKAGE, address)] * 9, tmp_path, silent)
        assert time.monotonic() - begin < 2
    assert said == [f"{address}: timed out"]


def test_a_killed_download_leaves_nothing_that_is_taken_for_the_file(tmp_path: Path, cdn: Cdn) -> None:
    wanted, _ = cdn()
    program = f"""
import os
from pathlib import Path
from dlnotes_site.byhash import Wanted, obtain
def die(name, done, total):
    if done > 100000:
        os.kill(os.getpid(), 9)
obtain([Wanted(*{(wanted.name, wanted.sha256, wanted.package, wanted.address)!r})], Path({str(tmp_path)!r}), die)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    assert len(left_in(tmp_path)) == 1, "the download was not under way"
    assert wanted.sha256 not in left_in(tmp_path)
    assert obtain([wanted], tmp_path, silent)["thing.whl"].read_bytes() == CONTENT
    assert left_in(tmp_path) == {wanted.sha256}
