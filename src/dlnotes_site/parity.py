"""The Japanese page against the English one: the same structure, programs, outputs, formulas, figures and links."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path

from dlnotes_site import numbers
from dlnotes_site.blocks import MARK
from dlnotes_site.page import Finding, Page, Prose


def missing_pages(ja: Mapping[str, Page], en: Mapping[str, Page]) -> Iterator[Finding]:
    for here, there, folder in ((ja, en, "docs/en"), (en, ja, "docs/ja")):
        for name in here:
            if name not in there:
                yield here[name].finding(1, f"this page is missing in the other language: write {folder}/{name}.md")


def pair(ja: Page, en: Page) -> Iterator[Finding]:
    """Everything in which two pages must agree; one finding a kind, at the first place where they part."""
    yield from _same(ja, en, "heading", ja.headings, en.headings, lambda x: (x.level, x.id))
    yield from _same(ja, en, "block", ja.blocks, en.blocks, lambda x: x.program, "computes something else")
    yield from _same(
        ja, en, "output", ja.blocks, en.blocks, lambda x: x.output and x.output.text, "shows another output"
    )
    yield from _same(ja, en, "figure", ja.figures, en.figures, lambda x: x.id)
    yield from _same(ja, en, "fence", ja.fences, en.fences, lambda x: x.language)
    left, right = ([formula for formula in page.formulas if formula.display] for page in (ja, en))
    yield from _same(ja, en, "formula", left, right, lambda x: x.tex)
    yield from _same(ja, en, "formula", left, right, lambda x: x.label, "has not the same label")
    yield from _same(ja, en, "directive", ja.directives, en.directives, lambda x: x[2], line=lambda x: x[0])
    units = list(zip(ja.prose, en.prose, strict=False))
    for one, two in units:
        if (one.line in ja.questions) != (two.line in en.questions):
            yield en.finding(two.line, f"question here or in {ja.path}:{one.line}, and not in the other language")
            break
    if any(one.kind != two.kind for one, two in units) or len(ja.prose) != len(en.prose):
        yield from _same(ja, en, "text", ja.prose, en.prose, lambda x: x.kind, "is of another kind or missing")
        return
    for one, two in units:
        if sorted(one.formulas) != sorted(two.formulas):
            only = sorted(set(one.formulas) ^ set(two.formulas)) or sorted(one.formulas)
            yield en.finding(two.line, f"not the formulas of {ja.path}:{one.line}: look at {only}")
        if sorted(marks(one)) != sorted(marks(two)):
            yield en.finding(
                two.line, f"numbers are marked {marks(two)} and in {ja.path}:{one.line} {marks(one)}: mark both alike"
            )
        elif said := differing(one, two):
            yield en.finding(two.line, f"the numbers are not those of {ja.path}:{one.line}: {said}")
        if sorted(one.links) != sorted(two.links):
            yield en.finding(two.line, f"links to {list(two.links)}, {ja.path}:{one.line} to {list(one.links)}")


def marks(unit: Prose) -> list[str]:
    """The marks that say where the numbers of a unit come from."""
    return [match["mark"] for match in MARK.finditer(unit.source)]


def differing(ja: Prose, en: Prose) -> str:
    """Which numbers stand in one language only, in words; small whole numbers may be words in English."""
    if ja.kind == "comment":
        return ""
    left, right = numbers.telling(ja), numbers.telling(en)
    sides = ((left - right, "not here"), (right - left, "only here"))
    return ", ".join(f"{value:g} {where}" for only, where in sides for value in sorted(only))


def _same[T](
    ja: Page,
    en: Page,
    what: str,
    left: Sequence[T],
    right: Sequence[T],
    key: Callable[[T], object],
    difference: str = "is not the same",
    line: Callable[[T], int] = lambda item: item.line,  # type: ignore[attr-defined]
) -> Iterator[Finding]:
    for number, (one, two) in enumerate(zip(left, right, strict=False), 1):
        if key(one) != key(two):
            detail = "" if len(str(key(two))) > 60 else f" ({key(two)} here, {key(one)} there)"
            yield en.finding(line(two), f"{what} {number} {difference} as in {ja.path}:{line(one)}{detail}")
            return
    if len(left) > len(right):
        said = f"{what} {len(right) + 1} of {ja.path}:{line(left[len(right)])} is missing here"
        yield en.finding(line(right[-1]) if right else 1, said)
    elif len(right) > len(left):
        yield en.finding(line(right[len(left)]), f"{what} {len(left) + 1} is not in {ja.path}")


def digest(unit: Prose) -> str:
    return hashlib.sha256(unit.source.encode()).hexdigest()[:12]


def record_file(root: Path, name: str) -> Path:
    """Where the hashes of a page's translation are kept: a line a unit, Japanese then English."""
    return root / "docs" / "translations" / "en" / f"{name}.txt"


def recorded(root: Path, name: str) -> list[tuple[str, str]]:
    """The hashes of the units that were translated, Japanese and English, in the order of the page."""
    try:
        lines = record_file(root, name).read_text(encoding="ascii").split("\n")
    except FileNotFoundError:
        return []
    return [(line[:12], line[13:]) for line in lines if line]


def changed(before: Sequence[str], units: Sequence[Prose]) -> set[int]:
    """The places of the units that did not stand in the record, or not in this order."""
    now = [digest(unit) for unit in units]
    kept = SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks()
    return set(range(len(now))) - {place for block in kept for place in range(block.b, block.b + block.size)}


def translation(ja: Page, en: Page, known: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """The English page was made from the Japanese text as it stands."""
    if not known:
        yield en.finding(1, f"not recorded as a translation of {ja.path} yet: when it is one, run `make translated`")
        return
    for place in sorted(changed([one for one, _ in known], ja.prose)):
        if place < len(en.prose):
            one = ja.prose[place]
            yield en.finding(
                en.prose[place].line,
                f"translated from an earlier {ja.path}:{one.line} (now {_short(one.source)!r}): "
                "mend the translation (`make outdated` shows what changed), then run `make translated`",
            )


def translated(root: Path, ja: Page, en: Page, same: frozenset[str]) -> list[Finding]:
    """Record that the English page is the translation of the Japanese one.

    Refuses a unit whose Japanese text changed and whose English did not, unless its `path:line`, or the
    whole page's `path`, is in `same`.
    """
    known = recorded(root, en.name)
    untouched = changed([one for one, _ in known], ja.prose) - changed([two for _, two in known], en.prose)
    refused = [
        en.finding(
            en.prose[place].line,
            f"{ja.path}:{ja.prose[place].line} changed and this did not; if it still holds: "
            f"make translated SAME={en.path}:{en.prose[place].line}",
        )
        for place in sorted(untouched)
        if not same & {en.path, f"{en.path}:{en.prose[place].line}"}
    ]
    if not refused:
        file = record_file(root, en.name)
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{digest(one)} {digest(two)}\n" for one, two in zip(ja.prose, en.prose, strict=True)]
        file.write_text("".join(lines), encoding="ascii")
    return refused


def _short(text: str, length: int = 60) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
