"""What must hold on the built site: each check takes a `Site` and returns findings that name the source of a page.

`read` parses the HTML files once. A place in a page's article becomes the line of the heading, block or figure above it
in the Markdown file or lab; a place outside, in the frame around the article, is named in the built file.
"""

import gzip
import hashlib
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import html

from dlnotes_site import site
from dlnotes_site.node import NODE
from dlnotes_site.origins import origins
from dlnotes_site.page import Finding, Page, folder_of

BIN = Path(sys.prefix) / "bin"
SCRIPT = Path(__file__).with_name("html.mjs")
ERROR_PAGE = "404.html"  # the only HTML file that is no page
PAGE_BUDGET = 60 * 1024  # bytes of a page's HTML, gzipped; its figures are files of their own
SHARED_BUDGET = 72_700  # bytes of the style sheets and scripts that every page loads, gzipped: 10 % above 66,056


@dataclass(frozen=True)
class File:
    """An HTML file of the site; `page` is what it was made from, None for the error page and for strangers."""

    path: str  # from the site's folder
    lang: str
    page: Page | None
    size: int  # gzipped
    tree: html.HtmlElement
    marks: tuple[tuple[int, int], ...]  # lines of headings, blocks and figures: here, in the source
    end: int  # the line where the article ends

    def at(self, line: int, text: str) -> Finding:
        """A finding at a line of the file, with the place in the source if it lies in the article."""
        if self.page and self.marks and self.marks[0][0] <= line <= self.end:
            return self.page.finding(max(mark for mark in self.marks if mark[0] <= line)[1], text)
        return Finding(f"site/{self.path}", line, text)

    def whole(self, text: str) -> Finding:
        """A finding about the page as such."""
        return self.page.finding(1, text) if self.page else Finding(f"site/{self.path}", 1, text)


@dataclass(frozen=True)
class Site:
    folder: Path
    pages: Mapping[str, Mapping[str, Page]]
    files: Mapping[str, File]

    @property
    def root(self) -> str:
        """The address of the site, as its first page says it."""
        home = self.files.get("index.html")
        return (canonical(home) if home else "") or "http://127.0.0.1:8000/"

    def address(self, path: str) -> str:
        """The address of an HTML file."""
        return self.root + path.removesuffix("index.html")


def read(folder: Path, pages: Mapping[str, Mapping[str, Page]]) -> Site:
    """Parse the HTML files of a built site, given the pages that it was made from."""
    known = {path_of(lang, name): page for lang, of in pages.items() for name, page in of.items()}
    files = {}
    for file in sorted(folder.rglob("*.html")):
        path = file.relative_to(folder).as_posix()
        files[path] = _file(path, file.read_bytes(), known.get(path))
    return Site(folder, pages, files)


def path_of(lang: str, name: str) -> str:
    return f"{folder_of(lang, name)}index.html"


def _file(path: str, content: bytes, page: Page | None) -> File:
    tree = html.document_fromstring(content, parser=html.HTMLParser(encoding="utf-8"))
    lang = "en" if path.startswith("en/") else "ja"
    anchors: dict[str, int] = {}
    if page:
        anchors |= {heading.id: heading.line for heading in page.headings if heading.id}
        anchors |= {f"block-{number}": block.line for number, block in enumerate(page.blocks, 1)}
        anchors |= {figure.id: figure.line for figure in page.figures}
    inside = tree.xpath("//article//*[@id]")
    marks = [(element.sourceline, anchors[element.get("id")]) for element in inside if element.get("id") in anchors]
    end = content[: content.rfind(b"</article>")].count(b"\n") + 1
    return File(path, lang, page, len(gzip.compress(content, 6)), tree, tuple(marks), end)


def canonical(file: File) -> str:
    return next(iter(file.tree.xpath("//link[@rel='canonical']/@href")), "")


def validity(built: Site, cache: Path | None = None) -> Iterator[Finding]:
    """Each HTML file is valid by html-validate; `cache` keeps what was found, by content."""
    known = json.loads(cache.read_text(encoding="utf-8")) if cache and cache.is_file() else {}
    script = SCRIPT.read_bytes()
    keys = {path: hashlib.sha256(script + (built.folder / path).read_bytes()).hexdigest()[:24] for path in built.files}
    if missing := [str(built.folder / path) for path, key in keys.items() if key not in known]:
        known |= {keys[Path(path).relative_to(built.folder).as_posix()]: [] for path in missing}
        with ThreadPoolExecutor(2) as pool:  # a process of node each
            found = chain.from_iterable(pool.map(_invalid, filter(None, (missing[::2], missing[1::2]))))
        for one in found:
            known[keys[Path(one["path"]).relative_to(built.folder).as_posix()]].append([one["line"], one["text"]])
    if cache:
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(json.dumps({key: known[key] for key in sorted(keys.values())}), encoding="utf-8")
    yield from _once(built.files[path].at(line, text) for path, key in keys.items() for line, text in known[key])


def _invalid(files: Sequence[str]) -> list[dict[str, Any]]:
    """What html-validate finds in some files."""
    done = subprocess.run([NODE, SCRIPT], input=json.dumps(files), capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        raise RuntimeError(f"html-validate did not run (make setup?): {done.stderr.strip()}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def _once(found: Iterator[Finding]) -> Iterator[Finding]:
    """A fault of the frame stands on every page: it is said of the first, with the number of the others."""
    frame: dict[str, list[Finding]] = {}
    for one in found:
        if one.path.startswith("site/"):
            frame.setdefault(one.text, []).append(one)
        else:
            yield one
    for text, places in frame.items():
        others = len({place.path for place in places}) - 1
        more = f" (and on {others} other pages)" if others else ""
        yield Finding(
            places[0].path, places[0].line, f"{text}{more}: look in overrides/ and src/dlnotes_site/render.py"
        )


def links(built: Site) -> Iterator[Finding]:
    """Every link and fragment within the site leads somewhere, by lychee."""
    flags = ["--offline", "--include-fragments=full", "--index-files=index.html", "--no-progress", "--format=json"]
    if path := urlsplit(built.root).path.rstrip("/"):  # a site that is a folder of its host
        here = built.folder.as_uri()
        flags += ["--remap", f"^{re.escape(here + path)}(?:/|$) {here}/"]
    files = [str(built.folder / path) for path in built.files]
    command = [str(BIN / "lychee"), *flags, "--root-dir", str(built.folder), *files]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if not done.stdout.startswith("{"):
        raise RuntimeError(f"lychee did not run: {done.stderr.strip()}")
    found = []
    for path, errors in json.loads(done.stdout)["error_map"].items():
        file = built.files[Path(path).relative_to(built.folder).as_posix()]
        for error in errors:
            url = error["url"].replace(built.folder.as_uri(), "")
            said = f"the link to {url} leads nowhere: {error['status']['text']}"
            found.append(file.at(error.get("span", {}).get("line", 1), said))
    yield from _once(iter(found))


def addresses(built: Site) -> Iterator[Finding]:
    """Language, canonical address, hreflang and sitemaps say the same of every page, in both directions."""
    for path, file in built.files.items():
        if not file.page:
            continue
        name, own = file.page.name, built.address(path)
        if file.tree.get("lang") != file.page.lang:
            yield file.whole(f"says lang={file.tree.get('lang')!r}, and is in {file.page.lang}")
        if canonical(file) != own:
            yield file.whole(f"says that its canonical address is {canonical(file)!r}, and it is {own}")
        wanted = {lang: built.address(path_of(lang, name)) for lang in site.LANGUAGES}
        wanted["x-default"] = wanted["ja"]
        said = {link.get("hreflang"): link.get("href") for link in file.tree.xpath("//link[@hreflang]")}
        for lang in sorted(wanted.keys() | said.keys()):
            if said.get(lang) != wanted.get(lang):
                yield file.whole(f"says hreflang={lang} {said.get(lang)}, expected {wanted.get(lang)}")
        switch = {urljoin(own, a.get("href")) for a in file.tree.xpath("//a[@data-dl-language]")}
        if switch != {address for lang, address in wanted.items() if lang not in (file.page.lang, "x-default")}:
            yield file.whole(
                f"its language link leads to {sorted(switch)}: it leads to this page in the other language"
            )
    robots = built.folder / "robots.txt"
    named = re.findall(
        r"^Sitemap: (\S+)$", robots.read_text(encoding="utf-8") if robots.is_file() else "", re.MULTILINE
    )
    if sorted(named) != sorted(built.root + _sitemap(lang) for lang in site.LANGUAGES):
        yield Finding("site/robots.txt", 1, f"names the sitemaps {named}: it names one of each language")
    for lang in site.LANGUAGES:
        yield from _listed(built, lang)


def _sitemap(lang: str) -> str:
    return "en/sitemap.xml" if lang == "en" else "sitemap.xml"


def _listed(built: Site, lang: str) -> Iterator[Finding]:
    here = f"site/{_sitemap(lang)}"
    try:
        tree = ET.parse(built.folder / _sitemap(lang))
    except (OSError, ET.ParseError) as error:
        yield Finding(here, 1, f"cannot be read: {error}")
        return
    listed = Counter(node.text or "" for node in tree.iter() if node.tag.endswith("loc"))
    files = {canonical(file): file for file in built.files.values() if file.page and file.lang == lang}
    for address, file in files.items():
        if listed[address] != 1:
            yield file.whole(f"stands {listed[address]} times in {here}, expected once")
    for address in listed.keys() - files.keys():
        yield Finding(here, 1, f"lists {address}, which is the canonical address of no page")


def navigation(built: Site) -> Iterator[Finding]:
    """Each page is built, each file is a page, and from each page the navigation leads to all of its language."""
    for lang, pages in built.pages.items():
        for name, page in pages.items():
            if path_of(lang, name) not in built.files:
                yield page.finding(1, f"was not built: {path_of(lang, name)} is missing from the site")
    for path, file in built.files.items():
        if not file.page and Path(path).name != ERROR_PAGE:
            yield file.whole("is no page of the guide: no source belongs to it")
            continue
        targets = file.tree.xpath("//nav[contains(@class, 'md-nav--primary')]//a/@href")
        reached = {urljoin(built.address(path), target).partition("#")[0] for target in targets}
        wanted = {page.path: built.address(path_of(file.lang, name)) for name, page in built.pages[file.lang].items()}
        if lost := [source for source, address in wanted.items() if address not in reached]:
            yield file.whole(f"its navigation does not lead to {', '.join(lost)}: add it to nav in mkdocs*.yml")


def error_page(built: Site) -> Iterator[Finding]:
    """The page for addresses that do not exist speaks both languages and works from any folder."""
    for path in (ERROR_PAGE, f"en/{ERROR_PAGE}"):
        file = built.files.get(path)
        if file is None:
            yield Finding(f"site/{path}", 1, "is missing: overrides/404.html makes it")
            continue
        spoken = {str(lang) for lang in file.tree.xpath("//article//*/@lang")}
        if spoken != set(site.LANGUAGES):
            yield Finding("overrides/404.html", 1, f"speaks {sorted(spoken)}: it speaks both languages")
        local = file.tree.xpath("//@href[not(starts-with(., '#'))] | //@src")
        for address in local:
            if not address.startswith("/") and not urlsplit(address).scheme:
                yield Finding("overrides/404.html", 1, f"{address!r} is relative: this page is shown at any address")


def shared(built: Site) -> dict[str, int]:
    """The style sheets and scripts that every page loads: file and size, gzipped."""
    common: set[str] | None = None
    for path, file in built.files.items():
        if file.page:
            named = file.tree.xpath("//link[@rel='stylesheet']/@href | //script/@src")
            loaded = {urljoin(built.address(path), one).removeprefix(built.root).partition("?")[0] for one in named}
            own = {one.removeprefix("en/") for one in loaded}  # both languages have the same files
            common = own if common is None else common & own
    files = {one: built.folder / one for one in sorted(common or ())}
    return {one: len(gzip.compress(file.read_bytes(), 6)) for one, file in files.items() if file.is_file()}


def weight(built: Site, page_budget: int = PAGE_BUDGET, shared_budget: int = SHARED_BUDGET) -> Iterator[Finding]:
    """No page is heavier than its budget, nor is what all pages load together."""
    for file in built.files.values():
        if file.size > page_budget:
            yield file.whole(f"weighs {file.size} bytes gzipped, at most {page_budget}: divide it, or show less")
    if (total := sum(shared(built).values())) > shared_budget:
        most = max(shared(built).items(), key=lambda item: item[1])
        said = f"what every page loads weighs {total} bytes gzipped, at most {shared_budget}: {most[0]} has {most[1]}"
        yield Finding("mkdocs.yml", 1, said)


CHECKS = (validity, links, origins, addresses, navigation, error_page, weight)


def findings(folder: Path, pages: Mapping[str, Mapping[str, Page]], cache: Path | None = None) -> list[Finding]:
    """Everything that is wrong with a built site."""
    return _all(read(folder, pages), cache)


def _all(built: Site, cache: Path | None) -> list[Finding]:
    found = chain(validity(built, cache), *(check(built) for check in CHECKS if check is not validity))
    return sorted(set(found), key=lambda one: (one.path, one.line, one.text))


def main(arguments: list[str]) -> int:
    """Check the site in a folder (`site`), and say what its pages weigh."""
    folder = Path(arguments[0] if arguments else "site").resolve()
    built = read(folder, site.read())
    found = _all(built, site.ROOT / ".cache" / "html.json")
    for finding in found:
        print(finding)
    heaviest = max(built.files.values(), key=lambda file: file.size)
    print(f"{len(built.files)} files; the heaviest is {heaviest.path}: {heaviest.size} of {PAGE_BUDGET} bytes gzipped")
    print(f"what every page loads: {sum(shared(built).values())} of {SHARED_BUDGET} bytes gzipped")
    print(f"{len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
