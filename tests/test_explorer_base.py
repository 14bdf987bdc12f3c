"""The base of all explorers: who draws and how often, what runs live, and the drawing of text, axes and images."""

import asyncio
import math
import re
import threading
import time
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from course_lib.explorers import svg
from course_lib.explorers.accessibility import COLORS, DRAWN
from course_lib.explorers.configuration import ConfigurationExplorer
from course_lib.explorers.controls import Choice
from course_lib.explorers.explorer import Explorer
from course_lib.explorers.live import LiveExplorer
from course_lib.explorers.web_explorer import WEB

# The base class


def numbers(low, high, step):
    """The options of a Choice of numbers."""
    values = [round(low + step * place, 6) for place in range(round((high - low) / step) + 1)]
    return tuple((f"{value:g}", float(value)) for value in values)


class LineExplorer(Explorer):
    controls = (
        Choice("slope", "slope", "how steep it is", numbers(-2, 2, 0.1), 1.0),
        Choice("color", "color", "of the line", (("blue", "#0072B2"), ("black", "#000000")), "#000000"),
    )

    @staticmethod
    def draw(state):
        if state.slope == 2:
            raise ZeroDivisionError("slope 2 cannot be drawn")
        return svg.document(9, 9, [svg.line(0, 0, 9, 9 * state.slope, state.color)], "a line")

    @staticmethod
    def describe(state):
        return f"slope {state.slope:.1f} < 3"


class CountingExplorer(LineExplorer):
    def __init__(self, **starts):
        self.drawn = []
        super().__init__(**starts)

    def _draw(self):
        self.drawn.append((time.perf_counter(), threading.get_ident(), self.state().slope))
        super()._draw()


def test_without_a_running_loop_every_change_is_drawn_at_once():
    explorer = CountingExplorer()
    assert len(explorer.drawn) == 1
    explorer.inputs["slope"].value = -1.0
    assert [slope for *_, slope in explorer.drawn] == [1.0, -1.0]
    assert "slope -1.0" in explorer.readout.value


def test_several_controls_set_together_are_one_picture():
    explorer = CountingExplorer()
    explorer.set(slope=0.5, color="#0072B2")
    assert len(explorer.drawn) == 2
    assert "#0072B2" in explorer.picture.value


def test_in_a_running_loop_many_changes_become_one_picture_of_the_newest_state():
    async def move():
        explorer = CountingExplorer()
        for number in range(10):
            explorer.inputs["slope"].value = -number / 10
        assert len(explorer.drawn) == 1  # callbacks only ask
        await asyncio.sleep(0.2)
        return explorer.drawn

    assert [slope for *_, slope in asyncio.run(move())] == [1.0, -0.9]


def test_changes_from_another_thread_are_drawn_by_the_loop_that_made_the_explorer():
    async def move():
        explorer = CountingExplorer()
        thread = threading.Thread(target=lambda: explorer.set(slope=-1.5))
        thread.start()
        await asyncio.sleep(0.2)
        thread.join()
        return explorer.drawn

    drawn = asyncio.run(move())
    assert drawn[-1][2] == -1.5
    assert {owner for _, owner, _ in drawn} == {threading.get_ident()}


def test_pictures_keep_a_distance_of_a_25th_of_a_second():
    async def move():
        explorer = CountingExplorer()
        for number in range(60):
            explorer.inputs["slope"].value = (number % 19) / 10
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.1)
        return explorer.drawn[1:]

    times = [moment for moment, *_ in asyncio.run(move())]
    assert len(times) >= 3
    assert np.diff(times).min() > 0.039


def test_an_untouched_explorer_draws_nothing_more():
    async def wait():
        explorer = CountingExplorer()
        await asyncio.sleep(0.3)
        return explorer.drawn

    assert len(asyncio.run(wait())) == 1


def test_an_error_while_drawing_is_shown_in_the_readout_and_reaches_the_log():
    async def move():
        logged = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context["exception"]))
        explorer = LineExplorer()
        explorer.inputs["slope"].value = 2.0
        await asyncio.sleep(0.1)
        broken = explorer.readout.value
        explorer.reset()
        await asyncio.sleep(0.1)
        return logged, broken, explorer.readout.value

    logged, broken, mended = asyncio.run(move())
    assert [type(error) for error in logged] == [ZeroDivisionError]
    assert "slope 2 cannot be drawn" in broken
    assert "cannot" not in mended


def test_text_in_the_readout_is_escaped():
    assert "&lt; 3" in LineExplorer().readout.value


def test_a_control_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(TypeError, match=r"LineExplorer has no control 'slop'.*slope, color"):
        LineExplorer(slop=1.0)
    with pytest.raises(TypeError, match="no control"):
        LineExplorer().set(width=3)


@pytest.mark.parametrize("value", [2.1, -3, "steep", True, math.nan])
def test_a_choice_of_numbers_refuses_what_it_does_not_offer(value):
    with pytest.raises(ValueError, match=r"slope is .*; the choices are: -2.0, -1.9"):
        LineExplorer(slope=value)


@pytest.mark.parametrize("value", [np.int64(-1), np.float32(0.5), np.float64(1.5)])
def test_numbers_of_numpy_move_a_control_and_are_kept_as_plain_ones(value):
    explorer = LineExplorer(slope=value)
    assert type(explorer.state().slope) in (int, float) and explorer.state().slope == value
    explorer = LineExplorer()
    explorer.set(slope=value)
    assert explorer.inputs["slope"].value == value


class SwitchExplorer(LineExplorer):
    controls = (
        LineExplorer.controls[0],
        Choice("on", "on", "whether it is drawn", (("yes", True), ("no", False)), True),
        Choice("width", "width", "of the line", (("1", 1), ("2", 2)), 2),
        Choice("color", "color", "of the line", (("blue", "#0072B2"), ("black", "#000000")), "#000000"),
    )


def test_what_numpy_calls_true_one_and_a_text_chooses_the_option_itself():
    for changes in ({"on": np.False_}, {"width": np.int32(1)}, {"color": np.str_("#0072B2")}):
        explorer = SwitchExplorer(**changes)
        other = SwitchExplorer()
        other.set(**changes)
        for name, value in changes.items():
            for kept in (vars(explorer.state())[name], vars(other.state())[name]):
                assert kept == value and type(kept) in (bool, int, str)


@pytest.mark.parametrize(
    "changes", [{"width": True}, {"on": 1}, {"width": [1, 2]}, {"width": np.array([1, 1])}, {"slope": np.True_}]
)
def test_true_is_no_number_and_a_list_is_no_choice(changes):
    with pytest.raises(ValueError, match=f"{next(iter(changes))} is .*; "):
        SwitchExplorer(**changes)


def test_a_choice_refuses_what_is_not_among_its_options():
    with pytest.raises(ValueError, match="color is 'red'; the choices are"):
        LineExplorer(color="red")


# What runs live


class Countdown(LiveExplorer):
    controls = (Choice("top", "top", "where it starts", numbers(1, 1000, 1), 500.0),)

    @staticmethod
    def begin(state):
        return state.top

    @staticmethod
    def advance(state):
        if state.top == 13 and state.progress == 10:
            raise ArithmeticError("ten & unlucky")
        time.sleep(0.001)
        return state.progress - 1

    @staticmethod
    def finished(state):
        return state.progress <= 0

    @staticmethod
    def draw(state):
        return svg.document(9, 9, [svg.text(0, 9, state.progress)], "a number")

    @staticmethod
    def describe(state):
        return f"at {state.progress:.0f}"


def run_in_loop(scenario, explorer_class=Countdown, **starts):
    """Run an async function of an explorer that was made inside a loop."""

    async def main():
        return await scenario(explorer_class(**starts))

    return asyncio.run(main())


def test_start_runs_to_the_end_and_shows_it():
    async def scenario(explorer):
        explorer.start()
        await asyncio.sleep(0)
        await explorer.task
        await asyncio.sleep(0.1)
        return explorer

    explorer = run_in_loop(scenario, top=50)
    assert explorer.state().progress == 0
    assert "at 0" in explorer.readout.value
    assert not explorer.running


def test_others_have_their_turn_while_it_runs_and_pause_stops_it_within_a_burst():
    async def scenario(explorer):
        explorer.start()
        waits = []
        for _ in range(8):
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            waits.append(time.perf_counter() - before)
        assert explorer.running
        explorer.pause()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        stopped = explorer.state().progress
        await asyncio.sleep(0.2)
        return explorer, stopped, sorted(waits)

    explorer, stopped, waits = run_in_loop(scenario)
    assert waits[len(waits) // 2] < 0.1  # the loop was never held for the whole run, which takes half a second
    assert 0 < stopped < 500
    assert explorer.state().progress == stopped
    assert f"at {stopped:.0f}" in explorer.readout.value
    assert not explorer.running


def test_start_after_pause_goes_on_and_start_after_the_end_begins_again():
    async def scenario(explorer):
        explorer.set(top=30)
        explorer.start()
        await asyncio.sleep(0.005)
        explorer.pause()
        await asyncio.sleep(0.01)
        halfway = explorer.state().progress
        explorer.start()
        await asyncio.sleep(0)
        assert explorer.state().progress <= halfway
        await explorer.task
        assert explorer.state().progress == 0
        explorer.start()
        await asyncio.sleep(0)
        assert explorer.state().progress > 0
        await explorer.task
        return halfway

    assert 0 < run_in_loop(scenario) < 30


def test_starting_twice_runs_once():
    async def scenario(explorer):
        explorer.start()
        await asyncio.sleep(0)
        first = explorer.task
        explorer.start()
        await asyncio.sleep(0)
        assert explorer.task is first
        explorer.pause()

    run_in_loop(scenario)


def test_step_takes_one_step_and_stops_a_run():
    async def scenario(explorer):
        explorer.start()
        await asyncio.sleep(0.03)
        explorer.step()
        await asyncio.sleep(0.01)
        here = explorer.state().progress
        explorer.step()
        await asyncio.sleep(0.05)
        return here, explorer.state().progress, explorer.running

    here, after, running = run_in_loop(scenario)
    assert (after, running) == (here - 1, False)


def test_step_works_without_a_loop_and_start_says_why_it_does_not():
    explorer = Countdown(top=3)
    explorer.step()
    assert explorer.state().progress == 2
    assert "at 2" in explorer.readout.value
    with pytest.raises(RuntimeError, match=r"running event loop.*step"):
        explorer.start()


def test_reset_stops_a_run_and_puts_everything_back():
    async def scenario(explorer):
        explorer.set(top=900)
        explorer.start()
        await asyncio.sleep(0.05)
        explorer.reset()
        await asyncio.sleep(0.15)
        return explorer

    explorer = run_in_loop(scenario, top=500)
    assert (explorer.state().top, explorer.state().progress, explorer.running) == (500, 500, False)
    assert "at 500" in explorer.readout.value


def test_a_control_moved_during_a_run_begins_it_anew():
    async def scenario(explorer):
        explorer.start()
        await asyncio.sleep(0.03)
        explorer.set(top=1000)
        await asyncio.sleep(0.08)
        progress = explorer.state().progress
        running = explorer.running
        explorer.pause()
        return progress, running

    progress, running = run_in_loop(scenario)
    assert running and 500 < progress < 1000


def test_an_error_in_a_step_stops_the_run_is_shown_and_is_raised():
    async def scenario(explorer):
        explorer.start()
        await asyncio.sleep(0)
        with pytest.raises(ArithmeticError):
            await explorer.task
        await asyncio.sleep(0.1)
        return explorer

    explorer = run_in_loop(scenario, top=13)
    assert "ArithmeticError: ten &amp; unlucky" in explorer.readout.value
    assert not explorer.running


def test_a_run_that_nobody_sees_any_more_is_paused():
    async def scenario(explorer):
        explorer.widget._view_count = 1
        explorer.start()
        await asyncio.sleep(0.03)
        assert explorer.running
        explorer.widget._view_count = 0
        await asyncio.sleep(0.03)
        return explorer.running

    assert run_in_loop(scenario) is False


class Packing(Countdown):
    """A countdown that notes when it is put away."""

    away = 0

    def put_away(self, state):
        self.away += 1
        return state.progress


def test_a_run_that_nobody_has_ever_seen_ends_after_a_while_and_can_go_on(monkeypatch):
    monkeypatch.setattr("course_lib.explorers.live.UNSEEN_SECONDS", 0.05)

    async def scenario(explorer):
        explorer.start()
        await asyncio.sleep(0)
        await explorer.task
        here = explorer.state().progress
        assert 0 < here < 500 and not explorer.running and explorer.away == 1
        explorer.step()
        await asyncio.sleep(0.01)
        return here - explorer.state().progress

    assert run_in_loop(scenario, Packing) == 1


def test_a_run_that_somebody_sees_goes_on(monkeypatch):
    monkeypatch.setattr("course_lib.explorers.live.UNSEEN_SECONDS", 0.0)

    async def scenario(explorer):
        explorer.widget._view_count = 1
        explorer.start()
        await asyncio.sleep(0)
        await explorer.task
        return explorer.state().progress, explorer.away

    assert run_in_loop(scenario, Packing, top=100) == (0, 0)


def test_what_stands_still_is_put_away_when_its_last_view_closes_and_stays_when_one_is_left():
    async def scenario(explorer):
        explorer.widget._view_count = 2
        explorer.start()
        await asyncio.sleep(0.02)
        explorer.pause()
        explorer.widget._view_count = 1
        await asyncio.sleep(0.02)
        assert explorer.away == 0
        explorer.widget._view_count = 0
        await asyncio.sleep(0.02)
        return explorer.away

    assert run_in_loop(scenario, Packing) == 1


def test_the_buttons_do_what_they_say():
    async def scenario(explorer):
        buttons = {button.description: button for button in explorer._buttons()}

        async def click(name, is_done):
            buttons[name].click()
            for _ in range(500):
                await asyncio.sleep(0.01)
                if is_done():
                    return explorer.state().progress
            raise AssertionError(f"{name} did nothing in five seconds")

        await click("Start", lambda: explorer.running)
        paused = await click("Pause", lambda: not explorer.running)
        stepped = await click("Step", lambda: explorer.state().progress != paused)
        return paused - stepped, await click("Reset", lambda: explorer.state().progress == 500)

    assert run_in_loop(scenario) == (1, 500)


# Text and drawing


@pytest.mark.parametrize(
    ("value", "text"),
    [(46, "46"), (-1.5, "−1.5"), (-0.01, "0"), (0.05, "0.1"), (2.5e7, "2.5·10⁷"), (math.inf, "∞"), (-math.inf, "−∞")],
)
def test_numbers_are_written_to_be_read(value, text):
    assert svg.format_number(value) == text


def test_text_is_escaped():
    picture = svg.document(9, 9, [svg.text(0, 0, "a < b & c")], '"quoted" <b>')
    assert ElementTree.fromstring(picture).find("{*}text").text == "a < b & c"
    assert ElementTree.fromstring(picture).get("aria-label") == '"quoted" <b>'


def test_axes_put_the_ends_of_their_ranges_at_their_edges():
    axes = svg.Axes(10, 20, 100, 50, (-1, 1), (0, 5))
    assert (axes.x(-1), axes.x(1), axes.y(0), axes.y(5)) == (10, 110, 70, 20)


def test_a_point_far_away_stays_finite():
    assert "inf" not in svg.polyline([(0, 0), (math.inf, -math.inf)])
    assert "nan" not in svg.polyline([(0, 0), (math.nan, 1)])


def test_the_kernels_explorers_have_the_colors_of_the_browsers():
    style = (WEB / "style.js").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--(\w+): (#\w+);", part)) for part in style.split(":host([data-theme")[:2])
    assert {name: (light[name], dark[name]) for name in light} == COLORS


def test_every_color_of_a_picture_follows_the_theme_or_is_seen_on_both():
    picture = ConfigurationExplorer.draw(ConfigurationExplorer.starting_state(depth=1, he=False))
    colors = set(re.findall(r'(?:fill|stroke)="([^"]+)"', picture)) - {"none"}
    assert colors and colors <= set(DRAWN)
