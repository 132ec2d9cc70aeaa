"""Numerical gradients, and checks of a gradient against them. All in float64.

- `numerical_gradient`, `directional_derivative`: central differences
- `check_gradient`, `check_layer`: a gradient or a layer against them
- `GradientReport`: what a passed check measured
- `GradientError`: raised by a failed one

In float32 a difference of two losses has no digits left, so float32 is a TypeError here. Near a kink (ReLU at
0) a central difference is a mean of two slopes: check at inputs that are further than `h` from one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, as_generator, as_positive
from dlnotes._differences import GradientError, Judge, Loss, along, as_float64, entries
from dlnotes.layers import Layer

__all__ = [
    "GradientError",
    "GradientReport",
    "check_gradient",
    "check_layer",
    "directional_derivative",
    "numerical_gradient",
]

type Method = Literal["entries", "directions"]


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
    point = as_float64(x, "numerical_gradient", "x")
    step = as_positive(h, "numerical_gradient", "h")
    gradient = np.empty_like(point)
    for index, derivative, _ in entries(f, point, step):
        gradient[index] = derivative
    return gradient


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
    point = as_float64(x, "directional_derivative", "x")
    direction = as_float64(v, "directional_derivative", "v")
    if direction.shape != point.shape:
        raise ValueError(f"directional_derivative expects v of shape {point.shape}, got {direction.shape}")
    return along(f, point, direction, as_positive(h, "directional_derivative", "h"))[0]


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
        As `numerical_gradient`.

    References
    ----------
    Baydin, Pearlmutter, Radul and Siskind (2018), arXiv:1502.05767.
    """
    point = as_float64(x, "check_gradient", "x")
    analytic = np.asarray(gradient(point.copy()))
    judge = Judge("check_gradient", method, rng, h, tolerance, directions)
    error, evaluations = judge.compare("x", f, analytic, point, 0.0)
    return GradientReport({"x": error}, evaluations)


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
        As `numerical_gradient`, or if a parameter is not float64.

    References
    ----------
    Baydin, Pearlmutter, Radul and Siskind (2018), arXiv:1502.05767.
    """
    generator = as_generator(rng, "check_layer").spawn(1)[0]  # else the seed that made x would make r = x
    judge = Judge("check_layer", method, generator, h, tolerance, directions)
    point = as_float64(x, "check_layer", "x")
    parameters = {name: as_float64(layer.params[name], "check_layer", name) for name in layer.params}
    passed = point.copy()
    y = layer.forward(passed)
    upstream = generator.standard_normal(y.shape)
    dout = upstream.copy()
    analytic = {"x": np.array(layer.backward(dout))}
    if not (np.array_equal(passed, point) and np.array_equal(dout, upstream)):
        raise GradientError(f"{type(layer).__name__} changed its argument")
    if set(layer.grads) != set(parameters):
        raise GradientError(f"expected gradients of {sorted(parameters)}, got {sorted(layer.grads)}")
    analytic |= {name: np.array(layer.grads[name]) for name in parameters}
    size = float(np.abs(upstream * y).sum())
    report = {"x": judge.compare("x", lambda p: (upstream * layer.forward(p)).sum(), analytic["x"], point, size)}
    for name, start in parameters.items():
        original = layer.params[name]

        def loss(p: FloatArray, name: str = name) -> object:
            layer.params[name] = p
            return (upstream * layer.forward(point)).sum()

        try:
            report[name] = judge.compare(name, loss, analytic[name], start, size)
        finally:
            layer.params[name] = original
    return GradientReport({name: error for name, (error, _) in report.items()}, sum(n for _, n in report.values()))
