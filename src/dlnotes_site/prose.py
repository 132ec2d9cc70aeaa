"""Check the Japanese prose of the pages: style by textlint; widths, endings and terms by patterns.

`check` takes pages and returns findings. Code and formulas are no prose: each is read as one made-up
noun, so that the grammar around it holds. Run as a program, this checks docs/ja and prints what it finds.
"""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlnotes_site import labs
from dlnotes_site.blocks import MARK, read_tree
from dlnotes_site.node import NODE
from dlnotes_site.page import Finding, Page, Prose

SCRIPT = Path(__file__).with_suffix(".mjs")

_JAPANESE = r"[\u3041-\u30ff\u3400-\u9fff々〆ー]"
_MASKS = (
    (MARK, ""),  # where a number comes from
    (re.compile(r"<!--.*?-->"), "ミハリ"),  # a measured number that is filled in
    (re.compile(r"(`+).+?(?<!`)\1(?!`)"), "コード"),
    (re.compile(r"\$(?!\s)(?:\\.|[^\\$])+?(?<!\s)\$"), "エックス"),
    (re.compile(r"!?\[([^\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)"), r"\1"),
    (re.compile(r"</?[A-Za-z][^<>]*>|\{[:#.][^{}]*\}"), ""),
    (re.compile(r"\\([\\`*_{}\[\]()#+\-.!$|<>])"), r"\1"),
    (re.compile(r"\*+"), ""),
)
_NOUNS = ("ミハリ", "コード", "エックス")
_WIDTHS = (
    (re.compile(r"[Ａ-Ｚａ-ｚ０-９]+"), "full-width letters or digits: write them half-width"),
    (
        re.compile(rf"(?<={_JAPANESE})[,.!?;:](?=\s|$|{_JAPANESE})"),
        "half-width punctuation: use 、。？： or ；",
    ),
    (re.compile(rf"(?<={_JAPANESE})\((?={_JAPANESE})|(?<={_JAPANESE})\)"), "half-width bracket: use （）"),
    (re.compile(r"[，．]"), "，or ．: use 、 and 。"),
)
_QUOTED = re.compile(r"「[^「」]*」|『[^『』]*』|（[^（）]*）")
_POLITE = re.compile(r"(?:です|ます|ません|でした|ました|でしょう|ましょう|ください|ですね|ますね)か?$")
_PLAIN = re.compile(r"(?:[るうくすつぬむぐぶいだた]|(?:る|う|た|い|だろう)か)$")


@dataclass(frozen=True)
class Avoid:
    """A rendering that the glossary tells to avoid, and the term to use instead."""

    word: str
    term: str
    accepted: tuple[str, ...]  # accepted terms that contain the word: there it is no fault


def read_avoided(terms: Path) -> list[Avoid]:
    """Read the column `ja_avoid` of the glossary."""
    with terms.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    accepted = {word for row in rows for word in [row["ja"], *(row["ja_also"] or "").split("|")] if word}
    return [
        Avoid(word, row["ja"], tuple(sorted(term for term in accepted if word in term and word != term)))
        for row in rows
        for word in (row["ja_avoid"] or "").split("|")
        if word and word not in accepted
    ]


def masked(source: str) -> str:
    """Return a unit of prose without its markup, with a noun for each piece of code and each formula.

    >>> masked("**重み** $w$ は [`Linear`](x.md) が持ちます。")
    '重み エックス は コード が持ちます。'
    """
    for pattern, replacement in _MASKS:
        source = pattern.sub(replacement, source)
    return " ".join(source.split())


def is_japanese(text: str) -> bool:
    """Tell whether a unit is a Japanese sentence, and not, say, a reference to an English paper with a remark."""
    return 3 * len(re.findall(_JAPANESE, text)) > len(text)


def widths(text: str) -> Iterator[str]:
    """Say where full-width and half-width characters are mixed."""
    for noun in _NOUNS:
        text = text.replace(noun, "x")  # code and formulas stand among half-width characters, too
    for pattern, message in _WIDTHS:
        for match in pattern.finditer(text):
            yield f"{_around(text, match)}: {message}"


def endings(text: str) -> Iterator[str]:
    """Say which sentences of a paragraph are not in です・ます, and whether its last one lacks its 。"""
    bare = _QUOTED.sub("", text)
    for sentence in re.findall(r"[^。？]+(?=[。？])", bare):
        if _PLAIN.search(sentence) and not _POLITE.search(sentence):
            yield f"…{sentence[-12:]}。: plain form: end the sentence in です・ます"
    if re.search(rf"{_JAPANESE}$", text) and not text.endswith(_NOUNS):
        yield f"…{text[-12:]}: the paragraph ends without 。"


def avoided(text: str, words: Sequence[Avoid]) -> Iterator[str]:
    """Say which renderings are not those of the glossary. What stands in 「」 is spoken about, not used."""
    bare = re.sub(r"「[^「」]*」", "", text)
    for avoid in words:
        rest = bare
        for term in avoid.accepted:
            rest = rest.replace(term, "")
        if avoid.word in rest:
            yield f"{avoid.word}: the glossary's term is {avoid.term}"


def textlint(texts: Sequence[str]) -> list[list[tuple[int, str]]]:
    """Return for each text what textlint finds: (line, message). One Node process for all texts."""
    run = subprocess.run(
        [NODE, SCRIPT], input=json.dumps(texts), capture_output=True, text=True, encoding="utf-8", check=False
    )
    if run.returncode != 0:
        raise RuntimeError(f"textlint did not run (make setup?): {run.stderr.strip()}")
    return [
        [(found["line"], f"{_sentence(found['message'])} ({found['rule']})") for found in each]
        for each in json.loads(run.stdout)
    ]


def check(pages: Iterable[Page], words: Sequence[Avoid] = ()) -> list[Finding]:
    """Check the prose of Japanese pages; returns findings by page and line."""
    pages = list(pages)
    units = [[(unit, masked(unit.source)) for unit in page.prose] for page in pages]
    texts = ["".join((text if is_japanese(text) else "") + "\n\n" for _, text in page) for page in units]
    found = []
    for page, page_units, messages in zip(pages, units, textlint(texts), strict=True):
        for unit, text in page_units:
            found += [page.finding(unit.line, message) for message in _patterns(unit, text, words)]
        for line, message in messages:
            unit, text = page_units[min((line - 1) // 2, len(page_units) - 1)]
            found.append(page.finding(unit.line, f"{text[:16]}…: {message}"))
    return sorted(found, key=lambda finding: (finding.path, finding.line))


def _patterns(unit: Prose, text: str, words: Sequence[Avoid]) -> Iterator[str]:
    yield from widths(text)
    yield from avoided(text, words)
    if unit.kind == "paragraph":
        yield from endings(text)


def _sentence(message: str) -> str:
    """Return the first line of a rule's message, without the line number that only textlint's input has."""
    return re.sub(r"^Line \d+ ", "", message.splitlines()[0])


def _around(text: str, match: re.Match[str]) -> str:
    return "…" + text[max(0, match.start() - 6) : match.end() + 6] + "…"


def main() -> int:
    """Check docs/ja and the Japanese of the labs in the working directory."""
    root = Path.cwd()
    terms = root / "docs/shared/terms.tsv"
    pages = read_tree(root / "docs/ja", root) | labs.read_tree(root / "docs/labs", root)["ja"]
    findings = check(pages.values(), read_avoided(terms))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
