"""Labs: one source for both languages, in jupytext's percent format, becomes a `Page` of each and the notebooks.

A source holds each code cell once and each prose cell twice, `# %% [markdown] lang="ja"` and then `lang="en"`. The page
of a language has as many lines as the source, with the other language's lines empty: a finding about a page names the
line of the source.
"""

import functools
import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from dlnotes_site import blocks
from dlnotes_site.execute import Run
from dlnotes_site.page import Page, page_name, resolve
from dlnotes_site.render import fill_measured, put_labels

LANGUAGES = ("ja", "en")  # the original first
INSTALL = """\
# {title}: {address}
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("dlnotes") is None:  # the library of this guide
    wheel = "{wheel}"
    subprocess.run([sys.executable, "-m", "pip", "install", wheel], check=True)
    importlib.invalidate_caches()
"""
_MARKER = re.compile(r'# %%(?: \[markdown\] lang="(?P<lang>ja|en)")?')
_NOT_IN_LABS = (*(f"<!-- {name} -->" for name in blocks.PLAIN_DIRECTIVES), blocks.EXPECTED_OUTPUT)
_DRAWS = re.compile(r"\bplt\.(?!figure|subplots|show|rcParams|rc_context|Rectangle)[a-z]\w*\(")
_OPENS = re.compile(r"\bplt\.(?:figure|subplots)\(")
_TABS = re.compile(r"===[+!]?\s")


@dataclass(frozen=True)
class Cell:
    """A cell of a source: the line of its marker (from 1), its language, "" for code, and its lines."""

    line: int
    lang: str
    lines: tuple[str, ...]


def read_tree(folder: Path, root: Path) -> dict[str, dict[str, Page]]:
    """The labs in a folder: by language, then by name."""
    pages: dict[str, dict[str, Page]] = {lang: {} for lang in LANGUAGES}
    for file in sorted(folder.glob("*.py")):
        path, name = file.relative_to(root).as_posix(), f"labs/{file.stem}"
        for lang, page in read(file.read_text(encoding="utf-8"), path, name).items():
            pages[lang][name] = page
    return pages


@functools.lru_cache(32)
def read(text: str, path: str = "lab.py", name: str = "labs/lab") -> dict[str, Page]:
    """The page of each language of one source."""
    cells, total = split(text), text.count("\n") + 1
    pages = {lang: _page(cells, total, path, name, lang) for lang in LANGUAGES}
    original = pages["ja"]
    original.findings += [original.finding(line, said) for line, said in _wrong(text, cells)]
    return pages


def split(text: str) -> list[Cell]:
    """The cells of a source; what stands above the first marker is jupytext's header."""
    cells: list[Cell] = []
    for number, line in enumerate(text.split("\n"), 1):
        if marker := _MARKER.fullmatch(line):
            cells.append(Cell(number, marker["lang"] or "", ()))
        elif cells:
            cells[-1] = replace(cells[-1], lines=(*cells[-1].lines, line))
    return cells


def _page(cells: list[Cell], total: int, path: str, name: str, lang: str) -> Page:
    lines = [""] * total
    for cell in cells:
        if cell.lang == lang:
            lines[cell.line : cell.line + len(cell.lines)] = [line.removeprefix("#")[1:] for line in cell.lines]
        elif not cell.lang:
            last = max((number for number, line in enumerate(cell.lines, 1) if line.strip()), default=0)
            lines[cell.line - 1] = "```python"
            lines[cell.line : cell.line + last] = cell.lines[:last]
            lines[min(cell.line + last, total - 1)] = "```"
    page = blocks.read("\n".join(lines) + "\n", path, name, lang, lab=True)
    before = ""
    for number, block in enumerate(page.blocks):
        page.blocks[number] = replace(block, before=before)
        before = hashlib.sha256(page.blocks[number].program.encode()).hexdigest()
    return page


def _wrong(text: str, cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """What is wrong with a source as such: line and sentence."""
    if not cells or cells[0].lang != "ja":
        yield 1, 'a lab begins with a prose cell, `# %% [markdown] lang="ja"`, below its header'
    for line, content in enumerate(text.split("\n"), 1):
        if content.startswith("# %%") and not _MARKER.fullmatch(content):
            yield line, f'{content!r}: a cell begins with `# %%`, or `# %% [markdown] lang="ja"` (or "en")'
    for number, cell in enumerate(cells, 1):
        before = cells[number - 2].lang if number > 1 else ""
        after = cells[number].lang if number < len(cells) else ""
        one_language = (cell.lang == "ja" and after != "en") or (cell.lang == "en" and before != "ja")
        if one_language:
            yield cell.line, f"cell {number} is prose in {cell.lang} only: write its other language beside it, ja first"
        if cell.lang:
            yield from _wrong_prose(cell, number)
        elif not any(line.strip() for line in cell.lines):
            yield cell.line, f"cell {number} is empty"
        elif cell.lines[-1].strip():
            yield cell.line + len(cell.lines), f"cell {number} touches the next one: end code with an empty line"
        elif any(line.lstrip().startswith(("%", "!")) for line in cell.lines):
            yield cell.line, f"cell {number} holds a command of IPython: plain Python only, for it is a script, too"
        elif _DRAWS.search(code := "\n".join(cell.lines)) and not _OPENS.search(code):
            yield cell.line, f"cell {number} draws into the figure of an earlier one: begin with `plt.figure()`"


def _wrong_prose(cell: Cell, number: int) -> Iterator[tuple[int, str]]:
    for at, line in enumerate(cell.lines, cell.line + 1):
        if line and line != "#" and not line.startswith("# "):
            yield at, f"cell {number}: a line of prose begins with `# `"
        content = line.removeprefix("# ").strip()
        if content.startswith("```"):
            yield at, f"cell {number}: a fence in prose is not run: make it a cell of its own"
        elif _TABS.match(content) or content in _NOT_IN_LABS:
            yield at, f"cell {number}: {content!r} means nothing in a notebook"


def for_site(page: Page) -> NotebookNode:
    """The notebook from which the site's page is made; `filled` puts its prose, `render.fill` its code in place."""
    cells: list[NotebookNode] = []
    lines = page.text.split("\n")
    put_labels(lines, page)
    for kind, content in _parts(page, lines):
        if kind == "prose":
            place = {"placeholder": f"DLNOTES-prose-{len(cells)}"}
            cells.append(nbformat.v4.new_markdown_cell(content, id=f"prose-{len(cells)}", metadata=place))
        else:
            place, code = {"placeholder": f"DLNOTES-block-{content}"}, page.blocks[int(content)].code.rstrip("\n")
            cells.append(nbformat.v4.new_code_cell(code, id=f"code-{content}", metadata=place))
    return _notebook(cells)


def filled(places: str, page: Page) -> str:
    """The Markdown of a lab's page: the prose of its cells in the places that mkdocs-jupyter gave them."""
    prose = {cell.metadata.placeholder: cell.source for cell in for_site(page).cells if cell.cell_type == "markdown"}
    lines = [blocks.without_front_matter(prose.get(line, line)) for line in places.partition("<style>")[0].split("\n")]
    return "\n".join(lines)


def to_take_away(
    page: Page, address: str, wheel: str, measured: Mapping[str, object], runs: Mapping[str, Run] | None = None
) -> NotebookNode:
    """The notebook that a reader downloads, with its outputs if there are runs.

    `address` is that of the site in the page's language, `wheel` that of the wheel that its first cell installs.
    """
    title = page.headings[0].text if page.headings else page.name
    install = INSTALL.format(title=title, address=f"{address}{page.name}/", wheel=wheel).rstrip("\n")
    cells = [nbformat.v4.new_code_cell(install, id="install", execution_count=1 if runs else None)]
    labels = {formula.label_line for formula in page.labelled}
    lines = ["" if number in labels else line for number, line in enumerate(page.text.split("\n"), 1)]
    for kind, content in _parts(page, lines):
        if kind == "code":
            block = page.blocks[int(content)]
            code = nbformat.v4.new_code_cell(block.code.rstrip("\n"), id=f"code-{content}")
            if runs:
                code.execution_count = int(content) + 2
                code.outputs = _outputs(runs[block.program])
            cells.append(code)
            word = {"ja": "図：", "en": "Figure: "}[page.lang]
            captions = [word + figure.text for figure in block.figures]
            if captions:
                cells.append(nbformat.v4.new_markdown_cell("\n\n".join(captions), id=f"figure-{content}"))
        else:
            text = for_jupyter(fill_measured(content, measured), page, address)
            cells.append(nbformat.v4.new_markdown_cell(text, id=f"prose-{len(cells)}"))
    return _notebook(cells)


def as_script(notebook: NotebookNode) -> str:
    """A notebook as a Python program, in the percent format that editors open as cells."""
    return str(jupytext.writes(notebook, fmt="py:percent"))


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
    }
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(notebook)
    return notebook


def _outputs(run: Run) -> list[NotebookNode]:
    outputs = [nbformat.v4.new_output("stream", name="stdout", text=run.text)] if run.text else []
    for drawing in run.figures:
        data = {"image/png": drawing.png, "text/plain": "<Figure>"}
        outputs.append(nbformat.v4.new_output("display_data", data=data))
    return outputs


def _parts(page: Page, lines: list[str]) -> Iterator[tuple[str, str]]:
    """The cells of a language in order, of its lines: ("prose", Markdown) and ("code", number of the block)."""
    at = 0
    for number, block in enumerate(page.blocks):
        if prose := "\n".join(lines[at : block.line - 1]).strip("\n"):
            yield "prose", prose
        yield "code", str(number)
        at = block.end
    if prose := "\n".join(lines[at:]).strip("\n"):
        yield "prose", prose


def for_jupyter(text: str, page: Page, address: str) -> str:
    """A page's Markdown as Jupyter knows it: no ids, whole addresses, admonitions as quotes, answers as <details>."""
    lines = blocks.without_front_matter(text).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_jupyter_lines(lines, page, address))).strip("\n")


def _jupyter_lines(lines: list[str], page: Page, address: str) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        container = blocks.CONTAINER.match(line)
        if heading := blocks.HEADING.match(line):
            yield f"{heading['marks']} {heading['text']}"
        elif container and container["kind"]:
            inside = []
            while at < len(lines) and (lines[at].startswith("    ") or not lines[at].strip()):
                inside.append(lines[at][4:])
                at += 1
            content = "\n".join(_jupyter_lines(inside, page, address)).strip("\n").split("\n")
            yield ""
            if container["mark"].startswith("?"):
                yield from ("<details>", f"<summary>{_as_html(container['title'])}</summary>", "", *content)
                yield from ("", "</details>", "")
            else:
                yield from (f"> **{container['title']}**", ">", *(f"> {one}".rstrip() for one in content), "")
        else:
            yield blocks.INLINE.sub(lambda match: _absolute(match, page, address), line)


def _as_html(title: str) -> str:
    """Code and bold text in a title, for Markdown is not read inside <summary>."""

    def tag(match: re.Match[str]) -> str:
        return f"<code>{match[1]}</code>" if match[1] else f"<strong>{match[2]}</strong>"

    return re.sub(r"`([^`]+)`|\*\*([^*]+)\*\*", tag, html.escape(title, quote=False))


def _absolute(match: re.Match[str], page: Page, address: str) -> str:
    """A link of a page, with the whole address of where it leads."""
    target = match["href"]
    if not target or "://" in target:
        return match[0]
    path, mark, fragment = target.partition("#")
    name = (resolve(page.name, path) or "") if path else page.name
    stem = page_name(name)
    folder = "" if stem == "index" else f"{stem}/"
    where = f"{address}{folder}" if stem != name or not path else f"{address}{name}"
    return f"[{match['label']}]({where}{mark}{fragment})"
