"""From a page and its runs to HTML: every block in its place, and an error where Markdown would lose one."""

import pytest

from dlnotes_site import figures, render
from dlnotes_site.blocks import read
from dlnotes_site.execute import Drawing, Run

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 460.8 259.2"><path d="M0 0" style="stroke: #ffffff"/></svg>'
SOURCE = """# T {#t}

```python
print(1 < 2)
```

<!--pytest-codeblocks:expected-output-->
```text
True
```

<!-- figure: a-figure | A figure & its "text". -->

It takes <!-- bench: some.ratio --> times as long.

<!-- install -->
"""
PAGE = read(SOURCE, "docs/en/t.md", "t", "en")
RUN = Run(text="True\n", figures=(Drawing(SVG, SVG),))


def test_the_generator_gets_a_placeholder_for_a_block_with_all_that_belongs_to_it() -> None:
    text = render.for_generator(PAGE, {"some.ratio": "7.5"})
    assert [line for line in text.split("\n") if line] == [
        "# T {#t}",
        "DLNOTES-block-0",
        "It takes 7.5 times as long.",
        "DLNOTES-install-0",
    ]


def test_a_placeholder_keeps_the_indentation_of_its_block() -> None:
    page = read('!!! note "N"\n\n    ```python\n    1\n    ```\n')
    assert "\n    DLNOTES-block-0\n" in render.for_generator(page, {})


def test_placeholders_are_filled() -> None:
    html = "<p>DLNOTES-block-0</p><p>x</p><p>DLNOTES-install-0</p>"
    filled = render.fill(html, PAGE, {"block": lambda number: f"<b{number}>", "install": lambda number: "<i>"})
    assert filled == "<b0><p>x</p><i>"


@pytest.mark.parametrize(
    "html",
    [
        "<p>DLNOTES-install-0</p>",
        "<pre>DLNOTES-block-0</pre><p>DLNOTES-install-0</p>",
        "<p>DLNOTES-block-0</p><p>DLNOTES-block-0</p><p>DLNOTES-install-0</p>",
    ],
)
def test_a_block_that_markdown_lost_or_doubled_is_an_error_with_its_line(html: str) -> None:
    with pytest.raises(ValueError, match=r"docs/en/t\.md:3: Markdown made something else"):
        render.fill(html, PAGE, {"block": str, "install": str})


def test_a_block_is_shown_with_its_output_and_its_figure_in_both_schemes() -> None:
    html = render.block_html(PAGE, 0, RUN, "../")
    assert "<samp>True\n</samp>" in html
    for scheme in ("light", "dark"):
        assert f'class="dl-only-{scheme}" src="../assets/figures/t/a-figure.{scheme}.svg"' in html
    assert html.count('alt="A figure &amp; its &quot;text&quot;."') == 2
    assert 'width="614" height="346"' in html


def test_a_block_that_fails_says_so_to_the_reader_of_a_preview() -> None:
    assert "This block fails: fails with X &lt;y&gt;" in render.block_html(PAGE, 0, Run(error="fails with X <y>"), "")


def test_colours_do_not_count_in_the_geometry_and_places_do() -> None:
    assert figures.geometry(SVG) == figures.geometry(SVG.replace("#ffffff", "#000000"))
    assert figures.geometry(SVG) != figures.geometry(SVG.replace("M0 0", "M0 1"))


def test_a_drawing_without_a_size_is_an_error() -> None:
    with pytest.raises(ValueError, match="viewBox"):
        figures.size("<svg></svg>")
