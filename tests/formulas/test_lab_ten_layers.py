"""The formulas of the lab on ten layers."""

import math
from functools import partial

import numpy as np
import pytest

from dlnotes.gradients import directional_derivative
from dlnotes.initializers import glorot, he, normal
from dlnotes.layers import Linear, ReLU, Sequential, Tanh
from dlnotes.normalization import BatchNorm
from tests.formulas.cells import functions
from tests.formulas.holds import holds

rms = functions("ten-layers", "rms", np=np).rms


@holds(
    "labs/ten-layers#initial-spreads",
    r"s_{\mathrm{Glorot}} = \sqrt{\frac{2}{n_{in} + n_{out}}}, \; s_{\mathrm{He}} = \sqrt{\frac{2}{n_{in}}}",
)
def test_initial_spreads() -> None:
    rng, n_in, n_out = np.random.default_rng(0), 500, 1000
    np.testing.assert_allclose(np.std(glorot((n_in, n_out), rng=rng)), math.sqrt(2 / (n_in + n_out)), rtol=5e-3)
    np.testing.assert_allclose(np.std(he((n_in, n_out), rng=rng)), math.sqrt(2 / n_in), rtol=5e-3)


@holds("labs/ten-layers#growth-factor", r"r = \left( \frac{\mathrm{RMS}(z_9)}{\mathrm{RMS}(z_1)} \right)^{1/8}")
@pytest.mark.parametrize("factor", [0.5, 1.3])
def test_growth_factor(factor) -> None:
    rng, z = np.random.default_rng(1), []
    layers = [Linear(6, 6, rng=rng) for _ in range(9)]
    v = rng.standard_normal((4, 6))
    for layer in layers:  # each turns its input and multiplies it by the factor
        layer.params["W"] = factor * np.linalg.qr(rng.standard_normal((6, 6)))[0]
        z.append(v := layer.forward(v))
    z_1, z_9 = z[0], z[8]
    np.testing.assert_allclose((rms(z_9) / rms(z_1)) ** (1 / 8), factor)


@holds(
    "labs/ten-layers#predicted-growth",
    r"r_{\mathrm{ReLU}} = s \sqrt{\frac{n}{2}}, \quad r_{\tanh} \approx s \sqrt{n}",
)
@pytest.mark.parametrize("s", [0.02, 0.08])
def test_predicted_growth(s) -> None:
    rng, n = np.random.default_rng(2), 400
    x = rng.standard_normal((n, n))
    for activation, size, r in ((ReLU(), 1, s * math.sqrt(n / 2)), (Tanh(), 0.01, s * math.sqrt(n))):
        layer = Sequential(Linear(n, n, rng=rng, scale=s), activation)
        np.testing.assert_allclose(rms(layer.forward(size * x)) / rms(size * x), r, rtol=0.01)


@holds(
    "labs/ten-layers#normalized-spread",
    r"\sigma = s \sqrt{\frac{n}{2} \left( 1 - \frac{1}{\pi} \right)}",
)
@holds(
    "labs/ten-layers#gradient-growth",
    r"\frac{s \sqrt{n / 2}}{\sigma} = \sqrt{\frac{\pi}{\pi - 1}} \approx 1.21",
)
@pytest.mark.parametrize("s", [0.01, 1.0])
def test_gradient_growth(s) -> None:
    rng, n, N = np.random.default_rng(3), 300, 2000
    layers = Sequential(BatchNorm(n), ReLU(), Linear(n, n, rng=rng, init=partial(normal, scale=s)))
    sigma = s * math.sqrt(n / 2 * (1 - 1 / math.pi))
    u = sigma * rng.standard_normal((N, n))  # as the layer before would give them
    u_next = layers.forward(u)
    np.testing.assert_allclose(math.sqrt(u_next.var(axis=0).mean()), sigma, rtol=0.01)
    delta_next = 3 * rng.standard_normal((N, n))
    growth = rms(layers.backward(delta_next)) / rms(delta_next)
    np.testing.assert_allclose(growth, s * math.sqrt(n / 2) / sigma, rtol=0.01)
    np.testing.assert_allclose(growth, math.sqrt(math.pi / (math.pi - 1)), rtol=0.01)
    assert round(math.sqrt(math.pi / (math.pi - 1)), 2) == 1.21


@holds("labs/ten-layers#directional-check", r"\nabla E \cdot v \approx \frac{E(w + h v) - E(w - h v)}{2h}")
def test_directional_check() -> None:
    rng = np.random.default_rng(4)
    a, w, v, h = rng.standard_normal(5), rng.standard_normal(5), rng.standard_normal(5), 0.01

    def E(w):
        return (a * w**3).sum()

    difference = (E(w + h * v) - E(w - h * v)) / (2 * h)
    gradient = 3 * a * w**2
    np.testing.assert_allclose(difference, gradient @ v + h**2 * (a * v**3).sum())  # for cubes, exactly
    np.testing.assert_allclose(directional_derivative(E, w, v, h), difference)


@holds(
    "labs/ten-layers#running-variance",
    r"r_{\sigma^2} = \sigma^2 + (1 - m)^k (1 - \sigma^2)",
)
def test_running_variance() -> None:
    m, x = 0.1, np.random.default_rng(5).normal(3, 2, (20, 1))
    layer, variance = BatchNorm(1, momentum=m), np.var(x, ddof=1)  # the actual variance, always the same
    for k in range(1, 27):
        layer.forward(x)
        np.testing.assert_allclose(layer.buffers["running_var"], variance + (1 - m) ** k * (1 - variance))
