"""What a class handed in: one `Submission` for each student, from any of the ways in which downloads lie about.

Nothing is written, unpacked or run, and no link is followed. `found_files.py` lists and reads; here it is told whose
each file is.
"""

import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from course_lib.grading.found_files import (
    Allowance,
    NotUnderstood,
    Refused,
    files_in_folder,
    files_in_zip,
    opened_zip,
    read,
    shown,
    zip_on_disk,
)
from course_lib.grading.submitted_notebook import LARGEST
from course_lib.grading.whose import (
    PLATFORMS,
    course_notebooks,
    key_of,
    safe_name,
    student_in_name,
    whose,
    without_copy,
    without_number,
)

STUDENT_BYTES = 100_000_000  # read for one student, the zips in zips counted too
STUDENT_FILES = 2_000  # looked at for one student
CLASS_BYTES = 2_000_000_000  # of zips in zips that hold a whole class
TOLD_EACH = 20  # things of one student, or entries of a zip, that are told one by one; of the others, how many
TOLD_OF_CLASS = 1_000  # entries of a class's zip that are told one by one
ALIKE = 3  # files of one student and kind that are told one by one

TAKEN = (".ipynb", ".py")
SUBMITTED = "submitted"  # nbgrader's folder


class CollectError(ValueError):
    """A place or a pattern that is none. The message says what was given, what was expected, what to do."""


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Parameters
    ----------
    student : the id, as the downloads have it: markup, formulas and all; `safe_name` makes a file's name of it
    files : {name of notebook or .py: its bytes}, in the order of the names
    where : path as the instructor knows it, inside of zips with " › "; of several, one after the other
    handed_in : the newest of its files, with time zone; None where that is not known
    """

    student: str
    files: dict[str, bytes]
    where: str
    handed_in: datetime | None = None


@dataclass
class _Piece:
    """A file of a student's. `own` is what a zip of the student's says of its time; `handed_in` what others say."""

    name: str
    data: bytes
    where: str
    handed_in: datetime | None
    own: datetime | None


@dataclass
class _Student:
    pieces: list = field(default_factory=list)
    holders: set = field(default_factory=set)  # paths of what was handed in
    folders: set = field(default_factory=set)  # paths of what holds those
    others: dict = field(default_factory=dict)  # {kind: paths of files of another kind}
    looked_at: int = 0
    told: int = 0
    allowance: Allowance = field(default_factory=lambda: Allowance(STUDENT_BYTES))


def collect(place: Path, pattern: str | None = None) -> tuple[list[Submission], list[NotUnderstood]]:
    """What a class handed in, sorted by student, and all that was not understood or should be known.

    The ways that are known, each also in a zip, in several zips, and in a zip in a zip:

    - one file or one zip a student: ID.ipynb, ID.zip, ID_02a_downhill.ipynb
    - one folder a student, with anything in it: ID/.../*.ipynb
    - nbgrader's: submitted/ID/ASSIGNMENT/NOTEBOOK.ipynb, with the time of its timestamp.txt
    - Moodle's: "Jane Doe_123456_assignsubmission_file_/x.ipynb"; the id is "Jane Doe_123456"
    - Canvas's: "doejane_LATE_12345_67890_x-1.ipynb"; the id is "doejane_12345"
    - Blackboard's: "Task_doejane_attempt_2026-03-01-12-30-00_x.ipynb"; the id is "doejane", the time this machine's

    Notebooks and .py files are taken. Of two files of one student for one notebook, "x.ipynb" and "x (1).ipynb", the
    newest counts, and it is told. When something was handed in is told by the platform, the zip of the class, or the
    file's own time. A zip that a student made tells it not: the zip's own time counts.

    Hidden files, __MACOSX, .ipynb_checkpoints, __pycache__, Thumbs.db and desktop.ini are passed over in silence;
    everything else that is not taken is in the second list: other kinds of files, what is empty, too large (20 MB),
    encrypted, damaged or not to be read, links, pipes, devices, zips with paths that lead elsewhere, and zip bombs.
    Each student has an allowance of bytes and files, so that no one's bomb costs another the marks.

    A folder or zip that is the only one there and holds several folders, or several notebooks that are not the course's
    by name, is taken for the class's, not for a student's. Where that is wrong, a pattern says whose each file is.

    Parameters
    ----------
    place : a folder or a zip
    pattern : a regular expression with a group `student`, searched for in the path below `place`, with "/" between its
        parts, and after a zip too: r"^[^/]+/(?P<student>[a-z]+)_"

    Raises
    ------
    CollectError : the place is neither, or the pattern is wrong
    """
    place = Path(place)
    expression = None if pattern is None else _expression(pattern)
    with ExitStack() as stack:
        collection = _Collection(stack, expression)
        entries = collection.found_in(place)
        if expression:
            for found, _ in entries:
                collection.take_by_pattern(found)
        else:
            collection.take_by_place(collection.level_of_class(entries, place.name))
        return collection.submissions(), collection.told()


def _expression(pattern):
    try:
        expression = re.compile(pattern)
    except (re.error, TypeError, RecursionError, OverflowError) as error:
        raise CollectError(f"{pattern!r} is no regular expression: {error}. {_GROUP}") from None
    if "student" not in expression.groupindex:
        raise CollectError(f"{pattern!r} has no group `student`. {_GROUP}")
    return expression


_GROUP = r"Expected one like (?P<student>[^/]+)/[^/]+\.ipynb, or none at all."


class _Collection:
    """What was found so far. `stack` holds the zips of the class open."""

    def __init__(self, stack, expression):
        self.stack, self.expression = stack, expression
        self.problems, self.students = [], {}
        self.timestamps = {}  # nbgrader's: {path of the folder: time}
        self.is_nbgrader = False

    def found_in(self, place):
        """[(file, number of its steps that lead to the class)] of a folder or a zip."""
        if place.is_dir():
            return [(found, 0) for found in files_in_folder(place, self.problems)]
        if not place.exists():
            raise CollectError(
                f"{place} is not there. Name the folder or the zip that you downloaded the class's work to."
            )
        if not place.is_file() or place.suffix.lower() != ".zip":
            raise CollectError(f"{place} is neither a folder nor a zip. Name one that holds the class's work.")
        try:
            return self._inside([(zip_on_disk(place), -1)], self.stack, self.problems)
        except Refused as refused:
            raise CollectError(f"{place}: {refused}") from None

    def level_of_class(self, entries, name):
        """Go down to where each name is a student's. Returns [(file, steps that lead there)]."""
        self.is_nbgrader = name == SUBMITTED
        for _ in range(6):
            groups = _groups(entries)
            if _platform(groups):
                break
            if SUBMITTED in groups and not _is_file(groups[SUBMITTED]):
                self.is_nbgrader = True
                for other in groups.keys() - {SUBMITTED}:
                    where = groups[other][0][0].where(groups[other][0][1] + 1)
                    self._tell(where, f"It lies beside nbgrader's {SUBMITTED}/, which alone is read.")
                return self._inside(groups[SUBMITTED], self.stack, self.problems)
            notebooks, holders = _notebooks_and_holders(groups)
            verdicts = [self._is_class(holder, alone=len(holders) == 1) for holder in holders]
            if notebooks or True not in verdicts or False in verdicts:
                break
            for group in groups.values():
                if group not in holders:
                    self._other("", group[0][0])
            entries = []
            for holder in holders:
                try:
                    entries += self._inside(holder, self.stack, self.problems)
                except Refused as refused:
                    self._tell(holder[0][0].where(), str(refused))
        return entries

    def _is_class(self, group, alone, depth=0):
        """Whether a folder or zip holds a class, and is no student's own; None for a zip that cannot be read.

        With others beside it, only a platform's names in it make it one.
        """
        with ExitStack() as stack:
            try:
                groups = _groups(self._inside(group, stack, []))
            except Refused:
                return None
            if _platform(groups) or SUBMITTED in groups:
                return True
            notebooks, holders = _notebooks_and_holders(groups)
            if notebooks:
                own = any(student_in_name(name, is_file=True)[0] is None for name in notebooks)
                return alone and not holders and len(notebooks) > 1 and not own
            if len(holders) == 1 and depth < 3:
                return bool(self._is_class(holders[0], alone, depth + 1))
            return alone and len(holders) > 1

    def _inside(self, group, stack, problems):
        """The files in a folder or zip of a class, one step further down."""
        entries = []
        for found, level in group:
            if len(found.steps) > level + 1:
                entries.append((found, level + 1))
            elif level < 0 or found.is_zip:
                archive = stack.enter_context(opened_zip(found, Allowance(CLASS_BYTES)))
                entries += [(each, level + 1) for each in self._listed(found, archive, problems, TOLD_OF_CLASS)]
            else:
                problems.append(NotUnderstood(found.where(), "A folder has the same name. Rename one of the two."))
        return entries

    def _listed(self, found, archive, problems, most):
        """The files of a zip. Of its problems, the first ones are told each, and how many there are."""
        mine = []
        files = sorted(files_in_zip(found, archive, mine), key=lambda each: each.steps)
        problems += mine[:most]
        if len(mine) > most:
            more = f"{len(mine) - most:,} more entries of this zip were not read."
            problems.append(NotUnderstood(found.where(), more))
        return files

    def take_by_place(self, entries):
        """Take every file, its student told by its place and its platform's names. Each class has a platform."""
        self._read_timestamps(entries)
        classes = {}
        for found, level in entries:
            classes.setdefault(found.steps[:level], []).append((found, level))
        for _, each in sorted(classes.items()):
            self._take_class(_groups(each))

    def _take_class(self, groups):
        platform = _platform(groups)
        for step, group in sorted(groups.items()):
            for found, level in group:
                is_step = len(found.steps) == level + 1
                if is_step and found.kind not in (*TAKEN, ".zip"):
                    self._other("", found)
                    continue
                student, name, time, why = whose(step, is_step, platform)
                if student is None:
                    self._tell(found.where(), why)
                    continue
                holder = found.where(level + 1)
                time = time or self.timestamps.get(found.steps[: level + 2], found.time)
                record = self._record(student, holder, found.where(level))
                self._take(student, record, found, name if is_step else found.name, time, found.time)

    def take_by_pattern(self, found):
        """Take a file, its student told by the pattern; a zip whose path does not tell it is opened."""
        path = "/".join(found.steps)
        match = self.expression.search(path)
        student = match["student"] if match else ""
        if student:
            self._take(student, self._record(student, found.where(), ""), found, found.name, found.time, found.time)
        elif found.is_zip:
            try:
                with opened_zip(found, Allowance(CLASS_BYTES)) as archive:
                    for each in self._listed(found, archive, self.problems, TOLD_OF_CLASS):
                        self.take_by_pattern(each)
            except Refused as refused:
                self._tell(found.where(), str(refused))
        elif found.kind in TAKEN:
            self._tell(
                found.where(), f"The pattern finds no student in {shown(path)!r}. Change it, or rename what lies there."
            )
        else:
            self._other("", found)

    def _read_timestamps(self, entries):
        """nbgrader writes down when something was handed in, beside it."""
        for found, level in entries:
            if self.is_nbgrader and found.name == "timestamp.txt" and len(found.steps) == level + 3:
                try:
                    text = read(found, 100, Allowance(100)).decode().strip()
                    time = datetime.fromisoformat(text.removesuffix("UTC").strip())
                    self.timestamps[found.steps[:-1]] = time if time.tzinfo else time.replace(tzinfo=UTC)
                except (Refused, ValueError):
                    self._tell(found.where(), "Expected nbgrader's time in it. The files' own times were taken.")

    def _record(self, student, holder, folder):
        record = self.students.setdefault(student, _Student())
        record.holders.add(holder)
        record.folders.add(folder)
        return record

    def _take(self, student, record, found, name, handed_in, own):
        """Read a file of a student's, or all that a zip of the student's holds."""
        record.looked_at += 1
        if record.allowance.left < 0 or record.looked_at > STUDENT_FILES + 1:
            return  # it was told when it happened
        if record.looked_at == STUDENT_FILES + 1:
            self._tell(found.where(), f"{STUDENT_FILES:,} files of {shown(student)!r} were looked at; no more are.")
            return
        try:
            if found.is_zip:
                with opened_zip(found, record.allowance) as archive:
                    for each in self._listed(found, archive, self.problems, TOLD_EACH):
                        self._take(student, record, each, each.name, handed_in, each.time)
            elif found.kind in TAKEN:
                data = read(found, LARGEST, record.allowance)
                if not data.strip():
                    raise Refused("The file is empty. Ask for it again.")
                record.pieces.append(_Piece(name, data, found.where(), handed_in, own))
            elif found.steps[:-1] not in self.timestamps or found.name != "timestamp.txt":
                self._other(student, found)
        except Refused as refused:
            self._tell_of(record, found.where(), str(refused))

    def _tell_of(self, record, where, why):
        """Tell of a student's file: the first ones each, so that one student's thousand hide nobody else's one."""
        record.told += 1
        if record.told <= TOLD_EACH:
            self._tell(where, why)

    def _tell(self, where, why):
        self.problems.append(NotUnderstood(where, why))

    def _other(self, student, found):
        """Tell of a file of another kind: the first ones each, of the others how many they are."""
        others = self.students.setdefault(student, _Student()).others.setdefault(found.kind, [])
        others.append(found.where())
        if len(others) <= ALIKE:
            kind = f"of kind {shown(found.kind)}" if found.kind else "without an ending"
            self._tell(found.where(), f"A file {kind}; expected .ipynb, .py or .zip. Ask for the notebook.")

    def told(self):
        """All that was not understood, in order. Call it after `submissions`."""
        for student, record in self.students.items():
            if record.told > TOLD_EACH:
                more = f"{record.told - TOLD_EACH:,} more files of {shown(student)!r} were not taken."
                self._tell(_joined(record.holders), more)
            for kind, places in record.others.items():
                if len(places) > ALIKE:
                    whose_files = f"of {shown(student)!r}" if student else "beside the students'"
                    more = f"And {len(places) - ALIKE:,} more files {whose_files} of kind {shown(kind) or 'none'}."
                    self._tell(sorted(places)[ALIKE], more)
        return sorted(set(self.problems), key=lambda each: (each.where, each.why))

    def submissions(self):
        """One for each student of whom something was read."""
        found = []
        for student, record in sorted(self.students.items()):
            pieces = self._newest(student, record)
            if not pieces:
                if student:
                    self._tell(_joined(record.holders), f"Of {shown(student)!r} there is no notebook that can be read.")
                continue
            if len(record.folders) > 1:
                places = " and ".join(sorted(record.folders)[:3])
                self._tell(
                    places, f"Both have a student {shown(student)!r}, taken for one. If they are two, rename one."
                )
            times = [piece.handed_in for piece in pieces.values() if piece.handed_in]
            files = {name: pieces[name].data for name in sorted(pieces)}
            found.append(Submission(student, files, _joined(record.holders), max(times, default=None)))
        self._tell_alike(found)
        return found

    def _newest(self, student, record):
        """{name: the newest piece for that notebook}; the others are told."""
        plain = {key_of(without_copy(piece.name)) for piece in record.pieces} | {
            f"{name}.ipynb" for name in course_notebooks()
        }
        newest = {}
        for piece in sorted(record.pieces, key=_age):
            name = without_number(without_copy(piece.name), plain)
            older = newest.pop(key_of(name), None)
            if older:
                why = f"Another file of {shown(student)!r} for {shown(name)!r}; the newest counts, {piece.where}."
                self._tell_of(record, older[1].where, why)
            newest[key_of(name)] = (name, piece)
        return dict(newest.values())

    def _tell_alike(self, submissions):
        """Tell of ids that differ in upper and lower case alone, or in how Unicode writes a letter."""
        alike = {}
        for each in submissions:
            alike.setdefault(key_of(each.student), []).append(each)
        for group in alike.values():
            if len(group) > 1:
                names = " and ".join(repr(shown(each.student)) for each in group)
                why = (
                    f"{names} differ in case or in how a letter is written, and were kept apart. If it is one, rename."
                )
                self._tell(_joined({each.where for each in group}), why)


def _groups(entries):
    """{name at the level of the class: [(file, level)]}."""
    groups = {}
    for found, level in sorted(entries, key=lambda each: each[0].steps):
        groups.setdefault(found.steps[level], []).append((found, level))
    return groups


def _is_file(group):
    """Whether a group is a file or a zip, not a folder."""
    return all(len(found.steps) == level + 1 for found, level in group)


def _notebooks_and_holders(groups):
    """(names of notebooks, the groups that are folders or zips)."""
    notebooks, holders = [], []
    for name, group in groups.items():
        if not _is_file(group) or group[0][0].is_zip:
            holders.append(group)
        elif group[0][0].kind in TAKEN:
            notebooks.append(name)
    return notebooks, holders


def _platform(groups):
    """The platform that gave most of the names, or None. One student's name alone does not make a platform."""
    names = [name for name, group in groups.items() if not _is_file(group) or group[0][0].kind in (*TAKEN, ".zip")]
    for platform, expression in PLATFORMS.items():
        if names and 2 * sum(bool(expression.fullmatch(name)) for name in names) >= len(names):
            return platform
    return None


def _age(piece):
    """Pieces in order of time; where that says nothing, of the number that a platform or browser gave."""
    early = datetime.min.replace(tzinfo=UTC)
    number = re.search(r"(\d+)\)?\.[a-z]+$", piece.name.lower())
    return piece.handed_in or early, piece.own or early, int(number[1][:9]) if number else 0, piece.where


def _joined(paths):
    paths = sorted(paths)
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3:,} more" if len(paths) > 3 else "")


__all__ = ["CollectError", "NotUnderstood", "Submission", "collect", "safe_name"]
