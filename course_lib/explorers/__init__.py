"""Explorers: pictures with controls beside them, for touching what a chapter explains.

Import each from its own file, for example `from course_lib.explorers.neuron import NeuronExplorer`. How to write
another one stands in `explorer.py`.
"""

import importlib
import pkgutil


def every_explorer():
    """The classes of all explorers, found in the files of this folder: no list to update when one is added."""
    from course_lib.explorers.explorer import Explorer

    found = []
    for file in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{file.name}")
        own = [it for it in vars(module).values() if isinstance(it, type) and it.__module__ == module.__name__]
        found += [it for it in own if issubclass(it, Explorer) and it.controls]
    return found
