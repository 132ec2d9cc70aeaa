"""Layers one after another; public in `dlnotes.layers`."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, as_float
from dlnotes._layer import Layer

__all__ = ["Sequential"]


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
    buffers : what the layers keep besides, such as "1.running_mean"; a view as well.

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

    def train(self) -> Self:
        """Put all layers to training."""
        for layer in self.layers:
            layer.train()
        return super().train()

    def eval(self) -> Self:
        """Put all layers to inference."""
        for layer in self.layers:
            layer.eval()
        return super().eval()

    def generators(self) -> list[np.random.Generator]:
        """The sources of randomness of all layers, each once."""
        return list({id(rng): rng for layer in self.layers for rng in layer.generators()}.values())

    @property
    def params(self) -> MutableMapping[str, FloatArray]:
        """A view of the parameters of all layers."""
        return _Joined(self.layers, "params")

    @params.setter
    def params(self, values: MutableMapping[str, FloatArray]) -> None:
        view = self.params
        if set(values) != set(view):
            raise ValueError(f"Sequential expects parameters {sorted(view)}, got {sorted(values)}")
        view.update(values)

    @property
    def buffers(self) -> Mapping[str, FloatArray]:  # type: ignore[override]  # read from the layers, never set
        """A view of the buffers of all layers."""
        return _Joined(self.layers, "buffers")

    def forward(self, x: ArrayLike) -> FloatArray:
        """The output of the last layer. A list of floats counts as float64."""
        self._saved = None
        x = as_float(x, "Sequential", "x")
        for layer in self.layers:
            x = layer.forward(x)
        self._saved = True  # the layers keep the rest
        return x

    def backward(self, dout: ArrayLike) -> FloatArray:
        """From the last layer to the first."""
        self._load()
        dout = as_float(dout, "Sequential.backward", "dout")
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        self.grads = {f"{i}.{name}": g for i, layer in enumerate(self.layers) for name, g in layer.grads.items()}
        return dout


class _Joined(MutableMapping[str, FloatArray]):
    """The parameters (or buffers) of several layers as one mapping that reads from and writes to the layers."""

    def __init__(self, layers: tuple[Layer, ...], attribute: Literal["params", "buffers"]) -> None:
        self._layers, self._attribute = layers, attribute

    def _of(self, layer: Layer) -> MutableMapping[str, FloatArray]:
        found: MutableMapping[str, FloatArray] = getattr(layer, self._attribute)
        return found

    def _find(self, key: str) -> tuple[MutableMapping[str, FloatArray], str]:
        number, _, name = key.partition(".")
        if not number.isdecimal() or int(number) >= len(self._layers):
            raise KeyError(key)
        found = self._of(self._layers[int(number)])
        if name not in found:
            raise KeyError(key)
        return found, name

    def __getitem__(self, key: str) -> FloatArray:
        found, name = self._find(key)
        return found[name]

    def __setitem__(self, key: str, value: FloatArray) -> None:
        found, name = self._find(key)
        found[name] = value

    def __delitem__(self, key: str) -> None:
        raise TypeError("a parameter cannot be deleted")

    def __iter__(self) -> Iterator[str]:
        return (f"{i}.{name}" for i, layer in enumerate(self._layers) for name in self._of(layer))

    def __len__(self) -> int:
        return sum(len(self._of(layer)) for layer in self._layers)

    def __repr__(self) -> str:
        return repr(dict(self))
