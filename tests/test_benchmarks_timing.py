"""Honest timing, and the ways of computing that `bench machine` compares. No test takes a time."""

import gc

import numpy as np
import pytest
import torch

from course_lib.arrays import ArrayError
from course_lib.benchmarks import machine, parts, steps, timing
from course_lib.benchmarks.batches import LAYERS, plain_recipe, products_per_image, repeated, training_images
from course_lib.benchmarks.python_loops import LoopLayer, LoopNetwork
from course_lib.benchmarks.tables import rows_table
from course_lib.benchmarks.timing import Timing, Timings, Way, time_ways
from course_lib.engine.torch_backend import Network as TorchNetwork
from course_lib.execution import Execution, OutOfMemory

QUICK = {"rounds": 1, "seconds_a_turn": 0.001}


# Timing


class Device:
    """A clock, and a device that queues work: only `synchronize` waits for it."""

    def __init__(self, monkeypatch):
        self.now, self.queued, self.calls = 0.0, 0.0, []
        monkeypatch.setattr(timing.time, "perf_counter", lambda: self.now)

    def way(self, name, seconds, asynchronous=False, **fields):
        def step():
            self.calls.append(name)
            if asynchronous:
                self.queued += seconds
            else:
                self.now += seconds

        return Way(lambda: step, self.synchronize, **fields)

    def synchronize(self):
        self.now, self.queued = self.now + self.queued, 0.0


@pytest.fixture
def device(monkeypatch):
    return Device(monkeypatch)


def test_the_clock_waits_for_what_the_device_still_has_to_do(device):
    ways = {"works": device.way("works", 0.5), "queues": device.way("queues", 2.0, asynchronous=True)}
    timings = time_ways(ways, rounds=3, seconds_a_turn=0.01, progress=False)
    assert timings["works"].seconds == pytest.approx([0.5] * 3)
    assert timings["queues"].seconds == pytest.approx([2.0] * 3)


def test_every_round_times_each_way_once_after_all_are_warm(device):
    time_ways({name: device.way(name, 1.0) for name in "abc"}, rounds=2, seconds_a_turn=1.0, progress=False)
    rounds = device.calls[-6:]
    assert "".join(rounds) == "abcabc"
    assert all(device.calls[:-6].count(name) >= 2 for name in "abc")


def test_a_turn_does_as_many_steps_as_fill_its_seconds_and_a_call_may_hold_several(device):
    ways = {"short": device.way("short", 0.001), "many": device.way("many", 0.1, steps_in_call=20)}
    timings = time_ways(ways, rounds=1, seconds_a_turn=0.05, progress=False)
    assert timings["short"].median == pytest.approx(0.001) and timings["many"].median == pytest.approx(0.005)
    assert device.calls[-51:] == ["short"] * 50 + ["many"]


def test_the_median_and_the_spread_are_those_of_the_rounds():
    timing_ = Timing([3.0, 1.0, 10.0])
    assert (timing_.median, timing_.low, timing_.high) == (3.0, 1.0, 10.0)
    assert np.isnan(Timing().median)


def test_a_setting_holds_in_every_turn_and_not_after_it():
    seen = []

    def make():
        return lambda: seen.append(torch.get_num_threads())

    before = torch.get_num_threads()
    ways = {count: Way(make, setting=lambda count=count: steps.on_threads(count)) for count in (1, 2)}
    time_ways(ways, rounds=1, seconds_a_turn=0.0, progress=False)
    assert seen[-2:] == [1, 2] and torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "out of memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: out of memory"), "out of memory"),
        (MemoryError(), "out of memory"),
        (OutOfMemory("A batch of 512 does not fit.", fits=256), "out of memory; a batch of 256 would fit"),
    ],
)
@pytest.mark.parametrize("call", [0, 1, 5])
def test_a_way_that_runs_out_of_memory_says_so_and_the_others_go_on(device, error, problem, call):
    def make():
        if call == 0:
            raise error
        calls = iter(range(1, 1000))

        def step():
            device.now += 1.0
            if next(calls) == call:
                raise error

        return step

    timings = time_ways({"large": Way(make), "small": device.way("small", 1.0)}, 4, 1.0, progress=False)
    assert timings["large"].problem == problem
    assert len(timings["large"].seconds) < 4 and len(timings["small"].seconds) == 4


def test_another_error_is_not_hidden_and_the_garbage_collector_is_on_again(device):
    def step():
        device.now += 0.01
        if len(device.calls) == 2:
            raise RuntimeError("shapes do not fit")
        device.calls.append("step")

    with pytest.raises(RuntimeError, match="shapes"):
        time_ways({"wrong": Way(lambda: step)}, 3, 0.0, progress=False)
    assert gc.isenabled()


def test_an_interrupt_keeps_the_rounds_that_were_done(device):
    calls = iter(range(1000))

    def step():
        device.now += 1.0
        if next(calls) == 8:
            raise KeyboardInterrupt

    timings = time_ways({"first": device.way("first", 1.0), "stopped": Way(lambda: step)}, 50, 1.0, progress=False)
    assert timings.interrupted
    assert 1 <= len(timings["stopped"].seconds) < 50
    rows = machine.way_rows(timings, 64, "first")
    assert rows.interrupted and rows[0]["milliseconds"] == pytest.approx(1000)


def test_no_ways_and_no_rounds_are_refused():
    for ways, rounds in (({}, 3), ({"a": Way(lambda: print)}, 0)):
        with pytest.raises(ValueError, match="1 or more"):
            time_ways(ways, rounds, progress=False)


# The ways


def test_python_loops_learn_what_pytorch_learns():
    recipe = plain_recipe(hidden_layers=(5, 4), learning_rate=0.01)
    network = TorchNetwork(recipe, 6, 3, dtype="float64", device="cpu")
    start = network.parameters()
    loops = LoopNetwork([start[f"dense{depth}.weight"].tolist() for depth in (1, 2, 3)], learning_rate=0.01)
    rng = np.random.default_rng(1)
    for _ in range(5):
        x, labels = rng.normal(size=(7, 6)), rng.integers(0, 3, 7)
        assert loops.train_step(x.tolist(), labels.tolist()) == pytest.approx(network.train_step(x, labels), abs=1e-12)
    for depth, layer in enumerate(loops.layers, start=1):
        assert np.abs(np.array(layer.weight) - network.parameters()[f"dense{depth}.weight"]).max() < 1e-9
        assert np.abs(np.array(layer.bias) - network.parameters()[f"dense{depth}.bias"]).max() < 1e-9
    assert np.abs(start["dense1.weight"] - network.parameters()["dense1.weight"]).max() > 1e-3


def test_a_layer_in_loops_has_pytorchs_gradients():
    rng = np.random.default_rng(2)
    weight, bias, x, gradient = (rng.normal(size=shape) for shape in ((4, 3), (3,), (4,), (3,)))
    layer = LoopLayer(weight.tolist(), bias.tolist())
    outputs = layer.forward(x.tolist())
    input_gradient = layer.backward(gradient.tolist())
    tensors = [torch.tensor(array, requires_grad=True) for array in (weight, bias, x)]
    expected = tensors[2] @ tensors[0] + tensors[1]
    expected.backward(torch.tensor(gradient))
    for ours, theirs in zip(
        (outputs, layer.weight_gradient, layer.bias_gradient, input_gradient),
        (expected.detach(), *(tensor.grad for tensor in tensors)),
        strict=True,
    ):
        assert np.allclose(ours, theirs.numpy(), atol=1e-12)
    layer.descend(0.1)
    assert np.allclose(layer.weight, weight - 0.1 * tensors[0].grad.numpy())


def test_one_layer_moves_alike_in_numpy_and_pytorch(monkeypatch):
    rng = np.random.default_rng(3)
    x, gradient = rng.random((8, 6), np.float32), rng.random((8, 4), np.float32)
    kept, dense = [], steps.Dense
    monkeypatch.setattr(steps, "Dense", lambda *words, **named: kept.append(dense(*words, **named)) or kept[0])
    step = steps.numpy_layer(x, gradient)
    linear = torch.nn.Linear(6, 4)
    before = {name: array.copy() for name, array in kept[0].parameters.items()}
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(before["weight"].T))
        linear.bias.copy_(torch.tensor(before["bias"]))
    monkeypatch.setattr(torch.nn, "Linear", lambda *words, **named: linear)
    other = steps.torch_layer(x, gradient, "cpu")
    step(), other()
    assert np.abs(kept[0].parameters["weight"] - linear.weight.detach().numpy().T).max() < 1e-6
    assert np.abs(kept[0].parameters["weight"] - before["weight"]).max() > 1e-5


def test_the_counted_operations_are_those_that_pytorch_counts():
    from torch.utils.flop_counter import FlopCounterMode

    network = TorchNetwork(plain_recipe(), LAYERS[0], LAYERS[-1], device="cpu")
    x, labels = network.place(*repeated(*training_images(), 4))
    with FlopCounterMode(display=False) as counter:
        network.update(x, labels)
    assert products_per_image() == counter.get_total_flops() / 4


def test_loops_are_counted_up_to_the_batch():
    timings = Timings({machine.EXAMPLE: Timing([2.0, 3.0]), machine.UPDATE: Timing([5.0, 7.0]), "other": Timing([1.0])})
    whole = machine.counted_up(timings, batch=10)
    assert whole[machine.PYTHON].seconds == [25.0, 37.0] and list(whole) == [machine.PYTHON, "other"]
    row = machine.way_rows(whole, batch=10)[1]
    assert row["times"] == pytest.approx(31.0) and row["images_a_second"] == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("measure", "columns", "named", "wanted"),
    [
        (machine.measure_layer_ways, machine.WAY_COLUMNS, {}, [machine.PYTHON, machine.NUMPY, machine.EAGER]),
        (
            machine.measure_training_ways,
            machine.WAY_COLUMNS,
            {},
            [machine.PYTHON, machine.NUMPY, machine.EAGER, machine.FUSED],
        ),
        (machine.measure_batch_sizes, machine.BATCH_SIZE_COLUMNS, {"sizes": (2, 8)}, [2, 8]),
        (machine.measure_threads, machine.THREAD_COLUMNS, {"counts": [1], "sizes": (4,)}, [1]),
        (
            machine.measure_precisions,
            machine.PRECISION_COLUMNS,
            {"sizes": (4,)},
            ["float64", "float32", "bfloat16"],
        ),
        (
            parts.measure_data_loading,
            parts.LOADING_COLUMNS,
            {"n_examples": 130, "workers": (0,)},
            ["one tensor, indexed", "DataLoader in this process"],
        ),
    ],
)
def test_a_live_version_has_a_row_for_everything_it_compares(measure, columns, named, wanted):
    rows = measure(**named, **QUICK)
    first = next(iter(columns))
    assert [row[first] for row in rows][: len(wanted)] == wanted
    assert all(set(row) <= set(columns) for row in rows) and not rows.interrupted
    assert all(value > 0 for row in rows for value in row.values() if isinstance(value, float))
    assert str(wanted[0]) in str(rows_table(rows, columns))


def test_more_threads_than_cores_are_refused():
    cores = machine.usable_cores()
    for counts in ([cores + 1], [0], []):
        with pytest.raises(ArrayError, match=f"from 1 to {cores}"):
            machine.measure_threads(counts)
    assert machine.thread_counts(6) == [1, 2, 4, 6] and machine.thread_counts(1) == [1]


def test_precisions_are_those_of_the_execution():
    assert machine.execution_in("float64", "cpu") == Execution(device="cpu", dtype="float64")
    assert machine.execution_in("bfloat16", "cpu").mixed_precision == "bfloat16"
    assert machine.execution_in("tf32", "cpu").float32_products == "tf32"


def test_a_switch_that_is_not_used_is_noted_in_its_row():
    x, labels = repeated(*training_images(), 4)
    way = Way(lambda: steps.TorchStep(x, labels, Execution(device="cpu", mixed_precision="auto")))
    (row,) = machine.way_rows(time_ways({"automatic": way}, 1, 0.0, progress=False))
    assert "mixed_precision" in row["notes"]


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_the_parts_of_a_profiled_step_are_the_whole_step(monkeypatch, engine):
    made = []
    real = parts.NumpyNetwork if engine == "numpy" else parts.executed
    name = "NumpyNetwork" if engine == "numpy" else "executed"
    monkeypatch.setattr(parts, name, lambda *words: made.append(real(*words)) or made[0])
    x, labels = repeated(*training_images(), 40)
    profiled, wait = parts._numpy_parts(x, labels) if engine == "numpy" else parts._torch_parts(x, labels, "cpu")
    whole = TorchNetwork(plain_recipe(), LAYERS[0], LAYERS[-1], device="cpu")
    for indices in (np.arange(20), np.arange(10, 30)):
        seconds = parts._seconds_by_part(profiled, indices, wait)
        whole.train_step(x[indices], labels[indices])
        assert list(seconds) == list(parts.PARTS) and min(seconds.values()) > 0
    for key, array in whole.parameters().items():
        assert np.abs(made[0].parameters()[key] - array).max() < 1e-4, key


def test_the_profile_has_a_row_for_each_engine():
    rows = parts.profile_step(steps=2)
    assert [row["engine"] for row in rows] == ["NumPy", "PyTorch on the CPU"]
    assert all(row["milliseconds"] == pytest.approx(sum(row[part] for part in parts.PARTS)) for row in rows)


@pytest.mark.parametrize("make", [parts._indexed, lambda batch, x, labels: parts._loaded(batch, 0, x, labels)])
def test_an_epoch_of_either_loader_gives_each_image_once_with_its_label(make):
    x = torch.arange(23.0)[:, None]
    batches = list(make(5, x, torch.arange(23) % 7)())
    seen = torch.cat([images[:, 0] for images, _ in batches])
    assert sorted(seen.tolist()) == list(range(23)) and seen.tolist() != list(range(23))
    assert torch.equal(torch.cat([labels for _, labels in batches]), seen.long() % 7)
