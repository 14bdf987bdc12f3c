"""The overfitting laboratory in a plain page: its runs are NumPy's, and what it says follows from them."""

import numpy as np
import pytest
import traitlets

from course_lib.data.toys import mirror_copies
from course_lib.engine.numpy_backend import Network
from course_lib.explorers.overfitting_laboratory import OverfittingLaboratory
from course_lib.explorers.web_explorer import declaration
from course_lib.recipe import Recipe

FIELDS = declaration("overfitting_laboratory")["fields"]
STARTS = {field["name"]: field["start"] for field in FIELDS}
SMALL = {"n_points": 80, "units": 4}  # trains in a moment, and each step of the share of labels redrawn shows
EPOCHS = 120
REMEDIES = [{"patience": 10}, {"dropout": 0.2}, {"l1": 0.003}, {"l2": 0.01}, {"max_norm": 0.5}, {"copies": True}]
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))"
SHOWN = """() => { const root = document.getElementById("here").shadowRoot;
  return [root.querySelector(".picture").innerHTML, root.querySelector(".readout").innerText]; }"""
RUNS = """async (states) => {
  const { Run } = await import("/laboratory/run.js");
  const { standing, verdict, sentences } = await import("/laboratory/verdict.js");
  return states.map((state) => {
    const run = new Run(state);
    while (!run.finished) run.epoch();
    const found = standing(run);
    return { ...found, verdict: verdict(found), words: sentences(found), steps: run.steps, rows: run.rows };
  });
}"""


@pytest.fixture(scope="module")
def plain(web):
    """A page for what needs no picture."""
    return web.open()


def runs(page, *changes):
    """What the runs of the start with these changes come to."""
    return page.evaluate(RUNS, [STARTS | change for change in changes])


def settle(page):
    """(markup of the picture, words) once no run is on its way to its end."""
    page.evaluate(FRAMES)
    page.locator("section[aria-busy=false]").wait_for()
    page.evaluate(FRAMES)
    return tuple(page.evaluate(SHOWN))


def epochs_shown(page):
    """How many epochs the readout says."""
    return int(page.locator(".readout").inner_text().split("After ")[1].split(" epoch")[0])


@pytest.fixture
def page(web):
    """A page with a small laboratory."""
    return web.mount("overfitting_laboratory", SMALL)


# What is trained


def test_a_run_is_numpys_with_the_recipe_of_the_controls(plain):
    state = STARTS | {"n_points": 40, "units": 8, "l1": 0.001, "l2": 0.01, "max_norm": 2, "copies": True}
    there = plain.evaluate(
        """async (state) => { const { Run } = await import("/laboratory/run.js");
             const run = new Run(state);
             const named = Object.entries(run.network.parameters()).map(([name, values]) => [name, [...values]]);
             const parameters = Object.fromEntries(named);
             const orders = [];
             for (let epoch = 0; epoch < 20; epoch++) { run.epoch(); orders.push([...run.order]); }
             const part = ({ x, targets }) => [[...x], [...targets]];
             const parts = { train: part(run.train_part), validation: part(run.validation_part) };
             return { parameters, orders, rows: run.rows, ...parts } }""",
        state,
    )
    recipe = Recipe(
        hidden_layers=(8, 8),
        activation="relu",
        normalization="none",
        drop_rate=0.0,
        l1=0.001,
        l2=0.01,
        max_norm=2.0,
        learning_rate=0.01,
        batch_size=40,
    )
    network = Network(recipe, 2, 2, "float64")
    shapes = {name: array.shape for name, array in network.parameters().items()}
    network.load_parameters({name: np.reshape(there["parameters"][name], shape) for name, shape in shapes.items()})
    parts = {part: (np.reshape(there[part][0], (-1, 2)), np.array(there[part][1])) for part in ("train", "validation")}
    x, labels = parts["train"]
    assert len(x) == 160 and len(parts["validation"][0]) == 400
    for order, row in zip(there["orders"], there["rows"], strict=True):
        for batch in np.split(np.array(order), 4):
            network.train_step(x[batch], labels[batch])
        for part, (inputs, targets) in parts.items():
            loss, accuracy = network.evaluate(inputs, targets)
            assert row[part]["loss"] == pytest.approx(loss, rel=1e-6)
            assert row[part]["accuracy"] == pytest.approx(accuracy)


def test_dropout_and_early_stopping_reach_the_run(plain):
    rates, patience = plain.evaluate(
        """async (state) => { const { Run } = await import("/laboratory/run.js");
             const run = new Run(state);
             const rates = run.network.leaves.map(([, layer]) => layer.drop_rate);
             return [rates.filter((rate) => rate), run.state.patience] }""",
        STARTS | {"dropout": 0.2, "patience": 30},
    )
    assert rates == [0.2, 0.2] and patience == 30


@pytest.mark.parametrize("n_points", [20, 320])
@pytest.mark.parametrize("copies", [False, True])
def test_every_run_makes_as_many_steps(n_points, copies, plain):
    (run,) = runs(plain, {"n_points": n_points, "copies": copies, "units": 2})
    assert run["steps"] == 4 * EPOCHS and len(run["rows"]) == EPOCHS


POINTS = """async ([n, shares, seed]) => {
  const { make_points, mirror_copies } = await import("/laboratory/points.js");
  return shares.map((share) => { const { train, validation } = make_points(n, share, seed);
    const copies = mirror_copies(train);
    return { x: [...train.x], labels: train.labels, wrong: train.wrong, validation: validation.labels,
      new_x: [...validation.x], copies: [...copies.x], copied: copies.labels } });
}"""


def test_only_training_labels_are_wrong_and_a_larger_share_keeps_the_wrong_ones(plain):
    shares = [0, 0.1, 0.2, 0.3, 0.4]
    found = plain.evaluate(POINTS, [320, shares, 4])
    clean = np.array(found[0]["labels"])
    before = np.array(found[0]["wrong"])
    assert not before.any()
    for share, one in zip(shares, found, strict=True):
        wrong = np.array(one["wrong"])
        np.testing.assert_array_equal(np.array(one["labels"]) != clean, wrong)
        assert wrong[before].all() and one["validation"] == found[0]["validation"] and one["x"] == found[0]["x"]
        half = share / 2  # of those drawn anew
        assert abs(wrong.mean() - half) < 4 * np.sqrt(half * (1 - half) / 320) + 1e-9
        before = wrong


def test_the_points_are_a_disk_in_a_ring(plain):
    (found,) = plain.evaluate(POINTS, [320, [0], 8])
    radius = np.hypot(*np.reshape(found["new_x"], (400, 2)).T)
    labels = np.array(found["validation"])
    assert labels.sum() == 200 and sum(found["labels"]) == 160
    for label, around in ((1, 1.0), (0, 2.0)):  # noise of 0.35 both ways: E[r^2] = around^2 + 2 * 0.35^2
        assert np.mean(radius[labels == label] ** 2) == pytest.approx(around**2 + 2 * 0.35**2, rel=0.1)


def test_mirror_copies_are_those_of_course_lib(plain):
    (found,) = plain.evaluate(POINTS, [20, [0.3], 1])
    copies, labels = mirror_copies(np.reshape(found["x"], (20, 2)), found["labels"])
    np.testing.assert_array_equal(np.reshape(found["copies"], (80, 2)), copies)
    np.testing.assert_array_equal(found["copied"], labels)


def test_early_stopping_gives_the_network_of_the_best_epoch_back(plain):
    (run,) = runs(plain, {"patience": 10})
    assert run["stopped_early"] and len(run["rows"]) == run["best_epoch"] + 10 < EPOCHS
    losses = [row["validation"]["loss"] for row in run["rows"]]
    assert run["best_epoch"] == 1 + int(np.argmin(losses))
    best = run["rows"][run["best_epoch"] - 1]
    assert run["validation_accuracy"] == pytest.approx(best["validation"]["accuracy"])


def test_a_run_that_diverges_ends_with_the_last_row_that_is_a_number(plain):
    rows, finished, epochs = plain.evaluate(
        """async (state) => { const { Run } = await import("/laboratory/run.js");
             const run = new Run(state);
             run.epoch(); run.epoch();
             run.network.set("learning_rate", 1e155);
             while (!run.finished) run.epoch();
             const { standing, sentences } = await import("/laboratory/verdict.js");
             return [run.rows, run.finished, sentences(standing(run))] }""",
        STARTS | SMALL,
    )
    assert finished and 2 <= len(rows) < EPOCHS
    assert all(np.isfinite([row["train"]["loss"], row["validation"]["loss"]]).all() for row in rows)
    assert f"After {len(rows)} epochs" in epochs


# What it says


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "overfits"),
        ({"risen": False}, "learns"),
        ({"train_accuracy": 0.84}, "learns"),  # no gap: noise in the loss alone
        ({"train_accuracy": 0.6, "validation_accuracy": 0.5}, "underfits"),
        ({"stopped_early": True}, "stopped early"),
        ({"epochs": 0, "best_epoch": None}, "start"),
    ],
)
def test_a_verdict_follows_from_the_numbers(changes, word, plain):
    found = {"epochs": 100, "train_accuracy": 0.95, "validation_accuracy": 0.8, "best_epoch": 30, "risen": True}
    found |= {"stopped_early": False, "n_wrong": 10, "wrong_learned": 8}
    said = plain.evaluate(
        """async (found) => { const { sentences, verdict } = await import('/laboratory/verdict.js');
             return [verdict(found), sentences(found)] }""",
        found | changes,
    )
    assert said[0] == word
    begins = {"start": "Not trained yet", "learns": "It learns", "underfits": "It underfits"} | {
        "overfits": "It overfits: on new points the loss was lowest after epoch 30, 70 epochs ago",
        "stopped early": "Stopped early: on new points the loss was lowest after epoch 30, and the parameters",
    }
    assert said[1].startswith(begins[word])


def test_the_words_and_the_picture_hold_the_numbers_of_the_run(plain, page):
    picture, words = settle(page)
    (run,) = runs(plain, SMALL)
    last = run["rows"][-1]
    assert words.split() == run["words"].split()
    assert f"After 120 epochs: {100 * last['train']['accuracy']:.0f}% of the training labels" in words
    assert f"{100 * last['validation']['accuracy']:.0f}% of 400 new points" in words
    assert f"wrong labels learned: {run['wrong_learned']} of {run['n_wrong']}" in picture
    assert page.locator(".points .wrong").count() == run["n_wrong"]
    assert page.locator(".points > g").count() == SMALL["n_points"]
    assert page.locator(".picture svg").nth(1).locator("text").first.text_content() == f"It {run['verdict']}"
    assert page.locator(".picture").get_attribute("aria-label").split() == words.split()


# The explorer


def test_every_control_moves_the_picture_by_keyboard_and_nothing_moves_by_itself(page):
    at_rest = settle(page)
    page.wait_for_timeout(300)
    assert tuple(page.evaluate(SHOWN)) == at_rest
    for field in FIELDS:
        control = page.locator(f".field.{field['name']}")
        control.focus()
        page.keyboard.press("ArrowDown" if field["kind"] == "choice" and not field.get("ordered") else "ArrowRight")
        assert page.evaluate(f"explorer.get().{field['name']}") != (STARTS | SMALL)[field["name"]]
        assert settle(page)[0] != at_rest[0], field["name"]
        page.evaluate("state => explorer.set(state)", STARTS | SMALL)
        assert settle(page) == at_rest, field["name"]
    page.evaluate("explorer.set({wrong: 0})")
    settle(page)
    page.locator("button.reset").click()
    assert settle(page) == at_rest


def test_a_control_follows_the_mouse(page):
    before = settle(page)
    box = page.locator("input.wrong").bounding_box()
    page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
    after = settle(page)
    assert page.evaluate("explorer.get().wrong") == 0
    assert after[0] != before[0] and page.locator(".points .wrong").count() == 0


def test_step_goes_one_epoch_from_the_start_and_reset_shows_the_whole_run(page):
    at_rest = settle(page)
    assert epochs_shown(page) == EPOCHS
    step = page.locator("button.step")
    step.focus()
    for expected in (0, 1, 2):
        page.keyboard.press("Enter")
        settle(page)
        assert epochs_shown(page) == expected
    page.locator("button.reset").click()
    assert settle(page) == at_rest


def test_start_plays_until_pause_and_a_moved_control_begins_anew(page):
    settle(page)
    start = page.locator("button.start")
    start.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")
    paused = settle(page)
    played = epochs_shown(page)
    assert 3 < played < 60
    page.wait_for_timeout(200)
    assert tuple(page.evaluate(SHOWN)) == paused
    page.keyboard.press("Enter")
    page.evaluate("explorer.set({n_points: 20})")
    page.wait_for_function(
        "() => document.getElementById('here').shadowRoot.querySelectorAll('.points > g').length === 20"
    )
    page.keyboard.press("Enter")
    settle(page)
    assert epochs_shown(page) < played


def test_what_nobody_sees_does_not_train(web):
    page = web.open()
    page.evaluate(
        """async (state) => { const { default: mount } = await import("/explorers/overfitting_laboratory.js");
             document.getElementById("here").style.marginTop = "5000px";
             window.explorer = mount(document.getElementById("here"), state) }""",
        STARTS | {"units": 64},
    )
    page.wait_for_timeout(400)
    before = page.locator(".readout").inner_text()
    page.wait_for_timeout(700)
    assert page.locator(".readout").inner_text() == before
    page.locator("button.start").scroll_into_view_if_needed()
    assert "After 120 epochs" in settle(page)[1]


def test_what_the_reader_has_not_started_appears_when_it_is_done(web):
    page = web.mount("overfitting_laboratory")
    curve = page.locator("path.train").first
    seen = set()
    while page.locator("section").get_attribute("aria-busy") == "true":
        seen.add(curve.get_attribute("d"))
    assert seen <= {"", curve.get_attribute("d")}


# Moves a control: how many curves are seen until its run is done.
CURVES = """() => new Promise((done) => {
  const { shadowRoot: root } = document.getElementById("here");
  const seen = new Set();
  window.explorer.set({ wrong: 0 });
  const look = () => {
    seen.add(root.querySelector("path.train").getAttribute("d"));
    if (root.querySelector("section").getAttribute("aria-busy") === "false" && seen.size > 1) return done(seen.size);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""


@pytest.mark.parametrize("reduced_motion", ["reduce", "no-preference"])
def test_who_wants_less_motion_sees_a_run_when_it_is_done(reduced_motion, web):
    page = web.mount("overfitting_laboratory", {"units": 64}, reduced_motion=reduced_motion)
    settle(page)
    assert (page.evaluate(CURVES) <= 3) == (reduced_motion == "reduce")  # the one before, nothing, the new one


def test_in_a_notebook_on_a_laptop_start_is_the_first_thing_and_all_is_seen_at_once(web):
    page = web.mount("overfitting_laboratory", SMALL, width=934, height=519)  # what JupyterLab leaves of 1366 by 640
    settle(page)
    tops = [page.locator(each).bounding_box()["y"] for each in (".start", ".reset", "input.n_points")]
    assert tops == sorted(tops) and tops[0] == tops[1] < 20
    assert page.evaluate("document.documentElement.scrollHeight") <= 519


def test_all_fits_a_laptops_window_and_type_is_large_enough(web):
    for width in (1366, 918):  # a page, and JupyterLab with its side bar
        page = web.mount("overfitting_laboratory", SMALL, width=width)
        settle(page)
        assert page.evaluate("document.documentElement.scrollHeight") <= 640
        smallest = page.evaluate(
            """() => { const all = document.getElementById("here").shadowRoot.querySelectorAll("svg text");
                 const straight = [...all].filter((it) => it.getScreenCTM().a > 0.1); // labels of axes are turned
                 return Math.min(...straight.map((it) => it.getAttribute("font-size") * it.getScreenCTM().a)) }"""
        )
        assert smallest >= 12.9


def test_the_python_class_has_the_fields_of_before_and_refuses_what_cannot_be():
    laboratory = OverfittingLaboratory(n_points=40, l2=0.01)
    before = {"n_points", "wrong", "units", "patience", "dropout", "copies", "l1", "l2", "max_norm"}
    assert before <= set(laboratory.field_names())
    assert (laboratory.n_points, laboratory.wrong, laboratory.copies, laboratory.l2) == (40, 0.3, False, 0.01)
    with pytest.raises(traitlets.TraitError, match="n_points"):
        laboratory.n_points = 50


# What chapter 5 says one should have seen in it


NEARLY_NONE = [{"l2": 0.01}, {"l2": 0.03}, {"l1": 0.003}, {"l1": 0.01}]  # of the wrong labels are learned
FEW = [{"patience": 10}, {"copies": True}, {"max_norm": 0.5}]


def test_at_the_start_the_remedies_do_what_the_chapter_says(plain):
    others = [{"dropout": 0.2}, {"dropout": 0.5}, {"max_norm": 2}]
    found, *helped = runs(plain, {}, *NEARLY_NONE, *FEW, *others)
    *helped, gentle, strong, long = helped
    assert found["verdict"] == "overfits" and found["wrong_learned"] > 0.6 * found["n_wrong"]
    for remedy, one in zip([*NEARLY_NONE, *FEW], helped, strict=True):
        assert one["wrong_learned"] <= (0.15 if remedy in NEARLY_NONE else 0.25) * found["n_wrong"], remedy
        assert one["validation_accuracy"] > found["validation_accuracy"] + 0.05, remedy
    assert helped[len(NEARLY_NONE)]["verdict"] == "stopped early"
    for dropout in (gentle, strong):
        assert 0.35 * found["n_wrong"] < dropout["wrong_learned"] < found["wrong_learned"]
    assert gentle["validation_accuracy"] > found["validation_accuracy"] + 0.05
    assert abs(strong["validation_accuracy"] - found["validation_accuracy"]) < 0.02
    assert strong["train_accuracy"] < found["train_accuracy"] - 0.1
    assert long["wrong_learned"] == found["wrong_learned"]


def test_at_the_start_more_points_and_fewer_units_help_and_too_much_is_too_much(plain):
    found, more, eight, one, strong = runs(plain, {}, {"n_points": 320}, {"units": 8}, {"units": 1}, {"l2": 0.1})
    assert more["validation_accuracy"] > found["validation_accuracy"] + 0.05
    assert eight["validation_accuracy"] > found["validation_accuracy"] + 0.05
    assert one["validation_accuracy"] < found["validation_accuracy"] and one["verdict"] == "underfits"
    assert strong["train_accuracy"] < 0.65


@pytest.mark.weekly("about a hundred runs of the largest network")
def test_over_draws_it_overfits_without_a_remedy_and_each_remedy_gets_more_new_points_right(plain):
    draws = [{"seed": 200 + number} for number in range(8)]
    without = runs(plain, *draws)
    assert np.mean([one["train_accuracy"] - one["validation_accuracy"] for one in without]) > 0.08
    for remedy in REMEDIES:
        helped = runs(plain, *(draw | remedy for draw in draws))
        gains = [
            ours["validation_accuracy"] - theirs["validation_accuracy"]
            for ours, theirs in zip(helped, without, strict=True)
        ]
        assert np.mean(gains) > 0.01, (remedy, gains)
