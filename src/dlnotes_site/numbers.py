"""The numbers that a reader reads: in a unit of prose with unit and precision, in outputs, code and formulas."""

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dlnotes_site.blocks import INLINE, MARK
from dlnotes_site.page import Prose

_BIG = {"": 1.0, "千": 1e3, "万": 1e4, "億": 1e8, "million": 1e6, "thousand": 1e3, "billion": 1e9}
_MARKS = rf"(?:{MARK.pattern})*".replace("(?P<mark>", "(?:")
_NUMBER = re.compile(
    r"(?<![A-Za-z\d_.])(?<![A-Za-z]-)(?P<sign>[-−](?<![A-Za-z\d)][-−]))?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?P<fraction>\.\d+)?(?:e(?P<exponent>[-+]?\d+))?(?!\.?\d)"
    rf"(?P<big>[千万億](?:(?P<rest>\d+)千)?)?(?P<marks>{_MARKS})(?P<word>[ \u00a0](?:million|thousand|billion)\b)?"
    r"(?:[ \u00a0]?(?P<percent>[%％]|パーセント|percent\b|per cent\b)"
    r"|[ \u00a0]?(?P<points>ポイント|(?(fraction)点|(?!))|(?:percentage )?points?\b)"
    r"|[ \u00a0]?(?P<times>倍|times\b|-?fold\b|x\b)|(?P<tenths>割)|(?P<letters>[A-Za-z]+))?"
)
_ABOUT_BEFORE = re.compile(r"(?:約|およそ|ほぼ|about|around|roughly|nearly|almost|some|close to)[ \u00a0]?$", re.I)
_ABOUT_AFTER = re.compile(r"^[^\d、。,.]{0,6}?(?:ほど|程度|付近|前後|近く|あまり|あたり|くらい)")
_LABEL = re.compile(
    r"(?:問|実験|図|表|第|訂正の?|予想|節|章|式|問題|列|次元|巻|行目|ほか|et al\."
    r"|\b(?:questions?|experiments?|figure|chapters?|corrections?|predictions?|layers?|sections?"
    r"|items?|class|classes|axis|row|column|seed|volume|page|p\.|step))[ \u00a0]?$",
    re.I,
)
_VERSION = re.compile(r"(?:Python|NumPy|PyTorch|Pyodide|CC BY|version)[ \u00a0]$")
_UNITS = ("s", "ms", "k", "M", "KB", "kB", "MB", "GB")  # of measurements; other letters make a name: 2D, 3rd
_SHAPE = re.compile(r"(?<![\d-])\d+(?:-\d+){2,}(?![\d-])")  # a network by its widths: 784-100-10
_YEAR = re.compile(r"[(（]$|(?:[A-Z][\w-]+|ほか|al\.)(?:, | |、)$")  # a year in brackets or after a name
_LIST = re.compile(r"\d(?:[、,・–〜~-]|と|から| and | or | to | ?, )\s?$")
_SAME_UNIT = re.compile(r"\s?(?:±|[、〜–~-]|と|から|や| and | or | to |, )\s?")
_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_WORDS = {word: float(number) for number, word in enumerate(_TEENS, 13)}
_WORDS |= {
    f"{tens}-{one}": 10.0 * number + unit
    for number, tens in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2)
    for unit, one in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), 1)
}
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})", re.I)
_PRINTED = re.compile(
    r"(?<![A-Za-z_\d.])[-+]?(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d*\.?\d+(?:\.(?!\d))?)(?:e[-+]?\d+)?", re.I
)


@dataclass(frozen=True)
class Number:
    """A number in a unit of prose: where it stands in the source, as written, its value and that of its last digit."""

    start: int
    end: int
    text: str
    value: float
    step: float
    unit: str = ""  # "", "%" (percent, points, 割) or "times"
    signed: bool = False
    label: bool = False  # it names or counts off something: question 3, chapter 2, 2D
    marks: tuple[str, ...] = ()

    @property
    def is_round(self) -> bool:
        """Whether it has one digit besides zeros: 60, 3,000."""
        return len(f"{abs(self.value) / self.step:.0f}".rstrip("0")) < 2

    def is_of(self, value: float) -> bool:
        """Whether this is `value` as written here: rounded to the last digit, in percent if so written."""
        found = value if self.signed else abs(value)
        near = [found, 100 * found] if self.unit == "%" else [found]
        slack = self.step / 2 * (1 + 1e-9) + 1e-12 * abs(self.value)
        return any(abs(one - self.value) <= slack for one in near)


@functools.lru_cache(1 << 15)  # the units of a guide's pages, each looked at by several checks
def read(source: str) -> tuple[Number, ...]:
    """The numbers of a unit of prose that stand outside code, formulas, addresses, tags and comments."""
    text = visible(source)
    numbers = list(_read(text))
    for at in reversed(range(len(numbers) - 1)):
        one, two = numbers[at], numbers[at + 1]
        if not one.unit and two.unit and _SAME_UNIT.fullmatch(text[one.end : two.start]):
            numbers[at] = replace(one, unit=two.unit)
    return tuple(numbers)


def _read(text: str) -> Iterator[Number]:
    label, shapes, marks = False, list(_SHAPE.finditer(text)), list(MARK.finditer(text))
    for match in _NUMBER.finditer(text):
        if any(mark.start() < match.start() < mark.end() for mark in marks):
            continue
        before, after = text[: match.start()], text[match.end() :]
        named = _LABEL.search(before) or (label and _LIST.search(before))
        year = re.fullmatch(r"(?:19|20)\d\d", match["digits"]) and _YEAR.search(before)
        shape = any(shape.start() <= match.start() < shape.end() for shape in shapes)
        attached = match["letters"] and match["letters"] not in _UNITS
        label = bool(_VERSION.search(before) or ((named or year or shape or attached) and not match["fraction"]))
        scale = _BIG[match["big"][:1] if match["big"] else (match["word"] or "").strip()]
        digits = match["digits"].replace(",", "")
        value = float(digits + (match["fraction"] or "")) * scale + 1e3 * float(match["rest"] or 0)
        step = 10.0 ** -len((match["fraction"] or ".")[1:]) * (1e3 if match["rest"] else scale)
        if match["exponent"]:
            value, step = (one * 10.0 ** int(match["exponent"]) for one in (value, step))
        if _ABOUT_BEFORE.search(before) or _ABOUT_AFTER.search(after):
            while not match["fraction"] and value > 10 * step and value % (10 * step) == 0:  # 14 is not about 10
                step *= 10
            if value == step > 1:  # nor 14 thousand about ten thousand (1万)
                step /= 10
        if match["tenths"]:
            value, step = 10 * value, 10 * step
        percent = match["percent"] or match["points"] or match["tenths"]
        times = match["times"] and not before.endswith("/")  # 1/10 is a share
        yield Number(
            match.start(),
            match.end(),
            MARK.sub("", match[0]),
            -value if match["sign"] else value,
            step,
            "%" if percent else "times" if times else "",
            bool(match["sign"]),
            label,
            tuple(mark["mark"] for mark in MARK.finditer(match["marks"])),
        )


def asked(source: str, at: int) -> bool:
    """Whether a number stands in a question, which says nothing."""
    end = re.search(r"[。？]|[.?!](?=\s|$)|$", visible(source)[at:])
    return bool(end and (end[0] in "？?" or source[at + end.start() - 1] == "か"))


def visible(source: str) -> str:
    """A unit with as many characters, in which what is no prose is blank: code, formulas, addresses, tags."""

    def blank(match: re.Match[str]) -> str:
        if match["mark"]:
            return match[0]
        if match["link"]:
            label = visible(match["label"])
            return f" {label}".ljust(len(match[0]))
        return "\0" * len(match[0]) if not match["escape"] else match[0]

    return INLINE.sub(blank, source)


def printed(text: str) -> Iterator[float]:
    """The numbers of an output.

    >>> list(printed("epoch 12: loss 2.8e-10, 1,797 images [1. 0.5]"))
    [12.0, 2.8e-10, 1797.0, 1.0, 0.5]
    """
    for match in _PRINTED.finditer(text):
        yield float(match[0].replace(",", ""))


@functools.cache
def literals(code: str) -> tuple[float, ...]:
    """The numbers that a program sets, those in its strings (labels of a drawing) included, formats not."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except SyntaxError:
        return ()
    specs = (node.format_spec for node in nodes if isinstance(node, ast.FormattedValue) and node.format_spec)
    formats = {id(part) for spec in specs for part in ast.walk(spec)}
    found: list[float] = []
    for node in nodes:
        if not isinstance(node, ast.Constant) or id(node) in formats or isinstance(node.value, bool):
            continue
        if isinstance(node.value, int | float):
            found.append(float(node.value))
        elif isinstance(node.value, str):
            found += map(abs, printed(node.value))
    return tuple(found)


def telling(unit: Prose) -> set[float]:
    """What stands in both languages: decimals and whole numbers above 12, but for round ones and one half (words)."""
    found = {_WORDS[word.lower()] for word in _WORD.findall(visible(unit.source))}
    for number in read(unit.source):
        decimal = number.step < 1 and number.value != 0.5
        if not number.label and (decimal or (abs(number.value) > 12 and not number.is_round)):
            found.add(number.value)
    return found
