"""Graphs of functions of one variable."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from dlnotes.plotting import _style as style
from dlnotes.plotting._layout import spread

type Floats = NDArray[np.float64]
type Function = Callable[[Floats], ArrayLike]


def function_with_derivative(
    f: Function,
    df: Function,
    interval: ArrayLike,
    *,
    name: str = "$f(u)$",
    derivative_name: str = "derivative",
    xlabel: str = "$u$",
    ax: Axes | None = None,
) -> tuple[Axes, Axes]:
    r"""Draw a function and its derivative one above the other over the same axis.

    Parameters
    ----------
    f, df
        The function and its derivative; both take an array $(M,)$ and return one.
    interval
        `(low, high)`, or the points $(M,)$ themselves, ascending.
    name, derivative_name, xlabel
        Titles of the two graphs and label of the axis.
    ax
        Axes to be divided into two; by default pyplot's current axes.

    Returns
    -------
    tuple[Axes, Axes]
        The upper and the lower axes, in the place of `ax`.

    Raises
    ------
    TypeError
        If `f` or `df` is not callable.
    ValueError
        If the interval is not ascending, if a function returns another shape or nothing finite, or if `ax`
        was not made as a subplot.

    Notes
    -----
    The line is broken where the function jumps.

    Examples
    --------
    >>> len(function_with_derivative(np.sin, np.cos, (0, 3)))
    2
    """
    x = grid_points(interval)
    graphs = [(evaluate(f, x, "f"), name, 0), (evaluate(df, x, "df"), derivative_name, 1)]
    ax = style.current_axes(ax)
    spec = ax.get_subplotspec()
    if spec is None:
        raise ValueError("ax expects axes made as a subplot, got axes at a fixed position")
    figure = ax.figure
    grid = spec.subgridspec(2, 1, hspace=0.4 if figure.get_layout_engine() is None else 0.0)
    ax.remove()
    upper = figure.add_subplot(grid[0])
    lower = figure.add_subplot(grid[1], sharex=upper)
    upper.tick_params(labelbottom=False)
    for axes, (y, title, index) in zip((upper, lower), graphs, strict=True):
        frame(axes)
        axes.plot(x, _broken(y), color=style.cycle(index), linewidth=2)
        axes.set_title(title, loc="left", size=style.font_size(), color=style.ink(), pad=4)
        axes.margins(x=0, y=0.12)
    lower.set_xlabel(xlabel)
    return upper, lower


def functions(
    curves: Mapping[str, Function],
    interval: ArrayLike,
    *,
    xlabel: str = "$u$",
    ylabel: str = "",
    ylim: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw several functions into one graph, each with its name at the right end of its curve.

    Parameters
    ----------
    curves
        Name and function of each curve; a function takes an array $(M,)$ and returns one.
    interval
        `(low, high)`, or the points $(M,)$ themselves, ascending.
    xlabel, ylabel
        Labels of the axes.
    ylim
        Vertical limits; by default what the curves need.
    ax
        Where to draw; by default pyplot's current axes.

    Returns
    -------
    Axes
        The axes.

    Raises
    ------
    TypeError
        If a function is not callable.
    ValueError
        If there is no curve, or the interval is not ascending, or a function returns another shape or nothing
        finite.

    Notes
    -----
    Curves differ in colour and in dashes.

    Examples
    --------
    >>> len(functions({"tanh": np.tanh}, (-3, 3)).lines)
    1
    """
    if not curves:
        raise ValueError("curves expects at least one function, got none")
    x = grid_points(interval)
    ys = {name: evaluate(f, x, name) for name, f in curves.items()}
    ax = style.current_axes(ax)
    frame(ax)
    for k, y in enumerate(ys.values()):
        ax.plot(x, _broken(y), color=style.cycle(k), linestyle=style.DASHES[k % len(style.DASHES)], linewidth=2)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    low, high = _set_limits(ax, list(ys.values()), ylim)
    name_curves(ax, x, ys, low, high)
    return ax


def _set_limits(ax: Axes, ys: Sequence[Floats], ylim: tuple[float, float] | None) -> tuple[float, float]:
    if ylim is None:
        finite = np.concatenate([y[np.isfinite(y)] for y in ys])
        low, high = float(finite.min()), float(finite.max())
        margin = 0.06 * (high - low) or 1.0
        ylim = low - margin, high + margin
    ax.set_ylim(*ylim)
    return ylim


def name_curves(ax: Axes, x: Floats, ys: Mapping[str, Floats], low: float, high: float, *, log: bool = False) -> None:
    """Write each name to the right of its curve, in room made inside the axes, no two on one another."""
    if log:
        ys = {name: np.log10(y) for name, y in ys.items()}
        low, high = float(np.log10(low)), float(np.log10(high))
    size = style.font_size()
    width, height = style.inches(ax)
    width -= 0.5  # tick labels and the label of the axis
    height -= 0.5
    unit = (high - low) / height
    ends = {name: float(np.clip(y[np.isfinite(y)][-1], low, high)) for name, y in ys.items()}
    names = sorted(ends, key=ends.__getitem__)
    gap = 1.25 * style.text_size("x", size)[1]
    places = spread([(ends[name] - low) / unit for name in names], gap)
    steps = gap * np.arange(len(names))
    places = np.minimum(places, height - gap / 2 - steps[::-1])
    places = np.maximum(places, gap / 2 + steps)
    room = max(style.text_size(name, size)[0] for name in names) + 0.2
    start, stop = float(x[0]), float(x[-1])
    ax.set_xlim(start, stop + (stop - start) * room / (width - room))
    ax.spines["bottom"].set_bounds(start, stop)
    ax.set_xticks([tick for tick in ax.get_xticks() if start <= tick <= stop])
    order = list(ys)
    for name, place in zip(names, places, strict=True):
        colour = style.readable(style.cycle(order.index(name)), style.paper(ax))
        level = low + float(place) * unit
        ax.text(
            stop + 0.015 * (stop - start),
            10**level if log else level,
            name,
            ha="left",
            va="center",
            size=size,
            color=colour,
        )


def grid_points(interval: ArrayLike) -> Floats:
    x = np.asarray(interval, dtype=np.float64)
    if x.ndim != 1 or len(x) < 2 or not np.isfinite(x).all() or not (np.diff(x) > 0).all():
        raise ValueError(f"interval expects (low, high) or ascending points (M,), got {interval!r}")
    return np.linspace(x[0], x[1], 401) if len(x) == 2 else x


def evaluate(f: Function, x: Floats, name: str) -> Floats:
    if not callable(f):
        raise TypeError(f"{name} expects a function, got {type(f).__name__}")
    y = np.asarray(f(x.copy()), dtype=np.float64)
    if y.shape != x.shape:
        raise ValueError(f"{name} expects to return {x.shape}, got {y.shape}")
    if not np.isfinite(y).any():
        raise ValueError(f"{name} returns no finite value in the interval")
    return y


def _broken(y: Floats) -> Floats:
    """`y` with NaN where it jumps, so that no line joins the two sides."""
    finite = np.where(np.isfinite(y), y, np.nan)
    if len(y) < 50:
        return finite
    height = np.nanmax(finite) - np.nanmin(finite)
    steps = np.abs(np.diff(finite))
    beside = np.maximum(np.r_[0, steps[:-1]], np.r_[steps[1:], 0])
    jumps = (steps > 0.2 * height) & (beside < 0.05 * height)
    result = finite.copy()
    result[:-1][jumps] = np.nan
    return result


def frame(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, color=style.mix(style.paper(ax), style.ink(), 0.14), linewidth=0.7)
    ax.set_axisbelow(True)
