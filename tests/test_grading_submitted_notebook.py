"""A student's notebook is read whatever wrote it; what is none is an error that says so, and never another one."""

import json
import re

import jupytext
import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.grading.assignment import COURSE
from course_lib.grading.submitted_notebook import NotebookError, StudentCell, read_notebook, read_script
from examples import examples


def written(cells, **words):
    """A notebook of nbformat 4 with these cells, as bytes."""
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells} | words).encode()


def code(source="x = 1", **words):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None} | words


def pairs(cells):
    return [(cell.kind, cell.source) for cell in cells]


def test_the_courses_own_notebooks_are_read_as_nbformat_reads_them():
    path = COURSE / "chapters" / "02a_downhill.ipynb"
    cells = read_notebook(path.read_bytes())
    expected = nbformat.read(path, as_version=4).cells
    assert pairs(cells) == [(cell.cell_type, cell.source) for cell in expected]
    assert [cell.identity for cell in cells] == [cell.id for cell in expected]
    assert [cell.metadata for cell in cells] == [cell.metadata for cell in expected]


def test_nbformat_3_with_worksheets_is_read_as_nbformat_converts_it():
    three = nbformat.v3
    cells = [
        three.new_heading_cell("Title", level=2),
        three.new_text_cell("markdown", "words"),
        three.new_code_cell(input="x = 1", outputs=[three.new_output("stream", "hello")]),
    ]
    sheets = [three.new_worksheet(cells=cells[:2]), three.new_worksheet(cells=cells[2:])]
    data = three.writes_json(three.new_notebook(worksheets=sheets)).encode()
    found = read_notebook(data)
    assert pairs(found) == [("markdown", "## Title"), ("markdown", "words"), ("code", "x = 1")]
    assert found[2].outputs[0]["output_type"] == "stream"


def test_a_bom_carriage_returns_lists_and_what_is_missing_are_fine():
    cells = [code(["x = 1\r\n", "y = 2\r"]), {"cell_type": "raw", "source": ""}, {"cell_type": "code", "source": "z"}]
    found = read_notebook(b"\xef\xbb\xbf" + written(cells).replace(b", ", b",\r\n"))
    assert pairs(found) == [("code", "x = 1\ny = 2\n"), ("raw", ""), ("code", "z")]
    assert found[2] == StudentCell("code", "z", {}, [], "")


def test_what_colab_and_vs_code_add_is_fine_and_colabs_id_is_found():
    colab = code(metadata={"id": "aBc123", "colab": {"base_uri": "https://x"}, "outputId": "1"})
    vs_code = code(metadata={"vscode": {"languageId": "python"}}, id="own-id", execution_count="no number")
    data = written([colab, vs_code], metadata={"colab": {"provenance": []}, "accelerator": "GPU"}, more=[1, None])
    assert [cell.identity for cell in read_notebook(data)] == ["aBc123", "own-id"]


def test_nul_and_lone_surrogates_are_replaced_everywhere_and_pairs_are_kept():
    output = {"output_type": "stream", "text": ["\ud800"], "\udc00": {"a": "\0"}}
    found = read_notebook(written([code("a\0b\ud83d c \ud83d\ude00", outputs=[output])]))
    assert found[0].source == "a\ufffdb\ufffd c \U0001f600"
    assert found[0].outputs == [{"output_type": "stream", "text": ["\ufffd"], "\ufffd": {"a": "\ufffd"}}]
    found[0].source.encode()


GOOD = written([code()])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"hello", "not JSON"),
        (GOOD[:40], "ends in the middle"),
        (GOOD[:-1], "ends in the middle"),
        (GOOD[:-20], "ends in the middle"),
        (b"PK\3\4...", "is a zip file"),
        (b"%PDF-1.7", "is a PDF"),
        (b"\n<!DOCTYPE html>", "is a web page"),
        (b"<<<<<<< HEAD\n{}", "git could not merge"),
        (GOOD.decode().encode("utf-16"), "UTF-16"),
        (b'{"nbformat": 4, "\xff": 1}', "UTF-8"),
        (b"[" * 100_000, "deeper than 100"),
        (b'{"a":' * 100_000, "deeper than 100"),
        (written([code(metadata={"x": json.loads("[" * 200 + "]" * 200)})]), "deeper than 100"),
        (GOOD.replace(b'"nbformat": 4', b'"nbformat": ' + b"9" * 5000), "thousands of digits"),
        (b"[" + b"[]," * 500_000 + b"1]", "More than 500,000 lists"),
        (b"[]", "The whole file is a list; expected an object"),
        (b"null", "The whole file is missing"),
        (b"{}", "`nbformat` is missing"),
        (GOOD.replace(b'"nbformat": 4', b'"nbformat": true'), "`nbformat` is true or false"),
        (GOOD.replace(b'"nbformat": 4', b'"nbformat": "4"'), "`nbformat` is a text"),
        (GOOD.replace(b'"nbformat": 4', b'"nbformat": 5'), "nbformat 5; expected 3 or 4"),
        (b'{"nbformat": 4}', "`cells` is missing"),
        (written({"a": 1}), "`cells` is an object; expected a list"),
        (b'{"nbformat": 3, "worksheets": {}}', "`worksheets` is an object"),
        (b'{"nbformat": 3, "worksheets": [1]}', "Worksheet 1 is a number"),
        (b'{"nbformat": 3, "worksheets": [{"cells": 1}]}', "`cells` of a worksheet is a number"),
        (
            b'{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "heading", "source": "x", "level": "1"}]}]}',
            "level",
        ),
        (written([1]), "Cell 1 is a number"),
        (written([code(), code(5)]), "The source of cell 2 is a number; expected a text"),
        (written([code(None)]), "The source of cell 1 is missing"),
        (written([code(["x", 1])]), "A line of cell 1 is a number"),
        (written([code(cell_type=[])]), "The kind of cell 1 is a list"),
        (written([code(cell_type="widget")]), "kind 'widget'; expected code, markdown or raw"),
        (written([code(metadata=[])]), "The metadata of cell 1 is a list"),
        (written([code(metadata=None)]), "The metadata of cell 1 is missing"),
        (written([code(outputs={})]), "The outputs of cell 1 is an object"),
        (written([code(outputs=["x"])]), "An output of cell 1 is a text"),
        (written([code(id=5)]), "The id of cell 1 is a number"),
        (written([code()] * 2001), "2,001 cells; at most 2,000"),
        (written([code("x" * 1_000_001)]), "Cell 1 has 1,000,001 characters"),
        (written([code("x" * 1_000_000)] * 21), "at most 20,000,000"),
    ],
)
def test_what_is_no_notebook_is_a_clear_error(data, said):
    with pytest.raises(NotebookError, match=re.escape(said)):
        read_notebook(data)


def test_the_largest_that_is_allowed_is_read():
    assert len(read_notebook(written([code("")] * 2000))) == 2000
    assert len(read_notebook(written([code("x" * 300_000)]))[0].source) == 300_000
    with pytest.raises(NotebookError, match="300,001 characters of code"):
        read_notebook(written([code("x" * 300_000), code("y")]))
    deepest = json.loads("[" * 94 + "]" * 94)
    assert read_notebook(written([code(metadata={"x": deepest})]))[0].metadata == {"x": deepest}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["code", "heading"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["nbformat", "cells", "worksheets", "cell_type", "source", "input", "metadata", "outputs", "id"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)
CELL = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | JSON, "source": st.text() | JSON},
    optional={"metadata": JSON, "outputs": JSON, "id": JSON, "level": JSON, "input": JSON},
)
NEARLY = st.fixed_dictionaries(
    {"nbformat": st.sampled_from([3, 4]) | JSON, "cells": st.lists(CELL, max_size=3) | JSON},
    optional={"worksheets": st.lists(st.fixed_dictionaries({"cells": st.lists(CELL, max_size=2)}) | JSON, max_size=2)},
)


def is_sound(cells):
    """Whether everything that `StudentCell` promises holds of these cells."""
    for cell in cells:
        assert cell.kind in ("code", "markdown", "raw") and type(cell.source) is str and type(cell.identity) is str
        assert type(cell.metadata) is dict and all(type(output) is dict for output in cell.outputs)
        assert not set(cell.source) & {"\0", "\r"}
        cell.source.encode()  # no lone surrogate
        json.dumps([cell.metadata, cell.outputs], ensure_ascii=False).encode()
    return True


@given(st.binary(max_size=100) | JSON.map(lambda each: json.dumps(each).encode()) | st.text().map(str.encode))
@settings(max_examples=examples(120), deadline=None)
def test_bytes_are_a_notebook_or_a_notebook_error(data):
    for reader in (read_notebook, read_script):
        try:
            assert is_sound(reader(data)) or not data.strip()
        except NotebookError as error:
            assert str(error).endswith(".")


@given(NEARLY)
@settings(max_examples=examples(120), deadline=None)
def test_what_nearly_is_a_notebook_is_sound_or_a_notebook_error(notebook):
    try:
        assert is_sound(read_notebook(json.dumps(notebook).encode()))
    except NotebookError as error:
        assert str(error).endswith(".")


@given(st.lists(st.sampled_from(["\n", '"""', "'", "(", ")", "# %%", "\\", "x = 1", "# In[1]:", "#", " ", "def f():"])))
@settings(max_examples=examples(120), deadline=None)
def test_no_text_of_a_script_is_lost(parts):
    head = '"""x.ipynb\n\nAutomatically generated by Colab.\n"""\n\n'
    for start in ("", head):
        if (start + "".join(parts)).strip():
            found = "".join(cell.source for cell in read_script((start + "".join(parts)).encode()))
            assert found.count("x = 1") == "".join(parts).count("x = 1")


def test_the_percent_format_is_read_as_jupytext_reads_it():
    path = COURSE / "solutions" / "02a_downhill.py"
    expected = jupytext.read(path, fmt="py:percent").cells
    assert pairs(read_script(path.read_bytes())) == [(cell.cell_type, cell.source) for cell in expected if cell.source]


def test_what_jupytext_writes_of_a_notebook_has_the_notebooks_cells():
    notebook = nbformat.read(COURSE / "chapters" / "02a_downhill.ipynb", as_version=4)
    for options in ({}, {"cell_markers": '"""'}):
        notebook.metadata["jupytext"] = options
        found = read_script(jupytext.writes(notebook, fmt="py:percent").encode())
        expected = [(cell.cell_type, cell.source.strip("\n")) for cell in notebook.cells if cell.source]
        assert [(kind, text) for kind, text in pairs(found) if "%" not in text] == [
            (kind, text) for kind, text in expected if "%" not in text
        ]


def test_the_percent_formats_title_kind_and_id_are_read():
    text = (
        '#%% A title [markdown] id="one"\n# # Head\n#\n# words\n# %% [raw]\n# as is\n# %% id="two"\n# %%time\nx = 1\n'
    )
    found = read_script(text.encode())
    assert pairs(found) == [("markdown", "# Head\n\nwords"), ("raw", "as is"), ("code", "# %%time\nx = 1")]
    assert [cell.identity for cell in found] == ["one", "", "two"]


def test_nbconverts_script_is_read():
    from nbconvert import PythonExporter

    cells = [
        nbformat.v4.new_markdown_cell("# Head\n\nwords"),
        nbformat.v4.new_code_cell("import numpy as np\n\n\ndef f(x):\n    return x  # same"),
        nbformat.v4.new_markdown_cell("## More"),
        nbformat.v4.new_markdown_cell("- and more"),
        nbformat.v4.new_code_cell("# a remark\nf(1)", execution_count=3),
        nbformat.v4.new_code_cell("# only a remark"),
    ]
    text, _ = PythonExporter().from_notebook_node(nbformat.v4.new_notebook(cells=cells))
    assert "# In[3]:" in text
    assert pairs(read_script(text.encode())) == [(cell.cell_type, cell.source) for cell in cells]


COLAB = '''# -*- coding: utf-8 -*-
"""02a_downhill.ipynb

Automatically generated by Colab.

Original file is located at
    https://colab.research.google.com/drive/1abc

# Chapter 2

Words.
"""

# !pip install something
import numpy as np

def f(x):
    """Says.

    more
    """

    return (x +

            1)

text = """
no cell

"""

"""## A head"""

if f(1):
    a = 1

else:
    a = 2

broken = (1,

def g(x):
    return "it's

\'\'\'

"""Last words."""

g(1)
'''


def test_colabs_script_is_parted_into_texts_and_code():
    assert pairs(read_script(COLAB.encode())) == [
        ("markdown", "# Chapter 2\n\nWords."),
        ("code", "# !pip install something\nimport numpy as np"),
        ("code", 'def f(x):\n    """Says.\n\n    more\n    """\n\n    return (x +\n\n            1)'),
        ("code", 'text = """\nno cell\n\n"""'),
        ("markdown", "## A head"),
        ("code", "if f(1):\n    a = 1\n\nelse:\n    a = 2"),
        ("code", "broken = (1,"),
        ("code", "def g(x):\n    return \"it's"),
        ("code", '\'\'\'\n\n"""Last words."""\n\ng(1)'),
    ]


def test_a_script_without_marks_is_one_cell():
    assert pairs(read_script(b"#!/usr/bin/env python\n# coding: utf-8\n\nx = 1\r\n\r\n\r\ny = 2\n")) == [
        ("code", "x = 1\n\n\ny = 2")
    ]


@pytest.mark.parametrize("data", [b"", b"\xff\xfex", b"# \xe9", b"<html>", b"x" * 500_001, b"# %%\n1\n" * 2001])
def test_what_is_no_script_is_a_clear_error(data):
    with pytest.raises(NotebookError, match=r"\.$"):
        read_script(data)
