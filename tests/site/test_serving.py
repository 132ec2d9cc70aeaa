"""The server of a built site: it answers as GitHub Pages does."""

import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from dlnotes_site.serving import serving_site


def test_the_sitemap_names_the_address_of_this_server(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    for folder in ("", "en/"):
        text = f"<urlset><url><loc>https://elsewhere.example/{folder}guide/</loc></url></urlset>"
        (tmp_path / folder / "sitemap.xml").write_text(text, encoding="utf-8")
    with serving_site(tmp_path) as address:
        for folder in ("", "en/"):
            with urllib.request.urlopen(f"{address}{folder}sitemap.xml") as answer:
                assert f"<loc>{address}{folder}guide/</loc>" in answer.read().decode()


@pytest.mark.parametrize("own", ["<h1>No such page</h1>", ""])
def test_a_missing_page_shows_the_site_s_own_404(tmp_path: Path, own: str) -> None:
    if own:
        (tmp_path / "404.html").write_text(own, encoding="utf-8")
    with serving_site(tmp_path) as address, pytest.raises(HTTPError) as error:
        urllib.request.urlopen(f"{address}no/such/page/")
    with error.value as answer:
        assert answer.code == 404
        assert (answer.read().decode() == own) is bool(own)
