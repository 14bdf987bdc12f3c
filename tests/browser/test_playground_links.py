"""The playground's links: an address of its page, lines of Python in a notebook, and what either does not take."""

import base64
import json
import zlib

import pytest
from explorer_page import painted, readout_of, state_of
from playground_page import opened, steps

from course_lib import explorers
from course_lib.explorers import PlaygroundExplorer
from course_lib.explorers.web_explorer import declaration

FULL = {
    "data": "curve",
    "formula": "x^2 - 1",
    "features": ["x", "sin_y"],
    "hidden_layers": [3, 2],
    "activations": ["relu"],
    "normalization": "batch",
    "optimizer": "adam",
    "residual": True,
    "noise": 0.3,
    "l1": 0.0001,
}
ROOT = "document.getElementById('here').shadowRoot"
FILLED = "document.getElementById('here').shadowRoot.querySelector('.link-text').value !== ''"
SENT = (  # of version 1
    "eJwVy0EKgCAQRuG7_Gs37cKrRMSQQwmiMk5SSHdv2j6-N8B3TUVY4FETPYeUKwc4d"
    "JYWS4afHJqSMvxAICWDrUah1EydMQTOm43G4ZfZzasD7Ro7qe1_g3C6sL7vByZJJcs"
)


@pytest.fixture(scope="module")
def open_page(web):
    """A function that opens a playground in a state."""
    return opened(web)


@pytest.fixture(scope="module")
def visit(web):
    """A function that opens the playground's own page at an address."""

    def go(address):
        page = web.open()
        page.goto(address)
        web.put(page, "playground", has_address=True)
        return page

    return go


def packed(text):
    """A text as an address holds it."""
    return base64.urlsafe_b64encode(zlib.compress(text.encode())).decode().rstrip("=")


def text_of(page, with_weights=False):
    """What the dialog gives to copy."""
    page.locator(".link").click()
    if page.locator(".with-weights").is_checked() != with_weights:
        page.wait_for_function(FILLED)
        before = page.locator(".link-text").input_value()
        page.locator(".with-weights").set_checked(with_weights)
        page.wait_for_function(
            "(before) => document.getElementById('here').shadowRoot.querySelector('.link-text').value !== before",
            arg=before,
        )
    page.wait_for_function(FILLED)
    return page.locator(".link-text").input_value()


def take(page, text):
    """Put this into the dialog and take it over; gives what is complained of."""
    if not page.locator(".take").count():
        page.locator(".link").click()
    page.locator(".link-text").evaluate("(node, text) => (node.value = text)", text)
    page.locator(".take").click()
    page.wait_for_timeout(100)
    return painted(page).locator(".complaint").inner_text()


def test_an_address_opens_everything_and_reset_comes_back_to_it(open_page, visit):
    page = open_page(FULL, has_address=True)
    assert page.locator(".link").inner_text() == "Link"
    address = text_of(page)
    start, _, fragment = address.partition("#playground=")
    assert start == page.url.split("#")[0] and 40 < len(fragment) < 400
    assert "address opens all of this again" in page.locator(".sheet").inner_text()
    other = visit(address)
    other.wait_for_function("window.explorer.get().noise === 0.3")
    assert state_of(other) == state_of(page)
    assert other.locator(".undo").get_attribute("aria-disabled") == "true"
    other.locator("select.data").select_option(label="xor")
    assert state_of(painted(other))["data"] == "xor"
    other.locator(".reset").click()
    assert state_of(painted(other)) == state_of(page)


def test_an_address_with_weights_goes_on_where_the_network_was(open_page, visit):
    page = open_page({"normalization": "batch", "optimizer": "adam", "noise": 0.3}, has_address=True)
    for _ in range(5):
        page.locator(".epoch").click()
    told = readout_of(page).split("training loss ")[-1]
    other = visit(text_of(page, with_weights=True))
    other.wait_for_function("window.explorer.get().weights.length > 0")
    assert readout_of(other).split("training loss ")[-1] == told
    share = told.split("validation loss ")[1].split("(")[1].split(" right")[0]
    assert f"opened with its weights: it gets {share} of the validation points right." in readout_of(other)
    assert "Nothing is learned" not in readout_of(other)
    without = visit(text_of(open_page({"noise": 0.3}, has_address=True)))
    assert len(without.url) < 250


def test_what_was_trained_is_sent_trained_and_copied_means_the_address_that_stands_there(open_page):
    page = open_page(has_address=True)
    page.evaluate("() => { navigator.clipboard.writeText = async () => {}; }")
    page.locator(".link").click()
    assert not page.locator(".with-weights").is_checked()
    page.locator(".close").click()
    page.locator(".epoch").click()
    page.locator(".link").click()
    assert page.locator(".with-weights").is_checked()
    page.wait_for_function(FILLED)
    before = page.locator(".link-text").input_value()
    page.locator(".copy").click()
    page.wait_for_function(f"{ROOT}.querySelector('.copy').textContent === 'Copied'")
    page.locator(".with-weights").uncheck()
    page.wait_for_function(f"(before) => {ROOT}.querySelector('.link-text').value !== before", arg=before)
    assert page.locator(".copy").inner_text() == "Copy"


def test_another_address_in_the_same_window_is_opened_and_can_be_taken_back(open_page, visit):
    page = visit(text_of(open_page({"data": "xor"}, has_address=True)))
    page.wait_for_function("window.explorer.get().data === 'xor'")
    page.locator(".epoch").click()
    before = steps(page)
    page.evaluate(
        "(hash) => (location.hash = hash)", text_of(open_page({"data": "moons"}, has_address=True)).split("#")[1]
    )
    page.wait_for_function("window.explorer.get().data === 'moons'")
    page.locator(".undo").click()
    assert state_of(painted(page))["data"] == "xor" and steps(page) == before
    page.evaluate("() => (location.hash = 'a-section')")  # somebody else's
    page.evaluate("() => (location.hash = 'playground=eNqr')")
    page.wait_for_function("document.getElementById('here').shadowRoot.querySelector('.complaint').textContent !== ''")
    assert page.locator(".complaint").inner_text() == "This link is cut off or damaged: copy it whole."
    assert state_of(page)["data"] == "xor" and steps(page) == before
    page.locator("input.learning_rate").press("ArrowLeft")
    assert painted(page).locator(".complaint").inner_text() == ""


def test_a_link_that_was_sent_once_opens_what_it_did_then(visit, web):
    page = visit(f"{web.url}/page#playground={SENT}")
    page.wait_for_function("window.explorer.get().data === 'spirals'")
    expected = {field["name"]: field["start"] for field in declaration("playground")["fields"]}
    expected |= {"data": "spirals", "hidden_layers": [8, 8], "activations": ["relu"], "weights": []}
    assert state_of(page) == expected


@pytest.mark.parametrize("changes", [{}, FULL, {"residual": True, "data": "xor"}])
def test_a_notebook_gets_lines_of_python_that_make_it_again_there_and_here(changes, open_page):
    page = open_page(changes)
    assert page.locator(".link").inner_text() == "Save"
    lines = text_of(page)
    assert "Copy them into a cell of a notebook and run it." in page.locator(".sheet").inner_text()
    loading, call = lines.split("\n")
    assert loading == "from course_lib.explorers import PlaygroundExplorer"
    made = eval(call, {"PlaygroundExplorer": explorers.PlaygroundExplorer})
    assert vars(made.state) == state_of(page)
    other = open_page({"data": "moons"})
    for text in (lines, repr(made), made.to_json(), f"{call[:-1]},\n)"):
        assert take(other, text) == ""
        assert state_of(painted(other)) == state_of(page)
        other.locator(".undo").click()
        assert state_of(painted(other))["data"] == "moons"


def test_lines_with_weights_and_an_address_are_taken_in_a_notebook_too(open_page):
    page = open_page({"normalization": "batch", "optimizer": "adam", "noise": 0.3})
    for _ in range(5):
        page.locator(".epoch").click()
    told = readout_of(page).split("training loss ")[-1]
    lines = text_of(page, with_weights=True)
    assert (
        len(eval(lines.split("\n")[1], {"PlaygroundExplorer": PlaygroundExplorer}).weights) == 26
    )  # with batch normalization's averages
    other = open_page({"data": "xor"})
    assert take(other, lines) == ""
    assert readout_of(other).split("training loss ")[-1] == told
    address = text_of(open_page({"data": "moons"}, has_address=True))
    assert take(other, f"look at <{address}>.") == ""
    assert state_of(painted(other))["data"] == "moons"


GOOD = {"explorer": "playground", "version": 1, "state": {}}
LINK = "https://course.invalid/play.html#playground="
WHOLE = packed(json.dumps(GOOD | {"state": {"noise": 0.25}}))
BAD_TEXTS = {
    "cut off": (json.dumps(GOOD)[:-4], "not JSON"),
    "another version": (json.dumps(GOOD | {"version": 2}), "version 2"),
    "another explorer": (json.dumps(GOOD | {"explorer": "neuron"}), "neuron"),
    "nothing": ("", "copy the whole address"),
    "another address": ("https://course.invalid/play.html", "copy the whole address"),
    "an address, cut off": (LINK + WHOLE[:-3], "cut off or damaged"),
    "an address, cut off early": (LINK + WHOLE[:5], "cut off or damaged"),
    "an address without a state": (LINK, "cut off or damaged"),
    "an address with another letter": (LINK + WHOLE[:-2] + ("A" if WHOLE[-2] != "A" else "B") + WHOLE[-1], "damaged"),
    "an address that is not packed": (LINK + base64.b64encode(json.dumps(GOOD).encode()).decode(), "damaged"),
    "an address of another version": (LINK + packed(json.dumps(GOOD | {"version": 2})), "version 2"),
    "an address of another explorer": (LINK + packed(json.dumps(GOOD | {"explorer": "neuron"})), "neuron"),
    "an address with a field that there is not": (LINK + packed(json.dumps(GOOD | {"state": {"a": 1}})), "no field"),
    "an address that unpacks to more than a state": (LINK + packed(" " * 50_000_000), "damaged"),
    "a program": ("javascript:alert(1)", "copy the whole address"),
    "markup": (json.dumps(GOOD | {"state": {"formula": "<img src=x onerror=alert(1)>", "data": "curve"}}), "At letter"),
    "a call": (json.dumps(GOOD | {"state": {"formula": "constructor(1)", "data": "curve"}}), "neither x nor"),
    "a prototype": ('{"explorer": "playground", "version": 1, "state": {"__proto__": {"data": "xor"}}}', "no field"),
    "too long": ("{" + "x" * 300_001, "longer than any link"),
    "weights of another network": (json.dumps(GOOD | {"state": {"weights": [1, 2, 3]}}), "has 3 weights"),
    "a list": ("[1]", "copy the whole address"),
    "lines cut off": ("PlaygroundExplorer(noise=0.25", "cut off"),
    "lines with a call": ("PlaygroundExplorer(noise=float('0.25'))", "plain values"),
    "lines with a name that there is not": ("PlaygroundExplorer(nose=0.25)", "no field"),
    "lines with a prototype": ("PlaygroundExplorer(__proto__=[1])", "no field"),
    "lines with a value that cannot be": ("PlaygroundExplorer(noise=7)", "noise is 7"),
}


def test_a_bad_text_is_a_sentence_and_changes_nothing(open_page):
    page = open_page()
    page.locator(".epoch").click()
    before, n_steps = state_of(page), steps(page)
    for name, (text, said) in BAD_TEXTS.items():
        complaint = take(page, text)
        assert said in complaint, name
        assert complaint.endswith((".", "!", "?")), name
        assert (state_of(page), steps(page)) == (before, n_steps), name


@pytest.mark.parametrize("name", [name for name in BAD_TEXTS if name.startswith("an address")])
def test_a_bad_address_opens_the_playground_all_the_same(name, visit, web):
    text, said = BAD_TEXTS[name]
    page = visit(web.url + "/page#" + text.partition("#")[2])
    page.wait_for_function("document.getElementById('here').shadowRoot.querySelector('.complaint').textContent !== ''")
    assert said in page.locator(".complaint").inner_text()
    assert state_of(page) == {field["name"]: field["start"] for field in declaration("playground")["fields"]}
    page.locator(".epoch").click()
    assert steps(page) > 0
