"""Functions of a lab's cells, so that a test holds a formula against the code that stands below it."""

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any

LABS = Path(__file__).parents[2] / "docs" / "labs"


def functions(lab: str, *names: str, **known: Any) -> SimpleNamespace:
    """The functions of a lab with these names; `known` is what their cells have imported or made before."""
    body = ast.parse((LABS / f"{lab}.py").read_text(encoding="utf-8")).body
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name in names]
    assert [node.name for node in found] == list(names)
    exec(compile(ast.Module(found, []), f"docs/labs/{lab}.py", "exec"), known)
    return SimpleNamespace(**{name: known[name] for name in names})
