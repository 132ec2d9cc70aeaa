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
    w = as_finite(w, who, "w")
    if w.ndim != 1 or w.size == 0:
        raise ValueError(f"{who} expects w of shape (D,), got {w.shape}")
    return w.copy()


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

    Examples
    --------
    >>> Perceptron([1.0, 1.0], -1.5)([[0, 1], [1, 1]])
    array([0, 1])
    """

    def __init__(self, w: ArrayLike, b: float) -> None:
        self.w = _weights(w, "Perceptron")
        self.b = as_number(b, "Perceptron", "b")

    @np.errstate(over="ignore", invalid="ignore")
    def __call__(self, x: ArrayLike) -> int | NDArray[np.int64]:
        """Output 0 or 1: an int for `x` of shape (D,), an array (N,) for (N, D). Booleans are 0 and 1."""
        x, D = as_finite(x, "Perceptron", "x", booleans=True), self.w.size
        if x.ndim not in (1, 2) or x.shape[-1] != D:
            raise ValueError(f"Perceptron expects ({D},) or (N, {D}), got {x.shape}")
        u = x @ self.w + self.b
        return int(u > 0) if x.ndim == 1 else (u > 0).astype(np.int64)

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

    Examples
    --------
    >>> XOR([[0, 0], [0, 1], [1, 0], [1, 1]])
    array([0, 1, 1, 0])
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


@np.errstate(over="ignore", invalid="ignore")
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
    If some $(w^*, b^*)$ separates the classes, at most $(R/\gamma)^2$ mistakes are made from $w = 0$, $b = 0$.
    The bias is learned too, so radius and margin belong to $(x, 1)$ and $(w^*, b^*)$, not to $x$ and $w^*$:
    $R = \max_n \sqrt{\lVert x_n \rVert^2 + 1}$, and with $s_n = 2 d_n - 1$
    $\gamma = \min_n s_n (w^* \cdot x_n + b^*) / \sqrt{\lVert w^* \rVert^2 + (b^*)^2}$. If none does, the rule
    never ends. From this start the learning rate only scales $w$ and $b$ and changes no answer.

    References
    ----------
    Rosenblatt (1958), doi:10.1037/h0042519. Novikoff (1962), On convergence proofs on perceptrons.

    Examples
    --------
    >>> learn([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1], [0.0, 0.0], 0).mistakes
    [1, 3, 3, 2, 1, 0]
    """
    w, b = _weights(w, "learn"), as_number(b, "learn", "b")
    eta = as_positive(learning_rate, "learn", "learning_rate")
    max_epochs = as_integer(max_epochs, "learn", "max_epochs")
    x, d = _samples(x, d, w)
    mistakes: list[int] = []
    path: list[tuple[FloatArray, float]] = []
    for _ in range(max_epochs):
        mistakes.append(0)
        for x_n, d_n in zip(x, d, strict=True):
            y_n = int(w @ x_n + b > 0)
            if y_n != d_n:
                w = w + eta * (d_n - y_n) * x_n
                b = b + eta * (d_n - y_n)
                path.append((w, b))
                mistakes[-1] += 1
        if mistakes[-1] == 0:
            break
    return Learned(w, b, mistakes, path, converged=mistakes[-1] == 0)


def _samples(x: ArrayLike, d: ArrayLike, w: FloatArray) -> tuple[list[FloatArray], list[int]]:
    """N vectors (D,) in the dtype of w, and N integers 0 or 1."""
    x = as_finite(x, "learn", "x", booleans=True)
    if x.ndim != 2 or x.shape[0] == 0 or x.shape[1] != w.size:
        raise ValueError(f"learn expects x of shape (N, {w.size}) with N >= 1, got {x.shape}")
    d = as_float(d, "learn", "d", booleans=True)
    if d.shape != x.shape[:1]:
        raise ValueError(f"learn expects d of shape {x.shape[:1]}, got {d.shape}")
    wrong = d[(d != 0) & (d != 1)]
    if wrong.size:
        raise ValueError(f"learn expects targets 0 or 1 as d, got {wrong[0]}")
    return list(x.astype(w.dtype)), [int(d_n) for d_n in d]
