"""The colors of the explorers in the browser: words can be read in both themes, and lines told apart by all eyes."""

import itertools
import re

import numpy as np
import pytest

from color_vision import SIGHTS, contrast, seen
from course_lib.explorers.accessibility import COLORS
from course_lib.explorers.web_explorer import WEB

INKS = ("ink", "soft", "alarm", "done")  # what words are written in
LINES = ("positive", "negative", "good", "focus")  # the highlight has an outline or a dash beside it
WORDS = re.compile(r"""[^-]\bcolor: "?var\(--(\w+)\)""")


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_words_and_lines_stand_out_from_what_is_behind_them(theme):
    for name, behind in itertools.product((*INKS, *LINES), ("paper", "panel")):
        found = contrast(COLORS[name][theme], COLORS[behind][theme])
        assert found >= (4.5 if name in INKS else 3), (name, behind, found)  # WCAG 2.1: 1.4.3, 1.4.11


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_all_eyes_tell_the_colors_of_one_picture_apart(sight, theme):
    for pair in (("positive", "negative"), ("positive", "highlight"), ("negative", "good"), ("alarm", "done")):
        one, other = (seen(COLORS[name][theme], sight) for name in pair)
        assert np.linalg.norm(one - other) > 15, pair


def test_words_are_written_in_no_other_color():
    used = {name: path.name for path in WEB.rglob("*.js") for name in WORDS.findall(path.read_text(encoding="utf-8"))}
    assert set(used) <= {*INKS, "paper", "focus"}, used
    assert {"ink", "soft", "alarm"} <= set(used)
