"""What the page `verification` and each page's foot say of the checks: counted, timed and read from their results.

Nothing is typed in. The steps of `make test` and `make pressed` leave their results in `.cache/verification`, the long
runs (`make faults`, `make mutants`) in `tests/`; a result that is not there is said not to be there.
"""

import datetime
import html
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from dlnotes_site import navigation
from dlnotes_site.page import Page
from dlnotes_site.site import Guide, counts

PACKAGES = ("numpy", "matplotlib", "mkdocs", "mkdocs-material", "pymdown-extensions", "mkdocs-jupyter")
RESULTS = Path(".cache/verification")

WORDS = {
    "ja": {
        "what": "項目",
        "value": "値",
        "date": "ビルドした日（UTC）",
        "page": "ページ",
        "seconds": "秒",
        "step": "検査",
        "pages": "ページ",
        "blocks": "コードブロック",
        "outputs": "出力",
        "figures": "図（それぞれ2つの配色）",
        "formulas": "数式",
        "held": "テストが支える数式",
        "headings": "見出し",
        "links": "リンク",
        "questions": "問い",
        "units of text": "訳を対応づけた文章",
        "python": "Python",
        "compared": "比べ方",
        "offline": "通信を断つ方法",
        "exactly": "一字一句",
        "by number": "数値で",
        "files": "走らせたファイル",
        "run": "実行",
        "slowest": "最も長いブロック（秒）",
        "drawn": "描いた図",
        "long": "長い実行",
        "daily": "make test",
        "day": "日付（UTC）",
        "seed": "乱数の種",
        "kinds": "種類",
        "planted": "仕込んだ誤り",
        "caught": "見つかった誤り",
        "module": "モジュール",
        "killed": "見つかった変異",
        "all": "変異",
        "share": "割合",
        "survivors": "残った変異（理由つき）",
        "missing": "このビルドには、まだ結果がありません。{command} で作れます。",
        "foot": "このページはビルドのたびに確かめています",
        "code": "コード",
        "drawings": "図",
        "more": "確かめ方",
    },
    "en": {
        "what": "What",
        "value": "Value",
        "date": "Day of the build (UTC)",
        "page": "Page",
        "seconds": "Seconds",
        "step": "Check",
        "pages": "Pages",
        "blocks": "Blocks of code",
        "outputs": "Outputs",
        "figures": "Figures (each in two schemes)",
        "formulas": "Formulas",
        "held": "Formulas held by a test",
        "headings": "Headings",
        "links": "Links",
        "questions": "Questions",
        "units of text": "Units of text paired with their translation",
        "python": "Python",
        "compared": "Compared",
        "offline": "Cut off by",
        "exactly": "character by character",
        "by number": "by number",
        "files": "Files run",
        "run": "Run",
        "slowest": "Slowest block (s)",
        "drawn": "Figures drawn",
        "long": "long run",
        "daily": "make test",
        "day": "Day (UTC)",
        "seed": "Seed",
        "kinds": "Kinds",
        "planted": "Planted",
        "caught": "Caught",
        "module": "Module",
        "killed": "Noticed",
        "all": "Mutants",
        "share": "Share",
        "survivors": "Survivors (each with its reason)",
        "missing": "This build has no result yet: {command} makes one.",
        "foot": "This page is checked in every build",
        "code": "Blocks",
        "drawings": "Figures",
        "more": "how",
    },
}


def filled(directive: str, guide: Guide, lang: str) -> str:
    """The HTML of one of the page's directives."""
    words, root = WORDS[lang], guide.root
    content = {
        "build": lambda: _build(guide, lang, words),
        "chapters": lambda: _chapters(guide, lang, words),
        "copies": lambda: _copies(root, words),
        "pressed": lambda: _pressed(root, words),
        "faults": lambda: _faults(root, words),
        "mutants": lambda: _mutants(root, words),
    }[directive]()
    return f'<div class="dl-verification" data-search-exclude>{content}</div>'


def foot(page: Page) -> dict[str, str]:
    """What a page's foot says that it was checked with: the same on every machine with the locked packages."""
    words, ja = WORDS[page.lang], page.lang == "ja"
    counted = {"code": len(page.blocks), "drawings": len(page.figures), "formulas": len(page.formulas)}
    facts = [
        f"{words[what]} {count}" if ja else f"{count} {words[what].lower()}" for what, count in counted.items() if count
    ]
    facts += [f"{name} {metadata.version(name.lower())}" for name in ("NumPy", "Matplotlib")] if page.blocks else []
    said = ("：" if ja else ": ") + ("、" if ja else ", ").join(facts) if facts else ""
    return {"text": f"{words['foot']}{said}{'。' if ja else '. '}", "more": words["more"]}


def _build(guide: Guide, lang: str, words: Mapping[str, str]) -> str:
    pages = list(guide.pages[lang].values())
    versions = next((run.versions for run in guide.runs.values() if run.versions), {})
    rows = [
        (words["date"], datetime.datetime.now(datetime.UTC).date().isoformat()),
        (words["python"], versions.get("python", platform.python_version())),
        *((name, versions.get(name, metadata.version(name))) for name in PACKAGES),
        ("MathJax", _version(guide.root / "node_modules/@mathjax/src/package.json")),
        *((words.get(what, what), f"{number:,}") for what, number in counts(pages, guide).items()),
    ]
    return _table((words["what"], words["value"]), rows)


def _chapters(guide: Guide, lang: str, words: Mapping[str, str]) -> str:
    order = navigation.entries((guide.root / navigation.FILES[lang]).read_text(encoding="utf-8"))
    rows = [
        (
            page.headings[0].text,
            len(page.blocks),
            len(page.figures),
            len(page.formulas),
            f"{sum(guide.runs[block.program].seconds for block in page.blocks):.1f}",
        )
        for page in map(guide.pages[lang].get, order)
        if page and page.blocks
    ]
    return _table([words[name] for name in ("page", "code", "drawings", "formulas", "seconds")], rows)


def _copies(root: Path, words: Mapping[str, str]) -> str:
    rows = []
    for file in sorted((root / RESULTS).glob("copied*.json")):
        told = json.loads(file.read_text(encoding="utf-8"))
        how = words["exactly"] if told["compared"] == "exactly" else words["by number"]
        versions = (
            f"Python {told['python']}, NumPy {told['packages']['numpy']}, matplotlib {told['packages']['matplotlib']}"
        )
        rows.append((versions, sum(told["blocks"].values()), told["texts"], how, told["date"]))
    if not rows:
        return _missing(words, "make test")
    return _table([words[name] for name in ("run", "blocks", "files", "compared", "day")], rows)


def _pressed(root: Path, words: Mapping[str, str]) -> str:
    file = root / RESULTS / "pressed.json"
    if not file.is_file():
        return _missing(words, "make pressed")
    told = json.loads(file.read_text(encoding="utf-8"))
    row = (f"Pyodide {told['pyodide']}", sum(told["blocks"].values()), told["figures"], told["slowest"], told["date"])
    return _table([words[name] for name in ("run", "blocks", "drawn", "slowest", "day")], [row])


def _faults(root: Path, words: Mapping[str, str]) -> str:
    told = {
        name: json.loads((root / file).read_text(encoding="utf-8"))
        for name, file in (("long", Path("tests/faults.json")), ("daily", RESULTS / "faults.json"))
        if (root / file).is_file()
    }
    if not told:
        return _missing(words, "make faults")
    columns = ("date", "seed", "kinds", "planted", "caught", "seconds")
    rows = [(words[name], *(one[column] for column in columns)) for name, one in told.items()]
    parts = [_table([words["run"], words["day"], *(words[name] for name in columns[1:])], rows)]
    for name, one in told.items():
        steps = [(step, number) for step, number in one["by_step"].items()]
        parts.append(_table((f"{words['step']} ({words[name]})", words["caught"]), steps))
    return "\n".join(parts)


def _mutants(root: Path, words: Mapping[str, str]) -> str:
    file = root / "tests" / "mutants.json"
    if not file.is_file():
        return _missing(words, "make mutants")
    told = json.loads(file.read_text(encoding="utf-8"))
    rows = []
    for module, one in told["modules"].items():
        survivors = one["all"] - one["killed"]
        rows.append((module, one["all"], one["killed"], f"{100 * one['killed'] / one['all']:.1f} %", survivors))
    return _table([words[name] for name in ("module", "all", "killed", "share", "survivors")], rows)


def _missing(words: Mapping[str, str], command: str) -> str:
    return f"<p>{words['missing'].format(command=f'<code>{command}</code>')}</p>"


def _version(package: Path) -> str:
    return str(json.loads(package.read_text(encoding="utf-8"))["version"]) if package.is_file() else "?"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    titles = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
