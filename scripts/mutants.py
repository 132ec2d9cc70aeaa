"""Mutation testing of the library: mutmut plants one small fault at a time, and a test must notice.

`make mutants` goes through `MODULES` and writes `tests/mutants.json`. It goes on where it was interrupted, unless the
library or a test changed since. `make mutants ONLY=survivors` tries again what survived, against the tests as they are
now. The reasons why a survivor may live stand in `tests/mutants.toml`.

Mutated are the bodies of functions and methods, and their defaults that are plain values. Left out, by rule:

- docstrings and type hints, those in `cast` too: they change nothing that is computed
- `raise` statements, and the arguments `who`, `name`, `names`, `what` of checks: the texts of errors
- `strict` of `zip`: it would only tell of lengths that differ by a fault of the library itself
- statements outside functions, and properties: mutmut exchanges functions while the program runs
"""

import ast
import fnmatch
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import libcst as cst
import libcst.matchers as m
from mutmut import __main__ as mutmut
from mutmut.configuration import reset_config
from mutmut.mutation import file_mutation, mutators
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "dlnotes"
RESULT, REASONS = ROOT / "tests" / "mutants.json", ROOT / "tests" / "mutants.toml"
WORK = ROOT / ".cache" / "mutation"
NEEDED = 0.9
MODULES = {  # what the public modules are made of
    "activations": ("activations", "_softmax"),
    "losses": ("losses", "_cross_entropy", "_targets"),
    "gradients": ("gradients",),
    "layers": ("layers", "_activation", "_layer", "_sequential", "_flatten", "_regularization", "_softmax_loss"),
    "optimizers": ("optimizers", "_optimizer"),
    "normalization": ("normalization",),
    "convolution": ("convolution", "_columns", "_windows", "_pooling"),
}
TESTS = (*MODULES, "pooling", "regularization", "storage", "fast_paths")
CAUGHT = ("killed", "timeout", "segfault")
TEXTS = ("who", "name", "names", "what")


def text_parameters(files: Iterable[Path]) -> dict[str, set[int | str]]:
    """Which arguments of which functions (those with a `who`: checks) go into the texts of errors only."""
    found: dict[str, set[int | str]] = {}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            functions = [(node.name, node)] if isinstance(node, ast.FunctionDef) else []
            if isinstance(node, ast.ClassDef):
                functions = [
                    (node.name, f) for f in node.body if isinstance(f, ast.FunctionDef) if f.name == "__init__"
                ]
            for name, function in functions:
                names = [a.arg for a in function.args.args if a.arg != "self"]
                if "who" in names:
                    places = {at for i, text in enumerate(names) if text in TEXTS for at in (i, text)}
                    found[name] = found.get(name, set()) | places
    return found


CHECKS = text_parameters(PACKAGE.glob("*.py"))
ERRSTATE = m.Decorator(m.Call(m.Attribute(m.Name("np"), m.Name("errstate"))))
TEXT = m.Raise() | m.Assign(targets=[m.AssignTarget(m.Name("who"))])


def texts(call: cst.Call) -> list[cst.Arg]:
    """The arguments of a call that are texts, or the type of a `cast`."""
    if not isinstance(call.func, cst.Name):
        return []
    if call.func.value == "cast":
        return [call.args[0]]
    wanted = CHECKS.get(call.func.value, {"strict"} if call.func.value == "zip" else set())
    return [a for i, a in enumerate(call.args) if (a.keyword.value if a.keyword else i) in wanted]


def arguments(node: cst.Call) -> Iterator[cst.Call]:
    """mutmut's faults in the arguments of a call, but for those that are texts."""
    for mutant in mutators.operator_arg_removal(node):
        if not any(all(text is not kept for kept in mutant.args) for text in texts(node)):
            yield mutant


class Visitor(file_mutation.MutationVisitor):
    """mutmut's leaves out each function with a decorator; here `np.errstate` stands above half of them."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if m.matches(node, TEXT) or node in self.__dict__.setdefault("texts", set()):
            return True
        if isinstance(node, cst.Call):
            self.texts.update(texts(node))
        if isinstance(node, cst.FunctionDef) and node.decorators:
            return not all(m.matches(decorator, ERRSTATE) for decorator in node.decorators)
        return super()._skip_node_and_children(node)


def teach() -> None:
    """Make mutmut follow the rules above."""
    file_mutation.MutationVisitor = Visitor
    file_mutation.mutation_operators[:] = [
        (kind, arguments if operator is mutators.operator_arg_removal else operator)
        for kind, operator in file_mutation.mutation_operators
    ]


def prepare() -> None:
    """Go to a folder where mutmut finds its settings, the library and the tests, and may write."""
    teach()
    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("src", "tests"):
        if not (WORK / name).is_symlink():
            (WORK / name).symlink_to(ROOT / name, target_is_directory=True)
    settings = {
        "source_paths": ["src"],
        "only_mutate": [f"src/dlnotes/{name}.py" for names in MODULES.values() for name in names],
        "pytest_add_cli_args_test_selection": [f"tests/test_{name}.py" for name in TESTS],
        "pytest_add_cli_args": ["--hypothesis-profile=ci", "-p", "no:cacheprovider", "-p", "no:codeblocks"],
        "timeout_multiplier": 30.0,  # by the clock, on a machine that may be busy: for faults that never end
        "on_dependency_change": "ignore",
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    pytest = re.search(r"^\[tool\.pytest.*?(?=^\[|\Z)", (ROOT / "pyproject.toml").read_text("utf-8"), re.M | re.S)
    (WORK / "pyproject.toml").write_text("\n".join(["[tool.mutmut]", *lines, "", pytest[0] if pytest else ""]))
    os.chdir(WORK)
    reset_config()  # mutmut read the project's own, which has nothing for it


def digest() -> str:
    """What a result depends on: the library, the tests, the packages."""
    total = hashlib.sha256(f"{sys.version}{Path(__file__).read_text(encoding='utf-8')}".encode())
    tests = [ROOT / "tests" / f"test_{name}.py" for name in TESTS]
    for file in [*sorted(PACKAGE.rglob("*.py")), *tests, ROOT / "requirements.txt"]:
        total.update(file.read_bytes())
    return total.hexdigest()


def found(names: Iterable[str]) -> dict[str, tuple[str, str, float]]:
    """Of each fault in some files: the file, how it ended, and the seconds that it took."""
    results = {}
    for name in names:
        data = SourceFileMutationData(path=f"src/dlnotes/{name}.py")
        data.load()
        for key, code in data.exit_code_by_key.items():
            results[key] = str(data.path), status_by_exit_code[code], data.durations_by_key.get(key, 0.0)
    return results


def change(key: str, path: str) -> tuple[int, str, str]:
    """The line of a fault, what stands there and what stood there during the test."""
    before, *lines = get_diff_for_mutant(key, path=path).splitlines()[2:]
    at = int(re.findall(r"\d+", before)[0])
    first = next(i for i, line in enumerate(lines) if line[0] in "-+")
    was, now = ("\n".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
    source = (ROOT / path).read_text(encoding="utf-8").splitlines()
    name = key.partition("__mutmut_")[0].rpartition(".")[2].removeprefix("x_").rpartition("ǁ")[2]
    owner = key.split("ǁ")[1] if "ǁ" in key else None
    bodies = [n.body for n in ast.parse("\n".join(source)).body if isinstance(n, ast.ClassDef) and n.name == owner]
    body = bodies[0] if owner else ast.parse("\n".join(source)).body
    function = next(n for n in body if isinstance(n, ast.FunctionDef) and n.name == name)
    start = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    near = start + at + first - 1
    places = [i for i, line in enumerate(source, 1) if line.strip() == was.split("\n")[0]]
    return min(places, key=lambda i: abs(i - near)), was, now


def report(seconds: float) -> int:
    """Write `tests/mutants.json`, say what is missing, return the exit code."""
    reasons = {
        (entry["file"], entry["was"], now): entry["reason"]
        for entry in tomllib.loads(REASONS.read_text(encoding="utf-8"))["survivors"]
        for now in entry["now"]
    }
    modules, survivors, faults = {}, [], []
    for module, names in MODULES.items():
        results = found(names)
        killed = sum(status in CAUGHT for _, status, _ in results.values())
        spent = sum(took for *_, took in results.values())
        modules[module] = {"killed": killed, "all": len(results), "seconds": round(spent, 1)}
        print(f"{module:14} {killed:5} of {len(results):5} killed, {100 * killed / len(results):.1f} %")
        if killed < NEEDED * len(results):
            faults.append(f"{module}: less than {100 * NEEDED:.0f} % of the faults are caught: write tests")
        for key, (path, status, _) in results.items():
            if status in CAUGHT:
                continue
            line, was, now = change(key, path)
            reason = reasons.get((path, was, now), "")
            survivors.append({"file": path, "line": line, "was": was, "now": now, "reason": reason})
            if status == "not checked":
                faults.append(f"{path}:{line}: not tried yet: run make mutants again")
            elif not reason:
                faults.append(
                    f"{path}:{line}: survives: {was!r} as {now!r}: write a test, or a reason in {REASONS.name}"
                )
    versions = {name: importlib.metadata.version(name) for name in ("mutmut", "numpy", "pytest", "hypothesis")}
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    result = {
        "commit": commit.stdout.strip(),
        "versions": {"python": platform.python_version(), **versions},
        "seconds": round(seconds),
        "modules": modules,
        "survivors": sorted(survivors, key=lambda s: (s["file"], s["line"], s["now"])),
    }
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(*faults, sep="\n")
    return 1 if faults else 0


def main(only: str) -> int:
    """Run what is missing, or again what fits `only`: "survivors", or a pattern of names such as "*losses*"."""
    prepare()
    kept = WORK / "digest"
    if not only and (not kept.is_file() or kept.read_text() != digest()):
        shutil.rmtree(WORK / "mutants", ignore_errors=True)
    kept.write_text(digest() if not only else "")
    names: list[str] = []
    if only:
        results = found(name for names in MODULES.values() for name in names)
        tried = {key for key, (_, status, _) in results.items() if status not in CAUGHT}
        names = sorted(tried if only == "survivors" else fnmatch.filter(results, only))
    mutmut._run(names, max_children=int(os.environ.get("PROCESSES", "2")))
    return report(sum(took for *_, took in found(n for names in MODULES.values() for n in names).values()))


if __name__ == "__main__":
    os.environ |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
