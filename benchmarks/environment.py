"""The environment of the benchmark: PyTorch in a folder of its own, from pinned and hashed wheels, made once."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
STAMP = "dlnotes-ready"  # written last, so an installation that was cut off is done anew


class EnvironmentFailure(Exception):
    """One sentence that says what is wrong and what to do."""


type Run = Callable[[Sequence[str]], tuple[int, str]]


def prepare(folder: Path, run: Run | None = None) -> Path:
    """Install the requirements into `folder`, unless they are there; return its Python."""
    run = run or _run
    python, stamp = folder / "bin" / "python", folder / STAMP
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print("Installing PyTorch for the benchmark: some 2 GB to load, 4 GB on disk, once.", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    uv = (sys.executable, "-m", "uv")
    install = ("pip", "install", "--no-deps", "--require-hashes", "--python", str(python), "-r", str(REQUIREMENTS))
    for command in ((*uv, "venv", "--quiet", "--python", sys.executable, str(folder)), (*uv, *install)):
        code, said = run(command)
        if code != 0:
            shutil.rmtree(folder, ignore_errors=True)
            raise EnvironmentFailure(explain(said))
    stamp.write_text(wanted, encoding="utf-8")
    return python


def explain(said: str) -> str:
    """What went wrong, in a sentence, from what uv said."""
    small = said.lower()
    if "no space left" in small or "disk quota" in small:
        return "the disk is full: PyTorch takes some 4 GB; make room and run it again."
    if "hash mismatch" in small:
        return "a file that was loaded is not the one that benchmarks/requirements.txt names: run it again."
    if any(sign in small for sign in ("error sending request", "failed to fetch", "dns error", "timed out", "connect")):
        return "PyTorch could not be loaded, as there is no connection to the package index: run it again with one."
    if "no matching distribution" in small or "no solution found" in small or "platform" in small:
        return f"PyTorch has no wheel for this machine and Python {sys.version_info[0]}.{sys.version_info[1]}."
    last = said.strip().splitlines()
    return f"PyTorch could not be installed: {last[-1].strip() if last else 'no reason was given'}"


def _run(command: Sequence[str]) -> tuple[int, str]:
    """The exit code of a command and what it wrote to stderr, which is shown as it comes."""
    lines = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line)
            print(f"  {line}", end="", file=sys.stderr, flush=True)
    return process.returncode, "".join(lines)
