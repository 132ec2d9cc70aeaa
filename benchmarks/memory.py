"""Peak memory of one forward and backward pass of a convolution, each way in a process of its own.

What counts is what the pass adds to the process at its peak: above the library, the input and the upstream gradient,
which are there before. Linux tells the peak of a process and resets it on demand.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.results import row, three_digits

KEY, TITLE, TARGET = "memory", "peak memory of the convolution, 32 to 32, low-memory (MB)", 0.6
WAYS = ("low", "plain", "pytorch")
SHAPE = (128, 32, 28, 28)


def measure() -> dict[str, str]:
    """The low-memory path against PyTorch, and the plain path beside them, in MB."""
    low, plain, theirs = (_child(way) for way in WAYS)
    return row(KEY, low, theirs, TARGET) | {
        f"{KEY}.plain": three_digits(plain),
        f"{KEY}.low-over-plain": f"{low / plain:.2f}",
    }


def _child(way: str) -> float:
    done = subprocess.run([sys.executable, "-m", __name__, way], capture_output=True, text=True, check=True)
    return float(done.stdout)


def added(way: str) -> float:
    """MB that the pass adds to this process at its peak."""
    run = _pytorch() if way == "pytorch" else _dlnotes(low_memory=way == "low")
    run(1)  # what is set up at the first call does not count
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is now what is there now
    before = _status("VmRSS")
    run(SHAPE[0])
    return (_status("VmHWM") - before) / 1e6


def _dlnotes(low_memory: bool) -> Callable[[int], object]:
    import numpy as np

    from dlnotes.convolution import Conv2d

    rng = np.random.default_rng(0)
    conv = Conv2d(SHAPE[1], 32, 3, padding=1, rng=rng, dtype=np.float32, low_memory=low_memory)
    x, dout = rng.standard_normal((2, *SHAPE), dtype=np.float32)

    def run(n: int) -> object:
        return conv.forward(x[:n]), conv.backward(dout[:n])

    return run


def _pytorch() -> Callable[[int], object]:
    import torch

    torch.set_num_threads(1)
    conv = torch.nn.Conv2d(SHAPE[1], 32, 3, padding=1)
    x, dout = torch.randn(2, *SHAPE)

    def run(n: int) -> object:
        inputs = x[:n].detach().requires_grad_()
        y = conv(inputs)
        y.backward(dout[:n])
        return y, inputs.grad

    return run


def _status(name: str) -> float:
    """A line of the process's status, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    print(added(sys.argv[1]))
