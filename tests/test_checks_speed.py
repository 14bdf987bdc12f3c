"""How long the checks take for the course's own solutions: most answer before anybody notices."""

import time

import pytest

from checks_scaffold import ChapterChecks
from course_lib.authoring.regions import solution_text
from course_lib.checks import exercises, run_check

AT_ONCE = 0.1  # seconds of processor time
SLOW = {"4.6": 2.0, "6.8": 4.0}  # 4.6 times the answer, 6.8 trains networks with it


def seconds_of(number, answer):
    """Seconds of processor time of one check, the shortest of three: what else the machine does must not count."""
    took = []
    for _ in range(3):
        started = time.process_time()
        assert run_check(number, answer).passed
        took.append(time.process_time() - started)
        if took[-1] < AT_ONCE:
            break
    return min(took)


@pytest.mark.parametrize("each", [each for each in exercises() if each.chapter < 90], ids=lambda each: each.number)
def test_the_check_of_a_solution_answers_at_once(each, record_property):
    chapter = ChapterChecks()
    chapter.chapter = each.chapter
    seconds = seconds_of(each.number, chapter.from_the_chapter(each.number, solution_text))
    record_property("seconds", seconds)
    assert seconds < SLOW.get(each.number, AT_ONCE), f"{seconds:.3f} s"
