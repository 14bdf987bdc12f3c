"""tests/run_all.py, which is `make test`, and tests/requirements.py, which skips or fails."""

import ast
from pathlib import Path

import pytest

from course_lib.learner import memory
from requirements import debian_package, require_or_skip
from run_all import LEARNER, ROOT, Step, engine_tests, run, steps

PASS, FAIL = ("-c", "pass"), ("-c", "raise SystemExit(3)")


def test_all_checks_run_and_each_ends_in_a_line(capsys):
    assert run((Step("first", PASS), Step("second", PASS)), ROOT) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["first        passed", "second       passed"]


def test_the_first_failure_ends_the_run_and_says_how_to_repeat_it(capsys, tmp_path):
    mark = tmp_path / "third ran"
    third = Step("third", ("-c", f"open({str(mark)!r}, 'w')"))
    assert run((Step("first", PASS), Step("second", FAIL), third), ROOT) == 1
    assert not mark.exists()
    printed = capsys.readouterr().out
    assert "second       FAILED (exit status 3)\nthird        not run\n" in printed
    assert "Stopped at the step 'second'. To run it alone: " in printed.splitlines()[-1]
    assert printed.rstrip().endswith("-c 'raise SystemExit(3)'")


def test_the_checks_cover_style_spelling_tests_and_all_notebooks(tmp_path):
    (tmp_path / "solutions").mkdir()
    for name in ("NOTES.md", "solutions/09_new.py"):
        (tmp_path / name).touch()
    named = {step.name: step.arguments for step in steps(tmp_path)}
    assert list(named) == ["ruff check", "ruff format", "codespell", "tests", "chapters", "solutions"]
    assert {"NOTES.md", "solutions/09_new.py", "course_lib", "tests", "tools"} <= set(named["codespell"])
    assert "chapters" in named["chapters"] and "solutions" in named["solutions"]
    assert "--nbval-lax" in named["chapters"] and "--nbval-lax" in named["solutions"]


def test_what_a_check_keeps_for_a_learner_goes_into_no_clone_and_to_no_later_check(tmp_path):
    keep = (
        "from course_lib.learner import memory; import json, pathlib; folder = memory.folder();"
        "assert list(folder.iterdir()) == [] and memory.remember('numbers', 'linear', 0.8) == '';"
        f"pathlib.Path({str(tmp_path / 'seen')!r}).open('a').write(str(folder) + chr(10))"
    )
    before = {path.name for path in ROOT.iterdir()}
    assert run((Step("one", ("-c", keep)), Step("two", ("-c", keep))), ROOT) == 0
    one, two = (tmp_path / "seen").read_text().splitlines()
    assert one != two and not Path(one).exists()
    assert {path.name for path in ROOT.iterdir()} == before
    assert LEARNER == memory.FOLDER


QUICK = "from hypothesis import settings\nsettings.register_profile('quick', max_examples=20)\n"
THREE_TESTS = """
import pathlib, pytest

def never_called():
    from course_lib.scratch import dense

def ran(name):
    pathlib.Path(__file__).with_name(name).touch()

def test_quick(): ran("quick")

@pytest.mark.processes("starts programs")
def test_started(): ran("started")

@pytest.mark.weekly("takes long")
def test_long(): ran("long")
"""


@pytest.mark.parametrize(
    ("tier", "step", "expected"),
    [
        ("check", "engines", {"quick"}),
        ("test", "tests", {"quick", "started"}),
        ("test-all", "tests", {"quick", "started", "long"}),
    ],
)
def test_a_tier_runs_what_is_marked_for_it(monkeypatch, tmp_path, tier, step, expected):
    monkeypatch.setattr("run_all.workers", lambda: 0)  # starting others takes longer than these three tests
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_three.py").write_text(THREE_TESTS, encoding="utf-8")
    (tmp_path / "tests" / "conftest.py").write_text(QUICK, encoding="utf-8")
    (chosen,) = [each for each in steps(tmp_path, tier) if each.name == step]
    assert run((chosen,), tmp_path) == 0
    ran = {path.name for path in (tmp_path / "tests").iterdir() if not path.suffix and path.is_file()}
    assert ran == expected


@pytest.mark.parametrize(
    ("system", "python", "tier", "trials"),
    [
        ("linux", (3, 11, 7), "test-all", ["tools/try_binder.py", "tools/try_lowest_versions.py"]),
        ("linux", (3, 14, 0), "test-all", ["tools/try_binder.py"]),
        ("linux", (3, 11, 7), "test", []),
        ("darwin", (3, 11, 7), "test-all", []),
        ("win32", (3, 11, 7), "test-all", []),
    ],
)
def test_new_environments_are_tried_every_week_where_binder_and_old_versions_run(
    monkeypatch, system, python, tier, trials
):
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("sys.version_info", python)
    found = [step.arguments[0] for step in steps(ROOT, tier) if step.arguments[0] != "-m"]
    assert found == trials
    assert [script for script in found if not (ROOT / script).is_file()] == []


def test_a_tier_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="There is no 'al'; give one of check, test, test-all"):
        steps(ROOT, "al")


def test_the_tests_of_the_engines_are_found_by_what_they_import(tmp_path):
    (tmp_path / "tests").mkdir()
    for name, text in {
        "lesson": "from course_lib.scratch.dense import Dense\nfrom course_lib.recipe import Recipe\n",
        "inside": "def test_it():\n    import course_lib.engine.memory\n",
        "above": "from course_lib import engine, explorers\n",
        "beneath": "from course_lib.recipe import Recipe\n",
    }.items():
        (tmp_path / "tests" / f"test_{name}.py").write_text(text, encoding="utf-8")
    assert engine_tests(tmp_path) == ["tests/test_inside.py", "tests/test_lesson.py"]


def test_the_tests_of_every_lesson_are_among_them():
    lessons = {f"tests/test_{path.stem}.py" for path in (ROOT / "course_lib" / "scratch").glob("[a-z]*.py")}
    with_tests = {path for path in lessons if (ROOT / path).exists()}
    assert with_tests | {"tests/test_networks_agree.py", "tests/test_training.py"} <= set(engine_tests(ROOT))


@pytest.mark.parametrize(("name", "planted"), [("ruff check", "import os\n"), ("ruff format", "x = {  }\n")])
def test_a_planted_fault_is_caught_by_the_check(tmp_path, name, planted):
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "fault.py").write_text(planted, encoding="utf-8")
    (check,) = [step for step in steps(tmp_path) if step.name == name]
    assert run((check,), tmp_path) == 1


def test_codespell_catches_a_british_spelling_in_a_chapter(tmp_path):
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    for folder in ("solutions", "course_lib", "tests", "tools"):
        (tmp_path / folder).mkdir()
    british = "col" + "our"
    (tmp_path / "solutions" / "01_a.py").write_text(f"# the {british} of a line\n", encoding="utf-8")
    (check,) = [step for step in steps(tmp_path) if step.name == "codespell"]
    assert run((check,), tmp_path) == 1


def test_what_is_there_goes_on(monkeypatch):
    monkeypatch.setenv("CI", "true")
    assert require_or_skip("/usr/bin/thing", "no thing", "apt-get install thing") is None


def test_what_is_missing_is_skipped_with_reason_and_install_line(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"no thing\. To run this test: apt-get install thing"):
        require_or_skip(None, "no thing", "apt-get install thing")


def test_what_is_missing_fails_where_ci_is_true(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises((pytest.fail.Exception, pytest.skip.Exception), match="apt-get install thing") as raised:
        require_or_skip(None, "no thing", "apt-get install thing")
    assert raised.type is pytest.fail.Exception


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_what_this_system_has_no_package_for_is_skipped_even_then(monkeypatch, system):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr("sys.platform", system)
    with pytest.raises(pytest.skip.Exception, match=f"no thing on {system}"):
        require_or_skip(None, f"no thing on {system}", debian_package("thing"))


def test_only_the_fixture_that_knows_the_system_names_packages_of_debian():
    """A line with apt-get that a test gives itself would be demanded on macOS and Windows too, where CI is true."""
    asked = []
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require_or_skip":
                asked += [path.name] if "apt" in ast.unparse(node) else []
    assert set(asked) == {"test_run_all.py"}  # which tests it with made-up lines
