"""The command for translators: the Japanese text as it was translated, as it is now, and the English, from git."""

import subprocess
from pathlib import Path

import pytest

from dlnotes_site import outdated, parity, site
from dlnotes_site.page import Page

JA = """# 見出し {#x}

学習率は 0.1 です。

更新は3回です。
"""
EN = """# Heading {#x}

The learning rate is 0.1.

There are three updates.
"""
LAB = """# %% [markdown] lang="ja"
# # 実習 {#lab}
#
# 学習率は 0.1 です。

# %% [markdown] lang="en"
# # Lab {#lab}
#
# The learning rate is 0.1.

# %%
print(1)

"""


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-m", "x")


def change(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text(encoding="utf-8")
    assert old in text
    write(root, path, text.replace(old, new))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    git(tmp_path, "init")
    write(tmp_path, "docs/ja/x.md", JA)
    write(tmp_path, "docs/en/x.md", EN)
    write(tmp_path, "docs/labs/y.py", LAB)
    pages = site.read(tmp_path)
    for name in ("x", "labs/y"):
        assert parity.translated(tmp_path, pages["ja"][name], pages["en"][name], frozenset()) == []
    commit(tmp_path)
    return tmp_path


def found(root: Path, only: str = "") -> list[outdated.Unit]:
    return outdated.of(root, site.read(root), only)


def test_nothing_is_behind_where_nothing_changed(root: Path) -> None:
    assert found(root) == []
    assert list(outdated.report([])) == ["0 English units fell behind"]


def test_the_text_that_was_translated_comes_from_the_history(root: Path) -> None:
    for value in ("0.2", "0.3"):  # two commits later
        change(root, "docs/ja/x.md", f"0.{int(value[-1]) - 1} です", f"{value} です")
        commit(root)
    (unit,) = found(root)
    assert unit.was == "学習率は 0.1 です。"
    assert unit.now == "学習率は 0.3 です。"
    assert unit.english == "The learning rate is 0.1."
    assert (unit.ja, unit.en, unit.touched) == ("docs/ja/x.md:3", "docs/en/x.md:3", False)
    said = "\n".join(outdated.report([unit]))
    assert "学習率は [-0.1-]{+0.3+} です。" in said
    assert 'make translated SAME="docs/en/x.md:3"' in said


def test_no_more_commits_are_read_than_needed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        change(root, "docs/en/x.md", "three updates", f"three updates {number}")
        change(root, "docs/ja/x.md", "更新は3回", f"更新は3回{number}")
        commit(root)
    pages = site.read(root)
    write(root, "docs/translations/en/x.txt", "")
    pages_then: list[str] = []
    real = outdated._page_at

    def counted(root: Path, commit: str, page: Page) -> Page:
        pages_then.append(commit)
        return real(root, commit, page)

    monkeypatch.setattr(outdated, "_page_at", counted)
    wanted = [parity.digest(unit) for unit in pages["ja"]["x"].prose]
    assert len(outdated.in_history(root, pages["ja"]["x"], wanted)) == len(wanted)
    assert len(pages_then) == 1


def test_a_lab_is_shown_with_the_lines_of_its_source(root: Path) -> None:
    change(root, "docs/labs/y.py", "学習率は 0.1", "学習率は 0.5")
    (unit,) = found(root)
    assert (unit.was, unit.ja, unit.en) == ("学習率は 0.1 です。", "docs/labs/y.py:4", "docs/labs/y.py:9")


def test_a_new_paragraph_has_no_text_before(root: Path) -> None:
    change(root, "docs/ja/x.md", "更新は", "図を見ます。\n\n更新は")
    change(root, "docs/en/x.md", "There are", "See the figure.\n\nThere are")
    (unit,) = found(root)
    assert (unit.was, unit.now, unit.touched) == ("", "図を見ます。", True)
    assert "(new, or moved here)" in "\n".join(outdated.report([unit]))
    assert not any("SAME" in line for line in outdated.report([unit]))


def test_a_text_that_was_never_committed_is_said_to_be_missing(root: Path) -> None:
    change(root, "docs/ja/x.md", "更新は3回", "更新は4回")
    change(root, "docs/en/x.md", "three", "four")
    pages = site.read(root)
    assert parity.translated(root, pages["ja"]["x"], pages["en"]["x"], frozenset()) == []
    change(root, "docs/ja/x.md", "更新は4回", "更新は5回")
    (unit,) = found(root)
    assert unit.was is None
    assert "not in git" in "\n".join(outdated.report([unit]))


def test_one_page_is_shown_by_name_or_path_and_an_unknown_one_is_named(root: Path) -> None:
    change(root, "docs/ja/x.md", "更新は3回", "更新は4回")
    change(root, "docs/labs/y.py", "学習率は 0.1", "学習率は 0.5")
    assert [len(found(root, only)) for only in ("", "x", "docs/en/x.md", "docs/ja/x.md", "labs/y")] == [2, 1, 1, 1, 1]
    with pytest.raises(ValueError, match="no page 'z'"):
        found(root, "z")


def test_a_page_that_is_not_put_together_as_its_original_is_not_recorded(root: Path) -> None:
    change(root, "docs/en/x.md", "{#x}", "{#y}")
    before = parity.recorded(root, "x")
    change(root, "docs/ja/x.md", "更新は3回", "更新は4回")
    change(root, "docs/en/x.md", "three", "four")
    (refused,) = site.translated(site.Guide(root, site.read(root), {}, {}), frozenset())
    assert str(refused).startswith("docs/en/x.md:1: heading 1 is not the same as in docs/ja/x.md:1")
    assert parity.recorded(root, "x") == before


def test_an_entry_of_the_glossary_comes_from_its_table(tmp_path: Path) -> None:
    git(tmp_path, "init")
    header = "id group en ja reading en_also ja_also ja_avoid short_en short_ja page".replace(" ", "\t")
    row = "loss\tloss\tloss\t損失\tそんしつ\t\t\t\tHow wrong.\t外れの大きさ\tglossary"
    write(tmp_path, "docs/shared/terms.tsv", f"{header}\n{row}\n")
    for lang in site.LANGUAGES:
        write(tmp_path, f"docs/{lang}/glossary.md", "# x {#x}\n\n<!-- glossary -->\n")
    pages = site.read(tmp_path)
    parity.translated(tmp_path, pages["ja"]["glossary"], pages["en"]["glossary"], frozenset())
    commit(tmp_path)
    change(tmp_path, "docs/shared/terms.tsv", "外れの大きさ", "外れの程度")
    (unit,) = found(tmp_path)
    assert (unit.was, unit.now, unit.english) == ("外れの大きさ。", "外れの程度。", "How wrong.")


def test_changed_words_are_marked_in_colours_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert outdated.marked("更新は3回です。", "更新は5回だけです。") == "更新は[-3-]{+5+}回[-です-]{+だけです+}。"
    assert outdated.marked("3回", "5回", colours=True) == "\x1b[31;9m3\x1b[0m\x1b[32;1m5\x1b[0m回"
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert outdated.wants_colours(True)
    assert not outdated.wants_colours(False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not outdated.wants_colours(True)
