"""The three networks of exercise 3.10: what one sees in them, which remedy cures them, what the check says."""

import numpy as np
import pytest

from course_lib.checks.broken_networks import ILLNESSES, REMEDIES, broken_network, treated
from course_lib.checks.chapter_03.find_the_bug import find_the_bug
from course_lib.checks.diagnosis import Diagnosis
from course_lib.data import load_fashion_mnist
from course_lib.experiments.layer_flow import layer_flow
from right_answers_ch03 import DIAGNOSES as RIGHT

DATA = load_fashion_mnist()
LOOK = DATA.train.x[:200], DATA.train.labels[:200]
NEW = DATA.validation.x[:1000], DATA.validation.labels[:1000]
LEARNED = 0.6  # accuracy; chance is 0.1


def trained(network, steps, seed=0):
    """The network after some steps, and the losses on the way."""
    rng = np.random.default_rng(seed)
    losses = []
    for _ in range(steps):
        chosen = rng.choice(len(DATA.train), 64, replace=False)
        losses.append(network.train_step(DATA.train.x[chosen], DATA.train.labels[chosen]))
    return network, losses


def off(network):
    """For each hidden layer, the share of units whose sums are 0 or less for every image."""
    return np.array([np.mean(np.all(z <= 0, axis=0)) for z in layer_flow(network, *LOOK).sums])


def same_state(one, other):
    return all(np.array_equal(array, other[name]) for name, array in one.items())


# Cured or not


@pytest.mark.parametrize("letter", "ABC")
@pytest.mark.parametrize("seed", range(3))
def test_the_right_remedy_makes_it_learn(letter, seed):
    network, _ = trained(treated(letter, RIGHT[letter][1]), 100, seed)
    assert network.evaluate(*NEW)[1] > LEARNED


@pytest.mark.parametrize("letter", "ABC")
@pytest.mark.parametrize("remedy", [None, *REMEDIES])
def test_no_other_remedy_cures_it(letter, remedy):
    if remedy == RIGHT[letter][1]:
        remedy = None
    network, _ = trained(treated(letter, remedy), 100)
    with np.errstate(over="ignore", invalid="ignore"):
        assert network.evaluate(*NEW)[1] < LEARNED - 0.05


def test_every_remedy_changes_something_in_one_of_the_networks():
    for remedy in REMEDIES:
        assert any(
            not np.array_equal(
                trained(treated(letter, remedy), 2)[0].logits(NEW[0][:5]),
                trained(broken_network(letter), 2)[0].logits(NEW[0][:5]),
            )
            for letter in "ABC"
        ), remedy


# What the looks show


def test_in_a_a_layer_is_off_at_the_start_and_nothing_passes_it():
    network = broken_network("A")
    flow = layer_flow(network, *LOOK)
    first = int(np.argmax(off(network) == 1))
    assert 0 < first < 9
    assert off(network)[first] == 1
    assert (off(network)[:first] < 0.2).all()
    assert flow.sums[first].max() < -10
    assert (flow.signal_spread[first:] == 0).all()
    assert (flow.gradient_size[:first] == 0).all()
    assert (flow.signal_spread[:first] > 0.1).all()


def test_b_is_sound_at_the_start_and_far_off_after_twenty_steps():
    network = broken_network("B")
    before = layer_flow(network, *LOOK)
    assert (off(network) < 0.1).all()
    assert before.activation_spread.max() < 1.2 * before.activation_spread.min()
    network, losses = trained(network, 20)
    assert max(losses) > 3 * losses[0]
    assert layer_flow(network, *LOOK).activation_spread.max() > 4 * before.activation_spread.max()
    assert off(network).mean() > 0.2


def test_c_is_sound_before_and_after_and_learns_only_in_training_mode():
    network = broken_network("C")
    flow = layer_flow(network, *LOOK)
    assert (off(network) < 0.1).all()
    assert flow.activation_spread.max() < 1.2 * flow.activation_spread.min()
    assert flow.gradient_size.max() < 10 * flow.gradient_size.min()
    network, losses = trained(network, 100)
    assert (off(network) < 0.1).all()
    assert losses[-1] < 0.5 * losses[0]
    assert network.evaluate(*LOOK, training=True)[1] > LEARNED
    assert network.evaluate(*LOOK)[1] < 0.4


@pytest.mark.parametrize("letter", "AB")
def test_in_the_others_the_running_statistics_move(letter):
    network = broken_network(letter)
    before = network.state()
    trained(network, 5)
    means = [name for name in before if name.endswith("running_mean")]
    assert means
    assert not np.array_equal(network.state()[means[0]], before[means[0]])


# What can be asked of them


@pytest.mark.parametrize("letter", "ABC")
def test_it_is_the_same_network_at_every_call(letter):
    used, _ = trained(broken_network(letter), 2)
    assert same_state(broken_network(letter).state(), broken_network(letter).state())
    assert not same_state(used.state(), broken_network(letter).state())


@pytest.mark.parametrize("letter", "ABC")
@pytest.mark.parametrize("training", [False, True])
def test_evaluation_changes_nothing(letter, training):
    network, _ = trained(broken_network(letter), 3)
    twin, _ = trained(broken_network(letter), 3)
    before = network.state()
    first = network.evaluate(*LOOK, training=training)
    assert network.evaluate(*LOOK, training=training) == first
    assert same_state(before, network.state())
    layer_flow(network, *LOOK)
    assert trained(network, 2, seed=9)[1] == trained(twin, 2, seed=9)[1]


def test_evaluation_in_training_mode_uses_the_statistics_of_these_images():
    network = broken_network("C")
    x, labels = LOOK
    loss, _ = network.evaluate(x, labels, training=True)
    assert loss == pytest.approx(layer_flow(network, x, labels).loss, rel=1e-4)
    assert loss != pytest.approx(network.evaluate(x, labels)[0], rel=1e-2)


def test_nothing_a_learner_reads_at_a_glance_differs_between_the_networks():
    patients = [broken_network(letter) for letter in "ABC"]
    assert len({type(patient).__name__ for patient in patients}) == 1
    assert len({tuple(vars(patient)) for patient in patients}) == 1
    assert len({repr(patient.recipe) for patient in patients}) == 1
    assert len({tuple((name, type(layer).__name__) for name, layer in patient.layers) for patient in patients}) == 1
    assert not any(hasattr(patient.optimizer, "learning_rate") for patient in patients)


@pytest.mark.parametrize(
    "letter, remedy, said", [("D", None, "'A', 'B', 'C'"), ("a", None, "'A'"), ("A", "clip_norm", "'clip_by_norm'")]
)
def test_an_unknown_letter_or_remedy_is_an_error_that_helps(letter, remedy, said):
    with pytest.raises(ValueError, match=said):
        treated(letter, remedy)


# The check


def diagnosis_of(answers):
    with pytest.raises(Diagnosis) as caught:
        find_the_bug(lambda: answers)
    return caught.value


@pytest.mark.parametrize("letter", "ABC")
@pytest.mark.parametrize("illness", ILLNESSES)
@pytest.mark.parametrize("remedy", REMEDIES)
def test_one_wrong_answer_is_told_from_the_right_ones(letter, illness, remedy):
    if (illness, remedy) == RIGHT[letter]:
        return
    others = [other for other in "ABC" if other != letter]
    told = diagnosis_of(RIGHT | {letter: (illness, remedy)})
    assert told.message.startswith(f"Right: {others[0]}, {others[1]}. {letter}: ")
    assert told.hint.startswith(f"{letter}: ")
    assert ("the illness is right" in told.message) == (illness == RIGHT[letter][0])
    for word in RIGHT[letter]:
        assert word not in told.hint
        assert word not in told.message or word == illness


def test_a_wrong_remedy_gets_another_hint_than_a_wrong_illness():
    for letter, (illness, remedy) in RIGHT.items():
        wrong_remedy = diagnosis_of(RIGHT | {letter: (illness, "dropout")})
        wrong_illness = diagnosis_of(RIGHT | {letter: ("units_all_alike", remedy)})
        assert wrong_remedy.hint != wrong_illness.hint


def test_three_wrong_answers_get_three_hints():
    told = diagnosis_of(dict.fromkeys("ABC", ("overfitting", "dropout")))
    assert "right" not in told.message
    assert all(f"{letter}: " in told.hint for letter in "ABC")
