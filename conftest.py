"""pytest-codeblocks with nothing carried over from one block to the next, and a record of the blocks that it ran.

`pytest --codeblocks docs README.md` writes the record to `.cache/codeblocks.json`;
`tests/site/test_codeblocks.py` holds it against the built site.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_codeblocks.plugin import TestBlock

ROOT = Path(__file__).parent
RECORD = ROOT / ".cache" / "codeblocks.json"


@pytest.fixture(autouse=True)
def _examples_as_in_a_fresh_interpreter(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run the example of a docstring with NumPy's own way of printing, and close what it draws."""
    if not isinstance(request.node, pytest.DoctestItem):
        yield
        return
    import numpy as np
    from matplotlib import pyplot as plt

    printing = {"precision": 8, "threshold": 1000, "edgeitems": 3, "linewidth": 75, "suppress": False}
    with np.printoptions(**printing, floatmode="maxprec", sign="-", legacy=False):
        yield
    plt.close("all")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Run a block as in an empty file: own folder, no figures, settings or random state of an earlier block."""
    if not isinstance(item, TestBlock):
        yield
        return
    import matplotlib
    import numpy as np
    from matplotlib import pyplot as plt

    block = item.obj
    if block.expected_output is None:
        block.expected_output = ""  # what a block prints without saying so is wrong, too
    item.user_properties.append(("block", [block.lineno, block.syntax, block.code]))
    folder, environment, errors = Path.cwd(), dict(os.environ), np.geterr()
    np.random.seed()  # noqa: NPY002  (the state that blocks must not use: another one for each)
    os.chdir(item.config.rootpath / ".cache" / "empty")
    try:
        with matplotlib.rc_context():
            yield
            for number in plt.get_fignums():
                plt.figure(number).canvas.draw()
    except RuntimeError as error:
        place = Path(item.path).relative_to(ROOT)
        raise RuntimeError(f"{place}:{block.lineno}: {error}") from error
    finally:
        plt.close("all")
        np.seterr(**errors)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)


class _Recorder:
    """Collects what the workers report; only the process that began the session has one."""

    def __init__(self) -> None:
        self.ran: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            for name, value in report.user_properties:
                if name == "block":
                    line, syntax, code = value  # type: ignore[misc]
                    path = report.nodeid.partition("::")[0]
                    self.ran.append(
                        {
                            "path": path,
                            "line": line,
                            "syntax": syntax,
                            "code": code,
                            "outcome": report.outcome,
                        }
                    )

    def pytest_sessionfinish(self) -> None:
        RECORD.parent.mkdir(exist_ok=True)
        self.ran.sort(key=lambda block: (block["path"], block["line"]))
        RECORD.write_text(json.dumps(self.ran, indent=1), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.codeblocks:
        (ROOT / ".cache" / "empty").mkdir(parents=True, exist_ok=True)
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(_Recorder())
