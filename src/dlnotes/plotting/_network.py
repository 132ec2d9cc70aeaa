"""Network diagrams."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from numpy.typing import ArrayLike, NDArray

from dlnotes.plotting import _style as style
from dlnotes.plotting._labels import place_labels
from dlnotes.plotting._network_input import BIAS, arrays, captions, checked_sizes, column, node_texts

type Point = tuple[float, float]
type Floats = NDArray[np.float64]
type Layer = dict[int | None, Point]  # centre of each node shown, and of the dots under None


@dataclass(frozen=True)
class Link:
    """One drawn connection: from node to node, trimmed to the circles, with its weight if there is one."""

    start: Point
    end: Point
    weight: float | None


def network(
    sizes: Sequence[int],
    *,
    labels: Sequence[str] | None = None,
    node_labels: Sequence[Sequence[str]] | None = None,
    weights: Sequence[ArrayLike] | None = None,
    biases: Sequence[ArrayLike] | None = None,
    activations: Sequence[ArrayLike] | None = None,
    bias_nodes: bool = False,
    show_values: bool | None = None,
    max_nodes: int = 8,
    form: str = ".3g",
    ax: Axes | None = None,
) -> Axes:
    r"""Draw a fully connected network, one column of circles for each layer.

    Parameters
    ----------
    sizes
        Number of units of each layer, the input included: `[2, 3, 3, 1]`.
    labels
        Caption of each layer; by default input, hidden 1, hidden 2, ..., output.
    node_labels
        Text in the circles, one list for each layer; by default the symbols $x_i$, $z_i^{(l)}$, $y_i$.
    weights
        One array $(n_l, n_{l+1})$ for each pair of layers. Width shows the magnitude, colour and dashes show
        the sign.
    biases
        One array $(n_{l+1},)$ for each pair of layers; drawn as weights of the bias nodes.
    activations
        One array $(n_l,)$ for each layer; its numbers stand in the circles instead of symbols.
    bias_nodes
        Whether every layer but the last gets a node with the constant 1. Implied by `biases`.
    show_values
        Whether weights stand on their lines as numbers. By default they do for up to 16 lines
        between two layers, if there is room.
    max_nodes
        Rows of a layer; a larger layer shows its first and last units with dots between.
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
        If a size is not an integer.
    ValueError
        If `sizes` is empty or not positive, if an array or list does not fit the sizes, or if
        `show_values=True` and the numbers do not fit.

    References
    ----------
    Rosenblatt, 1958. doi:10.1037/h0042519

    Examples
    --------
    >>> len(network([2, 3, 1]).patches)
    6
    """
    counts = checked_sizes(sizes)
    if max_nodes < 3:
        raise ValueError(f"max_nodes expects at least 3, got {max_nodes}")
    shapes = list(pairwise(counts))
    matrices = arrays("weights", weights, shapes)
    vectors = arrays("biases", biases, [(n,) for n in counts[1:]])
    states = arrays("activations", activations, [(n,) for n in counts])
    if show_values and matrices is None:
        raise ValueError("show_values=True expects weights, got none")
    texts = node_texts(counts, node_labels, states, form)
    titles = captions(labels, len(counts))
    ax = style.current_axes(ax)

    has_bias = bias_nodes or biases is not None
    last = len(counts) - 1
    columns = [column(n, max_nodes, bias=has_bias and k < last) for k, n in enumerate(counts)]
    places, radius = _places(ax, columns, titles, legend=matrices is not None)
    symbols = node_labels is None and states is None
    if _widest(texts, columns) > (1.95 if symbols else 2.4) * radius:
        if not symbols:
            raise ValueError("the texts do not fit into the nodes: make the figure larger (figsize)")
        texts = [[""] * n for n in counts]
    links = _links(places, radius, matrices, vectors)
    _draw_links(ax, links, weighted=matrices is not None)
    few = max((len(layer) for layer in links), default=0) <= 16
    if show_values or (show_values is None and matrices is not None and few):
        _draw_values(ax, links, places, radius, form, required=show_values is True)
    _draw_nodes(ax, places, radius, texts)
    return ax


def _places(
    ax: Axes, columns: list[list[int | None]], captions: list[str], *, legend: bool
) -> tuple[list[Layer], float]:
    """Centre of every node (and of the dots, under None) and the radius; writes the captions."""
    width, height = style.canvas(ax)
    size = style.font_size()
    n = len(columns)
    legend_height = 0.3 if legend and width > 3.1 else 0.0

    ends = [max(0.3, style.text_size(c, size)[0] / 2 + 0.05) for c in (captions[0], captions[-1])]
    pitch = min((width - sum(ends)) / max(n - 1, 1), 2.1)
    left = (width - pitch * (n - 1) - sum(ends)) / 2 + ends[0]
    for shorter in (captions, [c.replace(" ", "\n") for c in captions], [c.split(" ")[-1] for c in captions]):
        widths = [style.text_size(c, size)[0] for c in shorter]
        captions = shorter
        if all((a + b) / 2 + 0.08 <= 0.92 * pitch for a, b in pairwise(widths)):
            break
    caption_height = max(style.text_size(c, size)[1] for c in captions) + 0.08

    rows = max(len(units) for units in columns)
    room = height - caption_height - legend_height
    step = min(room / rows, 0.85)
    radius = min(0.45 * step, 0.27 * pitch, 0.27)
    middle = legend_height + room / 2
    top = middle + (rows - 1) / 2 * step + radius
    places: list[Layer] = []
    for k, units in enumerate(columns):
        x = left + k * pitch
        highest = middle + (len(units) - 1) / 2 * step
        places.append({unit: (x, highest - i * step) for i, unit in enumerate(units)})
        ax.text(x, top + 0.08, captions[k], ha="center", va="bottom", size=size, color=style.ink())
    if legend_height:
        _draw_legend(ax, width / 2, middle - (rows - 1) / 2 * step - radius - 0.2, size)
    return places, radius


def _widest(texts: list[list[str]], columns: list[list[int | None]]) -> float:
    """Width of the widest text that is shown, in inches at the smallest size."""
    shown = [texts[k][i] for k, units in enumerate(columns) for i in units if i is not None and i != BIAS]
    return max(style.text_size(text, style.SMALLEST)[0] for text in shown)


def _draw_legend(ax: Axes, x: float, y: float, size: float) -> None:
    for sign, text, at in ((1.0, "positive weight", x - 1.45), (-1.0, "negative weight", x + 0.15)):
        colour, dashes = _look(ax, sign)
        ax.add_line(Line2D([at, at + 0.32], [y, y], color=colour, linestyle=dashes, linewidth=1.8))
        ax.text(at + 0.38, y, text, ha="left", va="center", size=min(size, 9.5), color=style.ink())


def _look(ax: Axes, weight: float | None) -> tuple[style.RGB, Any]:
    if weight is None:
        return style.mix(style.paper(ax), style.ink(), 0.45), "-"
    return (style.cycle(0), "-") if weight >= 0 else (style.cycle(1), (0, (4, 1.6)))


def _links(
    places: list[Layer],
    radius: float,
    weights: list[Floats] | None,
    biases: list[Floats] | None,
) -> list[list[Link]]:
    """Connections by pair of layers, each from circle to circle."""
    result = []
    for k, (here, there) in enumerate(pairwise(places)):
        links = []
        for i, (x0, y0) in here.items():
            for j, (x1, y1) in there.items():
                if i is None or j is None or j == BIAS:
                    continue
                length = float(np.hypot(x1 - x0, y1 - y0))
                dx, dy = radius * (x1 - x0) / length, radius * (y1 - y0) / length
                weight = None
                if i == BIAS:
                    weight = None if biases is None else float(biases[k][j])
                elif weights is not None:
                    weight = float(weights[k][i, j])
                links.append(Link((x0 + dx, y0 + dy), (x1 - dx, y1 - dy), weight))
        result.append(links)
    return result


def _draw_links(ax: Axes, links: list[list[Link]], *, weighted: bool) -> None:
    """One collection of lines for each pair of layers."""
    largest = max((abs(link.weight or 0.0) for layer in links for link in layer), default=0.0) or 1.0
    for layer in links:
        looks = [_look(ax, link.weight) for link in layer]
        lines = LineCollection(
            [[link.start, link.end] for link in layer],
            colors=[colour for colour, _ in looks],
            linestyles=[dashes for _, dashes in looks] if weighted else "-",
            linewidths=[0.8 if k.weight is None else 0.5 + 2.3 * abs(k.weight) / largest for k in layer],
            zorder=1,
        )
        ax.add_collection(lines, autolim=False)


def _draw_values(
    ax: Axes,
    links: list[list[Link]],
    places: list[Layer],
    radius: float,
    form: str,
    *,
    required: bool,
) -> None:
    """Weights as numbers on their lines, if all of them fit."""
    size = style.SMALLEST
    circles = [place for layer in places for unit, place in layer.items() if unit is not None]
    found = []
    for layer in links:
        texts = ["" if link.weight is None else style.number(link.weight, form) for link in layer]
        boxes = [style.text_size(text, size) for text in texts]
        spots = place_labels([(link.start, link.end) for link in layer], boxes, circles, radius)
        if spots is None:
            if required:
                raise ValueError("the weights do not fit on their lines as numbers: leave show_values out")
            return
        found += list(zip(texts, spots, strict=True))
    for text, (x, y) in found:
        if text:
            behind = {"boxstyle": "square,pad=0.08", "facecolor": style.paper(ax), "edgecolor": "none"}
            ax.text(x, y, text, ha="center", va="center", size=size, color=style.ink(), bbox=behind, zorder=3)


def _draw_nodes(ax: Axes, places: list[Layer], radius: float, texts: list[list[str]]) -> None:
    paper, ink = style.paper(ax), style.ink()
    last = len(places) - 1
    for k, layer in enumerate(places):
        colour = style.cycle(2 if k == 0 else 1 if k == last else 0)
        for unit, (x, y) in layer.items():
            if unit is None:
                spots = [y - 0.35 * radius, y, y + 0.35 * radius]
                ax.plot([x] * 3, spots, linestyle="none", marker="o", markersize=2, color=ink)
                continue
            edge, fill = colour, style.mix(paper, colour, 0.14)
            if unit == BIAS:
                edge, fill = style.mix(paper, ink, 0.6), paper
            ax.add_patch(Circle((x, y), radius, facecolor=fill, edgecolor=edge, linewidth=1.4, zorder=4))
            text = "$1$" if unit == BIAS else texts[k][unit]
            size = next((s for s in (11.0, 10.0) if style.text_size(text, s)[0] < 1.7 * radius), style.SMALLEST)
            ax.text(x, y, text, ha="center", va="center_baseline", size=size, color=ink, zorder=5)
