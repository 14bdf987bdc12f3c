"""The first code cell of every notebook: is the course here, and what else this notebook needs? Nobody writes it.

It is the only code that somebody meets who has the notebook and not the course: on Colab, in the wrong kernel, in a
file that a friend sent. So it says the way out in its own words.
"""

import ast

from course_lib.authoring.names import parse

TAG = "needs"
FROM_THE_CLONE = ".."  # notebooks stand in chapters/ and solutions/ of the course
_TORCH = ("torch", "course_lib.pytorch")

_HERE = """# Is everything installed that this notebook needs?
try:
    import course_lib
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "This notebook needs the course's own package, course_lib.\\n"
        "In a new cell, run\\n\\n"
        '    %pip install @WHERE@\\n\\n'
        "or choose the kernel that has it, and run this cell again."
    ) from None"""
_MORE = """
from course_lib.needs import need

need("torch")"""


def first_cell(source, address=""):
    """The text of the cell. address : the course's public one, as address.address gives it; "" while unknown."""
    more = needs_torch(source)
    return _HERE.replace("@WHERE@", _where(more, address)) + (_MORE if more else "")


def needs_torch(source):
    """Whether code of the source imports PyTorch, or names it as the engine."""
    return any(_is_torch(node) for cell in source.cells if cell.kind == "code" for node in _nodes(cell.text))


def _where(more, address):
    extra = "[torch]" if more else ""
    if address:
        return f'"course_lib{extra} @ git+{address}"'
    return f'-e "{FROM_THE_CLONE}{extra}"'


def _nodes(text):
    return (node for statement in parse(text) for node in ast.walk(statement))


def _is_torch(node):
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        modules = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    else:
        return isinstance(node, ast.Constant) and node.value == "torch"
    return any(name == each or name.startswith(f"{each}.") for name in modules for each in _TORCH)
