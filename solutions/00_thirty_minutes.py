# %% [markdown]
# # Chapter 0 · Thirty minutes
#
# About 2017 an article in Chinese came out: *Deep neural networks explained in 30 minutes*. It is a short survey: what
# a network is, three ways in which training goes wrong, and what helps. This chapter keeps its promise, with networks
# that you run. You begin with one that works, and then look inside.
#
# **When you are done, you can**
#
# 1. say what a neuron, a network and training are, and work out what a small network answers;
# 2. name the three problems of training, and what helps against each;
# 3. say in a line what He initialization, ELU, batch normalization, dropout and Adam do;
# 4. choose the chapter in which you want to go deep.
#
# **Time:** 29 minutes. There is nothing to solve.
#
# **You need:** a little Python. If arrays or slopes are new to you, look into the [refresher](00x_refresher.ipynb).
#
# **How it works.** Run the cells from the top with Shift + Enter. Cells that only draw or ask have their code folded
# away behind three dots. When you are asked to predict, do it. A wrong guess is remembered better than a right
# sentence.
#
# The next two cells load the tools and photos of clothes, and train a network on 10,000 of them: it sees a photo, is
# told which of ten kinds of clothes that is, and is corrected a little. *About 10 s.*

# %% jupyter={"source_hidden": true}
# The tools of this chapter.
import time

import matplotlib.pyplot as plt
import numpy as np

from course_lib.data import (
    Dataset,
    Split,
    article_network,
    load_fashion_mnist,
)
from course_lib.engine.numpy_backend import Network
from course_lib.experiments.layer_flow import layer_flow
from course_lib.experiments.storage import load_measurement
from course_lib.explorers.optimizer_race import OptimizerRaceExplorer
from course_lib.explorers.overfitting_laboratory import (
    OverfittingLaboratory,
)
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.weights_as_images import WeightsAsImagesExplorer
from course_lib.plots import show, style
from course_lib.plots.images import plot_image_grid
from course_lib.plots.network_drawing import draw_network
from course_lib.plots.plain_words import in_words
from course_lib.plots.printed import print_wrapped
from course_lib.plots.training import plot_curves
from course_lib.recipe import Recipe
from course_lib.scratch.activations import (
    elu,
    elu_derivative,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
)
from course_lib.threads import limit_threads
from course_lib.training import fit

# in networks this small one thread is faster than several that wait
limit_threads(1)

# %%
clothes = load_fashion_mnist()
began = time.perf_counter()
# an epoch is one pass through all photos
trained = fit(Recipe(epochs=3), clothes, progress=False)
seconds = time.perf_counter() - began

new_photos, kinds = clothes.validation.x, clothes.validation.labels
# ten outputs for each photo; the largest is the answer
guesses = trained.network.logits(new_photos).argmax(axis=1)
reached = (guesses == kinds).mean()

# %% [markdown]
# ## 1 · It works
#
# The network has seen each of its photos three times, and was told its kind. Now it gets photos that it has never
# seen. A blind guess would be right 10 times in 100.

# %% jupyter={"source_hidden": true}
Prediction(
    "opening",
    "Of 100 new photos, how many does it name right?",
    slider=(0, 100, 1),
)

# %% jupyter={"source_hidden": true}
names = clothes.class_names
figure = plt.figure(figsize=(6, 3.7), layout="constrained")
titles = [
    names[guess] + ("" if guess == kind else f"\n(no: {names[kind]})")
    for guess, kind in zip(guesses[:10], kinds[:10], strict=True)
]
shape = clothes.image_shape
plot_image_grid(figure, new_photos[:10], titles, shape, columns=5)
figure.suptitle(
    f"Trained for {seconds:.1f} seconds, it names {reached:.0%} of new "
    "photos right"
)
show(
    figure,
    alt="Ten small photos of clothes with the network's answers as "
    f"titles. Wrong here: {sum(guesses[:10] != kinds[:10])} of 10.",
    width=660,
)

# %% jupyter={"source_hidden": true}
recall(
    "opening",
    answer=f"About {100 * reached:.0f}.",
)

# %% [markdown]
# Nobody told it what a sleeve is. What is inside?

# %%
parameters = trained.network.parameters()
count = sum(array.size for array in parameters.values())
print(f"{count:,} numbers, all set in {seconds:.1f} seconds")

# %% [markdown]
# ## 2 · What is inside
#
# It is made of **neurons**. A neuron takes some numbers in and gives one number out. It multiplies each input by a
# **weight**, adds up the products, and adds one number more, its **bias**. Then it bends the sum. The bend is called
# its **activation function**. The most common one is **ReLU**: a negative sum becomes 0, a positive one stays.
#
# $$z = w_1 x_1 + w_2 x_2 + b \qquad\qquad a = \max(z, 0)$$
#
# Here $x$ are the inputs, $w$ the weights, $b$ is the bias, $z$ the sum and $a$ the output. With the inputs 3 and 4,
# the weights 1 and −1 and the bias 9, the sum is $3 - 4 + 9 = 8$, and ReLU leaves it at 8.
#
# Neurons that look at the same inputs form a **layer**. What one layer gives out, the next one takes in. Layers between
# the inputs and the outputs are called **hidden**, and a network with several of them is **deep**. The article shows
# all of it in one small exercise: two inputs, two hidden neurons, two outputs, with ReLU everywhere.

# %% jupyter={"source_hidden": true}
Prediction(
    "exercise",
    "The inputs are 3 and 4. The first hidden neuron gives 8, as above. "
    "The second one has the weights 2 and 0 and the bias −3. What does it "
    "give?",
    choices=["0", "9", "3", "6"],
)

# %%
net = article_network()
sums = net.x @ net.hidden_weights + net.hidden_biases
hidden = np.maximum(sums, 0)
sums = hidden @ net.output_weights + net.output_biases
outputs = np.maximum(sums, 0)

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(6, 3.4))
draw_network(
    axes,
    [net.hidden_weights, net.output_weights],
    [net.hidden_biases, net.output_biases],
    values=[net.x, hidden, outputs],
    names=[["x1", "x2"], ["n1", "n2"], ["y1", "y2"]],
)
axes.set_title(
    "Inputs left, outputs right.\nSolid lines add, dashed lines subtract"
)
show(
    figure,
    alt="The article's network: inputs 3 and 4, hidden neurons "
    f"{hidden[0]:.0f} and {hidden[1]:.0f}, outputs {outputs[0]:.0f} and "
    f"{outputs[1]:.0f}, each weight on its line.",
    width=660,
)

# %% jupyter={"source_hidden": true}
recall(
    "exercise",
    answer=f"{hidden[1]:.0f}, because 2 · 3 + 0 · 4 − 3 = 3. The second "
    f"output is {outputs[1]:.0f}: its sum is −{-sums[1]:.0f}, and that is "
    "negative.",
)

# %% [markdown]
# Each layer is one line of NumPy: `x @ W + b`, then the bend. The `@` multiplies and adds up for all neurons at once.
# The network of the first minute is built in the same way, only larger: it has 784 inputs, one for each pixel, and one
# output for each kind. The largest output is its answer. Its bend comes in section 4.
#
# Why bend at all? Without the bend two layers in a row could do no more than one. In depth:
# [1a](01a_what_a_neuron_looks_for.ipynb), [1b](01b_bends_and_layers.ipynb), [1c](01c_what_bends_are_for.ipynb).
#
# ## 3 · Training: downhill
#
# **Training** starts with random weights and improves them in small steps.
#
# 1. Compute what the network answers. The **loss** is one number that says how wrong it is.
# 2. Compute the **gradient**: for each weight, how fast the loss grows when that weight grows.
# 3. Move every weight a little against its gradient. How far is set by the **learning rate**. Then begin again, with
#    other photos. The few dozen photos of one step are a **batch**.
#
# **By hand,** with one weight, no bias and no bend. The input is 3, the weight 5, the right answer 24. The network
# says 15, so it is off by −9. The loss is the square, 81. The gradient is $2 \cdot (-9) \cdot 3 = -54$: the 2 comes
# from the square, the 3 is the input, and the minus says that a larger weight makes the loss smaller. With a learning
# rate of 0.02 the new weight is $5 + 0.02 \cdot 54 = 6.08$. Five such steps:

# %%
weight = 5.0
for step in range(1, 6):
    error = weight * 3 - 24
    gradient = 2 * error * 3
    weight -= 0.02 * gradient
    print(f"step {step}: loss {error**2:6.2f}, new weight {weight:.2f}")

# %% [markdown]
# The weight is on its way to 8, which gives 24. That is **gradient descent**. With a million weights it is the same
# step. **Back-propagation** finds all gradients in one sweep, from the last layer back to the first.
#
# **Touch it.** Here is a network without hidden layers, for smaller photos. Each of its ten outputs has one weight for
# each pixel, so they make a picture, at first only noise. Press Start and watch what training makes of it. Which kind
# gets an orange stripe in the middle, and why?

# %%
WeightsAsImagesExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The trouser. Blue says "a dark pixel here speaks for trousers", orange says "against". A dress is dark where trousers
# have a gap.
#
# </details>
#
# In depth: [2a](02a_downhill.ipynb), [2b](02b_back_through_the_network.ipynb),
# [2c](02c_your_network_learns.ipynb), [2d](02d_can_you_trust_it.ipynb).
#
# ## 4 · First problem: many layers
#
# For a long time the usual bend was the **sigmoid**, $1 / (1 + e^{-z})$: an S that climbs from 0 to 1. Take a sigmoid
# network with one hidden layer, and the same with ten. More layers can do more, so the deep one should be better.

# %% jupyter={"source_hidden": true}
Prediction(
    "deep",
    "Both see all photos three times. Compared with one hidden layer, the "
    "network with ten is right…",
    choices=[
        "More often",
        "About as often",
        "A good deal less often",
        "In about 10% of all photos, as if it guessed",
    ],
)

# %% [markdown]
# *About 15 s.*

# %%
# xavier_normal: a usual size of the first weights
plain = Recipe(
    hidden_layers=(50,),
    activation="sigmoid",
    initialization="xavier_normal",
    normalization="none",
    drop_rate=0.0,
    optimizer="gradient_descent",
    learning_rate=0.1,
    epochs=3,
)
deep = plain.replace(hidden_layers=(50,) * 10)
cured = deep.replace(
    activation="elu", initialization="he_normal", normalization="batch"
)

# %% jupyter={"source_hidden": true}
recipes = {
    "one sigmoid layer": plain,
    "ten sigmoid layers": deep,
    "ten layers, cured": cured,
}
right = {}
for name, recipe in recipes.items():
    row = fit(recipe, clothes, progress=False).history[-1]
    right[name] = row["validation_accuracy"]
    print(f"{name:20} {right[name]:.1%} of new photos are right")
recall(
    "deep",
    answer=f"Ten layers are right about {right['ten sigmoid layers']:.0%}, "
    f"one layer about {right['one sigmoid layer']:.0%}. Guessing among ten "
    "kinds gives 10%. Why, and what cured it, comes now.",
)

# %% jupyter={"source_hidden": true}
x, labels = clothes.train.x[:200], clothes.train.labels[:200]
sizes = {
    name: layer_flow(Network(one, 784, 10), x, labels).gradient_size
    for name, one in (("sigmoid", deep), ("cured", cured))
}
fell = sizes["sigmoid"][-1] / sizes["sigmoid"][0]
fell = int(float(f"{fell:.1g}"))  # one digit says enough
figure, axes = plt.subplots(figsize=(6, 3.3), layout="constrained")
colors = {"sigmoid": style.ORANGE, "cured": style.BLUE}
layers = np.arange(1, 11)
plot_curves(axes, layers, sizes, log=True, markers=True, colors=colors)
axes.set_ylim(top=10 * max(each.max() for each in sizes.values()))
axes.set(
    xlabel="hidden layer, from the input",
    ylabel="size of the gradient\n(log scale: ×10 at each mark)",
    xlim=(0.7, 11.8),
)
axes.set_xticks(range(1, 11))
axes.set_title(
    "Before the first step: with sigmoid, the gradient shrinks\n"
    f"about {fell:,}-fold from layer 10 back to layer 1"
)
show(
    figure,
    alt="Size of the gradient by layer on a log axis. With sigmoid it "
    f"falls by a factor of about {fell:,} from the last hidden layer to "
    "the first; in the cured network it stays about level.",
    width=660,
)

# %% [markdown]
# On the way back each layer multiplies the gradient by its weights and by the **slope** of its bend: how fast the
# output moves when the sum moves. Ten small factors in a row leave almost nothing for the first layers, so these don't
# learn. The gradient **vanishes**. Where the factors are large, it **explodes**.
#
# The cured network learns again. It need not beat the one with a single layer: three passes are few, and nobody looked
# for its best learning rate.
#
# The cure has three parts.
#
# **ELU** is a bend with slope 1 for positive sums, as ReLU has. For negative sums ReLU has slope 0, and a neuron whose
# sums are all negative learns nothing. ELU keeps some slope there. It is $z$ for positive sums and $e^z - 1$ for
# negative ones.

# %% jupyter={"source_hidden": true}
z = np.linspace(-4, 4, 401)
bends = {
    "sigmoid": (sigmoid, sigmoid_derivative),
    "ReLU": (relu, relu_derivative),
    "ELU": (elu, elu_derivative),
}
figure, grid = plt.subplots(1, 2, figsize=(6, 3.1), layout="constrained")
looks = ((style.ORANGE, "-."), (style.GRAY, "--"), (style.BLUE, "-"))
for (name, pair), (color, line) in zip(bends.items(), looks, strict=True):
    for axes, function in zip(grid, pair, strict=True):
        axes.plot(
            z, function(z), line, color=color, linewidth=2.4, label=name
        )
grid[0].set(xlabel="sum z", ylabel="output", ylim=(-1.3, 4))
grid[0].set_title("Outputs: above 0,\nELU and ReLU agree")
grid[0].legend(frameon=False, loc="upper left")
grid[1].set(xlabel="sum z", ylabel="slope", ylim=(-0.1, 1.3))
grid[1].set_title("Slopes: sigmoid's\nis at most 1/4")
show(
    figure,
    alt="Left: sigmoid is an S from 0 to 1, ReLU is 0 and then a rising "
    "line, ELU is the same on the right and curves down to minus 1 on the "
    "left. Right: the slope of sigmoid is at most one quarter; ReLU has 0 "
    "on the left and 1 on the right; ELU has 1 on the right and fades "
    "gently on the left.",
    width=660,
)

# %% [markdown]
# **He initialization**, named after Kaiming He, starts the weights at the right size: random numbers with mean 0 and
# variance 2 / (number of inputs of the neuron). The variance is the spread squared. Here 200 photos pass through ten
# ReLU layers of 100 neurons that start in three ways:

# %%
rng = np.random.default_rng(0)
starts = {"too large": 1.0, "too small": 0.05, "He": None}
signals = {}
for name, spread in starts.items():
    values, signals[name] = clothes.train.x[:200], []
    for _ in range(10):
        fan_in = values.shape[1]
        # He's spread depends on how many inputs a neuron has
        chosen = spread or np.sqrt(2 / fan_in)
        weights = rng.normal(0, chosen, size=(fan_in, 100))
        values = np.maximum(values @ weights, 0)
        signals[name].append(values.std())

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
plot_curves(axes, np.arange(1, 11), signals, log=True, markers=True)
axes.set(
    xlabel="hidden layer",
    ylabel="size of the outputs\n(log scale)",
    xlim=(0.7, 12.2),
)
axes.set_xticks(range(1, 11))
axes.set_title("With He's weights the outputs keep their size")
show(
    figure,
    alt="Size of the outputs by layer on a log axis. It grows steeply with "
    "weights that are too large, falls steeply with weights that are too "
    "small, and stays about level with He's.",
    width=660,
)

# %% [markdown]
# **Batch normalization** keeps the sums at a good size *during* training too. For each neuron it takes the sums of all
# photos in the batch, subtracts their mean and divides by their spread. Then it multiplies by a scale $\gamma$ and
# adds a shift $\beta$. Both are learned, as the weights are:
#
# $$\hat z = \frac{z - \text{mean}}{\text{spread}} \qquad\qquad \text{passed on: } \gamma \hat z + \beta$$
#
# **Measured.** One run may be luck. So the course measures each piece of advice with several random starts, every
# rival at its own best learning rate. A difference counts only if it is too large to be luck, and large enough to
# matter. For example, He's start against weights with spread 1, in networks with few and many layers of ReLU or ELU:

# %% jupyter={"source_hidden": true}
# He's start, measured.
start = load_measurement("initialization_trains")
pairs = [
    effect
    for effect in start.effects
    if effect.label.startswith(("ReLU", "ELU"))
    and "PyTorch" not in effect.label
]
words = in_words(start, pairs)
print_wrapped(f"accuracy (right answers in 100), He's start: {words}", 4)

# %% [markdown]
# In depth: [chapter 3](03_unstable_gradients.ipynb).
#
# ## 5 · Second problem: it is slow
#
# Gradient descent takes long steps where the slope is steep, and short ones where it is flat. On a level stretch it
# crawls. A larger learning rate would help there, but then it jumps too far where it is steep. A rule that turns
# gradients into steps is an **optimizer**. Two better ones remember earlier gradients:
#
# - **Momentum** adds up past gradients. Jumps back and forth cancel, and steps that keep their direction grow.
# - **Adam** keeps two running averages for each weight: $m$ of its gradients and $v$ of their squares. Its step is
#   $-\eta\, m / \sqrt{v}$, where $\eta$ ("eta") is the learning rate. Dividing by the usual size of the gradient makes
#   flat directions as quick as steep ones.
#
# **Touch it.** Six optimizers start beside a level stretch, all with one learning rate. Press Start. Which one is
# still there when most others have arrived? Then set *rates* to *each its best*. Does the order stay?

# %%
OptimizerRaceExplorer(surface="saddle", learning_rate=0.1)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# Plain gradient descent is late, while Adam leaves the level at once. With the best rate for each, plain gradient
# descent is among the first. So two optimizers can be compared only if each has its own best rate.
#
# </details>

# %% jupyter={"source_hidden": true}
Prediction(
    "adam",
    "On real images, Adam was measured against momentum in several "
    "settings, both at their best learning rates. In how many of them does "
    "Adam clearly need fewer steps to get to the same loss?",
    choices=["In all of them", "In none of them", "In some of them"],
)

# %% jupyter={"source_hidden": true}
# Adam's steps, measured.
speed = load_measurement("adam_speed")
for rival in ("gradient descent", "momentum"):
    races = [
        effect
        for effect in speed.effects
        if effect.label.endswith(f"over {rival}")
        and not effect.exploratory
        and "adding problem" not in effect.label
    ]
    won = in_words(speed, races, better="fewer", worse="more")
    print_wrapped(f"Adam's steps against {rival}: {won}", indent=4)

# %% jupyter={"source_hidden": true}
surely = sum(
    "helps" in race.verdict(speed.smallest_effect) for race in races
)
which = (
    "In all of them"
    if surely == len(races)
    else "In some of them"
    if surely
    else "In none of them"
)
recall(
    "adam",
    answer=f"{which}: {surely} of {len(races)}.",
)

# %% [markdown]
# In depth: [chapter 4](04_speed.ipynb).
#
# ## 6 · Do not start from nothing
#
# A network that has learned one thing can be a start for another. Keep its layers, give it a new last one, and train
# on. The course measured this where only 50 or 200 images have a **label**, the name of their kind, against a start
# from nothing. The network had seen similar images before, or other ones:

# %% jupyter={"source_hidden": true}
# Reuse, measured.
for name, words in (("near", "similar images"), ("far", "other images")):
    reuse = load_measurement(f"reuse_{name}_source")
    print_wrapped(f"reuse, {words}: {in_words(reuse)}", indent=4)

# %% [markdown]
# Before you reuse a network, ask how similar its images are to yours. Today most people start from networks that have
# seen millions of images. In depth: [chapter 4](04_speed.ipynb).
#
# ## 7 · Third problem: it learns by heart
#
# Take 1,000 photos, and give 40% of them a label drawn at random. Such labels can only be learned by heart.
#
# *About 15 s.*

# %%
rng = np.random.default_rng(0)
labels = clothes.train.labels[:1000].copy()
redrawn = rng.random(1000) < 0.4
labels[redrawn] = rng.integers(0, 10, redrawn.sum())
noisy = Dataset(
    Split(clothes.train.x[:1000], labels),
    clothes.validation,
    class_names=names,
    image_shape=clothes.image_shape,
)

# %%
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
    1, 2, figsize=(6, 3.5), sharey=True, layout="constrained"
)
for axes, (name, run) in zip(grid, runs.items(), strict=True):
    parts = {
        "training photos": "train_accuracy",
        "new photos": "validation_accuracy",
    }
    curves = {
        part: [100 * row[key] for row in run.history]
        for part, key in parts.items()
    }
    colors = (style.TRAIN, style.VALIDATION)
    plot_curves(
        axes,
        np.arange(1, 41),
        curves,
        colors=dict(zip(parts, colors, strict=True)),
    )
    new = curves["new photos"]
    axes.set(
        xlabel="epoch (once through all)",
        xlim=(0, 82),
        ylim=(0, 102),
    )
    axes.set_xticks([0, 20, 40])
    axes.set_title(
        f"{name}: new photos\n{max(new):.0f}% at best, {new[-1]:.0f}% at "
        "the end"
    )
grid[0].set_ylabel("answers that match\nthe label (%)")
show(
    figure,
    alt="Share of answers that agree with the label, over 40 epochs. "
    "Without a remedy the training curve climbs on while the curve for new "
    "photos falls after its best epoch. With dropout the training curve "
    "stays lower and new photos lose less.",
    width=660,
)

# %% [markdown]
# Without a remedy the network gets better at its training labels, the wrong ones too, and worse at new photos. That is
# **overfitting**. With dropout it agrees with fewer of its labels, and so it should: many of them are wrong. The
# remedies:
#
# - **Dropout:** in each training step every hidden neuron sits out with probability $p$, and the others are divided by
#   $1 - p$ to make up for it. No neuron can rely on another.
# - **Early stopping:** put some photos aside, and keep the weights with which most of those were named right.
# - **L1, L2, max-norm:** three ways to keep the weights small.
# - **More data:** shift and mirror the training photos.
#
# **Touch it.** Points of two kinds, some with a wrong label. Press Start and watch the border wind around the wrong
# ones. Then switch on one remedy at a time. Which one makes the border smooth?

# %%
OverfittingLaboratory()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# Most remedies help. L1 and L2 make the smoothest border: fewer wrong labels are learned by heart, and more new points
# are right. The strongest L2 is too much. Then the network learns nothing at all.
#
# </details>

# %% jupyter={"source_hidden": true}
Prediction(
    "dropout",
    "The article says that dropout steadily adds 2% to the accuracy. The "
    "course measured it in several settings, with and without dropout, "
    "each at its best learning rate. In how many does it clearly add even "
    "one point?",
    choices=["In some of them", "In all of them", "In none"],
)

# %% jupyter={"source_hidden": true}
added = load_measurement("dropout_adds_two_points")
sure = [
    effect
    for effect in added.effects
    if added.words(effect) == "clearly helps"
]
gains = sorted(effect.mean for effect in added.effects)
recall(
    "dropout",
    answer=f"In {len(sure) or 'none'} of {len(added.effects)}. On average "
    f"it added {gains[0]:.1f} to {gains[-1]:.1f} points.",
)

# %% [markdown]
# The picture above can show a larger gain, because nobody looked for the best learning rates there, and the network
# without a remedy trained on long after its best epoch. In depth: [chapter 5](05_overfitting.ipynb).
#
# ## 8 · One configuration to begin with
#
# The article ends with five words. Now you know each of them:
#
# | Word | In a line | Against |
# |---|---|---|
# | **He initialization** | weights start with variance 2 / inputs | vanishing and exploding gradients |
# | **ELU** | $z$, and $e^z - 1$ below 0 | vanishing gradients |
# | **batch normalization** | sums minus their mean, divided by their spread | vanishing and exploding gradients |
# | **dropout** | hidden neurons sit out at random | overfitting |
# | **Adam** | average gradient divided by its usual size | slow training |
#
# In this course all five together are called `Recipe()`. It is the network of the first minute.

# %% jupyter={"source_hidden": true}
Prediction(
    "default",
    "Measured on 40,000 photos, each at its best learning rate. Rival A: "
    "sigmoid, weights of spread 1, gradient descent. Rival B: only He, "
    "ReLU and Adam. The five words together are…",
    choices=[
        "Better than both",
        "Better than one of them",
        "Better than neither",
    ],
)

# %% jupyter={"source_hidden": true}
# The five words, measured.
measured = load_measurement("default_on_all_images")
won = 0
for name, rival in (("A", "naive"), ("B", "He, ReLU, Adam")):
    effect = measured.effect(f"40,000 images, over {rival}")
    said = in_words(measured, [effect])
    won += said.startswith("better")
    print(f"against rival {name}: {said}")

# %% jupyter={"source_hidden": true}
answers = ("neither", "one of them", "both")
recall(
    "default",
    answer=f"Better than {answers[won]}.",
)

# %% [markdown]
# The five words are a place to begin: some of them do the same work. In depth, with the parts taken out one at a time:
# [chapter 6](06_default_configuration.ipynb). Everything that was measured is in [CLAIMS.md](../CLAIMS.md).
#
# **Say it back.** A network is layers of weighted sums with bends between them. Training walks downhill on the loss. It
# fails in three ways: gradients vanish, it is slow, it learns by heart. You know five words against that.
#
# What you cannot do yet is to predict *when* each of them helps, and to write it yourself. That is what the next
# notebooks are for, an evening each. **Next:** [1a, what a neuron looks for](01a_what_a_neuron_looks_for.ipynb). Loose
# ends, for later: the [history](01x_history_and_loose_ends.ipynb) and [more about training](02x_loose_ends.ipynb).
#
# The photos are Fashion-MNIST: H. Xiao, K. Rasul, R. Vollgraf, [arXiv:1708.07747](https://arxiv.org/abs/1708.07747)
# (2017).
