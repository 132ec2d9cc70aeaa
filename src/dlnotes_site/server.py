"""The process that runs programs: it has NumPy and matplotlib imported, and forks once for each program.

`python -m dlnotes_site.server` reads one JSON request a line and answers with one JSON line. It starts no threads, so
that a fork is safe. In the child a program finds what a fresh Python has after `pip install dlnotes`: that library,
what it depends on and the standard library; an empty folder; no network, no other programs; warnings are errors.
"""

import contextlib
import importlib.abc
import importlib.metadata
import io
import json
import os
import random
import re
import select
import signal
import sys
import tempfile
import time
import traceback
import types
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

import matplotlib
import numpy as np
from matplotlib import pyplot as plt

from dlnotes_site import figures, looks

PROGRAM = "<block>"
_FORBIDDEN = re.compile(r"socket\.(?!__new__)|subprocess\.|os\.(system|exec|posix_spawn|fork|spawn|forkpty)|urllib\.")


def _distributions(name: str) -> set[str]:
    """A distribution with all that it needs, by name."""
    found: set[str] = set()
    queue = [name]
    while queue:
        current = queue.pop()
        if current in found:
            continue
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            needs = importlib.metadata.requires(current) or []
            found.add(current)
            queue += [m[0].lower() for need in needs if "extra ==" not in need and (m := re.match(r"[\w.-]+", need))]
    return found


def allowed_modules() -> set[str]:
    """Top-level modules that a program may import: the standard library and the closure of `dlnotes`."""
    wanted = {name.replace("_", "-") for name in _distributions("dlnotes")}
    by_module = importlib.metadata.packages_distributions()
    ours = {m for m, names in by_module.items() if wanted & {n.lower().replace("_", "-") for n in names}}
    return set(sys.stdlib_module_names) | ours | {"dlnotes", "mpl_toolkits"}


class _OnlyAllowed(importlib.abc.MetaPathFinder):
    """Makes every other module of this environment look as if it were not installed."""

    def __init__(self, allowed: set[str]) -> None:
        self.allowed = allowed

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> None:
        if fullname.partition(".")[0] not in self.allowed:
            raise ModuleNotFoundError(
                f"No module named {fullname!r}: a block has only dlnotes, NumPy, matplotlib and the standard library",
                name=fullname,
            )


def _no_way_out(event: str, args: object) -> None:
    if _FORBIDDEN.match(event):
        raise PermissionError(f"a block runs without network and without other programs ({event} was called)")


def _versions() -> dict[str, str]:
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        "numpy": np.__version__,
        "matplotlib": matplotlib.__version__,
    }


def _where(error: BaseException) -> int:
    """The last line of the program itself that an error went through."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == PROGRAM]
    if isinstance(error, SyntaxError) and error.filename == PROGRAM:
        lines.append(error.lineno)
    return next((line for line in reversed(lines) if line), 0)


def run(code: str, style: str) -> dict[str, Any]:
    """Run a program in this process and say what it did. Called in a child only."""
    answer: dict[str, Any] = {"text": "", "figures": [], "flaws": [], "modules": [], "versions": _versions()}
    answer |= {"seconds": 0.0, "error": "", "error_line": 0}
    for name, value in figures.style(style).items():
        matplotlib.rcParams[name] = value  # type: ignore[index]
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    out, err = io.StringIO(), io.StringIO()
    begin = time.perf_counter()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            warnings.simplefilter("error")
            exec(compile(code, PROGRAM, "exec"), module.__dict__)
            for figure in map(plt.figure, plt.get_fignums()):
                answer["figures"].append(figures.to_svg(figure))
                answer["flaws"].append(looks.flaws(figure))
        if err.getvalue():
            answer["error"] = f"writes to stderr: {err.getvalue().strip().splitlines()[0]}"
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        kind = "warns" if isinstance(error, Warning) else "fails"
        answer["error"] = " ".join(f"{kind} with {type(error).__name__}: {error}".split())
        answer["error_line"] = _where(error)
    answer["seconds"] = round(time.perf_counter() - begin, 4)
    answer["text"] = out.getvalue()
    answer["modules"] = sorted(name for name in sys.modules if name.partition(".")[0] == "dlnotes")
    return answer


def _child(request: dict[str, Any], pipe: int, allowed: set[str]) -> NoReturn:
    with tempfile.TemporaryDirectory(prefix="dlnotes-block-") as folder:
        os.chdir(folder)
        for name in [name for name in sys.modules if name.partition(".")[0] == "dlnotes_site"]:
            if name not in ("dlnotes_site.figures", "dlnotes_site.looks"):
                del sys.modules[name]
        np.random.seed()  # noqa: NPY002  a fork would hand every program the same state; a fresh Python has its own
        random.seed()
        sys.meta_path.insert(0, _OnlyAllowed(allowed))
        sys.addaudithook(_no_way_out)
        answer = run(request["code"], request["style"])
        os.chdir("/")
    with os.fdopen(pipe, "w") as stream:
        json.dump(answer, stream)
    os._exit(0)


def answer(request: dict[str, Any], allowed: set[str]) -> dict[str, Any]:
    """Fork, let the child run the program, and read its answer until the time is up."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            _child(request, writer, allowed)
        finally:
            os._exit(1)
    os.close(writer)
    deadline = time.monotonic() + request["time_limit"]
    received = bytearray()
    while (left := deadline - time.monotonic()) > 0:
        if select.select([reader], [], [], left)[0]:
            part = os.read(reader, 1 << 16)
            if not part:
                break
            received += part
    else:
        os.kill(child, signal.SIGKILL)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    if received and status == 0:
        result: dict[str, Any] = json.loads(received)
        return result
    if left <= 0:
        error = f"does not end within {request['time_limit']:g} s: make it smaller"
    else:
        error = f"ended its process (status {status}): a block must run to its end"
    return {
        "text": "",
        "figures": [],
        "flaws": [],
        "modules": [],
        "versions": {},
        "seconds": 0.0,
        "error": error,
        "error_line": 0,
    }


def main() -> None:
    allowed = allowed_modules()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), allowed)), flush=True)


if __name__ == "__main__":
    main()
