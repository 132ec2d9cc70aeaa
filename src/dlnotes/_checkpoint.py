"""The state of a training between two epochs: taken, put back, written to a file and read from one."""

import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from dlnotes._check import Array, FloatArray, as_number
from dlnotes._history import History
from dlnotes._optimizer import Optimizer
from dlnotes.layers import Layer

__all__ = ["Checkpoint", "capture", "from_arrays", "restore", "to_arrays"]

type Generators = list[np.random.Generator]


@dataclass(frozen=True)
class Checkpoint:
    """Copies of all that an epoch changes; `generators` holds the state of each as JSON."""

    params: dict[str, FloatArray]
    buffers: dict[str, FloatArray]
    optimizer: dict[str, Array]
    learning_rate: float
    generators: list[str]
    history: History


def capture(model: Layer, optimizer: Optimizer, generators: Generators, history: History) -> Checkpoint:
    """The state as it is now, with another history."""
    params = {name: w.copy() for name, w in model.params.items()}
    buffers = {name: a.copy() for name, a in model.buffers.items()}
    states = [json.dumps(rng.bit_generator.state, default=lambda array: array.tolist()) for rng in generators]
    return Checkpoint(params, buffers, optimizer.state(), optimizer.learning_rate, states, history)


def restore(state: Checkpoint, model: Layer, optimizer: Optimizer, generators: Generators) -> None:
    """Put all back; doing it twice, or anew after it was cut short, gives the same."""
    optimizer.load_state(state.optimizer)
    optimizer.learning_rate = state.learning_rate
    for rng, text in zip(generators, state.generators, strict=True):
        rng.bit_generator.state = json.loads(text)
    model.params.update(state.params)
    if state.buffers:
        cast(MutableMapping[str, FloatArray], model.buffers).update(state.buffers)


def to_arrays(state: Checkpoint) -> dict[str, Array]:
    """Names such as "params.0.W", "optimizer.m.0.W", "history.loss"."""
    groups: dict[str, Mapping[str, Array]] = {
        "params": state.params,
        "buffers": state.buffers,
        "optimizer": state.optimizer,
        "history": state.history.curves(),
    }
    found = {f"{group}.{name}": array for group, arrays in groups.items() for name, array in arrays.items()}
    return found | {"learning_rate": np.array(state.learning_rate), "generators": np.array(state.generators)}


def from_arrays(file: Mapping[str, Array], like: Checkpoint) -> Checkpoint:
    """What `to_arrays` made; a ValueError if it does not fit the model and generators that `like` was taken from."""
    groups: dict[str, dict[str, Array]] = {"params": {}, "buffers": {}, "optimizer": {}, "history": {}}
    rest = dict(file)
    for key in file:
        group, _, name = key.partition(".")
        if name and group in groups:
            groups[group][name] = rest.pop(key)
    if set(rest) != {"generators", "learning_rate"}:
        raise ValueError(f"expected generators and learning_rate besides {sorted(groups)}, got {sorted(rest)}")
    expected: dict[str, Mapping[str, Array]] = {
        "params": like.params,
        "buffers": like.buffers,
        "history": like.history.curves(),
    }
    for group, arrays in expected.items():
        if set(groups[group]) != set(arrays):
            raise ValueError(f"expected {group} {sorted(arrays)}, got {sorted(groups[group])}")
    for name, own in (like.params | like.buffers).items():
        _same_form(name, own, groups["params"].get(name, groups["buffers"].get(name)))
    for key, array in groups["optimizer"].items():
        name = key.partition(".")[2]
        if name in like.params:
            _same_form(f"the optimizer's {key}", like.params[name], array)
    curves = groups["history"]
    forms = {(c.shape, c.dtype) for c in curves.values()}
    if len(forms) > 1 or curves["loss"].ndim != 1 or curves["loss"].dtype != np.float64:
        raise ValueError(f"expected curves of equal length as history, got {forms}")
    texts = rest["generators"]
    if texts.shape != (len(like.generators),) or texts.dtype.kind != "U":
        raise ValueError(f"expected {len(like.generators)} generators, got shape {texts.shape} of {texts.dtype}")
    return Checkpoint(
        groups["params"],
        groups["buffers"],
        groups["optimizer"],
        as_number(rest["learning_rate"], "a Trainer", "learning_rate"),
        [str(text) for text in texts],
        History(**curves),
    )


def _same_form(name: str, own: Array, found: Array | None) -> None:
    if found is None or (own.shape, own.dtype) != (found.shape, found.dtype):
        got = "nothing" if found is None else f"{found.shape} of {found.dtype}"
        raise ValueError(f"expected {name} of shape {own.shape} of {own.dtype}, got {got}")
