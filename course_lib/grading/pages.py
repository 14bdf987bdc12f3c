"""Feedback as HTML: a page for each student, and one for the instructor. They open anywhere, without a network.

All that a student wrote is text here: the templates escape whatever they are given, and the pages forbid every script
but the one of the instructor's page.
"""

import base64
import hashlib
import re
import statistics
from collections import Counter
from pathlib import Path

from course_lib.grading.assignment import Assignment
from course_lib.grading.collect import NotUnderstood, safe_name
from course_lib.grading.similar import alike
from course_lib.grading.totals import Mark
from course_lib.whole_file import write_file

TEMPLATES = Path(__file__).parent / "templates"
MOST_DIAGNOSES = 3  # of an exercise, on the instructor's page
MOST_BARS = 11
LOOKS = {
    "passed": ("✓", "right"),
    "failed": ("✗", "not right"),
    "not_written": ("✎", "not written"),
    "missing": ("✗", "not there"),
    "broken": ("!", "could not be marked"),
    "by_hand": ("✎", "read by hand"),
}
_STOPPED = {
    "time": "too much processor time",
    "clock": "too long by the clock",
    "memory": "too much memory",
    "ended": "its process ended",
    "reply": "an answer that is no plain value",
}
_ON_FRESH_INPUTS = "It is right for the inputs of the check in your notebook, and not for others."
_ON_FRESH_HINT = "Does it do what the exercise says, for other sizes and other numbers too?"


def write_pages(
    marks: list[Mark],
    assignment: Assignment,
    folder: Path,
    not_understood: list[NotUnderstood] = (),
    show_hidden: bool = False,
) -> None:
    """Write class.html and students/ID.html into a folder.

    Parameters
    ----------
    show_hidden : students' pages say what fresh inputs gave; else only that the answer does not hold for others
    """
    environment = _environment()
    folder = Path(folder)
    (folder / "students").mkdir(parents=True, exist_ok=True)
    look = (TEMPLATES / "look.css").read_text("utf-8")
    page = environment.get_template("student.html")
    for mark in marks:
        words = {"mark": mark, "assignment": assignment, "look": _safe(look)}
        text = page.render(exercises=_exercises_of(mark, assignment, show_hidden), **words)
        write_file(folder / "students" / f"{safe_name(mark.student)}.html", _encodable(text))
    script = (TEMPLATES / "class.js").read_text("utf-8")
    text = environment.get_template("class.html").render(
        assignment=assignment,
        marks=marks,
        look=_safe(look),
        script=_safe(script),
        script_digest="sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        median=statistics.median([mark.total for mark in marks]) if marks else 0,
        bars=list(_bars(marks, assignment)),
        exercises=_exercises_of_class(marks, assignment),
        looks=list(_looks(marks)),
        not_understood=not_understood,
        alike=alike([mark.record for mark in marks], assignment),
        questions=list(_questions(marks, assignment)),
        others=_other_overrides(marks, assignment),
        pages={mark.student: f"students/{safe_name(mark.student)}.html" for mark in marks},
    )
    write_file(folder / "class.html", _encodable(text))


def _environment():
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["points"] = lambda value: f"{round(value, 2):g}"
    environment.filters["marked"] = _marked
    return environment


def _marked(text):
    """Escaped, with what stands between backticks as code."""
    from markupsafe import escape

    return _safe(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text))))


def _safe(text):
    from markupsafe import Markup

    return Markup(text)


def _encodable(text):
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "�")


def _exercises_of(mark, assignment, show_hidden):
    """What a student's page shows of each exercise."""
    for number, task in assignment.tasks.items():
        record = mark.record.exercises[number]
        sign, word = LOOKS[record["status"]]
        word = "not read yet" if number in mark.unread else word
        if record["hidden"] and not show_hidden:
            record = record | {"message": _ON_FRESH_INPUTS, "hint": _ON_FRESH_HINT, "place": "", "source": ""}
        yield record | {
            "name": number if task.kind == "text" else f"Exercise {number}",
            "title": task.title,
            "sign": sign,
            "word": word,
            "points": mark.points[number],
            "of": task.points,
            "override": mark.overrides.get(number),
            "code": mark.record.code.get(number, ""),
        }


def _bars(marks, assignment):
    """The distribution of the points, in at most MOST_BARS groups."""
    most = max([assignment.points, *(mark.total for mark in marks)], default=0)
    width = max(1, -(-most // (MOST_BARS - 1)))
    counts = Counter(int(mark.total // width) for mark in marks)
    highest = max(counts.values(), default=1)
    for group in range(int(most // width) + 1):
        label = f"{group * width:g}" if width == 1 else f"{group * width:g}–{(group + 1) * width - 1:g}"
        yield {"label": label, "count": counts[group], "height": round(120 * counts[group] / highest)}


def _exercises_of_class(marks, assignment):
    rows = []
    for number, task in assignment.tasks.items():
        records = [mark.record.exercises[number] for mark in marks]
        wrong = [record for record in records if record["status"] in ("failed", "broken")]
        words = Counter(map(_diagnosis, wrong))
        row = {"number": number, "title": task.title, "wrong": len(wrong)}
        row["right"] = sum(record["status"] == "passed" for record in records)
        row["open"] = sum(record["status"] in ("not_written", "missing", "by_hand") for record in records)
        row["diagnoses"] = [(count, text) for text, count in words.most_common(MOST_DIAGNOSES)]
        rows.append(row)
    return sorted(rows, key=lambda row: -row["wrong"])


def _diagnosis(record):
    """What many have in common: the message, unless it has numbers of one student's; then the hint."""
    message, hint = record["message"], record["hint"]
    return hint if hint and re.search(r"\d", message) else message


def _looks(marks):
    """Whose work an instructor should look at, and why."""
    for mark in marks:
        page = f"students/{safe_name(mark.student)}.html"
        for note in mark.record.notes:
            yield {"student": mark.student, "page": page, "number": "", "why": note}
        for number, record in mark.record.exercises.items():
            reasons = list(record["notes"])
            if record["status"] == "broken":
                reasons.append(f"The check itself failed: {record['message']}")
            if record["stopped"]:
                reasons.append(f"{record['message']} It was stopped: {_STOPPED[record['stopped']]}.")
            if record["message"].startswith("This is right in the course's own form"):
                reasons.append("Right in the course's own form, whose solution is public, and not in the class's.")
            if record["hidden"]:
                reasons.append("Right for the check's own inputs, and not for fresh ones.")
            if record["message"].startswith("Your cell imports"):
                reasons.append(record["message"].replace("Your cell", "The cell"))
            for why in reasons:
                yield {"student": mark.student, "page": page, "number": number, "why": why}


def _other_overrides(marks, assignment):
    """What was set by hand elsewhere than on this page, which saves all of it: rows of the file of overrides."""
    found = [
        each for mark in marks for each in mark.overrides.values() if assignment.tasks[each.exercise].kind != "text"
    ]
    return [[each.student, each.exercise, f"{each.points:g}", each.reason] for each in found]


def _questions(marks, assignment):
    """What a machine cannot mark: each question with all answers side by side."""
    for number, task in assignment.tasks.items():
        if task.kind == "text":
            answers = []
            for mark in marks:
                override = mark.overrides.get(number)
                text = mark.record.code.get(number, "")
                points, reason = (f"{override.points:g}", override.reason) if override else ("", "")
                answers.append({"student": mark.student, "text": text, "points": points, "reason": reason})
            yield {"number": number, "title": task.title, "points": task.points, "answers": answers}
