"""The claims on reusing a trained network: what their arms are, and that a sabotaged arm is seen."""

import dataclasses
import itertools

import numpy as np
import pytest

from course_lib.cli import main
from course_lib.engine import convolutional, zoo
from course_lib.engine import numpy_backend as scratch_network
from course_lib.experiments import few_labels
from course_lib.experiments.claims import reuse_convolutional, reuse_dense
from course_lib.experiments.few_labels import FINE_TUNED, HEAD, LABELS, SCRATCH, arm
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.runner import measure
from course_lib.experiments.workers import Task, compute, workers
from small_versions import small_version_of

CLAIMS = {"reuse_convolutional": reuse_convolutional, "reuse_dense": reuse_dense}
HEADS = {"reuse_convolutional": "head", "reuse_dense": "dense3"}
FEW_STEPS = {"steps": dict.fromkeys(few_labels.STEPS, 2), "grid": [0.01], "evaluated": 60}
SMALL_BODY = {"body epochs": 1, "body images": 64}  # one step


@pytest.fixture(params=CLAIMS)
def claim(request):
    return request.param


@pytest.fixture
def quick(monkeypatch):
    """quick(name): the claim's small version with hardly any steps, measured; enough to see that something is wrong."""

    def quick(name):
        module = CLAIMS[name]
        small = dict(module.EXPERIMENT.small) | FEW_STEPS
        monkeypatch.setattr(module, "EXPERIMENT", dataclasses.replace(module.EXPERIMENT, small=small))
        return measure(name, seeds=2, jobs=1, small=True, progress=False)

    return quick


def begin(name, arm_name, seed=0, rate=0.01):
    if name == "reuse_dense":
        return reuse_dense.start(arm_name, seed, rate, body_steps=20)
    return reuse_convolutional.start(arm_name, seed, rate, SMALL_BODY)


def body(name, state):
    return {key: array for key, array in state.items() if not key.startswith(HEADS[name])}


# What the arms are


def test_the_small_version_measures_every_arm_at_every_number_of_labels(claim):
    measured = small_version_of(claim)
    assert set(measured.arms) == {arm(name, n) for name in CLAIMS[claim].ARMS for n in LABELS}
    assert measured.main.label == "10 labels, fine-tuned"
    assert {effect.label for effect in measured.effects} == {
        arm(name, n) for name in CLAIMS[claim].ARMS if name != SCRATCH for n in LABELS
    }
    assert all(
        100 - value >= 50 or value >= 0 for each in measured.arms.values() for value in each[few_labels.ACCURACY]
    )
    assert measured.fired["the frozen body stood still (1: yes)"] == 1


def test_the_same_numbers_come_again_and_from_another_process(claim):
    module = CLAIMS[claim]
    settings = module.EXPERIMENT.settings_for(small=True) | FEW_STEPS | {"labels": [5, 100]}
    rates = {arm(name, n): 0.01 for name in module.ARMS for n in (5, 100)}
    task = Task("seed", 3, module.run, (settings, rates))
    (first, _), (again, _) = (compute(task) for _ in range(2))
    with workers(2, None) as work:
        ((_, (elsewhere, _)),) = work([task])
    assert first == again == elsewhere


def test_all_arms_start_with_the_same_head_and_only_the_fresh_one_with_a_fresh_body(claim):
    states = {name: begin(claim, name).state() for name in CLAIMS[claim].ARMS}
    for name, state in states.items():
        for key, array in state.items():
            is_head = key.startswith(HEADS[claim])
            same_as_tuned = np.array_equal(array, states[FINE_TUNED][key])
            if is_head or name != SCRATCH:
                assert same_as_tuned, (name, key)
    bodies = [key for key in states[SCRATCH] if key.endswith("weight") and not key.startswith(HEADS[claim])]
    assert not any(np.array_equal(states[SCRATCH][key], states[HEAD][key]) for key in bodies)
    other = begin(claim, SCRATCH, seed=1).state()
    assert not any(np.array_equal(states[SCRATCH][key], other[key]) for key in bodies)


def test_every_seed_reuses_a_body_of_its_own(claim):
    first, other = (body(claim, begin(claim, FINE_TUNED, seed=seed).state()) for seed in (0, 1))
    assert not any(np.array_equal(array, other[key]) for key, array in first.items() if key.endswith("weight"))


@pytest.mark.parametrize("seed", [0, 5])
def test_the_convolutional_body_is_what_the_command_writes_with_the_same_seed(tmp_path, seed):
    """The command's --smoke is one epoch over 800 images; the claim says 12 over 8,000, as the command without it."""
    assert main(["pretrain", "--smoke", "--folder", str(tmp_path), "--seed", str(seed)]) == 0
    written = zoo.load_pretrained(tmp_path / "eight_classes.safetensors", device="cpu").state()
    settings = {"body epochs": 1, "body images": 800}
    reused = reuse_convolutional.start(FINE_TUNED, seed, 0.01, settings).state()
    ours = body("reuse_convolutional", reused)
    assert len(ours) > 10 and all(np.array_equal(array, written[key]) for key, array in ours.items())
    settings = reuse_convolutional.EXPERIMENT.settings
    card = zoo.load_pretrained(device="cpu").card
    assert settings["body images"] == card["training_images"] == len(few_labels.the_other_eight().train)
    assert settings["body epochs"] == card["epochs"]


def test_a_body_whose_training_was_stopped_is_not_measured(monkeypatch):
    def stopped(network, x, labels):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(convolutional.ConvolutionalNetwork, "update", stopped)
        with pytest.raises(KeyboardInterrupt):
            reuse_convolutional.trained_body(77, 1, 64)
    assert reuse_convolutional.trained_body(77, 1, 64)


def test_the_bodies_know_the_other_eight_classes():
    assert few_labels.the_other_eight().class_names == (
        "T-shirt/top",
        "Trouser",
        "Dress",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    assert few_labels.pullovers_and_coats().class_names == ("Pullover", "Coat")


def test_the_arms_of_the_dense_claim_move_what_their_names_say():
    moving = {}
    for name in reuse_dense.ARMS:
        network = begin("reuse_dense", name)
        x, labels = network.place(np.random.default_rng(0).random((6, 784)), np.array([0, 1] * 3))
        before = network.parameters()
        network.update(x, labels)
        after = network.parameters()
        moving[name] = {key.split(".")[0][-1] for key in before if not np.array_equal(before[key], after[key])}
    assert moving == {HEAD: {"3"}, reuse_dense.TOP: {"2", "3"}, FINE_TUNED: set("123"), SCRATCH: set("123")}


@pytest.mark.parametrize("n", [*LABELS, 2])
def test_labels_are_drawn_from_both_classes_alike_and_anew_for_every_seed(n):
    labels = few_labels.pullovers_and_coats().train.labels
    draws = [few_labels.chosen(labels, n, seed) for seed in range(20)]
    for places in draws:
        assert len(set(places.tolist())) == n
        counts = np.bincount(labels[places], minlength=2)
        assert sorted(counts) == [n // 2, n - n // 2]
    if n % 2:
        assert {int(np.bincount(labels[places]).argmax()) for places in draws} == {0, 1}
    if n < 2000:
        assert len({tuple(sorted(places)) for places in draws}) > 15
    assert np.array_equal(draws[3], few_labels.chosen(labels, n, 3))


def test_fewer_labels_are_a_part_of_more(claim):
    labels = few_labels.pullovers_and_coats().train.labels
    for fewer, more in itertools.pairwise([10, 50, 100, 500, 2000]):
        assert set(few_labels.chosen(labels, fewer, 7)) <= set(few_labels.chosen(labels, more, 7))


@pytest.mark.parametrize("n", LABELS)
def test_every_arm_gets_the_same_steps_and_batches(n):
    settings = few_labels.SETTINGS
    batches, again = (list(few_labels.batches(n, 5, settings)) for _ in range(2))
    assert len(batches) == settings["steps"][str(n)]
    assert all(np.array_equal(*pair) for pair in zip(batches, again, strict=True))
    assert max(map(len, batches)) == min(n, settings["batch"])
    assert set(np.concatenate(batches)) == set(range(n))


def test_the_rate_rises_over_a_tenth_of_the_steps_and_falls_to_zero_along_half_a_cosine():
    rates = []

    class Notes:
        class optimizer:
            learning_rate = 0.5

        def place(self, x, labels):
            return x, labels

        def take(self, array, indices):
            return array[indices]

        def update(self, x, labels):
            rates.append(self.optimizer.learning_rate)
            return 1.0

        def evaluate(self, x, labels):
            return 1.0, len(labels) / 1000

    settings = few_labels.SETTINGS | {"evaluated": 120}
    assert few_labels.accuracy(Notes(), 10, 0, settings, "test") == (0.12, False)
    steps = settings["steps"]["10"]
    assert steps == 100
    rise = 0.05 * np.arange(1, 11)
    expected = np.concatenate([rise, 0.25 * (1 + np.cos(np.pi * np.arange(90) / 90))])
    np.testing.assert_allclose(rates, expected, rtol=1e-9)


def test_a_run_that_diverges_scores_minus_infinity_and_has_chance_accuracy(claim):
    module = CLAIMS[claim]
    settings = module.EXPERIMENT.settings_for(small=True) | FEW_STEPS | {"labels": [10], "grid": [0.01, 1e30]}
    settings["steps"] = dict.fromkeys(few_labels.STEPS, 6)
    scores = module.tune(0, settings)[arm(SCRATCH, 10)]
    assert scores[1e30] == -np.inf and 0 <= scores[0.01] <= 1
    outcome = module.run(0, settings, dict.fromkeys([arm(name, 10) for name in module.ARMS], 1e30))
    assert outcome.arms[arm(SCRATCH, 10)] == {few_labels.ACCURACY: 50.0}


# Sabotage


def test_a_body_that_was_never_trained_is_seen(monkeypatch, quick):
    fresh = lambda seed, *words: convolutional.ConvolutionalNetwork(8, seed=seed, device="cpu").state()  # noqa: E731
    monkeypatch.setattr(reuse_convolutional, "trained_body", fresh)
    with pytest.raises(MechanismDidNotFire, match="trained body is from the fresh one"):
        quick("reuse_convolutional")


def test_a_dense_body_that_is_not_loaded_is_seen(monkeypatch, quick):
    monkeypatch.setattr(reuse_dense, "trained_body", lambda seed, steps: {})
    with pytest.raises(MechanismDidNotFire, match="trained body is from the fresh one"):
        quick("reuse_dense")


def test_two_names_for_one_arm_are_seen(monkeypatch, quick, claim):
    start = CLAIMS[claim].start

    def same(name, *words, **more):
        return start(FINE_TUNED if name == SCRATCH else name, *words, **more)

    monkeypatch.setattr(few_labels, "what_moved", lambda *words: {})
    monkeypatch.setattr(few_labels, "how_far", lambda *words: 1.0)
    monkeypatch.setattr(CLAIMS[claim], "start", same)
    with pytest.raises(ArmsAreTheSame, match="fine-tuned"):
        quick(claim)


def test_a_body_that_moves_though_it_is_frozen_is_seen(monkeypatch, quick, claim):
    if claim == "reuse_convolutional":
        monkeypatch.setattr(convolutional.ConvolutionalNetwork, "freeze", lambda network: None)
    else:
        monkeypatch.setattr(scratch_network.Network, "freeze", lambda network, n_hidden: None)
    with pytest.raises(MechanismDidNotFire, match="frozen body stood still"):
        quick(claim)


def test_fine_tuning_that_tunes_the_head_alone_is_seen(monkeypatch, quick, claim):
    start = CLAIMS[claim].start
    monkeypatch.setattr(
        CLAIMS[claim], "start", lambda name, *words, **more: start(HEAD if name == FINE_TUNED else name, *words, **more)
    )
    with pytest.raises(MechanismDidNotFire, match="fine-tuning moved the body"):
        quick(claim)


def test_training_that_does_nothing_is_seen(monkeypatch, quick, claim):
    network = convolutional.ConvolutionalNetwork if claim == "reuse_convolutional" else scratch_network.Network
    monkeypatch.setattr(network, "update", lambda network, x, labels: 1.0)
    module, cached = CLAIMS[claim], "_trained_body" if claim == "reuse_dense" else "trained_body"
    monkeypatch.setattr(module, cached, getattr(module, cached).__wrapped__)  # no untrained body stays behind
    with pytest.raises(MechanismDidNotFire, match="moved"):
        quick(claim)
