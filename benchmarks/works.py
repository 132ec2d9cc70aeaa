"""Single layers, losses and steps: each work as dlnotes does it and as PyTorch does it.

Both start from the same arrays, and before anything is timed both must have given the same numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.clock import medians
from benchmarks.results import row
from dlnotes.convolution import Conv2d, MaxPool2d
from dlnotes.layers import Dropout, Flatten, Layer, Linear, ReLU, Sequential, SoftmaxWithLoss
from dlnotes.normalization import BatchNorm
from dlnotes.optimizers import SGD, Adam

type Numbers = list[np.ndarray]
type Pair = tuple[Callable[[], Numbers], Callable[[], Numbers]]

IMAGES = 128
MAPS = (IMAGES, 32, 28, 28)  # 3.2 million entries


@dataclass(frozen=True)
class Work:
    """A row of the table: `prepare` makes the two ways, `target` is the largest ratio that is claimed."""

    key: str
    title: str
    target: float
    prepare: Callable[[], Pair]
    compare: bool = True  # False where the ways draw their own random numbers

    def measure(self) -> dict[str, str]:
        """The median of each way in milliseconds, and their ratio."""
        ours, theirs = self.prepare()
        if self.compare:
            same(self.title, ours(), theirs())
        taken = medians({"dlnotes": ours, "pytorch": theirs})
        return row(self.key, taken["dlnotes"] * 1e3, taken["pytorch"] * 1e3, self.target)


def same(what: str, ours: Numbers, theirs: Numbers) -> None:
    """Refuse to compare the time of two things that are not the same thing."""
    for a, b in zip(ours, theirs, strict=True):
        if a.dtype != b.dtype or a.shape != b.shape:
            raise AssertionError(f"{what}: {a.shape} of {a.dtype} against {b.shape} of {b.dtype}")
        difference = np.abs(a - b).max() / max(float(np.abs(b).max()), 1e-30)
        if difference > (1e-4 if a.dtype == np.float32 else 1e-10):
            raise AssertionError(f"{what}: dlnotes and PyTorch differ by {difference:.2g} of the largest entry")


def layer(ours: Layer, theirs: torch.nn.Module, shape: tuple[int, ...], dtype: type = np.float32) -> Pair:
    """Forward and backward pass of one layer, the gradient of the input included."""
    rng = np.random.default_rng(0)
    x: np.ndarray = rng.standard_normal(shape).astype(dtype)
    dout: np.ndarray = rng.standard_normal(ours.forward(x).shape).astype(dtype)
    inputs, upstream = torch.tensor(x, requires_grad=True), torch.tensor(dout)
    for value, target in zip(ours.params.values(), theirs.parameters(), strict=True):
        target.data = torch.tensor(value)

    def dlnotes() -> Numbers:
        y = ours.forward(x)
        return [y, ours.backward(dout), *ours.grads.values()]

    def pytorch() -> Numbers:
        inputs.grad = None
        theirs.zero_grad()
        y = theirs(inputs)
        y.backward(upstream)
        return [numbers(y), numbers(inputs.grad), *(numbers(p.grad) for p in theirs.parameters())]

    return dlnotes, pytorch


def numbers(tensor: torch.Tensor) -> np.ndarray:
    """The numbers of a tensor, which are not copied."""
    found: np.ndarray = tensor.detach().numpy()
    return found


def convolution(c_in: int, dtype: type = np.float32) -> Pair:
    ours = Conv2d(c_in, 32, 3, padding=1, rng=np.random.default_rng(1), dtype=dtype)
    return layer(ours, torch.nn.Conv2d(c_in, 32, 3, padding=1), (IMAGES, c_in, 28, 28), dtype)


def softmax() -> Pair:
    rng = np.random.default_rng(2)
    u, d = rng.standard_normal((10000, 1000), dtype=np.float32), rng.integers(0, 1000, 10000)
    ours, theirs = SoftmaxWithLoss(), torch.nn.CrossEntropyLoss()
    inputs, labels = torch.tensor(u, requires_grad=True), torch.tensor(d)

    def dlnotes() -> Numbers:
        return [np.asarray(ours.forward(u, d)), ours.backward()]

    def pytorch() -> Numbers:
        inputs.grad = None
        E = theirs(inputs, labels)
        E.backward()
        return [numbers(E), numbers(inputs.grad)]

    return dlnotes, pytorch


def adam() -> Pair:
    rng = np.random.default_rng(3)
    w, g = rng.standard_normal((2, 1000, 1000), dtype=np.float32)
    params, ours = {"W": w}, Adam(0.001)
    twin = torch.nn.Parameter(torch.tensor(w))
    twin.grad = torch.tensor(g)
    theirs = torch.optim.Adam([twin], 0.001)

    def dlnotes() -> Numbers:
        ours.step(params, {"W": g})
        return [params["W"]]

    def pytorch() -> Numbers:
        theirs.step()
        return [numbers(twin)]

    return dlnotes, pytorch


def mlp() -> Pair:
    rng, kind = np.random.default_rng(4), np.float32
    ours = Sequential(Linear(784, 100, rng=rng, dtype=kind), ReLU(), Linear(100, 10, rng=rng, dtype=kind))
    theirs = torch.nn.Sequential(torch.nn.Linear(784, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10))
    return step(ours, theirs, (100, 784))


def cnn() -> Pair:
    rng, kind = np.random.default_rng(5), np.float32
    ours = Sequential(
        Conv2d(1, 30, 5, rng=rng, dtype=kind),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(30 * 12 * 12, 100, rng=rng, dtype=kind),
        ReLU(),
        Linear(100, 10, rng=rng, dtype=kind),
    )
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 30, 5),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(30 * 12 * 12, 100),
        torch.nn.ReLU(),
        torch.nn.Linear(100, 10),
    )
    return step(ours, theirs, (100, 1, 28, 28))


def step(ours: Sequential, theirs: torch.nn.Sequential, shape: tuple[int, ...]) -> Pair:
    """A training step: forward pass, loss, backward pass without the gradient of the input, update."""
    rng = np.random.default_rng(6)
    x, d = rng.standard_normal(shape, dtype=np.float32), rng.integers(0, 10, shape[0])
    loss, optimizer = SoftmaxWithLoss(), SGD(0.01)
    inputs, labels, twin_loss = torch.tensor(x), torch.tensor(d), torch.nn.CrossEntropyLoss()
    for value, target in zip(ours.params.values(), theirs.parameters(), strict=True):
        target.data = torch.tensor(value.T if value.ndim == 2 else value).contiguous()
    twin_optimizer = torch.optim.SGD(theirs.parameters(), 0.01)

    def dlnotes() -> Numbers:
        E = loss.forward(ours.forward(x), d)
        ours.backward_params(loss.backward())
        optimizer.step(ours.params, ours.grads)
        return [np.asarray(E), *ours.params.values()]

    def pytorch() -> Numbers:
        twin_optimizer.zero_grad()
        E = twin_loss(theirs(inputs), labels)
        E.backward()
        twin_optimizer.step()
        return [numbers(E), *(numbers(p.T if p.ndim == 2 else p) for p in theirs.parameters())]

    return dlnotes, pytorch


def dropout() -> Pair:
    return layer(Dropout(0.5, rng=np.random.default_rng(7)), torch.nn.Dropout(0.5), MAPS)


WORKS = (
    Work("conv-1", "convolution 3x3, 1 to 32 channels", 0.85, lambda: convolution(1)),
    Work("conv-16", "convolution 3x3, 16 to 32 channels", 3.0, lambda: convolution(16)),
    Work("conv-32", "convolution 3x3, 32 to 32 channels", 3.0, lambda: convolution(32)),
    Work("conv-16-float64", "convolution 3x3, 16 to 32, float64", 1.2, lambda: convolution(16, np.float64)),
    Work("conv-32-float64", "convolution 3x3, 32 to 32, float64", 1.2, lambda: convolution(32, np.float64)),
    Work("pool", "max pooling 2x2", 0.6, lambda: layer(MaxPool2d(2), torch.nn.MaxPool2d(2), MAPS)),
    Work("mlp", "MLP step 784-100-10, batch 100", 0.8, mlp),
    Work(
        "batch-norm",
        "batch norm, 32 channels",
        1.3,
        lambda: layer(BatchNorm(32, dtype=np.float32), torch.nn.BatchNorm2d(32), MAPS),
    ),
    Work("adam", "Adam step, a million parameters", 1.5, adam),
    Work("softmax", "softmax with cross-entropy, (10000, 1000)", 0.45, softmax),
    Work("relu", "ReLU, 3.2 million", 1.6, lambda: layer(ReLU(), torch.nn.ReLU(), MAPS)),
    Work("dropout", "dropout, 3.2 million", 0.25, dropout, compare=False),
    Work("cnn-step", "step conv-relu-pool-affine-relu-affine", 0.85, cnn),
)
