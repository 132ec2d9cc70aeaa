"""Every page as a reader opens it: nothing fails, nothing comes from elsewhere, nothing runs off the screen."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dlnotes_site import site
from dlnotes_site.page import folder_of

PAGES = [page for pages in site.read().values() for page in pages.values()]
SHIFT = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const e of list.getEntries()) sum += e.hadRecentInput ? 0 : e.value; })
    .observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(sum), 100);
})"""
# All but the sources of the tests of formulas, where TeX is meant.
TEXT = """() => {
  const hidden = [...document.querySelectorAll('.dl-proofs')];
  for (const tests of hidden) tests.hidden = true;
  const text = document.querySelector('article').innerText;
  for (const tests of hidden) tests.hidden = false;
  return text;
}"""
# Everything unfolded and loaded; of each figure how wide its dark picture is, and how many light ones are not shown.
OPENED = """async () => {
  for (const details of document.querySelectorAll('details')) details.open = true;
  const images = [...document.querySelectorAll('article img')];
  for (const image of images) image.loading = 'eager';
  const shown = images.filter((image) => image.checkVisibility());
  await Promise.allSettled(shown.map((image) => image.decode()));
  const of = (figure, kind) => [...figure.querySelectorAll(`img.dl-only-${kind}`)];
  return [...document.querySelectorAll('figure')].map((figure) => [
    Math.min(...of(figure, 'dark').map((image) => shown.includes(image) ? image.naturalWidth : 0)),
    of(figure, 'light').filter((image) => !image.checkVisibility()).length,
  ]);
}"""
# What sticks out on the right although nothing around it scrolls.
WIDE = """() => [...document.querySelectorAll('article *')].filter((element) => {
  if (element.getBoundingClientRect().right <= innerWidth + 1) return false;
  for (let e = element; e && e !== document.body; e = e.parentElement) {
    if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX)) return false;
  }
  return getComputedStyle(element).position !== 'absolute';
}).map((element) => element.outerHTML.slice(0, 120))"""


AXE = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
# Left out: the name that Material gives to "next" says more than its text (an experimental rule), and a heading cell
# that holds only a formula counts as empty, because axe does not read MathML.
INACCESSIBLE = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  const counts = ({ id, target }) => id !== 'label-content-name-mismatch'
    && !(id === 'empty-table-header' && document.querySelector(target[0]).querySelector('math'));
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => ({ id, target })))
    .filter(counts).map(({ id, target }) => `${id}: ${target}`);
}"""

# A page has thousands of tokens in few colours, and its formulas are made alike: one of each is judged, or axe takes
# half a minute for a page.
ONE_OF_EACH = """() => {
  for (const kind of ['div', 'span']) {
    const [, ...others] = document.querySelectorAll(`article ${kind}.formula`);
    for (const formula of others) formula.replaceChildren('formula');
  }
  const seen = new Set();
  for (const token of document.querySelectorAll('.highlight code span')) {
    if (seen.has(token.className)) token.replaceWith(...token.childNodes);
    else seen.add(token.className);
  }
  document.body.normalize();
}"""


@dataclass
class Watched:
    """A browser page and everything that went wrong in it."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: message.type in ("error", "warning") and self.say(message.text))
        self.page.on("pageerror", lambda error: self.say(str(error)))
        self.page.on("requestfailed", lambda request: self.say(f"failed: {request.url}"))
        self.page.on(
            "response", lambda response: response.status >= 400 and self.say(f"{response.status}: {response.url}")
        )
        self.page.on("request", lambda request: self.judge(request.url))

    def say(self, text: str) -> None:
        self.wrong.append(text)

    def judge(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.say(f"another origin: {url}")

    def open(self, path: str) -> None:
        self.wrong.clear()
        self.page.goto(self.address + path, wait_until="networkidle")


@pytest.fixture(scope="module")
def phone(chromium: Browser, address: str) -> Iterator[Watched]:
    """One tab for all pages: a new one for each would take most of the time."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark", has_touch=True)
    yield Watched(context.new_page(), address)
    context.close()


@pytest.fixture
def laptop(chromium: Browser, address: str) -> Iterator[Watched]:
    context = chromium.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme="light", permissions=["clipboard-read", "clipboard-write"]
    )
    yield Watched(context.new_page(), address)
    context.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.lang}/{page.name}")
def test_a_page_on_a_phone(page: site.Page, phone: Watched) -> None:
    phone.open(folder_of(page.lang, page.name))
    shift = phone.page.evaluate(SHIFT)
    drawn = phone.page.evaluate(OPENED)
    assert phone.wrong == []
    assert phone.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert phone.page.evaluate(WIDE) == []
    assert shift < 0.02
    text = phone.page.evaluate(TEXT)
    assert not re.search(r"\\(frac|sum|partial|begin|\(|\[)|\$\$", text)
    phone.page.evaluate(ONE_OF_EACH)
    phone.page.evaluate(AXE)  # no script tag: the page allows none that it did not come with
    assert phone.page.evaluate(INACCESSIBLE) == []
    assert len(drawn) == len(page.figures)
    assert all(width > 0 and hidden == 1 for width, hidden in drawn), drawn


def test_the_language_link_keeps_the_page_and_the_heading(laptop: Watched) -> None:
    laptop.open("guide/")
    laptop.page.evaluate("document.getElementById('formulas').scrollIntoView()")
    laptop.page.wait_for_timeout(200)
    laptop.page.locator("[data-dl-language]").click()
    laptop.page.wait_for_url("**/en/guide/#formulas")
    assert laptop.page.evaluate("document.documentElement.lang") == "en"
    laptop.page.locator("[data-dl-language]").click()
    laptop.page.wait_for_url(re.compile(r"127\.0\.0\.1:\d+/guide/#formulas"))
    assert laptop.page.evaluate("document.documentElement.lang") == "ja"
    assert laptop.wrong == []


@pytest.mark.parametrize("start", ["", "en/"])
def test_instant_navigation_keeps_formulas_figures_and_the_language_link(laptop: Watched, start: str) -> None:
    laptop.open(start)
    laptop.page.evaluate("window.same = true")
    laptop.page.locator(".md-nav--primary a[href*='guide']").first.click()
    laptop.page.wait_for_url(f"**/{start}guide/")
    expect(laptop.page.locator("article div.formula svg").first).to_be_visible()
    assert laptop.page.evaluate("window.same") is True, "the page was loaded anew: navigation was not instant"
    assert laptop.page.evaluate("document.querySelector('article div.formula svg').getBoundingClientRect().width") > 40
    laptop.page.locator("[data-dl-language]").hover()
    other = "guide/" if start else "en/guide/"
    assert laptop.page.evaluate("document.querySelector('[data-dl-language]').pathname") == f"/{other}"
    code = laptop.page.locator(".dl-install code").inner_text()
    assert laptop.address + "assets/wheels/dlnotes-" in code
    assert laptop.wrong == []


@pytest.mark.parametrize("start", ["", "en/"])
def test_the_scheme_changes_figures_and_formulas(laptop: Watched, start: str) -> None:
    laptop.open(f"{start}guide/")
    formula = "getComputedStyle(document.querySelector('article .formula svg')).color"
    light = laptop.page.evaluate(formula)
    laptop.page.locator("figure").first.scroll_into_view_if_needed()  # pictures further down are not loaded yet
    expect(laptop.page.locator("figure img.dl-only-light").first).to_be_visible()
    laptop.page.locator("label[for=__palette_1]").click()
    expect(laptop.page.locator("figure img.dl-only-dark").first).to_be_visible()
    expect(laptop.page.locator("figure img.dl-only-light").first).to_be_hidden()
    assert laptop.page.evaluate(formula) != light


@pytest.mark.parametrize("start", ["", "en/"])
def test_the_light_scheme_on_a_laptop_is_accessible(laptop: Watched, start: str) -> None:
    laptop.open(f"{start}guide/")
    laptop.page.evaluate(AXE)  # no script tag: the page allows none that it did not come with
    assert laptop.page.evaluate(INACCESSIBLE) == []


@pytest.mark.parametrize("start", ["", "en/"])
def test_without_javascript_everything_is_there(chromium: Browser, address: str, start: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    watched = Watched(context.new_page(), address)
    watched.open(f"{start}guide/")
    page = watched.page
    for shown in ("article div.formula svg", ".dl-block code", ".dl-output samp", "figure img", ".dl-install code"):
        locator = page.locator(shown).and_(page.locator(":visible")).first
        expect(locator).to_be_visible()
    assert page.locator("[data-dl-language]").get_attribute("href") == ("../../guide/" if start else "../en/guide/")
    assert watched.wrong == []
    context.close()


def test_an_address_that_does_not_exist_shows_the_404_page(laptop: Watched) -> None:
    laptop.page.goto(laptop.address + "en/no/such/page/")
    expect(laptop.page.locator("article h1")).to_have_text("404")
    assert [wrong for wrong in laptop.wrong if "no/such/page" not in wrong and "404" not in wrong] == []


def test_headings_are_reached_by_the_keyboard(laptop: Watched) -> None:
    laptop.open("guide/")
    laptop.page.keyboard.press("Tab")
    focused = laptop.page.evaluate("document.activeElement.className")
    assert "md-skip" in focused
