"""The playground's code, pasted and run: NumPy and PyTorch give the losses that the browser has, step by step.

The text is what 'Show the code' shows. Both programs draw the points, first weights, batches and masks themselves. The
one in NumPy runs the learner's own functions wherever these can compute the network.
"""

import re

import numpy as np
import pytest
from explorer_page import painted
from playground_page import opened

from course_lib.checks.registry import find
from course_lib.learner import yours
from course_lib.recipe import Recipe

N_STEPS = 60
TOLERANCE = 1e-9
FOUR = {"data": "several_gaussians", "hidden_layers": [5, 5], "activations": ["tanh", "gelu"]}
RELU = {"hidden_layers": [5, 4], "activations": ["relu", "relu"]}
WITH_YOURS = {  # networks that the learner's own functions can compute
    "no hidden layer": {"hidden_layers": [], "activations": [], "data": "gaussians", "batch_size": 1},
    "ReLU on circles": RELU | {"learning_rate": 0.1},
    "ReLU, four classes, He": RELU | {"data": "several_gaussians", "initialization": "he_normal", "batch_size": 7},
    "ReLU, four layers, uniform weights": {
        "hidden_layers": [8, 1, 6, 3],
        "activations": ["relu", "relu", "relu", "relu"],
        "data": "spirals",
        "features": ["x", "y", "sin_x", "xy"],
        "initialization": "pytorch_uniform",
        "seed": 7,
    },
    "ReLU on drawn points": RELU
    | {
        "data": "drawn",
        "drawn": [each for k in range(12) for each in (-3 + k / 2, (k % 5) - 2.25, k % 2)],
        "batch_size": 3,
    },
}
STATES = WITH_YOURS | {
    "as it opens": {},
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

WHY_NOT = {  # the settings that the NumPy program names where it runs the course's functions
    "as it opens": ["tanh"],
    "four classes, batch norm, momentum": ["tanh, GELU", "batch norm", "momentum"],
    "layer norm, residual, Adam": ["tanh, GELU", "layer norm", "residual connections", "Adam"],
    "RMS norm, PReLU, Nesterov": ["PReLU, SiLU", "RMS norm", "residual connections", "Nesterov"],
    "dropout, RReLU, RMSProp": ["RReLU, ELU", "RMSProp", "dropout"],
    "AdamW": ["tanh", "AdamW", "L2"],
    "Muon": ["tanh", "Muon", "L2"],
    "L1, L2, max-norm, clipping": ["leaky ReLU, sigmoid", "L1", "L2", "max-norm", "clip at"],
    "regression": ["numbers", "SELU"],
    "a curve": ["tanh"],
    "drawn": ["tanh"],
    "everything at once": [
        "tanh, GELU, SiLU, ELU, SELU, PReLU, RReLU",
        "batch norm",
        "residual connections",
        "Adam",
        "dropout",
        "L1",
        "L2",
        "max-norm",
        "clip at",
    ],
}
ONE_SETTING = {  # the only thing that keeps a network from the learner's functions: what it is called
    "numbers": {"data": "plane"},
    "leaky ReLU": {"activations": ["relu", "leaky_relu"]},
    "RMS norm": {"normalization": "rms"},
    "residual connections": {"residual": True, "hidden_layers": [5, 5]},
    "Adam": {"optimizer": "adam"},
    "dropout": {"drop_rate": 0.2},
    "L1": {"l1": 0.001},
    "L2": {"l2": 0.001},
    "max-norm": {"max_norm": 2},
    "clip at": {"clip_norm": 1},
}
MY_NETWORK = '''"""My network: right, and written in another way than the course's."""

import numpy as np

ran = []

# ==== 1.6 · forward · yours ====

def forward(x, layers):
    ran.append("forward")
    values = [x]
    while len(values) <= len(layers):
        weights, bias = layers[len(values) - 1]
        sums = np.einsum("bi,io->bo", values[-1], weights) + bias
        values.append(np.where(sums > 0, sums, 0.0) if len(values) < len(layers) else sums)
    return values

# ==== 2.5 · network_backward · yours ====

def network_backward(values, layers, output_gradient):
    ran.append("network_backward")
    gradients, slopes = [], output_gradient
    for x, (weights, _) in zip(values[-2::-1], layers[::-1]):
        gradients.append((np.einsum("bi,bo->io", x, slopes), np.ones(len(x)) @ slopes))
        slopes = np.where(x > 0, slopes @ weights.T, 0.0)
    return gradients[::-1]

# ==== 2.6 · cross_entropy · yours ====

def cross_entropy(logits, labels):
    ran.append("cross_entropy")
    chosen = np.eye(logits.shape[1])[labels]
    logs = logits - logits.max(axis=1, keepdims=True)
    logs = logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))
    return -(chosen * logs).sum(axis=1).mean(), (np.exp(logs) - chosen) / len(labels)
'''

TRAIN = """async ([state, n_steps]) => {
  const { Session } = await import("/playground/session.js");
  const { starting_state } = await import("/state.js");
  const { code_of } = await import("/playground/code.js");
  const { default: declaration } = await import("/explorers/playground.state.js");
  const { whose_functions } = await import("/playground/code_yours.js");
  const session = new Session(starting_state(declaration, state));
  const losses = [], curve = [session.look()];
  for (let k = 0; k < n_steps; k++) {
    const before = session.epochs;
    losses.push(session.step());
    if (session.epochs > before) curve.push(session.look());
  }
  const codes = Object.fromEntries(["recipe", "numpy", "pytorch"].map((kind) => [kind, code_of(kind, session)]));
  const both = curve.map(({ train, validation }) => [train.loss, validation.loss]);
  return { losses, curve: both, codes, whose: whose_functions(session), numbers: session.numbers() };
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
@pytest.mark.parametrize("name", ["four classes, batch norm, momentum", "ReLU, four classes, He"])
def test_the_code_starts_from_weights_that_a_link_gave(name, kind, page):
    if kind == "pytorch":
        pytest.importorskip("torch")
    state = STATES[name]
    trained = page.evaluate(TRAIN, [state, 40])["numbers"]
    there = page.evaluate(TRAIN, [state | {"weights": trained}, N_STEPS])
    here = run(there["codes"][kind])
    np.testing.assert_allclose(here["losses"], there["losses"], rtol=TOLERANCE, atol=TOLERANCE)
    np.testing.assert_allclose(here["curve"], there["curve"], rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("name", WITH_YOURS)
def test_the_learners_own_functions_make_the_curve_of_the_screen(name, page, learner_folder, capsys):
    (learner_folder / "my_network.py").write_text(MY_NETWORK, "utf-8")
    ran = yours("1.6").__globals__["ran"]
    for number in ("2.5", "2.6"):
        yours(number)
    ran.clear()  # what the checks called
    capsys.readouterr()
    there = page.evaluate(TRAIN, [STATES[name], N_STEPS])
    here = run(there["codes"]["numpy"])
    np.testing.assert_allclose(here["losses"], there["losses"], rtol=TOLERANCE, atol=TOLERANCE)
    np.testing.assert_allclose(here["curve"], there["curve"], rtol=TOLERANCE, atol=TOLERANCE)
    said = capsys.readouterr().out
    for each in ("forward", "network_backward", "cross_entropy"):
        assert f"{each}: your own, from my_network.py.\n" in said
    looks = 2 * len(here["curve"]) + 2  # and the two that the last line prints
    assert ran.count("network_backward") == N_STEPS
    assert ran.count("forward") == ran.count("cross_entropy") == N_STEPS + looks


def test_a_function_that_does_not_pass_its_check_does_not_run(page, learner_folder, capsys):
    wrong = MY_NETWORK.replace("sums > 0, sums, 0.0", "sums > 0, sums, sums / 10")
    (learner_folder / "my_network.py").write_text(wrong, "utf-8")
    there = page.evaluate(TRAIN, [WITH_YOURS["ReLU on circles"], N_STEPS])
    here = run(there["codes"]["numpy"])
    np.testing.assert_allclose(here["losses"], there["losses"], rtol=TOLERANCE, atol=TOLERANCE)
    said = capsys.readouterr().out
    assert "forward: the course's own." in said
    assert "network_backward: your own" in said


@pytest.mark.parametrize("name", WITH_YOURS)
def test_the_numpy_program_asks_for_the_learners_functions_where_they_reach(name, page):
    made = page.evaluate(TRAIN, [STATES[name], 1])
    asked = re.findall(r'^(\w+) = yours\("([\d.]+)"\)$', made["codes"]["numpy"], re.MULTILINE)
    assert [function for function, _ in asked] == ["forward", "network_backward", "cross_entropy"]
    assert all(find(number).name == function for function, number in asked)
    assert "the functions you wrote: forward, network_backward and cross_entropy." in made["whose"]


@pytest.mark.parametrize("name", [each for each in STATES if each not in WITH_YOURS])
def test_the_numpy_program_says_which_settings_go_beyond_the_learners_functions(name, page):
    made = page.evaluate(TRAIN, [STATES[name], 1])
    code = made["codes"]["numpy"]
    comment = " ".join(re.findall(r"^# (.*)$", code.partition("import math")[0], re.MULTILINE))
    assert "yours" not in code
    assert re.findall(r"(?:^|\. )([^.:]+): ", comment) == WHY_NOT[name]
    assert made["whose"] == f"It runs the course's functions. {comment}"


@pytest.mark.parametrize("setting", ONE_SETTING)
def test_one_setting_is_named_in_one_line(setting, page):
    code = page.evaluate(TRAIN, [RELU | ONE_SETTING[setting], 1])["codes"]["numpy"]
    head = code.partition("import math")[0].split('"""')[2].strip()
    assert head.startswith(f"# {setting}: you")
    assert "To run your own, choose " in head and "\n" not in head


def test_what_the_words_say_to_choose_is_chosen_while_the_code_stays_open(web):
    page = opened(web)({})
    sheet = page.locator(".sheet")
    page.get_by_role("button", name="Show the code").click()
    assert "functions" not in sheet.locator("p").text_content()
    page.locator(".code-kind").select_option("numpy")
    words = "tanh: your forward bends with ReLU. To run your own, choose ReLU in every layer."
    assert words in sheet.locator("p").text_content()
    page.locator(".activation-1").select_option(label="ReLU")
    painted(page)
    assert "Beside your my_network.py it runs the functions you wrote" in sheet.locator("p").text_content()
    assert 'forward = yours("1.6")' in page.locator(".code-text").text_content()
    page.locator("select.optimizer").select_option(label="Adam")
    painted(page)
    assert "Adam: you wrote gradient descent." in sheet.locator("p").text_content()
    assert "yours" not in page.locator(".code-text").text_content()


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
