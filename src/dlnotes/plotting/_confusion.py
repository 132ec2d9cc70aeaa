"""Which class is taken for which."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike, NDArray

from dlnotes.plotting import _style as style
from dlnotes.plotting._scales import strongest

type Counts = NDArray[np.int64]


def confusion_matrix(
    d: ArrayLike,
    predicted: ArrayLike | None = None,
    *,
    labels: Sequence[object] | None = None,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw how often each class was taken for which: true classes in rows, predicted ones in columns.

    $$C_{ij} = \#\{n : d_n = i,\ y_n = j\}$$

    Parameters
    ----------
    d
        True classes, $(N,)$: integers from 0 or strings; or, without `predicted`, the counts
        $(K, K)$ themselves.
    predicted
        Predicted classes, $(N,)$, of the same kind.
    labels
        Names of the $K$ classes; by default the classes themselves, integers from 0 to the largest that
        occurs.
    ax
        Where to draw; by default pyplot's current axes.

    Returns
    -------
    Axes
        The axes.

    Raises
    ------
    TypeError
        If classes are neither integers nor strings, or counts not integers.
    ValueError
        If the shapes do not match, a class or count is negative, there is no sample, the labels are too few
        or too many, or the counts do not fit the axes.

    Notes
    -----
    Cells on the diagonal, the right answers, and beside it, the mistakes, have two colours; the share of the
    row gives the strength, by its cube root, so that few mistakes show. A cell with count 0 is empty.

    Examples
    --------
    >>> ax = confusion_matrix([0, 0, 1], [0, 1, 1])
    >>> sorted(text.get_text() for text in ax.texts)
    ['1', '1', '1']
    """
    counts, names = _count(d, predicted, labels)
    ax = style.current_axes(ax)
    paper, ink = style.paper(ax), style.ink()
    size, classes = style.SMALLEST, len(counts)
    width, height = style.inches(ax)
    rows = max(style.text_size(name, size)[0] for name in names)
    cell = (width - 0.6 - rows) / classes, (height - 0.7) / classes
    texts = {(i, j): str(counts[i, j]) for i, j in np.ndindex(counts.shape) if counts[i, j]}
    needed = max(style.text_size(text, size)[0] for text in [*texts.values(), *names]) + 0.07
    if needed > cell[0] or 1.1 * size / 72 > cell[1]:
        raise ValueError(
            f"{classes} classes do not fit the axes of {width:.1f} x {height:.1f} inches: enlarge the figure"
        )

    shares = np.cbrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    most = [strongest(style.cycle(k), paper, 4.6) for k in (0, 1)]
    rgb = np.array(
        [
            [style.mix(paper, style.cycle(int(i != j)), most[int(i != j)] * shares[i, j]) for j in range(classes)]
            for i in range(classes)
        ]
    )
    edge = classes - 0.5
    picture = AxesImage(ax, extent=(-0.5, edge, edge, -0.5), origin="upper", interpolation="none")
    picture.set_data(np.round(255 * rgb).astype(np.uint8))
    ax.add_image(picture)
    lines = np.arange(classes + 1) - 0.5
    faint = style.mix(paper, ink, 0.2)
    ax.hlines(lines, -0.5, edge, colors=[faint], linewidth=0.7)
    ax.vlines(lines, -0.5, edge, colors=[faint], linewidth=0.7)
    for (i, j), text in texts.items():
        ax.text(j, i, text, ha="center", va="center_baseline", size=size, color=ink)
    ax.set(xlim=(-0.52, edge + 0.02), ylim=(edge + 0.02, -0.52), xlabel="predicted class", ylabel="true class")
    ax.set_xticks(range(classes), names, size=size)
    ax.set_yticks(range(classes), names, size=size)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_aspect("equal" if needed <= min(cell) else "auto")
    return ax


def _count(d: ArrayLike, predicted: ArrayLike | None, labels: Sequence[object] | None) -> tuple[Counts, list[str]]:
    """Counts (K, K) and the names of the classes."""
    first = np.asarray(d)
    if predicted is None:
        if first.dtype.kind not in "iu":
            raise TypeError(f"counts expect integers, got dtype {first.dtype}")
        if first.ndim != 2 or first.shape[0] != first.shape[1] or first.size == 0:
            raise ValueError(f"counts expect (K, K), or d (N,) with predicted, got {first.shape} alone")
        if first.min() < 0:
            raise ValueError(f"counts expect numbers >= 0, got {first.min()}")
        return first.astype(np.int64), _names(labels, [str(k) for k in range(len(first))])
    both = [first, np.asarray(predicted)]
    for name, array in zip(("d", "predicted"), both, strict=True):
        if array.dtype.kind not in "iuU":
            raise TypeError(f"{name} expects integers or strings, got dtype {array.dtype}")
        if array.ndim != 1 or array.shape != first.shape or array.size == 0:
            raise ValueError(f"d and predicted expect (N,) alike, got {both[0].shape} and {both[1].shape}")
    if (both[0].dtype.kind == "U") != (both[1].dtype.kind == "U"):
        raise TypeError(f"d and predicted expect the same kind, got dtypes {both[0].dtype} and {both[1].dtype}")
    if first.dtype.kind == "U":
        classes, numbers = np.unique(np.concatenate(both), return_inverse=True)
        names = _names(labels, [str(c) for c in classes])
    else:
        numbers = np.concatenate(both)
        if numbers.min() < 0:
            raise ValueError(f"classes expect integers from 0, got {numbers.min()}")
        largest = int(numbers.max())
        names = _names(labels, [str(c) for c in range(max(largest + 1, len(labels or [])))])
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, tuple(numbers.reshape(2, -1)), 1)
    return counts, names


def _names(labels: Sequence[object] | None, default: list[str]) -> list[str]:
    if labels is None:
        return default
    if len(labels) != len(default):
        raise ValueError(f"labels expects {len(default)} names, one a class, got {len(labels)}")
    return [str(label) for label in labels]
