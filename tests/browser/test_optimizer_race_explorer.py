"""The race of six optimizers in a real browser: who wins, and what hands can do with it. Numbers: test_web_walks.py."""

import itertools

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

from course_lib.data.surfaces import RACE_SURFACES
from course_lib.experiments import surface_race
from course_lib.explorers.optimizer_race import OptimizerRaceExplorer
from course_lib.plots.style import OPTIMIZER_NAMES
from course_lib.recipe import ENTRYWISE_OPTIMIZERS

FIELDS = ("surface", "rates", "learning_rate", "momentum")


@pytest.fixture
def mount(web):
    """mount(state, **words) -> a page with the explorer."""
    return mounts(web, "optimizer_race")


@pytest.fixture(scope="module")
def page(web):
    """One page for the tests that leave no trace: they set every field."""
    return web.mount("optimizer_race")


def show(page, **state):
    """Every field set: where it starts, or as told."""
    page.evaluate("state => { explorer.reset(); explorer.set(state); }", state)
    return readout_of(page)


def steps_in(said):
    """How many steps the readout says were taken."""
    return int(said.partition("After ")[2].split()[0].rstrip(",")) if "After" in said else 0


def goals(surface, rates, momentum=surface_race.MOMENTUM):
    """{optimizer: steps to the goal or None}, computed in Python."""
    surface = RACE_SURFACES[surface]
    paths = {name: surface_race.walk(surface, name, rate, momentum) for name, rate in rates.items()}
    return {name: surface_race.steps_to_goal(surface_race.losses_on(surface, path)) for name, path in paths.items()}


@pytest.mark.parametrize(
    ("surface", "rate", "momentum"),
    [
        ("ravine", 0.01, 0.9),
        ("ravine", 0.03, 0.9),
        ("saddle", 0.2, 0.5),
        ("plateau", 0.7, 0.8),
        ("turned ravine", 0.1, 0),
    ],
)
def test_it_names_who_was_first_and_in_how_many_steps(surface, rate, momentum, page):
    counts = goals(surface, dict.fromkeys(ENTRYWISE_OPTIMIZERS, rate), momentum)
    fewest = min((count for count in counts.values() if count), default=None)
    first = [OPTIMIZER_NAMES[name] for name, count in counts.items() if count and count == fewest]
    said = show(page, surface=surface, learning_rate=rate, momentum=momentum)
    assert f"first at the goal, a thousandth of the loss at the start: {', '.join(first)}." in said
    for name, count in counts.items():
        words = f"{OPTIMIZER_NAMES[name]} (learning rate {rate:g}): "
        assert (f"{words}goal in {count} steps" in said) == bool(count)
        listed = page.locator(f".runner.{name}").inner_text()
        assert (f"η {rate:g}: goal at {count}" in listed) == bool(count)
    caption = f"First: {first[0]}" if len(first) == 1 else f"{len(first)} are first together"
    assert page.locator("figcaption").nth(1).inner_text() == caption
    assert page.locator(".picture").get_attribute("aria-label").split() == said.split()


def test_nesterov_wins_as_it_opens_and_adam_is_on_its_way(page):
    said = show(page)
    assert "a thousandth of the loss at the start: Nesterov." in said
    surface = RACE_SURFACES["ravine"]
    loss = surface_race.losses_on(surface, surface_race.walk(surface, "adam", 0.01))[-1]
    assert f"Adam (learning rate 0.01): not at the goal, loss {loss:.4f}".rstrip("0") in said


def test_each_with_its_best_rate(page):
    race = surface_race.tuned_race(RACE_SURFACES["plateau"])
    said = show(page, surface="plateau", rates="tuned")
    for name, (rate, steps, _) in race.items():
        assert f"{OPTIMIZER_NAMES[name]} (learning rate {rate:g}): goal in {steps} steps" in said
    assert len({rate for rate, _, _ in race.values()}) > 3


def test_a_rate_that_is_too_large_is_said_to_run_away(page):
    said = show(page, learning_rate=0.1)
    assert "gradient descent (learning rate 0.1): has run away" in said
    assert "Adam (learning rate 0.1): goal in" in said


def test_the_picture_has_the_paths_where_they_are(page):
    show(page, surface="saddle", learning_rate=0.1, momentum=0.5)
    for name in ENTRYWISE_OPTIMIZERS:
        path = surface_race.walk(RACE_SURFACES["saddle"], name, 0.1, 0.5)
        d = page.locator(f".walks path.{name}:not(.mark)").get_attribute("d")
        places = np.array([corner.split() for corner in d[1:].split("L")], float)
        np.testing.assert_allclose(places, [48, 8] + 228 / 6 * (path * [1, -1] + 3), atol=0.06)


def test_every_position_of_the_controls_draws(page):
    ends = itertools.product(RACE_SURFACES, ("same", "tuned"), (0.001, 2.0), (0.0, 0.99))
    for surface, rates, rate, momentum in ends:
        show(page, surface=surface, rates=rates, learning_rate=rate, momentum=momentum)
        picture, said = shown(page)
        assert "NaN" not in picture and "Infinity" not in picture and "not a number" not in said


@pytest.mark.parametrize("move", [move_by_keyboard, move_by_mouse])
@pytest.mark.parametrize("name", FIELDS)
def test_every_control_moves_the_picture_which_else_stands_still(name, move, page):
    show(page)
    before, value = shown(page), page.evaluate("name => explorer.get()[name]", name)
    move(page, name)
    after = until_it_changes(page, before)
    assert after[1] != before[1]
    assert page.evaluate("name => explorer.get()[name]", name) != value
    assert stands_still(page, 150)


def test_step_start_pause_and_reset_by_keyboard(mount):
    page = mount()
    at_rest = shown(page)
    assert "After 150 steps" in at_rest[1] and stands_still(page)
    press(page, "Step")
    until(page, lambda _, said: said.startswith("At the start. Press Start or Step."), "it goes to the start first")
    assert page.locator("figcaption").nth(1).inner_text() == "Nobody at the goal yet"
    assert "η 0.01: at the start" in page.locator(".runner.adam").inner_text()
    press(page, "Step")
    until(page, lambda _, said: "After 1 step nobody is at the goal" in said, "it takes one step")
    press(page, "Start")
    until(page, lambda _, said: 1 < steps_in(said) < 150, "it plays on")
    press(page, "Pause")
    page.wait_for_timeout(50)
    assert stands_still(page, 400)
    taken = steps_in(shown(page)[1])
    assert 1 < taken < 150
    press(page, "Step")
    until(page, lambda _, said: f"After {taken + 1} step" in said, "it goes on from where it stood")
    press(page, "Reset")
    until(page, lambda *now: now == at_rest, "it shows all again")


def test_a_control_that_is_moved_while_it_plays_begins_anew(mount):
    page = mount()
    press(page, "Start")
    until(page, lambda _, said: 60 <= steps_in(said) < 150, "it plays")
    move_by_keyboard(page, "surface")
    until(page, lambda _, said: steps_in(said) < 60, "it begins anew")
    assert page.locator("figcaption").first.inner_text() == "Turned ravine from above: dark is high"
    page.get_by_role("button", name="Pause", exact=True).wait_for()


@pytest.mark.parametrize("state", [{}, {"surface": "ravine", "learning_rate": 0.0015}])
def test_type_is_large_enough_and_all_fits_a_laptops_window(state, mount):
    page = mount(state)
    assert lowest_edge(page) <= 640 and smallest_type(page)[0] >= 13
    page = mount(state, width=926)  # 640 for the picture, as in JupyterLab with its side bar open
    assert lowest_edge(page) <= 560 and smallest_type(page)[0] >= 13
    page = mount(state, width=400, height=800)
    assert page.evaluate("document.documentElement.scrollWidth") == 400 and smallest_type(page)[0] >= 13


def test_in_python_it_has_its_fields_and_refuses_what_they_cannot_be():
    explorer = OptimizerRaceExplorer(surface="saddle")
    assert OptimizerRaceExplorer.field_names() == list(FIELDS)
    explorer.set(rates="tuned", momentum=0.5)
    assert (explorer.state.surface, explorer.rates, explorer.momentum) == ("saddle", "tuned", 0.5)
    explorer.reset()
    assert explorer.rates == "same"
    with pytest.raises(traitlets.TraitError, match="rates is 'best'; it must be one of 'same', 'tuned'"):
        explorer.rates = "best"
