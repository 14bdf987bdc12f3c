"""An explorer on a page, as hand and eye meet it: what it shows, and its controls moved by keyboard and by mouse."""

import time

FONT_SIZES = """(host) => {
  const root = host.shadowRoot;
  const scale = (node) => { const box = node.ownerSVGElement; return box ? box.getScreenCTM().a : 1; };
  return [...root.querySelectorAll("text, p, span, b, label, button, option, output, figcaption, legend")]
    .filter((node) => node.textContent.trim() && !node.matches(".meaning"))
    .map((node) => [node.textContent, scale(node) * parseFloat(getComputedStyle(node).fontSize)]);
}"""


def shown(page):
    """What the explorer shows: its picture's source, and its readout."""
    return page.locator(".picture").evaluate("it => it.innerHTML"), page.locator(".readout").inner_text()


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


def move_by_keyboard(page, name):
    """One press of an arrow on a control that stands between its ends."""
    page.locator(f".field.{name}").focus()
    page.keyboard.press("ArrowDown" if page.locator(f"select.{name}").count() else "ArrowRight")


def move_by_mouse(page, name):
    """A click near the right end of a slider; the last of a list."""
    control = page.locator(f".field.{name}")
    if page.locator(f"select.{name}").count():
        control.select_option(index=control.locator("option").count() - 1)
    else:
        box = control.bounding_box()
        page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)


def press(page, button):
    """A button by keyboard, found by its words."""
    page.get_by_role("button", name=button, exact=True).focus()
    page.keyboard.press("Enter")


def smallest_type(page):
    """(pixels on screen, its words) of the smallest type of the explorer."""
    return min((size, words) for words, size in page.locator("#here").evaluate(FONT_SIZES))


def lowest_edge(page):
    """Where the explorer ends on the page, in pixels from the top."""
    return page.locator(".course-explorer").evaluate("it => it.getBoundingClientRect().bottom")
