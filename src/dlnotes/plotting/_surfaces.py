"""Paths of gradient descent, over a line and over a plane."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from numpy.typing import ArrayLike, NDArray

from dlnotes.plotting import _style as style
from dlnotes.plotting._functions import evaluate, frame, grid_points

type Floats = NDArray[np.float64]
type Limits = tuple[float, float]

CUT = 0.5  # how far outside of the limits a path is followed, in widths of the figure


def descent_path(
    f: Callable[[Floats, Floats], ArrayLike],
    path: ArrayLike | Mapping[str, ArrayLike],
    *,
    levels: int | Sequence[float] = 10,
    xlim: Limits | None = None,
    ylim: Limits | None = None,
    xlabel: str = "$w_1$",
    ylabel: str = "$w_2$",
    legend: bool = True,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw one path or several over the contours of a function of two variables.

    Parameters
    ----------
    f
        The function; takes two arrays of one shape and returns a third.
    path
        Points $(T, 2)$, the start first, or a dict from name to points.
    levels
        Values of the contours, or how many; a number is spread as squares, which suits a bowl.
    xlim, ylim
        Limits; by default all points with a margin. A path that leaves them is cut there.
    xlabel, ylabel
        Labels of the axes.
    legend
        Whether the marks of start and end, and the names of the paths, are explained.
    ax
        Where to draw; by default pyplot's current axes.

    Returns
    -------
    Axes
        The axes.

    Raises
    ------
    ValueError
        If a path is not $(T, 2)$ or its start is not finite, if `f` returns another shape, or if a path
        diverges and no limits are given.

    Notes
    -----
    A path is drawn until it first lies half a width outside of the limits or is not finite. Paths differ in
    colour and marker.
    """
    named = path if isinstance(path, Mapping) else {"path": path}
    paths = {name: _path(points, name) for name, points in named.items()}
    if not paths:
        raise ValueError("path expects at least one path, got none")
    limits = [_limits(given, np.concatenate([p[:, k] for p in paths.values()])) for k, given in enumerate((xlim, ylim))]
    x, y = np.meshgrid(*(np.linspace(low, high, 81) for low, high in limits))
    z = np.asarray(f(x.copy(), y.copy()), dtype=np.float64)
    if z.shape != x.shape or not np.isfinite(z).any():
        raise ValueError(f"f expects to return finite values of shape {x.shape}, got shape {z.shape}")
    ax = style.current_axes(ax)
    _contours(ax, x, y, z, levels)
    handles, ended = [], []
    for k, (name, points) in enumerate(paths.items()):
        colour, marker = style.cycle(k + 1), style.MARKERS[k % len(style.MARKERS)]
        ax.add_line(_path_line(_cut(points, limits), colour, marker))
        ended.append(_ends(ax, points, limits, colour))
        handles.append(_path_line(np.zeros((1, 2)), colour, marker, label=name))
    ax.set(xlim=limits[0], ylim=limits[1], xlabel=xlabel, ylabel=ylabel)
    if legend:
        _legend(ax, handles if isinstance(path, Mapping) else [], end=any(ended))
    return ax


def descent_1d(
    f: Callable[[Floats], ArrayLike],
    path: ArrayLike,
    interval: ArrayLike,
    *,
    xlabel: str = "$w$",
    ylabel: str = "$E(w)$",
    legend: bool = True,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw a function of one variable and the points of a descent on it, with an arrow for each step.

    Parameters
    ----------
    f
        The function; takes an array $(M,)$ and returns one.
    path
        Points $(T,)$, the start first.
    interval
        `(low, high)`, or the points $(M,)$ at which the curve is drawn, ascending.
    xlabel, ylabel
        Labels of the axes.
    legend
        Whether the marks of start and end, and the names of the paths, are explained.
    ax
        Where to draw; by default pyplot's current axes.

    Returns
    -------
    Axes
        The axes.

    Raises
    ------
    TypeError
        If `f` is not callable.
    ValueError
        If the path is not $(T,)$, its start is not finite, or the interval is not ascending.

    Notes
    -----
    The path is cut where it leaves the interval, with an arrow that points outside. Steps that would be
    shorter than their arrow get none.
    """
    x = grid_points(interval)
    y = evaluate(f, x, "f")
    w = np.asarray(path, dtype=np.float64)
    if w.ndim != 1 or len(w) == 0 or not np.isfinite(w[0]):
        raise ValueError(f"path expects points (T,) with a finite start, got shape {w.shape}")
    ax = style.current_axes(ax)
    frame(ax)
    ax.plot(x, y, color=style.cycle(0), linewidth=2)
    ax.margins(x=0.02, y=0.08)
    ax.autoscale_view()
    limits = [ax.get_xlim(), ax.get_ylim()]
    known = w[: _finite_length(w[:, None])]
    leaves = _outside(known[:, None], limits[:1])
    known = known[: int(leaves.argmax()) + 1 if leaves.any() else len(known)]  # one outside, for its arrow
    with np.errstate(over="ignore", invalid="ignore"):
        points = np.column_stack([known, evaluate(f, known, "f")])
    points = _cut(points, limits)
    colour = style.cycle(1)
    scale = np.array(style.inches(ax)) / [high - low for low, high in limits]
    for start, end in pairwise(points):
        if np.hypot(*((end - start) * scale)) > 0.16:
            ax.add_patch(_step(start, end, colour))
    inside = points[~_outside(points, limits)]
    ax.add_line(Line2D(*inside.T, linestyle="none", marker="o", markersize=4.5, color=colour, zorder=4))
    ended = _ends(ax, points if len(points) == len(w) else np.vstack([points, [np.nan] * 2]), limits, colour)
    ax.set(xlim=limits[0], ylim=limits[1], xlabel=xlabel, ylabel=ylabel)
    if legend:
        _legend(ax, [], end=ended)
    return ax


def _path(path: ArrayLike, name: str) -> Floats:
    points = np.asarray(path, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(f"{name} expects points (T, 2), got {points.shape}")
    if not np.isfinite(points[0]).all():
        raise ValueError(f"{name} expects a finite start, got {points[0]}")
    return points


def _limits(given: Limits | None, values: Floats) -> Limits:
    if given is not None:
        low, high = (float(v) for v in given)
        if not (np.isfinite([low, high]).all() and low < high):
            raise ValueError(f"limits expect (low, high), got {given}")
        return low, high
    if not np.isfinite(values).all():
        raise ValueError("a path diverges: give xlim and ylim")
    low, high = float(values.min()), float(values.max())
    margin = 0.12 * (high - low) or 1.0
    return low - margin, high + margin


def _finite_length(points: Floats) -> int:
    """How many points there are before the first that is not finite."""
    bad = ~np.isfinite(points).all(axis=1)
    return int(bad.argmax()) if bad.any() else len(points)


def _outside(points: Floats, limits: Sequence[Limits], widths: float = 0.0) -> NDArray[np.bool_]:
    """Which points lie more than `widths` times the width of the limits outside of them."""
    low, high = np.array(limits).T
    margin = widths * (high - low)
    result: NDArray[np.bool_] = ((points < low - margin) | (points > high + margin)).any(axis=1)
    return result


def _cut(points: Floats, limits: Sequence[Limits]) -> Floats:
    """The path up to the first point far outside; a last step of more than ten widths is shortened to ten."""
    points = points[: _finite_length(points)]
    far = _outside(points, limits, widths=CUT)
    if not far.any():
        return points
    end = int(far.argmax())
    if end == 0:
        return points[:1]
    widths = np.array([high - low for low, high in limits])
    with np.errstate(over="ignore"):
        step = points[end] / widths - points[end - 1] / widths
    length = float(np.abs(step).max())
    if not np.isfinite(length):
        step, length = np.sign(step) * ~np.isfinite(step), 1.0
    elif length <= 10:
        return points[: end + 1]
    return np.vstack([points[:end], points[end - 1] + step / length * 10 * widths])


def _contours(ax: Axes, x: Floats, y: Floats, z: Floats, levels: int | Sequence[float]) -> None:
    paper, colour = style.paper(ax), style.cycle(0)
    finite = z[np.isfinite(z)]
    low, high = float(finite.min()), float(finite.max())
    if isinstance(levels, int):
        if levels < 1:
            raise ValueError(f"levels expects a positive number or values, got {levels}")
        levels = list(low + (high - low) * np.linspace(0, 1, levels + 1)[1:] ** 2)
    inner = sorted(float(level) for level in levels if low < level < high)
    if not inner:
        return
    edges = [low, *inner, high]
    shares = np.linspace(0.03, 0.34, len(edges) - 1)
    masked = np.ma.masked_invalid(z)
    ax.contourf(x, y, masked, edges, colors=[style.mix(paper, colour, share) for share in shares])
    ax.contour(x, y, masked, inner, colors=[style.mix(paper, colour, 0.6)], linewidths=0.7)


def _path_line(points: Floats, colour: style.RGB, marker: str, label: str = "") -> Line2D:
    return Line2D(*points.T, color=colour, marker=marker, markersize=4, linewidth=1.4, label=label, zorder=3)


def _step(start: Floats, end: Floats, colour: style.RGB) -> FancyArrowPatch:
    arrow = FancyArrowPatch(
        (float(start[0]), float(start[1])),
        (float(end[0]), float(end[1])),
        arrowstyle="-|>,head_length=0.4,head_width=0.2",
        mutation_scale=11,
        shrinkA=3,
        shrinkB=3,
        color=colour,
        linewidth=1.1,
        zorder=3,
    )
    arrow.set_in_layout(False)
    return arrow


def _mark(kind: str, colour: style.RGB, fill: style.RGB, at: Floats, label: str = "") -> Line2D:
    look = {"start": ("o", 9.0, fill), "end": ("*", 12.0, colour)}[kind]
    marker, size, face = look
    return Line2D(
        [at[0]],
        [at[1]],
        linestyle="none",
        marker=marker,
        markersize=size,
        markerfacecolor=face,
        markeredgecolor=colour,
        markeredgewidth=1.6 if kind == "start" else 0.8,
        label=label,
        zorder=5,
    )


def _ends(ax: Axes, points: Floats, limits: Sequence[Limits], colour: style.RGB) -> bool:
    """Mark the start and, if the path ends within the limits, the end; return whether it does."""
    ax.add_line(_mark("start", colour, style.paper(ax), points[0]))
    ended = len(_cut(points, limits)) == len(points) > 1 and not _outside(points[-1:], limits)[0]
    if ended:
        ax.add_line(_mark("end", colour, style.paper(ax), points[-1]))
    return ended


def _legend(ax: Axes, handles: list[Line2D], *, end: bool) -> None:
    ink, zero = style.ink(), np.zeros(2)
    marks = [_mark(kind, ink, style.paper(ax), zero, label=kind) for kind in ("start", "end")[: 1 + end]]
    ax.legend(
        handles=[*handles, *marks],
        fontsize=style.SMALLEST,
        labelcolor=[ink],
        facecolor=style.paper(ax),
        edgecolor=style.mix(style.paper(ax), ink, 0.3),
        framealpha=0.92,
    )
