"""Which names a piece of a cell's code uses and gives."""

import ast
import re

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def parse(text):
    """The statements of a cell. A line for IPython (%magic, !command) counts as `pass`; a %%magic cell has none."""
    if text.lstrip().startswith("%%"):
        return []
    return ast.parse(re.sub(r"^([ \t]*)[%!].*$", r"\1pass", text, flags=re.MULTILINE)).body


def given_names(statement):
    """The names that a statement at the top of a cell binds: by def, class, import, assignment, with, for, except."""
    names = set()
    for node in _outside_functions(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
    return names


def uses(statement, names):
    """Where a statement uses one of `names` as a global name: a list of (name, line), lines counted from 1."""
    return list(_uses(statement, frozenset(names)))


def runs_at_once(statement):
    """False for def, class and import, which run none of the code in them that could call a function."""
    return not isinstance(
        statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    )


def calls(statement, name):
    """The calls of `name(...)` or `module.name(...)` anywhere in a statement."""
    found = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return [node for node in found if name == getattr(node.func, "id", getattr(node.func, "attr", None))]


def _uses(node, names):
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id in names:
            yield node.id, node.lineno
        return
    if isinstance(node, _SCOPES):
        names = names - _local_names(node)
    elif isinstance(node, _COMPREHENSIONS):
        names = names - set().union(*(given_names(generator.target) for generator in node.generators))
    for child in ast.iter_child_nodes(node):
        yield from _uses(child, names)


def _local_names(function):
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    names = {argument.arg for argument in every if argument}
    body = function.body if isinstance(function.body, list) else [function.body]
    return names.union(*(given_names(statement) for statement in body))


def _outside_functions(node):
    """The node and those below it that are not inside a function of their own."""
    yield node
    if not isinstance(node, (*_SCOPES, ast.ClassDef, *_COMPREHENSIONS)):
        for child in ast.iter_child_nodes(node):
            yield from _outside_functions(child)
