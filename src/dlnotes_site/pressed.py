"""Every block of the built site run by its own button in Chromium: what it prints and draws is compared with its page.

`python -m dlnotes_site.pressed [PAGE ...]` serves `site/` and reads it in two browsers, one for each language: from
page to page by the navigation, as a reader does, and Run is pressed on one block after the other. Nothing is skipped.
With `--changed`, as in `make test`, these are the pages that are not committed yet; CI presses all.
Printed numbers may differ by a relative 1e-6 (`outputs.alike`), as Pyodide has other versions of NumPy and of the
mathematical functions; a figure must be there. A page whose blocks agree is not opened again until one of them, or
anything in `site/assets/run/`, changes.
"""

import argparse
import datetime
import hashlib
import json
import multiprocessing
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

from dlnotes_site import outputs, site
from dlnotes_site.browser import find_chromium, launch_arguments
from dlnotes_site.history import git
from dlnotes_site.page import Finding, Page, folder_of
from dlnotes_site.serving import serving_site

BUILT = site.ROOT / "site"
KEPT = site.ROOT / ".cache" / "pressed"
SUMMARY = site.ROOT / ".cache" / "verification" / "pressed.json"
RELATIVE = 1e-6
MOST_SECONDS = 10.0  # that a block may take in the browser
BOOT, PATIENCE = 180_000, 90_000  # ms: for the first block of a page, for another
# From one page to another without loading it anew: Python, once started, is there for all pages of a visit.
GO = """(address) => {
  const link = [...document.querySelectorAll(".md-nav--primary a")].find(({ href }) => href === address);
  if (!link || location.href === address) return false;
  document.querySelector("article").dataset.left = "";
  link.click();
  return true;
}"""
HERE = "article:not([data-left]) .dl-run__run"
ENDED = """([block, patience]) => new Promise((resolve) => {
  const look = () => ["done", "error", "failed", "stopped"].includes(block.dataset.dlRun) && resolve(true);
  new MutationObserver(look).observe(block, { attributeFilter: ["data-dl-run"] });
  setTimeout(() => resolve(false), patience);
  look();
})"""
TOLD = """async (block) => {
  const texts = (where) => [...block.querySelectorAll(where)].map((element) => element.textContent).join("");
  const drawn = [...block.querySelectorAll(".dl-result img")];
  await Promise.allSettled(drawn.map((image) => image.decode()));
  return {
    how: block.dataset.dlRun ?? "",
    said: texts(".dl-run [role=status]"),
    text: texts(".dl-result > .dl-output:not(.dl-output--err, .dl-output--error) samp"),
    errors: texts(".dl-result > :is(.dl-output--err, .dl-output--error) samp"),
    figures: drawn.filter((image) => image.naturalWidth > 0).length,
    shown: texts(":scope > .dl-output samp"),
    promised: block.querySelectorAll(":scope > .dl-figure").length,
  };
}"""


@dataclass(frozen=True)
class Pressed:
    """What became of a block: how it ended, what the page said of it, what it printed and drew and what it should."""

    how: str
    said: str
    text: str
    errors: str
    figures: int
    shown: str
    promised: int

    @property
    def seconds(self) -> float:
        """How long it ran, as the page says it."""
        match = re.search(r"[\d.]+", self.said)
        return float(match[0]) if match and self.how == "done" else 0.0


def flaw(block: Pressed) -> str:
    """What is wrong with a block that was run in the browser; "" if nothing is."""
    if block.how != "done":
        last = (block.errors.strip().splitlines() or [block.said])[-1]
        return f"ends as {block.how or 'nothing at all'}: {last}"
    if block.errors:
        return f"writes to stderr: {block.errors.strip().splitlines()[0]!r}"
    if different := outputs.difference(block.shown, block.text, exact=False, relative=RELATIVE):
        return f"prints {different[2]!r} where the page shows {different[1]!r}"
    if block.figures != block.promised:
        return f"draws {block.figures} figures where the page shows {block.promised}"
    if block.seconds > MOST_SECONDS:
        return f"takes {block.seconds:g} s, at most {MOST_SECONDS:g} are good to wait for: make it smaller"
    return ""


def findings(page: Page, blocks: Sequence[Pressed]) -> list[Finding]:
    """Where a page's blocks do something else in the browser than the page says."""
    if len(blocks) != len(page.blocks):
        text = f"has {len(page.blocks)} blocks, its built page {len(blocks)} with a Run button: run `make site`"
        return [page.finding(1, text)]
    return [
        page.finding(page.blocks[number].line, f"block {number + 1}, run in the browser, {said}")
        for number, block in enumerate(blocks)
        if (said := flaw(block))
    ]


def key(page: Page, folder: Path) -> str:
    """What the result of a page depends on: its blocks and outputs as they stand, and all of the runner."""
    blocks = [(block.code, block.output and block.output.text, len(block.figures)) for block in page.blocks]
    runner = json.loads((folder / "assets/run/manifest.json").read_text(encoding="utf-8"))["version"]
    content = json.dumps([page.lang, page.name, blocks, runner, TOLD, RELATIVE, MOST_SECONDS])
    return hashlib.sha256(content.encode()).hexdigest()


_browser: dict[str, Any] = {}  # of a process that presses


def _begin() -> None:
    playwright = sync_playwright().start()
    chromium = playwright.chromium.launch(executable_path=find_chromium(), args=launch_arguments())
    _browser["tab"] = chromium.new_page(viewport={"width": 1280, "height": 800})


def _press_page(address: str) -> list[Pressed]:
    return press_page(_browser["tab"], address)


def press_page(tab: Tab, address: str) -> list[Pressed]:
    """Go to a page, press Run on each of its blocks in turn, and wait for its end; after one without end, none."""
    if not tab.evaluate(GO, address):
        tab.goto(address)
    tab.wait_for_selector(HERE, state="attached")
    tab.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    told: list[Pressed] = []
    stuck = False
    for number, button in enumerate(tab.locator(".dl-block .dl-run__run").all()):
        block = tab.query_selector(f"#block-{number + 1}")
        if not stuck:
            button.click()
            stuck = not tab.evaluate(ENDED, [block, PATIENCE if number else BOOT])
        told.append(Pressed(**tab.evaluate(TOLD, block)))
    if stuck:
        tab.goto("about:blank")  # the next page begins anew
    return told


def press_all(pages: Sequence[Page], folder: Path, kept: Path = KEPT) -> dict[str, list[Pressed]]:
    """Press every button of some pages; the result is by their folders (`folder_of`)."""
    by_path = {folder_of(page.lang, page.name): page for page in pages}
    files = {path: kept / f"{key(page, folder)}.json" for path, page in by_path.items()}
    known = {path: blocks for path, file in files.items() if (blocks := _read(file))}
    todo = [path for path in by_path if path not in known]
    if not todo:
        return known
    kept.mkdir(parents=True, exist_ok=True)

    def take(path: str, blocks: list[Pressed]) -> None:
        known[path] = blocks
        if not findings(by_path[path], blocks):
            files[path].write_text(json.dumps([asdict(block) for block in blocks]), encoding="utf-8")

    begin = time.monotonic()
    spawning = multiprocessing.get_context("spawn")
    with serving_site(folder) as address, ExitStack() as stack:
        browsers = {
            lang: stack.enter_context(ProcessPoolExecutor(1, mp_context=spawning, initializer=_begin))
            for lang in site.LANGUAGES
        }
        coming = {browsers[by_path[path].lang].submit(_press_page, address + path): path for path in todo}
        for number, result in enumerate(as_completed(coming), 1):
            path = coming[result]
            take(path, result.result())
            told = f"{len(known[path])} blocks, {sum(block.seconds for block in known[path]):.1f} s of Python"
            print(f"  {number}/{len(todo)} ({time.monotonic() - begin:.0f} s) {path or 'index'}: {told}", flush=True)
        for path in [path for path in todo if any(block.seconds > MOST_SECONDS for block in known[path])]:
            print(f"  {path or 'index'} once more, with nothing beside it: a block took long", flush=True)
            again = browsers[by_path[path].lang].submit(_press_page, address + path).result()
            take(path, [min(pair, key=lambda one: one.seconds) for pair in zip(known[path], again, strict=True)])
    return known


def _read(file: Path) -> list[Pressed]:
    try:
        return [Pressed(**block) for block in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []


def changed(root: Path = site.ROOT) -> set[str]:
    """The sources of pages that are not as in the last commit, new ones included; without git, none."""
    said = git(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "docs")
    return {entry[3:] for entry in said.split("\0") if entry}


def summary(pressed: Mapping[str, Sequence[Pressed]], folder: Path) -> dict[str, object]:
    """What was pressed, for the page `verification`."""
    counts = Counter("en" if path.startswith("en/") else "ja" for path, blocks in pressed.items() for _ in blocks)
    slowest = max((block.seconds for blocks in pressed.values() for block in blocks), default=0.0)
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "pyodide": json.loads((folder / "assets/run/manifest.json").read_text(encoding="utf-8"))["pyodide"],
        "blocks": dict(sorted(counts.items())),
        "figures": sum(block.figures for blocks in pressed.values() for block in blocks),
        "slowest": slowest,
        "seconds": {path: round(sum(block.seconds for block in blocks), 2) for path, blocks in sorted(pressed.items())},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Press every button of the built site; say what differs; write the summary."""
    parser = argparse.ArgumentParser(prog="dlnotes_site.pressed", description=__doc__.split("\n\n")[0])
    parser.add_argument("page", nargs="*", help="of these pages only, as in training/optimizers")
    parser.add_argument("--changed", action="store_true", help="of the pages that are not committed yet")
    chosen = parser.parse_args(arguments)
    if not (BUILT / "assets/run/manifest.json").is_file():
        print("the site has no Run buttons: run `make site` where their runtime can be fetched", file=sys.stderr)
        return 1
    pages = [page for of_lang in site.read().values() for page in of_lang.values() if page.blocks]
    pages = [page for page in pages if not chosen.page or page.name in chosen.page]
    if chosen.changed:
        files = changed()
        pages = [page for page in pages if page.path in files]
        if not pages:
            print("no page has changed since the last commit: `make pressed` presses the buttons of all")
            return 0
    pressed = press_all(pages, BUILT)
    found = [finding for page in pages for finding in findings(page, pressed[folder_of(page.lang, page.name)])]
    for finding in found:
        print(finding)
    told = summary(pressed, BUILT)
    print(f"{told['blocks']} blocks run by their buttons, {told['figures']} figures: {len(found)} findings")
    if not (found or chosen.page or chosen.changed):
        SUMMARY.parent.mkdir(parents=True, exist_ok=True)
        SUMMARY.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 1 if found or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
