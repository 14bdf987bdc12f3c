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
# **Time:** 39 minutes with its two exercises.
#
# **You need:** 1b (the article's network, the forward pass), 2a (loss, slope, step).

# %% jupyter={"source_hidden": true}
# The tools of this evening.
import numpy as np

from course_lib.data import article_network
from course_lib.explorers.back_propagation import BackPropagationExplorer
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.learner import board, check, yours

# %% [markdown]
# ## 1 · Who is to blame?
#
# Here is the article's network again. For the inputs 3 and 4 its outputs are 46 and 0. Suppose they should have been
# 44 and 1. It is wrong by 2 and by −1. The loss is $L = \frac12 \left((y_1 - 44)^2 + (y_2 - 1)^2\right)$, the mean of
# the two squares, so its slopes over the outputs are simply the errors, 2 and −1.
#
# There are twelve numbers in this network. Which of them are to blame, and how much?

# %% jupyter={"source_hidden": true}
Prediction(
    "y2-blame",
    "y2 is 0 and should be 1; its sum is −13, and ReLU makes 0 of it. What "
    "is the slope of the loss over the weight from n1 = 8 to y2?",
    choices=[
        "−8: the error −1 times n1 = 8",
        "8",
        "0",
        "It cannot be told",
    ],
)

# %% [markdown]
# **Touch it.** One click lights one link. First the numbers go forward, from the inputs to the loss. Then the slopes
# come back. On each line stand its value and its slope. Go through all of it once. Before each click on the way back,
# say the next slope aloud.

# %%
BackPropagationExplorer()

# %% [markdown]
# Follow one weight, from $x_1 = 3$ to n1. At each link ask: if this grows a little, how many times as much does the
# next one grow?
#
# | link | times | because |
# |---|---|---|
# | weight → sum of n1 | 3 | the weight is multiplied by $x_1 = 3$ |
# | sum of n1 → n1 | 1 | the sum is positive, so ReLU passes it on |
# | n1 → sum of y1 | 4 | it is multiplied by the weight 4 |
# | sum of y1 → y1 | 1 | the sum is positive |
# | y1 → loss | 2 | the error of y1 |
#
# Along a path the factors **multiply**: $3 \cdot 1 \cdot 4 \cdot 1 \cdot 2 = 24$. The weight reaches the loss through
# y2 too, and there ReLU blocks: its sum is negative, so that link has the factor 0. Several paths **add up**: $24 + 0
# = 24$. This is the **chain rule**, and it is all the calculus there is.

# %% jupyter={"source_hidden": true}
recall(
    "y2-blame",
    answer="0. The sum is negative, so a small change of that weight "
    "changes nothing. y2 is wrong, and silent.",
)

# %% [markdown]
# ## 2 · One number a neuron
#
# Going through every path for every weight would mean multiplying the same factors again and again. The way out: start
# at the loss, go backward, and keep **one** number at each neuron, the slope of the loss over its sum. Every path from
# there to the loss is in it. In the explorer these are the slopes at the nodes: 2 and 0 at the outputs, 8 and 6 at n1
# and n2.
#
# Then each weight is easy. **The slope of a weight is the number at its start times the slope at its end**: from
# $x_1 = 3$ to n1 it is $3 \cdot 8 = 24$. The slope of a bias is the slope at its neuron.
#
# For a layer `z = x @ weight + bias` and a batch of examples, with `output_gradient` the slopes of the loss over `z`:
#
# | What | Shape | How |
# |---|---|---|
# | slope over the weights | (fan_in, fan_out) | start times end, added up over the batch |
# | slope over the biases | (fan_out,) | `output_gradient`, added up over the batch |
# | slope over the inputs | (batch, fan_in) | each input feels every neuron, through its weight |
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
net = article_network()
x, n = net.x[None, :], net.hidden[None, :]
sums_of_y = n @ net.output_weights + net.output_biases
errors = np.maximum(sums_of_y, 0) - [44.0, 1.0]
end_slopes = errors * (sums_of_y > 0)  # through the ReLU of the outputs
of_weights, of_biases, back = dense_backward(
    n, net.output_weights, end_slopes
)
print("slopes of the second layer's weights", of_weights.tolist())
print("slopes that arrive at n1 and n2     ", back.tolist())

# %% [markdown]
# Compare them with the explorer. The last line is what goes on to the first layer.
#
# ## 3 · The whole network
#
# A network's way back is the same step for each layer, from the last to the first. Between two layers stands a ReLU,
# and its slope, 1 or 0, is multiplied in.
#
# ### Exercise 2.5 · Back through all layers
#
# *10 minutes.* **Purpose:** write the backward pass of your own network.
#
# `values` is what your `forward` returns: `x` first, then what each layer passed on. `output_gradient` is the slope of
# the loss over the sums of the last layer. Return a list like `layers`: for each layer, in the same order,
# `[weight_gradient, bias_gradient]`. *Kept in your `my_network.py`.*
#
# **Example:** for the article's network with `output_gradient = [[2, 0]]` the first layer gets
# `[[24, 18], [32, 24]]` and `[8, 6]`, the second one `[[16, 0], [6, 0]]` and `[2, 0]`.
#
# <details><summary>Hint 1</summary>
#
# Loop backward: `for position in reversed(range(len(layers)))`. The layer at `position` got `values[position]` as its
# input.
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
# layer's slopes in front, because the loop runs backward. The ReLU comes in after the layer above has been passed and
# before the one below is reached. In the last round the product is computed and never used; that costs little and
# keeps the loop free of exceptions.

# %%
network_backward = yours("2.5")
layers = [
    [net.hidden_weights, net.hidden_biases],
    [net.output_weights, net.output_biases],
]
values = forward(x, layers)
gradients = network_backward(values, layers, end_slopes)
for place, (weights, bias) in enumerate(gradients, start=1):
    print(f"layer {place}: weights {weights.tolist()}, biases {bias}")

# %% [markdown]
# ## 4 · Is it right?
#
# Two tests that need no trust. First, nudge a weight and look at the loss. Second, ask PyTorch: it remembers what was
# computed, and `backward()` walks the same way back. That is called **automatic differentiation**. *Its first use
# takes about 3 s.*

# %%
import torch


def loss_of(layers):
    outputs = np.maximum(forward(x, layers)[-1], 0)
    return np.mean((outputs - [44.0, 1.0]) ** 2)


nudged = [[net.hidden_weights.copy(), net.hidden_biases], layers[1]]
nudged[0][0][0, 0] += 1e-5  # the weight from x1 to n1
print("by nudging", round((loss_of(nudged) - loss_of(layers)) / 1e-5, 3))

theirs = [torch.tensor(w, requires_grad=True) for w, _ in layers]
hidden = torch.relu(torch.tensor(x) @ theirs[0] + torch.tensor([[9.0, -3]]))
outputs = torch.relu(hidden @ theirs[1] + torch.tensor(layers[1][1]))
((outputs - torch.tensor([44.0, 1.0])) ** 2).mean().backward()
print("PyTorch   ", theirs[0].grad.tolist(), theirs[1].grad.tolist())

# %% [markdown]
# All twelve slopes come from one walk forward and one walk back. The method was described by Linnainmaa in 1970 and by
# Werbos in 1974; Rumelhart, Hinton and Williams showed in 1986 what hidden layers learn with it.
#
# And does a step against the slopes help? They are large here, so the learning rate must be small.

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
y2_now = np.maximum(forward(x, stepped)[-1], 0)[0, 1]
recall(
    "still-silent",
    answer=f"Nothing: y2 is {y2_now:.0f}. No slope gets past a silent "
    "ReLU, so nothing tells the network to wake it.",
)

# %% jupyter={"source_hidden": true}
Quiz(
    "Somebody updates the second layer right after computing its gradient, "
    "and then computes the gradient of the first layer with the new "
    "weights. What happens?",
    {
        "Nothing, the order does not matter": "It does: the slope of the "
        "first layer passes through the second layer's weights, and those "
        "are of another place now.",
        "An error message": "No shape is wrong, so nothing complains. That "
        "is what makes it dangerous.",
        "The first layer's gradient belongs to no place at all": (
            "Right. The run may look fine, but it is not gradient descent, "
            "and a test by nudging would fail."
        ),
        "The first layer gets no gradient": "It gets one, only a wrong "
        "one.",
    },
    correct="The first layer's gradient belongs to no place at all",
)

# %% [markdown]
# **Say it back.** Slopes multiply along a path, and paths add up. Keep one slope at each neuron; a weight's slope is
# the number at its start times the slope at its end. First all gradients, then one step for all.

# %%
board()

# %% [markdown]
# **Next:** [2c, your network learns](02c_your_network_learns.ipynb). Forward, backward, step: you have every part. Put
# them together, and let them loose on 10,000 photos.
