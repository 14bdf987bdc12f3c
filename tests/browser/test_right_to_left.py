"""On a page that is written from right to left, pictures keep their words and signs where they are drawn."""

import pytest

from course_lib.explorers import svg
from course_lib.explorers.accessibility import ROOT, accessible_box, paragraphs

PAGE = '<!doctype html><html dir="{direction}"><body style="width:800px">{content}</body></html>'
# Where each letter of each text stands, in pixels; the direction of a text decides which side a sign goes to.
LETTERS_OF = """(texts) => texts.map(text => [...Array(text.getNumberOfChars()).keys()]
  .map(place => Math.round(text.getStartPositionOfChar(place).x)))"""
LETTERS = f"() => ({LETTERS_OF})([...document.querySelectorAll('svg text')])"


def sums():
    """Texts of which a browser would move the sign, the parenthesis or the full stop."""
    parts = [
        svg.text(200, 40 * row + 40, content, anchor=anchor)
        for row, (content, anchor) in enumerate((("−3", "start"), ("(x₁·w₁) +", "middle"), ("50%.", "end")))
    ]
    return svg.document(400, 200, parts, "sums")


def test_letters_of_a_browsers_explorer_stand_in_the_same_places_on_pages_of_both_directions(web):
    places = {}
    for direction in ("ltr", "rtl"):
        page = web.open(width=900)
        page.evaluate("direction => { document.documentElement.dir = direction; }", direction)
        web.put(page, "neuron", {"bias": -3.0})
        texts = page.locator("svg text")
        places[direction] = texts.evaluate_all(f"texts => ({LETTERS_OF})(texts)")
    assert places["rtl"] == places["ltr"] and any(len(set(text)) > 1 for text in places["ltr"])


def test_letters_stand_in_the_same_places_on_pages_of_both_directions(chromium):
    picture = sums()
    places = {}
    for direction in ("ltr", "rtl"):
        page = chromium.new_page()
        page.set_content(PAGE.format(direction=direction, content=f'<div dir="ltr">{picture}</div>{picture}'))
        letters = page.evaluate(LETTERS)
        places[direction] = letters[: len(letters) // 2], letters[len(letters) // 2 :]
        page.close()
    aside, plain = places["rtl"]
    assert plain == aside == places["ltr"][1] and any(len(set(text)) > 1 for text in plain)


@pytest.mark.parametrize(
    "content",
    [
        paragraphs("It gets 50% right.").replace("<p>", '<p id="here">'),
        f'<div class="{ROOT}"><label id="here">weight</label></div>{accessible_box([]).children[-1].value}',
    ],
    ids=["the line under a picture", "the sliders beside it"],
)
def test_what_belongs_to_a_picture_reads_from_left_to_right_too(chromium, content):
    page = chromium.new_page()
    page.set_content(PAGE.format(direction="rtl", content=content))
    assert page.evaluate("getComputedStyle(document.querySelector('#here')).direction") == "ltr"
    page.close()
