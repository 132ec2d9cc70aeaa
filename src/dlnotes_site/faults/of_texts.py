"""Faults of formulas, headings, links, numbers, words and translations."""

import random
import re
from collections.abc import Callable

from dlnotes_site import parity
from dlnotes_site.glossary import read_terms
from dlnotes_site.page import Formula, Page, Prose

from .kinds import Fault, NoPlace, Tree, kind, pick


def _displayed(tree: Tree, wanted: str) -> list[tuple[Page, Page, Formula, Formula]]:
    found = []
    for ja, en in tree.pairs():
        both = ([formula for formula in page.formulas if formula.display] for page in (ja, en))
        found += [(ja, en, one, two) for one, two in zip(*both, strict=True) if re.search(wanted, one.tex)]
    return found


def _in_formula(tree: Tree, page: Page, formula: Formula, old: str, new: str) -> int:
    """Replace in the lines of a display formula; returns the line."""
    for line in range(formula.line, formula.line + formula.tex.count("\n") + 3):
        if old in tree.lines(page.path)[line - 1]:
            tree.swap(page.path, line, old, new)
            return line
    raise NoPlace(f"{page.path}:{formula.line}: no {old!r} in this formula")


def _change_formula(tree: Tree, chance: random.Random, *, both: bool) -> Fault:
    signs = {" + ": " - ", " - ": " + ", r"\sum": r"\prod", r"\max": r"\min", "^2": "^3"}
    old = chance.choice(list(signs))
    ja, en, one, two = pick(chance, _displayed(tree, re.escape(old)), f"formula with {old}")
    line = _in_formula(tree, ja, one, old, signs[old])
    if both:
        _in_formula(tree, en, two, old, signs[old])
    return Fault("", ja.path, line, f"{old} -> {signs[old]}", (en.path,))


@kind("a formula changed in both languages")
def formula_changed(tree: Tree, chance: random.Random) -> Fault:
    return _change_formula(tree, chance, both=True)


@kind("a formula changed in one language")
def formula_changed_once(tree: Tree, chance: random.Random) -> Fault:
    return _change_formula(tree, chance, both=False)


@kind("an inline formula changed in one language")
def inline_formula(tree: Tree, chance: random.Random) -> Fault:
    old_new = {"x": "y", "W": "V", "u": "v", "+": "-"}
    places = [
        (pair, formula, old)
        for pair in tree.pairs()
        for formula in pair[1].formulas
        for old in old_new
        if not formula.display and re.fullmatch(rf"[\w\s+=^-]*{re.escape(old)}[\w\s+=^-]*", formula.tex)
    ]
    (ja, en), formula, old = pick(chance, places, "inline formula")
    new = formula.tex.replace(old, old_new[old], 1)
    tree.swap(en.path, formula.line, f"${formula.tex}$", f"${new}$")
    return Fault("", en.path, formula.line, f"{formula.tex} -> {new}", (ja.path,))


@kind("a formula that cannot be typeset")
def formula_broken(tree: Tree, chance: random.Random) -> Fault:
    old = chance.choice([r"\frac", r"\sum", r"\partial", r"\eta"])
    ja, en, one, two = pick(chance, _displayed(tree, re.escape(old)), f"formula with {old}")
    line = _in_formula(tree, ja, one, old, f"{old}e")
    _in_formula(tree, en, two, old, f"{old}e")
    return Fault("", ja.path, line, f"{old} -> {old}e", (en.path,))


@kind("a formula's test that says another formula, or none")
def formula_test(tree: Tree, chance: random.Random) -> Fault:
    places = [
        (file.relative_to(tree.root).as_posix(), number)
        for file in sorted(tree.root.glob("tests/formulas/test_*.py"))
        for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"))
        if re.search(r'"[\w/-]+#[\w-]+",', line)
    ]
    path, number = pick(chance, places, "mark of a formula")
    lines = tree.lines(path)
    new = chance.choice([("#", "#x-"), ('"', '"x')])
    lines[number] = lines[number].replace(*new, 1)
    tree.write(path, lines)
    return Fault("", path, number + 1, f"{new[0]} -> {new[1]}")


@kind("a formula without its label")
def formula_unlabelled(tree: Tree, chance: random.Random) -> Fault:
    places = [
        (page, number, text.strip(" #"), (ja.path, en.path))
        for ja, en in tree.pairs()
        for page in (ja, en)
        for number, text in enumerate(page.text.split("\n"), 1)
        if re.fullmatch(r"\s*<!-- formula: [\w-]+ -->", text)
    ]
    page, line, label, files = pick(chance, places, "labelled formula")
    tree.swap(page.path, line, label, "")
    return Fault("", page.path, line, f"{label} removed", files)


@kind("a heading's id changed in one language")
def heading_id(tree: Tree, chance: random.Random) -> Fault:
    places = [(pair, page, heading) for pair in tree.pairs() for page in pair for heading in page.headings]
    pair, page, heading = pick(chance, places, "heading")
    new = chance.choice(["", " {#another-id}", " {#Not_An_Id}"])
    tree.swap(page.path, heading.line, f" {{#{heading.id}}}", new)
    return Fault("", page.path, heading.line, f"#{heading.id} ->{new or ' no id'}", (pair[0].path, pair[1].path))


@kind("a heading one level too deep")
def heading_level(tree: Tree, chance: random.Random) -> Fault:
    places = [(pair, pair[1].headings[n]) for pair in tree.pairs() for n in range(1, len(pair[1].headings))]
    (ja, en), heading = pick(chance, places, "heading")
    tree.swap(en.path, heading.line, "#" * heading.level + " ", "#" * (heading.level + 1) + " ")
    return Fault("", en.path, heading.line, f"level {heading.level} -> {heading.level + 1}", (ja.path,))


@kind("a link that leads nowhere")
def link(tree: Tree, chance: random.Random) -> Fault:
    places = [
        (pair, page, link)
        for pair in tree.pairs()
        for page in pair
        for link in page.links
        if link.kind == "link" and re.match(r"[\w./-]+\.(md|ipynb)", link.target)
    ]
    pair, page, link = pick(chance, places, "link")
    target = link.target.partition("#")[0]
    new = chance.choice([f"x{link.target}", f"{target}#nowhere", f"/{link.target}", target.rpartition(".")[0] + "/"])
    tree.swap(page.path, link.line, f"({link.target})", f"({new})")
    return Fault("", page.path, link.line, f"{link.target} -> {new}", (pair[0].path, pair[1].path))


@kind("a link to another place in one language")
def other_link(tree: Tree, chance: random.Random) -> Fault:
    places = [
        (pair, link) for pair in tree.pairs() for link in pair[1].links if link.target.startswith(("https://", "../"))
    ]
    (ja, en), link = pick(chance, places, "link")
    tree.swap(en.path, link.line, f"({link.target})", "(https://example.com)")
    return Fault("", en.path, link.line, f"{link.target} -> https://example.com", (ja.path,))


def _numbers(unit: Prose) -> list[str]:
    """The decimals and percentages of a unit, code and formulas left out."""
    bare = re.sub(r"`[^`]*`|\$[^$]*\$|<!--.*?-->|\([^)]*\)|\[[^\]]*\]", " ", unit.source)
    return re.findall(r"(?<![\w.])\d+\.\d+(?![\w.])|(?<![\w.])\d{2,}(?= ?%)", bare)


def _change_number(tree: Tree, chance: random.Random, *, both: bool) -> Fault:
    places = [
        (ja, en, one, two, number)
        for ja, en in tree.pairs()
        if re.match(r"(basics|training|vision|labs)/", ja.name)
        for one, two in zip(ja.prose, en.prose, strict=True)
        for number in set(_numbers(one)) & set(_numbers(two))
        if one.kind in ("paragraph", "item")
    ]
    ja, en, one, two, number = pick(chance, places, "number in prose")
    new = f"{chance.randint(30, 99)}.{chance.randint(1000, 9999)}7"  # nothing prints this
    tree.swap(ja.path, one.line, number, new)
    if both:
        tree.swap(en.path, two.line, number, new)
    return Fault("", ja.path, one.line, f"{number} -> {new}", (en.path,))


@kind("a measured number changed in both languages")
def number_changed(tree: Tree, chance: random.Random) -> Fault:
    return _change_number(tree, chance, both=True)


@kind("a measured number changed in one language")
def number_changed_once(tree: Tree, chance: random.Random) -> Fault:
    return _change_number(tree, chance, both=False)


def _units(tree: Tree, wanted: Callable[[Prose], object]) -> list[tuple[Page, Page, Prose, Prose]]:
    return [
        (ja, en, one, two)
        for ja, en in tree.pairs()
        if ja.name != "glossary"
        for one, two in zip(ja.prose, en.prose, strict=True)
        if wanted(one)
    ]


@kind("a Japanese sentence changed and not its translation", of_translation=True)
def reworded(tree: Tree, chance: random.Random) -> Fault:
    ja, en, one, two = pick(
        chance, _units(tree, lambda unit: unit.kind == "paragraph" and "ます。" in unit.source), "unit"
    )
    tree.swap(ja.path, one.line, "ます。", "ましょう。")
    return Fault("", en.path, two.line, f"{ja.path}:{one.line} changed", (ja.path,))


@kind("a translation that was never recorded", of_translation=True)
def unrecorded(tree: Tree, chance: random.Random) -> Fault:
    ja, en = pick(chance, tree.pairs(), "page")
    parity.record_file(tree.root, en.name).unlink()
    return Fault("", en.path, 1, "the record of its translation is gone", (ja.path,))


@kind("a page missing in one language", of_translation=True)
def page_missing(tree: Tree, chance: random.Random) -> Fault:
    ja, en = pick(chance, tree.pairs(labs=False), "page")
    gone, left = chance.choice([(ja, en), (en, ja)])
    (tree.root / gone.path).unlink()
    return Fault("", left.path, 1, f"{gone.path} removed")


@kind("a paragraph missing in one language")
def paragraph_missing(tree: Tree, chance: random.Random) -> Fault:
    ja, en, one, two = pick(chance, _units(tree, lambda unit: unit.kind in ("paragraph", "item")), "paragraph")
    page, unit = chance.choice([(ja, one), (en, two)])
    lines = tree.lines(page.path)
    lines[unit.line - 1] = "#" if page.lab else ""
    tree.write(page.path, lines)
    return Fault("", page.path, unit.line, f"{unit.text[:30]!r} removed", (ja.path, en.path))


@kind("a question that cannot be unfolded")
def question(tree: Tree, chance: random.Random) -> Fault:
    places = [(pair, page, line) for pair in tree.pairs() for page in pair for line in page.questions]
    pair, page, line = pick(chance, places, "question")
    tree.swap(page.path, line, "??? question", "!!! question")
    return Fault("", page.path, line, "??? -> !!!", (pair[0].path, pair[1].path))


@kind("a sentence in another style, or of mixed widths")
def style(tree: Tree, chance: random.Random) -> Fault:
    old, new = chance.choice(
        [("します。", "する。"), ("です。", "である。"), ("ます。", "ます."), ("できます。", "出来る。")]
    )
    units = _units(tree, lambda unit: unit.kind == "paragraph" and unit.source.endswith(old))
    ja, _, one, _ = pick(chance, units, f"paragraph that ends with {old}")
    lines = tree.lines(ja.path)
    lines[one.line - 1] = lines[one.line - 1].removesuffix(old) + new
    tree.write(ja.path, lines)
    return Fault("", ja.path, one.line, f"{old} -> {new}")


@kind("a term that the glossary avoids")
def avoided_term(tree: Tree, chance: random.Random) -> Fault:
    terms = [term for term in read_terms(tree.root / "docs/shared/terms.tsv") if term.ja_avoid]
    places = [
        (ja, en, one, term)
        for ja, en, one, _ in _units(tree, lambda unit: unit.kind in ("paragraph", "item"))
        for term in terms
        if len(term.ja) > 3 and re.search(rf"(?<![\w「『]){re.escape(term.ja)}(?![」』])", one.source)
    ]
    ja, en, one, term = pick(chance, places, "term with a rendering to avoid")
    tree.swap(ja.path, one.line, term.ja, term.ja_avoid[0])
    return Fault("", ja.path, one.line, f"{term.ja} -> {term.ja_avoid[0]}", (en.path,))


@kind("another Japanese name for a term than the glossary's")
def other_term(tree: Tree, chance: random.Random) -> Fault:
    names = {"中間層": "隠れ層", "学習率": "学習係数", "重み減衰": "荷重減衰", "誤差逆伝播法": "バックプロパゲーション"}
    places = [
        (ja, en, one, name)
        for ja, en, one, _ in _units(tree, lambda unit: unit.kind in ("paragraph", "item"))
        for name in names
        if one.source.count(name) == 1 and f"「{name}" not in one.source
    ]
    ja, en, one, name = pick(chance, places, "term")
    tree.swap(ja.path, one.line, name, names[name])
    return Fault("", ja.path, one.line, f"{name} -> {names[name]}", (en.path,))


@kind("a mark that does not compute its number")
def mark(tree: Tree, chance: random.Random) -> Fault:
    places = [
        (ja, en, one, match)
        for ja, en in tree.pairs()
        for one in ja.prose
        for match in re.finditer(r"(\d+(?:\.\d+)?)(<!-- = [^>]* -->)", one.source)
    ]
    ja, en, one, match = pick(chance, places, "mark")
    new = f"{match[1]}5" if "." in match[1] else str(int(match[1]) + 3)
    tree.swap(ja.path, one.line, match[0], new + match[2])
    return Fault("", ja.path, one.line, f"{match[1]}{match[2]} -> {new}", (en.path,))


@kind("Markdown that shows as it is written")
def markdown(tree: Tree, chance: random.Random) -> Fault:
    ja, _, one, _ = pick(
        chance, [u for u in _units(tree, lambda unit: unit.kind == "paragraph") if not u[0].lab], "paragraph"
    )
    added = chance.choice(["[x][undefined]", "[text](", "<font>x</font>", "$x", "text[^1]", '[x](guide.md "title")'])
    lines = tree.lines(ja.path)
    lines[one.line - 1] += added
    tree.write(ja.path, lines)
    return Fault("", ja.path, one.line, added)


@kind("two cells of a table exchanged in one language", of_translation=True)
def cells(tree: Tree, chance: random.Random) -> Fault:
    places = [
        (ja, en, line)
        for ja, en in tree.pairs(labs=False)
        for line, text in enumerate(ja.text.split("\n"), 1)
        if re.fullmatch(r"\| [^|`$]+ \| [^|`$]+ \|( [^|`$]+ \|)*", text) and len(set(text.split("|")[1:3])) == 2
    ]
    ja, en, line = pick(chance, places, "table row")
    text = tree.lines(ja.path)[line - 1]
    _, one, two, *rest = text.split("|")
    tree.swap(ja.path, line, text, "|".join(["", two, one, *rest]))
    return Fault("", ja.path, line, f"{one.strip()} <-> {two.strip()}", (en.path,))
