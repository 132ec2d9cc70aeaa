"""From a `Page` and its `Run`s to what a reader sees, whatever generator turns the Markdown into HTML.

A block with its output and figures becomes one paragraph with a placeholder (`for_generator`); when the generator is
done, the placeholder's `<p>` becomes the block's HTML (`fill`).
"""

import html
import re
from collections.abc import Callable, Mapping

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from dlnotes_site import figures
from dlnotes_site.blocks import BENCH
from dlnotes_site.execute import Run
from dlnotes_site.page import Figure, Page

WORDS = {
    "ja": {
        "output": "出力",
        "figure": "図へのリンク",
        "error": "このブロックは動きません",
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
        "take": "This lab as a notebook",
        "plain": "Notebook (.ipynb)",
        "outputs": "With outputs (.ipynb)",
        "script": "Python program (.py)",
        "colab": "Open in Colab",
    },
}
_PLACEHOLDER = re.compile(r"<p>DLNOTES-(\w+)-(\d+)</p>")


def for_generator(page: Page, measured: Mapping[str, object]) -> str:
    """The page's Markdown with placeholders for blocks and directives, and measured numbers filled in."""
    lines: list[str | None] = list(page.text.split("\n"))
    for number, block in enumerate(page.blocks):
        _put(lines, block.line, block.end, block.indent, f"block-{number}")
    for number, (line, indent, name) in enumerate(page.directives):
        _put(lines, line, line, indent, f"{name}-{number}")
    for line, _ in page.measured:
        lines[line - 1] = fill_measured(lines[line - 1] or "", measured)
    return "\n".join(line for line in lines if line is not None)


def fill_measured(text: str, measured: Mapping[str, object]) -> str:
    """Markdown with the numbers of the benchmark in the place of their directives."""
    return BENCH.sub(lambda match: str(measured.get(match[1], "?")), text)


def _put(lines: list[str | None], first: int, last: int, indent: int, name: str) -> None:
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
