"""What a reader takes away from a lab runs in an environment with only a kernel and the site's wheel, offline, on the
Python of the build and, one of them, on the others of this machine; what matters in its results is asserted
(`tests/labs/`).
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbclient
import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode

import dlnotes_site
from dlnotes_site import environments, labs, notebooks, render, site
from dlnotes_site.environments import OWN, pythons
from dlnotes_site.serving import serving_site

from .built import SITE

LABS = sorted(name for name, page in site.read()["ja"].items() if page.lab)
ASSERTS = site.ROOT / "tests" / "labs"
OFFLINE = """\
import sys

def _stay_here(event, arguments):
    host = arguments[0] if event == "socket.getaddrinfo" else None
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    if host not in (None, "", "127.0.0.1", "localhost"):
        raise PermissionError(f"this test is offline ({host} was asked for)")

sys.addaudithook(_stay_here)
"""
# What the build tells its kernels, from copies of the modules: the environment has none of the site's machinery.
AS_THE_SITE = """\
import sys
sys.path.append({folder!r})
from dlnotes_site import kernel
kernel.prepare("light")
"""


def environment(version: str) -> Path:
    """The Python of an environment with a kernel and the site's wheel."""
    return environments.make(version, wheel(), extra=("ipykernel",), seed=True).python


def wheel() -> Path:
    return environments.wheel(SITE)


class _OneKernel(KernelSpecManager):
    """Knows one kernel: that of a given Python."""

    python = Path()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


def readers() -> list[tuple[str, str, bool]]:
    """Who takes a lab: its Python, and whether its figures are drawn as the site's are, or as a reader's Jupyter does.

    All are taken with the Python of the build, which in CI is each that is supported.
    """
    others = [version for version in pythons() if version != OWN] or [OWN]
    return [*((name, OWN, True) for name in LABS), *(("labs/overfitting", version, False) for version in others)]


def run(notebook: NotebookNode, python: Path, folder: Path, *, as_the_site: bool = False) -> None:
    """Run a notebook as it stands, offline, in an empty folder; drawn as a reader's Jupyter does, or as the build."""
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-offline.py").write_text(OFFLINE, encoding="utf-8")
    if as_the_site:
        shutil.copytree(Path(dlnotes_site.__path__[0]), folder / "copies" / "dlnotes_site")
        prepare = AS_THE_SITE.format(folder=str(folder / "copies"))
        (startup / "01-figures.py").write_text(prepare, encoding="utf-8")
    (folder / "empty").mkdir()
    manager = AsyncKernelManager(transport="ipc", connection_file=str(folder / "kernel.json"))
    manager.kernel_spec_manager = _OneKernel()
    manager.kernel_spec_manager.python = python
    client = nbclient.NotebookClient(notebook, km=manager, timeout=300)
    client.owns_km = True
    plain = {"PATH": os.defpath, "HOME": str(folder), "IPYTHONDIR": str(folder / "ipython"), "LANG": "C.UTF-8"}
    plain |= {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    client.execute(env=plain, cwd=str(folder / "empty"))


def printed(cell: NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")


def pictures(cell: NotebookNode) -> list[str]:
    """The figures of a cell, each as PNG in base 64."""
    return [output.data["image/png"].strip() for output in cell.outputs if "image/png" in output.get("data", {})]


def downloaded(lang: str, name: str, ending: str = ".ipynb") -> Path:
    folder = SITE / ("en" if lang == "en" else "") / name
    return folder / f"{folder.name}{ending}"


def test_each_lab_has_asserts_and_no_assert_is_without_a_lab() -> None:
    assert [f"labs/{file.stem}" for file in sorted(ASSERTS.glob("*.py"))] == LABS
    for file in ASSERTS.glob("*.py"):
        assert file.read_text(encoding="utf-8").count("assert ") >= 5, file


@pytest.mark.parametrize(("name", "version", "as_the_site"), readers())
def test_a_downloaded_lab_runs_with_only_a_kernel_and_the_wheel_and_gives_what_it_promises(
    name: str, version: str, as_the_site: bool, tmp_path: Path
) -> None:
    """Text and figures are those that were promised, on the Python of the build byte for byte (see conftest.py)."""
    lang = site.LANGUAGES[(LABS.index(name) + (version != OWN)) % 2]  # the code is the same, so each lab takes one
    notebook = nbformat.read(downloaded(lang, name), as_version=4)
    shown = nbformat.read(downloaded(lang, name, "-outputs.ipynb"), as_version=4)
    stem = name.rpartition("/")[2]
    asserts = nbformat.v4.new_code_cell((ASSERTS / f"{stem}.py").read_text(encoding="utf-8"))
    notebook.cells.append(asserts)
    run(notebook, environment(version), tmp_path, as_the_site=as_the_site)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"][:-1]
    promised = [cell for cell in shown.cells if cell.cell_type == "code"]
    assert len(cells) == len(promised)
    for cell, other in zip(cells, promised, strict=True):
        errors = "".join(output.text for output in cell.outputs if output.get("name") == "stderr")
        assert notebooks.terminal(errors).strip() == ""
        drawn, wanted = pictures(cell), pictures(other)
        assert len(drawn) == len(wanted)
        if as_the_site and os.environ.get("DLNOTES_FIGURES") != "text":
            assert drawn == wanted, f"a figure of {name}, drawn again, is not that of the page: run `make site`"
        if version == OWN:
            assert printed(cell) == printed(other), "the outputs of the page are not what a reader gets"
    print(f"{name} on {version}: {printed(asserts).strip()}")


@pytest.mark.parametrize("name", LABS)
def test_the_downloads_of_both_languages_hold_the_same_code(name: str) -> None:
    for ending in (".ipynb", "-outputs.ipynb"):
        code = []
        for lang in site.LANGUAGES:
            notebook = nbformat.read(downloaded(lang, name, ending), as_version=4)
            nbformat.validate(notebook)
            first, *cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
            assert f"{wheel().name}#sha256=" in first
            code.append(cells)
        assert code[0] == code[1]
        assert code[0] == [block.code.rstrip("\n") for block in site.read()["ja"][name].blocks]
    for lang in site.LANGUAGES:
        script = downloaded(lang, name, ".py").read_text(encoding="utf-8")
        notebook = nbformat.read(downloaded(lang, name), as_version=4)
        assert script == labs.as_script(notebook)
        without = json.loads(downloaded(lang, name).read_text(encoding="utf-8"))
        assert all(not cell["outputs"] for cell in without["cells"] if cell["cell_type"] == "code")


@pytest.fixture
def address() -> Iterator[str]:
    with serving_site(SITE) as address:
        yield address


def test_the_first_cell_installs_the_wheel_of_the_site_if_the_library_is_missing(address: str, tmp_path: Path) -> None:
    version = sorted(pythons())[-1]
    original = environment(version).parent.parent
    copy = tmp_path / "environment"
    shutil.copytree(original, copy, symlinks=True, copy_function=os.link)  # pip replaces files, it changes none
    python = copy / "bin" / "python"
    subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "dlnotes"], check=True)
    assert (original / "lib" / f"python{version}" / "site-packages" / "dlnotes" / "__init__.py").is_file()
    (downloaded_lab,) = LABS[:1]
    notebook = nbformat.read(downloaded("en", downloaded_lab), as_version=4)
    first = notebook.cells[0]
    first.source = re.sub(r'"http[^"]*/(?=assets/wheels/)', f'"{address}', first.source)
    check = nbformat.v4.new_code_cell("import dlnotes\nprint(dlnotes.__file__)")
    run(nbformat.v4.new_notebook(cells=[first, check]), python, tmp_path)
    assert str(copy) in printed(check)


@pytest.mark.parametrize("page", [page for pages in site.read().values() for page in pages.values() if page.lab][:2])
@pytest.mark.parametrize(
    ("repository", "leads"),
    [
        ("https://github.com/someone/notes", "someone/notes"),
        ("https://github.com/someone/notes.git", "someone/notes"),
        ("https://github.com/someone/notes/", "someone/notes"),
        ("https://gitlab.com/someone/notes", ""),
        ("", ""),
    ],
)
def test_colab_is_linked_when_it_can_reach_the_notebook(page: site.Page, repository: str, leads: str) -> None:
    html = render.take_away_html(page, repository)
    stem = page.name.rpartition("/")[2]
    for file in (f"{stem}.ipynb", f"{stem}-outputs.ipynb", f"{stem}.py"):
        assert f'href="{file}" download' in html
    wanted = f"https://colab.research.google.com/github/{leads}/blob/notebooks/{page.lang}/{stem}.ipynb"
    assert (f'href="{wanted}"' in html) == bool(leads)
    assert ("colab" in html) == bool(leads)
