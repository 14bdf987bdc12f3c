"""Which examples form each step: decided by the recipe's seed alone, outside the engines, so that both see the same."""

LARGEST_SHIFT = 2  # pixels that an image is moved at most in each direction, where nothing else is said


def epoch_batches(n_examples, batch_size, rng):
    """The indices of one pass over the data, in random order: a list of arrays of `batch_size` indices.

    The last batch holds what is left. A single example that would be left alone joins the batch before it: batch
    normalization can't take the variance of one example.
    """
    order = rng.permutation(n_examples)
    starts = _batch_starts(n_examples, batch_size)
    return [order[start:end] for start, end in zip(starts, [*starts[1:], n_examples], strict=True)]


def draw_offsets(n_images, rng, largest=LARGEST_SHIFT):
    """Random shifts (n_images, 2) of up to `largest` pixels down and to the right (negative: up and to the left)."""
    return rng.integers(-largest, largest + 1, size=(n_images, 2))


def draw_flips(n_images, rng):
    """True, with chance 1/2, for each image that is to be mirrored."""
    return rng.random(n_images) < 0.5


def augment(x, image_shape, recipe, rng, engine_augmentation):
    """A batch changed at random as the recipe's `augmentation` says, by the engine's own functions."""
    if recipe.augmentation in ("shift", "shift_and_flip"):
        x = engine_augmentation.shift(x, image_shape, draw_offsets(len(x), rng, recipe.largest_shift))
    if recipe.augmentation in ("flip", "shift_and_flip"):
        x = engine_augmentation.flip(x, image_shape, draw_flips(len(x), rng))
    return x


def steps_per_epoch(n_examples, batch_size):
    """How many batches `epoch_batches` makes."""
    return len(_batch_starts(n_examples, batch_size))


def _batch_starts(n_examples, batch_size):
    starts = list(range(0, n_examples, batch_size))
    if batch_size > 1 and len(starts) > 1 and n_examples - starts[-1] == 1:
        starts.pop()
    return starts
