"""The built site as files: titles, figures, the wheel. Addresses, links and origins: `dlnotes_site.built`."""

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from dlnotes_site import site

from .built import SITE, file_of, soup

PAGES = [page for pages in site.read().values() for page in pages.values()]
REPOSITORY = "https://github.com/someone/dlnotes"
BINARIES = Path(sysconfig.get_path("scripts"))


def _html() -> list[Path]:
    return sorted(SITE.rglob("*.html"))


def _canonical(lang: str, name: str) -> str:
    link = soup(file_of(lang, name)).select_one("link[rel=canonical]")
    assert link is not None
    return str(link["href"])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.lang}/{p.name}")
def test_a_page_has_title_description_and_one_h1(page: site.Page) -> None:
    html = soup(file_of(page.lang, page.name))
    assert html.title is not None
    assert html.title.get_text().strip()
    description = html.select_one("meta[name=description]")
    assert description is not None
    assert len(str(description["content"])) > 10
    assert len(html.select("article h1")) == 1


OFFLINE = """
import sys
from dlnotes_site import __main__, byhash, runtime
def collect(*arguments):
    raise byhash.Unavailable("cannot be had: numpy.whl\\nhttps://cdn.example/numpy.whl: timed out")
runtime.collect = collect
sys.exit(__main__.main(["build", "--strict", "--site-dir", sys.argv[1]]))
"""


def test_a_site_with_a_repository_and_without_its_runtime(tmp_path: Path) -> None:
    """One build of its own for both, as it takes half a minute."""
    environment = os.environ | {"REPO_URL": REPOSITORY, "SITE_URL": "https://someone.example/dlnotes/"}
    command = [sys.executable, "-c", OFFLINE, tmp_path / "site"]
    done = subprocess.run(command, cwd=site.ROOT, env=environment, check=True, capture_output=True, encoding="utf-8")
    _the_link_to_the_repository_asks_its_host_for_nothing(tmp_path / "site")
    _there_are_no_run_buttons_and_the_log_says_so(tmp_path / "site", done.stderr)


def _the_link_to_the_repository_asks_its_host_for_nothing(built: Path) -> None:
    """Material's own link would ask an API for stars and releases."""
    for lang in site.LANGUAGES:
        folder = built / ("en" if lang == "en" else "")
        html = BeautifulSoup((folder / "guide" / "index.html").read_text(encoding="utf-8"), "lxml")
        links = html.select("a.md-source")
        assert links
        assert {str(link["href"]) for link in links} == {REPOSITORY}
        assert not html.select("[data-md-component=source]")
        canonical = html.select_one("link[rel=canonical]")
        assert canonical is not None
        assert str(canonical["href"]).startswith("https://someone.example/dlnotes/")


def _there_are_no_run_buttons_and_the_log_says_so(built: Path, log: str) -> None:
    lines = [line for line in log.splitlines() if "Run buttons" in line]
    assert len(lines) == 1
    assert "no Run buttons" in lines[0]
    assert "python -m dlnotes_site.runtime" in lines[0]
    assert "numpy.whl; https://cdn.example/numpy.whl: timed out" in lines[0]
    pages = list(built.rglob("*.html"))
    assert len(pages) == len(_html())
    assert not [path for path in pages if "assets/run/" in path.read_text(encoding="utf-8")]
    assert not (built / "assets" / "run").exists()
    assert not (built / "sw.js").exists()


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
