"""tests/run_all.py, which is `make test`, and tests/requirements.py, which skips or fails."""

import sys

import pytest

from requirements import require_or_skip
from run_all import ROOT, Step, run, steps

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
    assert list(named) == ["ruff check", "ruff format", "codespell", "tests", "notebooks"]
    assert {"NOTES.md", "solutions/09_new.py", "course_lib", "tests"} <= set(named["codespell"])
    assert {"chapters", "solutions"} <= set(named["notebooks"])


@pytest.mark.parametrize(("name", "planted"), [("ruff check", "import os\n"), ("ruff format", "x = {  }\n")])
def test_a_planted_fault_is_caught_by_the_check(tmp_path, name, planted):
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "fault.py").write_text(planted, encoding="utf-8")
    (check,) = [step for step in steps(tmp_path) if step.name == name]
    assert run((check,), tmp_path) == 1


def test_codespell_catches_a_british_spelling_in_a_chapter(tmp_path):
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    for folder in ("solutions", "course_lib", "tests"):
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


def test_what_this_system_has_no_package_for_is_skipped_even_then(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.skip.Exception, match=f"no thing on {sys.platform}"):
        require_or_skip(None, f"no thing on {sys.platform}", None)
