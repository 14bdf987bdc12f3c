"""Formulas as MathML, which every browser draws itself: no script, no font to fetch, and they print and are read aloud.

A Sphinx extension; `html_math_renderer = "mathml"` chooses it. TeX is translated by latex2mathml.
"""

import re
from html import escape

from docutils import nodes
from latex2mathml import commands
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
    # latex2mathml knows `aligned` by the name that stands for a part of a formula too.
    known = tex.replace("{aligned}", "{split}")
    for name in re.findall(r"\\begin\{([^}]*)\}", known):
        if f"\\{name}" not in commands.MATRICES:
            raise FormulaError(f"{place}: {{{name}}} in {tex!r} is not known.")
    try:
        found = convert(known, display=display)
    except Exception as error:  # latex2mathml has a class for each error, and none above them
        raise FormulaError(f"{place}: {tex!r} is no formula that can be shown: {error!r}") from error
    if unknown := re.search(r">(\\\w+)<", found):
        raise FormulaError(f"{place}: {unknown[1]} in {tex!r} is not known.")
    return found.replace("<math ", f'<math alttext="{escape(tex, quote=True)}" ', 1)


def formulas(tex: str) -> list[str]:
    """Formulas that stand in one line with a wide gap between them, each alone: a narrow page stacks them."""
    found, depth = [""], 0
    for part in re.split(r"(\\qquad\b|\\begin\{[^}]*\}|\\end\{[^}]*\}|\\[{}]|[{}])", tex):
        depth += (part == "{" or part.startswith(r"\begin")) - (part == "}" or part.startswith(r"\end"))
        if part == r"\qquad" and depth == 0:
            found.append("")
        else:
            found[-1] += part
    return [each.strip() for each in found if each.strip()]


def block(tex: str, place: str) -> str:
    """What stands on a line of its own, as HTML. It can be scrolled where it is wider than the page."""
    inside = "".join(mathml(each, "block", place) for each in formulas(tex))
    return f'<div class="formula" tabindex="0">{inside}</div>\n'


def _inline(writer, node):
    writer.body.append(mathml(node.astext(), "inline", writer.builder.current_docname))
    raise nodes.SkipNode


def _block(writer, node):
    writer.body.append(block(node.astext(), writer.builder.current_docname))
    raise nodes.SkipNode


def setup(app):
    """For Sphinx."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
