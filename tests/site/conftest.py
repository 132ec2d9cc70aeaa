"""The processes that run blocks get an environment of their own; told of a measurement of coverage, they take part."""

import os
import subprocess
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from dlnotes_site import execute

MEASUREMENT = "COVERAGE_PROCESS_CONFIG"


@pytest.fixture(autouse=True, scope="session")
def _servers_are_measured() -> Iterator[None]:
    def started(command: list[str], env: dict[str, str], **options: Any) -> Any:
        return subprocess.Popen(command, env=env | {MEASUREMENT: os.environ[MEASUREMENT]}, **options)

    with pytest.MonkeyPatch.context() as patch:
        if MEASUREMENT in os.environ:
            patch.setattr(execute, "subprocess", SimpleNamespace(Popen=started, PIPE=subprocess.PIPE))
        yield
