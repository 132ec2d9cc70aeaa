"""The guide in MkDocs: a few pages and a lab, built in both languages, and what the hooks put into what is built.

Page by page the whole site is looked at in test_built_site.py, test_fidelity.py and test_built_labs.py; here the hooks
are seen to do their work on a small one, in the test's own process.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import nbformat
import pytest
from bs4 import BeautifulSoup
from mkdocs.commands.build import build
from mkdocs.config import load_config

from dlnotes_site import navigation, plugin, runtime, site
from dlnotes_site.byhash import Unavailable
from dlnotes_site.faults.__main__ import copy_caches

ROOT = Path(__file__).parents[2]
ADDRESS = "https://notes.example/dl/"
PAGES = ("index", "guide", "formula-tests", "verification")
LAB = "labs/spirals"
NAV = "nav:\n" + "".join(f"  - {name}\n" for name in [*(f"{page}.md" for page in PAGES), f"{LAB}.ipynb"])
HOOK = (
    "src/dlnotes_site/plugin.py",
    "dlnotes_site.plugin.py",
)  # MkDocs' name of it, by which coverage knows the package
WRONG = ("[0.1192 0.5    0.8808]", "[0.1193 0.5    0.8808]")


@dataclass(frozen=True)
class Built:
    folder: Path
    guide: site.Guide
    log: list[str]

    def soup(self, lang: str, name: str) -> BeautifulSoup:
        folder = self.folder / {"ja": "", "en": "en"}[lang] / ("" if name == "index" else name)
        return BeautifulSoup((folder / "index.html").read_text(encoding="utf-8"), "lxml")


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def _project(folder: Path) -> Path:
    """Some of the project's files, with the runs and formulas of the real ones at hand, and one digit changed."""
    names = [f"docs/{lang}/{page}.md" for lang in site.LANGUAGES for page in PAGES]
    names += [f"docs/{LAB}.py", "tests/formulas/test_guide.py", "benchmarks/results.json"]
    for name in [*names, "LICENSE", "README.md", "pyproject.toml"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name in ("docs/shared", "docs/translations", "node_modules", "overrides", "src"):
        (folder / name).symlink_to(ROOT / name)
    (folder / HOOK[1]).symlink_to(ROOT / HOOK[0])
    for name in navigation.FILES.values():
        settings, _, _ = (ROOT / name).read_text(encoding="utf-8").partition("nav:\n")
        (folder / name).write_text(settings.replace(*HOOK) + NAV, encoding="utf-8")
    guide = folder / "docs/ja/guide.md"
    text = guide.read_text(encoding="utf-8")
    assert WRONG[0] in text, "choose another output to change"
    guide.write_text(text.replace(*WRONG), encoding="utf-8")
    copy_caches(ROOT, folder)
    return folder


def _nothing(*arguments: object) -> NoReturn:
    raise Unavailable("cannot be had: numpy.whl\nhttps://cdn.example/numpy.whl: timed out")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    root = _project(tmp_path_factory.mktemp("project"))
    shared, load, listener = plugin._Shared(), site.load, _Listener()
    log = logging.getLogger("mkdocs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)  # from where the site is built
        patch.setattr(site, "_shared", shared, raising=False)
        patch.setattr(site, "load", lambda: load(root))
        patch.setattr(runtime, "collect", _nothing)
        level = log.level
        log.setLevel(logging.INFO)  # as the command line does
        log.addHandler(listener)
        try:
            build(load_config(str(root / "mkdocs.yml"), site_dir=str(root / "site"), site_url=ADDRESS))
        finally:
            log.removeHandler(listener)
            log.setLevel(level)
        assert shared.guide is not None
        yield Built(root / "site", shared.guide, listener.said)


def test_without_the_runtime_there_are_no_run_buttons_and_the_log_says_so(built: Built) -> None:
    (said,) = [one for one in built.log if "Run buttons" in one]
    assert "no Run buttons" in said
    assert "python -m dlnotes_site.runtime" in said
    assert "numpy.whl; https://cdn.example/numpy.whl: timed out" in said
    assert not [file for file in built.folder.rglob("*.html") if "assets/run/" in file.read_text(encoding="utf-8")]
    assert not (built.folder / "assets" / "run").exists()
    assert not (built.folder / "sw.js").exists()


def test_what_is_wrong_is_a_warning_of_the_build_so_that_a_strict_one_fails(built: Built) -> None:
    (said,) = [one for one in built.log if one.startswith("docs/ja/guide.md") and "the page says" in one]
    assert f"the page says '{WRONG[1]}'" in said


@pytest.mark.parametrize("lang", site.LANGUAGES)
def test_each_block_shows_what_it_printed_and_drew(built: Built, lang: str) -> None:
    page = built.guide.pages[lang]["guide"]
    article = built.soup(lang, "guide").select_one("article")
    assert article is not None
    shown = article.select(".dl-block")
    assert [block.code and block.code.get_text() for block in shown] == [block.code for block in page.blocks]
    outputs = ["".join(one.get_text() for one in block.select(".dl-output samp")) for block in shown]
    assert outputs == [built.guide.runs[block.program].text for block in page.blocks]
    images = article.select("figure img")
    up = "../" if lang == "ja" else "../../"
    wanted = [f"{up}assets/figures/guide/{figure.id}.{at}.svg" for figure in page.figures for at in ("light", "dark")]
    assert {str(image["src"]) for image in images} == set(wanted)


def test_the_figures_of_both_languages_are_drawn_once_in_each_scheme(built: Built) -> None:
    files = {file.relative_to(built.folder).as_posix() for file in built.folder.rglob("assets/figures/**/*.svg")}
    figures = {(page.name, one.id) for page in built.guide.pages["ja"].values() for one in page.figures}
    assert files == {f"assets/figures/{page}/{one}.{at}.svg" for page, one in figures for at in ("light", "dark")}
    page = built.guide.pages["ja"]["guide"]
    block = next(block for block in page.blocks if block.figures)
    file = built.folder / "assets/figures/guide" / f"{block.figures[0].id}.dark.svg"
    assert file.read_text(encoding="utf-8") == built.guide.runs[block.program].figures[0].dark


@pytest.mark.parametrize("lang", site.LANGUAGES)
def test_a_page_says_its_language_and_where_it_is_in_the_other(built: Built, lang: str) -> None:
    html = built.soup(lang, "guide")
    assert html.html
    assert html.html["lang"] == lang
    assert {str(link["hreflang"]): link["href"] for link in html.select("link[hreflang]")} == {
        "ja": f"{ADDRESS}guide/",
        "en": f"{ADDRESS}en/guide/",
        "x-default": f"{ADDRESS}guide/",
    }
    other = html.select_one("[data-dl-other]")
    assert other is not None
    assert other["data-dl-other"] == ("../en/guide/" if lang == "ja" else "../../guide/")
    foot = html.select_one(".dl-checked")
    assert foot is not None
    assert {"ja": f"コード {len(built.guide.pages['ja']['guide'].blocks)}", "en": "checked in every build"}[
        lang
    ] in foot.get_text()


@pytest.mark.parametrize("lang", site.LANGUAGES)
def test_both_languages_install_the_one_wheel(built: Built, lang: str) -> None:
    (wheel,) = built.folder.rglob("*.whl")
    assert wheel.parent == built.folder / "assets/wheels"
    line = f"pip install {ADDRESS}assets/wheels/{wheel.name}#sha256={hashlib.sha256(wheel.read_bytes()).hexdigest()}"
    shown = built.soup(lang, "guide").select_one(".dl-install")
    assert shown is not None
    assert line in shown.get_text()


def test_robots_find_the_sitemaps_of_both_languages(built: Built) -> None:
    assert (built.folder / "robots.txt").read_text(encoding="utf-8").splitlines() == [
        *("User-agent: *", "Allow: /"),
        f"Sitemap: {ADDRESS}sitemap.xml",
        f"Sitemap: {ADDRESS}en/sitemap.xml",
    ]
    assert f"<loc>{ADDRESS}en/guide/</loc>" in (built.folder / "en/sitemap.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", site.LANGUAGES)
def test_a_lab_is_a_page_with_three_files_to_take_away(built: Built, lang: str) -> None:
    folder = built.folder / ("en" if lang == "en" else "") / LAB
    page = built.guide.pages[lang][LAB]
    html = built.soup(lang, LAB)
    assert len(html.select(".dl-block")) == len(page.blocks)
    offered = {str(link["href"]) for link in html.select(".dl-take a[download]")}
    assert offered == {"spirals.ipynb", "spirals-outputs.ipynb", "spirals.py"}
    plain, done = (nbformat.read(folder / name, as_version=4) for name in ("spirals.ipynb", "spirals-outputs.ipynb"))
    assert not any(cell.get("outputs") for cell in plain.cells)
    assert any(cell.get("outputs") for cell in done.cells)
    assert [cell.source for cell in plain.cells] == [cell.source for cell in done.cells]
    compile((folder / "spirals.py").read_text(encoding="utf-8"), "spirals.py", "exec")


@pytest.mark.parametrize("lang", site.LANGUAGES)
def test_formulas_are_typeset_and_lead_to_their_tests(built: Built, lang: str) -> None:
    html = built.soup(lang, "guide")
    assert len(html.select(".formula")) == len(built.guide.pages[lang]["guide"].formulas) > 0
    assert not html.select(".arithmatex")
    tests = {f"../formula-tests/#{one['id']}" for one in built.soup(lang, "formula-tests").select("article [id]")}
    proofs = {str(link["href"]) for link in html.select("a.dl-proof")}
    assert proofs
    assert proofs <= tests


@pytest.mark.parametrize("lang", site.LANGUAGES)
def test_search_is_fetched_at_the_first_query_only(built: Built, lang: str) -> None:
    folder = built.folder / ("en" if lang == "en" else "")
    at_once, later = (
        json.loads((folder / "search" / name).read_text("utf-8")) for name in ("search_index.json", "index.json")
    )
    assert at_once["docs"] == []
    assert any(one["location"].startswith("guide/") for one in later["docs"])
    assert (folder / "assets/search/worker.js").is_file()


def test_what_is_counted_of_the_build_is_on_its_page(built: Built) -> None:
    cells = [row.get_text("|") for row in built.soup("en", "verification").select(".dl-verification tr")]
    assert f"Pages|{len(PAGES) + 1}" in cells


class _Server:
    def __init__(self) -> None:
        self.watched: list[str] = []

    def watch(self, path: str) -> None:
        self.watched.append(path)


def test_the_server_watches_what_pages_are_made_from_and_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("docs/ja", "docs/en", "docs/shared", "src/dlnotes"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(plugin, "_shared", plugin._Shared(site.Guide(tmp_path, {}, {}, {})))
    server = _Server()
    assert plugin.on_serve(server, load_config(str(ROOT / "mkdocs.yml"), hooks=[], plugins=[]), None) is server
    watched = [Path(path).relative_to(tmp_path).as_posix() for path in server.watched]
    assert watched == ["docs/ja", "docs/en", "docs/shared", "src/dlnotes", "mkdocs.en.yml"]


def test_english_pages_are_not_built_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "_shared", plugin._Shared())
    with pytest.raises(RuntimeError, match=r"^mkdocs\.en\.yml is built by mkdocs\.yml: run `make site`$"):
        plugin._guide()


def test_a_wheel_that_cannot_be_built_is_an_error_with_the_last_line_of_what_was_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"^the wheel of dlnotes cannot be built: \S.*version"):
        plugin._build_wheel(tmp_path)
