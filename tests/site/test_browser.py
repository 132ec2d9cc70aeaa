"""How a Chromium is looked for and installed. Nothing is installed here: the installers are stand-ins."""

import os
import subprocess
import sys
from pathlib import Path

import playwright.sync_api
import pytest

from dlnotes_site import browser


class Playwright:
    """Playwright as far as it is asked where its Chromium is."""

    def __init__(self, path: Path) -> None:
        self.chromium = self
        self.executable_path = str(path)

    def __enter__(self) -> "Playwright":
        return self

    def __exit__(self, *error: object) -> None:
        pass


def make_browser(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\necho Chromium\n", encoding="ascii")
    path.chmod(0o755)


def test_playwright_s_chromium_is_installed_if_it_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, ran = tmp_path / "chrome", []
    monkeypatch.setattr(playwright.sync_api, "sync_playwright", lambda: Playwright(path))
    monkeypatch.setattr(browser, "_quietly", ran.append)
    assert browser._playwrights() == ""
    monkeypatch.setattr(browser, "_quietly", lambda command: make_browser(path))
    assert browser._playwrights() == str(path)
    monkeypatch.setattr(browser, "_quietly", ran.append)
    assert browser._playwrights() == str(path)
    assert ran == [[sys.executable, "-m", "playwright", "install", "chromium"]]


def test_the_package_of_the_system_is_installed_by_root_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    make_browser(tmp_path / "apt-get")

    def install(command: list[str]) -> None:
        ran.append(command)
        if "install" in command:
            make_browser(tmp_path / "chromium")

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "_quietly", install)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert browser._debians() == ""
    assert browser.launch_arguments() == ["--disable-background-networking"]
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "--no-sandbox" in browser.launch_arguments()
    assert browser._debians() == str(tmp_path / "chromium")
    assert [command[1] for command in ran] == ["update", "install"]


def test_a_program_that_cannot_be_started_does_not_run(tmp_path: Path) -> None:
    assert not browser._runs(str(tmp_path))


def test_what_an_installer_cannot_do_is_said_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    browser._quietly([sys.executable, "-c", "raise SystemExit(3)"])
    assert capfd.readouterr().err == ""
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: (_ for _ in ()).throw(OSError("no such file")))
    browser._quietly(["nothing"])
    assert capfd.readouterr().err == "no such file\n"


def test_the_command_prints_the_path_or_the_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browser, "find_chromium", lambda: "/usr/bin/chromium")
    assert browser.main() == 0
    assert capsys.readouterr().out == "/usr/bin/chromium\n"

    def none() -> str:
        raise RuntimeError("No Chromium was found")

    monkeypatch.setattr(browser, "find_chromium", none)
    assert browser.main() == 1
    assert capsys.readouterr().err == "No Chromium was found\n"
