"""From a `Page` and its `Run`s to what a reader sees, whatever generator turns the Markdown into HTML.

A block with its output and figures becomes one paragraph with a placeholder (`for_generator`); when the generator is
done, the placeholder's `<p>` becomes the block's HTML (`fill`).
"""

import functools
import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from dlnotes_site import figures
from dlnotes_site.blocks import BENCH, MARK
from dlnotes_site.execute import Run
from dlnotes_site.page import Figure, Page
from dlnotes_site.proofs import Test

WORDS = {
    "ja": {
        "output": "出力",
        "figure": "図へのリンク",
        "error": "このブロックは動きません",
        "test": "テスト",
        "proof": "この式を確かめるテスト",
        "take": "この実習をノートブックで",
        "plain": "ノートブック（.ipynb）",
        "outputs": "出力つき（.ipynb）",
        "script": "Python のプログラム（.py）",
        "colab": "Colab で開く",
    },
    "en": {
        "output": "Output",
        "figure": "Link to this figure",
        "error": "This block fails",
        "test": "test",
        "proof": "The test that holds this formula",
        "take": "This lab as a notebook",
        "plain": "Notebook (.ipynb)",
        "outputs": "With outputs (.ipynb)",
        "script": "Python program (.py)",
        "colab": "Open in Colab",
    },
}
_PLACEHOLDER = re.compile(r"<p>DLNOTES-([\w-]+)-(\d+)</p>")
_LABELLED = re.compile(r'(<div class="arithmatex">[^<]*</div>)\s*<p>DLNOTES-label-(\d+)</p>')


def for_generator(page: Page, measured: Mapping[str, object]) -> str:
    """The page's Markdown with placeholders for blocks and directives, measured numbers filled in and no marks."""
    lines: list[str | None] = list(page.text.split("\n"))
    for number, block in enumerate(page.blocks):
        _put(lines, block.line, block.end, block.indent, f"block-{number}")
    for number, (line, indent, name) in enumerate(page.directives):
        _put(lines, line, line, indent, f"{name}-{number}")
    put_labels(lines, page)
    return "\n".join(fill_measured(line, measured) for line in lines if line is not None)


def put_labels(lines: list[Any], page: Page) -> None:
    """In the lines of a page, placeholders for the labels of its formulas."""
    for number, formula in enumerate(page.labelled):
        line = lines[formula.label_line - 1] or ""
        _put(lines, formula.label_line, formula.label_line, len(line) - len(line.lstrip(" ")), f"label-{number}")


def fill_measured(text: str, measured: Mapping[str, object]) -> str:
    """Markdown with the numbers of the benchmark in the place of their directives, and without marks of claims."""
    return MARK.sub("", BENCH.sub(lambda match: str(measured.get(match[1], "?")), text))


def _put(lines: list[Any], first: int, last: int, indent: int, name: str) -> None:
    lines[first - 1 : last] = [f"\n{' ' * indent}DLNOTES-{name}\n", *[None] * (last - first)]


def fill(content: str, page: Page, fillers: Mapping[str, Callable[[int], str]]) -> str:
    """Put the HTML of each block and directive in the place of its placeholder; each comes exactly once."""
    lines = {f"block-{number}": block.line for number, block in enumerate(page.blocks)}
    lines |= {f"{name}-{number}": line for number, (line, _, name) in enumerate(page.directives)}
    found = [f"{name}-{number}" for name, number in _PLACEHOLDER.findall(content)]
    for name, line in lines.items():
        if found.count(name) != 1:
            raise ValueError(
                f"{page.path}:{line}: Markdown made something else of this place: check the indentation around it"
            )
    return _PLACEHOLDER.sub(lambda match: fillers[match[1]](int(match[2])), content)


def with_anchors(content: str, page: Page, tests: Mapping[str, str]) -> str:
    """Give each labelled formula its anchor and the link to its test, whose address `tests` knows by label."""
    found = [int(number) for _, number in _LABELLED.findall(content)]
    for number, formula in enumerate(page.labelled):
        if found.count(number) != 1:
            raise ValueError(f"{page.path}:{formula.line}: Markdown does not read this formula: put empty lines around")
    return _LABELLED.sub(lambda match: formula_html(page, page.labelled[int(match[2])].label, match[1], tests), content)


def formula_html(page: Page, label: str, formula: str, tests: Mapping[str, str]) -> str:
    words, link = WORDS[page.lang], ""
    if address := tests.get(label):
        link = (
            f'<a class="dl-proof" href="{address}" title="{words["proof"]}" aria-label="{words["proof"]}" '
            f"data-search-exclude>{words['test']}</a>"
        )
    return f'<div class="dl-formula" id="{label}">{formula}{link}</div>'


def proofs_html(chapters: Sequence[tuple[str, str, Sequence[Test]]], titles: Mapping[str, str], up: str) -> str:
    """The tests that hold formulas: a list of the chapters (id, title, tests), then each test with its formulas.

    `titles` are those of the pages by name; `up` leads from here to the root of the language.
    """
    contents = "".join(
        f'<li><a href="#{name}">{html.escape(title)}</a> ({len(tests)})</li>' for name, title, tests in chapters
    )
    parts = [f'<div class="dl-proofs" data-search-exclude><ul>{contents}</ul>']
    for name, title, tests in chapters:
        parts.append(f'<h2 id="{name}" data-search-exclude>{html.escape(title)}</h2>')
        for test in tests:
            backs = ", ".join(_back(held.place, titles, up) for held in test.holds)
            parts.append(
                f'<section id="{test.id}"><h3><code>{test.name}</code></h3>'
                f"<p><code>{test.path}:{test.line}</code> · {backs}</p>{highlighted(test.source, 'python')}</section>"
            )
    return "\n".join([*parts, "</div>"])


def _back(place: str, titles: Mapping[str, str], up: str) -> str:
    name, _, label = place.partition("#")
    folder = "" if name == "index" else f"{name}/"
    title = html.escape(titles.get(name, name))
    return f'<a href="{up}{folder}#{label}">{title}: {label}</a>'


@functools.lru_cache(1 << 10)  # both languages show the same code
def highlighted(code: str, language: str) -> str:
    """Code in the form of Material's own code blocks, so that its style and copy button apply."""
    formatter = HtmlFormatter(cssclass="highlight", wrapcode=True)
    text: str = highlight(code, get_lexer_by_name(language, stripnl=False), formatter)
    return text.replace('<div class="highlight">', f'<div class="language-{language} highlight">', 1).rstrip("\n")


def block_html(page: Page, number: int, run: Run, base: str) -> str:
    """A block with its output panel and figures. `base` leads from the page to the site's root."""
    block, words = page.blocks[number], WORDS[page.lang]
    parts = [f'<div class="dl-block" id="block-{number + 1}">', highlighted(block.code, "python")]
    if run.error:
        said = html.escape(f"{words['error']}: {run.error}")
        parts.append(f'<p class="dl-error" role="alert">{said}</p>')
    if run.text:
        parts.append(
            f'<div class="dl-output" role="group" aria-label="{words["output"]}">'
            f'<span class="dl-output__label" aria-hidden="true" data-search-exclude>{words["output"]}</span>'
            f'<pre tabindex="0"><samp>{html.escape(run.text, quote=False)}</samp></pre></div>'
        )
    for figure, drawing in zip(block.figures, run.figures, strict=False):
        parts.append(figure_html(page, figure, drawing.light, base))
    return "\n".join([*parts, "</div>"])


def figure_html(page: Page, figure: Figure, svg: str, base: str) -> str:
    width, height = figures.size(svg)
    text = html.escape(figure.text)
    images = "".join(
        f'<img class="dl-only-{scheme}" src="{base}assets/figures/{page.name}/{figure.id}.{scheme}.svg" '
        f'alt="{text}" width="{width}" height="{height}" loading="lazy" decoding="async">'
        for scheme in figures.SCHEMES
    )
    label = WORDS[page.lang]["figure"]
    return (
        f'<figure class="dl-figure" id="{figure.id}">{images}<figcaption>{text}'
        f'<a class="headerlink" href="#{figure.id}" title="{label}" aria-label="{label}">&para;</a>'
        "</figcaption></figure>"
    )


def install_html(wheel_url: str) -> str:
    """The one line that installs the wheel that this site offers."""
    line = highlighted(f"pip install {wheel_url}\n", "console")
    return f'<div class="dl-install">{line}</div>'


def take_away_html(page: Page, repository: str) -> str:
    """The links to a lab's notebooks and program, which lie beside its page, and to Colab if it can reach them."""
    words, stem = WORDS[page.lang], page.name.rpartition("/")[2]
    files = {"plain": f"{stem}.ipynb", "outputs": f"{stem}-outputs.ipynb", "script": f"{stem}.py"}
    links = [f'<a href="{file}" download>{words[kind]}</a>' for kind, file in files.items()]
    if address := colab(page, repository):
        links.append(f'<a href="{address}">{words["colab"]}</a>')
    items = "".join(f"<li>{link}</li>" for link in links)
    return f'<nav class="dl-take" aria-label="{words["take"]}" data-search-exclude><ul>{items}</ul></nav>'


def colab(page: Page, repository: str) -> str:
    """Where Colab opens a lab: from the branch `notebooks` that the Pages workflow writes; "" if not on GitHub."""
    match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", repository)
    stem = page.name.rpartition("/")[2]
    host = "https://colab.research.google.com"
    return f"{host}/github/{match[1]}/blob/notebooks/{page.lang}/{stem}.ipynb" if match else ""


def valid(output: str) -> str:
    """A whole page of the theme without what its templates write and HTML does not know."""
    return output.replace(' tabindex=""', "")  # read as none at all
