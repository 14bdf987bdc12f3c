"""The playground on a plain page, for the tests of what it does and of the states that it takes."""

SMALL = {"n_points": 40, "hidden_layers": [3], "activations": ["tanh"]}
DRAWN = [each for k in range(10) for each in (k / 2 - 2, k % 3 - 1, k % 2)]
SHOWN = """() => {
  const root = document.getElementById("here").shadowRoot;
  const canvases = [...root.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL());
  return canvases.join() + root.querySelector(".picture").innerHTML + root.querySelector(".readout").textContent;
}"""
FRAMES = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"
)


def opened(web):
    """Gives a function that opens a playground in a state; at the end no page has said an error."""
    pages = []

    def mount(state=None, **words):
        pages.append(web.mount("playground", {**SMALL, **(state or {})}, **words))
        return pages[-1]

    yield mount
    for page in pages:
        assert page.said == []
        page.context.close()


def settled(page):
    """The page after its next pictures."""
    page.evaluate(FRAMES)
    return page


def state(page):
    """The explorer's state."""
    return page.evaluate("window.explorer.get()")


def shown(page):
    """All that is on the screen, as a text that differs when a picture does."""
    return settled(page).evaluate(SHOWN)


def words(page):
    """The readout."""
    return settled(page).locator(".readout").inner_text()


def steps(page):
    """How many updates there were."""
    return int(settled(page).locator(".count").inner_text().split(", ")[1].split()[0].replace(",", ""))
