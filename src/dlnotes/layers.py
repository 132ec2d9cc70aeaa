"""Layers with a forward and a backward pass, and output activations joined with their losses.

- `Layer`: the contract
- `Linear`: weights and bias
- `Identity`, `Sigmoid`, `Tanh`, `ReLU`, `LeakyReLU`: activations
- `Sequential`: layers one after another
- `LossLayer`: the contract of the last step
- `IdentityWithLoss`, `SigmoidWithLoss`, `SoftmaxWithLoss`: the matching pairs of output activation and loss
"""

from collections.abc import Iterator, MutableMapping
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from dlnotes._check import FloatArray, as_array, as_float, as_generator, as_integer, as_number
from dlnotes._layer import Identity, Layer, LeakyReLU, ReLU, Sigmoid, Tanh
from dlnotes._loss_layer import IdentityWithLoss, LossLayer, SigmoidWithLoss, SoftmaxWithLoss

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

    def forward(self, x: ArrayLike) -> FloatArray:
        """(N, D) to (N, M)."""
        W = as_float(self.params["W"], "Linear", "W")
        inputs = _matching(x, W)
        self._saved = inputs, W
        if "b" not in self.params:
            return inputs @ W
        b = as_float(self.params["b"], "Linear", "b")
        if b.shape != W.shape[1:] or b.dtype != W.dtype:
            expected = f"{W.shape[1:]} of {W.dtype}"
            raise ValueError(f"Linear expects b of shape {expected}, got {b.shape} of {b.dtype}")
        return inputs @ W + b

    def backward(self, dout: ArrayLike) -> FloatArray:
        """(N, M) to (N, D)."""
        x, W = self._load()
        upstream = self._upstream(dout, (x.shape[0], W.shape[1]), W.dtype)
        self.grads = {"W": x.T @ upstream}
        if "b" in self.params:
            self.grads["b"] = upstream.sum(axis=0)
        return cast(FloatArray, upstream @ W.T)


class Sequential(Layer):
    r"""Layers one after another.

    $$y = f_L(\cdots f_2(f_1(x)))$$

    Parameters
    ----------
    layers : the layers, each its own object.

    Attributes
    ----------
    params : the parameters of all layers under "0.W", "0.b", "2.W" and so on: position, dot, name. It is a
        view: rebinding an entry rebinds it in the layer.
    grads : the gradients under the same names.

    Raises
    ------
    ValueError
        If there is no layer, or the same object stands twice (it would keep the input of one pass only).
    TypeError
        If an argument is not a Layer.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.
    """

    def __init__(self, *layers: Layer) -> None:
        if not layers:
            raise ValueError("Sequential expects at least one layer, got none")
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"Sequential expects layers, got {type(layer).__name__}")
        if len({id(layer) for layer in layers}) < len(layers):
            raise ValueError("Sequential expects each layer once, got the same object twice")
        self.layers = layers
        self.grads = {}

    @property
    def params(self) -> MutableMapping[str, FloatArray]:
        """A view of the parameters of all layers."""
        return _Joined(self.layers)

    @params.setter
    def params(self, values: MutableMapping[str, FloatArray]) -> None:
        view = _Joined(self.layers)
        if set(values) != set(view):
            raise ValueError(f"Sequential expects parameters {sorted(view)}, got {sorted(values)}")
        view.update(values)

    def forward(self, x: ArrayLike) -> FloatArray:
        """The output of the last layer."""
        y = as_float(x, "Sequential", "x")
        for layer in self.layers:
            y = layer.forward(y)
        return y

    def backward(self, dout: ArrayLike) -> FloatArray:
        """From the last layer to the first."""
        upstream = as_float(dout, "Sequential.backward", "dout")
        for layer in reversed(self.layers):
            upstream = layer.backward(upstream)
        self.grads = {f"{i}.{name}": g for i, layer in enumerate(self.layers) for name, g in layer.grads.items()}
        return upstream


class _Joined(MutableMapping[str, FloatArray]):
    """The parameters of several layers as one mapping that reads from and writes to the layers."""

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self._layers = layers

    def _find(self, key: str) -> tuple[MutableMapping[str, FloatArray], str]:
        number, _, name = key.partition(".")
        if not number.isdecimal() or int(number) >= len(self._layers) or name not in self._layers[int(number)].params:
            raise KeyError(key)
        return self._layers[int(number)].params, name

    def __getitem__(self, key: str) -> FloatArray:
        params, name = self._find(key)
        return params[name]

    def __setitem__(self, key: str, value: FloatArray) -> None:
        params, name = self._find(key)
        params[name] = value

    def __delitem__(self, key: str) -> None:
        raise TypeError("a parameter cannot be deleted")

    def __iter__(self) -> Iterator[str]:
        return (f"{i}.{name}" for i, layer in enumerate(self._layers) for name in layer.params)

    def __len__(self) -> int:
        return sum(len(layer.params) for layer in self._layers)

    def __repr__(self) -> str:
        return repr(dict(self))


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
