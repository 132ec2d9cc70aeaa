"""Iteration over the data; public in `dlnotes.training`."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import Array, as_array, as_generator, as_integer

__all__ = ["as_pair", "full_batch", "minibatches", "stochastic"]

type Batches = Iterator[tuple[Array, Array]]


def full_batch(x: ArrayLike, d: ArrayLike) -> Batches:
    r"""One epoch as a single batch of all samples, in order.

    $$E = \frac{1}{N} \sum_{n=1}^{N} E_n$$

    Parameters
    ----------
    x : (N, ...) inputs.
    d : (N, ...) targets.

    Returns
    -------
    Iterator of one pair (x, d).

    Raises
    ------
    ValueError
        If the lengths differ or there is no sample.
    TypeError
        If `x` or `d` is a masked array.

    References
    ----------
    Bottou, Curtis and Nocedal (2018), arXiv:1606.04838.

    Examples
    --------
    >>> len(list(full_batch(np.zeros((10, 3)), np.zeros(10))))
    1
    """
    return iter([as_pair(x, d, "full_batch")])


def stochastic(x: ArrayLike, d: ArrayLike, *, rng: np.random.Generator) -> Batches:
    r"""One epoch of single samples in random order, each once.

    $$w^{(t+1)} = w^{(t)} - \eta \nabla E_n(w^{(t)})$$

    Parameters
    ----------
    x : (N, ...) inputs.
    d : (N, ...) targets.
    rng : source of the order.

    Returns
    -------
    Iterator of N pairs of arrays with one sample, shapes (1, ...).

    Raises
    ------
    ValueError
        If the lengths differ or there is no sample.
    TypeError
        If `rng` is not a Generator, or `x` or `d` is a masked array.

    References
    ----------
    Robbins and Monro (1951), doi:10.1214/aoms/1177729586.

    Examples
    --------
    >>> [d.shape for _, d in stochastic(np.zeros((3, 2)), np.zeros(3), rng=np.random.default_rng(0))]
    [(1,), (1,), (1,)]
    """
    return _shuffled(*as_pair(x, d, "stochastic"), 1, as_generator(rng, "stochastic"))


def minibatches(x: ArrayLike, d: ArrayLike, batch_size: int, *, rng: np.random.Generator) -> Batches:
    r"""One epoch of mini-batches of shuffled data; the last, smaller one is kept.

    $$E_t = \frac{1}{N_t} \sum_{n \in D_t} E_n, \qquad N_t = |D_t|$$

    Parameters
    ----------
    x : (N, ...) inputs.
    d : (N, ...) targets.
    batch_size : B, at least 1; if it is N or more there is one batch of all samples.
    rng : source of the order.

    Returns
    -------
    Iterator of ceil(N / B) pairs; together they hold every sample once.

    Raises
    ------
    ValueError
        If the lengths differ, there is no sample, or `batch_size` is less than 1.
    TypeError
        If `batch_size` is not an integer, `rng` is not a Generator, or `x` or `d` is a masked array.

    References
    ----------
    Bottou, Curtis and Nocedal (2018), arXiv:1606.04838.

    Examples
    --------
    >>> [len(d) for _, d in minibatches(np.zeros((10, 3)), np.zeros(10), 4, rng=np.random.default_rng(0))]
    [4, 4, 2]
    """
    size = as_integer(batch_size, "minibatches", "batch_size")
    return _shuffled(*as_pair(x, d, "minibatches"), size, as_generator(rng, "minibatches"))


def _shuffled(x: Array, d: Array, size: int, rng: np.random.Generator) -> Batches:
    order = rng.permutation(len(x))
    for start in range(0, len(x), size):
        rows = order[start : start + size]
        yield x[rows], d[rows]


def as_pair(x: ArrayLike, d: ArrayLike, who: str) -> tuple[Array, Array]:
    """`x` and `d` as arrays of the same, positive length."""
    x, d = as_array(x, who, "x"), as_array(d, who, "d")
    if x.ndim == 0 or d.ndim == 0 or len(x) != len(d):
        raise ValueError(f"{who} expects x and d of the same length, got shapes {x.shape} and {d.shape}")
    if len(x) == 0:
        raise ValueError(f"{who} expects at least one sample, got x of shape {x.shape}")
    return x, d
