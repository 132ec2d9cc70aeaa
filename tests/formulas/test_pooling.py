"""The formula of the chapter on pooling; `test_convolution.py` has that of the size."""

import numpy as np

from dlnotes.convolution import AvgPool2d, MaxPool2d
from tests.formulas.holds import holds


@holds(
    "vision/pooling#pooled-values",
    r"""y^{\max}_{ncpq} = \max_{0 \le i < F,\; 0 \le j < F} x_{n,\, c,\, pS + i,\, qS + j}, \qquad
    y^{\mathrm{avg}}_{ncpq} = \frac{1}{F^2} \sum_{i=0}^{F - 1} \sum_{j=0}^{F - 1} x_{n,\, c,\, pS + i,\, qS + j}""",
)
def test_pooled_values() -> None:
    F, S, x = 3, 2, np.random.default_rng(0).standard_normal((2, 3, 7, 7))
    largest, average = MaxPool2d(F, stride=S).forward(x), AvgPool2d(F, stride=S).forward(x)
    assert largest.shape == average.shape == (2, 3, 3, 3)
    for n, c, p, q in np.ndindex(2, 3, 3, 3):
        window = [x[n, c, p * S + i, q * S + j] for i in range(F) for j in range(F)]
        assert largest[n, c, p, q] == max(window)
        np.testing.assert_allclose(average[n, c, p, q], 1 / F**2 * sum(window))
