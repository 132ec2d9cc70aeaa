"""The formulas of the chapter on the perceptron."""

from itertools import product

import numpy as np

from dlnotes.perceptron import AND, NAND, OR, XOR, Perceptron, learn

from .holds import holds

SQUARE = list(product((0, 1), repeat=2))


@holds(
    "basics/perceptron#step-unit",
    r"""u = \sum_{i=1}^{D} w_i x_i + b = w \cdot x + b, \qquad y = \begin{cases} 1 & (u > 0) \\ 0 & (u \le 0)
    \end{cases}""",
)
def test_a_unit_with_a_threshold() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        w, x, b = rng.normal(size=3), rng.normal(size=3), rng.normal()
        u = sum(w[i] * x[i] for i in range(3)) + b
        np.testing.assert_allclose(u, np.dot(w, x) + b, rtol=1e-9)
        assert Perceptron(w, b)(x) == (1 if u > 0 else 0)
    assert Perceptron([1.0, 2], -3.0)([1, 1]) == 0  # u = 0


@holds("basics/perceptron#threshold-as-bias", r"w \cdot x > \theta \iff w \cdot x + b > 0, \qquad b = -\theta")
def test_the_bias_is_minus_the_threshold() -> None:
    rng = np.random.default_rng(1)
    w, theta = rng.normal(size=3), rng.normal()
    for x in rng.normal(size=(50, 3)):
        assert Perceptron(w, -theta)(x) == (np.dot(w, x) > theta)


@holds("basics/perceptron#bias-as-weight", r"u = \sum_{i=0}^{D} w_i x_i, \qquad x_0 = 1, \quad w_0 = b")
def test_a_bias_is_the_weight_of_a_constant_input() -> None:
    rng = np.random.default_rng(2)
    w, b = rng.normal(size=3), rng.normal()
    for x in rng.normal(size=(50, 3)):
        w0, x0 = [b, *w], [1.0, *x]
        u = sum(w0[i] * x0[i] for i in range(4))
        assert Perceptron(w, b)(x) == Perceptron(w0, 0.0)(x0) == (u > 0)


@holds(
    "basics/perceptron#xor-inequalities",
    r"b \le 0, \qquad w_2 + b > 0, \qquad w_1 + b > 0, \qquad w_1 + w_2 + b \le 0",
)
def test_what_one_unit_would_need_for_xor() -> None:
    rng = np.random.default_rng(3)
    for w1, w2, b in rng.normal(size=(500, 3)):
        says = [Perceptron([w1, w2], b)(x) for x in SQUARE]
        needs = [b <= 0, w2 + b > 0, w1 + b > 0, w1 + w2 + b <= 0]
        assert [got == XOR(x) for got, x in zip(says, SQUARE, strict=True)] == needs
        assert not all(needs)


@holds(
    "basics/perceptron#xor-from-gates",
    r"z_1 = \mathrm{NAND}(x), \qquad z_2 = \mathrm{OR}(x), \qquad y = \mathrm{AND}(z_1, z_2)",
)
def test_xor_is_made_of_gates() -> None:
    for x in SQUARE:
        z1, z2 = NAND(x), OR(x)
        assert AND([z1, z2]) == XOR(x) == (x[0] != x[1])


@holds(
    "basics/perceptron#perceptron-update",
    r"w \leftarrow w + \eta\, (d_n - y_n)\, x_n, \qquad b \leftarrow b + \eta\, (d_n - y_n)",
)
def test_the_learning_rule_moves_after_a_mistake() -> None:
    rng, eta = np.random.default_rng(4), 0.3
    for _ in range(30):
        x_n, d_n, w, b = rng.normal(size=2), rng.integers(0, 2), rng.normal(size=2), rng.normal()
        y_n = Perceptron(w, b)(x_n)
        done = learn([x_n], [d_n], w, b, learning_rate=eta, max_epochs=1)
        np.testing.assert_allclose(done.w, w + eta * (d_n - y_n) * x_n, rtol=1e-12)
        np.testing.assert_allclose(done.b, b + eta * (d_n - y_n), rtol=1e-12)


def _separable(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    w_star, b_star, x = rng.normal(size=3), rng.normal(), rng.normal(size=(40, 3))
    x = x[abs(x @ w_star + b_star) > 0.3]
    return x, (x @ w_star + b_star > 0).astype(int), w_star, b_star


def _radius_and_margin(x: np.ndarray, d: np.ndarray, w: np.ndarray, b: float) -> tuple[float, float]:
    R = max(np.sqrt(np.linalg.norm(x_n) ** 2 + 1) for x_n in x)
    s = 2 * d - 1
    return R, min(s_n * (w @ x_n + b) for s_n, x_n in zip(s, x, strict=True)) / np.sqrt(np.linalg.norm(w) ** 2 + b**2)


@holds(
    "basics/perceptron#convergence-bound",
    r"""M \le \left( \frac{R}{\gamma} \right)^2, \qquad R = \max_n \sqrt{\lVert x_n \rVert^2 + 1}, \qquad \gamma
    = \min_n \frac{s_n (w^* \cdot x_n + b^*)}{\sqrt{\lVert w^* \rVert^2 + (b^*)^2}}""",
)
def test_no_more_mistakes_than_the_bound() -> None:
    for seed in range(20):
        x, d, w_star, b_star = _separable(np.random.default_rng(seed))
        R, gamma = _radius_and_margin(x, d, w_star, b_star)
        assert sum(learn(x, d, np.zeros(3), 0.0).mistakes) <= (R / gamma) ** 2
    x, d = np.zeros((1, 1)), np.array([1])  # one sample at the origin: the bound is met
    R, gamma = _radius_and_margin(x, d, np.zeros(1), 1.0)
    assert sum(learn(x, d, np.zeros(1), 0.0).mistakes) == (R / gamma) ** 2 == 1


@holds(
    "basics/perceptron#two-bounds",
    r"v^* \cdot v \ge M \eta \gamma, \qquad \lVert v \rVert^2 \le M \eta^2 R^2",
)
def test_the_two_estimates_hold_after_every_mistake() -> None:
    eta = 0.7
    for seed in range(20):
        x, d, w_star, b_star = _separable(np.random.default_rng(seed))
        R, gamma = _radius_and_margin(x, d, w_star, b_star)
        v_star = np.append(w_star, b_star) / np.linalg.norm(np.append(w_star, b_star))
        for M, (w, b) in enumerate(learn(x, d, np.zeros(3), 0.0, learning_rate=eta).path, 1):
            v = np.append(w, b)
            assert v_star @ v >= M * eta * gamma - 1e-9
            assert v @ v <= M * eta**2 * R**2 + 1e-9
    w, b = learn([[0.0]], [1], np.zeros(1), 0.0, learning_rate=eta).path[0]  # both are met by a sample at the origin
    np.testing.assert_allclose([b, b**2], [eta, eta**2], rtol=1e-12)
