"""The engine in the browser is held to the NumPy engine, number by number, in a real browser.

Both get the same parameters, batches and random numbers for masks; what comes out must agree to 1e-9: outputs, loss,
every gradient, and the parameters after many updates.
"""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from course_lib.engine.numpy_backend import Network
from course_lib.engine.plan import OPTIMIZERS as LISTED_OPTIMIZERS
from course_lib.engine.plan import TECHNIQUES
from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.recipe import ACTIVATIONS, INITIALIZATIONS, NORMALIZATIONS, OPTIMIZERS, Recipe
from course_lib.scratch import activations, initializers

TOLERANCE = 1e-9
N_INPUTS, N_CLASSES, BATCH = 5, 4, 12
UPDATES, UPDATES_THAT_MAY_BLOW_UP = 200, 20
DRAWN = 60  # recipes
SENT = (
    "hidden_layers",
    "activation",
    "initialization",
    "normalization",
    "residual",
    "drop_rate",
    "l1",
    "l2",
    "max_norm",
)
SENT += ("label_smoothing", "optimizer", "learning_rate", "clip_norm", "clip_value")

PLAIN = Recipe(hidden_layers=(9, 8), activation="tanh", normalization="none", drop_rate=0.0, learning_rate=0.01, seed=3)
VARIANTS = {
    **{f"activation {name}": PLAIN.replace(activation=name) for name in ACTIVATIONS},
    **{f"normalization {name}": PLAIN.replace(normalization=name) for name in NORMALIZATIONS},
    "residual": PLAIN.replace(hidden_layers=(9, 9, 9), residual=True),
    "residual from the inputs on": PLAIN.replace(hidden_layers=(5, 5), residual=True),
    **{f"optimizer {name}": PLAIN.replace(l2=0.3, optimizer=name) for name in OPTIMIZERS},
    "dropout": PLAIN.replace(drop_rate=0.5),
    "L1": PLAIN.replace(l1=0.03),
    "L2": PLAIN.replace(l2=0.3),
    "label smoothing": PLAIN.replace(label_smoothing=0.2),
    "max-norm": PLAIN.replace(max_norm=0.7),
    "clipping by norm": PLAIN.replace(clip_norm=0.05),
    "clipping by value": PLAIN.replace(clip_value=0.005),
    "both clippings": PLAIN.replace(clip_norm=0.05, clip_value=0.005),
    "no hidden layer": PLAIN.replace(hidden_layers=()),
    "eight hidden layers": PLAIN.replace(hidden_layers=(8, 7, 6, 5, 6, 7, 6, 5)),
    "everything": PLAIN.replace(
        hidden_layers=(6, 6, 6), activation="prelu", normalization="batch", residual=True, drop_rate=0.2, l1=0.001,
        l2=0.01, max_norm=2.0, optimizer="adam", clip_norm=1.0, clip_value=0.5,
    ),
}  # fmt: skip

RUN = """async (given) => {
  const { Network } = await import("/engine/network.js");
  const network = new Network(given.recipe, given.n_inputs, given.n_classes, given.loss);
  let taken = 0;
  network.streams.masks.uniform = () => given.uniforms[taken++];
  const start = network.parameters();
  const arrays = Object.entries(given.parameters).map(([name, numbers]) => [name, Float64Array.from(numbers)]);
  network.load_parameters(Object.fromEntries(arrays));
  const batches = given.batches.map(([x, t]) => [Float64Array.from(x), t]);
  const plain = (named) => Object.fromEntries(Object.entries(named).map(([name, array]) => [name, Array.from(array)]));
  const result = { names: Object.keys(start) };
  result.loss = network.loss(...batches[0]);
  network.backward();
  result.gradients = plain(network.gradients());
  result.losses = batches.slice(1).map((batch) => network.update(...batch));
  result.parameters = plain(network.parameters());
  result.outputs = Array.from(network.outputs(batches[0][0]));
  result.clipped = network.clipped_steps;
  result.taken = taken;
  return result;
}"""


class Recorded:
    """A random stream whose uniform numbers are written down in the order in which they are drawn."""

    def __init__(self, rng):
        self.rng, self.drawn = rng, []

    def random(self, shape, dtype):
        numbers = self.rng.random(shape, dtype=dtype).astype(np.float64)  # so that what follows is float64 too
        self.drawn += numbers.ravel().tolist()
        return numbers


def drawn_recipe(number):
    """A Recipe of depth 0 to 8 for which every field is drawn."""
    rng = np.random.default_rng([15, number])
    widths = rng.integers(2, 9, rng.integers(0, 9)).tolist()
    if rng.random() < 0.4:
        widths = [widths[0]] * len(widths) if widths else []
    maybe = lambda low, high: float(rng.uniform(low, high)) if rng.random() < 0.4 else None  # noqa: E731
    activation, normalization = (str(rng.choice(choices)) for choices in (ACTIVATIONS, NORMALIZATIONS))
    if (activation, normalization) == ("relu", "rms"):  # a row of zeros is divided by its own rounding errors
        normalization = "layer"
    same = any(before == after for before, after in pairwise((N_INPUTS, *widths)))
    return Recipe(
        hidden_layers=widths,
        activation=activation,
        initialization=str(rng.choice(INITIALIZATIONS)),
        normalization=normalization,
        residual=bool(same and rng.random() < 0.5),
        drop_rate=float(rng.choice([0.0, 0.1, 0.5])),
        l1=float(rng.choice([0.0, 0.001, 0.1])),
        l2=float(rng.choice([0.0, 0.001, 0.1])),
        label_smoothing=float(rng.choice([0.0, 0.0, 0.1])),
        max_norm=maybe(0.5, 2),
        optimizer=str(rng.choice(OPTIMIZERS)),
        learning_rate=float(rng.choice([0.0003, 0.003])),
        clip_norm=maybe(0.1, 2),
        clip_value=maybe(0.1, 2),
        seed=number,
    )


def walked(recipe, updates, nudge=0.0, n_inputs=N_INPUTS, n_classes=N_CLASSES):
    """(what the browser is given, what the NumPy engine makes of it). nudge : added to every parameter at the start."""
    network = Network(recipe, n_inputs, n_classes, "float64")
    network.load_parameters({name: array + nudge for name, array in network.parameters().items()})
    recorded = Recorded(np.random.default_rng(recipe.seed + 1))
    for _, layer in network.leaves:
        if hasattr(layer, "rng"):
            layer.rng = recorded
    rng = np.random.default_rng([99, recipe.seed])
    batches = [(rng.normal(size=(BATCH, n_inputs)), rng.integers(0, n_classes, BATCH)) for _ in range(updates + 1)]
    start = network.parameters()
    loss, gradients = network.loss_and_gradients(*batches[0])
    losses = [network.train_step(*batch) for batch in batches[1:]]
    given = {
        "recipe": {name: value for name, value in dataclasses.asdict(recipe).items() if name in SENT},
        "n_inputs": n_inputs,
        "n_classes": n_classes,
        "loss": "softmax_cross_entropy",
        "parameters": {name: array.ravel().tolist() for name, array in start.items()},
        "batches": [[x.ravel().tolist(), labels.tolist()] for x, labels in batches],
        "uniforms": recorded.drawn,
    }
    found = {
        "loss": loss,
        "gradients": gradients,
        "losses": losses,
        "parameters": network.parameters(),
        "outputs": network.logits(batches[0][0]),
        "clipped": network.clipped_steps,
        "taken": len(recorded.drawn),
    }
    return given, found


def assert_equal(ours, theirs):
    """The browser's numbers `theirs` agree with NumPy's, relative to the largest of their kind."""
    assert sorted(theirs["names"]) == sorted(ours["parameters"])
    assert (theirs["clipped"], theirs["taken"]) == (ours["clipped"], ours["taken"])
    for kind in ("gradients", "parameters"):
        size = max(1.0, max(np.abs(array).max() for array in ours[kind].values()))
        for name, array in ours[kind].items():
            there = np.reshape(theirs[kind][name], array.shape)
            np.testing.assert_allclose(there, array, rtol=TOLERANCE, atol=TOLERANCE * size, err_msg=f"{kind} {name}")
    for kind in ("loss", "losses", "outputs"):
        numbers = np.ravel(ours[kind])
        size = max(1.0, np.abs(numbers).max())
        np.testing.assert_allclose(np.ravel(theirs[kind]), numbers, rtol=TOLERANCE, atol=TOLERANCE * size, err_msg=kind)


@pytest.fixture(scope="module")
def page(web):
    """One page for all of this file."""
    return web.open()


@pytest.mark.parametrize("name", VARIANTS)
def test_a_technique_walks_200_updates_with_numpy(name, page):
    ours_given, ours = walked(VARIANTS[name], UPDATES)
    assert_equal(ours, page.evaluate(RUN, ours_given))


@pytest.mark.parametrize("number", range(DRAWN))
def test_a_drawn_recipe_walks_with_numpy(number, page):
    recipe = drawn_recipe(number)
    given, ours = walked(recipe, UPDATES)
    if rounding_grows(recipe, ours):
        given, ours = walked(recipe, UPDATES_THAT_MAY_BLOW_UP)
    assert_equal(ours, page.evaluate(RUN, given))


def rounding_grows(recipe, ours):
    """Whether NumPy itself, started a rounding error away, ends somewhere else: nothing can follow it."""
    if not np.isfinite(ours["losses"]).all():
        return True
    _, beside = walked(recipe, UPDATES, nudge=1e-14)
    size = max(np.abs(array).max() for array in ours["parameters"].values())
    apart = [np.abs(beside["parameters"][name] - array).max() for name, array in ours["parameters"].items()]
    return not max(apart) < 0.1 * TOLERANCE * max(1.0, size)


def test_most_drawn_recipes_are_followed_all_the_way():
    calm = [not rounding_grows(recipe, walked(recipe, UPDATES)[1]) for recipe in map(drawn_recipe, range(20))]
    assert sum(calm) >= 14


def test_the_drawn_recipes_meet_every_technique():
    recipes = [drawn_recipe(number) for number in range(DRAWN)]
    assert {recipe.activation for recipe in recipes} == set(ACTIVATIONS)
    assert {recipe.optimizer for recipe in recipes} == set(OPTIMIZERS)
    assert {recipe.normalization for recipe in recipes} == set(NORMALIZATIONS)
    assert {len(recipe.hidden_layers) for recipe in recipes} == set(range(9))
    assert any(recipe.residual for recipe in recipes)


def test_the_browser_knows_what_the_plan_and_the_recipe_know(page):
    known = page.evaluate(
        """async () => {
          const plan = await import("/engine/plan.js");
          const activations = await import("/engine/activations.js");
          const initializers = await import("/engine/initializers.js");
          return { techniques: Object.keys(plan.TECHNIQUES), optimizers: Object.keys(plan.OPTIMIZERS),
            activations: Object.keys(activations.FUNCTIONS), initializers: Object.keys(initializers) };
        }"""
    )
    assert known["techniques"] == list(TECHNIQUES)
    assert known["optimizers"] == list(LISTED_OPTIMIZERS)
    assert {*known["activations"], "rrelu", "prelu"} == {"step", *ACTIVATIONS}
    assert set(INITIALIZATIONS) <= set(known["initializers"])


# ---- functions one by one -------------------------------------------------------------------------------------------

SUMS = np.concatenate([np.linspace(-40, 40, 401), [-800.0, 800.0, 0.0, -1e-9, 1e-9]])


@pytest.mark.parametrize("name", [name for name in ("step", *ACTIVATIONS) if name not in ("rrelu", "prelu")])
def test_an_activation_and_its_slope_are_numpys(name, page):
    there = page.evaluate(
        """async ([name, sums]) => {
          const { FUNCTIONS } = await import("/engine/activations.js");
          const [f, slope] = FUNCTIONS[name];
          return sums.map((z) => [f(z), slope(z, f(z))]);
        }""",
        [name, SUMS.tolist()],
    )
    with np.errstate(over="ignore"):
        here = [getattr(activations, name)(SUMS), getattr(activations, f"{name}_derivative")(SUMS)]
    np.testing.assert_allclose(np.transpose(there), here, rtol=TOLERANCE, atol=1e-12)


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_an_initialization_has_numpys_spread(name, page):
    numbers = page.evaluate(
        """async (name) => {
          const initializers = await import("/engine/initializers.js");
          const { Random } = await import("/engine/random.js");
          return Array.from(initializers[name](200, 300, new Random(7)));
        }""",
        name,
    )
    here = getattr(initializers, name)(200, 300, np.random.default_rng(7))
    assert np.std(numbers) == pytest.approx(here.std(), rel=0.02)
    assert abs(np.mean(numbers)) < 0.02 * here.std()
    assert np.abs(numbers).max() == pytest.approx(np.abs(here).max(), rel=0.25)


def test_random_numbers_are_uniform_repeat_and_differ_by_seed_and_stream(page):
    first, again, other_seed, other_stream, order = page.evaluate(
        """async () => {
          const { Random } = await import("/engine/random.js");
          const draw = (...words) => {
            const random = new Random(...words);
            return Array.from({ length: 20000 }, () => random.uniform());
          };
          return [draw(5), draw(5), draw(6), draw(5, 1), Array.from(new Random(3).permutation(1000))];
        }"""
    )
    assert first == again
    assert abs(np.corrcoef(first, other_seed)[0, 1]) < 0.03
    assert abs(np.corrcoef(first, other_stream)[0, 1]) < 0.03
    counts = np.histogram(first, bins=20, range=(0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 45  # chi square of 19 degrees of freedom: 0.07% lie above
    assert sorted(order) == list(range(1000)) and order != sorted(order)


# ---- the recurrent network ------------------------------------------------------------------------------------------

RECURRENT = """async (given) => {
  const { RecurrentNetwork } = await import("/engine/recurrent_network.js");
  const network = new RecurrentNetwork(...given.sizes, given.words);
  const arrays = Object.entries(given.parameters).map(([name, numbers]) => [name, Float64Array.from(numbers)]);
  network.load_parameters(Object.fromEntries(arrays));
  const x = Float64Array.from(given.x);
  const targets = given.words.loss === "softmax_cross_entropy" ? given.targets : Float64Array.from(given.targets);
  const plain = (named) => Object.fromEntries(Object.entries(named).map(([name, array]) => [name, Array.from(array)]));
  const loss = network.loss_and_gradients(x, given.rows, targets);
  const hidden = network.layer.hidden_gradients.map((array) => Array.from(array));
  const result = { loss, gradients: plain(network.layer.gradients), hidden };
  result.losses = Array.from({ length: given.updates }, () => network.update(x, given.rows, targets));
  result.parameters = plain(network.layer.parameters);
  return result;
}"""


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("loss", ["mean_squared_error", "softmax_cross_entropy"])
def test_the_recurrent_network_walks_with_numpy(activation, every_step, loss, page):
    words = {
        "activation": activation,
        "initialization": "identity",
        "gain": 0.9,
        "loss": loss,
        "every_step": every_step,
    }
    words |= {"optimizer": "adam", "learning_rate": 0.003, "clip_norm": 0.5, "clip_value": 0.2}
    network = RecurrentNetwork(3, 6, 4, **words, seed=2)
    rng = np.random.default_rng(8)
    x = rng.normal(size=(7, 9, 3))
    shape = (7, 9) if every_step else (7,)
    targets = rng.integers(0, 4, shape) if loss == "softmax_cross_entropy" else rng.normal(size=(*shape, 4))
    given = {"sizes": [3, 6, 4], "words": words, "rows": 7, "updates": 100, "x": x.ravel().tolist()}
    given["targets"] = targets.ravel().tolist()
    given["parameters"] = {name: array.ravel().tolist() for name, array in network.parameters().items()}
    here, gradients = network.loss_and_gradients(x, targets)
    hidden = network.hidden_gradients
    losses = [network.train_step(x, targets) for _ in range(100)]
    there = page.evaluate(RECURRENT, given)
    assert there["loss"] == pytest.approx(here, rel=TOLERANCE)
    np.testing.assert_allclose(there["losses"], losses, rtol=TOLERANCE, atol=TOLERANCE)
    np.testing.assert_allclose(np.ravel(there["hidden"]), hidden.ravel(), rtol=TOLERANCE, atol=1e-12)
    for name, array in gradients.items():
        np.testing.assert_allclose(there["gradients"][name], array.ravel(), rtol=TOLERANCE, atol=1e-12, err_msg=name)
    for name, array in network.parameters().items():
        np.testing.assert_allclose(
            there["parameters"][name], array.ravel(), rtol=TOLERANCE, atol=TOLERANCE, err_msg=name
        )


def test_an_orthogonal_start_is_orthogonal(page):
    numbers = page.evaluate(
        """async () => {
          const { orthogonal } = await import("/engine/recurrent.js");
          const { Random } = await import("/engine/random.js");
          return Array.from(orthogonal(20, new Random(1), 1.5));
        }"""
    )
    matrix = np.reshape(numbers, (20, 20))
    np.testing.assert_allclose(matrix @ matrix.T, 2.25 * np.eye(20), atol=1e-12)


@pytest.mark.parametrize(
    ("rows", "fan_in", "fan_out"), [(1, 1, 1), (2, 3, 4), (3, 2, 1), (4, 5, 6), (7, 6, 9), (9, 13, 8), (8, 40, 30)]
)
@pytest.mark.parametrize("has_bias", [True, False])
def test_products_in_blocks_are_numpys_whatever_is_left_over(rows, fan_in, fan_out, has_bias, page):
    rng = np.random.default_rng(rows)
    x, weight, gradient = (rng.normal(size=shape) for shape in ((rows, fan_in), (fan_in, fan_out), (rows, fan_out)))
    bias = rng.normal(size=fan_out) if has_bias else None
    z, back = page.evaluate(
        """async ([x, weight, bias, gradient, fan_in, fan_out]) => {
          const { times_weights, times_weights_transposed } = await import("/engine/products.js");
          const [z, back] = [new Float64Array(gradient.length), new Float64Array(x.length)];
          times_weights(x, weight, bias ?? undefined, fan_in, fan_out, z);
          times_weights_transposed(gradient, weight, fan_in, fan_out, back);
          return [Array.from(z), Array.from(back)];
        }""",
        [x.ravel().tolist(), weight.ravel().tolist(), bias.tolist() if has_bias else None, gradient.ravel().tolist(),
         fan_in, fan_out],
    )  # fmt: skip
    np.testing.assert_allclose(np.reshape(z, (rows, fan_out)), x @ weight + (bias if has_bias else 0), atol=1e-12)
    np.testing.assert_allclose(np.reshape(back, (rows, fan_in)), gradient @ weight.T, atol=1e-12)
