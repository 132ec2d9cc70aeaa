"""Numerical gradients, and checks of a gradient against them. All in float64.

- `numerical_gradient`, `directional_derivative`: central differences
- `check_gradient`, `check_layer`: a gradient or a layer against them
- `GradientReport`, `GradientError`: what a passed check measured, what a failed one raises

In float32 a difference of two losses has no digits left, so float32 is a TypeError here. Near a kink (ReLU at
0) a central difference is a mean of two slopes: check at inputs that are further than `h` from one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, as_float, as_float64, as_generator, as_integer, as_positive, as_result, expect
from dlnotes.layers import Layer

__all__ = [
    "GradientError",
    "GradientReport",
    "check_gradient",
    "check_layer",
    "directional_derivative",
    "numerical_gradient",
]

type Loss = Callable[[FloatArray], object]
type Method = Literal["entries", "directions"]


class GradientError(AssertionError):
    """A gradient disagrees with central differences; the message names the parameter and the place.

    References
    ----------
    Baydin, Pearlmutter, Radul and Siskind (2018), arXiv:1502.05767.
    """


@dataclass(frozen=True)
class GradientReport:
    """What a passed check measured.

    Parameters
    ----------
    errors : the worst relative error of each parameter.
    evaluations : how often the loss was evaluated.

    References
    ----------
    Baydin, Pearlmutter, Radul and Siskind (2018), arXiv:1502.05767.
    """

    errors: dict[str, float]
    evaluations: int


def numerical_gradient(f: Loss, x: ArrayLike, h: float = 1e-5) -> FloatArray:
    r"""Gradient of a scalar function by central differences.

    $$\frac{\partial f}{\partial x_i} \approx \frac{f(x + h e_i) - f(x - h e_i)}{2h}$$

    Parameters
    ----------
    f : function of an array, returning one number. It gets a float64 copy of `x`.
    x : float64 array of any shape, or integers, which are converted; it is not changed.
    h : the step.

    Returns
    -------
    float64 array of the shape of `x`. The function was called twice per entry.

    Raises
    ------
    ValueError
        If x + h equals x, `x` is not finite or empty, or `f` returns more than one number.
    TypeError
        If `x` is float32 or not a real number.

    Notes
    -----
    The error is $h^2 f''' / 6$ from truncation plus about $\epsilon |f| / h$ from rounding ($\epsilon$ =
    2e-16), and is smallest near $h = \epsilon^{1/3}$ = 6e-6.

    References
    ----------
    Squire and Trapp (1998), doi:10.1137/S003614459631241X. Goldberg (1991), doi:10.1145/103162.103163.
    """
    x, h = as_float64(x, "numerical_gradient", "x"), as_positive(h, "numerical_gradient", "h")
    return np.array([_along(f, x, e_i, h)[0] for _, e_i in _units(x)]).reshape(x.shape)


def directional_derivative(f: Loss, x: ArrayLike, v: ArrayLike, h: float = 1e-5) -> float:
    r"""Derivative of a scalar function along v by a central difference: two evaluations for any size of x.

    $$\nabla f(x) \cdot v \approx \frac{f(x + h v) - f(x - h v)}{2h}$$

    Parameters
    ----------
    f : function of an array, returning one number. It gets a float64 copy.
    x : float64 or integer array.
    v : direction, of the same shape; it is not normalised.
    h : the step.

    Returns
    -------
    float

    Raises
    ------
    ValueError, TypeError
        As `numerical_gradient`, or if the shapes differ.

    References
    ----------
    Baydin, Pearlmutter, Radul and Siskind (2018), arXiv:1502.05767.
    """
    x, v = as_float64(x, "directional_derivative", "x"), as_float64(v, "directional_derivative", "v")
    if v.shape != x.shape:
        raise ValueError(f"directional_derivative expects v of shape {x.shape}, got {v.shape}")
    return _along(f, x, v, as_positive(h, "directional_derivative", "h"))[0]


def _along(f: Loss, x: FloatArray, v: FloatArray, h: float) -> tuple[float, float]:
    """Central difference along v, and the size of f there."""
    with np.errstate(over="ignore", invalid="ignore"):
        after, before = x + h * v, x - h * v
    if np.array_equal(after, before):
        raise ValueError(f"the step h = {h} is too small: x + h equals x - h")
    f_after, f_before = as_result(f(after)), as_result(f(before))
    return (f_after - f_before) / (2 * h), max(abs(f_after), abs(f_before))


def _units(x: FloatArray) -> Iterator[tuple[tuple[int, ...], FloatArray]]:
    for i in np.ndindex(x.shape):
        e_i = np.zeros_like(x)
        e_i[i] = 1
        yield i, e_i


def check_gradient(
    f: Loss,
    gradient: Callable[[FloatArray], ArrayLike],
    x: ArrayLike,
    *,
    method: Method = "entries",
    rng: np.random.Generator | None = None,
    h: float = 1e-5,
    tolerance: float = 1e-6,
    directions: int = 4,
) -> GradientReport:
    r"""Check the gradient of a scalar function.

    $$\frac{|a - n|}{\max(|a|, |n|, s)} \le \text{tolerance}$$

    for each entry: a from `gradient`, n by central differences, s a hundredth of the largest entry (and never
    so small that the rounding of the loss itself is judged).

    Parameters
    ----------
    f : function of an array, returning one number.
    gradient : function of an array, returning the gradient to check, of the shape of `x`.
    x : float64 or integer array.
    method : "entries" compares every entry, "directions" the derivative along random unit vectors; either
        takes two evaluations each.
    rng : source of the directions; needed for them alone.
    h : the step.
    tolerance : the largest relative error that passes.
    directions : how many of them.

    Returns
    -------
    GradientReport, with one entry "x".

    Raises
    ------
    GradientError
        If the gradient is wrong, has another shape, or is NaN.
    ValueError, TypeError
        As `numerical_gradient`, or if the gradient is not of real numbers.

    References
    ----------
    Baydin, Pearlmutter, Radul and Siskind (2018), arXiv:1502.05767.
    """
    x = as_float64(x, "check_gradient", "x")
    check = _Check("check_gradient", method, rng, h, tolerance, directions)
    check.compare("x", f, as_float(gradient(x.copy()), "check_gradient", "gradient"), x, 0.0)
    return GradientReport(check.errors, check.evaluations)


@np.errstate(over="ignore", invalid="ignore")
def check_layer(
    layer: Layer,
    x: ArrayLike,
    *,
    rng: np.random.Generator,
    method: Method = "entries",
    h: float = 1e-5,
    tolerance: float = 1e-6,
    directions: int = 4,
) -> GradientReport:
    r"""Check a layer's backward pass: its input and every parameter.

    $$E(x, W, b, \dots) = \sum_i r_i \, y_i, \qquad \frac{\partial E}{\partial y} = r$$

    with random r as the upstream gradient: ones would not see a backward that is wrong in what it sums over.

    Parameters
    ----------
    layer : the layer, with float64 parameters; they are put back afterwards.
    x : float64 or integer input.
    rng : source of the upstream gradient and of the directions.
    method, h, tolerance, directions : as in `check_gradient`.

    Returns
    -------
    GradientReport, with an entry "x" and one for each parameter.

    Raises
    ------
    GradientError
        If a gradient is wrong, missing, of another shape or NaN, or if the layer changed `x` or the upstream
        gradient.
    ValueError, TypeError
        As `numerical_gradient`, or if `layer` is not a Layer, a parameter not float64, a gradient not real.

    References
    ----------
    Baydin, Pearlmutter, Radul and Siskind (2018), arXiv:1502.05767.
    """
    expect(layer, Layer, "check_layer", "layer")
    rng = as_generator(rng, "check_layer").spawn(1)[0]  # else the seed that made x would make r = x
    check = _Check("check_layer", method, rng, h, tolerance, directions)
    x = as_float64(x, "check_layer", "x")
    params = {name: as_float64(layer.params[name], "check_layer", name) for name in layer.params}
    passed = x.copy()
    y = layer.forward(passed)
    r = rng.standard_normal(y.shape)
    dout = r.copy()
    dx = as_float(layer.backward(dout), "check_layer", "dx").copy()
    if not (np.array_equal(passed, x) and np.array_equal(dout, r)):
        raise GradientError(f"{type(layer).__name__} changed its argument")
    if set(layer.grads) != set(params):
        raise GradientError(f"expected gradients of {sorted(params)}, got {sorted(layer.grads)}")
    grads = {name: as_float(layer.grads[name], "check_layer", f"d{name}").copy() for name in params}
    size = float(np.abs(r * y).sum())
    check.compare("x", lambda x: (r * layer.forward(x)).sum(), dx, x, size)
    for name, start in params.items():
        original = layer.params[name]

        def E(value: FloatArray, name: str = name) -> object:
            layer.params[name] = value
            return (r * layer.forward(x)).sum()

        try:
            check.compare(name, E, grads[name], start, size)
        finally:
            layer.params[name] = original
    return GradientReport(check.errors, check.evaluations)


class _Check:
    """Compares gradients with central differences and keeps the worst error of each."""

    def __init__(self, who: str, method: str, rng: object, h: float, tolerance: float, directions: int) -> None:
        if method not in ("entries", "directions"):
            raise ValueError(f"{who} expects method 'entries' or 'directions', got {method!r}")
        self.rng = as_generator(rng, who) if method == "directions" else None
        self.h, self.tolerance = as_positive(h, who, "h"), as_positive(tolerance, who, "tolerance")
        self.directions = as_integer(directions, who, "directions")
        self.errors: dict[str, float] = {}
        self.evaluations = 0

    @np.errstate(all="ignore")
    def compare(self, name: str, f: Loss, analytic: FloatArray, x: FloatArray, size: float) -> None:
        """Raise a GradientError if the worst relative error exceeds the tolerance."""
        if analytic.shape != x.shape:
            raise GradientError(f"{name}: expected a gradient of shape {x.shape}, got {analytic.shape}")
        steps: Iterator[tuple[object, FloatArray]] = _units(x)
        if self.rng is not None:
            random = self.rng.standard_normal((self.directions, *x.shape))
            steps = ((f"direction {k}", v / np.sqrt((v**2).sum())) for k, v in enumerate(random))
        rows = [(place, float((analytic * v)[v != 0].sum()), *_along(f, x, v, self.h)) for place, v in steps]
        a, n = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
        size = max(size, *(row[3] for row in rows))
        rounding = 10 * float(np.finfo(np.float64).eps) * max(1, size / self.h)  # what it may change in n
        s = max(0.01 * float(np.abs(n).max()), rounding / self.tolerance)
        errors = np.abs(a - n) / np.maximum(np.maximum(np.abs(a), np.abs(n)), s)
        worst = int(np.argmax(errors))  # the first NaN, if there is one
        if not errors[worst] <= self.tolerance:
            place = f"{name} at {rows[worst][0]}" if x.ndim else name
            found = f"got {a[worst]:.6g}, central difference {n[worst]:.6g}"
            raise GradientError(f"{place}: {found}, relative error {errors[worst]:.2g}")
        self.errors[name] = float(errors[worst])
        self.evaluations += 2 * len(rows)
