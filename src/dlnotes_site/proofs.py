"""The tests that hold formulas: `tests/formulas/*.py`, read without running them, against the labels on the pages.

A test says which formula it holds by `@holds("page#label", r"TeX")` (tests/formulas/holds.py). Every labelled formula
has a test, every test in the folder a formula, and both write the formula in the same way.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlnotes_site.page import Finding, Formula, Page

MARK = "holds"


@dataclass(frozen=True)
class Held:
    """A mark of a test: the place of the formula, as `page#label`, and how the test writes it."""

    line: int
    place: str
    tex: str


@dataclass(frozen=True)
class Test:
    """A test with the formulas that it holds; `line` is that of its `def`."""

    __test__ = False  # pytest collects classes of this name

    path: str
    line: int
    name: str
    source: str
    holds: tuple[Held, ...]

    @property
    def chapter(self) -> str:
        """What the file is named after: `test_lab_spirals.py` is `lab-spirals`."""
        return _dashed(Path(self.path).stem.removeprefix("test_"))

    @property
    def id(self) -> str:
        """The anchor on the page of the tests."""
        return f"{self.chapter}-{_dashed(self.name.removeprefix('test_'))}"


def _dashed(name: str) -> str:
    return name.strip("_").replace("_", "-").lower()


def read_tree(folder: Path, root: Path) -> list[Test]:
    """The tests of all files of a folder, in order."""
    files = sorted(folder.glob("test_*.py"))
    return [
        test for file in files for test in read(file.read_text(encoding="utf-8"), file.relative_to(root).as_posix())
    ]


def read(text: str, path: str) -> Iterator[Test]:
    """The tests of one file. (One that is no Python has none, and the tests themselves say what is wrong with it.)"""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    lines = text.split("\n")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            source = "\n".join(lines[first - 1 : node.end_lineno]) + "\n"
            yield Test(path, node.lineno, node.name, source, tuple(_marks(node)))


def _marks(node: ast.FunctionDef) -> Iterator[Held]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith(MARK):
            given = [argument.value for argument in decorator.args if isinstance(argument, ast.Constant)]
            if len(given) == 2:
                yield Held(decorator.lineno, str(given[0]), str(given[1]))


def check(tests: Sequence[Test], pages: Mapping[str, Mapping[str, Page]]) -> Iterator[Finding]:
    """Labels without tests, tests without formulas, and formulas that their tests write otherwise."""
    held = {mark.place for test in tests for mark in test.holds}
    for of_language in pages.values():
        for name, page in of_language.items():
            for formula in page.labelled:
                if f"{name}#{formula.label}" not in held:
                    yield page.finding(
                        formula.label_line,
                        f"no test holds {name}#{formula.label}: write one in tests/formulas and mark it "
                        f'@{MARK}("{name}#{formula.label}", r"...")',
                    )
    for test in tests:
        if not test.holds:
            said = f'{test.name} names no formula: mark it @{MARK}("page#label", r"..."), both as plain strings'
            yield Finding(test.path, test.line, said)
        for mark in test.holds:
            yield from _against_pages(test, mark, pages)


def _against_pages(test: Test, mark: Held, pages: Mapping[str, Mapping[str, Page]]) -> Iterator[Finding]:
    for of_language in pages.values():
        name, _, label = mark.place.partition("#")
        page = of_language.get(name)
        formula = next((one for one in page.labelled if one.label == label), None) if page else None
        if page is None or formula is None:
            said = f"{test.name} holds {mark.place}, and there is no such formula: name the page and its label"
            yield Finding(test.path, mark.line, said)
            return
        if not _same(formula, mark):
            here, there = " ".join(mark.tex.split()), " ".join(formula.tex.split())
            yield Finding(
                test.path,
                mark.line,
                f"{test.name} holds {here!r}, {page.path}:{formula.line} says {there!r}: mend the one that is wrong",
            )
            return


def _same(formula: Formula, mark: Held) -> bool:
    return "".join(formula.tex.split()) == "".join(mark.tex.split())


def anchors(tests: Sequence[Test], name: str) -> dict[str, str]:
    """For each label of a page the anchor of the first test that holds it."""
    found: dict[str, str] = {}
    for test in tests:
        for mark in test.holds:
            page, _, label = mark.place.partition("#")
            if page == name:
                found.setdefault(label, test.id)
    return found


def chapters(tests: Sequence[Test], names: Sequence[str]) -> list[tuple[str, list[Test]]]:
    """The tests by the page that their file is named after (or else their first formula's), in the pages' order."""
    by_stem = {_stem(name): name for name in names}
    grouped: dict[str, list[Test]] = {name: [] for name in names}
    for test in tests:
        first = test.holds[0].place.partition("#")[0] if test.holds else ""
        name = by_stem.get(test.chapter, first)
        if name in grouped:
            grouped[name].append(test)
    return [(name, of_page) for name, of_page in grouped.items() if of_page]


def anchor(name: str) -> str:
    """The anchor of a page's chapter on the page of the tests."""
    return f"of-{_stem(name)}"


def _stem(name: str) -> str:
    folder, _, stem = name.rpartition("/")
    return f"lab-{stem}" if folder == "labs" else stem
