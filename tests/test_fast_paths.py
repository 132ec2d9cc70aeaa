"""Where a layer computes by another way than the plain formula, for speed, both give the same."""

import copy
import pickle

import numpy as np
import pytest

from dlnotes import _softmax_loss, activations, losses
from dlnotes.layers import Layer, Linear, ReLU, Sequential, SoftmaxWithLoss, Tanh

SHAPES = [(1, 1), (3, 2), (7, 5), (64, 10), (300, 33)]


@pytest.fixture(params=[1, 7, 2**17])
def block(request, monkeypatch):
    """Blocks of one row, of a few, of all."""
    monkeypatch.setattr(_softmax_loss, "BLOCK", request.param)


def logits(shape, dtype=np.float64):
    rng = np.random.default_rng(shape)
    return rng.normal(0, 5, shape).astype(dtype), rng.integers(0, shape[-1], shape[:-1])


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_softmax_with_loss_has_the_bits_of_the_plain_form(shape, dtype):
    u, d = logits(shape, dtype)
    before, layer = u.copy(), SoftmaxWithLoss()
    loss, dx = layer(u, d), layer.backward()
    assert loss == losses.cross_entropy_with_logits(u, d)
    np.testing.assert_array_equal(dx, losses.d_cross_entropy_with_logits(u, d))
    assert loss.dtype == dx.dtype == dtype
    np.testing.assert_array_equal(u, before)
    assert not np.shares_memory(u, dx)


@pytest.mark.usefixtures("block")
def test_labels_of_any_integer_type_and_views_of_any_order_are_the_same():
    u, d = logits((40, 6))
    expected = losses.d_cross_entropy_with_logits(u, d)
    for labels in (d.astype(np.uint8), d.astype(np.int16), d.tolist()):
        for view in (u, np.asfortranarray(u), np.repeat(u, 2, axis=0)[::2]):
            layer = SoftmaxWithLoss()
            layer(view, labels)
            np.testing.assert_array_equal(layer.backward(), expected)


@pytest.mark.usefixtures("block")
def test_rows_as_targets_are_the_same_as_labels():
    u, d = logits((40, 6))
    layer, rows = SoftmaxWithLoss(), np.eye(6)[d]
    by_rows, dx = layer(u, rows), layer.backward()
    assert layer(u, d) == by_rows
    np.testing.assert_array_equal(layer.backward(), dx)


def test_a_single_sample_has_no_batch_axis():
    u, d = logits((4,))
    layer = SoftmaxWithLoss()
    assert layer(u, int(d)) == losses.cross_entropy_with_logits(u, d)
    assert layer.backward().shape == (4,)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("shape", [(3, 2), (64, 10)])
def test_infinite_and_nan_logits_have_the_loss_of_the_plain_form(shape):
    u, d = logits(shape)
    for bad in (np.nan, np.inf, -np.inf):
        u[1, 0] = bad
        with np.errstate(all="raise"):
            E, dx = _softmax_loss.softmax_with_loss(u, d)
        np.testing.assert_array_equal(E, losses.cross_entropy_with_logits(u, d))
        np.testing.assert_array_equal(dx, losses.d_cross_entropy_with_logits(u, d))


def test_backward_twice_gives_the_same_in_arrays_of_their_own():
    u, d = logits((5, 3))
    layer = SoftmaxWithLoss()
    layer(u, d)
    first = layer.backward()
    kept = first.copy()
    first += 1
    np.testing.assert_array_equal(layer.backward(), kept)


def test_a_refused_batch_leaves_no_gradient_of_an_earlier_one():
    u, d = logits((5, 3))
    layer = SoftmaxWithLoss()
    layer(u, d)
    with pytest.raises(ValueError, match="labels from 0 to 2 as d, got 3"):
        layer(u, d * 0 + 3)
    with pytest.raises(RuntimeError, match="call forward before backward"):
        layer.backward()


@pytest.mark.parametrize("shape", [(), (5,), (3, 4, 5)])
def test_relu_layer_multiplies_by_d_relu(shape):
    rng = np.random.default_rng(0)
    x, dout = rng.normal(size=shape), rng.normal(size=shape)
    layer = ReLU()
    layer.forward(x)
    dx = layer.backward(dout)
    np.testing.assert_array_equal(dx, dout * activations.d_relu(x))
    assert dx is not dout


def test_relu_layer_has_gradient_zero_at_zero_and_can_be_copied_and_pickled():
    for layer in (ReLU(), copy.deepcopy(ReLU()), pickle.loads(pickle.dumps(ReLU()))):
        layer.forward(np.float32([-1, -0.0, 0, 1]))
        np.testing.assert_array_equal(layer.backward(np.full(4, 2.0, dtype=np.float32)), [0, 0, 0, 2])


def models():
    rng = np.random.default_rng(0)
    yield Linear(4, 3, rng=rng)
    yield Linear(4, 3, rng=rng, bias=False)
    yield Tanh()
    yield Sequential(Linear(4, 5, rng=rng), ReLU(), Linear(5, 3, rng=rng))
    yield Sequential(Sequential(Linear(4, 5, rng=rng), Tanh()), Linear(5, 3, rng=rng))
    yield Sequential(Tanh(), Linear(4, 3, rng=rng))


@pytest.mark.parametrize("model", list(models()))
def test_backward_params_fills_the_gradients_that_backward_fills(model):
    rng = np.random.default_rng(1)
    dout = rng.normal(size=model.forward(rng.normal(size=(6, 4))).shape)
    model.backward(dout)
    expected = dict(model.grads)
    for layer in (model, *getattr(model, "layers", ())):
        layer.grads = {}
    assert model.backward_params(dout) is None
    assert set(model.grads) == set(expected) == set(model.params)
    for name, g in expected.items():
        np.testing.assert_array_equal(model.grads[name], g)


def test_backward_params_of_a_first_layer_computes_no_gradient_of_the_input():
    class Spy(Linear):
        def backward(self, dout):
            raise AssertionError("asked for dx")

        backward_params = Linear.backward_params

    model = Sequential(Spy(2, 2, rng=np.random.default_rng(0)), Tanh())
    model.backward_params(model.forward(np.ones((3, 2))))
    assert set(model.grads) == {"0.W", "0.b"}


@pytest.mark.parametrize("base", [Linear, Sequential])
def test_a_backward_of_one_s_own_counts_in_training_too(base):
    class Doubled(base):
        def backward(self, dout):
            return super().backward(2 * dout)

    rng = np.random.default_rng(0)
    layer = Doubled(2, 2, rng=rng) if base is Linear else Doubled(Linear(2, 2, rng=rng))
    model = Sequential(layer)
    for m in (layer, model):
        y = m.forward(np.ones((3, 2)))
        m.backward(y)
        expected = dict(m.grads)
        m.backward_params(y)
        for name, g in expected.items():
            np.testing.assert_array_equal(m.grads[name], g)


def test_backward_params_checks_as_backward_does():
    for model in (Linear(2, 3, rng=np.random.default_rng(0)), Sequential(Linear(2, 3, rng=np.random.default_rng(0)))):
        with pytest.raises(RuntimeError, match="call forward before backward"):
            model.backward_params(np.ones((4, 3)))
        model.forward(np.ones((4, 2)))
        with pytest.raises(ValueError, match=r"expects dout of shape \(4, 3\), got \(4, 2\)"):
            model.backward_params(np.ones((4, 2)))


def test_a_layer_without_a_form_of_its_own_runs_backward():
    class Sum(Layer):
        params, grads = {}, {}

        def forward(self, x):
            return x

        def backward(self, dout):
            self.grads = {"seen": dout}
            return dout

    layer = Sum()
    layer.backward_params(np.ones(2))
    assert set(layer.grads) == {"seen"}
