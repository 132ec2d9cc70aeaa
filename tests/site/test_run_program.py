"""`program.py`, which runs inside Pyodide, in an ordinary Python: what programs need, and what is told of them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "dlnotes_site"
DRIVER = """
import json, pathlib, sys
import program
real, sent = sys.stdout, []
program.compiled.pack = lambda: b""
program.FOLDER = pathlib.Path("here").absolute()
program.connect(lambda kind, text: sent.append([kind, text[:500]]))
runs = []
for code, name, space in json.loads(sys.argv[1]):
    needs = program.needs(code)
    for group in ("dlnotes", *needs):
        program.load(group, None)
    end = json.loads(program.run(code, name, space, "dark"))
    program.leave(space)
    runs.append({"needs": needs, "sent": [[kind, text] for kind, text in sent], "error": end["error"]})
    sent.clear()
print(json.dumps(runs), file=real)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in ("runner/program.py", "runner/compiled.py", "figures.py"):
        shutil.copy(SOURCE / file, tmp_path)
    (tmp_path / "driver.py").write_text(DRIVER, encoding="utf-8")
    return tmp_path


def run(folder: Path, *programs: tuple[str, str, str]) -> list[dict[str, Any]]:
    """What programs (code, name, space), run one after the other in one process, need and do."""
    command = [sys.executable, "driver.py", json.dumps(programs)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def text(told: dict[str, Any], kind: str = "out") -> str:
    return "".join(part for sort, part in told["sent"] if sort == kind)


def test_what_a_program_needs_is_what_it_imports(folder: Path) -> None:
    codes = {
        "import numpy as np": [],
        "'import matplotlib'  # import matplotlib": [],
        "def f():\n    from tqdm import tqdm": ["tqdm"],
        "from dlnotes import activations": [],
        "not Python(": [],
        "# 日本語\nx = '日本語'": [],
        "from dlnotes import plotting": ["matplotlib"],
        "import matplotlib.pyplot as plt  # 図": ["matplotlib"],
    }
    told = run(folder, *((code, "<block 1>", "") for code in codes))
    assert [one["needs"] for one in told] == list(codes.values())


def test_programs_stand_alone_unless_they_share_a_space(folder: Path) -> None:
    alone = ("left = 1\nopen('file', 'w').close()", "<block 1>", "")
    after = ("import os\nprint('left' in globals(), os.listdir())", "<block 2>", "")
    first, second = ("kept = 1", "<block 1>", "lab"), ("print(kept, __name__)", "<block 2>", "lab")
    told = run(folder, alone, after, first, second)
    assert text(told[1]) == "False []\n"
    assert text(told[3]) == "1 __main__\n"


def test_an_error_is_told_with_the_frames_of_programs_only(folder: Path) -> None:
    code = "import json\ndef load(text):\n    return json.loads(text)\n"
    code += "try:\n    load('{')\nexcept ValueError:\n    1 / 0\n"
    told = run(folder, (code, "<block 3>", ""))[0]["error"]
    assert told["kind"] == "ZeroDivisionError"
    assert told["line"] == 7
    assert "json/" not in told["text"]
    assert "program.py" not in told["text"]
    assert told["text"].count('File "<block 3>"') == 3
    assert "JSONDecodeError" in told["text"]


def test_a_mistake_in_the_syntax_names_its_line(folder: Path) -> None:
    told = run(folder, ("x = 1\nprint(x", "<block 1>", ""))[0]["error"]
    assert (told["line"], told["kind"]) == (2, "SyntaxError")
    assert "'(' was never closed" in told["text"]


def test_warnings_are_those_of_python_and_come_again_in_the_next_run(folder: Path) -> None:
    code = "import warnings\nopen(__import__('os').devnull)\nwarnings.warn('far off')\n"
    for told in run(folder, (code, "<block 1>", ""), (code, "<block 1>", "")):
        assert text(told, "err") == "<block 1>:3: UserWarning: far off\n  warnings.warn('far off')\n"


def test_leaving_is_no_error_and_leaving_with_a_message_is_one(folder: Path) -> None:
    well, badly = run(folder, ("raise SystemExit", "<block 1>", ""), ("exit('no')", "<block 1>", ""))
    assert well["error"] is None
    assert badly["error"]["text"] == "SystemExit: no\n"


def test_figures_are_drawn_in_the_scheme_and_closed(folder: Path) -> None:
    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n"
    shown = plot + "plt.show()\nplt.rcParams['lines.linewidth'] = 9\nprint(plt.get_fignums())\n"
    told = run(folder, (shown, "<block 1>", ""), (plot + "print(plt.rcParams['lines.linewidth'])", "<block 1>", ""))
    assert told[0]["sent"][0][0] == "figure"
    assert text(told[0]) == "[]\n"
    assert text(told[1]) == "2.0\n"
    assert sum(kind == "figure" for kind, _ in told[1]["sent"]) == 1
