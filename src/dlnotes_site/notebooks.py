"""Run the labs: each in a Jupyter kernel of its own, cell after cell, as a reader would.

As with blocks (`execute.py`) everything is run twice, at the same time, in the light and in the dark scheme; text and
lines must agree. What a cell did is one `Run`, kept under the cell's own program, which holds all cells before it.
"""

import asyncio
import functools
import json
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from dlnotes_site.execute import SCHEMES, Run, cached, join, module_digest, remember
from dlnotes_site.page import Block, Page

CELL_SECONDS = 20.0  # CPU time that a cell may take
LAB_SECONDS = 90.0
TIME_LIMIT = 180  # seconds on the clock until a cell is given up, on a slow and busy machine

MACHINERY = ("kernel.py", "notebooks.py", "execute.py", "figures.py", "looks.py")

Answer = dict[str, Any]


class Lab:
    """A kernel that runs the cells of one lab in one scheme."""

    def __init__(self, blocks: Sequence[Block], scheme: str, time_limit: int) -> None:
        hidden = f"from dlnotes_site import kernel\nkernel.prepare({scheme!r})"
        programs = [hidden, *(block.code for block in blocks), "kernel.report()"]
        self.notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(program) for program in programs])
        self.time_limit = time_limit

    def run(self, done: Callable[[], None], stop: threading.Event) -> list[Answer]:
        """What each cell did, up to the first that failed."""
        return asyncio.run(self.cells(done, stop))

    async def cells(self, done: Callable[[], None], stop: threading.Event) -> list[Answer]:
        answers: list[Answer] = []
        first, *numbers, last = range(len(self.notebook.cells))
        with tempfile.TemporaryDirectory(prefix="dlnotes-lab-") as folder:
            manager = AsyncKernelManager(transport="ipc", connection_file=f"{folder}/kernel.json")
            manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=[])  # this Python's own kernel, no other
            client = NotebookClient(self.notebook, km=manager, timeout=TIME_LIMIT)
            client.owns_km = True
            async with client.async_setup_kernel(env=_environment(folder), cwd=folder):
                await self.execute(client, first)
                client.timeout = self.time_limit
                for number in numbers:
                    if stop.is_set():
                        raise InterruptedError("the labs were stopped")
                    answers.append(await self.cell(client, number))
                    done()
                    if answers[-1]["error"]:
                        break
                client.timeout = min(self.time_limit, 10)  # a cell that did not end keeps its kernel busy
                await self.complete(client, last, answers)
        return answers

    async def execute(self, client: NotebookClient, number: int) -> nbformat.NotebookNode:
        return await client.async_execute_cell(self.notebook.cells[number], number, store_history=False)

    async def cell(self, client: NotebookClient, number: int) -> Answer:
        """Run one cell; what it did."""
        answer: Answer = {
            "text": "",
            "figures": [],
            "pictures": [],
            "flaws": [],
            "error": "",
            "error_line": 0,
            "seconds": 0.0,
            "versions": {},
        }
        try:
            cell = await self.execute(client, number)
        except CellTimeoutError:
            answer["error"] = f"does not end within {self.time_limit} s: make it smaller"
        except DeadKernelError:
            answer["error"] = "ended its kernel (is it out of memory, or does it call os._exit?)"
        except CellExecutionError as error:
            kind = "warns" if error.ename.endswith("Warning") else "fails"
            answer["error"] = " ".join(f"{kind} with {error.ename}: {error.evalue}".split())
        else:
            for output in cell.outputs:
                _take(output, answer)
            errors = "".join(output.text for output in cell.outputs if output.get("name") == "stderr")
            if left := terminal(errors).strip():
                answer["error"] = f"writes to stderr: {left.splitlines()[0]}"
        return answer

    async def complete(self, client: NotebookClient, number: int, answers: list[Answer]) -> None:
        """Ask the kernel for what only it knows; a dead one says nothing."""
        try:
            report = await self.execute(client, number)
        except (DeadKernelError, CellTimeoutError, CellExecutionError):
            return
        told = json.loads(report.outputs[0]["text"])
        for answer, cell in zip(answers, told["cells"], strict=False):
            answer |= {"seconds": cell["seconds"], "error_line": cell["error_line"] if answer["error"] else 0}
            answer |= {"versions": told["versions"], "modules": told["modules"], "flaws": cell["flaws"]}


def _environment(folder: str) -> dict[str, str]:
    """A plain environment, in which no setting of this user reaches a kernel."""
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": folder,
        "IPYTHONDIR": f"{folder}/.ipython",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    } | {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    return environment | {key: os.environ[key] for key in ("MPLCONFIGDIR", "TMPDIR") if key in os.environ}


def _take(output: nbformat.NotebookNode, answer: Answer) -> None:
    """Add one output of a cell to its answer, or say why it may not be there."""
    if output.output_type == "stream" and output.name == "stdout":
        answer["text"] += output.text
    elif output.output_type == "stream":
        pass  # bars come in many pieces: `cell` looks at stderr as a whole
    elif output.output_type == "display_data" and "image/svg+xml" in output.data:
        answer["figures"].append(output.data["image/svg+xml"])
        answer["pictures"].append(output.data.get("image/png", "").strip())
    elif output.output_type == "execute_result":
        value = output.data.get("text/plain", "")
        answer["error"] = f"shows the value of its last line, {value[:40]!r}: print it, or end with plt.show()"
    else:
        answer["error"] = f"shows {sorted(output.get('data', {}))}: a lab prints text and draws figures"


def terminal(text: str) -> str:
    r"""What is left to be seen of text that moves about its lines, as progress bars do.

    >>> terminal("50 %\r100 %\r     \rdone")
    'done '
    """
    lines, row, column = [""], 0, 0
    for part in re.split(r"(\n|\r|\x1b\[[\d;]*[A-Za-z])", text):
        if part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row == len(lines))
        elif part == "\r":
            column = 0
        elif part == "\x1b[A":  # one line up
            row = max(0, row - 1)
        elif not part.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + len(part) :]
            column += len(part)
    return "\n".join(lines)


def run_all(
    labs: Iterable[Page],
    cache: Path,
    *,
    time_limit: int = TIME_LIMIT,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Run]:
    """Run each lab of which a cell is not known (both languages share theirs); the result is by `Block.program`."""
    digest_of = functools.cache(module_digest)
    runs: dict[str, Run] = {}
    todo: list[Page] = []
    for lab in labs:
        known = {block.program: cached(cache, block.program, digest_of, MACHINERY) for block in lab.blocks}
        runs |= {program: run for program, run in known.items() if run is not None}
        if None in known.values():
            todo.append(lab)
    if not todo:
        return runs
    total, count = sum(len(lab.blocks) for lab in todo), 0
    stop = threading.Event()
    progress(0, total)

    def half(scheme: str) -> list[list[Answer]]:
        def done() -> None:
            nonlocal count
            if scheme == SCHEMES[0]:
                count += 1
                progress(count, total)

        return [Lab(lab.blocks, scheme, time_limit).run(done, stop) for lab in todo]

    with ThreadPoolExecutor(2) as pool:
        try:
            light, dark = pool.map(half, SCHEMES)
        except BaseException:
            stop.set()  # or leaving the pool would wait for all labs
            raise
    for lab, first, second in zip(todo, light, dark, strict=True):
        runs |= _joined(lab, first, second)
        if not any(runs[block.program].error for block in lab.blocks):
            for block, answer in zip(lab.blocks, first, strict=True):
                digests = {name: digest_of(name) for name in answer["modules"]}
                remember(cache, block.program, runs[block.program], digests, MACHINERY)
    return runs


def _joined(lab: Page, light: list[Answer], dark: list[Answer]) -> dict[str, Run]:
    """One run a cell out of the two; the cells after one that failed were not run."""
    runs = {block.program: join(*pair) for block, *pair in zip(lab.blocks, light, dark, strict=False)}
    for block in lab.blocks:
        runs.setdefault(block.program, Run(error="was not run, because a cell before it failed"))
    return runs
