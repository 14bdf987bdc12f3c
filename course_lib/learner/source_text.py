"""The text of a function as its learner wrote it, and whether it can stand in a file of its own."""

import ast
import builtins
import dis
import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType, FunctionType, ModuleType

_CONSTANTS = (bool, int, float, str)


class NotKept(Exception):
    """A function that cannot stand in a file. The message is a sentence that says why, and what to do."""


@dataclass
class FunctionText:
    """What a file must hold so that the function works there.

    Parameters
    ----------
    text : of the function, with what it uses of its own cell before it
    imports : lines such as "import math"
    needs : names of kept exercises that it calls
    """

    text: str = ""
    imports: set = field(default_factory=set)
    needs: set = field(default_factory=set)


def function_text(function: Callable, name: str, kept_names: set[str]) -> FunctionText:
    """The text of a learner's function.

    Parameters
    ----------
    name : that the exercise gives it; a function of another name gets a line `name = other_name`
    kept_names : of all functions that `my_network.py` may hold

    Raises
    ------
    NotKept : no plain function, no text, or it uses what only the notebook has
    """
    if type(function) is not FunctionType or function.__name__ == "<lambda>":
        raise NotKept("Only a function that was written with `def` can be kept in a file.")
    found, parts = FunctionText(), {}
    _collect(function, kept_names - {name}, found, parts)
    if function.__name__ != name:
        parts[name] = f"{name} = {function.__name__}"
    found.text = "\n\n\n".join(parts.values()) + "\n"
    return found


def names_used(function: FunctionType) -> list[str]:
    """The global names that a function uses, also in functions inside of it, in its defaults and decorators."""
    node = _definition(function)
    outside = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults), node.returns]
    outside += [each.annotation for each in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
    found = [each.id for part in outside if part is not None for each in ast.walk(part) if isinstance(each, ast.Name)]
    return list(dict.fromkeys([*found, *_globals_of(function.__code__)]))


def _globals_of(code):
    for line in dis.get_instructions(code):
        if line.opname in ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL"):
            yield line.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals_of(constant)


def _collect(function, kept_names, found, parts):
    if function.__closure__:
        inner = ", ".join(f"`{each}`" for each in function.__code__.co_freevars)
        raise NotKept(f"It stands inside of another function and uses its {inner}. Write it on its own.")
    parts[function.__name__] = None  # it may call itself
    space = function.__globals__
    for name in names_used(function):
        if name in kept_names and _may_be_kept(space.get(name)):
            found.needs.add(name)
        elif name in space:
            _use(name, space[name], function, kept_names, found, parts)
        elif not hasattr(builtins, name):
            raise NotKept(f"It uses `{name}`, which nothing defines.")
    text = parts.pop(function.__name__) or _text_of(function)
    parts[function.__name__] = text


def _may_be_kept(value):
    return value is None or callable(value)


def _use(name, value, function, kept_names, found, parts):
    if name in parts:
        return
    if isinstance(value, ModuleType):
        _import_module(name, value, found)
    elif type(value) is FunctionType and value.__code__.co_filename == function.__code__.co_filename:
        _collect(value, kept_names, found, parts)
    elif callable(value) and getattr(value, "__name__", "") in kept_names:
        raise NotKept(f"It calls `{value.__name__}` by another name, `{name}`. Call it `{value.__name__}`.")
    elif callable(value) and _comes_from(value):
        module, own = value.__module__, value.__qualname__
        found.imports.add(f"from {module} import {own}" + (f" as {name}" if own != name else ""))
    elif type(value) is FunctionType and _is_learners(value):
        raise NotKept(f"It uses your function `{name}` of another cell. Put that into the exercise's cell too.")
    elif callable(value):
        raise NotKept(f"It uses `{name}`, and the file is NumPy and plain Python alone. Write that part yourself.")
    else:
        _refuse_variable(name, value, function)


def _refuse_variable(name, value, function):
    inside = f"`{name} = {value!r}`" if type(value) in _CONSTANTS and len(repr(value)) < 40 else f"`{name} = ...`"
    raise NotKept(
        f"It uses `{name}`, a variable of the notebook, which a file does not have. Give it that value inside, with "
        f"{inside} as the first line of `{function.__name__}`; or, where the exercise has an argument for it, use that."
    )


def _import_module(name, module, found):
    own = module.__name__
    if own.split(".")[0] not in (*sys.stdlib_module_names, "numpy"):
        raise NotKept(f"It uses `{own}`, and the file is NumPy and plain Python alone.")
    if (own, name) != ("numpy", "np"):
        found.imports.add(f"import {own}" + (f" as {name}" if own != name else ""))


def _comes_from(value):
    """Whether it can be imported by its name, from NumPy or from Python's own library."""
    module = getattr(value, "__module__", None) or ""
    if module.split(".")[0] not in (*sys.stdlib_module_names, "numpy") or module in ("__main__", "builtins"):
        return False
    return getattr(sys.modules.get(module), getattr(value, "__qualname__", ""), None) is value


def _is_learners(function):
    return not (function.__module__ or "").startswith("course_lib")


def _definition(function):
    return ast.parse(_text_of(function)).body[0]


def _text_of(function):
    try:
        text = textwrap.dedent(inspect.getsource(function)).rstrip()
        body = ast.parse(text).body
    except (OSError, TypeError, SyntaxError, ValueError):
        raise NotKept("Its text cannot be found. Write it in a cell of a notebook, and run that.") from None
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        raise NotKept("Only a function that was written with `def` can be kept in a file.")
    return text
