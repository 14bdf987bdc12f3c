"""An assignment: which exercises a class gets, from which notebook, for how many points, due when.

It is a file of the instructor's, `assignment.json`, that `assign` writes and `grade` reads. It holds what marking must
know of each exercise, so that marking does not depend on the notebooks that came back.
"""

import ast
import functools
import json
import math
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from course_lib.authoring.names import given_names, parse, uses
from course_lib.checks.registry import UnknownExercise, find
from course_lib.learner.answer_texts import answer_with_needs
from course_lib.whole_file import write_file

FORMAT = 1
DRAWN = "drawn question"  # the variant of a task whose question is drawn from the cohort's seed
COURSE = Path(__file__).resolve().parents[2]  # the clone that this package lies in


class AssignmentError(ValueError):
    """An assignment that cannot be read or made. The message says what was given, what was expected, what to do."""


@dataclass(frozen=True)
class Task:
    """One exercise of an assignment.

    Parameters
    ----------
    number, title, kind : as the registry of checks has them; of a question for a reader "text-1", its title and "text"
    name : what the check takes, "dense_backward"
    notebook : its file's name without ending, "02a_downhill"
    given : statements that stand before the exercise in its notebook, outside of other exercises, and that a cell may
        use: imports, definitions, values. None of them needs the course itself, but for the lessons that are allowed;
        in place of `forward = yours("1.6")` stands the course's answer to 1.6
    not_given : {name: module of the course that it comes from}: what stands there too and is not there when marking
    names : every name that the exercise's cells define in the solution
    handed_out : the exercise's cell as it is handed out
    points : for a right answer
    variant : which form of the exercise this class got: the name of one of `checks.conventions`, or DRAWN; "" for the
        course's own
    """

    number: str
    title: str
    kind: str
    name: str
    notebook: str
    given: tuple[str, ...]
    not_given: dict[str, str]
    handed_out: str
    names: tuple[str, ...] = ()
    points: float = 1.0
    variant: str = ""


@dataclass(frozen=True)
class Late:
    """What late work costs: `points_a_day` percent of its points for each day begun, at most `at_most` percent.

    Work that comes more than `closed_after` days late gets nothing.
    """

    percent_a_day: float = 0.0
    at_most: float = 100.0
    closed_after: float = math.inf


@dataclass(frozen=True)
class Assignment:
    """What a class was handed.

    Parameters
    ----------
    title : of the whole
    tasks : {number of the exercise: Task}, in their order
    seed : the fresh inputs of marking are drawn from it; whoever knows it knows them
    due : when the work is due, with its time zone; None for never
    late : what late work costs
    cohort_seed : the questions were drawn from it; None where they are the course's own
    course : version of the course that made it
    """

    title: str
    tasks: dict[str, Task]
    seed: int = 0
    due: datetime | None = None
    late: Late = field(default_factory=Late)
    cohort_seed: int | None = None
    course: str = ""

    @property
    def points(self) -> float:
        """What all exercises together give."""
        return sum(task.points for task in self.tasks.values())

    def asked(self, task: Task) -> dict:
        """What was asked of this class, as `variants.run_check_in_form` takes it: {"form": ..., "question": ...}."""
        is_drawn = task.variant == DRAWN
        return {"form": "" if is_drawn else task.variant, "question": self.cohort_seed if is_drawn else None}


def assignment_of_course(notebooks: list[str] | None = None, numbers: list[str] | None = None) -> Assignment:
    """The course's own exercises, a point each: all, or those of some notebooks ("02a_downhill"), or some numbers.

    Raises
    ------
    AssignmentError : the notebooks are not where this package expects them, or a name is not there
    """
    folder = COURSE / "chapters"
    paths = {path.stem: path for path in sorted(folder.glob("[0-9][0-9]*_*.ipynb"))}
    if not paths:
        raise AssignmentError(
            f"{folder} has no notebooks. Marking runs from a clone of the course: git clone it, make lab."
        )
    unknown = [name for name in notebooks or () if name not in paths]
    if unknown:
        raise AssignmentError(f"There is no notebook {unknown[0]!r}. There are: {', '.join(paths)}.")
    tasks = {}
    for name in notebooks or paths:
        tasks |= {task.number: task for task in tasks_of_notebook(json.loads(paths[name].read_text("utf-8")), name)}
    missing = [number for number in numbers or () if number not in tasks]
    if missing:
        raise AssignmentError(f"There is no exercise {missing[0]!r} here. There are: {', '.join(tasks)}.")
    tasks = {number: task for number, task in tasks.items() if not numbers or number in numbers}
    return Assignment(" and ".join(notebooks) if notebooks else "The course", tasks)


def tasks_of_notebook(notebook: dict, stem: str) -> list[Task]:
    """The exercises of a notebook as the course hands it out (its JSON), with the given code that each uses."""
    tasks, cells = [], []  # cells: (text, its statements), without those that the learner writes
    for text in ("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"):
        body = parse(text)
        checked = checked_name(body)
        if checked is None:
            cells.append((text, body))
            continue
        number, name = checked
        place = max(place for place, (_, body) in enumerate(cells) if name in names_of(body))
        handed_out, body = cells.pop(place)
        before = [(each, ast.get_source_segment(text, each)) for text, body in cells[:place] for each in body]
        found = find(number)
        given, not_given = _givable(before, found.lessons)
        names = tuple(names_of(body))
        tasks.append(Task(number, found.title, found.kind, name, stem, given, not_given, handed_out, names))
    return tasks


def checked_name(body: list) -> tuple[str, str] | None:
    """(number, name) of a cell that is only `check("2.4", name)`; None for any other."""
    if len(body) != 1 or not isinstance(body[0], ast.Expr) or not isinstance(body[0].value, ast.Call):
        return None
    call = body[0].value
    if getattr(call.func, "id", None) != "check" or len(call.args) != 2 or not isinstance(call.args[0], ast.Constant):
        return None
    return str(call.args[0].value), str(getattr(call.args[1], "id", ""))


def names_of(body: list) -> list[str]:
    """The names that these statements give, in their order."""
    return list(dict.fromkeys(name for statement in body for name in sorted(given_names(statement))))


def given_code(body: list, given: tuple[str, ...]) -> str:
    """Of the given statements, those that define what `body` uses, and what these use in turn; in their order."""
    before, last = _statements(given)
    wanted, waiting = set(), list(body)
    while waiting:
        for name, _ in uses(waiting.pop(), set(last)):
            if last[name] not in wanted:
                wanted.add(last[name])
                waiting.append(before[last[name]])
    return "\n".join(given[place] for place in sorted(wanted))


def names_given(given: tuple[str, ...]) -> set[str]:
    """The names that the given statements define."""
    return set(_statements(given)[1])


@functools.lru_cache(maxsize=256)
def _statements(given):
    """The texts as statements, and {name: the last one that gives it}."""
    before = [ast.parse(text).body[0] for text in given]
    return before, {name: place for place, statement in enumerate(before) for name in given_names(statement)}


def _givable(before, lessons):
    """(texts of the statements that marking can run, {name: module of the course} of what it cannot)."""
    texts, missing = [], {}
    for statement, text in before:
        answers = _answers_given(statement)
        if answers:
            texts += answers
            for name in given_names(statement):
                missing.pop(name, None)
            continue
        module = min(course_modules(statement, lessons), default="")
        needs = {missing[name] for name, _ in uses(statement, set(missing))}
        if module or needs:
            missing |= dict.fromkeys(given_names(statement), module or min(needs))
        elif given_names(statement) and not isinstance(statement, ast.For | ast.While | ast.With):
            texts.append(text)
            for name in given_names(statement):
                missing.pop(name, None)
    return tuple(texts), missing


def _answers_given(statement):
    """The texts that stand for `forward = yours("1.6")`: the course's answer, and what it calls; [] for anything else.

    A line may give several: `layer, relu = yours("1.3"), yours("1.4")`. Each exercise is marked in a process of its
    own, so that no other exercise sees them.
    """
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return []
    target, value = statement.targets[0], statement.value
    several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts)
    pairs = zip(target.elts, value.elts, strict=True) if several else [(target, value)]
    texts = [_answer_given(*pair) for pair in pairs]
    return list(dict.fromkeys(each for found in texts for each in found)) if all(texts) else []


def _answer_given(target, call):
    """The texts for one name and one call of `yours`; [] for anything else."""
    if not isinstance(target, ast.Name) or not isinstance(call, ast.Call) or len(call.args) != 1 or call.keywords:
        return []
    if getattr(call.func, "id", None) != "yours":
        return []
    try:
        name = find(getattr(call.args[0], "value", "")).name
        texts = list(answer_with_needs(name).values())
    except (UnknownExercise, LookupError):
        return []
    return texts if target.id == name else [*texts, f"{target.id} = {name}"]


def course_modules(node: ast.AST, lessons: tuple[str, ...]) -> set[str]:
    """The modules of the course that a statement imports, but for the lessons that it may; empty for any other node.

    `from course_lib.scratch import activations` imports the lesson course_lib.scratch.activations too.
    """
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        may = module in lessons or all(f"{module}.{alias.name}" in lessons for alias in node.names)
        found = set() if may else {module}
    elif isinstance(node, ast.Import):
        found = {alias.name for alias in node.names} - set(lessons)
    else:
        found = set()
    return {module for module in found if module.split(".")[0] == "course_lib"}


def write_assignment(assignment: Assignment, path: Path) -> None:
    """Write an assignment as JSON, whole or not at all."""
    words = asdict(replace(assignment, due=None, tasks={}))
    words["tasks"] = [asdict(task) for task in assignment.tasks.values()]
    words["due"] = assignment.due.isoformat() if assignment.due else None
    words["late"]["closed_after"] = None if math.isinf(assignment.late.closed_after) else assignment.late.closed_after
    write_file(Path(path), json.dumps({"format": FORMAT, **words}, indent=1) + "\n")


def read_assignment(path: Path) -> Assignment:
    """Read an assignment. Raises AssignmentError, with the file and what is wrong with it."""
    try:
        words = json.loads(Path(path).read_text("utf-8"))
        if words.pop("format", None) != FORMAT:
            raise AssignmentError(
                f"{path}: written by another version of the course. Hand out anew, or use that version."
            )
        tasks = [
            Task(**{**task, "names": tuple(task["names"]), "given": tuple(task["given"])})
            for task in words.pop("tasks")
        ]
        late = words.pop("late")
        late = Late(**{**late, "closed_after": math.inf if late["closed_after"] is None else late["closed_after"]})
        due = words.pop("due")
        due = datetime.fromisoformat(due) if due else None
        return Assignment(tasks={task.number: task for task in tasks}, late=late, due=due, **words)
    except OSError as error:
        raise AssignmentError(f"{path} cannot be read: {error.strerror}. `assign` writes it.") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, AssignmentError):
            raise
        raise AssignmentError(f"{path} is no assignment.json of `assign` ({error}).") from None
