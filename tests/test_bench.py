"""The benchmark without PyTorch: the clock, the table, the result file, the environment."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import environment, results
from benchmarks.clock import FEWEST, MOST, medians
from benchmarks.environment import EnvironmentFailure, explain, prepare
from benchmarks.results import processor, row, table, three_digits, two_digits, write

ROOT = Path(__file__).parent.parent
TARGETS = {"conv-1": "0.85", "pool": "0.60", "softmax": "0.45", "dropout": "0.25", "cnn-digits": "0.60"}


class Clock:
    """Time that passes only where a way says so."""

    now = 0.0

    def __call__(self):
        return self.now

    def way(self, *seconds):
        taken = iter(seconds)
        last = seconds[-1]

        def run():
            self.now += next(taken, last)

        return run


def test_medians_are_those_of_the_rounds_and_the_first_two_runs_do_not_count():
    clock = Clock()
    taken = medians({"a": clock.way(100, 2, 1), "b": clock.way(100, 4)}, clock=clock)
    assert taken == {"a": 1, "b": 4}


def test_a_short_work_is_repeated_within_its_turn():
    clock, calls = Clock(), []

    def run():
        calls.append("a")
        clock.now += 0.001

    taken = medians({"a": run}, clock=clock)
    assert taken["a"] == pytest.approx(0.001)
    assert len(calls) == 2 + 20 * MOST


def test_a_long_work_has_the_fewest_rounds_and_the_ways_take_turns():
    clock, calls = Clock(), []

    def way(name):
        def run():
            calls.append(name)
            clock.now += 60

        return run

    medians({"a": way("a"), "b": way("b")}, clock=clock)
    assert "".join(calls) == "aabb" + "ab" * FEWEST


def test_one_disturbed_round_does_not_show():
    clock = Clock()
    assert medians({"a": clock.way(*[1] * 5, 1000, 1)}, clock=clock) == {"a": 1}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0123, "0.012"), (0.847, "0.847"), (1.234, "1.23"), (12.34, "12.3"), (123.4, "123"), (12345.6, "12300")],
)
def test_three_digits(value, expected):
    assert three_digits(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(19.4, "19"), (0.976, "0.98"), (234.0, "230"), (1.0, "1")])
def test_two_digits(value, expected):
    assert two_digits(value) == expected


def test_a_row_says_whether_its_target_is_reached_by_the_ratio_that_is_not_rounded():
    assert row("pool", 6.0, 10.0, 0.6) == {
        "pool.dlnotes": "6.00",
        "pool.pytorch": "10.0",
        "pool.ratio": "0.60",
        "pool.target": "0.60",
        "pool.reached": "✓",
    }
    assert row("pool", 6.04, 10.0, 0.6)["pool.reached"] == "✗"


def test_the_table_is_aligned_and_counts_what_is_reached():
    values = row("a", 1, 2, 0.6) | row("long", 30, 10, 2.5) | {"machine": "m"}
    lines = table(values, {"a": "a work", "absent": "not measured", "long": "another work"}).splitlines()
    assert lines[0].split() == ["work", "dlnotes", "PyTorch", "ratio", "at", "most"]
    assert [line.split()[-1] for line in lines[1:]] == ["✓", "✗", "reached"]
    assert len({len(line) for line in lines[:3]}) == 1
    assert lines[-1] == "1 of 2 reached"


def test_the_result_file_is_replaced_whole_or_stays_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    write({"a": "✓"}, path)
    assert json.loads(path.read_text(encoding="utf-8")) == {"values": {"a": "✓"}}
    with pytest.raises(TypeError):
        write({"a": object()}, path)
    monkeypatch.setattr(results.json, "dumps", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write({"b": "new"}, path)
    assert json.loads(path.read_text(encoding="utf-8")) == {"values": {"a": "✓"}}


def test_the_processor_is_the_one_that_the_system_names(tmp_path):
    info = tmp_path / "cpuinfo"
    info.write_text("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nprocessor\t: 1\nmodel name\t: Some CPU\n")
    assert processor(info) == "Some CPU @ 2 GHz"
    assert processor(tmp_path / "absent")


def test_results_hold_every_row_of_the_benchmark_and_what_the_pages_name():
    values = json.loads(results.RESULTS.read_text(encoding="utf-8"))["values"]
    rows = [key.removesuffix(".ratio") for key in values if key.endswith(".ratio")]
    assert len(rows) == 15
    for key in rows:
        target, ratio = float(values[f"{key}.target"]), float(values[f"{key}.ratio"])
        assert values[f"{key}.reached"] in "✓✗"
        assert (values[f"{key}.reached"] == "✓") == (ratio <= target) or abs(ratio - target) < 0.005
    for key, target in TARGETS.items():
        assert values[f"{key}.target"] == target
    shares = [float(values[f"share.{name}"]) for name in ("convolution", "pooling", "linear", "rest")]
    assert sum(shares) == pytest.approx(100, abs=3)
    assert re.fullmatch(r"Python \S+, NumPy \S+, PyTorch \S+", values["versions"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", values["date"])


def test_pins_are_hashed_and_numpy_is_the_one_of_the_project():
    text = environment.REQUIREMENTS.read_text(encoding="utf-8")
    pins = re.findall(r"(?m)^([\w-]+)==(\S+)", text)
    assert {"torch", "numpy"} <= {name for name, _ in pins}
    for entry in re.split(r"(?m)^(?=[\w-]+==)", text)[1:]:
        assert "--hash=sha256:" in entry
    own = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert f"numpy=={dict(pins)['numpy']} " in own


def machine(folder, fails_at=None, said=""):
    """A way to run commands that installs nothing, and the commands."""
    commands = []

    def run(command):
        commands.append(command)
        if "venv" in command:
            (folder / "bin").mkdir(parents=True)
            (folder / "bin" / "python").touch()
        return (1, said) if fails_at is not None and fails_at in command else (0, "")

    return run, commands


def test_the_environment_is_installed_once_by_hashes_and_again_after_it_was_cut_off(tmp_path):
    folder = tmp_path / "bench"
    run, commands = machine(folder)
    assert prepare(folder, run) == folder / "bin" / "python"
    assert [("venv" in c, "--require-hashes" in c, "--no-deps" in c) for c in commands] == [
        (True, False, False),
        (False, True, True),
    ]
    prepare(folder, run)
    assert len(commands) == 2
    (folder / environment.STAMP).unlink()
    prepare(folder, run)
    assert len(commands) == 4


def test_other_pins_are_installed_anew(tmp_path, monkeypatch):
    run, commands = machine(tmp_path / "bench")
    prepare(tmp_path / "bench", run)
    (tmp_path / "requirements.txt").write_text("torch==1\n")
    monkeypatch.setattr(environment, "REQUIREMENTS", tmp_path / "requirements.txt")
    prepare(tmp_path / "bench", run)
    assert len(commands) == 4


@pytest.mark.parametrize("command", ["venv", "pip"])
def test_without_a_network_there_is_one_sentence_and_nothing_is_left(tmp_path, command):
    said = "error: Failed to fetch: `torch`\n  Caused by: error sending request\n  Caused by: dns error\n"
    run, _ = machine(tmp_path / "bench", fails_at=command, said=said)
    with pytest.raises(EnvironmentFailure, match="no connection to the package index") as failure:
        prepare(tmp_path / "bench", run)
    assert "\n" not in str(failure.value)
    assert not (tmp_path / "bench").exists()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("error: Failed to write\n  Caused by: No space left on device (os error 28)", "the disk is full"),
        ("error: Hash mismatch for `torch==2.13.0`", "is not the one that benchmarks/requirements.txt names"),
        ("  × No solution found when resolving dependencies", "no wheel for this machine"),
        ("something new\n", "could not be installed: something new"),
        ("", "no reason was given"),
    ],
)
def test_every_failure_is_one_sentence(said, expected):
    assert expected in explain(said)
    assert "\n" not in explain(said)


def test_bench_offline_says_a_sentence_and_leaves_the_results_as_they_were(tmp_path):
    before = results.RESULTS.read_bytes()
    program = (
        "from pathlib import Path; import sys; from benchmarks import bench, environment;"
        f"bench.ROOT = Path({str(tmp_path)!r});"
        "environment._run = lambda command: (2, 'error sending request');"
        "bench.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("make bench: PyTorch could not be loaded, as there is no connection")
    assert "Traceback" not in done.stderr
    assert results.RESULTS.read_bytes() == before
