"""Binary and categorical cross-entropy; public names are those of `dlnotes.losses`."""

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, Scalar
from dlnotes._targets import binary, categorical, probabilities, weighted
from dlnotes.activations import log_softmax, sigmoid, softmax

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "cross_entropy_with_logits",
    "d_binary_cross_entropy",
    "d_binary_cross_entropy_with_logits",
    "d_cross_entropy",
    "d_cross_entropy_with_logits",
]


@np.errstate(all="ignore")
def binary_cross_entropy(y: ArrayLike, d: ArrayLike) -> Scalar:
    r"""Binary cross-entropy of probabilities, averaged over the batch.

    $$E = -\frac{1}{N} \sum_{n,k} \bigl( d_{nk} \log y_{nk} + (1 - d_{nk}) \log (1 - y_{nk}) \bigr)$$

    Parameters
    ----------
    y : (N,) probabilities, one a sample, or (N, K): K yes-or-no questions a sample, whose losses are summed.
    d : targets from 0 to 1, of the same shape; booleans count as 0 and 1.

    Returns
    -------
    Scalar in the dtype of `y`.

    Raises
    ------
    ValueError
        If shapes differ, the batch is empty, or a value is not between 0 and 1 (NaN is not).
    TypeError
        If a value is not a real number.

    Notes
    -----
    No constant is added inside the logarithm. A term with weight 0 is 0; an outcome that happened and was
    given probability 0 costs infinity. Where probabilities come from a sigmoid,
    `binary_cross_entropy_with_logits` stays finite.

    References
    ----------
    Gneiting and Raftery (2007), doi:10.1198/016214506000001437 (the logarithmic score).
    """
    y, d, N = binary(y, d, "binary_cross_entropy", "y")
    y = probabilities(y, "binary_cross_entropy")
    return (weighted(d, -np.log(y)) + weighted(1 - d, -np.log1p(-y))).sum() / N


@np.errstate(all="ignore")
def d_binary_cross_entropy(y: ArrayLike, d: ArrayLike) -> FloatArray:
    r"""Gradient of `binary_cross_entropy` with respect to the probabilities.

    $$\frac{\partial E}{\partial y_{nk}}
    = \frac{1}{N} \left( \frac{1 - d_{nk}}{1 - y_{nk}} - \frac{d_{nk}}{y_{nk}} \right)$$

    Parameters
    ----------
    y, d : as in `binary_cross_entropy`.

    Returns
    -------
    Array of the shape and dtype of `y`; infinite where the loss is.

    Raises
    ------
    ValueError, TypeError
        As `binary_cross_entropy`.

    References
    ----------
    Gneiting and Raftery (2007), doi:10.1198/016214506000001437.
    """
    y, d, N = binary(y, d, "d_binary_cross_entropy", "y")
    y = probabilities(y, "d_binary_cross_entropy")
    return (weighted(1 - d, 1 / (1 - y)) - weighted(d, 1 / y)) / N


@np.errstate(all="ignore")
def binary_cross_entropy_with_logits(u: ArrayLike, d: ArrayLike) -> Scalar:
    r"""Binary cross-entropy of $\sigma(u)$, computed from u.

    $$E = \frac{1}{N} \sum_{n,k} \bigl( d_{nk} \log (1 + e^{-u_{nk}})
    + (1 - d_{nk}) \log (1 + e^{u_{nk}}) \bigr)$$

    Parameters
    ----------
    u : (N,) or (N, K) pre-activations, the logits.
    d : targets from 0 to 1, of the same shape; booleans count as 0 and 1.

    Returns
    -------
    Scalar in the dtype of `u`; NaN if a logit is NaN.

    Raises
    ------
    ValueError
        If shapes differ, the batch is empty, or a target is not between 0 and 1.
    TypeError
        If a value is not a real number.

    Notes
    -----
    $\log(1 + e^u) = \max(u, 0) + \log(1 + e^{-|u|})$ holds for every u and never overflows: u = -1000 with d
    = 1 costs exactly 1000.

    References
    ----------
    Gneiting and Raftery (2007), doi:10.1198/016214506000001437 (the logarithmic score).
    """
    u, d, N = binary(u, d, "binary_cross_entropy_with_logits", "u")
    return (weighted(d, _softplus(-u)) + weighted(1 - d, _softplus(u))).sum() / N


@np.errstate(all="ignore")
def d_binary_cross_entropy_with_logits(u: ArrayLike, d: ArrayLike) -> FloatArray:
    r"""Gradient of `binary_cross_entropy_with_logits` with respect to the logits.

    $$\frac{\partial E}{\partial u_{nk}} = \frac{1}{N} \bigl( \sigma(u_{nk}) - d_{nk} \bigr)$$

    Parameters
    ----------
    u, d : as in `binary_cross_entropy_with_logits`.

    Returns
    -------
    Array of the shape and dtype of `u`.

    Raises
    ------
    ValueError, TypeError
        As `binary_cross_entropy_with_logits`.

    Notes
    -----
    $\partial E / \partial y$ carries $1 / (y (1 - y))$ and the sigmoid's derivative is $y (1 - y)$: the two
    cancel.

    References
    ----------
    Nelder and Wedderburn (1972), doi:10.2307/2344614 (the canonical link).
    """
    u, d, N = binary(u, d, "d_binary_cross_entropy_with_logits", "u")
    return (sigmoid(u) - d) / N


@np.errstate(all="ignore")
def cross_entropy(y: ArrayLike, d: ArrayLike) -> Scalar:
    r"""Cross-entropy of probabilities, averaged over the batch.

    $$E = -\frac{1}{N} \sum_{n} \sum_{k} d_{nk} \log y_{nk}$$

    Parameters
    ----------
    y : (N, K) probabilities, or (K,) for one sample.
    d : integer labels (N,), or one-hot rows or probabilities (N, K); for one sample an integer or (K,).

    Returns
    -------
    Scalar in the dtype of `y`.

    Raises
    ------
    ValueError
        If shapes do not fit, the batch is empty, a label is out of range, a row of `d` does not sum to one,
        or a value is not between 0 and 1 (NaN is not).
    TypeError
        If a value is not a real number, or labels are not integers.

    Notes
    -----
    Which form `d` has is told by its shape alone, never by its size. No constant is added inside the
    logarithm: a class that happened and was given probability 0 costs infinity. Where probabilities come from
    softmax, `cross_entropy_with_logits` stays finite.

    References
    ----------
    Shannon (1948), doi:10.1002/j.1538-7305.1948.tb01338.x. Kullback and Leibler (1951),
    doi:10.1214/aoms/1177729694.
    """
    y, d, N = categorical(y, d, "cross_entropy", "y")
    y = probabilities(y, "cross_entropy")
    return weighted(d, -np.log(y)).sum() / N


@np.errstate(all="ignore")
def d_cross_entropy(y: ArrayLike, d: ArrayLike) -> FloatArray:
    r"""Gradient of `cross_entropy` with respect to the probabilities, each taken as free.

    $$\frac{\partial E}{\partial y_{nk}} = -\frac{1}{N} \frac{d_{nk}}{y_{nk}}$$

    Parameters
    ----------
    y, d : as in `cross_entropy`.

    Returns
    -------
    Array of the shape and dtype of `y`; infinite where the loss is.

    Raises
    ------
    ValueError, TypeError
        As `cross_entropy`.

    References
    ----------
    Shannon (1948), doi:10.1002/j.1538-7305.1948.tb01338.x.
    """
    y, d, N = categorical(y, d, "d_cross_entropy", "y")
    y = probabilities(y, "d_cross_entropy")
    return weighted(d, -1 / y) / N


@np.errstate(all="ignore")
def cross_entropy_with_logits(u: ArrayLike, d: ArrayLike) -> Scalar:
    r"""Cross-entropy of softmax(u), computed from u.

    $$E = -\frac{1}{N} \sum_{n} \sum_{k} d_{nk} \log \mathrm{softmax}(u_n)_k$$

    Parameters
    ----------
    u : (N, K) pre-activations, the logits, or (K,) for one sample.
    d : integer labels (N,), or one-hot rows or probabilities (N, K); for one sample an integer or (K,).

    Returns
    -------
    Scalar in the dtype of `u`; NaN if a logit is NaN.

    Raises
    ------
    ValueError
        If shapes do not fit, the batch is empty, a label is out of range, or a row of `d` does not sum to
        one.
    TypeError
        If a value is not a real number, or labels are not integers.

    Notes
    -----
    `activations.log_softmax` is exact where a probability has rounded to 0, so finite logits have a finite
    loss.

    References
    ----------
    Bridle (1990), doi:10.1007/978-3-642-76153-9_28.
    Blanchard, Higham and Higham (2021), doi:10.1093/imanum/draa038.

    Examples
    --------
    >>> round(cross_entropy_with_logits([[0.0, 0.0], [0.0, 800.0]], [0, 1]), 4)
    np.float64(0.3466)
    """
    u, d, N = categorical(u, d, "cross_entropy_with_logits", "u")
    return weighted(d, -log_softmax(u)).sum(axis=-1).sum() / N


@np.errstate(all="ignore")
def d_cross_entropy_with_logits(u: ArrayLike, d: ArrayLike) -> FloatArray:
    r"""Gradient of `cross_entropy_with_logits` with respect to the logits.

    $$\frac{\partial E}{\partial u_{nk}} = \frac{1}{N} (y_{nk} - d_{nk}), \qquad y_n = \mathrm{softmax}(u_n)$$

    Parameters
    ----------
    u, d : as in `cross_entropy_with_logits`.

    Returns
    -------
    Array of the shape and dtype of `u`; each row sums to zero.

    Raises
    ------
    ValueError, TypeError
        As `cross_entropy_with_logits`.

    Notes
    -----
    $-\sum_i d_i (\delta_{ij} - y_j) = y_j \sum_i d_i - d_j = y_j - d_j$, since the targets sum to one.

    References
    ----------
    Bridle (1990), doi:10.1007/978-3-642-76153-9_28.
    """
    u, d, N = categorical(u, d, "d_cross_entropy_with_logits", "u")
    return (softmax(u) - d) / N


def _softplus(u: FloatArray) -> FloatArray:
    """log(1 + exp(u)), without overflow."""
    return np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u)))
