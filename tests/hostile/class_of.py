"""A made-up class: notebooks with the exercise cells that a test wants in them."""

import json

from course_lib.grading.assignment import COURSE

NUMBER, NAME, STEM = "2.4", "dense_backward", "02b_back_through_the_network"

RIGHT = """
def dense_backward(x, weight, output_gradient):
    return x.T @ output_gradient, output_gradient.sum(axis=0), output_gradient @ weight.T
"""


def notebook_with(code, number=NUMBER, stem=STEM):
    """The chapter as it is handed out, with this code in the cell of one exercise: bytes."""
    notebook = json.loads((COURSE / "chapters" / f"{stem}.ipynb").read_text("utf-8"))
    cells = notebook["cells"]
    check = next(place for place, cell in enumerate(cells) if "".join(cell["source"]).startswith(f'check("{number}"'))
    name = "".join(cells[check]["source"]).split(",")[1].strip(" )")
    place = max(place for place in range(check) if f"def {name}(" in "".join(cells[place]["source"]))
    cells[place]["source"] = code
    return json.dumps(notebook).encode("utf-8", "surrogatepass")
