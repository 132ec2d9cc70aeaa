"""A training loop that can be stopped at any moment and resumed; public in `dlnotes.training`."""

import json
import math
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._accuracy import Modes, accuracy, as_labels, find_labels, modes, set_modes
from dlnotes._batches import as_pair, minibatches
from dlnotes._check import Array, FloatArray, as_generator, as_integer, expect
from dlnotes._checkpoint import Checkpoint, capture, from_arrays, restore, to_arrays
from dlnotes._history import History
from dlnotes._optimizer import Optimizer, at_least_zero
from dlnotes._progress import in_notebook, is_seen
from dlnotes._storage import load_arrays, save_arrays
from dlnotes.layers import Layer, LossLayer, d_l2_penalty

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["Trainer"]

type Augment = Callable[[Array, np.random.Generator], ArrayLike]


class Trainer:
    r"""Trains a model with any optimizer, epoch by epoch: whole epochs count, and only they.

    $$w \leftarrow \mathrm{step} \Bigl( w, \; \nabla E_t(w) + \lambda w \Bigr)
    \quad \text{for each batch of each epoch}$$

    Parameters
    ----------
    model : its parameters are rebound to new arrays.
    loss : the output activation with its loss.
    optimizer : from `dlnotes.optimizers`; for this model alone, as it remembers by the parameters' names.
    batch_size : the size of the mini-batches; the last, smaller one of an epoch is kept.
    rng : source of the order of the samples, and of `augment`. Layers that draw have their own (or this one).
    augment : function of a batch x and a generator that returns the x to train on; called for each batch.
    weight_decay : $\lambda \ge 0$; the gradient of `dlnotes.layers.l2_penalty`, on weights W alone.
    progress : whether to show progress; it is shown on a terminal or in a notebook only.

    Attributes
    ----------
    history : the `History` of all whole epochs.

    Raises
    ------
    ValueError
        If a number is out of its range; in `fit`, as `minibatches`, the layers and the losses.
    TypeError
        If an argument is of another kind.
    FloatingPointError
        By `fit`, if the loss or, after an epoch, a parameter or buffer is NaN or infinite.

    Notes
    -----
    Whatever ends an epoch early (Ctrl-C at any moment, NaN, an error in `augment`), the model's parameters and
    buffers, the optimizer, the generators of Trainer and layers, and the history go back to the end of the last
    whole epoch, and the exception goes on. As `epochs` is the total, calling `fit` again resumes, and ends with
    the same bits as a run that was never stopped. So does a run that goes through `save` and `load`.

    References
    ----------
    Robbins and Monro (1951), doi:10.1214/aoms/1177729586.
    Krogh and Hertz (1991), NIPS 4, 950-957 (weight decay).

    Examples
    --------
    >>> from dlnotes.layers import Linear, SoftmaxWithLoss
    >>> from dlnotes.optimizers import Adam
    >>> rng = np.random.default_rng(0)
    >>> trainer = Trainer(Linear(2, 3, rng=rng), SoftmaxWithLoss(), Adam(0.01), batch_size=4, rng=rng)
    >>> len(trainer.fit(rng.normal(size=(10, 2)), np.arange(10) % 3, epochs=5))
    5
    """

    def __init__(
        self,
        model: Layer,
        loss: LossLayer,
        optimizer: Optimizer,
        *,
        batch_size: int,
        rng: np.random.Generator,
        augment: Augment | None = None,
        weight_decay: float = 0.0,
        progress: bool = True,
    ) -> None:
        expect(model, Layer, "Trainer", "model")
        expect(loss, LossLayer, "Trainer", "loss")
        expect(optimizer, Optimizer, "Trainer", "optimizer")
        if augment is not None and not callable(augment):
            raise TypeError(f"Trainer expects a function of (x, rng) as augment, got {type(augment).__name__}")
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.batch_size = as_integer(batch_size, "Trainer", "batch_size")
        self.rng = as_generator(rng, "Trainer")
        self.augment = augment
        self.weight_decay = at_least_zero(weight_decay, "Trainer", "weight_decay")
        self.progress = progress
        self._whole = self._capture(History())
        self._modes: Modes = []
        self._open = False  # whether an epoch is under way, so that model and co. may be ahead of _whole

    @property
    def history(self) -> History:
        """What the whole epochs have measured."""
        return self._whole.history

    def fit(
        self,
        x: ArrayLike,
        d: ArrayLike,
        *,
        epochs: int,
        test: tuple[ArrayLike, ArrayLike] | None = None,
        train_accuracy: bool = True,
    ) -> History:
        """Train on inputs `x` (N, ...) and targets `d` (N, ...) until `epochs` epochs are done in all.

        After each epoch the accuracy on all of `x` is measured (unless `train_accuracy` is False, which saves a
        forward pass, or `d` holds no classes) and on `test`, a pair (x, d). All layers train (`model.train()`)
        and go back to their mode at the end. Returns the history, which `history` keeps.
        """
        x, d = as_pair(x, d, "Trainer.fit")
        if x.dtype.kind == "f" and not np.isfinite(x).all():
            raise ValueError(f"Trainer.fit expects finite numbers as x, got {x[~np.isfinite(x)][0]}")
        epochs = as_integer(epochs, "Trainer.fit", "epochs")
        measured = [(x, d) if train_accuracy and find_labels(d) is not None else None, self._test(test)]
        self._go_back()  # if Ctrl-C has cut a going back short
        done = len(self.history)
        if epochs < done:
            raise ValueError(f"Trainer.fit expects epochs >= {done}, as many as are done, got {epochs}")
        try:
            self._modes = modes(self.model)
            self._whole = self._capture(self.history)
            self._open = True
            if measured[1] is not None:
                accuracy(self.model, *(a[:1] for a in measured[1]))  # what does not fit shows now, not after an epoch
            self.model.train()
            with np.errstate(all="ignore"), _bar(self.progress, done, epochs, len(x)) as bar:
                for epoch in range(done + 1, epochs + 1):
                    if bar is not None:
                        bar.set_description(f"epoch {epoch}/{epochs}")
                    E = self._epoch(x, d, epoch, bar)
                    scores = [math.nan if pair is None else self._accuracy(*pair) for pair in measured]
                    self._whole = self._capture(self.history.appended(E, *scores))  # from here on the epoch counts
            set_modes(self._modes)
            self._open = False
        except BaseException:
            self._go_back()
            raise
        return self.history

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all that `fit` needs to go on, model included, to an npz file; whole or not at all."""
        self._go_back()
        settings = np.array(json.dumps(self._settings()))
        save_arrays(path, {"settings": settings} | to_arrays(self._capture(self.history)))

    def load(self, path: str | os.PathLike[str]) -> None:
        """Go on from what `save` wrote, learning rate included.

        The Trainer must be made as the one that was saved: if its settings, or a name, shape or dtype differ, a
        ValueError says what, and nothing has changed.
        """
        arrays = load_arrays(path)
        self._go_back()
        self._modes = modes(self.model)
        self._whole = self._capture(self.history)
        try:
            self._open = True
            self._check_settings(str(arrays.pop("settings", "{}")))
            new = from_arrays(arrays, self._whole)
            restore(new, self.model, self.optimizer, self._generators())
            self._whole = new
            self._open = False
        except BaseException as error:
            self._go_back()
            if isinstance(error, ValueError | TypeError | KeyError):
                raise ValueError(f"{os.fspath(path)} is of another training: {error}") from error
            raise

    def _epoch(self, x: Array, d: Array, epoch: int, bar: "tqdm[Any] | None") -> float:
        E, E_t = 0.0, math.nan
        for t, (x_t, d_t) in enumerate(minibatches(x, d, self.batch_size, rng=self.rng), 1):
            inputs = x_t if self.augment is None else self.augment(x_t, self.rng)
            E_t, last = float(self.loss.forward(self.model.forward(inputs), d_t)), E_t
            if not math.isfinite(E_t):
                raise FloatingPointError(self._diverged(epoch, t, f"the loss is {E_t}", last))
            self.model.backward_params(self.loss.backward())
            self.optimizer.step(self.model.params, self._gradients())
            E += E_t * len(x_t) / len(x)
            if bar is not None:
                bar.set_postfix_str(f"loss {E_t:.4f}", refresh=False)
                bar.update(len(x_t))
        for name, array in [*self.model.params.items(), *self.model.buffers.items()]:
            if not np.isfinite(array).all():
                raise FloatingPointError(self._diverged(epoch, t, f"{name} is not finite", E_t))
        return E

    def _gradients(self) -> Mapping[str, FloatArray]:
        if self.weight_decay == 0:
            return self.model.grads
        decay = d_l2_penalty(self.model.params, self.weight_decay)
        return {name: dw + decay[name] if name in decay else dw for name, dw in self.model.grads.items()}

    def _diverged(self, epoch: int, step: int, what: str, last: float) -> str:
        before = "" if math.isnan(last) else f" (the last finite loss was {last:.6g})"
        place = f"at the end of epoch {epoch - 1}" if epoch > 1 else "where it started"
        return (
            f"Trainer stopped in epoch {epoch}, step {step}: {what}{before}; the model is back {place}. "
            f"Try a smaller learning rate than {self.optimizer.learning_rate:g}."
        )

    def _test(self, test: object) -> tuple[Array, Array] | None:
        if test is None:
            return None
        if not isinstance(test, tuple | list) or len(test) != 2:
            raise TypeError(f"Trainer.fit expects a pair (x, d) as test, got {type(test).__name__}")
        x, d = as_pair(test[0], test[1], "Trainer.fit, test,")
        as_labels(d, "Trainer.fit, test,")
        return x, d

    def _accuracy(self, x: Array, d: Array) -> float:
        return accuracy(self.model, x, d, batch_size=200)  # of 1000, a convolution's columns would leave the cache

    def _generators(self) -> list[np.random.Generator]:
        return list({id(rng): rng for rng in (self.rng, *self.model.generators())}.values())

    def _capture(self, history: History) -> Checkpoint:
        return capture(self.model, self.optimizer, self._generators(), history)

    def _go_back(self) -> None:
        """If an epoch is under way, put all back to the end of the last whole one; another Ctrl-C waits for it."""
        while self._open:
            try:
                restore(self._whole, self.model, self.optimizer, self._generators())
                set_modes(self._modes)
                self._open = False
            except KeyboardInterrupt:
                continue

    def _settings(self) -> dict[str, object]:
        """What the same bits need, and a file cannot bring."""
        own = {name: value for name, value in vars(self.optimizer).items() if not name.startswith("_")}
        return {
            "batch_size": self.batch_size,
            "weight_decay": self.weight_decay,
            "loss": type(self.loss).__name__,
            "optimizer": " ".join([type(self.optimizer).__name__, *(f"{name}={own[name]}" for name in sorted(own))]),
        }

    def _check_settings(self, text: str) -> None:
        saved, own = json.loads(text), self._settings()
        if not isinstance(saved, dict) or saved.keys() != own.keys():
            raise ValueError(f"expected the settings {[*own]}, got {text}")
        for name, value in own.items():
            if saved[name] != value:
                raise ValueError(f"expected {name} {value}, got {saved[name]}")


def _bar(progress: bool, done: int, epochs: int, n: int) -> "AbstractContextManager[tqdm[Any] | None]":
    """A bar over the samples of all epochs; None unless there is someone to see it and tqdm is there."""
    if not progress or not is_seen():
        return nullcontext()
    try:
        from tqdm import tqdm
    except ImportError:
        return nullcontext()
    text = f"epoch {done}/{epochs}"
    leave = not in_notebook()
    return tqdm(total=epochs * n, initial=done * n, desc=text, unit="sample", unit_scale=True, leave=leave)
