"""Output activations joined with their losses; public in `dlnotes.layers`."""

from abc import ABC, abstractmethod

from numpy.typing import ArrayLike

from dlnotes import losses
from dlnotes._check import FloatArray, Scalar
from dlnotes.activations import identity, sigmoid, softmax

__all__ = ["IdentityWithLoss", "LossLayer", "SigmoidWithLoss", "SoftmaxWithLoss"]


class LossLayer(ABC):
    r"""The last step of a network: output activation and loss in one.

    $$y = f(u), \qquad E = \frac{1}{N} \sum_n E_n(y_n, d_n), \qquad
    \frac{\partial E}{\partial u} = \frac{1}{N} (y - d)$$

    Notes
    -----
    The gradient is y - d only for the matching pairs: identity and half squared error, sigmoid and binary
    cross-entropy, softmax and cross-entropy. `forward(u, d)` returns the loss, `backward()` its gradient with
    respect to u, `output(u)` the output y. Targets are as in `losses`.

    References
    ----------
    Nelder and Wedderburn (1972), doi:10.2307/2344614 (the canonical link).
    """

    _saved: tuple[ArrayLike, ArrayLike] | None = None

    def __call__(self, u: ArrayLike, d: ArrayLike) -> Scalar:
        """The forward pass."""
        return self.forward(u, d)

    def forward(self, u: ArrayLike, d: ArrayLike) -> Scalar:
        """The loss of pre-activations `u` for targets `d`."""
        loss = self._loss(u, d)
        self._saved = u, d
        return loss

    def backward(self) -> FloatArray:
        """The gradient of the loss with respect to u."""
        if self._saved is None:
            raise RuntimeError(f"{type(self).__name__}: call forward before backward")
        return self._gradient(*self._saved)

    @abstractmethod
    def output(self, u: ArrayLike) -> FloatArray:
        """The output y of pre-activations `u`."""

    @abstractmethod
    def _loss(self, u: ArrayLike, d: ArrayLike) -> Scalar: ...

    @abstractmethod
    def _gradient(self, u: ArrayLike, d: ArrayLike) -> FloatArray: ...


class IdentityWithLoss(LossLayer):
    r"""Identity and half squared error, for regression.

    $$y = u, \qquad E = \frac{1}{2N} \sum_{n,k} (y_{nk} - d_{nk})^2, \qquad \frac{\partial E}{\partial u}
    = \frac{1}{N} (y - d)$$

    References
    ----------
    Nelder and Wedderburn (1972), doi:10.2307/2344614.
    """

    def output(self, u: ArrayLike) -> FloatArray:
        """u itself, as a copy."""
        return identity(u)

    def _loss(self, u: ArrayLike, d: ArrayLike) -> Scalar:
        return losses.half_squared_error(u, d)

    def _gradient(self, u: ArrayLike, d: ArrayLike) -> FloatArray:
        return losses.d_half_squared_error(u, d)


class SigmoidWithLoss(LossLayer):
    r"""Sigmoid and binary cross-entropy, for yes-or-no questions.

    $$y = \sigma(u), \qquad
    E = -\frac{1}{N} \sum_{n,k} \bigl( d_{nk} \log y_{nk} + (1 - d_{nk}) \log (1 - y_{nk}) \bigr), \qquad
    \frac{\partial E}{\partial u} = \frac{1}{N} (y - d)$$

    References
    ----------
    Nelder and Wedderburn (1972), doi:10.2307/2344614.
    """

    def output(self, u: ArrayLike) -> FloatArray:
        """Probabilities of yes."""
        return sigmoid(u)

    def _loss(self, u: ArrayLike, d: ArrayLike) -> Scalar:
        return losses.binary_cross_entropy_with_logits(u, d)

    def _gradient(self, u: ArrayLike, d: ArrayLike) -> FloatArray:
        return losses.d_binary_cross_entropy_with_logits(u, d)


class SoftmaxWithLoss(LossLayer):
    r"""Softmax and cross-entropy, for one class out of K.

    $$y = \mathrm{softmax}(u), \qquad E = -\frac{1}{N} \sum_{n,k} d_{nk} \log y_{nk}, \qquad
    \frac{\partial E}{\partial u} = \frac{1}{N} (y - d)$$

    References
    ----------
    Bridle (1990), doi:10.1007/978-3-642-76153-9_28.
    """

    def output(self, u: ArrayLike) -> FloatArray:
        """Probabilities of the classes."""
        return softmax(u)

    def _loss(self, u: ArrayLike, d: ArrayLike) -> Scalar:
        return losses.cross_entropy_with_logits(u, d)

    def _gradient(self, u: ArrayLike, d: ArrayLike) -> FloatArray:
        return losses.d_cross_entropy_with_logits(u, d)
