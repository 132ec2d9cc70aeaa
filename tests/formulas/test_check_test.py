"""The formulas of the check test."""

import numpy as np

from dlnotes.activations import relu, sigmoid
from dlnotes.gradients import numerical_gradient
from dlnotes.layers import Linear
from dlnotes.losses import half_squared_error, mean_squared_error
from dlnotes.optimizers import SGD

from .holds import holds


@holds(
    "check-test#weights-and-inputs",
    r"""w = \begin{pmatrix} w_1 \\ \vdots \\ w_D \end{pmatrix}, \qquad x = \begin{pmatrix} x_1 \\ \vdots \\ x_D
    \end{pmatrix}""",
)
def test_weights_and_inputs_have_as_many_entries() -> None:
    rng, D = np.random.default_rng(0), 6
    w, x = rng.normal(size=D), rng.normal(size=D)
    layer = Linear(D, 1, rng=rng, bias=False, init=lambda *_, **__: w[:, None])
    one_by_one = sum(w[i] * x[i] for i in range(D))  # w_1 x_1 + ... + w_D x_D
    np.testing.assert_allclose(layer.forward(x[None])[0, 0], one_by_one, rtol=1e-12)


@holds("check-test#additivity-and-homogeneity", r"f(u + v) = f(u) + f(v), \qquad f(cu) = c f(u)")
def test_a_linear_layer_is_linear_and_relu_is_not() -> None:
    rng = np.random.default_rng(1)
    layer, (u, v), c = Linear(3, 4, rng=rng, bias=False), rng.normal(size=(2, 1, 3)), -1.7
    f = layer.forward
    np.testing.assert_allclose(f(u + v), f(u) + f(v), rtol=1e-9)
    np.testing.assert_allclose(f(c * u), c * f(u), rtol=1e-9)
    assert not np.allclose(relu(c * u), c * relu(u))


@holds("check-test#squared-error-of-a-sample", r"E_n = \frac{1}{2} \sum_{k=1}^{K} (y_{nk} - d_{nk})^2")
def test_squared_error_of_a_sample() -> None:
    y, d = np.random.default_rng(2).normal(size=(2, 5, 3))
    E = [0.5 * sum((y[n, k] - d[n, k]) ** 2 for k in range(3)) for n in range(5)]
    np.testing.assert_allclose([half_squared_error(y[n : n + 1], d[n : n + 1]) for n in range(5)], E, rtol=1e-12)
    np.testing.assert_allclose(half_squared_error(y, d), np.mean(E), rtol=1e-12)


@holds("check-test#stochastic-update", r"w^{(t+1)} = w^{(t)} - \eta \nabla E_t")
def test_an_update_goes_against_the_gradient_of_its_batch() -> None:
    rng, eta = np.random.default_rng(3), 0.2
    x, d, w = rng.normal(size=(8, 3)), rng.normal(size=(8, 1)), rng.normal(size=(3, 1))
    params, optimizer = {"w": w.copy()}, SGD(eta)
    for batch in np.split(np.arange(8), 4):
        gradient = numerical_gradient(lambda w, t=batch: half_squared_error(x[t] @ w, d[t]), w)
        optimizer.step(params, {"w": x[batch].T @ (x[batch] @ w - d[batch]) / 2})
        w = w - eta * gradient
        np.testing.assert_allclose(params["w"], w, rtol=1e-8)


@holds(
    "check-test#chain-of-the-output-layer",
    r"""(1) \quad \frac{\partial E}{\partial y} \frac{\partial y}{\partial u} \qquad\qquad (2) \quad
    \frac{\partial E}{\partial y} \frac{\partial y}{\partial u} \frac{\partial u}{\partial w_{ji}^{(2)}}""",
)
def test_the_chain_rule_at_the_output_layer() -> None:
    rng = np.random.default_rng(4)
    z, w, d = sigmoid(rng.normal(size=5)), rng.normal(size=(5, 2)), rng.normal(size=2)
    y = u = z @ w  # the identity is the output's activation function
    dE_dy, dy_du = 2 / 2 * (y - d), 1.0
    first = numerical_gradient(lambda u: mean_squared_error(u, d), u)
    second = numerical_gradient(lambda w: mean_squared_error(z @ w, d), w)
    np.testing.assert_allclose(first, dE_dy * dy_du, rtol=1e-7)
    for j in range(5):
        for i in range(2):
            np.testing.assert_allclose(second[j, i], dE_dy[i] * dy_du * z[j], rtol=1e-6)
