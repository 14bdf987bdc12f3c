"""Parts of the README that a command writes: they are replaced, and an edit by hand is found."""

import pytest

from course_lib.marked_block import BlockError, difference, markers, with_block

BEGIN, END = "<!-- fruit:begin -->", "<!-- fruit:end -->"
README = f"# Title\n\n{BEGIN}\n| apple | 1 |\n| pear | 2 |\n{END}\nThe rest.\n"
CONTENT = "| apple | 1 |\n| pear | 2 |"
COMMAND = "pick fruit"


def test_what_stands_around_the_part_is_kept():
    assert markers("fruit") == (BEGIN, END)
    assert with_block(README, "fruit", "plum") == f"# Title\n\n{BEGIN}\nplum\n{END}\nThe rest.\n"
    assert with_block(README, "fruit", CONTENT) == README


@pytest.mark.parametrize(
    "text", ["no part", f"{BEGIN}\nno end", f"no begin\n{END}", f"{END}\nturned round\n{BEGIN}", README.upper()]
)
@pytest.mark.parametrize(
    "use", [lambda text: with_block(text, "fruit", ""), lambda text: difference(text, "fruit", "", "")]
)
def test_missing_comments_are_named(text, use):
    with pytest.raises(BlockError, match=f"no lines {BEGIN} and {END}"):
        use(text)


def test_a_part_as_it_should_be_has_no_difference():
    assert difference(README, "fruit", CONTENT, COMMAND) is None


@pytest.mark.parametrize(
    ("content", "line", "says", "should"),
    [
        ("| apple | 7 |\n| pear | 2 |", 4, "| apple | 1 |", "| apple | 7 |"),
        ("| apple | 1 |\n| pear | 3 |", 5, "| pear | 2 |", "| pear | 3 |"),
        ("| apple | 1 |", 5, "| pear | 2 |", "(nothing: the part ends here)"),
        (f"{CONTENT}\n| plum | 3 |", 6, "(nothing: the part ends here)", "| plum | 3 |"),
        ("| apple | 1 |\n\n| pear | 2 |", 5, "| pear | 2 |", "(an empty line)"),
    ],
)
def test_the_first_line_that_differs_is_named_with_what_it_says_and_should_say(content, line, says, should):
    message = difference(README, "fruit", content, COMMAND)
    assert message.splitlines()[:4] == [
        f"README.md, line {line}, says",
        f"  {says}",
        "and by what was measured it should say",
        f"  {should}",
    ]
    assert message.endswith("To write it anew: pick fruit")
    assert README.splitlines()[line - 1] == (says if not says.startswith("(") else END)
