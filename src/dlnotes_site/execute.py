"""Run programs as if each stood alone in a fresh Python that has only `dlnotes` installed.

Two servers (`server.py`) have NumPy and matplotlib imported and fork for each program. Every program is run twice:
in the light scheme by one server, in the dark by the other, which hashes strings differently. A program whose text or
lines differ between the two depends on the time, on chance or on the order of a set, and fails.
"""

import functools
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from dlnotes_site import figures
from dlnotes_site.page import Block

TIME_LIMIT = 30.0  # seconds a program may take, on a slow and busy machine
_HERE = Path(__file__).parent
SCHEMES = ("light", "dark")
MACHINERY = ("server.py", "execute.py", "figures.py", "looks.py")  # a run is kept until one of these changes


@dataclass(frozen=True)
class Drawing:
    """One figure in both colour schemes, as SVG text; in a lab also in the light one as a picture, PNG in base 64.

    `flaws` are what is wrong with how it looks, one sentence each.
    """

    light: str
    dark: str
    png: str = ""
    flaws: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """What a program did: the text it printed, its figures, how long it took, and with which versions.

    `error` says in one line what went wrong and `error_line` where in the program (from 1); then there is nothing else.
    """

    text: str = ""
    figures: tuple[Drawing, ...] = ()
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    error: str = ""
    error_line: int = 0


class Server:
    """A forking server in a process of its own; it answers one request at a time."""

    def __init__(self, hash_seed: int) -> None:
        environment = {
            "PATH": os.defpath,
            "PYTHONHASHSEED": str(hash_seed),
            "MPLBACKEND": "agg",
            "LANG": "C.UTF-8",
        } | {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
        environment |= {key: os.environ[key] for key in ("MPLCONFIGDIR", "HOME", "TMPDIR") if key in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dlnotes_site.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def ask(self, code: str, scheme: str, time_limit: float) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        request = {"code": code, "style": scheme, "time_limit": time_limit}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the server that runs the blocks ended: expected an answer, got none")
        result: dict[str, Any] = json.loads(answer)
        return result

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def run_all(
    blocks: Iterable[Block],
    cache: Path,
    *,
    time_limit: float = TIME_LIMIT,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Run]:
    """Run each program once (both languages share theirs); the result is by `Block.program`."""
    programs = {block.program: block.code for block in blocks}
    runs: dict[str, Run] = {}
    digest_of = functools.cache(module_digest)  # each file is read once a call
    for program in programs:
        if (known := cached(cache, program, digest_of)) is not None:
            runs[program] = known
    todo = {program: code for program, code in programs.items() if program not in runs}
    if not todo:
        return runs
    progress(0, len(todo))

    def half(hash_seed: int, scheme: str) -> list[dict[str, Any]]:
        server = Server(hash_seed)
        try:
            answers = []
            for code in todo.values():
                answers.append(server.ask(code, scheme, time_limit))
                if scheme == SCHEMES[0]:
                    progress(len(answers), len(todo))
            return answers
        finally:
            server.close()

    with ThreadPoolExecutor(2) as pool:
        light, dark = pool.map(half, (1, 2), SCHEMES)
    for program, first, second in zip(todo, light, dark, strict=True):
        runs[program] = join(first, second)
        if not runs[program].error:
            remember(cache, program, runs[program], {name: digest_of(name) for name in first["modules"]})
    return runs


def join(light: dict[str, Any], dark: dict[str, Any]) -> Run:
    """One run out of the two; they must agree in everything but colours."""
    for answer in (light, dark):
        if answer["error"]:
            return Run(error=answer["error"], error_line=answer["error_line"])
    if light["text"] != dark["text"]:
        return Run(error="prints something else each time it runs: seed every generator, take no time, sort sets")
    pairs = list(zip(light["figures"], dark["figures"], strict=False))
    same = len(light["figures"]) == len(dark["figures"])
    if not same or any(figures.geometry(one) != figures.geometry(two) for one, two in pairs):
        return Run(error="draws something else each time it runs (or in the dark scheme): seed every generator")
    pictures = light.get("pictures") or [""] * len(pairs)
    flaws = [_flaws(*both) for both in zip(light["flaws"], dark["flaws"], strict=True)]
    drawings = tuple(Drawing(*pair, *more) for pair, *more in zip(pairs, pictures, flaws, strict=True))
    return Run(light["text"], drawings, light["seconds"], light["versions"])


def _flaws(light: list[str], dark: list[str]) -> tuple[str, ...]:
    """The flaws of a figure; those of one scheme only say which it is."""
    both = [flaw for flaw in light if flaw in dark]
    one = [
        f"in the {scheme} scheme {flaw}"
        for scheme, flaws in zip(SCHEMES, (light, dark), strict=True)
        for flaw in flaws
        if flaw not in both
    ]
    return (*both, *one)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def module_digest(name: str) -> str:
    """The content of a module of the library, a package's data included; the empty text for one that is no more."""
    stem = _HERE.parent.joinpath(*name.split("."))
    if stem.with_suffix(".py").is_file():
        return _digest(stem.with_suffix(".py").read_text(encoding="utf-8"))
    if not (stem / "__init__.py").is_file():
        return ""
    data = sorted(file for file in stem.rglob("*.*") if file.is_file() and file.suffix not in (".py", ".pyc"))
    files = [stem / "__init__.py", *data]
    return _digest(*(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files))


def _key(program: str, machinery: tuple[str, ...]) -> str:
    return _digest(program, _surroundings(machinery))


@functools.cache
def _surroundings(machinery: tuple[str, ...]) -> str:
    """What every run depends on: Python, the packages, and the machinery that runs programs."""
    sources = [(_HERE / file).read_text(encoding="utf-8") for file in machinery]
    versions = [f"{name}={metadata.version(name)}" for name in ("numpy", "matplotlib")]
    return _digest(sys.version, *versions, *sources)


def cached(
    cache: Path, program: str, digest_of: Callable[[str], str], machinery: tuple[str, ...] = MACHINERY
) -> Run | None:
    """The run that is kept for a program, if no module of the library that it loaded has changed since."""
    try:
        kept = json.loads((cache / f"{_key(program, machinery)}.json").read_text(encoding="utf-8"))
        if any(digest_of(name) != digest for name, digest in kept["modules"].items()):
            return None
        run = kept["run"]
        drawings = (Drawing(**drawing | {"flaws": tuple(drawing["flaws"])}) for drawing in run["figures"])
        return Run(**run | {"figures": tuple(drawings)})
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not there, cut off or of another form: run it again


def remember(
    cache: Path, program: str, run: Run, modules: dict[str, str], machinery: tuple[str, ...] = MACHINERY
) -> None:
    """Keep a run; `modules` are the digests of the library's modules that it loaded."""
    cache.mkdir(parents=True, exist_ok=True)
    kept = {"modules": modules, "run": asdict(run)}
    file = cache / f"{_key(program, machinery)}.json"
    partial = file.with_suffix(f".{os.getpid()}.tmp")
    partial.write_text(json.dumps(kept), encoding="utf-8")
    partial.replace(file)
