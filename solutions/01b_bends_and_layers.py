# %% [markdown]
# # 1b · Bends and layers
#
# Last evening one layer of ten neurons told clothes apart. Tonight you put layers behind each other, with a bend in
# between, and compute a whole network: on paper, in NumPy, and in PyTorch.
#
# **When you are done, you can**
#
# 1. say what an activation function does, and why small changes can't train a step;
# 2. work out with pencil and paper what a small network answers;
# 3. predict which changes of a weight come through to the output, and which are hidden by a ReLU;
# 4. write the forward pass of any network of layers.
#
# **Time:** 38 minutes with its three exercises.
#
# **You need:** 1a: the sum of a neuron, ReLU, a layer and its shapes.

# %% jupyter={"source_hidden": true}
# The tools of this evening.
import copy

import matplotlib.pyplot as plt
import numpy as np

from course_lib.data import article_network, load_fashion_mnist
from course_lib.explorers.article_network import ArticleNetworkExplorer
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.explorers.weights_as_images import WeightsAsImagesExplorer
from course_lib.learner import board, check, yours
from course_lib.plots import show, style
from course_lib.plots.network_drawing import draw_network, number
from course_lib.recipe import Recipe
from course_lib.scratch import activations
from course_lib.threads import limit_threads
from course_lib.training import fit

limit_threads(1)
clothes = load_fashion_mnist()

# %% [markdown]
# ## 1 · From the sum to the output
#
# The function that turns a neuron's sum into its output is its **activation function**. ReLU is one. The first model of
# a neuron had a simpler one, a **step**: the output is 1 if the sum reaches 0, else 0. (Warren McCulloch and Walter
# Pitts, *A logical calculus of the ideas immanent in nervous activity*, 1943.) Today's networks learn by small changes:
# each weight is moved a little, in the direction that makes the answer better. Would a step neuron notice?

# %% jupyter={"source_hidden": true}
Prediction(
    "step-nudge",
    "A step neuron has the sum 3. You raise one of its weights by 0.001. "
    "What does its output do?",
    choices=[
        "It rises by about 0.001",
        "It jumps from 0 to 1",
        "It stays exactly as it was",
        "It falls a little",
    ],
)

# %% jupyter={"source_hidden": true}
sums = np.linspace(-4, 4, 401)
panels = [
    [("step", style.FUNCTION, "-", (-3.6, 0.3))],
    [
        ("sigmoid", style.GREEN, "--", (-3.6, 0.55)),
        ("ReLU", style.FUNCTION, "-", (0.6, 2.4)),
    ],
]
figure, grid = plt.subplots(
    1, 2, figsize=(6, 2.9), sharey=True, layout="constrained"
)
for axes, curves in zip(grid, panels, strict=True):
    for name, color, line, place in curves:
        bend = getattr(activations, name.lower())
        outputs = bend(sums)
        outputs[np.abs(np.diff(outputs, append=outputs[-1])) > 0.5] = np.nan
        axes.plot(sums, outputs, line, color=color, linewidth=2.4)
        axes.plot(3, bend(np.array(3.0)), "o", color="black", markersize=8)
        axes.text(*place, name, color=color)
    axes.set_xlabel("sum z")
grid[0].text(3, 1.3, "the sum 3", ha="center")
grid[0].set_title("Step: a nudge does nothing")
grid[1].set_title("Sigmoid, ReLU: a nudge shows")
grid[0].set_ylabel("output")
show(
    figure,
    alt="Output against the sum. The step is flat at 0, jumps to 1 and is "
    "flat again. The sigmoid is a smooth S from 0 to 1. ReLU is flat at 0 "
    "on the left and a rising straight line on the right. A dot marks the "
    "sum 3 on each.",
    width=660,
)

# %% jupyter={"source_hidden": true}
recall(
    "step-nudge",
    answer="It stays exactly as it was. A step is flat on both sides of "
    "its jump, so a small change of a weight shows nowhere.",
)

# %% [markdown]
# How fast the output moves when the sum moves is the **slope** of the curve, also called its **derivative**. The slope
# of a step is 0, except at its jump, where it has none. A slope of 0 does not say which way to go. So small changes
# can't train a step.
#
# The **sigmoid**, $1 / (1 + e^{-z})$, is a step made smooth: it climbs everywhere, if only a little far from 0.
# **ReLU** is simpler: $\max(z, 0)$. Its slope is 1 where the sum is positive and 0 where it is negative: it can learn
# on one side, and section 3 looks at the other. At 0 itself there is a kink and no slope; programs return 0 there.
# (There are many more: [01x](01x_history_and_loose_ends.ipynb) draws ten, and chapter 3 has those that solve a
# problem.)
#
# ### Exercise 1.4 · ReLU and its slope
#
# *5 minutes.* **Purpose:** write the bend of your network, with the slope that learning will need.
#
# `z` is an array of any shape. Return two new arrays of that shape: the outputs, and the slopes. *Kept in
# `my_network.py` when it passes.*
#
# **Example:** `relu(np.array([-2.0, 0.0, 3.0]))` gives `[0, 0, 3]` and `[0, 0, 1]`.
#
# <details><summary>Hint 1</summary>
#
# `max` compares two numbers. `np.maximum` does it for every entry of an array.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `z > 0` is an array of True and False. Multiply it by 1.0 to get numbers. Should it be `z > 0` or `z >= 0`?
#
# </details>


# %%
def relu(z):
    """ReLU: its outputs and its slopes, two arrays of the shape of z."""
    # BEGIN SOLUTION
    return np.maximum(z, 0), (z > 0) * 1.0
    # END SOLUTION


# %%
check("1.4", relu)

# %% [markdown] tags=["solution"]
# **Worked solution.** Both are one line, because NumPy works on all entries at once. With `z > 0` the kink belongs to
# the left side, where the slope is 0. It hardly matters: a sum is almost never exactly 0. But everybody has to do it in
# the same way, or two programs that should agree do not.

# %% [markdown]
# ## 2 · Layers behind layers
#
# Let the outputs of one layer be the inputs of the next, and you have a **network**. Layers between the inputs and the
# outputs are called **hidden**. This course follows an article of 2017 that promised to explain deep networks in thirty
# minutes, with one small exercise. Here it is: two inputs x1 and x2, two hidden neurons n1 and n2, and two output
# neurons y1 and y2. All four neurons have a ReLU.

# %% jupyter={"source_hidden": true}
net = article_network()
x = net.x[None, :]
layers = [
    [net.hidden_weights, net.hidden_biases],
    [net.output_weights, net.output_biases],
]
figure, axes = plt.subplots(figsize=(6, 3.4))
draw_network(
    axes,
    [weights for weights, _ in layers],
    [bias for _, bias in layers],
    values=[net.x, None, None],
    names=[["x1", "x2"], ["n1", "n2"], ["y1", "y2"]],
)
axes.set_title("The article's network. What are n1, n2, y1 and y2?")
show(
    figure,
    alt="Inputs x1 = 3 and x2 = 4. Into n1: weights 1 and minus 1, bias 9. "
    "Into n2: weights 2 and 0, bias minus 3. From n1: 4 to y1 and minus 2 "
    "to y2. From n2: 3 to y1 and 1 to y2. Biases: y1 5, y2 0.",
    width=660,
)

# %% [markdown]
# Weights and biases together are the **parameters**, here twelve: the numbers that training will find. Take a sheet of
# paper and work out n1, n2, y1 and y2 before you go on. It takes two minutes, and it is worth more than ten minutes of
# reading.

# %% jupyter={"source_hidden": true}
Prediction(
    "article-y2",
    "What is the second output, y2?",
    choices=["−16", "−13", "13", "0"],
)

# %% [markdown]
# <details><summary>Open this when you have your own numbers</summary>
#
# $$n_1 = \max(3 \cdot 1 + 4 \cdot (-1) + 9,\ 0) = 8 \qquad n_2 = \max(3 \cdot 2 + 4 \cdot 0 - 3,\ 0) = 3$$
# $$y_1 = \max(8 \cdot 4 + 3 \cdot 3 + 5,\ 0) = 46 \qquad y_2 = \max(8 \cdot (-2) + 3 \cdot 1 + 0,\ 0) = 0$$
#
# </details>
#
# ### Exercise 1.5 · Predict, then test
#
# *7 minutes.* **Purpose:** trace a change through a network on paper, before a computer does.
#
# Start from the article's network, x = (3, 4), each time anew, and change **one** thing. Work out (y1, y2) on paper
# and write the numbers down:
#
# - **A:** the bias of n1 becomes 0 (it was 9);
# - **B:** the weight from x1 to n1 becomes 0 (it was 1);
# - **C:** the weight from n2 to y2 becomes 6 (it was 1).
#
# **Example:** without any change the pair is `[46, 0]`. After 1.6 your own network computes the three pairs too.
#
# <details><summary>Hint 1</summary>
#
# A and B change only n1. Work out the new n1, remember ReLU, then redo the two outputs. n2 stays 3.
#
# </details>
# <details><summary>Hint 2</summary>
#
# In A the sum of n1 is 3 · 1 + 4 · (−1) + 0 = −1. What does n1 pass on?
#
# </details>


# %%
def predicted_outputs():
    """Your three pairs, in the order A, B, C:
    [[y1, y2], [y1, y2], [y1, y2]].
    """
    # BEGIN SOLUTION
    return [[14, 3], [34, 0], [46, 2]]
    # END SOLUTION


# %%
check("1.5", predicted_outputs)

# %% [markdown] tags=["solution"]
# **Worked solution.** **A:** n1 = max(−1, 0) = 0, so n1 drops out. y1 = 0 · 4 + 3 · 3 + 5 = 14, and y2 = 0 · (−2) + 3
# · 1 + 0 = 3: it wakes up, because n1 was what held it down. **B:** n1 = max(0 − 4 + 9, 0) = 5, y1 = 20 + 9 + 5 = 34,
# and the sum of y2 is −10 + 3 = −7, so y2 stays 0. **C:** only y2 sees the change: 8 · (−2) + 3 · 6 = 2. A change in a
# hidden neuron can reach every output, a change in an output neuron reaches that output alone.

# %% [markdown]
# ### Exercise 1.6 · The forward pass
#
# *8 minutes.* **Purpose:** compute any network, from its inputs to its outputs. That is called the **forward pass**.
#
# `layers` is a list of `[weights, bias]` pairs, the first layer first. Return a list of everything on the way: `x`
# itself, then what each layer passes on. ReLU follows every layer **but the last**, because what the outputs need
# depends on the task. Use your `layer` of 1a and your `relu`, which the next cell fetches. *Kept in `my_network.py`
# when it passes.*
#
# **Example:** `x` and `layers` of the article's network are there already. `forward(x, layers)` gives three arrays,
# `[[3, 4]]`, then n, `[[8, 3]]`, then the sums of y, `[[46, -13]]`. (The article's ReLU on the outputs comes after
# that: 46, 0.)
#
# <details><summary>Hint 1</summary>
#
# Begin with `values = [x]`. In a loop over the layers, `values[-1]` is what the layer before has passed on. Append to
# it in each round.
#
# </details>
# <details><summary>Hint 2</summary>
#
# You need to know whether this is the last layer: `for position, (weights, bias) in enumerate(layers)`, and compare
# `position` with `len(layers) - 1`. Your `relu` returns two arrays; which of them goes on?
#
# </details>

# %%
layer, relu = yours("1.3"), yours("1.4")


# %%
def forward(x, layers):
    """All values of a network of layers [[weights, bias], ...]: a list
    with x (batch, inputs) first, then what each layer passes on. ReLU
    follows every layer but the last.
    """
    # BEGIN SOLUTION
    values = [x]
    for position, (weights, bias) in enumerate(layers):
        sums = layer(values[-1], weights, bias)
        is_last = position == len(layers) - 1
        values.append(sums if is_last else relu(sums)[0])
    return values
    # END SOLUTION


# %%
check("1.6", forward)

# %% [markdown] tags=["solution"]
# **Worked solution.** Each round takes what the last one has appended: that is all there is to "deep". The ReLU of a
# hidden layer is about *power*, as the next evening shows. What follows the last layer is about the *task*: a forecast
# of temperatures must be able to go below 0, so no ReLU there. Why keep all values and not only the last? On the way
# back, in chapter 2, every layer needs to know what came in.

# %%
forward = yours("1.6")
values = forward(x, layers)
print("n =", values[1], "  sums of y =", values[2])

a, b, c = [copy.deepcopy(layers) for _ in "ABC"]
a[0][1][0] = 0.0  # A: the bias of n1
b[0][0][0, 0] = 0.0  # B: the weight from x1 to n1
c[1][0][1, 1] = 6.0  # C: the weight from n2 to y2
pairs = yours("1.5")()
for letter, changed, pair in zip("ABC", [a, b, c], pairs, strict=True):
    computed = relu(forward(x, changed)[-1])[0]
    print(f"{letter}: on paper {pair}, computed {computed[0]}")

# %% jupyter={"source_hidden": true}
recall(
    "article-y2",
    answer=f"{relu(values[2])[0][0, 1]:.0f}. Its sum is "
    f"{number(values[2][0, 1])}, and ReLU makes 0 of it.",
)

# %% [markdown]
# **In PyTorch**, the library that many networks are built with today, you list the layers. *The first use takes about
# 3 s.*

# %%
import torch

network = torch.nn.Sequential(
    torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 2)
)

# %% [markdown]
# `Linear(2, 2)` is a layer with two inputs and two neurons. PyTorch starts it with random weights and stores them as
# (fan_out, fan_in), the other way round. The next cell is folded: it puts the article's weights in, with `.T`.

# %% jupyter={"source_hidden": true}
network = network.double()  # as many digits as NumPy has
with torch.no_grad():
    for linear, (weights, bias) in zip(network[::2], layers, strict=True):
        linear.weight.copy_(torch.from_numpy(weights.T))
        linear.bias.copy_(torch.from_numpy(bias))

# %%
theirs = network(torch.tensor(x)).detach().numpy()
print("PyTorch", theirs, "  difference", np.abs(theirs - values[2]).max())

# %% [markdown]
# ## 3 · One weight, from −2 to −1
#
# Back to the drawing. The weight from n1 to y2 is −2, and the value that travels along it is 8.

# %% jupyter={"source_hidden": true}
Prediction(
    "silent-neuron",
    "You raise the weight from n1 to y2 from −2 to −1. What does y2 do, "
    "with its ReLU?",
    choices=["It rises by 8", "It stays 0", "It rises by 1", "It falls"],
)

# %% [markdown]
# **Touch it.** Do it in the explorer. Then press *Reset* and lower the bias of n1 from 9, step by step. At which bias
# does y2 leave 0, and what has happened to y1 by then?

# %%
ArticleNetworkExplorer()

# %% jupyter={"source_hidden": true}
quieter = net.output_weights.copy()
quieter[0, 1] = -1.0
sum_now = forward(x, [layers[0], [quieter, net.output_biases]])[2][0, 1]
recall(
    "silent-neuron",
    answer=f"It stays 0. Its sum does rise by 8, to {number(sum_now)}, but "
    "ReLU hides that.",
)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The sum of y2 is −2 · n1 + 3. It is positive once n1 is below 1.5, so y2 leaves 0 when the bias of n1 is below 2.5. At
# a bias of 2, y2 is 1, and y1 has fallen from 46 to 18: n1 feeds both.
#
# </details>
#
# While the sum of a ReLU neuron is negative, the neuron is **silent**: small changes of its weights do not get through.
# If it is silent for every example, its slope is always 0 and never says which way to go. So it learns nothing, unless
# an earlier layer changes what comes in. That is called a **dying ReLU**.
#
# ## 4 · The same function, on clothes
#
# Your `forward` does not care how large a network is. The folded cell trains one on 10,000 photos: from 784 pixels to
# 100 hidden neurons to 10 kinds. *This takes about 5 s.* Then your function computes it for 2,000 photos that it did
# not learn from.

# %% jupyter={"source_hidden": true}
recipe = Recipe(
    hidden_layers=(100,),
    activation="relu",
    normalization="none",
    drop_rate=0.0,
    epochs=5,
    schedule="cosine",
)
trained = fit(recipe, clothes, progress=False).network.parameters()
clothes_layers = [
    [trained[f"dense{k}.weight"], trained[f"dense{k}.bias"]] for k in (1, 2)
]
photos, kinds = clothes.validation.x, clothes.validation.labels

# %%
values = forward(photos, clothes_layers)
right = values[-1].argmax(axis=1) == kinds
parameters = sum(w.size + b.size for w, b in clothes_layers)
print(f"{parameters:,} parameters; shapes", [v.shape for v in values])
print(f"right about {right.mean():.1%} of new photos")
silent = relu(values[1])[1] == 0  # where the slope is 0
print(f"an average photo leaves {silent.mean():.0%} of its neurons silent")

# %% [markdown]
# The function that you wrote for two inputs beats the ten pictures of 1a (their number is on the board below). In
# chapter 2 you train such a network yourself.
#
# **Touch it.** What do hidden neurons look for? Set *hidden units* to 8 (a "unit" is a neuron), press *Start* and wait
# ten seconds. Are their pictures still clothes? (Leave the other controls as they are.)

# %%
WeightsAsImagesExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# Most are not. A hidden neuron has no kind of its own to look like. It looks for a part or a pattern that several kinds
# share, and the next layer puts these together. Some stay pale: they do little.
#
# </details>

# %% jupyter={"source_hidden": true}
Quiz(
    "In the article's network you change the bias of y1 from 5 to 6. What "
    "changes?",
    {
        "y1 becomes 47 and y2 changes too": "y2 gets its inputs from n1 "
        "and n2, not from y1. Neurons of a layer do not see each other.",
        "Nothing, because ReLU hides it": "ReLU hides changes of negative "
        "sums. The sum of y1 is 46, far above 0.",
        "y1 becomes 47, and nothing else changes": "Right. Nothing depends "
        "on y1.",
        "n1 and n2 change as well": "Numbers flow from the inputs to the "
        "outputs. A change in the last layer cannot reach an earlier one.",
    },
    correct="y1 becomes 47, and nothing else changes",
)

# %% [markdown]
# **Say it back.** A network is layers behind layers, with a bend between them. The forward pass is one matrix product
# after another. A silent ReLU hides every small change of what comes into it.

# %%
board()

# %% [markdown]
# **Next:** [1c, what bends are for](01c_what_bends_are_for.ipynb). Is the bend really needed? What if you leave it out
# and take five layers instead of two?
