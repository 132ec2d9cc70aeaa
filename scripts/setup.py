"""Install what the project needs into .venv and node_modules: `scripts/setup` calls this.

Needs nothing but the standard library of Python 3.12 and runs in the project's root. A step that is
done leaves a stamp with a digest of the files that it depends on, so that it is done again when one of
them changes, and not otherwise. While a step runs its marker stands: if that is found by the next call, the
step was interrupted, and what it left is thrown away.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

VENV = Path(".venv")
VENV_PYTHON = VENV / "bin" / "python"
NODE_MODULES = Path("node_modules")
STATE = Path(".setup")  # lock, log and markers
LOG = STATE / "log"

PYTHON_FILES = ("requirements.txt", "pyproject.toml")
NODE_FILES = ("package-lock.json", "package.json", ".npmrc")
PYTHON_STAMP = VENV / "dlnotes-ready"
NODE_STAMP = NODE_MODULES / ".dlnotes-ready"

NETWORK_SIGNS = (
    "Failed to establish a new connection",
    "NewConnectionError",
    "ConnectTimeout",
    "ReadTimeout",
    "Read timed out",
    "Connection refused",
    "Max retries exceeded",
    "Name or service not known",
    "name resolution",
    "ProxyError",
    "ECONNREFUSED",
    "ECONNRESET",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ETIMEDOUT",
    "ERR_SOCKET_TIMEOUT",
)
DISK_SIGNS = ("No space left on device", "ENOSPC", "Disk quota exceeded")
HASH_SIGNS = ("DO NOT MATCH THE HASHES", "EINTEGRITY")


class SetupError(Exception):
    """One sentence that says what is wrong and what to do."""


def digest(files: Sequence[str]) -> str:
    """Return a digest of the content of the named files."""
    total = hashlib.sha256()
    for name in files:
        total.update(name.encode() + b"\0" + Path(name).read_bytes() + b"\0")
    return total.hexdigest()


def is_current(stamp: Path, files: Sequence[str]) -> bool:
    """Tell whether the step with this stamp was done with the files as they are now."""
    try:
        return stamp.read_text() == digest(files)
    except FileNotFoundError:
        return False


def python_is_ready() -> bool:
    """Tell whether .venv holds what requirements.txt says, on the Python that was asked for."""
    done = is_current(PYTHON_STAMP, PYTHON_FILES) and not marker(VENV).exists()
    return done and not was_moved() and not other_python_asked_for()


def node_is_ready() -> bool:
    """Tell whether node_modules holds what package-lock.json says."""
    return not marker(NODE_MODULES).exists() and is_current(NODE_STAMP, NODE_FILES)


def marker(folder: Path) -> Path:
    """Return the file that stands while `folder` is being filled."""
    return STATE / f"unfinished{folder.name.replace('.', '-')}"


def version_of(python: str) -> str:
    """Return (major, minor) of a Python as text, or "" if it does not run."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        run = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


def was_moved() -> bool:
    """Tell whether .venv was made in another folder: its scripts name that folder and would not run."""
    config = VENV / "pyvenv.cfg"
    made = re.search(r"^command = .* (/.*)$", config.read_text() if config.exists() else "", re.MULTILINE)
    return made is not None and made[1] != str(VENV.resolve())


def other_python_asked_for() -> bool:
    """Tell whether $PYTHON names a usable Python of another version than that of .venv."""
    asked = os.environ.get("PYTHON")
    if not asked:
        return False
    version = version_of(asked)
    usable = bool(version) and tuple(map(int, version.split())) >= (3, 12)
    return usable and version != version_of(str(VENV_PYTHON))


def explain(log: str) -> str:
    """Return what a failed command's output says about the cause, and what to do, or ""."""
    if any(sign in log for sign in DISK_SIGNS):
        return "the disk is full: free some space (about 1 GB is needed)"
    if any(sign in log for sign in NETWORK_SIGNS):
        return "the package index could not be reached: check the network and proxy settings"
    if any(sign in log for sign in HASH_SIGNS):
        return "a package is not the one that was locked (its hash differs): check the index or mirror in use"
    return ""


def run(step: str, command: Sequence[str], advice: str) -> None:
    """Run a command with its output in the log; on failure raise the sentence that fits."""
    print(f"  {step} ... ", end="", flush=True)
    start = time.monotonic()
    path = os.pathsep.join([str((VENV / "bin").resolve()), os.environ.get("PATH", os.defpath)])
    with LOG.open("a+", encoding="utf-8", errors="replace") as log:
        print("$", *command, file=log, flush=True)
        begin = log.tell()
        try:
            code = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PATH": path},
                check=False,
            ).returncode
        except OSError as error:
            print(error, file=log, flush=True)
            code = 1
        log.seek(begin)
        output = log.read()
    if code != 0:
        print("failed")
        cause = explain(output) or advice
        raise SetupError(f"{step[0].upper()}{step[1:]} failed: {cause}, then run make again (details: {LOG}).")
    print(f"{time.monotonic() - start:.0f} s")


def set_up_python() -> None:
    """Make .venv and install requirements.txt and the project itself into it."""
    base = getattr(sys, "_base_executable", sys.executable)
    usable = version_of(str(VENV_PYTHON))
    stale = not usable or tuple(map(int, usable.split())) < (3, 12) or other_python_asked_for() or was_moved()
    if VENV.exists() and (stale or marker(VENV).exists()):
        shutil.rmtree(VENV)
    marker(VENV).touch()
    if not VENV.exists():
        advice = "install Python's venv module (on Debian and Ubuntu: apt-get install python3-venv)"
        version = ".".join(map(str, sys.version_info[:3]))
        run(f"making .venv with Python {version}", [base, "-m", "venv", str(VENV)], advice)
    pip = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    lines = Path("requirements.txt").read_text(encoding="utf-8").splitlines()
    count = sum(1 for line in lines if "==" in line and not line.startswith((" ", "#")))
    run(  # what is used of them is compiled when it is first imported
        f"installing the {count} packages of requirements.txt",
        [*pip, "install", "--retries", "2", "--no-compile", "--require-hashes", "-r", "requirements.txt"],
        "see the last lines of the log, mend their cause",
    )
    run(
        "installing dlnotes itself",
        [*pip, "install", "--no-build-isolation", "--no-deps", "-e", "."],
        "see the last lines of the log, mend their cause",
    )
    PYTHON_STAMP.write_text(digest(PYTHON_FILES))
    marker(VENV).unlink()


def set_up_node() -> None:
    """Install package-lock.json into node_modules with the Node that is in .venv."""
    marker(NODE_MODULES).touch()
    retries = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=10000"]
    run(
        "installing the packages of package-lock.json",
        [str(VENV / "bin" / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", *retries],
        "see the last lines of the log, mend their cause",
    )
    NODE_STAMP.write_text(digest(NODE_FILES))
    marker(NODE_MODULES).unlink()


def lock() -> TextIO:
    """Wait until no other call is setting up; the lock goes when this process ends, however it ends."""
    STATE.mkdir(exist_ok=True)
    handle = (STATE / "lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another make is setting up; waiting for it.", flush=True)
        fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def main() -> None:
    """Do the steps that are not done; print a line for each."""
    with lock():
        if python_is_ready() and node_is_ready():
            return
        LOG.write_text("")
        print("Setting up (once; about a minute):", flush=True)
        if not python_is_ready():
            set_up_python()
        if not node_is_ready():
            set_up_node()


if __name__ == "__main__":
    if "--is-ready" in sys.argv:
        sys.exit(not (python_is_ready() and node_is_ready()))
    try:
        main()
    except SetupError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"Set-up failed: {error}; mend that, then run make again.")
    except KeyboardInterrupt:
        sys.exit("\nSet-up was interrupted: the next make does it again.")
