"""What the reader found in the Markdown is what the built HTML shows: in number, order and text, for every page."""

import posixpath

import pytest

from dlnotes_site import notebooks, site
from dlnotes_site.page import Link, Page

from .built import Shown, shown

PAGES = [page for pages in site.read().values() for page in pages.values()]


@pytest.fixture(params=PAGES, ids=lambda page: f"{page.lang}/{page.name}")
def page(request: pytest.FixtureRequest) -> Page:
    given: Page = request.param
    return given


@pytest.fixture
def html(page: Page) -> Shown:
    return shown(page.lang, page.name)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def test_blocks_are_those_of_the_built_page(page: Page, html: Shown) -> None:
    assert [block.code for block in page.blocks] == html.blocks


def test_outputs_are_those_of_the_built_page(page: Page, html: Shown) -> None:
    if page.lab:
        kept = notebooks.run_all([page], site.ROOT / ".cache" / "labs")  # the build has run them
        assert [kept[block.program].text for block in page.blocks if kept[block.program].text] == html.outputs
    else:
        assert [block.output.text for block in page.blocks if block.output] == html.outputs


def test_other_fences_are_those_of_the_built_page(page: Page, html: Shown) -> None:
    assert [fence.text for fence in page.fences] == html.fences


def test_figures_are_those_of_the_built_page(page: Page, html: Shown) -> None:
    assert [(figure.id, figure.text) for figure in page.figures] == html.figures


def test_formulas_are_those_of_the_built_page(page: Page, html: Shown) -> None:
    assert [(_squeezed(formula.tex), formula.display) for formula in page.formulas] == [
        (_squeezed(tex), display) for tex, display in html.formulas
    ]


def test_headings_are_those_of_the_built_page(page: Page, html: Shown) -> None:
    assert [(heading.level, heading.text, heading.id) for heading in page.headings] == html.headings


def test_links_are_those_of_the_built_page(page: Page, html: Shown) -> None:
    assert [_address(page, link) for link in page.links] == html.links


def test_text_is_that_of_the_built_page(page: Page, html: Shown) -> None:
    units = [_squeezed(unit.text) for unit in page.prose if unit.kind not in ("meta", "comment") and unit.text]
    measured = {number: unit for number, unit in enumerate(units) if "<" in unit and page.measured}
    built = [measured.get(number, unit) for number, unit in enumerate(html.units)]
    assert units == built


def test_questions_are_those_of_the_built_page(page: Page, html: Shown) -> None:
    assert len(page.questions) == html.questions


def _address(page: Page, link: Link) -> str:
    """Where MkDocs makes a relative Markdown link lead, with `…/page/` addresses."""
    path, mark, fragment = link.target.partition("#")
    if "://" in path or not path:
        return link.target
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), path))
    here = "" if page.name == "index" else page.name
    if path.endswith((".md", ".ipynb")):
        target = target.removesuffix(".md").removesuffix(".ipynb")
        if target == "index":
            target = "."
        return posixpath.relpath(target, here or ".") + "/" + mark + fragment
    return posixpath.relpath(target, here or ".")
