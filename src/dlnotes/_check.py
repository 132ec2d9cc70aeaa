"""Checks of arguments. Every error says what was expected and what came."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__: list[str] = []

type Array = NDArray[Any]
type FloatArray = NDArray[np.floating[Any]]
type Scalar = np.floating[Any]


def as_array(x: ArrayLike, who: str, name: str) -> Array:
    """`x` as an array of whatever dtype it has; a mask would be lost, so a masked array is a TypeError."""
    if isinstance(x, np.ndarray) and hasattr(x, "mask"):  # to name np.ma here would double the time of the import
        raise TypeError(f"{who} expects a plain array as {name}, got {type(x).__name__}")
    try:
        return np.asarray(x)
    except ValueError:
        raise ValueError(f"{who} expects rows of equal length as {name}, got rows of different lengths") from None


def as_float(x: ArrayLike, who: str, name: str, *, booleans: bool = False) -> FloatArray:
    """`x` as floats: floats keep their dtype, integers become float64, all else is a TypeError."""
    array = as_array(x, who, name)
    if array.dtype.kind == "f":
        return array
    if array.dtype.kind in ("iub" if booleans else "iu"):
        return array.astype(np.float64)
    raise TypeError(f"{who} expects real numbers as {name}, got dtype {array.dtype}")


def as_finite(x: ArrayLike, who: str, name: str, *, booleans: bool = False) -> FloatArray:
    """`as_float`, and neither NaN nor infinity."""
    array = as_float(x, who, name, booleans=booleans)
    if not np.isfinite(array).all():
        raise ValueError(f"{who} expects finite numbers as {name}, got {array[~np.isfinite(array)][0]}")
    return array


def expect(value: object, kind: type, who: str, name: str) -> None:
    """Refuse what is not an instance of `kind`."""
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise TypeError(f"{who} expects {article} {kind.__name__} as {name}, got {type(value).__name__}")


def not_empty(x: Array, who: str, name: str) -> None:
    """Refuse an array without elements."""
    if x.size == 0:
        raise ValueError(f"{who} expects at least one sample as {name}, got shape {x.shape}")


def same_shape(a: Array, b: Array, who: str, names: str) -> None:
    """Refuse to broadcast."""
    if a.shape != b.shape:
        raise ValueError(f"{who} expects {names} of the same shape, got {a.shape} and {b.shape}")


def as_integer(n: object, who: str, name: str, minimum: int = 1) -> int:
    """`n` as an int of at least `minimum`."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise TypeError(f"{who} expects an integer as {name}, got {type(n).__name__}")
    if n < minimum:
        raise ValueError(f"{who} expects {name} >= {minimum}, got {n}")
    return int(n)


def as_float64(x: ArrayLike, who: str, name: str) -> FloatArray:
    """`x` as a new float64 array, finite and not empty; float32 is refused: differences need the digits."""
    dtype = as_array(x, who, name).dtype
    if dtype.kind == "f" and dtype.itemsize < 8:
        raise TypeError(f"{who} expects float64 as {name}, got {dtype}: differences need its digits")
    array = as_finite(x, who, name).astype(np.float64)
    not_empty(array, who, name)
    return array


def as_number(value: object, who: str, name: str) -> float:
    """`value` as one finite Python float: a NumPy scalar would change the dtype of what it meets."""
    array = as_finite(value, who, name)  # type: ignore[arg-type]
    if array.ndim != 0:
        raise ValueError(f"{who} expects one number as {name}, got shape {array.shape}")
    return float(array)


def as_result(value: object) -> float:
    """What a function that should return one real number has returned."""
    array = as_array(value, "a difference", "what the function returns")  # type: ignore[arg-type]
    if array.ndim != 0:
        raise ValueError(f"the function must return one number, got shape {array.shape}")
    if array.dtype.kind not in "fiu":
        raise TypeError(f"the function must return a real number, got dtype {array.dtype}")
    return float(array)


def as_positive(value: object, who: str, name: str) -> float:
    """`value` as a positive finite float."""
    number = as_number(value, who, name)
    if number <= 0:
        raise ValueError(f"{who} expects {name} > 0, got {number}")
    return number


def as_generator(rng: object, who: str) -> np.random.Generator:
    """`rng`, which must be a Generator and not a seed."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{who} expects rng=np.random.default_rng(seed), got {type(rng).__name__}")
    return rng
