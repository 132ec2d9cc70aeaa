from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlnotes.layers import IdentityWithLoss, Linear, Sequential, SoftmaxWithLoss, Tanh
from dlnotes.training import fit, full_batch, gradient_descent, minibatches, stochastic

REFERENCE = np.load(Path(__file__).parent / "reference" / "network.npz")


def rng(seed=2):
    return np.random.default_rng(seed)


def test_gradient_descent_returns_the_path_with_its_start():
    path = gradient_descent(lambda w: 2 * w, [10.0, -4.0], 0.25, 3)
    np.testing.assert_array_equal(path, [[10, -4], [5, -2], [2.5, -1], [1.25, -0.5]])


def test_gradient_descent_on_a_number_works_by_hand():
    np.testing.assert_array_equal(gradient_descent(lambda w: 2 * w, 10, 0.25, 2), [10, 5, 2.5])
    np.testing.assert_array_equal(gradient_descent(lambda w: 2 * w, 10, 0.25, 0), [10])


@pytest.mark.parametrize(("rate", "end"), [(0.05, 3.4868), (0.2, 0.0605), (0.5, 0.0), (1.0, 10.0), (1.1, 61.9)])
def test_ten_steps_on_the_parabola(rate, end):
    assert gradient_descent(lambda w: 2 * w, 10.0, rate, 10)[-1] == pytest.approx(end, abs=0.02)


@given(st.floats(0.1, 10), st.floats(0.1, 1.9))
def test_each_step_on_a_quadratic_multiplies_by_one_minus_rate_times_curvature(curvature, product):
    path = gradient_descent(lambda w: curvature * w, 1.0, product / curvature, 20)
    np.testing.assert_allclose(path, (1 - product) ** np.arange(21), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_divergence_ends_in_infinity_without_a_warning(dtype):
    path = gradient_descent(lambda w: 4 * w**3, np.array([3.0, 0.1], dtype=dtype), 1.0, 20)
    assert path.dtype == dtype
    assert path.shape == (21, 2)
    assert not np.isfinite(path[-1, 0])
    assert np.isfinite(path[0]).all()


def test_gradient_descent_does_not_change_its_start_nor_let_the_gradient_change_the_path():
    def clumsy(w):
        w *= 2
        return w

    start = np.array([1.0, 2.0])
    path = gradient_descent(clumsy, start, 0.25, 2)
    np.testing.assert_array_equal(start, [1, 2])
    np.testing.assert_array_equal(path, [[1, 2], [0.5, 1], [0.25, 0.5]])


def test_full_batch_is_all_samples_in_order():
    ((x, d),) = full_batch([[1], [2], [3]], [4, 5, 6])
    np.testing.assert_array_equal(x, [[1], [2], [3]])
    np.testing.assert_array_equal(d, [4, 5, 6])


def test_stochastic_gives_single_samples_with_their_axis():
    pairs = list(stochastic(np.arange(10).reshape(5, 2), np.arange(5), rng=rng()))
    assert len(pairs) == 5
    assert all(x.shape == (1, 2) and d.shape == (1,) for x, d in pairs)
    assert sorted(int(d[0]) for _, d in pairs) == list(range(5))
    assert all(x[0, 0] == 2 * d[0] for x, d in pairs)


@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_minibatches_are_a_permutation_with_the_last_batch_kept(n, size, seed):
    x = np.arange(2 * n).reshape(n, 2)
    batches = list(minibatches(x, x[:, 0] // 2, size, rng=rng(seed)))
    assert [len(b) for b, _ in batches[:-1]] == [size] * (len(batches) - 1)
    assert len(batches) == -(-n // size)
    assert len(batches[-1][0]) == n - size * (len(batches) - 1)
    labels = np.concatenate([d for _, d in batches])
    assert sorted(labels) == list(range(n))
    np.testing.assert_array_equal(np.concatenate([b for b, _ in batches]), x[labels])


def test_minibatches_shuffle_and_the_generator_decides_how():
    x = np.arange(100)
    one, same, other = (np.concatenate([b for b, _ in minibatches(x, x, 7, rng=rng(s))]) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert (one != x).any()


def test_two_epochs_from_one_generator_differ():
    generator, x = rng(), np.arange(50)
    first, second = (np.concatenate([b for b, _ in minibatches(x, x, 7, rng=generator)]) for _ in "ab")
    assert (first != second).any()


def network(dtype=np.float64):
    model = Sequential(Linear(5, 7, rng=rng(), dtype=dtype), Tanh(), Linear(7, 3, rng=rng(), dtype=dtype))
    for name in model.params:
        model.params[name] = REFERENCE[name].astype(dtype)
    return model


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 5e-6)])
def test_fit_takes_the_ten_steps_that_pytorch_takes(dtype, tolerance):
    model = network(dtype)
    x = REFERENCE["x"].astype(dtype)
    history = fit(model, SoftmaxWithLoss(), x, REFERENCE["labels"], learning_rate=0.5, epochs=10)
    np.testing.assert_allclose(history, REFERENCE[f"history.{dtype}"], rtol=tolerance, atol=tolerance)
    for name, array in model.params.items():
        assert array.dtype == dtype
        np.testing.assert_allclose(array, REFERENCE[f"end {name}.{dtype}"], rtol=tolerance, atol=tolerance)


def test_fit_by_minibatches_weighs_each_batch_by_its_size():
    model = Linear(1, 1, rng=rng(), scale=0)
    d = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])
    history = fit(model, IdentityWithLoss(), 0 * d, d, learning_rate=1e-300, epochs=2, batch_size=2, rng=rng())
    np.testing.assert_allclose(history, [5.5, 5.5], rtol=1e-12)


def test_fit_finds_a_line_and_changes_no_argument():
    model = Linear(1, 1, rng=rng())
    x = rng().normal(size=(50, 1))
    d = 3 * x - 2
    before = (x.copy(), d.copy(), model.params["W"], model.params["W"].copy())
    history = fit(model, IdentityWithLoss(), x, d, learning_rate=0.1, epochs=100, batch_size=8, rng=rng())
    assert history.shape == (100,)
    assert history[-1] < 1e-12
    np.testing.assert_allclose([model.params["W"][0, 0], model.params["b"][0]], [3, -2], rtol=1e-6)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(d, before[1])
    np.testing.assert_array_equal(before[2], before[3])


def test_fit_with_too_large_a_rate_diverges_without_a_warning():
    x = rng().normal(size=(20, 1))
    model = Linear(1, 1, rng=rng())
    history = fit(model, IdentityWithLoss(), x, 3 * x, learning_rate=100, epochs=400)
    assert np.isfinite(history[0])
    assert not np.isfinite(history[-1])


def test_a_float32_model_is_trained_on_a_list_of_integers_and_not_on_a_list_of_floats():
    """A list of floats is made float64 once, as `fit` says, and not once for each layer."""
    for x in ([[0, 1]] * 3, np.zeros((3, 2), dtype=np.float32)):
        assert np.isfinite(train(float32_model(), x=x)).all()
    assert "float64" in fit.__doc__.split("TypeError")[1]


X = np.zeros((3, 2))
BATCHES = [
    (full_batch, {}),
    (stochastic, {"rng": rng()}),
    (lambda x, d, **more: minibatches(x, d, 2, **more), {"rng": rng()}),
    (lambda x, d: fit(Linear(2, 1, rng=rng()), IdentityWithLoss(), x, d, learning_rate=1, epochs=1), {}),
]


@pytest.mark.parametrize(("function", "more"), BATCHES)
def test_lengths_are_checked_at_the_call(function, more):
    with pytest.raises(ValueError, match=r"x and d of the same length, got shapes \(3, 2\) and \(2,\)"):
        function(X, [0, 1], **more)
    with pytest.raises(ValueError, match=r"at least one sample, got x of shape \(0, 2\)"):
        function(X[:0], [], **more)
    with pytest.raises(ValueError, match=r"same length, got shapes \(\) and \(\)"):
        function(1, 1, **more)


def descend(gradient=lambda w: w, w0=1.0, rate=0.1, steps=1):
    return gradient_descent(gradient, w0, rate, steps)


def train(model=None, loss=None, x=X, **more):
    arguments = {"learning_rate": 1, "epochs": 1, **more}
    model = Linear(2, 1, rng=rng()) if model is None else model
    loss = IdentityWithLoss() if loss is None else loss
    return fit(model, loss, x, np.zeros((3, 1)), **arguments)


def float32_model():
    return Linear(2, 1, rng=rng(), dtype=np.float32)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: minibatches(X, X, 0, rng=rng()), ValueError, "batch_size >= 1, got 0"),
        (lambda: minibatches(X, X, 1.5, rng=rng()), TypeError, "integer as batch_size, got float"),
        (lambda: minibatches(X, X, 1, rng=5), TypeError, "minibatches expects rng=.*got int"),
        (lambda: stochastic(X, X, rng=None), TypeError, "stochastic expects rng=.*got NoneType"),
        (lambda: descend(rate=0), ValueError, r"gradient_descent expects learning_rate > 0, got 0\.0"),
        (lambda: descend(rate=np.nan), ValueError, "finite numbers as learning_rate, got nan"),
        (lambda: descend(rate="a"), TypeError, "real numbers as learning_rate"),
        (lambda: descend(steps=-1), ValueError, "steps >= 0, got -1"),
        (lambda: descend(w0=np.nan), ValueError, "finite numbers as w0, got nan"),
        (lambda: descend(w0="a"), TypeError, "real numbers as w0"),
        (lambda: descend(lambda w: w.sum(), [1, 2]), ValueError, r"gradient of shape \(2,\), got \(\)"),
        (lambda: descend(lambda w: "a"), TypeError, "real numbers as gradient"),
        (lambda: full_batch(np.ma.ones(3), X), TypeError, "full_batch expects a plain array as x, got MaskedArray"),
        (lambda: minibatches(X, np.ma.ones(3), 1, rng=rng()), TypeError, "a plain array as d, got MaskedArray"),
        (lambda: train(model=3), TypeError, "fit expects a Layer as model, got int"),
        (lambda: train(model=Tanh), TypeError, "fit expects a Layer as model, got ABCMeta"),
        (lambda: train(loss=3), TypeError, "fit expects a LossLayer as loss, got int"),
        (lambda: train(loss=Tanh()), TypeError, "fit expects a LossLayer as loss, got Tanh"),
        (lambda: train(float32_model(), x=X.tolist()), TypeError, "Linear expects float32.*, got float64"),
        (lambda: train(epochs=0), ValueError, "fit expects epochs >= 1, got 0"),
        (lambda: train(learning_rate=-1), ValueError, r"learning_rate > 0, got -1\.0"),
        (lambda: train(batch_size=2), TypeError, "fit expects rng=.*got NoneType"),
        (lambda: train(batch_size=0, rng=rng()), ValueError, "fit expects batch_size >= 1, got 0"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()
