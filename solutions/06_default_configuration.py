# %% [markdown]
# # Chapter 6 · The default configuration
#
# All parts are on the table. The article ends with a list of five, to begin every network with: He initialization, ELU,
# batch normalization, dropout, Adam. Is it a good one? Which of the five does the work? And what do you do with a
# network when it is trained?
#
# **When you are done, you can**
#
# 1. say what each part of the default configuration is for, and what it costs;
# 2. take a configuration apart, one part and two parts at a time, and read what that says;
# 3. compare it fairly with its rivals: the same schedule, and each at its own best learning rate;
# 4. name what people take in 2026, with its source;
# 5. take raw images to a saved model: parts without overlap, one look at the test data, a confusion matrix, calibrated
#    probabilities, the worst mistakes, a card;
# 6. let it answer about a picture of your own;
# 7. find the flaw in a report, also in your own.
#
# **Time:** about 90 minutes of reading and trying, 70 more for the eight exercises, and 60 more for the second
# capstone, which you do alone. Sections 1 to 4, 5 and 6, and 7 to 10 make three sittings.
#
# **You need:** chapters 3 to 5.
#
# **Waits.** A cell that takes longer than a second says so, in seconds on two CPU cores. The first one takes about 3 s.

# %%
import dataclasses
import html
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, Markdown

from course_lib.learner import check
from course_lib.checks.six_reports import FLAWS, REMEDIES, REPORTS
from course_lib.data import (
    DataError,
    Dataset,
    OverlapError,
    Split,
    check_no_overlap,
    load_digits,
    load_fashion_mnist,
    read_picture,
)
from course_lib.data.fashion import read_embedded, scaled
from course_lib.experiments import default_rivals
from course_lib.experiments.verdicts import interval
from course_lib.experiments.storage import load_measurement
from course_lib.explorers.configuration import ConfigurationExplorer
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.ledger import picture
from course_lib.ledger.claims_file import notebook_table
from course_lib.ledger.entries import (
    count_line,
    entries,
    is_of_the_article,
)
from course_lib.plots import show
from course_lib.plots.claims import answer, show_measured
from course_lib.plots.images import (
    confusion_counts,
    plot_confusion,
    plot_image_grid,
    plot_worst_mistakes,
)
from course_lib.plots.learning_curves import (
    plot_learning_curves,
    plot_reliability,
)
from course_lib.plots.measurements import effect_text
from course_lib.plots.printed import print_wrapped
from course_lib.engine.torch_backend import Network as TorchNetwork
from course_lib.recipe import Recipe
from course_lib.scratch import calibration
from course_lib.scratch.losses import softmax
from course_lib.engine.numpy_backend import Network
from course_lib.threads import limit_threads
from course_lib.training import fit, load_model, save_model
from course_lib.training.model_card import card_text

# in networks this small one thread is faster than several that wait
limit_threads(1)
data = load_fashion_mnist()

# %% [markdown]
# ## 1 · One line
#
# **The question.** In this course the article's list is one line, `Recipe()`. What does it decide for you, and what
# does it leave open?

# %%
default = Recipe()
print(default)

# %% [markdown]
# The article names five of these fields. It gives no sizes and no rates: those are this course's choice.
#
# | Part | Field | What it is for | Before | Chapter |
# |---|---|---|---|---|
# | He initialization | `initialization` | signals and gradients start with the right size | weights of spread 1 | 3 |
# | ELU | `activation` | a slope of 1 above 0, and one that is not 0 below | sigmoid | 3 |
# | batch normalization | `normalization` | sums keep their size while the weights move | nothing | 3 |
# | dropout | `drop_rate` | no unit can rely on another one | nothing | 5 |
# | Adam | `optimizer` | a step size of its own for every weight | gradient descent | 4 |
#
# "Before" is what stood in its place in a first book on neural networks: weights from a normal distribution with spread
# 1, and so on.
#
# The first three look after the same thing, the size of signals and gradients. Keep that in mind.
#
# **By hand:** how many numbers does this network learn, with 784 inputs and 10 classes? Batch norm has a scale and a
# shift for each unit, and its shift takes the place of the bias. So the first hidden layer has
# $784 \cdot 300 + 2 \cdot 300 = 235{,}800$, the second $300 \cdot 100 + 2 \cdot 100 = 30{,}200$, and the last one
# $100 \cdot 10 + 10 = 1{,}010$.

# %%
by_hand = Network(default, data.n_inputs, data.n_classes, dtype="float64")
for name, array in by_hand.parameters().items():
    print(f"{name:20} {array.shape!s:12} {array.size:8,}")
print(
    f"{'in all':33} "
    f"{sum(array.size for array in by_hand.parameters().values()):8,}"
)

# %% [markdown]
# **In PyTorch** the same network is nine layers in a row. The dense layers before a batch norm have no bias.
# *About 2 s.*

# %%
in_torch = TorchNetwork(
    default, data.n_inputs, data.n_classes, dtype="float64", device="cpu"
)
for name, layer in in_torch.module.named_children():
    print_wrapped(f"{name:12} {layer}", indent=13)

# %% [markdown]
# Same seed, same start, same masks. Are all five parts the same by hand and in PyTorch, number by number? Twenty
# training steps each, with Adam, dropout and the running statistics of batch norm. *About 1 s.*

# %%
furthest = 0.0
for step in range(20):
    rows = slice(64 * step, 64 * step + 64)
    losses = [
        each.train_step(data.train.x[rows], data.train.labels[rows])
        for each in (by_hand, in_torch)
    ]
    furthest = max(furthest, abs(losses[0] - losses[1]))
print(f"losses after 20 steps: {losses[0]:.12f} and {losses[1]:.12f}")
print(f"largest difference of a loss: {furthest:.0e}")
apart = max(
    np.abs(array - in_torch.parameters()[name]).max()
    for name, array in by_hand.parameters().items()
)
print(f"largest difference of a parameter: {apart:.0e}")

# %% [markdown]
# ### Exercise 6.1 · What differs?
#
# **Purpose:** before two networks are compared, list what is different. If it is more than you name, the comparison
# says nothing about what you name.
#
# `one` and `other` are the fields of two recipes, as dicts with the same keys. Return a dict of the fields whose values
# differ, each with the pair of values.
#
# **Example:** `differences({"activation": "elu", "seed": 0}, {"activation": "relu", "seed": 0})` is
# `{"activation": ("elu", "relu")}`.
#
# <details><summary>Hint 1</summary>
#
# A dict comprehension: `{field: ... for field in one if ...}`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The pair is `(one[field], other[field])`. The condition compares the same two.
#
# </details>


# %%
def differences(one, other):
    """Fields of two recipes -> {field: (value in one, value in other)}
    where the two differ.
    """
    # BEGIN SOLUTION
    return {
        field: (one[field], other[field])
        for field in one
        if one[field] != other[field]
    }
    # END SOLUTION


# %%
check("6.1", differences)

# %% [markdown] tags=["solution"]
# **Worked solution.** One line, and it is worth having as a habit: print it before each comparison. Most wrong
# conclusions in this field come from a second thing that changed along with the first.

# %% [markdown]
# **Say it back.** `Recipe()` is five named parts and some numbers that nobody named. Three of the five look after the
# size of what flows through the layers, one after the step, one after overfitting.

# %% jupyter={"source_hidden": true}
Quiz(
    "A colleague swaps ELU for ReLU and He for Xavier in one go, and loses "
    "two points. What does that say about ReLU?",
    {
        "ReLU is two points worse than ELU": "Two things changed. The loss "
        "may come from the starting weights.",
        "Nothing, until each is changed alone": "Right. And He was made "
        "for ReLU, so the two may belong together.",
        "Xavier is two points worse than He": "Or ReLU is worse than ELU, "
        "or both, or the two do not fit together.",
    },
    correct="Nothing, until each is changed alone",
)

# %% [markdown]
# ## 2 · Against its rivals
#
# **The question.** Good compared with what? Three rivals:
#
# | Name | Activation | Start | Normalization | Dropout | Optimizer |
# |---|---|---|---|---|---|
# | the default | ELU | He | batch norm | yes | Adam |
# | naive (Nielsen 2015 [1]) | sigmoid | spread 1 | no | no | gradient descent |
# | He, ReLU, Adam | ReLU | He | no | no | Adam |
# | 2026 (Liu and others 2022 [2]) | GELU | He | layer norm | no | AdamW, with weight decay |
#
# The naive one is how a first book builds a network, but for the softmax and the cross-entropy, which all networks here
# have. "He, ReLU, Adam" is the shortest recipe that many people type without thinking; it has no source. "2026" takes
# layer norm, GELU, AdamW and no dropout from a published recipe for large image networks. That one starts otherwise; He
# takes its place here. As 10,000 images are few, 2026 is also run with dropout.
#
# A recipe is more than its parts. To compare the parts, all four get the same schedule, that of 2026: a warm-up, then a
# cosine to 0. And each chooses its own learning rate on validation images, and its drop rate and its weight decay where
# it has them.
#
# For each rival, the fields in which it differs from the default. (`l2` is the weight decay of AdamW, before it is
# chosen.)

# %%
arms = default_rivals.recipes((50, 50), steps=2500)
base = dataclasses.asdict(arms[default_rivals.SCHEDULED])
for name, rival in {
    "naive": default_rivals.NAIVE_SCHEDULED,
    "He, ReLU, Adam": default_rivals.PLAIN_SCHEDULED,
    "2026": default_rivals.MODERN,
}.items():
    other = dataclasses.asdict(arms[rival])
    changed = ", ".join(
        f"{field}={other[field]!r}"
        for field in base
        if base[field] != other[field]
    )
    print_wrapped(f"{name:14} {changed}", indent=15)

# %% [markdown]
# **The naive one** first. It has none of the article's five parts.

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("default_beats_naive"),
    "The default in place of a naive network",
    labels=[
        "2 layers, 5,000 steps",
        "2 layers",
        "2 layers, 400 steps",
        "5 layers",
    ],
)

# %% [markdown]
# Where no steps are named, there are 2,500. What of a gap goes away with more steps was one of speed. What stays is one
# of what the network can reach. Here the gap shrinks with more steps, and after 5,000 it is still there: as far as
# these steps can tell, it is both.

# %% [markdown]
# **He, ReLU and Adam** alone are what many people would type first. Do ELU, batch norm and dropout pay for themselves?

# %% jupyter={"source_hidden": true}
Prediction(
    "plain",
    "Two hidden layers, 10,000 images, 2,500 steps, both with the same "
    "schedule and each at its own best learning rate. In place of plain "
    "He, ReLU and Adam, which has neither batch norm nor dropout, the "
    "default…",
    choices=[
        "Clearly helps",
        "Helps, perhaps by less than matters",
        "Makes a difference too small to matter, or none that can be told",
        "Harms",
    ],
)

# %% jupyter={"source_hidden": true}
plain = load_measurement("default_beats_plain")
show_measured(
    plain,
    "The default in place of plain He, ReLU and Adam",
    labels=[
        "2 layers",
        "5 layers",
        "2 layers, 40% of labels redrawn",
        "2 layers, only the rival has a schedule",
    ],
)

# %% jupyter={"source_hidden": true}
recall(
    "plain",
    answer=answer(plain),
)

# %% [markdown]
# Batch norm is meant for deep networks, dropout against learning by heart. So look at the row with five layers, and at
# the one with redrawn labels, where there is most to learn by heart. In the last row only the rival has the schedule:
# the parts and the schedule differ at once, and that is how such comparisons are often made.
#
# Does a green bar reach out of the gray band? In the first row the bar is a 95% interval. Below it the bars are longer,
# because several rows are looked at together. But "too small to matter" asks for less: the row's own 90% interval,
# which is shorter than the bar, must lie in the band.
#
# With redrawn labels plain wins, although it has no dropout. Section 3 shows a likely reason: there dropout helps the
# default, and batch norm harms it.

# %% [markdown]
# Kadra and others 2021 [22] found on 40 sets of tables that plain dense networks gain much from a mix of such remedies,
# if the mix is chosen anew for each set.

# %% [markdown]
# **The recipe of 2026** has newer parts for nearly everything.

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("default_beats_2026"),
    "The default in place of a recipe of 2026",
    labels=[
        "2 layers",
        "5 layers",
        "2 layers, the rival with dropout",
        "2 layers, only the rival has a schedule",
    ],
)

# %% [markdown]
# In the last row only 2026 has its schedule: its authors gave it one, the article gives none. The first row has the
# schedule on both sides. What lies between the two rows is what the schedule brings the default.

# %% [markdown]
# Liu and others [2] report that a ResNet-50, an older network, gains 2.7 points on ImageNet from the newer way to train
# alone. That includes strong augmentation and three times as many epochs.

# %% [markdown]
# Now with 40,000 images, in the network that `Recipe()` names:

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("default_on_all_images"),
    "The default in place of the plain one, many images",
)

# %% [markdown]
# Many images do not change the picture: the naive network is far behind, plain He, ReLU and Adam are level or a little
# ahead, and 2026 is ahead.
#
# ### What the list lacks
#
# The article's list has no schedule. Chapter 4 said why the learning rate should fall: long steps at the end jump
# around the floor of the valley, short ones settle there. How much is that worth to the default?

# %% jupyter={"source_hidden": true}
Prediction(
    "schedule",
    "The default gets a warm-up and a cosine, and nothing else. Two hidden "
    "layers; with and without the schedule it chooses its own learning "
    "rate and drop rate. Its accuracy…",
    choices=[
        "Rises by more than half a point",
        "Rises by less",
        "Stays, or falls",
    ],
)

# %% jupyter={"source_hidden": true}
scheduled = load_measurement("default_with_schedule")
show_measured(scheduled, "A schedule for the default")

# %% jupyter={"source_hidden": true}
recall(
    "schedule",
    answer=answer(scheduled),
)

# %% [markdown]
# Schmidt and others 2021 [20] tried schedules with 15 optimizers on 8 problems: on average a schedule helps, and by how
# much differs from problem to problem.
#
# Accuracy is not all. With two layers the schedule makes the default right more often, and its calibration error
# (chapter 5) larger: how sure it is says less about how often it is right
# ([CLAIMS.md](../CLAIMS.md#default_with_schedule)).
#
# **Say it back.** The default clearly beats the naive network. But with the same schedule it is nowhere surely ahead of
# plain He, ReLU and Adam: plain is ahead, or the difference is too small to matter, or it cannot be told. The recipe of
# 2026 is ahead by about half a point with two layers and 2,500 steps, with few images and with many; with five layers
# it cannot be told. What clearly helps the default is the schedule, which is not on its list. A configuration is good
# or bad compared with another one. Compare like with like: the same schedule, and each side at its own best learning
# rate.

# %% jupyter={"source_hidden": true}
Quiz(
    "Each recipe here runs at its own best learning rate, chosen on "
    "validation images. What would go wrong with one rate for all, say "
    "Adam's usual 0.001?",
    {
        "Nothing, a fair comparison changes one thing only": (
            "The rate would be the same and mean something else to each of "
            "them."
        ),
        "Gradient descent, which needs larger rates, would look bad": (
            "Right. The comparison would measure how near each is to 0.001."
        ),
        "Adam would diverge": "0.001 is the rate it is usually given.",
        "All would be equally far from their best": (
            "No: it is far too small for gradient descent alone."
        ),
    },
    correct="Gradient descent, which needs larger rates, would look bad",
)

# %% [markdown]
# ## 3 · Leave one out
#
# **The question.** The list has five parts. To see what a part is worth, take it away and leave the four others. In its
# place comes what stood there before: weights of spread 1, the sigmoid, no batch norm, no dropout, gradient descent.
# This is called an **ablation**.

# %% jupyter={"source_hidden": true}
Prediction(
    "missed",
    "Five hidden layers of 50 units. One part is taken away, and the "
    "learning rate is tuned again. Without which one does the network lose "
    "most?",
    choices=[
        "He initialization",
        "batch normalization",
        "ELU (it gets the sigmoid)",
        "dropout",
        "Adam",
        "none of them by as much as matters",
    ],
)

# %% [markdown]
# ### Exercise 6.2 · Leave one out
#
# **Purpose:** write the five recipes without a slip. The usual slip makes the second one lack two parts.
#
# `default` holds the fields of a recipe. `before` says, for each part, which field it is and what stood there before:
# `{"ELU": ("activation", "sigmoid"), ...}`. Return `{part: fields}`: for each part the whole default, with that part
# alone replaced. `default` stays as it is.
#
# **Example:**
#
# ```python
# default = {"activation": "elu", "normalization": "batch"}
# before = {
#     "ELU": ("activation", "sigmoid"),
#     "batch norm": ("normalization", "none"),
# }
# leave_one_out(default, before) == {
#     "ELU": {"activation": "sigmoid", "normalization": "batch"},
#     "batch norm": {"activation": "elu", "normalization": "none"},
# }
# ```
#
# <details><summary>Hint 1</summary>
#
# `{**default, "activation": "sigmoid"}` is a new dict: the default, with one value replaced.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `for part, (field, value) in before.items()` gives all three names. `{**default, field: value}` replaces the value of
# the field whose name is in `field`.
#
# </details>


# %%
def leave_one_out(default, before):
    """Fields of a recipe, and {part: (field, what stood there before)} ->
    {part: fields without that part alone}.
    """
    # BEGIN SOLUTION
    return {
        part: {**default, field: value}
        for part, (field, value) in before.items()
    }
    # END SOLUTION


# %%
check("6.2", leave_one_out)

# %% [markdown] tags=["solution"]
# **Worked solution.** A new dict for each part. The slip: `fields = dict(default)` *before* the loop, and
# `fields[field] = value` in it. Then the changes pile up, and the last network lacks all five parts.

# %% [markdown]
# Above 0: the part helps. The picture shows four of the comparisons; the line below it says what each of the five parts
# is worth with five layers. (Most people would put ReLU in ELU's place, and not the sigmoid. That was measured, too:
# with two layers it cannot be told which of the two is better.)

# %% jupyter={"source_hidden": true}
from course_lib.experiments.default_parts import PARTS

every_part = load_measurement("default_every_part")
show_measured(
    every_part,
    "Batch norm in the default, 2 layers",
    labels=[
        "batch norm, 2 layers",
        "batch norm, 2 layers, 40% of labels redrawn",
        "dropout, 2 layers, 40% of labels redrawn",
        "He, 2 layers, 400 steps",
    ],
)

# %% jupyter={"source_hidden": true}
deep = {}
for part in PARTS:
    deep[part] = every_part.effect(f"{part}, 5 layers")
most = max(deep, key=lambda part: deep[part].mean)


def lost_most(effects, part):
    """Which part is missed most, or that none is by as much as matters."""
    if "helps" in every_part.words(effects[part]):
        return f"{part}."
    return "None by as much as matters."


recall(
    "missed",
    answer=f"{lost_most(deep, most)} Points lost with five layers: "
    + "; ".join(
        f"{part} {effect_text(effect.mean, effect.low, effect.high)}"
        for part, effect in sorted(
            deep.items(), key=lambda item: -item[1].mean
        )
    )
    + ".",
)

# %% [markdown]
# In 2,500 steps and with clean labels no part is surely missed by as much as matters, and with two layers the network
# is a little better without batch norm. In 400 steps He is missed, perhaps by less than matters. And with redrawn
# labels dropout clearly helps, while batch norm harms. All comparisons are in
# [CLAIMS.md](../CLAIMS.md#default_every_part). So a row near 0 says that the four others do without this part *here*:
# at this depth, in so many steps, with clean labels. It does not say that the part is useless.

# %% [markdown]
# In larger networks parts can be in each other's way, or be replaced. In convolutional networks dropout in front of
# batch norm often costs accuracy (Li and others 2019 [23]). And residual networks that were made for it train as well
# without batch norm as with it (Brock and others 2021 [24]).
#
# Take batch norm. Chapter 3 gave it to a deep network of sigmoid units, which learned nothing before and learned well
# with it. In the default it stands beside He and ELU. They look after the same thing, and leave it far less to do. The
# next section says more about that.
#
# **Say it back.** Leaving one out measures what a part is worth *while the four others are there*.

# %% jupyter={"source_hidden": true}
Quiz(
    "Suppose that somebody takes batch norm out of the default, tunes the "
    "rate again, and loses nothing. Which conclusion is safe?",
    {
        "Batch norm is useless": "It was taken out of a network that has "
        "four other parts. One of them may do its work.",
        "Beside He, ELU, dropout and Adam, in this setting, batch norm is "
        "not missed": ("Right: that, and no more, was measured."),
        "Batch norm only helps deep networks": "Perhaps. One setting is "
        "not enough to say so.",
        "The measurement is wrong: batch norm helps": "It has an interval, "
        "and the interval says how wrong it may be.",
    },
    correct="Beside He, ELU, dropout and Adam, in this setting, batch norm "
    "is not missed",
)

# %% [markdown]
# ## 4 · Leave two out
#
# **The question.** A bridge stands on two pillars, each strong enough for the whole bridge. Take one away: nothing
# happens. Take the other away: nothing happens. Are pillars useless?
#
# Two parts **stand in for each other** if leaving out both costs more than leaving out the one plus leaving out the
# other.
#
# **By hand.** With all parts a network has 90%. Without A it has 88, without B 87, without both 80. A alone costs 2, B
# alone 3, together 5. Both cost 10. The 5 on top are what each of them did in place of the other.
#
# $$\text{extra} = \underbrace{(a_{\text{all}} - a_{\text{without A and B}})}_{\text{both}} -
# \underbrace{\bigl[(a_{\text{all}} - a_{\text{without A}}) + (a_{\text{all}} - a_{\text{without B}})\bigr]}_{\text{the
# one plus the other}}$$
#
# | Symbol | Meaning |
# |---|---|
# | $a$ | accuracy, in % |
# | extra, above 0 | they stand in for each other |
# | extra, near 0 | each does its own work |
# | extra, below 0 | without the one, the other is worth less: they did the same damage, or they only work together |
#
# ### Exercise 6.3 · Do they stand in for each other?
#
# **Purpose:** compute it with seeds, where every number is an array.
#
# The four arrays `(seeds,)` hold accuracies in %, the same seeds in the same order. Return three numbers: what leaving
# out the one plus leaving out the other costs, what leaving out both costs, and the extra. Each is a mean over the
# seeds, and a cost is above 0 where accuracy is lost.
#
# **Example:** all parts `[90, 92]`, without A `[88, 90]`, without B `[87, 87]`, without both `[79, 83]` is `(6, 10,
# 4)`.
#
# <details><summary>Hint 1</summary>
#
# A cost is `(full - without).mean()`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# In the example A costs 2 and 2, B costs 3 and 5. The mean of the sums is 6.
#
# </details>


# %%
def stand_in(full, without_a, without_b, without_both):
    """Accuracies in % (seeds,) with all parts, without A, without B,
    without both -> (alone, both, extra).
    """
    # BEGIN SOLUTION
    alone = (full - without_a).mean() + (full - without_b).mean()
    both = (full - without_both).mean()
    return alone, both, both - alone
    # END SOLUTION


# %%
check("6.3", stand_in)

# %% [markdown] tags=["solution"]
# **Worked solution.** Everything is measured from `full`, so it appears three times. Statisticians call the extra an
# **interaction**. Its interval comes from the extras of the single seeds, as for every comparison of this course.

# %% jupyter={"source_hidden": true}
Prediction(
    "pair",
    "Five layers. Which pair is missed most, beyond what each is missed "
    "alone?",
    choices=[
        "He and batch norm",
        "He and ELU",
        "batch norm and dropout",
        "dropout and Adam",
    ],
)

# %%
from course_lib.experiments.claims import default_stand_ins as stand_ins
from course_lib.experiments.default_parts import PARTS, arm
from course_lib.plots.parts import plot_pairs

pairs = load_measurement("default_stand_ins")
names = list(PARTS)


def lost(left_out, depth):
    """What leaving these parts out costs: points of accuracy, the mean."""
    return pairs.values(arm(left_out, depth), stand_ins.LOST).mean()


both, alone, extra = {}, {}, {}
for depth in (2, 5):
    alone[depth] = {part: lost((part,), depth) for part in names}
    both[depth] = {pair: lost(pair, depth) for pair in stand_ins.PAIRS}
    extra[depth] = {
        (one, other): pairs.effect(f"{one} and {other}, {depth} layers")
        for one, other in stand_ins.PAIRS
    }

# %% jupyter={"source_hidden": true}
look = {"figsize": (9.4, 5.3), "layout": "constrained"}
figure, grid = plt.subplots(2, 2, sharex=True, sharey=True, **look)
said = []
for (left, right), depth in zip(grid, (2, 5), strict=True):
    plot_pairs(left, both[depth], names, alone=alone[depth], largest=60)
    means = {pair: effect.mean for pair, effect in extra[depth].items()}
    plot_pairs(right, means, names, largest=60)
    top = max(means, key=means.get)
    left.set_title(
        f"{depth} layers: points lost without both\n(diagonal: without the "
        "one)"
    )
    right.set_title(
        f"beyond the one plus the other: {means[top]:+.0f}\nfor {top[0]} "
        f"and {top[1]}"
    )
    said.append(
        f"{depth} layers: lost without one: "
        + ", ".join(
            f"{part} {value:+.1f}" for part, value in alone[depth].items()
        )
        + "; beyond the sum of the two: "
        + ", ".join(
            f"{one} and {other} {value:+.1f}"
            for (one, other), value in means.items()
        )
        + "."
    )
show(
    figure,
    alt="Four matrices of the five parts, points of accuracy: what is lost "
    "without two parts, and how much that is beyond the one plus the "
    "other. " + " ".join(said),
    width=880,
)

# %% jupyter={"source_hidden": true}
top = max(extra[5], key=lambda pair: extra[5][pair].mean)
effect = extra[5][top]
recall(
    "pair",
    answer=f"{top[0]} and {top[1]}: {alone[5][top[0]]:z.1f} and "
    f"{alone[5][top[1]]:z.1f} points alone, {both[5][top]:.0f} together; "
    f"{effect_text(effect.mean, effect.low, effect.high)} beyond the sum.",
)

# %% jupyter={"source_hidden": true}
show_measured(
    pairs,
    "He and batch norm stand in for each other",
    labels=[
        "He and batch norm, 5 layers",
        "batch norm and ELU, 5 layers",
        "batch norm and dropout, 5 layers",
        "He and batch norm, 2 layers",
    ],
)

# %% [markdown]
# Why these pairs? Ioffe and Szegedy 2015 [21], who invented batch norm, wrote that with it one may "be less careful
# about initialization", that it lets networks of sigmoid units train, and that in some cases it makes dropout needless.
# So batch norm should stand in for He, for ELU and for dropout. Two of the three came out. The third did not: without
# batch norm dropout is worth a little less here, not more. Of the other pairs they said nothing; the matrices show
# them, and no verdict is given. (These runs have half as many steps as those of section 3. So the single parts cost
# other amounts here.)
#
# **He and batch norm** are two pillars. Either one keeps the sums at their size. Without both, sums and gradients grow
# from layer to layer. **Batch norm and ELU:** behind a batch norm even sigmoid units train in a deep network, and
# without it ELU must keep the gradients alive. And where a number lies below 0, the one part is worth less without the
# other.

# %% [markdown]
# Zhang and others 2019 [25] took away the one pillar and made the other one stronger: with a start made for it, deep
# residual networks train without any normalization.
#
# So the article's list has parts that do the same work twice. That is no mistake. If you do not know which pillar will
# break, build two. But if you say "batch norm brings so many points", say which other pillars stood.
#
# **Touch it.** Take the configuration apart yourself: ten hidden layers, 1,000 images, each run a real one. A switch
# that is off puts in what stood there before. Earlier runs stay as thin lines. Each switch takes about 1 s.
#
# Four things to find out. Press Reset before each one:
#
# 1. Switch off He, and back on. Then batch norm alone. Then both. That is the pair of pillars.
# 2. The same with batch norm and ELU. Then press Step once: what do the dots of the gradient say at the start?
# 3. Switch off Adam alone. Is it missed? Now raise the learning rate to 0.3.
# 4. Is a network with *all* five off the worst one? Try it at 0.3. Then switch dropout back on.

# %%
ConfigurationExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# *1.* Each alone costs more than ten points here, with ten layers, 300 steps and one learning rate for all; both
# together leave the network guessing. *2.* Together they learn next to nothing, too: at the start the first layer's
# gradient is more than ten thousand times smaller than the last one's. *3.* At Adam's rate it seems to be missed badly;
# at a rate of its own, gradient descent is as good. That is the trap of one rate for all (section 2). *4.* No. With
# everything off it gets about half of the images right; with He and batch norm off, or with dropout back on, it
# guesses. More parts off is not always worse: that is what an extra below 0 means.
#
# </details>

# %% [markdown]
# **Say it back.** A part that is not missed alone may be half of a pair that is missed together.

# %% jupyter={"source_hidden": true}
Quiz(
    "All parts: 90%. Without A: 89. Without B: 86. Without both: 85. What "
    "are A and B to each other?",
    {
        "They stand in for each other": "For that both would have to cost "
        "more than 1 + 4.",
        "Each does its own work": "Right: 1 + 4 is 5, and both cost 5.",
        "They only work together": "Then leaving out either would cost as "
        "much as leaving out both.",
    },
    correct="Each does its own work",
)

# %% [markdown]
# ## 5 · What people take in 2026
#
# **The question.** The article is from 2017. What of its list would a practitioner type today, for a network like ours?
#
# | Part | The article | Today, usually | Sources |
# |---|---|---|---|
# | start | He | He or Xavier; in many newer networks one small spread for all, 0.02 | [2], [3] |
# | activation | ELU | ReLU or GELU for images; GELU or SwiGLU in transformers | [2], [4], [5], [14] |
# | normalization | batch norm | batch or layer norm for images; layer or RMS norm in transformers | [2], [6], [7] |
# | dropout | yes | where data are few; little or none in large networks | [2], [8] |
# | optimizer | Adam | AdamW; momentum still for convolutional networks; Muon in some large runs | [9], chapter 4 |
# | schedule | (not in it) | warm-up, then a cosine or a straight line down; for tables often none | [2], [10], [15] |
# | around a layer | (not in it) | a residual connection: its input is added to its output | [11] |
# | more data | shifts | strong augmentation, mixup (two images and their labels, mixed) | [12], [13] |
# | where to begin | train | take a trained network and fine-tune it | chapter 4 |
#
# **SwiGLU** has two sums for each unit: one goes through a smooth relative of ReLU and is then multiplied by the other,
# which acts as a gate. **RMS norm** is layer norm that does not subtract the mean: it only divides by the root of the
# mean square.
#
# A published recipe for each of three fields: for images Liu and others 2022 [2] and Wightman and others 2021 [13], for
# language Touvron and others 2023 [14], for tables Gorishniy and others 2021 [15]. And for how to *choose*: Godbole and
# others 2023 [16], a playbook of tuning.
#
# What is not known, or not settled: why batch norm works (chapter 3), whether warm-up is needed with a good start,
# which activation is best.
#
# **So what do I type?** For a small network of dense layers you can begin like this: He, ReLU or ELU or GELU, AdamW
# with a warm-up and a cosine, dropout only if training and validation drift apart. Then tune the learning rate before
# anything else. Below, batch norm stays: more learning rates work with it (chapter 3).

# %%
mine = Recipe(
    activation="relu",
    drop_rate=0.0,
    optimizer="adamw",
    l2=0.05,  # AdamW's weight decay
    learning_rate=0.003,
    schedule="cosine",
    schedule_steps=(60,),  # the warm-up, in training steps
)
usual, other = dataclasses.asdict(default), dataclasses.asdict(mine)
changed = [field for field in other if other[field] != usual[field]]
for field in changed:
    print(f"{field:15} {other[field]!r}")

# %% [markdown]
# ## 6 · Capstone: from raw images to a model that answers
#
# Here is the whole course in one piece of work, step by step. You can take your own data through the same ten steps.
#
# ### Step 1 · Look at the raw data
#
# These are the images as they come: whole numbers from 0 to 255, and a label each. How many, of what, how many of each
# class, how bright?

# %%
raw = read_embedded()
for part in ("train", "validation", "test"):
    images, labels = raw[f"{part}_images"], raw[f"{part}_labels"]
    per_class = np.bincount(labels)
    print(
        f"{part:10} {images.shape!s:15} {images.dtype}, {images.min()} to "
        f"{images.max()}, mean {images.mean():.0f}; {per_class.min()} to "
        f"{per_class.max()} a class"
    )

# %% jupyter={"source_hidden": true}
figure = plt.figure(figsize=(10, 3.8), layout="constrained")
first_ones = [
    int(np.flatnonzero(raw["train_labels"] == label)[0])
    for label in range(10)
]
plot_image_grid(
    figure,
    raw["train_images"][first_ones].reshape(10, -1) / 255,
    list(data.class_names),
    data.image_shape,
    columns=5,
)
figure.suptitle("One training image of each class")
show(
    figure,
    alt="Ten small gray images, one of each class: "
    + ", ".join(data.class_names)
    + ".",
)

# %% [markdown]
# ### Step 2 · Three parts that share nothing
#
# Training, validation, test. An image that is in two parts makes every later figure too good. So look for such images:
# they are compared number by number. *About 1 s.*

# %%
splits = {
    part: Split(
        scaled(raw[f"{part}_images"]), raw[f"{part}_labels"].astype("int64")
    )
    for part in ("train", "validation", "test")
}
clothes = Dataset(
    **splits,
    name="Fashion-MNIST subset",
    class_names=data.class_names,
    image_shape=(28, 28),
)
check_no_overlap(clothes)
print_wrapped(clothes, indent=2)

# %% [markdown]
# It found nothing. Would it find something? Put five training images among the validation images, and ask again:

# %%
mixed = Split(
    np.concatenate([splits["validation"].x, splits["train"].x[:5]]),
    np.concatenate(
        [splits["validation"].labels, splits["train"].labels[:5]]
    ),
)
try:
    check_no_overlap(dataclasses.replace(clothes, validation=mixed))
except OverlapError as error:
    print_wrapped(error)

# %% [markdown]
# ### Step 3 · Choose, on validation images
#
# Three candidates: the default as it is, the default with a schedule and three times the rate, and what section 5 ended
# with. Short runs of three epochs, in PyTorch, on a GPU where there is one. (With networks this small a GPU mostly
# waits: chapter 4.) *About 8 s.*

# %%
epochs = 3
candidates = {
    "the default": default,
    "the default, scheduled": default.replace(
        learning_rate=0.003, schedule="cosine", schedule_steps=(60,)
    ),
    "section 5": mine,
}
where = {"engine": "torch", "device": "auto", "progress": False}
tried = {
    name: fit(recipe.replace(epochs=epochs), clothes, **where)
    for name, recipe in candidates.items()
}
last = {name: result.history[-1] for name, result in tried.items()}
for name, row in last.items():
    print(
        f"{name:22} validation accuracy {row['validation_accuracy']:.1%}, "
        f"loss {row['validation_loss']:.3f}"
    )
chosen = min(last, key=lambda name: last[name]["validation_loss"])
print("chosen:", chosen, "  computed on:", tried[chosen].network.device)

# %% [markdown]
# One seed and three epochs decide little, and the candidates differ in several things at once. That is fine: this is a
# choice, and not a claim about what made the difference. What must not happen is to choose by the test images, and then
# to report their accuracy.
#
# ### Step 4 · Train it
#
# Ten epochs, with early stopping on the validation loss: patience 3, and the weights of the best epoch are kept.
# *About 8 s.*

# %%
recipe = candidates[chosen].replace(epochs=10, patience=3)
result = fit(recipe, clothes, **where)
history = {
    name: np.array([row[name] for row in result.history])
    for name in result.history[0]
}

# %% jupyter={"source_hidden": true}
figure, (left, right) = plt.subplots(
    1, 2, figsize=(10.5, 3.6), layout="constrained"
)
plot_learning_curves(
    left, history["train_loss"], history["validation_loss"], mark_best=True
)
plot_learning_curves(
    right,
    100 * history["train_accuracy"],
    100 * history["validation_accuracy"],
)
left.set(xlabel="epoch", ylabel="loss", xlim=(0.8, 13))
right.set(xlabel="epoch", ylabel="accuracy (%)", xlim=(0.8, 13))
left.set_title(
    f"Lowest validation loss {history['validation_loss'].min():.3f} after "
    f"epoch {result.best_epoch}"
)
right.set_title(
    "Validation accuracy in the end "
    f"{history['validation_accuracy'][-1]:.1%}"
)
show(
    figure,
    alt=f"Loss and accuracy over {len(result.history)} epochs. The "
    f"validation loss is lowest after epoch {result.best_epoch}, at "
    f"{history['validation_loss'].min():.3f}; the validation accuracy ends "
    f"at {history['validation_accuracy'][-1]:.1%}.",
)

# %% [markdown]
# Read the curves (chapter 5). If the training curve runs ahead of the validation curve, section 5 says: try dropout.
# That would be one more candidate for step 3. We go on with what was chosen.
#
# ### Step 5 · The test images, once
#
# Now, and not before. A share $a$ of $n$ images has an uncertainty of its own: with another draw of 2,000 images it
# would be another figure. (What another seed of the training would change comes on top, and takes more runs.) The usual
# 95% interval is $a \pm 1.96 \sqrt{a (1 - a) / n}$. **By hand:** for $a = 0.9$ and $n = 100$ the part after $\pm$ is
# $1.96 \cdot \sqrt{0.09 / 100} = 0.059$, about 6 points; with a hundred times the images, 0.6.

# %%
logits = np.asarray(result.network.logits(clothes.test.x), "float64")
answers = logits.argmax(axis=1)
accuracy = (answers == clothes.test.labels).mean()
around = 1.96 * np.sqrt(accuracy * (1 - accuracy) / len(answers))
print(
    f"{accuracy:.1%} of {len(answers):,} test images right, give or take "
    f"{100 * around:.1f} points"
)

# %% [markdown]
# ### Step 6 · Which is taken for which?
#
# One number hides a lot. A **confusion matrix** counts, for each true class, what the answers were.

# %% jupyter={"source_hidden": true}
Prediction(
    "confused",
    "Which class is the network wrong about most often?",
    choices=["Trouser", "Shirt", "Sandal", "Bag", "Coat"],
)

# %% [markdown]
# ### Exercise 6.4 · A confusion matrix
#
# **Purpose:** count pairs. A famous trap of NumPy stands in the way.
#
# `counts[i, j]` is how many examples of class `i` were taken for class `j`. **Recall** of a class is the share of *its*
# examples that are right, 0.0 for a class without examples.
#
# **Example:** labels `[0, 0, 1]`, predictions `[0, 1, 1]`, 2 classes: the counts are `[[1, 1], [0, 1]]`, the recall is
# `[0.5, 1.0]`.
#
# <details><summary>Hint 1</summary>
#
# `counts[labels, predictions] += 1` looks right. But it reads all cells, adds 1, and writes them back: a pair that
# comes a hundred times is counted once. A loop over the pairs is right, and so is `np.add.at`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The right ones stand on the diagonal, `np.diag(counts)`. A class's examples are its row, `counts.sum(axis=1)`. Where
# that is 0, divide by 1 in its place: `np.maximum(..., 1)`.
#
# </details>


# %%
def confusion(labels, predictions, n_classes):
    """True and predicted classes (examples,) -> counts (n_classes,
    n_classes), recall (n_classes,) from 0 to 1.
    """
    # BEGIN SOLUTION
    counts = np.zeros((n_classes, n_classes), dtype=int)
    for label, prediction in zip(labels, predictions, strict=True):
        counts[label, prediction] += 1
    recall = np.diag(counts) / np.maximum(counts.sum(axis=1), 1)
    return counts, recall
    # END SOLUTION


# %%
check("6.4", confusion)

# %% [markdown] tags=["solution"]
# **Worked solution.** Rows are the truth, columns the answers; some libraries have it the other way round, so look
# before you read one. The share of a *column* that is right is another quantity, **precision**: of all that was called
# a shirt, how much is one?

# %% jupyter={"source_hidden": true}
counts = confusion_counts(clothes.test.labels, answers, 10)
recalls = np.diag(counts) / counts.sum(axis=1)
worst, best = int(recalls.argmin()), int(recalls.argmax())
off = counts * (1 - np.eye(10, dtype=int))
true, taken = (
    int(place) for place in np.unravel_index(off.argmax(), off.shape)
)
figure, axes = plt.subplots(figsize=(8, 7), layout="constrained")
plot_confusion(axes, counts, clothes.class_names)
axes.set_title(
    f"{clothes.class_names[worst]}: {recalls[worst]:.0%} right; "
    f"{clothes.class_names[best]}: {recalls[best]:.0%}.\nMost often "
    f"{clothes.class_names[true]} is taken for "
    f"{clothes.class_names[taken]} ({off.max()} of {counts[true].sum()})"
)
show(
    figure,
    alt="Confusion matrix of the ten classes. Share that is right: "
    + ", ".join(
        f"{name} {share:.0%}"
        for name, share in zip(clothes.class_names, recalls, strict=True)
    )
    + f". The most frequent mistake: {clothes.class_names[true]} taken for "
    f"{clothes.class_names[taken]}, {off.max()} times.",
)

# %% jupyter={"source_hidden": true}
mistaken_for = [
    f"{clothes.class_names[other]} {off[worst, other]}"
    for other in np.argsort(-off[worst], kind="stable")[:3]
]
recall(
    "confused",
    answer=f"{clothes.class_names[worst]}: {recalls[worst]:.0%} right. It "
    f"is mostly taken for: {', '.join(mistaken_for)} times.",
)

# %% [markdown]
# ### Step 7 · How sure may it be?
#
# Chapter 5: a network is **calibrated** if of its answers that are 80% sure, 80% are right. There the remedies changed
# the training. After the training one number is enough. Divide all logits by a **temperature** $T$:
#
# $$p = \text{softmax}(z / T)$$
#
# | Symbol | Meaning |
# |---|---|
# | $z$ | the logits of one image, one for each class |
# | $T$ | above 1: less sure. Below 1: surer. The order of the classes stays |
# | $p$ | the probabilities |
#
# **By hand:** logits 2 and 0 give $1/(1 + e^{-2}) = 0.88$. With $T = 2$ they are 1 and 0, and give 0.73. The answer is
# the same, and less sure.
#
# $T$ is chosen on validation images: the one with the smallest cross-entropy (Guo and others 2017 [17]).
#
# ### Exercise 6.5 · Mend the temperature
#
# **Purpose:** choose by what changes. Find the two mistakes.
#
# The function gets logits `(examples, classes)`, labels, and a list of temperatures, and should return the temperature
# for which `softmax(logits / T)` has the smallest mean cross-entropy. It is wrong in two places.
#
# **Example:** logits `[[2, 0], [2, 0], [2, 0], [2, 0]]` with labels `[0, 0, 0, 1]`: three of four are right. The
# candidates 0.5, 1 and 2 say 98%, 88% and 73% sure. 73% fits best, so the result is 2.
#
# <details><summary>Hint 1</summary>
#
# Print the scores that the candidates get. Do they differ?
#
# </details>
# <details><summary>Hint 2</summary>
#
# No temperature changes which class is the likeliest, so the accuracy cannot choose one. The cross-entropy is the mean
# of $-\log p$ of the *true* class: `-log_probabilities[np.arange(len(labels)), labels].mean()`.
#
# </details>


# %%
def best_temperature(logits, labels, candidates):
    """Of the candidates, the temperature with the smallest cross-entropy.
    Logits are (examples, classes), labels (examples,).
    """
    # BEGIN SOLUTION
    losses = []
    for T in candidates:
        scaled = logits / T
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        sums = np.exp(scaled).sum(axis=1, keepdims=True)
        log_probabilities = scaled - np.log(sums)
        of_truth = log_probabilities[np.arange(len(labels)), labels]
        losses.append(-of_truth.mean())
    return candidates[int(np.argmin(losses))]
    # INSTEAD
    # scores = []
    # for T in candidates:
    #     scaled = logits * T
    #     scaled = scaled - scaled.max(axis=1, keepdims=True)
    #     sums = np.exp(scaled).sum(axis=1, keepdims=True)
    #     log_probabilities = scaled - np.log(sums)
    #     scores.append((log_probabilities.argmax(axis=1) == labels).mean())
    # return candidates[int(np.argmax(scores))]
    # END SOLUTION


# %%
check("6.5", best_temperature)

# %% [markdown] tags=["solution"]
# **Worked solution.** With `logits * T` a temperature above 1 makes the network surer, the wrong way round. And the
# accuracy is the same for all candidates, so `argmax` returned the first. To take the maximum off first is no mistake:
# it keeps `exp` from overflowing, and the softmax stays as it is.

# %%
before = softmax(logits)
x, labels = clothes.validation.x, clothes.validation.labels
validation_logits = np.asarray(result.network.logits(x), "float64")
temperature = calibration.fit_temperature(validation_logits, labels)
after = softmax(logits / temperature)
print(f"temperature {temperature:.2f}, from {len(x):,} validation images")

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    1, 2, figsize=(9.5, 4.8), sharey=True, layout="constrained"
)
said = []
for axes, (name, given) in zip(
    grid, (("before", before), ("after", after)), strict=True
):
    plot_reliability(
        axes, *calibration.reliability(given, clothes.test.labels, bins=10)
    )
    error = 100 * calibration.expected_calibration_error(
        given, clothes.test.labels, bins=10
    )
    loss = -np.log(given[np.arange(len(given)), clothes.test.labels]).mean()
    axes.set_title(
        f"{name}: {100 * given.max(axis=1).mean():.0f}% sure on average,\n"
        f"calibration error {error:.1f} points, loss {loss:.3f}"
    )
    said.append(
        f"{name}: calibration error {error:.1f} points, loss {loss:.3f}"
    )
grid[1].set_ylabel("")
show(
    figure,
    alt=f"Two reliability pictures of the test images, {'; '.join(said)}. "
    f"The accuracy is {accuracy:.1%} in both.",
)

# %% [markdown]
# The answers are the same in both pictures, to the last image. What has changed is how sure they are. Where the two
# hardly differ, the network was calibrated before; then $T$ is near 1, and it cost nothing to have looked.
#
# ### Step 8 · The worst mistakes
#
# Not the most frequent mistakes: the surest ones. They say most about the data. Look at each and ask whether you would
# have known better.

# %% jupyter={"source_hidden": true}
figure = plt.figure(figsize=(11, 4.6), layout="constrained")
plot_worst_mistakes(
    figure,
    clothes.test.x,
    clothes.test.labels,
    after,
    clothes.class_names,
    clothes.image_shape,
)
wrong = answers != clothes.test.labels
surest = after.max(axis=1)[wrong].max()
figure.suptitle(
    f"Wrong, and up to {surest:.1%} sure: the 12 surest of {wrong.sum()} "
    "mistakes"
)
show(
    figure,
    alt="Twelve test images that were taken for another class most surely, "
    f"the first with {surest:.1%}. Many lie between two classes, and some "
    "labels look wrong.",
)

# %% [markdown]
# ### Step 9 · A model, and a card
#
# What is handed on is more than weights: the names of the classes, the temperature, how it was trained, how good it is,
# and what it must not be used for. That is a **model card** (Mitchell and others 2019 [18]). `save_model` writes a
# folder with all of it. It is numbers and text: nothing in it runs when it is read. (The card takes the calibration
# error over 15 bins, and the picture above over 10, so the two differ a little.)

# %%
folder = Path(tempfile.mkdtemp()) / "clothes"
card = save_model(result, folder, clothes)
print(
    "\n".join(
        f"{path.name:22} {path.stat().st_size:9,} bytes"
        for path in sorted(folder.iterdir())
    )
)

# %% jupyter={"source_hidden": true}
text = card_text(card)
Markdown(
    text[: text.index("## How it was made")]
    .replace("# A", "#### A", 1)
    .replace("\n## ", "\n##### ")
)

# %% [markdown]
# Trained in PyTorch, and read back by the network of NumPy: the same weights, the same answers?

# %%
model = load_model(folder)  # the NumPy engine
theirs = load_model(folder, engine="torch", device="cpu")
x = clothes.test.x
difference = model.probabilities(x) - theirs.probabilities(x)
for each in (model, theirs):
    print("read by:", type(each.network).__module__)
print(f"probabilities differ by at most {np.abs(difference).max():.0e}")

# %% [markdown]
# ### Step 10 · A picture of your own
#
# A photograph of your pullover on the bed is not an image of this data set. It is in color, has thousands of pixels,
# and is dark on light. It has to be made as the training images were: gray, light on black, the piece in the middle, 28
# × 28. (On this page they look dark on white, because 0 is drawn as white. In the numbers 0 is the background.)
#
# ### Exercise 6.6 · A picture for the network
#
# **Purpose:** the network sees numbers. If they are made another way than in training, its answer means nothing, and
# nothing warns you.
#
# `picture` is `(rows, columns)` of whole numbers (`uint8`), 0 black to 255 white: a dark piece on white paper. Return a
# square `(side, side)`, `side` the longer edge, with 0 for paper and 1 for black. The shorter edge is extended with
# paper on both sides equally; a row or column that is left over goes to the bottom or the right. (Scaling it to 28 × 28
# is then a library's work.)
#
# **Example:** `[[255, 0, 255]]`, one row of three, becomes `[[0, 0, 0], [0, 1, 0], [0, 0, 0]]`.
#
# <details><summary>Hint 1</summary>
#
# First the numbers: `1 - picture / 255`. (`1 - picture` alone would go wrong: `uint8` knows no negative numbers, and
# wraps around.)
#
# </details>
# <details><summary>Hint 2</summary>
#
# Then the place: `np.zeros((side, side))`, and into it, from row `(side - rows) // 2` on, the picture. The same for the
# columns.
#
# </details>


# %%
def prepare(picture):
    """A gray picture (rows, columns) uint8, dark on white -> (side, side)
    from 0, paper, to 1, in the middle.
    """
    # BEGIN SOLUTION
    light_on_black = 1 - picture / 255
    rows, columns = picture.shape
    side = max(rows, columns)
    square = np.zeros((side, side))
    top, left = (side - rows) // 2, (side - columns) // 2
    square[top : top + rows, left : left + columns] = light_on_black
    return square
    # END SOLUTION


# %%
check("6.6", prepare)

# %% [markdown] tags=["solution"]
# **Worked solution.** Invert first, then extend: after inverting, paper is 0, and zeros extend it. In the other order
# the new rows would be 0 and then become 1, two black bars beside the piece.

# %% [markdown]
# `read_picture` does this, scales, and reads PNG and JPEG files of any size and color. Here a picture is painted, dark
# blue on light gray, 260 × 300 pixels, and saved as a PNG. In place of it, put the path of a file of yours into the
# second cell.

# %%
from PIL import Image, ImageDraw

sheet = Image.new("RGB", (260, 300), (235, 235, 230))
pen = ImageDraw.Draw(sheet)
outline = [
    (85, 40),
    (175, 40),
    (245, 95),
    (215, 135),
    (185, 115),
    (185, 265),
    (75, 265),
    (75, 115),
    (45, 135),
    (15, 95),
]
pen.polygon(outline, fill=(30, 40, 110))
pen.ellipse((105, 22, 155, 62), fill=(235, 235, 230))
painted = folder.parent / "painted.png"
sheet.save(painted)

# %%
my_picture = painted  # or the path of your own: "C:/pictures/shirt.png"
prediction = model.predict(my_picture)
print_wrapped(prediction)

# %% jupyter={"source_hidden": true}
figure, (left, right) = plt.subplots(
    1, 2, figsize=(7.5, 3.6), layout="constrained"
)
left.imshow(np.asarray(Image.open(my_picture).convert("RGB")))
left.set_title("the file")
right.imshow(
    read_picture(my_picture).x.reshape(28, 28),
    cmap="gray_r",
    vmin=0,
    vmax=1,
)
right.set_title(
    f"what the network gets; its answer:\n{prediction.class_name}, "
    f"{prediction.probability:.1%} sure"
)
for axes in (left, right):
    axes.set_xticks([])
    axes.set_yticks([])
show(
    figure,
    alt="Left the picture in color. Right what the network gets: 28 x 28 "
    "gray pixels, the piece in the middle. Its answer: "
    f"{prediction.class_name}, {prediction.probability:.1%} sure.",
)

# %% [markdown]
# From a terminal it is `python -m course_lib predict FOLDER PICTURE`. And files that are no pictures?

# %%
wrong_files = {
    "note.png": b"a text that somebody named .png",
    "empty.png": b"",
    "half.png": painted.read_bytes()[:200],
}
for name, content in wrong_files.items():
    (folder.parent / name).write_bytes(content)
Image.new("L", (30, 30), 128).save(folder.parent / "gray.png")
for name in (*wrong_files, "gray.png", "missing.png"):
    try:
        model.predict(folder.parent / name)
    except (DataError, FileNotFoundError) as error:
        print_wrapped(str(error).replace(f"{folder.parent}/", "") + "\n\n")

# %% [markdown]
# What it cannot say is "none of these". Give it a picture of a cat, and it will name one of ten clothes, and may even
# be sure. Its probabilities were checked on images like those it was trained with, and hold for such images alone. The
# card says so.
#
# **On more data, and on a GPU.** `load_fashion_mnist("full")` has all 70,000 images, and the same ten steps work with
# them; it reads or downloads them once. `device="auto"` takes a GPU where there is one.
#
# **Say it back.** Look, part, choose on validation, train, test once, look at single classes and single mistakes,
# calibrate, save with a card. Most of it is not training.

# %% jupyter={"source_hidden": true}
Quiz(
    "After step 8 you find a mistake in how you scaled the images, mend "
    "it, train again, and test again. What do you report?",
    {
        "The second test accuracy, as if it were the first": (
            "You have seen the test images. What you mended, you mended "
            "knowing them."
        ),
        "The first one: the test data are used up": (
            "It describes a network that nobody will use."
        ),
        "The second one, and that it is the second look": (
            "Right. A mended mistake is no choice by test accuracy, but "
            "whoever reads it must know. Better still: new test images."
        ),
        "The mean of both": "It describes neither of the networks.",
    },
    correct="The second one, and that it is the second look",
)

# %% [markdown]
# ## 7 · Is it true? Six reports
#
# **The question.** You can now build and measure. So can others, and they write reports. Would you have believed these?
#
# ### Exercise 6.7 · Six reports, six flaws
#
# **Purpose:** read a result as its author's best friend would: what else could have made this number?


# %% jupyter={"source_hidden": true}
def listed(names):
    rows = "".join(
        f"<tr><td><code>{name}</code></td><td "
        f"style='text-align:left'>{html.escape(text)}</td></tr>"
        for name, text in names.items()
    )
    return f"<table>{rows}</table>"


HTML(
    "".join(
        f"<p><b>{letter}.</b> {html.escape(text)}</p>"
        for letter, text in REPORTS.items()
    )
    + "<p><b>Flaws</b></p>"
    + listed(FLAWS)
    + "<p><b>Remedies</b></p>"
    + listed(REMEDIES)
)

# %% [markdown]
# Return a dict with the letters A to F. Each value is a pair of names from the two lists: the flaw and its remedy. Not
# every name is needed. The figures of the reports are made up.
#
# **Example of the form:** `{"A": ("name of a flaw", "name of a remedy"), "B": (…), …}`.
#
# <details><summary>Hint 1</summary>
#
# Six questions to each: Who chose, and on which data? How often was it run? Did both sides get what suits them? What
# could have come into two parts of the data? What would an empty answer get? Did more than one thing change?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Each report does most of these right, and says so. Look for the one that it does not.
#
# </details>


# %%
def flaws():
    """{"A": (flaw, remedy), ..., "F": (flaw, remedy)}."""
    # BEGIN SOLUTION
    return {
        "A": ("copies_in_both_parts", "split_before_copying"),
        "B": ("one_number_hides_a_class", "look_at_every_class"),
        "C": ("two_things_changed", "change_one_thing_at_a_time"),
        "D": ("one_run_each", "more_seeds_and_an_interval"),
        "E": ("chosen_on_test_data", "choose_on_validation_data"),
        "F": ("one_learning_rate_for_both", "tune_each_at_its_own_rate"),
    }
    # END SOLUTION


# %%
check("6.7", flaws)

# %% [markdown] tags=["solution"]
# **Worked solution.** *A*: of the eleven pictures of a leaf, some land in the training part and some in the test part.
# Divide first, then copy. *B*: "sound" to everything gets 97%; the recall of the cracked ones is the figure to give.
# *C*: batch norm, or the tenfold rate, or both together? Two changes make four networks, and two were trained. *D*: 0.6
# points is what two runs of one network may differ by. *E*: the best of 20 is also the luckiest of 20 on these images.
# *F*: 0.1 is a hundred times Adam's usual rate. It is as if one had compared them at 0.001, where gradient descent
# hardly moves.

# %% [markdown]
# **Say it back.** A figure is as good as the answers to six questions. Ask them of yourself first.

# %% [markdown]
# ## 8 · Alone
#
# ### Exercise 6.8 · Your own recipe
#
# **Purpose:** design. All is said; what do you take?
#
# The network will run in a device that sees one example at a time, and its makers want no normalization. Five hidden
# layers of 30 units, the 1,797 handwritten digits of `load_digits()`, 400 steps of 32. Return the fields of your recipe
# as a dict: any of `activation`, `initialization`, `optimizer`, `learning_rate`, `schedule`, `schedule_steps`,
# `drop_rate`, `l1`, `l2`, `max_norm`, `clip_norm`, `clip_value`. What you leave out keeps the default's value: dropout
# stays at 0.2 unless you say otherwise. All else is fixed. (The schedules are those of chapter 4, section 5.) The check
# trains it, with two seeds, and asks for 93% of the validation digits each time. *The check takes about 2 s.*
#
# **Example of the form:** `{"activation": "sigmoid", "optimizer": "momentum"}`.
#
# <details><summary>Hint 1</summary>
#
# Section 4: batch norm is one of two pillars. Which is the other one, and does the default have it?
#
# </details>
# <details><summary>Hint 2</summary>
#
# 400 steps are few. Dropout can cost accuracy in short runs, and Adam's 0.001 may be small.
#
# </details>


# %%
def my_recipe():
    """Fields of a recipe for five hidden layers without batch norm."""
    # BEGIN SOLUTION
    return {
        "activation": "relu",
        "initialization": "he_normal",
        "drop_rate": 0.0,
        "learning_rate": 0.003,
    }
    # END SOLUTION


# %%
check("6.8", my_recipe)

# %% [markdown] tags=["solution"]
# **Worked solution.** He keeps the sums at their size at the start, ReLU keeps a slope, and Adam gives each weight its
# step: these three do without batch norm. There are many others. Tanh with Xavier works, too, and so does momentum at a
# good rate. Even the sigmoid with weights of spread 1 does, with Adam at ten times its usual rate: through five layers
# enough of the gradient comes back. But the sigmoid with Xavier's weights stays far below, and so does tanh with
# weights of spread 1. The start has to fit the activation.

# %% [markdown]
# ### Second capstone · The digits, from raw numbers to a card
#
# Now steps 1 to 9 without a guide, on other data: `load_digits()`, 1,797 handwritten digits of 8 × 8 pixels
# (Alpaydin and Kaynak 1998 [19]). They come with the course, already in three parts, and need no connection. Take an
# hour. All functions that you need are in section 6. There is no check: mark yourself with the rubric, or let somebody
# else do it.
#
# What to hand in: a model in a folder with its card, and half a page. It says how good the model is, with an interval;
# which digits it takes for which; whether its probabilities can be trusted; and **one comparison of your own**, over
# seeds, that says whether one part of your recipe helps here. (For example: batch norm, dropout, shifted copies, a
# schedule.) `interval(differences)`, of an array with one difference a seed, gives its mean and the ends of its 95%
# interval.
#
# | | 0 points | 1 point | 2 points |
# |---|---|---|---|
# | Data | not looked at | counts and ranges printed | overlap looked for, too |
# | Parts | chosen by test data | three parts | and the test data used once, at the end |
# | Choice | one recipe, as it came | some tried on validation data | each with its own learning rate |
# | Training | until it looked good | early stopping, or a length said beforehand | curves shown and read |
# | Result | a number | with its interval | and against something simple |
# | Single classes | none | confusion matrix | what is confused with what, and why |
# | Mistakes | none shown | the worst shown | and what they say about the data |
# | Sureness | nothing | calibration error, before and after | a reliability picture, read |
# | Comparison | one run each | five seeds or more, an interval | one thing changed, both sides tuned |
# | Model | weights in a file | saved with a card | read back, and the card says what it is not for |
#
# For 2 points you need what stands under 1 point as well. Something simple is, for example, a network without hidden
# layers.
#
# 14 of 20 points are good, 18 are very good.

# %%
digits = load_digits()
print_wrapped(digits, indent=2)

# %%
# Step 1: look at the raw data.

# %%
# Steps 2 to 5: parts, choice, training, test.

# %%
# Steps 6 to 8: single classes, sureness, mistakes.

# %%
# Your comparison, over seeds.

# %%
# Step 9: the model and its card.

# %% [markdown] tags=["solution"]
# **One way to do it, shortened.** It gets 14 points: there are no curves, no worst mistakes and no reliability picture,
# nobody says which digits are confused and why, the model is not read back. And the half page is missing. *About 10 s.*

# %% tags=["solution"]
check_no_overlap(digits)
print("pixels", digits.train.x.min(), "to", digits.train.x.max())
print("of each digit:", np.bincount(digits.train.labels))


def digit_run(recipe, seed=0):
    return fit(recipe.replace(seed=seed), digits, progress=False)


short = Recipe(
    hidden_layers=(64,),
    activation="relu",
    schedule="cosine",
    schedule_steps=(30,),
    epochs=30,
)
tuned = {}
for dropped in (0.0, 0.2):
    losses = {}
    for rate in (0.001, 0.003, 0.01):
        one = short.replace(drop_rate=dropped, learning_rate=rate)
        losses[rate] = digit_run(one).history[-1]["validation_loss"]
    tuned[dropped] = min(losses, key=losses.get)
print("best learning rates", tuned)

# %% tags=["solution"]
accuracies = {}
for dropped, rate in tuned.items():
    one = short.replace(drop_rate=dropped, learning_rate=rate)
    last = [digit_run(one, seed).history[-1] for seed in range(1, 8)]
    shares = [100 * row["validation_accuracy"] for row in last]
    accuracies[dropped] = np.array(shares)
gain = effect_text(*interval(accuracies[0.2] - accuracies[0.0]))
print("dropout adds, in points of validation accuracy:", gain)

# %% tags=["solution"]
final = digit_run(short.replace(drop_rate=0.0, learning_rate=tuned[0.0]))
linear = digit_run(Recipe(hidden_layers=(), learning_rate=0.01, epochs=30))
for name, run in {"one hidden layer": final, "none": linear}.items():
    answered = run.network.logits(digits.test.x).argmax(axis=1)
    right = answered == digits.test.labels
    around = 1.96 * np.sqrt(right.mean() * (1 - right.mean()) / len(right))
    print(
        f"{name:18} {right.mean():.1%} of {len(right)} test digits, give "
        f"or take {100 * around:.1f} points"
    )
test = save_model(final, folder.parent / "digits", digits)["test"]
before = test["calibration_error_percent_before"]
after = test["calibration_error_percent"]
print(f"calibration error, %: {before} before, {after} with a temperature")

# %% jupyter={"source_hidden": true} tags=["solution"]
figure, axes = plt.subplots(figsize=(6.5, 5.6), layout="constrained")
answered = final.network.logits(digits.test.x).argmax(axis=1)
plot_confusion(
    axes,
    confusion_counts(digits.test.labels, answered, 10),
    digits.class_names,
)
axes.set_title(
    f"{(answered != digits.test.labels).sum()} of {len(answered)} test "
    "digits are taken for another one"
)
show(
    figure,
    alt="Confusion matrix of the digits 0 to 9, nearly everything on the "
    "diagonal.",
)

# %% [markdown]
# ## 9 · The ledger
#
# The claims of this course, as they were measured: those of the article first. Each row is the claim's primary
# comparison, what somebody would try first. All the others, with their settings, are in [CLAIMS.md](../CLAIMS.md). The
# command under the table measures every claim again, on your machine. That takes hours. (The table: *about 1 s.*)

# %% jupyter={"source_hidden": true}
claims = entries()
claims.sort(key=lambda claim: not is_of_the_article(claim))
HTML(
    f"<p>{count_line(claims)}</p>{notebook_table(claims)}<p><code>python "
    "-m course_lib claims run --all --anew</code></p>"
)

# %% [markdown]
# The same as one picture: the primary comparison of each claim, in multiples of the smallest effect that matters. The
# small marks are its other comparisons. *About 1 s.*

# %% jupyter={"source_hidden": true}
alternative = html.escape(picture.alternative(claims), quote=True)
HTML(
    '<div role="img" '
    f'aria-label="{alternative}">{picture.draw(claims)}</div>'
)

# %% [markdown]
# Look along a few rows: the same advice can help in one setting, do little in the next, and harm in a third. That is
# the usual state of a good rule of thumb. What a course can add is the where.

# %% [markdown]
# ## 10 · Looking back
#
# - A configuration is good compared with another one: with the same schedule, each at its own best learning rate. So
#   compared, the default beats a naive network clearly, and is nowhere surely ahead of plain He, ReLU and Adam. A
#   recipe of 2026 is ahead of it with two layers and 2,500 steps.
# - Leaving one part out measures its worth while the others are there. Leaving two out shows which stand in for each
#   other: He and batch norm both keep the sums at their size.
# - The article's list has no schedule.
# - Choose on validation data, test once, give an interval, look at single classes and single mistakes.
# - A temperature, fitted on validation data, can mend how sure a network is, and leaves what it answers.
# - A model is weights, names, temperature and a card.
# - A figure is as good as the comparison behind it.
#
# ### Last questions

# %% jupyter={"source_hidden": true}
Quiz(
    "A default configuration is good if…",
    {
        "it beats every other one on every data set": "None does.",
        "it seldom fails badly, and few things must be tuned": (
            "Right: two pillars in place of one. The best one for your "
            "data is found from there."
        ),
        "each of its parts is missed when it is taken away": (
            "Then nothing in it stands in for anything, and one mistake "
            "can bring it down."
        ),
        "it is the newest": "Newer ones are tuned for larger networks and "
        "more data than you may have.",
    },
    correct="it seldom fails badly, and few things must be tuned",
)

# %% jupyter={"source_hidden": true}
Quiz(
    "The temperature that fits the validation images is 1.6. What does the "
    "network's accuracy do?",
    {
        "It rises, since the probabilities are better": (
            "They are, and the order of the classes stays."
        ),
        "It stays, to the last image": "Right. Dividing all logits by one "
        "number changes no order.",
        "It falls, since the network is less sure": "Less sure is not less "
        "right.",
    },
    correct="It stays, to the last image",
)

# %% jupyter={"source_hidden": true}
Quiz(
    "98% accuracy in finding a disease that 2% of the people have. Good?",
    {
        "Yes, 98% is high": 'To say "healthy" to everybody gets 98%, too.',
        "You cannot say before you see the confusion matrix": (
            "Right. The recall of the 2% is what matters, and it may be 0."
        ),
        "Yes, if the test data were used once": (
            "Then the figure is honest, and may still be worthless."
        ),
    },
    correct="You cannot say before you see the confusion matrix",
)

# %% [markdown]
# ### Glossary
#
# | Term | Meaning |
# |---|---|
# | ablation | taking one part away to see what it is worth |
# | calibrated | of the answers that are 80% sure, 80% are right |
# | confusion matrix | for each true class (row), how often each class was answered (column) |
# | cosine schedule | the learning rate falls to 0 along half a cosine |
# | default configuration | what one takes before one knows anything: here He, ELU, batch norm, dropout, Adam |
# | interaction, extra | what leaving out two parts costs beyond the one plus the other |
# | model card | how a model was made, how good it is, and what it must not be used for |
# | overlap | an example that stands in two parts of the data |
# | precision | of all that were called a class, the share that is one |
# | recall | of all that are a class, the share that was called so |
# | rival | what a configuration is compared with |
# | RMS norm | layer norm without taking the mean off |
# | SwiGLU | an activation with a gate: a smooth relative of ReLU of one sum, multiplied with another sum |
# | temperature | the number by which logits are divided, to make a network more or less sure |
# | warm-up | the learning rate climbs from near 0 at the start of a run |
#
# ### Sources
#
# 1. M. Nielsen. Neural networks and deep learning, chapter 1. [neuralnetworksanddeeplearning.com](
#    http://neuralnetworksanddeeplearning.com/) (2015).
# 2. Z. Liu, H. Mao, C.-Y. Wu, C. Feichtenhofer, T. Darrell, S. Xie. A ConvNet for the 2020s. CVPR (2022).
#    [arXiv:2201.03545](https://arxiv.org/abs/2201.03545)
# 3. K. He, X. Zhang, S. Ren, J. Sun. Delving deep into rectifiers. ICCV (2015).
#    [arXiv:1502.01852](https://arxiv.org/abs/1502.01852)
# 4. D. Hendrycks, K. Gimpel. Gaussian error linear units. [arXiv:1606.08415](https://arxiv.org/abs/1606.08415) (2016).
# 5. N. Shazeer. GLU variants improve transformer. [arXiv:2002.05202](https://arxiv.org/abs/2002.05202) (2020).
# 6. J. Ba, J. Kiros, G. Hinton. Layer normalization. [arXiv:1607.06450](https://arxiv.org/abs/1607.06450) (2016).
# 7. B. Zhang, R. Sennrich. Root mean square layer normalization. NeurIPS (2019).
#    [arXiv:1910.07467](https://arxiv.org/abs/1910.07467)
# 8. N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov. Dropout: a simple way to prevent neural
#    networks from overfitting. Journal of Machine Learning Research 15, 1929–1958 (2014).
# 9. I. Loshchilov, F. Hutter. Decoupled weight decay regularization. ICLR (2019).
#    [arXiv:1711.05101](https://arxiv.org/abs/1711.05101)
# 10. I. Loshchilov, F. Hutter. SGDR: stochastic gradient descent with warm restarts. ICLR (2017).
#     [arXiv:1608.03983](https://arxiv.org/abs/1608.03983)
# 11. K. He, X. Zhang, S. Ren, J. Sun. Deep residual learning for image recognition. CVPR (2016).
#     [arXiv:1512.03385](https://arxiv.org/abs/1512.03385)
# 12. H. Zhang, M. Cisse, Y. Dauphin, D. Lopez-Paz. mixup: beyond empirical risk minimization. ICLR (2018).
#     [arXiv:1710.09412](https://arxiv.org/abs/1710.09412)
# 13. R. Wightman, H. Touvron, H. Jégou. ResNet strikes back: an improved training procedure in timm.
#     [arXiv:2110.00476](https://arxiv.org/abs/2110.00476) (2021).
# 14. H. Touvron and others. LLaMA: open and efficient foundation language models.
#     [arXiv:2302.13971](https://arxiv.org/abs/2302.13971) (2023).
# 15. Y. Gorishniy, I. Rubachev, V. Khrulkov, A. Babenko. Revisiting deep learning models for tabular data. NeurIPS
#     (2021). [arXiv:2106.11959](https://arxiv.org/abs/2106.11959)
# 16. V. Godbole, G. Dahl, J. Gilmer, C. Shallue, Z. Nado. Deep learning tuning playbook.
#     [github.com/google-research/tuning_playbook](https://github.com/google-research/tuning_playbook) (2023).
# 17. C. Guo, G. Pleiss, Y. Sun, K. Weinberger. On calibration of modern neural networks. ICML (2017).
#     [arXiv:1706.04599](https://arxiv.org/abs/1706.04599)
# 18. M. Mitchell and others. Model cards for model reporting. FAT* (2019).
#     [arXiv:1810.03993](https://arxiv.org/abs/1810.03993)
# 19. E. Alpaydin, C. Kaynak. Optical recognition of handwritten digits. UCI Machine Learning Repository (1998).
#     [doi:10.24432/C50P49](https://doi.org/10.24432/C50P49)
# 20. R. Schmidt, F. Schneider, P. Hennig. Descending through a crowded valley: benchmarking deep learning optimizers.
#     ICML (2021). [arXiv:2007.01547](https://arxiv.org/abs/2007.01547)
# 21. S. Ioffe, C. Szegedy. Batch normalization: accelerating deep network training by reducing internal covariate
#     shift. ICML (2015). [arXiv:1502.03167](https://arxiv.org/abs/1502.03167)
# 22. A. Kadra, M. Lindauer, F. Hutter, J. Grabocka. Well-tuned simple nets excel on tabular datasets. NeurIPS (2021).
#     [arXiv:2106.11189](https://arxiv.org/abs/2106.11189)
# 23. X. Li, S. Chen, X. Hu, J. Yang. Understanding the disharmony between dropout and batch normalization by variance
#     shift. CVPR (2019). [arXiv:1801.05134](https://arxiv.org/abs/1801.05134)
# 24. A. Brock, S. De, S. Smith, K. Simonyan. High-performance large-scale image recognition without normalization. ICML
#     (2021). [arXiv:2102.06171](https://arxiv.org/abs/2102.06171)
# 25. H. Zhang, Y. Dauphin, T. Ma. Fixup initialization: residual learning without normalization. ICLR (2019).
#     [arXiv:1901.09321](https://arxiv.org/abs/1901.09321)
#
# **That was the article, and the course.** What comes next is not in it: convolutions, attention, and far more data.
# What you have now will be asked of you there, too: what changed, compared with what, how sure.
