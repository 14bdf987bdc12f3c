"""The explorer of gradient descent in a real browser: what it says, and what hands can do with it."""

import numpy as np
import pytest
import traitlets
from explorer_page import (
    lowest_edge,
    mounts,
    move_by_keyboard,
    move_by_mouse,
    press,
    readout_of,
    shown,
    smallest_type,
    stands_still,
    until,
    until_it_changes,
)

from course_lib.data.surfaces import SURFACES
from course_lib.explorers.descent import DescentExplorer
from course_lib.scratch.optimizers import GradientDescent

FIELDS = ("surface", "start_x", "start_y", "learning_rate", "steps")


@pytest.fixture
def mount(web):
    """mount(state, **words) -> a page with the explorer."""
    return mounts(web, "descent")


@pytest.fixture(scope="module")
def page(web):
    """One page for the tests that leave no trace: they set every field."""
    return web.mount("descent")


def show(page, **state):
    """Every field set: where it starts, or as told."""
    page.evaluate("state => { explorer.reset(); explorer.set(state); }", state)
    return readout_of(page)


def steps_in(said):
    """How many steps the readout says were taken."""
    return int(said.partition("After ")[2].split()[0])


def minus(number, digits):
    """A number as the readout writes it: at most so many decimals, a true minus sign."""
    words = f"{number:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{number:.0f}"
    return "0" if words in ("-0", "") else words.replace("-", "−")


@pytest.mark.parametrize(
    ("verdict", "says", "state"),
    [
        ("converging", "Converging: ", {"surface": "ravine", "learning_rate": 0.03}),
        ("zigzag", "Zigzag: ", {"surface": "ravine", "learning_rate": 0.09, "steps": 15}),
        ("bouncing", "Bouncing: ", {"surface": "ravine", "learning_rate": 0.1, "start_x": 0.0}),
        ("diverging", "Diverging: ", {"surface": "ravine", "learning_rate": 0.11, "start_y": 2.0}),
        ("diverging", "Diverging: ", {"surface": "two valleys", "learning_rate": 2.1, "steps": 100}),
        ("creeping", "Creeping: ", {"surface": "bowl", "learning_rate": 0.001}),
        ("converged", "Converged: ", {"surface": "bowl", "learning_rate": 0.5}),
        ("bouncing", "Bouncing: ", {"surface": "bowl", "learning_rate": 2.0}),
        ("converged", "Converged: ", {"surface": "two valleys", "learning_rate": 0.2, "start_x": -1.0}),
        ("higher valley", "Stuck in the higher ", {"surface": "two valleys", "learning_rate": 0.2, "start_x": 1}),
        ("saddle", "Stuck on the saddle: ", {"surface": "two valleys", "learning_rate": 0.2, "start_x": 0.2}),
    ],
)
def test_it_says_in_words_what_happens(verdict, says, state, page):
    assert show(page, **state).startswith(says)
    assert page.locator("figcaption").nth(1).inner_text() == f"Loss: {verdict}"


@pytest.mark.parametrize(
    ("surface", "rate", "x", "y", "steps"),
    [("ravine", 0.03, -2.0, 1.5, 30), ("bowl", 0.1, 2.0, -1.0, 25), ("two valleys", 0.05, 0.3, 2.0, 1)],
)
def test_its_numbers_are_those_of_the_course(surface, rate, x, y, steps, page):
    position = np.array([x, y])
    mover = GradientDescent(position, rate)
    for _ in range(steps):
        mover.step(np.array(SURFACES[surface].gradient(*position)))
    loss, at_start = SURFACES[surface].loss(*position), SURFACES[surface].loss(x, y)
    said = show(page, surface=surface, learning_rate=rate, start_x=x, start_y=y, steps=steps)
    assert (
        f"After {steps} {'step' if steps == 1 else 'steps'} at learning rate {rate:g}: "
        f"at ({minus(position[0], 3)}, {minus(position[1], 3)}), loss {minus(loss, 4)}. "
        f"Loss at the start: {minus(at_start, 4)}."
    ) in said
    assert page.locator(".picture").get_attribute("aria-label").split() == said.split()


def test_the_gradient_and_the_next_step_are_written_out(page):
    show(page, surface="bowl", learning_rate=0.5, start_x=2.0, start_y=-1.0, steps=1)
    assert page.locator(".gradient").inner_text() == "gradient here: (1, −0.5)"
    assert page.locator(".next-step").inner_text().strip() == "next step = −0.5 · gradient = (−0.5, 0.25)"


def test_the_picture_has_the_path_where_it_is(page):
    show(page, surface="bowl", learning_rate=0.5, start_x=2.0, start_y=-1.0, steps=2)
    d = page.locator(".walks path").first.get_attribute("d")
    places = np.array([corner.split() for corner in d[1:].split("L")], float)
    expected = np.array([[2.0, -1.0], [1.0, -0.5], [0.5, -0.25]])
    np.testing.assert_allclose(places, np.column_stack([48, 8]) + 228 / 6 * (expected * [1, -1] + 3), atol=0.06)


def test_a_descent_that_runs_away_ends_before_it_leaves_the_numbers_behind(page):
    said = show(page, surface="two valleys", learning_rate=2.1, start_x=2.5, steps=100)
    assert steps_in(said) < 100
    picture, _ = shown(page)
    assert "NaN" not in picture and "Infinity" not in picture


@pytest.mark.parametrize("move", [move_by_keyboard, move_by_mouse])
@pytest.mark.parametrize("name", FIELDS)
def test_every_control_moves_the_picture_which_else_stands_still(name, move, page):
    show(page, surface="bowl", learning_rate=0.03)
    before, value = shown(page), page.evaluate("name => explorer.get()[name]", name)
    move(page, name)
    after = until_it_changes(page, before)
    assert after[1] != before[1]
    assert page.evaluate("name => explorer.get()[name]", name) != value
    assert stands_still(page, 150)


def test_step_start_pause_and_reset_by_keyboard(mount):
    page = mount({"steps": 40})
    at_rest = shown(page)
    assert "After 40 steps" in at_rest[1] and stands_still(page)
    press(page, "Step")
    until(page, lambda _, said: said.startswith("At the start point. Press Start or Step."), "first to the start")
    press(page, "Step")
    until(page, lambda _, said: "After 1 step at" in said, "it takes one step")
    press(page, "Start")
    until(page, lambda _, said: 1 < steps_in(said) < 40, "it plays on")
    press(page, "Pause")
    page.wait_for_timeout(50)
    assert stands_still(page, 400)
    taken = steps_in(shown(page)[1])
    assert 1 < taken < 40
    press(page, "Step")
    until(page, lambda _, said: f"After {taken + 1} step" in said, "it goes on from where it stood")
    press(page, "Reset")
    until(page, lambda *now: now == at_rest, "it shows all again")


def test_it_plays_to_its_end_and_then_from_the_start(mount):
    page = mount({"steps": 15})
    at_rest = shown(page)
    for _ in range(2):
        press(page, "Start")
        until_it_changes(page, at_rest)
        until(page, lambda *now: now == at_rest, "it ends with the whole path")
        page.get_by_role("button", name="Start", exact=True).wait_for()


def test_a_control_that_is_moved_while_it_plays_begins_anew_and_while_it_stands_shows_all(mount):
    page = mount({"steps": 100})
    press(page, "Start")
    until(page, lambda _, said: 10 <= steps_in(said) < 100, "it plays")
    move_by_keyboard(page, "start_x")
    until(page, lambda _, said: steps_in(said) < 10, "it begins anew")
    press(page, "Pause")
    move_by_keyboard(page, "start_x")
    until(page, lambda _, said: "After 100 steps" in said, "it shows all")


def test_what_nobody_sees_stands_still(mount):
    page = mount({"steps": 100})
    page.evaluate("document.getElementById('here').style.marginTop = '3000px'")
    page.wait_for_timeout(100)
    page.evaluate("document.getElementById('here').shadowRoot.querySelector('.start').click()")
    page.wait_for_timeout(100)
    assert stands_still(page, 500)
    page.evaluate("document.getElementById('here').style.marginTop = 0")
    until(page, lambda _, said: 0 < steps_in(said) < 20, "it goes on when it is seen")


def test_type_is_large_enough_and_all_fits_a_laptops_window(mount):
    page = mount({"surface": "two valleys", "start_x": 0.2, "learning_rate": 0.2})
    assert lowest_edge(page) <= 640 and smallest_type(page)[0] >= 13
    page = mount({"surface": "two valleys", "start_x": 0.2, "learning_rate": 0.2}, width=926)  # 640 for the picture
    assert lowest_edge(page) <= 500 and smallest_type(page)[0] >= 13
    page = mount(width=400, height=800)
    assert page.evaluate("document.documentElement.scrollWidth") == 400 and smallest_type(page)[0] >= 13


def test_two_on_a_page_do_not_disturb_each_other(mount):
    page = mount({"surface": "bowl"})
    page.evaluate(
        """async () => {
          const place = document.body.appendChild(document.createElement("div"));
          const { default: mount } = await import("/explorers/descent.js");
          window.other = mount(place, { surface: "two valleys" });
          window.picture = () => place.shadowRoot.querySelector(".picture").innerHTML;
        }"""
    )
    before = page.evaluate("picture()")
    page.evaluate("explorer.set({ learning_rate: 0.5 })")
    page.wait_for_timeout(50)
    assert page.evaluate("picture()") == before
    page.evaluate("explorer.destroy()")
    page.evaluate("other.set({ surface: 'ravine' })")
    page.wait_for_timeout(50)
    assert page.evaluate("picture()") != before


def test_in_python_it_has_its_fields_and_refuses_what_they_cannot_be():
    explorer = DescentExplorer(steps=100, learning_rate=0.5)
    assert DescentExplorer.field_names() == list(FIELDS)
    assert explorer.state.steps == 100 and explorer.surface == "ravine"
    with pytest.raises(traitlets.TraitError, match=r"learning_rate is 0\.4; it must be one of"):
        explorer.set(learning_rate=0.4)
    with pytest.raises(TypeError, match="no control 'momentum'"):
        DescentExplorer(momentum=0.9)
