"""The last run of `make mutants`: enough faults were noticed, and each that was not has its reason."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RESULT = json.loads((ROOT / "tests" / "mutants.json").read_text(encoding="utf-8"))
MODULES = ["activations", "convolution", "gradients", "layers", "losses", "normalization", "optimizers"]
NEEDED = 0.9


def complaints(result, root):
    """One sentence for each thing that is wrong with a result."""
    missing = sorted(set(MODULES) - set(result["modules"]))
    found = [f"tests/mutants.json names no {module}: run make mutants" for module in missing]
    for module, counts in result["modules"].items():
        if counts["killed"] < NEEDED * counts["all"]:
            said = f"{counts['killed']} of {counts['all']} faults in {module}"
            found.append(f"tests/mutants.json: the tests notice {said}, fewer than {NEEDED:.0%}: write tests")
    listed = Counter()
    for survivor in result["survivors"]:
        place, was = f"{survivor['file']}:{survivor['line']}", survivor["was"]
        listed[survivor["file"]] += 1
        lines = [line.strip() for line in (root / survivor["file"]).read_text(encoding="utf-8").splitlines()]
        if was.split("\n")[0] not in lines:
            found.append(f"{place} is no more {was!r}: run make mutants")
        if len(survivor["reason"]) < 10:
            found.append(f"{place}: nothing notices {survivor['now']!r} and no reason is given: see scripts/mutants.py")
    survived = sum(counts["all"] - counts["killed"] for counts in result["modules"].values())
    if survived != len(result["survivors"]):
        found.append(f"tests/mutants.json lists {len(result['survivors'])} of {survived} survivors: run make mutants")
    return found


def test_enough_faults_are_noticed_and_each_survivor_has_a_reason():
    assert complaints(RESULT, ROOT) == []


GOOD = {
    "modules": {module: {"killed": 9, "all": 10 if module == "losses" else 9, "seconds": 1} for module in MODULES},
    "survivors": [{"file": "a.py", "line": 1, "was": "x > 0", "now": "x >= 0", "reason": "the same at 0"}],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, None),
        ({"modules": {**GOOD["modules"], "losses": {"killed": 8, "all": 9, "seconds": 1}}}, "8 of 9 faults in losses"),
        ({"modules": {m: counts for m, counts in GOOD["modules"].items() if m != "layers"}}, "names no layers"),
        ({"survivors": [{**GOOD["survivors"][0], "was": "x < 0"}]}, "a.py:1 is no more 'x < 0'"),
        ({"survivors": [{**GOOD["survivors"][0], "reason": ""}]}, "nothing notices 'x >= 0' and no reason"),
        ({"survivors": []}, "lists 0 of 1 survivors"),
    ],
)
def test_a_result_that_is_not_enough_is_told_of_in_one_sentence(tmp_path, change, message):
    (tmp_path / "a.py").write_text("if True:\n    x > 0\n", encoding="utf-8")
    found = complaints({**GOOD, **change}, tmp_path)
    assert len(found) == (message is not None)
    assert message is None or message in found[0]


SAMPLE = """
@np.errstate(all="ignore")
def f(u, n=2):
    r"The sum."
    u = as_float(u, "f", "u")
    if u.size == 0:
        raise ValueError(f"f expects entries, got {u.size + 1}")
    return cast(Array, u.sum() + n)

@property
def g(self):
    return 1
"""


def test_texts_types_and_properties_are_left_alone_and_functions_under_errstate_are_not():
    program = (
        "import sys; sys.path.insert(0, 'scripts'); import mutants; mutants.teach(); "
        "print(mutants.file_mutation.mutate_file_contents('x.py', sys.stdin.read()).code)"
    )
    command = [sys.executable, "-c", program]
    code = subprocess.run(command, cwd=ROOT, input=SAMPLE, capture_output=True, text=True, check=True).stdout
    for planted in ("n=3", 'as_float(None, "f", "u")', "u.size != 0", "u.size == 1", "u.sum() - n"):
        assert planted in code
    for untouched in (
        "XXfXX",
        "as_float(u, None",
        "u.size - 1",
        "u.size + 2",
        "cast(None",
        "return 2",
        "ValueError(None",
    ):
        assert untouched not in code
