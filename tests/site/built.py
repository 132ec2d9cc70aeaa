"""The built site as the tests read it: each page's article, taken apart without the help of `dlnotes_site.blocks`."""

import functools
import os
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString, Tag

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("DLNOTES_SITE", ROOT / "site"))
_UNITS = ["h1", "h2", "h3", "h4", "h5", "h6", "p", "li", "td", "th", "summary", "figcaption", "label"]
_BLOCKS = {"p", "ul", "ol", "div", "details", "figure", "table", "pre", "li", "summary"}


@dataclass(frozen=True)
class Shown:
    """What a reader of a built page is shown, in order."""

    blocks: list[str]
    outputs: list[str]
    fences: list[str]
    figures: list[tuple[str, str]]
    formulas: list[tuple[str, bool]]
    headings: list[tuple[int, str, str]]
    links: list[str]
    units: list[str]
    questions: int


def file_of(lang: str, name: str) -> Path:
    folder = "" if name == "index" else f"{name.removesuffix('/index')}/"
    return SITE / ("en" if lang == "en" else "") / folder / "index.html"


@functools.cache
def soup(file: Path) -> BeautifulSoup:
    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing: run `make site` first")
    return BeautifulSoup(file.read_text(encoding="utf-8"), "lxml")


@functools.cache
def shown(lang: str, name: str) -> Shown:
    article = soup(file_of(lang, name)).select_one("article")
    assert article is not None
    for extra in article.select(
        ".headerlink, .dl-output__label, .dl-install, .dl-take, .dl-verification, .dl-checked, .dl-proof, .dl-proofs"
    ):
        extra.extract()
    return Shown(
        blocks=[code.get_text() for code in article.select(".dl-block > .highlight code")],
        outputs=[output.get_text() for output in article.select(".dl-output samp")],
        fences=[
            code.get_text() for code in article.select(".highlight code") if not code.find_parent(class_="dl-block")
        ],
        figures=[(str(f["id"]), f.figcaption.get_text()) for f in article.select("figure") if f.figcaption],
        formulas=[_formula(formula) for formula in article.select(".formula")],
        headings=[(int(h.name[1]), text(h), str(h.get("id"))) for h in article.find_all(_UNITS[:6])],
        links=[str(a.get("href") or a.get("src")) for a in article.select("a, img") if not a.find_parent("figure")],
        units=[unit for tag in article.find_all(_UNITS) if (unit := text(tag))],
        questions=len(article.select("details.question")),
    )


def _formula(tag: Tag) -> tuple[str, bool]:
    annotation = tag.select_one("annotation")
    assert annotation is not None
    return annotation.get_text(), tag.name == "div"


def text(tag: Tag) -> str:
    """The tag's own text: formulas as TeX, nothing of the blocks inside."""
    return " ".join("".join(_parts(tag)).split())


def _parts(tag: Tag) -> list[str]:
    parts = []
    for child in tag.children:
        if isinstance(child, Tag):
            classes = child.get("class") or []
            if "formula" in classes:
                tex, display = _formula(child)
                parts.append("" if display else f"${tex}$")
            elif child.name not in _BLOCKS:
                parts += _parts(child)
        elif isinstance(child, NavigableString) and type(child) is NavigableString:
            parts.append(str(child))
    return parts
