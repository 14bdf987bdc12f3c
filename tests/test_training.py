"""fit(): real images are learned, the history is plain, an interrupt loses nothing, and what can't work is said."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from course_lib.arrays import ArrayError
from course_lib.data import Dataset, Split, load_fashion_mnist, moons, split
from course_lib.recipe import Recipe, RecipeError
from course_lib.training import Callback, TrainingDiverged, TrainingRun, fit, make_network

ENGINES = ["numpy", "torch"]
SMALL = Recipe(hidden_layers=(8, 6), batch_size=16, epochs=4, learning_rate=0.01)
DIVERGING = Recipe(
    hidden_layers=(20, 20),
    activation="leaky_relu",
    normalization="none",
    drop_rate=0.0,
    initialization="standard_normal",
    optimizer="gradient_descent",
    learning_rate=1e6,
    batch_size=16,
)


@pytest.fixture(scope="module")
def data():
    return split(*moons(200, noise=0.1, seed=0))


@pytest.fixture(scope="module")
def images():
    return load_fashion_mnist()


def train(recipe, data, engine="numpy", dtype="float64", callbacks=()):
    return fit(recipe, data, engine, "cpu", dtype, callbacks, progress=False)


class InterruptAt(Callback):
    """Presses Ctrl-C after a step, and keeps the network's state of that moment."""

    def __init__(self, step):
        self.step, self.ended = step, 0

    def on_step(self, run, loss):
        if run.steps == self.step:
            self.state = run.network.state()
            raise KeyboardInterrupt

    def on_end(self, run):
        self.ended += 1


# Learning.


@pytest.mark.parametrize("engine", ENGINES)
def test_the_default_recipe_learns_real_images(images, engine):
    train_x, train_labels = images.train.x, images.train.labels
    means = np.stack([train_x[train_labels == label].mean(axis=0) for label in range(10)])
    distances = ((images.validation.x[:, None, :] - means) ** 2).sum(axis=2)
    nearest_mean = (distances.argmin(axis=1) == images.validation.labels).mean()  # 0.68: a classifier without training
    result = fit(Recipe(epochs=2), images, engine, "cpu", progress=False)
    accuracy = result.history[-1]["validation_accuracy"]
    assert accuracy > nearest_mean + 0.1
    assert result.history[1]["validation_loss"] < result.history[0]["validation_loss"]
    predicted = result.network.logits(images.test.x).argmax(axis=1)
    assert (predicted == images.test.labels).mean() == pytest.approx(accuracy, abs=0.05)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_recipe_gives_the_same_run_twice_and_another_seed_another(data, engine):
    recipe = SMALL.replace(activation="rrelu")
    first, second = (train(recipe, data, engine) for _ in range(2))
    assert first.step_losses == second.step_losses
    other = train(recipe.replace(seed=1), data, engine)
    assert other.step_losses != first.step_losses


def test_both_engines_give_the_same_run(data):
    recipe = SMALL.replace(patience=2, epochs=30, l1=0.001, clip_norm=1.0)
    ours, theirs = (train(recipe, data, engine) for engine in ENGINES)
    assert len(ours.history) == len(theirs.history)
    assert (ours.best_epoch, ours.stopped_early) == (theirs.best_epoch, theirs.stopped_early)
    np.testing.assert_allclose(ours.step_losses, theirs.step_losses, rtol=1e-8)
    np.testing.assert_allclose(
        ours.network.logits(data.test.x), theirs.network.logits(data.test.x), rtol=1e-7, atol=1e-8
    )


# What a run leaves.

ROW = ["epoch", "batch_loss", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("engine", ENGINES)
def test_the_history_has_a_row_of_plain_numbers_for_each_epoch(data, engine, dtype):
    result = train(SMALL.replace(l1=0.01, clip_norm=1.0), data, engine, dtype)
    assert [row["epoch"] for row in result.history] == [1, 2, 3, 4]
    for row in result.history:
        assert list(row) == ROW
        assert type(row["epoch"]) is int
        assert {type(value) for name, value in row.items() if name != "epoch"} == {float}
    assert {type(loss) for loss in result.step_losses} == {float}
    assert json.loads(json.dumps(result.history)) == result.history
    assert len(result.step_losses) == 4 * math.ceil(120 / 16)
    seconds = [row["seconds"] for row in result.history]
    assert seconds[0] > 0
    assert seconds == sorted(seconds)
    assert (result.interrupted, result.stopped_early, result.best_epoch) == (False, False, None)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_history_says_what_the_network_did(data, engine):
    recipe = SMALL.replace(l2=0.1)
    result = train(recipe, data, engine)
    assert result.recipe == recipe
    steps = len(result.step_losses) // 4
    for row, start in zip(result.history, range(0, 4 * steps, steps), strict=True):
        assert row["batch_loss"] == pytest.approx(np.mean(result.step_losses[start : start + steps]))
    for name, part in (("train", data.train), ("validation", data.validation)):
        logits = result.network.logits(part.x)
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        loss = -np.log(probabilities[np.arange(len(part)), part.labels]).mean()  # no penalty, no dropout
        assert result.history[-1][f"{name}_loss"] == pytest.approx(loss)
        accuracy = (logits.argmax(axis=1) == part.labels).mean()
        assert result.history[-1][f"{name}_accuracy"] == pytest.approx(accuracy)
    first = make_network(recipe, 2, 2, engine, "float64", "cpu")
    run = TrainingRun(recipe, data, engine, "cpu", "float64")
    run.step()
    rows = run.batches[0]
    assert result.step_losses[0] == pytest.approx(first.train_step(data.train.x[rows], data.train.labels[rows]))


def test_only_the_first_training_examples_are_measured():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2_100, 2))
    labels = (x[:, 0] > 0).astype(int)
    labels[2_000:] = 1 - labels[2_000:]  # would be noticed
    result = train(SMALL.replace(epochs=1), Dataset(Split(x, labels)))
    predicted = result.network.logits(x[:2_000]).argmax(axis=1)
    assert result.history[0]["train_accuracy"] == pytest.approx((predicted == labels[:2_000]).mean())


@pytest.mark.parametrize("engine", ENGINES)
def test_without_validation_data_its_columns_are_none(data, engine):
    result = train(SMALL, Dataset(data.train), engine)
    assert result.history[-1]["validation_loss"] is None
    assert result.history[-1]["validation_accuracy"] is None
    json.dumps(result.history)


class WithoutLookingAtTest:
    """A data set whose test part can't be looked at."""

    def __init__(self, data):
        self._data = data

    def __getattr__(self, name):
        if name in ("test", "splits"):
            raise AssertionError("fit looked at the test part")
        return getattr(self._data, name)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_test_part_is_never_touched(data, engine):
    guarded = WithoutLookingAtTest(data)
    with pytest.raises(AssertionError, match="looked at"):
        _ = guarded.test
    assert len(train(SMALL.replace(patience=3), guarded, engine).history) == 4


@pytest.mark.parametrize("engine", ENGINES)
def test_training_leaves_the_data_as_it_was(data, engine):
    before = [array.copy() for part in (data.train, data.validation) for array in (part.x, part.labels)]
    train(SMALL, data, engine)
    after = [array for part in (data.train, data.validation) for array in (part.x, part.labels)]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("engine", ENGINES)
def test_augmentation_changes_training_images_and_no_measurement(engine):
    rng = np.random.default_rng(0)
    x, labels = rng.random((64, 36)), np.arange(64) % 2
    images = Dataset(Split(x[20:], labels[20:]), Split(x[:20], labels[:20]), image_shape=(6, 6))
    recipe = SMALL.replace(epochs=1, learning_rate=1e-12, augmentation="shift_and_flip", drop_rate=0.0)
    changed, plain = (train(recipe.replace(augmentation=name), images, engine) for name in ("shift_and_flip", "none"))
    assert changed.step_losses[0] != pytest.approx(plain.step_losses[0], rel=1e-3)
    without_statistics = recipe.replace(normalization="none")
    changed, plain = (
        train(without_statistics.replace(augmentation=name), images, engine) for name in ("shift_and_flip", "none")
    )
    for name in ("train_loss", "validation_loss"):
        assert changed.history[0][name] == pytest.approx(plain.history[0][name], rel=1e-8)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_can_be_advanced_step_by_step(data, engine):
    whole = train(SMALL, data, engine)
    run = TrainingRun(SMALL, data, engine, "cpu", "float64")
    losses = []
    while not run.finished:
        losses.append(run.step())
    run.end()
    assert losses == whole.step_losses == run.result().step_losses
    assert len(losses) == run.total_steps == run.steps
    assert run.epoch == 4


# Interrupting.


@pytest.mark.parametrize("engine", ENGINES)
def test_an_interrupted_run_keeps_history_and_parameters_so_far(data, engine, capsys):
    whole = train(SMALL, data, engine)
    steps = len(whole.step_losses) // 4
    interrupt = InterruptAt(2 * steps + 3)
    result = train(SMALL, data, engine, callbacks=[interrupt])
    assert result.interrupted
    assert not result.stopped_early
    assert result.step_losses == whole.step_losses[: 2 * steps + 3]
    numbers = [{name: value for name, value in row.items() if name != "seconds"} for row in result.history]
    assert numbers == [{name: value for name, value in row.items() if name != "seconds"} for row in whole.history[:2]]
    for name, array in result.network.state().items():
        np.testing.assert_array_equal(array, interrupt.state[name])
    assert "epoch 3" in capsys.readouterr().out
    assert interrupt.ended == 1  # on_end is called after an interrupt too


@pytest.mark.parametrize("engine", ENGINES)
def test_an_interrupted_run_with_early_stopping_keeps_the_parameters_as_they_were(data, engine):
    recipe = SMALL.replace(patience=20, epochs=20)
    interrupt = InterruptAt(50)
    result = train(recipe, data, engine, callbacks=[interrupt])
    assert result.interrupted
    assert len(result.history) >= 5
    assert result.best_epoch is None
    for name, array in result.network.state().items():
        np.testing.assert_array_equal(array, interrupt.state[name])


def test_an_interrupt_before_the_first_step_gives_an_empty_history(data):
    class InterruptAtStart(Callback):
        def on_start(self, run):
            raise KeyboardInterrupt

    start = make_network(SMALL, 2, 2, "numpy", "float64").state()
    result = fit(SMALL, data, dtype="float64", callbacks=[InterruptAtStart()], progress=True)
    assert (result.interrupted, result.history, result.step_losses) == (True, [], [])
    for name, array in result.network.state().items():
        np.testing.assert_array_equal(array, start[name])


SIGNAL = """
import json, signal, sys, threading
import numpy as np
from course_lib.data import moons, split
from course_lib.recipe import Recipe
from course_lib.training import Callback, fit

class PressControlC(Callback):
    def on_epoch(self, run, row):
        if row["epoch"] == 3:
            threading.Timer(0.02, signal.raise_signal, [signal.SIGINT]).start()

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
recipe = Recipe(hidden_layers=(8, 6), batch_size=16, epochs=1_000_000)
data = split(*moons(200, noise=0.1, seed=0))
result = fit(recipe, data, sys.argv[1], "cpu", callbacks=[PressControlC()], progress=True)
finite = all(np.isfinite(array).all() for array in result.network.state().values())
print(json.dumps([result.interrupted, len(result.history), len(result.step_losses), finite]))
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_real_interrupt_signal_ends_the_run_and_keeps_what_there_is(engine):
    ended = run_python(SIGNAL, engine)
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    *_, said, last = ended.stdout.splitlines()
    assert said.startswith("Interrupted in epoch ")
    interrupted, epochs, steps, finite = json.loads(last)
    assert interrupted
    assert finite
    assert epochs >= 3
    assert 8 * epochs <= steps <= 8 * (epochs + 1)


def run_python(program, *arguments):
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


# A loss that is not finite.


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_loss_that_is_not_finite_stops_the_run_with_all_that_is_known(data, engine, dtype):
    ended = []

    class Ended(Callback):
        def on_end(self, run):
            ended.append(run.steps)

    with pytest.raises(TrainingDiverged) as raised:
        train(DIVERGING, data, engine, dtype, callbacks=[Ended()])
    message, result = str(raised.value), raised.value.result
    steps = len(result.step_losses)
    assert f"epoch {steps // 8 + 1}, step {steps % 8 + 1}" in message  # 120 examples: 8 steps an epoch
    assert "dense" in message
    for advice in ("learning_rate (it is 1e+06)", "clip_norm", "he_normal", "normalization='batch'"):
        assert advice in message
    assert np.isfinite(result.step_losses).all()
    assert steps >= 1
    assert ended == [steps + 1]
    for array in result.network.parameters().values():
        assert array.shape


def test_both_engines_say_the_same_about_a_loss_that_is_not_finite(data):
    messages = []
    for engine in ENGINES:
        with pytest.raises(TrainingDiverged) as raised:
            train(DIVERGING.replace(learning_rate=1e60), data, engine)
        messages.append(str(raised.value))
    assert messages[0] == messages[1]
    assert "length inf" not in messages[0]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_layer_that_is_named_has_the_largest_gradient(data, engine):
    with pytest.raises(TrainingDiverged) as raised:
        train(DIVERGING, data, engine, "float32")
    steps = len(raised.value.result.step_losses)
    run = TrainingRun(DIVERGING, data, engine, "cpu", "float32")
    with np.errstate(all="ignore"):
        for _ in range(steps):
            run.step()
    norms = run.network.gradient_norms()
    assert f"largest gradient was that of {max(norms, key=norms.get)}" in str(raised.value)
    assert all(0 < norm < math.inf for norm in norms.values())
    assert len(set(norms.values())) == len(norms)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_that_diverges_with_early_stopping_restores_the_best_parameters(data, engine):
    class Explode(Callback):
        def on_epoch(self, run, row):
            self.states = [*getattr(self, "states", []), run.network.state()]
            if row["epoch"] == 3:
                named = run.network.parameters()
                run.network.load_parameters({name: np.full(array.shape, 1e308) for name, array in named.items()})

    explode = Explode()
    with pytest.raises(TrainingDiverged) as raised:
        train(SMALL.replace(normalization="none", patience=9, epochs=9), data, engine, callbacks=[explode])
    result = raised.value.result
    losses = [row["validation_loss"] for row in result.history]
    assert len(losses) == 3
    assert result.best_epoch == int(np.argmin(losses)) + 1
    for name, array in result.network.state().items():
        np.testing.assert_array_equal(array, explode.states[result.best_epoch - 1][name])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_first_loss_that_is_not_finite_blames_no_gradient(data, engine):
    # Finite in float32, but their products are not: no backward pass was made, so there is no largest gradient.
    huge = Dataset(Split((data.train.x * 1e38).astype(np.float32), data.train.labels))
    with pytest.raises(TrainingDiverged, match="epoch 1, step 1") as raised:
        train(SMALL.replace(normalization="none"), huge, engine, "float32")
    assert "length 0" not in str(raised.value)
    assert raised.value.result.step_losses == []


# Bad input.


def test_a_batch_that_is_larger_than_the_data_is_refused(data):
    with pytest.raises(RecipeError, match=r"batch_size is 121, but there are only 120 training examples"):
        train(SMALL.replace(batch_size=121), data)
    assert len(train(SMALL.replace(batch_size=120), data).step_losses) == 4


def test_patience_without_validation_data_is_refused(data):
    with pytest.raises(RecipeError, match=r"patience is 3.*no validation.*patience=None"):
        train(SMALL.replace(patience=3), Dataset(data.train))


def test_augmentation_without_images_is_refused(data):
    with pytest.raises(RecipeError, match=r"augmentation is 'shift'.*images"):
        train(SMALL.replace(augmentation="shift"), data)


@pytest.mark.parametrize("given", [None, {}, Recipe, "adam"])
def test_what_is_not_a_recipe_is_refused(data, given):
    with pytest.raises(RecipeError, match=r"needs a Recipe.*Recipe\(\)"):
        train(given, data)


def test_recipe_and_data_in_the_wrong_order_are_refused(data):
    with pytest.raises(RecipeError, match=r"needs a Recipe first; it got Dataset"):
        train(data, SMALL)


def test_what_is_not_a_data_set_is_refused(data):
    for given in ((data.train.x, data.train.labels), data.train, None):
        with pytest.raises(ArrayError, match=rf"needs a Dataset.*split\(x, labels\).*got {type(given).__name__}"):
            train(SMALL, given)


@pytest.mark.parametrize("part", ["train", "validation"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_data_that_became_bad_after_it_was_checked_is_refused(part, value):
    data = split(*moons(200, noise=0.1, seed=0))
    getattr(data, part).x[3, 1] = value
    with pytest.raises(ArrayError, match=r"x\[3, 1\] is (nan|inf)"):
        train(SMALL, data)
    getattr(data, part).x[3, 1] = 0.0
    getattr(data, part).labels[5] = 7
    with pytest.raises(ArrayError, match=r"label is 7; with 2 classes"):
        train(SMALL, data)


def test_data_too_large_for_float32_is_refused(data):
    huge = Dataset(Split(data.train.x * 1e300, data.train.labels))
    with pytest.raises(ArrayError, match="float32"):
        train(SMALL, huge, dtype="float32")


def test_an_unknown_engine_is_refused_with_the_choices(data):
    with pytest.raises(ValueError, match=r"engine is 'jax'; the choices are: 'numpy', 'torch'"):
        train(SMALL, data, engine="jax")


def test_an_unknown_device_and_dtype_are_refused(data):
    with pytest.raises(ValueError, match=r"device is 'gpu'"):
        fit(SMALL, data, device="gpu", progress=False)
    with pytest.raises(ArrayError, match=r"dtype is 'float16'"):
        train(SMALL, data, dtype="float16")


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # what an import finds where PyTorch is not installed
from course_lib.data import moons, split
from course_lib.recipe import Recipe
from course_lib.training import fit

data = split(*moons(200, noise=0.1, seed=0))
recipe = Recipe(hidden_layers=(4,), epochs=2)
print(len(fit(recipe, data, progress=False).history))
try:
    fit(recipe, data, engine="torch")
except ImportError as error:
    print(error)
"""


def test_without_pytorch_the_numpy_engine_works_and_the_other_says_what_is_missing():
    ended = run_python(WITHOUT_TORCH)
    assert ended.returncode == 0, ended.stderr
    epochs, message = ended.stdout.splitlines()
    assert epochs == "2"
    assert "PyTorch, which is not installed" in message
    assert "engine='numpy'" in message


def test_training_with_the_numpy_engine_loads_no_torch():
    program = WITHOUT_TORCH.split("try:")[0].replace('sys.modules["torch"] = None', "")
    ended = run_python(program + "print('torch' in sys.modules)")
    assert ended.stdout.split() == ["2", "False"], ended.stderr
