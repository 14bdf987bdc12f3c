"""tools/bench.py gpu: what it needs, what it counts, its goals, the fast convolutional network; in small on a CPU."""

import argparse
import contextlib

import numpy as np
import pytest
import torch

import bench
import chip
import fast_conv
import gpu
import gpu_plan
from bench import main
from course_lib.benchmarks.results import section
from course_lib.data import DataUnavailable, Split, load_fashion_mnist
from course_lib.engine.torch_backend import Network
from course_lib.execution import OutOfMemory
from course_lib.recipe import Recipe
from fast_conv import FastConvolution, Schedule

QUICK = {"rounds": 1, "seconds_a_turn": 0.001, "progress": False}
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA GPU")


@pytest.fixture(autouse=True)
def threads_as_before():
    """The plan sets the number of threads of the whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def plan(*words):
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    return gpu_plan.plan(parser.parse_args(["gpu", *words]))


# What it needs


def test_every_part_runs_in_small_on_a_cpu(capsys):
    assert main(["gpu", "--device", "cpu", "--smoke"]) == 0
    said = capsys.readouterr().out
    wanted = (
        "matrix product, bfloat16",
        "fused optimizer",
        "needs a CUDA device",
        "NumPy engine",
        "a stack of 4",
        "subset",
    )
    for each in wanted:
        assert each in said
    assert "failed" not in said and "out of memory" not in said and "missed" not in said


def test_a_cpu_without_smoke_is_told_what_is_needed(capsys):
    with pytest.raises(ValueError, match="needs a CUDA GPU") as refused:
        plan("--device", "cpu")
    assert "--device cpu --smoke" in str(refused.value) and "bench machine" in str(refused.value)
    assert main(["gpu", "--device", "tpu"]) == 2
    assert "'tpu'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--device", "tpu", "--smoke"], "'tpu'"),
        (["--device", "cpu:x", "--smoke"], "'cpu:x'"),
        (["--device", "cuda:99"], "cuda:99"),
        (["--device", "cpu", "--smoke", "--seeds", "0"], "--seeds is 0"),
    ],
)
def test_a_device_that_is_not_here_and_no_seeds_are_refused(words, said):
    with pytest.raises(ValueError, match=said):
        plan(*words)


def test_in_full_it_is_as_large_as_the_goals_ask():
    sizes = gpu_plan.Sizes()
    assert sizes.batches == (64, 256, 1024, 4096, 16384) and sizes.stack == 256 and sizes.images is None
    assert "bfloat16" in sizes.step_precisions
    seeds = argparse.ArgumentParser()
    bench.add_arguments(seeds)
    assert seeds.parse_args(["gpu"]).seeds >= 20


# What it counts


def test_rates_are_work_over_time(monkeypatch):
    timings = {"matrix product, float32": 0.5, "copy": 0.25}

    def times(ways, **named):
        assert set(ways) == set(timings)
        return chip_timings(timings)

    monkeypatch.setattr(chip, "time_ways", times)
    rows = chip.measure_rates("cpu", 1000, 1_000_000, ("float32",), **QUICK)
    assert rows[0] == {"what": "matrix product, float32", "rate": pytest.approx(0.004), "unit": "TFLOP/s"}
    assert rows[1] == {"what": "copy", "rate": pytest.approx(0.008), "unit": "GB/s"}


def chip_timings(seconds):
    from course_lib.benchmarks.timing import Timing, Timings

    return Timings({name: Timing([value]) for name, value in seconds.items()})


def test_the_bytes_of_a_step_grow_with_parameters_and_images():
    network = Network(Recipe(hidden_layers=(5,), normalization="none"), 20, 3, device="cpu")
    parameters = sum(array.size for array in network.parameters().values())
    alone = gpu.bytes_per_step(0, (20, 5, 3))
    assert gpu.bytes_per_step(7, (20, 5, 3)) - alone == 7 * 20 * 4 * 4
    assert gpu.bytes_per_step(0, (784, 300, 100, 10)) == 40 * (784 * 300 + 300 + 300 * 100 + 100 + 100 * 10 + 10)
    assert parameters == 20 * 5 + 5 + 5 * 3 + 3


def test_shares_are_of_the_measured_rates(monkeypatch):
    monkeypatch.setattr(gpu, "time_ways", lambda ways, **named: chip_timings(dict.fromkeys(ways, 0.5)))
    rates = [{"what": "matrix product, float32", "rate": 2.0}, {"what": "copy", "rate": 100.0}]
    (row,) = gpu.measure_images_a_second("cpu", (64,), ("float32",), 2, rates, 128, **QUICK)
    assert row["images_a_second"] == pytest.approx(128) and row["milliseconds"] == pytest.approx(500)
    assert row["of_products"] == pytest.approx(100 * 128 * gpu.products_per_image() / 2e12)
    assert row["of_copies"] == pytest.approx(100 * gpu.bytes_per_step(64) / 0.5 / 100e9)
    (row,) = gpu.measure_images_a_second("cpu", (64,), ("float32",), 2, [], 128, **QUICK)
    assert "of_products" not in row


def test_a_batch_that_does_not_fit_is_a_row_and_the_others_go_on(monkeypatch):
    real = gpu.TorchSteps

    def steps(x, labels, execution, recipe, n_steps):
        if recipe.batch_size == 64:
            raise OutOfMemory("too large", fits=32)
        return real(x, labels, execution, recipe, n_steps)

    monkeypatch.setattr(gpu, "TorchSteps", steps)
    rows = gpu.measure_images_a_second("cpu", (64, 16), ("float32",), 2, [], 128, **QUICK)
    assert rows[0]["problem"] == "out of memory; a batch of 32 would fit" and rows[1]["images_a_second"] > 0


def test_networks_one_after_the_other_are_counted_up(monkeypatch):
    names = {}

    def times(ways, **named):
        names.update(ways)
        return chip_timings({name: 0.25 if name == gpu.ONE_AFTER_THE_OTHER else 0.5 for name in ways})

    monkeypatch.setattr(gpu, "time_ways", times)
    rows = gpu.measure_stack("cpu", n_networks=8, n_alone=2, n_steps=2, **QUICK)
    assert [row["milliseconds"] for row in rows] == pytest.approx([1000, 500])  # 0.25 s for 2 of 8; all at once 0.5 s
    assert rows[1]["times"] == pytest.approx(2)


def test_the_networks_of_the_stack_differ_and_learn(monkeypatch):
    made = []
    real = gpu.executed
    monkeypatch.setattr(gpu, "executed", lambda *words: made.append(real(*words)) or made[-1])
    gpu.measure_stack("cpu", n_networks=4, n_alone=3, n_steps=3, **QUICK)
    weights = [network.parameters()["dense1.weight"] for network in made]
    assert len(made) == 3 and np.abs(weights[0] - weights[1]).max() > 0.01
    assert len({network.recipe.learning_rate for network in made}) == 3


def test_eager_and_fused_are_two_ways(monkeypatch):
    kept = {}

    def times(ways, label, **named):
        kept[label] = {name: way.make() for name, way in ways.items()}
        return chip_timings(dict.fromkeys(ways, 1.0))

    monkeypatch.setattr(gpu, "time_ways", times)
    rows = gpu.measure_steps("cpu", 2, **QUICK)
    assert {row["way"] for row in rows} == {gpu.EAGER, gpu.FUSED, gpu.GRAPH}
    for made in kept.values():
        fused = {name: step.network.optimizer.param_groups[0]["fused"] for name, step in made.items()}
        assert fused == {gpu.EAGER: None, gpu.FUSED: True}
    assert all(row["setup_seconds"] > 0 for row in rows if "problem" not in row)


# Goals


def sections(graph=5.0, numpy=100.0, images=20_000.0, accuracy=0.91, seconds=0.4):
    networks = [
        {"network": name, "way": way, "times": times}
        for name in gpu.STEP_NETWORKS
        for way, times in ((gpu.EAGER, 1.0), (gpu.GRAPH, graph))
    ]
    return [
        section("steps", "", gpu.STEP_COLUMNS, networks),
        section("numpy", "", gpu.NUMPY_COLUMNS, [{"images_a_second": numpy}, {"images_a_second": numpy / 2}]),
        section("images_a_second", "", gpu.RATE_BY_BATCH_COLUMNS, [{"images_a_second": images}, {"problem": "memory"}]),
        section("to_90", "", gpu.RUN_COLUMNS, [{"accuracy": accuracy, "seconds": seconds}]),
    ]


def test_goals_compare_with_what_was_measured():
    assert [each["met"] for each in gpu_plan.goals(sections())] == [True] * 5
    missed = gpu_plan.goals(sections(graph=3.9, images=9_900.0, accuracy=0.899, seconds=0.51))
    assert [each["met"] for each in missed] == [False] * 5
    assert missed[2]["measured"] == pytest.approx(99.0)
    assert [each["met"] for each in gpu_plan.goals([])] == [None] * 5


# The fast convolutional network


def splits(n_images=256):
    data = load_fashion_mnist()
    return (Split(part.x[:n_images], part.labels[:n_images]) for part in (data.train, data.test))


SMALL = Schedule(batch_size=32, epochs=2)


def test_a_run_learns_and_is_its_seeds_alone():
    network = FastConvolution(*splits(1024), "cpu", Schedule(batch_size=64, epochs=1))
    first = network.run(0)
    weight = network.module[0].weight.detach().clone()
    second = network.run(1)
    assert not torch.equal(weight, network.module[0].weight)
    again = network.run(0)
    assert torch.equal(weight, network.module[0].weight) and again.accuracy == first.accuracy
    assert min(first.accuracy, second.accuracy) > 0.4  # 0.1 by chance
    assert first.seconds > 0 and set(network.setup_seconds) == {"data", "warm up"}


def test_a_run_takes_every_image_once_an_epoch_but_those_that_fill_no_batch(monkeypatch):
    network = FastConvolution(*splits(100), "cpu", SMALL)
    rates = []
    step = network._step
    monkeypatch.setattr(network, "_step", lambda: (step(), rates.append(float(network.rate))))
    network.run(3)
    epochs = network.order.reshape(2, -1)
    assert network.order.shape == (6, 32)
    for epoch in epochs:
        assert len(set(epoch.tolist())) == 96
    assert epochs[0].tolist() != epochs[1].tolist()
    assert rates == pytest.approx(SMALL.rates(100).tolist()) and len(set(rates)) > 3


def test_the_rate_rises_to_its_peak_and_falls_to_nothing():
    schedule = Schedule(batch_size=10, epochs=1, peak=0.02, rise=0.25)
    rates = schedule.rates(990)  # 99 steps: the 25th of 100 places is the peak
    assert rates[24] == pytest.approx(0.02) and rates.argmax() == 24
    assert rates[0] == pytest.approx(0.02 / 25) and rates[98] == pytest.approx(0.02 / 75)
    assert np.ptp(np.diff(rates[:25])) < 1e-6 and np.ptp(np.diff(rates[24:])) < 1e-6


def test_the_evaluation_counts_the_right_ones():
    network = FastConvolution(*splits(64), "cpu", SMALL)
    network.module.eval()
    with torch.no_grad():
        answers = network.module(network.test_images.permute(0, 3, 1, 2)).argmax(dim=1)
    assert network.accuracy() == pytest.approx((answers == network.test_labels).double().mean().item())
    network.test_labels = answers
    assert network.accuracy() == 1.0


def test_four_channels_hold_the_pixels_of_each_square_of_four():
    train, test = splits(8)
    network = FastConvolution(train, test, "cpu", Schedule(batch_size=8, epochs=1))
    pixels = train.x[5].reshape(28, 28)[6:8, 10:12].ravel()  # rows 6 and 7, columns 10 and 11
    standardized = (pixels - fast_conv.PIXEL_MEAN) / fast_conv.PIXEL_DEVIATION
    assert np.allclose(network.images[5, 3, 5].numpy(), standardized, atol=1e-5)


def test_pixels_are_standardized_with_figures_of_the_data():
    x = load_fashion_mnist().train.x  # 10,000 of the 60,000
    assert x.mean() == pytest.approx(fast_conv.PIXEL_MEAN, abs=0.005)
    assert x.std() == pytest.approx(fast_conv.PIXEL_DEVIATION, abs=0.005)


def test_a_graph_on_a_cpu_and_a_batch_larger_than_the_data_are_refused():
    with pytest.raises(ValueError, match="CUDA graphs need a CUDA device"):
        FastConvolution(*splits(64), "cpu", SMALL, graph=True)
    with pytest.raises(ValueError, match="only 20 training examples"):
        FastConvolution(*splits(20), "cpu", SMALL)


def test_a_step_is_warmed_up_and_recorded_on_one_side_stream(monkeypatch):
    """With stand-ins for the streams and the graph of torch.cuda, which are not on a CPU."""
    network, happened, step = FastConvolution(*splits(64), "cpu", SMALL), [], FastConvolution._step

    class Stream:
        device = network.device

        def __init__(self, device=None):
            pass

        def wait_stream(self, other):
            assert isinstance(other, Stream)

    class Graph:
        def replay(self):
            happened.append("replay")

    @contextlib.contextmanager
    def on(stream):
        assert isinstance(stream, Stream)
        happened.append(stream)
        yield
        happened.append("left")

    ordinary = Stream()
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", on)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device=None: ordinary)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", lambda graph, stream: on(stream))
    monkeypatch.setattr(torch.cuda, "device", lambda device: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device=None: None)
    monkeypatch.setattr(FastConvolution, "_step", lambda self: (happened.append("step"), step(self)))
    network.cuda = True
    network._warm_up()
    network._capture()
    side = happened[0]
    assert side is not ordinary
    assert happened == [side, "step", "step", "step", "left", side, "step", "left"]
    del happened[:]
    network.run(0)
    assert happened == ["replay"] * 4  # 2 epochs of 2 batches


def test_a_compiler_that_fails_is_noted_and_the_run_goes_on(monkeypatch):
    def failing(module):
        def forward(x):
            raise RuntimeError("no C compiler\nlong text")

        return forward

    monkeypatch.setattr(torch, "compile", failing)
    network = FastConvolution(*splits(64), "cpu", SMALL, compile=True)
    assert network.notes == ["torch.compile failed and is not used (RuntimeError: no C compiler)."]
    assert network.run(0).seconds > 0


def test_the_row_of_the_runs_holds_their_means(monkeypatch):
    class Fast:
        setup_seconds, notes = {"data": 1.0, "warm up": 2.0}, []

        def __init__(self, *words, **named):
            pass

        def run(self, seed):
            return fast_conv.Run(0.1 * (seed + 1), 0.88 + 0.02 * seed, seed)

    monkeypatch.setattr(gpu, "FastConvolution", Fast)
    (row,) = gpu.measure_to_90("cpu", 3, SMALL, 64, progress=False)
    assert row["seconds"] == pytest.approx(0.2) and row["slowest"] == pytest.approx(0.3)
    assert row["accuracy"] == pytest.approx(0.90) and row["lowest"] == pytest.approx(0.88)
    assert (row["seeds"], row["reached"], row["warm_up_seconds"]) == (3, 2, 2.0)
    assert set(row) <= set(gpu.RUN_COLUMNS)


def test_interrupted_runs_are_kept_and_a_full_memory_is_a_row(monkeypatch):
    def stopping(kind):
        class Fast:
            setup_seconds, notes = {}, []

            def __init__(self, *words, **named):
                self.runs = 0

            def run(self, seed):
                self.runs += 1
                if self.runs == 4:
                    raise kind
                return fast_conv.Run(0.1, 0.9, seed)

        return Fast

    monkeypatch.setattr(gpu, "FastConvolution", stopping(KeyboardInterrupt))
    rows = gpu.measure_to_90("cpu", 20, SMALL, 64, progress=False)
    assert rows.interrupted and rows[0]["seeds"] == 2
    monkeypatch.setattr(gpu, "FastConvolution", stopping(MemoryError))
    assert gpu.measure_to_90("cpu", 20, SMALL, 64, progress=False)[0]["problem"] == "out of memory"


def test_the_full_data_are_taken_where_they_are_and_the_name_says_which(monkeypatch, capsys):
    seen = []
    monkeypatch.setattr(gpu, "locate_full", lambda: "a folder")
    monkeypatch.setattr(gpu, "load_fashion_mnist", lambda subset="embedded", **named: seen.append(subset) or DATA)
    gpu.fashion_mnist()
    gpu.fashion_mnist(64)
    monkeypatch.setattr(gpu, "locate_full", lambda: None)
    assert gpu.fashion_mnist()[2] == "Fashion-MNIST subset, 10,000 images"
    assert seen == ["full", "embedded", "embedded"]
    assert "load_fashion_mnist('full')" in capsys.readouterr().out
    gpu.fashion_mnist(64)
    assert not capsys.readouterr().out

    def damaged():
        raise DataUnavailable("a file is damaged")

    monkeypatch.setattr(gpu, "locate_full", damaged)
    gpu.fashion_mnist()
    assert "a file is damaged" in capsys.readouterr().out and seen[-1] == "embedded"


DATA = load_fashion_mnist()


@needs_cuda
def test_every_part_runs_in_small_on_a_gpu(capsys):
    assert main(["gpu", "--smoke"]) == 0
    said = capsys.readouterr().out
    assert "failed" not in said and "needs a CUDA device" not in said


@needs_cuda
def test_the_recorded_step_learns_as_the_step_it_was_recorded_from():
    recorded = FastConvolution(*splits(1024), "cuda", Schedule(batch_size=64, epochs=2))
    eager = FastConvolution(*splits(1024), "cuda", Schedule(batch_size=64, epochs=2), graph=False)
    assert recorded.graph is not None and eager.graph is None
    accuracies = [np.mean([network.run(seed).accuracy for seed in range(3)]) for network in (recorded, eager)]
    assert min(accuracies) > 0.5 and abs(accuracies[0] - accuracies[1]) < 0.1
    first = recorded.run(0)
    assert recorded.run(1).accuracy != first.accuracy or recorded.run(2).accuracy != first.accuracy
