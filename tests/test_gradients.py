import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlnotes.activations import d_sigmoid, d_softmax, sigmoid, softmax
from dlnotes.gradients import (
    GradientError,
    check_gradient,
    check_layer,
    directional_derivative,
    numerical_gradient,
)
from dlnotes.layers import Layer, Linear, ReLU, Sequential, Sigmoid, SoftmaxWithLoss, Tanh
from dlnotes.losses import cross_entropy_with_logits

METHODS = ["entries", "directions"]


def squares(x):
    return (x**2).sum()


@np.errstate(over="ignore")
def squares_quietly(x):
    return squares(x)


def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 1, 4)])
def test_numerical_gradient_of_squares_is_twice_the_argument(shape):
    x = rng().normal(size=shape)
    gradient = numerical_gradient(squares, x)
    assert gradient.shape == shape
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(gradient, 2 * x, rtol=1e-9, atol=1e-10)


def test_numerical_gradient_has_the_accuracy_of_central_differences():
    exact = np.e * (np.sin(1) + np.cos(1))
    errors = [abs(numerical_gradient(lambda x: np.exp(x) * np.sin(x), 1.0, h) - exact) for h in (1e-2, 1e-3)]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.01)
    assert abs(numerical_gradient(lambda x: np.exp(x) * np.sin(x), 1.0) - exact) < 1e-9


def test_integers_are_converted_and_nothing_is_changed():
    x = np.array([3, 4])
    np.testing.assert_allclose(numerical_gradient(squares, x), [6, 8], rtol=1e-9)
    np.testing.assert_allclose(numerical_gradient(squares, [3, 4]), [6, 8], rtol=1e-9)
    assert x.dtype.kind == "i"
    np.testing.assert_array_equal(x, [3, 4])


def test_a_function_that_changes_its_argument_changes_only_its_copy():
    def clumsy(x):
        total = squares(x)
        x[:] = 0
        return total

    x = np.array([3.0, 4.0])
    np.testing.assert_allclose(numerical_gradient(clumsy, x), [6, 8], rtol=1e-9)
    np.testing.assert_array_equal(x, [3, 4])


@given(st.integers(0, 2**32 - 1))
def test_directional_derivative_is_the_inner_product_with_the_gradient(seed):
    generator = np.random.default_rng(seed)
    x, v = generator.normal(size=(2, 3, 4))
    expected = (numerical_gradient(lambda u: np.sin(u).sum(), x) * v).sum()
    assert directional_derivative(lambda u: np.sin(u).sum(), x, v) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: numerical_gradient(squares, np.float32([1])),
            TypeError,
            "expects float64 as x, got float32",
        ),
        (lambda: numerical_gradient(squares, ["a"]), TypeError, "real numbers as x, got dtype"),
        (lambda: numerical_gradient(squares, [1j]), TypeError, "real numbers as x, got dtype complex128"),
        (lambda: numerical_gradient(squares, [True]), TypeError, "real numbers as x, got dtype bool"),
        (lambda: numerical_gradient(squares, [np.nan]), ValueError, "finite numbers as x, got nan"),
        (lambda: numerical_gradient(squares, []), ValueError, r"at least one sample as x, got shape \(0,\)"),
        (lambda: numerical_gradient(squares, [5.0], 10e-50), ValueError, "h = 1e-49 is too small"),
        (lambda: numerical_gradient(squares, [5.0], 0), ValueError, r"h > 0, got 0\.0"),
        (lambda: numerical_gradient(lambda x: x, [5.0]), ValueError, r"return one number, got shape \(1,\)"),
        (lambda: numerical_gradient(lambda x: 1j, [5.0]), TypeError, "a real number, got dtype complex128"),
        (
            lambda: directional_derivative(squares, [5.0], [1, 1]),
            ValueError,
            r"v of shape \(1,\), got \(2,\)",
        ),
        (
            lambda: check_gradient(squares, squares, [1], method="all"),
            ValueError,
            "'entries' or 'directions'",
        ),
        (lambda: check_gradient(squares, squares, [1], tolerance=-1), ValueError, "tolerance > 0, got -1"),
        (
            lambda: check_gradient(squares, lambda x: x, [1], method="directions"),
            TypeError,
            r"check_gradient expects rng=np\.random\.default_rng\(seed\), got NoneType",
        ),
        (
            lambda: numerical_gradient(lambda x: np.ma.masked, [5.0]),
            TypeError,
            "expects a plain array as what the function returns, got MaskedConstant",
        ),
        (
            lambda: check_gradient(squares, lambda x: 2 * x + 0j, [1]),
            TypeError,
            "check_gradient expects real numbers as gradient, got dtype complex128",
        ),
        (
            lambda: check_gradient(squares, lambda x: np.ma.array(2 * x), [1]),
            TypeError,
            "check_gradient expects a plain array as gradient, got MaskedArray",
        ),
        (
            lambda: check_layer(SoftmaxWithLoss(), [[1.0]], rng=rng()),
            TypeError,
            "check_layer expects a Layer as layer, got SoftmaxWithLoss",
        ),
        (lambda: check_layer(Tanh, [[1.0]], rng=rng()), TypeError, "expects a Layer as layer, got ABCMeta"),
        (
            lambda: check_layer(Elementwise(sigmoid, lambda u, dout: dout + 0j), [[1.0]], rng=rng()),
            TypeError,
            "check_layer expects real numbers as dx, got dtype complex128",
        ),
        (
            lambda: check_layer(ComplexWeights(1, 1, rng=rng()), [[1.0]], rng=rng()),
            TypeError,
            "check_layer expects real numbers as dW, got dtype complex128",
        ),
        (lambda: check_layer(ReLU(), [[1.0]], rng=0), TypeError, "check_layer expects rng=.*got int"),
        (
            lambda: check_layer(Linear(2, 1, rng=rng(), dtype=np.float32), [[1, 2]], rng=rng()),
            TypeError,
            "check_layer expects float64 as W, got float32",
        ),
    ],
)
def test_errors_say_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


def cubes(x):
    return (x**3).sum()


@pytest.mark.parametrize("method", METHODS)
def test_check_gradient_passes_a_right_gradient(method):
    x = rng().normal(size=(3, 4))
    report = check_gradient(cubes, lambda v: 3 * v**2, x, method=method, rng=rng())
    assert report.errors["x"] < 1e-7
    assert report.evaluations == (24 if method == "entries" else 8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("factor", [-1.0, 0.0, 0.2, 1.001, 5.0, np.nan, np.inf])
def test_check_gradient_rejects_a_wrong_factor_at_any_scale(factor, scale, method):
    x = rng().normal(size=(3, 4))
    with pytest.raises(GradientError, match=r"x at .*: got .*, central difference .*, relative error"):
        check_gradient(lambda v: scale * cubes(v), lambda v: factor * scale * 3 * v**2, x, method=method, rng=rng())


@pytest.mark.parametrize("method", METHODS)
def test_the_tolerance_separates_small_errors_from_smaller_ones(method):
    x = rng().normal(size=(3, 4))

    def off(error):
        return check_gradient(cubes, lambda v: (1 + error) * 3 * v**2, x, method=method, rng=rng())

    assert off(1e-7).errors["x"] < 1e-6
    with pytest.raises(GradientError):
        off(1e-5)


def test_check_gradient_names_the_entry():
    def wrong(x):
        gradient = 2 * x
        gradient[1, 2] += 1e-3
        return gradient

    with pytest.raises(GradientError, match=r"x at \(1, 2\): got"):
        check_gradient(squares, wrong, rng().normal(size=(2, 3)))


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_a_small_entry_that_is_missing_is_rejected_from_a_hundred_millionth_of_the_largest_on(scale):
    """At the default tolerance: 1e-6 times the hundredth that the largest entry counts for."""

    def check(small):
        return check_gradient(lambda x: scale * (x[0] + small * x[1]), lambda x: scale * np.array([1.0, 0.0]), [1, 1])

    assert check(0.9e-8).errors["x"] == pytest.approx(0.9e-6, rel=0.02)
    with pytest.raises(GradientError, match=r"^x at \(1,\): got 0, .*, relative error 1\.1e-06"):
        check(1.1e-8)
    with pytest.raises(GradientError, match=r"^x at \(1,\): got 0, .*, relative error 1$"):
        check(0.1)


def test_steps_that_overflow_give_no_warning():
    assert not np.isfinite(numerical_gradient(squares_quietly, [1.5e308], 1e308)).any()
    with pytest.raises(GradientError):
        check_layer(Linear(2, 1, rng=rng(), scale=10), np.full((1, 2), 1.7e308), rng=rng(), h=1e300)


def test_check_gradient_rejects_another_shape():
    with pytest.raises(GradientError, match=r"gradient of shape \(2,\), got \(\)"):
        check_gradient(squares, lambda x: 2 * x.sum(), [1.0, 2.0])


def test_check_gradient_passes_a_gradient_of_zero():
    report = check_gradient(lambda x: 0.1 * (x - x + 3).sum(), np.zeros_like, rng().normal(size=50))
    assert report.errors["x"] <= 1e-6


@pytest.mark.parametrize("method", METHODS)
def test_check_layer_reports_every_parameter_and_counts_evaluations(method):
    model = Sequential(Linear(4, 5, rng=rng()), Tanh(), Linear(5, 3, rng=rng()))
    before = dict(model.params)
    report = check_layer(model, rng().normal(size=(6, 4)), rng=rng(), method=method)
    assert set(report.errors) == {"x", "0.W", "0.b", "2.W", "2.b"}
    assert max(report.errors.values()) < 1e-6
    assert report.evaluations == (2 * (24 + 20 + 5 + 15 + 3) if method == "entries" else 2 * 4 * 5)
    for name, array in model.params.items():
        assert array is before[name]


class SignError(Linear):
    def backward(self, dout):
        dx = super().backward(dout)
        self.grads["b"] = -self.grads["b"]
        return dx


class TransposedWeights(Linear):
    def backward(self, dout):
        super().backward(dout)
        return dout @ self.params["W"]


class TransposedInput(Linear):
    def backward(self, dout):
        dx = super().backward(dout)
        self.grads["W"] = self.grads["W"].T
        return dx


class DividedByN(Linear):
    def backward(self, dout):
        dx = super().backward(dout)
        self.grads["W"] /= len(dout)
        return dx


class ForgetsBias(Linear):
    def backward(self, dout):
        dx = super().backward(dout)
        del self.grads["b"]
        return dx


class ComplexWeights(Linear):
    def backward(self, dout):
        dx = super().backward(dout)
        self.grads["W"] = self.grads["W"] + 0j
        return dx


class AddsUp(Linear):
    def backward(self, dout):
        before = self.grads
        dx = super().backward(dout)
        self.grads = {name: g + before.get(name, 1e-3) for name, g in self.grads.items()}
        return dx


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (SignError, "^b at "),
        (TransposedWeights, "^x at "),
        (TransposedInput, "^W at "),
        (DividedByN, "^W at "),
        (ForgetsBias, r"expected gradients of \['W', 'b'\], got \['W'\]"),
        (AddsUp, "^W at "),
    ],
)
def test_check_layer_rejects_a_wrong_linear(layer, message, method):
    with pytest.raises(GradientError, match=message):
        check_layer(layer(3, 3, rng=rng()), rng().normal(size=(4, 3)), rng=rng(), method=method)


def test_the_upstream_gradient_differs_from_an_input_of_the_same_seed():
    """With r = x, dW = x.T @ x is symmetric and a transposed dW would pass."""
    x = rng().standard_normal((3, 3))
    seen = []
    layer = Elementwise(lambda u: u + 0, lambda u, dout: seen.append(dout) or dout + 0)
    check_layer(layer, x, rng=rng())
    assert not np.isin(seen[0], x).any()


def test_a_failed_check_puts_the_parameters_back():
    layer = SignError(3, 2, rng=rng())
    before = dict(layer.params)
    with pytest.raises(GradientError):
        check_layer(layer, rng().normal(size=(4, 3)), rng=rng())
    assert all(layer.params[name] is before[name] for name in before)


def test_check_layer_rejects_another_shape_of_gradient():
    with pytest.raises(GradientError, match=r"W: expected a gradient of shape \(3, 2\), got \(2, 3\)"):
        check_layer(TransposedInput(3, 2, rng=rng()), rng().normal(size=(4, 3)), rng=rng())


class Elementwise(Layer):
    """A layer from two functions, for wrong derivatives."""

    def __init__(self, f, df):
        self.params, self.grads, self.f, self.df = {}, {}, f, df

    def forward(self, x):
        self.x = x
        return self.f(x)

    def backward(self, dout):
        return self.df(self.x, dout)


@pytest.mark.parametrize("method", METHODS)
def test_check_layer_rejects_a_sigmoid_applied_twice(method):
    x = rng().normal(size=(4, 3))
    check_layer(Elementwise(sigmoid, lambda u, dout: dout * d_sigmoid(u)), x, rng=rng(), method=method)
    with pytest.raises(GradientError, match=r"^x at "):
        check_layer(Elementwise(sigmoid, lambda u, dout: dout * d_sigmoid(sigmoid(u))), x, rng=rng(), method=method)


@pytest.mark.parametrize("method", METHODS)
def test_check_layer_sees_a_softmax_without_its_off_diagonal_which_ones_upstream_would_not(method):
    def right(u, dout):
        return np.einsum("ni,nij->nj", dout, d_softmax(u))

    def zero(u, dout):
        return np.zeros_like(u)

    x = rng().normal(size=(4, 3))
    check_layer(Elementwise(softmax, right), x, rng=rng(), method=method)
    np.testing.assert_allclose(right(x, np.ones_like(x)), 0, atol=1e-15)
    with pytest.raises(GradientError):
        check_layer(Elementwise(softmax, zero), x, rng=rng(), method=method)


def test_check_layer_rejects_a_backward_that_changes_its_argument():
    def in_place(u, dout):
        dout[u <= 0] = 0
        return dout

    relu = Elementwise(lambda u: np.maximum(u, 0), in_place)
    with pytest.raises(GradientError, match="Elementwise changed its argument"):
        check_layer(relu, rng().normal(size=(4, 3)), rng=rng())


def test_check_gradient_rejects_a_missing_one_over_n():
    labels = [0, 1, 2, 0, 1]

    def loss(u):
        return cross_entropy_with_logits(u, labels)

    def without(u):
        return softmax(u) - np.eye(3)[labels]

    u = rng().normal(size=(5, 3))
    check_gradient(loss, lambda v: without(v) / 5, u)
    with pytest.raises(GradientError):
        check_gradient(loss, without, u)


def test_directions_need_far_fewer_evaluations_than_entries():
    layer = Sequential(Linear(20, 30, rng=rng()), Sigmoid(), Linear(30, 4, rng=rng()))
    x = rng().normal(size=(3, 20))
    entries, directions = (check_layer(layer, x, rng=rng(), method=m).evaluations for m in METHODS)
    assert entries == 2 * (60 + 600 + 30 + 120 + 4)
    assert directions == 2 * 4 * 5


def test_a_single_number_has_no_entry_to_name():
    with pytest.raises(GradientError, match=r"^x: got 7, central difference 6"):
        check_gradient(lambda w: w**2, lambda w: 7.0, 3)
