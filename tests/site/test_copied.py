"""Blocks as readers copy them (`dlnotes_site.copied`): nothing is left out, and what differs is named with its line."""

import functools
import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from lxml import html as markup

from dlnotes_site import blocks, copied, environments, fresh, outputs, render, site
from dlnotes_site.copied import Program, Shown
from dlnotes_site.environments import OWN, Environment
from dlnotes_site.execute import Run
from dlnotes_site.fresh import Done
from dlnotes_site.page import Page

from .built import SITE

NONE = Done(0, "", "", 0.0)


@pytest.fixture(scope="module")
def reader() -> Environment:
    return environments.make(OWN, environments.wheel(SITE))


def markdown(*programs: str) -> Page:
    text = "# Page {#page}\n" + "".join(f"\n```python\n{program}\n```\n" for program in programs)
    return blocks.read(text, "docs/ja/page.md", "page", "ja")


def built(folder: Path, page: Page, printed: list[str], around: str = "{}") -> Path:
    """A site of one page, which says of each block that it prints something."""
    shown = [render.block_html(page, number, Run(text), "") for number, text in enumerate(printed)]
    (folder / page.name).mkdir(parents=True)
    html = f"<html><body><article>{around.format(''.join(shown))}</article></body></html>"
    (folder / page.name / "index.html").write_text(html, encoding="utf-8")
    return folder


def found(folder: Path, page: Page, reader: Environment, *, exact: bool = True) -> list[str]:
    programs = copied.read(folder)
    texts = [program.text for program in programs]
    done = fresh.run_all(texts, reader, environments.wheel(SITE), folder / "kept")
    return list(map(str, copied.findings(programs, done, {"ja": {page.name: page}}, exact=exact)))


PROGRAMS = functools.cache(lambda: copied.read(SITE))


def test_every_block_of_the_built_site_is_taken_as_its_page_has_it() -> None:
    taken: dict[tuple[str, str], list[str]] = {}
    for program in PROGRAMS():
        taken.setdefault((program.lang, program.name), []).extend(block.text for block in program.blocks)
    pages = site.read()
    of_pages = {
        (lang, name): [block.code.rstrip() for block in page.blocks]
        for lang, of_language in pages.items()
        for name, page in of_language.items()
        if page.blocks
    }
    assert taken == of_pages
    assert {lang for lang, _ in taken} == set(site.LANGUAGES)


def test_what_is_kept_of_the_last_run_counts_the_blocks_that_stats_counts(capsys: pytest.CaptureFixture[str]) -> None:
    counts = {lang: counts["blocks"] for lang, counts in site.stats(site.load())}
    programs = PROGRAMS()
    done = {program.text: NONE for program in programs}
    reader = Environment(Path(), "", {}, Path())
    assert copied.summary(programs, done, reader, environments.wheel(SITE), exact=True)["blocks"] == counts


def test_an_output_that_is_not_the_block_s_is_named_with_page_and_line(tmp_path: Path, reader: Environment) -> None:
    page = markdown("print(1 + 1)", "print('a')\nprint(0.25)", "x = 1")
    folder = built(tmp_path, page, ["2\n", "a\n0.26\n", ""])
    assert found(folder, page, reader) == [
        "docs/ja/page.md:7: block 2 of the built page, copied into a file, prints '0.25' where the page shows '0.26': "
        "run `make update`, then `make site`"
    ]
    assert found(folder, page, reader, exact=False) == []


@pytest.mark.parametrize(("program", "shown"), [("print('more')", ""), ("x = 1", "more\n"), ("print()", "")])
def test_an_output_too_many_or_too_few_is_named(program: str, shown: str, tmp_path: Path, reader: Environment) -> None:
    page = markdown(program)
    (said,) = found(built(tmp_path, page, [shown]), page, reader)
    assert "prints" in said


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import warnings\nwarnings.warn('old')", "writes to stderr: "),
        ("import sys\nprint('x', file=sys.stderr)", "writes to stderr: 'x'"),
        ("raise SystemExit(3)", "fails: exit code 3"),
        ("import socket\nsocket.create_connection(('192.0.2.1', 80), 2)", "fails: OSError"),
        ("import socket\nsocket.getaddrinfo('example.org', 80)", "fails: socket.gaierror"),
        ("open('block.py')", "fails: FileNotFoundError"),
        ("import os\nassert os.listdir() == [], os.listdir()\nopen('here')", "fails: FileNotFoundError"),
        ("import pytest", "fails: ModuleNotFoundError"),
        ("import dlnotes_site", "fails: ModuleNotFoundError"),
        ("print(1", "fails: SyntaxError"),
    ],
)
def test_what_only_works_on_the_author_s_machine_is_named(
    program: str, said: str, tmp_path: Path, reader: Environment
) -> None:
    page = markdown(program)
    (finding,) = found(built(tmp_path, page, [""]), page, reader)
    assert finding.startswith("docs/ja/page.md:3: block 1 of the built page, copied into a file, ")
    assert said in finding or ("unshare" not in fresh.offline() and "PermissionError" in finding)


def test_where_the_system_gives_no_way_to_take_the_network_off_python_refuses_it(reader: Environment) -> None:
    program = "import socket, sys\nprint(__name__, sys.argv[1:])\nsocket.create_connection(('192.0.2.1', 80), 2)"
    done = fresh.run(program, reader, prefix=())
    assert done.stdout == "__main__ []\n"
    assert done.stderr.endswith("PermissionError: a block runs without network\n")


def test_nothing_of_this_environment_reaches_a_block(reader: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNOTES_SECRET", "1")
    monkeypatch.setenv("PYTHONPATH", str(site.ROOT / "src"))
    program = "import os, sys\nprint(*sorted(os.environ))\nprint(sys.flags.isolated, *sys.argv[1:])"
    names, flags = fresh.run(program, reader).stdout.splitlines()
    plain = ["HOME", "LANG", "MKL_NUM_THREADS", "MPLBACKEND", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PATH"]
    assert set(names.split()) - {"LC_CTYPE"} == set(plain)
    assert flags == "1"


def test_the_cells_of_a_lab_are_one_file_and_a_finding_names_the_cell(tmp_path: Path, reader: Environment) -> None:
    bar = "from tqdm import tqdm\nfor i in tqdm(range(2), leave=False):\n    x += i\nprint(x)"
    page = markdown("x = 1\nprint(x)", bar, "print(x + 1)")
    page.lab = True
    lab = '<nav class="dl-take"></nav>{}'
    assert found(built(tmp_path / "right", page, ["1\n", "2\n", "3\n"], lab), page, reader) == []
    (said,) = found(built(tmp_path / "wrong", page, ["1\n", "2\n", "4\n"], lab), page, reader)
    assert said.startswith(f"docs/ja/page.md:{page.blocks[2].line}: block 3 ")
    assert "prints '3' where the page shows '4'" in said
    (program,) = copied.read(tmp_path / "right")
    assert program.text.count("\n") == 6, "as copied one below the other"


def test_a_built_page_with_blocks_too_few_is_named(tmp_path: Path, reader: Environment) -> None:
    page = markdown("print(1)", "print(2)")
    folder = built(tmp_path, markdown("print(1)"), ["1\n"])
    assert found(folder, page, reader) == [
        "docs/ja/page.md:1: has 2 blocks, its built page 1: run `make site`, then this again"
    ]


def test_a_text_is_run_again_only_when_it_or_what_it_runs_on_changes(tmp_path: Path, reader: Environment) -> None:
    wheel, ran = environments.wheel(SITE), []

    def run(text: str, environment: Environment = reader, wheel: Path = wheel) -> bool:
        ran.clear()
        fresh.run_all([text], environment, wheel, tmp_path / "kept", lambda done, total: ran.append(done))
        return bool(ran)

    other = tmp_path / "other.whl"
    other.write_bytes(b"another wheel")
    assert [run("print(1)"), run("print(1)"), run("print(1)  #"), run("print(1)", wheel=other)] == [1, 0, 1, 1]
    newer = Environment(reader.python, reader.version, reader.packages | {"numpy": "99"}, reader.home)
    assert [run("print(1)", newer), run("print(1)", newer)] == [True, False]
    for failing in ("raise SystemExit(1)", "import sys\nprint('x', file=sys.stderr)"):
        assert [run(failing), run(failing)] == [True, True], "what failed is not kept"


def test_only_what_the_wheel_needs_is_in_the_environment(reader: Environment) -> None:
    assert environments.superfluous(reader) == []
    assert {"dlnotes", "numpy", "matplotlib", "tqdm"} <= reader.packages.keys()
    with_kernel = environments.make(OWN, environments.wheel(SITE), extra=("ipykernel",), seed=True)
    assert {"ipykernel", "pip"} <= set(environments.superfluous(with_kernel))


def test_a_site_without_its_wheel_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="found 0: run `make site`"):
        environments.wheel(tmp_path)


@pytest.mark.parametrize(
    ("shown", "got", "alike"),
    [
        ("a 0.3333 b", "a 0.3334 b", True),
        ("a 0.3333 b", "a 0.3335 b", False),
        ("a 0.3333 b", "a 0.3333 c", False),
        ("0.3333  1", "0.3333 1", False),
        ("1.234e-05", "1.235e-05", True),
        ("1.234e-05", "1.236e-05", False),
        ("1.000e-04", "9.999e-05", True),
        ("10 steps", "11 steps", False),
        ("-0.01", "0.00", True),
        ("0.5\n1.5", "0.5\n1.7", False),
        ("1\n2", "1\n2\n3", False),
        ("1\n2\n", "1\n2", False),
        ("1.0 2.0", "1.0", False),
    ],
)
def test_on_other_versions_a_number_may_differ_by_one_unit_of_its_last_place(shown: str, got: str, alike: bool) -> None:
    assert (outputs.difference(shown, got, exact=False) is None) == alike
    assert outputs.difference(shown, got, exact=True) is not None
    assert outputs.difference(shown, shown, exact=True) is None


def test_the_line_of_an_output_leads_to_its_block() -> None:
    program = Program("ja", "x", 0, (Shown("", "1\n2\n"), Shown("", ""), Shown("", "3\n")))
    assert [program.block_of(line) for line in range(4)] == [0, 0, 2, 2]


def test_the_clipboard_is_the_text_without_what_javascript_trims() -> None:
    def copy(html: str) -> str:
        return copied.clipboard(markup.fragment_fromstring(html).find(".//code"))

    assert copy("<pre><code><span>a</span> = 1\n    b\n\n \u00a0\ufeff</code></pre>") == "a = 1\n    b"
    assert copy("<pre><code>a\x1c\n</code></pre>") == "a\x1c"
    assert copy('<div data-copy="b "><pre><code>a</code></pre></div>') == "b"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose site has one block, which prints 1, and an environment that would print so."""
    page = markdown("print(1)")
    folder = built(tmp_path / "site", page, ["1\n"])
    (folder / "assets" / "wheels").mkdir(parents=True)
    (folder / "assets" / "wheels" / "dlnotes-0-py3-none-any.whl").write_bytes(b"a wheel")
    reader = Environment(Path(), "3.99.1", {"numpy": "2.5", "matplotlib": "3.20"}, Path())
    monkeypatch.setattr(copied, "ROOT", tmp_path)
    monkeypatch.setattr(copied, "SUMMARIES", tmp_path / "kept")
    monkeypatch.setattr(site, "read", lambda: {"ja": {"page": page}})
    monkeypatch.setattr(environments, "pythons", lambda: {OWN: Path()})
    monkeypatch.setattr(environments, "make", lambda python, wheel, versions: reader)
    monkeypatch.setattr(environments, "superfluous", lambda environment: [])
    return tmp_path


def printing(output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_all(texts: Sequence[str], *_: object, progress: Callable[[int, int], None]) -> dict[str, Done]:
        for number in range(1, 102):
            progress(number, 101)
        return {text: Done(0, output, "", 0.5) for text in texts}

    monkeypatch.setattr(copied, "run_all", run_all)


def test_the_program_counts_what_it_ran_and_keeps_a_summary(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printing("1\n", monkeypatch)
    assert copied.main([]) == 0
    first, *progress, last = capsys.readouterr().out.splitlines()
    assert first.startswith("Python 3.99.1, numpy 2.5, matplotlib 3.20, offline by ")
    assert first.endswith(", compared exactly")
    assert [line.split()[0] for line in progress] == ["50/101", "100/101", "101/101"]
    assert last == "1 blocks (1 in ja), 1 different files: 0 findings"
    assert copied.main(["--versions", "oldest"]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith(", compared by number")
    told = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in (project / "kept").iterdir()}
    assert {name: one["compared"] for name, one in told.items()} == {
        "copied.json": "exactly",
        f"copied-{OWN}-oldest.json": outputs.TOLERANCE,
    }
    assert told["copied.json"]["seconds"] == {"ja/page": 0.5}


def test_the_program_fails_and_keeps_nothing_where_a_block_differs_or_there_is_none(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printing("2\n", monkeypatch)
    assert copied.main([]) == 1
    *_, found, last = capsys.readouterr().out.splitlines()
    assert found.startswith("docs/ja/page.md:3: block 1 of the built page, copied into a file, prints '2' where")
    assert last.endswith(": 1 findings")
    (project / "site" / "page" / "index.html").unlink()
    monkeypatch.setattr(site, "read", dict)
    assert copied.main([]) == 1, "no blocks at all are no success"
    monkeypatch.setattr(environments, "superfluous", lambda environment: ["pytest", "yaml"])
    assert copied.main([]) == 1
    assert capsys.readouterr().err == "the environment holds more than the wheel needs: pytest, yaml\n"
    assert not (project / "kept").exists()


def test_a_program_that_does_not_end_is_stopped_and_said(reader: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh, "TIME_LIMIT", 0.05)
    assert fresh.run("while True: pass", reader) == Done(1, "", "does not end within 0.05 s", 0.05)


@pytest.mark.parametrize(
    ("installed", "allowed", "prefix"),
    [
        (True, ("unshare", "--net"), ("unshare", "--net")),
        (True, ("unshare", "--map-root-user", "--net"), ("unshare", "--map-root-user", "--net")),
        (True, (), ()),
        (False, ("unshare", "--net"), ()),
    ],
)
def test_the_network_is_taken_off_in_the_way_that_the_system_allows(
    installed: bool, allowed: tuple[str, ...], prefix: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, int(command != [*allowed, "true"]))

    monkeypatch.setattr(fresh.shutil, "which", lambda name: f"/usr/bin/{name}" if installed else None)
    monkeypatch.setattr(fresh.subprocess, "run", run)
    assert fresh.offline.__wrapped__() == prefix
