"""python -m course_lib doctor finds what is here, names what is wrong, and gives the line that mends it."""

import copy
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys

import pytest

from course_lib.cli import main
from course_lib.data.fashion import EMBEDDED_FILE
from course_lib.doctor import MINIMUM_PYTHON, _cores, _memory, describe, gather, judge


@pytest.fixture(scope="module")
def healthy():
    """Facts of this machine, with what may be short here set to enough."""
    facts = gather()
    facts["memory"] = {"total": 8e9, "available": 6e9}
    facts["device"] |= {"error": None, "nvidia_gpus": []}
    for package in facts["packages"]:
        package["fits"] = True
    return facts


def changed(facts, **changes):
    facts = copy.deepcopy(facts)
    for name, change in changes.items():
        facts[name] |= change
    return facts


def doctor(*words, code="from course_lib.cli import main; import sys; sys.exit(main())", environment=None, cwd=None):
    environment = {**os.environ, "PYTHONPATH": "", **(environment or {})}
    command = [sys.executable, "-c", code, "doctor", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, cwd=cwd)


def test_the_report_shows_this_machine(healthy):
    text = describe(gather(), [], [])
    for wanted in (sys.executable, "Cores", "Memory", "numpy", importlib.metadata.version("numpy"), str(EMBEDDED_FILE)):
        assert wanted in text
    assert judge(healthy)[0] == []


def test_the_packages_are_the_run_time_dependencies_and_no_others():
    named = {package["name"] for package in gather()["packages"]}
    assert {"numpy", "torch", "pooch", "psutil", "jupyterlab"} <= named
    assert "pytest" not in named


def test_what_is_optional_and_missing_is_a_hint_with_the_line_to_install(healthy):
    facts = copy.deepcopy(healthy)
    for package in facts["packages"]:
        if package["name"] == "torch":
            package |= {"version": None, "fits": False, "needs": ">=2.6,<3"}
    facts["device"]["error"] = "ModuleNotFoundError: No module named 'torch'"
    problems, (hint,) = judge(facts)
    assert problems == []
    assert hint.what.startswith("PyTorch is not installed")
    assert hint.mend.endswith('-m pip install "torch>=2.6,<3"')
    assert "not here" in describe(facts, problems, [hint])


def test_the_command_runs_and_its_exit_code_says_whether_something_is_wrong():
    answer = subprocess.run([sys.executable, "-m", "course_lib", "doctor"], capture_output=True, text=True, timeout=300)
    assert answer.returncode == (1 if "Wrong:" in answer.stdout else 0), answer.stderr
    assert "Fashion-MNIST" in answer.stdout


def test_json_holds_the_same_facts_with_the_findings():
    answer = doctor("--json")
    report = json.loads(answer.stdout)
    assert {"python", "packages", "device", "cores", "memory", "data", "problems", "hints"} == set(report)
    assert report["python"]["version"] == list(sys.version_info[:3])
    assert report["device"]["kind"] in ("cpu", "cuda", "mps") and report["device"]["name"]
    assert 1 <= report["cores"]["usable"] <= report["cores"]["machine"]
    assert 0 < report["memory"]["available"] <= report["memory"]["total"]
    assert answer.returncode == (1 if report["problems"] else 0)


def test_the_device_is_the_one_torch_would_use():
    import torch

    device = gather()["device"]
    expected = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert device["kind"] == expected and device["error"] is None


def test_a_missing_package_and_one_outside_its_range_are_wrong_with_the_line_to_install(healthy):
    lines = ["numpy>=99,<100", "no-such-package-anywhere>=1", "psutil>=5.9", "pooch"]
    facts = {**healthy, "packages": gather(lines)["packages"]}
    problems = judge(facts)[0]
    assert [problem.what for problem in problems] == [
        f"numpy is {importlib.metadata.version('numpy')}; the course needs >=99,<100.",
        "The package no-such-package-anywhere is missing.",
    ]
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    assert problems[0].mend == f'{python} -m pip install "numpy>=99,<100"'
    assert problems[1].mend == f'{python} -m pip install "no-such-package-anywhere>=1"'
    assert "missing" in describe(facts, problems, [])


def test_torch_that_cannot_be_imported_is_reported_and_does_not_crash():
    code = "import sys; sys.modules['torch'] = None; from course_lib.cli import main; sys.exit(main())"
    answer = doctor(code=code)
    assert answer.returncode == 1, answer.stderr
    assert "Wrong: torch is installed and cannot be imported" in answer.stdout
    assert "-m pip install --force-reinstall torch" in answer.stdout


@pytest.mark.parametrize("package", ["numpy", "pooch", "psutil", "packaging"])
def test_the_doctor_still_reports_when_another_package_cannot_be_imported(package):
    code = f"import sys; sys.modules['{package}'] = None; from course_lib.cli import main; sys.exit(main())"
    if package == "pooch":  # which is asked only where the system has no copy
        code = f"from course_lib.data import full; full.locate_full.__defaults__ = (None, ()); {code}"
    answer = doctor("--json", code=code)
    assert answer.stderr == "" or "Traceback" not in answer.stderr
    report = json.loads(answer.stdout)
    assert report["python"]["version"] == list(sys.version_info[:3])
    if package == "psutil":
        assert report["memory"] == {"total": None, "available": None}
    if package in ("numpy", "pooch"):
        assert "cannot be looked at" in report["problems"][-1]["what"]


def test_course_lib_that_is_not_installed_is_wrong(tmp_path, healthy):
    problems = judge({**healthy, "packages": None})[0]
    assert "not installed" in problems[0].what and "pip install -e ." in problems[0].mend


def test_python_that_is_too_old_is_wrong(healthy):
    problems = judge(changed(healthy, python={"version": [3, 10, 14]}))[0]
    assert len(problems) == 1 and "Python 3.10.14; the course needs 3.11" in problems[0].what
    assert judge(changed(healthy, python={"version": [3, 11, 0]}))[0] == []


def test_the_oldest_python_is_the_one_in_the_package_metadata():
    required = importlib.metadata.metadata("course_lib")["Requires-Python"]
    assert required == ">=" + ".".join(map(str, MINIMUM_PYTHON))


def test_too_little_memory_is_wrong_and_little_free_memory_is_a_hint(healthy):
    problems, hints = judge(changed(healthy, memory={"total": 1.0e9, "available": 0.5e9}))
    assert len(problems) == 1 and "1.0 GB of memory; the course needs 1.5 GB" in problems[0].what and hints == []
    problems, hints = judge(changed(healthy, memory={"total": 8e9, "available": 0.5e9}))
    assert problems == [] and len(hints) == 1 and "Only 0.5 GB of memory are free" in hints[0].what
    assert judge(changed(healthy, memory={"total": None, "available": None})) == ([], [])


def test_no_gpu_is_fine_and_a_cpu_build_of_torch_beside_an_nvidia_gpu_is_a_hint(healthy):
    cpu = {"kind": "cpu", "name": "a processor", "torch_cuda": None, "error": None}
    assert judge(changed(healthy, device={**cpu, "nvidia_gpus": []})) == ([], [])
    problems, hints = judge(changed(healthy, device={**cpu, "nvidia_gpus": ["NVIDIA T4"]}))
    assert problems == [] and "NVIDIA T4, and this torch is built for the CPU only" in hints[0].what
    assert "pytorch.org" in hints[0].mend
    hints = judge(changed(healthy, device={**cpu, "torch_cuda": "12.6", "nvidia_gpus": ["NVIDIA T4"]}))[1]
    assert "driver" in hints[0].mend
    cuda = {**cpu, "kind": "cuda", "torch_cuda": "12.6", "nvidia_gpus": ["NVIDIA T4"]}
    assert judge(changed(healthy, device=cuda)) == ([], [])


def test_a_container_that_allows_less_than_the_machine_has_is_seen(tmp_path):
    (tmp_path / "memory.max").write_text("1000000000\n")
    (tmp_path / "memory.current").write_text("700000000\n")
    (tmp_path / "memory.stat").write_text("anon 400000000\ninactive_file 300000000\n")
    assert _memory(tmp_path) == {"total": 1_000_000_000, "available": 600_000_000}
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert _cores(tmp_path)["usable"] == 1
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert _memory(tmp_path)["total"] == _memory(tmp_path / "no such folder")["total"] > 0
    assert _cores(tmp_path) == _cores(tmp_path / "no such folder")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity to set")
def test_the_usable_cores_are_those_that_the_process_is_bound_to():
    code = (
        "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
        "from course_lib.cli import main; sys.exit(main())"
    )
    assert json.loads(doctor("--json", code=code).stdout)["cores"]["usable"] == 1


def test_a_damaged_embedded_file_is_wrong(tmp_path):
    package = tmp_path / "course_lib"
    source = EMBEDDED_FILE.parents[2]
    package.mkdir()
    for name in ("__init__.py", "arrays.py", "cli.py", "doctor.py", "needs.py"):
        shutil.copy(source / name, package)
    shutil.copytree(source / "data", package / "data")
    file = package / "data" / "fashion_mnist" / EMBEDDED_FILE.name
    file.write_bytes(file.read_bytes()[:1_000_000])
    answer = doctor("--json", environment={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path)
    report = json.loads(answer.stdout)
    assert answer.returncode == 1
    assert [str(file) in problem["what"] for problem in report["problems"]].count(True) == 1
    assert "git checkout -- course_lib/data/fashion_mnist" in [problem["mend"] for problem in report["problems"]]


def test_a_damaged_full_set_is_wrong_and_one_that_is_not_here_is_not(tmp_path):
    code = (
        "import sys; from course_lib.data import full; full.locate_full.__defaults__ = (None, ()); "
        "from course_lib.cli import main; sys.exit(main())"
    )
    environment = {"COURSE_LIB_DATA": str(tmp_path)}
    report = json.loads(doctor("--json", code=code, environment=environment).stdout)
    assert report["data"]["full"] == {"path": None, "error": None, "mend": None}
    for stem in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (tmp_path / f"{stem}-ubyte.gz").write_bytes(b"half a file")
    answer = doctor("--json", code=code, environment=environment)
    report = json.loads(answer.stdout)
    assert answer.returncode == 1 and report["data"]["full"]["path"] == str(tmp_path)
    assert "is damaged" in report["problems"][-1]["what"] and "load_fashion_mnist" in report["problems"][-1]["mend"]


def test_a_cache_folder_that_cannot_be_told_is_wrong_only_where_the_system_has_no_copy(tmp_path):
    environment = {"COURSE_LIB_DATA": "~no_such_user_here/data"}
    code = (
        "import sys, pathlib; from course_lib.data import full; full.locate_full.__defaults__ = (None, SYSTEM); "
        "from course_lib.cli import main; sys.exit(main())"
    )
    answer = doctor("--json", code=code.replace("SYSTEM", "()"), environment=environment)
    (problem,) = [each for each in json.loads(answer.stdout)["problems"] if "no place to keep" in each["what"]]
    assert answer.returncode == 1 and "COURSE_LIB_DATA" in problem["mend"]
    for stem in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (tmp_path / f"{stem}-ubyte.gz").touch()
    system = f"(pathlib.Path({str(tmp_path)!r}),)"
    answer = doctor("--json", code=code.replace("SYSTEM", system), environment=environment)
    assert json.loads(answer.stdout)["data"]["full"]["path"] == str(tmp_path)


def test_an_unknown_command_is_refused_with_the_nearest_one(capsys):
    assert main(["docter"]) == 2
    said = "There is no command 'docter'. Did you mean 'doctor'? "
    said += "The commands are: doctor, chapters, claims, bench, syllabus, assign, grade, pretrain, predict.\n"
    assert capsys.readouterr().err == said
    assert main(["zzz"]) == 2
    assert "Did you mean" not in capsys.readouterr().err


def test_no_command_and_help_show_the_commands(capsys):
    for words, code in (([], 2), (["--help"], 0), (["doctor", "--help"], 0), (["doctor", "--bogus"], 2)):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == code
    assert "--json" in capsys.readouterr().out


def test_the_command_line_loads_no_torch_before_a_command_needs_it():
    code = "import sys, course_lib.cli, course_lib.doctor, course_lib.data; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
