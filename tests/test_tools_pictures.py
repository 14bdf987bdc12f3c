"""The README's moving picture and the explorers' photographs are there, small, named, and each is of an explorer."""

import re
from pathlib import Path

import pytest
from PIL import Image

from course_lib.authoring.picture_pages import EXPLORERS
from course_lib.explorers.web_explorer import WEB
from readme_pictures import MOVING, PICTURES

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".github" / "pictures"
MOST_BYTES, MOST_BYTES_MOVING = 150_000, 400_000


def test_the_readme_shows_the_moving_picture_first_with_a_text_alternative():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r'<img src="([^"]+)" [^>]*alt="([^"]+)"', text)
    assert [Path(name).name for name, _ in shown] == [f"{MOVING}.gif", "claims.svg"]
    assert all(len(alternative) > 60 for _, alternative in shown)
    assert text.index(shown[0][0]) < 500


def test_readers_who_want_no_motion_get_the_last_frame():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (still,) = re.findall(r'<source media="\(prefers-reduced-motion: reduce\)" srcset="([^"]+)">', text)
    with Image.open(ROOT / still) as last, Image.open(FOLDER / f"{MOVING}.gif") as moving:
        moving.seek(moving.n_frames - 1)
        assert last.convert("RGB").tobytes() == moving.convert("RGB").tobytes()


def test_the_moving_picture_is_small_loops_and_takes_four_to_six_seconds():
    path = FOLDER / f"{MOVING}.gif"
    assert path.stat().st_size < MOST_BYTES_MOVING
    with Image.open(path) as picture:
        assert 550 <= picture.width <= 650 and picture.info["loop"] == 0
        seconds = 0.0
        for frame in range(picture.n_frames):
            picture.seek(frame)
            seconds += picture.info["duration"] / 1000
    assert 4 <= seconds <= 6


def test_no_picture_is_left_over_and_each_photograph_has_its_words():
    assert PICTURES.keys() == EXPLORERS.keys()
    wanted = {f"{MOVING}.gif", "claims.svg"} | {f"{name}.png" for name in (MOVING, *PICTURES)}
    assert {path.name for path in FOLDER.iterdir() if path.is_file()} == wanted


@pytest.mark.parametrize("name", PICTURES)
def test_a_photograph_is_small_wide_enough_and_of_an_explorer(name):
    path = FOLDER / f"{name}.png"
    assert path.stat().st_size < MOST_BYTES
    with Image.open(path) as picture:
        assert picture.width >= 700 and len(picture.convert("RGB").getcolors(256)) > 20
    assert (WEB / "explorers" / f"{PICTURES[name][0]}.js").is_file()
