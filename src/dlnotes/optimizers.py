r"""Optimizers: rules that make new parameters out of parameters and gradients.

- `Optimizer`: the contract
- `SGD`: gradient descent on mini-batches
- `Momentum`, `Nesterov`: with a velocity
- `AdaGrad`, `RMSprop`: each entry with its own step size
- `Adam`, `AdamW`: both, with bias correction; AdamW with weight decay

In all of them w is a parameter, g its gradient, $\eta$ the learning rate, v a velocity, m a moving average of g, h a
sum or moving average of $g^2$. Products, squares, roots and quotients are taken entry by entry. The forms, and the
places of $\epsilon$, are PyTorch's.
"""

import math

import numpy as np

from dlnotes._check import FloatArray
from dlnotes._optimizer import Optimizer, at_least_zero, below_one

__all__ = ["SGD", "AdaGrad", "Adam", "AdamW", "Momentum", "Nesterov", "Optimizer", "RMSprop"]


class SGD(Optimizer):
    r"""Stochastic gradient descent.

    $$w \leftarrow w - \eta \, g$$

    Parameters
    ----------
    learning_rate : $\eta$.

    Notes
    -----
    The rule is that of gradient descent; it is stochastic because g comes from a mini-batch.

    References
    ----------
    Robbins and Monro (1951), doi:10.1214/aoms/1177729586.

    Examples
    --------
    >>> params = {"w": np.array([1.0])}
    >>> SGD(0.5).step(params, {"w": [2.0]})
    >>> params["w"]
    array([0.])
    """

    def _update(self, w: FloatArray, g: FloatArray) -> FloatArray:
        return w - self.learning_rate * g


class Momentum(Optimizer):
    r"""Gradient descent with a velocity; also the heavy ball.

    $$v \leftarrow \beta v + g, \qquad w \leftarrow w - \eta \, v$$

    Parameters
    ----------
    learning_rate : $\eta$.
    momentum : $\beta$, 0 or more and less than 1.

    Raises
    ------
    ValueError, TypeError
        As `Optimizer`.

    Notes
    -----
    v points uphill, as g does. Under a constant gradient it grows to $g / (1 - \beta)$: ten times the step of
    SGD at 0.9. Books also write $v \leftarrow \beta v - \eta g$, $w \leftarrow w + v$: the same path while
    $\eta$ is constant, another one once it changes.

    References
    ----------
    Polyak (1964), doi:10.1016/0041-5553(64)90137-5.
    """

    _slots = ("v",)

    def __init__(self, learning_rate: float, *, momentum: float = 0.9) -> None:
        super().__init__(learning_rate)
        self.momentum = below_one(momentum, type(self).__name__, "momentum")

    def _update(self, w: FloatArray, g: FloatArray, v: FloatArray) -> FloatArray:
        v *= self.momentum
        v += g
        return w - self.learning_rate * v


class Nesterov(Momentum):
    r"""Momentum that looks one step ahead.

    $$v \leftarrow \beta v + g, \qquad w \leftarrow w - \eta \, (g + \beta v)$$

    Parameters
    ----------
    learning_rate : $\eta$.
    momentum : $\beta$, 0 or more and less than 1.

    Raises
    ------
    ValueError, TypeError
        As `Optimizer`.

    Notes
    -----
    Nesterov takes the gradient at $w - \eta \beta v$, the place that the velocity alone would lead to. This form
    keeps that place as its w, so that the gradient is taken at w as everywhere else.

    References
    ----------
    Nesterov (1983), Soviet Mathematics Doklady 27, 372-376.
    Bengio, Boulanger-Lewandowski and Pascanu (2012), arXiv:1212.0901 (this form).
    """

    def _update(self, w: FloatArray, g: FloatArray, v: FloatArray) -> FloatArray:
        v *= self.momentum
        v += g
        return w - self.learning_rate * (g + self.momentum * v)


class AdaGrad(Optimizer):
    r"""Step sizes that shrink entry by entry, with the squares seen so far.

    $$h \leftarrow h + g^2, \qquad w \leftarrow w - \eta \, \frac{g}{\sqrt{h} + \epsilon}$$

    Parameters
    ----------
    learning_rate : $\eta$.
    eps : $\epsilon$, 0 or more; with 0, a first gradient of 0 makes 0 / 0, which is NaN.

    Raises
    ------
    ValueError, TypeError
        As `Optimizer`.

    Notes
    -----
    The first step is $\eta$ times the sign of g, and under a constant gradient step t is $\eta / \sqrt{t}$: h
    never shrinks. A loss multiplied by a constant gives the same path, up to $\epsilon$.

    References
    ----------
    Duchi, Hazan and Singer (2011), JMLR 12, 2121-2159. McMahan and Streeter (2010), arXiv:1002.4908.
    """

    _slots = ("h",)

    def __init__(self, learning_rate: float, *, eps: float = 1e-10) -> None:
        super().__init__(learning_rate)
        self.eps = at_least_zero(eps, "AdaGrad", "eps")

    def _update(self, w: FloatArray, g: FloatArray, h: FloatArray) -> FloatArray:
        h += g * g
        return w - self.learning_rate * g / (np.sqrt(h) + self.eps)


class RMSprop(Optimizer):
    r"""AdaGrad that forgets: a moving average of squares in place of their sum.

    $$h \leftarrow \beta h + (1 - \beta) \, g^2, \qquad w \leftarrow w - \eta \, \frac{g}{\sqrt{h} + \epsilon}$$

    Parameters
    ----------
    learning_rate : $\eta$.
    decay : $\beta$, 0 or more and less than 1.
    eps : $\epsilon$, 0 or more.

    Raises
    ------
    ValueError, TypeError
        As `Optimizer`.

    Notes
    -----
    h starts at 0 and is not corrected for it: the first step is $\eta / \sqrt{1 - \beta}$, ten times $\eta$ at
    0.99.

    References
    ----------
    Tieleman and Hinton (2012), Neural networks for machine learning, lecture 6.5.
    Graves (2013), arXiv:1308.0850 (a variant, with momentum).
    """

    _slots = ("h",)

    def __init__(self, learning_rate: float, *, decay: float = 0.99, eps: float = 1e-8) -> None:
        super().__init__(learning_rate)
        self.decay = below_one(decay, "RMSprop", "decay")
        self.eps = at_least_zero(eps, "RMSprop", "eps")

    def _update(self, w: FloatArray, g: FloatArray, h: FloatArray) -> FloatArray:
        h *= self.decay
        h += (1 - self.decay) * g * g
        return w - self.learning_rate * g / (np.sqrt(h) + self.eps)


class Adam(Optimizer):
    r"""Moving averages of the gradient and of its square, both corrected for their start at zero.

    $$m \leftarrow \beta_1 m + (1 - \beta_1) \, g, \qquad h \leftarrow \beta_2 h + (1 - \beta_2) \, g^2$$

    $$w \leftarrow w - \eta \, \frac{\hat{m}}{\sqrt{\hat{h}} + \epsilon}, \qquad
    \hat{m} = \frac{m}{1 - \beta_1^t}, \quad \hat{h} = \frac{h}{1 - \beta_2^t}$$

    Parameters
    ----------
    learning_rate : $\eta$.
    betas : $(\beta_1, \beta_2)$, each 0 or more and less than 1.
    eps : $\epsilon$, 0 or more.

    Raises
    ------
    ValueError, TypeError
        As `Optimizer`.

    Notes
    -----
    The paper writes v for h. After t steps the weights in m add up to $1 - \beta_1^t$, and the division makes m
    a mean. The first step is therefore $\eta$ times the sign of g; without the corrections it would be
    $(1 - \beta_1) / \sqrt{1 - \beta_2} = 3.16$ times that.

    References
    ----------
    Kingma and Ba (2014), arXiv:1412.6980.

    Examples
    --------
    >>> params = {"w": np.array([1.0])}
    >>> Adam(0.5).step(params, {"w": [2.0]})
    >>> params["w"].round(6)
    array([0.5])
    """

    _slots = ("m", "h")

    def __init__(self, learning_rate: float, *, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> None:
        super().__init__(learning_rate)
        who = type(self).__name__
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"{who} expects two numbers as betas, got {betas!r}")
        self.betas = below_one(betas[0], who, "betas[0]"), below_one(betas[1], who, "betas[1]")
        self.eps = at_least_zero(eps, who, "eps")

    def _update(self, w: FloatArray, g: FloatArray, m: FloatArray, h: FloatArray) -> FloatArray:
        beta1, beta2 = self.betas
        m *= beta1
        m += (1 - beta1) * g
        h *= beta2
        h += (1 - beta2) * g * g
        # eta m_hat / (sqrt(h_hat) + eps), multiplied above and below by c: the corrections cost no pass over h.
        c = math.sqrt(1 - beta2**self._t)
        return w - (self.learning_rate * c / (1 - beta1**self._t)) * m / (np.sqrt(h) + c * self.eps)


class AdamW(Adam):
    r"""Adam with weight decay beside the gradient instead of in it.

    $$w \leftarrow (1 - \eta \lambda) \, w - \eta \, \frac{\hat{m}}{\sqrt{\hat{h}} + \epsilon}$$

    Parameters
    ----------
    learning_rate : $\eta$.
    betas, eps : as in `Adam`.
    weight_decay : $\lambda$, 0 or more; it falls on every parameter, biases too.

    Raises
    ------
    ValueError, TypeError
        As `Optimizer`.

    Notes
    -----
    The gradient $\lambda w$ of the penalty $\frac{\lambda}{2} w^2$ would be divided by $\sqrt{\hat{h}}$ like the
    rest: weights with large gradients would decay less. In SGD the two are the same.

    References
    ----------
    Loshchilov and Hutter (2017), arXiv:1711.05101.
    """

    def __init__(
        self,
        learning_rate: float,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(learning_rate, betas=betas, eps=eps)
        self.weight_decay = at_least_zero(weight_decay, "AdamW", "weight_decay")

    def _update(self, w: FloatArray, g: FloatArray, m: FloatArray, h: FloatArray) -> FloatArray:
        return super()._update((1 - self.learning_rate * self.weight_decay) * w, g, m, h)
