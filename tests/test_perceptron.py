import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlnotes.perceptron import AND, NAND, OR, XOR, Perceptron, learn

X = [[0, 0], [0, 1], [1, 0], [1, 1]]
TABLES = [(AND, [0, 0, 0, 1]), (NAND, [1, 1, 1, 0]), (OR, [0, 1, 1, 1]), (XOR, [0, 1, 1, 0])]


@pytest.mark.parametrize(("gate", "table"), TABLES)
def test_gates_have_their_truth_tables_for_samples_and_batches(gate, table):
    np.testing.assert_array_equal(gate(X), table)
    assert gate(X).dtype == np.int64
    for x, d in zip(X, table, strict=True):
        assert gate(x) == d
        assert type(gate(x)) is int
        assert gate([bool(value) for value in x]) == d


def test_gates_are_single_units_and_xor_is_not():
    assert all(isinstance(gate, Perceptron) for gate in (AND, NAND, OR))
    assert not isinstance(XOR, Perceptron)


def test_the_tie_gives_zero():
    unit = Perceptron([1.0, 2.0], -2.0)
    np.testing.assert_array_equal(unit([[0, 1], [0, 1.001], [0, 0.999]]), [0, 1, 0])


def test_perceptron_keeps_its_own_weights():
    w = np.array([1.0, 1.0])
    unit = Perceptron(w, -1.5)
    w[:] = 0
    assert unit([1, 1]) == 1
    assert repr(unit) == "Perceptron(w=[1.0, 1.0], b=-1.5)"


def test_overflow_gives_no_warning():
    assert AND([1e308, 1e308]) == 1
    np.testing.assert_array_equal(NAND([[1e308, 1e308], [0, 0]]), [0, 1])
    assert np.isinf(learn([[1e308, 1e308]], [1], [0, 0], 0, learning_rate=10, max_epochs=1).w).all()


def test_and_is_learnt_in_six_epochs_with_ten_mistakes():
    found = learn(X, [0, 0, 0, 1], [0, 0], 0)
    assert found.converged
    assert found.mistakes == [1, 3, 3, 2, 1, 0]
    np.testing.assert_array_equal(found.w, [2, 1])
    assert found.b == -2
    np.testing.assert_array_equal(Perceptron(found.w, found.b)(X), [0, 0, 0, 1])


def test_the_first_update_is_the_rule_by_hand():
    found = learn([[2.0, -1.0], [1.0, 1.0]], [1, 0], [0, 0], 0, learning_rate=0.5, max_epochs=1)
    first, second = found.path
    np.testing.assert_array_equal(first[0], [1.0, -0.5])
    assert first[1] == 0.5
    np.testing.assert_array_equal(second[0], [0.5, -1.0])
    assert second[1] == 0.0


@given(st.floats(1e-3, 1e3))
def test_from_zero_the_learning_rate_changes_no_answer(rate):
    found = learn(X, [0, 1, 1, 1], [0, 0], 0, learning_rate=rate)
    one = learn(X, [0, 1, 1, 1], [0, 0], 0)
    assert found.mistakes == one.mistakes
    np.testing.assert_allclose(found.w, rate * one.w)


def test_from_elsewhere_the_learning_rate_matters():
    slow, fast = (learn(X, [0, 0, 0, 1], [-1, 2], 0.5, rate, 5000) for rate in (0.001, 1))
    assert (len(slow.mistakes), len(fast.mistakes)) == (2129, 4)


def test_xor_is_never_learnt():
    found = learn(X, [0, 1, 1, 0], [0, 0], 0, max_epochs=50)
    assert not found.converged
    assert found.mistakes[:3] == [2, 3, 4]
    assert set(found.mistakes[3:]) == {4}


@given(st.integers(0, 2**32 - 1))
def test_mistakes_stay_below_novikoff_s_bound(seed):
    rng = np.random.default_rng(seed)
    x = np.hstack([rng.uniform(-1, 1, (30, 2)), np.ones((30, 1))])
    v = rng.normal(size=3)
    v /= np.linalg.norm(v)
    x = x[np.abs(x @ v) > 0.1]
    if len(x) == 0:
        return
    found = learn(x[:, :2], x @ v > 0, [0, 0], 0, max_epochs=10_000)
    bound = (np.linalg.norm(x, axis=1).max() / np.abs(x @ v).min()) ** 2
    assert found.converged
    assert len(found.path) == sum(found.mistakes) <= bound


def test_learn_changes_no_argument_and_keeps_the_dtype_of_w():
    w, x = np.zeros(2, dtype=np.float32), np.array(X, dtype=float)
    found = learn(x, np.array([0, 0, 0, 1]), w, 0)
    assert found.w.dtype == np.float32
    assert not w.any()
    np.testing.assert_array_equal(x, X)
    assert len({id(step) for step, _ in found.path}) == len(found.path)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: AND([0, 1, 1]), ValueError, r"Perceptron expects \(2,\) or \(N, 2\), got \(3,\)"),
        (lambda: AND(1), ValueError, r"got \(\)"),
        (lambda: AND([[[0, 1]]]), ValueError, r"got \(1, 1, 2\)"),
        (lambda: AND([0, np.nan]), ValueError, "Perceptron expects finite numbers as x, got nan"),
        (lambda: AND(np.ma.array([0, 1], mask=[0, 1])), TypeError, "Perceptron expects a plain array as x, got Masked"),
        (lambda: AND(["0", "1"]), TypeError, "Perceptron expects real numbers as x, got dtype"),
        (lambda: XOR([0, 1, 1]), ValueError, r"expects \(2,\) or \(N, 2\), got \(3,\)"),
        (lambda: Perceptron([[1, 2]], 0), ValueError, r"expects w of shape \(D,\), got \(1, 2\)"),
        (lambda: Perceptron([], 0), ValueError, r"expects w of shape \(D,\), got \(0,\)"),
        (lambda: Perceptron([1, np.inf], 0), ValueError, "finite numbers as w, got inf"),
        (lambda: Perceptron([1], [0, 1]), ValueError, r"one number as b, got shape \(2,\)"),
        (lambda: learn(X, [0, 0, 1], [0, 0], 0), ValueError, r"d of shape \(4,\), got \(3,\)"),
        (lambda: learn(X, [0, 0, -1, 1], [0, 0], 0), ValueError, "targets 0 or 1 as d, got -1"),
        (lambda: learn(X, [0, 0, np.nan, 1], [0, 0], 0), ValueError, "targets 0 or 1 as d, got nan"),
        (
            lambda: learn(X, [0, 0, 0, 1], [0], 0),
            ValueError,
            r"x of shape \(N, 1\) with N >= 1, got \(4, 2\)",
        ),
        (lambda: learn(np.zeros((0, 2)), [], [0, 0], 0), ValueError, r"with N >= 1, got \(0, 2\)"),
        (lambda: learn(X, [0, 0, 0, 1], [0, 0], 0, 0), ValueError, r"learning_rate > 0, got 0\.0"),
        (lambda: learn(X, [0, 0, 0, 1], [0, 0], 0, 1, 0), ValueError, "max_epochs >= 1, got 0"),
        (lambda: learn(X, [0, 0, 0, 1], [0, 0], 0, 1, 2.5), TypeError, "integer as max_epochs, got float"),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()
