"""The playground's sentence about the training: what it says of a row of losses, and of which epoch its numbers are."""

import math
import statistics

import pytest
from explorer_page import readout_of
from playground_page import opened, steps

SAID = """async ([train, validation, { right = [0.7, 0.7], runs = false, changed = "", ...state }]) => {
  const { Curve } = await import("/playground/curve.js");
  const { verdict_on } = await import("/playground/verdicts.js");
  const curve = new Curve();
  train.forEach((loss, epoch) => curve.add({
    epoch, train: { loss, accuracy: right[0] }, validation: { loss: validation[epoch], accuracy: right[1] },
  }));
  const session = {
    curve, history: curve.points, state, parts: { train: { length: 200 }, validation: { length: 90 } },
    is_ready: true, diverged: false, steps: 10 * train.length, epochs: train.length - 1,
    data: { n_classes: 2 }, guessing: Math.LN2, since: 0, given_numbers: null, changed,
  };
  return verdict_on(session, { gradients: [1, 1], dead: [0] }, runs).words;
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
TINY = [0.7 * 0.8**k for k in range(80)]
CROSSED = [0.5] * 20 + [0.2] * 20 + [0.2 + 0.02 * k for k in range(40)]
# A curve that falls by 4% in 78 epochs, and wobbles.
SLOWLY = [
    [0.68, *(high - (high - low) * k / 78 + 0.012 * (-1) ** k for k in range(78))]
    for high, low in ((0.633, 0.605), (0.612, 0.569))
]
RIGHT = {**SLOW, "right": [1, 0.98]}
CAME_DOWN = [0.3] * 20 + [0.3 + 0.03 * k for k in range(20)] + [0.38] * 40
CASES = {
    "falls": (FALLS, FALLS, SLOW, "The training loss falls"),
    "falls with Adam": (FALLS, FALLS, ADAM, "The training loss falls"),
    "validation rises": (FALLS, RISES, SLOW, "The validation loss rises, while the training loss falls"),
    "validation rises alone": (FLAT, RISES, SLOW, "The validation loss rises, while the training loss falls no more"),
    "fell long ago": (LATER_FLAT, LATER_FLAT, SLOW, "stands still, and high"),
    "high with Adam": (FLAT, FLAT, ADAM, "stays high: the steps may be too large"),
    "jumps with Adam": (JUMPS, JUMPS, ADAM, "jumps up and down and comes no lower"),
    "high with short steps": (FLAT, FLAT, {**ADAM, "learning_rate": 0.003}, "take another activation"),
    "high without Adam": (FLAT, FLAT, SLOW, "take Adam at a learning rate of 0.003"),
    "one point": ([0.7], [0.7], SLOW, "The first epoch is not over"),
    "zigzags at chance": (CHANCE, CHANCE, SLOW, "on average is no better than chance (the loss of guessing is 0.69)"),
    "stays at chance": ([0.69] * 80, [0.7] * 80, SLOW, "stays at the level of chance"),
    "a plateau that wobbles": (WOBBLES, WOBBLES, SLOW, "stands still, and high"),
    "validation swings": (FLAT, [0.8] + [0.4, 2.1, 1.2] * 27, SLOW, "The validation loss jumps up and down"),
    "a narrow layer": (
        FLAT,
        FLAT,
        {**SLOW, "hidden_layers": [8, 2]},
        "Give layer 2 more units: 8 or more (it has 2). Then take Adam",
    ),
    "wide layers": (FLAT, FLAT, SLOW, "Add a layer, or take Adam"),
    "narrow layers": (
        FLAT,
        FLAT,
        {**SLOW, "hidden_layers": [4, 2]},
        "Give each layer 8 or more units (layer 2 has 2).",
    ),
    "a narrow layer with Adam": (
        FLAT,
        FLAT,
        {**ADAM, "hidden_layers": [4]},
        "(it has 4). Then take a learning rate of 0.003.",
    ),
    "no hidden layer": (
        FLAT,
        FLAT,
        {**SLOW, "hidden_layers": []},
        "Add a hidden layer of 8 or more units. Then take Adam",
    ),
    "falls slowly": (*SLOWLY, SLOW, "The loss falls slowly. Add a layer"),
    "falls slowly in validation alone": (FLAT[:79], SLOWLY[1], SLOW, "The loss falls slowly. Add a layer"),
    "flat for a moment": (FLAT[:45], FLAT[:45], SLOW, "The loss has not fallen of late: train on."),
    "jumps with the rate that was advised": (
        JUMPS,
        JUMPS,
        {**ADAM, "learning_rate": 0.003},
        "lower: a larger batch makes",
    ),
    "rises after L2": (
        RISES,
        RISES,
        {**SLOW, "changed": "l2"},
        "The training loss rises: regularization has its price.",
    ),
    "solved while it trains": (
        TINY,
        TINY,
        {**RIGHT, "runs": True},
        "Solved: nearly all points are right. Press Pause to keep",
    ),
    "by heart while it trains": (
        TINY,
        [0.4] * 80,
        {**SLOW, "right": [1, 0.8], "runs": True},
        "The training points are solved, but too few of the validation points are right. More points",
    ),
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
        "lowest near epoch 20 and has risen since, while the training loss fell: overfitting. M",
    ),
    "rose, and came down": (FALLS, CAME_DOWN, SLOW, "The training loss falls"),
    "solved, and rose": (TINY, [0.02] * 40 + [0.06] * 40, RIGHT, "Solved, except 2 of 90 validation points."),
    "solved, and jumps": (
        [0.001, 0.004] * 40,
        [0.02] * 80,
        {**SLOW, "right": [0.995, 1]},
        "Solved, except 1 of 200 training points.",
    ),
    "all right": (TINY, TINY, {**SLOW, "right": [1, 1]}, "Solved: every point is classified right"),
    "right, but sure of what is wrong": (
        TINY,
        CROSSED,
        RIGHT,
        "has risen since, while the training loss fell: overfitting",
    ),
    "rises before it is solved": ([0.7 - 0.004 * k for k in range(80)], HEART, SLOW, "does not help with new points"),
    "by heart from the start": (
        TINY,
        [0.4] * 80,
        {**SLOW, "right": [1, 0.8]},
        "The training points are solved, but it gets 18 of 90 validation points wrong. More points",
    ),
    "falls to chance": (
        [0.9 - 0.01 * k for k in range(20)],
        FLAT,
        SLOW,
        "The training loss falls, but is still no better than chance",
    ),
    "falls by nothing": ([0.3 - 0.00001 * k for k in range(80)], FLAT, SLOW, "stands still, and high"),
    "rose by a hair": (FALLS, [0.5] * 40 + [0.51] * 40, SLOW, "The training loss falls"),
}


HELD = """async (found) => {
  const { Steady } = await import("/playground/steady.js");
  const steady = new Steady();
  return found.map(([key, epoch, now, at_once, for_now, words, more]) => {
    const said = steady.of(key && { key, at_once, for_now, words, ...more }, epoch, now);
    return said.words ?? said.key;
  });
}"""
TRAINED = """async ([state, epochs, between]) => {
  const { Session } = await import("/playground/session.js");
  const { readings_of } = await import("/playground/readings.js");
  const { Steady } = await import("/playground/steady.js");
  const { verdict_on } = await import("/playground/verdicts.js");
  const [session, steady, said] = [new Session(state), new Steady(), []];
  for (let now = 0; session.epochs < epochs; now += 33) { // milliseconds of a picture
    for (let epoch = 0; epoch < between; epoch++) session.epoch();
    session.look();
    const { words, for_now } = steady.of(verdict_on(session, readings_of(session), true), session.epochs, now);
    if (said.at(-1) !== words && !for_now) said.push(words);
  }
  return said;
}"""


@pytest.fixture(scope="module")
def open_page(web):
    """A function that opens a playground in a state."""
    return opened(web)


@pytest.fixture(scope="module")
def page(web):
    """One page for all rows of losses."""
    return web.open()


@pytest.mark.parametrize("name", CASES)
def test_the_sentence_is_true_of_what_the_loss_did_of_late(name, page):
    train, validation, state, expected = CASES[name]
    said = page.evaluate(SAID, [train, validation, state])
    assert expected in said
    assert ("The training loss falls: the network is learning" in said) == (expected == "The training loss falls")
    assert "nothing is learned" not in said
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
        [falls, 1, 0], [high, 10, 7500], [high, 20, 9000], [None, 20, 9900], [high, 21, 10_100], [high, 22, 10_200],
        [falls, 40, 10_300], [falls, 60, 20_200],  # high was said at 21, and falls is no more frequent before 60
        [high, 79, 26_700], [falls, 81, 26_800], ["diverged", 90, 26_900, True], [falls, 91, 27_000],
    ]  # fmt: skip
    said = page.evaluate(HELD, found)
    assert said == [falls] * 4 + [high] * 3 + [falls] * 3 + ["diverged", falls]


@pytest.mark.parametrize(
    ("another", "tones", "seconds"), [("high", (1, None), 10), ("jumps", (1, -1), 3), ("solved", (1, 1), 3)]
)
def test_a_sentence_stays_for_ten_seconds_unless_the_opposite_is_true(another, tones, seconds, page):
    found = [["falls", 1, 0, False, False, None, {"tone": tones[0]}]]
    found += [[another, 1 + 20 * k, 500 * k, False, False, None, {"tone": tones[1]}] for k in range(1, 25)]
    said = page.evaluate(HELD, found)
    assert said.index(another) in (2 * seconds, 2 * seconds + 1)


def test_advice_stays_until_the_training_loss_is_clearly_lower(page):
    falls = [
        ["falls", 40 * k, 1000 * k, False, False, "It falls.", {"is_open": True, "level": 0.63 - 0.01 * k}]
        for k in range(40)
    ]
    advice = ["high", 1, 0, False, False, "High. More.", {"level": 0.63, "advice": "More."}]
    said = page.evaluate(HELD, [advice, *falls])
    assert [each for k, each in enumerate(said) if each != said[k - 1]] == [
        "High. More.",
        "It falls. More.",
        "It falls.",
    ]
    assert said.index("It falls.") == 1 + 13  # the first loss that is below four fifths of 0.63


def test_a_solved_network_has_the_numbers_of_its_own_epoch_on_a_pause_and_none_while_it_trains(open_page):
    page = open_page({"data": "gaussians", "n_points": 200, "noise": 0.2, "learning_rate": 0.1})
    page.locator(".start").click()
    page.wait_for_function(
        """() => {
          const { textContent } = document.getElementById("here").shadowRoot.querySelector(".readout p");
          return textContent === "Solved: nearly all points are right. Press Pause to keep it.";
        }"""
    )
    page.locator(".start").click()
    said, numbers = [line for line in readout_of(page).splitlines() if line][:2]
    assert said.startswith("Solved") and "Pause" not in said
    assert ("every point" in said) == (numbers.count("100% right") == 2)


def test_what_is_said_for_now_makes_room_at_once(page):
    assert page.evaluate(HELD, [["young", 1, 0, False, True], ["falls", 2, 30]]) == ["young", "falls"]


def test_the_words_of_a_verdict_stay_as_they_were_said_first(page):
    found = [["over", 1, 0, False, False, "near 10"], ["over", 30, 4000, False, False, "near 12"]]
    assert page.evaluate(HELD, found) == ["near 10", "near 10"]


def test_a_pause_judges_the_whole_curve_at_once(open_page):
    small = {"n_points": 120, "share": 0.4, "hidden_layers": [16, 16], "activations": ["relu", "relu"]}
    page = open_page({"data": "moons", "noise": 0.5, "optimizer": "adam", "learning_rate": 0.01, **small})
    page.evaluate("() => { performance.now = () => 0; }")  # nothing holds for three seconds: the first sentence stays
    page.locator(".speed").select_option(label="medium")
    page.locator(".start").click()
    page.wait_for_function(
        """() => {
          const { textContent } = document.getElementById("here").shadowRoot.querySelector(".count");
          return Number(textContent.match(/epoch ([0-9,]+)/)[1].replace(",", "")) > 700;
        }"""
    )
    assert "overfitting" not in readout_of(page)
    page.locator(".start").click()
    assert "has risen since, while the training loss fell: overfitting" in readout_of(page)


THINNED = """async ([epochs, peaks]) => {
  const { Curve } = await import("/playground/curve.js");
  const curve = new Curve();
  let [fewest, most] = [Infinity, 0];
  for (const epoch of epochs) {
    const loss = peaks.includes(epoch) ? 5 : 1 / (1 + epoch);
    curve.add({ epoch, train: { loss, accuracy: 1 }, validation: { loss: 2 + (epoch - 700) ** 2 / 1e6, accuracy: 1 } });
    most = Math.max(most, curve.points.length);
    if (epoch > 10_000) fewest = Math.min(fewest, curve.points.length);
  }
  const gaps = curve.points.slice(1, -2).map((point, k) => curve.points[k + 2].epoch - point.epoch);
  const high = curve.points.filter(({ range }) => range.train[1] === 5).map(({ epoch }) => epoch);
  const [first, last] = [curve.points[0].epoch, curve.points.at(-1).epoch];
  return { fewest, most, gaps, high, first, last, lowest: curve.lowest };
}"""


@pytest.mark.parametrize("every", [1, 37])
def test_a_curve_is_thinned_evenly_and_keeps_its_extremes_and_its_lowest(every, page):
    epochs = list(range(0, 100_000, every))
    peaks = [epochs[k] for k in (2, 700 // every, len(epochs) // 2)]
    found = page.evaluate(THINNED, [epochs, peaks])
    assert 150 < found["fewest"] <= found["most"] <= 400
    assert (found["first"], found["last"]) == (0, epochs[-1])
    assert max(found["gaps"]) <= 2 * 512 and max(found["gaps"][:-1]) < 2.5 * min(found["gaps"][:-1])
    assert len(found["high"]) == 3
    assert all(0 <= peak - at <= 512 for peak, at in zip(peaks, found["high"], strict=True))
    assert abs(found["lowest"]["epoch"] - 700) <= max(10, every)


def test_a_loss_above_the_charts_axis_is_marked_and_shown_where_it_was(open_page):
    page = open_page()
    drawn = page.evaluate(
        """async () => {
          const { LossChart } = await import("/playground/loss_chart.js");
          const chart = new LossChart();
          chart.lay_out({ left: 0, top: 0, width: 100, height: 100 });
          const point = (epoch, loss, high) => ({
            epoch, train: { loss, accuracy: 1 }, validation: { loss, accuracy: 1 },
            range: { train: [loss, high], validation: [loss, loss] },
          });
          const words = () => chart.node.textContent;
          const draw = (...points) => chart.draw({ points, first: 1 });
          draw(point(0, 7, 7), point(50, 1, 7.8), point(100, 1, 1)); // the first epoch ends higher than it began
          const cut = [words(), chart.train.getAttribute("d"), chart.validation.getAttribute("d")];
          draw(point(0, 1, 1), point(50, 1, 2.5), point(100, 1, 1));
          return [...cut, words()];
        }"""
    )
    assert "↑ up to 7.8" in drawn[0] and "3.0" in drawn[0]
    assert "L50.0 0.0" in drawn[1] and "L50.0 0.0" not in drawn[2]
    assert "up to" not in drawn[3] and "2.5" in drawn[3]


def test_a_training_that_gets_nowhere_is_called_that_and_the_sentence_stays(page):
    state = {"data": "xor", "noise": 0, "hidden_layers": [], "activations": [], "features": ["x", "y", "x_squared"]}
    said = page.evaluate(TRAINED, [{**state, "mission": 3}, 3000, 5])
    assert len(said) <= 3
    assert "no better than chance" in said[-1] and "The mission's line says" in said[-1]
    said = page.evaluate(TRAINED, [{"data": "spirals"}, 5000, 6])
    assert len(said) <= 3
    assert "stands still, and high. Give each layer 8 or more units (layer 2 has 2)" in said[-1]


def test_a_loss_that_broke_is_said_with_its_step_and_the_start_claims_nothing_of_what_is_learned(open_page):
    page = open_page({"data": "plane", "learning_rate": 100, "hidden_layers": [8, 8], "activations": ["relu", "relu"]})
    assert "It is not trained yet: press Start." in readout_of(page)
    page.locator(".start").click()
    page.wait_for_function("document.getElementById('here').shadowRoot.querySelector('.start').disabled")
    epoch = page.locator(".count").text_content().split(",")[0]
    assert f"From step {steps(page)} ({epoch}) on the loss is no number" in readout_of(page)


def test_connections_that_pass_0_are_not_counted_while_it_trains(page):
    said = page.evaluate(
        """async () => {
          const { Session } = await import("/playground/session.js");
          const { numbers_on, readings_of } = await import("/playground/readings.js");
          return [0, 0.01].flatMap((l1) => {
            const session = new Session({ data: "circles", l1 });
            session.network.flat_weights[0] = 0.001;
            return [true, false].map((runs) => numbers_on(session, readings_of(session), runs));
          });
        }"""
    )
    assert ["practically 0" in each for each in said] == [False, True, True, True]
    assert all("Mean size of the weights " in each for each in said)


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


def test_every_word_of_the_screen_is_explained_at_the_start_and_called_one_thing(open_page):
    page = open_page()
    assert page.evaluate("document.documentElement.scrollHeight") <= 640
    for word in ("Loss: ", "Validation points ", "Epoch: ", "Gradient: "):
        assert word in readout_of(page)
    assert page.locator(".surface").text_content().endswith("filled: training, hollow: validation")
    page.locator(".epoch").click()
    assert "Gradient: " not in readout_of(page)


def test_dead_units_are_an_alarm_only_where_a_whole_layer_is_dead(page):
    looks = page.evaluate(
        """async () => {
          const { Drawing } = await import("/playground/drawing.js");
          const { svg } = await import("/views/svg.js");
          const texts = () => [svg("text"), svg("text"), svg("text")];
          const rows = [1, 2, 3].map(() => ({ values: texts(), name: svg("text") }));
          const readings = { gradients: [1, 1], weights: [1, 1], dead: [0, 0.81, 1] };
          Drawing.prototype.draw_readings.call({ foot: { rows } }, readings);
          return rows[2].values.map((node) => node.getAttribute("fill"));
        }"""
    )
    assert looks == ["var(--soft)", "var(--soft)", "var(--alarm)"]
