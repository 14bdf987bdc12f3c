"""50 steps of every optimizer, in both engines, along the path of plain torch.optim. float64 unless said."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.engine import numpy_optimizers, torch_optimizers
from course_lib.pytorch import optimizers as pytorch_optimizers
from course_lib.recipe import OPTIMIZERS, Recipe, RecipeError
from course_lib.scratch import optimizers as scratch_optimizers
from plain_muon import MuonAndAdam

STEPS, N, N_DECAYED = 50, 12, 6  # of N parameters the first N_DECAYED are "weights"
SHAPES = [(2, 3), (6,)]


def _start():
    return np.random.default_rng(0).uniform(-1.5, 1.5, N)


def _gradient(w, step):
    """Of Rosenbrock's banana valley in N dimensions, plus noise, as from a random batch."""
    gradient = np.zeros(N)
    gradient[:-1] = -400 * w[:-1] * (w[1:] - w[:-1] ** 2) - 2 * (1 - w[:-1])
    gradient[1:] += 200 * (w[1:] - w[:-1] ** 2)
    return gradient + np.random.default_rng(100 + step).normal(0, 20, N)


def _sgd(parameters, momentum=0.9, **words):
    return torch.optim.SGD(parameters, momentum=momentum, **words)


def _adamw_on_a_part(parameters, weight_decay, **words):
    """torch.optim.AdamW that decays the first of two parameters."""
    groups = [{"params": parameters[:1], "weight_decay": weight_decay}, {"params": parameters[1:], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, **words)


# name of the class, its words, the same in torch.optim; large epsilons, so that their place in the formula shows
CASES = {
    "gradient descent": ("GradientDescent", {"learning_rate": 2e-4}, torch.optim.SGD, {"lr": 2e-4}),
    "momentum": ("Momentum", {"learning_rate": 2e-5}, _sgd, {"lr": 2e-5}),
    "momentum 0.6": ("Momentum", {"learning_rate": 1e-4, "momentum": 0.6}, _sgd, {"lr": 1e-4, "momentum": 0.6}),
    "nesterov": ("Nesterov", {"learning_rate": 2e-5}, _sgd, {"lr": 2e-5, "nesterov": True}),
    "nesterov 0.6": (
        "Nesterov",
        {"learning_rate": 1e-4, "momentum": 0.6},
        _sgd,
        {"lr": 1e-4, "momentum": 0.6, "nesterov": True},
    ),
    "rmsprop": ("RMSProp", {}, torch.optim.RMSprop, {}),
    "rmsprop 0.7": (
        "RMSProp",
        {"learning_rate": 0.02, "decay": 0.7, "epsilon": 3.0},
        torch.optim.RMSprop,
        {"lr": 0.02, "alpha": 0.7, "eps": 3.0},
    ),
    "adam": ("Adam", {}, torch.optim.Adam, {}),
    "adam 0.7": (
        "Adam",
        {"learning_rate": 0.02, "beta1": 0.7, "beta2": 0.95, "epsilon": 3.0},
        torch.optim.Adam,
        {"lr": 0.02, "betas": (0.7, 0.95), "eps": 3.0},
    ),
    "adamw": ("AdamW", {}, torch.optim.AdamW, {}),
    "adamw 0.7": (
        "AdamW",
        {"learning_rate": 0.02, "beta1": 0.7, "beta2": 0.95, "epsilon": 3.0, "weight_decay": 0.4},
        torch.optim.AdamW,
        {"lr": 0.02, "betas": (0.7, 0.95), "eps": 3.0, "weight_decay": 0.4},
    ),
}


def _path_of_scratch(make, rate_after=None):
    """All positions of an optimizer of `scratch`, as an array (STEPS, N). `make(parameters)` makes it."""
    parameters, path = _start(), []
    optimizer = make(parameters)
    for step in range(STEPS):
        if rate_after is not None and step == STEPS // 2:
            optimizer.learning_rate = rate_after
        gradients = _gradient(parameters, step)
        before = gradients.copy()
        optimizer.step(gradients)
        np.testing.assert_array_equal(gradients, before)
        path.append(parameters.copy())
    return np.array(path)


def _path_of_torch(make, rate_after=None):
    """The same for torch.optim and its wrappers, over a matrix and a vector that together are the N numbers."""
    start = torch.from_numpy(_start())
    parameters = [nn.Parameter(start[:N_DECAYED].clone().view(2, 3)), nn.Parameter(start[N_DECAYED:].clone())]
    optimizer, path = make(parameters), []
    for step in range(STEPS):
        if rate_after is not None and step == STEPS // 2:
            _set_rate(optimizer, rate_after)
        gradient = torch.from_numpy(_gradient(_joined(parameters), step))
        parameters[0].grad, parameters[1].grad = gradient[:N_DECAYED].clone().view(2, 3), gradient[N_DECAYED:].clone()
        optimizer.step()
        path.append(_joined(parameters))
    return np.array(path)


def _joined(parameters):
    return torch.cat([parameter.detach().flatten() for parameter in parameters]).numpy()


def _set_rate(optimizer, learning_rate):
    if hasattr(optimizer, "learning_rate"):
        optimizer.learning_rate = learning_rate
    else:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate


def _our_paths(name, words, **more):
    """(engine's name, path) of both engines."""
    yield "scratch", _path_of_scratch(lambda p: getattr(scratch_optimizers, name)(p, **words), **more)
    yield "pytorch", _path_of_torch(lambda p: getattr(pytorch_optimizers, name)(p, **words), **more)


def _assert_moved(path):
    assert np.all(np.abs(path[-1] - _start()) > 1e-4)
    assert np.isfinite(path).all()


@pytest.mark.parametrize("case", CASES)
def test_path_is_that_of_torch_optim(case):
    name, words, oracle, oracle_words = CASES[case]
    expected = _path_of_torch(lambda parameters: oracle(parameters, **oracle_words))
    _assert_moved(expected)
    for engine, path in _our_paths(name, words):
        np.testing.assert_allclose(path, expected, rtol=1e-9, err_msg=engine)


@pytest.mark.parametrize("case", CASES)
def test_learning_rate_can_be_changed_midway(case):
    name, words, oracle, oracle_words = CASES[case]
    rate = 0.3 * words.get("learning_rate", 1e-3)
    expected = _path_of_torch(lambda parameters: oracle(parameters, **oracle_words), rate)
    unchanged = _path_of_torch(lambda parameters: oracle(parameters, **oracle_words))
    assert np.all(expected[-1] != unchanged[-1])
    for engine, path in _our_paths(name, words, rate_after=rate):
        np.testing.assert_allclose(path, expected, rtol=1e-9, err_msg=engine)


class FoldedAdam:
    """Adam with both corrections folded into two numbers: end of section 2 of Kingma and Ba 2015."""

    def __init__(self, w, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, decay=0.0):
        self.w, self.rate, self.betas, self.epsilon, self.decay = w, rate, (beta1, beta2), epsilon, decay
        self.m, self.s, self.t = np.zeros_like(w), np.zeros_like(w), 0

    def step(self, g):
        (beta1, beta2), self.t = self.betas, self.t + 1
        self.m += (1 - beta1) * (g - self.m)
        self.s += (1 - beta2) * (g * g - self.s)
        root = np.sqrt(1 - beta2**self.t)
        self.w *= 1 - self.rate * self.decay
        self.w -= self.rate * root / (1 - beta1**self.t) * (self.m / (np.sqrt(self.s) + root * self.epsilon))


@pytest.mark.parametrize("words", [{}, {"learning_rate": 0.02, "beta1": 0.7, "beta2": 0.95, "epsilon": 3.0}])
@pytest.mark.parametrize("decay", [None, 0.4])
def test_adam_in_the_form_of_the_book_is_adam_with_folded_corrections(words, decay):
    expected = _path_of_scratch(lambda w: FoldedAdam(w, *words.values(), **({} if decay is None else {"decay": decay})))
    if decay is None:
        path = _path_of_scratch(lambda w: scratch_optimizers.Adam(w, **words))
    else:
        path = _path_of_scratch(lambda w: scratch_optimizers.AdamW(w, **words, weight_decay=decay))
    _assert_moved(expected)
    np.testing.assert_allclose(path, expected, rtol=1e-12)


def test_the_optimizers_take_different_paths():
    ends = [
        _path_of_scratch(lambda p, c=case: getattr(scratch_optimizers, c[0])(p, **c[1]))[-1] for case in CASES.values()
    ]
    for first in range(len(ends)):
        for second in range(first):
            assert np.all(np.abs(ends[first] - ends[second]) > 1e-9), (first, second)


@pytest.mark.parametrize("rate_after", [None, 0.005])
@pytest.mark.parametrize("first", [True, False], ids=["weights first", "weights last"])
def test_the_adamw_of_a_recipe_decays_weights_alone(first, rate_after):
    recipe = Recipe(optimizer="adamw", learning_rate=0.02, l2=0.4)
    shapes, weights = (SHAPES, slice(0, 1)) if first else (SHAPES[::-1], slice(1, 2))

    def oracle(parameters):
        (weight,), rest = parameters[weights], [p for p in parameters if p is not parameters[weights][0]]
        return torch.optim.AdamW([{"params": [weight]}, {"params": rest, "weight_decay": 0.0}], 0.02, weight_decay=0.4)

    expected = _path_of_torch(oracle, rate_after)
    numpy = _path_of_scratch(lambda p: numpy_optimizers.optimizer_for(recipe, p, shapes), rate_after)
    pytorch = _path_of_torch(lambda p: torch_optimizers.optimizer_for(recipe, p, p[weights]), rate_after)
    np.testing.assert_allclose(numpy, expected, rtol=1e-9)
    np.testing.assert_allclose(pytorch, expected, rtol=1e-9)
    everything = _path_of_scratch(lambda p: scratch_optimizers.AdamW(p, 0.02, weight_decay=0.4), rate_after)
    rest = np.arange(N) >= N_DECAYED if first else np.arange(N) < N_DECAYED
    assert np.all(np.abs(everything[-1] - numpy[-1])[rest] > 1e-6)


RATE, L2 = 1e-4, 0.4
BY_NAME = {
    "gradient_descent": lambda p: torch.optim.SGD(p, lr=RATE),
    "momentum": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9, nesterov=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=RATE),
    "adam": lambda p: torch.optim.Adam(p, lr=RATE),
    "adamw": lambda p: _adamw_on_a_part(p, L2, lr=RATE),
    "muon": lambda p: MuonAndAdam(p[:1], p[1:], RATE, L2),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_recipe_gets_the_optimizer_it_names_with_its_learning_rate(name):
    recipe = Recipe(optimizer=name, learning_rate=RATE, l2=L2)
    expected = _path_of_torch(BY_NAME[name])
    scratch = _path_of_scratch(lambda p: numpy_optimizers.optimizer_for(recipe, p, SHAPES))
    pytorch = _path_of_torch(lambda p: torch_optimizers.optimizer_for(recipe, p, p[:1]))
    np.testing.assert_allclose(scratch, expected, rtol=1e-9)
    np.testing.assert_allclose(pytorch, expected, rtol=1e-9)


def test_an_optimizer_that_an_engine_does_not_know_is_an_error():
    recipe = SimpleNamespace(
        optimizer="shampoo", learning_rate=0.1, l2=0.0
    )  # as a Recipe that got ahead of the engines
    with pytest.raises(RecipeError, match="optimizer is 'shampoo', which has no part in the NumPy engine"):
        numpy_optimizers.optimizer_for(recipe, _start(), SHAPES)
    with pytest.raises(RecipeError, match="optimizer is 'shampoo', which has no part in the PyTorch engine"):
        torch_optimizers.optimizer_for(recipe, [nn.Parameter(torch.zeros(2, 2))], [])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_torch_optimizer_goes_on_from_its_state_dict_to_the_bit(name):
    recipe = Recipe(optimizer=name, learning_rate=0.01, l2=0.1)

    def made():
        slots = [
            nn.Parameter(torch.from_numpy(np.random.default_rng(0).normal(size=shape)))
            for shape in ((3, 4), (4,), (4, 2))
        ]
        return slots, torch_optimizers.optimizer_for(recipe, slots, slots[::2])

    def train(slots, optimizer, steps):
        for step in steps:
            for slot in slots:
                slot.grad = torch.from_numpy(np.random.default_rng(1 + step).normal(size=tuple(slot.shape)))
            optimizer.step()

    (slots, first), (others, second) = made(), made()
    train(slots, first, range(3))
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for slot, other in zip(slots, others, strict=True):
        other.data.copy_(slot.data)
    first.learning_rate = second.learning_rate = 0.003
    train(slots, first, range(3, 6))
    train(others, second, range(3, 6))
    assert {float(group["lr"]) for group in second.param_groups} == {0.003}
    for slot, other in zip(slots, others, strict=True):
        assert torch.equal(slot, other)


# On parts of a flat vector, as the NumPy engine has them. One block holds all of it unless the blocks are made small.


def _in_blocks(monkeypatch, n_bytes):
    monkeypatch.setattr(numpy_optimizers, "BLOCK_BYTES", n_bytes)


@pytest.mark.parametrize("n_bytes", [8, 24, 40])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_vector_cut_into_blocks_takes_the_path_of_the_whole(name, n_bytes, monkeypatch):
    recipe = Recipe(optimizer=name, learning_rate=RATE, l2=L2)
    paths, counts = [], []
    for size in (10**6, n_bytes):
        _in_blocks(monkeypatch, size)
        paths.append(_path_of_scratch(lambda p: numpy_optimizers.optimizer_for(recipe, p, SHAPES), rate_after=RATE / 3))
        counts.append(len(numpy_optimizers.optimizer_for(recipe, _start(), SHAPES).lessons))
    np.testing.assert_array_equal(*paths)
    assert counts[0] <= 2 < counts[1] or (name, n_bytes) == ("muon", 40)  # its six other numbers fit in few blocks


@pytest.mark.parametrize("n_bytes", [16, 80, 10**6])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_row_of_a_stack_takes_the_path_that_it_takes_alone(name, n_bytes, monkeypatch):
    _in_blocks(monkeypatch, n_bytes)
    rates = np.array([[RATE], [RATE / 10], [RATE * 2]])
    rows = np.stack([_start(), -_start(), _start() / 2])
    alone = rows.copy()
    recipe = Recipe(optimizer=name, learning_rate=RATE, l2=L2)
    together = numpy_optimizers.optimizer_for(recipe, rows, SHAPES)
    together.learning_rate = rates
    each = [
        numpy_optimizers.optimizer_for(recipe.replace(learning_rate=float(rate)), row, SHAPES)
        for row, (rate,) in zip(alone, rates, strict=True)
    ]
    for step in range(STEPS):
        gradients = np.stack([_gradient(row, step) for row in alone])
        together.step(gradients)
        for optimizer, gradient in zip(each, gradients, strict=True):
            optimizer.step(gradient)
    _assert_moved(alone[:1])
    np.testing.assert_allclose(rows, alone, rtol=1e-12)
    np.testing.assert_array_equal(together.learning_rate, rates)


def test_what_the_parts_hold_is_read_as_of_one(monkeypatch):
    parameters, gradients = _start(), np.arange(1.0, N + 1)
    _in_blocks(monkeypatch, 40)
    optimizer = numpy_optimizers.optimizer_for(Recipe(optimizer="adamw", l2=0.3), parameters, SHAPES)
    assert len(optimizer.lessons) == 4
    for _ in range(2):
        optimizer.step(gradients)
    np.testing.assert_allclose(optimizer.mean, 0.19 * gradients, rtol=1e-12)  # 1 - 0.9^2
    assert (optimizer.steps, optimizer.weight_decay, optimizer.beta1) == (2, 0.3, 0.9)
    with pytest.raises(AttributeError, match="velocity"):
        _ = optimizer.velocity
    with pytest.raises(AttributeError, match="beta1"):
        optimizer.beta1 = 0.5  # it would reach none of the parts


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_learning_rate_of_numpy_leaves_float32_as_it_is(name):
    parameters = _start().astype("float32")
    optimizer = numpy_optimizers.optimizer_for(Recipe(optimizer=name), parameters, SHAPES)
    optimizer.learning_rate = np.float64(0.25)
    assert type(optimizer.learning_rate) is float and optimizer.lessons[0].learning_rate == 0.25
    optimizer.step(np.ones(N, "float32"))
    arrays = [array for lesson in optimizer.lessons for array in vars(lesson).values() if isinstance(array, np.ndarray)]
    assert {array.dtype for array in arrays} == {np.dtype("float32")}


@pytest.mark.parametrize("name", sorted({case[0] for case in CASES.values()}))
def test_parameters_of_any_shape_change_in_place_and_keep_their_type(name):
    flat, matrix = _start().astype("float32"), _start().astype("float32").reshape(3, 4)
    for step in range(3):
        gradients = _gradient(flat.astype("float64"), step).astype("float32")
        if step == 0:
            of_flat, of_matrix = (getattr(scratch_optimizers, name)(w, learning_rate=1e-4) for w in (flat, matrix))
        of_flat.step(gradients)
        of_matrix.step(gradients.reshape(3, 4))
    np.testing.assert_array_equal(matrix.ravel(), flat)
    assert np.all(flat != _start().astype("float32"))
    assert of_matrix.parameters is matrix
    arrays = [value for value in vars(of_matrix).values() if isinstance(value, np.ndarray)]
    assert {array.dtype for array in arrays} == {np.dtype("float32")}


@pytest.mark.parametrize("name", sorted({case[0] for case in CASES.values()}))
def test_learning_rate_is_an_attribute_in_both_engines(name):
    ours = getattr(scratch_optimizers, name)(_start(), learning_rate=0.03)
    theirs = getattr(pytorch_optimizers, name)([nn.Parameter(torch.zeros(2))], learning_rate=0.03)
    assert ours.learning_rate == theirs.learning_rate == 0.03
    theirs.learning_rate = 0.01
    assert theirs.learning_rate == 0.01 and {group["lr"] for group in theirs.param_groups} == {0.01}


def test_parameters_may_come_from_a_generator():
    linear = nn.Linear(2, 2)
    for name in sorted({case[0] for case in CASES.values()}):
        optimizer = getattr(pytorch_optimizers, name)(linear.parameters(), learning_rate=0.03)
        assert sum(len(group["params"]) for group in optimizer.param_groups) == 2
