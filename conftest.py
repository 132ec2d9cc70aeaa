"""pytest-codeblocks with nothing carried over from one block to the next, and a record of the blocks that it ran.

What a block draws is compared, byte for byte, with the figures of the built site: blocks of Japanese pages are drawn in
the light scheme, those of English pages, which are the same programs, in the dark one. The bytes hold for the locked
versions alone; on others `DLNOTES_FIGURES=text` compares how many figures there are and leaves their bytes.

`pytest --codeblocks docs README.md` writes the record to `.cache/codeblocks.json`;
`tests/site/test_codeblocks.py` holds it against the built site.
"""

import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_codeblocks.plugin import TestBlock

ROOT = Path(__file__).parent
RECORD = ROOT / ".cache" / "codeblocks.json"
FIGURES = ROOT / "site" / "assets" / "figures"
SCHEMES = {"ja": "light", "en": "dark"}


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
    place = Path(item.path).relative_to(ROOT)
    folder, environment, errors = Path.cwd(), dict(os.environ), np.geterr()
    np.random.seed()  # noqa: NPY002  (the state that blocks must not use: another one for each)
    os.chdir(item.config.rootpath / ".cache" / "empty")
    try:
        with matplotlib.rc_context(_style(place)):
            yield
            if wrong := _redrawn([plt.figure(number) for number in plt.get_fignums()], place, block.lineno):
                pytest.fail(wrong, pytrace=False)
    except RuntimeError as error:
        raise RuntimeError(f"{place}:{block.lineno}: {error}") from error
    finally:
        plt.close("all")
        np.seterr(**errors)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)


def _style(place: Path) -> dict[str, Any]:
    """The settings in which a file's blocks draw: the README's in those of matplotlib."""
    from dlnotes_site import figures

    return figures.style(SCHEMES[place.parts[1]]) if place.parts[0] == "docs" else {}


@functools.cache
def _directives(place: Path) -> dict[int, list[tuple[int, str]]]:
    """The figures that a page announces, each with its line and id, by the line of their block."""
    from dlnotes_site import blocks

    page = blocks.read((ROOT / place).read_text(encoding="utf-8"))
    return {block.line: [(figure.line, figure.id) for figure in block.figures] for block in page.blocks}


def _redrawn(drawn: list[Any], place: Path, line: int) -> str:
    """What is wrong with the figures that the block at a line of a file drew; the empty text if nothing is."""
    from dlnotes_site import figures

    svgs = [figures.to_svg(figure) for figure in drawn]
    if place.parts[0] != "docs":
        return ""
    wanted = _directives(place).get(line, [])
    if len(svgs) != len(wanted):
        return f"{place}:{line}: draws {len(svgs)} figures and announces {len(wanted)}: mend one of them"
    if os.environ.get("DLNOTES_FIGURES") == "text":
        return ""
    name = place.relative_to(*place.parts[:1]).with_suffix("")
    for svg, (at, figure) in zip(svgs, wanted, strict=True):
        file = FIGURES.joinpath(*name.parts[1:]) / f"{figure}.{SCHEMES[name.parts[0]]}.svg"
        if not file.is_file():
            return f"{place}:{at}: the built site has no {file.relative_to(ROOT)}: run `make site`"
        if file.read_text(encoding="utf-8") != svg:
            return (
                f"{place}:{at}: drawn again, figure {figure!r} is not {file.relative_to(ROOT)}: run `make site` if "
                "that is old; else the block depends on what ran before it, on chance or on the machine"
            )
    return ""


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
