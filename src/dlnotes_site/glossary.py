"""The glossary: the terms of `docs/shared/terms.tsv` and the page that is made from them."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

__all__ = ["GLOSSARY", "GROUPS", "Term", "markdown", "read_terms"]

GLOSSARY = "glossary"  # the page of the glossary itself
GROUPS = {
    "learning": ("機械学習の基本", "Machine learning"),
    "network": ("ネットワークの構造", "The structure of a network"),
    "activation": ("活性化関数と出力", "Activation functions and outputs"),
    "loss": ("損失", "Losses"),
    "optimization": ("最適化", "Optimization"),
    "backpropagation": ("微分と逆伝播", "Derivatives and backpropagation"),
    "initialization": ("初期値と正規化", "Initial values and normalization"),
    "generalization": ("汎化と正則化", "Generalization and regularization"),
    "vision": ("畳み込みと画像", "Convolution and images"),
    "arrays": ("配列の計算", "Computing with arrays"),
    "site": ("読むための言葉", "Words about this site"),
}
"""Topics in the order of the page: id, then the heading in Japanese and in English."""


@dataclass(frozen=True)
class Term:
    """One line of the table; `page` is the page that explains the term, with `#heading-id` if need be."""

    id: str
    group: str
    en: str
    ja: str
    reading: str
    en_also: tuple[str, ...]
    ja_also: tuple[str, ...]
    ja_avoid: tuple[str, ...]
    short_en: str
    short_ja: str
    page: str

    def forms(self) -> list[str]:
        """All that a reader may type for this term, its two names first, each spelling once."""
        return _distinct([self.en, self.ja, self.reading, *self.en_also, *self.ja_also])


_COLUMNS = [field.name for field in fields(Term)]
_LISTS = {"en_also", "ja_also", "ja_avoid"}


def read_terms(path: Path) -> list[Term]:
    """Read the table.

    Raises
    ------
    ValueError
        With file and line, for a wrong header, a wrong number of columns, an empty cell that must not be
        empty, an unknown group or an id that stands twice.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0].split("\t") != _COLUMNS:
        raise ValueError(f"{path}:1: expected the columns {' '.join(_COLUMNS)}")
    terms: dict[str, Term] = {}
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(_COLUMNS):
            raise ValueError(f"{path}:{number}: expected {len(_COLUMNS)} columns, got {len(cells)}")
        row = dict(zip(_COLUMNS, cells, strict=True))
        empty = [name for name, cell in row.items() if not cell.strip() and name not in _LISTS]
        if empty:
            raise ValueError(f"{path}:{number}: fill in {', '.join(empty)}")
        if row["group"] not in GROUPS:
            raise ValueError(f"{path}:{number}: unknown group {row['group']!r}, use one of {', '.join(GROUPS)}")
        if row["id"] in terms:
            raise ValueError(f"{path}:{number}: the id {row['id']!r} stands twice")
        lists = {name: tuple(filter(None, row.pop(name).split("|"))) for name in _LISTS}
        terms[row["id"]] = Term(**row, **lists)  # type: ignore[arg-type]  # str and tuple columns mixed
    return list(terms.values())


def markdown(terms: Sequence[Term], lang: str, titles: Mapping[str, str]) -> str:
    """The entries of the glossary page in one language, `ja` or `en`; the page's title is not among them.

    Headings and their order are the same in both languages: `## … {#group-<group>}` a topic,
    `### … {#<id>}` a term, so that each term is a section that search can show on its own.

    Raises
    ------
    ValueError
        For a term whose page has no title in `titles`.
    """
    ja = lang == "ja"
    parts = []
    for group, (title_ja, title_en) in GROUPS.items():
        members = [term for term in terms if term.group == group]
        if members:
            parts.append(f"## {title_ja if ja else title_en} {{#group-{group}}}")
            parts += [_entry(term, ja, titles) for term in members]
    return "\n\n".join(parts) + "\n"


def _entry(term: Term, ja: bool, titles: Mapping[str, str]) -> str:
    """One term: heading, definition, the other language, variants, and where it is explained."""
    name, other = (term.ja, term.en) if ja else (term.en, term.ja)
    also = [form for form in _distinct([name, *(term.ja_also if ja else term.en_also)])[1:] if form != other]
    also_other = _distinct([other, *(term.en_also if ja else term.ja_also)])
    also_other = [form for form in also_other if form == other or form not in (name, *also)]
    comma, colon = ("、", "：") if ja else (", ", ": ")
    items = [f"{'英語' if ja else 'Japanese'}{colon}{comma.join(also_other)}"]
    items.insert(0 if ja else 1, f"{'読み' if ja else 'Reading'}{colon}{term.reading}")
    if term.ja_also or term.en_also:  # the entries of both languages have the same lines
        items.append(f"{'別の言い方' if ja else 'Also'}{colon}{comma.join(also) or ('なし' if ja else 'none')}")
    page, _, anchor = term.page.partition("#")
    if page != GLOSSARY:
        if page not in titles:
            raise ValueError(f"term {term.id!r}: the page {page!r} does not exist; correct the column 'page'")
        link = f"[{titles[page]}]({page}.md{'#' + anchor if anchor else ''})"
        items.append(f"{'解説' if ja else 'Explained in'}{colon}{link}")
    text = f"{term.short_ja}。" if ja else term.short_en
    return f"### {name} {{#{term.id}}}\n\n{text}\n\n" + "\n".join(f"- {item}" for item in items)


def _distinct(forms: Sequence[str]) -> list[str]:
    """Forms without those that differ from an earlier one by case, width or hyphens alone."""
    seen: dict[str, str] = {}
    for form in forms:
        folded = unicodedata.normalize("NFKC", form).casefold()
        seen.setdefault("".join(char for char in folded if char not in " -‐・_"), form)
    return list(seen.values())
