import json
import os
import pty
import re
import subprocess
import sys
import termios
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import dlnotes
from dlnotes import _trainer
from dlnotes.layers import (
    Dropout,
    Identity,
    IdentityWithLoss,
    Layer,
    Linear,
    ReLU,
    Sequential,
    SigmoidWithLoss,
    SoftmaxWithLoss,
    Tanh,
    l2_penalty,
)
from dlnotes.normalization import BatchNorm
from dlnotes.optimizers import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSprop
from dlnotes.training import History, Trainer, accuracy, fit, minibatches

REFERENCE = np.load(Path(__file__).parent / "reference" / "network.npz")
PACKAGE = str(Path(dlnotes.__file__).parent)
OPTIMIZERS = [SGD, Momentum, Nesterov, AdaGrad, RMSprop, Adam, AdamW]
EPOCHS, STEPS = 3, 4  # of the run below: batches of 5, 5, 5 and 2


def rng(seed=7):
    return np.random.default_rng(seed)


def data(n=17, dtype=np.float64):
    return rng(1).normal(size=(n, 6)).astype(dtype), rng(2).integers(0, 3, n)


def jitter(x, generator):
    return x + generator.normal(0, 0.1, x.shape).astype(x.dtype)


def network(dtype=np.float64, *more):
    first, last = Linear(6, 5, rng=rng(3), dtype=dtype), Linear(5, 3, rng=rng(4), dtype=dtype)
    return Sequential(first, BatchNorm(5, dtype=dtype), Sequential(ReLU(), Dropout(0.3, rng=rng(5))), *more, last)


def trainer(model=None, optimizer=None, **more):
    """A run in which all draws randomness that can: order, augmentation, dropout; with batch norm and weight decay."""
    arguments = {"batch_size": 5, "rng": rng(), "augment": jitter, "weight_decay": 0.01, "progress": False, **more}
    model = network() if model is None else model
    return Trainer(model, SoftmaxWithLoss(), Adam(0.01) if optimizer is None else optimizer, **arguments)


def bits(run):
    """All that a training consists of."""
    arrays = {**run.model.params, **run.model.buffers, **run.optimizer.state(), **vars(run.history)}
    states = [json.dumps(g.bit_generator.state, default=repr) for g in [run.rng, *run.model.generators()]]
    modes = [run.model.training, *(layer.training for layer in run.model.layers)]
    return {name: (a.shape, a.dtype.str, a.tobytes()) for name, a in arrays.items()}, states, modes


def whole_run(epochs=EPOCHS, **more):
    run = trainer(**more)
    run.fit(*data(), epochs=epochs, test=data(9))
    return run


@pytest.fixture(scope="module")
def uninterrupted():
    """What the run is after each epoch."""
    return [bits(trainer()), *(bits(whole_run(epochs)) for epochs in range(1, EPOCHS + 1))]


# accuracy


class Given(Layer):
    """A model whose output is its input."""

    params, grads = {}, {}

    def forward(self, x):
        return np.asarray(x, dtype=np.float64)

    def backward(self, dout):
        return dout


@pytest.mark.parametrize(
    ("u", "d", "share"),
    [
        ([[1, 2], [2, 1], [0, 3]], [1, 0, 0], 2 / 3),
        ([[1, 2], [2, 1], [0, 3]], [[0, 1], [1, 0], [1, 0]], 2 / 3),
        ([[1, 2], [2, 1], [0, 3]], [[0.1, 0.9], [0.8, 0.2], [0.6, 0.4]], 2 / 3),
        ([[1, 2], [2, 1]], np.array([1, 0], dtype=np.uint8), 1),
        ([[0.1], [-0.1], [0.0], [3]], [1, 0, 0, 0], 3 / 4),
        ([[0.1], [-0.1], [0.0], [3]], [[True], [False], [True], [True]], 3 / 4),
        ([0.1, -0.1, 3], [1.0, 0.0, 0.0], 2 / 3),
    ],
)
def test_accuracy_by_hand(u, d, share):
    assert accuracy(Given(), u, d) == pytest.approx(share, abs=1e-15)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 17, 1000])
def test_accuracy_counts_every_sample_of_the_last_smaller_batch(size):
    u = rng().normal(size=(17, 4))
    d = u.argmax(axis=1)
    d[-1] = (d[-1] + 1) % 4
    assert accuracy(Given(), u, d, batch_size=size) == 16 / 17


@pytest.mark.parametrize("u", [[np.nan, np.nan], [np.nan, 1], [0, np.nan]])
def test_accuracy_takes_a_row_with_nan_for_wrong(u):
    assert accuracy(Given(), [u, [1, 0]], [0, 0]) == accuracy(Given(), [u, [0, 1]], [1, 1]) == 0.5


def test_accuracy_is_measured_in_inference_and_leaves_each_layer_in_its_mode():
    x, d = data()
    model = network()
    model.layers[1].eval()  # frozen
    model.train()
    model.layers[1].eval()
    before = bits(trainer(model))
    assert accuracy(model, x, d) == accuracy(model, x, d, batch_size=1)
    assert bits(trainer(model)) == before
    assert [layer.training for layer in model.layers] == [True, False, True, True]
    with pytest.raises(ValueError, match=r"Linear expects \(N, 6\)"):
        accuracy(model, x[:, :5], d)
    assert [layer.training for layer in model.layers] == [True, False, True, True]
    model.eval()
    accuracy(model, x, d)
    assert not any(layer.training for layer in (model, *model.layers, *model.layers[2].layers))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: accuracy(5, [[1.0]], [0]), TypeError, "accuracy expects a Layer as model, got int"),
        (lambda: accuracy(Given(), [[1.0]], [0, 1]), ValueError, "accuracy expects x and d of the same length"),
        (lambda: accuracy(Given(), np.ones((0, 2)), []), ValueError, "accuracy expects at least one sample"),
        (lambda: accuracy(Given(), [[1.0]], [0], batch_size=0), ValueError, "batch_size >= 1, got 0"),
        (lambda: accuracy(Given(), [[1, 2, 3]], [3]), ValueError, "labels from 0 to 2 as d, got 3"),
        (lambda: accuracy(Given(), [[1, 2, 3]], [-1]), ValueError, "labels from 0 to 2 as d, got -1"),
        (lambda: accuracy(Given(), [[1.0]], [2]), ValueError, "labels from 0 to 1 as d, got 2"),
        (lambda: accuracy(Given(), [[1, 2, 3]], [[1, 0]]), ValueError, r"outputs \(N, 2\), got \(1, 3\)"),
        (lambda: accuracy(Given(), [[1, 2, 3]], [[1]]), ValueError, r"outputs \(N, 1\), got \(1, 3\)"),
        (
            lambda: accuracy(Given(), [[[1, 2]]], [1]),
            ValueError,
            r"outputs \(N, K\) for labels \(N,\), got \(1, 1, 2\)",
        ),
        (
            lambda: accuracy(Given(), [[1, 2]], [[1, 1]]),
            ValueError,
            r"accuracy expects labels.*int64 of shape \(1, 2\)",
        ),
        (lambda: accuracy(Given(), [[1, 2]], [0.5]), ValueError, r"accuracy expects labels.*float64 of shape \(1,\)"),
        (lambda: accuracy(Given(), [[1, 2]], ["a"]), ValueError, r"accuracy expects labels.*<U1 of shape \(1,\)"),
        (lambda: accuracy(Given(), [[1, 2]], [[[1]]]), ValueError, r"accuracy expects labels.*of shape \(1, 1, 1\)"),
    ],
)
def test_errors_of_accuracy_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


# what a Trainer does


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_trainer_with_sgd_does_what_fit_does_bit_for_bit(dtype):
    x, d = data(dtype=dtype)
    models = [
        Sequential(Linear(6, 5, rng=rng(), dtype=dtype), Tanh(), Linear(5, 3, rng=rng(), dtype=dtype)) for _ in "ab"
    ]
    E = fit(models[0], SoftmaxWithLoss(), x, d, learning_rate=0.5, epochs=4, batch_size=5, rng=rng())
    history = trainer(models[1], SGD(0.5), augment=None, weight_decay=0).fit(x, d, epochs=4)
    np.testing.assert_array_equal(history.loss, E)
    for name, w in models[0].params.items():
        assert models[1].params[name].dtype == dtype
        np.testing.assert_array_equal(models[1].params[name], w)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 5e-6)])
def test_a_trainer_takes_the_ten_steps_that_pytorch_takes(dtype, tolerance):
    model = Sequential(Linear(5, 7, rng=rng(), dtype=dtype), Tanh(), Linear(7, 3, rng=rng(), dtype=dtype))
    for name in model.params:
        model.params[name] = REFERENCE[name].astype(dtype)
    run = trainer(model, SGD(0.5), augment=None, weight_decay=0, batch_size=100)
    history = run.fit(REFERENCE["x"].astype(dtype), REFERENCE["labels"], epochs=10)
    np.testing.assert_allclose(history.loss, REFERENCE[f"history.{dtype}"], rtol=tolerance, atol=tolerance)
    for name, w in model.params.items():
        np.testing.assert_allclose(w, REFERENCE[f"end {name}.{dtype}"], rtol=tolerance, atol=tolerance)


def test_the_history_holds_the_loss_weighted_by_batch_size_and_the_accuracies():
    model = Linear(1, 1, rng=rng(), scale=0)
    d = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])
    run = Trainer(model, IdentityWithLoss(), SGD(0.0), batch_size=2, rng=rng(), progress=False)
    history = run.fit(0 * d, d, epochs=2)
    np.testing.assert_allclose(history.loss, [5.5, 5.5], rtol=1e-15)
    assert np.isnan(history.train_accuracy).all()  # no classes
    assert np.isnan(history.test_accuracy).all()

    run = whole_run()
    assert run.history.train_accuracy[-1] == accuracy(run.model, *data())
    assert run.history.test_accuracy[-1] == accuracy(run.model, *data(9))
    run.fit(*data(), epochs=EPOCHS + 1, train_accuracy=False)
    assert np.isnan(run.history.train_accuracy).tolist() == np.isnan(run.history.test_accuracy).tolist()
    assert np.isnan(run.history.train_accuracy).tolist() == [False] * EPOCHS + [True]


def test_a_history_says_its_length_and_last_values():
    assert repr(History()) == "History(0 epochs)"
    curves = np.array([0.5, 0.03125]), np.array([0.75, 0.9921875]), np.array([np.nan, np.nan])
    history = History(*curves)
    assert repr(history) == "History(2 epochs, loss 0.03125, train accuracy 0.9922)"
    assert len(history) == 2
    longer = history.appended(0.25, 1.0, 0.5)
    assert repr(longer) == "History(3 epochs, loss 0.25, train accuracy 1, test accuracy 0.5)"
    assert len(history) == 2
    assert all(curve.dtype == np.float64 for curve in longer.curves().values())
    with pytest.raises(AttributeError):
        history.loss = curves[0]


def test_a_network_learns_with_each_optimizer():
    x = rng().normal(size=(200, 6))
    d = (x[:, 0] * x[:, 1] > 0).astype(int)
    for rule in OPTIMIZERS:
        model = Sequential(
            Linear(6, 30, rng=rng(), dtype=np.float32), Tanh(), Linear(30, 2, rng=rng(), dtype=np.float32)
        )
        optimizer = rule(0.3 if rule in (SGD, AdaGrad) else 0.05 if rule in (Momentum, Nesterov) else 0.01)
        run = trainer(model, optimizer, batch_size=20, augment=None, weight_decay=0)
        history = run.fit(x.astype(np.float32), d, epochs=60)
        assert history.train_accuracy[-1] > 0.95, rule
        assert {w.dtype.name for w in model.params.values()} == {"float32"}


def test_yes_or_no_is_learnt_and_measured():
    x = rng().normal(size=(60, 2))
    d = (x.sum(axis=1, keepdims=True) > 0).astype(float)
    run = Trainer(Linear(2, 1, rng=rng()), SigmoidWithLoss(), SGD(5.0), batch_size=10, rng=rng(), progress=False)
    assert run.fit(x, d, epochs=30).train_accuracy[-1] > 0.98


def test_weight_decay_is_the_gradient_of_the_penalty_on_weights_alone():
    x, d = data()
    plain, decayed = (trainer(optimizer=SGD(1.0), augment=None, weight_decay=w, batch_size=17) for w in (0, 0.3))
    start = {name: w.copy() for name, w in plain.model.params.items()}
    losses = [run.fit(x, d, epochs=1).loss for run in (plain, decayed)]
    np.testing.assert_array_equal(*losses)  # the penalty is not part of the loss that is recorded
    for name, w in decayed.model.params.items():
        shrink = 0.3 * start[name] if name.endswith("W") else 0
        np.testing.assert_allclose(w, plain.model.params[name] - shrink, rtol=1e-12, atol=1e-15)
    assert l2_penalty(decayed.model.params, 1.0) < l2_penalty(plain.model.params, 1.0)


def test_weight_decay_leaves_the_gradients_that_backward_made():
    model = Linear(6, 3, rng=rng())
    run = trainer(model, SGD(0.1), augment=None, batch_size=17, weight_decay=10.0)
    x, d = data()
    W, b = model.params["W"], model.params["b"]
    run.fit(x, d, epochs=1, train_accuracy=False)
    loss = SoftmaxWithLoss()
    loss(x @ W + b, d)
    np.testing.assert_allclose(model.grads["W"], x.T @ loss.backward(), rtol=1e-12, atol=1e-14)


def test_augment_is_called_for_each_training_batch_with_the_trainer_s_generator():
    seen = []

    def augment(x, generator):
        seen.append((x.shape, generator is run.rng))
        x *= 0  # may change what it is given
        return x

    x, d = data()
    before = x.copy()
    run = trainer(augment=augment)
    run.fit(x, d, epochs=2, test=(x, d))
    assert [shape for shape, _ in seen] == [(5, 6), (5, 6), (5, 6), (2, 6)] * 2
    assert all(same for _, same in seen)
    np.testing.assert_array_equal(x, before)


def test_fit_trains_in_training_and_leaves_each_layer_in_its_mode():
    model = network()
    model.eval()
    model.layers[0].train()
    run = trainer(model)
    generator = model.generators()[0].bit_generator.state
    run.fit(*data(), epochs=1)
    assert model.generators()[0].bit_generator.state != generator  # dropout was on
    assert [model.training, *(layer.training for layer in model.layers)] == [False, True, False, False, False]
    assert not any(layer.training for layer in model.layers[2].layers)


def test_arguments_and_the_old_parameters_are_not_changed():
    x, d = data()
    run = trainer()
    arrays = [x, d, *run.model.params.values(), *run.model.buffers.values()]
    before = [a.copy() for a in arrays[: 2 + len(run.model.params)]]
    run.fit(x, d, epochs=2, test=(x, d))
    for array, old in zip(arrays, before, strict=False):
        np.testing.assert_array_equal(array, old)


def test_epochs_is_the_total():
    run = trainer()
    for epochs in range(1, EPOCHS + 1):
        assert len(run.fit(*data(), epochs=epochs, test=data(9))) == epochs
    assert bits(run) == bits(whole_run())
    assert bits(run) == (run.fit(*data(), epochs=EPOCHS), bits(run))[1]
    with pytest.raises(ValueError, match=r"fit expects epochs >= 3, as many as are done, got 2"):
        run.fit(*data(), epochs=EPOCHS - 1)


def test_a_parameter_rebound_and_a_rate_set_between_two_fits_stay_so():
    run = whole_run(1)
    run.model.params["4.W" if "4.W" in run.model.params else "3.W"] = np.zeros((5, 3))
    run.optimizer.learning_rate = 0.0
    run.weight_decay = 0.0
    run.fit(*data(), epochs=2)
    assert not run.model.params["3.W"].any()


# interrupts


class Interrupting(Identity):
    """Raises at the given pass, forward and backward counted."""

    def __init__(self, at):
        super().__init__()
        self.at, self.passes = at, 0

    def _count(self):
        if self.training:
            self.passes += 1
            if self.passes == self.at:
                raise KeyboardInterrupt

    def forward(self, x):
        self._count()
        return super().forward(x)

    def backward(self, dout):
        self._count()
        return super().backward(dout)


@pytest.mark.parametrize("at", range(1, 2 * STEPS * EPOCHS + 1))
def test_interrupted_inside_a_layer_at_any_step_all_goes_back_and_ends_with_the_same_bits(at, uninterrupted):
    run = trainer(network(np.float64, Interrupting(at)))
    plain = trainer(network(np.float64, Interrupting(0)))
    with pytest.raises(KeyboardInterrupt):
        run.fit(*data(), epochs=EPOCHS, test=data(9))
    done = (at - 1) // (2 * STEPS)
    assert len(run.history) == done
    if done:
        plain.fit(*data(), epochs=done, test=data(9))
    assert bits(run) == bits(plain)
    run.fit(*data(), epochs=EPOCHS, test=data(9))
    plain.fit(*data(), epochs=EPOCHS, test=data(9))
    assert bits(run) == bits(plain)
    np.testing.assert_array_equal(run.history.loss, whole_run().history.loss)


@pytest.mark.parametrize("rule", OPTIMIZERS)
@pytest.mark.parametrize("at", [1, 3, STEPS, STEPS + 1, STEPS * EPOCHS])
def test_interrupted_inside_a_step_all_goes_back_and_ends_with_the_same_bits(rule, at):
    class Cut(rule):
        calls = 0

        def _update(self, *args, **more):
            new = super()._update(*args, **more)  # what is remembered has changed already
            self.calls += 1
            if self.calls == (at - 1) * 6 + 3:
                raise KeyboardInterrupt
            return new

    run, plain = trainer(optimizer=Cut(0.01)), trainer(optimizer=rule(0.01))
    with pytest.raises(KeyboardInterrupt):
        run.fit(*data(), epochs=EPOCHS)
    assert len(run.history) == (at - 1) // STEPS
    if len(run.history):
        plain.fit(*data(), epochs=len(run.history))
    assert bits(run) == bits(plain)
    run.fit(*data(), epochs=EPOCHS)
    plain.fit(*data(), epochs=EPOCHS)
    assert bits(run) == bits(plain)


@contextmanager
def interrupts(*lines):
    """Ctrl-C before these lines, counted over all that the package executes; gives the file and number of each."""
    tool, seen, events = sys.monitoring, [], sys.monitoring.events.LINE

    def on_line(code, line):
        if not code.co_filename.startswith(PACKAGE):
            return tool.DISABLE
        seen.append((Path(code.co_filename).name, line))
        if len(seen) in lines:
            raise KeyboardInterrupt
        return None

    tool.use_tool_id(tool.DEBUGGER_ID, "interrupts")
    try:
        tool.register_callback(tool.DEBUGGER_ID, events, on_line)
        tool.set_events(tool.DEBUGGER_ID, events)
        yield seen
    finally:
        tool.set_events(tool.DEBUGGER_ID, 0)
        tool.free_tool_id(tool.DEBUGGER_ID)


def short_run():
    """Two epochs of two steps."""
    return trainer(batch_size=9), {"epochs": 2, "test": data(3)}


@pytest.fixture(scope="module")
def short():
    run, more = short_run()
    stages = [bits(run)]
    with interrupts() as seen:
        run.fit(*data(), **more)
    again, _ = short_run()
    again.fit(*data(), epochs=1, test=data(3))
    return seen, [*stages, bits(again), bits(run)]


def interrupted(lines):
    run, more = short_run()
    try:
        with interrupts(*lines):
            run.fit(*data(), **more)
    except KeyboardInterrupt:
        return run, True
    return run, False


def test_interrupted_at_any_line_the_model_is_at_the_end_of_an_epoch_and_ends_with_the_same_bits(short):
    """Each line of the loop and of what takes the state, at its first and last time, and a sample of all others."""
    seen, stages = short
    own = ("_trainer.py", "_checkpoint.py", "_batches.py", "_history.py", "_accuracy.py")
    count = range(1, len(seen) + 1)
    times = [dict(zip(seen, count, strict=True)), dict(zip(reversed(seen), reversed(count), strict=True))]
    lines = {n for found in times for (file, _), n in found.items() if file in own} | set(count[::151])
    assert len(lines) > 150
    reached = set()
    for line in lines:
        run, raised = interrupted([line])
        assert raised, line
        assert bits(run) == stages[len(run.history)], line
        reached.add(len(run.history))
        run.fit(*data(), epochs=2, test=data(3))
        assert bits(run) == stages[2], line
    assert reached == {0, 1, 2}


def test_interrupted_again_while_it_goes_back_it_ends_with_the_same_bits(short):
    seen, stages = short
    for line in range(50, len(seen), len(seen) // 5):
        for later in range(1, 60, 7):
            run, _ = interrupted([line, line + later, line + later + 1])
            run.fit(*data(), epochs=2, test=data(3))
            assert bits(run) == stages[2], (line, later)


def test_a_second_interrupt_waits_until_all_is_back(monkeypatch, uninterrupted):
    run, real, calls = trainer(), _trainer.restore, []

    def restore(state, model, optimizer, generators):
        calls.append(0)
        if len(calls) < 3:
            optimizer.load_state(state.optimizer)
            raise KeyboardInterrupt
        real(state, model, optimizer, generators)

    monkeypatch.setattr(_trainer, "restore", restore)
    run.augment = lambda x, generator: (
        stop() if len(calls_of_augment) == 6 else (calls_of_augment.append(0), jitter(x, generator))[1]
    )
    calls_of_augment = []

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.fit(*data(), epochs=EPOCHS, test=data(9))
    assert len(calls) == 3
    assert bits(run) == uninterrupted[1]


def test_one_generator_for_all_is_put_back_too():
    def make():
        one = rng()
        model = Sequential(Linear(6, 5, rng=one), Dropout(0.5, rng=one), Linear(5, 3, rng=one))
        return trainer(model, rng=one)

    run, plain = make(), make()
    plain.fit(*data(), epochs=2)
    with interrupts(1500), pytest.raises(KeyboardInterrupt):
        run.fit(*data(), epochs=2)
    assert len(run.history) < 2
    run.fit(*data(), epochs=2)
    assert bits(run) == bits(plain)


def test_what_changes_parameters_in_place_is_put_back_too():
    class InPlace(SGD):
        def step(self, params, grads):
            for name, dw in grads.items():
                params[name] -= 0.1 * dw

    class Counting(Interrupting):
        """Keeps up a buffer in place, too."""

        def __init__(self, at):
            super().__init__(at)
            self.buffers = {"passes": np.zeros(1)}

        def _count(self):
            self.buffers["passes"] += 1
            super()._count()

    run, plain = (trainer(network(np.float64, Counting(at)), InPlace(0.1)) for at in (11, 0))
    with pytest.raises(KeyboardInterrupt):
        run.fit(*data(), epochs=2)
    plain.fit(*data(), epochs=1)
    assert bits(run) == bits(plain)


def test_an_error_in_augment_goes_back_and_on():
    calls = []

    def augment(x, generator):
        calls.append(0)
        if len(calls) == STEPS + 2:
            raise OSError("disk full")
        return jitter(x, generator)

    run = trainer(augment=augment)
    with pytest.raises(OSError, match="disk full"):
        run.fit(*data(), epochs=EPOCHS, test=data(9))
    assert bits(run) == bits(whole_run(1))


# NaN and infinity


def stopped(run, epochs=50, x=None):
    with pytest.raises(FloatingPointError) as error:
        run.fit(data()[0] if x is None else x, data()[1], epochs=epochs)
    return str(error.value)


def test_a_loss_that_is_not_finite_stops_with_a_sentence_and_the_model_is_whole():
    x, d = data()
    run = trainer(Linear(6, 3, rng=rng()), SGD(0.1), augment=None)
    run.fit(x, d, epochs=2)
    W, history = run.model.params["W"].copy(), run.history
    run.optimizer.learning_rate = 1e200
    sentence = stopped(run)
    assert re.fullmatch(
        r"Trainer stopped in epoch 3, step \d: the loss is (nan|inf) \(the last finite loss was [\d.e+]+\); "
        r"the model is back at the end of epoch 2\. Try a smaller learning rate than 1e\+200\.",
        sentence,
    )
    np.testing.assert_array_equal(run.model.params["W"], W)
    assert run.history is history
    run.optimizer.learning_rate = 0.1
    run.fit(x, d, epochs=4)
    plain = trainer(Linear(6, 3, rng=rng()), SGD(0.1), augment=None)
    plain.fit(x, d, epochs=4)
    np.testing.assert_array_equal(run.model.params["W"], plain.model.params["W"])


def test_a_first_loss_that_is_not_finite_says_so():
    run = trainer(Linear(6, 3, rng=rng()), SGD(0.1), augment=lambda x, _: x * np.nan)
    assert "epoch 1, step 1: the loss is nan; the model is back where it started. Try" in stopped(run)


def test_a_parameter_that_is_not_finite_stops_though_the_loss_is():
    """The last bias of a unit that no sample reaches does not show in the loss."""

    class Blind(Linear):
        def backward(self, dout):
            dx = super().backward(dout)
            self.grads["b"] = np.full(5, np.inf)
            return dx

    model = Sequential(Blind(6, 5, rng=rng()), ReLU(), Linear(5, 3, rng=rng()))
    run = trainer(model, SGD(0.1), augment=None, weight_decay=0)
    sentence = stopped(run)
    assert "epoch 1, step 4: 0.b is not finite (the last finite loss was" in sentence
    assert np.isfinite(model.params["0.b"]).all()


def test_a_buffer_that_is_not_finite_stops():
    class Overflowing(BatchNorm):
        def forward(self, x):
            y = super().forward(x)
            if self.training:
                self.buffers["running_var"] = np.full(6, np.inf)
            return y

    run = trainer(Sequential(Overflowing(6), Linear(6, 3, rng=rng())))
    assert "0.running_var is not finite" in stopped(run)
    np.testing.assert_array_equal(run.model.buffers["0.running_var"], np.ones(6))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_overflow_gives_no_warning(dtype):
    x, _ = data(dtype=dtype)
    for augment in (None, lambda x, _: x * x.dtype.type(1e30) * x.dtype.type(1e30)):
        run = trainer(network(dtype), SGD(1e30), augment=augment)
        assert "smaller learning rate" in stopped(run, x=x)


# files


def test_a_saved_training_goes_on_to_the_same_bits(tmp_path):
    path = tmp_path / "training.npz"
    for epochs in range(EPOCHS + 1):
        run = whole_run(epochs) if epochs else trainer()
        run.save(path)
        new = trainer(rng=rng(99))
        new.load(path)
        assert bits(new) == bits(run)
        new.fit(*data(), epochs=EPOCHS, test=data(9))
        assert bits(new) == bits(whole_run())


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_a_saved_training_goes_on_with_each_optimizer_and_with_its_learning_rate(rule, tmp_path):
    run = whole_run(1, optimizer=rule(0.01))
    run.optimizer.learning_rate = 0.02
    run.save(tmp_path / "training.npz")
    run.fit(*data(), epochs=2)
    new = trainer(optimizer=rule(0.5))
    new.load(tmp_path / "training.npz")
    assert new.optimizer.learning_rate == 0.02
    new.fit(*data(), epochs=2)
    assert bits(new) == bits(run)


@pytest.mark.parametrize("kind", ["PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_a_training_goes_on_with_each_kind_of_generator(kind, tmp_path):
    def make(seed):
        return trainer(rng=np.random.Generator(getattr(np.random, kind)(seed)))

    run, new, other = make(1), make(2), trainer()
    run.fit(*data(), epochs=1)
    run.save(tmp_path / "training.npz")
    new.load(tmp_path / "training.npz")
    for one in (run, new):
        one.fit(*data(), epochs=2)
    assert bits(run)[0] == bits(new)[0]
    assert run.rng.random() == new.rng.random()
    before = bits(other)
    with pytest.raises(ValueError, match=r"training\.npz is of another training"):
        other.load(tmp_path / "training.npz")
    assert bits(other) == before


@pytest.mark.parametrize("after", ["save", "load", "fit"])
def test_a_going_back_that_was_cut_short_is_made_up_for(after, tmp_path, monkeypatch, uninterrupted):
    """Two interrupts so close that the second one hits before the going back begins."""
    run = trainer(network(np.float64, Interrupting(STEPS * 2 + 3)))
    whole_run(2).save(tmp_path / "other.npz")
    with monkeypatch.context() as patch:
        patch.setattr(_trainer.Trainer, "_go_back", lambda self: None)
        with pytest.raises(KeyboardInterrupt):
            run.fit(*data(), epochs=EPOCHS, test=data(9))
    assert bits(run)[0]["0.W"] != uninterrupted[1][0]["0.W"]
    if after == "load":
        with pytest.raises(ValueError, match="another training"):  # "4.W" is not "3.W"
            run.load(tmp_path / "other.npz")
    if after == "save":
        run.save(tmp_path / "training.npz")
    if after == "fit":
        run.fit(*data(), epochs=1)
    assert bits(run)[:2] == bits(whole_run(1, model=network(np.float64, Identity())))[:2]


def test_save_after_an_interrupt_writes_the_last_whole_epoch(tmp_path, uninterrupted):
    run = trainer()
    with interrupts(9000), pytest.raises(KeyboardInterrupt):
        run.fit(*data(), epochs=EPOCHS, test=data(9))
    assert 0 < len(run.history) < EPOCHS
    run.save(tmp_path / "training.npz")
    new = trainer()
    new.load(tmp_path / "training.npz")
    assert bits(new) == uninterrupted[len(run.history)]


def test_a_file_is_written_without_pickle(tmp_path):
    whole_run(1).save(tmp_path / "training.npz")
    with np.load(tmp_path / "training.npz", allow_pickle=False) as file:
        names = set(file)
        assert {file[name].dtype.kind for name in names} <= set("fiU")
    assert {"params.0.W", "buffers.1.running_var", "optimizer.m.3.b", "history.loss", "generators", "settings"} < names


def refused(path, message, run=None):
    run = whole_run(1) if run is None else run
    before, rate = bits(run), run.optimizer.learning_rate
    with pytest.raises(ValueError, match=message) as error:
        run.load(path)
    assert path.name in str(error.value)
    assert bits(run) == before
    assert run.optimizer.learning_rate == rate
    return run


def test_a_file_that_is_cut_off_is_refused_and_nothing_changes(tmp_path):
    path = tmp_path / "training.npz"
    whole_run(2).save(path)
    content, run = path.read_bytes(), whole_run(1)
    for end in [*range(0, len(content), 499), len(content) - 1]:
        path.write_bytes(content[:end])
        refused(path, "not a whole file", run)
    run.fit(*data(), epochs=EPOCHS, test=data(9))
    assert bits(run) == bits(whole_run())


def test_a_training_made_in_another_way_is_refused_and_nothing_changes(tmp_path):
    path = tmp_path / "training.npz"
    whole_run(2).save(path)
    short = Sequential(*network().layers[:3])
    twin = Sequential(*network().layers[:3], Linear(5, 4, rng=rng()))
    silent = network()
    silent.layers[2].layers[1].generators = list
    refused(path, "expected batch_size 6, got 5", trainer(batch_size=6))
    refused(path, "expected weight_decay 0.5, got 0.01", trainer(weight_decay=0.5))
    refused(path, "expected optimizer SGD, got Adam betas=", trainer(optimizer=SGD(0.1)))
    refused(
        path,
        r"expected optimizer Adam betas=\(0.8, 0.9\) eps=1e-08, got",
        trainer(optimizer=Adam(0.1, betas=(0.8, 0.9))),
    )
    refused(path, "expected params", trainer(short))
    refused(path, r"expected 3\.W of shape \(5, 4\) of float64, got \(5, 3\) of float64", trainer(twin))
    refused(path, "of float32, got", trainer(network(np.float32)))
    refused(path, r"expected 1 generators, got shape \(2,\)", trainer(silent))


def changed(path, **entries):
    """The file with entries replaced, or left out where None stands."""
    with np.load(path) as file:
        arrays = {**file, "learning_rate": np.array(0.5), **entries}  # another rate, to see that it is not kept
    new = path.with_name("changed.npz")
    np.savez(new, **{name: array for name, array in arrays.items() if array is not None})
    return new


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"params.0.W": None}, "expected params"),
        ({"params.9.W": np.ones(3)}, "expected params"),
        ({"params.0.W": np.ones((6, 5), dtype=np.float32)}, r"0\.W of shape \(6, 5\) of float64, got"),
        ({"buffers.1.running_mean": None}, "expected buffers"),
        ({"buffers.1.running_mean": np.ones(4)}, r"1\.running_mean of shape \(5,\) of float64, got \(4,\)"),
        ({"optimizer.m.0.W": np.ones((5, 6))}, r"the optimizer's m\.0\.W of shape \(6, 5\)"),
        ({"optimizer.m.0.W": None}, "Adam.load_state expects"),
        ({"optimizer.t": None}, "Adam.load_state expects"),
        ({"optimizer.t": np.array(-1)}, "Adam.load_state expects t >= 0"),
        ({"history.loss": None}, "expected history"),
        ({"history.loss": np.ones(3)}, "curves of equal length"),
        ({"history.loss": np.ones((2, 2))}, "curves of equal length"),
        ({"history.loss": np.array(1.0)}, "curves of equal length"),
        ({"history.loss": np.array(["a", "b"])}, "curves of equal length"),
        ({"generators": None}, "expected generators"),
        ({"learning_rate": None}, "expected generators and learning_rate"),
        ({"generators": np.array(["{}", "{}"])}, "another training"),
        ({"generators": np.array(["{}", "a"])}, "another training"),
        ({"generators": np.array(["[]", "5"])}, "another training"),
        ({"generators": np.array([1, 2])}, "expected 2 generators"),
        ({"settings": None}, "expected the settings"),
        ({"settings": np.array("[]")}, "expected the settings"),
        ({"settings": np.array("nothing")}, "another training"),
        ({"settings": np.ones(2)}, "another training"),
        ({"more": np.ones(2)}, "expected generators and learning_rate besides"),
    ],
)
def test_a_file_with_entries_missing_or_changed_is_refused_and_nothing_changes(entries, message, tmp_path):
    whole_run(2).save(tmp_path / "training.npz")
    path = changed(tmp_path / "training.npz", **entries)
    run = refused(path, message)
    refused(path, message, trainer())
    run.fit(*data(), epochs=EPOCHS, test=data(9))
    assert bits(run) == bits(whole_run())


def test_an_interrupted_load_is_no_other_training_and_changes_nothing(tmp_path, monkeypatch):
    path, run = tmp_path / "training.npz", whole_run(1)
    whole_run(2).save(path)
    before, restored = bits(run), []

    def interrupted(*arguments):
        restored.append(None)
        if len(restored) == 1:
            raise KeyboardInterrupt
        restore(*arguments)

    restore = _trainer.restore
    monkeypatch.setattr(_trainer, "restore", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.load(path)
    assert bits(run) == before


@pytest.mark.parametrize("rate", ["a", -1.0, np.nan, [1.0, 2.0]])
def test_a_learning_rate_in_a_file_that_is_none_is_refused(rate, tmp_path):
    whole_run(2).save(tmp_path / "training.npz")
    refused(changed(tmp_path / "training.npz", learning_rate=np.array(rate)), "learning_rate")


def test_a_generator_s_state_that_is_wrong_in_the_last_is_refused_and_the_first_is_put_back(tmp_path):
    whole_run(2).save(tmp_path / "training.npz")
    states = np.load(tmp_path / "training.npz")["generators"]
    state = json.loads(str(states[1]))
    for wrong in (
        {**state, "state": {}},
        {**state, "state": {"state": "a", "inc": 1}},
        {**state, "bit_generator": "x"},
    ):
        path = changed(tmp_path / "training.npz", generators=np.array([states[0], json.dumps(wrong)]))
        refused(path, "another training")


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        trainer().load(tmp_path / "none.npz")


# processes

PROGRAM = """
import sys
import numpy as np
from dlnotes.layers import Dropout, Linear, ReLU, Sequential, SoftmaxWithLoss
from dlnotes.normalization import BatchNorm
from dlnotes.optimizers import Adam
from dlnotes.training import Trainer

rng = np.random.default_rng(0)
x, d = rng.normal(size=(50, 4)), rng.integers(0, 3, 50)
model = Sequential(Linear(4, 8, rng=rng), BatchNorm(8), ReLU(), Dropout(0.5, rng=rng), Linear(8, 3, rng=rng))
trainer = Trainer(model, SoftmaxWithLoss(), Adam(0.01), batch_size=8, rng=rng)
"""
SHOW = """
print("tqdm" in sys.modules, trainer.history.loss.tobytes().hex(), model.params["4.W"].tobytes().hex())
"""


def process(program, **more):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True, **more
    )
    assert done.stderr == ""
    return done.stdout


def test_one_seed_gives_the_same_bits_in_two_processes_also_by_way_of_a_file(tmp_path):
    whole = process(PROGRAM + "trainer.fit(x, d, epochs=4)" + SHOW)
    assert process(PROGRAM + "trainer.fit(x, d, epochs=4)" + SHOW) == whole
    path = repr(str(tmp_path / "training.npz"))
    process(PROGRAM + f"trainer.fit(x, d, epochs=2); trainer.save({path})")
    assert process(PROGRAM + f"rng.random(); trainer.load({path}); trainer.fit(x, d, epochs=4)" + SHOW) == whole


def test_away_from_a_terminal_there_is_no_trace_of_progress():
    assert process(PROGRAM + "trainer.fit(x, d, epochs=2)" + SHOW).startswith("False ")
    assert process("import sys; sys.stderr = None" + PROGRAM + "trainer.fit(x, d, epochs=2)" + SHOW).startswith(
        "False "
    )


def on_a_terminal(program):
    """Standard output, and what a terminal was shown."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    try:
        with subprocess.Popen(
            [sys.executable, "-W", "error", "-c", program], stdout=subprocess.PIPE, stderr=theirs, text=True
        ) as child:
            os.close(theirs)
            shown = b""
            while True:
                try:
                    piece = os.read(ours, 65536)
                except OSError:  # how a terminal says that the other side has gone
                    break
                if not piece:
                    break
                shown += piece
            output = child.stdout.read()
    finally:
        os.close(ours)
    assert child.returncode == 0, shown.decode()
    return output, shown.decode()


def test_on_a_terminal_progress_shows_epoch_samples_and_loss():
    output, shown = on_a_terminal(PROGRAM + "trainer.fit(x, d, epochs=2); trainer.fit(x, d, epochs=3)" + SHOW)
    assert output.startswith("True ")
    last = shown.replace("\r", "\n").strip().splitlines()
    assert re.search(r"epoch 3/3: 100%.*150/150.*sample/s, loss \d\.\d{4}\]", last[-1]), last[-1]
    assert any(re.search(r"epoch 2/2: 100%.*100/100", line) for line in last)
    assert output.split()[1:] == process(PROGRAM + "trainer.fit(x, d, epochs=3)" + SHOW).split()[1:]


def test_on_a_terminal_progress_can_be_switched_off_and_does_without_tqdm():
    quiet = PROGRAM.replace("rng=rng)\n", "rng=rng, progress=False)\n")
    assert quiet != PROGRAM
    output, shown = on_a_terminal(PROGRAM + "trainer.progress = False; trainer.fit(x, d, epochs=2)" + SHOW)
    assert (output[:6], shown) == ("False ", "")
    _, shown = on_a_terminal("import sys; sys.modules['tqdm'] = None" + PROGRAM + "trainer.fit(x, d, epochs=2)")
    assert shown == ""


# errors


def train(x=None, d=None, **more):
    run = trainer(Linear(6, 3, rng=rng()), SGD(0.1), augment=None)
    x, d = data()[0] if x is None else x, data()[1] if d is None else d
    return run.fit(x, d, **{"epochs": 1, **more})


X, D = data()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: trainer(3), TypeError, "Trainer expects a Layer as model, got int"),
        (lambda: trainer(optimizer=0.1), TypeError, "Trainer expects an Optimizer as optimizer, got float"),
        (
            lambda: Trainer(network(), Tanh(), SGD(1), batch_size=1, rng=rng()),
            TypeError,
            "a LossLayer as loss, got Tanh",
        ),
        (lambda: trainer(batch_size=0), ValueError, "Trainer expects batch_size >= 1, got 0"),
        (lambda: trainer(batch_size=1.0), TypeError, "integer as batch_size, got float"),
        (lambda: trainer(rng=3), TypeError, "Trainer expects rng=.*got int"),
        (lambda: trainer(augment=3), TypeError, r"Trainer expects a function of \(x, rng\) as augment, got int"),
        (lambda: trainer(weight_decay=-1), ValueError, "Trainer expects weight_decay >= 0, got -1"),
        (lambda: trainer(weight_decay=np.nan), ValueError, "finite numbers as weight_decay, got nan"),
        (lambda: train(epochs=0), ValueError, "Trainer.fit expects epochs >= 1, got 0"),
        (lambda: train(epochs=1.5), TypeError, "integer as epochs, got float"),
        (lambda: train(d=D[:3]), ValueError, "Trainer.fit expects x and d of the same length"),
        (lambda: train(X[:0], D[:0]), ValueError, "Trainer.fit expects at least one sample"),
        (
            lambda: train(np.where(X > 2, np.nan, X)),
            ValueError,
            "Trainer.fit expects finite numbers as x, got nan",
        ),
        (lambda: train(X[:, :5]), ValueError, r"Linear expects \(N, 6\), got \(5, 5\)"),
        (lambda: train(d=D + 3), ValueError, "labels from 0 to 2 as d"),
        (lambda: train(test=3), TypeError, r"Trainer.fit expects a pair \(x, d\) as test, got int"),
        (lambda: train(test=(X,)), TypeError, r"Trainer.fit expects a pair \(x, d\) as test, got tuple"),
        (lambda: train(test=(X, D[:3])), ValueError, "Trainer.fit, test, expects x and d of the same length"),
        (lambda: train(test=(X[:, :5], D)), ValueError, r"Linear expects \(N, 6\), got \(1, 5\)"),
        (lambda: train(test=(X, X)), ValueError, "Trainer.fit, test, expects labels"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_refused_test_set_is_refused_before_anything_is_trained():
    run = trainer()
    before = bits(run)
    for test in ((X[:, :5], D), (X, D + 3), (X, X)):
        with pytest.raises(ValueError, match="expects"):
            run.fit(X, D, epochs=1, test=test)
        assert bits(run) == before


def test_minibatches_of_the_trainer_are_those_of_training():
    order = [d for _, d in minibatches(np.arange(17), np.arange(17), 5, rng=rng())]
    seen = []
    run = trainer(augment=lambda x, _: (seen.append(x[:, 0].astype(int)), x)[1])
    run.fit(np.arange(17.0)[:, None] * np.ones(6), D, epochs=1)
    np.testing.assert_array_equal(np.concatenate(seen), np.concatenate(order))
