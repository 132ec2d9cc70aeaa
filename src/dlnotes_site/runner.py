"""The runner's own scripts, bundled by esbuild from `runner/` into `site/assets/run/`, and how they find each other.

`run.js`, `runner.js` and `worker.js` keep their names; a page loads `run.js?v=VERSION`, and run.js passes its query on:
`new URL("runner.js" + new URL(import.meta.url).search, import.meta.url)`; likewise worker.js and manifest.json. All of
them say VERSION, which is a digest of them all: the scripts where they write `__VERSION__`, the manifest as its member
`version`. After a deployment an open page, or one that a cache still has, asks by the old query and gets new files,
whose version is not its own: what is loaded is compared before it is used (runner.js and worker.js say their version),
and where it differs the page says that it is to be reloaded. So an old script is never mixed with a new one, no cache
needs to know of versions, and no old file has to be kept.

`sw.js`, if there is one, becomes `sw.js` at the site's root, which is the only place where a service worker may
answer for all pages.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dlnotes_site.node import NODE
from dlnotes_site.runtime import FOLDER, ROOT, File, write

SOURCES = Path(__file__).with_suffix("")
ENTRIES = ("run.js", "runner.js", "editor.js", "worker.js")
SERVICE_WORKER = "sw.js"
_VERSION = "@VERSION@"  # in the bundles until all that the version is made of is there
_OPTIONS = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=none", "--log-level=warning")


def scripts() -> list[Path]:
    """The Python files that run inside Pyodide: the program, and what draws figures as the site does."""
    return [*sorted(SOURCES.glob("*.py")), SOURCES.with_name("figures.py")]


def bundle(sources: Path = SOURCES, root: Path = ROOT) -> tuple[dict[str, str], set[Path]]:
    """The bundled scripts by name, without their version, and the folders of the packages that are in them.

    Raises
    ------
    RuntimeError
        If esbuild refuses a script, with what it says.
    """
    entries = [name for name in (*ENTRIES, SERVICE_WORKER) if (sources / name).is_file()]
    with tempfile.TemporaryDirectory() as folder:
        meta = Path(folder, "meta.json")
        done = subprocess.run(
            [
                *(NODE, root / "node_modules" / "esbuild" / "bin" / "esbuild", *(sources / name for name in entries)),
                *(*_OPTIONS, f"--define:__VERSION__={json.dumps(_VERSION)}"),
                *(f"--outdir={folder}", f"--metafile={meta}"),
            ],
            cwd=root,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            said = done.stderr.partition("\n\nnode:")[0].strip()  # then comes where esbuild's own starter gave up
            raise RuntimeError(f"the scripts of src/dlnotes_site/runner cannot be bundled:\n{said}")
        told = json.loads(meta.read_text(encoding="utf-8"))
        bundles = {name: Path(folder, name).read_text(encoding="utf-8") for name in entries}
    return bundles, {package for name in told["inputs"] if (package := _package(root, name))}


def _package(root: Path, name: str) -> Path | None:
    """The folder of the package that a file in `node_modules` belongs to."""
    before, inside, rest = name.rpartition("node_modules/")
    if not inside:
        return None
    parts = rest.split("/")
    return root / before / inside / "/".join(parts[: 2 if parts[0].startswith("@") else 1])


def prepare(files: Sequence[File], wheel: Path, licence: str, target: Path) -> str:
    """Fill an empty folder with the runtime, its manifest, the scripts and the licences; return their version."""
    bundles, packages = bundle()
    manifest = write(files, target, wheel.name)
    version = hashlib.sha256(json.dumps([manifest, bundles], sort_keys=True).encode()).hexdigest()[:12]
    for name, text in bundles.items():
        (target / name).write_text(text.replace(_VERSION, version), encoding="utf-8")
    told = json.dumps({"version": version, **manifest}, indent=1) + "\n"
    (target / "manifest.json").write_text(told, encoding="utf-8")
    (target / "LICENSES.txt").write_text(licences(packages, licence), encoding="utf-8")
    return version


def put(prepared: Path, site: Path) -> None:
    """Copy the folder into a built site, the service worker to its root."""
    shutil.copytree(prepared, site / FOLDER)
    (site / FOLDER).chmod(0o755)  # a temporary folder is its owner's alone
    if (worker := site / FOLDER / SERVICE_WORKER).is_file():
        worker.rename(site / SERVICE_WORKER)


def licences(packages: set[Path], font: str) -> str:
    """The licences of what does not carry its own: Pyodide, the packages in the scripts, the font."""
    parts = [
        "Pyodide: Mozilla Public License 2.0, https://github.com/pyodide/pyodide\nWheels carry their own licences."
    ]
    for package in sorted(packages):
        named = json.loads((package / "package.json").read_text(encoding="utf-8"))
        text = next((file.read_text(encoding="utf-8") for file in sorted(package.glob("LICEN[CS]E*"))), "")
        parts.append(f"{named['name']} {named['version']}: {named.get('license', '')}\n\n{text.strip()}")
    return "\n\n---\n\n".join([*parts, f"Noto Sans JP, cut down\n\n{font.strip()}"]) + "\n"
