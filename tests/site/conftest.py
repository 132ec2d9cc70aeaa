"""Processes that run blocks and labs: those of blocks are shared, and where coverage is measured, they take part."""

import os
import subprocess
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from dlnotes_site import execute, notebooks

MEASUREMENT = "COVERAGE_PROCESS_CONFIG"


@pytest.fixture(autouse=True, scope="session")
def _children_are_measured() -> Iterator[None]:
    environment = notebooks._environment
    measured = {MEASUREMENT: os.environ.get(MEASUREMENT, "")}

    def started(command: list[str], env: dict[str, str], **options: Any) -> Any:
        return subprocess.Popen(command, env=env | measured, **options)

    with pytest.MonkeyPatch.context() as patch:
        if all(measured.values()):
            patch.setattr(execute, "subprocess", SimpleNamespace(**vars(subprocess) | {"Popen": started}))
            patch.setattr(notebooks, "_environment", lambda folder: environment(folder) | measured)
        yield


@pytest.fixture(autouse=True, scope="session")
def _servers_are_shared(_children_are_measured: None) -> Iterator[None]:
    """A server forks for each program and keeps nothing of it, and starting one takes a second."""
    started: dict[int, execute.Server] = {}

    class Shared(execute.Server):
        def close(self) -> None:
            pass

    def server(hash_seed: int) -> execute.Server:
        if hash_seed not in started or started[hash_seed].process.poll() is not None:
            started[hash_seed] = Shared(hash_seed)
        return started[hash_seed]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "Server", server)
        yield
    for shared in started.values():
        execute.Server.close(shared)
