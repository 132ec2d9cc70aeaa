"""The formulas of the lab on spirals."""

import math

import numpy as np

from dlnotes.activations import softmax
from dlnotes.gradients import numerical_gradient
from dlnotes.layers import Linear, ReLU, SoftmaxWithLoss
from tests.formulas.cells import functions
from tests.formulas.holds import holds


def network():
    """Layers as in the lab, 20 samples and their labels, and the lab's functions."""
    rng, loss = np.random.default_rng(0), SoftmaxWithLoss()
    layers = [Linear(2, 8, rng=rng), ReLU(), Linear(8, 3, rng=rng)]
    for layer in (layers[0], layers[2]):
        layer.params["b"] = rng.standard_normal(layer.params["b"].shape)
    names = "forward", "backward", "central_differences", "relative_errors", "train_epoch"
    lab = functions("spirals", *names, np=np, loss=loss)
    return layers, rng.standard_normal((20, 2)), rng.integers(0, 3, 20), loss, lab


@holds(
    "labs/spirals#linear-classifier",
    r"""\begin{aligned}
    u &= xW + b, \qquad y = \mathrm{softmax}(u) \\
    E &= -\frac{1}{N} \sum_{n=1}^{N} \ln y_{n d_n}
    \end{aligned}""",
)
def test_linear_classifier() -> None:
    rng = np.random.default_rng(1)
    layer, x, d, N = Linear(2, 3, rng=rng), rng.standard_normal((5, 2)), np.array([0, 2, 1, 1, 0]), 5
    W, b = layer.params["W"], rng.standard_normal(3)
    layer.params["b"] = b
    E = 0.0
    for n in range(N):
        u = [x[n, 0] * W[0, k] + x[n, 1] * W[1, k] + b[k] for k in range(3)]
        y = [math.exp(u_k) / sum(math.exp(u_j) for u_j in u) for u_k in u]
        np.testing.assert_allclose(softmax(layer.forward(x))[n], y)
        E -= 1 / N * math.log(y[d[n]])
    np.testing.assert_allclose(SoftmaxWithLoss().forward(layer.forward(x), d), E)


@holds(
    "labs/spirals#hidden-layer",
    r"""\begin{aligned}
    u_1 &= x W_1 + b_1, \qquad z_1 = \max(0, u_1) \\
    u_2 &= z_1 W_2 + b_2
    \end{aligned}""",
)
def test_hidden_layer() -> None:
    layers, x, _, _, lab = network()
    (W_1, b_1), (W_2, b_2) = layers[0].params.values(), layers[2].params.values()
    by_layers = lab.forward(layers, x)
    for n in range(20):
        u_1 = [sum(x[n, i] * W_1[i, j] for i in range(2)) + b_1[j] for j in range(8)]
        z_1 = [max(0, u) for u in u_1]
        u_2 = [sum(z_1[j] * W_2[j, k] for j in range(8)) + b_2[k] for k in range(3)]
        np.testing.assert_allclose(by_layers[n], u_2)


@holds(
    "labs/spirals#two-layer-gradients",
    r"""\begin{aligned}
    \delta_2 &= \frac{1}{N} (y - d) \\
    \frac{\partial E}{\partial W_2} &= z_1^\top \delta_2, \quad
    \frac{\partial E}{\partial b_2} = \sum_{n} \delta_{2,n} \\
    \delta_1 &= (\delta_2 W_2^\top) \odot [u_1 > 0] \\
    \frac{\partial E}{\partial W_1} &= x^\top \delta_1, \quad
    \frac{\partial E}{\partial b_1} = \sum_{n} \delta_{1,n}
    \end{aligned}""",
)
def test_two_layer_gradients() -> None:
    layers, x, labels, loss, _ = network()
    params, N = [*layers[0].params.values(), *layers[2].params.values()], 20

    def E(W_1, b_1, W_2, b_2):
        return loss.forward(np.maximum(0, x @ W_1 + b_1) @ W_2 + b_2, labels)

    W_1, b_1, W_2, b_2 = params
    u_1, d = x @ W_1 + b_1, np.eye(3)[labels]
    z_1 = np.maximum(0, u_1)
    delta_2 = 1 / N * (softmax(z_1 @ W_2 + b_2) - d)
    delta_1 = (delta_2 @ W_2.T) * (u_1 > 0)
    formula = x.T @ delta_1, delta_1.sum(axis=0), z_1.T @ delta_2, delta_2.sum(axis=0)
    for i in range(4):
        differences = numerical_gradient(lambda p, i=i: E(*params[:i], p, *params[i + 1 :]), params[i])
        np.testing.assert_allclose(formula[i], differences, rtol=1e-6, atol=1e-8)


@holds(
    "labs/spirals#central-differences",
    r"""\begin{aligned}
    \hat{g}_i &= \frac{E(p + h e_i) - E(p - h e_i)}{2h} \\
    \text{error} &= \frac{\lVert g - \hat{g} \rVert}{\lVert \hat{g} \rVert}
    \end{aligned}""",
)
def test_central_differences() -> None:
    class Wrong(Linear):  # its gradient of b is off by a vector of length 0.5
        def backward(self, dout):
            dx = super().backward(dout)
            self.grads["b"] = self.grads["b"] + np.array([0.3, 0, -0.4])
            return dx

    layers, x, d, loss, lab = network()
    layers[2] = Wrong(8, 3, rng=np.random.default_rng(1))

    def E(p):
        layers[2].params["b"] = p
        return loss.forward(lab.forward(layers, x), d)

    p, h = layers[2].params["b"], 0.01
    g_hat = np.array([(E(p + h * e_i) - E(p - h * e_i)) / (2 * h) for e_i in np.eye(3)])
    E(p)
    np.testing.assert_allclose(lab.central_differences(layers, p, x, d, h), g_hat)
    error = lab.relative_errors(layers, x, d)["b2"]
    np.testing.assert_allclose(error, 0.5 / np.linalg.norm(g_hat), rtol=1e-3)


@holds("labs/spirals#update-rule", r"p \leftarrow p - \eta \frac{\partial E}{\partial p}")
def test_update_rule() -> None:
    layers, x, d, loss, lab = network()
    eta, b = 0.5, layers[2].params["b"].copy()

    def E(p):
        layers[2].params["b"] = p
        return loss.forward(lab.forward(layers, x), d)

    expected = b - eta * numerical_gradient(E, b)
    layers[2].params["b"] = b.copy()
    lab.train_epoch(layers, x, d, np.random.default_rng(0), learning_rate=eta)  # 20 samples: one batch, one update
    np.testing.assert_allclose(layers[2].params["b"], expected, rtol=1e-7)


@holds("labs/spirals#unit-line", r"x \cdot w_j + b_j = 0")
def test_unit_line() -> None:
    layers, *_ = network()
    W_1, b_1 = layers[0].params.values()
    for j in range(8):
        w_j, b_j = W_1[:, j], b_1[j]
        length = np.linalg.norm(w_j)
        along, across = np.array([-w_j[1], w_j[0]]), w_j / length
        on_line = np.array([-b_j / length * across + step * along for step in (-2, 0, 3)])
        np.testing.assert_allclose([x @ w_j + b_j for x in on_line], 0, atol=1e-12)
        for distance in (-2, -0.5, 0.5, 2):  # from the line; z_1 is 0 on one side and grows on the other
            z_1 = layers[1].forward(layers[0].forward(on_line + distance * across))[:, j]
            np.testing.assert_allclose(z_1, max(0, length * distance), atol=1e-12)


@holds(
    "labs/spirals#plane-of-logits",
    r"""\begin{aligned}
    a_k &= \Bigl( \cos \frac{2 \pi k}{3}, \ \sin \frac{2 \pi k}{3} \Bigr) \\
    q &= \sum_{k=0}^{2} u_{2,k} \, a_k \\
    q \cdot a_k &= \frac{3}{2} (u_{2,k} - \bar{u}_2)
    \end{aligned}""",
)
def test_plane_of_logits() -> None:
    for u_2 in np.random.default_rng(2).standard_normal((10, 3)):
        a = [np.array([math.cos(2 * math.pi * k / 3), math.sin(2 * math.pi * k / 3)]) for k in range(3)]
        q = sum(u_2[k] * a[k] for k in range(3))
        for k in range(3):
            np.testing.assert_allclose(q @ a[k], 3 / 2 * (u_2[k] - np.mean(u_2)))
        lab = functions("spirals", "sector", directions=np.array(a))
        assert lab.sector(q[np.newaxis]) == [np.argmax(u_2)]
