"""Out of the device's memory: the error says the batch size that fits, and nothing is lost.

Memory runs out where a test says: a layer raises PyTorch's own error above some number of rows.
"""

import copy

import numpy as np
import pytest
import torch

from course_lib.data import moons, split
from course_lib.engine import memory
from course_lib.engine.executed_network import ExecutedNetwork
from course_lib.engine.torch_backend import Network
from course_lib.execution import Execution, OutOfMemory
from course_lib.pytorch.dense import Dense
from course_lib.recipe import OPTIMIZERS, Recipe
from course_lib.training import Callback, fit

RECIPE = Recipe(hidden_layers=(8, 6), batch_size=64, epochs=3, activation="rrelu", clip_norm=0.1)
EXACT = Execution(device="cpu", dtype="float64")


@pytest.fixture(scope="module")
def data():
    return split(*moons(400, noise=0.1, seed=0))


class Room:
    """How many rows a dense layer can take: in its forward pass, in its backward pass, in training or evaluation."""

    def __init__(self):
        self.forward = self.backward = self.evaluation = 10**9

    def check(self, rows, limit):
        if rows > limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


class Crowded(torch.autograd.Function):
    """The identity; its backward pass needs room."""

    @staticmethod
    def forward(context, x, room):
        context.room = room
        return x.clone()

    @staticmethod
    def backward(context, gradient):
        context.room.check(len(gradient), context.room.backward)
        return gradient, None


@pytest.fixture
def room(monkeypatch):
    """The room of all dense layers; without limits until a test sets one."""
    room, forward = Room(), Dense.forward

    def limited(self, x):
        room.check(len(x), room.forward if self.training else room.evaluation)
        return Crowded.apply(forward(self, x), room) if self.training else forward(self, x)

    monkeypatch.setattr(Dense, "forward", limited)
    return room


def both_networks(recipe=RECIPE):
    return Network(recipe, 2, 2, "float64", "cpu"), ExecutedNetwork(recipe, 2, 2, EXACT)


def kept(network):
    """What must not change: parameters and what the optimizer knows, in the parameters' order."""
    slots = network._slots().values()
    return copy.deepcopy((network.parameters(), [network.optimizer.state.get(slot) for slot in slots]))


def assert_equal(ours, theirs):
    if isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        ours, theirs = list(ours.values()), list(theirs.values())
    if isinstance(theirs, list | tuple):
        for one, other in zip(ours, theirs, strict=True):
            assert_equal(one, other)
    else:
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("way", ["forward", "backward"])
@pytest.mark.parametrize(("limit", "fits"), [(63, 32), (40, 32), (32, 32), (31, 16), (2, 2)])
def test_the_error_says_the_batch_size_that_fits(data, room, limit, fits, way):
    setattr(room, way, limit)
    for how in ({"device": "cpu"}, {"execution": EXACT}):
        with pytest.raises(OutOfMemory, match=f"batch of 64.*cpu; a batch of {fits} fits.*batch_size={fits}") as caught:
            fit(RECIPE, data, "torch", progress=False, **how)
        assert caught.value.fits == fits
        assert caught.value.result.history == caught.value.result.step_losses == []
        assert not isinstance(caught.value.__context__, torch.OutOfMemoryError)  # it would hold the step's tensors


def test_the_batch_size_that_it_says_trains(data, room):
    room.forward = room.backward = 40
    with pytest.raises(OutOfMemory) as caught:
        fit(RECIPE, data, "torch", "cpu", progress=False)
    result = fit(RECIPE.replace(batch_size=caught.value.fits), data, "torch", "cpu", progress=False)
    assert len(result.history) == 3


class FullAfter(Callback):
    """Another program takes memory after an epoch."""

    def __init__(self, room, epoch, limit):
        self.room, self.epoch, self.limit, self.ended = room, epoch, limit, 0

    def on_epoch(self, run, row):
        if row["epoch"] == self.epoch:
            self.room.backward, self.kept, self.losses = self.limit, kept(run.network), list(run.history.step_losses)

    def on_end(self, run):
        self.ended += 1


@pytest.mark.parametrize(
    "how", [{"device": "cpu", "dtype": "float64"}, {"execution": EXACT}], ids=["plain", "executed"]
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fit_keeps_what_it_had(data, room, optimizer, how):
    callback = FullAfter(room, 2, 20)
    with pytest.raises(OutOfMemory) as caught:
        fit(RECIPE.replace(optimizer=optimizer), data, "torch", callbacks=[callback], progress=False, **how)
    result = caught.value.result
    assert caught.value.fits == 16 and callback.ended == 1
    assert [row["epoch"] for row in result.history] == [1, 2]
    assert result.step_losses == callback.losses
    assert_equal(kept(result.network), callback.kept)
    assert result.network.clipped_steps == len(result.step_losses) > 0  # the trials are not counted
    x, labels = result.network.place(data.train.x, data.train.labels)
    assert np.isfinite(result.network.update(x[:16], labels[:16]))  # and it can go on


def test_many_steps_in_a_row_keep_the_steps_before(data, room):
    room.forward = 40
    network, short = (both_networks()[1] for _ in range(2))
    short.run_steps(data.train.x, data.train.labels, [np.arange(30)])
    with pytest.raises(OutOfMemory, match="a batch of 32 fits"):
        network.run_steps(data.train.x, data.train.labels, [np.arange(30), np.arange(64)])
    assert_equal(kept(network), kept(short))


def test_a_trial_leaves_no_trace_in_statistics_and_streams(data):
    for network in both_networks():
        x, labels = network.place(data.train.x, data.train.labels)
        network.update(x[:16], labels[:16])
        before, streams = network.state(), [layer.rng.bit_generator.state for layer in random_layers(network)]
        assert streams
        with memory.put_back(network):
            network.update(x[:64], labels[:64])
        assert_equal(network.state(), before)
        assert streams == [layer.rng.bit_generator.state for layer in random_layers(network)]


def random_layers(network):
    return [layer for layer in network.module.modules() if hasattr(layer, "rng")]


def test_masks_from_the_device_go_on_where_they_were(data, room):
    network, undisturbed = (ExecutedNetwork(RECIPE, 2, 2, EXACT.replace(masks="device")) for _ in range(2))
    x, labels = network.place(data.train.x, data.train.labels)
    with memory.put_back(network):
        network.update(x[:64], labels[:64])
    assert network.update(x[:64], labels[:64]) == undisturbed.update(x[:64], labels[:64])


def room_for_a_few(zeros_like):
    """torch.zeros_like with every fifth call out of memory: in the middle of what Adam makes in its first step."""
    made = []

    def few(tensor, **words):
        made.append(None)
        if len(made) % 5 == 0:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return zeros_like(tensor, **words)

    return few


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
def test_state_that_the_optimizer_had_half_made_is_forgotten(optimizer, data, room, monkeypatch):
    for network in both_networks(RECIPE.replace(optimizer=optimizer)):
        before, whole = network.parameters(), set(network.optimizer.state)  # Muon's is whole from the start
        with monkeypatch.context() as patch:
            patch.setattr(torch, "zeros_like", room_for_a_few(torch.zeros_like))
            with pytest.raises(OutOfMemory, match="no smaller batch does"):
                network.train_step(data.train.x[:64], data.train.labels[:64])
        assert set(network.optimizer.state) == whole
        assert_equal(network.parameters(), before)
        network.train_step(data.train.x[:64], data.train.labels[:64])
        assert not np.array_equal(network.parameters()["dense1.weight"], before["dense1.weight"])


@pytest.mark.parametrize(("normalization", "limit"), [("batch", 1), ("none", 0)])
def test_where_no_batch_fits_it_says_so(data, room, normalization, limit):
    room.forward = limit
    for network in both_networks(RECIPE.replace(normalization=normalization)):
        with pytest.raises(OutOfMemory, match=r"no smaller batch does.*device='cpu'") as caught:
            network.train_step(data.train.x[:64], data.train.labels[:64])
        assert caught.value.fits is None


def test_other_errors_stay_what_they_are(data, monkeypatch):
    def broken(self, x):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(Dense, "forward", broken)
    for network in both_networks():
        x, labels = network.place(data.train.x, data.train.labels)
        with pytest.raises(RuntimeError, match="mat1 and mat2"):
            network.update(x, labels)
        with pytest.raises(RuntimeError, match="mat1 and mat2"):
            network.evaluate(x, labels)


def test_a_mac_says_it_in_other_words():
    assert memory.is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"))
    assert not memory.is_out_of_memory(RuntimeError("shape mismatch"))


# Evaluation needs no batch size of the learner's: it goes on in smaller parts


@pytest.mark.parametrize(("limit", "parts"), [(100, 60), (59, 30), (1, 1)])
def test_evaluation_goes_on_in_smaller_parts_with_the_same_numbers(data, room, limit, parts):
    for network in both_networks():
        x, labels = network.place(data.train.x[:240], data.train.labels[:240])
        expected, logits = network.evaluate(x, labels), network.logits(data.train.x[:240])
        features = network.features(data.train.x[:240])
        room.evaluation = limit
        with pytest.warns(UserWarning, match="at once does not fit"):
            assert network.evaluate(x, labels) == pytest.approx(expected, rel=1e-12)
        assert network.evaluation_batch == parts
        np.testing.assert_allclose(network.logits(data.train.x[:240]), logits, rtol=1e-12)
        np.testing.assert_allclose(network.features(data.train.x[:240]), features, rtol=1e-12)
        room.evaluation = 10**9


def test_where_not_one_example_can_be_evaluated_fit_keeps_what_it_had(data, room):
    room.evaluation = 0
    with pytest.warns(UserWarning), pytest.raises(OutOfMemory, match="Not even one example") as caught:
        fit(RECIPE, data, "torch", "cpu", progress=False)
    assert len(caught.value.result.step_losses) == 240 // 64 + 1


def test_data_that_does_not_fit_says_how_much_it_is(data, monkeypatch):
    def full(*arguments, **words):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    network = both_networks()[0]
    monkeypatch.setattr(torch, "as_tensor", full)
    with pytest.raises(OutOfMemory, match=r"Data of 16 MB.*Take fewer examples"):
        network.place(np.zeros((1_000_000, 2)))
