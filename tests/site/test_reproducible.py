"""A build says nothing of the machine and the hour (`dlnotes_site.reproducible`): what of that can be seen in one."""

import datetime
import gzip
import os
import re
import tempfile
from pathlib import Path

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
