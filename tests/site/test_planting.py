"""The faults that are planted on purpose: drawn by a seed, planted in a copy, looked for by the steps of the tests."""

import json
import random
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dlnotes_site import parity, site
from dlnotes_site.faults import __main__ as faults
from dlnotes_site.faults.kinds import KINDS, Fault, NoPlace, Tree
from dlnotes_site.hygiene import project_files
from dlnotes_site.steps import PYTHON, TEST, Step

PAGES = site.read()
FAULT = Fault("kind", "docs/ja/x.md", 40, "what", ("docs/en/x.md",))


def test_a_seed_draws_the_same_faults_each_time_and_another_seed_others() -> None:
    kinds = list(KINDS)
    one, two, other = (faults.draw(seed, 100, kinds) for seed in ("a", "a", "b"))
    assert [(kind, chance.random()) for kind, chance in one] == [(kind, chance.random()) for kind, chance in two]
    assert [kind for kind, _ in one] != [kind for kind, _ in other]


def test_every_kind_is_drawn_before_one_comes_again() -> None:
    kinds = list(KINDS)
    drawn = [kind for kind, _ in faults.draw("c", 2 * len(kinds) + 5, kinds)]
    assert set(drawn[: len(kinds)]) == set(kinds)
    assert set(Counter(drawn).values()) <= {2, 3}


def test_there_are_kinds_of_every_sort() -> None:
    assert len(KINDS) >= 40
    modules = Counter(function.__module__.rpartition(".")[2] for function in KINDS.values())
    assert modules.keys() == {"of_blocks", "of_texts", "of_code", "of_settings"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's files without caches and environment."""
    folder = tmp_path_factory.mktemp("project")
    for file in project_files(site.ROOT):
        place = folder / file.relative_to(site.ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, place)
    return folder


def _contents(root: Path) -> dict[str, bytes]:
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if file.is_file()}


@pytest.mark.parametrize("name", KINDS)
def test_a_fault_is_planted_where_it_says(project: Path, name: str) -> None:
    before = _contents(project)
    fault = KINDS[name](Tree(project, PAGES), random.Random(f"1 {name}"))
    after = _contents(project)
    changed = {file for file in before.keys() | after.keys() if before.get(file) != after.get(file)}
    for file in changed:
        (project / file).write_bytes(before[file])
    assert changed, "nothing was changed"
    assert fault.line >= 1
    assert fault.path in before
    assert {Path(file).stem for file in changed} <= {Path(file).stem for file in fault.files}


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("docs/ja/x.md:40: the page says 1", True),
        ("docs/en/x.md:47: block 3 is not the same", True),
        ("docs/en/x.md:9: block 3 is not the same as in docs/ja/x.md:41", True),
        ('"docs/ja/x.md":44.1: error', True),
        ("docs/ja/x.md:60: too far away", False),
        ("docs/ja/y.md:40: another page", False),
        ("something is wrong", False),
    ],
)
def test_a_message_counts_if_it_names_the_file_near_the_line(message: str, named: bool) -> None:
    assert bool(faults.names(f"first\n{message}\n", FAULT, Path("/tmp"))) is named


def test_a_fault_in_a_block_shows_at_the_block_or_at_its_figure() -> None:
    fault = replace(FAULT, block=(20, 60))
    assert [fault.is_near(line) for line in (7, 8, 40, 72, 73)] == [False, True, True, True, False]


def test_a_fault_of_the_code_may_be_named_by_the_test_that_fails() -> None:
    fault = Fault("kind", "src/dlnotes/losses.py", 40, "what")
    assert faults.names("tests/test_losses.py:12: AssertionError", fault, Path("/tmp"))
    assert not faults.names("1 failed", fault, Path("/tmp"))
    assert faults.names("Makefile:46: a path of one machine", Fault("kind", "Makefile", 46, "what"), Path("/tmp"))


@pytest.mark.parametrize("path", ["docs/ja/guide.md", "src/dlnotes/losses.py", ".github/workflows/ci.yml", "LICENSE"])
def test_every_step_is_tried_on_every_fault(path: str) -> None:
    tried = {step.name for step in faults.looks_at(path)}
    left_out = {step.name for step in TEST} - tried
    assert left_out <= {"a browser for the tests", "planted faults (dlnotes_site.faults)"}


def test_a_copy_runs_its_own_code(tmp_path: Path) -> None:
    faults.copy(site.ROOT, tmp_path)
    code = "import dlnotes, dlnotes_site; print(dlnotes.__file__, dlnotes_site.__path__[0])"
    python = tmp_path / ".venv" / "bin" / "python"
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert all(Path(place).is_relative_to(tmp_path) for place in done.stdout.split())


def test_a_fault_in_a_copy_is_caught_and_one_that_changes_nothing_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults.copy(site.ROOT, tmp_path)
    monkeypatch.setattr(faults, "looks_at", lambda path: [step for step in TEST if step.name.startswith("code (")])
    harmless = faults.look(tmp_path, Fault("none", "src/dlnotes/losses.py", 1, "nothing"))
    assert (harmless.step, harmless.message) == ("", "no step fails")
    fault = faults.plant("code that the linters refuse", random.Random(3), Tree(tmp_path, PAGES))
    caught = faults.look(tmp_path, fault)
    assert caught.step.startswith("code (")
    report = faults.report("seed", [harmless, caught], 1.0)
    assert (report["planted"], report["caught"]) == (2, 1)


def test_faults_of_the_project_itself_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def failing(steps: list[Step]) -> int:
        ran.extend(step.name for step in steps)
        return 1

    monkeypatch.setattr(faults, "run_steps", failing)
    monkeypatch.setattr(faults, "is_kept", lambda step, kept: "ruff check" in step.name)
    assert faults.main(["--count", "1"]) == 1
    assert "code (ruff check)" not in ran
    assert "pages (dlnotes_site check)" in ran
    monkeypatch.setattr(faults, "is_kept", lambda step, kept: True)
    assert not faults.is_red()


def test_the_long_run_planted_many_kinds_and_every_fault_was_named() -> None:
    told = json.loads((site.ROOT / "tests/faults.json").read_text(encoding="utf-8"))
    assert len(told["outcomes"]) == told["planted"] >= 80
    assert len({one["kind"] for one in told["outcomes"]}) == told["kinds"] >= 20
    missed = [f"{one['path']}:{one['line']}: {one['kind']}" for one in told["outcomes"] if not one["step"]]
    assert missed == []
    assert {one["kind"] for one in told["outcomes"]} == set(KINDS), "new kinds: run `make faults`"


def _tree(root: Path) -> Tree:
    for lang in site.LANGUAGES:
        file = root / "docs" / lang / "x.md"
        file.parent.mkdir(parents=True)
        file.write_text("# 1 {#x}\n", encoding="utf-8")
    return Tree(root, site.read(root))


@pytest.mark.parametrize("of_translation", [False, True])
def test_a_fault_in_both_languages_is_recorded_as_a_translator_would(
    of_translation: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else every such fault would be noticed as a translation that was not made again."""

    def other_number(tree: Tree, chance: random.Random) -> Fault:
        for lang in site.LANGUAGES:
            tree.swap(f"docs/{lang}/x.md", 1, "1", "2")
        return Fault("", "docs/ja/x.md", 1, "1 to 2", ("docs/en/x.md",))

    monkeypatch.setitem(KINDS, "another number", other_number)
    monkeypatch.setattr(faults, "OF_TRANSLATION", {"another number"} if of_translation else set())
    fault = faults.plant("another number", random.Random(1), _tree(tmp_path))
    assert (fault.kind, fault.what) == ("another number", "1 to 2")
    now = [tuple(parity.digest(site.read(tmp_path)[lang]["x"].prose[0]) for lang in site.LANGUAGES)]
    assert parity.recorded(tmp_path, "x") == ([] if of_translation else now)


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("src/dlnotes/losses.py", ["tests/test_losses.py", "tests/test_import.py"]),
        ("src/dlnotes_site/blocks.py", ["tests/site/test_blocks.py", "tests/site/test_faults.py"]),
        ("src/dlnotes_site/nowhere.py", ["tests/site/test_faults.py"]),
        ("README.md", ["--codeblocks", "README.md"]),
        (".github/workflows/ci.yml", ["tests/site/test_setup.py"]),
        ("Makefile", ["tests/site/test_setup.py"]),
    ],
)
def test_the_tests_of_a_module_are_tried_before_all_others(
    path: str, first: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(site.ROOT)
    commands = [step.command[2:] for step in faults.looks_at(path) if step.command[2] == "pytest"]
    assert commands[0] == ("pytest", "--quiet", *first)
    assert all(len(command) > 4 for command in commands[1:])


def test_a_step_that_hangs_or_names_another_place_is_followed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What steps say is made up: the first hangs, the others fail; only the last names the place."""
    said = {"hangs": None, "elsewhere": "docs/ja/y.md:1: wrong", "there": f"x\n{tmp_path}/docs/ja/x.md:41: wrong\n"}
    commands: list[list[str]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        text = said[command[-1]]
        if text is None:
            raise subprocess.TimeoutExpired(command, options["timeout"])
        return subprocess.CompletedProcess(command, 1, text, "")

    tried = ["hangs", "elsewhere", "there"]
    monkeypatch.setattr(faults, "looks_at", lambda path: [Step(n, (PYTHON, "-m", "pytest", n)) for n in tried])
    monkeypatch.setattr(faults.subprocess, "run", run)
    caught = faults.look(tmp_path, FAULT)
    assert (caught.step, caught.message) == ("there", "docs/ja/x.md:41: wrong")
    fast = ["-x", "--tb=short", "-p", "no:cacheprovider"]
    assert commands[0] == [f"{tmp_path}/.venv/bin/python", "-m", "pytest", *fast, "hangs"]
    tried.pop()
    missed = faults.look(tmp_path, FAULT)
    assert (missed.step, missed.message) == ("", "elsewhere fails and does not name the place")


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind that is caught, one that is not, and one for which there is no place; no copy is made."""

    def plant(kind: str, chance: random.Random, tree: Tree) -> Fault:
        if kind == "nowhere":
            raise NoPlace("there is no table")
        return replace(FAULT, kind=kind)

    def look(root: Path, fault: Fault) -> faults.Outcome:
        if fault.kind == "seen":
            return faults.Outcome(fault, "pages", "docs/ja/x.md:40: wrong", 0.0)
        return faults.Outcome(fault, "", "no step fails", 0.0)

    monkeypatch.setattr(site, "read", lambda root: PAGES)
    monkeypatch.setattr(faults, "copy", lambda root, target: None)
    monkeypatch.setattr(faults, "plant", plant)
    monkeypatch.setattr(faults, "look", look)
    monkeypatch.setattr(faults, "is_red", lambda: False)
    monkeypatch.setattr(faults, "KINDS", dict.fromkeys(("seen", "unseen", "nowhere")))


def test_every_fault_that_was_drawn_has_an_outcome(planted: None, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = ["seen", "unseen", "nowhere"]
    outcomes = faults.run("seed", 4, kinds)
    assert [one.fault.kind for one in outcomes] == [kind for kind, _ in faults.draw("seed", 4, kinds)]
    told = {one.fault.kind: (one.step, one.message) for one in outcomes}
    assert told == {
        "seen": ("pages", "docs/ja/x.md:40: wrong"),
        "unseen": ("", "no step fails"),
        "nowhere": ("", "no place was found for it"),
    }
    printed = capsys.readouterr().out
    assert "/4] docs/ja/x.md:40: seen (what)\n    0.0 s  pages: docs/ja/x.md:40: wrong\n" in printed
    assert "NOT CAUGHT: no step fails\n" in printed


def test_a_fault_that_is_not_caught_fails_the_run_and_is_named(
    planted: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "kept" / "faults.json"
    assert faults.main(["--count", "3", "--seed", "s", "--jobs", "1", "--results", str(results)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "planting 3 faults of 3 kinds, seed s"
    assert any(line.startswith("1 of 3 faults caught, 3 kinds, ") for line in lines)
    assert "     2  NOT CAUGHT" in lines
    assert "docs/ja/x.md:40: not caught: unseen (what): no step fails" in lines
    assert ":0: not caught: nowhere (there is no table): no place was found for it" in lines
    told = json.loads(results.read_text(encoding="utf-8"))
    assert (told["seed"], told["planted"], told["caught"], told["by_step"]) == ("s", 3, 1, {"pages": 1})
    assert faults.main(["--count", "2", "--only", "seen"]) == 0
    assert "2 of 2 faults caught, 1 kinds" in capsys.readouterr().out
