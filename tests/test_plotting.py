"""Tests of dlnotes.plotting: what is drawn, and that it can be read in a light and in a dark style."""

import inspect
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from dlnotes import plotting
from dlnotes.plotting import (
    computational_graph,
    decision_regions,
    descent_1d,
    descent_path,
    function_with_derivative,
    functions,
    network,
)
from dlnotes.plotting._layout import depths, heights, layers, spread
from dlnotes.plotting._style import contrast, readable

COLOURS = {
    "light": ("#ffffff", "#1f2933", ["#1f6feb", "#c2410c", "#15803d", "#7c3aed", "#b45309", "#0e7490"]),
    "dark": ("#1e2129", "#e2e8f0", ["#79b8ff", "#ff9e64", "#7ee787", "#c4a7ff", "#f2cc60", "#67d5e6"]),
}


def style_of(name: str) -> dict[str, Any]:
    paper, ink, cycle = COLOURS[name]
    backgrounds = ("figure.facecolor", "axes.facecolor", "savefig.facecolor")
    lines = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    return {
        **dict.fromkeys(backgrounds, paper),
        **dict.fromkeys(lines, ink),
        "axes.prop_cycle": mpl.cycler(color=cycle),
        "figure.figsize": (6.4, 3.6),
        "figure.constrained_layout.use": True,
        "svg.fonttype": "path",
        "svg.hashsalt": "dlnotes",
    }


@pytest.fixture(autouse=True)
def _clean_figures() -> Iterator[None]:
    with mpl.rc_context({"backend": "Agg", **style_of("light")}):
        yield
        plt.close("all")


def sigmoid(u: Any) -> Any:
    return 1 / (1 + np.exp(-u))


WEIGHTS = [
    np.array([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]),
    np.array([[0.1, 0.4, -0.7], [0.2, 0.5, -0.3], [0.3, 0.6, 0.25]]),
    np.array([[0.8], [-0.45], [0.3]]),
]
BIASES = [np.array([0.1, 0.2, 0.3]), np.array([-0.1, 0.2, 0.05]), np.array([0.4])]
STATES = [[1, 0.5], [0.574, 0.668, 0.75], [0.62, 0.77, 0.41], [0.69]]

FRUIT = [
    "apples",
    "apple price",
    ("apple cost", "*", ["apples", "apple price"]),
    "orange price",
    "oranges",
    ("orange cost", "*", ["orange price", "oranges"]),
    ("sum", "+", ["apple cost", "orange cost"]),
    "tax",
    ("total", "*", ["sum", "tax"]),
]
FRUIT_NAMES = [node if isinstance(node, str) else node[0] for node in FRUIT]
FRUIT_VALUES = dict(zip(FRUIT_NAMES, [2, 100, 200, 150, 3, 450, 650, 1.1, 715], strict=True))
FRUIT_GRADIENTS = dict(zip(FRUIT_NAMES, [110, 2.2, 1.1, 3.3, 165, 1.1, 1.1, 650, 1], strict=True))
NEURON = [
    *("$x$", "$w$", "$b$", "$d$"),
    ("p", "*", ["$x$", "$w$"]),
    ("u", "+", ["p", "$b$"]),
    ("y", r"$\sigma$", ["u"]),
    ("$E$", "loss", ["y", "$d$"]),
]
NEURON_VALUES = {"$x$": 2, "$w$": -0.5, "p": -1, "$b$": 1.5, "u": 0.5, "y": 0.6225, "$d$": 1, "$E$": 0.0713}
NEURON_GRADIENTS = {"$x$": 0.0444, "$w$": -0.1774, "p": -0.0887, "u": -0.0887, "y": -0.3775, "$E$": 1}
FORK = [
    "$x$",
    ("s", "$x^2$", ["$x$"]),
    ("e", r"$\exp$", ["s"]),
    ("m", "*", ["$x$", "e"]),
    ("$y$", "+", ["m", "$x$"]),
]
FORK_GRADIENTS = {"$x$": 2.926, ("$x$", "s"): 0.642, ("$x$", "m"): 1.284, ("$x$", "$y$"): 1, "m": 1, "e": 0.5}


def bowl(x: Any, y: Any) -> Any:
    return x**2 / 20 + y**2


def bowl_path(rate: float, steps: int) -> Any:
    points = [np.array([-7.0, 2.0])]
    for _ in range(steps):
        points.append(points[-1] * (1 - rate * np.array([0.1, 2.0])))
    return np.array(points)


def line_path(rate: float, steps: int) -> Any:
    with np.errstate(over="ignore"):
        return 4.0 * (1 - 2 * rate) ** np.arange(steps + 1)


def by_thirds(points: Any) -> Any:
    return np.digitize(points[:, 0] + 0.3 * points[:, 1], [0.4, 0.9])


def three_gates() -> None:
    corners = [[0, 0], [0, 1], [1, 0], [1, 1]]
    for k, (ax, name) in enumerate(zip(plt.subplots(1, 3)[1], ["OR", "AND", "XOR"], strict=True)):
        decision_regions(lambda p, k=k: (p.sum(1) > 0.5 + k) * 1, corners, [0, 1, 1, k], legend=False, ax=ax)
        ax.set_title(name)


def side_by_side() -> None:
    left, right = plt.subplots(1, 2)[1]
    network([2, 3, 1], ax=left)
    functions({"sigmoid": sigmoid, "tanh": np.tanh}, (-4, 4), ax=right)


DRAWINGS: dict[str, Callable[[], object]] = {
    "network 2-3-3-1": lambda: network([2, 3, 3, 1]),
    "network with bias nodes": lambda: network([2, 3, 3, 1], bias_nodes=True),
    "network with weights": lambda: network([2, 3, 3, 1], weights=WEIGHTS, show_values=True),
    "network with biases": lambda: network([2, 3, 3, 1], weights=WEIGHTS, biases=BIASES, show_values=True),
    "network with activations": lambda: network([2, 3, 3, 1], activations=STATES),
    "network 784-100-10": lambda: network([784, 100, 10]),
    "deep network": lambda: network([4, 5, 6, 5, 4, 5, 6, 2]),
    "very deep network": lambda: network([2, *[3] * 14, 1]),
    "perceptron": lambda: network([2, 1], weights=[[[0.5], [0.5]]], biases=[[-0.7]], labels=["input", "AND"]),
    "one layer": lambda: network([3]),
    "titled network": lambda: network([8, 8, 8]).set_title("title"),
    "graph of a purchase": lambda: computational_graph(FRUIT, values=FRUIT_VALUES, gradients=FRUIT_GRADIENTS),
    "graph of a neuron": lambda: computational_graph(NEURON, values=NEURON_VALUES, gradients=NEURON_GRADIENTS),
    "graph with a fork": lambda: computational_graph(FORK, values={"$x$": 0.5}, gradients=FORK_GRADIENTS),
    "graph of a square": lambda: computational_graph(["$x$", ("$y$", "*", ["$x$", "$x$"])], values={"$x$": 3}),
    "sigmoid and derivative": lambda: function_with_derivative(
        sigmoid, lambda u: sigmoid(u) * (1 - sigmoid(u)), (-8, 8), name=r"$\sigma(u)$"
    ),
    "functions": lambda: functions(
        {
            "step": lambda u: (u >= 0) * 1.0,
            "sigmoid": sigmoid,
            "tanh": np.tanh,
            "ReLU": lambda u: u * (u > 0),
        },
        (-4, 4),
        ylim=(-1.2, 2.2),
    ),
    "paths": lambda: descent_path(
        bowl, {"rate 0.5": bowl_path(0.5, 20), "rate 1.1": bowl_path(1.1, 900)}, xlim=(-8, 3), ylim=(-3, 3)
    ),
    "path": lambda: descent_path(bowl, bowl_path(0.9, 30)),
    "descent": lambda: descent_1d(lambda w: w**2, line_path(0.2, 12), (-5, 5)),
    "diverging descent": lambda: descent_1d(lambda w: w**2, line_path(1.1, 5000), (-9, 9)),
    "regions": lambda: decision_regions(by_thirds, np.random.default_rng(0).random((60, 2)), np.arange(60) % 3),
    "three gates": three_gates,
    "two figures side by side": side_by_side,
}


def texts_of(figure: Any) -> list[Text]:
    """Texts that are drawn, tick labels included."""
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    ticks = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            every = {t for tick in [*axis.majorTicks, *axis.minorTicks] for t in (tick.label1, tick.label2)}
            shown = {t.label1 for t in axis.get_major_ticks() if t in axis._update_ticks() and t.label1.get_visible()}
            hidden = every - shown
            ticks |= hidden if ax.axison else every | {axis.label}
    return [t for t in texts if t not in ticks]


def overlap(first: Bbox, second: Bbox) -> bool:
    """Whether two boxes share more than a pixel in both directions."""
    width = min(first.x1, second.x1) - max(first.x0, second.x0)
    height = min(first.y1, second.y1) - max(first.y0, second.y0)
    return width > 1 and height > 1


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("scheme", COLOURS)
def test_every_text_is_whole_alone_large_and_in_contrast(name: str, scheme: str) -> None:
    with mpl.rc_context(style_of(scheme)):
        DRAWINGS[name]()
        figure = plt.gcf()
        figure.canvas.draw()
        boxes = [(t, t.get_window_extent()) for t in texts_of(figure)]
        assert boxes
        for text, box in boxes:
            inside = min(box.x0 + 1, box.y0 + 1, figure.bbox.x1 + 1 - box.x1, figure.bbox.y1 + 1 - box.y1)
            assert inside >= 0, f"{text.get_text()!r} leaves the figure"
            assert text.get_fontsize() >= 9, f"{text.get_text()!r} is small"
            ratio = contrast(to_rgb(text.get_color()), background_of(text, box))
            assert ratio >= 4.5, f"{text.get_text()!r} has contrast {ratio:.2f}"
        for (first, a), (second, b) in combinations(boxes, 2):
            assert not overlap(a, b), f"{first.get_text()!r} lies on {second.get_text()!r}"


def background_of(text: Text, box: Bbox) -> tuple[float, float, float]:
    """Colour behind a text: the node in which it stands, else the figure."""
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    for ax in text.figure.axes if text.figure else []:
        for node in nodes_of(ax):
            if node.get_window_extent().contains(x, y):
                return to_rgb(node.get_facecolor()[:3])
    return to_rgb(mpl.rcParams["figure.facecolor"])


def nodes_of(ax: Axes) -> list[Patch]:
    return [p for p in ax.patches if isinstance(p, Circle | FancyBboxPatch)]


def segments_of(ax: Axes) -> int:
    return sum(len(c.get_segments()) for c in ax.collections if isinstance(c, LineCollection))


def words(ax: Axes) -> list[str]:
    return [t.get_text() for t in ax.texts]


@pytest.mark.parametrize("name", [n for n in DRAWINGS if "network" in n or "graph" in n])
@pytest.mark.parametrize(("size", "constrained"), [((6.4, 3.6), True), ((6.4, 4.8), False)])
def test_nodes_do_not_overlap_and_lie_in_the_figure(name: str, size: tuple[float, float], constrained: bool) -> None:
    with mpl.rc_context({"figure.figsize": size, "figure.constrained_layout.use": constrained}):
        DRAWINGS[name]()
        figure = plt.gcf()
        figure.canvas.draw()
        for ax in figure.axes:
            boxes = [p.get_window_extent() for p in nodes_of(ax)]
            assert boxes
            assert not any(overlap(a, b) for a, b in combinations(boxes, 2))
            for box in boxes:
                assert figure.bbox.x0 <= box.x0
                assert figure.bbox.y0 <= box.y0
                assert box.x1 <= figure.bbox.x1
                assert box.y1 <= figure.bbox.y1


@pytest.mark.parametrize("sizes", [[1], [2, 1], [2, 3, 3, 1], [4, 8, 8, 2], [1, 7, 1]])
def test_network_has_a_circle_for_each_unit_and_a_line_for_each_weight(sizes: list[int]) -> None:
    ax = network(sizes)
    assert len(nodes_of(ax)) == sum(sizes)
    assert segments_of(ax) == sum(a * b for a, b in pairwise(sizes))


def test_bias_nodes_add_a_circle_to_every_layer_but_the_last() -> None:
    ax = network([2, 3, 1], bias_nodes=True)
    assert len(nodes_of(ax)) == 2 + 3 + 1 + 2
    assert segments_of(ax) == 3 * 3 + 4 * 1
    assert words(ax).count("$1$") == 2


def test_large_layer_shows_its_first_four_and_last_three_units() -> None:
    ax = network([784, 10])
    assert len(nodes_of(ax)) == 14
    assert [w for w in words(ax) if "x" in w] == [f"$x_{{{i}}}$" for i in (1, 2, 3, 4, 782, 783, 784)]
    dots = [line for line in ax.lines if len(line.get_xdata()) == 3]
    assert len(dots) == 2


def test_network_circles_are_round() -> None:
    ax = network([2, 3, 1])
    ax.figure.canvas.draw()
    box = nodes_of(ax)[0].get_window_extent()
    assert box.width == pytest.approx(box.height, rel=1e-6)


def test_lines_of_a_network_run_between_its_circles() -> None:
    ax = network([2, 3, 1])
    circles = [p for p in ax.patches if isinstance(p, Circle)]
    for collection in ax.collections:
        assert isinstance(collection, LineCollection)
        for start, end in collection.get_segments():
            for point in (start, end):
                gaps = [abs(np.hypot(*(np.array(c.center) - point)) - c.radius) for c in circles]
                assert min(gaps) < 1e-9


def test_weight_sets_width_colour_and_dashes() -> None:
    ax = network([3, 1], weights=[[[1.0], [-1.0], [0.5]]])
    lines = ax.collections[0]
    assert lines.get_linewidth()[0] == lines.get_linewidth()[1] > lines.get_linewidth()[2]
    np.testing.assert_allclose(lines.get_edgecolor()[:, :3], [to_rgb(c) for c in ("C0", "C1", "C0")])
    assert [pattern is None for _, pattern in lines.get_linestyle()] == [True, False, True]


def test_each_weight_stands_on_its_own_line() -> None:
    weights = [np.arange(1, 7).reshape(2, 3) / 8]
    ax = network([2, 3], weights=weights, show_values=True, form=".3f")
    segments = ax.collections[0].get_segments()
    for value, (start, end) in zip(weights[0].ravel(), segments, strict=True):
        (text,) = [t for t in ax.texts if t.get_text() == f"{value:.3f}"]
        along, to = end - start, np.array(text.get_position()) - start
        assert abs(along[0] * to[1] - along[1] * to[0]) / np.hypot(*along) < 1e-9
        assert 0 < to @ along / (along @ along) < 1


def test_weights_without_room_are_left_out_or_refused() -> None:
    weights = [np.ones((8, 8))]
    ax = network([8, 8], weights=weights)
    assert "1" not in words(ax)
    with pytest.raises(ValueError, match="do not fit"):
        network([8, 8], weights=weights, show_values=True, form=".6f")


def test_activations_and_labels_stand_in_the_circles() -> None:
    ax = network([2, 1], activations=[[1, -0.5], [0.25]], labels=["in", "out"])
    assert words(ax) == ["in", "out", "1", "\N{MINUS SIGN}0.5", "0.25"]
    assert words(network([2, 1], node_labels=[["a", "b"], ["c"]]))[-3:] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": []}, "at least one layer"),
        ({"sizes": [2, 0]}, "positive sizes, got \\[2, 0\\]"),
        ({"sizes": [2, 1], "labels": ["a"]}, "labels expects 2 captions"),
        ({"sizes": [2, 1], "node_labels": [["a"], ["b"]]}, "node_labels expects \\[2, 1\\]"),
        ({"sizes": [2, 1], "weights": [np.ones((1, 2))]}, "weights expects .*\\(2, 1\\).*got .*\\(1, 2\\)"),
        ({"sizes": [2, 1], "biases": [[1, 2]]}, "biases expects"),
        ({"sizes": [2, 1], "activations": [[1, 2]]}, "activations expects"),
        ({"sizes": [2, 1], "weights": [[[np.nan], [1]]]}, "finite"),
        ({"sizes": [2, 1], "show_values": True}, "expects weights"),
        ({"sizes": [2, 1], "max_nodes": 2}, "max_nodes expects at least 3"),
        ({"sizes": [2, 1], "node_labels": [["much too long a name", "b"], ["c"]]}, "do not fit"),
    ],
)
def test_network_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        network(**arguments)


@pytest.mark.parametrize("sizes", [[2.5, 1], 3, "21"])
def test_network_refuses_sizes_that_are_not_integers(sizes: Any) -> None:
    with pytest.raises(TypeError, match="list of integers"):
        network(sizes)


def test_graph_shows_every_value_and_every_gradient() -> None:
    ax = computational_graph(FRUIT, values=FRUIT_VALUES, gradients=FRUIT_GRADIENTS)
    shown = words(ax)
    for number in [*FRUIT_VALUES.values(), *FRUIT_GRADIENTS.values()]:
        assert f"{number:.4g}" in shown
    assert shown.count("1.1") == 1 + 3
    assert len(nodes_of(ax)) == 4
    assert {"apples", "tax", "total"} <= set(shown)
    assert "apple cost" not in shown


def test_graph_has_an_arrow_each_way_for_each_edge() -> None:
    forth = computational_graph(FRUIT, values=FRUIT_VALUES)
    assert sum(isinstance(p, FancyArrowPatch) for p in forth.patches) == 8 + 1
    back = computational_graph(FRUIT, gradients=FRUIT_GRADIENTS, ax=plt.figure().gca())
    arrows = [p for p in back.patches if isinstance(p, FancyArrowPatch)]
    assert len(arrows) == 2 * 9
    accent = [p for p in arrows if to_rgba(p.get_edgecolor()) == to_rgba("C1")]
    assert len(accent) == 9
    for arrow in arrows:
        x = arrow.get_path().vertices[:, 0]  # the line, then its head: back, tip, back, close
        assert (x[-3] < x[0]) == (arrow in accent)


def test_value_stands_above_its_line_and_gradient_below_in_the_accent_colour() -> None:
    ax = computational_graph(["a", ("b", "f", ["a"])], values={"a": 5}, gradients={"a": 7})
    at = {t.get_text(): t for t in ax.texts}
    assert at["5"].get_position()[1] > at["a"].get_position()[1] > at["7"].get_position()[1]
    assert at["5"].get_position()[0] == at["7"].get_position()[0]
    assert to_rgb(at["7"].get_color()) == pytest.approx(readable(to_rgb("C1"), to_rgb("white")))
    assert to_rgb(at["5"].get_color()) == to_rgb(mpl.rcParams["text.color"])


@pytest.mark.parametrize("paper", ["#ffffff", "#1e2129"])
def test_pale_colours_are_moved_until_text_in_them_can_be_read(paper: str) -> None:
    ink = "#1f2933" if paper == "#ffffff" else "#e2e8f0"
    pale = "#ffe680" if paper == "#ffffff" else "#303a50"
    with mpl.rc_context({"text.color": ink}):
        assert contrast(to_rgb(pale), to_rgb(paper)) < 2
        assert contrast(readable(to_rgb(pale), to_rgb(paper)), to_rgb(paper)) >= 4.5
        assert readable(to_rgb(ink), to_rgb(paper)) == to_rgb(ink)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(to_rgb("white"), to_rgb("black")) == pytest.approx(21)
    assert contrast(to_rgb("#777777"), to_rgb("white")) == pytest.approx(4.48, abs=0.005)


def test_graph_runs_from_left_to_right() -> None:
    order = depths({"a": [], "b": [], "p": ["a", "b"], "c": [], "q": ["p", "c"]})
    assert order == {"a": 0, "b": 0, "p": 1, "c": 1, "q": 2}


def test_layout_untangles_crossed_lines() -> None:
    plan = layers({"a": [], "b": [], "c": [], "x": ["c"], "y": ["b"], "z": ["a"]})
    rows = [{name: i for i, name in enumerate(column)} for column in plan.columns]
    assert [rows[1][n] for n in "xyz"] == [rows[0][n] for n in "cba"]


def test_layout_keeps_rows_apart_and_chains_level() -> None:
    plan = layers({"x": [], "w": [], "u": ["x", "w"], "v": ["u"], "z": ["v", "x"]})
    y = heights(plan)
    for column in plan.columns:
        assert all(y[a] - y[b] > 0.99 for a, b in pairwise(column))
    assert y["v"] == y["u"]


def test_spread_moves_only_what_is_too_close() -> None:
    np.testing.assert_allclose(spread([0.0, 5.0, 9.0], 1.0), [0, 5, 9])
    np.testing.assert_allclose(spread([0.0, 0.0, 9.0], 1.0), [-0.5, 0.5, 9])
    np.testing.assert_allclose(spread([3.0, 2.0, 1.0], 2.0), [0, 2, 4])


@pytest.mark.parametrize(
    ("nodes", "options", "message"),
    [
        ([], {}, "at least one node"),
        (["a", "a"], {}, "'a' is defined twice"),
        (["a", ("b", "+", ["a", "c"])], {}, "'b' has the unknown input 'c'"),
        ([("a", "+", ["b"]), ("b", "+", ["a"])], {}, "cycle through a, b"),
        ([("a", "f", ["a"])], {}, "cycle through a"),
        (["a", ("b", "f", ["a"])], {"values": {"c": 1}}, "unknown node 'c'"),
        (["a", ("b", "f", ["a"])], {"gradients": {"c": 1}}, "unknown node 'c'"),
        (["a", ("b", "f", ["a"])], {"gradients": {("b", "a"): 1}}, "unknown node"),
        ([f"variable {i}" for i in range(30)], {}, "needs .* inches"),
    ],
)
def test_graph_refuses(nodes: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        computational_graph(nodes, **options)


@pytest.mark.parametrize("node", [3, ("a", "+"), ("a", "+", []), ("a", "", ["a"]), ("a", "+", [1])])
def test_graph_refuses_what_is_not_a_node(node: Any) -> None:
    with pytest.raises(TypeError, match="a node is a name or"):
        computational_graph([node])


def test_graph_refuses_values_that_are_not_numbers() -> None:
    with pytest.raises(TypeError, match="number or a string, got list"):
        computational_graph(["a", ("b", "f", ["a"])], values={"a": [1, 2]})
    with pytest.raises(TypeError, match="number or a string, got NoneType"):
        computational_graph(["a", ("b", "f", ["a"])], values={"a": None})


def test_function_and_derivative_stand_over_one_another() -> None:
    upper, lower = function_with_derivative(np.sin, np.cos, (-3, 3))
    plt.gcf().canvas.draw()
    assert upper.get_position().y0 > lower.get_position().y1
    assert upper.get_xlim() == lower.get_xlim() == (-3, 3)
    for ax, f in ((upper, np.sin), (lower, np.cos)):
        x, y = ax.lines[0].get_data()
        np.testing.assert_allclose(y, f(np.asarray(x)))
    assert plt.gcf().axes == [upper, lower]


def test_line_breaks_at_a_jump_and_nowhere_else() -> None:
    ax = functions({"step": lambda u: (u >= 0) * 1.0, "steep": lambda u: np.tanh(20 * u)}, (-4, 4))
    step, steep = (np.isnan(np.asarray(line.get_ydata(), dtype=float)).sum() for line in ax.lines)
    assert (step, steep) == (1, 0)


def test_each_function_has_its_own_colour_dashes_and_name() -> None:
    ax = functions({"one": np.sin, "two": np.cos, "three": np.tanh}, (0, 3))
    assert len({line.get_color() for line in ax.lines}) == 3
    assert len({str(line.get_linestyle()) + str(line._dash_pattern) for line in ax.lines}) == 3
    assert sorted(words(ax)) == ["one", "three", "two"]
    assert {t.get_text(): to_rgb(t.get_color()) for t in ax.texts}["one"] == pytest.approx(to_rgb("C0"))


@pytest.mark.parametrize("interval", [(1, 1), (2, 1), (0, np.inf), 3, [[0, 1]], [0]])
def test_functions_refuse_an_interval(interval: Any) -> None:
    with pytest.raises(ValueError, match="interval expects"):
        functions({"f": np.sin}, interval)


def test_functions_refuse() -> None:
    with pytest.raises(ValueError, match="at least one function"):
        functions({}, (0, 1))
    with pytest.raises(ValueError, match="f expects to return \\(401,\\), got \\(\\)"):
        functions({"f": lambda u: 1.0}, (0, 1))
    with pytest.raises(ValueError, match="no finite value"):
        functions({"f": lambda u: u * np.nan}, (0, 1))
    with pytest.raises(TypeError, match="df expects a function, got float"):
        function_with_derivative(np.sin, 1.0, (0, 1))
    with pytest.raises(ValueError, match="made as a subplot"):
        function_with_derivative(np.sin, np.cos, (0, 1), ax=plt.figure().add_axes((0, 0, 1, 1)))


def marks(ax: Axes, marker: str) -> list[Line2D]:
    return [line for line in ax.lines if line.get_marker() == marker and line.get_linestyle() == "None"]


def test_path_is_drawn_point_by_point_with_its_ends() -> None:
    path = bowl_path(0.9, 5)
    ax = descent_path(bowl, path)
    np.testing.assert_allclose(ax.lines[0].get_xydata(), path)
    (start,), (end,) = marks(ax, "o"), marks(ax, "*")
    np.testing.assert_allclose(start.get_xydata()[0], path[0])
    np.testing.assert_allclose(end.get_xydata()[0], path[-1])


@pytest.mark.parametrize("far", [[50.0, 0.0], [3e200, -3e300], [1e308, 1e308]])
@pytest.mark.parametrize("after", [[np.inf, 0.0], [np.nan, np.nan], [0.0, 0.0]])
def test_diverging_path_leaves_the_limits_straight_and_has_no_end(far: Any, after: Any) -> None:
    ax = descent_path(bowl, np.array([[1, 1], [-2, -1.5], far, after]), xlim=(-4, 4), ylim=(-2, 2))
    points = np.asarray(ax.lines[0].get_xydata())
    assert len(points) == 3
    assert np.isfinite(points).all()
    assert abs(points[2, 0]) > 4 or abs(points[2, 1]) > 2
    step, wanted = points[2] - points[1], np.array(far) / np.max(np.abs(far))
    if np.max(np.abs(far)) > 1e3:
        np.testing.assert_allclose(step / np.abs(step).max(), wanted, atol=1e-6)
    assert not marks(ax, "*")
    assert ax.get_xlim() == (-4, 4)
    plt.gcf().canvas.draw()


def test_paths_differ_in_colour_and_marker_and_are_named() -> None:
    ax = descent_path(bowl, {"a": bowl_path(0.1, 3), "b": bowl_path(0.5, 3)}, levels=[0.5, 1, 2])
    lines = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert len({line.get_color() for line in lines}) == 2
    assert len({line.get_marker() for line in lines}) == 2
    legend = ax.get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == ["a", "b", "start", "end"]


@pytest.mark.parametrize(
    ("path", "options", "message"),
    [
        (np.zeros((3, 3)), {}, "path expects points \\(T, 2\\), got \\(3, 3\\)"),
        (np.zeros(4), {}, "got \\(4,\\)"),
        ({"a": [[0, 0]], "b": [1, 2]}, {}, "b expects points"),
        (np.zeros((0, 2)), {}, "got \\(0, 2\\)"),
        ({}, {}, "at least one path"),
        ([[np.nan, 0]], {}, "finite start"),
        ([[0, 0], [np.inf, 0]], {}, "give xlim and ylim"),
        ([[0, 0]], {"xlim": (1, 0)}, "limits expect"),
        ([[0, 0]], {"levels": 0}, "levels expects"),
    ],
)
def test_descent_path_refuses(path: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        descent_path(bowl, path, **options)


def test_descent_path_refuses_a_function_of_another_shape() -> None:
    with pytest.raises(ValueError, match="got shape \\(\\)"):
        descent_path(lambda x, y: 1.0, [[0, 0]])


def test_descent_in_one_dimension_marks_points_on_the_curve_and_draws_steps() -> None:
    path = line_path(0.2, 3)
    ax = descent_1d(lambda w: w**2, path, (-5, 5))
    points = np.asarray(ax.lines[1].get_xydata())
    np.testing.assert_allclose(points, np.column_stack([path, path**2]))
    assert sum(isinstance(p, FancyArrowPatch) for p in ax.patches) == 3
    assert len(marks(ax, "*")) == 1


def test_diverging_descent_stops_at_the_border() -> None:
    ax = descent_1d(lambda w: w**2, line_path(1.1, 5000), (-9, 9))
    points = np.asarray(ax.lines[1].get_xydata())
    assert np.abs(points[:, 0]).max() <= 9.5
    assert sum(isinstance(p, FancyArrowPatch) for p in ax.patches) == len(points)
    assert not marks(ax, "*")


def test_descent_1d_refuses() -> None:
    with pytest.raises(ValueError, match="path expects points \\(T,\\)"):
        descent_1d(np.sin, [[0, 1]], (0, 1))
    with pytest.raises(ValueError, match="path expects points \\(T,\\)"):
        descent_1d(np.sin, [], (0, 1))
    with pytest.raises(TypeError, match="f expects a function"):
        descent_1d(3, [0.5], (0, 1))


def test_regions_border_lies_where_the_class_changes() -> None:
    ax = decision_regions(lambda p: (p[:, 0] + p[:, 1] > 0.7) * 1, [[0, 0], [1, 1]], [0, 1])
    border = np.vstack([p.vertices for p in ax.collections[1].get_paths() if len(p.vertices)])
    inner = border[(np.abs(border - 0.5) < 0.6).all(axis=1)]
    assert len(inner) > 50
    assert np.abs(inner.sum(axis=1) - 0.7).max() < 0.006  # one step of the grid


def test_regions_classes_differ_in_colour_and_marker() -> None:
    ax = decision_regions(by_thirds, [[0.1, 0.1], [0.6, 0.1], [0.9, 0.9]], [0, 1, 2], names=["a", "b", "c"])
    assert len({line.get_color() for line in ax.lines}) == 3
    assert len({line.get_marker() for line in ax.lines}) == 3
    legend = ax.get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == ["a", "b", "c"]


def test_regions_take_strings_and_a_single_class() -> None:
    ax = decision_regions(lambda p: np.full(len(p), "cat"), [[0, 0], [1, 1]], ["cat", "dog"])
    assert [line.get_label() for line in ax.lines] == ["class cat", "class dog"]
    plt.gcf().canvas.draw()


def test_regions_ask_for_the_grid_once() -> None:
    seen = []
    decision_regions(lambda p: seen.append(p.shape) or np.zeros(len(p)), [[0, 0], [1, 1]], [0, 1], resolution=30)
    assert seen == [(900, 2)]


@pytest.mark.parametrize(
    ("predict", "x", "d", "options", "message"),
    [
        (lambda p: p, [[0, 0]], [0], {}, "predict expects to return \\(57600,\\).*got \\(57600, 2\\)"),
        (by_thirds, [0, 1], [0, 1], {}, "x expects \\(N, 2\\), got \\(2,\\)"),
        (by_thirds, [[0, 1]], [[0]], {}, "d expects \\(1,\\), got \\(1, 1\\)"),
        (by_thirds, np.zeros((0, 2)), [], {}, "x expects \\(N, 2\\), got \\(0, 2\\)"),
        (by_thirds, [[0, np.nan]], [0], {}, "finite"),
        (by_thirds, [[0, 1]], [0], {"names": ["a"]}, "names expects"),
        (by_thirds, [[0, 1]], [0], {"resolution": 1}, "resolution expects"),
        (by_thirds, [[0, 1]], [0], {"xlim": (0, np.inf)}, "limits expect"),
    ],
)
def test_regions_refuse(predict: Any, x: Any, d: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decision_regions(predict, x, d, **options)


def test_regions_refuse_what_cannot_be_called() -> None:
    with pytest.raises(TypeError, match="predict expects a function"):
        decision_regions(3, [[0, 0]], [0])


def test_ax_must_be_axes() -> None:
    with pytest.raises(TypeError, match="ax expects matplotlib Axes, got int"):
        network([2, 1], ax=3)


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawing_twice_gives_the_same_bytes_and_leaves_settings_and_random_state_alone(name: str) -> None:
    def svg() -> bytes:
        DRAWINGS[name]()
        buffer = io.BytesIO()
        plt.gcf().savefig(buffer, format="svg", metadata={"Date": None})
        plt.close("all")
        return buffer.getvalue()

    settings = mpl.rcParams.copy()
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = svg()
    assert first == svg()
    assert len(first) < 150_000, f"{len(first)} bytes are too many for a page"
    assert mpl.rcParams == settings
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_arguments_are_not_changed() -> None:
    weights, path = [w.copy() for w in WEIGHTS], bowl_path(1.2, 50)
    kept = path.copy()
    network([2, 3, 3, 1], weights=weights)
    descent_path(bowl, path, xlim=(-8, 8), ylim=(-3, 3), ax=plt.figure().gca())
    assert all((a == b).all() for a, b in zip(weights, WEIGHTS, strict=True))
    np.testing.assert_array_equal(path, kept)


def test_import_changes_no_setting_and_opens_no_figure() -> None:
    program = (
        "import matplotlib\n"
        "before = matplotlib.rcParams.copy()\n"
        "import dlnotes.plotting\n"
        "from matplotlib import pyplot\n"
        "assert dict.__eq__(before, matplotlib.rcParams), 'settings changed'\n"
        "assert not pyplot.get_fignums()\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)


def test_public_names_are_documented() -> None:
    for name in plotting.__all__:
        text = inspect.cleandoc(getattr(plotting, name).__doc__)  # as Python 3.13 keeps it
        for section in ("Parameters", "Returns", "Raises"):
            assert f"\n{section}\n" in text, f"{name} has no section {section}"


# rare ways through the drawing


def test_points_of_an_interval_given_one_by_one_are_joined_across_a_jump() -> None:
    ax = functions({"step": lambda u: (u >= 0) * 1.0}, [-2, -1, 1, 2])
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [0, 0, 1, 1])


def test_values_of_a_graph_may_be_texts() -> None:
    shown = words(computational_graph(["a", ("b", "f", ["a"])], values={"a": "1/3"}))
    assert "1/3" in shown


def test_a_graph_too_wide_for_large_text_takes_smaller_text_and_one_too_wide_for_that_is_refused() -> None:
    chain = ["a", *((f"f{k}", "f", [f"f{k - 1}" if k else "a"]) for k in range(4))]

    def size(width: float) -> float:
        plt.close("all")
        ax = computational_graph(chain, values={"f1": "number"}, ax=plt.figure(figsize=(width, 3)).gca())
        return next(float(t.get_fontsize()) for t in ax.texts if t.get_text() == "number")

    with mpl.rc_context({"font.size": 20}):
        large, small = size(9), size(4.1)
        assert large == 20 > small
        with pytest.raises(ValueError, match="the graph needs"):
            size(1.5)


def test_the_weight_of_a_network_of_one_line_stands_in_its_middle() -> None:
    ax = network([1, 1], weights=[[[0.5]]], show_values=True)
    (start, end), (text,) = ax.collections[0].get_segments()[0], [t for t in ax.texts if t.get_text() == "0.5"]
    np.testing.assert_allclose(text.get_position(), (start + end) / 2, atol=0.05)


def test_lines_of_bias_nodes_without_biases_have_no_number() -> None:
    ax = network([2, 1], weights=[[[0.25], [0.5]]], bias_nodes=True, show_values=True)
    assert segments_of(ax) == 3
    assert [text for text in words(ax) if text.replace(".", "").isdigit()] == ["0.25", "0.5"]


def test_weights_of_a_small_axes_are_left_out_unless_asked_for() -> None:
    weights = [np.full((4, 4), 0.123456)]
    options: dict[str, Any] = {"weights": weights, "form": ".12f"}
    assert not any("0.123" in text for text in words(network([4, 4], **options)))
    with pytest.raises(ValueError, match="do not fit"):
        network([4, 4], show_values=True, **options)


def test_a_class_that_is_only_predicted_has_a_region_and_no_points() -> None:
    ax = decision_regions(by_thirds, [[0.1, 0.1], [0.9, 0.9]], [0, 2], xlim=(-1, 2), ylim=(-0.5, 1.5), resolution=60)
    assert [line.get_label() for line in ax.lines] == ["class 0", "class 2"]
    assert len({tuple(c.get_facecolor()[0]) for c in ax.collections if len(c.get_facecolor())}) == 3
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 2), (-0.5, 1.5))


def test_descents_leave_out_the_legend() -> None:
    assert descent_path(bowl, bowl_path(0.5, 2), legend=False).get_legend() is None
    assert descent_1d(np.square, line_path(0.2, 2), (-5, 5), legend=False).get_legend() is None


def test_a_path_that_starts_far_outside_is_its_start_alone() -> None:
    ax = descent_path(bowl, [[50, 50], [0, 0]], xlim=(-1, 1), ylim=(-1, 1))
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[50, 50]])


def test_a_step_too_long_for_its_limits_is_drawn_ten_widths_long() -> None:
    ax = descent_path(bowl, [[0, 0], [1e308, -1.0]], xlim=(-0.1, 0.1), ylim=(-0.1, 0.1))
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[0, 0], [2, 0]], atol=1e-12)


def test_a_flat_function_has_no_contours() -> None:
    ax = descent_path(lambda x, y: 0 * x, [[0, 0], [1, 1]])
    assert len(ax.collections) == 0
