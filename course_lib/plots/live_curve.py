"""Curves that grow while something is trained: one picture on the page, drawn anew in its place."""

from course_lib.plots.figures import as_picture
from course_lib.plots.style import series
from course_lib.plots.training import label_ends


class LiveCurve:
    """Several curves in one picture. `add` gives one of them its next point and draws the picture anew.

    Parameters
    ----------
    xlabel, ylabel, title : of the picture
    most : how many points a curve will have, for the axis
    limits : of the values
    """

    def __init__(
        self, xlabel: str, ylabel: str, title: str, most: int, limits: tuple[float, float] = (0.0, 1.0)
    ) -> None:
        self.xlabel, self.ylabel, self.title, self.most, self.limits = xlabel, ylabel, title, most, limits
        self.curves: dict[str, list[float]] = {}
        self._place = None

    def add(self, name: str, value: float) -> None:
        """The next point of the curve of this name, from 1 on."""
        self.curves.setdefault(name, []).append(float(value))
        self._show()

    def _show(self):
        from IPython.display import display

        picture = as_picture(self._draw(), self._alt(), width=700)
        if self._place is None:
            self._place = display(picture, display_id=True)
        else:
            self._place.update(picture)

    def _draw(self):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(7, 2.7), layout="constrained")
        axes.set(xlabel=self.xlabel, ylabel=self.ylabel, title=self.title)
        axes.set(xlim=(0.7, self.most * 1.16), ylim=self.limits)
        axes.set_xticks(range(1, self.most + 1))
        ends = {}
        for index, (name, values) in enumerate(self.curves.items()):
            look = series(index)
            axes.plot(range(1, len(values) + 1), values, linewidth=2, markersize=5, **look)
            ends.setdefault(len(values), []).append((values[-1], name, look["color"]))
        for position, together in ends.items():
            label_ends(axes, position, together)
        return figure

    def _alt(self):
        said = "; ".join(f"{name} from {values[0]:.2f} to {values[-1]:.2f}" for name, values in self.curves.items())
        return f"{self.title}. {said}."
