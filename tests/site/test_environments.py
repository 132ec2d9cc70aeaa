"""The environments of `make copied` and `make library`: what is installed into one, and which Python is run in it."""

import re
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from dlnotes_site import environments
from dlnotes_site.environments import OWN, Environment

METADATA = "Metadata-Version: 2.4\nName: dlnotes\nVersion: 0\nRequires-Dist: numpy>=2.1\nRequires-Dist: tqdm\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "requirements.txt").write_text("numpy==2.2 \\\n    --hash=sha256:0\npytest-cov==6.1\npytest==8.4\n")
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    monkeypatch.setattr(environments, "pythons", lambda: {OWN: Path("ours"), "3.99": Path("theirs")})
    monkeypatch.setattr(environments, "FOLDER", tmp_path / "environments")
    return tmp_path


@pytest.fixture
def wheel(project: Path) -> Path:
    file = project / "site" / "assets" / "wheels" / "dlnotes-0-py3-none-any.whl"
    file.parent.mkdir(parents=True)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("dlnotes/__init__.py", "")
        archive.writestr("dlnotes-0.dist-info/METADATA", METADATA)
    return file


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would be run."""
    ran: list[list[str]] = []

    def run(command: Sequence[object], **options: object) -> subprocess.CompletedProcess[str]:
        ran.append(list(map(str, command)))
        return subprocess.CompletedProcess(ran[-1], 3)

    monkeypatch.setattr(environments.subprocess, "run", run)
    return ran


def test_a_python_that_the_machine_has_not_is_named_with_those_that_it_has(wheel: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"no Python 2\.7 on this machine: it has {re.escape(OWN)}, 3\.99$"):
        environments.make("2.7", wheel)


@pytest.mark.parametrize(
    ("versions", "chosen", "tests"),
    [
        ("locked", ["--constraint", "requirements.txt"], "pytest"),
        ("oldest", ["--resolution", "lowest-direct"], "pytest==8.4"),
        ("newest", ["--upgrade"], "pytest"),
    ],
)
def test_what_the_wheel_needs_is_installed_in_the_versions_that_are_asked_for(
    versions: str, chosen: list[str], tests: str, project: Path, wheel: Path, commands: list[list[str]]
) -> None:
    environments._install(project / "there", wheel, versions, ["pytest"])
    (command,) = commands
    end = [part.replace(f"{project}/", "") for part in command[command.index("--python") + 1 :]]
    there = "site/assets/wheels/dlnotes-0-py3-none-any.whl"
    assert end == ["there/bin/python", *chosen, "numpy>=2.1", "tqdm", there, tests]


def test_a_package_without_a_locked_version_is_an_error(project: Path) -> None:
    assert environments._locked("pytest") == "8.4"
    with pytest.raises(ValueError, match=r"requirements\.txt does not name pytes: add it"):
        environments._locked("pytes")


def test_the_program_says_its_versions_and_ends_as_what_it_ran(
    project: Path,
    wheel: Path,
    commands: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made: list[tuple[object, ...]] = []

    def make(version: str, wheel: Path, versions: str, *, extra: tuple[str, ...]) -> Environment:
        made.append((version, wheel, versions, extra))
        return Environment(Path("python"), "3.99.1", {"numpy": "2.5", "matplotlib": "3.20"}, Path())

    monkeypatch.setattr(environments, "make", make)
    assert environments.main(["--versions", "oldest", "-m", "pytest", "tests/test_layers.py"]) == 3
    assert capsys.readouterr().out == "Python 3.99.1, numpy 2.5, matplotlib 3.20\n"
    assert commands == [["python", "-m", "pytest", "tests/test_layers.py"]]
    assert made == [(OWN, wheel, "oldest", environments.TESTING)]
