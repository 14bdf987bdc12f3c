"""Explorers: pictures with controls beside them, for touching what a chapter explains.

`from course_lib.explorers import NeuronExplorer` loads the file of that explorer and no other. How to write another one
stands in `explorer.py`.
"""

import difflib
import functools
import importlib
import pkgutil
import re
from pathlib import Path

EXPLORER = re.compile(r"^class (\w+)\(\w*Explorer\):", re.MULTILINE)


def every_explorer() -> list[type]:
    """The classes of all explorers, found in the files of this folder: no list to update when one is added."""
    classes = [getattr(importlib.import_module(file), name) for name, file in _files().items()]
    return [each for each in classes if each.has_something_to_move()]


@functools.cache
def _files():
    """{class: the module that defines it}, read from the files without loading them."""
    found = {}
    for file in pkgutil.iter_modules(__path__):
        code = (Path(__path__[0]) / f"{file.name}.py").read_text(encoding="utf-8")
        found |= dict.fromkeys(EXPLORER.findall(code), f"{__name__}.{file.name}")
    return found


def __getattr__(name: str) -> type:
    """An explorer by its name, its file loaded now: PEP 562."""
    if name in _files():
        return getattr(importlib.import_module(_files()[name]), name)
    near = difflib.get_close_matches(name, _files(), n=1)
    suggestion = f" Did you mean {near[0]}?" if near else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}.{suggestion}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_files()])
