"""What runs the blocks in the page: Pyodide's files, its lock cut down, the font, the scripts, the manifest."""

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dlnotes_site import environments, fonts, reproducible, runner, runtime, site, steps
from dlnotes_site.byhash import Unavailable

SITE = site.ROOT / "site"
CONTENT = bytes(range(256)) * 2000


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_progress_is_shown_in_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    bars = runtime.Bars()
    for name in ("one.whl", "two.whl"):
        for done in (1_000_000, 3_000_000):
            bars(name, done, 3_000_000)
    shown = capsys.readouterr().err
    assert all(f"{name}: 100%" in shown for name in ("one.whl", "two.whl"))
    assert "3.00M/3.00M" in shown


def test_the_tests_do_not_pass_without_the_runtime(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fetching = next(number for number, step in enumerate(steps.TEST) if "dlnotes_site.runtime" in step.command)
    assert fetching < next(number for number, step in enumerate(steps.TEST) if "build" in step.command)
    assert not steps.TEST[fetching].needs, "it would not always be run"

    def nothing(*_: object) -> None:
        raise Unavailable("cannot be had: numpy.whl\ncdn: timed out")

    assert runtime.fetch() == 0
    assert "all as pinned" in capsys.readouterr().out
    monkeypatch.setattr(runtime, "obtain", nothing)
    assert runtime.fetch() == 1
    assert capsys.readouterr().err == f"Pyodide {runtime.VERSION}: cannot be had: numpy.whl\ncdn: timed out\n"


def lock() -> dict[str, Any]:
    content = runtime.pinned(site.ROOT / "node_modules" / "pyodide")[runtime.LOCK]
    found: dict[str, Any] = json.loads(content)
    return found


def test_a_core_file_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wasm").write_bytes(CONTENT)
    assert runtime.pinned(tmp_path, {"a.wasm": sha256(CONTENT)}) == {"a.wasm": CONTENT}
    with pytest.raises(Unavailable, match=r"a\.wasm is not the pinned one"):
        runtime.pinned(tmp_path, {"a.wasm": sha256(b"")})
    with pytest.raises(Unavailable, match=r"b\.wasm is missing: run `make setup`"):
        runtime.pinned(tmp_path, {"b.wasm": sha256(b"")})


def test_the_pins_are_of_the_versions_that_are_locked() -> None:
    npm = json.loads((site.ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert npm["packages"]["node_modules/pyodide"]["version"] == runtime.VERSION
    requirements = (site.ROOT / "requirements.txt").read_text(encoding="utf-8")
    version, _, hashes = requirements.partition("\ntqdm==")[2].partition("\\\n")
    assert (f"tqdm=={version.strip()}", True) == (
        runtime.TQDM.package,
        runtime.TQDM.sha256 in hashes.partition("# via")[0],
    )


def test_every_package_is_in_one_group_with_what_it_needs() -> None:
    found = runtime.groups(lock())
    assert found["numpy"] == ["numpy"]
    assert {"matplotlib", "pillow", "six"} <= set(found["matplotlib"])
    names = [name for names in found.values() for name in names]
    assert len(names) == len(set(names))
    for name in names:
        assert set(lock()["packages"][name]["depends"]) <= set(names)


def test_the_trimmed_lock_holds_what_is_used_and_nothing_else(tmp_path: Path) -> None:
    wheel = tmp_path / "dlnotes-0.1.0-py3-none-any.whl"
    wheel.write_bytes(CONTENT)
    cut = runtime.trimmed(lock(), wheel)
    used = {name for names in runtime.groups(lock()).values() for name in names}
    assert set(cut["packages"]) == used | {"tqdm", "dlnotes"}
    assert cut["info"] == lock()["info"]
    assert all(cut["packages"][name] == lock()["packages"][name] for name in used)
    ours = cut["packages"]["dlnotes"]
    assert (ours["sha256"], ours["version"], ours["depends"]) == (sha256(CONTENT), "0.1.0", ["numpy"])
    assert set(ours) == set(lock()["packages"]["numpy"])


def test_a_member_is_gzipped_where_that_saves_and_is_the_same_each_time() -> None:
    text = runtime.File("a.b.txt", "core", b"text " * 1000)
    name, packed = runtime.member(text)
    assert name == f"a.b-{text.sha256[:8]}.txt.gz"
    assert gzip.decompress(packed) == text.content
    runtime.member.cache_clear()
    assert runtime.member(text) == (name, packed)
    assert packed[4:10] == b"\0\0\0\0\2\xff", "time or system in the header"
    noise = runtime.File("noise.whl", "core", os.urandom(5000))
    assert runtime.member(noise) == (f"noise-{noise.sha256[:8]}.whl", noise.content)


# The font


def test_the_font_has_all_of_japanese_and_little_else() -> None:
    from fontTools.ttLib import TTFont

    points = fonts.characters()
    assert all(ord(sign) in points for sign in "aZ、。ぁんァヶ一龠亜弌熙学習率損失関数重み")
    assert len(points) == 6879 + 95
    path = runtime.CACHE / fonts.SOURCE.sha256
    small = fonts.subset(path, runtime.CACHE)
    font = TTFont(io.BytesIO(small))
    assert len(points - set(font.getBestCmap())) <= 1
    assert len(small) < 1_600_000 < path.stat().st_size
    assert font["name"].getDebugName(1) == "Noto Sans JP"
    assert "SIL Open Font License" in str(font["name"].getDebugName(13))


def test_matplotlib_draws_japanese_with_the_font(tmp_path: Path) -> None:
    file = tmp_path / "font.otf"
    file.write_bytes(fonts.subset(runtime.CACHE / fonts.SOURCE.sha256, runtime.CACHE))
    program = f"""
import io, warnings
warnings.simplefilter("error")  # a missing glyph warns
import matplotlib
from matplotlib import font_manager, pyplot
font_manager.fontManager.addfont({str(file)!r})
matplotlib.rcParams["font.family"] = ["DejaVu Sans", "Noto Sans JP"]
pyplot.title("学習率 η と損失関数")
pyplot.savefig(io.StringIO(), format="svg")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# What the site serves


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SITE / runtime.FOLDER / "manifest.json").read_text(encoding="utf-8"))
    return found


def test_a_server_of_another_user_can_read_it() -> None:
    assert [path for path in SITE.rglob("*") if path.stat().st_mode & 0o004 == 0] == []


def test_the_manifest_is_what_lies_there() -> None:
    folder, told = SITE / runtime.FOLDER, manifest()
    assert sorted(name for names in told["groups"].values() for name in names) == sorted(told["files"])
    packages = runtime.trimmed(lock(), folder / told["wheel"])["packages"].values()
    known = {one["file_name"]: one["sha256"] for one in packages} | runtime.PINNED
    for name, file in told["files"].items():
        content = (folder / file["path"].partition("?")[0]).read_bytes()
        assert len(content) == file["bytes"]
        raw = gzip.decompress(content) if file["path"].endswith(".gz") else content
        assert (len(raw), sha256(raw)) == (file["raw"], file["sha256"])
        assert file["sha256"][:8] in file["path"]
        if name in known and name != runtime.LOCK:
            assert file["sha256"] == known[name]
    served = {file["path"] for file in told["files"].values()} | {*runner.ENTRIES, "manifest.json", "LICENSES.txt"}
    assert {file.name for file in folder.iterdir()} == {path for path in served if not path.startswith("../")}


def test_the_lock_that_is_served_names_only_files_of_the_manifest() -> None:
    told = manifest()
    content = gzip.decompress((SITE / runtime.FOLDER / told["files"][runtime.LOCK]["path"]).read_bytes())
    for package in json.loads(content)["packages"].values():
        assert told["files"][package["file_name"]]["sha256"] == package["sha256"]


def test_a_numpy_block_costs_at_most_nine_and_a_half_megabytes() -> None:
    told = manifest()
    files = [told["files"][name]["bytes"] for group in ("core", "numpy", "dlnotes") for name in told["groups"][group]]
    loaded = ("run.js", "runner.js", "worker.js")
    scripts = [len(gzip.compress((SITE / runtime.FOLDER / name).read_bytes())) for name in loaded]
    assert sum(files) + sum(scripts) <= 9_500_000


def test_pages_load_the_script_of_the_version_that_is_there() -> None:
    version = manifest()["version"]
    for name in runner.ENTRIES:
        assert version in (SITE / runtime.FOLDER / name).read_text(encoding="utf-8")
    for path, up in (("index.html", ""), ("guide/index.html", "../"), ("en/labs/cnn/index.html", "../../../")):
        script = f'<script type="module" src="{up}assets/run/run.js?v={version}"></script>'
        assert script in (SITE / path).read_text(encoding="utf-8")


def test_a_script_that_is_wrong_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.js").write_text("export const version = __VERSION__;\n", encoding="utf-8")
    (tmp_path / "sw.js").write_text("self.version = __VERSION__;\n", encoding="utf-8")
    bundles, packages = runner.bundle(tmp_path)
    assert set(bundles) == {"run.js", "sw.js"}
    assert all("@VERSION@" in text for text in bundles.values())
    assert packages == set()
    (tmp_path / "run.js").write_text("const = 1;\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"Expected identifier but found \"=\"\s+\S*run\.js:1:6:\s"):
        runner.bundle(tmp_path)


def test_pyodide_loads_with_these_files_exactly_the_packages_that_are_needed(tmp_path: Path) -> None:
    told = manifest()
    for name, file in told["files"].items():
        content = (SITE / runtime.FOLDER / file["path"].partition("?")[0]).read_bytes()
        (tmp_path / name).write_bytes(gzip.decompress(content) if file["path"].endswith(".gz") else content)
    program = f"""
const folder = {json.dumps(str(tmp_path))};
const {{ loadPyodide }} = await import(`${{folder}}/pyodide.mjs`);
globalThis.fetch = () => {{ throw new Error("asks the network"); }};
const python = await loadPyodide({{ indexURL: folder }});
const loaded = [];
const load = async (name, code) => {{
  await python.loadPackage(name, {{ messageCallback: () => {{}} }});
  python.runPython(code);
  loaded.push(Object.keys(python.loadedPackages).map((one) => one.toLowerCase()).sort());
}};
await load("numpy", "import numpy");
await load("dlnotes", "import dlnotes.layers");
await load("tqdm", "import tqdm");
await load("matplotlib", "import matplotlib.pyplot, dlnotes.plotting");
console.log(JSON.stringify(loaded));
"""
    node = Path(sys.prefix) / "bin" / "node"
    done = subprocess.run(
        [node, "--input-type=module", "--eval", program], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout.splitlines()[-1])
    numpy, matplotlib = ["numpy"], runtime.closure(lock(), "matplotlib")
    assert loaded[:3] == [numpy, ["dlnotes", "numpy"], ["dlnotes", "numpy", "tqdm"]]
    assert loaded[3] == sorted([*matplotlib, "dlnotes", "tqdm"])


def test_made_again_it_is_the_same_to_the_byte(tmp_path: Path) -> None:
    runtime.member.cache_clear()
    wheel = environments.wheel(SITE)
    files, licence = runtime.collect(wheel, runner.scripts())
    runner.prepare(files, wheel, licence, tmp_path)
    again, before = reproducible.digests(tmp_path), reproducible.digests(SITE / runtime.FOLDER)
    again.pop(runner.SERVICE_WORKER, None)  # lies at the site's root
    assert again == before
