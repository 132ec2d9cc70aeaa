"""What runs inside Pyodide: one program at a time, as if it stood alone.

`worker.js` calls `connect` once, then for each program `needs`, which says what must be loaded first, and `run`. Text
and figures leave through a function of the worker's; what comes back is how the program ended, as JSON.
"""

import ast
import gc
import importlib
import io
import json
import linecache
import os
import random
import re
import shutil
import sys
import time
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import compiled
import figures

Send = Callable[[str, str], None]

FOLDER = Path("/reader/here")
JAPANESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")
DRAWING = ("matplotlib.", "mpl_toolkits.", "pylab.", "PIL.", "dlnotes.plotting.")
MODULES = {
    "dlnotes": ("numpy", "dlnotes"),
    "matplotlib": ("matplotlib.pyplot", "matplotlib.backends.backend_svg", "dlnotes.plotting"),
    "tqdm": ("tqdm",),
}
_loaded: set[str] = set()
_spaces: dict[str, dict[str, Any]] = {}  # the names of the cells of a lab, by lab
_kept: dict[str, Any] = {"numpy": None, "font": None}  # NumPy's settings as they were, the font's name


class Stream(io.TextIOBase):
    """Standard output or error; what is written is sent at once."""

    def __init__(self, send: Send, name: str) -> None:
        self.send, self.name = send, name

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if text:
            self.send(self.name, text)
        return len(text)

    def writable(self) -> bool:
        return True


def connect(send: Send) -> None:
    """Send text as ("out" or "err", text) and figures as ("figure", SVG)."""
    _kept["send"] = send
    sys.stdout, sys.stderr = Stream(send, "out"), Stream(send, "err")
    sys.unraisablehook = lambda unraisable: None


def needs(code: str) -> list[str]:
    """What a program needs beyond NumPy and dlnotes: "tqdm", "matplotlib", "font"."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return []
    imported = [f"{name}." for name in _imported(tree)]
    found = ["tqdm"] if any(name.startswith("tqdm.") for name in imported) else []
    if any(name.startswith(DRAWING) for name in imported) or "matplotlib" in _loaded:
        found.append("matplotlib")
        strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        if any(isinstance(text, str) and JAPANESE.search(text) for text in strings):
            found.append("font")
    return found


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def load(group: str, kept: bytes | None) -> bytes | None:
    """Import what a group of packages brings; `kept` is what this gave back at an earlier visit."""
    sys.dont_write_bytecode = bool(kept)
    if kept:
        compiled.unpack(kept)
    for name in MODULES[group]:
        importlib.import_module(name)
    if group == "tqdm":
        sys.modules["tqdm"].tqdm.monitor_interval = 0  # its watching thread cannot be had
    gc.freeze()  # what was imported stays: `leave` need not go through it after each program
    _loaded.add(group)
    sys.dont_write_bytecode = True
    return None if kept else compiled.pack()


def add_font(path: str) -> None:
    """Draw with this font what matplotlib's own has no letters for."""
    from matplotlib import font_manager

    font_manager.fontManager.addfont(path)
    _kept["font"] = font_manager.FontProperties(fname=path).get_name()


def run(code: str, name: str, space: str, scheme: str) -> str:
    """Run a program that tracebacks call `name`; programs of one `space` share their names ("": it stands alone)."""
    names = _names(space, scheme)
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    begin = time.perf_counter()
    error: dict[str, Any] | None = None
    with warnings.catch_warnings():
        _warn()
        try:
            exec(compile(code, name, "exec"), names)
        except SystemExit as end:
            error = {"text": f"SystemExit: {end.code}\n", "line": 0, "kind": "SystemExit"} if end.code else None
        except BaseException as raised:
            error = _told(raised, name)
        try:
            show()
        except BaseException as raised:
            error = error or _told(raised, name)
    return json.dumps({"seconds": time.perf_counter() - begin, "error": error})


def _warn() -> None:
    """The filters that Python has when nothing is said."""
    warnings.resetwarnings()
    for quiet in (ResourceWarning, ImportWarning, PendingDeprecationWarning, DeprecationWarning):
        warnings.simplefilter("ignore", quiet)
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")


def leave(space: str) -> None:
    """Clear up behind a program, once its result is on its way."""
    if not space:
        sys.modules["__main__"].__dict__.clear()
    gc.collect()


def _names(space: str, scheme: str) -> dict[str, Any]:
    """The names that a program begins with; a new set begins in a clean house."""
    if space in _spaces:
        return _spaces[space]
    _spaces.clear()
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    if space:
        _spaces[space] = module.__dict__
    _clean(scheme)
    return module.__dict__


def _clean(scheme: str) -> None:
    """An empty folder, NumPy and matplotlib as they are when they have just been imported."""
    os.chdir("/")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    os.chdir(FOLDER)
    random.seed()
    _settle()
    if "matplotlib" in _loaded:
        _paint(scheme)


def _settle() -> None:
    """NumPy's settings as they were at first; its legacy random numbers are one stream for all programs."""
    import numpy as np

    if not _kept["numpy"]:
        _kept["numpy"] = np.geterr(), np.get_printoptions()
    errors, printing = _kept["numpy"]
    np.seterr(**errors)
    np.set_printoptions(**printing)
    np.random.seed()  # noqa: NPY002


def _paint(scheme: str) -> None:
    import matplotlib
    from matplotlib import pyplot

    pyplot.close("all")
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(figures.style(scheme))
    if _kept["font"]:
        matplotlib.rcParams["font.family"] = ["DejaVu Sans", _kept["font"]]
    pyplot.show = show


def show(*figs: Any, block: bool | None = None) -> None:
    """Send the figures that are open and close them; stands in for `plt.show`."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        for number in pyplot.get_fignums():
            _kept["send"]("figure", figures.to_svg(pyplot.figure(number)))
        pyplot.close("all")


def _told(raised: BaseException, name: str) -> dict[str, Any]:
    """An error as the reader sees it: the frames of programs only, and the line of this one."""
    told = traceback.TracebackException.from_exception(raised)
    for one in _chain(told):
        one.stack = traceback.StackSummary.from_list(
            [frame for frame in one.stack if frame.filename in linecache.cache and frame.filename.startswith("<")]
        )
    lines = [frame.lineno for frame in told.stack if frame.filename == name]
    if isinstance(raised, SyntaxError) and raised.filename == name:
        lines.append(raised.lineno or 0)
    return {"text": "".join(told.format()), "line": lines[-1] if lines else 0, "kind": type(raised).__name__}


def _chain(told: traceback.TracebackException | None) -> Iterator[traceback.TracebackException]:
    if told:
        yield told
        yield from _chain(told.__cause__)
        yield from _chain(told.__context__)
        for one in told.exceptions or ():
            yield from _chain(one)
