"""Formulas in a real browser: they fit, lines break where they may, and they are copied as TeX."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from dlnotes_site.formulas import find, replace, typeset

ASSETS = Path(__file__).parents[2] / "docs" / "shared" / "assets"
ADDRESS = "http://localhost/"
LOSS = r"E = \frac{1}{2}\sum_{n=1}^{N} \lVert y_n - d_n \rVert^2"
SUM = " + ".join(f"w_{{{i}}} x_{{{i}}}" for i in range(1, 15))

# In pixels: how far a formula is from the punctuation before and after it, if that is on its line.
PARTED = """() => [...document.querySelectorAll('span.formula')].flatMap((formula) => {
  const pictures = formula.querySelectorAll('svg:not(.formula__glyphs)');
  const box = (text, at) => {
    const range = document.createRange();
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    return range.getBoundingClientRect();
  };
  const { previousSibling: before, nextSibling: after } = formula;
  const found = [];
  if (/[（「(]$/.test(before.data)) {
    found.push(pictures[0].getBoundingClientRect().left - box(before, before.length - 1).right);
  }
  if (/^[、。）」,.)]/.test(after.data)) {
    found.push(box(after, 0).left - pictures[pictures.length - 1].getBoundingClientRect().right);
  }
  return found;
})"""


def tex(source: str, display: bool = False) -> str:
    """What pymdownx.arithmatex leaves in the page."""
    if display:
        return f'<div class="arithmatex">\\[{escape(source)}\\]</div>'
    return f'<span class="arithmatex">\\({escape(source)}\\)</span>'


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> str:
    japanese = f"入力を{tex('x')}、出力を（{tex('y = x + b')}）とし「{tex('E')}」と書く。"
    english = f"Then {tex('u')}, ({tex(SUM)})."
    body = f"<p>{(japanese + english) * 4}</p>{tex(LOSS, display=True)}<p>次の段落。</p>{tex(SUM, display=True)}"
    page = (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>数式</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="formulas.css">'
        "<style>body { font: 16px sans-serif; margin: 16px }</style>"
        f'</head><body><main>{body}</main><script type="module" src="formulas.js"></script></body></html>'
    )
    return replace(page, typeset(find(page), tmp_path_factory.mktemp("formulas") / "cache.json"))


def opened(context: BrowserContext, document: str, width: int = 1280) -> Page:
    """Open the page, which needs no server."""

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(ADDRESS)
        if name:
            route.fulfill(path=ASSETS / name)
        else:
            route.fulfill(body=document, content_type="text/html; charset=utf-8")

    page = context.new_page()
    page.route("**/*", answer)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(ADDRESS)
    return page


@pytest.fixture
def page(chromium: Browser, document: str) -> Iterator[Page]:
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield opened(context, document)
    context.close()


def clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_no_line_parts_a_formula_from_its_punctuation(page: Page) -> None:
    for width in range(320, 900, 23):
        page.set_viewport_size({"width": width, "height": 800})
        gaps = page.evaluate(PARTED)
        assert len(gaps) == 4 * 8
        assert all(-1 < gap < 12 for gap in gaps), width


def test_formulas_stand_on_the_baseline_of_the_text(page: Page) -> None:
    off = page.evaluate("""() => [...document.querySelectorAll('span.formula')].map((formula) => {
      const picture = formula.querySelector('svg:not(.formula__glyphs)');
      const mark = document.createElement('i');
      mark.style.cssText = 'display: inline-block; width: 0; height: 0';
      picture.before(mark);
      const depth = -parseFloat(getComputedStyle(picture).verticalAlign);
      const below = picture.getBoundingClientRect().bottom - mark.getBoundingClientRect().bottom;
      mark.remove();
      return Math.abs(below - depth);
    })""")
    assert max(off) < 0.5


def test_wide_formula_scrolls_in_its_box_which_the_keyboard_reaches_only_then(page: Page) -> None:
    narrow, wide = page.locator(".formula__box").all()
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".formula__box[tabindex]").wait_for(state="attached")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert (wide.get_attribute("tabindex"), wide.get_attribute("aria-label")) == ("0", "数式")
    assert wide.evaluate("box => [box.scrollHeight - box.clientHeight, box.scrollLeft]") == [0, 0]
    assert narrow.get_attribute("tabindex") is None
    page.set_viewport_size({"width": 2000, "height": 800})
    page.locator(".formula__box[tabindex]").wait_for(state="detached")
    assert wide.get_attribute("role") is None


def test_button_copies_tex_and_says_so(page: Page) -> None:
    button = page.get_by_role("button", name="TeX をコピー").first
    button.focus()
    assert button.evaluate("button => getComputedStyle(button).opacity") == "1"
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("TeX をコピーしました").wait_for(state="attached")
    assert clipboard(page) == LOSS


def test_button_copies_where_the_page_is_not_secure(page: Page) -> None:
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
    page.get_by_role("button").first.click()
    page.get_by_role("status").get_by_text("TeX をコピーしました").wait_for(state="attached")
    page.evaluate("delete navigator.clipboard")
    assert clipboard(page) == LOSS


def test_selection_is_copied_with_tex_and_formulas_are_whole(page: Page) -> None:
    page.evaluate("""() => {
      const range = document.createRange();
      range.setStart(document.querySelectorAll('span.formula annotation')[17].firstChild, 1);
      range.setEnd(document.querySelectorAll('div.formula')[1].querySelector('mi'), 1);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }""")
    page.keyboard.press("Control+c")
    begin, *rest = clipboard(page).split("\n\n")
    assert begin.startswith("$E$」と書く。Then $u$, ($")
    assert begin.endswith(f"(${SUM}$).")
    assert rest == [f"$${LOSS}$$", "次の段落。", f"$${SUM}$$"]


def test_selection_inside_of_a_formula_is_the_formula(page: Page) -> None:
    page.evaluate("getSelection().selectAllChildren(document.querySelector('span.formula math mi'))")
    page.keyboard.press("Control+c")
    assert clipboard(page) == "$x$"


def test_selection_without_formulas_is_left_to_the_browser(page: Page) -> None:
    page.evaluate("getSelection().selectAllChildren(document.querySelector('main > p:nth-of-type(2)'))")
    page.keyboard.press("Control+c")
    assert clipboard(page) == "次の段落。"


def test_formula_that_comes_later_gets_its_button_once(page: Page) -> None:
    page.evaluate("document.querySelector('main').innerHTML = document.querySelector('main').innerHTML + '<p>x</p>'")
    page.evaluate("document.querySelector('main').append(document.querySelector('div.formula').cloneNode(true))")
    page.wait_for_timeout(50)
    assert page.evaluate("[...document.querySelectorAll('div.formula')].map((f) => f.children.length)") == [
        2,
        2,
        2,
    ]
    assert page.get_by_role("button").count() == 3


def test_without_javascript_all_but_the_button_is_there_and_in_the_same_place(
    chromium: Browser, document: str, page: Page
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    bare = opened(context, document)
    assert page.get_by_role("button").count() == 2
    assert bare.get_by_role("button").count() == 0
    for place in ("svg >> nth=1", "div.formula >> nth=0", "div.formula >> nth=1", "main"):
        box = bare.locator(place).bounding_box()
        assert box == page.locator(place).bounding_box()
        assert box
        assert min(box["width"], box["height"]) > 5
    context.close()


def test_formulas_have_the_colour_of_the_text(page: Page) -> None:
    page.evaluate("document.body.style.color = 'rgb(1, 2, 3)'")
    fills = page.evaluate("""() => [...document.querySelectorAll('.formula svg :is(path, use, rect)')]
      .filter((shape) => !shape.closest('defs')).map((shape) => getComputedStyle(shape).fill)""")
    assert set(fills) == {"rgb(1, 2, 3)"}


def test_formulas_are_read_aloud_once(page: Page) -> None:
    tree = page.locator("main").aria_snapshot()
    assert tree.count("math") >= 2
    assert "img" not in tree
