"""The sandbox in which students' code runs: bubblewrap, or a container engine. Without one, nothing is run at all.

Inside there is no network, nothing of the course but `inside/`, nothing of the machine but Python and its libraries,
all of it read-only, one small folder, no other process, and a user who owns nothing.
"""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.grading.limits import Limits

NOBODY = 65534
FIRST_USER, USERS = 61_184, 4_000  # numbers that systemd's services take turns with, and that own nothing
ENGINES = ("bubblewrap", "docker", "podman")
IMAGE = "dnn-course-grading"  # as INSTRUCTORS.md builds it

_INSIDE = ("inside/worker.py", "inside/plain_values.py", "inside/system_calls.py", "../checks/raised.py")
_ENVIRONMENT = {
    "HOME": "/tmp", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONPATH": "/packages", "MPLBACKEND": "agg",
    "MPLCONFIGDIR": "/tmp", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
}  # fmt: skip  # pairs read in lines
_GET_ONE = """Marking runs students' code, and does so only in a sandbox. Get one of these:
  Debian, Ubuntu:  sudo apt-get install bubblewrap
  Fedora:          sudo dnf install bubblewrap
  Windows:         work in WSL, and install bubblewrap there
  macOS, or where that does not work: Docker or Podman, and --sandbox docker; INSTRUCTORS.md says how"""
_KERNEL = """bubblewrap is there, and the system does not let it make a sandbox. What helps, by system:
  Ubuntu 24.04 or newer:  sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0
  older Debian:           sudo sysctl kernel.unprivileged_userns_clone=1
  elsewhere:              sudo sysctl user.max_user_namespaces=10000
  in a container:         start it with --privileged, or mark outside of it
It said: """


class NoSandbox(RuntimeError):
    """There is no working sandbox. The message says what is missing and how to get it."""


@dataclass(frozen=True)
class Sandbox:
    """How to start the worker of `inside/` where it can reach nothing.

    Parameters
    ----------
    engine : one of ENGINES
    image : of a container engine: what is started; it has this course's versions of Python and NumPy
    """

    engine: str = "bubblewrap"
    image: str = IMAGE

    def start(self, limits: Limits, errors: object) -> subprocess.Popen:
        """Start a worker; its standard input and output carry the messages, `errors` takes its standard error."""
        user = _user_for_root() if os.geteuid() == 0 and self.engine == "bubblewrap" else 0
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors, "bufsize": 0, "close_fds": True}
        if self.engine != "bubblewrap":
            return subprocess.Popen(_container(self.engine, self.image, limits), **pipes)
        arguments, worker = _bubblewrap(limits, as_root=bool(user)), _worker(_python_inside(), user)
        with tempfile.TemporaryFile() as words:  # so that the list of processes does not show the paths of this machine
            words.write(b"".join(os.fsencode(each) + b"\0" for each in arguments))
            words.seek(0)
            command = [_program("bwrap"), "--args", str(words.fileno()), "--", *worker]
            return subprocess.Popen(command, pass_fds=(words.fileno(),), **pipes)


def working_sandbox(engine: str = "bubblewrap", image: str = IMAGE) -> Sandbox:
    """A sandbox that was tried: it runs Python and NumPy.

    Raises
    ------
    NoSandbox : it is not installed, or does not work here; the message says what to do
    """
    from course_lib.grading.jail import Jail, JailBroken

    if engine not in ENGINES:
        raise NoSandbox(f"There is no sandbox called {engine!r}; expected one of {', '.join(ENGINES)}.")
    program = "bwrap" if engine == "bubblewrap" else engine
    if not sys.platform.startswith("linux") and engine == "bubblewrap":
        raise NoSandbox(f"bubblewrap runs on Linux alone, and this is {sys.platform}.\n{_GET_ONE}")
    if shutil.which(program) is None:
        raise NoSandbox(f"{program} is not installed.\n{_GET_ONE}")
    sandbox = Sandbox(engine, image)
    try:
        with Jail(sandbox) as jail:
            outcome = jail.begin([("a first cell", "answer = 6 * 7", False)], "answer", {})
    except JailBroken as error:
        raise NoSandbox(f"{_KERNEL if engine == 'bubblewrap' else ''}{error}") from None
    if outcome.get("value") != 42:
        raise NoSandbox(f"The sandbox of {engine} starts, and 6 * 7 in it gave {outcome}; nothing was marked.")
    return sandbox


@functools.cache
def inside_folder() -> Path:
    """A folder with the files of `inside/`, for as long as this process lives. Anybody may read it."""
    folder = Path(_kept_folder().name)
    folder.chmod(0o755)
    for name in _INSIDE:
        source = Path(__file__).parent / name
        (folder / source.name).write_bytes(source.read_bytes())
        (folder / source.name).chmod(0o644)
    return folder


@functools.cache
def _kept_folder():
    return tempfile.TemporaryDirectory(prefix="course-grading-")  # goes when this process ends


def _user_for_root():
    """For root alone: a user of this process's own, so that a limit on threads counts for it alone."""
    return FIRST_USER + os.getpid() % USERS


def _program(name):
    found = shutil.which(name)
    if found is None:
        raise NoSandbox(f"{name} is not installed.\n{_GET_ONE}")
    return found


def _worker(python, user):
    return [python, "-S", "-s", "-B", "-X", "utf8", "/inside/worker.py", str(user)]


def _bubblewrap(limits, as_root):
    """The arguments of bwrap, up to the command."""
    arguments = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    arguments += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--cap-drop", "ALL"]
    if as_root:  # the worker becomes a user who owns nothing before it does anything else
        arguments += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        arguments += ["--unshare-user", "--disable-userns", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    for place in (
        "/dev",
        "/etc",
        "/usr",
        "/usr/bin",
    ):  # made on the way to what lies in them, only their owner could read
        arguments += ["--perms", "0755", "--dir", place]
    for source, place in _read_only():
        arguments += ["--ro-bind", source, place]
    for link in ("/lib", "/lib64"):
        if os.path.islink(link):
            arguments += ["--symlink", os.readlink(link), link]
    for place in _hidden():
        arguments += ["--tmpfs", place, "--remount-ro", place]
    for device in ("null", "zero", "random", "urandom"):
        arguments += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    arguments += ["--perms", "1777", "--size", str(limits.file_bytes), "--tmpfs", "/tmp"]
    arguments += ["--remount-ro", "/", "--chdir", "/tmp", "--clearenv"]
    for name, value in _ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    return arguments


def _read_only():
    """(source, place inside) of all that is seen: libraries, Python, its packages and the worker."""
    libraries = [place for place in ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib64") if os.path.isdir(place)]
    seen = [(place, place) for place in libraries if not os.path.islink(place)]
    seen += [("/etc/ld.so.cache", "/etc/ld.so.cache")] if os.path.exists("/etc/ld.so.cache") else []
    home = os.path.realpath(sys.base_prefix)
    if home == "/usr":
        seen += [(_python(), _python())]
    else:
        seen += [(home, "/python")]
    return [*seen, (_packages(), "/packages"), (str(inside_folder()), "/inside")]


def _hidden():
    """Places inside where the course itself would be seen: installed among the packages, or lying in a folder above."""
    course = Path(__file__).resolve().parents[1]
    hidden = []
    for source, place in _read_only():
        packages = Path(source).glob("lib/python3*/site-packages/course_lib")
        for folder in (Path(source) / "course_lib", *packages, course.parent):
            if folder.is_relative_to(source) and folder.is_dir() and str(folder) != source:
                hidden.append(str(Path(place) / folder.relative_to(source)))
    return sorted(set(hidden))


@functools.cache
def _python():
    """The Python that runs this, without its virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def _python_inside():
    home = os.path.realpath(sys.base_prefix)
    return _python() if home == "/usr" else str(Path("/python") / Path(_python()).relative_to(home))


def _packages():
    """The folder in which NumPy and the packages beside it are installed."""
    return str(Path(np.__file__).resolve().parents[1])


def _container(engine, image, limits):
    command = [
        _program(engine),
        "run",
        "--rm",
        "--interactive",
        "--network",
        "none",
        "--read-only",
        "--cap-drop",
        "ALL",
    ]
    command += ["--security-opt", "no-new-privileges", "--user", f"{NOBODY}:{NOBODY}", "--pids-limit", "64"]
    command += ["--tmpfs", f"/tmp:rw,size={limits.file_bytes}", "--workdir", "/tmp"]
    command += ["--volume", f"{inside_folder()}:/inside:ro"]
    for name, value in _ENVIRONMENT.items():
        command += ["--env", f"{name}={value}"] if name != "PYTHONPATH" else []
    return [*command, image, *_worker("python3", 0)]
