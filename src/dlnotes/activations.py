"""Activation functions of the pre-activation u, and their derivatives as functions of u.

- `step`, `identity`, `sigmoid`, `tanh`, `relu`, `leaky_relu`: elementwise
- `d_step`, `d_identity`, `d_sigmoid`, `d_tanh`, `d_relu`, `d_leaky_relu`: their derivatives
- `softmax`, `log_softmax`: over the last axis
- `d_softmax`, `d_log_softmax`: their Jacobians

Floats keep their dtype, integers become float64, anything else is a TypeError. NaN in is NaN out. No input
gives a warning.
"""

from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import FloatArray, as_float, as_number
from dlnotes._softmax import d_log_softmax, d_softmax, log_softmax, softmax

__all__ = [
    "d_identity",
    "d_leaky_relu",
    "d_log_softmax",
    "d_relu",
    "d_sigmoid",
    "d_softmax",
    "d_step",
    "d_tanh",
    "identity",
    "leaky_relu",
    "log_softmax",
    "relu",
    "sigmoid",
    "softmax",
    "step",
    "tanh",
]


def step(u: ArrayLike) -> FloatArray:
    r"""Step function, the threshold as an activation.

    $$z = \begin{cases} 1 & (u \ge 0) \\ 0 & (u < 0) \end{cases}$$

    Parameters
    ----------
    u : array of any shape.

    Returns
    -------
    Array of the same shape, 0 and 1. step(0) = 1, where `perceptron.Perceptron` gives 0: texts use both
    conventions, which differ in that single point.

    References
    ----------
    McCulloch and Pitts (1943), doi:10.1007/BF02478259.
    """
    return np.heaviside(as_float(u, "step", "u"), 1.0)


def d_step(u: ArrayLike) -> FloatArray:
    r"""Derivative of the step function: zero, so no gradient passes through it.

    $$\frac{dz}{du} = 0 \quad (u \ne 0)$$

    Parameters
    ----------
    u : array of any shape.

    Returns
    -------
    Array of the same shape, 0: also at u = 0, where the function jumps and has no derivative.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.
    """
    u = as_float(u, "d_step", "u")
    return np.where(np.isnan(u), u, np.zeros_like(u))[()]


def identity(u: ArrayLike) -> FloatArray:
    r"""Identity, the output activation of regression.

    $$z = u$$

    Parameters
    ----------
    u : array of any shape.

    Returns
    -------
    A copy of `u`.

    References
    ----------
    Nelder and Wedderburn (1972), doi:10.2307/2344614 (the identity as a link function).
    """
    return +as_float(u, "identity", "u")


def d_identity(u: ArrayLike) -> FloatArray:
    r"""Derivative of the identity.

    $$\frac{dz}{du} = 1$$

    Parameters
    ----------
    u : array of any shape.

    Returns
    -------
    Array of the same shape, 1.

    References
    ----------
    Nelder and Wedderburn (1972), doi:10.2307/2344614.
    """
    u = as_float(u, "d_identity", "u")
    return np.where(np.isnan(u), u, np.ones_like(u))[()]


@np.errstate(all="ignore")
def sigmoid(u: ArrayLike) -> FloatArray:
    r"""Sigmoid (logistic function), from 0 to 1.

    $$z = \sigma(u) = \frac{1}{1 + e^{-u}} = \frac{e^{u}}{1 + e^{u}}$$

    Parameters
    ----------
    u : array of any shape.

    Returns
    -------
    Array of the same shape. For u >= 0 by the first form, else by the second: $e^{-|u|}$ cannot overflow.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.
    """
    u = as_float(u, "sigmoid", "u")
    e = np.exp(-np.abs(u))
    return np.where(u >= 0, 1 / (1 + e), e / (1 + e))[()]


@np.errstate(all="ignore")
def d_sigmoid(u: ArrayLike) -> FloatArray:
    r"""Derivative of the sigmoid; at most 1/4, at u = 0.

    $$\sigma'(u) = \sigma(u) \bigl(1 - \sigma(u)\bigr) = \frac{e^{-|u|}}{(1 + e^{-|u|})^2}$$

    Parameters
    ----------
    u : array of any shape: the pre-activation, not $\sigma(u)$.

    Returns
    -------
    Array of the same shape.
    By the last form, which keeps its digits where $1 - \sigma(u)$ has none left (from u = 17 in float32, 37
    in float64).

    References
    ----------
    Rumelhart, Hinton and Williams (1986), doi:10.1038/323533a0.
    """
    e = np.exp(-np.abs(as_float(u, "d_sigmoid", "u")))
    return cast(FloatArray, e / (1 + e) ** 2)


@np.errstate(all="ignore")
def tanh(u: ArrayLike) -> FloatArray:
    r"""Hyperbolic tangent, from -1 to 1.

    $$z = \tanh u = 2 \sigma(2u) - 1$$

    Parameters
    ----------
    u : array of any shape.

    Returns
    -------
    Array of the same shape.

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), doi:10.1007/3-540-49430-8_2.
    """
    return np.tanh(as_float(u, "tanh", "u"))


@np.errstate(all="ignore")
def d_tanh(u: ArrayLike) -> FloatArray:
    r"""Derivative of the hyperbolic tangent; at most 1, at u = 0.

    $$\frac{dz}{du} = 1 - \tanh^2 u = \frac{4 e^{-2|u|}}{(1 + e^{-2|u|})^2}$$

    Parameters
    ----------
    u : array of any shape: the pre-activation.

    Returns
    -------
    Array of the same shape.

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), doi:10.1007/3-540-49430-8_2.
    """
    e = np.exp(-2 * np.abs(as_float(u, "d_tanh", "u")))
    return cast(FloatArray, 4 * e / (1 + e) ** 2)


def relu(u: ArrayLike) -> FloatArray:
    r"""Rectified linear unit.

    $$z = \max(0, u)$$

    Parameters
    ----------
    u : array of any shape.

    Returns
    -------
    Array of the same shape.

    References
    ----------
    Fukushima (1969), doi:10.1109/TSSC.1969.300225. Glorot, Bordes and Bengio (2011), AISTATS 15, 315-323.
    """
    return np.maximum(as_float(u, "relu", "u"), 0)


def d_relu(u: ArrayLike) -> FloatArray:
    r"""Derivative of ReLU.

    $$\frac{dz}{du} = \begin{cases} 1 & (u > 0) \\ 0 & (u \le 0) \end{cases}$$

    Parameters
    ----------
    u : array of any shape.

    Returns
    -------
    Array of the same shape, 0 and 1. At u = 0 any number in [0, 1] is a subgradient; 0 is chosen, as in
    PyTorch.

    References
    ----------
    Bertoin, Bolte, Gerchinovitz and Pauwels (2021), arXiv:2106.12915.
    """
    return np.heaviside(as_float(u, "d_relu", "u"), 0.0)


@np.errstate(all="ignore")
def leaky_relu(u: ArrayLike, slope: float = 0.01) -> FloatArray:
    r"""Leaky ReLU: a small slope below zero, so that no unit is dead.

    $$z = \begin{cases} u & (u > 0) \\ a u & (u \le 0) \end{cases}$$

    Parameters
    ----------
    u : array of any shape.
    slope : the slope a below zero.

    Returns
    -------
    Array of the same shape.

    References
    ----------
    Maas, Hannun and Ng (2013), ICML workshop on deep learning for audio, speech and language processing.
    He et al. (2015), arXiv:1502.01852 (a learned slope).
    """
    u, a = as_float(u, "leaky_relu", "u"), as_number(slope, "leaky_relu", "slope")
    return np.where(u > 0, u, a * u)[()]


@np.errstate(all="ignore")
def d_leaky_relu(u: ArrayLike, slope: float = 0.01) -> FloatArray:
    r"""Derivative of leaky ReLU; a at u = 0.

    $$\frac{dz}{du} = \begin{cases} 1 & (u > 0) \\ a & (u \le 0) \end{cases}$$

    Parameters
    ----------
    u : array of any shape.
    slope : the slope a below zero.

    Returns
    -------
    Array of the same shape.

    References
    ----------
    He et al. (2015), arXiv:1502.01852.
    """
    u, a = as_float(u, "d_leaky_relu", "u"), as_number(slope, "d_leaky_relu", "slope")
    return np.where(np.isnan(u), u, np.where(u > 0, u.dtype.type(1), u.dtype.type(a)))[()]
