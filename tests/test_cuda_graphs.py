"""A recorded step gives the eager run.

Most of these tests use a stand-in for torch.cuda's graph that keeps a graph's rules on the CPU; the last ones run on a
CUDA device, where there is one.
"""

import numpy as np
import pytest
import torch

from course_lib.engine import cuda_graphs
from course_lib.engine import executed_network as execution
from course_lib.engine.executed_network import ExecutedNetwork, prepare_for_recording
from course_lib.engine.torch_backend import Network
from course_lib.engine.torch_optimizers import optimizer_for
from course_lib.execution import Execution
from course_lib.recipe import OPTIMIZERS, Recipe
from executed_runs import BATCHES, EXAMPLES, RATE, SMALL, VARIANTS, assert_same, executed_run, plain_run


class StandInGraph:
    """Stands in for a CUDA graph and keeps its rules: it runs nothing while it is recorded; a replay works on the same
    places in memory, leaves the gradients in places of their own, and changes no attribute of a Python object."""

    def __init__(self, function):
        self.function, self.step = function, function.__self__
        self.output = torch.zeros((), dtype=torch.float64)
        self.parameters = list(self.step.network._moving().values())
        self.gradients = [torch.zeros_like(parameter) for parameter in self.parameters]
        self._show_gradients(self.gradients)
        self.places, self.replays = self._addresses(), 0

    def replay(self):
        assert self._addresses() == self.places, "a graph reads and writes the places it was recorded with"
        shown = [parameter.grad for parameter in self.parameters]
        self.output.copy_(self.function())
        for place, parameter in zip(self.gradients, self.parameters, strict=True):
            place.copy_(parameter.grad)
        self._show_gradients(shown)
        self.replays += 1

    def _show_gradients(self, gradients):
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = gradient

    def _addresses(self):
        network, optimizer = self.step.network, self.step.network.optimizer
        tensors = [*network.module.state_dict(keep_vars=True).values(), network._clipped, self.step.x, self.step.labels]
        tensors += [group["lr"] for group in optimizer.param_groups]
        tensors += [value for state in optimizer.state.values() for value in state.values() if value is not None]
        tensors += [layer.numbers._places[16] for layer in network._random_layers if layer.training]
        return [(id(tensor), tensor.data_ptr()) for tensor in tensors]


@pytest.fixture
def stand_in(monkeypatch):
    """A stand-in for torch.cuda's stream and graph. The graphs that were recorded."""
    graphs = []

    def record(function, stream, generator=None):
        graphs.append(StandInGraph(function))
        return graphs[-1], graphs[-1].output

    def warm_up(function, stream):
        for _ in range(3):
            function()

    monkeypatch.setattr(cuda_graphs, "side_stream", lambda device: None)
    monkeypatch.setattr(cuda_graphs, "warm_up", warm_up)
    monkeypatch.setattr(cuda_graphs, "record", record)
    monkeypatch.setattr(execution, "can_record", lambda device: True)
    return graphs


GRAPHS = Execution(dtype="float64", cuda_graphs=True)


@pytest.fixture
def on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("on_the_cpu")
@pytest.mark.parametrize("name", VARIANTS)
def test_a_replayed_step_gives_the_plain_run(name, stand_in):
    expected, plain = plain_run(VARIANTS[name])
    losses, network = executed_run(VARIANTS[name], GRAPHS)
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert_same(network, plain)
    (graph,) = stand_in
    assert graph.replays == sum(len(rows) == 16 for rows in BATCHES) == len(BATCHES) - 1  # one batch ran eagerly


@pytest.mark.usefixtures("on_the_cpu")
def test_replays_follow_schedules_evaluations_and_other_batch_sizes(stand_in):
    recipe = VARIANTS["rrelu"]
    losses, norms = [], []
    networks = Network(recipe, 7, 3, "float64", "cpu"), ExecutedNetwork(recipe, 7, 3, GRAPHS)
    for network in networks:
        x, labels = network.place(*EXAMPLES)
        losses.append([])
        for step, rows in enumerate([np.arange(4), *BATCHES]):  # the first batch is not the recorded size
            network.optimizer.learning_rate = RATE / 2**step
            losses[-1].append(network.update(x[rows], labels[rows]))
            norms.append(network.gradient_norms())
            losses[-1] += network.evaluate(x, labels)
        assert network.optimizer.learning_rate == RATE / 2 ** len(BATCHES)
    np.testing.assert_allclose(*losses, rtol=1e-9)
    assert_same(*reversed(networks))
    half = len(norms) // 2
    for plain, executed in zip(norms[:half], norms[half:], strict=True):
        assert executed == pytest.approx(plain)
    assert len(stand_in) == 1


@pytest.mark.usefixtures("on_the_cpu")
def test_recording_learns_nothing_and_draws_nothing(stand_in):
    for masks in ("seeded", "device"):
        how = GRAPHS.replace(masks=masks)
        recorded, eager = (
            ExecutedNetwork(SMALL, 7, 3, how),
            ExecutedNetwork(SMALL, 7, 3, how.replace(cuda_graphs=False)),
        )
        x, labels = recorded.place(*EXAMPLES)
        before = recorded.state()
        recorded.prepare(x[:16], labels[:16])
        assert all(np.array_equal(value, before[name]) for name, value in recorded.state().items())
        assert len(stand_in) == 1 and stand_in.pop().replays == 0
        ours, theirs = (network.run_steps(x, labels, [np.arange(16)] * 5).tolist() for network in (recorded, eager))
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.usefixtures("on_the_cpu")
def test_freezing_records_anew(stand_in):
    losses = []
    for network in (Network(SMALL, 7, 3, "float64", "cpu"), ExecutedNetwork(SMALL, 7, 3, GRAPHS)):
        x, labels = network.place(*EXAMPLES)
        for n_hidden in (0, 1, 0):
            network.freeze(n_hidden)
            losses += [network.update(x[start : start + 16], labels[start : start + 16]) for start in (0, 16, 32)]
    np.testing.assert_allclose(losses[:9], losses[9:], rtol=1e-9)
    assert [graph.replays for graph in stand_in] == [3, 3, 3]


@pytest.mark.usefixtures("on_the_cpu")
def test_recording_and_compiling_together_give_the_plain_run(stand_in, monkeypatch):
    torch._dynamo.reset()
    monkeypatch.setattr(execution, "COMPILER", "eager")  # goes all the way to a compiler, and compiles nothing
    expected, plain = plain_run(VARIANTS["rrelu"])
    losses, network = executed_run(VARIANTS["rrelu"], GRAPHS.replace(compile=True))
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert_same(network, plain)
    assert network.notes == [] and network._compiled is not None and len(stand_in) == 1


@pytest.mark.usefixtures("on_the_cpu")
def test_a_loss_that_is_not_finite_is_returned_from_a_replayed_step(stand_in):
    network = ExecutedNetwork(SMALL.replace(normalization="none"), 7, 3, GRAPHS)
    x, labels = network.place(*EXAMPLES)
    assert np.isfinite(network.update(x[:16], labels[:16]))
    assert np.isnan(network.update(x[:16] * np.nan, labels[:16]))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_changes_from_step_to_step_is_kept_on_the_device(name):
    weight = torch.nn.Parameter(torch.zeros(2, 2, device="meta"))
    optimizer = optimizer_for(Recipe(optimizer=name, learning_rate=0.5), [weight], [weight])
    prepare_for_recording(optimizer, torch.device("meta"))  # stands in for a GPU: a device that is not the CPU
    for group in optimizer.param_groups:
        assert group["lr"].device.type == "meta" and group["lr"].dtype == torch.float32
        assert group.get("capturable", name in ("gradient_descent", "momentum", "nesterov", "muon")) is True


# On a CUDA device, where there is one


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("masks", ["seeded", "device"])
@pytest.mark.parametrize("name", VARIANTS)
def test_on_a_gpu_a_recorded_step_gives_the_eager_run(name, masks):
    how = Execution(device="cuda", dtype="float64", masks=masks)
    expected, eager = executed_run(VARIANTS[name], how)
    losses, network = executed_run(VARIANTS[name], how.replace(cuda_graphs=True))
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert_same(network, eager)
    x, labels = network.place(*EXAMPLES)
    assert network.evaluate(x, labels) == pytest.approx(eager.evaluate(x, labels))
    network.optimizer.learning_rate = eager.optimizer.learning_rate = RATE / 4
    ours, theirs = (each.run_steps(x, labels, BATCHES).tolist() for each in (network, eager))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
