"""Search in the built site, in a real browser, through the box that readers type into."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dlnotes_site.glossary import read_terms
from dlnotes_site.search import answers

ROOT = Path(__file__).parents[2]
TERMS = read_terms(ROOT / "docs" / "shared" / "terms.tsv")
FOLDERS = {"ja": "/", "en": "/en/"}

# Types each query as a reader does (value, then a key) and waits until Material has drawn the answer;
# a list per query: the addresses of all results of each of the first three pages.
SEARCH = """async (queries) => {
  const input = document.querySelector("[data-md-component=search-query]");
  const meta = document.querySelector(".md-search-result__meta");
  const answered = () => new Promise((resolve, reject) => {
    const observer = new MutationObserver(() => { observer.disconnect(); resolve(); });
    observer.observe(meta, { childList: true, characterData: true, subtree: true });
    setTimeout(() => reject(new Error(`no answer to ${input.value}`)), 5000);
  });
  const results = [];
  for (const query of queries) {
    const done = answered();
    input.value = query;
    input.dispatchEvent(new KeyboardEvent("keyup", { bubbles: true }));
    await done;
    const pages = [...document.querySelectorAll(".md-search-result__item")].slice(0, 3);
    results.push(pages.map(page => [...page.querySelectorAll("a[href]")].map(link => link.href)));
  }
  return results;
}"""
HALF_AND_FULL_WIDTH = {
    "ﾊﾞｯﾁ正規化": "batch-normalization",
    "ﾃﾞｰﾀ拡張": "data-augmentation",
    "ｿﾌﾄﾏｯｸｽ関数": "softmax-function",
    "ＲｅＬＵ": "relu",
    "Ｌ２正則化": "l2-regularization",
    "隠れ層": "hidden-layer",
    "ごさぎゃくでんぱほう": "backpropagation",
}


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    context = chromium.new_context(base_url=address)
    yield context.new_page()
    context.close()


def open_search(page: Page, lang: str) -> str:
    """Open a language's first page and its search box; the sentence that the box shows when it is ready."""
    page.goto(FOLDERS[lang])
    page.locator("[data-md-component=search-query]").click()
    starting = {"ja": "検索を初期化", "en": "Initializing search"}[lang]
    meta = page.locator(".md-search-result__meta")
    page.wait_for_function(
        "starting => document.querySelector('.md-search-result__meta').textContent.trim() !== starting",
        arg=starting,
    )
    return meta.inner_text()


def type_in(page: Page, query: str) -> None:
    """Type, and release a key at the end as an input method does: Material listens to that."""
    page.keyboard.type(query)
    page.keyboard.press("Shift")


def place(link: str, folder: str) -> str:
    """Where a result leads, below the language's root."""
    address, _, anchor = link.partition("#")
    path = "/" + address.partition("?")[0].split("/", 3)[3]
    assert path.startswith(folder), f"{link} is outside {folder}"
    return path.removeprefix(folder) + (f"#{anchor}" if anchor else "")


@pytest.mark.parametrize("lang", FOLDERS)
def test_every_term_finds_its_page_among_the_first_three(page: Page, lang: str) -> None:
    ready = open_search(page, lang)
    assert ready == {"ja": "検索キーワードを入力してください", "en": "Type to start searching"}[lang]
    by_id = {term.id: term for term in TERMS}
    asked = [(name, term) for term in TERMS for name in dict.fromkeys([term.ja, term.en])]
    asked += [(form, by_id[name]) for form, name in HALF_AND_FULL_WIDTH.items()]
    results = page.evaluate(SEARCH, [form for form, _ in asked])
    folder = FOLDERS[lang]
    missed = []
    for (form, term), pages in zip(asked, results, strict=True):
        places = [[place(link, folder) for link in links] for links in pages]
        if lang == "ja" and any(at.startswith("en/") for links in places for at in links):
            missed.append(f"{form}: a result in the other language")
        if not any(answers(term, at) for links in places for at in links):
            missed.append(f"{form} ({term.id}, {term.page}): {[links[0] for links in places]}")
    assert not missed, f"{len(missed)} of {len(asked)} not found:\n" + "\n".join(missed)


@pytest.mark.parametrize(
    ("lang", "query", "sentences"),
    [
        ("ja", "ﾊﾞｯﾁ正規化", ("1件見つかりました", "#件見つかりました")),
        ("ja", "zzzz", ("何も見つかりませんでした",)),
        ("en", "batch normalization", ("1 matching document", "# matching documents")),
        ("en", "zzzz", ("No matching documents",)),
    ],
)
def test_the_count_is_said_in_the_language_of_the_page(
    page: Page, lang: str, query: str, sentences: tuple[str, ...]
) -> None:
    open_search(page, lang)
    page.evaluate(SEARCH, [query])
    said = page.locator(".md-search-result__meta").inner_text()
    pages = page.locator(".md-search-result__item").count()
    assert said in {sentence.replace("#", str(pages)) for sentence in sentences}


@pytest.mark.parametrize(
    ("lang", "query", "name"), [("ja", "ﾊﾞｯﾁ正規化", "バッチ正規化"), ("en", "BN", "batch normalization")]
)
def test_a_typed_query_leads_to_the_marked_place(page: Page, lang: str, query: str, name: str) -> None:
    open_search(page, lang)
    type_in(page, query)
    result = page.locator(".md-search-result__link[href*='#batch-normalization']").first
    result.wait_for()
    assert name in [text.lower() for text in result.locator("mark").all_inner_texts()]
    result.click()
    page.wait_for_url("**/glossary/**#batch-normalization")
    mark = page.locator("#batch-normalization mark[data-md-highlight]")
    mark.wait_for()
    assert mark.inner_text().lower() == name


def test_enter_opens_the_best_result(page: Page) -> None:
    open_search(page, "ja")
    type_in(page, "バッチ正規化")
    page.locator(".md-search-result__link").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/training/batch-normalization/**")


def test_search_works_after_instant_navigation(page: Page) -> None:
    page.goto("/guide/")
    page.locator(".md-nav--primary a[href$='glossary/']").first.click()
    page.wait_for_url("**/glossary/")
    expect(page.locator("article h1")).to_have_text(re.compile("用語集"))  # the address changes before the page does
    page.locator("[data-md-component=search-query]").click()
    type_in(page, "ReLU")
    link = page.locator(".md-search-result__link").first
    link.wait_for()
    assert place(link.evaluate("link => link.href"), "/").startswith(("glossary/", "basics/"))
