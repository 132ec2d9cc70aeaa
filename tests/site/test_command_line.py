"""The command line: what each command prints and how it ends. What it calls is tested elsewhere."""

import io
import os
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mkdocs.__main__
import pytest

from dlnotes_site import __main__ as command_line
from dlnotes_site import blocks, outdated, site, terms
from dlnotes_site.execute import Run
from dlnotes_site.page import Block, Finding

main = command_line.main
WRONG = Finding("docs/ja/x.md", 3, "is wrong: mend it")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(site, "load", lambda: SimpleNamespace())


@pytest.fixture
def mkdocs_gets(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    calls: list[list[str]] = []
    monkeypatch.setattr(mkdocs.__main__.cli, "main", lambda arguments, standalone_mode: calls.append(arguments))
    return calls


def test_build_hands_its_options_to_mkdocs(mkdocs_gets: list[list[str]]) -> None:
    assert main(["build", "--strict", "--site-dir", "there"]) == 0
    assert main(["build"]) == 0
    assert mkdocs_gets == [["build", "--strict", "--site-dir", "there"], ["build", "--site-dir", "site"]]


def test_serve_says_the_addresses_and_reloads(
    mkdocs_gets: list[list[str]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(os.environ, "SITE_URL", raising=False)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert main(["serve", "--port", str(port)]) == 0
    assert mkdocs_gets == [["serve", "--dev-addr", f"127.0.0.1:{port}", "--livereload"]]
    assert f"http://127.0.0.1:{port}/en/ (English)" in capsys.readouterr().out
    assert os.environ["SITE_URL"] == f"http://127.0.0.1:{port}/"


def test_serve_refuses_a_port_that_is_none_or_taken_or_not_allowed(
    mkdocs_gets: list[list[str]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["serve", "--port", "70000"]) == 1
    assert "from 1 to 65535, got 70000" in capsys.readouterr().err
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1
    assert f"port {port} is taken: use another, `make serve PORT={port + 1}`" in capsys.readouterr().err

    def refuse(self: socket.socket, address: object) -> None:
        raise PermissionError

    monkeypatch.setattr(socket.socket, "bind", refuse)
    assert main(["serve", "--port", "80"]) == 1
    assert "port 80 is for the system only" in capsys.readouterr().err
    assert mkdocs_gets == []


@pytest.mark.parametrize("found", [[], [WRONG]])
def test_check_prints_every_finding_and_fails_if_there_is_one(
    found: list[Finding], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "findings", lambda guide: found)
    assert main(["check"]) == len(found)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [*map(str, found), f"{len(found)} findings"]


def test_update_names_the_files_it_wrote_and_the_blocks_that_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fine, broken = Block(1, 1, 1, 0, "1\n"), Block(5, 5, 5, 0, "1 / 0\n")
    page = SimpleNamespace(blocks=[fine, broken], finding=lambda line, text: Finding("docs/ja/x.md", line, text))
    runs = {fine.program: Run(), broken.program: Run(error="fails")}
    guide = SimpleNamespace(root=tmp_path, all_pages=[page], runs=runs)
    monkeypatch.setattr(site, "load", lambda: guide)
    monkeypatch.setattr(site, "update", lambda guide: [tmp_path / "docs" / "ja" / "x.md"])
    assert main(["update"]) == 1
    printed = capsys.readouterr()
    assert printed.out == f"updated {Path('docs/ja/x.md')}\n"
    assert printed.err == "docs/ja/x.md:5: fails\n"
    runs[broken.program] = Run()
    assert main(["update"]) == 0


def test_translated_hands_on_what_stays_and_says_what_was_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[frozenset[str]] = []

    def translated(guide: Any, same: frozenset[str]) -> list[Finding]:
        given.append(same)
        return [] if same else [WRONG]

    monkeypatch.setattr(site, "translated", translated)
    assert main(["translated"]) == 1
    assert capsys.readouterr().err == f"{WRONG}\n"
    assert main(["translated", "--same", "docs/en/x.md:3", "docs/en/y.md"]) == 0
    assert given == [frozenset(), frozenset({"docs/en/x.md:3", "docs/en/y.md"})]


def test_outdated_prints_the_report_and_names_a_page_that_there_is_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def of(root: Path, pages: object, only: str) -> list[outdated.Unit]:
        asked.append(only)
        if only == "gide":
            raise ValueError("no page 'gide'")
        return [outdated.Unit("docs/ja/x.md:3", "docs/en/x.md:3", "3回です。", "5回です。", "Three times.", False)]

    monkeypatch.setattr(site, "read", dict)
    monkeypatch.setattr(outdated, "of", of)
    assert main(["outdated"]) == 0
    printed = capsys.readouterr().out
    assert "  is now:  [-3-]{+5+}回です。\n" in printed
    assert printed.endswith('name: make translated SAME="docs/en/x.md:3"\n')
    assert main(["outdated", "gide"]) == 1
    assert capsys.readouterr() == ("", "no page 'gide'\n")
    assert asked == ["", "gide"]


def test_terms_hands_on_what_stays_and_says_what_is_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"ja": "# 題 {#t}\n\n大きくします。", "en": "# Title {#t}\n\nRaise the learning rate."}
    pages = {lang: {"x": blocks.read(text, f"docs/{lang}/x.md", "x", lang)} for lang, text in texts.items()}
    given: list[frozenset[str]] = []

    def record(root: Path, found: Iterable[terms.Missing], same: frozenset[str]) -> list[Finding]:
        given.append(same)
        return [] if same else [one.finding for one in found]

    monkeypatch.setattr(site, "read", lambda: pages)
    monkeypatch.setattr(terms, "record", record)
    assert main(["terms"]) == 1
    assert capsys.readouterr().err.startswith("docs/ja/x.md:3: 'learning rate' in docs/en/x.md:3 is 学習率")
    assert main(["terms", "--same", "docs/ja/x.md:3"]) == 0
    assert given == [frozenset(), frozenset({"docs/ja/x.md:3"})]


def test_stats_shows_a_column_for_each_language_and_the_tests(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "stats", lambda guide: [("ja", {"pages": 12}), ("en", {"pages": 34})])
    collected = SimpleNamespace(stdout="tests/a.py::b\ntests/a.py::c\n2 tests\n")
    monkeypatch.setattr(command_line.subprocess, "run", lambda *arguments, **options: collected)
    assert main(["stats"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows == [["ja", "en"], ["pages", "12", "34"], ["tests", "2"]]


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_counts_up_in_place_on_a_terminal_and_else_at_both_ends(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    progress = site._Progress("running")
    for done in range(3):
        progress(done, 2)
    shown = stream.getvalue()
    assert [part.split(" (")[0] for part in shown.replace("\r", "\n").split("\n") if part] == [
        f"running: {done}/2" for done in range(3) if terminal or done != 1
    ]
    assert shown.count("\n") == (1 if terminal else 2)
