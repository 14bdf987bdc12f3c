# %% [markdown]
# # Chapter 1 · Neurons
#
# A neural network is a large pile of one small part. This chapter is about the part, and about what changes when you
# put a few of them together.
#
# **When you are done, you can**
#
# 1. work out with pencil and paper what a small network answers, and get the same numbers from NumPy and from PyTorch;
# 2. predict what changing one weight or one bias will do, and say when it will do nothing at all;
# 3. write a layer that handles many examples at once, get its shapes right, and count its parameters;
# 4. draw the common activation functions with their slopes, and say why a step cannot be trained;
# 5. say, and prove on a small case, what a hidden layer can do that a single neuron cannot.
#
# **Time:** about 75 minutes of reading and trying, and 45 more for the seven exercises. Sections 1 to 4 and 5 to 8
# make two good sittings.
#
# **You need:** Python functions and lists; a NumPy array as "a table of numbers"; what the slope of a curve is. You
# need no calculus and no earlier contact with neural networks.
#
# **How it works.** Run the cells from the top with Shift + Enter; the first one takes some seconds. Before an answer
# comes, you are asked to predict it: commit to something. A wrong prediction costs nothing, and it is where most of
# the learning happens. An exercise has a cell for your code and a cell that checks it; the check tells you what is
# wrong. Cells that only ask, answer or draw have their code folded away, shown as three dots: run them like any other
# cell, and click the dots if you want to read them.

# %%
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from course_lib.learner import check
from course_lib.data import article_network
from course_lib.explorers.article_network import ArticleNetworkExplorer
from course_lib.explorers.neuron import NeuronExplorer
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.explorers.xor import XorExplorer
from course_lib.plots import show, style
from course_lib.plots.activations import plot_activation_grid, without_jumps
from course_lib.plots.decision import (
    grid_points,
    plot_boundary,
    plot_levels,
    plot_points,
    plot_regions,
)
from course_lib.plots.matrix_product import draw_layer_product
from course_lib.plots.network_drawing import draw_network, number
from course_lib.scratch import activations
from course_lib.threads import limit_threads

# in networks this small one thread is faster than several that wait
limit_threads(1)

# %% [markdown]
# ## 1 · Eighty years on one page
#
# This course follows an article of 2017 that set out to explain deep networks in thirty minutes. You do not need to
# have read it: what matters of it is told here. It tells the story like this: a guess about how nerve cells work
# became a model; the model could do little and was unstable to train, so it was dropped; then its problems were
# solved one by one, with computing power that video games had paid for. That is a good outline.
#
# Here it is with names and sources; the numbers in brackets lead to the list at the end. Read it once, for the story.
# Many words in it are new, such as layer, hidden or gradient. Each is explained when you need it, and nothing below
# depends on this page.
#
# - **1943.** **McCulloch and Pitts** describe a nerve cell as arithmetic: add up the inputs, fire if the sum reaches a
#   threshold [1]. *Still missing:* people wire it by hand; nothing learns.
# - **1958.** **Rosenblatt's** perceptron learns its weights from examples [2]. *Still missing:* only one layer learns.
# - **1969.** **Minsky and Papert** prove what such a single layer can never do [3]. Interest and money fade. *Still
#   missing:* a way to train more than one layer.
# - **1986.** **Rumelhart, Hinton and Williams** show that back-propagation trains hidden layers [4] (the method is
#   older: chapter 2). *Still missing:* deep networks remain hard to train.
# - **1989 and 1998.** **LeCun** and colleagues read handwritten digits with trained networks, first on mail, then on
#   bank checks [5, 6]. *Still missing:* large data, fast machines.
# - **1994.** **Bengio, Simard and Frasconi** explain one reason for the trouble: gradients vanish over many steps [7].
#   *Still missing:* a cure (chapter 3).
# - **2006.** **Hinton** and colleagues train deep networks one layer at a time [8]. *Still missing:* speed.
# - **2009.** **Raina, Madhavan and Ng** train on graphics cards, made for games: up to 70 times faster than on a
#   two-core processor [9]. *Still missing:* a result that nobody could overlook.
# - **2012.** **Krizhevsky, Sutskever and Hinton** win the ImageNet contest, naming what is on photographs, with
#   15.3% errors; the next entry has 26.2% [10]. *Still missing:* settings that work without an expert at hand.
# - **2010 to 2015.** Better starting weights, ReLU and its relatives, dropout, batch normalization, Adam: the
#   article's toolbox, and the subject of chapters 3 to 5.
#
# A small correction to the article, which speaks of a neurophysiologist and a mathematician: Warren McCulloch was the
# neurophysiologist, and a psychiatrist; Walter Pitts was a logician, 20 years old when the paper came out. It shows.
# Their paper is about logic: which statements can a net of nerve cells compute? We end this chapter with the same kind
# of question.

# %% [markdown]
# ## 2 · One neuron
#
# **The question.** Here is one neuron. The numbers 3 and 4 go in, and 8 comes out. But 3 + 4 is 7. Where does the 8
# come from?

# %%
x = np.array([3.0, 4.0])  # the inputs
w = np.array([1.0, -1.0])  # one weight for each input
b = 9.0  # the bias
# multiply each input by its weight, add everything up, add the bias
z = x @ w + b
a = max(z, 0)  # a negative sum becomes 0
print("sum", z, "  output", a)

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(6, 2.9))
draw_network(
    axes,
    [w.reshape(2, 1)],
    [[b]],
    values=[x, [a]],
    names=[["x1", "x2"], ["neuron"]],
)
axes.set_title("One neuron: two weights, one bias, one answer")
show(
    figure,
    alt="Two circles with the inputs 3 and 4 are joined by lines to one "
    "circle. The line from 3 carries the weight 1, the dashed line from 4 "
    "the weight minus 1. Under the neuron stands bias 9, inside it the "
    f"answer {a:.0f}.",
)

# %% [markdown]
# **The formula.** A neuron multiplies each input by a number, its weight, adds the products up and adds one number
# more, the bias:
#
# $$z = x_1 w_1 + x_2 w_2 + b \qquad\qquad a = \max(z, 0)$$
#
# | Symbol | Name | Shape | Here |
# |---|---|---|---|
# | $x$ | the inputs | (2,) | 3 and 4 |
# | $w$ | the **weights**: how strongly, and in which direction, each input counts | (2,) | 1 and −1 |
# | $b$ | the **bias**: the sum when all inputs are 0 | one number | 9 |
# | $z$ | the **sum**, in the code `x @ w + b` | one number | 8 |
# | $\max(z, 0)$ | the **activation function**, here **ReLU**: negative sums become 0, others stay | | |
# | $a$ | the **output** | one number | 8 |
#
# **By hand:** $z = 3 \cdot 1 + 4 \cdot (-1) + 9 = 3 - 4 + 9 = 8$, and $a = \max(8, 0) = 8$.
#
# A **shape** like (2,) says how many numbers there are: two, in a row. Weights and biases together are the
# **parameters**: the numbers that training will find. The inputs are not parameters. They come from the world.
#
# In the drawings of this course a positive weight is a solid blue line, a negative weight a dashed orange-red one, and
# a wider line is a larger weight.

# %% jupyter={"source_hidden": true}
Prediction(
    "one-neuron",
    "The same inputs (3, 4) and the same weights (1, −1), but the bias is "
    "−3 in place of 9. What is the output?",
    choices=["−4", "0", "4", "−3"],
)

# %%
z_low = x @ w - 3.0
print("sum", z_low, "  output", max(z_low, 0.0))

# %% jupyter={"source_hidden": true}
recall(
    "one-neuron",
    answer=f"{max(z_low, 0.0):.0f}: the sum is {number(z_low)}, and ReLU "
    "turns every negative sum into 0.",
)

# %% [markdown]
# ### What a weight does, seen from above
#
# **The question.** If you tried every possible pair of inputs, where would the neuron answer with something, and where
# with 0?
#
# Take all pairs $(x_1, x_2)$ as points of a plane. The points where the sum is exactly 0 form a straight line, the
# neuron's **border**. On one side the sum is positive, on the other it is negative. In the pictures below, the two
# weights are drawn as an arrow: $w_1$ to the right, $w_2$ up. It always stands at a right angle to the border and
# points to the positive side: that is the way in which the sum grows fastest.

# %% jupyter={"source_hidden": true}
Prediction(
    "border",
    "You change only the bias of a neuron, from −2 to 3. What happens to "
    "its border?",
    choices=[
        "It turns",
        "It moves and keeps its direction",
        "It stays, and the two sides swap",
        "It bends",
    ],
)

# %% jupyter={"source_hidden": true}
ticks, points = grid_points(-4, 4, 161)
settings = [
    ([1.0, 2.0], -2.0, "The border is where the sum is 0"),
    ([1.0, 2.0], 3.0, "A new bias moves it,\nand never turns it"),
    ([3.0, 2.0], -2.0, "A new weight turns it"),
]
figure, grid = plt.subplots(
    1, 3, figsize=(10.5, 4), sharey=True, layout="constrained"
)
for axes, (weights, bias, title) in zip(grid, settings, strict=True):
    sums = (points @ weights + bias).reshape(len(ticks), len(ticks))
    plot_regions(axes, ticks, sums)
    plot_boundary(axes, weights, bias, -4, 4)
    axes.set_title(
        f"{title}\nw = ({weights[0]:.0f}, {weights[1]:.0f}), b = "
        f"{number(bias)}"
    )
    axes.set_xlabel("input x1")
grid[0].set_ylabel("input x2")
grid[0].text(1.2, 3.1, "sum > 0")
grid[0].text(-3.7, -3.3, "sum < 0")
show(
    figure,
    alt="Three planes, each cut in two by a straight border. Beside the "
    "first, the second has a border that is shifted but parallel (only the "
    "bias changed); the third has a border that is turned (one weight "
    "changed).",
)

# %% jupyter={"source_hidden": true}
recall(
    "border",
    answer="It moves and keeps its direction. Only the weights decide the "
    "direction. And the answer to the question above: this ReLU neuron "
    "answers with something on the blue side, and with 0 on the other.",
)

# %% [markdown]
# **Touch it.** Leave the weights alone and move the bias from its lowest to its highest value: the border slides and
# keeps its direction. Then set the first weight to 0: the border lies level, because $x_1$ no longer counts.
#
# (In this picture the arrow begins at (0, 0), and the color is the output. With the keyboard: Tab reaches a slider, the
# arrow keys move it.)
#
# A question that only moving can answer: set the weights to 1 and 1.5 and the bias to −2, and note where the border
# is. Then double all three numbers. What stays where it was, and what becomes steeper?

# %%
NeuronExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The border stays, because twice 0 is 0. Away from it the output doubles, so the color changes over a shorter way: the
# neuron reacts more strongly.
#
# </details>

# %% [markdown]
# ### Exercise 1.1 · One neuron, one line
#
# **Purpose:** write the sum that every neural network is made of.
#
# `x` and `weights` are arrays of the same length, `bias` is a number. Fill in the line that computes `z`. It has to
# work for any number of inputs, not only for two.
#
# **Example:** with `x = np.array([3, 4])` and `weights = np.array([1, -1])`, `neuron(x, weights, 9)` gives 8 and
# `neuron(x, weights, -3)` gives 0.
#
# <details><summary>Hint 1</summary>
#
# Multiply each input by its own weight, add up the products, then add the bias. The bias comes in once, however many
# inputs there are.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `np.dot(x, weights)` multiplies pair by pair and adds up the products. `x @ weights` is short for it.
#
# </details>


# %%
def neuron(x, weights, bias):
    """The output of one ReLU neuron: x and weights are arrays of the same
    length, bias is a number.
    """
    # BEGIN SOLUTION
    z = np.dot(x, weights) + bias
    # END SOLUTION
    return max(z, 0.0)


# %%
check("1.1", neuron)

# %% [markdown] tags=["solution"]
# **Worked solution.** `np.dot` pairs each input with its weight: $3 \cdot 1 + 4 \cdot (-1) = -1$. The bias is added to
# that one number, so it comes in once. If you write `sum(x * weights + bias)` with arrays, NumPy adds the bias to each
# product before the sum, and it comes in once for every input. That mistake hides well: with one input it makes no
# difference.

# %% [markdown]
# **Say it back.** A neuron weighs its inputs, adds them up, adds its bias, and passes the sum through an activation
# function. Weights turn the border, the bias moves it.

# %% jupyter={"source_hidden": true}
Quiz(
    "All weights of a ReLU neuron are 0 and its bias is 5. What does it "
    "answer?",
    {
        "0, because nothing comes in": "The inputs are ignored, but the "
        "bias is still added: the sum is 5, not 0.",
        "5, whatever the inputs are": "With weights of 0 no input counts. "
        "The sum is the bias, and max(5, 0) = 5.",
        "It depends on the inputs": "Each input is multiplied by its "
        "weight, and 0 times anything is 0. No input can matter.",
    },
    correct="5, whatever the inputs are",
)

# %% [markdown]
# ## 3 · The bend: activation functions
#
# **The question.** The neuron of 1943 had the simplest activation there is, a **step**: answer 1 if the sum reaches
# 0, else 0. (It had a threshold where ours has a bias: "reaches 5" is the same as "minus 5 reaches 0".) To make a
# network learn, you change its weights a little and watch whether the answer gets better. What do you see when you
# change a weight of a step neuron a little?

# %% jupyter={"source_hidden": true}
Prediction(
    "step-nudge",
    "A step neuron has the sum 3. You raise one of its weights by 0.001. "
    "What does its output do?",
    choices=[
        "It rises by about 0.001",
        "It stays exactly as it was",
        "It jumps from 0 to 1",
        "It falls a little",
    ],
)

# %% [markdown]
# Watch the output of three neurons with the inputs (3, 4) while the first weight goes from −1 to 3. The second weight
# is −1 and the bias is 1, so the sum is $3 w_1 - 3$. Only the activation function differs: the step, ReLU, and a
# smooth relative of the step, called sigmoid. The black dot is at $w_1 = 2$, where the sum is 3.

# %% jupyter={"source_hidden": true}
first_weight = np.linspace(-1, 3, 400)
sums = 3 * first_weight + 4 * (-1) + 1
panels = [
    ("step", "Step: flat, one jump, flat"),
    ("sigmoid", "Sigmoid: a slope everywhere"),
    ("relu", "ReLU: a slope once it is on"),
]
figure, grid = plt.subplots(1, 3, figsize=(10.5, 3), layout="constrained")
for axes, (name, title) in zip(grid, panels, strict=True):
    output = getattr(activations, name)
    axes.plot(
        first_weight,
        without_jumps(output(sums)),
        color=style.FUNCTION,
        linewidth=2.2,
    )
    axes.plot(2, output(np.array(3.0)), "o", color="black", markersize=8)
    axes.set_title(title)
    axes.set_xlabel("first weight w1")
grid[0].set_ylabel("output")
show(
    figure,
    alt="Output against the first weight. The step neuron is flat at 0, "
    "jumps to 1 at weight 1 and is flat again. The sigmoid neuron rises "
    "smoothly. The ReLU neuron is flat at 0 up to weight 1, then rises in "
    "a straight line.",
)

# %%
nudge = 0.001
before = 3 * 2 + 4 * (-1) + 1.0  # the black dot: w1 = 2, sum 3
after = 3 * (2 + nudge) + 4 * (-1) + 1
for name in ("step", "sigmoid", "relu"):
    activation = getattr(activations, name)
    change = float(activation(after) - activation(before))
    print(
        f"{name:8} output {activation(before):.4f}   change {change:.6f}   "
        f"per nudge {change / nudge:.3f}"
    )

# %% jupyter={"source_hidden": true}
recall(
    "step-nudge",
    answer="It stays exactly as it was. A step is flat on both sides of "
    "its jump.",
)

# %% [markdown]
# "Change per nudge", for a very small nudge, is the **derivative**: how fast the output moves when you change
# something. It is the slope of the curve at the dot. Learning follows slopes (that is chapter 2), and the slope of a
# step is 0 wherever it has one. Zero says nothing about which way to go. **A step cannot be trained by following
# slopes**, however simple it looks.
#
# Two remarks on words. The article calls an activation a function that *strengthens* the sum further. A better picture
# is that it *bends* it: ReLU strengthens nothing, it cuts off. Why a bend is worth so much is the subject of section
# 6. And ReLU is short for "rectified linear unit".
#
# ### The family
#
# All panels have the same axes: the sum $z$ to the right. Solid is the output, dashed is its derivative.
#
# Mind the axis. Above you nudged the *weight*, and ReLU answered with 3 per nudge. Here the *sum* is nudged, and the
# slope of ReLU is 1. Both are right: the weight meets the input 3, so a nudge of the weight moves the sum three times
# as far, and 3 · 1 = 3. From here on "the slope of an activation" is the slope along the sum.

# %% jupyter={"source_hidden": true}
z_axis = np.linspace(-3, 3, 601)
panels = []
titles = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "rrelu": "RReLU",
    "prelu": "PReLU",
    "elu": "ELU",
}
for name in (
    "step",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "rrelu",
    "prelu",
    "elu",
):
    value, slope = (
        getattr(activations, name),
        getattr(activations, f"{name}_derivative"),
    )
    panels.append(
        {
            "value": value(z_axis),
            "derivative": slope(z_axis),
            "title": titles.get(name, name),
        }
    )
panels[5]["band"] = (
    activations.leaky_relu(z_axis, slope=1 / 3),
    activations.leaky_relu(z_axis, slope=1 / 8),
)

figure = plt.figure(figsize=(10.5, 5.3), layout="constrained")
figure.suptitle(
    "Step has no slope, sigmoid and tanh flatten out, ReLU and its "
    "relatives keep slope 1 on the right"
)
plot_activation_grid(figure, z_axis, panels, columns=4)
show(
    figure,
    alt="Eight activation functions with derivatives on the same axes. The "
    "step's derivative is 0. Those of sigmoid and tanh fade to 0 on both "
    "sides. ReLU, leaky, randomized and parametric ReLU and ELU all have "
    "slope 1 on the right; on the left ReLU has slope 0, and the others "
    "keep a small slope or curve down to minus 1.",
)

# %% [markdown]
# | Name | Output for $z > 0$ | Output for $z \le 0$ | Slope for $z \le 0$ | Source |
# |---|---|---|---|---|
# | step | 1 | 0 (1 at $z = 0$) | 0, on both sides | McCulloch and Pitts 1943 [1] |
# | sigmoid | $1/(1+e^{-z})$ | the same | $a(1-a)$, on both sides, at most 1/4 | long in use |
# | tanh | $(e^{z}-e^{-z})/(e^{z}+e^{-z})$ | the same | $1-a^2$, on both sides, at most 1 | long in use |
# | ReLU | $z$ | 0 | 0 | Nair and Hinton 2010 [11]; older: [22] |
# | leaky ReLU | $z$ | $0.01\,z$ | 0.01 | Maas and others 2013 [12] |
# | RReLU | $z$ | $s\,z$, $s$ random from 1/8 to 1/3 in training, then its mean | $s$ | Xu and others 2015 [13] |
# | PReLU | $z$ | $s\,z$, $s$ learned, starting at 0.25 | $s$ | He and others 2015 [14] |
# | ELU | $z$ | $e^{z}-1$ | $e^{z}$ | Clevert and others 2016 [15] |
#
# Here $a$ is the output, $s$ a slope, and $e \approx 2.718$. For $z > 0$ the last five have slope 1. Leaky ReLU looks
# like ReLU here because 0.01 is too small to see. In the panel of RReLU the band shows where its random output can
# lie. You need not learn the table by heart: ReLU, sigmoid and ELU are enough for now.
#
# **By hand**, for the sum $z = -2$: ReLU gives $\max(-2, 0) = 0$, leaky ReLU gives $0.01 \cdot (-2) = -0.02$, and ELU
# gives $e^{-2} - 1 = 0.135 - 1 = -0.865$. For $z = 3$ all three give 3.
#
# **Touch it.** Here the neuron starts with sigmoid. Move the bias from its lowest to its highest value: the point runs
# along the curve, and the number "slope at z" is large only in the middle. Then choose ReLU and do it again.
#
# A question that only moving can answer: how far from z = 0 must you go until "slope at z" reads 0.04 or less for
# sigmoid? And for tanh? Which of the two flattens sooner?

# %%
NeuronExplorer(activation="sigmoid", bias=-8.0)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The slope of sigmoid reads 0.04 from about z = 3.1 on, that of tanh from about z = 2.3 on. So tanh flattens sooner,
# but it is four times as steep in the middle: 1 against 0.25. ReLU has only two slopes, 0 and 1.
#
# </details>

# %% [markdown]
# Two activations that came later, and that you will meet in newer networks:

# %% jupyter={"source_hidden": true}
later = []
for name in ("selu", "gelu"):
    value, slope = (
        getattr(activations, name),
        getattr(activations, f"{name}_derivative"),
    )
    later.append(
        {
            "value": value(z_axis),
            "derivative": slope(z_axis),
            "title": name.upper(),
        }
    )
figure = plt.figure(figsize=(7, 3.7), layout="constrained")
figure.suptitle("SELU is a scaled ELU; GELU dips below 0 and comes back")
plot_activation_grid(figure, z_axis, later, columns=2, limits=(-2.0, 3.0))
show(
    figure,
    alt="SELU looks like ELU, a little steeper on the right, with a lower "
    "floor on the left. GELU looks like a rounded ReLU with a small dip "
    "below 0 between minus 3 and 0.",
)

# %% [markdown]
# SELU (2017) [16] is ELU with two fixed factors, chosen so that sums can keep a steady size through many layers. GELU
# (2016) [17] multiplies $z$ by a share that grows smoothly from 0 on the left to 1 on the right; it is common in
# language models. The article ranks the older ones: ELU before the leaky ones, then ReLU, tanh, sigmoid. Chapter 3
# measures that.
#
# ### What is the slope of ReLU at 0?
#
# Look at the kink. From the left the slope is 0, from the right it is 1. At the kink itself there is no slope. A
# program has to return something, and by convention it returns 0. (It hardly matters: a sum is almost never exactly
# 0.)
#
# Ask **PyTorch**, the library in which many networks are built today. It computes derivatives for you. This course
# writes everything in NumPy first and then compares. A *tensor* is PyTorch's array. *The next cell loads PyTorch,
# which can take some seconds.*

# %%
import torch

# "I will ask for slopes with respect to these"
sums = torch.tensor([-2.0, 0.0, 3.0], requires_grad=True)
torch.relu(sums).sum().backward()  # computes the slopes
ours = activations.relu_derivative(np.array([-2.0, 0.0, 3.0]))
print("sum z           ", [-2.0, 0.0, 3.0])
print("slope, PyTorch  ", sums.grad.tolist())
print("slope, this page", ours.tolist())
assert sums.grad.tolist() == ours.tolist()

# %% [markdown]
# ### Exercise 1.2 · Three activations and their slopes
#
# **Purpose:** write the bends of a network, with the slopes that chapter 2 will need.
#
# `name` is `"relu"`, `"leaky_relu"` (slope 0.01 on the left) or `"elu"`. `z` is an array of sums. Return two arrays of
# the same shape: the outputs and the derivatives. At $z = 0$ use the value for $z \le 0$ from the table.
#
# **Example:** `activation_and_slope("leaky_relu", np.array([-2, 0, 3]))` gives the outputs `[-0.02, 0, 3]` and
# the slopes `[0.01, 0.01, 1]`.
#
# <details><summary>Hint 1</summary>
#
# On the right of 0 all three are the same: output $z$, slope 1. Only the left side depends on `name`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `np.where(z > 0, right, left)` takes `right` where the condition holds and `left` elsewhere. For the left side work
# with `np.minimum(z, 0)`, so that `np.exp` never sees a large number.
#
# </details>


# %%
def activation_and_slope(name, z):
    """Outputs and derivatives of an activation at the sums z (any shape):
    two arrays of that shape.
    """
    # BEGIN SOLUTION
    z = np.asarray(z, dtype=float)
    negative = np.minimum(z, 0)
    if name == "relu":
        left, left_slope = 0.0, 0.0
    elif name == "leaky_relu":
        left, left_slope = 0.01 * negative, 0.01
    else:
        left, left_slope = np.exp(negative) - 1, np.exp(negative)
    return np.where(z > 0, z, left), np.where(z > 0, 1.0, left_slope)
    # END SOLUTION


# %%
check("1.2", activation_and_slope)

# %% [markdown] tags=["solution"]
# **Worked solution.** All three agree on the right, so the code says that once, in the last line, and the branches
# hold only what differs. The derivative of $e^z - 1$ is $e^z$: the $-1$ shifts the curve down and changes no slope.
# With `z > 0` and not `z >= 0`, the kink belongs to the left side, so ReLU's slope at 0 is 0. ELU has no kink: its
# left slope at 0 is $e^0 = 1$, the same as on the right. `np.exp(negative)` instead of `np.exp(z)` matters for large
# sums: `np.where` computes both sides before it chooses, and $e^{1000}$ overflows.

# %% [markdown]
# **Say it back.** The activation function bends the sum. Its derivative says how much of a small change gets through:
# for a step nothing ever does, for ReLU nothing does while the sum is negative.

# %% jupyter={"source_hidden": true}
Quiz(
    "Why is the step function not used inside networks that are trained?",
    {
        "It is too slow to compute": "It is one comparison, about as cheap "
        "as ReLU. Speed is not the reason.",
        "It can only answer 0 or 1, and we need larger numbers": (
            "Sigmoid too stays between 0 and 1, and it can be trained. "
            "What matters is the slope."
        ),
        "Its derivative is 0, so no weight learns which way to go": (
            "Slopes are what training follows, and a step has none."
        ),
        "It has no derivative at 0": "True, but ReLU has none there "
        "either, and ReLU trains well. The step fails because its slope is "
        "0 everywhere else.",
    },
    correct="Its derivative is 0, so no weight learns which way to go",
)

# %% [markdown]
# ## 4 · A layer
#
# **The question.** A **layer** is a row of neurons that all look at the same inputs. A picture of a shoe, 28 × 28
# pixels, is 784 numbers, a layer may have 300 neurons, and you have 64 pictures. That is 64 · 300 = 19,200 sums of
# 784 products each. How many loops do you write?
#
# None. Put the examples into the rows of one table and the neurons into the columns of another. Here are four examples
# with two inputs each, and three neurons. The first neuron is the one you know: weights (1, −1), bias 9.

# %%
# (batch, fan_in) = (4, 2)
x_batch = np.array([[3.0, 4.0], [1.0, 2.0], [0.0, 5.0], [2.0, 0.0]])
# (fan_in, fan_out) = (2, 3)
weights = np.array([[1.0, 2.0, 0.0], [-1.0, 0.0, 1.0]])
bias = np.array([9.0, -3.0, -4.0])  # (fan_out,) = (3,)
sums = x_batch @ weights + bias

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(10, 4.6))
draw_layer_product(axes, x_batch, weights, bias, row=0, column=0)
axes.set_title(
    "One row of x meets one column of weights: 3 · 1 + 4 · (−1) + 9 = 8"
)
show(
    figure,
    alt="Four tables in a row: x with shape 4 by 2, at, weights with shape "
    "2 by 3, plus, bias with shape 3, equals, sums with shape 4 by 3. "
    "Marked: row 1 of x (3, 4), column 1 of weights (1, minus 1), bias 9, "
    "and the sum 8.",
)

# %% [markdown]
# **The formula.**
#
# $$Z = X W + b \qquad\qquad A = h(Z)$$
#
# | Symbol | In the code | Meaning | Shape |
# |---|---|---|---|
# | $X$ | `x` | one example in each row | (batch, fan_in) |
# | $W$ | `weights` | one neuron in each column | (fan_in, fan_out) |
# | $b$ | `bias` | one bias for each neuron; NumPy adds it to every row | (fan_out,) |
# | $Z$ | `sums` | one sum for each example and each neuron | (batch, fan_out) |
# | $h$ | `np.maximum(..., 0)` | the activation, applied to each entry by itself | |
# | $A$ | `outputs` | one output for each example and each neuron | (batch, fan_out) |
#
# **batch** is the number of examples handled at once, **fan_in** the number of inputs to each neuron, **fan_out** the
# number of neurons. `@` is the matrix product: row times column, pair by pair, added up. The two inner numbers must
# agree, and they vanish: (batch, **fan_in**) @ (**fan_in**, fan_out) is (batch, fan_out). Python's `max` compares two
# single numbers; `np.maximum` does it for every entry of a table.
#
# **By hand,** the second example, (1, 2): $1 \cdot 1 + 2 \cdot (-1) + 9 = 8$, then $1 \cdot 2 + 2 \cdot 0 - 3 = -1$,
# then $1 \cdot 0 + 2 \cdot 1 - 4 = -2$. After ReLU: (8, 0, 0). NumPy agrees:

# %%
outputs = np.maximum(sums, 0)
print("sums\n", sums)
print("outputs\n", outputs)

# %% [markdown]
# ### The same in PyTorch, and a trap
#
# PyTorch's layer is called `Linear`. It computes the same thing and stores its weights the other way round, as
# (fan_out, fan_in). This course keeps (fan_in, fan_out), so that the code reads like the formula $XW$. To hand weights
# over you transpose them, `.T`: rows become columns.

# %%
# float64: numbers as exact as NumPy's
linear = torch.nn.Linear(2, 3, dtype=torch.float64)
# copying parameters is not part of a computation that needs slopes
with torch.no_grad():
    linear.weight.copy_(torch.from_numpy(weights.T))
    linear.bias.copy_(torch.from_numpy(bias))
    torch_outputs = torch.relu(linear(torch.from_numpy(x_batch)))

print("weights here      ", weights.shape)
print("weights in PyTorch", tuple(linear.weight.shape))
difference = np.abs(torch_outputs.numpy() - outputs).max()
print("largest difference of the outputs:", difference)

# %% [markdown]
# ### How many parameters?
#
# A network for small pictures of clothes: 784 inputs (28 × 28 pixels), a layer of 300 neurons, a layer of 100, and 10
# outputs, one for each kind of clothing. In short: 784-300-100-10. You will train it in chapter 2.

# %% jupyter={"source_hidden": true}
Prediction(
    "parameters",
    "How many parameters, weights and biases together, does 784-300-100-10 "
    "have?",
    choices=["410", "about 2,700", "about 27,000", "about 270,000"],
)

# %%
sizes = [784, 300, 100, 10]
layers = list(pairwise(sizes))
for fan_in, fan_out in layers:
    print(
        f"{fan_in:4} -> {fan_out:3}: {fan_in * fan_out:7,} weights + "
        f"{fan_out:3} biases"
    )
parameters = [fan_in * fan_out + fan_out for fan_in, fan_out in layers]

# %% jupyter={"source_hidden": true}
recall(
    "parameters",
    answer=f"{sum(parameters):,}. Every input of a layer meets every "
    "neuron, so sizes multiply.",
)

# %% jupyter={"source_hidden": true}
names = [f"{fan_in} → {fan_out}" for fan_in, fan_out in layers]
share = parameters[0] / sum(parameters)
figure, axes = plt.subplots(figsize=(7, 2.2))
bars = axes.barh(names, parameters, color=style.BLUE)
axes.bar_label(bars, [f"{count:,}" for count in parameters], padding=4)
axes.invert_yaxis()
axes.set_xlim(0, 1.2 * max(parameters))
axes.xaxis.set_major_formatter("{x:,.0f}")
axes.set_xlabel("parameters")
axes.set_title(f"{share:.0%} of the parameters sit in the first layer")
show(
    figure,
    alt=f"Bars of the parameters in each layer: {parameters[0]:,}, "
    f"{parameters[1]:,} and {parameters[2]:,}.",
)

# %% [markdown]
# ### Exercise 1.3 · Mend a layer
#
# **Purpose:** meet the two mistakes that almost everybody makes once, and learn to see them in the numbers.
#
# The layer below runs and raises no error. It should give `[[8, 3], [8, 0]]`. It does not, and it has **two**
# mistakes.

# %%
square_x = np.array([[3.0, 4.0], [1.0, 2.0]])
square_weights = np.array([[1.0, 2.0], [-1.0, 0.0]])
square_bias = np.array([9.0, -3.0])


def broken_layer(x, weights, bias):
    sums = x @ weights.T
    for _ in range(len(x)):
        sums = sums + bias
    return np.maximum(sums, 0)


print(broken_layer(square_x, square_weights, square_bias))

# %% [markdown]
# Write `layer` so that it is right for any batch and any shape. `x` is (batch, fan_in), `weights` (fan_in, fan_out),
# `bias` (fan_out,); the result is (batch, fan_out), after ReLU.
#
# **Example:** with the three arrays above, `layer(square_x, square_weights, square_bias)` gives `[[8, 3], [8, 0]]`.
#
# <details><summary>Hint 1</summary>
#
# Why was there no error? Because `square_weights` is square: turned over, it still fits. Try the layer with the shapes
# (4, 2) and (2, 3) from the start of this section.
#
# </details>
# <details><summary>Hint 2</summary>
#
# NumPy adds a (fan_out,) array to every row of a (batch, fan_out) array by itself. That is called *broadcasting*. How
# often does the loop add it?
#
# </details>


# %%
def layer(x, weights, bias):
    """A layer of ReLU neurons: x (batch, fan_in),
    weights (fan_in, fan_out), bias (fan_out,) -> (batch, fan_out).
    """
    # BEGIN SOLUTION
    return np.maximum(x @ weights + bias, 0)
    # END SOLUTION


# %%
check("1.3", layer)

# %% [markdown] tags=["solution"]
# **Worked solution.** First mistake: `weights.T`. It belongs to PyTorch's convention (fan_out, fan_in). With a square
# matrix both conventions fit and only one is right, which is why good tests use shapes that are all different. Second
# mistake: the loop adds the bias once for every example *to every row*, so a batch of two gets it twice. Broadcasting
# adds it once to each row. The sign of this bug is that the answer for one example depends on how many others are in
# the batch.

# %% [markdown]
# ### Exercise 1.4 · Count the parameters
#
# **Purpose:** know the size of a network before you build it.
#
# `sizes` lists the number of inputs, then the number of neurons of each layer. Return the number of weights and
# biases.
#
# **Example:** `count_parameters([2, 3])` is 9: six weights and three biases. `count_parameters([2, 2, 2])`, the
# network of the next section, is 12.
#
# <details><summary>Hint 1</summary>
#
# Go through neighbors in the list: (784, 300), (300, 100), (100, 10). Each pair is one layer.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `pairwise(sizes)` gives the pairs; the first cell of the chapter imported it. A layer has fan_in · fan_out weights
# and fan_out biases. Inputs have no bias.
#
# </details>


# %%
def count_parameters(sizes):
    """The number of weights and biases of a network,
    sizes = [inputs, neurons of layer 1, ...].
    """
    # BEGIN SOLUTION
    total = 0
    for fan_in, fan_out in pairwise(sizes):
        total += fan_in * fan_out + fan_out
    return total
    # END SOLUTION


# %%
check("1.4", count_parameters)

# %% [markdown] tags=["solution"]
# **Worked solution.** A layer is a matrix of fan_in rows and fan_out columns, plus one bias for each column. The
# inputs of the network are numbers that you measure, so they have neither weights nor biases of their own. Because
# sizes multiply, the widest neighbors win: in 784-300-100-10 the first layer alone has 235,500 of the 266,610
# parameters.

# %% [markdown]
# **Say it back.** A layer is one matrix product, one bias row and one activation. Shapes decide: (batch, fan_in) @
# (fan_in, fan_out) + (fan_out,).

# %% jupyter={"source_hidden": true}
Quiz(
    "x has the shape (64, 784) and the layer has 300 neurons. Which shape "
    "do its weights have in this course?",
    {
        "(300, 784)": "That is how PyTorch stores them. With x @ weights "
        "the inner numbers would be 784 and 300: an error.",
        "(64, 300)": "That is the shape of the result. Weights do not "
        "depend on how many examples you have.",
        "(784, 64)": "Weights do not depend on the batch: the same neurons "
        "look at every example.",
        "(784, 300)": "Right: (fan_in, fan_out). The inner 784 meets the "
        "784 of x, and (64, 300) comes out.",
    },
    correct="(784, 300)",
)

# %% [markdown]
# ## 5 · A whole network: the article's exercise
#
# Put layers in a row, so that the outputs of one are the inputs of the next, and you have a **network**. Layers
# between the inputs and the outputs are called **hidden**: their numbers are neither given to you nor asked of you.
# The article holds that one small exercise shows the essence of it all. Here it is, drawn from the arrays: two inputs,
# two hidden neurons, two outputs, all with ReLU.

# %%
net = article_network()
all_weights = [net.hidden_weights, net.output_weights]
all_biases = [net.hidden_biases, net.output_biases]
unit_names = [["x1", "x2"], ["n1", "n2"], ["y1", "y2"]]

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(8, 4.4))
draw_network(
    axes,
    all_weights,
    all_biases,
    values=[net.x, None, None],
    names=unit_names,
)
axes.set_title("Twelve parameters. What are n1, n2, y1 and y2?")
show(
    figure,
    alt="Inputs x1 = 3 and x2 = 4. Into n1: weights 1 and minus 1, bias 9. "
    "Into n2: weights 2 and 0, bias minus 3. From n1: 4 to y1 and minus 2 "
    "to y2. From n2: 3 to y1 and 1 to y2. Biases: y1 5, y2 0.",
)

# %% [markdown]
# Take a sheet of paper and work it out before you go on. It takes two minutes, and it is worth more than the next ten
# you spend reading.

# %% jupyter={"source_hidden": true}
Prediction(
    "article-y2",
    "What is y2?",
    choices=["−16", "−13", "0", "13"],
)

# %% [markdown]
# **By hand.** First the hidden layer, then the output layer. A neuron needs nothing but the outputs of the layer
# before it.
#
# <details><summary>Open this when you have your own numbers</summary>
#
# $$n_1 = \max(3 \cdot 1 + 4 \cdot (-1) + 9,\ 0) = \max(8, 0) = 8$$
# $$n_2 = \max(3 \cdot 2 + 4 \cdot 0 - 3,\ 0) = \max(3, 0) = 3$$
# $$y_1 = \max(8 \cdot 4 + 3 \cdot 3 + 5,\ 0) = \max(46, 0) = 46$$
# $$y_2 = \max(8 \cdot (-2) + 3 \cdot 1 + 0,\ 0) = \max(-13, 0) = 0$$
#
# </details>
#
# **In NumPy** it is the layer of section 4, twice:

# %%
hidden_sums = net.x @ net.hidden_weights + net.hidden_biases
hidden = np.maximum(hidden_sums, 0)
output_sums = hidden @ net.output_weights + net.output_biases
y = np.maximum(output_sums, 0)
print("n =", hidden, "  y =", y)

# %% jupyter={"source_hidden": true}
recall(
    "article-y2",
    answer=f"{y[1]:.0f}: the sum is {number(output_sums[1])}, and ReLU "
    "turns it into 0.",
)

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(8, 4.6))
draw_network(
    axes,
    all_weights,
    all_biases,
    [net.x, hidden, y],
    unit_names,
    sums=[hidden_sums, output_sums],
)
axes.set_title("y2 is silent: its sum is −13, and ReLU answers 0")
show(
    figure,
    alt="The same drawing with every number filled in: n1 = 8, n2 = 3, y1 "
    "= 46 and y2 = 0. Under y2 stands its sum, minus 13.",
)

# %% [markdown]
# **In PyTorch** you list the layers, and `Sequential` passes the numbers on:

# %%
network = torch.nn.Sequential(
    torch.nn.Linear(2, 2),
    torch.nn.ReLU(),
    torch.nn.Linear(2, 2),
    torch.nn.ReLU(),
)
network.double()  # float64, as above
with torch.no_grad():
    layers = network[::2]  # every second part: the two Linear layers
    for linear, weights, bias in zip(
        layers, all_weights, all_biases, strict=True
    ):
        linear.weight.copy_(torch.from_numpy(weights.T))
        linear.bias.copy_(torch.from_numpy(bias))
    y_torch = network(torch.from_numpy(net.x)).numpy()
print("by hand  [46.  0.]")
print("NumPy   ", y)
print("PyTorch ", y_torch)
assert np.array_equal(y, y_torch)

# %% [markdown]
# ### A change that does nothing
#
# The weight from n1 to y2 is −2. What if you raise it to −1? The value that travels along it is 8.

# %% jupyter={"source_hidden": true}
Prediction(
    "silent-neuron",
    "The weight from n1 to y2 goes from −2 to −1. What happens to y2?",
    choices=["It rises by 8", "It rises by 1", "It stays 0", "It falls"],
)

# %%
changed_weights = net.output_weights.copy()
changed_weights[0, 1] = -1.0
changed_sums = hidden @ changed_weights + net.output_biases
changed_y2 = max(changed_sums[1], 0.0)
print(f"sum of y2: {output_sums[1]} -> {changed_sums[1]}")
print(f"y2: {y[1]} -> {changed_y2}")

# %% jupyter={"source_hidden": true}
recall(
    "silent-neuron",
    answer="It stays 0. Its sum does rise by 8, to "
    f"{number(changed_sums[1])}, but ReLU hides that.",
)

# %% [markdown]
# This is worth remembering. While a ReLU neuron's sum is negative, its slope is 0, and small changes of its weights do
# not get through. If it is negative for every example, the neuron stops learning, unless a layer before it changes
# what comes in. It is called a **dying ReLU**, and it is one reason why leaky ReLU, ELU and the others were
# invented (chapter 3).
#
# **Touch it.** Every weight and every bias is a slider here. Raise the weight from n1 to y2 from −2 towards 0 and
# watch the sum under y2: the output wakes up only when the sum passes 0.
#
# A question that only moving can answer: press Reset, then lower the bias of n1 from 9. At which value does y2 wake
# up, and what has happened to y1 by then?

# %%
ArticleNetworkExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The sum of y2 is −2 · n1 + 3. It is positive once n1 is below 1.5, so y2 wakes up when the bias of n1 goes below 2.5.
# At 2 it answers 1, and y1 has fallen from 46 to 18: n1 fed both.
#
# </details>

# %% [markdown]
# ### Exercise 1.5 · Predict, then test
#
# **Purpose:** trace a change through a network in your head, before a computer does.
#
# Start from the article's network, x = (3, 4), each time anew, and change **one** thing. Work out (y1, y2) on paper
# and write the numbers down:
#
# - **A:** the bias of n1 becomes 0 (it was 9);
# - **B:** the weight from x1 to n1 becomes 0 (it was 1);
# - **C:** the weight from n2 to y2 becomes 6 (it was 1).
#
# **Example:** without any change the pair is `[46, 0]`. When your three pairs pass, test them in the explorer too.
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
# ### Should an output have a ReLU?
#
# The article puts ReLU on y1 and y2, which makes a good exercise. For a network that predicts a quantity, a
# **regression**, it is a mistake that is easy to make and hard to see.

# %% jupyter={"source_hidden": true}
Prediction(
    "regression-output",
    "A network forecasts temperatures in °C, and its output neuron ends in "
    "ReLU. On a day of −4 °C, what is the best it can answer?",
    choices=["−4", "0", "4"],
)

# %% jupyter={"source_hidden": true}
temperatures = np.array([-4.0, -1.0, 2.0, 5.0])
# the nearest numbers that are not negative
best_with_relu = np.maximum(temperatures, 0)
figure, axes = plt.subplots(figsize=(6.5, 2.8))
axes.plot(
    temperatures,
    "o",
    color=style.BLUE,
    markersize=9,
    label="true temperature",
)
axes.plot(
    best_with_relu,
    "x",
    color=style.VERMILION,
    markersize=10,
    markeredgewidth=2.5,
    label="best with ReLU on the output",
)
axes.set_xticks(range(4), ["day 1", "day 2", "day 3", "day 4"])
axes.set_ylabel("temperature (°C)")
axes.set_title("With a ReLU on the output, winter is out of reach")
axes.legend()
show(
    figure,
    alt="Four days with temperatures minus 4, minus 1, 2 and 5. With ReLU "
    "on the output the best answers are 0, 0, 2 and 5: the first two days "
    "are missed.",
)

# %% jupyter={"source_hidden": true}
recall(
    "regression-output",
    answer=f"{best_with_relu[0]:.0f}. Nothing below 0 can come out, "
    "whatever the weights are.",
)

# %% [markdown]
# It gets worse: for a cold day the slope of that ReLU is 0 as soon as the sum is negative, so the neuron is told
# nothing about its error. The rule: **hidden layers bend, the output of a regression does not.** (For choosing between
# classes the output gets an activation of another kind, softmax, in chapter 2.)
#
# ### Exercise 1.6 · The forward pass
#
# **Purpose:** compute any network of layers, the article's among them. Going through a network from the inputs to the
# outputs is called the **forward pass**.
#
# `layers` is a list of `[weights, bias]` pairs, first layer first. Every hidden layer has ReLU. The last layer has
# ReLU only if `relu_on_output` is True.
#
# **Example:** the article's network is `layers = list(zip(all_weights, all_biases))`. With `x = np.array([[3, 4]])`,
# `forward(x, layers, True)` gives `[[46, 0]]` and `forward(x, layers, False)` gives `[[46, -13]]`.
#
# <details><summary>Hint 1</summary>
#
# Loop over the layers, and let the output of one be the input of the next: `x = ...`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# You need to know in the loop whether this is the last layer: `for position, (weights, bias) in enumerate(layers)`,
# and compare `position` with `len(layers) - 1`.
#
# </details>


# %%
def forward(x, layers, relu_on_output):
    """Outputs (batch, outputs) of a network for x (batch, inputs); layers
    is a list of [weights, bias].
    """
    # BEGIN SOLUTION
    for position, (weights, bias) in enumerate(layers):
        x = x @ weights + bias
        is_hidden = position < len(layers) - 1
        if is_hidden or relu_on_output:
            x = np.maximum(x, 0)
    return x
    # END SOLUTION


# %%
check("1.6", forward)

# %% [markdown] tags=["solution"]
# **Worked solution.** The same variable `x` holds the inputs, then the outputs of the first layer, and so on: that is
# all there is to "deep". The activation of the last layer is a choice about the *task*: what range must the answers
# have? The activation of a hidden layer is a choice about *power*, as the next section shows. Keeping the two apart in
# the code keeps them apart in your head.

# %% [markdown]
# **Say it back.** A network is layers in a row, and its forward pass is one matrix product after another with a bend
# in between. A silent ReLU neuron hides every small change in what comes into it.

# %% jupyter={"source_hidden": true}
Quiz(
    "In the article's network you change the bias of y1 from 5 to 6. What "
    "changes?",
    {
        "y1 becomes 47 and y2 changes too": "y2 gets its inputs from n1 "
        "and n2, not from y1. Neurons of a layer do not see each other.",
        "Nothing, because ReLU hides it": "ReLU hides changes of negative "
        "sums. The sum of y1 is 46, far above 0.",
        "y1 becomes 47, and nothing else changes": "The sum of y1 is 46, "
        "far above 0, so one more comes through. Nothing depends on y1.",
        "n1 and n2 change as well": "Numbers flow from the inputs to the "
        "outputs. A change in the last layer cannot reach an earlier one.",
    },
    correct="y1 becomes 47, and nothing else changes",
)

# %% [markdown]
# ## 6 · What if nothing bends?
#
# **The question.** Leave out the activation functions, and make up for it with depth: five layers in place of one.
# More layers, more parameters, more power?

# %% jupyter={"source_hidden": true}
Prediction(
    "deep-linear",
    "Network A is one layer, 2-1. Network B has five layers, 2-8-8-8-8-1. "
    "Neither has an activation function. What can B compute that A cannot?",
    choices=[
        "Curved borders",
        "Sharper borders",
        "xor and other logic",
        "Nothing",
    ],
)

# %% [markdown]
# Here are both kinds with the same random weights: five layers without activation, and the same five layers with ReLU
# in between. A line connects inputs that get the same answer, like the height lines on a map.

# %%
rng = np.random.default_rng(2)
sizes = [2, 8, 8, 8, 8, 1]
# random weights, scaled so that the numbers neither grow nor fade on their
# way (chapter 3)
deep_weights = [
    rng.normal(0, 1.4 / np.sqrt(fan_in), size=(fan_in, fan_out))
    for fan_in, fan_out in pairwise(sizes)
]
deep_biases = [rng.normal(0, 0.5, size=fan_out) for fan_out in sizes[1:]]


def deep_forward(x, activation):
    """Outputs (batch, 1) of the five layers; the activation follows every
    layer but the last.
    """
    for weights, bias in zip(
        deep_weights[:-1], deep_biases[:-1], strict=True
    ):
        x = activation(x @ weights + bias)
    return x @ deep_weights[-1] + deep_biases[-1]


# %% jupyter={"source_hidden": true}
ticks, points = grid_points(-4, 4, 161)
cases = [
    (lambda z: z, "Without activation: straight,\nparallel, evenly spaced"),
    (activations.relu, "With ReLU: the same weights\nmake corners"),
]
figure, grid = plt.subplots(
    1, 2, figsize=(9, 4.6), sharey=True, layout="constrained"
)
for axes, (activation, title) in zip(grid, cases, strict=True):
    plot_levels(
        axes,
        ticks,
        deep_forward(points, activation).reshape(len(ticks), len(ticks)),
    )
    axes.set_title(title)
    axes.set_xlabel("input x1")
grid[0].set_ylabel("input x2")
show(
    figure,
    alt="Height lines of two networks with equal weights. Without "
    "activation the lines are straight and parallel, as for a single "
    "neuron. With ReLU they have corners and change direction.",
)

# %% [markdown]
# The left picture is what a *single* neuron without activation would draw. That is no accident.
#
# **The formula.** Take two layers without activation and put one into the other:
#
# $$(x W_1 + b_1)\, W_2 + b_2 \;=\; x\, \underbrace{(W_1 W_2)}_{W} \;+\; \underbrace{(b_1 W_2 + b_2)}_{b}$$
#
# On the right stands one layer, with weights $W$ and bias $b$. With $W_1$ (2, 8) and $W_2$ (8, 1), $W$ is (2, 1): the
# 8 hidden neurons vanish. Do it again and again, and any number of layers becomes one.
#
# **By hand**, with the article's network, ReLU left out. The first weight of $W$ is the first row of $W_1$ times the
# first column of $W_2$, $1 \cdot 4 + 2 \cdot 3 = 10$, and so on:
#
# $$W = \begin{pmatrix} 1 & 2 \\ -1 & 0 \end{pmatrix} \begin{pmatrix} 4 & -2 \\ 3 & 1 \end{pmatrix}
# = \begin{pmatrix} 10 & 0 \\ -4 & 2 \end{pmatrix}$$
#
# $$b = (9, -3)\, W_2 + (5, 0) = (32, -21)$$
#
# For (3, 4): $3 \cdot 10 + 4 \cdot (-4) + 32 = 46$ and $3 \cdot 0 + 4 \cdot 2 - 21 = -13$. The two sums of the last
# section, from one layer. Now the same with five layers and a thousand random inputs:

# %%
one_weight, one_bias = deep_weights[0], deep_biases[0]
for weights, bias in zip(deep_weights[1:], deep_biases[1:], strict=True):
    one_weight, one_bias = one_weight @ weights, one_bias @ weights + bias
samples = rng.normal(size=(1000, 2))
difference = np.abs(
    samples @ one_weight + one_bias - deep_forward(samples, lambda z: z)
).max()
deep_count = sum(
    weights.size + bias.size
    for weights, bias in zip(deep_weights, deep_biases, strict=True)
)
print(
    f"five layers, {deep_count:,} parameters; one layer, "
    f"{one_weight.size + one_bias.size} parameters"
)
print(f"largest difference over 1,000 inputs: {difference:.1e} (rounding)")

# %% jupyter={"source_hidden": true}
recall(
    "deep-linear",
    answer="Nothing. Layers without a bend between them are one layer.",
)

# %% [markdown]
# **Touch it.** Go back to the cell that begins with `rng`, change the 8s, add layers, try another seed (the 2 in the
# first line), and run the cells from there again. Keep the first 2 of `sizes` and the last 1: two inputs, one output.
# A question that only trying can answer: can you make the lines of the left picture bend?
#
# **Say it back.** Depth without a bend adds parameters and no power. The activation function is what makes a second
# layer worth having.

# %% jupyter={"source_hidden": true}
Quiz(
    "You remove ReLU from the hidden layers of a network and leave "
    "everything else. What can the network still do?",
    {
        "More, because no sums are cut off": "Cutting off is the bend. "
        "Without it the layers melt into one.",
        "The same as before, only slower to train": (
            "It loses more than speed: every bend is gone."
        ),
        "Nothing at all": "It still computes a weighted sum, as one layer "
        "does. That is useful, but it is all.",
        "Exactly what one layer can do": "Its matrices multiply to one "
        "matrix.",
    },
    correct="Exactly what one layer can do",
)

# %% [markdown]
# ## 7 · What a hidden layer can do that one neuron cannot
#
# **The question.** A lamp on the stairs has two switches, one at the top and one at the bottom. It is on when exactly
# one of them is up. Call the switches $x_1$ and $x_2$, 0 for down and 1 for up. This rule is called **xor**,
# "exclusive or". Can one neuron run that lamp?

# %% jupyter={"source_hidden": true}
Prediction(
    "xor-one-neuron",
    "There are four cases. One neuron with a step answers 0 or 1 for each. "
    "For xor, how many of the four can it get right at most?",
    choices=["1", "2", "3", "4"],
)

# %% [markdown]
# Let the computer look for it: 41 values for each weight and for the bias, every combination, and for each rule the
# best neuron found. The neuron answers 1 where its sum is 0 or more. (You need not follow every line of the search.
# For comparison it looks for two easier rules too, "or" and "and".)

# %%
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
values = np.linspace(-2, 2, 41)
w1, w2, biases = (
    grid.ravel() for grid in np.meshgrid(values, values, values)
)
# (4, 68921): every neuron in a column
sums = corners @ np.array([w1, w2]) + biases
answers = sums >= 0
margin = np.abs(sums).min(axis=0)  # how clear the border is of the corners
rules = {"or": [0, 1, 1, 1], "and": [0, 0, 0, 1], "xor": [0, 1, 1, 0]}
correct, best = {}, {}
for rule, targets in rules.items():
    matches = answers == np.array(targets, dtype=bool).reshape(4, 1)
    # how many of the four corners each neuron gets right
    correct[rule] = matches.sum(axis=0)
    # most corners right, then the clearest border
    best[rule] = np.lexsort((margin, correct[rule]))[-1]
    print(
        f"{rule:3}: {len(biases):,} neurons tried, the best gets "
        f"{correct[rule].max()} of 4"
    )

# %% jupyter={"source_hidden": true}
ticks, points = grid_points(-0.6, 1.6, 111)
figure, grid = plt.subplots(
    1, 3, figsize=(10.5, 4), sharey=True, layout="constrained"
)
for axes, (rule, targets) in zip(grid, rules.items(), strict=True):
    index = best[rule]
    scores = points @ np.array([w1[index], w2[index]]) + biases[index]
    plot_regions(axes, ticks, scores.reshape(len(ticks), len(ticks)))
    plot_points(axes, corners, targets)
    for corner, target, answer in zip(
        corners, targets, answers[:, index], strict=True
    ):
        if answer != target:
            axes.annotate(
                "wrong side",
                corner,
                (0, -18),
                textcoords="offset points",
                ha="center",
                va="top",
            )
    axes.set_title(f"{rule}: {correct[rule][index]} of 4 right")
    axes.set_xlabel("switch x1")
    axes.set_xticks([0, 1])
grid[0].set_ylabel("switch x2")
grid[0].set_yticks([0, 1])
grid[2].legend(loc="upper left", framealpha=1, title="the rule wants")
grid[0].text(0.5, 1.45, "neuron answers 1", ha="center", va="center")
grid[0].text(-0.1, -0.45, "neuron answers 0", ha="center", va="center")
show(
    figure,
    alt="The four corners of a square with the best single neuron for each "
    "rule. For or and for and a straight border separates the circles "
    "(answer 1) from the squares (answer 0). For xor one of the four "
    "corners, here (1, 1), is on the wrong side.",
)

# %% jupyter={"source_hidden": true}
recall(
    "xor-one-neuron",
    answer=f"{correct['xor'].max()}. No setting that was tried gets all "
    "four.",
)

# %% [markdown]
# A search can miss something. A proof cannot. Suppose one neuron with weights $w_1, w_2$ and bias $b$ did it. Then
#
# | $x_1$ | $x_2$ | lamp | so its sum must be |
# |---|---|---|---|
# | 0 | 0 | off | $b < 0$ |
# | 0 | 1 | on | $w_2 + b \ge 0$ |
# | 1 | 0 | on | $w_1 + b \ge 0$ |
# | 1 | 1 | off | $w_1 + w_2 + b < 0$ |
#
# Add the two lines in the middle: $w_1 + w_2 + 2b \ge 0$. Add the first and the last: $w_1 + w_2 + 2b < 0$. Both
# cannot be true. So no such neuron exists, with these weights or any others. Results like this are what Minsky and
# Papert proved in 1969 [3]. They did not say that networks with hidden layers fail too. What nobody had then was a
# good way to train one.
#
# ### Two hidden neurons are enough
#
# Here is a network that runs the lamp: two hidden ReLU neurons and one output without activation.

# %%
xor_w1, xor_b1 = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0])
xor_w2, xor_b2 = np.array([[1.0], [-2.0]]), np.array([0.0])
hidden = np.maximum(corners @ xor_w1 + xor_b1, 0)
y = hidden @ xor_w2 + xor_b2
print("hidden\n", hidden, "\nlamp", y.ravel())

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(8, 4.2))
draw_network(
    axes,
    [xor_w1, xor_w2],
    [xor_b1, xor_b2],
    names=[["x1", "x2"], ["h1", "h2"], ["lamp"]],
)
axes.set_title(
    "xor with whole numbers: h1 counts the switches, h2 notices when both "
    "are up"
)
show(
    figure,
    alt="Inputs x1 and x2, both with weight 1 to h1 (bias 0) and to h2 "
    "(bias minus 1). h1 goes with weight 1 and h2 with weight minus 2 to "
    "the lamp (bias 0).",
)

# %% [markdown]
# **By hand.** $h_1 = \max(x_1 + x_2, 0)$ counts the switches that are up. $h_2 = \max(x_1 + x_2 - 1, 0)$ is 1 only if
# both are. The lamp is $h_1 - 2 h_2$.
#
# | $x_1$ | $x_2$ | $h_1$ | $h_2$ | lamp |
# |---|---|---|---|---|
# | 0 | 0 | 0 | max(−1, 0) = 0 | 0 |
# | 0 | 1 | 1 | 0 | 1 |
# | 1 | 0 | 1 | 0 | 1 |
# | 1 | 1 | 2 | 1 | 2 − 2 = 0 |
#
# The cell above printed the same. The next pictures show how it is possible; "on" is where the network's answer is
# above 0.5, halfway between 0 and 1. On the left is the plane of the switches: the network answers "on" in a band,
# with a border on each side. On the right is what the output neuron sees: the four cases at their places $(h_1,
# h_2)$.

# %% jupyter={"source_hidden": true}
ticks, points = grid_points(-0.6, 1.6, 221)
lamp = np.maximum(points @ xor_w1 + xor_b1, 0) @ xor_w2 + xor_b2
hidden_ticks, hidden_points = grid_points(-0.6, 2.6, 221)
views = [
    (ticks, lamp, corners, "Inputs: the border has bent into a band"),
    (
        hidden_ticks,
        hidden_points @ xor_w2 + xor_b2,
        hidden,
        "Hidden layer: one line is enough",
    ),
]
figure, grid = plt.subplots(1, 2, figsize=(9.5, 4.8), layout="constrained")
for axes, (axis, scores, places, title) in zip(grid, views, strict=True):
    plot_regions(
        axes, axis, scores.reshape(len(axis), len(axis)), threshold=0.5
    )
    plot_points(axes, places, rules["xor"])
    axes.set_title(title)
grid[0].set(
    xlabel="switch x1", ylabel="switch x2", xticks=[0, 1], yticks=[0, 1]
)
grid[1].set(
    xlabel="hidden neuron h1",
    ylabel="hidden neuron h2",
    xticks=[0, 1, 2],
    yticks=[0, 1, 2],
)
grid[1].annotate("two cases in one place", (1, 0), (0.75, -0.42))
show(
    figure,
    alt="Left: in the plane of the switches the network answers on in a "
    "diagonal band that holds (0, 1) and (1, 0). Right: in the plane of "
    "the hidden neurons these two lie on the same point, (1, 0), and one "
    "straight line separates it from (0, 0) and (2, 1).",
)

# %% [markdown]
# That is what a hidden layer does: **it moves the points to new places, where a straight line is enough.** The bend is
# what makes it possible. Without ReLU the four cases would land on (0, −1), (1, 0), (1, 0) and (2, 1): three places on
# one line, with "on" in the middle, and no straight border can cut out the middle. ReLU raises (0, −1) to (0, 0), and
# now one can.
#
# How far does this go? One hidden layer with enough neurons can come as close as you like to any continuous function
# on a bounded region [18, 19]. The theorem says that such weights exist. It does not say how many neurons it takes, or
# that training will find the weights. The rest of this course is about that second part.
#
# **Touch it.** Both planes, side by side: left where the switches stand, right where the hidden layer puts them. Drag
# a weight and watch the points move. Spoil it, so that a point is wrong. Can you mend it by hand? Then let it solve
# itself.

# %%
XorExplorer()

# %% [markdown]
# And what can one neuron do? Here is one with a step, weights 2 and 2 and bias −1, and the input is (1, 1). Move the
# input to (0, 0), (0, 1) and (1, 0) as well and read the output. Three cases are right for xor, and (1, 1) is wrong.
#
# A question that only moving can answer: change the weights and the bias until (1, 1) is right. Which case do you lose
# each time?

# %%
NeuronExplorer(activation="step", w1=2.0, w2=2.0, bias=-1.0, x1=1.0, x2=1.0)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# A lower bias switches (1, 1) off, but (0, 1) and (1, 0) go off before it. A negative $w_1$ or $w_2$ loses one of
# these two. With both weights negative and a positive bias, such as −2, −2 and 3, these two are right, and (0, 0) is
# lost. There is always at least one, as the proof says.
#
# </details>

# %% [markdown]
# ### Exercise 1.7 · Design a network that says "equal"
#
# **Purpose:** choose weights yourself, for a reason, before training does it for you.
#
# The opposite lamp: on when both switches are in the **same** position. No single neuron can do it. Design a network
# with one hidden layer of ReLU neurons (two are enough) and one output **without** activation. Return its four
# arrays. The answers must be 1, 0, 0, 1 for (0, 0), (0, 1), (1, 0), (1, 1).
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
# **Worked solution.** The hidden layer of the xor network has already put the points where a line separates them, and
# the same line separates "equal" from "different": only the sides swap. So $1 - (h_1 - 2h_2) = 1 - h_1 + 2h_2$: output
# weights −1 and 2, bias 1. There are other solutions, for instance $h_1 = \max(x_1 - x_2, 0)$ and $h_2 = \max(x_2 -
# x_1, 0)$, one of which is 1 when the switches differ, with the output $1 - h_1 - h_2$. Networks rarely have one right
# set of weights, which is good news for training.
#
# If you want more (there is no check): three switches, and the lamp is on when an odd number of them is up. Can you do
# it with three hidden neurons? Start from $x_1 + x_2 + x_3$.

# %% [markdown]
# **Say it back.** One neuron draws one straight border, and xor needs more than that. A hidden layer moves the points
# so that one straight border is enough.

# %% jupyter={"source_hidden": true}
Quiz(
    "Why can the network with two hidden neurons do xor?",
    {
        "It has more parameters": "Five linear layers with hundreds of "
        "parameters cannot do it. It is the bend that counts.",
        "Its hidden layer bends the plane, so that one line separates the "
        "moved points": (
            "The output neuron is still one line, in a better place."
        ),
        "Its output neuron can draw two lines": "The output neuron draws "
        "one line, as every neuron does, but through the hidden plane.",
        "ReLU is better than step": "Two hidden step neurons could do it "
        "as well. They could not be trained by slopes, that is all.",
    },
    correct="Its hidden layer bends the plane, so that one line separates "
    "the moved points",
)

# %% [markdown]
# ## 8 · Looking back
#
# **What you can do now.** A neuron is $a = h(x \cdot w + b)$. A layer is $A = h(XW + b)$, with $X$ (batch, fan_in),
# $W$ (fan_in, fan_out) and $b$ (fan_out,). A network is layers in a row. The bends between layers are what make depth
# worth something, and their slopes decide whether the network can learn. A silent ReLU hides small changes; a step
# hides nearly all of them.
#
# **What the article says, and what came out**
#
# | The article | Here |
# |---|---|
# | for (3, 4) the network answers y1 = 46, y2 = 0 | by hand, in NumPy and in PyTorch: the same |
# | a neurophysiologist and a mathematician started it | McCulloch, and the logician Pitts |
# | an activation strengthens the sum | it bends it; without a bend, five layers equal one |
# | activation functions in the order ELU, leaky, ReLU, tanh, sigmoid | measured in chapter 3 |
# | training means: $x$ and $y$ are known, find $w$ and $b$ | chapter 2 |
#
# ### Last questions

# %% jupyter={"source_hidden": true}
Quiz(
    "A network 2-3-1 has how many parameters?",
    {
        "6": "That is the number of units, 2 + 3 + 1. Parameters sit on "
        "the connections, and in the biases.",
        "9": "Those are the weights alone, 6 + 3, or the hidden layer "
        "alone. Four more are needed: count the biases of both layers.",
        "13": "2 · 3 + 3 = 9 in the hidden layer and 3 · 1 + 1 = 4 in the "
        "output layer.",
        "15": "You gave the inputs biases too. Inputs are given, not "
        "computed.",
    },
    correct="13",
)

# %% jupyter={"source_hidden": true}
Quiz(
    "You double all weights and the bias of a neuron. What happens to the "
    "border where its sum is 0?",
    {
        "It moves twice as far from the origin": "That would happen if you "
        "doubled the bias alone.",
        "It turns": "The border turns only when the weights change in "
        "different proportions.",
        "It stays where it is": "Where the sum was 0, twice the sum is 0 "
        "too. The sum becomes steeper, no more.",
    },
    correct="It stays where it is",
)

# %% jupyter={"source_hidden": true}
Quiz(
    "A ReLU neuron in a hidden layer has a negative sum for every example "
    "in the training data. What will training do with its weights?",
    {
        "Make them larger until the neuron is on": (
            "Training follows slopes, and the slope here is 0. It has no "
            "reason to go anywhere."
        ),
        "Nothing: its slope is 0 everywhere it is asked": (
            "This is a dying ReLU: only a change in an earlier layer could "
            "wake it. Chapter 3 shows how often it happens and what helps."
        ),
        "Raise an error": "Nothing is wrong as far as the program can see. "
        "That is what makes it easy to miss.",
    },
    correct="Nothing: its slope is 0 everywhere it is asked",
)

# %% [markdown]
# ### Glossary
#
# | Word | Meaning |
# |---|---|
# | **activation function** | what a neuron does to its sum, for example max(z, 0); the bend |
# | **batch** | the examples that are handled at once, one in each row |
# | **bias** | a number added to the sum; the sum when all inputs are 0 |
# | **border** | the points where a neuron's sum is 0; a straight line when there are two inputs |
# | **derivative** | change of the output per small change of the input; the slope of the curve |
# | **dying ReLU** | a ReLU neuron whose sum is negative for every example, so that it no longer learns |
# | **fan_in, fan_out** | the number of inputs to each neuron of a layer, and the number of its neurons |
# | **forward pass** | computing a network from its inputs to its outputs |
# | **hidden layer** | a layer between the inputs and the outputs |
# | **layer** | neurons that look at the same inputs; one matrix product, a bias row, an activation |
# | **network** | layers in a row, the outputs of one being the inputs of the next |
# | **output** | what a neuron passes on: its sum after the activation |
# | **parameters** | weights and biases, the numbers that training finds |
# | **regression** | predicting a quantity, such as a temperature, and not a class |
# | **ReLU** | rectified linear unit, max(z, 0) |
# | **sigmoid** | a smooth step, from 0 to 1 |
# | **shape** | how many rows and columns of numbers an array has: (4, 2), or (3,) for three in a row |
# | **step** | the activation that is 1 where the sum is 0 or more, else 0 |
# | **sum** | inputs times weights, added up, plus the bias; z in formulas |
# | **tanh** | a smooth step, from −1 to 1 |
# | **weight** | how strongly, and in which direction, an input counts |
# | **xor** | exclusive or: 1 if exactly one of two inputs is 1 |
#
# ### What people do today
#
# The two formulas above have not changed: a layer of a language model with billions of parameters is `x @ weights`, as
# on this page. What has changed is the bend and the habits around it. ReLU is still common in networks for images.
# Language models mostly use GELU or a gated relative of it, SwiGLU [20], and several leave the biases out [21].
# Libraries compute the matrix products on the graphics card. Having done one by hand, you can tell when they are fed
# the wrong thing.
#
# ### Sources
#
# 1. McCulloch and Pitts 1943. A logical calculus of the ideas immanent in nervous activity. *Bulletin of Mathematical
#    Biophysics* 5, 115–133. [doi:10.1007/BF02478259](https://doi.org/10.1007/BF02478259)
# 2. Rosenblatt 1958. The perceptron: a probabilistic model for information storage and organization in the brain.
#    *Psychological Review* 65, 386–408. [doi:10.1037/h0042519](https://doi.org/10.1037/h0042519)
# 3. Minsky and Papert 1969. *Perceptrons: An Introduction to Computational Geometry.* MIT Press.
# 4. Rumelhart, Hinton and Williams 1986. Learning representations by back-propagating errors. *Nature* 323, 533–536.
#    [doi:10.1038/323533a0](https://doi.org/10.1038/323533a0)
# 5. LeCun and others 1989. Backpropagation applied to handwritten zip code recognition. *Neural Computation* 1,
#    541–551. [doi:10.1162/neco.1989.1.4.541](https://doi.org/10.1162/neco.1989.1.4.541)
# 6. LeCun, Bottou, Bengio and Haffner 1998. Gradient-based learning applied to document recognition. *Proceedings of
#    the IEEE* 86, 2278–2324. [doi:10.1109/5.726791](https://doi.org/10.1109/5.726791)
# 7. Bengio, Simard and Frasconi 1994. Learning long-term dependencies with gradient descent is difficult. *IEEE
#    Transactions on Neural Networks* 5, 157–166. [doi:10.1109/72.279181](https://doi.org/10.1109/72.279181)
# 8. Hinton and others 2006. A fast learning algorithm for deep belief nets. *Neural Computation* 18, 1527–1554.
#    [doi:10.1162/neco.2006.18.7.1527](https://doi.org/10.1162/neco.2006.18.7.1527)
# 9. Raina, Madhavan and Ng 2009. Large-scale deep unsupervised learning using graphics processors. *ICML.*
#    [doi:10.1145/1553374.1553486](https://doi.org/10.1145/1553374.1553486)
# 10. Krizhevsky, Sutskever and Hinton 2012. ImageNet classification with deep convolutional neural networks. *Advances
#     in Neural Information Processing Systems* 25. The figures are top-5 errors of the ILSVRC-2012 contest.
#     [doi:10.1145/3065386](https://doi.org/10.1145/3065386)
# 11. Nair and Hinton 2010. Rectified linear units improve restricted Boltzmann machines. *ICML.*
# 12. Maas, Hannun and Ng 2013. Rectifier nonlinearities improve neural network acoustic models. *ICML Workshop on Deep
#     Learning for Audio, Speech and Language Processing.*
# 13. Xu, Wang, Chen and Li 2015. Empirical evaluation of rectified activations in convolutional network.
#     [arXiv:1505.00853](https://arxiv.org/abs/1505.00853)
# 14. He, Zhang, Ren and Sun 2015. Delving deep into rectifiers: surpassing human-level performance on ImageNet
#     classification. *ICCV.* [arXiv:1502.01852](https://arxiv.org/abs/1502.01852)
# 15. Clevert, Unterthiner and Hochreiter 2016. Fast and accurate deep network learning by exponential linear units
#     (ELUs). *ICLR.* [arXiv:1511.07289](https://arxiv.org/abs/1511.07289)
# 16. Klambauer, Unterthiner, Mayr and Hochreiter 2017. Self-normalizing neural networks. *NeurIPS.*
#     [arXiv:1706.02515](https://arxiv.org/abs/1706.02515)
# 17. Hendrycks and Gimpel 2016. Gaussian error linear units (GELUs).
#     [arXiv:1606.08415](https://arxiv.org/abs/1606.08415)
# 18. Cybenko 1989. Approximation by superpositions of a sigmoidal function. *Mathematics of Control, Signals and
#     Systems* 2, 303–314. [doi:10.1007/BF02551274](https://doi.org/10.1007/BF02551274)
# 19. Leshno, Lin, Pinkus and Schocken 1993. Multilayer feedforward networks with a nonpolynomial activation function
#     can approximate any function. *Neural Networks* 6, 861–867.
#     [doi:10.1016/S0893-6080(05)80131-5](https://doi.org/10.1016/S0893-6080%2805%2980131-5)
# 20. Shazeer 2020. GLU variants improve Transformer. [arXiv:2002.05202](https://arxiv.org/abs/2002.05202)
# 21. Chowdhery and others 2022. PaLM: scaling language modeling with Pathways.
#     [arXiv:2204.02311](https://arxiv.org/abs/2204.02311)
# 22. Fukushima 1969. Visual feature extraction by a multilayered network of analog threshold elements. *IEEE
#     Transactions on Systems Science and Cybernetics* 5, 322–333.
#     [doi:10.1109/TSSC.1969.300225](https://doi.org/10.1109/TSSC.1969.300225)
#
# **Next:** chapter 2 turns the question around. The inputs and the right answers are known; the weights are not.
