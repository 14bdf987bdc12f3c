"""A recurrent network unrolled in time: its states forward, its gradients back through every step, and clipping."""

from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from course_lib.data.sequences import adding_problem
from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.explorers import svg
from course_lib.explorers.controls import Choice, Slider
from course_lib.explorers.explorer import Explorer
from course_lib.explorers.gradient_chart import (
    REACH,
    decades_to_last,
    draw_sizes,
    finding,
    size_in_words,
    times,
    verdict,
)
from course_lib.explorers.neuron import COLORS
from course_lib.plots.style import BLACK, GRADIENT
from course_lib.scratch.clipping import clip_by_norm
from course_lib.threads import one_thread

BATCH, UNITS = 32, 32  # sequences of the adding problem, hidden units
ACTIVATIONS = {  # name in RecurrentNetwork: (name to read, from which size on the colors of the states are darkest)
    "tanh": ("tanh", 1),
    "relu": ("ReLU", 3),
    "linear": ("linear (no activation)", 3),
}
REASONS = {
    "tanh": "At every step tanh multiplies by its slope, at most 1.",
    "relu": "At every step ReLU stops the gradient at the units that are off.",
    "linear": "Nothing else acts on it here.",
}
LIMITS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
OFF = 0.0  # the limit that stands for no clipping
LENGTHS = (-3, 12)  # decades on the axis of gradient lengths
LEFT, WIDTH = 86, 606  # of the charts


@dataclass(frozen=True, eq=False)
class Passage:
    """One forward and one backward pass through the steps.

    states : h_t of the first sequence, (steps, units)
    gradient_size : root mean square of dL/dh_t over sequences and units, (steps,)
    length, length_clipped : length of the gradient of all parameters together, before and after clipping
    recurrent_length : the same before clipping, of the recurrent weights alone
    """

    states: np.ndarray
    gradient_size: np.ndarray
    length: float
    length_clipped: float
    recurrent_length: float


def passage(state):
    """The Passage of sequences of the adding problem through the untrained network of this state."""
    return _passage(round(state.steps), float(state.gain), state.activation, state.limit)


@lru_cache(maxsize=64)
def _passage(steps, gain, activation, limit):
    x, targets = adding_problem(BATCH, steps, seed=0)
    network = RecurrentNetwork(x.shape[2], UNITS, 1, activation, "orthogonal", gain, seed=0)
    with np.errstate(all="ignore"), one_thread():
        _, gradients = network.loss_and_gradients(x, targets)
        together = np.concatenate([gradient.ravel() for gradient in gradients.values()])
        length = float(np.linalg.norm(together))
        if limit != OFF:
            clip_by_norm(together, limit)
        return Passage(
            states=network.hidden_states[:, 0].copy(),
            gradient_size=_root_mean_squares(network.hidden_gradients),
            length=length,
            length_clipped=float(np.linalg.norm(together)),
            recurrent_length=float(np.linalg.norm(gradients["recurrent.weight"])),
        )


def _root_mean_squares(arrays):
    """Of each of `arrays` (n, ...), divided by its largest entry first, so that no square leaves the numbers."""
    rows = arrays.reshape(len(arrays), -1)
    largest = np.abs(rows).max(axis=1)
    scale = np.where(np.isfinite(largest) & (largest > 0), largest, 1.0)
    return scale * np.sqrt(np.mean((rows / scale[:, None]) ** 2, axis=1))


def draw(state: SimpleNamespace) -> str:
    """The states over time, the gradients of the states over the same time, the gradient's length and the limit."""
    now = passage(state)
    steps = len(now.states)
    sizes = svg.Axes(LEFT, 175, WIDTH, 149, (0.5, steps + 0.5), (-REACH, REACH))
    ticks = sorted({1, *range(10, steps + 1, 10)} if steps > 15 else range(1, steps + 1))
    x_label = "time step (states go →, gradients come back ←)"
    apart = state.activation != "linear" and state.gain != 1  # elsewhere the gain's line hides under another one
    by_gain = (decades_by_gain(state), "gain alone") if apart else None
    parts = [
        draw_states(state, now),
        draw_sizes(sizes, decades_to_last(now.gradient_size), "step", x_label, ticks, by_gain),
        draw_clipping(state, now),
    ]
    return svg.document(720, 490, parts, describe(state))


def decades_by_gain(state):
    """What the gain alone would make of the gradient on its way back to each step, in decades (steps,)."""
    return np.arange(round(state.steps) - 1, -1, -1) * np.log10(state.gain)


def draw_states(state, now):
    """The hidden states of the first sequence as colors: a row a unit, a column a step."""
    axes = svg.Axes(LEFT, 34, WIDTH, 100, (0, 1), (0, UNITS))
    darkest = ACTIVATIONS[state.activation][1]
    middle = len(COLORS) // 2
    shares = np.clip(np.nan_to_num(now.states.T / darkest), -1, 1)
    levels = np.rint(shares * middle + middle).clip(0, len(COLORS) - 1).astype(np.uint8)
    heading = "States of one sequence: blue above 0, vermilion below"
    return "".join(
        [
            svg.text(12, 20, heading, bold=True, halo=False),
            svg.heat_map(LEFT, axes.top, WIDTH, axes.height, levels, COLORS, smooth=False),
            axes.frame("", "", f"{UNITS} units", (), (), 20),
        ]
    )


def draw_clipping(state, now):
    """The gradient's length before and after clipping as two arrows on a log axis, and the limit."""
    low, high = LENGTHS
    axes = svg.Axes(LEFT, 408, WIDTH, 54, LENGTHS, (0, 2))
    ticks = [(power, svg.power_of_ten(power)) for power in range(low, high + 1, 3)]
    parts = [svg.text(12, 398, _clipping(state, now), bold=True, halo=False), axes.frame("", "", "", ticks, (), 58)]
    for row, label, length in ((1.5, "before", now.length), (0.5, "after", now.length_clipped)):
        tip = float(np.clip(np.log10(length), low, high)) if length > 0 else (low if length == 0 else high)
        x, y = axes.x(tip), axes.y(row)
        parts.append(svg.text(LEFT - 8, y + 6, label, anchor="end", halo=False))
        parts.append(svg.arrow(LEFT, y, x, y, GRADIENT, 5, "" if label == "before" else "9 5"))
        words = size_in_words(length)
        if tip > high - 3:  # no room at the tip: on the arrow
            x -= 40 + 10 * len(words)
            parts.append(svg.rectangle(x - 4, y - 9, 10 * len(words) + 8, 18, "white"))
        parts.append(svg.text(x + 8, y + 6, words, color=GRADIENT, bold=True))
    if state.limit != OFF:
        x = axes.x(np.log10(state.limit))
        parts.append(svg.line(x, axes.top - 6, x, axes.top + axes.height, BLACK, 3, "6 3"))
    return "".join(parts)


def _clipping(state, now):
    """What clipping does here, in a few words."""
    if state.limit == OFF:
        return "Length of the whole gradient: clipping is off"
    if not np.isfinite(now.length):
        return f"Length of the whole gradient: no number, too late to clip at {state.limit:g}"
    done = "clipped" if now.length > state.limit else "not reached"
    return f"Length of the whole gradient, limit {state.limit:g}: {done}"


def describe(state: SimpleNamespace) -> str:
    """The ratio of the first step's gradient to the last's, the gain's part in it, and the length against the limit."""
    now = passage(state)
    decades, by_gain, steps = decades_to_last(now.gradient_size), decades_by_gain(state), len(now.states)
    lengths = f"The gradient of all weights together is {size_in_words(now.length)} long, "
    lengths += f"that of the recurrent weights alone {size_in_words(now.recurrent_length)}. "
    if state.limit == OFF:
        lengths += "Clipping is off."
    elif now.length > state.limit:
        lengths += (
            f"Clipping at {state.limit:g} makes it {size_in_words(now.length_clipped)} long and keeps its direction."
        )
    else:
        lengths += f"The limit {state.limit:g} is longer: clipping does nothing."
    if verdict(decades) in ("vanishes", "shrinks") and state.limit != OFF:
        lengths += " It cannot bring back what was lost on the way."
    return (
        f"{finding(decades, 'step')}.\n"
        f"The gain alone would make step 1's {times(by_gain[0])} step {steps}'s. {REASONS[state.activation]} "
        f"The largest state is {size_in_words(np.abs(now.states).max())}.\n{lengths}"
    )


class RecurrentGradientsExplorer(Explorer):
    """Gradients through time in an untrained recurrent network. Controls: steps, gain, activation, limit."""

    label_width = "8em"
    controls = (
        Slider("steps", "time steps", "how many steps a sequence has", 2, 100, 1, 60, "The network", 0),
        Slider(
            "gain",
            "gain of W",
            "by how much the recurrent weights W lengthen every vector",
            0.5,
            2.0,
            0.05,
            1.8,
            "The network",
            2,
        ),
        Choice(
            "activation",
            "activation",
            "the function of every hidden unit",
            tuple((label, name) for name, (label, _) in ACTIVATIONS.items()),
            "tanh",
            "The network",
        ),
        Choice(
            "limit",
            "clip at",
            "the longest gradient, of all weights together, that is let through",
            (*((f"{limit:g}", limit) for limit in LIMITS), ("off", OFF)),
            1.0,
            "Clipping",
            ordered=True,
        ),
    )
    draw = staticmethod(draw)
    describe = staticmethod(describe)
