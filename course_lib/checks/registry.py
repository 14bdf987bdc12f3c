"""Where the exercises are: one file an exercise, chapter_NN/NAME.py in this folder, found by the folder's name."""

import difflib
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

KINDS = ("function", "value")

_CHAPTER = r"chapter_(\d\d)"

_exercises = {}  # number -> Exercise, filled by the decorator when a chapter's files are imported


@dataclass(frozen=True)
class Exercise:
    """One exercise: its number ("1.2"), its title, what the learner hands in ("function" or "value"), its check.

    mistakes : the wrong answers that the check knows, with what they mean; see `mistakes.py`
    lead : the hint to a wrong number or array of which the check knows no more than that it is wrong
    hidden : the check on fresh inputs, for marking: a function (answer, rng); see `fresh.py`
    lessons : modules of the course that an answer may import, "course_lib.scratch.activations"
    kept : whether a function that passes is kept in the learner's my_network.py: it needs NumPy alone
    """

    number: str
    title: str
    kind: str
    check: Callable
    may_nudge_input: bool = False
    mistakes: tuple = ()
    lead: str = ""
    hidden: Callable | None = None
    lessons: tuple = ()
    kept: bool = False

    @property
    def name(self) -> str:
        """Of the learner's function, which the check has too: "dense_backward". Another number leaves it as it is.

        A check whose file has a right answer of that name is called check_NAME.
        """
        return self.check.__name__.removeprefix("check_")

    @property
    def chapter(self) -> int:
        return chapter_of(self.number)


class UnknownExercise(LookupError):
    """No exercise has this number. The message names those that are near and those that exist."""

    def _render_traceback_(self):  # IPython shows these lines in place of a traceback
        return [f"UnknownExercise: {self}"]


def exercise(
    number: str,
    title: str,
    kind: str = "function",
    may_nudge_input: bool = False,
    mistakes: Sequence[tuple] = (),
    lead: str = "",
    hidden: Callable | None = None,
    lessons: Sequence[str] = (),
    kept: bool = False,
) -> Callable:
    """Decorator: the function below it is the check of exercise `number`.

    The check gets what the learner hands in: for kind "function" a callable that takes and returns plain values
    (arrays, numbers, texts, lists, dicts), for kind "value" the value itself. It returns nothing, or one sentence that
    the card shows when the exercise is passed; it raises a Diagnosis when something is wrong.

    A function that changes its inputs is diagnosed as such; with `may_nudge_input` it may on the way, and must put back
    what it changed, up to rounding. `mistakes` is the list [(wrong answer, what it means), ...] that the check knows.
    `lead` is the hint where a number is wrong and no mistake is known that gives it: what to look at, in the example.

    `hidden(answer, rng)` is for marking alone: it gives the same answer fresh inputs, drawn from rng, so that a table
    of the check's own inputs does not pass. `lessons` names what an answer may import of the course when it is marked.
    With `kept` a function that passes is kept in the learner's my_network.py. The check has the function's name, or
    that after check_.

    Raises
    ------
    ValueError : a number that is not like "1.2", that stands in another chapter's file, or that is taken
    """

    def register(check):
        _expect_free(number, kind, check)
        _exercises[number] = Exercise(
            number, title, kind, check, may_nudge_input, tuple(mistakes), lead, hidden, tuple(lessons), kept
        )
        return check

    return register


def _expect_free(number, kind, check):
    home = re.fullmatch(_CHAPTER, check.__module__.split(".")[-2:][0])
    if not _is_number(number) or (home and int(home[1]) != chapter_of(number)):
        where = f" in {home[0]}" if home else ""
        wanted = '"CHAPTER.EXERCISE" with this folder\'s chapter, like "1.2"'
        raise ValueError(f"Exercise {number!r}{where}: give {wanted}.")
    if kind not in KINDS:
        raise ValueError(f"Exercise {number}: kind is {kind!r}; it must be one of {', '.join(KINDS)}.")
    taken = _exercises.get(number)
    if taken and (taken.check.__module__, taken.check.__name__) != (check.__module__, check.__name__):
        raise ValueError(
            f"Exercise {number} has two checks: {taken.check.__name__} in {taken.check.__module__} and "
            f"{check.__name__} in {check.__module__}. Give one of them another number."
        )


def exercises(chapter: int | None = None) -> list[Exercise]:
    """The exercises of a chapter (a number), or of all chapters: a list of Exercise in the order of their numbers."""
    for number in chapter_numbers() if chapter is None else [chapter]:
        _load(number)
    found = [each for each in _exercises.values() if chapter is None or each.chapter == chapter]
    return sorted(found, key=lambda each: _sort_key(each.number))


def find(number: str) -> Exercise:
    """The Exercise with this number. Raises UnknownExercise, which names the near ones and the existing ones."""
    if not isinstance(number, str):
        raise UnknownExercise(
            f"{number!r} is not the number of an exercise: write it in quotes, as the exercise's heading has it, "
            f'like check("1.2", your_function).'
        )
    if _is_number(number):
        _load(chapter_of(number))
    if number in _exercises:
        return _exercises[number]
    raise UnknownExercise(_unknown_message(number))


def chapter_of(number: str) -> int:
    """The chapter of an exercise: 1 for "1.2"."""
    return int(number.partition(".")[0])


def chapter_numbers() -> list[int]:
    """The chapters that have a folder of checks here."""
    names = (module.name for module in pkgutil.iter_modules(sys.modules[__package__].__path__))
    return sorted(int(match[1]) for name in names if (match := re.fullmatch(_CHAPTER, name)))


def _is_number(number):
    return isinstance(number, str) and re.fullmatch(r"[1-9]\d?\.[1-9]\d*", number) is not None


def _sort_key(number):
    return tuple(int(part) for part in number.split("."))


def _load(chapter):
    if chapter in chapter_numbers():
        folder = importlib.import_module(f"{__package__}.chapter_{chapter:02d}")
        for module in pkgutil.iter_modules(folder.__path__):
            importlib.import_module(f"{folder.__name__}.{module.name}")


def _unknown_message(number):
    known = {each.number: each.title for each in exercises()}
    message = f'There is no exercise "{number}".'
    same_chapter = [each for each in known if each.split(".")[0] == number.strip().split(".")[0]]
    near = difflib.get_close_matches(number.strip(), same_chapter or known, n=2, cutoff=0.5)
    if near:
        message += " Did you mean " + " or ".join(f"{each} ({known[each]})" for each in near) + "?"
    if same_chapter:
        return f"{message} Chapter {same_chapter[0].split('.')[0]} has {', '.join(same_chapter)}."
    chapters = sorted({chapter_of(each) for each in known})
    if not chapters:
        return f"{message} No chapter has exercises here."
    return f"{message} Exercises exist for chapter {', '.join(map(str, chapters))}."
