# %% [markdown]
# # 1c · What bends are for
#
# You know how to compute a network. Tonight you find out why it has bends. Layers without a bend turn out to be one
# layer, however many there are. Three bent neurons draw a curve, and two of them solve a puzzle that no single neuron
# can.
#
# **When you are done, you can**
#
# 1. show that layers without a bend between them are one layer;
# 2. build a curve from three bends, with weights that you choose;
# 3. prove that no single neuron can run a lamp with two switches, and design a network that can;
# 4. say what a hidden layer does to the points that come in.
#
# **Time:** 27 minutes with its exercise.
#
# **You need:** 1b: layers, ReLU, and the forward pass.

# %% jupyter={"source_hidden": true}
# The tools of this evening.
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.explorers.xor import XorExplorer
from course_lib.learner import board, check, yours
from course_lib.plots import show, style
from course_lib.plots.decision import grid_points, plot_points, plot_regions

# %% [markdown]
# ## 1 · Five straight layers
#
# Here are five layers with random weights: two inputs, then four hidden layers of 8 neurons each, then one output.

# %%
layer, forward = yours("1.3"), yours("1.6")
rng = np.random.default_rng(5)
five = [
    [rng.normal(size=(fan_in, fan_out)), rng.normal(size=fan_out)]
    for fan_in, fan_out in pairwise([2, 8, 8, 8, 8, 1])
]
parameters = sum(weights.size + bias.size for weights, bias in five)
print(f"five layers, {parameters} parameters")

# %% [markdown]
# Leave out the bends: each layer passes on its sums, `x @ W + b`, just as they are. The border of a network is where
# its output is 0, as the border of a neuron in 1a was where its sum is 0.

# %% jupyter={"source_hidden": true}
Prediction(
    "deep-linear",
    "One neuron with two inputs has 3 parameters, and its border is one "
    f"straight line. These five layers without a bend have {parameters}. "
    "Which border can they draw that one neuron can't?",
    choices=[
        "A curve",
        "A line with a few corners",
        "None: theirs is one straight line, too",
        "Several straight lines",
    ],
)

# %%
ticks, points = grid_points(-3, 3, 161)  # 161 x 161 points of the plane
straight = points
for weights, bias in five:
    straight = layer(straight, weights, bias)
# the same weights, with ReLU between the layers
bent = forward(points, five)[-1]

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    1, 2, figsize=(6, 3.5), sharey=True, layout="constrained"
)
titles = ("No bend: one straight line", "With ReLU: it has corners")
for axes, output, title in zip(grid, (straight, bent), titles, strict=True):
    plot_regions(axes, ticks, output.reshape(161, 161))
    axes.set(xlabel="input x1", title=title)
grid[0].set_ylabel("input x2")
figure.suptitle("The border of five layers (blue: the output is above 0)")
show(
    figure,
    alt="Two planes. Left, without a bend, one straight line cuts the "
    "plane in two. Right, with ReLU and the same weights, the border has "
    "corners.",
    width=660,
)

# %% jupyter={"source_hidden": true}
recall(
    "deep-linear",
    answer="None: theirs is one straight line, too. Only with ReLU between "
    "the layers does the border get corners.",
)

# %% [markdown]
# **Why?** Take one input and two layers of one neuron each. The first doubles its input and adds 1, the second takes 3
# times that and subtracts 4: $3\,(2x + 1) - 4 = 6x - 1$. That is *one* neuron, with the weight 6 and the bias −1. With
# matrices it is the same:
#
# $$(x W_1 + b_1) W_2 + b_2 = x (W_1 W_2) + (b_1 W_2 + b_2)$$
#
# The right side is a single layer, with the weights $W_1 W_2$ and the bias $b_1 W_2 + b_2$. Here $W_1$ has the shape
# (2, 8) and $W_2$ the shape (8, 8), so $W_1 W_2$ has the shape (2, 8) again. Go on, and all five become one:

# %%
one_weight, one_bias = five[0]
for weights, bias in five[1:]:
    one_bias = one_bias @ weights + bias
    one_weight = one_weight @ weights
difference = np.abs(layer(points, one_weight, one_bias) - straight).max()
print("weights", one_weight.ravel().round(2), " bias", one_bias.round(2))
print(f"outputs up to {np.abs(straight).max():,.0f}")
print(f"largest difference to the five layers: {difference:.0e}")

# %% [markdown]
# Three numbers do the work of all those parameters; the tiny difference is rounding. **Depth without a bend adds
# parameters and no power.**
#
# ## 2 · A curve from three bends
#
# So the bend does it. But how much can it do? Look at the smallest case: one input $x$, three hidden neurons with ReLU,
# one output. The hidden weights are all 1, and the hidden biases are 0, −1 and −2. The output is
#
# $$\begin{aligned} y = {} & v_1 \max(x, 0) + v_2 \max(x - 1, 0) \\ & {} + v_3 \max(x - 2, 0) \end{aligned}$$
#
# So the first neuron is off until $x$ reaches 0, the second until it reaches 1, the third until it reaches 2. The
# numbers $v$ are the weights of the output: how strongly each neuron pulls the curve up or down once it is on.

# %% jupyter={"source_hidden": true}
Prediction(
    "three-bends",
    "With v = (1, −2, 1) the output rises from 0 to 1 between x = 0 and "
    "x = 1. What does it do after that?",
    choices=[
        "It goes on rising, less steeply",
        "It falls and never stops",
        "It stays at 1",
        "It falls back to 0 and stays there",
    ],
)

# %%
line = np.linspace(-1, 4, 301)[:, None]  # 301 inputs, one to a row


def three_bends(v):
    hidden = [np.ones((1, 3)), np.array([0.0, -1.0, -2.0])]
    output = [np.array(v, dtype=float)[:, None], np.zeros(1)]
    return forward(line, [hidden, output])


# %% jupyter={"source_hidden": true}
def draw(v):
    """The three bent lines, each times its weight, and their sum."""
    _, hidden, sums = three_bends(v)
    figure, axes = plt.subplots(figsize=(6, 3.3), layout="constrained")
    for number, weight in enumerate(v):
        axes.plot(
            line,
            weight * hidden[:, [number]],
            "--",
            color=style.GRAY,
            label="one neuron each" if number == 0 else None,
        )
    axes.plot(
        line, sums, color=style.BLUE, linewidth=2.5, label="their sum"
    )
    axes.set(
        ylim=(-2.6, 2.6),
        xlabel="input x",
        ylabel="output y",
        title=f"Three bends, v = {tuple(v)}".replace("-", "−"),
    )
    axes.legend(frameon=False, loc="upper left")
    show(
        figure,
        alt="Three dashed lines that bend at 0, 1 and 2, and their sum as "
        f"a thick line. It is {sums[120, 0]:.3g} at 1, "
        f"{sums[180, 0]:.3g} at 2 and {sums[240, 0]:.3g} at 3.",
        width=660,
    )


# %%
draw((1, -2, 1))

# %% jupyter={"source_hidden": true}
recall(
    "three-bends",
    answer="It falls back to 0 and stays there. The slope is 1 at first. "
    "From 1 on it is 1 − 2 = −1, and from 2 on it is 1 − 2 + 1 = 0.",
)

# %% [markdown]
# Call this curve the **hat**; you will need it again in a few minutes.
#
# **Your turn.** Change the three numbers in `draw((1, -2, 1))` and run that cell again. First make a curve that rises
# to 1 and *stays* there. Then make one that falls to −2 at $x = 1$ and is back at 0 from $x = 2$ on.
#
# <details><summary>What you should have found</summary>
#
# (1, −1, 0) rises and stays: from 1 on, the second neuron takes the first one's slope away. (−2, 4, −2) is the hat,
# upside down and twice as deep.
#
# </details>
#
# Each neuron changes the slope of the curve once, by its $v$. So you can follow any curve you like: put the bends along
# it, and choose each $v$ as the change of slope that the curve needs there.

# %% jupyter={"source_hidden": true}
whole = np.linspace(0, 2 * np.pi, 301)
figure, grid = plt.subplots(
    1, 2, figsize=(6, 3.1), sharey=True, layout="constrained"
)
for axes, count in zip(grid, (4, 16), strict=True):
    places = np.linspace(0, 2 * np.pi, count + 1)
    slopes = np.diff(np.sin(places)) / np.diff(places)
    changes = np.diff(slopes, prepend=0.0)
    bends = [np.ones((1, count)), -places[:-1]]
    network = [bends, [changes[:, None], np.zeros(1)]]
    near = forward(whole[:, None], network)
    axes.plot(whole, np.sin(whole), ":", color=style.BLACK, linewidth=2)
    axes.plot(whole, near[-1], color=style.BLUE, linewidth=2.5)
    heights = forward(places[:-1, None], network)[-1]
    axes.plot(places[:-1], heights, "o", color=style.BLUE, markersize=6)
    gap = np.abs(near[-1][:, 0] - np.sin(whole)).max()
    axes.set(
        xlabel="input x", title=f"{count} bends: off\nby at most {gap:.2f}"
    )
grid[0].set_ylabel("output y")
grid[0].text(2.7, 0.7, "dotted: a sine")
grid[1].text(2.7, 0.7, "dots: the bends")
show(
    figure,
    alt="A dotted sine, and a chain of straight pieces that follows it, "
    "with a dot at each bend. With 4 bends it misses the round parts, with "
    "16 it can hardly be told from the sine.",
    width=660,
)

# %% [markdown]
# With enough bends you come as close as you like to any curve without jumps, on a stretch of the axis. With many inputs
# that is true as well: one hidden layer will do, if it has enough neurons [1, 2]. The proof says that such weights
# exist. It does not say how many neurons you need, or that training will find the weights.
#
# Why, then, more than one hidden layer? Because a later layer bends what is bent already, so that the number of corners
# can multiply from layer to layer. There are curves that a deep network draws with a few neurons in each layer, while a
# network with one hidden layer needs an enormous number of them [3].
#
# ## 3 · The lamp on the stairs
#
# A lamp has two switches, one at the top of the stairs and one at the bottom. It is on when exactly one of them is up.
# Call the switches $x_1$ and $x_2$, 0 for down and 1 for up. This rule is called **xor**, "exclusive or".
#
# Let one neuron run the lamp, with the step of 1b as its bend: the lamp is on where its sum is 0 or more.

# %% jupyter={"source_hidden": true}
Prediction(
    "xor-one-neuron",
    "The two switches can stand in four ways. In how many of the four can "
    "one neuron, with the best weights there are, set the lamp right?",
    choices=["1", "2", "3", "4"],
)

# %% [markdown]
# Let 100,000 neurons with random weights try. They are one large layer, so your `layer` asks them all at once, one
# column each:

# %%
corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
lamp = np.array([0, 1, 1, 0])
weights = rng.normal(size=(2, 100_000))
biases = rng.normal(size=100_000)
is_on = layer(corners, weights, biases) >= 0
# the lamp as a column, beside the answers of each neuron
right = (is_on == lamp[:, None]).sum(axis=0)
print(f"{len(right):,} neurons tried; the best get {right.max()} of 4")

# %% jupyter={"source_hidden": true}
ticks, points = grid_points(-0.6, 1.6, 111)


def draw_lamp(sums, wanted, title, threshold, alt):
    """The plane of the switches: where the lamp is on, and the corners."""
    figure, axes = plt.subplots(figsize=(4.5, 3.9), layout="constrained")
    plot_regions(axes, ticks, sums.reshape(111, 111), threshold)
    plot_points(axes, corners, wanted)
    for corner, must in zip(corners, wanted, strict=True):
        row, column = (
            np.abs(ticks - each).argmin() for each in corner[::-1]
        )
        is_on = sums.reshape(111, 111)[row, column] > threshold
        words = "must be on" if must else "must be off"
        axes.annotate(
            words if is_on == must else f"{words}, is not",
            corner,
            xytext=(0, 13),
            textcoords="offset points",
            ha="center",
            bbox={"facecolor": "white", "alpha": 0.75, "pad": 1, "lw": 0},
        )
    axes.set(xlabel="switch x1", ylabel="switch x2", title=title)
    axes.set(xticks=[0, 1], yticks=[0, 1])
    show(figure, alt=alt, width=400)


# of those that get the most right, the one with the clearest border
winners = np.flatnonzero(right == right.max())
sizes = np.linalg.norm(weights[:, winners], axis=0)
sums = layer(corners, weights[:, winners], biases[winners])
best = winners[(np.abs(sums).min(axis=0) / sizes).argmax()]
draw_lamp(
    layer(points, weights[:, [best]], biases[[best]]),
    lamp,
    f"One of the best: {right[best]} of 4 right\n(on where it is blue)",
    0.0,
    alt="The plane of the switches with its four corners, cut by one "
    "straight border. One corner lies on the wrong side.",
)

# %% jupyter={"source_hidden": true}
recall(
    "xor-one-neuron",
    answer=f"{right.max()}. No neuron that was tried gets all four.",
)

# %% [markdown]
# The two corners that must be on lie across from each other, and a neuron has only one straight border. But a search
# can miss something, and a proof cannot. Suppose that a neuron with the weights $w_1, w_2$ and the bias $b$ gets all
# four right. Then
#
# | $x_1$ | $x_2$ | lamp | so its sum must be |
# |---|---|---|---|
# | 0 | 0 | off | $b < 0$ |
# | 0 | 1 | on | $w_2 + b \ge 0$ |
# | 1 | 0 | on | $w_1 + b \ge 0$ |
# | 1 | 1 | off | $w_1 + w_2 + b < 0$ |
#
# Add the two lines in the middle: $w_1 + w_2 + 2b \ge 0$. Add the first and the last: $w_1 + w_2 + 2b < 0$. These
# cannot both be true, so there is no such neuron.
#
# **Two hidden neurons are enough.** Count how many switches are up: $x_1 + x_2$ is 0, 1 or 2, and the lamp has to be 0,
# 1, 0. You have drawn that curve: it is the hat. Its third bend is not needed, because more than two switches can't be
# up:
#
# $$\begin{aligned} h_1 &= \max(x_1 + x_2,\ 0) \\ h_2 &= \max(x_1 + x_2 - 1,\ 0) \\
# \text{lamp} &= h_1 - 2\,h_2 \end{aligned}$$

# %%
xor_layers = [
    [np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0])],
    [np.array([[1.0], [-2.0]]), np.array([0.0])],
]
_, moved, on = forward(corners, xor_layers)
for corner, place, answer in zip(corners, moved, on, strict=True):
    print(f"switches {corner}  ->  h = {place}  ->  lamp {answer[0]:.0f}")

# %% jupyter={"source_hidden": true}
h_ticks, h_points = grid_points(-0.5, 2.5, 121)
figure, axes = plt.subplots(figsize=(4.5, 3.9), layout="constrained")
output = layer(h_points, *xor_layers[1])
plot_regions(axes, h_ticks, output.reshape(121, 121), threshold=0.5)
plot_points(axes, moved, lamp)
for place, words, up in zip(
    moved[[0, 1, 3]],
    ("both down", "one up: two corners", "both up"),
    (14, -24, 14),
    strict=True,
):
    axes.annotate(
        words,
        place,
        xytext=(0, up),
        textcoords="offset points",
        ha="center",
    )
axes.set(
    xlabel="hidden neuron h1",
    ylabel="hidden neuron h2",
    title="After the hidden layer,\none border is enough",
)
show(
    figure,
    alt="The plane of h1 and h2. Both switches down is at (0, 0), one up "
    "at (1, 0), both up at (2, 1). A straight border has one up on its "
    "blue side and the other two on the orange side.",
    width=400,
)

# %% [markdown]
# Two of the four corners land on the same place, (1, 0). Now one border is enough, drawn here where $h_1 - 2\,h_2$ is
# 0.5, halfway between off and on. That is what a hidden layer does: **it moves the points to places where a straight
# line can separate them.**
#
# **Touch it.** On the left is the plane of the switches, on the right the plane of $h_1$ and $h_2$. (A "unit" is a
# neuron.) Set the weights and biases of the network above, one slider at a time, and watch the four points move. Then
# choose "none" for the activation and try to repair it: why can nothing help now?

# %%
XorExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# Without a bend the four points on the right are the corners of a parallelogram, whatever you do, sometimes squashed
# onto a line: pushed, turned and stretched, but never folded. The two "on" corners stay across from each other. With
# ReLU the plane is folded along the borders of the two neurons.
#
# </details>
#
# ### Exercise 1.7 · Design a network that says "equal"
#
# *8 minutes.* **Purpose:** choose weights yourself, for a reason, before training does it for you.
#
# The opposite lamp: on when both switches are in the **same** position. No single neuron can do it. Design a network
# with one hidden layer of ReLU neurons (two are enough) and one output **without** activation. Return its four
# arrays. The answers must be 1, 0, 0, 1 for (0, 0), (0, 1), (1, 0), (1, 1). *Your design stays in this notebook;
# `my_network.py` does not keep it.*
#
# **Example of the form:** the xor network above is `[[1, 1], [1, 1]], [0, -1], [[1], [-2]], [0]`. It answers 0, 1, 1,
# 0.
#
# <details><summary>Hint 1</summary>
#
# What is "equal" if you already have xor? Think of the output layer alone.
#
# </details>
# <details><summary>Hint 2</summary>
#
# equal = 1 − xor. The 1 can only come from a bias.
#
# </details>


# %%
def equal_network():
    """w1 (2, hidden), b1 (hidden,), w2 (hidden, 1), b2 (1,): a network that
    answers 1 where both inputs are equal.
    """
    # BEGIN SOLUTION
    w1, b1 = [[1, 1], [1, 1]], [0, -1]
    w2, b2 = [[-1], [2]], [1]
    return w1, b1, w2, b2
    # END SOLUTION


# %%
check("1.7", equal_network)

# %% [markdown] tags=["solution"]
# **Worked solution.** The hidden layer of the xor network has already put the points where a line parts them, and the
# same line parts "equal" from "different": only the sides swap. So $1 - (h_1 - 2h_2) = 1 - h_1 + 2h_2$: output weights
# −1 and 2, bias 1. There are other solutions, for instance $h_1 = \max(x_1 - x_2, 0)$ and $h_2 = \max(x_2 - x_1, 0)$,
# one of which is 1 when the switches differ, with the output $1 - h_1 - h_2$. Networks rarely have one right set of
# weights, which is good news for training.

# %% [markdown]
# The check has asked your network at four points. Let it answer everywhere in between, too:

# %%
w1, b1, w2, b2 = (np.array(each, dtype=float) for each in yours("1.7")())
equal_layers = [[w1, b1], [w2, b2]]
everywhere = forward(points, equal_layers)[-1]

# %% jupyter={"source_hidden": true}
draw_lamp(
    everywhere,
    [1, 0, 0, 1],
    f"{len(b1)} hidden neurons say “equal”\nwhere it is blue",
    0.5,
    alt="The plane of the switches. The corners (0, 0) and (1, 1) lie in "
    "blue, the corners (0, 1) and (1, 0) in orange.",
)

# %% [markdown]
# No single neuron can draw such a border. It comes from your design, or from the course's as long as yours is open.

# %% jupyter={"source_hidden": true}
Quiz(
    "You remove ReLU from the hidden layers of a network and leave "
    "everything else. What can the network still do?",
    {
        "More, because no sums are cut off": "Cutting off is the bend. "
        "Without it the layers become one.",
        "No more than one layer can": "Right. Its matrices multiply to "
        "one matrix.",
        "The same as before, only slower to train": (
            "It loses more than speed: every bend is gone."
        ),
        "Nothing at all": "It still computes a weighted sum, as one layer "
        "does. That is useful, but it is all.",
    },
    correct="No more than one layer can",
)

# %% [markdown]
# **Say it back.** Straight layers become one. Bends add up to curves. A hidden layer moves and folds the points, so
# that one straight border is enough in the end.

# %%
board()

# %% [markdown]
# **Next:** [2a, downhill](02a_downhill.ipynb). You chose these weights yourself. The clothes network of 1b has 79,510
# parameters, and nobody can choose those. How does a network find its own?
#
# ### Sources
#
# 1. Cybenko 1989. Approximation by superpositions of a sigmoidal function. *Mathematics of Control, Signals and
#    Systems* 2, 303–314. [doi:10.1007/BF02551274](https://doi.org/10.1007/BF02551274)
# 2. Leshno, Lin, Pinkus and Schocken 1993. Multilayer feedforward networks with a nonpolynomial activation function can
#    approximate any function. *Neural Networks* 6, 861–867.
#    [doi:10.1016/S0893-6080(05)80131-5](https://doi.org/10.1016/S0893-6080%2805%2980131-5)
# 3. Telgarsky 2016. Benefits of depth in neural networks. *Conference on Learning Theory*, PMLR 49, 1517–1539.
#    [proceedings.mlr.press](https://proceedings.mlr.press/v49/telgarsky16.html)
