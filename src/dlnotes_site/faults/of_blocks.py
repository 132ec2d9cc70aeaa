"""Faults of blocks, of what they print and of what they draw."""

import ast
import random
import re
from collections.abc import Mapping

from dlnotes_site.page import Block, Figure, Page

from .kinds import Fault, Tree, blocks, kind, other_digit, pick, twice


def _change_output(tree: Tree, chance: random.Random, *, both: bool) -> Fault:
    has = blocks(tree, lambda block: block.output and re.search(r"\d", block.output.text))
    ja, en, one, two = pick(chance, has, "output with a digit")
    assert one.output is not None
    assert two.output is not None
    rows = one.output.text.splitlines()
    row, at = pick(chance, [(r, m.start()) for r, text in enumerate(rows) for m in re.finditer(r"\d", text)], "digit")
    line, new = one.output.line + 1 + row, other_digit(chance, rows[row], at)
    tree.swap(ja.path, line, rows[row], new)
    if both:
        tree.swap(en.path, two.output.line + 1 + row, rows[row], new)
    return Fault("", ja.path, line, f"{rows[row].strip()} -> {new.strip()}", (en.path,))


@kind("a printed digit changed in both languages")
def output_digit(tree: Tree, chance: random.Random) -> Fault:
    return _change_output(tree, chance, both=True)


@kind("a printed digit changed in one language")
def output_digit_once(tree: Tree, chance: random.Random) -> Fault:
    return _change_output(tree, chance, both=False)


@kind("an expected output removed in both languages")
def output_removed(tree: Tree, chance: random.Random) -> Fault:
    ja, en, *both = pick(chance, blocks(tree, lambda block: block.output), "output")
    for page, block in zip((ja, en), both, strict=True):
        assert block.output is not None
        lines = tree.lines(page.path)
        del lines[block.fence_end : block.output.end]
        tree.write(page.path, lines)
    return Fault("", ja.path, both[0].line, "the expected output is gone")


def _misspell(tree: Tree, chance: random.Random, places: list[tuple[Page, Page, Block, Block]]) -> Fault:
    ja, en, one, two = pick(chance, places, "block")
    calls = [node.func for node in ast.walk(ast.parse(one.code)) if isinstance(node, ast.Call)]
    node = pick(chance, [node for node in calls if isinstance(node, ast.Attribute | ast.Name)], "call")
    name = node.attr if isinstance(node, ast.Attribute) else node.id
    end = node.end_lineno or 0
    twice(tree, ja, en, (one.line + end, two.line + end), name, f"{name}_x")
    return Fault("", ja.path, one.line + end, f"{name} -> {name}_x", (en.path,), (one.line, one.end))


@kind("a name misspelt in a block")
def misspelt(tree: Tree, chance: random.Random) -> Fault:
    return _misspell(tree, chance, blocks(tree, lambda block: True))


@kind("a name misspelt in a cell of a lab")
def misspelt_in_lab(tree: Tree, chance: random.Random) -> Fault:
    return _misspell(tree, chance, [place for place in blocks(tree, lambda block: True, labs=True) if place[0].lab])


@kind("a number changed in the block of one language")
def other_number(tree: Tree, chance: random.Random) -> Fault:
    ja, en, one, two = pick(chance, blocks(tree, lambda block: re.search(r"\b\d+\b", block.code)), "number in a block")
    constants = [node for node in ast.walk(ast.parse(one.code)) if isinstance(node, ast.Constant)]
    node = pick(chance, [node for node in constants if type(node.value) in (int, float)], "number")
    row, old = node.lineno, ast.unparse(node)
    tree.swap(en.path, two.line + row, old, f"{old}1" if "." in old or "e" in old else str(int(old) + 1))
    return Fault("", en.path, two.line + row, f"{old} -> another", (ja.path,), (two.line, two.end))


@kind("a block dressed so that it is not run")
def undressed(tree: Tree, chance: random.Random) -> Fault:
    pair = pick(chance, blocks(tree, lambda block: True), "block")
    page, block = chance.choice([(pair[0], pair[2]), (pair[1], pair[3])])
    dress = chance.choice(["```py", "```Python", '```python title="x"', "``` python", "```python {.test}", "```pycon"])
    tree.swap(page.path, block.line, "```python", dress)
    return Fault("", page.path, block.line, dress)


def _extend(
    tree: Tree, chance: random.Random, places: list[tuple[Page, Page, Block, Block]], lines: Mapping[str, str]
) -> Fault:
    """A line at the end of a block, in both languages; `lines` are by what is said of them."""
    ja, en, one, two = pick(chance, places, "block")
    what = chance.choice(list(lines))
    for page, block in ((ja, one), (en, two)):
        tree.insert(page.path, block.fence_end, " " * block.indent + lines[what])
    return Fault("", ja.path, one.fence_end, what, (en.path,), (one.line, one.end + 1))


def _as_they_are(*lines: str) -> dict[str, str]:
    return {line: line for line in lines}


UNSEEDED = _as_they_are(
    "import time",
    "import random",
    "import numpy as np; np.random.default_rng().normal()",
    "import numpy as np; np.random.rand(3)",
    "import numpy as np; print(np.__version__)",
    "import platform",
    "import datetime",
)
NOT_THERE = _as_they_are(
    "import mkdocs",
    "open('data.csv')",
    "import pandas",
    "import urllib.request; urllib.request.urlopen('http://localhost')",
)
WARNINGS = _as_they_are("import numpy as np; np.log(np.zeros(1))", "import sys; print('x', file=sys.stderr)")


@kind("a block that depends on the day, the machine or chance")
def unseeded(tree: Tree, chance: random.Random) -> Fault:
    return _extend(tree, chance, blocks(tree, lambda block: block.output), UNSEEDED)


@kind("a block that needs what a reader does not have")
def not_there(tree: Tree, chance: random.Random) -> Fault:
    return _extend(tree, chance, blocks(tree, lambda block: True), NOT_THERE)


@kind("a block that warns")
def warns(tree: Tree, chance: random.Random) -> Fault:
    return _extend(tree, chance, blocks(tree, lambda block: True), WARNINGS)


@kind("a name misspelt in the README's block")
def readme(tree: Tree, chance: random.Random) -> Fault:
    lines = tree.lines("README.md")
    begin = lines.index("```python")
    end = lines.index("```", begin)
    calls = [number for number in range(begin + 1, end) if "(" in lines[number]]
    number = pick(chance, calls, "call in the README")
    lines[number] = lines[number].replace("(", "_x(", 1)
    tree.write("README.md", lines)
    return Fault("", "README.md", number + 1, lines[number].strip())


def _figure(tree: Tree, chance: random.Random) -> tuple[tuple[Page, Page], Page, Figure]:
    places = [(pair, page, figure) for pair in tree.pairs() for page in pair for figure in page.figures]
    return pick(chance, places, "figure")


@kind("a figure directive removed")
def figure_removed(tree: Tree, chance: random.Random) -> Fault:
    (ja, en), page, figure = _figure(tree, chance)
    lines = tree.lines(page.path)
    lines[figure.line - 1] = "#" if page.lab else ""
    tree.write(page.path, lines)
    return Fault("", page.path, figure.line, f"figure {figure.id}", (ja.path, en.path))


@kind("a figure directive where nothing is drawn")
def figure_added(tree: Tree, chance: random.Random) -> Fault:
    has = blocks(tree, lambda block: block.output and not block.figures)
    ja, en, *both = pick(chance, has, "block without a figure")
    text = "<!-- figure: nobody-drew-this | 誰も描いていない図の説明です。Nobody drew this. -->"
    for page, block in zip((ja, en), both, strict=True):
        tree.insert(page.path, block.end + 1, "", " " * block.indent + text)
    return Fault("", ja.path, both[0].end + 2, text, (en.path,))


@kind("a figure whose text says nothing")
def figure_silent(tree: Tree, chance: random.Random) -> Fault:
    (ja, en), page, figure = _figure(tree, chance)
    new = chance.choice(["図", figure.id, figure.id.replace("-", " "), ""])
    tree.swap(page.path, figure.line, f"| {figure.text}", f"| {new}")
    return Fault("", page.path, figure.line, f"text of {figure.id} -> {new!r}", (ja.path, en.path))


# What a reader could not read in a figure, as code that is added to the block that draws it.
UNREADABLE = {
    "text that leaves the canvas": "plt.gcf().text(0.97, 0.5, 'a label that is cut off')",
    "two texts over one another": "plt.gcf().text(0.3, 0.3, 'overlap'); plt.gcf().text(0.31, 0.3, 'covered')",
    "text that is too pale": "plt.gca().set_title('pale', color='0.5')",
    "a glyph that the font does not have": "plt.gca().set_title('\\u5b66\\u7fd2')",
}


@kind("a figure that cannot be read")
def figure_unreadable(tree: Tree, chance: random.Random) -> Fault:
    lines = {what: f"import matplotlib.pyplot as plt; {code}" for what, code in UNREADABLE.items()}
    return _extend(tree, chance, blocks(tree, lambda block: len(block.figures) == 1), lines)
