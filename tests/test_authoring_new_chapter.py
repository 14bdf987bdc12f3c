"""`python -m course_lib.authoring new`: a chapter that builds, passes, and has tests."""

import pytest

from course_copy import run_pytest
from course_lib.authoring.__main__ import main
from course_lib.authoring.build import differences


def test_a_new_chapter_builds_passes_and_comes_with_tests_that_pass(tmp_path, capsys):
    (tmp_path / "solutions").mkdir()
    assert main(["--root", str(tmp_path), "new", "97_transfer", "Transfer"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "wrote solutions/97_transfer.py",
        "wrote course_lib/checks/chapter_97/__init__.py",
        "wrote course_lib/checks/chapter_97/mean.py",
        "wrote tests/test_checks_ch97.py",
        "wrote chapters/97_transfer.ipynb",
        "wrote solutions/97_transfer.ipynb",
    ]
    assert differences(tmp_path) == {}
    run = run_pytest(tmp_path)
    assert run.returncode == 0, run.stdout
    assert "11 passed" in run.stdout
    assert main(["--root", str(tmp_path), "new", "97_again", "Again"]) == 1
    assert "Chapter 97 is there already: 97_transfer.py" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "title"), [("7_x", "T"), ("07-x", "T"), ("00_x", "T"), ("07_X", "T"), ("07_x", " ")])
def test_a_chapter_that_cannot_be_named_so_is_refused(tmp_path, capsys, name, title):
    (tmp_path / "solutions").mkdir()
    assert main(["--root", str(tmp_path), "new", name, title]) == 1
    assert "07_transfer" in (said := capsys.readouterr().err) or "title is empty" in said
    assert list(tmp_path.rglob("*.*")) == []
