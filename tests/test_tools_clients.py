"""The clients that show notebooks: the table of them, and a trial of those that are installed."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT / "tools" / "try_clients.py"


@pytest.fixture(scope="module")
def tool():
    """The tool as a module."""
    spec = importlib.util.spec_from_file_location("try_clients", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules["try_clients"] = module  # dataclasses look there
    spec.loader.exec_module(module)
    yield module
    del sys.modules["try_clients"]


def test_the_table_has_a_row_a_client_and_goes_between_its_comments(tool, tmp_path):
    lab = tool.CLIENTS[0]
    answer = dict.fromkeys(tool.QUESTIONS, "yes") | {"dark": "no: contrast 1.2"}
    page = tmp_path / "page.md"
    page.write_text(f"before\n{tool.BEGIN}\nold\n{tool.END}\nafter\n")
    tool.write_between(page, tool.table_of({lab: answer}))
    lines = page.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("before", "after") and "old" not in lines
    row = next(line for line in lines if line.startswith(f"| {lab.name} "))
    assert row.count("yes") == len(tool.QUESTIONS) - 1 and "no: contrast 1.2" in row
    assert not tool.as_known(lab, answer) and tool.as_known(lab, dict.fromkeys(tool.QUESTIONS, "yes"))


def test_a_page_without_a_place_for_the_table_is_left_alone(tool, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(SystemExit, match="no place for the table"):
        tool.write_between(page, "| |")
    assert page.read_text() == "nothing"


def test_what_a_client_lacks_is_expected_and_its_absence_too(tool):
    marimo = next(each for each in tool.CLIENTS if each.package == "marimo")
    answer = {question: "no" if question in marimo.lacks else "yes" for question in tool.QUESTIONS}
    assert tool.as_known(marimo, answer)
    assert not tool.as_known(marimo, dict.fromkeys(tool.QUESTIONS, "yes")), "then the text must say so"


def test_the_instructors_table_names_every_client(tool):
    _, _, rest = tool.PAGE.read_text("utf-8").partition(tool.BEGIN)
    table = rest.partition(tool.END)[0]
    assert [each.name for each in tool.CLIENTS if f"\n| {each.name} " in table] == [each.name for each in tool.CLIENTS]


def test_marimos_notebook_is_python(tool, tmp_path):
    tool.write_notebooks(tmp_path)
    program = ast.parse((tmp_path / "tried.py").read_text("utf-8"))
    assert sum(isinstance(each, ast.FunctionDef) for each in program.body) == len(tool.IN_MARIMO)


@pytest.mark.weekly("servers and a browser; each explorer is moved in JupyterLab and on a page elsewhere")
@pytest.mark.timeout(900)
def test_every_client_that_is_installed_does_what_is_asked():
    run = subprocess.run([sys.executable, TOOL], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr[-2000:]}"
