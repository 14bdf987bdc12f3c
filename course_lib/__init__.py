"""Companion package of an open course on deep neural networks.

Two engines do everything twice: `course_lib.scratch` by hand in NumPy, `course_lib.pytorch` with PyTorch. Importing
this package loads neither; PyTorch is loaded when something asks for it. `course_lib.fit` and `course_lib.Recipe` are
there for those who look for them here, and are loaded when they are asked for.
"""

from typing import Any

__version__ = "0.2.0"  # pyproject.toml takes it from here, and CHANGELOG.md begins with it


def __getattr__(name: str) -> Any:
    """What is loaded when it is asked for: PEP 562."""
    if name == "Recipe":
        from course_lib.recipe import Recipe

        return Recipe
    if name == "fit":
        from course_lib.training import fit

        return fit
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), "Recipe", "fit"])
