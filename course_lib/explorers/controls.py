"""The controls an explorer declares: what each is called, what it means, its choices and where it starts."""

from dataclasses import dataclass

import ipywidgets as widgets
import numpy as np


def plain(value):
    """NumPy's numbers, booleans and texts as Python's own; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


@dataclass(frozen=True)
class Choice:
    """A drop-down list of `options`, pairs (text, value).

    name : the state's field, and the CSS class that tests find it by
    label : short text in front of the list, its unit included where it has one
    meaning : one sentence for those who can't see the picture, and for the tooltip
    group : heading under which the control stands
    """

    name: str
    label: str
    meaning: str
    options: tuple[tuple[str, object], ...]
    start: object
    group: str = ""

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
        return widgets.Dropdown(options=list(self.options), value=value, description=self.label, tooltip=self.meaning)
