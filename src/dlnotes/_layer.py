"""The contracts of a layer and of a last step with its loss; public in `dlnotes.layers`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, Scalar, as_float

__all__ = ["Layer", "LossLayer"]


class Layer(ABC):
    r"""A function with a forward and a backward pass.

    $$dx = \frac{\partial E}{\partial x} = \Bigl( \frac{\partial y}{\partial x} \Bigr)^{\!\top} dout,
    \qquad dout = \frac{\partial E}{\partial y}$$

    Attributes
    ----------
    params : name to array; an entry may be rebound at any time, and changed in place before a `forward`.
    grads : name to array, filled by `backward`, with the names of `params`.
    buffers : name to array, what `forward` keeps up in training and uses in inference, such as running means.
    training : whether `forward` is part of training (True, the start) or of inference; `train` and `eval` set it.

    Notes
    -----
    `forward(x)` keeps what `backward` needs, `backward(dout)` returns dx and fills `grads` anew. Neither
    changes its argument. Calling the layer is calling `forward`.
    `forward` keeps references, not copies: until `backward`, x must not be changed in place, nor a parameter.
    A `forward` that refuses its input keeps nothing.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.
    """

    params: MutableMapping[str, FloatArray]
    grads: dict[str, FloatArray]
    buffers: Mapping[str, FloatArray] = MappingProxyType({})
    training: bool = True
    _saved: Any = None

    def train(self) -> Self:
        """Go to training; returns the layer itself."""
        self.training = True
        return self

    def eval(self) -> Self:
        """Go to inference; returns the layer itself."""
        self.training = False
        return self

    def generators(self) -> list[np.random.Generator]:
        """The sources of randomness that `forward` draws from in training."""
        return []

    def __call__(self, x: ArrayLike) -> FloatArray:
        """The forward pass."""
        return self.forward(x)

    @abstractmethod
    def forward(self, x: ArrayLike) -> FloatArray:
        """The output for input `x`."""

    @abstractmethod
    def backward(self, dout: ArrayLike) -> FloatArray:
        """The gradient with respect to the input, from `dout`, the gradient with respect to the output."""

    def backward_params(self, dout: ArrayLike) -> None:
        """`backward` without dx, on which a first layer spends a third of its work for nobody; fills `grads`."""
        self.backward(dout)

    def __init_subclass__(cls, **keywords: Any) -> None:
        """A class with a `backward` of its own does not inherit the `backward_params` of another."""
        super().__init_subclass__(**keywords)
        if "backward" in vars(cls) and "backward_params" not in vars(cls):
            cls.backward_params = Layer.backward_params  # type: ignore[method-assign]

    def _load(self) -> Any:
        if self._saved is None:
            raise RuntimeError(f"{type(self).__name__}: call forward before backward")
        return self._saved

    def _input(self, x: ArrayLike, dtype: np.dtype[Any]) -> FloatArray:
        """`x` in the dtype of the parameters; floats of another dtype are refused unless they come as a list."""
        who = type(self).__name__
        array = as_float(x, who, "x")
        if isinstance(x, np.ndarray) and x.dtype.kind == "f" and x.dtype != dtype:
            raise TypeError(f"{who} expects {dtype}, the dtype of its parameters, got {x.dtype}")
        return array.astype(dtype, copy=False)

    def _upstream(self, dout: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]) -> FloatArray:
        who = f"{type(self).__name__}.backward"
        array = as_float(dout, who, "dout")
        if array.shape != shape:
            raise ValueError(f"{who} expects dout of shape {shape}, got {array.shape}")
        return array.astype(dtype, copy=False)


class LossLayer(ABC):
    r"""The last step of a network: output activation and loss in one.

    $$y = f(u), \qquad E = \frac{1}{N} \sum_n E_n(y_n, d_n), \qquad
    \frac{\partial E}{\partial u} = \frac{1}{N} (y - d)$$

    Notes
    -----
    The gradient is y - d only for the matching pairs: identity and half squared error, sigmoid and binary
    cross-entropy, softmax and cross-entropy. `forward(u, d)` returns the loss, `backward()` its gradient with
    respect to u, `output(u)` the output y. Targets are as in `losses`. What `forward` keeps is as in `Layer`.

    References
    ----------
    Nelder and Wedderburn (1972), doi:10.2307/2344614 (the canonical link).
    """

    _saved: tuple[ArrayLike, ArrayLike] | None = None

    def __call__(self, u: ArrayLike, d: ArrayLike) -> Scalar:
        """The forward pass."""
        return self.forward(u, d)

    def forward(self, u: ArrayLike, d: ArrayLike) -> Scalar:
        """The loss of pre-activations `u` for targets `d`."""
        self._saved = None
        loss = self._loss(u, d)
        self._saved = u, d
        return loss

    def backward(self) -> FloatArray:
        """The gradient of the loss with respect to u."""
        if self._saved is None:
            raise RuntimeError(f"{type(self).__name__}: call forward before backward")
        return self._gradient(*self._saved)

    @abstractmethod
    def output(self, u: ArrayLike) -> FloatArray:
        """The output y of pre-activations `u`."""

    @abstractmethod
    def _loss(self, u: ArrayLike, d: ArrayLike) -> Scalar: ...

    @abstractmethod
    def _gradient(self, u: ArrayLike, d: ArrayLike) -> FloatArray: ...
