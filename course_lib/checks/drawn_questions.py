"""Questions that are drawn from a seed for a class, where the course's own has one right answer that gets around.

An exercise whose question can be drawn has, in its own file, `drawn_question(seed)`, which returns a `Question`.
Without a seed the question is the course's own.
"""

import copy
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from course_lib.checks.registry import exercises, find


class QuestionError(ValueError):
    """An exercise whose question cannot be drawn, or a notebook that it cannot be put into. The message says which."""


@dataclass(frozen=True)
class Replacement:
    """What a notebook's cell says in another way.

    Parameters
    ----------
    start, end : the text from the first `start` to the last `end` in its cell is replaced, both included; without an
        `end` it is `start` alone. Lines may be broken elsewhere in the notebook
    text : what stands there then
    """

    start: str
    end: str
    text: str


@dataclass(frozen=True)
class Question:
    """The question of one exercise for one class.

    Parameters
    ----------
    number, seed : of the exercise; what it was drawn from
    check : what the exercise's check is for it: a function of what the learner hands in
    answer : what a right answer returns
    replacements : what the cells of the course's notebook say in another way
    """

    number: str
    seed: int
    check: Callable
    answer: object
    replacements: tuple[Replacement, ...]


def question(number: str, seed: int) -> Question:
    """The question of exercise `number` that is drawn from a seed. Raises QuestionError where there is none to draw."""
    maker = _maker(number)
    if maker is None:
        drawn = ", ".join(drawn_numbers())
        raise QuestionError(f"The question of {number} is the same for every class. Drawn are those of {drawn}.")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise QuestionError(f"The seed of a question is {seed!r}; expected a whole number from 0, like 2027.")
    return maker(seed)


def drawn_numbers(chapter: int | None = None) -> list[str]:
    """The numbers of the exercises whose questions can be drawn, of a chapter or of all."""
    return [each.number for each in exercises(chapter) if _maker(each.number) is not None]


def put_into(notebook: dict, drawn: Question) -> dict:
    """A copy of the course's notebook (its JSON, the exercises open) that asks the drawn question.

    Its cell `check("5.8", diagnoses)` becomes `check("5.8", diagnoses, question=SEED)`.

    Raises
    ------
    QuestionError : what is to be replaced does not stand in exactly one cell
    """
    notebook = copy.deepcopy(notebook)
    call = re.compile(rf'^check\("{re.escape(drawn.number)}", (\w+)\)$', flags=re.M)
    texts = ["".join(cell["source"]) for cell in notebook["cells"]]
    _replace(texts, f"its check of {drawn.number}", call.search, lambda found: _asked(found, drawn.seed))
    for each in drawn.replacements:
        pattern = re.compile(loose(each.start) + (f".*{loose(each.end)}" if each.end else ""), flags=re.S)
        _replace(texts, repr(each.start), pattern.search, lambda found, text=each.text: text)
    for cell, text in zip(notebook["cells"], texts, strict=True):
        cell["source"] = text.splitlines(keepends=True) if isinstance(cell["source"], list) else text
    return notebook


def loose(words: str) -> str:
    """A regular expression for these words, wherever their lines are broken."""
    return r"\s+".join(map(re.escape, words.split()))


def order_of(number: str, letters: Sequence[str], seed: int) -> dict[str, str]:
    """{letter that the class sees: letter of the course's own question}, all of them, and never each its own."""
    rng, letters = rng_of(number, seed), list(letters)
    order = letters
    while order == letters:
        order = rng.permutation(letters).tolist()
    return dict(zip(letters, order, strict=True))


def lettered(by_letter: Mapping, number: str, seed: int) -> dict:
    """What the course has under its letters, under those of the class, in their order."""
    return {shown: by_letter[own] for shown, own in order_of(number, tuple(by_letter), seed).items()}


def rng_of(number: str, seed: int) -> np.random.Generator:
    """What the question of this exercise is drawn from."""
    return np.random.default_rng([seed, *map(int, number.split("."))])


def _maker(number):
    return getattr(sys.modules[find(number).check.__module__], "drawn_question", None)


def _asked(found, seed):
    return f"{found[0][:-1]}, question={seed})"


def _replace(texts, what, search, replaced):
    places = [place for place, text in enumerate(texts) if search(text)]
    if len(places) != 1:
        raise QuestionError(
            f"The notebook has {what} in {len(places)} cells; expected one. Is it the course's own, of this version?"
        )
    text = texts[places[0]]
    found = search(text)
    texts[places[0]] = text[: found.start()] + replaced(found) + text[found.end() :]
