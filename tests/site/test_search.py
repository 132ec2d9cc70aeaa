"""The search worker, run in node over an index of the glossary and some pages."""

import gzip
import json
import statistics
import subprocess
import sysconfig
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dlnotes_site.glossary import Term, read_terms
from dlnotes_site.search import WORKER, answers, assets

ROOT = Path(__file__).parents[2]
NODE = Path(sysconfig.get_path("scripts")) / "node"
TERMS = read_terms(ROOT / "docs" / "shared" / "terms.tsv")
MODULES = ROOT / "node_modules"
HALF = {  # full-width katakana by what it is in half width, voiced ones as two characters
    unicodedata.normalize("NFKC", half + mark): half + mark
    for half in map(chr, range(0xFF66, 0xFF9E))
    for mark in ("", "\uff9e", "\uff9f")
    if len(unicodedata.normalize("NFKC", half + mark)) == 1
}

Items = list[list[dict[str, Any]]]


def index(lang: str, docs: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    keys = ("location", "title", "text")
    return {"config": {"lang": [lang]}, "docs": [dict(zip(keys, doc, strict=True)) for doc in docs]}


@cache
def guide(lang: str) -> dict[str, Any]:
    """The glossary's entries, and every page with sections that explain its terms and name others."""
    docs = [("glossary/", "用語集" if lang == "ja" else "Glossary", "")]
    for term in TERMS:
        also = "、".join(term.forms())
        short = term.short_ja if lang == "ja" else term.short_en
        docs.append((f"glossary/#{term.id}", getattr(term, lang), f"<p>{short}</p><ul><li>{also}</li></ul>"))
    for page in sorted({term.page.partition("#")[0] for term in TERMS} - {"glossary"}):
        docs.append((f"{page}/", page, ""))
        for number, term in enumerate(term for term in TERMS if term.page.partition("#")[0] == page):
            others = TERMS[number * 7 % len(TERMS) :][:7]
            short = " ".join(f"{getattr(t, lang)}: {getattr(t, f'short_{lang}')}" for t in (term, *others))
            docs.append((f"{page}/#s{number}", f"{number}", f"<p>{short}</p><pre><code>x = 1</code></pre>"))
    return index(lang, docs)


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("search") / "worker.js"
    path.write_bytes(assets(MODULES, TERMS)[WORKER])
    return path


def ask(worker: Path, data: dict[str, Any], queries: Sequence[str]) -> tuple[list[Items], list[float]]:
    """The pages that the worker finds for each query, and the milliseconds that each took."""
    file = worker.with_suffix(".json")
    file.write_text(json.dumps(data), encoding="utf-8")
    script = Path(__file__).with_name("search_query.mjs")
    done = subprocess.run(
        [NODE, script, worker, file], input=json.dumps(queries), capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    assert answer["ready"]
    return answer["results"], answer["milliseconds"]


def found(term: Term, items: Items) -> bool:
    return any(answers(term, item["location"]) for page in items[:3] for item in page)


def half_width(text: str) -> str:
    return "".join(HALF.get(char, char) for char in text)


def full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_form_of_every_term_finds_its_page_among_the_first_three(worker: Path, lang: str) -> None:
    asked = [
        (term, spelt)
        for term in TERMS
        for form in (term.en, term.ja, term.reading, *term.en_also, *term.ja_also)
        for spelt in dict.fromkeys([form, half_width(form), full_width(form), form.upper()])
    ]
    results, milliseconds = ask(worker, guide(lang), [form for _, form in asked])
    missed = [
        f"{form} ({term.id}): {[page[0]['location'] for page in items[:3]]}"
        for (term, form), items in zip(asked, results, strict=True)
        if not found(term, items)
    ]
    assert not missed, "\n".join(missed)
    assert len(asked) > 2000
    assert statistics.median(milliseconds) < 30


def test_width_is_changed_as_readers_type_it() -> None:
    assert half_width("バッチ正規化") == "ﾊﾞｯﾁ正規化"
    assert full_width("ReLU") == "ＲｅＬＵ"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ネットワーク", "glossary/#neural-network"),  # inside a longer word
        ("ばっちせい", "glossary/#batch-normalization"),  # not yet converted
        ("勾配消失とは？", "glossary/#vanishing-gradient"),
        ("what is backprop", "training/backpropagation/#s0"),
        ("softmx", "glossary/#softmax-function"),  # a slip
        ("フィルターサイズ", "glossary/#kernel-size"),
        ("L2 正則化", "glossary/#l2-regularization"),
        ("weights", "glossary/#weight"),
    ],
)
def test_what_readers_type_finds_the_entry(worker: Path, query: str, expected: str) -> None:
    (items,), _ = ask(worker, guide("ja"), [query])
    assert expected in [item["location"] for page in items[:2] for item in page]


def test_a_result_answers_by_its_page_or_by_the_entry() -> None:
    clipping, relu = (next(term for term in TERMS if term.id == name) for name in ("gradient-clipping", "relu"))
    assert (clipping.page, relu.page.partition("#")[0]) == ("glossary", "basics/activation-functions")
    assert answers(clipping, "glossary/#gradient-clipping")
    assert not answers(clipping, "glossary/#relu")
    assert answers(relu, "basics/activation-functions/#dead")
    assert answers(relu, "glossary.html#relu")


def test_an_exact_name_comes_before_a_variant_of_another_term(worker: Path) -> None:
    (items,), _ = ask(worker, guide("ja"), ["カーネル"])
    assert items[0][0]["location"] == "glossary/#notebook-kernel"


SMALL = index(
    "ja",
    [
        ("a/", "甲", ""),
        ("a/#1", "実験", "<p>学習の前に比率を決めます。配列を習得します。学習、習率。</p>"),
        ("b/", "乙", "<p>ここでは学習率を変えます。</p>"),
        ("b/#1", "学校", "<p>率直に習う。</p>"),  # the characters, none beside another
        ("c/", "丙", ""),
        ("c/#1", "学習率", "<p>短い説明。</p><pre><code>optimizer = SGD(lr=0.1)</code></pre>"),
        ("d/", "丁", r"<p>重み \(\boldsymbol{w}\) と &lt;b&gt; と \(\frac{a}{b}\) と \(\eta\) です。¶</p>"),
        ("glossary/#group-loss", "学習率", ""),
    ],
)


def test_title_before_text_and_whole_phrase_before_scattered_characters(worker: Path) -> None:
    (items,), _ = ask(worker, SMALL, ["学習率"])
    assert [item["location"] for page in items for item in page] == ["c/#1", "c/", "b/", "a/#1", "a/"]


def test_each_result_comes_with_its_page_as_material_draws_it(worker: Path) -> None:
    (items,), _ = ask(worker, SMALL, ["学習率"])
    section, page = items[0]
    assert section["title"] == "<mark>学習率</mark>"
    assert section["text"] == "<p>短い説明。</p>"
    assert section["terms"] == {"学習率": True}
    assert page == {"location": "c/", "title": "丙", "text": "", "score": 0, "terms": {}}
    assert items[1][0]["text"] == "<p>ここでは<mark>学習率</mark>を変えます。</p>"


def test_code_is_shown_where_only_code_matches(worker: Path) -> None:
    (items,), _ = ask(worker, SMALL, ["optimizer"])
    assert "<mark>optimizer</mark> = SGD" in items[0][0]["text"]


def test_markup_stays_escaped_and_short_formulas_read_as_text(worker: Path) -> None:
    (items,), _ = ask(worker, SMALL, ["重み"])
    assert items[0][0]["text"] == "<p><mark>重み</mark> w と &lt;b&gt; と … と η です。</p>"


def test_words_that_a_section_lacks_are_named(worker: Path) -> None:
    (items,), _ = ask(worker, SMALL, ["optimizer zyx"])
    assert items[0][0]["terms"]["zyx"] is False


@pytest.mark.parametrize("query", ["", " ", "、。", "と", "zzzz", "\\", "[", "*", '"'])
def test_a_query_that_means_nothing_finds_nothing(worker: Path, query: str) -> None:
    (items,), _ = ask(worker, SMALL, [query])
    assert items == []


def test_worker_and_library_are_small_and_keep_the_licence() -> None:
    code = assets(MODULES, [])[WORKER]
    assert len(gzip.compress(code)) < 20_000
    assert b"MIT License" in code
    assert len(gzip.compress(assets(MODULES, TERMS)[WORKER])) < 30_000


def test_a_missing_library_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="npm ci"):
        assets(tmp_path, TERMS)
