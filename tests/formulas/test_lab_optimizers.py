"""The formulas of the lab on optimizers."""

import math

import numpy as np

from dlnotes.activations import softmax
from dlnotes.gradients import numerical_gradient
from dlnotes.layers import Linear, SoftmaxWithLoss
from dlnotes.optimizers import SGD
from dlnotes.training import Trainer, minibatches
from tests.formulas.holds import holds


@holds("labs/optimizers#batch-loss", r"E_t = -\frac{1}{N_t} \sum_{n} \ln y_{n d_n}")
def test_batch_loss() -> None:
    N_t, u, d = 4, np.random.default_rng(0).standard_normal((4, 10)), np.array([3, 0, 9, 3])
    y = softmax(u)
    E_t = -1 / N_t * sum(math.log(y[n, d[n]]) for n in range(N_t))
    np.testing.assert_allclose(SoftmaxWithLoss().forward(u, d), E_t)


@holds(
    "labs/optimizers#epoch-loss",
    r"w \leftarrow w - \eta \, \frac{\partial E_t}{\partial w}, \qquad E = \sum_{t} \frac{N_t}{N} \, E_t",
)
def test_epoch_loss() -> None:
    rng = np.random.default_rng(1)
    N, eta, loss = 7, 0.3, SoftmaxWithLoss()
    x, d, model = rng.standard_normal((N, 4)), rng.integers(0, 3, N), Linear(4, 3, rng=rng, bias=False)
    w, E = model.params["W"], 0.0
    for x_t, d_t in minibatches(x, d, 3, rng=np.random.default_rng(2)):
        N_t = len(x_t)
        E += N_t / N * loss.forward(x_t @ w, d_t)
        w = w - eta * numerical_gradient(lambda w, x_t=x_t, d_t=d_t: loss.forward(x_t @ w, d_t), w)
    trainer = Trainer(model, loss, SGD(eta), batch_size=3, rng=np.random.default_rng(2), progress=False)
    trainer.fit(x, d, epochs=1)
    np.testing.assert_allclose(model.params["W"], w, rtol=1e-7)
    np.testing.assert_allclose(trainer.history.loss, [E], rtol=1e-7)


@holds("labs/optimizers#accuracy-error", r"\sqrt{\frac{p \, (1 - p)}{500}}")
def test_accuracy_error() -> None:
    p, n = 0.96, 500
    chances = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]  # k of 500 images right
    variance = sum(chance * (k / n - p) ** 2 for k, chance in enumerate(chances))
    np.testing.assert_allclose(math.sqrt(variance), math.sqrt(p * (1 - p) / 500))


@holds("labs/optimizers#chance-mistakes", r"500 \, p_1 p_2 p_3 p_4")
def test_chance_mistakes() -> None:
    p_1, p_2, p_3, p_4 = p = [0.3, 0.4, 0.5, 0.2]
    rng, draws, shared = np.random.default_rng(0), 4000, 0
    for _ in range(draws):
        wrong = rng.random((500, 4)) < p  # for each image, which of the four methods get it wrong
        shared += wrong.all(axis=1).sum()
    np.testing.assert_allclose(shared / draws, 500 * p_1 * p_2 * p_3 * p_4, rtol=0.02)
