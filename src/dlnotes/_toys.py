"""Sets of points in the plane; public in `dlnotes.datasets`.

In each set the labels take turns, 0, 1, ..., K - 1, 0, ...: the classes differ by one sample at most, in any
run of samples too. Given its label a sample is drawn independently of the others.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlnotes._check import FloatArray, as_finite, as_generator, as_integer, as_number
from dlnotes._ranges import as_non_negative

__all__ = ["blobs", "moons", "spirals", "xor"]

type Points = tuple[NDArray[np.float64], NDArray[np.int64]]


def spirals(n: int, *, classes: int = 3, turns: float = 0.75, noise: float = 0.03, rng: np.random.Generator) -> Points:
    r"""Points on the arms of a spiral, one class an arm.

    $$x = r \begin{pmatrix} \cos \varphi \\ \sin \varphi \end{pmatrix} + \varepsilon, \qquad
    \varphi = 2 \pi \Bigl( \text{turns} \cdot r + \frac{d}{K} \Bigr), \qquad r \sim U(0, 1), \qquad
    \varepsilon \sim N(0, \sigma^2 I)$$

    Parameters
    ----------
    n : N, the number of samples of all classes together.
    classes : K, at least 1.
    turns : how often an arm goes around; negative: clockwise.
    noise : $\sigma \ge 0$.
    rng : source of radius and noise.

    Returns
    -------
    x (N, 2) float64, and labels d (N,) from 0 to K - 1 that take turns: classes differ by one sample at most.

    Raises
    ------
    ValueError
        If a number is out of range.
    TypeError
        If `n` or `classes` is not an integer, or `rng` not a Generator.

    Notes
    -----
    The arms meet at the origin, so a few samples there cannot be told apart.

    References
    ----------
    Smilkov et al. (2017), arXiv:1708.03788 (the playground that has such a spiral).

    Examples
    --------
    >>> x, d = spirals(300, rng=np.random.default_rng(0))
    >>> x.shape, np.bincount(d)
    ((300, 2), array([100, 100, 100]))
    """
    n, K = as_integer(n, "spirals", "n"), as_integer(classes, "spirals", "classes")
    turns, noise = as_number(turns, "spirals", "turns"), as_non_negative(noise, "spirals", "noise")
    d, rng = np.arange(n) % K, as_generator(rng, "spirals")
    r = rng.uniform(size=n)
    angle = 2 * np.pi * (turns * r + d / K)
    return _noisy(r * np.array([np.cos(angle), np.sin(angle)]), noise, rng), d


def moons(n: int, *, noise: float = 0.1, rng: np.random.Generator) -> Points:
    r"""Two half circles that reach into each other.

    $$x = \begin{pmatrix} \cos t \\ \sin t \end{pmatrix} + \varepsilon \ \text{ for } d = 0, \qquad
    x = \begin{pmatrix} 1 - \cos t \\ \tfrac{1}{2} - \sin t \end{pmatrix} + \varepsilon \ \text{ for } d = 1, \qquad
    t \sim U(0, \pi), \qquad \varepsilon \sim N(0, \sigma^2 I)$$

    Parameters
    ----------
    n : N, the number of samples of both classes together.
    noise : $\sigma \ge 0$.
    rng : source of position and noise.

    Returns
    -------
    x (N, 2) float64, and labels d (N,) 0 and 1 that take turns.

    Raises
    ------
    ValueError
        If a number is out of range.
    TypeError
        If `n` is not an integer, or `rng` not a Generator.

    References
    ----------
    Pedregosa et al. (2011), arXiv:1201.0490 (the same curves as `make_moons` there).

    Examples
    --------
    >>> x, d = moons(100, rng=np.random.default_rng(0))
    >>> x.shape, np.bincount(d)
    ((100, 2), array([50, 50]))
    """
    d, rng = np.arange(as_integer(n, "moons", "n")) % 2, as_generator(rng, "moons")
    noise = as_non_negative(noise, "moons", "noise")
    t = rng.uniform(0, np.pi, size=len(d))
    upper, lower = [np.cos(t), np.sin(t)], [1 - np.cos(t), 0.5 - np.sin(t)]
    return _noisy(np.where(d == 0, upper, lower), noise, rng), d


def blobs(
    n: int,
    centers: ArrayLike = ((-1.0, -1.0), (1.0, -1.0), (0.0, 1.0)),
    *,
    noise: float = 0.3,
    rng: np.random.Generator,
) -> Points:
    r"""Clouds around given centres, one class a cloud.

    $$x = c_d + \varepsilon, \qquad \varepsilon \sim N(0, \sigma^2 I)$$

    Parameters
    ----------
    n : N, the number of samples of all classes together.
    centers : (K, 2) centres c.
    noise : $\sigma \ge 0$.
    rng : source of the noise.

    Returns
    -------
    x (N, 2) float64, and labels d (N,) from 0 to K - 1 that take turns: classes differ by one sample at most.

    Raises
    ------
    ValueError
        If `centers` is not (K, 2) or not finite, or a number is out of range.
    TypeError
        If `n` is not an integer, or `rng` not a Generator.

    Notes
    -----
    As all clouds have the same variance the best borders between them are straight lines.

    References
    ----------
    Fisher (1936), doi:10.1111/j.1469-1809.1936.tb02137.x.

    Examples
    --------
    >>> x, d = blobs(90, rng=np.random.default_rng(0))
    >>> x.shape, np.bincount(d)
    ((90, 2), array([30, 30, 30]))
    """
    c = as_finite(centers, "blobs", "centers").astype(np.float64)
    if c.ndim != 2 or c.shape[1] != 2 or len(c) == 0:
        raise ValueError(f"blobs expects centers of shape (K, 2), got {c.shape}")
    d, rng = np.arange(as_integer(n, "blobs", "n")) % len(c), as_generator(rng, "blobs")
    return _noisy(c[d].T, as_non_negative(noise, "blobs", "noise"), rng), d


def xor(n: int, *, noise: float = 0.1, rng: np.random.Generator) -> Points:
    r"""Clouds around the corners of the unit square; the label is the exclusive or of the corner's coordinates.

    $$x = c + \varepsilon, \qquad d = c_1 \oplus c_2, \qquad c \in \{0, 1\}^2, \qquad
    \varepsilon \sim N(0, \sigma^2 I)$$

    Parameters
    ----------
    n : N, the number of samples of both classes together.
    noise : $\sigma \ge 0$.
    rng : source of the noise.

    Returns
    -------
    x (N, 2) float64, and labels d (N,) 0 and 1 that take turns; the corners do so as well.

    Raises
    ------
    ValueError
        If a number is out of range.
    TypeError
        If `n` is not an integer, or `rng` not a Generator.

    Notes
    -----
    No straight line divides the classes: a single unit gets at most three of the four corners right.

    References
    ----------
    Minsky and Papert (1969), Perceptrons, doi:10.7551/mitpress/11301.001.0001.

    Examples
    --------
    >>> x, d = xor(100, rng=np.random.default_rng(0))
    >>> x.shape, d.shape
    ((100, 2), (100,))
    """
    corners = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])
    c = corners[np.arange(as_integer(n, "xor", "n")) % 4]
    noise, rng = as_non_negative(noise, "xor", "noise"), as_generator(rng, "xor")
    return _noisy(c.T, noise, rng), c[:, 0] ^ c[:, 1]


def _noisy(points: FloatArray | NDArray[np.int64], noise: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Points (2, N) as rows (N, 2), with noise added."""
    return points.T + noise * rng.standard_normal((points.shape[1], 2))
