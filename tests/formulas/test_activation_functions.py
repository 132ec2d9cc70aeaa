"""The formulas of the chapter on activation functions."""

import numpy as np

from dlnotes.activations import d_tanh, sigmoid, tanh
from dlnotes.gradients import numerical_gradient
from dlnotes.layers import Linear, Sequential

from .holds import holds


@holds("basics/activation-functions#linear-combination", r"f(\alpha u + \beta v) = \alpha f(u) + \beta f(v)")
def test_a_linear_function_keeps_sums_and_factors_and_a_bent_one_does_not() -> None:
    rng = np.random.default_rng(0)
    (alpha, beta), (u, v), W = rng.normal(size=2), rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    layer = Linear(3, 4, rng=rng, bias=False, init=lambda shape, **_: W)

    def f(u: np.ndarray) -> np.ndarray:
        return layer.forward(u[None])[0]

    np.testing.assert_allclose(f(alpha * u + beta * v), alpha * f(u) + beta * f(v), rtol=1e-12)
    assert not np.allclose(tanh(alpha * u + beta * v), alpha * tanh(u) + beta * tanh(v))


@holds(
    "basics/activation-functions#two-linear-layers",
    r"(x W^{(1)} + b^{(1)}) W^{(2)} + b^{(2)} = x \, W^{(1)} W^{(2)} + (b^{(1)} W^{(2)} + b^{(2)})",
)
def test_two_linear_layers_are_one() -> None:
    rng = np.random.default_rng(1)
    first, second, x = Linear(3, 5, rng=rng), Linear(5, 2, rng=rng), rng.normal(size=(4, 3))
    first.params["b"] = b1 = rng.normal(size=5)
    second.params["b"] = b2 = rng.normal(size=2)
    W1, W2 = first.params["W"], second.params["W"]
    y = Sequential(first, second).forward(x)
    np.testing.assert_allclose(y, (x @ W1 + b1) @ W2 + b2, rtol=1e-12)
    np.testing.assert_allclose(y, x @ (W1 @ W2) + (b1 @ W2 + b2), rtol=1e-12)


@holds(
    "basics/activation-functions#sigmoid-derivative",
    r"""\sigma'(u) = \frac{e^{-u}}{(1 + e^{-u})^2} = \frac{1}{1 + e^{-u}} \cdot \frac{e^{-u}}{1 + e^{-u}} =
    \sigma(u) \bigl(1 - \sigma(u)\bigr)""",
)
def test_sigmoid_derivative() -> None:
    u, h = np.random.default_rng(2).normal(size=50), 1e-5
    slope = (sigmoid(u + h) - sigmoid(u - h)) / (2 * h)
    np.testing.assert_allclose(slope, np.exp(-u) / (1 + np.exp(-u)) ** 2, rtol=1e-8)
    np.testing.assert_allclose(slope, 1 / (1 + np.exp(-u)) * (np.exp(-u) / (1 + np.exp(-u))), rtol=1e-8)
    np.testing.assert_allclose(slope, sigmoid(u) * (1 - sigmoid(u)), rtol=1e-8)


@holds(
    "basics/activation-functions#delta-backward",
    r"\delta^{(l)} = \bigl( \delta^{(l+1)} W^{(l+1) \top} \bigr) \odot f'(u^{(l)})",
)
def test_delta_goes_back_through_a_layer() -> None:
    rng = np.random.default_rng(3)
    u, W, c = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)

    def E(u: np.ndarray) -> float:
        return float((0.5 * (tanh(u) @ W - c) ** 2).sum())

    delta_next = tanh(u) @ W - c  # the loss with respect to the pre-activations of the next layer
    np.testing.assert_allclose(numerical_gradient(E, u), (delta_next @ W.T) * d_tanh(u), rtol=1e-6, atol=1e-9)


@holds("basics/activation-functions#mean-slope", r"\rho \approx g \, \sqrt{ \text{mean of } f'(u)^2 }")
def test_the_factor_of_a_layer_is_the_scale_times_the_root_mean_square_slope() -> None:
    rng, n, g = np.random.default_rng(4), 1500, 1.7
    W, u, delta = g / np.sqrt(n) * rng.normal(size=(n, n)), rng.normal(size=n), rng.normal(size=n)
    before, after = np.sqrt((delta**2).mean()), np.sqrt((((delta @ W.T) * d_tanh(u)) ** 2).mean())
    np.testing.assert_allclose(after / before, g * np.sqrt((d_tanh(u) ** 2).mean()), rtol=0.08)
