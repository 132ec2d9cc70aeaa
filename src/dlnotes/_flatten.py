"""Images to rows; public in `dlnotes.layers`."""

import math

from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, as_float
from dlnotes._layer import Layer

__all__ = ["Flatten"]


class Flatten(Layer):
    r"""Each sample as a row, such as images before a `Linear`.

    $$y_{n, (cH + h)W + w} = x_{nchw}$$

    Raises
    ------
    ValueError
        If the input is not (N, D, ...) with N >= 1, or has no elements.
    TypeError
        If the input is not of real numbers.

    Notes
    -----
    The entries keep their order (the last index runs fastest). The output is a view of the input where its
    memory allows.

    References
    ----------
    LeCun et al. (1989), doi:10.1162/neco.1989.1.4.541 (feature maps before a fully connected layer).

    Examples
    --------
    >>> Flatten()([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
    array([[1., 2., 3., 4.],
           [5., 6., 7., 8.]])
    """

    def __init__(self) -> None:
        self.params, self.grads = {}, {}

    def forward(self, x: ArrayLike) -> FloatArray:
        """(N, D, ...) to (N, product of the rest)."""
        self._saved = None
        x = as_float(x, "Flatten", "x")
        if x.ndim < 2 or x.size == 0:
            raise ValueError(f"Flatten expects (N, D, ...) with N >= 1, got {x.shape}")
        self._saved = x.shape, x.dtype
        return x.reshape(len(x), -1)

    def backward(self, dout: ArrayLike) -> FloatArray:
        """The shape of the input back."""
        shape, dtype = self._load()
        return self._upstream(dout, (shape[0], math.prod(shape[1:])), dtype).reshape(shape)
