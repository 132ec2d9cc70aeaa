"""What was measured, as text: for the result file, the pages and the table that is printed."""

import datetime
import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")
HEADER = ("work", "dlnotes", "PyTorch", "ratio", "at most", "")


def two_digits(value: float) -> str:
    """Two significant digits, written without an exponent."""
    return f"{float(f'{value:.2g}'):g}"


def three_digits(value: float) -> str:
    """Three significant digits, as in 0.0123, 1.23, 123 and 1230."""
    digits = max(0, 3 - len(str(int(abs(value))))) if abs(value) >= 1 else 3
    return f"{float(f'{value:.3g}'):.{digits}f}"


def row(key: str, ours: float, theirs: float, target: float) -> dict[str, str]:
    """The values of one row, by key; `ours` and `theirs` in the unit that the table shows (ms, MB)."""
    ratio = ours / theirs
    return {
        f"{key}.dlnotes": three_digits(ours),
        f"{key}.pytorch": three_digits(theirs),
        f"{key}.ratio": f"{ratio:.2f}",
        f"{key}.target": f"{target:.2f}",
        f"{key}.reached": "✓" if ratio <= target else "✗",
    }


def table(values: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """The rows that `values` holds, in the order of `titles` (key to work), then how many reached their target."""
    columns = ("dlnotes", "pytorch", "ratio", "target", "reached")
    rows = [
        [title, *(values[f"{key}.{c}"] for c in columns)] for key, title in titles.items() if f"{key}.ratio" in values
    ]
    reached = sum(line[-1] == "✓" for line in rows)
    return f"{_aligned([list(HEADER), *rows])}\n{reached} of {len(rows)} reached"


def write(values: Mapping[str, str], path: Path = RESULTS) -> None:
    """Replace the result file in one step: it is never half a file."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"values": values}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, path)


def circumstances(versions: Mapping[str, str]) -> dict[str, str]:
    """Machine, versions and date."""
    named = [f"Python {platform.python_version()}", *(f"{name} {version}" for name, version in versions.items())]
    return {
        "machine": f"{processor()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": ", ".join(named),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The model of the processor, as far as the system tells it."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name") and ":" in line]
    return models[0] if models and models[0] else platform.processor() or "unknown processor"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in rows
    )
