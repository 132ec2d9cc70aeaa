"""The formulas of the chapter on gradient descent."""

import numpy as np
import pytest

from dlnotes.gradients import numerical_gradient
from dlnotes.layers import IdentityWithLoss, Linear
from dlnotes.training import fit, gradient_descent, minibatches
from tests.formulas.holds import holds


@holds(
    "training/gradient-descent#update-step",
    r"""w^{(t+1)} = w^{(t)} - \eta \nabla E(w^{(t)}), \qquad \nabla E = \left[ \frac{\partial E}{\partial w_1},
    \frac{\partial E}{\partial w_2}, \ldots, \frac{\partial E}{\partial w_M} \right]""",
)
def test_update_step() -> None:
    def E(w_1, w_2, w_3):
        return w_1**2 * w_2 + np.exp(w_3) * w_1

    def gradient(w):
        return np.array([2 * w[0] * w[1] + np.exp(w[2]), w[0] ** 2, np.exp(w[2]) * w[0]])

    w, eta, i = np.array([0.5, -1.2, 0.3]), 0.1, 1e-20j
    path = gradient_descent(gradient, w, learning_rate=eta, steps=3)
    for t in range(3):
        w_1, w_2, w_3 = w
        partial = [E(w_1 + i, w_2, w_3), E(w_1, w_2 + i, w_3), E(w_1, w_2, w_3 + i)]  # complex steps
        w = w - eta * np.imag(partial) / 1e-20
        np.testing.assert_allclose(path[t + 1], w, rtol=1e-13)


def samples():
    """A linear unit, inputs x and targets d; the loss of sample n is that of the chapter on loss functions."""
    rng = np.random.default_rng(0)
    unit = Linear(3, 1, rng=rng, bias=False)
    x, d = rng.standard_normal((7, 3)), rng.standard_normal((7, 1))
    losses = [lambda w, n=n: 0.5 * (x[n] @ w - d[n, 0]) ** 2 for n in range(7)]
    return unit, x, d, losses


@holds(
    "training/gradient-descent#full-batch-update",
    r"w^{(t+1)} = w^{(t)} - \eta \nabla E, \qquad E = \frac{1}{N} \sum_{n=1}^{N} E_n",
)
def test_full_batch_update() -> None:
    unit, x, d, losses = samples()
    w, eta, N = unit.params["W"][:, 0], 0.1, 7
    gradient = numerical_gradient(lambda w: sum(E_n(w) for E_n in losses) / N, w)
    fit(unit, IdentityWithLoss(), x, d, learning_rate=eta, epochs=1)
    np.testing.assert_allclose(unit.params["W"][:, 0], w - eta * gradient, rtol=1e-8)


@holds("training/gradient-descent#stochastic-update", r"w^{(t+1)} = w^{(t)} - \eta \nabla E_n")
def test_stochastic_update() -> None:
    unit, x, d, losses = samples()
    w, eta = unit.params["W"][:, 0], 0.1
    for (n,), _ in minibatches(np.arange(7), np.arange(7), 1, rng=np.random.default_rng(1)):
        w = w - eta * numerical_gradient(losses[n], w)
    rng = np.random.default_rng(1)  # the same order
    fit(unit, IdentityWithLoss(), x, d, learning_rate=eta, epochs=1, batch_size=1, rng=rng)
    np.testing.assert_allclose(unit.params["W"][:, 0], w, rtol=1e-8)


@holds(
    "training/gradient-descent#mini-batch-update",
    r"""w^{(t+1)} = w^{(t)} - \eta \nabla E_t, \qquad E_t = \frac{1}{N_t} \sum_{n \in \mathcal{B}_t} E_n, \qquad
    N_t = \lvert \mathcal{B}_t \rvert""",
)
def test_mini_batch_update() -> None:
    unit, x, d, losses = samples()
    w, eta, sizes = unit.params["W"][:, 0], 0.1, []
    for B_t, _ in minibatches(np.arange(7), np.arange(7), 3, rng=np.random.default_rng(1)):
        N_t = len(B_t)
        w = w - eta * numerical_gradient(lambda w, B_t=B_t, N_t=N_t: sum(losses[n](w) for n in B_t) / N_t, w)
        sizes.append(N_t)
    assert sizes == [3, 3, 1]
    rng = np.random.default_rng(1)  # the same order
    fit(unit, IdentityWithLoss(), x, d, learning_rate=eta, epochs=1, batch_size=3, rng=rng)
    np.testing.assert_allclose(unit.params["W"][:, 0], w, rtol=1e-8)


@holds(
    "training/gradient-descent#quadratic-approximation",
    r"""E(w) = E(w^\ast) + \frac{\lambda}{2} (w - w^\ast)^2, \qquad \nabla E = \lambda (w - w^\ast)""",
)
@pytest.mark.parametrize("side", [-1, 1])
def test_quadratic_approximation(side) -> None:
    def E(w):  # has its minimum at 2, where the second derivative is 6 / 4
        return 3 * w - 6 * np.log(w)

    minimum, curvature = 2.0, 1.5
    w = minimum + side * 1e-3
    np.testing.assert_allclose(E(w) - E(minimum), curvature / 2 * (w - minimum) ** 2, rtol=2e-3)
    np.testing.assert_allclose(numerical_gradient(E, w), curvature * (w - minimum), rtol=2e-3)


@holds("training/gradient-descent#distance-factor", r"w^{(t+1)} - w^\ast = (1 - \eta \lambda)(w^{(t)} - w^\ast)")
@pytest.mark.parametrize("eta", [0.1, 0.5, 0.9])
def test_distance_factor(eta) -> None:
    curvature, minimum = 1.5, 2.0
    w = gradient_descent(lambda w: curvature * (w - minimum), 7.0, learning_rate=eta, steps=5)
    for t in range(5):
        np.testing.assert_allclose(w[t + 1] - minimum, (1 - eta * curvature) * (w[t] - minimum))


@holds("training/gradient-descent#learning-rate-limit", r"0 < \eta < \frac{2}{\lambda}")
@pytest.mark.parametrize("curvature", [0.1, 3.0])
def test_learning_rate_limit(curvature) -> None:
    def end(eta):
        w = 1.0
        for _ in range(5000):
            w = w - eta * curvature * w  # the minimum is 0
        return abs(w)

    limit = 2 / curvature
    assert end(0.01 * limit) < 1e-6
    assert end(0.99 * limit) < 1e-6
    assert end(0.0) == 1
    assert end(limit) == pytest.approx(1)
    assert end(-0.01 * limit) > 1e6
    assert end(1.01 * limit) > 1e6
