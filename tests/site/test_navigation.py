"""The check of the two navigations: what is missing, too much or in another order is named with file and line."""

from pathlib import Path

import pytest

from dlnotes_site import navigation

JA = "site_name: x\nnav:\n  - はじめに: index.md\n  - 基礎:\n      - basics/a.md\n      - labs/b.ipynb\nextra: 1\n"
EN = "INHERIT: mkdocs.yml\nnav:\n  - Start: index.md\n  - Basics:\n      - basics/a.md\n      - labs/b.ipynb\n"
PAGES = ("index", "basics/a", "labs/b")


def found(folder: Path, ja: str = JA, en: str = EN) -> list[str]:
    (folder / "mkdocs.yml").write_text(ja, encoding="utf-8")
    (folder / "mkdocs.en.yml").write_text(en, encoding="utf-8")
    return [str(finding) for finding in navigation.check(folder, PAGES)]


def test_navigations_that_agree_have_no_findings(tmp_path: Path) -> None:
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("ja", "en", "said"),
    [
        (JA, EN.replace("      - labs/b.ipynb\n", ""), "mkdocs.en.yml:5: the navigation lacks the page 'labs/b'"),
        (JA.replace("  - はじめに: index.md\n", ""), EN, "mkdocs.yml:1: the navigation lacks the page 'index'"),
        (JA.replace("b.ipynb", "c.ipynb"), EN, "mkdocs.yml:6: the navigation names 'labs/c', and there is no such"),
        (JA, EN.replace("basics/a.md\n      - labs/b.ipynb", "labs/b.ipynb\n      - basics/a.md"),
         "mkdocs.en.yml:5: the navigation has 'labs/b' where mkdocs.yml:5 has 'basics/a'"),
    ],
)  # fmt: skip
def test_what_differs_is_named(tmp_path: Path, ja: str, en: str, said: str) -> None:
    assert any(finding.startswith(said) for finding in found(tmp_path, ja, en)), found(tmp_path, ja, en)
