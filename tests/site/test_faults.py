"""Faults planted one at a time in a copy of a few pages: each is found, with the file and the line where it stands.

`make faults` plants many more, in the whole project (`dlnotes_site/faults`, tested in test_planting.py); here every
check of the pages is seen to work in seconds.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dlnotes_site import site
from dlnotes_site.faults.__main__ import copy_caches
from dlnotes_site.page import Finding

ROOT = Path(__file__).parents[2]
JA, EN = "docs/ja/guide.md", "docs/en/guide.md"
LAB = "docs/labs/spirals.py"


PAGES = ("guide", "index", "glossary", "check-test")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A few pages and a lab, with the runs and formulas of the real ones at hand."""
    wanted = [f"docs/{lang}/{name}.md" for lang in site.LANGUAGES for name in PAGES]
    wanted += [LAB, "docs/shared/terms.tsv", "benchmarks/results.json", "mkdocs.yml", "mkdocs.en.yml"]
    for name in wanted:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for folder in ("docs/translations", "tests/formulas"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    copy_caches(ROOT, tmp_path)
    return tmp_path


def findings(root: Path) -> list[Finding]:
    return site.findings(site.load(root))


def _of_guide(root: Path) -> list[str]:
    """What is wrong with the guide: other pages here lead to some that are not."""
    missing = r"there is no such page|missing in the other"
    return [str(one) for one in findings(root) if one.path in (JA, EN) and not re.search(missing, one.text)]


def replace(path: str, old: str, new: str) -> Callable[[Path], tuple[str, int]]:
    """A fault: the first `old` in a file becomes `new`; returns where."""

    def plant(root: Path) -> tuple[str, int]:
        file = root / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} no longer holds {old!r}: choose another place for this fault"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path, text[: text.index(old)].count("\n") + 1

    return plant


def both(old: str, new: str) -> Callable[[Path], tuple[str, int]]:
    def plant(root: Path) -> tuple[str, int]:
        replace(EN, old, new)(root)
        return replace(JA, old, new)(root)

    return plant


def remove_page(root: Path) -> tuple[str, int]:
    (root / "docs/en/check-test.md").unlink()
    return "docs/ja/check-test.md", 1


def reword(root: Path) -> tuple[str, int]:
    """A Japanese paragraph is changed and its translation is not; the line is that of the translation."""
    _, line = replace(JA, "ブロックはどれも単独で動きます。", "どのブロックも単独で動きます。")(root)
    japanese = site.read(root)["ja"]["guide"].prose
    number = next(number for number, unit in enumerate(japanese) if unit.line == line)
    return EN, site.read(root)["en"]["guide"].prose[number].line


def exchange(root: Path) -> tuple[str, int]:
    """Two Japanese table cells change places, which no hash of a single one would show."""
    _, line = replace(JA, "| $N$ | バッチに含まれるサンプルの数 |", "| $N$ | 入力の特徴量の数 |")(root)
    replace(JA, "| $D$ | 入力の特徴量の数 |", "| $D$ | バッチに含まれるサンプルの数 |")(root)
    return EN, line


def forget(root: Path) -> tuple[str, int]:
    (root / "docs/translations/en/guide.txt").unlink()
    return EN, 1


def last(old: str, new: str) -> Callable[[Path], tuple[str, int]]:
    """A fault in a lab, where a pair of prose cells ends with the English one: the last `old` becomes `new`."""

    def plant(root: Path) -> tuple[str, int]:
        file = root / LAB
        text = file.read_text(encoding="utf-8")
        before, found, after = text.rpartition(old)
        assert found, f"{LAB} no longer holds {old!r}: choose another place for this fault"
        file.write_text(before + new + after, encoding="utf-8")
        return LAB, before.count("\n") + 1

    return plant


def silence(root: Path) -> tuple[str, int]:
    """The last English prose cell of a lab loses its marker; the line is that of the Japanese one, now alone."""
    _, line = last('# %% [markdown] lang="en"\n', "")(root)
    lines = (root / LAB).read_text(encoding="utf-8").split("\n")[: line - 1]
    return LAB, max(number for number, text in enumerate(lines, 1) if text == '# %% [markdown] lang="ja"')


def reword_lab(root: Path) -> tuple[str, int]:
    """The Japanese heading of a lab's last section is changed and the English one is not."""
    file = root / LAB
    text = file.read_text(encoding="utf-8")
    (japanese, english) = re.findall(r"^# ## (.*) \{#try\}$", text, re.MULTILINE)
    file.write_text(text.replace(f"# ## {japanese} ", f"# ## {japanese}です "), encoding="utf-8")
    return LAB, text[: text.index(f"# ## {english} ")].count("\n") + 1


FIGURE = "<!-- figure: sigmoid"
FAULTS = {
    "a printed digit changed": (both("[0.1192 0.5    0.8808]", "[0.1193 0.5    0.8808]"), "the page says"),
    "a name misspelt in a block": (both("print(np.dot(w, x)", "print(np.dot(w, xx)"), "NameError"),
    "a block retagged py": (replace(JA, "```python", "```py"), "would not be run"),
    "an attribute added to a fence": (replace(JA, "```python", '```python title="x"'), "would not be run"),
    "a figure directive removed": (replace(JA, FIGURE, "<!-- was: sigmoid"), "unknown directive"),
    "a figure directive without a figure": (
        both("    24\n    ```\n", "    24\n    ```\n\n    <!-- figure: none | A figure nobody draws. -->\n"),
        "draws 0 figures",
    ),
    "a block in English that computes something else": (replace(EN, "[-2.0, 0.0, 2.0]", "[-2.0, 0.0, 2.5]"), "block 2"),
    "a formula changed in one language": (replace(EN, "w_i x_i + b\n", "w_i x_i - b\n"), "formula"),
    "a formula changed in both languages and not in its test": (
        lambda root: (both("w_i x_i + b\n", "w_i x_i - b\n")(root), ("tests/formulas/test_guide.py", 10))[1],
        "says",
    ),
    "a formula without a label": (replace(JA, "<!-- formula: pre-activation -->\n", ""), "has no label"),
    "a label without a test": (both("<!-- formula: pre-activation -->", "<!-- formula: sum -->"), "no test holds"),
    "a label changed in one language": (replace(EN, "formula: pre-activation", "formula: sum"), "not the same label"),
    "a test whose formula does not exist": (
        replace("tests/formulas/test_guide.py", "guide#pre-activation", "guide#activation"),
        "no such formula",
    ),
    "a test of formulas without a mark": (
        replace("tests/formulas/test_guide.py", "@holds(", "@held("),
        "names no formula",
    ),
    "a symbol that no table explains": (both("+ b\n$$", "+ B\n$$"), "no table explains the symbol $B$"),
    "an inline formula changed in one language": (replace(EN, "$u = xW + b$", "$u = Wx + b$"), "not the formulas"),
    "a heading id changed in one language": (replace(EN, "{#figures}", "{#pictures}"), "heading"),
    "a heading without an id": (replace(JA, " {#figures}", ""), "has no id"),
    "a page missing in English": (remove_page, "missing in the other language"),
    "a link to a missing page": (both("## ", "[x](nowhere.md)\n\n## "), "no such page"),
    "a link to a missing heading": (both("## ", "[x](glossary.md#nowhere)\n\n## "), "no such heading"),
    "an output taken from an unseeded generator": (
        both("print(np.round(sigmoid(u), 4))", "print(np.random.default_rng().random())"),
        "seed",
    ),
    "an output taken from a time": (
        both("    import numpy as np\n\n    w", "    import time\n\n    w"),
        "imports time",
    ),
    "a translated paragraph changed": (reword, "translated from an earlier"),
    "two translated cells exchanged": (exchange, "translated from an earlier"),
    "a translation never recorded": (forget, "not recorded"),
    "a link with a title, which the reader does not take": (
        both("## ", '[x](nowhere.md "t")\n\n## '),
        "[text](address)",
    ),
    "a link to a page's address instead of its file": (both("## ", "[x](glossary/)\n\n## "), "no such"),
    "a date from NumPy": (both("print(np.round(sigmoid(u), 4))", "print(np.datetime64('today'))"), "today"),
    "a version": (both("print(np.round(sigmoid(u), 4))", "print(np.__version__)"), "__version__"),
    "a raw HTML image that does not exist": (both("## ", '<img src="nowhere.png" alt="x">\n\n## '), "no such file"),
    "a formula that MathJax cannot read": (both(r"\sum_{i=1}", r"\summe_{i=1}"), "MathJax cannot read"),
    "an output removed": (
        both("<!--pytest-codeblocks:expected-output-->\n```text\n[0.1192 0.5    0.8808]\n```\n", "\n"),
        "does not say so",
    ),
    "a question removed in one language": (
        replace(EN, '??? question "Question 2', '!!! question "Question 2'),
        "not in the other",
    ),
    "a caption that says nothing": (
        replace(
            JA, "シグモイド関数のグラフ。総入力 u が負から正へ変わると、出力は 0 から 1 へなめらかに上がる。", "図"
        ),
        "too little",
    ),
    "a heading id changed in one language of a lab": (last("{#try}", "{#tries}"), "heading"),
    "a prose cell of a lab in one language only": (silence, "is prose in ja only"),
    "a formula changed in one language of a lab": (last(r"z_1 = \max(0, u_1)", r"z_1 = \min(0, u_1)"), "formula"),
    "a link of a lab to a missing page": (last("(../basics/perceptron.md", "(../basics/percepton.md"), "no such page"),
    "a link of a lab to a notebook as if it were a page": (last("(../basics/perceptron.md", "(cnn.md"), "no such page"),
    "a figure directive of a lab removed": (
        last("# <!-- figure: linear-regions", "# <!-- was: x"),
        "unknown directive",
    ),
    "a figure of a lab with another id": (last("# <!-- figure: linear-regions", "# <!-- figure: areas"), "figure"),
    "a Japanese heading of a lab changed": (reword_lab, "translated from an earlier"),
    "an unknown measured number": (both("## ", "<!-- bench: no.such -->\n\n## "), "no 'no.such'"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_named_with_file_and_line(copy: Path, name: str) -> None:
    plant, said = FAULTS[name]
    path, line = plant(copy)
    found = findings(copy)
    near = [finding for finding in found if finding.path == path and abs(finding.line - line) <= 12]
    assert any(re.search(re.escape(said), finding.text) for finding in near), found


def test_update_mends_a_changed_digit_in_both_languages(copy: Path) -> None:
    both("[0.1192 0.5    0.8808]", "[9.9999 0.5    0.8808]")(copy)
    assert {file.name for file in site.update(site.load(copy))} == {"guide.md"}
    for path in (JA, EN):
        assert (copy / path).read_bytes() == (ROOT / path).read_bytes()


def test_update_writes_an_output_that_is_missing_and_takes_one_that_is_too_much(copy: Path) -> None:
    both("print(np.dot(w, x) + 1)", "np.dot(w, x)")(copy)
    both("plt.ylabel(", "print(1)\nplt.ylabel(")(copy)
    site.update(site.load(copy))
    text = (copy / JA).read_text(encoding="utf-8")
    assert "```text\n24" not in text
    assert "<!--pytest-codeblocks:expected-output-->\n```text\n1\n```\n\n<!-- figure" in text
    assert [said for said in _of_guide(copy) if "translated" not in said] == []


def test_translated_records_a_translation_that_was_mended(copy: Path) -> None:
    reword(copy)
    replace(EN, "Every block stands alone.", "Each block stands alone.")(copy)
    assert site.translated(site.load(copy), frozenset()) == []
    assert _of_guide(copy) == []


def test_translated_refuses_a_translation_that_was_not_touched(copy: Path) -> None:
    path, line = reword(copy)
    (refused,) = site.translated(site.load(copy), frozenset())
    assert (refused.path, refused.line) == (path, line)
    assert site.translated(site.load(copy), frozenset({f"{path}:{line}"})) == []
    assert _of_guide(copy) == []
