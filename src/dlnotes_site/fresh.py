"""Programs, each run as a file by a fresh interpreter of an environment, with nothing around it.

Isolated mode, no network, an empty folder, an empty home, one thread. What a
program did is kept by what it depends on: its text, the wheel, Python and the packages.
"""

import functools
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from dlnotes_site.environments import ROOT, Environment
from dlnotes_site.notebooks import terminal

AT_ONCE = 2  # programs that run at the same time
TIME_LIMIT = 300  # seconds that a program may take, a whole lab on a slow and busy machine
KEPT = ROOT / ".cache" / "copied"
_NO_SOCKETS = """\
import runpy, sys
def stay_here(event, arguments):
    if event in ("socket.getaddrinfo", "socket.connect", "socket.sendto"):
        raise PermissionError("a block runs without network")
sys.addaudithook(stay_here)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Done:
    """What a program did."""

    code: int
    stdout: str
    stderr: str
    seconds: float


@functools.cache
def offline() -> tuple[str, ...]:
    """What is put before a command so that the system gives it no network; nothing, if the system does not let us."""
    for prefix in (("unshare", "--net"), ("unshare", "--map-root-user", "--net")):
        if shutil.which(prefix[0]) and not subprocess.run([*prefix, "true"], capture_output=True).returncode:
            return prefix
    return ()


def run(text: str, environment: Environment, prefix: Sequence[str] | None = None) -> Done:
    """Run a text as a file in a fresh interpreter, with nothing around it."""
    prefix = offline() if prefix is None else tuple(prefix)
    plain = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(environment.home), "MPLBACKEND": "agg"}
    plain |= {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    with tempfile.TemporaryDirectory(prefix="dlnotes-copied-") as folder:
        file, empty = Path(folder, "block.py"), Path(folder, "empty")
        file.write_text(text, encoding="utf-8", newline="")
        empty.mkdir()
        python = [str(environment.python), "-I"]
        command = [*prefix, *python, str(file)] if prefix else [*python, "-c", _NO_SOCKETS, str(file)]
        begin = time.monotonic()
        try:
            done = subprocess.run(command, cwd=empty, env=plain, capture_output=True, timeout=TIME_LIMIT, check=False)
        except subprocess.TimeoutExpired:
            return Done(1, "", f"does not end within {TIME_LIMIT} s", TIME_LIMIT)
        seconds = round(time.monotonic() - begin, 2)
    stdout, stderr = (stream.decode("utf-8", "backslashreplace") for stream in (done.stdout, done.stderr))
    return Done(done.returncode, stdout, stderr, seconds)


def run_all(
    texts: Sequence[str],
    environment: Environment,
    wheel: Path,
    kept: Path = KEPT,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Done]:
    """Run each text once; what is kept of an earlier time is not run again."""
    surroundings = [hashlib.sha256(wheel.read_bytes()).hexdigest(), environment.version, *offline()]
    surroundings += [f"{name}={version}" for name, version in sorted(environment.packages.items())]
    files = {
        text: kept / f"{hashlib.sha256('\0'.join([text, _NO_SOCKETS, *surroundings]).encode()).hexdigest()}.json"
        for text in texts
    }
    known = {text: done for text, file in files.items() if (done := _kept(file))}
    todo = sorted((text for text in files if text not in known), key=len, reverse=True)  # labs take longest
    kept.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(lambda text: run(text, environment), todo)
        for number, (text, done) in enumerate(zip(todo, results, strict=True), 1):
            known[text] = done
            if not done.code and not terminal(done.stderr).strip():
                _keep(files[text], done)
            progress(number, len(todo))
    return known


def _kept(file: Path) -> Done | None:
    try:
        return Done(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _keep(file: Path, done: Done) -> None:
    partial = file.with_suffix(f".{os.getpid()}.tmp")
    partial.write_text(json.dumps(asdict(done)), encoding="utf-8")
    partial.replace(file)
