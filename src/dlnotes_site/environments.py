"""Environments like a reader's: some Python of this machine, the wheel that the site offers, and nothing beside it.

They are made with uv, once for each wheel, Python and choice of versions, and kept under `.cache/environments`.
"""

import argparse
import datetime
import fcntl
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_string
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".cache" / "environments"
OWN = "{}.{}".format(*sys.version_info)  # the version of the Python that this runs on
VERSIONS = ("locked", "oldest", "newest")
TESTING = (
    "pytest",
    "pytest-codeblocks",
    "pytest-xdist",
    "hypothesis",
    "hatchling",
)  # the tests need them
_UV = (sys.executable, "-m", "uv")
_PACKAGES = """\
import importlib.metadata, json, sys
found = {one.name.lower().replace("_", "-"): one for one in importlib.metadata.distributions()}
version = ".".join(map(str, sys.version_info[:3]))
print(json.dumps([version, {name: [one.version, one.requires or []] for name, one in sorted(found.items())}]))
"""


@dataclass(frozen=True)
class Environment:
    """A Python with packages: its program, its version, the packages with theirs, and a home for what it runs.

    The home is empty but for matplotlib's list of fonts, which takes seconds to make and speaks of it on stderr.
    """

    python: Path
    version: str
    packages: dict[str, str]
    home: Path


@functools.cache
def pythons() -> dict[str, Path]:
    """A Python of each supported version that this machine has: the one at work, those on PATH and pyenv's."""
    found = {OWN: Path(sys.executable)}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    named = [shutil.which(f"python3.{minor}") for minor in range(12, 20)]
    for path in [*(Path(name) for name in named if name), *sorted(pyenv.glob("versions/3.*/bin/python3"))]:
        code = "import sys; print(*sys.version_info[:2], sep='.')"
        done = subprocess.run([path, "-I", "-c", code], capture_output=True, text=True, check=False)
        version = done.stdout.strip()
        if done.returncode == 0 and int(version.partition(".")[2]) >= 12:
            found.setdefault(version, path)
    return found


def wheel(built: Path) -> Path:
    """The wheel that a built site offers for download; a site without one, or with two, is an error."""
    found = sorted((built / "assets" / "wheels").glob("*.whl"))
    if len(found) != 1:
        raise FileNotFoundError(f"{built}: expected one wheel in assets/wheels, found {len(found)}: run `make site`")
    return found[0]


def needs(wheel: Path) -> list[str]:
    """What a wheel says that it needs, as it says it."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_string(archive.read(name).decode("utf-8")).get_all("Requires-Dist", [])


def make(
    version: str,
    wheel: Path,
    versions: str = "locked",
    *,
    extra: Sequence[str] = (),
    seed: bool = False,
) -> Environment:
    """An environment of a Python with a wheel, made once, by one process.

    `versions` are the locked ones, the oldest that the wheel allows or the newest that there are today; `extra` are
    packages beside it (with the oldest versions of the others they keep their locked ones); with `seed` it has pip.
    """
    if version not in pythons():
        raise FileNotFoundError(f"no Python {version} on this machine: it has {', '.join(sorted(pythons()))}")
    pins = (ROOT / "requirements.txt").read_bytes()
    today = datetime.date.today().isoformat() if versions == "newest" else ""
    parts = [pins, wheel.read_bytes(), repr((versions, today, *extra, seed, _PACKAGES)).encode()]
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    kind = "-".join([version, versions, *extra])
    folder = FOLDER / f"{kind}-{key}"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            for other in FOLDER.glob(f"{kind}-{'?' * 16}"):  # of an earlier wheel
                shutil.rmtree(other)
            _create(folder, version, seed)
            _install(folder, wheel, versions, extra)
            home = {"PATH": os.defpath, "HOME": str(folder / "home"), "MPLBACKEND": "agg"}
            (folder / "home").mkdir()
            subprocess.run([folder / "bin" / "python", "-I", "-c", "import matplotlib.pyplot"], env=home, check=True)
            (folder / "ready").touch()
    python = folder / "bin" / "python"
    full, packages = _ask(python)
    return Environment(python, full, {name: said[0] for name, said in packages.items()}, folder / "home")


def _create(folder: Path, version: str, seed: bool) -> None:
    flags = ["--seed"] if seed else []
    subprocess.run([*_UV, "venv", "--quiet", *flags, "--python", pythons()[version], folder], check=True)


def _install(folder: Path, wheel: Path, versions: str, extra: Sequence[str]) -> None:
    pip = [
        *_UV,
        "pip",
        "install",
        "--quiet",
        "--system-certs",
        "--python",
        str(folder / "bin" / "python"),
    ]
    chosen = {
        "locked": ["--constraint", str(ROOT / "requirements.txt")],
        "oldest": ["--resolution", "lowest-direct"],
        "newest": ["--upgrade"],
    }[versions]
    beside = [f"{name}=={_locked(name)}" for name in extra] if versions == "oldest" else extra
    subprocess.run([*pip, *chosen, *needs(wheel), str(wheel), *beside], check=True)


def _locked(name: str) -> str:
    """The version of a package that requirements.txt names."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    match = re.search(rf"^{re.escape(name)}==(\S+)", text, re.MULTILINE)
    if match is None:
        raise ValueError(f"requirements.txt does not name {name}: add it to pyproject.toml and run `make lock`")
    return match[1]


def _ask(python: Path) -> tuple[str, dict[str, tuple[str, list[str]]]]:
    """A Python's version, and its packages with their versions and needs."""
    done = subprocess.run([python, "-I", "-c", _PACKAGES], capture_output=True, text=True, check=True)
    version, packages = json.loads(done.stdout)
    return version, packages


def superfluous(environment: Environment) -> list[str]:
    """The packages that the library does not need, directly or through another one; none, if all is well."""
    version, packages = _ask(environment.python)
    wanted, todo = set[str](), ["dlnotes"]
    here = {"python_version": ".".join(version.split(".")[:2]), "extra": ""}
    while todo:
        name = todo.pop()
        if name in wanted or name not in packages:
            continue
        wanted.add(name)
        for need in map(Requirement, packages[name][1]):
            if need.marker is None or need.marker.evaluate(here):
                todo.append(need.name.lower().replace("_", "-"))
    return sorted(packages.keys() - wanted)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run such a Python: `python -m dlnotes_site.environments --versions oldest -m pytest tests/test_layers.py`."""
    parser = argparse.ArgumentParser(prog="dlnotes_site.environments", description=main.__doc__)
    parser.add_argument("--python", default=OWN, choices=sorted(pythons()), help="its version")
    parser.add_argument("--versions", default="locked", choices=VERSIONS, help="of NumPy and the other packages")
    chosen, rest = parser.parse_known_args(arguments)
    environment = make(chosen.python, wheel(ROOT / "site"), chosen.versions, extra=TESTING)
    packages = ", ".join(f"{name} {environment.packages[name]}" for name in ("numpy", "matplotlib"))
    print(f"Python {environment.version}, {packages}", flush=True)
    return subprocess.run([environment.python, *rest], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
