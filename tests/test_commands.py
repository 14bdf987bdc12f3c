"""Every command that the texts at the top name, and every hook of a commit, runs in a copy of the course."""

import re
import sys

import nbformat
import pytest
import yaml

from course_copy import ROOT, copy_course, run_in

TEXTS = ("README.md", "CLAIMS.md", "CONTRIBUTING.md", "INSTRUCTORS.md")
BEGINNINGS = ("make ", ".venv/bin/", ".venv\\", "py -3", "python ", "claims ", "bench ", "pip ", "course ")
WINDOWS = "Windows: test_project_files.py holds the workflow to these lines, and the workflow runs them there"
LONG = pytest.mark.weekly("a benchmark, or all tests found: what it calls has tests of its own, which are quicker")

RUN_CLAIM = ".venv/bin/python -m course_lib claims run"
EXTRA = ".venv/bin/python -m pip install --dry-run --no-deps --no-index --no-build-isolation -c constraints.txt -e"
COURSE = ".venv/bin/python -m course_lib"
CHOSEN = "--points 2.2=3 --due 2030-01-31T18:00+00:00 --late 10:50:7"
GRADE = f"{COURSE} grade ../downloads"
# command, as a text has it -> what the test runs in its place: the same where it is small already
SMALLEST = {
    "make lab": "make lab LAB_OPTIONS=--version",
    "make lab PYTHON=python3.12": "make lab PYTHON=python3.12 LAB_OPTIONS=--version",
    "make help": "make help",
    'make check TEST_OPTIONS="-k dropout"': 'make check TEST_OPTIONS="-k test_dropout.py -x"',
    "make chapters": "make chapters",
    ".venv/bin/python -m course_lib doctor": ".venv/bin/python -m course_lib doctor",
    ".venv/bin/python -m course_lib claims": ".venv/bin/python -m course_lib claims",
    ".venv/bin/python -m course_lib claims run dying_relu": f"{RUN_CLAIM} dying_relu --smoke",
    ".venv/bin/python -m course_lib claims run dying_relu --primary": f"{RUN_CLAIM} dying_relu --primary --smoke",
    ".venv/bin/python -m course_lib claims run dying_relu --primary --first-seed 500": (
        f"{RUN_CLAIM} dying_relu --primary --first-seed 500 --smoke"
    ),
    ".venv/bin/python -m course_lib claims run NAME": f"{RUN_CLAIM} vanishing_sigmoid --smoke",
    "claims run dying_relu --scheduler tcp://127.0.0.1:8786": f"{RUN_CLAIM} --help",  # a cluster: test_claims_dask.py
    ".venv/bin/python -m course_lib claims --markdown": ".venv/bin/python -m course_lib claims --markdown",
    "claims --markdown": ".venv/bin/python -m course_lib claims --markdown",
    "claims restamp --why TEXT": ".venv/bin/python -m course_lib claims restamp --help",
    "make claims": "make claims CLAIMS_OPTIONS=--help",
    "make claims CLAIMS_OPTIONS=--anew": "make claims CLAIMS_OPTIONS='--anew --help'",
    ".venv/bin/python -m pip install -c constraints.txt -e '.[dask]'": f"{EXTRA} '.[dask]'",
    ".venv/bin/python -m pip install -c constraints.txt -e '.[zoo]'": f"{EXTRA} '.[zoo]'",
    "pip freeze --exclude course_lib": ".venv/bin/python -m pip freeze --exclude course_lib",
    ".venv/bin/pre-commit install": ".venv/bin/pre-commit --version",
    ".venv/bin/torchrun --nproc-per-node 2 -m course_lib.training.parallel --epochs 3 --checkpoint my_run": (
        ".venv/bin/torchrun --nproc-per-node 1 -m course_lib.training.parallel --epochs 1 --checkpoint my_run"
    ),
    '.venv/bin/python -m course_lib.authoring new 07_transfer "Transfer"': (
        '.venv/bin/python -m course_lib.authoring new 97_transfer "Transfer"'
    ),
    ".venv/bin/python -m course_lib.authoring pictures 07a_transfer": (
        ".venv/bin/python -m course_lib.authoring pictures 02b_back_through_the_network"
    ),
    ".venv/bin/python -m course_lib.authoring readme": ".venv/bin/python -m course_lib.authoring readme",
    ".venv/bin/python -m course_lib pretrain": ".venv/bin/python -m course_lib pretrain --smoke --folder trained",
    ".venv/bin/python -m course_lib syllabus": ".venv/bin/python -m course_lib syllabus",
    ".venv/bin/python -m course_lib syllabus --check": ".venv/bin/python -m course_lib syllabus --check",
    "python -m pip install .": f"{EXTRA} .",
    "python -m pip install '.[torch]'": f"{EXTRA} '.[torch]'",
    "python -m pip install '.[lab,torch]'": f"{EXTRA} '.[lab,torch]'",
    "python -m course_lib": f"{COURSE} --help",
    "course chapters my_course": ".venv/bin/course chapters my_course",
    # What an instructor calls, one after the other, is in test_instructors_guide.py: with a class, in a sandbox.
    f"{COURSE} assign 02a --out ../week2 {CHOSEN}": f"{COURSE} assign --help",
    f"{GRADE} --assignment ../week2/assignment.json --out ../marks2": f"{COURSE} grade --help",
    f"{GRADE} --assignment ../week2/assignment.json --out ../marks2 --sandbox docker": f"{COURSE} grade --help",
    f"{GRADE} --out ../marks2 --forget dan": f"{COURSE} grade --help",
    ".venv/bin/python tools/readme_pictures.py": ".venv/bin/python tools/readme_pictures.py --help",
    ".venv/bin/python tools/make_subset.py": ".venv/bin/python tools/make_subset.py --help",  # the full data
    ".venv/bin/python tools/make_digits.py": ".venv/bin/python tools/make_digits.py digits.npz",
    ".venv/bin/python tools/browser_images.py": ".venv/bin/python tools/browser_images.py clothes_14.js",
    ".venv/bin/python tools/try_clients.py": ".venv/bin/python tools/try_clients.py --help",  # a browser, and servers
    ".venv/bin/python tools/try_binder.py": ".venv/bin/python tools/try_binder.py --help",  # it downloads 0.5 GB
    ".venv/bin/python tools/browser_edition.py build/browser": ".venv/bin/python tools/browser_edition.py --help",
    ".venv/bin/python tools/try_lowest_versions.py": ".venv/bin/python tools/try_lowest_versions.py --help",  # so too
}
SMALLEST_THAT_TAKES_LONG = {
    "make test": "make test TEST_OPTIONS='--collect-only -q'",
    "make check": "make check",
    "make test-all": "make -n test-all",  # it would begin itself
    "make bench": "make bench BENCH_OPTIONS=--quick",
    "make book": "make book BOOK_OPTIONS=00x_refresher",
    "make bench BENCH_OPTIONS=--quick": "make bench BENCH_OPTIONS=--quick",
    ".venv/bin/python -m course_lib bench machine": ".venv/bin/python -m course_lib bench machine --smoke",
    ".venv/bin/python -m course_lib bench scaling": ".venv/bin/python -m course_lib bench scaling --smoke",
    ".venv/bin/python tools/bench.py gpu": ".venv/bin/python tools/bench.py gpu --device cpu --smoke",
    ".venv/bin/python tools/bench.py chapters": ".venv/bin/python tools/bench.py chapters --smoke",
}


def commands_in(text):
    """The commands of a text: lines between ``` and spans between `, without comments and line breaks.

    The parts between `begin` and `end` are written by a command, and the test of their writer holds them.
    """
    text = re.sub(r"<!-- (\w+):begin -->.*?<!-- \1:end -->", "", text, flags=re.DOTALL)
    blocks = re.findall(r"^```\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    spans = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE))
    lines = [line for block in blocks for line in block.splitlines()] + spans
    words = [" ".join(line.partition(" #")[0].split()) for line in lines]
    return {each for each in words if each.startswith(BEGINNINGS)}


# Each once, where two stand for the same, and those that take long marked so.
TRIED = [*dict.fromkeys(SMALLEST.values())]
TRIED += [pytest.param(each, marks=LONG) for each in dict.fromkeys(SMALLEST_THAT_TAKES_LONG.values())]

NAMED = set().union(*(commands_in((ROOT / name).read_text(encoding="utf-8")) for name in TEXTS))
FOR_WINDOWS = {each for each in NAMED if each.startswith((".venv\\", "py -3"))}


def of(command):
    """The command without `--write`, which says where a result is kept and not what is measured."""
    return command.removesuffix(" --write")


def test_every_command_that_a_text_names_is_tried_and_none_that_no_text_names():
    assert {of(each) for each in NAMED - FOR_WINDOWS} == {*SMALLEST, *SMALLEST_THAT_TAKES_LONG}


def test_commands_are_found_in_blocks_and_in_lines_without_their_comments():
    block = "```\nmake test   # all\n# no\n```\n```python\npython = 3\n```\n"
    text = f"Call `make\nlab` or `x = 1`.\n{block}`.venv/bin/python a`"
    assert commands_in(text) == {"make lab", "make test", ".venv/bin/python a"}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course with a .venv whose programs are those of the Python that runs this."""
    folder = copy_course(tmp_path_factory.mktemp("commands"))
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name, words in {
        "python": "",
        "torchrun": "-m torch.distributed.run",
        "pre-commit": "-m pre_commit",
        "course": "-m course_lib",
    }.items():
        program = folder / ".venv" / "bin" / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    (folder / ".venv" / ".installed").write_text(f"{folder.resolve()}\n", encoding="utf-8")
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason=WINDOWS)
@pytest.mark.timeout(900)
@pytest.mark.processes("runs every command in a Python of its own")
@pytest.mark.parametrize("command", TRIED)
def test_a_command_runs_in_its_smallest_version(course, command):
    run = run_in(course, command)
    assert run.returncode == 0, f"{run.stdout[-2000:]}\n{run.stderr[-2000:]}"
    assert "does not provide the extra" not in run.stdout + run.stderr


def hooks():
    """{id: hook} of .pre-commit-config.yaml, whose programs `git commit` runs."""
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    return {hook["id"]: hook for hook in local["hooks"]}


@pytest.mark.skipif(sys.platform == "win32", reason="the hooks call .venv/bin/python")
@pytest.mark.processes("runs the hooks in Pythons of their own")
@pytest.mark.parametrize(
    ("hook", "name", "planted"),
    [("ruff-check", "course_lib/fault.py", "import os\n"), ("ruff-format", "course_lib/fault.py", "x = {  }\n")],
)
def test_a_commit_with_a_fault_of_style_is_stopped_or_mended(course, hook, name, planted):
    path = course / name
    path.write_text(planted, encoding="utf-8")
    run = run_in(course, f"{hooks()[hook]['entry']} {name}")
    stopped, mended = run.returncode != 0, path.read_text(encoding="utf-8") != planted
    path.unlink()
    assert stopped or mended


@pytest.mark.skipif(sys.platform == "win32", reason="the hooks call .venv/bin/python")
@pytest.mark.processes("runs the hook in a Python of its own")
def test_a_commit_of_a_notebook_with_outputs_takes_them_out(course):
    hook, name = hooks()["notebooks"], "solutions/01b_bends_and_layers.ipynb"
    before = (course / name).read_text(encoding="utf-8")
    assert re.search(hook["files"], name)
    notebook = nbformat.reads(before, as_version=4)
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    code.outputs = [nbformat.v4.new_output("stream", text="42")]
    nbformat.write(notebook, course / name)
    assert run_in(course, hook["entry"]).returncode == 0
    assert (course / name).read_text(encoding="utf-8") == before
