"""Shifts and flips against plain loops over pixels, in both engines."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.pytorch import augmentation as pytorch_augmentation
from course_lib.scratch import augmentation as scratch_augmentation

ENGINES = [
    pytest.param(scratch_augmentation, id="scratch"),
    pytest.param(pytorch_augmentation, id="pytorch"),
]
HEIGHT, WIDTH = 3, 5  # not square: height taken for width shows
SHAPE = (HEIGHT, WIDTH)
DTYPES = ["float32", "float64"]


def _images(n, dtype="float64"):
    return (1.0 + np.arange(n * HEIGHT * WIDTH)).reshape(n, HEIGHT * WIDTH).astype(dtype)  # all differ, none is 0


def _call(engine, name, x, choice):
    if engine is pytorch_augmentation:
        return getattr(engine, name)(torch.from_numpy(x), SHAPE, choice).numpy()
    return getattr(engine, name)(x, SHAPE, choice)


def _shift_by_loops(x, offsets):
    moved = np.zeros_like(x)
    for example, (down, right) in enumerate(offsets):
        for row in range(HEIGHT):
            for column in range(WIDTH):
                if 0 <= row + down < HEIGHT and 0 <= column + right < WIDTH:
                    moved[example, (row + down) * WIDTH + column + right] = x[example, row * WIDTH + column]
    return moved


def _flip_by_loops(x, flipped):
    mirrored = x.copy()
    for example in np.flatnonzero(flipped):
        for row in range(HEIGHT):
            for column in range(WIDTH):
                mirrored[example, row * WIDTH + WIDTH - 1 - column] = x[example, row * WIDTH + column]
    return mirrored


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("engine", ENGINES)
def test_shift_is_that_of_the_loops(engine, dtype):
    offsets = np.array([(down, right) for down in range(-4, 5) for right in range(-6, 7)])  # up to out of the picture
    x = _images(len(offsets), dtype)
    found = _call(engine, "shift", x, offsets)
    np.testing.assert_array_equal(found, _shift_by_loops(x, offsets))
    assert found.dtype == dtype and found.shape == x.shape
    np.testing.assert_array_equal(x, _images(len(offsets), dtype))


@pytest.mark.parametrize("engine", ENGINES)
def test_shift_moves_rows_down_and_columns_right(engine):
    x = np.zeros((1, HEIGHT * WIDTH))
    x[0, 0] = 1.0  # top left
    found = _call(engine, "shift", x, np.array([[1, 2]])).reshape(SHAPE)
    assert np.argwhere(found).tolist() == [[1, 2]]


@pytest.mark.parametrize("engine", ENGINES)
def test_shift_by_nothing_changes_nothing(engine):
    np.testing.assert_array_equal(_call(engine, "shift", _images(4), np.zeros((4, 2), int)), _images(4))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("engine", ENGINES)
def test_flip_is_that_of_the_loops(engine, dtype):
    flipped, x = np.array([True, False, True, True, False]), _images(5, dtype)
    found = _call(engine, "flip", x, flipped)
    np.testing.assert_array_equal(found, _flip_by_loops(x, flipped))
    assert found.dtype == dtype and found.shape == x.shape
    np.testing.assert_array_equal(x, _images(5, dtype))


@pytest.mark.parametrize("engine", ENGINES)
def test_flip_twice_is_no_flip(engine):
    flipped = np.array([True, False])
    np.testing.assert_array_equal(
        _call(engine, "flip", _call(engine, "flip", _images(2), flipped), flipped), _images(2)
    )


@given(
    choices=st.lists(st.tuples(st.integers(-6, 6), st.integers(-6, 6), st.booleans()), min_size=1, max_size=8),
)
@settings(deadline=None, max_examples=50)
def test_both_engines_agree(choices):
    x, offsets, flipped = _images(len(choices)), np.array([c[:2] for c in choices]), np.array([c[2] for c in choices])
    for name, choice in (("shift", offsets), ("flip", flipped)):
        found, expected = (_call(engine, name, x, choice) for engine in (scratch_augmentation, pytorch_augmentation))
        np.testing.assert_array_equal(found, expected)
