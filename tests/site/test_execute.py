"""Running programs: each as if alone in a fresh Python that has only the library."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dlnotes_site import execute
from dlnotes_site.execute import Run, run_all
from dlnotes_site.page import Block

PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('t')\n"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Run]:
    def one(code: str, **options: float) -> Run:
        block = Block(1, 1, 1, 0, code)
        return run_all([block], tmp_path, **options)[block.program]

    return one


def test_text_is_what_the_program_prints(run: Callable[..., Run]) -> None:
    done = run("print('a')\nprint(2)\n")
    assert (done.text, done.figures, done.error) == ("a\n2\n", (), "")
    assert set(done.versions) == {"python", "numpy", "matplotlib"}


def test_figures_come_in_both_schemes_and_the_same_twice(run: Callable[..., Run], tmp_path: Path) -> None:
    first = run(PLOT)
    for file in tmp_path.iterdir():
        file.unlink()
    second = run(PLOT)
    assert len(first.figures) == 1
    assert first.figures == second.figures
    assert first.figures[0].light != first.figures[0].dark


FORBIDDEN = [
    ("a = 1\n1 / 0\n", 2, "ZeroDivisionError"),
    ("def f(:\n", 1, "SyntaxError"),
    ("x = nme\n", 1, "NameError"),
    ("import numpy as np\nnp.log(0.0)\n", 2, "warns with RuntimeWarning"),
    ("import yaml\n", 1, "No module named 'yaml'"),
    ("import dlnotes_site\n", 1, "No module named 'dlnotes_site'"),
    ("import pytest\n", 1, "No module named 'pytest'"),
    ("import socket\nsocket.create_connection(('127.0.0.1', 9))\n", 2, "without network"),
    ("import subprocess\nsubprocess.run(['true'])\n", 2, "without other programs"),
    ("raise SystemExit\n", 1, "SystemExit"),
    ("import os\nos._exit(0)\n", 0, "ended its process"),
    ("import sys\nprint(1, file=sys.stderr)\n", 0, "writes to stderr"),
    ("print({'a', 'b', 'c', 'd', 'e', 'f'})\n", 0, "something else each time"),
    ("import numpy as np\nprint(np.random.default_rng().random())\n", 0, "something else each time"),
    ("import numpy as np\nprint(np.random.rand())\n", 0, "something else each time"),
    ("import time\nprint(time.perf_counter())\n", 0, "something else each time"),
    (
        "import numpy as np\nimport matplotlib.pyplot as plt\nplt.plot(np.random.rand(3))\n",
        0,
        "draws something else",
    ),
    ("import matplotlib.pyplot as plt\nplt.title('日本')\n", 0, "missing from font"),
]


@pytest.fixture(scope="module")
def forbidden(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """What became of them, run by one server: it takes a second to start."""
    blocks = [Block(1, 1, 1, 0, code) for code, *_ in FORBIDDEN]
    runs = run_all(blocks, tmp_path_factory.mktemp("runs"))
    return {block.code: runs[block.program] for block in blocks}


@pytest.mark.parametrize(("code", "line", "said"), FORBIDDEN)
def test_what_a_program_may_not_do_is_named(forbidden: dict[str, Run], code: str, line: int, said: str) -> None:
    done = forbidden[code]
    assert said in done.error
    assert done.error_line == line
    assert (done.text, done.figures) == ("", ())


def test_an_endless_program_is_stopped(run: Callable[..., Run]) -> None:
    assert "does not end within 1 s" in run("while True:\n    pass\n", time_limit=1.0).error


def test_nothing_is_carried_over_from_one_program_to_the_next(tmp_path: Path) -> None:
    codes = [
        "import os\nimport numpy as np\nopen('left', 'w').close()\nos.environ['LEFT'] = '1'\n"
        "np.seterr(all='ignore')\nleft = 1\n",
        "import os\nimport numpy as np\nprint(os.listdir(), 'LEFT' in os.environ)\n"
        "print(np.geterr()['divide'], 'left' in globals())\n",
    ]
    blocks = [Block(1, 1, 1, 0, code) for code in codes]
    assert run_all(blocks, tmp_path)[blocks[1].program].text == "[] False\nwarn False\n"


def test_a_kept_run_is_not_made_again(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    first = run("print(1)\n")
    monkeypatch.setattr(execute, "Server", None)
    assert run("print(1)  # a comment changes nothing\n") == first


def test_a_run_is_made_again_when_a_module_that_it_used_changes(
    run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "from dlnotes.perceptron import AND\nprint(int(AND([1, 1])))\n"
    run(code)
    started = []
    real = execute.Server
    monkeypatch.setattr(execute, "Server", lambda seed: started.append(seed) or real(seed))
    run(code)
    assert not started
    monkeypatch.setattr(execute, "module_digest", lambda name: "changed")
    run(code)
    assert sorted(started) == [1, 2]


def test_a_failure_is_not_kept(run: Callable[..., Run], tmp_path: Path) -> None:
    run("1 / 0\n")
    assert not list(tmp_path.iterdir())


def test_a_cut_off_cache_file_is_made_again(run: Callable[..., Run], tmp_path: Path) -> None:
    run("print(1)\n")
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text()[:20])
    assert run("print(1)\n").text == "1\n"


def test_the_data_of_a_package_belong_to_its_content(tmp_path, monkeypatch):
    package = tmp_path / "things"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "one.py").write_text("x = 1")
    monkeypatch.setattr(execute, "_HERE", tmp_path / "machinery")
    before = execute.module_digest("things")
    (package / "one.py").write_text("x = 2")  # a module of its own
    assert execute.module_digest("things") == before
    (package / "data" / "digits.npz").write_bytes(b"\x00\xff")
    assert execute.module_digest("things") != before
