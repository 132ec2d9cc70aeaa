"""The formulas of the chapter on depth."""

import numpy as np

from dlnotes.convolution import Conv2d
from dlnotes.gradients import numerical_gradient
from tests.formulas.holds import holds

WINDOWS, STRIDES = [3, 2, 3, 1, 4], [1, 2, 1, 3, 1]  # of layers 1 to 5


def seen(depth, unit):
    """The columns of the input that a unit of layer `depth` sees: those that get a gradient from it."""
    rng, layers = np.random.default_rng(0), []
    x = np.ones((1, 1, 60, 60))
    for F, S in zip(WINDOWS[:depth], STRIDES[:depth], strict=True):
        layers.append(Conv2d(1, 1, F, stride=S, rng=rng))
        layers[-1].params["W"] = np.ones((1, 1, F, F))
        x = layers[-1].forward(x)
    dout = np.zeros(x.shape)
    dout[0, 0, 0, unit] = 1
    for layer in reversed(layers):
        dout = layer.backward(dout)
    return np.flatnonzero(dout.sum(axis=(0, 1, 2)))


@holds(
    "vision/depth#receptive-field-step",
    r"r_l = r_{l-1} + (F_l - 1) \, j_{l-1}, \qquad j_l = j_{l-1} S_l",
)
def test_receptive_field_step() -> None:
    r, j = [1], [1]
    for F, S in zip(WINDOWS, STRIDES, strict=True):
        r.append(r[-1] + (F - 1) * j[-1])
        j.append(j[-1] * S)
    for depth in range(1, 6):
        assert np.ptp(seen(depth, 0)) + 1 == r[depth]
        assert seen(depth, 2)[0] - seen(depth, 1)[0] == j[depth]


@holds("vision/depth#receptive-field-sum", r"r_L = 1 + \sum_{l=1}^{L} (F_l - 1) \prod_{i=1}^{l-1} S_i")
def test_receptive_field_sum() -> None:
    F, S = [0, *WINDOWS], [0, *STRIDES]  # counted from 1
    for L in range(1, 6):
        r_L = 1 + sum((F[layer] - 1) * np.prod(S[1:layer], dtype=int) for layer in range(1, L + 1))
        assert np.ptp(seen(L, 0)) + 1 == r_L


@holds(
    "vision/depth#composed-filter",
    r"K_{pq} = \sum_{i=0}^{2} \sum_{j=0}^{2} B_{ij} \, A_{p-i, \, q-j}, \qquad 0 \le p, q \le 4",
)
def test_composed_filter() -> None:
    rng = np.random.default_rng(1)
    first, second, both = (Conv2d(1, 1, F, bias=False, rng=rng) for F in (3, 3, 5))
    A, B, K = first.params["W"][0, 0], second.params["W"][0, 0], np.zeros((5, 5))
    for p, q, i, j in np.ndindex(5, 5, 3, 3):
        if 0 <= p - i <= 2 and 0 <= q - j <= 2:
            K[p, q] += B[i, j] * A[p - i, q - j]
    both.params["W"] = K[np.newaxis, np.newaxis]
    x = rng.standard_normal((2, 1, 8, 8))
    np.testing.assert_allclose(both.forward(x), second.forward(first.forward(x)), atol=1e-12)


@holds("vision/depth#effective-width", r"\mathrm{SD} = \sqrt{\frac{2L}{3}}")
def test_effective_width() -> None:
    influence = np.array([1.0])
    for L in range(1, 21):
        influence = np.convolve(influence, [1 / 3, 1 / 3, 1 / 3])  # one more layer of equal weights
        shifts = np.arange(-L, L + 1)
        np.testing.assert_allclose(np.sqrt((influence * shifts**2).sum()), np.sqrt(2 * L / 3))


@holds(
    "vision/depth#residual-block",
    r"""z_{l+1} = z_l + G(z_l), \qquad \frac{\partial E}{\partial z_l} = \frac{\partial E}{\partial z_{l+1}}
    \left( I + \frac{\partial G}{\partial z_l} \right)""",
)
def test_residual_block() -> None:
    rng = np.random.default_rng(2)
    A, r, z = rng.standard_normal((4, 4)), rng.standard_normal(4), rng.standard_normal(4)

    def G(z):
        return np.tanh(A @ z)

    def E(z_next):
        return r @ z_next**2

    dE_dnext = 2 * r * (z + G(z))
    dG_dz = np.diag(1 - G(z) ** 2) @ A  # row: entry of G, column: entry of z
    formula = dE_dnext @ (np.eye(4) + dG_dz)
    np.testing.assert_allclose(formula, numerical_gradient(lambda z: E(z + G(z)), z), rtol=1e-6)


@holds("vision/depth#effective-rank", r"\frac{\left( \sum_i s_i^2 \right)^2}{\sum_i s_i^4}")
def test_effective_rank() -> None:
    def directions(J):
        s = np.linalg.svd(J, compute_uv=False)
        return (s**2).sum() ** 2 / (s**4).sum()

    rng = np.random.default_rng(3)
    Q = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    for n in range(1, 9):  # n directions pass, each three times as long, the others not at all
        np.testing.assert_allclose(directions(3 * Q[:, :n] @ Q.T[:n]), n)
    J = rng.standard_normal((8, 8))
    np.testing.assert_allclose(directions(J), np.trace(J.T @ J) ** 2 / np.trace(J.T @ J @ J.T @ J))
