"""The formulas of the chapter on batch normalization, for the values of one unit."""

import math

import numpy as np

from dlnotes.gradients import numerical_gradient
from dlnotes.normalization import BatchNorm
from tests.formulas.holds import holds


@holds(
    "training/batch-normalization#batch-statistics",
    r"""\mu = \frac{1}{M} \sum_{i=1}^{M} x_i, \qquad \sigma^2 = \frac{1}{M} \sum_{i=1}^{M} (x_i - \mu)^2, \qquad
    s = \sqrt{\sigma^2 + \epsilon}""",
)
def test_batch_statistics() -> None:
    M, epsilon = 7, 0.3
    x = np.random.default_rng(0).normal(5, 2, M)
    mu = sum(x[i] for i in range(M)) / M
    variance = sum((x[i] - mu) ** 2 for i in range(M)) / M
    s = math.sqrt(variance + epsilon)
    layer = BatchNorm(1, eps=epsilon, momentum=1)  # the running statistics are those of the last batch
    y = layer.forward(x[:, np.newaxis])[:, 0]
    np.testing.assert_allclose(layer.buffers["running_mean"], [mu])
    np.testing.assert_allclose(layer.buffers["running_var"] * (M - 1) / M, [variance])
    np.testing.assert_allclose((x[0] - x[1]) / (y[0] - y[1]), s)  # what the layer divides by


@holds(
    "training/batch-normalization#normalize-scale-shift",
    r"\hat{x}_i = \frac{x_i - \mu}{s}, \qquad y_i = \gamma \hat{x}_i + \beta",
)
def test_normalize_scale_shift() -> None:
    M, epsilon, gamma, beta = 7, 0.3, 1.7, -0.4
    x = np.random.default_rng(1).normal(5, 2, M)
    mu, s = np.mean(x), np.sqrt(np.var(x) + epsilon)
    layer = BatchNorm(1, eps=epsilon)
    layer.params = {"gamma": np.array([gamma]), "beta": np.array([beta])}
    y = layer.forward(x[:, np.newaxis])[:, 0]
    for i in range(M):
        x_hat = (x[i] - mu) / s
        np.testing.assert_allclose(y[i], gamma * x_hat + beta)


@holds(
    "training/batch-normalization#running-statistics",
    r"""r_\mu \leftarrow (1 - m) \, r_\mu + m \, \mu, \qquad
    r_{\sigma^2} \leftarrow (1 - m) \, r_{\sigma^2} + m \, \frac{M}{M - 1} \sigma^2""",
)
def test_running_statistics() -> None:
    rng = np.random.default_rng(2)
    M, m = 5, 0.2
    layer, r_mu, r_variance = BatchNorm(1, momentum=m), 0.0, 1.0
    for _ in range(3):
        x = rng.normal(5, 2, M)
        layer.forward(x[:, np.newaxis])
        r_mu = (1 - m) * r_mu + m * np.mean(x)
        r_variance = (1 - m) * r_variance + m * M / (M - 1) * np.var(x)
    np.testing.assert_allclose(layer.buffers["running_mean"], [r_mu])
    np.testing.assert_allclose(layer.buffers["running_var"], [r_variance])


@holds(
    "training/batch-normalization#inference-output",
    r"y_i = \gamma \, \frac{x_i - r_\mu}{\sqrt{r_{\sigma^2} + \epsilon}} + \beta",
)
def test_inference_output() -> None:
    x = np.random.default_rng(3).normal(5, 2, 7)
    epsilon, gamma, beta, r_mu, r_variance = 0.3, 1.7, -0.4, 4.5, 2.5
    layer = BatchNorm(1, eps=epsilon)
    layer.params = {"gamma": np.array([gamma]), "beta": np.array([beta])}
    layer.buffers = {"running_mean": np.array([r_mu]), "running_var": np.array([r_variance])}
    y = layer.eval().forward(x[:, np.newaxis])[:, 0]
    for i in range(7):
        np.testing.assert_allclose(y[i], gamma * (x[i] - r_mu) / math.sqrt(r_variance + epsilon) + beta)


@holds(
    "training/batch-normalization#parameter-gradients",
    r"d\beta = \sum_{i} dy_i, \qquad d\gamma = \sum_{i} dy_i \, \hat{x}_i, \qquad d\hat{x}_i = \gamma \, dy_i",
)
def test_parameter_gradients() -> None:
    rng = np.random.default_rng(4)
    x_hat, r = rng.standard_normal(7), rng.standard_normal(7)
    gamma, beta = np.array(1.7), np.array(-0.4)

    def E(x_hat, gamma, beta):
        return (r * (gamma * x_hat + beta) ** 2).sum()

    dy = 2 * r * (gamma * x_hat + beta)
    dbeta, dgamma, dx_hat = dy.sum(), (dy * x_hat).sum(), gamma * dy
    np.testing.assert_allclose(dbeta, numerical_gradient(lambda beta: E(x_hat, gamma, beta), beta), rtol=1e-6)
    np.testing.assert_allclose(dgamma, numerical_gradient(lambda gamma: E(x_hat, gamma, beta), gamma), rtol=1e-6)
    np.testing.assert_allclose(dx_hat, numerical_gradient(lambda x_hat: E(x_hat, gamma, beta), x_hat), rtol=1e-6)


@holds(
    "training/batch-normalization#spread-gradients",
    r"""ds = -\frac{1}{s^2} \sum_{i} d\hat{x}_i \, x_{c,i}, \qquad d\sigma^2 = \frac{ds}{2s}, \qquad
    dx_{c,i} = \frac{d\hat{x}_i}{s} + \frac{2 x_{c,i}}{M} d\sigma^2""",
)
def test_spread_gradients() -> None:
    rng = np.random.default_rng(5)
    M, epsilon = 7, 0.3
    x_c, dx_hat = rng.standard_normal(M), rng.standard_normal(M)

    def E(x_c, s):  # its derivative with respect to x_hat = x_c / s is dx_hat
        return (dx_hat * x_c / s).sum()

    variance = np.mean(x_c**2)
    s = np.sqrt(variance + epsilon)
    ds = -1 / s**2 * (dx_hat * x_c).sum()
    dvariance = ds / (2 * s)
    dx_c = dx_hat / s + 2 * x_c / M * dvariance
    np.testing.assert_allclose(ds, numerical_gradient(lambda s: E(x_c, s), s), rtol=1e-6)
    by_variance = numerical_gradient(lambda variance: E(x_c, np.sqrt(variance + epsilon)), variance)
    np.testing.assert_allclose(dvariance, by_variance, rtol=1e-6)
    by_centred = numerical_gradient(lambda x_c: E(x_c, np.sqrt(np.mean(x_c**2) + epsilon)), x_c)
    np.testing.assert_allclose(dx_c, by_centred, rtol=1e-6)


@holds(
    "training/batch-normalization#mean-gradient",
    r"d\mu = -\sum_{i} dx_{c,i}, \qquad dx_i = dx_{c,i} + \frac{d\mu}{M}",
)
def test_mean_gradient() -> None:
    rng = np.random.default_rng(6)
    M, epsilon = 7, 0.3
    x, dx_hat = rng.normal(5, 2, M), rng.standard_normal(M)

    def E(x_c):
        return (dx_hat * x_c / np.sqrt(np.mean(x_c**2) + epsilon)).sum()

    mu = np.mean(x)
    dx_c = numerical_gradient(E, x - mu)
    dmu = -dx_c.sum()
    dx = dx_c + dmu / M
    np.testing.assert_allclose(dmu, numerical_gradient(lambda mu: E(x - mu), mu), rtol=1e-6)
    np.testing.assert_allclose(dx, numerical_gradient(lambda x: E(x - np.mean(x)), x), rtol=1e-6)


@holds(
    "training/batch-normalization#input-gradient",
    r"dx_i = \frac{\gamma}{s} \left( dy_i - \frac{d\beta + \hat{x}_i \, d\gamma}{M} \right)",
)
def test_input_gradient() -> None:
    rng = np.random.default_rng(7)
    M, epsilon, gamma, beta = 7, 0.3, 1.7, -0.4
    x, dy = rng.normal(5, 2, M), rng.standard_normal(M)
    layer = BatchNorm(1, eps=epsilon)
    layer.params = {"gamma": np.array([gamma]), "beta": np.array([beta])}
    s = np.sqrt(np.var(x) + epsilon)
    x_hat = (x - np.mean(x)) / s
    dbeta, dgamma = dy.sum(), (dy * x_hat).sum()
    dx = gamma / s * (dy - (dbeta + x_hat * dgamma) / M)
    differences = numerical_gradient(lambda x: (dy * layer.forward(x[:, np.newaxis])[:, 0]).sum(), x)
    np.testing.assert_allclose(dx, differences, rtol=1e-6)
    layer.forward(x[:, np.newaxis])
    np.testing.assert_allclose(dx, layer.backward(dy[:, np.newaxis])[:, 0])
