"""The one kind of progress bar: what it shows, and that it can be told to show nothing."""

import pytest

from course_lib.progress_bar import progress_bar


def test_a_bar_counts_its_units_from_what_was_done_before(capsys):
    with progress_bar(5, "sowing", "seed", done=2) as bar:
        for _ in range(3):
            bar.update()
    shown = capsys.readouterr()
    first, *_, last = shown.err.replace("\r", "\n").strip().splitlines()
    assert "sowing" in first and "2/5" in first and "5/5" in last and "seed" in last
    assert shown.out == "" and shown.err.endswith("\n")


def test_a_bar_that_is_not_shown_prints_nothing(capsys):
    with progress_bar(2, "sowing", shown=False) as bar:
        bar.update(2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("stays", [True, False])
def test_a_bar_stays_or_is_wiped_out(capsys, stays):
    with progress_bar(2, "sowing", stays=stays) as bar:
        bar.update(2)
    last = capsys.readouterr().err.rstrip("\n").removesuffix("\r").split("\r")[-1]
    assert bool(last.strip()) == stays
