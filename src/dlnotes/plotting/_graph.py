"""Computational graphs with forward values and gradients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from dlnotes.plotting import _style as style
from dlnotes.plotting._graph_input import Gradients, Graph, Node, Value, read_graph
from dlnotes.plotting._layout import Edge, Layers, heights, layers

type Point = tuple[float, float]

RADIUS = 0.19  # inches
BELOW = 0.075  # from the forward line down to the backward line
MIN_PITCH, MAX_PITCH = 0.56, 0.9  # between the rows
SIGNS = {"*": r"$\times$", "+": "$+$", "-": "$-$", "/": r"$\div$"}


@dataclass(frozen=True)
class _Sheet:
    """Where it is drawn, in inches: left edge, width and end of stem by column, height and column by node."""

    left: list[float]
    width: list[float]
    stem: list[float]
    y: dict[str, float]
    column: dict[str, int]
    size: float


def computational_graph(
    nodes: Sequence[Node],
    *,
    values: Mapping[str, Value] | None = None,
    gradients: Gradients | None = None,
    form: str = ".4g",
    ax: Axes | None = None,
) -> Axes:
    r"""Draw a computational graph: values above its lines, gradients below them, against the flow.

    Parameters
    ----------
    nodes
        The graph: a variable is its name, an operation is `(name, operation, inputs)`, in any order. The
        operation stands in a circle; `*`, `+`, `-` and `/` become signs, other text is drawn as it is, TeX
        between dollars included.
    values
        Value of each node, by name: a number or a text.
    gradients
        Gradient of the result with respect to each node, by name. Where a node has several consumers, the
        entry `(name, consumer)` is the share that comes back from one of them, and `name` their sum.
    form
        Format of the numbers.
    ax
        Where to draw; by default pyplot's current axes.

    Returns
    -------
    Axes
        The axes, without frame, in inches.

    Raises
    ------
    TypeError
        If a node or a value is of another kind.
    ValueError
        If a name is unknown or defined twice, if the graph is empty or has a cycle, or if it does not fit the
        axes.

    Notes
    -----
    Longest-path layering with barycentre ordering (Sugiyama et al.); lines slant only between columns, where
    no text stands, so that nothing overlaps.

    References
    ----------
    Sugiyama, Tagawa, Toda, 1981. doi:10.1109/TSMC.1981.4308636

    Linnainmaa, 1976. doi:10.1007/BF01931367

    Examples
    --------
    >>> ax = computational_graph(["x", "w", ("u", "*", ["x", "w"])], values={"x": 2, "w": 3, "u": 6})
    >>> sorted(text.get_text() for text in ax.texts)
    ['$\\times$', '2', '3', '6', 'u', 'w', 'x']
    """
    graph = read_graph(nodes, values or {}, gradients or {}, form)
    plan = layers(graph.inputs)
    ax = style.current_axes(ax)
    sheet = _measure(ax, graph, plan)
    _draw_lines(ax, graph, plan, sheet)
    for column in plan.columns:
        for name in column:
            _draw_node(ax, graph, sheet, name)
    return ax


def _op_text(op: str) -> str:
    return SIGNS.get(op, op)


def _node_width(graph: Graph, name: str, size: float) -> float:
    if graph.ops.get(name):
        return max(2 * RADIUS, style.text_size(_op_text(graph.ops[name]), size)[0] + 0.2)
    return style.text_size(graph.names[name], size)[0] + 0.06 if name in graph.names else 0.0


def _measure(ax: Axes, graph: Graph, plan: Layers) -> _Sheet:
    """Place columns and rows in the axes, with the largest text that fits."""
    width, height = style.canvas(ax)
    rows = heights(plan)
    sources = {way[0] for way in plan.ways.values()}
    last = len(plan.columns) - 1
    gaps = [0.18] * last
    for (source, _), text in graph.branch.items():
        k = next(k for k, column in enumerate(plan.columns) if source in column)
        gaps[k] = max(gaps[k], style.text_size(text, style.SMALLEST)[0] + 0.36)
    for size in sorted({style.font_size(), style.SMALLEST}, reverse=True):
        nodes = [max(_node_width(graph, name, size) for name in column) for column in plan.columns]
        stems = [
            max((_label_width(graph, name, size) + 0.12 for name in column if name in sources), default=0.0)
            for column in plan.columns
        ]
        need = sum(nodes) + sum(stems) + sum(gaps) + 0.04
        if need <= width:
            break
    tall = max(rows.values()) * MIN_PITCH + 2 * (MIN_PITCH / 2)
    if need > width or tall > height:
        raise ValueError(
            f"the graph needs {need:.1f} x {tall:.1f} inches, the axes have {width:.1f} x {height:.1f}: "
            "make the figure larger (figsize)"
        )
    extra = min((width - need) / max(2 * last, 1), 0.3)  # spare width goes to stems and gaps alike
    x = (width - need - 2 * last * extra) / 2 + 0.02
    left, ends = [], []
    for node, stem, gap in zip(nodes, stems, [*gaps, 0.0], strict=True):
        left.append(x)
        ends.append(x + node + stem + extra)
        x = ends[-1] + gap + extra
    pitch = min((height - MIN_PITCH) / max(max(rows.values()), 1e-9), MAX_PITCH)
    base = (height - pitch * max(rows.values())) / 2
    return _Sheet(
        left,
        nodes,
        ends,
        {name: base + pitch * row for name, row in rows.items()},
        {name: k for k, column in enumerate(plan.columns) for name in column},
        size,
    )


def _label_width(graph: Graph, name: str, size: float) -> float:
    return max(style.text_size(labels.get(name, ""), size)[0] for labels in (graph.above, graph.below))


def _draw_node(ax: Axes, graph: Graph, sheet: _Sheet, name: str) -> None:
    k, y = sheet.column.get(name, 0), sheet.y[name]
    left, paper, ink = sheet.left[k], style.paper(ax), style.ink()
    if graph.ops.get(name):
        width = _node_width(graph, name, sheet.size)
        colour = style.cycle(0)
        look: dict[str, Any] = {
            "facecolor": style.mix(paper, colour, 0.14),
            "edgecolor": colour,
            "linewidth": 1.4,
            "zorder": 4,
        }
        if width <= 2 * RADIUS:
            ax.add_patch(Circle((left + RADIUS, y), RADIUS, **look))
        else:
            shape = f"round,pad=0,rounding_size={RADIUS}"
            ax.add_patch(FancyBboxPatch((left, y - RADIUS), width, 2 * RADIUS, boxstyle=shape, **look))
        text = _op_text(graph.ops[name])
        size = 13.0 if text in SIGNS.values() else sheet.size
        ax.text(left + width / 2, y, text, ha="center", va="center", size=size, color=ink, zorder=5)
    elif name in graph.names:
        end = not graph.inputs[name]
        x = left + sheet.width[k] - 0.05 if end else left + 0.05
        ax.text(x, y, graph.names[name], ha="right" if end else "left", va="center", size=sheet.size, color=ink)


def _draw_lines(ax: Axes, graph: Graph, plan: Layers, sheet: _Sheet) -> None:
    paper, ink = style.paper(ax), style.ink()
    forward, accent = style.mix(paper, ink, 0.75), style.cycle(1)
    accent_text = style.readable(accent, paper)
    for edge, way in plan.ways.items():
        points = _way(graph, plan, sheet, edge, way)
        _arrow(ax, points, forward)
        source, target, _ = edge
        back = graph.below.get(source) or graph.branch.get((source, target))
        if back:
            _arrow(ax, _back(points, sheet, target, into_circle=bool(graph.ops[target])), accent)
        share = graph.branch.get((source, target))
        if share:
            (x0, y0), (x1, y1) = points[1:3]
            behind = {"boxstyle": "square,pad=0.1", "facecolor": paper, "edgecolor": "none"}
            at = (0.45 * x0 + 0.55 * x1, 0.45 * y0 + 0.55 * y1 - BELOW)
            ax.text(
                *at,
                share,
                ha="center",
                va="center",
                size=style.SMALLEST,
                color=accent_text,
                bbox=behind,
                zorder=3,
            )
    for name in {way[0]: None for way in plan.ways.values()}:
        k, y = sheet.column[name], sheet.y[name]
        x = (sheet.left[k] + sheet.width[k] + sheet.stem[k]) / 2
        if name in graph.above:
            ax.text(x, y + 0.035, graph.above[name], ha="center", va="bottom", size=sheet.size, color=ink)
        if name in graph.below:
            ax.text(
                x,
                y - BELOW - 0.045,
                graph.below[name],
                ha="center",
                va="top",
                size=sheet.size,
                color=accent_text,
            )


def _way(graph: Graph, plan: Layers, sheet: _Sheet, edge: Edge, way: list[str]) -> list[Point]:
    """Corners of an edge: along the stem of each column that it passes, slanting only between columns."""
    source, target, position = edge
    k, y = sheet.column[source], sheet.y[source]
    own = _node_width(graph, source, sheet.size) if graph.ops[source] else sheet.width[k]
    points = [(sheet.left[k] + own + 0.015, y), (sheet.stem[k], y)]
    for name in way[1:-1]:
        k, y = sheet.column[name], sheet.y[name]
        points += [(sheet.left[k], y), (sheet.stem[k], y)]
    k, y = sheet.column[target], sheet.y[target]
    if not graph.ops[target]:
        return [*points, (sheet.left[k] + 0.02, y)]
    arriving = sorted(
        ((plan.ways[s, t, p][-2], p) for s, t, p in plan.ways if t == target),
        key=lambda item: (-sheet.y[item[0]], item[1]),
    )
    rank = [p for _, p in arriving].index(position)
    shift = 0.0 if len(arriving) == 1 else RADIUS * (0.45 - 0.9 * rank / (len(arriving) - 1))
    x = sheet.left[k] + RADIUS - float(np.sqrt(RADIUS**2 - shift**2))
    return [*points, (x - 0.01, y + shift)]


def _back(points: list[Point], sheet: _Sheet, target: str, *, into_circle: bool) -> list[Point]:
    """The way back: parallel to the way there, below it, from the border of the target's circle."""
    shifted = [(x, y - BELOW) for x, y in reversed(points)]
    if into_circle:
        y = shifted[0][1] - sheet.y[target]
        border = sheet.left[sheet.column[target]] + RADIUS - float(np.sqrt(max(RADIUS**2 - y**2, 0.0)))
        shifted[0] = (border, shifted[0][1])
    return shifted


def _arrow(ax: Axes, points: list[Point], colour: style.RGB) -> None:
    ax.add_patch(
        FancyArrowPatch(
            path=Path(points),
            arrowstyle="-|>,head_length=0.42,head_width=0.2",
            mutation_scale=11,
            shrinkA=0,
            shrinkB=0,
            color=colour,
            linewidth=1.2,
            joinstyle="round",
            zorder=2,
        )
    )
