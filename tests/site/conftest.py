"""Processes that run blocks and labs get an environment of their own; where coverage is measured, they take part."""

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
