"""Explorer: a picture that follows its controls. One small class owns state, controls, drawing; the rest is pure.

To write another one, write two functions of the state and declare the controls:

    def draw(state):
        return svg.document(300, 300, [svg.line(0, 150, 300, 150 - 300 * state.slope)], describe(state))

    def describe(state):
        return f"A line of slope {state.slope}."

    class LineExplorer(Explorer):
        controls = (Choice("slope", "slope", "how steep the line is", (("flat", 0.0), ("steep", 2.0)), start=2.0),)
        draw = staticmethod(draw)
        describe = staticmethod(describe)

`LineExplorer()` as the last line of a cell shows it, and `LineExplorer(slope=0.0)` starts it elsewhere. The picture is
one SVG in one `widgets.HTML`: from control to picture that takes a fraction of the time of a matplotlib figure.

Who draws: JupyterLab runs a control's callback on whichever thread it likes, so a callback only notes the new value and
asks for a picture; the kernel's main loop draws, 25 times a second at most, always the newest state. Without a running
loop (plain Python) the picture is drawn at once.
"""

import asyncio
from types import SimpleNamespace

import ipywidgets as widgets

from course_lib.explorers import svg
from course_lib.explorers.accessibility import accessible_box, paragraphs

FRAME_SECONDS = 0.04  # 25 pictures a second at most: more of them starve the browser


class Explorer:
    """Base of all explorers. A subclass declares `controls`, `draw(state)` and `describe(state)`.

    Parameters
    ----------
    starts : where controls start, by name; those left out start where their declaration says

    Raises
    ------
    TypeError : a name that is not a control of this explorer
    ValueError : a value that the control cannot have
    """

    controls = ()
    label_width = "84px"  # as in the browser's explorers

    @staticmethod
    def draw(state: SimpleNamespace) -> str:
        """The picture as SVG text. Pure: the same state gives the same picture."""
        raise NotImplementedError("An explorer needs draw(state), which returns SVG text.")

    @staticmethod
    def describe(state: SimpleNamespace) -> str:
        """What the picture shows, in words and numbers, for the line under it and for screen readers. Pure."""
        raise NotImplementedError("An explorer needs describe(state), which returns plain text.")

    @classmethod
    def has_something_to_move(cls) -> bool:
        """Whether this is an explorer and not the base of some."""
        return bool(cls.controls)

    @classmethod
    def starting_state(cls, **changes: object) -> SimpleNamespace:
        """The state in which the explorer opens, with some controls elsewhere: what `draw` and `describe` take."""
        changes = cls._checked(changes)
        return SimpleNamespace(**{control.name: changes.get(control.name, control.start) for control in cls.controls})

    @classmethod
    def _checked(cls, changes):
        """The changes as plain values; TypeError for a name that is no control, ValueError for what it cannot be."""
        known = {control.name: control for control in cls.controls}
        for name in changes:
            if name not in known:
                raise TypeError(f"{cls.__name__} has no control {name!r}. Its controls are: {', '.join(known)}.")
        return {name: known[name].checked(value) for name, value in changes.items()}

    def __init__(self, **starts: object):
        self._starts = vars(self.starting_state(**starts))
        self._values = dict(self._starts)
        self._loop = _running_loop()
        self._drawn_at = float("-inf")
        self._scheduled = self._held = False
        self._error = None
        self.inputs = {control.name: self._make_control(control) for control in self.controls}
        full_width = {"width": "100%", "margin": "2px 0"}  # a margin at the side would make the box scroll
        self.picture = widgets.HTML(layout=widgets.Layout(**full_width))
        self.picture.add_class("explorer-picture")
        self.readout = widgets.HTML(layout=widgets.Layout(**full_width))
        self.readout.add_class("explorer-readout")
        stage = widgets.VBox([self.picture, self.readout])
        self.widget = accessible_box([_with_class(widgets.GridBox([self._control_panel(), stage]), "explorer-beside")])
        self._draw()

    def __setattr__(self, name, value):
        if any(control.name == name for control in self.controls):
            raise AttributeError(
                f"{name} is a control of {type(self).__name__}, and setting an attribute would not move it. Move it "
                f"with .set({name}={value!r})."
            )
        super().__setattr__(name, value)

    # What a notebook and a test can do with it

    def state(self) -> SimpleNamespace:
        """The present state, a copy: one attribute per control."""
        return SimpleNamespace(**self._values)

    def set(self, **changes: object) -> None:
        """Move controls, as a hand on them would: `explorer.set(w1=2.0)`."""
        changes = self._checked(changes)
        with _OnePicture(self):
            for name, value in changes.items():
                self.inputs[name].value = value

    def reset(self) -> None:
        """All controls back to where they started."""
        self.set(**self._starts)

    def _repr_mimebundle_(self, **_):
        bundle = dict(self.widget._repr_mimebundle_())
        picture, description = self.picture.value, self.describe(self.state())
        bundle["text/plain"] = f"{type(self).__name__}: {description}"
        bundle["image/svg+xml"] = picture  # this and the next for readers without a kernel
        bundle["text/html"] = svg.as_image(picture, description) + paragraphs(description)
        return bundle

    # Controls

    def _make_control(self, control):
        widget = control.widget(self._starts[control.name])
        widget.layout.width = "auto"
        widget.style.description_width = self.label_width
        widget.add_class("explorer-control")
        widget.add_class(control.name)
        widget.observe(lambda change: self._on_change(control.name, change["new"]), names="value")
        return widget

    def _control_panel(self):
        groups = {}
        for control in self.controls:
            groups.setdefault(control.group, []).append(self.inputs[control.name])
        columns = [_column(heading, members) for heading, members in groups.items()]
        buttons = _with_class(widgets.HBox(self._buttons()), "explorer-buttons")
        return _with_class(widgets.GridBox([buttons, *columns]), "explorer-panel")

    def _buttons(self):
        return [self._button("Reset", "explorer-reset", self.reset, "Back to the start")]

    def _button(self, label, css_class, action, tooltip):
        button = widgets.Button(description=label, tooltip=tooltip, layout=widgets.Layout(width="auto"))
        button.add_class(css_class)
        button.on_click(lambda _: action())
        return button

    def _on_change(self, name, value):
        self._values[name] = value
        self._error = None
        self._request_draw()

    # Drawing: callbacks ask, one owner draws

    def _request_draw(self):
        if self._held:
            return
        if self._loop is None or not self._loop.is_running():
            self._draw()
        else:
            self._loop.call_soon_threadsafe(self._schedule_draw)

    def _schedule_draw(self):
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_later(max(0.0, self._drawn_at + FRAME_SECONDS - self._loop.time()), self._draw_scheduled)

    def _draw_scheduled(self):
        self._scheduled = False  # before the state is read: a change from now on asks for another picture
        self._drawn_at = self._loop.time()
        try:
            self._draw()
        except Exception as error:
            self._show_error(error)
            raise  # into the kernel's log

    def _draw(self):
        state = self.state()
        self.picture.value = self.draw(state)
        self._write_readout(self.describe(state))

    def _write_readout(self, content):
        self.readout.value = paragraphs(content if self._error is None else f"{content}\n{self._error}")

    def _show_error(self, error):
        self._error = f"Stopped by {type(error).__name__}: {error}. Press Reset to go on."
        self.readout.value = paragraphs(self._error)


class _OnePicture:
    """Within it several controls move and one picture is drawn at the end."""

    def __init__(self, explorer):
        self.explorer = explorer

    def __enter__(self):
        self.explorer._held = True

    def __exit__(self, *_):
        self.explorer._held = False
        self.explorer._request_draw()


def _running_loop():
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _column(heading, members):
    title = [widgets.HTML(f'<span class="explorer-heading">{heading}</span>')] if heading else []
    return _with_class(widgets.VBox([*title, *members]), "explorer-group")


def _with_class(widget, css_class):
    widget.add_class(css_class)
    return widget
