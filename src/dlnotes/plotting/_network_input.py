"""What a network diagram shows: sizes, numbers and texts, checked, and the rows of each layer."""

import operator
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlnotes.plotting import _style as style

type Floats = NDArray[np.float64]

BIAS = -1  # index of the bias node in a layer


def checked_sizes(sizes: Sequence[int]) -> list[int]:
    """The sizes as a list of positive integers."""
    try:
        counts = [operator.index(n) for n in sizes]
    except TypeError:
        raise TypeError(f"sizes expects a list of integers such as [2, 3, 1], got {sizes!r}") from None
    if not counts or min(counts) < 1:
        raise ValueError(f"sizes expects at least one layer and positive sizes, got {counts}")
    return counts


def arrays(name: str, given: Sequence[ArrayLike] | None, shapes: Sequence[tuple[int, ...]]) -> list[Floats] | None:
    """The given arrays as float64, each of the shape that the sizes demand."""
    if given is None:
        return None
    arrays = [np.asarray(a, dtype=np.float64) for a in given]
    got = [a.shape for a in arrays]
    if got != list(shapes):
        raise ValueError(f"{name} expects arrays of shapes {list(shapes)}, got {got}")
    if not all(np.isfinite(a).all() for a in arrays):
        raise ValueError(f"{name} expects finite numbers, got NaN or infinity")
    return arrays


def captions(labels: Sequence[str] | None, n: int) -> list[str]:
    """The captions given, or input, hidden 1, ..., output."""
    if labels is not None:
        if isinstance(labels, str) or len(labels) != n:
            raise ValueError(f"labels expects {n} captions, got {labels!r}")
        return list(labels)
    hidden = [f"hidden {k}" for k in range(1, n - 1)] if n != 3 else ["hidden"]
    return ["input", *hidden, "output"][:n] if n > 1 else ["input"]


def node_texts(
    counts: list[int], labels: Sequence[Sequence[str]] | None, states: list[Floats] | None, form: str
) -> list[list[str]]:
    """Texts in the circles: labels, else numbers, else symbols."""
    if labels is not None:
        if [len(layer) for layer in labels] != counts:
            raise ValueError(f"node_labels expects {counts} texts, got {[len(layer) for layer in labels]}")
        return [list(layer) for layer in labels]
    if states is not None:
        return [[style.number(float(v), form) for v in layer] for layer in states]
    last = len(counts) - 1

    def symbol(layer: int, i: int) -> str:
        if layer == 0:
            return f"$x_{{{i}}}$"
        if layer == last:
            return f"$y_{{{i}}}$" if counts[last] > 1 else "$y$"
        return f"$z_{{{i}}}$" if last == 2 else f"$z_{{{i}}}^{{({layer})}}$"

    return [[symbol(k, i + 1) for i in range(n)] for k, n in enumerate(counts)]


def column(n: int, max_nodes: int, *, bias: bool) -> list[int | None]:
    """What stands in the rows of a layer: indices of units, None for the dots, BIAS on top."""
    units: list[int | None] = list(range(n))
    if n > max_nodes:
        first = max_nodes // 2
        units = [*range(first), None, *range(n - (max_nodes - 1 - first), n)]
    return [BIAS, *units] if bias else units
