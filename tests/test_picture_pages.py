"""The pages with the pictures of the evenings: there, current and small, and made of what a notebook shows."""

import base64
import io
import json
import re
import shutil

import nbformat
import pytest
from PIL import Image

from course_copy import ROOT
from course_lib.authoring import picture_pages
from course_lib.authoring.__main__ import main
from course_lib.authoring.minutes import evenings
from course_lib.authoring.picture_pages import (
    FOLDER,
    MOST_BYTES,
    MOST_BYTES_TOGETHER,
    PicturesError,
    difference,
    page_of,
    pages,
    pages_difference,
    promised,
    shown,
    small,
)

FILES = sorted((ROOT / FOLDER).glob("*.png"))
COMMAND = "run: python -m course_lib.authoring pictures"


def text(source):
    return nbformat.v4.new_markdown_cell(source)


def code(source, *drawn):
    """A code cell that has drawn these (color, words)."""
    outputs = []
    for color, words in drawn:
        file = io.BytesIO()
        Image.new("RGB", (300, 200), color).save(file, "PNG")
        data = base64.b64encode(file.getvalue()).decode()
        written = f'<img src="data:image/png;base64,{data}" alt="{words}" style="width:240px;max-width:100%">'
        outputs.append(nbformat.v4.new_output("display_data", data={"text/html": written}))
    return nbformat.v4.new_code_cell(source, outputs=outputs)


CELLS = [
    text("# 7a · Made up\n\nWords."),
    text("## 1 · Lines\n\nWords.\n\n### Exercise 7.1 · No heading of a section"),
    code(
        "n = 3\nshow(figure, alt=f\"A line with {n} bends, 'steep' at first.\")",
        ("red", "A line with 3 bends, &#x27;steep&#x27; at first."),
    ),
    code("XorExplorer()"),
    text("## 2 · Nothing to see"),
    code("print(1)"),
    text("## 3 · A curve"),
    code('curve = LiveCurve("epoch", "right", "Learning", 8)', ("blue", "Learning. yours from 0.6 to 0.9.")),
    code(
        'def draw(v, sort="big"):\n    f = figure()\n    show(f, alt=f"A {sort} hat, {v} high.")\n\n\ndraw(2)',
        ("green", "A big hat, 2 high."),
    ),
    code(
        'def draw_lamp(alt):\n    show(plt.figure(), alt=alt)\n\n\ndraw_lamp(alt="The lamp is off.")',
        ("black", "The lamp is off."),
    ),
]


# ---- the course's own -----------------------------------------------------------------------------------------------


def test_every_evening_has_a_page_with_the_pictures_that_its_code_has():
    assert pages(ROOT).keys() == evenings(ROOT).keys()
    assert (found := pages_difference(ROOT)) is None, found


def test_every_picture_of_a_page_is_there_and_no_other():
    named = set()
    for page in pages(ROOT).values():
        for name in re.findall(r'<img src="([^"]+)"', (ROOT / page).read_text(encoding="utf-8")):
            assert (ROOT / FOLDER / name).is_file(), f"{page}: {name}; {COMMAND}"
            named.add(name)
    assert {path.name for path in FILES} == {name for name in named if "/" not in name}


def test_the_pictures_are_small_and_have_a_palette():
    assert sum(path.stat().st_size for path in FILES) <= MOST_BYTES_TOGETHER
    for path in FILES:
        with Image.open(path) as picture:
            assert path.stat().st_size <= MOST_BYTES and picture.mode == "P" and picture.width >= 300, path.name


# ---- how they are made ----------------------------------------------------------------------------------------------


def test_a_page_has_the_pictures_under_their_headings_with_their_words():
    page, files = page_of("07a_made_up", CELLS)
    assert page.startswith("# 7a · Made up: its pictures\n")
    assert [line for line in page.splitlines() if line.startswith("## ")] == ["## 1 · Lines", "## 3 · A curve"]
    assert shown(page) == [
        ("1 · Lines", "", "A line with 3 bends, 'steep' at first."),
        ("1 · Lines", "xor", picture_pages.EXPLORERS["xor"]),
        ("3 · A curve", "", "Learning. yours from 0.6 to 0.9."),
        ("3 · A curve", "", "A big hat, 2 high."),
        ("3 · A curve", "", "The lamp is off."),
    ]
    assert list(files) == ["07a_1.png", "07a_2.png", "07a_3.png", "07a_4.png"]
    assert Image.open(io.BytesIO(files["07a_2.png"])).convert("RGB").getpixel((9, 9)) == (0, 0, 255)
    assert difference(promised(CELLS), shown(page)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("with 3 bends", "with 3 kinks"),  # another text alternative
        ("hat, 2 high", "cap, 2 high"),  # the same of a function that shows a picture
        ("lamp is off", "lamp is on"),  # the same where the call has the words
        ("## 1 · Lines", "## 1 · Planes"),  # another heading
        ("../pictures/xor.png", "../pictures/neuron.png"),  # another explorer
        (re.compile(r"## 3.*", re.DOTALL), ""),  # one picture less
        (re.compile(r"$"), '<img src="07a_3.png" width="9" alt="More.">\n'),  # one more
    ],
)
def test_a_page_with_other_pictures_than_the_code_is_told_from_one_with_the_same(old, new):
    page, _ = page_of("07a_made_up", CELLS)
    changed = re.sub(old if isinstance(old, re.Pattern) else re.escape(old), new, page, count=1)
    assert changed != page
    assert difference(promised(CELLS), shown(changed)) is not None


def test_a_red_spot_in_a_large_blue_picture_stays_red():
    picture = Image.radial_gradient("L").resize((1200, 600)).convert("RGB")
    picture = Image.merge("RGB", (picture.getchannel(0), picture.getchannel(1), Image.new("L", picture.size, 255)))
    picture.paste((150, 0, 20), (600, 300, 616, 340))
    file = io.BytesIO()
    picture.save(file, "PNG")
    kept = Image.open(io.BytesIO(small(file.getvalue(), 800))).convert("RGB")
    red, green, blue = kept.getpixel((608, 320))
    assert red > 120 and green < 60 and blue < 60


def test_a_picture_that_cannot_be_made_small_is_an_error():
    file = io.BytesIO()
    Image.effect_noise((1600, 1200), 100).save(file, "PNG")
    with pytest.raises(PicturesError, match=r"at most 60,000"):
        small(file.getvalue(), 800)


@pytest.fixture
def course(tmp_path):
    """A course with one evening, whose page is written."""
    for form in ("chapters", "solutions"):
        (tmp_path / form).mkdir()
        nbformat.write(notebook_of(CELLS[:2] + CELLS[4:6]), tmp_path / form / "07a_made_up.ipynb")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def notebook_of(cells):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=kernel)


@pytest.mark.processes("executes notebooks")
def test_the_command_executes_an_evening_in_a_folder_of_its_own_and_check_only_tells(course, capsys):
    drawing = 'import matplotlib.pyplot as plt\nfrom course_lib.plots import show\nopen("kept.txt", "w").close()'
    cells = [*CELLS[:2], code(drawing), code('show(plt.figure(), alt="Nothing " "yet.")')]
    nbformat.write(notebook_of(cells), course / "solutions" / "07a_made_up.ipynb")
    words = ["--root", str(course), "pictures"]
    assert main([*words, "--check"]) == 1
    assert "There is no .github/evenings/07a.md" in capsys.readouterr().out
    (course / FOLDER).mkdir(parents=True)
    (course / FOLDER / "07a_9.png").write_bytes(b"old")
    assert main(words) == 0
    assert sorted(path.name for path in (course / FOLDER).iterdir()) == ["07a.md", "07a_1.png"]
    assert main([*words, "--check"]) == 0
    assert not list(course.rglob("kept.txt"))
    (course / FOLDER / "08a.md").write_text("# Gone\n")
    assert main([*words, "--check"]) == 1
    assert "08a.md is of no evening" in capsys.readouterr().out


@pytest.mark.processes("executes notebooks")
def test_a_notebook_that_fails_is_named_and_writes_nothing(course, capsys):
    nbformat.write(notebook_of([*CELLS[:2], code("1 / 0")]), course / "solutions" / "07a_made_up.ipynb")
    assert main(["--root", str(course), "pictures"]) == 1
    said = capsys.readouterr().err
    assert "07a_made_up.ipynb" in said and "ZeroDivisionError" in said
    assert not (course / FOLDER).exists()


def test_an_evening_that_there_is_not_is_named(course, capsys):
    assert main(["--root", str(course), "pictures", "09z_none"]) == 1
    assert "There is no evening '09z_none'; there are: 07a_made_up." in capsys.readouterr().err


def test_an_explorer_without_a_photograph_is_named():
    with pytest.raises(PicturesError, match="no photograph of new_thing"):
        page_of("07a_made_up", [*CELLS[:2], code("NewThingExplorer()")])


def test_what_stands_in_a_notebook_is_read_as_json_too():
    assert promised(json.loads(nbformat.writes(notebook_of(CELLS)))["cells"]) == promised(CELLS)
