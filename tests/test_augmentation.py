import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlnotes.augmentation import cutout, flip, noise, rotate, shift, translate

ALL = {
    "translate": lambda x, r: translate(x, r.integers(-2, 3, size=(len(x), 2))),
    "shift": lambda x, r: shift(x, 2, rng=r),
    "flip": lambda x, r: flip(x, rng=r),
    "rotate": lambda x, r: rotate(x, 30, rng=r),
    "noise": lambda x, r: noise(x, 0.5, rng=r),
    "cutout": lambda x, r: cutout(x, 3, rng=r),
}
NOTHING = {
    "translate": lambda x: translate(x, (0, 0)),
    "shift": lambda x: shift(x, 0, rng=rng()),
    "flip": lambda x: flip(x, 0, rng=rng()),
    "rotate": lambda x: rotate(x, 0, rng=rng()),
    "noise": lambda x: noise(x, 0, rng=rng()),
    "cutout": lambda x: cutout(x, 0, rng=rng()),
}
SHAPES = [(1, 1, 1, 1), (3, 2, 5, 4), (40, 1, 8, 8), (2, 3, 1, 6)]


def rng(seed=3):
    return np.random.default_rng(seed)


def images(shape=(40, 2, 7, 5), dtype=np.float64):
    """Positive pixels, so that a 0 is one that was set."""
    return rng(8).uniform(1, 2, size=shape).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ALL)
def test_shape_and_dtype_stay_and_the_argument_is_not_changed(name, dtype, shape):
    x = images(shape, dtype)
    before = x.copy()
    y = ALL[name](x, rng())
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    np.testing.assert_array_equal(x, before)
    assert y.flags.writeable
    assert not np.shares_memory(x, y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NOTHING)
def test_strength_zero_gives_an_equal_new_array(name, dtype):
    x = images(dtype=dtype)
    y = NOTHING[name](x)
    np.testing.assert_array_equal(y, x)
    assert not np.shares_memory(x, y)


@pytest.mark.parametrize("name", ALL)
def test_one_seed_gives_one_result_and_another_seed_another(name):
    x = images()
    np.testing.assert_array_equal(ALL[name](x, rng(1)), ALL[name](x, rng(1)))
    assert (ALL[name](x, rng(1)) != ALL[name](x, rng(2))).any()


@pytest.mark.parametrize("name", ALL)
def test_both_dtypes_draw_the_same(name):
    x = images(dtype=np.float32)
    single, double = ALL[name](x, rng()), ALL[name](x.astype(np.float64), rng())
    np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["shift", "rotate", "cutout", "flip", "noise"])
def test_each_image_has_its_own_draw(name):
    x = np.broadcast_to(images((1, 1, 7, 5)), (40, 1, 7, 5))
    assert len({y.tobytes() for y in ALL[name](x, rng())}) > 1


@pytest.mark.parametrize("name", ["translate", "shift", "flip", "rotate", "cutout"])
def test_the_channels_of_an_image_go_together(name):
    x = np.repeat(images((40, 1, 7, 5)), 3, axis=1)
    y = ALL[name](x, rng())
    np.testing.assert_array_equal(y, np.repeat(y[:, :1], 3, axis=1))


def test_noise_is_drawn_for_each_channel():
    y = noise(np.zeros((2, 2, 3, 3)), 1, rng=rng())
    assert len(np.unique(y)) == y.size


@pytest.mark.parametrize("name", ALL)
def test_integers_become_float64_and_views_are_taken(name):
    x = rng().integers(1, 17, size=(6, 5, 4, 7)).transpose(0, 2, 3, 1)
    y = ALL[name](x, rng())
    assert y.dtype == np.float64
    np.testing.assert_array_equal(y, ALL[name](np.ascontiguousarray(x).astype(float), rng()))


def translated(x, offsets):
    y = np.zeros_like(x)
    (N, _, H, W) = x.shape
    for n in range(N):
        for i in range(H):
            for j in range(W):
                s, t = i - int(offsets[n][0]), j - int(offsets[n][1])
                if 0 <= s < H and 0 <= t < W:
                    y[n, :, i, j] = x[n, :, s, t]
    return y


@settings(max_examples=60)
@given(st.tuples(*[st.integers(1, 4)] * 4), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_translate_is_the_loop_over_pixels(shape, reach, seed):
    x, offsets = images(shape), rng(seed).integers(-reach, reach, size=(shape[0], 2), endpoint=True)
    np.testing.assert_array_equal(translate(x, offsets), translated(x, offsets))
    np.testing.assert_array_equal(translate(x, offsets[0]), translated(x, [offsets[0]] * len(x)))


def test_translate_goes_down_and_right_and_takes_any_distance_and_integer_dtype():
    x = images((2, 1, 3, 4))
    y = translate(x, np.array([1, 2], dtype=np.uint8))
    np.testing.assert_array_equal(y[:, :, 1:, 2:], x[:, :, :-1, :-2])
    assert not y[:, :, 0].any()
    assert not y[:, :, :, :2].any()
    assert not translate(x, (10**12, 0)).any()
    assert not translate(x, (0, -(2**62))).any()
    assert not translate(x, np.array([[3, 0], [-3, 0]])).any()


def test_shift_draws_every_offset_alike():
    x = np.zeros((9000, 1, 3, 3))
    x[:, 0, 1, 1] = 1
    y = shift(x, 1, rng=rng())
    assert (y.sum(axis=(1, 2, 3)) == 1).all()
    assert abs(y.mean(axis=0) * 9 - 1).max() < 0.15  # 1000 expected in each place, standard deviation 30


def test_flip_mirrors_the_axis_it_is_told():
    x = images()
    np.testing.assert_array_equal(flip(x, 1, rng=rng()), x[:, :, :, ::-1])
    np.testing.assert_array_equal(flip(x, 1.0, axis=2, rng=rng()), x[:, :, ::-1])
    np.testing.assert_array_equal(flip(flip(x, 1, rng=rng()), 1, rng=rng()), x)


def test_flip_mirrors_whole_images_with_the_probability_it_is_told():
    x = images((4000, 1, 2, 3))
    y = flip(x, 0.3, rng=rng())
    mirrored = (y == x[..., ::-1]).all(axis=(1, 2, 3))
    assert (mirrored | (y == x).all(axis=(1, 2, 3))).all()
    assert mirrored.mean() == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("degrees", "quarters"), [(90, 1), (180, 2), (270, 3), (-90, -1), (360, 0), (-720, 0)])
@pytest.mark.parametrize("size", [1, 2, 7, 8])
def test_quarter_turns_are_exact_and_counter_clockwise(size, degrees, quarters, dtype):
    x = images((3, 2, size, size), dtype)
    np.testing.assert_array_equal(rotate(x, (degrees, degrees), rng=rng()), np.rot90(x, quarters, axes=(2, 3)))


def test_half_a_turn_of_an_image_that_is_not_square_reverses_both_axes():
    x = images((3, 2, 5, 8))
    np.testing.assert_array_equal(rotate(x, (180, 180), rng=rng()), x[:, :, ::-1, ::-1])


def rotated(x, degrees):
    """Each pixel of y from the four around the place that it comes from, in complex numbers."""
    (_, _, H, W), y = x.shape, np.zeros_like(x)
    back = complex(math.cos(math.radians(degrees)), -math.sin(math.radians(degrees)))
    for i in range(H):
        for j in range(W):
            p = complex(j - (W - 1) / 2, (H - 1) / 2 - i) * back  # upwards is positive
            row, column = (H - 1) / 2 - p.imag, p.real + (W - 1) / 2
            for a in range(H):
                for b in range(W):
                    weight = max(0, 1 - abs(row - a)) * max(0, 1 - abs(column - b))
                    y[:, :, i, j] += weight * x[:, :, a, b]
    return y


@pytest.mark.parametrize("degrees", [1e-3, 10, 45, 77.7, 123, -30, 250])
@pytest.mark.parametrize("shape", [(2, 1, 6, 6), (1, 2, 5, 5), (1, 1, 3, 7), (1, 1, 7, 1)])
def test_rotate_is_the_loop_over_pixels_and_their_neighbours(shape, degrees):
    x = images(shape)
    np.testing.assert_allclose(rotate(x, (degrees, degrees), rng=rng()), rotated(x, degrees), atol=1e-12)


def test_rotate_draws_between_its_bounds():
    x = np.zeros((500, 1, 21, 21))
    x[:, 0, 10, 20] = 1  # at the right end, 10 pixels from the centre
    for degrees, low, high in ((20, -20, 20), ((30, 60), 30, 60)):
        y = rotate(x, degrees, rng=rng())[:, 0]
        i, j = np.mgrid[:21, :21]
        mass = y.sum(axis=(1, 2))
        angles = np.rad2deg(np.arctan2(10 - (y * i).sum(axis=(1, 2)) / mass, (y * j).sum(axis=(1, 2)) / mass - 10))
        assert low - 3 < angles.min() < low + 4
        assert high - 4 < angles.max() < high + 3
        assert angles.mean() == pytest.approx((low + high) / 2, abs=2)


def test_noise_has_mean_zero_and_the_scale_it_is_told():
    for dtype in (np.float32, np.float64):
        x = images((10, 2, 50, 50), dtype)
        difference = noise(x, 0.25, rng=rng()) - x
        assert difference.mean() == pytest.approx(0, abs=0.005)
        assert difference.std() == pytest.approx(0.25, rel=0.02)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_cutout_sets_a_square_and_leaves_the_rest(size):
    x = images((300, 2, 7, 6))
    y = cutout(x, size, rng=rng())
    assert ((y == x) | (y == 0)).all()
    for image in y[:, 0]:
        rows, columns = np.nonzero(image == 0)
        height, width = (np.ptp(axis) + 1 for axis in (rows, columns))
        assert len(rows) == height * width  # no gap: a rectangle
        for extent, low, high in (
            (height, rows.min() == 0, rows.max() == 6),
            (width, columns.min() == 0, columns.max() == 5),
        ):
            assert extent == size or (size / 2 <= extent < size and (low or high))


def test_cutout_of_side_one_hits_every_pixel_alike():
    for H, W in ((2, 5), (5, 2)):
        y = cutout(np.ones((9000, 1, H, W)), 1, rng=rng())
        assert (y.sum(axis=(1, 2, 3)) == 9).all()
        assert abs((1 - y).mean(axis=0) * 10 - 1).max() < 0.15  # 900 expected in each place, standard deviation 28


def test_pixels_that_are_not_finite_stay_where_they_are_put():
    x = images((1, 1, 2, 2))
    x[0, 0, 0, 0] = np.nan
    np.testing.assert_array_equal(np.isnan(translate(x, (0, 1))[0, 0]), [[False, True], [False, False]])
    assert np.isnan(flip(x, 1, rng=rng())[0, 0, 0, 1])
    assert not np.isnan(cutout(x, 9, rng=rng())).any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        *[
            (lambda f=f: f(np.ones((32, 784)), rng()), ValueError, rf"^{name} expects \(N, C, H, W\), got \(32, 784\)")
            for name, f in ALL.items()
        ],
        *[
            (
                lambda f=f: f(np.ones((0, 1, 2, 2)), rng()),
                ValueError,
                rf"^{name} expects at least one sample.*\(0, 1, 2, 2\)",
            )
            for name, f in ALL.items()
        ],
        *[
            (lambda f=f: f(np.full((1, 1, 2, 2), "a"), rng()), TypeError, rf"^{name} expects real numbers as x")
            for name, f in ALL.items()
        ],
        (lambda: shift(images(), 1, rng=0), TypeError, r"shift expects rng=np\.random\.default_rng\(seed\), got int"),
        (lambda: flip(images(), rng=None), TypeError, "flip expects rng="),
        (lambda: rotate(images(), 1, rng=None), TypeError, "rotate expects rng="),
        (lambda: noise(images(), 1, rng=None), TypeError, "noise expects rng="),
        (lambda: cutout(images(), 1, rng=None), TypeError, "cutout expects rng="),
        (lambda: shift(images(), -1, rng=rng()), ValueError, "shift expects pixels >= 0, got -1"),
        (lambda: shift(images(), 1.5, rng=rng()), TypeError, "shift expects an integer as pixels, got float"),
        (
            lambda: translate(images(), (1.0, 2.0)),
            TypeError,
            "translate expects integers as offsets, got dtype float64",
        ),
        (lambda: translate(images(), (1, 2, 3)), ValueError, r"offsets of shape \(2,\) or \(40, 2\), got \(3,\)"),
        (lambda: translate(images(), np.ones((3, 2), int)), ValueError, r"or \(40, 2\), got \(3, 2\)"),
        (lambda: translate(images(), 1), ValueError, r"got \(\)"),
        (lambda: flip(images(), 1.5, rng=rng()), ValueError, "flip expects p from 0 to 1, got 1.5"),
        (lambda: flip(images(), np.nan, rng=rng()), ValueError, "finite numbers as p"),
        (lambda: flip(images(), axis=1, rng=rng()), ValueError, "flip expects axis 2 or 3, got 1"),
        (lambda: rotate(images(), -10, rng=rng()), ValueError, "b >= 0 or a pair a <= b, got -10"),
        (lambda: rotate(images(), (20, 10), rng=rng()), ValueError, r"got \[20, 10\]"),
        (lambda: rotate(images(), (1, 2, 3), rng=rng()), ValueError, r"got \[1, 2, 3\]"),
        (lambda: rotate(images(), np.inf, rng=rng()), ValueError, "rotate expects finite numbers as degrees, got inf"),
        (lambda: noise(images(), -1, rng=rng()), ValueError, "noise expects scale >= 0, got -1.0"),
        (lambda: cutout(images(), -1, rng=rng()), ValueError, "cutout expects size >= 0, got -1"),
        (lambda: cutout(images(), 2.0, rng=rng()), TypeError, "cutout expects an integer as size, got float"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_refused_argument_draws_nothing_from_the_generator():
    generator = rng()
    with pytest.raises(ValueError):
        shift(np.ones(3), 1, rng=generator)
    with pytest.raises(ValueError):
        rotate(images(), -1, rng=generator)
    assert generator.random() == rng().random()
