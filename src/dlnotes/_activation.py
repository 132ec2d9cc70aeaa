"""Activation functions as layers; public in `dlnotes.layers`."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from dlnotes import activations
from dlnotes._check import FloatArray, as_float, as_number, not_empty
from dlnotes._layer import Layer

__all__ = ["Identity", "LeakyReLU", "ReLU", "Sigmoid", "Tanh"]


class Activation(Layer):
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
        dout = self._upstream(dout, u.shape, u.dtype)
        dx = self._derivative(u)
        dx *= dout  # the derivative's own array takes the product: fresh memory costs more than the multiplication
        return dx


class Identity(Activation):
    r"""The identity as a layer.

    $$y = x, \qquad dx = dout$$

    References
    ----------
    Nelder and Wedderburn (1972), doi:10.2307/2344614 (the identity as a link function).

    Examples
    --------
    >>> Identity()([-1.0, 2.0])
    array([-1.,  2.])
    """

    def __init__(self) -> None:
        super().__init__(activations.identity, activations.d_identity)


class Sigmoid(Activation):
    r"""The sigmoid as a layer.

    $$y = \sigma(x), \qquad dx = dout \cdot \sigma'(x)$$

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.

    Examples
    --------
    >>> Sigmoid()([0.0])
    array([0.5])
    """

    def __init__(self) -> None:
        super().__init__(activations.sigmoid, activations.d_sigmoid)


class Tanh(Activation):
    r"""The hyperbolic tangent as a layer.

    $$y = \tanh x, \qquad dx = dout \cdot (1 - \tanh^2 x)$$

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), doi:10.1007/3-540-49430-8_2.

    Examples
    --------
    >>> Tanh()([0.0, 100.0])
    array([0., 1.])
    """

    def __init__(self) -> None:
        super().__init__(activations.tanh, activations.d_tanh)


class ReLU(Activation):
    r"""ReLU as a layer.

    $$y = \max(0, x), \qquad dx = dout \cdot [x > 0]$$

    References
    ----------
    Fukushima (1969), doi:10.1109/TSSC.1969.300225. Glorot, Bordes and Bengio (2011), AISTATS 15, 315-323.

    Examples
    --------
    >>> layer = ReLU()
    >>> layer([-1.0, 2.0]), layer.backward([5.0, 5.0])
    (array([0., 2.]), array([0., 5.]))
    """

    def __init__(self) -> None:
        super().__init__(activations.relu, _positive)


class LeakyReLU(Activation):
    r"""Leaky ReLU as a layer.

    $$y = x \text{ if } x > 0, \text{ else } a x, \qquad dx = dout \cdot (1 \text{ or } a)$$

    Parameters
    ----------
    slope : the slope a below zero.

    References
    ----------
    Maas, Hannun and Ng (2013), ICML workshop on deep learning for audio, speech and language processing.
    He et al. (2015), arXiv:1502.01852.

    Examples
    --------
    >>> LeakyReLU(0.1)([-1.0, 2.0])
    array([-0.1,  2. ])
    """

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = as_number(slope, "LeakyReLU", "slope")
        f, df = activations.leaky_relu, activations.d_leaky_relu
        super().__init__(lambda u: f(u, self.slope), lambda u: df(u, self.slope))


def _positive(u: FloatArray) -> FloatArray:
    """`activations.d_relu` for finite u, in a tenth of its time: a comparison, which does not keep NaN."""
    return (u > 0).astype(u.dtype)
