"""The stack in PyTorch: the numbers of the NumPy stack, network by network, and of PyTorch's networks one by one."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.arrays import ArrayError
from course_lib.engine import numpy_stack as scratch_stack
from course_lib.engine.torch_backend import Network
from course_lib.engine.torch_stack import NetworkStack
from course_lib.recipe import RecipeError
from examples import examples
from test_stack import (
    EXAMPLES,
    FULL,
    N_CLASSES,
    N_INPUTS,
    PLAIN,
    VARIANTS,
    assert_same,
    diverging,
    draw_batches,
    recipes,
    varied,
)

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def both(recipes, dtype="float64", device="cpu"):
    """(the stack in PyTorch, the stack in NumPy)"""
    return (
        NetworkStack(recipes, N_INPUTS, N_CLASSES, dtype, device),
        scratch_stack.NetworkStack(recipes, N_INPUTS, N_CLASSES, dtype),
    )


def assert_walk_together(recipes, steps, device="cpu"):
    """Both stacks for `steps` updates; returns both."""
    ours, numpy_stack = both(recipes, device=device)
    for step in range(steps):
        x, labels = draw_batches(len(recipes), step)
        losses = ours.update(x, labels)
        np.testing.assert_allclose(losses.cpu(), numpy_stack.update(x, labels), rtol=1e-9, err_msg=f"step {step}")
    assert_equal_stacks(ours, numpy_stack)
    return ours, numpy_stack


def assert_equal_stacks(ours, numpy_stack):
    for number in range(len(ours.recipes)):
        assert_same(ours.network(number).state(), numpy_stack.network(number).state())
    np.testing.assert_array_equal(ours.alive.cpu(), numpy_stack.alive)
    np.testing.assert_array_equal(ours.clipped.cpu(), numpy_stack.clipped)


@settings(derandomize=True, deadline=None, max_examples=examples(100))
@given(recipes(), st.integers(1, 25))
def test_both_stacks_walk_the_same_path(recipes, steps):
    assert_walk_together(recipes, steps)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("recipe", VARIANTS.values(), ids=VARIANTS)
def test_every_technique_gives_the_numbers_of_the_numpy_stack(recipe, device, monkeypatch):
    for library in ("torch", "numpy"):
        monkeypatch.setattr(
            f"course_lib.engine.{library}_stack.EVALUATION_ROWS", 60
        )  # several parts, the last one shorter
    ours, numpy_stack = assert_walk_together(varied(recipe), 30, device)
    x, labels = (array[0] for array in draw_batches(1, 99, examples=70))
    losses, accuracies = ours.evaluate(x, labels)
    expected_losses, expected_accuracies = numpy_stack.evaluate(x, labels)
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-9)
    np.testing.assert_allclose(accuracies, expected_accuracies, rtol=1e-12)
    expected = numpy_stack.network(1).logits(x)
    np.testing.assert_allclose(ours.network(1).logits(x), expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(
    "name", ["normalization batch", "rrelu and dropout", "optimizer adamw", "optimizer muon", "everything"]
)
def test_every_network_walks_as_it_walks_alone(name):
    recipes = varied(VARIANTS[name])
    stack = NetworkStack(recipes, N_INPUTS, N_CLASSES, "float64")
    alone = [Network(recipe, N_INPUTS, N_CLASSES, "float64") for recipe in recipes]
    for step in range(20):
        x, labels = draw_batches(3, step)
        losses = stack.update(x, labels)
        expected = [network.train_step(x[number], labels[number]) for number, network in enumerate(alone)]
        np.testing.assert_allclose(losses.cpu(), expected, rtol=1e-9)
    for number, network in enumerate(alone):
        assert_same(stack.network(number).state(), network.state())
        assert stack.network(number).clipped_steps == network.clipped_steps


def test_the_starts_are_those_of_the_networks():
    recipes = varied(FULL, networks=4)
    stack = NetworkStack(recipes, N_INPUTS, N_CLASSES)
    for number, recipe in enumerate(recipes):
        network = stack.network(number)
        assert network.recipe == recipe and network.dtype == "float32"
        for name, array in Network(recipe, N_INPUTS, N_CLASSES).state().items():
            np.testing.assert_array_equal(network.state()[name], array)


def test_a_network_taken_out_shares_nothing_with_the_stack():
    stack = NetworkStack(varied(FULL), N_INPUTS, N_CLASSES)
    network = stack.network(1)
    before = network.state()
    stack.update(*draw_batches(3, 0))
    assert all(np.array_equal(network.state()[name], array) for name, array in before.items())


def test_in_float32_only_the_rounding_differs():
    ours, numpy_stack = both(varied(FULL), "float32")
    for step in range(10):
        batch = draw_batches(3, step)
        np.testing.assert_allclose(ours.update(*batch).cpu(), numpy_stack.update(*batch), rtol=1e-4)
    assert {tensor.dtype for tensor in (ours.flat_parameters, *ours.module.buffers())} == {torch.float32}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tensors_arrays_and_one_batch_for_all_give_the_same(dtype):
    x, labels = draw_batches(1, 0)
    shared = np.broadcast_to(x, (3, *x.shape[1:])), np.broadcast_to(labels, (3, EXAMPLES))
    for array in shared:
        array.setflags(write=False)
    copied = tuple(np.array(array) for array in shared)
    placed = tuple(torch.as_tensor(array) for array in copied)
    stacks = [NetworkStack(varied(FULL), N_INPUTS, N_CLASSES, dtype) for _ in range(3)]
    for stack, batch in zip(stacks, (shared, copied, placed), strict=True):
        for _ in range(3):
            stack.update(*batch)
    for stack in stacks[1:]:
        np.testing.assert_allclose(stack.flat_parameters.cpu(), stacks[0].flat_parameters.cpu(), rtol=1e-5, atol=1e-7)


def test_the_learning_rates_can_be_set_between_steps():
    ours, numpy_stack = both(varied(PLAIN))
    for step, factor in enumerate((1.0, 0.1, 0.0)):
        rates = factor * numpy_stack.optimizer.learning_rate
        numpy_stack.optimizer.learning_rate = rates
        ours.optimizer.learning_rate = rates if step else torch.as_tensor(rates)
        for stack in (ours, numpy_stack):
            stack.update(*draw_batches(3, step))
    assert_equal_stacks(ours, numpy_stack)


def test_parameters_are_loaded_into_one_network_alone():
    ours, numpy_stack = both(varied(FULL))
    named = {name: np.full(array.shape, 0.5) for name, array in ours.network(1).parameters().items()}
    for stack in (ours, numpy_stack):
        stack.update(*draw_batches(3, 0))
        stack.load_parameters(1, named)
    assert_same(ours.network(1).parameters(), named)
    assert_equal_stacks(ours, numpy_stack)
    with pytest.raises(ArrayError, match=r"'dense1\.weight' is missing"):
        ours.load_parameters(1, {})
    assert_equal_stacks(ours, numpy_stack)


# A network that diverges stops, and disturbs no other


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "recipe",
    [
        PLAIN.replace(activation="relu", optimizer="gradient_descent"),
        PLAIN.replace(activation="elu", optimizer="adam"),
        PLAIN.replace(optimizer="adamw", l2=1.0),
        PLAIN.replace(optimizer="muon", l2=1.0),
        PLAIN.replace(optimizer="gradient_descent", l2=1.0, clip_value=1.0),  # the penalty overflows, the sums do not
        FULL.replace(activation="relu", max_norm=None, optimizer="momentum", l1=0.0, l2=1.0),
        FULL.replace(activation="rrelu", max_norm=None, optimizer="nesterov", clip_norm=1.0, l2=1.0),
    ],
)
def test_a_network_that_diverges_stops_as_in_the_numpy_stack(recipe, device):
    ours, numpy_stack = both(diverging(recipe), device=device)
    stopped = 0
    for step in range(25):
        batch = draw_batches(3, step)
        losses, expected = ours.update(*batch).cpu().numpy(), numpy_stack.update(*batch)
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(np.isfinite(losses), finite)
        np.testing.assert_allclose(losses[finite], expected[finite], rtol=1e-8)
        np.testing.assert_array_equal(ours.alive.cpu(), finite)
        assert finite.tolist() in ([True] * 3, [True, False, True])
        stopped += not finite[1]
    assert 1 < stopped < 25 and np.isnan(losses[1])
    for number in (0, 2):
        assert_same(ours.network(number).state(), numpy_stack.network(number).state(), rtol=1e-8)


def test_a_network_that_stopped_stays_as_it_was():
    recipe = FULL.replace(activation="relu", max_norm=None, optimizer="gradient_descent")
    stack = NetworkStack(diverging(recipe), N_INPUTS, N_CLASSES, "float64")
    for step in range(20):
        stack.update(*draw_batches(3, step))
    assert stack.alive.tolist() == [True, False, True]
    before = [tensor.clone() for tensor in (stack.flat_parameters, *stack.module.buffers())]
    stack.update(*draw_batches(3, 20))
    for old, new in zip(before, (stack.flat_parameters, *stack.module.buffers()), strict=True):
        np.testing.assert_array_equal(old[1].cpu(), new[1].cpu())
        assert not torch.equal(old[0], new[0])


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "recipe",
    [FULL, *(PLAIN.replace(optimizer=name, l2=0.1) for name in ("adamw", "muon")), PLAIN.replace(clip_norm=0.1)],
)
@pytest.mark.parametrize("learning_rate", [0.01, 1e50])  # the second is infinite in float32
def test_a_network_that_never_had_a_finite_loss_keeps_its_start(recipe, learning_rate, device):
    recipes = [recipe, recipe.replace(learning_rate=learning_rate), recipe.replace(seed=5)]
    stack = NetworkStack(recipes, N_INPUTS, N_CLASSES, "float32", device)
    starts = [network.parameters() for network in (stack.network(number) for number in range(3))]
    for step in range(3):
        x, labels = draw_batches(3, step)
        x[1] = np.inf if step == 0 else x[1]
        losses = stack.update(x, labels).cpu().numpy()
        assert np.isfinite(losses).tolist() == [True, False, True]
    for number, start in enumerate(starts):
        now = stack.network(number).parameters()
        same = [np.array_equal(now[name], array) for name, array in start.items()]
        assert all(same) if number == 1 else not any(same)
    assert stack.clipped[1] == 0


# Bad input


def test_what_the_numpy_stack_refuses_this_one_refuses_too():
    with pytest.raises(RecipeError, match=r"^l2 is 0.0 in recipe 0 and 0.1 in recipe 1.*learning_rate"):
        NetworkStack([PLAIN, PLAIN.replace(l2=0.1)], N_INPUTS, N_CLASSES)
    for wrong in ([], ["he_normal"], [PLAIN, None]):
        with pytest.raises(RecipeError, match="list of one Recipe or more"):
            NetworkStack(wrong, N_INPUTS, N_CLASSES)
    stack = NetworkStack(varied(FULL, networks=2), N_INPUTS, N_CLASSES)
    before = stack.flat_parameters.clone()
    for x_shape, labels_shape in (
        ((EXAMPLES, 5), (EXAMPLES,)),
        ((3, 8, 5), (3, 8)),
        ((2, 8, 4), (2, 8)),
        ((2, 8, 5), (2, 7)),
    ):
        with pytest.raises(ArrayError, match=r"this stack takes \(2, batch, 5\) and \(2, batch\)"):
            stack.update(np.zeros(x_shape), np.zeros(labels_shape, int))
    with pytest.raises(ArrayError, match="2 or more"):
        stack.update(np.zeros((2, 1, 5)), np.zeros((2, 1), int))
    with pytest.raises(ArrayError, match="a label is 7"):
        stack.evaluate(np.zeros((3, 5)), np.array([0, 1, 7]))
    assert torch.equal(stack.flat_parameters, before)


@pytest.mark.parametrize("stack", [NetworkStack, scratch_stack.NetworkStack])
def test_a_device_that_is_not_there_is_an_error(stack):
    with pytest.raises(ValueError, match="device is 'tpu'"):
        stack([PLAIN], N_INPUTS, N_CLASSES, device="tpu")
