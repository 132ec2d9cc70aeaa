"""What is said of a block that was run by its button; the buttons themselves: tests/browser/test_pressed.py."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dlnotes_site import blocks, pressed
from dlnotes_site.page import Page
from dlnotes_site.pressed import Pressed

GOOD = Pressed("done", "Done (0.25 s)", "0.25 1e-3\n", "", 1, "0.25 1e-3\n", 1)
SOURCE = "# Title {#title}\n\n```python\nprint(1)\n```\n\n```python\nprint(2)\n```\n"


def page(source: str = SOURCE) -> Page:
    return blocks.read(source, "docs/en/x.md", "x", "en")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"text": "0.2500000001 1e-3\n"}, ""),
        ({"text": "0.25001 1e-3\n"}, "prints '0.25001 1e-3' where the page shows '0.25 1e-3'"),
        ({"text": ""}, "prints ''"),
        ({"figures": 0}, "draws 0 figures where the page shows 1"),
        ({"how": "error", "errors": "Traceback\nNameError: x\n"}, "ends as error: NameError: x"),
        ({"how": "failed", "said": "The download was cut off."}, "ends as failed: The download was cut off."),
        ({"how": ""}, "ends as nothing at all"),
        ({"errors": "RuntimeWarning: x\n"}, "writes to stderr: 'RuntimeWarning: x'"),
        ({"said": "実行しました（12 秒）"}, "takes 12 s, at most 10 are good to wait for"),
    ],
)
def test_a_block_that_does_something_else_in_the_browser_is_told(changed: dict[str, str | int], said: str) -> None:
    told = pressed.flaw(replace(GOOD, **changed))  # type: ignore[arg-type]
    assert told.startswith(said) if said else told == ""


def test_a_finding_names_the_line_of_its_block_and_a_page_with_a_button_too_few() -> None:
    (one,) = pressed.findings(page(), [GOOD, replace(GOOD, figures=0)])
    assert str(one).startswith("docs/en/x.md:7: block 2, run in the browser, draws 0 figures")
    (missing,) = pressed.findings(page(), [GOOD])
    assert "has 2 blocks, its built page 1 with a Run button" in missing.text


def test_a_page_is_opened_again_when_a_block_or_the_runner_changes(tmp_path: Path) -> None:
    manifest = tmp_path / "assets/run/manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"version": "1"}), encoding="utf-8")
    first = pressed.key(page(), tmp_path)
    assert pressed.key(page(SOURCE.replace("# Title", "Text.\n\n# Title")), tmp_path) == first
    assert pressed.key(page(SOURCE.replace("print(1)", "print(3)")), tmp_path) != first
    manifest.write_text(json.dumps({"version": "2"}), encoding="utf-8")
    assert pressed.key(page(), tmp_path) != first


def test_what_was_pressed_is_counted_by_language(tmp_path: Path) -> None:
    manifest = tmp_path / "assets/run/manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"pyodide": "9.9"}), encoding="utf-8")
    told = pressed.summary({"x/": [GOOD, GOOD], "en/x/": [replace(GOOD, said="Done (3.0 s)")]}, tmp_path)
    assert (told["blocks"], told["figures"], told["slowest"]) == ({"en": 1, "ja": 2}, 3, 3.0)
    assert told["seconds"] == {"en/x/": 3.0, "x/": 0.5}
