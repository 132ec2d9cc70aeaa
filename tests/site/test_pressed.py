"""What is said of a block that was run by its button; the buttons themselves: tests/browser/test_pressed.py."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from dlnotes_site import blocks, pressed, site
from dlnotes_site.page import Page
from dlnotes_site.pressed import Pressed

from .test_outdated import git

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


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site with a page whose blocks are pressed by no browser, but by `press_with`."""
    folder = tmp_path / "site"
    (folder / "assets/run").mkdir(parents=True)
    (folder / "assets/run/manifest.json").write_text('{"version": "1", "pyodide": "9.9"}', encoding="utf-8")
    monkeypatch.setattr(pressed, "ProcessPoolExecutor", lambda count, **options: ThreadPoolExecutor(count))
    monkeypatch.setattr(pressed, "BUILT", folder)
    monkeypatch.setattr(pressed, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(pressed, "SUMMARY", tmp_path / "told" / "pressed.json")
    monkeypatch.setattr(site, "read", lambda: {"ja": {}, "en": {"x": page()}})
    return folder


def press_with(monkeypatch: pytest.MonkeyPatch, *results: list[Pressed]) -> list[str]:
    """What the browser finds, press by press; returns the addresses that it is sent to."""
    asked: list[str] = []

    def press_page(address: str) -> list[Pressed]:
        asked.append(address)
        return results[len(asked) - 1]

    monkeypatch.setattr(pressed, "_press_page", press_page)
    return asked


def press(built: Path) -> dict[str, list[Pressed]]:
    return pressed.press_all([page()], built, pressed.KEPT)


def test_a_page_whose_blocks_agree_is_pressed_once(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = press_with(monkeypatch, [GOOD, GOOD])
    assert press(built) == press(built) == {"en/x/": [GOOD, GOOD]}
    assert [address.partition("/en/")[2] for address in asked] == ["x/"]


def test_a_page_with_a_finding_is_pressed_again_the_next_time(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(GOOD, figures=0)
    asked = press_with(monkeypatch, [GOOD, wrong], [GOOD, GOOD])
    assert press(built) == {"en/x/": [GOOD, wrong]}
    assert press(built) == {"en/x/": [GOOD, GOOD]}
    assert len(asked) == 2


def test_what_took_long_is_pressed_once_more_with_nothing_beside_it(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slow, slower = (replace(GOOD, said=f"Done ({seconds} s)") for seconds in (11, 12))
    asked = press_with(monkeypatch, [slow, GOOD], [GOOD, slower])
    assert press(built) == {"en/x/": [GOOD, GOOD]}
    assert len(asked) == 2
    assert "en/x/ once more" in capsys.readouterr().out
    (kept,) = pressed.KEPT.iterdir()
    assert json.loads(kept.read_text(encoding="utf-8")) == [asdict(GOOD)] * 2


@pytest.mark.parametrize(("blocks", "code"), [([GOOD, GOOD], 0), ([GOOD, replace(GOOD, figures=0)], 1)])
def test_the_program_prints_what_differs_and_keeps_what_was_pressed(
    built: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    blocks: list[Pressed],
    code: int,
) -> None:
    monkeypatch.setattr(pressed, "press_all", lambda pages, folder: {"en/x/": blocks})
    assert pressed.main([]) == code
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == f"{{'en': 2}} blocks run by their buttons, {2 - code} figures: {code} findings"
    assert [line for line in told if line.startswith("docs/en/x.md:7: ")] == told[:code]
    assert pressed.SUMMARY.is_file() is (code == 0)
    assert pressed.main(["no/such/page"]) == 1


def test_a_site_without_buttons_is_told(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pressed, "BUILT", built / "nothing")
    assert pressed.main([]) == 1
    assert "has no Run buttons: run `make site`" in capsys.readouterr().err


def test_what_is_not_committed_yet_counts_as_changed(tmp_path: Path) -> None:
    assert pressed.changed(tmp_path) == set(), "without git nothing is known"
    old, new, other = (
        tmp_path / "docs" / lang / f"{name}.md" for lang, name in (("ja", "a"), ("en", "新"), ("en", "c"))
    )
    for file in (old, new, other):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("# A\n", encoding="utf-8")
    git(tmp_path, "init")
    assert pressed.changed(tmp_path) == {"docs/ja/a.md", "docs/en/新.md", "docs/en/c.md"}
    git(tmp_path, "add", old.as_posix(), other.as_posix())
    git(tmp_path, "commit", "-m", "A")
    assert pressed.changed(tmp_path) == {"docs/en/新.md"}
    old.write_text("# B\n", encoding="utf-8")
    assert pressed.changed(tmp_path) == {"docs/ja/a.md", "docs/en/新.md"}


@pytest.mark.usefixtures("built")
def test_of_the_changed_pages_alone_the_buttons_are_pressed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pressed, "press_all", lambda pages, folder: {"en/x/": [GOOD, replace(GOOD, figures=0)]})
    monkeypatch.setattr(pressed, "changed", lambda: {"docs/ja/x.md"})
    assert pressed.main(["--changed"]) == 0
    assert "`make pressed` presses the buttons of all" in capsys.readouterr().out
    monkeypatch.setattr(pressed, "changed", lambda: {"docs/en/x.md"})
    assert pressed.main(["--changed"]) == 1
    assert "docs/en/x.md:7: " in capsys.readouterr().out
    assert not pressed.SUMMARY.exists()
