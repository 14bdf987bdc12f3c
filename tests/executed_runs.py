"""Short runs of small recipes, plain and executed, that the tests of executions compare."""

import numpy as np

from course_lib.engine.executed_network import ExecutedNetwork
from course_lib.engine.torch_backend import Network
from course_lib.execution import Execution
from course_lib.recipe import OPTIMIZERS, Recipe

RATE = 2**-6  # exact in float32, in which a recorded step reads it
SMALL = Recipe(hidden_layers=(8, 6), batch_size=16, learning_rate=RATE)
VARIANTS = {
    **{name: SMALL.replace(optimizer=name, l2=0.01) for name in OPTIMIZERS},
    "rrelu": SMALL.replace(activation="rrelu"),
    "prelu without dropout": SMALL.replace(activation="prelu", drop_rate=0.0),
    "limits": SMALL.replace(clip_norm=0.5, clip_value=0.1, max_norm=1.2, l1=0.001),
    "label smoothing": SMALL.replace(label_smoothing=0.2),
    "no batch norm": SMALL.replace(normalization="none", activation="selu"),
    "no hidden layer": SMALL.replace(hidden_layers=()),
}
EXACT = Execution(device="cpu", dtype="float64")


_rng = np.random.default_rng(0)
EXAMPLES = _rng.normal(size=(100, 7)), _rng.integers(0, 3, 100)
BATCHES = [_rng.permutation(100)[:16] for _ in range(8)] + [np.arange(5)]
BATCHES += [_rng.permutation(100)[:16] for _ in range(4)]


def plain_run(recipe, batches=BATCHES):
    """(losses, network) of the plain network in float64."""
    network = Network(recipe, 7, 3, "float64", "cpu")
    x, labels = network.place(*EXAMPLES)
    return [network.update(network.take(x, rows), network.take(labels, rows)) for rows in batches], network


def executed_run(recipe, how, batches=BATCHES):
    """(losses, network) of the same run as an Execution says."""
    network = ExecutedNetwork(recipe, 7, 3, how)
    return network.run_steps(*EXAMPLES, batches).tolist(), network


def assert_same(network, other, tolerance=1e-9):
    """Parameters, running statistics and clipped steps of two networks are the same."""
    ours, theirs = network.state(), other.state()
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, rtol=tolerance, atol=tolerance, err_msg=name)
    assert network.clipped_steps == other.clipped_steps
