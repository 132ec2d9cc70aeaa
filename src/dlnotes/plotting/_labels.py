"""Places for labels on straight lines."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

type Point = tuple[float, float]
type Segment = tuple[Point, Point]


def place_labels(
    segments: Sequence[Segment], sizes: Sequence[tuple[float, float]], circles: Sequence[Point], radius: float
) -> list[Point] | None:
    """Centre of a box on each segment, clear of all other boxes and of the circles, far from other segments.

    Each segment takes, in turn, the free place whose box is farthest from the other segments. Boxes of width
    0 stay out. Returns None if a box finds no free place.
    """
    lines = np.array(segments, dtype=np.float64)  # (M, 2, 2)
    nodes = np.array(circles, dtype=np.float64).reshape(-1, 2)
    taken: list[tuple[float, float, float, float]] = []
    spots: list[Point] = []
    for m, ((start, end), (width, height)) in enumerate(zip(lines, sizes, strict=True)):
        others = np.delete(lines, m, axis=0)
        best: tuple[float, Point] | None = None
        half_width, half_height = width / 2 + 0.05, height / 2 + 0.01
        for t in np.linspace(0.06, 0.94, 45) if width else [0.5]:
            x, y = (float(c) for c in start + t * (end - start))
            near = np.maximum(np.abs(nodes - (x, y)) - (half_width, half_height), 0)
            hits_node = len(nodes) > 0 and float(np.hypot(*near.T).min()) < 1.1 * radius
            hits_box = any(abs(x - a) < half_width + w and abs(y - b) < half_height + h for a, b, w, h in taken)
            if width and (hits_node or hits_box):
                continue
            points = np.array([(x - width / 2, y), (x, y), (x + width / 2, y)])
            clearance = min(_distance(points, others), 0.25)
            score = clearance - 0.02 * abs(t - 0.5)
            if best is None or score > best[0]:
                best = score, (x, y)
        if best is None:
            return None
        spots.append(best[1])
        if width:
            taken.append((*best[1], half_width, half_height))
    return spots


def _distance(points: NDArray[np.float64], lines: NDArray[np.float64]) -> float:
    """Least distance of points (P, 2) from segments (M, 2, 2); infinite without segments."""
    if len(lines) == 0:
        return float("inf")
    start, along = lines[:, 0], lines[:, 1] - lines[:, 0]  # (M, 2)
    to = points[:, None] - start  # (P, M, 2)
    share = np.clip((to * along).sum(-1) / (along**2).sum(-1), 0, 1)
    return float(np.linalg.norm(to - share[..., None] * along, axis=-1).min())
