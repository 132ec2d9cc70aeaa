"""The contract of an optimizer, its bookkeeping and its checks; public in `dlnotes.optimizers`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dlnotes._check import Array, FloatArray, as_array, as_float, as_integer, as_number, expect

__all__ = ["Optimizer"]

# Entries of one piece: its temporaries stay in the cache and are reused, where those of a million entries are new
# memory at each step. Adam on a million float32 takes a third of the time (measured in a process with NumPy alone).
BLOCK = 65536


class Optimizer(ABC):
    r"""A rule that makes new parameters out of parameters and gradients.

    $$w^{(t+1)} = w^{(t)} - \Delta \bigl( g^{(1)}, \ldots, g^{(t)} \bigr), \qquad g = \nabla E(w)$$

    Parameters
    ----------
    learning_rate : $\eta \ge 0$.

    Attributes
    ----------
    learning_rate : may be set at any time; the next step takes it.

    Raises
    ------
    ValueError
        If a number is out of its range.
    TypeError
        If it is not a real number.

    Notes
    -----
    What a rule remembers (velocity, squares) is kept by the parameter's name, starts at zero, and has the
    parameter's shape and dtype: a parameter that is rebound between steps trains on. An overflow shows as
    infinity or NaN in the parameters, without a warning.

    References
    ----------
    Bottou, Curtis and Nocedal (2018), arXiv:1606.04838.
    """

    _slots: tuple[str, ...] = ()  # the letters of what the rule remembers of each entry

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self._t = 0
        self._memory: dict[str, tuple[FloatArray, ...]] = {}

    @property
    def learning_rate(self) -> float:
        """The learning rate."""
        return self._eta

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._eta = at_least_zero(value, type(self).__name__, "learning_rate")

    def step(self, params: MutableMapping[str, FloatArray], grads: Mapping[str, ArrayLike]) -> None:
        """One update: each entry of `params` is rebound to a new array, the old arrays and `grads` stay as they are.

        `grads` has the names and shapes of `params`. Whatever is refused is refused before anything changes.
        """
        pairs = self._checked(params, grads)
        if self._slots and not self._memory:
            self._memory = {n: tuple(np.zeros(w.shape, w.dtype) for _ in self._slots) for n, (w, _) in pairs.items()}
        self._t += 1
        with np.errstate(all="ignore"):
            for name, (w, g) in pairs.items():
                params[name] = self._new(w, g, self._memory.get(name, ()))

    def state(self) -> dict[str, Array]:
        """Copies of all that is remembered: the number of steps "t", and entries such as "m.0.W".

        The learning rate and the other settings are not part of it.
        """
        found: dict[str, Array] = {"t": np.array(self._t)}
        for name, arrays in self._memory.items():
            found |= {f"{slot}.{name}": a.copy() for slot, a in zip(self._slots, arrays, strict=True)}
        return found

    def load_state(self, state: Mapping[str, ArrayLike]) -> None:
        """Go on from what `state` returned; other names or shapes are a ValueError and leave all as it was."""
        who = f"{type(self).__name__}.load_state"
        expect(state, Mapping, who, "state")
        if "t" not in state:
            raise ValueError(f"{who} expects the number of steps as t, got {sorted(state)}")
        t = as_integer(as_array(state["t"], who, "t").tolist(), who, "t", 0)
        names = dict.fromkeys(key.partition(".")[2] for key in state if key != "t")
        expected = ["t", *(f"{slot}.{name}" for name in names for slot in self._slots)]
        if set(state) != set(expected):
            raise ValueError(f"{who} expects {sorted(expected)}, got {sorted(state)}")
        if self._slots and (t > 0) != bool(names):
            raise ValueError(f"{who} expects entries of {self._slots} after a step and none before, got t = {t}")
        memory = {
            name: tuple(_floats(state[f"{slot}.{name}"], who, f"{slot}.{name}").copy() for slot in self._slots)
            for name in names
        }
        if memory and self._memory:
            _same_names(self._memory, memory, who, "entries of")
        for name, arrays in memory.items():
            kept = self._memory.get(name, arrays[:1])[0]
            for slot, a in zip(self._slots, arrays, strict=True):
                _same_form(kept, a, who, f"{slot}.{name}")
        self._t, self._memory = t, memory

    @abstractmethod
    def _update(self, w: FloatArray, g: FloatArray, *slots: Any, **_: Any) -> FloatArray:
        """The new w, elementwise; what is remembered is changed in place."""

    def _new(self, w: FloatArray, g: FloatArray, memory: tuple[FloatArray, ...]) -> FloatArray:
        if w.size <= BLOCK:
            return self._update(w, g, *memory)
        new = np.empty(w.shape, w.dtype)
        flat, w, g, *slots = (a.reshape(-1) for a in (new, w, g, *memory))
        for start in range(0, w.size, BLOCK):
            piece = slice(start, start + BLOCK)
            flat[piece] = self._update(w[piece], g[piece], *(a[piece] for a in slots))
        return new

    def _checked(
        self, params: Mapping[str, FloatArray], grads: Mapping[str, ArrayLike]
    ) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Each parameter with its gradient in its dtype."""
        who = type(self).__name__
        expect(params, MutableMapping, who, "params")
        expect(grads, Mapping, who, "grads")
        params, grads = dict(params), dict(grads)  # each entry is looked up once: the model's mapping is a view
        if not params:
            raise ValueError(f"{who} expects at least one parameter, got none")
        _same_names(params, grads, who, "gradients of")
        if self._memory:
            _same_names(self._memory, params, who, "parameters")
        pairs = {}
        for name, value in params.items():
            w = _floats(value, who, name)
            g = as_float(grads[name], who, f"the gradient of {name}")
            if g.shape != w.shape:
                raise ValueError(f"{who} expects a gradient of shape {w.shape} for {name}, got {g.shape}")
            for kept in self._memory.get(name, ()):
                _same_form(kept, w, who, name)
            pairs[name] = w, g.astype(w.dtype, copy=False)
        return pairs


def at_least_zero(value: object, who: str, name: str) -> float:
    """`value` as a finite float of 0 or more."""
    number = as_number(value, who, name)
    if number < 0:
        raise ValueError(f"{who} expects {name} >= 0, got {number}")
    return number


def below_one(value: object, who: str, name: str) -> float:
    """`value` as a float of 0 or more and less than 1."""
    number = as_number(value, who, name)
    if not 0 <= number < 1:
        raise ValueError(f"{who} expects 0 <= {name} < 1, got {number}")
    return number


def _floats(value: ArrayLike, who: str, name: str) -> FloatArray:
    array = as_array(value, who, name)
    if array.dtype.kind != "f":
        raise TypeError(f"{who} expects floating-point numbers as {name}, got dtype {array.dtype}")
    if array.ndim == 0:
        raise ValueError(f"{who} expects an array of one dimension or more as {name}, got shape ()")
    return array


def _same_names(expected: Mapping[str, object], found: Mapping[str, object], who: str, what: str) -> None:
    if expected.keys() != found.keys():
        raise ValueError(f"{who} expects {what} {sorted(expected)}, got {sorted(found)}")


def _same_form(kept: FloatArray, found: FloatArray, who: str, name: str) -> None:
    if (kept.shape, kept.dtype) != (found.shape, found.dtype):
        raise ValueError(
            f"{who} expects {name} of shape {kept.shape} of {kept.dtype}, got {found.shape} of {found.dtype}"
        )
