"""Normalisation of what flows through a network.

- `BatchNorm`: each feature or channel to mean 0 and variance 1 over the batch
"""

from typing import cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlnotes._check import FloatArray, as_float, as_integer, as_number, as_positive
from dlnotes._layer import Layer

__all__ = ["BatchNorm"]


class BatchNorm(Layer):
    r"""Each feature to mean 0 and variance 1 over the batch, then scaled and shifted.

    $$\hat{x} = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad y = \gamma \hat{x} + \beta$$

    Parameters
    ----------
    n_features : D of an input (N, D), or C of an input (N, C, H, W).
    momentum : m, the weight of the batch in the running statistics: $r \leftarrow (1 - m) r + m \mu$.
    eps : $\epsilon$, added to the variance.
    dtype : float64 or float32, of parameters, buffers, input and output.

    Attributes
    ----------
    params : "gamma" and "beta" of shape (D,) or (C,), which start at 1 and 0.
    buffers : "running_mean" and "running_var" of the same shape, which start at 0 and 1.

    Raises
    ------
    ValueError
        If the input is not (N, D) or (N, C, H, W), or in training holds one value per feature alone.
    TypeError
        If the input has another floating-point dtype than gamma, or is not a real number.

    Notes
    -----
    The means are over the M = N values of a feature, or the M = N H W values of a channel. In training
    $\mu$ and $\sigma^2$ are those of the batch, and depend on x:

    $$d\gamma = \sum dout \, \hat{x}, \quad d\beta = \sum dout, \quad
    dx = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} \Bigl( dout - \frac{d\beta + \hat{x} \, d\gamma}{M} \Bigr)$$

    In inference they are the running ones, constants, and dx has the first term alone. As in PyTorch, the
    biased variance (1/M) normalises the batch, the unbiased one (1/(M - 1)) enters the running variance, and
    the running statistics of a `forward` that nobody trains on count too. Where momentum weighs the old value
    instead, 0.1 is called 0.9.

    References
    ----------
    Ioffe and Szegedy (2015), arXiv:1502.03167.

    Examples
    --------
    >>> BatchNorm(1)([[1.0], [3.0]]).round(3)
    array([[-1.],
           [ 1.]])
    """

    buffers: dict[str, FloatArray]

    def __init__(
        self, n_features: int, *, momentum: float = 0.1, eps: float = 1e-5, dtype: DTypeLike = np.float64
    ) -> None:
        size = as_integer(n_features, "BatchNorm", "n_features")
        kind = np.dtype(dtype)
        if kind not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise TypeError(f"BatchNorm expects dtype float32 or float64, got {kind}")
        self.momentum = as_number(momentum, "BatchNorm", "momentum")
        if not 0 <= self.momentum <= 1:
            raise ValueError(f"BatchNorm expects momentum from 0 to 1, got {self.momentum}")
        self.eps = as_positive(eps, "BatchNorm", "eps")
        self.params = {"gamma": np.ones(size, kind), "beta": np.zeros(size, kind)}
        self.buffers = {"running_mean": np.zeros(size, kind), "running_var": np.ones(size, kind)}
        self.grads = {}

    @np.errstate(all="ignore")
    def forward(self, x: ArrayLike) -> FloatArray:
        """(N, D) or (N, C, H, W); the same shape."""
        self._saved = None
        gamma, beta, running_mean, running_var = self._vectors()
        x = self._input(x, gamma.dtype)
        if x.ndim not in (2, 4) or x.shape[1] != len(gamma) or x.size == 0:
            raise ValueError(f"BatchNorm expects (N, {len(gamma)}) or (N, {len(gamma)}, H, W), got {x.shape}")
        if self.training:
            M = x.size // len(gamma)
            if M == 1:
                raise ValueError(f"BatchNorm expects more than one value per feature in training, got {x.shape}")
            mean = _sum(x) / M
            x_c = x - _spread(mean, x)
            rest = _sum(x_c) / M  # what rounding left in the mean: 1e-3 if the mean is 1e4, in float32
            x_c -= _spread(rest, x)
            var: FloatArray = _sum(x_c, x_c) / M
            m = self.momentum
            self.buffers["running_mean"] = (1 - m) * running_mean + m * (mean + rest)
            self.buffers["running_var"] = (1 - m) * running_var + m * (var * (M / (M - 1)))
        else:
            x_c, var = x - _spread(running_mean, x), running_var
        rsd = 1 / np.sqrt(var + self.eps)
        self._saved = x_c, gamma, rsd, self.training
        y = x_c * _spread(gamma * rsd, x)
        y += _spread(beta, x)
        return y

    @np.errstate(all="ignore")
    def backward(self, dout: ArrayLike) -> FloatArray:
        """The shape of the input, by the formula of the mode that `forward` ran in."""
        x_c, gamma, rsd, training = self._load()
        dout = self._upstream(dout, x_c.shape, x_c.dtype)
        dgamma, dbeta = rsd * _sum(dout, x_c), _sum(dout)
        self.grads = {"gamma": dgamma, "beta": dbeta}
        scale = _spread(gamma * rsd, dout)
        if not training:
            return cast(FloatArray, dout * scale)
        M = dout.size // len(gamma)
        dx: FloatArray = x_c * _spread(-rsd * dgamma / M, dout)
        dx += dout
        dx -= _spread(dbeta / M, dout)
        dx *= scale
        return dx

    def _vectors(self) -> list[FloatArray]:
        """gamma, beta, running mean and variance, any of which may have been rebound."""
        named = {**self.params, **self.buffers}
        found = {
            name: as_float(named[name], "BatchNorm", name) for name in ("gamma", "beta", "running_mean", "running_var")
        }
        gamma = found["gamma"]
        if gamma.ndim != 1:
            raise ValueError(f"BatchNorm expects gamma of shape (D,) or (C,), got {gamma.shape}")
        for name, v in found.items():
            if v.shape != gamma.shape or v.dtype != gamma.dtype:
                expected = f"{name} of shape {gamma.shape} of {gamma.dtype}"
                raise ValueError(f"BatchNorm expects {expected}, got {v.shape} of {v.dtype}")
        return list(found.values())


def _sum(*factors: FloatArray) -> FloatArray:
    """The sum per feature of one array, or of the product of two without storing the product."""
    axes = "nchw"[: factors[0].ndim]
    return cast(FloatArray, np.einsum(",".join([axes] * len(factors)) + "->c", *factors))


def _spread(v: FloatArray, x: FloatArray) -> FloatArray:
    """One value per feature, repeated over H and W: numpy then runs through whole samples, not through rows of W."""
    return cast(FloatArray, np.multiply.outer(v, np.ones(x.shape[2:], v.dtype)))
