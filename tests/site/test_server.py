"""What the process that runs the blocks does in each of its forks, seen in a fresh process that is one.

`server.run` changes settings, modules and hooks for good, so no test calls it in its own process. The server with its
forks, as the machinery uses it, is in test_execute.py.
"""

import json
import subprocess
import sys
from typing import Any

import pytest

# The last program is run as in a fork: its answer comes through a pipe, and nothing else follows in the process.
FORK = """\
import json, os, sys
from dlnotes_site import server

*programs, last = json.load(sys.stdin)
answers = [server.run(code, "light") for code in programs]
reader, writer = os.pipe()
leave, os._exit = os._exit, sys.exit
try:
    server._child({"code": last, "style": "dark"}, writer, server.allowed_modules())
except SystemExit as status:
    del sys.meta_path[0]
    os._exit = leave
    with os.fdopen(reader) as pipe:
        print(json.dumps([*answers, json.load(pipe), status.code, os.getcwd()]))
"""
FROM_A_FORK = """\
import importlib, os, sys
import numpy as np
import dlnotes.activations
tried = []
def attempt(function, *arguments):
    try:
        function(*arguments)
    except (ImportError, PermissionError) as error:
        tried.append(str(error).partition(" (")[0].partition(":")[0])
for name in ("dlnotes_site.site", "pytest", "mpl_toolkits.mplot3d", "decimal"):
    attempt(importlib.import_module, name)
import socket
attempt(socket.gethostbyname, "localhost")
attempt(os.system, "true")
print(os.listdir("."), "dlnotes_site.execute" in sys.modules, *tried, sep="; ")
"""
PROGRAMS = {
    "prints": "print('a')\nprint(__name__)\n",
    "draws": "import matplotlib.pyplot as plt\nplt.plot([0, 1])\nplt.title('t', color='#e0e0e0')\n",
    "warns": "import numpy as np\n\nnp.log(0.0)\n",
    "fails": "def f(x):\n    return 1 / x\n\nprint(1)\nf(0)\n",
    "exits": "raise SystemExit(3)\n",
    "cannot be read": "x = 1\nprint(\n",
    "complains": "import sys\nprint('one\\ntwo', file=sys.stderr)\n",
    "in a fork": FROM_A_FORK,
}


@pytest.fixture(scope="module")
def told() -> list[Any]:
    given = json.dumps(list(PROGRAMS.values()))
    done = subprocess.run([sys.executable, "-c", FORK], input=given, capture_output=True, text=True, check=True)
    answers: list[Any] = json.loads(done.stdout)
    return answers


@pytest.fixture
def answers(told: list[Any]) -> dict[str, dict[str, Any]]:
    return dict(zip(PROGRAMS, told, strict=False))


def test_a_program_is_the_main_one_and_what_it_prints_is_kept(answers: dict[str, dict[str, Any]]) -> None:
    done = answers["prints"]
    assert (done["text"], done["figures"], done["error"]) == ("a\n__main__\n", [], "")
    assert done["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))


def test_figures_are_drawn_in_the_scheme_and_looked_at(answers: dict[str, dict[str, Any]]) -> None:
    done = answers["draws"]
    assert len(done["figures"]) == 1
    assert done["figures"][0].startswith("<?xml") or done["figures"][0].startswith("<svg")
    ((flaw,),) = done["flaws"]
    assert flaw.startswith("the text 't' has a contrast of")


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("warns", 3, "warns with RuntimeWarning: divide by zero encountered in log"),
        ("fails", 2, "fails with ZeroDivisionError: division by zero"),
        ("exits", 1, "fails with SystemExit: 3"),
        ("cannot be read", 2, "fails with SyntaxError: '(' was never closed (<block>, line 2)"),
        ("complains", 0, "writes to stderr: one"),
    ],
)
def test_an_error_is_told_with_its_line(answers: dict[str, dict[str, Any]], name: str, line: int, said: str) -> None:
    assert (answers[name]["error"], answers[name]["error_line"]) == (said, line)


def test_what_was_printed_before_an_error_is_kept(answers: dict[str, dict[str, Any]]) -> None:
    assert answers["fails"]["text"] == "1\n"


def test_a_fork_is_an_empty_folder_without_network_other_programs_and_other_packages(
    told: list[Any], answers: dict[str, dict[str, Any]]
) -> None:
    done = answers["in a fork"]
    assert done["error"] == ""
    assert done["text"].rstrip().split("; ") == [
        "[]",
        "False",
        "No module named 'dlnotes_site'",
        "No module named 'pytest'",
        *(2 * ["a block runs without network and without other programs"]),
    ]
    assert {"dlnotes", "dlnotes.activations"} <= set(done["modules"])
    assert told[len(PROGRAMS) :] == [0, "/"], "it ends well, and its folder is gone"
