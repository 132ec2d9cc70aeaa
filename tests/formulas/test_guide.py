"""The formula of the guide's first page on notation."""

import numpy as np

from dlnotes.layers import Linear

from .holds import holds


@holds("guide#pre-activation", r"u = \sum_{i=1}^{D} w_i x_i + b")
def test_the_pre_activation_is_a_weighted_sum_and_a_bias() -> None:
    rng = np.random.default_rng(0)
    layer, x = Linear(5, 1, rng=rng), rng.normal(size=5)
    layer.params["b"] = b = rng.normal(size=1)
    w = layer.params["W"][:, 0]
    np.testing.assert_allclose(layer.forward(x[None])[0, 0], sum(w[i] * x[i] for i in range(5)) + b[0], rtol=1e-12)
