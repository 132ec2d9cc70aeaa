"""What a lab's kernel is told before its first cell. This runs inside the kernel, where `prepare` is called once.

Figures come out as the site's SVG and, in the light scheme, as the PNG of the notebooks. Warnings are errors while a
cell runs, nothing leaves the machine, and each cell's CPU time and the line of its error are kept for `report`.
"""

import ipaddress
import json
import sys
import time
import traceback
import warnings
from typing import Any

import matplotlib
import numpy as np
from IPython.core.getipython import get_ipython
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from dlnotes_site import figures, looks

_cells: list[dict[str, Any]] = []
_running: dict[str, Any] = {}


def prepare(scheme: str) -> None:
    """Make the kernel draw in a colour scheme and keep the rules of the labs."""
    shell: Any = get_ipython()
    _running["scheme"] = scheme
    for name, value in figures.style(scheme).items():
        plt.rcParams[name] = value  # type: ignore[index]
    plt.switch_backend(plt.rcParams["backend"])  # Jupyter's own, which now says how figures are shown
    shell.events.register("pre_run_cell", _begin)
    shell.events.register("post_run_cell", _end)
    sys.addaudithook(_stay_here)


def _begin(info: Any) -> None:
    shell: Any = get_ipython()  # said each time, for matplotlib says otherwise when a cell ends
    picture = figures.to_png if _running["scheme"] == "light" else lambda figure: None
    shell.display_formatter.formatters["image/png"].for_type(Figure, picture)
    shell.display_formatter.formatters["image/svg+xml"].for_type(Figure, _drawn)
    _running.update(filters=warnings.catch_warnings(), begin=time.process_time(), flaws=[])
    _running["filters"].__enter__()
    warnings.simplefilter("error")


def _drawn(figure: Figure) -> str:
    """A figure as SVG; what is wrong with it is noted."""
    svg = figures.to_svg(figure)
    _running["flaws"].append(looks.flaws(figure))
    return svg


def _end(result: Any) -> None:
    if "filters" not in _running:
        return  # the cell that called `prepare`
    _running["filters"].__exit__()
    seconds = round(time.process_time() - _running["begin"], 3)
    line = _line(result.error_before_exec or result.error_in_exec)
    _cells.append({"seconds": seconds, "error_line": line, "flaws": _running["flaws"]})


def _line(error: BaseException | None) -> int:
    """The line of the cell on which an error came up, from 1; 0 if there is none."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    frames = traceback.extract_tb(error.__traceback__) if error else []
    return next((frame.lineno or 0 for frame in frames if frame.name == "<module>"), 0)


def _stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what would ask another machine: readers sit behind firewalls."""
    host = ""
    if event == "socket.getaddrinfo":
        host = str(arguments[0] or "")
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
    if host and not _local(host):
        raise PermissionError(f"a lab runs without network ({host} was asked for)")


def _local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def report() -> None:
    """Print what the cells did, as JSON."""
    versions = {
        "python": ".".join(map(str, sys.version_info[:3])),
        "numpy": np.__version__,
        "matplotlib": matplotlib.__version__,
    }
    modules = sorted(name for name in sys.modules if name.partition(".")[0] == "dlnotes")
    print(json.dumps({"cells": _cells, "versions": versions, "modules": modules}))
