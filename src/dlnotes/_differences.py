"""Central differences, and the comparison of a gradient with them; used by `dlnotes.gradients`."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, as_array, as_finite, as_generator, as_integer, as_positive, not_empty

__all__: list[str] = []

type Loss = Callable[[FloatArray], object]

ROUNDING = 10 * float(np.finfo(np.float64).eps)  # a loss may be off by this share of its size


class GradientError(AssertionError):
    """A gradient disagrees with central differences; the message names the parameter and the place.

    References
    ----------
    Baydin, Pearlmutter, Radul and Siskind (2018), arXiv:1502.05767.
    """


class Judge:
    """Compares one gradient with central differences."""

    def __init__(self, who: str, method: str, rng: object, h: float, tolerance: float, directions: int) -> None:
        if method not in ("entries", "directions"):
            raise ValueError(f"{who} expects method 'entries' or 'directions', got {method!r}")
        self.rng = as_generator(rng, who) if method == "directions" else None
        self.h = as_positive(h, who, "h")
        self.tolerance = as_positive(tolerance, who, "tolerance")
        self.directions = as_integer(directions, who, "directions")

    @np.errstate(all="ignore")
    def compare(self, name: str, f: Loss, analytic: FloatArray, x: FloatArray, size: float) -> tuple[float, int]:
        """The worst relative error and the number of evaluations, or a GradientError."""
        if analytic.shape != x.shape:
            raise GradientError(f"{name}: expected a gradient of shape {x.shape}, got {analytic.shape}")
        if self.rng is None:
            rows = [(str(i), float(analytic[i]), slope, height) for i, slope, height in entries(f, x, self.h)]
        else:
            rows = []
            for number in range(self.directions):
                v = self.rng.standard_normal(x.shape)
                v /= np.sqrt((v**2).sum())
                slope, height = along(f, x, v, self.h)
                rows.append((f"direction {number}", float((analytic * v).sum()), slope, height))
        a = np.array([row[1] for row in rows])
        n = np.array([row[2] for row in rows])
        size = max(size, *(row[3] for row in rows))
        noise = ROUNDING * max(1, size / self.h)
        floor = max(0.01 * float(np.abs(n).max()), noise / self.tolerance)
        errors = np.abs(a - n) / np.maximum(np.maximum(np.abs(a), np.abs(n)), floor)
        worst = int(np.argmax(errors))  # the first NaN, if there is one
        if not errors[worst] <= self.tolerance:
            place = f"{name} at {rows[worst][0]}" if x.ndim else name
            found = f"got {a[worst]:.6g}, central difference {n[worst]:.6g}"
            raise GradientError(f"{place}: {found}, relative error {errors[worst]:.2g}")
        return float(errors[worst]), 2 * len(rows)


def entries(f: Loss, x: FloatArray, h: float) -> Iterator[tuple[tuple[int, ...], float, float]]:
    """Index, central difference and size of the loss, for each entry of x."""
    for index in np.ndindex(x.shape):
        v = np.zeros_like(x)
        v[index] = 1
        yield index, *along(f, x, v, h)


def along(f: Loss, x: FloatArray, v: FloatArray, h: float) -> tuple[float, float]:
    """Central difference along v, and the size of the loss."""
    after, before = x + h * v, x - h * v
    if np.array_equal(after, before):
        raise ValueError(f"the step h = {h} is too small: x + h equals x - h")
    f_after, f_before = _number(f(after)), _number(f(before))
    return (f_after - f_before) / (2 * h), max(abs(f_after), abs(f_before))


def _number(value: object) -> float:
    array = np.asarray(value)
    if array.ndim != 0:
        raise ValueError(f"the function must return one number, got shape {array.shape}")
    if array.dtype.kind not in "fiu":
        raise TypeError(f"the function must return a real number, got dtype {array.dtype}")
    return float(array)


def as_float64(x: ArrayLike, who: str, name: str) -> FloatArray:
    dtype = as_array(x, who, name).dtype
    if dtype.kind == "f" and dtype.itemsize < 8:
        raise TypeError(f"{who} expects float64 as {name}, got {dtype}: differences need its digits")
    array = as_finite(x, who, name).astype(np.float64)
    not_empty(array, who, name)
    return array
