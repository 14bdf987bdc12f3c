"""Weights as images, in a real browser: its numbers against NumPy's network, every control, the look of it."""

import hashlib
import re

import numpy as np
import pytest
from explorer_page import painted

from browser_images import browser_arrays
from course_lib.data.fashion import CLASS_NAMES
from course_lib.engine.numpy_backend import Network
from course_lib.explorers.web_explorer import declaration
from course_lib.explorers.weights_as_images import WeightsAsImagesExplorer
from course_lib.recipe import Recipe

NAME = "weights_as_images"
TOLERANCE = 1e-9
STARTS = {field["name"]: field["start"] for field in declaration(NAME)["fields"]}
VARIANTS = {
    "as it opens": {},
    "L2": {"l2": 0.03, "seed": 4},
    "hidden, Adam": {"hidden_units": 8, "activation": "tanh", "optimizer": "adam", "learning_rate": 0.01, "l2": 0.001},
    "hidden, AdamW": {"hidden_units": 16, "optimizer": "adamw", "learning_rate": 0.003, "l2": 0.3, "batch_size": 50},
    "momentum, small batch": {"optimizer": "momentum", "learning_rate": 0.03, "batch_size": 7},
}
UPDATES = 155

TRAIN = """async ([state, updates, number]) => {
  const { Session } = await import("/weights_as_images/session.js");
  const session = new Session(state);
  const plain = (named) => Object.fromEntries(Object.entries(named).map(([name, array]) => [name, Array.from(array)]));
  const result = { start: plain(session.network.parameters()), places: [] };
  const next_places = session.next_places.bind(session);
  session.next_places = () => { const places = next_places(); result.places.push(Array.from(places)); return places; };
  for (let k = 0; k < updates; k++) session.step();
  session.look();
  result.parameters = plain(session.network.parameters());
  result.history = session.history;
  result.images = session.weight_images().map((image) => Array.from(image));
  const { probabilities, sums, chosen, label } = session.look_at(number);
  return { ...result, probabilities: Array.from(probabilities), sums: Array.from(sums), chosen, label };
}"""
# Each canvas as text: ten or more tiles, twice, and the chosen image.
CANVASES = (
    """() => [...document.getElementById("here").shadowRoot.querySelectorAll("canvas")].map((c) => c.toDataURL())"""
)
DRAWN = """() => { const root = document.getElementById("here").shadowRoot;
  const pixels = [...root.querySelectorAll("canvas")].map((c) => c.toDataURL());
  return pixels.join() + root.querySelector(".picture").innerHTML; }"""
READOUT = """() => document.getElementById("here").shadowRoot.querySelector(".readout").textContent"""


def parts():
    """{part: (x (images, 196), labels)} as the course's network takes them."""
    arrays = browser_arrays()
    return {
        part: (arrays[f"{part}_images"].reshape(-1, 196) / 255, arrays[f"{part}_labels"].astype(np.int64))
        for part in ("train", "validation")
    }


def network_of(state):
    """The course's network of a state, in float64."""
    named = {name: state[name] for name in ("activation", "optimizer", "learning_rate", "l2", "seed")}
    hidden_layers = (state["hidden_units"],) if state["hidden_units"] else ()
    recipe = Recipe(
        hidden_layers=hidden_layers, normalization="none", drop_rate=0.0, initialization="xavier_normal", **named
    )
    return Network(recipe, 196, 10, "float64")


def load(network, named):
    """Put in the parameters that came from the browser, row after row."""
    shapes = {name: array.shape for name, array in network.parameters().items()}
    network.load_parameters({name: np.reshape(values, shapes[name]) for name, values in named.items()})


def accuracies(network, data):
    """{part: the share of its images that the network recognizes}."""
    return {part: np.mean(network.logits(x).argmax(axis=1) == labels) for part, (x, labels) in data.items()}


@pytest.fixture(scope="module")
def data():
    """The images, once for all tests."""
    return parts()


@pytest.fixture
def page(web):
    """A page with the explorer as it opens."""
    return web.mount(NAME)


def settled(page):
    """The whole picture as text, after what was asked for is drawn."""
    return painted(page).evaluate(DRAWN)


# ---- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VARIANTS)
def test_it_trains_as_the_courses_network_does(name, web, data):
    state = STARTS | VARIANTS[name]
    page = web.open()
    there = page.evaluate(TRAIN, [state, UPDATES, 17])
    network = network_of(state)
    load(network, there["start"])
    x, labels = data["train"]
    for step, places in enumerate(there["places"]):
        assert len(places) == state["batch_size"]
        network.train_step(x[places], labels[places])
        for point in (each for each in there["history"] if each["steps"] == step + 1):
            for part, accuracy in accuracies(network, data).items():
                assert point[part] == pytest.approx(accuracy, abs=TOLERANCE)
    assert [point["steps"] for point in there["history"]] == [*range(0, UPDATES, 10), UPDATES]
    for key, array in network.parameters().items():
        np.testing.assert_allclose(there["parameters"][key], array.ravel(), rtol=TOLERANCE, atol=TOLERANCE)
    logits = network.logits(data["validation"][0][17:18])[0]
    expected = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    np.testing.assert_allclose(there["probabilities"], expected, atol=TOLERANCE)
    first = network.parameters()["dense1.weight"]
    np.testing.assert_allclose(there["images"], first.T, atol=TOLERANCE)
    sums = data["validation"][0][17] @ first + network.parameters()["dense1.bias"]
    np.testing.assert_allclose(there["sums"], sums, atol=1e-8)
    assert (there["chosen"], there["label"]) == (logits.argmax(), data["validation"][1][17])


def test_every_image_is_seen_once_before_any_is_seen_again(web):
    page = web.open()
    there = page.evaluate(TRAIN, [STARTS | {"batch_size": 40}, 100, 0])
    epochs = np.reshape(there["places"], (2, 2000))
    assert [sorted(epoch) for epoch in epochs.tolist()] == [list(range(2000))] * 2
    assert not np.array_equal(*epochs)


def test_the_images_in_the_page_are_the_modules(web, data):
    page = web.open()
    there = page.evaluate(
        """async () => {
          const { clothes, CLASS_NAMES } = await import("/weights_as_images/clothes.js");
          const sum_of = async (array) => Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", array)));
          const sums = async ({ x, labels }) => [await sum_of(x), await sum_of(labels)];
          const { train, validation } = clothes();
          return { names: CLASS_NAMES, train: await sums(train), validation: await sums(validation) };
        }"""
    )
    assert there["names"] == list(CLASS_NAMES)
    for part, (x, labels) in data.items():
        here = [x.astype("<f8").tobytes(), labels.astype(np.uint8).tobytes()]
        assert there[part] == [list(hashlib.sha256(content).digest()) for content in here]


def test_the_readout_after_steps_by_keyboard_has_numpys_numbers(page, data):
    steps, number = 25, 3
    page.evaluate("(image) => explorer.set({ image })", number)
    page.locator("button.step").focus()
    for _ in range(steps):
        page.keyboard.press("Enter")
    settled(page)
    there = page.evaluate(TRAIN, [STARTS, steps, number])
    network = network_of(STARTS)
    load(network, there["parameters"])
    right = accuracies(network, data)
    words = page.evaluate(READOUT)
    assert f"After {steps} updates" in words
    shown = [float(each) for each in re.findall(r"([\d.]+)% of", words)]
    assert shown == pytest.approx([100 * right["train"], 100 * right["validation"]], abs=0.006)
    weight = network.parameters()["dense1.weight"]
    tiles = weight.T.reshape(10, 14, 14)
    differences = [*np.abs(np.diff(tiles, axis=1)).ravel(), *np.abs(np.diff(tiles, axis=2)).ravel()]
    expected = [weight.min(), weight.max(), np.mean(differences) / np.abs(weight).mean()]
    numbers = re.search(r"from (\S+) to (\S+)\. Neighboring ones differ by (\S+) times", words).groups()
    assert [float(each.replace("−", "-")) for each in numbers] == pytest.approx(expected, abs=0.0051)
    x, labels = (each[number] for each in data["validation"])
    logits = x @ weight + network.parameters()["dense1.bias"]
    chosen = logits.argmax()
    assert f"Image {number}, {CLASS_NAMES[labels]}," in words
    products, z = re.search(r"adds up to (\S+), with the bias z = (\S+)\.$", words).groups()
    assert float(products.replace("−", "-")) == pytest.approx((x * weight[:, chosen]).sum(), abs=0.0051)
    assert float(z.replace("−", "-")) == pytest.approx(logits[chosen], abs=0.0051)
    sums = page.locator(".tile .sum").all_inner_texts()
    assert [float(each.replace("−", "-")) for each in sums] == pytest.approx(logits, abs=0.051)


def test_l2_makes_the_tiles_smoother(web):
    page = web.open()
    rough = [page.evaluate(TRAIN, [STARTS | {"l2": l2}, 600, 0])["images"] for l2 in (0, 0.03)]
    plain, smooth = (np.reshape(images, (10, 14, 14)) for images in rough)
    ratio = lambda tiles: np.abs(np.diff(tiles, axis=2)).mean() / np.abs(tiles).mean()  # noqa: E731
    assert ratio(smooth) < 0.9 * ratio(plain)


# ---- training in the page -------------------------------------------------------------------------------------------


def test_tiles_change_while_it_trains_and_stand_still_when_paused(page):
    before = page.evaluate(CANVASES)
    page.locator("button.start").focus()
    page.keyboard.press("Space")
    assert page.locator("button.start").inner_text() == "Pause"
    page.wait_for_function("() => !/Untrained/.test(document.getElementById('here').shadowRoot.textContent)")
    during = page.evaluate(CANVASES)
    page.wait_for_timeout(100)
    later = page.evaluate(CANVASES)
    assert all(a != b for a, b in zip(before[:20], during[:20], strict=True)) and before[20] == during[20]
    assert sum(a != b for a, b in zip(during[:20], later[:20], strict=True)) > 10
    page.keyboard.press("Space")
    assert page.locator("button.start").inner_text() == "Start"
    paused = settled(page)
    page.wait_for_timeout(150)
    assert settled(page) == paused


def test_what_is_off_the_screen_does_not_train(page):
    page.evaluate(
        """() => { const above = document.createElement("div");
          above.style.height = "3000px";
          document.body.prepend(above);
          return new Promise((done) => new IntersectionObserver(([entry]) => entry.isIntersecting || done())
            .observe(document.getElementById("here"))); }"""
    )
    page.evaluate("() => document.getElementById('here').shadowRoot.querySelector('button.start').click()")
    before = settled(page)
    page.wait_for_timeout(150)
    assert settled(page) == before


def test_at_one_update_a_picture_it_is_slow_enough_to_watch(page):
    page.locator("select.speed").select_option(index=0)
    page.click("button.start")
    page.wait_for_timeout(300)
    page.click("button.start")
    settled(page)
    (steps,) = re.search(r"After (\d+) updates?", page.evaluate(READOUT)).groups()
    assert 1 <= int(steps) <= 60


def test_start_over_gives_the_first_weights_and_reset_the_first_controls_too(page):
    first = settled(page)
    page.evaluate("() => explorer.set({ image: 5, l2: 0.1 })")
    other = settled(page)
    for _ in range(3):
        page.click("button.step")
    assert settled(page) != other
    page.click("button.over")
    assert settled(page) == other
    page.click("button.step")
    page.click("button.reset")
    assert settled(page) == first
    assert page.evaluate("() => explorer.get()") == STARTS


def test_next_mistake_goes_through_the_images_that_are_not_recognized(page, data):
    there = page.evaluate(TRAIN, [STARTS, 1, 0])
    page.click("button.step")
    network = network_of(STARTS)
    load(network, there["parameters"])
    x, labels = data["validation"]
    wrong = np.flatnonzero(network.logits(x).argmax(axis=1) != labels)
    shown = []
    for _ in range(3):
        page.click("button.mistake")
        settled(page)
        shown.append(page.evaluate("() => explorer.get().image"))
    assert shown == wrong[wrong > 0][:3].tolist()
    assert page.locator("input.image").input_value() == str(shown[-1])
    assert "taken for" in page.evaluate(READOUT)


def test_learning_rate_l2_optimizer_and_batch_go_on_with_what_is_learned(page):
    for _ in range(2):
        page.click("button.step")
    settled(page)
    before = page.evaluate(CANVASES)
    page.evaluate("() => explorer.set({ learning_rate: 1, l2: 0.1, optimizer: 'adam', batch_size: 64 })")
    settled(page)
    assert page.evaluate(CANVASES) == before
    page.click("button.step")
    settled(page)
    assert "After 3 updates" in page.evaluate(READOUT)
    assert page.evaluate(CANVASES) != before


# ---- controls, look, hosts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hidden_units", "seed", "image"])
def test_a_slider_moves_the_picture_by_mouse_and_by_keyboard(name, page):
    slider = page.locator(f"input.{name}[type=range]")
    before = settled(page)
    slider.focus()
    page.keyboard.press("ArrowRight")
    by_keyboard = settled(page)
    box = slider.bounding_box()
    page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2)
    by_mouse = settled(page)
    assert len({before, by_keyboard, by_mouse}) == 3
    assert settled(page) == by_mouse


@pytest.mark.parametrize("name", ["learning_rate", "l2", "batch_size", "optimizer"])
def test_a_control_of_the_training_moves_the_next_step(name, page):
    control = page.locator(f".field.{name}")
    untouched = settled(page)
    page.click("button.step")
    plain = settled(page)
    page.click("button.over")
    assert settled(page) == untouched
    control.focus()
    page.keyboard.press("ArrowRight" if name == "batch_size" else "End")
    assert settled(page) == untouched
    page.click("button.step")
    assert settled(page) != plain


def test_the_activation_is_for_hidden_units_alone(page):
    control = page.locator("select.activation")
    assert control.is_disabled()
    page.evaluate("() => explorer.set({ hidden_units: 4 })")
    settled(page)
    assert control.is_enabled()
    page.click("button.step")
    relu = settled(page)
    control.focus()
    page.keyboard.press("Home")
    untrained = settled(page)
    page.click("button.step")
    assert len({relu, untrained, settled(page)}) == 3


@pytest.mark.parametrize("hidden_units", [0, 4, 16])
def test_it_fits_a_laptop_and_a_notebook_with_type_that_can_be_read(hidden_units, web):
    page = web.mount(NAME, {"hidden_units": hidden_units})
    for width, height in ((1366, 640), (930, 640)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(50)
        settled(page)
        tall, wide, smallest = page.evaluate(
            """() => { const root = document.getElementById("here").shadowRoot;
              const page = document.documentElement;
              const leaves = [...root.querySelectorAll("*")].filter((n) => n.childElementCount === 0);
              const seen = leaves.filter((n) => n.textContent.trim() && n.checkVisibility());
              const sizes = seen.map((n) => parseFloat(getComputedStyle(n).fontSize));
              return [page.scrollHeight, page.scrollWidth, Math.min(...sizes)]; }"""
        )
        assert (tall, wide) == (height, width)
        assert smallest >= 13
        svg = page.locator(".accuracies svg")
        units = float(svg.get_attribute("viewBox").split()[2])
        assert svg.bounding_box()["width"] >= units - 1  # so that 13 units are 13 pixels
        assert page.locator(".tile").count() == (hidden_units or 10)


def test_a_narrow_column_stacks(web):
    page = web.mount(NAME, {"hidden_units": 12}, width=400, height=800)
    settled(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 400
    panel, picture = (page.locator(each).bounding_box() for each in (".panel", ".picture"))
    assert picture["y"] >= panel["y"] + panel["height"]


def test_no_request_is_made_beside_the_modules(web):
    page = web.open()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        """async () => {
          const { default: mount } = await import("/explorers/weights_as_images.js");
          window.explorer = mount(document.getElementById("here"), {});
        }"""
    )
    page.click("button.start")
    page.wait_for_timeout(100)
    page.evaluate("() => explorer.destroy()")
    assert asked and all(url.startswith(web.url) and url.endswith(".js") for url in asked)
    painted(page)
    page.context.close()  # it would go on listening


def test_two_of_them_on_a_page_do_not_disturb_each_other(page):
    page.evaluate(
        """async () => {
          const { default: mount } = await import("/explorers/weights_as_images.js");
          const other = document.createElement("div");
          other.id = "other";
          document.body.append(other);
          window.other = mount(other, { hidden_units: 6 });
        }"""
    )
    before = settled(page)
    page.evaluate(
        """() => { const other = document.getElementById("other").shadowRoot;
          other.querySelector("button.step").click(); window.other.set({ image: 9 }); }"""
    )
    assert settled(page) == before
    assert "After 1 update:" in page.locator("#other .readout").inner_text()


def test_a_loss_that_is_no_number_ends_the_training_and_says_what_to_do(web):
    page = web.open()
    diverged, steps, words = page.evaluate(
        """async (state) => {
          const { Session } = await import("/weights_as_images/session.js");
          const { sentence } = await import("/weights_as_images/sentence.js");
          const session = new Session(state);
          session.network.flat_parameters.fill(NaN);
          session.step();
          return [session.diverged, session.steps, sentence(session, session.weight_images(), session.look_at(0), 0)];
        }""",
        STARTS,
    )
    assert (diverged, steps) == (True, 1)
    assert "Lower the learning rate" in words


def test_a_notebook_gets_one_file_that_mounts_it_and_keeps_in_step(page):
    told = page.evaluate(
        """async ([source, state]) => {
          const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
          const { default: widget } = await import(url);
          const values = { ...state, _fields: Object.keys(state) };
          const model = { get: (name) => values[name], set: (name, value) => { values[name] = value; } };
          Object.assign(model, { on() {}, off() {}, save_changes() { values.saved = true; } });
          const el = document.createElement("div");
          document.body.append(el);
          const end = await widget.render({ model, el });
          el.shadowRoot.querySelector("button.mistake").click();
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          end();
          return values;
        }""",
        [WeightsAsImagesExplorer._esm, STARTS],
    )
    assert told["saved"] and told["image"] > 0


def test_the_class_of_a_notebook_has_the_fields_and_carries_the_images():
    explorer = WeightsAsImagesExplorer(hidden_units=8, l2=0.01)
    assert (explorer.hidden_units, explorer.l2, explorer.image) == (8, 0.01, 0)
    assert "data/clothes_14.js" in WeightsAsImagesExplorer._esm
    with pytest.raises(Exception, match="hidden_units is 5; it must be one of"):
        explorer.hidden_units = 5
    assert explorer.hidden_units == 8
