"""Back-propagation on a plain page, for the tests of what it does and of what it says."""

from explorer_page import mounts, painted

from course_lib.explorers.web_explorer import declaration

FIELDS = declaration("back_propagation")["fields"]
LINKS, FORWARD = 31, 9
HELPERS = """() => { window.root = document.getElementById("here").shadowRoot; }"""
FORMULA = """() => [...root.querySelectorAll(".formula div")].map((line) => line.textContent)"""
READOUT = """() => root.querySelector(".readout").innerText"""
TEXTS = """() => [...root.querySelectorAll("svg text")].map((node) => node.textContent)"""


def opened(web):
    """A function that mounts the explorer in a state."""
    mount = mounts(web, "back_propagation")

    def with_root(state=None, **words):
        page = mount(state, **words)
        page.evaluate(HELPERS)
        return page

    return with_root


def first_button(page):
    """The first button of the explorer."""
    return page.locator("button").first


def press(page, name):
    """Press a button, and wait until the picture has followed."""
    page.get_by_role("button", name=name, exact=True).click()
    painted(page)


def state_of(page):
    return page.evaluate("explorer.get()")


def start(**changes):
    """The state that the explorer opens in."""
    return {field["name"]: field["start"] for field in FIELDS} | changes
