"""Decision regions of a classifier in the plane."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from dlnotes.plotting import _style as style

type Floats = NDArray[np.float64]
type Limits = tuple[float, float]


def decision_regions(
    predict: Callable[[Floats], ArrayLike],
    x: ArrayLike,
    d: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    resolution: int = 240,
    xlim: Limits | None = None,
    ylim: Limits | None = None,
    legend: bool = True,
    ax: Axes | None = None,
) -> Axes:
    r"""Fill the plane by predicted class and draw the samples over it.

    Parameters
    ----------
    predict
        Takes points $(M, 2)$ and returns the label of each, $(M,)$.
    x
        Samples, $(N, 2)$.
    d
        Their labels, $(N,)$: numbers or strings.
    names
        Names of the classes in ascending order of the labels; by default `class 0`, `class 1`, ...
    resolution
        Points along each side of the grid that `predict` is asked for.
    xlim, ylim
        Limits; by default all samples with a margin.
    legend
        Whether the names of the classes are shown.
    ax
        Where to draw; by default pyplot's current axes.

    Returns
    -------
    Axes
        The axes.

    Raises
    ------
    TypeError
        If `predict` is not callable.
    ValueError
        If `x`, `d` or the prediction has a wrong shape, if a sample is not finite, or if the names do not
        match the classes.

    Notes
    -----
    Classes differ in colour and in marker; the border is where the class changes on the grid, exact to one
    grid step.

    Examples
    --------
    >>> len(decision_regions(lambda p: p[:, 0] > 0, [[-1, 0], [1, 0]], [False, True]).lines)
    2
    """
    samples, labels = _samples(x, d)
    if not callable(predict):
        raise TypeError(f"predict expects a function, got {type(predict).__name__}")
    if resolution < 2:
        raise ValueError(f"resolution expects at least 2, got {resolution}")
    limits = [_limits(given, samples[:, k]) for k, given in enumerate((xlim, ylim))]
    across, up = np.meshgrid(*(np.linspace(low, high, resolution) for low, high in limits))
    grid = np.column_stack([across.ravel(), up.ravel()])
    predicted = np.asarray(predict(grid))
    if predicted.shape != (len(grid),):
        raise ValueError(f"predict expects to return ({len(grid)},) for {grid.shape}, got {predicted.shape}")
    classes = np.unique(np.concatenate([labels, predicted]))
    if names is not None and len(names) != len(classes):
        raise ValueError(f"names expects {len(classes)} names, one a class of {classes.tolist()}, got {names!r}")

    ax = style.current_axes(ax)
    paper, ink = style.paper(ax), style.ink()
    for k, label in enumerate(classes):
        here = _smooth((predicted == label).reshape(across.shape))
        if here.max() > 0.5:
            ax.contourf(across, up, here, [0.5, 2.0], colors=[style.mix(paper, style.cycle(k), 0.2)])
        if here.min() < 0.5 < here.max() and k < len(classes) - 1:
            ax.contour(across, up, here, [0.5], colors=[style.mix(paper, ink, 0.6)], linewidths=1.0)
    for k, label in enumerate(classes):
        own = samples[labels == label]
        if len(own):
            ax.plot(
                *own.T,
                linestyle="none",
                marker=style.MARKERS[k % len(style.MARKERS)],
                markersize=7 if len(samples) <= 40 else 5.5,
                color=style.cycle(k),
                markeredgecolor=paper,
                markeredgewidth=0.8,
                label=f"class {label}" if names is None else names[k],
                zorder=3,
            )
    ax.set(xlim=limits[0], ylim=limits[1], xlabel="$x_1$", ylabel="$x_2$")
    if legend:
        edge = style.mix(paper, ink, 0.3)
        ax.legend(
            fontsize=style.SMALLEST,
            labelcolor=[ink],
            facecolor=paper,
            edgecolor=edge,
            framealpha=0.92,
            handletextpad=0.3,
        )
    return ax


def _smooth(mask: NDArray[np.bool_]) -> Floats:
    """The mask averaged over neighbours with weights 1, 2, 3, 2, 1, so that its border has no stairs."""
    result = mask.astype(np.float64)
    for axis in (0, 1):
        padded = np.pad(result, [(2, 2) if k == axis else (0, 0) for k in (0, 1)], mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, 5, axis=axis)
        result = windows @ (np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9)
    return np.clip(result, 0.0, 1.0)


def _samples(x: ArrayLike, d: ArrayLike) -> tuple[Floats, NDArray[np.generic]]:
    samples, labels = np.asarray(x, dtype=np.float64), np.asarray(d)
    if samples.ndim != 2 or samples.shape[1] != 2 or len(samples) == 0:
        raise ValueError(f"x expects (N, 2), got {samples.shape}")
    if labels.shape != (len(samples),):
        raise ValueError(f"d expects ({len(samples)},), got {labels.shape}")
    if not np.isfinite(samples).all():
        raise ValueError("x expects finite numbers, got NaN or infinity")
    return samples, labels


def _limits(given: Limits | None, values: Floats) -> Limits:
    if given is None:
        margin = 0.2 * float(np.ptp(values)) or 1.0
        return float(values.min()) - margin, float(values.max()) + margin
    low, high = (float(v) for v in given)
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"limits expect (low, high), got {given}")
    return low, high
