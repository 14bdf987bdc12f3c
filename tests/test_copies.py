"""A copy of a network (copy, pickle, a worker process) goes on as the original would, and leaves that one alone."""

import copy
import io
import pickle

import joblib
import numpy as np
import pytest

from course_lib.engine import numpy_stack, torch_stack
from course_lib.engine.pretraining import AutoencoderNetwork
from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.recipe import OPTIMIZERS, Recipe
from course_lib.training import make_network


def through_joblib(thing):
    file = io.BytesIO()
    joblib.dump(thing, file)
    file.seek(0)
    return joblib.load(file)


COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "joblib": through_joblib,
    "a copy of a copy": lambda thing: copy.deepcopy(copy.deepcopy(thing)),
}
RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(16, 5)), RNG.integers(0, 3, 16)
SEQUENCES, SUMS = RNG.normal(size=(8, 6, 2)), RNG.normal(size=(8, 1))
RECIPE = Recipe(hidden_layers=(5, 5), activation="prelu", residual=True, l2=0.1, learning_rate=0.05)


def network(recipe=RECIPE, engine="numpy", frozen=0):
    made = make_network(recipe, 5, 3, engine, "float64", "cpu")
    made.freeze(frozen)
    return made, lambda one: one.train_step(X, LABELS), lambda one: one.state()


def stack(module):
    recipes = [RECIPE.replace(seed=seed, normalization="layer") for seed in (1, 2)]
    batch = np.stack([X, X + 1]), np.stack([LABELS, LABELS])
    made = module.NetworkStack(recipes, 5, 3, "float64", "cpu")
    return made, lambda one: np.asarray(one.update(*batch)).sum(), lambda one: one.network(1).state()


def recurrent(engine):
    made = RecurrentNetwork(2, 4, 1, optimizer="adam", learning_rate=0.05, engine=engine)
    return made, lambda one: one.train_step(SEQUENCES, SUMS), lambda one: one.parameters()


def autoencoder(engine):
    made = AutoencoderNetwork(5, 3, learning_rate=0.05, dtype="float64", device="cpu", engine=engine)
    return made, lambda one: one.train_step(X), lambda one: one.parameters()


KINDS = {
    **{f"numpy {name}": lambda name=name: network(RECIPE.replace(optimizer=name)) for name in OPTIMIZERS},
    "torch": lambda: network(engine="torch"),
    "torch muon": lambda: network(RECIPE.replace(optimizer="muon"), "torch"),
    "numpy, frozen": lambda: network(frozen=1),
    "torch, frozen": lambda: network(engine="torch", frozen=1),
    "stack": lambda: stack(numpy_stack),
    "stack in torch": lambda: stack(torch_stack),
    "recurrent": lambda: recurrent("numpy"),
    "recurrent in torch": lambda: recurrent("torch"),
    "autoencoder": lambda: autoencoder("numpy"),
    "autoencoder in torch": lambda: autoencoder("torch"),
}


def same(ours, theirs):
    return all(np.array_equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_goes_on_as_the_original_would(kind, how):
    original, step, state = KINDS[kind]()
    for _ in range(3):
        step(original)
    made, before = COPIES[how](original), state(original)
    losses = [step(made) for _ in range(3)]
    assert same(state(original), before)  # which stands still
    assert not same(state(made), before)
    assert [step(original) for _ in range(3)] == losses
    assert same(state(original), state(made))
