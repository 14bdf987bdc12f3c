"""Explorers that compute in the kernel, what they draw and say; predictions and quizzes."""

import base64
import html
import math
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import ipywidgets as widgets
import pytest

from course_lib import explorers
from course_lib.explorers import every_explorer, prediction
from course_lib.explorers.configuration import ConfigurationExplorer
from course_lib.explorers.explorer import Explorer
from course_lib.explorers.neuron import NeuronExplorer
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz

EXPLORERS = [each for each in every_explorer() if issubclass(each, Explorer)]


def words(picture):
    """All text of an SVG picture, one string a text element."""
    return [element.text for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]


def coordinates(root):
    """All places and sizes in an SVG picture."""
    for element in root.iter():
        for name in {"x", "y", "cx", "cy", "r", "width", "height"} & set(element.keys()):
            yield float(element.get(name))
        yield from map(float, element.get("points", "").replace(",", " ").split())


def everything_in(widget):
    """The widget and all that it holds, however deep."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from everything_in(child)


def random_positions(explorer, rng):
    """Each control at one of its options."""
    return {control.name: rng.choice([value for _, value in control.options]) for control in explorer.controls}


# Every explorer


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_every_control_and_every_button_says_what_it_means_to_a_resting_pointer(explorer):
    shown = explorer()
    meanings = {control.name: control.meaning for control in explorer.controls}
    assert {name: control.tooltip for name, control in shown.inputs.items()} == meanings
    buttons = [each for each in everything_in(shown.widget) if isinstance(each, widgets.Button)]
    assert all([*meanings.values(), *(button.tooltip for button in buttons)]) and buttons


def test_explorers_are_found_by_name():
    assert {NeuronExplorer, ConfigurationExplorer} <= set(every_explorer())
    assert ConfigurationExplorer in EXPLORERS and NeuronExplorer not in EXPLORERS


def test_an_explorer_is_imported_by_its_name_and_loads_no_other():
    code = (
        "import sys\nfrom course_lib.explorers import NeuronExplorer\nimport course_lib.explorers as package\n"
        "loaded = [name for name in sys.modules if name.startswith('course_lib.explorers.')]\n"
        "print(NeuronExplorer.__module__, 'NeuronExplorer' in dir(package), *sorted(loaded))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert printed[:2] == ["course_lib.explorers.neuron", "True"]
    assert not {f"course_lib.explorers.{name}" for name in ("descent", "configuration", "live")} & set(printed)


def test_every_explorer_can_be_imported_by_its_name():
    for explorer in EXPLORERS:
        assert getattr(explorers, explorer.__name__) is explorer
    with pytest.raises(ImportError, match="NeuronExploer"):
        from course_lib.explorers import NeuronExploer  # noqa: F401
    with pytest.raises(AttributeError, match="Did you mean NeuronExplorer"):
        _ = explorers.NeuronExploer


@pytest.mark.parametrize("explorer_class", EXPLORERS)
def test_setting_a_control_as_an_attribute_says_how_to_move_it(explorer_class):
    explorer = explorer_class()
    for control in explorer.controls:
        with pytest.raises(
            AttributeError, match=rf"Move it with \.set\({control.name}={re.escape(repr(control.start))}"
        ):
            setattr(explorer, control.name, control.start)


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_every_picture_is_well_formed_and_carries_its_description(explorer):
    rng = random.Random(0)
    for _ in range(100):
        state = explorer.starting_state(**random_positions(explorer, rng))
        root = ElementTree.fromstring(explorer.draw(state))
        assert root.get("role") == "img"
        assert root.get("aria-label").split() == explorer.describe(state).split()
        assert all(math.isfinite(number) for number in coordinates(root))


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_the_same_state_gives_the_same_picture(explorer):
    state = explorer.starting_state()
    assert explorer.draw(state) == explorer.draw(state)


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_every_control_changes_picture_and_description(explorer):
    start = explorer.starting_state()
    for control in explorer.controls:
        elsewhere = [value for _, value in control.options if value != control.start]
        states = [explorer.starting_state(**{control.name: value}) for value in elsewhere]
        assert all(explorer.draw(state) != explorer.draw(start) for state in states), control.name
        assert any(explorer.describe(state) != explorer.describe(start) for state in states), control.name


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_all_text_in_a_picture_is_large_enough_where_a_notebook_leaves_550_pixels(explorer):
    root = ElementTree.fromstring(explorer().picture.value)
    width = float(root.get("viewBox").split()[2])
    sizes = [float(element.get("font-size")) for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert min(sizes) * 550 / width >= 12.9


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_every_control_has_a_label_a_meaning_and_a_start_that_it_can_have(explorer):
    for control in explorer.controls:
        assert control.label and control.meaning
        assert control.checked(control.start) == control.start
        assert control.name in explorer().inputs[control.name]._dom_classes


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_without_a_kernel_the_picture_and_the_words_remain(explorer):
    bundle = explorer()._repr_mimebundle_()
    description = explorer.describe(explorer.starting_state())
    assert description in bundle["text/plain"]
    ElementTree.fromstring(bundle["image/svg+xml"])
    alternative, data = re.search(
        r'<img alt="([^"]*)" src="data:image/svg\+xml;base64,([^"]*)"', bundle["text/html"]
    ).groups()
    assert html.unescape(alternative) == description
    assert base64.b64decode(data).decode() == bundle["image/svg+xml"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


@pytest.mark.parametrize("explorer", EXPLORERS)
def test_reset_goes_back_to_where_the_explorer_was_opened(explorer):
    rng = random.Random(1)
    opened = random_positions(explorer, rng)
    shown = explorer(**opened)
    before = shown.picture.value
    shown.set(**random_positions(explorer, rng))
    assert shown.picture.value != before
    shown.reset()
    assert shown.picture.value == before


def test_the_explorers_load_no_torch():
    modules = "neuron, article_network, descent, prediction, quiz"
    program = f"import sys; from course_lib.explorers import {modules}; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"


# Predictions and quizzes


@pytest.fixture(autouse=True)
def forget_answers():
    prediction._answers_shown.clear()


def test_a_chosen_prediction_is_recalled_beside_the_answer():
    asked = Prediction("lines", "How many lines?", choices=["one", "two"])
    asked.input.value = "two"
    assert "Written down: two" in asked.message.value
    shown = recall("lines", answer="one")
    assert shown._repr_mimebundle_()["text/plain"] == "You predicted: two\nAnswer: one"
    assert "You predicted: two" in shown.text.value


def test_recall_works_with_nothing_predicted_and_follows_later():
    shown = recall("size", answer="46")
    assert "no prediction" in shown.text.value and "46" in shown.text.value
    asked = Prediction("size", "How large?", slider=(0, 100, 1))
    asked.input.value = 30
    assert "no prediction" in shown.text.value  # a slider counts when it is written down
    asked._remember(asked.input.value)
    assert "You predicted: 30" in shown.text.value


def test_a_prediction_in_words_is_escaped_and_an_empty_one_is_none():
    asked = Prediction("why", "Why?", text=True)
    asked.input.value = "   "
    assert "Nothing written down yet" in asked.message.value
    asked.input.value = "x < 0"
    assert "x &lt; 0" in asked.message.value
    assert "x &lt; 0" in recall("why", answer="a").text.value


def test_a_prediction_that_is_asked_again_still_stands():
    Prediction("lines", "How many?", choices=["one", "two"]).input.value = "one"
    assert Prediction("lines", "How many?", choices=["one", "two"]).input.value == "one"
    again = Prediction("share", "How much?", slider=(0.0, 1.0, 0.1))
    again._remember(0.3)
    assert Prediction("share", "How much?", slider=(0.0, 1.0, 0.1)).input.value == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("ways", "message"),
    [
        ({}, "exactly one of"),
        ({"text": True, "choices": ["a", "b"]}, "exactly one of"),
        ({"choices": ["a"]}, "two or more different"),
        ({"choices": ["a", "a"]}, "two or more different"),
        ({"slider": (3, 1, 1)}, "low < high"),
        ({"slider": (0, 1, 0)}, "step > 0"),
    ],
)
def test_a_prediction_that_cannot_be_asked_says_what_is_wrong(ways, message):
    with pytest.raises(ValueError, match=message):
        Prediction("key", "Question?", **ways)


CHOICES = {"step": "Its slope is 0 & stays so.", "ReLU": "Its slope is 1 for positive sums."}


def test_a_quiz_explains_the_wrong_choice_and_lets_one_try_again():
    quiz = Quiz("Through which can nothing learn?", CHOICES, correct="step")
    quiz.input.value = "ReLU"
    assert "Not this one" in quiz.explanation.value and "slope is 1" in quiz.explanation.value
    assert "Try again" in quiz.explanation.value
    quiz.input.value = "step"
    assert "Right" in quiz.explanation.value and "0 &amp; stays" in quiz.explanation.value
    assert "Try again" not in quiz.explanation.value


@pytest.mark.parametrize(
    ("choices", "correct", "message"),
    [
        (CHOICES, "Step", "'Step', which is not among the choices: 'step', 'ReLU'"),
        ({"step": "why"}, "step", "needs two or more"),
        ({"step": "why", "ReLU": " "}, "step", "'ReLU' has no explanation"),
    ],
)
def test_a_quiz_that_cannot_be_asked_says_what_is_wrong(choices, correct, message):
    with pytest.raises(ValueError, match=message):
        Quiz("Q?", choices, correct=correct)
