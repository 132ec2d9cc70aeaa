"""The table of terms and the page made from it."""

import functools
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dlnotes_site import site
from dlnotes_site.glossary import GLOSSARY, GROUPS, Term, markdown, read_terms

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "shared" / "terms.tsv"
TERMS = read_terms(TABLE)
HEADING = re.compile(r"^(#+) (.+) \{#([a-z0-9-]+)\}$", re.M)


@functools.cache
def titles(lang: str) -> dict[str, str]:
    return {name: page.headings[0].text for name, page in site.read()[lang].items()}


def page(lang: str, terms: list[Term] = TERMS) -> str:
    return markdown(terms, lang, titles(lang))


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_term_is_a_section_once(lang: str) -> None:
    headings = HEADING.findall(page(lang))
    entries = {anchor: name for level, name, anchor in headings if level == "###"}
    assert entries == {term.id: getattr(term, lang) for term in TERMS}
    assert len({anchor for _, _, anchor in headings}) == len(headings)


def test_both_languages_have_the_same_headings_and_links_in_the_same_order() -> None:
    ja, en = page("ja"), page("en")
    assert [anchor for _, _, anchor in HEADING.findall(ja)] == [anchor for _, _, anchor in HEADING.findall(en)]
    assert re.findall(r"\]\(([^)]+)\)", ja) == re.findall(r"\]\(([^)]+)\)", en)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_link_leads_to_a_page_and_heading_that_exist(lang: str) -> None:
    for term in TERMS:
        name, _, anchor = term.page.partition("#")
        if name == GLOSSARY:
            continue
        file = ROOT / "docs" / lang / f"{name}.md"
        assert file.is_file(), f"{term.id}: {name} does not exist"
        assert not anchor or f"{{#{anchor}" in file.read_text(encoding="utf-8"), f"{term.id}: no #{anchor}"


def test_an_entry_shows_the_other_language_reading_variants_and_link() -> None:
    relu = next(term for term in TERMS if term.id == "hidden-layer")
    ja = markdown([relu], "ja", {"basics/neural-network": "ニューラルネットワーク"})
    assert ja == (
        "## ネットワークの構造 {#group-network}\n\n### 中間層 {#hidden-layer}\n\n"
        "入力層と出力層の間にあり、外からは直接見えない層。\n\n"
        "- 読み：ちゅうかんそう\n- 英語：hidden layer、intermediate layer、middle layer\n"
        "- 別の言い方：隠れ層、かくれ層、隠れレイヤー\n"
        "- 解説：[ニューラルネットワーク](basics/neural-network.md)\n"
    )
    en = markdown([relu], "en", {"basics/neural-network": "Neural networks"})
    assert "- Japanese: 中間層, 隠れ層, かくれ層, 隠れレイヤー\n- Reading: ちゅうかんそう\n" in en
    assert en.endswith("- Explained in: [Neural networks](basics/neural-network.md)\n")


def test_a_spelling_that_differs_by_width_or_hyphen_alone_is_shown_once() -> None:
    term = next(term for term in TERMS if term.id == "mini-batch")
    assert "mini‐batch" in term.en_also
    assert term.forms().count("mini-batch") == 1
    assert "mini‐batch" not in term.forms()


def test_a_term_whose_page_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"term 'perceptron': the page 'basics/perceptron' does not exist"):
        markdown([term for term in TERMS if term.id == "perceptron"], "ja", {})


def test_no_rendering_to_avoid_is_a_term_or_a_variant() -> None:
    accepted = {form: term.id for term in TERMS for form in (term.ja, *term.ja_also)}
    wrong = [(term.id, word, accepted[word]) for term in TERMS for word in term.ja_avoid if word in accepted]
    assert not wrong


def test_names_are_unique_and_groups_have_members() -> None:
    for names in ([term.ja for term in TERMS], [term.en.lower() for term in TERMS]):
        assert len(set(names)) == len(names)
    assert {term.group for term in TERMS} == set(GROUPS)


def test_readings_are_hiragana() -> None:
    assert [term.id for term in TERMS if not re.fullmatch(r"[ぁ-ゖー]+", term.reading)] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: line.replace("\tlearning\t", "\tlearn\t", 1), r":2: unknown group 'learn'"),
        (lambda line: line + "\tmore", r":2: expected 11 columns, got 12"),
        (lambda line: line.replace("機械学習", "", 1), r":2: fill in ja"),
        (lambda line: f"{line}\n{line}", r":3: the id 'machine-learning' stands twice"),
    ],
)
def test_a_wrong_line_is_an_error_with_its_number(tmp_path: Path, change: Callable[[str], str], message: str) -> None:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    table = tmp_path / "terms.tsv"
    table.write_text(f"{lines[0]}\n{change(lines[1])}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_terms(table)
