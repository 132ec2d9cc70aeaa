"""The steps of `make test` and `make lint`: each is named and timed, all are run, one failure fails all."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.prefix) / "bin"
PYTHON = sys.executable
WORKFLOWS = sorted(map(str, Path(".github/workflows").glob("*.yml")))  # by itself actionlint asks git


@dataclass(frozen=True)
class Step:
    """A command with the name under which it is reported."""

    name: str
    command: tuple[str, ...]


def _module(name: str, module: str, *arguments: str) -> Step:
    return Step(name, (PYTHON, "-m", module, *arguments))


LINT = (
    _module("code (ruff check)", "ruff", "check", "--quiet", "."),
    _module("form of the code (ruff format)", "ruff", "format", "--check", "--quiet", "."),
    _module("types (mypy --strict)", "mypy", "--no-error-summary"),
    Step("workflows (actionlint)", (str(BIN / "actionlint"), *WORKFLOWS)),
    Step("workflows (zizmor)", (str(BIN / "zizmor"), "--offline", "--quiet", ".github")),
    _module("Markdown (markdownlint)", "dlnotes_site.markup"),
    _module("Japanese prose (textlint)", "dlnotes_site.prose"),
    _module("hosts and paths", "dlnotes_site.hygiene"),
)

TEST = (
    *LINT,
    _module("pages (dlnotes_site check)", "dlnotes_site", "check"),
    _module("site (dlnotes_site build --strict)", "dlnotes_site", "build", "--strict"),
    _module("blocks (pytest-codeblocks)", "pytest", "--quiet", "-n", "auto", "--codeblocks", "docs", "README.md"),
    _module("a browser for the tests", "dlnotes_site.browser"),
    _module("tests (pytest)", "pytest", "--quiet", "-n", "auto", "tests"),
)


def run(steps: Sequence[Step]) -> int:
    """Run the steps one after the other, whatever fails; print a summary; return the exit code."""
    results = []
    environment = {
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",  # the matrices are small, the processes many
        "NO_MKDOCS_2_WARNING": "1",
        **os.environ,
    }
    for number, step in enumerate(steps, 1):
        print(f"[{number}/{len(steps)}] {step.name}", flush=True)
        start = time.monotonic()
        try:
            passed = subprocess.run(step.command, env=environment, check=False).returncode == 0
        except OSError as error:
            print(error, flush=True)
            passed = False
        seconds = time.monotonic() - start
        print(f"    {'passed' if passed else 'FAILED'} in {seconds:.1f} s", flush=True)
        results.append((step, passed, seconds))
    print("\nSummary")
    for step, passed, seconds in results:
        print(f"  {'passed' if passed else 'FAILED'} {seconds:6.1f} s  {step.name}")
    failed = sum(not passed for _, passed, _ in results)
    print(f"  {sum(seconds for *_, seconds in results):.0f} s in all")
    print(f"steps: {len(results) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def main(arguments: Sequence[str]) -> int:
    """Run `test` or `lint`."""
    known = {"test": TEST, "lint": LINT}
    if len(arguments) != 1 or arguments[0] not in known:
        print("usage: python -m dlnotes_site.steps test|lint", file=sys.stderr)
        return 2
    return run(known[arguments[0]])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
