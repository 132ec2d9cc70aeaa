import functools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes.activations import relu
from dlnotes.initializers import fans, glorot, he, normal, xavier
from dlnotes.layers import Linear

FORMS = [xavier, glorot, he, functools.partial(normal, scale=0.3)]
SIZES = st.integers(1, 6)
SHAPES = st.one_of(st.tuples(SIZES, SIZES), st.tuples(SIZES, SIZES, SIZES, SIZES))


def rng(seed=3):
    return np.random.default_rng(seed)


def counted_fans(C_out, C_in, kh, kw):
    """Inputs of one output, and outputs of one input, counted in a convolution far from the border."""
    size = 4 * max(kh, kw)
    inputs, outputs = set(), set()
    for i in range(size):
        for j in range(size):
            for p in range(kh):
                for q in range(kw):
                    if (i, j) == (size // 2, size // 2):
                        inputs |= {(c, i + p, j + q) for c in range(C_in)}
                    if (i + p, j + q) == (size // 2, size // 2):
                        outputs |= {(c, i, j) for c in range(C_out)}
    return len(inputs), len(outputs)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 3, 3), (4, 1, 5, 2), (3, 2, 1, 4)])
def test_fans_of_a_convolution_are_what_counting_gives(shape):
    assert fans(shape) == counted_fans(*shape)


def test_fans_of_a_linear_layer_are_its_sizes():
    assert fans((784, 100)) == (784, 100)
    assert fans(Linear(3, 5, rng=rng()).params["W"].shape) == (3, 5)


@settings(max_examples=30)
@given(SHAPES, st.integers(0, 9))
def test_each_form_is_its_standard_deviation_times_standard_normal_numbers(shape, seed):
    n_in, n_out = fans(shape)
    numbers = rng(seed).standard_normal(shape)
    for form, deviation in [
        (xavier, math.sqrt(1 / n_in)),
        (glorot, math.sqrt(2 / (n_in + n_out))),
        (he, math.sqrt(2 / n_in)),
        (functools.partial(normal, scale=0.01), 0.01),
    ]:
        W = form(shape, rng=rng(seed))
        assert W.dtype == np.float64
        np.testing.assert_allclose(W, deviation * numbers, rtol=1e-15)


@pytest.mark.parametrize("form", FORMS)
def test_both_dtypes_start_from_the_same_numbers(form):
    single, double = (form((5, 4), rng=rng(), dtype=t) for t in (np.float32, np.float64))
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(single, double.astype(np.float32))


def test_xavier_gives_the_very_numbers_that_linear_starts_with():
    for n_in in (3, 7, 49, 784):
        np.testing.assert_array_equal(xavier((n_in, 5), rng=rng()), Linear(n_in, 5, rng=rng()).params["W"])


def test_glorot_is_xavier_where_both_fans_are_equal_and_he_is_root_2_times_xavier():
    np.testing.assert_allclose(glorot((6, 6), rng=rng()), xavier((6, 6), rng=rng()), rtol=1e-15)
    np.testing.assert_allclose(he((6, 4), rng=rng()), math.sqrt(2) * xavier((6, 4), rng=rng()), rtol=1e-15)


def test_xavier_keeps_the_variance_of_a_linear_layer_forward():
    x = rng(1).standard_normal((500, 400))
    assert (x @ xavier((400, 300), rng=rng())).var() == pytest.approx(1, rel=0.03)


def test_he_keeps_the_second_moment_through_relu_and_xavier_halves_it():
    u = rng(1).standard_normal((500, 400))
    for form, kept in ((he, 1), (xavier, 0.5)):
        assert np.square(relu(u) @ form((400, 300), rng=rng())).mean() == pytest.approx(kept, rel=0.05)


def test_glorot_lies_between_keeping_the_variance_forward_and_backward():
    W = glorot((400, 100), rng=rng())
    forward = (rng(1).standard_normal((500, 400)) @ W).var()
    backward = (rng(2).standard_normal((500, 100)) @ W.T).var()
    assert (forward, backward) == (pytest.approx(1.6, rel=0.03), pytest.approx(0.4, rel=0.03))


def test_normal_takes_any_shape_and_a_scale_of_zero():
    assert normal((7,), scale=1, rng=rng()).shape == (7,)
    assert normal([2, 3, 4], scale=1, rng=rng()).shape == (2, 3, 4)
    assert not normal((3, 3), scale=0, rng=rng()).any()
    assert normal((2, 2), scale=np.float64(0.1), rng=rng(), dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fans((3,)), ValueError, r"fans expects \(n_in, n_out\) or \(C_out, C_in, kh, kw\), got \(3,\)"),
        (lambda: he((3, 2, 1), rng=rng()), ValueError, r"he expects \(n_in, n_out\) or .*, got \(3, 2, 1\)"),
        (lambda: fans(()), ValueError, r"got \(\)"),
        (lambda: fans((3, 0)), ValueError, "fans expects each size >= 1, got 0"),
        (lambda: normal((3, -1), scale=1, rng=rng()), ValueError, "normal expects each size >= 1, got -1"),
        (lambda: xavier((3, 2.0), rng=rng()), TypeError, "xavier expects an integer as each size, got float"),
        (lambda: glorot(3, rng=rng()), TypeError, "glorot expects a tuple as shape, got int"),
        (lambda: fans(np.ones((2, 2))), TypeError, "fans expects a tuple as shape, got ndarray"),
        (lambda: he((3, 2), rng=0), TypeError, r"he expects rng=np\.random\.default_rng\(seed\), got int"),
        (lambda: he((3, 2), rng=rng(), dtype=int), TypeError, "he expects dtype float32 or float64, got int64"),
        (lambda: he((3, 2), rng=rng(), dtype="f2"), TypeError, "he expects dtype float32 or float64, got float16"),
        (lambda: normal((3, 2), scale=-1, rng=rng()), ValueError, "normal expects scale >= 0, got -1"),
        (
            lambda: normal((3, 2), scale=np.nan, rng=rng()),
            ValueError,
            "normal expects finite numbers as scale, got nan",
        ),
        (lambda: normal((3, 2), scale="a", rng=rng()), TypeError, "normal expects real numbers as scale"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_refused_call_draws_nothing():
    source, untouched = rng(), rng()
    for call in (
        lambda: he((3,), rng=source),
        lambda: normal((3,), scale=-1, rng=source),
        lambda: xavier((3, 2), rng=source, dtype=int),
    ):
        with pytest.raises((TypeError, ValueError)):
            call()
    assert source.random() == untouched.random()
