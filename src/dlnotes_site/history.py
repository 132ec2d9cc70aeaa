"""What git tells of the project."""

import subprocess
from pathlib import Path


def git(root: Path, *arguments: str) -> str:
    """What git prints; "" where it fails or is not there: a folder without history, a file that a commit removed."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, encoding="utf-8", check=False)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
