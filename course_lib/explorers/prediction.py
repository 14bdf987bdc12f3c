"""Predictions: a learner writes one down before the answer is shown, and sees it again beside the answer."""

import html

import ipywidgets as widgets

from course_lib.explorers import page_form
from course_lib.explorers.accessibility import accessible_box, paragraphs
from course_lib.learner.memory import remember, remembered

_answers_shown = {}  # key: the answers on the page, which follow when a prediction changes


class Prediction:
    """Ask for a prediction and remember it under `key` in the learner's file. `recall(key, answer=...)` shows it again.

    Exactly one of `choices`, `slider` and `text` says how it is given.

    Parameters
    ----------
    key : name to recall it by, one for each question of the course
    question : plain text
    choices : list of texts to choose from
    slider : (low, high, step) of a number
    text : True for a line in the learner's own words

    Raises
    ------
    ValueError : none or several ways to answer, fewer than two choices, a range that is empty
    """

    def __init__(
        self,
        key: str,
        question: str,
        choices: list[str] | None = None,
        slider: tuple[float, float, float] | None = None,
        text: bool = False,
    ):
        if sum([choices is not None, slider is not None, bool(text)]) != 1:
            raise ValueError(
                f"Prediction({key!r}) needs exactly one of choices=[...], slider=(low, high, step) and text=True."
            )
        self.key, self.question = key, question
        self.message = widgets.HTML()
        self.message.add_class("explorer-readout")
        heading = widgets.HTML(
            f'<div class="explorer-text explorer-question"><p><b>Predict:</b> {html.escape(question)}</p></div>'
        )
        ways = {"choices": choices, "slider": slider, "text": text or None}
        self.way = {name: way for name, way in ways.items() if way is not None}
        if choices is not None:
            inputs = self._ask_choice(choices)
        elif slider is not None:
            inputs = self._ask_number(slider)
        else:
            inputs = self._ask_text()
        self.widget = accessible_box([heading, *inputs, self.message])
        self._confirm()

    def _ask_choice(self, choices):
        if len(choices) < 2 or len(set(choices)) < len(choices):
            raise ValueError(
                f"Prediction({self.key!r}): choices is {choices!r}; it must be two or more different texts."
            )
        earlier = _noted(self.key)
        self.input = widgets.RadioButtons(options=list(choices), value=earlier if earlier in choices else None)
        self.input.observe(lambda change: self._remember(change["new"]), names="value")
        return [self.input]

    def _ask_number(self, slider):
        low, high, step = slider
        if not low < high or step <= 0:
            raise ValueError(
                f"Prediction({self.key!r}): slider is {slider!r}; it must be (low, high, step), low < high, step > 0."
            )
        whole = all(float(value).is_integer() for value in slider)
        self.input = (widgets.IntSlider if whole else widgets.FloatSlider)(
            value=_earlier_number(self.key, low, high, step),
            min=low,
            max=high,
            step=step,
            description="your number",
            tooltip=self.question,
        )
        self.input.style.description_width = "6.5em"
        self.input.layout.width = "min(100%, 30em)"
        return [self.input, self._note_button()]

    def _ask_text(self):
        self.input = widgets.Text(
            value=_noted(self.key),
            description="your words",
            tooltip=self.question,
            continuous_update=False,
            layout=widgets.Layout(width="100%", max_width="50em"),
        )
        self.input.observe(lambda change: self._remember(change["new"]), names="value")
        return [self.input, self._note_button()]

    def _note_button(self):
        button = widgets.Button(description="Write it down", tooltip="Remember this prediction")
        button.add_class("prediction-note")
        button.on_click(lambda _: self._remember(self.input.value))
        return button

    def _remember(self, value):
        if value is None or not str(value).strip():
            return
        remember("predictions", self.key, f"{value:g}" if isinstance(value, float) else str(value))
        self._confirm()
        for answer in _answers_shown.get(self.key, ()):
            answer.update()

    def _confirm(self):
        noted = _noted(self.key)
        self.message.value = paragraphs(f"✓ Written down: {noted}" if noted else "Nothing written down yet.")

    def _repr_mimebundle_(self, **_):
        bundle = dict(self.widget._repr_mimebundle_())
        bundle["text/plain"] = f"Predict: {self.question}"
        bundle[page_form.PAGE_FORM] = page_form.prediction(self.key, self.question, self.way)
        return bundle


def recall(key: str, answer: str) -> "_Answer":
    """Show the prediction that was written down under `key` beside the answer, as the last line of a cell.

    Works with nothing predicted too, and follows when the prediction is made or changed later.
    """
    return _Answer(key, answer)


class _Answer:
    """A prediction and the answer to it."""

    def __init__(self, key, answer):
        self.key, self.answer = key, answer
        self.text = widgets.HTML()
        self.text.add_class("explorer-readout")
        self.widget = accessible_box([self.text])
        self.update()
        _answers_shown.setdefault(key, []).append(self)

    def update(self):
        predicted, answer = self._lines()
        self.text.value = (
            f'<div class="explorer-text" dir="ltr" style="border-left:5px solid #0072B2;padding-left:12px">'
            f"<p>{html.escape(predicted)}</p><p><b>Answer:</b> {html.escape(answer)}</p></div>"
        )

    def _lines(self):
        noted = _noted(self.key)
        return (f"You predicted: {noted}" if noted else "You wrote no prediction down for this question."), self.answer

    def _repr_mimebundle_(self, **_):
        bundle = dict(self.widget._repr_mimebundle_())
        predicted, answer = self._lines()
        bundle["text/plain"] = f"{predicted}\nAnswer: {answer}"
        bundle["text/html"] = self.text.value
        bundle[page_form.PAGE_FORM] = page_form.answer(self.key, self.answer)
        return bundle


def _noted(key):
    """What was predicted under this key, here or earlier; "" for nothing."""
    return remembered()["predictions"].get(key, "")


def _earlier_number(key, low, high, step):
    """What was predicted before, or the middle of the range on the slider's grid."""
    try:
        earlier = float(_noted(key))
    except ValueError:
        earlier = low + round((high - low) / 2 / step) * step
    return min(max(earlier, low), high)
