"""What flows through a deep network before its first step: activations forward, gradients backward, layer by layer."""

from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from course_lib import recipe
from course_lib.data import load_fashion_mnist
from course_lib.engine.numpy_backend import Network
from course_lib.experiments.layer_flow import layer_flow
from course_lib.explorers import svg
from course_lib.explorers.controls import Choice, Slider
from course_lib.explorers.explorer import Explorer
from course_lib.explorers.gradient_chart import REACH, decades_to_last, draw_sizes, finding, size_in_words
from course_lib.explorers.names import shown_name
from course_lib.explorers.svg import format_number
from course_lib.plots.style import BLACK, FUNCTION, GRAY
from course_lib.scratch import activations
from course_lib.threads import one_thread

BATCH = 64  # images that flow through
BINS = 40  # of the histogram of each layer
FLAT = 0.05  # a slope below this share of the steepest one counts as flat
SQUASHING = {"sigmoid": (0, 1), "tanh": (-1, 1)}  # name in course_lib.scratch.activations: range of its outputs
RANGE = (-2, 4)  # outputs shown of all the others; what lies beyond is counted in a band above and one below
SHOWN_INITIALIZATIONS = ("standard_normal", "xavier_normal", "he_normal", "lecun_normal", "pytorch_uniform")
ACTIVATIONS = {name: shown_name(name) for name in recipe.ACTIVATIONS}
INITIALIZATIONS = {name: shown_name(name) for name in SHOWN_INITIALIZATIONS}
COLORS = svg.blend("#FFFFFF", FUNCTION, 200)
FLAT_OUTPUTS = "#B5B5B5"
LEFT, WIDTH = 86, 606  # of the three charts, which share their layers
BAND = 16  # height of the band of outputs beyond RANGE


@dataclass(frozen=True, eq=False)
class Flow:
    """What is shown of each hidden layer; all arrays have one entry (or column) a layer, first to last.

    counts : outputs in each of BINS bins from high to low, between those above and those below: (BINS + 2, layers)
    spread : standard deviation of the outputs
    signal_spread : standard deviation over the images of a unit's outputs, root mean square over the units
    gradient_size : root mean square of dL/dh
    flat_outputs : share of outputs, over units and images, where the activation is flat
    flat_units : share of units that are flat for every image: saturated, or off
    """

    counts: np.ndarray
    spread: np.ndarray
    signal_spread: np.ndarray
    gradient_size: np.ndarray
    flat_outputs: np.ndarray
    flat_units: np.ndarray


def flow(state):
    """The Flow of real images through the network of this state, before its first training step."""
    return _flow(
        round(state.depth), state.width, state.activation, state.initialization, state.batch_norm, round(state.seed)
    )


@lru_cache(maxsize=64)
def _flow(depth, width, activation, initialization, batch_norm, seed):
    described = recipe.Recipe(
        hidden_layers=(width,) * depth,
        activation=activation,
        initialization=initialization,
        normalization="batch" if batch_norm else "none",
        drop_rate=0.0,
        seed=seed,
    )
    images, labels = _images()
    with np.errstate(all="ignore"), one_thread():
        flowing = layer_flow(Network(described, images.shape[1], 10), images, labels)
    low, high = SQUASHING.get(activation, RANGE)
    flat = [_is_flat(activation, sums) for sums in flowing.sums]
    return Flow(
        counts=np.stack([_histogram(outputs, low, high) for outputs in flowing.activations], axis=1),
        spread=flowing.activation_spread,
        signal_spread=flowing.signal_spread,
        gradient_size=flowing.gradient_size,
        flat_outputs=np.array([layer.mean() for layer in flat]),
        flat_units=np.array([layer.all(axis=0).mean() for layer in flat]),
    )


@lru_cache
def _images():
    """The first training images (BATCH, 784) and their labels."""
    train = load_fashion_mnist().train
    return train.x[:BATCH].copy(), train.labels[:BATCH].copy()


def _is_flat(activation, sums):
    """Where the slope is less than FLAT of the steepest."""
    return getattr(activations, f"{activation}_derivative")(sums) < FLAT * _steepest(activation)


@lru_cache
def _steepest(activation):
    return float(getattr(activations, f"{activation}_derivative")(np.linspace(-8, 8, 1601)).max())


def _histogram(outputs, low, high):
    """How many outputs lie in each of BINS bins, from high to low, after those above and before those below."""
    places = np.floor((high - np.clip(outputs, low - 1, high + 1)) / (high - low) * BINS)
    inside = (outputs >= low) & (outputs <= high)
    places = np.where(inside, np.clip(places, 0, BINS - 1), np.where(outputs > high, -1, BINS))
    return np.bincount(places.astype(int).ravel() + 1, minlength=BINS + 2)


def draw(state: SimpleNamespace) -> str:
    """Three charts over the same layers: the outputs, the share of them where nothing passes back, the gradients."""
    now = flow(state)
    depth = len(now.spread)
    sizes = svg.Axes(LEFT, 273, WIDTH, 163, (0.5, depth + 0.5), (-REACH, REACH))
    ticks = [layer for layer in range(1, depth + 1) if depth <= 15 or layer % 5 == 0 or layer == 1]
    x_label = "hidden layer (outputs go →, gradients come back ←)"
    parts = [
        draw_outputs(state, now),
        draw_flat(state, now),
        draw_sizes(sizes, decades_to_last(now.gradient_size), "layer", x_label, ticks),
    ]
    return svg.document(720, 488, parts, describe(state))


def draw_outputs(state, now):
    """A histogram of each layer's outputs as a column of colors; a band above and one below for what is beyond."""
    low, high = SQUASHING.get(state.activation, RANGE)
    squashing = state.activation in SQUASHING
    axes = svg.Axes(LEFT, 34, WIDTH, 120, (0, 1), (low, high)) if squashing else _between_bands(low, high)
    levels = np.rint(np.sqrt(now.counts / now.counts.max(axis=0)) * (len(COLORS) - 1)).astype(np.uint8)
    parts = [svg.heat_map(LEFT, axes.top, WIDTH, axes.height, levels[1:-1], COLORS, smooth=False)]
    if not squashing:
        for top, row, label in ((34, 0, f"> {high}"), (138, -1, f"< {format_number(low)}")):
            parts.append(svg.heat_map(LEFT, top, WIDTH, BAND, levels[[row]], COLORS, smooth=False))
            parts.append(svg.rectangle(LEFT, top, WIDTH, BAND, "none", GRAY))
            parts.append(svg.text(LEFT - 8, top + 14, label, anchor="end", halo=False))
    heading = f"Outputs of {ACTIVATIONS[state.activation]} in each layer: darker where more of them lie"
    ticks = (low, (low + high) / 2, high) if squashing else (0, 2)
    frame = axes.frame("", "", "output", (), ticks, 58)
    return "".join([svg.text(12, 20, heading, bold=True, halo=False), *parts, frame])


def _between_bands(low, high):
    return svg.Axes(LEFT, 34 + BAND + 4, WIDTH, 120 - 2 * BAND - 8, (0, 1), (low, high))


def draw_flat(state, now):
    """Bars: the share of outputs where the activation is flat, and in it the share of units that are so for all."""
    axes = svg.Axes(LEFT, 190, WIDTH, 36, (0.5, len(now.spread) + 0.5), (0, 1))
    parts = []
    width = min(0.7 * WIDTH / len(now.spread), 40)
    for layer, shares in enumerate(zip(now.flat_outputs, now.flat_units, strict=True), start=1):
        for share, color, part in zip(shares, (FLAT_OUTPUTS, BLACK), (width, 0.5 * width), strict=True):
            parts.append(svg.rectangle(axes.x(layer) - part / 2, axes.y(share), part, axes.height * share, color))
    heading = f"Gray: share where {ACTIVATIONS[state.activation]} is flat. Black: units flat for every image"
    frame = axes.frame("", "", "", (), ((0, "0%"), (1, "100%")), 58)
    return "".join([svg.text(12, 178, heading, bold=True, halo=False), *parts, frame])


def describe(state: SimpleNamespace) -> str:
    """The ratio of the first layer's gradient to the last's, the spread of the outputs, the share that is flat."""
    now = flow(state)
    depth, label = len(now.spread), ACTIVATIONS[state.activation]
    ends = sorted({1, depth})
    spread, signal = (
        " and ".join(f"{size_in_words(sizes[layer - 1])} in layer {layer}" for layer in ends)
        for sizes in (now.spread, now.signal_spread)
    )
    flat = " and ".join(f"{now.flat_outputs[layer - 1]:.0%} of the outputs of layer {layer}" for layer in ends)
    return (
        f"{finding(decades_to_last(now.gradient_size), 'layer')}.\n"
        f"Standard deviation of the outputs: {spread}. From image to image a unit's output varies by {signal}.\n"
        f"{label} is flat (slope under 1/{1 / FLAT:.0f} of its steepest) for {flat}; "
        f"{now.flat_units.mean():.0%} of all units are flat for every image."
    )


class GradientFlowExplorer(Explorer):
    """Signals in an untrained network. Controls: depth, width, activation, initialization, batch_norm, seed."""

    label_width = "7.5em"
    controls = (
        Slider("depth", "hidden layers", "how many hidden layers the network has", 1, 30, 1, 15, "The network", 0),
        Choice(
            "width",
            "units a layer",
            "how many units each hidden layer has",
            tuple((str(width), width) for width in (10, 30, 100, 300)),
            10,
            "The network",
            ordered=True,
        ),
        Choice(
            "activation",
            "activation",
            "the function of every hidden layer",
            tuple((label, name) for name, label in ACTIVATIONS.items()),
            "sigmoid",
            "The network",
        ),
        Choice(
            "initialization",
            "initialization",
            "how large the random weights are at the start",
            tuple((label, name) for name, label in INITIALIZATIONS.items()),
            "standard_normal",
            "How it starts",
        ),
        Choice(
            "batch_norm",
            "batch norm",
            "whether each layer's sums are normalized over the batch",
            (("off", False), ("on", True)),
            False,
            "How it starts",
        ),
        Slider(
            "seed", "random draw", "which of ten random starts, to see what is luck", 0, 9, 1, 0, "How it starts", 0
        ),
    )
    draw = staticmethod(draw)
    describe = staticmethod(describe)
