"""Training: gradient descent, iteration over shuffled data, a plain loop and one that can be interrupted.

- `gradient_descent`: returns the path of the parameters
- `full_batch`, `stochastic`, `minibatches`: one epoch of the data
- `fit`: trains a model by mini-batch gradient descent
- `Trainer`: trains with any optimizer, shows progress, can be stopped and resumed
- `History`: what a Trainer has measured
- `accuracy`: the share of samples that a model classifies rightly

In `gradient_descent` and `fit` a learning rate that is too large shows as values that grow to infinity and NaN,
without a warning; a `Trainer` stops there.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlnotes._accuracy import accuracy
from dlnotes._batches import as_pair, full_batch, minibatches, stochastic
from dlnotes._check import FloatArray, as_finite, as_float, as_generator, as_integer, as_positive, expect
from dlnotes._history import History
from dlnotes._trainer import Trainer
from dlnotes.layers import Layer, LossLayer

__all__ = [
    "History",
    "Trainer",
    "accuracy",
    "fit",
    "full_batch",
    "gradient_descent",
    "minibatches",
    "stochastic",
]


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

    Examples
    --------
    >>> gradient_descent(lambda w: 2 * w, [1.0], 0.25, 3)
    array([[1.   ],
           [0.5  ],
           [0.25 ],
           [0.125]])
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

    Examples
    --------
    >>> from dlnotes.layers import IdentityWithLoss, Linear
    >>> x, d = [[0.0], [1.0]], [[1.0], [3.0]]
    >>> model = Linear(1, 1, rng=np.random.default_rng(0))
    >>> fit(model, IdentityWithLoss(), x, d, learning_rate=0.5, epochs=200)[-1].round(6)
    np.float64(0.0)
    """
    expect(model, Layer, "fit", "model")
    expect(loss, LossLayer, "fit", "loss")
    x, d = as_pair(x, d, "fit")
    eta = as_positive(learning_rate, "fit", "learning_rate")
    E = np.zeros(as_integer(epochs, "fit", "epochs"))
    B = None if batch_size is None else as_integer(batch_size, "fit", "batch_size")
    with np.errstate(all="ignore"):
        for epoch in range(len(E)):
            batches = full_batch(x, d) if B is None else minibatches(x, d, B, rng=as_generator(rng, "fit"))
            for x_t, d_t in batches:
                E_t = loss.forward(model.forward(x_t), d_t)
                model.backward_params(loss.backward())
                for name, dw in model.grads.items():
                    model.params[name] = model.params[name] - eta * dw
                E[epoch] += float(E_t) * len(x_t) / len(x)
    return E
