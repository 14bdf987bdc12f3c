"""The two engines have the same files, and in them the same public names with the same words and defaults."""

import ast
import copy
from pathlib import Path

import pytest

import course_lib
from course_lib.pytorch import activations as pytorch_activations
from course_lib.pytorch import augmentation as pytorch_augmentation
from course_lib.pytorch import initializers as pytorch_initializers
from course_lib.recipe import ACTIVATIONS, AUGMENTATIONS, INITIALIZATIONS
from course_lib.scratch import activations as scratch_activations
from course_lib.scratch import augmentation as scratch_augmentation
from course_lib.scratch import initializers as scratch_initializers

PACKAGE = Path(course_lib.__file__).parent


def _is_public(name):
    return not name.startswith("_")


def _words(arguments, method=False):
    """Words, their order and their defaults, as they are written: "rng, lower=1 / 8"."""
    arguments = copy.deepcopy(arguments)
    for word in ast.walk(arguments):
        if isinstance(word, ast.arg):
            word.annotation = None
    if method:
        arguments.args = arguments.args[1:]
    return ast.unparse(arguments)


def _methods(node):
    return {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}


def _constructor_words(node, classes):
    """Of a class or, if it has no constructor, of the class of this file that it inherits from."""
    if "__init__" in _methods(node):
        return _words(_methods(node)["__init__"].args, method=True)
    inherited = [classes[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in classes]
    return _constructor_words(inherited[0], classes) if inherited else ""


def _interface(source):
    """{public name: what it is}, of functions, classes and constants of a file; of plain classes also the methods."""
    tree, interface = ast.parse(source), {}
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            interface[node.name] = f"function({_words(node.args)})"
        elif isinstance(node, ast.ClassDef):
            interface[node.name] = f"class({_constructor_words(node, classes)})"
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        interface[name.id] = f"constant {ast.unparse(target)} = {ast.unparse(node.value)}"
    return {name: what for name, what in interface.items() if _is_public(name)}


def _plain_methods(source):
    """{"Class.method": words} of the public classes that inherit from nothing: all they can do is written in them."""
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and not node.bases]
    return {
        f"{node.name}.{name}": _words(method.args, method=True)
        for node in classes
        for name, method in _methods(node).items()
        if _is_public(name) and _is_public(node.name)
    }


def _differences_in(file, scratch_source, pytorch_source):
    scratch, pytorch = _interface(scratch_source), _interface(pytorch_source)
    scratch_methods, pytorch_methods = _plain_methods(scratch_source), _plain_methods(pytorch_source)
    plain = {name.split(".")[0] for name in scratch_methods} & {name.split(".")[0] for name in pytorch_methods}
    for interface, methods in ((scratch, scratch_methods), (pytorch, pytorch_methods)):
        interface.update({name: words for name, words in methods.items() if name.split(".")[0] in plain})
    missing = "not there"
    return [
        f"{file}: {name} is {scratch.get(name, missing)} in scratch/, {pytorch.get(name, missing)} in pytorch/"
        for name in sorted(scratch.keys() | pytorch.keys())
        if scratch.get(name) != pytorch.get(name)
    ]


def differences(scratch_folder, pytorch_folder):
    """One line for each file or public name that the engines do not have alike."""
    sources = [
        {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"}
        for folder in (scratch_folder, pytorch_folder)
    ]
    scratch, pytorch = sources
    found = []
    for file in sorted(scratch.keys() | pytorch.keys()):
        if file in scratch and file in pytorch:
            found += _differences_in(file, scratch[file], pytorch[file])
        else:
            found.append(f"{file} is missing in {'pytorch/' if file in scratch else 'scratch/'}")
    return found


def test_both_engines_have_the_same_files_names_and_words():
    assert differences(PACKAGE / "scratch", PACKAGE / "pytorch") == []


def test_all_files_were_compared():
    names = {path.name for path in (PACKAGE / "scratch").glob("*.py")}
    assert {"activations.py", "dense.py", "optimizers.py"} < names


@pytest.mark.parametrize("of", ["stack", "recurrent", "autoencoder"])
def test_the_networks_of_both_back_ends_have_the_same_names_and_words(of):
    files = [PACKAGE / "engine" / f"{library}_{of}.py" for library in ("numpy", "torch")]
    assert _differences_in(f"{of}.py", *(file.read_text("utf-8") for file in files)) == []


def test_the_networks_of_both_back_ends_add_nothing_public_of_their_own():
    for library in ("numpy", "torch"):
        added = _methods(
            next(
                node
                for node in ast.parse((PACKAGE / "engine" / f"{library}_backend.py").read_text("utf-8")).body
                if getattr(node, "name", "") == "Network"
            )
        )
        assert {name for name in added if _is_public(name)} <= {"place", "take", "gradient_norms", "unmoved_modes"}


# The comparison finds differences that are planted

SAME = """
LIMIT = 3
LOWER, UPPER = 1 / 8, 1 / 3

def scale(x, factor=LIMIT):
    return x

def _hidden(x):
    return x

class Layer:
    def __init__(self, fan_in, rng, bias=True):
        pass

    def forward(self, x, training=False):
        pass
"""


def _planted(tmp_path, scratch, pytorch):
    for folder, sources in (("scratch", scratch), ("pytorch", pytorch)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("")
        for name, source in sources.items():
            (tmp_path / folder / name).write_text(source)
    return differences(tmp_path / "scratch", tmp_path / "pytorch")


def test_the_same_twice_has_no_differences(tmp_path):
    assert _planted(tmp_path, {"a.py": SAME}, {"a.py": SAME}) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("_hidden(x)", "_other(x, y)"),
        ("(self, fan_in, rng, bias=True)", "(self, fan_in: int, rng, bias: bool = True)"),
        ("    return x", "    return 2 * x"),
        ("class Layer:", "import numpy\nclass Layer:"),
    ],
)
def test_what_is_not_public_may_differ(tmp_path, old, new):
    assert old in SAME
    assert _planted(tmp_path, {"a.py": SAME}, {"a.py": SAME.replace(old, new)}) == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("LIMIT = 3", "LIMIT = 4", "LIMIT"),
        ("LOWER, UPPER = 1 / 8, 1 / 3", "LOWER, UPPER = 1 / 8, 1 / 2", "UPPER"),
        ("LIMIT = 3", "", "LIMIT is constant LIMIT = 3 in scratch/, not there in pytorch/"),
        ("def scale(x, factor=LIMIT)", "def rescale(x, factor=LIMIT)", "rescale"),
        ("def scale(x, factor=LIMIT)", "def scale(x, by=LIMIT)", "by=LIMIT"),
        ("def scale(x, factor=LIMIT)", "def scale(factor, x=LIMIT)", "scale"),
        ("def scale(x, factor=LIMIT)", "def scale(x, factor=2)", "factor=2"),
        ("def scale(x, factor=LIMIT)", "def scale(x, factor)", "scale"),
        ("def scale(x, factor=LIMIT)", "def scale(x, *, factor=LIMIT)", "scale"),
        ("def scale(x, factor=LIMIT):\n    return x", "class scale:\n    pass", "scale"),
        ("(self, fan_in, rng, bias=True)", "(self, rng, fan_in, bias=True)", "Layer"),
        ("(self, fan_in, rng, bias=True)", "(self, fan_in, rng, bias=False)", "bias=False"),
        ("(self, fan_in, rng, bias=True)", "(self, fan_in, rng)", "Layer"),
        ("(self, x, training=False)", "(self, x)", "Layer.forward"),
        ("def forward", "def forwards", "Layer.forwards"),
        ("class Layer", "class Layers", "Layers"),
    ],
)
def test_planted_differences_are_found_and_named(tmp_path, old, new, named):
    assert old in SAME
    found = _planted(tmp_path, {"a.py": SAME}, {"a.py": SAME.replace(old, new)})
    assert found and all(line.startswith("a.py: ") for line in found)
    assert any(named in line for line in found)


def test_words_are_those_of_the_inherited_constructor(tmp_path):
    child = SAME + "\nclass Child(Layer):\n    pass\n"
    own = SAME + "\nclass Child(Layer):\n    def __init__(self, fan_in, rng, bias=True, extra=1):\n        pass\n"
    assert _planted(tmp_path, {"a.py": child, "b.py": child}, {"a.py": own, "b.py": child}) == [
        "a.py: Child is class(fan_in, rng, bias=True) in scratch/, class(fan_in, rng, bias=True, extra=1) in pytorch/"
    ]


def test_a_class_that_inherits_from_torch_is_held_to_its_constructor_alone(tmp_path):
    module = SAME.replace("class Layer:", "class Layer(nn.Module):").replace("(self, x, training=False)", "(self, x)")
    assert _planted(tmp_path, {"a.py": SAME}, {"a.py": module}) == []


def test_a_missing_file_is_found_on_either_side(tmp_path):
    found = _planted(tmp_path, {"a.py": SAME, "b.py": SAME}, {"b.py": SAME, "c.py": SAME})
    assert found == ["a.py is missing in pytorch/", "c.py is missing in scratch/"]


# Every name that a recipe can hold exists in both engines (the optimizers' names: test_optimizers.py)


@pytest.mark.parametrize("engine", [scratch_activations, pytorch_activations], ids=["scratch", "pytorch"])
def test_activations_of_recipe_exist(engine):
    for name in ACTIVATIONS:
        assert callable(getattr(engine, name)) and callable(getattr(engine, f"{name}_derivative"))
        assert callable(engine.Activation(name).function)


@pytest.mark.parametrize("engine", [scratch_initializers, pytorch_initializers], ids=["scratch", "pytorch"])
def test_initializations_of_recipe_exist(engine):
    assert all(callable(getattr(engine, name)) for name in INITIALIZATIONS)


@pytest.mark.parametrize("engine", [scratch_augmentation, pytorch_augmentation], ids=["scratch", "pytorch"])
def test_augmentations_of_recipe_exist(engine):
    changes = {change for name in AUGMENTATIONS if name != "none" for change in name.split("_and_")}
    assert changes == {"shift", "flip"}
    assert all(callable(getattr(engine, change)) for change in changes)
