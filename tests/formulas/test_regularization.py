"""The formulas of the chapter on regularization."""

import numpy as np

from dlnotes.gradients import numerical_gradient
from dlnotes.layers import Dropout, IdentityWithLoss, Linear, d_l2_penalty, l2_penalty
from dlnotes.optimizers import SGD
from dlnotes.training import fit
from tests.formulas.holds import holds


@holds(
    "training/regularization#l2-penalty",
    r"""R = \frac{\lambda}{2} \sum_{l=1}^{L} \lVert W^{(l)} \rVert^2, \qquad
    \frac{\partial R}{\partial W^{(l)}} = \lambda W^{(l)}""",
)
def test_l2_penalty() -> None:
    rng = np.random.default_rng(0)
    decay, W = 0.3, [rng.standard_normal((3, 4)), rng.standard_normal((4, 2))]

    def R(*W):
        return l2_penalty({f"{i}.W": W_i for i, W_i in enumerate(W)} | {"0.b": np.ones(4)}, decay)

    np.testing.assert_allclose(R(*W), decay / 2 * sum(w**2 for W_l in W for w in W_l.flat))
    np.testing.assert_allclose(numerical_gradient(lambda W_1: R(W_1, W[1]), W[0]), decay * W[0])
    np.testing.assert_allclose(numerical_gradient(lambda W_2: R(W[0], W_2), W[1]), decay * W[1])


@holds(
    "training/regularization#decaying-update",
    r"""W \leftarrow W - \eta \left( \frac{\partial E}{\partial W} + \lambda W \right)
    = (1 - \eta \lambda) W - \eta \frac{\partial E}{\partial W}""",
)
def test_decaying_update() -> None:
    rng = np.random.default_rng(1)
    W, dW, eta, decay = rng.standard_normal((3, 2)), rng.standard_normal((3, 2)), 0.1, 0.3
    params = {"W": W}
    SGD(eta).step(params, {"W": dW + d_l2_penalty(params, decay)["W"]})
    np.testing.assert_allclose(params["W"], W - eta * (dW + decay * W))
    np.testing.assert_allclose(params["W"], (1 - eta * decay) * W - eta * dW)


@holds(
    "training/regularization#inverted-dropout",
    r"""y = \frac{m}{1 - p} z, \qquad \frac{\partial E}{\partial z} = \frac{m}{1 - p} \frac{\partial E}{\partial y}""",
)
def test_inverted_dropout() -> None:
    rng = np.random.default_rng(2)
    p, z, dE_dy = 0.3, rng.standard_normal((4, 5)), rng.standard_normal((4, 5))
    layer = Dropout(p, rng=rng)
    y, dE_dz = layer.forward(z), layer.backward(dE_dy)
    m = (y != 0).astype(float)
    assert 0 < m.mean() < 1
    np.testing.assert_allclose(y, m / (1 - p) * z)
    np.testing.assert_allclose(dE_dz, m / (1 - p) * dE_dy)
    np.testing.assert_allclose(dE_dz, numerical_gradient(lambda z: (dE_dy * (m / (1 - p) * z)).sum(), z), atol=1e-9)


@holds(
    "training/regularization#dropout-moments",
    r"""\mathbb{E}[y] = \frac{1 - p}{1 - p} z = z, \qquad
    \mathbb{V}[y] = \frac{p (1 - p)}{(1 - p)^2} z^2 = \frac{p}{1 - p} z^2""",
)
def test_dropout_moments() -> None:
    p, z, N = 0.3, 1.7, 10**6
    y = Dropout(p, rng=np.random.default_rng(3)).forward(np.full(N, z))
    np.testing.assert_allclose(y.mean(), z, rtol=5e-3)
    np.testing.assert_allclose(y.var(), p / (1 - p) * z**2, rtol=5e-3)
    # and exactly: y is 0 with probability p, and its other value with probability 1 - p
    value = y.max()
    mean = p * 0 + (1 - p) * value
    variance = p * (0 - mean) ** 2 + (1 - p) * (value - mean) ** 2
    np.testing.assert_allclose([mean, variance], [(1 - p) / (1 - p) * z, p * (1 - p) / (1 - p) ** 2 * z**2])
    np.testing.assert_allclose([mean, variance], [z, p / (1 - p) * z**2])


@holds(
    "training/regularization#best-epoch",
    r"t^\ast = \mathop{\mathrm{arg\,min}}_t E_{\mathrm{val}}(w^{(t)})",
)
def test_best_epoch() -> None:
    rng = np.random.default_rng(4)
    (x, x_val), true = rng.standard_normal((2, 12, 9)), rng.standard_normal((9, 1))
    d, d_val = x @ true + 2 * rng.standard_normal((12, 1)), x_val @ true
    unit, loss, E_val, kept, least = Linear(9, 1, rng=rng), IdentityWithLoss(), [], None, np.inf
    for t in range(60):
        E_val.append(loss.forward(unit.forward(x_val), d_val))
        if E_val[t] < least:  # a new minimum: keep these parameters
            least, kept = E_val[t], dict(unit.params)
        fit(unit, loss, x, d, learning_rate=0.05, epochs=1)
    best = min(range(60), key=lambda t: E_val[t])
    assert 0 < best < 59
    unit.params = kept
    assert loss.forward(unit.forward(x_val), d_val) == E_val[best]
