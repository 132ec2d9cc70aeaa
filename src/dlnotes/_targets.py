"""Checks of predictions and targets that the losses share."""

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, as_array, as_finite, as_float, not_empty, same_shape

__all__: list[str] = []


def regression(y: ArrayLike, d: ArrayLike, who: str) -> tuple[FloatArray, FloatArray]:
    """Outputs and targets of one shape, (K,) or (N, K), in the dtype of the outputs."""
    outputs = as_float(y, who, "y")
    not_empty(outputs, who, "y")
    if outputs.ndim not in (1, 2):
        raise ValueError(f"{who} expects (K,) or (N, K) as y, got {outputs.shape}")
    targets = as_finite(d, who, "d", booleans=True)
    same_shape(outputs, targets, who, "y and d")
    return outputs, targets.astype(outputs.dtype)


def binary(y: ArrayLike, d: ArrayLike, who: str, name: str) -> tuple[FloatArray, FloatArray]:
    """Predictions and targets between 0 and 1, of one shape: (), (N,) or (N, K)."""
    outputs = as_float(y, who, name)
    not_empty(outputs, who, name)
    if outputs.ndim > 2:
        raise ValueError(f"{who} expects (N,) or (N, K) as {name}, got {outputs.shape}")
    targets = as_float(d, who, "d", booleans=True)
    same_shape(outputs, targets, who, f"{name} and d")
    _within_one(targets, who, "targets", "d", 0.0)
    return outputs, targets.astype(outputs.dtype)


def categorical(y: ArrayLike, d: ArrayLike, who: str, name: str) -> tuple[FloatArray, FloatArray]:
    """Predictions (K,) or (N, K), and targets of any form as rows of the same shape."""
    outputs = as_float(y, who, name)
    not_empty(outputs, who, name)
    if outputs.ndim not in (1, 2):
        raise ValueError(f"{who} expects (K,) or (N, K) as {name}, got {outputs.shape}")
    targets = as_array(d, who, "d")
    if targets.shape == outputs.shape[:-1]:
        return outputs, _one_hot(targets, outputs, who)
    if targets.shape != outputs.shape:
        expected = f"labels {outputs.shape[:-1]} or rows {outputs.shape}"
        raise ValueError(f"{who} expects {expected} as d for {name} of shape {outputs.shape}, got {targets.shape}")
    rows = as_float(targets, who, "d", booleans=True)
    _within_one(rows, who, "targets", "d", 0.0)
    sums = rows.sum(axis=-1)
    wrong = np.abs(sums - 1) > np.sqrt(np.finfo(rows.dtype).eps)
    if wrong.any():
        raise ValueError(f"{who} expects rows that sum to 1 as d, got a sum of {sums[wrong].flat[0]}")
    return outputs, rows.astype(outputs.dtype)


def probabilities(y: FloatArray, who: str) -> FloatArray:
    """Predictions between 0 and 1; what rounding put beyond an end is set back to it."""
    _within_one(y, who, "probabilities", "y", float(np.sqrt(np.finfo(y.dtype).eps)))
    return np.clip(y, 0, 1)


def weighted(d: FloatArray, values: FloatArray) -> FloatArray:
    """d times values, where 0 times infinity is 0."""
    return np.where(d == 0, np.zeros_like(values), d * values)


def batch_size(y: FloatArray, sample_ndim: int) -> int:
    """How many samples the mean is over; 1 if `y` is a single sample."""
    return y.shape[0] if y.ndim > sample_ndim else 1


def _one_hot(labels: FloatArray, outputs: FloatArray, who: str) -> FloatArray:
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{who} expects integers as labels d, got dtype {labels.dtype}")
    classes = outputs.shape[-1]
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise ValueError(f"{who} expects labels from 0 to {classes - 1} as d, got {wrong.flat[0]}")
    rows = np.zeros_like(outputs)
    np.put_along_axis(rows, labels[..., None].astype(np.int64), 1, axis=-1)
    return rows


def _within_one(values: FloatArray, who: str, what: str, name: str, slack: float) -> None:
    wrong = values[~((values >= -slack) & (values <= 1 + slack))]
    if wrong.size:
        raise ValueError(f"{who} expects {what} between 0 and 1 as {name}, got {wrong.flat[0]}")
