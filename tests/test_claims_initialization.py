"""The claims about initialization and about units that die: their small versions, against theory and by sabotage."""

import math

import numpy as np
import pytest
import torch

from course_lib.engine import numpy_stack as stack
from course_lib.engine.torch_backend import Network as TorchNetwork
from course_lib.experiments import image_draws, layer_flow, off_units, short_runs, signal_at_start
from course_lib.experiments.claims import dying_relu, leaky_units_survive, vanishing_sigmoid
from course_lib.experiments.experiment import choices
from course_lib.experiments.measurement import ArmsAreTheSame, MechanismDidNotFire
from course_lib.experiments.registry import experiment
from course_lib.experiments.runner import measure
from course_lib.recipe import Recipe
from course_lib.scratch import activations, initializers
from small_versions import small_version_of

INITIALIZATION = ("vanishing_sigmoid", "xavier_keeps_signal", "he_keeps_signal")
PLAIN = Recipe(
    hidden_layers=(20, 15), activation="relu", normalization="none", drop_rate=0.0, learning_rate=0.01, seed=4
)


def small(name, seeds=2):
    return measure(name, seeds=seeds, small=True, progress=False)


# Initialization, against theory: per layer the mean square of dL/dh changes by width * Var[w] * E[slope^2].


def test_the_gradient_of_narrow_sigmoid_layers_vanishes_and_that_of_wide_ones_explodes():
    found = small_version_of("vanishing_sigmoid")
    assert found.primary.label == "width 100" and abs(found.primary.mean) < 1
    assert found.effect("width 10").low > 2
    assert found.effect("width 30").low > 1
    assert found.effect("width 300").high < -1
    claim = vanishing_sigmoid
    first, middle, last = (found.values(claim.arm(10, layer), claim.SIZE).mean() for layer in (1, 8, 15))
    assert first < middle - 1 < last - 2


@pytest.mark.parametrize(
    ("initialization", "variance"),
    [("standard_normal", 1.0), ("xavier_normal", 0.01), ("he_normal", 0.02), ("pytorch_uniform", 1 / 300)],
)
@pytest.mark.parametrize("depth", [10, 20])
def test_in_relu_layers_the_gradient_changes_as_the_variance_of_the_weights_says(depth, initialization, variance):
    found = small_version_of("he_keeps_signal")
    expected = (depth - 1) * math.log10(math.sqrt(100 * variance / 2))  # half of the units have slope 1, half 0
    arm = signal_at_start.arm(depth, "relu", initialization)
    assert found.values(arm, signal_at_start.GRADIENT) == pytest.approx(expected, abs=0.6)
    assert found.values(arm, signal_at_start.GRADIENT_CHANGE) == pytest.approx(abs(expected), abs=0.6)
    assert found.values(arm, signal_at_start.ACTIVATION_SPREAD) == pytest.approx(expected, abs=0.6)


@pytest.mark.parametrize("initialization", ["standard_normal", "xavier_normal", "he_normal", "pytorch_uniform"])
def test_the_weight_gradient_hides_what_happens_in_relu_layers(initialization):
    arm = signal_at_start.arm(20, "relu", initialization)
    assert np.abs(small_version_of("he_keeps_signal").values(arm, signal_at_start.WEIGHT_GRADIENT)).max() < 1.5


def test_xavier_helps_tanh_and_relu_and_is_no_cure_for_sigmoid():
    found = small_version_of("xavier_keeps_signal")
    assert found.primary.label == signal_at_start.label(10, "tanh", "standard_normal", "gradient")

    def effect(depth, activation, quantity):
        return found.effect(signal_at_start.label(depth, activation, "standard_normal", quantity))

    for depth, decades in ((10, 2), (20, 4)):
        assert effect(depth, "tanh", "gradient").low > decades
        assert effect(depth, "relu", "gradient").low > decades
        assert effect(depth, "sigmoid", "gradient").high < -decades
        assert effect(depth, "sigmoid", "signal").high < -decades
    slope = 0.25  # of a sigmoid near 0, where Xavier's weights keep it: each layer divides the gradient by about 4
    sigmoid = found.values(signal_at_start.arm(20, "sigmoid", "xavier_normal"), signal_at_start.GRADIENT)
    assert sigmoid == pytest.approx(19 * math.log10(slope), abs=1.0)


def test_he_beats_xavier_and_pytorchs_start_where_units_are_relu():
    found = small_version_of("he_keeps_signal")
    assert found.primary.label == "10 layers, ReLU, against Xavier: gradient"
    for quantity in ("gradient", "signal"):
        assert min(found.effect(f"20 layers, ReLU, against Xavier: {quantity}").by_seed) > 2
        assert min(found.effect(f"20 layers, ReLU, against PyTorch's start: {quantity}").by_seed) > 5


def test_a_signal_that_is_rounding_alone_is_not_compared():
    found = small_version_of("xavier_keeps_signal")
    lost = found.values(signal_at_start.arm(20, "sigmoid", "pytorch_uniform"), signal_at_start.SIGNAL)
    others = found.values(signal_at_start.arm(10, "sigmoid", "pytorch_uniform"), signal_at_start.SIGNAL)
    assert lost.max() < -13 and others.min() > -9  # float64 tells 0.5 from its next number at 16 decades
    labels = [effect.label for effect in found.effects]
    assert signal_at_start.label(10, "sigmoid", "pytorch_uniform", "signal") in labels
    assert signal_at_start.label(20, "sigmoid", "pytorch_uniform", "signal") not in labels
    assert len(labels) == 3 * 2 * 2 * 2 - 1


def test_decades_are_counted_between_hidden_layers_alone():
    sizes = {"gradients": (1e-5, 1e-4, 1e-3), "weight gradients": (1e-3, 1e-3, 1e-2, 1e9)}  # the last is the output's
    signs = np.array([[1.0, -1.0], [-1.0, 1.0]])  # mean 0, root mean square 1, in all and in each unit
    flow = layer_flow.LayerFlow(
        loss=2.5,
        sums=[signs] * 3,
        activations=[signs, 0.1 * signs, 0.01 * signs],
        activation_gradients=[size * signs for size in sizes["gradients"]],
        weight_gradients=[size * signs for size in sizes["weight gradients"]],
    )
    found = signal_at_start.quantities(flow)
    expected = [2, -2, -1, 2, -2, -2, 2.5]  # in the order in which signal_at_start names them
    assert list(found.values()) == pytest.approx(expected)


@pytest.mark.parametrize("name", INITIALIZATION)
def test_a_seed_gives_the_same_numbers_twice_and_another_seed_others(name):
    found = experiment(name)
    settings = found.case_settings("", small=True)
    assert found.run(3, settings, {}) == found.run(3, settings, {})
    assert found.run(3, settings, {}).arms != found.run(4, settings, {}).arms


# Sabotage of the claims about initialization


@pytest.mark.parametrize(
    ("name", "initializer"), [("xavier_keeps_signal", "xavier_normal"), ("he_keeps_signal", "he_normal")]
)
def test_an_initialization_that_is_no_other_does_not_fire(monkeypatch, name, initializer):
    monkeypatch.setattr(initializers, initializer, initializers.standard_normal)
    with pytest.raises(MechanismDidNotFire, match="decades between the weights' spreads"):
        small(name)


def test_weights_that_do_not_saturate_the_sigmoid_do_not_fire(monkeypatch):
    monkeypatch.setattr(initializers, "standard_normal", initializers.xavier_normal)
    with pytest.raises(MechanismDidNotFire, match="saturated units"):
        small("vanishing_sigmoid")


@pytest.mark.parametrize("name", ["xavier_keeps_signal", "he_keeps_signal"])
def test_the_same_flow_for_every_initialization_is_noticed(monkeypatch, name):
    flows = {}

    def same_flow(network, x, labels):
        key = (network.recipe.hidden_layers, network.recipe.activation, network.recipe.seed)
        return flows.setdefault(key, real(network, x, labels))

    real = layer_flow.layer_flow
    monkeypatch.setattr(layer_flow, "layer_flow", same_flow)
    with pytest.raises(ArmsAreTheSame, match="10 layers"):
        small(name)


def test_the_same_gradient_in_every_layer_is_noticed(monkeypatch):
    monkeypatch.setattr(layer_flow.LayerFlow, "gradient_size", property(lambda flow: np.ones(len(flow.sums))))
    with pytest.raises(ArmsAreTheSame, match="width 10"):
        small("vanishing_sigmoid")


# Units that are off


def sums_in_torch(network, x):
    """The sums of every hidden layer in evaluation mode, by hooks in the other engine: array (examples, units)."""
    theirs = TorchNetwork(network.recipe, network.n_inputs, network.n_classes, "float64", "cpu")
    theirs.load_state(network.state())
    sums = []
    for name, layer in theirs.module.named_children():
        if name.startswith("activation"):
            layer.register_forward_pre_hook(lambda _, inputs: sums.append(inputs[0].numpy()))
    theirs.module.eval()
    with torch.no_grad():
        theirs.module(torch.from_numpy(np.asarray(x, np.float64)))
    return np.concatenate(sums, axis=1)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "rrelu", "prelu", "elu"])
@pytest.mark.parametrize("normalization", ["none", "batch"])
def test_a_unit_is_off_when_its_sum_is_never_above_zero(monkeypatch, activation, normalization):
    monkeypatch.setattr(off_units, "ROWS", 70)  # several parts, the last one shorter
    x = short_runs.fashion_mnist().train.x[:300]
    recipes = [
        PLAIN.replace(activation=activation, normalization=normalization, seed=seed, learning_rate=0.05)
        for seed in (1, 2)
    ]
    networks = stack.NetworkStack(recipes, 784, 10, "float64")
    labels = short_runs.fashion_mnist().train.labels[:300]
    for _ in range(30):
        networks.update(np.broadcast_to(x, (2, *x.shape)), np.broadcast_to(labels, (2, 300)))
    if normalization == "batch":  # it leaves no unit off by itself
        dict(networks.layers)["batch_norm1"].parameters["shift"][:, :10] -= 3
    off = off_units.off_units(networks, x)
    assert off.shape == (2, 35) and off.dtype == bool
    for number in range(2):
        alone = networks.network(number)
        sums = sums_in_torch(alone, x)
        np.testing.assert_array_equal(off[number], sums.max(axis=0) <= 0)
        np.testing.assert_array_equal(off_units.off_units(alone, x), off[number])
        layers = sums[:, :20], sums[:, 20:]
        assert off_units.share_below_zero(alone, x) == pytest.approx(np.mean([(each < 0).mean() for each in layers]))
    assert 0 < off.mean() < 1


def test_watching_trains_as_a_short_run_does():
    data = image_draws.draw(0, 500, data="embedded")
    recipes = [PLAIN.replace(learning_rate=rate) for rate in (0.001, 0.01)]
    watched = off_units.watch(recipes, data, 18, 3)
    runs = short_runs.train(recipes, data, 18, "test")
    assert watched.off.shape == (4, 2, 35)
    for number, (run, seen) in enumerate(zip(runs, watched.runs, strict=True)):
        assert (seen.accuracy, seen.loss) == pytest.approx((run.accuracy, run.loss), abs=0.005)
        for name, array in run.network.state().items():
            np.testing.assert_allclose(seen.network.state()[name], array, atol=1e-4)
        np.testing.assert_array_equal(watched.off[-1, number], off_units.off_units(seen.network, data.train.x))
    fresh = stack.NetworkStack(recipes, 784, 10)
    np.testing.assert_array_equal(watched.off[0], off_units.off_units(fresh, data.train.x))


@pytest.mark.filterwarnings("error")
def test_a_network_that_diverges_has_chance_accuracy(monkeypatch):
    evaluation = np.array([2.0, np.inf]), np.array([0.4, 0.3])
    monkeypatch.setattr(stack.NetworkStack, "evaluate", lambda *_: evaluation)
    recipes = [PLAIN.replace(optimizer="gradient_descent", learning_rate=rate) for rate in (0.01, 1e30)]
    watched = off_units.watch(recipes, image_draws.draw(0, 500, data="embedded"), 12, 2)
    assert [run.diverged for run in watched.runs] == [False, True]
    assert [run.accuracy for run in watched.runs] == [0.4, 0.1]
    assert [run.loss for run in watched.runs] == [2.0, short_runs.LARGEST_LOSS]


def test_more_relu_units_die_at_a_large_learning_rate():
    found = small_version_of("dying_relu")
    assert found.primary.mean > 5
    case = dying_relu.PLATEAU
    arm = dying_relu.arm("adam", 0.01, case)
    start = found.values(dying_relu.start(case), dying_relu.OFF)
    parts = found.settings["parts"]
    np.testing.assert_array_equal(found.values(arm, dying_relu.off_after(0, parts)), start)
    at_the_end = found.values(arm, dying_relu.off_after(parts, parts))
    np.testing.assert_array_equal(at_the_end, found.values(arm, dying_relu.OFF))
    assert start.max() < found.values(arm, dying_relu.OFF).min()


def test_fewer_units_of_the_leaky_family_stay_off():
    found = small_version_of("leaky_units_survive")
    for other in ("RReLU", "PReLU"):
        assert found.effect(f"units that stay off, {other}, large rate").mean > 2


def test_each_activation_is_compared_with_relu_where_it_is_tuned_and_at_a_large_rate():
    claim = leaky_units_survive
    compared = {(each.better, each.worse, each.quantity) for each in claim.EXPERIMENT.comparisons}
    others = ("leaky ReLU", "RReLU", "PReLU", "ELU")
    cases = ("tuned", "tuned, in 300 steps", "tuned, 20 layers of 12", "large rate")
    wanted = {(f"{each}, {case}", f"ReLU, {case}", claim.ACCURACY) for each in others for case in cases}
    wanted |= {(f"{each}, large rate", "ReLU, large rate", claim.STAY_OFF) for each in others}
    wide = "tuned, 10 layers of 100"
    wanted |= {(f"leaky ReLU, {wide}", f"ReLU, {wide}", claim.ACCURACY)}
    found = claim.arms(claim.EXPERIMENT.case_settings(wide))
    assert {recipe.hidden_layers for recipe in found.values()} == {(100,) * 10}
    assert compared == wanted
    assert claim.EXPERIMENT.primary.better == "leaky ReLU, tuned"
    for case, schedule in (("tuned", "cosine"), ("large rate", "constant")):
        arms = claim.arms(claim.EXPERIMENT.case_settings(case))
        assert {recipe.schedule for recipe in arms.values()} == {schedule}


def made_up(off, accuracy):
    """What watching one network of four units gives, with these looks: at the start, at half time, at the end."""
    run = short_runs.ShortRun(accuracy, 1.0, True, 3, [], 0, None)
    return off_units.Watched(np.array(off, bool)[:, None], [run])


def test_staying_off_and_coming_back_are_told_apart(monkeypatch):
    looks = [
        [0, 0, 0, 0],
        [1, 1, 1, 0],  # half time
        [1, 0, 0, 1],  # end
    ]
    claim = leaky_units_survive
    monkeypatch.setattr(off_units, "watch", lambda *_, **__: made_up(looks, 0.8))
    outcome = claim.run(0, claim.EXPERIMENT.case_settings("large rate", small=True), {})
    names = [claim.STAY_OFF, claim.OFF_AT_HALF_TIME, claim.OFF, claim.CAME_BACK, claim.ACCURACY]
    for activation in claim.NAMES:
        assert [outcome.arms[claim.arm(activation, "large rate")][name] for name in names] == [25, 75, 50, 50, 80]
    assert outcome.fired["ReLU units that died"] == 2
    assert outcome.fired["units of the others that came back"] == 8  # two of each of four


def test_rates_are_tuned_on_validation_images_and_measured_on_test_images(monkeypatch):
    asked = []
    real = short_runs.train

    def train(recipes, data, steps, part="validation", *rest):
        asked.append((part, [recipe.learning_rate for recipe in recipes]))
        return real(recipes, data, steps, part, *rest)

    monkeypatch.setattr(short_runs, "train", train)
    claim = leaky_units_survive
    settings = claim.EXPERIMENT.case_settings("tuned", small=True)
    grids = {arm: choices(grid) for arm, grid in claim.grids(settings).items()}
    claim.tune(1000, settings, grids)
    chosen = {arm: {"learning_rate": 0.001} for arm in grids}
    claim.run(0, settings, chosen)
    assert asked == [("validation", settings["grid"] * 5), ("test", [0.001] * 5)]
    assert claim.grids(claim.EXPERIMENT.case_settings("large rate")) == {}


def test_a_rate_that_diverges_is_not_chosen():
    claim = leaky_units_survive
    settings = claim.EXPERIMENT.case_settings("tuned", small=True)
    scores = claim.tune(1000, settings, {"ELU, tuned": [{"learning_rate": rate} for rate in (0.001, 1e30)]})
    assert scores["ELU, tuned"][1] == -math.inf and scores["ELU, tuned"][0] > 10


# Sabotage of the claims about units


def test_one_learning_rate_under_all_names_is_noticed(monkeypatch):
    real = stack.NetworkStack
    monkeypatch.setattr(stack, "NetworkStack", lambda recipes, *rest: real([recipes[-1]] * len(recipes), *rest))
    with pytest.raises(ArmsAreTheSame, match=r"Adam, 0.01 against 0.001"):
        small("dying_relu")


@pytest.mark.parametrize(
    ("name", "mechanism"), [("dying_relu", "units that died"), ("leaky_units_survive", "ReLU units that died")]
)
def test_a_look_that_sees_no_unit_off_is_noticed(monkeypatch, name, mechanism):
    real = off_units.off_units
    monkeypatch.setattr(off_units, "off_units", lambda networks, x: np.zeros_like(real(networks, x)))
    with pytest.raises(MechanismDidNotFire, match=mechanism):
        small(name)


def test_sums_that_are_never_below_0_are_noticed(monkeypatch):
    monkeypatch.setattr(off_units, "share_below_zero", lambda network, x: 0.0)
    with pytest.raises(MechanismDidNotFire, match="below 0"):
        small("leaky_units_survive")


def test_relu_under_the_name_of_leaky_relu_is_noticed(monkeypatch):
    real = leaky_units_survive.recipe_for
    monkeypatch.setattr(
        leaky_units_survive,
        "recipe_for",
        lambda activation, *rest: real("relu" if activation == "leaky_relu" else activation, *rest),
    )
    with pytest.raises(ArmsAreTheSame, match="accuracy, leaky ReLU, tuned"):
        small("leaky_units_survive")


def test_slopes_of_prelu_that_are_not_learned_are_noticed(monkeypatch):
    real = stack.StackedPReLU.backward

    def backward(self, output_gradient):
        gradient = real(self, output_gradient)
        self.gradients["slope"][...] = 0
        return gradient

    monkeypatch.setattr(stack.StackedPReLU, "backward", backward)
    monkeypatch.setattr(activations, "prelu_slope_derivative", np.zeros_like)  # of a network that is alone
    with pytest.raises(MechanismDidNotFire, match="PReLU's slopes moved"):
        small("leaky_units_survive")
