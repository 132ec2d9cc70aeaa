from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dlnotes import activations
from dlnotes.activations import (
    d_leaky_relu,
    d_log_softmax,
    d_relu,
    d_sigmoid,
    d_softmax,
    identity,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    step,
    tanh,
)
from dlnotes.gradients import numerical_gradient

REFERENCE = np.load(Path(__file__).parent / "reference" / "activations.npz")
TOLERANCE = {"float64": 1e-12, "float32": 5e-6}
ELEMENTWISE = ["step", "identity", "sigmoid", "tanh", "relu", "leaky_relu"]
ROWWISE = ["softmax", "log_softmax"]
EVERY = [prefix + name for name in ELEMENTWISE + ROWWISE for prefix in ("", "d_")]

logits = arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(1, 7)),
    elements=st.floats(-1000, 1000),
)


def close(got, expected, dtype):
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "leaky_relu"])
@pytest.mark.parametrize("prefix", ["", "d_"])
def test_elementwise_functions_agree_with_pytorch(prefix, name, dtype):
    slope = {"slope": 0.1} if name == "leaky_relu" else {}
    u = REFERENCE["u"].astype(dtype)
    close(getattr(activations, prefix + name)(u, **slope), REFERENCE[f"{prefix}{name}.{dtype}"], dtype)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "d_softmax", "d_log_softmax"])
def test_rowwise_functions_agree_with_pytorch(name, dtype):
    rows = REFERENCE["rows"].astype(dtype)
    expected = REFERENCE[f"{name}.{dtype}"]
    function = getattr(activations, name)
    close(function(rows), expected, dtype)
    for row, wanted in zip(rows, expected, strict=True):
        close(function(row), wanted, dtype)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivatives_agree_with_central_differences(name):
    u = np.array([-3.1, -1.2, -0.3, 0.2, 0.9, 2.5])
    f, df = getattr(activations, name), getattr(activations, f"d_{name}")
    numerical = numerical_gradient(lambda v: f(v).sum(), u)
    np.testing.assert_allclose(df(u), numerical, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", ROWWISE)
def test_jacobians_agree_with_central_differences(name):
    u = np.random.default_rng(0).normal(size=(3, 5))
    f, df = getattr(activations, name), getattr(activations, f"d_{name}")
    for n in range(3):
        for i in range(5):
            row = numerical_gradient(lambda v, i=i: f(v)[i], u[n])
            np.testing.assert_allclose(df(u)[n, i], row, rtol=1e-8, atol=1e-9)


def test_conventions_at_zero():
    assert step(0) == 1
    assert d_relu(0) == 0
    assert d_leaky_relu(0, slope=0.2) == 0.2
    assert sigmoid(0) == 0.5
    assert d_sigmoid(0) == 0.25


def test_step_is_zero_below_and_one_from_zero_on():
    np.testing.assert_array_equal(step([-2, -1e-300, 0, 1e-300, 2]), [0, 0, 1, 1, 1])


def test_derivative_of_sigmoid_keeps_its_digits_where_one_minus_sigmoid_has_none():
    assert 1 - sigmoid(40.0) == 0
    np.testing.assert_allclose(d_sigmoid(40.0), np.exp(-40.0), rtol=1e-14)
    np.testing.assert_allclose(activations.d_tanh(30.0), 4 * np.exp(-60.0), rtol=1e-14)


def test_log_softmax_is_finite_where_the_logarithm_of_softmax_is_not():
    np.testing.assert_array_equal(log_softmax([0, -800]), [0, -800])
    assert softmax([0, -800])[1] == 0


def test_softmax_of_large_logits_is_that_of_small_ones():
    np.testing.assert_allclose(softmax([1000, 1001, 1002]), softmax([0, 1, 2]), rtol=1e-15)


@given(logits)
def test_softmax_rows_sum_to_one(u):
    y = softmax(u)
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-14)
    assert (y >= 0).all()
    assert (y <= 1).all()


@given(logits, st.floats(-1000, 1000))
def test_softmax_does_not_change_under_a_shift(u, shift):
    np.testing.assert_allclose(softmax(u + shift), softmax(u), rtol=1e-11, atol=1e-300)


@given(logits)
def test_log_softmax_is_the_logarithm_of_softmax_where_that_is_normal(u):
    y = softmax(u)
    seen = y > 1e-300
    np.testing.assert_allclose(log_softmax(u)[seen], np.log(y[seen]), rtol=1e-12, atol=1e-12)


@given(logits)
def test_jacobian_of_softmax_is_symmetric_with_rows_that_sum_to_zero(u):
    J = d_softmax(u)
    np.testing.assert_allclose(J, np.swapaxes(J, -1, -2), atol=1e-16)
    np.testing.assert_allclose(J.sum(axis=-1), 0, atol=1e-15)


@given(logits)
def test_softmax_of_two_is_a_sigmoid_and_tanh_is_one_too(u):
    v = u.ravel()
    np.testing.assert_allclose(softmax(np.stack([v, 0 * v], axis=-1))[:, 0], sigmoid(v), rtol=1e-12)
    np.testing.assert_allclose(tanh(v), 2 * sigmoid(2 * v) - 1, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", EVERY)
def test_extreme_values_give_no_warning_and_keep_the_dtype(name, dtype):
    u = np.array([[1000, -1000, 0], [-1000, -1000, -1000], [1e38, -1e38, 1]], dtype=dtype)
    before = u.copy()
    with np.errstate(all="warn"):
        y = getattr(activations, name)(u)
    assert np.isfinite(y).all()
    assert y.dtype == dtype
    np.testing.assert_array_equal(u, before)
    assert not np.shares_memory(u, y)


@pytest.mark.parametrize("name", EVERY)
def test_infinity_and_nan_give_no_warning(name):
    y = getattr(activations, name)(np.array([[np.inf, -np.inf, 0], [np.nan, 0, 0], [-np.inf, 0, 1]]))
    assert np.isnan(y[1]).any()
    assert np.isfinite(y[2]).any()


def test_minus_infinity_is_a_masked_class():
    np.testing.assert_array_equal(softmax([-np.inf, 0]), [0, 1])


@pytest.mark.parametrize("name", EVERY)
def test_lists_of_integers_become_float64(name):
    assert getattr(activations, name)([1, 2, 3]).dtype == np.float64


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_number_gives_a_number_and_any_shape_keeps_its_shape(name):
    for f in (getattr(activations, name), getattr(activations, f"d_{name}")):
        assert isinstance(f(0.5), np.float64)
        assert f(np.zeros((2, 3, 4))).shape == (2, 3, 4)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("bad", [["a"], [True], [1j], [None]])
def test_other_dtypes_are_a_type_error_that_names_the_function(name, bad):
    with pytest.raises(TypeError, match=rf"{name} expects real numbers as u, got dtype"):
        getattr(activations, name)(bad)


@pytest.mark.parametrize("mask", [[False, True], np.ma.nomask])
def test_masked_arrays_are_a_type_error_because_their_mask_would_be_lost(mask):
    masked = np.ma.array([1.0, 2.0], mask=mask)
    for function in (activations.sigmoid, activations.softmax):
        with pytest.raises(TypeError, match=r"expects a plain array as u, got MaskedArray"):
            function(masked)


def test_a_slope_beyond_float32_is_infinite_without_a_warning():
    u = np.float32([-1, 1])
    np.testing.assert_array_equal(activations.d_leaky_relu(u, 1e300), [np.inf, 1])


def test_ragged_rows_are_a_value_error():
    with pytest.raises(ValueError, match="sigmoid expects rows of equal length as u"):
        sigmoid([[1, 2], [3]])


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (3, 0), (2, 2, 2)])
def test_softmax_refuses_other_shapes(name, shape):
    with pytest.raises(ValueError, match=rf"{name} expects \(K,\) or \(N, K\) with N, K >= 1, got"):
        getattr(activations, name)(np.zeros(shape))


@pytest.mark.parametrize("f", [leaky_relu, d_leaky_relu])
def test_leaky_relu_takes_any_kind_of_number_as_slope(f):
    assert f(np.float32([-1, 1]), slope=np.float64(0.2)).dtype == np.float32
    assert leaky_relu(-10, slope=0.1) == -1
    with pytest.raises(ValueError, match="slope, got nan"):
        f([1.0], slope=np.nan)
    with pytest.raises(ValueError, match=r"one number as slope, got shape \(2,\)"):
        f([1.0], slope=[1, 2])
    with pytest.raises(TypeError, match="real numbers as slope"):
        f([1.0], slope="a")


def test_identity_and_relu_return_new_arrays():
    u = np.ones(3)
    assert identity(u) is not u
    assert not np.shares_memory(relu(u), u)


def test_d_log_softmax_weighted_by_minus_d_is_y_minus_d():
    u, d = np.array([0.3, -1.0, 2.0]), np.array([0.2, 0.5, 0.3])
    np.testing.assert_allclose(-d @ d_log_softmax(u), softmax(u) - d, atol=1e-15)
