from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes import activations, initializers, losses
from dlnotes.convolution import AvgPool2d, Conv2d, MaxPool2d
from dlnotes.gradients import check_gradient, check_layer
from dlnotes.layers import (
    Dropout,
    Flatten,
    Identity,
    IdentityWithLoss,
    Layer,
    LeakyReLU,
    Linear,
    LossLayer,
    ReLU,
    Sequential,
    Sigmoid,
    SigmoidWithLoss,
    SoftmaxWithLoss,
    Tanh,
)
from dlnotes.normalization import BatchNorm

REFERENCE = np.load(Path(__file__).parent / "reference" / "network.npz")
TOLERANCE = {"float64": 1e-12, "float32": 5e-6}
ACTIVATIONS = [Identity, Sigmoid, Tanh, ReLU, LeakyReLU]
PAIRS = [IdentityWithLoss, SigmoidWithLoss, SoftmaxWithLoss]


def rng(seed=3):
    return np.random.default_rng(seed)


def away_from_zero(shape, seed=5):
    """Random numbers at least 0.1 from the kink of ReLU."""
    x = rng(seed).normal(size=shape)
    return x + 0.1 * np.where(x < 0, -1, 1)


def reference_network(dtype):
    model = Sequential(Linear(5, 7, rng=rng(), dtype=dtype), Tanh(), Linear(7, 3, rng=rng(), dtype=dtype))
    for name in model.params:
        model.params[name] = REFERENCE[name].astype(dtype)
    return model


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_a_network_has_pytorch_s_loss_and_gradients(dtype):
    model, loss = reference_network(dtype), SoftmaxWithLoss()
    value = loss(model(REFERENCE["x"].astype(dtype)), REFERENCE["labels"])
    model.backward(loss.backward())
    assert value.dtype == dtype
    assert value == pytest.approx(REFERENCE[f"history.{dtype}"][0], abs=TOLERANCE[dtype])
    for name, gradient in model.grads.items():
        assert gradient.dtype == dtype
        np.testing.assert_allclose(
            gradient, REFERENCE[f"d {name}.{dtype}"], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype]
        )


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("n", "d", "m"), [(1, 1, 1), (3, 2, 5), (7, 5, 1), (2, 1, 3)])
def test_linear_backward_agrees_with_central_differences(n, d, m, bias):
    layer = Linear(d, m, rng=rng(), bias=bias)
    if bias:
        layer.params["b"] = rng().normal(size=m)
    report = check_layer(layer, rng().normal(size=(n, d)), rng=rng(9))
    assert set(report.errors) == ({"x", "W", "b"} if bias else {"x", "W"})


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (7,), (2, 3, 4)])
@pytest.mark.parametrize("layer", ACTIVATIONS)
def test_activation_backward_agrees_with_central_differences(layer, shape):
    check_layer(layer(), away_from_zero(shape), rng=rng())


@settings(max_examples=25)
@given(st.integers(1, 4), st.lists(st.integers(1, 4), min_size=2, max_size=4), st.sampled_from(ACTIVATIONS))
def test_backward_of_networks_agrees_with_central_differences(n, sizes, activation):
    if activation in (ReLU, LeakyReLU):
        activation = Tanh
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [Linear(n_in, n_out, rng=rng(n_in)), activation()]
    check_layer(Sequential(*layers), rng().normal(size=(n, sizes[0])), rng=rng())


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (7, 2), (4,)])
@pytest.mark.parametrize("pair", PAIRS)
def test_loss_backward_agrees_with_central_differences_and_is_y_minus_d(pair, shape):
    layer, u, d = pair(), rng().normal(size=shape), rng(4).uniform(size=shape)
    if pair is SoftmaxWithLoss:
        d /= d.sum(axis=-1, keepdims=True)

    def gradient(v):
        layer.forward(v, d)
        return layer.backward()

    check_gradient(lambda v: layer(v, d), gradient, u)
    samples = shape[0] if len(shape) == 2 or pair is SigmoidWithLoss else 1
    np.testing.assert_allclose(gradient(u), (layer.output(u) - d) / samples, rtol=1e-15)


def test_loss_layers_take_the_losses_targets():
    u = rng().normal(size=(4, 3))
    assert SoftmaxWithLoss()(u, [0, 1, 2, 0]) == losses.cross_entropy_with_logits(u, [0, 1, 2, 0])
    assert SigmoidWithLoss()(u, u > 0) == losses.binary_cross_entropy_with_logits(u, u > 0)
    assert IdentityWithLoss()(u, 0 * u) == losses.half_squared_error(u, 0 * u)
    np.testing.assert_array_equal(SoftmaxWithLoss().output(u), activations.softmax(u))
    with pytest.raises(ValueError, match="labels from 0 to 2 as d, got 3"):
        SoftmaxWithLoss()(u, [0, 1, 2, 3])


def test_a_failed_forward_leaves_a_loss_layer_without_that_batch():
    layer = SoftmaxWithLoss()
    with pytest.raises(ValueError, match="at least one sample"):
        layer(np.zeros((0, 3)), [])
    with pytest.raises(RuntimeError, match="SoftmaxWithLoss: call forward before backward"):
        layer.backward()


@pytest.mark.parametrize(
    "layer",
    [Linear(2, 2, rng=rng()), Tanh(), Sequential(Linear(2, 2, rng=rng())), Sequential(Tanh(), Linear(2, 2, rng=rng()))],
)
@pytest.mark.parametrize("refused", ["a", np.ones((0, 2))])
def test_after_a_refused_forward_backward_does_not_answer_for_the_batch_before(layer, refused):
    layer(np.ones((3, 2)))
    with pytest.raises((TypeError, ValueError)):
        layer(refused)
    with pytest.raises(RuntimeError, match=f"^{type(layer).__name__}: call forward before backward"):
        layer.backward(np.ones((3, 2)))
    layer(np.ones((3, 2)))
    assert layer.backward(np.ones((3, 2))).shape == (3, 2)


def test_an_input_refused_for_a_wrong_bias_is_not_kept():
    layer = Linear(2, 2, rng=rng())
    layer.params["b"] = np.ones(3)
    with pytest.raises(ValueError, match="expects b of shape"):
        layer(np.ones((3, 2)))
    with pytest.raises(RuntimeError, match="call forward before backward"):
        layer.backward(np.ones((3, 2)))


@pytest.mark.parametrize(("pair", "d"), [(IdentityWithLoss, "a"), (SigmoidWithLoss, [[2.0]]), (SoftmaxWithLoss, [3])])
def test_after_a_refused_loss_backward_does_not_answer_for_the_batch_before(pair, d):
    layer = pair()
    layer([[0.5]], [[1.0]])
    with pytest.raises((TypeError, ValueError)):
        layer([[0.5]], d)
    with pytest.raises(RuntimeError, match=f"{pair.__name__}: call forward before backward"):
        layer.backward()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_overflow_forward_and_backward_gives_no_warning(dtype):
    big = np.full((1, 2), np.finfo(dtype).max)
    for model in (Linear(2, 2, rng=rng(), dtype=dtype), LeakyReLU(10.0), Sequential(Tanh(), LeakyReLU(10.0))):
        for name in model.params:
            model.params[name] = 10 * np.ones_like(model.params[name])
        for x in (big, -big, big * [[1, -1]]):
            y = model(x.astype(dtype))
            assert model.backward(big).shape == y.shape == (1, 2)
    linear = Linear(2, 2, rng=rng(), dtype=dtype)
    linear.params["W"] = np.full((2, 2), 10, dtype=dtype)
    np.testing.assert_array_equal(linear(big), [[np.inf, np.inf]])
    np.testing.assert_array_equal(linear.backward(big), [[np.inf, np.inf]])


def test_linear_worked_by_hand():
    layer = Linear(2, 3, rng=rng())
    layer.params["W"] = np.array([[1.0, 2, 3], [4, 5, 6]])
    layer.params["b"] = np.array([10.0, 20, 30])
    np.testing.assert_array_equal(layer([[1, 0], [1, 1]]), [[11, 22, 33], [15, 27, 39]])
    np.testing.assert_array_equal(layer.backward([[1, 0, 0], [0, 1, 1]]), [[1, 4], [5, 11]])
    np.testing.assert_array_equal(layer.grads["W"], [[1, 1, 1], [0, 1, 1]])
    np.testing.assert_array_equal(layer.grads["b"], [1, 1, 1])


def test_linear_starts_with_the_scale_it_says():
    big = Linear(400, 300, rng=rng())
    assert big.params["W"].std() == pytest.approx(1 / 20, rel=0.01)
    assert not big.params["b"].any()
    assert Linear(400, 300, rng=rng(), scale=2).params["W"].std() == pytest.approx(2, rel=0.01)
    assert list(Linear(2, 3, rng=rng(), bias=False).params) == ["W"]


def test_both_dtypes_start_from_the_same_numbers():
    single, double = (Linear(3, 4, rng=rng(), dtype=t).params["W"] for t in (np.float32, np.float64))
    np.testing.assert_array_equal(single, double.astype(np.float32))


@pytest.mark.parametrize(
    "layer",
    [
        *(cls() for cls in ACTIVATIONS),
        Flatten(),
        Dropout(0.5, rng=rng()),
        MaxPool2d(2),
        MaxPool2d(2, stride=1),
        AvgPool2d(2),
        AvgPool2d(3, stride=1),
        Conv2d(2, 3, 2, rng=rng(), dtype=np.float32),
        BatchNorm(2, dtype=np.float32),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_the_input_decides_the_dtype_of_backward_and_not_the_gradient_that_comes(layer):
    y = layer(rng().normal(size=(2, 2, 4, 4)).astype(np.float32))
    dout = rng().normal(size=y.shape)
    dx = layer.backward(dout)
    assert y.dtype == dx.dtype == np.float32
    np.testing.assert_array_equal(dx, layer.backward(dout.astype(np.float32)))


def test_float32_stays_float32_forward_and_backward():
    layers = [cls() for cls in ACTIVATIONS]
    first, last = (Linear(3, 3, rng=rng(i), dtype=np.float32) for i in (0, 1))
    model = Sequential(first, *layers, last)
    y = model(rng().normal(size=(2, 3)).astype(np.float32))
    dx = model.backward(np.ones((2, 3)))
    assert {y.dtype, dx.dtype, *(g.dtype for g in model.grads.values())} == {np.dtype(np.float32)}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("pair", [SigmoidWithLoss, SoftmaxWithLoss])
def test_logits_of_a_thousand_give_no_warning(pair, dtype):
    layer = pair()
    loss = layer(np.array([[1000, -1000], [-1000, 1000]], dtype=dtype), [[0, 1], [0, 1]])
    assert np.isfinite(loss)
    assert loss.dtype == layer.backward().dtype == dtype


@pytest.mark.parametrize("layer", [cls() for cls in ACTIVATIONS] + [Linear(3, 3, rng=rng())])
def test_forward_and_backward_change_no_argument(layer):
    x, dout = away_from_zero((4, 3)), rng(1).normal(size=(4, 3))
    x_before, dout_before = x.copy(), dout.copy()
    y = layer(x)
    dx = layer.backward(dout)
    np.testing.assert_array_equal(x, x_before)
    np.testing.assert_array_equal(dout, dout_before)
    assert not any(np.shares_memory(a, b) for a in (y, dx) for b in (x, dout))


def test_parameters_may_be_rebound_changed_in_place_and_replaced_as_a_whole():
    layer, x = Linear(2, 2, rng=rng()), np.ones((1, 2))
    layer.params["W"] = np.eye(2)
    np.testing.assert_array_equal(layer(x), [[1, 1]])
    layer.params["W"] *= 3
    np.testing.assert_array_equal(layer(x), [[3, 3]])
    layer.params = {"W": 2 * np.eye(2), "b": np.ones(2)}
    np.testing.assert_array_equal(layer(x), [[3, 3]])


def test_backward_belongs_to_the_forward_before_it_even_if_weights_are_rebound_between():
    layer = Linear(2, 2, rng=rng())
    layer.params["W"] = np.eye(2)
    layer(np.ones((1, 2)))
    layer.params["W"] = 5 * np.eye(2)
    np.testing.assert_array_equal(layer.backward(np.ones((1, 2))), [[1, 1]])


def test_grads_are_filled_anew_by_each_backward():
    layer = Linear(2, 2, rng=rng())
    layer(np.ones((3, 2)))
    layer.backward(np.ones((3, 2)))
    layer.backward(np.ones((3, 2)))
    np.testing.assert_array_equal(layer.grads["b"], [3, 3])


def test_sequential_params_are_a_view_that_writes_to_the_layers():
    inner = Linear(3, 2, rng=rng())
    model = Sequential(Linear(2, 3, rng=rng()), Tanh(), Sequential(inner, Sigmoid()))
    assert list(model.params) == ["0.W", "0.b", "2.0.W", "2.0.b"]
    assert len(model.params) == 4
    model.params["2.0.W"] = np.zeros((3, 2))
    assert not inner.params["W"].any()
    inner.params["W"] = np.ones((3, 2))
    assert model.params["2.0.W"].all()
    inner.params = {"W": np.zeros((3, 2)), "b": np.ones(2)}
    np.testing.assert_array_equal(model(np.ones((1, 2))), activations.sigmoid([[1.0, 1.0]]))
    model.params = {name: np.zeros_like(array) for name, array in model.params.items()}
    np.testing.assert_array_equal(model(np.ones((1, 2))), [[0.5, 0.5]])
    model.backward(np.ones((1, 2)))
    assert list(model.grads) == list(model.params)
    assert repr(model.params) == repr(dict(model.params))


def test_sequential_is_its_layers_one_after_another():
    model = reference_network("float64")
    x = REFERENCE["x"]
    hidden = np.tanh(x @ REFERENCE["0.W"] + REFERENCE["0.b"])
    np.testing.assert_array_equal(model(x), hidden @ REFERENCE["2.W"] + REFERENCE["2.b"])


def linear():
    return Linear(784, 10, rng=rng())


def after_forward(layer):
    layer(np.ones((2, 784)))
    return layer


def with_params(**params):
    layer = Linear(2, 2, rng=rng())
    layer.params.update(params)
    return layer(np.ones((1, 2)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: linear()(np.ones((32, 100))), ValueError, r"Linear expects \(N, 784\), got \(32, 100\)"),
        (lambda: linear()(np.ones(784)), ValueError, r"Linear expects \(N, 784\), got \(784,\)"),
        (lambda: linear()(np.ones((0, 784))), ValueError, r"Linear expects \(N, 784\).*, got \(0, 784\)"),
        (lambda: linear()(np.ones((1, 784), np.float32)), TypeError, "expects float64.*, got float32"),
        (lambda: linear()(np.ones((1, 784), bool)), TypeError, "real numbers as x, got dtype bool"),
        (lambda: linear()(np.ma.ones((1, 784))), TypeError, "Linear expects a plain array as x, got MaskedArray"),
        (lambda: linear()(np.full((1, 784), "a")), TypeError, "real numbers as x, got dtype"),
        (lambda: after_forward(linear()).backward(np.ones(10)), ValueError, r"dout of shape \(2, 10\), got"),
        (lambda: after_forward(ReLU()).backward(1.0), ValueError, r"ReLU.backward expects dout of shape"),
        (lambda: after_forward(ReLU()).backward("a"), TypeError, "real numbers as dout"),
        (lambda: linear().backward(np.ones((1, 10))), RuntimeError, "Linear: call forward before backward"),
        (lambda: Tanh().backward(np.ones(3)), RuntimeError, "Tanh: call forward before backward"),
        (lambda: Sequential(Tanh()).backward([1.0]), RuntimeError, "Sequential: call forward before backward"),
        (lambda: SigmoidWithLoss().backward(), RuntimeError, "SigmoidWithLoss: call forward before"),
        (lambda: Sigmoid()([]), ValueError, r"Sigmoid expects at least one sample as x, got shape \(0,\)"),
        (lambda: Sigmoid()([None]), TypeError, "Sigmoid expects real numbers as x, got dtype object"),
        (lambda: LeakyReLU(np.nan), ValueError, "LeakyReLU expects finite numbers as slope, got nan"),
        (lambda: with_params(b=np.ones(1)), ValueError, r"b of shape \(2,\) of float64, got \(1,\)"),
        (lambda: with_params(b=np.ones(2, np.float32)), ValueError, r"got \(2,\) of float32"),
        (lambda: with_params(W=np.ones(2)), ValueError, r"Linear expects W of shape \(D, M\), got \(2,\)"),
        (lambda: Linear(0, 1, rng=rng()), ValueError, "Linear expects n_in >= 1, got 0"),
        (lambda: Linear(1, 2.0, rng=rng()), TypeError, "expects an integer as n_out, got float"),
        (lambda: Linear(1, True, rng=rng()), TypeError, "expects an integer as n_out, got bool"),
        (
            lambda: Linear(1, 1, rng=0),
            TypeError,
            r"Linear expects rng=np\.random\.default_rng\(seed\), got int",
        ),
        (lambda: Linear(1, 1, rng=rng(), dtype=int), TypeError, "dtype float32 or float64, got int64"),
        (lambda: Linear(1, 1, rng=rng(), scale=np.inf), ValueError, "finite numbers as scale, got inf"),
        (lambda: Sequential(), ValueError, "at least one layer, got none"),
        (lambda: Sequential(Tanh), TypeError, "Sequential expects layers, got ABCMeta"),
        (lambda: Sequential(*[Tanh()] * 2), ValueError, "got the same object twice"),
        (lambda: Sequential(linear()).params["1.W"], KeyError, r"1\.W"),
        (lambda: Sequential(linear()).params["W"], KeyError, "W"),
        (lambda: Sequential(linear()).params.update({"0.w": 1}), KeyError, r"0\.w"),
        (lambda: Sequential(linear()).params.clear(), TypeError, "cannot be deleted"),
        (lambda: setattr(Sequential(linear()), "params", {}), ValueError, r"parameters \['0\.W', '0\.b'\]"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_lists_and_integers_are_taken_as_input():
    layer = Linear(2, 1, rng=rng(), dtype=np.float32)
    for x in ([[1, 2]], [[1.0, 2.0]], np.array([[1, 2]])):
        assert layer(x).dtype == np.float32


def test_the_contracts_are_abstract():
    for contract in (Layer, LossLayer):
        with pytest.raises(TypeError, match="abstract"):
            contract()


def test_linear_takes_an_initializer():
    layer = Linear(300, 200, rng=rng(4), init=initializers.he, dtype=np.float32)
    np.testing.assert_array_equal(layer.params["W"], initializers.he((300, 200), rng=rng(4), dtype=np.float32))
    assert layer.params["W"].dtype == np.float32
    assert not layer.params["b"].any()
    plain, xavier = (Linear(3, 2, rng=rng(4), **init).params["W"] for init in ({}, {"init": initializers.xavier}))
    np.testing.assert_array_equal(plain, xavier)
    ones = Linear(3, 2, rng=rng(), dtype=np.float32, init=lambda shape, *, rng, dtype: np.ones(shape, int))
    assert ones.params["W"].dtype == np.float32
    assert ones.params["W"].all()
    asked = []
    Linear(3, 2, rng=rng(), dtype=np.float32, init=lambda shape, *, rng, dtype: asked.append(dtype) or np.ones(shape))
    assert asked == [np.float32]


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"init": initializers.he, "scale": 1}, ValueError, "Linear expects scale or init, got both"),
        ({"init": "he"}, TypeError, "Linear expects a function as init, got str"),
        ({"init": lambda shape, **_: np.ones(shape[::-1])}, ValueError, r"shape \(3, 2\), got \(2, 3\)"),
        ({"init": lambda shape, **_: np.full(shape, np.nan)}, ValueError, "finite numbers as init, got nan"),
        ({"init": lambda shape, **_: "he"}, TypeError, "real numbers as init"),
        (
            {"init": initializers.he, "rng": 1},
            TypeError,
            r"Linear expects rng=np\.random\.default_rng\(seed\), got int",
        ),
    ],
)
def test_an_initializer_that_does_not_fit_is_refused(settings, error, message):
    with pytest.raises(error, match=message):
        Linear(3, 2, **{"rng": rng()} | settings)


class Residual(Sequential):
    """A layer of layers, as a reader writes it: y = x + f(x)."""

    def forward(self, x):
        return x + super().forward(x)

    def backward(self, dout):
        return dout + super().backward(dout)


def test_a_layer_of_layers_stands_in_a_sequential():
    source = rng()
    block = Residual(Linear(3, 3, rng=rng(1)), BatchNorm(3), Tanh(), Dropout(0.5, rng=source))
    model = Sequential(Linear(2, 3, rng=rng(2)), block, Residual(Residual(Linear(3, 3, rng=rng(3)))))
    assert list(model.params) == ["0.W", "0.b", "1.0.W", "1.0.b", "1.1.gamma", "1.1.beta", "2.0.0.W", "2.0.0.b"]
    assert list(model.buffers) == ["1.1.running_mean", "1.1.running_var"]
    assert model.generators() == [source]
    assert not model.eval().layers[1].layers[3].training
    check_layer(model, rng(5).normal(size=(4, 2)), rng=rng(6))
    assert model.train().layers[1].layers[1].training
    model(rng(5).normal(size=(4, 2)))
    assert model.buffers["1.1.running_mean"].any()
    model.backward(np.ones((4, 3)))
    assert list(model.grads) == list(model.params)
    model.params["1.1.gamma"] = np.zeros(3)
    model.params["2.0.0.W"] = np.zeros((3, 3))
    x = rng(5).normal(size=(4, 2))
    doubled = 2 * model.layers[0](x)  # the blocks are shut but for their shortcuts, x + 0 and x + (x + 0)
    np.testing.assert_array_equal(model.eval()(x), doubled)


def test_mode_reaches_every_layer_and_is_returned():
    model = Sequential(Tanh(), Sequential(Tanh(), Residual(Tanh())))
    everyone = [model, *model.layers, *model.layers[1].layers, *model.layers[1].layers[1].layers]
    assert len(everyone) == 6
    assert model.eval() is model
    assert not any(layer.training for layer in everyone)
    assert model.train() is model
    assert all(layer.training for layer in everyone)


def test_before_the_first_backward_there_are_no_gradients_and_the_layer_trains():
    for layer in (Linear(2, 3, rng=rng()), Sequential(Tanh()), BatchNorm(2), Flatten()):
        assert layer.grads == {}
        assert layer.training is True
        assert layer.eval().training is False


def test_leaky_relu_as_a_layer_has_the_slope_of_the_function():
    for options in ({}, {"slope": 0.25}):
        layer = LeakyReLU(**options)
        np.testing.assert_array_equal(layer([-2.0, 3.0]), activations.leaky_relu([-2.0, 3.0], **options))
        np.testing.assert_array_equal(layer.backward([1, 1]), activations.d_leaky_relu([-2.0, 3.0], **options))
