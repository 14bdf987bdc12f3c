"""Exercises in another convention, for a class: their text, and the check of an answer in that form.

The check itself stays as it is. A learner's answer is adapted: it is called with the course's arguments, turned into
those of the form that was given, and what it returns is turned back. `conventions.py` has the forms.
"""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TextIO

import numpy as np

from course_lib.checks.conventions import VARIANTS, Variant
from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.plain import NotPlainValue, plain
from course_lib.checks.submission import FunctionElsewhere, FunctionOfOurs, parameters_of
from course_lib.checks.time_limit import SECONDS
from course_lib.checks.verdict import Outcome, run_check


class UnknownVariant(LookupError):
    """An exercise has no such variant. The message names those that it has."""


def variants_of(number: str) -> list[Variant]:
    """The variants of an exercise, by its number; empty for most."""
    return [variant for variant in VARIANTS if variant.number == number]


def find_variant(number: str, name: str) -> Variant:
    """The variant of this name. Raises UnknownVariant."""
    found = {variant.name: variant for variant in variants_of(number)}
    if name not in found:
        known = f"It has {', '.join(map(repr, found))}." if found else "It has none."
        raise UnknownVariant(
            f"Exercise {number} has no variant {name!r}. {known} Leave it out for the course's own form."
        )
    return found[name]


def drawn_variants(numbers: list[str], cohort_seed: int) -> dict[str, str]:
    """Which variant each of these exercises gets: {number: name}, for those that have one.

    What an exercise gets depends on its number and the seed alone, and not on which others are handed out. The course's
    own form is none of the choices: its answers are public.
    """
    drawn = {}
    for number in numbers:
        names = [variant.name for variant in variants_of(number)]
        if names:
            drawn[number] = random.Random(f"{cohort_seed} {number}").choice(names)
    return drawn


def rewritten(variant: Variant, texts: list[str]) -> list[str]:
    """The cells of the exercise, as the course has them, with this form's words in place of the course's.

    Raises
    ------
    ValueError : words that are to be replaced are not there; the exercise was changed, and `conventions.py` was not
    """
    for words, instead in variant.texts:
        pattern = re.compile(r"\s+".join(map(re.escape, words.split())))  # lines may break elsewhere
        if not any(map(pattern.search, texts)):
            raise ValueError(
                f"Exercise {variant.number}, variant {variant.name!r}: {words!r} is not in the exercise. Bring "
                "course_lib/checks/conventions.py up to date."
            )
        texts = [pattern.sub(lambda _, instead=instead: instead, text) for text in texts]
    check = f'check("{variant.number}", '
    return [_with_variant(text, variant) if text.startswith(check) else text for text in texts]


def _with_variant(text, variant):
    return f'{text.rstrip().removesuffix(")")}, variant="{variant.name}")'


class Adapted(FunctionOfOurs):
    """A learner's function of a variant, called as the course calls its own form: plain calls only."""

    def __init__(self, variant: Variant, function: Callable):
        self.__variant, self.__function = variant, function

    def __call__(self, *arguments):
        variant = self.__variant
        given = variant.given(*arguments)
        if variant.order:
            given = [given[place] for place in variant.order]
        value = self.__function(*given)
        if variant.put_back is not None:
            variant.put_back(given, *arguments)
        try:
            value = plain(value)
        except NotPlainValue as error:
            raise Diagnosis(f"Your function returns {error}.") from None
        return variant.back(value, *arguments)

    def parameter_names(self) -> list[str]:
        """The learner's names, in the course's order: diagnoses name arguments by their place there."""
        names, order = parameters_of(self.__function), self.__variant.order
        if order and len(names) == len(order):
            return [names[order.index(place)] for place in range(len(order))]
        return names


class AdaptedElsewhere(Adapted, FunctionElsewhere):
    """As Adapted, of a function that runs in another process."""

    def __init__(self, variant: Variant, function: FunctionElsewhere):
        super().__init__(variant, function)
        self.processor_seconds = function.processor_seconds


def adapted(variant: Variant, submitted: object) -> object:
    """A learner's function, as one of the course's own form. What is no function is returned as it is."""
    if not callable(submitted):
        return submitted
    kind = AdaptedElsewhere if issubclass(type(submitted), FunctionElsewhere) else Adapted
    return kind(variant, submitted)


def run_check_in_form(
    number: str,
    submitted: object,
    form: str = "",
    output: TextIO | None = None,
    rng: np.random.Generator | None = None,
    question: int | None = None,
    seconds: float = SECONDS,
) -> Outcome:
    """As `run_check`, for an answer to a variant of the exercise; form "" is the course's own.

    The outcome speaks of the form that was given. An answer that is right in the course's own form and not in this one
    is told so.

    Raises
    ------
    UnknownExercise, UnknownVariant : there is none
    """
    if not form:
        return run_check(number, submitted, output, rng, question, seconds)
    variant = find_variant(number, form)
    outcome = run_check(number, adapted(variant, submitted), output, rng, seconds=seconds)
    if outcome.status != "failed":
        return outcome
    if not outcome.hidden and run_check(number, submitted, seconds=seconds).passed:
        return replace(
            outcome,
            message=f"This is right in the course's own form. You were given another one: {variant.asked}.",
            hint="Read the text of the exercise in your notebook again.",
            place="",
            source="",
            look="",
        )
    return _in_its_words(outcome, variant)


def _in_its_words(outcome, variant):
    message = variant.said(outcome.message)
    if not outcome.place:
        message = f"{variant.note} {message}" if variant.note else f"In the form that you were given: {message}"
    return replace(outcome, message=message, hint=variant.said(outcome.hint), look=variant.said(outcome.look))
