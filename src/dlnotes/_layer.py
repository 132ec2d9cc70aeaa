"""The contract of a layer; `Layer` and the activation layers are public in `dlnotes.layers`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, MutableMapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, as_float, as_number, not_empty
from dlnotes.activations import (
    d_identity,
    d_leaky_relu,
    d_relu,
    d_sigmoid,
    d_tanh,
    identity,
    leaky_relu,
    relu,
    sigmoid,
    tanh,
)

__all__ = ["Identity", "Layer", "LeakyReLU", "ReLU", "Sigmoid", "Tanh"]


class Layer(ABC):
    r"""A function with a forward and a backward pass.

    $$dx = \frac{\partial E}{\partial x} = \Bigl( \frac{\partial y}{\partial x} \Bigr)^{\!\top} dout,
    \qquad dout = \frac{\partial E}{\partial y}$$

    Attributes
    ----------
    params : name to array; an entry may be rebound or changed in place at any time.
    grads : name to array, filled by `backward`, with the names of `params`.

    Notes
    -----
    `forward(x)` keeps what `backward` needs, `backward(dout)` returns dx and fills `grads` anew. Neither
    changes its argument. Calling the layer is calling `forward`.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.
    """

    params: MutableMapping[str, FloatArray]
    grads: dict[str, FloatArray]
    _saved: Any = None

    def __call__(self, x: ArrayLike) -> FloatArray:
        """The forward pass."""
        return self.forward(x)

    @abstractmethod
    def forward(self, x: ArrayLike) -> FloatArray:
        """The output for input `x`."""

    @abstractmethod
    def backward(self, dout: ArrayLike) -> FloatArray:
        """The gradient with respect to the input, from `dout`, the gradient with respect to the output."""

    def _load(self) -> Any:
        if self._saved is None:
            raise RuntimeError(f"{type(self).__name__}: call forward before backward")
        return self._saved

    def _upstream(self, dout: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]) -> FloatArray:
        who = f"{type(self).__name__}.backward"
        array = as_float(dout, who, "dout")
        if array.shape != shape:
            raise ValueError(f"{who} expects dout of shape {shape}, got {array.shape}")
        return array.astype(dtype, copy=False)


class _Activation(Layer):
    """An elementwise function and its derivative, both of u."""

    def __init__(
        self, function: Callable[[FloatArray], FloatArray], derivative: Callable[[FloatArray], FloatArray]
    ) -> None:
        self.params = {}
        self.grads = {}
        self._function = function
        self._derivative = derivative

    def forward(self, x: ArrayLike) -> FloatArray:
        """The activation of each entry; any shape."""
        u = as_float(x, type(self).__name__, "x")
        not_empty(u, type(self).__name__, "x")
        self._saved = u
        return self._function(u)

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
        super().__init__(identity, d_identity)


class Sigmoid(_Activation):
    r"""The sigmoid as a layer.

    $$y = \sigma(x), \qquad dx = dout \cdot \sigma'(x)$$

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.
    """

    def __init__(self) -> None:
        super().__init__(sigmoid, d_sigmoid)


class Tanh(_Activation):
    r"""The hyperbolic tangent as a layer.

    $$y = \tanh x, \qquad dx = dout \cdot (1 - \tanh^2 x)$$

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), doi:10.1007/3-540-49430-8_2.
    """

    def __init__(self) -> None:
        super().__init__(tanh, d_tanh)


class ReLU(_Activation):
    r"""ReLU as a layer.

    $$y = \max(0, x), \qquad dx = dout \cdot [x > 0]$$

    Notes
    -----
    The derivative at 0 is taken as 0.

    References
    ----------
    Fukushima (1969), doi:10.1109/TSSC.1969.300225. Glorot, Bordes and Bengio (2011), AISTATS 15, 315-323.
    """

    def __init__(self) -> None:
        super().__init__(relu, d_relu)


class LeakyReLU(_Activation):
    r"""Leaky ReLU as a layer.

    $$y = x \text{ if } x > 0, \text{ else } a x, \qquad dx = dout \cdot (1 \text{ or } a)$$

    Parameters
    ----------
    slope : the slope a below zero.

    References
    ----------
    Maas, Hannun and Ng (2013), ICML workshop on deep learning. He et al. (2015), arXiv:1502.01852.
    """

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = as_number(slope, "LeakyReLU", "slope")
        super().__init__(lambda u: leaky_relu(u, self.slope), lambda u: d_leaky_relu(u, self.slope))
