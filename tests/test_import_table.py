"""The import table: which part of course_lib may import which other part, and what loads PyTorch or Matplotlib."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import course_lib

PACKAGE = Path(course_lib.__file__).parent
# part -> the parts of course_lib that it imports, besides itself: no more, and no less
TABLE = {
    "__init__": {"recipe", "training"},  # when somebody asks for course_lib.Recipe or course_lib.fit, and not before
    "recipe": set(),
    "execution": {"recipe"},
    "needs": set(),
    "notebook_copies": {"needs", "whole_file"},
    "arrays": set(),
    "threads": set(),
    "whole_file": set(),
    "marked_block": {"whole_file"},
    "progress_bar": set(),
    "tensor_file": {"whole_file"},
    "data": {"arrays", "progress_bar"},
    "plots": set(),
    "authoring": {"marked_block", "whole_file"},
    "book": {"__init__", "authoring", "explorers", "whole_file"},  # __init__: the version
    "scratch": set(),
    "pytorch": set(),
    "engine": {
        "recipe",
        "needs",
        "arrays",
        "execution",
        "progress_bar",
        "tensor_file",
        "whole_file",
        "scratch",
        "pytorch",
    },
    "training": {"recipe", "arrays", "execution", "progress_bar", "tensor_file", "whole_file", "data", "engine"},
    "experiments": {
        "recipe",
        "arrays",
        "threads",
        "progress_bar",
        "whole_file",
        "data",
        "training",
        "engine",
        "scratch",
    },
    "benchmarks": {
        "recipe",
        "arrays",
        "threads",
        "progress_bar",
        "whole_file",
        "execution",
        "data",
        "training",
        "engine",
        "scratch",
        "pytorch",
    },
    "ledger": {"marked_block", "whole_file", "plots", "experiments"},
    "checks": {"recipe", "data", "engine", "scratch", "training"},
    # experiments: its workers; __init__: the version, which an assignment holds
    "grading": {"__init__", "whole_file", "progress_bar", "checks", "authoring", "experiments", "learner"},
    "learner": {"whole_file", "checks"},
    "explorers": {"arrays", "threads", "plots", "experiments", "engine", "learner"},
}
# The command line and its doctor stand above everything, and load a part when a command needs it.
TOP = {"cli", "__main__", "doctor"}


def violations(folder):
    """One line for every import in the package in `folder` that the table forbids, also inside functions."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        part = _part(path.relative_to(folder).parts)
        if part in TOP:
            continue
        place = path.relative_to(folder.parent).as_posix()
        if part not in TABLE:
            found.append(f"{place}: '{part}' is not in the import table; say there what it may import")
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=place)
        allowed = TABLE[part] | {part}
        for node, target in _statements(tree, path, folder):
            if target not in allowed:
                found.append(f"{place}:{node.lineno}: {part} must not import {target}")
        for node, target in _imports_by_name(tree):
            if target not in allowed:
                found.append(f"{place}:{node.lineno}: {part} must not import {target} by name here")
    return found


def _part(parts):
    """The first step below the package: ("scratch", "dense.py") -> "scratch", ("recipe.py",) -> "recipe"."""
    return parts[0].removesuffix(".py")


def _statements(tree, path, folder):
    """(node, part) for every import statement that reaches into the package."""
    package = folder.name
    here = (package, *path.relative_to(folder).parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            origin = [*base, *(node.module.split(".") if node.module else [])]
            modules = [[*origin, alias.name] if origin == [package] else origin for alias in node.names]
        else:
            continue
        for module in modules:
            if module[0] != package:
                continue
            target = module[1] if len(module) > 1 else "__init__"
            is_part = (folder / target).is_dir() or (folder / f"{target}.py").is_file()
            yield node, target if is_part or node.__class__ is ast.Import else "__init__"


def _imports_by_name(tree):
    """(call, part) for every import_module(...) and __import__(...) whose text names a part of the package."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", None))
        if name in ("import_module", "__import__"):
            target = _named_part(node.args[0])
            if target is not None:
                yield node, target


def _named_part(argument):
    """The part that a text begins with: "course_lib.scratch.dense" and f"course_lib.scratch.{name}" -> "scratch"."""
    if isinstance(argument, ast.JoinedStr) and argument.values:
        argument = argument.values[0]
    if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
        return None  # a computed name: the tests below that look at what gets loaded see where it leads
    package, _, rest = argument.value.partition(".")
    if package != "course_lib":
        return None
    return rest.split(".")[0] or "any part (the name is computed)"


def unused(folder):
    """One line for every import that the table allows and no file of that part makes."""
    made = {part: set() for part in TABLE}
    for path in sorted(folder.rglob("*.py")):
        part = _part(path.relative_to(folder).parts)
        if part in TABLE:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            made[part] |= {target for _, target in (*_statements(tree, path, folder), *_imports_by_name(tree))}
    return [
        f"{part} never imports {target}" for part, allowed in TABLE.items() for target in sorted(allowed - made[part])
    ]


def test_the_package_keeps_to_the_import_table():
    assert violations(PACKAGE) == []


def test_the_table_allows_nothing_that_nobody_imports():
    assert unused(PACKAGE) == []


def test_an_allowed_import_that_nobody_makes_is_found(tmp_path):
    package = write_package(tmp_path, {"ledger/table.py": "from course_lib.plots import style\n", "plots/style.py": ""})
    found = [line for line in unused(package) if line.startswith("ledger")]
    assert found == [f"ledger never imports {part}" for part in ("experiments", "marked_block", "whole_file")]


# What one file alone does for the whole package: {what is imported or called: the file}.
ONE_PLACE = {
    "import tqdm": "progress_bar.py",
    "import safetensors": "tensor_file.py",
    "os.replace": "whole_file.py",
    "os.rename": "whole_file.py",
    "tempfile.mkstemp": "whole_file.py",
    "tempfile.NamedTemporaryFile": "whole_file.py",
}


def done_by_hand(folder):
    """One line for every place outside of its one file that does what ONE_PLACE names, also inside functions."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                done = [f"import {alias.name.split('.')[0]}" for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                done = [f"import {(node.module or '').split('.')[0]}"]
                done += [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                done = [f"{node.value.id}.{node.attr}"]
            else:
                continue
            place = path.relative_to(folder).as_posix()
            found += [f"{place}:{node.lineno}: {each}" for each in done if ONE_PLACE.get(each, place) != place]
    return found


def test_files_tensors_and_progress_bars_are_made_in_one_place_each():
    assert done_by_hand(PACKAGE) == []


def test_a_second_writer_or_progress_bar_is_found(tmp_path):
    package = write_package(
        tmp_path,
        {
            "data/bad.py": "import os\ndef f():\n    from tqdm.auto import tqdm\n    os.replace('a', 'b')\n",
            "progress_bar.py": "from tqdm.auto import tqdm\n",
        },
    )
    assert done_by_hand(package) == ["data/bad.py:3: import tqdm", "data/bad.py:4: os.replace"]


def test_the_house_has_floors_and_no_circle():
    """Taking away, again and again, the parts that import nothing that is left takes all of them away."""
    left = dict(TABLE)
    while ground := [part for part, imports in left.items() if not imports & left.keys()]:
        left = {part: imports for part, imports in left.items() if part not in ground}
    assert left == {}


ALLOWED = {
    "recipe.py": "import json\n",
    "execution.py": "from course_lib.recipe import Recipe\n",
    "scratch/dense.py": "from . import losses\n",
    "scratch/losses.py": "",
    "engine/network.py": "import importlib\nimportlib.import_module('course_lib.pytorch.dense')\n",
    "checks/__init__.py": "import importlib\nimportlib.import_module(f'course_lib.checks.chapter_{1:02}')\n",
    "cli.py": "from course_lib import checks, scratch\n",
}


def write_package(folder, files):
    package = folder / "course_lib"
    for name, text in ({"__init__.py": ""} | files).items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return package


def test_imports_that_the_table_allows_are_no_violations(tmp_path):
    assert violations(write_package(tmp_path, ALLOWED)) == []


@pytest.mark.parametrize(
    ("name", "text", "line", "target"),
    [
        ("scratch/bad.py", "import course_lib.pytorch.dense\n", 1, "pytorch"),
        ("scratch/bad.py", "from course_lib import data\n", 1, "data"),
        ("scratch/bad.py", "from ..data import load\n", 1, "data"),
        ("scratch/bad.py", "from .. import data\n", 1, "data"),
        ("scratch/bad.py", "def f():\n    from course_lib.plots import show\n", 2, "plots"),
        ("training/bad.py", "def f():\n    from course_lib.scratch.dense import Dense\n", 2, "scratch"),
        (
            "training/bad.py",
            "import importlib\nM = importlib.import_module('course_lib.pytorch.dense')\n",
            2,
            "pytorch",
        ),
        ("training/bad.py", "def f():\n    return __import__('course_lib.checks')\n", 2, "checks"),
        ("training/bad.py", "def f(n):\n    return import_module(f'course_lib.{n}')\n", 2, "any part"),
        ("explorers/bad.py", "from course_lib.checks import check\n", 1, "checks"),
        ("ledger/bad.py", "from course_lib.recipe import Recipe\n", 1, "recipe"),
        ("data/bad.py", "import course_lib\n", 1, "__init__"),
        ("recipe.py", "if True:\n    import course_lib.data as d\n", 2, "data"),
        ("plots/bad.py", "import numpy, course_lib.recipe\n", 1, "recipe"),
        ("authoring/deep/bad.py", "from ...checks import check\n", 1, "checks"),
        ("__init__.py", "def f():\n    from course_lib.engine import device\n", 2, "engine"),
    ],
)
def test_a_planted_violation_is_found_with_file_and_line(tmp_path, name, text, line, target):
    parts = {f"{part}/__init__.py": "" for part in TABLE if part not in ("__init__", "recipe")}
    package = write_package(tmp_path, parts | {"recipe.py": ""} | {name: text})
    (found,) = violations(package)
    assert found.startswith(f"course_lib/{name}:{line}: ")
    assert f"must not import {target}" in found


def test_a_part_that_is_not_in_the_table_is_found(tmp_path):
    package = write_package(tmp_path, {"helpers/text.py": ""})
    (found,) = violations(package)
    assert found.startswith("course_lib/helpers/text.py: ")


# What gets loaded. Each of these runs in a Python of its own, where nothing is loaded yet.

LIGHT_PARTS = ["scratch", "checks", "data", "training", "plots", "experiments", "benchmarks", "ledger"]
CHAPTER_1_EXPLORERS = ["course_lib.explorers.neuron", "course_lib.explorers.article_network"]


def loads(modules, heavy):
    """The first of `modules` after whose import the package `heavy` is loaded, or None."""
    code = (
        "import importlib, sys\n"
        "heavy, *modules = sys.argv[1:]\n"
        "for module in modules:\n"
        "    importlib.import_module(module)\n"
        "    if heavy in sys.modules:\n"
        "        print(module)\n"
        "        break\n"
    )
    run = subprocess.run([sys.executable, "-c", code, heavy, *modules], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip() or None


def modules_of(part):
    """The dotted names of all modules of a part."""
    names = []
    for path in sorted((PACKAGE / part).rglob("*.py")):
        steps = path.relative_to(PACKAGE.parent).with_suffix("").parts
        names.append(".".join(steps[:-1] if steps[-1] == "__init__" else steps))
    return names


def test_the_observer_sees_what_is_loaded():
    assert loads(["json", "course_lib.pytorch.dense", "course_lib.recipe"], "torch") == "course_lib.pytorch.dense"


@pytest.mark.parametrize("heavy", ["torch", "matplotlib", "ipywidgets", "scipy"])
def test_importing_the_package_loads_nothing_heavy(heavy):
    assert loads(["course_lib", "course_lib.recipe"], heavy) is None


@pytest.mark.parametrize("package", ["course_lib", "course_lib.explorers"])
def test_importing_a_package_that_gives_its_parts_by_name_loads_none_of_them(package):
    code = f"import sys, {package}; print(*[name for name in sys.modules if name.startswith('{package}.')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_fit_and_recipe_are_found_in_the_package_without_torch():
    code = (
        "import sys, course_lib\n"
        "assert {'Recipe', 'fit', '__version__'} <= set(dir(course_lib)) and not hasattr(course_lib, 'fitt')\n"
        "recipe = course_lib.Recipe()\n"
        "assert not [name for name in sys.modules if name.startswith('course_lib.training')]\n"
        "from course_lib.recipe import Recipe; from course_lib.training import fit\n"
        "assert type(recipe) is Recipe and course_lib.fit is fit and 'torch' not in sys.modules\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("part", LIGHT_PARTS)
def test_no_module_of_this_part_loads_torch(part):
    modules = modules_of(part)
    assert modules
    assert loads(modules, "torch") is None


@pytest.mark.parametrize("module", CHAPTER_1_EXPLORERS)
def test_the_explorers_of_chapter_1_load_no_torch(module):
    assert loads([module], "torch") is None
