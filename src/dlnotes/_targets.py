"""Checks of predictions and targets that the losses share.

`regression`, `binary` and `categorical` return the predictions, the targets in the shape and dtype of these, and
N, the number of samples: 1 if the prediction is a single sample without a batch axis. `classes` is `categorical`
that leaves the targets as they are.
"""

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import Array, FloatArray, as_array, as_finite, as_float, not_empty, same_shape

__all__: list[str] = []


def regression(y: ArrayLike, d: ArrayLike, who: str) -> tuple[FloatArray, FloatArray, int]:
    """Outputs (K,) or (N, K) and targets of the same shape."""
    y = _rows(y, who, "y")
    d = as_finite(d, who, "d", booleans=True)
    same_shape(y, d, who, "y and d")
    return y, d.astype(y.dtype), len(y) if y.ndim == 2 else 1


def binary(y: ArrayLike, d: ArrayLike, who: str, name: str) -> tuple[FloatArray, FloatArray, int]:
    """Predictions (), (N,) or (N, K) and targets between 0 and 1, of the same shape."""
    y = as_float(y, who, name)
    not_empty(y, who, name)
    if y.ndim > 2:
        raise ValueError(f"{who} expects (N,) or (N, K) as {name}, got {y.shape}")
    d = as_float(d, who, "d", booleans=True)
    same_shape(y, d, who, f"{name} and d")
    _within_one(d, who, "targets", "d", 0.0)
    return y, d.astype(y.dtype), len(y) if y.ndim else 1


def categorical(y: ArrayLike, d: ArrayLike, who: str, name: str) -> tuple[FloatArray, FloatArray, int]:
    """Predictions (K,) or (N, K) and targets as rows of the same shape, from labels or from rows."""
    y, d, N = classes(y, d, who, name)
    return y, (_one_hot(d, y) if d.ndim < y.ndim else d).astype(y.dtype, copy=False), N


def classes(y: ArrayLike, d: ArrayLike, who: str, name: str) -> tuple[FloatArray, Array, int]:
    """Predictions (K,) or (N, K) and targets as they came: integer labels () or (N,), or rows of the same shape."""
    y, d = _rows(y, who, name), as_array(d, who, "d")
    if d.shape == y.shape[:-1]:
        _labels(d, y.shape[-1], who)
    elif d.shape == y.shape:
        d = _distribution(d, who)
    else:
        expected = f"labels {y.shape[:-1]} or rows {y.shape}"
        raise ValueError(f"{who} expects {expected} as d for {name} of shape {y.shape}, got {d.shape}")
    return y, d, len(y) if y.ndim == 2 else 1


def probabilities(y: FloatArray, who: str) -> FloatArray:
    """Predictions between 0 and 1; what rounding put beyond an end is set back to it."""
    _within_one(y, who, "probabilities", "y", float(np.sqrt(np.finfo(y.dtype).eps)))
    return np.clip(y, 0, 1)


def weighted(d: FloatArray, values: FloatArray) -> FloatArray:
    """d times values, where 0 times infinity is 0."""
    return np.where(d == 0, np.zeros_like(values), d * values)


def _rows(y: ArrayLike, who: str, name: str) -> FloatArray:
    y = as_float(y, who, name)
    not_empty(y, who, name)
    if y.ndim not in (1, 2):
        raise ValueError(f"{who} expects (K,) or (N, K) as {name}, got {y.shape}")
    return y


def _labels(labels: Array, K: int, who: str) -> None:
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{who} expects integers as labels d, got dtype {labels.dtype}")
    if labels.min() < 0 or labels.max() >= K:
        wrong = labels[(labels < 0) | (labels >= K)]
        raise ValueError(f"{who} expects labels from 0 to {K - 1} as d, got {wrong.flat[0]}")


def _one_hot(labels: Array, y: FloatArray) -> FloatArray:
    rows = np.zeros_like(y)
    np.put_along_axis(rows, labels[..., None].astype(np.int64), 1, axis=-1)
    return rows


def _distribution(d: Array, who: str) -> FloatArray:
    d = as_float(d, who, "d", booleans=True)
    _within_one(d, who, "targets", "d", 0.0)
    sums = d.sum(axis=-1)
    wrong = np.abs(sums - 1) > np.sqrt(np.finfo(d.dtype).eps)
    if wrong.any():
        raise ValueError(f"{who} expects rows that sum to 1 as d, got a sum of {sums[wrong].flat[0]}")
    return d


def _within_one(values: FloatArray, who: str, what: str, name: str, slack: float) -> None:
    wrong = values[~((values >= -slack) & (values <= 1 + slack))]
    if wrong.size:
        raise ValueError(f"{who} expects {what} between 0 and 1 as {name}, got {wrong.flat[0]}")
