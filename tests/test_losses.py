from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dlnotes import losses
from dlnotes.activations import d_sigmoid, d_softmax, sigmoid, softmax
from dlnotes.gradients import check_gradient

REFERENCE = np.load(Path(__file__).parent / "reference" / "losses.npz")
TOLERANCE = {"float64": 1e-12, "float32": 5e-6}
SQUARES = ["half_squared_error", "mean_squared_error"]
BINARY = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]
CATEGORICAL = ["cross_entropy", "cross_entropy_with_logits"]
ALL = SQUARES + BINARY + CATEGORICAL

# name in the reference: prediction, targets
CASES = {
    "half_squared_error": ("y", "d"),
    "mean_squared_error": ("y", "d"),
    "binary_cross_entropy": ("p", "yes"),
    "binary_cross_entropy_with_logits": ("u", "yes"),
    "cross_entropy": ("p", "labels"),
    "cross_entropy.soft": ("p", "soft"),
    "cross_entropy_with_logits": ("u", "labels"),
    "cross_entropy_with_logits.soft": ("u", "soft"),
}
logits = arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.floats(-1000, 1000))


def pair(name):
    return getattr(losses, name), getattr(losses, f"d_{name}")


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", CASES)
def test_loss_and_gradient_agree_with_pytorch(case, dtype):
    loss, gradient = pair(case.removesuffix(".soft"))
    first, second = CASES[case]
    y, d = REFERENCE[first].astype(dtype), REFERENCE[second]
    if d.dtype == np.float64:
        d = d.astype(dtype)
    for got, key in ((loss(y, d), case), (gradient(y, d), f"d_{case}")):
        assert got.dtype == dtype
        np.testing.assert_allclose(got, REFERENCE[f"{key}.{dtype}"], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (3, 2), (7, 3), (4,)])
@pytest.mark.parametrize("name", ALL)
def test_gradient_agrees_with_central_differences(name, shape):
    rng = np.random.default_rng(sum(shape))
    loss, gradient = pair(name)
    y = rng.normal(size=shape) if name in SQUARES or "logits" in name else rng.uniform(0.1, 0.9, shape)
    if name in CATEGORICAL:
        targets = [rng.dirichlet(np.ones(shape[-1]), shape[:-1]), rng.integers(0, shape[-1], shape[:-1])]
    else:
        targets = [rng.uniform(0, 1, shape)]
    for d in targets:
        check_gradient(lambda v, d=d: loss(v, d), lambda v, d=d: gradient(v, d), y)


def test_the_note_s_value():
    y = np.array([[0.1, 0.2, 0.7], [0.7, 0.1, 0.2], [0.1, 0.7, 0.2]])
    d = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    assert -np.sum(np.log(y[np.arange(3), [2, 0, 1]] + 1e-7)) / 3 == 0.3566748010815999
    assert losses.cross_entropy(y, d) == pytest.approx(-np.log(0.7), rel=1e-15)


def test_values_worked_by_hand():
    y, d = [[1.0, 2.0], [3.0, 5.0]], [[0.0, 0.0], [0.0, 1.0]]
    assert losses.half_squared_error(y, d) == (1 + 4 + 9 + 16) / 2 / 2
    assert losses.mean_squared_error(y, d) == (1 + 4 + 9 + 16) / 4
    assert losses.half_squared_error(y[1], d[1]) == 12.5
    np.testing.assert_array_equal(losses.d_half_squared_error(y[1], d[1]), [3, 4])
    assert losses.binary_cross_entropy([0.5, 0.25], [1, 0]) == pytest.approx((np.log(2) - np.log(0.75)) / 2, rel=1e-15)
    assert losses.cross_entropy([0.5, 0.5], 1) == pytest.approx(np.log(2), rel=1e-15)


@given(logits, st.data())
def test_labels_one_hot_rows_and_booleans_are_the_same(u, data):
    n, k = u.shape
    labels = data.draw(arrays(np.int64, n, elements=st.integers(0, k - 1)))
    rows = np.eye(k)[labels]
    for name in CATEGORICAL:
        y = softmax(u) if name == "cross_entropy" else u
        loss, gradient = pair(name)
        assert loss(y, labels) == loss(y, rows) == loss(y, rows.astype(bool)) == loss(y, rows.astype(int))
        np.testing.assert_array_equal(gradient(y, labels), gradient(y, rows))


@given(logits, st.data())
def test_gradient_of_softmax_cross_entropy_sums_to_zero_over_classes(u, data):
    labels = data.draw(arrays(np.int64, len(u), elements=st.integers(0, u.shape[1] - 1)))
    np.testing.assert_allclose(losses.d_cross_entropy_with_logits(u, labels).sum(axis=1), 0, atol=1e-15)


@given(logits, st.floats(-100, 100), st.data())
def test_cross_entropy_does_not_change_under_a_shift_of_the_logits(u, shift, data):
    labels = data.draw(arrays(np.int64, len(u), elements=st.integers(0, u.shape[1] - 1)))
    got, expected = (losses.cross_entropy_with_logits(v, labels) for v in (u + shift, u))
    assert got == pytest.approx(expected, rel=1e-11, abs=1e-11)


def test_with_logits_agrees_with_the_loss_of_the_activation():
    rng = np.random.default_rng(4)
    u, d, yes = rng.normal(size=(5, 3)), rng.dirichlet(np.ones(3), 5), rng.uniform(0, 1, (5, 3))
    assert losses.cross_entropy_with_logits(u, d) == pytest.approx(losses.cross_entropy(softmax(u), d))
    assert losses.binary_cross_entropy_with_logits(u, yes) == pytest.approx(
        losses.binary_cross_entropy(sigmoid(u), yes)
    )
    chained = np.einsum("nk,nkj->nj", losses.d_cross_entropy(softmax(u), d), d_softmax(u))
    np.testing.assert_allclose(chained, losses.d_cross_entropy_with_logits(u, d), atol=1e-15)
    chained = losses.d_binary_cross_entropy(sigmoid(u), yes) * d_sigmoid(u)
    np.testing.assert_allclose(chained, losses.d_binary_cross_entropy_with_logits(u, yes), atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_a_thousand_have_exact_losses(dtype):
    u = np.array([[1000, -1000], [-1000, 1000]], dtype=dtype)
    for d, expected in (([0, 1], 0), ([1, 0], 2000), ([0, 0], 1000)):
        loss = losses.cross_entropy_with_logits(u, d)
        assert loss == expected
        assert loss.dtype == dtype
    assert losses.binary_cross_entropy_with_logits(u, [[1, 0], [0, 1]]) == 0
    assert losses.binary_cross_entropy_with_logits(u, [[0, 1], [1, 0]]) == 2000
    for name in ("binary_cross_entropy_with_logits", "cross_entropy_with_logits"):
        gradient = getattr(losses, f"d_{name}")(u, [[0, 1], [1, 0]])
        np.testing.assert_array_equal(gradient, [[0.5, -0.5], [-0.5, 0.5]])
        assert gradient.dtype == dtype


def test_probability_zero_costs_nothing_if_it_did_not_happen_and_infinity_if_it_did():
    assert losses.cross_entropy([[0.0, 1.0]], [1]) == 0
    assert losses.cross_entropy([[0.0, 1.0]], [0]) == np.inf
    np.testing.assert_array_equal(losses.d_cross_entropy([[0.0, 1.0]], [1]), [[0, -1]])
    np.testing.assert_array_equal(losses.d_cross_entropy([[0.0, 1.0]], [0]), [[-np.inf, 0]])
    assert losses.binary_cross_entropy([0.0, 1.0], [0, 1]) == 0
    assert losses.binary_cross_entropy([0.0], [1]) == np.inf
    assert losses.binary_cross_entropy([1.0], [0]) == np.inf
    np.testing.assert_array_equal(losses.d_binary_cross_entropy([0.0, 1.0], [0, 1]), [0.5, -0.5])
    np.testing.assert_array_equal(losses.d_binary_cross_entropy([0.0, 1.0], [1, 0]), [-np.inf, np.inf])


def test_a_probability_beyond_one_by_rounding_is_one():
    assert losses.cross_entropy([[1 + 1e-15, -1e-17]], [0]) == 0


@pytest.mark.parametrize("name", ALL)
def test_float32_predictions_decide_the_dtype(name):
    loss, gradient = pair(name)
    y, d = np.full((2, 2), 0.5, dtype=np.float32), np.eye(2)
    assert loss(y, d).dtype == gradient(y, d).dtype == np.float32
    assert loss([[0, 1]], [[0, 1]]).dtype == np.float64


@pytest.mark.parametrize("name", [name for name in ALL if name not in ("binary_cross_entropy", "cross_entropy")])
def test_nan_in_a_prediction_shows_in_the_loss(name):
    loss, gradient = pair(name)
    y, d = np.array([[np.nan, 0.0], [np.inf, 1e308]]), np.eye(2)
    assert np.isnan(loss(y, d))
    assert np.isnan(gradient(y, d)[0, 0])


@pytest.mark.parametrize("prefix", ["", "d_"])
class TestErrors:
    def raises(self, prefix, name, error, message, y, d):
        with pytest.raises(error, match=message):
            getattr(losses, prefix + name)(y, d)

    @pytest.mark.parametrize("name", ALL)
    @pytest.mark.parametrize("shape", [(0, 3), (0,)])
    def test_empty_batch(self, name, prefix, shape):
        message = f"{prefix}{name} expects at least one sample as ., got shape"
        self.raises(prefix, name, ValueError, message, np.zeros(shape), np.zeros(shape))

    @pytest.mark.parametrize("name", SQUARES + BINARY)
    def test_nothing_is_broadcast(self, name, prefix):
        message = r"of the same shape, got \(4, 1\) and \(4,\)"
        self.raises(prefix, name, ValueError, message, np.full((4, 1), 0.5), np.zeros(4))

    @pytest.mark.parametrize("name", ALL)
    def test_too_many_axes(self, name, prefix):
        message = r"as ., got \(2, 2, 2\)"
        self.raises(prefix, name, ValueError, message, np.full((2, 2, 2), 0.5), np.zeros((2, 2, 2)))

    @pytest.mark.parametrize("name", SQUARES)
    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_targets_that_are_not_finite(self, name, prefix, bad):
        self.raises(prefix, name, ValueError, f"finite numbers as d, got {bad}", [1.0, 2.0], [0.0, bad])

    @pytest.mark.parametrize("name", BINARY)
    @pytest.mark.parametrize("bad", [np.nan, -1.0, 2.0])
    def test_binary_targets_out_of_range(self, name, prefix, bad):
        message = f"targets between 0 and 1 as d, got {bad}"
        self.raises(prefix, name, ValueError, message, [0.5, 0.5], [0.0, bad])

    @pytest.mark.parametrize("name", ["binary_cross_entropy", "cross_entropy"])
    @pytest.mark.parametrize("bad", [np.nan, -0.1, 1.1])
    def test_predictions_that_are_no_probabilities(self, name, prefix, bad):
        message = f"probabilities between 0 and 1 as y, got {bad}"
        self.raises(prefix, name, ValueError, message, [[0.5, bad]], [[0, 1]])

    @pytest.mark.parametrize("name", CATEGORICAL)
    @pytest.mark.parametrize("bad", [-1, 3])
    def test_labels_out_of_range(self, name, prefix, bad):
        message = f"labels from 0 to 2 as d, got {bad}"
        self.raises(prefix, name, ValueError, message, np.full((2, 3), 0.3), [0, bad])

    @pytest.mark.parametrize("name", CATEGORICAL)
    @pytest.mark.parametrize("bad", [[0.0, 1.0], [True, False], ["a", "b"]])
    def test_labels_that_are_no_integers(self, name, prefix, bad):
        self.raises(prefix, name, TypeError, "integers as labels d, got dtype", np.full((2, 3), 0.3), bad)

    @pytest.mark.parametrize("name", CATEGORICAL)
    def test_labels_of_another_length(self, name, prefix):
        message = r"labels \(2,\) or rows \(2, 3\) as d for . of shape \(2, 3\), got \(3,\)"
        self.raises(prefix, name, ValueError, message, np.full((2, 3), 0.3), [0, 1, 2])

    @pytest.mark.parametrize("name", CATEGORICAL)
    def test_rows_that_do_not_sum_to_one(self, name, prefix):
        message = r"rows that sum to 1 as d, got a sum of 2\.0"
        self.raises(prefix, name, ValueError, message, np.full((2, 3), 0.3), [[1, 0, 0], [1, 1, 0]])

    @pytest.mark.parametrize("name", CATEGORICAL)
    def test_rows_with_a_negative_target(self, name, prefix):
        message = r"targets between 0 and 1 as d, got -1\.0"
        self.raises(prefix, name, ValueError, message, np.full((1, 3), 0.3), [[1, 1, -1]])

    @pytest.mark.parametrize("name", CATEGORICAL)
    def test_a_number_is_no_prediction(self, name, prefix):
        self.raises(prefix, name, ValueError, r"expects \(K,\) or \(N, K\) as ., got \(\)", 0.5, 0)

    @pytest.mark.parametrize("name", ALL)
    @pytest.mark.parametrize("bad", [["a", "b"], [1j, 2], [None, 1], [True, False]])
    def test_predictions_that_are_no_real_numbers(self, name, prefix, bad):
        self.raises(prefix, name, TypeError, "expects real numbers as ., got dtype", bad, [0.0, 1.0])


@pytest.mark.parametrize(("name", "expected"), [("half_squared_error", 0.5), ("mean_squared_error", 1.0)])
def test_targets_of_regression_may_be_booleans(name, expected):
    assert getattr(losses, name)([[2.0]], [[True]]) == expected
    np.testing.assert_array_equal(getattr(losses, f"d_{name}")([[1.5]], [[False]]), [[3 * expected]])


def test_a_single_probability_without_an_axis_is_one_sample():
    assert losses.binary_cross_entropy(0.5, 1) == pytest.approx(np.log(2), rel=1e-15)
    assert losses.binary_cross_entropy_with_logits(0.0, True) == pytest.approx(np.log(2), rel=1e-15)
    assert losses.d_binary_cross_entropy_with_logits(0.0, 1) == -0.5


def test_a_probability_below_zero_by_rounding_is_zero():
    assert losses.cross_entropy([-1e-12, 1.0], 0) == np.inf
    assert losses.binary_cross_entropy(-1e-12, 1.0) == np.inf


def test_a_single_sample_wants_one_label():
    with pytest.raises(ValueError, match=r"expects labels \(\) or rows \(3,\) as d for u of shape \(3,\), got \(2,\)"):
        losses.cross_entropy_with_logits([1.0, 2.0, 3.0], [0, 1])
