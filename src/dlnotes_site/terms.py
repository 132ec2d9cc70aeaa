"""The glossary's terms in both languages: where a page names a term, the other language names the same one.

`pair` reads each Japanese unit of text beside its English one. An English name of a term asks for the Japanese name
that the glossary gives first, and that one for an English name. Other Japanese names (`ja_also`) are what readers type
into the search box; a page uses one beside the first name or in 「」. Code, formulas, addresses and titles of papers do
not count; `terms.toml` lists everyday words and names that are accepted, each with its reason.

The languages also differ where nothing is wrong: one says "it" or "neither" where the other repeats the noun. Such a
place is read once and recorded in docs/translations/terms.txt, by page, term, language and the terms that stand in both
texts, so that it is reported again when these change.
"""

import functools
import hashlib
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dlnotes_site.glossary import GLOSSARY, Term
from dlnotes_site.page import Finding, Page, Prose
from dlnotes_site.prose import masked

EXCEPTIONS = Path(__file__).with_suffix(".toml")
RECORD = Path("docs/translations/terms.txt")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*|[0-9]+[A-Za-z]*")
_TITLE = re.compile(r'"[^"]+"|[A-Za-z][A-Za-z0-9’.-]*(?:[ ,:]+[A-Za-z0-9’.-]+){2,}')
_QUOTED = re.compile(r"「[^「」]*」")
_MEND = "use the term, or say that it reads well as it is: make terms SAME=path:line"
_STEM = 5  # letters: normalize, normalized and normalization begin alike


@dataclass(frozen=True)
class Exceptions:
    """What is not checked, and names that pages may use; the keys are words or ids of terms."""

    everyday: Mapping[str, str] = field(default_factory=dict)
    accepted: Mapping[str, Sequence[str]] = field(default_factory=dict)
    longer: Sequence[str] = ()


@dataclass(frozen=True)
class Missing:
    """A term that one language names and the other does not; `key` is what the record holds of the place."""

    finding: Finding
    key: str = ""  # a wrong name has none: it is mended, not recorded


def read_exceptions(path: Path = EXCEPTIONS) -> Exceptions:
    return Exceptions(**tomllib.loads(path.read_text(encoding="utf-8")))


class Lexicon:
    """The names of all terms, made ready to be looked up in text."""

    def __init__(self, terms: Sequence[Term], exceptions: Exceptions) -> None:
        self.exceptions = exceptions
        terms = [term for term in terms if term.group != "site"]
        self.terms = {term.id: term for term in terms}
        self.english: dict[tuple[str, ...], list[Term]] = {}
        self.japanese: dict[str, list[Term]] = {}
        for term in terms:
            for name in (term.en, *term.en_also):
                self.english.setdefault(tuple(words(name)), []).append(term)
            for name in (term.ja, *term.ja_also):
                self.japanese.setdefault(name, []).append(term)
        self.everyday = {tuple(words(name)) for name in exceptions.everyday}
        self.most_words = max(map(len, self.english), default=0)
        names = sorted([*self.japanese, *exceptions.longer], key=len, reverse=True)
        self.any_japanese = re.compile("|".join(map(re.escape, names)) or r"(?!)")

    def in_english(self, text: str) -> dict[str, str]:
        """The terms that a text names, by id, with the words as they stand there; the longest name counts."""
        spans = list(_WORD.finditer(text))
        keys = [_normal(span[0]) for span in spans]
        found: dict[str, str] = {}
        at = 0
        while at < len(keys):
            for length in range(min(self.most_words, len(keys) - at), 0, -1):
                name = tuple(keys[at : at + length])
                between = [
                    text[a.end() : b.start()] for a, b in zip(spans[at:], spans[at + 1 : at + length], strict=False)
                ]
                if name in self.english and all(gap in (" ", "-", "‐") for gap in between):
                    if name not in self.everyday:
                        for term in self.english[name]:
                            found.setdefault(term.id, text[spans[at].start() : spans[at + length - 1].end()])
                    at += length
                    break
            else:
                at += 1
        return found

    def in_japanese(self, text: str) -> dict[str, str]:
        """The terms that a text names by their first name, by id; a name inside a longer one does not count."""
        found: dict[str, str] = {}
        for match in self.any_japanese.finditer(text):
            for term in self.japanese.get(match[0], ()):
                if match[0] == term.ja and match[0] not in self.exceptions.everyday:
                    found.setdefault(term.id, match[0])
        return found

    def other_name(self, term: Term, text: str) -> str:
        """A name of the term that a text uses in place of the first one; "" if there is none."""
        return next((m[0] for m in self.any_japanese.finditer(text) if m[0] in term.ja_also), "")


def words(text: str) -> list[str]:
    return [_normal(match[0]) for match in _WORD.finditer(text)]


@functools.lru_cache(1 << 14)
def _normal(word: str) -> str:
    """A word in small letters and without its plural; an abbreviation keeps its capitals."""
    if re.fullmatch(r"[A-Z][A-Z0-9]+s?", word):
        return word.removesuffix("s")
    word = word.lower()
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(?:ss|as|x|ch|sh)es$", word):
        return word[:-2]
    return word[:-1] if re.search(r"[^suia]s$", word) and len(word) > 3 else word


def pair(ja: Page, en: Page, lexicon: Lexicon, known: Collection[str] = ()) -> Iterator[Finding]:
    """Every unit of a page beside its translation; `known` are the places that were read and recorded."""
    for one in missing(ja, en, lexicon):
        if one.key not in known:
            yield one.finding


def missing(ja: Page, en: Page, lexicon: Lexicon) -> Iterator[Missing]:
    if len(ja.prose) != len(en.prose):
        return  # the structure is mended first
    groups = (heading.line for heading in ja.headings if (heading.id or "").startswith("group-"))
    end = next(groups, 0) if ja.name == GLOSSARY else 0  # the entries are made from the glossary itself
    for one, two in zip(ja.prose, en.prose, strict=True):
        if end and one.line >= end:
            return
        yield from _unit(ja, one, en, two, lexicon)


def _unit(ja: Page, one: Prose, en: Page, two: Prose, lexicon: Lexicon) -> Iterator[Missing]:
    japanese, english = _without_titles(masked(one.source), masked(two.source))
    named, there = lexicon.in_english(english), lexicon.in_japanese(japanese)
    digest = hashlib.sha256(" ".join([*sorted(named), "/", *sorted(there)]).encode()).hexdigest()[:8]
    used = _QUOTED.sub("", japanese)
    for name, word in named.items():
        term = lexicon.terms[name]
        if any(form in japanese for form in (term.ja, *lexicon.exceptions.accepted.get(name, ()))):
            continue
        if re.search(r"[A-Z]", word) and _contains(words(japanese), words(word)):
            continue  # an abbreviation or a proper name that stands in both languages
        of = f"(docs/shared/terms.tsv, {name})"
        if other := lexicon.other_name(term, used):
            said = f"{other} for {word!r} in {en.path}:{two.line}: the glossary's term is {term.ja} {of}"
            yield Missing(ja.finding(one.line, said))
        else:
            said = f"{word!r} in {en.path}:{two.line} is {term.ja} {of}, which does not stand here"
            yield Missing(ja.finding(one.line, f"{said}: {_MEND}"), f"{ja.name} {name} ja {digest}")
    inside = words(english)
    for name, word in there.items():
        term = lexicon.terms[name]
        forms = filter(None, map(words, (term.en, *term.en_also, *lexicon.exceptions.accepted.get(name, ()))))
        if name not in named and not any(_contains(inside, form, _STEM) for form in forms):
            said = f"{word} in {ja.path}:{one.line} is {term.en!r} (docs/shared/terms.tsv, {name})"
            said += f", which does not stand here: {_MEND}"
            yield Missing(en.finding(two.line, said), f"{ja.name} {name} en {digest}")


def _without_titles(japanese: str, english: str) -> tuple[str, str]:
    """Both texts without the runs of English words that stand in both: titles and quotations."""
    for title in sorted(set(_TITLE.findall(japanese)), key=len, reverse=True):
        if title in english:
            japanese, english = japanese.replace(title, " "), english.replace(title, " ")
    return japanese, english


def _contains(text: Sequence[str], name: Sequence[str], stem: int = 99) -> bool:
    """Whether all words of a name are among those of a text, compared by their first letters."""
    heads = {word[:stem].lower() for word in text}
    return all(word[:stem].lower() in heads for word in name)


def recorded(root: Path) -> set[str]:
    """The places where one language may do without the term."""
    file = root / RECORD
    return set(file.read_text(encoding="ascii").splitlines()) if file.is_file() else set()


def record(root: Path, found: Iterable[Missing], same: Collection[str]) -> list[Finding]:
    """Record the places in `same`, given by `path:line` or by path, and forget those that are gone; what is left."""
    known, kept, left = recorded(root), set(), []
    for one in found:
        place = one.finding
        if one.key and (one.key in known or {place.path, f"{place.path}:{place.line}"} & set(same)):
            kept.add(one.key)
        else:
            left.append(place)
    (root / RECORD).write_text("".join(f"{key}\n" for key in sorted(kept)), encoding="ascii")
    return left
