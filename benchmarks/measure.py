"""Measure everything, show progress, print the table, write the results; `bench` starts this beside PyTorch."""

import sys
import time
from collections.abc import Callable

import numpy as np
import torch

from benchmarks import digits, memory, minibatch
from benchmarks.results import circumstances, table, write
from benchmarks.works import WORKS

type Measure = Callable[[], dict[str, str]]

ALL: dict[str, tuple[str, Measure]] = {
    **{work.key: (work.title, work.measure) for work in WORKS},
    digits.KEY: (digits.TITLE, digits.training),
    memory.KEY: (memory.TITLE, memory.measure),
    "minibatch": ("samples a second by batch size", minibatch.measure),
    "share": ("where a training step spends its time", digits.share),
}


def main(keys: list[str]) -> None:
    if unknown := set(keys) - set(ALL):
        sys.exit(f"make bench: unknown {', '.join(sorted(unknown))}; known are {', '.join(ALL)}")
    torch.set_num_threads(1)
    values: dict[str, str] = {}
    begin = time.monotonic()
    for number, key in enumerate(keys or ALL, 1):
        title, measure = ALL[key]
        print(f"[{number}/{len(keys or ALL)}] {title}", file=sys.stderr, flush=True)
        values |= measure()
    values |= circumstances({"NumPy": np.__version__, "PyTorch": torch.__version__.split("+")[0]})
    print(table(values, {key: title for key, (title, _) in ALL.items()}))
    for name, value in values.items():
        if name.split(".")[0] not in {work.key for work in WORKS}:
            print(f"{name:28} {value}")
    if keys:
        print("Only a part was measured: benchmarks/results.json is as it was.")
    else:
        write(values)
        print(f"Written to benchmarks/results.json after {time.monotonic() - begin:.0f} s.")


if __name__ == "__main__":
    main(sys.argv[1:])
