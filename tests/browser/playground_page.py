"""The playground on a plain page, for the tests of what it does and of the states that it takes."""

from explorer_page import mounts, painted

SMALL = {"n_points": 40, "hidden_layers": [3], "activations": ["tanh"]}
DRAWN = [each for k in range(10) for each in (k / 2 - 2, k % 3 - 1, k % 2)]
SHOWN = """() => {
  const root = document.getElementById("here").shadowRoot;
  const canvases = [...root.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL());
  return canvases.join() + root.querySelector(".picture").innerHTML + root.querySelector(".readout").textContent;
}"""
UNFOLD = """() => document.getElementById("here").shadowRoot.querySelectorAll("details").forEach((each) => {
  each.open = true;
})"""


def opened(web):
    """A function that opens a small playground in a state."""
    return mounts(web, "playground", SMALL)


def all_shown(page):
    """All that is on the screen, as a text that differs when a picture does."""
    return painted(page).evaluate(SHOWN)


def steps(page):
    """How many updates there were."""
    return int(painted(page).locator(".count").text_content().split(", ")[1].split()[0].replace(",", ""))
