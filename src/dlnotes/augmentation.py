"""Data augmentation: a batch of images in, a new batch of the same shape out.

- `translate`, `shift`: by given whole pixels, by random ones
- `flip`: mirror some of the images
- `rotate`: by a random angle
- `noise`: Gaussian noise
- `cutout`: a square set to 0

Images are (N, C, H, W); floats keep their dtype, integers become float64. Each image has its own draw, the same
for all its channels (but for `noise`). Both dtypes draw the same numbers.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, as_array, as_finite, as_float, as_generator, as_integer, not_empty
from dlnotes._ranges import as_non_negative, as_share

__all__ = ["cutout", "flip", "noise", "rotate", "shift", "translate"]


def translate(x: ArrayLike, offsets: ArrayLike) -> FloatArray:
    r"""Move images by whole pixels; what comes in from outside is 0.

    $$y_{n c i j} = x_{n, c, i - s_n, j - t_n}, \qquad 0 \text{ where that lies outside of the image}$$

    Parameters
    ----------
    x : (N, C, H, W) images.
    offsets : (2,) integers s (down) and t (to the right) for all images, or (N, 2), a pair for each.

    Returns
    -------
    Array of the shape and dtype of `x`.

    Raises
    ------
    ValueError
        If `x` is not (N, C, H, W), or `offsets` neither (2,) nor (N, 2).
    TypeError
        If a value is not a real number, or an offset not an integer.

    Notes
    -----
    What leaves the image is lost: a shift and the shift back give the image with a border of 0.

    References
    ----------
    Simard, Steinkraus and Platt (2003), doi:10.1109/ICDAR.2003.1227801.

    Examples
    --------
    >>> translate(np.arange(4.0).reshape(1, 1, 2, 2), (0, 1)).tolist()
    [[[[0.0, 0.0], [0.0, 2.0]]]]
    """
    x, by = _images(x, "translate"), as_array(offsets, "translate", "offsets")
    (N, _, H, W) = x.shape
    if by.dtype.kind not in "iu":
        raise TypeError(f"translate expects integers as offsets, got dtype {by.dtype}")
    if by.shape not in ((2,), (N, 2)):
        raise ValueError(f"translate expects offsets of shape (2,) or ({N}, 2), got {by.shape}")
    s, t = np.clip(np.broadcast_to(by, (N, 2)).astype(np.int64), (-H, -W), (H, W)).T
    k, m = abs(s).max(), abs(t).max()
    padded = np.pad(x, ((0, 0), (0, 0), (k, k), (m, m)))
    windows = sliding_window_view(padded, (H, W), axis=(2, 3))
    moved: FloatArray = windows[np.arange(N), :, k - s, m - t]  # (N, C, H, W): a window of each padded image
    return moved


def shift(x: ArrayLike, pixels: int, *, rng: np.random.Generator) -> FloatArray:
    r"""Move each image by a random number of whole pixels each way; what comes in from outside is 0.

    $$y_{n c i j} = x_{n, c, i - s_n, j - t_n}, \qquad s_n, t_n \sim U\{-k, \ldots, k\}$$

    Parameters
    ----------
    x : (N, C, H, W) images.
    pixels : k, 0 or more.
    rng : source of the offsets.

    Returns
    -------
    Array of the shape and dtype of `x`.

    Raises
    ------
    ValueError
        If `x` is not (N, C, H, W), or `pixels` is negative.
    TypeError
        If a value is not a real number, `pixels` not an integer, or `rng` not a Generator.

    Notes
    -----
    `translate` moves by given offsets. Of $(2k + 1)^2$ offsets one leaves the image as it is.

    References
    ----------
    Simard, Steinkraus and Platt (2003), doi:10.1109/ICDAR.2003.1227801.
    """
    x, k = _images(x, "shift"), as_integer(pixels, "shift", "pixels", 0)
    return translate(x, as_generator(rng, "shift").integers(-k, k, size=(len(x), 2), endpoint=True))


def flip(x: ArrayLike, p: float = 0.5, *, axis: int = 3, rng: np.random.Generator) -> FloatArray:
    r"""Mirror each image with probability p.

    $$y_{n c i j} = x_{n, c, i, W - 1 - j} \text{ with probability } p, \qquad \text{else } x_{n c i j}$$

    Parameters
    ----------
    x : (N, C, H, W) images.
    p : probability, from 0 to 1; with 1 all images are mirrored.
    axis : 3, left and right change places, or 2, top and bottom do.
    rng : source of the choice.

    Returns
    -------
    Array of the shape and dtype of `x`.

    Raises
    ------
    ValueError
        If `x` is not (N, C, H, W), `p` not from 0 to 1, or `axis` neither 2 nor 3.
    TypeError
        If a value is not a real number, or `rng` not a Generator.

    Notes
    -----
    A mirrored image must still belong to its class: true of a cat and of an 8, false of a 3.

    References
    ----------
    Krizhevsky, Sutskever and Hinton (2017), doi:10.1145/3065386.

    Examples
    --------
    >>> flip(np.arange(4.0).reshape(1, 1, 2, 2), 1, rng=np.random.default_rng(0)).tolist()
    [[[[1.0, 0.0], [3.0, 2.0]]]]
    """
    x, p = _images(x, "flip"), as_share(p, "flip", "p")
    if axis not in (2, 3):
        raise ValueError(f"flip expects axis 2 or 3, got {axis}")
    chosen = as_generator(rng, "flip").uniform(size=(len(x), 1, 1, 1)) < p
    return np.where(chosen, np.flip(x, axis), x)


def rotate(x: ArrayLike, degrees: ArrayLike, *, rng: np.random.Generator) -> FloatArray:
    r"""Turn each image by a random angle about its centre, counter-clockwise; what comes in from outside is 0.

    $$y(p) = x(R_{\theta_n}^{-1} p), \qquad
    R_\theta = \begin{pmatrix} \cos \theta & -\sin \theta \\ \sin \theta & \cos \theta \end{pmatrix}, \qquad
    \theta_n \sim U(a, b)$$

    Parameters
    ----------
    x : (N, C, H, W) images.
    degrees : number b, for angles from -b to b, or pair (a, b): (180, 180) turns all images by 180 degrees.
    rng : source of the angles.

    Returns
    -------
    Array of the shape and dtype of `x`.

    Raises
    ------
    ValueError
        If `x` is not (N, C, H, W), or `degrees` neither a number b >= 0 nor a pair a <= b.
    TypeError
        If a value is not a real number, or `rng` not a Generator.

    Notes
    -----
    Between pixels x is interpolated bilinearly, from the four around the point:
    $(1 - v)(1 - w)\, x_{ij} + (1 - v) w\, x_{i, j+1} + v (1 - w)\, x_{i+1, j} + v w\, x_{i+1, j+1}$ with v and w the
    fractions of its row and its column. Pixels beyond the border count as 0.

    References
    ----------
    Simard, Steinkraus and Platt (2003), doi:10.1109/ICDAR.2003.1227801.
    """
    x = _images(x, "rotate")
    (N, C, H, W) = x.shape
    angle = np.deg2rad(as_generator(rng, "rotate").uniform(*_angles(degrees), size=(N, 1, 1)))
    cos, sin = np.round(np.cos(angle), 15), np.round(np.sin(angle), 15)  # so that quarter turns are exact
    i, j = np.arange(H)[:, None] - (H - 1) / 2, np.arange(W) - (W - 1) / 2  # p, from the centre; i counts downwards
    row = np.clip(cos * i + sin * j + (H - 1) / 2, -1, H)  # (N, H, W), where each pixel of y comes from
    column = np.clip(cos * j - sin * i + (W - 1) / 2, -1, W)
    top, left = np.minimum(np.floor(row), H - 1), np.minimum(np.floor(column), W - 1)
    v, w = (row - top).astype(x.dtype)[:, None], (column - left).astype(x.dtype)[:, None]
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    corner = ((top + 1) * (W + 2) + left + 1).astype(np.int64)[:, None]  # its number in the padded image
    corner = corner + np.arange(N * C).reshape(N, C, 1, 1) * ((H + 2) * (W + 2))  # and among all of them

    def pixel(step: int) -> FloatArray:
        picked: FloatArray = padded.ravel().take(corner + step)  # faster than take_along_axis
        return picked

    upper = (1 - w) * pixel(0) + w * pixel(1)
    lower = (1 - w) * pixel(W + 2) + w * pixel(W + 3)
    turned: FloatArray = (1 - v) * upper + v * lower
    return turned


def noise(x: ArrayLike, scale: float, *, rng: np.random.Generator) -> FloatArray:
    r"""Add Gaussian noise, drawn for each pixel.

    $$y = x + \varepsilon, \qquad \varepsilon \sim N(0, \sigma^2)$$

    Parameters
    ----------
    x : (N, C, H, W) images.
    scale : $\sigma \ge 0$.
    rng : source of the noise.

    Returns
    -------
    Array of the shape and dtype of `x`. Nothing is clipped: values leave the range of `x`.

    Raises
    ------
    ValueError
        If `x` is not (N, C, H, W), or `scale` is negative.
    TypeError
        If a value is not a real number, or `rng` not a Generator.

    Notes
    -----
    For a linear model with squared error it is weight decay of strength $\sigma^2$ on average.

    References
    ----------
    Bishop (1995), doi:10.1162/neco.1995.7.1.108.
    """
    x, sigma = _images(x, "noise"), as_non_negative(scale, "noise", "scale")
    return x + (sigma * as_generator(rng, "noise").standard_normal(x.shape)).astype(x.dtype, copy=False)


def cutout(x: ArrayLike, size: int, *, rng: np.random.Generator) -> FloatArray:
    r"""Set a square at a random place of each image to 0.

    $$y_{n c i j} = 0 \text{ where } 0 \le i - s_n < k \text{ and } 0 \le j - t_n < k, \qquad \text{else } x_{n c i j}$$

    Parameters
    ----------
    x : (N, C, H, W) images.
    size : k, the square's side in pixels, 0 or more.
    rng : source of the places.

    Returns
    -------
    Array of the shape and dtype of `x`.

    Raises
    ------
    ValueError
        If `x` is not (N, C, H, W), or `size` is negative.
    TypeError
        If a value is not a real number, `size` not an integer, or `rng` not a Generator.

    Notes
    -----
    The pixel $(s_n + \lfloor k/2 \rfloor, t_n + \lfloor k/2 \rfloor)$ is drawn from all of the image, so that a
    square may reach beyond the border: images lose $k^2$ pixels at most.

    References
    ----------
    DeVries and Taylor (2017), arXiv:1708.04552.

    Examples
    --------
    >>> cutout(np.ones((1, 1, 5, 5)), 3, rng=np.random.default_rng(0)).sum()
    np.float64(19.0)
    """
    x, k = _images(x, "cutout"), as_integer(size, "cutout", "size", 0)
    (N, _, H, W) = x.shape
    s, t = as_generator(rng, "cutout").integers(0, (H, W), size=(N, 2)).T - k // 2
    i, j = np.arange(H) - s[:, None], np.arange(W) - t[:, None]
    rows, columns = (i >= 0) & (i < k), (j >= 0) & (j < k)
    return np.where(rows[:, None, :, None] & columns[:, None, None, :], x.dtype.type(0), x)


def _images(x: ArrayLike, who: str) -> FloatArray:
    x = as_float(x, who, "x")
    if x.ndim != 4:
        raise ValueError(f"{who} expects (N, C, H, W), got {x.shape}")
    not_empty(x, who, "x")
    return x


def _angles(degrees: ArrayLike) -> tuple[float, float]:
    given = as_finite(degrees, "rotate", "degrees").astype(np.float64)
    a, b = (-given, given) if given.ndim == 0 else given if given.shape == (2,) else (1.0, 0.0)
    if a > b:
        raise ValueError(f"rotate expects degrees b >= 0 or a pair a <= b, got {np.asarray(degrees).tolist()}")
    return float(a), float(b)
