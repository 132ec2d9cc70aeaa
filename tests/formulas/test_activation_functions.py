"""The formulas of the chapter on activation functions."""

import numpy as np

from dlnotes.activations import sigmoid

from .holds import holds


@holds(
    "basics/activation-functions#sigmoid-derivative",
    r"""\sigma'(u) = \frac{e^{-u}}{(1 + e^{-u})^2} = \frac{1}{1 + e^{-u}} \cdot \frac{e^{-u}}{1 + e^{-u}}
    = \sigma(u) \bigl(1 - \sigma(u)\bigr)""",
)
def test_sigmoid_derivative() -> None:
    u, h = np.random.default_rng(0).normal(size=50), 1e-5
    slope = (sigmoid(u + h) - sigmoid(u - h)) / (2 * h)
    np.testing.assert_allclose(slope, np.exp(-u) / (1 + np.exp(-u)) ** 2, rtol=1e-8)
    np.testing.assert_allclose(slope, 1 / (1 + np.exp(-u)) * np.exp(-u) / (1 + np.exp(-u)), rtol=1e-8)
    np.testing.assert_allclose(slope, sigmoid(u) * (1 - sigmoid(u)), rtol=1e-8)
