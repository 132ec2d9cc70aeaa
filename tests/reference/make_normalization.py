"""Reference values from PyTorch 2.13.0, kept as normalization.npz beside this file.

Two steps of training and one of inference, each forward and backward, with the running statistics after it:

    torch-env/bin/python tests/reference/make_normalization.py

with the environment of make_reference.py.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

CASES = {"rows": ((7, 5), {}), "images": ((4, 3, 5, 2), {}), "settings": ((2, 3, 1, 3), {"momentum": 0.3, "eps": 0.01})}
DTYPES = {"float64": torch.float64, "float32": torch.float32}


def batch_norm(case: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    shape, settings = CASES[case]
    size = shape[1]
    spread = (-1, *[1] * (len(shape) - 2))
    scales, shifts = rng.uniform(0.1, 5, size).reshape(spread), rng.normal(0, 3, size).reshape(spread)
    start = {"gamma": rng.normal(1, 1, size), "beta": rng.normal(0, 1, size)}
    batches = {f"x{t}": scales * rng.normal(size=shape) + shifts for t in range(3)}
    upstream = {f"dout{t}": rng.normal(size=shape) for t in range(3)}
    found = start | batches | upstream
    for dtype, kind in DTYPES.items():
        layer = (nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d)(size, dtype=kind, **settings)
        layer.load_state_dict(
            {"weight": torch.tensor(start["gamma"]), "bias": torch.tensor(start["beta"])}, strict=False
        )
        for t in range(3):
            layer.train(t < 2)
            layer.zero_grad()
            x = torch.tensor(batches[f"x{t}"], dtype=kind, requires_grad=True)
            y = layer(x)
            y.backward(torch.tensor(upstream[f"dout{t}"], dtype=kind))
            values = {
                "y": y,
                "dx": x.grad,
                "dgamma": layer.weight.grad,
                "dbeta": layer.bias.grad,
                "running_mean": layer.running_mean,
                "running_var": layer.running_var,
            }
            found |= {f"{name}{t}.{dtype}": value.detach().numpy().copy() for name, value in values.items()}
    return {f"{case}.{name}": array for name, array in found.items()}


if __name__ == "__main__":
    generator = np.random.default_rng(2015)
    arrays: dict[str, np.ndarray] = {}
    for name in CASES:
        arrays |= batch_norm(name, generator)
    np.savez_compressed(Path(__file__).parent / "normalization.npz", **arrays)
