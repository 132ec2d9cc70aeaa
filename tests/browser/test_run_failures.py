"""What a reader is told when running is not possible: a sentence in the block, the page whole, and Run works again."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect

from .running import BOOT, Reader

NO_CACHES = """Object.defineProperty(self, 'caches', {
  get() { throw new DOMException('no', 'SecurityError'); },
  configurable: true,
});
"""
FULL = "Cache.prototype.put = async () => { throw new DOMException('no room', 'QuotaExceededError'); };\n"
NO_WORKER = "window.Worker = new Proxy(Worker, { construct(kind, [url, options]) {\
  if (String(url).startsWith('blob:') && !window.allowed) throw new DOMException('no', 'SecurityError');\
  return new kind(url, options); } })"


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, service_workers="block")
    yield context
    context.close()


@pytest.fixture
def reader(context: BrowserContext, address: str) -> Reader:
    return Reader(context.new_page(), address)


def told(reader: Reader, sentence: str, number: int = 2) -> None:
    """The block says this, and all of the page is there."""
    expect(reader.status(number)).to_have_text(sentence, timeout=BOOT)
    expect(reader.block(number).locator(":scope > .dl-output samp")).to_be_visible()
    expect(reader.block(number).locator("pre > code")).to_be_visible()


def runs_now(reader: Reader) -> None:
    reader.run(2, timeout=BOOT)
    expect(reader.out(2)).to_have_text("[0.1192 0.5    0.8808]\n")


def test_no_webassembly(reader: Reader) -> None:
    reader.page.add_init_script("delete window.WebAssembly")
    reader.open("guide/")
    reader.run(2)
    told(
        reader,
        "このブラウザーでは WebAssembly が使えないので、実行できません。ページに載せた出力と図はそのまま読めます。",
    )


def test_a_browser_that_cannot_unpack_the_files(reader: Reader) -> None:
    reader.page.add_init_script("delete window.DecompressionStream")
    reader.open("en/guide/")
    reader.run(2)
    told(reader, "This browser is too old to run code here. Please try a newer version.")


def test_a_blocked_worker(reader: Reader) -> None:
    reader.page.add_init_script(NO_WORKER)
    reader.open("en/guide/")
    reader.run(2)
    told(
        reader,
        "This browser did not let a worker start. See whether an extension or a setting blocks it, then press again.",
    )
    reader.page.evaluate("window.allowed = true")
    runs_now(reader)


def test_a_worker_whose_script_is_refused(reader: Reader) -> None:
    reader.page.context.route("**/run/worker.js*", lambda route: route.abort())
    reader.open("en/guide/")
    reader.run(2)
    told(
        reader,
        "This browser did not let a worker start. See whether an extension or a setting blocks it, then press again.",
    )
    reader.page.context.unroute("**/run/worker.js*")
    runs_now(reader)


def test_offline_before_the_first_press(reader: Reader) -> None:
    reader.open("guide/")
    reader.page.context.set_offline(True)
    reader.press(2)
    told(
        reader,
        "実行に必要なファイルを読み込めませんでした。接続を確かめて、もう一度押してください。",
    )
    reader.page.context.set_offline(False)
    runs_now(reader)


def test_offline_when_python_is_to_be_loaded(reader: Reader) -> None:
    reader.open("en/guide/")
    reader.block(2).locator(".dl-run__edit").click()
    expect(reader.block(2).locator(".cm-content")).to_be_focused()
    reader.block(2).locator(".dl-run__reset").evaluate("button => button.click()")
    reader.page.context.set_offline(True)
    reader.run(2)
    told(
        reader,
        "There is no connection, and what is needed to run is not on this device yet. Press again once you are online.",
    )
    reader.page.context.set_offline(False)
    runs_now(reader)


def cut_off(route: Route) -> None:
    route.abort("connectionreset")


def gone(route: Route) -> None:
    route.fulfill(status=404, body="no")


def damaged(route: Route) -> None:
    route.fulfill(status=200, body=b"not NumPy")


FAULTS = [
    (cut_off, "The download was cut off. Check the connection and press again."),
    (gone, "The site does not have a file that is needed to run. Reload the page and press again."),
    (damaged, "A file arrived damaged and was not used. Press again to load it anew."),
]


@pytest.mark.parametrize(("fault", "sentence"), FAULTS, ids=["cut-off", "gone", "damaged"])
def test_a_file_that_does_not_arrive_as_it_is(reader: Reader, fault: object, sentence: str) -> None:
    reader.page.context.route("**/assets/run/numpy-*", fault)  # type: ignore[arg-type]
    reader.open("en/guide/")
    reader.run(2, timeout=BOOT)
    told(reader, sentence)
    reader.page.context.unroute("**/assets/run/numpy-*")
    runs_now(reader)


def test_a_site_that_has_been_renewed_since_the_page_was_opened(reader: Reader) -> None:
    def renewed(route: Route) -> None:
        body = route.fetch().text()
        route.fulfill(body=re.sub(r'"version": ?"\w+"', '"version": "another"', body))

    reader.page.context.route("**/manifest.json*", renewed)
    reader.open("en/guide/")
    reader.run(2, timeout=BOOT)
    told(reader, "The site has been renewed. Reload the page and press again.")


@pytest.mark.parametrize("without", [NO_CACHES, FULL], ids=["private", "full"])
def test_without_the_browsers_cache_a_block_runs_all_the_same(reader: Reader, without: str) -> None:
    def changed(route: Route) -> None:
        route.fulfill(body=without + route.fetch().text(), content_type="text/javascript")

    reader.page.context.route("**/run/worker.js*", changed)
    reader.open("en/guide/")
    runs_now(reader)
    assert reader.wrong == []


def test_without_javascript_the_page_is_what_it_was(chromium: Browser, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    reader = Reader(context.new_page(), address)
    reader.open("guide/")
    assert reader.page.locator(".dl-run, .dl-all").count() == 0
    for shown in ("pre > code", ".dl-output samp"):
        expect(reader.block(2).locator(shown)).to_be_visible()
    assert reader.block(2).locator(".highlight").evaluate("(box) => getComputedStyle(box, '::after').content") == "none"
    context.close()


def test_a_second_visit_transfers_nothing_and_works_without_a_connection(chromium: Browser, address: str) -> None:
    context = chromium.new_context()
    reader = Reader(context.new_page(), address)
    reader.open("en/guide/")
    reader.run(2, timeout=BOOT)
    reader.until("navigator.serviceWorker.controller !== null")
    kept = "caches.open('dlnotes-pages').then((cache) => cache.match(location.href)).then(Boolean)"
    reader.until(kept)
    all_kept = (
        "caches.open('dlnotes-run').then((c) => c.keys()).then((k) => k.some((r) => r.url.endsWith('.compiled')))"
    )
    reader.until(all_kept)
    reader.page.close()
    again = Reader(context.new_page(), address)
    large: list[str] = []
    again.page.on(
        "response", lambda response: large.append(response.url) if re.search(r"\.(gz|whl)$", response.url) else None
    )
    again.open("en/guide/")
    again.run(2, timeout=BOOT)
    expect(again.out(2)).to_have_text("[0.1192 0.5    0.8808]\n")
    assert large == []
    again.page.close()
    context.set_offline(True)
    last = Reader(context.new_page(), address)
    last.page.goto(f"{address}en/guide/")
    last.run(2, timeout=BOOT)
    expect(last.out(2)).to_have_text("[0.1192 0.5    0.8808]\n")
    context.close()
