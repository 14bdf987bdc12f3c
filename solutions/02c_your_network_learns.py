# %% [markdown]
# # 2c · Your network learns
#
# Tonight everything comes together. You write the last three parts, and your own network learns to recognize clothes,
# from 10,000 photos, in about ten seconds.
#
# **When you are done, you can**
#
# 1. turn any numbers into probabilities, and say how wrong they are;
# 2. say why weights start at random, and what happens when they don't;
# 3. write a training loop, and know three mistakes that hide in it;
# 4. say what your network gained over the linear one.
#
# **Time:** 44 minutes with its three exercises.
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
from course_lib.plots import show
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
# not "off by 2". So the network gets one output for each kind. These ten sums are called **logits**: any numbers, and
# larger means "more likely this one". **Softmax** turns them into probabilities, and the **cross-entropy** asks how
# much was given to the true kind:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}} \qquad\qquad L = \frac1n \sum_{i=1}^n -\log p_{i,\,\text{true kind of } i}$$
#
# Here $z$ are the logits, (batch, kinds), $p$ the probabilities, and $\log$ is the natural logarithm.
#
# **By hand.** Let the logits be $\log 4$, $\log 2$ and $\log 1$, so that $e^z$ is 4, 2 and 1. They add up to 7, and the
# probabilities are 4/7, 2/7 and 1/7. If kind 0 is true, the loss is $-\log(4/7) \approx 0.56$. If kind 2 is true, it is
# $-\log(1/7) \approx 1.95$: being wrong and sure is expensive.

# %% jupyter={"source_hidden": true}
Prediction(
    "blank",
    "A network that knows nothing gives each of the ten kinds the same "
    "probability. What is its loss?",
    choices=["0", "0.1", "about 2.3", "10"],
)

# %% [markdown]
# The slope of this loss over the logits is short and beautiful: **the probabilities, minus 1 at the true kind**, over
# $n$. For the example with kind 0: $(4/7 - 1,\ 2/7,\ 1/7)$. Too much given to a wrong kind is pulled down, too little
# to the true one is pulled up.
#
# ### Exercise 2.6 · Softmax cross-entropy that survives
#
# *10 minutes.* **Purpose:** write the loss of nearly every classifier, so that no logit can break it.
#
# `logits` is (batch, classes), `labels` is (batch,), whole numbers. Return the loss, a number, and its gradient over
# the logits, an array like `logits`. $e^{10000}$ is more than a computer can hold, so: subtract the largest logit of
# each row first. Softmax does not change, because it cancels in the fraction. And labels that are not whole numbers
# must raise an error. *Kept in your `my_network.py`.*
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
    "network that starts far above it has a fault.",
)

# %% [markdown]
# ## 2 · Why start at random?
#
# The network has 784 inputs, 100 hidden neurons and 10 outputs: 79,510 parameters. Where should they start? Zero looks
# fair.

# %% jupyter={"source_hidden": true}
Prediction(
    "zeros",
    "All weights start at 0, and the network is trained for one pass over "
    "the photos. How many new photos does it get right?",
    choices=["about 80%", "about 50%", "about 10%, as by guessing"],
)

# %%
zeros = [
    [np.zeros((784, 100)), np.zeros(100)],
    [np.zeros((100, 10)), np.zeros(10)],
]
for start in range(0, 10_000, 100):
    batch = slice(start, start + 100)
    values = forward(photos[batch], zeros)
    _, slopes = cross_entropy(values[-1], kinds[batch])
    gradients = network_backward(values, zeros, slopes)
    zeros = [
        [weights - 0.1 * of_weights, bias - 0.1 * of_bias]
        for (weights, bias), (of_weights, of_bias) in zip(
            zeros, gradients, strict=True
        )
    ]
guesses = forward(new_photos, zeros)[-1].argmax(axis=1)
print(f"right: {np.mean(guesses == new_kinds):.1%}")
print("weights that are still 0:", f"{np.mean(zeros[0][0] == 0):.0%}")

# %% jupyter={"source_hidden": true}
recall(
    "zeros",
    answer=f"About 10%: {np.mean(guesses == new_kinds):.1%}. Not one "
    "weight has moved.",
)

# %% [markdown]
# A weight's slope is the number at its start times the slope at its end. With zeros the hidden outputs are 0, so the
# second layer's slopes are 0. Its weights are 0, so nothing comes back to the first layer. Any other *equal* start is
# hardly better: all hidden neurons compute the same, get the same slope, and stay equal for ever. A hundred neurons
# then do the work of one. So the start must be **different** for each neuron, and random is the simplest way to be
# different.
#
# How large? A sum of $n$ random products grows like $\sqrt n$. So the usual start has mean 0 and the standard deviation
# $1 / \sqrt{\text{fan\_in}}$, which keeps the sums of each layer about as large as its inputs. (Chapter 3 does this
# carefully.) Biases may start at 0.
#
# ### Exercise 2.7 · A random start
#
# *5 minutes.* **Purpose:** give your network its first weights.
#
# `sizes` is a list like `[784, 100, 10]`, `rng` a NumPy generator. Return the layers, `[[weights, bias], ...]`. *Kept
# in your `my_network.py`.*
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
print(f"loss at the start: {loss:.2f}, a little above {blank_loss:.2f}")

# %% [markdown]
# ## 3 · The loop
#
# Using all 10,000 photos for one step would be slow. So take a **mini-batch**, some dozens of photos drawn at random.
# Its gradient is noisy, but it costs little, and you can take many steps. One pass over all photos is an **epoch**.
# Each step is the same five lines: *batch, forward, loss, backward, step.*
#
# ### Exercise 2.8 · Mend the training loop
#
# *10 minutes.* **Purpose:** write the loop that trains your network, and know what goes wrong in silence.
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
    """One pass over the examples, shuffled by rng, a step a batch. Returns
    the new layers; those that were given stay as they are.
    """
    # BEGIN SOLUTION
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        values = forward(x[batch], layers)
        slope = cross_entropy(values[-1], labels[batch])[1]
        gradients = network_backward(values, layers, slope)
        moved = []
        for position, (weights, bias) in enumerate(layers):
            weight_slope, bias_slope = gradients[position]
            weights = weights - learning_rate * weight_slope
            bias = bias - learning_rate * bias_slope
            moved.append([weights, bias])
        layers = moved
    return layers
    # INSTEAD
    # order = rng.permutation(len(x))
    # for start in range(0, len(x) - batch_size, batch_size):
    #     batch = order[start : start + batch_size]
    #     values = forward(x[batch], layers)
    #     true = labels[start : start + batch_size]
    #     slope = cross_entropy(values[-1], true)[1]
    #     gradients = network_backward(values, layers, slope)
    #     moved = []
    #     for position, (weights, bias) in enumerate(layers):
    #         weight_slope, bias_slope = gradients[position]
    #         weights = weights + learning_rate * weight_slope
    #         bias = bias + learning_rate * bias_slope
    #         moved.append([weights, bias])
    #     layers = moved
    # return layers
    # END SOLUTION


# %%
check("2.8", train_epoch)

# %% [markdown] tags=["solution"]
# **Worked solution.** *Labels in another order:* photos come shuffled and labels do not, so the network learns
# nonsense, and its loss still falls a little. *The last batch left out:* `len(x) - batch_size` ends the range early.
# *Uphill:* the slope is added. Only the third one shows at once, as a loss that grows.

# %% [markdown]
# ## 4 · It learns
#
# First the **linear network**, 784-10, which cannot bend; then yours, 784-100-10. Both take the same steps: six epochs
# with the learning rate 0.1, then two with a tenth of it.

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
train_epoch = yours("2.8")
rates, batch_size = [0.1] * 6 + [0.01] * 2, 32
curve = LiveCurve("epoch", "right on new photos", "Learning", 8, (0.6, 0.9))
trained, seconds = {}, {}
for name, sizes in {"linear": [784, 10], "yours": [784, 100, 10]}.items():
    rng = np.random.default_rng(0)
    layers = random_layers(sizes, rng)
    began = time.perf_counter()
    for rate in rates:
        layers = train_epoch(photos, kinds, layers, rate, batch_size, rng)
        guesses = forward(new_photos, layers)[-1].argmax(axis=1)
        curve.add(name, np.mean(guesses == new_kinds))
    seconds[name] = (time.perf_counter() - began) / len(rates)
    trained[name] = layers
keep_layers(trained["yours"])

# %% jupyter={"source_hidden": true}
yours_now = curve.curves["yours"]
recall(
    "smaller-steps",
    answer="It jumps about less, and is higher: "
    f"{yours_now[5]:.1%} after six epochs, {yours_now[7]:.1%} after eight. "
    "Each mini-batch pulls a little to its own side, and long steps follow "
    "it too far.",
)

# %% [markdown]
# Every function in this loop is one that you wrote, or that waits for you. And the bend pays: your network ends above
# the linear one, which has ten pictures and no more.
#
# **Look inside.** Here are sixteen of the hundred hidden neurons, before training and after it.

# %% jupyter={"source_hidden": true}
figure = plt.figure(figsize=(10, 2.9), layout="constrained")
for axes, shown, title in zip(
    figure.subplots(1, 2),
    (random_layers([784, 100, 10], np.random.default_rng(0)), layers),
    ("at the start: noise", "after training: parts of clothes"),
    strict=True,
):
    plot_filters(axes, shown[0][0][:, :16], (28, 28), columns=8, limit=0.2)
    axes.set_title(title)
    axes.set(xticks=[], yticks=[])
show(
    figure,
    alt="Weights of sixteen hidden neurons as images. At the start all "
    "are noise. After training many show soft blue and red areas in the "
    "shape of sleeves, legs, soles and edges.",
)

# %% [markdown]
# ## 5 · The same in PyTorch
#
# PyTorch needs four lines for a step: forget the old slopes, forward, backward, step. It starts with your weights and
# takes your batches. *About 10 s.*

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
difference = np.abs(theirs - trained["yours"][0][0]).max()
print(f"after 8 epochs, largest difference of a weight: {difference:.0e}")

# %% [markdown]
# The same numbers, up to rounding. From chapter 3 on the course writes `fit(recipe, data)` for such a loop. A recipe
# says what your cells say, and the engine is the course's NumPy or PyTorch. *About 10 s.*

# %%
recipe = Recipe(
    hidden_layers=(100,),
    activation="relu",
    initialization="lecun_normal",  # 1 / sqrt(fan_in), as yours
    normalization="none",
    drop_rate=0.0,
    optimizer="gradient_descent",
    learning_rate=0.1,
    schedule="step",  # a tenth of it from this step on
    schedule_steps=(6 * 313,),
    batch_size=batch_size,
    epochs=8,
)
for engine in ("numpy", "torch"):
    run = fit(recipe, clothes, engine=engine, device="cpu", progress=False)
    last = run.history[-1]["validation_accuracy"]
    print(f"{engine:6} {last:.1%} of new photos right")
print(f"yours  {curve.curves['yours'][-1]:.1%}, with another start")

# %% jupyter={"source_hidden": true}
Quiz(
    "All hundred hidden neurons start with the same weights. After a "
    "thousand steps, how many different neurons are there?",
    {
        "A hundred, training tells them apart": "What would? Equal neurons "
        "get equal slopes, in every step.",
        "Two or three": "Equal neurons with equal outgoing weights stay "
        "equal for ever.",
        "One": "Right. They start equal, get equal slopes, and stay equal.",
    },
    correct="One",
)

# %% [markdown]
# **Say it back.** Softmax and cross-entropy make a loss for kinds; random weights make neurons different; batch,
# forward, loss, backward, step, and again.

# %%
board(
    linear_trained=curve.curves["linear"][-1],
    network=curve.curves["yours"][-1],
    seconds=seconds["yours"],
)

# %% [markdown]
# **Next:** [2d, can you trust it?](02d_can_you_trust_it.ipynb) The curve goes up. Does that prove that the gradient is
# right, that the rate is good, and that it will be as good tomorrow?
