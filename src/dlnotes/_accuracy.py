"""Accuracy, and going to inference for a while; accuracy is public in `dlnotes.training`."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlnotes._batches import as_pair
from dlnotes._check import Array, FloatArray, as_integer, expect
from dlnotes.layers import Layer, Sequential

__all__ = ["accuracy", "as_labels", "find_labels", "modes", "set_modes"]

type Labels = NDArray[np.integer]
type Modes = list[tuple[Layer, bool]]


def accuracy(model: Layer, x: ArrayLike, d: ArrayLike, *, batch_size: int = 1000) -> float:
    r"""The share of samples that a model classifies rightly, over all samples, in inference.

    $$\frac{1}{N} \sum_{n=1}^{N} \Bigl[ \mathop{\mathrm{argmax}}_k u_{nk} = d_n \Bigr]$$

    Parameters
    ----------
    model : its output u is (N, K), pre-activations or probabilities, or (N, 1), pre-activations of yes or no.
    x : (N, ...) inputs.
    d : labels (N,), or rows (N, K) that sum to 1; for yes or no (N,) or (N, 1) of 1 and 0.
    batch_size : how many samples the model is given at a time.

    Returns
    -------
    A number from 0 to 1. The last, smaller batch counts by its size.

    Raises
    ------
    ValueError
        If the lengths differ, there is no sample, `d` is none of the above, or a label has no output.
    TypeError
        If `model` is not a Layer, `batch_size` is not an integer, or `x` or `d` is a masked array.

    Notes
    -----
    Yes is u > 0, where the sigmoid is above 1/2. A row with NaN is wrong. All layers go to inference
    (`model.eval()`) and afterwards back to the mode that each was in.

    References
    ----------
    Bishop (2006), Pattern Recognition and Machine Learning, 1.5 (the misclassification rate),
    doi:10.1007/978-0-387-45528-0.

    Examples
    --------
    >>> from dlnotes.layers import Identity
    >>> accuracy(Identity(), [[2.0, 1.0], [0.0, 3.0]], [0, 0])
    0.5
    """
    expect(model, Layer, "accuracy", "model")
    x, d = as_pair(x, d, "accuracy")
    labels, B = as_labels(d, "accuracy"), as_integer(batch_size, "accuracy", "batch_size")
    right, found = 0, modes(model)
    try:
        model.eval()
        for start in range(0, len(x), B):
            rows = slice(start, start + B)
            right += int(np.count_nonzero(_predicted(model.forward(x[rows]), d, labels[rows]) == labels[rows]))
    finally:
        set_modes(found)
    return right / len(x)


def as_labels(d: Array, who: str) -> Labels:
    """Targets as labels (N,); a ValueError if `d` holds no classes."""
    labels = find_labels(d)
    if labels is None:
        expected = "labels (N,), rows (N, K) that sum to 1, or 0 and 1"
        raise ValueError(f"{who} expects {expected} as d, got {d.dtype} of shape {d.shape}")
    return labels


def find_labels(d: Array) -> Labels | None:
    """Targets as labels: labels themselves, rows that sum to 1, yes and no as 1 and 0; None if `d` is none of these."""
    if d.dtype.kind in "iu" and d.ndim == 1:
        return d
    if d.dtype.kind not in "iubf" or d.ndim > 2:
        return None
    if d.ndim == 1 or d.shape[1] == 1:
        flat = d.reshape(-1)
        return flat.astype(np.int64) if ((flat == 0) | (flat == 1)).all() else None
    rows = d.astype(np.float64)
    is_distribution = (rows >= 0).all() and np.allclose(rows.sum(axis=1), 1, rtol=0, atol=1e-3)
    return rows.argmax(axis=1) if is_distribution else None


def _predicted(u: FloatArray, d: Array, labels: Labels) -> Labels:
    """The class of each row, -1 for a row with NaN."""
    if u.ndim not in (1, 2) or (d.ndim == 2 and d.shape[1:] != u.shape[1:]):
        expected = "outputs (N, K) for labels (N,)" if d.ndim == 1 else f"outputs (N, {d.shape[1]})"
        raise ValueError(f"accuracy expects {expected}, got {u.shape}")
    scores = u.reshape(len(u), -1)
    K = scores.shape[1]
    if labels.min() < 0 or labels.max() >= max(K, 2):
        wrong = labels.min() if labels.min() < 0 else labels.max()
        raise ValueError(f"accuracy expects labels from 0 to {max(K, 2) - 1} as d, got {wrong}")
    classes = scores.argmax(axis=1) if K > 1 else (scores[:, 0] > 0).astype(np.int64)
    return np.where(np.isnan(scores).any(axis=1), -1, classes)


def modes(model: Layer) -> Modes:
    """Each layer with whether it is in training, the model itself first."""
    inner = model.layers if isinstance(model, Sequential) else ()
    return [(model, model.training), *(pair for layer in inner for pair in modes(layer))]


def set_modes(found: Modes) -> None:
    """Put each layer to the mode that stands beside it; the outer ones first, as they pass it on."""
    for layer, training in found:
        layer.train() if training else layer.eval()
