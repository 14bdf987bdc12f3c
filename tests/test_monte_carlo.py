"""Monte Carlo dropout: both engines against each other, against all masks enumerated, and that it leaves no trace."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from course_lib.arrays import ArrayError
from course_lib.engine import numpy_backend as scratch_network
from course_lib.engine.executed_network import ExecutedNetwork
from course_lib.engine.monte_carlo import monte_carlo_masks
from course_lib.execution import Execution
from course_lib.pytorch.losses import softmax as torch_softmax
from course_lib.recipe import Recipe, RecipeError
from course_lib.scratch.losses import softmax
from course_lib.training import make_network
from examples import examples
from test_networks_agree import both_engines, recipes
from test_reuse import draw_batch, used_state

N_INPUTS, N_CLASSES = 5, 4
RECIPE = Recipe(hidden_layers=(7, 6), activation="rrelu", drop_rate=0.4, learning_rate=0.01, seed=2)
EXECUTIONS = {
    "executed": Execution(device="cpu", dtype="float64"),
    "executed, masks of the device": Execution(device="cpu", dtype="float64", masks="device"),
}


@pytest.fixture(params=["numpy", "torch", *EXECUTIONS])
def build(request):
    """build(recipe, dtype): a network of what is tested, with parameters and statistics as after some training."""

    def build(recipe=RECIPE, dtype="float64"):
        if request.param in EXECUTIONS:
            network = ExecutedNetwork(recipe, N_INPUTS, N_CLASSES, EXECUTIONS[request.param].replace(dtype=dtype))
        else:
            network = make_network(recipe, N_INPUTS, N_CLASSES, request.param, dtype, "cpu")
        network.load_state(used_state(network))
        return network

    build.engine = request.param
    return build


@settings(derandomize=True, deadline=None, max_examples=examples(100))
@given(recipes())
def test_the_engines_agree(recipe):
    ours, theirs = both_engines(recipe, N_INPUTS, N_CLASSES)
    ours.load_state(used_state(ours))
    theirs.load_state(ours.state())
    x, _ = draw_batch(recipe.seed)
    first, second = (network.monte_carlo_probabilities(x, passes=3, seed=7) for network in (ours, theirs))
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-9)
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-12)


def test_every_way_to_compute_uses_the_same_masks(build):
    x, _ = draw_batch(1)
    plain = make_network(RECIPE, N_INPUTS, N_CLASSES, "numpy", "float64")
    plain.load_state(used_state(plain))
    expected = plain.monte_carlo_probabilities(x, 4, seed=5)
    np.testing.assert_allclose(build().monte_carlo_probabilities(x, 4, seed=5), expected, rtol=0, atol=1e-9)


def test_many_passes_come_to_the_mean_over_all_masks(build):
    recipe = RECIPE.replace(hidden_layers=(4,), activation="tanh", drop_rate=0.3)
    network, (x, _), passes = build(recipe), draw_batch(3), 4000
    weight, bias = (network.parameters()[f"dense2.{name}"] for name in ("weight", "bias"))
    mean = square = 0
    for kept in itertools.product([0, 1], repeat=4):
        chance = np.prod([0.7 if unit else 0.3 for unit in kept])
        probabilities = softmax(network.features(x) * np.array(kept) / 0.7 @ weight + bias)
        mean, square = mean + chance * probabilities, square + chance * probabilities**2
    standard_error = np.sqrt((square - mean**2) / passes)
    assert np.abs(softmax(network.logits(x)) - mean).max() > 10 * standard_error.max()  # not the same as one prediction
    deviations = (network.monte_carlo_probabilities(x, passes) - mean) / standard_error
    assert np.abs(deviations).max() < 5


def test_several_passes_are_the_mean_of_different_ones(build):
    network, (x, _) = build(), draw_batch(4)
    one, two, three = (network.monte_carlo_probabilities(x, passes) for passes in (1, 2, 3))
    second, third = 2 * two - one, 3 * three - 2 * two
    for each in (second, third):
        np.testing.assert_allclose(each.sum(axis=1), 1)
        assert (each > 0).all() and np.abs(each - one).max() > 0.01
    assert np.abs(second - third).max() > 0.01


def test_a_seed_gives_its_masks_again_and_the_next_one_others(build):
    network, (x, _) = build(), draw_batch(5)
    first, again, other = (network.monte_carlo_probabilities(x, 3, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01
    np.testing.assert_array_equal(
        network.monte_carlo_probabilities(x), network.monte_carlo_probabilities(x, passes=20, seed=0)
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("changes", [{"drop_rate": 0.0}, {"hidden_layers": ()}], ids=["keeps all", "no hidden layer"])
def test_without_dropout_it_is_the_softmax_of_the_logits(build, changes, dtype):
    network, (x, _) = build(RECIPE.replace(**changes), dtype), draw_batch(6)
    logits = network.logits(x).astype(np.float64)
    expected = softmax(logits) if build.engine == "numpy" else torch_softmax(torch.from_numpy(logits)).numpy()
    np.testing.assert_array_equal(network.monte_carlo_probabilities(x, passes=7), expected)


def test_probabilities_are_float64_whatever_the_network_computes_in(build):
    x, _ = draw_batch(7)
    single = build(dtype="float32").monte_carlo_probabilities(x, 3)
    assert single.dtype == np.float64 and single.shape == (len(x), N_CLASSES)
    np.testing.assert_allclose(single, build().monte_carlo_probabilities(x, 3), rtol=0, atol=1e-5)


def test_batch_norm_uses_its_running_statistics(build):
    network, (x, _) = build(RECIPE.replace(hidden_layers=(7,))), draw_batch(8)
    far = np.concatenate([x[:4], 100 + x[4:]])  # other neighbors, the same first masks
    expected = network.monte_carlo_probabilities(x, passes=1)[:4]
    np.testing.assert_allclose(network.monte_carlo_probabilities(far, passes=1)[:4], expected, rtol=1e-9)


def test_parts_of_the_examples_get_the_masks_of_the_whole(build, monkeypatch):
    network, (x, _) = build(), draw_batch(9)
    expected = network.monte_carlo_probabilities(x, 3)
    monkeypatch.setattr(scratch_network, "EVALUATION_BATCH", 7)
    network.evaluation_batch = 7
    np.testing.assert_allclose(network.monte_carlo_probabilities(x, 3), expected, rtol=0, atol=1e-12)


def test_a_part_that_does_not_fit_in_memory_is_halved_and_keeps_its_masks(monkeypatch):
    network, (x, _) = make_network(RECIPE, N_INPUTS, N_CLASSES, "torch", "float64", "cpu"), draw_batch(9)
    expected = network.monte_carlo_probabilities(x, 3)
    real = network._logits_dropping

    def full(part, *masks):
        if len(part) > 6:
            raise torch.OutOfMemoryError("out of memory")
        return real(part, *masks)

    monkeypatch.setattr(network, "_logits_dropping", full)
    network.evaluation_batch = 24
    with pytest.warns(UserWarning, match="does not fit in the memory"):
        np.testing.assert_allclose(network.monte_carlo_probabilities(x, 3), expected, rtol=0, atol=1e-12)


def test_layers_that_stand_still_drop_too(build):
    network, (x, _) = build(), draw_batch(10)
    expected = network.monte_carlo_probabilities(x, 3)
    network.freeze(1)
    np.testing.assert_array_equal(network.monte_carlo_probabilities(x, 3), expected)


def test_training_goes_on_as_if_nothing_had_been_predicted(build):
    undisturbed, asked = build(), build()
    for step in range(4):
        x, labels = draw_batch(20 + step)
        before = asked.state()
        asked.monte_carlo_probabilities(x, passes=3, seed=step)
        after = asked.state()
        assert all(np.array_equal(before[name], after[name]) for name in before)
        assert undisturbed.train_step(x, labels) == asked.train_step(x, labels)  # the same units are dropped
        ours, theirs = undisturbed.state(), asked.state()
        assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"passes": 0}, "passes is 0; it must be a whole number, 1 or more"),
        ({"passes": -1}, "passes is -1"),
        ({"passes": 2.5}, "passes is 2.5"),
        ({"passes": True}, "passes is True"),
        ({"seed": -1}, "seed is -1; it must be a whole number, 0 or more"),
        ({"seed": None}, "seed is None"),
    ],
)
def test_passes_and_seeds_that_are_none_are_named(build, words, named):
    with pytest.raises(RecipeError, match=named):
        build().monte_carlo_probabilities(draw_batch(0)[0], **words)


def test_inputs_that_do_not_fit_are_refused(build):
    with pytest.raises(ArrayError, match="takes 5 inputs"):
        build().monte_carlo_probabilities(np.zeros((3, 4)))


def test_masks_depend_on_the_seed_alone_and_every_pass_has_its_own():
    first, again, other = (list(monte_carlo_masks(6, (3, 2), 0.5, passes=2, seed=seed)) for seed in (1, 1, 2))
    assert [[mask.shape for mask in masks] for masks in first] == [[(6, 3), (6, 2)]] * 2
    for mask, same in zip(itertools.chain(*first), itertools.chain(*again), strict=True):
        np.testing.assert_array_equal(mask, same)
        assert set(np.unique(mask)) == {0, 2}
    assert not np.array_equal(first[0][0], first[1][0])
    assert not np.array_equal(first[0][0], other[0][0])
