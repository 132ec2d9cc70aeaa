"""Dropout and the L2 penalty; public in `dlnotes.layers`."""

import math
from collections.abc import Mapping
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlnotes._check import FloatArray, Scalar, as_float, as_generator, as_number, not_empty
from dlnotes._layer import Layer

__all__ = ["Dropout", "d_l2_penalty", "l2_penalty"]


class Dropout(Layer):
    r"""In training, each entry is set to zero with probability p and the rest is scaled up: inverted dropout.

    $$y = \frac{m}{1 - p} \, x, \qquad dx = \frac{m}{1 - p} \, dout, \qquad m \in \{0, 1\}, \; P(m = 0) = p$$

    Parameters
    ----------
    p : the share that is dropped, from 0 to 1 (where all is).
    rng : source of m, drawn anew by each `forward` in training.

    Raises
    ------
    ValueError
        If p is not from 0 to 1, or the input is empty.
    TypeError
        If `rng` is not a Generator, or the input is not of real numbers.

    Notes
    -----
    The expectation of y is x, so in inference the layer is the identity. (The paper scales by 1 - p in
    inference instead.) p is met exactly, as far as a float64 can say it.

    References
    ----------
    Srivastava et al. (2014), JMLR 15, 1929-1958. Hinton et al. (2012), arXiv:1207.0580.

    Examples
    --------
    >>> Dropout(0.5, rng=np.random.default_rng(1))(np.ones(6))
    array([2., 0., 2., 2., 2., 2.])
    """

    def __init__(self, p: float, *, rng: np.random.Generator) -> None:
        self.p = as_number(p, "Dropout", "p")
        if not 0 <= self.p <= 1:
            raise ValueError(f"Dropout expects p from 0 to 1, got {self.p}")
        self.rng = as_generator(rng, "Dropout")
        self.params, self.grads = {}, {}

    def generators(self) -> list[np.random.Generator]:
        """`rng` alone."""
        return [self.rng]

    @np.errstate(over="ignore", invalid="ignore")
    def forward(self, x: ArrayLike) -> FloatArray:
        """Any shape; the same shape."""
        self._saved = None
        x = as_float(x, "Dropout", "x")
        not_empty(x, "Dropout", "x")
        m = None
        if self.training:
            m = self._keep(x.shape).astype(x.dtype)
            m *= 1 / (1 - self.p) if self.p < 1 else 0.0
        self._saved = m, x.shape, x.dtype
        return x.copy() if m is None else x * m

    @np.errstate(over="ignore", invalid="ignore")
    def backward(self, dout: ArrayLike) -> FloatArray:
        """Through the entries that `forward` let through, scaled alike."""
        m, shape, dtype = self._load()
        dout = self._upstream(dout, shape, dtype)
        return dout.copy() if m is None else cast(FloatArray, dout * m)

    def _keep(self, shape: tuple[int, ...]) -> NDArray[np.bool]:
        """As `rng.random(shape) >= p`, in a third of the time: 16 random bits an entry, and a float in a tie."""
        size, share = math.prod(shape), self.p * 2**16
        bits = self.rng.integers(0, 2**64, size=-(-size // 4), dtype=np.uint64).view(np.uint16)[:size]
        keep = bits > math.floor(share)
        (ties,) = np.nonzero(bits == math.floor(share))
        keep[ties] = self.rng.random(len(ties)) >= share % 1
        return keep.reshape(shape)


@np.errstate(over="ignore", invalid="ignore")
def l2_penalty(params: Mapping[str, ArrayLike], weight_decay: float) -> Scalar:
    r"""Half the sum of the squared weights, to add to a loss.

    $$R = \frac{\lambda}{2} \sum_{W} \lVert W \rVert^2$$

    Parameters
    ----------
    params : name to array, such as `model.params`; the weights are "W", "0.W" and so on, nothing else counts.
    weight_decay : $\lambda \ge 0$.

    Returns
    -------
    Scalar in the dtype of the weights (float64 0 without any).

    Raises
    ------
    ValueError
        If `weight_decay` is negative or not finite.
    TypeError
        If a value is not a real number.

    Notes
    -----
    Biases, and gamma and beta of a `BatchNorm`, are left free: they decide where a unit's output lies, not
    how steeply it answers.

    References
    ----------
    Hoerl and Kennard (1970), doi:10.1080/00401706.1970.10488634. Krogh and Hertz (1991), NIPS 4, 950-957.

    Examples
    --------
    >>> l2_penalty({"W": [[3.0, 4.0]], "b": [9.0]}, 0.1)
    np.float64(1.25)
    """
    decay = _decay(weight_decay, "l2_penalty")
    squares = [np.vdot(W, W) for W in _weights(params, "l2_penalty").values()]
    return cast(Scalar, decay / 2 * sum(squares)) if squares else np.float64(0)


@np.errstate(over="ignore", invalid="ignore")
def d_l2_penalty(params: Mapping[str, ArrayLike], weight_decay: float) -> dict[str, FloatArray]:
    r"""Gradient of `l2_penalty` with respect to each weight, to add to the gradients of a loss.

    $$\frac{\partial R}{\partial W} = \lambda W$$

    Parameters
    ----------
    params, weight_decay : as in `l2_penalty`.

    Returns
    -------
    Name to array, for the weights alone, each of the shape and dtype of its weight.

    Raises
    ------
    ValueError, TypeError
        As `l2_penalty`.

    References
    ----------
    Loshchilov and Hutter (2017), arXiv:1711.05101 (how it differs from weight decay under Adam).

    Examples
    --------
    >>> d_l2_penalty({"W": [[3.0, 4.0]], "b": [9.0]}, 0.1)
    {'W': array([[0.3, 0.4]])}
    """
    decay = _decay(weight_decay, "d_l2_penalty")
    return {name: decay * W for name, W in _weights(params, "d_l2_penalty").items()}


def _weights(params: Mapping[str, ArrayLike], who: str) -> dict[str, FloatArray]:
    return {name: as_float(a, who, name) for name, a in params.items() if name.rpartition(".")[2] == "W"}


def _decay(weight_decay: float, who: str) -> float:
    decay = as_number(weight_decay, who, "weight_decay")
    if decay < 0:
        raise ValueError(f"{who} expects weight_decay >= 0, got {decay}")
    return decay
