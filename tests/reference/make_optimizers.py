"""Paths of PyTorch 2.13.0's optimizers, kept as optimizers.npz beside this file.

PyTorch is not a dependency of the project. To make the file anew:

    python -m venv torch-env && torch-env/bin/pip install torch==2.13.0 numpy
    torch-env/bin/python tests/reference/make_optimizers.py

Gradients are curvature * w + noise[t % 10]. Among the entries are one whose gradient is always 0 and two whose
gradients are about as small as the epsilons, which shows on which side of the root these stand. The learning
rate changes twice.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

STEPS = 100
NAMES = {"W": (2, 2), "b": (3,)}
DTYPES = {"float64": torch.float64, "float32": torch.float32}
OPTIMIZERS = {
    "SGD": torch.optim.SGD,
    "Momentum": lambda w, lr: torch.optim.SGD(w, lr, momentum=0.9),
    "Nesterov": lambda w, lr: torch.optim.SGD(w, lr, momentum=0.9, nesterov=True),
    "AdaGrad": torch.optim.Adagrad,
    "RMSprop": torch.optim.RMSprop,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}
OTHER_SETTINGS = {
    "Momentum": lambda w, lr: torch.optim.SGD(w, lr, momentum=0.5),
    "Nesterov": lambda w, lr: torch.optim.SGD(w, lr, momentum=0.5, nesterov=True),
    "AdaGrad": lambda w, lr: torch.optim.Adagrad(w, lr, eps=1e-3),
    "RMSprop": lambda w, lr: torch.optim.RMSprop(w, lr, alpha=0.9, eps=1e-3),
    "Adam": lambda w, lr: torch.optim.Adam(w, lr, betas=(0.8, 0.9), eps=1e-3),
    "AdamW": lambda w, lr: torch.optim.AdamW(w, lr, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1),
}


def path(
    make: Callable[..., torch.optim.Optimizer], found: dict[str, np.ndarray], kind: torch.dtype
) -> dict[str, np.ndarray]:
    """Each parameter after each step."""
    params = {name: torch.tensor(found[f"start {name}"], dtype=kind) for name in NAMES}
    optimizer = make(list(params.values()), float(found["learning_rates"][0]))
    steps = {name: [] for name in NAMES}
    for t in range(STEPS):
        for name, w in params.items():
            curvature = torch.tensor(found[f"curvature {name}"], dtype=kind)
            w.grad = curvature * w + torch.tensor(found[f"noise {name}"][t % 10], dtype=kind)
        optimizer.param_groups[0]["lr"] = float(found["learning_rates"][t])
        optimizer.step()
        for name, w in params.items():
            steps[name].append(w.numpy().copy())
    return {name: np.stack(ws) for name, ws in steps.items()}


def problem(rng: np.random.Generator) -> dict[str, np.ndarray]:
    found = {"learning_rates": np.repeat([0.02, 0.005, 0.05], [40, 30, 30])}
    size = {"W": np.array([[1, 1e-9], [1e-3, 1]]), "b": np.array([0, 1e-7, 0.1])}
    for name, shape in NAMES.items():
        found[f"start {name}"] = rng.normal(size=shape)
        found[f"curvature {name}"] = size[name] * rng.uniform(0.5, 3, shape)
        found[f"noise {name}"] = size[name] * rng.normal(size=(10, *shape))
    return found


if __name__ == "__main__":
    arrays = problem(np.random.default_rng(1969))
    saved = dict(arrays)
    for name, make in OPTIMIZERS.items():
        for dtype, kind in DTYPES.items():
            saved |= {f"{name}.{p}.{dtype}": a for p, a in path(make, arrays, kind).items()}
    for name, make in OTHER_SETTINGS.items():  # every fifth step
        saved |= {f"{name}.{p}.other": a[4::5] for p, a in path(make, arrays, torch.float64).items()}
    np.savez_compressed(Path(__file__).parent / "optimizers.npz", **saved)
