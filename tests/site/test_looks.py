"""What a figure may not look like: each fault in a small figure is named, and the same figure mended has none."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt

from dlnotes_site import blocks, checks, execute, figures, looks
from dlnotes_site.execute import Drawing, Run, run_all
from dlnotes_site.page import Block


@pytest.fixture(autouse=True, params=list(figures.SCHEMES))
def scheme(request: pytest.FixtureRequest) -> Iterator[str]:
    with matplotlib.rc_context(figures.style(request.param)):
        yield request.param
    plt.close("all")


def flaws(figure: Any) -> list[str]:
    figures.to_svg(figure)
    return looks.flaws(figure)


def _label_off_the_canvas(right: bool) -> None:
    plt.plot([0, 1])
    plt.text(1.0, 0.5, "a label of some length", ha="right" if right else "left").set_in_layout(False)


def _text_clipped_by_its_axes(right: bool) -> None:
    plt.plot([0, 1])
    plt.xlim(0, 1)
    plt.text(0.1 if right else -0.02, 0.8, "words", clip_on=True)


def _tick_labels_overlap(right: bool) -> None:
    plt.plot(np.arange(8))
    plt.xticks(range(8), [f"a long name {k}" for k in range(8)], rotation=60 if right else 0)


def _turned_texts_overlap(right: bool) -> None:
    """Their upright boxes overlap in both figures; their ink does so in one."""
    plt.plot([0, 1], color="none", label="_")
    plt.text(0.2, 0.2, "first words", rotation=45, rotation_mode="anchor")
    plt.text(0.3 if right else 0.22, 0.2, "other words", rotation=45, rotation_mode="anchor")


def _text_on_the_legend(right: bool) -> None:
    plt.plot([0, 0.5], label="a line")
    plt.ylim(0, 1)
    plt.legend(loc="upper right")
    plt.text(1.0, 0.3 if right else 0.86, "words", ha="right")


def _legend_on_a_line(right: bool) -> None:
    plt.plot([0, 1], label="a line")
    plt.legend(loc="upper left" if right else "upper right")


def _line_beyond_the_axes(right: bool) -> None:
    """A legend above the axes covers nothing of a line that ends at their edge, though its path goes on."""
    plt.plot([0, 1], label="a line")
    plt.ylim(0, 0.8 if right else 1)
    plt.legend(loc="lower right" if right else "upper right", bbox_to_anchor=(1, 1))


def _pale_text(right: bool) -> None:
    plt.plot([0, 1])
    plt.title("pale", color="C0" if right else matplotlib.rcParams["grid.color"])


def _text_on_a_dark_bar(right: bool) -> None:
    plt.bar([0, 1], [1, 2], color="#5b5b5b", edgecolor="C0")
    plt.text(0, 0.5, "80", ha="center", color="white" if right else "#222222")


def _large_pale_text(right: bool) -> None:
    plt.plot([0, 1], color="none", label="_")
    plt.text(0.1, 0.5, "80", color="#7f7f7f", fontsize=24 if right else 12)


def _text_across_a_line(right: bool) -> None:
    plt.plot([0, 1], [0.5, 0.5], color="C1", linewidth=6)
    plt.ylim(0, 1)
    plt.text(0.4, 0.6 if right else 0.48, "words", color="C1")


def _pale_line(right: bool) -> None:
    plt.plot([0, 1], color="C1", alpha=1.0 if right else 0.3, label="data")


def _pale_markers(right: bool) -> None:
    plt.plot([0, 1], "o", color="0.5" if right else matplotlib.rcParams["grid.color"])


def _pale_points(right: bool) -> None:
    plt.scatter([0, 1], [0, 1], color="C2" if right else matplotlib.rcParams["grid.color"])


def _pale_bars(right: bool) -> None:
    face = matplotlib.rcParams["grid.color"]
    plt.bar([0, 1], [1, 2], color=face, edgecolor="C0" if right else face)


FAULTS: list[tuple[Callable[[bool], None], str]] = [
    (_label_off_the_canvas, "the text 'a label of some length' leaves the canvas"),
    (_text_clipped_by_its_axes, "the text 'words' is clipped by its axes"),
    (_tick_labels_overlap, "the texts 'a long name 0' and 'a long name 1' overlap"),
    (_turned_texts_overlap, "the texts 'first words' and 'other words' overlap"),
    (_text_on_the_legend, "the text 'words' and the legend overlap"),
    (_legend_on_a_line, "the legend covers the Line2D 'a line'"),
    (_line_beyond_the_axes, "the legend covers the Line2D 'a line'"),
    (_pale_text, "the text 'pale' has a contrast of"),
    (_text_on_a_dark_bar, "the text '80' has a contrast of"),
    (_large_pale_text, "the text '80' has a contrast of"),
    (_text_across_a_line, "the text 'words' has a contrast of 1.0 with what lies behind it, at least 4.5"),
    (_pale_line, "the contrast of the line of the Line2D 'data' with the axes' face is"),
    (_pale_markers, "the contrast of the markers of a Line2D without a label with the axes' face is"),
    (_pale_points, "the contrast of the area of a PathCollection without a label with the axes' face is"),
    (_pale_bars, "the contrast of the area of a Rectangle without a label with the axes' face is"),
]


@pytest.mark.parametrize(("draw", "said"), FAULTS, ids=[draw.__name__.strip("_") for draw, _ in FAULTS])
def test_a_fault_is_named_and_the_figure_without_it_has_none(draw: Callable[[bool], None], said: str) -> None:
    draw(False)
    assert any(flaw.startswith(said) for flaw in flaws(plt.gcf())), flaws(plt.gcf())
    plt.figure()
    draw(True)
    assert flaws(plt.gcf()) == []


def test_grid_lines_guides_and_shades_may_be_faint() -> None:
    plt.plot([0, 1])
    plt.grid(visible=True)
    plt.axhline(0.5, color=matplotlib.rcParams["grid.color"], linewidth=1)
    plt.fill_between([0, 1], [0, 1], [1, 2], alpha=0.2)
    plt.axvspan(0.2, 0.4, alpha=0.1)
    assert flaws(plt.gcf()) == []


def test_what_is_not_seen_and_pictures_have_no_flaws(scheme: str) -> None:
    pale = matplotlib.rcParams["grid.color"]
    figure, (ax, other) = plt.subplots(1, 2)
    ax.plot([0, 1], color=pale, label="data", visible=False)
    ax.text(0.5, 0.5, " ")
    other.imshow(np.zeros((2, 2)))
    other.plot([0, 1], color=pale, label="on a picture")
    assert flaws(figure) == []
    ax.lines[0].set_visible(True)
    assert [flaw.partition(" with")[0] for flaw in flaws(figure)] == ["the contrast of the line of the Line2D 'data'"]


def test_a_figure_without_text_or_with_all_of_it_off_the_canvas_is_looked_at(scheme: str) -> None:
    figure = plt.figure()
    assert flaws(figure) == []
    figure.text(3, 3, "far away").set_in_layout(False)
    (flaw,) = flaws(figure)
    assert flaw.startswith("the text 'far away' leaves the canvas by ")


@pytest.mark.parametrize("layout", ["constrained", "none"])
def test_looking_changes_nothing(layout: Any) -> None:
    drawn = []
    for look in (looks.flaws, lambda figure: []):
        figure, ax = plt.subplots(layout=layout)
        ax.plot([1, 2], label="$x^2$")
        ax.legend()
        first = figures.to_svg(figure)
        look(figure)
        drawn.append((first, figures.to_svg(figure), figures.to_png(figure), figure.dpi, figure.get_layout_engine()))
    assert drawn[0][:4] == drawn[1][:4]
    assert type(drawn[0][4]) is type(drawn[1][4])


PLOT = "import matplotlib.pyplot as plt\nplt.plot([0, 1])\nplt.title({title!r}, color={colour!r})\n"
PAGE = "# Title {{#title}}\n\n```python\n{code}```\n\n<!-- figure: slope | A straight line from 0 to 1 -->\n"


def _run(code: str, folder: Path) -> Run:
    block = Block(1, 1, 1, 0, code)
    return run_all([block], folder)[block.program]


def test_a_missing_glyph_is_an_error(tmp_path: Path, scheme: str) -> None:
    if scheme == "dark":
        return  # every program is run in both
    run = _run(PLOT.format(title="\N{CJK UNIFIED IDEOGRAPH-56F3}", colour="C0"), tmp_path)
    assert "missing from font" in run.error
    assert _run(PLOT.format(title="figure", colour="C0"), tmp_path).error == ""


def test_a_flaw_is_reported_where_its_figure_stands(tmp_path: Path, scheme: str) -> None:
    if scheme == "dark":
        return
    for colour, said in (("#e0e0e0", "light"), ("#303030", "dark"), ("C0", "")):
        page = blocks.read(PAGE.format(code=PLOT.format(title="slope", colour=colour)))
        runs = run_all(page.blocks, tmp_path)
        found = list(checks.looks(page, runs))
        assert [finding.line for finding in found] == [9] * bool(said)
        assert all(f"'slope': in the {said} scheme the text 'slope' has a contrast" in f.text for f in found)
        assert run_all(page.blocks, tmp_path) == runs, "what is kept is what was found"


def test_what_is_wrong_in_both_schemes_is_said_once() -> None:
    one = {"text": "", "error": "", "figures": ["<svg>"], "seconds": 0.0, "versions": {}}
    run = execute.join(one | {"flaws": [["a", "b"]]}, one | {"flaws": [["b", "c"]]})
    said = ("b", "in the light scheme a", "in the dark scheme c")
    assert run.figures == (Drawing("<svg>", "<svg>", flaws=said),)
    assert dataclasses.asdict(run.figures[0])["flaws"] == said
