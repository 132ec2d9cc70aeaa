"""Labs: one source becomes a page of each language and its notebooks; what is wrong with one is said with its place."""

import copy
import http.server
import re
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jupytext
import nbformat
import pytest
from markdown_it import MarkdownIt

from dlnotes_site import blocks, checks, labs, notebooks, site
from dlnotes_site.execute import Run
from dlnotes_site.page import Finding, Page
from dlnotes_site.serving import serving

FOLDER = site.ROOT / "docs" / "labs"
SOURCES = sorted(FOLDER.glob("*.py"))
LABS = [page for pages in labs.read_tree(FOLDER, site.ROOT).values() for page in pages.values()]

PROSE = """\
# %% [markdown] lang="ja"
# # 題 {{#title}}
#
# 段落です。
# %% [markdown] lang="en"
# # Title {{#title}}
#
# A paragraph.
{cells}"""


def source(*programs: str) -> str:
    """A lab with these code cells."""
    cells = "".join(f"# %%\n{textwrap.dedent(program).strip()}\n\n" for program in programs)
    return PROSE.format(cells=cells)


def run(*programs: str, cache: Path, time_limit: int = 60) -> tuple[Page, dict[str, Run]]:
    page = labs.read(source(*programs))["ja"]
    return page, notebooks.run_all([page], cache, time_limit=time_limit)


def said(*programs: str, cache: Path, time_limit: int = 60) -> list[Finding]:
    page, runs = run(*programs, cache=cache, time_limit=time_limit)
    return list(checks.outputs(page, runs))


# the source


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.stem)
def test_jupytext_reads_the_same_cells(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    theirs = jupytext.reads(text, fmt="py:percent").cells
    ours = labs.split(text)
    assert [cell.metadata.get("lang", "") for cell in theirs] == [cell.lang for cell in ours]
    for one, two in zip(theirs, ours, strict=True):
        lines = [line.removeprefix("#")[1:] for line in two.lines] if two.lang else two.lines
        assert one.source.strip() == "\n".join(lines).strip()


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.stem)
def test_both_languages_have_the_cells_of_the_source_at_its_lines(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    lines = text.split("\n")
    pages = labs.read(text)
    assert [block.code for block in pages["ja"].blocks] == [block.code for block in pages["en"].blocks]
    for page in pages.values():
        assert page.findings == []
        assert len(page.blocks) == sum(line == "# %%" for line in lines)
        for block in page.blocks:
            assert lines[block.line - 1] == "# %%"
            assert lines[block.line] == block.code.split("\n")[0]
        for heading in page.headings:
            assert lines[heading.line - 1].startswith(f"# {'#' * heading.level} ")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('# %% [markdown] lang="en"\n# # Title {#title}\n#\n# A paragraph.\n', "", 1, "cell 1 is prose in ja only"),
        ('# %% [markdown] lang="ja"\n# # 題 {#title}\n#\n# 段落です。\n', "", 1, "cell 1 is prose in en only"),
        ('# %% [markdown] lang="en"', '# %% [markdown] lang="fr"', 5, "a cell begins with"),
        ('# %% [markdown] lang="en"', "# %% [markdown]", 5, "a cell begins with"),
        ("print(1)\n\n", "print(1)\n", 10, "touches the next one"),
        ("print(1)\n", "\n", 9, "cell 3 is empty"),
        ("print(1)\n", "%timeit 1\n", 9, "a command of IPython"),
        ("print(1)\n", "!pip install x\n", 9, "a command of IPython"),
        ("print(1)\n", "plt.plot([1])\nplt.show()\n", 9, "begin with `plt.figure()`"),
        ("# A paragraph.", "A paragraph.", 8, "a line of prose begins with"),
        ("# A paragraph.", "# ```python\n# 1\n# ```", 8, "a fence in prose is not run"),
        ("# A paragraph.", "# <!-- install -->", 8, "means nothing in a notebook"),
        ("# A paragraph.", '# === "A tab"', 8, "means nothing in a notebook"),
    ],
)
def test_a_fault_of_the_source_is_named_with_cell_and_line(old: str, new: str, line: int, message: str) -> None:
    text = source("print(1)", "print(2)")
    assert text.count(old) == 1
    found = [f for page in labs.read(text.replace(old, new), "docs/labs/x.py").values() for f in page.findings]
    assert any(f.path == "docs/labs/x.py" and f.line == line and message in f.text for f in found), found


def test_a_source_without_faults_has_no_findings() -> None:
    assert [page.findings for page in labs.read(source("print(1)", "print(2)")).values()] == [[], []]


def test_a_lab_without_show_is_told_so() -> None:
    text = source("import matplotlib.pyplot as plt\nplt.plot([1])")
    text += '# %% [markdown] lang="ja"\n# <!-- figure: line | 直線のグラフです。 -->\n'
    text += '# %% [markdown] lang="en"\n# <!-- figure: line | A straight line. -->\n'
    page = labs.read(text)["ja"]
    assert any("plt.show()" in finding.text for finding in checks.programs(page))
    page = labs.read(text.replace("plt.plot([1])", "plt.plot([1])\nplt.show()"))["ja"]
    assert list(checks.programs(page)) == []


# running


class _Once(ThreadPoolExecutor):
    """Does its work for the first item; the others get copies of the result."""

    def map(self, work: Callable[[str], list[object]], items: Sequence[str]) -> list[list[object]]:  # type: ignore[override]
        first = work(items[0])
        return [first, *(copy.deepcopy(first) for _ in items[1:])]


@pytest.fixture
def one_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labs run in the light scheme alone, where a test is not about the difference."""
    monkeypatch.setattr(notebooks, "ThreadPoolExecutor", _Once)


def test_cells_share_a_kernel_and_say_what_they_print_and_draw(tmp_path: Path) -> None:
    draw = "import matplotlib.pyplot as plt\nplt.plot([a])\nplt.show()"
    page, runs = run("a = 1\nprint(a)", "print(a + 1)", draw, cache=tmp_path)
    did = [runs[block.program] for block in page.blocks]
    assert [one.error for one in did] == ["", "", ""]
    assert [one.text for one in did] == ["1\n", "2\n", ""]
    assert [len(one.figures) for one in did] == [0, 0, 1]
    (drawing,) = did[2].figures
    assert drawing.light.startswith("<?xml")
    assert "#1f6feb" in drawing.light
    assert "#79b8ff" in drawing.dark
    assert drawing.png.startswith("iVBORw0KGgo")  # a PNG


FAILING = {
    "a name misspelt": ("a = 1\nprint(aa)", 2, "fails with NameError"),
    "a warning": ("import warnings\nwarnings.warn('old')", 2, "warns with UserWarning: old"),
    "an error in a function of an earlier cell": ("x = 1\nearlier()", 2, "fails with ZeroDivisionError"),
    "code that cannot be read": ("print(1)\nprint(", 2, "SyntaxError"),
    "a kernel that dies": ("import os\nos._exit(1)", 0, "ended its kernel"),
    "a value left last": ("1 + 1", 0, "shows the value of its last line"),
    "a picture that is no figure": (
        "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))",
        0,
        "prints text and draws figures",
    ),
    "words on stderr": ("import sys\nprint('oh', file=sys.stderr)", 0, "writes to stderr: oh"),
    "a page from another machine": (
        "import urllib.request\nurllib.request.urlopen('http://192.0.2.1/')",
        2,
        "a lab runs without network (192.0.2.1 was asked for)",
    ),
}


@pytest.mark.parametrize("name", FAILING)
@pytest.mark.usefixtures("one_kernel")
def test_a_cell_that_goes_wrong_is_named_with_lab_cell_and_line(name: str, tmp_path: Path) -> None:
    program, line, message = FAILING[name]
    found = said("def earlier():\n    return 1 / 0", program, "print('after')", cache=tmp_path)
    (finding,) = found  # the cell after it was not run, which is no finding of its own
    assert message in finding.text
    assert "labs/lab, code cell 2," in finding.text
    assert finding.line == 13 + line
    assert not list(tmp_path.iterdir()), "a lab that failed is not kept"


def test_a_cell_that_prints_something_else_each_time_is_named(tmp_path: Path) -> None:
    (finding,) = said("print(1)", "print(id(object()) * __import__('os').getpid())", cache=tmp_path)
    assert "labs/lab, code cell 2," in finding.text
    assert "prints something else" in finding.text
    assert not list(tmp_path.iterdir()), "a lab that failed is not kept"


@pytest.mark.usefixtures("one_kernel")
def test_a_cell_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    (finding,) = said("while True: pass", cache=tmp_path, time_limit=1)
    assert "code cell 1, of line 9 does not end within 1 s" in finding.text


class _CutOff(http.server.BaseHTTPRequestHandler):
    """Promises a thousand bytes and sends ten."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"0123456789")
        self.wfile.flush()
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def cut_off() -> Iterator[str]:
    with serving(_CutOff) as address:
        yield address


@pytest.mark.usefixtures("one_kernel")
def test_a_download_that_is_cut_off_is_named_with_lab_cell_and_sentence(cut_off: str, tmp_path: Path) -> None:
    program = f"from dlnotes.datasets import mnist\nmnist(cache='data', mirrors=['{cut_off}'])"
    (finding,) = said("print(1)", program, cache=tmp_path)
    assert "labs/lab, code cell 2, of line 12 fails with DownloadError" in finding.text
    assert finding.line == 14
    assert cut_off in finding.text


def test_progress_is_shown_while_a_cell_runs_and_leaves_no_trace(tmp_path: Path) -> None:
    program = """
        import numpy as np
        from tqdm import tqdm

        from dlnotes.layers import Linear, Sequential, SoftmaxWithLoss
        from dlnotes.optimizers import SGD
        from dlnotes.training import Trainer

        x, d = np.zeros((8, 2)), np.zeros(8, dtype=int)
        for seed in tqdm(range(3), desc="seeds", leave=False):
            rng = np.random.default_rng(seed)
            trainer = Trainer(Sequential(Linear(2, 2, rng=rng)), SoftmaxWithLoss(), SGD(0.1), rng=rng, batch_size=4)
            trainer.fit(x, d, epochs=2)
        print("done")
    """
    page = labs.read(source(program))["ja"]
    lab = notebooks.Lab(page.blocks, "light", 60)
    (answer,) = lab.run(lambda: None, threading.Event())
    assert (answer["error"], answer["text"]) == ("", "done\n")
    shown = "".join(output.text for output in lab.notebook.cells[1].outputs if output.get("name") == "stderr")
    assert "seeds: " in shown
    assert "epoch 2/2" in shown


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("50 %\r100 %", "100 %"),
        ("a\r\n b", "a\n b"),
        ("outer\n\rinner\x1b[A\n\r     \x1b[A\r     \r", "     \n     "),
        ("\x1b[31mred\x1b[0m", "red"),
        ("seeds: 1\r        \rWarning", "Warning"),
    ],
)
def test_what_is_left_of_a_bar(text: str, left: str) -> None:
    assert notebooks.terminal(text).rstrip() == left.rstrip()


# what is kept


@pytest.fixture
def count(one_kernel: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many kernels were started."""
    started: list[notebooks.Lab] = []
    original = notebooks.Lab.run

    def counted(lab: notebooks.Lab, *arguments: object) -> list[notebooks.Answer]:
        started.append(lab)
        return original(lab, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(notebooks.Lab, "run", counted)
    return lambda: len(started)


def test_a_lab_is_run_again_when_a_cell_or_the_library_changes_and_not_otherwise(
    tmp_path: Path, count: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = ("from dlnotes.activations import relu\nprint(relu(1.0))", "print(2)")
    run(*programs, cache=tmp_path)
    assert count() == 1
    run(*programs, cache=tmp_path)
    run(f"# a comment\n{programs[0]}", programs[1], cache=tmp_path)
    assert count() == 1
    run(programs[0], "print(3)", cache=tmp_path)
    assert count() == 2
    original = notebooks.module_digest
    monkeypatch.setattr(
        notebooks, "module_digest", lambda name: "new" if name == "dlnotes.activations" else original(name)
    )
    run(*programs, cache=tmp_path)
    assert count() == 3


def test_a_lab_that_takes_too_long_is_told_so() -> None:
    page = labs.read(source("print(1)", "print(2)"))["ja"]
    runs = {block.program: Run(seconds=seconds) for block, seconds in zip(page.blocks, (19.0, 21.0), strict=True)}
    (finding,) = checks.seconds(page, runs, 20, 90)
    assert (finding.line, "code cell 2, takes 21.0 s of CPU, 20 at most" in finding.text) == (12, True)
    (finding, whole) = sorted(checks.seconds(page, runs, 20, 39), key=lambda f: -f.line)
    assert "takes 40 s of CPU, at most 39" in whole.text


# what a reader takes away


@pytest.mark.parametrize("page", LABS, ids=lambda page: f"{page.lang}/{page.name}")
def test_the_prose_of_a_notebook_is_what_jupyter_reads(page: Page) -> None:
    notebook = labs.to_take_away(page, "https://site.example/", "https://site.example/x.whl", {})
    nbformat.validate(notebook)
    rendered = MarkdownIt("commonmark").enable("table")
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        html = rendered.render(cell.source)
        plain = re.sub(r"<code>.*?</code>|\$.*?\$|<[^>]*>", "", html, flags=re.DOTALL)
        assert not re.search(r"\*\*|\{#|^!!!|^\?\?\?|\]\(|<!--", plain, re.MULTILINE), plain
        for address in re.findall(r'href="([^"]*)"', html):
            assert address.startswith("https://"), address


@pytest.mark.parametrize("page", LABS, ids=lambda page: f"{page.lang}/{page.name}")
def test_the_script_of_a_lab_is_the_same_notebook(page: Page) -> None:
    notebook = labs.to_take_away(page, "https://site.example/", "https://site.example/x.whl", {})
    script = labs.as_script(notebook)
    compile(script, "lab.py", "exec")
    again = jupytext.reads(script, fmt="py:percent")
    assert [(cell.cell_type, cell.source) for cell in again.cells] == [
        (cell.cell_type, cell.source) for cell in notebook.cells
    ]


def test_what_only_the_site_knows_becomes_what_jupyter_knows() -> None:
    text = """\
---
description: x
---

## A heading {#id}

See [there](../basics/perceptron.md#unit), [here](#id), [that](cnn.ipynb), [home](../index.md), [far](https://a.b).

!!! note "Mind `x`"

    A note.

??? question "How **much** is `x ** 2 < 1 ** 2`?"

    The answer, see [there](../guide.md).

    $$
    y = x
    $$

After."""
    page = blocks.read(text, "docs/labs/x.py", "labs/x", "en", lab=True)
    assert labs.for_jupyter(text, page, "https://s.example/en/") == (
        "## A heading\n\n"
        "See [there](https://s.example/en/basics/perceptron/#unit), [here](https://s.example/en/labs/x/#id), "
        "[that](https://s.example/en/labs/cnn/), [home](https://s.example/en/), [far](https://a.b).\n\n"
        "> **Mind `x`**\n>\n> A note.\n\n"
        "<details>\n<summary>How <strong>much</strong> is <code>x ** 2 &lt; 1 ** 2</code>?</summary>\n\n"
        "The answer, see [there](https://s.example/en/guide/).\n\n$$\ny = x\n$$\n\n</details>\n\nAfter."
    )
