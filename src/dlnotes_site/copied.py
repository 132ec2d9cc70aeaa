"""Every block as a reader gets it: copied from the built pages, run by a Python of its own, its output compared.

`python -m dlnotes_site.copied [--python 3.13] [--versions locked|oldest|newest]` reads the HTML of `site/` and nothing
else: the text that the copy button puts on the clipboard, and the output that the page shows. Each text becomes a file
that a fresh interpreter runs (`fresh.py`) in an environment with the wheel of the site and what that needs
(`environments.py`). A cell of a lab stands on the cells above it, so a lab's cells are copied one below the other into
one file, and what that prints is compared with the outputs of all cells in turn. Nothing is skipped. The source is read
only to say in which file and line a block stands that differs.
"""

import argparse
import datetime
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import html as markup

from dlnotes_site import environments, outputs, site
from dlnotes_site.environments import OWN, ROOT, VERSIONS, Environment
from dlnotes_site.fresh import Done, offline, run_all
from dlnotes_site.notebooks import terminal
from dlnotes_site.page import Finding, Page

SUMMARIES = ROOT / ".cache" / "verification"
_TRIMMED = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))


@dataclass(frozen=True)
class Shown:
    """A block of a built page: what its copy button copies, and the output below it."""

    text: str
    output: str


@dataclass(frozen=True)
class Program:
    """What a reader runs as one file: a block, or the cells of a lab. `first` is the number of its first block."""

    lang: str
    name: str
    first: int
    blocks: tuple[Shown, ...]

    @property
    def text(self) -> str:
        return "\n".join(block.text for block in self.blocks)

    @property
    def output(self) -> str:
        return "".join(block.output for block in self.blocks)

    def block_of(self, line: int) -> int:
        """The number of the block that prints a line of the output (both from 0)."""
        for number, block in enumerate(self.blocks):
            line -= block.output.count("\n")
            if line < 0:
                return self.first + number
        return self.first + len(self.blocks) - 1


def clipboard(code: markup.HtmlElement) -> str:
    """What Material's copy button puts on the clipboard for a `<code>`: its text, or that of an attribute, trimmed."""
    around = code.xpath("ancestor::*[@data-copy][1]/@data-copy")
    return str(around[0] if around else code.text_content()).rstrip(_TRIMMED)  # as JavaScript's trimEnd does


def of_class(name: str) -> str:
    """What XPath asks of an element for a class."""
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"


def programs_of(html: str, lang: str, name: str) -> list[Program]:
    """The programs of a built page, in order."""
    page = markup.document_fromstring(html)
    shown = []
    for code in page.xpath(f"//*[{of_class('language-python')}]//code"):
        if code.xpath(f"ancestor::*[{of_class('dl-proofs')}]"):
            continue  # functions of the tests of formulas, to be read; the library's step runs them
        printed = code.xpath(f"ancestor::*[{of_class('dl-block')}][1]//*[{of_class('dl-output')}]//samp")
        shown.append(Shown(clipboard(code), "".join(samp.text_content() for samp in printed)))
    if page.find_class("dl-take"):  # a lab
        return [Program(lang, name, 0, tuple(shown))]
    return [Program(lang, name, number, (block,)) for number, block in enumerate(shown)]


def read(built: Path) -> list[Program]:
    """The programs of all pages of a built site."""
    found = []
    for file in sorted(built.rglob("index.html")):
        folder = file.parent.relative_to(built).as_posix().removeprefix(".")
        lang = "en" if folder == "en" or folder.startswith("en/") else "ja"
        name = folder.removeprefix("en").removeprefix("/") if lang == "en" else folder
        found += programs_of(file.read_text(encoding="utf-8"), lang, name or "index")
    return found


def findings(
    programs: Sequence[Program], done: Mapping[str, Done], pages: Mapping[str, Mapping[str, Page]], *, exact: bool
) -> list[Finding]:
    """Where a program does something else than its page shows, by file and line of the page's source."""
    found = []
    for program in programs:
        if said := _difference(program, done[program.text], exact):
            found.append(_finding(program, pages, *said))
    counts = Counter((program.lang, program.name) for program in programs for _ in program.blocks)
    for lang, of_language in pages.items():
        for name, page in of_language.items():
            if (count := counts[lang, name]) != len(page.blocks):
                text = f"has {len(page.blocks)} blocks, its built page {count}: run `make site`, then this again"
                found.append(page.finding(1, text))
    return sorted(set(found), key=lambda finding: (finding.path, finding.line, finding.text))


def _finding(program: Program, pages: Mapping[str, Mapping[str, Page]], block: int, text: str) -> Finding:
    said = f"block {block + 1} of the built page, copied into a file, {text}"
    page = pages.get(program.lang, {}).get(program.name)
    if page is None or block >= len(page.blocks):
        return Finding(f"site/{'en/' if program.lang == 'en' else ''}{program.name}", 1, said)
    return page.finding(page.blocks[block].line, f"{said} ({program.lang})" if page.lab else said)


def _difference(program: Program, done: Done, exact: bool) -> tuple[int, str] | None:
    """The block that does something else than the page shows, and what."""
    printed = program.block_of(done.stdout.count("\n"))
    if done.code:
        return printed, f"fails: {(done.stderr.strip().splitlines() or [f'exit code {done.code}'])[-1]}"
    errors = terminal(done.stderr).strip() if len(program.blocks) > 1 else done.stderr  # a lab's bars leave nothing
    if errors:
        return printed, f"writes to stderr: {errors.splitlines()[0]!r}"
    different = outputs.difference(program.output, done.stdout, exact=exact)
    if different is None:
        return None
    line, shown, got = different
    return program.block_of(line), f"prints {got!r} where the page shows {shown!r}: run `make update`, then `make site`"


def summary(
    programs: Sequence[Program], done: Mapping[str, Done], environment: Environment, wheel: Path, *, exact: bool
) -> dict[str, object]:
    """What was run, with what and for how long, for the page `verification`."""
    counts = Counter(program.lang for program in programs for _ in program.blocks)
    seconds: dict[str, float] = {}
    for program in programs:
        page = f"{program.lang}/{program.name}"
        seconds[page] = round(seconds.get(page, 0.0) + done[program.text].seconds, 2)
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "python": environment.version,
        "packages": environment.packages,
        "wheel": wheel.name,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "offline": " ".join(offline()) or "audit hook",
        "compared": "exactly" if exact else outputs.TOLERANCE,
        "blocks": dict(sorted(counts.items())),
        "texts": len(done),
        "seconds": dict(sorted(seconds.items())),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all blocks of the built site; say what differs; write the summary."""
    parser = argparse.ArgumentParser(prog="dlnotes_site.copied", description="Run every block as a reader copies it.")
    parser.add_argument("--python", default=OWN, choices=sorted(environments.pythons()), help="its version")
    parser.add_argument("--versions", default="locked", choices=VERSIONS, help="of NumPy and the other packages")
    chosen = parser.parse_args(arguments)
    built, begin = ROOT / "site", time.monotonic()
    wheel = environments.wheel(built)
    environment = environments.make(chosen.python, wheel, chosen.versions)
    if superfluous := environments.superfluous(environment):
        print(f"the environment holds more than the wheel needs: {', '.join(superfluous)}", file=sys.stderr)
        return 1
    exact = (chosen.python, chosen.versions) == (OWN, "locked")
    programs, pages = read(built), site.read()
    texts = list(dict.fromkeys(program.text for program in programs))
    packages = ", ".join(f"{name} {environment.packages[name]}" for name in ("numpy", "matplotlib"))
    how = f"offline by {' '.join(offline()) or 'an audit hook'}, compared {'exactly' if exact else 'by number'}"
    print(f"Python {environment.version}, {packages}, {how}", flush=True)

    def progress(number: int, total: int) -> None:
        if number % 50 == 0 or number == total:
            print(f"  {number}/{total} ({time.monotonic() - begin:.0f} s)", flush=True)

    done = run_all(texts, environment, wheel, progress=progress)
    found = findings(programs, done, pages, exact=exact)
    for finding in found:
        print(finding)
    counts = Counter(program.lang for program in programs for _ in program.blocks)
    said = " and ".join(f"{count} in {lang}" for lang, count in sorted(counts.items(), reverse=True))
    print(f"{counts.total()} blocks ({said}), {len(texts)} different files: {len(found)} findings")
    if found or not programs:
        return 1
    SUMMARIES.mkdir(parents=True, exist_ok=True)
    name = "copied" if exact else f"copied-{chosen.python}-{chosen.versions}"
    told = summary(programs, done, environment, wheel, exact=exact)
    (SUMMARIES / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
