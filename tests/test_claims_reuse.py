"""The claims on reusing a trained network: what their images and arms are, and that a sabotaged arm is seen."""

import dataclasses
import inspect

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from course_lib.cli import main
from course_lib.data import DataError, Split, load_fashion_mnist
from course_lib.engine import convolutional, numpy_backend, zoo
from course_lib.experiments import (
    eight_classes,
    reuse_arms,
    reuse_convolutional_network,
    reuse_images,
    short_runs,
)
from course_lib.experiments.claims import reuse_far_source, reuse_frozen_head, reuse_near_source
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.reuse_arms import CONVOLUTIONAL, DENSE, FINE_TUNED, HEAD, SCRATCH, arm
from course_lib.experiments.reuse_images import CHANGES, DIMMED, ON_GRAY, SHIFTED, TWO_CLASSES
from course_lib.experiments.runner import measure
from course_lib.training.schedules import learning_rate_at
from small_versions import small_version_of

CLAIMS = {
    "reuse_near_source": reuse_near_source,
    "reuse_far_source": reuse_far_source,
    "reuse_frozen_head": reuse_frozen_head,
}
WAYS = (HEAD, FINE_TUNED, SCRATCH)
ONE_RATE = {way: [0.01] for way in WAYS}
TINY = (
    reuse_arms.SETTINGS
    | reuse_arms.SMALL
    | {
        "target_images": 500,
        "measured_images": 100,
        "body_steps": 20,
        "labels": [50],
        "grids": ONE_RATE,
    }
)
SHAPE = (28, 28)


@pytest.fixture(params=CLAIMS)
def claim(request):
    return request.param


@pytest.fixture(params=[DENSE, CONVOLUTIONAL])
def network(request):
    return request.param


@pytest.fixture
def quick(monkeypatch):
    """quick(name): the claim's first case alone with hardly any steps, enough to see that something is wrong."""
    reuse_arms._body.cache_clear()

    def quick(name):
        experiment = CLAIMS[name].EXPERIMENT
        first = experiment.cases[0]
        changed = dataclasses.replace(
            experiment,
            settings=experiment.settings | {"cases": {first: experiment.settings["cases"][first]}},
            small=dict(experiment.small) | {"body_steps": 20, "steps": 2, "grids": ONE_RATE},
            elsewhere=(),
        )
        monkeypatch.setattr(CLAIMS[name], "EXPERIMENT", changed)
        return measure(name, seeds=2, jobs=1, small=True, progress=False)

    yield quick
    reuse_arms._body.cache_clear()


def tiny(network=DENSE, target=SHIFTED, **more):
    return TINY | {"network": network, "target": target, "case": f"{network}, {target}"} | more


def pictures(split):
    return {image.tobytes() for image in split.x}


# The images


@pytest.mark.parametrize("seed", [0, 7, 1003])
@pytest.mark.parametrize("target", [DIMMED, TWO_CLASSES])
def test_no_image_of_the_source_is_one_of_the_target(seed, target):
    settings = tiny(target=target, measured_images=600)
    learned, task = reuse_images.source(seed, settings), reuse_images.target(seed, settings)
    bright = 4.0 if target == DIMMED else 1.0  # undoes the change, exactly
    parts = [learned.train, *(Split(bright * split.x, split.labels) for split in task.splits().values())]
    sets = [pictures(part) for part in parts]
    assert sum(map(len, sets)) == len(set.union(*sets)) == sum(map(len, parts))
    everything = load_fashion_mnist()
    known = set.union(*(pictures(split) for split in everything.splits().values()))
    assert set.union(*sets) <= known
    assert learned.validation is None and learned.test is None


def test_the_source_knows_the_other_eight_classes_where_the_target_is_two():
    settings = tiny(target=TWO_CLASSES)
    assert reuse_images.target(0, settings).class_names == ("Pullover", "Coat")
    others = reuse_images.source(0, settings).class_names
    assert len(others) == 8 and not {"Pullover", "Coat"} & set(others)
    settings = tiny(target=SHIFTED)
    assert reuse_images.target(0, settings).class_names == reuse_images.source(0, settings).class_names
    assert len(reuse_images.source(0, settings).class_names) == 10


def test_all_parts_of_a_target_are_changed_and_the_source_is_not():
    plain = reuse_images.source(3, tiny()).train.x
    for name in CHANGES:
        assert np.array_equal(reuse_images.source(3, tiny(target=name)).train.x, plain)
    dark = reuse_images.target(3, tiny(target=DIMMED))
    gray = reuse_images.target(3, tiny(target=ON_GRAY))
    for part in ("train", "validation", "test"):
        assert dark.splits()[part].x.max() <= 0.25
        assert gray.splits()[part].x.min() > 0
        assert np.array_equal(gray.splits()[part].labels, dark.splits()[part].labels)


def test_a_blurred_pixel_is_the_mean_of_those_around_it():
    x = np.random.default_rng(0).random((3, 784)).astype(np.float32)
    expected = uniform_filter(x.reshape(3, *SHAPE).astype(float), size=(1, 5, 5), mode="constant")
    np.testing.assert_allclose(reuse_images.blurred(x, SHAPE, None), expected.reshape(3, 784), atol=1e-5)


def test_noise_has_its_deviation_and_stays_between_black_and_white():
    gray = np.full((40, 784), 0.5, np.float32)
    noisy = reuse_images.noisy(gray, SHAPE, np.random.default_rng(0))
    assert noisy.dtype == np.float32 and noisy.min() == 0 and noisy.max() == 1
    inside = np.mean(np.abs(noisy - 0.5) < 0.3)  # one deviation: 68.3%
    assert abs(inside - 0.6827) < 4 * np.sqrt(0.6827 * 0.3173 / noisy.size)


@pytest.mark.parametrize(("name", "most"), [(SHIFTED, 2), (ON_GRAY, 3)])
def test_an_image_is_moved_by_up_to_so_many_pixels(name, most):
    dot = np.zeros((600, *SHAPE), np.float32)
    dot[:, 14, 14] = 1
    moved = CHANGES[name](dot.reshape(600, 784), SHAPE, np.random.default_rng(0)).reshape(600, *SHAPE)
    places = np.argwhere(moved == 1)[:, 1:] - 14
    assert len(places) == 600
    for offsets in places.T:
        assert set(offsets.tolist()) == set(range(-most, most + 1))
    assert set(np.unique(moved)) == ({0, 1} if name == SHIFTED else {0.5, 1})


def test_a_seed_gives_the_same_images_again_and_another_seed_others():
    first, again, other = (reuse_images.target(seed, tiny()).train.x.copy() for seed in (2, 2, 3))
    reuse_images._target.cache_clear()
    anew = reuse_images.target(2, tiny()).train.x
    assert np.array_equal(first, again) and np.array_equal(first, anew) and not np.array_equal(first, other)


def test_fewer_labels_are_a_part_of_more_and_more_than_there_are_is_an_error():
    task = reuse_images.target(1, tiny(target=TWO_CLASSES))
    few, more = (reuse_images.labeled(task, labels) for labels in (10, 50))
    assert np.array_equal(few.train.x, more.train.x[:10]) and len(more.train) == 50
    assert few.test is task.test
    with pytest.raises(DataError, match="400 labels are asked for"):
        reuse_images.labeled(task, 400)
    with pytest.raises(DataError, match="'upside down'"):
        reuse_images.target(1, tiny(target="upside down"))


@pytest.mark.parametrize("seed", [0, 19, 1000, 1007])
def test_every_case_has_as_many_labels_as_it_asks_for(claim, seed):
    experiment = CLAIMS[claim].EXPERIMENT
    for case in experiment.cases:
        settings = experiment.case_settings(case, small=True)
        task = reuse_images.target(seed, settings)
        for labels in settings["labels"]:
            assert len(reuse_images.labeled(task, labels).train) == labels
            assert reuse_arms.recipe(seed, settings).batch_size <= labels


# The arms


def test_the_small_version_measures_every_arm_of_every_case(claim):
    measured, experiment = small_version_of(claim), CLAIMS[claim].EXPERIMENT
    ways = CLAIMS[claim].WAYS
    wanted = {
        arm(case, labels, way)
        for case, own in experiment.settings["cases"].items()
        for labels in own["labels"]
        for way in ways
    }
    assert set(measured.arms) == wanted
    assert {quantity for each in measured.arms.values() for quantity in each} == {
        short_runs.ACCURACY,
        short_runs.LOSS,
        short_runs.CALIBRATION,
        "diverged",
    }
    for effect in measured.effects:
        assert effect.better.endswith(ways[0]) and effect.worse.endswith(ways[1])
        assert effect.better.removesuffix(ways[0]) == effect.worse.removesuffix(ways[1])
    assert len(measured.effects) == len(wanted) / 2


def test_all_arms_start_with_the_same_head_and_only_the_fresh_one_with_a_fresh_body():
    settings = tiny(steps=0)
    started = {
        way: reuse_arms.trained(way, 50, 4, settings, [{}], "validation")[0][0].network.parameters() for way in WAYS
    }
    fresh = numpy_backend.Network(reuse_arms.recipe(4, settings), 784, 10).parameters()
    learned = reuse_arms.body(4, settings).state
    assert set(learned) == {"dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"}
    for name, array in fresh.items():
        assert np.array_equal(started[SCRATCH][name], array)
        assert np.array_equal(started[FINE_TUNED][name], learned.get(name, array))
        assert name.startswith("dense3") or not np.array_equal(started[FINE_TUNED][name], array)
    assert set(started[HEAD]) == {"dense1.weight", "dense1.bias"}
    for name, array in started[HEAD].items():
        assert np.array_equal(array, fresh[name.replace("dense1", "dense3")])


def test_the_convolutional_arms_start_with_the_same_head_and_only_the_fresh_one_with_a_fresh_body():
    settings = tiny(CONVOLUTIONAL)
    learned = reuse_arms.body(4, settings).state
    tuned = reuse_convolutional_network.begun(learned, 10, 4).state()
    fresh = reuse_convolutional_network.begun({}, 10, 4).state()
    head = reuse_arms.first_head(reuse_images.target(4, settings), 4, settings)
    for name, array in fresh.items():
        if name.startswith("head"):
            assert np.array_equal(tuned[name], array)
            assert np.array_equal(head[name.replace("head", "dense1")], array)
        else:
            assert np.array_equal(tuned[name], learned[name]) and not np.array_equal(tuned[name], array)


def test_a_head_on_features_is_what_training_with_a_frozen_body_gives(network):
    settings, choice = tiny(network, steps=6), {"learning_rate": 0.01}
    (run,), measured = reuse_arms.trained(HEAD, 50, 2, settings, [choice], "validation")
    task = reuse_images.labeled(reuse_images.target(2, settings), 50)
    recipe = reuse_arms.recipe(2, settings).replace(**choice)
    learned = reuse_arms.body(2, settings).state
    if network == DENSE:
        whole = numpy_backend.Network(recipe, 784, 10)
        whole.load_parameters(whole.parameters() | learned)
        whole.freeze(2)
    else:
        whole = reuse_convolutional_network.begun(learned, 10, 2)
        whole.set_optimizer("adam", 0.01)
        whole.freeze()
    for step, batch in enumerate(short_runs.batches(recipe, task, 6)):
        whole.optimizer.learning_rate = learning_rate_at(recipe, step, 6)
        whole.update(*whole.place(*batch))
    np.testing.assert_allclose(run.network.logits(measured.x), whole.logits(task.validation.x), atol=2e-4)
    assert np.abs(whole.logits(task.validation.x)).max() > 0.1


def test_the_head_of_the_arms_is_none_that_a_body_was_trained_with(network):
    """A body that is trained from the arms' own head grows together with it: the head then is no new one."""
    settings = tiny(network)
    task = reuse_images.target(3, settings)
    head = reuse_arms.first_head(task, 3, settings)["dense1.weight"]
    for seed in (3, reuse_arms.FIRST_BODY_SEED + 3):
        again = reuse_arms.first_head(task, seed, settings)["dense1.weight"]
        assert np.array_equal(head, again) == (seed == 3)
    recipes, real = [], short_runs.train
    if network == DENSE:
        reuse_arms._body.cache_clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(short_runs, "train", lambda given, *words: recipes.extend(given) or real(given, *words))
            reuse_arms.body(3, settings)
        assert [recipe.seed for recipe in recipes] == [reuse_arms.FIRST_BODY_SEED + 3]


def test_every_seed_reuses_a_body_of_its_own_and_all_changes_the_same_one(network):
    first, other = (reuse_arms.body(seed, tiny(network)).state for seed in (0, 1))
    assert not any(np.array_equal(array, other[name]) for name, array in first.items() if name.endswith("weight"))
    assert reuse_arms.body(0, tiny(network, DIMMED)).state is first
    assert reuse_arms.body(0, tiny(network, TWO_CLASSES)).state is not first


@pytest.mark.parametrize("seed", [0, 5])
def test_the_convolutional_body_is_what_the_command_writes_with_the_same_seed_and_images(tmp_path, seed):
    """The command's --smoke is one epoch over 800 images."""
    assert main(["pretrain", "--smoke", "--folder", str(tmp_path), "--seed", str(seed)]) == 0
    written = zoo.load_pretrained(tmp_path / "eight_classes.safetensors", device="cpu").state()
    data = eight_classes.eight_classes(load_fashion_mnist())
    data = dataclasses.replace(data, train=data.train[:800])
    ours, accuracy = reuse_convolutional_network.body(data, seed, 1)
    assert len(ours) > 10 and not any(name.startswith("head") for name in ours)
    for name, array in ours.items():
        assert np.array_equal(array.astype(np.float16), written[name].astype(np.float16))
    assert 0.3 < accuracy <= 1


def test_a_body_whose_training_was_stopped_is_not_measured(monkeypatch):
    def stopped(network, x, labels):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(convolutional.ConvolutionalNetwork, "update", stopped)
        with pytest.raises(KeyboardInterrupt):
            reuse_arms.body(77, tiny(CONVOLUTIONAL))
    assert reuse_arms.body(77, tiny(CONVOLUTIONAL)).state


def test_the_convolutional_rate_rises_over_a_tenth_of_the_steps_and_falls_along_half_a_cosine(monkeypatch):
    rates = []

    def note(network, x, labels):
        rates.append(network.optimizer.learning_rate)
        return 1.0

    monkeypatch.setattr(convolutional.ConvolutionalNetwork, "update", note)
    settings = tiny(CONVOLUTIONAL, steps=100)
    task = reuse_images.labeled(reuse_images.target(0, settings), 50)
    recipe = reuse_arms.recipe(0, settings).replace(learning_rate=0.5)
    run = reuse_convolutional_network.trained({}, recipe, task, 100, "validation")
    rise = 0.05 * np.arange(1, 11)
    expected = np.concatenate([rise, 0.25 * (1 + np.cos(np.pi * np.arange(90) / 90))])
    np.testing.assert_allclose(rates, expected, rtol=1e-6)
    assert run.steps == 100 and not run.diverged


def test_a_run_that_diverges_scores_minus_infinity_and_has_chance_accuracy(network):
    settings = tiny(network, steps=6)
    name = arm(settings["case"], 50, SCRATCH)
    scores = reuse_arms.tune((SCRATCH,), 0, settings, {name: [{"learning_rate": 0.01}, {"learning_rate": 1e30}]})
    assert scores[name][1] == -np.inf and 0 <= scores[name][0] <= 100
    outcome = reuse_arms.run((SCRATCH,), 0, settings, {name: {"learning_rate": 1e30}})
    assert outcome.arms[name] == {
        short_runs.ACCURACY: 10.0,
        short_runs.LOSS: short_runs.LARGEST_LOSS,
        short_runs.CALIBRATION: 0.0,
        "diverged": 1.0,
    }


def test_arms_are_tuned_on_validation_data_and_measured_on_test_data(monkeypatch, claim):
    parts, real = [], reuse_arms.trained

    def note(way, labels, seed, settings, choices, part):
        parts.append(part)
        return real(way, labels, seed, settings, choices, part)

    monkeypatch.setattr(reuse_arms, "trained", note)
    module, settings = CLAIMS[claim], tiny()
    grids = module.EXPERIMENT.grids(settings)
    assert len(grids) == 2
    trials = {name: [{"learning_rate": rate} for rate in grid["learning_rate"]] for name, grid in grids.items()}
    module.EXPERIMENT.tune(1000, settings, trials)
    assert set(parts) == {"validation"}
    parts.clear()
    module.EXPERIMENT.run(0, settings, {name: choices[0] for name, choices in trials.items()})
    assert set(parts) == {"test"}


def test_only_the_arms_that_are_asked_for_are_tuned():
    settings = tiny(labels=[50, 60])
    name = arm(settings["case"], 60, FINE_TUNED)
    assert list(reuse_arms.tune(WAYS, 1000, settings, {name: [{"learning_rate": 0.01}]})) == [name]


# Sabotage


def test_a_body_that_was_never_trained_is_seen(monkeypatch, quick, claim):
    real = short_runs.train

    def body_by_no_step(recipes, data, steps, part, starts=None):
        return real(recipes, data, 0 if part == "train" else steps, part, starts)

    monkeypatch.setattr(short_runs, "train", body_by_no_step)
    with pytest.raises(MechanismDidNotFire, match=r"its training moved the body|above chance"):
        quick(claim)


def test_a_body_that_is_not_loaded_is_one_arm_under_two_names(monkeypatch, quick):
    real = short_runs.train
    monkeypatch.setattr(
        short_runs, "train", lambda recipes, data, steps, part, starts=None: real(recipes, data, steps, part)
    )
    with pytest.raises(ArmsAreTheSame, match="fine-tuned"):
        quick("reuse_near_source")


@pytest.mark.parametrize("name", ["reuse_near_source", "reuse_far_source"])
def test_two_names_for_one_arm_are_seen(monkeypatch, quick, name):
    real = reuse_arms.trained
    monkeypatch.setattr(reuse_arms, "trained", lambda way, *words: real(FINE_TUNED, *words))
    with pytest.raises(ArmsAreTheSame, match="fine-tuned"):
        quick(name)


def test_fine_tuning_that_does_not_move_the_body_is_seen(monkeypatch, quick, claim):
    real = reuse_arms.trained

    def unmoved(way, labels, seed, settings, choices, part):
        return real(way, labels, seed, settings | ({"steps": 0} if way == FINE_TUNED else {}), choices, part)

    monkeypatch.setattr(reuse_arms, "trained", unmoved)
    with pytest.raises(MechanismDidNotFire, match="fine-tuning moved the body"):
        quick(claim)


def test_a_head_that_does_not_move_is_seen(monkeypatch, quick):
    real = reuse_arms.trained

    def unmoved(way, labels, seed, settings, choices, part):
        return real(way, labels, seed, settings | ({"steps": 0} if way == HEAD else {}), choices, part)

    monkeypatch.setattr(reuse_arms, "trained", unmoved)
    with pytest.raises(MechanismDidNotFire, match="head on a frozen body moved"):
        quick("reuse_frozen_head")


def test_the_primary_of_each_claim_is_a_dense_case_with_the_arms_its_sentence_names():
    assert inspect.getdoc(reuse_far_source).endswith("reuse pays while the source resembles the target.")
    pairs = {name: (module.PRIMARY.better, module.PRIMARY.worse) for name, module in CLAIMS.items()}
    assert pairs == {
        "reuse_near_source": tuple(arm(f"{DENSE}, {SHIFTED}", 200, way) for way in (FINE_TUNED, SCRATCH)),
        "reuse_far_source": tuple(arm(f"{DENSE}, {TWO_CLASSES}", 200, way) for way in (FINE_TUNED, SCRATCH)),
        "reuse_frozen_head": tuple(arm(f"{DENSE}, {SHIFTED}", 50, way) for way in (HEAD, FINE_TUNED)),
    }
