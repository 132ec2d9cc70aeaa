"""The labs on the built site: light, in the site's own look, found by search, and where Colab will look for them."""

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from dlnotes_site import render, site
from dlnotes_site.page import Page
from dlnotes_site.search import WORKER

from .built import SITE, file_of, tree
from .test_search import ask

LABS = [page for pages in site.read().values() for page in pages.values() if page.lab]
MOST = 150_000  # bytes of a lab's page, gzipped
each = pytest.mark.parametrize("page", LABS, ids=lambda page: f"{page.lang}/{page.name}")


def test_there_are_the_five_labs_in_both_languages() -> None:
    names = ["cnn", "optimizers", "overfitting", "spirals", "ten-layers"]
    for lang in site.LANGUAGES:
        assert sorted(page.name for page in LABS if page.lang == lang) == [f"labs/{name}" for name in names]


@each
def test_a_lab_is_light_and_has_no_look_but_that_of_the_site(page: Page) -> None:
    text = file_of(page.lang, page.name).read_text(encoding="utf-8")
    size = len(gzip.compress(text.encode(), 9))
    assert size <= MOST, f"{size} bytes gzipped"
    html, plain = tree(file_of(page.lang, page.name)), tree(file_of(page.lang, "guide"))
    styles, scripts = ([[tag.text for tag in one.iter(name)] for one in (html, plain)] for name in ("style", "script"))
    assert styles[0] == styles[1]
    assert len(scripts[0]) == len(scripts[1])
    foreign = "contains(@class, 'jp-') or contains(@class, 'jupyter') or contains(@class, 'highlight-ipynb')"
    assert not html.xpath(f"//*[{foreign}] | //clipboard-copy")
    assert not re.search(r"cdn|mathjax", text, re.IGNORECASE)


@each
def test_a_lab_asks_for_predictions_and_ends_with_three_things_to_try(page: Page) -> None:
    last = [heading for heading in page.headings if heading.level == 2][-1]
    assert last.id == "try"
    assert sum(line > last.line for line in page.questions) == 3
    assert sum(line < last.line for line in page.questions) >= 4
    assert 10 <= len(page.blocks) <= 16
    assert len(page.figures) >= 4


@pytest.mark.parametrize("lang", site.LANGUAGES)
def test_search_finds_each_lab_by_its_title_in_its_own_language(lang: str, tmp_path: Path) -> None:
    folder = SITE / "en" if lang == "en" else SITE
    index = json.loads((folder / "search" / "index.json").read_text(encoding="utf-8"))
    worker = tmp_path / "worker.js"
    shutil.copy(folder / WORKER, worker)
    pages = [page for page in LABS if page.lang == lang]
    results, _ = ask(worker, index, [page.headings[0].text for page in pages])
    for page, items in zip(pages, results, strict=True):
        shown = {doc["title"] for doc in index["docs"] if doc["location"].startswith(f"{page.name}/")}
        assert {heading.text for heading in page.headings} <= shown | {page.headings[0].text}
        assert f"{page.name}/" in [item[0]["location"].partition("#")[0] for item in items[:3]]


def test_the_workflow_puts_the_notebooks_where_the_links_to_colab_lead(tmp_path: Path) -> None:
    workflow = yaml.safe_load((site.ROOT / ".github" / "workflows" / "pages.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["build"]["steps"]
    (script,) = [step["run"] for step in steps if step.get("name", "").startswith("Gather the notebooks")]
    (tmp_path / "site").symlink_to(SITE)
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=True)
    written = {file.relative_to(tmp_path / "notebooks").as_posix() for file in tmp_path.glob("notebooks/*/*")}
    repository = "https://github.com/someone/notes"
    leads = {render.colab(page, repository).partition("/blob/notebooks/")[2] for page in LABS}
    assert written == leads
