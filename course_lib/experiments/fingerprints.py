"""What a result stands on, as two digests of what code means: its experiment's, and that of the engine beneath.

Both hash syntax trees: a comment, a docstring or a line break changes neither, a constant or another name does.
"""

import ast
import functools
import hashlib
import importlib.util
import json
from pathlib import Path

from course_lib.experiments import registry

FOLDER = Path(__file__).resolve().parent
# Of course_lib: what experiments stand on, and that of this folder which turns what they give into numbers.
ENGINE = (
    "recipe.py",
    "arrays.py",
    "threads.py",
    "execution.py",
    "tensor_file.py",
    "data",
    "training",
    "scratch",
    "pytorch",
    "engine",
    "experiments/image_draws.py",
    "experiments/runner.py",
    "experiments/tuning.py",
    "experiments/workers.py",
)
# Where a node stands and how it was written; and what only some versions of Python put into their trees.
WITHOUT_MEANING = ("kind", "type_comment", "type_params", "type_ignores", "ctx")
ADDED = {"is_lazy": 0}  # fields that a later Python added, and what they hold where code does not use them: of 3.15


def fingerprint(name: str, small: bool = False) -> str:
    """What makes two runs of an experiment the same: a digest of its files and of its settings, 16 digits."""
    settings = registry.experiment(name).settings_for(small)
    parts = [f"{module} {_digest(path)}" for module, path in _modules(name).items()]
    return _short("\n".join([*parts, json.dumps(settings, sort_keys=True)]).encode())


def engine() -> str:
    """A digest of the code beneath all experiments, 16 digits: networks, data, training, and what measures."""
    package = FOLDER.parent
    paths = [package / part for part in ENGINE]
    files = [file for path in paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return _short("\n".join(f"{file.relative_to(package).as_posix()} {_digest(file)}" for file in files).encode())


def files(name: str) -> list[Path]:
    """The files that say what this experiment is: its claim's, and what that imports of the experiments' folder."""
    return list(_modules(name).values())


def meaning(source: bytes | str) -> str:
    """The normal form of a file's syntax tree, the same in every version of Python that the course runs on.

    It holds every node's kind and fields in the order of the grammar, without positions, docstrings, and what is empty.
    """
    return _normal(_tree(source))


def _modules(name):
    """{module: file} of what a claim's file imports from the experiments, on and on, itself first; found in the text.

    The claims may be a package of their own, as in the tests.
    """
    found, waiting = {}, [registry.module_name(name)]
    while waiting:
        module = waiting.pop(0)
        path = _file(module)
        if path is not None and module not in found:
            found[module] = path
            waiting += _imported(path.read_bytes(), module, path)
    return found


def _file(module):
    """The file of a module of the experiments, or of the package that the claims are in; None for any other."""
    claims_in = registry.PACKAGE.rpartition(".")[0] or registry.PACKAGE
    for package, folder in (("course_lib.experiments", FOLDER), (claims_in, _folder(claims_in))):
        if module == package or module.startswith(f"{package}."):
            path = folder.joinpath(*module.removeprefix(package).split(".")[1:])
            for candidate in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
                if candidate.is_file():
                    return candidate
    return None


def _folder(package):
    return Path(importlib.util.find_spec(package).origin).parent


@functools.cache
def _imported(source, module, path):
    """The modules that a file's import statements name, also those inside functions, sorted."""
    package, found = module if path.name == "__init__.py" else module.rpartition(".")[0], []
    for node in ast.walk(_tree(source)):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            origin = ".".join(filter(None, (above, node.module)))
            parts = [f"{origin}.{alias.name}" for alias in node.names]  # each a module, or else a name in `origin`
            found += (part if _file(part) else origin for part in parts)
    return sorted(found)


def _normal(node):
    """A node, a list of nodes or a plain value as text."""
    if isinstance(node, list):
        return f"[{','.join(map(_normal, node))}]"
    if isinstance(node, ast.Constant):
        return f"Constant({node.value!a})"  # not !r: what is a letter differs by version
    if not isinstance(node, ast.AST):
        return ascii(node)
    fields = []
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(value, list):
            value = [statement for statement in value if not _is_docstring(statement)]
        if name == "values" and isinstance(node, ast.JoinedStr):
            value = _joined(value)
        if name not in WITHOUT_MEANING and value not in (None, [], ADDED.get(name)):
            fields.append(f"{name}={_normal(value)}")
    return f"{type(node).__name__}({','.join(fields)})"


def _is_docstring(statement):
    """A text that stands alone: a docstring, or a note among statements."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _joined(values):
    """The parts of an f-string with neighboring texts as one: versions of Python cut them in other places."""
    joined = []
    for value in values:
        if joined and isinstance(value, ast.Constant) and isinstance(joined[-1], ast.Constant):
            joined[-1] = ast.Constant(joined[-1].value + value.value)
        else:
            joined.append(value)
    return [value for value in joined if not (isinstance(value, ast.Constant) and value.value == "")]


@functools.cache
def _tree(source):
    return ast.parse(source)


def _digest(path):
    return _digest_of(path.read_bytes())


@functools.cache
def _digest_of(source):
    return _short(meaning(source).encode())


def _short(content):
    return hashlib.sha256(content).hexdigest()[:16]
