"""The formulas of the chapter on loss functions."""

import numpy as np
import pytest

from dlnotes.activations import log_softmax, sigmoid, softmax
from dlnotes.gradients import numerical_gradient
from dlnotes.layers import IdentityWithLoss, SigmoidWithLoss, SoftmaxWithLoss
from dlnotes.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    cross_entropy_with_logits,
    half_squared_error,
)

from .holds import holds


@holds(
    "basics/loss-functions#squared-error-and-slope",
    r"""E_n = \frac{1}{2} \sum_k (y_{nk} - d_{nk})^2, \qquad \frac{\partial E_n}{\partial y_{nk}} = y_{nk} -
    d_{nk}""",
)
def test_half_squared_error_and_its_slope() -> None:
    y, d = np.random.default_rng(0).normal(size=(2, 1, 4))
    E = 0.5 * sum((y[0, k] - d[0, k]) ** 2 for k in range(4))
    np.testing.assert_allclose(half_squared_error(y, d), E, rtol=1e-12)
    np.testing.assert_allclose(numerical_gradient(lambda y: half_squared_error(y, d), y), y - d, rtol=1e-6, atol=1e-9)


@holds(
    "basics/loss-functions#negative-log-likelihood",
    r"E_n = -\log p(d_n \mid y_n), \qquad \sum_n E_n = -\log \prod_n p(d_n \mid y_n)",
)
def test_the_sum_of_the_losses_is_the_log_of_the_product_of_the_probabilities() -> None:
    rng = np.random.default_rng(1)
    y, d = softmax(rng.normal(size=(6, 3))), rng.integers(0, 3, size=6)
    p = [y[n, d[n]] for n in range(6)]  # of each sample's own target
    E = [cross_entropy(y[n : n + 1], d[n : n + 1]) for n in range(6)]
    np.testing.assert_allclose(E, [-np.log(one) for one in p], rtol=1e-12)
    np.testing.assert_allclose(sum(E), -np.log(np.prod(p)), rtol=1e-12)


@holds(
    "basics/loss-functions#gaussian-likelihood",
    r"-\log p(d \mid y) = \frac{(y - d)^2}{2 s^2} + \log \left( s \sqrt{2 \pi} \right)",
)
def test_the_density_of_gaussian_noise() -> None:
    rng = np.random.default_rng(2)
    y, s = rng.normal(), rng.uniform(0.5, 2)
    d = np.linspace(y - 12 * s, y + 12 * s, 20001)
    log_p = -((y - d) ** 2 / (2 * s**2) + np.log(s * np.sqrt(2 * np.pi)))
    p = np.exp(log_p)
    np.testing.assert_allclose(np.trapezoid(p, d), 1, rtol=1e-10)  # a density,
    np.testing.assert_allclose(np.trapezoid(p * d, d), y, rtol=1e-10)  # with mean y
    np.testing.assert_allclose(np.trapezoid(p * (d - y) ** 2, d), s**2, rtol=1e-10)  # and deviation s,
    np.testing.assert_allclose(np.gradient(log_p, d)[1:-1], ((y - d) / s**2)[1:-1], atol=1e-8)  # that is Gaussian


@holds("basics/loss-functions#cross-entropy-of-a-sample", r"E_n = - \log y_{nc} = - \sum_k d_{nk} \log y_{nk}")
def test_cross_entropy_is_minus_the_log_of_the_probability_of_the_label() -> None:
    rng = np.random.default_rng(3)
    y, c = softmax(rng.normal(size=(1, 5))), 3
    d = np.eye(5)[[c]]
    np.testing.assert_allclose(cross_entropy(y, np.array([c])), -np.log(y[0, c]), rtol=1e-12)
    np.testing.assert_allclose(cross_entropy(y, d), -sum(d[0, k] * np.log(y[0, k]) for k in range(5)), rtol=1e-12)


@holds("basics/loss-functions#binary-cross-entropy", r"E_n = - d_n \log y_n - (1 - d_n) \log (1 - y_n)")
def test_binary_cross_entropy() -> None:
    y = np.random.default_rng(4).uniform(0.05, 0.95, size=6)
    for y_n, d_n in zip(y, [0, 1, 0, 1, 1, 0], strict=True):
        E_n = -d_n * np.log(y_n) - (1 - d_n) * np.log(1 - y_n)
        np.testing.assert_allclose(binary_cross_entropy([[y_n]], [[d_n]]), E_n, rtol=1e-12)


@holds(
    "basics/loss-functions#entropy-and-divergence",
    r"""- \sum_{k} d_k \log y_k = \underbrace{- \sum_{k} d_k \log d_k}_{H(d)} + \underbrace{\sum_{k} d_k \log
    \frac{d_k}{y_k}}_{\ge 0}""",
)
def test_cross_entropy_is_the_entropy_and_what_is_never_negative() -> None:
    d, y = (softmax(u) for u in np.random.default_rng(5).normal(size=(2, 200, 4)))
    H, rest = -(d * np.log(d)).sum(axis=1), (d * np.log(d / y)).sum(axis=1)
    loss = [cross_entropy(y_n[None], d_n[None]) for y_n, d_n in zip(y, d, strict=True)]
    np.testing.assert_allclose(loss, H + rest, rtol=1e-10)
    assert (rest >= 0).all()
    assert (d * np.log(d / d)).sum() == 0


PAIRS = {
    "regression": (IdentityWithLoss, lambda u: u, lambda u: 0.5 * (u**2).sum()),
    "binary": (SigmoidWithLoss, sigmoid, lambda u: np.log(1 + np.exp(u)).sum()),
    "multiclass": (SoftmaxWithLoss, softmax, lambda u: np.log(np.exp(u).sum())),
}


def _targets(task: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    u = rng.normal(size=(5, 1 if task == "binary" else 3))
    if task == "regression":
        return u, rng.normal(size=u.shape)
    return u, np.array([[0.0], [1], [1], [0], [1]]) if task == "binary" else np.eye(3)[[0, 2, 1, 1, 0]]


@pytest.mark.parametrize("task", PAIRS)
@holds(
    "basics/loss-functions#gradient-of-the-pair",
    r"\frac{\partial E}{\partial u_{nk}} = \frac{1}{N} (y_{nk} - d_{nk})",
)
def test_the_gradient_of_a_matching_pair_is_output_minus_target(task: str) -> None:
    layer, f, _ = PAIRS[task]
    u, d = _targets(task, np.random.default_rng(6))
    slope = numerical_gradient(lambda u: layer().forward(u, d), u)
    np.testing.assert_allclose(slope, 1 / len(u) * (f(u) - d), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("task", PAIRS)
@holds(
    "basics/loss-functions#matching-pair",
    r"E_n = A(u_n) - \sum_{k} d_{nk} u_{nk} + \text{const}, \qquad \frac{\partial A}{\partial u_k} = y_k",
)
def test_the_loss_of_a_matching_pair_is_a_part_without_target_minus_a_product(task: str) -> None:
    layer, f, A = PAIRS[task]
    u, d = _targets(task, np.random.default_rng(7))
    for u_n, d_n in zip(u, d, strict=True):
        const = [layer().forward(v[None], d_n[None]) - (A(v) - (d_n * v).sum()) for v in (u_n, 2 * u_n, u_n + 1)]
        np.testing.assert_allclose(const, const[0], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(numerical_gradient(A, u_n), f(u_n), rtol=1e-6, atol=1e-9)


@holds(
    "basics/loss-functions#log-sum-exp-form",
    r"""- \sum_k d_k \log y_k = \left( \sum_k d_k \right) \log \sum_j e^{u_j} - \sum_k d_k u_k = A(u) - \sum_k
    d_k u_k""",
)
def test_cross_entropy_of_softmax_in_terms_of_the_pre_activations() -> None:
    rng = np.random.default_rng(8)
    u, d = rng.normal(size=(1, 4)), softmax(rng.normal(size=(1, 4)))
    A = np.log(sum(np.exp(u[0, j]) for j in range(4)))
    left = cross_entropy(softmax(u), d)
    np.testing.assert_allclose(left, d.sum() * A - sum(d[0, k] * u[0, k] for k in range(4)), rtol=1e-12)
    np.testing.assert_allclose(cross_entropy_with_logits(u, d), A - (d * u).sum(), rtol=1e-12)
    u, d = u[:, :1], np.ones((1, 1))  # for two classes, one of which has the pre-activation 0
    np.testing.assert_allclose(binary_cross_entropy_with_logits(u, d), np.log(1 + np.exp(u[0, 0])) - u[0, 0])


@holds("basics/loss-functions#stable-log-softmax", r"\log y_k = (u_k - m) - \log \sum_{j} e^{u_j - m}")
def test_log_softmax_does_not_depend_on_what_is_subtracted() -> None:
    u = np.random.default_rng(9).normal(size=5)
    plain = np.log(np.exp(u) / np.exp(u).sum())
    for m in (u.max(), 0.7, -2.0):
        shifted = [(u[k] - m) - np.log(sum(np.exp(u[j] - m) for j in range(5))) for k in range(5)]
        np.testing.assert_allclose(plain, shifted, rtol=1e-12)
    np.testing.assert_allclose(log_softmax(u + 1e4), plain, rtol=1e-9)
