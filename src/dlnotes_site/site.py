"""The whole guide at once: the pages of both languages, their runs and formulas, and what is wrong with them.

`load` is the way of a block up to here: read the pages, run the blocks, typeset the formulas. The plugin, the command
line and the tests take what they need from the `Guide` it returns.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path

from dlnotes_site import (
    blocks,
    checks,
    claims,
    formulas,
    glossary,
    labs,
    navigation,
    notebooks,
    parity,
    proofs,
    symbols,
    terms,
)
from dlnotes_site.execute import Run, run_all
from dlnotes_site.page import Finding, Page

LANGUAGES = labs.LANGUAGES
ROOT = Path(__file__).parents[2]
TERMS = Path("docs/shared/terms.tsv")


@dataclass
class Guide:
    root: Path
    pages: dict[str, dict[str, Page]]  # by language, then by name
    runs: dict[str, Run]  # by Block.program
    typeset: dict[tuple[str, bool], formulas.Typeset]  # by TeX and whether displayed
    measured: dict[str, object] = field(default_factory=dict)  # the benchmark's results, by key
    tests: list[proofs.Test] = field(default_factory=list)  # of formulas

    @property
    def all_pages(self) -> list[Page]:
        return [page for pages in self.pages.values() for page in pages.values()]

    @cached_property
    def terms(self) -> list[glossary.Term]:
        return glossary.read_terms(self.root / TERMS)


def read(root: Path = ROOT) -> dict[str, dict[str, Page]]:
    """The pages of both languages, those of the labs included, with the glossary's entries in their place."""
    pages = {lang: blocks.read_tree(root / "docs" / lang, root) for lang in LANGUAGES}
    for lang, of_language in labs.read_tree(root / "docs" / "labs", root).items():
        pages[lang] |= of_language
    for of_language in pages.values():
        for name, page in of_language.items():
            if any(directive == "glossary" for _, _, directive in page.directives):
                of_language[name] = with_glossary(page, of_language, root)
    return pages


def with_glossary(page: Page, pages: dict[str, Page], root: Path) -> Page:
    """The page with its `<!-- glossary -->` replaced by the entries of terms.tsv."""
    terms = glossary.read_terms(root / TERMS)
    titles = {term.page.partition("#")[0]: term.page for term in terms}  # a page that is missing is found by its link
    titles |= {name: other.headings[0].text for name, other in pages.items() if other.headings}
    entries = glossary.markdown(terms, page.lang, titles)
    lines = page.text.split("\n")
    at = next(line for line, _, directive in page.directives if directive == "glossary")
    text = "\n".join([*lines[: at - 1], entries, *lines[at:]])
    return blocks.read_once(text, page.path, page.name, page.lang)


def load(root: Path = ROOT) -> Guide:
    """Read, run and typeset everything; what is cached under `.cache` is not done again."""
    pages = read(root)
    everything = [page for of_language in pages.values() for page in of_language.values()]
    cache = root / ".cache"
    plain = (block for page in everything if not page.lab for block in page.blocks)
    runs = run_all(plain, cache / "runs", progress=_Progress("running blocks"))
    of_labs = [page for page in pages[LANGUAGES[0]].values() if page.lab]
    runs |= notebooks.run_all(of_labs, cache / "labs", progress=_Progress("running the cells of the labs"))
    wanted = {(formula.tex, formula.display) for page in everything for formula in page.formulas}
    typeset = formulas.typeset(sorted(wanted), cache / "formulas")
    results = root / "benchmarks" / "results.json"
    measured = json.loads(results.read_text(encoding="utf-8"))["values"] if results.is_file() else {}
    return Guide(root, pages, runs, typeset, measured, proofs.read_tree(root / "tests" / "formulas", root))


def findings(guide: Guide) -> list[Finding]:
    """Everything that is wrong, in the order of the pages."""
    navigations = navigation.check(guide.root, guide.pages["ja"].keys() | guide.pages["en"].keys())
    found = chain(_of_pages(guide), _of_pairs(guide), navigations, proofs.check(guide.tests, guide.pages))
    return sorted(set(found), key=lambda f: (f.path, f.line, f.text))


def _of_pages(guide: Guide) -> Iterator[Finding]:
    errors = {key: result.error for key, result in guide.typeset.items() if result.error}
    for lang, pages in guide.pages.items():
        assets = (guide.root / "docs" / lang, guide.root / "docs" / "shared")
        for page in pages.values():
            yield from page.findings
            yield from checks.outputs(page, guide.runs)
            if page.lab:
                yield from checks.seconds(page, guide.runs, notebooks.CELL_SECONDS, notebooks.LAB_SECONDS)
            yield from checks.programs(page)
            yield from checks.identifiers(page)
            yield from checks.captions(page)
            yield from checks.looks(page, guide.runs)
            yield from checks.links(page, pages, assets)
            yield from checks.formulas(page, errors)
            yield from checks.measured(page, guide.measured)
            yield from claims.check(page, guide.runs, pages)
        yield from symbols.check(pages)


def _of_pairs(guide: Guide) -> Iterator[Finding]:
    ja, en = guide.pages["ja"], guide.pages["en"]
    yield from parity.missing_pages(ja, en)
    for name in ja.keys() & en.keys():
        yield from parity.pair(ja[name], en[name])
        yield from parity.translation(ja[name], en[name], parity.recorded(guide.root, name))
    lexicon, known = terms.Lexicon(guide.terms, terms.read_exceptions()), terms.recorded(guide.root)
    for name in ja.keys() & en.keys():
        yield from terms.pair(ja[name], en[name], lexicon, known)


def update(guide: Guide) -> list[Path]:
    """Write what the blocks print into the pages, in both languages; returns the files that changed."""
    changed = []
    for page in guide.all_pages:
        if page.lab:
            continue  # its outputs are not written down
        text = updated(page, guide.runs)
        if text != page.text:
            (guide.root / page.path).write_text(text, encoding="utf-8")
            changed.append(guide.root / page.path)
    return changed


def updated(page: Page, runs: dict[str, Run]) -> str:
    """The page's Markdown with each output replaced by what its block prints; a block that fails keeps its own."""
    lines = page.text.split("\n")
    for block in reversed(page.blocks):
        run = runs[block.program]
        if run.error or run.text == (block.output.text if block.output else ""):
            continue
        end = block.output.end if block.output else block.fence_end
        shown = ["", blocks.EXPECTED_OUTPUT, "```text", *run.text.rstrip("\n").split("\n"), "```"] if run.text else []
        lines[block.fence_end : end] = [" " * block.indent + line if line else "" for line in shown]
    return "\n".join(lines)


def translated(guide: Guide, same: frozenset[str]) -> list[Finding]:
    """Record every English page as the translation of the Japanese one as it stands; what was refused."""
    ja, en = guide.pages["ja"], guide.pages["en"]
    refused: list[Finding] = []
    for name in sorted(ja.keys() & en.keys()):
        if wrong := list(parity.pair(ja[name], en[name])):
            refused += wrong
        else:
            refused += parity.translated(guide.root, ja[name], en[name], same)
    return refused


def same_terms(guide: Guide, same: frozenset[str]) -> list[Finding]:
    """Record places where one language does without a term that the other names; the findings that are left."""
    ja, en = guide.pages["ja"], guide.pages["en"]
    lexicon = terms.Lexicon(guide.terms, terms.read_exceptions())
    found = (one for name in sorted(ja.keys() & en.keys()) for one in terms.missing(ja[name], en[name], lexicon))
    return terms.record(guide.root, found, same)


def stats(guide: Guide) -> list[tuple[str, dict[str, int]]]:
    """Counts by language."""
    return [(lang, counts(list(pages.values()), guide)) for lang, pages in guide.pages.items()]


def counts(pages: Sequence[Page], guide: Guide) -> dict[str, int]:
    """How much some pages hold: blocks, outputs, figures, formulas, headings, links, questions, units of text."""
    return {
        "pages": len(pages),
        "blocks": sum(len(page.blocks) for page in pages),
        "outputs": sum(bool(guide.runs[block.program].text) for page in pages for block in page.blocks),
        "figures": sum(len(page.figures) for page in pages),
        "formulas": sum(len(page.formulas) for page in pages),
        "headings": sum(len(page.headings) for page in pages),
        "links": sum(len(page.links) for page in pages),
        "questions": sum(len(page.questions) for page in pages),
        "units of text": sum(len(page.prose) for page in pages),
    }


class _Progress:
    """One line on stderr that counts up, on a terminal in place, elsewhere at the start and the end."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.begin = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        text = f"{self.what}: {done}/{total} ({time.monotonic() - self.begin:.0f} s)"
        if sys.stderr.isatty():
            print(f"\r{text}", end="" if done < total else "\n", file=sys.stderr, flush=True)
        elif done in (0, total):
            print(text, file=sys.stderr, flush=True)
