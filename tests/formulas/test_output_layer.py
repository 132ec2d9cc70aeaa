"""The formulas of the chapter on the output layer."""

import numpy as np

from dlnotes.activations import d_softmax, identity, sigmoid, softmax
from dlnotes.gradients import numerical_gradient
from dlnotes.layers import SoftmaxWithLoss

from .holds import holds

U = np.random.default_rng(0).normal(size=4)


@holds(
    "basics/output-layer#identity-and-sigmoid",
    r"y_k = u_k, \qquad y_k = \sigma(u_k) = \frac{1}{1 + e^{-u_k}}",
)
def test_identity_and_sigmoid() -> None:
    for u_k in U:
        np.testing.assert_array_equal(identity(u_k), u_k)
        np.testing.assert_allclose(sigmoid(u_k), 1 / (1 + np.exp(-u_k)), rtol=1e-12)


@holds("basics/output-layer#softmax", r"y_k = \frac{e^{u_k}}{\sum_{j=1}^{K} e^{u_j}}")
def test_softmax() -> None:
    y = [np.exp(U[k]) / sum(np.exp(U[j]) for j in range(4)) for k in range(4)]
    np.testing.assert_allclose(softmax(U), y, rtol=1e-12)


@holds("basics/output-layer#ratio-of-outputs", r"\frac{y_i}{y_j} = \frac{e^{u_i}}{e^{u_j}} = e^{u_i - u_j}")
def test_the_ratio_of_two_outputs_depends_on_the_difference_alone() -> None:
    y = softmax(U)
    for i in range(4):
        for j in range(4):
            np.testing.assert_allclose(y[i] / y[j], np.exp(U[i]) / np.exp(U[j]), rtol=1e-12)
            np.testing.assert_allclose(y[i] / y[j], np.exp(U[i] - U[j]), rtol=1e-12)


@holds(
    "basics/output-layer#shift-invariance",
    r"""\frac{e^{u_k + c}}{\sum_j e^{u_j + c}} = \frac{e^{c} \, e^{u_k}}{e^{c} \sum_j e^{u_j}} =
    \frac{e^{u_k}}{\sum_j e^{u_j}}""",
)
def test_a_constant_added_to_all_changes_nothing() -> None:
    for c in (-3.0, 0.4, 7.0):
        shifted = np.exp(U + c) / sum(np.exp(U[j] + c) for j in range(4))
        factored = np.exp(c) * np.exp(U) / (np.exp(c) * sum(np.exp(U[j]) for j in range(4)))
        np.testing.assert_allclose(shifted, factored, rtol=1e-12)
        np.testing.assert_allclose(softmax(U + c), np.exp(U) / np.exp(U).sum(), rtol=1e-12)
        np.testing.assert_allclose(shifted, softmax(U), rtol=1e-12)


@holds(
    "basics/output-layer#stable-softmax",
    r"y_k = \frac{e^{u_k - m}}{\sum_j e^{u_j - m}}, \qquad m = \max_k u_k",
)
def test_the_largest_may_be_subtracted_first() -> None:
    u = U + 1e4
    m = max(u)
    np.testing.assert_allclose(softmax(u), np.exp(u - m) / sum(np.exp(u[j] - m) for j in range(4)), rtol=1e-12)
    np.testing.assert_allclose(softmax(u), np.exp(U) / np.exp(U).sum(), rtol=1e-9)


@holds(
    "basics/output-layer#two-class-softmax",
    r"\frac{e^{u_1}}{e^{u_1} + e^{u_2}} = \frac{1}{1 + e^{-(u_1 - u_2)}} = \sigma(u_1 - u_2)",
)
def test_softmax_of_two_is_sigmoid_of_the_difference() -> None:
    u1, u2 = U[:2]
    np.testing.assert_allclose(softmax([u1, u2])[0], np.exp(u1) / (np.exp(u1) + np.exp(u2)), rtol=1e-12)
    np.testing.assert_allclose(softmax([u1, u2])[0], 1 / (1 + np.exp(-(u1 - u2))), rtol=1e-12)
    np.testing.assert_allclose(softmax([u1, u2])[0], sigmoid(u1 - u2), rtol=1e-12)


@holds(
    "basics/output-layer#softmax-jacobian",
    r"""J_{ij} = \frac{\partial y_i}{\partial u_j} = \begin{cases} y_i (1 - y_i) & (i = j) \\ - y_i y_j & (i \ne
    j) \end{cases}""",
)
def test_softmax_jacobian() -> None:
    y = softmax(U)
    J = [[y[i] * (1 - y[i]) if i == j else -y[i] * y[j] for j in range(4)] for i in range(4)]
    slopes = [numerical_gradient(lambda u, i=i: softmax(u)[i], U) for i in range(4)]
    np.testing.assert_allclose(slopes, J, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(d_softmax(U), J, rtol=1e-12)


@holds("basics/output-layer#output-gradient", r"\frac{\partial E}{\partial u} = \frac{1}{N} (y - d)")
def test_the_gradient_at_the_output_layer() -> None:
    rng = np.random.default_rng(1)
    u, d = rng.normal(size=(6, 3)), np.eye(3)[rng.integers(0, 3, size=6)]
    slope = numerical_gradient(lambda u: SoftmaxWithLoss().forward(u, d), u)
    np.testing.assert_allclose(slope, 1 / 6 * (softmax(u) - d), rtol=1e-6, atol=1e-9)


@holds("basics/output-layer#softmax-temperature", r"y_k = \frac{e^{u_k / T}}{\sum_j e^{u_j / T}}")
def test_temperature_divides_the_pre_activations() -> None:
    for T in (0.5, 1.0, 3.0):
        y = [np.exp(U[k] / T) / sum(np.exp(U[j] / T) for j in range(4)) for k in range(4)]
        np.testing.assert_allclose(softmax(U / T), y, rtol=1e-12)
        np.testing.assert_allclose(np.log(y[0] / y[1]), (U[0] - U[1]) / T, rtol=1e-9)
