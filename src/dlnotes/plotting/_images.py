"""Samples, filters and feature maps as grids of images."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from dlnotes.plotting import _style as style
from dlnotes.plotting._scales import grey, signed
from dlnotes.plotting._tiles import Scale, draw_tiles

type Floats = NDArray[np.float64]


def samples(
    x: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    predictions: ArrayLike | None = None,
    columns: int | None = None,
    limits: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw samples in a grid, the larger a pixel, the more ink, each above its label and prediction.

    Parameters
    ----------
    x
        Images, $(N, H, W)$ or $(N, 1, H, W)$.
    labels
        Text or number below each image, $(N,)$.
    predictions
        What a model says of each image, $(N,)$. Where it differs from the label, both stand below the
        image, as in $3 \to 8$, and the image is framed.
    columns
        Images in a row; by default as many as fill the axes best.
    limits
        Numbers without ink and with full ink; by default the smallest (at most 0) and the largest of all.
    ax
        Where to draw; by default pyplot's current axes.

    Returns
    -------
    Axes
        The axes, without frame, in inches.

    Raises
    ------
    TypeError
        If `x` holds no real numbers, or `columns` is not an integer.
    ValueError
        If `x` has another shape, is empty or not finite, if there is not one label or prediction for each
        image, if the limits do not ascend, or if the images do not fit the axes.

    Notes
    -----
    All images share one scale, so that they can be compared.

    Examples
    --------
    >>> len(samples(np.zeros((3, 8, 8))).images)
    3
    """
    images = _images(x, "x", "(N, H, W) or (N, 1, H, W)")
    low, high = _limits(limits, min(0.0, float(images.min())), float(images.max()))
    captions, wrong = _captions(labels, predictions, len(images))
    ax = style.current_axes(ax)
    scale = Scale(low, high, grey(style.paper(ax)))
    draw_tiles(ax, images, scale, columns=_columns(columns), captions=captions, marked=wrong)
    return ax


def filters(
    W: ArrayLike,
    *,
    shape: tuple[int, int] | None = None,
    columns: int | None = None,
    limit: float | None = None,
    colorbar: bool = True,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw the weights of a convolution, or of the first linear layer, as images.

    Parameters
    ----------
    W
        Filters $(C_{out}, C_{in}, k_h, k_w)$, or weights $(D, M)$ with `shape`: each of the $M$ columns
        is one image.
    shape
        Height and width of the images that the columns of $(D, M)$ weigh, with product $D$.
    columns
        Images in a row; by default as many as fill the axes best. With several input channels each column is
        one output channel and each row one input channel.
    limit
        Absolute value that has the full colour; by default the largest. The same limit makes two figures
        comparable.
    colorbar
        Whether a bar explains the colours.
    ax
        Where to draw; by default pyplot's current axes.

    Returns
    -------
    Axes
        The axes, without frame, in inches.

    Raises
    ------
    TypeError
        If `W` holds no real numbers, or `columns` or `shape` no integers.
    ValueError
        If `W` has another shape, is empty or not finite, if `shape` is missing or does not match, if `limit`
        is not positive, or if the images do not fit the axes.

    Notes
    -----
    The scale is symmetric around 0. Colour tells the sign, and so does a dash on each negative weight (of more
    than a twentieth of the limit, where pixels are large enough to hold it).

    Examples
    --------
    >>> len(filters(np.ones((4, 1, 3, 3)), colorbar=False).images)
    4
    """
    weights = _numbers(W, "W")
    if weights.ndim == 2:
        weights = _rows(weights, shape)[:, None]
    elif weights.ndim != 4 or shape is not None:
        wanted = "(D, M) together with shape" if shape is not None else "(C_out, C_in, kh, kw), or (D, M) with shape"
        raise ValueError(f"W expects {wanted}, got {weights.shape}")
    channels = weights.shape[1]
    if channels > 1 and columns is not None:
        raise ValueError(f"columns expects one input channel: with {channels} each output channel is a column")
    heads = ("output channels", "input channels") if channels > 1 else None
    columns = len(weights) if channels > 1 else _columns(columns)
    tiles = weights.swapaxes(0, 1).reshape(-1, *weights.shape[2:])
    limit = _limit(limit, weights)
    ax = style.current_axes(ax)
    scale = Scale(-limit, limit, signed(style.paper(ax)))
    draw_tiles(ax, tiles, scale, columns=columns, bar=colorbar, heads=heads)
    return ax


def feature_maps(
    maps: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    columns: int | None = None,
    limit: float | None = None,
    colorbar: bool = True,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw what the channels of a layer make of one sample.

    Parameters
    ----------
    maps
        Feature maps of one sample, $(C, H, W)$.
    labels
        Text or number below each map, $(C,)$.
    columns
        Maps in a row; by default as many as fill the axes best.
    limit
        Absolute value that has the full colour; by default the largest.
    colorbar
        Whether a bar explains the colours.
    ax
        Where to draw; by default pyplot's current axes.

    Returns
    -------
    Axes
        The axes, without frame, in inches.

    Raises
    ------
    TypeError
        If `maps` holds no real numbers, or `columns` is not an integer.
    ValueError
        If `maps` has another shape, is empty or not finite, if there is not one label for each map, if
        `limit` is not positive, or if the maps do not fit the axes.

    Notes
    -----
    Maps without negative numbers, as after ReLU, go from no ink at 0 to full ink; others have the symmetric
    scale of `filters`.

    Examples
    --------
    >>> len(feature_maps(np.zeros((6, 5, 5)), colorbar=False).images)
    6
    """
    images = _numbers(maps, "maps")
    if images.ndim != 3:
        raise ValueError(f"maps expects (C, H, W) of one sample, got {images.shape}")
    captions, _ = _captions(labels, None, len(images))
    limit = _limit(limit, images)
    ax = style.current_axes(ax)
    paper = style.paper(ax)
    scale = Scale(-limit, limit, signed(paper)) if images.min() < 0 else Scale(0.0, limit, grey(paper))
    draw_tiles(ax, images, scale, columns=_columns(columns), captions=captions, bar=colorbar)
    return ax


def _numbers(values: ArrayLike, name: str) -> Floats:
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} expects real numbers, got dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"{name} expects at least one image, got shape {array.shape}")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} expects finite numbers, got {array[~np.isfinite(array)][0]}")
    return array


def _images(x: ArrayLike, name: str, wanted: str) -> Floats:
    array = _numbers(x, name)
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 3:
        raise ValueError(f"{name} expects {wanted}, got {array.shape}")
    return array


def _rows(weights: Floats, shape: tuple[int, int] | None) -> Floats:
    """Columns of (D, M) as images (M, H, W)."""
    if shape is None:
        raise ValueError(f"filters expects shape=(height, width) for weights (D, M), got W {weights.shape} alone")
    if len(shape) != 2 or any(isinstance(n, bool) or not isinstance(n, int | np.integer) for n in shape):
        raise TypeError(f"shape expects two integers (height, width), got {shape!r}")
    if shape[0] < 1 or shape[0] * shape[1] != len(weights):
        raise ValueError(f"shape expects height * width = {len(weights)} for W {weights.shape}, got {shape}")
    return weights.T.reshape(-1, *shape)


def _limit(given: float | None, values: Floats) -> float:
    if given is None:
        return float(np.abs(values).max()) or 1.0
    if not (np.isfinite(given) and given > 0):
        raise ValueError(f"limit expects a positive number, got {given}")
    return float(given)


def _limits(given: tuple[float, float] | None, low: float, high: float) -> tuple[float, float]:
    if given is None:
        return (low, high) if low < high else (low, low + 1.0)
    low, high = (float(v) for v in given)
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"limits expect (low, high), got {given}")
    return low, high


def _columns(columns: int | None) -> int | None:
    if columns is None:
        return None
    if isinstance(columns, bool) or not isinstance(columns, int | np.integer):
        raise TypeError(f"columns expects an integer, got {type(columns).__name__}")
    if columns < 1:
        raise ValueError(f"columns expects at least 1, got {columns}")
    return int(columns)


def _captions(
    labels: ArrayLike | None, predictions: ArrayLike | None, count: int
) -> tuple[list[str] | None, Sequence[bool] | None]:
    """Text below each image, and which predictions are wrong."""
    given = [
        _one_each(values, name, count)
        for values, name in ((labels, "labels"), (predictions, "predictions"))
        if values is not None
    ]
    if not given:
        return None, None
    first, last = given[0], given[-1]
    wrong = [a != b for a, b in zip(first, last, strict=True)]
    return [rf"{a} $\to$ {b}" if a != b else a for a, b in zip(first, last, strict=True)], wrong


def _one_each(values: ArrayLike, name: str, count: int) -> list[str]:
    array = np.asarray(values)
    if array.shape != (count,):
        raise ValueError(f"{name} expects ({count},), one an image, got {array.shape}")
    return [str(value) for value in array]
