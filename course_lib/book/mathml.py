"""Formulas as MathML, which every browser draws itself: no script, no font to fetch, and they print and are read aloud.

A Sphinx extension; `html_math_renderer = "mathml"` chooses it. TeX is translated by latex2mathml.
"""

import re
from html import escape

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.errors import ExtensionError


class FormulaError(ExtensionError):
    """A formula that cannot be translated. The message names the page and the formula."""


def mathml(tex: str, display: str, place: str = "") -> str:
    """A formula in TeX as MathML; `display` is "inline" or "block".

    Raises
    ------
    FormulaError : a command that is not known, or a formula that is cut off
    """
    bare = tex.replace("\\{", "").replace("\\}", "")
    if bare.count("{") != bare.count("}"):
        raise FormulaError(f"{place}: {tex!r} has {bare.count('{')} opening braces and {bare.count('}')} closing ones.")
    try:
        found = convert(tex, display=display)
    except Exception as error:  # latex2mathml has a class for each error, and none above them
        raise FormulaError(f"{place}: {tex!r} is no formula that can be shown: {error!r}") from error
    if unknown := re.search(r">(\\\w+)<", found):
        raise FormulaError(f"{place}: {unknown[1]} in {tex!r} is not known.")
    return found.replace("<math ", f'<math alttext="{escape(tex, quote=True)}" ', 1)


def _inline(writer, node):
    writer.body.append(mathml(node.astext(), "inline", writer.builder.current_docname))
    raise nodes.SkipNode


def _block(writer, node):
    formula = mathml(node.astext(), "block", writer.builder.current_docname)
    writer.body.append(f'<div class="formula" tabindex="0">{formula}</div>\n')
    raise nodes.SkipNode


def setup(app):
    """For Sphinx."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
