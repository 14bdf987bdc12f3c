"""A figure on the page, with a text alternative: what a reader who can't see the picture would need to know."""

import base64
import html
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

PIXELS_AN_INCH = 94  # on the page: a letter of 10 points, matplotlib's usual one, is 13 pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def axes_or_new(axes: "Axes | None") -> "Axes":
    """The Axes that were given, or those of a new figure."""
    if axes is not None:
        return axes
    import matplotlib.pyplot as plt

    return plt.figure(layout="constrained").subplots()


def figure_or_new(figure: "Figure | None") -> "Figure":
    """The Figure that was given, or a new one."""
    if figure is not None:
        return figure
    import matplotlib.pyplot as plt

    return plt.figure(layout="constrained")


def show(figure: "Figure", alt: str, width: int | None = None) -> None:
    """Display a matplotlib figure as an image with the text alternative `alt`, and close it.

    Parameters
    ----------
    figure : matplotlib Figure
    alt : one or two sentences that say what the picture shows, its finding included
    width : width on the page in pixels; None is the figure's own size, PIXELS_AN_INCH. A cell of a window of 800 pixels
        has room for 620, and a wider picture is made smaller there

    Raises
    ------
    ValueError : `alt` is empty
    """
    from IPython.display import display

    display(as_picture(figure, alt, width))


@dataclass(frozen=True)
class Picture:
    """A picture of a page, for `display`: HTML with its words for a reader, and the plain PNG for what makes a PDF.

    Parameters
    ----------
    html : the <img> with its text alternative
    png : the file, in base64
    alt : the text alternative
    """

    html: str
    png: str
    alt: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "image/png": self.png, "text/plain": self.alt}


def as_picture(figure: "Figure", alt: str, width: int | None = None) -> Picture:
    """A matplotlib figure as an image of a page, for `display`; the figure is closed. Arguments as of `show`."""
    if not alt or not alt.strip():
        raise ValueError("show() needs a text alternative: alt='what the picture shows, its finding included'.")
    import matplotlib.pyplot as plt

    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=2 * 72, bbox_inches="tight", facecolor="white")
    plt.close(figure)
    data = base64.b64encode(picture.getvalue()).decode("ascii")
    pixels = width or round(figure.get_figwidth() * PIXELS_AN_INCH)
    tag = (
        f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt, quote=True)}" '
        f'style="width:{pixels}px;max-width:100%">'
    )
    return Picture(tag, data, alt)
