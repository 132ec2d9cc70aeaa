"""The editor that takes the place of a block's code, and the edits that it keeps."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .running import Reader

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
FAULTS = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
  .filter(({ id }) => id !== 'label-content-name-mismatch' && id !== 'empty-table-header')
  .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`))"""
HEIGHT = "(block) => block.querySelector('.highlight').offsetHeight"
NEAR = (0, -1, 1)
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Each character of a block's code with its place in the block, its colour, and whether it is on the screen.
LETTERS = """(block) => {
  const root = block.querySelector(".cm-content") ?? block.querySelector("pre > code");
  const top = block.getBoundingClientRect();
  const found = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = 0; at < node.data.length; at += 1) {
      if (!node.data[at].trim()) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const box = range.getBoundingClientRect();
      const style = getComputedStyle(node.parentElement);
      const seen = box.top > 100 && box.bottom < innerHeight;
      found.push([node.data[at], Math.round(box.left - top.left), Math.round(box.top - top.top), style.color, seen]);
    }
  }
  return found;
}"""


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme="light", permissions=["clipboard-read", "clipboard-write"]
    )
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def reader(page: Page, address: str) -> Reader:
    reader = Reader(page, address)
    reader.open("en/guide/")
    return reader


def edit(reader: Reader, number: int) -> None:
    reader.block(number).locator(".dl-run__edit").click()
    expect(reader.block(number).locator(".cm-content")).to_be_focused()


@pytest.fixture(scope="module")
def either(chromium: Browser, address: str) -> Iterator[Reader]:
    """One tab for both schemes."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield Reader(context.new_page(), address)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["en/guide/", "basics/perceptron/", "en/training/optimizers/", "labs/cnn/"])
def test_code_looks_the_same_in_the_editor(either: Reader, name: str, scheme: Literal["light", "dark"]) -> None:
    reader = either
    reader.page.emulate_media(color_scheme=scheme)
    reader.open(name)
    reader.page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    for block in reader.page.locator(".dl-block").all()[:8]:
        letters, height = block.evaluate(LETTERS), block.evaluate(HEIGHT)
        before = {(letter, x + dx, y + dy): colour for letter, x, y, colour, _ in letters for dx in NEAR for dy in NEAR}
        block.locator(".dl-run__edit").click()
        expect(block.locator(".cm-content")).to_be_focused()
        reader.page.evaluate(FRAMES)
        after = [
            (one[0], one[1], one[2], one[3]) for one in block.evaluate(LETTERS) if one[4] and one[0] != "j"
        ]  # Pygments takes the j of 1j for a name
        assert len(after) > 20
        assert [one for one in after if before.get(one[:3]) != one[3]] == [], block.get_attribute("id")
        assert block.evaluate(HEIGHT) == height
    assert reader.wrong == []


def test_keys_do_what_people_expect(reader: Reader) -> None:
    edit(reader, 2)
    keys = reader.page.keyboard
    keys.press("Control+a")
    keys.insert_text("for k in range(3):")
    keys.press("Enter")
    keys.type("print(k)")
    content = reader.block(2).locator(".cm-content")
    lines = "lines => [...lines.querySelectorAll('.cm-line')].map((line) => line.textContent)"
    assert content.evaluate(lines) == ["for k in range(3):", "    print(k)"]
    keys.press("Shift+Tab")
    assert content.evaluate(lines) == ["for k in range(3):", "print(k)"]
    keys.press("Home")
    keys.press("Tab")
    assert content.evaluate(lines) == ["for k in range(3):", "    print(k)"]
    keys.press("Control+z")
    assert content.evaluate(lines) == ["for k in range(3):", "print(k)"]
    expect(content).to_be_focused()
    keys.press("Escape")
    assert reader.focused() == "Run block 2"
    keys.press("Tab")
    assert reader.focused() == "Edit block 2"


def test_an_edit_survives_a_reload_and_is_gone_after_reset(reader: Reader) -> None:
    own = reader.block(2).locator("pre > code").inner_text()
    reader.write(2, "print('mine')")
    expect(reader.block(2).get_by_text("Edited", exact=True)).to_be_visible()
    reader.page.reload(wait_until="networkidle")
    expect(reader.block(2).locator(".cm-content")).to_have_text("print('mine')")
    expect(reader.block(2).get_by_text("Edited", exact=True)).to_be_visible()
    assert reader.worker() is None  # nothing runs by itself
    reader.block(2).get_by_role("button", name="Reset block 2").click()
    assert reader.focused() == "Run block 2"
    assert reader.block(2).locator("pre > code").inner_text() == own
    reader.page.reload(wait_until="networkidle")
    expect(reader.block(2).locator(".cm-content")).to_have_count(0)
    assert reader.page.evaluate("localStorage.getItem(`dlnotes ${location.pathname}`)") is None


@pytest.mark.parametrize("answer", ["Use your edit", "Use the new code"])
def test_an_edit_of_code_that_has_been_revised_is_not_lost(reader: Reader, answer: str) -> None:
    own = reader.block(2).locator("pre > code").inner_text()
    kept = "{ 2: { code: 'print(1)\\n', of: 'another' } }"
    reader.page.evaluate(f"localStorage.setItem(`dlnotes ${{location.pathname}}`, JSON.stringify({kept}))")
    reader.page.reload(wait_until="networkidle")
    expect(reader.block(2)).to_contain_text("The code of this page has been revised since you edited it.")
    assert reader.block(2).locator("pre > code").inner_text() == own
    reader.block(2).get_by_role("button", name=answer).click()
    if answer == "Use your edit":
        expect(reader.block(2).locator(".cm-content")).to_have_text("print(1)")
    else:
        expect(reader.block(2).locator(".cm-content")).to_have_count(0)
    reader.page.reload(wait_until="networkidle")
    expect(reader.block(2).get_by_text("revised")).to_have_count(0)
    expect(reader.block(2).locator(".cm-content")).to_have_count(1 if answer == "Use your edit" else 0)


def test_the_copy_button_copies_the_edit(reader: Reader) -> None:
    reader.write(2, "print('mine')")
    reader.block(2).locator(".highlight pre").hover()
    reader.page.evaluate("navigator.clipboard.writeText('')")
    reader.block(2).locator("[data-md-type=copy], .md-clipboard").click()
    reader.until("navigator.clipboard.readText().then((text) => text !== '')")
    assert reader.page.evaluate("navigator.clipboard.readText()") == "print('mine')"


def test_where_nothing_can_be_stored_an_edit_works_and_says_so(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no'); } })")
    reader = Reader(page, address)
    reader.page.goto(f"{address}en/guide/")
    reader.write(2, "print('mine')")
    expect(reader.status(2)).to_have_text(
        "This browser does not let the page keep your edits: they are gone when you leave it."
    )


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_buttons_and_editor_are_accessible(chromium: Browser, address: str, lang: str, scheme: str) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]
    reader = Reader(context.new_page(), address)
    reader.open("guide/" if lang == "ja" else "en/guide/")
    reader.write(2, "print('mine')")
    reader.page.evaluate(AXE.read_text(encoding="utf-8"))
    assert reader.page.evaluate(FAULTS) == []
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
