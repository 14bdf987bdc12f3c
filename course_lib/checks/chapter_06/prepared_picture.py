"""Exercise 6.6: a photographed picture, made into what the network has learned from."""

import numpy as np

from course_lib.checks.expectations import ROUNDING, expect_close
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = (
    "Take the example, one row of white, black, white. Draw the square that comes out, with a number in each place, "
    "and print yours."
)


def prepare(picture):
    """(rows, columns) uint8, dark on white -> (side, side), 0 paper to 1 black, in the middle."""
    return framed(1 - picture / 255)


def framed(image, paper=0.0, before=lambda missing: missing // 2):
    """The image in a square of paper, with before(missing rows or columns) of them above it and on its left."""
    rows, columns = image.shape
    side = max(rows, columns)
    square = np.full((side, side), paper, dtype=float)
    top, left = before(side - rows), before(side - columns)
    square[top : top + rows, left : left + columns] = image
    return square


def drawn(rng):
    """Fresh pictures: tall, wide, square, with one row or column left over, one row, one pixel, one shade."""
    n = int(rng.integers(3, 9))
    sizes = (
        (n + int(rng.integers(2, 6)), n),
        (n, n + int(rng.integers(2, 6))),
        (n, n),
        (n + 1, n),
        (n, n + 1),
        (1, n),
        (1, 1),
    )
    pictures = [rng.integers(0, 256, size) for size in sizes]
    pictures += [rng.integers(90, 200, (n, 3)), np.full((2, n), rng.integers(0, 256))]
    return [(picture.astype(np.uint8),) for picture in pictures]


# ---- wrong answers --------------------------------------------------------------------------------------------------


def of_ink(result):
    """result(ink) of the picture that is turned around already, 0 paper to 1 black."""
    return lambda picture: result(1 - picture / 255)


def cut_from_the_middle(ink):
    side = min(ink.shape)
    top, left = ((length - side) // 2 for length in ink.shape)
    return ink[top : top + side, left : left + side]


def stretched(ink):
    """Every row or column of the square copies the one that lies nearest in the image."""
    side = max(ink.shape)
    rows, columns = (np.arange(side) * length // side for length in ink.shape)
    return ink[rows][:, columns]


def spread(ink):
    low, high = ink.min(), ink.max()
    return framed((ink - low) / (high - low) if high > low else ink)


def turns_in_place(picture):
    picture[:] = 255 - picture
    return framed(picture / 255)


BYTE = (
    "The picture is uint8, which goes from 0 to 255 and wraps around: 1 - 2 is 255 there. Divide by 255 first, which "
    "makes decimal numbers."
)
NO_DECIMALS = "The decimals are lost: by `//`, or in an array of whole numbers. Use `/`, and no `dtype=int`."

MISTAKES = [
    (
        lambda picture: framed(picture / 255, paper=1.0),
        "It is not turned around: 255 is white paper, and paper is 0 for the network. 1 - picture / 255.",
    ),
    (
        lambda picture: framed(picture / 255),
        "It is not turned around, and the paper around it is 0, which is black before it is turned. 1 - picture / 255 "
        "first.",
    ),
    (
        lambda picture: 1 - framed(picture / 255),
        "It is framed before it is turned around, with 0 as paper: there 0 is black, so the frame is ink now. Turn it "
        "first.",
    ),
    (
        lambda picture: framed(255.0 - picture),
        "It goes from 0 to 255. Divide by 255: the network learned from 0 to 1.",
    ),
    (
        lambda picture: 255 - framed(picture),
        "It goes from 0 to 255, and the frame is ink. Divide by 255, and turn it before it is framed.",
    ),
    (
        lambda picture: framed(picture, paper=255),
        "It is the picture as it was, from 0 to 255, with 255 for paper. The network wants 0 for paper, 1 for ink.",
    ),
    (
        framed,
        "It is the picture as it was, from 0 to 255. The network wants 0 for paper and 1 for ink.",
    ),
    (lambda picture: framed((1 - picture) / 255), BYTE),
    (lambda picture: framed(1 - picture), BYTE),
    (lambda picture: framed((255 - picture) // 255), f"{NO_DECIMALS} Everything that is not black became 0."),
    (lambda picture: framed(1 - picture / 255).astype(int), f"{NO_DECIMALS} Everything that is not black became 0."),
    (lambda picture: framed(1 - picture // 255), f"{NO_DECIMALS} Everything that is not white became 1."),
    (
        lambda picture: framed(picture < 128),
        "It is black or white, with nothing between. The network has learned from all grays: 1 - picture / 255.",
    ),
    (
        of_ink(spread),
        "It is stretched to its own darkest and lightest value. 1 is black, 255 in the picture's own numbers.",
    ),
    (
        lambda picture: framed(1 - picture / max(picture.max(), 1)),
        "It is divided by its own largest value. 255 is white in every picture.",
    ),
    (lambda picture: framed(1 - picture / 256), "It is divided by 256. White is 255."),
    (
        lambda picture: framed(1 - picture / 127.5, paper=-1.0),
        "It goes from -1 to 1. The network learned from 0 to 1.",
    ),
    (
        of_ink(lambda ink: framed(ink, before=lambda missing: 0)),
        "It stands in the corner: all the paper is on one side. Half of it belongs on each.",
    ),
    (
        of_ink(lambda ink: framed(ink, before=lambda missing: missing)),
        "It stands in the corner at the bottom or right. Half of the paper belongs on each side.",
    ),
    (
        of_ink(lambda ink: framed(ink, before=lambda missing: (missing + 1) // 2)),
        "The one row or column that remains is at the top or left. It belongs at the bottom or right: "
        "`(side - rows) // 2` rounds down.",
    ),
    (
        of_ink(cut_from_the_middle),
        "It is cut to the shorter edge, and what stood outside is lost. Extend the shorter edge with paper.",
    ),
    (
        of_ink(lambda ink: ink[: min(ink.shape), : min(ink.shape)]),
        "It is cut to the shorter edge, and what stood below or on the right is lost. Extend the shorter edge with "
        "paper.",
    ),
    (
        of_ink(stretched),
        "It is stretched to the square, and changes its form. Extend the shorter edge with paper.",
    ),
    (of_ink(lambda ink: framed(ink).T), "Rows and columns are exchanged."),
    (of_ink(lambda ink: framed(ink).ravel()), "That is one flat row. Here the image stays a square."),
    (
        of_ink(lambda ink: framed(ink).reshape(1, -1)),
        "That is one flat row, in a batch of one. Here the image stays a square.",
    ),
    (of_ink(lambda ink: ink), "It is not made a square. Extend the shorter edge with paper."),
    (lambda picture: prepare(picture).tolist(), Said("expected a NumPy array")),
    (turns_in_place, Said("changes its input `picture`")),
]


# ---- the check ------------------------------------------------------------------------------------------------------


@exercise("6.6", title="A picture for the network", mistakes=MISTAKES, lead=LEAD, hidden=same_as(prepare, drawn))
def check_prepare(submitted):
    """Tall, wide and square pictures, even and odd differences, one row, gray alone, black alone."""
    rng = np.random.default_rng(66)
    cases = [
        ("the example", np.array([[255, 0, 255]])),
        ("a tall picture, 4 x 2", np.array([[255, 0], [255, 51], [255, 255], [204, 0]])),
        ("a wide picture, 3 x 7", rng.integers(0, 256, (3, 7))),
        ("a tall picture where one column remains, 6 x 3", rng.integers(0, 256, (6, 3))),
        ("a wide picture where one row remains, 4 x 5", rng.integers(0, 256, (4, 5))),
        ("a square picture", rng.integers(0, 256, (4, 4))),
        ("a picture in light gray", rng.integers(120, 240, (5, 3))),
        ("one row", rng.integers(0, 256, (1, 4))),
        ("black alone", np.zeros((2, 3))),
    ]
    for name, picture in cases:
        picture = picture.astype(np.uint8)
        with np.errstate(all="ignore"):
            value = submitted(picture)
        because = known(MISTAKES, picture)
        expect_close(value, prepare(picture), **ROUNDING, because=because, what=f"The result for {name}")
    return "Ink is 1 and paper 0, in the middle of a square: what the network has learned from."
