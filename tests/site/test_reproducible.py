"""A build says nothing of the machine and the hour (`dlnotes_site.reproducible`): what of that can be seen in one."""

import datetime
import gzip
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from dlnotes_site import environments, plugin, reproducible, site

from .built import SITE

TEXTS = (".html", ".json", ".xml", ".txt", ".ipynb", ".py", ".svg")


def test_files_that_differ_are_named_and_exceptions_are_not(tmp_path: Path) -> None:
    for name, texts in {
        "same.html": ("a", "a"),
        "page/index.html": ("a\n" + 50 * "-" + "12:00", "a\n" + 50 * "-" + "12:01"),
        "one/index.html": ("a", None),
        "other.gz": (b"\x1f\x8b1", b"\x1f\x8b2"),
        "times.html": ("1 s", "2 s"),
    }.items():
        for folder, text in zip(("one", "two"), texts, strict=True):
            file = tmp_path / folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if text is not None:
                file.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = reproducible.differences(tmp_path / "one", tmp_path / "two", {"times.html": "it is about times"})
    assert [said.partition(": ")[0] for said in found] == ["one/index.html", "other.gz", "page/index.html"]
    assert found[0].endswith("only in one of the builds")
    assert found[1].endswith("differs")
    assert "on line 2: " in found[2]
    assert "12:00" in found[2]
    assert "12:01" in found[2]
    assert reproducible.differences(tmp_path / "one", tmp_path / "one") == []


def test_every_exception_has_its_reason() -> None:
    assert all(len(reason.split()) >= 4 for reason in reproducible.EXCEPTIONS.values())


def test_the_wheel_is_the_same_whenever_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    assert plugin._build_wheel(site.ROOT).read_bytes() == environments.wheel(SITE).read_bytes()


def test_no_built_file_names_a_folder_of_this_machine() -> None:
    places = {str(site.ROOT), str(Path.home()), tempfile.gettempdir()} - {"/", os.curdir}
    pattern = re.compile("|".join(re.escape(place) + r"(?=[/\"'])" for place in sorted(places)))
    found = [
        f"{file.relative_to(SITE)}: {match[0]}"
        for file in sorted(SITE.rglob("*"))
        if file.suffix in TEXTS and (match := pattern.search(file.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_what_is_dated_is_of_one_day_and_says_no_hour() -> None:
    days = set()
    for folder in ("", "en"):
        days |= set(re.findall(r"<lastmod>(.*?)</lastmod>", (SITE / folder / "sitemap.xml").read_text("utf-8")))
        packed = (SITE / folder / "sitemap.xml.gz").read_bytes()
        assert gzip.decompress(packed) == (SITE / folder / "sitemap.xml").read_bytes()
        seconds = int.from_bytes(packed[4:8], "little")
        assert seconds % 86400 == 0
        days.add(datetime.datetime.fromtimestamp(seconds, datetime.UTC).date().isoformat())
    assert len(days) == 1


class _Machine:
    """Stands for `subprocess`: clones are empty folders, `make site` writes a page and fails as often as told."""

    def __init__(self, failures: int = 0, pages: Sequence[str] = ("a",)) -> None:
        self.failures, self.pages = failures, iter(pages)
        self.environments: list[dict[str, str]] = []
        self.commands: list[str] = []

    def run(self, command: list[Any], **options: Any) -> subprocess.CompletedProcess[str]:
        self.commands.append(" ".join(map(str, command)))
        if command[:2] == ["git", "rev-parse"]:
            return subprocess.CompletedProcess(command, 0, "0123456789abcdef\n", "")
        if command[0] == "make":
            self.environments.append(options["env"])
            if self.failures:
                self.failures -= 1
                return subprocess.CompletedProcess(command, 2, "a block ", "timed out\n")
            (options["cwd"] / "site").mkdir(parents=True)
            (options["cwd"] / "site" / "index.html").write_text(next(self.pages))
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., _Machine]:
    """A machine with two Pythons."""

    def has(**options: Any) -> _Machine:
        made = _Machine(**options)
        monkeypatch.setattr(reproducible.subprocess, "run", made.run)
        return made

    monkeypatch.setattr(reproducible, "pythons", lambda: {reproducible.OWN: Path("ours"), "3.99": Path("theirs")})
    monkeypatch.setattr(reproducible, "SUMMARY", tmp_path / "kept" / "reproducible.json")
    return has


def test_a_build_starts_from_the_last_commit_with_nothing_of_this_environment(
    tmp_path: Path, machine: Callable[..., _Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONPATH", "MAKEFLAGS", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "x")
    made = machine(failures=1)
    reproducible.build(tmp_path, "3.99", {"TZ": "Asia/Tokyo"})
    clone, *makes = made.commands
    assert clone == f"git clone --quiet --no-local {reproducible.ROOT} {tmp_path}"
    assert makes == ["make --no-print-directory site PYTHON=theirs"] * 2, "it has a second chance"
    (first, second) = made.environments
    assert first == second
    assert first["TZ"] == "Asia/Tokyo"
    assert not {"PYTHONPATH", "MAKEFLAGS", "VIRTUAL_ENV"} & first.keys()


def test_a_build_that_fails_twice_is_an_error_that_shows_the_end_of_the_log(
    tmp_path: Path, machine: Callable[..., _Machine], capsys: pytest.CaptureFixture[str]
) -> None:
    machine(failures=2)
    with pytest.raises(RuntimeError, match=r"cannot be built on Python 3\.99: see above"):
        reproducible.build(tmp_path, "3.99", {})
    assert capsys.readouterr().err.count("`make site` failed on Python 3.99:\na block timed out") == 2


def test_two_builds_that_are_alike_are_told_and_others_are_named(
    machine: Callable[..., _Machine], capsys: pytest.CaptureFixture[str]
) -> None:
    made = machine(pages=("a", "b"))
    assert reproducible.main() == 1
    first, found, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"building 0123456789 on Python {reproducible.OWN} and 3.99;")
    assert found == "index.html: differs on line 1: 'a' and 'b'"
    assert last.startswith("1 files, 1 differ; ")
    assert [one["TZ"] for one in made.environments] == ["UTC", "Asia/Tokyo"]
    assert not reproducible.SUMMARY.exists()
    machine(pages=("a", "a"))
    assert reproducible.main() == 0
    told = json.loads(reproducible.SUMMARY.read_text(encoding="utf-8"))
    assert (told["commit"], told["pythons"], told["files"]) == ("0123456789abcdef", [reproducible.OWN, "3.99"], 1)


def test_one_python_is_too_few(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(reproducible, "pythons", lambda: {reproducible.OWN: Path("ours")})
    assert reproducible.main() == 1
    assert f"this machine has {reproducible.OWN} alone: install another" in capsys.readouterr().err
