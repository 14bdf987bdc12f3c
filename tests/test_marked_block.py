"""Parts of the README that a command writes: they are replaced, and an edit by hand is found."""

import pytest

from course_lib.marked_block import BlockError, difference, markers, read_text, with_block, write_block
from course_lib.whole_file import NotWritten

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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{BEGIN}\n{END}\n{BEGIN}\n{END}", rf"{BEGIN} more than once \(lines 1, 3\)"),
        (f"{BEGIN}\n{END}\nmine\n{END}", rf"{END} more than once \(lines 2, 4\)"),
        (f"{BEGIN}\n<!-- nuts:begin -->\n{END}\n<!-- nuts:end -->", "nuts:begin --> between .*'nuts' would be deleted"),
        (f"<!-- nuts:begin -->\n{BEGIN}\n<!-- nuts:end -->\n{END}", "nuts:end --> between .*'nuts' would be deleted"),
    ],
)
def test_doubled_or_crossed_comments_delete_nothing(tmp_path, text, message):
    path = tmp_path / "README.md"
    path.write_text(text)
    for use in (
        lambda: with_block(text, "fruit", ""),
        lambda: difference(text, "fruit", "", ""),
        lambda: write_block(path, "fruit", ""),
    ):
        with pytest.raises(BlockError, match=message):
            use()
    assert path.read_text() == text


def test_a_part_of_a_file_is_written(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(README)
    assert write_block(path, "fruit", "plum") and path.read_text() == with_block(README, "fruit", "plum")
    assert not write_block(path, "fruit", "plum")


def test_a_full_disk_leaves_the_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "README.md"
    path.write_text(README)

    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(NotWritten, match=r"README\.md' was not written: there is no room left"):
        write_block(path, "fruit", "plum")
    assert path.read_text() == README


def test_a_file_that_is_missing_or_not_in_utf_8_is_named(tmp_path):
    path = tmp_path / "README.md"
    for use in (read_text, lambda path: write_block(path, "fruit", "plum")):
        path.unlink(missing_ok=True)
        with pytest.raises(BlockError, match=r"There is no .*README\.md"):
            use(path)
        path.write_bytes(b"one\ntwo \xe4\n" + README.encode())
        with pytest.raises(BlockError, match=r"README\.md, line 2, is not in UTF-8"):
            use(path)


def test_another_file_is_named_in_every_message(tmp_path):
    path = tmp_path / "FRUIT.md"
    path.write_text(f"{BEGIN}\n")
    with pytest.raises(BlockError, match=r"^FRUIT\.md has no lines"):
        write_block(path, "fruit", "plum")
    message = difference(README, "fruit", "plum", COMMAND, "FRUIT.md", "the trees")
    assert message.startswith("FRUIT.md, line 4, says\n") and "\nand by the trees it should say\n" in message


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
