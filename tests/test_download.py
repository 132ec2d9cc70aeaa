"""Downloads from servers on this machine that do all that servers do wrong. No test needs the internet."""

import contextlib
import functools
import gzip
import hashlib
import http.server
import io
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from dlnotes import _download, _mnist, datasets
from dlnotes._download import File, cache_folder, fetch
from dlnotes._idx import read_idx
from dlnotes.datasets import DownloadError, fashion_mnist, mnist

CONTENT = np.random.default_rng(5).bytes(300_000)
FILE = File("data.gz", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
CUT = 123_456
compress = functools.partial(gzip.compress, mtime=0)  # without the time, which would differ between two processes


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        self.start = int((self.headers["Range"] or "bytes=0-")[6:-1])
        server.requests.append((self.path, self.start))
        if self.headers["User-Agent"] != "dlnotes":
            self.send_error(403, "Python is not welcome")
            return
        with contextlib.suppress(ConnectionError):
            server.behaviour(self)

    def send(self, content=CONTENT, *, ranges=True, length=None, cut=None):
        """Serve `content`, from where it is asked for on if `ranges`, up to byte `cut`."""
        start = self.start if ranges else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if length is not False:
            self.send_header("Content-Length", str(len(content) - start if length is None else length))
        self.end_headers()
        self.wfile.write(content[start:cut])

    def redirect(self, where):
        self.send_response(302)
        self.send_header("Location", where)
        self.end_headers()

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, behaviour):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour, self.requests, self.stop = behaviour, [], threading.Event()
        self.address = f"http://127.0.0.1:{self.server_port}/files"


@pytest.fixture
def serve():
    """Start a server that behaves as it is told; all end with the test."""
    with contextlib.ExitStack() as stack:

        def start(behaviour=Handler.send):
            server = stack.enter_context(Server(behaviour))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            stack.callback(server.stop.set)
            return server

        yield start


def get(folder, *servers, file=FILE, progress=False):
    return fetch(file, folder, [server.address for server in servers], progress=progress)


def left_in(folder):
    return {path.name for path in folder.iterdir()} - {".lock"}


def assert_has_it(folder):
    assert (folder / FILE.name).read_bytes() == CONTENT
    assert left_in(folder) == {FILE.name}


def cut_off(handler):
    handler.send(cut=CUT)


def reset(handler):
    """As a connection that breaks: the other side answers that there is none any more."""
    handler.send(cut=CUT)
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def corrupt(handler):
    handler.send(CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]))


def corrupt_and_cut_off(handler):
    handler.send(bytes([CONTENT[0] ^ 1]) + CONTENT[1:], cut=max(CUT, handler.start))


def hang(handler):
    handler.server.stop.wait()


def hang_in_the_middle(handler):
    handler.send(cut=CUT)
    handler.wfile.flush()
    handler.server.stop.wait()


def garbage(handler):
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")


def login_page(handler):
    handler.send(b"<html>Please log in</html>", ranges=False)


def nothing(handler):
    handler.send(b"", length=False)


def redirects(where):
    return lambda handler: handler.redirect(where)


BROKEN = {
    "403": (lambda handler: handler.send_error(403), "HTTP 403 Forbidden"),
    "404": (lambda handler: handler.send_error(404), "HTTP 404 Not Found"),
    "500": (lambda handler: handler.send_error(500), "HTTP 500 Internal Server Error"),
    "503": (lambda handler: handler.send_error(503, "Busy"), "HTTP 503 Busy"),
    "204": (lambda handler: handler.send_response(204) or handler.end_headers(), "HTTP 204"),
    "cut off": (cut_off, "ended after 123456 of 300000 bytes"),
    "reset": (reset, "reset by peer"),
    "corrupt": (corrupt, "SHA-256 is not the one expected"),
    "hang": (hang, "no answer for 0.3 seconds"),
    "hang in the middle": (hang_in_the_middle, "no answer for 0.3 seconds"),
    "garbage": (garbage, "SSH-2.0"),
    "silence": (lambda handler: None, "closed connection without response"),
    "login page": (login_page, "HTTP 200 with Content-Length '26', wanted the 300000 bytes from 0 on"),
    "length too long": (lambda h: h.send(length=300_001), "Content-Length '300001'"),
    "length too short": (lambda h: h.send(length=299_999), "Content-Length '299999'"),
    "length no number": (lambda h: h.send(length="many"), "Content-Length 'many'"),
    "nothing": (nothing, "ended after 0 of 300000 bytes"),
    "redirects for ever": (redirects("/files/data.gz"), "HTTP 302 .*infinite loop"),
    "redirects to a file": (redirects("file:///etc/passwd"), "HTTP 302 .*not allowed"),
    "redirects to ftp": (redirects("ftp://127.0.0.1/data.gz"), "unknown url type: ftp"),
    "redirects to nowhere": (redirects("http://127.0.0.1:1/data.gz"), "refused"),
}


def test_a_file_is_downloaded_once_and_then_taken_from_the_cache(serve, tmp_path):
    server = serve()
    assert get(tmp_path / "new" / "folder", server) == tmp_path / "new" / "folder" / "data.gz"
    assert_has_it(tmp_path / "new" / "folder")
    get(tmp_path / "new" / "folder", server)
    assert server.requests == [("/files/data.gz", 0)]


def test_a_slash_at_the_end_of_a_mirror_is_the_same_mirror(serve, tmp_path):
    server = serve()
    fetch(FILE, tmp_path, [server.address + "/"], progress=False)
    assert server.requests == [("/files/data.gz", 0)]


@pytest.mark.parametrize("length", [None, False])
def test_a_file_comes_with_and_without_its_length_said_before(serve, tmp_path, length):
    get(tmp_path, serve(lambda handler: handler.send(length=length)))
    assert_has_it(tmp_path)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_mirror_is_named_with_its_reason_and_the_way_out(serve, tmp_path, monkeypatch, name):
    behaviour, reason = BROKEN[name]
    monkeypatch.setattr(_download, "TIMEOUT", 0.3 if "hang" in name else 30.0)
    server = serve(behaviour)
    with pytest.raises(DownloadError, match=reason) as caught:
        get(tmp_path, server)
    assert not (tmp_path / "data.gz").exists()
    message = str(caught.value)
    for part in (f"{server.address}/data.gz: ", str(tmp_path / "data.gz"), FILE.sha256, "cache=", "DLNOTES_CACHE"):
        assert part in message
    assert len(message.splitlines()) == 3


@pytest.mark.parametrize("name", BROKEN)
def test_after_a_broken_mirror_the_next_one_gives_the_file(serve, tmp_path, monkeypatch, name):
    monkeypatch.setattr(_download, "TIMEOUT", 0.3 if "hang" in name else 30.0)
    get(tmp_path, serve(BROKEN[name][0]), serve())
    assert_has_it(tmp_path)


def test_a_mirror_that_refuses_connections_or_does_not_exist_is_left_for_the_next(serve, tmp_path):
    server = serve()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        mirrors = [f"http://127.0.0.1:{closed.getsockname()[1]}", "http://..", "http://127.0.0.1:99999", server.address]
        with pytest.raises(DownloadError) as caught:
            fetch(FILE, tmp_path, mirrors[:-1], progress=False)
        assert all(mirror in str(caught.value) for mirror in mirrors[:-1])
        fetch(FILE, tmp_path, mirrors, progress=False)
    assert_has_it(tmp_path)


def test_all_reasons_are_listed_in_order(serve, tmp_path):
    servers = [serve(BROKEN[name][0]) for name in ("403", "cut off", "corrupt")]
    with pytest.raises(DownloadError) as caught:
        get(tmp_path, *servers)
    lines = str(caught.value).splitlines()
    assert lines[0] == "data.gz could not be downloaded:"
    assert [line.split(": ")[0].strip() for line in lines[1:4]] == [f"{server.address}/data.gz" for server in servers]


def test_redirects_are_followed_with_the_range_asked_for(serve, tmp_path):
    target = serve()
    server = serve(redirects(target.address + "/elsewhere"))
    (tmp_path / "data.gz.part").write_bytes(CONTENT[:CUT])
    get(tmp_path, server)
    assert target.requests == [("/files/elsewhere", CUT)]
    assert_has_it(tmp_path)


def test_a_connection_that_breaks_now_and_then_is_taken_up_where_it_ended(serve, tmp_path):
    server = serve(lambda handler: handler.send(cut=handler.start + 120_000))
    get(tmp_path, server)
    assert [start for _, start in server.requests] == [0, 120_000, 240_000]
    assert_has_it(tmp_path)


def test_a_connection_that_breaks_again_and_again_is_given_up_after_some_tries(serve, tmp_path):
    server = serve(lambda handler: handler.send(cut=handler.start + 1000))
    with pytest.raises(DownloadError, match=f"ended after {_download.TRIES}000 of 300000 bytes"):
        get(tmp_path, server)
    assert [start for _, start in server.requests] == [1000 * k for k in range(_download.TRIES)]


def test_a_server_that_brings_nothing_new_is_asked_no_more_than_once(serve, tmp_path):
    server = serve(nothing)
    with pytest.raises(DownloadError):
        get(tmp_path, server)
    assert len(server.requests) == 1


def test_the_next_mirror_goes_on_where_the_one_before_broke_off(serve, tmp_path):
    first, second = serve(cut_off), serve()
    get(tmp_path, first, second)
    assert second.requests == [("/files/data.gz", CUT)]
    assert_has_it(tmp_path)


def test_a_broken_download_leaves_a_part_that_the_next_call_goes_on_with(serve, tmp_path):
    with pytest.raises(DownloadError):
        get(tmp_path, serve(cut_off))
    assert left_in(tmp_path) == {"data.gz.part"}
    assert (tmp_path / "data.gz.part").read_bytes() == CONTENT[:CUT]
    server = serve()
    get(tmp_path, server)
    assert server.requests == [("/files/data.gz", CUT)]
    assert_has_it(tmp_path)


def test_a_server_that_ignores_the_range_starts_anew(serve, tmp_path):
    (tmp_path / "data.gz.part").write_bytes(b"x" * CUT)
    server = serve(lambda handler: handler.send(ranges=False))
    get(tmp_path, server)
    assert server.requests == [("/files/data.gz", CUT)]
    assert_has_it(tmp_path)


@pytest.mark.parametrize("header", ["bytes 0-299999/300000", "bytes 123456-299998/299999", "none", ""])
def test_a_range_that_was_not_asked_for_is_refused_and_the_part_kept(serve, tmp_path, header):
    def other_range(handler):
        handler.send_response(206)
        handler.send_header("Content-Range", header)
        handler.end_headers()
        handler.wfile.write(CONTENT)

    (tmp_path / "data.gz.part").write_bytes(CONTENT[:CUT])
    with pytest.raises(DownloadError, match=r"HTTP 206 with Content-Range .*bytes from 123456 on"):
        get(tmp_path, serve(other_range))
    assert (tmp_path / "data.gz.part").read_bytes() == CONTENT[:CUT]


@pytest.mark.parametrize("part", [b"x" * CUT, b"x" * FILE.size, b"x" * (FILE.size + 1)])
def test_a_part_with_wrong_bytes_is_thrown_away_and_the_file_comes_from_the_same_mirror(serve, tmp_path, part):
    (tmp_path / "data.gz.part").write_bytes(part)
    server = serve()
    get(tmp_path, server)
    assert server.requests[-1] == ("/files/data.gz", 0)
    assert_has_it(tmp_path)


def test_a_mirror_that_sends_wrong_bytes_and_breaks_off_does_not_spoil_the_next(serve, tmp_path):
    get(tmp_path, serve(corrupt_and_cut_off), serve())
    assert_has_it(tmp_path)


def test_a_whole_part_needs_no_request(serve, tmp_path):
    (tmp_path / "data.gz.part").write_bytes(CONTENT)
    server = serve()
    get(tmp_path, server)
    assert server.requests == []
    assert_has_it(tmp_path)


def test_nothing_of_a_corrupt_download_is_left(serve, tmp_path):
    with pytest.raises(DownloadError):
        get(tmp_path, serve(corrupt))
    assert left_in(tmp_path) == set()


def test_bytes_without_end_are_not_all_taken(serve, tmp_path):
    def endless(handler):
        handler.send(length=False)
        while not handler.server.stop.is_set():
            handler.wfile.write(bytes(10_000))

    get(tmp_path, serve(endless))
    assert_has_it(tmp_path)


def test_a_file_in_the_cache_that_is_another_one_is_replaced_or_told_of(serve, tmp_path):
    (tmp_path / "data.gz").write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(DownloadError, match=r"data\.gz: is there, but not with this content"):
        get(tmp_path, serve(BROKEN["404"][0]))
    assert (tmp_path / "data.gz").read_bytes() == CONTENT[:-1] + b"x"
    get(tmp_path, serve())
    assert_has_it(tmp_path)


def test_the_final_name_never_stands_for_half_a_file(serve, tmp_path):
    seen = []

    def slow(handler):
        handler.send(cut=CUT)
        time.sleep(0.1)
        seen.append(left_in(tmp_path))
        handler.wfile.write(CONTENT[CUT:])

    get(tmp_path, serve(slow))
    assert seen == [{"data.gz.part"}]
    assert_has_it(tmp_path)


def test_a_folder_that_cannot_be_made_is_told_of(serve, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DownloadError, match=r"file.* cannot be written to: .*cache= or by the variable DLNOTES_CACHE"):
        get(tmp_path / "file" / "below", serve())


def test_a_cached_file_is_found_in_a_folder_where_nothing_can_be_written(tmp_path, monkeypatch):
    (tmp_path / "data.gz").write_bytes(CONTENT)
    monkeypatch.setattr(_download, "_lock", None)
    assert fetch(FILE, tmp_path, [], progress=False) == tmp_path / "data.gz"


PROGRAM = """
import signal
from pathlib import Path
from dlnotes._download import File, fetch
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may inherit that it is ignored
print("ready", flush=True)
fetch(File({name!r}, {size}, {sha256!r}), Path({folder!r}), [{address!r}], progress=False)
"""


def start(folder, server):
    values = {"name": FILE.name, "size": FILE.size, "sha256": FILE.sha256}
    program = PROGRAM.format(**values, folder=str(folder), address=server.address)
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_processes_and_threads_wait_for_each_other_and_download_one_file_once(serve, tmp_path):
    server = serve()
    thread = threading.Thread(target=get, args=(tmp_path, server))
    with _download._lock(tmp_path):
        thread.start()
        processes = [start(tmp_path, server) for _ in range(2)]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        assert server.requests == []
    thread.join()
    for process in processes:
        assert process.communicate(timeout=20) == ("", "")
        assert process.returncode == 0
    assert server.requests == [("/files/data.gz", 0)]
    assert_has_it(tmp_path)


@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_after_a_process_was_ended_in_the_middle_the_next_goes_on(serve, tmp_path, how):
    waits = serve(hang_in_the_middle)
    process = start(tmp_path, waits)
    deadline = time.monotonic() + 20
    while not (tmp_path / "data.gz.part").exists() or (tmp_path / "data.gz.part").stat().st_size < 65_536:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(getattr(signal, how))
    assert process.communicate(timeout=20)[1].endswith("KeyboardInterrupt\n" if how == "SIGINT" else "")
    assert process.returncode != 0
    server = serve()
    get(tmp_path, server)
    assert server.requests[0][1] >= 65_536
    assert len(server.requests) == 1
    assert_has_it(tmp_path)


def test_progress_shows_on_a_terminal_only_and_only_if_wanted(serve, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def __init__(self, is_terminal):
            super().__init__()
            self.isatty = lambda: is_terminal

    for number, (terminal, progress, shows) in enumerate(
        [(True, True, True), (False, True, False), (True, False, False)]
    ):
        stream = Terminal(terminal)
        monkeypatch.setattr(sys, "stderr", stream)
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "data.gz.part").write_bytes(CONTENT[:CUT])
        get(folder, serve(), progress=progress)
        assert ("data.gz: " in stream.getvalue()) == shows
        if shows:
            assert "41%" in stream.getvalue()  # what is there counts
            assert "300k/300k" in stream.getvalue()


def test_the_cache_is_where_the_variable_says_else_where_the_platform_keeps_caches(monkeypatch, tmp_path):
    for name in ("DLNOTES_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder() == tmp_path / ".cache" / "dlnotes"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == tmp_path / "Library" / "Caches" / "dlnotes"
    monkeypatch.setattr(sys, "platform", "win32")
    assert cache_folder() == tmp_path / "AppData" / "Local" / "dlnotes"
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder() == tmp_path / "local" / "dlnotes"
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "dlnotes"
    monkeypatch.setenv("DLNOTES_CACHE", "~/own")
    assert cache_folder() == tmp_path / "own"


def idx(array, code):
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize(("code", "dtype"), [(8, "u1"), (9, "i1"), (11, "i2"), (12, "i4"), (13, "f4"), (14, "f8")])
@pytest.mark.parametrize("shape", [(), (3,), (0, 4), (2, 3, 5)])
def test_idx_files_of_every_kind_are_read(tmp_path, code, dtype, shape):
    array = np.random.default_rng(1).uniform(-100, 100, size=shape).astype("i1").astype(dtype)
    (tmp_path / "a.gz").write_bytes(compress(idx(array, code)))
    found = read_idx(tmp_path / "a.gz")
    assert found.dtype == np.dtype(dtype)
    assert found.dtype.isnative
    assert found.flags.writeable
    np.testing.assert_array_equal(found, array)


def test_an_idx_file_cut_off_anywhere_is_refused_by_name(tmp_path):
    path = tmp_path / "a.gz"
    whole = idx(np.arange(24, dtype="u1").reshape(2, 3, 4), 8)
    for cut in range(len(whole)):
        path.write_bytes(compress(whole[:cut]))
        with pytest.raises(ValueError, match=r"a\.gz expects"):
            read_idx(path)
    packed = compress(whole)
    for cut in range(1, len(packed)):
        path.write_bytes(packed[:cut])
        with pytest.raises(ValueError, match=r"a\.gz is not a whole gzip file"):
            read_idx(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (compress(idx(np.arange(3, dtype="u1"), 8) + b"x"), r"expects 11 bytes for shape \(3,\) of uint8, got 12"),
        (compress(b"\0\1\x08\1" + bytes(4)), r"got \[0, 1, 8, 1\]"),
        (compress(b"\0\0\x0a\1" + bytes(4)), r"got \[0, 0, 10, 1\]"),
        (compress(b"\0\0\x08\3" + bytes(8)), "expects the lengths of 3 axes, got 8 bytes"),
        (compress(b"\0\0\x0e\4" + b"\xff" * 16), "expects 27.* bytes for shape"),
        (compress(b""), r"got \[\]"),
        (b"", r"got \[\]"),
        (b"<html>", "is not a whole gzip file"),
        (compress(bytes(100))[:-8] + bytes(8), "is not a whole gzip file"),
        (compress(bytes(100))[:10] + b"\xff" * 20, "is not a whole gzip file"),
    ],
)
def test_what_is_no_idx_file_is_refused(tmp_path, content, message):
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_idx(tmp_path / "a.gz")


def small(monkeypatch, name):
    """Put four small files in the place of the real ones; returns what a server has to send under each name."""
    contents, parts = {}, {}
    for part, prefix, n in (("train", "train", 6), ("test", "t10k", 4)):
        pixels = np.arange(n * 28 * 28).reshape(n, 28, 28).astype("u1")
        labels = np.arange(n, dtype="u1")[::-1]
        files = []
        for kind, array in (("images-idx3", pixels), ("labels-idx1", labels)):
            content = compress(idx(array, 8))
            contents[f"{prefix}-{kind}-ubyte.gz"] = content
            files.append(File(f"{prefix}-{kind}-ubyte.gz", len(content), hashlib.sha256(content).hexdigest()))
        parts[part] = tuple(files)
    source = getattr(_mnist, name)
    monkeypatch.setattr(_mnist, name, _mnist.Source(source.name, source.mirrors, parts["train"], parts["test"]))
    return lambda handler: handler.send(contents[Path(handler.path).name])


@pytest.mark.parametrize(
    ("load", "name", "folder"), [(mnist, "MNIST", "mnist"), (fashion_mnist, "FASHION_MNIST", "fashion-mnist")]
)
def test_the_loaders_give_images_and_labels_of_both_parts(serve, tmp_path, monkeypatch, load, name, folder):
    server = serve(small(monkeypatch, name))
    for cache in (tmp_path / "given", None):
        monkeypatch.setenv("DLNOTES_CACHE", str(tmp_path / "variable"))
        for train, n in ((True, 6), (False, 4)):
            for _ in range(2):
                x, d = load(train, cache=cache, progress=False, mirrors=[server.address])
                assert (x.shape, x.dtype, d.dtype) == ((n, 1, 28, 28), np.float32, np.int64)
                np.testing.assert_array_equal(x[0, 0, 0], np.arange(28, dtype=np.float32) / np.float32(255))
                assert (x.min(), x.max()) == (0, 1)
                assert d.tolist() == list(range(n))[::-1]
    assert len(server.requests) == 8
    for cache in ("given", "variable"):
        assert len(left_in(tmp_path / cache / folder)) == 4


def test_mnist_and_fashion_mnist_do_not_take_each_other_s_files(serve, tmp_path, monkeypatch):
    server = serve(small(monkeypatch, "MNIST"))
    mnist(cache=tmp_path, mirrors=[server.address], progress=False)
    with pytest.raises(DownloadError, match="fashion-mnist"):
        fashion_mnist(cache=tmp_path, mirrors=[serve(BROKEN["404"][0]).address], progress=False)


def test_the_table_of_files_has_the_lengths_and_sums_of_the_sources():
    sources = (_mnist.MNIST, _mnist.FASHION_MNIST)
    files = [file for source in sources for file in (*source.train, *source.test)]
    assert [file.size for file in files] == [9912422, 28881, 1648877, 4542, 26421880, 29515, 4422102, 5148]
    assert len({file.sha256 for file in files}) == 8
    assert all(len(file.sha256) == 64 and set(file.sha256) <= set("0123456789abcdef") for file in files)
    assert all(len(set(source.mirrors)) >= 2 for source in sources)


@pytest.mark.parametrize(
    ("mirrors", "error", "message"),
    [
        ([], ValueError, "mnist expects at least one mirror, got none"),
        ("http://a", TypeError, "mnist expects a list of addresses as mirrors, got one string: 'http://a'"),
        (["http://a", "ftp://b"], ValueError, "mnist expects mirrors with http:// or https://, got 'ftp://b'"),
        (["file:///etc"], ValueError, "got 'file:///etc'"),
        (["/etc"], ValueError, "got '/etc'"),
    ],
)
def test_mirrors_are_checked_before_anything_is_asked(tmp_path, mirrors, error, message):
    with pytest.raises(error, match=message):
        mnist(cache=tmp_path / "cache", mirrors=mirrors)
    assert not (tmp_path / "cache").exists()


def test_importing_the_library_brings_nothing_that_downloads():
    program = "import numpy, sys; before = set(sys.modules); import dlnotes; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"http.client", "urllib.request", "gzip", "tqdm", "ssl"}.isdisjoint(done.stdout.split())
    assert os.path.basename(datasets.__file__) == "datasets.py"
