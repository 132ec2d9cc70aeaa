"""Layered layout of a directed acyclic graph, without drawing anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

type Edge = tuple[str, str, int]  # source, target, position among the target's inputs


@dataclass(frozen=True)
class Layers:
    """Nodes by layer, from the top down, and the way of each edge.

    `ways[edge]` lists the nodes that the edge passes, from source to target; an edge over several layers
    passes one invisible node in each layer between.
    """

    columns: list[list[str]]
    ways: dict[Edge, list[str]]


def depths(inputs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Longest way to each node from one without inputs; those without move next to their first consumer."""
    depth: dict[str, int] = {}
    waiting = dict(inputs)
    while waiting:
        ready = [name for name, needs in waiting.items() if all(need in depth for need in needs)]
        if not ready:
            raise ValueError(f"the graph has a cycle through {', '.join(sorted(waiting))}")
        for name in ready:
            depth[name] = 1 + max((depth[need] for need in waiting.pop(name)), default=-1)
    for name, needs in inputs.items():
        consumers = [depth[other] for other, theirs in inputs.items() if name in theirs]
        if not needs and consumers:
            depth[name] = min(consumers) - 1
    return depth


def layers(inputs: Mapping[str, Sequence[str]]) -> Layers:
    """Put nodes into layers and order each layer so that few edges cross."""
    depth = depths(inputs)
    columns: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name in inputs:
        columns[depth[name]].append(name)
    ways: dict[Edge, list[str]] = {}
    for target, needs in inputs.items():
        for position, source in enumerate(needs):
            way = [source]
            for k in range(depth[source] + 1, depth[target]):
                way.append(f"\0{source}\0{target}\0{position}\0{k}")
                columns[k].append(way[-1])
            ways[source, target, position] = [*way, target]
    links = [pair for way in ways.values() for pair in pairwise(way)]
    best, fewest = columns, crossings(columns, links)
    for sweep in range(12):
        columns = _reorder(columns, links, forward=sweep % 2 == 0)
        count = crossings(columns, links)
        if count < fewest:
            best, fewest = columns, count
    return Layers(best, ways)


def crossings(columns: list[list[str]], links: list[tuple[str, str]]) -> int:
    """Number of pairs of links that cross."""
    row = {name: i for column in columns for i, name in enumerate(column)}
    layer = {name: k for k, column in enumerate(columns) for name in column}
    return sum(
        (row[a] - row[c]) * (row[b] - row[d]) < 0
        for n, (a, b) in enumerate(links)
        for c, d in links[n + 1 :]
        if layer[a] == layer[c]
    )


def _reorder(columns: list[list[str]], links: list[tuple[str, str]], *, forward: bool) -> list[list[str]]:
    """One sweep of the barycentre rule."""
    result = [list(column) for column in columns]
    for k in range(1, len(result)) if forward else range(len(result) - 2, -1, -1):
        row = {name: i for i, name in enumerate(result[k - 1 if forward else k + 1])}
        pairs = [(b, a) if forward else (a, b) for a, b in links]
        mean: dict[str, float] = {}
        for i, name in enumerate(result[k]):
            near = [row[other] for me, other in pairs if me == name and other in row]
            mean[name] = sum(near) / len(near) if near else float(i)
        result[k].sort(key=mean.__getitem__)
    return result


def heights(plan: Layers) -> dict[str, float]:
    """Height of each node in units of the least distance between neighbours of a layer; the lowest is 0."""
    y = {name: -float(i) for column in plan.columns for i, name in enumerate(column)}
    near: dict[str, list[str]] = {name: [] for name in y}
    for way in plan.ways.values():
        for a, b in pairwise(way):
            near[a].append(b)
            near[b].append(a)
    for sweep in range(201):  # the last one goes forward, so results end level with their operation
        for column in plan.columns[:: 1 if sweep % 2 == 0 else -1]:
            wanted = [sum(y[n] for n in near[name]) / len(near[name]) if near[name] else y[name] for name in column]
            placed = spread(wanted[::-1], 1.0)[::-1]
            y.update(zip(column, map(float, placed), strict=True))
    _straighten(plan, near, y)
    lowest = min(y.values())
    return {name: value - lowest for name, value in y.items()}


def _straighten(plan: Layers, near: Mapping[str, Sequence[str]], y: dict[str, float]) -> None:
    """Make lines level that join a node's only output to another's only input, where the layer has room."""
    layer = {name: k for k, column in enumerate(plan.columns) for name in column}
    for k, column in enumerate(plan.columns[1:], start=1):
        for name in column:
            sources = [other for other in near[name] if layer[other] < k]
            if len(sources) != 1 or sum(layer[other] == k for other in near[sources[0]]) != 1:
                continue
            wanted = y[sources[0]]
            order = [wanted if other == name else y[other] for other in column]
            if all(upper - lower > 0.999 for upper, lower in pairwise(order)):
                y[name] = wanted


def spread(wanted: Sequence[float], gap: float) -> NDArray[np.float64]:
    """Positions closest to `wanted` (least squares, same order) that are at least `gap` apart, ascending."""
    offsets = gap * np.arange(len(wanted))
    blocks: list[tuple[float, int]] = []  # mean and length of each run of neighbours that touch
    for value in np.asarray(wanted, dtype=np.float64) - offsets:
        mean, length = float(value), 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, length = (mean * length + before * count) / (length + count), length + count
        blocks.append((mean, length))
    means = np.array([mean for mean, length in blocks for _ in range(length)], dtype=np.float64)
    placed: NDArray[np.float64] = means + offsets
    return placed
