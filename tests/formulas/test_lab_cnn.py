"""The formulas of the lab on a CNN."""

import math

import numpy as np
import pytest

from dlnotes.convolution import Conv2d
from dlnotes.gradients import numerical_gradient
from dlnotes.layers import Layer, Linear, SoftmaxWithLoss
from tests.formulas.cells import functions
from tests.formulas.holds import holds


@holds("labs/cnn#standard-error", r"\mathrm{SE} = \sqrt{\frac{p (1 - p)}{n}}")
@pytest.mark.parametrize(("p", "n"), [(0.3, 1), (0.96, 12), (0.5, 200)])
def test_standard_error(p, n) -> None:
    chances = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]  # k of n images right
    variance = sum(chance * (k / n - p) ** 2 for k, chance in enumerate(chances))
    np.testing.assert_allclose(math.sqrt(variance), math.sqrt(p * (1 - p) / n))


@holds("labs/cnn#layer-parameters", r"C_{out} (C_{in} F^2 + 1), \qquad (D + 1) K")
def test_layer_parameters() -> None:
    def count(layer: Layer) -> int:
        return sum(param.size for param in layer.params.values())

    rng, C_in, C_out, F, D, K = np.random.default_rng(0), 2, 5, 3, 7, 4
    assert count(Conv2d(C_in, C_out, F, rng=rng)) == C_out * (C_in * F**2 + 1)
    assert count(Linear(D, K, rng=rng)) == (D + 1) * K


@holds("labs/cnn#central-difference", r"\hat{g} = \frac{E(w + h) - E(w - h)}{2h}")
def test_central_difference() -> None:
    def E(w):
        return w**3

    w, h = 1.5, 0.1
    g_hat = (E(w + h) - E(w - h)) / (2 * h)
    np.testing.assert_allclose(g_hat, 3 * w**2 + h**2)  # the derivative and, for a cube, an error of h^2
    np.testing.assert_allclose(numerical_gradient(E, w, h), g_hat)


@holds("labs/cnn#gradient-error", r"\text{error} = \frac{\max |\hat{g} - g|}{\max |g|}")
def test_gradient_error() -> None:
    class Wrong(Linear):  # its gradient of W is not that of the loss
        def backward(self, dout):
            dx = super().backward(dout)
            self.grads["W"] = self.grads["W"] + wrong
            return dx

    rng = np.random.default_rng(0)
    wrong, x, d = 0.01 * rng.standard_normal((4, 3)), rng.standard_normal((5, 4)), np.array([0, 2, 1, 1, 0])
    lab = functions(
        "cnn", "relative_errors", np=np, SoftmaxWithLoss=SoftmaxWithLoss, numerical_gradient=numerical_gradient
    )
    errors = lab.relative_errors(model := Wrong(4, 3, rng=rng), x, d)
    g = model.grads["W"]
    g_hat = g - wrong
    np.testing.assert_allclose(errors["W"], abs(g_hat - g).max() / abs(g).max(), rtol=1e-6)


@holds("labs/cnn#filter-cosine", r"\cos_m = \frac{\langle W_m, W'_m \rangle}{\lVert W_m \rVert \, \lVert W'_m \rVert}")
@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2, 2.5])
def test_filter_cosine(angle) -> None:
    rng = np.random.default_rng(0)
    a, b = np.linalg.qr(rng.standard_normal((9, 2)))[0].T.reshape(2, 3, 3)  # of length 1, at right angles
    before, after = 1.7 * a, 0.6 * (np.cos(angle) * a + np.sin(angle) * b)  # turned by the angle
    cosine = (before * after).sum() / (np.linalg.norm(before) * np.linalg.norm(after))
    np.testing.assert_allclose(cosine, np.cos(angle), atol=1e-12)


@holds(
    "labs/cnn#squared-distance",
    r"\lVert x - x' \rVert^2 = \lVert x \rVert^2 - 2 \, x \cdot x' + \lVert x' \rVert^2",
)
def test_squared_distance() -> None:
    rng = np.random.default_rng(0)
    images, known = rng.random((20, 1, 8, 8)), rng.random((30, 1, 8, 8))
    nearest = functions("cnn", "nearest").nearest(images, known)  # by the right-hand side
    for n, x in enumerate(images):
        left = [sum(entry**2 for entry in (x - other).flat) for other in known]
        right = [(x**2).sum() - 2 * (x * other).sum() + (other**2).sum() for other in known]
        np.testing.assert_allclose(left, right)
        assert nearest[n] == np.argmin(left)
