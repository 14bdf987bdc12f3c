"""Answers that give, for each of several cases, an illness and what helps against it, both by their names."""

import difflib

from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.expectations import call, expect_dict, expect_tuple


def near_names(word, names):
    """ "Did you mean 'overfits'?", with one or two of the names that are spelled like the word; "" if none is."""
    near = difflib.get_close_matches(str(word).lower().replace(" ", "_"), names, n=2, cutoff=0.4)
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else ""


def expect_named_pairs(submitted, letters, illnesses, helps, word, first="illness"):
    """What the learner answers: {letter: (illness, what helps)}, for all letters.

    Parameters
    ----------
    submitted : the learner's function, without arguments
    letters : the cases
    illnesses, helps : the names that may be given
    word : what the second one is called in the chapter, "remedy"
    first : what the first one is called

    Raises
    ------
    Diagnosis : letters are missing, an answer is no pair, the two are exchanged, or a name is not in its list
    """
    answers = expect_dict(call(submitted), letters)
    return {letter: _expect_pair(letter, answers[letter], illnesses, helps, word, first) for letter in letters}


def diagnose_pairs(answers, right, told):
    """Nothing if every pair is right; else a Diagnosis: which letters are, and for each other one what to look at next.

    Parameters
    ----------
    answers : {letter: pair}, as `expect_named_pairs` returns it
    right : {letter: pair}
    told : told(letter, first, help) -> (what is wrong with the pair, hints), for a wrong one; a hint may be None
    """
    correct = [letter for letter in right if answers[letter] == right[letter]]
    if len(correct) == len(right):
        return
    found, hints = [f"Right: {', '.join(correct)}."] if correct else [], []
    for letter in right:
        if letter not in correct:
            what, looks = told(letter, *answers[letter])
            found.append(f"{letter}: {what}")
            hints.append(" ".join(filter(None, [f"{letter}:", *looks])))
    raise Diagnosis(" ".join(found), hint=" ".join(hints))


def _expect_pair(letter, value, illnesses, helps, word, first):
    illness, help_named = expect_tuple(value, 2, f"The answer for {letter}", (first, word), returned=False)
    if _is_name(illness, helps) and _is_name(help_named, illnesses):
        raise Diagnosis(f"The answer for {letter} is {describe(value)}; expected the {first} first, then the {word}.")
    for kind, given, names in ((first, illness, illnesses), (word, help_named, helps)):
        if not _is_name(given, names):
            raise Diagnosis(
                f"The {kind} for {letter} is {describe(given)}; expected one of {', '.join(names)}.",
                hint=near_names(given, names),
            )
    return illness, help_named


def _is_name(word, names):
    return isinstance(word, str) and word in names
