import copy
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes import _optimizer, training
from dlnotes.layers import Linear, Sequential, SoftmaxWithLoss, Tanh
from dlnotes.optimizers import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSprop

REFERENCE = np.load(Path(__file__).parent / "reference" / "optimizers.npz")
NAMES = ["W", "b"]
ALL = [SGD, Momentum, Nesterov, AdaGrad, RMSprop, Adam, AdamW]
WITH_STATE = ALL[1:]
OTHER_SETTINGS = [
    (Momentum, {"momentum": 0.5}),
    (Nesterov, {"momentum": 0.5}),
    (AdaGrad, {"eps": 1e-3}),
    (RMSprop, {"decay": 0.9, "eps": 1e-3}),
    (Adam, {"betas": (0.8, 0.9), "eps": 1e-3}),
    (AdamW, {"betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
]


def rng(seed=3):
    return np.random.default_rng(seed)


def reference_path(optimizer, dtype):
    """Each parameter after each of the steps that PyTorch has made."""
    params = {name: REFERENCE[f"start {name}"].astype(dtype) for name in NAMES}
    curvature = {name: REFERENCE[f"curvature {name}"].astype(dtype) for name in NAMES}
    noise = {name: REFERENCE[f"noise {name}"].astype(dtype) for name in NAMES}
    path = {name: [] for name in NAMES}
    for t, rate in enumerate(REFERENCE["learning_rates"]):
        optimizer.learning_rate = rate
        optimizer.step(params, {name: curvature[name] * params[name] + noise[name][t % 10] for name in NAMES})
        for name in NAMES:
            path[name].append(params[name])
    return {name: np.stack(steps) for name, steps in path.items()}


def values(optimizer, start, gradients):
    """The one entry after each step; the gradients are given one by one."""
    params, found = {"w": np.array([float(start)])}, []
    for g in gradients:
        optimizer.step(params, {"w": [float(g)]})
        found.append(params["w"][0])
    return found


def run(optimizer, gradients):
    """A parameter that starts at 0, after each of the gradients."""
    params, path = {"w": np.zeros_like(gradients[0])}, []
    for g in gradients:
        optimizer.step(params, {"w": g})
        path.append(params["w"])
    return np.stack(path)


def network(seed=0, dtype=np.float64):
    return Sequential(Linear(3, 4, rng=rng(seed), dtype=dtype), Tanh(), Linear(4, 2, rng=rng(seed + 1), dtype=dtype))


def train(model, optimizer, steps):
    """Full batches of fixed data."""
    loss, x, d = SoftmaxWithLoss(), rng(7).normal(size=(6, 3)), np.arange(6) % 2
    dtype = model.params["0.W"].dtype
    for _ in range(steps):
        loss(model(x.astype(dtype)), d)
        model.backward(loss.backward())
        optimizer.step(model.params, model.grads)


def same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], strict=True)


@pytest.mark.parametrize("cls", ALL)
def test_a_hundred_steps_with_changing_learning_rate_are_pytorch_s_in_float64(cls):
    path = reference_path(cls(1), np.float64)
    for name in NAMES:
        assert len(path[name]) == 100
        np.testing.assert_allclose(path[name], REFERENCE[f"{cls.__name__}.{name}.float64"], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cls", ALL)
def test_a_hundred_steps_with_changing_learning_rate_are_pytorch_s_in_float32(cls):
    path = reference_path(cls(1), np.float32)
    for name in NAMES:
        assert path[name].dtype == np.float32
        np.testing.assert_allclose(path[name], REFERENCE[f"{cls.__name__}.{name}.float32"], rtol=5e-6, atol=5e-6)


@pytest.mark.parametrize(("cls", "settings"), OTHER_SETTINGS)
def test_other_settings_are_pytorch_s_too(cls, settings):
    path = reference_path(cls(1, **settings), np.float64)
    for name in NAMES:
        expected = REFERENCE[f"{cls.__name__}.{name}.other"]
        np.testing.assert_allclose(path[name][4::5], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("optimizer", "gradients", "path"),
    [
        (SGD(0.5), [2, -4], [0, 2]),
        (Momentum(0.5, momentum=0.5), [2, 2, -4], [0, -1.5, -0.25]),  # v = 2, 3, -2.5
        (Nesterov(0.5, momentum=0.5), [2, 2], [-0.5, -2.25]),  # g + v / 2 = 3, 3.5
        (AdaGrad(0.5, eps=0), [3, 4, 0], [0.5, 0.1, 0.1]),  # root of h = 3, 5, 5
        (AdaGrad(0.5, eps=1), [3, 4], [1 - 1.5 / 4, 1 - 1.5 / 4 - 2 / 6]),
        (RMSprop(0.5, decay=0.75, eps=0), [2, 0, -1], [0, 0, 0.5 / math.sqrt(0.8125)]),  # h = 1, 0.75, 0.8125
        (RMSprop(0.5, decay=0.75, eps=1), [2], [0.5]),
        (Adam(1, betas=(0.5, 0.75), eps=0), [2, -2], [0, 1 / 3]),  # m = 1, -1/2; h = 1, 7/4; corrected -2/3, 4
        (Adam(1, betas=(0.5, 0.75), eps=2), [2], [0.5]),  # 2 / (2 + 2)
        (AdamW(0.5, betas=(0.5, 0.75), eps=0, weight_decay=0.2), [2, 2], [0.4, -0.14]),  # 0.9 w - 0.5
    ],
)
def test_steps_worked_by_hand_from_1(optimizer, gradients, path):
    np.testing.assert_allclose(values(copy.deepcopy(optimizer), 1, gradients), path, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(
    ("optimizer", "height"),
    [(SGD(0.95), 0.0133), (Momentum(0.1), 0.048), (Nesterov(0.1), 0.024), (AdaGrad(1.5), 0.0007), (Adam(0.3), 0.102)],
)
def test_thirty_steps_on_the_elongated_bowl(optimizer, height):
    """f = x^2 / 20 + y^2 from (-7, 2)."""
    params, optimizer = {"w": np.array([-7.0, 2.0])}, copy.deepcopy(optimizer)
    for _ in range(30):
        optimizer.step(params, {"w": params["w"] * [0.1, 2]})
    assert (params["w"] ** 2 * [0.05, 1]).sum() == pytest.approx(height, rel=0.05)


GRADIENTS = st.lists(st.sampled_from([-3.0, -1.5, -0.1, 0.2, 1.0, 7.0]), min_size=1, max_size=12)


@settings(max_examples=50)
@given(GRADIENTS, st.integers(-40, 40))
def test_a_scaled_loss_gives_the_same_path_with_adagrad_rmsprop_and_adam(gradients, exponent):
    for cls in (AdaGrad, RMSprop, Adam, AdamW):
        path, scaled = (values(cls(0.1, eps=0), 1, c * np.array(gradients)) for c in (1.0, 2.0**exponent))
        np.testing.assert_allclose(scaled, path, rtol=1e-12, atol=1e-12)


@settings(max_examples=50)
@given(GRADIENTS, st.floats(0.1, 10))
def test_a_scaled_loss_is_a_scaled_learning_rate_with_sgd_and_momentum(gradients, c):
    for cls in (SGD, Momentum, Nesterov):
        np.testing.assert_allclose(
            values(cls(0.1), 1, c * np.array(gradients)), values(cls(0.1 * c), 1, gradients), rtol=1e-10, atol=1e-10
        )


@settings(max_examples=50)
@given(st.floats(1e-30, 1e30), st.booleans(), st.floats(0, 0.99), st.floats(0, 0.9999))
def test_the_first_step_of_adam_and_adagrad_is_the_learning_rate_times_the_sign(size, negative, beta1, beta2):
    g = -size if negative else size
    for optimizer in (Adam(0.1, betas=(beta1, beta2), eps=0), AdaGrad(0.1, eps=0)):
        assert values(optimizer, 0, [g])[0] == pytest.approx(-0.1 * np.sign(g), rel=1e-9)


def test_without_its_corrections_adam_s_first_step_would_be_three_times_as_large():
    optimizer = Adam(0.1, eps=0)
    step = -values(optimizer, 0, [5])[0]
    state = optimizer.state()
    assert 0.1 * state["m.w"][0] / math.sqrt(state["h.w"][0]) == pytest.approx(math.sqrt(10) * step)


@settings(max_examples=25)
@given(GRADIENTS)
def test_special_settings_reduce_one_rule_to_another(gradients):
    assert values(Momentum(0.1, momentum=0), 1, gradients) == values(SGD(0.1), 1, gradients)
    assert values(Nesterov(0.1, momentum=0), 1, gradients) == values(SGD(0.1), 1, gradients)
    assert values(AdamW(0.1, weight_decay=0), 1, gradients) == values(Adam(0.1), 1, gradients)
    adam, params = Adam(0.1, betas=(0, 0.9), eps=0), {"w": np.ones(1)}
    for t, w in enumerate(values(RMSprop(0.1, decay=0.9, eps=0), 1, gradients), 1):
        adam.learning_rate = 0.1 / math.sqrt(1 - 0.9**t)  # RMSprop has no correction
        adam.step(params, {"w": gradients[t - 1 : t]})
        np.testing.assert_allclose(params["w"], w, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("optimizer", "gain"), [(Momentum(0.1), 10), (Nesterov(0.1), 10), (SGD(0.1), 1)])
def test_under_a_constant_gradient_momentum_steps_ten_times_as_far(optimizer, gain):
    path = values(copy.deepcopy(optimizer), 0, [2] * 400)
    assert path[-2] - path[-1] == pytest.approx(gain * 0.2)


def test_under_a_constant_gradient_adagrad_steps_shrink_with_the_root_of_time_and_rmsprop_s_start_tenfold():
    steps = -np.diff([0, *values(AdaGrad(0.1, eps=0), 0, [3] * 9)])
    np.testing.assert_allclose(steps, 0.1 / np.sqrt(np.arange(1, 10)))
    assert values(RMSprop(0.1, eps=0), 0, [3])[0] == pytest.approx(-1)


def test_adagrad_without_epsilon_divides_0_by_0_on_a_first_gradient_of_0():
    assert np.isnan(values(AdaGrad(0.1, eps=0), 1, [0])[0])
    assert values(AdaGrad(0.1), 1, [0]) == [1]


def test_weight_decay_of_adamw_is_the_same_for_large_and_small_gradients_and_that_of_adam_is_not():
    """2,000 gradients of pure noise, of SD 1 and 100."""
    noise = np.array([1.0, 100.0]) * rng().standard_normal((2000, 2))
    ends = {}
    for name, optimizer, decay in (("l2", Adam(0.001), 0.1), ("w", AdamW(0.001, weight_decay=0.1), 0.0)):
        params, free = {"w": np.ones(2)}, {"w": np.zeros(2)}
        beside = Adam(0.001)
        for g in noise:
            optimizer.step(params, {"w": g + decay * params["w"]})
            beside.step(free, {"w": g})
        ends[name] = params["w"] - free["w"]  # what the decay alone has left
    assert ends["l2"][0] < 0.9 < 0.98 < ends["l2"][1]
    np.testing.assert_allclose(ends["w"], (1 - 0.001 * 0.1) ** 2000, atol=0.02)


@pytest.mark.parametrize("cls", ALL)
def test_arguments_are_not_changed_and_parameters_are_rebound_to_new_arrays(cls):
    params, grads = {"w": rng().normal(size=(3, 2))}, {"w": rng(4).normal(size=(3, 2))}
    optimizer = cls(0.1)
    for _ in range(3):
        w, g = params["w"], grads["w"]
        w_before, g_before = w.copy(), g.copy()
        optimizer.step(params, grads)
        np.testing.assert_array_equal(w, w_before)
        np.testing.assert_array_equal(grads["w"], g_before)
        assert not any(np.shares_memory(params["w"], a) for a in (w, g, *optimizer.state().values()))
        assert grads["w"] is g


@pytest.mark.parametrize("cls", ALL)
def test_a_parameter_rebound_midway_trains_on(cls):
    plain, rebound = network(), network()
    a, b = cls(0.05), cls(0.05)
    train(plain, a, 10)
    train(rebound, b, 5)
    rebound.params["0.W"] = rebound.params["0.W"].copy()
    rebound.params = {name: w.copy() for name, w in rebound.params.items()}
    train(rebound, b, 5)
    same(dict(plain.params), dict(rebound.params))


def test_what_is_remembered_stays_when_a_parameter_gets_other_values():
    params, optimizer = {"w": np.zeros(2)}, Momentum(1, momentum=0.5)
    optimizer.step(params, {"w": [2, 4]})
    params["w"] = np.array([10.0, 10])
    optimizer.step(params, {"w": [0, 0]})
    np.testing.assert_array_equal(params["w"], [9, 8])


def test_sgd_in_a_loop_is_what_fit_does():
    by_hand, fitted = network(), network()
    train(by_hand, SGD(0.5), 8)
    x, d = rng(7).normal(size=(6, 3)), np.arange(6) % 2
    training.fit(fitted, SoftmaxWithLoss(), x, d, learning_rate=0.5, epochs=8)
    same(dict(by_hand.params), dict(fitted.params))


@pytest.mark.parametrize("cls", ALL)
def test_two_optimizers_share_nothing(cls):
    first, second = network(), network()
    a, b = cls(0.1), cls(0.1)
    train(first, a, 4)
    train(second, b, 4)
    same(dict(first.params), dict(second.params))


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize("block", [1, 7, 12, 100])
def test_pieces_of_any_size_give_the_same_bits(cls, block, monkeypatch):
    gradients = rng().normal(size=(5, 4, 3)).astype(np.float32)
    whole = run(cls(0.1), list(gradients))
    monkeypatch.setattr(_optimizer, "BLOCK", block)
    np.testing.assert_array_equal(run(cls(0.1), list(gradients)), whole, strict=True)


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize("block", [5, 100])
def test_memory_order_makes_no_difference(cls, block, monkeypatch):
    monkeypatch.setattr(_optimizer, "BLOCK", block)
    wide = rng().normal(size=(4, 6))
    orders = [(np.copy, np.copy), (np.asfortranarray, np.copy), (np.copy, np.asfortranarray), (lambda a: a,) * 2]
    ends = []
    for of_w, of_g in orders:
        params, optimizer = {"w": of_w(wide[:, ::2])}, cls(0.1)
        for _ in range(3):
            optimizer.step(params, {"w": of_g(wide[:, 1::2])})
        ends.append(params["w"])
    for end in ends:
        np.testing.assert_array_equal(end, ends[0], strict=True)


@pytest.mark.parametrize("cls", ALL)
def test_large_parameters_take_the_way_in_pieces(cls):
    n = _optimizer.BLOCK + 3
    path = run(cls(0.1), [np.full(n, 2.0), np.full(n, -1.0)])
    small = run(cls(0.1), [np.full(3, 2.0), np.full(3, -1.0)])
    np.testing.assert_array_equal(path, np.broadcast_to(small[:, :1], path.shape))


@pytest.mark.parametrize("cls", ALL)
def test_float32_stays_float32_in_parameters_and_state(cls):
    model, optimizer = network(dtype=np.float32), cls(np.float64(0.1))
    train(model, optimizer, 2)
    assert {w.dtype for w in model.params.values()} == {np.dtype(np.float32)}
    assert {a.dtype for name, a in optimizer.state().items() if name != "t"} <= {np.dtype(np.float32)}
    params = {"w": np.ones(2, np.float32)}
    cls(0.1).step(params, {"w": np.ones(2)})
    assert params["w"].dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cls", ALL)
def test_overflow_and_nan_give_no_warning(cls, dtype):
    big, params, optimizer = np.finfo(dtype).max, {"w": np.ones(4, dtype)}, cls(1e3)
    for _ in range(3):
        optimizer.step(params, {"w": np.array([big, -big, np.nan, np.inf], dtype)})
    assert np.isnan(params["w"][2])


@pytest.mark.parametrize("cls", ALL)
def test_the_learning_rate_may_be_set_at_any_time_and_a_refused_one_changes_nothing(cls):
    optimizer = cls(0.1)
    optimizer.learning_rate = np.float32(0.5)
    assert optimizer.learning_rate == 0.5
    assert type(optimizer.learning_rate) is float
    for wrong in (-1, np.nan, "a", [0.1]):
        with pytest.raises((TypeError, ValueError), match=f"^{cls.__name__} expects"):
            optimizer.learning_rate = wrong
    assert optimizer.learning_rate == 0.5
    params = {"w": np.ones(3)}
    optimizer.learning_rate = 0
    optimizer.step(params, {"w": np.ones(3)})
    np.testing.assert_array_equal(params["w"], np.ones(3))


@pytest.mark.parametrize("cls", ALL)
def test_a_new_optimizer_with_the_state_goes_on_with_the_same_bits(cls, tmp_path):
    straight, model = network(), network()
    train(straight, cls(0.05), 9)
    first = cls(0.05)
    train(model, first, 4)
    np.savez(tmp_path / "state.npz", **first.state())
    second = cls(0.05)
    with np.load(tmp_path / "state.npz", allow_pickle=False) as file:
        second.load_state(dict(file))
    same(second.state(), first.state())
    train(model, second, 5)
    same(dict(model.params), dict(straight.params))


@pytest.mark.parametrize(
    ("cls", "names"), [(SGD, ""), (Momentum, "v"), (Nesterov, "v"), (AdaGrad, "h"), (RMSprop, "h"), (Adam, "mh")]
)
def test_state_names_its_entries_by_letter_and_parameter(cls, names):
    optimizer = cls(0.1)
    assert list(optimizer.state()) == ["t"]
    train(network(), optimizer, 3)
    parameters = ["0.W", "0.b", "2.W", "2.b"]
    assert set(optimizer.state()) == {"t", *(f"{letter}.{name}" for letter in names for name in parameters)}
    assert optimizer.state()["t"] == 3


@pytest.mark.parametrize("cls", WITH_STATE)
def test_state_and_load_state_copy(cls):
    optimizer, model = cls(0.1), network()
    train(model, optimizer, 2)
    state = optimizer.state()
    before = {name: a.copy() for name, a in state.items()}
    for array in state.values():
        array[...] = 7
    same(optimizer.state(), before)
    given = {name: a.copy() for name, a in before.items()}
    optimizer.load_state(given)
    for array in given.values():
        array[...] = 7
    same(optimizer.state(), before)
    train(model, optimizer, 2)
    assert given["t"] == 7


@pytest.mark.parametrize("cls", ALL)
def test_going_back_to_the_start_and_to_an_earlier_step_repeats_the_path(cls):
    optimizer, model = cls(0.1), network()
    start, fresh = {n: w.copy() for n, w in model.params.items()}, optimizer.state()
    train(model, optimizer, 3)
    first = dict(model.params)
    optimizer.load_state(fresh)
    model.params = start
    train(model, optimizer, 3)
    same(dict(model.params), first)


def stepped(optimizer, **shapes):
    """The optimizer after a step on parameters of these shapes."""
    ones = {name: np.ones(shape) for name, shape in (shapes or {"w": 3}).items()}
    optimizer.step(dict(ones), ones)
    return optimizer


MOMENTS = {"m.w": np.ones(3), "h.w": np.ones(3)}


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ({}, ValueError, r"Adam.load_state expects the number of steps as t, got \[\]"),
        ({"t": 1, "m.w": np.ones(3)}, ValueError, r"expects \['h.w', 'm.w', 't'\], got \['m.w', 't'\]"),
        ({"t": 1, "v.w": np.ones(3)}, ValueError, r"expects \['h.w', 'm.w', 't'\], got \['t', 'v.w'\]"),
        ({"t": 1, "m": np.ones(3), "h": np.ones(3)}, ValueError, r"got \['h', 'm', 't'\]"),
        ({"t": 1, **MOMENTS, "lr": 0.1}, ValueError, r"got \['h.w', 'lr', 'm.w', 't'\]"),
        ({"t": 1, "m.u": np.ones(3), "h.u": np.ones(3)}, ValueError, r"entries of \['w'\], got \['u'\]"),
        (
            {"t": 1, **MOMENTS, "m.u": np.ones(3), "h.u": np.ones(3)},
            ValueError,
            r"entries of \['w'\], got \['u', 'w'\]",
        ),
        ({"t": 1, "m.w": np.ones(2), "h.w": np.ones(2)}, ValueError, r"m.w of shape \(3,\) of float64, got \(2,\)"),
        ({"t": 1, **MOMENTS, "h.w": np.ones((3, 1))}, ValueError, r"h.w of shape \(3,\) of float64, got \(3, 1\)"),
        ({"t": 1, **MOMENTS, "h.w": np.ones(3, np.float32)}, ValueError, r"h.w of shape .*, got \(3,\) of float32"),
        ({"t": 1, **MOMENTS, "h.w": np.ones(3, int)}, TypeError, "floating-point numbers as h.w, got dtype int64"),
        ({"t": 1, **MOMENTS, "h.w": 1.0}, ValueError, "one dimension or more as h.w"),
        ({"t": 1}, ValueError, r"entries of \('m', 'h'\) after a step and none before, got t = 1"),
        ({"t": 0, **MOMENTS}, ValueError, "after a step and none before, got t = 0"),
        ({"t": -1, **MOMENTS}, ValueError, "expects t >= 0, got -1"),
        ({"t": 1.0, **MOMENTS}, TypeError, "expects an integer as t, got float"),
        ({"t": np.array([1]), **MOMENTS}, TypeError, "expects an integer as t, got list"),
        ([("t", 1)], TypeError, "Adam.load_state expects a Mapping as state, got list"),
    ],
)
def test_a_state_of_other_names_or_shapes_is_refused_and_leaves_all_as_it_was(state, error, message):
    optimizer = stepped(Adam(0.1))
    before = optimizer.state()
    with pytest.raises(error, match=message):
        optimizer.load_state(state)
    same(optimizer.state(), before)


def test_a_state_of_another_rule_is_refused_by_its_letters():
    with pytest.raises(ValueError, match=r"SGD.load_state expects \['t'\], got \['t', 'v.w'\]"):
        SGD(0.1).load_state(stepped(Momentum(0.1)).state())
    with pytest.raises(ValueError, match=r"Momentum.load_state expects \['t', 'v.w'\], got \['h.w', 'm.w', 't'\]"):
        Momentum(0.1).load_state(stepped(Adam(0.1)).state())


def test_entries_of_one_parameter_must_agree_in_a_new_optimizer_too():
    with pytest.raises(ValueError, match=r"expects h.w of shape \(3,\) of float64, got \(2,\) of float64"):
        Adam(0.1).load_state({"t": 1, **MOMENTS, "h.w": np.ones(2)})


@pytest.mark.parametrize(
    ("params", "grads", "error", "message"),
    [
        ({"a": 1, "b": 1}, {"a": 1}, ValueError, r"^Adam expects gradients of \['a', 'b'\], got \['a'\]"),
        ({"a": 1, "b": 1}, {"a": 1, "b": 1, "c": 1}, ValueError, r"got \['a', 'b', 'c'\]"),
        ({"a": 1, "b": 1}, {"a": 1, "B": 1}, ValueError, r"gradients of \['a', 'b'\], got \['B', 'a'\]"),
        ({"a": 1, "b": 1}, {"a": 1, "b": 2}, ValueError, r"gradient of shape \(3,\) for b, got \(2,\)"),
        ({"a": 1, "b": 1}, {"a": 1, "b": np.ones(())}, ValueError, r"shape \(3,\) for b, got \(\)"),
        ({"a": 1, "b": 1}, {"a": 1, "b": None}, TypeError, "real numbers as the gradient of b, got dtype object"),
        ({"a": 1, "b": 1}, {"a": 1, "b": [1j] * 3}, TypeError, "the gradient of b, got dtype complex128"),
        ({"a": 1, "b": 1}, {"a": 1, "b": [True] * 3}, TypeError, "the gradient of b, got dtype bool"),
        ({"a": 1, "b": np.ones(3, int)}, {"a": 1, "b": 1}, TypeError, "floating-point numbers as b, got dtype int64"),
        ({"a": 1, "b": np.ones(())}, {"a": 1, "b": 1.0}, ValueError, r"one dimension or more as b, got shape \(\)"),
        ({"a": 1, "b": np.ma.ones(3)}, {"a": 1, "b": 1}, TypeError, "plain array as b, got MaskedArray"),
        ({"a": 1}, {"a": 1}, ValueError, r"Adam expects parameters \['a', 'b'\], got \['a'\]"),
        ({"a": 1, "c": 1}, {"a": 1, "c": 1}, ValueError, r"parameters \['a', 'b'\], got \['a', 'c'\]"),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, ValueError, r"b of shape \(3,\) of float64, got \(2,\) of float64"),
        (
            {"a": 1, "b": np.ones(3, np.float32)},
            {"a": 1, "b": 1},
            ValueError,
            r"b of shape \(3,\) of float64, got \(3,\) of float32",
        ),
        ({}, {}, ValueError, "Adam expects at least one parameter, got none"),
        ([np.ones(3)], {}, TypeError, "Adam expects a MutableMapping as params, got list"),
        ({"a": 1}, [np.ones(3)], TypeError, "Adam expects a Mapping as grads, got list"),
    ],
)
def test_what_a_step_refuses_is_refused_before_anything_changes(params, grads, error, message):
    """1 stands for ones of shape (3,), 2 for ones of shape (2,)."""
    sizes = {1: np.ones(3), 2: np.ones(2)}
    params, grads = (
        {n: sizes[a] if isinstance(a, int) else a for n, a in m.items()} if isinstance(m, dict) else m
        for m in (params, grads)
    )
    optimizer = stepped(Adam(0.1), a=3, b=3)
    state, before = optimizer.state(), params.copy()
    with pytest.raises(error, match=message):
        optimizer.step(params, grads)
    same(optimizer.state(), state)
    if isinstance(params, dict):
        assert all(params[name] is before[name] for name in before)
        assert params.keys() == before.keys()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: SGD(-0.1), ValueError, r"SGD expects learning_rate >= 0, got -0\.1"),
        (lambda: AdamW(np.inf), ValueError, "AdamW expects finite numbers as learning_rate, got inf"),
        (lambda: SGD("a"), TypeError, "SGD expects real numbers as learning_rate"),
        (lambda: Nesterov(0.1, momentum=1), ValueError, r"Nesterov expects 0 <= momentum < 1, got 1\.0"),
        (lambda: Momentum(0.1, momentum=-0.1), ValueError, "Momentum expects 0 <= momentum < 1"),
        (lambda: RMSprop(0.1, decay=1), ValueError, "RMSprop expects 0 <= decay < 1"),
        (lambda: RMSprop(0.1, eps=-1), ValueError, "RMSprop expects eps >= 0, got -1"),
        (lambda: AdaGrad(0.1, eps=-1), ValueError, "AdaGrad expects eps >= 0"),
        (lambda: Adam(0.1, betas=(1, 0.9)), ValueError, r"Adam expects 0 <= betas\[0\] < 1, got 1\.0"),
        (lambda: AdamW(0.1, betas=(0.9, -0.1)), ValueError, r"AdamW expects 0 <= betas\[1\] < 1"),
        (lambda: Adam(0.1, betas=(0.9, np.nan)), ValueError, r"finite numbers as betas\[1\], got nan"),
        (lambda: Adam(0.1, betas=0.9), ValueError, r"Adam expects two numbers as betas, got 0\.9"),
        (lambda: Adam(0.1, betas=(0.9, 0.9, 0.9)), ValueError, "two numbers as betas"),
        (lambda: Adam(0.1, eps=-1), ValueError, "Adam expects eps >= 0"),
        (lambda: AdamW(0.1, weight_decay=-1), ValueError, "AdamW expects weight_decay >= 0"),
        (lambda: Momentum(0.1, 0.9), TypeError, "positional"),
        (lambda: Optimizer(0.1), TypeError, "abstract"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()
