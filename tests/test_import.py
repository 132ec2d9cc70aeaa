import importlib
import importlib.metadata
import inspect
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import dlnotes
from tests import api

MODULES = [
    "activations",
    "augmentation",
    "convolution",
    "datasets",
    "gradients",
    "initializers",
    "layers",
    "losses",
    "normalization",
    "optimizers",
    "perceptron",
    "training",
]
PUBLIC = [(module, name) for module in MODULES for name in importlib.import_module(f"dlnotes.{module}").__all__]
SECTIONS = ["Attributes", "Parameters", "Returns", "Raises", "Notes", "References", "Examples"]


def run(program):
    return subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)


def test_import_brings_numpy_and_the_standard_library_alone():
    program = (
        "import sys, numpy.random, numpy.typing; before = set(sys.modules); import dlnotes; "
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    done = run(program)
    assert done.stderr == ""
    assert {name for name in done.stdout.split() if name not in sys.stdlib_module_names} <= {
        "dlnotes",
        "numpy",
    }


def test_import_works_without_matplotlib():
    done = run("import sys; sys.modules['matplotlib'] = None; import dlnotes; print(dlnotes.losses.__name__)")
    assert (done.returncode, done.stdout) == (0, "dlnotes.losses\n")


def test_version_is_the_package_s():
    assert dlnotes.__version__ == importlib.metadata.version("dlnotes")


def test_the_package_is_typed():
    assert (Path(dlnotes.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("module", [None, *MODULES])
def test_all_is_what_the_documentation_lists(module):
    found = dlnotes if module is None else importlib.import_module(f"dlnotes.{module}")
    lines = [line.split(": ")[0] for line in found.__doc__.splitlines() if line.startswith("- ")]
    assert sorted(re.findall(r"`(\w+)`", " ".join(lines))) == sorted(found.__all__)
    assert all(hasattr(found, name) for name in found.__all__)


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_in_a_module_is_in_all(module):
    found = importlib.import_module(f"dlnotes.{module}")
    own = {
        name
        for name, value in vars(found).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == found.__name__
    }
    assert {
        name for name in own if inspect.isclass(getattr(found, name)) or inspect.isfunction(getattr(found, name))
    } <= set(found.__all__)


@pytest.mark.parametrize(("module", "name"), [entry for entry in PUBLIC if entry[1] not in ("AND", "NAND", "OR")])
def test_every_public_name_is_documented_with_references(module, name):
    documentation = inspect.getdoc(getattr(importlib.import_module(f"dlnotes.{module}"), name))
    lines = documentation.splitlines()
    assert lines[0].endswith(".")
    headings = [line for line, rule in pairwise(lines) if rule and set(rule) == {"-"}]
    assert "References" in headings
    order = [heading for heading in SECTIONS[1:] if heading in headings]
    assert [heading for heading in headings if heading != "Attributes"] == order
    assert set(headings) <= set(SECTIONS)
    references = documentation.split("References\n----------\n")[1].partition("\nExamples\n")[0]
    assert re.search(r"\((18|19|20)\d\d\)", references)
    assert re.search(r"doi:10\.\d+/\S+|arXiv:\d{4}\.\d{4,5}", references)


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_every_public_function_shows_its_equation_and_its_types(module, name):
    value = getattr(importlib.import_module(f"dlnotes.{module}"), name)
    if not inspect.isfunction(value):
        return
    documentation = inspect.cleandoc(value.__doc__)
    assert "\nParameters\n" in documentation
    assert "\nReturns\n" in documentation
    assert documentation.count("$$") >= 2
    signature = inspect.signature(value)
    assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values())
    assert signature.return_annotation is not inspect.Signature.empty


def test_the_public_names_and_signatures_are_those_of_the_list():
    listed, found = api.LIST.read_text(encoding="utf-8").splitlines(), list(api.lines())
    places = {line: number for number, line in enumerate(listed, 1)}
    changes = [f"tests/api.txt:{places[line]}: is no more: {line}" for line in listed if line not in found]
    changes += [f"tests/api.txt: does not list: {line}" for line in found if line not in places]
    assert not changes, "\n".join([*changes, "If that is meant, write the list with: python -m tests.api"])
    assert listed == found


def test_a_changed_signature_is_another_line_of_the_list():
    def changed(x: float, *, step: int = 2) -> float:
        return x + step

    assert api.signature(changed) == "(x: float, *, step: int=2) -> float"
    assert api.signature(dlnotes.activations.relu) == "(u: ArrayLike) -> FloatArray"


def test_every_public_method_is_documented():
    missing = []
    for module in api.MODULES:
        found = importlib.import_module(f"dlnotes.{module}")
        for name in found.__all__:
            value = getattr(found, name)
            missing += [f"{module}.{name}"] * (not inspect.getdoc(value))
            if inspect.isclass(value):
                methods = [line.partition("(")[0] for line in api.members(value) if "(" in line]
                missing += [f"{module}.{name}.{m}" for m in methods if not inspect.getdoc(getattr(value, m))]
    assert missing == []


def test_modules_are_short():
    for path in Path(dlnotes.__file__).parent.rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path.name
