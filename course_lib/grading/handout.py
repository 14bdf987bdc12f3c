"""What a class is handed: notebooks of the course, with points, a due date, and what counts and how.

The whole notebook is handed out, also where only some of its exercises count. An exercise rests on the text above it,
on cells that were run, and on words that were explained; cut out of its chapter it would be another, harder one. So the
notebook stays as it is, each exercise says whether it counts, and the list at the top names those that do.
"""

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from course_lib.authoring.address import without_badges
from course_lib.authoring.build import notebooks as built_notebooks
from course_lib.authoring.source import HEADING
from course_lib.checks.drawn_questions import drawn_numbers, put_into, question
from course_lib.checks.registry import find
from course_lib.checks.variants import drawn_variants, find_variant, rewritten
from course_lib.grading.assignment import COURSE, DRAWN, AssignmentError, Late, Task, tasks_of_notebook

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
MONTHS += ("November", "December")


ANSWER = "*Your answer, in place of this line.*"


@dataclass(frozen=True)
class Handout:
    """What is asked of a class.

    Parameters
    ----------
    title : of the assignment
    points : {number of an exercise that counts: its points}, in the order of the course
    due, late : as of the `Assignment`
    cohort_seed : questions and conventions are drawn from it; None for the course's own
    questions : (text, points) of questions that are answered in words, at the end of the last notebook
    """

    title: str
    points: dict[str, float]
    due: datetime | None = None
    late: Late = field(default_factory=Late)
    cohort_seed: int | None = None
    questions: tuple[tuple[str, float], ...] = ()

    @property
    def variants(self) -> dict[str, str]:
        """{number: name of the variant that this class gets}, of the exercises that count."""
        if self.cohort_seed is None:
            return {}
        drawn = dict.fromkeys([number for number in drawn_numbers() if number in self.points], DRAWN)
        return drawn | drawn_variants(list(self.points), self.cohort_seed)


def chapters() -> dict[str, Path]:
    """The notebooks of the course: {"02a_downhill": its path}. Raises AssignmentError where there are none."""
    paths = {path.stem: path for path in sorted((COURSE / "chapters").glob("[0-9][0-9]*_*.ipynb"))}
    if not paths:
        raise AssignmentError(f"{COURSE / 'chapters'} has no notebooks. Hand out from a clone of the course.")
    return paths


def chapter(stem: str) -> dict:
    """A notebook of the course as it is handed out, its JSON.

    Raises
    ------
    AssignmentError : the file is not as the course has it, so that it may hold somebody's answers
    """
    path = chapters()[stem]
    text = path.read_text("utf-8")
    notebook = json.loads(text)
    try:
        same = built_notebooks(COURSE, [stem])[Path("chapters", path.name)] == text
    except ModuleNotFoundError:  # without jupytext: a notebook that was run or solved shows at least this
        same = not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook["cells"])
    if not same:
        raise AssignmentError(
            f"{path} is not as the course has it, so that it may hold answers. Put it back (git checkout {path}); or, "
            f"to hand out your own version of it, change solutions/{stem}.py and run make chapters."
        )
    return notebook


def release(notebook: dict, stem: str, handout: Handout, is_last: bool = True) -> dict:
    """The notebook for the class, from that of the course; the same handout gives the same notebook.

    Parameters
    ----------
    notebook : the JSON of a chapter
    stem : its file's name without ending
    is_last : whether it is the last one of the assignment, which has the questions in words
    """
    notebook = copy.deepcopy(notebook)
    places = _places(notebook["cells"])
    variants = {number: name for number, name in handout.variants.items() if number in places}
    for number, name in variants.items():
        if name == DRAWN:
            notebook = put_into(notebook, question(number, handout.cohort_seed))
    cells = notebook["cells"]
    # What the badges open is the course's own notebook, and not this one.
    cells[0]["source"] = without_badges("".join(cells[0]["source"])).splitlines(keepends=True)
    for number, (first, last) in places.items():
        if variants.get(number, DRAWN) != DRAWN:
            variant = find_variant(number, variants[number])
            texts = rewritten(variant, ["".join(cell["source"]) for cell in cells[first : last + 1]])
            for cell, text in zip(cells[first : last + 1], texts, strict=True):
                cell["source"] = text.splitlines(keepends=True)
        _mark(cells[first], cells[last], number, handout.points.get(number))
    counted = [number for number in handout.points if number in places]
    notebook["metadata"]["course_lib"] = {"assignment": handout.title}
    questions = handout.questions if is_last else ()
    for place, (text, points) in enumerate(questions, 1):
        cells += _question(question_name(place), text, points)
    told = _instructions(handout, counted, variants, f"{stem}.ipynb", len(counted) < len(places), questions)
    cells.insert(0, _cell(told))
    return notebook


def tasks_of_release(notebook: dict, stem: str, handout: Handout) -> list[Task]:
    """What marking must know of the exercises that count, from the notebook that the class got."""
    variants = handout.variants
    return [
        replace(task, points=handout.points[task.number], variant=variants.get(task.number, ""))
        for task in tasks_of_notebook(notebook, stem)
        if task.number in handout.points
    ]


def tasks_of_questions(stem: str, handout: Handout) -> list[Task]:
    """The questions that are answered in words, which stand in the notebook `stem`."""
    tasks = []
    for place, (text, points) in enumerate(handout.questions, 1):
        name = question_name(place)
        tasks.append(Task(name, text, "text", name, stem, (), {}, ANSWER, points=points))
    return tasks


def question_name(place: int) -> str:
    """The name of a question in words, by its place from 1: of its cell, in tables and in overrides."""
    return f"text-{place}"


def moment_text(moment: datetime) -> str:
    """A moment in words, with its zone: "Thursday, December 24, 2026, 18:00 (UTC+01:00)"."""
    offset = moment.isoformat()[-6:]
    day = f"{DAYS[moment.weekday()]}, {MONTHS[moment.month - 1]} {moment.day}, {moment.year}"
    return f"{day}, {moment:%H:%M} ({'UTC' if offset == '+00:00' else f'UTC{offset}'})"


def points_text(points: float) -> str:
    """ "1 point", "2.5 points"."""
    return f"{points:g} point{'' if points == 1 else 's'}"


def _places(cells):
    """{number: (place of the cell with its heading, place of its check)} of the exercises of a notebook."""
    places, first = {}, 0
    for place, cell in enumerate(cells):
        text = "".join(cell["source"])
        heading = HEADING.search(text) if cell["cell_type"] == "markdown" else None
        if heading:
            number, first = heading[1], place
        elif cell["metadata"].get("nbgrader", {}).get("grade"):
            places[number] = (first, place)
    return places


def _mark(heading, check, number, points):
    """Say at an exercise what it counts, to a reader and to nbgrader."""
    said = f"*{points_text(points).capitalize()}.*" if points is not None else "*For practice: it does not count.*"
    text = "".join(heading["source"])
    line = next(match[0] for match in HEADING.finditer(text) if match[1] == number)
    heading["source"] = text.replace(line, f"{line}\n\n{said}", 1).splitlines(keepends=True)
    if points is None:
        check["metadata"].pop("nbgrader")
    else:
        check["metadata"]["nbgrader"]["points"] = points


def _cell(text):
    return {
        "cell_type": "markdown",
        "id": "what-to-hand-in",
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }


def _question(name, text, points):
    """The two cells of a question in words: what is asked, and where the answer goes, as nbgrader marks it too."""
    marked = {"grade_id": name, "grade": True, "solution": True, "locked": False, "points": points}
    marked |= {"schema_version": 3, "task": False}
    asked = _cell(f"### Question {name} · {points_text(points)}\n\n{text}") | {"id": f"ask-{name}"}
    return [asked, _cell(ANSWER) | {"id": f"answer-{name}", "metadata": {"nbgrader": marked}}]


def _instructions(handout, counted, variants, file_name, practice, questions):
    rows = [f"| {number} · {find(number).title} | {handout.points[number]:g} |" for number in counted]
    for place, (_, points) in enumerate(questions, 1):
        rows.append(f"| {question_name(place)}, in words, at the end | {points:g} |")
    table = "\n".join(rows)
    parts = [
        f"# {handout.title}",
        f"**Hand in** this notebook, `{file_name}`, under this name, where your instructor says. Keep it apart "
        "from the chapter of the same name: in the top folder of your clone of the course, for instance.",
        _due(handout),
        f"**What counts:**\n\n| Exercise | Points |\n|---|---|\n{table}",
        "The other exercises are for practice. You may need what they teach." if practice else "",
        "**How.** Write your answers in the cells of the exercises. Below each is its check: run it as often as you "
        "like, and it says what is not right yet. When you are done, choose Restart Kernel and Run All Cells, look at "
        "the checks once more, save, and hand in the file.",
        "**What is checked.** Your answers are run again, elsewhere: with the checks that you see, and on other inputs "
        "of the same kind. What your notebook shows does not count. When it is graded, only the cells of these "
        "exercises are run, after what the course itself gives above them. So:\n\n"
        "- Keep the names of the functions, and leave the cells with `check` as they are.\n"
        "- Write all that an answer needs into its own cell, or into that of another exercise that counts.\n"
        "- Use NumPy and plain Python. The course's own versions of what you write (`from course_lib... import`) are "
        "not there when an answer is marked.",
    ]
    if variants:
        said = ", ".join(sorted(variants, key=lambda number: [int(part) for part in number.split(".")]))
        parts.append(
            f"**Read the text of {said} with care.** Your class gets {'it' if len(variants) == 1 else 'them'} in a "
            "form of its own: other numbers or letters, another order, or another convention than the chapter has."
        )
    return "\n\n".join(part for part in parts if part)


def _due(handout):
    if handout.due is None:
        return ""
    late = handout.late
    text = f"**Due:** {moment_text(handout.due)}."
    if late.percent_a_day:
        most = "" if late.at_most >= 100 else f", and at most {late.at_most:g}%"
        text += f" Each day or part of a day after that costs {late.percent_a_day:g}% of the points{most}."
    if late.closed_after != float("inf"):
        text += f" Work that comes more than {_days(late.closed_after)} late gets no points."
    return text


def _days(number):
    return f"{number:g} day{'' if number == 1 else 's'}"


def numbers_in(stem: str) -> list[str]:
    """The numbers of the exercises of a notebook of the course."""
    return list(_places(json.loads(chapters()[stem].read_text("utf-8"))["cells"]))


def counted_exercises(stems: Iterable[str], numbers: list[str] | None = None) -> dict[str, str]:
    """{number of an exercise: its notebook}, all of these notebooks or those named, in the order of the course.

    Raises
    ------
    AssignmentError : an exercise that is not in them, or a notebook of which nothing counts
    """
    there = {number: stem for stem in sorted(stems) for number in numbers_in(stem)}
    for number in numbers or ():
        if number not in there:
            raise AssignmentError(
                f"There is no exercise {number!r} in {', '.join(stems)}. There are: {', '.join(there) or 'none'}."
            )
    counted = {number: stem for number, stem in there.items() if not numbers or number in numbers}
    for stem in stems:
        if stem not in counted.values():
            why = "It has no exercises." if stem not in there.values() else "None of the exercises named is in it."
            raise AssignmentError(f"Nothing of {stem} would count. {why} Leave it out.")
    return counted
