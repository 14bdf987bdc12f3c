"""Which cells of a student's notebook belong to which exercise, whatever was moved, doubled, renamed or deleted."""

import ast
import base64
import functools
import re
from dataclasses import dataclass, field

from course_lib.authoring.names import calls, given_names, parse, uses
from course_lib.checks.registry import find
from course_lib.grading.assignment import DRAWN, Task, checked_name, course_modules, given_code, names_given, names_of

ANOTHER_FORM = "The notebook was handed out with another form of this exercise"
MOST_PICTURES, MOST_PICTURE_BYTES = 4, 300_000
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class Work:
    """What a student wrote for one exercise.

    Parameters
    ----------
    task : the exercise
    text : the cell; None if it is not there
    name : what it hands in
    before : cells that must run first: [(label, text, whether it is given by the course), ...]
    notes : sentences on what was changed in the notebook, for the report
    forbidden : modules of the course that the cell imports, against the rules
    not_there : {name: module of the course} of what the cell uses and what is not there when it is marked
    elsewhere : {name: place} of what other cells of the student define, which are not run
    pictures : PNG images in base64 that the student's own run left below the cell
    """

    task: Task
    text: str | None = None
    name: str = ""
    before: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    forbidden: list = field(default_factory=list)
    not_there: dict = field(default_factory=dict)
    elsewhere: dict = field(default_factory=dict)
    pictures: list = field(default_factory=list)


@dataclass
class _Cell:
    place: int  # from 1, among all cells
    text: str
    body: list  # its statements; empty if it is no Python
    exercise: str  # that its metadata name
    outputs: list

    @functools.cached_property
    def names(self):
        return names_of(self.body)

    def gives(self, name):
        if self.body:
            return name in self.names
        return bool(re.search(rf"^(def {re.escape(name)}\b|{re.escape(name)}\s*=)", self.text, re.MULTILINE))

    def takes(self, name):
        """Whether it gives the name by `forward = yours("1.6")` alone: that is no answer, only the use of one."""
        giving = [each for each in self.body if name in given_names(each)]
        return bool(giving) and all(isinstance(each, ast.Assign) and calls(each, "yours") for each in giving)


def find_work(cells: list, tasks: dict[str, Task]) -> dict[str, Work]:
    """The work on each of these tasks in one notebook.

    Parameters
    ----------
    cells : of the student's notebook, as `submitted_notebook.read_notebook` gives them
    tasks : {number: Task}

    Returns {number: Work}, in the order of the tasks; also for those of which nothing is there.
    """
    read = [_read(place, cell) for place, cell in enumerate(cells, 1) if cell.kind == "code"]
    checks, forms = {}, {}
    for cell in read:
        checked = checked_name(cell.body)
        if checked:
            checks.setdefault(checked[0], []).append((cell, checked[1]))
            forms[checked[0]] = _form_of(cell.body[0].value)
    coded = {number: task for number, task in tasks.items() if task.kind != "text"}
    own = {number: _own_cell(task, read, checks.get(number, [])) for number, task in coded.items()}
    found = {}
    for number, task in tasks.items():
        if number not in own:
            found[number] = Work(task, _free_text(number, cells), number)
            continue
        cell, name, notes = own[number]
        work = Work(task, name=name, notes=notes)
        if number in forms and forms[number] != (task.variant or ""):
            notes.append(f"{ANOTHER_FORM}: {forms[number] or 'that of the course'}. Is it of this assignment?")
        if cell is not None:
            work.text, work.pictures = cell.text, _pictures(cell.outputs)
            work.before, bodies = _before(task, cell, coded, own)
            work.forbidden = sorted(_imported(bodies, find(number).lessons))
            work.not_there = {given: task.not_given[given] for given in sorted(_used(bodies, task.not_given))}
            work.elsewhere = {
                given: other.place
                for other in read
                if other is not cell and not checked_name(other.body)
                for given in other.names
            }
        found[number] = work
    return found


def without_magic(text: str) -> str:
    """A cell's text as plain Python: a line for IPython does nothing, a cell of another language is left out."""
    if text.lstrip().startswith("%%"):
        return ""
    return re.sub(r"^([ \t]*)[%!].*$", r"\1pass", text, flags=re.MULTILINE)


def _read(place, cell):
    text = without_magic(cell.source)
    try:
        body = parse(text)
        for statement in body:  # what is nested too deep for this is no cell that anybody wrote by hand
            given_names(statement)
            uses(statement, {"np"})
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        body = []
    number = re.fullmatch(r"exercise-(\d+)-(\d+)", _identity(cell))
    return _Cell(place, text, body, f"{number[1]}.{number[2]}" if number else "", cell.outputs)


def _form_of(call):
    """The form that a check in a notebook is told: the name of a variant, DRAWN for a question of a class, or ""."""
    words = {word.arg: getattr(word.value, "value", "") for word in call.keywords}
    return DRAWN if "question" in words else str(words.get("variant", ""))


def _free_text(number, cells):
    """What was written below a question for a reader: the cell that its metadata name, as its text is now."""
    texts = [cell.source for cell in cells if _identity(cell) == number]
    return texts[-1] if texts else None


def _identity(cell):
    """What a cell's metadata call it: nbgrader's grade_id."""
    marked = cell.metadata.get("nbgrader") if isinstance(cell.metadata, dict) else None
    return str(marked.get("grade_id", "")) if isinstance(marked, dict) else ""


def _own_cell(task, cells, checks):
    """(cell or None, name handed in, notes)."""
    notes, name = [], task.name
    if not checks:
        notes.append(f'The check of exercise {task.number} is gone: a cell with `check("{task.number}", {name})`.')
    handed_in = [each for _, each in checks if each.isidentifier()]
    if handed_in and handed_in[-1] != name and any(cell.gives(handed_in[-1]) for cell in cells):
        name = handed_in[-1]
        notes.append(f"The check is given `{name}` in place of `{task.name}`; `{name}` was marked.")
    candidates = [cell for cell in cells if cell.gives(name) and not checked_name(cell.body)]
    taken = [cell for cell in candidates if cell.takes(name)]
    candidates = [cell for cell in candidates if cell not in taken]
    marked = [cell for cell in cells if cell.exercise == task.number]
    chosen = [cell for cell in candidates if cell in marked] or candidates or marked
    if not chosen:
        by_yours = f" Cell {taken[-1].place} takes it from `yours`, which is no answer." if taken else ""
        return None, name, [*notes, f"There is no cell that gives `{name}`.{by_yours}"]
    if len(chosen) > 1:
        places = ", ".join(str(cell.place) for cell in chosen)
        notes.append(f"Cells {places} give `{name}`; the last one was marked.")
    if checks and chosen[-1].place > checks[-1][0].place:
        notes.append(f"The cell that gives `{name}` stands after its check.")
    return chosen[-1], name, notes


def _before(task, cell, tasks, own):
    """(cells to run first, the statements of all that the student wrote)."""
    others = {
        name: number
        for number, other in tasks.items()
        if number != task.number and own[number][0] is not None and own[number][0] is not cell
        for name in (*other.names, own[number][1])
        if name not in names_given(task.given)  # by `yours`: a wrong answer to that exercise costs its own points alone
    }
    needed, waiting = {}, [cell]
    while waiting:
        for number in sorted({others[name] for name in _used(waiting.pop().body, others)}):
            if number not in needed:
                needed[number] = own[number][0]
                waiting.append(own[number][0])
    run_first = sorted(needed.items(), key=lambda pair: pair[1].place)
    bodies = [statement for each in (*needed.values(), cell) for statement in each.body]
    given = given_code(bodies, task.given)
    first = [("the cells that the course gives", given, True)] if given else []
    return first + [(f"exercise {number}", each.text, False) for number, each in run_first], bodies


def _used(body, names):
    return {name for statement in body for name, _ in uses(statement, set(names))}


def _imported(body, lessons):
    """The modules of the course that these statements import anywhere in them, but for the lessons."""
    nodes = (node for statement in body for node in ast.walk(statement))
    return set().union(*(course_modules(node, lessons) for node in nodes))


def _pictures(outputs):
    """The PNG images among a cell's outputs, as far as they are images, and not too many or too large."""
    found = []
    for output in outputs if isinstance(outputs, list) else []:
        data = output.get("data") if isinstance(output, dict) else None
        picture = data.get("image/png") if isinstance(data, dict) else None
        if isinstance(picture, list) and all(isinstance(line, str) for line in picture):
            picture = "".join(picture)
        if not isinstance(picture, str) or len(picture) > 4 * MOST_PICTURE_BYTES // 3:
            continue
        try:
            content = base64.b64decode("".join(picture.split()), validate=True)
        except ValueError:
            continue
        if content.startswith(_PNG):
            found.append(base64.b64encode(content).decode("ascii"))
    return found[:MOST_PICTURES]
