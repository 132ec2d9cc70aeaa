"""The checks of a page by itself: each fault is named at its line, and the page that is right has no findings.

Faults that need runs, figures or both languages are planted in test_faults.py and test_looks.py.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dlnotes_site import blocks, checks
from dlnotes_site.execute import Run
from dlnotes_site.page import Finding, Page

GOOD = """\
# Title {#title}

A [link](#part) and another to [the part](x.md#part).

## Part {#part}

```python
import numpy as np

print(np.random.default_rng(0).integers(1))
```

<!--pytest-codeblocks:expected-output-->
```text
0
```

$$
x
$$
<!-- formula: just-x -->

![A dot](dot.svg)
"""


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    (tmp_path / "dot.svg").touch()
    return tmp_path


def read(text: str) -> Page:
    return blocks.read(text, "docs/en/x.md", "x", "en")


def of_page(page: Page, assets: Path) -> Iterator[Finding]:
    yield from checks.programs(page)
    yield from checks.identifiers(page)
    yield from checks.links(page, {"x": page}, [assets])


def test_a_page_that_is_right_has_no_findings(assets: Path) -> None:
    page = read(GOOD)
    assert page.findings == list(of_page(page, assets)) == []
    assert len(page.blocks) == len(page.labelled) == 1
    assert len(page.links) == 3


@pytest.mark.parametrize(
    ("right", "wrong", "line", "said"),
    [
        ("import numpy as np\n", "import platform\n", 8, "imports platform: what it says differs"),
        ("import numpy as np\n", "from importlib import metadata\n", 8, "imports importlib: what it says differs"),
        ("import numpy as np\n", "import datetime\n", 8, "imports datetime: print counts"),
        ("default_rng(0)", "default_rng(None)", 10, "default_rng() without a seed"),
        ("default_rng(0)", "default_rng(seed=None)", 10, "default_rng() without a seed"),
        ("default_rng(0).integers(1)", "rand()", 10, "np.random.rand has one hidden state"),
        ("print(np", "if __name__ == '__main__':\n    print(np", 10, "is not run by pytest-codeblocks"),
        ("print(np", "np.show()\nprint(np", 10, "show() opens a window on one machine"),
        ("{#part}", "{#Part}", 5, "the id 'Part' is not of the form"),
        ("## Part", "## Part $x$", 5, "shows as raw TeX"),
        ("## Part", "### Part", 5, "a heading of level 3 after level 1"),
        ("## Part", "# Part", 1, "exactly one heading of level 1"),
        ("# Title {#title}", "", 1, "exactly one heading of level 1"),
        ("formula: just-x", "formula: just_X", 21, "the label 'just_X' is not of the form"),
        ("formula: just-x", "formula: part", 21, "the id 'part' stands twice"),
        ("(#part)", "(http://example.org/)", 3, "neither https:// nor relative"),
        ("(#part)", "(/part/)", 3, "neither https:// nor relative"),
        ("(#part)", "()", 3, "the link '' is neither"),
        ("(#part)", "(../../x.md)", 3, "there is no such file"),
        ("![A dot]", "![]", 23, "has no alternative text"),
        ("(dot.svg)", "(dots.svg)", 23, "there is no such file"),
    ],
)
def test_a_fault_is_named_at_its_line(right: str, wrong: str, line: int, said: str, assets: Path) -> None:
    assert right in GOOD
    found = list(of_page(read(GOOD.replace(right, wrong, 1)), assets))
    assert any(one.line == line and said in one.text for one in found), found


def test_the_id_of_a_figure_is_of_the_form_of_ids() -> None:
    figure = "<!-- figure: {} | What is to be seen. -->"
    page = read(f"# T {{#t}}\n\n```python\n1\n```\n\n{figure.format('a-slope')}\n{figure.format('slope_2')}\n")
    (found,) = checks.identifiers(page)
    assert str(found) == "docs/en/x.md:8: the figure id 'slope_2' is not of the form like-this"


def test_a_block_that_cannot_be_read_is_named_by_its_run_alone() -> None:
    page = read("# T {#t}\n\n```python\nimport time\nprint(1\n```\n")
    assert list(checks.programs(page)) == []
    (found,) = checks.outputs(page, {page.blocks[0].program: Run(error="fails with SyntaxError", error_line=2)})
    assert str(found) == "docs/en/x.md:5: the block of line 3 fails with SyntaxError"


def test_an_output_that_is_not_ascii_is_named_for_both_languages_show_it() -> None:
    page = read(GOOD.replace("text\n0\n", "text\n\u96f6\n"))
    (found,) = checks.outputs(page, {page.blocks[0].program: Run(text="\u96f6\n")})
    assert (found.line, found.text.partition(":")[0]) == (7, "prints something that is not ASCII")
