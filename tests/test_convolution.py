import tracemalloc
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes import convolution, initializers
from dlnotes.convolution import Conv2d, MaxPool2d, col2im, im2col, output_size
from dlnotes.gradients import check_layer
from dlnotes.layers import Flatten, Linear, Sequential, Tanh

REFERENCE = np.load(Path(__file__).parent / "reference" / "convolution.npz")
TOLERANCE = {"float64": 1e-12, "float32": 5e-6}
CASES = {"same": (3, 1, 1), "pairs": ((2, 3), (2, 1), (0, 2)), "skipping": (2, 3, 1), "point": (1, 1, 0)}
GEOMETRIES = [  # shape of the images, kernel, stride, padding
    ((2, 3, 5, 7), 3, 1, 1),
    ((1, 1, 1, 1), 1, 1, 0),
    ((3, 2, 4, 5), (2, 3), (2, 1), (0, 2)),
    ((2, 1, 7, 5), 2, 3, 0),  # the last rows and columns are in no window
    ((2, 2, 3, 4), (3, 4), 1, 0),  # one window an image
    ((1, 2, 2, 3), 5, 2, 3),  # more padding than image
    ((2, 1, 3, 18), (1, 2), 1, 0),  # rows long enough for the images to stand one after another
    ((3, 2, 2, 33), 3, (3, 2), (1, 2)),
]
geometries = pytest.mark.parametrize(("shape", "kernel", "stride", "padding"), GEOMETRIES)


def rng(seed=3):
    return np.random.default_rng(seed)


def pair(value):
    return (value, value) if isinstance(value, int) else value


def places(shape, kernel, stride, padding):
    """Each window (p, q) and place (i, j) in it with its pixel, by loops; None where there is padding."""
    (kh, kw), (s, t), (a, b), (h, w) = pair(kernel), pair(stride), pair(padding), shape[2:]
    windows = product(range((h + 2 * a - kh) // s + 1), range((w + 2 * b - kw) // t + 1))
    for (p, q), (i, j) in product(windows, product(range(kh), range(kw))):
        row, column = p * s + i - a, q * t + j - b
        yield p, q, i, j, (row, column) if 0 <= row < h and 0 <= column < w else None


def by_loops(x, W, b, stride, padding):
    (kh, kw), (s, t), (a, c), (h, w) = W.shape[2:], pair(stride), pair(padding), x.shape[2:]
    y = np.zeros((len(x), len(W), (h + 2 * a - kh) // s + 1, (w + 2 * c - kw) // t + 1)) + b[:, None, None]
    for p, q, i, j, pixel in places(x.shape, (kh, kw), stride, padding):
        for n, m, channel in product(range(len(x)), range(len(W)), range(x.shape[1])):
            y[n, m, p, q] += W[m, channel, i, j] * x[n, channel, *pixel] if pixel else 0
    return y


def filled(layer, seed=7):
    """With a bias that is not zero."""
    layer.params["b"] = rng(seed).normal(size=layer.params["b"].shape).astype(layer.params["b"].dtype)
    return layer


def run(layer, x, seed=5):
    """Output, gradient of the input and gradients of the parameters for a random upstream gradient."""
    y = layer(x)
    dx = layer.backward(rng(seed).normal(size=y.shape))
    return [y, dx, *(layer.grads[name] for name in sorted(layer.grads))]


def test_windows_go_pixel_by_pixel_and_nothing_is_added_unless_told():
    assert output_size(5, 3) == 3


@given(st.integers(1, 12), st.integers(1, 6), st.integers(1, 4), st.integers(0, 3))
def test_output_size_counts_the_windows(size, kernel_size, stride, padding):
    starts = [start for start in range(-padding, size + padding, stride) if start + kernel_size <= size + padding]
    if starts:
        assert output_size(size, kernel_size, stride=stride, padding=padding) == len(starts)
    else:
        with pytest.raises(ValueError, match="does not fit"):
            output_size(size, kernel_size, stride=stride, padding=padding)


@geometries
def test_im2col_has_each_window_as_a_column(shape, kernel, stride, padding):
    x, (kh, kw) = rng().normal(size=shape), pair(kernel)
    columns = im2col(x, kernel, stride=stride, padding=padding)
    last = (
        max(p for p, *_ in places(shape, kernel, stride, padding)),
        max(q for _, q, *_ in places(shape, kernel, stride, padding)),
    )
    expected = np.zeros((shape[0], shape[1], kh, kw, last[0] + 1, last[1] + 1))
    for p, q, i, j, pixel in places(shape, kernel, stride, padding):
        if pixel:
            expected[:, :, i, j, p, q] = x[:, :, *pixel]
    np.testing.assert_array_equal(columns, expected.reshape(shape[0], shape[1] * kh * kw, -1))


@geometries
def test_col2im_adds_each_entry_to_its_pixel(shape, kernel, stride, padding):
    columns = rng().normal(size=im2col(np.ones(shape), kernel, stride=stride, padding=padding).shape)
    sizes = [
        output_size(shape[2 + k], pair(kernel)[k], stride=pair(stride)[k], padding=pair(padding)[k]) for k in (0, 1)
    ]
    windows = columns.reshape(*shape[:2], *pair(kernel), *sizes)
    expected = np.zeros(shape)
    for p, q, i, j, pixel in places(shape, kernel, stride, padding):
        if pixel:
            expected[:, :, *pixel] += windows[:, :, i, j, p, q]
    found = col2im(columns, shape, kernel, stride=stride, padding=padding)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


@settings(max_examples=50)
@given(
    *[st.integers(1, 3)] * 2,
    *[st.integers(1, 9)] * 2,
    *[st.integers(1, 4)] * 4,
    *[st.integers(0, 3)] * 2,
    st.integers(),
)
def test_col2im_is_the_adjoint_of_im2col(n, c, h, w, kh, kw, s, t, a, b, seed):
    shape, kernel = (n, c, h, w), (min(kh, h + 2 * a), min(kw, w + 2 * b))
    random = rng(seed % 2**32)
    x = random.normal(size=shape)
    columns = im2col(x, kernel, stride=(s, t), padding=(a, b))
    other = random.normal(size=columns.shape)
    back = col2im(other, shape, kernel, stride=(s, t), padding=(a, b))
    assert (columns * other).sum() == pytest.approx((x * back).sum(), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_im2col_and_col2im_keep_dtype_and_argument(dtype):
    x = rng().normal(size=(2, 1, 3, 3)).astype(dtype)
    before = x.copy()
    columns = im2col(x, 1)
    back = col2im(columns, x.shape, 1)
    assert columns.dtype == back.dtype == dtype
    assert not np.shares_memory(columns, x)
    assert not np.shares_memory(columns, back)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(back, before)


@geometries
def test_forward_is_the_convolution_by_loops(shape, kernel, stride, padding):
    layer = filled(Conv2d(shape[1], 3, kernel, stride=stride, padding=padding, rng=rng()))
    x = rng(1).normal(size=shape)
    expected = by_loops(x, layer.params["W"], layer.params["b"], stride, padding)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("low_memory", [True, False])
@geometries
def test_backward_agrees_with_central_differences(shape, kernel, stride, padding, low_memory):
    layer = Conv2d(shape[1], 2, kernel, stride=stride, padding=padding, rng=rng(), low_memory=low_memory)
    assert set(check_layer(filled(layer), rng(1).normal(size=shape), rng=rng(9)).errors) == {"x", "W", "b"}


def test_a_layer_without_bias_has_only_weights():
    layer = Conv2d(2, 3, 2, bias=False, rng=rng())
    assert set(check_layer(layer, rng().normal(size=(2, 2, 3, 3)), rng=rng()).errors) == {"x", "W"}
    assert list(layer.params) == list(layer.grads) == ["W"]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("size", "case"), [*(("short", case) for case in CASES), ("wide", "same"), ("wide", "pairs")])
def test_outputs_and_gradients_are_pytorch_s(size, case, dtype):
    kernel, stride, padding = CASES[case]
    name, x = f"conv.{size}.{case}", REFERENCE[f"{size}.x"].astype(dtype)
    layer = Conv2d(x.shape[1], 3, kernel, stride=stride, padding=padding, rng=rng(), dtype=dtype)
    layer.params = {key: REFERENCE[f"{name}.{key}"].astype(dtype) for key in "Wb"}
    found = {"y": layer(x), "dx": layer.backward(REFERENCE[f"{name}.dout"].astype(dtype))}
    for key, value in (found | {"dW": layer.grads["W"], "db": layer.grads["b"]}).items():
        assert value.dtype == dtype
        np.testing.assert_allclose(
            value, REFERENCE[f"{name}.{key}.{dtype}"], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype]
        )


@pytest.mark.parametrize("low_memory", [True, False])
@pytest.mark.parametrize("group", [1, 500, 10**9])
@pytest.mark.parametrize("short", [1, 99])
@geometries
def test_every_way_through_memory_gives_the_plain_result(
    shape, kernel, stride, padding, short, group, low_memory, monkeypatch
):
    """Images one after another or side by side, one group or several, the last one smaller."""
    shape = 19, *shape[1:]
    layer = filled(Conv2d(shape[1], 3, kernel, stride=stride, padding=padding, rng=rng(), low_memory=low_memory))
    x, W = rng(1).normal(size=shape), layer.params["W"]
    columns, rows = im2col(x, kernel, stride=stride, padding=padding), W.reshape(3, -1)
    y = rows @ columns + layer.params["b"][:, None]
    monkeypatch.setattr(convolution, "_SHORT", short)
    monkeypatch.setattr(convolution, "_GROUP", group)
    found = run(layer, x)
    d = rng(5).normal(size=found[0].shape).reshape(y.shape)
    dx = col2im(rows.T @ d, shape, kernel, stride=stride, padding=padding)
    dW = (d @ columns.transpose(0, 2, 1)).sum(axis=0)
    plain = y.reshape(found[0].shape), dx, dW.reshape(W.shape), d.sum(axis=(0, 2))
    for a, b in zip(found, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("size", [6, 20])
def test_several_groups_are_made_of_large_batches(size, monkeypatch):
    groups = []
    forward = convolution.fill_columns
    monkeypatch.setattr(
        convolution, "fill_columns", lambda columns, *rest: (groups.append(columns.size), forward(columns, *rest))
    )
    Conv2d(16, 1, 3, padding=1, rng=rng())(np.ones((60, 16, size, size)))
    assert len(groups) > 1
    assert sum(groups) == 60 * 16 * 9 * size * size
    assert max(groups) <= convolution._GROUP


def peak(layer, x):
    """Bytes that a pass of the layer adds."""
    dout = np.ones_like(layer(x))
    layer._saved = None
    tracemalloc.start()
    y = layer(x)
    dx = layer.backward(dout)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found, y.nbytes + dx.nbytes


def test_the_low_memory_path_needs_little_beside_its_results():
    x = rng().normal(size=(64, 16, 20, 20)).astype(np.float32)
    low, results = peak(Conv2d(16, 16, 3, padding=1, rng=rng(), dtype=np.float32), x)
    kept, _ = peak(Conv2d(16, 16, 3, padding=1, rng=rng(), dtype=np.float32, low_memory=False), x)
    assert low < results + 5e6
    assert low < 0.6 * kept


def test_backward_params_fills_the_same_gradients():
    layer, x = filled(Conv2d(2, 3, 3, rng=rng())), rng().normal(size=(4, 2, 5, 5))
    *_, dW, db = run(layer, x)
    layer.grads = {}
    layer.backward_params(rng(5).normal(size=(4, 3, 3, 3)))
    np.testing.assert_array_equal(layer.grads["W"], dW)
    np.testing.assert_array_equal(layer.grads["b"], db)


def test_worked_by_hand():
    layer = Conv2d(1, 1, 2, rng=rng())
    layer.params = {"W": np.array([[[[1.0, 2], [3, 4]]]]), "b": np.array([10.0])}
    np.testing.assert_array_equal(layer([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]), [[[[47, 57], [77, 87]]]])
    np.testing.assert_array_equal(layer.backward([[[[1, 0], [0, 1]]]]), [[[[1, 2, 0], [3, 5, 2], [0, 3, 4]]]])
    np.testing.assert_array_equal(layer.grads["W"], [[[[6, 8], [12, 14]]]])
    np.testing.assert_array_equal(layer.grads["b"], [2])


def test_pixels_in_no_window_get_no_gradient():
    layer = Conv2d(1, 1, 2, stride=3, rng=rng())
    dx = layer.backward(np.ones_like(layer(np.ones((1, 1, 6, 7)))))
    covered = np.isin(np.arange(6) % 3, (0, 1))[:, None] & np.isin(np.arange(7), (0, 1, 3, 4))
    assert (dx[0, 0] != 0).tolist() == covered.tolist()


def test_a_point_convolution_is_linear_over_the_channels():
    conv, x = filled(Conv2d(4, 3, 1, rng=rng())), rng(1).normal(size=(2, 4, 5, 5))
    linear = Linear(4, 3, rng=rng())
    linear.params = {"W": conv.params["W"].reshape(3, 4).T, "b": conv.params["b"]}
    np.testing.assert_allclose(
        conv(x).transpose(0, 2, 3, 1).reshape(-1, 3), linear(x.transpose(0, 2, 3, 1).reshape(-1, 4))
    )


def test_what_is_shifted_before_is_shifted_after():
    layer, x = Conv2d(1, 2, 3, padding=1, rng=rng()), np.zeros((1, 1, 9, 9))
    x[0, 0, 2:5, 2:5] = rng(1).normal(size=(3, 3))
    shifted = np.roll(x, (2, 3), axis=(2, 3))
    np.testing.assert_allclose(layer(shifted), np.roll(layer(x), (2, 3), axis=(2, 3)), atol=1e-15)


def test_a_whole_network_passes_the_gradient_check():
    layers = [Conv2d(1, 2, 3, padding=1, rng=rng(1)), Tanh(), MaxPool2d(2), Conv2d(2, 3, 2, rng=rng(2)), Flatten()]
    model = Sequential(*layers, Linear(6, 2, rng=rng(3)))
    report = check_layer(model, rng().normal(size=(2, 1, 4, 6)), rng=rng(4))
    assert set(report.errors) == {"x", "0.W", "0.b", "3.W", "3.b", "5.W", "5.b"}


def test_weights_start_as_the_initializer_says():
    big = Conv2d(20, 100, (3, 5), rng=rng())
    assert big.params["W"].std() == pytest.approx(300**-0.5, rel=0.02)
    assert not big.params["b"].any()
    he = Conv2d(2, 4, 3, rng=rng(), init=initializers.he, dtype=np.float32)
    np.testing.assert_array_equal(he.params["W"], initializers.he((4, 2, 3, 3), rng=rng(), dtype=np.float32))
    single, double = (Conv2d(2, 3, 2, rng=rng(), dtype=t).params["W"] for t in (np.float32, np.float64))
    np.testing.assert_array_equal(single, double.astype(np.float32))


@pytest.mark.parametrize("width", [5, 20])
def test_float32_stays_float32_and_no_argument_changes(width):
    layer = Conv2d(2, 3, 3, padding=1, rng=rng(), dtype=np.float32)
    x, dout = (rng(i).normal(size=(2, c, 4, width)).astype(np.float32) for i, c in enumerate((2, 3)))
    before, dout_before, W = x.copy(), dout.copy(), layer.params["W"].copy()
    y, dx = layer(x), layer.backward(dout)
    assert {a.dtype for a in (y, dx, *layer.grads.values())} == {np.dtype(np.float32)}
    for a, b in ((x, before), (dout, dout_before), (layer.params["W"], W)):
        np.testing.assert_array_equal(a, b)
    assert not any(np.shares_memory(a, b) for a in (y, dx) for b in (x, dout))
    assert y.flags.c_contiguous
    assert dx.flags.c_contiguous


def test_lists_integers_and_views_are_taken_as_input():
    layer = Conv2d(1, 2, 2, rng=rng(), dtype=np.float32)
    assert layer([[[[1, 2], [3, 4]]]]).dtype == layer([[[[1.0, 2], [3, 4]]]]).dtype == np.float32
    layer = Conv2d(2, 2, 2, rng=rng())
    x, dout = rng().normal(size=(4, 5, 2, 3)), rng(1).normal(size=(3, 4, 2, 3))
    y = layer(x.T)
    np.testing.assert_array_equal(y, layer(x.T.copy()))
    np.testing.assert_array_equal(layer.backward(dout.T), layer.backward(dout.T.copy()))


@pytest.mark.parametrize("width", [2, 20])
def test_overflow_forward_and_backward_gives_no_warning(width):
    big = np.full((1, 1, 2, width), np.finfo(np.float32).max, dtype=np.float32)
    layer = Conv2d(1, 1, (2, 1), rng=rng(), dtype=np.float32)
    layer.params["W"] = np.array([10, -10], dtype=np.float32).reshape(1, 1, 2, 1)
    y = layer(big)
    assert layer.backward(np.full_like(y, np.inf)).shape == big.shape


def test_parameters_may_be_rebound_between_the_passes_and_grads_are_filled_anew():
    layer, x = Conv2d(1, 1, 1, rng=rng()), np.ones((1, 1, 2, 2))
    layer.params["W"] = np.full((1, 1, 1, 1), 2.0)
    np.testing.assert_array_equal(layer(x), 2 * x)
    layer.params["W"] = np.full((1, 1, 1, 1), 5.0)
    for _ in range(2):
        np.testing.assert_array_equal(layer.backward(x), 2 * x)
        np.testing.assert_array_equal(layer.grads["W"], [[[[4]]]])
    layer.params["W"] = np.ones((1, 1, 2, 2))  # another kernel
    np.testing.assert_array_equal(layer(x), [[[[4]]]])


def after_refused(layer, x):
    layer(np.ones((1, 1, 3, 3)))
    with pytest.raises((TypeError, ValueError)):
        layer(x)
    layer.backward(np.ones((1, 1, 2, 2)))


def conv(*args, **keywords):
    return Conv2d(*(args or (1, 1, 2)), **({"rng": rng()} | keywords))


def with_params(**params):
    layer = conv()
    layer.params |= params
    return layer(np.ones((1, 1, 3, 3)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: conv()(np.ones((32, 784))), ValueError, r"^Conv2d expects \(N, 1, H, W\), got \(32, 784\)$"),
        (lambda: conv()(np.ones((2, 3, 4, 4))), ValueError, r"Conv2d expects \(N, 1, H, W\), got \(2, 3, 4, 4\)"),
        (lambda: conv()(np.ones((0, 1, 4, 4))), ValueError, r"Conv2d expects \(N, 1, H, W\), got \(0, 1, 4, 4\)"),
        (
            lambda: conv()(np.ones((1, 1, 4, 1))),
            ValueError,
            r"Conv2d expects images that hold a window, got \(1, 1, 4, 1\): a window of 2 pixels does not fit into 1",
        ),
        (lambda: conv()(np.ones((1, 1, 4, 4), np.float32)), TypeError, "Conv2d expects float64.*, got float32"),
        (lambda: conv()(np.ones((1, 1, 4, 4), bool)), TypeError, "real numbers as x, got dtype bool"),
        (lambda: conv()(np.ma.ones((1, 1, 4, 4))), TypeError, "Conv2d expects a plain array as x, got MaskedArray"),
        (lambda: conv().backward(np.ones((1, 1, 2, 2))), RuntimeError, "Conv2d: call forward before backward"),
        (lambda: conv().backward_params(np.ones(1)), RuntimeError, "Conv2d: call forward before backward"),
        (lambda: after_refused(conv(), np.ones(3)), RuntimeError, "Conv2d: call forward before backward"),
        (lambda: after_refused(conv(), np.ones((1, 1, 1, 1))), RuntimeError, "Conv2d: call forward before backward"),
        (lambda: conv(0, 1, 2), ValueError, "Conv2d expects in_channels >= 1, got 0"),
        (lambda: conv(1, 1.0, 2), TypeError, "Conv2d expects an integer as out_channels, got float"),
        (lambda: conv(1, 1, 0), ValueError, "Conv2d expects kernel_size >= 1, got 0"),
        (lambda: conv(1, 1, 2.5), TypeError, "Conv2d expects an integer as kernel_size, got float"),
        (lambda: conv(1, 1, (1, 2, 3)), ValueError, r"an integer or a pair of them as kernel_size, got \(1, 2, 3\)"),
        (lambda: conv(stride=0), ValueError, "Conv2d expects stride >= 1, got 0"),
        (lambda: conv(stride=(1, True)), TypeError, "Conv2d expects an integer as stride, got bool"),
        (lambda: conv(padding=-1), ValueError, "Conv2d expects padding >= 0, got -1"),
        (lambda: conv(padding="same"), TypeError, "Conv2d expects an integer as padding, got str"),
        (lambda: conv(dtype=int), TypeError, "Conv2d expects dtype float32 or float64, got int64"),
        (lambda: conv(rng=0), TypeError, r"Conv2d expects rng=np\.random\.default_rng\(seed\), got int"),
        (
            lambda: conv(init=lambda shape, rng, dtype: np.ones(2)),
            ValueError,
            r"Conv2d expects init to return shape \(1, 1, 2, 2\), got \(2,\)",
        ),
        (
            lambda: conv(init=lambda shape, rng, dtype: np.full(shape, np.nan)),
            ValueError,
            "Conv2d expects finite numbers as init, got nan",
        ),
        (lambda: with_params(W=np.ones(4)), ValueError, r"W of shape \(C_out, C_in, kh, kw\), got \(4,\)"),
        (lambda: with_params(b=np.ones(2)), ValueError, r"b of shape \(1,\) of float64, got \(2,\) of float64"),
        (lambda: with_params(b=np.ones(1, np.float32)), ValueError, r"got \(1,\) of float32"),
        (lambda: output_size(3, 4), ValueError, "a window of 4 pixels does not fit into 3 with 0 added at either end"),
        (lambda: output_size(0, 1), ValueError, "output_size expects size >= 1, got 0"),
        (lambda: output_size(3, 1, padding=-1), ValueError, "output_size expects padding >= 0, got -1"),
        (lambda: output_size(3, 1, stride=0), ValueError, "output_size expects stride >= 1, got 0"),
        (lambda: output_size(3, 1.0), TypeError, "output_size expects an integer as kernel_size, got float"),
        (lambda: im2col(np.ones((3, 3)), 2), ValueError, r"im2col expects \(N, C, H, W\), got \(3, 3\)"),
        (lambda: im2col(np.ones((1, 1, 3, 3)), 4), ValueError, "im2col expects images that hold a window"),
        (lambda: im2col(np.full((1, 1, 3, 3), "a"), 2), TypeError, "im2col expects real numbers as x"),
        (
            lambda: col2im(np.ones((1, 4, 5)), (1, 1, 3, 3), 2),
            ValueError,
            r"col2im expects columns of shape \(1, 4, 4\), got \(1, 4, 5\)",
        ),
        (lambda: col2im(np.ones((1, 4, 4)), (3, 3), 2), ValueError, r"col2im expects \(N, C, H, W\), got \(3, 3\)"),
        (lambda: col2im(np.ones((1, 4, 4)), (1, 1, 3, 3), 2, stride=0), ValueError, "col2im expects stride >= 1"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_wrong_dout_is_refused():
    layer = conv()
    layer(np.ones((1, 1, 3, 3)))
    for backward in (layer.backward, layer.backward_params):
        with pytest.raises(ValueError, match=r"Conv2d\.backward expects dout of shape \(1, 1, 2, 2\), got \(4,\)"):
            backward(np.ones(4))
        with pytest.raises(TypeError, match="real numbers as dout"):
            backward("a")
