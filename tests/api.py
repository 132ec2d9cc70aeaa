"""The public names of the library with their signatures, one a line; `python -m tests.api` writes them to `api.txt`.

A change of what readers can call is then a line of a diff, and one that nobody meant fails `test_import.py`.
Signatures are those of the source: evaluated type hints read differently from version to version.
"""

import ast
import dataclasses
import importlib
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path

import dlnotes

LIST = Path(__file__).parent / "api.txt"
MODULES = (*dlnotes.__all__, "plotting")  # plotting needs matplotlib, so `import dlnotes` does not bring it


def signature(function: object) -> str:
    """Arguments and type hints as they stand in the source."""
    node = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function)))).body[0]
    node.args.args = [a for a in node.args.args if a.arg != "self"]
    return f"({ast.unparse(node.args)})" + (f" -> {ast.unparse(node.returns)}" if node.returns else "")


def call(cls: type) -> str:
    """What a class is called with."""
    if dataclasses.is_dataclass(cls):
        return str(inspect.signature(cls))
    init = cls.__init__
    return signature(init).removesuffix(" -> None") if inspect.isfunction(init) else ""


def members(cls: type) -> Iterator[str]:
    """The public methods (with signature) and properties of a class, inherited from the library or its own."""
    for name in sorted(dir(cls)):
        owner = next(c for c in cls.__mro__ if name in vars(c) or c is object)
        if not name.startswith("_") and owner.__module__.startswith("dlnotes"):
            value = vars(owner)[name]
            yield name + (signature(value) if inspect.isroutine(value) else "")


def lines() -> Iterator[str]:
    """One line for each public name, and for each public method and property of a class."""
    for module in MODULES:
        found = importlib.import_module(f"dlnotes.{module}")
        for name in sorted(found.__all__):
            value, whole = getattr(found, name), f"{module}.{name}"
            if inspect.isclass(value):
                yield whole + call(value)
                yield from (f"{whole}.{member}" for member in members(value))
            else:
                yield whole + (signature(value) if inspect.isfunction(value) else f": {type(value).__name__}")


if __name__ == "__main__":
    LIST.write_text("".join(f"{line}\n" for line in lines()), encoding="utf-8")
