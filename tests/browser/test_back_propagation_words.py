"""Back-propagation link by link: what it says at the end, its words, and how it writes numbers."""

import re

import pytest
from back_propagation_page import FORMULA, FORWARD, LINKS, READOUT, TEXTS, first_button, opened, press, start, state_of
from explorer_page import painted


@pytest.fixture
def mounted(web):
    """Mounts the explorer in a state."""
    return opened(web)


def test_where_nothing_can_fall_further_it_says_so_and_what_to_do(mounted):
    page = mounted()
    for _ in range(9):
        press(page, "To the end")
        if first_button(page).get_attribute("aria-disabled") == "true":
            break
        press(page, "Make the step")
    assert first_button(page).get_attribute("aria-disabled") == "true"
    said = page.evaluate(READOUT)
    assert 'Nothing can fall further. Raise c₂, or press "First weights". The ReLU of y₂ is off' in said
    assert page.evaluate(FORMULA)[2].split(" → ").count("0.5") <= 2
    first_button(page).click(force=True)
    assert state_of(painted(page))["position"] == LINKS
    page.evaluate("explorer.set({ c2: 14 })")
    painted(page)
    assert first_button(page).get_attribute("aria-disabled") == "false"


def test_a_loss_that_is_all_but_0_ends_it_too(mounted):
    page = mounted(start(position=LINKS, t1=46 + 1e-6, t2=0))
    assert "all but 0, so that nothing is left to learn" in page.evaluate(READOUT)
    assert first_button(page).get_attribute("aria-disabled") == "true"


def test_small_numbers_stay_in_their_boxes_and_a_field_says_what_the_picture_says(mounted):
    page = mounted(start(position=LINKS, w11=-0.00000020234, w12=-0.030666, b1=8.9904, t1=23.0000404))
    outside = """() => [...root.querySelectorAll("svg text")].filter((node) => {
      const { left, right } = node.getBoundingClientRect();
      const frames = [...root.querySelectorAll("svg rect")].map((each) => each.getBoundingClientRect());
      const middle = (left + right) / 2;
      const y = node.getBoundingClientRect().y + 8;
      const mine = frames.filter((box) => box.left < middle && middle < box.right && box.top < y && y < box.bottom);
      return mine.length > 0 && !mine.some((box) => box.left <= left && right <= box.right);
    }).map((node) => node.textContent)"""
    assert page.evaluate(outside) == []
    texts = page.evaluate(TEXTS)
    for name, words in (("w12", "-0.0307"), ("b1", "8.99")):
        assert page.locator(f"input.field.{name} + .box").input_value() == words
        assert words.replace("-", "−") in texts


def test_words_a_learner_can_read(mounted):
    page = mounted()
    assert "Each click is one link of the chain: one sum, one ReLU, or one slope." in page.evaluate(READOUT)
    page.evaluate("explorer.set({ position: 11 })")
    painted(page)
    assert "if y₂ grows by a little, the loss shrinks by as much" in page.evaluate(READOUT)
    page.evaluate("explorer.set({ position: 10 })")
    painted(page)
    assert "if y₁ grows by a little, the loss grows by 2 times as much" in page.evaluate(READOUT)


def test_words_are_explained_where_they_are_used_first(mounted):
    page = mounted()
    said = page.evaluate(READOUT)
    assert "targets (t₁ and t₂, what y₁ and y₂ should be)" in said
    assert "slopes, how fast it changes with each number" in said
    page.evaluate(f"explorer.set({{ position: {FORWARD + 1} }})")
    said = painted(page).evaluate(READOUT)
    assert "The slope of (y₁ − t₁)² is 2·(y₁ − t₁), and the mean takes half of it" in said
    assert "The 1 at L is the slope of L over itself" in said
    page.evaluate(f"explorer.set({{ position: {FORWARD + 5} }})")
    assert "which is the local slope: how fast s₁ changes with it" in painted(page).evaluate(READOUT)


@pytest.mark.parametrize("bias", [9, 7.556, 7.0213])
def test_squares_by_hand_are_those_that_are_said(bias, mounted):
    page = mounted(start(position=FORWARD, c1=bias))
    numbers = page.evaluate(FORMULA)[1].replace("−", "-").replace("(-", "(0-")
    y, t = map(float, re.findall(r"[0-9.]+", numbers)[:2])
    square = float(re.findall(r"[0-9.]+", numbers.split("/ 2 = (")[1])[0])
    assert (y - t) ** 2 == pytest.approx(square, rel=2e-3)
