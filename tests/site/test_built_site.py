"""The built site as files: languages, addresses, links, the wheel, and nothing from another origin."""

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

from dlnotes_site import site

from .built import SITE, file_of, soup

PAGES = [page for pages in site.read().values() for page in pages.values()]
BINARIES = Path(sysconfig.get_path("scripts"))


def _html() -> list[Path]:
    return sorted(SITE.rglob("*.html"))


def _canonical(lang: str, name: str) -> str:
    link = soup(file_of(lang, name)).select_one("link[rel=canonical]")
    assert link is not None
    return str(link["href"])


def test_links_and_fragments_of_the_built_pages_lead_somewhere() -> None:
    done = subprocess.run(
        [
            BINARIES / "lychee",
            "--offline",
            "--include-fragments=full",
            "--index-files=index.html",
            "--no-progress",
            "--root-dir",
            SITE,
            *_html(),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.lang}/{p.name}")
def test_a_page_says_its_language_and_where_it_is_in_the_other(page: site.Page) -> None:
    html = soup(file_of(page.lang, page.name))
    assert html.html is not None
    assert html.html["lang"] == page.lang
    links = {str(link["hreflang"]): str(link["href"]) for link in html.select("link[hreflang]")}
    assert set(links) == {"ja", "en", "x-default"}
    assert links["ja"] == links["x-default"] == _canonical("ja", page.name)
    assert links["en"] == _canonical("en", page.name)
    switch = html.select_one("[data-dl-language]")
    assert switch is not None
    other = "en" if page.lang == "ja" else "ja"
    assert switch["hreflang"] == other
    assert urljoin(_canonical(page.lang, page.name), str(switch["href"])) == links[other]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.lang}/{p.name}")
def test_a_page_has_title_description_and_one_h1(page: site.Page) -> None:
    html = soup(file_of(page.lang, page.name))
    assert html.title is not None
    assert html.title.get_text().strip()
    description = html.select_one("meta[name=description]")
    assert description is not None
    assert len(str(description["content"])) > 10
    assert len(html.select("article h1")) == 1


@pytest.mark.parametrize("lang", site.LANGUAGES)
def test_the_sitemap_lists_every_page_once(lang: str) -> None:
    folder = SITE / "en" if lang == "en" else SITE
    locations = [node.text for node in ET.parse(folder / "sitemap.xml").iter() if node.tag.endswith("loc")]
    assert sorted(filter(None, locations)) == sorted(_canonical(lang, page.name) for page in PAGES if page.lang == lang)


def test_robots_names_both_sitemaps() -> None:
    root = _canonical("ja", "index")
    text = (SITE / "robots.txt").read_text(encoding="utf-8")
    assert f"Sitemap: {root}sitemap.xml" in text
    assert f"Sitemap: {root}en/sitemap.xml" in text


def test_the_404_page_speaks_both_languages() -> None:
    html = BeautifulSoup((SITE / "404.html").read_text(encoding="utf-8"), "lxml")
    assert {str(tag["lang"]) for tag in html.select("article [lang]")} == {"ja", "en"}


def test_every_page_can_be_reached_from_the_navigation() -> None:
    for lang in site.LANGUAGES:
        home = soup(file_of(lang, "index"))
        base = _canonical(lang, "index")
        reached = {urljoin(base, str(a["href"])).partition("#")[0] for a in home.select(".md-nav--primary a[href]")}
        assert reached >= {_canonical(lang, page.name) for page in PAGES if page.lang == lang}


def test_nothing_is_loaded_from_another_origin() -> None:
    found = []
    for file in _html():
        html = BeautifulSoup(file.read_text(encoding="utf-8"), "lxml")
        for tag in html.select("script[src], img[src], link[rel=stylesheet], link[rel=icon], iframe, source, use"):
            address = str(tag.get("src") or tag.get("href") or tag.get("xlink:href") or "")
            if urlsplit(address).netloc:
                found.append((file, address))
    assert found == []


def test_the_link_to_the_repository_asks_its_host_for_nothing(tmp_path: Path) -> None:
    """With a repository's address, Material's own link would ask an API for stars and releases."""
    repository = "https://github.com/someone/dlnotes"
    command = [sys.executable, "-m", "dlnotes_site", "build", "--site-dir", tmp_path / "site"]
    environment = os.environ | {"REPO_URL": repository, "SITE_URL": "https://someone.example/dlnotes/"}
    subprocess.run(command, cwd=site.ROOT, env=environment, check=True, capture_output=True)
    for lang in site.LANGUAGES:
        folder = tmp_path / "site" / ("en" if lang == "en" else "")
        html = BeautifulSoup((folder / "guide" / "index.html").read_text(encoding="utf-8"), "lxml")
        links = html.select("a.md-source")
        assert links
        assert {str(link["href"]) for link in links} == {repository}
        assert not html.select("[data-md-component=source]")
        canonical = html.select_one("link[rel=canonical]")
        assert canonical is not None
        assert str(canonical["href"]).startswith("https://someone.example/dlnotes/")


def test_no_page_shows_raw_tex() -> None:
    raw = [file for file in _html() if re.search(r"\\\(|\\\[|arithmatex", file.read_text(encoding="utf-8"))]
    assert raw == []


def test_figures_are_there_in_both_schemes_with_text() -> None:
    count = 0
    for page in PAGES:
        file = file_of(page.lang, page.name)
        for image in soup(file).select("figure img"):
            target = (file.parent / str(image["src"])).resolve()
            assert target.is_file(), f"{file}: {image['src']}"
            assert image["alt"]
            assert int(str(image["width"])) > 0
            count += 1
    assert count == 2 * sum(len(page.figures) for page in PAGES)


def test_the_line_on_each_page_installs_exactly_the_wheel_of_this_site(tmp_path: Path) -> None:
    (wheel,) = (SITE / "assets" / "wheels").iterdir()
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    line = f"pip install {_canonical('ja', 'index')}assets/wheels/{wheel.name}#sha256={digest}"
    for page in PAGES:
        foot = soup(file_of(page.lang, page.name)).select_one("[data-dl-install]")
        assert foot is not None
        assert foot.get_text() == line
    local = f"{wheel.as_uri()}#sha256={digest}"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        tmp_path,
        local,
    ]
    subprocess.run(command, check=True)
    source = site.ROOT / "src" / "dlnotes"
    for file in sorted(source.rglob("*.py")):
        installed = tmp_path / "dlnotes" / file.relative_to(source)
        assert installed.read_bytes() == file.read_bytes(), f"{file} is not as in the wheel: run `make site`"
    assert not (tmp_path / "dlnotes_site").exists()
