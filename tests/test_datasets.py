import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import dlnotes
from dlnotes.datasets import blobs, digits, moons, spirals, train_test_split, xor

ROOT = Path(__file__).parents[1]
DATA = Path(dlnotes.__file__).parent / "data"
TOYS = {"spirals": spirals, "moons": moons, "blobs": blobs, "xor": xor}
CLASSES = {"spirals": 3, "moons": 2, "blobs": 3, "xor": 2}


def rng(seed=3):
    return np.random.default_rng(seed)


def test_digits_are_the_1797_of_the_source():
    x, d = digits()
    assert (x.shape, x.dtype, d.shape, d.dtype) == ((1797, 1, 8, 8), np.float64, (1797,), np.int64)
    pixels = x * 16
    assert set(np.unique(pixels)) == set(range(17))
    assert pixels.sum() == 561718
    assert np.bincount(d).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert d[:20].tolist() == [*range(10)] * 2
    assert pixels[0, 0, 2].tolist() == [0, 3, 15, 2, 0, 11, 8, 0]
    assert pixels[:, 0, :, 0].sum() == 47  # the left column is all but empty, the middle is not: rows are rows
    assert pixels[:, 0, :, 4].mean() > 8


def test_digits_are_bit_for_bit_what_they_were_when_they_were_checked_against_the_source():
    x, d = digits()
    content = (x * 16).astype(np.uint8).tobytes() + d.astype(np.uint8).tobytes()
    assert hashlib.sha256(content).hexdigest() == "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"


def test_both_dtypes_hold_the_same_digits():
    single, double = digits(dtype=np.float32)[0], digits()[0]
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, double)


def test_digits_handed_out_may_be_changed_without_harm_to_the_next_call():
    x, d = digits()
    x[:], d[:] = -1, -1
    x, d = digits()
    assert x.min() == 0
    assert d.min() == 0


def test_the_file_of_the_digits_is_read_once_a_process(monkeypatch):
    digits()
    monkeypatch.setattr(np, "load", None)
    assert len(digits()[0]) == 1797


def test_the_data_are_small_hold_no_pickles_and_come_with_their_licence():
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 60_000
    with np.load(DATA / "digits.npz", allow_pickle=False) as arrays:
        assert {name: arrays[name].dtype for name in arrays} == {"x": np.uint8, "d": np.uint8}
    for text in (DATA / "NOTICE.txt", ROOT / "LICENSE"):
        notice = text.read_text(encoding="utf-8")
        for part in ("Alpaydin", "Kaynak", "10.24432/C50P49", "creativecommons.org/licenses/by/4.0"):
            assert part in notice, (text.name, part)


@pytest.mark.parametrize(("test_size", "n"), [(500, 500), (1, 1), (np.int64(1796), 1796), (0.25, 449), (1e-3, 2)])
def test_a_split_holds_every_sample_once_with_its_label(test_size, n):
    x, d = np.arange(1797)[:, None] * [1, 10], np.arange(1797)
    x_train, d_train, x_test, d_test = train_test_split(x, d, test_size=test_size, rng=rng())
    assert len(x_test) == len(d_test) == n
    np.testing.assert_array_equal(np.sort(np.concatenate([d_train, d_test])), d)
    np.testing.assert_array_equal(x_train, d_train[:, None] * [1, 10])
    np.testing.assert_array_equal(x_test, d_test[:, None] * [1, 10])
    assert (d_train[:-1] > d_train[1:]).any() or n == 1796  # shuffled
    assert not np.shares_memory(x, x_train)


def test_a_split_keeps_dtypes_changes_nothing_and_follows_its_seed():
    x, d = digits(dtype=np.float32)
    before = x.copy()
    first, again, other = (train_test_split(x, d, test_size=500, rng=rng(seed)) for seed in (1, 1, 2))
    assert [part.dtype for part in first] == [np.float32, np.int64] * 2
    assert [part.shape for part in first] == [(1297, 1, 8, 8), (1297,), (500, 1, 8, 8), (500,)]
    np.testing.assert_array_equal(x, before)
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a != c).any()


def test_lists_are_split_as_well():
    parts = train_test_split([5, 6, 7], [0, 1, 2], test_size=1, rng=rng())
    assert sorted(np.concatenate(parts)) == [0, 1, 2, 5, 6, 7]


@pytest.mark.parametrize("n", [1, 2, 5, 300, 301])
@pytest.mark.parametrize("name", TOYS)
def test_points_are_float64_and_their_labels_take_turns(name, n):
    x, d = TOYS[name](n, rng=rng())
    assert (x.shape, x.dtype, d.shape, d.dtype) == ((n, 2), np.float64, (n,), np.int64)
    np.testing.assert_array_equal(d, np.arange(n) % CLASSES[name])


@pytest.mark.parametrize("name", TOYS)
def test_points_follow_their_seed(name):
    np.testing.assert_array_equal(TOYS[name](50, rng=rng(1))[0], TOYS[name](50, rng=rng(1))[0])
    assert (TOYS[name](50, rng=rng(1))[0] != TOYS[name](50, rng=rng(2))[0]).all()


@pytest.mark.parametrize("name", TOYS)
def test_noise_has_the_standard_deviation_that_it_is_told(name):
    quiet, loud = (TOYS[name](20_000, noise=noise, rng=rng())[0] for noise in (0, 0.5))
    assert (loud - quiet).std(axis=0) == pytest.approx(0.5, rel=0.03)
    assert (loud - quiet).mean(axis=0) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize(("classes", "turns"), [(1, 1.0), (2, 2.0), (3, 0.75), (5, -0.5)])
def test_without_noise_spirals_lie_on_their_arms(classes, turns):
    x, d = spirals(1000, classes=classes, turns=turns, noise=0, rng=rng())
    r = np.hypot(*x.T)
    assert 0 <= r.min() < 0.01
    assert 0.99 < r.max() <= 1
    angle = np.arctan2(x[:, 1], x[:, 0]) / (2 * np.pi) - turns * r - d / classes
    np.testing.assert_allclose(angle, np.round(angle), atol=1e-9)


def test_without_noise_moons_are_half_circles_that_reach_into_each_other():
    x, d = moons(1000, noise=0, rng=rng())
    upper, lower = x[d == 0], x[d == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1)
    assert upper[:, 1].min() >= 0
    assert lower[:, 1].max() <= 0.5
    assert np.ptp(upper[:, 0]) > 1.99
    assert np.ptp(lower[:, 0]) > 1.99


def test_without_noise_blobs_are_their_centres_and_xor_the_corners_of_the_unit_square():
    x, d = blobs(7, [[3, 4], [5, 6]], noise=0, rng=rng())
    np.testing.assert_array_equal(x, np.array([[3, 4], [5, 6]])[d])
    x, d = xor(8, noise=0, rng=rng())
    np.testing.assert_array_equal(d, x[:, 0] != x[:, 1])
    assert (
        {tuple(corner) for corner in x[:4]} == {tuple(corner) for corner in x[4:]} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: digits(dtype=np.float16), TypeError, "digits expects dtype float32 or float64, got float16"),
        (lambda: digits(dtype=int), TypeError, "got int64"),
        (lambda: train_test_split([1, 2], [1], test_size=1, rng=rng()), ValueError, r"got shapes \(2,\) and \(1,\)"),
        (lambda: train_test_split(1, 1, test_size=1, rng=rng()), ValueError, r"got shapes \(\) and \(\)"),
        (lambda: train_test_split([1, 2], [1, 2], test_size=0, rng=rng()), ValueError, "both sides, got 0 of 2"),
        (lambda: train_test_split([1, 2], [1, 2], test_size=2, rng=rng()), ValueError, "both sides, got 2 of 2"),
        (lambda: train_test_split([1, 2], [1, 2], test_size=0.1, rng=rng()), ValueError, "both sides, got 0 of 2"),
        (lambda: train_test_split([1, 2], [1, 2], test_size=1.0, rng=rng()), ValueError, "both sides, got 2 of 2"),
        (
            lambda: train_test_split([1, 2], [1, 2], test_size=1.5, rng=rng()),
            ValueError,
            "test_size from 0 to 1, got 1.5",
        ),
        (
            lambda: train_test_split([1, 2], [1, 2], test_size=np.nan, rng=rng()),
            ValueError,
            "finite numbers as test_size",
        ),
        (lambda: train_test_split([1, 2], [1, 2], test_size=-1, rng=rng()), ValueError, "test_size >= 0, got -1"),
        (
            lambda: train_test_split([1, 2], [1, 2], test_size="1", rng=rng()),
            TypeError,
            "integer as test_size, got str",
        ),
        (lambda: train_test_split([1, 2], [1, 2], test_size=True, rng=rng()), TypeError, "as test_size, got bool"),
        (
            lambda: train_test_split([1, 2], [1, 2], test_size=1, rng=0),
            TypeError,
            r"rng=np\.random\.default_rng\(seed\)",
        ),
        (lambda: train_test_split(np.ma.ones(2), [1, 2], test_size=1, rng=rng()), TypeError, "plain array as x"),
        *[(lambda f=f: f(0, rng=rng()), ValueError, f"^{name} expects n >= 1, got 0") for name, f in TOYS.items()],
        *[(lambda f=f: f(9.0, rng=rng()), TypeError, f"^{name} expects an integer as n") for name, f in TOYS.items()],
        *[(lambda f=f: f(9, rng=1), TypeError, f"^{name} expects rng=") for name, f in TOYS.items()],
        *[
            (lambda f=f: f(9, noise=-1, rng=rng()), ValueError, f"^{name} expects noise >= 0, got -1.0")
            for name, f in TOYS.items()
        ],
        (lambda: spirals(9, classes=0, rng=rng()), ValueError, "spirals expects classes >= 1, got 0"),
        (lambda: spirals(9, turns=np.inf, rng=rng()), ValueError, "finite numbers as turns"),
        (lambda: blobs(9, [1, 2], rng=rng()), ValueError, r"centers of shape \(K, 2\), got \(2,\)"),
        (lambda: blobs(9, np.zeros((0, 2)), rng=rng()), ValueError, r"got \(0, 2\)"),
        (lambda: blobs(9, [[1, np.nan]], rng=rng()), ValueError, "finite numbers as centers"),
        (lambda: blobs(9, 3, rng=rng()), ValueError, r"got \(\)"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_wheel_carries_the_digits_and_their_notice(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for path in DATA.iterdir():
            assert archive.read(f"dlnotes/data/{path.name}") == path.read_bytes()
