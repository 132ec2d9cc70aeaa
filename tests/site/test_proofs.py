"""The tests of formulas against the pages: labels, marks and the TeX of both, and what the site shows of them."""

import re

import pytest

from dlnotes_site import proofs, render, site
from dlnotes_site.blocks import read
from dlnotes_site.page import Page

from .built import file_of, tree

TEST = """
@holds("a/page-one#sum", r"a = b + c")
@pytest.mark.parametrize("x", [1])
def test_it() -> None:
    assert 1
"""
PAGE = "# T {#t}\n\n$$\na = b\n  + c\n$$\n<!-- formula: sum -->\n"


def pages(text: str = PAGE, name: str = "a/page-one") -> dict[str, dict[str, Page]]:
    return {lang: {name: read(text, f"docs/{lang}/{name}.md", name, lang)} for lang in ("ja", "en")}


def found(source: str = TEST, text: str = PAGE) -> list[tuple[str, int, str]]:
    tests = list(proofs.read(source, "tests/formulas/test_page_one.py"))
    return [(one.path, one.line, one.text) for one in proofs.check(tests, pages(text))]


def test_a_formula_and_its_test_agree_whatever_their_white_space() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("source", "text", "path", "line", "said"),
    [
        ("", PAGE, "docs/ja/a/page-one.md", 7, "no test holds a/page-one#sum"),
        (TEST.replace("b + c", "b - c"), PAGE, "tests/formulas/test_page_one.py", 2, "'a = b - c'"),
        (TEST.replace("#sum", "#some"), PAGE, "tests/formulas/test_page_one.py", 2, "no such formula"),
        (TEST.replace("page-one", "page"), PAGE, "tests/formulas/test_page_one.py", 2, "no such formula"),
        ("def test_it(): pass\n", PAGE, "tests/formulas/test_page_one.py", 1, "names no formula"),
    ],
)
def test_what_does_not_agree_is_named(source: str, text: str, path: str, line: int, said: str) -> None:
    assert any(one[:2] == (path, line) and said in one[2] for one in found(source, text)), found(source, text)


def test_a_test_is_read_with_its_marks_line_and_source() -> None:
    (test,) = proofs.read(TEST, "tests/formulas/test_page_one.py")
    assert (test.line, test.name, test.id) == (4, "test_it", "page-one-it")
    assert test.source == TEST.lstrip("\n")
    assert proofs.anchors([test], "a/page-one") == {"sum": "page-one-it"}
    assert proofs.chapters([test], ["b", "a/page-one"]) == [("a/page-one", [test])]


def test_a_file_that_is_no_python_has_no_tests() -> None:
    assert list(proofs.read("def test_it(:\n", "x.py")) == []


def test_a_formula_gets_its_anchor_and_the_link_to_its_test() -> None:
    page = pages()["en"]["a/page-one"]
    assert "\nDLNOTES-label-0\n" in render.for_generator(page, {})
    html = '<div class="arithmatex">\\[\na\n\\]</div>\n<p>DLNOTES-label-0</p>'
    done = render.with_anchors(html, page, {"sum": "../../formula-tests/#page-one-it"})
    assert done.startswith('<div class="dl-formula" id="sum"><div class="arithmatex">')
    assert 'href="../../formula-tests/#page-one-it"' in done
    assert "DLNOTES" not in done
    with pytest.raises(ValueError, match=r"a/page-one\.md:3: Markdown does not read this formula"):
        render.with_anchors("", page, {})


@pytest.mark.parametrize("lang", site.LANGUAGES)
def test_every_labelled_formula_of_the_built_site_leads_to_its_test(lang: str) -> None:
    tests = tree(file_of(lang, "formula-tests")).xpath("//section/@id")
    anchors = set(tests)
    assert len(anchors) == len(tests)
    for name, page in site.read()[lang].items():
        shown = tree(file_of(lang, name)).find_class("dl-formula")
        assert [formula.get("id") for formula in shown] == [formula.label for formula in page.labelled]
        for formula in shown:
            (link,) = formula.find_class("dl-proof") or [None]
            assert link is not None, f"{name}#{formula.get('id')}"
            path, _, anchor = link.get("href").partition("#")
            assert re.fullmatch(r"(\.\./)*formula-tests/", path)
            assert anchor in anchors
