"""The pages under their Content-Security-Policy: nothing that belongs to them is refused, what does not belong is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Elsewhere

# Before anything else of a page, in each that is opened: what its policy refuses is noted.
NOTED = """window.refused = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.refused.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`);
});"""
PLACES = ("guide/", "labs/cnn/", "formula-tests/", "verification/", "no/such/page/")


@pytest.fixture(scope="module")
def tab(chromium: Browser, address: str) -> Iterator[Page]:
    context = chromium.new_context(base_url=address, color_scheme="light")
    context.add_init_script(NOTED)
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    yield opened
    context.close()


@pytest.fixture
def page(tab: Page) -> Iterator[Page]:
    """One tab for all tests, which keeps nothing of the last one."""
    yield tab
    tab.context.unroute_all()
    tab.evaluate("localStorage.clear()")


def refused(page: Page) -> list[str]:
    found: list[str] = page.evaluate("window.refused")
    return found


@pytest.mark.parametrize("start", ["", "en/"])
def test_nothing_of_a_page_is_refused(page: Page, start: str) -> None:
    for place in PLACES:
        page.goto(f"/{start}{place}", wait_until="networkidle")
        expect(page.locator("article h1")).to_be_visible()
        assert refused(page) == [], place


@pytest.mark.parametrize("start", ["", "en/"])
def test_nothing_is_refused_while_a_reader_uses_the_site(page: Page, start: str) -> None:
    page.goto(f"/{start}", wait_until="networkidle")
    page.evaluate("window.same = true")
    page.locator(".md-nav--primary a[href*='guide']").first.click()
    page.wait_for_url(f"**/{start}guide/")
    expect(page.locator("article div.formula svg").first).to_be_visible()
    page.locator("figure").first.scroll_into_view_if_needed()  # pictures further down are not loaded yet
    page.locator("label[for=__palette_1]").click()
    expect(page.locator("figure img.dl-only-dark").first).to_be_visible()
    page.locator("[data-md-component=search-query]").click()
    page.keyboard.type("ReLU")
    page.keyboard.press("Shift")
    first = page.locator(".md-search-result__item a").first
    expect(first).to_be_visible()
    first.click()
    expect(page.locator("mark").first).to_be_attached()
    expect(page.locator("[data-md-toggle=search]")).not_to_be_checked()
    page.locator(".md-nav--primary a[href*='labs/cnn']").first.evaluate("link => link.click()")
    page.wait_for_url(f"**/{start}labs/cnn/")
    expect(page.locator(".language-python .md-clipboard, .language-python [data-md-type=copy]").first).to_be_attached()
    page.locator("[data-dl-language]").click()
    page.wait_for_url("**/labs/cnn/" if start else "**/en/labs/cnn/")
    assert refused(page) == []


def test_the_kept_scheme_is_there_before_the_page_is_shown(page: Page) -> None:
    """Material's own inline scripts are allowed: they read it."""
    page.goto("/guide/", wait_until="networkidle")
    page.locator("label[for=__palette_1]").click()
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    page.context.route("**/bundle*.js", lambda route: route.abort())  # that one would do it later
    page.goto("/training/optimizers/")
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    assert refused(page) == []


FOREIGN = {
    "an inline script": (
        "script-src-elem: inline",
        "document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.done = true' }))",
    ),
    "a handler": (
        "script-src-attr: inline",
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"none.png\" onerror=\"window.done = true\">')",
    ),
    "text evaluated": ("script-src: eval", "setTimeout('window.done = true')"),
    "a fetch from another origin": (
        "connect-src: ELSEWHERE",
        "fetch('ELSEWHERE').then(() => { window.done = true }, () => {})",
    ),
    "a script of another origin": (
        "script-src-elem: ELSEWHERE",
        "document.body.append(Object.assign(document.createElement('script'), { src: 'ELSEWHEREa.js' }))",
    ),
    "a picture of another origin": (
        "img-src: ELSEWHERE",
        "document.body.append(Object.assign(document.createElement('img'), { src: 'ELSEWHEREa.png' }))",
    ),
    "a frame": (
        "frame-src: ELSEWHERE",
        "document.body.append(Object.assign(document.createElement('iframe'), { src: 'ELSEWHERE' }))",
    ),
    "a style": (
        "style-src-elem: inline",
        "document.head.append(Object.assign(document.createElement('style'), { textContent: 'p { color: red }' }))",
    ),
    "another base": (
        "base-uri: ELSEWHERE",
        "document.head.insertAdjacentHTML('beforeend', '<base href=\"ELSEWHERE\">')",
    ),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_does_not_belong_to_the_page_is_refused(page: Page, elsewhere: Elsewhere, what: str) -> None:
    said, doing = (text.replace("ELSEWHERE", elsewhere.address) for text in FOREIGN[what])
    page.goto("/basics/perceptron/")
    page.evaluate(f"() => {{ {doing}; }}")
    page.wait_for_function("window.refused.length > 0")
    assert refused(page)[0].startswith(said.removesuffix("/"))
    assert page.evaluate("window.done") is None
    assert elsewhere.asked == []


def test_webassembly_may_be_compiled(page: Page) -> None:
    page.goto("/basics/perceptron/")
    empty = "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])"
    assert page.evaluate(f"WebAssembly.compile({empty}).then((module) => module instanceof WebAssembly.Module)")
    assert refused(page) == []
