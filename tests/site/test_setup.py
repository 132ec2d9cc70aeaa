"""The set-up says in one sentence what is wrong, and the files that it starts from are as they must be."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from dlnotes_site import browser, hygiene, steps

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the set-up's files and nothing else."""
    for name in (
        "Makefile",
        "requirements.txt",
        "pyproject.toml",
        "package.json",
        "package-lock.json",
        ".npmrc",
    ):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A folder for PATH with the shell's tools and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "make", "dirname", "sed"):
        tool = shutil.which(name)
        assert tool
        (folder / name).symlink_to(tool)
    return folder


def make(project: Path, path: Path, target: str = "setup", **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": str(path),
        "HOME": str(project),
        "PYENV_ROOT": str(project / "no-pyenv"),
        **variables,
    }
    return subprocess.run(
        ["make", "--no-print-directory", target], cwd=project, env=environment, capture_output=True, text=True
    )


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def load_setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("project_setup", ROOT / "scripts" / "setup.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_a_python_one_sentence_says_how_to_get_one(project: Path, bare_path: Path) -> None:
    run = make(project, bare_path)
    assert run.returncode != 0
    lines = run.stderr.splitlines()
    assert lines[0].startswith("No Python 3.12 or newer was found: install one")
    assert len(lines) == 2  # the sentence, and make's own line


def test_a_shim_that_does_not_run_and_an_old_python_do_not_count(project: Path, bare_path: Path) -> None:
    script(bare_path / "python3", "echo 'command not found' >&2; exit 127")
    script(bare_path / "python3.13", "exit 1")  # says that it is too old
    assert "No Python 3.12" in make(project, bare_path, PYTHON=str(bare_path / "python3.13")).stderr


@pytest.mark.parametrize("where", ["variable", "path", "pyenv"])
def test_python_is_found_where_it_is(project: Path, bare_path: Path, where: str) -> None:
    script(bare_path / "python3", "exit 127")
    found = {
        "variable": project / "mine",
        "path": bare_path / "python3.12",
        "pyenv": project / "no-pyenv" / "versions" / "3.13.0" / "bin" / "python3",
    }[where]
    script(found, 'case "$1" in -c) exit 0;; *) echo "found: $*";; esac')
    variables = {"PYTHON": str(found)} if where == "variable" else {}
    run = make(project, bare_path, **variables)
    assert run.stdout == "found: -I scripts/setup.py\n"


def test_what_is_imported_is_compiled_once_even_if_the_machine_says_otherwise(project: Path, bare_path: Path) -> None:
    script(bare_path / "python3", 'case "$1" in -c) exit 0;; *) echo "[$PYTHONDONTWRITEBYTECODE]";; esac')
    assert make(project, bare_path, PYTHONDONTWRITEBYTECODE="1").stdout == "[]\n"


def test_without_a_network_one_sentence_says_so(project: Path) -> None:
    for name in (".venv", ".setup"):
        assert not (project / name).exists()
    (project / "requirements.txt").write_text(f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n")
    closed = "http://127.0.0.1:9/"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PIP_")},
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": closed,
        "PIP_RETRIES": "0",
    }
    run = subprocess.run(
        [sys.executable, "-I", "scripts/setup.py"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stderr.splitlines() == [
        "Installing the 1 packages of requirements.txt failed: the package index could not be reached: "
        "check the network and proxy settings, then run make again (details: .setup/log)."
    ]
    assert "no-such-package" in (project / ".setup" / "log").read_text()
    assert (project / ".setup" / "unfinished-venv").exists()


def test_what_an_interrupted_set_up_left_is_thrown_away(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = load_setup()
    monkeypatch.chdir(project)
    monkeypatch.delenv("PYTHON", raising=False)
    ran = []

    def run(step: str, command: list[str], advice: str) -> None:
        ran.append(step.split()[0])
        if command[-3:-1] == ["-m", "venv"]:
            (project / ".venv" / "bin").mkdir(parents=True)
            (project / ".venv" / "bin" / "python").symlink_to(sys.executable)
        if command[-1:] == ["--no-fund"] or "ci" in command:
            (project / "node_modules").mkdir(exist_ok=True)

    monkeypatch.setattr(setup, "run", run)
    half = project / ".venv" / "half-installed"
    half.parent.mkdir()
    half.touch()
    (project / ".setup").mkdir()
    (project / ".setup" / "unfinished-venv").touch()
    setup.main()
    assert ran == ["making", "installing", "installing", "installing"]
    assert not half.exists()
    ran.clear()
    setup.main()
    assert ran == []
    (project / "package-lock.json").write_text("{}")
    setup.main()
    assert ran == ["installing"]


def test_an_environment_that_was_moved_with_its_project_is_not_used(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = load_setup()
    monkeypatch.chdir(project)
    config = project / ".venv" / "pyvenv.cfg"
    config.parent.mkdir()
    config.write_text(f"command = /usr/bin/python3 -m venv {config.parent.resolve()}\n")
    assert not setup.was_moved()
    config.write_text("command = /usr/bin/python3 -m venv /elsewhere/.venv\n")
    assert setup.was_moved()


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("npm error code ENOSPC", "the disk is full"),
        ("Failed to establish a new connection: [Errno 111]", "could not be reached"),
        ("npm error code ECONNREFUSED", "could not be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "its hash differs"),
        ("something else", ""),
    ],
)
def test_causes_are_read_from_the_log(log: str, said: str) -> None:
    assert said in load_setup().explain(log)
    assert bool(said) == bool(load_setup().explain(log))


def test_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = makefile.split(".PHONY:")[1].splitlines()[0].split()
    run = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [line.split()[1] for line in run.stdout.splitlines()] == phony


def test_steps_are_all_run_and_one_failure_fails_all(capfd: pytest.CaptureFixture[str]) -> None:
    fine = steps.Step("fine", (sys.executable, "-c", "print('hello')"))
    broken = steps.Step("broken", (sys.executable, "-c", "raise SystemExit(3)"))
    missing = steps.Step("missing", ("/no/such/program",))
    assert steps.run([broken, missing, fine]) == 1
    out = capfd.readouterr().out
    assert "hello" in out
    assert out.splitlines()[-1] == "steps: 1 passed, 2 failed"
    assert steps.run([fine]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "steps: 1 passed, 0 failed"


def test_two_small_steps_are_run_at_a_time_and_what_each_prints_stands_together(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    meet = "import pathlib, sys, time\nprint('begin', flush=True)\npathlib.Path(sys.argv[1]).touch()\n"
    meet += "end = time.monotonic() + 60\nwhile not pathlib.Path(sys.argv[2]).exists():\n"
    meet += "    assert time.monotonic() < end\n    time.sleep(0.01)\nprint('end', file=sys.stderr)\n"
    one, two = (str(tmp_path / name) for name in "ab")
    small = [
        steps.Step(name, (sys.executable, "-c", meet, *files), small=True)
        for name, files in (("first", (one, two)), ("second", (two, one)))
    ]
    missing = steps.Step("missing", ("/no/such/program",), small=True)
    assert steps.run([*small, missing, steps.Step("last", (sys.executable, "-c", "print('last')"))]) == 1
    out = capfd.readouterr().out
    for number, name in enumerate(("first", "second"), 1):
        assert re.search(rf"^\[{number}/4\] {name}\nbegin\nend\n    passed in [\d.]+ s$", out, re.MULTILINE), out
    assert re.search(r"^\[3/4\] missing\n.*No such file.*\n    FAILED in ", out, re.MULTILINE), out
    assert out.splitlines()[-1] == "steps: 3 passed, 1 failed"


def test_a_step_that_passed_is_run_again_only_when_what_it_depends_on_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRESH", raising=False)
    for name in ("src/a.py", "src/b.py", "docs/c.md", "site/index.html", "requirements.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    say = (sys.executable, "-c", "print('ran')")
    step = steps.Step("say", say, needs=("src",), made=("site",))

    def runs(step: steps.Step = step) -> bool:
        assert steps.run([step], tmp_path / "kept") == 0
        return "ran" in capfd.readouterr().out.splitlines()

    assert [runs(), runs()] == [True, False]
    (tmp_path / "docs/c.md").write_text("2")  # of no concern to it
    assert not runs()
    for name in ("src/a.py", "site/index.html", "requirements.txt"):
        (tmp_path / name).write_text("2")
        assert [runs(), runs()] == [True, False], name
    (tmp_path / "src/b.py").rename(tmp_path / "src/d.py")
    assert [runs(), runs()] == [True, False]
    other = steps.Step("say", (*say, "more"), needs=("src",), made=("site",))
    assert [runs(other), runs(other)] == [True, False]
    monkeypatch.setenv("FRESH", "1")
    assert runs(other)
    monkeypatch.delenv("FRESH")
    always = steps.Step("always", say)
    assert [runs(always), runs(always)] == [True, True]


def test_a_step_that_fails_or_changes_what_it_reads_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRESH", raising=False)
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.py").write_text("1")
    kept = tmp_path / "kept"
    failing = steps.Step("failing", (sys.executable, "-c", "raise SystemExit(1)"), needs=("src",))
    assert steps.run([failing], kept) == 1
    assert not steps.is_kept(failing, kept)
    write = "import pathlib; pathlib.Path('src/a.py').write_text('2')"
    changing = steps.Step("changing", (sys.executable, "-c", write), needs=("src",))
    assert steps.run([changing], kept) == 0
    assert not steps.is_kept(changing, kept)
    fine = steps.Step("fine", (sys.executable, "-c", ""), needs=("src",))
    assert steps.run([fine], kept) == 0
    assert steps.is_kept(fine, kept)


def test_lint_runs_its_steps_and_another_name_runs_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[Sequence[steps.Step]] = []
    monkeypatch.setattr(steps, "run", lambda some: ran.append(some) or 7)
    assert [steps.main(["lint"]), steps.main(["test"])] == [7, 7]
    assert ran == [steps.LINT, steps.TEST]
    assert [steps.main([]), steps.main(["tests"]), steps.main(["lint", "test"])] == [2, 2, 2]
    assert capsys.readouterr().err == 3 * "usage: python -m dlnotes_site.steps test|lint\n"
    assert len(ran) == 2


def test_every_step_names_places_that_exist() -> None:
    for step in steps.TEST:
        for place in step.needs:
            assert (ROOT / place).exists(), f"{step.name}: {place}"


def test_a_registry_host_or_a_machine_path_is_found(tmp_path: Path) -> None:
    host, path = "registry." + "npmjs" + ".org", "/" + "home/someone/dlnotes"
    (tmp_path / "a.md").write_text(f"fine: /en/ and docs/work/ and ~/.pyenv\nsee {host}\n")
    (tmp_path / "b.py").write_text(f"x = '{path}'\n")
    (tmp_path / "c.png").write_bytes(b"\0" + host.encode())
    assert [(found.path, found.line) for found in hygiene.check(tmp_path)] == [("a.md", 2), ("b.py", 1)]


def test_the_check_of_hosts_and_paths_prints_its_findings_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert hygiene.main() == 0
    path = "/" + "root/dlnotes"
    (tmp_path / "b.py").write_text(f"\nx = '{path}'\n")
    assert hygiene.main() == 1
    assert capsys.readouterr().out == "b.py:2: /" + "root/d: a path of one machine: write it relative to the project\n"


def test_no_file_of_the_project_names_a_registry_host_or_a_machine_path() -> None:
    assert list(map(str, hygiene.check(ROOT))) == []


@pytest.mark.parametrize(
    ("name", "line", "found"),
    [
        ("overrides/main.html", '<script src="https://cdn.example.com/x.js"></script>', True),
        ("overrides/main.html", '<link rel="stylesheet" href="https://fonts.example.com/css">', True),
        ("overrides/main.html", '<a href="https://example.com/">a link that a reader follows</a>', False),
        ("docs/shared/assets/site.css", '@import url("https://fonts.example.com/css");', True),
        ("docs/shared/assets/site.css", ".x { background: url(//example.com/x.png); }", True),
        ("docs/shared/assets/site.css", ".x { background: url(x.png); }", False),
        ("src/dlnotes_site/search/search.js", 'fetch("https://example.com/count");', True),
        ("docs/en/guide.md", "see `fetch(https://example.com/count)`", False),
    ],
)
def test_what_loads_from_another_origin_is_named_where_it_is_written(
    tmp_path: Path, name: str, line: str, found: bool
) -> None:
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(f"first\n{line}\n", encoding="utf-8")
    assert [(one.path, one.line) for one in hygiene.check(tmp_path)] == ([(name, 2)] if found else [])


def test_workflows_pin_actions_and_cover_the_supported_pythons() -> None:
    workflows = {file.stem: yaml.safe_load(file.read_text()) for file in (ROOT / ".github/workflows").glob("*.yml")}
    assert set(workflows) == {"ci", "pages", "weekly"}
    for job in (workflows["ci"]["jobs"]["test"], workflows["weekly"]["jobs"]["copied"]):
        assert job["strategy"]["matrix"]["python"] == ["3.12", "3.13", "3.14"]
    for name, workflow in workflows.items():
        lines = (ROOT / f".github/workflows/{name}.yml").read_text().splitlines()
        line = next((number for number, text in enumerate(lines, 1) if text.startswith("permissions:")), 1)
        said = f".github/workflows/{name}.yml:{line}: expected `permissions: {{}}`, so that each job asks for its own"
        assert workflow.get("permissions") == {}, said
        for job in workflow["jobs"].values():
            assert job["timeout-minutes"]
            pins = [step["uses"].split("@")[1] for step in job["steps"] if "uses" in step]
            assert all(len(pin) == 40 for pin in pins)


def test_the_site_is_deployed_only_after_it_was_checked() -> None:
    pages = yaml.safe_load((ROOT / ".github/workflows/pages.yml").read_text())
    commands = [step["run"] for step in pages["jobs"]["build"]["steps"] if "run" in step]
    assert [command.split()[1] for command in commands[:3]] == ["test", "pressed", "site"]
    assert pages["jobs"]["deploy"]["needs"] == "build"


def test_where_the_tests_are_run_for_all_every_button_is_pressed() -> None:
    """`make test` presses those of changed pages alone."""
    for name in (".ci/run", ".github/workflows/ci.yml", ".github/workflows/pages.yml"):
        commands = re.findall(r"\bmake (\w+)", (ROOT / name).read_text())
        assert {"test", "pressed"} <= set(commands), name


def test_another_python_is_used_where_one_is_named_and_only_there() -> None:
    for given, expected in (((), []), (("AS=3.13",), ["--python", "3.13"])):
        command = ["make", "--no-print-directory", "--dry-run", "copied", "VERSIONS=oldest", *given]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert said.split()[-2 - len(expected) :] == [*expected, "--versions", "oldest"]
        assert ("--python" in said) == bool(expected)


def test_every_target_that_a_workflow_makes_is_in_the_makefile() -> None:
    targets = set((ROOT / "Makefile").read_text().split(".PHONY:")[1].splitlines()[0].split())
    for file in (ROOT / ".github/workflows").glob("*.yml"):
        text = file.read_text()
        matrix = [name for names in re.findall(r"target: \[(.*?)\]", text) for name in names.split(", ")]
        made = {*re.findall(r"run: make (\w+)", text), *matrix}
        assert made
        assert made <= targets, file.name


def test_a_chromium_that_does_not_run_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "broken" / "chromium", "exit 1")
    script(tmp_path / "good" / "google-chrome", "echo Chrome")
    monkeypatch.setenv("PATH", f"{tmp_path / 'broken'}:{tmp_path / 'good'}")
    browser.find_chromium.cache_clear()
    assert browser.find_chromium() == str(tmp_path / "good" / "google-chrome")
    browser.find_chromium.cache_clear()


def test_without_any_chromium_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_on_path", "_playwrights", "_debians"):
        monkeypatch.setattr(browser, name, lambda: "")
    browser.find_chromium.cache_clear()
    with pytest.raises(RuntimeError, match=r"^No Chromium was found .*: install Chromium"):
        browser.find_chromium()
