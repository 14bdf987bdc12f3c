"""Muon in both engines: 50 steps along the path of its polynomial on singular values, and of torch.optim.Muon.

Its path in networks, stacks and recipes is held where all optimizers are: test_optimizers.py, test_networks_agree.py,
test_stack.py and so on.
"""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.engine import numpy_optimizers, torch_optimizers
from course_lib.pytorch import optimizers as pytorch_optimizers
from course_lib.recipe import Recipe, RecipeError
from course_lib.scratch import optimizers as scratch_optimizers
from plain_muon import PlainMuon

STEPS = 50
SHAPES = [(4, 7), (7, 4), (5, 5), (6, 1), (1, 1)]
LIBRARIES = {"numpy": scratch_optimizers, "torch": pytorch_optimizers}


def _matrix(shape, seed):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def _path_of_matrix(make, shape, change_rate=lambda optimizer: None):
    """The positions (STEPS, m, n) of one weight matrix in the torch.optim.Optimizer that `make([parameter])` makes."""
    weight, path = nn.Parameter(torch.from_numpy(_matrix(shape, 0))), []
    optimizer = make([weight])
    for step in range(STEPS):
        if step == STEPS // 2:
            change_rate(optimizer)
        weight.grad = torch.from_numpy(_matrix(shape, 1 + step))
        optimizer.step()
        path.append(weight.detach().numpy().copy())
    return np.array(path)


def _path_of_scratch_muon(shape, change_rate=lambda optimizer: None, **words):
    weight, path = _matrix(shape, 0), []
    optimizer = scratch_optimizers.Muon(weight, **words)
    for step in range(STEPS):
        if step == STEPS // 2:
            change_rate(optimizer)
        optimizer.step(_matrix(shape, 1 + step))
        path.append(weight.copy())
    return np.array(path)


def _assert_muon(shape, halved=False):
    """Both Muons walk as the one that decomposes its matrices."""

    def change_rate(optimizer):
        rate = 0.01 if halved else 0.02
        if hasattr(optimizer, "learning_rate"):
            optimizer.learning_rate = rate
        else:
            optimizer.param_groups[0]["lr"] = rate

    words = {"learning_rate": 0.02, "weight_decay": 0.3}
    expected = _path_of_matrix(lambda p: PlainMuon(p, 0.02, 0.3), shape, change_rate)
    torch_path = _path_of_matrix(lambda p: pytorch_optimizers.Muon(p, **words), shape, change_rate)
    np.testing.assert_allclose(_path_of_scratch_muon(shape, change_rate, **words), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(torch_path, expected, rtol=0, atol=1e-9)
    assert np.all(np.abs(expected[-1] - expected[0]) > 1e-6)


@pytest.mark.parametrize("halved", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_muon_walks_as_its_polynomial_on_the_singular_values_says(shape, halved):
    _assert_muon(shape, halved)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("place", range(3))
def test_a_wrong_coefficient_is_noticed(place, library, monkeypatch):
    wrong = list(LIBRARIES[library].NEWTON_SCHULZ)
    wrong[place] *= 1 + 1e-6
    monkeypatch.setattr(LIBRARIES[library], "NEWTON_SCHULZ", tuple(wrong))
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        _assert_muon((4, 7))


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="torch.optim.Muon came with PyTorch 2.9")
@pytest.mark.parametrize("shape", SHAPES)
def test_muon_is_that_of_torch_optim_as_far_as_bfloat16_goes(shape):
    expected = _path_of_matrix(
        lambda p: torch.optim.Muon(p, lr=0.001, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"), shape
    )
    walked = np.linalg.norm(expected[-1] - _matrix(shape, 0))
    for path in (_path_of_scratch_muon(shape), _path_of_matrix(lambda p: pytorch_optimizers.Muon(p), shape)):
        assert np.linalg.norm(path[-1] - expected[-1]) < 0.02 * walked  # 8 bits of mantissa in each of many products


def _orthogonalized(library, matrix, **words):
    if library == "numpy":
        return scratch_optimizers.newton_schulz(matrix, **words)
    return pytorch_optimizers.newton_schulz(torch.from_numpy(matrix), **words).numpy()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("shape", [(30, 50), (50, 30), (784, 100), (5, 1), (1, 1)])
def test_newton_schulz_moves_singular_values_near_1_and_turns_nothing(shape, library):
    matrix = 1000 * _matrix(shape, 3)
    result = _orthogonalized(library, matrix)
    assert result.shape == shape
    values = np.linalg.svd(result, compute_uv=False)
    assert 0.67 < values.min() <= values.max() < 1.22
    u, _, vh = np.linalg.svd(matrix, full_matrices=False)
    in_place = u.T @ result @ vh.T  # diagonal where the singular vectors stayed
    np.testing.assert_allclose(in_place, np.diag(np.diag(in_place)), atol=1e-9)
    assert np.all(np.diag(in_place) > 0)


@pytest.mark.parametrize("library", LIBRARIES)
def test_newton_schulz_takes_each_matrix_of_a_stack_on_its_own(library):
    stack = _matrix((3, 4, 6), 0) * np.array([1.0, 1e-4, 1e4])[:, None, None]
    alone = [_orthogonalized(library, matrix) for matrix in stack]
    np.testing.assert_allclose(_orthogonalized(library, stack), alone, rtol=1e-9)
    assert not _orthogonalized(library, np.zeros((2, 3))).any()  # and no division by 0


def test_muon_of_a_recipe_takes_weights_whole_and_adam_the_rest(monkeypatch):
    monkeypatch.setattr(numpy_optimizers, "BLOCK_BYTES", 8)
    shapes = [(4, 5), (5,), (5, 2), (1,)]
    optimizer = numpy_optimizers.optimizer_for(Recipe(optimizer="muon", l2=0.2), np.zeros(36), shapes)
    kinds = [(type(lesson).__name__, lesson.parameters.shape) for lesson in optimizer.lessons]
    assert kinds == [("Muon", (4, 5)), *[("Adam", (1,))] * 5, ("Muon", (5, 2)), ("Adam", (1,))]
    assert {lesson.weight_decay for lesson in optimizer.lessons if hasattr(lesson, "weight_decay")} == {0.2}


def test_muon_says_that_it_takes_no_filters_of_a_convolution():
    filters, bias = nn.Parameter(torch.zeros(4, 1, 3, 3)), nn.Parameter(torch.zeros(4))
    with pytest.raises(RecipeError, match=r"optimizer is 'muon'.*\(4, 1, 3, 3\).*'adamw'"):
        torch_optimizers.optimizer_for(Recipe(optimizer="muon"), [filters, bias], [filters])
