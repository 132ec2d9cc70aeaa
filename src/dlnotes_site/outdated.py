"""What translators need of the English units that fell behind: the Japanese text then and now, and the English.

The records of `docs/translations` hold the digest of each Japanese unit that was translated, and git the text: the
commits of the page are read from the newest back, until all digests that are asked for are found.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from dlnotes_site import blocks, labs, parity, site
from dlnotes_site.glossary import GLOSSARY
from dlnotes_site.history import git
from dlnotes_site.page import Page, Prose

_TOKEN = re.compile(r"[A-Za-z0-9.]+|[\u3041-\u309f]+|[\u30a1-\u30ff]+|[\u3400-\u9fff々]+|\s+|.", re.DOTALL)
_PLAIN = (("[-", "-]"), ("{+", "+}"))
_COLOURS = (("\x1b[31;9m", "\x1b[0m"), ("\x1b[32;1m", "\x1b[0m"))


@dataclass(frozen=True)
class Unit:
    """An English unit that fell behind. `was` is None where git does not hold the text, "" where there was none."""

    ja: str  # path:line
    en: str
    was: str | None
    now: str
    english: str
    touched: bool  # the English changed since it was recorded: perhaps it is mended


def units(root: Path, ja: Page, en: Page) -> list[Unit]:
    """The units of a page whose Japanese text is not the one that was translated."""
    known = parity.recorded(root, en.name)
    behind = sorted(parity.changed([one for one, _ in known], ja.prose)) if known else []
    pairs = [(place, en.prose[place]) for place in behind if place < len(en.prose)]
    digests = {place: _recorded(known, ja.prose, place, english) for place, english in pairs}
    texts = in_history(root, ja, {digest for digest in digests.values() if digest})
    english_then = {two for _, two in known}
    return [
        Unit(
            ja=f"{ja.path}:{ja.prose[place].line}",
            en=f"{en.path}:{english.line}",
            was=texts.get(digests[place]) if digests[place] else "",
            now=ja.prose[place].source,
            english=english.source,
            touched=parity.digest(english) not in english_then,
        )
        for place, english in pairs
    ]


def _recorded(known: Sequence[tuple[str, str]], now: Sequence[Prose], place: int, english: Prose) -> str:
    """The digest of the Japanese text that an English unit was made from; "" for a unit that is new.

    An English unit that stands as it was recorded tells by itself. One that changed is in the place where the
    Japanese page changed.
    """
    of_english = [one for one, two in known if two == parity.digest(english)]
    if len(of_english) == 1:
        return of_english[0]
    before, after = [one for one, _ in known], [parity.digest(unit) for unit in now]
    for kind, first, last, begin, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "replace" and begin <= place < end and first + place - begin < last:
            return before[first + place - begin]
    return ""


def in_history(root: Path, page: Page, wanted: Iterable[str]) -> dict[str, str]:
    """The source of units of a page's Japanese text, by digest, from the commits of its files, the newest first."""
    left, found = set(wanted), dict[str, str]()
    files = [page.path, *([site.TERMS.as_posix()] if page.name == GLOSSARY else [])]
    for commit in git(root, "log", "--format=%H", "--", *files).split() if left else ():
        for unit in _page_at(root, commit, page).prose:
            if (digest := parity.digest(unit)) in left:
                left.remove(digest)
                found[digest] = unit.source
        if not left:
            break
    return found


def _page_at(root: Path, commit: str, page: Page) -> Page:
    text = git(root, "show", f"{commit}:{page.path}")
    if page.lab:
        return labs.read(text, page.path, page.name)["ja"]
    old = blocks.read(text, page.path, page.name, "ja")
    if page.name != GLOSSARY:
        return old
    with tempfile.TemporaryDirectory() as folder:  # the entries are made from the table
        table = Path(folder) / site.TERMS
        table.parent.mkdir(parents=True)
        table.write_text(git(root, "show", f"{commit}:{site.TERMS.as_posix()}"), encoding="utf-8")
        return site.with_glossary(old, {}, Path(folder))


def marked(was: str, now: str, *, colours: bool = False) -> str:
    """The text as it is now, with what was taken out and what was put in.

    >>> marked("更新は3回です。", "更新は5回だけです。")
    '更新は[-3-]{+5+}回[-です-]{+だけです+}。'
    """
    out, new = _COLOURS if colours else _PLAIN
    left, right = _TOKEN.findall(was), _TOKEN.findall(now)
    parts = []
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        before, after = "".join(left[a:b]), "".join(right[c:d])
        if kind == "equal":
            parts.append(after)
        else:
            parts += [f"{out[0]}{before}{out[1]}" if before else "", f"{new[0]}{after}{new[1]}" if after else ""]
    return "".join(parts)


def report(found: Sequence[Unit], *, colours: bool = False) -> Iterator[str]:
    """The lines of the report, the commands that record the translation at its end."""
    for unit in found:
        yield f"{unit.en} (Japanese: {unit.ja}){', changed since it was recorded' if unit.touched else ''}"
        if unit.was:
            yield f"  was:     {unit.was}"
            yield f"  is now:  {marked(unit.was, unit.now, colours=colours)}"
        else:
            said = "new, or moved here" if unit.was == "" else "never committed as it was translated, so not in git"
            yield f"  was:     ({said})"
            yield f"  is now:  {unit.now}"
        yield f"  English: {unit.english}"
        yield ""
    yield f"{len(found)} English units fell behind"
    if found:
        yield "Change them and run: make translated"
        if same := " ".join(unit.en for unit in found if not unit.touched):
            yield f'Those that hold as they are, name: make translated SAME="{same}"'


def of(root: Path, pages: Mapping[str, Mapping[str, Page]], only: str = "") -> list[Unit]:
    """The units of all pages, or of one, given by name or by path, that fell behind."""
    ja, en = pages["ja"], pages["en"]
    names = sorted(name for name in ja.keys() & en.keys() if only in ("", name, ja[name].path, en[name].path))
    if not names:
        raise ValueError(f"no page {only!r}: give a name, as in basics/perceptron, or a path, as in docs/en/guide.md")
    return [unit for name in names for unit in units(root, ja[name], en[name])]


def wants_colours(terminal: bool) -> bool:
    return terminal and not os.environ.get("NO_COLOR")
