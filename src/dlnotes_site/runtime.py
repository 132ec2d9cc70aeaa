"""What a page needs to run its blocks: Pyodide with its packages, obtained by hash, and `site/assets/run/` made of it.

The pin. `PINNED` names the version of Pyodide and the SHA-256 of its files in `node_modules/pyodide`; they came from
npm, whose integrity in `package-lock.json` pins them as well. One of them is Pyodide's own `pyodide-lock.json`, which
holds the SHA-256 of every package, so that these are pinned, too. tqdm and the font, which no Pyodide lock knows as
they are used here, are pinned below. Nothing else is taken, from wherever it comes (`byhash`).

The result. `manifest.json` lists the files by the name that Pyodide asks for; each path carries the beginning of the
SHA-256 of its content, so that it can be cached for ever. What gzip makes smaller is a gzip member (`.gz`), because
not every server compresses. The groups are what is loaded together: `core` before anything can run, then the packages
that a block imports (`numpy`, `matplotlib`, `dlnotes`, `tqdm`: each with those that it depends on and no other group
has), and `font` where Japanese is to be drawn. `pyodide-lock.json` is Pyodide's, cut down to these packages and with
`dlnotes` added: `loadPackage("dlnotes")` works as for any other.

`python -m dlnotes_site.runtime` fetches all into `.cache/runtime` and says what it weighs.
"""

import functools
import gzip
import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dlnotes_site import fonts
from dlnotes_site.byhash import Unavailable, Wanted, digest, obtain

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "runtime"
FOLDER = "assets/run"
VERSION = "314.0.3"
CDN = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
INDEX_PACKAGE = "open-webui==0.12.4"  # a wheel of the package index that holds Pyodide's, for where the CDN is not
LOCK = "pyodide-lock.json"
PINNED = {
    "pyodide.mjs": "5cfc46f5dcbaf2a16f26e2363f441873eb424762609cc03db00d6a2ace4d00e5",
    "pyodide.asm.mjs": "1a9775427ef6e8abaa7db88ece0515422d1886915ae5c9093776410c865dfd8d",
    "pyodide.asm.wasm": "e7f8fac36f8bf11085309cbc5c829b3ec3057c18bf1d73b05a6741612d63cdbf",
    "python_stdlib.zip": "444c770dfd75a32097fc0a7d5c1413fd3140601f49c3a1f2e9af0376fcd124b4",
    LOCK: "c963d22858f6bcb8f41586a2142f03905ab370c88ea22a86a2736e95fac2a8f3",
}
PACKAGES = ("numpy", "matplotlib")  # what blocks import and Pyodide's lock has
# Pyodide's own build of tqdm is on its CDN only; this is the one that requirements.txt locks.
TQDM = Wanted(
    "tqdm-4.70.1-py3-none-any.whl",
    "c293e525e6fef9c20e8728fd4612df02a0aa31bb5fe91ecd93e123b1b7bffa73",
    "tqdm==4.70.1",
)


@dataclass(frozen=True)
class File:
    """A file of the runtime: what Pyodide calls it, its content and the group that it is loaded with."""

    name: str
    group: str
    content: bytes

    @functools.cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def pinned(folder: Path, pins: Mapping[str, str] = PINNED) -> dict[str, bytes]:
    """The files of Pyodide's core from `node_modules/pyodide`, as pinned.

    Raises
    ------
    Unavailable
        If one is missing or is another one.
    """
    contents = {}
    for name, sha256 in pins.items():
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError:
            raise Unavailable(f"{folder / name} is missing: run `make setup`") from None
        if (found := hashlib.sha256(contents[name]).hexdigest()) != sha256:
            raise Unavailable(
                f"{folder / name} is not the pinned one: its SHA-256 is {found}, runtime.py says {sha256}"
            )
    return contents


def closure(lock: Mapping[str, Any], name: str, without: Sequence[str] = ()) -> list[str]:
    """A package of Pyodide's lock with all that it depends on; those in `without`, and theirs, are left out."""
    found: list[str] = []
    todo = [name]
    while todo:
        current = todo.pop(0)
        if current not in found and current not in without:
            found.append(current)
            todo += lock["packages"][current]["depends"]
    return sorted(found)


def groups(lock: Mapping[str, Any]) -> dict[str, list[str]]:
    """The packages of Pyodide's lock that are used, by the group that they are loaded with."""
    seen: list[str] = []
    found = {}
    for name in PACKAGES:
        found[name] = closure(lock, name, seen)
        seen += found[name]
    return found


def wanted(lock: Mapping[str, Any], cdn: str = CDN) -> list[Wanted]:
    """All that is not in `node_modules`: the packages, tqdm and the font."""
    entries = [lock["packages"][name] for names in groups(lock).values() for name in names]
    packages = [Wanted(one["file_name"], one["sha256"], INDEX_PACKAGE, cdn + one["file_name"]) for one in entries]
    return [*packages, TQDM, fonts.SOURCE, fonts.LICENCE]


def trimmed(lock: Mapping[str, Any], wheel: Path) -> dict[str, Any]:
    """Pyodide's lock with the packages in use alone, tqdm and `dlnotes`, whose need for matplotlib is left open."""
    kept = {name: lock["packages"][name] for names in groups(lock).values() for name in names}
    kept["tqdm"] = _entry("tqdm", TQDM.name, TQDM.sha256, [])
    kept["dlnotes"] = _entry("dlnotes", wheel.name, digest(wheel), ["numpy"])
    return {"info": lock["info"], "packages": {name: kept[name] for name in sorted(kept)}}


def _entry(name: str, file: str, sha256: str, depends: list[str]) -> dict[str, Any]:
    entry = {"name": name, "version": file.split("-")[1], "file_name": file, "install_dir": "site", "sha256": sha256}
    return entry | {"package_type": "package", "imports": [name], "depends": depends, "unvendored_tests": False}


def collect(wheel: Path, scripts: Sequence[Path] = (), *, root: Path = ROOT) -> tuple[list[File], str]:
    """Every file of the runtime with its content, and the font's licence; `scripts` run inside Pyodide.

    Raises
    ------
    Unavailable
        If something cannot be had.
    """
    cache = root / ".cache" / "runtime"
    core = pinned(root / "node_modules" / "pyodide")
    lock = json.loads(core[LOCK])
    got = obtain(wanted(lock), cache, Bars())
    core[LOCK] = json.dumps(trimmed(lock, wheel), separators=(",", ":"), sort_keys=True).encode()
    files = [File(name, "core", content) for name, content in core.items()]
    files += [File(script.name, "core", script.read_bytes()) for script in scripts]
    for group, names in groups(lock).items():
        for name in sorted(lock["packages"][one]["file_name"] for one in names):
            files.append(File(name, group, got[name].read_bytes()))
    files.append(File(wheel.name, "dlnotes", wheel.read_bytes()))
    files.append(File(TQDM.name, "tqdm", got[TQDM.name].read_bytes()))
    files.append(File(fonts.NAME, "font", fonts.subset(got[fonts.SOURCE.name], cache)))
    return files, got[fonts.LICENCE.name].read_text(encoding="utf-8")


def write(files: Sequence[File], target: Path, wheel: str) -> dict[str, Any]:
    """Write the files to a folder and return the manifest; the wheel named `wheel` lies in `../wheels` already."""
    target.mkdir(parents=True, exist_ok=True)
    listed, by_group = {}, dict[str, list[str]]()
    for file in files:
        by_group.setdefault(file.group, []).append(file.name)
        if file.name == wheel:  # one copy, for pip and for the page: the query makes its address change with it
            path, content = f"../wheels/{wheel}?sha256={file.sha256[:8]}", file.content
        else:
            path, content = member(file)
            (target / path).write_bytes(content)
        listed[file.name] = {"path": path, "sha256": file.sha256, "bytes": len(content), "raw": len(file.content)}
    return {"pyodide": VERSION, "wheel": f"../wheels/{wheel}", "files": listed, "groups": by_group}


@functools.cache  # `make serve` builds many times
def member(file: File) -> tuple[str, bytes]:
    """Name and content as served: gzipped where that saves a hundredth; the same bytes each time."""
    stem, dot, ending = file.name.rpartition(".")
    name = f"{stem}-{file.sha256[:8]}{dot}{ending}"
    packed = bytearray(gzip.compress(file.content, 9, mtime=0))
    packed[9] = 255  # "system not known": Python versions differ in what they write here
    return (f"{name}.gz", bytes(packed)) if len(packed) < 0.99 * len(file.content) else (name, file.content)


class Bars:
    """Progress on stderr: a bar for each download."""

    def __init__(self) -> None:
        self.name = ""
        self.bar: tqdm[Any] = tqdm(disable=True)

    def __call__(self, name: str, done: int, total: int) -> None:
        if name != self.name:
            self.name = name
            seconds = 0.1 if sys.stderr.isatty() else 5.0  # a log wants a line now and then
            self.bar = tqdm(desc=name, total=total or None, unit="B", unit_scale=True, mininterval=seconds)
        self.bar.update(done - self.bar.n)
        if done == total:
            self.bar.close()


def fetch() -> int:
    """Bring everything into the cache and say what it weighs; a sentence and 1 if that is impossible."""
    begin = time.monotonic()
    try:
        lock = json.loads(pinned(ROOT / "node_modules" / "pyodide")[LOCK])
        got = obtain(wanted(lock), CACHE, Bars())
    except Unavailable as error:
        print(f"Pyodide {VERSION}: {error}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in got.values())
    print(f"Pyodide {VERSION}: {len(got)} files, {size / 1e6:.1f} MB, all as pinned ({time.monotonic() - begin:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(fetch())
