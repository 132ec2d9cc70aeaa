"""The blocks that pytest-codeblocks ran are exactly those that the built site shows, in number and text; and what it
says of a figure that, drawn again, is not that of the built site."""

import ast
import importlib.util
import json
from collections import Counter
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from matplotlib import pyplot as plt

from dlnotes_site import figures, site

from .built import shown

ROOT = Path(__file__).parents[2]
RECORD = ROOT / ".cache" / "codeblocks.json"


@pytest.fixture(scope="module")
def ran() -> dict[str, list[dict[str, Any]]]:
    """What the step `pytest --codeblocks docs README.md` of `make test` ran, by file."""
    assert RECORD.is_file(), (
        "no record of a run: `pytest --codeblocks docs README.md` comes first (`make test` does it)"
    )
    by_file: dict[str, list[dict[str, Any]]] = {}
    for block in json.loads(RECORD.read_text(encoding="utf-8")):
        by_file.setdefault(block["path"], []).append(block)
    return by_file


def _lines(code: str) -> list[str]:
    """pytest-codeblocks drops empty lines of indented fences: they do not count."""
    return [line for line in code.split("\n") if line.strip()]


@pytest.mark.parametrize(
    "page",
    [page for pages in site.read().values() for page in pages.values() if not page.lab],  # test_take_away.py runs those
    ids=lambda p: f"{p.lang}/{p.name}",
)
def test_the_blocks_that_ran_are_those_shown(page: Any, ran: dict[str, list[dict[str, Any]]]) -> None:
    blocks, built = ran.pop(page.path, []), shown(page.lang, page.name).blocks
    assert [_lines(block["code"]) for block in blocks] == [_lines(code) for code in built]
    programs = [ast.dump(ast.parse(block["code"])) for block in blocks]
    assert programs == [ast.dump(ast.parse(code)) for code in built]
    assert Counter(block["outcome"] for block in blocks) == Counter({"passed": len(built)} if built else {})


def test_the_readme_ran_too(ran: dict[str, list[dict[str, Any]]]) -> None:
    assert [block["outcome"] for block in ran["README.md"]] == ["passed"]


PAGE = "# Title {#title}\n\n```python\nplot()\n```\n\n<!-- figure: slope | A straight line from 0 to 1 -->\n"


@pytest.fixture
def hooks(tmp_path: Path) -> Any:
    """The conftest.py of the project, for a project with one page and its figure in both schemes."""
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    hooks.ROOT, hooks.FIGURES = tmp_path, tmp_path / "site"
    for lang, scheme in hooks.SCHEMES.items():
        page = tmp_path / "docs" / lang / "part" / "one.md"
        page.parent.mkdir(parents=True)
        page.write_text(PAGE, encoding="utf-8")
        file = tmp_path / "site" / "part" / "one" / f"slope.{scheme}.svg"
        file.parent.mkdir(parents=True, exist_ok=True)
        with matplotlib.rc_context(figures.style(scheme)):
            file.write_text(figures.to_svg(_slope(1)), encoding="utf-8")
    yield hooks
    plt.close("all")


def _slope(to: float) -> Any:
    figure, ax = plt.subplots()
    ax.plot([0, to])
    return figure


@pytest.mark.parametrize("lang", site.LANGUAGES)
def test_a_figure_drawn_again_is_compared_with_the_built_one(
    lang: str, hooks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DLNOTES_FIGURES", raising=False)
    place = Path("docs", lang, "part", "one.md")
    with matplotlib.rc_context(hooks._style(place)):
        same, other = _slope(1), _slope(1.01)
        assert hooks._redrawn([same], place, 3) == ""
        assert hooks._redrawn([other], place, 3).startswith(f"{place}:7: drawn again, figure 'slope' is not site/part/")
        assert hooks._redrawn([same, other], place, 3) == (
            f"{place}:3: draws 2 figures and announces 1: mend one of them"
        )
        monkeypatch.setenv("DLNOTES_FIGURES", "text")
        assert hooks._redrawn([other], place, 3) == ""
        assert hooks._redrawn([], place, 3).startswith(f"{place}:3: draws 0 figures")
    monkeypatch.delenv("DLNOTES_FIGURES")
    with matplotlib.rc_context(figures.style({"ja": "dark", "en": "light"}[lang])):
        assert "drawn again" in hooks._redrawn([_slope(1)], place, 3)
    for file in hooks.FIGURES.rglob("*.svg"):
        file.unlink()
    assert "run `make site`" in hooks._redrawn([same], place, 3)
