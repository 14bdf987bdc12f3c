"""One look for every picture of the course: a palette that color-blind readers can tell apart, and line styles with it.

Colors are those of Okabe and Ito (2008), "Color Universal Design". The same thing has the same color in every chapter.
"""

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


def series(index):
    """Color, line style and marker of the index-th series, as keywords for `Axes.plot`."""
    return {
        "color": PALETTE[index % len(PALETTE)],
        "linestyle": LINE_STYLES[index % len(LINE_STYLES)],
        "marker": MARKERS[index % len(MARKERS)],
    }
