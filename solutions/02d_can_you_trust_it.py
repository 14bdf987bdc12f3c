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
# **Time:** 45 minutes with its two exercises.
#
# **You need:** 2c.

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
network_backward = yours("2.5")
random_layers, train_epoch = yours("2.7"), yours("2.8")


def share_right(layers, x, labels):
    return np.mean(forward(x, layers)[-1].argmax(axis=1) == labels)


# %% [markdown]
# ## 1 · Is the gradient right?
#
# A wrong gradient rarely stops a network from learning. It learns a little worse, and nothing complains. So test it.
# The slope over a weight can be had without any back-propagation: nudge the weight up by $h$ and down by $h$, and
# look at the loss. This is a **finite difference**, here the central one:
#
# $$\frac{\partial L}{\partial w} \approx \frac{L(w + h) - L(w - h)}{2h}$$
#
# It needs two forward passes for each weight, so it is a test and not a method.
#
# ### Exercise 2.9 · A numerical gradient
#
# *10 minutes.* **Purpose:** own the test that catches every mistake in a gradient.
#
# Return the gradient of `network_loss(x, labels, layers)` over the weights of the layer at `position`, by central
# differences: an array like those weights. `layers` must be as they were when you are done. *Kept in your
# `my_network.py`.*
#
# **Example:** a network of one layer with the single weight 3.0, whose only input is 0: the slope is 0, because an
# input of 0 lets nothing through.
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
# touching what you were given. The two values are $2h$ apart.
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
# common mistake. The two values are $2h$ apart, not $h$: with `/ step` everything is twice too large. For 79,510
# weights this takes 159,020 forward passes, where back-propagation takes about the time of three.

# %% jupyter={"source_hidden": true}
Prediction(
    "relative-error",
    "Two gradients are compared with it: yours, and one that forgot to "
    "divide by the number of photos. By how much is each off, relative to "
    "its size?",
    choices=[
        "Both by about 1%",
        "Yours by about 1%, the wrong one by 80%",
        "Yours by less than a millionth, the wrong one by 80%",
    ],
)

# %%
numerical_gradient = yours("2.9")
layers = random_layers([784, 100, 10], np.random.default_rng(1))
x, labels = photos[:5].astype(float), kinds[:5]
values = forward(x, layers)
_, slopes = cross_entropy(values[-1], labels)
tested = numerical_gradient(x, labels, layers, position=1)
for name, factor in (("yours", 1), ("a sum in place of the mean", 5)):
    by_backward = network_backward(values, layers, factor * slopes)[1][0]
    off = np.abs(by_backward - tested).max()
    larger = max(np.abs(by_backward).max(), np.abs(tested).max())
    print(f"{name:27} relative error {off / larger:.0e}")

# %% jupyter={"source_hidden": true}
recall(
    "relative-error",
    answer="Yours by less than a millionth. A right gradient agrees to "
    "many digits; a wrong one is off in the first.",
)

# %% [markdown]
# How to read it, with numbers of 16 digits (float64) and $h = 10^{-5}$: around $10^{-7}$ or less is right, $10^{-2}$
# and more is a mistake, and between the two you look again at other inputs. One false alarm is known: if a nudge
# pushes the sum of a ReLU across 0, the two sides have different slopes.
#
# ## 2 · Where is the edge?
#
# In 2a you computed the rate at which a line runs away. For a network nobody has a formula, but it has such an edge.

# %% jupyter={"source_hidden": true}
Prediction(
    "edge",
    "Your network, two epochs on 2,000 photos, learning rates from 0.003 "
    "to 3. How does the share of right answers change with the rate?",
    choices=[
        "The larger the rate, the better",
        "It rises, and then falls off a cliff",
        "It hardly depends on the rate",
        "The smaller the rate, the better",
    ],
)

# %%
rates = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
reached = []
for rate in rates:
    rng = np.random.default_rng(0)
    layers = random_layers([784, 100, 10], rng)
    with np.errstate(all="ignore"):  # it may run away
        for _ in range(2):
            layers = train_epoch(
                photos[:2000], kinds[:2000], layers, rate, 32, rng
            )
        reached.append(share_right(layers, new_photos, new_kinds))

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
axes.semilogx(rates, reached, "o-", color=style.BLUE, linewidth=2)
axes.set(
    xlabel="learning rate (each step three times as large)",
    ylabel="right on new photos",
    ylim=(0, 1),
)
best_rate = rates[int(np.argmax(reached))]
axes.set_title(f"Best near {best_rate:g}, then a cliff")
show(
    figure,
    alt="Share of right answers against the learning rate: it rises, is "
    f"best near {best_rate:g}, and falls steeply beyond.",
)

# %% jupyter={"source_hidden": true}
recall(
    "edge",
    answer="It rises, and then falls off a cliff. The best rate is often "
    "not far below the edge, so look for the edge first.",
)

# %% [markdown]
# ## 3 · The loss falls, so it works?
#
# Take 1,000 photos and shuffle their labels. A bag may be called sandal, and a sandal coat. There is *nothing* to
# learn. Then train. *About 10 s.*

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
losses, right_new = [], []
for _ in range(100):
    layers = train_epoch(few, nonsense, layers, 0.2, 50, rng)
    losses.append(network_loss(few, nonsense, layers))
    right_new.append(share_right(layers, new_photos, new_kinds))

# %% jupyter={"source_hidden": true}
look = {"figsize": (10, 3.3), "layout": "constrained"}
figure, grid = plt.subplots(1, 2, **look)
epochs = np.arange(1, 101)
plot_curves(grid[0], epochs, {"training loss": losses})
grid[0].set(xlabel="epoch", ylim=(0, None), xlim=(0, 145))
grid[0].set_title(f"The loss falls to {losses[-1]:.2f} …")
plot_curves(grid[1], epochs, {"right on new photos": right_new})
grid[1].set(xlabel="epoch", ylim=(0, 1), xlim=(0, 160))
grid[1].set_title(f"… and {right_new[-1]:.0%} of new photos are right")
show(
    figure,
    alt="Left: with shuffled labels the training loss falls over 100 "
    "epochs. Right: the share right on new photos stays near one tenth.",
)

# %% jupyter={"source_hidden": true}
recall(
    "shuffled",
    answer=f"Fall, and keep falling, here to {losses[-1]:.2f}. It learns a "
    "thousand wrong labels by heart.",
)

# %% [markdown]
# A falling training loss says that the optimizer works. It does not say that the network has understood anything.
# (Zhang and others showed this in 2017 with a million photos.) That is why there are three sets of data:
#
# | Set | What it is for | How often you look |
# |---|---|---|
# | **training data** | the gradients | all the time |
# | **validation data** | choosing: learning rate, size, when to stop | often, and it wears out a little |
# | **test data** | one honest number at the end | once |
#
# ## 4 · Choosing flatters
#
# Let 200 "models" that all guess at random compete on 200 photos. You keep the winner. Then it meets fresh photos.

# %% jupyter={"source_hidden": true}
Prediction(
    "winner",
    "Each of the 200 guessers is right in 10% of all cases. How many "
    "percent does the best of them show on the 200 photos?",
    slider=(10, 40, 1),
)

# %%
rng = np.random.default_rng(0)
contests = rng.binomial(200, 0.1, size=(500, 200)) / 200
winners = contests.max(axis=1).mean()

# %% jupyter={"source_hidden": true}
recall(
    "winner",
    answer=f"{winners:.1%} on average over 500 contests. On fresh photos "
    "it is right in 10%, as every guesser is.",
)

# %% [markdown]
# Nobody cheated. The winner's score is too good because it was *chosen for being good on these photos*. The more you
# try, the larger the flattery. So the number by which you chose is not an honest one.
#
# ### Exercise 2.10 · Choose a learning rate, report an honest number
#
# *10 minutes.* **Purpose:** decide with the right data, and only with it.
#
# `runs` is a list of dicts, one for each learning rate and seed: `{"learning_rate": 0.1, "seed": 0, "train_loss": …,
# "validation_loss": …, "test_accuracy": …}`. Return the learning rate you would use, and the test accuracy you would
# report for it. What do you do with several seeds? What does a `validation_loss` of `nan` mean? (That run blew up.)
# *Kept in your `my_network.py`.*
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
# heart; choosing by the test accuracy makes the report flatter itself. The mean over seeds asks which *rate* is good,
# where a single best run asks which *run* was lucky. And the reported number is the mean of the test accuracies of the
# chosen rate, whatever they are.

# %% [markdown]
# Now with your network: three rates, three seeds each, four epochs on all photos. *About 20 s.*

# %%
runs, ended = [], {}
for rate in (0.03, 0.1, 0.2):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        layers = random_layers([784, 100, 10], rng)
        for _ in range(4):
            layers = train_epoch(photos, kinds, layers, rate, 32, rng)
        one = {"learning_rate": rate, "seed": seed}
        one["train_loss"] = network_loss(photos, kinds, layers)
        one["validation_loss"] = network_loss(new_photos, new_kinds, layers)
        test = clothes.test
        one["test_accuracy"] = share_right(layers, test.x, test.labels)
        runs.append(one)
        ended[rate, seed] = layers
        print(f"rate {rate:<5} loss {one['validation_loss']:.3f}", end="  ")
    print()

chosen, honest = yours("2.10")(runs)
print(f"rate {chosen}: {honest:.1%} of test photos are right")

# %% [markdown]
# Look at the three numbers of each row: they differ by the seed alone. One run is an anecdote.
#
# ## 5 · What it gets wrong
#
# One percentage hides what happens. Here are the mistakes that your network is surest of.

# %% jupyter={"source_hidden": true}
layers = ended[chosen, 0]
logits = forward(new_photos, layers)[-1]
powers = np.exp(logits - logits.max(axis=1, keepdims=True))
probabilities = powers / powers.sum(axis=1, keepdims=True)
wrong = int(np.sum(logits.argmax(axis=1) != new_kinds))
figure = plt.figure(figsize=(10, 4.6), layout="constrained")
plot_worst_mistakes(
    figure,
    new_photos,
    new_kinds,
    probabilities,
    clothes.class_names,
    clothes.image_shape,
)
figure.suptitle(f"Wrong in {wrong} of {len(new_kinds):,}; here most surely")
show(
    figure,
    alt="Twelve photos that the network gets wrong, each with what it "
    "said, how sure it was, and the true kind.",
)

# %% [markdown]
# Could *you* tell? Some are hard, some have a label you might dispute, and some are easy for you. "Sure" means only
# that one logit was much larger than the others.

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
# > **The article's sketch.** The article of 2017 says that training changes the last layer first, then the one before
# > it, and so on. That is not what back-propagation does: one backward pass gives all gradients at one place, and then
# > all layers move together. Layers *were* once trained one after the other, for good reasons; chapter 4 tells that
# > story. What happens if you try it is in [02x](02x_loose_ends.ipynb).
#
# **Say it back.** Test the gradient by nudging. Find the edge of the rate. A falling training loss proves nothing about
# new photos. Choose by validation data, with several seeds; look at test data once.

# %%
keep_layers(layers)
board(honest=honest)

# %% [markdown]
# Beside this notebook lie `my_network.py`, the code, and `my_network.npz`, the weights. Together they recognize
# clothes, with NumPy and nothing else. They are yours.
#
# **Next:** your network has one hidden layer. With ten it should be better, and it is not.
# [Chapter 3](03_unstable_gradients.ipynb) is about why.
