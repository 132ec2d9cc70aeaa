"""`make faults`: are the checks any good? One fault at a time is planted in a copy of the project, and the steps of
`make test` are run on it until one of them fails and says where.

What can be planted is in the modules `of_*.py`, a function a kind. The seed decides which kinds, where, and how:
with the same seed and the same project the same faults are planted. A fault counts as caught when a step fails *and*
its message names the fault's file near the fault's line; a fault that is not on a page may be named where it shows: by
file and line of the test that fails, or of the page that came out wrong.
"""

import argparse
import datetime
import json
import os
import random
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dlnotes_site import labs, parity, site
from dlnotes_site.faults import of_blocks, of_code, of_settings, of_texts  # noqa: F401  each adds its kinds
from dlnotes_site.faults.kinds import KINDS, OF_TRANSLATION, Fault, NoPlace, Tree
from dlnotes_site.hygiene import project_files
from dlnotes_site.steps import KEPT as PASSED
from dlnotes_site.steps import LINT, PYTHON, TEST, Step, environment, is_kept
from dlnotes_site.steps import run as run_steps

KEPT = ("runs", "labs", "formulas", "runtime")  # caches that a copy begins with
SECONDS = 900  # for one step on one fault

# Which steps look at a part of the project, the quickest first; the others come after them in their usual order.
LOOKS = (
    (r"docs/.*\.(md|py|txt)|benchmarks/results\.json", ("pages", "Markdown", "hosts", "Japanese prose", "library")),
    (r"docs/shared/.*\.tsv", ("pages", "Japanese prose", "site (", "machinery")),
    (r"docs/shared/.*\.(js|css)", ("scripts", "styles", "hosts", "site (", "built site", "site in a")),
    (r"mkdocs.*\.yml|overrides/.*", ("hosts", "pages", "site (", "built site", "machinery")),
    (r"src/dlnotes/.*", ("code (", "form of", "types", "library", "pages")),
    (r"src/dlnotes_site/.*|scripts/.*", ("code (", "form of", "machinery", "types", "pages", "site (")),
    (r"tests/.*", ("code (", "form of", "pages", "library", "machinery")),
    (r"\.github/.*", ("workflows (a", "workflows (z")),
    (r".*\.md", ("Markdown", "hosts", "site (", "blocks")),
    (r"[^/]*", ("hosts",)),
)


@dataclass(frozen=True)
class Outcome:
    """What became of a fault: the step that caught it ("" if none did), what it said, and how long that took."""

    fault: Fault
    step: str
    message: str
    seconds: float


def draw(seed: str, count: int, kinds: Sequence[str]) -> list[tuple[str, random.Random]]:
    """Which kinds are planted, each with the chance that decides where: every kind before one comes twice."""
    chance = random.Random(seed)
    drawn: list[str] = []
    while len(drawn) < count:
        drawn += chance.sample(kinds, len(kinds))
    return [(kind, random.Random(f"{seed} {number}")) for number, kind in enumerate(drawn[:count])]


def copy(root: Path, target: Path) -> None:
    """The project with its caches, and an environment in which `dlnotes` is that of the copy."""
    for file in project_files(root):
        place = target / file.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, place)
    (target / "node_modules").symlink_to(root / "node_modules")
    copy_caches(root, target)
    if (root / ".mypy_cache").is_dir():
        shutil.copytree(root / ".mypy_cache", target / ".mypy_cache")
    _environment(root, target / ".venv")


def copy_caches(root: Path, target: Path) -> None:
    """What was run and typeset is at hand in the copy, so that only what a fault touches is done again."""
    (target / ".cache").mkdir()
    for name in KEPT:
        kept = root / ".cache" / name
        if kept.is_dir():
            shutil.copytree(kept, target / ".cache" / name, copy_function=os.link)  # each is replaced, never changed
        elif kept.is_file():
            os.link(kept, target / ".cache" / name)


def _environment(root: Path, venv: Path) -> None:
    """A virtual environment that holds links to everything in ours; only the path to `src` is another."""
    packages = Path(sysconfig.get_path("purelib"))
    there = venv / packages.relative_to(sys.prefix)
    there.mkdir(parents=True)
    (venv / "bin").mkdir()
    ours = Path(sys.prefix)
    shutil.copy2(ours / "pyvenv.cfg", venv / "pyvenv.cfg")
    for entry in ours.iterdir():
        if not (venv / entry.name).exists():
            (venv / entry.name).symlink_to(entry)  # share, etc
    for program in (ours / "bin").iterdir():
        link = program.readlink() if program.is_symlink() and program.readlink().is_absolute() else program
        (venv / "bin" / program.name).symlink_to(link)
    for entry in packages.iterdir():
        if entry.suffix == ".pth" and str(root / "src") in entry.read_text(encoding="utf-8"):
            (there / entry.name).write_text(f"{venv.parent / 'src'}\n", encoding="utf-8")
        else:
            (there / entry.name).symlink_to(entry)


def plant(kind: str, chance: random.Random, tree: Tree) -> Fault:
    """Plant a fault of a kind in a copy; where both languages were changed, record it as a translator would."""
    fault = replace(KINDS[kind](tree, chance), kind=kind)
    if fault.path.startswith("docs/") and kind not in OF_TRANSLATION:
        _record(tree, fault)
    return fault


def _record(tree: Tree, fault: Fault) -> None:
    ja, en = (site.read(tree.root)[lang] for lang in labs.LANGUAGES)
    for name in ja.keys() & en.keys():
        if fault.path in (ja[name].path, en[name].path) and not list(parity.pair(ja[name], en[name])):
            parity.translated(tree.root, ja[name], en[name], frozenset({en[name].path}))


def looks_at(path: str) -> list[Step]:
    """The steps of `make test` in the order in which they are tried on a fault in a file."""
    first = next((names for pattern, names in LOOKS if re.fullmatch(pattern, path)), ())
    steps = [step for step in TEST if step.name != "a browser for the tests" and "faults" not in step.name]
    wanted = [step for name in first for step in steps if step.name.startswith(name)]
    ordered = list(dict.fromkeys([*wanted, *steps]))
    linters = sum(step.name.startswith(("code (", "form of", "workflows", "hosts")) for step in ordered[:2])
    ordered[linters:linters] = _likeliest(steps, path)
    build = next(step for step in steps if step.name.startswith("site ("))
    ordered.remove(build)
    first_built = next(number for number, step in enumerate(ordered) if "site" in step.made)
    ordered.insert(first_built, build)  # what looks at the built site needs one
    return ordered


def _likeliest(steps: Sequence[Step], path: str) -> list[Step]:
    """The part of a step's tests that is likeliest to notice a fault in a file, which is tried early."""
    stem = Path(path).stem.strip("_")
    if path.startswith("src/dlnotes/"):
        name, tests = "library", [f"tests/test_{stem}.py", "tests/test_import.py"]
    elif path.startswith("src/dlnotes_site/"):
        name, tests = "machinery", [f"tests/site/test_{stem}.py", "tests/site/test_faults.py"]
    elif path == "README.md":
        name, tests = "blocks", ["--codeblocks", path]
    elif path.startswith(".github/") or path == "Makefile":
        name, tests = "machinery", ["tests/site/test_setup.py"]
    else:
        return []
    step = next(step for step in steps if step.name.startswith(name))
    there = [one for one in tests if one.startswith("--") or Path(one).is_file()]
    return [replace(step, command=(PYTHON, "-m", "pytest", "--quiet", *there), made=())]


def look(root: Path, fault: Fault) -> Outcome:
    """Run steps on a copy with a fault until one fails and names the place."""
    begin = time.monotonic()
    said = ""
    for step in looks_at(fault.path):
        command = [str(root / ".venv/bin/python") if part == PYTHON else part for part in step.command]
        command = [part.replace(f"{sys.prefix}/", f"{root}/.venv/") for part in command]
        if "pytest" in command:
            command[command.index("pytest") + 1 : command.index("pytest") + 1] = [
                "-x",
                "--tb=short",
                "-p",
                "no:cacheprovider",
            ]
        try:
            done = subprocess.run(
                command, cwd=root, env=environment(), capture_output=True, text=True, check=False, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            continue
        if done.returncode:
            message = names(done.stdout + "\n" + done.stderr, fault, root)
            if message:
                return Outcome(fault, step.name, message, time.monotonic() - begin)
            said = said or f"{step.name} fails and does not name the place"
    return Outcome(fault, "", said or "no step fails", time.monotonic() - begin)


def names(said: str, fault: Fault, root: Path) -> str:
    """The line of a message that names the fault's file near its line, or where it shows; "" if there is none."""
    is_page = fault.path.startswith("docs/") and fault.path.endswith((".md", ".py"))
    for line in said.replace(f"{root}/", "").splitlines():
        for path, number in re.findall(r"([\w./-]+)(?:\"?:|\D{1,12}line )(\d+)", line):
            path = path.removeprefix("./")
            if path in fault.files and fault.is_near(int(number)):
                return line.strip()
            if not is_page and path.startswith(("tests/", "src/", "site/", "docs/")):
                return line.strip()
    return ""


def is_red() -> bool:
    """Whether a quick step fails on the project as it is; one that has passed with these files is not run again."""
    quick = (*LINT, *(step for step in TEST if step.name.startswith("pages")))
    unproven = [step for step in quick if not is_kept(step, PASSED)]
    return bool(unproven and run_steps(unproven))


def run(seed: str, count: int, kinds: Sequence[str], jobs: int = 2) -> list[Outcome]:
    """Plant the faults that a seed draws, a few at a time, and say of each what became of it."""
    pages = site.read(site.ROOT)
    drawn = draw(seed, count, kinds)
    outcomes: list[Outcome] = []

    def one(drawn: tuple[str, random.Random]) -> Outcome:
        kind, chance = drawn
        with tempfile.TemporaryDirectory(prefix="dlnotes-fault-") as folder:
            root = Path(folder)
            copy(site.ROOT, root)
            try:
                fault = plant(kind, chance, Tree(root, pages))
            except NoPlace as error:
                return Outcome(Fault(kind, "", 0, str(error)), "", "no place was found for it", 0.0)
            outcome = look(root, fault)
        outcomes.append(outcome)
        caught = f"{outcome.step}: {outcome.message}" if outcome.step else f"NOT CAUGHT: {outcome.message}"
        print(f"[{len(outcomes)}/{count}] {fault.path}:{fault.line}: {kind} ({fault.what})", flush=True)
        print(f"    {outcome.seconds:.1f} s  {caught[:220]}", flush=True)
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, drawn))


def report(seed: str, outcomes: Sequence[Outcome], seconds: float) -> dict[str, object]:
    """The outcomes as plain data: what the page `verification` shows."""
    caught = [outcome for outcome in outcomes if outcome.step]
    return {
        "seed": seed,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "planted": len(outcomes),
        "caught": len(caught),
        "kinds": len({outcome.fault.kind for outcome in outcomes}),
        "seconds": round(seconds, 1),
        "by_step": dict(Counter(outcome.step for outcome in caught).most_common()),
        "outcomes": [
            asdict(outcome.fault)
            | {"step": outcome.step, "message": outcome.message, "seconds": round(outcome.seconds, 1)}
            for outcome in outcomes
        ],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="dlnotes_site.faults", description=__doc__.split("\n\n")[0])
    parser.add_argument("--seed", default=datetime.datetime.now(datetime.UTC).date().isoformat())
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--only", nargs="*", choices=list(KINDS), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--results", type=Path, help="where to write the report as JSON")
    parsed = parser.parse_args(arguments)
    kinds = parsed.only or list(KINDS)
    if is_red():
        print("the project itself does not pass: mend that first, or its own faults would count as caught ones")
        return 1
    print(f"planting {parsed.count} faults of {len(kinds)} kinds, seed {parsed.seed}", flush=True)
    begin = time.monotonic()
    outcomes = run(parsed.seed, parsed.count, kinds, parsed.jobs)
    result = report(parsed.seed, outcomes, time.monotonic() - begin)
    if parsed.results:
        parsed.results.parent.mkdir(parents=True, exist_ok=True)
        parsed.results.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\n{result['caught']} of {result['planted']} faults caught, {result['kinds']} kinds, {result['seconds']} s")
    for step, number in Counter(outcome.step or "NOT CAUGHT" for outcome in outcomes).most_common():
        print(f"  {number:4}  {step}")
    for outcome in outcomes:
        if not outcome.step:
            fault = outcome.fault
            print(f"{fault.path}:{fault.line}: not caught: {fault.kind} ({fault.what}): {outcome.message}")
    return 0 if result["caught"] == result["planted"] else 1


if __name__ == "__main__":
    sys.exit(main())
