from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes._pooling import _where
from dlnotes.convolution import AvgPool2d, Conv2d, MaxPool2d
from dlnotes.gradients import check_layer

REFERENCE = np.load(Path(__file__).parent / "reference" / "convolution.npz")
TOLERANCE = {"float64": 1e-12, "float32": 5e-6}
CASES = {"apart": (2, 2, 0), "overlapping": (3, 1, 1), "pairs": ((2, 3), (1, 2), (1, 0)), "skipping": (2, 3, 0)}
POOLS = {"max": MaxPool2d, "avg": AvgPool2d}
GEOMETRIES = [  # shape of the images, kernel, stride, padding
    ((2, 3, 4, 6), 2, None, 0),
    ((1, 1, 1, 1), 1, 1, 0),
    ((2, 2, 5, 7), 3, 1, 1),
    ((1, 2, 7, 5), 2, None, 0),  # the last row and column are in no window
    ((2, 1, 6, 7), (2, 1), (3, 2), 0),  # gaps between the windows
    ((2, 2, 5, 4), (2, 3), (1, 2), (1, 0)),
    ((2, 1, 3, 5), (3, 5), None, 0),  # one window an image
    ((1, 2, 5, 5), (2, 4), (2, 3), (1, 2)),
    ((1, 1, 18, 17), 17, 1, 0),  # 289 places: more than fit into a byte
]
geometries = pytest.mark.parametrize(("shape", "kernel", "stride", "padding"), GEOMETRIES)
pools = pytest.mark.parametrize("pool", POOLS.values())


def rng(seed=3):
    return np.random.default_rng(seed)


def pair(value):
    return (value, value) if isinstance(value, int) else value


def windows(layer, shape):
    """Each window (p, q), by loops: a list of its pixels, row by row, without what is padding."""
    (kh, kw), (s, t), (a, b), (h, w) = layer.kernel_size, layer.stride, layer.padding, shape[2:]
    for p, q in product(range((h + 2 * a - kh) // s + 1), range((w + 2 * b - kw) // t + 1)):
        places = product(range(p * s - a, p * s - a + kh), range(q * t - b, q * t - b + kw))
        yield p, q, [(row, column) for row, column in places if 0 <= row < h and 0 <= column < w]


def by_loops(layer, x, dout):
    """Output and gradient."""
    y, dx = np.zeros(dout.shape), np.zeros(x.shape)
    for (p, q, pixels), n, c in product(windows(layer, x.shape), range(x.shape[0]), range(x.shape[1])):
        values = [x[n, c, *pixel] for pixel in pixels]
        if isinstance(layer, MaxPool2d):
            y[n, c, p, q] = max(values)
            dx[n, c, *pixels[values.index(max(values))]] += dout[n, c, p, q]  # index finds the first
        else:
            size = layer.kernel_size[0] * layer.kernel_size[1]
            y[n, c, p, q] = sum(values) / size
            for pixel in pixels:
                dx[n, c, *pixel] += dout[n, c, p, q] / size
    return y, dx


@pytest.mark.parametrize("ties", [False, True])
@pools
@geometries
def test_forward_and_backward_are_those_by_loops(pool, shape, kernel, stride, padding, ties):
    layer = pool(kernel, stride=stride, padding=padding)
    x = rng().integers(-2, 2, size=shape).astype(float) if ties else rng().normal(size=shape)
    y = layer(x)
    dout = rng(1).normal(size=y.shape)
    for found, expected in zip((y, layer.backward(dout)), by_loops(layer, x, dout), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


@pools
@geometries
def test_backward_agrees_with_central_differences(pool, shape, kernel, stride, padding):
    x = rng().permutation(np.prod(shape)).reshape(shape) / 10  # no two within a step of each other
    method = "entries" if np.prod(shape) < 200 else "directions"
    check_layer(pool(kernel, stride=stride, padding=padding), x, rng=rng(1), method=method)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", POOLS)
def test_outputs_and_gradients_are_pytorch_s_ties_included(name, case, dtype):
    kernel, stride, padding = CASES[case]
    layer, key = POOLS[name](kernel, stride=stride, padding=padding), f"{name}.{case}"
    y = layer(REFERENCE["ties"].astype(dtype))
    dx = layer.backward(REFERENCE[f"{key}.dout"].astype(dtype))
    assert y.dtype == dx.dtype == dtype
    for found, what in ((y, "y"), (dx, "dx")):
        np.testing.assert_allclose(
            found, REFERENCE[f"{key}.{what}.{dtype}"], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype]
        )


@settings(max_examples=30)
@given(*[st.integers(1, 8)] * 2, *[st.integers(1, 4)] * 4, st.integers(0, 2**32 - 1))
def test_a_gradient_arrives_once_for_each_window(h, w, kh, kw, s, t, seed):
    shape, kernel = (2, 2, h, w), (min(kh, h), min(kw, w))
    x = rng(seed).integers(0, 3, size=shape)
    for pool in (MaxPool2d, AvgPool2d):
        layer = pool(kernel, stride=(s, t))
        dout = rng(seed + 1).normal(size=layer(x).shape)
        np.testing.assert_allclose(layer.backward(dout).sum(axis=(2, 3)), dout.sum(axis=(2, 3)), atol=1e-12)


def test_worked_by_hand():
    x = [[[[1, 2, 5, 5], [4, 3, 5, 0]]]]
    layer = MaxPool2d(2)
    np.testing.assert_array_equal(layer(x), [[[[4, 5]]]])
    np.testing.assert_array_equal(layer.backward([[[[10, 20]]]]), [[[[0, 0, 20, 0], [10, 0, 0, 0]]]])
    layer = AvgPool2d(2)
    np.testing.assert_array_equal(layer(x), [[[[2.5, 3.75]]]])
    np.testing.assert_array_equal(layer.backward([[[[4, 8]]]]), [[[[1, 1, 2, 2], [1, 1, 2, 2]]]])


def test_padding_is_never_the_maximum_but_counts_in_the_mean():
    x = np.full((1, 1, 2, 2), -5.0)
    np.testing.assert_array_equal(MaxPool2d(2, padding=1)(x), x)
    np.testing.assert_array_equal(AvgPool2d(2, padding=1)(x), x / 4)


@pools
def test_pixels_in_no_window_get_no_gradient(pool):
    layer = pool(1, stride=2)
    dx = layer.backward(np.ones_like(layer(np.ones((1, 1, 3, 4)))))
    np.testing.assert_array_equal(dx, [[[[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 1, 0]]]])


def test_average_pooling_is_a_convolution_with_equal_weights():
    conv, x = Conv2d(1, 1, 3, stride=2, padding=1, bias=False, rng=rng()), rng().normal(size=(2, 1, 6, 7))
    conv.params["W"] = np.full((1, 1, 3, 3), 1 / 9)
    np.testing.assert_allclose(AvgPool2d(3, stride=2, padding=1)(x), conv(x), atol=1e-15)


def test_an_infinite_gradient_stays_in_its_place():
    layer = MaxPool2d(2)
    layer([[[[1, 2], [3, 0]]]])
    np.testing.assert_array_equal(layer.backward([[[[np.inf]]]]), [[[[0, 0], [np.inf, 0]]]])


def test_nan_comes_out_of_its_window_alone():
    x = np.zeros((1, 1, 2, 6))
    x[0, 0, 1, 2] = np.nan
    for pool in (MaxPool2d, AvgPool2d):
        np.testing.assert_array_equal(np.isnan(pool(2)(x)), [[[[False, True, False]]]])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_where_by_bits_is_where(dtype):
    values = np.array([1.5, -0.0, np.nan, np.inf, -np.inf, 1e-7, 3], dtype=dtype)
    for here in (rng().integers(0, 2, 7).astype(bool), np.zeros(7, bool), np.ones(7, bool)):
        found, expected = _where(here, values), np.where(here, values, dtype(0))
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


@pytest.mark.parametrize("padding", [0, 1])
@pools
def test_float32_stays_float32_and_no_argument_changes(pool, padding):
    layer, x = pool(2, padding=padding), rng().normal(size=(2, 1, 4, 4)).astype(np.float32)
    dout = rng(1).normal(size=layer(x).shape).astype(np.float32)
    before, dout_before = x.copy(), dout.copy()
    y, dx = layer(x), layer.backward(dout)
    assert y.dtype == dx.dtype == np.float32
    assert layer.backward(dout.astype(np.float64)).dtype == np.float32
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(dout, dout_before)
    assert not any(np.shares_memory(a, b) for a in (y, dx) for b in (x, dout))


@pools
def test_a_window_of_one_pixel_gives_a_copy(pool):
    layer, x = pool(1), rng().normal(size=(2, 1, 3, 3))
    y = layer(x)
    np.testing.assert_array_equal(y, x)
    assert not np.shares_memory(y, x)


@pools
def test_backward_does_not_need_the_input_or_the_output_unchanged(pool):
    layer, x = pool(2), rng().normal(size=(2, 1, 4, 4))
    y = layer(x)
    dout = rng(1).normal(size=y.shape)
    expected = layer.backward(dout)
    x[...], y[...] = 0, 0
    np.testing.assert_array_equal(layer.backward(dout), expected)


@pytest.mark.parametrize("stride", [1, 2])
@pools
def test_overflow_gives_no_warning(pool, stride):
    big = np.full((1, 1, 4, 4), np.finfo(np.float32).max, dtype=np.float32)
    layer = pool(2, stride=stride)
    y = layer(big)
    assert layer.backward(np.full_like(y, np.finfo(np.float32).max)).shape == big.shape


@pools
def test_views_and_integers_are_taken_as_input(pool):
    x = rng().integers(0, 9, size=(4, 4, 1, 2))
    layer = pool(2)
    np.testing.assert_array_equal(layer(x.T), layer(x.T.copy().astype(float)))
    assert layer(x.T).dtype == np.float64
    assert (layer.params, layer.grads) == ({}, {})


def after_refused(layer):
    layer(np.ones((1, 1, 2, 2)))
    with pytest.raises(ValueError, match="expects"):
        layer(np.ones((2, 2)))
    layer.backward(np.ones((1, 1, 1, 1)))


def after_forward(layer, dout):
    layer(np.ones((1, 1, 2, 2)))
    layer.backward(dout)


@pools
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda pool: pool(2)(np.ones((2, 784))), ValueError, r"expects \(N, C, H, W\), got \(2, 784\)"),
        (lambda pool: pool(2)(np.ones((0, 1, 4, 4))), ValueError, r"expects \(N, C, H, W\), got \(0, 1, 4, 4\)"),
        (lambda pool: pool(3)(np.ones((1, 1, 4, 2))), ValueError, "a window of 3 pixels does not fit into 2"),
        (lambda pool: pool(2)(np.ones((1, 1, 2, 2), bool)), TypeError, "expects real numbers as x, got dtype bool"),
        (lambda pool: pool(0), ValueError, "expects kernel_size >= 1, got 0"),
        (lambda pool: pool((2, 2.0)), TypeError, "expects an integer as kernel_size, got float"),
        (lambda pool: pool(2, stride=0), ValueError, "expects stride >= 1, got 0"),
        (lambda pool: pool(2, padding=-1), ValueError, "expects padding >= 0, got -1"),
        (lambda pool: pool(3, padding=2), ValueError, r"padding <= half the kernel \(3, 3\), got \(2, 2\)"),
        (lambda pool: pool((4, 1), padding=(2, 1)), ValueError, r"half the kernel \(4, 1\), got \(2, 1\)"),
        (lambda pool: pool(2).backward(np.ones((1, 1, 1, 1))), RuntimeError, ": call forward before backward"),
        (lambda pool: after_refused(pool(2)), RuntimeError, ": call forward before backward"),
        (lambda pool: after_forward(pool(2), np.ones(1)), ValueError, r"dout of shape \(1, 1, 1, 1\), got \(1,\)"),
        (lambda pool: after_forward(pool(2), "a"), TypeError, "expects real numbers as dout"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(pool, call, error, message):
    with pytest.raises(error, match=f"^{pool.__name__}.*{message}"):
        call(pool)
