"""The explorers that live in the browser, in JupyterLab: a hand moves the traits, Python moves the picture."""

import json
import shutil
import time
from pathlib import Path

import pytest

from course_lib.explorers import every_explorer
from course_lib.explorers.web_explorer import WebExplorer, declaration

ROOT = Path(__file__).resolve().parents[2]
WEB_EXPLORERS = {each.__name__: each for each in every_explorer() if issubclass(each, WebExplorer)}
CHAPTERS = sorted(path for path in (ROOT / "chapters").glob("*.ipynb") if "Explorer(" in path.read_text("utf-8"))
# Everything written to stderr, and every error but those of exercise checks, which show a card.
COMPLAINTS = """() => { const cells = jupyterapp.shell.currentWidget.content.model.cells;
  return [...Array(cells.length).keys()].map(i => cells.get(i)).filter(c => c.type === 'code').flatMap(c => {
    const expected = (c.getMetadata('tags') || []).includes('raises-exception');
    return c.outputs.toJSON().filter(o => o.name === 'stderr' || (o.output_type === 'error' && !expected))
      .map(o => o.text || o.evalue); }) }"""
RUN_CELL = """async (place) => { jupyterapp.shell.currentWidget.content.activeCellIndex = place;
  await jupyterapp.commands.execute('notebook:run-cell') }"""
# The controls of every explorer on the page that a screen reader would have no name for.
NAMELESS = """() => [...document.querySelectorAll('.jp-CodeCell *')].filter((node) => node.shadowRoot).flatMap((host) =>
  [...host.shadowRoot.querySelectorAll('input, select, button, summary, textarea')].filter((control) =>
    !(control.labels?.length || control.ariaLabel || control.textContent.trim() || control.closest('label'))))
  .map((control) => control.outerHTML.slice(0, 120))"""

pytestmark = pytest.mark.timeout(1200)  # chapters are executed
WEEKLY = pytest.mark.weekly("each explorer is moved alone here, and the step `notebooks` executes every chapter")


@pytest.fixture
def notebook(lab):
    """notebook("code", "more code", run=True) -> a page with these cells, on which nothing may be thrown."""
    yield lab.show
    assert lab.shared.said == []


def made(name, words=""):
    """Code that makes an explorer, keeps it as `explorer`, and shows it."""
    module = WEB_EXPLORERS[name].__module__
    return f"from {module} import {name}\nexplorer = {name}({words})\nexplorer"


def first_slider(name):
    """The first field with a slider of its own, and what the slider's places mean: a list of values, or None."""
    fields = declaration(WEB_EXPLORERS[name].module)["fields"]
    sliders = [field for field in fields if field["kind"] == "number" or field.get("ordered")]
    field = next(field for field in sliders if not field.get("hidden"))
    return field, [value for _, value in field["options"]] if "options" in field else None


def said_by(page, cell):
    """What a cell prints when it is run now."""
    page.evaluate(RUN_CELL, cell)
    output = page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea-output")
    output.wait_for()
    return output.inner_text().strip()


def until(holds, words, seconds=20):
    """Return when `holds()`; fail with these words after some seconds."""
    stop = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < stop, words
        time.sleep(0.05)


@pytest.mark.parametrize("name", WEB_EXPLORERS)
def test_a_key_moves_picture_and_trait_and_python_moves_them_back(name, notebook):
    field, values = first_slider(name)
    start, highest = (values.index(field["start"]), len(values) - 1) if values else (field["start"], field["high"])
    asked, put_back = f"print(explorer.{field['name']})", f"explorer.{field['name']} = {field['start']!r}"
    page = notebook(made(name), asked, put_back, run=False)
    page.evaluate(RUN_CELL, 0)
    slider = page.locator(f"input.{field['name']}[type=range]").first
    slider.wait_for()
    picture = page.locator(".picture").first
    before = picture.evaluate("node => node.innerHTML")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft" if start == highest else "ArrowRight")
    until(lambda: picture.evaluate("node => node.innerHTML") != before, "the picture did not follow the key")
    moved = slider.evaluate("it => it.valueAsNumber")
    assert moved != start
    wanted = values[int(moved)] if values else moved
    until(lambda: float(said_by(page, 1)) == wanted, "the trait did not follow")
    page.evaluate(RUN_CELL, 2)
    until(lambda: slider.evaluate("it => it.valueAsNumber") == start, "Python did not move the slider")
    assert page.evaluate(COMPLAINTS) == []
    assert page.evaluate(NAMELESS) == []


def test_two_in_one_notebook_do_not_disturb_each_other(notebook):
    page = notebook(made("NeuronExplorer"), made("NeuronExplorer", "w1=-1.0"))
    pictures, sliders = page.locator(".picture"), page.locator("input.w1[type=range]")
    sliders.nth(1).wait_for()
    other = pictures.nth(1).evaluate("node => node.innerHTML")
    sliders.nth(0).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert sliders.nth(0).evaluate("it => it.valueAsNumber") == pytest.approx(1.1)
    assert sliders.nth(1).evaluate("it => it.valueAsNumber") == -1.0
    assert pictures.nth(1).evaluate("node => node.innerHTML") == other


def test_a_burst_of_200_moves_ends_in_the_right_picture_and_the_right_trait(notebook):
    page = notebook(made("NeuronExplorer"), "print(explorer.w1)")
    slider = page.locator("input.w1[type=range]").first
    slider.wait_for()
    slider.evaluate(
        """(it) => { for (let k = 0; k < 200; k++) {
             it.value = (k * 0.7) % 6 - 3; it.dispatchEvent(new Event('input', { bubbles: true })); } }"""
    )
    last = slider.evaluate("it => it.valueAsNumber")
    until(lambda: float(said_by(page, 1)) == last, "the trait is not where the slider is")
    assert f"2·{'(' if last < 0 else ''}".replace("-", "−") in page.locator(".readout").first.inner_text()


def test_traits_are_linked_to_a_slider_of_ipywidgets_and_observed(notebook):
    page = notebook(
        made("NeuronExplorer"),
        "import ipywidgets\nslider = ipywidgets.FloatSlider(min=-3, max=3)\nseen = []\n"
        "explorer.observe(lambda change: seen.append(change['new']), names='w1')\n"
        "ipywidgets.link((slider, 'value'), (explorer, 'w1'))\nslider.value = 2.5",
        "print(explorer.w1, seen[-1])",
    )
    assert said_by(page, 2) == "2.5 2.5"
    slider = page.locator("input.w1[type=range]").first
    until(lambda: slider.evaluate("it => it.valueAsNumber") == 2.5, "the picture did not follow the link")


def test_a_kernel_that_restarts_while_a_network_trains_leaves_the_page_alive(notebook):
    page = notebook(made("PlaygroundExplorer"))
    page.locator("button.start").first.click()
    count = page.locator(".count").first
    until(lambda: count.inner_text() != "0 steps", "it does not train")
    page.evaluate("async () => { await jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart() }")
    before = count.inner_text()
    until(lambda: count.inner_text() != before, "it stopped with the kernel")
    page.locator("button.start").first.click()
    assert page.evaluate(COMPLAINTS) == []


def test_what_is_not_shown_any_more_does_not_train(notebook):
    page = notebook(made("PlaygroundExplorer"))
    page.locator("button.start").first.click()
    until(lambda: page.locator(".count").first.inner_text() != "0 steps", "it does not train")
    page.evaluate(
        """() => { window.gone = [...document.querySelectorAll('.jp-CodeCell *')]
          .find((node) => node.shadowRoot?.querySelector('.count')).shadowRoot.querySelector('.count'); }"""
    )
    page.evaluate("jupyterapp.shell.currentWidget.content.model.cells.get(0).clearExecution()")
    page.wait_for_timeout(500)
    steps = page.evaluate("() => window.gone.textContent")
    page.wait_for_timeout(700)
    assert page.evaluate("() => window.gone.textContent") == steps


@pytest.mark.parametrize("path", [pytest.param(path, marks=WEEKLY) for path in CHAPTERS], ids=lambda path: path.stem)
def test_a_chapter_shows_its_explorers_without_a_complaint(path, lab):
    shutil.copy(path, lab.folder / path.name)
    page = lab.open(path.name)
    try:
        for cell in page.locator(".jp-CodeCell:has(.jp-OutputArea-output)").all():
            cell.scroll_into_view_if_needed()
        asked = json.loads(path.read_text("utf-8"))["cells"]
        wanted = sum("".join(cell["source"]).count(f"{name}(") for cell in asked for name in WEB_EXPLORERS)
        until(lambda: page.locator(".course-explorer .stage").count() >= wanted, "an explorer is not there")
        assert page.evaluate(COMPLAINTS) == []
        assert page.evaluate(NAMELESS) == []
    finally:
        lab.close(page)
