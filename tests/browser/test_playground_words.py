"""The playground's sentence about the training: what it says of a row of losses, and of which epoch its numbers are."""

import math
import statistics

import pytest
from explorer_page import readout_of
from playground_page import opened, steps

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
CHANCE = [0.7] + [0.75, 0.95, 0.7, 1.3, 0.8] * 16  # and its last third is lower than the one before
WOBBLES = [0.7] + [0.55 + 0.04 * math.sin(k * k) - 0.0004 * k for k in range(79)]
HEART = [0.4] * 20 + [0.4 + 0.01 * k for k in range(60)]
CAME_DOWN = [0.3] * 20 + [0.3 + 0.03 * k for k in range(20)] + [0.38] * 40
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
    "zigzags at chance": (CHANCE, CHANCE, SLOW, "on average is no better than chance (the loss of guessing is 0.69)"),
    "stays at chance": ([0.69] * 80, [0.7] * 80, SLOW, "stays at the level of chance"),
    "a plateau that wobbles": (WOBBLES, WOBBLES, SLOW, "stands still, and high"),
    "validation swings": (FLAT, [0.8] + [0.4, 2.1, 1.2] * 27, SLOW, "the validation loss jumps up and down"),
    "a narrow layer": (
        FLAT,
        FLAT,
        {**SLOW, "hidden_layers": [8, 2]},
        "Give layer 2 more units (it has 2), or take Adam",
    ),
    "wide layers": (FLAT, FLAT, SLOW, "Add a layer, or take Adam"),
    "no hidden layer": (FLAT, FLAT, {**SLOW, "hidden_layers": []}, "Add a hidden layer, or take Adam"),
    "in a mission": (
        FLAT,
        FLAT,
        {**SLOW, "hidden_layers": [], "mission": 3},
        "high. The mission's line says what you may",
    ),
    "by heart": (
        FALLS,
        HEART,
        SLOW,
        "lowest near epoch 17 and has risen since, while the training loss fell: overfitting. M",
    ),
    "rose, and came down": (FALLS, CAME_DOWN, SLOW, "The loss falls"),
    "rose by a hair": (FALLS, [0.5] * 40 + [0.51] * 40, SLOW, "The loss falls"),
}


HELD = """async (found) => {
  const { Steady } = await import("/playground/verdicts.js");
  const steady = new Steady();
  return found.map(([key, epoch, now, at_once, for_now]) => (
    steady.of(key && { key, at_once, for_now }, epoch, now).key
  ));
}"""
TRAINED = """async ([state, epochs, between]) => {
  const { Session } = await import("/playground/session.js");
  const { readings_of } = await import("/playground/readings.js");
  const { Steady, verdict_on } = await import("/playground/verdicts.js");
  const [session, steady, said] = [new Session(state), new Steady(), []];
  for (let now = 0; session.epochs < epochs; now += 33) { // milliseconds of a picture
    for (let epoch = 0; epoch < between; epoch++) session.epoch();
    session.look();
    const { words } = steady.of(verdict_on(session, readings_of(session)), session.epochs, now);
    if (said.at(-1) !== words) said.push(words);
  }
  return said;
}"""


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


def test_another_verdict_is_said_once_it_was_mostly_true_for_three_seconds_and_20_epochs(page):
    falls, high = "falls", "high"
    found = [
        [falls, 1, 0], [high, 10, 500], [high, 20, 2000], [None, 20, 2900], [high, 21, 3100], [high, 22, 3200],
        [falls, 40, 3300], [falls, 60, 9000],  # high was said at 21, and falls is no more frequent before 60
        [high, 79, 12_500], [falls, 81, 12_600], ["diverged", 90, 12_700, True], [falls, 91, 12_800],
    ]  # fmt: skip
    said = page.evaluate(HELD, found)
    assert said == [falls] * 4 + [high] * 3 + [falls] * 3 + ["diverged", falls]


def test_what_is_said_for_now_makes_room_at_once(page):
    assert page.evaluate(HELD, [["young", 1, 0, False, True], ["falls", 2, 30]]) == ["young", "falls"]


def test_a_training_that_gets_nowhere_is_called_that_and_the_sentence_stays(page):
    state = {"data": "xor", "noise": 0, "hidden_layers": [], "activations": [], "features": ["x", "y", "x_squared"]}
    said = page.evaluate(TRAINED, [{**state, "mission": 3}, 3000, 5])
    assert len(said) <= 3
    assert "no better than chance" in said[-1] and "The mission's line says" in said[-1]
    said = page.evaluate(TRAINED, [{"data": "spirals"}, 5000, 6])
    assert len(said) <= 3
    assert "stands still, and high. Give layer 2 more units" in said[-1]


def test_the_loss_of_guessing_is_that_of_the_best_answer_without_the_place(page):
    found = page.evaluate(
        """async () => {
          const { Session } = await import("/playground/session.js");
          const sessions = ["xor", "several_gaussians", "plane"].map((data) => new Session({ data }));
          return sessions.map((session) => [session.guessing, [...session.train_part.targets]]);
        }"""
    )
    for (guessing, targets), n_classes in zip(found, (2, 4, 0), strict=True):
        shares = [targets.count(label) / len(targets) for label in range(n_classes)]
        expected = sum(-share * math.log(share) for share in shares) if n_classes else statistics.pvariance(targets)
        assert guessing == pytest.approx(expected, rel=1e-9)


def test_a_weight_set_by_hand_and_a_new_setting_are_named_until_the_training_goes_on(open_page):
    page = open_page({"n_points": 100})
    for _ in range(3):
        page.locator(".epoch").click()
    page.locator(".weight-value").fill("999")
    assert "You have set a weight by hand" in readout_of(page)
    page.locator(".weight-value").press("Enter")
    assert "You have set a weight by hand" in readout_of(page)
    page.locator(".epoch").click()
    assert "by hand" not in readout_of(page)
    page.locator("select.optimizer").select_option(label="Adam")
    said = readout_of(page)
    assert "The new setting (optimizer) counts from here on, and what is learned stays." in said
    page.locator(".epoch").click()
    assert "new setting" not in readout_of(page)
    page.locator(".add-layer").click()
    assert "another network, which begins at its first weights: press Start. Undo brings" in readout_of(page)
    page.locator(".undo").click()
    assert "another network" not in readout_of(page)
    page.locator(".start").click()
    page.wait_for_timeout(200)
    page.locator(".weight-value").fill("3")
    page.wait_for_timeout(700)
    assert "You have set a weight by hand" in readout_of(page)  # long enough to be read
    page.wait_for_timeout(3000)
    assert "by hand" not in readout_of(page)


def test_restart_keeps_what_trains_training(open_page):
    page = open_page({"n_points": 200})
    page.locator(".start").click()
    page.wait_for_timeout(700)
    before = steps(page)
    page.locator(".restart").click()
    after = steps(page)
    assert after < before
    assert page.locator(".start").inner_text() == "Pause"
    page.wait_for_timeout(300)
    assert steps(page) > after
    page.locator(".start").click()
    page.locator(".restart").click()
    assert steps(page) == 0 and page.locator(".start").inner_text() == "Start"


def test_while_it_trains_the_numbers_are_of_the_charts_epoch_and_not_read_aloud(open_page):
    page = open_page({"n_points": 300, "hidden_layers": [16, 16]})
    page.locator(".start").click()
    for _ in range(4):
        page.wait_for_timeout(150)
        chart, readout, live = page.evaluate(
            """() => {
              const root = document.getElementById("here").shadowRoot;
              const lines = root.querySelectorAll(".readout p");
              return [root.querySelector(".losses").textContent, lines[1].textContent, lines[1].ariaLive ?? "none"];
            }"""
        )
        assert f"{readout.split(':')[0].lower()}" in chart
        assert chart.split("training loss ")[1][:5] == readout.split("training loss ")[1][:5]
        assert live == "off"
    page.locator(".start").click()
    assert page.locator(".readout [aria-live]").count() == 0
