"""An explorer on a page, as hand and eye meet it: what it shows and says, and its controls moved."""

import time

from course_lib.explorers.web_explorer import declaration

# Two frames, and more as long as the explorer says that it is not done.
PAINTED = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  do {
    await frame();
    await frame();
  } while (document.getElementById("here")?.shadowRoot?.querySelector("[aria-busy=true]"));
}"""
# Time runs twenty times as fast on this page, and pictures come as fast as they can.
HURRY = """() => {
  const now = performance.now.bind(performance);
  performance.now = () => 20 * now();
  window.requestAnimationFrame = (turn) => setTimeout(() => turn(performance.now()));
  window.cancelAnimationFrame = clearTimeout;
}"""
SEEN_TEXTS = """(picture) => [...picture.querySelectorAll("text")]
  .filter((each) => each.getAttribute("visibility") !== "hidden").map((each) => each.textContent)"""
FONT_SIZES = """(host) => {
  const root = host.shadowRoot;
  const scale = (node) => { const box = node.ownerSVGElement; return box ? box.getScreenCTM().a : 1; };
  return [...root.querySelectorAll("text, p, span, b, label, button, option, output, figcaption, legend")]
    .filter((node) => node.textContent.trim() && !node.matches(".meaning"))
    .map((node) => [node.textContent, scale(node) * parseFloat(getComputedStyle(node).fontSize)]);
}"""
KEY = """(control) => {
  if (control.type === "checkbox") return "Space";
  if (control.tagName === "SELECT") return "ArrowDown";
  return control.value === control.max ? "ArrowLeft" : "ArrowRight";
}"""


def mounts(web, explorer, starts=None):
    """A function mount(state, **words) -> a page with the explorer.

    starts: fields that are set on every page where the state does not say otherwise.
    """

    def mount(state=None, **words):
        return web.mount(explorer, {**(starts or {}), **(state or {})}, **words)

    return mount


def fields_of(explorer):
    """The fields that have a control."""
    return [field for field in declaration(explorer)["fields"] if not field.get("hidden")]


# What it shows and says


def painted(page):
    """The page, once what was asked for has been painted."""
    page.evaluate(PAINTED)
    return page


def state_of(page):
    """The explorer's state."""
    return page.evaluate("window.explorer.get()")


def picture_of(page):
    """The picture's source."""
    return painted(page).locator("#here .picture").evaluate("it => it.innerHTML")


def words_of(page):
    """All texts of the picture that are seen."""
    return painted(page).locator("#here .picture").evaluate(SEEN_TEXTS)


def readout_of(page):
    """What the readout says."""
    return painted(page).locator("#here .readout").inner_text()


def said_in(page, state):
    """The readout after these fields have been set from outside."""
    page.evaluate("(state) => window.explorer.set(state)", state)
    return readout_of(page)


def shown(page):
    """What the explorer shows at this moment: its picture's source, and its readout."""
    return page.locator("#here .picture").evaluate("it => it.innerHTML"), page.locator("#here .readout").inner_text()


def until(page, is_so, what, seconds=10):
    """What is shown once `is_so(picture, readout)`; fails after `seconds`."""
    stop = time.monotonic() + seconds
    while not is_so(*(now := shown(page))):
        assert time.monotonic() < stop, what
        page.wait_for_timeout(15)
    return now


def until_it_changes(page, before):
    """What is shown once the picture differs from `before`, which is what `shown` gave."""
    return until(page, lambda picture, _: picture != before[0], "the picture did not follow")


def stands_still(page, milliseconds=300):
    """Whether nothing changes for so long."""
    before = shown(page)
    page.wait_for_timeout(milliseconds)
    return shown(page) == before


# Its controls


def move_by_keyboard(page, name):
    """One press of the key that moves a control on; a slider at its end goes back."""
    control = page.locator(f".field.{name}")
    control.focus()
    page.keyboard.press(control.evaluate(KEY))


def move_by_mouse(page, name):
    """A click near the right end of a slider or on a box; the last of a list, or the first where that is chosen."""
    control = page.locator(f".field.{name}")
    if page.locator(f"select.{name}").count():
        last = control.locator("option").count() - 1
        control.select_option(index=0 if control.evaluate("it => it.selectedIndex") == last else last)
    elif control.get_attribute("type") == "checkbox":
        control.click()
    else:
        box = control.bounding_box()
        page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)


def press(page, button):
    """A button by keyboard, found by its words."""
    page.get_by_role("button", name=button, exact=True).focus()
    page.keyboard.press("Enter")


# How large it is


def smallest_type(page):
    """(pixels on screen, its words) of the smallest type of the explorer."""
    return min((size, words) for words, size in page.locator("#here").evaluate(FONT_SIZES))


def lowest_edge(page):
    """Where the explorer ends on the page, in pixels from the top."""
    return page.locator(".course-explorer").evaluate("it => it.getBoundingClientRect().bottom")
