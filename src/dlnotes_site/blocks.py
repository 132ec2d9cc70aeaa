"""Read a page: Markdown text in, one `Page` out, everything with its line number.

Python-Markdown keeps no line numbers, so this reads the source. It understands the Markdown that the site's pages are
written in (CONTRIBUTING.md lists it) and says so where it meets anything else: a page holds no construct that is
silently passed over. `tests/site/test_fidelity.py` proves for every page that what was found here
is what the built HTML shows.
"""

import functools
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dlnotes_site.page import Block, Fence, Figure, Formula, Heading, Link, Output, Page, Prose

EXPECTED_OUTPUT = "<!--pytest-codeblocks:expected-output-->"
FENCES = ("python", "text", "console", "markdown")
REPORTS = ("build", "chapters", "copies", "pressed", "faults", "mutants")  # of the checks; verification.py has them
PLAIN_DIRECTIVES = ("install", "glossary", "formula-tests", *REPORTS)

_FENCE = re.compile(r"^(?P<marks>`{3,}|~{3,})(?P<info>.*)$")
HEADING = re.compile(r"^(?P<marks>#{1,6})\s+(?P<text>.*?)(?:\s*\{\s*#(?P<id>[^\s}]+)\s*\})?\s*$")
CONTAINER = re.compile(r'^(?P<mark>!!!|\?\?\?\+?|===[+!]?)\s*(?P<kind>[\w -]*?)\s*(?:"(?P<title>.*)")?\s*$')
_ITEM = re.compile(r"^(?P<mark>[-*+]|\d+[.)])(?P<space>\s+)(?P<text>.*)$")
_COMMENT = re.compile(r"^<!--\s*(?P<text>.*?)\s*-->$")
_FIGURE = re.compile(r"^figure:\s*(?P<id>[^|]*?)\s*\|\s*(?P<text>.*)$")
_LABEL = re.compile(r"^<!--\s*formula:\s*(?P<label>.*?)\s*-->$")
_TABLE_RULE = re.compile(r"^\|?(\s*:?-+:?\s*\|)+\s*(:?-+:?\s*)?$")

MARK = re.compile(
    r"<!--\s*(?P<mark>(?:[=<>]\s|cited\b|given\b|of:).*?)\s*-->"
)  # where a number comes from: see claims.py
INLINE = re.compile(
    r"(?P<code>(?P<ticks>`+)(?P<code_text>.+?)(?<!`)(?P=ticks)(?!`))"
    r"|(?P<escape>\\[\\`*_{}\[\]()#+\-.!$|<>])"
    r"|(?P<bench><!--\s*bench:\s*(?P<bench_key>[\w.-]+)\s*-->)"
    rf"|{MARK.pattern}"
    r"|(?P<formula>\$(?!\s)(?P<tex>(?:\\.|[^\\$])+?)(?<!\s)\$)"
    r"|(?P<image>!\[(?P<alt>[^\]]*)\]\((?P<src>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\))"
    r"|(?P<link>\[(?P<label>(?:[^\[\]`$]|`[^`]*`|\$[^$]*\$)*)\]\((?P<href>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\))"
    r"|(?P<auto><(?P<url>https?://[^>\s]+)>)"
    r"|(?P<html></?(?P<tag>[A-Za-z][\w-]*)(?P<attributes>[^<>]*)>)"
    r"|(?P<reference>\[[^\]]+\]\[[^\]]*\]|\[\^[^\]]+\])"
)
BENCH = re.compile(r"<!--\s*bench:\s*([\w.-]+)\s*-->")
_HTML_TARGET = re.compile(r"""\b(?:src|href)\s*=\s*(["']?)(?P<target>[^"'>\s]*)\1""")


def read(text: str, path: str = "page.md", name: str = "page", lang: str = "en", *, lab: bool = False) -> Page:
    """Read the Markdown text of one page, or of one language of a lab."""
    page = Page(path, name, lang, text, lab)
    _Reader(page).read()
    return page


@functools.lru_cache(256)  # a guide's pages of some versions
def read_once(text: str, path: str, name: str, lang: str) -> Page:
    """As `read`, for pages that nobody changes: one that was read before is given again."""
    return read(text, path, name, lang)


def without_front_matter(text: str) -> str:
    """The Markdown below the front matter, which MkDocs reads by itself."""
    return text.split("\n---\n", 1)[-1] if text.startswith("---\n") else text


def read_tree(docs: Path, root: Path) -> dict[str, Page]:
    """All pages of one language, by name; the folder's own name is the language."""
    pages = {}
    for file in sorted(docs.rglob("*.md")):
        name = file.relative_to(docs).with_suffix("").as_posix()
        pages[name] = read_once(file.read_text(encoding="utf-8"), file.relative_to(root).as_posix(), name, docs.name)
    return pages


class _Reader:
    """One pass over the lines of a page, with the indentation of the containers that are open."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.lines = page.text.split("\n")
        self.at = 0  # index of the line being read
        self.open = [0]  # columns at which the content of the open containers begins
        self.block: Block | None = None  # the block to which an output or a figure would belong
        self.wants_output = 0  # line of an expected-output comment whose fence has not come yet
        self.paragraph = False  # whether the previous line was prose that this one would continue

    @property
    def line(self) -> int:
        return self.at + 1

    def say(self, text: str, line: int = 0) -> None:
        self.page.findings.append(self.page.finding(line or self.line, text))

    def read(self) -> None:
        self.front_matter()
        while self.at < len(self.lines):
            raw = self.lines[self.at]
            text = raw.strip()
            if not text:
                self.paragraph = False
            else:
                if "\t" in raw:
                    self.say("a tab: indent with spaces")
                self.content(text, len(raw) - len(raw.lstrip(" ")))
            self.at += 1
        self.close_block()

    def front_matter(self) -> None:
        first = 0
        if self.page.lab:  # the lines above are those of the source's header
            first = next((index for index, line in enumerate(self.lines) if line.strip()), 0)
        if self.lines[first].strip() != "---":
            return
        for index, line in enumerate(self.lines[first + 1 :], first + 1):
            if line.strip() == "---":
                self.at = index + 1
                return
            key, _, value = line.partition(":")
            if key in ("title", "description"):
                self.page.prose.append(Prose(index + 1, "meta", value.strip(), value.strip()))
        self.say("the front matter is never closed: end it with ---", first + 1)

    def content(self, text: str, indent: int) -> None:
        while indent < self.open[-1]:
            self.open.pop()
        if indent - self.open[-1] >= 4 and not self.paragraph:
            self.say("indented code is not run: use a ```python fence (or indent less)")
            return
        if fence := _FENCE.match(text):
            return self.fence(fence["marks"], fence["info"], indent)
        if comment := _COMMENT.match(text):
            return self.comment(comment["text"], indent)
        self.close_block()
        if text.startswith("$$"):
            return self.display_formula(text, indent)
        container = CONTAINER.match(text)
        if container and (container["kind"] or container["mark"].startswith("===")):
            return self.container(container, indent)
        if heading := HEADING.match(text):
            self.paragraph = False
            plain = self.prose("heading", heading["text"])
            self.page.headings.append(Heading(self.line, len(heading["marks"]), plain, heading["id"]))
            return None
        if item := _ITEM.match(text):
            self.open.append(indent + 4)
            self.prose("item", item["text"])
            self.paragraph = True
            return None
        if text.startswith("|"):
            return self.table_row(text)
        if text.startswith(">"):
            self.say("a block quote: blocks inside are not run, use an admonition")
            return None
        if re.fullmatch(r"(-\s*){3,}|(\*\s*){3,}|=+", text):
            self.say(f"{text!r} is a rule or an underlined heading: use # headings")
            return None
        if self.paragraph:
            self.say("a paragraph goes on: write it on one line (a line break in Japanese shows as a space)")
        self.prose("paragraph", text)
        self.paragraph = True
        return None

    def fence(self, marks: str, info: str, indent: int) -> None:
        begin, body = self.line, []
        self.paragraph = False
        for line in self.lines[self.at + 1 :]:
            self.at += 1
            stripped = line.strip()
            if stripped.startswith(marks) and not stripped.strip(marks[0]):
                break
            body.append(line[min(indent, len(line) - len(line.lstrip(" "))) :])
        else:
            self.say("this fence is never closed", begin)
        code = "".join(line + "\n" for line in body)
        if marks[0] == "~":
            self.say("a ~~~ fence is not run: use ```", begin)
        elif info not in FENCES:
            known = ", ".join(f"```{name}" for name in FENCES)
            self.say(f"```{info} would not be run or not be known: a fence is exactly one of {known}", begin)
        if self.wants_output:
            if info != "text":
                self.say("the expected output must follow its comment as a ```text fence", begin)
            elif self.block:
                self.block = replace(self.block, end=self.line, output=Output(begin, self.line, code))
            self.wants_output = 0
            return
        self.close_block()
        if info == "python" and marks[0] == "`":
            self.block = Block(begin, self.line, self.line, indent, code)
            if comments := _comments(code):
                self.page.prose.append(Prose(begin, "comment", comments, comments))
        else:
            self.page.fences.append(Fence(begin, info, code))

    def comment(self, text: str, indent: int) -> None:
        self.paragraph = False
        if self.lines[self.at].strip() == EXPECTED_OUTPUT:
            if self.block is None or self.block.output or self.block.figures:
                self.say("an expected output without a block before it: it follows its ```python fence directly")
            elif indent != self.block.indent:
                self.say(f"the expected output is indented by {indent}, its block by {self.block.indent}: align them")
            self.wants_output = self.line
        elif "pytest" in text:
            self.say(f"<!--{text}--> changes which blocks are run: the only one allowed is {EXPECTED_OUTPUT}")
        elif figure := _FIGURE.match(text):
            if self.block is None:
                self.say("a figure without a block before it: the directive follows its ```python fence or output")
                return
            self.prose("caption", figure["text"])
            drawn = Figure(self.line, figure["id"], figure["text"])
            self.block = replace(self.block, end=self.line, figures=(*self.block.figures, drawn))
        elif text.startswith("formula:"):
            self.say("a label without a formula before it: it stands on the line below the closing $$")
        elif text in PLAIN_DIRECTIVES:
            self.close_block()
            self.page.directives.append((self.line, indent, text))
        elif text.startswith("bench:"):
            self.close_block()
            self.prose("paragraph", self.lines[self.at].strip())
        else:
            self.say(
                f"unknown directive {text!r}: known are figure: id | text, formula: label, bench: key, "
                f"{', '.join(PLAIN_DIRECTIVES)}"
            )

    def close_block(self) -> None:
        if self.wants_output:
            self.say("no ```text fence follows this comment", self.wants_output)
            self.wants_output = 0
        if self.block:
            self.page.blocks.append(self.block)
            self.block = None

    def container(self, match: re.Match[str], indent: int) -> None:
        self.paragraph = False
        if not match["title"]:
            self.say(f'{match["mark"]} {match["kind"]} has no title (the default is English): write one in "quotes"')
        if '\\"' in (match["title"] or ""):
            self.say('\\" in a title shows its backslash: use other quotation marks')
        if match["mark"].startswith("???") and match["kind"] == "question":
            self.page.questions.append(self.line)
        self.prose("title", match["title"] or "")
        self.open.append(indent + 4)

    def display_formula(self, text: str, indent: int) -> None:
        begin, tex = self.line, text[2:]
        self.paragraph = False
        while not tex.rstrip().endswith("$$"):
            self.at += 1
            if self.at >= len(self.lines) or not self.lines[self.at].strip():
                self.say("this $$ formula is never closed (it holds no empty line)", begin)
                return
            tex += "\n" + self.lines[self.at].strip()
        below = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
        label = ""
        if found := _LABEL.match(below.strip()):
            self.at += 1
            label = found["label"]
            if len(below) - len(below.lstrip(" ")) != indent:
                self.say(f"the label of the formula is not indented by {indent} as its formula is: align them")
        else:
            self.say("this formula has no label: write <!-- formula: like-this --> on the line below it", begin)
        tex = tex.rstrip()[:-2].strip()
        self.page.formulas.append(Formula(begin, tex, True, label, self.line if label else 0))

    def table_row(self, text: str) -> None:
        self.paragraph = False
        if _TABLE_RULE.match(text):
            if any(not cell for cell in _cells(self.lines[self.at - 1])):
                self.say("a column without a heading: name it (a screen reader reads the name with every cell)")
            return
        for cell in _cells(text):
            self.prose("cell", cell)

    def prose(self, kind: str, source: str) -> str:
        """Take the formulas and links out of one unit of text; returns its plain text."""
        page, formulas, links = self.page, len(self.page.formulas), len(self.page.links)
        plain = ("".join(self.inline(source)) if kind != "caption" else source).strip()
        if plain or links < len(page.links):
            inside = tuple(formula.tex for formula in page.formulas[formulas:])
            targets = tuple(link.target for link in page.links[links:])
            page.prose.append(Prose(self.line, kind, plain, source, inside, targets))
        return plain

    def inline(self, source: str) -> Iterator[str]:
        page, at = self.page, 0
        for match in INLINE.finditer(source):
            yield self.words(source[at : match.start()])
            at = match.end()
            if match["code"]:
                yield match["code_text"].strip()
            elif match["escape"]:
                yield match["escape"][1:]
            elif match["bench"]:
                page.measured.append((self.line, match["bench_key"]))
                yield f"<{match['bench_key']}>"
            elif match["mark"]:
                yield ""
            elif match["formula"]:
                page.formulas.append(Formula(self.line, match["tex"], False))
                yield match["formula"]
            elif match["image"]:
                page.links.append(Link(self.line, match["src"], match["alt"], "image"))
            elif match["link"]:
                inner = "".join(self.inline(match["label"]))
                page.links.append(Link(self.line, match["href"], inner, "link"))
                yield inner
            elif match["auto"]:
                page.links.append(Link(self.line, match["url"], match["url"], "link"))
                yield match["url"]
            elif match["html"]:
                if target := _HTML_TARGET.search(match["attributes"]):
                    page.links.append(Link(self.line, target["target"], match["tag"], "html"))
            else:
                self.say(f"{match['reference']} is a reference link or a footnote: write [text](address)")
        yield self.words(source[at:])

    def words(self, text: str) -> str:
        if "](" in text:
            self.say("a link that is not read: write [text](address), without a title and with nothing left out")
        if "$" in text:
            self.say("a single $: write \\$ for the sign, $…$ for a formula (no space inside the marks)")
        text = re.sub(r"\{[:#.][^{}]*\}", "", text)
        return re.sub(r"\*+|(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)", "", text)


def _comments(code: str) -> str:
    """The comments of a program, one a line: the part of a block that is translated."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (SyntaxError, tokenize.TokenError):
        return ""
    return "\n".join(token.string for token in tokens if token.type == tokenize.COMMENT)


def _cells(row: str) -> list[str]:
    """The cells of a table row; a | inside code or behind a backslash does not part them."""
    parts = re.findall(r"(?:`[^`]*`|\\.|[^|`\\])+|(?<=\|)(?=\|)", row.strip().strip("|"))
    return [part.strip() for part in parts]
