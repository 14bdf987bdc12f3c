"""A picture of a notebook reaches a reader everywhere: as a page with its words, in a PDF, and in plain text."""

import base64
import subprocess
import sys

import nbformat
import pytest
from matplotlib.figure import Figure

from course_lib.plots.figures import as_picture

NOTEBOOK = """import matplotlib.pyplot as plt
from course_lib.plots import show
show(plt.figure(figsize=(2, 2)), alt="A <white> square.")"""


def test_a_picture_is_html_with_its_words_a_png_and_its_words_alone():
    bundle = as_picture(Figure(figsize=(2, 1)), "A <white> square.", 100)._repr_mimebundle_()
    assert bundle["text/plain"] == "A <white> square."
    assert base64.b64decode(bundle["image/png"])[:8] == b"\x89PNG\r\n\x1a\n"
    assert bundle["image/png"] in bundle["text/html"] and 'alt="A &lt;white&gt; square."' in bundle["text/html"]
    assert "width:100px" in bundle["text/html"]


@pytest.mark.processes("executes a notebook")
def test_a_pdf_by_way_of_latex_has_the_picture(tmp_path):
    cell = nbformat.v4.new_code_cell(NOTEBOOK)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "drawn.ipynb")
    words = [
        "-m",
        "nbconvert",
        "--execute",
        "--to",
        "latex",
        "--output-dir",
        str(tmp_path),
        str(tmp_path / "drawn.ipynb"),
    ]
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    (picture,) = (tmp_path / "drawn_files").glob("*.png")
    assert picture.name in (tmp_path / "drawn.tex").read_text(encoding="utf-8")
