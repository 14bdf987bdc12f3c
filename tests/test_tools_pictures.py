"""The README's pictures of the explorers are there, small, named, and each is of an explorer that there is."""

import re
from pathlib import Path

import pytest
from PIL import Image

from course_lib.explorers.web_explorer import WEB
from readme_pictures import DRAWN, PICTURES

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".github" / "pictures"
MOST_BYTES = 150_000


def test_the_readme_shows_every_picture_with_a_text_alternative_and_no_other():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r'src="\.github/pictures/(\w+\.(?:png|svg))"[^>]* alt="([^"]+)"', text))
    assert {Path(name).stem for name in shown} - {"claims"} == {*PICTURES, *DRAWN}
    assert {path.name for path in FOLDER.iterdir() if path.is_file()} - {"claims.svg"} == shown.keys() - {"claims.svg"}
    assert all(len(alternative) > 60 for alternative in shown.values())


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_small_wide_enough_and_of_an_explorer(name):
    path = FOLDER / f"{name}.png"
    assert path.stat().st_size < MOST_BYTES
    with Image.open(path) as picture:
        assert picture.width >= 700 and len(picture.convert("RGB").getcolors(256)) > 20
    assert (WEB / "explorers" / f"{PICTURES[name][0]}.js").is_file()


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_that_the_kernel_draws_is_what_it_draws_now(name):
    explorer = DRAWN[name]
    committed = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert committed == explorer.draw(explorer.starting_state()) + "\n", "run: python tools/readme_pictures.py"
