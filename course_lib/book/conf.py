"""What Sphinx is told. `site.py` makes the sources, and gives what depends on them."""

from pathlib import Path

from course_lib import __version__
from course_lib.book.mathml import FormulaError  # noqa: F401  (a mistake in a formula is found before anything is built)

project = "Deep neural networks, written by hand and measured"
author = "The course authors"
copyright = "the course authors, MIT License"
release = version = __version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "course_lib.book.docstrings",
    "course_lib.book.mathml",
]
default_role = "code"
highlight_language = "none"  # what has no language named is a command
add_module_names = False
toc_object_entries = False
templates_path = []
exclude_patterns = []
suppress_warnings = ["ref.python"]  # an attribute of the same name in two classes

myst_enable_extensions = ["colon_fence", "dollarmath", "deflist", "attrs_block"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
nb_execution_mode = "off"  # they come executed
nb_ipywidgets_js = {}  # the page builds what moves, see static/book.js
nb_merge_streams = True
nb_render_markdown_format = "myst"

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # they stand in the signature
napoleon_google_docstring = False
napoleon_custom_sections = ["Returns"]  # a text, where napoleon would read a type first

html_theme = "furo"
html_title = project
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_js_files = ["questions.js", "book.js"]
html_search_scorer = str(Path(__file__).parent / "static" / "search_order.js")
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": False}
