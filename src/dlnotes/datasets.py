"""Data sets: handwritten digits in the package, points in the plane, MNIST and its kin by download.

- `digits`: 1,797 handwritten digits of 8 x 8 pixels
- `train_test_split`: divide samples at random
- `spirals`, `moons`, `blobs`, `xor`: points in the plane
- `mnist`, `fashion_mnist`: 70,000 images of 28 x 28 pixels
- `DownloadError`: what is raised when no mirror gives a file
"""

import functools
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from dlnotes._check import Array, FloatArray, as_array, as_generator, as_integer
from dlnotes._ranges import as_share
from dlnotes._toys import blobs, moons, spirals, xor

__all__ = ["DownloadError", "blobs", "digits", "fashion_mnist", "mnist", "moons", "spirals", "train_test_split", "xor"]

type Images = tuple[NDArray[np.float32], NDArray[np.int64]]


def digits(*, dtype: DTypeLike = np.float64) -> tuple[FloatArray, NDArray[np.int64]]:
    r"""Handwritten digits of 8 x 8 pixels; part of the package, so no download.

    $$x = \frac{\text{pixel}}{16}, \qquad \text{pixel} \in \{0, 1, \ldots, 16\}$$

    Parameters
    ----------
    dtype : float32 or float64, of x; both hold the values exactly.

    Returns
    -------
    Images x (1797, 1, 8, 8) from 0 to 1, and labels d (1797,) from 0 to 9. Both are new at each call.

    Raises
    ------
    TypeError
        If `dtype` is another one.

    Notes
    -----
    They come in the order of the source, where neighbours are often of the same hand (13 persons wrote them):
    a split in this order is not a random one, `train_test_split` is. Classes have 174 to 183 samples.

    References
    ----------
    Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
    doi:10.24432/C50P49 (CC BY 4.0; the test file).

    Examples
    --------
    >>> x, d = digits()
    >>> x.shape, d[:5]
    ((1797, 1, 8, 8), array([0, 1, 2, 3, 4]))
    """
    kind = np.dtype(dtype)
    if kind not in (np.float32, np.float64):
        raise TypeError(f"digits expects dtype float32 or float64, got {kind}")
    pixels, labels = _digits()
    return pixels.astype(kind) / 16, labels.astype(np.int64)


@functools.cache
def _digits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    with np.load(os.path.join(os.path.dirname(__file__), "data", "digits.npz"), allow_pickle=False) as arrays:
        return arrays["x"], arrays["d"]


def train_test_split(
    x: ArrayLike, d: ArrayLike, *, test_size: float, rng: np.random.Generator
) -> tuple[Array, Array, Array, Array]:
    r"""Divide samples at random into those to train on and those to test on.

    $$\{1, \ldots, N\} = D_{\text{train}} \cup D_{\text{test}}, \qquad
    D_{\text{train}} \cap D_{\text{test}} = \emptyset$$

    Parameters
    ----------
    x : (N, ...) inputs.
    d : (N, ...) targets.
    test_size : integer, the number of test samples, or float between 0 and 1, their share, rounded to whole
        samples.
    rng : source of the choice.

    Returns
    -------
    x_train, d_train, x_test, d_test: new arrays in random order, which together hold every sample once.

    Raises
    ------
    ValueError
        If the lengths differ, or one of the two parts would be empty.
    TypeError
        If `test_size` is not a number, `rng` is not a Generator, or `x` or `d` is a masked array.

    Notes
    -----
    Samples of one class need not be divided in proportion. Whatever is fitted to data, from the mean of a
    feature to augmented copies, is to be made after the split and from the training part alone.

    References
    ----------
    Stone (1974), doi:10.1111/j.2517-6161.1974.tb00994.x.

    Examples
    --------
    >>> parts = train_test_split(np.zeros((4, 2)), np.zeros(4), test_size=0.25, rng=np.random.default_rng(0))
    >>> [len(part) for part in parts]
    [3, 3, 1, 1]
    """
    x, d = as_array(x, "train_test_split", "x"), as_array(d, "train_test_split", "d")
    if x.ndim == 0 or d.ndim == 0 or len(x) != len(d):
        raise ValueError(f"train_test_split expects x and d of the same length, got shapes {x.shape} and {d.shape}")
    N, who = len(x), "train_test_split"
    size: Any = test_size
    n = round(N * as_share(size, who, "test_size")) if isinstance(size, float | np.floating) else size
    n = as_integer(n, who, "test_size", 0)
    if not 0 < n < N:
        raise ValueError(f"train_test_split expects samples on both sides, got {n} of {N} to test on")
    order = as_generator(rng, who).permutation(N)
    train, test = order[n:], order[:n]
    return x[train], d[train], x[test], d[test]


class DownloadError(OSError):
    """No mirror gave the file; the message lists each with its reason and says where to put it by hand.

    References
    ----------
    Fielding, Nottingham and Reschke (2022), HTTP semantics, doi:10.17487/RFC9110.
    """


def mnist(
    train: bool = True,
    *,
    cache: str | os.PathLike[str] | None = None,
    progress: bool = True,
    mirrors: Sequence[str] | None = None,
) -> Images:
    r"""MNIST: handwritten digits of 28 x 28 pixels, downloaded at the first call.

    $$x = \frac{\text{pixel}}{255}, \qquad \text{pixel} \in \{0, 1, \ldots, 255\}$$

    Parameters
    ----------
    train : the 60,000 images to train on, else the 10,000 to test on.
    cache : folder to keep the files in; None: the variable DLNOTES_CACHE, else the platform's folder for caches
        (`~/.cache/dlnotes` on Linux).
    progress : whether to show a bar while downloading, if there is a terminal or a notebook.
    mirrors : addresses, http or https, that hold the four files; None: those that the library knows.

    Returns
    -------
    Images x (N, 1, 28, 28) float32 from 0 to 1, and labels d (N,) from 0 to 9.

    Raises
    ------
    DownloadError
        If no mirror gives a file; the message says why for each, and where to put the file by hand.
    ValueError, TypeError
        If `mirrors` is empty, one string, or not http or https.

    Notes
    -----
    The files are checked by their SHA-256, at each call. A download that was broken off is taken up where it
    ended; two processes may call at once.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), doi:10.1109/5.726791.
    """
    from dlnotes._mnist import MNIST, load  # here: gzip, hashlib, http and urllib take longer to import than dlnotes

    return load(MNIST, "mnist", train, cache, progress, mirrors)


def fashion_mnist(
    train: bool = True,
    *,
    cache: str | os.PathLike[str] | None = None,
    progress: bool = True,
    mirrors: Sequence[str] | None = None,
) -> Images:
    r"""Fashion-MNIST: articles of clothing, 28 x 28 pixels, downloaded at the first call.

    $$x = \frac{\text{pixel}}{255}, \qquad \text{pixel} \in \{0, 1, \ldots, 255\}$$

    Parameters
    ----------
    train : the 60,000 images to train on, else the 10,000 to test on.
    cache, progress, mirrors : as in `mnist`.

    Returns
    -------
    Images x (N, 1, 28, 28) float32 from 0 to 1, and labels d (N,) from 0 to 9:
    T-shirt, trousers, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot.

    Raises
    ------
    DownloadError, ValueError, TypeError
        As `mnist`.

    References
    ----------
    Xiao, Rasul and Vollgraf (2017), arXiv:1708.07747.
    """
    from dlnotes._mnist import FASHION_MNIST, load

    return load(FASHION_MNIST, "fashion_mnist", train, cache, progress, mirrors)
