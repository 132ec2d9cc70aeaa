"""Faults of the library and of the machinery itself."""

import ast
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from .kinds import Fault, NoPlace, Tree, kind, pick

_MUTANTS = Path("tests/mutants.json")  # survivors of the mutation tests: changes that nothing can notice
_TESTED = ("activations", "losses", "gradients", "layers", "optimizers", "normalization", "convolution")
_SIGNS = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*")}


def _survivors(tree: Tree) -> set[tuple[str, int]]:
    """File and line of the mutants that are known to change nothing."""
    try:
        known = json.loads((tree.root / _MUTANTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return set()
    return {(one["file"], one["line"]) for one in known.get("survivors", [])}


def _library(tree: Tree) -> Iterator[tuple[str, ast.Module]]:
    for path in tree.code("src/dlnotes/*.py"):
        yield path.as_posix(), ast.parse((tree.root / path).read_text(encoding="utf-8"))


@kind("a sign changed in the library")
def sign(tree: Tree, chance: random.Random) -> Fault:
    known = _survivors(tree)
    places = [
        (path, node)
        for path, module in _library(tree)
        if Path(path).stem in _TESTED
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("__repr")
        for node in ast.walk(function)
        if isinstance(node, ast.BinOp) and not isinstance(node.left, ast.Constant | ast.JoinedStr)
        if type(node.op) in _SIGNS and node.lineno == node.end_lineno and (path, node.lineno) not in known
    ]
    path, node = pick(chance, places, "sign")
    old, new = _SIGNS[type(node.op)]
    line = tree.lines(path)[node.lineno - 1]
    at = line.find(old, (node.left.end_col_offset or 0), node.right.col_offset)
    if at < 0:
        raise NoPlace(f"{path}:{node.lineno}: the sign stands on another line")
    lines = tree.lines(path)
    lines[node.lineno - 1] = line[:at] + new + line[at + 1 :]
    tree.write(path, lines)
    return Fault("", path, node.lineno, f"{ast.unparse(node)[:60]}: {old} -> {new}")


@kind("a public name that is not exported")
def not_exported(tree: Tree, chance: random.Random) -> Fault:
    places = []
    for path, _ in _library(tree):
        for number, line in enumerate(tree.lines(path), 1):
            if match := re.fullmatch(r'    "(\w+)",', line):
                places.append((path, number, match[1]))
    path, number, name = pick(chance, places, "name in __all__")
    lines = tree.lines(path)
    del lines[number - 1]
    tree.write(path, lines)
    return Fault("", path, number, f"{name} taken out of __all__")


@kind("a section of a docstring removed")
def docstring(tree: Tree, chance: random.Random) -> Fault:
    places = []
    for path, module in _library(tree):
        if Path(path).stem.startswith("_"):
            continue
        for node in module.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                end = node.body[0].end_lineno or 0
                lines = tree.lines(path)[node.lineno : end]
                for number, line in enumerate(lines, node.lineno + 1):
                    if line.strip() in ("References", "Raises", "Returns", "Parameters"):
                        places.append((path, number, line.strip()))
    path, number, section = pick(chance, places, "section")
    lines = tree.lines(path)
    lines[number - 1] = lines[number - 1].replace(section, "Notice")
    tree.write(path, lines)
    return Fault("", path, number, f"{section} -> Notice")


@kind("an argument changed in place")
def in_place(tree: Tree, chance: random.Random) -> Fault:
    places = []
    for path, module in _library(tree):
        if Path(path).stem not in ("activations", "losses"):
            continue
        for node in module.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.args.args:
                places.append((path, node.body[1].lineno, node.args.args[0].arg))
    path, line, name = pick(chance, places, "function")
    indent = " " * 4
    tree.insert(path, line, f"{indent}{name} *= 1.5")
    return Fault("", path, line, f"{name} *= 1.5")


@kind("code that the linters refuse")
def unclean(tree: Tree, chance: random.Random) -> Fault:
    path = pick(chance, [*tree.code("src/dlnotes/*.py"), *tree.code("src/dlnotes_site/*.py")], "module").as_posix()
    lines = tree.lines(path)
    added = chance.choice(
        ["import os.path as nowhere", "x=1", f"y = '{'x' * 130}'", "def f(x): return x", "assert (1, 'x')"]
    )
    tree.write(path, [*lines[:-1], added, ""])
    return Fault("", path, len(lines), added)


@kind("a type that does not fit")
def types(tree: Tree, chance: random.Random) -> Fault:
    path = pick(chance, tree.code("src/dlnotes/*.py"), "module").as_posix()
    lines = tree.lines(path)
    added = ["", "", "def _typed(x: int) -> str:", "    return x"]
    tree.write(path, [*lines[:-1], *added, ""])
    return Fault("", path, len(lines) + 3, "returns int as str")


@kind("a check that is no longer called")
def check_dropped(tree: Tree, chance: random.Random) -> Fault:
    path = "src/dlnotes_site/site.py"
    lines = tree.lines(path)
    calls = [number for number, line in enumerate(lines) if re.match(r"\s+yield from (checks|parity)\.\w+\(", line)]
    number = pick(chance, calls, "check")
    said = lines[number].strip()
    if lines[number - 1].rstrip().endswith(":") and lines[number - 1].lstrip().startswith("if"):
        lines[number] = re.match(r"\s*", lines[number])[0] + "pass"  # type: ignore[index]
    else:
        del lines[number]
    tree.write(path, lines)
    return Fault("", path, number + 1, f"without {said}")


@kind("a check that finds nothing")
def check_blind(tree: Tree, chance: random.Random) -> Fault:
    path = pick(chance, ["src/dlnotes_site/checks.py", "src/dlnotes_site/parity.py"], "module")
    module = ast.parse("\n".join(tree.lines(path)))
    functions = [
        node for node in module.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        and ast.unparse(node.returns or ast.Constant(0)) == "Iterator[Finding]"
    ]  # fmt: skip
    function = pick(chance, functions, "check")
    line = function.body[1 if ast.get_docstring(function) else 0].lineno
    tree.insert(path, line, "    return")
    return Fault("", path, line, f"{function.name} returns at once")
