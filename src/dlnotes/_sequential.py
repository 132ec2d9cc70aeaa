"""Layers one after another; public in `dlnotes.layers`."""

import os
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Literal, Self, cast

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, as_float
from dlnotes._layer import Layer
from dlnotes._storage import load_arrays, save_arrays

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

    Notes
    -----
    A subclass makes a layer of layers: with its own `forward` and `backward` around those of Sequential it may
    stand in another Sequential, and its parameters and buffers are named, switched, saved and loaded with it.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.

    Examples
    --------
    >>> from dlnotes.layers import Linear, ReLU
    >>> rng = np.random.default_rng(0)
    >>> sorted(Sequential(Linear(2, 3, rng=rng), ReLU(), Linear(3, 1, rng=rng)).params)
    ['0.W', '0.b', '2.W', '2.b']
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

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write parameters and buffers to an npz file under their names, whole or not at all."""
        save_arrays(path, self._arrays())

    def load(self, path: str | os.PathLike[str]) -> None:
        """Read what `save` wrote. A ValueError, and nothing changed, if a name, shape or dtype is another."""
        own, new, file = self._arrays(), load_arrays(path), os.fspath(path)
        missing, extra = sorted(own.keys() - new.keys()), sorted(new.keys() - own.keys())
        if missing or extra:
            raise ValueError(f"{file} is not of this model: {missing} missing, {extra} not expected")
        for name, array in own.items():
            if (new[name].shape, new[name].dtype) != (array.shape, array.dtype):
                expected, found = (f"{a.shape} of {a.dtype}" for a in (array, new[name]))
                raise ValueError(f"{file} is not of this model: {name} expected of shape {expected}, got {found}")
        for view in (self.params, cast(MutableMapping[str, FloatArray], self.buffers)):
            view.update({name: new[name] for name in view})

    def _arrays(self) -> dict[str, FloatArray]:
        """Parameters and buffers together."""
        both = set(self.params) & set(self.buffers)
        if both:
            raise ValueError(f"Sequential expects parameters and buffers of different names, got {sorted(both)} twice")
        return {**self.params, **self.buffers}

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
        dout = self.layers[0].backward(self._to_first(dout))
        self._collect()
        return dout

    def backward_params(self, dout: ArrayLike) -> None:
        """`backward`, but the first layer leaves out dx: what a training step needs."""
        self.layers[0].backward_params(self._to_first(dout))
        self._collect()

    def _to_first(self, dout: ArrayLike) -> FloatArray:
        """Backward from the last layer to the second; the gradient that arrives at the first."""
        self._load()
        dout = as_float(dout, "Sequential.backward", "dout")
        for layer in reversed(self.layers[1:]):
            dout = layer.backward(dout)
        return dout

    def _collect(self) -> None:
        self.grads = {f"{i}.{name}": g for i, layer in enumerate(self.layers) for name, g in layer.grads.items()}


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
