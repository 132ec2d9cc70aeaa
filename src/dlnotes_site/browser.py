"""Find a Chromium for the browser tests, installing one if the machine has none."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_SECONDS = 600


def launch_arguments() -> list[str]:
    """Return the flags to start it with: no requests of its own; no sandbox for root, who cannot have one."""
    arguments = ["--disable-background-networking"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return arguments


@cache
def find_chromium() -> str:
    """Return the path of a Chromium that runs.

    Looked for on PATH, then as Playwright's own (installed if possible), then as Debian's package (as root).
    Raises a RuntimeError of one sentence if there is none.
    """
    found = _on_path() or _playwrights() or _debians()
    if not found:
        raise RuntimeError(
            "No Chromium was found and none could be installed: install Chromium or Google Chrome, "
            "so that `chromium` or `google-chrome` is on PATH."
        )
    return found


def _runs(path: str) -> bool:
    """Tell whether it starts: a distribution's stub that only points to a store does not."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _on_path() -> str:
    paths = (shutil.which(name) for name in NAMES)
    return next((path for path in paths if path and _runs(path)), "")


def _playwrights() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        _quietly([sys.executable, "-m", "playwright", "install", "chromium"])
    return path if Path(path).exists() and _runs(path) else ""


def _debians() -> str:
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        return ""
    _quietly([apt, "update"])
    _quietly([apt, "install", "--yes", "--no-install-recommends", "chromium"])
    return _on_path()


def _quietly(command: list[str]) -> None:
    """Run an installer for what it leaves behind; whether it worked is seen by looking for that."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, capture_output=True, timeout=INSTALL_SECONDS, env=environment, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)


def main() -> int:
    """Print the path, or the sentence that says how to get one."""
    try:
        print(find_chromium())
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
