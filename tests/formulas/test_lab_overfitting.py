"""The formulas of the lab on overfitting."""

import numpy as np
import pytest

from dlnotes.gradients import numerical_gradient
from dlnotes.layers import Linear, ReLU, Sequential, SoftmaxWithLoss
from tests.formulas.cells import functions
from tests.formulas.holds import holds


@holds("labs/overfitting#validation-accuracy", r"a_{\mathrm{val}} = (1 - r) \, a + \frac{r}{10}")
@pytest.mark.parametrize(("a", "r"), [(1.0, 0.3), (0.7, 0.3), (0.2, 0.9)])
def test_validation_accuracy(a, r) -> None:
    a_val = 0.0
    for answer in range(10):  # the true digit is 0
        chance_of_answer = a if answer == 0 else (1 - a) / 9
        for label in range(10):
            chance_of_label = r / 10 + (1 - r if label == 0 else 0)  # redrawn among the ten, or kept
            a_val += chance_of_answer * chance_of_label * (answer == label)
    np.testing.assert_allclose(a_val, (1 - r) * a + r / 10)


def lab_with_model():
    """The lab's functions of the penalized loss, with a small network and its data."""
    rng = np.random.default_rng(0)
    model = Sequential(Linear(4, 5, rng=rng), ReLU(), Linear(5, 3, rng=rng))
    x, d, loss = rng.standard_normal((6, 4)), rng.integers(0, 3, 6), SoftmaxWithLoss()
    names = "weights", "objective", "gradient"
    return functions("overfitting", *names, np=np, model=model, few=x, labels=d, loss=loss), model, x, d, loss


@holds(
    "labs/overfitting#loss-with-penalty",
    r"E_\lambda = E + \frac{\lambda}{2} \sum_{l=1}^{L} \lVert W^{(l)} \rVert^2",
)
def test_loss_with_penalty() -> None:
    lab, model, x, d, loss = lab_with_model()
    decay, E = 0.3, loss.forward(model.forward(x), d)
    squares = [np.linalg.norm(model.params[name]) ** 2 for name in ("0.W", "2.W")]
    np.testing.assert_allclose(lab.objective(decay), E + decay / 2 * sum(squares))


@holds(
    "labs/overfitting#gradient-with-penalty",
    r"""\frac{\partial E_\lambda}{\partial W^{(l)}} = \frac{\partial E}{\partial W^{(l)}} + \lambda W^{(l)}""",
)
def test_gradient_with_penalty() -> None:
    lab, model, x, d, loss = lab_with_model()
    decay, by_lab = 0.3, lab.gradient(0.3)
    loss.forward(model.forward(x), d)
    model.backward(loss.backward())
    for name in ("0.W", "2.W"):
        W = model.params[name]

        def E_decay(value, name=name):
            model.params[name] = value
            return lab.objective(decay)

        formula = model.grads[name] + decay * W
        np.testing.assert_allclose(formula, numerical_gradient(E_decay, W), rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(by_lab[name], formula)
        model.params[name] = W
