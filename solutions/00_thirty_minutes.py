# %% [markdown]
# # Chapter 0 · Thirty minutes
#
# In 2017 an article promised to explain deep neural networks in thirty minutes: what a network is, what training is,
# the three problems of training, their cures, and one configuration to begin with. Here they are, in thirty minutes.
#
# One thing is different. What is said here is computed on your machine while you read, or it was measured, and the
# measurement stands beside it. Sometimes it says that the article is wrong.
#
# **When you are done, you can**
#
# 1. say what a neuron, a network and training are, and work out a small network's answer;
# 2. name the three problems of training, and what helps against each;
# 3. say which of the article's advice was measured to help, and which was not;
# 4. choose the chapter in which you want to go deep.
#
# **Time:** about 30 minutes of reading and trying. There is nothing to solve.
#
# **You need:** a little Python.
#
# **How it works.** Run the cells from the top with Shift + Enter; the first one takes some seconds. Cells that only
# draw have their code folded away. Now and then you are asked to guess: do it. A wrong guess is remembered better than
# a right sentence. Each part ends with the chapter that goes deep.
#
# | Part | About | In depth |
# |---|---|---|
# | 1 and 2 | what a network is | [chapter 1](01_neurons.ipynb) |
# | 3 | what training is | [chapter 2](02_training.ipynb) |
# | 4 | gradients that vanish or explode | [chapter 3](03_unstable_gradients.ipynb) |
# | 5 | training that takes too long | [chapter 4](04_speed.ipynb) |
# | 6 | overfitting | [chapter 5](05_overfitting.ipynb) |
# | 7 and 8 | one configuration to begin with, and what holds of it | [chapter 6](06_default_configuration.ipynb) |

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML

from course_lib.data import (
    Dataset,
    Split,
    article_network,
    load_fashion_mnist,
)
from course_lib.experiments.layer_flow import layer_flow
from course_lib.experiments.storage import load_measurement
from course_lib.explorers.neuron import NeuronExplorer
from course_lib.explorers.optimizer_race import OptimizerRaceExplorer
from course_lib.explorers.overfitting_laboratory import (
    OverfittingLaboratory,
)
from course_lib.explorers.prediction import Prediction, recall
from course_lib.plots import show, style
from course_lib.plots.claims import print_findings
from course_lib.plots.images import plot_image_grid
from course_lib.plots.measurements import effect_text
from course_lib.plots.network_drawing import draw_network
from course_lib.plots.training import plot_curves
from course_lib.recipe import Recipe
from course_lib.engine.numpy_backend import Network
from course_lib.threads import limit_threads
from course_lib.training import fit

# in networks this small one thread is faster than several that wait
limit_threads(1)


# %% [markdown]
# ## 1 · A neuron
#
# A **neuron** takes some numbers in and gives one number out. It multiplies each input by a **weight**, adds up the
# products, adds a **bias**, and bends the sum with an **activation function**. The most common one is **ReLU**:
# negative sums become 0, others stay as they are.
#
# $$a = \max(w_1 x_1 + w_2 x_2 + b,\ 0)$$
#
# With the inputs 3 and 4, the weights 1 and −1 and the bias 9: $3 - 4 + 9 = 8$, and $\max(8, 0) = 8$.
#
# **Touch it.** The plane shows all pairs of inputs. Move a weight: the border turns. Move the bias: it slides.

# %%
NeuronExplorer()

# %% [markdown]
# So a neuron divides its inputs into two sides, and answers more strongly the farther a point lies on the blue one.
# That is all it can do. In depth: [chapter 1](01_neurons.ipynb).
#
# ## 2 · A network
#
# A **network** is neurons in **layers**. What one layer gives is what the next one takes. The layers between the inputs
# and the outputs are called **hidden**; a network with several of them is **deep**. The article has an exercise that
# shows all of it: two inputs, two hidden neurons, two outputs, ReLU everywhere.

# %% jupyter={"source_hidden": true}
Prediction(
    "exercise",
    "The inputs are 3 and 4. The first hidden neuron gives max(3·1 + "
    "4·(−1) + 9, 0) = 8, the second one max(3·2 + 4·0 − 3, 0). What does "
    "the second one give?",
    choices=["0", "3", "6", "9"],
)

# %%
exercise = article_network()
sums = exercise.x @ exercise.hidden_weights + exercise.hidden_biases
hidden = np.maximum(sums, 0)
sums = hidden @ exercise.output_weights + exercise.output_biases
outputs = np.maximum(sums, 0)
print("hidden", hidden, "  outputs", outputs)

# %% jupyter={"source_hidden": true}
recall(
    "exercise",
    answer=f"{hidden[1]:.0f}. The outputs are then {outputs[0]:.0f} and "
    f"{outputs[1]:.0f}.",
)

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(7.5, 3.6))
draw_network(
    axes,
    [exercise.hidden_weights, exercise.output_weights],
    [exercise.hidden_biases, exercise.output_biases],
    values=[exercise.x, hidden, outputs],
    names=[["x1", "x2"], ["n1", "n2"], ["y1", "y2"]],
)
axes.set_title("Four neurons: six numbers in, in between and out")
show(
    figure,
    alt="The article's network: inputs 3 and 4, hidden neurons 8 and 3, "
    "outputs 46 and 0, each weight on its line.",
)

# %% [markdown]
# Each layer is one line of NumPy: `x @ W + b`, then the bend. In PyTorch it is the same arithmetic:

# %%
import torch

x = torch.tensor(exercise.x)
weights = torch.tensor(exercise.hidden_weights)
biases = torch.tensor(exercise.hidden_biases)
theirs = torch.relu(x @ weights + biases).numpy()
difference = np.abs(theirs - hidden).max()
print("PyTorch's hidden layer", theirs, "  difference", difference)

# %% [markdown]
# Why bend at all? Without the bend two layers would be a sum of sums, which one layer can do alone. In depth:
# [chapter 1](01_neurons.ipynb).
#
# ## 3 · Training
#
# In the exercise the weights were given. **Training** goes the other way: inputs and right answers are known, weights
# and biases are wanted. It works in small steps.
#
# 1. Start with random weights.
# 2. Compute what the network answers. The **loss** is one number that says how wrong it is.
# 3. Compute the **gradient**: for each weight, how fast the loss grows when that weight grows.
# 4. Move every weight a little against its gradient. How far is set by the **learning rate**. Begin again at 2.
#
# **By hand,** with one weight, no bias and no bend: the input is 2, the right answer 10, the weight 1. The network says
# 2, it is off by −8, and the loss is the square, 64. The gradient is $2 \cdot (-8) \cdot 2 = -32$: growing the weight
# makes the loss fall. With a learning rate of 0.1 the new weight is $1 + 3.2 = 4.2$, the answer 8.4, the loss 2.56.

# %%
weight = 1.0
for step in range(1, 6):
    error = weight * 2 - 10
    weight -= 0.1 * 2 * error * 2  # the learning rate times the gradient
    print(
        f"step {step}: loss before {error**2:8.4f}, new weight {weight:.4f}"
    )

# %% [markdown]
# With millions of weights it is the same step, for a **batch** of some dozen examples at a time. All gradients come out
# of one sweep from the last layer back to the first, **back-propagation**, and then all weights move together. (The
# article says that one layer is changed first, and then the one before it. It is one step for all.)
#
# Here are real images: Fashion-MNIST, ten kinds of clothes, 28 × 28 pixels each. A network with one hidden layer gets
# the 784 pixels of an image, and has an output for each kind.

# %%
data = load_fashion_mnist()
recipe = Recipe(
    hidden_layers=(100,),
    activation="sigmoid",
    initialization="xavier_normal",
    normalization="none",
    drop_rate=0.0,
    optimizer="gradient_descent",
    learning_rate=0.1,
    epochs=3,
)
first = fit(recipe, data, progress=False)
# which of the ten outputs is largest
guesses = first.network.logits(data.validation.x[:12]).argmax(axis=1)

# %% jupyter={"source_hidden": true}
figure = plt.figure(figsize=(10, 3.8), layout="constrained")
titles = [
    data.class_names[guess]
    + ("" if guess == label else f"\n(no: {data.class_names[label]})")
    for guess, label in zip(
        guesses, data.validation.labels[:12], strict=True
    )
]
plot_image_grid(figure, data.validation.x[:12], titles, data.image_shape)
reached = first.history[-1]["validation_accuracy"]
figure.suptitle(
    f"After three passes over 10,000 images it is right in {reached:.0%} "
    "of new ones"
)
show(
    figure,
    alt="Twelve small images of clothes with the network's answers as "
    f"titles. Wrong here: {sum(guesses != data.validation.labels[:12])} of "
    "12.",
)

# %% [markdown]
# Those are images that it was not trained with: **validation data**. What a network does with the training images says
# little; it may have learned them by heart. In depth: [chapter 2](02_training.ipynb).
#
# ## 4 · The first problem: gradients that vanish
#
# Deeper should be better. The same network, with ten hidden layers of 50 neurons in place of one:

# %% jupyter={"source_hidden": true}
Prediction(
    "deep",
    "Ten hidden layers of sigmoid neurons, the same three passes over the "
    "images. The validation accuracy is then…",
    choices=[
        "Higher than with one layer",
        "About the same",
        "A good deal lower",
        "10%, as if it guessed",
    ],
)

# %%
deep_recipe = recipe.replace(hidden_layers=(50,) * 10)
deep = fit(deep_recipe, data, progress=False)

# %% jupyter={"source_hidden": true}
recall(
    "deep",
    answer=f"{deep.history[-1]['validation_accuracy']:.0%}. With ten "
    "kinds, guessing gives 10%.",
)

# %% [markdown]
# Why? On the way back each layer multiplies the gradient by its weights and by the slope of its activation. The slope
# of the **sigmoid**, an S-shaped bend, is at most 1/4. Where the weights do not make up for it, ten such factors in a
# row leave little for the first layer: the gradient **vanishes**. With large weights it can also grow in every layer
# and **explode**.
#
# The article's cures:
#
# - **Starting weights** of the right size, in place of N(0, 1), numbers of mean 0 and spread 1: Xavier's for sigmoid
#   and tanh, He's for ReLU and its relatives.
# - **An activation that keeps a slope**: ELU, leaky ReLU, ReLU.
# - **Batch normalization**: give each neuron's sums mean 0 and spread 1 over the batch, then let it learn another scale
#   and shift.
# - **Gradient clipping**: shorten gradients that are too long.

# %%
cured_recipe = deep_recipe.replace(
    activation="elu", initialization="he_normal", normalization="batch"
)
cured = fit(cured_recipe, data, progress=False)
x, labels = data.train.x[:200], data.train.labels[:200]
both = {"sigmoid, Xavier": deep_recipe, "ELU, He, batch norm": cured_recipe}
sizes = {
    name: layer_flow(Network(one, 784, 10), x, labels).gradient_size
    for name, one in both.items()
}

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
plot_curves(axes, np.arange(1, 11), sizes, log=True, markers=True)
axes.set(
    xlabel="hidden layer, from the input",
    ylabel="size of the gradient (log scale)",
    xlim=(0.7, 13.5),
)
axes.set_ylim(top=10 * max(values.max() for values in sizes.values()))
axes.set_xticks(range(1, 11))
fell = sizes["sigmoid, Xavier"][-1] / sizes["sigmoid, Xavier"][0]
fell = int(float(f"{fell:.1g}"))  # one digit says enough
axes.set_title(
    "Before training, sigmoid: from layer 10 to layer 1 the gradient "
    f"shrinks about {fell:,}-fold"
)
show(
    figure,
    alt="Size of the gradient by layer on a log axis. With sigmoid and "
    f"Xavier it falls by a factor of about {fell:,} from the last hidden "
    "layer to the first; with ELU, He and batch norm it stays about level.",
)

# %%
for name, run in zip(both, (deep, cured), strict=True):
    accuracy = run.history[-1]["validation_accuracy"]
    print(f"{name:22} validation accuracy {accuracy:.1%}")

# %% [markdown]
# One run each is an anecdote. So the course measures: many runs with different random starts, every arm at its own best
# learning rate, and an **interval** that holds the true mean in 95 of 100 such measurements. "+3.0 [2.9, 3.1]" is a
# mean and its interval. For each claim one comparison is named beforehand: what somebody would try first. A remedy
# *helps* there if the whole interval lies above 0, and *clearly helps* if it lies above the smallest effect that
# matters. Other settings are counted as "elsewhere". Three of the article's claims on this problem. (A decade is a
# factor of ten.)

# %%
names = "xavier_keeps_signal", "batch_norm_accuracy", "activation_order"
print_findings(load_measurement(name) for name in names)

# %% [markdown]
# "It helps here, and not there" is the usual answer. Xavier's weights are no cure for sigmoid; batch norm rescues deep
# sigmoid networks, and adds little or nothing with two layers. In depth, with clipping and networks that read
# sequences: [chapter 3](03_unstable_gradients.ipynb).
#
# ## 5 · The second problem: it is slow
#
# Three ways to be faster, says the article: **reuse** a network that somebody has trained and exchange its last layer;
# **pretrain** without labels; or take a better **optimizer**.
#
# Plain **gradient descent** steps against the gradient. **Momentum** adds up past gradients, so that steps that agree
# grow longer. **Adam** also divides each weight's step by the usual size of its gradient, so that flat directions get
# on as well. Three relatives run with them. All six have the same learning rate at first; then give each its best one
# ("rates"). Press Start:

# %%
OptimizerRaceExplorer()

# %% jupyter={"source_hidden": true}
Prediction(
    "adam",
    "The article: Adam converges much faster than gradient descent. "
    "Against momentum, with both at their best learning rates, on images: "
    "Adam needs…",
    choices=[
        "A quarter of the steps",
        "Half of the steps",
        "About as many: no clear difference",
        "More steps",
    ],
)

# %%
speed = load_measurement("adam_speed")
for opponent in ("gradient descent", "momentum"):
    label = f"mini-batch images, standardized, over {opponent}"
    effect = speed.effect(label)
    gain = effect_text(effect.mean, effect.low, effect.high, speed.unit)
    print(f"Adam over {opponent:17} {gain} of the speed")

# %% jupyter={"source_hidden": true}
over = speed.effect("mini-batch images, standardized, over momentum")
words = speed.words(over)
if "helps" in words:
    verdict = "Fewer steps"
elif "harms" in words:
    verdict = "More steps"
else:
    verdict = "No clear difference"
recall(
    "adam",
    answer=f"{verdict}. The effect is "
    f"{effect_text(over.mean, over.low, over.high, speed.unit)}, and less "
    f"than {speed.smallest_effect:g} would be too little to matter.",
)

# %% [markdown]
# A doubling of +1 means half of the steps. Plain gradient descent needs about one and a half times the steps: slower,
# but hardly "much". Whether momentum is slower, too, cannot be told here.

# %% [markdown]
# And does reuse help?

# %%
print_findings([load_measurement("reuse_near_source")])

# %% [markdown]
# That is how many networks begin today, from others far larger than ours.

# %% [markdown]
# And does pretraining without labels help?

# %%
print_findings([load_measurement("pretraining_helps")])

# %% [markdown]
# Where it clearly helps the networks are of sigmoids; with ELU it brings little. Layer by layer, as the article has it,
# that is history. In depth, with GPUs and several processes:
# [chapter 4](04_speed.ipynb).
#
# ## 6 · The third problem: overfitting
#
# A large network can learn its training images by heart. To see it, take 1,000 images, and give 40% of them a label
# that was drawn at random. There is nothing to learn in those labels. *About 5 s.*

# %%
rng = np.random.default_rng(0)
labels = data.train.labels[:1000].copy()
redrawn = rng.random(1000) < 0.4
labels[redrawn] = rng.integers(0, 10, redrawn.sum())
noisy = Dataset(
    Split(data.train.x[:1000], labels),
    data.validation,
    class_names=data.class_names,
    image_shape=data.image_shape,
)
large = Recipe(
    hidden_layers=(256, 128),
    activation="relu",
    normalization="none",
    drop_rate=0.0,
    epochs=40,
)
runs = {
    "no remedy": fit(large, noisy, progress=False),
    "dropout": fit(large.replace(drop_rate=0.5), noisy, progress=False),
}

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    1, 2, figsize=(10.5, 3.6), sharey=True, layout="constrained"
)
for axes, (name, run) in zip(grid, runs.items(), strict=True):
    parts = {
        "training": "train_accuracy",
        "validation": "validation_accuracy",
    }
    curves = {
        part: [100 * row[name] for row in run.history]
        for part, name in parts.items()
    }
    plot_curves(
        axes,
        np.arange(1, 41),
        curves,
        colors={"training": style.TRAIN, "validation": style.VALIDATION},
    )
    last = {part: values[-1] for part, values in curves.items()}
    axes.set(
        xlabel="epoch (pass over the images)", xlim=(0, 56), ylim=(0, 102)
    )
    axes.set_title(
        f"{name}: {last['training']:.0f}% of the training labels,\n"
        f"{last['validation']:.0f}% of new images"
    )
grid[0].set_ylabel("accuracy (%)")
show(
    figure,
    alt="Accuracy over 40 epochs. Without a remedy the training accuracy "
    "climbs on while the validation accuracy falls after its best epoch. "
    "With dropout the training accuracy stays lower and the validation "
    "accuracy falls less.",
)

# %%
for name, run in runs.items():
    by_epoch = [row["validation_accuracy"] for row in run.history]
    best = int(np.argmax(by_epoch))
    print(
        f"{name:10} best on new images: {by_epoch[best]:.1%} in epoch "
        f"{best + 1}, at the end {by_epoch[-1]:.1%}"
    )

# %% [markdown]
# Without a remedy it gets better at the training labels, the wrong ones too, and worse at everything else:
# **overfitting**. (With dropout new images come out better than the training labels, of which more than a third are
# wrong.) The remedies of the article:
#
# - **Early stopping:** keep the parameters from where the validation result was best.
# - **L1 and L2:** add a penalty on large weights to the loss.
# - **Dropout:** in every training step random neurons sit out, so that none can rely on another.
# - **Max-norm:** bound the length of each neuron's weights.
# - **More data:** shift and mirror the training images.
#
# **Touch it.** Here are points of two classes, some with a wrong label, and a network that learns them. Press Start and
# watch the black boundary bend around the wrong labels. Then switch on one remedy after the other.

# %%
OverfittingLaboratory()

# %%
print_findings([load_measurement("early_stopping_helps")])

# %% jupyter={"source_hidden": true}
Prediction(
    "dropout",
    "The article: dropout steadily adds 2% to the accuracy. Measured in "
    "five settings, each at its best learning rate. In how many does it "
    "surely add more than one point?",
    choices=["In all five", "In some of them", "In none"],
)

# %%
two_points = load_measurement("dropout_adds_two_points")
print_findings([two_points])

# %% jupyter={"source_hidden": true}
sure = [
    one
    for one in two_points.effects
    if two_points.words(one) == "clearly helps"
]
recall(
    "dropout",
    answer=f"In {len(sure)} of {len(two_points.effects)}. Points added: "
    + "; ".join(
        f"{one.label} {effect_text(one.mean, one.low, one.high)}"
        for one in two_points.effects
    )
    + ".",
)

# %% [markdown]
# A remedy helps where there is something to remedy: a run at Adam's usual learning rate that goes on until it has
# learned the wrong, "redrawn" labels. At a smaller rate less of it is left, and with clean labels early stopping and
# dropout gain little or nothing. In
# depth: [chapter 5](05_overfitting.ipynb).
#
# ## 7 · The default configuration
#
# At the end the article names one configuration to begin with: He's starting weights, ELU, batch normalization,
# dropout, and Adam. In this course that is `Recipe()`. Here with three passes, like the networks before:

# %%
began = time.perf_counter()
default = fit(Recipe(epochs=3), data, progress=False)
seconds = time.perf_counter() - began
shallow, sick, cure = (
    run.history[-1]["validation_accuracy"] for run in (first, deep, default)
)
print(f"the first network     {shallow:.1%} of new images")
print(f"ten sigmoid layers    {sick:.1%}")
print(f"the default           {cure:.1%}, in {seconds:.1f} s")

# %% [markdown]
# That was no fair comparison: other sizes, and no rate was tuned. But you know now what each of the five words does,
# and which problem it is for. Is it the best one?

# %% jupyter={"source_hidden": true}
Prediction(
    "default",
    "Measured on 40,000 images, with a learning rate that falls to 0, each "
    "at its best one: against a network of sigmoid, N(0, 1) and gradient "
    "descent, and against plain He, ReLU and Adam, the default is…",
    choices=[
        "Better than both",
        "Better than the first only",
        "Better than neither",
    ],
)

# %%
all_images = load_measurement("default_on_all_images")
better = []
for rival in ("naive", "He, ReLU, Adam", "2026"):
    effect = all_images.effect(f"40,000 images, over {rival}")
    gain = effect_text(
        effect.mean, effect.low, effect.high, all_images.unit
    )
    print(f"the default over {rival:15} {gain}")
    if "helps" in all_images.words(effect):
        better.append(rival)

# %% jupyter={"source_hidden": true}
listed = ", ".join(better) or "none"
recall(
    "default",
    answer=f"Of three rivals it is better than: {listed}; the differences "
    "are printed above. "
    '("Naive" is sigmoid, N(0, 1) and gradient descent; 2026 is what '
    "people take today.)",
)

# %% [markdown]
# It is a place to begin, and not the end. Some of its parts do the same work twice, and it does not say how the
# learning rate should fall over the run. In depth, with the parts taken out one by one and in pairs:
# [chapter 6](06_default_configuration.ipynb).
#
# ## 8 · What holds of it
#
# The course measures the claims that it makes, the article's and some more. Each row has the answer of one comparison:
# what somebody would try first. Where *it cannot be told*, the interval is too wide. In other settings the answer can
# be another one; [CLAIMS.md](../CLAIMS.md) has them all. Some words in the table come only in the chapters.

# %% jupyter={"source_hidden": true}
from course_lib.ledger.claims_file import notebook_table
from course_lib.ledger.entries import (
    count_line,
    entries,
    is_of_the_article,
)

claims = entries()
HTML(
    f"<p>{count_line(claims)} The article's own:</p>"
    + notebook_table(
        [claim for claim in claims if is_of_the_article(claim)],
        effects=False,
    )
)

# %% [markdown]
# That was the article, in thirty minutes. You can now say what a network is, what training does, what goes wrong and
# what helps. What you cannot yet do is to predict *when* it helps, and to write it yourself. That takes longer, and it
# is what the chapters are for. Begin with [chapter 1](01_neurons.ipynb).
#
# ### Sources
#
# The papers behind each idea are listed in its chapter. The images are Fashion-MNIST: H. Xiao, K. Rasul, R. Vollgraf,
# [arXiv:1708.07747](https://arxiv.org/abs/1708.07747) (2017).
