# %% [markdown]
# # 2c · Your network learns
#
# Tonight everything comes together. You write the last three parts, and your own network learns to recognize clothes
# from 10,000 photos, while you watch.
#
# **When you are done, you can**
#
# 1. turn any numbers into probabilities, and say how wrong they are;
# 2. say why weights start at random, and what happens when they don't;
# 3. mend a training loop, and know three mistakes that hide in it;
# 4. say what your network gained over the linear one.
#
# **Time:** 39 minutes with its three exercises.
#
# **You need:** 2b. What you have not solved there, the course lends you.

# %% jupyter={"source_hidden": true}
# The tools of this evening.
import time

import matplotlib.pyplot as plt
import numpy as np

from course_lib.data import load_fashion_mnist
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.learner import board, check, keep_layers, yours
from course_lib.plots import show, style
from course_lib.plots.filters import plot_filters
from course_lib.plots.live_curve import LiveCurve
from course_lib.recipe import Recipe
from course_lib.threads import limit_threads
from course_lib.training import fit

limit_threads(1)
clothes = load_fashion_mnist()
photos, kinds = clothes.train.x, clothes.train.labels
new_photos, new_kinds = clothes.validation.x, clothes.validation.labels

# %%
forward, network_backward = yours("1.6"), yours("2.5")

# %% [markdown]
# ## 1 · A loss for kinds
#
# Fares are numbers, and the squared error fits them. Kinds are not: a boot (kind 9) taken for a sneaker (kind 7) is
# not "off by 2". So the network gets one output for each kind, without a ReLU. These ten sums are called **logits**:
# any numbers, and larger means "more likely this one". **Softmax** turns them into probabilities: $e^z$ makes each of
# them positive, and dividing by their total makes them add up to 1. The **cross-entropy** looks only at the probability
# of the true kind, and takes minus its logarithm:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}} \qquad\qquad L = \frac1n \sum_{i=1}^n -\log p_{i,\,\text{true kind of } i}$$
#
# Here $z$ are the logits, (batch, kinds), and $p$ the probabilities. $k$ and $j$ count kinds, $i$ counts the $n$ photos
# of the batch, and $\log$ is the natural logarithm. (Another word for kind is **class**.)
#
# **By hand.** Let the logits be $\log 4$, $\log 2$ and $\log 1$, so that $e^z$ is 4, 2 and 1. They add up to 7, and the
# probabilities are 4/7, 2/7 and 1/7. If kind 0 is true, the loss is $-\log(4/7) \approx 0.56$. If kind 2 is true, it is
# $-\log(1/7) \approx 1.95$. As a curve:

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
given = np.linspace(0.005, 1, 400)
axes.plot(given, -np.log(given), color=style.FUNCTION, linewidth=2.2)
for sevenths in (4, 1):
    share = sevenths / 7
    cost = -np.log(share)
    axes.plot(share, cost, "ko", markersize=8)
    axes.annotate(
        f"{sevenths}/7 costs {cost:.2f}",
        (share, cost),
        xytext=(10, 6),
        textcoords="offset points",
    )
axes.set(
    xlabel="probability of the true kind",
    ylabel="loss for this photo",
    xlim=(0, 1),
    ylim=(0, 5.4),
    title="The smaller the true kind's probability, the higher the loss",
)
show(
    figure,
    alt="The loss over the probability of the true kind. It falls from "
    "above 5 near probability 0 to 0 at probability 1. Two dots: 4/7 "
    "costs 0.56, 1/7 costs 1.95.",
    width=700,
)

# %% jupyter={"source_hidden": true}
Prediction(
    "blank",
    "A network that knows nothing gives each of the ten kinds the same "
    "probability. What is its loss?",
    choices=["0", "0.1", "about 2.3", "10"],
)

# %% [markdown]
# What are its slopes over the logits? For one photo of kind $k$, $-\log p_k = \log \sum_j e^{z_j} - z_k$. (The slope of
# $e^z$ is $e^z$ itself, and that of $\log u$ is $1/u$.) Over a logit $z_j$ the first part has the slope
# $e^{z_j} / \sum e^z$, which is $p_j$. The second has −1, over the true kind's logit alone. So the slopes are **the
# probabilities, minus 1 at the true kind**, all divided by $n$, because the loss is a mean. For the example with kind
# 0: $(4/7 - 1,\ 2/7,\ 1/7)$. A step goes against them: it lowers the wrong kinds and raises the true one.
#
# ### Exercise 2.6 · Softmax cross-entropy that survives
#
# *10 minutes.* **Purpose:** write the loss of nearly every classifier, so that no logit can break it.
#
# `logits` is (batch, classes), `labels` is (batch,), whole numbers. Return the loss, a number, and its gradient over
# the logits, an array like `logits`. $e^{10000}$ is more than a computer can hold, so subtract the largest logit of
# each row first. Softmax does not change: above and below, $e^z$ is divided by the same number, and it cancels. Labels
# that are not whole numbers must raise an error, because 1.5 is no kind. *Kept in your `my_network.py`.*
#
# **Example:** logits `[[log 4, log 2, log 1]]` with label `[0]` give 0.5596 and `[[-3/7, 2/7, 1/7]]`.
#
# <details><summary>Hint 1</summary>
#
# Do not compute probabilities and then their logarithm: a probability can round to 0. With the logits shifted so that
# the largest is 0, $-\log p_k = \log \sum_j e^{z_j} - z_k$.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `array[np.arange(n), labels]` picks one entry from each row, and refuses labels that are decimal numbers.
# `keepdims=True` keeps a maximum as a column.
#
# </details>


# %%
def cross_entropy(logits, labels):
    """Softmax cross-entropy of logits (batch, classes) and labels (batch,):
    the mean loss, and its gradient (batch, classes).
    """
    # BEGIN SOLUTION
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    losses = np.log(totals[:, 0]) - shifted[rows, labels]
    gradient = exponentials / totals
    gradient[rows, labels] -= 1
    return losses.mean(), gradient / len(labels)
    # END SOLUTION


# %%
check("2.6", cross_entropy)

# %% [markdown] tags=["solution"]
# **Worked solution.** After the shift the largest exponential is 1 and the total is at least 1: no overflow, and no
# log of 0. Adding a tiny number inside the logarithm, as is often seen, hides the overflow and makes the loss of a
# confident mistake wrong. `gradient / len(labels)` belongs to the mean. And indexing with `labels` refuses decimal
# labels by itself, where `labels.astype(int)` would turn 1.5 into kind 1 and say nothing.

# %%
cross_entropy = yours("2.6")
blank_loss, _ = cross_entropy(np.zeros((1, 10)), np.array([0]))
print(f"loss of a network that knows nothing: {blank_loss:.3f}")

# %% jupyter={"source_hidden": true}
recall(
    "blank",
    answer=f"About {blank_loss:.1f}: minus the log of 1/10. Remember it. A "
    "network that starts far above it is sure of wrong things: its weights "
    "are too large.",
)

# %% [markdown]
# ## 2 · Why start at random?
#
# The network has 784 inputs, 100 hidden neurons and 10 outputs: 79,400 weights and 110 biases. Where should they start?
# Zero looks fair.

# %% jupyter={"source_hidden": true}
Prediction(
    "zeros",
    "All weights and biases are 0. You compute all slopes for 500 "
    "photos. How many of the 79,400 weights have a slope that is not 0?",
    choices=[
        "All of them",
        "None",
        "Only the 1,000 weights of the last layer",
    ],
)

# %%
zeros = [
    [np.zeros((784, 100)), np.zeros(100)],
    [np.zeros((100, 10)), np.zeros(10)],
]
values = forward(photos[:500], zeros)
_, end_slopes = cross_entropy(values[-1], kinds[:500])
slopes = network_backward(values, zeros, end_slopes)
for place, (of_weights, of_bias) in enumerate(slopes, start=1):
    print(f"layer {place}, slopes that are not 0:", end=" ")
    print(f"{np.sum(of_weights != 0)} of weights", end=", ")
    print(f"{np.sum(of_bias != 0)} of biases")

# %% jupyter={"source_hidden": true}
recall(
    "zeros",
    answer="None. Only biases of the outputs can move. The network learns "
    "how common each kind is, and nothing about photos.",
)

# %% [markdown]
# A weight's slope is the number at its start times the slope at its end. Here the hidden outputs are 0, so the second
# layer's slopes are 0. Its weights are 0, so nothing comes back to the first layer. Any other *equal* start, say 0.03
# everywhere, is hardly better: all hidden neurons compute the same, get the same slopes, and stay equal forever. A
# hundred neurons then do the work of one. So the start must be **different** for each neuron, and random numbers are
# the easiest way to get that.
#
# How large? A sum of $n$ random products grows like $\sqrt n$. So a common start has mean 0 and the **standard
# deviation**, the usual distance from the mean, $1 / \sqrt{\text{fan\_in}}$. It keeps the sums of each layer about as
# large as its inputs. (Chapter 3 does this carefully.) Biases may start at 0.
#
# ### Exercise 2.7 · A random start
#
# *5 minutes.* **Purpose:** give your network its first weights.
#
# `sizes` is a list like `[784, 100, 10]`, `rng` a NumPy generator. Return the layers, `[[weights, bias], ...]`: weights
# drawn by `rng` as above, biases 0. *Kept in your `my_network.py`.*
#
# **Example:** `random_layers([784, 100, 10], np.random.default_rng(0))` gives two layers, with weights of shapes
# (784, 100) and (100, 10), the first with a standard deviation of about 1/28.
#
# <details><summary>Hint 1</summary>
#
# `rng.normal(0, spread, (rows, columns))` draws a table with mean 0 and standard deviation `spread`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Neighbors in `sizes` belong together: `sizes[position]` is fan_in, `sizes[position + 1]` is fan_out.
#
# </details>


# %%
def random_layers(sizes, rng):
    """Layers [[weights, bias], ...] to start from: sizes like
    [784, 100, 10], rng a NumPy generator.
    """
    layers = []
    # BEGIN SOLUTION
    for position in range(len(sizes) - 1):
        fan_in, fan_out = sizes[position], sizes[position + 1]
        spread = 1 / np.sqrt(fan_in)
        weights = rng.normal(0, spread, (fan_in, fan_out))
        layers.append([weights, np.zeros(fan_out)])
    # END SOLUTION
    return layers


# %%
check("2.7", random_layers)

# %% [markdown] tags=["solution"]
# **Worked solution.** `rng` comes from outside, so that the same seed gives the same start, and two calls give two
# starts. The second number of `rng.normal` is a standard deviation: $1/\sqrt{784} = 1/28$. Write the variance, 1/784,
# there, and the signal fades from layer to layer.

# %%
random_layers = yours("2.7")
start = random_layers([784, 100, 10], np.random.default_rng(0))
loss, _ = cross_entropy(forward(photos[:1000], start)[-1], kinds[:1000])
print(f"loss at the start {loss:.2f}, of one that knows nothing", end=" ")
print(f"{blank_loss:.2f}")

# %% [markdown]
# ## 3 · The loop
#
# Using all 10,000 photos for one step would be slow. So take a **mini-batch**, some dozens of photos drawn at random.
# Its gradient is **noisy**: a little off, differently each time. But it costs little, so you can take many steps.
# One pass over all photos is an **epoch**. Each step is the same: *batch, forward, loss, backward, step.*
#
# ### Exercise 2.8 · Mend the training loop
#
# *10 minutes.* **Purpose:** get the loop that trains your network, and know three mistakes that raise no error.
#
# The loop below runs without an error, and trains badly. It has **three** mistakes. Mend it. Return new layers; those
# that were given stay as they are. *Kept in your `my_network.py`.*
#
# **Example:** with 10 examples and `batch_size=4` an epoch has three steps, with 4, 4 and 2 examples.
#
# <details><summary>Hint 1</summary>
#
# Which examples does a batch take, and which labels? Do both come in the shuffled order?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Where does the range of the loop end? And which way does the step go?
#
# </details>


# %%
def train_epoch(x, labels, layers, learning_rate, batch_size, rng):
    """One pass over the examples, shuffled by rng, a step a batch: the new
    layers. Those that were given stay as they are."""
    # BEGIN SOLUTION
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        values = forward(x[batch], layers)
        end_slopes = cross_entropy(values[-1], labels[batch])[1]
        gradients = network_backward(values, layers, end_slopes)
        layers = [
            [w - learning_rate * slopes[0], b - learning_rate * slopes[1]]
            for (w, b), slopes in zip(layers, gradients, strict=True)
        ]
    return layers
    # INSTEAD
    # order = rng.permutation(len(x))
    # for start in range(0, len(x) - batch_size, batch_size):
    #     batch = order[start : start + batch_size]
    #     values = forward(x[batch], layers)
    #     true = labels[start : start + batch_size]
    #     end_slopes = cross_entropy(values[-1], true)[1]
    #     gradients = network_backward(values, layers, end_slopes)
    #     layers = [
    #         [w + learning_rate * slopes[0], b + learning_rate * slopes[1]]
    #         for (w, b), slopes in zip(layers, gradients, strict=True)
    #     ]
    # return layers
    # END SOLUTION


# %%
check("2.8", train_epoch)

# %% [markdown] tags=["solution"]
# **Worked solution.** *Labels in another order:* photos come shuffled and labels do not, so the network learns
# nonsense, and its loss still falls a little. *The last batch left out:* `len(x) - batch_size` ends the range early.
# *Uphill:* the slope is added. Only the third one shows at once, as a loss that grows.

# %% [markdown]
# The loop is complete. Let it loose first on the network that starts at 0:

# %%
train_epoch = yours("2.8")
rng = np.random.default_rng(0)
stuck = train_epoch(photos, kinds, zeros, 0.1, 32, rng)
guesses = forward(new_photos, stuck)[-1].argmax(axis=1)
print(f"after one epoch {np.mean(guesses == new_kinds):.1%} are right")
print(f"{np.sum(stuck[0][0] != 0)} weights of the first layer have moved")

# %% [markdown]
# That is as good as guessing.
#
# ## 4 · It learns
#
# Now with a random start: first the linear network, 784-10, which has no bend; then yours, 784-100-10. Both get the
# same learning rates: 0.1 for six epochs, then a tenth of it for two.

# %% jupyter={"source_hidden": true}
Prediction(
    "smaller-steps",
    "After six epochs the learning rate falls to a tenth. What does the "
    "share of right answers do then?",
    choices=[
        "It stops rising, because the steps are too short",
        "It falls",
        "It jumps about less, and is higher",
    ],
)

# %% [markdown]
# Watch the curve: it is drawn again after each epoch. *About 10 s.*

# %%
rates, batch_size = [0.1] * 6 + [0.01] * 2, 32
title = "From epoch 7 on the steps are a tenth as long"
curve = LiveCurve("epoch", "new photos right", title, 8, (0.6, 0.9))
for name, sizes in {"linear": [784, 10], "yours": [784, 100, 10]}.items():
    rng = np.random.default_rng(0)
    layers, seconds = random_layers(sizes, rng), 0.0
    for rate in rates:
        began = time.perf_counter()
        layers = train_epoch(photos, kinds, layers, rate, batch_size, rng)
        seconds += time.perf_counter() - began
        guesses = forward(new_photos, layers)[-1].argmax(axis=1)
        curve.add(name, np.mean(guesses == new_kinds))
keep_layers(layers)  # your network, as it is now

# %% jupyter={"source_hidden": true}
linear_now, yours_now = curve.curves["linear"], curve.curves["yours"]
recall(
    "smaller-steps",
    answer="It jumps about less, and is higher: "
    f"{yours_now[5]:.1%} after six epochs, {yours_now[7]:.1%} after eight. "
    "Each mini-batch pulls a little to its own side, and long steps follow "
    "it too far.",
)

# %% [markdown]
# Every function in this loop is one that you wrote, or that waits for you. And what did the bend bring?

# %%
gain = 100 * (yours_now[-1] - linear_now[-1])
print(f"linear {linear_now[-1]:.1%}, yours {yours_now[-1]:.1%}", end=": ")
print(f"{gain:+.1f} percentage points")

# %% [markdown]
# That is one run. 2d asks how much another start would change.
#
# **Look inside.** Here are eight of the hundred hidden neurons, those that training has changed most.

# %% jupyter={"source_hidden": true}
noise = random_layers([784, 100, 10], np.random.default_rng(0))[0][0]
added = layers[0][0] - noise
most = np.argsort(-np.abs(added).sum(axis=0))[:8]
figure = plt.figure(figsize=(7, 2.3), layout="constrained")
for axes, shown, title in zip(
    figure.subplots(1, 2),
    (noise, added),
    ("At the start: noise", "What training added: parts of clothes"),
    strict=True,
):
    plot_filters(axes, shown[:, most], (28, 28), columns=4, limit=0.2)
    axes.set_title(title)
show(
    figure,
    alt="Weights of eight hidden neurons as images. At the start all are "
    "noise. What training has added shows outlines and parts of clothes in "
    "blue and orange: collars, sleeves, a gap between legs.",
    width=700,
)

# %% [markdown]
# ## 5 · The same in PyTorch
#
# PyTorch needs four lines for a step: forget the old slopes, forward, backward, step. Here it starts with the same
# weights as your network and takes the same batches. *About 10 s.*

# %%
import torch

limit_threads(1)  # PyTorch too
rng = np.random.default_rng(0)
start = random_layers([784, 100, 10], rng)
model = torch.nn.Sequential(
    torch.nn.Linear(784, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10)
).double()
with torch.no_grad():
    for linear, (weights, bias) in zip(model[::2], start, strict=True):
        linear.weight.copy_(torch.from_numpy(weights.T))
        linear.bias.copy_(torch.from_numpy(bias))

# %%
x = torch.from_numpy(photos).double()
labels = torch.from_numpy(kinds).long()
optimizer = torch.optim.SGD(model.parameters())
for rate in rates:
    optimizer.param_groups[0]["lr"] = rate
    order = rng.permutation(len(x))
    for first in range(0, len(x), batch_size):
        batch = order[first : first + batch_size]
        optimizer.zero_grad()
        answers = model(x[batch])
        torch.nn.functional.cross_entropy(answers, labels[batch]).backward()
        optimizer.step()

theirs = model[0].weight.detach().numpy().T
difference = np.abs(theirs - layers[0][0]).max()
print(f"after 8 epochs, largest difference of a weight: {difference:.0e}")

# %% [markdown]
# A difference this tiny is rounding: the two networks are the same. (It is larger if your loop shuffles another way.)
#
# From chapter 3 on the course writes `fit(recipe, data)` for such a loop. The recipe lists what your cells did. Two of
# its lines switch off what later chapters bring.

# %%
recipe = Recipe(
    hidden_layers=(100,),
    activation="relu",
    initialization="lecun_normal",  # 1 / sqrt(fan_in), as yours
    normalization="none",  # chapter 3
    drop_rate=0.0,  # chapter 5
    optimizer="gradient_descent",
    learning_rate=0.1,
    schedule="step",  # a tenth of it after 6 epochs of 313 steps
    schedule_steps=(6 * 313,),
    batch_size=batch_size,
    epochs=8,
)

# %% [markdown]
# The same recipe runs on two **engines**: NumPy, as you wrote it, or PyTorch. *About 10 s.*

# %%
for engine in ("numpy", "torch"):
    run = fit(recipe, clothes, engine=engine, device="cpu", progress=False)
    last = run.history[-1]["validation_accuracy"]
    print(f"{engine}: {last:.1%} of new photos right")
print(f"yours: {yours_now[-1]:.1%}, from another random start")

# %% jupyter={"source_hidden": true}
Quiz(
    "All weights start at 0.03. After a thousand steps, how many different "
    "hidden neurons are there among the hundred?",
    {
        "A hundred, training tells them apart": "What would? Equal neurons "
        "get equal slopes, in every step.",
        "Two or three": "For two to differ, their slopes would have to "
        "differ once. They never do.",
        "One": "Right. They start equal, get equal slopes, and stay equal.",
    },
    correct="One",
)

# %% [markdown]
# **Say it back.** Softmax and cross-entropy make a loss for kinds; random weights make neurons different; batch,
# forward, loss, backward, step, and again.

# %%
board(
    linear_trained=linear_now[-1],
    network=yours_now[-1],
    seconds=seconds / len(rates),
)

# %% [markdown]
# **Next:** [2d, can you trust it?](02d_can_you_trust_it.ipynb) The curve goes up. Does that prove that the gradient is
# right, that the rate is good, and that it will be as good tomorrow?
