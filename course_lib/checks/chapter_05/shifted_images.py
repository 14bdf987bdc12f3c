"""Exercise 5.7: training images moved by whole pixels, and validation images left alone."""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis
from course_lib.checks.expectations import ROUNDING, expect_close, expect_tuple
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = (
    "Take the example, one image of 2 x 2 pixels that moves down by one. Draw where each pixel goes, and what comes in."
)


def shifted_split(train, validation, down, right):
    """The training images, each moved by its own numbers of pixels with zeros coming in; the validation images."""
    return moved(train, down, right), validation


def moved(images, down, right):
    margin = int(max(np.abs(down).max(), np.abs(right).max()))
    return cut_out(np.pad(images, ((0, 0), (margin, margin), (margin, margin))), margin, down, right)


def cut_out(framed, margin, down, right):
    """From each image with a frame of `margin` pixels the window that shows it moved."""
    rows, columns = (length - 2 * margin for length in framed.shape[1:])
    return np.array(
        [
            image[margin - d : margin - d + rows, margin - r : margin - r + columns]
            for image, d, r in zip(framed, down, right, strict=False)
        ]
    )


def drawn(rng):
    """Fresh images, tall, wide, square, one alone: shifts in all directions, none, and one as far as the image."""
    rows, columns = (int(each) for each in rng.integers(3, 8, 2))
    cases = []
    for n, *size in (4, rows, columns), (3, columns, columns), (1, rows, rows + 1), (5, 2, columns):
        count, most = int(rng.integers(1, 6)), min(size)
        down, right = rng.integers(-most, most + 1, (2, n))
        cases.append((rng.random((n, *size)), rng.random((count, *size)), down, right))
    train, validation, down, right = cases[0]
    return [*cases, (train, validation, 0 * down, 0 * right), (train, validation, 0 * down + rows, -right)]


# ---- wrong answers --------------------------------------------------------------------------------------------------


def of_train(result):
    """result(train, down, right) in place of the moved training images."""
    return lambda train, validation, down, right: (result(train, down, right), validation)


def of_validation(result):
    """result(validation, down, right) in place of the validation images, with as many shifts as there are images."""

    def answer(train, validation, down, right):
        n = len(validation)
        return moved(train, down, right), result(validation, np.resize(down, n), np.resize(right, n))

    return answer


def rolled(images, down, right):
    return np.stack([np.roll(image, by, axis=(0, 1)) for image, *by in zip(images, down, right, strict=True)])


def with_repeated_edge(images, down, right):
    margin = int(max(np.abs(down).max(), np.abs(right).max()))
    framed = np.pad(images, ((0, 0), (margin, margin), (margin, margin)), mode="edge")
    return cut_out(framed, margin, down, right)


def frames_the_stack(images, down, right):
    margin = int(max(np.abs(down).max(), np.abs(right).max()))
    return cut_out(np.pad(images, margin), margin, down, right)


def square_window(images, down, right):
    side = min(images.shape[1:])
    kept = np.zeros(images.shape)
    kept[:, :side, :side] = moved(images, down, right)[:, :side, :side]
    return kept


def moves_in_place(train, validation, down, right):
    train[:] = moved(train, down, right)
    return train, validation


VALIDATION_MOVED = (
    "The validation images are moved, too. They stand for the images that will come: leave them as they are, or the "
    "curve measures another task."
)

MISTAKES = [
    (
        of_train(rolled),
        "What leaves the image at one side comes back at the other: `np.roll` goes around. What comes in is 0.",
    ),
    (of_train(with_repeated_edge), "The edge is repeated into the gap. What comes in is 0."),
    (
        of_train(lambda train, down, right: moved(train, right, down)),
        "Rows and columns are exchanged: `down` moves along the rows, axis 0 of an image.",
    ),
    (
        of_train(lambda train, down, right: moved(train, -down, -right)),
        "The images move the wrong way: row r of the new image is row r - down of the old one.",
    ),
    (of_train(lambda train, down, right: moved(train, -down, right)), "They move up where they should move down."),
    (of_train(lambda train, down, right: moved(train, down, -right)), "They move left where they should move right."),
    (
        of_train(lambda train, down, right: moved(train, 0 * down + down[0], 0 * right + right[0])),
        "All images move as the first one does. Each has its own numbers.",
    ),
    (
        of_train(lambda train, down, right: moved(train, down, 0 * right)),
        "They move down and up only: `right` is not used.",
    ),
    (
        of_train(lambda train, down, right: moved(train, 0 * down, right)),
        "They move sideways only: `down` is not used.",
    ),
    (
        of_train(square_window),
        "What lies beyond the shorter edge is lost. An image need not be square: count its rows and its columns apart.",
    ),
    (of_train(lambda train, down, right: train), "The training images have not moved."),
    (
        of_train(lambda train, down, right: train[:, :, ::-1]),
        "The training images are mirrored. Move them.",
    ),
    (
        of_train(frames_the_stack),
        "The frame goes around the stack of images, too, so that empty images come first. Frame rows and columns only: "
        "`np.pad(images, ((0, 0), (margin, margin), (margin, margin)))`.",
    ),
    (of_validation(moved), VALIDATION_MOVED),
    (of_validation(rolled), VALIDATION_MOVED),
    (of_validation(lambda images, down, right: moved(images, -down, -right)), VALIDATION_MOVED),
    (of_validation(lambda images, down, right: moved(images, right, down)), VALIDATION_MOVED),
    (
        of_train(lambda train, down, right: np.concatenate([train, moved(train, down, right)])),
        Said("Return the moved images alone"),
    ),
    (of_train(lambda train, down, right: np.pad(train, ((0, 0), (1, 1), (1, 1)))), Said("expected (4, 5, 3)")),
    (
        lambda train, validation, down, right: moved(train, down, right),
        Said("expected 2 values (train, validation)"),
    ),
    (moves_in_place, Said("changes its input `train`")),
]


# ---- the check ------------------------------------------------------------------------------------------------------


@exercise("5.7", title="Shifted images", mistakes=MISTAKES, lead=LEAD, hidden=same_as(shifted_split, drawn))
def check_shifted_split(submitted):
    """Tall and wide images, all directions, none, a shift beyond the image; validation images stay."""
    rng = np.random.default_rng(57)
    cases = [
        ("4 images of 5 x 3 pixels", rng.random((4, 5, 3)), rng.random((3, 5, 3)), [1, -2, 0, 1], [0, 1, -1, -1]),
        ("3 square images", rng.random((3, 4, 4)), rng.random((5, 4, 4)), [2, 1, -1], [1, 2, -2]),
        ("2 wide images, 2 x 5", rng.random((2, 2, 5)), rng.random((2, 2, 5)), [1, 0], [-1, 3]),
        ("the example", np.arange(1.0, 5).reshape(1, 2, 2), np.full((1, 2, 2), 9.0), [1], [0]),
        ("images that stay where they are", rng.random((2, 3, 3)), rng.random((2, 3, 3)), [0, 0], [0, 0]),
        ("a shift of the whole image", rng.random((2, 3, 3)), rng.random((1, 3, 3)), [3, 0], [0, -3]),
    ]
    for name, train, validation, *shifts in cases:
        given = train, validation, *map(np.array, shifts)
        value = expect_tuple(submitted(*given), 2, f"The result for {name}", ("train", "validation"))
        if isinstance(value[0], np.ndarray) and value[0].shape[:1] == (2 * len(train),):
            raise Diagnosis(
                f"The array of training images for {name} holds {2 * len(train)} images; expected {len(train)}.",
                hint="Return the moved images alone. In each step of training they take the place of the old ones.",
            )
        for part, expected in enumerate(shifted_split(*given)):
            what = f"The array of {('training', 'validation')[part]} images for {name}"
            expect_close(value[part], expected, **ROUNDING, because=known(MISTAKES, *given, part=part), what=what)
    return "Each training image by its own shift, with zeros coming in, and the validation images as they were."
