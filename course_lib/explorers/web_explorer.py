"""Explorers that live in the browser: a Python class holds the state of one, and computes nothing.

What computes and draws is an ES module, `web/explorers/NAME.js`; its fields are declared in
`web/explorers/NAME.state.js`, which both languages read. In a notebook each field is a trait: `explorer.w1 = 2.0` moves
the picture, `explorer.w1` reads it, and it can be observed or linked to a slider of ipywidgets. A page without a kernel
mounts the same module.

`web/` has no build step. A notebook's front end takes one file, so that `_esm` carries the modules as texts, each one
that the explorer needs, and a loader that gives them addresses (`web/loader.js`, then `web/widget.js`).
"""

import functools
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anywidget
import numpy as np
import traitlets

from course_lib.explorers import page_form

WEB = Path(__file__).resolve().parent / "web"
IMPORT = re.compile(r'\bfrom\s+"(\.[^"]+)"')
PREFIX, SUFFIX = "export default ", ";"


@functools.cache
def declaration(name: str) -> dict:
    """What `web/explorers/NAME.state.js` declares: explorer, version, title and fields, as `web/state.js` explains."""
    text = (WEB / "explorers" / f"{name}.state.js").read_text(encoding="utf-8").strip()
    return json.loads(text.removeprefix(PREFIX).removesuffix(SUFFIX))


@functools.cache
def modules(entry: str) -> dict[str, str]:
    """{path below web/: source} of a module and all that it imports, none before one that it needs.

    Raises
    ------
    ImportError : modules that import each other in a circle, or a file that is not there
    """
    found: dict[str, str] = {}
    _add_module(entry, (), found)
    return found


def _add_module(path, above, found):
    if path in above:
        raise ImportError(f"web/{path} imports itself, by way of {' and '.join(above)}.")
    if path in found:
        return
    if not (WEB / path).is_file():
        raise ImportError(f"There is no web/{path}, which {above[-1] if above else 'an explorer'} imports.")
    source = (WEB / path).read_text(encoding="utf-8")
    for relative in IMPORT.findall(source):
        needed = ((WEB / path).parent / relative).resolve().relative_to(WEB).as_posix()
        _add_module(needed, (*above, path), found)
    found[path] = source


@functools.cache
def widget_source(entry: str) -> str:
    """The one file that a notebook's front end gets."""
    return "\n".join([loading(entry), (WEB / "widget.js").read_text(encoding="utf-8")])


def loading(entry: str) -> str:
    """JavaScript with the modules as texts and load(), which gives them addresses and imports the entry."""
    loader = (WEB / "loader.js").read_text(encoding="utf-8")
    return f"const MODULES = {json.dumps(modules(entry))};\nconst ENTRY = {json.dumps(entry)};\n{loader}"


class Field(traitlets.TraitType):
    """A field of the state as a trait; a value that it cannot have is a TraitError that says what it can be."""

    def __init__(self, field):
        super().__init__(default_value=field["start"])
        self.field = field
        self.tag(sync=True)

    def make_dynamic_default(self):
        """A fresh copy of where the field starts."""
        return json.loads(json.dumps(self.field["start"]))

    def validate(self, owner, value):
        """The value as a plain one."""
        return _checked(self.field, _plain(value))


class WebExplorer(anywidget.AnyWidget):
    """Base of the explorers in the browser. A subclass names its `module`, and says in its docstring what it shows.

    Parameters
    ----------
    starts : where fields start, by name; those left out start where their declaration says

    Raises
    ------
    TypeError : a name that is no field of this explorer
    traitlets.TraitError : a value that the field cannot have
    """

    module = ""
    _fields = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init_subclass__(cls, **words: Any) -> None:
        """Give the class a trait for each field of its module."""
        super().__init_subclass__(**words)
        if "module" not in vars(cls):  # a class that traitlets derives from one, for traits that are added later
            return
        for field in declaration(cls.module)["fields"]:
            trait = Field(field)
            setattr(cls, field["name"], trait)
            trait.class_init(cls, field["name"])
        cls._esm = widget_source(f"explorers/{cls.module}.js")

    def __init__(self, **starts: Any) -> None:
        self._check_names(starts)
        super().__init__(_fields=self.field_names(), **starts)
        self._starts = self._values()

    @classmethod
    def has_something_to_move(cls) -> bool:
        """Whether this is an explorer and not the base of some."""
        return bool(cls.module)

    @classmethod
    def field_names(cls) -> list[str]:
        """The names of the state's fields."""
        return [field["name"] for field in declaration(cls.module)["fields"]]

    @classmethod
    def _check_names(cls, changes):
        known = cls.field_names()
        for name in changes:
            if name not in known:
                raise TypeError(f"{cls.__name__} has no control {name!r}. Its controls are: {', '.join(known)}.")

    def _values(self):
        return {name: getattr(self, name) for name in self.field_names()}

    @property
    def state(self) -> SimpleNamespace:
        """The present state, a copy: one attribute per field."""
        return SimpleNamespace(**json.loads(json.dumps(self._values())))

    def set(self, **changes: Any) -> None:
        """Move fields, all at once: `explorer.set(w1=2.0, w2=0.0)`. A value that cannot be changes nothing."""
        self._check_names(changes)
        fields = {field["name"]: field for field in declaration(self.module)["fields"]}
        checked = {name: _checked(fields[name], _plain(value)) for name, value in changes.items()}
        with self.hold_sync():
            for name, value in checked.items():
                setattr(self, name, value)

    def reset(self) -> None:
        """All fields back to where they started."""
        self.set(**self._starts)

    def to_json(self) -> str:
        """The state as text, as a file or a link holds it; the page of the book reads it too."""
        known = declaration(self.module)
        return json.dumps({"explorer": known["explorer"], "version": known["version"], "state": self._values()})

    def _repr_mimebundle_(self, **words):
        bundle = super()._repr_mimebundle_(**words)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        known = declaration(self.module)
        form = page_form.explorer(known["explorer"], known["title"], self._values())
        return {**data, "text/plain": repr(self), page_form.PAGE_FORM: form}, metadata

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self._values().items())
        return f"{type(self).__name__}({values})"


def _plain(value):
    """NumPy's numbers, booleans, texts and arrays as Python's own; tuples as lists."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _checked(field, value):
    """The value, or a TraitError with what was given and what is expected: as web/state.js does it."""
    expected = _what_is_wrong(field, value)
    if expected:
        shown = repr(value)
        raise traitlets.TraitError(f"{field['name']} is {shown[:60]}; it must be {expected}.")
    return value


def _what_is_wrong(field, value):
    kind = field["kind"]
    if kind == "number":
        whole = field.get("whole", False)
        inside = _is_number(value) and field["low"] <= value <= field["high"] and (not whole or value == int(value))
        return "" if inside else f"a {'whole ' if whole else ''}number from {field['low']} to {field['high']}"
    if kind == "choice":
        known = [option for _, option in field["options"]]
        same = [each for each in known if each == value and isinstance(each, bool) == isinstance(value, bool)]
        return "" if same else f"one of {', '.join(map(repr, known))}"
    if kind == "flag":
        return "" if isinstance(value, bool) else "True or False"
    if kind == "text":
        return (
            ""
            if isinstance(value, str) and len(value) <= field["most"]
            else f"a text of at most {field['most']} letters"
        )
    if kind == "numbers":
        numbers = isinstance(value, list) and len(value) <= field["most"]
        inside = numbers and all(_is_number(each) and field["low"] <= each <= field["high"] for each in value)
        return "" if inside else f"a list of at most {field['most']} numbers from {field['low']} to {field['high']}"
    if not isinstance(value, list) or not field["least"] <= len(value) <= field["most"]:
        return f"a list of {field['least']} to {field['most']} values"
    wrong = [said for each in value if (said := _what_is_wrong(field["of"], each))]
    return f"a list of values each of which is {wrong[0]}" if wrong else ""


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
