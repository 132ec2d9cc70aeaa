"""Loss functions and their gradients with respect to the first argument.

- `half_squared_error`, `d_half_squared_error`: half the sum of squares over the outputs
- `mean_squared_error`, `d_mean_squared_error`: the mean over outputs too
- `binary_cross_entropy`, `d_binary_cross_entropy`: from probabilities
- `binary_cross_entropy_with_logits`, `d_binary_cross_entropy_with_logits`: from pre-activations
- `cross_entropy`, `d_cross_entropy`: from probabilities
- `cross_entropy_with_logits`, `d_cross_entropy_with_logits`: from pre-activations

Every loss is averaged over the batch, and its gradient carries the 1/N. The prediction's dtype is that of the
result (float64 for integers). Targets must be finite; a NaN or an overflow in outputs or logits shows as a
loss of NaN or infinity, without a warning.
"""

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, Scalar
from dlnotes._cross_entropy import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_with_logits,
    d_binary_cross_entropy,
    d_binary_cross_entropy_with_logits,
    d_cross_entropy,
    d_cross_entropy_with_logits,
)
from dlnotes._targets import regression

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "cross_entropy_with_logits",
    "d_binary_cross_entropy",
    "d_binary_cross_entropy_with_logits",
    "d_cross_entropy",
    "d_cross_entropy_with_logits",
    "d_half_squared_error",
    "d_mean_squared_error",
    "half_squared_error",
    "mean_squared_error",
]


@np.errstate(all="ignore")
def half_squared_error(y: ArrayLike, d: ArrayLike) -> Scalar:
    r"""Half the sum of squares over the outputs, averaged over the batch.

    $$E = \frac{1}{N} \sum_n E_n, \qquad E_n = \frac{1}{2} \sum_{k} (y_{nk} - d_{nk})^2$$

    Parameters
    ----------
    y : (N, K) outputs, or (K,) for one sample.
    d : targets of the same shape; nothing is broadcast.

    Returns
    -------
    Scalar in the dtype of `y`.

    Raises
    ------
    ValueError
        If shapes differ, the batch is empty, or a target is not finite.
    TypeError
        If a value is not a real number.

    Notes
    -----
    It is the negative log likelihood of Gaussian noise of variance 1, up to a constant. The factor 1/2 leaves
    the optimum where it is and halves gradient and curvature, so it doubles the largest learning rate that
    converges.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.

    Examples
    --------
    >>> half_squared_error([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [3.0, 0.0]])
    np.float64(5.0)
    """
    y, d, N = regression(y, d, "half_squared_error")
    return ((y - d) ** 2).sum() / (2 * N)


@np.errstate(all="ignore")
def d_half_squared_error(y: ArrayLike, d: ArrayLike) -> FloatArray:
    r"""Gradient of `half_squared_error` with respect to the outputs.

    $$\frac{\partial E}{\partial y_{nk}} = \frac{1}{N} (y_{nk} - d_{nk})$$

    Parameters
    ----------
    y, d : as in `half_squared_error`.

    Returns
    -------
    Array of the shape and dtype of `y`.

    Raises
    ------
    ValueError, TypeError
        As `half_squared_error`.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.

    Examples
    --------
    >>> d_half_squared_error([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [3.0, 0.0]])
    array([[0., 1.],
           [0., 2.]])
    """
    y, d, N = regression(y, d, "d_half_squared_error")
    return (y - d) / N


@np.errstate(all="ignore")
def mean_squared_error(y: ArrayLike, d: ArrayLike) -> Scalar:
    r"""Mean of the squared errors over batch and outputs.

    $$E = \frac{1}{N K} \sum_{n,k} (y_{nk} - d_{nk})^2$$

    Parameters
    ----------
    y : (N, K) outputs, or a vector: the mean is over all its entries.
    d : targets of the same shape; nothing is broadcast.

    Returns
    -------
    Scalar in the dtype of `y`.

    Raises
    ------
    ValueError, TypeError
        As `half_squared_error`.

    Notes
    -----
    It is 2/K times `half_squared_error`: the same optimum, another learning rate.

    References
    ----------
    Hui and Belkin (2020), arXiv:2006.07322 (squared error against cross-entropy).

    Examples
    --------
    >>> mean_squared_error([[1.0], [3.0]], [[1.0], [1.0]])
    np.float64(2.0)
    """
    y, d, _ = regression(y, d, "mean_squared_error")
    return ((y - d) ** 2).sum() / y.size


@np.errstate(all="ignore")
def d_mean_squared_error(y: ArrayLike, d: ArrayLike) -> FloatArray:
    r"""Gradient of `mean_squared_error` with respect to the outputs.

    $$\frac{\partial E}{\partial y_{nk}} = \frac{2}{N K} (y_{nk} - d_{nk})$$

    Parameters
    ----------
    y, d : as in `mean_squared_error`.

    Returns
    -------
    Array of the shape and dtype of `y`.

    Raises
    ------
    ValueError, TypeError
        As `half_squared_error`.

    References
    ----------
    Hui and Belkin (2020), arXiv:2006.07322.

    Examples
    --------
    >>> d_mean_squared_error([[1.0], [3.0]], [[1.0], [1.0]])
    array([[0.],
           [2.]])
    """
    y, d, _ = regression(y, d, "d_mean_squared_error")
    return 2 * (y - d) / y.size
