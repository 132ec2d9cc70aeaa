"""A small convolutional network on the digits: its accuracy over seeds, its time, and where the time goes."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from benchmarks.results import row, two_digits
from dlnotes.convolution import Conv2d, MaxPool2d
from dlnotes.datasets import digits, train_test_split
from dlnotes.layers import Flatten, Layer, Linear, ReLU, Sequential, SoftmaxWithLoss
from dlnotes.optimizers import Adam
from dlnotes.training import Trainer, accuracy

SEEDS, EPOCHS, BATCH, RATE = range(5), 20, 50, 0.003
KEY, TITLE, TARGET = "cnn-digits", "small CNN on the digits, 20 epochs", 0.6


def model(rng: np.random.Generator) -> Sequential:
    """8x8 to 8 maps, to 4x4, to 16 maps, to 2x2, to 10 classes."""
    return Sequential(
        Conv2d(1, 8, 3, padding=1, rng=rng, dtype=np.float32),
        ReLU(),
        MaxPool2d(2),
        Conv2d(8, 16, 3, padding=1, rng=rng, dtype=np.float32),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(64, 10, rng=rng, dtype=np.float32),
    )


def twin() -> torch.nn.Sequential:
    """The same network, PyTorch's."""
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(8, 16, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(64, 10),
    )


def split(seed: int) -> tuple[np.ndarray, ...]:
    """1,437 samples to train on and 360 to test on, in float32."""
    x, d = digits()
    return train_test_split(x.astype(np.float32), d, test_size=360, rng=np.random.default_rng(seed))


def with_dlnotes(seed: int) -> tuple[float, float]:
    """Seconds of the training, and test accuracy."""
    x, d, x_test, d_test = split(seed)
    rng = np.random.default_rng(seed)
    trainer = Trainer(model(rng), SoftmaxWithLoss(), Adam(RATE), batch_size=BATCH, rng=rng, progress=False)
    begin = time.perf_counter()
    trainer.fit(x, d, epochs=EPOCHS, train_accuracy=False)
    return time.perf_counter() - begin, accuracy(trainer.model, x_test, d_test)


def with_pytorch(seed: int) -> tuple[float, float]:
    """The same, by PyTorch."""
    x, d, x_test, d_test = map(torch.tensor, split(seed))
    torch.manual_seed(seed)
    network, loss = twin(), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    begin = time.perf_counter()
    for _ in range(EPOCHS):
        order = torch.randperm(len(x))
        for rows in order.split(BATCH):
            optimizer.zero_grad()
            loss(network(x[rows]), d[rows]).backward()
            optimizer.step()
    seconds = time.perf_counter() - begin
    with torch.no_grad():
        return seconds, float((network(x_test).argmax(1) == d_test).double().mean())


def training() -> dict[str, str]:
    """Time and accuracy of both over the seeds; the ways take turns."""
    runs = [(with_dlnotes(seed), with_pytorch(seed)) for seed in SEEDS]
    ours, theirs = (statistics.median(run[way][0] for run in runs) for way in (0, 1))
    values = row(KEY, ours * 1e3, theirs * 1e3, TARGET)
    for way, name in enumerate(("dlnotes", "pytorch")):
        scores = [run[way][1] for run in runs]
        values |= {
            f"{KEY}.{name}-accuracy": f"{statistics.mean(scores):.3f}",
            f"{KEY}.{name}-accuracy-sd": f"{statistics.stdev(scores):.3f}",
            f"{KEY}.{name}-accuracy-min": f"{min(scores):.3f}",
        }
    return values


def share() -> dict[str, str]:
    """Per cent of the time of a training step that each kind of layer takes: medians over the steps of five epochs."""
    x, d, *_ = split(0)
    network, loss, optimizer = model(np.random.default_rng(0)), SoftmaxWithLoss(), Adam(RATE)
    steps: list[dict[str, float]] = []
    for begin in [*range(0, len(x) - BATCH, BATCH)] * 5:
        seconds = dict.fromkeys(("convolution", "pooling", "linear", "rest"), 0.0)
        z = x[begin : begin + BATCH]
        for layer in network.layers:
            with timed(seconds, kind(layer)):
                z = layer.forward(z)
        with timed(seconds, "rest"):
            loss.forward(z, d[begin : begin + BATCH])
            dout = loss.backward()
        first, *others = network.layers
        for layer in reversed(others):
            with timed(seconds, kind(layer)):
                dout = layer.backward(dout)
        with timed(seconds, kind(first)):
            first.backward_params(dout)
        with timed(seconds, "rest"):
            grads = {f"{i}.{name}": g for i, layer in enumerate(network.layers) for name, g in layer.grads.items()}
            optimizer.step(network.params, grads)
        steps.append(seconds)
    taken = {name: statistics.median(step[name] for step in steps) for name in steps[0]}
    return {f"share.{name}": two_digits(100 * value / sum(taken.values())) for name, value in taken.items()}


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Add the time that the body takes to that of `name`."""
    begin = time.perf_counter()
    yield
    seconds[name] += time.perf_counter() - begin


def kind(layer: Layer) -> str:
    """Under which name the time of a layer counts."""
    kinds = {Conv2d: "convolution", MaxPool2d: "pooling", Linear: "linear"}
    return kinds.get(type(layer), "rest")
