"""The prose check finds planted faults, at their lines, and leaves good prose alone."""

from pathlib import Path

import pytest

from dlnotes_site import blocks, prose

GOOD = """\
# 活性化関数 {#activation}

活性化関数 $\\sigma(u)$ は、総入力を出力に変えます。`np.exp` を使うと、次のように書けます（図 1）。

!!! note "注意"
    傾きは 0.25 を超えません。

- 微分は $y(1 - y)$
- 値域は 0 から 1

| 記号 | 意味 |
| --- | --- |
| $u$, $v$ | 総入力 |

「大きい」とは何でしょうか。ここでは [10 以上](#activation) とします。

R. Author and S. Other, "A study of the behaviour of gradients in deep networks of sigmoids," \
Journal of Something, vol. 1, no. 2, pp. 3-4, 2020, doi:10.1234/5678. 勾配の報告です。
"""

TERMS = "id\ten\tja\tja_also\tja_avoid\nhidden\thidden layer\t中間層\t隠れ層\tかくれ層|隠し層\n"


def findings(text: str, words: list[prose.Avoid] | None = None) -> list[str]:
    page = blocks.read(text, "docs/ja/x.md", "x", "ja")
    return [str(finding) for finding in prose.check([page], words or [])]


def test_good_prose_has_no_findings() -> None:
    assert findings(GOOD) == []


FAULTS = {
    "関数は値を返す。": "plain form",
    "これは関数である。": "no-mix-dearu-desumasu",
    "値を返します,そして終わります。": "half-width punctuation",
    "値は１０です。": "full-width letters or digits",
    "活性化関数(ランプ関数)を使います。": "half-width bracket",
    "重みを求め，更新します。": "use 、 and 。",
    "最後に句点がありません": "ends without 。",
    "この値は見れます。": "no-dropping-the-ra",
    "ﾊﾞｯﾁを使います。": "no-hankaku-kana",
    "解けなくもないです。": "no-double-negative-ja",
    "計算することができます。": "ja-no-redundant-expression",
    "速いですが、重いですが、使えますが、困ります。": "no-doubled-conjunctive-particle-ga",
    "値が変わるかもしれません。": "ja-no-weak-phrase",
    "材料不足で代替素材で製品を作ります。": "no-doubled-joshi",
}


@pytest.fixture(scope="module")
def planted() -> list[str]:
    """The findings of one page with a fault in every second line."""
    return findings("".join(f"{fault}\n\n" for fault in FAULTS))


@pytest.mark.parametrize(("number", "said"), list(enumerate(FAULTS.values())), ids=FAULTS.values())
def test_a_planted_fault_is_found_at_its_line(planted: list[str], number: int, said: str) -> None:
    here = [finding for finding in planted if finding.startswith(f"docs/ja/x.md:{2 * number + 1}: ")]
    assert any(said in finding for finding in here), planted


def test_a_fault_in_a_heading_an_item_or_a_cell_is_found_too() -> None:
    text = GOOD.replace("# 活性化関数 {", "# 活性化関数２ {").replace("総入力 |", "総入力， |")
    assert [finding.split(": ")[0] for finding in findings(text)] == ["docs/ja/x.md:1", "docs/ja/x.md:13"]


def test_a_rendering_to_avoid_is_found_where_it_is_used(tmp_path: Path) -> None:
    terms = tmp_path / "terms.tsv"
    terms.write_text(TERMS, encoding="utf-8")
    words = prose.read_avoided(terms)
    assert [word.word for word in words] == ["かくれ層", "隠し層"]
    found = findings("隠し層の数を変えます。\n\n「隠し層」とは書きません。\n\n隠れ層とも言います。\n", words)
    assert found == ["docs/ja/x.md:1: 隠し層: the glossary's term is 中間層"]


def test_a_word_to_avoid_inside_an_accepted_term_is_no_fault() -> None:
    words = [prose.Avoid("深い学習", "深層学習", ("深い学習率",))]
    assert list(prose.avoided("深い学習率を調べます。", words)) == []
    assert len(list(prose.avoided("深い学習を調べます。", words))) == 1


def test_code_and_formulas_are_read_as_nouns() -> None:
    assert prose.masked("**重み** $w_{1}$ は [`Linear`](x.md) が持ちます。") == ("重み エックス は コード が持ちます。")


def test_findings_of_several_pages_keep_their_page() -> None:
    pages = [
        blocks.read(f"# 題 {{#t}}\n\n{text}\n", path) for path, text in (("a.md", "良いです。"), ("b.md", "悪い。"))
    ]
    assert [finding.path for finding in prose.check(pages)] == ["b.md"]


def test_the_glossary_of_the_project_is_read() -> None:
    words = prose.read_avoided(Path(__file__).parents[2] / "docs" / "shared" / "terms.tsv")
    assert len(words) > 20
    assert "中間層" not in {word.word for word in words}


def test_the_program_looks_at_the_japanese_of_the_pages_and_the_labs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(prose, "textlint", lambda texts: [[] for _ in texts])
    for folder in ("ja", "en", "labs", "shared"):
        (tmp_path / "docs" / folder).mkdir(parents=True)
    (tmp_path / "docs" / "shared" / "terms.tsv").write_text(TERMS, encoding="utf-8")
    ja, en = (f'# %% [markdown] lang="{lang}"\n# # {{}} {{{{#t}}}}\n#\n# {{}}\n\n' for lang in ("ja", "en"))
    for text in ("隠し層の値です。", "中間層の値です。"):
        (tmp_path / "docs" / "ja" / "x.md").write_text(f"# 題 {{#t}}\n\n{text}\n", encoding="utf-8")
        (tmp_path / "docs" / "labs" / "y.py").write_text(
            ja.format("題", text) + en.format("Title", "値を返す。"), "utf-8"
        )
        (tmp_path / "docs" / "en" / "x.md").write_text("# Title {#t}\n\n値を返す。\n", encoding="utf-8")
        wrong = text.startswith("隠")
        assert prose.main() == int(wrong)
        places = ("docs/ja/x.md:3", "docs/labs/y.py:4") if wrong else ()
        found = [f"{place}: 隠し層: the glossary's term is 中間層" for place in places]
        assert capsys.readouterr().out.splitlines() == found


def test_a_textlint_that_does_not_run_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "prose.mjs"
    broken.write_text("throw new Error('no such luck');")
    monkeypatch.setattr(prose, "SCRIPT", broken)
    with pytest.raises(RuntimeError, match=r"(?s)^textlint did not run \(make setup\?\): .*no such luck"):
        findings(GOOD)
