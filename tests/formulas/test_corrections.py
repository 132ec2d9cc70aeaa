"""The formulas of the corrections."""

import numpy as np

from dlnotes.activations import d_sigmoid, sigmoid
from dlnotes.gradients import numerical_gradient
from dlnotes.initializers import glorot
from dlnotes.optimizers import SGD

from .holds import holds


@holds("corrections#largest-stable-step", r"\eta < \frac{2}{\lambda_{\max}}")
def test_descent_on_a_quadratic_converges_below_two_over_the_largest_curvature() -> None:
    rng = np.random.default_rng(0)
    Q, curvatures = np.linalg.qr(rng.normal(size=(3, 3)))[0], np.array([0.5, 2.0, 7.0])
    A, limit = Q @ np.diag(curvatures) @ Q.T, 2 / curvatures.max()
    for factor, converges in ((0.3, True), (0.99, True), (1.01, False), (1.2, False)):
        params, optimizer = {"w": rng.normal(size=3)}, SGD(factor * limit)
        for _ in range(1000):
            optimizer.step(params, {"w": A @ params["w"]})
        assert (np.linalg.norm(params["w"]) < 1e-3) == converges


@holds(
    "corrections#gradient-through-a-layer",
    r"""\frac{\partial E}{\partial u^{(l)}} = w \, \sigma'(u^{(l)}) \, \frac{\partial E}{\partial u^{(l+1)}},
    \qquad \sigma'(0) = \frac{1}{4}""",
)
def test_the_gradient_through_a_layer_of_one_unit() -> None:
    rng = np.random.default_rng(1)
    for u, w, b, d in rng.normal(size=(20, 4)):
        (slope,) = numerical_gradient(lambda u, w=w, b=b, d=d: 0.5 * (w * sigmoid(u[0]) + b - d) ** 2, np.array([u]))
        after = w * sigmoid(u) + b - d  # the derivative with respect to the next layer's pre-activation
        np.testing.assert_allclose(slope, w * sigmoid(u) * (1 - sigmoid(u)) * after, rtol=1e-5, atol=1e-9)
    assert d_sigmoid(0.0) == 1 / 4


@holds("corrections#glorot-deviation", r"\sqrt{\frac{2}{n_{\mathrm{in}} + n_{\mathrm{out}}}}")
def test_the_deviation_of_glorot() -> None:
    n_in, n_out = 700, 500
    W = glorot((n_in, n_out), rng=np.random.default_rng(2))
    np.testing.assert_allclose(W.std(), np.sqrt(2 / (n_in + n_out)), rtol=0.01)
