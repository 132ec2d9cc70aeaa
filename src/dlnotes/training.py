"""Training: gradient descent, iteration over shuffled data, a plain loop.

- `gradient_descent`: returns the path of the parameters
- `full_batch`, `stochastic`, `minibatches`: one epoch of the data
- `fit`: trains a model by mini-batch gradient descent

A learning rate that is too large shows as values that grow to infinity and NaN, without a warning.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlnotes._check import (
    Array,
    FloatArray,
    as_array,
    as_finite,
    as_float,
    as_generator,
    as_integer,
    as_positive,
    expect,
)
from dlnotes.layers import Layer, LossLayer

__all__ = ["fit", "full_batch", "gradient_descent", "minibatches", "stochastic"]

type Batches = Iterator[tuple[Array, Array]]


def gradient_descent(
    gradient: Callable[[FloatArray], ArrayLike], w0: ArrayLike, learning_rate: float, steps: int
) -> FloatArray:
    r"""Gradient descent from w0, the whole path.

    $$w^{(t+1)} = w^{(t)} - \eta \nabla E(w^{(t)})$$

    Parameters
    ----------
    gradient : function of w, returning $\nabla E(w)$ of the shape of w. A number w0 makes w a NumPy scalar.
    w0 : the start, of any shape; its dtype is that of the path (integers become float64).
    learning_rate : $\eta > 0$.
    steps : how many, 0 or more.

    Returns
    -------
    Array (steps + 1, ...), the start first.

    Raises
    ------
    ValueError
        If `gradient` returns another shape than that of w, the start is not finite, or a number is out of
        range.
    TypeError
        If a value is not a real number.

    Notes
    -----
    On a quadratic each eigendirection of the Hessian shrinks by the factor $1 - \eta \lambda$ a step, so the
    descent converges if and only if $\eta < 2 / \lambda_{\max}$. Above that the path grows to infinity, and
    no warning is given.

    References
    ----------
    Bottou, Curtis and Nocedal (2018), arXiv:1606.04838.
    """
    w = as_finite(w0, "gradient_descent", "w0")
    eta = as_positive(learning_rate, "gradient_descent", "learning_rate")
    path = np.empty((as_integer(steps, "gradient_descent", "steps", 0) + 1, *w.shape), dtype=w.dtype)
    path[0] = w
    with np.errstate(all="ignore"):
        for t in range(len(path) - 1):
            dw = as_float(gradient(path[t].copy()), "gradient_descent", "gradient")
            if dw.shape != w.shape:
                raise ValueError(f"gradient_descent expects a gradient of shape {w.shape}, got {dw.shape}")
            path[t + 1] = path[t] - eta * dw
    return path


def full_batch(x: ArrayLike, d: ArrayLike) -> Batches:
    r"""One epoch as a single batch of all samples, in order.

    $$E = \frac{1}{N} \sum_{n=1}^{N} E_n$$

    Parameters
    ----------
    x : (N, ...) inputs.
    d : (N, ...) targets.

    Returns
    -------
    Iterator of one pair (x, d).

    Raises
    ------
    ValueError
        If the lengths differ or there is no sample.
    TypeError
        If `x` or `d` is a masked array.

    References
    ----------
    Bottou, Curtis and Nocedal (2018), arXiv:1606.04838.
    """
    return iter([_pair(x, d, "full_batch")])


def stochastic(x: ArrayLike, d: ArrayLike, *, rng: np.random.Generator) -> Batches:
    r"""One epoch of single samples in random order, each once.

    $$w^{(t+1)} = w^{(t)} - \eta \nabla E_n(w^{(t)})$$

    Parameters
    ----------
    x : (N, ...) inputs.
    d : (N, ...) targets.
    rng : source of the order.

    Returns
    -------
    Iterator of N pairs of arrays with one sample, shapes (1, ...).

    Raises
    ------
    ValueError
        If the lengths differ or there is no sample.
    TypeError
        If `rng` is not a Generator, or `x` or `d` is a masked array.

    References
    ----------
    Robbins and Monro (1951), doi:10.1214/aoms/1177729586.
    """
    return _shuffled(*_pair(x, d, "stochastic"), 1, as_generator(rng, "stochastic"))


def minibatches(x: ArrayLike, d: ArrayLike, batch_size: int, *, rng: np.random.Generator) -> Batches:
    r"""One epoch of mini-batches of shuffled data; the last, smaller one is kept.

    $$E_t = \frac{1}{N_t} \sum_{n \in D_t} E_n, \qquad N_t = |D_t|$$

    Parameters
    ----------
    x : (N, ...) inputs.
    d : (N, ...) targets.
    batch_size : B, at least 1; if it is N or more there is one batch of all samples.
    rng : source of the order.

    Returns
    -------
    Iterator of ceil(N / B) pairs; together they hold every sample once.

    Raises
    ------
    ValueError
        If the lengths differ, there is no sample, or `batch_size` is less than 1.
    TypeError
        If `batch_size` is not an integer, `rng` is not a Generator, or `x` or `d` is a masked array.

    References
    ----------
    Bottou, Curtis and Nocedal (2018), arXiv:1606.04838.
    """
    size = as_integer(batch_size, "minibatches", "batch_size")
    return _shuffled(*_pair(x, d, "minibatches"), size, as_generator(rng, "minibatches"))


def fit(
    model: Layer,
    loss: LossLayer,
    x: ArrayLike,
    d: ArrayLike,
    *,
    learning_rate: float,
    epochs: int,
    batch_size: int | None = None,
    rng: np.random.Generator | None = None,
) -> NDArray[np.float64]:
    r"""Train a model by (mini-batch) gradient descent.

    $$w \leftarrow w - \eta \nabla E_t(w) \quad \text{for each batch of each epoch}$$

    Parameters
    ----------
    model : its parameters are rebound to new arrays; the old ones are not changed.
    loss : the output activation with its loss.
    x : (N, ...) inputs.
    d : (N, ...) targets.
    learning_rate : $\eta > 0$.
    epochs : how many, at least 1.
    batch_size : None for full batches in order, else the size of mini-batches of shuffled data.
    rng : source of the order; needed for mini-batches alone.

    Returns
    -------
    (epochs,) mean loss over the samples of each epoch, each batch's taken before its update.

    Raises
    ------
    ValueError
        As `minibatches`, and as the layers and losses.
    TypeError
        The same, and if `model` is not a Layer or `loss` not a LossLayer. A list of floats is float64, which a
        float32 model refuses.

    References
    ----------
    Robbins and Monro (1951), doi:10.1214/aoms/1177729586.
    """
    expect(model, Layer, "fit", "model")
    expect(loss, LossLayer, "fit", "loss")
    x, d = _pair(x, d, "fit")
    eta = as_positive(learning_rate, "fit", "learning_rate")
    E = np.zeros(as_integer(epochs, "fit", "epochs"))
    B = None if batch_size is None else as_integer(batch_size, "fit", "batch_size")
    with np.errstate(all="ignore"):
        for epoch in range(len(E)):
            batches = full_batch(x, d) if B is None else minibatches(x, d, B, rng=as_generator(rng, "fit"))
            for x_t, d_t in batches:
                E_t = loss.forward(model.forward(x_t), d_t)
                model.backward(loss.backward())
                for name, dw in model.grads.items():
                    model.params[name] = model.params[name] - eta * dw
                E[epoch] += float(E_t) * len(x_t) / len(x)
    return E


def _shuffled(x: Array, d: Array, size: int, rng: np.random.Generator) -> Batches:
    order = rng.permutation(len(x))
    for start in range(0, len(x), size):
        rows = order[start : start + size]
        yield x[rows], d[rows]


def _pair(x: ArrayLike, d: ArrayLike, who: str) -> tuple[Array, Array]:
    x, d = as_array(x, who, "x"), as_array(d, who, "d")
    if x.ndim == 0 or d.ndim == 0 or len(x) != len(d):
        raise ValueError(f"{who} expects x and d of the same length, got shapes {x.shape} and {d.shape}")
    if len(x) == 0:
        raise ValueError(f"{who} expects at least one sample, got x of shape {x.shape}")
    return x, d
