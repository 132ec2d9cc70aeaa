"""Build the site twice from the last commit, on two Python versions, and compare all files byte for byte.

`python -m dlnotes_site.reproducible` clones the project into two temporary folders and runs `make site` in each, with
another Python, time zone and order of hashing. Nothing comes from this folder's caches or from what is not committed.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dlnotes_site.environments import OWN, ROOT, pythons

SUMMARY = ROOT / ".cache" / "verification" / "reproducible.json"
TIMES = "says how long this build took and with which Python"
EXCEPTIONS = {"verification/index.html": TIMES, "en/verification/index.html": TIMES}
"""The files that may differ, each with its reason."""


def digests(built: Path) -> dict[str, str]:
    """The content of each file below a folder."""
    files = sorted(file for file in built.rglob("*") if file.is_file())
    return {file.relative_to(built).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def differences(one: Path, other: Path, exceptions: dict[str, str] = EXCEPTIONS) -> list[str]:
    """What two built sites do not have in common: a sentence for each file, those of the exceptions left out."""
    ours, theirs = digests(one), digests(other)
    found = [f"{name}: only in one of the builds" for name in sorted(ours.keys() ^ theirs.keys())]
    for name in sorted(ours.keys() & theirs.keys()):
        if ours[name] != theirs[name] and name not in exceptions:
            found.append(f"{name}: differs{_where(one / name, other / name)}")
    return found


def _where(one: Path, other: Path) -> str:
    """The first place at which two files of text differ."""
    try:
        lines = zip(*(file.read_text(encoding="utf-8").split("\n") for file in (one, other)), strict=False)
        for number, (ours, theirs) in enumerate(lines, 1):
            if ours != theirs:
                same = (k for k, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b)
                at = max(0, next(same, 0) - 30)
                return f" on line {number}: {ours[at : at + 80]!r} and {theirs[at : at + 80]!r}"
    except UnicodeDecodeError:
        pass
    return ""


def build(folder: Path, version: str, variables: dict[str, str]) -> float:
    """Clone the last commit into a folder and build the site there; how many seconds it took."""
    begin = time.monotonic()
    subprocess.run(["git", "clone", "--quiet", "--no-local", ROOT, folder], check=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKE", "VIRTUAL_ENV"))}
    command = ["make", "--no-print-directory", "site", f"PYTHON={pythons()[version]}"]
    for attempt in range(2):  # a block that ran out of time on a busy machine has another chance; what ran is kept
        done = subprocess.run(
            command, cwd=folder, env=kept | variables, text=True, capture_output=True, encoding="utf-8", check=False
        )
        if not done.returncode:
            break
        print(f"`make site` failed on Python {version}:\n{(done.stdout + done.stderr)[-3000:]}", file=sys.stderr)
        if attempt:
            raise RuntimeError(f"the site cannot be built on Python {version}: see above")
    return round(time.monotonic() - begin, 1)


def main() -> int:
    """Build twice and compare."""
    others = sorted(set(pythons()) - {OWN})
    if not others:
        print(f"two Python versions are needed, and this machine has {OWN} alone: install another", file=sys.stderr)
        return 1
    versions = (OWN, others[-1])
    settings = ({"TZ": "UTC", "PYTHONHASHSEED": "1"}, {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2"})
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    print(f"building {commit[:10]} on Python {' and '.join(versions)}; this takes some minutes", flush=True)
    with tempfile.TemporaryDirectory(prefix="dlnotes-reproducible-") as temporary:
        folders = [Path(temporary, "one"), Path(temporary, "the-other")]
        seconds = [build(*each) for each in zip(folders, versions, settings, strict=True)]  # each takes two cores
        built = [folder / "site" for folder in folders]
        found, count = differences(built[0], built[1]), len(digests(built[0]))
    for finding in found:
        print(finding)
    print(f"{count} files, {len(found)} differ; {' and '.join(f'{time:.0f} s' for time in seconds)}")
    if not found:
        SUMMARY.parent.mkdir(parents=True, exist_ok=True)
        told = {"commit": commit.strip(), "pythons": versions, "files": count, "seconds": seconds}
        SUMMARY.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
