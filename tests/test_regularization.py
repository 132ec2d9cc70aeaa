import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlnotes.gradients import GradientError, check_gradient, check_layer
from dlnotes.layers import Dropout, Flatten, Linear, ReLU, Sequential, d_l2_penalty, l2_penalty
from dlnotes.normalization import BatchNorm


def rng(seed=3):
    return np.random.default_rng(seed)


class Reseeded(Dropout):
    """Draws the same mask in each forward pass: differences of a loss need the same function twice."""

    def forward(self, x):
        self.rng = rng(11)
        return super().forward(x)


@pytest.mark.parametrize("p", [0, 0.3, 0.8, 1])
@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (3, 2, 5, 3)])
def test_dropout_backward_agrees_with_central_differences(shape, p):
    check_layer(Reseeded(p, rng=rng()), rng().normal(size=shape), rng=rng(4))


def test_the_book_s_backward_without_the_scale_is_found_wrong():
    class Unscaled(Reseeded):
        def backward(self, dout):
            return super().backward(dout) * (1 - self.p)

    with pytest.raises(GradientError, match="x at"):
        check_layer(Unscaled(0.5, rng=rng()), rng().normal(size=(7, 5)), rng=rng(4))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.75])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_drops_or_scales_and_backward_has_the_same_mask(p, dtype):
    layer, x = Dropout(p, rng=rng()), np.ones((100, 101), dtype)
    y = layer(x)
    assert y.dtype == dtype
    assert y.shape == x.shape
    np.testing.assert_allclose(np.unique(y), [0, 1 / (1 - p)], rtol=1e-7)
    assert (y == 0).mean() == pytest.approx(p, abs=0.02)
    np.testing.assert_array_equal(layer.backward(x), y)
    assert layer.backward(x).dtype == dtype
    np.testing.assert_array_equal(x, 1)
    assert not np.array_equal(layer(x), y)


@pytest.mark.parametrize("p", [1e-5, 0.3, 1 - 1e-5])
def test_dropout_meets_p_beyond_sixteen_bits(p):
    """Rounded to 1/65536, p = 1e-5 would be 1.5e-5: 183 in place of 120, six standard deviations."""
    layer, n = Dropout(p, rng=rng()), 12_000_000
    dropped = n - np.count_nonzero(layer(np.ones(n, np.float32)))
    assert abs(dropped - n * p) < 4 * np.sqrt(n * p * (1 - p))


def test_a_tie_of_the_sixteen_bits_is_decided_by_a_float():
    class Ties:
        """Random bits that always tie, then floats either side of the border."""

        def integers(self, low, high, *, size, dtype):
            assert (low, high, dtype) == (0, 2**64, np.uint64)
            return np.full(4 * size, 0.3 * 2**16, np.uint16).view(np.uint64)

        def random(self, n):
            return np.resize([0.79, 0.81], n)  # 0.3 * 2^16 = 19660.8

    layer = Dropout(0.3, rng=rng())
    layer.rng = Ties()
    np.testing.assert_allclose(layer(np.ones(6)), [0, 1 / 0.7, 0, 1 / 0.7, 0, 1 / 0.7])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 1001])
def test_dropout_masks_every_entry_by_itself(size):
    """Each pair of entries drops together with p^2: neighbours of one draw do not share their bits."""
    layer = Dropout(0.5, rng=rng())
    masks = np.array([layer(np.ones(size)) > 0 for _ in range(400)])[:, :6].astype(float)
    correlation = np.atleast_2d(np.corrcoef(masks.T))
    np.testing.assert_allclose(correlation, np.eye(len(correlation)), atol=0.25)
    np.testing.assert_allclose(masks.mean(axis=0), 0.5, atol=0.13)


def test_the_expectation_of_dropout_is_its_input():
    x = rng().normal(size=50)
    layer = Dropout(0.4, rng=rng(1))
    mean = np.mean([layer(x) for _ in range(4000)], axis=0)
    np.testing.assert_allclose(mean, x, atol=5 * np.abs(x).max() * np.sqrt(0.4 / 0.6 / 4000))


def test_dropout_of_nothing_and_of_everything():
    x, dout = rng().normal(size=(6, 5)), rng(4).normal(size=(6, 5))
    none, every = Dropout(0, rng=rng()), Dropout(1, rng=rng())
    np.testing.assert_array_equal(none(x), x)
    np.testing.assert_array_equal(none.backward(dout), dout)
    np.testing.assert_array_equal(every(x), np.zeros_like(x))
    np.testing.assert_array_equal(every.backward(dout), np.zeros_like(x))


def test_in_inference_dropout_is_the_identity_and_draws_nothing():
    source = rng()
    layer, x = Dropout(0.5, rng=source).eval(), rng(1).normal(size=(4, 3))
    state = source.bit_generator.state
    y, dx = layer(x), layer.backward(x)
    assert source.bit_generator.state == state
    for result in (y, dx):
        np.testing.assert_array_equal(result, x)
        assert not np.shares_memory(result, x)


def test_dropout_backward_uses_the_mode_of_its_forward():
    layer, x = Dropout(0.5, rng=rng()), np.ones((8, 8))
    y = layer(x)
    np.testing.assert_array_equal(layer.eval().backward(x), y)


def test_one_seed_gives_one_mask_in_both_dtypes():
    single, double = (Dropout(0.5, rng=rng(8))(np.ones((9, 7), t)) for t in (np.float32, np.float64))
    np.testing.assert_array_equal(single, double)


def test_generators_are_those_of_the_layers_each_once():
    first, second = rng(1), rng(2)
    model = Sequential(
        Dropout(0.5, rng=first), Sequential(Dropout(0.5, rng=second), Linear(2, 2, rng=rng())), Dropout(0.1, rng=first)
    )
    assert [id(source) for source in model.generators()] == [id(first), id(second)]
    assert Linear(2, 2, rng=rng()).generators() == []


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("training", [True, False])
def test_dropout_gives_no_warning_on_overflow(dtype, training):
    layer = Dropout(0.5, rng=rng())
    layer.training = training
    for value in (np.finfo(dtype).max, np.inf, np.nan):
        x = np.full((5, 5), value, dtype)
        assert layer(x).dtype == layer.backward(x).dtype == dtype


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (2, 3, 1), (2, 3, 4, 5)])
def test_flatten_is_a_reshape_there_and_back(shape):
    x, layer = rng().normal(size=shape), Flatten()
    check_layer(layer, x, rng=rng(4))
    y = layer(x)
    assert y.shape == (shape[0], np.prod(shape[1:]))
    np.testing.assert_array_equal(y[-1], x[-1].ravel())
    np.testing.assert_array_equal(layer.backward(y), x)


def test_flatten_keeps_the_order_of_entries_whatever_their_order_in_memory():
    x = rng().normal(size=(2, 3, 4, 5))
    np.testing.assert_array_equal(Flatten()(np.asfortranarray(x)), Flatten()(x))
    y = Flatten()(x.astype(np.float32))
    assert y.dtype == np.float32
    assert Flatten()([[[1, 2], [3, 4]]]).tolist() == [[1, 2, 3, 4]]


def network(dtype=np.float64):
    return Sequential(
        Linear(4, 5, rng=rng(), dtype=dtype), BatchNorm(5, dtype=dtype), Linear(5, 2, rng=rng(1), dtype=dtype)
    )


def test_the_penalty_is_over_weights_alone():
    model = network()
    for name in ("0.b", "1.gamma", "1.beta", "2.b"):
        model.params[name] = model.params[name] + 100
    squares = (model.params["0.W"] ** 2).sum() + (model.params["2.W"] ** 2).sum()
    assert l2_penalty(model.params, 0.3) == pytest.approx(0.15 * squares, rel=1e-14)
    gradient = d_l2_penalty(model.params, 0.3)
    assert list(gradient) == ["0.W", "2.W"]
    for name, array in gradient.items():
        np.testing.assert_array_equal(array, 0.3 * model.params[name])


def test_the_penalty_worked_by_hand():
    params = {"W": [[1.0, 2.0], [3.0, 4.0]], "b": [50.0], "0.conv.W": np.full((1, 1, 2, 1), 5.0), "0.VW": [9.0]}
    assert l2_penalty(params, 0.1) == pytest.approx(0.05 * (30 + 50))
    assert d_l2_penalty(params, 0.1)["W"].tolist() == pytest.approx(np.array([[0.1, 0.2], [0.3, 0.4]]))
    assert set(d_l2_penalty(params, 0.1)) == {"W", "0.conv.W"}


@given(st.integers(1, 5), st.integers(1, 5), st.floats(0, 10), st.integers(0, 2**32 - 1))
def test_the_gradient_of_the_penalty_agrees_with_central_differences(n, m, decay, seed):
    check_gradient(
        lambda W: l2_penalty({"W": W}, decay),
        lambda W: d_l2_penalty({"W": W}, decay)["W"],
        rng(seed).normal(size=(n, m)),
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_penalty_keeps_the_dtype_and_the_weights(dtype):
    model = network(dtype)
    before = {name: array.copy() for name, array in model.params.items()}
    assert l2_penalty(model.params, 0.1).dtype == dtype
    assert all(array.dtype == dtype for array in d_l2_penalty(model.params, 0.1).values())
    assert all(np.array_equal(model.params[name], before[name]) for name in before)
    big = {"W": np.full(3, np.finfo(dtype).max)}
    assert l2_penalty(big, 1.0) == np.inf
    assert np.isinf(d_l2_penalty(big, 2.0)["W"]).all()


def test_without_weights_or_without_decay_there_is_no_penalty():
    assert type(l2_penalty({"b": np.ones(2)}, 0.1)) is np.float64
    assert l2_penalty(Sequential(ReLU()).params, 0.1) == 0
    assert d_l2_penalty({}, 0.1) == {}
    assert l2_penalty({"W": [1.0]}, 0) == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Dropout(1.5, rng=rng()), ValueError, "Dropout expects p from 0 to 1, got 1.5"),
        (lambda: Dropout(-0.1, rng=rng()), ValueError, "Dropout expects p from 0 to 1, got -0.1"),
        (lambda: Dropout(np.nan, rng=rng()), ValueError, "finite numbers as p, got nan"),
        (lambda: Dropout("0.5", rng=rng()), TypeError, "real numbers as p"),
        (lambda: Dropout(0.5, rng=1), TypeError, r"Dropout expects rng=np\.random\.default_rng\(seed\), got int"),
        (lambda: Dropout(0.5, rng=rng())(np.ones((0, 3))), ValueError, r"at least one sample as x, got shape \(0, 3\)"),
        (lambda: Dropout(0.5, rng=rng())(["a"]), TypeError, "Dropout expects real numbers as x"),
        (lambda: Dropout(0.5, rng=rng()).backward([1.0]), RuntimeError, "Dropout: call forward before backward"),
        (lambda: after(Dropout(0.5, rng=rng())).backward(1.0), ValueError, r"dout of shape \(2, 3, 2\), got \(\)"),
        (lambda: Flatten()(np.ones(3)), ValueError, r"Flatten expects \(N, D, ...\) with N >= 1, got \(3,\)"),
        (lambda: Flatten()(np.ones((0, 3))), ValueError, r"got \(0, 3\)"),
        (lambda: Flatten()([["a"]]), TypeError, "Flatten expects real numbers as x"),
        (lambda: Flatten().backward([[1.0]]), RuntimeError, "Flatten: call forward before backward"),
        (lambda: after(Flatten()).backward(np.ones((2, 3, 2))), ValueError, r"dout of shape \(2, 6\), got \(2, 3, 2\)"),
        (lambda: l2_penalty({}, -1), ValueError, "l2_penalty expects weight_decay >= 0, got -1"),
        (lambda: d_l2_penalty({}, np.inf), ValueError, "d_l2_penalty expects finite numbers as weight_decay"),
        (lambda: l2_penalty({"0.W": "a"}, 1), TypeError, r"l2_penalty expects real numbers as 0\.W"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


def after(layer):
    layer(np.ones((2, 3, 2)))
    return layer


@pytest.mark.parametrize("layer", [Dropout(0.5, rng=rng()), Flatten()])
def test_after_a_refused_forward_backward_does_not_answer_for_the_batch_before(layer):
    layer(np.ones((3, 2)))
    with pytest.raises(ValueError, match="got"):
        layer(np.ones((0, 2)))
    with pytest.raises(RuntimeError, match="call forward before backward"):
        layer.backward(np.ones((3, 2)))
