"""What makes a result stale, and what makes it older than the engine: what code means, not how it is written."""

import ast
import dataclasses
import hashlib
import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.experiments import fingerprints, registry, storage
from course_lib.experiments.fingerprints import meaning
from course_lib.experiments.restamping import restamp
from course_lib.experiments.runner import measure

CLAIM = '''
"""A claim."""
from {package}.shared_runs import run
from course_lib.experiments.experiment import Comparison, Experiment

EXPERIMENT = Experiment(
    "c", "A", "s", 1, "none", "u", {{"n": 3}}, {{"n": 2}}, run, Comparison("x", "a", "b", "x"),
    smallest_effect=0.1, smallest_effect_reason="a tenth",
)
'''
SHARED = '''
"""What claims share."""
from course_lib.experiments.experiment import Outcome
from . import numbers


def run(seed, settings, chosen):
    """One seed."""
    return Outcome({"a": {"x": numbers.ONE + seed}, "b": {"x": 0.0}})
'''


@pytest.fixture
def package(tmp_path, monkeypatch, request):
    """A package with the claim "own" in claims/own.py, which imports shared_runs.py, which imports numbers.py."""
    name = f"experiments_of_{abs(hash(request.node.name))}"
    folder = tmp_path / name
    (folder / "claims").mkdir(parents=True)
    texts = {"__init__": "", "claims/__init__": "", "shared_runs": SHARED, "numbers": "ONE = 1.0\n"}
    for module, text in {**texts, "claims/own": CLAIM.format(package=name)}.items():
        (folder / f"{module}.py").write_text(text, encoding="utf-8", newline="\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "PACKAGE", f"{name}.claims")
    yield folder
    for module in [each for each in sys.modules if each.split(".")[0] == name]:
        del sys.modules[module]


@pytest.fixture
def copy_of_course(tmp_path, monkeypatch):
    """The course's package with all its Python files as a copy that the fingerprints are taken of."""
    here = fingerprints.FOLDER.parent
    copied = shutil.copytree(
        here, tmp_path / "course_lib", ignore=lambda folder, names: [n for n in names if "." in n and n[-3:] != ".py"]
    )
    monkeypatch.setattr(fingerprints, "FOLDER", copied / "experiments")
    return copied


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path} has {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


# ---- the experiment -------------------------------------------------------------------------------------------------


def test_the_files_of_an_experiment_are_found_from_its_import_statements(package):
    found = [path.name for path in fingerprints.files("own")]
    assert sorted(found) == ["experiment.py", "numbers.py", "own.py", "shared_runs.py"]
    assert f"{package.name}.numbers" not in sys.modules  # nothing was run for it
    edit(
        package / "numbers.py", "ONE = 1.0", "def one():\n    from course_lib.experiments import layer_flow\nONE = 1.0"
    )
    assert "layer_flow.py" in [path.name for path in fingerprints.files("own")]  # also from inside a function


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("claims/own", '"""A claim."""', '"""Another sentence on it."""'),
        ("claims/own", '"""A claim."""', "# no docstring at all"),
        ("shared_runs", '    """One seed."""\n', '    """One seed,\n    in two lines."""\n    # and a comment\n'),
        (
            "shared_runs",
            '{"a": {"x": numbers.ONE + seed},',
            "{\n        \"a\": {\n            'x': (numbers.ONE\n + seed)},",
        ),
        ("numbers", "ONE = 1.0\n", "\n\nONE = 1.00  # the first\n\n"),
        ("numbers", "ONE = 1.0\n", "ONE = 1.0\r\n"),
    ],
)
def test_a_comment_a_docstring_or_the_layout_changes_no_fingerprint(package, file, old, new):
    before = fingerprints.fingerprint("own")
    edit(package / f"{file}.py", old, new)
    assert fingerprints.fingerprint("own") == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("claims/own", '"n": 2', '"n": 4'),
        ("claims/own", 'Comparison("x", "a", "b", "x")', 'Comparison("x", "b", "a", "x")'),
        ("claims/own", "smallest_effect=0.1", "smallest_effect=0.2"),
        ("shared_runs", "numbers.ONE + seed", "numbers.ONE - seed"),
        ("shared_runs", "numbers.ONE + seed", "numbers.ONE"),
        ("shared_runs", '"x": 0.0', '"x": -0.0'),
        ("shared_runs", '"x": 0.0', '"x": 0'),
        ("numbers", "ONE = 1.0", "ONE = 1.5"),
        ("numbers", "ONE = 1.0", "ONE: float = 1.0"),
    ],
)
def test_what_code_means_changes_the_fingerprint_also_in_a_file_that_an_imported_one_imports(package, file, old, new):
    before = fingerprints.fingerprint("own")
    edit(package / f"{file}.py", old, new)
    assert fingerprints.fingerprint("own") != before


def test_a_renamed_file_changes_the_fingerprint(package):
    before = fingerprints.fingerprint("own")
    (package / "numbers.py").rename(package / "amounts.py")
    edit(package / "shared_runs.py", "from . import numbers", "from . import amounts as numbers")
    assert fingerprints.fingerprint("own") != before
    assert "amounts.py" in [path.name for path in fingerprints.files("own")]


def test_a_renamed_file_makes_a_result_stale_until_it_is_restamped(package, tmp_path):
    measure("own", jobs=1, folder=tmp_path, progress=False)
    assert storage.why_stale(storage.load_measurement("own", tmp_path)) is None
    (package / "numbers.py").rename(package / "amounts.py")
    edit(package / "shared_runs.py", "from . import numbers", "from . import amounts as numbers")
    assert "changed after it was measured" in storage.why_stale(storage.load_measurement("own", tmp_path))
    assert restamp("own", "numbers.py is amounts.py", tmp_path)
    assert storage.why_stale(storage.load_measurement("own", tmp_path)) is None


def test_the_settings_belong_to_the_fingerprint_and_the_small_version_has_its_own(package, monkeypatch):
    experiment, before = registry.experiment("own"), fingerprints.fingerprint("own")
    assert fingerprints.fingerprint("own", small=True) != before
    module = importlib.import_module(f"{package.name}.claims.own")
    monkeypatch.setattr(module, "EXPERIMENT", dataclasses.replace(experiment, settings={"n": 4}))
    assert fingerprints.fingerprint("own") != before
    monkeypatch.setattr(
        module, "EXPERIMENT", dataclasses.replace(experiment, settings={"n": 3, "cases": {"": {"m": 1}}})
    )
    assert fingerprints.fingerprint("own") != before
    monkeypatch.setattr(module, "EXPERIMENT", dataclasses.replace(experiment, settings={"n": 3}))
    assert fingerprints.fingerprint("own") == before


# ---- the course's own claims ----------------------------------------------------------------------------------------


def test_a_comment_in_a_file_that_all_claims_share_makes_nothing_stale_and_no_result_older(copy_of_course):
    before = {name: fingerprints.fingerprint(name) for name in registry.names()}
    engine = fingerprints.engine()
    edit(
        copy_of_course / "experiments" / "experiment.py", "SEEDS = 10  # of a full", "# Ten.\nSEEDS = 10  # of a large"
    )
    edit(copy_of_course / "experiments" / "short_runs.py", '"""What one short run came to.\n', '"""What came of it.\n')
    edit(copy_of_course / "scratch" / "activations.py", "LEAKY_SLOPE = 0.01  # Maas et al. 2013", "LEAKY_SLOPE = 0.01")
    assert {name: fingerprints.fingerprint(name) for name in registry.names()} == before
    assert fingerprints.engine() == engine


def test_a_changed_number_in_a_shared_file_makes_the_claims_stale_that_import_it_and_no_others(copy_of_course):
    before = {name: fingerprints.fingerprint(name) for name in registry.names()}
    edit(copy_of_course / "experiments" / "layer_flow.py", "layer.forward(x, True)", "layer.forward(x, False)")
    changed = [name for name in registry.names() if fingerprints.fingerprint(name) != before[name]]
    assert "he_keeps_signal" in changed and "vanishing_sigmoid" in changed
    assert "batch_size" not in changed


def test_no_experiment_depends_on_what_measures_stores_and_lists_it():
    """Else a change of the command would make results stale."""
    measuring = {"command", "fingerprints", "measurement", "registry", "restamping", "runner", "small_versions"}
    measuring |= {"storage", "tuning", "verdicts", "workers"}
    depending = {name: measuring & {path.stem for path in fingerprints.files(name)} for name in registry.names()}
    assert {name: found for name, found in depending.items() if found} == {}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("scratch/activations.py", "LEAKY_SLOPE = 0.01", "LEAKY_SLOPE = 0.02"),
        ("experiments/tuning.py", "means.index(max(means))", "means.index(min(means))"),
        ("experiments/image_draws.py", "STREAM = 5301", "STREAM = 5302"),
        ("experiments/runner.py", "FIRST_TUNING_SEED + first_seed + number", "FIRST_TUNING_SEED + number"),
    ],
)
def test_a_changed_engine_makes_results_older_and_not_stale(made_up, copy_of_course, tmp_path, file, old, new):
    result = measure("coin", jobs=1, folder=tmp_path, progress=False)
    assert not storage.is_older_than_engine(result)
    assert storage.why_stale(result) is None
    edit(copy_of_course / file, old, new)
    assert storage.is_older_than_engine(result)
    assert storage.why_stale(result) is None


def test_every_file_that_an_experiment_can_load_belongs_to_its_fingerprint_or_to_the_engine():
    """Taken from what Python has loaded after all claims, of which nobody wrote a list."""
    registry.experiments()
    covered = {path for part in fingerprints.ENGINE for path in _files(fingerprints.FOLDER.parent / part)}
    covered |= {path for name in registry.names() for path in fingerprints.files(name)}
    code = (
        "import sys\nfrom course_lib.experiments import registry, workers\nregistry.experiments()\n"
        "from course_lib.training import fit\n"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('course_lib.')), sep='\\n')"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split("\n")
    without_numbers = {
        "registry.py",
        "measurement.py",
        "needs.py",
        "verdicts.py",
        "small_versions.py",
        "__init__.py",
        "progress_bar.py",
        "whole_file.py",
    }
    assert {path.name for path in {Path(each) for each in loaded if each} - covered} <= without_numbers


def _files(path):
    return path.rglob("*.py") if path.is_dir() else [path]


# ---- the normal form ------------------------------------------------------------------------------------------------

# Every kind of statement that the course's code has, and what versions of Python have parsed in different ways.
SAMPLE = '''
"""Docstring."""
from __future__ import annotations
import numpy as np, os.path
from . import (here)
from .there import *
type_alias: dict[str, int] | None = None
@decorator(1, *args, key=u"text", **more)
class Point(Base, metaclass=Meta):
    """Docstring."""
    x: float = -1e-3
    def method(self, a, /, b=2, *rest, c: int = 3, d, **kwargs) -> "Point":
        """Docstring."""
        global counted
        nonlocal_ = lambda x, *y: (yield x)
        return f"{a!r:>{b}.3f} and {c=} {{x}}" "joined" f"{d}" f"{a:}"
async def wait(*, each=None):
    async with open(1) as file, other: await file
    async for x in y: pass
    else: raise ValueError("é", 1j, b"\\x00", ...) from None
def flow(x):
    while (n := x) > 1 and not x or n in {1, 2}:
        if x: break
        elif n is not None: continue
        x @= {**x, "k": [*n, 1]}
    try: del x[1:2, ::3], x.y
    except (A, B) as error: assert x, "no"
    else: x = y = (z, *w)
    finally: x, (y, z) = [i async for i in j if i if j], {k: v for k, v in l for m in k}
    match x:
        case {"a": 1, **rest} | [1, *_] if x: pass
        case Point(x=0, y=None) as p: pass
        case _: return x if y else {i for i in z}, (i for i in z), 1 < 2 <= 3, ~x ** -y // 2 << 1
'''


def test_the_normal_form_is_the_same_in_every_version_of_python():
    """The digest was written down once; each version that runs these tests has to come to it."""
    assert hashlib.sha256(meaning(SAMPLE).encode()).hexdigest()[:16] == "2d5a95f601552ca1"


def test_the_normal_form_has_no_docstring_no_position_and_nothing_empty():
    assert meaning('"""Doc."""\ndef f(x):\n    """Doc."""\n    return x + 1.5\n') == (
        "Module(body=[FunctionDef(name='f',args=arguments(args=[arg(arg='x')]),"
        "body=[Return(value=BinOp(left=Name(id='x'),op=Add(),right=Constant(1.5)))])])"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = {None: y}", "x = {**y}"),
        ("x = 1", "x = True"),
        ("x = 1", "x = 1.0"),
        ("x = 'a'", "x = b'a'"),
        ("x = a", "x = 'a'"),
        ("x = f'{a}'", "x = f'{a!r}'"),
        ("x = f'{a:b}'", "x = f'{a:c}'"),
        ("x = f'{a} b'", "x = f'{a}b '"),
        ("x = (a,)", "x = [a]"),
        ("f(a, b)", "f(a, b=b)"),
        ("def f(a, /): pass", "def f(a): pass"),
        ("def f(*, a=None, b): pass", "def f(*, a, b=None): pass"),
        ("x = a[1:]", "x = a[:1]"),
        ("from . import a", "from .. import a"),
        ("import a", "import a as b"),
        ("if a: b\nelse: c", "if a: c\nelse: b"),
        ("for a in b: c", "async def f():\n    async for a in b: c"),
    ],
)
def test_different_code_has_different_normal_forms(one, other):
    assert meaning(one) != meaning(other)


def test_the_same_text_in_an_f_string_cut_in_other_places_is_the_same():
    assert meaning("x = f'a' 'b' f'c{d}' 'e'") == meaning("x = f'abc{d}e'") == meaning("x = 'ab' f'c{d}e'")


def test_an_f_string_that_another_parser_cuts_in_other_places_is_the_same():
    whole, cut = ast.parse("x = f'ab{c}'"), ast.parse("x = f'ab{c}'")
    cut.body[0].value.values[:1] = [ast.Constant("a"), ast.Constant(""), ast.Constant("b")]
    cut.body[0].value.values.append(ast.Constant(""))
    assert fingerprints._normal(cut) == fingerprints._normal(whole)


def test_an_import_is_the_same_where_python_can_put_it_off_and_one_that_is_put_off_is_another():
    """Trees as Python 3.15 makes them, of which 3.14 knows no second field."""
    plain, eager, lazy = (ast.parse("import a") for _ in range(3))
    for tree, is_lazy in ((eager, 0), (lazy, 1)):
        tree.body[0]._fields, tree.body[0].is_lazy = ("names", "is_lazy"), is_lazy
    assert fingerprints._normal(eager) == fingerprints._normal(plain)
    assert fingerprints._normal(lazy) != fingerprints._normal(plain)
