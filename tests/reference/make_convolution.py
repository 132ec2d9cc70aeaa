"""Reference values from PyTorch 2.13.0, kept as convolution.npz beside this file.

    torch-env/bin/python tests/reference/make_convolution.py

with the environment of make_reference.py.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

HERE = Path(__file__).parent
DTYPES = {"float64": torch.float64, "float32": torch.float32}
SHAPES = {"short": (3, 2, 5, 7), "wide": (2, 1, 4, 19)}  # of the images
CONVOLUTIONS = {  # kernel, stride, padding
    "same": (3, 1, 1),
    "pairs": ((2, 3), (2, 1), (0, 2)),
    "skipping": (2, 3, 1),
    "point": (1, 1, 0),
}
POOLS = {
    "apart": (2, 2, 0),
    "overlapping": (3, 1, 1),
    "pairs": ((2, 3), (1, 2), (1, 0)),
    "skipping": (2, 3, 0),
}


def convolutions(rng: np.random.Generator) -> dict[str, np.ndarray]:
    found = {}
    for size, shape in SHAPES.items():
        found[f"{size}.x"] = rng.normal(size=shape)
        for case in CONVOLUTIONS if size == "short" else ("same", "pairs"):
            kernel, stride, padding = CONVOLUTIONS[case]
            name, (kh, kw) = f"conv.{size}.{case}", (kernel, kernel) if isinstance(kernel, int) else kernel
            given = {"x": found[f"{size}.x"], "W": rng.normal(size=(3, shape[1], kh, kw)), "b": rng.normal(size=3)}
            found |= {f"{name}.W": given["W"], f"{name}.b": given["b"]}
            for dtype, kind in DTYPES.items():
                t = {key: torch.tensor(value, dtype=kind, requires_grad=True) for key, value in given.items()}
                y = F.conv2d(t["x"], t["W"], t["b"], stride=stride, padding=padding)
                dout = found.setdefault(f"{name}.dout", rng.normal(size=y.shape))
                y.backward(torch.tensor(dout, dtype=kind))
                found[f"{name}.y.{dtype}"] = y.detach().numpy()
                found |= {f"{name}.d{key}.{dtype}": value.grad.numpy() for key, value in t.items()}
    return found


def pools(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """On small integers, so that there are ties."""
    found = {"ties": rng.integers(-3, 3, size=SHAPES["short"]).astype(float)}
    for case, (kernel, stride, padding) in POOLS.items():
        for pool in (F.max_pool2d, F.avg_pool2d):
            name = f"{pool.__name__[:3]}.{case}"
            for dtype, kind in DTYPES.items():
                x = torch.tensor(found["ties"], dtype=kind, requires_grad=True)
                y = pool(x, kernel, stride, padding)
                dout = found.setdefault(f"{name}.dout", rng.integers(-9, 10, size=y.shape).astype(float))
                y.backward(torch.tensor(dout, dtype=kind))
                found |= {f"{name}.y.{dtype}": y.detach().numpy(), f"{name}.dx.{dtype}": x.grad.numpy()}
    return found


if __name__ == "__main__":
    generator = np.random.default_rng(1989)
    np.savez_compressed(HERE / "convolution.npz", **convolutions(generator), **pools(generator))
