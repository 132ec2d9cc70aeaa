"""Softmax, cross-entropy and their gradient in one pass; `dlnotes.layers.SoftmaxWithLoss` computes by it."""

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import Array, FloatArray, Scalar
from dlnotes._cross_entropy import cross_entropy_with_logits, d_cross_entropy_with_logits
from dlnotes._targets import classes

__all__: list[str] = []

BLOCK = 2**17  # entries of a block of rows: 512 KB in float32, which stay in a core's own cache


@np.errstate(all="ignore")
def softmax_with_loss(u: ArrayLike, d: ArrayLike) -> tuple[Scalar, FloatArray]:
    """The values of `cross_entropy_with_logits` and `d_cross_entropy_with_logits`, to the last bit.

    These walk through arrays of the size of u some thirty times and compute the exponentials twice. Here labels stay
    labels, and block after block of rows is read once and left as the gradient.
    """
    u, d, N = classes(u, d, "cross_entropy_with_logits", "u")
    if d.shape == u.shape or u.ndim == 1:
        return cross_entropy_with_logits(u, d), d_cross_entropy_with_logits(u, d)
    E, dx = np.empty(N, dtype=u.dtype), np.empty_like(u, order="C")
    size = max(1, BLOCK // u.shape[1])
    for begin in range(0, N, size):
        rows = slice(begin, begin + size)
        E[rows] = _block(u[rows], d[rows], dx[rows], N)
    return E.sum() / N, dx


def _block(u: FloatArray, d: Array, dx: FloatArray, N: int) -> FloatArray:
    """The loss of each row; `dx` is filled with (softmax(u) - d) / N."""
    labelled = np.arange(len(d)), d
    np.subtract(u, u.max(axis=1, keepdims=True), out=dx)
    at_label = dx[labelled]
    np.exp(dx, out=dx)
    s = dx.sum(axis=1, keepdims=True)
    dx /= s
    dx[labelled] -= 1
    dx /= N
    E: FloatArray = np.log(s[:, 0]) - at_label
    return E
