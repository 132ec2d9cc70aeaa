"""The formulas of the chapter on backpropagation."""

import math

import numpy as np

from dlnotes.activations import d_sigmoid, d_tanh, sigmoid
from dlnotes.gradients import numerical_gradient
from dlnotes.layers import Linear, Sequential, Sigmoid, Tanh
from tests.formulas.holds import holds


@holds(
    "training/backpropagation#chain-rule",
    r"\frac{\partial E}{\partial v} = \sum_{j} \frac{\partial E}{\partial q_j} \frac{\partial q_j}{\partial v}",
)
def test_chain_rule() -> None:
    def q(v):
        return np.sin(v), v**2, np.exp(v)

    def E(q_1, q_2, q_3):
        return q_1 * q_2 + q_3**2

    v, h = 0.7, 1e-20
    q_1, q_2, q_3 = q(v)
    dE_dq = q_2, q_1, 2 * q_3
    dq_dv = np.cos(v), 2 * v, np.exp(v)
    dE_dv = E(*q(v + 1j * h)).imag / h  # a complex step, which knows nothing of the q
    np.testing.assert_allclose(dE_dv, sum(dE_dq[j] * dq_dv[j] for j in range(3)), rtol=1e-14)


@holds(
    "training/backpropagation#forward-pass",
    r"""\begin{aligned}
    u_1 &= X W_1 + b_1, & z_1 &= \sigma(u_1), \\
    u_2 &= z_1 W_2 + b_2, & y &= f(u_2)
    \end{aligned}""",
)
def test_forward_pass() -> None:
    rng = np.random.default_rng(0)
    network = Sequential(Linear(3, 4, rng=rng), Sigmoid(), Linear(4, 2, rng=rng), Tanh())  # f is tanh
    X, b_1, b_2 = rng.standard_normal((5, 3)), rng.standard_normal(4), rng.standard_normal(2)
    network.params["0.b"], network.params["2.b"] = b_1, b_2
    W_1, W_2 = network.params["0.W"], network.params["2.W"]
    y = network.forward(X)
    for n in range(5):
        u_1 = [sum(X[n, i] * W_1[i, j] for i in range(3)) + b_1[j] for j in range(4)]
        z_1 = [1 / (1 + math.exp(-u)) for u in u_1]
        u_2 = [sum(z_1[j] * W_2[j, k] for j in range(4)) + b_2[k] for k in range(2)]
        np.testing.assert_allclose(y[n], [math.tanh(u) for u in u_2], rtol=1e-13)


@holds(
    "training/backpropagation#backward-pass",
    r"""\begin{aligned}
    \delta_2 &= \frac{\partial E}{\partial y} \odot f'(u_2), &
    \frac{\partial E}{\partial W_2} &= z_1^\top \delta_2, &
    \frac{\partial E}{\partial b_2} &= \sum_{n=1}^{N} \delta_{2,n} \\
    \delta_1 &= (\delta_2 W_2^\top) \odot \sigma'(u_1), &
    \frac{\partial E}{\partial W_1} &= X^\top \delta_1, &
    \frac{\partial E}{\partial b_1} &= \sum_{n=1}^{N} \delta_{1,n}
    \end{aligned}""",
)
def test_backward_pass() -> None:
    rng = np.random.default_rng(1)
    X, r = rng.standard_normal((5, 3)), rng.standard_normal((5, 2))
    W_1, b_1, W_2, b_2 = (rng.standard_normal(shape) for shape in ((3, 4), 4, (4, 2), 2))

    def E(W_1, b_1, W_2, b_2):  # the sum of r * y, so that the derivative with respect to y is r
        return (r * np.tanh(sigmoid(X @ W_1 + b_1) @ W_2 + b_2)).sum()

    u_1 = X @ W_1 + b_1
    z_1 = sigmoid(u_1)
    delta_2 = r * d_tanh(z_1 @ W_2 + b_2)
    delta_1 = (delta_2 @ W_2.T) * d_sigmoid(u_1)
    formula = X.T @ delta_1, delta_1.sum(axis=0), z_1.T @ delta_2, delta_2.sum(axis=0)
    params = [W_1, b_1, W_2, b_2]
    for i in range(4):
        differences = numerical_gradient(lambda p, i=i: E(*params[:i], p, *params[i + 1 :]), params[i])
        np.testing.assert_allclose(formula[i], differences, rtol=1e-6, atol=1e-9)


@holds(
    "training/backpropagation#three-differences",
    r"\frac{g(x + h) - g(x)}{h}, \qquad \frac{g(x + h) - g(x - h)}{2h}, \qquad \frac{\mathrm{Im} \, g(x + ih)}{h}",
)
def test_three_differences() -> None:
    def g(x):
        return np.exp(x) * np.sin(x)

    x, h = 0.5, 1e-3
    first, second = np.exp(x) * (np.sin(x) + np.cos(x)), 2 * np.exp(x) * np.cos(x)
    third = 2 * np.exp(x) * (np.cos(x) - np.sin(x))
    forward, central = (g(x + h) - g(x)) / h, (g(x + h) - g(x - h)) / (2 * h)
    imaginary = g(x + 1j * h).imag / h
    # Taylor's formula: the error of each method, to a hundredth of itself
    np.testing.assert_allclose(forward - first, h / 2 * second, rtol=1e-2)
    np.testing.assert_allclose(central - first, h**2 / 6 * third, rtol=1e-2)
    np.testing.assert_allclose(imaginary - first, -(h**2) / 6 * third, rtol=1e-2)
