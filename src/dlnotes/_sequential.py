"""Layers one after another; public in `dlnotes.layers`."""

from collections.abc import Iterator, MutableMapping

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
