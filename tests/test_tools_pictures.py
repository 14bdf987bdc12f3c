"""The pictures of the README are the explorers' own, as they are now; that of the claims is in test_ledger.py."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from course_lib.ledger.readme import PICTURE as CLAIMS

from readme_pictures import PICTURES, opening_picture, write_pictures

FOLDER = Path(__file__).parent.parent / ".github" / "pictures"
README = FOLDER.parent.parent / "README.md"


@pytest.mark.parametrize("name", PICTURES)
def test_the_committed_picture_is_what_the_explorer_draws(name):
    committed = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert committed == opening_picture(PICTURES[name]), "run: python tools/readme_pictures.py"


def test_no_picture_is_left_over():
    assert {path.stem for path in FOLDER.iterdir()} == {*PICTURES, Path(CLAIMS).stem}


def test_writing_twice_changes_nothing(tmp_path):
    assert len(write_pictures(tmp_path)) == len(PICTURES)
    assert write_pictures(tmp_path) == []


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_well_formed_and_says_what_it_shows(name):
    root = ElementTree.fromstring((FOLDER / f"{name}.svg").read_text(encoding="utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(root.attrib["aria-label"]) > 20


def test_the_readme_shows_them_with_a_text_alternative():
    lines = README.read_text(encoding="utf-8").splitlines()
    for name in PICTURES:
        shown = [line for line in lines if f".github/pictures/{name}.svg" in line]
        assert len(shown) == 1, name
        alternative = shown[0].split('alt="')[1].split('"')[0]
        assert len(alternative) > 20
