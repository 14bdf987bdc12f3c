"""Whose a file is, by its name and the platform's, and which notebook it is a copy of."""

import hashlib
import re
import unicodedata
from datetime import datetime
from functools import cache

from course_lib.grading.assignment import COURSE

OWN_FILE = "my_network.py"  # the learner's, which grows over the chapters
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_(?P<file>.*))?")
CANVAS = re.compile(r"(?:LATE_)?(?P<name>\w+?)_(?:LATE_)?(?P<number>\d+|(?<=anon_)[A-Za-z0-9]+)_\d{3,}_(?P<file>.+)")
BLACKBOARD = re.compile(r".+?_(?P<name>[^_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)", re.DOTALL)
PLATFORMS = {"Moodle": MOODLE, "Canvas": CANVAS, "Blackboard": BLACKBOARD}

_COPY = r"(?:[ _]?\(\d+\)| - Copy|-Copy\d+| copy(?: \d+)?)+$"  # of browsers, Windows, Jupyter, macOS
_COPY_OF = r"^(?:Copy of )+"  # of Colab
_RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}


def safe_name(student: str) -> str:
    """A name for files about this student: ASCII, 60 characters at most, never beginning with "." or "-".

    Two students never get the same one, also where upper and lower case are the same: whatever was changed, has upper
    case or looks like a name made here ends in a hash of the id.
    """
    plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip(".-")[:46].strip(".-")
    if plain.split(".")[0].lower() in _RESERVED:  # devices of Windows, whatever follows the first dot
        plain = plain.replace(".", "-") + "-"
    if plain == student and plain == plain.lower() and plain and not re.search(r"-[0-9a-f]{12}$", student):
        return plain
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{plain or 'student'}-{digest}"


@cache
def course_notebooks() -> tuple[str, ...]:
    """The names of the course's own notebooks, without ending; none of them is a student."""
    return tuple(sorted((path.stem for path in (COURSE / "chapters").glob("*.ipynb")), key=len, reverse=True))


def whose(step: str, is_file: bool, platform: str | None) -> tuple[str | None, str, datetime | None, str]:
    """(student, name of the file, when it was handed in, why there is no student) of a name at the class's level."""
    if platform is None:
        student, name = student_in_name(step, is_file)
        return student, name, None, "It is named as the course names its file, and says no student. Put the id first."
    match = PLATFORMS[platform].fullmatch(step)
    if match is None:
        return None, step, None, f"The others are named as {platform} names them, and it is not. Download it again."
    parts = match.groupdict()
    student = "_".join(part for part in (parts["name"], parts.get("number")) if part)
    time = None
    if "time" in parts:
        try:
            time = datetime.strptime(parts["time"], "%Y-%m-%d-%H-%M-%S").astimezone()
        except (ValueError, OverflowError, OSError):
            time = None
    return student, parts["file"] or step, time, ""


def student_in_name(name: str, is_file: bool) -> tuple[str | None, str]:
    """(student, name of the notebook) of a file that is named after its student; None for no student."""
    if not is_file:
        return name, name
    stem, ending = _parts(without_copy(name))
    if stem in course_notebooks() or f"{stem}{ending}" == OWN_FILE:
        return None, name
    for own in (*course_notebooks(), OWN_FILE.removesuffix(".py")):
        for student in (re.split(rf"[-_ ]{own}$", stem)[0], re.split(rf"^{own}[-_ ]", stem)[-1]):
            if student and student != stem:
                return student, f"{own}{ending}"
    return stem, f"{stem}{ending}"


def _parts(name):
    """("x.y", ".ipynb") of "x.y.ipynb"."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem else (name, "")


def without_copy(name: str) -> str:
    """The name without what systems add to a copy: "x.ipynb" of "x (1).ipynb" and of "Copy of x.ipynb"."""
    stem, ending = _parts(name)
    plain = re.sub(_COPY_OF, "", re.sub(_COPY, "", stem))
    return (plain or stem) + ending


def without_number(name: str, plain: set[str]) -> str:
    """The name without Canvas's number of a later attempt, "x-1.ipynb", where `plain` has such a notebook."""
    stem, ending = _parts(name)
    shorter = re.sub(r"-\d{1,3}$", "", stem) + ending
    return shorter if key_of(shorter) in plain else name


def key_of(name: str) -> str:
    """The same for names that differ in case or Unicode form alone."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
