"""The kinds of faults by name, and what the functions that plant them have in common.

A new kind is a new function under `@kind` in one of the modules beside this one. It gets the copy of the project to
change (`Tree`) and the chance that decides (`random.Random`), and returns the `Fault`; it raises `NoPlace` where the
project offers none.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlnotes_site.page import Block, Page

NEAR = 12  # lines between a fault and the place that a message names: a paragraph and its neighbours are one thing


class NoPlace(Exception):
    """Nowhere in the project could a fault of this kind be planted."""


@dataclass(frozen=True)
class Fault:
    """A fault that was planted: its kind, where it is, what was changed; `also` are files that say the same.

    `block` are the first and the last line of the block that it is in, figures included: it shows anywhere there.
    """

    kind: str
    path: str
    line: int
    what: str
    also: tuple[str, ...] = ()
    block: tuple[int, int] | None = None

    @property
    def files(self) -> tuple[str, ...]:
        return (self.path, *self.also)

    def is_near(self, line: int) -> bool:
        """Whether a message that names a line of one of the files leads to the fault."""
        first, last = self.block or (self.line, self.line)
        return first - NEAR <= line <= last + NEAR


class Tree:
    """A copy of the project, and its pages as they were before anything was changed."""

    def __init__(self, root: Path, pages: dict[str, dict[str, Page]]) -> None:
        self.root = root
        self.pages = pages

    def pairs(self, *, labs: bool = True) -> list[tuple[Page, Page]]:
        """The pages in both languages; the glossary's entries stand in another file."""
        ja, en = self.pages["ja"], self.pages["en"]
        return [(ja[name], en[name]) for name in ja if name != "glossary" and (labs or not ja[name].lab)]

    def lines(self, path: str) -> list[str]:
        return (self.root / path).read_text(encoding="utf-8").split("\n")

    def swap(self, path: str, line: int, old: str, new: str) -> None:
        """Replace the first `old` in a line (from 1) of a file."""
        lines = self.lines(path)
        if old not in lines[line - 1]:
            raise NoPlace(f"{path}:{line} does not hold {old!r}")
        lines[line - 1] = lines[line - 1].replace(old, new, 1)
        self.write(path, lines)

    def write(self, path: str, lines: Sequence[str]) -> None:
        (self.root / path).write_text("\n".join(lines), encoding="utf-8")

    def insert(self, path: str, line: int, *new: str) -> None:
        """Put lines before a line (from 1) of a file."""
        lines = self.lines(path)
        lines[line - 1 : line - 1] = new
        self.write(path, lines)

    def code(self, pattern: str) -> list[Path]:
        """Python files, relative to the project."""
        return sorted(path.relative_to(self.root) for path in self.root.glob(pattern) if path.name != "__init__.py")


type Kind = Callable[[Tree, random.Random], Fault]
KINDS: dict[str, Kind] = {}
OF_TRANSLATION: set[str] = set()  # after these nothing is recorded as translated


def kind(name: str, *, of_translation: bool = False) -> Callable[[Kind], Kind]:
    def add(function: Kind) -> Kind:
        KINDS[name] = function
        if of_translation:
            OF_TRANSLATION.add(name)
        return function

    return add


def pick[T](chance: random.Random, places: Sequence[T], what: str) -> T:
    if not places:
        raise NoPlace(f"there is no {what}")
    return chance.choice(places)


def blocks(
    tree: Tree, wanted: Callable[[Block], object], *, labs: bool = False
) -> list[tuple[Page, Page, Block, Block]]:
    return [
        (ja, en, *both)
        for ja, en in tree.pairs(labs=labs)
        for both in zip(ja.blocks, en.blocks, strict=True)
        if all(wanted(block) for block in both)
    ]


def twice(tree: Tree, ja: Page, en: Page, at: tuple[int, int], old: str, new: str) -> None:
    """The same change in both languages (once where they share the line, as the code of a lab)."""
    tree.swap(ja.path, at[0], old, new)
    if (ja.path, at[0]) != (en.path, at[1]):
        tree.swap(en.path, at[1], old, new)


def other_digit(chance: random.Random, text: str, at: int) -> str:
    digit = chance.choice([digit for digit in "123456789" if digit != text[at]])
    return text[:at] + digit + text[at + 1 :]
