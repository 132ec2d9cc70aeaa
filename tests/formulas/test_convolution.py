"""The formulas of the chapter on convolution, and the size of a pooling's output."""

import itertools

import numpy as np
import pytest

from dlnotes.convolution import Conv2d, col2im, im2col, output_size
from dlnotes.gradients import numerical_gradient
from tests.formulas.holds import holds

N, C_IN, C_OUT, H, F, S, P, O = 2, 2, 3, 6, 3, 2, 1, 3  # noqa: E741  (the letters of the formulas)


def layer_and_images():
    """A convolution with a bias, and images for it."""
    rng = np.random.default_rng(0)
    layer = Conv2d(C_IN, C_OUT, F, stride=S, padding=P, rng=rng)
    layer.params["b"] = rng.standard_normal(C_OUT)
    return layer, rng.standard_normal((N, C_IN, H, H)), rng.standard_normal((N, C_OUT, O, O))


def pixel(x, n, c, row, column):
    """A pixel of x, 0 outside of the image."""
    return x[n, c, row, column] if 0 <= row < H and 0 <= column < H else 0.0


@holds(
    "vision/convolution#convolution-layer",
    r"""u_{nmpq} = b_m + \sum_{c=1}^{C_{in}} \sum_{i=0}^{F-1} \sum_{j=0}^{F-1} W_{mcij} \,
    x_{n,\,c,\,pS+i-P,\,qS+j-P}""",
)
def test_convolution_layer() -> None:
    layer, x, _ = layer_and_images()
    W, b, u = layer.params["W"], layer.params["b"], layer.forward(x)
    assert u.shape == (N, C_OUT, O, O)
    for n, m, p, q in np.ndindex(u.shape):
        total = b[m]
        for c, i, j in np.ndindex(C_IN, F, F):
            total += W[m, c, i, j] * pixel(x, n, c, p * S + i - P, q * S + j - P)
        np.testing.assert_allclose(u[n, m, p, q], total, atol=1e-12)


@holds("vision/convolution#output-size", r"O = \left\lfloor \frac{H + 2P - F}{S} \right\rfloor + 1")
@holds("vision/pooling#pooled-size", r"O = \left\lfloor \frac{H + 2P - F}{S} \right\rfloor + 1")
def test_output_size() -> None:
    for H, F, S, P in itertools.product(range(5, 12), range(1, 6), range(1, 5), range(3)):
        windows = [start for start in range(-P, H + P, S) if start + F <= H + P]  # those that fit
        O = (H + 2 * P - F) // S + 1  # noqa: E741
        assert len(windows) == O == output_size(H, F, stride=S, padding=P)


class Counted(float):
    """A number that counts the multiplications of its kind."""

    times = 0

    def __mul__(self, other):
        Counted.times += 1
        return float(self) * float(other)


@holds(
    "vision/convolution#layer-costs",
    r"""\text{parameters} = C_{out} (C_{in} F^2 + 1), \qquad
    \text{multiplications} = C_{out} O^2 \cdot C_{in} F^2""",
)
def test_layer_costs() -> None:
    layer, x, _ = layer_and_images()
    assert sum(param.size for param in layer.params.values()) == C_OUT * (C_IN * F**2 + 1)
    W = np.array([[Counted(w) for w in row] for row in layer.params["W"].reshape(C_OUT, -1)], dtype=object)
    A = im2col(x[:1], F, stride=S, padding=P)[0]
    Counted.times = 0
    u = W @ A.astype(object)  # the forward pass of one image, but for the bias
    assert Counted.times == C_OUT * O**2 * C_IN * F**2
    layer.params["b"] = np.zeros(C_OUT)
    np.testing.assert_allclose(u.astype(float).reshape(C_OUT, O, O), layer.forward(x)[0])


@holds(
    "vision/convolution#filter-gradients",
    r"""\frac{\partial E}{\partial W_{mcij}} = \sum_{n,p,q} \delta_{nmpq} \, x_{n,\,c,\,pS+i-P,\,qS+j-P}, \qquad
    \frac{\partial E}{\partial b_m} = \sum_{n,p,q} \delta_{nmpq}""",
)
def test_filter_gradients() -> None:
    layer, x, delta = layer_and_images()

    def E(name, value):  # its derivative with respect to u is delta
        layer.params[name] = value
        return (delta * layer.forward(x)).sum()

    dW, db = np.zeros((C_OUT, C_IN, F, F)), np.zeros(C_OUT)
    for n, m, p, q in np.ndindex(delta.shape):
        db[m] += delta[n, m, p, q]
        for c, i, j in np.ndindex(C_IN, F, F):
            dW[m, c, i, j] += delta[n, m, p, q] * pixel(x, n, c, p * S + i - P, q * S + j - P)
    W, b = layer.params["W"], layer.params["b"]
    np.testing.assert_allclose(dW, numerical_gradient(lambda W: E("W", W), W), atol=1e-8)
    layer.params["W"] = W
    np.testing.assert_allclose(db, numerical_gradient(lambda b: E("b", b), b), atol=1e-8)


@holds(
    "vision/convolution#matrix-products",
    r"""u_n = W A_n + b, \qquad \frac{\partial E}{\partial W} = \sum_n \delta_n A_n^\top, \qquad
    \frac{\partial E}{\partial A_n} = W^\top \delta_n""",
)
def test_matrix_products() -> None:
    layer, x, upstream = layer_and_images()
    A, delta = im2col(x, F, stride=S, padding=P), upstream.reshape(N, C_OUT, O * O)
    W, b = layer.params["W"].reshape(C_OUT, C_IN * F**2), layer.params["b"][:, np.newaxis]
    u, dx = layer.forward(x), layer.backward(upstream)
    for n in range(N):
        np.testing.assert_allclose(u[n].reshape(C_OUT, O * O), W @ A[n] + b)
    dW = sum(delta[n] @ A[n].T for n in range(N))
    np.testing.assert_allclose(dW, layer.grads["W"].reshape(C_OUT, -1))
    dA = np.array([W.T @ delta[n] for n in range(N)])
    differences = numerical_gradient(lambda A: sum((delta[n] * (W @ A[n] + b)).sum() for n in range(N)), A)
    np.testing.assert_allclose(dA, differences, atol=1e-8)
    np.testing.assert_allclose(dx, col2im(dA, x.shape, F, stride=S, padding=P), atol=1e-12)


@holds(
    "vision/convolution#adjoint",
    r"\langle \mathrm{im2col}(x), B \rangle = \langle x, \mathrm{col2im}(B) \rangle",
)
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_adjoint(stride, padding) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((N, C_IN, H, H))
    columns = im2col(x, F, stride=stride, padding=padding)
    B = rng.standard_normal(columns.shape)
    image = col2im(B, x.shape, F, stride=stride, padding=padding)
    np.testing.assert_allclose((columns * B).sum(), (x * image).sum())
