"""What must hold on a page by itself: each check takes pages (and runs) and returns findings.

A new check is a new function here, and its name in `site.all_findings`.
"""

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dlnotes_site.execute import Run
from dlnotes_site.page import Block, Finding, Page, page_name, resolve

_CLOCKS = {"time", "timeit", "datetime", "random", "secrets", "uuid"}
_MACHINE = {"platform", "importlib", "socket", "getpass", "psutil"}
_CHANGING = {"__version__", "version", "version_info", "cpu_count", "platform", "__import__"}
_SEEDED = {"default_rng", "Generator", "SeedSequence", "PCG64"}
_ID = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")


def outputs(page: Page, runs: Mapping[str, Run]) -> Iterator[Finding]:
    """Each block runs, prints what the page says, and draws as many figures as it announces."""
    for number, block in enumerate(page.blocks, 1):
        run = runs[block.program]
        if run.error:
            at = block.line + run.error_line if run.error_line else block.line
            what = f"{page.name}, code cell {number}," if page.lab else "the block"
            yield page.finding(at, f"{what} of line {block.line} {run.error}")
            if page.lab:
                return  # the cells after it were not run
            continue
        said = block.output.text if block.output else ""
        if run.text != said and not page.lab:
            yield _difference(page, block, run.text)
        elif not run.text.isascii():
            yield page.finding(block.line, "prints something that is not ASCII: both languages show the same output")
        if len(run.figures) != len(block.figures):
            yield page.finding(
                block.figures[-1].line if block.figures else block.line,
                f"the block of line {block.line} draws {len(run.figures)} figures and is followed by "
                f"{len(block.figures)} directives: write one `<!-- figure: id | text -->` a figure",
            )


def _difference(page: Page, block: Block, printed: str) -> Finding:
    if block.output is None:
        first = printed.splitlines()[0]
        return page.finding(block.line, f"prints {first!r} and the page does not say so: run `make update`")
    said, got = block.output.text.splitlines(), printed.splitlines()
    at = next(
        (i for i, pair in enumerate(zip(said, got, strict=False)) if pair[0] != pair[1]),
        min(len(said), len(got)),
    )
    expected = said[at] if at < len(said) else "(nothing)"
    came = got[at] if at < len(got) else "(nothing)"
    return page.finding(
        block.output.line + 1 + at,
        f"the page says {expected!r}, the block of line {block.line} prints {came!r}: mend one, or run `make update`",
    )


def seconds(page: Page, runs: Mapping[str, Run], cell: float, lab: float) -> Iterator[Finding]:
    """No cell of a lab and no lab as a whole takes more CPU time than a reader waits for."""
    took = [runs[block.program].seconds for block in page.blocks]
    for number, (block, one) in enumerate(zip(page.blocks, took, strict=True), 1):
        if one > cell:
            yield page.finding(
                block.line,
                f"{page.name}, code cell {number}, takes {one:.1f} s of CPU, {cell:g} at most: make it smaller",
            )
    if sum(took) > lab:
        yield page.finding(1, f"{page.name} takes {sum(took):.0f} s of CPU, at most {lab:g}: make it smaller")


def programs(page: Page) -> Iterator[Finding]:
    """What a block may not do because another machine, day or way of running it would give something else."""
    for block in page.blocks:
        for line, said in _not_reproducible_in(block.code, page.lab):
            yield page.finding(block.line + line, said)
        if page.lab and block.figures and ".show()" not in block.code:
            yield page.finding(block.line, "draws without plt.show(): as a script the lab would show nothing")


@functools.cache  # a tree is walked once for both languages
def _not_reproducible_in(code: str, lab: bool) -> list[tuple[int, str]]:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return []  # `outputs` names it
    found = []
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if said := _not_reproducible(node):
            found.append((line, said))
        if isinstance(node, ast.Attribute) and node.attr == "show" and not lab:
            said = "show() opens a window on one machine only: leave the figure open, its directive shows it"
            found.append((line, said))
    return found


def _not_reproducible(node: ast.AST) -> str:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name.partition(".")[0] for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [(node.module or "").partition(".")[0]]
    if clocks := _CLOCKS.intersection(names):
        return f"imports {clocks.pop()}: print counts, not times; randomness comes from np.random.default_rng(seed)"
    if machine := _MACHINE.intersection(names):
        return f"imports {machine.pop()}: what it says differs from machine to machine"
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("default_rng"):
        seeds = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not seeds or ast.unparse(seeds[0]) == "None":
            return "default_rng() without a seed gives another result each time: default_rng(0)"
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("datetime64"):
        return f"{ast.unparse(node)} may be another day each time (today, now): a block takes no date"
    if (name := getattr(node, "attr", getattr(node, "id", ""))) in _CHANGING:
        return f"{name} differs from machine to machine and from day to day"
    if isinstance(node, ast.Attribute) and node.attr not in _SEEDED and ast.unparse(node.value).endswith("np.random"):
        return f"np.random.{node.attr} has one hidden state for all: use np.random.default_rng(seed)"
    if isinstance(node, ast.Name) and node.id == "__name__":
        return "what stands under `if __name__` is not run by pytest-codeblocks: write it plainly"
    return ""


def identifiers(page: Page) -> Iterator[Finding]:
    """Every heading has an explicit ASCII id; no id twice; exactly one heading of level 1; no level left out."""
    seen: Counter[str] = Counter()
    level = 0
    for heading in page.headings:
        if heading.id is None:
            yield page.finding(
                heading.line,
                f"the heading {heading.text!r} has no id: add {{#like-this}}, the same in both languages",
            )
        elif not _ID.match(heading.id):
            yield page.finding(heading.line, f"the id {heading.id!r} is not of the form like-this (ASCII, lower case)")
        if "$" in heading.text:
            yield page.finding(
                heading.line, "a formula in a heading shows as raw TeX in the table of contents: use words"
            )
        if heading.level > level + 1:
            yield page.finding(heading.line, f"a heading of level {heading.level} after level {level}: leave none out")
        level = heading.level
        yield from _unique(page, seen, heading.id or "", heading.line)
    for figure in page.figures:
        if not _ID.match(figure.id):
            yield page.finding(figure.line, f"the figure id {figure.id!r} is not of the form like-this")
        yield from _unique(page, seen, figure.id, figure.line)
    for formula in page.labelled:
        if not _ID.match(formula.label):
            yield page.finding(formula.label_line, f"the label {formula.label!r} is not of the form like-this")
        yield from _unique(page, seen, formula.label, formula.label_line)
    if sum(heading.level == 1 for heading in page.headings) != 1:
        yield page.finding(1, "a page has exactly one heading of level 1")


def _unique(page: Page, seen: Counter[str], name: str, line: int) -> Iterator[Finding]:
    seen[name] += 1
    if name and seen[name] == 2:
        yield page.finding(line, f"the id {name!r} stands twice on this page")


def captions(page: Page) -> Iterator[Finding]:
    """A figure's text is a sentence for people who do not see it."""
    headings = {_letters(heading.text) for heading in page.headings}
    seen: dict[str, int] = {}
    for figure in page.figures:
        words = _letters(figure.text)
        if len(figure.text) < 8 or words in (_letters(figure.id), _letters(f"{figure.id}.svg")):
            yield page.finding(figure.line, f"the text of figure {figure.id!r} says too little: say what is to be seen")
        elif words in headings:
            yield page.finding(figure.line, f"the text of figure {figure.id!r} is a heading's: say what is to be seen")
        elif words in seen:
            yield page.finding(
                figure.line, f"the text of figure {figure.id!r} is that of line {seen[words]}: say how they differ"
            )
        seen.setdefault(words, figure.line)
        if re.search(r"[$`*\[\]]|<\w", figure.text):
            yield page.finding(
                figure.line, "the text of a figure is plain (it is also the alternative text): no markup"
            )


def _letters(text: str) -> str:
    """Letters and digits of a text, for two that differ in case, spaces and signs alone."""
    return "".join(re.findall(r"[^\W_]+", text.casefold()))


def looks(page: Page, runs: Mapping[str, Run]) -> Iterator[Finding]:
    """No figure has text that cannot be read or lines that cannot be seen, in either scheme (`looks.py`)."""
    for block in page.blocks:
        for figure, drawing in zip(block.figures, runs[block.program].figures, strict=False):
            for flaw in drawing.flaws:
                yield page.finding(figure.line, f"figure {figure.id!r}: {flaw}")


def links(page: Page, pages: Mapping[str, Page], assets: Iterable[Path]) -> Iterator[Finding]:
    """Every link leads to a page, heading, figure or file that exists."""
    for link in page.links:
        target, _, fragment = link.target.partition("#")
        if re.match(r"https://", target):
            continue
        if re.match(r"[a-z]+:", target) or target.startswith("/") or not link.target:
            yield page.finding(link.line, f"the link {link.target!r} is neither https:// nor relative to this page")
            continue
        if link.kind == "image" and not link.text:
            yield page.finding(link.line, f"the image {target!r} has no alternative text")
        name = resolve(page.name, target) if target else page.name
        if name is not None and (target.endswith((".md", ".ipynb")) or not target):
            other = pages.get(page_name(name))
            if other is None or (target and other.lab != target.endswith(".ipynb")):
                yield page.finding(link.line, f"the link leads to {target!r}, and there is no such page")
            elif fragment and fragment not in other.ids:
                yield page.finding(
                    link.line,
                    f"the link leads to #{fragment}, and {other.path} has no such heading, figure or formula",
                )
        elif name is None or not any((folder / name).is_file() for folder in assets):
            yield page.finding(link.line, f"the {link.kind} leads to {target!r}, and there is no such file")


def formulas(page: Page, errors: Mapping[tuple[str, bool], str]) -> Iterator[Finding]:
    """Every formula can be typeset; `errors` is by TeX and display."""
    for formula in page.formulas:
        if said := errors.get((formula.tex, formula.display)):
            yield page.finding(formula.line, f"MathJax cannot read ${formula.tex}$: {said}")


def measured(page: Page, results: Mapping[str, object]) -> Iterator[Finding]:
    """Every number that is filled in from the benchmark is there."""
    for line, key in page.measured:
        if key not in results:
            yield page.finding(
                line, f"benchmarks/results.json has no {key!r}: known are {', '.join(results) or 'none'}"
            )
