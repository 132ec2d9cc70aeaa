"""Seconds of several ways to do a work, side by side."""

import statistics
import time
from collections.abc import Callable, Mapping

type Way = Callable[[], object]

TURN = 0.02  # seconds; a shorter work is repeated within its turn, as training repeats it
SECONDS = 10.0  # for the rounds of one work
FEWEST, MOST = 9, 101  # rounds


def medians(ways: Mapping[str, Way], *, clock: Callable[[], float] = time.perf_counter) -> dict[str, float]:
    """Seconds of one run of each way: the median over rounds in which all ways take turns.

    Before the rounds each way runs twice, which does not count.
    """
    repeats, turns = {}, 0.0
    for name, way in ways.items():
        way()
        once = _turn(way, 1, clock)
        repeats[name] = max(1, round(TURN / once)) if once > 0 else 1
        turns += once * repeats[name]
    rounds = min(MOST, max(FEWEST, round(SECONDS / turns))) if turns > 0 else FEWEST
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            seconds[name].append(_turn(way, repeats[name], clock) / repeats[name])
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def _turn(way: Way, repeats: int, clock: Callable[[], float]) -> float:
    begin = clock()
    for _ in range(repeats):
        way()
    return clock() - begin
