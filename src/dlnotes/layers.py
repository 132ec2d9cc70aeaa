"""Layers with a forward and a backward pass, and output activations joined with their losses.

- `Layer`: the contract
- `Linear`: weights and bias
- `Identity`, `Sigmoid`, `Tanh`, `ReLU`, `LeakyReLU`: activations
- `Flatten`: images to rows
- `Dropout`: units left out at random in training
- `l2_penalty`, `d_l2_penalty`: the sum of squared weights, to add to a loss
- `Sequential`: layers one after another
- `LossLayer`: the contract of the last step
- `IdentityWithLoss`, `SigmoidWithLoss`, `SoftmaxWithLoss`: the matching pairs of output activation and loss
"""

from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlnotes import activations, losses
from dlnotes._activation import Identity, LeakyReLU, ReLU, Sigmoid, Tanh
from dlnotes._check import FloatArray, Scalar, as_finite, as_float, as_generator, as_integer, as_number
from dlnotes._flatten import Flatten
from dlnotes._layer import Layer, LossLayer
from dlnotes._regularization import Dropout, d_l2_penalty, l2_penalty
from dlnotes._sequential import Sequential
from dlnotes._softmax_loss import softmax_with_loss

__all__ = [
    "Dropout",
    "Flatten",
    "Identity",
    "IdentityWithLoss",
    "Layer",
    "LeakyReLU",
    "Linear",
    "LossLayer",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "SigmoidWithLoss",
    "SoftmaxWithLoss",
    "Tanh",
    "d_l2_penalty",
    "l2_penalty",
]


class Linear(Layer):
    r"""Weights and bias. Other names: Affine, Dense, fully connected; 全結合層.

    $$y = x W + b, \qquad dx = dout \, W^\top, \quad dW = x^\top dout, \quad db = \sum_n dout_n$$

    Parameters
    ----------
    n_in : D, the size of the input.
    n_out : M, the size of the output.
    rng : source of the weights.
    bias : whether there is a b.
    dtype : float64 or float32, of parameters, input and output.
    scale : standard deviation of the weights, by default $1 / \sqrt{D}$. The bias starts at zero.
    init : in place of `scale`, a function of `initializers`, called as `init((D, M), rng=rng, dtype=dtype)`.

    Attributes
    ----------
    params : "W" of shape (D, M) and, unless `bias` is False, "b" of shape (M,).

    Raises
    ------
    ValueError
        If the input is not (N, D) with N >= 1, a size is not positive, or both `scale` and `init` are given.
    TypeError
        If the input has another floating-point dtype than the weights, or is not a real number.

    Notes
    -----
    Each row of x is a sample, so $y_{nm} = \sum_d x_{nd} W_{dm} + b_m$, and $\partial E / \partial W_{dm} =
    \sum_n x_{nd} \, dout_{nm}$: the transpose stands where the shapes demand it. With the default scale the
    output has the variance of the input. Both dtypes start from the same random numbers.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.
    LeCun, Bottou, Orr and Müller (1998), doi:10.1007/3-540-49430-8_2 (the scale).

    Examples
    --------
    >>> layer = Linear(3, 2, rng=np.random.default_rng(0))
    >>> layer(np.zeros((4, 3))).shape
    (4, 2)
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        rng: np.random.Generator,
        bias: bool = True,
        dtype: DTypeLike = np.float64,
        scale: float | None = None,
        init: Callable[..., ArrayLike] | None = None,
    ) -> None:
        shape = as_integer(n_in, "Linear", "n_in"), as_integer(n_out, "Linear", "n_out")
        kind = np.dtype(dtype)
        if kind not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise TypeError(f"Linear expects dtype float32 or float64, got {kind}")
        if scale is not None and init is not None:
            raise ValueError("Linear expects scale or init, got both")
        if init is None:
            spread = shape[0] ** -0.5 if scale is None else as_number(scale, "Linear", "scale")
            W = spread * as_generator(rng, "Linear").standard_normal(shape)
        elif not callable(init):
            raise TypeError(f"Linear expects a function as init, got {type(init).__name__}")
        else:
            W = as_finite(init(shape, rng=as_generator(rng, "Linear"), dtype=kind), "Linear", "init")
            if W.shape != shape:
                raise ValueError(f"Linear expects init to return shape {shape}, got {W.shape}")
        self.params = {"W": W.astype(kind)}
        if bias:
            self.params["b"] = np.zeros(shape[1], dtype=kind)
        self.grads = {}

    @np.errstate(over="ignore", invalid="ignore")
    def forward(self, x: ArrayLike) -> FloatArray:
        """(N, D) to (N, M)."""
        self._saved = None
        W = as_float(self.params["W"], "Linear", "W")
        if W.ndim != 2:
            raise ValueError(f"Linear expects W of shape (D, M), got {W.shape}")
        x = self._input(x, W.dtype)
        if x.ndim != 2 or x.shape[0] == 0 or x.shape[1] != W.shape[0]:
            raise ValueError(f"Linear expects (N, {W.shape[0]}), got {x.shape}")
        y = x @ W
        if "b" in self.params:
            b = as_float(self.params["b"], "Linear", "b")
            if b.shape != W.shape[1:] or b.dtype != W.dtype:
                raise ValueError(f"Linear expects b of shape {W.shape[1:]} of {W.dtype}, got {b.shape} of {b.dtype}")
            y += b
        self._saved = x, W
        return y

    @np.errstate(over="ignore", invalid="ignore")
    def backward(self, dout: ArrayLike) -> FloatArray:
        """(N, M) to (N, D)."""
        return cast(FloatArray, self._fill_grads(dout) @ self._load()[1].T)

    @np.errstate(over="ignore", invalid="ignore")
    def backward_params(self, dout: ArrayLike) -> None:
        """`backward` without dx."""
        self._fill_grads(dout)

    def _fill_grads(self, dout: ArrayLike) -> FloatArray:
        """dW and db; returns the checked dout."""
        x, W = self._load()
        dout = self._upstream(dout, (x.shape[0], W.shape[1]), W.dtype)
        self.grads = {"W": x.T @ dout}
        if "b" in self.params:
            self.grads["b"] = dout.sum(axis=0)
        return dout


class IdentityWithLoss(LossLayer):
    r"""Identity and half squared error, for regression.

    $$y = u, \qquad E = \frac{1}{2N} \sum_{n,k} (y_{nk} - d_{nk})^2, \qquad
    \frac{\partial E}{\partial u} = \frac{1}{N} (y - d)$$

    References
    ----------
    Nelder and Wedderburn (1972), doi:10.2307/2344614.

    Examples
    --------
    >>> loss = IdentityWithLoss()
    >>> loss([[3.0]], [[1.0]]), loss.backward()
    (np.float64(2.0), array([[2.]]))
    """

    def output(self, u: ArrayLike) -> FloatArray:
        """u itself, as a copy."""
        return activations.identity(u)

    def _loss(self, u: ArrayLike, d: ArrayLike) -> Scalar:
        return losses.half_squared_error(u, d)

    def _gradient(self, u: ArrayLike, d: ArrayLike) -> FloatArray:
        return losses.d_half_squared_error(u, d)


class SigmoidWithLoss(LossLayer):
    r"""Sigmoid and binary cross-entropy, for yes-or-no questions.

    $$y = \sigma(u), \qquad
    E = -\frac{1}{N} \sum_{n,k} \bigl( d_{nk} \log y_{nk} + (1 - d_{nk}) \log (1 - y_{nk}) \bigr), \qquad
    \frac{\partial E}{\partial u} = \frac{1}{N} (y - d)$$

    References
    ----------
    Nelder and Wedderburn (1972), doi:10.2307/2344614.

    Examples
    --------
    >>> loss = SigmoidWithLoss()
    >>> round(loss([[0.0]], [[1.0]]), 4), loss.backward()
    (np.float64(0.6931), array([[-0.5]]))
    """

    def output(self, u: ArrayLike) -> FloatArray:
        """Probabilities of yes."""
        return activations.sigmoid(u)

    def _loss(self, u: ArrayLike, d: ArrayLike) -> Scalar:
        return losses.binary_cross_entropy_with_logits(u, d)

    def _gradient(self, u: ArrayLike, d: ArrayLike) -> FloatArray:
        return losses.d_binary_cross_entropy_with_logits(u, d)


class SoftmaxWithLoss(LossLayer):
    r"""Softmax and cross-entropy, for one class out of K.

    $$y = \mathrm{softmax}(u), \qquad E = -\frac{1}{N} \sum_{n,k} d_{nk} \log y_{nk}, \qquad
    \frac{\partial E}{\partial u} = \frac{1}{N} (y - d)$$

    Notes
    -----
    For integer labels the gradient comes along with the loss: one pass over the data for both. The first
    `backward` hands it out, a second one computes it again.

    References
    ----------
    Bridle (1990), doi:10.1007/978-3-642-76153-9_28.

    Examples
    --------
    >>> loss = SoftmaxWithLoss()
    >>> round(loss([[0.0, 0.0]], [1]), 4), loss.backward()
    (np.float64(0.6931), array([[ 0.5, -0.5]]))
    """

    _dx: FloatArray | None = None

    def output(self, u: ArrayLike) -> FloatArray:
        """Probabilities of the classes."""
        return activations.softmax(u)

    def _loss(self, u: ArrayLike, d: ArrayLike) -> Scalar:
        self._dx = None  # first, so that its memory serves the next
        E, self._dx = softmax_with_loss(u, d)
        return E

    def _gradient(self, u: ArrayLike, d: ArrayLike) -> FloatArray:
        dx, self._dx = self._dx, None
        return losses.d_cross_entropy_with_logits(u, d) if dx is None else dx
