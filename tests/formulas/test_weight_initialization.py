"""The formulas of the chapter on weight initialization: averages over all signs of the weights, which are exact."""

import itertools

import numpy as np

from dlnotes.gradients import numerical_gradient
from dlnotes.initializers import he
from dlnotes.layers import IdentityWithLoss, Linear, ReLU, Sequential
from tests.formulas.holds import holds


@holds(
    "training/weight-initialization#forward-mean-square",
    r"u_k = \sum_{i=1}^{n_{in}} x_i W_{ik}, \qquad \langle u^2 \rangle = n_{in} s^2 \langle x^2 \rangle",
)
def test_forward_mean_square() -> None:
    rng = np.random.default_rng(0)
    n_in, s = 8, 0.3
    x, layer = rng.normal(2, 1, n_in), Linear(8, 2**8, rng=rng)
    # each column k has another of the 2^8 choices of signs: mean 0, variance s^2, independent
    W = layer.params["W"] = s * np.array(list(itertools.product([-1.0, 1.0], repeat=n_in))).T
    u = layer.forward(x[np.newaxis])[0]
    for k in range(0, 2**8, 50):
        np.testing.assert_allclose(u[k], sum(x[i] * W[i, k] for i in range(n_in)))
    np.testing.assert_allclose(np.mean(u**2), n_in * s**2 * np.mean(x**2))


@holds(
    "training/weight-initialization#he-variance",
    r"""\langle z^2 \rangle = \frac{1}{2} \langle u^2 \rangle \quad \Rightarrow \quad
    \frac{1}{2} n_{in} s^2 = 1 \quad \Rightarrow \quad s^2 = \frac{2}{n_{in}}""",
)
def test_he_variance() -> None:
    rng = np.random.default_rng(1)
    n_in = 8
    x, s = rng.normal(2, 1, n_in), np.sqrt(2 / n_in)
    W = s * np.array(list(itertools.product([-1.0, 1.0], repeat=n_in))).T  # all choices of signs
    u = x @ W
    z = ReLU().forward(u)
    np.testing.assert_allclose(np.mean(z**2), np.mean(u**2) / 2)
    np.testing.assert_allclose(np.mean(z**2), np.mean(x**2))  # the size stays
    np.testing.assert_allclose(np.mean(he((n_in, 10**6), rng=rng) ** 2), 2 / n_in, rtol=5e-3)


@holds(
    "training/weight-initialization#backward-mean-square",
    r"""\frac{\partial E}{\partial x_i} = \sum_{k=1}^{n_{out}} \delta_k W_{ik}, \qquad
    \Bigl\langle \Bigl( \frac{\partial E}{\partial x} \Bigr)^2 \Bigr\rangle = n_{out} s^2 \langle \delta^2 \rangle""",
)
def test_backward_mean_square() -> None:
    rng = np.random.default_rng(2)
    n_out, s = 8, 0.3
    delta, layer, x = rng.normal(2, 1, n_out), Linear(2**8, n_out, rng=rng), rng.standard_normal((1, 2**8))
    W = layer.params["W"] = s * np.array(list(itertools.product([-1.0, 1.0], repeat=n_out)))
    dE_dx = numerical_gradient(lambda x: (delta * layer.forward(x)[0]).sum(), x)[0]
    for i in range(0, 2**8, 50):
        np.testing.assert_allclose(dE_dx[i], sum(delta[k] * W[i, k] for k in range(n_out)), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(np.mean(dE_dx**2), n_out * s**2 * np.mean(delta**2), rtol=1e-6)


@holds("training/weight-initialization#scaling-derivative", r"\frac{dE}{dc} = \sum_{i,k} W_{ik} \, dW_{ik}")
def test_scaling_derivative() -> None:
    rng = np.random.default_rng(3)
    network = Sequential(Linear(4, 6, rng=rng), ReLU(), Linear(6, 5, rng=rng), ReLU(), Linear(5, 3, rng=rng))
    loss, x, d = IdentityWithLoss(), rng.standard_normal((7, 4)), rng.standard_normal((7, 3))

    def E(c, name, W):
        network.params[name] = c * W
        return loss.forward(network.forward(x), d)

    sums = []
    for name in ("0.W", "2.W", "4.W"):
        W = network.params[name]
        E(1, name, W)
        network.backward(loss.backward())
        sums.append((W * network.grads[name]).sum())
        dE_dc = numerical_gradient(lambda c, name=name, W=W: E(c, name, W), 1.0)
        network.params[name] = W
        np.testing.assert_allclose(sums[-1], dE_dc, rtol=1e-6)
    np.testing.assert_allclose(sums, sums[0])  # equal in all layers
