"""The formulas of the chapter on data augmentation."""

import itertools

import numpy as np
import pytest

from dlnotes.activations import softmax
from dlnotes.augmentation import rotate, shift, translate
from dlnotes.gradients import numerical_gradient
from dlnotes.layers import Linear, SoftmaxWithLoss
from tests.formulas.holds import holds


@holds(
    "vision/data-augmentation#translation",
    r"y_{ncij} = x_{n, c, i - s_n, j - t_n}, \qquad s_n, t_n \sim U\{-k, \ldots, k\}",
)
def test_translation() -> None:
    rng = np.random.default_rng(0)
    x, offsets = rng.standard_normal((3, 2, 5, 6)), np.array([[1, -2], [0, 3], [-2, 1]])
    y = translate(x, offsets)
    for n, c, i, j in np.ndindex(x.shape):
        s, t = offsets[n]
        inside = 0 <= i - s < 5 and 0 <= j - t < 6
        assert y[n, c, i, j] == (x[n, c, i - s, j - t] if inside else 0)
    k, N = 2, 200_000
    dot = np.zeros((N, 1, 5, 5))
    dot[:, :, 2, 2] = 1  # where the middle pixel goes, the image goes
    shares = shift(dot, k, rng=rng).mean(axis=(0, 1))
    np.testing.assert_allclose(shares, np.full((5, 5), 1 / (2 * k + 1) ** 2), rtol=0.05)


@holds(
    "vision/data-augmentation#rotation",
    r"""y(q) = x(R_\theta^{-1} q), \qquad
    R_\theta = \begin{pmatrix} \cos \theta & -\sin \theta \\ \sin \theta & \cos \theta \end{pmatrix}""",
)
@pytest.mark.parametrize("degrees", [25, 90, -140])
def test_rotation(degrees) -> None:
    theta, places = np.deg2rad(degrees), np.arange(-5, 6)

    def x(q):  # an image that is linear in the place: interpolation between its pixels is exact
        return 3 + 2 * q[0] - 5 * q[1]

    image = np.array([[x((down, right)) for right in places] for down in places], dtype=float)
    y = rotate(image[np.newaxis, np.newaxis], (degrees, degrees), rng=np.random.default_rng(0))[0, 0]
    R = np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])
    for down, right in itertools.product(range(-3, 4), repeat=2):  # what stays inside of the image
        q = np.array([down, right])
        np.testing.assert_allclose(y[down + 5, right + 5], x(np.linalg.inv(R) @ q))


@holds(
    "vision/data-augmentation#augmented-loss",
    r"""E_{\mathrm{aug}} = \frac{1}{N} \sum_{n=1}^{N} \mathbb{E}_T \bigl[ E_n(T x_n) \bigr], \qquad
    \nabla E_{\mathrm{aug}} = \frac{1}{N} \sum_{n=1}^{N} \mathbb{E}_T \bigl[ \nabla E_n(T x_n) \bigr]""",
)
def test_augmented_loss() -> None:
    rng = np.random.default_rng(1)
    N, x, d, loss = 4, rng.standard_normal((4, 1, 3, 3)), np.array([0, 2, 1, 2]), SoftmaxWithLoss()
    transformations = [lambda x_n, by=by: translate(x_n, by) for by in itertools.product((-1, 0, 1), repeat=2)]
    W = rng.standard_normal((9, 3))

    def mean_over_all(W):  # one batch of all samples in all transformations
        images = np.concatenate([T(x).reshape(N, 9) for T in transformations])
        return loss.forward(images @ W, np.tile(d, 9))

    E_aug, gradient = 0, 0
    for n, T in itertools.product(range(N), transformations):
        Tx_n = T(x[n : n + 1]).reshape(1, 9)
        E_aug += 1 / N * loss.forward(Tx_n @ W, d[n : n + 1]) / 9  # each T has the probability 1/9
        gradient += 1 / N * Tx_n.T @ loss.backward() / 9
    np.testing.assert_allclose(E_aug, mean_over_all(W))
    np.testing.assert_allclose(gradient, numerical_gradient(mean_over_all, W), atol=1e-8)


@holds(
    "vision/data-augmentation#noisy-squared-error",
    r"""\mathbb{E}_\varepsilon \bigl[ (d - (x + \varepsilon) \cdot w)^2 \bigr]
    = (d - x \cdot w)^2 + \sigma^2 \lVert w \rVert^2""",
)
def test_noisy_squared_error() -> None:
    rng = np.random.default_rng(2)
    x, w, d, sigma = rng.standard_normal(5), rng.standard_normal(5), 1.3, 0.6
    # every entry is sigma or -sigma, all 2^5 cases equally likely: independent, mean 0, variance sigma^2
    cases = [sigma * np.array(signs) for signs in itertools.product([-1, 1], repeat=5)]
    mean = sum((d - (x + epsilon) @ w) ** 2 for epsilon in cases) / len(cases)
    np.testing.assert_allclose(mean, (d - x @ w) ** 2 + sigma**2 * np.linalg.norm(w) ** 2)


@holds("vision/data-augmentation#averaged-prediction", r"\bar{y}(x) = \frac{1}{M} \sum_{m=1}^{M} y(T_m x)")
def test_averaged_prediction() -> None:
    rng = np.random.default_rng(3)
    x, layer = rng.standard_normal((1, 1, 3, 3)), Linear(9, 4, rng=rng)
    steps = list(itertools.product((-1, 0, 1), repeat=2))
    M = len(steps)
    batch = translate(np.repeat(x, M, axis=0), np.array(steps))  # all transformations as one batch
    together = softmax(layer.forward(batch.reshape(M, 9))).mean(axis=0)
    y_bar = np.zeros(4)
    for step in steps:
        u = [sum(translate(x, step).flat * layer.params["W"][:, k]) for k in range(4)]
        y_bar += 1 / M * np.exp(u) / sum(np.exp(u))
    np.testing.assert_allclose(together, y_bar)
    assert y_bar.sum() == pytest.approx(1)
