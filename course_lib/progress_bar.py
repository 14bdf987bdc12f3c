"""The one kind of progress bar: a widget in a notebook, a line on standard error in a terminal (tqdm)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tqdm import tqdm


def progress_bar(
    total: int,
    what: str,
    unit: str = "step",
    shown: bool = True,
    done: int = 0,
    stays: bool = True,
    scaled: bool = False,
) -> "tqdm":
    """A bar to `update()` and to `close()`, or to use in a `with` block.

    Parameters
    ----------
    total : how many units there are
    what : stands before the bar; `set_description` changes it
    unit : what one of them is called
    shown : False makes a bar that shows nothing and takes the same calls
    done : units that were done before
    stays : it is still seen when it is closed
    scaled : large numbers as 1.2k and 3.4M
    """
    from tqdm.auto import tqdm  # when one is needed: in a notebook it loads the widgets

    return tqdm(total=total, initial=done, desc=what, unit=unit, leave=stays, disable=not shown, unit_scale=scaled)
