"""LiveExplorer: an explorer with something that runs, step by step, and can be started, paused, stepped and reset.

A loop in a callback or a cell would hold the kernel, and a click on Pause would be seen only after it ended. Here the
steps run in an asyncio task on the kernel's main loop: a step, a picture, and time for everybody else.

A subclass of LiveExplorer adds to `controls`, `draw` and `describe` four functions of the state:

    begin(state)      what is run, before its first step: parameters, losses so far, ... becomes `state.progress`
    advance(state)    the progress after one more step (a new object, or the same one changed)
    finished(state)   True when there is no further step
    preview(state)    what is shown after a control moved while nothing ran; without it, begin(state)
    put_away(state)   the progress without what only the next step needs, for as long as nobody looks

A kernel keeps every explorer that a cell has made, also after the cell was run again. So one that nobody looks at any
more, or has not looked at UNSEEN_SECONDS after its start, stands still and keeps little.
"""

import asyncio
import time
from types import SimpleNamespace

from course_lib.explorers.explorer import Explorer

BREATH_SECONDS = 0.02  # at least so long for everybody else
UNSEEN_SECONDS = 10.0  # a run without a view ends after so long: time enough to be shown after start()
READOUT_SECONDS = 0.5  # while it runs the text changes this often, not 25 times a second, so that it can be read aloud


class LiveExplorer(Explorer):
    """Base of explorers that run, a step every `seconds_per_step`. A control that moves begins the run anew."""

    seconds_per_step = BREATH_SECONDS

    @staticmethod
    def begin(state: SimpleNamespace) -> object:
        """The progress before the first step."""
        raise NotImplementedError(
            "A live explorer needs begin(state), which returns the progress before the first step."
        )

    @staticmethod
    def advance(state: SimpleNamespace) -> object:
        """The progress one step after `state.progress`."""
        raise NotImplementedError("A live explorer needs advance(state), which returns the progress one step later.")

    @staticmethod
    def finished(state: SimpleNamespace) -> bool:
        """True when no further step is to be taken."""
        return False

    @classmethod
    def preview(cls, state: SimpleNamespace) -> object:
        """The progress that is shown while nothing runs."""
        return cls.begin(state)

    @classmethod
    def put_away(cls, state: SimpleNamespace) -> object:
        """The progress while nobody looks: small, and `advance` can go on from it."""
        return state.progress

    @classmethod
    def starting_state(cls, **changes: object) -> SimpleNamespace:
        """The state in which the explorer opens, with some controls elsewhere, and its progress."""
        state = super().starting_state(**changes)
        state.progress = cls.preview(state)
        return state

    def __init__(self, **starts: object):
        self.task = None
        self._stale = False
        self._readout_at = float("-inf")
        super().__init__(**starts)
        del self._starts["progress"]
        self.widget._view_count = 0  # from now on the front end counts the views
        self.widget.observe(self._on_views, names="_view_count")

    @property
    def running(self) -> bool:
        """True between Start and the end, or Pause."""
        return self.task is not None

    # What the buttons do; they may be called from any thread

    def start(self) -> None:
        """Run from where it stands, or from the beginning if it had come to its end."""
        if self._loop is None or not self._loop.is_running():
            raise RuntimeError("start() needs a running event loop, as a notebook has one. Here, call step() instead.")
        self._on_loop(self._start)

    def pause(self) -> None:
        """Stop where it stands."""
        self._on_loop(self._pause if self._seen else self._rest)

    def step(self) -> None:
        """One step, or back to the beginning if it had come to its end. Pauses first."""
        self._on_loop(self._step)

    def reset(self) -> None:
        """Pause, and everything back to the start."""
        self._on_loop(self._reset)

    def _buttons(self):
        start = self._button("Start", "explorer-start", self.start, "Run step after step")
        start.add_class("explorer-first")
        return [
            start,
            self._button("Pause", "explorer-pause", self.pause, "Stop where it stands"),
            self._button("Step", "explorer-step", self.step, "Take one step"),
            *super()._buttons(),
        ]

    # On the main loop only

    def _on_loop(self, action):
        if self._loop is None or not self._loop.is_running():
            action()
        else:
            self._loop.call_soon_threadsafe(self._guarded, action)

    def _guarded(self, action):
        try:
            action()
        except Exception as error:
            self._show_error(error)
            raise

    def _start(self):
        if self.running:
            return
        self._begin_again_if_finished()
        self.task = self._loop.create_task(self._run())

    def _pause(self):
        if self.running:
            self.task.cancel()
            self.task = None

    def _rest(self):
        self._pause()
        self._values["progress"] = self.put_away(self.state())

    @property
    def _seen(self):
        return bool(self.widget._view_count)

    def _step(self):
        self._pause()
        if not self._begin_again_if_finished():
            self._values["progress"] = self.advance(self.state())
        self._request_draw()

    def _reset(self):
        self._pause()
        self._error = None
        self._stale = True
        self.set(**self._starts)

    def _begin_again_if_finished(self):
        self._error = None
        self._catch_up()
        again = self.finished(self.state())
        if again:
            self._values["progress"] = self.begin(self.state())
        return again

    async def _run(self):
        seen_at = self._loop.time()
        try:
            while not self.finished(self.state()):
                if self._seen:
                    seen_at = self._loop.time()
                elif self._loop.time() - seen_at > UNSEEN_SECONDS:
                    self._values["progress"] = self.put_away(self.state())
                    return
                self._values["progress"] = self.advance(self.state())
                self._request_draw()
                await asyncio.sleep(max(BREATH_SECONDS, self.seconds_per_step))
                self._catch_up()
        except asyncio.CancelledError:
            pass  # Pause: the progress so far stays
        except Exception as error:
            self._show_error(error)
            raise
        finally:
            if self.task is asyncio.current_task():
                self.task = None
            self._request_draw()

    # Controls that move while it runs, or while it stands

    def _on_change(self, name, value):
        self._stale = True
        super()._on_change(name, value)

    def _catch_up(self):
        if self._stale:
            self._stale = False
            state = self.state()
            self._values["progress"] = self.begin(state) if self.running else self.preview(state)

    def _draw(self):
        self._catch_up()
        super()._draw()

    def _write_readout(self, content):
        now = time.perf_counter()
        if not self.running or now - self._readout_at >= READOUT_SECONDS:
            self._readout_at = now
            super()._write_readout(content)

    def _on_views(self, change):
        if not change["new"]:  # the cell was cleared or run again: nobody is watching
            self.pause()
