from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlnotes.gradients import GradientError, check_layer
from dlnotes.layers import Linear, Sequential
from dlnotes.normalization import BatchNorm

REFERENCE = np.load(Path(__file__).parent / "reference" / "normalization.npz")
TOLERANCE = {"float64": 1e-12, "float32": 5e-6}
SETTINGS = {"rows": {}, "images": {}, "settings": {"momentum": 0.3, "eps": 0.01}}
SHAPES = [(2, 1), (3, 5), (7, 2), (2, 1, 1, 1), (1, 3, 2, 1), (3, 2, 1, 5), (2, 3, 5, 3)]


def rng(seed=3):
    return np.random.default_rng(seed)


def layer_for(x, **settings):
    """A layer for `x` whose gamma, beta and running statistics are all different."""
    layer, size = BatchNorm(x.shape[1], dtype=x.dtype, **settings), x.shape[1]
    layer.params["gamma"] = rng(5).normal(1, 1, size).astype(x.dtype)
    layer.params["beta"] = rng(6).normal(0, 1, size).astype(x.dtype)
    layer.buffers["running_mean"] = rng(7).normal(0, 1, size).astype(x.dtype)
    layer.buffers["running_var"] = rng(8).uniform(0.5, 2, size).astype(x.dtype)
    return layer


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", SETTINGS)
def test_two_training_steps_and_one_of_inference_are_pytorch_s(case, dtype):
    def reference(name):
        return REFERENCE[f"{case}.{name}"]

    layer = BatchNorm(len(reference("gamma")), dtype=dtype, **SETTINGS[case])
    layer.params = {name: reference(name).astype(dtype) for name in ("gamma", "beta")}
    for t in range(3):
        if t == 2:
            layer.eval()
        y = layer(reference(f"x{t}").astype(dtype))
        dx = layer.backward(reference(f"dout{t}").astype(dtype))
        found = {"y": y, "dx": dx, "dgamma": layer.grads["gamma"], "dbeta": layer.grads["beta"], **layer.buffers}
        assert len(found) == 6
        for name, array in found.items():
            expected = reference(f"{name}{t}.{dtype}")
            assert array.dtype == expected.dtype == dtype
            np.testing.assert_allclose(array, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype], err_msg=name)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_backward_agrees_with_central_differences_in_training_and_in_inference(shape, training):
    x = rng().normal(2, 3, size=shape)
    layer = layer_for(x, eps=0.1)
    layer.training = training
    report = check_layer(layer, x, rng=rng(9))
    assert set(report.errors) == {"x", "gamma", "beta"}


def test_the_backward_of_inference_is_wrong_in_training():
    class Constant(BatchNorm):
        def backward(self, dout):
            x_c, gamma, rsd, _ = self._saved
            self._saved = x_c, gamma, rsd, False
            return super().backward(dout)

    with pytest.raises(GradientError, match="x at"):
        check_layer(Constant(3), rng().normal(size=(4, 3)), rng=rng(9))


def test_backward_uses_the_mode_of_its_forward():
    x, dout = rng().normal(size=(5, 3)), rng(4).normal(size=(5, 3))
    layer, other = layer_for(x), layer_for(x)
    layer(x)
    other(x)
    layer.eval()
    np.testing.assert_array_equal(layer.backward(dout), other.backward(dout))


@pytest.mark.parametrize("shape", SHAPES)
def test_training_is_the_formula_written_with_loops(shape):
    x = rng().normal(1, 2, size=shape)
    layer = layer_for(x)
    gamma, beta = layer.params["gamma"], layer.params["beta"]
    running_mean, running_var = layer.buffers["running_mean"], layer.buffers["running_var"]
    y = layer(x)
    for c in range(shape[1]):
        values = [float(v) for v in x[:, c].ravel()]
        M = len(values)
        mean = sum(values) / M
        squares = sum((v - mean) ** 2 for v in values)
        expected = gamma[c] * (x[:, c] - mean) / np.sqrt(squares / M + 1e-5) + beta[c]
        np.testing.assert_allclose(y[:, c], expected, rtol=1e-10, atol=1e-12)
        assert layer.buffers["running_mean"][c] == pytest.approx(0.9 * running_mean[c] + 0.1 * mean, rel=1e-12)
        assert layer.buffers["running_var"][c] == pytest.approx(
            0.9 * running_var[c] + 0.1 * squares / (M - 1), rel=1e-12
        )


def test_inference_uses_the_running_statistics_and_leaves_them():
    x = rng().normal(size=(4, 3, 2, 2))
    layer = layer_for(x).eval()
    before = dict(layer.buffers)
    y = layer(x)
    mean, var = before["running_mean"][:, None, None], before["running_var"][:, None, None]
    gamma, beta = layer.params["gamma"][:, None, None], layer.params["beta"][:, None, None]
    np.testing.assert_allclose(y, gamma * (x - mean) / np.sqrt(var + 1e-5) + beta, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(y[:1], layer(x[:1]), rtol=1e-15)
    assert all(layer.buffers[name] is before[name] for name in before)


def test_it_starts_as_plain_normalisation():
    layer = BatchNorm(3, dtype=np.float32)
    assert list(layer.params) == ["gamma", "beta"]
    assert list(layer.buffers) == ["running_mean", "running_var"]
    for name, value in {"gamma": 1, "beta": 0, "running_mean": 0, "running_var": 1}.items():
        array = {**layer.params, **layer.buffers}[name]
        np.testing.assert_array_equal(array, np.full(3, value, np.float32))
        assert array.dtype == np.float32
    x = rng().normal(5, 3, size=(50, 3)).astype(np.float32)
    y = layer(x)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(y.std(axis=0), 1, atol=1e-5)


@pytest.mark.parametrize(("momentum", "mean"), [(0.0, 0.0), (0.25, 2.5), (1.0, 10.0)])
def test_momentum_weighs_the_batch(momentum, mean):
    layer = BatchNorm(1, momentum=momentum)
    layer([[9.0], [11.0]])
    assert layer.buffers["running_mean"] == mean
    assert layer.buffers["running_var"] == (1 - momentum) + momentum * 2


@pytest.mark.parametrize("shape", [(1000, 4), (64, 4, 7, 7)])
@pytest.mark.parametrize("mean", [1e4, 1e6])
def test_a_mean_that_dwarfs_the_deviation_costs_float32_no_digits(shape, mean):
    x = (mean + rng().normal(size=shape)).astype(np.float32)
    layer = BatchNorm(4, dtype=np.float32)
    exact, centred = BatchNorm(4), BatchNorm(4)
    np.testing.assert_allclose(layer(x), exact(x.astype(np.float64)), atol=2e-5)
    np.testing.assert_allclose(layer.buffers["running_var"], exact.buffers["running_var"], rtol=1e-5)
    np.testing.assert_allclose(layer.buffers["running_mean"], exact.buffers["running_mean"], rtol=2e-7)
    dout = rng(4).normal(size=shape)
    centred(x.astype(np.float64) - mean)
    np.testing.assert_allclose(layer.backward(dout.astype(np.float32)), centred.backward(dout), atol=2e-5)


@given(st.sampled_from([(5, 3), (3, 2, 4, 3)]), st.floats(0.1, 10), st.floats(-10, 10), st.integers(0, 2**32 - 1))
def test_scale_and_shift_of_the_input_change_nothing(shape, scale, shift, seed):
    x = rng(seed).normal(size=shape)
    layer = BatchNorm(shape[1], eps=1e-12)
    np.testing.assert_allclose(layer(scale * x + shift), layer(x), atol=1e-7)


@pytest.mark.parametrize("shape", SHAPES[2:])
def test_the_gradient_of_the_input_sums_to_zero_over_each_feature(shape):
    x = rng().normal(size=shape)
    layer = layer_for(x)
    layer(x)
    axes = (0, 2, 3)[: x.ndim - 1]
    np.testing.assert_allclose(layer.backward(rng(4).normal(size=shape)).sum(axis=axes), 0, atol=1e-12)


def test_a_constant_feature_becomes_beta():
    x = np.full((6, 2), 0.1, np.float32)
    layer = layer_for(x)
    np.testing.assert_array_equal(layer(x), np.broadcast_to(layer.params["beta"], (6, 2)))
    assert np.isfinite(layer.backward(x)).all()


def test_a_bias_before_it_gets_no_gradient():
    model = Sequential(Linear(4, 3, rng=rng()), BatchNorm(3))
    model(rng().normal(size=(6, 4)))
    model.backward(rng(1).normal(size=(6, 3)))
    np.testing.assert_allclose(model.grads["0.b"], 0, atol=1e-14)
    assert list(model.buffers) == ["1.running_mean", "1.running_var"]


def test_layouts_agree():
    x = rng().normal(size=(4, 3, 2, 5))
    rows = np.moveaxis(x, 1, -1).reshape(-1, 3)
    images, flat = layer_for(x), layer_for(x)
    np.testing.assert_allclose(np.moveaxis(images(x), 1, -1).reshape(-1, 3), flat(rows), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(
        np.moveaxis(images.backward(x), 1, -1).reshape(-1, 3), flat.backward(rows), rtol=1e-10, atol=1e-13
    )


def test_memory_order_does_not_matter_and_arguments_stay():
    x, dout = rng().normal(size=(4, 3, 2, 5)), rng(4).normal(size=(4, 3, 2, 5))
    kept, plain, turned = (x.copy(), dout.copy()), layer_for(x), layer_for(x)
    y, dx = plain(x), plain.backward(dout)
    np.testing.assert_allclose(turned(np.asfortranarray(x)), y, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(turned.backward(dout[:, ::-1][:, ::-1]), dx, rtol=1e-10, atol=1e-13)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(dout, kept[1])


def test_a_refused_batch_leaves_the_running_statistics_and_no_backward():
    layer = BatchNorm(2)
    layer(rng().normal(size=(3, 2)))
    before = {name: array.copy() for name, array in layer.buffers.items()}
    with pytest.raises(ValueError, match="more than one value"):
        layer(np.ones((1, 2)))
    assert all(np.array_equal(layer.buffers[name], before[name]) for name in before)
    with pytest.raises(RuntimeError, match="BatchNorm: call forward before backward"):
        layer.backward(np.ones((1, 2)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_overflow_and_nan_give_no_warning(dtype):
    layer = BatchNorm(1, dtype=dtype)
    for values in ([np.finfo(dtype).max, -np.finfo(dtype).max], [np.nan, 1], [np.inf, 1]):
        for mode in (layer.train(), layer.eval()):
            assert mode(np.array(values, dtype)[:, None]).dtype == dtype
            assert mode.backward(np.array(values, dtype)[:, None]).dtype == dtype


def rebound(**arrays):
    layer = BatchNorm(2)
    for name, array in arrays.items():
        (layer.params if name in layer.params else layer.buffers)[name] = array
    return layer(np.ones((2, 2)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: BatchNorm(3)(np.ones((4, 2))),
            ValueError,
            r"BatchNorm expects \(N, 3\) or \(N, 3, H, W\), got \(4, 2\)",
        ),
        (lambda: BatchNorm(3)(np.ones((4, 3, 2))), ValueError, r"got \(4, 3, 2\)"),
        (lambda: BatchNorm(3)(np.ones(3)), ValueError, r"got \(3,\)"),
        (lambda: BatchNorm(3)(np.ones((0, 3))), ValueError, r"got \(0, 3\)"),
        (lambda: BatchNorm(3)(np.ones((2, 3, 0, 1))), ValueError, r"got \(2, 3, 0, 1\)"),
        (
            lambda: BatchNorm(3)(np.ones((1, 3))),
            ValueError,
            r"more than one value per feature in training, got \(1, 3\)",
        ),
        (lambda: BatchNorm(3)(np.ones((1, 3, 1, 1))), ValueError, r"in training, got \(1, 3, 1, 1\)"),
        (lambda: BatchNorm(3)(np.ones((2, 3), np.float32)), TypeError, "BatchNorm expects float64.*, got float32"),
        (lambda: BatchNorm(3)([["a"] * 3] * 2), TypeError, "BatchNorm expects real numbers as x"),
        (lambda: BatchNorm(3).backward(np.ones((2, 3))), RuntimeError, "BatchNorm: call forward before backward"),
        (lambda: rebound(gamma=np.ones(3)), ValueError, r"beta of shape \(3,\) of float64, got \(2,\)"),
        (lambda: rebound(gamma=np.float64(1)), ValueError, r"gamma of shape \(D,\) or \(C,\), got \(\)"),
        (lambda: rebound(beta=np.ones(2, np.float32)), ValueError, r"beta of shape.*, got \(2,\) of float32"),
        (lambda: rebound(running_mean=np.ones(1)), ValueError, r"running_mean of shape \(2,\).*, got \(1,\)"),
        (lambda: rebound(running_var=np.ones((2, 1))), ValueError, r"running_var of shape \(2,\).*, got \(2, 1\)"),
        (lambda: BatchNorm(0), ValueError, "BatchNorm expects n_features >= 1, got 0"),
        (lambda: BatchNorm(2.0), TypeError, "expects an integer as n_features, got float"),
        (lambda: BatchNorm(2, momentum=1.5), ValueError, "momentum from 0 to 1, got 1.5"),
        (lambda: BatchNorm(2, momentum=-0.1), ValueError, "momentum from 0 to 1, got -0.1"),
        (lambda: BatchNorm(2, eps=0), ValueError, "eps > 0, got 0"),
        (lambda: BatchNorm(2, dtype=np.float16), TypeError, "dtype float32 or float64, got float16"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_lists_and_integers_are_taken_as_input():
    for x in ([[1, 2], [3, 5]], [[1.0, 2.0], [3.0, 5.0]], np.array([[1, 2], [3, 5]])):
        assert BatchNorm(2, dtype=np.float32)(x).dtype == np.float32
