"""What a training run has recorded; public in `dlnotes.training`."""

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

__all__ = ["History"]

type Curve = NDArray[np.float64]


def _empty() -> Curve:
    return np.empty(0)


@dataclass(frozen=True, eq=False, repr=False)
class History:
    r"""What a `Trainer` has measured, one value for each whole epoch; `len(history)` is the number of epochs.

    Parameters
    ----------
    loss : (epochs,) mean over the samples of the loss without weight decay, each batch's taken before its
        update, in training (with dropout and augmentation).
    train_accuracy : (epochs,) accuracy after the epoch on all training samples, in inference; NaN where it
        was not measured.
    test_accuracy : (epochs,) the same on the test samples.

    References
    ----------
    Bottou, Curtis and Nocedal (2018), arXiv:1606.04838.

    Examples
    --------
    >>> History().appended(0.7, 0.5, 0.25).curves()
    {'loss': array([0.7]), 'train_accuracy': array([0.5]), 'test_accuracy': array([0.25])}
    """

    loss: Curve = field(default_factory=_empty)
    train_accuracy: Curve = field(default_factory=_empty)
    test_accuracy: Curve = field(default_factory=_empty)

    def __len__(self) -> int:
        """The number of whole epochs."""
        return len(self.loss)

    def __repr__(self) -> str:
        """The last values."""
        last = "".join(
            f", {name.replace('_', ' ')} {curve[-1]:.4g}"
            for name, curve in self.curves().items()
            if len(curve) and not np.isnan(curve[-1])
        )
        return f"History({len(self)} epoch{'' if len(self) == 1 else 's'}{last})"

    def curves(self) -> dict[str, Curve]:
        """The arrays by name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    def appended(self, *values: float) -> "History":
        """A new history with one epoch more."""
        return History(*(np.append(curve, value) for curve, value in zip(self.curves().values(), values, strict=True)))
