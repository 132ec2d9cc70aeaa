"""Site search: the worker behind Material's search box, made of MiniSearch, the glossary and a ranking."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from dlnotes_site.glossary import GLOSSARY, Term

__all__ = ["WORKER", "answers", "assets", "defer"]

WORKER = "assets/search/worker.js"
"""Where the worker lies in the built site of each language."""

_SOURCE = Path(__file__).with_suffix("")


def assets(node_modules: Path, terms: Sequence[Term]) -> dict[str, bytes]:
    """The files that search needs in each language's site, by path: one classic worker script.

    Raises
    ------
    FileNotFoundError
        If MiniSearch is not in `node_modules`.
    """
    package = node_modules / "minisearch"
    library = package / "dist" / "umd" / "index.js"
    if not library.is_file():
        raise FileNotFoundError(f"{library} is missing: run `npm ci`")
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    rows = [[term.id, term.page, term.en, term.ja, _variants(term)] for term in terms]
    parts = [
        f"/*! MiniSearch {version}, MIT License\n{_read(package / 'LICENSE.txt').strip()}\n*/",
        _without_comments(_read(library)),
        f"const GLOSSARY_TERMS = {json.dumps(rows, ensure_ascii=False, separators=(',', ':'))};",
        _read(_SOURCE / "search.js"),
        _read(_SOURCE / "worker.js"),
    ]
    return {WORKER: "\n".join(parts).encode()}


def answers(term: Term, location: str) -> bool:
    """Whether a result (its place below a language's root) is where a term is explained."""
    page, _, anchor = location.partition("#")
    page = page.removesuffix(".html").rstrip("/")
    explained = term.page.partition("#")[0]
    return (page, anchor) == (GLOSSARY, term.id) or page == explained != GLOSSARY


def defer(site: Path) -> None:
    """Put an empty index where every page fetches it, and the real one where the worker does on the first query.

    Material's pages fetch `search/search_index.json` as soon as they open: too much for a reader who does not search.
    """
    usual = site / "search" / "search_index.json"
    index = json.loads(usual.read_text(encoding="utf-8"))
    usual.rename(usual.with_name("index.json"))
    usual.write_text(json.dumps({"config": index["config"], "docs": []}), encoding="utf-8")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _variants(term: Term) -> list[str]:
    return [form for form in term.forms() if form not in (term.en, term.ja)]


def _without_comments(script: str) -> str:
    """A script without the comments that fill whole lines (more than half of the library's size)."""
    script = re.sub(r"^\s*/\*.*?\*/[ \t]*\n", "", script, flags=re.S | re.M)
    script = re.sub(r"^\s*//.*\n?", "", script, flags=re.M)
    return re.sub(r"^[ \t]+", "", script, flags=re.M)
