"""What a learner sees and takes along: the board, the card of progress and its files, weights, and the live curve."""

import io
import json
import re
import zipfile

import numpy as np
import pytest

from course_lib.checks import exercises
from course_lib.learner import answers, board, check, giving, keep_layers, memory, progress
from course_lib.learner.board import LINES, ROWS
from course_lib.learner.progress import ARCHIVE, MOST_BYTES, archive, remembered_names, take_in
from course_lib.learner.weights_file import FILE as WEIGHTS
from course_lib.plots.live_curve import LiveCurve

MINE = "def squared_error(predictions, targets):\n    return np.mean((predictions - targets) ** 2)\n"
TEXT = f'"""Mine."""\n\nimport numpy as np\n\n\n# ==== 2.1 · squared_error · yours ====\n\n{MINE}'


def new_kernel():
    giving.passed_here.clear()
    for part in memory._session.values():
        part.clear()


def packed(files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return target.getvalue()


# ---- the board ------------------------------------------------------------------------------------------------------


def test_the_board_has_every_row_and_says_which_evening_fills_what_is_empty():
    told = repr(board())
    assert [line.strip() for line in told.splitlines()[1:]] == [
        *(f"{row.label}: comes in {row.evening}" for row in ROWS),
        f"{LINES}: comes in 01a",
    ]


def test_a_number_is_remembered_in_its_form_and_in_the_next_evening_too():
    board(linear=np.float64(0.8342), seconds=1.26)
    new_kernel()
    told = repr(board(network=0.857))
    for words in ("photos right: 83.4%", "10,000 photos: 1.3", "your network, new photos right: 85.7%"):
        assert words in told
    html = board()._repr_mimebundle_()["text/html"]
    assert html.count("<tr>") == len(ROWS) + 1 and "83.4%" in html


@pytest.mark.parametrize("value", [np.nan, np.inf, "0.8", None, True, [0.8]])
def test_a_row_takes_finite_numbers_alone(value):
    with pytest.raises(ValueError, match=r"board\(linear=...\) is .*; expected a finite number"):
        board(linear=value)
    assert memory.remembered()["numbers"] == {}


def test_a_row_that_there_is_not_is_named_with_those_that_there_are():
    with pytest.raises(TypeError, match=r"no row 'liner'\. Its rows are: detector, linear,"):
        board(liner=0.8)


def test_the_lines_that_are_counted_are_the_learners_own(learner_folder):
    (learner_folder / "my_network.py").write_text(
        f"{TEXT}    # a remark\n\n# ==== 1.4 · relu · the course's ====\n\ndef relu(z):\n    return z, z\n", "utf-8"
    )
    assert f"{LINES}: 2" in repr(board())
    (learner_folder / "my_network.py").write_bytes(b"\xff\xfe nonsense")
    assert f"{LINES}: comes in 01a" in repr(board())


# ---- progress: the card, and the files that are handed out and taken in ---------------------------------------------


def test_the_card_counts_what_has_passed():
    assert f"0 of {len(exercises())} exercises passed, 0 predictions written down." in repr(progress())
    check("2.1", answers.squared_error)
    memory.remember("predictions", "sign", "rise")
    told = repr(progress())
    assert f"1 of {len(exercises())} exercises passed, 1 predictions written down." in told
    assert "02a: ✓ 2.1  · 2.2  · 2.3" in told
    listed = re.findall(r"[✓·] (\d+\.\d+)", told)
    assert sorted(listed) == sorted(each.number for each in exercises())


def test_what_is_handed_out_comes_back_in_an_empty_folder(learner_folder, monkeypatch, tmp_path):
    (learner_folder / "my_network.py").write_text(TEXT, "utf-8")
    check("2.1", giving.yours("2.1"))
    board(linear=0.8)
    handed_out = archive()
    monkeypatch.setenv(memory.FOLDER, str(tmp_path))
    new_kernel()
    assert remembered_names() == set()
    assert take_in(ARCHIVE, handed_out) == "Your progress is back. my_network.py is back."
    assert (tmp_path / "my_network.py").read_text("utf-8") == (learner_folder / "my_network.py").read_text("utf-8")
    assert remembered_names() == {"squared_error"} and memory.remembered()["numbers"] == {"linear": 0.8}
    new_kernel()
    assert giving.yours("2.1")(np.array([3.0]), np.array([1.0])) == 4


def test_another_learners_file_is_taken_in_and_the_one_that_was_here_is_kept(learner_folder):
    for text in (TEXT, TEXT.replace("Mine.", "Hers."), TEXT.replace("Mine.", "His.")):
        take_in("my_network.py", text.encode())
    names = ("my_network-before-1.py", "my_network-before-2.py", "my_network.py")
    said = [re.search(r'"""(.*?)"""', (learner_folder / name).read_text("utf-8"))[1] for name in names]
    assert said == ["Mine.", "Hers.", "His."]
    assert take_in("my_network.py", TEXT.replace("Mine.", "His.").encode()) == "my_network.py is back."
    assert len(list(learner_folder.glob("my_network*"))) == 3


BOMB = packed({memory.FILE: b" " * (MOST_BYTES + 1)})


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("homework.zip", packed({"homework.ipynb": b"{}"}), "homework.zip holds neither my_network.py nor my_prog"),
        ("notes.txt", b"hello", "notes.txt holds neither"),
        ("my_course.zip", BOMB, "unpacks to more than 5,000,000 bytes"),
        ("my_course.zip", b"x" * (MOST_BYTES + 1), "has 5,000,001 bytes"),
        ("my_course.zip", b"PK\x03\x04 and then nothing", "is damaged"),
        ("my_course.zip", packed({memory.FILE: b"{}" * 400})[:90], "is damaged"),
        ("my_progress.json", b'{"format": 1, "passed": {"forw', "it is damaged, or was cut off"),
        ("my_progress.json", b"[]", "no file of this course"),
        ("my_progress.json", b'{"format": 99}', "written by a newer version"),
        ("my_progress.json", b'{"format": 1, "numbers": {"linear": "much"}}', "is not as the course writes it"),
        ("my_network.py", "é".encode("latin-1"), "is not a text in UTF-8"),
        ("my_course.zip", packed({"../my_network.py": TEXT}), "holds neither"),
    ],
)
def test_what_is_none_of_its_files_is_told_and_changes_nothing(learner_folder, name, data, said):
    board(linear=0.8)
    before = {path.name: path.read_bytes() for path in learner_folder.iterdir()}
    with pytest.raises(ValueError, match=re.escape(said)):
        take_in(name, data)
    assert {path.name: path.read_bytes() for path in learner_folder.iterdir()} == before
    assert not (learner_folder.parent / "my_network.py").exists()
    shown = progress()
    shown._take(({"name": name, "content": memoryview(data)},))
    assert "Nothing was taken in." in shown.message.value


def test_a_damaged_part_of_an_archive_leaves_the_whole_one_out(learner_folder):
    both = packed({"my_network.py": TEXT, memory.FILE: "{"})
    with pytest.raises(ValueError, match="damaged"):
        take_in(ARCHIVE, both)
    assert list(learner_folder.iterdir()) == []


def test_it_is_forgotten_only_after_a_yes(learner_folder):
    (learner_folder / "my_network.py").write_text(TEXT, "utf-8")
    check("2.1", answers.squared_error)
    asked = progress(forget=True)
    asked.no.click()
    assert remembered_names() == {"squared_error"} and "Kept." in asked.message.value
    asked.yes.click()
    assert remembered_names() == set() and giving.passed_here == {}
    assert json.loads((learner_folder / memory.FILE).read_text("utf-8"))["passed"] == {}
    assert (learner_folder / "my_network.py").exists()
    assert not hasattr(progress(), "yes")


def test_a_damaged_file_is_told_on_the_card(learner_folder):
    (learner_folder / memory.FILE).write_text("{", "utf-8")
    assert "it is damaged, or was cut off" in repr(progress())
    assert "it is damaged, or was cut off" in progress()._repr_mimebundle_()["text/html"]


# ---- the weights ----------------------------------------------------------------------------------------------------


def test_the_weights_are_kept_as_the_file_of_the_network_reads_them(learner_folder, capsys):
    layers = answers.random_layers([5, 4, 3], np.random.default_rng(0))
    keep_layers(layers)
    assert re.fullmatch(r"Your network's weights are in my_network\.npz, \d+ kB\.\n", capsys.readouterr().out)
    saved = np.load(learner_folder / WEIGHTS)
    back = [[saved[f"weights{k}"], saved[f"bias{k}"]] for k in (1, 2)]  # as the docstring of my_network.py has it
    assert all(
        np.array_equal(one, other)
        for mine, its in zip(layers, back, strict=True)
        for one, other in zip(mine, its, strict=True)
    )
    assert 'layers = [[saved[f"weights{k}"], saved[f"bias{k}"]] for k in (1, 2)]' in giving.network_file.DOCSTRING


@pytest.mark.parametrize(
    "layers",
    [[np.zeros((2, 3))], [[np.zeros((2, 3))]], [[np.zeros(3), np.zeros((2, 3))]], [[np.zeros((2, 3)), np.zeros(2)]]],
)
def test_what_are_no_layers_is_told_and_not_kept(learner_folder, layers):
    with pytest.raises(ValueError, match=r"layer 1 has not \[weights \(fan_in, fan_out\), bias \(fan_out,\)\]"):
        keep_layers(layers)
    assert list(learner_folder.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_and_training_goes_on(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(memory.FOLDER, str(tmp_path / "missing"))
    keep_layers(answers.random_layers([2, 2], np.random.default_rng(0)))
    assert "The weights are not kept: " in capsys.readouterr().out


# ---- the live curve -------------------------------------------------------------------------------------------------


class Place:
    """What IPython's display gives for an output that can be drawn anew."""

    def __init__(self):
        self.shown = []

    def update(self, picture):
        self.shown.append(picture)


def test_a_live_curve_is_one_output_that_is_drawn_anew_with_each_point(monkeypatch):
    place, displayed = Place(), []

    def display(picture, display_id):
        displayed.append((picture, display_id))
        return place

    monkeypatch.setattr("IPython.display.display", display)
    curve = LiveCurve("epoch", "right", "Learning", 3, (0.6, 0.9))
    for value in (0.7, 0.8):
        curve.add("linear", np.float64(value))
    curve.add("yours", 0.75)
    assert [display_id for _, display_id in displayed] == [True] and len(place.shown) == 2
    assert curve.curves == {"linear": [0.7, 0.8], "yours": [0.75]}
    told = str(getattr(place.shown[-1], "data", place.shown[-1]))
    assert "Learning. linear from 0.70 to 0.80; yours from 0.75 to 0.75." in told
    assert "linear from 0.70 to 0.70" in str(getattr(displayed[0][0], "data", displayed[0][0]))


def test_no_figure_of_a_live_curve_is_left_open(monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.setattr("IPython.display.display", lambda *given, **named: Place())
    before = plt.get_fignums()
    curve = LiveCurve("epoch", "right", "Learning", 2)
    curve.add("yours", 0.5)
    curve.add("yours", 0.6)
    assert plt.get_fignums() == before


def test_the_names_of_two_curves_that_end_together_do_not_cover_each_other(monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.setattr("IPython.display.display", lambda *given, **named: Place())
    curve = LiveCurve("epoch", "right", "Learning", 1, (0.6, 0.9))
    curve.add("linear", 0.848)
    curve.add("yours", 0.855)
    figure = curve._draw()
    figure.canvas.draw()
    names = [text.get_window_extent() for text in figure.axes[0].texts]
    plt.close(figure)
    assert len(names) == 2 and not names[0].overlaps(names[1])
