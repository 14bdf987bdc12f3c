"""Without PyTorch and JupyterLab: what works all the same, and what the rest says. Both are blocked, not taken away."""

import ast
import builtins
import importlib.metadata
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from course_lib.authoring.first_cell import TAG, first_cell, needs_torch
from course_lib.authoring.source import Cell, Source, read_source
from course_lib.needs import Missing, need

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "solutions").glob("[0-9]*_*.py"))
LIGHT = [path.stem for path in SOURCES if not needs_torch(read_source(path))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# What takes 0.9 GB of a whole installation, and what only a maintainer or a class needs.
LEFT_OUT = ("torch", "torchvision", "timm", "jupyterlab", "notebook", "sklearn", "distributed", "jupytext", "nbclient")
INSTALLED_NAMES = importlib.metadata.packages_distributions()
PYODIDE_HAS = {
    "matplotlib",
    "mpl_toolkits",
    "numpy",
    "PIL",
    "kiwisolver",
    "fontTools",
    "cycler",
    "pyparsing",
    "dateutil",
}
PLAIN_PYTHON = {"IPython", "anywidget", "comm", "course_lib", "ipywidgets", "packaging", "psygnal", "pygments"}
PLAIN_PYTHON |= {"threadpoolctl", "traitlets", "typing_extensions"}
IN_THE_BROWSER = PYODIDE_HAS | PLAIN_PYTHON
BLOCKED = f"""
import sys
from importlib.abc import MetaPathFinder

class Blocked(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {LEFT_OUT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
"""
RUN = """
import json, matplotlib
matplotlib.use("Agg")
book = {"__name__": "__main__"}
for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), book)
"""


def run_without(program, *arguments, folder=None):
    """Run a program in a Python of its own that finds none of LEFT_OUT."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    if folder is not None:
        environment["COURSE_LEARNER_FOLDER"] = str(folder)
    command = [sys.executable, "-c", BLOCKED + program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, encoding="utf-8")


def notebook(stem, folder="chapters"):
    return json.loads((ROOT / folder / f"{stem}.ipynb").read_text("utf-8"))


def asking(stem, folder="chapters"):
    """The one cell of a notebook that asks for what it needs, and all its code cells."""
    code = [cell for cell in notebook(stem, folder)["cells"] if cell["cell_type"] == "code"]
    (found,) = [cell for cell in code if TAG in cell["metadata"].get("tags", [])]
    return found, code


def raised(cell, blocked=BLOCKED):
    """The error that a cell ends with in a Python without the packages that are blocked."""
    program = f"{blocked}\ntry:\n    exec(sys.argv[1])\nexcept ImportError as error:\n    print(error)\n"
    command = [sys.executable, "-c", program, "".join(cell["source"])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout


# What is installed


def test_pytorch_and_jupyterlab_are_extras_and_dev_takes_all():
    extras = PROJECT["optional-dependencies"]
    assert not {Requirement(line).name for line in PROJECT["dependencies"]} & {"torch", "jupyterlab"}
    assert [Requirement(line).name for line in extras["torch"] + extras["lab"]] == ["torch", "jupyterlab"]
    (own,) = [Requirement(line) for line in extras["dev"] if line.startswith("course_lib[")]
    assert own.extras == set(extras) - {"dev", "clients", "zoo"}  # torchvision loads only with the same build of torch


# Everything that needs neither works


def imports_of(stems):
    """All import statements of these notebooks, as lines."""
    return {
        ast.unparse(node)
        for stem in stems
        for cell in asking(stem)[1]
        for node in ast.walk(ast.parse("".join(cell["source"])))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }


def test_what_notebooks_without_pytorch_import_is_there_in_the_light_installation():
    lines = imports_of(LIGHT)
    assert len(lines) > 40
    ended = run_without("\n".join(sorted(lines)))
    assert ended.returncode == 0, ended.stderr


def test_most_evenings_of_the_first_three_chapters_need_no_pytorch():
    assert {stem.partition("_")[0] for stem in LIGHT} == {"00", "00x", "01a", "01c", "02a", "02d", "02x"}


@pytest.mark.weekly("runs seven notebooks, about two minutes")
@pytest.mark.parametrize("stem", LIGHT)
def test_a_notebook_without_pytorch_runs_to_its_end_in_the_light_installation(stem, tmp_path):
    ended = run_without(RUN, ROOT / "solutions" / f"{stem}.ipynb", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr


def test_the_blocked_packages_are_not_found():
    assert run_without("import torch").stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'torch'"


# In a browser


def test_what_notebooks_without_pytorch_load_is_there_for_a_python_in_the_browser():
    """Nothing that starts processes, and only what Pyodide has or what is plain Python.

    That they run there was not tried: NumPy's wheel for the browser is in no registry that was reached.
    """
    program = "before = set(sys.modules)\n" + "\n".join(sorted(imports_of(LIGHT)))
    program += "\nprint(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    ended = run_without(program)
    assert ended.returncode == 0, ended.stderr
    loaded = {name for name in ended.stdout.split() if name not in sys.stdlib_module_names and name in INSTALLED_NAMES}
    assert {"numpy", "matplotlib", "ipywidgets"} <= loaded
    assert loaded <= IN_THE_BROWSER


# What needs more says so, in the first cell


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
@pytest.mark.parametrize("folder", ["chapters", "solutions"])
def test_the_first_cell_of_code_asks_for_what_the_notebook_needs(path, folder):
    found, code = asking(path.stem, folder)
    assert code[0] is found
    assert ('need("torch")' in "".join(found["source"])) is (path.stem not in LIGHT)
    if folder == "chapters":
        assert found["metadata"]["jupyter"] == {"source_hidden": True}


def test_a_notebook_that_needs_pytorch_says_so_with_the_line_that_installs_it():
    found, _ = asking("01b_bends_and_layers")
    said = raised(found)
    assert "needs PyTorch" in said
    assert f"{sys.executable} -m pip install" in said.replace('"', "") and "torch" in said.splitlines()[2]
    assert raised(asking("01a_what_a_neuron_looks_for")[0]) == ""


@pytest.mark.parametrize(
    ("stem", "line"),
    [("01a_what_a_neuron_looks_for", '%pip install -e ".."'), ("03_unstable_gradients", '%pip install -e "..[torch]"')],
)
def test_without_the_course_a_notebook_says_the_way_to_it(stem, line):
    found, _ = asking(stem)
    said = raised(found, BLOCKED.replace("('torch'", "('course_lib', 'torch'"))
    assert "course_lib" in said and line in said.replace("%pip install -e ..\n", "")


def source_of(*texts):
    return Source(Path("99_tiny.py"), [Cell("code", text, 1) for text in texts])


def test_with_a_public_address_the_line_takes_the_course_from_there():
    """So that the same notebook is enough on Colab."""
    address = "https://example.org/who/course"
    assert f'%pip install "course_lib @ git+{address}"' in first_cell(source_of("1"), address)
    assert f'%pip install "course_lib[torch] @ git+{address}"' in first_cell(source_of("import torch"), address)


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("import torch", True),
        ("import torch.nn as nn", True),
        ("from torch import nn", True),
        ("from course_lib.pytorch import dense", True),
        ("from course_lib import pytorch", True),
        ("def f():\n    import course_lib.pytorch.dense", True),
        ('fit(recipe, data, engine="torch")', True),
        ("import torchlike\nx = 'torches'  # torch", False),
        ("from course_lib.scratch import dense", False),
    ],
)
def test_what_needs_pytorch_is_seen_in_the_code(text, needed):
    assert needs_torch(source_of("x = 1", text)) is needed


def test_in_a_notebook_the_message_stands_alone_and_installs_into_the_kernel(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    with pytest.raises(Missing) as caught:
        need("torch")
    assert caught.value._render_traceback_() == [str(caught.value)]
    assert '\n    %pip install "torch' in str(caught.value)


def test_what_is_installed_is_not_asked_for():
    assert need("torch") is None


# Commands


def test_a_command_that_needs_pytorch_says_so_in_a_line():
    program = "from course_lib.cli import main; sys.exit(main(['bench', 'machine']))"
    ended = run_without(program)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "PyTorch, which is not installed" in ended.stderr and "pip install" in ended.stderr


def test_another_missing_package_is_no_optional_one():
    ended = run_without("sys.modules['course_lib.doctor'] = None; from course_lib.cli import main; main(['doctor'])")
    assert "Traceback" in ended.stderr
