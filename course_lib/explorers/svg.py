"""Pictures as text: pure functions that return pieces of SVG, and `Axes`, which places data on them.

Every piece is a string; a picture is the pieces one after the other, wrapped by `document`. Coordinates are in units of
the picture: x to the right, y down. Pieces carry no ids, so that many pictures can stand on one page.
"""

import base64
import html
import math
from dataclasses import dataclass

import numpy as np

from course_lib.plots.style import BLACK, GRAY

FONT_SIZE = 17  # in a picture 720 wide this is 13 px where a notebook leaves it 550 px
TALLEST = 344  # pixels: a laptop then shows the picture with all that is said under it
GRID = "#DDDDDD"
MINUS = "−"
_FAR = 20_000.0  # coordinates are held within this, so that a path that runs away still draws


def document(width, height, parts, description):
    """A complete picture: `parts` (strings) on white, `width` by `height` units, read aloud as `description`.

    On the page it is at most TALLEST pixels high. Its text runs from left to right also where the page does not: there
    signs and words would change sides.
    """
    widest = round(width * TALLEST / height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{html.escape(description, quote=True)}" font-family="system-ui, sans-serif" '
        f'style="display:block;width:100%;max-width:{widest}px;height:auto;direction:ltr">'
        f'<rect width="{width}" height="{height}" rx="6" fill="white"/>{"".join(parts)}</svg>'
    )


def as_image(picture, description):
    """An HTML image that holds `picture`, with its text alternative, for pages that show images and no SVG."""
    data = base64.b64encode(picture.encode("utf-8")).decode("ascii")
    alternative = html.escape(description, quote=True)
    return f'<img alt="{alternative}" src="data:image/svg+xml;base64,{data}" style="width:100%;max-width:820px">'


def format_number(value, digits=1):
    """A number to read: a real minus sign, at most `digits` decimals, no zeros at the end, a power of ten when huge.

    >>> format_number(-1.50), format_number(46.0), format_number(-0.01)
    ('−1.5', '46', '0')
    """
    value = float(value)
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else f"{MINUS}∞")
    if abs(value) >= 1e6:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa.replace('-', MINUS)}·10{_superscript(int(exponent))}"
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", MINUS)


def percent(share):
    """A share as text: percent(0.755) is '76%'."""
    return f"{100 * share:.0f}%"


def power_of_ten(exponent):
    """10 with a raised exponent, as text: power_of_ten(-3) is '10⁻³'."""
    return f"10{_superscript(exponent)}"


def _superscript(whole_number):
    return str(whole_number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def text(x, y, content, size=FONT_SIZE, color=BLACK, anchor="start", bold=False, halo=True, turned=False):
    """Text whose baseline starts (is centered, ends) at (x, y); `turned` reads upward; `halo` is a white outline."""
    extra = ' font-weight="bold"' if bold else ""
    if halo:
        extra += ' stroke="white" stroke-width="4" stroke-linejoin="round" paint-order="stroke"'
    if turned:
        extra += f' transform="rotate(-90 {_place(x)} {_place(y)})"'
    return (
        f'<text x="{_place(x)}" y="{_place(y)}" font-size="{size}" fill="{color}" text-anchor="{anchor}"{extra}>'
        f"{html.escape(str(content))}</text>"
    )


def line(x1, y1, x2, y2, color=BLACK, width=1.5, dash=""):
    """A straight line. `dash` is an SVG dash pattern such as "6 4", empty for a solid line."""
    return polyline([(x1, y1), (x2, y2)], color, width, dash)


def polyline(points, color=BLACK, width=2.0, dash=""):
    """A line through `points`, (n, 2). Points that are not numbers are left out."""
    places = [f"{_place(x)},{_place(y)}" for x, y in points if not (math.isnan(x) or math.isnan(y))]
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{" ".join(places)}" fill="none" stroke="{color}" stroke-width="{width:g}" '
        f'stroke-linejoin="round"{dashes}/>'
    )


def circle(x, y, radius, fill="white", color=BLACK, width=2.0):
    """A circle with its center at (x, y)."""
    return (
        f'<circle cx="{_place(x)}" cy="{_place(y)}" r="{_place(radius)}" fill="{fill}" '
        f'stroke="{color}" stroke-width="{width:g}"/>'
    )


def rectangle(x, y, width, height, fill="white", color="none", corner=0, line_width=1.5):
    """A rectangle with its upper left corner at (x, y)."""
    return (
        f'<rect x="{_place(x)}" y="{_place(y)}" width="{_place(width)}" height="{_place(height)}" rx="{corner}" '
        f'fill="{fill}" stroke="{color}" stroke-width="{line_width:g}"/>'
    )


@dataclass(frozen=True)
class Axes:
    """A rectangle of the picture that shows data from `x_range` and `y_range`, (low, high) each."""

    left: float
    top: float
    width: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def x(self, value):
        """Where the value `value` of the horizontal axis is in the picture."""
        low, high = self.x_range
        return self.left + self.width * (value - low) / (high - low)

    def y(self, value):
        """Where the value `value` of the vertical axis is in the picture."""
        low, high = self.y_range
        return self.top + self.height * (high - value) / (high - low)

    def points(self, x_values, y_values):
        """The places of many values, for `polyline`."""
        return list(zip(self.x(np.asarray(x_values, float)), self.y(np.asarray(y_values, float)), strict=True))

    def inside(self, *parts):
        """The parts, cut off at the edge of the axes."""
        box = f"{_place(self.left)} {_place(self.top)} {_place(self.width)} {_place(self.height)}"
        x, y, width, height = box.split()
        return (
            f'<svg x="{x}" y="{y}" width="{width}" height="{height}" viewBox="{box}" overflow="hidden">'
            f"{''.join(parts)}</svg>"
        )

    def frame(self, title, x_label, y_label, x_ticks, y_ticks, y_label_gap=42, grid=False):
        """Border, title, axis labels and ticks; each tick is a value or a pair (value, its text)."""
        bottom, right = self.top + self.height, self.left + self.width
        parts = [rectangle(self.left, self.top, self.width, self.height, "none", GRAY)]
        for value, label in map(_tick, x_ticks):
            lowest = self.top if grid else bottom
            parts.append(line(self.x(value), lowest, self.x(value), bottom + 5, GRID if grid else GRAY, 1))
            parts.append(text(self.x(value), bottom + 20, label, anchor="middle", halo=False))
        for value, label in map(_tick, y_ticks):
            rightmost = right if grid else self.left
            parts.append(line(self.left - 5, self.y(value), rightmost, self.y(value), GRID if grid else GRAY, 1))
            parts.append(text(self.left - 8, self.y(value) + 5, label, anchor="end", halo=False))
        middle = self.left + self.width / 2
        parts.append(text(middle, bottom + 40, x_label, anchor="middle", halo=False))
        parts.append(
            text(self.left - y_label_gap, self.top + self.height / 2, y_label, anchor="middle", halo=False, turned=True)
        )
        parts.append(text(middle, self.top - 14, title, anchor="middle", bold=True, halo=False))
        return "".join(parts)


def _tick(tick):
    return tick if isinstance(tick, tuple) else (tick, format_number(tick))


def _place(value):
    """A coordinate as text, one decimal, held within reach of the picture."""
    return f"{min(max(float(value), -_FAR), _FAR):.1f}".removesuffix(".0")
