"""The guide in MkDocs: hooks that call the functions of this package. Nothing else here knows MkDocs.

`mkdocs.yml` (Japanese) and `mkdocs.en.yml` name this file under `hooks:`. MkDocs loads it once for each configuration,
so what both builds share lives in `_shared`. The Japanese build starts the English one when it is done.
"""

import hashlib
import logging
import os
import posixpath
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as MkDocsPage

from dlnotes_site import (
    blocks,
    formulas,
    labs,
    navigation,
    policy,
    proofs,
    render,
    runner,
    runtime,
    search,
    site,
    verification,
)
from dlnotes_site.byhash import Unavailable
from dlnotes_site.page import Page, page_name

log = logging.getLogger("mkdocs.dlnotes")
WHEELS = "assets/wheels"
PROOFS = "formula-tests"


@dataclass
class _Shared:
    """What the Japanese build hands to the English one."""

    guide: site.Guide | None = None
    wheel: Path | None = None
    run: TemporaryDirectory[str] | None = None  # what runs the blocks in the page, until it is put into the site
    version: str = ""  # of that; none in a site whose blocks cannot be run
    served: bool = False  # by `make serve`
    unavailable: bool = False  # was looked for and not found: `make serve` does not try again


# The module is loaded once for each configuration; the package's own module is one for both.
_shared: _Shared = site.__dict__.setdefault("_shared", _Shared())


def _language(config: MkDocsConfig) -> str:
    return str(config.theme["language"])


def _guide() -> site.Guide:
    if _shared.guide is None:
        raise RuntimeError("mkdocs.en.yml is built by mkdocs.yml: run `make site`")
    return _shared.guide


def _page(page: MkDocsPage, config: MkDocsConfig) -> Page:
    return _guide().pages[_language(config)][page_name(page.file.src_uri)]


def on_startup(command: str, dirty: bool) -> None:
    _shared.served = command == "serve"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    config.extra["languages"] = site.LANGUAGES
    config.extra["site_root"] = _root_url(config)
    return config


def _root_url(config: MkDocsConfig) -> str:
    """The address of the whole site, both languages, with a slash at its end."""
    url = (config.site_url or "/").rstrip("/") + "/"
    return url.removesuffix("en/") if _language(config) == "en" else url


def on_pre_build(config: MkDocsConfig) -> None:
    if _language(config) == "ja":
        _shared.guide = site.load()
        _shared.wheel = _build_wheel(_shared.guide.root)
        _prepare_run(_shared.wheel)
    config.extra["wheel"] = _wheel_line(config)
    up = "../" if _language(config) == "en" else ""
    config.extra["run"] = f"{up}{runtime.FOLDER}/run.js?v={_shared.version}" if _shared.version else ""
    if _language(config) != "ja":
        return
    for finding in site.findings(_guide()):
        log.warning("%s", finding)


def _prepare_run(wheel: Path) -> None:
    """Make ready what runs the blocks in the page, or say in the log that there will be no buttons, and why."""
    _shared.run, _shared.version = None, ""
    if _shared.unavailable:
        return
    try:
        files, licence = runtime.collect(wheel, runner.scripts())
    except Unavailable as error:
        _shared.unavailable = True
        said = str(error).replace("\n", "; ")
        log.info("no Run buttons, as their runtime is missing (`python -m dlnotes_site.runtime` gets it): %s", said)
        return
    _shared.run = TemporaryDirectory(prefix="dlnotes-run-")
    _shared.version = runner.prepare(files, wheel, licence, Path(_shared.run.name))


def _build_wheel(root: Path) -> Path:
    target = root / ".cache" / "wheel"
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    undated = {
        name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"
    }  # its files alone count
    done = subprocess.run(command, cwd=root, env=undated, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the wheel of dlnotes cannot be built: {done.stderr.strip().splitlines()[-1]}")
    return Path(done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr.strip().splitlines()[-1])


def _wheel_line(config: MkDocsConfig) -> str:
    """Address and hash of the wheel: what `pip install` takes to install exactly this one."""
    assert _shared.wheel is not None
    digest = hashlib.sha256(_shared.wheel.read_bytes()).hexdigest()
    return f"{_root_url(config)}{WHEELS}/{_shared.wheel.name}#sha256={digest}"


@event_priority(100)  # before mkdocs-jupyter, which takes the notebooks from here
def on_files(files: Files, config: MkDocsConfig) -> Files:
    folder = _guide().root / ".cache" / "notebooks" / _language(config)
    for page in _labs(config):
        file = folder / f"{page.name}.ipynb"
        file.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(labs.for_site(page), file)
        files.append(File(f"{page.name}.ipynb", str(folder), config.site_dir, config.use_directory_urls))
    shared = _guide().root / "docs" / "shared"
    for path in sorted(shared.rglob("*")):
        if path.is_file() and path.suffix != ".tsv":
            name = path.relative_to(shared).as_posix()
            files.append(File(name, str(shared), config.site_dir, config.use_directory_urls))
    for name, content in search.assets(_guide().root / "node_modules", _guide().terms).items():
        files.append(File.generated(config, name, content=content))
    return files


def _labs(config: MkDocsConfig) -> list[Page]:
    return [page for page in _guide().pages[_language(config)].values() if page.lab]


def on_page_markdown(markdown: str, page: MkDocsPage, config: MkDocsConfig, files: Files) -> str:
    if _page(page, config).lab:
        return render.fill_measured(labs.filled(markdown, _page(page, config)), _guide().measured)
    return blocks.without_front_matter(render.for_generator(_page(page, config), _guide().measured))


def on_page_content(html: str, page: MkDocsPage, config: MkDocsConfig, files: Files) -> str:
    guide, ours = _guide(), _page(page, config)
    base = "../" * page.url.count("/") + ("../" if _language(config) == "en" else "")
    fillers = {
        "block": lambda number: render.block_html(ours, number, guide.runs[ours.blocks[number].program], base),
        "install": lambda number: render.install_html(config.extra["wheel"]),
        "formula-tests": lambda number: _proofs_html(config),
    } | {name: _told(name, ours.lang) for name in blocks.REPORTS}
    tests = proofs.anchors(guide.tests, ours.name)
    up = "../" * page.url.count("/")
    html = render.with_anchors(html, ours, {label: f"{up}{PROOFS}/#{test}" for label, test in tests.items()})
    html = render.fill(html, ours, fillers)
    if ours.blocks and config.extra["run"]:
        html = html.replace("<h1", '<h1 class="dl-runs"', 1)  # room for a button, known before the first block is read
    if ours.lab:
        html = html.replace("</h1>", "</h1>\n" + render.take_away_html(ours, config.repo_url or ""), 1)
    return html


def _told(directive: str, lang: str) -> Callable[[int], str]:
    return lambda number: verification.filled(directive, _guide(), lang)


def _proofs_html(config: MkDocsConfig) -> str:
    lang = _language(config)
    pages = _guide().pages[lang]
    titles = {name: page.headings[0].text for name, page in pages.items() if page.headings}
    order = navigation.entries((_guide().root / navigation.FILES[lang]).read_text(encoding="utf-8"))
    chapters = proofs.chapters(_guide().tests, [name for name in order if name in pages])
    return render.proofs_html([(proofs.anchor(name), titles[name], tests) for name, tests in chapters], titles, "../")


def on_post_page(output: str, page: MkDocsPage, config: MkDocsConfig) -> str:
    """Formulas come last: the search index was made from their TeX, which its worker can read."""
    return policy.with_policy(formulas.replace(render.valid(output), _guide().typeset), _shared.served)


def on_post_template(output: str, template_name: str, config: MkDocsConfig) -> str:
    if not template_name.endswith(".html"):
        return output
    return policy.with_policy(render.valid(output), _shared.served)


def on_page_context(context: dict[str, Any], page: MkDocsPage, config: MkDocsConfig, nav: Any) -> dict[str, Any]:
    """Where this page is in each language, from the site's root and from here."""
    here = {"ja": "", "en": "en/"}
    current = here[_language(config)] + page.url
    context["languages"] = {
        lang: {
            "absolute": config.extra["site_root"] + folder + page.url,
            "relative": posixpath.relpath("/" + folder + page.url, "/" + current) + "/",
        }
        for lang, folder in here.items()
    }
    context["checked"] = verification.foot(_page(page, config))
    return context


@event_priority(-100)
def on_post_build(config: MkDocsConfig) -> None:
    search.defer(Path(config.site_dir))
    _write_labs(config)
    if _language(config) != "ja":
        return
    guide, target = _guide(), Path(config.site_dir)
    for page in guide.pages["ja"].values():
        for block in page.blocks:
            for figure, drawing in zip(block.figures, guide.runs[block.program].figures, strict=False):
                for scheme in ("light", "dark"):
                    file = target / "assets" / "figures" / page.name / f"{figure.id}.{scheme}.svg"
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(getattr(drawing, scheme), encoding="utf-8")
    assert _shared.wheel is not None
    wheels = target / WHEELS
    wheels.mkdir(parents=True, exist_ok=True)
    (wheels / _shared.wheel.name).write_bytes(_shared.wheel.read_bytes())
    if _shared.run:
        with _shared.run as prepared:
            runner.put(Path(prepared), target)
    root = config.extra["site_root"]
    sitemaps = "".join(f"Sitemap: {root}{folder}sitemap.xml\n" for folder in ("", "en/"))
    (target / "robots.txt").write_text(f"User-agent: *\nAllow: /\n{sitemaps}", encoding="utf-8")
    english = load_config(
        str(guide.root / "mkdocs.en.yml"),
        site_dir=str(target / "en"),
        site_url=f"{root}en/",
        strict=config.strict,
    )
    build(english)


def _write_labs(config: MkDocsConfig) -> None:
    """The notebooks and programs that readers take away, beside the page of each lab."""
    guide, wheel = _guide(), config.extra["wheel"]
    address = config.extra["site_root"] + ("en/" if _language(config) == "en" else "")
    for page in _labs(config):
        folder = Path(config.site_dir) / page.name
        plain = labs.to_take_away(page, address, wheel, guide.measured)
        done = labs.to_take_away(page, address, wheel, guide.measured, guide.runs)
        nbformat.write(plain, folder / f"{folder.name}.ipynb")
        nbformat.write(done, folder / f"{folder.name}-outputs.ipynb")
        (folder / f"{folder.name}.py").write_text(labs.as_script(plain), encoding="utf-8")


def on_serve(server: Any, config: MkDocsConfig, builder: Any) -> Any:
    """Rebuild on a change in either language, the shared files, the library or the machinery's styles."""
    root = _guide().root
    for folder in (
        "docs/ja",
        "docs/en",
        "docs/labs",
        "docs/shared",
        "docs/translations",
        "overrides",
        "src/dlnotes",
        "src/dlnotes_site/runner",
        "benchmarks",
        "tests/formulas",
    ):
        if (root / folder).is_dir():
            server.watch(str(root / folder))
    server.watch(str(root / "mkdocs.en.yml"))
    return server
