# %% [markdown]
# # 1c · What bends are for
#
# You know how to compute a network. Tonight you find out why it has bends: what no pile of straight layers can do, and
# what two bent neurons can.
#
# **When you are done, you can**
#
# 1. show that layers without a bend between them are one layer;
# 2. build a curve from three bends, with weights that you choose;
# 3. prove that no single neuron can do xor, and design a network of three that can;
# 4. say what a hidden layer does to the points that come in.
#
# **Time:** 33 minutes with its exercise.
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
# Here is a network without any bend: five layers, each of them `x @ W + b`, and nothing in between.

# %% jupyter={"source_hidden": true}
Prediction(
    "deep-linear",
    "Network A is one layer, 2-1. Network B has five layers, 2-8-8-8-8-1. "
    "Neither has an activation function. What can B compute that A cannot?",
    choices=[
        "Curved borders",
        "Nothing",
        "Sharper borders",
        "xor and other logic",
    ],
)

# %%
layer = yours("1.3")
rng = np.random.default_rng(2)
straight = [
    [rng.normal(size=(fan_in, fan_out)), rng.normal(size=fan_out)]
    for fan_in, fan_out in pairwise([2, 8, 8, 8, 8, 1])
]
x = rng.normal(size=(1000, 2))

deep = x
for weights, bias in straight:
    deep = layer(deep, weights, bias)

one_weight, one_bias = straight[0]
for weights, bias in straight[1:]:
    one_weight, one_bias = one_weight @ weights, one_bias @ weights + bias
difference = np.abs(layer(x, one_weight, one_bias) - deep).max()
print("one layer in place of five, weights of shape", one_weight.shape)
print(f"largest difference over 1,000 inputs: {difference:.0e}")

# %% jupyter={"source_hidden": true}
recall(
    "deep-linear",
    answer="Nothing. The two agree up to rounding, and A has 3 parameters.",
)

# %% [markdown]
# **The formula.** Put one straight layer into another:
#
# $$(x W_1 + b_1)\, W_2 + b_2 \;=\; x\, (W_1 W_2) \;+\; (b_1 W_2 + b_2)$$
#
# On the right stands one layer, with the weights $W_1 W_2$ and the bias $b_1 W_2 + b_2$. Do it again and again, and any
# number of layers becomes one. **Depth without a bend adds parameters and no power.**
#
# ## 2 · A curve from three bends
#
# Now with ReLU. One input $x$, three hidden neurons, one output: the network adds up three bent lines,
#
# $$y = v_1 \max(x - 0, 0) + v_2 \max(x - 1, 0) + v_3 \max(x - 2, 0)$$
#
# Each hidden neuron switches on at its own place, at 0, 1 and 2. The numbers $v$ are the output's weights.

# %% jupyter={"source_hidden": true}
Prediction(
    "three-bends",
    "With v = (1, −2, 1) the curve rises from 0 to 1 between x = 0 and "
    "x = 1. What does it do after that?",
    choices=[
        "It goes on rising, less steeply",
        "It falls for ever",
        "It stays at 1",
        "It falls back to 0 and stays there",
    ],
)

# %%
relu = yours("1.4")
ticks = np.linspace(-1, 4, 301)
hidden = relu(ticks[:, None] - np.array([0.0, 1.0, 2.0]))[0]
hat = hidden @ np.array([1.0, -2.0, 1.0])

# %% jupyter={"source_hidden": true}
places = np.linspace(0, 2 * np.pi, 9)
many = relu(np.linspace(0, 2 * np.pi, 301)[:, None] - places[:-1])[0]
wanted = np.sin(places)
steepness = np.diff(wanted) / np.diff(places)
weights = np.diff(steepness, prepend=0.0)
figure, grid = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
for column, weight in zip(hidden.T, (1, -2, 1), strict=True):
    grid[0].plot(ticks, weight * column, "--", color=style.GRAY)
grid[0].plot(ticks, hat, color=style.BLUE, linewidth=2.5)
grid[0].set(
    ylim=(-2.5, 2.5),
    xlabel="input x",
    ylabel="output",
    title="Three bends (dashed) add up to a hat",
)
grid[1].plot(
    np.linspace(0, 2 * np.pi, 301),
    np.sin(np.linspace(0, 2 * np.pi, 301)),
    "--",
    color=style.GRAY,
)
grid[1].plot(
    np.linspace(0, 2 * np.pi, 301),
    many @ weights,
    color=style.BLUE,
    linewidth=2.5,
)
grid[1].set(
    xlabel="input x", title="Eight bends come close to a sine (dashed)"
)
show(
    figure,
    alt="Left: three dashed bent lines, and their sum, a hat that rises "
    "from 0 to 1, falls to 0 and stays there. Right: a chain of eight "
    "straight pieces close to a sine curve.",
)

# %% jupyter={"source_hidden": true}
recall(
    "three-bends",
    answer="It falls back to 0 and stays there. From 1 on the slope is "
    "1 − 2 = −1, from 2 on it is 1 − 2 + 1 = 0.",
)

# %% [markdown]
# Each bend lets the curve change its slope once, by the weight $v$ that follows. With enough of them you come as close
# as you like to any continuous curve on a stretch of the axis. The same is true with many inputs: one hidden layer with
# enough neurons is enough [1, 2]. The theorem says that the weights exist. It does not say how many neurons it takes,
# or that training finds them. That is what the rest of this course is about.
#
# ## 3 · The lamp on the stairs
#
# A lamp has two switches, one at the top of the stairs and one at the bottom. It is on when exactly one of them is up.
# Call the switches $x_1$ and $x_2$, 0 for down and 1 for up. This rule is called **xor**, "exclusive or".

# %% jupyter={"source_hidden": true}
Prediction(
    "xor-one-neuron",
    "There are four cases. One neuron with a step answers 0 or 1 for each. "
    "For xor, how many of the four can it get right at most?",
    choices=["1", "2", "3", "4"],
)

# %% [markdown]
# Let the computer try 41 values for each weight and for the bias, every combination:

# %%
corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
lamp = np.array([0, 1, 1, 0])
values = np.linspace(-2, 2, 41)
w1, w2, b = (each.ravel() for each in np.meshgrid(values, values, values))
answers = corners @ np.array([w1, w2]) + b >= 0  # a neuron each column
correct = (answers == lamp[:, None]).sum(axis=0)
print(f"{len(b):,} neurons tried; the best gets {correct.max()} of 4")

# %% jupyter={"source_hidden": true}
recall(
    "xor-one-neuron",
    answer=f"{correct.max()}. No neuron that was tried gets all four.",
)

# %% [markdown]
# A search can miss something. A proof cannot. Suppose a neuron with weights $w_1, w_2$ and bias $b$ did it. Then
#
# | $x_1$ | $x_2$ | lamp | so its sum must be |
# |---|---|---|---|
# | 0 | 0 | off | $b < 0$ |
# | 0 | 1 | on | $w_2 + b \ge 0$ |
# | 1 | 0 | on | $w_1 + b \ge 0$ |
# | 1 | 1 | off | $w_1 + w_2 + b < 0$ |
#
# Add the two lines in the middle: $w_1 + w_2 + 2b \ge 0$. Add the first and the last: $w_1 + w_2 + 2b < 0$. Both cannot
# be true. In the plane of the switches you see why: a neuron draws one straight border, and the two corners that want
# "on" lie across from each other.
#
# **Two hidden neurons are enough**, because they *move the points*. Take $h_1 = \max(x_1 + x_2, 0)$, which counts the
# switches that are up, and $h_2 = \max(x_1 + x_2 - 1, 0)$, which notices when both are. Then the lamp is $h_1 - 2 h_2$.

# %%
forward = yours("1.6")
xor_layers = [
    [np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0])],
    [np.array([[1.0], [-2.0]]), np.array([0.0])],
]
_, moved, on = forward(corners, xor_layers)
for corner, place, answer in zip(corners, moved, on, strict=True):
    print(f"switches {corner}  ->  h = {place}  ->  lamp {answer[0]:.0f}")

# %% [markdown]
# Two of the four corners land on the same place, (1, 0), and now one straight border is enough. That is what a hidden
# layer does: **it moves the points to places where a straight line can part them.**
#
# **Touch it.** Left is the plane of the switches, right the plane of $h_1$ and $h_2$. Drag a weight and watch the
# points move. Can you make the lamp right by hand? Then choose "none" for the activation: why can nothing help now?

# %%
XorExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# Without a bend the four points on the right are the corners of a parallelogram, whatever you do: pushed, turned and
# stretched, but never folded. The two "on" corners stay across from each other. With ReLU the plane is folded at the
# borders of the two neurons.
#
# </details>
#
# ### Exercise 1.7 · Design a network that says "equal"
#
# *8 minutes.* **Purpose:** choose weights yourself, for a reason, before training does it for you.
#
# The opposite lamp: on when both switches are in the **same** position. No single neuron can do it. Design a network
# with one hidden layer of ReLU neurons (two are enough) and one output **without** activation. Return its four
# arrays. The answers must be 1, 0, 0, 1 for (0, 0), (0, 1), (1, 0), (1, 1). *A design is yours for this notebook; it is
# not kept in the file.*
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

# %%
w1, b1, w2, b2 = (np.array(each, dtype=float) for each in yours("1.7")())
equal_layers = [[w1, b1], [w2, b2]]
ticks, points = grid_points(-0.6, 1.6, 111)
everywhere = forward(points, equal_layers)[-1].reshape(111, 111)

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(5, 4.4), layout="constrained")
plot_regions(axes, ticks, everywhere, threshold=0.5)
plot_points(axes, corners, [1, 0, 0, 1])
axes.set(
    xlabel="switch x1",
    ylabel="switch x2",
    xticks=[0, 1],
    yticks=[0, 1],
    title="Where this network says “equal”",
)
show(
    figure,
    alt="The plane of the switches. The network says equal in two "
    "separate regions, around (0, 0) and around (1, 1).",
)

# %% [markdown]
# Three neurons, and a border that no single one can draw: that is your design, or the course's while yours is open.

# %% jupyter={"source_hidden": true}
Quiz(
    "You remove ReLU from the hidden layers of a network and leave "
    "everything else. What can the network still do?",
    {
        "More, because no sums are cut off": "Cutting off is the bend. "
        "Without it the layers melt into one.",
        "Exactly what one layer can do": "Right. Its matrices multiply to "
        "one matrix.",
        "The same as before, only slower to train": (
            "It loses more than speed: every bend is gone."
        ),
        "Nothing at all": "It still computes a weighted sum, as one layer "
        "does. That is useful, but it is all.",
    },
    correct="Exactly what one layer can do",
)

# %% [markdown]
# **Say it back.** Straight layers melt into one. Bends add up to any curve, and they fold the space of the inputs, so
# that one straight border is enough in the end.

# %%
board()

# %% [markdown]
# **Next:** [2a, downhill](02a_downhill.ipynb). You chose these weights yourself. With 79,510 of them nobody can. How
# does a network find its own?
#
# ### Sources
#
# 1. Cybenko 1989. Approximation by superpositions of a sigmoidal function. *Mathematics of Control, Signals and
#    Systems* 2, 303–314. [doi:10.1007/BF02551274](https://doi.org/10.1007/BF02551274)
# 2. Leshno, Lin, Pinkus and Schocken 1993. Multilayer feedforward networks with a nonpolynomial activation function can
#    approximate any function. *Neural Networks* 6, 861–867.
#    [doi:10.1016/S0893-6080(05)80131-5](https://doi.org/10.1016/S0893-6080%2805%2980131-5)
