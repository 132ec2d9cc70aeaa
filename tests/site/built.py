"""The built site as the tests read it: each page's article, taken apart without the help of `dlnotes_site.blocks`."""

import functools
import os
from dataclasses import dataclass
from pathlib import Path

from lxml import html

from dlnotes_site.copied import of_class
from dlnotes_site.page import folder_of

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("DLNOTES_SITE", ROOT / "site"))
_UNITS = ["h1", "h2", "h3", "h4", "h5", "h6", "p", "li", "td", "th", "summary", "figcaption", "label"]
_EXTRA = [
    "headerlink",
    "dl-output__label",
    "dl-install",
    "dl-take",
    "dl-verification",
    "dl-checked",
    "dl-proof",
    "dl-proofs",
]
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
    file = SITE / folder_of(lang, name) / "index.html"
    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing: run `make site` first")
    return file


def parsed(file: Path) -> html.HtmlElement:
    """A page taken apart anew."""
    return html.parse(str(file), html.HTMLParser(encoding="utf-8")).getroot()


tree = functools.cache(parsed)  # for those who change nothing


@functools.cache
def shown(lang: str, name: str) -> Shown:
    article = parsed(file_of(lang, name)).find(".//article")
    for extra in article.xpath(f".//*[{' or '.join(map(of_class, _EXTRA))}]"):
        extra.drop_tree()
    return Shown(
        blocks=_texts(article, f".//*[{of_class('dl-block')}]/*[{of_class('highlight')}]//code"),
        outputs=_texts(article, f".//*[{of_class('dl-output')}]//samp"),
        fences=_texts(article, f".//*[{of_class('highlight')}]//code[not(ancestor::*[{of_class('dl-block')}])]"),
        figures=[
            (f.get("id"), f.find(".//figcaption").text_content()) for f in article.xpath(".//figure[.//figcaption]")
        ],
        formulas=[_formula(formula) for formula in article.find_class("formula")],
        headings=[(int(h.tag[1]), text(h), h.get("id")) for h in article.iter(*_UNITS[:6])],
        links=[a.get("href") or a.get("src") for a in article.xpath("(.//a | .//img)[not(ancestor::figure)]")],
        units=[unit for tag in article.iter(*_UNITS) if (unit := text(tag))],
        questions=len(article.xpath(f".//details[{of_class('question')}]")),
    )


def _texts(article: html.HtmlElement, path: str) -> list[str]:
    return [found.text_content() for found in article.xpath(path)]


def _formula(tag: html.HtmlElement) -> tuple[str, bool]:
    return tag.find(".//annotation").text, tag.tag == "div"


def text(tag: html.HtmlElement) -> str:
    """The tag's own text: formulas as TeX, nothing of the blocks inside."""
    return " ".join("".join(_parts(tag)).split())


def _parts(tag: html.HtmlElement) -> list[str]:
    parts = [tag.text or ""]
    for child in tag:
        if "formula" in child.get("class", "").split():
            tex, display = _formula(child)
            parts.append("" if display else f"${tex}$")
        elif isinstance(child.tag, str) and child.tag not in _BLOCKS:
            parts += _parts(child)
        parts.append(child.tail or "")
    return parts
