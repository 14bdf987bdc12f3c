"""The playground's sentence about the training: what it says of a row of losses, and of which epoch its numbers are."""

import pytest
from explorer_page import readout_of
from playground_page import opened

SAID = """async ([train, validation, state]) => {
  const { verdict_on } = await import("/playground/verdicts.js");
  const point = (loss, k) => ({
    epoch: k, train: { loss, accuracy: 0.7 }, validation: { loss: validation[k], accuracy: 0.7 },
  });
  const history = train.map(point);
  const session = {
    history, state, is_ready: true, diverged: false, steps: 10 * train.length, epochs: train.length - 1,
    data: { n_classes: 2 }, guessing: Math.LN2, since: 0, given_numbers: null,
  };
  return verdict_on(session, { gradients: [1, 1], dead: [0] }).words;
}"""
SLOW = {"optimizer": "gradient_descent", "learning_rate": 0.03, "hidden_layers": [8, 8], "mission": 0}
ADAM = {**SLOW, "optimizer": "adam"}
FALLS = [0.7 * 0.98**k for k in range(80)]
FLAT = [0.7] + [0.6] * 79
LATER_FLAT = [0.7 * 0.98**k for k in range(25)] + [0.42] * 80  # it fell once, and has not of late
JUMPS = [0.7] + [0.2, 0.35] * 40
RISES = [0.6] * 60 + [0.6 + 0.002 * k for k in range(20)]
CASES = {
    "falls": (FALLS, FALLS, SLOW, "The loss falls"),
    "falls with Adam": (FALLS, FALLS, ADAM, "The loss falls"),
    "validation rises": (FALLS, RISES, SLOW, "The training loss falls"),
    "fell long ago": (LATER_FLAT, LATER_FLAT, SLOW, "stands still, and high"),
    "high with Adam": (FLAT, FLAT, ADAM, "stays high: the steps may be too large"),
    "jumps with Adam": (JUMPS, JUMPS, ADAM, "jumps up and down and comes no lower"),
    "high with short steps": (FLAT, FLAT, {**ADAM, "learning_rate": 0.003}, "take another activation"),
    "high without Adam": (FLAT, FLAT, SLOW, "take Adam at a learning rate of 0.003"),
    "one point": ([0.7], [0.7], SLOW, "The first epoch is not over"),
}


@pytest.fixture(scope="module")
def open_page(web):
    """A function that opens a playground in a state."""
    yield from opened(web)


@pytest.fixture(scope="module")
def page(web):
    """One page for all rows of losses."""
    page = web.open()
    yield page
    assert page.said == []


@pytest.mark.parametrize("name", CASES)
def test_the_sentence_is_true_of_what_the_loss_did_of_late(name, page):
    train, validation, state, expected = CASES[name]
    said = page.evaluate(SAID, [train, validation, state])
    assert expected in said
    assert ("The loss falls" in said) == (expected == "The loss falls")
    if "too large" in expected:
        assert "smaller learning rate, then press Restart" in said


def test_on_a_pause_readout_and_chart_tell_the_same_epoch(open_page):
    page = open_page({"n_points": 200})
    page.locator(".start").click()
    page.wait_for_timeout(700)
    seen = page.evaluate(
        """() => {
          const root = document.getElementById("here").shadowRoot;
          root.querySelector(".start").click();
          const all = (selector) => [...root.querySelectorAll(selector)].map((node) => node.textContent).join(" | ");
          const numbers = (text) => [...text.matchAll(/loss ([0-9]+[.][0-9]+)/g)].map((found) => found[1]);
          const [chart, readout] = [all(".losses text"), all(".readout")];
          const epochs = (text) => [...text.matchAll(/epoch ([0-9,]*[0-9])/gi)].map((found) => found[1]);
          return [epochs(chart).at(-1), epochs(readout).at(-1), numbers(chart), numbers(readout)];
        }"""
    )
    assert seen[0] == seen[1]
    assert len(seen[2]) == 2 and seen[2] == seen[3]
    assert f"Epoch {seen[1]}:" in readout_of(page)  # and so it stays
