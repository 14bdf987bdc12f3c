"""Quiz: one question, and an explanation for every choice, the wrong ones above all."""

import html

import ipywidgets as widgets

from course_lib.explorers import page_form
from course_lib.explorers.accessibility import accessible_box
from course_lib.plots.style import BLUE, VERMILION


class Quiz:
    """A question with choices. Choosing one shows its explanation; one may choose again as often as one likes.

    Parameters
    ----------
    question : plain text
    choices : {choice text: why it is right or wrong}, in the order shown
    correct : the text of the right choice

    Raises
    ------
    ValueError : fewer than two choices, `correct` not among them, an empty explanation
    """

    def __init__(self, question: str, choices: dict[str, str], correct: str):
        if len(choices) < 2:
            raise ValueError(f"Quiz {question!r} has {len(choices)} choices; it needs two or more.")
        if correct not in choices:
            raise ValueError(
                f"Quiz {question!r}: correct is {correct!r}, which is not among the choices: "
                f"{', '.join(map(repr, choices))}. Copy the text of the right choice."
            )
        silent = [choice for choice, explanation in choices.items() if not explanation.strip()]
        if silent:
            raise ValueError(f"Quiz {question!r}: {silent[0]!r} has no explanation. Say why it is right or wrong.")
        self.question, self.choices, self.correct = question, dict(choices), correct
        self.input = widgets.RadioButtons(options=list(choices), value=None)
        self.input.observe(lambda change: self._explain(change["new"]), names="value")
        self.explanation = widgets.HTML('<div class="explorer-text"><p>Choose an answer.</p></div>')
        self.explanation.add_class("explorer-readout")
        heading = widgets.HTML(
            f'<div class="explorer-text explorer-question"><p><b>{html.escape(question)}</b></p></div>'
        )
        self.widget = accessible_box([heading, self.input, self.explanation])

    def _explain(self, choice):
        if choice is None:
            return
        right = choice == self.correct
        verdict, color = ("✓ Right.", BLUE) if right else ("✗ Not this one.", VERMILION)
        again = "" if right else "<p>Try again: choose another answer.</p>"
        self.explanation.value = (
            f'<div class="explorer-text" style="border-left:5px solid {color};padding-left:12px">'
            f"<p><b>{verdict}</b> {html.escape(self.choices[choice])}</p>{again}</div>"
        )

    def _repr_mimebundle_(self, **_):
        bundle = dict(self.widget._repr_mimebundle_())
        bundle["text/plain"] = "\n".join([self.question, *(f"  ( ) {choice}" for choice in self.choices)])
        bundle[page_form.PAGE_FORM] = page_form.quiz(self.question, self.choices, self.correct)
        return bundle
