"""Where each number in prose comes from: a number that no run, program or formula gives is a finding.

It is one of these. Marked behind its digits: `<!-- = 96.7/28.4 -->` computed from numbers of the page,
`<!-- < 2457.7 -->`, `<!-- > 0.05 -->` at most or at least such a value, `<!-- of: training/optimizers -->` quoted
from another page, `<!-- of: #experiment-steps -->` from another section, `<!-- given -->` a premise that the sentence
makes, `<!-- cited -->` from the literature. Printed in its section, as rounded there. Set by a program or a formula.
Given by a check question or asked for in a heading. A label. Or a small whole number, which is a word in disguise.

Only the section is searched, and those that the text names (a link to `#id`, "experiment 2"): on a whole page any two
digits are found somewhere.
"""

import ast
import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from dlnotes_site import numbers
from dlnotes_site.blocks import MARK
from dlnotes_site.execute import Run
from dlnotes_site.numbers import Number
from dlnotes_site.page import Finding, Heading, Page, Prose

SMALL = 12
EVERYWHERE = [range(1 << 30)]
FREE = 20  # whole numbers up to this one may stand in an expression without being on the page
KINDS = ("compared", "asserted", "computed", "quoted", "filled", "set", "given", "cited", "label", "small")
# What holds on every page: sizes of the digits, MNIST and CIFAR-10, a white pixel, angles.
FACTS = (1797, 1297, 784, 60000, 70000, 50000, 255, 90, 180, 360)
# The standard error of an accuracy of 97 % on 500 test images, and twice as much: less is not called a difference.
NOISE = (100 * math.sqrt(0.97 * 0.03 / 500), 200 * math.sqrt(0.97 * 0.03 / 500))

_EXPERIMENT = re.compile(r"(?:実験 ?|[Ee]xperiments? )\d+(?:(?:と|、|, | and )(?:実験 ?)?\d+(?!\d|\.))*")
_OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "round": round,
    "min": min,
    "max": max,
    "sqrt": math.sqrt,
    "log": math.log,
    "exp": math.exp,
}


@dataclass(frozen=True)
class Known:
    """The numbers of a page with their lines: what it prints, what its programs and formulas set."""

    page: Page
    outputs: tuple[tuple[int, float], ...]
    tested: frozenset[float] = frozenset()  # what the test of a lab, or the program of the benchmark, names

    @cached_property
    def settings(self) -> list[tuple[int, float]]:
        page = self.page
        found = [(block.line, value) for block in page.blocks for value in numbers.literals(block.code)]
        return found + [(one.line, abs(value)) for one in page.formulas for value in numbers.printed(one.tex)]

    @cached_property
    def all(self) -> set[float]:
        """Every number that an expression may hold."""
        given = {value for of_question in self.given.values() for value in of_question}
        return {abs(value) for _, value in (*self.outputs, *self.settings)} | given | set(FACTS)

    @cached_property
    def sections(self) -> list[tuple[Heading, int, int]]:
        """Each heading with the line of the next one, and that of the next which is not below it."""
        headings, last = self.page.headings, self.page.text.count("\n") + 2
        return [
            (
                one,
                next((after.line for after in headings[number:]), last),
                next((after.line for after in headings[number:] if after.level <= one.level), last),
            )
            for number, one in enumerate(headings, 1)
        ]

    def named(self, name: str) -> list[range]:
        """The lines of the section with this id."""
        return [range(one.line, end) for one, _, end in self.sections if one.id == name]

    def near(self, unit: Prose) -> list[range]:
        """The lines of a unit's section, of the text above it in the sections around it, and of those that it names."""
        around = [one for one in self.sections if one[0].line <= unit.line < one[2]]
        if around and around[-1][0].id == "goals":  # they tell of the whole page
            return EVERYWHERE
        lines = [range(one.line, after) for one, after, _ in around]
        if around and around[-1][0].level > 1:
            lines.append(range(around[-1][0].line, around[-1][2]))
        asked = self.titles.get(self.question(unit.line))
        for link in (*unit.links, *(asked.links if asked else ())):
            lines += self.named(link.removeprefix("#")) if link.startswith("#") else []
        for match in _EXPERIMENT.finditer(unit.source + (asked.source if asked else "")):
            wanted = {int(number) for number in re.findall(r"\d+", match[0])}
            for one, _, end in self.sections:
                title = _EXPERIMENT.match(one.text)
                if title and int(re.findall(r"\d+", title[0])[0]) in wanted:
                    lines.append(range(one.line, end))
        return lines

    @cached_property
    def titles(self) -> dict[int, Prose]:
        """The questions, by line."""
        return {
            unit.line: unit for unit in self.page.prose if unit.line in self.page.questions and unit.kind == "title"
        }

    @cached_property
    def references(self) -> range:
        """The lines of the list of references."""
        return next(iter(self.named("references")), range(0))

    @cached_property
    def given(self) -> dict[int, list[float]]:
        """The numbers of each question, by its line."""
        return {line: [one.value for one in numbers.read(unit.source)] for line, unit in self.titles.items()}

    def question(self, line: int) -> int:
        """The line of the question in whose title or answer a line stands, or 0."""
        before = max((one for one in self.page.questions if one <= line), default=0)
        text = self.page.text.split("\n")[before:line] if before else []
        return before if all(not one.strip() or one.startswith("    ") for one in text) else 0

    def has(self, value: float) -> bool:
        """Whether an expression may hold this number."""
        wanted = (value, value / 100, value * 100)
        return (value == int(value) and abs(value) <= FREE) or any(
            math.isclose(one, other, rel_tol=1e-9) for one in self.all for other in wanted
        )


def _among(number: Number, found: Iterable[tuple[int, float]], lines: Sequence[range]) -> bool:
    return any(number.is_of(value) for line, value in found if any(line in some for some in lines))


def known(page: Page, runs: Mapping[str, Run]) -> Known:
    beside = _beside(page)
    texts = [(block.line, runs[block.program].text) for block in page.blocks if block.program in runs]
    return Known(page, tuple((line, value) for line, text in texts for value in numbers.printed(text)), beside)


def _beside(page: Page) -> frozenset[float]:
    """The numbers in the test of a lab, where its claims are asserted, or in the program of the benchmark."""
    root = Path(__file__).parents[2]
    files = [root / "tests" / "labs" / f"{Path(page.name).name}.py"] if page.lab else []
    files += (root / "benchmarks").glob("*.py") if page.measured else []
    texts = (file.read_text(encoding="utf-8") for file in files if file.is_file())
    return frozenset(value for text in texts for value in numbers.literals(text))


def check(page: Page, runs: Mapping[str, Run], pages: Mapping[str, Page]) -> Iterator[Finding]:
    """Every number in the prose of a page comes from somewhere."""
    for unit, _, kind, said in accounts(page, runs, pages):
        if not kind:
            yield page.finding(unit.line, said)


def counts(page: Page, runs: Mapping[str, Run], pages: Mapping[str, Page]) -> Counter[str]:
    """How many numbers of a page are of each kind; those that the benchmark fills in are `filled`."""
    found = Counter(kind for *_, kind, _ in accounts(page, runs, pages) if kind)
    return found + Counter(filled=len(page.measured))


def accounts(
    page: Page, runs: Mapping[str, Run], pages: Mapping[str, Page]
) -> Iterator[tuple[Prose, Number | None, str, str]]:
    """Each number of a page with its unit of prose, its kind, and what is wrong if that is empty."""
    here = known(page, runs)
    for unit in page.prose:
        if unit.kind in ("comment", "meta") or unit.line in here.references:
            continue
        found = numbers.read(unit.source)
        if len(MARK.findall(unit.source)) > sum(len(number.marks) for number in found):
            yield unit, None, "", "a mark that follows no number: write it behind the digits, before any unit"
        marked = {number.value: number for number in found if number.marks}
        for number in found:
            number = marked.get(number.value, number)  # said again in the same unit
            try:
                yield unit, number, _kind(number, unit, here, runs, pages), ""
            except ValueError as error:
                yield unit, number, "", str(error)


def _kind(number: Number, unit: Prose, here: Known, runs: Mapping[str, Run], pages: Mapping[str, Page]) -> str:
    """Where a number comes from; raises ValueError with what to do if from nowhere."""
    if number.marks:
        return _marked(number, here, runs, pages)
    if number.label or (unit.kind == "heading" and re.match(r"\d+\. ", unit.source) and number.start == 0):
        return "label"
    plain = not number.unit and number.step >= 1
    if plain and abs(number.value) <= SMALL:
        return "small"
    near = here.near(unit)
    if _among(number, here.outputs, near):
        return "compared"
    size = replace(number, value=abs(number.value), signed=False)
    shares = number.unit == "%" and not number.text.endswith("s")  # "points" may be those of a drawing
    found = [(line, value) for line, value in here.settings if not shares or value <= 1 or value == 100]
    if _among(size, found, EVERYWHERE if plain and (size.value <= FREE or size.is_round) else near):
        return "set"
    if (plain and number.value in FACTS) or (number.unit == "%" and any(map(number.is_of, NOISE))):
        return "set"
    beside = here.page.lab or any(line in some for line, _ in here.page.measured for some in near)
    if beside and any(map(number.is_of, here.tested)):
        return "asserted"
    if unit.kind == "heading" and numbers.asked(unit.source, number.end):
        return "given"
    if number.value in here.given.get(here.question(unit.line), []):
        return "given"
    raise ValueError(
        f"the prose says {number.text} and no output, code or formula of this section does: fill it in, print it in a "
        "block, name the section that it is from (<!-- of: #id -->) or mark how it is computed (<!-- = … -->)"
    )


def _marked(number: Number, here: Known, runs: Mapping[str, Run], pages: Mapping[str, Page]) -> str:
    for mark in number.marks:
        sign, _, rest = mark.partition(" ")
        if sign in ("cited", "given"):
            return sign
        if sign == "of:":
            name, _, section = rest.partition("#")
            if name and name not in pages:
                raise ValueError(f"{number.text} is quoted from {name}, and there is no such page")
            there = known(pages[name], runs) if name else here
            lines = there.named(section) if section else EVERYWHERE
            if not _among(number, (*there.outputs, *there.settings), lines):
                raise ValueError(f"{number.text} is quoted from {rest}, and no output, code or formula there says it")
            return "quoted"
        value = evaluate(rest, here)
        wanted = 100 * value if number.unit == "%" and abs(value) <= 1 else value
        exact = {"<": number.value <= wanted, ">": number.value >= wanted}
        if not exact.get(sign, number.is_of(value)):
            raise ValueError(f"the mark of {number.text} says {mark}, which is {value:.6g}: mend one of them")
    return "computed"


def evaluate(expression: str, here: Known) -> float:
    """The value of plain arithmetic over numbers of the page; raises ValueError for anything else."""
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
        return _value(tree, here)
    except (SyntaxError, ArithmeticError, TypeError) as error:
        raise ValueError(f"<!-- = {expression} --> is no arithmetic: {error}") from error


def _value(node: ast.expr, here: Known) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        if not here.has(float(node.value)):
            raise ValueError(f"the mark computes with {node.value}, which no output, code or formula of this page says")
        return float(node.value)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left, here), _value(node.right, here))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.operand, here))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        return _FUNCTIONS[node.func.id](*(_value(one, here) for one in node.args))
    raise ValueError(f"{ast.unparse(node)!r} in a mark: plain arithmetic only, with {', '.join(_FUNCTIONS)}")
