"""What the pages say about speed, measured: `make bench` runs this and writes `benchmarks/results.json`.

The measuring itself (`measure`) runs in an environment of its own, which holds PyTorch. With keys as arguments, as in
`make bench ONLY="adam pool"`, it measures these alone, prints them and writes nothing.
"""

import os
import sys
from pathlib import Path

from benchmarks.environment import EnvironmentFailure, prepare

ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    try:
        python = prepare(ROOT / ".cache" / "bench")
    except EnvironmentFailure as failure:
        sys.exit(f"make bench: {failure}")
    variables = os.environ | dict.fromkeys(ONE_THREAD, "1") | {"PYTHONPATH": str(ROOT / "src")}
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(python, [str(python), "-m", "benchmarks.measure", *sys.argv[1:]], variables)


if __name__ == "__main__":
    main()
