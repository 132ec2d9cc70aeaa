"""What the pages say about speed, measured: `make bench` runs this and writes `benchmarks/results.json`.

Every value is a ratio of two ways measured side by side in one run: the ways take turns, round after round, and each
counts by its median. BLAS has one thread. The build fills the values into the pages (`<!-- bench: key -->`).
"""

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported

import datetime
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from dlnotes.layers import Linear

RESULTS = Path(__file__).with_name("results.json")
ROUNDS = 41


def medians(ways: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds that each way takes, as the median over rounds in which all take turns; the first two do not count."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 2):
        for name, way in ways.items():
            begin = time.perf_counter()
            way()
            if number >= 2:
                seconds[name].append(time.perf_counter() - begin)
        print(f"\r{number + 1}/{rounds + 2} rounds", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def minibatch() -> dict[str, str]:
    """Samples a second of one forward and backward pass of Linear(784, 100), by batch size, in float32.

    Each way handles 4096 samples, in as many batches as that takes.
    """
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
        "minibatch.32-over-1": _ratio(taken["1"] / taken["32"]),
        "minibatch.256-over-1": _ratio(taken["1"] / taken["256"]),
        "minibatch.4096-over-256": _ratio(taken["256"] / taken["4096"]),
    }


def _ratio(value: float) -> str:
    """Two significant digits, written without an exponent."""
    return f"{float(f'{value:.2g}'):g}"


def main() -> None:
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    values = minibatch() | {"machine": machine, "versions": versions, "date": today}
    RESULTS.write_text(json.dumps({"values": values}, indent=2) + "\n", encoding="utf-8")
    for name, value in values.items():
        print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
