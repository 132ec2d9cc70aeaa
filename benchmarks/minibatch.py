"""Samples a second of one layer by batch size, which needs no PyTorch."""

from collections.abc import Callable

import numpy as np

from benchmarks.clock import medians
from benchmarks.results import two_digits
from dlnotes.layers import Linear


def measure() -> dict[str, str]:
    """Forward and backward pass of Linear(784, 100) in float32; each way handles 4096 samples in batches."""
    rng = np.random.default_rng(0)
    layer = Linear(784, 100, rng=rng, dtype=np.float32)
    x = rng.standard_normal((4096, 784), dtype=np.float32)
    dout = rng.standard_normal((4096, 100), dtype=np.float32)

    def by(size: int) -> Callable[[], None]:
        def run() -> None:
            for begin in range(0, len(x), size):
                layer.forward(x[begin : begin + size])
                layer.backward(dout[begin : begin + size])

        return run

    taken = medians({str(size): by(size) for size in (1, 32, 256, 4096)})
    return {
        "minibatch.32-over-1": two_digits(taken["1"] / taken["32"]),
        "minibatch.256-over-1": two_digits(taken["1"] / taken["256"]),
        "minibatch.4096-over-256": two_digits(taken["256"] / taken["4096"]),
    }
