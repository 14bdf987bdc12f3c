"""The controls an explorer declares: what each is called, what it means, its range and where it starts."""

from dataclasses import dataclass
from numbers import Real

import ipywidgets as widgets
import numpy as np


def plain(value):
    """NumPy's numbers, booleans and texts as Python's own; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


@dataclass(frozen=True)
class Slider:
    """A number between `low` and `high` in steps of `step`.

    name : the state's field, and the CSS class that tests find it by
    label : short text in front of the slider, its unit included where it has one
    meaning : one sentence for those who can't see the picture, and for the tooltip
    group : heading under which the control stands
    """

    name: str
    label: str
    meaning: str
    low: float
    high: float
    step: float
    start: float
    group: str = ""
    digits: int = 1

    def checked(self, value):
        """The value as a plain number; ValueError where the slider cannot stand there."""
        number = plain(value)
        if isinstance(number, bool) or not isinstance(number, Real) or not self.low <= number <= self.high:
            raise ValueError(f"{self.name} is {value!r}; it must be a number from {self.low} to {self.high}.")
        return number

    def widget(self, value):
        """The ipywidgets control, standing at `value`."""
        return widgets.FloatSlider(
            value=value,
            min=self.low,
            max=self.high,
            step=self.step,
            readout_format=f".{self.digits}f",
            description=self.label,
            tooltip=self.meaning,
        )


@dataclass(frozen=True)
class Choice:
    """One of `options`, pairs (text, value): a drop-down list, or a slider over them where they have an order.

    A slider over chosen values is the control for a learning rate: 0.001, 0.002, 0.005, ... on an even scale.
    """

    name: str
    label: str
    meaning: str
    options: tuple[tuple[str, object], ...]
    start: object
    group: str = ""
    ordered: bool = False

    def checked(self, value):
        """The option that equals `value`; ValueError where there is none. True is no 1."""
        values = [option for _, option in self.options]
        wanted = plain(value)
        for option in values:
            if isinstance(wanted, bool) == isinstance(option, bool) and np.array_equal(option, wanted):
                return option
        raise ValueError(f"{self.name} is {value!r}; the choices are: {', '.join(map(repr, values))}.")

    def widget(self, value):
        """The ipywidgets control, standing at `value`."""
        kind = widgets.SelectionSlider if self.ordered else widgets.Dropdown
        return kind(options=list(self.options), value=value, description=self.label, tooltip=self.meaning)
