"""Formulas of the built pages: TeX in, SVG and MathML out.

pymdownx.arithmatex (``generic: true``) leaves TeX in marked elements of a page. `find` lists them, `typeset`
has MathJax set them (``typeset.mjs``, one node process for all that the cache does not hold) and `replace`
puts the result in their place. Readers load no MathJax and no font.
"""

import hashlib
import html
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Formula", "Typeset", "find", "replace", "typeset"]

type Formula = tuple[str, bool]
"""TeX without the white space around it, and whether it is a display formula."""

SCRIPT = Path(__file__).with_name("typeset.mjs")
PACKAGES = ("@mathjax/src", "@mathjax/mathjax-newcm-font")
STEP = 200

_ELEMENT = re.compile(
    r'<span class="arithmatex">\\\((?P<inline>[^<]*)\\\)</span>'
    r'|<div class="arithmatex">\s*\\\[(?P<display>[^<]*)\\\]\s*</div>'
)
_GLYPH = re.compile(r'<path d="([^"]*)"')
_STORE = '<svg class="formula__glyphs" width="0" height="0" aria-hidden="true"><defs>{}</defs></svg>'
_JOINER = "\u2060"
_OPENING = tuple("([{（［｛「『【〔“‘")
_CLOSING = tuple(")]}）］｝」』】〕”’、。，．,.・:;：；!?！？ー々%％")
_CONTAINER = re.compile(r'<span class="formula__(?:body|piece)"[^>]*>')


@dataclass(frozen=True, slots=True)
class Typeset:
    """What became of a formula: `html`, or `error` (a sentence) if it cannot be set; the other is empty."""

    html: str = ""
    error: str = ""


def find(page: str) -> list[Formula]:
    """List the formulas of a page's HTML, in order."""
    return [_formula(match) for match in _ELEMENT.finditer(page)]


def typeset(
    formulas: Iterable[Formula],
    cache: Path,
    *,
    script: Path = SCRIPT,
    report: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> dict[Formula, Typeset]:
    """Typeset formulas, those that the cache does not hold in one node process.

    Parameters
    ----------
    formulas
        Pairs (TeX, whether it is a display formula); repeated ones are set once.
    cache
        JSON file, made if missing, replaced as a whole; valid for one version of MathJax and of the script.
    script
        What runs in node.
    report
        Is given a line of progress for every 200 formulas.

    Returns
    -------
    The result for each formula. One that cannot be set is a result with an error, no exception.

    Raises
    ------
    RuntimeError
        node or its packages are missing, or the script failed.
    """
    wanted = list(dict.fromkeys((tex.strip(), display) for tex, display in formulas))
    key = _key(script)
    known = _read(cache, key)
    missing = [formula for formula in wanted if formula not in known]
    if missing:
        for count, (formula, result) in enumerate(zip(missing, _run(missing, script), strict=True), start=1):
            known[formula] = result
            if count % STEP == 0:
                report(f"Formulas: {count} of {len(missing)}")
        _write(cache, key, known)
    return {formula: known[formula] for formula in wanted}


def replace(page: str, results: Mapping[Formula, Typeset]) -> str:
    """Put typeset formulas in the place of the TeX in a page's HTML; all else stays as it is.

    The outline of a glyph that the page shows more than once is kept once, in its first formula, which more
    than halves the page. Word joiners keep punctuation on the line of its formula: browsers break a line on
    either side of a picture.

    Raises
    ------
    ValueError
        A formula of the page was not typeset, or could not be.
    """
    matches = list(_ELEMENT.finditer(page))
    seen = [_joined(page, match, _html(_formula(match), results)) for match in matches]
    counts = Counter(outline for one in seen for outline in _GLYPH.findall(one))
    repeated = [outline for outline, count in counts.items() if count > 1]
    shared = {outline: f"glyph-{number}" for number, outline in enumerate(repeated)}  # short: each use repeats it
    light = [_GLYPH.sub(lambda m: _use(m, shared), one) for one in seen]
    if shared:
        glyphs = "".join(f'<path id="{name}" d="{outline}"/>' for outline, name in shared.items())
        light[0] = _CONTAINER.sub(lambda m: m[0] + _STORE.format(glyphs), light[0], count=1)
    following = iter(light)
    return _ELEMENT.sub(lambda _: next(following), page)


def _formula(match: re.Match[str]) -> Formula:
    display = match["display"] is not None
    return html.unescape(match["display"] if display else match["inline"]).strip(), display


def _html(formula: Formula, results: Mapping[Formula, Typeset]) -> str:
    result = results.get(formula)
    if result is None:
        raise ValueError(f"the formula {formula[0]!r} was not typeset")
    if result.error:
        raise ValueError(f"the formula {formula[0]!r} cannot be typeset: {result.error}")
    return result.html


def _joined(page: str, match: re.Match[str], done: str) -> str:
    if match["inline"] is None:
        return done
    before = _JOINER if page[match.start() - 1 : match.start()] in _OPENING else ""
    after = _JOINER if page.startswith(_CLOSING, match.end()) else ""
    start = done.index("<svg")
    end = done.rindex("</span></span>")
    return done[:start] + before + done[start:end] + after + done[end:]


# Not `href`: Material's instant navigation assigns to it on every element that has it, which fails on <use>.
def _use(match: re.Match[str], shared: Mapping[str, str]) -> str:
    name = shared.get(match[1])
    return f'<use xlink:href="#{name}"' if name else match[0]


def _key(script: Path) -> str:
    digest = hashlib.sha256(script.read_bytes())
    modules = next((p / "node_modules" for p in script.parents if (p / "node_modules").is_dir()), None)
    for package in PACKAGES:
        described = modules and modules / package / "package.json"
        if not described or not described.is_file():
            raise RuntimeError(f"the npm package {package} is missing: run `npm ci` where package.json is")
        version: str = json.loads(described.read_text("utf-8"))["version"]
        digest.update(f"{package} {version}".encode())
    return digest.hexdigest()


def _read(cache: Path, key: str) -> dict[Formula, Typeset]:
    try:
        stored = json.loads(cache.read_text("utf-8"))
        if stored["key"] != key:
            return {}
        return {(tex, display): Typeset(done, error) for tex, display, done, error in stored["formulas"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # none yet, or one that is of no use


def _write(cache: Path, key: str, known: Mapping[Formula, Typeset]) -> None:
    rows = [(tex, display, done.html, done.error) for (tex, display), done in known.items()]
    cache.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=cache.parent, prefix=cache.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"key": key, "formulas": rows}, file, ensure_ascii=False)
        Path(name).replace(cache)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _run(formulas: list[Formula], script: Path) -> Iterator[Typeset]:
    node = Path(sysconfig.get_path("scripts")) / "node"
    if not node.exists():
        raise RuntimeError(f"node is missing in {node.parent}: install requirements.txt, which brings it")
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        with subprocess.Popen(
            [node, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        ) as process:
            assert process.stdin
            assert process.stdout
            try:
                with process.stdin:  # read to its end before the first line is written
                    json.dump(formulas, process.stdin)
            except BrokenPipeError:
                pass  # the script died: its exit code says so below
            for line in process.stdout:
                yield Typeset(**json.loads(line))
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"{script.name} failed in node ({process.returncode}):\n{errors.read()[-2000:]}")
