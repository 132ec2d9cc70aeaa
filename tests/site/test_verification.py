"""What the site says of its checks is what their results say."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from dlnotes_site import site, verification
from dlnotes_site.page import Block, Figure, Formula, Page

from .built import file_of, tree


@pytest.fixture
def guide(tmp_path: Path) -> site.Guide:
    (tmp_path / verification.RESULTS).mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    return site.Guide(tmp_path, {"ja": {}, "en": {}}, {}, {})


def cells(html: str) -> list[list[str]]:
    rows = BeautifulSoup(html, "lxml").select("tbody tr")
    return [[cell.get_text() for cell in row.select("td")] for row in rows]


@pytest.mark.parametrize("lang", site.LANGUAGES)
@pytest.mark.parametrize(
    ("directive", "target"),
    [("copies", "test"), ("pressed", "pressed"), ("faults", "faults"), ("mutants", "mutants")],
)
def test_a_result_that_is_not_there_is_said_not_to_be_there(
    guide: site.Guide, directive: str, target: str, lang: str
) -> None:
    html = verification.filled(directive, guide, lang)
    assert "<table" not in html
    assert re.findall(r"make (\w+)", html) == [target]


def test_pressed_buttons_come_from_their_report(guide: site.Guide) -> None:
    report = {"date": "2026-01-02", "pyodide": "9.9", "blocks": {"en": 3, "ja": 4}, "figures": 5, "slowest": 6.5}
    (guide.root / verification.RESULTS / "pressed.json").write_text(json.dumps(report), encoding="utf-8")
    assert cells(verification.filled("pressed", guide, "en")) == [["Pyodide 9.9", "7", "5", "6.5", "2026-01-02"]]


def test_faults_come_from_their_report(guide: site.Guide) -> None:
    report = {"seed": "7", "date": "2026-01-02", "planted": 90, "caught": 89, "kinds": 31, "seconds": 12.5}
    report |= {"by_step": {"pages": 60, "library": 29}, "outcomes": []}
    (guide.root / "tests/faults.json").write_text(json.dumps(report), encoding="utf-8")
    rows = cells(verification.filled("faults", guide, "en"))
    assert rows == [["long run", "2026-01-02", "7", "31", "90", "89", "12.5"], ["pages", "60"], ["library", "29"]]


def test_mutants_come_from_their_report(guide: site.Guide) -> None:
    report = {"modules": {"losses": {"all": 200, "killed": 190}}}
    (guide.root / "tests/mutants.json").write_text(json.dumps(report), encoding="utf-8")
    assert cells(verification.filled("mutants", guide, "ja")) == [["losses", "200", "190", "95.0 %", "10"]]


def test_the_foot_says_what_is_on_the_page() -> None:
    block = Block(1, 3, 3, 0, "print(1)\n", None, (Figure(4, "x", "a figure"),))
    page = Page("docs/en/x.md", "x", "en", "", blocks=[block, block], formulas=[Formula(1, "x", False)] * 3)
    assert "2 blocks, 2 figures, 3 formulas, NumPy " in verification.foot(page)["text"]
    page.lang = "ja"
    assert "コード 2、図 2、数式 3、NumPy " in verification.foot(page)["text"]


@pytest.mark.parametrize(
    "page", [page for pages in site.read().values() for page in pages.values()], ids=lambda p: p.path
)
def test_each_pages_foot_says_what_it_was_checked_with(page: Page) -> None:
    (shown,) = tree(file_of(page.lang, page.name)).find_class("dl-checked")
    assert verification.foot(page)["text"].strip() in " ".join(shown.text_content().split())
    assert shown.find(".//a").get("href").endswith("verification/") or page.name == "verification"
