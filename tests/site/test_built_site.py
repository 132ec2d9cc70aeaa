"""The built site as files: titles, figures, the wheel. Addresses, links and origins: `dlnotes_site.built`."""

import hashlib
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from mkdocs.commands.build import build
from mkdocs.config import load_config

from dlnotes_site import navigation, site

from .built import SITE, file_of, tree

PAGES = [page for pages in site.read().values() for page in pages.values()]
BINARIES = Path(sysconfig.get_path("scripts"))


def _html() -> list[Path]:
    return sorted(SITE.rglob("*.html"))


def _canonical(lang: str, name: str) -> str:
    (link,) = tree(file_of(lang, name)).xpath("//link[@rel='canonical']/@href")
    return str(link)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.lang}/{p.name}")
def test_a_page_has_title_description_and_one_h1(page: site.Page) -> None:
    html = tree(file_of(page.lang, page.name))
    (title,) = html.xpath("/html/head/title")
    assert title.text_content().strip()
    (description,) = html.xpath("//meta[@name='description']/@content")
    assert len(description) > 10
    assert len(html.xpath("//article//h1")) == 1


@pytest.mark.parametrize("lang", site.LANGUAGES)
def test_the_link_to_the_repository_asks_its_host_for_nothing(lang: str, tmp_path: Path) -> None:
    """With a repository's address, Material's own link would ask an API for stars and releases."""
    repository, address = "https://github.com/someone/dlnotes", "https://someone.example/dlnotes/"
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Title\n", encoding="utf-8")
    only_the_theme = {"docs_dir": str(tmp_path / "docs"), "nav": None, "hooks": [], "plugins": []}
    config = load_config(
        str(site.ROOT / navigation.FILES[lang]),
        **only_the_theme,
        site_dir=str(tmp_path / "site"),
        repo_url=repository,
        site_url=address,
        extra_css=[],
        extra_javascript=[],
    )
    build(config)
    html = BeautifulSoup((tmp_path / "site" / "index.html").read_text(encoding="utf-8"), "lxml")
    links = html.select("a.md-source")
    assert links
    assert {str(link["href"]) for link in links} == {repository}
    assert not html.select("[data-md-component=source]")
    canonical = html.select_one("link[rel=canonical]")
    assert canonical is not None
    assert str(canonical["href"]).startswith(address)


def test_no_page_shows_raw_tex() -> None:
    raw = [file for file in _html() if re.search(r"\\\(|\\\[|arithmatex", file.read_text(encoding="utf-8"))]
    assert raw == []


def test_figures_are_there_in_both_schemes_with_text() -> None:
    count = 0
    for page in PAGES:
        file = file_of(page.lang, page.name)
        for image in tree(file).xpath("//figure//img"):
            target = (file.parent / image.get("src")).resolve()
            assert target.is_file(), f"{file}: {image.get('src')}"
            assert image.get("alt")
            assert int(image.get("width")) > 0
            count += 1
    assert count == 2 * sum(len(page.figures) for page in PAGES)


def test_the_line_on_each_page_installs_exactly_the_wheel_of_this_site(tmp_path: Path) -> None:
    (wheel,) = (SITE / "assets" / "wheels").iterdir()
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    line = f"pip install {_canonical('ja', 'index')}assets/wheels/{wheel.name}#sha256={digest}"
    for page in PAGES:
        (foot,) = tree(file_of(page.lang, page.name)).xpath("//*[@data-dl-install]")
        assert foot.text_content() == line
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
