"""Learning curves, with their spread over seeds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from dlnotes.plotting import _style as style
from dlnotes.plotting._functions import frame, name_curves

type Floats = NDArray[np.float64]
type Limits = tuple[float, float]


@dataclass(frozen=True)
class _Curve:
    """Places (E,), means (E,) and standard deviations (E,) of one curve."""

    x: Floats
    mean: Floats
    deviation: Floats


def learning_curves(
    curves: Mapping[str, ArrayLike],
    *,
    x: ArrayLike | None = None,
    xlabel: str = "epoch",
    ylabel: str = "loss $E$",
    ylim: Limits | None = None,
    log: bool = False,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw quantities against the epoch, each named at its right end, with a band of one SD over seeds.

    $$\mu_e = \frac{1}{S} \sum_s a_{se}, \qquad
    \mathrm{SD}_e = \sqrt{\frac{1}{S - 1} \sum_s (a_{se} - \mu_e)^2}$$

    Parameters
    ----------
    curves
        Name and values of each curve: one run $(E,)$, or the runs of several seeds $(S, E)$, of which the
        mean is drawn as a line and mean plus or minus one SD as a band.
    x
        Where the values stand, $(E,)$, ascending; by default epochs $1, \dots, E$.
    xlabel, ylabel
        Labels of the axes.
    ylim
        Vertical limits; by default what lines and bands need.
    log
        Whether the vertical axis is logarithmic.
    ax
        Where to draw; by default pyplot's current axes.

    Returns
    -------
    Axes
        The axes.

    Raises
    ------
    TypeError
        If a curve holds no real numbers.
    ValueError
        If there is no curve, if a curve has another shape, no finite value or, with `log`, one that is not
        positive, if `x` does not match or ascend, or if the limits do not ascend.

    Notes
    -----
    A curve ends, with a cross, before one of its seeds is NaN or infinite. Curves differ in colour and in dashes,
    and may have different lengths.

    Examples
    --------
    >>> ax = learning_curves({"SGD": [1.0, 0.5, 0.25]}, log=True)
    >>> ax.get_ylabel(), ax.get_yscale()
    ('loss $E$', 'log')
    """
    if not curves:
        raise ValueError("curves expects at least one curve, got none")
    found = {name: _curve(values, x, name, log=log) for name, values in curves.items()}
    limits = _limits(ylim, list(found.values()), log=log)
    ax = style.current_axes(ax)
    frame(ax)
    if log:
        ax.set_yscale("log")
    for k, curve in enumerate(found.values()):
        colour = style.cycle(k)
        dashes = style.DASHES[(k + k // len(style.DASHES)) % len(style.DASHES)]
        if curve.deviation.any():
            low, high = curve.mean - curve.deviation, curve.mean + curve.deviation
            floor = limits[0] if log else -np.inf
            ax.fill_between(curve.x, np.maximum(low, floor), high, color=colour, alpha=0.2, linewidth=0)
        ax.plot(curve.x, curve.mean, color=colour, linestyle=dashes, linewidth=2)
        last = int(np.isfinite(curve.mean).sum()) - 1
        if last < len(curve.x) - 1:
            ax.plot(curve.x[last], curve.mean[last], color=colour, marker="X", markersize=8, linestyle="none")
    ax.set(xlabel=xlabel, ylabel=ylabel, ylim=limits)
    longest = max((curve.x for curve in found.values()), key=lambda points: float(points[-1]))
    if x is None:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    name_curves(ax, longest, {name: curve.mean for name, curve in found.items()}, *limits, log=log)
    return ax


def _curve(values: ArrayLike, x: ArrayLike | None, name: str, *, log: bool) -> _Curve:
    runs = np.asarray(values)
    if runs.dtype.kind not in "fiu":
        raise TypeError(f"{name} expects real numbers, got dtype {runs.dtype}")
    runs = np.atleast_2d(runs.astype(np.float64)) if runs.ndim else runs
    if runs.ndim != 2 or runs.size == 0:
        raise ValueError(f"{name} expects (E,), or (S, E) over seeds, got {np.shape(values)}")
    points = np.arange(1.0, runs.shape[1] + 1) if x is None else np.asarray(x, dtype=np.float64)
    if points.shape != runs.shape[1:] or not np.isfinite(points).all() or not (np.diff(points) > 0).all():
        raise ValueError(f"x expects {runs.shape[1:]} ascending numbers for {name}, got shape {points.shape}")
    finite = np.isfinite(runs).all(axis=0)
    if not finite[0]:
        raise ValueError(f"{name} expects a finite first value, got {runs[:, 0]}")
    runs[:, int((~finite).argmax()) if not finite.all() else len(finite) :] = np.nan
    if log and (runs <= 0).any():
        raise ValueError(f"log expects positive values, got {runs[runs <= 0][0]} in {name}")
    deviation = runs.std(axis=0, ddof=1) if len(runs) > 1 else np.zeros(runs.shape[1])
    return _Curve(points, runs.mean(axis=0), deviation)


def _limits(given: Limits | None, curves: list[_Curve], *, log: bool) -> Limits:
    if given is not None:
        low, high = (float(v) for v in given)
        if not (np.isfinite([low, high]).all() and low < high and (low > 0 or not log)):
            raise ValueError(f"ylim expects (low, high){', both positive,' if log else ''}, got {given}")
        return low, high
    mean = np.concatenate([curve.mean for curve in curves])
    band = np.concatenate([curve.deviation for curve in curves])
    lowest, highest = np.nanmin(mean - band), np.nanmax(mean + band)
    if not log:
        margin = 0.06 * float(highest - lowest) or 0.5
        return float(lowest - margin), float(highest + margin)
    lowest = lowest if lowest > 0 else np.nanmin(mean) / 2  # a band that reaches 0 has no place on the axis
    ratio = max(float(highest / lowest) ** 0.06, 1.1)
    return float(lowest / ratio), float(highest * ratio)
