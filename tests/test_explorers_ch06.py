"""The explorer of chapter 6: the default configuration taken apart, and runs that are kept beside the present one."""

import asyncio
import gc
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from course_lib.data import Dataset, Split
from course_lib.experiments import short_runs
from course_lib.experiments.default_parts import PARTS
from course_lib.explorers import configuration
from course_lib.explorers.configuration import (
    LOOKS,
    STEPS,
    STRIDE,
    ConfigurationExplorer,
    Run,
    Setup,
    Trainer,
    advance,
    whole_run,
)
from course_lib.explorers.live import LiveExplorer
from course_lib.recipe import Recipe
from course_lib.training import fit

SVG = "{http://www.w3.org/2000/svg}"
LAST = STEPS // STRIDE  # measurements after the first one
ALL_OFF = dict.fromkeys(configuration.SWITCHES.values(), False)


def words(picture):
    return [
        (element.text or "").replace("\u00a0", " ") for element in ElementTree.fromstring(picture).iter(f"{SVG}text")
    ]


def at_the_start(**controls):
    """The state of these controls with a run before its first step."""
    state = super(LiveExplorer, ConfigurationExplorer).starting_state(**controls)  # without the whole run
    state.progress = configuration.begin(state)
    return state


def made_up(off=(), depth=2, rate=0.01, accuracies=(0.1,) * LAST + (0.8,), **fields):
    return Run(Setup(off, depth, rate), tuple(accuracies), np.zeros(depth), **fields)


def state_of(run):
    state = at_the_start(depth=1)
    state.progress = run
    return state


# What is trained


def test_all_parts_on_is_the_default_of_the_course_but_for_size_and_rate():
    recipe = configuration.recipe_of(Setup((), 5, 0.01))
    assert recipe == Recipe().replace(hidden_layers=(50,) * 5, learning_rate=0.01, batch_size=50, epochs=15)


@pytest.mark.parametrize("part", PARTS)
def test_each_switch_exchanges_its_part_for_what_stood_there_before(part):
    switch = configuration.SWITCHES[part]
    setups = [configuration.setup_of(at_the_start(depth=2, **{switch: on})) for on in (True, False)]
    default, without = map(configuration.recipe_of, setups)
    assert without == default.replace(**PARTS[part])
    assert without != default
    before, after = map(built, setups)
    assert [name for name in PARTS if before[name] != after[name]] == [part]


def built(setup):
    """What the network of a Setup is made of, {part: what stands there}."""
    network = configuration.Trainer(setup).network
    layers = dict(network.layers)
    return {
        "He": round(float(layers["dense2"].parameters["weight"].std()), 3),
        "batch norm": "batch_norm2" in layers,
        "ELU": type(layers["activation2"]).__name__ + repr(layers["activation2"].forward(np.array([[-1.0]]), False)),
        "dropout": "dropout2" in layers,
        "Adam": [type(lesson).__name__ for lesson in network.optimizer.lessons],
    }


def test_switches_together_leave_nothing_of_the_default():
    recipe = configuration.recipe_of(configuration.setup_of(at_the_start(depth=1, **ALL_OFF)))
    found = (
        recipe.initialization,
        recipe.normalization == "batch",
        recipe.activation,
        recipe.drop_rate,
        recipe.optimizer,
    )
    assert found == ("standard_normal", False, "sigmoid", 0.0, "gradient_descent")


@pytest.mark.parametrize("off", [{}, {"adam": False, "he": False}])
def test_the_run_is_that_of_fit_with_the_same_recipe(off):
    state = ConfigurationExplorer.starting_state(depth=1, **off)
    embedded = short_runs.fashion_mnist(configuration.N_TRAIN)
    part = embedded.validation
    data = Dataset(embedded.train, Split(part.x[:500], part.labels[:500]))
    history = fit(configuration.recipe_of(state.progress.setup), data, dtype="float64", progress=False).history
    an_epoch = configuration.N_TRAIN // configuration.BATCH // STRIDE  # measurements
    assert len(history) * an_epoch == LAST
    for row, accuracy in zip(history, state.progress.accuracies[an_epoch::an_epoch], strict=True):
        assert accuracy == row["validation_accuracy"]


def test_no_validation_image_is_trained_on():
    train, (validation, labels) = short_runs.fashion_mnist(configuration.N_TRAIN).train, configuration._validation()
    assert len(validation) == len(labels) == configuration.N_VALIDATION and len(train) == configuration.N_TRAIN
    assert not {image.tobytes() for image in train.x} & {image.tobytes() for image in validation.astype(np.float32)}


@pytest.mark.parametrize(
    "controls", [{"depth": 2}, {"depth": 5, "he": False, "batch_norm": False, "adam": False, "learning_rate": 0.3}]
)
def test_step_by_step_it_comes_to_the_same_as_the_whole_run_at_once(controls):
    whole = ConfigurationExplorer.starting_state(**controls)
    state = at_the_start(**controls)
    while not configuration.finished(state):
        state.progress = configuration.advance(state)
    assert configuration.draw(state) == configuration.draw(whole)
    assert state.progress.accuracies == whole.progress.accuracies
    np.testing.assert_array_equal(state.progress.decades, whole.progress.decades)


def test_the_same_controls_give_the_same_run_and_other_ones_another():
    runs = {}
    for part in (None, *PARTS):
        setup = Setup((part,) if part else (), 2, 0.01)
        runs[part] = configuration.whole_run.__wrapped__(setup).accuracies
    again = configuration.whole_run.__wrapped__(Setup((), 2, 0.01)).accuracies
    assert runs[None] == again
    assert len(set(runs.values())) == len(PARTS) + 1


def test_the_gradient_of_a_layer_is_that_of_backpropagation():
    trainer = configuration.Trainer(Setup(("ELU", "batch norm", "dropout"), 2, 0.01))
    x, labels = (array[:50] for array in (trainer.data.train.x, trainer.data.train.labels))
    values = trainer.network.parameters()
    outputs, inputs = [], x.astype(np.float64)
    for layer in ("dense1", "dense2"):
        inputs = 1 / (1 + np.exp(-(inputs @ values[f"{layer}.weight"] + values[f"{layer}.bias"])))
        outputs.append(inputs)
    logits = outputs[1] @ values["dense3.weight"] + values["dense3.bias"]
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    last = (chances - np.eye(10)[labels]) @ values["dense3.weight"].T
    first = (last * outputs[1] * (1 - outputs[1])) @ values["dense2.weight"].T
    expected = np.log10(np.sqrt(np.mean(first**2)) / np.sqrt(np.mean(last**2)))
    np.testing.assert_allclose(trainer.decades(), [expected, 0], atol=1e-9)


def test_in_ten_layers_the_parts_hold_the_accuracy_and_the_gradient():
    def after_the_run(**controls):
        return configuration.whole_run(configuration.setup_of(at_the_start(depth=10, **controls)))

    default = after_the_run()
    assert default.accuracies[-1] > 0.65 and np.abs(default.decades).max() < 1
    assert after_the_run(elu=False, batch_norm=False).accuracies[-1] < 0.3
    exploding = after_the_run(he=False, batch_norm=False)
    assert exploding.accuracies[-1] < 0.3 and exploding.decades[0] > 3
    assert at_the_start(depth=10, elu=False, batch_norm=False).progress.decades[0] < -3


# What it says


@pytest.mark.parametrize(
    ("controls", "steps", "word"),
    [
        ({}, 0, "start"),
        ({"depth": 10}, 1, "begins"),
        ({"depth": 1}, LAST, "learns"),
        ({"depth": 10, "elu": False}, LAST, "slow"),
        ({"depth": 10, "elu": False, "batch_norm": False}, 20, "stuck"),
        ({"depth": 5, "he": False, "batch_norm": False, "adam": False}, 1, "diverged"),
    ],
)
def test_real_runs_reach_every_verdict(controls, steps, word):
    state = at_the_start(**controls)
    for _ in range(steps):
        state.progress = configuration.advance(state)
    assert configuration.verdict(state.progress) == word
    begins = {"start": "Not trained yet", "begins": "It has only begun", "stuck": "It learns next to nothing"}
    begins |= {"slow": "It learns slowly", "learns": "It learns: after", "diverged": "It diverged"}
    assert configuration.describe(state).startswith(begins[word])
    assert any(title.startswith(begins[word].partition(":")[0]) for title in words(configuration.draw(state)))


@pytest.mark.parametrize(
    ("controls", "finding"),
    [
        ({"depth": 10, "elu": False, "batch_norm": False}, "The gradient vanishes: layer 1's is 1/"),
        ({"depth": 10, "elu": False}, "The gradient shrinks: layer 1's is 1/"),
        ({"depth": 10, "he": False, "batch_norm": False}, "The gradient explodes: layer 1's is "),
        ({"depth": 10}, "The gradient keeps its size: layer 1's is "),
        ({"depth": 1}, "Only one layer"),
    ],
)
def test_the_text_and_the_picture_say_what_becomes_of_the_gradient(controls, finding):
    state = at_the_start(**controls)
    assert finding in configuration.describe(state)
    assert finding.partition(":")[0] in words(configuration.draw(state))


def test_a_diverged_run_says_when_and_what_to_do_and_takes_no_more_steps():
    state = ConfigurationExplorer.starting_state(depth=5, he=False, batch_norm=False, adam=False, learning_rate=0.3)
    text, step = configuration.describe(state), state.progress.broke_at
    assert 1 <= step < 20 and configuration.finished(state)
    assert f"at step {step} the loss was no longer a number. Lower the learning rate, or switch on He" in text
    assert "try 0.1 or more" not in text
    lowest = made_up(("Adam",), rate=0.001, accuracies=(0.1,), broke_at=3)
    assert "no longer a number. Switch on Adam." in configuration.describe(state_of(lowest))


@pytest.mark.parametrize(
    ("off", "rate", "hint"),
    [
        (("Adam",), 0.03, "For gradient descent this rate is low: try 0.1 or more."),
        (("Adam",), 0.1, None),
        ((), 0.1, "For Adam this rate is high: try 0.03 or less."),
        ((), 0.03, None),
    ],
)
def test_a_learning_rate_that_does_not_suit_the_optimizer_is_pointed_out(off, rate, hint):
    text = configuration.describe(state_of(made_up(off, rate=rate)))
    assert hint in text if hint else "try" not in text


def test_the_text_holds_the_numbers_and_the_parts_that_are_off():
    state = ConfigurationExplorer.starting_state(depth=2, he=False, dropout=False, learning_rate=0.01)
    text = configuration.describe(state)
    assert f"after 300 of 300 steps it gets {100 * state.progress.accuracies[-1]:.0f}% of 500 new images right" in text
    assert "Off: He and dropout; instead: N(0, 1). 2 hidden layers of 50 units, learning rate 0.01." in text
    everything = configuration.describe(ConfigurationExplorer.starting_state(depth=1))
    assert "All parts are on. 1 hidden layer of 50 units" in everything


@pytest.mark.parametrize(
    ("off", "name"),
    [
        ((), "all parts"),
        (("He",), "without He"),
        (("He", "ELU"), "without He and ELU"),
        (("He", "ELU", "Adam"), "only batch norm and dropout"),
        (("He", "batch norm", "ELU", "dropout"), "only Adam"),
        (tuple(PARTS), "none of the parts"),
    ],
)
def test_a_run_is_named_by_its_parts_and_by_what_else_is_different(off, name):
    setup = Setup(off, 5, 0.01)
    assert configuration.name_of(setup) == name
    assert configuration.name_of(setup, Setup((), 5, 0.01)) == name
    assert configuration.name_of(setup, Setup((), 1, 0.3)) == f"{name}, 5 layers, η 0.01"


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ({}, "The run before, all parts, had 80% after as many steps, 20 points more."),
        ({"accuracies": (0.1,) * LAST + (0.59,)}, "had 59% after as many steps, 1 point less."),
        ({"accuracies": (0.1,) * LAST + (0.6,)}, "had 60% after as many steps."),
        ({"accuracies": (0.1, 0.3)}, "was stopped after 5 steps, at 30%."),
        ({"accuracies": (0.1,), "broke_at": 4}, "diverged at step 4."),
    ],
)
def test_the_run_before_is_compared_at_the_same_step(before, sentence):
    run = made_up(("He",), accuracies=(0.1,) * LAST + (0.6,), earlier=((0, made_up(**before)),))
    assert sentence in configuration.describe(state_of(run))


# Earlier runs


def names(explorer):
    return [configuration.name_of(run.setup) for _, run in explorer.state().progress.earlier]


def test_a_moved_switch_keeps_the_run_before_as_a_labeled_line():
    explorer = ConfigurationExplorer(depth=1)
    one = explorer.picture.value.count("<polyline")
    assert names(explorer) == []
    explorer.set(he=False)
    assert names(explorer) == ["all parts"]
    assert configuration.setup_of(explorer.state()) == explorer.state().progress.setup
    labels = " ".join(words(explorer.picture.value))
    before = ConfigurationExplorer.starting_state(depth=1).progress.accuracies[-1]
    assert f"all parts: {100 * before:.0f}%" in labels and "without He: " in labels
    assert explorer.picture.value.count("<polyline") == one + 2  # a curve, and the sample beside its label
    explorer.set(depth=2)
    assert "without He, 1 layer:" in " ".join(words(explorer.picture.value))


def test_four_runs_stay_each_in_its_own_look_and_none_twice():
    explorer = ConfigurationExplorer(depth=1)
    looks = {}
    for part, switch in configuration.SWITCHES.items():
        explorer.set(**dict.fromkeys(ALL_OFF, True) | {switch: False})
        earlier = explorer.state().progress.earlier
        assert len({look for look, _ in earlier}) == len(earlier)
        for look, run in earlier:
            assert looks.setdefault(run.setup, look) == look, part
    assert names(explorer) == [f"without {part}" for part in list(PARTS)[:4]]
    assert len(earlier) == len(LOOKS)
    explorer.set(adam=True, elu=False)
    assert names(explorer) == ["without He", "without batch norm", "without dropout", "without Adam"]
    assert all(run.trainer is None and run.earlier == () for _, run in explorer.state().progress.earlier)


def test_a_run_that_is_played_again_is_not_kept_beside_itself():
    explorer = ConfigurationExplorer(depth=1)
    explorer.set(he=False)
    explorer.step()
    assert explorer.state().progress.step == 0
    explorer.step()
    assert explorer.state().progress.step == STRIDE
    assert names(explorer) == ["all parts"]
    explorer.set(he=True)
    assert names(explorer) == ["without He"]
    assert explorer.state().progress.earlier[0][1].step == STRIDE  # cut short


def test_reset_puts_the_controls_back_and_clears_the_earlier_runs():
    explorer = ConfigurationExplorer(depth=1)
    before = explorer.picture.value
    explorer.set(he=False)
    explorer.set(elu=False)
    explorer.reset()
    assert explorer.picture.value == before
    assert names(explorer) == [] and explorer.state().he and explorer.state().elu


# The picture


@pytest.mark.filterwarnings("error")
def test_every_option_of_every_control_draws():
    for control in ConfigurationExplorer.controls:
        for _, value in control.options:
            picture = configuration.draw(at_the_start(**{control.name: value}))
            ElementTree.fromstring(picture)
            assert "nan" not in picture


def test_labels_keep_apart_and_within_the_picture():
    apart = configuration._stacked([(150, 40), (150, 60), (155, 60), (330, 60), (340, 90)], 32, 348)
    heights = (40, 60, 60, 60, 90)
    for top, height, following in zip(apart, heights, [*apart[1:], 348], strict=True):
        assert top >= 32 and top + height <= following
    many = [made_up(("batch norm", pair), 10, 0.001, (0.1,), broke_at=2) for pair in ("dropout", "Adam")] * 2
    run = made_up(tuple(PARTS), earlier=tuple(enumerate(many)))
    root = ElementTree.fromstring(configuration.draw(state_of(run)))
    places = [float(it.get("y")) for it in root.iter(f"{SVG}text") if 270 < float(it.get("x")) < 290]
    assert len(places) > 15 and min(np.diff(sorted(places))) > 14
    assert min(places) > 22 and max(places) < 370


def test_a_gradient_that_is_lost_or_beyond_the_axis_draws():
    for decades in ([np.nan] * 3, [-np.inf, -20, 0], [25, 12, 0]):
        run = Run(Setup((), 3, 0.01), (0.1, 0.2), np.array(decades))
        picture = configuration.draw(state_of(run))
        assert "nan" not in picture and "inf" not in picture
    assert "beyond 10¹⁰" in words(picture)


def test_the_five_parts_are_shown_as_they_are():
    assert set(PARTS) <= set(words(configuration.draw(at_the_start(depth=1))))
    off = words(configuration.draw(at_the_start(depth=1, **ALL_OFF)))
    assert {"N(0, 1)", "no batch norm", "sigmoid", "no dropout", "gradient descent"} <= set(off)
    assert not set(PARTS) & set(off)


# The explorer


def test_start_runs_until_pause_and_a_moved_switch_begins_anew_beside_the_run_before(monkeypatch):
    monkeypatch.setattr(ConfigurationExplorer, "seconds_per_step", 0.001)

    async def play():
        explorer = ConfigurationExplorer(depth=1)
        explorer.start()
        while explorer.state().progress.step in (0, STEPS):
            await asyncio.sleep(0.01)
        explorer.pause()
        await asyncio.sleep(0.05)
        paused = explorer.state().progress.step
        await asyncio.sleep(0.1)
        assert 0 < explorer.state().progress.step == paused < STEPS
        explorer.start()
        explorer.set(batch_norm=False)
        while explorer.state().progress.setup.off != ("batch norm",):
            await asyncio.sleep(0.005)
        assert explorer.running and explorer.state().progress.step < paused + 5 * STRIDE
        ((_, before),) = explorer.state().progress.earlier
        assert before.setup.off == () and paused <= before.step < STEPS
        explorer.reset()
        await asyncio.sleep(0.2)
        assert not explorer.running
        assert explorer.state().progress.step == STEPS and explorer.state().progress.earlier == ()

    asyncio.run(asyncio.wait_for(play(), 60))


def trainers():
    gc.collect()
    return sum(type(each) is Trainer for each in gc.get_objects())


def test_explorers_that_nobody_looks_at_any_more_keep_no_network_and_no_batches(monkeypatch):
    monkeypatch.setattr(ConfigurationExplorer, "seconds_per_step", 0.001)

    async def leave(explorer):
        explorer.widget._view_count = 1
        explorer.start()
        while explorer.state().progress.trainer is None:  # not yet begun anew
            await asyncio.sleep(0.005)
        explorer.widget._view_count = 0
        await asyncio.sleep(0.02)
        return explorer

    async def play():
        before = trainers()
        left = [await leave(ConfigurationExplorer(depth=1)) for _ in range(3)]
        assert all(not each.running and each.state().progress.step < STEPS for each in left)
        assert trainers() == before
        return left

    assert len(asyncio.run(asyncio.wait_for(play(), 60))) == 3


def test_a_run_that_was_put_away_goes_on_to_the_same_bits():
    state = at_the_start(depth=1)
    for _ in range(4):
        state.progress = advance(state)
        state.progress = ConfigurationExplorer.put_away(state)
        assert state.progress.trainer is None
    whole = whole_run(state.progress.setup)
    assert state.progress.accuracies == whole.accuracies[:5]
    unbroken = Trainer(state.progress.setup)
    for _ in range(4):
        unbroken.steps(STRIDE)
    np.testing.assert_array_equal(state.progress.decades, unbroken.decades())
