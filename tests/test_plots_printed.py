"""Printed text: broken between words, at the width that JupyterLab shows."""

import itertools

from course_lib.plots.printed import WIDTH, print_wrapped, wrapped

WORDS = "a run that is stopped at its lowest loss, lowest-ever, is more accurate than one that goes on " * 3


def test_lines_are_narrow_enough_and_no_word_is_broken():
    lines = wrapped(WORDS).splitlines()
    assert max(map(len, lines)) <= WIDTH < len(WORDS)
    assert " ".join(lines).split() == WORDS.split()


def test_lines_are_as_full_as_words_allow():
    lines = wrapped(WORDS).splitlines()
    for line, following in itertools.pairwise(lines):
        assert len(f"{line} {following.split()[0]}") > WIDTH


def test_what_was_broken_off_is_indented_and_own_lines_and_blank_ones_are_kept():
    lines = wrapped(f"Claim:   {WORDS}\n\n  short\nnext", indent=9).splitlines()
    assert lines[-3:] == ["", "  short", "next"]
    assert lines[0].startswith("Claim:   a run")
    assert all(line[:9].isspace() and line[9] != " " for line in lines[1:-3])


def test_a_word_wider_than_a_line_stays_whole():
    assert wrapped(f"see {'x' * 100} there").splitlines() == ["see", "x" * 100, "there"]


def test_an_object_is_printed_as_its_text(capsys):
    print_wrapped(ValueError("a b"))
    assert capsys.readouterr().out == "a b\n"
