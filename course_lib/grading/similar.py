"""Which students' work is alike, for a look: after names are taken out, and without a word on why it is alike.

Short functions with one obvious form are alike by themselves. So only what few in the class have counts, and neither
what was handed out nor the course's public solution does. The pieces compared are runs of tokens, as in Schleimer,
Wilkerson and Aiken 2003, "Winnowing: local algorithms for document fingerprinting".
"""

import ast
import functools
import hashlib
import io
import itertools
import json
import tokenize
from collections import Counter, defaultdict
from dataclasses import dataclass

from course_lib.grading.assignment import COURSE, Assignment, tasks_of_notebook
from course_lib.grading.class_run import StudentRecord

RUN = 8  # tokens that count as a piece
LEAST_PIECES = 60  # rare pieces that two works must share to be listed
LEAST_SHARE = 0.6  # of the rare pieces of the smaller one
MOST_SHARING = 3  # students: a piece that more have is not rare


@dataclass(frozen=True)
class Alike:
    """Two students whose work is alike.

    Parameters
    ----------
    one, other : their ids
    share : of the rare pieces of the smaller work that both have, 0 to 1
    exercises : in which exercises
    letters : of these, where the text is the same to the letter, comments and all, though nobody else has it
    """

    one: str
    other: str
    share: float
    exercises: tuple[str, ...]
    letters: tuple[str, ...]


def alike(records: list[StudentRecord], assignment: Assignment) -> list[Alike]:
    """The pairs whose work is alike, most alike first."""
    pieces = {}  # (student, number) -> set of pieces
    holders = defaultdict(set)  # piece -> students
    texts = defaultdict(set)  # (number, digest of the text) -> students
    for record in records:
        for number, text in record.code.items():
            if number not in assignment.tasks:
                continue
            found = pieces_of(text) - _known_to_all(assignment.tasks[number])
            pieces[record.student, number] = found
            for piece in found:
                holders[piece].add(record.student)
            texts[number, hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()].add(record.student)
    rare = {piece: students for piece, students in holders.items() if len(students) <= MOST_SHARING}
    own = Counter(student for students in rare.values() for student in students)
    shared, where = Counter(), defaultdict(set)
    for piece, students in rare.items():
        for pair in itertools.combinations(sorted(students), 2):
            shared[pair] += 1
            where[pair].add(piece)
    found = []
    for (one, other), count in shared.items():
        share = count / max(1, min(own[one], own[other]))
        if count < LEAST_PIECES or share < LEAST_SHARE:
            continue
        numbers = [
            number
            for number in assignment.tasks
            if pieces.get((one, number), set()) & pieces.get((other, number), set()) & where[one, other]
        ]
        letters = sorted(
            {number for (number, _), students in texts.items() if {one, other} <= students and len(students) == 2},
            key=list(assignment.tasks).index,
        )
        found.append(Alike(one, other, round(share, 3), tuple(numbers), tuple(letters)))
    return sorted(found, key=lambda each: (-each.share, each.one, each.other))


def _known_to_all(task):
    """The pieces of what was handed out, and of the course's own solution."""
    return pieces_of(task.handed_out) | pieces_of(_solutions(task.notebook).get(task.number, ""))


@functools.cache
def _solutions(notebook):
    """{number: the course's own cell} of a notebook; empty where the clone does not have it."""
    try:
        text = (COURSE / "solutions" / f"{notebook}.ipynb").read_text("utf-8")
    except OSError:
        return {}
    return {task.number: task.handed_out for task in tasks_of_notebook(json.loads(text), notebook)}


def pieces_of(text: str) -> set[int]:
    """The runs of tokens of a text, as numbers, without names but those of attributes and of the language."""
    tokens = _tokens(text)
    width = min(RUN, len(tokens)) or 1
    runs = (" ".join(tokens[start : start + width]) for start in range(max(0, len(tokens) - width + 1)))
    return {int.from_bytes(hashlib.blake2b(run.encode(), digest_size=8).digest()) for run in runs}


def _tokens(text):
    try:
        tree = ast.parse(text)
        for node in ast.walk(tree):
            _take_names_out(node)
        text = ast.unparse(tree)
    except Exception:  # whatever a student wrote, it is compared as it is
        pass
    kinds = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER)
    try:
        return [each.string for each in tokenize.generate_tokens(io.StringIO(text).readline) if each.type not in kinds]
    except Exception:  # no Python at all
        return text.split()


def _take_names_out(node):
    """Give every name one name, and take out docstrings and annotations."""
    if isinstance(node, ast.Name):
        node.id = "n"
    elif isinstance(node, ast.arg):
        node.arg, node.annotation = "n", None
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node.name, node.returns = "n", None
        if ast.get_docstring(node, clean=False) is not None and len(node.body) > 1:
            del node.body[0]
