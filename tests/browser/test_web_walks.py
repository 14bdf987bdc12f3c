"""The surfaces and walks in the browser are held to those in Python: every number to 1e-9, in a real browser."""

import functools
import json

import numpy as np
import pytest

from course_lib.data.surfaces import RACE_SURFACES, SURFACES
from course_lib.experiments import surface_race
from course_lib.explorers.web_explorer import declaration
from course_lib.plots.style import OPTIMIZER_LOOKS, OPTIMIZER_NAMES
from course_lib.recipe import ENTRYWISE_OPTIMIZERS
from course_lib.scratch.optimizers import GradientDescent

TOLERANCE = 1e-9
GROUPS = {"SURFACES": SURFACES, "RACE_SURFACES": RACE_SURFACES}
EVERY_SURFACE = [(group, name) for group, surfaces in GROUPS.items() for name in surfaces]
MOMENTA = dict.fromkeys(ENTRYWISE_OPTIMIZERS, (0.0, 0.9)) | {"gradient_descent": (0.9,), "rmsprop": (0.9,)}
NUDGES = ((1e-14, 0), (0, 1e-14), (-1e-14, 1e-14))

SURFACE = """async ([group, name, points]) => {
  const { [group]: { [name]: surface } } = await import("/walks/surfaces.js");
  return { losses: points.map((at) => surface.loss(...at)), gradients: points.map((at) => surface.gradient(...at)),
    minima: surface.minima, saddle: surface.saddle, start: surface.start };
}"""
WALKS = """async ([name, optimizer, rates, momentum]) => {
  const { RACE_SURFACES } = await import("/walks/surfaces.js");
  const { losses_on, steps_to_goal, walk } = await import("/walks/race.js");
  return rates.map((rate) => {
    const path = walk(RACE_SURFACES[name], optimizer, rate, { momentum });
    const losses = losses_on(RACE_SURFACES[name], path);
    return { path, losses, steps: steps_to_goal(losses) };
  });
}"""
DESCENTS = """async ([name, states]) => {
  const { SURFACES } = await import("/walks/surfaces.js");
  const { descend } = await import("/walks/descent.js");
  return states.map((state) => descend(SURFACES[name], state));
}"""


@pytest.fixture(scope="module")
def page(web):
    """One page for all of this file."""
    return web.open()


def options(explorer, name):
    """The values that a choice of an explorer has."""
    field = next(field for field in declaration(explorer)["fields"] if field["name"] == name)
    return [value for _, value in field["options"]]


def surely(path, beside):
    """How many places of a path are sure: from where on NumPy itself, started a rounding error away, is elsewhere."""
    unsure = np.zeros(len(path), bool)
    with np.errstate(invalid="ignore", over="ignore"):
        for other in beside:
            places = min(len(path), len(other))
            apart = np.abs(path[:places] - other[:places])
            unsure[:places] |= ~(apart <= 0.1 * TOLERANCE * np.maximum(1, np.abs(path[:places]))).all(axis=-1)
            unsure[places:] = True
    return int(np.argmax(unsure)) if unsure.any() else len(path)


@pytest.mark.parametrize(("group", "name"), EVERY_SURFACE)
def test_a_surface_is_pythons(group, name, page):
    surface = GROUPS[group][name]
    points = np.concatenate([np.random.default_rng(0).uniform(-3, 3, (200, 2)), *[[place] for place in surface.minima]])
    there = page.evaluate(SURFACE, [group, name, points.tolist()])
    np.testing.assert_allclose(there["losses"], surface.loss(*points.T), rtol=TOLERANCE, atol=1e-12)
    slopes = np.transpose(surface.gradient(*points.T))
    np.testing.assert_allclose(there["gradients"], slopes, rtol=TOLERANCE, atol=1e-12)
    np.testing.assert_allclose(there["minima"], surface.minima, atol=1e-12)
    assert there["saddle"] == (list(surface.saddle) if surface.saddle else None)
    assert there["start"] == list(surface.start)


@pytest.mark.parametrize("name", SURFACES)
def test_a_descent_is_that_of_the_course_at_every_rate(name, page):
    rates, starts, steps = options("descent", "learning_rate"), ((-2.0, 1.5), (0.3, -2.5), (2.5, 0.1)), 100
    states = [{"learning_rate": rate, "start_x": x, "start_y": y, "steps": steps} for rate in rates for x, y in starts]
    followed = 0
    for state, there in zip(states, page.evaluate(DESCENTS, [name, states]), strict=True):
        here = descended(SURFACES[name], state)
        sure = surely(here, [descended(SURFACES[name], state, nudge) for nudge in NUDGES])
        np.testing.assert_allclose(np.array(there, float)[:sure], here[:sure], rtol=TOLERANCE, atol=TOLERANCE)
        if sure == len(here):
            followed += 1
            assert len(there) == len(here)
    assert followed >= 0.7 * len(states)


def descended(surface, state, nudge=(0, 0)):
    """The path of gradient descent, (places, 2), until it leaves the numbers behind."""
    position = np.add([state["start_x"], state["start_y"]], nudge)
    mover, path = GradientDescent(position, state["learning_rate"]), [position.copy()]
    with np.errstate(over="ignore", invalid="ignore"):
        while len(path) <= state["steps"] and np.isfinite(path[-1]).all():
            mover.step(np.array(surface.gradient(*position)))
            path.append(position.copy())
    return np.array(path)


@pytest.mark.parametrize("name", RACE_SURFACES)
@pytest.mark.parametrize("optimizer", ENTRYWISE_OPTIMIZERS)
def test_an_optimizer_walks_as_in_python(name, optimizer, page):
    surface, rates, followed, momenta = RACE_SURFACES[name], surface_race.RATES[::2], 0, MOMENTA[optimizer]
    for momentum in momenta:
        walk = functools.partial(surface_race.walk, surface, optimizer, rates, momentum)
        here, *beside = (walk(start=np.add(surface.start, nudge)) for nudge in ((0, 0), *NUDGES))
        there = page.evaluate(WALKS, [name, optimizer, rates, momentum])
        for place, walked in enumerate(there):
            path = np.array(walked["path"], float)
            sure = surely(here[:, place], [walks[:, place] for walks in beside])
            np.testing.assert_allclose(path[:sure], here[:sure, place], rtol=TOLERANCE, atol=TOLERANCE)
            losses = surface_race.losses_on(surface, path)
            np.testing.assert_allclose(np.array(walked["losses"], float), losses, rtol=TOLERANCE, atol=1e-12)
            assert walked["steps"] == surface_race.steps_to_goal(losses)
            followed += sure == len(path)
    assert followed >= 0.4 * len(momenta) * len(rates)


@pytest.mark.parametrize(
    ("losses", "steps"),
    [
        ([8, 4, 2, 0.5, 0.1], 3),
        ([8, 0.5, 4, 0.5, 0.1], 3),  # it came by the goal and left it again
        ([8, 4, 2], None),
        ([8, 0.5, float("nan")], None),
        ([8, 0.5, float("inf")], None),
        ([8], None),
        ([8, 0.8], 1),
    ],
)
def test_the_goal_is_reached_where_the_loss_is_low_and_stays_low(losses, steps, page):
    found = page.evaluate(
        'async (losses) => (await import("/walks/race.js")).steps_to_goal(losses, 0.1)',
        [float(loss) for loss in losses],
    )
    assert found == steps == surface_race.steps_to_goal(np.array(losses, float), goal=0.1)


@pytest.mark.parametrize("name", RACE_SURFACES)
def test_each_gets_the_rate_that_python_finds_for_it(name, page):
    momenta = options("optimizer_race", "momentum")
    there = page.evaluate(
        """async ([surface, momenta]) => {
          const { rates_of } = await import("/explorers/optimizer_race.js");
          return momenta.map((momentum) => rates_of({ surface, rates: "tuned", momentum }));
        }""",
        [name, momenta],
    )
    for momentum, found in zip(momenta, there, strict=True):
        race = surface_race.tuned_race(RACE_SURFACES[name], momentum=momentum)
        assert found == {optimizer: rate for optimizer, (rate, _, _) in race.items()}, momentum


def test_a_path_on_the_map_is_cut_where_it_leaves(page):
    paths = {
        "inside": [[0, 0], [3, -3]],
        "out and back": [[0, 0], [8, 0], [8, 8], [0, 2]],
        "runs away": [[0, 0], [-3, 1e150], [1e300, -1e300], [float("nan"), 0], [0, float("inf")]],
    }
    drawn = page.evaluate(
        """async (paths) => {
          const { SurfaceMap } = await import("/walks/surface_map.js");
          const map = new SurfaceMap(2);
          return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, map.path(path)]));
        }""",
        paths,
    )
    assert drawn["inside"] == "M162.0 122.0L276.0 236.0"
    assert drawn["out and back"] == "M162.0 122.0L314.0 122.0M263.3 -30.0L162.0 46.0"  # out at (4, 0), in at (8/3, 4)
    assert drawn["runs away"].startswith("M162.0 122.0L162.0 -30.0")
    assert "N" not in drawn["runs away"] and "e" not in drawn["runs away"]


def test_the_explorers_offer_what_python_knows(page):
    assert options("descent", "surface") == list(SURFACES)
    assert options("optimizer_race", "surface") == list(RACE_SURFACES)
    assert options("optimizer_race", "learning_rate") == list(surface_race.RATES)
    known = page.evaluate(
        """async () => {
          const { GOAL, RUNNERS, STEPS } = await import("/walks/race.js");
          const { LOOKS } = await import("/walks/looks.js");
          return { GOAL, RUNNERS, STEPS, LOOKS };
        }"""
    )
    assert (known["GOAL"], known["STEPS"]) == (surface_race.GOAL, surface_race.STEPS)
    assert known["RUNNERS"] == list(ENTRYWISE_OPTIMIZERS) == list(known["LOOKS"])
    for name, look in known["LOOKS"].items():
        color, (_, dash) = OPTIMIZER_LOOKS[name]
        assert (look["name"], look["color"], tuple(look["dash"])) == (OPTIMIZER_NAMES[name], color, dash)
    shapes = [json.dumps([look["dash"], look["mark"]]) for look in known["LOOKS"].values()]
    assert len({*shapes}) == len(shapes)  # told apart without their colors
