"""Reference values from PyTorch 2.13.0, kept as activations.npz, losses.npz and network.npz beside this file.

PyTorch is not a dependency of the project. To make the files anew:

    python -m venv torch-env && torch-env/bin/pip install torch==2.13.0 numpy
    torch-env/bin/python tests/reference/make_reference.py
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.autograd.functional import jacobian

HERE = Path(__file__).parent
SLOPE = 0.1
ELEMENTWISE = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda u: F.leaky_relu(u, SLOPE),
}
ROWWISE = {
    "softmax": lambda u: torch.softmax(u, -1),
    "log_softmax": lambda u: torch.log_softmax(u, -1),
}
DTYPES = {"float64": torch.float64, "float32": torch.float32}


def activations(rng: np.random.Generator) -> dict[str, np.ndarray]:
    u = np.concatenate([rng.normal(0, 4, 40), [-1000, -90, -20, -1e-9, 0, 1e-9, 20, 90, 1000]])
    rows = np.concatenate([rng.normal(0, 5, (5, 4)), [[1000, -1000, 0, 999], [-1000, -1000, -1000, -1001]]])
    found = {"u": u, "rows": rows}
    for dtype, kind in DTYPES.items():
        for name, function in ELEMENTWISE.items():
            x = torch.tensor(u, dtype=kind, requires_grad=True)
            y = function(x)
            y.sum().backward()
            found[f"{name}.{dtype}"] = y.detach().numpy()
            found[f"d_{name}.{dtype}"] = x.grad.numpy()
        for name, function in ROWWISE.items():
            x = torch.tensor(rows, dtype=kind)
            found[f"{name}.{dtype}"] = function(x).numpy()
            found[f"d_{name}.{dtype}"] = np.stack([jacobian(function, row).numpy() for row in x])
    return found


def losses(rng: np.random.Generator) -> dict[str, np.ndarray]:
    n, k = 6, 4
    soft = rng.dirichlet(np.ones(k), n)
    logits = rng.normal(0, 6, (n, k))
    logits[0], logits[1] = [1000, -1000, 0, 1000], [-1000, 1000, 500, 0]
    found = {
        "y": rng.normal(0, 3, (n, k)),
        "d": rng.normal(0, 3, (n, k)),
        "p": rng.dirichlet(np.ones(k), n),
        "u": logits,
        "labels": rng.integers(0, k, n),
        "soft": soft,
        "yes": rng.integers(0, 2, (n, k)).astype(float),
    }
    for dtype, kind in DTYPES.items():
        t = {
            name: torch.tensor(a, dtype=None if name == "labels" else kind)
            for name, a in found.items()
            if "." not in name
        }
        for name, (first, loss) in loss_functions(t, n).items():
            x = t[first].clone().requires_grad_()
            value = loss(x)
            value.backward()
            found[f"{name}.{dtype}"] = value.detach().numpy()
            found[f"d_{name}.{dtype}"] = x.grad.numpy()
    return found


def loss_functions(t: dict[str, torch.Tensor], n: int) -> dict[str, tuple[str, Callable]]:
    """Name to what the loss is a function of, and the function."""
    yes, labels, soft = t["yes"], t["labels"], t["soft"]
    bce, bce_logits = F.binary_cross_entropy, F.binary_cross_entropy_with_logits
    return {
        "half_squared_error": ("y", lambda y: ((y - t["d"]) ** 2).sum() / (2 * n)),
        "mean_squared_error": ("y", lambda y: F.mse_loss(y, t["d"])),
        "binary_cross_entropy": ("p", lambda p: bce(p, yes, reduction="sum") / n),
        "binary_cross_entropy_with_logits": ("u", lambda u: bce_logits(u, yes, reduction="sum") / n),
        "cross_entropy": ("p", lambda p: F.nll_loss(p.log(), labels)),
        "cross_entropy.soft": ("p", lambda p: -(soft * p.log()).sum() / n),
        "cross_entropy_with_logits": ("u", lambda u: F.cross_entropy(u, labels)),
        "cross_entropy_with_logits.soft": ("u", lambda u: F.cross_entropy(u, soft)),
    }


def network(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Losses and parameters of 5-7-3 with tanh, over ten full-batch steps at learning rate 0.5."""
    found = {
        "x": rng.normal(size=(8, 5)),
        "labels": rng.integers(0, 3, 8),
        "0.W": rng.normal(size=(5, 7)),
        "0.b": rng.normal(size=7),
        "2.W": rng.normal(size=(7, 3)),
        "2.b": rng.normal(size=3),
    }
    names = [name for name in found if name[-1] in "Wb"]
    for dtype, kind in DTYPES.items():
        params = {name: torch.tensor(found[name], dtype=kind, requires_grad=True) for name in names}
        x, labels = torch.tensor(found["x"], dtype=kind), torch.tensor(found["labels"])
        optimizer = torch.optim.SGD(params.values(), lr=0.5)
        history = []
        for step in range(10):
            hidden = torch.tanh(x @ params["0.W"] + params["0.b"])
            loss = F.cross_entropy(hidden @ params["2.W"] + params["2.b"], labels)
            optimizer.zero_grad()
            loss.backward()
            if step == 0:
                found |= {f"d {name}.{dtype}": params[name].grad.numpy().copy() for name in names}
            optimizer.step()
            history.append(loss.item())
        found[f"history.{dtype}"] = np.array(history)
        found |= {f"end {name}.{dtype}": params[name].detach().numpy() for name in names}
    return found


if __name__ == "__main__":
    generator = np.random.default_rng(1969)
    for function in (activations, losses, network):
        np.savez_compressed(HERE / f"{function.__name__}.npz", **function(generator))
