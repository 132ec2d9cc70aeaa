"""Layers with a forward and a backward pass, and output activations joined with their losses.

- `Layer`: the contract
- `Linear`: weights and bias
- `Identity`, `Sigmoid`, `Tanh`, `ReLU`, `LeakyReLU`: activations
- `Sequential`: layers one after another
- `LossLayer`: the contract of the last step
- `IdentityWithLoss`, `SigmoidWithLoss`, `SoftmaxWithLoss`: the matching pairs of output activation and loss
"""

from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlnotes import activations, losses
from dlnotes._check import FloatArray, Scalar, as_array, as_float, as_generator, as_integer, as_number, not_empty
from dlnotes._layer import Layer, LossLayer
from dlnotes._sequential import Sequential

__all__ = [
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

    Attributes
    ----------
    params : "W" of shape (D, M) and, unless `bias` is False, "b" of shape (M,).

    Raises
    ------
    ValueError
        If the input is not (N, D) with N >= 1, or a size is not positive.
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
    ) -> None:
        shape = as_integer(n_in, "Linear", "n_in"), as_integer(n_out, "Linear", "n_out")
        kind = np.dtype(dtype)
        if kind not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise TypeError(f"Linear expects dtype float32 or float64, got {kind}")
        spread = shape[0] ** -0.5 if scale is None else as_number(scale, "Linear", "scale")
        W = spread * as_generator(rng, "Linear").standard_normal(shape)
        self.params = {"W": W.astype(kind)}
        if bias:
            self.params["b"] = np.zeros(shape[1], dtype=kind)
        self.grads = {}

    @np.errstate(over="ignore", invalid="ignore")
    def forward(self, x: ArrayLike) -> FloatArray:
        """(N, D) to (N, M)."""
        self._saved = None
        W = as_float(self.params["W"], "Linear", "W")
        x = _matching(x, W)
        y = x @ W
        if "b" in self.params:
            b = as_float(self.params["b"], "Linear", "b")
            if b.shape != W.shape[1:] or b.dtype != W.dtype:
                raise ValueError(f"Linear expects b of shape {W.shape[1:]} of {W.dtype}, got {b.shape} of {b.dtype}")
            y = y + b
        self._saved = x, W
        return y

    @np.errstate(over="ignore", invalid="ignore")
    def backward(self, dout: ArrayLike) -> FloatArray:
        """(N, M) to (N, D)."""
        x, W = self._load()
        dout = self._upstream(dout, (x.shape[0], W.shape[1]), W.dtype)
        self.grads = {"W": x.T @ dout}
        if "b" in self.params:
            self.grads["b"] = dout.sum(axis=0)
        return cast(FloatArray, dout @ W.T)


def _matching(x: ArrayLike, W: FloatArray) -> FloatArray:
    """`x` as (N, D) in the dtype of W."""
    if W.ndim != 2:
        raise ValueError(f"Linear expects W of shape (D, M), got {W.shape}")
    array = as_array(x, "Linear", "x")
    if array.ndim != 2 or array.shape[0] == 0 or array.shape[1] != W.shape[0]:
        raise ValueError(f"Linear expects (N, {W.shape[0]}), got {array.shape}")
    inputs = as_float(array, "Linear", "x")
    if array.dtype.kind == "f" and inputs.dtype != W.dtype and isinstance(x, np.ndarray):
        raise TypeError(f"Linear expects {W.dtype}, the dtype of its weights, got {inputs.dtype}")
    return inputs.astype(W.dtype, copy=False)


class _Activation(Layer):
    """An elementwise function and its derivative, both of u."""

    def __init__(
        self, function: Callable[[FloatArray], FloatArray], derivative: Callable[[FloatArray], FloatArray]
    ) -> None:
        self.params, self.grads = {}, {}
        self._function, self._derivative = function, derivative

    def forward(self, x: ArrayLike) -> FloatArray:
        """The activation of each entry; any shape."""
        self._saved = None
        u = as_float(x, type(self).__name__, "x")
        not_empty(u, type(self).__name__, "x")
        self._saved = u
        return self._function(u)

    @np.errstate(over="ignore", invalid="ignore")
    def backward(self, dout: ArrayLike) -> FloatArray:
        """dout times the derivative at the input, entry by entry."""
        u = self._load()
        return self._upstream(dout, u.shape, u.dtype) * self._derivative(u)


class Identity(_Activation):
    r"""The identity as a layer.

    $$y = x, \qquad dx = dout$$

    References
    ----------
    Nelder and Wedderburn (1972), doi:10.2307/2344614 (the identity as a link function).
    """

    def __init__(self) -> None:
        super().__init__(activations.identity, activations.d_identity)


class Sigmoid(_Activation):
    r"""The sigmoid as a layer.

    $$y = \sigma(x), \qquad dx = dout \cdot \sigma'(x)$$

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.
    """

    def __init__(self) -> None:
        super().__init__(activations.sigmoid, activations.d_sigmoid)


class Tanh(_Activation):
    r"""The hyperbolic tangent as a layer.

    $$y = \tanh x, \qquad dx = dout \cdot (1 - \tanh^2 x)$$

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), doi:10.1007/3-540-49430-8_2.
    """

    def __init__(self) -> None:
        super().__init__(activations.tanh, activations.d_tanh)


class ReLU(_Activation):
    r"""ReLU as a layer.

    $$y = \max(0, x), \qquad dx = dout \cdot [x > 0]$$

    References
    ----------
    Fukushima (1969), doi:10.1109/TSSC.1969.300225. Glorot, Bordes and Bengio (2011), AISTATS 15, 315-323.
    """

    def __init__(self) -> None:
        super().__init__(activations.relu, activations.d_relu)


class LeakyReLU(_Activation):
    r"""Leaky ReLU as a layer.

    $$y = x \text{ if } x > 0, \text{ else } a x, \qquad dx = dout \cdot (1 \text{ or } a)$$

    Parameters
    ----------
    slope : the slope a below zero.

    References
    ----------
    Maas, Hannun and Ng (2013), ICML workshop on deep learning for audio, speech and language processing.
    He et al. (2015), arXiv:1502.01852.
    """

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = as_number(slope, "LeakyReLU", "slope")
        f, df = activations.leaky_relu, activations.d_leaky_relu
        super().__init__(lambda u: f(u, self.slope), lambda u: df(u, self.slope))


class IdentityWithLoss(LossLayer):
    r"""Identity and half squared error, for regression.

    $$y = u, \qquad E = \frac{1}{2N} \sum_{n,k} (y_{nk} - d_{nk})^2, \qquad
    \frac{\partial E}{\partial u} = \frac{1}{N} (y - d)$$

    References
    ----------
    Nelder and Wedderburn (1972), doi:10.2307/2344614.
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

    References
    ----------
    Bridle (1990), doi:10.1007/978-3-642-76153-9_28.
    """

    def output(self, u: ArrayLike) -> FloatArray:
        """Probabilities of the classes."""
        return activations.softmax(u)

    def _loss(self, u: ArrayLike, d: ArrayLike) -> Scalar:
        return losses.cross_entropy_with_logits(u, d)

    def _gradient(self, u: ArrayLike, d: ArrayLike) -> FloatArray:
        return losses.d_cross_entropy_with_logits(u, d)
