"""The explorers that compute in the kernel, in JupyterLab in a real browser: moved by keyboard, seen to follow."""

import json
import time

import pytest

from course_lib.explorers import every_explorer
from course_lib.explorers.explorer import Explorer

# Everything written to stderr, and every error but those of exercise checks, which show a card.
COMPLAINTS = """() => { const cells = jupyterapp.shell.currentWidget.content.model.cells;
  return [...Array(cells.length).keys()].map(i => cells.get(i)).filter(c => c.type === 'code').flatMap(c => {
    const expected = (c.getMetadata('tags') || []).includes('raises-exception');
    return c.outputs.toJSON().filter(o => o.name === 'stderr' || (o.output_type === 'error' && !expected))
      .map(o => o.text || o.evalue); }) }"""
ALONE = {each.__name__: each.__module__ for each in every_explorer() if issubclass(each, Explorer)}

ALL_NAMED = """() => [...document.querySelectorAll('.course-explorer .noUi-handle')].every(h => h.ariaLabel)"""

IMPORT = "from course_lib.explorers.configuration import ConfigurationExplorer"


pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(params=ALONE)
def page(request, lab):
    """A page with one explorer, executed; what it trains is small, so that many moves take little time."""
    name, small = request.param, {"ConfigurationExplorer": "depth=1"}
    opened = lab.show(f"from {ALONE[name]} import {name}\n{name}({small.get(name, '')})")
    show_every_output(opened)
    opened.wait_for_function(ALL_NAMED)
    return opened


def show_every_output(page):
    """Scroll through the notebook, so that outputs that are drawn when they come into view are drawn."""
    for cell in page.locator(".jp-CodeCell:has(.jp-OutputArea-output)").all():
        cell.scroll_into_view_if_needed()


def explorers(page):
    """The boxes that hold an explorer (and not a prediction or a quiz)."""
    return page.locator(".course-explorer:has(.explorer-picture)").all()


def shown(explorer):
    """What an explorer shows: its picture's source and its readout."""
    return (
        explorer.locator(".explorer-picture svg").first.evaluate("svg => svg.outerHTML"),
        explorer.locator(".explorer-readout").inner_text(),
    )


def until_it_changes(explorer, before, seconds=10):
    """What the explorer shows once it differs from `before`; fails after `seconds`."""
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        now = shown(explorer)
        if now[0] != before[0]:
            return now
        time.sleep(0.02)
    raise AssertionError("the picture did not follow the control")


def until_it_shows(explorer, expected, seconds=10):
    """Returns when the explorer shows what is expected; fails after `seconds`."""
    stop = time.monotonic() + seconds
    while shown(explorer) != expected:
        assert time.monotonic() < stop, "the explorer did not get there"
        time.sleep(0.02)


def until_it_rests(explorer, seconds=5):
    """What the explorer shows once it has stood still for 0.3 s."""
    stop, since, last = time.monotonic() + seconds, time.monotonic(), shown(explorer)
    while time.monotonic() < stop:
        time.sleep(0.05)
        now = shown(explorer)
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > 0.3:
            return now
    raise AssertionError("the picture does not come to rest")


def test_explorers_follow_every_control_and_stand_still_when_nothing_is_touched(page):
    boxes = explorers(page)
    assert boxes
    assert page.evaluate(COMPLAINTS) == []
    for explorer in boxes:
        explorer.scroll_into_view_if_needed()
        at_rest = until_it_rests(explorer)
        image = explorer.locator(".explorer-picture").screenshot()
        time.sleep(1)
        assert shown(explorer) == at_rest
        assert explorer.locator(".explorer-picture").screenshot() == image
        readouts = choose_every_value(explorer)
        assert len(set(readouts)) > len(readouts) // 2  # the words change with the picture
        until_it_rests(explorer)  # a control that is still on its way would come after the reset
        press(page, explorer, "reset")
        until_it_shows(explorer, at_rest)
    assert page.evaluate(COMPLAINTS) == []


def choose_every_value(explorer):
    """Choose every value of every drop-down list, the one that it began with last, and see the picture follow.

    Returns the readouts seen.
    """
    readouts = []
    for menu in explorer.locator("select").all():
        chosen = menu.evaluate("it => it.selectedOptions[0].textContent")
        others = [label for label in menu.locator("option").all_inner_texts() if label != chosen]
        for label in (*others, chosen):
            before = until_it_rests(explorer)
            menu.select_option(label=label)
            readouts.append(until_it_changes(explorer, before)[1])
    return readouts


def test_every_control_has_a_name_and_is_reached_with_tab(page):
    for explorer in explorers(page):
        explorer.scroll_into_view_if_needed()
        controls = explorer.locator(".noUi-handle, select, button")
        expected = controls.count()
        controls.first.focus()
        reached = []
        for _ in range(4 * expected):
            focused = page.evaluate(
                """() => { const it = document.activeElement; return it.matches('.noUi-handle, select, button')
                     ? it.ariaLabel || it.labels?.[0]?.textContent || it.textContent : null }"""
            )
            if focused is not None and focused not in reached:
                reached.append(focused)
            if len(reached) == expected:
                break
            page.keyboard.press("Tab")
        assert len(reached) == expected, reached
        assert all(name.strip() for name in reached)
        assert explorer.locator('.explorer-readout[role="status"]').count() == 1
        label = explorer.locator('.explorer-picture svg[role="img"]').get_attribute("aria-label")
        assert label.split() == explorer.locator(".explorer-readout").inner_text().split()


def test_start_pause_step_and_reset_by_keyboard(lab):
    page = lab.show(f"{IMPORT}\nConfigurationExplorer()")
    (explorer,) = explorers(page)
    at_rest = until_it_rests(explorer)
    press(page, explorer, "start")
    running = until_it_changes(explorer, at_rest)
    running = until_it_changes(explorer, running)
    press(page, explorer, "pause")
    time.sleep(0.5)  # a click needs a moment to arrive, and nothing may move after it
    paused = shown(explorer)
    assert paused != running
    time.sleep(1)
    assert shown(explorer) == paused
    press(page, explorer, "step")
    until_it_changes(explorer, paused)
    press(page, explorer, "reset")
    until_it_shows(explorer, at_rest)
    assert page.evaluate(COMPLAINTS) == []


@pytest.mark.parametrize(("width", "height", "stacked"), [(1366, 640, False), (800, 900, True)])
def test_controls_stand_beside_the_picture_and_all_fits_a_laptop_or_they_stack(lab, width, height, stacked):
    page = lab.show(
        f"{IMPORT}\nshown = ConfigurationExplorer(depth=2)\n"
        "shown.set(he=False, batch_norm=False, elu=False, dropout=False, adam=False)  # what most is said of\nshown",
        width=width,
        height=height,
    )
    (explorer,) = explorers(page)
    explorer.get_by_text("The run before, all parts,").wait_for()
    until_it_rests(explorer)
    whole = explorer.bounding_box()
    room = page.locator(".jp-WindowedPanel-outer").bounding_box()
    parts = (".explorer-first", "select >> nth=0", "select >> nth=-1", ".explorer-picture", ".explorer-readout")
    start, first, last, picture, readout = (explorer.locator(each).first.bounding_box() for each in parts)
    assert start["y"] < first["y"] < last["y"] and picture["y"] < readout["y"]
    if stacked:
        assert last["y"] < picture["y"]
    else:
        assert first["x"] + first["width"] < picture["x"] and picture["y"] < first["y"]
        assert whole["height"] <= room["height"]
    smallest = explorer.locator("svg").first.evaluate(
        "svg => svg.getScreenCTM().a * Math.min(...[...svg.querySelectorAll('text')].map((it) => "
        "it.getAttribute('font-size')))"
    )
    assert smallest >= 12.99


def press(page, explorer, button):
    explorer.locator(f".explorer-{button}").focus()
    page.keyboard.press("Enter")


def test_a_switch_that_is_turned_while_a_run_plays_begins_it_anew_and_keeps_the_run_before(lab):
    page = lab.show(f"{IMPORT}\nConfigurationExplorer(depth=5)")
    (explorer,) = explorers(page)
    at_rest = until_it_rests(explorer)
    assert "after 300 of 300 steps" in at_rest[1]
    press(page, explorer, "start")
    until_it_changes(explorer, until_it_changes(explorer, at_rest))
    explorer.locator(".batch_norm select").select_option(label="off")
    explorer.get_by_text("The run before, all parts,").wait_for()
    press(page, explorer, "pause")
    time.sleep(0.5)
    steps = int(explorer.locator(".explorer-readout").inner_text().partition("after ")[2].split()[0])
    assert 0 < steps < 300
    labels = explorer.locator(".explorer-picture text").all_text_contents()
    assert any(label.startswith("without batch") for label in labels)
    assert any(label.startswith("all parts") for label in labels)
    press(page, explorer, "reset")
    until_it_shows(explorer, at_rest)
    assert page.evaluate(COMPLAINTS) == []


def test_a_run_ends_when_its_output_is_cleared(lab):
    page = lab.show(
        f"{IMPORT}\nshown = ConfigurationExplorer()\nshown", "print('running' if shown.running else 'paused')"
    )
    (explorer,) = explorers(page)
    press(page, explorer, "start")
    until_it_changes(explorer, shown(explorer))
    for expected in ("running", "paused"):
        if expected == "paused":
            page.evaluate("jupyterapp.shell.currentWidget.content.model.cells.get(0).clearExecution()")
            explorer.wait_for(state="detached")
        page.evaluate(
            """async () => { jupyterapp.shell.currentWidget.content.activeCellIndex = 1;
                 await jupyterapp.commands.execute('notebook:run-cell') }"""
        )
        said = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output")
        said.get_by_text(expected).wait_for()
        assert said.inner_text().strip() == expected
    assert page.evaluate(COMPLAINTS) == []


def test_predictions_and_quizzes_by_keyboard(lab):
    question = json.dumps("How many lines?")
    page = lab.show(
        "from course_lib.explorers.prediction import Prediction, recall\nfrom course_lib.explorers.quiz import Quiz\n"
        f"Prediction('lines', {question}, choices=['one', 'two'])",
        "recall('lines', answer='one')",
        "Prediction('size', 'How large?', slider=(0, 100, 1))",
        "Quiz('Which?', {'this': 'No, because.', 'that': 'Yes, because.'}, correct='that')",
    )
    boxes = page.locator(".course-explorer")
    page.wait_for_function(ALL_NAMED)
    group = boxes.nth(0).locator('[role="radiogroup"]')
    group.wait_for()
    assert "How many lines?" in group.get_attribute("aria-label")
    assert "no prediction" in boxes.nth(1).inner_text()
    focus_and_press(page, boxes.nth(0).locator("input").nth(1), "Space")
    boxes.nth(1).get_by_text("You predicted: two").wait_for()
    focus_and_press(page, boxes.nth(2).locator(".noUi-handle"), "ArrowRight")
    focus_and_press(page, boxes.nth(2).locator("button"), "Enter")
    boxes.nth(2).get_by_text("Written down: 51").wait_for()
    focus_and_press(page, boxes.nth(3).locator("input").nth(0), "Space")
    boxes.nth(3).get_by_text("No, because.").wait_for()
    focus_and_press(page, boxes.nth(3).locator("input").nth(1), "Space")
    boxes.nth(3).get_by_text("Yes, because.").wait_for()
    assert page.evaluate(COMPLAINTS) == []


def focus_and_press(page, control, key):
    control.focus()
    page.keyboard.press(key)
