"""The steps of `make test` and `make lint`: each is named and timed, all are run, one failure fails all.

A step that passed is not run again until something that it depends on changes: files of the project, what an earlier
step made, the locked packages or Python. `FRESH=1 make test` runs them all. They are run one after the other, for most
keep all cores busy; of small ones that follow each other, two are run at a time.
"""

import datetime
import hashlib
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from dlnotes_site.hygiene import project_files
from dlnotes_site.node import NODE

BIN = Path(sys.prefix) / "bin"
PYTHON = sys.executable
KEPT = Path(".cache/steps")
ALWAYS = ("pyproject.toml", "requirements.txt", "package-lock.json", "conftest.py", "src/dlnotes_site/steps.py")
TODAY = datetime.datetime.now(datetime.UTC).date().isoformat()  # the seed of the faults that are planted
WORKFLOWS = sorted(map(str, Path(".github/workflows").glob("*.yml")))  # by itself actionlint asks git


@dataclass(frozen=True)
class Step:
    """A command with the name under which it is reported, and what its result depends on.

    `needs` are files and folders of the project, "." for all of it; `made` are files and folders that the step makes or
    that an earlier one made for it. A step without `needs` is always run. A `small` one keeps one core busy at most.
    """

    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    small: bool = False


@dataclass(frozen=True)
class Result:
    """What became of a step ("passed", "FAILED" or "unchanged"), and in how many seconds."""

    step: Step
    outcome: str
    seconds: float


def _module(name: str, needs: str, module: str, *arguments: str, made: str = "") -> Step:
    return Step(name, (PYTHON, "-m", module, *arguments), tuple(needs.split()), tuple(made.split()))


def _small(*steps: Step) -> tuple[Step, ...]:
    return tuple(replace(step, small=True) for step in steps)


_PYTHON = "src tests benchmarks scripts"
_PAGES = "docs src benchmarks/results.json mkdocs.yml mkdocs.en.yml tests/formulas tests/labs"
_BUILD = f"{_PAGES} overrides LICENSE README.md tests/faults.json tests/mutants.json"
_TESTS = ("pytest", "--quiet", "-n", "auto", "--dist", "worksteal")

LINT = _small(
    _module("types (mypy --strict)", "src", "mypy", "--no-error-summary"),  # the longest
    _module("code (ruff check)", _PYTHON, "ruff", "check", "--quiet", "."),
    _module("form of the code (ruff format)", _PYTHON, "ruff", "format", "--check", "--quiet", "."),
    Step("workflows (actionlint)", (str(BIN / "actionlint"), *WORKFLOWS), (".github",)),
    Step("workflows (zizmor)", (str(BIN / "zizmor"), "--offline", "--quiet", ".github"), (".github",)),
    Step(
        "scripts (eslint)",
        (
            *(str(NODE), "node_modules/eslint/bin/eslint.js", "--config", "src/dlnotes_site/eslint.config.mjs"),
            *("--format", "unix", "docs/shared/assets", "src/dlnotes_site"),
        ),
        ("docs/shared", "src/dlnotes_site"),
    ),
    Step(
        "styles (csstree)",
        (str(NODE), "node_modules/csstree-validator/bin/validate.js", "--reporter", "gnu", "docs/shared/assets"),
        ("docs/shared",),
    ),
    _module("Markdown (markdownlint)", "docs src README.md CONTRIBUTING.md", "dlnotes_site.markup"),
    _module("Japanese prose (textlint)", "docs src", "dlnotes_site.prose"),
    _module("hosts, paths and origins", ".", "dlnotes_site.hygiene"),
)

TEST = (
    *LINT,
    *_small(_module("a browser for the tests", "", "dlnotes_site.browser")),
    _module("runtime of the Run buttons (dlnotes_site.runtime)", "", "dlnotes_site.runtime"),
    _module("pages (dlnotes_site check)", _PAGES, "dlnotes_site", "check"),
    _module(
        "site (dlnotes_site build --strict)", _BUILD, "dlnotes_site", "build", "--strict", made="site .cache/runtime"
    ),
    _module("built site (dlnotes_site.built)", f"{_BUILD} package.json", "dlnotes_site.built", made="site"),
    _module(
        "copied blocks (dlnotes_site.copied)",
        "docs src",
        "dlnotes_site.copied",
        made="site .cache/verification/copied.json",
    ),
    _module(
        "blocks (pytest-codeblocks)",
        "docs src/dlnotes src/dlnotes_site/blocks.py src/dlnotes_site/page.py src/dlnotes_site/figures.py README.md",
        *_TESTS,
        "--codeblocks",
        "docs",
        "README.md",
        made="site/assets/figures .cache/codeblocks.json",
    ),
    _module(
        "library (pytest)",
        "src/dlnotes tests benchmarks",
        *_TESTS,
        *("--cov=dlnotes", "--cov-fail-under=100"),
        *("--doctest-modules", "src/dlnotes"),
        "tests",
        *(f"--ignore=tests/{folder}" for folder in ("site", "browser", "labs", "reference")),
    ),
    _module(
        "machinery and built site (pytest)",
        ".",
        *_TESTS,
        *("--cov=dlnotes_site", "--cov-fail-under=95"),
        *("--doctest-modules", "src/dlnotes_site", "--ignore=src/dlnotes_site/runner"),  # for Pyodide alone
        "tests/site",
        made="site .cache/codeblocks.json",
    ),
    _module("site in a browser (pytest)", f"{_BUILD} tests", *_TESTS, "tests/browser", made="site"),
    _module(
        "changed blocks by their buttons (dlnotes_site.pressed)",
        "docs src",
        "dlnotes_site.pressed",
        "--changed",
        made="site",
    ),
    _module(
        "planted faults (dlnotes_site.faults)",
        ".",
        "dlnotes_site.faults",
        *("--count", "20", "--seed", TODAY, "--results", ".cache/verification/faults.json"),
    ),
)


def environment() -> dict[str, str]:
    """The environment in which steps are run."""
    return {
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",  # the matrices are small, the processes many
        "NO_MKDOCS_2_WARNING": "1",
        **os.environ,
    }


def run(steps: Sequence[Step], kept: Path = KEPT) -> int:
    """Run the steps, whatever fails; print a summary; return the exit code."""
    begin = time.monotonic()
    places = {step: f"[{number}/{len(steps)}]" for number, step in enumerate(steps, 1)}
    results: list[Result] = []
    for small, together in itertools.groupby(steps, lambda step: step.small):
        if small:
            with ThreadPoolExecutor(2) as pool:
                results += pool.map(lambda step: _beside_another(step, places[step], kept), together)
        else:
            for step in together:
                print(places[step], step.name, flush=True)
                results.append(_run(step, kept))
                print(_said(results[-1]), flush=True)
    print("\nSummary, the slowest first")
    for result in sorted(results, key=lambda result: -result.seconds):
        print(f"  {result.outcome:9} {result.seconds:6.1f} s  {result.step.name}")
    failed = sum(result.outcome == "FAILED" for result in results)
    print(f"  {time.monotonic() - begin:.0f} s in all")
    print(f"steps: {len(results) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def _beside_another(step: Step, place: str, kept: Path) -> Result:
    """Run a small step; what it prints comes in one piece, when it ends."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as printed:
        result = _run(step, kept, printed)
        printed.seek(0)
        print(f"{place} {step.name}\n{printed.read()}{_said(result)}", flush=True)
    return result


def _run(step: Step, kept: Path, printed: IO[str] | None = None) -> Result:
    start = time.monotonic()
    if is_kept(step, kept):
        return Result(step, "unchanged", time.monotonic() - start)
    before = digest(step.needs)
    try:
        done = subprocess.run(step.command, env=environment(), stdout=printed, stderr=printed, check=False)
        passed = done.returncode == 0
    except OSError as error:
        print(error, file=printed, flush=True)
        passed = False
    if passed and before == digest(step.needs):
        keep(step, kept)
    else:
        _record(step, kept).unlink(missing_ok=True)
    return Result(step, "passed" if passed else "FAILED", time.monotonic() - start)


def _said(result: Result) -> str:
    if result.outcome == "unchanged":
        return "    unchanged since it passed"
    return f"    {result.outcome} in {result.seconds:.1f} s"


def digest(places: Sequence[str]) -> str:
    """The content of the project's files in some places, and of the files that everything depends on."""
    wanted = (*places, *ALWAYS)
    total = hashlib.sha256(sys.version.encode())
    for file in project_files(Path()):
        name = file.as_posix()
        if "." in places or any(name == place or name.startswith(f"{place}/") for place in wanted):
            total.update(f"{name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _made(places: Sequence[str]) -> str:
    """The content of what steps made."""
    total = hashlib.sha256()
    for place in places:
        for file in sorted(_files(Path(place))):
            total.update(f"{file.as_posix()}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _files(place: Path) -> Iterator[Path]:
    yield from [place] if place.is_file() else (file for file in place.rglob("*") if file.is_file())


def _record(step: Step, kept: Path) -> Path:
    return kept / re.sub(r"\W+", "-", step.name).strip("-")


def _state(step: Step) -> str:
    return f"{step.command} {digest(step.needs)} {_made(step.made)}"


def is_kept(step: Step, kept: Path) -> bool:
    """Whether a step passed with everything that it depends on as it is now."""
    record = _record(step, kept)
    if os.environ.get("FRESH") or not step.needs or not record.is_file():
        return False
    return record.read_text(encoding="ascii") == _state(step)


def keep(step: Step, kept: Path) -> None:
    """Remember that a step passed."""
    if step.needs:
        kept.mkdir(parents=True, exist_ok=True)
        _record(step, kept).write_text(_state(step), encoding="ascii")


def main(arguments: Sequence[str]) -> int:
    """Run `test` or `lint`."""
    known = {"test": TEST, "lint": LINT}
    if len(arguments) != 1 or arguments[0] not in known:
        print("usage: python -m dlnotes_site.steps test|lint", file=sys.stderr)
        return 2
    return run(known[arguments[0]])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
