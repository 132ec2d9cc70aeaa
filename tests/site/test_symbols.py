"""Which letters of a formula are symbols, and that each of them is explained."""

import pytest

from dlnotes_site import symbols
from dlnotes_site.blocks import read
from dlnotes_site.page import Page


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"u = \sum_{i=1}^{D} w_i x_i + b", "u i D w x b"),
        (r"\hat{y} + \hat y + \mathbf x", r"\hat y|\mathbf x"),
        (r"\max_k \log e^{\beta u} + \text{of them}", r"k \beta u"),
        (r"\begin{cases} 1 & (u > 0) \\ 0 \end{cases}", "u"),
        (r"n_{in} + n_{\mathrm{out}}", "n"),
        (r"\int f(x) \, dx = \frac{\partial E}{\partial W^\top}", "f x E W"),
        (r"\sigma'(u) \cdot 2\pi", r"\sigma u"),
    ],
)
def test_symbols_of_a_formula(tex: str, expected: str) -> None:
    assert symbols.symbols(tex) == expected.split("|" if "|" in expected else None)


GUIDE = "# G {#g}\n\n| $q$ | q |\n| --- | --- |\n\n## N {#notation}\n\n| S | M |\n| --- | --- |\n| $a$, $b$ | $h$ |\n"


def lines(text: str) -> list[tuple[int, str]]:
    pages = {"guide": read(GUIDE), "x": read(text)}
    return [(finding.line, finding.text.split("$")[1]) for finding in symbols.check(pages)]


def test_a_symbol_stands_in_a_table_of_the_page_or_of_the_notation() -> None:
    formula = "# T {#t}\n\n$$\na = b + c\n$$\n<!-- formula: s -->\n"
    assert lines(formula) == [(3, "c")]
    assert lines(f"{formula}\n| S | M |\n| --- | --- |\n| $c$ | d |\n") == []


def test_only_the_first_column_explains_and_in_the_guide_only_the_notation() -> None:
    assert lines("$$\nh + q\n$$\n<!-- formula: s -->\n\n| S | M |\n| --- | --- |\n| x | $h$ |\n") == [
        (1, "h"),
        (1, "q"),
    ]


def test_a_symbol_with_a_mark_is_one_of_its_own() -> None:
    assert lines("$$\n\\hat a\n$$\n<!-- formula: s -->\n") == [(1, "\\hat a")]


def test_a_site_without_a_guide_has_the_tables_of_its_pages_alone() -> None:
    page: Page = read("$$\na\n$$\n<!-- formula: s -->\n")
    assert [finding.line for finding in symbols.check({"x": page})] == [1]
