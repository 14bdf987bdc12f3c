"""An executed notebook as one HTML file that needs no kernel and no network: what moves in it moves.

    jupyter nbconvert --to course --execute chapters/01a_what_a_neuron_looks_for.ipynb

nbconvert's own HTML (`--to html`) fetches what draws widgets and formulas from servers elsewhere, so that with no
network it shows neither. Here the file holds what a page of the book loads from its folder: the explorers it shows,
the questions, and formulas as MathML, which needs the extra `book`.
"""

import copy
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import from_dict

from course_lib.book.notebooks import SHOW_CODE, outputs
from course_lib.book.site import explorer_script
from course_lib.explorers.page_form import PAGE_FORM

STATIC = Path(__file__).parent / "static"
HOW = "open this notebook in JupyterLab"
# The book's style has its colors from the book's theme.
COLORS = (
    ":root { --color-background-border: #ccc; --color-foreground-secondary: #555; --color-brand-content: #0072b2; }"
)
# nbconvert's page without what it fetches. Code that a notebook hides is behind a fold.
TEMPLATE = """\
{%- extends "index.html.j2" -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block extra_css -%}<style>{{ resources.course_style }}</style>{%- endblock -%}
{%- block input -%}
{%- if cell.metadata.get("jupyter", {}).get("source_hidden") -%}
<details><summary>SHOW_CODE</summary>{{ super() }}</details>
{%- else -%}
{{ super() }}
{%- endif -%}
{%- endblock -%}
{%- block footer_js -%}
{%- for script in resources.course_scripts %}<script>{{ script }}</script>
{% endfor -%}
{%- endblock -%}
""".replace("SHOW_CODE", SHOW_CODE)


class _WithFormulas(IPythonRenderer):
    """nbconvert's Markdown, with formulas as MathML instead of TeX that a script finds."""

    def block_math(self, body):
        return _formulas().block(body, "this notebook")

    def inline_math(self, body):
        return _formulas().mathml(body, "inline", "this notebook")

    def latex_environment(self, name, body):
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


def _formulas():
    # Here and not above: JupyterLab loads every exporter for its menu, also where the extra `book` is not installed.
    from course_lib.book import mathml

    return mathml


class CourseExporter(HTMLExporter):
    """`jupyter nbconvert --to course`, and "Course page" in JupyterLab's menu Save and Export Notebook As."""

    export_from_notebook = "Course page"

    def __init__(self, config: Any = None, **words: Any) -> None:
        super().__init__(config=config, **words)
        self.raw_template = TEMPLATE

    def from_notebook_node(self, nb: Any, resources: Any = None, **words: Any) -> tuple[str, dict]:
        """The text of the file, and nbconvert's resources."""
        nb = copy.deepcopy(nb)
        nb.metadata.pop("widgets", None)
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        shown = [output.get("data", {}) for cell in code for output in cell.outputs]
        forms = [data[PAGE_FORM] for data in shown if PAGE_FORM in data]
        names = sorted({form["name"] for form in forms if form["kind"] == "explorer"})
        for cell in code:
            cell.outputs = [from_dict(output) for output in outputs(cell, HOW)]
        resources = dict(resources or {})
        resources["course_style"] = COLORS + (STATIC / "book.css").read_text(encoding="utf-8")
        resources["course_scripts"] = _scripts(names)
        return super().from_notebook_node(nb, resources, **words)

    @pass_context
    def markdown2html(self, context, source):
        """nbconvert's filter, with formulas as MathML."""
        return MarkdownWithMath(renderer=_WithFormulas(escape=False, anchor_link_text="")).render(source)


def _scripts(names):
    """What the page runs: the explorers that it shows, then what mounts them. No script may end before its end."""
    found = [explorer_script(name) for name in names]
    found += [(STATIC / name).read_text(encoding="utf-8") for name in ("questions.js", "book.js")]
    return [script.replace("</", "<\\/") for script in found]
