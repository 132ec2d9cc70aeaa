"""The navigations of both languages: every page stands in both, once, in the same order."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from dlnotes_site.page import Finding, page_name

FILES = {"ja": "mkdocs.yml", "en": "mkdocs.en.yml"}
_ENTRY = re.compile(r"\s+- (?:[^:#]+: )?(?P<file>[\w./-]+\.(?:md|ipynb))\s*$")


def entries(text: str) -> dict[str, int]:
    """The pages that a configuration's `nav` names, in order, each with its line."""
    lines = text.split("\n")
    begin = next((number for number, line in enumerate(lines) if line.startswith("nav:")), len(lines))
    found: dict[str, int] = {}
    for number, line in enumerate(lines[begin + 1 :], begin + 2):
        if line and not line.startswith((" ", "#")):
            break
        if match := _ENTRY.match(line):
            found.setdefault(page_name(match["file"]), number)
    return found


def check(root: Path, names: Iterable[str]) -> Iterator[Finding]:
    """What is missing, too much or elsewhere in the navigations, for the pages with these names."""
    of = {lang: entries((root / file).read_text(encoding="utf-8")) for lang, file in FILES.items()}
    pages = set(names)
    for lang, file in FILES.items():
        here, there = of[lang], of["en" if lang == "ja" else "ja"]
        for name in sorted(pages - here.keys()):
            after = _before(name, there)
            where = f", after {after}" if after in here else ""
            yield Finding(file, here.get(after, 1), f"the navigation lacks the page {name!r}: add it{where}")
        for name, line in here.items():
            if name not in pages:
                yield Finding(file, line, f"the navigation names {name!r}, and there is no such page")
    common = [[name for name in of[lang] if name in of["ja"].keys() & of["en"].keys()] for lang in ("ja", "en")]
    for one, two in zip(*common, strict=True):
        if one != two:
            said = f"the navigation has {two!r} where {FILES['ja']}:{of['ja'][one]} has {one!r}: use the same order"
            yield Finding(FILES["en"], of["en"][two], said)
            return


def _before(name: str, order: dict[str, int]) -> str:
    names = list(order)
    return names[names.index(name) - 1] if name in order and names.index(name) else ""
