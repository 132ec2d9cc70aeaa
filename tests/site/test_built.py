"""The checks of the built site, each with a fault planted in a small one: named with the source of the page."""

import gzip
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlnotes_site import blocks, built, site
from dlnotes_site.page import Finding, Page

ROOT = "https://notes.example/"
NAMES = ("index", "guide")
SOURCE = """# Title {#title}

Text.

## Part {#part}

```python
print(1)
```
"""


def html(lang: str, name: str) -> str:
    here = {"ja": "", "en": "en/"}
    folder = "" if name == "index" else f"{name}/"
    up = "../" * (folder.count("/"))
    other = "en" if lang == "ja" else "ja"
    to_other = f"{up}en/{folder}" if other == "en" else f"{up}../{folder}"
    return f"""<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<title>{name}</title>
<link rel="canonical" href="{ROOT}{here[lang]}{folder}">
<link rel=" alternate" hreflang="ja" href="{ROOT}{folder}">
<link rel=" alternate" hreflang="en" href="{ROOT}en/{folder}">
<link rel=" alternate" hreflang="x-default" href="{ROOT}{folder}">
<link rel="stylesheet" href="{up}{"../" if lang == "en" else ""}assets/site.css">
</head>
<body>
<nav class="md-nav md-nav--primary" aria-label="Pages">
<a href="{up or "./"}">index</a>
<a href="{up}guide/">guide</a>
</nav>
<a href="{to_other or "./"}" hreflang="{other}" data-dl-language>other</a>
<article>
<h1 id="title">Title</h1>
<p>Text.</p>
<h2 id="part">Part</h2>
<p>More, <a href="#title">up</a>.</p>
<div id="block-1">code</div>
</article>
<script src="{up}{"../" if lang == "en" else ""}assets/site.js"></script>
</body>
</html>
"""


def error_page() -> str:
    return """<!DOCTYPE html>
<html lang="ja">
<head>
<meta charset="utf-8">
<title>404</title>
</head>
<body>
<nav class="md-nav md-nav--primary" aria-label="Pages">
<a href="/LANGindex">index</a>
<a href="/LANGguide/">guide</a>
</nav>
<article>
<h1 id="not-found">404</h1>
<p lang="ja">ない</p>
<p lang="en">There is none</p>
</article>
</body>
</html>
"""


def sitemap(lang: str) -> str:
    folder = "en/" if lang == "en" else ""
    urls = "".join(f"<url><loc>{ROOT}{folder}{path}</loc></url>" for path in ("", "guide/"))
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    files = {
        "assets/site.css": "p { color: red; background: url(dot.svg); }",
        "assets/dot.svg": '<svg xmlns="http://www.w3.org/2000/svg"><use href="#a"/></svg>',
        "assets/site.js": 'const space = "http://www.w3.org/2000/svg"; // see https://example.org/',
        "assets/data.json": '{"text": "see https://example.org/ there"}',
        "robots.txt": f"Sitemap: {ROOT}sitemap.xml\nSitemap: {ROOT}en/sitemap.xml\n",
    }
    for lang in site.LANGUAGES:
        here = "en/" if lang == "en" else ""
        files |= {built.path_of(lang, name): html(lang, name) for name in NAMES}
        files[f"{here}sitemap.xml"] = sitemap(lang)
        files[f"{here}404.html"] = error_page().replace("LANGindex", here).replace("LANG", here)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def pages() -> dict[str, dict[str, Page]]:
    return {
        lang: {name: blocks.read(SOURCE, f"docs/{lang}/{name}.md", name, lang) for name in NAMES}
        for lang in site.LANGUAGES
    }


def test_a_site_without_fault_has_no_findings(folder: Path, pages: dict[str, dict[str, Page]]) -> None:
    assert built.findings(folder, pages) == []


def test_a_site_may_be_a_folder_of_its_host(folder: Path, pages: dict[str, dict[str, Page]]) -> None:
    for file in [*folder.rglob("*.html"), *folder.rglob("*.xml"), folder / "robots.txt"]:
        text = file.read_text(encoding="utf-8").replace(ROOT, f"{ROOT}dl/").replace('href="/', 'href="/dl/')
        file.write_text(text, encoding="utf-8")
    assert built.findings(folder, pages) == []
    replace("404.html", "/dl/guide/", "/dl/gide/")(folder)
    assert any("gide leads nowhere" in one.text for one in built.links(built.read(folder, pages)))


def replace(path: str, old: str, new: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        text = (folder / path).read_text(encoding="utf-8")
        assert old in text
        (folder / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    return plant


def add(path: str, text: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")

    return plant


def remove(path: str) -> Callable[[Path], None]:
    return lambda folder: (folder / path).unlink()


def load(tag: str) -> Callable[[Path], None]:
    return replace("guide/index.html", "<p>More", f"{tag}<p>More")


GUIDE, FRAME = "docs/ja/guide.md", "site/guide/index.html"
INVALID = {
    "an id twice": (replace("guide/index.html", "<p>Text.", '<p id="part">Text.'), GUIDE, 5, "Duplicate ID"),
    "a list in a paragraph": (load("<p><ul><li>x</li></ul></p>"), GUIDE, 5, "close-order"),
    "an image without a text": (load('<img src="../assets/dot.svg">'), GUIDE, 5, "alt"),
    "an unknown element": (replace("guide/index.html", "</nav>", "</nav><blink>x</blink>"), FRAME, 16, "blink"),
}
FAULTS = {
    "a link to a missing page": (replace("guide/index.html", '"#title"', '"nowhere/"'), GUIDE, 5, "nowhere"),
    "a link to a missing heading": (replace("guide/index.html", '"#title"', '"#titel"'), GUIDE, 5, "#titel"),
    "a script of another origin": (load('<script src="https://cdn.example/x.js"></script>'), GUIDE, 5, "cdn.example"),
    "a picture without a scheme": (load('<img src="//cdn.example/x.svg" alt="x">'), GUIDE, 5, "cdn.example"),
    "a srcset": (
        load('<img srcset="a.png 1x, https://cdn.example/x.png 2x" src="../assets/dot.svg" alt="x">'),
        GUIDE,
        5,
        "cdn.example",
    ),
    "an inline style": (load('<p style="background: url(https://cdn.example/x.png)">x</p>'), GUIDE, 5, "cdn.example"),
    "a style element": (
        replace("guide/index.html", "</head>", "<style>@import 'https://cdn.example/x.css';</style></head>"),
        FRAME,
        11,
        "cdn.example",
    ),
    "a frame": (load('<iframe src="https://cdn.example/" title="x"></iframe>'), GUIDE, 5, "cdn.example"),
    "a preconnect": (
        replace("guide/index.html", "</head>", '<link rel="preconnect" href="https://cdn.example/"></head>'),
        FRAME,
        11,
        "cdn.example",
    ),
    "a form": (
        load('<form action="https://cdn.example/"><button type="submit">x</button></form>'),
        GUIDE,
        5,
        "cdn.example",
    ),
    "a module": (load('<script type="module">import "https://cdn.example/x.js";</script>'), GUIDE, 5, "cdn.example"),
    "a font in a style sheet": (
        add("assets/site.css", "p {}\n@font-face { src: url('https://cdn.example/x') }"),
        "site/assets/site.css",
        2,
        "cdn.example",
    ),
    "an import in a style sheet": (
        add("assets/site.css", '@import "//cdn.example/x.css";'),
        "site/assets/site.css",
        1,
        "cdn.example",
    ),
    "a picture in a picture": (
        add("assets/dot.svg", '<svg><image xlink:href="https://cdn.example/x.png"/></svg>'),
        "site/assets/dot.svg",
        1,
        "cdn.example",
    ),
    "an address in data": (
        add("assets/data.json", '{"a": ["https://cdn.example/x.js"]}'),
        "site/assets/data.json",
        1,
        "cdn.example",
    ),
    "an address in a script": (
        add("assets/site.js", 'fetch("https://cdn.example/x")'),
        "site/assets/site.js",
        1,
        "cdn.example",
    ),
    "what makes a script ask": (
        lambda folder: (
            add("assets/site.js", 'fetch("https://api.github.com/x")')(folder),
            load('<p data-md-component="source">x</p>')(folder),
        ),
        GUIDE,
        5,
        "api.github.com",
    ),
    "another language": (
        replace("en/guide/index.html", 'lang="en"', 'lang="ja"'),
        "docs/en/guide.md",
        1,
        "says lang='ja'",
    ),
    "another canonical address": (
        replace("guide/index.html", f'canonical" href="{ROOT}guide/', f'canonical" href="{ROOT}guid/'),
        GUIDE,
        1,
        "canonical",
    ),
    "hreflang to another page": (
        replace("en/guide/index.html", f'hreflang="ja" href="{ROOT}guide/', f'hreflang="ja" href="{ROOT}'),
        "docs/en/guide.md",
        1,
        "hreflang=ja",
    ),
    "no x-default": (replace("guide/index.html", "x-default", "fr"), GUIDE, 1, "hreflang=x-default"),
    "a language link to the home page": (
        replace("guide/index.html", '"../en/guide/"', '"../en/"'),
        GUIDE,
        1,
        "language link",
    ),
    "a page missing in the sitemap": (
        replace("en/sitemap.xml", f"<url><loc>{ROOT}en/guide/</loc></url>", ""),
        "docs/en/guide.md",
        1,
        "stands 0 times",
    ),
    "a page twice in the sitemap": (
        replace("sitemap.xml", "</urlset>", f"<url><loc>{ROOT}guide/</loc></url></urlset>"),
        GUIDE,
        1,
        "stands 2 times",
    ),
    "a stranger in the sitemap": (
        replace("sitemap.xml", f"{ROOT}guide/", f"{ROOT}gone/"),
        "site/sitemap.xml",
        1,
        "gone/",
    ),
    "no sitemap": (remove("en/sitemap.xml"), "site/en/sitemap.xml", 1, "cannot be read"),
    "a sitemap that robots do not find": (
        replace("robots.txt", "en/sitemap", "en/map"),
        "site/robots.txt",
        1,
        "sitemap",
    ),
    "a page without another in its navigation": (
        replace("guide/index.html", '<a href="../guide/">guide</a>\n', ""),
        GUIDE,
        1,
        "does not lead to docs/ja/guide.md",
    ),
    "an error page without navigation": (
        replace("404.html", '<a href="/guide/">guide</a>', ""),
        "site/404.html",
        1,
        "does not lead to",
    ),
    "a file that is no page": (
        add("draft/index.html", html("ja", "draft")),
        "site/draft/index.html",
        1,
        "no page of the guide",
    ),
    "a page that was not built": (remove("en/guide/index.html"), "docs/en/guide.md", 1, "was not built"),
    "no error page": (remove("404.html"), "site/404.html", 1, "is missing"),
    "an error page in one language": (
        replace("404.html", '<p lang="en">There is none</p>', ""),
        "overrides/404.html",
        1,
        "both languages",
    ),
    "a relative link on the error page": (
        replace("404.html", "<article>", '<article><a href="guide/">x</a>'),
        "overrides/404.html",
        1,
        "relative",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_named_with_its_source(folder: Path, pages: dict[str, dict[str, Page]], name: str) -> None:
    plant, path, line, said = FAULTS[name]
    plant(folder)
    read = built.read(folder, pages)
    found = [one for check in built.CHECKS if check is not built.validity for one in check(read)]
    assert any((one.path, one.line) == (path, line) and said in one.text for one in found), found


@pytest.mark.parametrize("name", INVALID)
def test_html_that_is_not_valid_is_named_with_its_source(
    folder: Path, pages: dict[str, dict[str, Page]], name: str
) -> None:
    plant, path, line, said = INVALID[name]
    plant(folder)
    found = list(built.validity(built.read(folder, pages)))
    assert any((one.path, one.line) == (path, line) and said in one.text for one in found), found


def test_a_page_over_its_budget_is_named(folder: Path, pages: dict[str, dict[str, Page]]) -> None:
    size = len(gzip.compress((folder / "guide/index.html").read_bytes(), 6))
    read = built.read(folder, pages)
    assert [one for one in built.weight(read, size) if "guide" in one.path and "/ja/" in one.path] == []
    (heavy,) = [one for one in built.weight(read, size - 1) if one.path == GUIDE]
    assert f"weighs {size} bytes" in heavy.text


def test_what_every_page_loads_has_a_budget_and_its_heaviest_file_is_named(
    folder: Path, pages: dict[str, dict[str, Page]]
) -> None:
    (folder / "assets/site.js").write_bytes(bytes(range(256)) * 20)
    (folder / "assets/alone.css").write_text("p {}")
    replace("guide/index.html", "</head>", '<link rel="stylesheet" href="../assets/alone.css"></head>')(folder)
    read = built.read(folder, pages)
    assert sorted(built.shared(read)) == ["assets/site.css", "assets/site.js"]
    (over,) = built.weight(read, shared_budget=100)
    assert "assets/site.js has" in over.text


def test_a_fault_of_the_frame_is_said_once(folder: Path, pages: dict[str, dict[str, Page]]) -> None:
    for path in ("index.html", "guide/index.html", "en/index.html"):
        replace(path, "</nav>", "</nav><blink>x</blink>")(folder)
    found = list(built.validity(built.read(folder, pages)))
    assert len({one.text for one in found}) == len(found)
    assert all("(and on 2 other pages)" in one.text for one in found)


def test_what_was_found_in_a_file_is_kept_by_its_content(
    folder: Path, pages: dict[str, dict[str, Page]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    INVALID["an id twice"][0](folder)
    kept = tmp_path / "html.json"
    first = list(built.validity(built.read(folder, pages), kept))
    assert first
    monkeypatch.setattr(built.subprocess, "run", lambda *_, **__: pytest.fail("node was asked again"))
    assert list(built.validity(built.read(folder, pages), kept)) == first


@pytest.mark.parametrize(("check", "said"), [(built.validity, "html-validate"), (built.links, "lychee")])
def test_a_program_that_does_not_run_is_an_error_and_no_site_without_findings(
    check: Callable[[built.Site], Iterator[Finding]],
    said: str,
    folder: Path,
    pages: dict[str, dict[str, Page]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "no such module\n")
    monkeypatch.setattr(built.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(RuntimeError, match=rf"^{said} did not run.*: no such module$"):
        list(check(built.read(folder, pages)))


def test_the_program_prints_what_is_wrong_and_what_the_pages_weigh(
    folder: Path,
    pages: dict[str, dict[str, Page]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(site, "ROOT", tmp_path)
    monkeypatch.setattr(site, "read", lambda: pages)
    monkeypatch.setattr(built, "validity", lambda read, cache: iter(()))
    replace("guide/index.html", '"#title"', '"#titel"')(folder)
    size = len(gzip.compress((folder / "guide/index.html").read_bytes(), 6))
    assert built.main([str(folder)]) == 1
    found, heaviest, shared, count = capsys.readouterr().out.splitlines()
    assert found.startswith(f"{GUIDE}:5: the link to /guide/index.html#titel leads nowhere")
    assert heaviest.startswith("6 files; the heaviest is ")
    assert f": {max(size, *(one.size for one in built.read(folder, pages).files.values()))} of " in heaviest
    assert shared.startswith("what every page loads: ")
    assert count == "1 findings"
    replace("guide/index.html", '"#titel"', '"#title"')(folder)
    monkeypatch.chdir(tmp_path)
    assert built.main([]) == 0, "without a folder: the one named site"
    assert capsys.readouterr().out.splitlines()[-1] == "0 findings"
