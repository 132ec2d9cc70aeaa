"""The formulas of the chapter on neural networks."""

from fractions import Fraction
from itertools import pairwise

import numpy as np

from dlnotes.activations import sigmoid
from dlnotes.layers import Linear, ReLU, Sequential, Sigmoid

from .holds import holds


def _linear(n_in: int, n_out: int, rng: np.random.Generator) -> Linear:
    layer = Linear(n_in, n_out, rng=rng)
    layer.params["b"] = rng.normal(size=n_out)
    return layer


@holds(
    "basics/neural-network#unit-of-a-layer",
    r"u_k^{(l)} = \sum_{j=1}^{n_{l-1}} z_j^{(l-1)} w_{jk}^{(l)} + b_k^{(l)}, \qquad z_k^{(l)} = f(u_k^{(l)})",
)
def test_a_unit_sums_weighted_values_and_adds_its_bias() -> None:
    rng = np.random.default_rng(0)
    layer, z = _linear(4, 3, rng), rng.normal(size=4)
    w, b = layer.params["W"], layer.params["b"]
    u = [sum(z[j] * w[j, k] for j in range(4)) + b[k] for k in range(3)]
    np.testing.assert_allclose(layer.forward(z[None])[0], u, rtol=1e-12)
    np.testing.assert_allclose(Sequential(layer, Sigmoid()).forward(z[None])[0], 1 / (1 + np.exp(-np.array(u))))


@holds(
    "basics/neural-network#forward-propagation",
    r"""z^{(0)} = x, \qquad u^{(l)} = z^{(l-1)} W^{(l)} + b^{(l)}, \qquad z^{(l)} = f(u^{(l)}), \qquad y =
    f_{\mathrm{out}}(u^{(L)})""",
)
def test_a_network_is_its_layers_one_after_the_other() -> None:
    rng = np.random.default_rng(1)
    layers, x = [_linear(2, 4, rng), _linear(4, 3, rng), _linear(3, 1, rng)], rng.normal(size=(5, 2))
    z = x
    for layer in layers[:-1]:
        z = np.maximum(0, z @ layer.params["W"] + layer.params["b"])
    y = sigmoid(z @ layers[-1].params["W"] + layers[-1].params["b"])
    network = Sequential(layers[0], ReLU(), layers[1], ReLU(), layers[2], Sigmoid())
    np.testing.assert_allclose(network.forward(x), y, rtol=1e-12)


@holds(
    "basics/neural-network#bias-as-weight",
    r"u_k = \sum_{j=0}^{D} x_j w_{jk}, \qquad x_0 = 1, \quad w_{0k} = b_k",
)
def test_a_bias_is_the_weight_of_a_constant_input() -> None:
    rng = np.random.default_rng(2)
    layer, x = _linear(4, 3, rng), rng.normal(size=4)
    w, with_one = np.vstack([layer.params["b"], layer.params["W"]]), np.concatenate([[1.0], x])
    u = [sum(with_one[j] * w[j, k] for j in range(5)) for k in range(3)]
    np.testing.assert_allclose(layer.forward(x[None])[0], u, rtol=1e-12)


@holds(
    "basics/neural-network#parameters-and-products",
    r"P = \sum_{l=1}^{L} (n_{l-1} + 1) \, n_l, \qquad M = \sum_{l=1}^{L} n_{l-1} \, n_l",
)
def test_parameters_and_products_of_a_network() -> None:
    n, rng = [5, 7, 4, 3], np.random.default_rng(3)
    layers = [_linear(*sizes, rng) for sizes in pairwise(n)]
    L = len(n) - 1
    P, M = sum((n[i - 1] + 1) * n[i] for i in range(1, L + 1)), sum(n[i - 1] * n[i] for i in range(1, L + 1))
    assert sum(p.size for layer in layers for p in layer.params.values()) == P
    products = 0
    for layer in layers:
        for _ in layer.params["W"].T:  # each unit multiplies as many values as it has weights
            products += layer.params["W"].shape[0]
    assert products == M


@holds(
    "basics/neural-network#hand-first-layer",
    r"""\begin{aligned} u^{(1)} &= \begin{pmatrix} 1 & 2 \end{pmatrix} \begin{pmatrix} 1 & -1 & 2 \\ 1 & 1 & -1
    \end{pmatrix} + \begin{pmatrix} 0 & 1 & -1 \end{pmatrix} = \begin{pmatrix} 3 & 2 & -1 \end{pmatrix} \\
    z^{(1)} &= \begin{pmatrix} 3 & 2 & 0 \end{pmatrix} \end{aligned}""",
)
def test_first_layer_by_hand() -> None:
    layer = Linear(2, 3, rng=np.random.default_rng(0), init=lambda *_, **__: [[1, -1, 2], [1, 1, -1]])
    layer.params["b"] = np.array([0.0, 1, -1])
    np.testing.assert_array_equal(layer.forward([[1.0, 2]]), [[3, 2, -1]])
    np.testing.assert_array_equal(ReLU().forward(layer.forward([[1.0, 2]])), [[3, 2, 0]])


@holds(
    "basics/neural-network#hand-second-layer",
    r"""\begin{aligned} u^{(2)} &= \begin{pmatrix} 3 & 2 & 0 \end{pmatrix} \begin{pmatrix} 1 & 0 & -1 \\ -1 & 2 &
    1 \\ 2 & 1 & 1 \end{pmatrix} + \begin{pmatrix} 0 & -1 & 0 \end{pmatrix} = \begin{pmatrix} 1 & 3 & -1
    \end{pmatrix} \\ z^{(2)} &= \begin{pmatrix} 1 & 3 & 0 \end{pmatrix} \end{aligned}""",
)
def test_second_layer_by_hand() -> None:
    layer = Linear(3, 3, rng=np.random.default_rng(0), init=lambda *_, **__: [[1, 0, -1], [-1, 2, 1], [2, 1, 1]])
    layer.params["b"] = np.array([0.0, -1, 0])
    np.testing.assert_array_equal(layer.forward([[3.0, 2, 0]]), [[1, 3, -1]])
    np.testing.assert_array_equal(ReLU().forward(layer.forward([[3.0, 2, 0]])), [[1, 3, 0]])


@holds(
    "basics/neural-network#hand-output",
    r"y = u^{(3)} = \begin{pmatrix} 1 & 3 & 0 \end{pmatrix} \begin{pmatrix} 2 \\ -1 \\ 1 \end{pmatrix} + 3 = 2",
)
def test_output_by_hand() -> None:
    layer = Linear(3, 1, rng=np.random.default_rng(0), init=lambda *_, **__: [[2], [-1], [1]])
    layer.params["b"] = np.array([3.0])
    np.testing.assert_array_equal(layer.forward([[1.0, 3, 0]]), [[2]])


@holds("basics/neural-network#tent-map", r"h \leftarrow 2 \max(0, h) - 4 \max(0, h - \tfrac{1}{2})")
def test_two_units_fold_the_unit_interval_in_half() -> None:
    for numerator in range(41):
        h = Fraction(numerator, 40)
        folded = 2 * max(Fraction(0), h) - 4 * max(Fraction(0), h - Fraction(1, 2))
        assert folded == 1 - abs(2 * h - 1)  # up from 0 to 1, and down again
