"""One look for every picture of the course: a palette that color-blind readers can tell apart, and line styles with it.

Colors are those of Okabe and Ito (2008), "Color Universal Design". The same thing has the same color in every chapter.
"""

from typing import Any

BLACK = "#000000"
ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
GRAY = "#6E6E6E"

PALETTE = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY_BLUE, BLACK)
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

POSITIVE = BLUE  # a positive weight, class 1
NEGATIVE = VERMILION  # a negative weight, class 0
TRAIN = BLUE
VALIDATION = ORANGE
GRADIENT = VERMILION
FUNCTION = BLUE
DERIVATIVE = VERMILION

# {optimizer: (color, dash)}. A dash is matplotlib's linestyle: an offset, and the lengths drawn and left out in turn.
# The lengths alone are the stroke-dasharray of a line in SVG; no lengths mean a solid line.
OPTIMIZER_LOOKS = {
    "gradient_descent": (BLACK, (0, (1, 1.5))),
    "momentum": (SKY_BLUE, (0, (6, 2))),
    "nesterov": (BLUE, (0, (6, 2, 1, 2))),
    "rmsprop": (ORANGE, (0, (3, 1.5))),
    "adam": (VERMILION, (0, ())),
    "adamw": (PURPLE, (0, (8, 2, 1, 2, 1, 2))),
    "muon": (GREEN, (0, (5, 1, 1, 1))),
}
OPTIMIZER_NAMES = {
    "gradient_descent": "gradient descent",
    "momentum": "momentum",
    "nesterov": "Nesterov",
    "rmsprop": "RMSProp",
    "adam": "Adam",
    "adamw": "AdamW",
    "muon": "Muon",
}


def series(index: int) -> dict[str, Any]:
    """Color, line style and marker of the index-th series, as keywords for `Axes.plot`."""
    return {
        "color": PALETTE[index % len(PALETTE)],
        "linestyle": LINE_STYLES[index % len(LINE_STYLES)],
        "marker": MARKERS[index % len(MARKERS)],
    }


def optimizer_look(name: str) -> dict[str, Any]:
    """Color, line style and label of an optimizer, as keywords for `Axes.plot`.

    `name` is a key of `OPTIMIZER_LOOKS`, or starts with one: "adam, 0.01" is drawn as Adam is, under its own name.

    Raises
    ------
    ValueError : no optimizer of this name
    """
    known = next((each for each in sorted(OPTIMIZER_LOOKS, key=len, reverse=True) if name.startswith(each)), None)
    if known is None:
        raise ValueError(f"There is no optimizer {name!r}. There are: {', '.join(OPTIMIZER_LOOKS)}.")
    color, dash = OPTIMIZER_LOOKS[known]
    return {"color": color, "linestyle": dash, "label": OPTIMIZER_NAMES[known] + name[len(known) :]}
