"""The perceptron: one unit with a threshold.

- `Perceptron`: a unit with weights w and bias b
- `AND`, `NAND`, `OR`: gates that are one unit each
- `XOR`: a gate that needs two layers
- `learn`: Rosenblatt's learning rule
- `Learned`: what `learn` returns
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlnotes._check import FloatArray, as_finite, as_float, as_integer, as_number, as_positive

__all__ = ["AND", "NAND", "OR", "XOR", "Learned", "Perceptron", "learn"]


def _weights(w: ArrayLike, who: str) -> FloatArray:
    weights = as_finite(w, who, "w")
    if weights.ndim != 1 or weights.size == 0:
        raise ValueError(f"{who} expects w of shape (D,), got {weights.shape}")
    return weights.copy()


class Perceptron:
    r"""One unit: weights, a bias and a threshold at zero.

    $$y = \begin{cases} 1 & (w \cdot x + b > 0) \\ 0 & (w \cdot x + b \le 0) \end{cases}$$

    Parameters
    ----------
    w : (D,) weights.
    b : number, the bias: the weight of a constant input 1, and minus the threshold.

    Raises
    ------
    ValueError
        If `w` is not a vector, or a number is not finite.
    TypeError
        If a value is not a real number.

    Notes
    -----
    The tie $w \cdot x + b = 0$ gives 0: the unit fires when the threshold is exceeded, not when it is met.
    `activations.step` gives 1 there: the two conventions differ in that single point.

    References
    ----------
    McCulloch and Pitts (1943), doi:10.1007/BF02478259. Rosenblatt (1958), doi:10.1037/h0042519.
    """

    def __init__(self, w: ArrayLike, b: float) -> None:
        self.w = _weights(w, "Perceptron")
        self.b = as_number(b, "Perceptron", "b")

    def __call__(self, x: ArrayLike) -> int | NDArray[np.int64]:
        """Output 0 or 1: an int for `x` of shape (D,), an array (N,) for (N, D). Booleans are 0 and 1."""
        inputs = as_finite(x, "Perceptron", "x", booleans=True)
        if inputs.ndim not in (1, 2) or inputs.shape[-1] != self.w.size:
            raise ValueError(f"Perceptron expects ({self.w.size},) or (N, {self.w.size}), got {inputs.shape}")
        fires = inputs @ self.w + self.b > 0
        return int(fires) if inputs.ndim == 1 else fires.astype(np.int64)

    def __repr__(self) -> str:
        return f"Perceptron(w={self.w.tolist()}, b={self.b})"


AND = Perceptron([1.0, 1.0], -1.5)
NAND = Perceptron([-1.0, -1.0], 1.5)
OR = Perceptron([1.0, 1.0], -0.5)


def XOR(x: ArrayLike) -> int | NDArray[np.int64]:
    r"""Exclusive or, which no single unit computes: two units feed a third.

    $$\mathrm{XOR}(x) = \mathrm{AND}\bigl(\mathrm{NAND}(x), \mathrm{OR}(x)\bigr)$$

    Parameters
    ----------
    x : (2,) or (N, 2), of 0 and 1.

    Returns
    -------
    int or (N,) array of 0 and 1.

    Raises
    ------
    ValueError, TypeError
        As `Perceptron`.

    Notes
    -----
    One unit would need $b \le 0$, $w_1 + b > 0$, $w_2 + b > 0$ and $w_1 + w_2 + b \le 0$. The middle two add
    up to $w_1 + w_2 + 2b > 0$, the outer two to $w_1 + w_2 + 2b \le 0$: a contradiction.

    References
    ----------
    Minsky and Papert (1969), Perceptrons, MIT Press. Rumelhart, Hinton and Williams (1986),
    doi:10.1038/323533a0.
    """
    return AND(np.stack([NAND(x), OR(x)], axis=-1))


@dataclass(frozen=True)
class Learned:
    r"""What `learn` found.

    $$\text{the path begins after the first mistake and ends at } (w, b)$$

    Parameters
    ----------
    w : (D,) weights at the end.
    b : the bias at the end.
    mistakes : wrong answers in each epoch; the last entry is 0 if the rule converged.
    path : (w, b) after each mistake, in order.
    converged : whether an epoch passed without a mistake.

    References
    ----------
    Rosenblatt (1958), doi:10.1037/h0042519.
    """

    w: FloatArray
    b: float
    mistakes: list[int]
    path: list[tuple[FloatArray, float]]
    converged: bool


def learn(
    x: ArrayLike, d: ArrayLike, w: ArrayLike, b: float, learning_rate: float = 1.0, max_epochs: int = 1000
) -> Learned:
    r"""Rosenblatt's learning rule: a wrong answer moves the weights towards or away from its input.

    $$w \leftarrow w + \eta (d_n - y_n) x_n, \qquad b \leftarrow b + \eta (d_n - y_n)$$

    Parameters
    ----------
    x : (N, D) inputs, taken in the given order in every epoch.
    d : (N,) targets 0 or 1.
    w : (D,) start; its dtype is that of the result.
    b : start of the bias.
    learning_rate : $\eta > 0$.
    max_epochs : the rule stops after this many epochs, or after the first without a mistake.

    Returns
    -------
    Learned

    Raises
    ------
    ValueError
        If shapes do not fit, a target is neither 0 nor 1, a number is not finite, or there is no sample.
    TypeError
        If a value is not a real number.

    Notes
    -----
    If a line separates the classes with margin $\gamma$ and all inputs lie within radius $R$, at most
    $(R/\gamma)^2$ mistakes are made from $w = 0$. If none does, the rule never ends. From $w = 0$, $b = 0$
    the learning rate only scales $w$ and $b$ and changes no answer.

    References
    ----------
    Rosenblatt (1958), doi:10.1037/h0042519. Novikoff (1962), On convergence proofs on perceptrons.
    """
    weights = _weights(w, "learn")
    bias = as_number(b, "learn", "b")
    rate = as_positive(learning_rate, "learn", "learning_rate")
    epochs = as_integer(max_epochs, "learn", "max_epochs")
    inputs, targets = _samples(x, d, weights.size)
    inputs = inputs.astype(weights.dtype)
    mistakes: list[int] = []
    path: list[tuple[FloatArray, float]] = []
    for _ in range(epochs):
        mistakes.append(0)
        for x_n, d_n in zip(inputs, targets, strict=True):
            y_n = int(x_n @ weights + bias > 0)
            if y_n != d_n:
                weights = weights + rate * (d_n - y_n) * x_n
                bias = bias + rate * (d_n - y_n)
                path.append((weights, bias))
                mistakes[-1] += 1
        if mistakes[-1] == 0:
            break
    return Learned(weights, bias, mistakes, path, converged=mistakes[-1] == 0)


def _samples(x: ArrayLike, d: ArrayLike, size: int) -> tuple[FloatArray, list[int]]:
    inputs = as_finite(x, "learn", "x", booleans=True)
    if inputs.ndim != 2 or inputs.shape[0] == 0 or inputs.shape[1] != size:
        raise ValueError(f"learn expects x of shape (N, {size}) with N >= 1, got {inputs.shape}")
    targets = as_float(d, "learn", "d", booleans=True)
    if targets.shape != inputs.shape[:1]:
        raise ValueError(f"learn expects d of shape {inputs.shape[:1]}, got {targets.shape}")
    wrong = targets[(targets != 0) & (targets != 1)]
    if wrong.size:
        raise ValueError(f"learn expects targets 0 or 1 as d, got {wrong[0]}")
    return inputs, [int(target) for target in targets]
