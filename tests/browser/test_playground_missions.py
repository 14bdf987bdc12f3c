"""The playground's missions, each solved and seen as done; and a newcomer's way to the spiral."""

import re

import pytest
from explorer_page import painted, readout_of

TRY = """async ([number, changes, most]) => {
  const { Session } = await import("/playground/session.js");
  const { MISSIONS, verdict } = await import("/playground/missions.js");
  const start = MISSIONS[number - 1].state;
  const memory = {};
  const first = verdict(number, new Session(start), memory);
  let found;
  for (const change of changes) {
    const session = new Session({ ...start, ...change });
    for (found = false; session.epochs < most && !session.diverged && found !== true;) {
      session.epoch();
      session.look();
      found = verdict(number, session, memory);
    }
  }
  const elsewhere = new Session({ ...start, data: "several_gaussians" });
  return { first, found, elsewhere: verdict(number, elsewhere, memory), n_missions: MISSIONS.length };
}"""
SOLUTIONS = {
    1: [{"hidden_layers": [], "activations": []}],
    2: [{"hidden_layers": [4], "optimizer": "adam"}],
    3: [{"features": ["x", "y", "xy"]}],
    4: [{"hidden_layers": [8] * 3, "activations": ["tanh"] * 3, "optimizer": "adam", "learning_rate": 0.003}],
    5: [{"learning_rate": 100}, {"learning_rate": 0.03}],
    6: [{"hidden_layers": [16, 16], "optimizer": "adam"}],
    7: [{"l2": 0.01}],
    8: [{"hidden_layers": [8] * 6}],
    9: [{"normalization": "batch"}],
    10: [{"l2": 0.03}],
}
NOT_YET = {5: [{"learning_rate": 0.03}], 6: [{}], 7: [{}], 9: [{}], 10: [{}]}  # what the start alone does not do


@pytest.fixture(scope="module")
def page(web):
    """One page for all of this file."""
    return web.open()


@pytest.mark.parametrize("number", SOLUTIONS)
def test_a_mission_is_not_done_at_its_start_and_done_by_a_solution(number, page):
    seen = page.evaluate(TRY, [number, SOLUTIONS[number], 600])
    assert seen["found"] is True
    assert isinstance(seen["first"], str) and seen["first"].endswith((".", "?"))
    assert "data are others" in seen["elsewhere"]
    assert seen["n_missions"] == len(SOLUTIONS)


@pytest.mark.parametrize("number", NOT_YET)
def test_training_alone_does_not_do_a_mission(number, page):
    assert page.evaluate(TRY, [number, NOT_YET[number], 400])["found"] is not True


def test_a_newcomer_solves_the_spiral_with_what_the_screen_says(web):
    page = web.mount("playground")
    page.locator("select.mission").select_option(label="4. The spiral")
    assert "95%" in task_of(page)
    page.locator(".start").click()
    for place in (1, 2):  # "More units in each layer"
        page.locator(f".width-{place}").fill("16")
        page.locator(f".width-{place}").press("Enter")
    page.locator("select.optimizer").select_option(label="Adam")
    assert "Adam at a learning rate of 0.003" in page.locator(".task").inner_text()
    for _ in range(2):
        page.locator("input.learning_rate").press("ArrowLeft")
    assert page.evaluate("window.explorer.get().learning_rate") == 0.003
    page.locator(".restart").click()  # and it goes on training
    page.wait_for_function(
        "document.getElementById('here').shadowRoot.querySelector('.task').textContent.startsWith('✔ Done at epoch ')",
        timeout=60_000,
    )
    page.locator(".start").click()
    assert "✔ 4. The spiral" in page.locator("select.mission").inner_text()
    page.locator(".again").click()
    page.wait_for_function("document.getElementById('here').shadowRoot.querySelector('.width-1').value === '4'")
    page.locator("select.mission").select_option(index=0)
    page.wait_for_function(
        "document.getElementById('here').shadowRoot.querySelector('.task').textContent.includes('1 of 10')"
    )


UNITS = """async ([units, seeds]) => {
  const { Session } = await import("/playground/session.js");
  const { MISSIONS, verdict } = await import("/playground/missions.js");
  return seeds.map((seed) => {
    const session = new Session({ ...MISSIONS[1].state, hidden_layers: [units], learning_rate: 0.1, seed });
    const memory = {};
    let is_done = false;
    for (let epoch = 1; epoch <= 300 && !is_done; epoch++) {
      session.epoch();
      session.look();
      is_done = verdict(2, session, memory) === true;
    }
    return is_done;
  });
}"""


def test_xor_takes_three_hidden_units_as_its_mission_says(page):
    seeds = [1, 3, 4, 5]
    assert sum(page.evaluate(UNITS, [2, seeds])) <= 1
    assert sum(page.evaluate(UNITS, [3, seeds])) >= 3


def test_a_mission_says_what_to_do_first_and_leads_to_the_next(web):
    page = web.mount("playground")
    root = "document.getElementById('here').shadowRoot"
    page.locator("select.mission").select_option(index=2)
    said = painted(page).locator(".task").inner_text()
    assert "How few hidden units does it take? Press Start." in said
    assert not page.locator(".next-mission").is_visible()
    page.locator(".width-1").fill("4")
    page.locator(".width-1").press("Enter")
    page.locator("select.optimizer").select_option(label="Adam")
    page.locator(".start").click()
    page.wait_for_function(f"{root}.querySelector('.task').textContent.startsWith('✔ Done at epoch ')", timeout=60_000)
    assert "you took 4 hidden units. With two in one layer" in page.locator(".task").inner_text()
    page.locator(".next-mission").click()
    said = painted(page).locator(".task").inner_text()
    assert 'the boxes beside "it sees". Press Start.' in said
    assert page.evaluate("window.explorer.get().mission") == 3
    assert page.locator(".start").inner_text() == "Start" and not page.locator(".next-mission").is_visible()
    assert page.evaluate(f"{root}.activeElement === {root}.querySelector('.start')")
    page.locator(".start").click()
    page.wait_for_timeout(300)
    page.locator(".start").click()
    said = painted(page).locator(".task").inner_text()
    assert "Which input is above 0 for one class" in said
    share = said.split("Validation: ")[1].split(" right now")[0]
    assert f"{share} right)" in readout_of(page).split("validation loss")[1]
    chart = page.locator(".losses").text_content()
    assert f"{share} right" in chart.split("validation loss")[1]


def test_a_share_of_right_answers_is_rounded_down_wherever_it_stands(page):
    shares = [0.949, 0.29, 0.57, 0.996, 1, 0]
    found = page.evaluate(
        """async (shares) => {
          const { right_in_percent } = await import("/views/written.js");
          return shares.map((share) => right_in_percent(share));
        }""",
        shares,
    )
    assert found == ["94%", "29%", "57%", "99%", "100%", "0%"]


HELD = """async () => {
  const { Session } = await import("/playground/session.js");
  const { MISSIONS, verdict } = await import("/playground/missions.js");
  const session = new Session({ ...MISSIONS[0].state, hidden_layers: [], activations: [] });
  const memory = {};
  const found = [];
  const look = () => {
    session.look();
    found.push(verdict(1, session, memory));
  };
  for (let epoch = 0; epoch < 200; epoch++) session.epoch();
  for (let k = 0; k < 9; k++) look(); // however often it is looked at
  for (let epoch = 0; epoch < 4; epoch++) session.epoch();
  look();
  const { flat_parameters } = session.network;
  const numbers = flat_parameters.slice();
  flat_parameters.forEach((value, k) => (flat_parameters[k] = -value));
  session.epochs += 3;
  look(); // all wrong, for three of them
  flat_parameters.set(numbers);
  for (let epoch = 0; epoch < 3; epoch++) session.epoch();
  look();
  session.epoch();
  look();
  return found;
}"""


def test_a_goal_has_to_be_reached_for_five_epochs_more_than_not(page):
    *before, last = page.evaluate(HELD)
    assert last is True and all(isinstance(each, str) for each in before)
    assert all("Reached" in before[k] for k in (0, 9, 11)) and "0% right now" in before[10]


def task_of(page):
    """What the line of the missions says."""
    return painted(page).locator(".task").inner_text()


def train_until(page, words):
    """Press Start, and Pause once the line of the missions has these words."""
    page.locator(".start").click()
    page.wait_for_function(
        "(words) => document.getElementById('here').shadowRoot.querySelector('.task').textContent.includes(words)",
        arg=words,
        timeout=60_000,
    )
    if page.locator(".start").inner_text() == "Pause":
        page.locator(".start").click()


def test_done_says_why_and_how_it_stands_now_and_stays_until_it_begins_again(web):
    page = web.mount("playground")
    page.locator("select.mission").select_option(index=3)
    page.locator(".features-xy").check()
    train_until(page, "✔ Done at epoch ")
    said = task_of(page)
    assert "one threshold is enough" in said and "But:" not in said
    for weight in ("1 to 1", "2 to 1", "3 to 1"):
        page.locator(".weight-choice").select_option(label=f"layer 1: {weight}")
        page.locator(".weight-value").fill("-99" if weight[0] == "3" else "99")
    assert "✔ Done at epoch " in task_of(page) and "But: Validation: " in task_of(page)
    for _ in range(9):
        if page.locator(".features-xy").is_checked():
            page.locator(".undo").click()
            painted(page)
    assert "✔ Done at epoch " in task_of(page) and "But:" not in task_of(page)  # what is done stays so
    page.locator(".again").click()
    assert "Done" not in task_of(page)
    assert "✔ 3. The right feature" in page.locator("select.mission").inner_text()
    assert page.locator(".next-mission").is_visible()


def test_after_the_break_the_line_says_which_button_comes_next(web):
    page = web.mount("playground")
    page.locator("select.mission").select_option(index=5)
    page.locator("input.learning_rate").press("End")
    train_until(page, "It broke.")
    assert "Now take a lower rate, and press Restart." in task_of(page)
    for _ in range(7):
        page.locator("input.learning_rate").press("ArrowLeft")
    page.locator(".restart").click()
    assert "Press Start" in task_of(page) and "Restart" not in task_of(page)
    train_until(page, "✔ Done at epoch ")
    assert "a shorter one goes down" in task_of(page)


def test_what_is_missing_is_said_with_the_number_of_now(web):
    page = web.mount("playground")
    page.locator("select.mission").select_option(index=8)
    assert 'the row "gradient" under the network' in task_of(page)
    page.locator(".epoch").click()
    said = task_of(page)
    assert re.search(r"The first layer's is [0-9]+ times smaller; you need 1,000. Press Add a layer \(sigmoid\).", said)
    assert page.locator(".add-layer").inner_text() in "Add a layer (sigmoid)"
    page.locator("select.mission").select_option(index=10)
    train_until(page, "The weights' mean size is ")
    assert "Set L2, under Regularization, to about 0.1, without Restart." in task_of(page)


CURED = """async (seeds) => {
  const { Session } = await import("/playground/session.js");
  const { MISSIONS } = await import("/playground/missions.js");
  const { state, done } = MISSIONS[9];
  return seeds.map((seed) => {
    const session = new Session({ ...state, seed });
    const train = () => {
      for (let epoch = 0; epoch < 60; epoch++) session.epoch();
      session.look();
      return done(session);
    };
    const before = train();
    session.change("l2", 0.1);
    return [before, train()];
  });
}"""


def test_the_l2_that_is_named_makes_the_weights_small_where_it_is_set_when_it_is_solved(page):
    for before, after in page.evaluate(CURED, [1, 2, 3]):
        assert "to about 0.1, without Restart" in before and after is True


def test_a_quotient_of_gradients_is_never_rounded_up(page):
    ratios = [0.5, 0.95, 1.2, 40, 43, 999, 1000, 1234, 2e6]
    found = page.evaluate(
        """async (ratios) => {
          const { times_smaller } = await import("/playground/missions.js");
          return ratios.map((ratio) => times_smaller(ratio));
        }""",
        ratios,
    )
    times = [f"{each} times smaller" for each in ("40", "43", "990", "1,000", "1,200", "more than a million")]
    assert found == ["larger", "about as large", "hardly smaller", *times]


def test_the_openings_say_to_press_start(web):
    page = web.mount("playground")
    for number in (1, 5):
        page.locator("select.mission").select_option(index=number)
        assert re.search("then press Start.$", task_of(page))


SINCE = """async () => {
  const { Session } = await import("/playground/session.js");
  const { MISSIONS } = await import("/playground/missions.js");
  const { state, done } = MISSIONS[6];
  const session = new Session({ ...state, l2: 0.01 });
  for (let epoch = 0; epoch < 320; epoch++) session.epoch();
  session.look();
  const before = done(session);
  session.change("l2", 0.03);
  const bad = { loss: 0.5, accuracy: 0.9 };
  const hints = [100, 100_000].map((epochs) => (
    MISSIONS[5].done({ steps: 1, epochs, history: [{ train: bad, validation: bad }] })
  ));
  return [before, done(session), ...hints];
}"""


def test_the_cure_counts_its_epochs_from_the_last_setting_and_patience_is_not_asked_for_forever(page):
    before, after, early, late = page.evaluate(SINCE)
    assert before is True and after == "300 epochs to go."
    assert "more epochs" in early and "Adam." in late


def test_every_mission_teaches_something_and_the_last_one_says_goodbye(page):
    found = page.evaluate(
        """async () => {
          const { Session } = await import("/playground/session.js");
          const { MISSIONS } = await import("/playground/missions.js");
          const { Missions } = await import("/playground/missions_panel.js");
          const said = MISSIONS.map(({ state, why, now, task }) => {
            const session = new Session(state);
            session.step();
            session.look();
            return [why(session), now(session), task];
          });
          const farewell = (n, number) => Missions.prototype.farewell.call({ done: { size: n } }, number);
          return { said, words: [farewell(3, 4), farewell(3, 10), farewell(10, 10)] };
        }"""
    )
    for why, now, task in found["said"]:
        assert 60 < len(why) <= 100 and why.endswith(".") and why not in task
        assert now.endswith(".") and "NaN" not in now and "undefined" not in now
    assert found["words"][0] == "" and "3 of 10 are done" in found["words"][1] and "all ten" in found["words"][2]
