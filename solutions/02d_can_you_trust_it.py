# %% [markdown]
# # 2d · Can you trust it?
#
# Your network learns, and its curve goes up. That proves less than it seems. Tonight you test it in the ways that
# careful people do, and end with one honest number.
#
# **When you are done, you can**
#
# 1. test any gradient, and tell from the error whether it is right;
# 2. find the edge of the learning rate for a real network;
# 3. say what a falling loss does not prove;
# 4. choose with validation data, and report with test data.
#
# **Time:** 41 minutes with its two exercises.
#
# **You need:** 2a (the edge of a learning rate), 2b and 2c.

# %% jupyter={"source_hidden": true}
# The tools of this evening.
import matplotlib.pyplot as plt
import numpy as np

from course_lib.data import load_fashion_mnist
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.learner import board, check, keep_layers, yours
from course_lib.plots import show, style
from course_lib.plots.images import plot_worst_mistakes
from course_lib.plots.training import plot_curves
from course_lib.threads import limit_threads

limit_threads(1)
clothes = load_fashion_mnist()
photos, kinds = clothes.train.x, clothes.train.labels
new_photos, new_kinds = clothes.validation.x, clothes.validation.labels

# %%
forward, cross_entropy = yours("1.6"), yours("2.6")
dense_backward, network_backward = yours("2.4"), yours("2.5")
random_layers, train_epoch = yours("2.7"), yours("2.8")


def share_right(layers, x, labels):
    """The share of right answers, from 0 to 1."""
    return np.mean(forward(x, layers)[-1].argmax(axis=1) == labels)


# %% [markdown]
# ## 1 · A mistake that nobody sees
#
# Here is a way back with a real mistake in it. It walks from the last layer to the first as yours does, but it forgets
# the slopes of the ReLUs.


# %%
def forgetful_backward(values, layers, slopes):
    """A way back that forgets to multiply by the slopes of the ReLUs."""
    gradients = []
    for position in reversed(range(len(layers))):
        weights = layers[position][0]
        of_weights, of_bias, slopes = dense_backward(
            values[position], weights, slopes
        )
        gradients.insert(0, [of_weights, of_bias])
    return gradients


# %% jupyter={"source_hidden": true}
Prediction(
    "forgetful",
    "A network is trained for three epochs with this mistake. How many new "
    "photos will it get right, compared with one without the mistake?",
    choices=[
        "About 10%, as by guessing",
        "About half as many",
        "About as many",
    ],
)

# %% [markdown]
# Both start alike and take the same mini-batches. The loop is that of 2c. *About 5 s.*


# %% jupyter={"source_hidden": true}
def epoch_with(backward, layers, rng):
    """One pass over the photos as in 2c, with this way back."""
    order = rng.permutation(len(photos))
    for start in range(0, len(photos), 32):
        batch = order[start : start + 32]
        values = forward(photos[batch], layers)
        slopes = cross_entropy(values[-1], kinds[batch])[1]
        gradients = backward(values, layers, slopes)
        layers = [
            [weights - 0.1 * of_weights, bias - 0.1 * of_bias]
            for (weights, bias), (of_weights, of_bias) in zip(
                layers, gradients, strict=True
            )
        ]
    return layers


# %%
ways_back = {"correct": network_backward, "forgetful": forgetful_backward}
curves = {}
for name, backward in ways_back.items():
    rng = np.random.default_rng(0)
    layers = random_layers([784, 100, 10], rng)
    curves[name] = [share_right(layers, new_photos, new_kinds)]
    for _ in range(3):
        layers = epoch_with(backward, layers, rng)
        curves[name].append(share_right(layers, new_photos, new_kinds))

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
plot_curves(axes, np.arange(4), curves, markers=True)
axes.set(xlabel="epoch", ylabel="right on new photos")
axes.set(xlim=(-0.1, 3.9), ylim=(0, 1), xticks=range(4))
axes.set_title("One of the two has a mistake in its gradient")
show(
    figure,
    alt="Share of right answers on new photos over three epochs, with the "
    "correct and with the forgetful way back. Both curves rise steeply.",
    width=700,
)
recall(
    "forgetful",
    answer=f"About as many: {curves['forgetful'][-1]:.1%} and "
    f"{curves['correct'][-1]:.1%}.",
)

# %% [markdown]
# No error message, and a curve that goes up. Whoever wrote this mistake would never notice. So do not judge a gradient
# by the curve; test its numbers.
#
# In 2b you nudged one weight and looked at the loss. That is a **finite difference**. The **central difference** is
# more exact: nudge the weight up by $h$ and down by $h$, and leave all others as they are.
#
# $$\frac{\partial L}{\partial w} \approx \frac{L(w + h) - L(w - h)}{2h}$$
#
# It takes two forward passes for each weight. That is fine for a test, and far too slow for training.
#
# ### Exercise 2.9 · A numerical gradient
#
# *10 minutes.* **Purpose:** own a test that finds a mistake before it costs you a week.
#
# Return the gradient of `network_loss(x, labels, layers)` over the weights of the layer at `position`, by central
# differences: an array of their shape. `step` is the $h$ of the formula. `layers` must not change. *Kept in your
# `my_network.py`.*
#
# **Example:** `numerical_gradient(np.array([[2.0]]), np.array([0]), [[np.zeros((1, 2)), np.zeros(2)]], 0)` gives
# `[[-1, 1]]`. The logits are 0 and 0, so each kind gets the probability 1/2. The slopes over the logits are −1/2 and
# 1/2, and each is multiplied by the input, 2.
#
# <details><summary>Hint 1</summary>
#
# Nudge one entry at a time, in a fresh copy of the weights: `weights.astype(float)` copies, and makes room for decimals
# where the weights are whole numbers. `np.ndindex(weights.shape)` walks through all positions.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `changed = list(layers)` copies the list. Then `changed[position] = [nudged, bias]` puts the nudged weights in without
# touching what you were given. The two nudged weights are $2h$ apart.
#
# </details>


# %%
def network_loss(x, labels, layers):
    """The cross-entropy of a network's answers to x: a number."""
    return cross_entropy(forward(x, layers)[-1], labels)[0]


def numerical_gradient(x, labels, layers, position, step=1e-5):
    """The gradient of network_loss over the weights of layer `position`,
    by central differences: an array of their shape.
    """
    weights, bias = layers[position]
    gradient = np.zeros(weights.shape)
    # BEGIN SOLUTION
    for index in np.ndindex(weights.shape):
        losses = []
        for nudge in (step, -step):
            nudged = weights.astype(float)
            nudged[index] += nudge
            changed = list(layers)
            changed[position] = [nudged, bias]
            losses.append(network_loss(x, labels, changed))
        gradient[index] = (losses[0] - losses[1]) / (2 * step)
    # END SOLUTION
    return gradient


# %%
check("2.9", numerical_gradient)

# %% [markdown] tags=["solution"]
# **Worked solution.** Each nudge starts from a fresh copy, so none leaks into the next one; that leak is the most
# common mistake. The two nudged weights are $2h$ apart, not $h$: with `/ step` everything is twice too large.

# %% [markdown]
# Now test the two ways back with it. A small network will do, because the code is the same for all sizes: five
# photos, every 16th pixel of them (49 inputs), and eight hidden neurons.

# %% jupyter={"source_hidden": true}
Prediction(
    "which-layer",
    "The forgetful way back leaves out the slopes of the hidden ReLUs. In "
    "which layers does your test find a wrong gradient?",
    choices=["In both layers", "In the first only", "In the second only"],
)

# %%
numerical_gradient = yours("2.9")
x, labels = photos[:5, ::16].astype(float), kinds[:5]
layers = random_layers([49, 8, 10], np.random.default_rng(0))
values = forward(x, layers)
slopes = cross_entropy(values[-1], labels)[1]
for name, backward in ways_back.items():
    gradients = backward(values, layers, slopes)
    for position in (0, 1):
        found = gradients[position][0]
        tested = numerical_gradient(x, labels, layers, position)
        off = np.abs(found - tested).max()
        larger = max(np.abs(found).max(), np.abs(tested).max())
        print(f"{name:9}  layer {position + 1}: {off / larger:.0e}")

# %% jupyter={"source_hidden": true}
recall(
    "which-layer",
    answer="In the first only. On the way back the second layer comes "
    "before the ReLUs, so it does not miss their slopes.",
)

# %% [markdown]
# Each number is a **relative error**: the largest difference between the two gradients, divided by the largest entry.
# (`3e-10` is $3 \cdot 10^{-10}$.) With numbers of 16 digits (float64) and $h = 10^{-5}$, about $10^{-7}$ or less is
# right, and $10^{-2}$ or more is a mistake. Between the two, look again at other inputs. There is one false alarm: if
# a nudge pushes the sum of a ReLU across 0, the two sides have different slopes. The test even says *where* to look: on
# the way back from a layer that is right to one that is wrong. PyTorch has such a test: `torch.autograd.gradcheck`.
#
# ## 2 · Where is the edge?
#
# In 2a you computed the learning rate at which descent on a line runs away. A network has such an edge too, but no
# short formula for it. So look for it with a small, quick experiment: 2,000 photos, five epochs, seven rates, and each
# of them with three **seeds**. A seed is the number that a random generator begins with. Another seed means another
# start and other mini-batches. *About 10 s.*

# %% jupyter={"source_hidden": true}
Prediction(
    "edge",
    "Seven learning rates from 0.003 to 3. How does the share of right "
    "answers change with the rate?",
    choices=[
        "The larger the rate, the better",
        "It rises, and then falls off a cliff",
        "It hardly depends on the rate",
        "The smaller the rate, the better",
    ],
)

# %%
rates = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
reached, silent = [], []
for rate in rates:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        layers = random_layers([784, 100, 10], rng)
        with np.errstate(all="ignore"):  # it may run away
            for _ in range(5):
                layers = train_epoch(
                    photos[:2000], kinds[:2000], layers, rate, 32, rng
                )
            hidden = forward(new_photos, layers)[1]
        reached.append(share_right(layers, new_photos, new_kinds))
        silent.append(np.mean(np.all(hidden == 0, axis=0)))

# %% jupyter={"source_hidden": true}
reached_by_rate = np.reshape(reached, (-1, 3))
means, silent_means = reached_by_rate.mean(1), np.reshape(silent, (-1, 3))
figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
axes.semilogx(rates, reached_by_rate, "o", color=style.BLUE, markersize=5)
axes.semilogx(rates, means, color=style.BLUE, linewidth=2)
axes.semilogx(
    rates, silent_means.mean(1), "s--", color=style.VERMILION, linewidth=2
)
axes.annotate(
    "right on new photos\n(a dot for each seed)",
    (rates[1], 0.86),
    ha="center",
    color=style.BLUE,
)
axes.annotate(
    "hidden neurons that are\nsilent for every photo",
    (rates[2], 0.1),
    ha="center",
    color=style.VERMILION,
)
axes.set(xlabel="learning rate (log axis)", ylabel="share", ylim=(0, 1.05))
axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
axes.minorticks_off()
best = int(means.argmax())
fallen = [
    rate
    for rate, mean in zip(rates, means, strict=True)
    if rate > rates[best] and mean < means[best] / 2
]
edge_words = f", off the cliff at {fallen[0]:g}" if fallen else ""
axes.set_title(f"Best near {rates[best]:g}{edge_words}")
show(
    figure,
    alt="Share of right answers against the learning rate: it rises to "
    f"its best near {rates[best]:g} and then falls steeply. The share of "
    "silent hidden neurons is small before the fall and near 1 after it.",
    width=700,
)
recall("edge", answer="It rises, and then falls off a cliff.")

# %% [markdown]
# Beyond the cliff the network gives nearly all photos the same one or two answers. Its long steps have pushed the sums
# of most hidden neurons below 0, for every photo. A silent ReLU has slope 0, so nothing wakes it: you saw that in 2b.
#
# For a new network, look for the cliff first. Then try rates three to ten times smaller.
#
# **Touch it.** Put 0.5 into `rates`, between 0.3 and 1.0, and run the two cells again. *About 10 s.* Is 0.5 beyond
# the edge?
#
# <details><summary>What you should have seen</summary>
#
# It is on the way down. Many neurons are silent already, and the three seeds disagree. The edge is not a sharp line,
# so keep some distance.
#
# </details>
#
# ## 3 · The loss falls, so it works?
#
# Take 1,000 photos and shuffle their labels. A bag may now be called a sandal, and a sandal a coat: no photo says
# anything about its label. Train for 100 epochs, the last ten with a tenth of the rate. *About 10 s.*

# %% jupyter={"source_hidden": true}
Prediction(
    "shuffled",
    "The labels are random. What will the training loss do?",
    choices=[
        "Stay near 2.3, there is nothing to learn",
        "Fall a little, then stop",
        "Fall, and keep falling",
        "Rise",
    ],
)

# %%
rng = np.random.default_rng(0)
few, nonsense = photos[:1000], rng.permutation(kinds[:1000])
layers = random_layers([784, 100, 10], rng)
losses, right_few, right_new = [], [], []
for epoch in range(100):
    rate = 0.2 if epoch < 90 else 0.02
    layers = train_epoch(few, nonsense, layers, rate, 50, rng)
    losses.append(network_loss(few, nonsense, layers))
    right_few.append(share_right(layers, few, nonsense))
    right_new.append(share_right(layers, new_photos, new_kinds))

# %% jupyter={"source_hidden": true}
look = {"figsize": (7.6, 3.2), "layout": "constrained"}
figure, grid = plt.subplots(1, 2, **look)
epochs = np.arange(1, 101)
grid[0].plot(epochs, losses, color=style.TRAIN, linewidth=2)
grid[0].set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
grid[0].set_title(f"The loss falls to {losses[-1]:.2f} …")
right = {"training photos": right_few, "new photos": right_new}
looks = {"training photos": style.TRAIN, "new photos": style.VALIDATION}
plot_curves(grid[1], epochs, right, colors=looks)
grid[1].set(xlabel="epoch", ylabel="share right", ylim=(0, 1.03))
grid[1].set(xlim=(0, 185), xticks=(0, 25, 50, 75, 100))
grid[1].set_title(f"… and {right_new[-1]:.0%} of new photos are right")
show(
    figure,
    alt="Left: with shuffled labels the training loss falls over 100 "
    f"epochs to {losses[-1]:.2f}. Right: the share right on the training "
    "photos rises towards 1, that on new photos stays near one tenth.",
    width=760,
)
recall(
    "shuffled",
    answer=f"Fall, and keep falling, here to {losses[-1]:.2f}. The network "
    f"knows {right_few[-1]:.0%} of a thousand random labels by heart.",
)

# %% [markdown]
# A falling training loss says that the descent works. It says nothing about new photos. (Zhang and others showed this
# with a million photos: *Understanding deep learning requires rethinking generalization*, 2017.) That is why there
# are three sets of data:
#
# | Set | What it is for | How often you look |
# |---|---|---|
# | **training data** | the gradients | all the time |
# | **validation data** | choosing: the learning rate, the size, how long to train | often, and that has a price |
# | **test data** | one honest number at the end | once |
#
# The "new photos" of all evenings so far are the validation data. You have not seen the test data yet.
#
# ## 4 · Choosing flatters
#
# What is the price? Take a hundred networks that know nothing: each guesses, and is right in 10% of all cases. They all
# answer for the same 200 photos, you keep the best one, and then it meets 200 fresh photos.

# %% jupyter={"source_hidden": true}
Prediction(
    "winner",
    "How many percent of the 200 photos does the best of the hundred "
    "guessers get right, on average?",
    slider=(10, 40, 1),
)

# %%
rng = np.random.default_rng(0)
# 500 contests: how many of 200 photos does each guesser get right?
right = rng.binomial(200, 0.1, size=(500, 100))
winners = right.max(axis=1) / 200
# each winner guesses again, for 200 fresh photos
afresh = rng.binomial(200, 0.1, size=500) / 200

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
bins = 100 * (np.arange(8, 49) - 0.5) / 200
for values, color, words in (
    (afresh, style.ORANGE, "the same winners,\non fresh photos"),
    (winners, style.BLUE, "winners, on the photos\nthey won on"),
):
    counts, _, _ = axes.hist(100 * values, bins, color=color, alpha=0.75)
    axes.annotate(
        words,
        (100 * values.mean(), counts.max()),
        xytext=(0, 5),
        textcoords="offset points",
        ha="center",
    )
axes.margins(y=0.35)
axes.set(xlabel="photos right (%)", ylabel="number of contests")
axes.set_title(
    f"Winners show {winners.mean():.1%}, on fresh photos "
    f"{afresh.mean():.1%}"
)
show(
    figure,
    alt="Two histograms over 500 contests. The winners' scores on the "
    f"photos they won on lie around {winners.mean():.1%}, those of the "
    f"same winners on fresh photos around {afresh.mean():.1%}.",
    width=700,
)
recall(
    "winner",
    answer=f"{winners.mean():.1%}. On fresh photos the winners are back at "
    f"{afresh.mean():.1%}, as every guesser is.",
)

# %% [markdown]
# Nobody cheated. The winner's score is too good because it was *chosen for being good on these photos*. The more you
# try, the more the best score flatters. So do not report the number by which you chose.
#
# ### Exercise 2.10 · Choose a learning rate, report an honest number
#
# *10 minutes.* **Purpose:** decide with the right data, and only with it.
#
# `runs` is a list of dicts, one for each learning rate and seed: `{"learning_rate": 0.1, "seed": 0, "train_loss": …,
# "validation_loss": …, "test_accuracy": …}`. The accuracy is the share of right answers. A loss of `nan`, "not a
# number", means that this run blew up. Return two numbers: the learning rate you would use, and the test accuracy you
# would report for it. How should several seeds count? *Kept in your `my_network.py`.*
#
# **Example:** if 0.1 has the validation losses 0.5 and 0.7 (test accuracies 0.80 and 0.84) and 0.3 has 0.4 and `nan`,
# then 0.1 is the choice and 0.82 the report: a rate that blows up with one seed of two is not one to rely on.
#
# <details><summary>Hint 1</summary>
#
# The test column may not influence the choice in any way. Put the seeds of one learning rate together with their
# mean: a single run may have been lucky.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Collect `{rate: [validation losses]}` first. A `nan` makes a mean `nan`, and no comparison with `nan` is ever true, so
# `min` may return anything. Treat a mean of `nan` as infinity.
#
# </details>


# %%
def choose_learning_rate(runs):
    """runs: list of dicts -> the learning rate to use, and the test
    accuracy to report for it (the mean over seeds).
    """
    # BEGIN SOLUTION
    validation, test = {}, {}
    for run in runs:
        rate = run["learning_rate"]
        validation.setdefault(rate, []).append(run["validation_loss"])
        test.setdefault(rate, []).append(run["test_accuracy"])
    means = {rate: np.mean(losses) for rate, losses in validation.items()}
    chosen = min(
        means,
        key=lambda rate: np.inf if np.isnan(means[rate]) else means[rate],
    )
    return chosen, np.mean(test[chosen])
    # END SOLUTION


# %%
check("2.10", choose_learning_rate)

# %% [markdown] tags=["solution"]
# **Worked solution.** The choice uses the validation loss alone. Choosing by the training loss prefers what learns by
# heart; choosing by the test accuracy flatters the number you report. The mean over seeds asks which *rate* is good,
# where a single best run asks which *run* was lucky. And the reported number is the mean of the test accuracies of the
# chosen rate, whatever they are.

# %% [markdown]
# Now with your network: three rates from below the cliff, three seeds each. The plan is that of 2c, shortened: five
# epochs, then one with a tenth of the rate. The test accuracies go into the list too, but nobody looks at them before
# the choice is made. *About 20 s.*


# %%
choose_learning_rate = yours("2.10")


def trained_with(rate, seed):
    rng = np.random.default_rng(seed)
    layers = random_layers([784, 100, 10], rng)
    for now in [rate] * 5 + [rate / 10]:
        layers = train_epoch(photos, kinds, layers, now, 32, rng)
    return layers


# %%
test_photos, test_kinds = clothes.test.x, clothes.test.labels
runs, trained = [], {}
for rate in (0.03, 0.1, 0.3):
    for seed in range(3):
        layers = trained[rate, seed] = trained_with(rate, seed)
        run = {"learning_rate": rate, "seed": seed}
        run["train_loss"] = network_loss(photos, kinds, layers)
        run["validation_loss"] = network_loss(new_photos, new_kinds, layers)
        run["test_accuracy"] = share_right(layers, test_photos, test_kinds)
        runs.append(run)
chosen, honest = choose_learning_rate(runs)

# %% jupyter={"source_hidden": true}
losses = np.reshape([run["validation_loss"] for run in runs], (-1, 3))
names = [f"{run['learning_rate']:g}" for run in runs[::3]]
figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
places = np.arange(len(names))
for seed, shift in enumerate((-0.08, 0, 0.08)):
    axes.plot(
        places + shift,
        losses[:, seed],
        "o",
        color=style.VALIDATION,
        markersize=7,
    )
axes.plot(places, losses.mean(1), "_", color=style.BLACK, markersize=40)
axes.set_xticks(places, names)
axes.annotate(
    "mean",
    (0, losses[0].mean()),
    xytext=(26, 0),
    textcoords="offset points",
    va="center",
)
axes.set(xlabel="learning rate (a dot for each seed)", xlim=(-0.5, 2.5))
axes.set_ylabel("validation loss")
spread = np.ptp(losses, axis=1).max()
axes.set_title(f"You choose {chosen:g}. Seeds differ by up to {spread:.3f}")
show(
    figure,
    alt="Validation loss of three seeds for each of three learning rates, "
    f"with their means. The choice is {chosen:g}.",
    width=700,
)

# %%
print(f"learning rate {chosen:g}: {honest:.1%} of test photos are right")

# how far such a number is off by luck: 500 other sets of test photos
count = len(test_photos)
others = np.random.default_rng(0).binomial(count, honest, 500) / count
low, high = np.quantile(others, [0.025, 0.975])
print(f"with {count:,} other photos mostly {low:.1%} to {high:.1%}")

# %% [markdown]
# The first line is your honest number. The second says how far the luck of the photos alone can move it. So a point
# more or less than on the new photos in 2c says nothing yet.
#
# Look at the picture again. Dots in one column differ by the seed alone, so only a larger difference tells two rates
# apart. And is your choice the largest of the three? Then a careful person tries a larger one, too.
#
# ## 5 · What it gets wrong
#
# One percentage hides a lot. Here are the mistakes that your network is surest of. They come from the validation data:
# whoever looks at mistakes will want to change something, and that is choosing.

# %% jupyter={"source_hidden": true}
layers = trained[chosen, 0]
logits = forward(new_photos, layers)[-1]
powers = np.exp(logits - logits.max(axis=1, keepdims=True))
probabilities = powers / powers.sum(axis=1, keepdims=True)
wrong = int(np.sum(logits.argmax(axis=1) != new_kinds))
figure = plt.figure(figsize=(7, 4.6), layout="constrained")
plot_worst_mistakes(
    figure,
    new_photos,
    new_kinds,
    probabilities,
    clothes.class_names,
    clothes.image_shape,
    n=8,
    columns=4,
)
figure.suptitle(f"The surest of {wrong} mistakes")
show(
    figure,
    alt="Eight photos that the network gets wrong, each with what it "
    "said, how sure it was, and the true kind.",
    width=700,
)

# %% [markdown]
# Could *you* tell? Some are hard, some have a label you might dispute, and some are easy for you. "Sure" means only
# that one logit was much larger than the others. (Which kinds are confused, and how small a nudge should be, is in
# [02x](02x_loose_ends.ipynb).)

# %% jupyter={"source_hidden": true}
Quiz(
    "You train 30 networks, keep the one with the best test accuracy, "
    "89.1%, and report 89.1%. What is wrong?",
    {
        "Nothing, it is what was measured": "It was measured, and then "
        "chosen because it was high. On fresh photos expect less.",
        "30 networks are too few": "The more you try, the more the best "
        "one's score flatters.",
        "The test data were used to choose, so the number is flattered": (
            "Right. Choose by validation data, then look at the test "
            "accuracy of the chosen one."
        ),
    },
    correct="The test data were used to choose, so the number is flattered",
)

# %% [markdown]
# **Say it back.** Test the gradient by nudging. Find the edge of the rate. A falling training loss proves nothing about
# new photos. Choose by validation data, with several seeds; look at test data once.
#
# You keep the network of seed 0. It is the first of the three, best or not, so nobody chose it.

# %%
keep_layers(layers)
board(honest=honest)

# %% [markdown]
# Beside this notebook lie `my_network.py`, the code, and `my_network.npz`, the weights. Together they recognize
# clothes, with NumPy and nothing else. They are yours.
#
# **Next:** your network has one hidden layer. With ten it should be better, and it is not.
# [Chapter 3](03_unstable_gradients.ipynb) is about why.
