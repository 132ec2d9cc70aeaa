"""The formulas of the chapter on optimizers: three steps of each by hand."""

import numpy as np
import pytest

from dlnotes.gradients import numerical_gradient
from dlnotes.optimizers import AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSprop
from tests.formulas.holds import holds

RNG = np.random.default_rng(0)
START, GRADIENTS, ETA = RNG.standard_normal(4), RNG.standard_normal((3, 4)), 0.1


def three_steps(optimizer):
    """The parameters after each of three steps of the library, and what it remembers at the end."""
    params, path = {"w": START}, []
    for g in GRADIENTS:
        optimizer.step(params, {"w": g})
        path.append(params["w"])
    return path, optimizer.state()


@holds(
    "training/optimizers#valley",
    r"E(w) = \frac{w_1^2}{20} + w_2^2, \qquad \nabla E = \left[ \frac{w_1}{10}, \, 2 w_2 \right]",
)
def test_valley() -> None:
    def E(w):
        return w[0] ** 2 / 20 + w[1] ** 2

    w = np.array([-7.0, 2.0])
    assert E(w) == pytest.approx(49 / 20 + 4)
    np.testing.assert_allclose([w[0] / 10, 2 * w[1]], numerical_gradient(E, w))
    np.testing.assert_allclose([w[0] / 10, 2 * w[1]], [-0.7, 4])


@holds("training/optimizers#momentum", r"v \leftarrow \beta v + g, \qquad w \leftarrow w - \eta v")
def test_momentum() -> None:
    path, _ = three_steps(Momentum(ETA, momentum=0.8))
    w, v, beta = START, 0, 0.8
    for t in range(3):
        v = beta * v + GRADIENTS[t]
        w = w - ETA * v
        np.testing.assert_allclose(path[t], w)


@holds("training/optimizers#nesterov", r"v \leftarrow \beta v + g, \qquad w \leftarrow w - \eta \, (g + \beta v)")
def test_nesterov() -> None:
    path, _ = three_steps(Nesterov(ETA, momentum=0.8))
    w, v, beta = START, 0, 0.8
    for t, g in enumerate(GRADIENTS):
        v = beta * v + g
        w = w - ETA * (g + beta * v)
        np.testing.assert_allclose(path[t], w)


@holds(
    "training/optimizers#adagrad",
    r"h \leftarrow h + g^2, \qquad w \leftarrow w - \eta \, \frac{g}{\sqrt{h} + \epsilon}",
)
def test_adagrad() -> None:
    path, _ = three_steps(AdaGrad(ETA, eps=0.1))
    w, h, epsilon = START, 0, 0.1
    for t, g in enumerate(GRADIENTS):
        h = h + g**2
        w = w - ETA * g / (np.sqrt(h) + epsilon)
        np.testing.assert_allclose(path[t], w)


@holds(
    "training/optimizers#rmsprop",
    r"h \leftarrow \beta h + (1 - \beta) \, g^2, \qquad w \leftarrow w - \eta \, \frac{g}{\sqrt{h} + \epsilon}",
)
def test_rmsprop() -> None:
    path, _ = three_steps(RMSprop(ETA, decay=0.8, eps=0.1))
    w, h, beta, epsilon = START, 0, 0.8, 0.1
    for t, g in enumerate(GRADIENTS):
        h = beta * h + (1 - beta) * g**2
        w = w - ETA * g / (np.sqrt(h) + epsilon)
        np.testing.assert_allclose(path[t], w)


@holds(
    "training/optimizers#moving-averages",
    r"m \leftarrow \beta_1 m + (1 - \beta_1) \, g, \qquad h \leftarrow \beta_2 h + (1 - \beta_2) \, g^2",
)
def test_moving_averages() -> None:
    beta_1, beta_2 = 0.8, 0.95
    _, remembered = three_steps(Adam(ETA, betas=(beta_1, beta_2)))
    m = h = 0
    for g in GRADIENTS:
        m = beta_1 * m + (1 - beta_1) * g
        h = beta_2 * h + (1 - beta_2) * g**2
    np.testing.assert_allclose(remembered["m.w"], m)
    np.testing.assert_allclose(remembered["h.w"], h)


@holds(
    "training/optimizers#adam",
    r"""w \leftarrow w - \eta \, \frac{\hat{m}}{\sqrt{\hat{h}} + \epsilon}, \qquad
    \hat{m} = \frac{m}{1 - \beta_1^t}, \quad \hat{h} = \frac{h}{1 - \beta_2^t}""",
)
def test_adam() -> None:
    beta_1, beta_2, epsilon = 0.8, 0.95, 0.1
    path, _ = three_steps(Adam(ETA, betas=(beta_1, beta_2), eps=epsilon))
    w, m, h = START, 0, 0
    for t, g in enumerate(GRADIENTS, start=1):
        m, h = beta_1 * m + (1 - beta_1) * g, beta_2 * h + (1 - beta_2) * g**2
        m_hat, h_hat = m / (1 - beta_1**t), h / (1 - beta_2**t)
        w = w - ETA * m_hat / (np.sqrt(h_hat) + epsilon)
        np.testing.assert_allclose(path[t - 1], w)


@holds(
    "training/optimizers#adamw",
    r"w \leftarrow (1 - \eta \lambda) \, w - \eta \, \frac{\hat{m}}{\sqrt{\hat{h}} + \epsilon}",
)
def test_adamw() -> None:
    beta_1, beta_2, epsilon, decay = 0.8, 0.95, 0.1, 0.3
    path, _ = three_steps(AdamW(ETA, betas=(beta_1, beta_2), eps=epsilon, weight_decay=decay))
    w, m, h = START, 0, 0
    for t, g in enumerate(GRADIENTS, start=1):
        m, h = beta_1 * m + (1 - beta_1) * g, beta_2 * h + (1 - beta_2) * g**2
        m_hat, h_hat = m / (1 - beta_1**t), h / (1 - beta_2**t)
        w = (1 - ETA * decay) * w - ETA * m_hat / (np.sqrt(h_hat) + epsilon)
        np.testing.assert_allclose(path[t - 1], w)


@holds(
    "training/optimizers#momentum-recurrence",
    r"w^{(t+1)} = (1 + \beta - \eta \lambda_i) \, w^{(t)} - \beta \, w^{(t-1)}",
)
def test_momentum_recurrence() -> None:
    beta, eta, curvature = 0.8, 0.3, 2.0
    optimizer, params, w = Momentum(eta, momentum=beta), {"w": np.array([-7.0])}, [-7.0]
    for _ in range(6):
        optimizer.step(params, {"w": curvature * params["w"]})
        w.append(params["w"].item())
    for t in range(1, 6):
        np.testing.assert_allclose(w[t + 1], (1 + beta - eta * curvature) * w[t] - beta * w[t - 1])


@holds(
    "training/optimizers#momentum-limit",
    r"""0 < \eta < \frac{2 (1 + \beta)}{\lambda_{\max}}, \qquad
    \eta^\ast = \left( \frac{2}{\sqrt{\lambda_{\max}} + \sqrt{\lambda_{\min}}} \right)^2, \quad
    \beta^\ast = \left( \frac{\sqrt{\kappa} - 1}{\sqrt{\kappa} + 1} \right)^2""",
)
def test_momentum_limit() -> None:
    smallest, largest = 0.1, 2.0  # the curvatures of the valley
    kappa = largest / smallest

    def factor(eta, beta):  # the larger root of the recurrence, in the slower direction
        roots = [np.roots([1, -(1 + beta - eta * curvature), beta]) for curvature in (smallest, largest)]
        return np.abs(roots).max()

    for beta in (0.0, 0.4, 0.9):
        limit = 2 * (1 + beta) / largest
        assert factor(0.01 * limit, beta) < 1
        assert factor(0.99 * limit, beta) < 1
        assert factor(-0.01 * limit, beta) > 1
        assert factor(1.01 * limit, beta) > 1
    eta_best = (2 / (np.sqrt(largest) + np.sqrt(smallest))) ** 2
    beta_best = ((np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)) ** 2
    grid = [factor(eta, beta) for eta in np.linspace(0.05, 3, 60) for beta in np.linspace(0, 0.95, 60)]
    assert factor(eta_best, beta_best) < min(grid) < factor(eta_best, beta_best) + 0.02
