"""The glossary decides which Japanese term goes with which English one; a page that uses another is named."""

import shutil
from pathlib import Path

import pytest

from dlnotes_site import blocks, glossary, site, terms
from dlnotes_site.page import Finding

TERMS = glossary.read_terms(site.ROOT / site.TERMS)
EXCEPTIONS = terms.read_exceptions()
LEXICON = terms.Lexicon(TERMS, EXCEPTIONS)


def found(ja: str, en: str, lexicon: terms.Lexicon = LEXICON) -> list[Finding]:
    pages = (blocks.read(text, f"docs/{lang}/x.md", "x", lang) for lang, text in (("ja", ja), ("en", en)))
    return list(terms.pair(*pages, lexicon))


@pytest.mark.parametrize(
    ("ja", "en"),
    [
        ("中間層を2つ重ねます。", "Stack two hidden layers."),
        ("バッチ正規化は学習率を上げます。", "Batch normalization raises the learning rate."),
        ("隠れ層とも呼ぶ中間層です。", "A hidden layer."),
        ("これを「隠れ層」と呼びます。中間層のことです。", "This is called a hidden layer."),
        ("`学習率` は $学習率$ です。", "`learning rate` is $x$."),
        ("[コード](dropout.md)を見ます。", "See the [code](x.md)."),
        ("MLP を作ります。", "Build an MLP."),
        (
            "K. He, X. Zhang, Deep residual learning for images：層の数。",
            "K. He, X. Zhang, Deep residual learning for images: layers.",
        ),
        ("過学習します。", "The network overfits."),
        ("値が収束します。", "The values converge."),
        ("1回の更新です。", "One update, one step."),
        ("歩幅が縮みます。", "The steps become shorter."),
    ],
)
def test_the_same_term_in_both_languages_is_no_finding(ja: str, en: str) -> None:
    assert found(ja, en) == []


@pytest.mark.parametrize(
    ("ja", "en", "path", "said"),
    [
        (
            "隠れ層を2つ重ねます。",
            "Stack two hidden layers.",
            "docs/ja",
            "隠れ層 for 'hidden layers' in docs/en/x.md:3: the glossary's term is 中間層",
        ),
        ("荷重減衰を使います。", "Use weight decay.", "docs/ja", "the glossary's term is 重み減衰"),
        (
            "一括して測ります。",
            "Use batch normalization.",
            "docs/ja",
            "'batch normalization' in docs/en/x.md:3 is バッチ正規化",
        ),
        ("中間層を重ねます。", "Stack the inner parts.", "docs/en", "中間層 in docs/ja/x.md:3 is 'hidden layer'"),
        (
            "バッチ正規化を使います。",
            "Use normalization.",
            "docs/en",
            "バッチ正規化 in docs/ja/x.md:3 is 'batch normalization'",
        ),
        ("学習率を上げます。", "Raise the number.", "docs/en", "学習率 in docs/ja/x.md:3 is 'learning rate'"),
    ],
)
def test_another_term_is_named_with_its_line_and_the_term_expected(ja: str, en: str, path: str, said: str) -> None:
    (finding,) = found(f"# x {{#x}}\n\n{ja}", f"# x {{#x}}\n\n{en}")
    assert finding.path == f"{path}/x.md"
    assert finding.line == 3
    assert said in finding.text


def test_the_longest_name_counts() -> None:
    assert set(LEXICON.in_english("Batch normalizations of mini-batches, learning rates")) == {
        "batch-normalization",
        "mini-batch",
        "learning-rate",
    }
    assert set(LEXICON.in_japanese("バッチ正規化と学習率")) == {"batch-normalization", "learning-rate"}


@pytest.mark.parametrize(
    ("one", "other"),
    [("losses", "Loss"), ("batches", "batch"), ("biases", "bias"), ("histories", "history"), ("CNNs", "CNN")],
)
def test_plural_and_capitals_are_the_same_word(one: str, other: str) -> None:
    assert terms.words(one) == terms.words(other)


def test_every_exception_is_a_name_or_an_id_of_the_glossary() -> None:
    checked = [term for term in TERMS if term.group != "site"]
    names = {name.casefold() for term in checked for name in (term.en, *term.en_also, term.ja)}
    assert {word.casefold() for word in EXCEPTIONS.everyday} <= names
    assert set(EXCEPTIONS.accepted) <= {term.id for term in checked}


def test_a_place_that_was_read_is_recorded_until_its_terms_change(tmp_path: Path) -> None:
    (tmp_path / terms.RECORD).parent.mkdir(parents=True)
    pages = [
        blocks.read(text, f"docs/{at}/x.md", "x", at)
        for at, text in (("ja", "大きくします。"), ("en", "Raise the learning rate."))
    ]
    (left,) = terms.record(tmp_path, terms.missing(*pages, LEXICON), frozenset())
    assert "is 学習率" in left.text
    assert terms.record(tmp_path, terms.missing(*pages, LEXICON), {f"{left.path}:{left.line}"}) == []
    assert list(terms.pair(*pages, LEXICON, terms.recorded(tmp_path))) == []
    pages[1] = blocks.read("Raise the learning rate of Adam.", "docs/en/x.md", "x", "en")
    assert len(list(terms.pair(*pages, LEXICON, terms.recorded(tmp_path)))) == 2
    pages[1] = blocks.read("Raise it.", "docs/en/x.md", "x", "en")
    assert terms.record(tmp_path, terms.missing(*pages, LEXICON), frozenset()) == []
    assert terms.recorded(tmp_path) == set()


def test_a_wrong_name_cannot_be_recorded_away(tmp_path: Path) -> None:
    (tmp_path / terms.RECORD).parent.mkdir(parents=True)
    pages = [
        blocks.read(text, f"docs/{at}/x.md", "x", at)
        for at, text in (("ja", "隠れ層です。"), ("en", "A hidden layer."))
    ]
    assert len(terms.record(tmp_path, terms.missing(*pages, LEXICON), {"docs/ja/x.md"})) == 1


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        ("docs/ja/basics/neural-network.md", "中間層", "隠れ層", "the glossary's term is 中間層"),
        ("docs/en/training/regularization.md", "weight decay", "weight shrinking", "is 'weight decay'"),
        ("docs/ja/training/optimizers.md", "学習率", "学習係数", "the glossary's term is 学習率"),
    ],
)
def test_a_term_changed_on_a_page_is_found(tmp_path: Path, path: str, old: str, new: str, said: str) -> None:
    shutil.copytree(site.ROOT / "docs", tmp_path / "docs")
    file = tmp_path / path
    lines = file.read_text(encoding="utf-8").split("\n")
    at = next(number for number, line in enumerate(lines) if line.count(old) == 1 and "description" not in line)
    lines[at] = lines[at].replace(old, new)
    file.write_text("\n".join(lines), encoding="utf-8")
    pages, known = site.read(tmp_path), terms.recorded(tmp_path)
    every = [f for name in pages["ja"] for f in terms.pair(pages["ja"][name], pages["en"][name], LEXICON, known)]
    assert any(f.path == path and f.line == at + 1 and said in f.text for f in every), every
