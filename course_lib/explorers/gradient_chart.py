"""The size of a gradient on its way back, layer by layer or step by step: a chart on a fixed log axis, and its words.

Sizes are counted in decades against the last layer (or step), where the way back begins: 0 is the same size, -3 is
1/1,000 of it, 3 is 1,000 times it. Every chart begins at 0 on the right, so that charts can be compared. The words have
a twin in the browser, web/views/decades.js.
"""

import math

import numpy as np

from course_lib.explorers import svg
from course_lib.plots.style import GRADIENT, GRAY

REACH = 10  # decades shown, upward and downward
KEEPS, FAILS = 1, 3  # decades: up to KEEPS the size is kept; from FAILS on, the gradient vanishes or explodes
LARGEST = 300  # decades that are still written as a number
ZONE = "#EFEFEF"
Y_LABEL = "dL/dh (last = 1)"
Y_TICKS = [(power, "1" if power == 0 else svg.power_of_ten(power)) for power in (-10, -5, 0, 5, 10)]
VERDICTS = {
    "vanishes": "The gradient vanishes",
    "shrinks": "The gradient shrinks",
    "keeps": "The gradient keeps its size",
    "grows": "The gradient grows",
    "explodes": "The gradient explodes",
    "lost": f"The gradient is beyond {svg.power_of_ten(LARGEST)}: no ratio can be told",
}


def decades_to_last(sizes):
    """log10(size / last size) of each of `sizes` (n,), without overflow: -inf for 0, NaN where nothing can be said."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(np.asarray(sizes, float))
        return logs - logs[-1]


def verdict(decades):
    """A key of VERDICTS, or "alone", for the decades of all layers or steps, first to last."""
    first = float(decades[0])
    if math.isnan(first):
        return "lost"
    if len(decades) == 1:
        return "alone"
    if abs(first) <= KEEPS:
        return "keeps"
    if first < 0:
        return "vanishes" if first <= -FAILS else "shrinks"
    return "explodes" if first >= FAILS else "grows"


def finding(decades, name):
    """The verdict and the ratio of the first to the last: "The gradient shrinks: layer 1's is 1/12 of layer 9's"."""
    kind = verdict(decades)
    if kind == "alone":
        return f"Only one {name}: there is no way back to see"
    if kind == "lost":
        return VERDICTS[kind]
    return f"{VERDICTS[kind]}: {name} 1's is {times(decades[0])} {name} {len(decades)}'s"


def times(decades):
    """The ratio with the word that leads on: "1/2,300 of", "4·10⁷ times", "as large as"."""
    ratio = ratio_in_words(decades)
    return "as large as" if ratio == "1 times" else f"{ratio} of" if "/" in ratio else ratio


def ratio_in_words(decades):
    """What share or multiple `decades` is, in two digits: "1/2,300", "0.4 times", "4·10⁷ times"."""
    if decades == -math.inf:
        return "0 times"
    if decades < -LARGEST:
        return f"less than 1/{svg.power_of_ten(LARGEST)}"
    if decades > LARGEST:
        return f"more than {svg.power_of_ten(LARGEST)} times"
    if decades > -1:
        return f"{power_in_words(decades)} times"
    number = power_in_words(-decades)
    return f"1/({number})" if "·" in number else f"1/{number}"


def power_in_words(decades):
    """10**decades with two digits, as text."""
    exponent = math.floor(decades)
    digits = round(10 ** (decades - exponent), 1)
    if digits == 10:
        digits, exponent = 1.0, exponent + 1
    if not -4 <= exponent < 6:
        return ("" if digits == 1 else f"{digits:g}·") + svg.power_of_ten(exponent)
    value = digits * 10.0**exponent
    return f"{round(value):,}" if value >= 10 else f"{value:.{max(1 - exponent, 0)}f}".rstrip("0").rstrip(".")


def draw_bars(axes, decades, x_label, x_ticks):
    """The chart in little room: a bar for each of `decades` (n,), up or down from the last one's size; no title."""
    places = np.arange(1, len(decades) + 1)
    bottom, right = axes.top + axes.height, axes.left + axes.width - 8
    labels = [
        svg.text(right, axes.top + 20, "explodes", color=GRAY, anchor="end", halo=False),
        svg.text(right, bottom - 10, "vanishes", color=GRAY, anchor="end", halo=False),
    ]
    reference = svg.line(axes.left, axes.y(0), axes.left + axes.width, axes.y(0), GRAY, 2, "7 5")
    width = min(0.4 * axes.width / len(places), 10)
    ends = np.clip(decades, -REACH, REACH)
    bars = [
        svg.line(x, axes.y(0), x, axes.y(end), GRADIENT, width)
        for x, end in zip(axes.x(places), ends, strict=True)
        if end == end  # it is a number
    ]
    frame = axes.frame("", x_label, Y_LABEL, x_ticks, Y_TICKS, 58)
    marks = [*_dots(axes, places, decades), *_beyond(axes, places, decades)]
    return "".join([*_zones(axes), frame, *labels, reference, *bars, *marks])


def _zones(axes):
    """Where the gradient vanishes, and where it explodes, in gray."""
    bottom = axes.top + axes.height
    yield svg.rectangle(axes.left, axes.top, axes.width, axes.y(FAILS) - axes.top, ZONE)
    yield svg.rectangle(axes.left, axes.y(-FAILS), axes.width, bottom - axes.y(-FAILS), ZONE)


def _dots(axes, places, decades):
    radius = 5 if len(places) <= 30 else 3
    for x, height in zip(axes.x(places), decades, strict=True):
        if abs(height) <= REACH:
            yield svg.circle(x, axes.y(height), radius, fill=GRADIENT, color="white", width=1)


def _beyond(axes, places, decades):
    """Triangles at the edge under or over which the line goes on, and what that edge is."""
    for side, edge in ((1, axes.top), (-1, axes.top + axes.height)):
        outside = axes.x(places)[side * decades > REACH]
        if len(outside) == 0:
            continue
        apart = max(1, round(16 * len(places) / axes.width))  # triangles that do not overlap
        tip, base = edge + side, edge + 11 * side
        for x in outside[::apart]:
            yield svg.polyline([(x - 6, base), (x, tip), (x + 6, base), (x - 6, base)], GRADIENT, 2.5)
        label = f"beyond {svg.power_of_ten(side * REACH)}"
        y = edge + 30 if side == 1 else edge - 20
        yield svg.text(axes.x(1) + 14, y, label, color=GRADIENT, bold=True)
