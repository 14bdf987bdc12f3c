"""The files around the course: Makefile, versions, README, workflow, .ci/run, binder/, and the house rules on code."""

import ast
import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import isolation
import run_all
import try_binder
from course_lib.grading import sandbox
from course_lib.grading.limits import Limits

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = [
    line.rpartition(" ")[2]
    for line in PROJECT["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", line)
]
WORKFLOWS = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
CODE = [
    path
    for folder in ("course_lib", "tests", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "__pycache__" not in path.parts
]

not_on_windows = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither make nor bash; see README.md")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


# Makefile


@pytest.fixture
def clone(tmp_path):
    """A folder with a space in its name, with what the Makefile needs to begin."""
    folder = tmp_path / "my course"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    return folder


def make(folder, *arguments, **environment):
    """Run make in the folder, with a pip that finds no package anywhere: no test of this file installs anything."""
    environment = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull, **environment}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=folder, env=inherited | environment, capture_output=True, text=True)


def pretend_installed(folder):
    """Put this Python where .venv's would be, and the stamp that says that everything is installed in `folder`."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (folder / ".venv" / ".installed").write_text(f"{folder.resolve()}\n", encoding="utf-8")


def changed_python(folder, text):
    """The path of a folder of Python's start-up files: with PYTHONPATH set to it, Python runs `text` when it starts."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(text, encoding="utf-8")
    return str(folder)


@not_on_windows
def test_make_alone_lists_the_commands(clone):
    listed = make(clone).stdout
    for command in ("lab", "check", "test", "test-all", "chapters", "claims", "bench", "help"):
        assert re.search(rf"^  make {command}\t\S", listed, re.MULTILINE), listed


@not_on_windows
def test_an_old_python_is_named_and_nothing_is_installed(clone, tmp_path):
    old = changed_python(tmp_path / "old", "import sys; sys.version_info = (3, 10, 14, 'final', 0)")
    run = make(clone, "lab", f"PYTHON={sys.executable}", PYTHONPATH=old)
    assert run.returncode != 0
    assert "needs Python 3.11 to 3.14" in run.stdout
    assert not (clone / ".venv").exists()


@not_on_windows
def test_a_python_that_is_not_there_is_named(clone):
    run = make(clone, "test", "PYTHON=python3.99")
    assert run.returncode != 0
    assert "There is no 'python3.99' here" in run.stdout


@not_on_windows
def test_a_python_without_venv_is_told_what_to_install(clone, tmp_path):
    no_venv = changed_python(tmp_path / "no_venv", "import sys; sys.modules['ensurepip'] = None")
    run = make(clone, "test", f"PYTHON={sys.executable}", PYTHONPATH=no_venv)
    assert run.returncode != 0
    assert "apt-get install python3-venv" in run.stdout


@not_on_windows
def test_an_installation_that_fails_starts_again_the_next_time(clone):
    run = make(clone, "chapters", f"PYTHON={sys.executable}")
    assert run.returncode != 0
    assert (clone / ".venv" / "bin" / "python").exists()
    assert "pip install" in make(clone, "-n", "chapters").stdout


@not_on_windows
@pytest.mark.parametrize("command", ["lab", "check", "test", "test-all", "chapters", "claims", "bench"])
def test_a_second_call_installs_nothing(clone, command):
    assert "pip install" in make(clone, "-n", command).stdout
    pretend_installed(clone)
    assert "pip install" not in make(clone, "-n", command).stdout


@not_on_windows
@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_version_installs_again(clone, name):
    pretend_installed(clone)
    newer = (clone / ".venv" / ".installed").stat().st_mtime + 10
    os.utime(clone / name, (newer, newer))
    assert "pip install" in make(clone, "-n", "lab").stdout


@not_on_windows
def test_a_moved_clone_installs_again(clone):
    pretend_installed(clone)
    moved = clone.rename(clone.with_name("elsewhere"))
    assert "pip install" in make(moved, "-n", "lab").stdout


@not_on_windows
def test_make_claims_measures_what_has_no_current_result_or_with_the_option_all(clone):
    pretend_installed(clone)
    line = ".venv/bin/python -m course_lib claims run --all"
    assert make(clone, "-n", "claims").stdout.splitlines()[-1].strip() == line
    assert make(clone, "-n", "claims", "CLAIMS_OPTIONS=--anew").stdout.splitlines()[-1] == f"{line} --anew"


# Versions


def pins():
    lines = [line for line in read("constraints.txt").splitlines() if line and not line.startswith("#")]
    return [line.partition("==")[::2] for line in lines]


def test_the_package_is_built_with_the_pinned_version_too():
    """pip builds in an environment of its own, which `-c constraints.txt` does not reach."""
    built_with = tomllib.loads(read("pyproject.toml"))["build-system"]["requires"]
    assert built_with
    assert set(built_with) <= {f"{name}=={version}" for name, version in pins()}


def test_constraints_are_exact_and_each_package_has_one():
    names = [canonicalize_name(name) for name, _ in pins()]
    assert len(names) == len(set(names))
    for name, version in pins():
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name), name
        assert Version(version).local is None, f"{name}=={version}: a + keeps the other builds of that version out"


@pytest.mark.parametrize(
    "line", [*PROJECT["dependencies"], *itertools.chain(*PROJECT["optional-dependencies"].values())]
)
def test_every_dependency_is_pinned_within_its_range(line):
    requirement = Requirement(line)
    if requirement.name == PROJECT["name"]:
        assert requirement.extras <= set(PROJECT["optional-dependencies"])
        return
    pinned = {canonicalize_name(name): version for name, version in pins()}
    assert pinned[canonicalize_name(requirement.name)] in requirement.specifier


@pytest.mark.parametrize(
    ("name", "versions"), [("numpy", ("1.26.0", "2.4.6")), ("torch", ("2.6.0", "2.11.0", "2.13.0+cpu", "2.13.0+cu130"))]
)
def test_the_ranges_admit_what_the_course_promises(name, versions):
    lines = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["torch"]]
    ranges = {Requirement(line).name: Requirement(line).specifier for line in lines}
    for version in versions:
        assert version in ranges[name]


def test_the_same_pythons_are_named_everywhere():
    oldest, newest = PYTHONS[0], PYTHONS[-1]
    assert PROJECT["requires-python"] == f">={oldest}"
    assert oldest == ".".join(map(str, run_all.OLDEST_PYTHON))
    assert f"NEEDED_PYTHON = {oldest} to {newest}" in read("Makefile")
    limits = f"({oldest.replace('.', ', ')}) <= sys.version_info[:2] <= ({newest.replace('.', ', ')})"
    assert limits in read("Makefile")
    assert f"Python {oldest} to {newest}" in read("README.md")
    assert read("binder/runtime.txt").strip().removeprefix("python-") in PYTHONS
    for name, job in yaml.safe_load(read(".github/workflows/test.yml"))["jobs"].items():
        assert job["strategy"]["matrix"]["python"] == [oldest, newest], name


# README and workflow


def test_the_workflow_runs_the_three_lines_for_windows():
    three = re.search(r"On Windows there is no make.*?```\n(.*?)```", read("README.md"), re.DOTALL)[1].splitlines()
    steps = yaml.safe_load(read(".github/workflows/test.yml"))["jobs"]["windows"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert len(three) == 3
    assert commands == [
        three[0],
        three[1],
        f"{three[2]} --version",
        r".venv\Scripts\python tests\run_all.py $env:TESTS",
    ]


def test_the_newest_versions_are_tried_every_week_without_the_pins_on_the_oldest_and_the_newest_python():
    workflow = yaml.safe_load(read(".github/workflows/versions.yml"))
    job = workflow["jobs"]["newest"]
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert "schedule" in workflow[True]
    assert job["strategy"]["matrix"]["python"] == [PYTHONS[0], PYTHONS[-1]]
    assert not [command for command in commands if "-c constraints.txt" in command]
    named = [word for command in commands for word in command.split() if word.startswith("tests/")]
    assert named and all((ROOT / name).is_file() for name in named)


def test_actions_are_named_by_their_digest_and_say_which_version_that_is():
    used = [line for name in WORKFLOWS for line in re.findall(r"uses: (.*)", read(name))]
    assert len(used) > len(WORKFLOWS)
    assert [line for line in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+(\.\d+)*", line)] == []


@pytest.mark.parametrize(("event", "tier"), [("schedule", "test-all"), ("push", "test"), ("pull_request", "test")])
def test_what_takes_long_is_tested_by_the_clock_and_not_with_every_push(event, tier):
    workflow = yaml.safe_load(read(".github/workflows/test.yml"))
    asked, then, otherwise = re.fullmatch(
        r"\$\{\{ github\.event_name == '(.+)' && '(.+)' \|\| '(.+)' \}\}", workflow["env"]["TESTS"]
    ).groups()
    assert (then if event == asked else otherwise) == tier
    assert asked in workflow[True]  # YAML takes `on` for a boolean


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("*.md")))
def test_every_local_link_leads_to_a_file(name):
    text = read(name)
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    broken = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert broken == []


def test_what_jupyterlab_opens_first_is_the_first_chapter():
    first = min((ROOT / "chapters").glob("*.ipynb")).name
    for name in ("Makefile", "README.md"):
        text = re.sub(r"<!-- badge:begin -->.*?<!-- badge:end -->", "", read(name), flags=re.DOTALL)
        assert re.findall(r"lab/tree/chapters/?([\w.]*)", text) == [first]
    assert re.search(r"\]\(chapters/(\w+\.ipynb)\)", read("README.md"))[1] == first


def test_the_readme_is_short():
    assert len(read("README.md").encode()) < 12_000


def test_every_link_into_a_page_leads_to_a_heading():
    for name in ("README.md", "CONTRIBUTING.md", "INSTRUCTORS.md"):
        for page, place in re.findall(r"\]\(([\w.]*\.md)?#([\w-]+)\)", read(name)):
            headings = re.findall(r"^#+ (.*)$", read(page or name), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}
            assert place in anchors, f"{name}: {page}#{place}"


def test_make_commands_in_the_texts_exist():
    commands = set(re.findall(r"^([\w-]+):.*##", read("Makefile"), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md", "INSTRUCTORS.md"):
        spoken = set(re.findall(r"(?:`|^|cpu )make ([\w-]+)", read(name), re.MULTILINE))
        assert spoken
        assert spoken <= commands, name


@not_on_windows
@pytest.mark.parametrize("name", [".ci/run", "binder/postBuild"])
def test_scripts_are_executable_and_are_bash(name):
    assert os.access(ROOT / name, os.X_OK)
    assert subprocess.run(["bash", "-n", ROOT / name]).returncode == 0
    assert re.search(r"^set -e", read(name), re.MULTILINE)


# binder


def test_binder_installs_the_course_with_the_pinned_versions_and_a_torch_without_cuda():
    lines = [line for line in read("binder/requirements.txt").splitlines() if not line.startswith("#")]
    assert "--extra-index-url https://download.pytorch.org/whl/cpu" in lines
    assert "-e .[lab,torch]" in lines
    (constraints,) = [line.split()[1] for line in lines if line.startswith("-c ")]
    assert (ROOT / "binder" / constraints).resolve() == ROOT / "constraints.txt"
    pinned = {canonicalize_name(name): version for name, version in pins()}
    for requirement in (Requirement(line) for line in lines if not line.startswith("-")):
        assert pinned[canonicalize_name(requirement.name)] in requirement.specifier


def itself(code):
    """A process that runs this code already: one that has just been forked is as large as its parent, the test run."""
    words = [sys.executable, "-c", f"import time; print(); {code}"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    process.stdout.readline()
    return process


@pytest.mark.parametrize(("megabytes", "stopped"), [(1, False), (300, True)])
def test_the_binder_trial_stops_what_takes_too_much_memory(megabytes, stopped):
    hold = f"held = bytearray({megabytes} * 2**20); held[::1024] = b'x' * len(held[::1024]); time.sleep(2)"
    if stopped:
        hold += "; time.sleep(60)"
    process = itself(hold)
    peak, over = try_binder.watch(process, limit=200 * 2**20)
    assert over is stopped
    assert (process.returncode == 0) is not stopped
    assert peak > min(megabytes, 200) * 2**20


def test_the_program_that_executes_a_notebook_does_not_count_and_what_it_starts_does():
    hold = "import time; held = b'x' * (300 * 2**20); time.sleep(3)"
    alone = itself(hold)
    assert try_binder.watch(alone, limit=2**40, apart=(alone.pid,))[0] < 100 * 2**20
    starts = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    parent = itself(starts)
    assert try_binder.watch(parent, limit=2**40, apart=(parent.pid,))[0] > 250 * 2**20


def test_the_trial_of_binder_says_which_goal_is_missed():
    lines = try_binder.goals([{"peak": 0.4e9}, {"peak": 1.3e9}], disk=1.4e9)
    assert [line.rpartition(": ")[2] for line in lines] == ["missed", "met"]
    assert "1.30 GB, at most 1.2" in lines[0]


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is missing: sudo apt-get install bubblewrap")
def test_what_runs_as_on_binder_is_no_administrator_has_no_network_and_writes_only_to_its_own(tmp_path):
    own, package = tmp_path / "own", tmp_path / "own" / "package"
    package.mkdir(parents=True)
    words, what = isolation.as_a_guest(own, [package])
    if "bubblewrap does not work" in what:
        pytest.skip(what)
    listening = socket.create_server(("127.0.0.1", 0))  # on the loopback of here, which is not that of there
    address = listening.getsockname()
    code = (
        "import os, socket\n"
        "def can(action):\n"
        "    try:\n        action()\n        return True\n    except OSError:\n        return False\n"
        f"own, package, other = {str(own)!r}, {str(package)!r}, {str(tmp_path)!r}\n"
        "print(os.getuid() > 0, *[can(lambda: open(f + '/new', 'w')) for f in (own, package, other)],\n"
        f"      can(lambda: socket.create_connection({address!r}, 1)), os.path.expanduser('~') == own)"
    )
    with listening:
        ended = subprocess.run([*words, sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.stdout.split() == ["True", "True", "False", "False", "False", "True"], ended.stderr


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to cores")
def test_a_process_keeps_to_its_cores():
    code = "import os, isolation; print(isolation.keep_to_cores(1), len(os.sched_getaffinity(0)))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT / "tools")
    assert ended.stdout.split() == ["1", "1"], ended.stderr


def test_the_image_for_marking_holds_what_the_sandbox_starts(monkeypatch):
    image = read("binder/grading.Containerfile")
    assert re.search(r"^FROM docker\.io/library/python:(3\.\d+)-slim$", image, re.MULTILINE)[1] in PYTHONS
    packages = re.search(r"--target (/\w+) -c /tmp/constraints\.txt numpy\b", image)[1]
    assert re.search(r"^COPY constraints\.txt /tmp/constraints\.txt$", image, re.MULTILINE)
    assert re.search(rf"^ENV PYTHONPATH={packages}$", image, re.MULTILINE)  # Python starts without `site`
    assert not re.search(r"^(USER|ENTRYPOINT|WORKDIR)", image, re.MULTILINE)  # the command says them
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: f"/usr/bin/{name}")
    command = sandbox._container("docker", sandbox.IMAGE, Limits())
    worker = command[command.index(sandbox.IMAGE) + 1 :]
    assert worker[0] == "python3" and "-S" in worker
    assert not [word for word in command if word.startswith("PYTHONPATH")]
    build = f"docker build -t {sandbox.IMAGE} -f binder/grading.Containerfile ."
    assert build in image and build in read("INSTRUCTORS.md")


# House rules


def test_files_and_functions_are_short():
    too_long = []
    for path in CODE:
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix()
        if len(text.splitlines()) > 500:
            too_long.append(f"{name}: {len(text.splitlines())} lines, at most 500")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= 50:
                too_long.append(f"{name}:{node.lineno}: {node.name} has more than 50 lines")
    assert too_long == []


def test_files_are_named_after_what_they_hold():
    assert [path for path in CODE if path.stem in ("utils", "helpers", "common", "misc")] == []
