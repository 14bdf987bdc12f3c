# %% [markdown]
# # Chapter 5 · Overfitting
#
# Since chapter 3 the gradients arrive, and since chapter 4 they arrive fast. What is left is the article's third
# problem: a network that is right about everything it has seen, and wrong about much that it has not.
#
# **When you are done, you can**
#
# 1. read training and validation curves, and say what a network suffers from;
# 2. stop a run in time, and keep the right weights;
# 3. write L1, L2, dropout and max-norm, each in a few lines, and say what each does to the weights;
# 4. make more training images out of those you have, and say which changes are allowed;
# 5. tell a network that is right from one that is *sure*;
# 6. tell a gain from noise;
# 7. say for each remedy what was measured: on clean labels, on wrong ones, and on what.
#
# **Time:** about 90 minutes of reading and trying, and 70 more for the eight exercises. Sections 1 and 2, 3 and 4, and
# 5 to 9 make three sittings.
#
# **You need:** chapter 2 (training, validation and test data), chapter 3 (how to read a measurement), and the end of
# section 3 of chapter 4 (weight decay).
#
# **Waits.** A cell that takes longer than a second says so, in seconds on two CPU cores. The first one loads what the
# chapter needs.

# %%
import dataclasses

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, display

from course_lib.learner import check
from course_lib.data import Split, load_digits, load_fashion_mnist, moons
from course_lib.data.label_noise import redraw_labels
from course_lib.experiments import short_runs
from course_lib.experiments.verdicts import interval
from course_lib.experiments.short_runs import CALIBRATION, LOSS
from course_lib.experiments.six_curves import six_curves
from course_lib.experiments.storage import load_measurement
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.plots import show, style
from course_lib.plots.claims import show_measured
from course_lib.plots.decision import grid_points, plot_points, plot_regions
from course_lib.plots.filters import plot_filters
from course_lib.plots.images import plot_image_grid
from course_lib.plots.learning_curves import (
    plot_learning_curves,
    plot_reliability,
)
from course_lib.plots.measurements import effects_table, measurement_rows
from course_lib.plots.printed import print_wrapped
from course_lib.plots.remedies import answers_table
from course_lib.recipe import Recipe
from course_lib.scratch import augmentation, calibration, regularizers
from course_lib.scratch.losses import softmax
from course_lib.engine.numpy_backend import Network
from course_lib.threads import limit_threads
from course_lib.training import Callback, fit

# in networks this small one thread is faster than several that wait
limit_threads(1)
data = load_fashion_mnist()

# %% [markdown]
# ## 1 · Learned by heart
#
# **The question.** Take 600 images of clothes. Throw their labels away, and give each image a new label by the throw of
# a ten-sided die. Now a sneaker is a "dress", and the next sneaker a "bag". There is nothing to understand here. Train
# a network with 256 and 128 hidden units on it.

# %% jupyter={"source_hidden": true}
Prediction(
    "die",
    "600 images, each with a random label. After 60 epochs, the network "
    "gives the label of the die to…",
    choices=[
        "About 10% of its training images",
        "About 30%",
        "About 60%",
        "Nearly all of them",
    ],
)

# %% [markdown]
# *About 3 s.*


# %%
def clothes(n, redrawn=0.0, seed=0):
    """The clothes with n training images, this share of labels redrawn."""
    chosen = np.random.default_rng(seed).permutation(len(data.train))[:n]
    true = Split(data.train.x[chosen], data.train.labels[chosen])
    train, _ = redraw_labels(true, redrawn, data.n_classes, seed)
    return dataclasses.replace(data, train=train)


usual = Recipe(
    hidden_layers=(256, 128),
    activation="relu",
    normalization="none",
    drop_rate=0.0,
)
by_heart = fit(
    usual.replace(epochs=60), clothes(600, redrawn=1.0), progress=False
)


def column(result, name):
    """One column of a run's history: an array with a number an epoch."""
    return np.array([row[name] for row in result.history])


# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
learned, new = (
    100 * column(by_heart, "train_accuracy"),
    100 * column(by_heart, "validation_accuracy"),
)
plot_learning_curves(axes, learned, new)
axes.plot([1, 60], [10, 10], color=style.GRAY, linewidth=1.2, linestyle=":")
axes.annotate(
    "a guess: 10%",
    (46, 10),
    xytext=(0, 8),
    textcoords="offset points",
    color=style.GRAY,
)
axes.set(xlabel="epoch", ylabel="accuracy (%)", ylim=(0, 103), xlim=(0, 72))
axes.set_title(
    f"Labels from a die: {learned[-1]:.0f}% of the training images "
    f"learned, {new[-1]:.0f}% of new ones right"
)
show(
    figure,
    alt="Accuracy over 60 epochs with random labels. On the training "
    f"images it climbs to {learned[-1]:.0f}%; on new images, with their "
    f"true labels, it stays near the 10% of a guess, at {new[-1]:.0f}%.",
)

# %% jupyter={"source_hidden": true}
recall(
    "die",
    answer=f"Nearly all: {learned[-1]:.0f}%. There was nothing to "
    "understand, so it learned 600 answers by heart.",
)

# %% [markdown]
# So a falling training loss does not say that a network has understood anything. (Zhang and others 2017 [1] did this
# with a million images.) With its 235,000 parameters it can store answers. Does it do so too when there *is* something
# to understand? Next come 1,000 images, once with their true labels and once with 40% of the labels **redrawn**: thrown
# away and drawn anew from all ten. (A tenth of those happen to get the true one again.) Validation images keep their
# true labels.

# %% jupyter={"source_hidden": true}
Prediction(
    "when-best",
    "40 epochs with 40% of the training labels redrawn. When is the "
    "accuracy on validation images highest?",
    choices=[
        "In the last epoch",
        "Somewhere in the first half, then it falls",
        "It never gets above 20%",
    ],
)

# %% [markdown]
# *About 5 s.*

# %%
longer = usual.replace(epochs=40, learning_rate=0.003)
runs = {
    "true labels": fit(longer, clothes(1000), progress=False),
    "40% redrawn": fit(longer, clothes(1000, redrawn=0.4), progress=False),
}

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    2,
    2,
    figsize=(10.5, 6.2),
    sharex=True,
    sharey="row",
    layout="constrained",
)
lines = []
for (name, result), (upper, lower) in zip(
    runs.items(), grid.T, strict=True
):
    loss, accuracy = (
        column(result, "validation_loss"),
        100 * column(result, "validation_accuracy"),
    )
    plot_learning_curves(
        upper, column(result, "train_loss"), loss, mark_best=True
    )
    plot_learning_curves(
        lower, 100 * column(result, "train_accuracy"), accuracy
    )
    upper.set_title(
        f"{name}: the validation loss is lowest after epoch "
        f"{loss.argmin() + 1},\nand {loss[-1] / loss.min():.1f} times as "
        "high in the end"
    )
    lower.set_title(
        f"validation accuracy: at best {accuracy.max():.0f}% after epoch "
        f"{accuracy.argmax() + 1},\nin the end {accuracy[-1]:.0f}%"
    )
    lower.set(xlabel="epoch", xlim=(0, 50))
    lines.append(
        f"{name}: lowest validation loss {loss.min():.2f} after epoch "
        f"{loss.argmin() + 1}, last {loss[-1]:.2f}; validation accuracy at "
        f"best {accuracy.max():.0f}% after epoch {accuracy.argmax() + 1}, "
        f"last {accuracy[-1]:.0f}%; training accuracy in the end "
        f"{100 * result.history[-1]['train_accuracy']:.0f}%."
    )
grid[0, 0].set_ylabel("loss")
grid[1, 0].set_ylabel("accuracy (%)")
show(
    figure,
    alt="Training and validation curves over 40 epochs, losses above, "
    "accuracies below. " + " ".join(lines),
)

# %% jupyter={"source_hidden": true}
noisy = 100 * column(runs["40% redrawn"], "validation_accuracy")
recall(
    "when-best",
    answer=f"In the first half: {noisy.max():.0f}% after epoch "
    f"{noisy.argmax() + 1}, and {noisy[-1]:.0f}% in the end. First it "
    "learns what many images have in common, then the errors, one by one.",
)

# %% [markdown]
# This is **overfitting**: the training loss goes on falling, and the validation loss has begun to rise. (The ring is
# its lowest point.) The distance between training and validation, in loss or in accuracy, is the **generalization
# gap**. On the right training looks worse than validation at first: more than a third of the training labels are wrong,
# and the validation labels are true. In the end the network has learned most of the wrong ones, and unlearned a part of
# what it knew. On the left something strange happens: the validation *loss* rises, and the *accuracy* hardly falls.
# Keep that in mind, we come to it in a moment.
#
# ### A boundary that bends
#
# With points in a plane you can watch it. Here are sixty points of two kinds, which overlap: no boundary can be right
# about all the points that are still to come. Three networks, from small to large.

# %%
points, kinds = moons(60, noise=0.35, seed=3)
new_points, new_kinds = moons(4000, noise=0.35, seed=100)


def boundary(hidden_layers, **changes):
    """A network trained on the 60 points for 800 steps, and its accuracy in
    % on these and on 4,000 new ones.
    """
    recipe = usual.replace(hidden_layers=hidden_layers, **changes)
    net = Network(recipe.replace(learning_rate=0.01, seed=1), 2, 2)
    for _ in range(800):
        net.train_step(points, kinds)
    trained = net.evaluate(points, kinds)[1]
    return net, 100 * trained, 100 * net.evaluate(new_points, new_kinds)[1]


by_size = {
    f"{sum(layers)} hidden units": boundary(layers)
    for layers in ((2,), (8,), (100, 50))
}


# %% jupyter={"source_hidden": true}
def draw_boundaries(networks, alt):
    figure, grid = plt.subplots(
        1,
        len(networks),
        figsize=(11, 4.3),
        sharey=True,
        layout="constrained",
    )
    ticks, everywhere = grid_points(-2, 3, 150)
    said = []
    for axes, (name, (net, trained, fresh)) in zip(
        grid, networks.items(), strict=True
    ):
        logits = net.logits(everywhere)
        plot_regions(
            axes, ticks, (logits[:, 1] - logits[:, 0]).reshape(150, 150)
        )
        plot_points(axes, points, kinds, size=45)
        axes.set_title(
            f"{name}: {trained:.0f}% of the 60,\n{fresh:.0f}% of 4,000 new "
            "points"
        )
        axes.set_xlabel("first input")
        said.append(
            f"{name}: {trained:.0f}% of its points right, {fresh:.0f}% of "
            "new ones."
        )
    grid[0].set_ylabel("second input")
    show(figure, alt=f"{alt} {' '.join(said)}")


draw_boundaries(
    by_size,
    alt="Sixty points of two kinds in the plane and the boundaries of "
    "three networks. The smallest draws one bend; the largest draws bays "
    "and tongues around one or a few points.",
)

# %% [markdown]
# The largest network is right about every point, and pays for it with bays and tongues around one or a few. A point is
# where it is partly by rule and partly by accident, and *nothing in the training data says which part is which*. A
# network with enough **capacity**, room to bend, fits both.
#
# **The formula.** What training makes small, and what we want to be small:
#
# $$L_{\text{train}} = \frac{1}{n}\sum_{i=1}^{n} \ell(f(x_i), y_i)$$
#
# $$L_{\text{new}} = \text{mean of } \ell(f(x), y) \text{ over all that will come}$$
#
# | Symbol | Meaning |
# |---|---|
# | $x_i$, $y_i$, $n$ | a training image, its label, how many there are |
# | $f(x)$ | what the network answers |
# | $\ell$ | the loss of one answer, cross-entropy for example |
# | $L_{\text{new}} - L_{\text{train}}$ | the generalization gap |
#
# Nobody can compute $L_{\text{new}}$. Validation data estimate it, as long as they were used neither to train nor to
# choose.
#
# **By hand.** A rule gives 10 training examples their labels, and 2 of the 10 are typed in wrong. Network A has found
# the rule: it is right about 8 of its 10 training examples, and about *all* new ones. Network B knows the ten by heart,
# and gives a new example the label of the most similar old one: 10 of 10, and 8 of 10 new ones. By training accuracy B
# wins. (New examples count with their true labels.)
#
# ### Capacity against data
#
# When does a network learn its examples by heart, and when does it learn the rule? Three widths, four numbers of
# images, two seeds. The more images, the more steps, so that each image is seen 50 times. (With ELU: of four ReLU units
# some would die, as in chapter 3.) *About 10 s.*

# %% jupyter={"source_hidden": true}
Prediction(
    "gap",
    "You have 100 training images and a network of 64 units that overfits. "
    "What closes the gap between training and new images more: 4 units in "
    "place of 64, or 3,000 images in place of 100?",
    choices=["4 units", "3,000 images", "Both about the same"],
)

# %%
COUNTS, WIDTHS = (100, 300, 1000, 3000), (4, 16, 64)
# (units, images): accuracies in % on the training images and on new ones,
# mean of two seeds
measured = {}
for n in COUNTS:
    part = clothes(n)
    with_elu = usual.replace(activation="elu", learning_rate=0.003)
    recipes = [
        with_elu.replace(hidden_layers=(units,), seed=seed)
        for units in WIDTHS
        for seed in (0, 1)
    ]
    steps = 50 * int(np.ceil(n / usual.batch_size))  # 50 epochs
    trained = short_runs.train(recipes, part, steps)
    x, labels = part.train.x, part.train.labels
    for place, units in enumerate(WIDTHS):
        pair = trained[2 * place : 2 * place + 2]
        seen = np.mean([run.network.evaluate(x, labels)[1] for run in pair])
        fresh = np.mean([run.accuracy for run in pair])
        measured[units, n] = 100 * seen, 100 * fresh

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    1, 3, figsize=(11, 3.5), sharey=True, layout="constrained"
)
for axes, units in zip(grid, WIDTHS, strict=True):
    seen, fresh = np.array([measured[units, n] for n in COUNTS]).T
    axes.fill_between(
        COUNTS, fresh, seen, color=style.GRAY, alpha=0.2, linewidth=0
    )
    axes.plot(
        COUNTS,
        seen,
        "o-",
        color=style.TRAIN,
        linewidth=2,
        label="training images",
    )
    axes.plot(
        COUNTS,
        fresh,
        "s--",
        color=style.VALIDATION,
        linewidth=2,
        label="new images",
    )
    axes.set(
        xscale="log",
        xlabel="training images (log axis)",
        xticks=COUNTS,
        xticklabels=[f"{n:,}" for n in COUNTS],
    )
    axes.set_xticks([], minor=True)
    axes.set_title(
        f"{units} units: a gap of {seen[0] - fresh[0]:.0f} points\nat 100 "
        f"images, {seen[-1] - fresh[-1]:.0f} at 3,000"
    )
grid[0].set_ylabel("accuracy (%)")
grid[1].legend(frameon=False, loc="lower right")
gaps = {key: seen - fresh for key, (seen, fresh) in measured.items()}
show(
    figure,
    alt="Accuracy on training and on new images against the number of "
    "training images, for 4, 16 and 64 hidden units. "
    + " ".join(
        f"{units} units: the gap falls from {gaps[units, 100]:.0f} to "
        f"{gaps[units, 3000]:.0f} points, and new images end at "
        f"{measured[units, 3000][1]:.0f}%."
        for units in WIDTHS
    ),
)

# %% jupyter={"source_hidden": true}
recall(
    "gap",
    answer=f"3,000 images: the gap falls from {gaps[64, 100]:.0f} to "
    f"{gaps[64, 3000]:.0f} points, and new images gain "
    f"{measured[64, 3000][1] - measured[64, 100][1]:.0f}. With 4 units and "
    f"100 images the gap is {gaps[4, 100]:.0f}.",
)

# %% [markdown]
# Are you surprised by the four units? A hundred images are so few that even they can store nearly all of them, and what
# they store is of less use. With 3,000 images their gap is the smallest of all after these 50 epochs, and they are
# worse at both. (Train longer, and they learn more of the 3,000 by heart, too: the gap opens again.) So look at the new
# images, the dashed line, and not at the gap alone. More images helped at every width. What follows is for when you
# cannot get more.

# %% [markdown]
# ### Optional: double descent
#
# *Skip it if you like: nothing later needs it.*
#
# The more a network can store, the more it overfits: all textbooks said so. Then networks grew far beyond the point
# where they can store everything, and got *better* (Belkin and others 2019 [9]). The next two cells show it in its
# smallest form. The hidden layer is random and stays as it is; only the output layer is fitted to 200 images, 20% of
# their labels redrawn, by least squares. (Where many solutions fit exactly, `lstsq` takes the one with the smallest
# weights.) How does the error on new images go, from 10 to 3,000 hidden units? *About 2 s.*

# %% jupyter={"source_hidden": true}
Prediction(
    "descent",
    "Optional. 200 training images, 10 to 3,000 random hidden units, the "
    "output layer fitted by least squares. The error on new images is "
    "largest with…",
    choices=[
        "10 units",
        "about 60 units",
        "about 200 units",
        "3,000 units",
    ],
)

# %%
SIZES = (10, 30, 60, 100, 140, 170, 190, 200)
SIZES += (210, 230, 270, 350, 500, 1000, 3000)
part = clothes(200, redrawn=0.2)
answers, new_answers = part.train.labels, data.test.labels[:1000]
errors = []  # by seed, by size: errors in % on training and on new images
for seed in range(3):
    rng = np.random.default_rng(seed)
    W = rng.normal(0, np.sqrt(2 / 784), (784, max(SIZES))).astype("float32")
    every = np.maximum((part.train.x - 0.3) @ W, 0)
    every_new = np.maximum((data.test.x[:1000] - 0.3) @ W, 0)
    errors.append([])
    for units in SIZES:
        hidden, hidden_new = every[:, :units], every_new[:, :units]
        V = np.linalg.lstsq(hidden, np.eye(10)[answers], rcond=1e-7)[0]
        wrong_seen = (hidden @ V).argmax(axis=1) != answers
        wrong_new = (hidden_new @ V).argmax(axis=1) != new_answers
        errors[-1].append((100 * wrong_seen.mean(), 100 * wrong_new.mean()))
seen, fresh = np.mean(errors, axis=0).T

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(8, 3.8), layout="constrained")
axes.plot(
    SIZES,
    seen,
    "o-",
    color=style.TRAIN,
    linewidth=2,
    label="training images",
)
axes.plot(
    SIZES,
    fresh,
    "s--",
    color=style.VALIDATION,
    linewidth=2,
    label="new images",
)
axes.axvline(200, color=style.GRAY, linewidth=1.2, linestyle=":")
axes.annotate(" as many units as images", (200, 4), color=style.GRAY)
axes.set(
    xscale="log",
    xlabel="hidden units (log axis)",
    ylabel="error (%)",
    ylim=(-2, 100),
)
axes.legend(frameon=False, loc="upper left")
worst, dip = int(fresh.argmax()), int(fresh[:6].argmin())
axes.set_title(
    f"Down to {fresh[dip]:.0f}% at {SIZES[dip]} units, up to "
    f"{fresh[worst]:.0f}% at {SIZES[worst]}, and down again to "
    f"{fresh[-1]:.0f}% at {SIZES[-1]:,}"
)
show(
    figure,
    alt="Error against the number of hidden units, log axis. On training "
    f"images it falls to {seen[-1]:.0f}%. On new images it falls to "
    f"{fresh[dip]:.0f}% at {SIZES[dip]} units, climbs to "
    f"{fresh[worst]:.0f}% at {SIZES[worst]}, and falls again to "
    f"{fresh[-1]:.0f}% at {SIZES[-1]:,}.",
)

# %% jupyter={"source_hidden": true}
recall(
    "descent",
    answer=f"With {SIZES[worst]}: {fresh[worst]:.0f}%. As many units as "
    "images can fit every label, the wrong ones too, in exactly one way, "
    "and that way takes huge weights. With many more units there are many "
    "ways, and the one with the smallest weights is smooth again.",
)

# %% [markdown]
# This is **double descent**: down, up, and down again. Keep "the smallest weights" in mind, section 3 is about them.
# Larger studies saw the peak in deep networks too, mostly with noisy labels (Nakkiran and others 2020 [12]), and saw
# that L2 of the best strength takes it away (Nakkiran and others 2021 [13]).
#
# The same with 1,000 images, up to 8,000 units (called features there) and ten seeds, on clean labels and on redrawn
# ones. "8 over 1 an image" compares eight units for each image with one.

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("double_descent"),
    "Double descent, clean labels",
    labels=[
        "clean labels, 8 an image over the best of fewer",
        "clean labels, 8 over 1 an image",
        "redrawn labels, 8 an image over the best of fewer",
        "redrawn labels, 8 over 1 an image",
    ],
)

# %% [markdown]
# Two rows ask whether the second descent ends *below* the first dip, as in your picture, the other two whether it comes
# down from the peak. In both cases it comes down. With clean labels it ends a little below the dip; with 40% of the
# labels redrawn it stays far above. In your picture 20% of 200 labels are redrawn. What makes the difference, the share
# or the number of images, was not taken apart.

# %% [markdown]
# ### How sure is it?
#
# Now to the strange thing on the left of the curves: true labels, validation accuracy level, validation loss rising.
# How can a network be right as often as before, and its loss grow?

# %% jupyter={"source_hidden": true}
Prediction(
    "sure",
    "The network with true labels, after 40 epochs. Take the new images of "
    "which it is more than 99% sure. How many of 100 such answers are "
    "wrong?",
    choices=["None or 1, as 99% says", "About 5", "About 15"],
)

# %%
logits = runs["true labels"].network.logits(data.validation.x)
probabilities = softmax(logits.astype("float64"))
# how sure: the largest of the ten probabilities
confidence = probabilities.max(axis=1)
right = probabilities.argmax(axis=1) == data.validation.labels
very_sure = confidence > 0.99
print(
    f"all new images:   {len(right):5,}, on average "
    f"{confidence.mean():.0%} sure, right in {right.mean():.0%}"
)
print(
    f"more than 99% sure: {very_sure.sum():3,}, right in "
    f"{right[very_sure].mean():.1%}"
)

# %% jupyter={"source_hidden": true}
wrong_of_100 = 100 * (1 - right[very_sure].mean())
recall(
    "sure",
    answer=f"About {wrong_of_100:.0f}. It has learned to be sure from its "
    "training images, about which it is nearly always right.",
)

# %% [markdown]
# The loss of one image is $-\log p$, where $p$ is the probability that the network gave to the truth. **By hand**: a
# network that gives the truth 1/2 pays $-\log(1/2) = 0.7$. One that is 99.9% sure of something else, and leaves 0.001
# for the truth, pays $-\log(0.001) = 6.9$: ten times as much. While it overfits, the network makes hardly more errors,
# but surer ones.
#
# A network is **calibrated** if of all its answers that are 80% sure, 80% are right. The **reliability picture** shows
# it. Sort the answers by how sure they are, say into ten bins, and draw for each bin the share that is right. On the
# diagonal, words and deeds agree; below it (orange strokes) the network is too sure, above it (blue) not sure enough. A
# large dot stands for many answers.

# %% jupyter={"source_hidden": true}
early = fit(longer.replace(epochs=7), clothes(1000), progress=False)
shown = {
    "true labels, 7 epochs": early,
    "true labels, 40 epochs": runs["true labels"],
    "40% redrawn": runs["40% redrawn"],
}
figure, grid = plt.subplots(
    1, 3, figsize=(12, 4.6), sharey=True, layout="constrained"
)
said = []
for axes, (name, result) in zip(grid, shown.items(), strict=True):
    given = softmax(
        result.network.logits(data.validation.x).astype("float64")
    )
    counts, sure, share = calibration.reliability(
        given, data.validation.labels, bins=10
    )
    error = 100 * calibration.expected_calibration_error(
        given, data.validation.labels, bins=10
    )
    plot_reliability(axes, counts, sure, share)
    share_right = 100 * result.history[-1]["validation_accuracy"]
    axes.set_title(
        f"{name}: {share_right:.0f}% right,\ncalibration error {error:.0f} "
        "points"
    )
    said.append(f"{name}: calibration error {error:.1f} percentage points")
grid[1].set_ylabel("")
grid[2].set_ylabel("")
show(
    figure,
    alt="Three reliability pictures, the share of right answers against "
    "how sure the network was: "
    + "; ".join(said)
    + ". After 7 epochs the dots lie near the diagonal, later below it: "
    "the network is too sure.",
)

# %% [markdown]
# The length of the strokes, weighted by how many answers lie in each bin, is the **calibration error** (ECE, expected
# calibration error; Guo and others 2017 [2]):
#
# $$\text{ECE} = \sum_b \frac{n_b}{n}\,\bigl|\text{right}_b - \text{sure}_b\bigr|$$
#
# Of all $n$ answers $n_b$ lie in bin $b$; $\text{sure}_b$ is how sure those are on average, and $\text{right}_b$ the
# share of them that is right.
#
# **By hand**, two bins: of 6 answers that are 90% sure 3 are right, of 4 answers that are 50% sure 2 are right. The
# first bin gives $\frac{6}{10} \cdot |0.5 - 0.9| = 0.24$, the second $\frac{4}{10} \cdot |0.5 - 0.5| = 0$. The error is
# their sum: 0.24, or 24 percentage points.
#
# So there are three questions to ask about a remedy, and they can have three answers: **is it right more often**
# (accuracy), **does it pay less for its errors** (loss), **does it know when it may be wrong** (calibration)? From here
# on each remedy is asked all three.
#
# **Say it back.** Capacity, few data and many steps make a network learn by heart. The gap shows it, validation data
# measure it. The loss sees what accuracy does not: how sure the errors are.

# %% jupyter={"source_hidden": true}
Quiz(
    "Training accuracy 99%, validation accuracy 84%. A colleague says: it "
    "overfits, take half of the units. What do you answer?",
    {
        "Right, the gap of 15 points must go": "The gap is not the aim. A "
        "network that is right about 70% of both has none.",
        "Try it, and look at the validation accuracy alone": (
            "Right. Fewer units may close the gap, and new images may gain "
            "or lose by it."
        ),
        "Wrong, at 99% it has learned enough": "99% of its training images "
        "say nothing about new ones.",
        "It cannot overfit: it is right about most new images": (
            "It can be right about most, and more right with less learning "
            "by heart."
        ),
    },
    correct="Try it, and look at the validation accuracy alone",
)

# %% [markdown]
# ## 2 · Early stopping
#
# **The question.** The curves say it themselves: at the ring the network was at its best. Why not stop there? The
# article says: stop as soon as the validation result falls. Here are six runs with redrawn labels, each with its own
# images, and 300 images to validate.

# %% jupyter={"source_hidden": true}
Prediction(
    "first-fall",
    "Six runs of up to 30 epochs. You stop each one as soon as its "
    "validation loss is higher than in the epoch before. After which "
    "epoch, on average?",
    slider=(2, 30, 1),
)

# %% [markdown]
# `Watch` is a **callback**: an object that `fit` calls after each epoch. Here it notes the loss on test images, for
# later. *About 5 s.*


# %%
class Watch(Callback):
    """Keeps loss and accuracy on test images: to draw, and to decide
    nothing by.
    """

    def __init__(self):
        self.losses, self.accuracies = [], []

    def on_epoch(self, run, row):
        loss, accuracy = run.network.evaluate(
            *run.network.place(data.test.x[:1000], data.test.labels[:1000])
        )
        self.losses.append(loss)
        self.accuracies.append(100 * accuracy)


few = Split(data.validation.x[:300], data.validation.labels[:300])
small = usual.replace(
    hidden_layers=(64, 32), learning_rate=0.002, batch_size=32, epochs=30
)
six = []
for seed in range(6):
    watch = Watch()
    part = dataclasses.replace(
        clothes(1000, redrawn=0.4, seed=seed), validation=few
    )
    one = small.replace(seed=seed)
    result = fit(one, part, callbacks=[watch], progress=False)
    six.append((column(result, "validation_loss"), watch))
# epochs count from 1
first_rises = [
    int(np.flatnonzero(np.diff(losses) > 0)[0]) + 2 for losses, _ in six
]

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(8.5, 3.9), layout="constrained")
for run, (losses, _) in enumerate(six):
    epochs, rise = np.arange(1, 31), first_rises[run]
    axes.plot(
        epochs,
        losses,
        color=style.VALIDATION,
        linewidth=1.2,
        alpha=0.8,
        label="" if run else "validation loss",
    )
    axes.plot(
        rise,
        losses[rise - 1],
        "X",
        color=style.VERMILION,
        markersize=10,
        label="" if run else "first rise",
    )
    axes.plot(
        losses.argmin() + 1,
        losses.min(),
        "o",
        markerfacecolor="none",
        markeredgecolor=style.BLACK,
        markeredgewidth=2,
        markersize=10,
        label="" if run else "lowest",
    )
lowest = [int(losses.argmin()) + 1 for losses, _ in six]
axes.set(xlabel="epoch", ylabel="validation loss", xlim=(0, 31))
axes.legend(frameon=False)
axes.set_title(
    "On average the first rise comes after epoch "
    f"{np.mean(first_rises):.1f}, the lowest point after epoch "
    f"{np.mean(lowest):.1f}"
)
show(
    figure,
    alt="Six validation curves that jitter. The first rise of each, a "
    f"cross, comes after epochs {sorted(first_rises)}; the lowest point, a "
    f"ring, after epochs {sorted(lowest)}.",
)

# %% jupyter={"source_hidden": true}
recall(
    "first-fall",
    answer=f"After epoch {np.mean(first_rises):.1f}. A validation curve "
    "jitters: mini-batches are random, and 300 images are few.",
)

# %% [markdown]
# A rise says little. So one waits. **Patience** is how many epochs may pass without a new best before the run is
# stopped, and then the weights *of the best epoch* are put back. The article's rule is patience 1, without putting
# back; it is meant well, and it would be right if curves were smooth. (Prechelt 1998 [3] compared such rules.)
#
# **The formula.** With $L_e$, the validation loss after epoch $e$, and the patience $P$:
#
# $$b = \text{the first epoch with the lowest loss so far}$$
#
# $$\text{stop as soon as } e - b \ge P, \text{ keep the weights of } b$$
#
# **By hand**, the losses 8, 6, 7, 5, 6, 6, 4:
#
# | Patience | Stops after epoch | Keeps epoch | Its loss |
# |---|---|---|---|
# | 1 | 3 (7 is no new best) | 2 | 6 |
# | 2 | 6 (two epochs since epoch 4) | 4 | 5 |
# | 3 | 7, the end | 7 | 4 |
#
# ### Exercise 5.1 · Early stopping with patience
#
# **Purpose:** write the two questions that are asked after every epoch.
#
# `validation_losses` lists the loss after each epoch, as if the run were over; you walk through it and stop where
# training would have stopped. Fill in the inside of the loop: the rest is there.
#
# **Example:** `early_stopping([8, 6, 7, 5, 6, 6, 4], 2)` is `(6, 4)`.
#
# <details><summary>Hint 1</summary>
#
# First question: is this loss lower than the best so far? Then two names change. If not, second question.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `break` leaves the loop, and `epoch` keeps its value.
#
# </details>


# %%
def early_stopping(validation_losses, patience):
    """Validation loss of every epoch -> (epoch after which training stops,
    epoch whose weights are kept), from 1.
    """
    best_loss, best_epoch = np.inf, 0
    for epoch, loss in enumerate(validation_losses, start=1):
        # BEGIN SOLUTION
        if loss < best_loss:
            best_loss, best_epoch = loss, epoch
        elif epoch - best_epoch >= patience:
            break
        # END SOLUTION
    return epoch, best_epoch


# %%
check("5.1", early_stopping)

# %% [markdown] tags=["solution"]
# **Worked solution.** The count starts anew with every new best, because it is `epoch - best_epoch`: no counter has to
# be set back. `epoch >= patience` would be another rule: the same end for every run, whatever it does. And what is kept
# is `best_epoch`, since the last `patience` epochs were waited out to be *sure* that nothing better came, not to be
# used.

# %% [markdown]
# What does waiting buy? The six runs, with four kinds of patience. What is kept is judged on 1,000 test images.


# %%
def stop_and_best(losses, patience):
    """The last epoch that is run, and the best one up to there."""
    for epoch in range(1, 31):
        best = int(losses[:epoch].argmin()) + 1
        if epoch - best >= patience:
            return epoch, best
    return 30, best


print("patience    epochs trained  kept epoch  test loss  test accuracy")
kept_rows = {}
for patience in (1, 2, 5, 10, None):
    rows = []
    for losses, watch in six:
        stopping = stop_and_best(losses, patience) if patience else (30, 30)
        kept = stopping[1] - 1  # counted from 0
        rows.append((*stopping, watch.losses[kept], watch.accuracies[kept]))
    kept_rows[patience] = last, best, loss, right = np.mean(rows, axis=0)
    word = str(patience or "to the end")
    print(
        f"{word:11} {last:14.1f} {best:11.1f} {loss:10.2f} {right:13.1f}%"
    )

# %% [markdown]
# More patience costs epochs and finds a better epoch, up to a point. To the end without stopping, redrawn labels are
# learned by heart.
#
# **In code** it is a short callback, `EarlyStopping` in `course_lib/training/callbacks.py`, and one word of the recipe:
# `patience=5`. **PyTorch** has none of its own: you write these lines around its loop, or take a library that has them.
# Both engines, the same run: *About 4 s, with the loading of PyTorch.*

# %%
part = dataclasses.replace(clothes(1000, redrawn=0.4), validation=few)
for engine in ("numpy", "torch"):
    exact = {"device": "cpu", "dtype": "float64", "progress": False}
    stopped = fit(small.replace(patience=5), part, engine=engine, **exact)
    best = stopped.history[stopped.best_epoch - 1]
    print(
        f"{engine:6} stopped after epoch {len(stopped.history)}, kept "
        f"epoch {stopped.best_epoch}, loss {best['validation_loss']:.6f}"
    )

# %% [markdown]
# One trap is PyTorch's own. `state_dict()` looks like a copy of the weights and is not one: it shows the arrays that go
# on being trained. If you keep it as "the best", you end up with the last.

# %%
import torch

layer = torch.nn.Linear(1, 1)
with torch.no_grad():
    layer.weight.fill_(1.0)
kept = layer.state_dict()
copied = {name: value.clone() for name, value in layer.state_dict().items()}
with torch.no_grad():
    layer.weight.add_(5.0)  # training goes on
print("kept:", kept["weight"].item(), "  copied:", copied["weight"].item())

# %% [markdown]
# **What was measured.** For every remedy of this chapter the same question: is a network with the remedy more accurate
# than the same network without it? The network has two hidden layers of 64 units, so it can learn its 1,000 images by
# heart. Each side has its own best learning rate, which falls along a cosine (chapter 4), and the remedy has its best
# strength. Both are chosen by the accuracy on validation images. Ten seeds, each with its own images, paired.
#
# The claim is judged with clean labels. The last rows say what changes when 40% are redrawn. A small learning rate is a
# remedy too: in the same number of steps less is learned by heart. Where each side has its own best rate, the remedy
# has to beat that. In the row "rate 0.001" both sides have the same rate, a common one for Adam.
#
# Right of 0 is better, and the gray band holds what is too little to matter. The table below the picture asks the other
# two questions of the same runs: a smaller loss, a smaller calibration error? There too, above 0 is better, and the
# words "better" and "worse" mean: surely by more than matters. "Undecided" is everything else, also what is surely
# there and perhaps too small. Nothing was chosen by loss or calibration, and they do not count for the verdict.
#
# (A green line may stick out of the gray band a little. The lines are drawn at 95% or more, and "too small to matter"
# asks whether the 90% interval, which is shorter, lies within the band.)


# %% jupyter={"source_hidden": true}
SETTINGS = [
    "1,000 images",
    "5,000 images",
    "1,000 images, 40% redrawn",
    "1,000 images, 40% redrawn, rate 0.001",
]
# question: what answers it, and the smallest effect that matters
QUESTIONS = {
    "A smaller loss?": (LOSS, 0.02),
    "Better calibrated? (points)": (CALIBRATION, 0.5),
}


def answer(measurement, label, quantity):
    """Mean and 95% interval of how much less of a quantity the better arm
    of a comparison has, paired by seed.
    """
    effect = measurement.effect(label)
    with_it, without = (
        measurement.values(arm, quantity)
        for arm in (effect.better, effect.worse)
    )
    return interval(without - with_it)


def show_answers(name, subject, labels=SETTINGS, asked=None):
    """Draw what a remedy does to the accuracy, and say what becomes of
    loss and calibration (of the rows in asked, where it is given).
    """
    measurement = load_measurement(name)
    show_measured(measurement, subject, labels=labels)
    rows = []
    for label in asked or labels:
        cells = [
            (*answer(measurement, label, quantity), smallest)
            for quantity, smallest in QUESTIONS.values()
        ]
        rows.append((label, cells))
    display(HTML(answers_table(list(QUESTIONS), rows)))


# %% [markdown]
# Early stopping first. Here a run goes to its end, and then the weights of its best epoch are put back, as if patience
# had no end. "Stopped on accuracy" takes the epoch with the highest validation accuracy, "on loss" the one with the
# lowest loss. "A constant rate" leaves the cosine out.

# %% jupyter={"source_hidden": true}
show_answers(
    "early_stopping_helps",
    "Early stopping, clean labels",
    [
        "1,000 images, stopped on accuracy",
        "1,000 images, a constant rate, stopped on loss",
        "1,000 images, 40% redrawn, stopped on accuracy",
        "1,000 images, 40% redrawn, rate 0.001, stopped on accuracy",
    ],
)

# %% [markdown]
# Read it from the top. *With clean labels* stopping gains no accuracy. In these ten seeds it loses a little; in ten
# others it did not ([CLAIMS.md](../CLAIMS.md#early_stopping_helps)). The rate falls to almost nothing, so a run comes
# to rest by itself, and whoever picks its best epoch also picks a lucky one. At a constant rate, in the second row,
# accuracy gains nothing either, and loss and calibration do: there the loss rises again, as in the curves of section 1.
# (It is not that this row stops on the loss: under the falling rate, stopping on the loss gains little of that.) So the
# answer depends on what you need.
#
# *With wrong labels* stopping pays. At the same rate for both it is worth a lot: without it the errors are learned.
# When each side has its own best rate, which is a smaller one, most of that gain is gone, and what is left still
# matters. Li and others 2020 [11] show why: such a network fits the right labels first and the wrong ones later.
#
# And the table may surprise you: with redrawn labels the calibration gets *worse*. Is a network that was stopped early
# too sure? Ask the one that was stopped above:

# %%
given = softmax(
    np.asarray(stopped.network.logits(data.validation.x), "float64")
)
correct = given.argmax(axis=1) == data.validation.labels
print(
    f"on average {given.max(axis=1).mean():.0%} sure, and right in "
    f"{correct.mean():.0%}"
)

# %% [markdown]
# It is not sure *enough*. It was taught with labels of which more than a third are wrong, and has learned, rightly,
# that one cannot be sure of them. The images that it is judged on have clean labels. As long as it has not learned the
# wrong ones by heart, a network is no surer than the labels that it was taught with deserve.

# %% [markdown]
# **Say it back.** Wait some epochs, then go back to the best. The validation data chose the epoch, so their best loss
# is a little too good to be true: the final figure comes from test data.

# %% jupyter={"source_hidden": true}
Quiz(
    "Patience 5. The validation losses are 9, 7, 5, 6, 5, 6, 6, 7, 4. What "
    "is kept, and when does the run stop?",
    {
        "It stops after epoch 8 and keeps epoch 3": "Right. An equal 5 in "
        "epoch 5 is no new best, so five epochs have passed after epoch 8.",
        "It stops after epoch 5": "Patience counts from the best epoch, "
        "not from the start.",
        "It goes to the end and keeps epoch 9": "The 4 is never seen: "
        "after epoch 8 five epochs have passed without a new best.",
        "It stops after epoch 8 and keeps epoch 8": "The last weights were "
        "only waited for. The best are put back.",
    },
    correct="It stops after epoch 8 and keeps epoch 3",
)

# %% [markdown]
# ## 3 · Small weights: L1 and L2
#
# **The question.** Early stopping says *when* to stop bending. One can also make bending itself expensive. What bends?
# Here is the largest network of section 1 again, with its tongues and bays; beside it the same network, from the same
# start, twice with a rule about its weights.

# %%
by_strength = {
    "no rule": boundary((100, 50)),
    "L2 of 0.01": boundary((100, 50), l2=0.01),
    "L2 of 0.2": boundary((100, 50), l2=0.2),
}
print("size of a weight (root of the mean square)")
for name, (net, _, _) in by_strength.items():
    parameters = net.parameters()
    arrays = [parameters[key] for key in parameters if "weight" in key]
    weights = np.concatenate([array.ravel() for array in arrays])
    size = np.sqrt(np.mean(weights.astype("float64") ** 2))
    print(f"{name:12} {size:.3f}")

# %% jupyter={"source_hidden": true}
draw_boundaries(
    by_strength,
    alt="The same sixty points and the boundaries of one network under "
    "three rules. Without a rule it has tongues; with L2 of 0.01 the "
    "boundary bends gently; with L2 of 0.2 it is nearly a straight line.",
)

# %% [markdown]
# Small weights bend less: to put a tongue around one point the answer must change a lot over a short way, and that
# takes large weights. Too strong a rule, and nothing bends at all.
#
# **The formula.** A **penalty** on large weights is added to the loss. **L2** adds the squares, **L1** the absolute
# values:
#
# $$L = L_{\text{train}} + \frac{\lambda}{2} \sum w^2 \qquad\qquad L = L_{\text{train}} + \lambda \sum |w|$$
#
# | Symbol | Meaning |
# |---|---|
# | $w$ | every *weight* of the network; biases stay out |
# | $\lambda$ | the **strength** of the penalty, one number, chosen with validation data |
# | $\lambda w$ | L2's gradient: a pull toward 0 in proportion to the weight |
# | $\lambda \operatorname{sign}(w)$ | L1's gradient: the same pull on every weight; the sign is 1, −1, or 0 at 0 |
#
# Biases stay out: a bias moves the place where a unit begins to answer, and how steeply the answer can change is up to
# the weights. There are few biases, too. The half in L2 is there so that its gradient is $\lambda w$ and not
# $2 \lambda w$.
#
# **By hand**, $\lambda = 2$, weights 3, −4, 1:
#
# | | penalty | gradient |
# |---|---|---|
# | L2 | 2/2 · (9 + 16 + 1) = 26 | 6, −8, 2 |
# | L1 | 2 · (3 + 4 + 1) = 16 | 2, −2, 2 |
#
# Subtracting such a gradient pulls each weight toward 0. Under L2 the large one is pulled most, under L1 all the same.
# Follow two weights on which nothing else pulls.

# %% jupyter={"source_hidden": true}
Prediction(
    "who-reaches-zero",
    "Two weights, 1 and 0.1. Only the penalty acts, for 80 steps. Learning "
    "rate and strength are both 0.1. Which weight reaches 0?",
    choices=[
        "Both, under L1 and under L2",
        "Under L1 the small one, under L2 neither",
        "Under L2 the small one, under L1 neither",
        "Neither",
    ],
)

# %%
steps, rate, strength = 80, 0.1, 0.1
l2_path, l1_path = [np.array([1.0, 0.1])], [np.array([1.0, 0.1])]
for _ in range(steps):
    l2_path.append(
        l2_path[-1] - rate * regularizers.l2_gradient(l2_path[-1], strength)
    )
    # both are positive, and 0 is the end
    l1_path.append(np.maximum(l1_path[-1] - rate * strength, 0))

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    1, 2, figsize=(10, 3.4), sharey=True, layout="constrained"
)
titles = {
    "L2": "L2 takes a share of each weight: none reaches 0",
    "L1": "L1 takes the same off each: the small one is 0 soon",
}
for axes, (name, path) in zip(
    grid, {"L2": l2_path, "L1": l1_path}.items(), strict=True
):
    path = np.array(path)
    for weight, color, dash, marked in (
        (0, style.BLUE, "-", "1 at the start"),
        (1, style.ORANGE, "--", "0.1 at the start"),
    ):
        axes.plot(
            path[:, weight],
            color=color,
            linestyle=dash,
            linewidth=2,
            label=marked,
        )
    axes.set(xlabel="step", ylim=(-0.03, 1.05))
    axes.set_title(titles[name])
grid[0].set_ylabel("weight")
grid[0].legend(frameon=False)
show(
    figure,
    alt="Two weights over 80 steps. Under L2 they end at "
    f"{l2_path[-1][0]:.2f} and {l2_path[-1][1]:.3f}. Under L1 the small "
    "one is 0 after 10 steps, and the large one ends at "
    f"{l1_path[-1][0]:.2f}.",
)

# %% jupyter={"source_hidden": true}
recall(
    "who-reaches-zero",
    answer="Under L1 the small one. Under L2 it is at "
    f"{l2_path[-1][1]:.3f}: each step takes 1% of what is left.",
)

# %% [markdown]
# ### Exercise 5.2 · The gradient of the L2 penalty
#
# **Purpose:** write the one line that makes large weights expensive.
#
# You get a layer's `weight` and `bias`, and the gradients of the plain loss over both. Return the gradients of the loss
# *with* the penalty $\frac{\lambda}{2} \sum w^2$, as new arrays, the weight's first.
#
# **Example:** a weight of `[[3.0], [-4.0]]` whose gradient is `[[1.0], [1.0]]`, with strength 0.5, gets
# `[[2.5], [-1.0]]`. The bias is `[5.0]`, its gradient `[2.0]`; it gets `[2.0]`.
#
# <details><summary>Hint 1</summary>
#
# The gradient of a sum is the sum of the gradients: the plain one plus the penalty's.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Which of the two arrays does the penalty know?
#
# </details>


# %%
def penalized_gradients(
    weight, bias, weight_gradient, bias_gradient, strength
):
    """The gradients over weight and bias of the loss plus strength / 2 *
    (sum of the squared weights).
    """
    # BEGIN SOLUTION
    return weight_gradient + strength * weight, bias_gradient
    # END SOLUTION


# %%
check("5.2", penalized_gradients)

# %% [markdown] tags=["solution"]
# **Worked solution.** The derivative of $w^2/2$ is $w$, so each weight gets `strength * weight` on top. The plain
# gradient stays: the data still have their say, and where both balance, training comes to rest. The bias is handed
# through.

# %% [markdown]
# ### L1 needs care at 0
#
# L1's pull does not fade near 0. A weight of 0.01 that is pulled by 0.03 lands at −0.02, is pulled back, and so on: it
# dances around 0 and never is 0. The remedy is to stop at 0. First the step along the loss's gradient, then a **soft
# threshold**: all weights come nearer to 0 by $\eta\lambda$, and those that are nearer than that become 0. Here $\eta$
# is the learning rate, and $g$ the gradient of the plain loss.
#
# $$z = w - \eta g \qquad\qquad w \leftarrow \operatorname{sign}(z) \cdot \max(|z| - \eta\lambda,\ 0)$$
#
# **By hand**, a threshold of $\eta\lambda = 2$: the $z$ 5, −3, 1 become 3, −1, 0.
#
# ### Exercise 5.3 · A step with L1
#
# **Purpose:** write the step after which unneeded weights are exactly 0.
#
# `w` and `gradient` are arrays of one shape. The gradient is that of the plain loss. Return the new weights.
#
# **Example:** `w = [2.0, -0.75, 0.5]`, `gradient = [1.0, 0.0, -1.0]`, learning rate 0.5 and strength 2 give
# `[0.5, 0.0, 0.0]`: $z$ is 1.5, −0.75, 1, and the threshold is 1.
#
# <details><summary>Hint 1</summary>
#
# Two lines, in the order of the formula. The threshold has the learning rate in it, for the pull is part of the step.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `np.sign`, `np.abs`, and `np.maximum(..., 0)`, which works entry by entry.
#
# </details>


# %%
def l1_step(w, gradient, learning_rate, strength):
    """One step of gradient descent with an L1 penalty: the new weights,
    like w, some of them exactly 0.
    """
    # BEGIN SOLUTION
    z = w - learning_rate * gradient
    return np.sign(z) * np.maximum(np.abs(z) - learning_rate * strength, 0)
    # END SOLUTION


# %%
check("5.3", l1_step)

# %% [markdown] tags=["solution"]
# **Worked solution.** The absolute value is shrunk and stopped at 0, then the sign is put back: of $z$, not of the old
# $w$, since the step may have crossed 0. A weight that the data pull at with less than $\lambda$ stays at 0 for good:
# its gradient moves it by less than the threshold takes back. That is why L1 *selects*.

# %% [markdown]
# ### What the weights look like
#
# A network without any hidden layer has one weight for each pixel and class, which can be looked at. Here are the
# weights of five classes, trained on 500 images, without a rule and under three; max-norm is section 5's.

# %%
x, answers = data.train.x[:500], np.eye(10)[data.train.labels[:500]]


def one_layer(l2=0.0, l1=0.0, limit=None, steps=300, rate=0.1):
    """Weights (784, 10) trained on 500 images, with one of three rules."""
    W, b = np.zeros((784, 10), "float32"), np.zeros(10)
    for _ in range(steps):
        difference = (softmax(x @ W + b) - answers) / len(x)
        difference = difference.astype("float32")
        W = W - rate * (x.T @ difference + l2 * W)
        b = b - rate * difference.sum(axis=0)
        if l1:
            W = np.sign(W) * np.maximum(np.abs(W) - rate * l1, 0)
        if limit:
            regularizers.apply_max_norm(W, limit)
    return W


RULES = {
    "no rule": {},
    "L2": {"l2": 0.03},
    "L1": {"l1": 0.003},
    "max-norm": {"limit": 0.6},
}
weights = {name: one_layer(**rule) for name, rule in RULES.items()}

# %% jupyter={"source_hidden": true}
shown_classes = [0, 1, 2, 5, 8]
figure, grid = plt.subplots(4, 1, figsize=(8.5, 7.4), layout="constrained")
said = []
for axes, (name, W) in zip(grid, weights.items(), strict=True):
    plot_filters(axes, W[:, shown_classes], (28, 28), columns=5, limit=0.2)
    lengths, zero = np.linalg.norm(W, axis=0), np.mean(W == 0)
    text = (
        f"{name}: {zero:.0%} of the weights are 0, lengths of the classes "
        f"{lengths.min():.2f} to {lengths.max():.2f}"
    )
    axes.set_title(text)
    said.append(text)
grid[-1].set_xticks(
    [28 * place + place + 14 for place in range(5)],
    [data.class_names[kind] for kind in shown_classes],
)
grid[-1].tick_params(length=0)
show(
    figure,
    alt="The weights of five classes as images, blue positive, orange "
    "negative, white 0, under four rules. "
    + ". ".join(said)
    + ". L2 makes all paler, L1 leaves a few strong pixels on white, "
    "max-norm bounds the lengths.",
)

# %% [markdown]
# Blue speaks for the class, orange against it, white is 0. **L2** makes everything paler and leaves the pattern as it
# is. **L1** wipes most pixels out and leaves a few strong ones: one can read off what the network looks at.
# **Max-norm** bounds the length, and here all ten classes end at the limit.
#
# **PyTorch.** L2 is a word of the optimizer, `weight_decay`, and with gradient descent it is the same as our line. It
# acts on *all* parameters that the optimizer gets; to leave the biases out, hand them over in a group of their own. L1
# has no word: add `strength * w.abs().sum()` to the loss, and autograd does the rest.

# %%
rng = np.random.default_rng(0)
w, b = rng.normal(size=(4, 3)), rng.normal(size=3)
g, bias_g = rng.normal(size=(4, 3)), rng.normal(size=3)
weight = torch.tensor(w, requires_grad=True)
bias = torch.tensor(b, requires_grad=True)
groups = [
    {"params": [weight], "weight_decay": 0.5},
    {"params": [bias], "weight_decay": 0.0},
]
optimizer = torch.optim.SGD(groups, lr=0.1)
weight.grad, bias.grad = torch.tensor(g), torch.tensor(bias_g)
optimizer.step()
ours = w - 0.1 * (g + regularizers.l2_gradient(w, 0.5))
difference = np.abs(weight.detach().numpy() - ours).max()
print(
    "largest difference between our step with L2 and PyTorch's: "
    f"{difference:.0e}"
)
assert difference < 1e-12
assert np.allclose(bias.detach().numpy(), b - 0.1 * bias_g)

# %% [markdown]
# With **Adam** the two part, as section 3 of chapter 4 showed: Adam divides the penalty's gradient by the size of the
# whole gradient, so weights with large gradients hardly shrink. **AdamW** keeps the decay apart, and every weight
# shrinks by $\eta\lambda w$. In a `Recipe` it is the same field, `l2`, and the optimizer decides: `"adam"` adds the
# penalty to the loss, `"adamw"` lets the weights decay.
#
# **What was measured.** First L2, then L1.

# %% jupyter={"source_hidden": true}
show_answers("l2_helps", "L2, clean labels")

# %% jupyter={"source_hidden": true}
show_answers("l1_helps", "L1, clean labels")

# %% [markdown]
# The pattern of early stopping comes back. With wrong labels and the same rate for both, a penalty is worth many
# points: an error that a single image speaks for does not pay for large weights any more. A small rate, which is a
# remedy too, takes over most of that, and the penalty still adds something that matters. With clean labels neither
# penalty changes the accuracy by as much as matters: with 1,000 images the best strength was the weakest that was
# tried, next to none. Zhang and others 2017 [1] found much the same in a large network on the images of CIFAR-10, where
# weight decay changed the accuracy by less than half a point.
#
# Read the table with care. Rates were chosen by accuracy, and with clean labels L1's best rate came out larger than the
# one without it. A larger rate makes a network surer, so that its loss and its calibration got worse is probably more
# the rate than the penalty. With wrong labels and each side at its own rate, the penalty is right more often, but loss
# *and* calibration get worse: not sure enough, as in section 2. At the same rate for both the loss is lower, and the
# calibration loses even more.

# %% [markdown]
# The next picture asks a finer question, with each side at its own best strength: does it matter where the decay
# stands?

# %% jupyter={"source_hidden": true}
show_answers(
    "weight_decay_over_l2",
    "Weight decay over L2, clean labels",
    [
        "1,000 images",
        "1,000 images, layers of 256 and 128 units",
        "5,000 images",
        "1,000 images, 40% redrawn",
    ],
)

# %% [markdown]
# With 1,000 clean images the decay that stands apart is a little more accurate, in the small network and in the larger
# one. With 5,000 images the difference is too small to matter, and with wrong labels it cannot be told. What was chosen
# differs too. With 1,000 images the best penalty is the weakest that was tried, while the best decay lies inside its
# range, at a larger learning rate. (The two numbers are not on one scale.) Loss and calibration follow no rule: in the
# larger network they are better, in the small one the calibration is worse. Loshchilov and Hutter 2019 [8] found a
# lower test error with the decay apart in residual networks on CIFAR-10 and on small ImageNet images.

# %% [markdown]
# **Say it back.** Large weights bend. L2 pulls each weight in proportion, L1 pulls all alike and makes many exactly 0.
# The bias stays out.

# %% jupyter={"source_hidden": true}
Quiz(
    "Two inputs are exact copies of each other, and together they need a "
    "weight of 4, split into two that are not negative. Which split has "
    "the smaller penalty under L2, and which under L1?",
    {
        "L2 prefers 2 and 2; to L1 all splits are the same": (
            "Right: 4 + 4 = 8 against 16 + 0, while 2 + 2 = 4 + 0. L2 "
            "spreads a job, L1 does not mind."
        ),
        "Both prefer 4 and 0": "16 + 0 is more than 4 + 4: L2 does not "
        "like one large weight.",
        "L2 prefers 4 and 0, L1 prefers 2 and 2": "The other way would be "
        "closer: squares punish the large ones.",
        "Both prefer 2 and 2": "For L1, |2| + |2| is as much as |4| + |0|.",
    },
    correct="L2 prefers 2 and 2; to L1 all splits are the same",
)

# %% [markdown]
# ## 4 · Dropout
#
# **The question.** In every training step each hidden unit throws a coin. Heads, it answers as usual. Tails, it sits
# out: its answer is 0. In the next step all throw again. Can a network learn when half of it is missing every time, and
# why should it be better for it?
#
# The idea (Hinton and others 2012 [4], Srivastava and others 2014 [5]): a unit that cannot count on its neighbor must
# be of use by itself. Storing an image by heart takes many units that agree with each other. Rules survive when half of
# the units are missing.
#
# But there is arithmetic to settle first.

# %% jupyter={"source_hidden": true}
Prediction(
    "half-missing",
    "A unit adds up 100 inputs. In training half of them, by chance, are "
    "0. In prediction all are there. The sum is then, on average…",
    choices=[
        "the same",
        "about 1.4 times as large",
        "twice as large",
        "half as large",
    ],
)

# %%
rng = np.random.default_rng(0)
inputs, w = np.maximum(rng.normal(1, 1, 100), 0), np.full(100, 0.02)
masks = rng.random((5000, 100)) >= 0.5
sums = {
    "half dropped, not scaled": (inputs * masks) @ w,
    "half dropped, divided by 1/2": (inputs * masks / 0.5) @ w,
}
full = inputs @ w

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(8.5, 3.4), layout="constrained")
for (name, values), color, hatch in zip(
    sums.items(), (style.ORANGE, style.BLUE), ("", "//"), strict=True
):
    axes.hist(
        values,
        bins=60,
        range=(0, 4),
        color=color,
        alpha=0.65,
        hatch=hatch,
        edgecolor="white",
        linewidth=0.3,
    )
    # beside the black line, the other one above its bars
    scaled = "divided" in name
    axes.annotate(
        name,
        (values.mean(), 0),
        xytext=(values.mean() + 0.25 * scaled, 530 if scaled else 960),
        color=color,
        ha="left" if scaled else "center",
    )
axes.axvline(full, color=style.BLACK, linewidth=2)
axes.annotate(
    "in prediction",
    (full, 0),
    xytext=(full + 0.05, 1080),
    color=style.BLACK,
)
axes.set(
    xlabel="sum of the unit",
    ylabel="how many of 5,000 masks",
    ylim=(0, 1180),
    xlim=(0, 4),
)
means = [values.mean() for values in sums.values()]
axes.set_title(
    f"Without the scale the sum is {means[0]:.2f} in training and "
    f"{full:.2f} in prediction"
)
show(
    figure,
    alt="The sum of a unit over 5,000 random masks. Not scaled it lies "
    f"around {means[0]:.2f}, divided by one half around {means[1]:.2f}; in "
    f"prediction it is {full:.2f}.",
)

# %% jupyter={"source_hidden": true}
recall(
    "half-missing",
    answer=f"Twice as large: {full:.2f} against {means[0]:.2f}. The layers "
    "above have never seen such sums.",
)

# %% [markdown]
# **The formula.** With the **drop rate** $p$, the chance of a unit to sit out, what is kept is divided by $1 - p$ in
# training. In prediction nothing happens at all. This is **inverted dropout**:
#
# $$\text{training: } y = \frac{m \odot x}{1 - p} \qquad\qquad \text{prediction: } y = x$$
#
# | Symbol | Meaning | Shape |
# |---|---|---|
# | $x$, $y$ | the outputs of a hidden layer, before and after dropout | (batch, units) |
# | $m$ | the **mask**, drawn anew in every step: 0 with chance $p$, else 1 | (batch, units) |
# | $p$ | the drop rate, often 0.2 to 0.5 | one number |
#
# **By hand**, $p = 1/2$, $x = (2, 4, 6, 8)$. The mask (1, 0, 0, 1) gives (4, 0, 0, 16); its opposite (0, 1, 1, 0) gives
# (0, 8, 12, 0). The mean of the two is (2, 4, 6, 8): $x$ again. So it is over all masks, since each unit is there half
# of the time, twice as large.
#
# ### The article's version, and why it is the same
#
# The article says that in prediction the output is multiplied by a probability. That is how the first papers did it: no
# scale in training, and $y = (1 - p)\,x$ in prediction. Take a network that was trained in that way and has the weights
# $W'$ after the dropped layer. Give an inverted one the weights $W = (1 - p)\,W'$. *In training* the two agree for
# every mask, $(m \odot x)\,W' = \frac{m \odot x}{1 - p}\,W$, and *in prediction* too, $(1 - p)\,x\,W' = x\,W$:

# %%
x4, W_article = rng.normal(size=(5, 4)), rng.normal(size=(4, 3))
drop_rate = 0.5
W_inverted = (1 - drop_rate) * W_article
mask = rng.random(x4.shape) >= drop_rate
dropped_x, kept = mask * x4, 1 - drop_rate
training = dropped_x @ W_article - (dropped_x / kept) @ W_inverted
prediction = (kept * x4) @ W_article - x4 @ W_inverted
print(f"largest difference in training {np.abs(training).max():.0e}")
print(f"largest difference in prediction {np.abs(prediction).max():.0e}")
assert max(np.abs(training).max(), np.abs(prediction).max()) < 1e-12

# %% [markdown]
# Both describe the same network. (A detail: the same learning rate is not the same step for $W$ and $W'$.) The inverted
# form is what libraries have, because prediction then needs to know nothing of dropout. What must not happen is *both*:
# scaled up in training **and** down in prediction.
#
# ### Exercise 5.4 · Mend the dropout
#
# **Purpose:** find what is wrong with a layer that runs without an error and makes a network worse.
#
# `drawn` holds a random number from [0, 1) for each entry of `x`. A unit is dropped with chance `drop_rate`. The code
# below has one mistake in each of its two modes. Mend both.
#
# **Example:** `x = [[2, 4, 6, 8]]`, `drawn = [[0.7, 0.1, 0.4, 0.9]]`, drop rate 0.5: in training `[[4, 0, 0, 16]]`, in
# prediction `[[2, 4, 6, 8]]`. (`drawn` decides: to drop where it is small and to drop where it is large are
# both right.)
#
# <details><summary>Hint 1</summary>
#
# A drop rate of 0.2 means that few are dropped. How often is `drawn < 0.2` true?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Count how often the outputs are scaled on the way from training to prediction. Once is enough.
#
# </details>


# %%
def dropout(x, drawn, drop_rate, training):
    """Outputs (batch, units) after dropout. drawn (batch, units): a random
    number in [0, 1) for each entry of x.
    """
    # BEGIN SOLUTION
    if not training:
        return x
    kept = drawn >= drop_rate
    return x * kept / (1 - drop_rate)
    # INSTEAD
    # if not training:
    #     return x * (1 - drop_rate)
    # kept = drawn < drop_rate
    # return x * kept / (1 - drop_rate)
    # END SOLUTION


# %%
check("5.4", dropout)

# %% [markdown] tags=["solution"]
# **Worked solution.** `drawn < drop_rate` is true with chance `drop_rate`: those are the units that sit out, so what is
# kept is the opposite. With a drop rate of 1/2 nobody would ever have noticed. And the scale stands in one place: a
# prediction that multiplies by `1 - drop_rate` undoes a correction that training has made already. Such a network
# predicts with sums that are too small, is less sure than it should be, and no error message comes.

# %% [markdown]
# **PyTorch:** a layer `torch.nn.Dropout(p)` after the activation. `net.train()` turns it on and `net.eval()` off: to
# forget `eval()` before predicting is the most common mistake with it.

# %%
layer = torch.nn.Dropout(0.5)
x_tensor = torch.tensor(x4)
torch.manual_seed(0)
# what becomes of ones: the mask with its scale
layer_mask = layer(torch.ones_like(x_tensor))
torch.manual_seed(0)
difference = float((layer(x_tensor) - x_tensor * layer_mask).abs().max())
print(
    f"values in its mask: {sorted(set(layer_mask.ravel().tolist()))}, "
    f"difference from mask times x: {difference:.0e}"
)
layer.eval()
same = torch.equal(layer(x_tensor), x_tensor)
print("after eval() it returns x itself:", same)
assert difference < 1e-12

# %% [markdown]
# What does it do to the curves? The run with true labels from section 1, and the same with a drop rate of 0.5. *About
# 4 s.*

# %%
dropped = fit(longer.replace(drop_rate=0.5), clothes(1000), progress=False)

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    1, 2, figsize=(10.5, 3.8), sharey=True, layout="constrained"
)
said = []
for axes, (name, result) in zip(
    grid,
    {"without": runs["true labels"], "with dropout": dropped}.items(),
    strict=True,
):
    loss = column(result, "validation_loss")
    plot_learning_curves(
        axes, column(result, "train_loss"), loss, mark_best=True
    )
    axes.set(xlabel="epoch", xlim=(0, 48), ylim=(0, 1.3))
    text = (
        f"{name}: the loss ends {loss[-1] - loss.min():.2f} above its best"
    )
    axes.set_title(text)
    said.append(text)
grid[0].set_ylabel("loss (evaluation mode)")
show(
    figure,
    alt="Training and validation loss over 40 epochs, without and with "
    "dropout. " + ". ".join(said) + ".",
)

# %% [markdown]
# With dropout it learns more slowly, and it unlearns less. One run each is a hint and no more.
#
# ### "Steadily adds 2%"
#
# That is what the article says of dropout. Before you look at the measurement, sharpen the knife: when does a
# difference count?
#
# ### Exercise 5.5 · Does the gain count?
#
# **Purpose:** predict, then compute, whether a gain is more than noise.
#
# `with_remedy` and `without` hold the test accuracies in % of two arms, seed by seed (the same seed at the same place).
# Take the differences $d$, seed by seed. Their mean has the 95% interval
#
# $$\bar d \pm q \cdot \frac{s}{\sqrt n} \qquad\qquad s = \sqrt{\frac{1}{n - 1} \sum (d_i - \bar d)^2}$$
#
# where $n$ is the number of seeds and $q$, the `quantile`, about 2 (more for few seeds; it is given). Return the lower
# end, the upper end, and a word: `"gain"` if the whole interval lies above `smallest`, `"loss"` if it lies below
# `-smallest`, `"too small to matter"` if it lies between the two, and else `"open"`.
#
# **Example:** 82, 84, 81, 85 with the remedy and 80, 83, 81, 82 without: the differences are 2, 1, 0, 3, their mean is
# 1.5 and $s$ = 1.29. With `quantile` 3.18 the interval is −0.55 to 3.55. With `smallest` 0.5 the word is… predict it
# first.
#
# <details><summary>Hint 1</summary>
#
# The difference first, then everything else from that one array. `np.std(..., ddof=1)` divides by n − 1.
#
# </details>
# <details><summary>Hint 2</summary>
#
# For a gain ask the *lower* end, for a loss the *upper* end, and for too small to matter both.
#
# </details>


# %%
def gain(with_remedy, without, quantile, smallest):
    """Accuracies of two arms by seed -> (low, high, "gain", "loss", "too
    small to matter" or "open").
    """
    # BEGIN SOLUTION
    difference = with_remedy - without
    half = quantile * difference.std(ddof=1) / np.sqrt(len(difference))
    low, high = difference.mean() - half, difference.mean() + half
    if low > smallest:
        return low, high, "gain"
    if high < -smallest:
        return low, high, "loss"
    inside = -smallest < low and high < smallest
    return low, high, "too small to matter" if inside else "open"
    # END SOLUTION


# %%
check("5.5", gain)

# %% [markdown] tags=["solution"]
# **Worked solution.** "Open": the mean of 1.5 points looks like a gain, and with four seeds the interval holds 0.
# The pairs matter: seeds differ from each other by more than the remedy does, and in the difference that falls away. If
# you take the spread of each arm instead, the interval gets too wide; if you leave out $\sqrt n$, you ask where the
# next *seed* will lie, not the mean.

# %% [markdown]
# **What was measured.** The words are those of your function, with two refinements. An interval above 0 that reaches
# into the band is called "helps", and one beyond the band "clearly helps". And for "too small to matter" a narrower
# interval is asked, the 90% one ([chapter 3](03_unstable_gradients.ipynb) says why). First the 2%.

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("dropout_adds_two_points"),
    "Dropout adds two points",
    labels=[
        "1,000 images",
        "300 images",
        "10,000 images",
        "1,000 images, 40% redrawn",
    ],
)

# %% [markdown]
# "Steadily" would be: every row near +2. No interval reaches it. The gray band is wider here, because an effect counts
# from one point on, half of what was promised. With clean labels dropout adds less than that, with 300 images as with
# 10,000. With wrong labels it helps, and the interval is wide. The first papers found clear gains with large networks
# that were trained for long [5]. The article makes a rule of it.
#
# That does not say that dropout is of no use. Here it is in the same settings as the penalties, but for the second row:
# a larger network in place of more images. And here half a point counts.

# %% jupyter={"source_hidden": true}
show_answers(
    "dropout_helps",
    "Dropout, clean labels",
    [
        "1,000 images",
        "1,000 images, layers of 256 and 128 units",
        "1,000 images, 40% redrawn",
        "1,000 images, 40% redrawn, rate 0.001",
    ],
)

# %% [markdown]
# With clean labels dropout gains a little accuracy. In the larger network both sides have the same best rate, and there
# loss and calibration gain too. In the first row both get worse: dropout's best rate came out larger, and that probably
# made the network surer. With wrong labels dropout does about as much here as a penalty, and again most of it is gone
# when each side has its own best rate. (In the wider network of the picture before, it gained less.) Srivastava and
# others 2014 [5] saw it matter more on harder images: on MNIST it takes less than half a point off the error, on
# CIFAR-10 and CIFAR-100 more than two.

# %% [markdown]
# ### A bonus: ask several times
#
# In prediction dropout is off. What if one leaves it on, and asks the same network 100 times? Each answer comes from
# another thinner network. Where they agree the network is sure, where they do not it should say so. This is
# **Monte-Carlo dropout** (Gal and Ghahramani 2016 [10]). By hand, for two hidden layers of ReLU. *About 2 s.*

# %%
from course_lib.scratch.dropout import draw_mask

parameters = dropped.network.parameters()


def one_answer(x, rng, drop_rate=0.5):
    """Probabilities (images, 10) of one thinner network, by chance."""
    h = x
    for layer in ("dense1", "dense2", "dense3"):
        h = h @ parameters[f"{layer}.weight"] + parameters[f"{layer}.bias"]
        if layer != "dense3":  # dropout is left on
            h = np.maximum(h, 0)
            h = h * draw_mask(h.shape, drop_rate, rng)
    return softmax(h)


rng = np.random.default_rng(0)
x, labels = data.validation.x[:1000], data.validation.labels[:1000]
# (100, images, 10)
asked = np.array([one_answer(x, rng) for _ in range(100)])
once = softmax(dropped.network.logits(x).astype("float64"))
measure = calibration.expected_calibration_error
for name, given in (("off", once), ("on, mean of 100", asked.mean(axis=0))):
    accuracy = 100 * np.mean(given.argmax(axis=1) == labels)
    error = 100 * measure(given, labels, bins=10)
    print(f"dropout {name}: {accuracy:.1f}% right, ", end="")
    print(f"calibration error {error:.1f} points")
kinds = asked.argmax(axis=2).T  # (images, 100)
votes = np.array([np.bincount(row, minlength=10) for row in kinds])
agree = votes.max(axis=1)
for low, high in ((0, 60), (60, 90), (90, 100), (100, 101)):
    these = (agree >= low) & (agree < high)
    share = np.mean(votes.argmax(axis=1)[these] == labels[these])
    print(
        f"{low:3} to {high - 1:3} of 100 agree: {these.sum():4} images, "
        f"{share:.0%} right"
    )

# %% jupyter={"source_hidden": true}
order = np.argsort(agree)
places = [*order[:3], *order[-3:]]
titles = []
for place in places:
    first, second = np.argsort(votes[place])[::-1][:2]
    said_of = f"{data.class_names[first]} {votes[place, first]}"
    said_of += (
        f"\n{data.class_names[second]} {votes[place, second]}"
        if votes[place, second]
        else "\n"
    )
    titles.append(f"{said_of}\n(is: {data.class_names[labels[place]]})")
figure = plt.figure(figsize=(11, 3.1), layout="constrained")
plot_image_grid(
    figure, data.validation.x[places], titles, data.image_shape, columns=6
)
figure.suptitle(
    "Votes of 100: left the three images they agree on least, right three "
    "they all agree on"
)
show(
    figure,
    alt="Six images with the votes of 100 thinner networks. The three they "
    "agree on least: "
    + "; ".join(title.replace("\n", ", ") for title in titles[:3])
    + ". The three they all agree on: "
    + "; ".join(" ".join(title.split()) for title in titles[3:])
    + ".",
)

# %% [markdown]
# How far they agree tells well which answers to trust. The mean of the 100 hardly differs here from one answer with
# dropout off, as the first two lines say, and it costs 100 predictions in place of one. Both engines have it as a
# method, with the same masks:

# %%
from course_lib.engine.torch_backend import Network as TorchNetwork

theirs = TorchNetwork(dropped.recipe, 784, 10, device="cpu")
theirs.load_parameters(parameters)
difference = np.abs(
    theirs.monte_carlo_probabilities(data.validation.x[:200])
    - dropped.network.monte_carlo_probabilities(data.validation.x[:200])
).max()
print(
    "largest difference of a mean probability, PyTorch against NumPy: "
    f"{difference:.0e}"
)
assert difference < 1e-4

# %% [markdown]
# **Say it back.** In training units sit out and the others are scaled up by $1/(1 - p)$. In prediction nothing happens.
# Each step trains another, thinner network, and all of them share their weights.

# %% jupyter={"source_hidden": true}
Quiz(
    "A network with dropout has a training loss of 0.60 (as printed in the "
    "steps) and a validation loss of 0.45. What is likely?",
    {
        "The validation images leaked into training": "Possible, and there "
        "is a plainer reason.",
        "The steps compute their loss with half of the units missing, "
        "validation with all": (
            "Right. Compare both in evaluation mode. The course's "
            "`train_loss` is measured so."
        ),
        "The network underfits": "Measured in the same mode the training "
        "loss may well be the lower one.",
        "The scale was forgotten": "Then validation would rather be worse: "
        "its sums would be too large.",
    },
    correct="The steps compute their loss with half of the units missing, "
    "validation with all",
)

# %% [markdown]
# ## 5 · Max-norm
#
# **The question.** A penalty pulls at every weight in every step, also where nothing is wrong. Could one leave the
# weights alone, and only forbid them to become too large?
#
# **Max-norm** does so (Hinton and others 2012 [4]; the name is older, from a bound for matrices, Srebro and Shraibman
# 2005 [6]). The weights that come *into* a unit form a vector, and after each step it is shortened if it is longer than
# a limit $c$. What is shorter stays as it is. Here are the incoming weights of eight units with two inputs each, before
# and after.

# %% jupyter={"source_hidden": true}
W_two, limit = np.random.default_rng(24).normal(0, 1.6, (2, 8)), 2.0
W_bounded = W_two.copy()
regularizers.apply_max_norm(W_bounded, limit)
long = np.linalg.norm(W_two, axis=0) > limit
figure, axes = plt.subplots(figsize=(5.6, 5.0), layout="constrained")
axes.add_patch(
    plt.Circle(
        (0, 0),
        limit,
        fill=False,
        color=style.GRAY,
        linestyle="--",
        linewidth=1.5,
    )
)
for unit in range(8):
    if long[unit]:
        axes.plot(
            *np.column_stack([W_bounded[:, unit], W_two[:, unit]]),
            color=style.VERMILION,
            linestyle=":",
            linewidth=2,
        )
        axes.plot(*W_two[:, unit], "x", color=style.VERMILION, markersize=8)
    axes.annotate(
        "",
        xy=W_bounded[:, unit],
        xytext=(0, 0),
        arrowprops={
            "arrowstyle": "-|>",
            "color": style.BLUE,
            "linewidth": 2,
        },
    )
reach = 1.1 * max(limit, np.abs(W_two).max())
axes.set(
    xlim=(-reach, reach),
    ylim=(-reach, reach),
    aspect="equal",
    xlabel="weight from input 1",
    ylabel="weight from input 2",
)
axes.set_title(
    f"Max-norm shortens {long.sum()} of 8 units to the limit {limit:g}\n"
    f"and leaves {8 - long.sum()} alone"
)
show(
    figure,
    alt=f"Eight weight vectors as arrows and a circle of radius {limit:g}. "
    f"{long.sum()} were longer: their old ends are crosses outside, and "
    "the arrows now end on the circle, in the same direction. The other "
    f"{8 - long.sum()} are unchanged.",
)

# %% [markdown]
# **The formula**, for each unit by itself, after each step:
#
# $$w \leftarrow w \cdot \frac{c}{\max(\lVert w \rVert,\ c)} \qquad\qquad \lVert w \rVert = \sqrt{\sum_i w_i^2}$$
#
# | Symbol | Meaning | Shape |
# |---|---|---|
# | $w$ | the weights *into* one unit: a **column** of $W$ (fan_in, fan_out) | (fan_in,) |
# | $\lVert w \rVert$ | its length, the l2 norm | one number a unit |
# | $c$ | the limit, often 1 to 4 | one number |
#
# If the length is below $c$ the quotient is $c/c = 1$. **By hand**, $c = 2.5$: the column (3, 4) has length 5 and
# becomes (1.5, 2). The column (0.6, 0.8) has length 1 and stays.
#
# ### Exercise 5.6 · Max-norm
#
# **Purpose:** bound each unit's incoming weights, along the right axis.
#
# `weight` has the shape (fan_in, fan_out). Return a new array.
#
# **Example:** `max_norm(np.array([[3.0, 0.6], [4.0, 0.8]]), 2.5)` is `[[1.5, 0.6], [2.0, 0.8]]`.
#
# <details><summary>Hint 1</summary>
#
# One length for each column: sum over the axis that should disappear.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `np.maximum(lengths, limit)` never is 0, and dividing (fan_in, fan_out) by (fan_out,) divides each column by its own
# number.
#
# </details>


# %%
def max_norm(weight, limit):
    """Weights (fan_in, fan_out) with every column that is longer than
    `limit` shortened to it.
    """
    # BEGIN SOLUTION
    lengths = np.sqrt((weight**2).sum(axis=0))
    return weight * limit / np.maximum(lengths, limit)
    # END SOLUTION


# %%
check("5.6", max_norm)

# %% [markdown] tags=["solution"]
# **Worked solution.** `axis=0` runs down a column, over the inputs of one unit. With `axis=1` one would bound what goes
# *out* of each input; for a square matrix that raises no error. Written without `if`, it has no special case: a column
# within the limit is multiplied by 1, and a column of zeros by 1, not by $c/0$.

# %% [markdown]
# **PyTorch** stores a layer's weights as (fan_out, fan_in): there a unit is a *row*, and `renorm` with `dim=0` bounds
# it.

# %%
weight = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
ours = weight.copy()
regularizers.apply_max_norm(ours, 1.5)
theirs = torch.tensor(weight.T).renorm(p=2, dim=0, maxnorm=1.5)
difference = np.abs(theirs.numpy().T - ours).max()
print(f"largest difference between ours and PyTorch's: {difference:.0e}")
assert difference < 1e-5

# %% [markdown]
# **What was measured.**

# %% jupyter={"source_hidden": true}
show_answers("max_norm_helps", "Max-norm, clean labels")

# %% [markdown]
# With clean labels max-norm gains a little accuracy with 1,000 images. With 5,000 the difference is too small to
# matter. There both sides have the same best rate, and loss and calibration gain. With 1,000 the best rate came out
# larger with max-norm than without it, and the calibration got worse. With wrong labels max-norm does about as much as
# a penalty. It is usually taken together with dropout, where it allows larger learning rates: on MNIST Srivastava and
# others 2014 [5] saw the error fall from 1.25% to 1.06% when they added it. That pair was not measured here.

# %% [markdown]
# **Say it back.** A bound, not a pull: what is within it is left alone. Column or row, that depends on how the weights
# are stored; what counts is *into* a unit.

# %% jupyter={"source_hidden": true}
Quiz(
    "A unit's incoming weights are (0.3, 0.4), and the limit is 1. What do "
    "max-norm and L2 do to them in one step, if the data do not pull?",
    {
        "Both shorten them": "Their length is 0.5, below the limit: "
        "max-norm does nothing.",
        "Max-norm nothing, L2 takes a share off": "Right. A penalty always "
        "pulls, a bound acts only beyond it.",
        "Max-norm makes them (0.6, 0.8), L2 nothing": (
            "Max-norm never makes a vector longer."
        ),
        "Neither does anything": "L2 pulls at every weight that is not 0.",
    },
    correct="Max-norm nothing, L2 takes a share off",
)

# %% [markdown]
# ## 6 · More data, from the data you have
#
# **The question.** More images helped at every width (section 1). A sneaker that stands two pixels farther to the left
# is a sneaker still. Does the network know that?

# %% jupyter={"source_hidden": true}
Prediction(
    "two-pixels",
    "The network with true labels of section 1 is right about "
    f"{100 * runs['true labels'].history[-1]['validation_accuracy']:.0f} "
    "of 100 new images. You move new images by two pixels, down and to the "
    "right. Of 100 of those it is right about…",
    slider=(0, 100, 1),
)

# %%
shape, test_images = data.image_shape, data.test.x[:1000]


def moved_accuracy(network, pixels):
    """Accuracy in % on 1,000 test images that were moved by so many pixels,
    down and to the right.
    """
    moved = augmentation.shift(
        test_images, shape, np.full((1000, 2), pixels)
    )
    return 100 * np.mean(
        network.logits(moved).argmax(axis=1) == data.test.labels[:1000]
    )


plain_net = runs["true labels"].network
PIXELS = range(-4, 5)
without = [moved_accuracy(plain_net, pixels) for pixels in PIXELS]

# %% jupyter={"source_hidden": true}
recall(
    "two-pixels",
    answer=f"{without[6]:.0f} of 100; unmoved it is {without[4]:.0f}. To a "
    "network of dense layers a moved image is another image.",
)

# %% [markdown]
# So tell it. **Augmentation** changes the training images at random, in every step anew, by changes that keep what they
# show: here shifts by up to two pixels. *About 5 s.*

# %%
shifted_run = fit(
    longer.replace(augmentation="shift"), clothes(1000), progress=False
)
with_shifts = [
    moved_accuracy(shifted_run.network, pixels) for pixels in PIXELS
]

# %% jupyter={"source_hidden": true}
figure = plt.figure(figsize=(10, 5.6), layout="constrained")
top, bottom = figure.subfigures(2, 1, height_ratios=(1, 2.3))
example = data.test.x[[5]]
pictures = [
    augmentation.shift(example, shape, np.array([[pixels, pixels]]))[0]
    for pixels in PIXELS
]
names = [
    f"{pixels:+d}".replace("-", "−") if pixels else "as it is"
    for pixels in PIXELS
]
plot_image_grid(top, pictures, names, shape, columns=9)
axes = bottom.subplots()
axes.plot(
    PIXELS,
    without,
    "o-",
    color=style.BLUE,
    linewidth=2,
    label="trained on the images as they are",
)
axes.plot(
    PIXELS,
    with_shifts,
    "s--",
    color=style.GREEN,
    linewidth=2,
    label="trained on shifted images",
)
axes.set(
    xlabel="test images moved by (pixels down and right)",
    ylabel="accuracy (%)",
    ylim=(0, 100),
    xticks=PIXELS,
)
axes.legend(frameon=False, loc="lower center")
axes.set_title(
    f"Moved by 2 pixels: {without[6]:.0f}% without, {with_shifts[6]:.0f}% "
    "with shifted training images"
)
show(
    figure,
    alt="Above, one image moved by −4 to +4 pixels. Below, accuracy "
    f"against the shift. Trained on images as they are: {without[4]:.0f}% "
    f"unmoved, {without[6]:.0f}% at two pixels, {without[8]:.0f}% at four. "
    f"Trained on shifted ones: {with_shifts[4]:.0f}%, "
    f"{with_shifts[6]:.0f}% and {with_shifts[8]:.0f}%.",
)

# %% [markdown]
# Look at the price, too. On images that are *not* moved it has lost some points in these 40 epochs. It has to learn
# each image in 25 places, which takes longer. What is left of the price in a longer run is measured below.
#
# **The formula** of a shift by $d$ rows down and $r$ columns to the right is a question to the old image:
#
# $$\text{new}[i, j] = \text{old}[i - d,\ j - r], \qquad \text{and 0 where that lies outside}$$
#
# **By hand**, one row down: $\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$ becomes $\begin{pmatrix} 0 & 0 \\ 1 & 2
# \end{pmatrix}$. The row (3, 4) has left the image, and zeros come in.
#
# ### Which changes are allowed
#
# Those that do not change the answer, and that is a question about the task. **Flips**, left to right, are right for
# clothes: a sweater has no left and right, and a mirrored sneaker is a sneaker. They are wrong for digits. A second
# question is whether such images will come. In these photographs nearly all sneakers and ankle boots point the same
# way, so a flip shows the network shoes that it is hardly ever asked about. *Validation and test images are never
# augmented*: they stand for what will come.

# %% jupyter={"source_hidden": true}
Prediction(
    "flipped-digits",
    "Handwritten digits, 300 to train with. In training half of them are "
    "mirrored at random. Real digits, which nobody mirrors, are then read…",
    choices=[
        "better: there is more to learn from",
        "as well as before",
        "worse",
    ],
)

# %%
digits = load_digits()
digits = dataclasses.replace(
    digits, train=Split(digits.train.x[:300], digits.train.labels[:300])
)
reader = usual.replace(
    hidden_layers=(64,), epochs=40, batch_size=32, learning_rate=0.003
)
# by augmentation: accuracy in % of each of three seeds on the test digits
read = {}
for kind in ("none", "flip"):
    shares = []
    for seed in range(3):
        one = reader.replace(augmentation=kind, seed=seed)
        net = fit(one, digits, progress=False).network
        answered = net.logits(digits.test.x).argmax(axis=1)
        shares.append(100 * np.mean(answered == digits.test.labels))
    read[kind] = np.array(shares)
    print(
        f"{kind:5} {read[kind].mean():.1f}% of the test digits read right; "
        f"by seed: {read[kind].round(1)}"
    )

# %% jupyter={"source_hidden": true}
firsts = [
    int(np.flatnonzero(digits.test.labels == digit)[0])
    for digit in (2, 3, 5, 7)
]
as_they_are = digits.test.x[firsts]
mirrored = augmentation.flip(
    as_they_are, digits.image_shape, np.ones(4, bool)
)
figure = plt.figure(figsize=(10, 2.2), layout="constrained")
titles = [
    f"{digit}{word}"
    for digit in (2, 3, 5, 7)
    for word in ("", ", mirrored")
]
pairs = [
    image
    for pair in zip(as_they_are, mirrored, strict=True)
    for image in pair
]
plot_image_grid(figure, pairs, titles, digits.image_shape, columns=8)
figure.suptitle("Mirrored, these are no digits that anybody writes")
show(
    figure,
    alt="Four handwritten digits, 2, 3, 5 and 7, each beside its mirror "
    "image. Mirrored they are no digits.",
)

# %% jupyter={"source_hidden": true}
lost = (read["none"] - read["flip"]).mean()
recall(
    "flipped-digits",
    answer=f"{'Worse' if lost > 0 else 'Not worse'}: {abs(lost):.1f} "
    f"points {'less' if lost > 0 else 'more'}, mean of three seeds. It "
    "learns shapes that nobody writes, and a mirrored 2 comes close to a 5 "
    "or an S.",
)

# %% [markdown]
# ### Exercise 5.7 · Shifted images
#
# **Purpose:** make new training images, and leave the others in peace.
#
# `train` and `validation` hold images, (n, rows, columns). `down` and `right` hold a whole number for each training
# image: by how much it moves down and to the right (negative: up, to the left). Return the new training images, and the
# validation images.
#
# **Example:** the training image `[[1, 2], [3, 4]]` with `down = [1]` and `right = [0]` becomes `[[0, 0], [1, 2]]`.
#
# <details><summary>Hint 1</summary>
#
# A frame of zeros around the image, as wide as the largest shift, and then cut the window out at the right place:
# `np.pad(image, margin)`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# In the padded image the old one begins at `margin`. To move it down by `d`, let the window begin `d` rows higher.
# (With `np.roll` what leaves on one side comes in on the other.)
#
# </details>


# %%
def shifted_split(train, validation, down, right):
    """Images (n, rows, columns), each moved by its own shift, with zeros
    coming in -> (train, validation).
    """
    # BEGIN SOLUTION
    rows, columns = train.shape[1:]
    margin = max(np.abs(down).max(), np.abs(right).max())
    padded = np.pad(train, ((0, 0), (margin, margin), (margin, margin)))
    moved = [
        image[
            margin - d : margin - d + rows,
            margin - r : margin - r + columns,
        ]
        for image, d, r in zip(padded, down, right, strict=True)
    ]
    return np.array(moved), validation
    # END SOLUTION


# %%
check("5.7", shifted_split)

# %% [markdown] tags=["solution"]
# **Worked solution.** The frame supplies the zeros, so there are no cases for the four directions. Each image has its
# own shift: one for all would be another data set and not a larger one. And `validation` is returned as it came.
# Shifted validation images would measure how well the network does on shifted images: a good question, but not the one
# that chooses between networks.

# %% [markdown]
# **PyTorch.** The course's shift in both engines, on the same images; `torchvision.transforms` has `RandomAffine` and
# `RandomHorizontalFlip` for images that are read one by one.

# %%
from course_lib.pytorch import augmentation as torch_augmentation

offsets = np.random.default_rng(0).integers(-2, 3, (1000, 2))
ours = augmentation.shift(test_images, shape, offsets)
theirs = torch_augmentation.shift(torch.tensor(test_images), shape, offsets)
print(
    "1,000 shifted images, the same in both engines:",
    bool(np.array_equal(ours, theirs.numpy())),
)
assert np.array_equal(ours, theirs.numpy())

# %% [markdown]
# **What was measured.** How far the shifts reach at most, 1, 2 or 3 pixels, is their strength, and chosen. The second
# and the third row take 2 pixels, and the third is judged on shifted test images. All runs are longer than those of the
# other remedies: an image that changes takes longer to learn.

# %% jupyter={"source_hidden": true}
show_answers(
    "augmentation_helps",
    "Shifts, clean labels",
    [
        "shifts",
        "shifts by up to 2 pixels",
        "shifts by up to 2 pixels, on shifted test images",
        "flips",
    ],
    asked=["shifts", "shifts by up to 2 pixels", "flips"],
)

# %% [markdown]
# On *shifted* images shifts gain more than any other remedy gains anywhere in this chapter. On images as they are it
# depends on how far they reach. By one pixel, which is what was chosen, they clearly help. By up to two it cannot be
# told whether accuracy gains or loses; loss and calibration are better for sure. Flips gain no accuracy, and whether
# they cost some cannot be told; the shoes may be a reason. So an augmentation has a strength like any other remedy: try
# the gentle one first, and give it time.

# %% [markdown]
# **Say it back.** Change what does not matter for the answer, in training only, anew in every step.

# %% jupyter={"source_hidden": true}
Quiz(
    "You augment by shifts, and then split the images into training and "
    "validation. What is wrong?",
    {
        "Nothing, the order does not matter": "It does: copies of one "
        "image end up on both sides.",
        "Shifted copies of a training image are in the validation part: it "
        "has leaked": (
            "Right. Split first, then augment the training part alone."
        ),
        "There are too many images now": "More is not the trouble.",
        "The validation part is too small": "Its size is not the trouble. "
        "What is in it?",
    },
    correct="Shifted copies of a training image are in the validation "
    "part: it has leaked",
)

# %% [markdown]
# ## 7 · The laboratory
#
# **Touch it.** All of it in the plane: a disk of points in a ring, some with wrong labels, and a network of two hidden
# layers. Moving a control shows the whole run at once, up to epoch 120. *That takes a second or two.* **Start** plays
# it from its first epoch, **Step** goes one epoch at a time, and a line of text says what is happening.
#
# It begins with all remedies off and learns most of the wrong labels by heart, with tongues around them. Turn on L2 of
# 0.01 and watch the tongues go; then 0.1. Turn it off again and give it 320 points in place of 80.
#
# A question that only moving can answer: take each remedy *alone*, at its best position. Which of them get most of the
# wrong labels out, and which the fewest? (All are chosen and judged on the same new points here. Do that in play only.)

# %%
from course_lib.explorers.overfitting_laboratory import (
    OverfittingLaboratory,
)

OverfittingLaboratory()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# At the draw that it opens with: L2 at 0.01 or 0.03 and L1 at 0.003 or 0.01 get nearly all wrong labels out. Early
# stopping, the mirrored copies and max-norm at 0.5 leave only a few of them learned. Dropout leaves more. At 0.2 new
# points gain a lot all the same; at 0.5 the training points suffer too, and next to nothing is gained. Max-norm at 2
# leaves as many as no remedy. With L2 at 0.1 the network does not even learn the training points. 320 points in place
# of 80 help, too, by less than L2 or L1. And fewer units help here: with 8 in a layer there is less room for tongues,
# with 1 there is none for the ring.
#
# Then move the draw: other points, other wrong labels, another order of the remedies. Each of these was one run.
#
# </details>

# %% [markdown]
# ### Exercise 5.8 · Six runs, six illnesses
#
# **Purpose:** read curves as a doctor reads a chart: first the illness, then the cure that meets its cause.
#
# Six networks were trained on clothes, for 40 epochs each. In each run something else is wrong. The diamond is the
# accuracy on new images that were looked at once, after the run. *About 6 s.*

# %%
from course_lib.checks.sick_curves import CURES, CURVE_ILLNESSES

curves = six_curves()
print("ILLNESSES")
for name, description in CURVE_ILLNESSES.items():
    print_wrapped(f"  {name:27} {description}", indent=30)
print("CURES")
for name, description in CURES.items():
    print_wrapped(f"  {name:33} {description}", indent=36)

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    4, 3, figsize=(11, 10.5), sharex=True, layout="constrained"
)
said = []
for place, (letter, run) in enumerate(curves.items()):
    upper, lower = grid[2 * (place // 3) : 2 * (place // 3) + 2, place % 3]
    plot_learning_curves(
        upper, run.train_loss, run.validation_loss, names=False
    )
    plot_learning_curves(
        lower,
        100 * run.train_accuracy,
        100 * run.validation_accuracy,
        test=100 * run.test_accuracy,
        names=False,
    )
    upper.set(title=f"{letter}: loss", ylim=(0, None))
    lower.set(title=f"{letter}: accuracy (%)", ylim=(0, 103))
    said.append(
        f"{letter}: training loss {run.train_loss[0]:.2f}, "
        f"{run.train_loss[9]:.2f}, {run.train_loss[-1]:.2f} after epochs "
        f"1, 10, 40; validation loss {run.validation_loss[0]:.2f}, "
        f"{run.validation_loss[9]:.2f}, {run.validation_loss[-1]:.2f}; "
        f"accuracy in the end {run.train_accuracy[-1]:.0%} in training, "
        f"{run.validation_accuracy[-1]:.0%} in validation (at best "
        f"{run.validation_accuracy.max():.0%}), {run.test_accuracy:.0%} on "
        "new images."
    )
for axes in grid[-1]:
    axes.set_xlabel("epoch")
grid[1, 0].legend(frameon=False, loc="lower right")
figure.suptitle("Six runs of 40 epochs: what is wrong with each?")
show(
    figure,
    alt="Loss and accuracy of six training runs over 40 epochs. "
    + " ".join(said),
)

# %% [markdown]
# Return a dict with the letters A to F. Each value is a pair of names from the two lists: the illness and the cure. Two
# illnesses and one cure are not needed.
#
# **Example of the form:** `{"A": ("name of an illness", "name of a cure"), "B": (…), …}`. And with numbers: a run whose
# losses end level at 0.30 in training and 0.35 in validation, with the diamond at the validation accuracy, would be
# `("nothing", "leave_it")`.
#
# <details><summary>Hint 1</summary>
#
# Four questions, in this order. Is the training loss low in the end? If not: is it level, still falling, or jumping? If
# yes: does validation follow? And does the diamond lie where validation says?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Two runs learn by heart. In one of them the validation accuracy stays, in the other it falls by more than ten points:
# what did that one learn?
#
# </details>


# %%
def diagnoses():
    """{"A": (illness, cure), ..., "F": (illness, cure)}."""
    # BEGIN SOLUTION
    return {
        "A": ("too_few_or_too_short_steps", "larger_learning_rate"),
        "B": ("overfits", "more_images_or_a_penalty"),
        "C": ("validation_leaked", "split_again"),
        "D": ("learning_rate_too_high", "smaller_learning_rate"),
        "E": ("learns_wrong_labels", "look_at_the_labels_and_stop_early"),
        "F": ("network_too_small", "more_units"),
    }
    # END SOLUTION


# %%
check("5.8", diagnoses)

# %% [markdown] tags=["solution"]
# **Worked solution.** *A* falls smoothly to the last epoch, training and validation together: nothing is wrong but the
# length of the way. *F* also has no gap, but it is level: more steps bring nothing, more units do. *D* jumps, and
# training jumps with validation: that is the steps.
#
# *B* and *E* learn by heart. In *B* the validation accuracy stays and the loss climbs, like the run with true labels at
# the beginning of the chapter. In *E* the training accuracy starts *below* validation, which is a sign by itself: the
# training labels are harder to get right, because many are wrong. Then it learns these too, and the validation accuracy
# falls.
#
# *C* looks best of all. Only the diamond tells: validation images were in the training data. A validation curve that
# follows the training curve all the way to 98% is too good to be true, and asks for a look at the split.

# %% [markdown]
# **Say it back.** High and level: too small. High and falling: too short. High and jumping: steps too long. Low with a
# gap: by heart. Low without a gap: be glad, and count the images that are in both parts.

# %% [markdown]
# ## 8 · The article said, we measured
#
# Each row is one claim and its primary comparison: clean labels, each side at its own best learning rate.
# [CLAIMS.md](../CLAIMS.md) has all the others, and how to measure each of them again.

# %% jupyter={"source_hidden": true}
CLAIMS = (
    "early_stopping_helps",
    "l2_helps",
    "l1_helps",
    "weight_decay_over_l2",
    "dropout_helps",
    "dropout_adds_two_points",
    "max_norm_helps",
    "augmentation_helps",
    "double_descent",
)
rows = []
for name in CLAIMS:
    measurement = load_measurement(name)
    primary = measurement.primary.label
    rows += [
        row | {"measured": primary}
        for row in measurement_rows(measurement, [primary])
    ]
HTML(effects_table(rows))

# %% [markdown]
# Three things to take along. **Ask which labels.** Where many are wrong, it is worth points to keep a network from
# learning them by heart: by stopping, a penalty, dropout or max-norm. Where they are clean, a network at its best rate
# leaves little accuracy to gain. A penalty makes no difference that matters, and stopping gains nothing. With 1,000
# images dropout, max-norm and gentle shifts gain up to about a point, and so does a decay that stands apart over a
# penalty. With 500 images or 5,000 the gain of dropout cannot be told, and that of max-norm is too small to matter.
#
# **Ask compared with what.** With wrong labels a learning rate that is small enough wins much by itself.
#
# **Ask which quantity.** Who chooses by accuracy gets accuracy. Loss and calibration may go the other way.
#
# And two things that are no remedy of the article. [Four times as many images](../CLAIMS.md#more_data_helps), in place
# of 500 or 1,000, gain more than L2, dropout, max-norm or shifts; and in place of 10,000, five times as many still do.
#
# [Five networks, their probabilities averaged](../CLAIMS.md#ensemble_helps), are right a little more often on clean
# labels (with 10,000 images by too little to matter), and know better how sure they are. With wrong labels they are
# right more often still, and less well calibrated. With 1,000 images and clean labels, one network as large as the five
# is right as often, to within what matters, and knows much less well how sure it is.

# %% [markdown]
# ## 9 · Looking back
#
# - A network can learn random labels. A low training loss says nothing about new images.
# - Capacity and steps let a network learn by heart; data keep it from that. Judge by new images, not by the gap.
# - Early stopping waits with patience, counted from the best epoch, and puts the best weights back.
# - L2 pulls weights in proportion, L1 all alike and to exactly 0, max-norm bounds the length of what comes into a unit.
#   Biases stay out.
# - Dropout drops and scales up in training, and does nothing in prediction.
# - Augmentation changes training images in ways that keep the answer.
# - Accuracy, loss and calibration are three questions. A remedy can answer one with yes and another with no.
# - A gain within the noise cannot be told from none.
#
# ### Last questions

# %% jupyter={"source_hidden": true}
Quiz(
    "After each of 30 ideas you look at the validation accuracy and keep "
    "the idea if it rose. In the end validation says 91%, test data say "
    "88%. Why?",
    {
        "The test images are harder": "They come from the same source.",
        "You have overfitted the validation data, by choosing": (
            "Right. Every choice lets a little of its accidents in. That "
            "is what test data, used once, are for."
        ),
        "The network has too many units": "Perhaps, but that would show in "
        "validation, too.",
        "3 points are noise": "Partly, perhaps. But the sign is no "
        "accident: you chose what was high.",
    },
    correct="You have overfitted the validation data, by choosing",
)

# %% jupyter={"source_hidden": true}
Quiz(
    "A doctor will act only on answers that are at least 90% sure. Which "
    "of the three quantities matters most?",
    {
        "Accuracy": "It counts answers and does not ask how sure they are.",
        "Training loss": "That is about images that nobody will ask about.",
        "Calibration": "Right: of the answers that are 90% sure, 90% must "
        "be right.",
        "The gap": "It says how much is learned by heart, not what 90% "
        "means.",
    },
    correct="Calibration",
)

# %% jupyter={"source_hidden": true}
Quiz(
    "Dropout 0.5, L2, max-norm and shifts together: training accuracy 71%, "
    "validation accuracy 71%. What now?",
    {
        "Perfect, there is no gap": "A gap of 0 at 71% means that it "
        "cannot even fit what it sees.",
        "Loosen the remedies, one at a time": "Right. It underfits: each "
        "remedy takes something away, and together they took too much.",
        "Add early stopping": "It stops what is learning by heart. Here "
        "nothing is.",
        "Fewer units": "It cannot fit its training images already.",
    },
    correct="Loosen the remedies, one at a time",
)

# %% [markdown]
# ### What people do today
#
# - **Data first.** More images, and stronger augmentation than ours: random crops, colors, mixing two images and their
#   labels (mixup, Zhang and others 2018 [7]).
# - **Weight decay** in AdamW (Loshchilov and Hutter 2019 [8]) is on nearly everywhere, at strengths of 0.01 to 0.1. L1
#   is rare in networks, and at home where one wants to read the weights. Max-norm has become rare.
# - **Dropout** is mostly gone from networks for images that have batch norm, and from language models that see each
#   text only once. It remains where data are few.
# - **Early stopping** is used for small networks; large runs have a fixed length, because their learning rate falls on
#   a schedule (chapter 4).
# - **Larger networks** are not avoided. Beyond the point where everything can be stored they often get better again
#   (section 1's optional part).
# - **Start from a trained network** (chapter 4): with few data often the strongest remedy, as long as its old images
#   resemble the new ones.
# - **Calibration** is mended after training: temperature scaling (Guo and others 2017 [2]) divides the logits by one
#   number, which is fitted on validation data.
#
# ### Glossary
#
# | Term | Meaning |
# |---|---|
# | augmentation | training images changed at random in ways that keep the answer |
# | calibrated | of the answers that are 80% sure, 80% are right |
# | calibration error, ECE | how far being sure and being right are apart, averaged over all answers |
# | callback | an object that the training loop calls after each epoch |
# | capacity | a network's room to bend: what it can fit |
# | double descent | the error on new data falls, rises and falls again as the network grows |
# | drop rate | the chance of a unit to sit out a training step |
# | dropout | in each training step random units sit out; inverted: those kept are divided by 1 − drop rate |
# | early stopping | stop when validation does not get better any more, keep the best weights |
# | generalization gap | the distance between training data and new data, in loss or in accuracy |
# | L1, L2 | a penalty on the sum of the absolute values, or of the squares, of the weights |
# | mask | for each image and unit 0 (sits out) or 1, drawn anew in each step |
# | max-norm | a limit to the length of the weights that come into a unit |
# | Monte-Carlo dropout | several predictions with dropout on; their spread says how unsure the network is |
# | overfitting | the training loss goes on falling, and new data get worse |
# | patience | epochs without a new best before a run is stopped |
# | penalty | what is added to the loss to make something expensive |
# | redrawn labels | labels thrown away and drawn anew from all classes |
# | reliability picture | share of right answers against how sure they were |
# | soft threshold | all weights nearer to 0 by the same amount, those that reach it become 0 |
# | strength | the number before a penalty |
# | underfitting | even the training data are not fitted |
# | weight decay | a share off every weight in every step, apart from the gradient |
#
# ### Sources
#
# 1. C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals. Understanding deep learning requires rethinking
#    generalization. ICLR (2017). [arXiv:1611.03530](https://arxiv.org/abs/1611.03530)
# 2. C. Guo, G. Pleiss, Y. Sun, K. Weinberger. On calibration of modern neural networks. ICML (2017).
#    [arXiv:1706.04599](https://arxiv.org/abs/1706.04599)
# 3. L. Prechelt. Early stopping, but when? In: Neural networks: tricks of the trade. Springer (1998).
# 4. G. Hinton, N. Srivastava, A. Krizhevsky, I. Sutskever, R. Salakhutdinov. Improving neural networks by preventing
#    co-adaptation of feature detectors. [arXiv:1207.0580](https://arxiv.org/abs/1207.0580) (2012).
# 5. N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov. Dropout: a simple way to prevent neural
#    networks from overfitting. Journal of Machine Learning Research 15, 1929–1958 (2014).
# 6. N. Srebro, A. Shraibman. Rank, trace-norm and max-norm. COLT (2005).
# 7. H. Zhang, M. Cisse, Y. Dauphin, D. Lopez-Paz. mixup: beyond empirical risk minimization. ICLR (2018).
#    [arXiv:1710.09412](https://arxiv.org/abs/1710.09412)
# 8. I. Loshchilov, F. Hutter. Decoupled weight decay regularization. ICLR (2019).
#    [arXiv:1711.05101](https://arxiv.org/abs/1711.05101)
# 9. M. Belkin, D. Hsu, S. Ma, S. Mandal. Reconciling modern machine-learning practice and the classical bias–variance
#    trade-off. PNAS 116, 15849–15854 (2019). [arXiv:1812.11118](https://arxiv.org/abs/1812.11118)
# 10. Y. Gal, Z. Ghahramani. Dropout as a Bayesian approximation: representing model uncertainty in deep learning. ICML
#     (2016). [arXiv:1506.02142](https://arxiv.org/abs/1506.02142)
# 11. M. Li, M. Soltanolkotabi, S. Oymak. Gradient descent with early stopping is provably robust to label noise for
#     overparameterized neural networks. AISTATS (2020). [arXiv:1903.11680](https://arxiv.org/abs/1903.11680)
# 12. P. Nakkiran, G. Kaplun, Y. Bansal, T. Yang, B. Barak, I. Sutskever. Deep double descent: where bigger models and
#     more data hurt. ICLR (2020). [arXiv:1912.02292](https://arxiv.org/abs/1912.02292)
# 13. P. Nakkiran, P. Venkat, S. Kakade, T. Ma. Optimal regularization can mitigate double descent. ICLR (2021).
#     [arXiv:2003.01897](https://arxiv.org/abs/2003.01897)
#
# **Next:** chapter 6. All parts are on the table. Which of them belong into a network that you start with?
