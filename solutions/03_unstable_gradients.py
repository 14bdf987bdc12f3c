# %% [markdown]
# # Chapter 3 · Unstable gradients
#
# Chapter 2 ended with a picture that should worry you. In a network with ten hidden layers, the slope that reaches the
# first one was hundreds of thousands of times shorter than the slope in the last. This chapter asks where it went, and
# what brings it back.
#
# **When you are done, you can**
#
# 1. say why a gradient shrinks or grows on its way back through the layers, and predict which of the two;
# 2. derive Xavier's and He's starting weights from one fact: how large a sum of random numbers is;
# 3. write ReLU's relatives, and find the units of a network that have died;
# 4. write batch normalization: forward, in training and in prediction, and backward;
# 5. clip a gradient without turning it, and follow a gradient back through time;
# 6. examine a network that does not learn, and name its illness;
# 7. say for each piece of advice in the article what was measured: where it helps, and where not.
#
# **Time:** about 130 minutes of reading and trying, and 80 more for the ten exercises. Sections 1 and 2, 3 and 4,
# 5 and 6, and 7 to 10 make four good sittings.
#
# **You need:** chapter 2 (gradient, learning rate, back-propagation, mini-batches, validation and test data).
#
# **How it works.** As before: run the cells from the top, and commit to a prediction before its answer comes.
#
# **One thing is new.** From here on the course says "this helps" only with a measurement beside it. Section 1 shows how
# to read one.

# %%
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML

from course_lib.learner import check
from course_lib.data import load_fashion_mnist
from course_lib.data.sequences import adding_problem
from course_lib.experiments.claims import initialization_trains as trains
from course_lib.experiments.layer_flow import layer_flow
from course_lib.experiments.measurement import interval
from course_lib.experiments.runner import measure
from course_lib.experiments.short_runs import ACCURACY
from course_lib.experiments.storage import load_measurement
from course_lib.explorers.gradient_flow import GradientFlowExplorer
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.explorers.recurrent_gradients import (
    RecurrentGradientsExplorer,
)
from course_lib.plots import show, style
from course_lib.plots.claims import show_measured, spelled
from course_lib.plots.gradient_norms import plot_gradient_norms
from course_lib.plots.layers import plot_layer_violins
from course_lib.plots.measurements import effects_table, measurement_rows
from course_lib.plots.printed import print_wrapped
from course_lib.plots.training import (
    plot_curves,
    plot_intervals,
    plot_sizes,
)
from course_lib.plots.training_map import plot_training_map
from course_lib.recipe import Recipe
from course_lib.scratch.activations import sigmoid, sigmoid_derivative
from course_lib.scratch.batch_norm import BatchNorm
from course_lib.engine.numpy_backend import Network
from course_lib.engine.recurrent_network import RecurrentNetwork
from course_lib.threads import limit_threads

# in networks this small one thread is faster than several that wait
limit_threads(1)

# %% [markdown]
# ## 1 · The first layer hardly moves
#
# **The question.** Here is the network of that picture: ten hidden layers of 100 sigmoid units, on the images of
# clothes. This time we let it train for 100 steps, and then ask each layer how far its weights have moved, measured
# against the size of the weights.

# %%
data = load_fashion_mnist()
plain = Recipe(
    hidden_layers=(100,) * 10,
    activation="sigmoid",
    initialization="xavier_normal",
    normalization="none",
    drop_rate=0.0,
    optimizer="gradient_descent",
    learning_rate=0.1,
)


def draw_batches(steps, seed=0, size=64):
    """Random mini-batches of training images, (images, labels) each."""
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        chosen = rng.choice(len(data.train), size, replace=False)
        yield data.train.x[chosen], data.train.labels[chosen]


def rms(array):
    """The size of an array: the root of the mean of the squares."""
    return np.sqrt(np.mean(np.square(array, dtype="float64")))


def about(number):
    """A number in words of two digits: 13,177 becomes 13,000."""
    if 10 <= number < 1e7:
        return f"{float(f'{number:.1e}'):,.0f}"
    return f"{number:.2g}"


net = Network(plain, 784, 10)
before = net.parameters()
for x, labels in draw_batches(100):
    net.train_step(x, labels)
after = net.parameters()
weights = [f"dense{layer}.weight" for layer in range(1, 12)]
moved = [
    rms(after[name] - before[name]) / rms(before[name]) for name in weights
]

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
plot_sizes(axes, moved, [*range(1, 11), "output"])
axes.set(xlabel="layer", ylabel="change / size of the weights (log scale)")
axes.set_title(
    f"In 100 steps the output layer moves by {moved[-1]:.0%}, layer 1 by "
    f"one part in {about(1 / moved[0])}"
)
show(
    figure,
    alt="How far the weights of each layer moved in 100 steps, on a log "
    f"axis. The output layer moved by {moved[-1]:.0%} of its size; from "
    f"there the share falls steeply, down to {moved[0]:.0e} in layer 1.",
)

# %% [markdown]
# The last layer learns. The first one, which is the only one that sees the images, stays as it was drawn. Most of these
# ten layers are passengers. Why?
#
# The article's answer: gradients **vanish** on their way from the output to layer 1, until nothing changes there; and
# in other networks they **explode**, and the changes grow from layer to layer. Which of the two do you get? Let us ask
# the network that the article has in mind, with fully random starting weights: every weight drawn from the normal
# distribution with mean 0 and standard deviation 1, in short N(0, 1). Sigmoid, 15 layers.

# %% jupyter={"source_hidden": true}
Prediction(
    "width",
    "15 sigmoid layers, weights from N(0, 1). You compare layers of 10, "
    "30, 100 and 300 units. On the way from the last hidden layer to the "
    "first, the gradient…",
    choices=[
        "vanishes for every width",
        "explodes for every width",
        "vanishes for narrow layers, explodes for wide ones",
        "explodes for narrow layers, vanishes for wide ones",
    ],
)

# %%
random_start = plain.replace(initialization="standard_normal")
images, labels = data.train.x[:200], data.train.labels[:200]
sizes_by_width = {}
for width in (10, 30, 100, 300):
    logs = []
    for seed in range(3):
        one = random_start.replace(hidden_layers=(width,) * 15, seed=seed)
        flow = layer_flow(Network(one, 784, 10), images, labels)
        logs.append(np.log(flow.gradient_size))
    sizes_by_width[width] = np.exp(np.mean(logs, axis=0))

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
curves = {
    f"{width} units": (sizes / sizes[-1])[::-1]
    for width, sizes in sizes_by_width.items()
}
plot_curves(axes, np.arange(15), curves, log=True, markers=True)
axes.set(
    xlabel="layers back from the last hidden layer",
    xlim=(-0.5, 16.5),
    xticks=range(0, 15, 2),
)
axes.set_ylabel("size of the gradient,\nlast hidden layer = 1 (log scale)")
narrow, wide = (sizes_by_width[width] for width in (10, 300))
axes.set_title(
    f"Back in layer 1: {about(narrow[-1] / narrow[0])} times smaller with "
    f"10 units, {about(wide[0] / wide[-1])} times larger with 300"
)
show(
    figure,
    alt="The size of the gradient over the activations of 15 sigmoid "
    "layers, on a log axis, for four widths. From the last layer to the "
    f"first it shrinks {about(narrow[-1] / narrow[0])}-fold with 10 units, "
    "shrinks less with 30, hardly changes with 100, and grows "
    f"{about(wide[0] / wide[-1])}-fold with 300.",
)

# %% jupyter={"source_hidden": true}
recall(
    "width",
    answer="Vanishes for narrow layers, explodes for wide ones. Near 100 "
    "units it hardly changes, by accident.",
)

# %% [markdown]
# Three words for what follows. The **size** of an array here is its root mean square: square every number, take the
# mean, take the root. The gradient meant is the one over the *activations*, $\partial L / \partial h$: how much the
# loss feels each unit. And a factor of ten is one **decade**: 1,000 times smaller is three decades.
#
# **The formula.** In chapter 2 you walked a slope back through one layer: through the bend, then along the weights.
# (There the slope over the *sums* was kept, $\delta$. It is what stands in brackets here; $\odot$ multiplies entry by
# entry.)
#
# $$g_{l-1} = \left(g_l \odot f'(z_l)\right) W_l^\top$$
#
# | Symbol | Meaning | Shape |
# |---|---|---|
# | $g_l$ | the gradient over the activations of layer $l$, $\partial L / \partial h_l$ | (batch, fan_out) |
# | $z_l$, $f'$ | the sums of layer $l$, and the activation's slope there | (batch, fan_out) |
# | $W_l$ | the weights of layer $l$ | (fan_in, fan_out) |
# | $g_{l-1}$ | the same gradient, one layer down | (batch, fan_in) |
#
# **By hand**, with one unit in each layer, no bias, and all sums at 0, where the sigmoid has its steepest slope, 1/4.
# Each layer multiplies the gradient by weight times slope.
#
# | weight | factor of a layer | after 10 layers |
# |---|---|---|
# | 2 | 2 · 1/4 = 1/2 | 1/1,024 |
# | 4 | 4 · 1/4 = 1 | 1 |
# | 8 | 8 · 1/4 = 2 | 1,024 |
#
# **A product of many factors is hardly ever near 1.** Whatever the factor is, depth raises it to a power. That is the
# whole illness, and every remedy in this chapter does one thing: it brings the factor of a layer close to 1.
#
# With $n$ units each slope below collects from $n$ paths. Their signs are random, so they cancel in part, and $n$
# random terms add up to about $\sqrt n$ times the size of one (section 2 shows why). So the factor of a layer is about
#
# $$\sqrt{n} \cdot \text{size of a weight} \cdot \text{size of } f'(z).$$
#
# Width pushes the factor up. Large sums push it down, because there the sigmoid is flat. Let us check it, with 100
# units.

# %%
rng = np.random.default_rng(0)
h, weights, sums = images.astype("float64"), [], []
for fan_in in [784] + [100] * 14:  # forward through 15 layers of 100 units
    weights.append(rng.normal(0, 1, (fan_in, 100)))
    sums.append(h @ weights[-1])
    h = sigmoid(sums[-1])
# what the loss sends back; any numbers will do here
gradients = [rng.normal(size=h.shape)]
# layers 15, 14, ..., 2
for z, W in zip(sums[:0:-1], weights[:0:-1], strict=True):
    # through the bend, along the weights
    gradients.append((gradients[-1] * sigmoid_derivative(z)) @ W.T)

for layer in (15, 9, 2):
    slope = rms(sigmoid_derivative(sums[layer - 1]))
    measured = rms(gradients[16 - layer]) / rms(gradients[15 - layer])
    print(
        f"layer {layer:2}: size of the sums {rms(sums[layer - 1]):.1f}, of "
        f"the slopes {slope:.3f};\n          factor by the formula "
        f"{10 * slope:.2f}, measured {measured:.2f}"
    )
print(f"all 14 together: {rms(gradients[-1]) / rms(gradients[0]):.2f}")

# %% [markdown]
# Near 1, layer after layer, for 100 units. With 30 units the root of $n$ is 5.5 in place of 10, and the slopes grow
# by less than that: the factor falls below 1. **PyTorch** keeps the same gradients when you ask it to. *Loading it can
# take some seconds.*

# %%
import torch

h, kept = torch.tensor(images, dtype=torch.float64), []
for W in weights:
    h = torch.sigmoid(h @ torch.tensor(W).requires_grad_())
    # "keep the gradient over this one too": PyTorch keeps only those over
    # parameters otherwise
    h.retain_grad()
    kept.append(h)
(h * torch.tensor(gradients[0])).sum().backward()
difference = max(
    np.abs(ours - theirs.grad.numpy()).max()
    for ours, theirs in zip(gradients, kept[::-1], strict=True)
)
print(
    "largest difference between our gradients and PyTorch's, 15 layers: "
    f"{difference:.0e}"
)
assert difference < 1e-9

# %% [markdown]
# **Touch it.** The explorer below sends 64 images through a network that has not been trained, and the gradient back.
# It starts with 15 layers of 10 sigmoid units: follow the gradient at the bottom from right to left. Then choose 300
# units. Now it grows, although the gray bars say that most outputs lie where the sigmoid is flat: the few slopes that
# are left meet many weights.
#
# A question that only moving can answer: with 10 units, how many layers may the network have if layer 1 is to get at
# least a tenth of what the last layer gets? Try several random draws.

# %%
GradientFlowExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# Three to six, depending on the draw: with 10 units each layer takes about half. Another draw of the same kind of
# weights gives another number, and that is why one network is never enough to measure something.
#
# </details>

# %% [markdown]
# ### How to read a measurement
#
# The picture above used three seeds. Is that enough to believe it? From here on, each claim is measured like this:
#
# - Two **arms** are compared that differ in one thing. Both start from the same **seed**, so that chance is the same
#   for both, and the *difference* is taken seed by seed. A seed is a whole new experiment: other weights, and other
#   images, where there are images. We use ten seeds or more.
# - Where training is involved, each arm first gets its own best learning rate, by validation data and with seeds that
#   are not used again. During training that rate falls towards 0. Accuracies are read off on test data. (Where the
#   question is what a given rate does, nothing is tuned.)
# - One comparison is the **primary** one: what you would try first, in a training that is long enough. It is named
#   before anything is measured, and the answer is about it alone. The others, with other depths or in fewer steps,
#   stand *elsewhere*.
# - The result is the mean difference with its 95% **interval**. And for each claim we write down beforehand how large a
#   difference must be to matter.
# - The **verdict** follows from the two:
#
# | Verdict | What it says |
# |---|---|
# | clearly helps | the whole interval lies above what matters |
# | helps | the whole interval lies above 0; it may be less than what matters |
# | too small to matter | whatever the difference is, it is surely smaller than what matters |
# | open | the interval is too wide: it cannot be told. That is not the same as "no difference" |
# | harms, clearly harms | as above, on the other side of 0 |
#
# "Too small to matter" asks two questions, each with a risk of 5%: is the difference less than what matters, and is the
# loss? Together they ask whether the **90% interval**, a little narrower than the one that is printed, lies within the
# gray band (*two one-sided tests*; [CLAIMS.md](../CLAIMS.md) has the whole rule). Some claims say how things *are*, and
# nothing helps or harms. There the words are "clearly so", "so" and "the opposite".
#
# Those measurements take minutes, so their results come with the course and are loaded here. The line "Live" is the
# primary comparison once more, in a small version that runs in front of your eyes, *in some seconds each*: three seeds,
# smaller networks and far fewer steps. It gets no verdict. Where it disagrees with the long one, believe the long one.
#
# A page shows four comparisons at most, and [CLAIMS.md](../CLAIMS.md) all of them. The settings name some words of
# chapter 4: Adam and momentum are other ways to make a step from a gradient, warm-up and cosine say how the learning
# rate rises and falls. `python -m course_lib claims` lists all claims, and `python -m course_lib claims run NAME`
# measures one again in full.

# %%
live = measure("vanishing_sigmoid", small=True, jobs=1, progress=False)

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("vanishing_sigmoid"),
    "The gradient vanishes (100 units)",
    live,
    ["width 10", "width 30", "width 100", "width 300"],
)

# %% [markdown]
# Small dots are single seeds, the gray band holds effects too small to matter. What lies to the right speaks for the
# claim. Blue: it is so. Orange-red: the opposite is. Green: too small to matter. Gray: it cannot be told. So the
# article is right about narrow layers, and its sentence needs a width: with 100 units next to nothing is lost, and with
# 300 the gradient grows. Whether a network with a level gradient also *learns* is another question. Section 3 measures
# it, and the answer may surprise you.
#
# **Say it back.** On the way back each layer multiplies the gradient by a factor: weights times slope. Depth raises
# that factor to a power. Below 1 it vanishes, above 1 it explodes.

# %% jupyter={"source_hidden": true}
Quiz(
    "Every layer of a network halves the gradient. How much of it is left "
    "after 20 layers?",
    {
        "A tenth": "Four halvings already leave a sixteenth, and sixteen "
        "more are to come.",
        "1/40": "That is 1/2 · 1/20. Each layer halves what the layer "
        "above has left.",
        "About a millionth": "Right: 1/2 to the power 20 is 1/1,048,576.",
        "Half": "Half is what a single layer leaves.",
    },
    correct="About a millionth",
)

# %% [markdown]
# ## 2 · The size of a sum
#
# **The question.** You cannot change how many layers there are. But you can choose how large the starting weights are.
# How large must they be so that the factor of every layer is 1? It all comes down to one thing: how large is a sum of
# many random numbers?

# %% jupyter={"source_hidden": true}
Prediction(
    "hundred",
    "A unit has 100 inputs. Inputs and weights are all drawn from N(0, 1). "
    "What is the standard deviation of its sum?",
    choices=["1", "10", "100", "10,000"],
)

# %%
rng = np.random.default_rng(0)
# inputs of a unit, standard deviation of its weights
cases = [(1, 1.0), (100, 1.0), (100, 0.1)]
drawn = [
    np.sum(
        rng.normal(0, 1, (20_000, n)) * rng.normal(0, spread, (20_000, n)),
        axis=1,
    )
    for n, spread in cases
]

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    1, 3, figsize=(10.5, 3.2), sharey=True, layout="constrained"
)
for axes, (n, spread), values in zip(grid, cases, drawn, strict=True):
    axes.hist(
        values,
        bins=np.linspace(-30, 30, 121),
        color=style.FUNCTION,
        density=True,
    )
    axes.set(xlabel="sum", xlim=(-30, 30), ylim=(0, 0.6))
    axes.set_title(
        f"{n} input{'s' if n > 1 else ''}, weights of spread {spread:g}:\n"
        f"the sum has spread {values.std():.1f}"
    )
grid[0].set_ylabel("share of the sums (density)")
show(
    figure,
    alt="Three histograms of sums on the same axes. "
    + " ".join(
        f"{n} inputs and weights of spread {spread:g}: spread "
        f"{values.std():.1f}."
        for (n, spread), values in zip(cases, drawn, strict=True)
    ),
)

# %% jupyter={"source_hidden": true}
recall(
    "hundred",
    answer=f"10: measured {drawn[1].std():.2f}. A hundred terms add up to "
    "ten times the size of one.",
)

# %% [markdown]
# **The formula.** The **variance** is the mean squared distance from the mean. Its root, the standard deviation, is
# called the **spread** here. For independent numbers, *variances add up; spreads do not*. A sum of `fan_in` products of
# a weight (mean 0) and an input has the variance
#
# $$\operatorname{Var}[z] = n_{\text{in}} \cdot \operatorname{Var}[w] \cdot \overline{x^2}.$$
#
# | Symbol | Meaning | Above |
# |---|---|---|
# | $n_{\text{in}}$ | fan_in: the inputs of the unit, and so the terms in its sum | 100 |
# | $\operatorname{Var}[w]$ | variance of a weight: its spread, squared | 1 |
# | $\overline{x^2}$ | mean square of the inputs. Not their variance: an input of constant 3 counts as 9 | 1 |
# | $\operatorname{Var}[z]$ | variance of the sum | 100, so the spread is 10 |
#
# **By hand.** Four inputs, all 1. Four weights, each +1 or −1 by the throw of a coin. Sixteen throws are possible:
#
# | sum | −4 | −2 | 0 | 2 | 4 |
# |---|---|---|---|---|---|
# | throws | 1 | 4 | 6 | 4 | 1 |
#
# The mean of the sum is 0, the mean of its square is $(1 \cdot 16 + 4 \cdot 4 + 0 + 4 \cdot 4 + 1 \cdot 16)/16 = 4$:
# one for each input. The spread is 2, and not 4, because plus and minus cancel in part.
#
# A linear layer, one without activation, hands its sums on as the next layer's inputs. So every layer multiplies the
# variance by the same factor, $n_{\text{in}} \cdot \operatorname{Var}[w]$. A product of many factors once more.
#
# ### Exercise 3.1 · The spread after n layers
#
# **Purpose:** turn "variances multiply" into one line, without mixing up variance and spread.
#
# Inputs of spread 1 (and mean 0) pass through `n_layers` linear layers. Each has `fan_in` inputs and units, and weights
# with mean 0 and the given `standard_deviation`. Fill in the line: the spread of the sums of the last layer.
#
# **Example:** `spread_after(2, 100, 1.0)` is 100: ten times as large in each of two layers. `spread_after(3, 100, 0.1)`
# is 1.
#
# <details><summary>Hint 1</summary>
#
# Start with the variance after one layer, then after $n$ layers. Turn it into a spread at the very end.
#
# </details>
# <details><summary>Hint 2</summary>
#
# The variance after one layer is `fan_in * standard_deviation**2`. After $n$ layers it is that to the power $n$. A root
# is the power 1/2.
#
# </details>


# %%
def spread_after(n_layers, fan_in, standard_deviation):
    """Spread of the sums after n linear layers, for inputs of spread 1: a
    number.
    """
    # BEGIN SOLUTION
    return (fan_in * standard_deviation**2) ** (n_layers / 2)
    # END SOLUTION


# %%
check("3.1", spread_after)

# %% [markdown] tags=["solution"]
# **Worked solution.** One layer multiplies the variance by `fan_in * standard_deviation**2`, so $n$ layers multiply it
# by that to the power $n$, and the root of it is the power $n/2$. `n_layers // 2` would be right for even numbers only.
# And `fan_in * standard_deviation` mixes the two: a standard deviation has to be squared before it meets a count.

# %% [markdown]
# ### Two ways, one wish: Xavier
#
# Forward, the size is kept if $n_{\text{in}} \cdot \operatorname{Var}[w] = 1$. Backward, each slope is a sum over the
# units *above* it, fan_out of them, so there it takes $n_{\text{out}} \cdot \operatorname{Var}[w] = 1$. Both are
# possible only if the layer is as wide as the one before. Glorot and Bengio 2010 [1] put the mean of the two counts in
# their place, and the method is known by Glorot's first name, **Xavier**:
#
# $$\operatorname{Var}[w] = \frac{2}{n_{\text{in}} + n_{\text{out}}}$$
#
# **By hand:** 6 inputs, 2 units: variance 2/8, so the standard deviation is 1/2. The wish assumes sums near 0 and an
# activation with slope 1 there. That is tanh. It is not the sigmoid, and it is not ReLU.
#
# (The article says: not fully random, but with a given standard deviation. The weights are still fully random; what
# changes is only how *large* they are.)
#
# ### Exercise 3.2 · Xavier's standard deviation
#
# **Purpose:** turn a wish for variances into the number that a random generator asks for.
#
# Fill in the line.
#
# **Example:** `xavier_standard_deviation(6, 2)` is 0.5.
#
# <details><summary>Hint 1</summary>
#
# The formula gives the variance. Which of the two does `rng.normal(0, …)` want?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `np.sqrt` takes the root. Both fans stand under the fraction bar.
#
# </details>


# %%
def xavier_standard_deviation(fan_in, fan_out):
    """The standard deviation of Xavier's starting weights: a number."""
    # BEGIN SOLUTION
    return np.sqrt(2 / (fan_in + fan_out))
    # END SOLUTION


# %%
check("3.2", xavier_standard_deviation)

# %% [markdown] tags=["solution"]
# **Worked solution.** The variance is 2 over the sum of both fans, and the standard deviation is its root. For a layer
# with as many units as inputs this is $1/\sqrt{n_{\text{in}}}$: a hundred inputs, weights of spread 1/10. Forgetting
# the root gives 1/100: after ten layers, $10^{10}$ times too small. The same variance also comes as uniform weights
# between $\pm\sqrt{6/(n_{\text{in}} + n_{\text{out}})}$, because uniform numbers up to $a$ have the variance $a^2/3$.

# %% [markdown]
# ### What ReLU takes away: He
#
# ReLU sets negative sums to 0. **By hand:** the sums −2, −1, 1, 2 have the mean square $(4+1+1+4)/4 = 10/4$. After ReLU
# they are 0, 0, 1, 2, and their mean square is $5/4$: half. On the way back half of the slopes are 0, and the mean
# square of the gradient is halved too. So each layer needs twice the variance (He and others 2015 [2]):
#
# $$\operatorname{Var}[w] = \frac{2}{n_{\text{in}}}$$
#
# ### Exercise 3.3 · He's starting weights
#
# **Purpose:** write the initialization of most networks with ReLU.
#
# Return a weight matrix of shape (fan_in, fan_out) of normal numbers with mean 0 and variance 2/fan_in, drawn from
# `rng`, a NumPy random generator.
#
# **Example:** with `fan_in = 8` the weights have the standard deviation 1/2, whatever `fan_out` is.
#
# <details><summary>Hint 1</summary>
#
# `rng.normal(mean, standard_deviation, size=(rows, columns))`: what is a row, what is a column of the weights?
#
# </details>
# <details><summary>Hint 2</summary>
#
# How many terms are in each unit's sum? That number, and no other, is in the standard deviation.
#
# </details>


# %%
def he_weights(fan_in, fan_out, rng):
    """Weights (fan_in, fan_out): normal, mean 0, variance 2 / fan_in."""
    # BEGIN SOLUTION
    return rng.normal(0, np.sqrt(2 / fan_in), size=(fan_in, fan_out))
    # END SOLUTION


# %%
check("3.3", he_weights)

# %% [markdown] tags=["solution"]
# **Worked solution.** `fan_in` counts the terms of the sum, and the 2 makes up for the half that ReLU throws away. With
# `fan_out` under the root it is He's other variant, which keeps the size on the way back; in a network of equally wide
# layers they agree. `rng.normal` wants the standard deviation: without the root the weights are too small and the
# signal fades from layer to layer.

# %% [markdown]
# ### Look at every layer
#
# Ten layers of 100 units, real images going in. Each violin is one layer: it is wide where many numbers lie. Above, the
# activations, with their mean (dot) and one spread up and down (bar). Below, the gradients over them, with their size
# (dot); a triangle at the foot says that some are smaller than the axis shows. The same axes everywhere.
#
# Over each column stands the **signal** in the first and in the last layer: how much a unit's activation differs *from
# image to image*. A layer that gives every image the same answer has a signal of 0, however lively its numbers look.

# %% jupyter={"source_hidden": true}
INITIALIZATIONS = {
    "standard_normal": "N(0, 1)",
    "xavier_normal": "Xavier",
    "he_normal": "He",
}


def flow_through(
    depth, activation, initialization, normalization="none", seed=0
):
    recipe = Recipe(
        hidden_layers=(100,) * depth,
        activation=activation,
        initialization=initialization,
        normalization=normalization,
        drop_rate=0.0,
        seed=seed,
    )
    return layer_flow(Network(recipe, 784, 10), images, labels)


def decades_lost(flow):
    """Decades from the gradient of the last hidden layer to that of the
    first; below 0 where it grows.
    """
    return np.log10(flow.gradient_size[-1] / flow.gradient_size[0])


def in_words(decades):
    fold = (
        about(10 ** abs(decades))
        if abs(decades) < 6
        else power(abs(decades))
    )
    return f"{'shrinks' if decades > 0 else 'grows'} {fold}-fold"


def power(exponent):
    return "10" + f"{exponent:.0f}".translate(
        str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    )


def short(number):
    """Two digits, or a power of ten for the very small or very large."""
    return (
        about(number) if 1e-4 <= number < 1e4 else power(np.log10(number))
    )


def draw_flows(
    flows, log, gradient_limits, limits=None, width=10.5, every=1
):
    """Two rows of violins, activations and gradients; one column for each
    flow, all on the same axes.
    """
    figure, grid = plt.subplots(
        2,
        len(flows),
        figsize=(width, 5.6),
        sharey="row",
        sharex=True,
        layout="constrained",
    )
    for (above, below), (name, flow) in zip(
        grid.T, flows.items(), strict=True
    ):
        layers = range(0, len(flow.activations), every)
        numbers, small = (
            [layer + 1 for layer in layers],
            {"fontsize": 10 if len(flows) > 3 else None},
        )
        shown = (
            [flow.activations[layer] for layer in layers],
            [flow.activation_gradients[layer] for layer in layers],
        )
        plot_layer_violins(
            above, shown[0], log=log, limits=limits, names=numbers
        )
        plot_layer_violins(
            below,
            shown[1],
            log=True,
            limits=gradient_limits,
            names=numbers,
            color=style.GRADIENT,
        )
        above.set_title(
            f"{name}\nsignal {short(flow.signal_spread[0])} → "
            f"{short(flow.signal_spread[-1])}",
            **small,
        )
        below.set_title(f"← {in_words(decades_lost(flow))}", **small)
        above.set_xlabel("")
    grid[0, 0].set_ylabel(
        "size of the activation (log)" if log else "activation"
    )
    grid[1, 0].set_ylabel("size of the gradient (log)")
    return figure


def described(flows):
    """What the violins show, in words."""
    sentences = []
    for name, flow in flows.items():
        first, last = (
            short(flow.signal_spread[0]),
            short(flow.signal_spread[-1]),
        )
        gradient = (
            f"the gradient {in_words(decades_lost(flow))} on its way back"
        )
        sentences.append(
            f"{' '.join(name.split())}: the signal goes from {first} to "
            f"{last}, {gradient}."
        )
    return " ".join(sentences)


tanh_flows = {
    word: flow_through(10, "tanh", name)
    for name, word in INITIALIZATIONS.items()
}
figure = draw_flows(tanh_flows, False, (1e-8, 1e3), (-1.1, 1.1))
figure.suptitle(
    "tanh: N(0, 1) presses the units against ±1, and the gradient grows; "
    "Xavier and He keep it nearly level"
)
show(
    figure,
    alt=f"Ten tanh layers, three starts. {described(tanh_flows)}",
)

# %% [markdown]
# Under N(0, 1) nearly all tanh units sit at −1 or +1, where the curve is flat; and still the gradient grows on its way
# back, because the few slopes that are left meet weights that are far too large. Xavier's weights and He's keep the
# gradient nearly level. From Xavier's the activations become somewhat smaller from layer to layer, because away from 0
# the slope of tanh is below 1; from He's they do not. Now ReLU, with 20 layers, every third of them drawn. Its
# activations have no upper end, so both rows have a log axis here, and the zeros are counted at the foot. (A zero in
# the lower row belongs to an image about which an exploded network is so sure, and right, that nothing is left to send
# back.)

# %% jupyter={"source_hidden": true}
Prediction(
    "hidden",
    "20 ReLU layers with Xavier's weights. You compare the gradients over "
    "the WEIGHTS of layer 2 and of layer 20: they are about equally large. "
    "Is this network healthy?",
    choices=[
        "Yes, equal gradients are what we want",
        "No, something shrinks forward and something else shrinks backward",
        "No, both explode",
    ],
)

# %% jupyter={"source_hidden": true}
relu_flows = {
    word: flow_through(20, "relu", name)
    for name, word in INITIALIZATIONS.items()
}
figure = draw_flows(relu_flows, True, (1e-9, 1e16), (1e-7, 1e19), every=3)
figure.suptitle(
    "ReLU, 20 layers: N(0, 1) explodes both ways, Xavier fades both ways, "
    "He keeps both level"
)
show(
    figure,
    alt="Twenty ReLU layers, three starts; every third layer is drawn. "
    f"{described(relu_flows)}",
)

# %%
flow = relu_flows["Xavier"]
sizes = [rms(gradient) for gradient in flow.weight_gradients]
print(
    "gradient over the weights, layer 2 / layer 20:      "
    f"{sizes[1] / sizes[19]:8.2f}"
)
print(
    "gradient over the activations, layer 1 / layer 20:  "
    f"{flow.gradient_size[0] / flow.gradient_size[-1]:8.4f}"
)
print(
    "signal, layer 20 / layer 1:                         "
    f"{flow.signal_spread[-1] / flow.signal_spread[0]:8.4f}"
)

# %% jupyter={"source_hidden": true}
recall(
    "hidden",
    answer="No. The activations shrink forward, the gradients shrink "
    "backward, and the product hides both.",
)

# %% [markdown]
# A weight's gradient is *the number at its start times the slope at its end* (chapter 2). Here the numbers at the start
# shrink with depth and the slopes at the end grow with it. Their product stays level and looks healthy. **Look at
# activations and at $\partial L/\partial h$, never at weight gradients alone.**
#
# **PyTorch** has both, under the names `xavier_normal_` and `kaiming_normal_` (Kaiming is He's first name). Its weights
# are stored as (fan_out, fan_in), the other way around than ours:

# %%
from course_lib.scratch.initializers import he_normal, xavier_normal

torch.manual_seed(0)
tensor = torch.empty(400, 1000)  # 1,000 inputs, 400 units
ours = {
    "xavier_normal_": xavier_normal(1000, 400, rng),
    "kaiming_normal_": he_normal(1000, 400, rng),
}
for name, weights in ours.items():
    options = {} if name == "xavier_normal_" else {"nonlinearity": "relu"}
    theirs = getattr(torch.nn.init, name)(tensor, **options).std().item()
    print(
        f"{name:16} standard deviation: PyTorch {theirs:.4f}, ours "
        f"{weights.std():.4f}"
    )
    # 400,000 random numbers agree to about two in a thousand
    assert abs(theirs / weights.std() - 1) < 0.01

# %% [markdown]
# **Touch it.** The explorer starts with 20 layers of 100 ReLU units. Switch between N(0, 1), Xavier and He: it
# explodes, fades, stays.
#
# A question that only moving can answer: sigmoid, 10 layers, 100 units. Which of the three starts loses the *most* of
# the gradient? Is it the one you expected?

# %%
GradientFlowExplorer(
    depth=20, width=100, activation="relu", initialization="he_normal"
)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# Xavier, the remedy, loses the most. With $n \cdot \operatorname{Var}[w] = 1$ the factor of a layer is the slope of the
# sigmoid alone, about 1/4, so ten layers lose five to six decades. He's weights are a little larger and lose a little
# less. Forward it is as bad: from image to image an output of the last layer varies by about 10⁻⁷, says the explorer,
# so from there every image looks the same. N(0, 1) happens to keep the gradient at 100 units. **Neither remedy cures a
# deep sigmoid network.** It takes another bend (section 3), or section 4.
#
# </details>
#
# **What was measured.** A row says how many decades nearer to level the remedy comes than the start it is compared
# with: the gradient on its way back, and the signal on its way forward. "PyTorch's start" is what `torch.nn.Linear`
# starts with by itself: weights with a sixth of He's variance.

# %%
live = measure("he_keeps_signal", small=True, jobs=1, progress=False)

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("xavier_keeps_signal"),
    "Xavier's weights for tanh",
    labels=[
        "10 layers, tanh, against N(0, 1): gradient",
        "10 layers, tanh, against N(0, 1): signal",
        "10 layers, tanh, against PyTorch's start: gradient",
        "10 layers, sigmoid, against N(0, 1): gradient",
    ],
)

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("he_keeps_signal"),
    "He's weights for ReLU, against Xavier's",
    live,
    [
        "10 layers, ReLU, against Xavier: gradient",
        "20 layers, ReLU, against Xavier: gradient",
        "10 layers, ReLU, against PyTorch's start: gradient",
        "10 layers, sigmoid, against N(0, 1): gradient",
    ],
)

# %% [markdown]
# Each remedy does what it was made for. With Xavier's weights the gradient of a tanh network comes out much nearer to
# level, and so does that of a ReLU network with He's; the more layers, the more it gains. PyTorch's own start is too
# small for both: in a deep network, set the weights yourself. For the sigmoid both remedies do *worse* than N(0, 1),
# which with 100 units happens to be level, as you have seen. And in the row of the signal tanh under N(0, 1) does about
# as well as under Xavier: pressed against ±1, its units still tell the images apart. It is the way back that suffers.
#
# **Say it back.** Variances add up over the terms of a sum. Xavier sets $\operatorname{Var}[w]$ so that neither way
# through a layer changes the size, He doubles it for ReLU. Both speak about the start, and about activations whose
# slope is near 1.

# %% jupyter={"source_hidden": true}
Quiz(
    "Somebody says: “He initialization cures everything.” Which network "
    "does it NOT help to keep its gradient?",
    {
        "20 ReLU layers": "That is what it was made for: 2 / fan_in makes "
        "up for the half that ReLU cuts off.",
        "10 sigmoid layers": "Right. The sigmoid's slope is at most 1/4. "
        "He's weights are 1.4 times as large as Xavier's: not nearly "
        "enough to make up for it.",
        "A network with layers of different widths": (
            "fan_in is in the formula, so each layer gets its own spread."
        ),
        "5 leaky ReLU layers": "Leaky ReLU with slope 0.01 is so near to "
        "ReLU that He's factor 2 fits.",
    },
    correct="10 sigmoid layers",
)

# %% [markdown]
# ## 3 · Another bend
#
# **The question.** Where the sigmoid's slope is at most 1/4, ReLU's slope is 1, as long as the sum is positive. That is
# the article's second remedy. And where the sum is negative, ReLU's slope is 0. In chapters 1 and 2 you met a unit that
# is silent for every example: a **dead** ReLU. Is that a rare accident?

# %% jupyter={"source_hidden": true}
Prediction(
    "dead",
    "Five layers of 100 ReLU units, He's weights. After 150 steps with "
    "ten times the usual learning rate: what percentage of the units is "
    "silent for all of 1,000 training images?",
    slider=(0, 100, 1),
)


# %% [markdown]
# We call a unit **off** if its sum is 0 or less for every image that we look at. We look at 1,000 of the training
# images, and count the units that are off while the network trains, for ReLU and for ELU, with three learning rates of
# the optimizer Adam (chapter 4; the usual rate is 0.001). *Six short runs: some seconds.*


# %%
def units_off(net, x):
    """For each hidden unit: is its sum 0 or less for every row of x?"""
    sums = layer_flow(net, x, data.train.labels[: len(x)]).sums
    return np.concatenate([np.all(z <= 0, axis=0) for z in sums])


STEPS = np.arange(0, 151, 15)
off = {}
for activation in ("relu", "elu"):
    for rate in (0.001, 0.01, 0.03):
        recipe = Recipe(
            hidden_layers=(100,) * 5,
            activation=activation,
            normalization="none",
            drop_rate=0.0,
            optimizer="adam",
            learning_rate=rate,
        )
        net = Network(recipe, 784, 10)
        looks = [units_off(net, data.train.x[:1000])]
        for step, (x, y) in enumerate(draw_batches(STEPS[-1]), start=1):
            net.train_step(x, y)
            if step in STEPS:
                looks.append(units_off(net, data.train.x[:1000]))
        off[activation, rate] = np.array(looks)  # (looks, units)

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    1, 2, figsize=(10, 3.8), sharey=True, layout="constrained"
)
end = {key: 100 * looks[-1].mean() for key, looks in off.items()}
for axes, (activation, word) in zip(
    grid, {"relu": "ReLU", "elu": "ELU"}.items(), strict=True
):
    curves = {
        f"rate {rate:g}": 100 * looks.mean(axis=1)
        for (name, rate), looks in off.items()
        if name == activation
    }
    plot_curves(axes, STEPS, curves)
    axes.set(xlabel="step", xlim=(0, 188), ylim=(-2, 100))
    axes.set_title(
        f"{word}: "
        + ", ".join(
            f"{end[activation, rate]:.0f}%" for rate in (0.001, 0.01, 0.03)
        )
        + " off at the end"
    )
grid[0].set_ylabel("units off for all of 1,000 images (%)")
show(
    figure,
    alt="Share of units that are off over 150 steps, for ReLU and for ELU, "
    "three learning rates each. At the end: "
    + "; ".join(
        f"{name} with rate {rate:g}, {value:.0f}%"
        for (name, rate), value in end.items()
    )
    + ".",
)

# %% jupyter={"source_hidden": true}
recall(
    "dead",
    answer=f"{end['relu', 0.01]:.0f}% with the rate 0.01, ten times the "
    f"usual one; {end['relu', 0.03]:.0f}% with 0.03, and "
    f"{end['relu', 0.001]:.0f}% with the usual 0.001. One step too long "
    "can throw a unit to where it hears nothing.",
)

# %% [markdown]
# It is not rare. ELU units go off as well, if the rate is large enough. But *off* is not always *dead*. An ELU or a
# leaky ReLU that is off still has a slope, so the next steps can bring it back. A ReLU that is off for *all* training
# images has the slope 0 for each of them and gets no gradient: only a change in the layers below can wake it. Who came
# back?

# %%
for (activation, rate), looks in off.items():
    were_off = looks[len(looks) // 2]
    if were_off.any():
        back = np.mean(~looks[-1][were_off])
        print(
            f"{activation:5} rate {rate:5}: {were_off.sum():3} of 500 off "
            f"at step 75, {back:4.0%} of these on at 150"
        )

# %% [markdown]
# With the rate 0.01 more ELU units come back than ReLU units. With 0.03, in this run, few of either do: very far to the
# left ELU's slope, too, is almost 0. A ReLU unit can come back when the layers below it change, or when one of the
# training images that we did not look at still reaches it. One run of each is a hint and no more; the measurement comes
# below.
#
# **The formula.** The family of chapter 1 again, now with a reason. $s$ is the slope on the left:
#
# $$\text{leaky family:}\quad f(z) = \begin{cases} z & z > 0\\ s\,z & z \le 0\end{cases}$$
#
# $$\text{ELU:}\quad f(z) = \begin{cases} z & z > 0\\ \alpha\,(e^z - 1) & z \le 0\end{cases}$$
#
# | Name | What is special | Source |
# |---|---|---|
# | leaky ReLU (LReLU) | $s = 0.01$, fixed | Maas and others 2013 [3] |
# | RReLU | in training $s$ is random, from 1/8 to 1/3, for each entry; then its mean | Xu and others 2015 [4] |
# | PReLU | $s$ is a parameter: it has a gradient and moves with the weights | He and others 2015 [2] |
# | ELU | bends smoothly down to $-\alpha$, so that a layer's mean is nearer to 0 | Clevert and others 2016 [5] |
#
# **By hand**, for the sums −4 and 3 with $s = 1/4$: values −1 and 3, slopes 1/4 and 1.
#
# ### Exercise 3.4 · The leaky family in one function
#
# **Purpose:** write three of the article's activations at once, and see that they differ only in where $s$ comes from.
#
# `z` is an array of any shape. `slope` is a number (LReLU, PReLU) or an array like `z` (RReLU: its own slope for each
# entry). Return two arrays like `z`: the values and the derivatives.
#
# **Example:** `leaky_family(np.array([-4.0, 3.0]), 0.25)` gives `[-1, 3]` and `[0.25, 1]`.
#
# <details><summary>Hint 1</summary>
#
# `np.where(condition, a, b)` takes `a` where the condition holds and `b` elsewhere. Numbers and arrays may be mixed.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Two times the same condition, `z > 0`: once for the values and once for the derivatives.
#
# </details>


# %%
def leaky_family(z, slope):
    """Values and derivatives of the leaky ReLU with this slope on the left:
    two arrays like z.
    """
    # BEGIN SOLUTION
    return np.where(z > 0, z, slope * z), np.where(z > 0, 1.0, slope)
    # END SOLUTION


# %%
check("3.4", leaky_family)

# %% [markdown] tags=["solution"]
# **Worked solution.** `np.where` handles a number and an array alike, so one function serves all three. The short form
# `np.maximum(z, slope * z)` is right as long as the slope is below 1, and PReLU's slope is learned: nothing keeps it
# there. The derivative on the left is `slope`, not 0 and not `slope * z`. That small number is the whole point.

# %% [markdown]
# ### Exercise 3.5 · ELU without a warning
#
# **Purpose:** write the article's favorite, and handle the exponential with care.
#
# Return the values and the derivatives of ELU. For large `z`, such as 1,000, there must be no overflow warning.
#
# **Example:** `elu_pair(np.array([0.0, 2.0]), 1.0)` gives `[0, 2]` and `[1, 1]`. For $z = -2$ the value is −0.865 and
# the derivative 0.135.
#
# <details><summary>Hint 1</summary>
#
# `np.where` computes *both* branches for all entries and then picks. So the exponential is also taken where you do not
# need it, of 1,000 for example.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `np.minimum(z, 0)` is never positive. Take the exponential of that. At $z = 0$ the derivative on the left is $\alpha$.
#
# </details>


# %%
def elu_pair(z, alpha=1.0):
    """Values and derivatives of ELU: two arrays like z, without an overflow
    for large z.
    """
    # BEGIN SOLUTION
    decay = np.exp(np.minimum(z, 0))
    return np.where(z > 0, z, alpha * (decay - 1)), np.where(
        z > 0, 1.0, alpha * decay
    )
    # END SOLUTION


# %%
check("3.5", elu_pair)

# %% [markdown] tags=["solution"]
# **Worked solution.** The minimum keeps the exponential at 1 or below, where nothing overflows, and the right branch
# never looks at it. On the left the derivative is $\alpha e^z$, which is the value plus $\alpha$: with $\alpha = 1$ ELU
# has no kink at 0. Far on the left the slope fades as well, so a unit that is thrown very far comes back slowly. (The
# course's version uses `np.expm1`, which is more exact for sums very near to 0.)

# %% [markdown]
# **PyTorch** gives the same numbers, from one function each.

# %%
from course_lib.scratch import activations as by_hand

z = np.linspace(-5, 5, 101)
x, slope = torch.tensor(z), torch.tensor([0.25], dtype=torch.float64)
in_torch = torch.nn.functional
pairs = {
    "leaky_relu": (by_hand.leaky_relu(z), in_torch.leaky_relu(x)),
    "prelu": (by_hand.prelu(z), in_torch.prelu(x, slope)),
    "elu": (by_hand.elu(z), in_torch.elu(x)),
}
for name, (ours, theirs) in pairs.items():
    difference = np.abs(ours - theirs.numpy()).max()
    print(f"{name:10} largest difference {difference:.0e}")
    assert np.allclose(ours, theirs.numpy())

# %% [markdown]
# **Touch it.** Below are 20 layers of 100 ELU units with He's weights: the gradient keeps its size within a factor of
# ten. Switch to ReLU, leaky ReLU, tanh and sigmoid and watch the share of flat units, then the line of the gradients.
#
# A question that only moving can answer: which of the activations has *no* unit that is flat for every image, and still
# loses the most of the gradient? How can that be?

# %%
GradientFlowExplorer(
    depth=20, width=100, activation="elu", initialization="he_normal"
)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# Sigmoid. No unit is stuck: each has nearly the steepest slope that a sigmoid has. But the steepest is 1/4, and 20
# layers of it lose more than nine decades. (GELU loses two or three, because He's factor is made for ReLU and does not
# quite fit.) "Not flat" is not the same as "slope 1".
#
# </details>
#
# **What was measured.** Do ReLU units die, and more of them at a large learning rate?

# %%
live = measure("dying_relu", small=True, jobs=1, progress=False)

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("dying_relu"),
    "Adam at a large rate kills ReLU units",
    live,
    [
        "Adam, 0.01 against 0.001, 10 layers of 64",
        "Adam, 0.001 against the start, 10 layers of 64",
        "gradient descent, 0.1 against 0.01, 10 layers of 64",
        "gradient descent, 0.1 against 0.01, 20 layers of 12",
    ],
)

# %% [markdown]
# With Adam, ten times the usual learning rate leaves many more units off at the end, in all three networks that were
# tried. (The third, not drawn here, has 100 units a layer.) At the usual rate a few more are off in that third network
# than before training; in the other two it cannot be told. With gradient descent it depends on the network. In the
# narrow and deep one, the rate 0.1 leaves more units off than 0.01 does. In the two wider ones it leaves *fewer*. A
# likely reason: some are off before the first step, and steps of a good length wake them. So when many ReLU units die,
# look at the learning rate first.

# %% jupyter={"source_hidden": true}
survive = load_measurement("leaky_units_survive")
show_measured(
    survive,
    "More accurate with leaky ReLU than with ReLU",
    labels=[
        "units that stay off, leaky ReLU, large rate",
        "units that stay off, ELU, large rate",
        "accuracy, leaky ReLU, tuned",
        "accuracy, ELU, tuned, 20 layers of 12",
    ],
)

# %%
NARROW = "ReLU, tuned, 20 layers of 12"
for arm in ("ReLU, large rate", "ReLU, tuned", NARROW):
    off_at_end, accuracy = (
        survive.values(arm, quantity).mean()
        for quantity in ("units off, %", ACCURACY)
    )
    print(
        f"{arm:28} {off_at_end:4.1f}% of the units off at the end, "
        f"accuracy {accuracy:.1f}%"
    )

# %% [markdown]
# The upper rows say by how many percentage points *fewer* units stay off than with ReLU, at one and the same large
# learning rate. All four relatives have fewer. Is the network more accurate for it? At that rate it cannot be told, of
# any of the four (those rows are not drawn here).
#
# In the lower rows each activation has its own best rate. In five layers of 64 units leaky ReLU gains less than a
# point, if anything; with RReLU and PReLU the difference is too small to matter; with ELU it cannot be told. In ten
# layers of 100 leaky ReLU makes no difference that matters. In 20 layers of 12 ELU and PReLU are more accurate, by
# several points; of leaky ReLU and RReLU it cannot be told. One possible reason is in the last two printed lines:
# at its own best rate ReLU has few units off in the five layers, and many more in the 20 narrow ones. (The first line
# is of a shorter training at a constant rate, so its accuracy is another matter.) Larger studies disagree as well: Maas
# and others [3] found leaky ReLU and ReLU nearly equal for speech, and Xu and others [4] found the leaky family ahead
# for images.
#
# ### The order
#
# The article gives an order of choice: **ELU > leaky family > ReLU > tanh > sigmoid**. Each ">" is a claim that can be
# measured, in an ordinary network (10 layers of 50 units) and in a narrow and deep one (20 layers of 12).

# %% jupyter={"source_hidden": true}
Prediction(
    "order",
    "The four signs “>” in the article's order, each measured in two "
    "networks: eight comparisons. In how many of them does the whole "
    "interval of ten seeds lie above 0?",
    slider=(0, 8, 1),
)

# %%
live = measure("activation_order", small=True, jobs=1, progress=False)

# %% jupyter={"source_hidden": true}
order = load_measurement("activation_order")
show_measured(
    order,
    "ELU in place of ReLU",
    live,
    [
        "ELU over ReLU, ordinary",
        "ELU over ReLU, narrow and deep",
        "leaky ReLU over ReLU, ordinary",
        "ReLU over tanh, ordinary",
    ],
)

# %% jupyter={"source_hidden": true}
signs = [
    order.effect(f"{sign}, {network}")
    for network in ("ordinary", "narrow and deep")
    for sign in (
        "ELU over leaky ReLU",
        "leaky ReLU over ReLU",
        "ReLU over tanh",
        "tanh over sigmoid",
    )
]
helped = [
    f"{sign.label} ({sign.mean:+.1f} points)"
    for sign in signs
    if "helps" in order.words(sign)
]
recall(
    "order",
    answer=f"{len(helped)} of {len(signs)}: "
    + ("; ".join(helped) or "none")
    + ".",
)

# %% [markdown]
# ELU is ahead of ReLU: in the ordinary network by half a point to a point, in the narrow and deep one by several. (In
# ten layers of 100 units its lead is too small to matter, and in two layers it cannot be told.) And the sigmoid is far
# behind. That sign you could have predicted: from Xavier's weights it loses at least three quarters of the gradient in
# every layer, and none of the rates that were tried makes up for that. (With two layers it is less than a point behind,
# if at all.)
#
# In between, ELU is ahead of leaky ReLU wherever the two were compared, though where training is easy perhaps by less
# than matters. Of the rest of the order little is left. In the ordinary network leaky ReLU, ReLU and tanh lie within a
# point of each other, and so they do in ten layers of 100; in the narrow and deep one their intervals are too wide to
# tell. And nowhere is ReLU seen ahead of tanh; after 300 steps it is behind. So the choice matters most where a network
# is hard to train: deep and narrow, or with few steps. Elsewhere, apart from the sigmoid in ten layers, a ">" is worth
# about a point at most. Clevert and others [5] found ELU ahead of ReLU in larger networks for images as well.
#
# ### Did it train?
#
# Starting weights and bends work together, so let us try them together: for each depth, initialization and activation
# the same short training, each with its own best learning rate. The number is the test accuracy in percent; guessing
# gives 10.

# %% jupyter={"source_hidden": true}
trained = load_measurement("initialization_trains")
words = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU", "elu": "ELU"}
figure, grid = plt.subplots(
    1, 4, figsize=(13, 3.9), sharey=True, layout="constrained"
)
best = {}
for axes, activation in zip(grid, trains.ACTIVATIONS, strict=True):
    accuracies = [
        [
            trained.values(
                trains.arm(activation, initialization, depth), ACCURACY
            ).mean()
            for initialization in trains.INITIALIZATIONS
        ]
        for depth in trains.DEPTHS
    ]
    plot_training_map(
        axes,
        accuracies,
        trains.DEPTHS,
        ["N(0, 1)", "Xavier", "He"],
        limits=(10, 90),
    )
    best[activation] = max(accuracies[-1])
    axes.set_title(
        f"{words[activation]}: {trains.DEPTHS[-1]} layers\nreach "
        f"{best[activation]:.0f}% at best"
    )
grid[0].set_ylabel("hidden layers")
figure.suptitle(f"After {trains.SHORT} steps")
show(
    figure,
    alt="Test accuracy for four depths, three initializations and four "
    f"activations as shaded tables. At {trains.DEPTHS[-1]} layers the best "
    "initialization gives: "
    + "; ".join(
        f"{words[name]} {value:.0f}%" for name, value in best.items()
    )
    + ".",
)

# %% jupyter={"source_hidden": true}
show_measured(
    trained,
    "He's weights for ReLU, against N(0, 1)",
    labels=[
        "ReLU, 10 layers, against N(0, 1)",
        "ReLU, 20 layers, against PyTorch's start",
        "tanh, 10 layers, against N(0, 1)",
        "sigmoid, 10 layers, against N(0, 1)",
    ],
)

# %% [markdown]
# Read each panel of the map from the top down. With tanh, ReLU and ELU the column of N(0, 1) fades at once with depth,
# and those of Xavier and He hold much longer. Under ReLU Xavier's fades too, and He's holds longer, as section 2 said.
# The picture below it is of a training fifteen times as long, and that does not make up for a bad start. From PyTorch's
# own start, too, 20 ReLU layers learned nothing.
#
# The sigmoid's panel says the opposite. With five layers and with ten, *fully random* weights train, and from Xavier's
# or He's weights the network learns nothing; in the long training ten layers from Xavier's do not either. It is the
# gradient of section 2 once more: the remedy moves the sums to where the sigmoid is steepest, and the steepest is 1/4.
# With 20 layers none of the three starts trains it. So the article's first remedy is worth a great deal, for the bends
# it was made for, and in a deep network it harms the one for which it was not.
#
# **Say it back.** ReLU's slope of 1 keeps the gradient, its slope of 0 can kill a unit. The leaky family and ELU keep a
# slope on the left. Where a network trains easily, it is a small question which of them is best. Whether start and bend
# fit together is a large one.

# %% jupyter={"source_hidden": true}
Quiz(
    "A ReLU unit is off for every training image. Which change can wake "
    "it?",
    {
        "Its own next gradient step": "Its slope is 0 for every image, so "
        "its own weights and bias get no gradient.",
        "A change in the layers below it": "Right. If its inputs change, "
        "its sum can become positive again. Nothing aims at that, it "
        "happens or not.",
        "A larger learning rate": "The step is learning rate times "
        "gradient, and the gradient is 0.",
        "More training images of the same kind": "Only if one of them "
        "makes its sum positive. For the ones it has, nothing changes.",
    },
    correct="A change in the layers below it",
)

# %% [markdown]
# ## 4 · Batch normalization
#
# **The question.** Starting weights set the sizes once, before the first step. Then the weights move, and nobody looks
# after the sizes any more. Why not set them right in *every* step, in every layer? Take the sums of a unit over the
# mini-batch, subtract their mean, divide by their spread: mean 0, spread 1, always.

# %% jupyter={"source_hidden": true}
Prediction(
    "batch-of-two",
    "A mini-batch of two images. A unit's sums are 3 and 5. What are they "
    "after subtracting the mean and dividing by the spread? And what, if "
    "they are 30 and 500?",
    choices=[
        "−1 and 1; then −1 and 1",
        "−1 and 1; then −235 and 235",
        "0 and 2; then 0 and 470",
        "3 and 5; then 30 and 500, spread changes nothing",
    ],
)

# %%
for sums in ([3.0, 5.0], [30.0, 500.0]):
    print(sums, "->", (np.array(sums) - np.mean(sums)) / np.std(sums))

# %% jupyter={"source_hidden": true}
recall(
    "batch-of-two",
    answer="−1 and 1, both times. With two images only their order is left "
    "of what the unit said.",
)

# %% [markdown]
# So something is lost, and something is gained: whatever the layers below do to the size of the sums, the next layer
# does not notice. Here are one layer's sums during the first 60 steps, with a learning rate that is rather too large,
# and the same with batch normalization. *It takes some seconds.*

# %% jupyter={"source_hidden": true}
bands = {}
for word, normalization in {
    "without": "none",
    "with batch norm": "batch",
}.items():
    recipe = Recipe(
        hidden_layers=(100,) * 10,
        activation="relu",
        normalization=normalization,
        drop_rate=0.0,
        optimizer="momentum",
        learning_rate=0.03,
    )
    net = Network(recipe, 784, 10)
    rows = []
    for x, y in draw_batches(61):
        rows.append(
            np.percentile(
                layer_flow(net, images, labels).sums[4], [5, 50, 95]
            )
        )
        net.train_step(x, y)
    bands[word] = np.array(rows)

figure, grid = plt.subplots(
    1, 2, figsize=(10, 3.6), sharey=True, layout="constrained"
)
for axes, (word, rows) in zip(grid, bands.items(), strict=True):
    widths = rows[:, 2] - rows[:, 0]
    axes.fill_between(
        range(61), rows[:, 0], rows[:, 2], color=style.SKY_BLUE, alpha=0.5
    )
    axes.plot(rows[:, 1], color=style.FUNCTION, linewidth=2)
    axes.set(
        xlabel="step",
        title=f"{word}: the band of the sums is\n"
        f"{widths.min():.1f} to {widths.max():.1f} wide",
    )
grid[0].set_ylabel("sums of layer 5\n(median, 5% to 95%)")
show(
    figure,
    alt="The middle 90% of the sums of layer 5 over 60 training steps. "
    + " ".join(
        f"{word.capitalize()}: their band is "
        f"{np.ptp(rows[:, [0, 2]], axis=1).min():.1f} to "
        f"{np.ptp(rows[:, [0, 2]], axis=1).max():.1f} wide."
        for word, rows in bands.items()
    ),
)

# %% [markdown]
# **The formula** (Ioffe and Szegedy 2015 [6]). For each unit by itself, over the $n$ images of the mini-batch:
#
# $$m = \frac1n \sum_i x_i \qquad v = \frac1n \sum_i (x_i - m)^2 \qquad
# \hat x_i = \frac{x_i - m}{\sqrt{v + \epsilon}} \qquad y_i = \gamma\,\hat x_i + \beta$$
#
# | Symbol | Name | Shape |
# |---|---|---|
# | $x$ | what comes in: a layer's sums, before the activation; one column for each unit | (batch, features) |
# | $m$, $v$ | mean and variance of each column | (features,) |
# | $\epsilon$ | a small number, $10^{-5}$, so that a constant column does not divide by 0 | one number |
# | $\hat x$ | the normalized sums: mean 0, variance 1 | (batch, features) |
# | $\gamma$ | the **scale**, a parameter, 1 at the start | (features,) |
# | $\beta$ | the **shift**, a parameter, 0 at the start; the layer needs no bias of its own | (features,) |
#
# The article has half of it: each layer's input is centered at 0, and a scale is learned. There is also a *shift*. With
# scale and shift the unit may have any mean and spread it likes. The difference is that two parameters of its own now
# set them, and not all the layers below together.
#
# **By hand**, a column of 1, 1, 5, 5: the mean is 3, the variance $(4+4+4+4)/4 = 4$, the spread 2. Normalized (with
# $\epsilon = 0$): −1, −1, 1, 1. Scale 2 and shift 3 give back 1, 1, 5, 5.
#
# ### Two modes
#
# In prediction there may be one image only. And nobody wants the answer for *your* image to depend on which other
# images happen to be in the same batch. So during training a layer also keeps **running statistics**: averages of the
# mean and variance over the last batches. In **evaluation mode** it uses those. With momentum 0.1 (here: the share
# of the new batch):
#
# $$\text{running} \leftarrow 0.9 \cdot \text{running} + 0.1 \cdot \text{of this batch}$$
#
# **By hand:** the running mean starts at 0; after the batch above it is $0.9 \cdot 0 + 0.1 \cdot 3 = 0.3$. One detail
# that costs people hours: into the *running* variance goes the **unbiased** one, with $n - 1$ in place of $n$. Here
# $16/3$ and not $4$. Four images underestimate how much all images vary, because their own mean sits in their middle.

# %% jupyter={"source_hidden": true}
Prediction(
    "sneakers",
    "A trained network with batch norm recognizes sneakers well. You hand "
    "it 200 pictures, all of them sneakers, and forget to switch to "
    "evaluation mode. What share does it get right?",
    slider=(0, 100, 1),
)

# %%
recipe = Recipe(
    hidden_layers=(100, 100),
    activation="relu",
    normalization="batch",
    drop_rate=0.0,
    learning_rate=0.003,
)
with_norm = Network(recipe, 784, 10)
for x, y in draw_batches(200):
    with_norm.train_step(x, y)

sneakers = data.validation.x[data.validation.labels == 7]


def training_mode_logits(net, x):
    """What a network answers that nobody has told: training is over."""
    for _, layer in net.layers:
        x = layer.forward(x, training=True)
    return x


def right_in_both_modes(x, labels):
    modes = with_norm.logits(x), training_mode_logits(with_norm, x)
    return [np.mean(logits.argmax(axis=1) == labels) for logits in modes]


mixed = right_in_both_modes(data.validation.x, data.validation.labels)
in_evaluation, in_training = right_in_both_modes(sneakers, 7)
print("right about           evaluation mode   training mode")
print(f"images of all kinds {mixed[0]:17.0%} {mixed[1]:15.0%}")
print(f"{len(sneakers)} sneakers {in_evaluation:24.0%} {in_training:15.0%}")

# %% jupyter={"source_hidden": true}
recall(
    "sneakers",
    answer=f"{in_training:.0%}, where evaluation mode gets "
    f"{in_evaluation:.0%} right.",
)

# %% [markdown]
# What all sneakers have in common is exactly what their mean takes away. In a large batch of all kinds the two modes
# differ little, and so the mistake can stay unnoticed.
#
# ### Exercise 3.6 · Batch norm, forward
#
# **Purpose:** write both modes, so that you never mix them up.
#
# `x` is (batch, features), the four statistics and parameters are (features,), `training` is True or False. Return the
# outputs, the new running mean and the new running variance. In training the batch's own statistics normalize, and the
# running ones move. In evaluation the running ones normalize, and come back unchanged. Change no array in place.
#
# **Example:** one feature, `x = [[1], [1], [5], [5]]`, scale 2, shift 3, running mean 0 and variance 1: in training the
# outputs are (nearly) 1, 1, 5, 5, the running mean is 0.3 and the running variance 0.9 + 0.1 · 16/3 = 1.433. In
# evaluation they are 5, 5, 13, 13.
#
# <details><summary>Hint 1</summary>
#
# `x.mean(axis=0)` gives one mean for each column. First choose which mean and variance are used, by `training`; the
# formula below is then the same for both modes.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `x.var(axis=0)` divides by n, and normalizes. `x.var(axis=0, ddof=1)` divides by n − 1, and goes into the running
# variance. Epsilon stands under the root.
#
# </details>


# %%
def batch_norm_forward(
    x,
    scale,
    shift,
    running_mean,
    running_variance,
    training,
    momentum=0.1,
    epsilon=1e-5,
):
    """Outputs (batch, features), and the running mean and variance
    (features,) after this batch.
    """
    # BEGIN SOLUTION
    if training:
        mean, variance = x.mean(axis=0), x.var(axis=0)
        kept, unbiased = 1 - momentum, x.var(axis=0, ddof=1)
        running_mean = kept * running_mean + momentum * mean
        running_variance = kept * running_variance + momentum * unbiased
    else:
        mean, variance = running_mean, running_variance
    normalized = (x - mean) / np.sqrt(variance + epsilon)
    return scale * normalized + shift, running_mean, running_variance
    # END SOLUTION


# %%
check("3.6", batch_norm_forward)

# %% [markdown] tags=["solution"]
# **Worked solution.** Five famous mistakes fit into these lines. `axis=0`: without it all features share one mean.
# Batch statistics in evaluation: the sneakers. Running statistics in training: nothing is normalized at first, since
# they start at 0 and 1. The biased variance in the running average: off by a factor $n/(n-1)$, which is 1.016 for 64
# images and 1.33 for 4. And `momentum` the other way around: here, as in PyTorch, it is the share of the *new* batch;
# some libraries mean the share of the old one.

# %% [markdown]
# **PyTorch:** `torch.nn.BatchNorm1d`. `train()` and `eval()` switch its mode. It agrees with the course's version in
# both modes:

# %%
ours = BatchNorm(3, dtype="float64")
theirs = torch.nn.BatchNorm1d(3, dtype=torch.float64)
batch = np.random.default_rng(0).normal(5, 3, (8, 3))
for mode in (True, False):
    theirs.train(mode)
    outputs = theirs(torch.tensor(batch)).detach().numpy()
    difference = np.abs(ours.forward(batch, training=mode) - outputs).max()
    print(f"training={mode!s:5}  largest difference {difference:.0e}")
    assert difference < 1e-12
assert np.allclose(
    ours.statistics["running_variance"], theirs.running_var.numpy()
)

# %% [markdown]
# ### The way back
#
# A gradient $g = \partial L/\partial y$ comes back. Scale and shift are easy: $y = \gamma \hat x + \beta$ is a weight
# and a bias. The input is not, because *every* $x_i$ acts on *every* output, through the mean and the variance. Written
# out and tidied up:
#
# $$\frac{\partial L}{\partial \gamma} = \sum_i g_i \hat x_i \qquad
# \frac{\partial L}{\partial \beta} = \sum_i g_i \qquad
# \frac{\partial L}{\partial x_i} = \frac{\gamma}{\sqrt{v + \epsilon}}
# \left(g_i - \overline{g} - \hat x_i\, \overline{g \hat x}\right)$$
#
# A bar means the mean over the batch. You can read the last formula without calculus. Batch norm is blind to two
# things: adding the same number to all of the batch, and stretching all of it. A gradient that asks for either asks for
# nothing. $\overline{g}$ is the part that asks to shift everybody, $\overline{g \hat x}$ the part that asks to stretch,
# and both are taken out.
#
# **By hand:** $x = (1, 1, 5, 5)$, so $\hat x = (-1, -1, 1, 1)$ and the spread is 2. Let $\gamma = 1$ and
# $g = (4, 0, 0, 0)$. Then $\overline{g} = 1$ and $\overline{g \hat x} = -4/4 = -1$.
#
# $g - \overline{g} = (3, -1, -1, -1)$, and taking away $\hat x \cdot (-1)$ leaves $(2, -2, 0, 0)$. Half of it, because
# the spread is 2: $\partial L/\partial x = (1, -1, 0, 0)$. It adds up to 0: no shift. And $(1 \cdot (-1) + (-1) \cdot
# (-1)) = 0$: no stretch.
#
# ### Exercise 3.7 · Batch norm, backward
#
# **Purpose:** write the gradient that most people only copy, term by term.
#
# `output_gradient` and `x` are (batch, features), `scale` is (features,). Return the gradients over the input
# (batch, features), the scale (features,) and the shift (features,). The batch is in training mode.
#
# **Example:** the one by hand: `[[4], [0], [0], [0]]`, `[[1], [1], [5], [5]]`, `[1]` give (up to epsilon)
# `[[1], [-1], [0], [0]]`, `[-4]` and `[4]`.
#
# <details><summary>Hint 1</summary>
#
# Compute `normalized` again, as in the forward pass. The gradients of scale and shift are *sums* over the batch
# (chapter 2: the loss already contains its mean). The two corrections of the input gradient are *means*.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Begin with `g = output_gradient * scale`. Then subtract `g.mean(axis=0)` and
# `normalized * (g * normalized).mean(axis=0)`, and divide by the spread.
#
# </details>


# %%
def batch_norm_backward(output_gradient, x, scale, epsilon=1e-5):
    """Gradients over the input (batch, features), the scale (features,) and
    the shift (features,).
    """
    # BEGIN SOLUTION
    deviation = np.sqrt(x.var(axis=0) + epsilon)
    normalized = (x - x.mean(axis=0)) / deviation
    scale_gradient = (output_gradient * normalized).sum(axis=0)
    shift_gradient = output_gradient.sum(axis=0)
    g = output_gradient * scale
    shift, stretch = g.mean(axis=0), (g * normalized).mean(axis=0)
    input_gradient = (g - shift - normalized * stretch) / deviation
    return input_gradient, scale_gradient, shift_gradient
    # END SOLUTION


# %%
check("3.7", batch_norm_backward)

# %% [markdown] tags=["solution"]
# **Worked solution.** Leaving out the two means treats $m$ and $v$ as constants. Forward that changes nothing, so the
# loss looks right; but the gradient is then wrong, and only a gradient check (chapter 2) tells. `g` contains the scale
# before the means are taken; since the scale is the same for the whole column it could also be multiplied in at the
# end. Here the variance is the biased one, because that is what normalized.

# %% [markdown]
# **Touch it.** The explorer starts with the gradient that vanished most so far: 20 layers of sigmoid with Xavier's
# weights. Switch batch norm on.
#
# A question that only moving can answer: with batch norm on, how much does the choice between N(0, 1), Xavier and He
# still change? Why?

# %%
GradientFlowExplorer(
    depth=20,
    width=100,
    activation="sigmoid",
    initialization="xavier_normal",
)

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# Next to nothing. If all weights of a layer are ten times as large, so are its sums, and so is their spread; dividing
# by the spread takes the ten out again. Batch norm makes a layer blind to the size of its weights. (What little changes
# comes from the output layer, which has no batch norm.) The gradient now grows a little on its way back. With ReLU it
# grows more, 40- to 50-fold in 20 layers.
#
# </details>

# %% [markdown]
# ### All remedies so far, in one figure
#
# Ten layers of 100 units, fully random and sigmoid, and what each remedy makes of the activations and gradients before
# the first step. The article numbers the remedies: 1 is the starting weights, 2 the activation, 3 batch norm (BN).
# Every third layer, the same axes for all.

# %% jupyter={"source_hidden": true}
remedies = {
    "before\nN(0, 1), sigmoid": flow_through(
        10, "sigmoid", "standard_normal"
    ),
    "1 alone\nXavier, sigmoid": flow_through(
        10, "sigmoid", "xavier_normal"
    ),
    "2 alone\nN(0, 1), ELU": flow_through(10, "elu", "standard_normal"),
    "1 + 2\nHe, ELU": flow_through(10, "elu", "he_normal"),
    "3 alone\nN(0, 1), sigmoid, BN": flow_through(
        10, "sigmoid", "standard_normal", normalization="batch"
    ),
    "1 + 2 + 3\nHe, ELU, BN": flow_through(
        10, "elu", "he_normal", normalization="batch"
    ),
}
figure = draw_flows(
    remedies, True, (1e-11, 1e8), (1e-4, 1e10), width=13, every=3
)
figure.suptitle(
    "1 alone fades, 2 alone explodes; 1 + 2 together, or batch norm, keep "
    "signal and gradient"
)
show(
    figure,
    alt="Activations and gradients of ten layers for six networks on the "
    f"same log axes. {described(remedies)}",
)

# %% [markdown]
# Read the two lines of numbers over each column. *Before*, the gradient keeps its size, by the accident of 100 units,
# and the units sit where the sigmoid is flat. *1 alone* moves them to the steep part; the signal is lost on the way
# forward, and the gradient on the way back. *2 alone*, ELU with weights of spread 1, explodes both ways. *1 + 2* stays
# level within a factor of ten, and *batch norm* does it even for the sick network. All this was before the first step.
# Does it also help the network to learn?
#
# ### What it does for training
#
# First the accuracy, each network with and without batch norm, each at its own best learning rate. Then a count: over
# how many decades of learning rates does it train at all?

# %%
live = measure("batch_norm_accuracy", small=True, jobs=1, progress=False)

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("batch_norm_accuracy"),
    "Batch norm in ten ReLU layers",
    live,
    [
        "relu, 2 layers",
        "relu, 10 layers",
        "sigmoid, 10 layers",
        "relu, 50 layers, in 1,000 steps",
    ],
)

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("batch_norm_learning_rates"),
    "Batch norm for more learning rates, ten ReLU layers",
    labels=[
        "relu, 2 layers",
        "relu, 10 layers",
        "relu, 20 layers",
        "sigmoid, 10 layers",
    ],
)

# %% [markdown]
# The deep sigmoid network is the striking one: from Xavier's weights it learned nothing, and with batch norm it learns.
# The ReLU networks with two and with ten layers train without it too, and then there is little left to gain: with two
# layers the difference is too small to matter, with ten it is less than a point. And with 50 ReLU layers, in a short
# training, batch norm *harms*, and badly. A likely reason is in the explorer: with ReLU and batch norm the gradient
# grows on its way back, and depth raises that to a power. Yang and others 2019 [18] found the same: in deep networks of
# plain layers such gradients explode at the start, and the more so the deeper the network.
#
# The learning rates are the clearer gift. In the ReLU networks of two and of ten layers the range that trains becomes
# about a decade wider, and most is gained in the sigmoid network, where nothing trained before. With 20 ReLU layers no
# such gain is seen. Where the range is wider, the network forgives a badly chosen rate. The comparison of accuracies
# cannot show that, because there each arm was given its best. Bjorck and others 2018 [19] found in convolutional
# networks that larger rates are most of what batch norm gains.
#
# And batch norm needs a batch. With very few images in it, its mean and spread are very noisy. **Layer norm** (Ba and
# others 2016 [16]) takes them over the units of the layer instead, for each image by itself:

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("layer_norm_small_batches"),
    "Layer norm over batch norm, batches of 4",
    labels=[
        "layer norm, batches of 4",
        "layer norm, batches of 4, 5 layers",
        "layer norm, batches of 16",
        "layer norm, batches of 64",
    ],
)

# %% [markdown]
# With batches of 4 layer norm is ahead in these trainings, and with five layers by much more. With 16 or 64 images the
# two lie within a point of each other, and which of them is ahead cannot be told.
#
# *Why* batch norm helps, where it does, is not settled. Ioffe and Szegedy [6] argued that it stops the inputs of a
# layer from shifting during training. Santurkar and others 2018 [7] added such shifts on purpose, *after* batch norm,
# and it helped just as much; they found that it makes the loss surface smoother, so that longer steps are safe.
#
# **Say it back.** In training: mean and spread of the batch. In evaluation: running averages. Scale and shift give the
# unit its freedom back. On the way back, what asks to shift or stretch the whole batch is taken out.

# %% jupyter={"source_hidden": true}
Quiz(
    "A network with batch norm has 90% validation accuracy. You let it "
    "predict the same images one at a time, in training mode. What "
    "happens?",
    {
        "The same 90%, the weights have not changed": (
            "The weights have not, but the statistics are now those of one "
            "image."
        ),
        "Nothing sensible: a batch of one has variance 0": (
            "Right. Each sum minus itself is 0, so every image gets the "
            "same answer. The course's version and PyTorch refuse it with "
            "an error."
        ),
        "A little less than 90%": "Think of what one number minus its own "
        "mean is.",
        "More than 90%, each image gets its own statistics": (
            "Its own mean is its own sum. What is left after subtracting "
            "it?"
        ),
    },
    correct="Nothing sensible: a batch of one has variance 0",
)

# %% [markdown]
# ## 5 · Clipping: a limit to the step
#
# **The question.** All remedies so far keep the gradient's size *in the mean*. But gradients are noisy, and one bad
# batch in a thousand can send a single enormous one. What does one step of learning rate times a million do to weights
# that took an hour to find?
#
# **Gradient clipping** is the emergency brake: no gradient longer than a threshold. The article says: if the gradient
# exceeds the threshold, subtract the threshold from it. Nobody does it that way, and it is worth seeing why.

# %% jupyter={"source_hidden": true}
Prediction(
    "subtract",
    "The threshold is 5. Gradients of length 4, 5.1 and 100 come along, "
    "and from those that exceed it the threshold is subtracted. Which of "
    "them makes the shortest step?",
    choices=["4", "5.1", "100", "All make the same"],
)

# %%
lengths = np.array([4.0, 5.1, 7.0, 12.0, 100.0])
print("length before:        ", lengths)
print(
    "threshold subtracted: ",
    np.where(lengths > 5, lengths - 5, lengths).round(1),
)
print("clipped by norm:      ", np.minimum(lengths, 5))

# %% jupyter={"source_hidden": true}
recall(
    "subtract",
    answer="5.1: hardly anything is left of it, and from 100 a step of 95 "
    "remains. No brake at all.",
)

# %% [markdown]
# What *is* done comes in two kinds, and they differ in more than their name.
#
# $$\text{by value: } g_i \leftarrow \min(\max(g_i, -c),\, c) \qquad
# \text{by norm: } g \leftarrow g \cdot \min\!\left(1, \frac{c}{\lVert g \rVert}\right)$$
#
# | Symbol | Meaning |
# |---|---|
# | $g$ | the gradient of *all* parameters, as one long row; $g_i$ is one entry of it |
# | $\lVert g \rVert$ | its **norm**, its length: the root of the sum of all squares |
# | $c$ | the threshold, also called the limit |
#
# **By hand:** $g = (3, 4)$ has the norm $\sqrt{9 + 16} = 5$. With $c = 1$, by norm: $(3/5, 4/5)$, the same direction.
# By value: $(1, 1)$, another direction.

# %% jupyter={"source_hidden": true}
gradient = np.array([6.0, 1.0])
clipped_by = {
    "by norm": gradient / np.linalg.norm(gradient),
    "by value": np.clip(gradient, -1, 1),
}
angle = {
    name: np.degrees(np.arctan2(g[1], g[0]))
    for name, g in {"before": gradient, **clipped_by}.items()
}
figure, axes = plt.subplots(figsize=(8, 2.9), layout="constrained")
looks = {
    "before": (gradient, style.GRAY, 1.5),
    "by norm": (clipped_by["by norm"], style.BLUE, 4),
    "by value": (clipped_by["by value"], style.VERMILION, 4),
}
for vector, color, width in looks.values():
    axes.annotate(
        "",
        vector,
        (0, 0),
        arrowprops={
            "arrowstyle": "-|>",
            "color": color,
            "linewidth": width,
        },
    )
axes.text(6.05, 1.0, "before: (6, 1)", color=style.GRAY, va="center")
axes.text(
    1.1,
    0.0,
    f"by norm: the same direction, {angle['by norm']:.0f}°",
    color=style.BLUE,
    va="center",
)
axes.text(
    1.05,
    1.05,
    f"by value: {angle['by value']:.0f}°",
    color=style.VERMILION,
    va="bottom",
)
axes.set(
    xlim=(0, 7.6),
    ylim=(-0.2, 1.5),
    aspect="equal",
    xlabel="gradient over the first weight",
    ylabel="over the second",
)
axes.set_title(
    "Limit 1: clipping by value turns this gradient by "
    f"{angle['by value'] - angle['before']:.0f}°"
)
show(
    figure,
    alt="The gradient (6, 1) as an arrow. Clipped by norm it points the "
    f"same way, {angle['by norm']:.0f} degrees, with length 1. Clipped by "
    f"value it is (1, 1) and points {angle['by value']:.0f} degrees up.",
)

# %% [markdown]
# Two more habits that matter. The norm is taken over all parameters *together*: if each layer is clipped by itself,
# some layers are cut and others are not, and the direction turns after all. And it is done *before* the optimizer's
# step. After the step there is nothing left to save.
#
# ### Exercise 3.8 · Mend the clipping
#
# **Purpose:** clip the length and keep the direction.
#
# `gradients` is a list of arrays of different shapes, one for each parameter; `limit` is a number. The function below
# claims to clip by norm. It clips each entry, which turns the direction. Mend it: return a list of arrays, all
# multiplied by one and the same factor, whose joint norm is at most `limit`. Gradients that are short enough come back
# as they are. Leave the arrays you were given unchanged. A gradient of zeros must not divide by 0.
#
# **Example:** `clip_gradients([np.array([[3.0]]), np.array([4.0])], 1.0)` gives `[[0.6]]` and `[0.8]`.
#
# <details><summary>Hint 1</summary>
#
# First one number for everything: the root of the sum of all squares in all arrays. Then one factor.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `sum(np.sum(gradient**2) for gradient in gradients)` adds up over all arrays. The factor is 1 unless the norm exceeds
# the limit.
#
# </details>


# %%
def clip_gradients(gradients, limit):
    """A list of arrays -> the same list, scaled by one factor so that the
    joint norm is at most limit.
    """
    # BEGIN SOLUTION
    norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
    factor = limit / norm if norm > limit else 1.0
    return [gradient * factor for gradient in gradients]
    # INSTEAD
    # return [np.clip(gradient, -limit, limit) for gradient in gradients]
    # END SOLUTION


# %%
check("3.8", clip_gradients)

# %% [markdown] tags=["solution"]
# **Worked solution.** One norm, one factor, for all arrays: that keeps the proportions within each array *and* between
# them. Comparing before dividing does two things at once: short gradients are not stretched up to the limit, and a
# gradient of zeros never meets the division. (PyTorch adds $10^{-6}$ to the norm instead.)

# %% [markdown]
# **PyTorch:** `clip_grad_norm_` goes between `backward()` and `step()`. It returns the norm *before* clipping, which is
# a good thing to log.

# %%
parameters = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
parameters[0].grad = torch.tensor([3.0])
parameters[1].grad = torch.tensor([4.0])
norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm=1.0)
after = [round(parameter.grad.item(), 3) for parameter in parameters]
print(f"norm before {norm:.0f}, gradients after {after}")
assert np.allclose(after, [0.6, 0.8])

# %% [markdown]
# **Say it back.** Clipping limits the length of the gradient and keeps its direction: one norm over all parameters, one
# factor, before the step. What that is worth is measured in the next section.

# %% jupyter={"source_hidden": true}
Quiz(
    "A training loop runs: loss.backward(), optimizer.step(), "
    "clip_grad_norm_(…), optimizer.zero_grad(). What does the clipping do?",
    {
        "It limits every step": "The step has been made when the clipping "
        "comes.",
        "Nothing: it clips gradients that are used no more and then thrown "
        "away": (
            "Right. No error, no effect. Log how often something is "
            "clipped, and look at what it changes."
        ),
        "It limits the next step": "zero_grad() throws the clipped "
        "gradients away before the next backward().",
        "It clips the weights": "It changes the gradients only, never the "
        "weights.",
    },
    correct="Nothing: it clips gradients that are used no more and then "
    "thrown away",
)

# %% [markdown]
# ## 6 · Time as depth: recurrent networks
#
# **The question.** The article says that exploding gradients are common in **RNNs**, recurrent networks. Why there?
#
# A recurrent network reads a sequence, one step after the other, and feeds its own activations back to itself:
#
# $$h_t = f(x_t U + h_{t-1} W + b)$$
#
# | Symbol | Meaning | Shape |
# |---|---|---|
# | $x_t$ | the input at step $t$ | (batch, inputs) |
# | $h_t$ | the **hidden state** after step $t$, its memory; $h_0 = 0$ | (batch, units) |
# | $U$ | the weights of the input | (inputs, units) |
# | $W$, $b$ | the **recurrent weights** and the bias. Like $U$, the *same* at every step | (units, units), (units,) |
# | $f$ | the activation function: tanh, ReLU, or none (linear) | |
#
# Unroll it, and a sequence of 60 steps is a network of 60 layers. With one difference to all networks so far: *every
# layer has the same weights*, so it is one factor, 60 times.
#
# **By hand**, one unit, linear, $w = 2$, the input 1 at the first of four steps and 0 after: the states are 1, 2, 4, 8.
# A gradient of 1 at the last step comes back as 2, 4, 8. And after 60 steps:

# %%
for w in (0.5, 0.9, 1.0, 1.1, 2.0):
    print(
        f"w = {w}:  after 60 steps the gradient is {about(w**60)} times as "
        "large"
    )

# %% [markdown]
# Now 32 units. $W$ is a random **rotation** times a number, the **gain**. A rotation (in the code: orthogonal) changes
# the direction of a vector and not its length, so the gain is the factor of each step, until the activation has its
# say.

# %% jupyter={"source_hidden": true}
Prediction(
    "gain",
    "32 units. W is a random rotation times a gain of 1.5, 60 steps. A "
    "linear network explodes. What does the gradient of a tanh network do "
    "on its way back to step 1?",
    choices=[
        "It explodes as well",
        "It stays about as large",
        "It vanishes",
        "It depends on the inputs",
    ],
)

# %%
# 64 sequences of 60 steps; the task is explained below
sequences, sums_wanted = adding_problem(64, 60, seed=0)
sizes_through_time = {}
for activation in ("linear", "tanh", "relu"):
    for gain in (1.0, 1.5, 2.0):
        start = {"initialization": "orthogonal", "gain": gain, "seed": 0}
        net = RecurrentNetwork(2, 32, 1, activation=activation, **start)
        net.loss_and_gradients(sequences, sums_wanted)
        sizes = [rms(gradient) for gradient in net.hidden_gradients]
        sizes_through_time[activation, gain] = np.array(sizes)

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    1, 3, figsize=(11, 3.8), sharey=True, layout="constrained"
)
back = {
    key: np.log10(sizes[0] / sizes[-1])
    for key, sizes in sizes_through_time.items()
}
for axes, (activation, word) in zip(
    grid,
    {"linear": "linear", "tanh": "tanh", "relu": "ReLU"}.items(),
    strict=True,
):
    shown = {
        gain: sizes
        for (name, gain), sizes in sizes_through_time.items()
        if name == activation
    }
    curves = {
        f"gain {gain}": (sizes / sizes[-1])[::-1]
        for gain, sizes in shown.items()
    }
    plot_curves(axes, np.arange(60), curves, log=True)
    axes.set(
        xlabel="steps back from the last",
        xlim=(0, 82),
        xticks=range(0, 60, 15),
    )
    ends = (
        ", ".join(f"{back[activation, gain]:+.0f}" for gain in shown)
        .replace("-", "−")
        .replace("+0", "0")
    )
    gains = ", ".join(f"{gain:g}" for gain in shown)
    axes.set_title(f"{word}: {ends} decades\nwith the gains {gains}")
grid[0].set_ylabel("size of the gradient,\nlast step = 1 (log scale)")
show(
    figure,
    alt="The size of the gradient over the hidden state at each of 60 "
    "steps, relative to the last step, on log axes. At step 1, in decades: "
    + "; ".join(
        f"{word}, gain {gain}: {end:+.1f}"
        for (word, gain), end in back.items()
    ),
)

# %% jupyter={"source_hidden": true}
recall(
    "gain",
    answer=f"It explodes as well, but far less: {back['tanh', 1.5]:+.1f} "
    f"decades with tanh, {back['linear', 1.5]:+.1f} linear. The slope of "
    "tanh brakes.",
)

# %% [markdown]
# ### Back through time
#
# The same rule as in section 1, walked over steps in place of layers. It is called **back-propagation through time**
# (Werbos 1990 [8]). For tanh, whose slope is $1 - h^2$:
#
# $$g_{t-1} = \left(g_t \odot (1 - h_t^2)\right) W^\top$$
#
# Hochreiter 1991 [9] and Bengio and others 1994 [10] saw what follows from it: over many steps the gradient vanishes or
# explodes, unless the factor stays on the knife's edge at 1.
#
# ### Exercise 3.9 · Back through time
#
# **Purpose:** write the loop in which the gradient vanishes or explodes.
#
# One sequence. `hidden_states` is (steps, units): $h_1$ to $h_T$ of a tanh network. `recurrent_weight` is $W$,
# (units, units). `last_gradient` is $\partial L/\partial h_T$, (units,); the loss sees the last state only. Return
# $\partial L/\partial h_t$ for every step, first to last: (steps, units).
#
# **Example:** one unit, $W = [[2]]$, states `[[0.5], [0], [0]]`, last gradient `[1]`: the answer is `[[4], [2], [1]]`.
#
# <details><summary>Hint 1</summary>
#
# Start with the last row and walk down. From row $t$ to row $t - 1$: which state's slope stands between them? (In the
# example it is never the 0.5.)
#
# </details>
# <details><summary>Hint 2</summary>
#
# `for t in range(len(hidden_states) - 1, 0, -1):` walks from the last row down to row 1. Inside, one line is the
# formula: it fills `gradients[t - 1]` from `gradients[t]`, `hidden_states[t]` and `recurrent_weight.T`.
#
# </details>


# %%
def gradients_through_time(hidden_states, recurrent_weight, last_gradient):
    """dL/dh_t of a tanh network for every step, first to last: (steps,
    units).
    """
    gradients = np.zeros(hidden_states.shape)
    gradients[-1] = last_gradient
    # BEGIN SOLUTION
    for t in range(len(hidden_states) - 1, 0, -1):
        gradients[t - 1] = (
            gradients[t] * (1 - hidden_states[t] ** 2)
        ) @ recurrent_weight.T
    # END SOLUTION
    return gradients


# %%
check("3.9", gradients_through_time)

# %% [markdown] tags=["solution"]
# **Worked solution.** Between $h_{t-1}$ and $h_t$ stand the weights and the slope at $h_t$, so that is the slope to
# take, not the one at $h_{t-1}$. The states are already outputs of tanh: the slope is $1 - h^2$, without another
# `tanh`. And the transpose: forward was $h W$, so back is $g W^\top$; with a square matrix a forgotten `.T` raises no
# error, and for a rotation it hardly changes the lengths. It is the direction that is wrong.

# %% [markdown]
# **PyTorch:** `torch.nn.RNN` computes the same states, and autograd the same gradients. Here with tanh and gain 1.5:

# %%
start = {"initialization": "orthogonal", "gain": 1.5, "seed": 0}
ours = RecurrentNetwork(2, 32, 1, activation="tanh", **start)
_, gradients = ours.loss_and_gradients(sequences, sums_wanted)
named = {
    name: torch.tensor(array) for name, array in ours.parameters().items()
}
rnn = torch.nn.RNN(
    2, 32, nonlinearity="tanh", batch_first=True, dtype=torch.float64
)
# PyTorch's weights are (units, inputs), and it has two biases where one is
# enough
with torch.no_grad():
    rnn.weight_ih_l0.copy_(named["input.weight"].T)
    rnn.weight_hh_l0.copy_(named["recurrent.weight"].T)
    rnn.bias_ih_l0.copy_(named["recurrent.bias"])
    rnn.bias_hh_l0.zero_()
states, _ = rnn(torch.tensor(sequences))
answers = states[:, -1] @ named["output.weight"] + named["output.bias"]
torch.nn.functional.mse_loss(answers, torch.tensor(sums_wanted)).backward()
theirs = rnn.weight_hh_l0.grad.T.numpy()
difference = np.abs(gradients["recurrent.weight"] - theirs).max()
difference /= np.abs(theirs).max()  # as a share of the largest entry
print(f"recurrent weights, 60 steps: gradients differ by {difference:.0e}")
assert difference < 1e-9

# %% [markdown]
# **Touch it.** The explorer starts with tanh and gain 1.8: it explodes. Clipping shortens the *whole* gradient: the two
# arrows at the bottom are its length before and after. The picture above them does not change, because it shows how the
# steps compare. Choose "linear" and move the gain over 1.0: at 0.9 it shrinks, at 1.1 it grows.
#
# A question that only moving can answer: at which gain does the gradient of the *ReLU* network keep its size over 60
# steps? You have met the square of that number.

# %%
RecurrentGradientsExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# At about 1.4 to 1.5. Its square is 2, He's factor: ReLU lets half of the mean square through, so the weights must
# double it. A random rotation with gain $\sqrt 2$ has weights with He's variance. It stays on the knife's edge: at 1.3
# and 60 steps the gradient is a thousand times smaller, at 1.8 more than a hundred thousand times larger.
#
# </details>

# %%
live = measure("recurrent_gradients", small=True, jobs=1, progress=False)

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("recurrent_gradients"),
    "The gradient explodes (tanh, gain 1)",
    live,
    [
        "tanh, gain 1",
        "tanh, gain 2",
        "ReLU, gain 1",
        "tanh, gain 2, identity",
    ],
)

# %% [markdown]
# So "exploding is common in RNNs" is half of the story. Whether it explodes or vanishes at the start is decided by the
# gain *and* the activation. Linear: the gain alone. ReLU: half of the units are off at each step, so with gain 1 it
# vanishes. tanh: its slope brakes, so with gain 1 the gradient vanishes too, and it takes a larger gain to explode. And
# started from twice the identity, where every unit feeds itself, the units run to ±1 and the gradient vanishes by many
# decades *because* the weights are large.
#
# ### A task that needs memory
#
# The **adding problem** (Hochreiter and Schmidhuber 1997 [11]): at every step the network gets a random number between
# 0 and 1, and a mark. The mark is 1 at two of the steps and 0 at all others. At the end the network must say the sum of
# the two marked numbers. A network that has understood nothing answers 1 every time, and its mean squared error is 1/6:
# the variance of such a sum. The network: 32 ReLU units whose recurrent weights start as the identity matrix, so that
# at first every unit remembers its state (Le, Jaitly and Hinton 2015 [12]). The factor of a step is then exactly 1
# where a unit is on: the knife's edge.
#
# We train it by gradient descent and by Adam (chapter 4). Here it is enough to know that Adam divides the gradient of
# each parameter by that gradient's usual size. *Three short runs: some seconds.*

# %% jupyter={"source_hidden": true}
Prediction(
    "survive",
    "Gradient descent on the adding problem, 30 steps long. Without "
    "clipping it blows up. With clipping by norm it does not. What is its "
    "squared error after 300 training steps?",
    choices=[
        "Near 0: it has solved the task",
        "Near 1/6, that of always answering 1",
        "Huge: it blows up later",
    ],
)

# %%
TASK = 30
clip_runs = {}
for word, optimizer, limit in [
    ("gradient descent, no clipping", "gradient_descent", None),
    ("gradient descent, clipped", "gradient_descent", 1.0),
    ("Adam, clipped", "adam", 1.0),
]:
    start = {"activation": "relu", "initialization": "identity", "seed": 0}
    moves = {"optimizer": optimizer, "learning_rate": 0.01}
    net = RecurrentNetwork(2, 32, 1, **start, **moves, clip_norm=limit)
    norms, losses = [], []
    for step in range(300):
        losses.append(net.train_step(*adding_problem(32, TASK, seed=step)))
        norms.append(net.gradient_norm)
    clip_runs[word] = np.array(norms), np.mean(losses[-20:])

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    1, 3, figsize=(12, 3.8), sharey=True, layout="constrained"
)
for axes, (word, (norms, loss)) in zip(
    grid, clip_runs.items(), strict=True
):
    plot_gradient_norms(
        axes, norms, limit=None if "no" in word else 1.0, limits=(0.1, 1e18)
    )
    if np.nanmax(norms) > 1e18:
        axes.text(
            12,
            1e16,
            "↑ the peak lies far above the frame",
            color=style.VERMILION,
        )
    axes.set_ylabel("")
    axes.set_title(
        f"{word}:\nnorm up to {short(np.nanmax(norms))}, error at the end "
        f"{short(loss)}"
    )
grid[0].set_ylabel("norm of the gradient (log scale)")
show(
    figure,
    alt="The norm of the gradient over 300 training steps on log axes, "
    "three runs. "
    + " ".join(
        f"{word}: the largest norm before clipping "
        f"{short(np.nanmax(norms))}, error at the end {short(loss)}."
        for word, (norms, loss) in clip_runs.items()
    ),
)

# %% jupyter={"source_hidden": true}
recall(
    "survive",
    answer=f"Near 1/6: {clip_runs['gradient descent, clipped'][1]:.3f}, "
    f"where always answering 1 gives {1 / 6:.3f}. With Adam and the same "
    f"clipping it is {clip_runs['Adam, clipped'][1]:.3f}.",
)

# %% [markdown]
# The dashed line is the limit. A dot above it is a step whose gradient was cut back to the line. Without clipping the
# first steps throw the weights so far that every unit is dead. What still falls there is the gradient of the output's
# bias, the only thing that still learns. With clipping, gradient descent lives on, and after these few steps it is no
# better than always answering 1. (One run each, and one learning rate: a story, not a measurement.)
#
# Now the measurements. For the first picture every network is trained at several learning rates. At what share of them
# does it survive? The rows say how many percentage points more that is with clipping. (The live line tries only a few
# rates, so it is coarse; and with three seeds an interval can reach beyond what is possible.) In the second picture
# both sides train at their best rate. How much less error is left with clipping? Always answering 1 would leave 100%.

# %%
live = measure("clipping_survives", small=True, jobs=1, progress=False)

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("clipping_survives"),
    "Clipping, to survive gradient descent",
    live,
)

# %% jupyter={"source_hidden": true}
solves = load_measurement("clipping_solves")
show_measured(
    solves,
    "Clipping, to solve the problem with Adam",
    labels=[
        "Adam, by norm: error",
        "Adam, 600 steps, by norm: error",
        "gradient descent, by norm: error",
        "gradient descent, by value: error",
    ],
)

# %% [markdown]
# **Surviving is not solving.** Clipping was introduced for recurrent networks (by value: Mikolov 2012 [13]; by norm:
# Pascanu and others 2013 [14]), and it does what it promises: with either optimizer and either kind, more learning
# rates survive.
#
# Does it also help to learn? Say that the task is solved if at most a tenth of the error of always answering 1 is left.
# Gradient descent without clipping must keep its steps small, and in this training it solves the task at none of its
# rates. With a limit on the norm it can use larger rates, and at the best one it solves the task with every seed. Adam
# does not need that. It solves the task without clipping, at most of its rates, and at its best rate the difference is
# too small to matter. So "could not learn without" is true of gradient descent here, and not of Adam, if Adam gets
# enough steps.
#
# What clipping gives Adam is room. It solves the task at somewhat more of its rates, so a badly chosen one is more
# often forgiven. And in a short training, where the steps have to be long, clipping helps Adam a lot. In the longer
# one, each at its best rate:

# %%
print(f"{'':29} {'rate':>8} {'error left':>11} {'solved in':>12}")
for arm, choice in solves.chosen.items():
    if "600 steps" in arm:  # the short trainings
        continue
    rate = choice["learning_rate"]
    error = solves.values(arm, solves.primary.quantity).mean()
    solved = solves.values(arm, "solved").mean()
    print(f"{arm:29} {rate:8g} {error:10.1f}% {solved:12.0%} of the seeds")

# %% [markdown]
# And what clipping can never do is bring back a gradient that has vanished. It only makes gradients shorter.
#
# **Say it back.** A recurrent network multiplies by the same weights at every step, so its gradient depends on one
# factor. Clipping cuts the explosion off; what vanished stays vanished.

# %% jupyter={"source_hidden": true}
Quiz(
    "In a recurrent network the gradient at step 1 is a billionth of that "
    "at step 60. Will clipping by norm help?",
    {
        "Yes, it brings all gradients to the same length": (
            "It only shortens what is longer than the limit."
        ),
        "No: it shortens long gradients, and here they are too short": (
            "Right. What helps against vanishing is other starting "
            "weights, units with gates (LSTM), or another architecture."
        ),
        "Yes, with a very small limit": "A smaller limit shortens even "
        "more.",
        "Yes, if it is done by value": "By value it cuts large entries. "
        "Small ones stay small.",
    },
    correct="No: it shortens long gradients, and here they are too short",
)

# %% [markdown]
# ## 7 · In which order? The article's priority
#
# **The question.** Four remedies: 1 starting weights, 2 activation, 3 batch norm, 4 clipping. You have an hour. Which
# do you try first? The article: *usually 1 + 2 before 3 before 4*. We take the sick network, N(0, 1) and sigmoid, ten
# layers, and treat it with 1 + 2, with 3, with 4, and with some of them together. (1 + 2 means ELU with He's weights.)

# %% jupyter={"source_hidden": true}
Prediction(
    "alone",
    "The sick network gets one of three treatments. Which one takes its "
    "test accuracy highest?",
    choices=[
        "4: clipping",
        "3: batch norm",
        "1 + 2: starting weights and activation",
        "None of them takes it higher",
    ],
)

# %%
live = measure("priority_order", small=True, jobs=1, progress=False)

# %% jupyter={"source_hidden": true}
priority = load_measurement("priority_order")
long_enough = ", 10 layers"  # of the primary comparison
accuracies = {
    arm.removesuffix(long_enough): priority.values(arm, ACCURACY) / 100
    for arm in priority.arms
    if arm.endswith(long_enough)
}
three = {
    name: accuracies[name].mean()
    for name in ("1 + 2", "3 (batch norm)", "4 (clipping)")
}
highest = max(three, key=three.get)
untreated = accuracies["none of the remedies"].mean()
figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
plot_intervals(
    axes,
    accuracies,
    {name: interval(values) for name, values in accuracies.items()},
)
axes.set_xlabel(
    "share of the test images classified right (one dot a seed, mean and "
    "95% interval)"
)
axes.set_title(
    f"Of the three treatments, {highest} is best: {three[highest]:.1%} "
    f"(untreated {untreated:.1%})"
)
show(
    figure,
    alt="Test accuracy of the untreated network and of five treatments: "
    + "; ".join(
        f"{name} {values.mean():.1%}" for name, values in accuracies.items()
    )
    + ".",
)

# %% jupyter={"source_hidden": true}
recall(
    "alone",
    answer=", ".join(f"{name} {share:.1%}" for name, share in three.items())
    + f"; untreated {untreated:.1%}.",
)

# %% jupyter={"source_hidden": true}
show_measured(
    priority,
    "1 + 2 in place of 3",
    live,
    [
        "1 + 2 over 3, 10 layers",
        "1 + 2 over 3, 10 layers, in 300 steps",
        "3 over 4, 10 layers",
        "3 over 4, on top of 1 + 2, 10 layers",
    ],
)

# %% [markdown]
# Most of the article's order shows here. 1 + 2 takes the network further than batch norm does, by about a point, and
# batch norm takes it further than clipping, by several. In a short training, and with Adam in place of momentum, the
# first of the two steps is not seen: 1 + 2 and batch norm cannot be told apart. The last part of the order does not
# show: once 1 + 2 is done, it hardly matters whether batch norm or clipping comes next. Only in the short training is
# batch norm ahead.
#
# Now look at the untreated network in the figure before. It is not dead at all: with a learning rate of its own and
# enough steps it learns most of what the others learn. 1 + 2 or batch norm bring the rest, and sooner. Clipping alone
# changes little in the long training: what is wrong with this network is not a step that is too long.
#
# And why 1 + 2 always together? The map in section 3 has each of them alone: ten sigmoid layers learn nothing from
# Xavier's weights, and ELU learns far less from N(0, 1) than from He's. "All remedies so far, in one figure" in section
# 4 showed why: Xavier's weights under a sigmoid let signal and gradient fade, and ELU under weights that are far too
# large explodes. A remedy is made to go *with* something, and without it, it can be poison.
#
# **Say it back.** Remedies are not points that add up. Start and bend belong together. What comes first is what the
# measurement says for *your* kind of network.

# %% jupyter={"source_hidden": true}
Quiz(
    "Two remedies, each measured alone, make a network worse. What follows "
    "for the two together?",
    {
        "They make it worse together too": "Not so: He's weights were made "
        "for a bend such as ReLU, and a bend such as ELU needs weights of "
        "the right size. One without the other is half a remedy.",
        "Nothing follows: it has to be measured": "Right. The parts of a "
        "network act on each other, so an effect alone says little about "
        "the effect in company.",
        "They make it twice as bad": "Effects of parts that act on each "
        "other do not add up.",
        "Each of them is useless": "Alone perhaps. In section 4 Xavier's "
        "weights alone faded and ELU alone exploded, and the pair kept "
        "signal and gradient.",
    },
    correct="Nothing follows: it has to be measured",
)

# %% [markdown]
# ## 8 · Find the bug
#
# **The question.** Somebody hands you a network and says: it does not learn. No error message. What do you look at?
#
# Here are three such networks, A, B and C. Each has ten layers of 100 ReLU units with batch norm, and trains with
# Adam. `broken_network("A")` hands you the first one, fresh each time. Below it is called `patient`, and you can ask
# it for everything that this chapter looks at. `images` and `labels` are the 200 training images of section 1; new
# ones are in `data.validation.x` and `data.validation.labels`.
#
# | Ask | What it tells |
# |---|---|
# | `layer_flow(patient, images, labels)` | sums, activations and gradients of every hidden layer |
# | `units_off(patient, images).reshape(10, 100)` | for each layer, which units are off for all images (section 3) |
# | `for x, y in draw_batches(20): print(patient.train_step(x, y))` | 20 training steps, and the loss before each |
# | `patient.evaluate(images, labels)` | loss and accuracy in evaluation mode |
# | `patient.evaluate(images, labels, training=True)` | the same in training mode |
# | `patient.state()` | all parameters and running statistics, by name |

# %%
from course_lib.checks.broken_networks import (
    ILLNESSES,
    REMEDIES,
    broken_network,
)

print("ILLNESSES")
for name, description in ILLNESSES.items():
    print_wrapped(f"  {name:30} {description}", indent=33)
print("REMEDIES")
for name, description in REMEDIES.items():
    print_wrapped(f"  {name:30} {description}", indent=33)

# %%
patient = broken_network("A")  # then "B", then "C"
flow = layer_flow(patient, images, labels)
for what, sizes in {
    "spread of the activations": flow.activation_spread,
    "signal, image to image": flow.signal_spread,
    "size of the gradients": flow.gradient_size,
}.items():
    print(f"{what}, layers 1 to 10:")
    print(" ".join(f"{size:6.1g}" for size in sizes))

# %% [markdown]
# The cell above is a first look, and a first look is not enough for all three. Change the letter, add lines, train for
# some steps and look again. Write down what you see before you name it.
#
# ### Exercise 3.10 · Find the bug
#
# **Purpose:** go from symptoms to the illness, and from the illness to the one remedy that treats its cause.
#
# Return a dict with the letters A, B and C. Each value is a pair of names from the two lists above: the illness and the
# remedy.
#
# **Example of the form:** `{"A": ("name of an illness", "name of a remedy"), "B": (…), "C": (…)}`.
#
# <details><summary>Hint 1</summary>
#
# Three questions for each: Are the numbers sound *before* the first step, in every layer? Do they stay so after twenty
# steps? And is what it does in training also what it does in evaluation?
#
# </details>
# <details><summary>Hint 2</summary>
#
# Compare with a healthy network of the same kind: `Network(Recipe(hidden_layers=(100,) * 10, activation="relu",
# drop_rate=0.0), 784, 10)`. (Its `evaluate` knows evaluation mode only.) Where the two differ by much, there is a
# symptom. For the units: which share of each layer is off for all images?
#
# </details>


# %%
def find_the_bug():
    """{"A": (illness, remedy), "B": (illness, remedy), "C": (illness,
    remedy)}.
    """
    # BEGIN SOLUTION
    return {
        "A": ("layer_off_from_the_start", "shifts_to_zero"),
        "B": ("steps_too_long", "learning_rate_divided_by_1000"),
        "C": ("statistics_stand_still", "statistics_that_move"),
    }
    # END SOLUTION


# %%
check("3.10", find_the_bug)

# %% [markdown] tags=["solution"]
# **Worked solution.** Three networks, three ways of looking.
#
# *A, at the start:* the first three layers are sound. From layer 4 on the spread and the signal are 0: all units of
# layer 4 are off for every image, and no gradient passes. The spread does not *shrink*, it *breaks off*, so it is not a
# matter of how large the weights are, and new weights change nothing. `state()` shows what pushes the sums down:
# the shift of the fourth batch norm. Setting it to 0 treats the cause. ELU has a slope on the left, but so far out, at
# sums near −25, its slope is as good as 0.
#
# *B, after some steps:* at the start everything is sound. The first losses jump up and down, and after twenty steps
# nothing is as it was. Steps that are too long; and clipping does not help here. Adam divides the gradient by its own
# running size, so its first steps are about as long as the learning rate says, however short the gradient is. (What
# clipping can do for Adam is cut the few gradients that are far longer than the rest, as in section 6.) A smaller
# learning rate does help.
#
# *C, in the other mode:* the start is sound and the training loss falls. In training mode it judges new images well, so
# it has not learned by heart. In evaluation mode it fails: the running statistics still stand where they began.

# %% [markdown]
# When the check has passed, give the patients their remedy: `treated("A", remedy)` from
# `course_lib.checks.broken_networks` is network A with it. Train it for a hundred steps. And then try a remedy that
# treats something else.
#
# **Say it back.** Look before you treat: forward, backward, after some steps, and in both modes. A remedy that does not
# meet the cause is no cure.
#
# ## 9 · The article said, we measured
#
# Each row is one claim and its primary comparison. [CLAIMS.md](../CLAIMS.md) has all the others, and how to measure
# each of them again.

# %% jupyter={"source_hidden": true}
CLAIMS = (
    "vanishing_sigmoid",
    "xavier_keeps_signal",
    "he_keeps_signal",
    "dying_relu",
    "leaky_units_survive",
    "activation_order",
    "initialization_trains",
    "batch_norm_accuracy",
    "batch_norm_learning_rates",
    "layer_norm_small_batches",
    "recurrent_gradients",
    "clipping_survives",
    "clipping_solves",
    "priority_order",
)
rows = []
for name in CLAIMS:
    measurement = load_measurement(name)
    primary = measurement.primary.label
    rows += [
        row | {"measured": spelled(primary)}
        for row in measurement_rows(measurement, [primary])
    ]
HTML(effects_table(rows))

# %% [markdown]
# All of it on images of clothes and one made-up task, with networks that train in seconds. The verdicts claim no more.
# What larger studies found stands beside them in CLAIMS.md.
# The value is in the habit: before you believe that X helps, ask *compared with what, in which setting, by how much,
# and how sure*.
#
# ## 10 · Looking back
#
# - On its way back through a layer a gradient is multiplied by weights and slopes. Depth raises the factor to a power.
# - Variances add up over the terms of a sum. Xavier and He choose the starting weights so that the factor is 1, each
#   for its own kind of bend.
# - ReLU keeps the gradient and can kill its units; the leaky family and ELU leave a slope on the left.
# - Batch norm sets the sizes anew in every step: statistics of the batch in training, running ones in evaluation.
# - A recurrent network multiplies by the same weights at each step. Clipping by norm limits the explosion and keeps the
#   direction. It brings back nothing that vanished.
# - Look at activations and at $\partial L/\partial h$ in every layer. Weight gradients alone can look healthy in a sick
#   network.
#
# ### Last questions

# %% jupyter={"source_hidden": true}
Quiz(
    "A layer has 50 inputs and 200 units, ReLU follows. Which variance do "
    "He's starting weights have?",
    {
        "2/50": "Right: 2 over fan_in, the terms in each sum.",
        "2/250": "That is Xavier's: 2 over the sum of both fans.",
        "2/200": "fan_out counts the units. The terms of each sum are the "
        "inputs.",
        "The root of 2/50": "That is the standard deviation. The question "
        "asked for the variance.",
    },
    correct="2/50",
)

# %% jupyter={"source_hidden": true}
Quiz(
    "In a deep network the gradients over the weights are equally large in "
    "all layers. What do you know?",
    {
        "The gradient neither vanishes nor explodes": "The weight gradient "
        "is activation times slope. One may shrink forward while the other "
        "shrinks backward.",
        "Too little: activations and gradients over them have to be looked "
        "at as well": (
            "Right. In section 2 Xavier's weights under ReLU lost three "
            "decades both ways, and the gradients over the weights of "
            "layers 2 and 20 were about equally large."
        ),
        "The network will train well": "Some that look like this hardly "
        "train.",
        "Batch norm is on": "It can look like this with and without.",
    },
    correct="Too little: activations and gradients over them have to be "
    "looked at as well",
)

# %% jupyter={"source_hidden": true}
Quiz(
    "A colleague clips each layer's gradient to norm 1 by itself. What is "
    "different from clipping the joint norm?",
    {
        "Nothing, all norms are at most 1": "The joint norm of ten layers "
        "could still be more than 3.",
        "The proportions between the layers change, so the direction of "
        "the step turns": (
            "Right. A layer with a long gradient is cut, the one beside it "
            "is not."
        ),
        "It is the same as clipping by value": "By value cuts each entry. "
        "This cuts each layer: in between.",
        "It cannot explode any more, the other way can": (
            "Both limit the step."
        ),
    },
    correct="The proportions between the layers change, so the direction "
    "of the step turns",
)

# %% [markdown]
# ### What people do today
#
# - **Starting weights** get a spread that depends on fan_in, as Xavier's and He's do, and every library has them. Look
#   up what its layers start with by themselves: PyTorch's linear layers take a sixth of He's variance. Very deep
#   networks often scale the weights down further.
# - **Activations.** ReLU is still common for images. Language models mostly use GELU [15], smooth and with a
#   slope just left of 0, or gated relatives of it. The long list of the leaky family has become a footnote.
# - **Layer norm** [16], or its shorter form RMS norm [20], which leaves the mean out, has taken batch norm's place in
#   language models: it normalizes each example over its own features, so it knows no difference between training and
#   evaluation and no batch. In networks for images batch norm is still at home.
# - **Residual connections** (He and others 2016 [17]) may be the strongest remedy of all in very deep networks, and the
#   article does not have them: $h_l = h_{l-1} + f(h_{l-1})$. The slope of a layer is then 1 *plus* something, so the
#   factor near 1 is built in. Nearly every deep network has them.
#   [Measured here](../CLAIMS.md#residual_trains_deep) together with batch norm: in a short training they gain a lot,
#   with 50 layers far more than with 20. In longer ones 20 layers without them catch up, and ten are a little better
#   off without. The 50 got half the steps that the 20 got, and stay far behind. Without any normalization, from He's
#   weights, they harm, since what all the layers add piles up.
# - **Recurrent networks** got gates (LSTM [11]), which build a factor near 1 into time. For language, attention has
#   mostly taken their place: it looks back at all steps at once, without a product of 60 factors.
# - **Clipping by norm**, with a limit of 1, is a usual line in the training of large language models.
#
# ### Glossary
#
# | Term | Meaning |
# |---|---|
# | adding problem | a sequence task: the sum of two marked numbers, asked for at the end |
# | arm | one of the things that a measurement compares |
# | back-propagation through time | back-propagation over the steps of a recurrent network |
# | batch normalization | each unit's sums get mean 0 and spread 1 over the mini-batch, then a learned scale and shift |
# | clipping | a limit to the gradient: by norm (its length) or by value (each entry) |
# | dead, off | off: the sum is 0 or less for every image; dead: off, and with slope 0 |
# | decade | a factor of ten |
# | evaluation mode | as in prediction: batch norm uses its running statistics |
# | exploding, vanishing | a gradient that grows, or shrinks, by a factor in every layer |
# | gain | the factor by which the recurrent weights lengthen every vector |
# | He initialization | weights with variance 2 / fan_in, for ReLU |
# | hidden state | what a recurrent network hands on from step to step: its memory |
# | interval | where the mean difference lies, with 95% confidence |
# | layer norm | each example is normalized over its own features: no batch is needed |
# | leaky family | LReLU, RReLU, PReLU: ReLU with a small slope on the left |
# | norm | the length of a gradient: the root of the sum of all squares |
# | primary comparison | the one that a claim's verdict is about, named before anything is measured |
# | recurrent network, RNN | a network that feeds its own activations back to itself, step after step |
# | residual connection | a layer's input is added to what the layer makes of it |
# | rotation | a matrix that changes the direction of a vector and not its length (orthogonal) |
# | running statistics | averages of mean and variance over the last batches |
# | seed | the number that fixes what is random in a run |
# | signal | what differs in a layer's activations from image to image |
# | size | of an array: the root of the mean of the squares |
# | spread | standard deviation: the root of the variance |
# | unbiased variance | divided by n − 1 in place of n |
# | variance | the mean squared distance from the mean |
# | verdict | clearly helps, helps, too small to matter, open, harms, clearly harms: by a rule fixed in advance |
# | Xavier initialization | weights with variance 2 / (fan_in + fan_out) |
#
# ### Sources
#
# 1. X. Glorot, Y. Bengio. Understanding the difficulty of training deep feedforward neural networks. AISTATS (2010).
# 2. K. He, X. Zhang, S. Ren, J. Sun. Delving deep into rectifiers: surpassing human-level performance on ImageNet
#    classification. ICCV (2015). [arXiv:1502.01852](https://arxiv.org/abs/1502.01852)
# 3. A. Maas, A. Hannun, A. Ng. Rectifier nonlinearities improve neural network acoustic models. ICML Workshop on Deep
#    Learning for Audio, Speech and Language Processing (2013).
# 4. B. Xu, N. Wang, T. Chen, M. Li. Empirical evaluation of rectified activations in convolutional network.
#    [arXiv:1505.00853](https://arxiv.org/abs/1505.00853) (2015).
# 5. D.-A. Clevert, T. Unterthiner, S. Hochreiter. Fast and accurate deep network learning by exponential linear units
#    (ELUs). ICLR (2016). [arXiv:1511.07289](https://arxiv.org/abs/1511.07289)
# 6. S. Ioffe, C. Szegedy. Batch normalization: accelerating deep network training by reducing internal covariate shift.
#    ICML (2015). [arXiv:1502.03167](https://arxiv.org/abs/1502.03167)
# 7. S. Santurkar, D. Tsipras, A. Ilyas, A. Mądry. How does batch normalization help optimization? NeurIPS (2018).
#    [arXiv:1805.11604](https://arxiv.org/abs/1805.11604)
# 8. P. Werbos. Backpropagation through time: what it does and how to do it. Proceedings of the IEEE 78, 1550–1560
#    (1990).
# 9. S. Hochreiter. Untersuchungen zu dynamischen neuronalen Netzen (in German). Diploma thesis, Technische Universität
#    München (1991).
# 10. Y. Bengio, P. Simard, P. Frasconi. Learning long-term dependencies with gradient descent is difficult. IEEE
#     Transactions on Neural Networks 5, 157–166 (1994).
# 11. S. Hochreiter, J. Schmidhuber. Long short-term memory. Neural Computation 9, 1735–1780 (1997).
# 12. Q. Le, N. Jaitly, G. Hinton. A simple way to initialize recurrent networks of rectified linear units.
#     [arXiv:1504.00941](https://arxiv.org/abs/1504.00941) (2015).
# 13. T. Mikolov. Statistical language models based on neural networks. PhD thesis, Brno University of Technology
#     (2012).
# 14. R. Pascanu, T. Mikolov, Y. Bengio. On the difficulty of training recurrent neural networks. ICML (2013).
#     [arXiv:1211.5063](https://arxiv.org/abs/1211.5063)
# 15. D. Hendrycks, K. Gimpel. Gaussian error linear units (GELUs).
#     [arXiv:1606.08415](https://arxiv.org/abs/1606.08415) (2016).
# 16. J. Ba, J. Kiros, G. Hinton. Layer normalization. [arXiv:1607.06450](https://arxiv.org/abs/1607.06450) (2016).
# 17. K. He, X. Zhang, S. Ren, J. Sun. Deep residual learning for image recognition. CVPR (2016).
#     [arXiv:1512.03385](https://arxiv.org/abs/1512.03385)
# 18. G. Yang, J. Pennington, V. Rao, J. Sohl-Dickstein, S. Schoenholz. A mean field theory of batch normalization. ICLR
#     (2019). [arXiv:1902.08129](https://arxiv.org/abs/1902.08129)
# 19. J. Bjorck, C. Gomes, B. Selman, K. Weinberger. Understanding batch normalization. NeurIPS (2018).
#     [arXiv:1806.02375](https://arxiv.org/abs/1806.02375)
# 20. B. Zhang, R. Sennrich. Root mean square layer normalization. NeurIPS (2019).
#     [arXiv:1910.07467](https://arxiv.org/abs/1910.07467)
#
# **Next:** chapter 4. The gradients arrive now. How to get more out of each step, and out of each second.
