"""The copy button of every block on one page a chapter, pressed: the clipboard holds what `copied` runs as a file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dlnotes_site import copied
from dlnotes_site.copied import Program

from .conftest import SITE

CHAPTERS = ("guide", "basics/perceptron", "training/optimizers", "vision/pooling", "labs/spirals")
PROGRAMS = copied.read(SITE)


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


def _of(lang: str, name: str) -> list[str]:
    programs: list[Program] = [one for one in PROGRAMS if (one.lang, one.name) == (lang, name)]
    return [block.text for program in programs for block in program.blocks]


def test_every_folder_of_pages_has_its_page_here() -> None:
    with_blocks = {program.name.rpartition("/")[0] for program in PROGRAMS}
    assert {name.rpartition("/")[0] for name in CHAPTERS} == with_blocks


@pytest.mark.parametrize("name", CHAPTERS)
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_copy_button_of_each_block_copies_what_is_run(lang: str, name: str, page: Page, address: str) -> None:
    page.goto(f"{address}{'en/' if lang == 'en' else ''}{name}/")
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    expected = _of(lang, name)
    buttons = page.locator(".language-python").locator("[data-md-type=copy], .md-clipboard")
    assert expected
    expect(buttons).to_have_count(len(expected))  # the page's script makes them
    for number, text in enumerate(expected):
        page.evaluate("navigator.clipboard.writeText('nothing was copied')")
        buttons.nth(number).click()
        page.wait_for_function("navigator.clipboard.readText().then((text) => text !== 'nothing was copied')")
        assert page.evaluate("navigator.clipboard.readText()") == text, f"block {number + 1}"
