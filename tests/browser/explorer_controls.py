"""An explorer's controls, moved as a reader moves them: with the mouse and with the keyboard."""

from course_lib.explorers.web_explorer import declaration

TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
SHADOW = "document.getElementById('here').shadowRoot"


def fields_of(explorer):
    """The fields that have a control."""
    return [field for field in declaration(explorer)["fields"] if not field.get("hidden")]


def picture_of(page):
    """The picture's source, as it is after what was asked for has been painted."""
    page.evaluate(TWO_FRAMES)
    return page.evaluate(f"{SHADOW}.querySelector('.picture').innerHTML")


def words_of(page):
    """All texts of the picture that are seen."""
    page.evaluate(TWO_FRAMES)
    return page.evaluate(
        f"[...{SHADOW}.querySelectorAll('.picture text')]"
        ".filter((each) => each.getAttribute('visibility') !== 'hidden').map((each) => each.textContent)"
    )


def readout_of(page):
    """What the readout says, a line a paragraph."""
    page.evaluate(TWO_FRAMES)
    return page.evaluate(f"[...{SHADOW}.querySelectorAll('.readout p')].map((each) => each.textContent).join('\\n')")


def state_of(page):
    """The explorer's state."""
    return page.evaluate("window.explorer.get()")


def said_in(page, state):
    """The readout after these fields have been set from outside."""
    page.evaluate("(state) => window.explorer.set(state)", state)
    return readout_of(page)


def move_by_keyboard(page, field):
    """One press of the key that moves this control on."""
    page.locator(f".field.{field['name']}").focus()
    page.keyboard.press(key_of(field))


def key_of(field):
    """A flag takes the space bar; a slider that starts at its end goes back."""
    if field["kind"] == "flag":
        return "Space"
    if field["kind"] == "number":
        return "ArrowLeft" if field["start"] == field["high"] else "ArrowRight"
    return "ArrowRight" if field.get("ordered") else "ArrowDown"


def move_by_mouse(page, field):
    """A click near the end of a slider, another line of a list, a click on a box."""
    control = page.locator(f".field.{field['name']}")
    if field["kind"] == "flag":
        control.click()
    elif field["kind"] == "choice" and not field.get("ordered"):
        control.select_option(index=1 if field["start"] == field["options"][0][1] else 0)
    else:
        box = control.bounding_box()
        control.click(position={"x": 0.9 * box["width"], "y": box["height"] / 2})


def smallest_type(page):
    """The smallest type of the picture, in pixels on the screen."""
    return page.evaluate(
        """() => {
          const svg = document.getElementById("here").shadowRoot.querySelector(".picture svg");
          const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
          return Math.min(...[...svg.querySelectorAll("text")].map((each) => scale * each.getAttribute("font-size")));
        }"""
    )
