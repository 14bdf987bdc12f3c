# %% [markdown]
# # 2b · Back through the network
#
# Tonight you write the part of training that people most often take on trust: how the error finds its way back to every
# single weight. It is called back-propagation.
#
# **When you are done, you can**
#
# 1. follow one weight to the loss, link by link, and say why the factors multiply;
# 2. work out all slopes of a small network with pencil and paper;
# 3. write the backward pass of a layer, and of a whole network;
# 4. test it against PyTorch and against nudging a weight.
#
# **Time:** 32 minutes with its two exercises.
#
# **You need:** 1b (the article's network, the forward pass), 2a (loss, slope, step).

# %% jupyter={"source_hidden": true}
# The tools of this evening.
import matplotlib.pyplot as plt
import numpy as np

from course_lib.data import article_network
from course_lib.explorers.back_propagation import BackPropagationExplorer
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.learner import board, check, yours
from course_lib.plots import show
from course_lib.plots.network_drawing import draw_network, number

# %% [markdown]
# ## 1 · Who is to blame?
#
# Here is the article's network again, with its twelve weights and biases. Suppose the targets are 44 and 1.

# %% jupyter={"source_hidden": true}
net = article_network()
sums_of_n = net.x @ net.hidden_weights + net.hidden_biases
n = np.maximum(sums_of_n, 0)
sums_of_y = n @ net.output_weights + net.output_biases
figure, axes = plt.subplots(figsize=(6, 3.6))
draw_network(
    axes,
    [net.hidden_weights, net.output_weights],
    [net.hidden_biases, net.output_biases],
    values=[net.x, n, np.maximum(sums_of_y, 0)],
    names=[["x1", "x2"], ["n1", "n2"], ["y1", "y2"]],
    sums=[sums_of_n, sums_of_y],
)
axes.set_title(
    "y1 should be 44 and y2 should be 1.\nWhich weights are to blame?"
)
show(
    figure,
    alt="Inputs x1 = 3 and x2 = 4, hidden neurons n1 = 8 and n2 = 3, "
    "outputs y1 = 46 and y2 = 0. The sum of y2 is minus 13. Into n1: "
    "weights 1 and minus 1, bias 9. Into n2: 2 and 0, bias minus 3. From "
    "n1: 4 to y1 and minus 2 to y2. From n2: 3 to y1 and 1 to y2. Biases: "
    "y1 5, y2 0.",
    width=660,
)

# %% [markdown]
# The errors are 2 and −1, and the loss is the mean of the two squares:
#
# $$L = \tfrac12 \left((y_1 - 44)^2 + (y_2 - 1)^2\right) = \tfrac12 (4 + 1) = 2.5$$
#
# In 2a you saw that the square of an error $e$ grows $2e$ times as fast as $e$. The ½ takes that 2 away, so the slopes
# of the loss over the outputs are the errors themselves, 2 and −1. Which of the twelve are to blame, and how much?

# %% jupyter={"source_hidden": true}
Prediction(
    "y2-blame",
    "y2 is 0 and should be 1; its sum is −13, and ReLU makes 0 of it. What "
    "is the slope of the loss over the weight −2, from n1 = 8 to y2?",
    choices=[
        "−8: the error −1 times n1 = 8",
        "8",
        "0",
        "You can't tell from this",
    ],
)

# %% [markdown]
# **Touch it.** Each click on the blue button lights one link: 9 forward, from the inputs to the loss, then 22 back. The
# right arrow key does the same. Values stand above, slopes below, on green. The explorer calls the sum of n1 $z_1$ and
# the sum of y1 $s_1$; $dL/dz_1$ is the slope of the loss over $z_1$. Before each click on the way back, say the next
# slope aloud. **Two paths meet at n1. What does each of them bring back?**

# %%
BackPropagationExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# From y1 comes 2 · 4 = 8. From y2 comes 0 · (−2) = 0: the ReLU of y2 is off, and nothing gets back through it. That
# makes 8.
#
# </details>
#
# Now follow one weight, from $x_1 = 3$ to n1. At each link ask: if this grows a little, how many times as much does the
# next one grow?
#
# | link | factor | because |
# |---|---|---|
# | weight → sum of n1 | 3 | the weight is multiplied by $x_1 = 3$ |
# | sum of n1 → n1 | 1 | the sum is positive, so ReLU passes it on |
# | n1 → sum of y1 | 4 | it is multiplied by the weight 4 |
# | sum of y1 → y1 | 1 | the sum is positive |
# | y1 → loss | 2 | the error of y1 |
#
# Along a path the factors **multiply**. If n1 grows 3 times as much as the weight, and the sum of y1 grows 4 times as
# much as n1, then it grows 12 times as much as the weight. All five together: $3 \cdot 1 \cdot 4 \cdot 1 \cdot 2 = 24$.
# The weight reaches the loss through y2 too. There ReLU has the slope 0, and so has the whole path:
# $3 \cdot 1 \cdot (-2) \cdot 0 \cdot (-1) = 0$. Several paths **add up**: $24 + 0 = 24$. These two rules are the
# **chain rule**, and that is all the calculus there is.

# %% jupyter={"source_hidden": true}
recall(
    "y2-blame",
    answer="0. The sum is negative, so a small change of that weight "
    "changes nothing. y2 is wrong, and silent.",
)

# %% [markdown]
# ## 2 · One slope for each neuron
#
# Path by path, you would multiply the same factors again and again. Instead, start at the loss, go backward, and keep
# **one** number for each neuron: the slope of the loss over its sum. It contains every path from there to the loss.
#
# **By hand.** At an output it is the error times ReLU's slope: $2 \cdot 1 = 2$ at y1, $-1 \cdot 0 = 0$ at y2. Neuron n1
# feeds y1 with the weight 4 and y2 with the weight −2, so $2 \cdot 4 + 0 \cdot (-2) = 8$ comes back to it. Its own ReLU
# is on, which multiplies by 1. In the same way n2 gets $2 \cdot 3 + 0 \cdot 1 = 6$.
#
# Then each weight is easy. **The slope of a weight is the number at its start times the slope at its end**: from
# $x_1 = 3$ to n1 it is $3 \cdot 8 = 24$, as before. The slope of a bias is the slope at its neuron. Take your sheet of
# paper: what are the slopes of the other three weights of the first layer? (The example of exercise 2.5 has them.)
#
# Now a layer `z = x @ weight + bias` with a batch of examples. A weight reaches the loss through every example, so
# these paths add up too. `output_gradient`, (batch, fan_out), has the slopes of the loss over `z`:
#
# | What | Shape | How |
# |---|---|---|
# | slope over the weights | (fan_in, fan_out) | number at the start times slope at the end, added up over the batch |
# | slope over the biases | (fan_out,) | slope at the neuron, added up over the batch |
# | slope over the inputs | (batch, fan_in) | slope at each end times the weight to it, added up over the neurons |
#
# ### Exercise 2.4 · Back-propagation of a dense layer
#
# *8 minutes.* **Purpose:** write one layer's way back. (A layer in which every input meets every neuron is called
# **dense**.)
#
# Return three arrays: the gradient over `weight`, over the bias, and over `x`. Do not divide by the batch size: the
# mean is part of the loss, and `output_gradient` already contains it. *Kept in your `my_network.py`.*
#
# **Example:** the second layer of the article's network: `x = [[8, 3]]`, `weight = [[4, -2], [3, 1]]`,
# `output_gradient = [[2, 0]]` give `[[16, 0], [6, 0]]`, `[2, 0]` and `[[8, 6]]`.
#
# <details><summary>Hint 1</summary>
#
# Let the shapes lead you. Each gradient has the shape of the thing it belongs to. There is only one way to multiply
# (batch, fan_in) and (batch, fan_out) into (fan_in, fan_out).
#
# </details>
# <details><summary>Hint 2</summary>
#
# `x.T` exchanges rows and columns. The bias is added to every row of the batch, so its gradient collects from every
# row: `sum(axis=0)`.
#
# </details>


# %%
def dense_backward(x, weight, output_gradient):
    """The gradients of a layer: of weight (fan_in, fan_out), of its bias
    (fan_out,) and of its input x (batch, fan_in), from output_gradient
    (batch, fan_out).
    """
    # BEGIN SOLUTION
    weight_gradient = x.T @ output_gradient
    bias_gradient = output_gradient.sum(axis=0)
    input_gradient = output_gradient @ weight.T
    # END SOLUTION
    return weight_gradient, bias_gradient, input_gradient


# %%
check("2.4", dense_backward)

# %% [markdown] tags=["solution"]
# **Worked solution.** Each line is one row of the table. `x.T @ output_gradient` multiplies start and end of each
# weight and adds up over the batch in one product. The bias has the input 1 for every example, so its slopes add up.
# And on the way back through the weights, rows and columns change roles, which is what `.T` does. With square
# matrices a missing `.T` raises no error, only wrong numbers.

# %%
dense_backward = yours("2.4")
x, n = np.array([[3.0, 4.0]]), np.array([[8.0, 3.0]])
sums_of_y = n @ net.output_weights + net.output_biases
errors = np.maximum(sums_of_y, 0) - [44.0, 1.0]
# back through the ReLU of the outputs: its slope is 1 or 0
end_slopes = errors * (sums_of_y > 0)
parts = dense_backward(n, net.output_weights, end_slopes)
words = "weights of layer 2", "biases of layer 2", "back to n1 and n2"
for what, part in zip(words, parts, strict=True):
    print(f"{what}: {part.tolist()}")

# %% [markdown]
# The explorer showed the same numbers. The last line goes on to the first layer.
#
# ## 3 · The whole network
#
# On the way back through a network you do the same for each layer, from the last to the first. There is a ReLU between
# one layer and the next: multiply by its slope, 1 or 0, before you go on to the earlier layer.
#
# ### Exercise 2.5 · Back through all layers
#
# *10 minutes.* **Purpose:** write the backward pass of your own network.
#
# `values` is what your `forward` returns: `x` first, then what each layer passed on. `output_gradient` has the slopes
# of the loss over the sums of the last layer. Return a list like `layers`: for each layer, in the same order,
# `[weight_gradient, bias_gradient]`. Use your `dense_backward`, and your `relu`, which the next cell fetches. *Kept in
# your `my_network.py`.*
#
# **Example:** for the article's network with `output_gradient = [[2, 0]]` the first layer gets
# `[[24, 18], [32, 24]]` and `[8, 6]`, the second one `[[16, 0], [6, 0]]` and `[2, 0]`. Both hidden neurons are on here.
# Through one that is off, nothing may come back.
#
# <details><summary>Hint 1</summary>
#
# Loop backward: `for position in reversed(range(len(layers)))`. The layer at `position` got `values[position]` as its
# input. `gradients.insert(0, pair)` puts a pair in front of those that are there.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The third array of `dense_backward` is the slope over the layer's inputs. Those inputs came out of a ReLU (but for
# `x` itself, where you are done). `relu(values[position])[1]` is its slope: where the output of a ReLU is positive, its
# sum was positive too.
#
# </details>

# %%
relu, forward = yours("1.4"), yours("1.6")


# %%
def network_backward(values, layers, output_gradient):
    """The gradients of all layers, [[weight_gradient, bias_gradient], ...]
    in their order: values as `forward` gives them, output_gradient
    (batch, outputs) the slope of the loss over the last layer's sums.
    """
    gradients = []
    gradient = output_gradient
    # BEGIN SOLUTION
    for position in reversed(range(len(layers))):
        weights = layers[position][0]
        parts = dense_backward(values[position], weights, gradient)
        gradients.insert(0, [parts[0], parts[1]])
        gradient = parts[2] * relu(values[position])[1]
    # END SOLUTION
    return gradients


# %%
check("2.5", network_backward)

# %% [markdown] tags=["solution"]
# **Worked solution.** `gradient` is always the slope over the sums of the layer in hand. `insert(0, ...)` puts each
# layer's slopes in front, because the loop runs backward. The ReLU comes in between one layer and the earlier one. In
# the last round the product is computed and never used; that costs little and keeps the loop free of exceptions.

# %%
network_backward = yours("2.5")
layers = [
    [net.hidden_weights, net.hidden_biases],
    [net.output_weights, net.output_biases],
]
values = forward(x, layers)
gradients = network_backward(values, layers, end_slopes)
for place, (weights, bias) in enumerate(gradients, start=1):
    print(f"layer {place}: weights {weights.tolist()}", end=", ")
    print(f"biases {bias.tolist()}")

# %% [markdown]
# ## 4 · Is it right?
#
# You don't have to trust anybody. **Nudge it:** raise one weight by a tiny bit, and divide what the loss gains by that
# bit. Take the weight from x1 to n1, whose slope should be 24.


# %%
def loss_of(layers):
    outputs = np.maximum(forward(x, layers)[-1], 0)
    return np.mean((outputs - [44.0, 1.0]) ** 2)


bit = 0.00001
nudged = [[net.hidden_weights.copy(), net.hidden_biases], layers[1]]
nudged[0][0][0, 0] += bit
slope = (loss_of(nudged) - loss_of(layers)) / bit
print(f"by nudging {slope:.2f}")

# %% [markdown]
# **Ask PyTorch.** With `requires_grad=True` it writes down what is computed, and `backward()` walks back as you did.
# That is called **automatic differentiation**. *Its first use takes about 3 s.*

# %%
import torch

theirs = [
    [torch.tensor(part, requires_grad=True) for part in pair]
    for pair in layers
]
(w1, b1), (w2, b2) = theirs
outputs = torch.relu(torch.relu(torch.tensor(x) @ w1 + b1) @ w2 + b2)
((outputs - torch.tensor([44.0, 1.0])) ** 2).mean().backward()
print("PyTorch, layer 1:", w1.grad.tolist(), b1.grad.tolist())
print("PyTorch, layer 2:", w2.grad.tolist(), b2.grad.tolist())

# %% [markdown]
# Nudging takes a forward pass for each of the twelve numbers. Back-propagation takes one walk forward and one back,
# however many numbers there are: that is why networks can be large. The method was described by Linnainmaa in 1970 and
# by Werbos in 1974; Rumelhart, Hinton and Williams showed in 1986 what hidden layers learn with it. (The titles are in
# [02x](02x_loose_ends.ipynb).)
#
# Does a step against the slopes help? They are large here, so the learning rate is small, 0.001.

# %%
stepped = [
    [weights - 0.001 * slopes[0], bias - 0.001 * slopes[1]]
    for (weights, bias), slopes in zip(layers, gradients, strict=True)
]
print(f"loss before {loss_of(layers):.2f}, after {loss_of(stepped):.2f}")

# %% jupyter={"source_hidden": true}
Prediction(
    "still-silent",
    "The step made y1 better. What did it do to y2, which is 0 and should "
    "be 1?",
    choices=["It came closer to 1", "Nothing", "It went further away"],
)

# %% jupyter={"source_hidden": true}
sum_now = forward(x, stepped)[-1][0, 1]
recall(
    "still-silent",
    answer=f"Nothing: y2 is {max(sum_now, 0):.0f}. Its sum went from "
    f"{number(sums_of_y[0, 1])} to {number(round(sum_now, 1))}, but only "
    "because n1 and n2 moved for y1. No slope comes back through a ReLU "
    "that is off, so no step tries to wake it.",
)

# %% jupyter={"source_hidden": true}
Quiz(
    "Somebody updates the second layer right after computing its gradient, "
    "and then computes the gradient of the first layer with the new "
    "weights. What happens?",
    {
        "Nothing, the order does not matter": "It does: the slope of the "
        "first layer passes through the second layer's weights, and those "
        "have changed.",
        "An error message": "No shape is wrong, so nothing complains. That "
        "is what makes it dangerous.",
        "The first layer's gradient is wrong, and nothing says so": (
            "Right. It mixes old values with new weights. The loss may "
            "fall all the same; a test by nudging would find it."
        ),
        "The first layer gets no gradient": "It gets one, only a wrong "
        "one.",
    },
    correct="The first layer's gradient is wrong, and nothing says so",
)

# %% [markdown]
# **Say it back.** Slopes multiply along a path, and paths add up. Keep one slope at each neuron; a weight's slope is
# the number at its start times the slope at its end. First all gradients, then one step for all.

# %%
board()

# %% [markdown]
# **Next:** [2c, your network learns](02c_your_network_learns.ipynb). Forward, backward, step: you have the heart of it.
# Give your network a loss for kinds and weights to start from, and let it loose on 10,000 photos.
