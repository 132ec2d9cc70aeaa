"""Softmax and its logarithm; public names are those of `dlnotes.activations`."""

from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, as_float

__all__ = ["d_log_softmax", "d_softmax", "log_softmax", "softmax"]


@np.errstate(all="ignore")
def softmax(u: ArrayLike) -> FloatArray:
    r"""Softmax over the last axis.

    $$y_i = \frac{e^{u_i}}{\sum_k e^{u_k}} = \frac{e^{u_i - m}}{\sum_k e^{u_k - m}}, \qquad m = \max_k u_k$$

    Parameters
    ----------
    u : (K,) or (N, K) pre-activations, the logits.

    Returns
    -------
    (K,) or (N, K) probabilities in the dtype of `u` (float64 for integers); each row sums to one.

    Raises
    ------
    ValueError
        If `u` has no axis or more than two, or no element.
    TypeError
        If a value is not a real number.

    Notes
    -----
    A constant added to a row changes nothing, so the row's maximum is subtracted and no exponential
    overflows. $u_i = -\infty$ gives probability 0. A row with NaN or $+\infty$, or of $-\infty$ alone, has no
    softmax and is NaN.

    References
    ----------
    Bridle (1990), doi:10.1007/978-3-642-76153-9_28.
    Blanchard, Higham and Higham (2021), doi:10.1093/imanum/draa038.

    Examples
    --------
    >>> softmax([0.0, np.log(3.0)])
    array([0.25, 0.75])
    """
    u = _rows(u, "softmax")
    e = np.exp(u - u.max(axis=-1, keepdims=True))
    return cast(FloatArray, e / e.sum(axis=-1, keepdims=True))


@np.errstate(all="ignore")
def log_softmax(u: ArrayLike) -> FloatArray:
    r"""Logarithm of softmax over the last axis, without taking the logarithm of a probability.

    $$\log y_i = (u_i - m) - \log \sum_k e^{u_k - m}, \qquad m = \max_k u_k$$

    Parameters
    ----------
    u : (K,) or (N, K) pre-activations, the logits.

    Returns
    -------
    (K,) or (N, K) log probabilities in the dtype of `u` (float64 for integers).

    Raises
    ------
    ValueError, TypeError
        As `softmax`.

    Notes
    -----
    The sum is at least $e^0 = 1$, so its logarithm is finite: for u = [0, -800] the result is [0, -800],
    where the logarithm of softmax would be [0, -inf].

    References
    ----------
    Blanchard, Higham and Higham (2021), doi:10.1093/imanum/draa038.

    Examples
    --------
    >>> log_softmax([0.0, -800.0])
    array([   0., -800.])
    """
    u = _rows(u, "log_softmax")
    u = u - u.max(axis=-1, keepdims=True)
    return u - np.log(np.exp(u).sum(axis=-1, keepdims=True))


@np.errstate(all="ignore")
def d_softmax(u: ArrayLike) -> FloatArray:
    r"""Jacobian of softmax.

    $$J_{ij} = \frac{\partial y_i}{\partial u_j} = y_i (\delta_{ij} - y_j)$$

    Parameters
    ----------
    u : (K,) or (N, K) pre-activations.

    Returns
    -------
    (K, K) or (N, K, K) Jacobian, output along the first of the two axes, input along the second.

    Raises
    ------
    ValueError, TypeError
        As `softmax`.

    Notes
    -----
    $J = \mathrm{diag}(y) - y y^\top$ is symmetric, its rows sum to zero (shifting u changes nothing), its
    rank is K - 1.

    References
    ----------
    Bridle (1990), doi:10.1007/978-3-642-76153-9_28.

    Examples
    --------
    >>> d_softmax([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    y = softmax(_rows(u, "d_softmax"))
    return y[..., :, None] * (np.eye(y.shape[-1], dtype=y.dtype) - y[..., None, :])


@np.errstate(all="ignore")
def d_log_softmax(u: ArrayLike) -> FloatArray:
    r"""Jacobian of log-softmax.

    $$J_{ij} = \frac{\partial \log y_i}{\partial u_j} = \delta_{ij} - y_j$$

    Parameters
    ----------
    u : (K,) or (N, K) pre-activations.

    Returns
    -------
    (K, K) or (N, K, K) Jacobian, output along the first of the two axes, input along the second.

    Raises
    ------
    ValueError, TypeError
        As `softmax`.

    Notes
    -----
    Weighted by -d and summed over i it is y - d, the gradient of the cross-entropy, when d sums to one.

    References
    ----------
    Bridle (1990), doi:10.1007/978-3-642-76153-9_28.

    Examples
    --------
    >>> d_log_softmax([0.0, 0.0])
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    y = softmax(_rows(u, "d_log_softmax"))
    return np.eye(y.shape[-1], dtype=y.dtype) - y[..., None, :]


def _rows(u: ArrayLike, who: str) -> FloatArray:
    u = as_float(u, who, "u")
    if u.ndim not in (1, 2) or u.size == 0:
        raise ValueError(f"{who} expects (K,) or (N, K) with N, K >= 1, got {u.shape}")
    return u
