"""The surfaces to walk down, the walk of one optimizer, the race. The browser's twins: browser/test_web_walks.py."""

import numpy as np
import pytest
import torch

from course_lib.data.surfaces import RACE_SURFACES, RAVINE, SURFACES, Surface
from course_lib.experiments import surface_race
from course_lib.recipe import ENTRYWISE_OPTIMIZERS, RecipeError

IN_TORCH = {
    "gradient_descent": lambda w, rate, mu: torch.optim.SGD(w, lr=rate),
    "momentum": lambda w, rate, mu: torch.optim.SGD(w, lr=rate, momentum=mu),
    "nesterov": lambda w, rate, mu: torch.optim.SGD(w, lr=rate, momentum=mu, nesterov=mu > 0),
    "rmsprop": lambda w, rate, mu: torch.optim.RMSprop(w, lr=rate),
    "adam": lambda w, rate, mu: torch.optim.Adam(w, lr=rate, betas=(mu, 0.999)),
    "adamw": lambda w, rate, mu: torch.optim.AdamW(w, lr=rate, betas=(mu, 0.999)),
}
TORCH_LOSSES = {
    "ravine": lambda x, y: (x**2 + 100 * y**2) / 2,
    "turned ravine": lambda x, y: ((x + y) ** 2 / 2 + 100 * (y - x) ** 2 / 2) / 2,
    "saddle": lambda x, y: x**2 / 2 + (y**2 - 4) ** 2 / 32,
    "plateau": lambda x, y: 1 - torch.exp(-(x**2 + y**2) / 2),
}


# Surfaces


@pytest.mark.parametrize("name", SURFACES)
def test_a_surfaces_gradient_is_its_slope(name):
    surface, tiny = SURFACES[name], 1e-6
    for x, y in np.random.default_rng(0).uniform(-3, 3, (50, 2)):
        along_x = (surface.loss(x + tiny, y) - surface.loss(x - tiny, y)) / (2 * tiny)
        along_y = (surface.loss(x, y + tiny) - surface.loss(x, y - tiny)) / (2 * tiny)
        assert surface.gradient(x, y) == pytest.approx((along_x, along_y), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_is_lowest_at_its_first_minimum_and_0_there(name):
    surface = SURFACES[name]
    x, y = np.meshgrid(np.linspace(-3, 3, 301), np.linspace(-3, 3, 301))
    assert surface.loss(*surface.minima[0]) == pytest.approx(0, abs=1e-12)
    assert surface.loss(x, y).min() >= -1e-12
    level = [*surface.minima, *([surface.saddle] if surface.saddle else [])]
    for point in level:
        assert surface.gradient(*point) == pytest.approx((0, 0), abs=1e-12)


@pytest.mark.parametrize("name", RACE_SURFACES)
def test_loss_and_gradient_of_a_surface_are_those_of_autograd(name):
    for x, y in np.random.default_rng(0).uniform(-3, 3, (50, 2)):
        point = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
        loss = TORCH_LOSSES[name](*point)
        loss.backward()
        assert RACE_SURFACES[name].loss(x, y) == pytest.approx(loss.item(), rel=1e-9, abs=1e-12)
        assert RACE_SURFACES[name].gradient(x, y) == pytest.approx(tuple(point.grad.numpy()), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", RACE_SURFACES)
def test_a_race_surface_is_0_at_its_minima_and_nowhere_lower(name):
    surface = RACE_SURFACES[name]
    x, y = np.meshgrid(np.linspace(-3, 3, 301), np.linspace(-3, 3, 301))
    assert surface.loss(x, y).min() >= -1e-12
    for point in (*surface.minima, *([surface.saddle] if surface.saddle else [])):
        assert surface.gradient(*point) == pytest.approx((0, 0), abs=1e-12)
    assert [surface.loss(*point) for point in surface.minima] == pytest.approx([0] * len(surface.minima), abs=1e-12)


# The walk of one optimizer


@pytest.mark.parametrize("name", RACE_SURFACES)
@pytest.mark.parametrize("optimizer", ENTRYWISE_OPTIMIZERS)
def test_a_walk_is_that_of_torch_optim(name, optimizer):
    surface, rate, momentum = RACE_SURFACES[name], 0.008, 0.8
    point = torch.tensor(surface.start, dtype=torch.float64, requires_grad=True)
    mover, expected = IN_TORCH[optimizer]([point], rate, momentum), [surface.start]
    for _ in range(60):
        mover.zero_grad()
        TORCH_LOSSES[name](*point).backward()
        mover.step()
        expected.append(tuple(point.detach().numpy().copy()))
    path = surface_race.walk(surface, optimizer, rate, momentum, steps=60)
    np.testing.assert_allclose(path, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("optimizer", ENTRYWISE_OPTIMIZERS)
def test_walks_at_many_rates_are_those_at_each_rate_alone(optimizer):
    together = surface_race.walk(RAVINE, optimizer, (0.01, 0.05, 3.0), steps=40)
    assert together.shape == (41, 3, 2)
    for place, rate in enumerate((0.01, 0.05, 3.0)):
        np.testing.assert_allclose(together[:, place], surface_race.walk(RAVINE, optimizer, rate, steps=40), rtol=1e-12)


def test_a_walk_starts_where_it_is_told_and_leaves_the_surface_as_it_was():
    path = surface_race.walk(RAVINE, "adam", 0.1, steps=0, start=(1.0, -1.0))
    np.testing.assert_array_equal(path, [[1.0, -1.0]])
    assert RAVINE.start == (-2.0, 1.5)


def test_an_unknown_optimizer_is_named():
    with pytest.raises(RecipeError, match=r"optimizer is 'adan'\. Did you mean 'adam'"):
        surface_race.walk(RAVINE, "adan", 0.1)


@pytest.mark.parametrize(
    ("losses", "steps"),
    [
        ([8, 4, 2, 0.5, 0.1], 3),
        ([8, 0.5, 4, 0.5, 0.1], 3),  # it came by the goal and left it again
        ([8, 4, 2], None),
        ([8, 0.5, np.nan], None),
        ([8, 0.5, np.inf], None),
        ([8], None),
        ([8, 0.8], 1),
    ],
)
def test_the_goal_is_reached_where_the_loss_is_low_and_stays_low(losses, steps):
    assert surface_race.steps_to_goal(np.array(losses, float), goal=0.1) == steps


def test_each_gets_the_rate_that_brings_it_there_in_the_fewest_steps():
    race = surface_race.tuned_race(RACE_SURFACES["ravine"], rates=(0.001, 0.01, 0.019, 0.1), steps=150)
    for name, (rate, steps, path) in race.items():
        counts = {}  # none of these rates leaves the picture and comes back in time
        for each in (0.001, 0.01, 0.019, 0.1):
            losses = surface_race.losses_on(
                RACE_SURFACES["ravine"], surface_race.walk(RACE_SURFACES["ravine"], name, each, steps=150)
            )
            counts[each] = surface_race.steps_to_goal(losses) or np.inf
        assert counts[rate] == (steps or np.inf) == min(counts.values())
        np.testing.assert_array_equal(path, surface_race.walk(RACE_SURFACES["ravine"], name, rate, steps=150))


def test_where_no_rate_arrives_the_lowest_loss_is_taken():
    uphill = Surface("slope", loss=lambda x, y: 10 - x, gradient=lambda x, y: (-1 + 0 * x, 0 * y), minima=())
    rate, steps, _ = surface_race.tuned_race(uphill, rates=(0.001, 0.002), steps=10)["gradient_descent"]
    assert (rate, steps) == (0.002, None)


def test_a_rate_that_leaves_the_picture_is_not_the_best():
    surface = RACE_SURFACES["saddle"]
    far = surface_race.tuned_race(surface, within=1e6)["rmsprop"]
    near = surface_race.tuned_race(surface)["rmsprop"]
    assert far[1] < near[1]
    assert np.abs(far[2]).max() > 3 >= np.abs(near[2]).max()
