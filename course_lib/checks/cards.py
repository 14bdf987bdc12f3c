"""The card a learner sees: HTML in a notebook, plain text in a terminal.

In a notebook the hint is there when it is asked for: a diagnosis says what is wrong, and whoever wants to find out why
can. Text cannot be opened, and another run of the check would train and time once more only to say it, so there the
hint stands under the diagnosis at once; it is also what a file of outputs, a grader and a test read.
"""

import html
import re
import sys
from dataclasses import dataclass

from course_lib.checks.verdict import Outcome


@dataclass(frozen=True)
class _Look:
    word: str  # the status in words: color and sign only repeat it
    sign: str
    color: str  # from the palette of Okabe and Ito, as in the course's plots
    border: str


_LOOKS = {
    "passed": _Look("passed", "✓", "#009E73", "solid"),
    "failed": _Look("not right yet", "✗", "#D55E00", "solid"),
    "not_written": _Look("not written yet", "✎", "#0072B2", "dashed"),
    "broken": _Look("could not be checked", "!", "#CC79A7", "double"),
}

# An exception follows the card, so that whoever executes the notebook sees a failed cell. JupyterLab would paint its
# line red and repeat what the card has said, so there it is not shown. Where this style has no effect, it stays.
_HIDE_ERROR = (
    "<style>.jp-OutputArea-child:has(.course-check-open) + "
    '.jp-OutputArea-child:has([data-mime-type="application/vnd.jupyter.stderr"]) {display: none} '
    ".course-check code {white-space: nowrap}</style>"  # `x @ weights` stays in one piece
)


class Card:
    """Shows an Outcome, and what became of the answer: in a notebook as HTML, elsewhere as text."""

    def __init__(self, outcome: Outcome, kept: str = ""):
        self.outcome, self.kept = outcome, kept

    def __repr__(self):
        return card_text(self.outcome, self.kept)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": repr(self), "text/html": card_html(self.outcome, self.kept)}


class NotPassed(Exception):
    """What `check` raises when an exercise is not passed. `outcome` says why; so does the message, in plain text."""

    def __init__(self, outcome: Outcome):
        super().__init__(card_text(outcome))
        self.outcome = outcome
        self.shown = False

    def show_card(self) -> None:
        """Display the card where a notebook's kernel runs. A terminal shows the exception's text instead."""
        ipython = sys.modules.get("IPython")
        if ipython is not None and hasattr(ipython.get_ipython(), "kernel"):
            ipython.display.display(Card(self.outcome))
            self.shown = True

    def _render_traceback_(self):  # IPython shows these lines in place of a traceback
        if self.shown:
            return [f"Exercise {self.outcome.number}, {_LOOKS[self.outcome.status].word}: {self.outcome.message}"]
        return card_text(self.outcome).splitlines()


class CheckFailed(NotPassed):
    """The answer is not right yet."""


class NotWrittenYet(NotPassed):
    """The exercise is still open."""


def card_text(outcome, kept=""):
    """The card as plain text, without colors. kept : what became of an answer that has passed."""
    lines = [f"Exercise {outcome.number} · {outcome.title}: {_LOOKS[outcome.status].word}"]
    if outcome.message:
        lines += _indented(outcome.message)
    if outcome.place:
        lines.append(f"  {outcome.place}:  {outcome.source}" if outcome.source else f"  {outcome.place}")
    if outcome.hint or outcome.look:
        lines += _indented(f"Hint: {outcome.hint or outcome.look}")
    lines += _indented(kept)
    return "\n".join(lines)


def card_html(outcome, kept=""):
    """The card as HTML. It is announced by screen readers (role status) and follows the page's light or dark theme."""
    look = _LOOKS[outcome.status]
    parts = [
        f'<div style="font-weight: 600"><span aria-hidden="true">{look.sign}</span> '
        f"Exercise {html.escape(outcome.number)} · {html.escape(outcome.title)}: {look.word}</div>"
    ]
    if outcome.message:
        parts.append(f'<div style="margin-top: 4px; white-space: pre-wrap">{_marked(outcome.message)}</div>')
    if outcome.place:
        line = f": <code>{html.escape(outcome.source)}</code>" if outcome.source else ""
        parts.append(f'<div style="margin-top: 4px">{html.escape(outcome.place).capitalize()}{line}</div>')
    parts.append(_hints_html([hint for hint in (outcome.look, outcome.hint) if hint]))
    if kept:
        parts.append(f'<div style="margin-top: 4px">{_marked(kept)}</div>')
    style = (
        f"border-left: 6px {look.border} {look.color}; padding: 6px 12px; margin: 4px 0; max-width: 46em; "
        "color: var(--jp-content-font-color1, inherit); background: var(--jp-layout-color2, rgba(128, 128, 128, 0.1)); "
        "font-family: var(--jp-content-font-family, sans-serif); line-height: 1.5"
    )
    hide, state = ("", "passed") if outcome.passed else (_HIDE_ERROR, "open")
    return f'{hide}<div class="course-check course-check-{state}" role="status" style="{style}">{"".join(parts)}</div>'


def _hints_html(hints):
    """The hints, each behind a line that opens it, the next one inside of the one before.

    The line is a <summary>, which every notebook's frontend and every reader of its file opens with a click, Enter or
    Space, without a kernel and without any script. JupyterLab and Notebook take both keys for themselves (Enter edits
    the cell); the data attribute is their own way to leave them to what has the focus.
    """
    if not hints:
        return ""
    title = f"Show a {'hint' if len(hints) == 1 else 'first hint'}"
    inside = _marked(hints[0])
    if len(hints) > 1:
        inside += _hint_html("Show a stronger hint", _marked(hints[1]))
    return _hint_html(title, inside)


def _hint_html(title, inside):
    return (
        '<details style="margin-top: 4px" data-lm-suppress-shortcuts="true">'
        f'<summary style="cursor: pointer; font-weight: 600">{title}</summary>'
        f'<div style="margin: 2px 0 0 1em">{inside}</div></details>'
    )


def _indented(text):
    return [f"  {line}" for line in text.splitlines()]


def _marked(text):
    """Escaped for HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text, quote=False))
