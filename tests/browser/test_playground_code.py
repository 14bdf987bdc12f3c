"""The playground's code, pasted and run: NumPy and PyTorch give the losses that the browser has, step by step.

The text is what 'Show the code' shows. Both programs draw the points, first weights, batches and masks themselves.
"""

import re

import numpy as np
import pytest

from course_lib.recipe import Recipe

N_STEPS = 60
TOLERANCE = 1e-9
FOUR = {"data": "several_gaussians", "hidden_layers": [5, 5], "activations": ["tanh", "gelu"]}
STATES = {
    "as it opens": {},
    "no hidden layer": {"hidden_layers": [], "activations": [], "data": "gaussians", "batch_size": 1},
    "four classes, batch norm, momentum": FOUR | {"normalization": "batch", "optimizer": "momentum"},
    "layer norm, residual, Adam": FOUR | {"normalization": "layer", "residual": True, "optimizer": "adam"},
    "RMS norm, PReLU, Nesterov": {
        "hidden_layers": [6, 6, 6],
        "activations": ["prelu", "silu", "prelu"],
        "normalization": "rms",
        "residual": True,
        "optimizer": "nesterov",
        "data": "spirals",
        "initialization": "he_normal",
    },
    "dropout, RReLU, RMSProp": {
        "hidden_layers": [8, 6],
        "activations": ["rrelu", "elu"],
        "drop_rate": 0.3,
        "optimizer": "rmsprop",
        "learning_rate": 0.003,
        "data": "moons",
        "initialization": "he_uniform",
        "noise": 0.3,
    },
    "AdamW": {"optimizer": "adamw", "l2": 0.3, "data": "xor", "features": ["x", "y", "xy", "sin_x"], "seed": 5},
    "Muon": {"optimizer": "muon", "l2": 0.1, "hidden_layers": [8, 3], "initialization": "lecun_normal", "seed": 999},
    "L1, L2, max-norm, clipping": {
        "l1": 0.003,
        "l2": 0.01,
        "max_norm": 0.5,
        "clip_norm": 0.25,
        "activations": ["leaky_relu", "sigmoid"],
        "initialization": "standard_normal",
        "hidden_layers": [6, 5],
    },
    "regression": {"data": "plane", "noise": 0.2, "activations": ["selu", "relu"], "features": ["x", "y_squared"]},
    "a curve": {
        "data": "curve",
        "formula": "x^2 / 4 - 2",
        "initialization": "xavier_uniform",
        "features": ["sin_y", "x"],
    },
    "drawn": {
        "data": "drawn",
        "drawn": [each for k in range(12) for each in (-3 + k / 2, (k % 5) - 2.25, k % 2)],
        "batch_size": 3,
    },
    "everything at once": {
        "hidden_layers": [4, 4, 4, 4, 4, 4, 4, 4],
        "activations": ["tanh", "relu", "gelu", "silu", "elu", "selu", "prelu", "rrelu"],
        "normalization": "batch",
        "residual": True,
        "drop_rate": 0.1,
        "optimizer": "adam",
        "l1": 0.001,
        "l2": 0.001,
        "max_norm": 2,
        "clip_norm": 1,
        "initialization": "pytorch_uniform",
        "data": "several_gaussians",
    },
}

TRAIN = """async ([state, n_steps]) => {
  const { Session } = await import("/playground/session.js");
  const { starting_state } = await import("/state.js");
  const { code_of } = await import("/playground/code.js");
  const { default: declaration } = await import("/explorers/playground.state.js");
  const session = new Session(starting_state(declaration, state));
  const losses = [], curve = [session.look()];
  for (let k = 0; k < n_steps; k++) {
    const before = session.epochs;
    losses.push(session.step());
    if (session.epochs > before) curve.push(session.look());
  }
  const codes = Object.fromEntries(["recipe", "numpy", "pytorch"].map((kind) => [kind, code_of(kind, session)]));
  const both = curve.map(({ train, validation }) => [train.loss, validation.loss]);
  return { losses, curve: both, codes, numbers: session.numbers() };
}"""


@pytest.fixture(scope="module")
def page(web):
    """One page for all of this file."""
    return web.open()


def run(code):
    """What the text of a program has made, by name, after so many steps as the browser took here."""
    made = {"__name__": "pasted"}
    text, found = re.subn(r"^N_STEPS = \d+", f"N_STEPS = {N_STEPS}", code, count=1, flags=re.MULTILINE)
    assert found == 1
    exec(compile(text, "pasted", "exec"), made)
    return made


@pytest.mark.parametrize("kind", ["numpy", "pytorch"])
@pytest.mark.parametrize("name", STATES)
def test_the_code_makes_the_curve_of_the_screen(name, kind, page):
    if kind == "pytorch":
        pytest.importorskip("torch")
    there = page.evaluate(TRAIN, [STATES[name], N_STEPS])
    here = run(there["codes"][kind])
    np.testing.assert_allclose(here["losses"], there["losses"], rtol=TOLERANCE, atol=TOLERANCE)
    np.testing.assert_allclose(here["curve"], there["curve"], rtol=TOLERANCE, atol=TOLERANCE)
    assert there["losses"][0] != there["losses"][-1]
    assert max(map(len, there["codes"][kind].splitlines())) <= 120


@pytest.mark.parametrize("kind", ["numpy", "pytorch"])
def test_the_code_starts_from_weights_that_a_link_gave(kind, page):
    if kind == "pytorch":
        pytest.importorskip("torch")
    state = STATES["four classes, batch norm, momentum"]
    trained = page.evaluate(TRAIN, [state, 40])["numbers"]
    there = page.evaluate(TRAIN, [state | {"weights": trained}, N_STEPS])
    here = run(there["codes"][kind])
    np.testing.assert_allclose(here["losses"], there["losses"], rtol=TOLERANCE, atol=TOLERANCE)
    np.testing.assert_allclose(here["curve"], there["curve"], rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("name", STATES)
def test_the_recipe_is_one(name, page):
    made = {}
    exec(page.evaluate(TRAIN, [STATES[name], 1])["codes"]["recipe"], made)
    assert isinstance(made["recipe"], Recipe)
    assert list(made["recipe"].hidden_layers) == STATES[name].get("hidden_layers", [4, 2])


def test_a_program_that_takes_fewer_steps_than_the_screen_says_how_many_it_had(page):
    codes = page.evaluate(TRAIN, [{"n_points": 40}, 3100])["codes"]
    for kind in ("numpy", "pytorch"):
        assert "N_STEPS = 3000  # the first of them: for the screen's network set N_STEPS = 3100" in codes[kind]
    codes = page.evaluate(TRAIN, [{}, 60])["codes"]
    assert "as many as you like" in codes["numpy"]
