"""The blocks that pytest-codeblocks ran are exactly those that the built site shows, in number and text."""

import ast
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dlnotes_site import site

from .built import shown

ROOT = Path(__file__).parents[2]
RECORD = ROOT / ".cache" / "codeblocks.json"


@pytest.fixture(scope="module")
def ran() -> dict[str, list[dict[str, Any]]]:
    """What the step `pytest --codeblocks docs README.md` of `make test` ran, by file."""
    assert RECORD.is_file(), (
        "no record of a run: `pytest --codeblocks docs README.md` comes first (`make test` does it)"
    )
    by_file: dict[str, list[dict[str, Any]]] = {}
    for block in json.loads(RECORD.read_text(encoding="utf-8")):
        by_file.setdefault(block["path"], []).append(block)
    return by_file


def _lines(code: str) -> list[str]:
    """pytest-codeblocks drops empty lines of indented fences: they do not count."""
    return [line for line in code.split("\n") if line.strip()]


@pytest.mark.parametrize(
    "page",
    [page for pages in site.read().values() for page in pages.values() if not page.lab],  # test_take_away.py runs those
    ids=lambda p: f"{p.lang}/{p.name}",
)
def test_the_blocks_that_ran_are_those_shown(page: Any, ran: dict[str, list[dict[str, Any]]]) -> None:
    blocks, built = ran.pop(page.path, []), shown(page.lang, page.name).blocks
    assert [_lines(block["code"]) for block in blocks] == [_lines(code) for code in built]
    programs = [ast.dump(ast.parse(block["code"])) for block in blocks]
    assert programs == [ast.dump(ast.parse(code)) for code in built]
    assert Counter(block["outcome"] for block in blocks) == Counter({"passed": len(built)} if built else {})


def test_the_readme_ran_too(ran: dict[str, list[dict[str, Any]]]) -> None:
    assert [block["outcome"] for block in ran["README.md"]] == ["passed"]
