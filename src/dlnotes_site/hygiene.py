"""Check that no file of the project names a package registry's host or a path of one machine, or loads from elsewhere.

With either of the first in it, a file works in one place only: behind another mirror or in another folder it does not.
What a template, script or style loads from another origin, a reader without a network does not get; the built pages
are checked, too (origins.py), here the place is named where it was written.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from dlnotes_site.history import git
from dlnotes_site.page import Finding

# In pieces, so that this file passes its own check.
_HOSTS = [
    ("py" + "pi", "org"),
    ("python" + "hosted", "org"),
    ("npm" + "js", "org"),
    ("npm" + "js", "com"),
    ("yarn" + "pkg", "com"),
    ("deb" + "ian", "org"),
]
_FOLDERS = ["work", "root", "home", "Users"]
_EVERYWHERE = ("",)
_QUOTING = ("tests/faults.json",)  # tells of faults that were planted, hosts among them
_LOADING = ("overrides/", "docs/shared/assets/", "src/dlnotes_site/search/", "src/dlnotes_site/runner/")
PATTERNS = (  # each with the folders that it is looked for in
    (
        re.compile("|".join(rf"\b{name}\.{end}\b" for name, end in _HOSTS)),
        "the host of a package registry: name the package only",
        _EVERYWHERE,
    ),
    (
        re.compile(rf"(?<![\w.$~*/}}\]-])/(?:{'|'.join(_FOLDERS)})/[\w.-]"),
        "a path of one machine: write it relative to the project",
        _EVERYWHERE,
    ),
    (
        re.compile(
            r"""(?:\bsrc=|\bsrcset=|<link[^>]*\bhref=|\burl\(|@import|\bfetch\(|\bimport\(|\bfrom |importScripts\(|"""
            r"""\bopen\()[\s"'(url]*(?:https?:)?//[^\s"')]+"""
        ),
        "loads from another origin: readers may be offline, keep the file in docs/shared",
        _LOADING,
    ),
)
_CACHES = {".cache", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__"}
_NOT_OURS = {".git", ".venv", "node_modules", ".setup", "site", "dist", *_CACHES}


def project_files(root: Path) -> Iterator[Path]:
    """Yield the files that are or would be committed; without git, all but what the project makes."""
    listing = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    files = (root / name for name in listing.split("\0") if name) if listing else _walk(root)
    yield from sorted(path for path in files if path.is_file() and not path.is_symlink())


def _walk(root: Path) -> Iterator[Path]:
    for folder, below, names in root.walk():
        below[:] = [name for name in below if name not in _NOT_OURS]
        yield from (folder / name for name in names)


def check(root: Path) -> list[Finding]:
    """Return a finding for each line that names a host or a path."""
    findings = []
    for path in project_files(root):
        data = path.read_bytes()
        name = path.relative_to(root).as_posix()
        if b"\0" in data or name in _QUOTING:
            continue
        for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), 1):
            for pattern, message, folders in PATTERNS:
                if name.startswith(folders) and (match := pattern.search(line)):
                    findings.append(Finding(name, number, f"{match.group()}: {message}"))
    return findings


def main() -> int:
    """Check the working directory."""
    findings = check(Path.cwd())
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
