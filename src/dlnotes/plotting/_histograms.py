"""Histograms of activations and weights, one small graph a layer."""

import re
from collections.abc import Mapping, Sequence
from math import floor, log10

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import ArrayLike, NDArray

from dlnotes.plotting import _style as style
from dlnotes.plotting._functions import frame

type Floats = NDArray[np.float64]
type Limits = tuple[float, float]

COLUMNS = 3
MOST = 12


def activation_histograms(
    activations: Sequence[ArrayLike] | Mapping[str, ArrayLike],
    *,
    labels: Sequence[str] | None = None,
    bins: int = 40,
    limits: Limits | None = None,
    shared: bool = True,
    figure: Figure | SubFigure | None = None,
) -> list[Axes]:
    r"""Draw a histogram of what each layer puts out, with its mean and its standard deviation.

    $$\mu = \frac{1}{n} \sum_i z_i, \qquad \mathrm{SD} = \sqrt{\frac{1}{n} \sum_i (z_i - \mu)^2}$$

    Parameters
    ----------
    activations
        Array of any shape for each layer, or a dict from label to array; at most 12.
    labels
        Names of the layers; by default `layer 1`, `layer 2`, ...
    bins
        Bars of each histogram.
    limits
        `(low, high)` of the horizontal axes; by default around all values.
    shared
        Whether all graphs have the same horizontal axis.
    figure
        Empty figure or subfigure; by default a new figure as high as the graphs need.

    Returns
    -------
    list[Axes]
        The axes, one a layer, at most three in a row.

    Raises
    ------
    TypeError
        If a layer holds no real numbers, or `bins` is not an integer.
    ValueError
        If there is no layer or there are too many, if a layer is empty or not finite, if labels or limits do
        not match, or if the figure is not empty.

    Notes
    -----
    Bars are shares of all values of the layer, those beyond the limits included; each graph has its own
    vertical axis. Mean and SD are over all values together: units that differ from one another but not from
    sample to sample have a large SD, too.

    Examples
    --------
    >>> len(activation_histograms([[0.1, 0.5], [0.2, 0.3]]))
    2
    """
    if isinstance(activations, Mapping):
        if labels is not None:
            raise ValueError("labels expects None where activations is a dict, whose keys are the labels")
        named = dict(activations)
    else:
        names = [f"layer {k}" for k in range(1, len(activations) + 1)] if labels is None else list(labels)
        if len(names) != len(activations) or len(set(names)) != len(names):
            raise ValueError(f"labels expects {len(activations)} different names, got {names}")
        named = dict(zip(names, activations, strict=True))
    return _histograms(named, "activations", bins, limits, shared, figure)


def weight_histograms(
    params: Mapping[str, ArrayLike],
    *,
    bins: int = 40,
    limits: Limits | None = None,
    shared: bool = True,
    figure: Figure | SubFigure | None = None,
) -> list[Axes]:
    r"""Draw a histogram of the weights of each layer, with their mean and their standard deviation.

    $$\mu = \frac{1}{n} \sum_i w_i, \qquad \mathrm{SD} = \sqrt{\frac{1}{n} \sum_i (w_i - \mu)^2}$$

    Parameters
    ----------
    params
        The parameters of a model by name, as `model.params`: those that are called `W`, or end in `.W`, are
        drawn; at most 12.
    bins, limits, shared, figure
        As for `activation_histograms`.

    Returns
    -------
    list[Axes]
        The axes, one a layer, at most three in a row.

    Raises
    ------
    TypeError
        If a weight is not a real number, or `bins` is not an integer.
    ValueError
        If there are no weights or too many, if they are not finite, if the limits do not ascend, or if the
        figure is not empty.

    Notes
    -----
    As for `activation_histograms`.

    Examples
    --------
    >>> len(weight_histograms({"0.W": [[0.1, -0.2]], "0.b": [0.0]}))
    1
    """
    weights = {name: values for name, values in params.items() if name.split(".")[-1] == "W"}
    if not weights:
        raise ValueError(f"params expects weights named W or *.W, got {sorted(params)}")
    return _histograms(weights, "params", bins, limits, shared, figure)


def _histograms(
    named: Mapping[str, ArrayLike],
    what: str,
    bins: int,
    limits: Limits | None,
    shared: bool,
    figure: Figure | SubFigure | None,
) -> list[Axes]:
    if not 0 < len(named) <= MOST:
        raise ValueError(f"{what} expects 1 to {MOST} layers, got {len(named)}")
    if isinstance(bins, bool) or not isinstance(bins, int | np.integer):
        raise TypeError(f"bins expects an integer, got {type(bins).__name__}")
    if bins < 1:
        raise ValueError(f"bins expects at least 1, got {bins}")
    values = {label: _values(array, label) for label, array in named.items()}
    if limits is not None and not (np.isfinite(limits).all() and limits[0] < limits[1]):
        raise ValueError(f"limits expect (low, high), got {limits}")
    if shared and limits is None:
        limits = _range(np.array([[v.min(), v.max()] for v in values.values()]))
    columns = min(COLUMNS, len(values))
    rows = -(-len(values) // columns)
    figure = _empty(figure, rows)
    result = []
    titles = _titles(values, figure.bbox.width / figure.dpi / columns - 0.5)
    for k, (title, array) in enumerate(zip(titles, values.values(), strict=True)):
        ax = figure.add_subplot(rows, columns, k + 1)
        _histogram(ax, array, int(bins), limits or _range(array))
        ax.set_title(title, loc="left", size=style.SMALLEST, color=style.ink(), pad=4)
        if k % columns == 0:
            ax.set_ylabel("share", size=style.SMALLEST)
        result.append(ax)
    return result


def _values(array: ArrayLike, label: str) -> Floats:
    values = np.asarray(array)
    if values.dtype.kind not in "fiu":
        raise TypeError(f"{label} expects real numbers, got dtype {values.dtype}")
    if values.size == 0:
        raise ValueError(f"{label} expects at least one value, got shape {values.shape}")
    values = values.astype(np.float64).ravel()
    bad = values.size - int(np.isfinite(values).sum())
    if bad:
        raise ValueError(f"{label} expects finite values, got {bad} of {values.size} that are NaN or infinite")
    return values


def _range(values: Floats) -> Limits:
    low, high = float(values.min()), float(values.max())
    if high - low > 1e-9 * max(abs(low), abs(high)):
        margin = 0.03 * (high - low)
        return low - margin, high + margin
    half = 0.5 * abs(low) or 0.5
    return low - half, high + half


def _empty(figure: Figure | SubFigure | None, rows: int) -> Figure | SubFigure:
    if figure is None:
        return plt.figure(figsize=(mpl.rcParams["figure.figsize"][0], 0.3 + 1.65 * rows), layout="constrained")
    if not isinstance(figure, Figure | SubFigure):
        raise TypeError(f"figure expects a matplotlib Figure or SubFigure, got {type(figure).__name__}")
    if figure.axes:
        raise ValueError(f"figure expects an empty figure, got one with {len(figure.axes)} axes")
    return figure


def _histogram(ax: Axes, values: Floats, bins: int, limits: Limits) -> None:
    counts, edges = np.histogram(values, bins=bins, range=limits)
    colour, paper = style.cycle(0), style.paper(ax)
    frame(ax)
    ax.stairs(counts / values.size, edges, fill=True, facecolor=style.mix(paper, colour, 0.75), edgecolor=colour)
    ax.set_xlim(limits)
    ax.set_ylim(0, 1.08 * max(float(counts.max()) / values.size, 1e-3))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: _short(value, ".3g")))
    ax.tick_params(labelsize=style.SMALLEST)


def _titles(values: Mapping[str, Floats], room: float) -> list[str]:
    """Label, mean and SD of each layer, in as few lines as the room of a graph allows, all alike."""
    parts = []
    for array in values.values():
        mean, deviation = float(array.mean()), float(array.std())
        if deviation > 0:
            mean = round(mean, 1 - floor(log10(deviation))) + 0.0  # digits far below the SD are chance
        parts.append((f"mean {_short(mean, '.2g')}", f"SD {_short(deviation, '.2g')}"))
    fits = all(style.text_size(", ".join(both), style.SMALLEST)[0] <= room for both in parts)
    between = ", " if fits else "\n"
    return [f"{label}\n{between.join(both)}" for label, both in zip(values, parts, strict=True)]


def _short(value: float, form: str) -> str:
    """A number without the zeros and the plus of its exponent: 2e-7, not 2e-07."""
    return re.sub(r"e(\N{MINUS SIGN}?)\+?0*", r"e\1", style.number(value, form))
