"""What is optional and missing, said with the line that installs it: the first cell of a notebook asks this.

`pip install course_lib` brings what most evenings need, in a tenth of the space of everything. PyTorch and JupyterLab
are extras, `course_lib[torch]` and `course_lib[lab]`.
"""

import builtins
import importlib.metadata
import importlib.util
import re
import sys

OPTIONAL = {"torch": "PyTorch", "jupyterlab": "JupyterLab"}  # a package that an extra of this name brings: its own name


class Missing(ModuleNotFoundError):
    """A package that is optional, wanted and not installed. A notebook shows the message alone, without a traceback."""

    def _render_traceback_(self):
        return [str(self)]


def need(package: str) -> None:
    """Go on if the package is installed: need("torch").

    Raises
    ------
    Missing : it is not; the message says how to install it
    """
    if not is_installed(package):
        line = install_line(package)
        again = "In a new cell, run" if line.startswith("%") else "Install it:"
        then = "\n\nThen run this cell again." if line.startswith("%") else ""
        known = OPTIONAL[package]
        raise Missing(f"This needs {known}, and {known} is not installed here. {again}\n\n    {line}{then}")


def is_installed(package: str) -> bool:
    """Whether Python finds the package; it is not loaded."""
    try:
        return importlib.util.find_spec(package) is not None
    except (ValueError, ModuleNotFoundError):  # None in sys.modules, or a finder that refuses it
        return False


def install_line(package: str) -> str:
    """What installs an optional package here: in a notebook with %pip, which takes the kernel's own Python."""
    requirement = f'"{_requirement(package)}"'
    if hasattr(builtins, "__IPYTHON__"):
        return f"%pip install {requirement}"
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    return f"{python} -m pip install {requirement}"


def _requirement(package):
    """The package with the versions that the course works with; its name alone where the course is not installed."""
    try:
        lines = importlib.metadata.requires("course_lib") or []
    except importlib.metadata.PackageNotFoundError:
        return package
    found = (re.match(rf"{package}\b([^;]*);.*extra", line) for line in lines)
    return next((package + match[1].strip() for match in found if match), package)
