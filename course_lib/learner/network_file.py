"""my_network.py: the learner's own file, one section an exercise. What the learner edits in it stays as it is.

The course parts it at lines of its own, `# ==== 1.6 · forward · yours ====`, and never changes what stands above the
first one or inside of a section that somebody edited.
"""

import hashlib
import linecache
import re
from dataclasses import dataclass
from pathlib import Path

from course_lib.checks.registry import Exercise
from course_lib.learner.answer_texts import answer_needs, answer_text
from course_lib.learner.memory import alone, folder, remember, remembered
from course_lib.learner.source_text import FunctionText
from course_lib.whole_file import write_file

FILE = "my_network.py"
YOURS, COURSES = "yours", "the course's"
MARK = re.compile(r"^# ==== (\d+\.\d+) · (\w+) · (yours|the course's) ====$", re.MULTILINE)
MOST_BYTES = 1_000_000
DOCSTRING = '''"""My network, written by hand in NumPy.

Each function below passed its exercise in the course; what is marked as the
course's waits for mine. Together they train a network:

    import numpy as np
    import my_network as net

    rng = np.random.default_rng(0)
    layers = net.random_layers([784, 100, 10], rng)
    for epoch in range(5):
        layers = net.train_epoch(x, labels, layers, 0.1, 32, rng)
    guesses = net.forward(new_x, layers)[-1].argmax(axis=1)

x (examples, 784) holds pixels from 0 to 1, labels (examples,) whole numbers
from 0 to 9. The weights that mine ended with are in my_network.npz:

    saved = np.load("my_network.npz")
    layers = [[saved[f"weights{k}"], saved[f"bias{k}"]] for k in (1, 2)]
"""

import numpy as np
'''


class Unreadable(ValueError):
    """A my_network.py that cannot be read or run. The message says what is wrong and what to do."""


@dataclass
class Section:
    """One exercise's part of the file.

    Parameters
    ----------
    number, name : of the exercise
    whose : YOURS or COURSES
    text : what stands below the mark
    """

    number: str
    name: str
    whose: str
    text: str

    @property
    def fingerprint(self) -> str:
        """Of the text: the same for the same code, wherever blank lines stand around it."""
        return hashlib.sha256(self.text.strip().encode()).hexdigest()[:16]

    def __str__(self):
        return f"# ==== {self.number} · {self.name} · {self.whose} ====\n\n{self.text.strip()}\n"


def path() -> Path:
    """Where the file is, or would be."""
    return folder() / FILE


def read_text() -> str:
    """The file's text; "" if there is none. Raises Unreadable."""
    try:
        data = path().read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Unreadable(f"{FILE} cannot be read: {error.strerror}.") from None
    if len(data) > MOST_BYTES:
        raise Unreadable(f"{FILE} has {len(data):,} bytes; the course reads at most {MOST_BYTES:,}.")
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Unreadable(f"{FILE} is not a text in UTF-8. Save it as one, or move it away.") from None


def sections_of(text: str) -> tuple[str, list[Section]]:
    """What stands above the first mark, and the sections in their order."""
    marks = list(MARK.finditer(text))
    if not marks:
        return text, []
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    found = [Section(*mark.groups(), text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    return text[: marks[0].start()], found


def put(exercise: Exercise, function: FunctionText, kept: dict[str, Exercise]) -> str:
    """Put a learner's function into the file, whole or not at all. Returns the sentence for the card.

    Parameters
    ----------
    kept : {name: Exercise} of all that the file may hold

    Raises
    ------
    Unreadable, course_lib.whole_file.NotWritten, FileNotFoundError : nothing was changed
    """
    new = Section(exercise.number, exercise.name, YOURS, _with_imports(function))
    with alone():
        head, sections = sections_of(read_text())
        there = next((each for each in sections if each.name == exercise.name), None)
        if there is not None and there.whose == YOURS and _was_edited(there, new):
            return (
                f"{FILE} has a `{exercise.name}` that was edited there, and it stays. To put this one in its place, "
                "delete that section and run the check again."
            )
        _set(sections, new, kept)
        for name in sorted(function.needs):
            _add_the_courses(sections, name, kept)
        text = f"{(head or DOCSTRING).rstrip()}\n\n\n" + "\n\n".join(map(str, sections))
        write_file(path(), text)
    remember("written", exercise.name, new.fingerprint)
    return f"Kept in {FILE}."


def run(text: str) -> dict:
    """The names of the file, once it has run. Raises Unreadable: it stops, with the line."""
    space = {"__name__": "my_network", "__file__": str(path())}
    try:
        code = compile(text, str(path()), "exec")
        _remember_lines(text)
        exec(code, space)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        line = getattr(error, "lineno", None) or _line_of(error)
        where = f", line {line}" if line else ""
        raise Unreadable(f"{FILE} does not run{where}: {type(error).__name__}: {str(error)[:200]}.") from None
    return space


def _was_edited(there, new):
    """Whether a section holds what the learner wrote into the file by hand, and not what is put there now."""
    as_written = remembered()["written"].get(there.name)
    return there.fingerprint not in (new.fingerprint, as_written)


def _with_imports(function):
    imports = "\n".join(sorted(function.imports))
    return f"{imports}\n\n\n{function.text}" if imports else function.text


def _set(sections, new, kept):
    """Replace the section of this name, or insert it where its number belongs."""
    for place, each in enumerate(sections):
        if each.name == new.name:
            sections[place] = new
            return
    order = list(kept)
    later = [
        place
        for place, each in enumerate(sections)
        if each.name in kept and order.index(each.name) > order.index(new.name)
    ]
    sections.insert(later[0] if later else len(sections), new)


def _add_the_courses(sections, name, kept):
    """The course's own function where the file has none of this name, with what it calls in turn."""
    if any(each.name == name for each in sections):
        return
    _set(sections, Section(kept[name].number, name, COURSES, answer_text(name)), kept)
    for other in answer_needs(name):
        _add_the_courses(sections, other, kept)


def _remember_lines(text):
    """So that an error in the file is shown with its line, and `inspect` finds the text."""
    linecache.cache[str(path())] = (len(text), None, text.splitlines(keepends=True), str(path()))


def _line_of(error):
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path()):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
