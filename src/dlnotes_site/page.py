"""A `Page` is what a Markdown file holds; a `Finding` is what is wrong with it. `blocks.read` makes pages."""

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Finding:
    """Something wrong on a page: where it is, what it is and what to do about it."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Figure:
    """A figure directive: the id to link to, and the text that is caption and alternative text."""

    line: int
    id: str
    text: str


@dataclass(frozen=True)
class Output:
    """What a page says that a block prints. `line` is the fence's, `end` that of its closing marks."""

    line: int
    end: int
    text: str


@dataclass(frozen=True)
class Block:
    """A Python program on a page, with the output and the figures that the page says it has."""

    line: int
    end: int  # last line of the block with its output and its figures
    fence_end: int
    indent: int
    code: str
    output: Output | None = None
    figures: tuple[Figure, ...] = ()
    before: str = ""  # a digest of what ran before it in the same kernel: the earlier cells of a lab

    @cached_property
    def program(self) -> str:
        """What the block computes: its syntax tree, in which comments and layout do not count."""
        try:
            return self.before + ast.dump(ast.parse(self.code))
        except (SyntaxError, ValueError):
            return self.before + self.code  # running it will say what is wrong


@dataclass(frozen=True)
class Fence:
    """A fence that is not a program: shown, not run."""

    line: int
    language: str
    text: str


@dataclass(frozen=True)
class Formula:
    """A formula; one that is displayed has a label, to link to it and to name the test that holds it."""

    line: int
    tex: str
    display: bool
    label: str = ""
    label_line: int = 0


@dataclass(frozen=True)
class Heading:
    line: int
    level: int
    text: str
    id: str | None


@dataclass(frozen=True)
class Link:
    """A link or an image, written in Markdown or as an HTML tag."""

    line: int
    target: str
    text: str
    kind: str  # link, image, html


@dataclass(frozen=True)
class Prose:
    """One unit of text that a reader reads: a paragraph, heading, item, cell, title, caption, description, comment.

    `text` has the markup taken out and formulas left as `$tex$`; `source` is as written.
    """

    line: int
    kind: str
    text: str
    source: str
    formulas: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


@dataclass
class Page:
    """What a Markdown file, or one language of a lab, holds.

    `path` is as shown to people, `name` is the same in all languages. The blocks of a lab are its code cells.
    """

    path: str
    name: str
    lang: str
    text: str
    lab: bool = False
    blocks: list[Block] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)
    formulas: list[Formula] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    prose: list[Prose] = field(default_factory=list)
    questions: list[int] = field(default_factory=list)  # lines of `??? question`
    directives: list[tuple[int, int, str]] = field(default_factory=list)  # line, indent, name
    measured: list[tuple[int, str]] = field(default_factory=list)  # line, key in the benchmark's result file
    findings: list[Finding] = field(default_factory=list)

    @property
    def figures(self) -> list[Figure]:
        return [figure for block in self.blocks for figure in block.figures]

    @property
    def labelled(self) -> list[Formula]:
        return [formula for formula in self.formulas if formula.label]

    @property
    def ids(self) -> set[str]:
        """Everything on the page that a link can point to."""
        named = {heading.id for heading in self.headings if heading.id} | {figure.id for figure in self.figures}
        return named | {formula.label for formula in self.labelled}

    def finding(self, line: int, text: str) -> Finding:
        return Finding(self.path, line, text)


def page_name(file: str) -> str:
    """The name of the page that a source file in the docs folder becomes."""
    return re.sub(r"\.(md|ipynb)$", "", file)


def folder_of(lang: str, name: str) -> str:
    """Where a page is below the site's root, as in "en/guide/"; the first page is that of its language: "" or "en/"."""
    folder = "" if name == "index" else f"{name.removesuffix('/index')}/"
    return ("en/" if lang == "en" else "") + folder


def resolve(page: str, target: str) -> str | None:
    """A relative address as a name from the docs folder; None where it leads out of it."""
    parts: list[str] = list(PurePosixPath(page).parent.parts)
    for part in PurePosixPath(target).parts:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            return None
    return "/".join(parts)
