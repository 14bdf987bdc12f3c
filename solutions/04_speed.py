# %% [markdown]
# # Chapter 4 · Speed
#
# Since chapter 3 the gradients arrive. But you wait: the article's second problem is *training is too slow*.
#
# **When you are done, you can**
#
# 1. say where the time of a training run goes;
# 2. write momentum and Adam, and say what each of them does to a step;
# 3. compare optimizers fairly, and see through a comparison that is not;
# 4. find a learning rate in one short run, and let it fall;
# 5. reuse a network that somebody else has trained, and say when that pays;
# 6. say what pretraining with autoencoders was, and why it was dropped;
# 7. time a machine without fooling yourself, and find what slows a training loop down;
# 8. say what several processes compute together.
#
# **Time:** about 110 minutes of reading and trying, and 70 more for the eight exercises. Sections 1 to 3, 4 and 5, 6
# and 7, and 8 to 11 make four sittings.
#
# **You need:** chapter 2 (gradient, learning rate, mini-batches) and chapter 3 (batch norm, how to read a measurement).
#
# **Waits.** A cell that takes longer than a second says so, in seconds on two CPU cores. Nearly everything runs on the
# CPU, also where there is a GPU: the networks are small.

# %% [markdown]
# One thing is done first, while the kernel is still small: two more processes, each with a PyTorch of its own, train a
# network together. Later there would be less room for them. Section 9 says what they did and what came of it. *About 8
# s.*

# %%
from course_lib.data import Dataset, Split, load_fashion_mnist
from course_lib.recipe import Recipe
from course_lib.training.parallel import launch

data = load_fashion_mnist()
usual = Recipe(
    hidden_layers=(300, 100),
    activation="relu",
    normalization="none",
    drop_rate=0.0,
)
few = Dataset(
    Split(data.train.x[:1000], data.train.labels[:1000]),
    name="1,000 images",
    class_names=data.class_names,
)
shared = usual.replace(hidden_layers=(100,), epochs=2)
by_two = launch(
    shared,
    2,
    few,
    dtype="float64",
    device="cpu",
    progress=False,
    seconds_without_answer=60,
    oversubscribe=True,  # also where there is one core
)

# %%
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML

from course_lib.learner import check
from course_lib.data.surfaces import RACE_SURFACES, Surface
from course_lib.experiments import short_runs
from course_lib.experiments.runner import measure
from course_lib.experiments.storage import load_measurement
from course_lib.experiments.surface_race import (
    losses_on,
    steps_to_goal,
    tuned_race,
    walk,
)
from course_lib.explorers.optimizer_race import OptimizerRaceExplorer
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.plots import show, style
from course_lib.plots.claims import show_measured, spelled
from course_lib.plots.durations import plot_durations, ratio_text
from course_lib.plots.filters import plot_filters
from course_lib.plots.images import plot_image_grid
from course_lib.plots.learning_rates import plot_range_test, plot_schedules
from course_lib.plots.measurements import effects_table, measurement_rows
from course_lib.plots.printed import print_wrapped
from course_lib.plots.race import plot_paths
from course_lib.plots.training import plot_curves
from course_lib.recipe import ENTRYWISE_OPTIMIZERS
from course_lib.scratch import optimizers
from course_lib.engine.numpy_backend import Network
from course_lib.threads import limit_threads

# one core for each computation: section 8 measures what more of them do
limit_threads(1)

# %% [markdown]
# What does your machine have? *Loading PyTorch takes some seconds.*

# %%
import torch

from course_lib.benchmarks.banner import device_banner

print_wrapped(device_banner())

# %% [markdown]
# ## 1 · Where the time goes
#
# **The question.** A layer of 100 units, one image of 784 pixels: 78,400 multiplications, and as many additions. You
# can write them as three loops or as one line, `x @ W`. It is the same arithmetic. Is it the same time? (We count in
# ms, thousandths of a second, and in µs, millionths.)

# %% jupyter={"source_hidden": true}
Prediction(
    "loop",
    "Three loops in Python against one line of NumPy, for the sums of a "
    "layer. How many times faster is NumPy?",
    choices=[
        "About as fast",
        "About 10 times",
        "About 100 times",
        "1,000 times and more",
    ],
)


# %%
def sums_by_loops(x, W):
    """x (batch, fan_in), W (fan_in, fan_out): lists -> (batch, fan_out)."""
    sums = []
    for image in x:
        row = []
        for unit in range(len(W[0])):
            total = 0.0
            for pixel in range(len(W)):
                total += image[pixel] * W[pixel][unit]
            row.append(total)
        sums.append(row)
    return sums


def seconds(function, repeats=5):
    """The shortest of several times: the one that was disturbed least."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        function()
        times.append(perf_counter() - start)
    return min(times)


x = data.train.x[:64]
W = np.random.default_rng(0).normal(0, 0.05, (784, 100)).astype("float32")
x_lists, W_lists = x.tolist(), W.tolist()
x_tensor, W_tensor = torch.tensor(x), torch.tensor(W)
two = sums_by_loops(x_lists[:2], W_lists)
assert np.allclose(two, x[:2] @ W, atol=1e-4)

by_loops = seconds(lambda: sums_by_loops(x_lists[:4], W_lists))
one_by_one = seconds(lambda: [image @ W for image in x], 20)
in_torch = seconds(lambda: x_tensor @ W_tensor, 20)
per_image = {
    "Python, three loops": by_loops / 4,
    "NumPy, image by image": one_by_one / 64,
    "NumPy, 64 images at once": seconds(lambda: x @ W, 20) / 64,
    "PyTorch, 64 images at once": in_torch / 64,
}

# %% jupyter={"source_hidden": true}
loops, at_once = (
    per_image["Python, three loops"],
    per_image["NumPy, 64 images at once"],
)
figure, axes = plt.subplots(figsize=(8, 2.6), layout="constrained")
plot_durations(axes, per_image)
axes.set_title(
    f"The same arithmetic: three loops take {ratio_text(loops / at_once)} "
    "times as long as one line of NumPy"
)
show(
    figure,
    alt="Seconds for one image through one layer, on a log axis: "
    + "; ".join(
        f"{name} {1e6 * value:,.1f} microseconds"
        for name, value in per_image.items()
    )
    + ".",
)

# %% jupyter={"source_hidden": true}
recall(
    "loop",
    answer=f"On this machine {ratio_text(loops / at_once)} times.",
)

# %% [markdown]
# Python looks at each number anew: what is it, how is it multiplied, where does the result go? NumPy asks once for the
# whole array and then multiplies many numbers with each instruction. Handing it 64 images at once helps again: one
# call, and each weight that is fetched from memory is used 64 times. Code without a loop over single numbers is called
# **vectorized**.
#
# **The formula.** What you wait for has two factors:
#
# $$\text{time} = \text{steps} \times \text{seconds per step}$$
#
# | What makes it smaller | Section |
# |---|---|
# | fewer steps: a better optimizer | 2 to 4 |
# | fewer steps: a better learning rate | 5 |
# | fewer steps: a start that is nearer to the end | 6 and 7 |
# | fewer seconds per step: the machine, or several | 8 and 9 |
#
# **By hand:** 2,000 steps of 5 ms are 10 seconds. Another optimizer needs a quarter of the steps, and
# each of them takes 6 ms: 500 · 6 ms = 3 seconds.
#
# The second factor, measured: one step of a network with 300 and 100 hidden units, in the course's two engines. *About
# 2 s.*

# %%
from course_lib.engine.torch_backend import Network as TorchNetwork


def seconds_a_step(net, repeats):
    """The time of one training step with 64 images."""
    x, labels = data.train.x[:64], data.train.labels[:64]
    return seconds(lambda: net.train_step(x, labels), repeats)


for name, engine in {"NumPy": Network, "PyTorch": TorchNetwork}.items():
    step_time = seconds_a_step(engine(usual, 784, 10, device="cpu"), 30)
    print(
        f"{name:8} {1000 * step_time:5.2f} ms a step of 64 images: "
        f"{64 / step_time:9,.0f} images a second"
    )

# %% [markdown]
# **Say it back.** Time is steps times seconds per step. Loops over numbers belong in the library, not in Python.

# %% jupyter={"source_hidden": true}
Quiz(
    "A new optimizer needs half the steps. Each of its steps takes 1.5 "
    "times as long. What happens to the time?",
    {
        "It is halved": "That would be so if a step took as long as "
        "before.",
        "It falls to three quarters": "Right: 1/2 · 1.5 = 0.75. Both "
        "factors count.",
        "It stays as it is": "1/2 · 1.5 is below 1.",
        "It grows by half": "Each step does, but there are only half as "
        "many.",
    },
    correct="It falls to three quarters",
)

# %% [markdown]
# ## 2 · Momentum
#
# **The question.** In chapter 2 a valley that is steep across and flat along made gradient descent crawl: the steep
# direction sets the learning rate, and the flat one has to live with it. Here is a ravine from above, 100 times as
# steep across as along, with two paths, each at its best learning rate. Gradient descent zigzags, then creeps. The
# other one swings, and arrives. What does it do?

# %% jupyter={"source_hidden": true}
ravine = RACE_SURFACES["ravine"]
race = tuned_race(ravine)
shown = {name: race[name][2] for name in ("gradient_descent", "momentum")}
arrived = {
    name: f"{steps} steps" if steps else "more than 150 steps"
    for name, (_, steps, _) in race.items()
}
figure, axes = plt.subplots(figsize=(9, 3.4), layout="constrained")
plot_paths(
    axes, ravine.loss, shown, (-3, 1, -0.75, 0.75), minimum=ravine.minima[0]
)
axes.set(xlabel="along the ravine", ylabel="across")
axes.legend(loc="upper right", ncols=2)
axes.set_title(
    f"To a thousandth of the first loss:\n{arrived['momentum']} with "
    f"momentum, {arrived['gradient_descent']} with gradient descent"
)
show(
    figure,
    alt="Contours of a narrow ravine from above with two paths to its "
    "lowest point, each at its best learning rate. Momentum needs "
    f"{arrived['momentum']}, gradient descent "
    f"{arrived['gradient_descent']}.",
)

# %% [markdown]
# It has **momentum** (Polyak 1964 [1]): a **velocity** that each gradient pushes, and most of which it keeps. Across
# the ravine the pushes change sides and cancel in the end: the path swings, less and less. Along the ravine they all
# point the same way, and add up. To what?

# %% jupyter={"source_hidden": true}
Prediction(
    "velocity",
    "Momentum keeps 90% of its velocity and adds the gradient. The "
    "gradient is 1 at every step. The velocity grows to…",
    choices=["1.9", "9", "10", "It grows without end"],
)

# %%
velocity = 0.0
for step in range(1, 61):
    velocity = 0.9 * velocity + 1.0
    if step in (1, 2, 3, 10, 30, 60):
        print(f"step {step:2}: velocity {velocity:.3f}")

# %% jupyter={"source_hidden": true}
recall(
    "velocity",
    answer="10. What is lost, a tenth of the velocity, is then as much as "
    "what is added: 1.",
)

# %% [markdown]
# **The formula.**
#
# $$v \leftarrow \mu v + g \qquad\qquad w \leftarrow w - \eta v$$
#
# | Symbol | Meaning | Shape |
# |---|---|---|
# | $w$, $g$ | parameters, and the gradient of the loss over them | the same |
# | $v$ | the velocity, 0 at the start | like $w$ |
# | $\mu$ | the momentum: the share of the velocity that is kept, usually 0.9 | one number |
# | $\eta$ | the learning rate | one number |
#
# With a gradient that stays the same the velocity comes to $g / (1 - \mu)$. **By hand,** $\mu = 1/2$ and $g = 8$: the
# velocities are 8, 12, 14, 15, … up to 16, twice the gradient. And if the gradient turns around at every step, 8, −8,
# 8, −8: they are 8, −4, 6, −5, … and go on back and forth with 16/3, two thirds of the gradient.
#
# ### Exercise 4.1 · One step of momentum
#
# **Purpose:** write the line that makes gradient descent remember.
#
# `w`, `velocity` and `gradient` are arrays of one shape. The step is written already: fill in the new velocity, as a
# new array. The arrays you were given stay as they are.
#
# **Example:** with `w = [1.0]`, `velocity = [2.0]`, `gradient = [3.0]`, a learning rate of 0.1 and momentum 0.9 the new
# velocity is `[4.8]` and the new parameter `[0.52]`.
#
# <details><summary>Hint 1</summary>
#
# The learning rate is only in the step.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `velocity *= momentum` would change the array you were given.
#
# </details>


# %%
def momentum_step(w, velocity, gradient, learning_rate, momentum):
    """One step of momentum: the new parameters and the new velocity, arrays
    like w.
    """
    # BEGIN SOLUTION
    velocity = momentum * velocity + gradient
    # END SOLUTION
    return w - learning_rate * velocity, velocity


# %%
check("4.1", momentum_step)

# %% [markdown] tags=["solution"]
# **Worked solution.** `momentum * velocity + gradient` makes a new array, so nothing that you were given changes. Some
# books write $v \leftarrow \mu v + (1 - \mu) g$: an average in place of a sum. Then the velocity ends at $g$ and not at
# $g / (1 - \mu)$. Neither is wrong, but a learning rate from one is ten times too large or too small for the other, at
# $\mu = 0.9$.

# %% [markdown]
# ### Look ahead: Nesterov
#
# A ball rolls past the valley's floor. Nesterov's idea (1983 [2]): you know already where the velocity will carry you,
# so look at the slope *there*. In the form that is used for networks (Bengio and others 2013 [3]) the step is made
# along the velocity that the *next* step would have if the gradient stayed the same:
#
# $$v \leftarrow \mu v + g \qquad\qquad w \leftarrow w - \eta\,(g + \mu v)$$
#
# **By hand,** just past the floor, where velocity and gradient disagree: $\mu = 1/2$, $\eta = 0.1$, a velocity of 20
# and a gradient of −8. Then $v = 10 - 8 = 2$, and momentum moves $w$ by $-0.1 \cdot 2 = -0.2$, still uphill. Nesterov
# moves it by $-0.1 \cdot (-8 + 1) = +0.7$: it has turned around already.
#
# **What momentum buys** depends on how many times steeper the valley is across than along. We count the steps until the
# loss stays below a thousandth of its start, at the best of 60 rates, and with momentum also at the best of nine values
# of $\mu$. *About 1 s.*

# %% jupyter={"source_hidden": true}
Prediction(
    "steeper",
    "A valley 10 times as steep across as along, and one 1,000 times as "
    "steep: a hundredfold. How many times as many steps does momentum need "
    "in the second one?",
    choices=[
        "About as many",
        "About 10 times",
        "About 100 times",
        "About 1,000 times",
    ],
)

# %%
MOMENTA = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97)


def steps_needed(steepness, optimizer, momenta=(0.0,)):
    """Steps to a thousandth of the loss, best rate and best momentum."""
    valley = Surface(
        "valley",
        loss=lambda x, y: (x**2 + steepness * y**2) / 2,
        gradient=lambda x, y: (x, steepness * y),
        minima=((0, 0),),
    )
    rates = np.geomspace(0.5, 4, 60) / steepness
    start = (1, steepness**-0.5)  # the same loss along and across
    counts = []
    most = 3 * steepness  # steps
    for momentum in momenta:
        paths = walk(valley, optimizer, rates, momentum, most, start)
        losses = losses_on(valley, paths)
        counts += [steps_to_goal(column) for column in losses.T]
    return min(count for count in counts if count is not None)


counted = {}
print("times steeper   gradient descent   momentum   Nesterov")
for steepness in (10, 100, 1000):
    counted[steepness] = [
        steps_needed(steepness, "gradient_descent"),
        steps_needed(steepness, "momentum", MOMENTA),
        steps_needed(steepness, "nesterov", MOMENTA),
    ]
    plain, momentum, nesterov = counted[steepness]
    print(f"{steepness:13,} {plain:18,} {momentum:10,} {nesterov:10,}")

# %% jupyter={"source_hidden": true}
recall(
    "steeper",
    answer=f"About 10 times: {counted[10][1]} and {counted[1000][1]} "
    "steps. Gradient descent needs about 100 times as many: "
    f"{counted[10][0]} and {counted[1000][0]:,}.",
)

# %% [markdown]
# For gradient descent the steps grow like the steepness, for momentum and Nesterov like its *square root*: 10 is the
# root of 100. So the gain is large where the valley is narrow. (A network is not one valley, and its mini-batches are
# noisy. Section 4 measures what is left of the gain.)
#
# **PyTorch:** both are in `torch.optim.SGD` (stochastic gradient descent).

# %%
for by_hand_class, nesterov in (
    (optimizers.Momentum, False),
    (optimizers.Nesterov, True),
):
    ours = np.array([-2.5, 0.5])
    w = torch.tensor(ours, requires_grad=True)
    by_hand = by_hand_class(ours, 0.008, momentum=0.9)
    theirs = torch.optim.SGD([w], lr=0.008, momentum=0.9, nesterov=nesterov)
    for _ in range(100):
        by_hand.step(np.array(ravine.gradient(*ours)))
        theirs.zero_grad()
        ravine.loss(w[0], w[1]).backward()
        theirs.step()
    difference = np.abs(ours - w.detach().numpy()).max()
    print(
        f"nesterov={nesterov!s:5}  100 steps in the ravine, largest "
        f"difference {difference:.0e}"
    )
    assert difference < 1e-9

# %% [markdown]
# **Say it back.** Momentum adds up what the gradients have in common and cancels the rest. Nesterov looks where the
# velocity leads. In a narrow valley both need far fewer steps.

# %% jupyter={"source_hidden": true}
Quiz(
    "You raise the momentum from 0.9 to 0.99. Along the valley, where the "
    "gradient hardly changes, the steps are to end up as long as before. "
    "What do you do with the learning rate?",
    {
        "Keep it: 0.99 is about 0.9": "What counts is what is lost in each "
        "step. That was 10% and is now 1%.",
        "Divide it by ten": "Right: the velocity ends at 1 / (1 - 0.9) = "
        "10 gradients before, and at 100 now. From gradient descent to "
        "momentum 0.9 it is the same: begin with a tenth of the rate.",
        "Multiply it by ten": "The velocity ends ten times as large. With "
        "ten times the rate the steps end 100 times as long.",
        "Divide it by 1.1, since 0.99 is 1.1 times 0.9": (
            "The velocity is not in proportion to the momentum. It ends at "
            "g / (1 - momentum)."
        ),
    },
    correct="Divide it by ten",
)

# %% [markdown]
# ## 3 · A rate for each parameter: RMSProp and Adam
#
# **The question.** Momentum still has one learning rate for all parameters. How different are their gradients, in a
# real network? We take the usual size of the gradient of each parameter, the root of its mean square over 30
# mini-batches at the start of training. Beside it: the steps that **Adam**, this section's optimizer, makes with the
# same gradients.


# %%
def draw_batches(steps, seed=0, size=64):
    """Random mini-batches of training images, (images, labels) each."""
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        chosen = rng.choice(len(data.train), size, replace=False)
        yield data.train.x[chosen], data.train.labels[chosen]


net = Network(usual.replace(hidden_layers=(100,)), 784, 10, dtype="float64")
gradients = []
for x, labels in draw_batches(30):
    arrays = net.loss_and_gradients(x, labels)[1].values()
    gradients.append(np.concatenate([array.ravel() for array in arrays]))
gradient_sizes = np.sqrt(np.mean(np.square(gradients), axis=0))

adam_position = np.zeros(len(gradient_sizes))
adam = optimizers.Adam(adam_position, learning_rate=0.001)
for gradient in gradients:
    before = adam_position.copy()
    adam.step(gradient)
step_sizes = np.abs(adam_position - before)  # of the last step


# %% jupyter={"source_hidden": true}
def spread(sizes):
    """The largest of the middle 90% over the smallest, without sizes of 0:
    some pixels are always black.
    """
    low, high = np.percentile(sizes[sizes > 0], [5, 95])
    return ratio_text(high / low)


figure, grid = plt.subplots(
    1, 2, figsize=(10, 3.4), sharex=True, sharey=True, layout="constrained"
)
shown = {
    "gradients": (gradient_sizes, style.GRADIENT),
    "steps of Adam": (step_sizes, style.FUNCTION),
}
for axes, (name, (sizes, color)) in zip(grid, shown.items(), strict=True):
    relative = np.log10(sizes[sizes > 0] / np.median(sizes[sizes > 0]))
    axes.hist(
        relative,
        bins=np.linspace(-4, 2, 61),
        color=color,
        weights=np.full(len(relative), 100 / len(relative)),
    )
    axes.set(
        xlabel="size, against the median (log scale)", xticks=range(-4, 3)
    )
    axes.set_xticklabels(
        ["1/10,000", "1/1,000", "1/100", "1/10", "1", "10", "100"]
    )
    axes.set_title(
        f"{name}: in the middle 90% the largest\nis {spread(sizes)} times "
        "the smallest"
    )
grid[0].set_ylabel("share of the parameters (%)")
show(
    figure,
    alt="Two histograms on the same log axis. In the middle 90% of all "
    f"parameters the largest gradient is {spread(gradient_sizes)} times "
    f"the smallest, Adam's largest step {spread(step_sizes)} times its "
    "smallest.",
)

# %% [markdown]
# With one learning rate for all, some parameters move more than a hundred times as far as others, and nobody has
# decided that they should. The remedy: divide each gradient by its own usual size.
#
# **RMSProp** (Hinton 2012, in a lecture [4]) keeps a running mean of each gradient's square, and divides by its root:
#
# $$s \leftarrow \rho\, s + (1 - \rho)\, g^2 \qquad\qquad w \leftarrow w - \eta\, \frac{g}{\sqrt s + \epsilon}$$
#
# **Adam** (Kingma and Ba 2015 [5]) puts a running mean of the gradient itself over such a root. That is momentum again,
# with a mean in place of a sum. (The two $1 - \beta^t$ come below.)
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g \qquad s \leftarrow \beta_2 s + (1 - \beta_2)\, g^2$$
#
# $$w \leftarrow w - \eta\, \frac{m / (1 - \beta_1^t)}{\sqrt{s / (1 - \beta_2^t)} + \epsilon}$$
#
# | Symbol | Meaning | Usual value |
# |---|---|---|
# | $m$, $s$ | running means of the gradient and of its square, 0 at the start; like $w$ | |
# | $\beta_1$, $\beta_2$, $\rho$ | the share of the old mean that is kept | 0.9, 0.999, 0.99 |
# | $t$ | the number of the step, **counted from 1** | 1, 2, 3, … |
# | $\epsilon$ | a small number, so that a gradient of 0 does not divide by 0 | $10^{-8}$ |
# | $\eta$ | the learning rate | 0.001 |
#
# Squares, roots and quotients are taken entry by entry: each parameter has its own $m$ and its own $s$.

# %% jupyter={"source_hidden": true}
Prediction(
    "first-step",
    "Adam's first step, learning rate 0.001. One parameter has the "
    "gradient 1,000, another 0.002. How far do they move?",
    choices=[
        "1 and 0.000002",
        "Both 0.001",
        "0.032 and 0.000045",
        "The second one not at all",
    ],
)

# %%
w = np.zeros(2)
optimizers.Adam(w, learning_rate=0.001).step(np.array([1000.0, 0.002]))
print("after the first step:", w)

# %% jupyter={"source_hidden": true}
recall(
    "first-step",
    answer="Both 0.001. A gradient divided by its own size is 1 or −1, so "
    "the first step is as long as the learning rate.",
)

# %% [markdown]
# Later steps are shorter where the gradient's sign changes from batch to batch, and $m$ is small against the root. So
# Adam's steps in the picture are not all alike.
#
# ### Why the division by $1 - \beta^t$
#
# Both means start at 0. **By hand,** with a gradient that is always 8 and $\beta_1 = 1/2$: the means are 4, 6, 7, …
# although the mean of 8, 8, 8 is 8. They are too small by the factors 1/2, 3/4, 7/8, …, and those are $1 - \beta_1^t$.
# Dividing by it gives 8 at every step. That is the **bias correction**.
#
# With $\beta_1 = 0.9$ the mean starts 10 times too small. With $\beta_2 = 0.999$ the mean of the squares starts 1,000
# times too small, and its root, by which we divide, 32 times. What if one leaves both corrections out?

# %%
mean = mean_square = 0.0
for t in range(1, 2001):
    mean = 0.9 * mean + 0.1 * 8
    mean_square = 0.999 * mean_square + 0.001 * 8**2
    if t in (1, 2, 5, 10, 100, 1000, 2000):
        without = mean / np.sqrt(mean_square)
        corrected = mean_square / (1 - 0.999**t)
        with_both = mean / (1 - 0.9**t) / np.sqrt(corrected)
        print(
            f"step {t:5,}: {without:.2f} learning rates without the "
            f"corrections, {with_both:.2f} with"
        )

# %% [markdown]
# Without them the first hundred steps are three to seven times too long. And with $t$ counted from 0 the first
# correction is $1 - \beta^0 = 0$: a division by zero.
#
# ### Exercise 4.2 · One step of Adam
#
# **Purpose:** write the optimizer that most networks are trained with.
#
# `w`, `mean`, `mean_square` and `gradient` are arrays of one shape, `t` is the number of this step, from 1. Return the
# new parameters and both new running means ($m$ and $s$), as new arrays. The means are returned *without* the
# correction.
#
# **Example:** the first step from `w = [1.0]` with a gradient of `[2.0]`, both means 0 and a learning rate of 0.1 gives
# `[0.9]`, `[0.2]` and `[0.004]`.
#
# <details><summary>Hint 1</summary>
#
# Five lines: the two means, the two corrected means, the step. The corrected ones go into the step and nowhere else.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `beta1**t` is a power. Epsilon is added to the root, not under it.
#
# </details>


# %%
def adam_step(
    w,
    mean,
    mean_square,
    gradient,
    t,
    learning_rate=0.001,
    beta1=0.9,
    beta2=0.999,
    epsilon=1e-8,
):
    """One step of Adam, t = 1, 2, 3, ...: the new parameters and both
    running means, arrays like w.
    """
    # BEGIN SOLUTION
    mean = beta1 * mean + (1 - beta1) * gradient
    mean_square = beta2 * mean_square + (1 - beta2) * gradient**2
    corrected_mean = mean / (1 - beta1**t)
    corrected_mean_square = mean_square / (1 - beta2**t)
    step = corrected_mean / (np.sqrt(corrected_mean_square) + epsilon)
    return w - learning_rate * step, mean, mean_square
    # END SOLUTION


# %%
check("4.2", adam_step)

# %% [markdown] tags=["solution"]
# **Worked solution.** The means go on uncorrected: a corrected mean that is fed into the next step is corrected twice.
# Adam keeps two numbers more for every parameter: three times the memory of the parameters alone.

# %% [markdown]
# ### Weight decay, and what it is not: AdamW
#
# Chapter 5 asks whether small weights help on new data. **Weight decay** makes them small: it takes a little off every
# weight in each step, $w \leftarrow w - \eta\lambda w$, with a small number $\lambda$. With gradient descent that is
# the same as adding $\lambda w$ to the gradient, so for years it was written that way, also into Adam. But Adam divides
# what it is given.

# %% jupyter={"source_hidden": true}
Prediction(
    "decay",
    "Two weights, both 1. The data pull the first back and forth with "
    "gradients of ±10, the second with ±0.01. Adam, with 0.1 · w added to "
    "the gradient to make the weights decay. After 500 steps, which one "
    "has shrunk more?",
    choices=[
        "Both the same",
        "The first, with the large gradients",
        "The second, with the small gradients",
    ],
)

# %%
pull = np.array([10.0, 0.01])
in_the_gradient, decoupled = np.ones(2), np.ones(2)
adam = optimizers.Adam(in_the_gradient, learning_rate=0.01)
adamw = optimizers.AdamW(decoupled, learning_rate=0.01, weight_decay=0.1)
for step in range(500):
    gradient = pull if step % 2 else -pull
    adam.step(gradient + 0.1 * in_the_gradient)
    adamw.step(gradient)
# + 0.0 makes 0 of -0
print("decay inside Adam's gradient:", in_the_gradient.round(2) + 0.0)
print("decay apart from it (AdamW): ", decoupled.round(2))

# %% jupyter={"source_hidden": true}
recall(
    "decay",
    answer=f"The second: it is at {abs(in_the_gradient[1]):.2f}, the first "
    f"at {in_the_gradient[0]:.2f}. What is added to a large gradient is "
    "divided by its size, and hardly anything of it is left.",
)

# %% [markdown]
# **Decay inside Adam's gradient is not weight decay.** It shrinks those weights least whose gradients are largest.
# **AdamW** (Loshchilov and Hutter 2019 [6]) keeps the two apart: Adam's step for the gradient, and $\eta\lambda w$ off
# every weight. PyTorch has a class for each, and the same keyword means two different things:

# %%
for name, optimizer in {
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}.items():
    w = torch.ones(2, dtype=torch.float64, requires_grad=True)
    theirs = optimizer([w], lr=0.01, weight_decay=0.1)
    for step in range(500):
        w.grad = torch.tensor(pull if step % 2 else -pull)
        theirs.step()
    ours = in_the_gradient if name == "Adam" else decoupled
    difference = np.abs(w.detach().numpy() - ours).max()
    theirs = w.detach().numpy().round(2) + 0.0
    print(
        f"torch.optim.{name:6} weight_decay=0.1: {theirs}, difference from "
        f"ours {difference:.0e}"
    )
    assert difference < 1e-9

# %% [markdown]
# **Say it back.** RMSProp divides each gradient by its usual size. Adam does so with a running mean of the gradient,
# and corrects both means for their start at 0. AdamW takes the decay out of the gradient.

# %% jupyter={"source_hidden": true}
Quiz(
    "All gradients of a network become 100 times as large, because "
    "somebody multiplied the loss by 100. What changes?",
    {
        "Gradient descent and Adam both make steps 100 times as long": (
            "Adam divides by the gradient's size, so the 100 stands above "
            "and below the line."
        ),
        "Gradient descent makes steps 100 times as long, Adam the same as "
        "before": (
            "Right, but for epsilon. That is why one learning rate serves "
            "Adam for so many networks."
        ),
        "Adam makes steps a tenth as long": "The mean grows 100-fold, the "
        "root of the mean square grows 100-fold too.",
        "Neither changes": "Gradient descent multiplies the gradient by "
        "the learning rate, and nothing divides it.",
    },
    correct="Gradient descent makes steps 100 times as long, Adam the same "
    "as before",
)

# %% [markdown]
# ## 4 · The race, and how to judge it
#
# **Touch it.** Six optimizers start from one place. "Rates" gives all six the same rate, or each the one that is best
# for it on this surface. On the saddle, look who leaves it. On the plateau the gradient at the start is tiny.
#
# In the ravine, with one rate for all: at which rates do momentum *and* Adam arrive? And with each its best: what
# happens to RMSProp when the ravine is turned by 45 degrees?

# %%
OptimizerRaceExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# Only at 0.03: below, Adam is too slow for the 150 steps, and above, momentum runs away. Gradient descent arrives at no
# rate. RMSProp arrives in a handful of steps, in the turned ravine in more than a hundred: that one runs along neither
# parameter, so a rate for each of them is of no use. Adam loses less, since its momentum helps. Momentum and Nesterov
# do not notice the turn.
#
# On the plateau, at small rates for all, RMSProp is far ahead: it divides the tiny gradient by its own size. With each
# its best, gradient descent arrives there and on the saddle in about a dozen steps, and Adam needs more than 50.
#
# </details>
#
# So who wins depends on the learning rate at which you let them start. Here is the same on images: six optimizers, nine
# rates, 150 steps, two hidden layers of 50 units. *About 4 s.*

# %% jupyter={"source_hidden": true}
Prediction(
    "fair",
    "All six get the learning rate 0.001: Adam, AdamW and RMSProp are far "
    "ahead. Now each gets its own best rate. Which has the lowest training "
    "loss after 150 steps?",
    choices=[style.OPTIMIZER_NAMES[name] for name in ENTRYWISE_OPTIMIZERS],
)

# %%
few_images = short_runs.fashion_mnist(2000)
small_net = Recipe(
    hidden_layers=(50, 50),
    activation="elu",
    normalization="none",
    drop_rate=0.0,
)
rates = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
losses = {}
# all of Recipe's but Muon, which section 11 names
for optimizer in ENTRYWISE_OPTIMIZERS:
    recipes = [
        small_net.replace(optimizer=optimizer, learning_rate=rate)
        for rate in rates
    ]
    runs = short_runs.train(recipes, few_images, 150, part="train")
    losses[optimizer] = np.array([run.loss for run in runs])

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(8, 4.4), layout="constrained")
for optimizer, values in losses.items():
    axes.plot(
        rates,
        np.where(values < 3, values, np.nan),
        linewidth=2,
        **style.optimizer_look(optimizer),
    )
axes.set(
    xscale="log",
    xlabel="learning rate (log scale)",
    ylabel="training loss after 150 steps",
    ylim=(0, 2.6),
)
axes.set_xlim(rates[0] / 1.3, rates[-1] * 1.3)  # all rates that were tried
axes.legend(frameon=False)
best = {optimizer: values.min() for optimizer, values in losses.items()}
at_rate = {
    rate: {
        optimizer: values[rates.index(rate)]
        for optimizer, values in losses.items()
    }
    for rate in (0.001, 0.1)
}
axes.set_title(
    "At 0.001 the loss of gradient descent is "
    f"{at_rate[0.001]['gradient_descent'] / at_rate[0.001]['adam']:.1f} "
    "times Adam's,\nat 0.1 Adam's is "
    f"{at_rate[0.1]['adam'] / at_rate[0.1]['gradient_descent']:.1f} times "
    "that of gradient descent"
)
show(
    figure,
    alt="Training loss after 150 steps against the learning rate, for six "
    "optimizers. Each curve has its lowest point at another rate: "
    + "; ".join(
        f"{style.OPTIMIZER_NAMES[name]} {value:.2f} at "
        f"{rates[losses[name].argmin()]:g}"
        for name, value in best.items()
    )
    + ".",
)

# %% jupyter={"source_hidden": true}
order = sorted(best, key=best.get)
recall(
    "fair",
    answer="; ".join(
        f"{style.OPTIMIZER_NAMES[name]} {best[name]:.2f}" for name in order
    )
    + ". One run each: a hint, not a measurement.",
)

# %% [markdown]
# Draw a vertical line at any rate and you have a ranking; draw it elsewhere and you have another. **Comparing
# optimizers at one learning rate measures the rate.** The fair question is how low the lowest point of each curve is.
# (Where a curve ends, the loss at the next rate is above 3 or no number any more. All nine rates are on the axis.)
#
# **What was measured.** The article says: Adam converges much faster than gradient descent. We count the steps to a
# loss that all can reach, each optimizer at its own best rate of a grid of its own. First with *standardized* images,
# as most people would train: the mean of all pixels is taken off, and what is left is divided by their spread. The unit
# is a **doubling** of the speed: +1 means that Adam needs half the steps, +2 a quarter. The gray band is what we count
# as too little to matter. *About 1 s.*

# %%
live = measure(
    "adam_speed", small=True, primary=True, jobs=1, progress=False
)

# %% jupyter={"source_hidden": true}
speed = load_measurement("adam_speed")
show_measured(
    speed,
    "Adam over gradient descent",
    live,
    [
        "mini-batch images, standardized, over gradient descent",
        "full-batch images, standardized, over gradient descent",
        "full-batch images, pixels 0 to 1, over gradient descent",
        "mini-batch images, standardized, over momentum",
    ],
)

# %% [markdown]
# Opponent by opponent, in four settings: mini-batches, all of 300 images in every step ("full batch"), runs whose rate
# falls to the end ("annealed"), all three with standardized images, and chapter 3's adding problem. (Muon is a newer
# optimizer; section 11 says what it does.)


# %% jupyter={"source_hidden": true}
IN_WORDS = {
    "clearly helps": "fewer steps",
    "helps": "fewer steps",
    "too small to matter": "about as many",
    "open": "cannot tell",
    "harms": "more steps",
    "clearly harms": "more steps",
}
effects = {effect.label: effect for effect in speed.effects}
settings = {
    "mini-batches": "mini-batch images, standardized",
    "full batch": "full-batch images, standardized",
    "annealed": "annealed runs, standardized",
    "adding": "adding problem",
}
print(f"{'Adam against':18}" + "".join(f"{name:>14}" for name in settings))
for name in ("gradient descent", "momentum", "Nesterov", "RMSProp", "Muon"):
    cells = []
    for setting in settings.values():
        found = effects.get(f"{setting}, over {name}")
        cells.append(
            IN_WORDS[found.verdict(speed.smallest_effect)]
            if found
            else "not run"
        )
    print(f"{name:18}" + "".join(f"{cell:>14}" for cell in cells))

# %% [markdown]
# Over plain gradient descent the article is right: Adam needs fewer steps in every setting that was tried. How many
# fewer depends on the setting. With pixels as they are, between 0 and 1, the lead is clearly larger than with
# standardized images, in the full batch and in the annealed runs, as if standardizing did a part of Adam's work. Over
# momentum Adam is ahead in the annealed runs, over Nesterov in the full batch of pixels as they are. Elsewhere the
# difference to those two is too small to matter or cannot be told. Against Muon, Adam was ahead nowhere: it needed more
# steps in the full batch, and with pixels as they are in all three settings. (AdamW was not run: without decay it is
# Adam.)
#
# In larger studies, too, the opponents and their tuning decide. With everything tuned, Adam was never slower than
# momentum or gradient descent (Choi and others 2019 [19]). On language Adam's lead is larger with the full batch than
# with small ones, so the noise of mini-batches is not its main cause (Kunstner and others 2023 [20]).
#
# And seconds? In a step Adam goes over all parameters several times, gradient descent once. Here are the measured
# steps, a mean over the seeds, times what a step takes on your machine. Where the table above says "cannot tell", fewer
# steps here are no lead: neither Adam's over momentum nor Nesterov's over Adam. *About 1 s.*

# %%
print("a batch of 64 images    steps   ms a step    together")
steps_to_loss, together = {}, {}
# as in the race above, but AdamW, whose steps were not counted
for optimizer in ENTRYWISE_OPTIMIZERS:
    name = style.OPTIMIZER_NAMES[optimizer]
    if name == "AdamW":
        continue
    net = Network(small_net.replace(optimizer=optimizer), 784, 10)
    ms = 1000 * seconds_a_step(net, 200)
    steps = speed.values(
        f"mini-batch images, standardized, {name}", "steps"
    ).mean()
    steps_to_loss[optimizer], together[optimizer] = steps, steps * ms
    print(f"{name:20} {steps:8.0f} {ms:11.2f} {steps * ms:8.0f} ms")
for other in ("gradient_descent", "momentum"):
    in_steps = steps_to_loss[other] / steps_to_loss["adam"]
    in_time = together[other] / together["adam"]
    print(
        f"{style.OPTIMIZER_NAMES[other]} against Adam: {in_steps:.1f} "
        f"times the steps, {in_time:.1f} times the time"
    )

# %% [markdown]
# So the article's "much faster" shrinks: when the images are standardized, when the others have momentum and are tuned
# as well, and when the clock counts and not the steps. (With larger batches the clock matters less: the optimizer's
# work does not grow with the batch.)
#
# Does a network also become more *accurate* when its images are standardized? After 150 steps, clearly so with gradient
# descent and with momentum; with Adam the difference is too small to matter. After ten times as many steps it cannot be
# told with any of the three ([CLAIMS.md](../CLAIMS.md#input_standardization)).
#
# **Say it back.** Tune each, then compare. Count steps *and* seconds. And ask: compared with what?

# %% jupyter={"source_hidden": true}
Quiz(
    "A paper compares its new optimizer with Adam, both at learning rate "
    "0.01, over 20 seeds. The new one is better in all of them, with a "
    "narrow interval. What do you know?",
    {
        "The new one is better": "At 0.01, which may be far from Adam's "
        "best rate for this network.",
        "That 0.01 suits the new one better than Adam": (
            "Right. Many seeds make the answer sure, but to a question "
            "that nobody has."
        ),
        "Nothing, there are too few seeds": "20 seeds and a narrow "
        "interval are fine. It is the comparison that is not.",
        "The new one needs less tuning": "One rate says nothing about the "
        "others.",
    },
    correct="That 0.01 suits the new one better than Adam",
)

# %% [markdown]
# ## 5 · The learning rate
#
# **The question.** Everything so far depended on the learning rate, and it was found by trying many. With a network
# that trains for a week nobody does. Can one short run tell which rates can work at all?
#
# The **learning-rate range test** (Smith 2017 [7], where the rate grows by equal amounts): start with a tiny rate,
# multiply it by the same factor at every step, and watch the loss. It ends early when the loss has grown fourfold. The
# curve in the picture is a mean of each loss and its neighbors. *About 1 s.*

# %% jupyter={"source_hidden": true}
Prediction(
    "range-test",
    "The rate grows from 0.00001 to 10 within 120 steps (momentum, 300 and "
    "100 units). Where does the loss fall fastest?",
    choices=[
        "From the first step on",
        "Near 0.0001",
        "Near 0.01",
        "Near 1",
    ],
)

# %%
from course_lib.training.range_test import learning_rate_range_test

test = learning_rate_range_test(
    usual.replace(optimizer="momentum"), data, steps=120, progress=False
)

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
plot_range_test(
    axes, test.rates, test.losses, test.smoothed, test.suggestion
)
lowest = test.rates[test.smoothed.argmin()]
axes.set_title(
    f"The loss falls fastest near {test.suggestion:.2g} and is lowest near "
    f"{lowest:.2g}"
)
show(
    figure,
    alt="The loss of each step against its learning rate on a log axis: "
    f"level at first, falling fastest near {test.suggestion:.2g}, then "
    f"growing steeply; the test ended at {test.rates[-1]:.2g}.",
)

# %% jupyter={"source_hidden": true}
recall(
    "range-test",
    answer=f"Near {test.suggestion:.2g}. Far below, the steps are too "
    "short to matter; far above, they throw the weights away.",
)

# %% [markdown]
# At the lowest point of the curve, steps gain as much as they lose by overshooting. The rate where it is steepest is
# one to *begin* with: the test knows nothing about the later part of a run.
#
# ### A rate that falls
#
# Near the end of a run the loss often jitters and falls no more: the mini-batches disagree, and every step follows one
# of them. What helps? The smallest case: the loss $w^2 / 2$, whose gradient is $w$, with noise of standard deviation 1
# on the gradient. A thousand such runs, and the mean of their losses. A constant rate and one that falls, each with six
# rates to choose from.

# %%
steps = np.arange(300)
# of every step, for 1,000 runs
noise = np.random.default_rng(0).normal(size=(300, 1000))
# half a wave of a cosine, from 1 down to 0
wave = 0.5 * (1 + np.cos(np.pi * steps / 300))


def toy_run(rates):
    w, curve = np.full(1000, 5.0), []
    for rate, of_step in zip(rates, noise, strict=True):
        w = w - rate * (w + of_step)
        curve.append(np.mean(w**2 / 2))
    return np.array(curve)


peaks = (0.01, 0.02, 0.04, 0.1, 0.2, 0.5)
constant = {peak: toy_run(np.full(300, peak)) for peak in peaks}
falling = {peak: toy_run(peak * wave) for peak in peaks}

# %% jupyter={"source_hidden": true}
best_constant = min(peaks, key=lambda peak: constant[peak][-1])
best_falling = min(peaks, key=lambda peak: falling[peak][-1])
toy_losses = {
    "always 0.5": constant[0.5],
    f"always {best_constant}, the best": constant[best_constant],
    f"from {best_falling} to 0, the best": falling[best_falling],
}

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
plot_curves(axes, steps, toy_losses, log=True)
axes.set(xlabel="step", ylabel="mean loss (log scale)", xlim=(0, 430))
low = {name: curve[-1] for name, curve in toy_losses.items()}
gain = constant[best_constant][-1] / falling[best_falling][-1]
axes.set_title(
    f"Each at its best rate: the falling one ends {gain:.1f} times lower"
)
show(
    figure,
    alt="Loss over 300 noisy steps on a log axis. "
    + "; ".join(
        f"{name}: after 20 steps {toy_losses[name][19]:.2f}, at the end "
        f"{value:.3f}"
        for name, value in low.items()
    )
    + ".",
)

# %% [markdown]
# A large rate is quick and then hovers; a small one is slow and hovers lower. So: first large, then small. A
# **schedule** says which rate each step gets. *Step* divides the rate by ten at chosen steps. *Cosine* lets it fall to
# 0, here after a **warm-up**: 100 steps in which it rises evenly, because at the start the gradients are large and
# change fast. *One cycle* (Smith and Topin 2018 [28]) rises for 30% of the run, then falls to nearly 0.

# %% jupyter={"source_hidden": true}
from course_lib.training.schedules import learning_rate_at

scheduled = usual.replace(learning_rate=0.1)
schedules = {
    "constant": scheduled,
    "step: a tenth at 600 and at 850": scheduled.replace(
        schedule="step", schedule_steps=(600, 850)
    ),
    "cosine, 100 steps of warm-up": scheduled.replace(
        schedule="cosine", schedule_steps=(100,)
    ),
    "one cycle": scheduled.replace(schedule="one_cycle"),
}
rates_by_step = {
    name: [learning_rate_at(recipe, step, 1000) for step in range(1000)]
    for name, recipe in schedules.items()
}
figure, axes = plt.subplots(figsize=(10, 3.2), layout="constrained")
plot_schedules(axes, rates_by_step)
axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1))
axes.set_title("Three ways to end with small steps")
show(
    figure,
    alt="The learning rate over 1,000 steps: constant at 0.1; divided by "
    "ten at steps 600 and 850; rising for 100 steps and then falling to 0 "
    "along half a cosine; and one cycle that rises to 0.1 at step 300 and "
    "falls to nearly 0.",
)

# %% [markdown]
# **The formula** of the cosine (Loshchilov and Hutter 2017 [8]), with the warm-up of Goyal and others 2017 [9]:
#
# $$\eta_t = \eta \cdot \frac{t + 1}{n} \quad (t < n) \qquad\qquad
# \eta_t = \frac{\eta}{2}\left(1 + \cos\left(\pi\,\frac{t - n}{T - n}\right)\right) \quad (t \ge n)$$
#
# | Symbol | Meaning |
# |---|---|
# | $\eta_t$, $\eta$ | the rate of step $t$, and the highest rate, the **peak** |
# | $t$ | the step, **counted from 0** |
# | $n$ | how many steps the warm-up has |
# | $T$ | how many steps the run has |
#
# **By hand,** with a peak of 8, $n = 4$ and $T = 12$: the warm-up gives 2, 4, 6, 8. Step 4 has $\cos 0 = 1$, so 8.
# Step 8 is halfway, $\cos(\pi/2) = 0$, so 4. Step 12 would get 0, but the last one is 11.
#
# ### Exercise 4.3 · Warm-up and cosine
#
# **Purpose:** write the schedule that most large networks are trained with.
#
# All arguments are numbers: `step` is $t$, `total_steps` is $T$, `peak` is $\eta$, and `warm_up_steps` is $n$, which
# can be 0. Return the rate of this step.
#
# **Example:** `warm_up_and_cosine(1, 12, 4, 8.0)` is 4.0, and so is `warm_up_and_cosine(8, 12, 4, 8.0)`.
#
# <details><summary>Hint 1</summary>
#
# Two cases: `step < warm_up_steps`, and the rest. There, first compute which share of the way down is `done`: 0 at step
# `warm_up_steps`, 1 at step `total_steps`.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `np.cos(np.pi * done)` goes from 1 to −1. Add 1 and halve, and it goes from 1 to 0.
#
# </details>


# %%
def warm_up_and_cosine(step, total_steps, warm_up_steps, peak):
    """The learning rate of a step, counted from 0: a number."""
    # BEGIN SOLUTION
    if step < warm_up_steps:
        return peak * (step + 1) / warm_up_steps
    done = (step - warm_up_steps) / (total_steps - warm_up_steps)
    return peak * (1 + np.cos(np.pi * done)) / 2
    # END SOLUTION


# %%
check("4.3", warm_up_and_cosine)

# %% [markdown] tags=["solution"]
# **Worked solution.** Without the `+ 1` the first step would have the rate 0, a step for nothing. `done` counts from
# the end of the warm-up, so the fall starts at the peak. If `warm_up_steps` is 0 the first case never comes, and
# nothing is divided by 0.

# %% [markdown]
# **PyTorch** has a class for each, in `torch.optim.lr_scheduler`. Call its `step()` once after each step of the
# optimizer:

# %%
optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
# the peak at 99
warm_up = torch.optim.lr_scheduler.LinearLR(
    optimizer, start_factor=1 / 100, total_iters=99
)
# the 900 steps that are left
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=900)
scheduler = torch.optim.lr_scheduler.SequentialLR(
    optimizer, [warm_up, cosine], milestones=[100]
)
theirs = []
for _ in range(1000):
    theirs.append(optimizer.param_groups[0]["lr"])
    optimizer.step()
    scheduler.step()
ours = rates_by_step["cosine, 100 steps of warm-up"]
difference = np.abs(np.array(theirs) - ours).max()
print(f"1,000 rates, PyTorch's and ours: they differ by {difference:.0e}")
assert difference < 1e-9

# %% [markdown]
# In a `Recipe` it is two fields, `schedule="cosine", schedule_steps=(100,)`.
#
# **What was measured.** Three schedules against a constant rate, each with its own best peak. *Step* divides the rate
# by ten after half and after three quarters of the run; cosine has no warm-up here. (The live run is far too short for
# a schedule, so its answer can be the opposite one.) *About 1 s.*

# %%
live = measure(
    "schedules_help", small=True, primary=True, jobs=1, progress=False
)

# %% jupyter={"source_hidden": true}
scheduled_runs = load_measurement("schedules_help")
show_measured(
    scheduled_runs,
    "Cosine over a constant rate, with Adam",
    live,
    ["Adam, cosine", "Adam, step", "Adam, one-cycle", "momentum, cosine"],
)

# %%
for optimizer in ("Adam", "momentum"):
    for schedule in ("constant", "step", "cosine", "one-cycle"):
        arm = f"{optimizer}, {schedule}"
        rate = scheduled_runs.chosen[arm]["learning_rate"]
        print(f"{arm:20} best peak {rate:g}")

# %% [markdown]
# Every schedule helps, with Adam and with momentum, in runs of 200 steps as well, and where four labels in ten were
# drawn at random (in half of the comparisons perhaps by less than matters). It matters *that* the rate falls; the three
# ways were not compared with each other. The printed peaks fit the explanation: a constant rate must be small enough
# for the end of the run, one that falls can start many times higher.
#
# In larger studies warm-up was needed with batches of thousands of images (Goyal and others 2017 [9]), and its main use
# is that higher rates can be taken (Kalra and Barkeshli 2024 [27]). Here, at the best rates, it gained a little before
# a cosine with Adam, perhaps less than matters. At four times the best rate it decided everything in one case: with
# momentum a network of ten layers learned nothing without it ([CLAIMS.md](../CLAIMS.md#warm_up_helps)).
#
# Beside a schedule there is another way to end the jitter. Keep the rate and take the **average of the weights** over
# the last part of the run (Polyak and Juditsky 1992 [29]; Izmailov and others 2018 [21]). At a constant rate that
# clearly helped with 10,000 images, and made no difference that matters with 1,000. Added to cosine it gained nothing
# that matters: once the jitter is gone, there is nothing left to average out
# ([CLAIMS.md](../CLAIMS.md#averaged_weights_help)). In a larger study, averages without a schedule did as well as tuned
# schedules, or better (Defazio and others 2024 [22]).
#
# **Say it back.** One run with a growing rate shows which rates can work. Large steps first, small steps last.

# %% jupyter={"source_hidden": true}
Quiz(
    "A run with a cosine schedule of 10,000 steps is stopped after 5,000, "
    "because time is up. What is wrong with its result?",
    {
        "Nothing, it has made half of the steps": "It has made the half "
        "with the large steps.",
        "Its rate never fell: it still jitters at half of the peak": (
            "Right. A schedule belongs to a length. Train again with T = "
            "5,000, or let the rate fall to 0 in some last steps."
        ),
        "Its rate was 0 from step 5,000 on": "Halfway down the cosine it "
        "is half of the peak.",
        "It has overfitted": "Stopping early makes that less likely, not "
        "more.",
    },
    correct="Its rate never fell: it still jitters at half of the peak",
)

# %% [markdown]
# ## 6 · Start from a network that somebody has trained
#
# **The question.** You want to tell pullovers from coats, and have few labeled images of them. Somebody else has
# trained a network on other clothes, with many. Is a part of your work done already?
#
# This course contains such a network. It has seen eight of the ten classes: all but pullovers and coats. It is
# *convolutional*: its first layers look at 3 × 3 pixels at a time, with the same weights everywhere in the image.
# *About 2 s; this section uses the CPU.*

# %%
from course_lib.engine.zoo import load_pretrained, load_torchvision

reused = load_pretrained("eight_classes", device="cpu")
for name in (
    "parameters",
    "training_images",
    "kept_back",
    "command",
    "test_accuracy_percent",
):
    print(f"{name:22} {reused.card[name]}")
two = np.isin(data.validation.labels, (2, 4))  # 2: pullover, 4: coat
x_two = data.validation.x[two]
is_coat = (data.validation.labels[two] == 4).astype(int)

# %% jupyter={"source_hidden": true}
Prediction(
    "names",
    "The network is shown pullovers and coats. It must answer with one of "
    "its eight kinds. What does it say?",
    choices=[
        "Anything, evenly: it knows neither",
        "Mostly one kind for pullovers, and mostly another for coats",
        "Mostly the same kind for both",
    ],
)

# %%
kept_back = reused.card["kept_back"]
EIGHT = [name for name in data.class_names if name not in kept_back]
answers = reused.logits(x_two).argmax(axis=1)
said = {}
for kind in (0, 1):
    of_kind = answers[is_coat == kind]
    said[kind] = np.bincount(of_kind, minlength=8) / len(of_kind)
features = reused.features(x_two)

train_two = np.isin(data.train.labels, (2, 4))
coat_train = data.train.labels[train_two] == 4


def told_apart(train, validation):
    """Share of the validation rows that are nearer to the mean of their own
    kind, by the training rows' two means.
    """
    pullovers, coats = train[~coat_train], train[coat_train]
    centers = np.array([pullovers.mean(axis=0), coats.mean(axis=0)])
    distances = np.square(validation[:, None] - centers).sum(axis=2)
    return np.mean(distances.argmin(axis=1) == is_coat)


by_features = told_apart(reused.features(data.train.x[train_two]), features)
by_pixels = told_apart(data.train.x[train_two], x_two)

# %% jupyter={"source_hidden": true}
KINDS = [("pullover", style.BLUE, "o"), ("coat", style.ORANGE, "s")]
figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4), layout="constrained"
)
centered = features - features.mean(axis=0)
# the two directions that differ most
flat = centered @ np.linalg.svd(centered, full_matrices=False)[2][:2].T
for kind, (word, color, marker) in enumerate(KINDS):
    left.barh(
        np.arange(8) + 0.2 - 0.4 * kind,
        100 * said[kind],
        height=0.4,
        color=color,
        label=word,
    )
    right.plot(
        *flat[is_coat == kind].T,
        marker,
        color=color,
        markersize=4,
        alpha=0.6,
        label=word,
    )
left.set_yticks(range(8), EIGHT)
left.set(xlabel="share of the answers (%)", xlim=(0, 100))
most = EIGHT[int((said[0] + said[1]).argmax())]
left.set_title(
    f"The old head says “{most}” to both,\nto {said[0].max():.0%} and "
    f"{said[1].max():.0%} of them"
)
right.set(
    xticks=[],
    yticks=[],
    xlabel="the two directions in which the 32 features differ most",
)
right.set_title(
    f"One layer before, {by_features:.0%} can be told apart\n(by the "
    f"pixels themselves: {by_pixels:.0%})"
)
for axes in (left, right):
    axes.legend(frameon=False)
show(
    figure,
    alt=f"Left: the answers of the old head as bars; it says {most} to "
    f"{said[0].max():.0%} of the pullovers and {said[1].max():.0%} of the "
    "coats. Right: pullovers and coats as points, drawn by the network's "
    "32 features; the two clouds overlap, and the nearer of their means is "
    f"right in {by_features:.0%} of the cases.",
)

# %% jupyter={"source_hidden": true}
recall(
    "names",
    answer=f"Mostly the same: “{most}”, to {said[0].max():.0%} of the "
    f"pullovers and {said[1].max():.0%} of the coats.",
)

# %% [markdown]
# It has no word for them, so its last layer is of no use. But one layer before there are 32 numbers for each image.
# Take their mean over the coats of the training set and over its pullovers: which one is a new image nearer to? That
# tells them apart a little better than the 784 pixels do, though the network has seen neither (Yosinski and others 2014
# [10]).
#
# All layers but the last are the **body**; it turns an image into **features**. The last one is the **head**. To reuse
# a network you **replace the head** by a new one for your classes. Then you **freeze** the body, so that only the head
# learns; or you **fine-tune**: everything moves, usually with a small learning rate.
#
# **The formula.** With a frozen body $\varphi$, what is left is one layer and its softmax:
#
# $$p = \operatorname{softmax}\left(\varphi(x)\, V + c\right)$$
#
# | Symbol | Meaning | Shape |
# |---|---|---|
# | $\varphi(x)$ | the features of a batch | (batch, 32) |
# | $p$ | the probabilities of the two classes | (batch, 2) |
# | $V$, $c$ | weights and bias of the head: all that moves | (32, 2), (2,) |
#
# **By hand:** the head has 32 · 2 + 2 = 66 parameters of 30,000. And a body that stands still needs to compute the
# features of an image only once: after that, a step costs next to nothing.
#
# ### Frozen, and still moving
#
# In PyTorch you freeze with one line, `body.requires_grad_(False)`: no gradient, no step. We do that to the whole
# network. Then 100 batches go through it, as in a training loop: pullovers and coats from another camera, light on a
# black ground, the reverse of our pictures. No parameter moves.

# %% jupyter={"source_hidden": true}
Prediction(
    "frozen",
    "All parameters are frozen, and 100 batches of other images have "
    "passed. What has happened to the accuracy on the old images of the "
    "eight old classes?",
    choices=[
        "Nothing: no parameter has moved",
        "It has fallen by a point or so",
        "It has fallen by about ten points",
    ],
)

# %%
OLD = [label for label in range(10) if label not in (2, 4)]
old = np.isin(data.validation.labels, OLD)
x_old = data.validation.x[old]
labels_old = np.searchsorted(OLD, data.validation.labels[old])  # 0 to 7
x_new = 1 - data.train.x[train_two]  # light on black, as drawn

frozen = load_pretrained("eight_classes", device="cpu")
frozen.module.requires_grad_(False)
before = np.mean(frozen.logits(x_old).argmax(axis=1) == labels_old)
statistics = frozen.state()
frozen.module.train()  # as training loops do
rng = np.random.default_rng(0)
for _ in range(100):
    images, _ = frozen.place(rng.choice(x_new, 32))  # as a tensor
    frozen.module(images)  # forward, and nothing else
# logits() uses evaluation mode
after = np.mean(frozen.logits(x_old).argmax(axis=1) == labels_old)
moved = [
    name
    for name, array in frozen.state().items()
    if not np.array_equal(array, statistics[name])
]
print(f"accuracy on the old classes: {before:.1%}, and {after:.1%} after")
print_wrapped("what has moved: " + ", ".join(moved))

# %% jupyter={"source_hidden": true}
recall(
    "frozen",
    answer=f"It has fallen from {before:.1%} to {after:.1%}. Batch norm's "
    "running statistics are no parameters: they move whenever a batch "
    "comes by in training mode.",
)

# %% [markdown]
# In training mode batch norm normalizes by the *batch* and moves its running statistics (chapter 3). The same image
# then gives other features, and the head learns on moving ground. A frozen body must also be in **evaluation mode**,
# `body.eval()`, and `model.train()` must not switch it back. The course's `freeze()` does both.
#
# ### Exercise 4.4 · Mend the step of a reused network
#
# **Purpose:** freeze a body completely.
#
# `body` is a dict of arrays: `"weight"` (inputs, features), `"bias"`, and the `"running_mean"` and `"running_variance"`
# of a batch norm without scale and shift (with $\epsilon = 10^{-5}$), followed by ReLU. `head` has `"weight"`
# (features, classes) and `"bias"`. The function makes one step of gradient descent for softmax cross-entropy, and its
# lines for the head are right. But it treats the body as in training. Mend that: the body must normalize as in
# evaluation and come back as it was.
#
# **Example:** for one feature with the sums 1 and 3, running mean 0 and variance 1 the features are (nearly) 1 and 3.
# By the batch they would be 0 and 1.
#
# <details><summary>Hint 1</summary>
#
# Which two arrays of `body` say what to subtract, and by what to divide? And which lines must go?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `normalized = (sums - body["running_mean"]) / np.sqrt(body["running_variance"] + 1e-5)`, and no new `body`.
#
# </details>


# %%
def head_step(body, head, x, labels, learning_rate):
    """One step for the head alone: (body, head), the body as it was."""
    # BEGIN SOLUTION
    sums = x @ body["weight"] + body["bias"]
    normalized = (sums - body["running_mean"]) / np.sqrt(
        body["running_variance"] + 1e-5
    )
    # INSTEAD
    # sums = x @ body["weight"] + body["bias"]
    # mean, variance = sums.mean(axis=0), sums.var(axis=0)
    # normalized = (sums - mean) / np.sqrt(variance + 1e-5)
    # body = {
    #     **body,
    #     "running_mean": 0.9 * body["running_mean"] + 0.1 * mean,
    #     "running_variance": 0.9 * body["running_variance"]
    #     + 0.1 * sums.var(axis=0, ddof=1),
    # }
    # END SOLUTION
    features = np.maximum(normalized, 0)
    logits = features @ head["weight"] + head["bias"]
    slopes = np.exp(logits - logits.max(axis=1, keepdims=True))
    slopes /= slopes.sum(axis=1, keepdims=True)  # softmax
    slopes[np.arange(len(labels)), labels] -= 1
    slopes /= len(labels)  # dL/dlogits
    head = {
        "weight": head["weight"] - learning_rate * features.T @ slopes,
        "bias": head["bias"] - learning_rate * slopes.sum(axis=0),
    }
    return body, head


# %%
check("4.4", head_step)

# %% [markdown] tags=["solution"]
# **Worked solution.** Two things go, and one comes. The batch's mean and variance go: with them, what an image gives
# depends on its neighbors in the batch. The new running statistics go: they are part of the body, and it has to stand
# still. The running ones come, as in prediction.

# %% [markdown]
# **PyTorch:** in the course's network a new head and a frozen body are one call each. Only the head gets a gradient,
# and it is the one by hand:

# %%
reused.replace_head(2, seed=0)
reused.freeze()
x, labels = x_two[:50], is_coat[:50]
_, gradients = reused.loss_and_gradients(x, labels)
head = reused.parameters()
features = reused.features(x).astype("float64")
logits = features @ head["head.weight"] + head["head.bias"]
powers = np.exp(logits)
slopes = powers / powers.sum(axis=1, keepdims=True) - np.eye(2)[labels]
ours = features.T @ slopes / len(x)
difference = np.abs(ours - gradients["head.weight"]).max()
print("gradients that were computed:", ", ".join(gradients))
print(f"largest difference {difference:.0e}")
assert difference < 1e-6

# %% [markdown]
# **The measurement.** Does it matter how much the new images are like the old ones? Every seed has a trained network
# of its own and a new task with 50 or 200 labels. In a *near* task the clothes are of the same ten kinds, in other
# pictures, shifted by up to 2 pixels, blurred, dimmed, or noisy. In a *far* one they are pullovers and coats, and the
# network has seen the other eight kinds; or all ten kinds, shifted further and on a gray ground. Most networks have two
# dense hidden layers, some are convolutional. The trained network is fine-tuned, or its body stands still under a new
# head, or a fresh network starts from scratch. All make the same number of steps, each at its own best learning rate,
# with warm-up and cosine.

# %% jupyter={"source_hidden": true}
Prediction(
    "reuse",
    "A trained network, fine-tuned, against a fresh one, each with 200 "
    "labels. Near: the same ten kinds of clothes, shifted by up to 2 "
    "pixels. Far: pullovers against coats, which the network has never "
    "seen. Where is the trained one ahead?",
    choices=["Near and far", "Near alone", "Far alone", "Nowhere"],
)

# %% [markdown]
# First the near tasks. *About 1 s.*

# %%
live = measure(
    "reuse_near_source", small=True, primary=True, jobs=1, progress=False
)

# %% jupyter={"source_hidden": true}
near = load_measurement("reuse_near_source")
show_measured(
    near,
    "Reuse for a near task, 200 labels",
    live,
    [
        "dense, shifted by up to 2 pixels, 200 labels",
        "dense, shifted by up to 2 pixels, 50 labels",
        "dense, blurred, 200 labels",
        "convolutional, shifted by up to 2 pixels, 50 labels",
    ],
)

# %% [markdown]
# Then the far ones:

# %% jupyter={"source_hidden": true}
from course_lib.plots.claims import answer

far = load_measurement("reuse_far_source")
EIGHT_TO_TWO = "pullover against coat after the other eight classes"
show_measured(
    far,
    "Reuse for a far task, 200 labels",
    labels=[
        f"dense, {EIGHT_TO_TWO}, 200 labels",
        f"dense, {EIGHT_TO_TWO}, 50 labels",
        "dense, on a gray ground and shifted by up to 3 pixels, 200 labels",
        f"convolutional, {EIGHT_TO_TWO}, 50 labels",
    ],
)
recall(
    "reuse",
    answer=f"Near: {answer(near)} Far: {answer(far)}",
)

# %% [markdown]
# And fine-tuning, is it worth its steps? A new head on a frozen body against fine-tuning all of it:

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("reuse_frozen_head"),
    "A frozen body over fine-tuning, near, 50 labels",
    labels=[
        "dense, shifted by up to 2 pixels, 50 labels",
        "dense, shifted by up to 2 pixels, 200 labels",
        "dense, on a gray ground and shifted by up to 3 pixels, 50 labels",
        "dense, on a gray ground and shifted by up to 3 pixels, 200 labels",
    ],
)

# %% [markdown]
# First the gain from reuse. Near, it is clear in every comparison. Far, fine-tuning is ahead with 200 labels; with 50
# labels of pullovers and coats the difference is too small to matter, or cannot be told. How much of that the distance
# does, these runs cannot tell: the tasks differ in other ways as well, in how many classes they have, for one.
#
# Then freezing. With 50 labels of the near task the frozen body is ahead, as if its features fitted as they are. On the
# far tasks it is never surely ahead, and with 200 labels it is behind.
#
# Larger studies say more. On ImageNet the gain from reused layers shrinks as the tasks move apart (Yosinski and others
# 2014 [10]). For finding objects in photographs, a fresh network that is trained long enough is as good as one from
# ImageNet (He and others 2019 [23]). And with thousands of labels, fine-tuning was nearly always more accurate than a
# frozen body (Kornblith and others 2019 [24]).
#
# Every seed has a body of its own here, trained anew on its own images, so the intervals are over bodies, too. With one
# body for all seeds they would say something about that body only. The networks are small and saw 10,000 images or
# fewer; those of the zoos saw a million or more.
#
# ### Today's zoos
#
# The article says: take one from the **model zoos**, collections of trained networks. Today's are torchvision, timm,
# and the Hugging Face Hub:
#
# ```python
# # 45 MB
# model = torchvision.models.resnet18(weights="DEFAULT")
# # freeze the parameters
# model.requires_grad_(False)
# # and the statistics, also while the head learns
# model.eval()
# # a new head, not frozen
# model.fc = torch.nn.Linear(model.fc.in_features, 2)
#
# # timm replaces the head itself
# model = timm.create_model(
#     "resnet18", pretrained=True, num_classes=2
# )
# ```
#
# `load_torchvision` and `load_timm` run them where they can; where not, they say why and load the course's own network.
# *Where torchvision is installed, this downloads 5 MB, once.*

# %%
zoo_network, reason = load_torchvision("squeezenet1_1")
print(
    f"loaded: {type(zoo_network).__name__}, "
    f"{'the real one' if reason is None else 'in its place'}"
)

# %% [markdown]
# **Say it back.** The body computes features, the head decides. Frozen means parameters *and* statistics. Before you
# reuse a network, ask how much its images are like yours.

# %% jupyter={"source_hidden": true}
Quiz(
    "A network was trained on photographs of streets. For which new task, "
    "with few labels, do you expect most of reusing it?",
    {
        "Streets of another city": "Right. The nearer the new images are "
        "to the old ones, the better its features fit.",
        "X-ray pictures of hands": "They are pictures as well, but far "
        "from streets: gray, flat, with other shapes.",
        "Sounds, drawn as pictures": "What such a picture is made of never "
        "occurs in a street.",
        "All alike: a trained body is a trained body": (
            "Its features were made for its own images."
        ),
    },
    correct="Streets of another city",
)

# %% [markdown]
# ## 7 · Pretraining without labels
#
# **The question.** Section 6 reused what others had labeled. Can a network also learn from images that nobody has
# labeled? The article's answer is **pretraining**: first train it layer by layer as an **autoencoder**, then with the
# labels.
#
# An autoencoder is asked to give back what it was given. That is easy, unless it must pass through something narrow.

# %% jupyter={"source_hidden": true}
Prediction(
    "bottleneck",
    "Images of 784 pixels pass through 32 sigmoid units and are rebuilt "
    "from those 32 numbers. After 600 steps of training, which share of "
    "what differs from image to image comes back? (0%: always the mean "
    "image. 100%: a perfect copy.)",
    choices=["About 10%", "About 30%", "About 75%", "More than 95%"],
)

# %%
from course_lib.engine.pretraining import AutoencoderNetwork

autoencoder = AutoencoderNetwork(784, 32, learning_rate=0.003, seed=0)
# section 3's random batches, without their labels
for x, _ in draw_batches(600, seed=1):
    autoencoder.train_step(x)
shown_images = data.validation.x[:500]
rebuilt = autoencoder.reconstruct(shown_images)
error = np.mean((rebuilt - shown_images) ** 2)
# 1: no better than the mean image for all
lost = error / np.mean((shown_images - shown_images.mean(axis=0)) ** 2)

# %% jupyter={"source_hidden": true}
figure = plt.figure(figsize=(10.5, 2.9), layout="constrained")
pictures = np.concatenate([shown_images[:10], rebuilt[:10].clip(0, 1)])
plot_image_grid(
    figure,
    pictures,
    ["given"] * 10 + ["rebuilt"] * 10,
    data.image_shape,
    columns=10,
)
figure.suptitle(
    f"From 784 numbers to 32 and back: {1 - lost:.0%} of what differs "
    "comes back"
)
show(
    figure,
    alt="Ten small images of clothes, and below each what the autoencoder "
    f"made of it: blurred, but of the same kind. {1 - lost:.0%} of the "
    "variance comes back.",
)

# %% jupyter={"source_hidden": true}
recall(
    "bottleneck",
    answer=f"{1 - lost:.0%}, on images that it was not trained with.",
)

# %% [markdown]
# What do the 32 numbers stand for? Each hidden unit has a weight on its way to each of the 784 pixels. Drawn as an
# image, they show what the unit adds when it is on: blue pixels become darker, orange ones lighter.

# %% jupyter={"source_hidden": true}
painted = autoencoder.parameters()["decoder.weight"].T
figure, axes = plt.subplots(figsize=(9, 4.6), layout="constrained")
plot_filters(
    axes,
    painted,
    data.image_shape,
    columns=8,
    limit=np.percentile(np.abs(painted), 99.5),
)
axes.set_title(
    "What the 32 units paint: sleeves, hems, soles. Nobody has told them "
    "about clothes"
)
show(
    figure,
    alt="The weights of 32 hidden units to the rebuilt image, each drawn "
    "as an image: parts and outlines of clothes, such as sleeves, a hem, a "
    "pair of trouser legs, a sole.",
)

# %% [markdown]
# **The formula.** The **encoder** makes $h$, the **decoder** makes the image again, and no label occurs:
#
# $$h = f(x W + b) \qquad r = h V + c \qquad L = \frac{1}{n\,d} \sum (r - x)^2$$
#
# | Symbol | Meaning | Shape |
# |---|---|---|
# | $n$, $d$ | how many images, and how many pixels in each | two numbers |
# | $x$, $r$ | the images, and what is rebuilt of them | ($n$, $d$) |
# | $h$ | the hidden units; $f$ is the sigmoid here | ($n$, units) |
# | $W$, $b$ | the encoder | ($d$, units), (units,) |
# | $V$, $c$ | the decoder | (units, $d$), ($d$,) |
#
# **By hand,** one image of two pixels, $x = (1, 3)$, one unit with $h = 1/2$, $V = (4, 4)$, $c = (0, 0)$: $r = (2, 2)$,
# $L = (1 + 1)/2 = 1$. The gradient over $r$ is $2 (r - x) / (n d) = (1, -1)$. Over $V$ it is $h$ times that:
# $(1/2, -1/2)$. Over $h$: $4 \cdot 1 - 4 \cdot 1 = 0$.
#
# ### Exercise 4.5 · The gradients of an autoencoder
#
# **Purpose:** use back-propagation once more, with the input as its own target.
#
# `x` is (batch, inputs). `parameters` is a dict as the autoencoder above has it: $W$, $b$, $V$ and $c$ of the table
# under the names `"encoder.weight"`, `"encoder.bias"`, `"decoder.weight"` and `"decoder.bias"`. The encoder is a
# sigmoid, the decoder linear. Return the loss and a dict of the four gradients under the same names.
#
# **Example:** `x = [[1.0]]`, an encoder of zeros (so $h = 1/2$), a decoder weight of 2 and bias of 1: rebuilt is 2, the
# loss is 1, and the gradients are 1, 1, 1 and 2, in the order of the names.
#
# <details><summary>Hint 1</summary>
#
# Forward: `hidden`, `rebuilt`. Backward from the end: the gradient over `rebuilt`, then the decoder's, then that over
# `hidden`, then through the sigmoid, then the encoder's.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `2 * (rebuilt - x) / x.size` is the gradient over `rebuilt`. The slope of the sigmoid is `hidden * (1 - hidden)`.
#
# </details>


# %%
def autoencoder_gradients(x, parameters):
    """x (batch, inputs), {name: array} -> the loss, a number, and
    {name: gradient} under the same four names.
    """
    # BEGIN SOLUTION
    W1, b1 = parameters["encoder.weight"], parameters["encoder.bias"]
    W2, b2 = parameters["decoder.weight"], parameters["decoder.bias"]
    hidden = 1 / (1 + np.exp(-(x @ W1 + b1)))
    rebuilt = hidden @ W2 + b2
    of_rebuilt = 2 * (rebuilt - x) / x.size
    of_sums = (of_rebuilt @ W2.T) * hidden * (1 - hidden)
    gradients = {
        "encoder.weight": x.T @ of_sums,
        "encoder.bias": of_sums.sum(axis=0),
        "decoder.weight": hidden.T @ of_rebuilt,
        "decoder.bias": of_rebuilt.sum(axis=0),
    }
    return np.mean((rebuilt - x) ** 2), gradients
    # END SOLUTION


# %%
check("4.5", autoencoder_gradients)

# %% [markdown] tags=["solution"]
# **Worked solution.** It is chapter 2's back-propagation of two layers, with $x$ as the target. `x.size` is batch times
# inputs, since the loss is a mean over both. After that, the biases' gradients are plain sums over the batch.

# %% [markdown]
# The course's own autoencoder, with the same four arrays, in **NumPy and in PyTorch**: the same gradients.

# %%
x = data.train.x[:100].astype("float64")
exact = {"seed": 3, "dtype": "float64", "device": "cpu"}
by_numpy, by_torch = (
    AutoencoderNetwork(784, 32, engine=engine, **exact)
    for engine in ("numpy", "torch")
)
loss, gradients = by_numpy.loss_and_gradients(x)
its_loss, its_gradients = by_torch.loss_and_gradients(x)
difference = max(
    np.abs(array - its_gradients[name]).max()
    for name, array in gradients.items()
)
print(f"loss {loss:.4f} and {its_loss:.4f}")
print(f"gradients: largest difference {difference:.0e}")
assert difference < 1e-12

# %% [markdown]
# **Layer by layer** (Bengio and others 2007 [12]): train an autoencoder on the images and keep its encoder as layer 1;
# train the next one on what layer 1 gives; and so on. Then put a head on top and train everything with the labels.
# Hinton and Salakhutdinov had done the same in 2006 [11], with layers of another kind. In both engines it is one call,
# `pretrain_layers(recipe, x, steps, engine="numpy")` of `course_lib.engine.pretraining`. The recipe must have no batch
# norm.
#
# **What was measured.** Four hidden layers, sigmoid or ELU, with and without pretraining on 10,000 images; then 50 to
# 2,000 of them with labels, in 4,000 steps or in 400, with warm-up and cosine. (No small version here: pretraining
# takes its time.)

# %% jupyter={"source_hidden": true}
Prediction(
    "pretraining",
    "The sigmoid network, 400 steps: with which number of labels does "
    "pretraining gain most?",
    choices=[
        "With 50: it makes up for missing labels",
        "With all about the same",
        "With 2,000",
    ],
)

# %% jupyter={"source_hidden": true}
from course_lib.experiments.short_runs import ACCURACY
from course_lib.experiments.verdicts import interval
from course_lib.plots.claims import effect_of
from course_lib.plots.label_counts import plot_label_counts

pretrained = load_measurement("pretraining_helps")
COUNTS = (50, 200, 2000)
STARTS = ("pretrained", "not pretrained")
CASES = ("sigmoid, 4,000 steps", "sigmoid, 400 steps", "elu, 4,000 steps")


def gains(case):
    """What pretraining gains with each number of labels, in words."""
    means = [pretrained.effect(f"{case}, {n} labels").mean for n in COUNTS]
    return ", ".join(f"{mean:+.1f}" for mean in means)


figure, grid = plt.subplots(
    1, 3, figsize=(11.5, 4), sharey=True, layout="constrained"
)
for axes, case in zip(grid, CASES, strict=True):
    arms = {
        start: [
            interval(
                pretrained.values(f"{case}, {n} labels, {start}", ACCURACY)
            )
            for n in COUNTS
        ]
        for start in STARTS
    }
    plot_label_counts(
        axes, COUNTS, arms, unit="test accuracy (%)", chance=10
    )
    axes.legend(frameon=False, loc=(0.02, 0.2))
    axes.set_title(
        f"{spelled(case)}: points gained\n{gains(case)}",
        fontsize=11,
    )
show(
    figure,
    alt="Test accuracy against the number of labels, with and without "
    "pretraining. Points gained with "
    f"{', '.join(map(str, COUNTS))} labels: "
    + "; ".join(f"{spelled(case)} {gains(case)}" for case in CASES)
    + ".",
)

# %% jupyter={"source_hidden": true}
recall(
    "pretraining",
    answer="; ".join(
        f"{n:,} labels: "
        + effect_of(
            pretrained, pretrained.effect(f"{CASES[1]}, {n} labels")
        )
        for n in COUNTS
    )
    + ".",
)

# %% jupyter={"source_hidden": true}
show_measured(
    pretrained,
    "Pretraining, ELU, 4,000 steps, 200 labels",
    labels=[
        "elu, 4,000 steps, 200 labels",
        "elu, 4,000 steps, 50 labels",
        "sigmoid, 4,000 steps, 200 labels",
        "sigmoid, 400 steps, 200 labels",
    ],
)

# %% [markdown]
# What pretraining gains can have two sources: it can make up for missing labels, or repair a bad start. If it made up
# for labels, it would gain most where they are fewest, whatever the activation is. If it repairs a start, it gains most
# where that is bad: with sigmoids (chapter 3), and in few steps.
#
# With sigmoids and 400 steps it gains most where labels are *many*. That is the start: 400 steps go hundreds of times
# through 50 images, but only about ten times through 2,000, and without pretraining the network has hardly begun to
# learn. With 4,000 steps the order turns around: with many labels that network has nearly caught up, and pretraining
# gains more where labels are few. Does it make up for labels after all? Then it should do so with ELU as well, whose
# start is good. There it helped with 200 labels and 4,000 steps, perhaps by less than matters; in the other comparisons
# the difference was too small to matter, or cannot be told. So pretraining repairs a bad start. Whether it does more,
# these runs leave open. In a larger study, on digits, it did: it lowered the test error also where the training error
# was no lower, and more so in deeper networks, like the remedies of chapter 5 (Erhan and others 2010 [25]).
#
# **Why it was dropped.** It was an early way to train deep sigmoid networks at all: it put the first layers into a good
# place before the gradient had to reach them. Then He's starting weights, ReLU and batch norm did that without an extra
# training, and labeled sets grew. To learn without labels is still done, with another task: a part is hidden and asked
# for, such as the next word. Large language models are pretrained like that.
#
# **Say it back.** An autoencoder's target is its input. Pretraining with it was an early way to a good start; today
# there are others.

# %% jupyter={"source_hidden": true}
Quiz(
    "An autoencoder with 1,000 hidden units for images of 784 pixels "
    "rebuilds them perfectly. What has it learned?",
    {
        "Very good features": "Nothing forced it to: 784 numbers fit "
        "through 1,000 units as they are.",
        "Possibly nothing: it can pass every pixel on": (
            "Right. Without something narrow, or noise, or a part that is "
            "hidden, a copy is the best answer."
        ),
        "To recognize the classes": "It never saw a label.",
        "It has overfitted": "A copy works for new images as well.",
    },
    correct="Possibly nothing: it can pass every pixel on",
)

# %% [markdown]
# ## 8 · The machine under it
#
# **The question.** A training loop takes far longer than the steps that you timed in section 1, although its network is
# the same. Before each step it fetches a batch with this function. Read it.


# %%
def slow_next_batch(images, indices):
    """Each image with mean 0 and standard deviation 1 over its own pixels;
    then the batch.
    """
    standardized = np.zeros(images.shape)
    for row in range(len(images)):
        image = images[row].astype(float)
        standardized[row] = (image - image.mean()) / (image.std() + 1e-8)
    return standardized[indices]


# %% jupyter={"source_hidden": true}
Prediction(
    "fetch",
    "The loop fetches 64 of the training images, makes a step with them, "
    "and so on. Which share of its time goes into the training steps?",
    choices=["More than 90%", "About half", "Less than 10%"],
)

# %% [markdown]
# Before you change anything, **measure the parts**. *About 2 s.*

# %%
net, rng = Network(usual, 784, 10), np.random.default_rng(0)
spent = {"next batch": 0.0, "training step": 0.0}
for _ in range(5):
    indices = rng.choice(len(data.train), 64, replace=False)
    began = perf_counter()
    x = slow_next_batch(data.train.x, indices)
    has_batch = perf_counter()
    net.train_step(x, data.train.labels[indices])
    spent["next batch"] += has_batch - began
    spent["training step"] += perf_counter() - has_batch

# %% jupyter={"source_hidden": true}
per_step = {name: value / 5 for name, value in spent.items()}
share = spent["next batch"] / sum(spent.values())
figure, axes = plt.subplots(figsize=(8, 2.2), layout="constrained")
plot_durations(axes, per_step, unit="seconds per step")
axes.set_title(f"{share:.0%} of the time goes into fetching the batch")
show(
    figure,
    alt="Seconds per step by part of the loop, on a log axis: "
    + "; ".join(
        f"{name} {1000 * value:.1f} milliseconds"
        for name, value in per_step.items()
    )
    + ".",
)

# %% jupyter={"source_hidden": true}
recall(
    "fetch",
    answer=f"{1 - share:.1%}.",
)

# %% [markdown]
# The part that takes the most time is the **bottleneck**: a faster network would gain next to nothing. **By hand**
# (Amdahl's law, 1967 [13]): 45 ms for the batch and 5 ms for the network make a step of 50 ms. Make the network ten
# times faster, and 45.5 ms remain. Make the batch ten times faster, and it is 9.5 ms.
#
# ### Exercise 4.6 · Find the bottleneck
#
# **Purpose:** see work that is done for nothing, and leave it out.
#
# The function below is the slow one. Write it so that it gives the same numbers and works on the batch only. `images`
# is (n, pixels), whole numbers or decimals, `indices` is an array of row numbers. The check runs both versions side by
# side and wants yours to take less than a fifteenth of the time.
#
# **Example:** for `images = [[0, 2], [3, 7], [1, 5]]` (an array) and `indices = [2, 0]` the answer is
# `[[-1, 1], [-1, 1]]`: mean 3 and spread 2, then mean 1 and spread 1.
#
# <details><summary>Hint 1</summary>
#
# How many images are standardized in each call, and how many of them are used?
#
# </details>
# <details><summary>Hint 2</summary>
#
# `images[indices]` takes the rows at once, in their order and without a loop. Do it first. Then `mean` and `std` along
# `axis=1`, with `keepdims=True`.
#
# </details>


# %%
def next_batch(images, indices):
    """The chosen images (batch, pixels), each with mean 0 and standard
    deviation 1 over its own pixels.
    """
    # BEGIN SOLUTION
    batch = images[indices].astype(float)
    # so that a blank image does not divide by 0
    deviation = batch.std(axis=1, keepdims=True) + 1e-8
    return (batch - batch.mean(axis=1, keepdims=True)) / deviation
    # INSTEAD
    # standardized = np.zeros(images.shape)
    # for row in range(len(images)):
    #     image = images[row].astype(float)
    #     standardized[row] = (image - image.mean()) / (image.std() + 1e-8)
    # return standardized[indices]
    # END SOLUTION


# %%
check("4.6", next_batch)

# %% [markdown] tags=["solution"]
# **Worked solution.** Ten thousand images were standardized, and 64 of them used. Taking the rows first makes the work
# about 150 times smaller, and one line for all of them spares Python the loop. Better still: standardize all images
# once, before the training.

# %% [markdown]
# ### One step, in every way
#
# Now the training step itself, as `python -m course_lib bench machine` measured it (it measures your machine as well).
# *Eager* is PyTorch's usual way, one operation after the other; *fused* and *compiled* come under "The switches". A GPU
# would have rows of its own.

# %%
from course_lib.benchmarks.results import load_result, rows_of
from course_lib.benchmarks.tables import rows_table, table

machine_result = load_result("machine")
table(machine_result, "machine", section="training_ways")

# %% jupyter={"source_hidden": true}
if machine_result:
    took = {
        row["way"]: row["milliseconds"]
        for row in rows_of(machine_result, "training_ways")
        if "times" in row
    }
    fastest = min(took, key=took.get)
    others = {
        way: ratio_text(ms / took[fastest])
        for way, ms in took.items()
        if way != fastest
    }
    listed = "; ".join(map(" ".join, others.items()))
    print_wrapped(f"Fastest: {fastest}. Times as long: {listed}")

# %% [markdown]
# On another machine, or with another batch, measure again. For so small a network compiling need not pay.
#
# ### How many images in a step
#
# **The question.** In section 1, 64 images at once took less time per image than one by one. Do 1,024 take less still?
# And what does that cost? *About 2 s on a CPU.*

# %% jupyter={"source_hidden": true}
Prediction(
    "batch-size",
    "From batches of 16 to batches of 1,024: a step has 64 times the work. "
    "How many times as many images a second does the training get through?",
    choices=[
        "As many: the work per image is the same",
        "2 to 10 times as many",
        "64 times as many",
    ],
)

# %%
from course_lib.benchmarks.machine import (
    BATCH_SIZE_COLUMNS,
    measure_batch_sizes,
)

by_batch = measure_batch_sizes()
rows_table(
    by_batch, BATCH_SIZE_COLUMNS, "Images a second, measured just now"
)

# %% jupyter={"source_hidden": true}
recall(
    "batch-size",
    answer=f"With NumPy {by_batch[-1]['numpy'] / by_batch[0]['numpy']:.1f} "
    "times as many, with PyTorch "
    f"{by_batch[-1]['torch'] / by_batch[0]['torch']:.1f} times.",
)

# %% [markdown]
# Images a second mostly grow with the batch, and steps a second fall. Which of them counts? Accuracy was measured for
# each batch size at its own best learning rate: once for equal *epochs* (as many images seen), once for equal *steps*.
# And once for equal *time*, on one core of a CPU. *About 1 s.*

# %%
live = measure(
    "batch_size", small=True, primary=True, jobs=1, progress=False
)

# %% jupyter={"source_hidden": true}
show_measured(
    load_measurement("batch_size"),
    "Batches of 32 over 512, 25 epochs",
    live,
    [
        "25 epochs, 32 over 512",
        "6 epochs, 32 over 512",
        "200 steps, 32 over 512",
        "0.35 seconds, 32 over 512",
    ],
)

# %% [markdown]
# For equal *epochs* a smaller batch makes more steps, and that helps up to a point. After 6 epochs batches of 8, 32 and
# 128 come out alike, to within what matters, and with 512 too few steps are left. After 25 epochs the lead of 32 over
# 512 is well below a point. In 200 *steps* larger batches do better: each step is worth more, and costs more. In a
# third of a second on one core of a CPU the middle does best: 128 was ahead of 32 and of 512. In three seconds 32 and
# 512 come out alike, again to within what matters. (The short live run leaves the large batch a step or two, hence its
# huge effect.) With Adam the best rate mostly grew with the batch, but more slowly. Multiplying the rate by as much as
# the batch can fail: with momentum, 16 times the batch at 16 times the rate did not learn at all.
#
# A larger study, with rates tuned for each batch size, saw no sign that large batches end up worse; up to some size,
# twice the batch needs half the steps (Shallue and others 2019 [26]). So enlarge the batch while the images a second
# still grow and enough steps are left.
#
# ### How many digits in a number
#
# With half the bytes for each number there is half as much to store and to move. What is lost?

# %%
for dtype in (torch.float64, torch.float32, torch.bfloat16, torch.float16):
    kind = torch.finfo(dtype)
    almost = torch.tensor(1.0, dtype=dtype) + torch.tensor(
        0.001, dtype=dtype
    )
    print(
        f"{str(dtype)[6:]:9} {kind.bits // 8} bytes; largest number "
        f"{kind.max:.3g}; 1 + 0.001 = {almost.item():.9g}"
    )

# %% [markdown]
# **float32** is what networks are usually trained in, **float64** is for checking gradients. **bfloat16** reaches as
# far as float32 and has two to three digits: in it 1 + 0.001 is 1, so a weight of 1 would not feel a step of 0.001.
# **float16** has a digit more and ends at 65,504. So two bytes alone are risky. **Mixed precision** (Micikevicius and
# others 2018 [14]) computes the products of matrices in two bytes and keeps parameters, sums and losses in four.
# Whether that pays is a matter of the chip and of the batch:

# %%
table(machine_result, "machine", section="precisions")


# %% jupyter={"source_hidden": true}
def rate(section, column, **where):
    """Images a second, from the row of a measured table in which these
    columns hold these values.
    """
    rows = rows_of(machine_result, section)
    return next(
        row[column]
        for row in rows
        if all(row[key] == value for key, value in where.items())
    )


for size in (64, 1024) if machine_result else ():
    two, four = (
        rate("precisions", "torch", precision=name, batch=size)
        for name in ("bfloat16", "float32")
    )
    print(
        f"batch {size:5,}: bfloat16 gives {two / four:.1f} times the "
        "images a second of float32"
    )

# %% [markdown]
# ### Threads, and the way of the data
#
# Two **threads**, parts of one program that run at the same time on two cores, can share a product of matrices. After
# each product they wait for each other. How much of the gain is left?

# %%
table(machine_result, "machine", section="threads")

# %% jupyter={"source_hidden": true}
if machine_result and machine_result["machine"]["cores"] > 1:
    print("two threads against one, how many times the images a second:")
    for size in (64, 1024):
        gains = []
        for engine in ("numpy", "torch"):
            two = rate("threads", engine, threads=2, batch=size)
            gains.append(
                two / rate("threads", engine, threads=1, batch=size)
            )
        print(
            "batch {:5,}: NumPy {:.1f}, PyTorch {:.1f}".format(size, *gains)
        )

# %% [markdown]
# With a small batch more of the gain is lost in waiting, and two threads can be slower than one. The chapters begin
# with `limit_threads(1)`: on one thread times can be compared, and other programs keep their cores.
#
# And where do the images come from? PyTorch's `DataLoader` fetches them one by one, if wanted with the help of other
# programs that it starts, its **workers**. That is right when each image must be read from a file and decoded. Where
# all data fit into memory, indexing one array is faster:

# %%
table(machine_result, "machine", section="data_loading")

# %% [markdown]
# ### Timing a device that queues
#
# **The question.** A **GPU**, a graphics processor, is a second machine: thousands of small arithmetic units, and a
# memory of its own. Python does not wait for it. It puts each piece of work into a **queue** and goes on [17]. What
# does your stopwatch measure then? Here is a device of the same kind, made of a second thread. Each step takes it 5 ms.
#
# (What is said about GPUs here is from PyTorch's documentation. If one was measured, its table is under "The
# switches".)

# %% jupyter={"source_hidden": true}
Prediction(
    "queue",
    "The clock is read, 100 steps of 5 ms are given to the device, the "
    "clock is read again. What does it show?",
    choices=["0.5 s", "About 0.25 s", "Less than 0.02 s"],
)

# %%
from concurrent.futures import ThreadPoolExecutor
from time import sleep

# does one thing after the other, behind Python's back
with ThreadPoolExecutor(max_workers=1) as device:
    start = perf_counter()
    queued = [device.submit(sleep, 0.005) for _ in range(100)]
    asked = perf_counter() - start
    queued[-1].result()  # wait for the last one: "synchronize"
    done = perf_counter() - start
print(f"100 steps asked for after {asked:.4f} s, done after {done:.2f} s")

# %% jupyter={"source_hidden": true}
recall(
    "queue",
    answer=f"{asked:.4f} s: the time that it takes to ask. To do it takes "
    f"{done:.2f} s.",
)

# %% [markdown]
# A stopwatch that does not wait measures the asking. On a GPU `torch.cuda.synchronize()` waits until the queue is
# empty. The other trap is the first step: it loads libraries, reserves memory, may compile, and can take far longer
# than all that follow. So some steps go first and do not count. They are called **warm-up** as well, and have nothing
# to do with section 5's.
#
# ### Exercise 4.7 · A plan for the stopwatch
#
# **Purpose:** put the moves of an honest timing into their order.
#
# Return a list of words out of `"warm up"`, `"synchronize"`, `"read clock"` and `"run steps"`. A word may come more
# than once. The time is the difference of the two readings. The check hands your plan to a simulated device, which
# queues and whose first step is slow, and says what the plan would have measured.
#
# **Example of the form:** `["read clock", "run steps", "read clock"]`, which measures the asking and the slow first
# step.
#
# <details><summary>Hint 1</summary>
#
# Ask two things. Has the device done its slow first step before the clock is read for the first time? And is the queue
# empty at each of the two readings? What warms the device up stands in the queue as well.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Six words. The device must be waited for twice.
#
# </details>


# %%
def timing_plan():
    """The moves of an honest timing, in order: a list of words."""
    # BEGIN SOLUTION
    return [
        "warm up",
        "synchronize",
        "read clock",
        "run steps",
        "synchronize",
        "read clock",
    ]
    # END SOLUTION


# %%
check("4.7", timing_plan)

# %% [markdown] tags=["solution"]
# **Worked solution.** The warm-up is put into the queue as well: without the first `"synchronize"` the clock starts
# while the device still works on it. Reading a number off the device, `loss.item()`, waits, too: print the loss in
# every step, and the device waits for Python in every step.

# %% [markdown]
# ### The switches
#
# What is learned stands in a `Recipe`. How it is computed stands in an **Execution**. Whatever you choose there, nearly
# the same thing is learned.

# %%
from course_lib.execution import Execution

print(Execution())

# %% [markdown]
# | Switch | What it does |
# |---|---|
# | `device` | where it is computed: `"cuda"` (NVIDIA), `"mps"` (Apple), `"cpu"`; `"auto"` takes a GPU if there is one |
# | `dtype` | `"float32"` or `"float64"`, for all parameters |
# | `fused` | one piece of work for the optimizer's step of *all* parameters, in place of several for each |
# | `mixed_precision` | products in two bytes; float16 also enlarges the loss, so that small gradients do not become 0 |
# | `cuda_graphs` | record a step once, replay it as one piece, without Python; for small networks on a GPU |
# | `compile` | `torch.compile` writes code for this network, before the first step; if that fails, it says why |
# | `masks` | the random masks of dropout (chapter 5): as NumPy draws them, or others, drawn on the device |
# | `float32_products` | `"tf32"`: products of float32 with fewer digits, on GPUs that can |
#
# The same? Twenty steps with each switch that works on every machine: how far is a step's loss from that of the plain
# run, and how much do the course's tests allow? *About 1 s.*

# %%
from course_lib.engine.executed_network import ExecutedNetwork


def losses_with(execution):
    """The losses of twenty steps of the course's default network."""
    net = ExecutedNetwork(Recipe(), 784, 10, execution)
    return np.array(
        [net.train_step(x, labels) for x, labels in draw_batches(20)]
    )


plain = Execution(device="cpu", fused=False)
plain_losses = losses_with(plain)
print("largest difference of a loss, and what is allowed:")
for field, value, allowed in (
    ("fused", True, 0.001),
    ("dtype", "float64", 0.001),
    ("mixed_precision", "bfloat16", 0.02),
):
    losses = losses_with(plain.replace(**{field: value}))
    difference = np.abs(losses / plain_losses - 1).max()
    print(f"{field:16} {value!s:9} {difference:.5%}  {allowed:.1%}")
    assert difference < allowed

# %% [markdown]
# `tools/bench.py gpu` in the main folder measures what the switches gain on a GPU: milliseconds a step; images a
# second, also as a share of the chip's fastest matrix product and fastest copy; seconds to 90% test accuracy; 256
# networks as one. (TFLOP/s: a million million multiplications and additions a second.)

# %%
table(load_result("gpu"), "gpu")

# %% [markdown]
# ### Many networks as one
#
# You rarely train one network: there are seeds and learning rates to try. `NetworkStack` trains them all in one step:
# every array gets one more axis, `x @ W` becomes a **batched** product (`torch.bmm`), and each network gives the
# numbers that it gives alone, to rounding. *About 2 s.*

# %%
from course_lib.engine.torch_stack import NetworkStack as TorchStack
from course_lib.engine.numpy_stack import NetworkStack

tiny = Recipe(
    hidden_layers=(32,),
    activation="relu",
    normalization="none",
    drop_rate=0.0,
)
recipes = [
    tiny.replace(seed=seed, learning_rate=rate)
    for seed in range(8)
    for rate in (0.001, 0.01)
]
batches = list(draw_batches(10))
wide = [  # the same batch for each of the 16
    (np.broadcast_to(x, (16, *x.shape)), np.broadcast_to(labels, (16, 64)))
    for x, labels in batches
]
for name, alone, stacked in [
    ("NumPy", Network, NetworkStack),
    ("PyTorch", TorchNetwork, TorchStack),
]:
    nets = [alone(recipe, 784, 10, device="cpu") for recipe in recipes]
    stack = stacked(recipes, 784, 10, device="cpu")

    def train_apart(nets=nets):
        return [
            [net.train_step(*batch) for net in nets] for batch in batches
        ]

    def train_together(stack=stack):
        return [stack.update(*batch) for batch in wide]

    apart, together = seconds(train_apart, 2), seconds(train_together, 2)
    difference = np.asarray(train_together()[0]) - train_apart()[0]
    print(
        f"{name:8} 16 networks, a step: {100 * apart:.1f} ms one by one, "
        f"{100 * together:.1f} ms\n         as a stack; losses differ by "
        f"{np.abs(difference).max():.0e}"
    )

# %% [markdown]
# The arithmetic is the same. A stack saves the time *between* the products: it is spent once for all networks. So it
# gains where much of it is spent there: with small networks, and more in PyTorch than in NumPy, where it may gain
# nothing. On a GPU, where a small step is mostly waiting, it should gain most. The short runs that this course measures
# are stacks.
#
# **Say it back.** Measure the parts first. Larger batches use a machine better, up to a point. Wait for the device,
# then read the clock.

# %% jupyter={"source_hidden": true}
Quiz(
    "You move a network to a GPU. Your timing says 0.2 ms a step, in place "
    "of 20 ms. Then you print the loss in every step, and it says 6 ms. "
    "What is true?",
    {
        "Printing takes 5.8 ms": "Printing a number takes some "
        "microseconds.",
        "A step takes about 6 ms; before, only the asking was timed": (
            "Right. To print the loss Python must wait until it is there."
        ),
        "The GPU slows down when it gets warm": "Not thirtyfold.",
        "A step takes 0.2 ms, and the rest is the way from the GPU": (
            "A single number is there in some microseconds."
        ),
    },
    correct="A step takes about 6 ms; before, only the asking was timed",
)

# %% [markdown]
# ## 9 · More than one process
#
# **The question.** One processor is not fast enough, and you have two, or two machines. On each runs a **process**: a
# program with a memory of its own. Each takes half of every batch. What must they tell each other, so that both have
# the *same* network after the step, the one that a single process would have?

# %% jupyter={"source_hidden": true}
Prediction(
    "joint",
    "Process A computes the mean loss of 3 examples; its gradient over a "
    "weight is 4. Process B has 1 example and the gradient 8. What is the "
    "gradient of the mean loss of all four?",
    choices=["12", "6", "5", "It cannot be said from these numbers"],
)

# %% jupyter={"source_hidden": true}
recall(
    "joint",
    answer=f"(3 · 4 + 1 · 8) / 4 = {(3 * 4 + 1 * 8) / 4:g}. Each process "
    "speaks for as many examples as it has. In the plain mean, 6, B's one "
    "example counts three times.",
)

# %% [markdown]
# **The formula.** Process $k$ has $n_k$ of the $n$ examples, and $g_k$ is the gradient of its *mean* loss, an array for
# each parameter. The gradient of the joint batch's mean loss is
#
# $$g = \sum_k \frac{n_k}{n}\, g_k$$
#
# So they exchange gradients, once per step, and each makes the same update by itself. This is **data-parallel**
# training. The exchange, after which all have the sum, is called **all-reduce**.
#
# ### Exercise 4.8 · The joint gradient
#
# **Purpose:** write what two machines have to agree on.
#
# `gradients` is a list of dicts, one for each process: a parameter's name and its gradient. `counts` lists their
# numbers of examples. Return one dict: the gradients of the joint batch's mean loss.
#
# **Example:** `joint_gradients([{"w": np.array([2.0])}, {"w": np.array([6.0])}], [3, 1])` is `{"w": array([3.0])}`.
#
# <details><summary>Hint 1</summary>
#
# For each name: a weighted sum over the processes. All processes have the same names.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `zip(gradients, counts)` walks through both. The weights are `count / sum(counts)`.
#
# </details>


# %%
def joint_gradients(gradients, counts):
    """Gradients of several processes and their numbers of examples ->
    {name: gradient of the joint mean loss}.
    """
    # BEGIN SOLUTION
    total = sum(counts)
    return {
        name: sum(
            count / total * of_process[name]
            for of_process, count in zip(gradients, counts, strict=True)
        )
        for name in gradients[0]
    }
    # END SOLUTION


# %%
check("4.8", joint_gradients)

# %% [markdown] tags=["solution"]
# **Worked solution.** A mean of means is the joint mean only if all groups are equally large. The mistake hides well:
# most batches *are* split evenly. Then the last one of an epoch is not, and the results drift away from those of one
# process.

# %% [markdown]
# **PyTorch:** the network is wrapped in `DistributedDataParallel` [18]. It exchanges the gradients while the backward
# pass still runs, and takes their *plain* mean, so the course weights each loss by its examples before. `torchrun`
# starts the program once for each process:
#
# ```
# torchrun --standalone --nproc-per-node 2 \
#     -m course_lib.training.parallel \
#     --recipe recipe.json --checkpoint FOLDER
# ```
#
# The same from Python is `launch(recipe, 2, data)`: the first code cell of this chapter ran it. Here is the same
# network in one process, with the joint batch.

# %%
from course_lib.training import fit

exact = {"device": "cpu", "dtype": "float64", "progress": False}
one = fit(shared, few, engine="torch", **exact)
difference = max(
    np.abs(array - by_two.parameters[name]).max()
    for name, array in one.network.parameters().items()
)
print(
    f"{len(one.step_losses)} steps; the parameters of two processes and of "
    f"one\ndiffer by {difference:.0e}"
)
in_steps = sum(by_two.step_seconds)
print(f"two processes: {by_two.seconds:.1f} s, in steps {in_steps:.1f} s")
assert difference < 1e-9

# %% [markdown]
# The same network, to rounding. Most of the time went into starting Python and PyTorch: this is for long runs.
#
# **A process that dies.** The others would wait for its gradient forever. In the course they wait
# `--seconds-without-answer` at most. Then the run ends with a message that names who is missing by its **rank**, its
# number. A checkpoint was written after each epoch: the same command goes on from there and gives the same curve.
#
# **Batch norm is different.** Each process normalizes by the statistics of *its own* half. **By hand,** the batch 1, 1,
# 5, 5 of chapter 3: in one process it becomes −1, −1, 1, 1. In two, with 1, 1 and 5, 5, each half has the spread 0, and
# all four become 0: another network. `torch.nn.SyncBatchNorm` takes the statistics of the joint batch. It works on GPUs
# only, and costs one more exchange for each layer.
#
# **What it gains** is limited by what all must wait for, the exchange and the slowest process. (100% of what it could
# be: two processes are twice as fast as one.)

# %%
table(load_result("scaling"), "scaling")

# %% [markdown]
# Twice the processes are twice as fast only if the exchange costs nothing. In a small step it takes longer than the
# step itself. The more there is to compute in a step, the nearer it comes to twice.
#
# **Say it back.** Split the batch, exchange gradients weighted by examples, make the same step everywhere. All but
# batch norm is then as in one process.

# %% jupyter={"source_hidden": true}
Quiz(
    "You train with 8 processes in place of one, each with a batch of 64, "
    "and keep the learning rate. What have you changed?",
    {
        "Nothing but the time": "The joint batch is 512 now.",
        "The batch size: 512, so an epoch has an eighth of the steps": (
            "Right. Section 8 measured what that does, and the learning "
            "rate has to be found again (often it can be larger)."
        ),
        "The learning rate: it is eight times as large": (
            "The mean over the joint batch keeps the gradient's size."
        ),
        "The network has eight times the parameters": (
            "Each process has a copy of the same parameters."
        ),
    },
    correct="The batch size: 512, so an epoch has an eighth of the steps",
)

# %% [markdown]
# ## 10 · The article said, we measured
#
# Each row is one claim and its primary comparison. Adam, pretraining, and reuse for similar images are the article's
# claims; the others were added. [CLAIMS.md](../CLAIMS.md) has all comparisons, and how to measure each of them again.

# %% jupyter={"source_hidden": true}
from course_lib.ledger.entries import entries

rows = []
for measurement in entries():
    if measurement.chapter == 4:
        primary = measurement.primary.label
        rows += [
            row | {"measured": spelled(primary)}
            for row in measurement_rows(measurement, [primary])
        ]
HTML(effects_table(rows))

# %% [markdown]
# The article has nothing on the machine. For Adam it names the opponent, gradient descent; for reuse and pretraining it
# does not say *compared with what*.
#
# ## 11 · Looking back
#
# - Time is steps times seconds per step. What helps one of them may harm the other.
# - Momentum adds up what gradients have in common. Adam also divides each by its usual size, and corrects for the start
#   at 0, with $t$ from 1. Decay inside Adam's gradient is not weight decay.
# - Compare optimizers each at its own best rate. Find a rate with a range test, and let it fall to the end.
# - Reuse: keep the body, replace the head. Frozen means parameters *and* statistics. Pretraining with autoencoders was
#   an early way to a good start.
# - Measure the parts before you change one. Wait for the device before you read the clock. Weight the gradients of
#   several processes by their examples.
#
# ### Last questions

# %% jupyter={"source_hidden": true}
Quiz(
    "Adam with beta1 = 0.9 and beta2 = 0.999, but without the corrections. "
    "Its very first step is…",
    {
        "Too short, since both means start at 0": "The mean is too small "
        "by 10, but the root of the mean square, by which it is divided, "
        "by 32.",
        "About three times too long": "Right: 0.1 over the root of 0.001 "
        "is 3.2.",
        "A thousand times too long": "It is the root that divides.",
        "As long as it should be: the two errors cancel": (
            "They would if the factors were equal. They are 10 and 32."
        ),
    },
    correct="About three times too long",
)

# %% jupyter={"source_hidden": true}
Quiz(
    "80% of a step is the network, 20% fetching the batch. A new chip "
    "makes the network ten times faster. The step is then…",
    {
        "Ten times faster": "The 20% stay as they are.",
        "About 3.6 times faster": "Right: 0.08 + 0.2 = 0.28 of the old "
        "time. And now the batch is the bottleneck.",
        "About 8 times faster": "0.8 · 10 is not how it goes: add what "
        "remains of each part.",
        "As slow as before": "The larger part shrinks.",
    },
    correct="About 3.6 times faster",
)

# %% [markdown]
# ### What people do today
#
# (General knowledge; what was measured here says so.)
#
# - **Optimizers.** AdamW for transformers; SGD with momentum often still for convolutional networks; Shampoo [15] or
#   Muon (Jordan and others 2024 [30]: momentum whose step moves a weight matrix equally far in all directions) in some
#   large runs; here it is `Recipe(optimizer="muon")`. With warm-up, then a cosine or a straight line down.
#   In language models Muon reached AdamW's loss with about half the computation (Liu and others 2025 [31]); with rivals
#   tuned as well its lead was smaller, and small in the larger ones (Wen and others 2025 [32]). Here it helps in some
#   short runs, and after long ones its lead cannot be told from none. In the same quarter of a second it is behind,
#   since its steps take longer ([CLAIMS.md](../CLAIMS.md#muon_over_adam)).
# - **Reuse** is the normal case: a large network, pretrained once, then fine-tuned, often with only a few added
#   parameters (LoRA [16]), or used as it is. It is pretrained without labels, but no longer by autoencoders layer by
#   layer: it guesses the next word, or hidden patches of an image.
# - **The machine.** bfloat16 for the products, fewer bits on newer chips. Data-parallel; networks that do not fit onto
#   one device are split as well.
#
# ### Glossary
#
# | Term | Meaning |
# |---|---|
# | Adam, AdamW | running mean of the gradient over the root of that of its square; AdamW: with weight decay apart |
# | all-reduce | an exchange after which every process has the sum of what all had |
# | average of the weights | the mean of each weight over the last part of a run |
# | autoencoder | a network that has to give back its input through few units: encoder, then decoder |
# | bias correction | dividing Adam's running means by 1 − βᵗ, since they start at 0 |
# | body, head | all layers of a reused network but the last; the last |
# | bottleneck | the part of a loop that takes most of its time |
# | data-parallel | several processes with the same network, each with a part of every batch |
# | doubling | half as many steps |
# | Execution | how a recipe is computed: device, precision, switches |
# | features | what the body makes of an example |
# | fine-tune | train a reused network further, all of it, with a small learning rate |
# | float16, bfloat16; float32; float64 | numbers of two, four and eight bytes |
# | freeze | let parameters and running statistics stand still |
# | GPU | graphics processor: many small arithmetic units, with a memory and a queue of its own |
# | mixed precision | products in two bytes, parameters and sums in four |
# | model zoo | a collection of trained networks |
# | momentum | a share of the velocity that is kept; the optimizer that has one |
# | Nesterov | momentum that looks at the slope where the velocity leads |
# | pretraining | a first training on another task, here without labels |
# | process; thread | a running program with a memory of its own; a part of one that runs beside other parts |
# | queue; synchronize | the work that a device still has to do; wait until all of it is done |
# | range test | a short run with a growing learning rate |
# | rank | the number of a process |
# | RMSProp | each gradient divided by its usual size |
# | schedule | the learning rate by step |
# | stack; batched | many networks trained as one, with one more axis |
# | vectorized | without a loop over single numbers |
# | velocity | momentum's running sum of gradients |
# | warm-up | of a schedule: the first steps, with a rising rate; of a timing: first steps that do not count |
# | weight decay | a small share of each weight taken off in each step |
# | worker | a process that fetches data for another |
#
# ### Sources
#
# 1. B. Polyak. Some methods of speeding up the convergence of iteration methods. USSR Computational Mathematics and
#    Mathematical Physics 4(5), 1–17 (1964).
# 2. Y. Nesterov. A method for solving the convex programming problem with convergence rate O(1/k²). Doklady Akademii
#    Nauk SSSR 269, 543–547 (1983; in Russian).
# 3. Y. Bengio, N. Boulanger-Lewandowski, R. Pascanu. Advances in optimizing recurrent networks. ICASSP (2013).
#    [arXiv:1212.0901](https://arxiv.org/abs/1212.0901)
# 4. G. Hinton, N. Srivastava, K. Swersky. Neural networks for machine learning, lecture 6e (2012).
# 5. D. Kingma, J. Ba. Adam: a method for stochastic optimization. ICLR (2015).
#    [arXiv:1412.6980](https://arxiv.org/abs/1412.6980)
# 6. I. Loshchilov, F. Hutter. Decoupled weight decay regularization. ICLR (2019).
#    [arXiv:1711.05101](https://arxiv.org/abs/1711.05101)
# 7. L. Smith. Cyclical learning rates for training neural networks. WACV (2017).
#    [arXiv:1506.01186](https://arxiv.org/abs/1506.01186)
# 8. I. Loshchilov, F. Hutter. SGDR: stochastic gradient descent with warm restarts. ICLR (2017).
#    [arXiv:1608.03983](https://arxiv.org/abs/1608.03983)
# 9. P. Goyal and others. Accurate, large minibatch SGD: training ImageNet in 1 hour.
#    [arXiv:1706.02677](https://arxiv.org/abs/1706.02677) (2017).
# 10. J. Yosinski, J. Clune, Y. Bengio, H. Lipson. How transferable are features in deep neural networks? NIPS (2014).
#     [arXiv:1411.1792](https://arxiv.org/abs/1411.1792)
# 11. G. Hinton, R. Salakhutdinov. Reducing the dimensionality of data with neural networks. Science 313, 504–507
#     (2006).
# 12. Y. Bengio, P. Lamblin, D. Popovici, H. Larochelle. Greedy layer-wise training of deep networks. NIPS 19 (2007).
# 13. G. Amdahl. Validity of the single processor approach to achieving large scale computing capabilities. AFIPS Spring
#     Joint Computer Conference (1967).
# 14. P. Micikevicius and others. Mixed precision training. ICLR (2018).
#     [arXiv:1710.03740](https://arxiv.org/abs/1710.03740)
# 15. V. Gupta, T. Koren, Y. Singer. Shampoo: preconditioned stochastic tensor optimization. ICML (2018).
#     [arXiv:1802.09568](https://arxiv.org/abs/1802.09568)
# 16. E. Hu and others. LoRA: low-rank adaptation of large language models. ICLR (2022).
#     [arXiv:2106.09685](https://arxiv.org/abs/2106.09685)
# 17. PyTorch documentation. [CUDA semantics](https://docs.pytorch.org/docs/stable/notes/cuda.html).
# 18. PyTorch documentation. [Distributed data parallel](https://docs.pytorch.org/docs/stable/notes/ddp.html).
# 19. D. Choi and others. On empirical comparisons of optimizers for deep learning.
#     [arXiv:1910.05446](https://arxiv.org/abs/1910.05446) (2019).
# 20. F. Kunstner, J. Chen, J. W. Lavington, M. Schmidt. Noise is not the main factor behind the gap between SGD and
#     Adam on transformers, but sign descent might be. ICLR (2023).
#     [arXiv:2304.13960](https://arxiv.org/abs/2304.13960)
# 21. P. Izmailov, D. Podoprikhin, T. Garipov, D. Vetrov, A. G. Wilson. Averaging weights leads to wider optima and
#     better generalization. UAI (2018). [arXiv:1803.05407](https://arxiv.org/abs/1803.05407)
# 22. A. Defazio and others. The road less scheduled. NeurIPS (2024).
#     [arXiv:2405.15682](https://arxiv.org/abs/2405.15682)
# 23. K. He, R. Girshick, P. Dollár. Rethinking ImageNet pre-training. ICCV (2019).
#     [arXiv:1811.08883](https://arxiv.org/abs/1811.08883)
# 24. S. Kornblith, J. Shlens, Q. V. Le. Do better ImageNet models transfer better? CVPR (2019).
#     [arXiv:1805.08974](https://arxiv.org/abs/1805.08974)
# 25. D. Erhan and others. Why does unsupervised pre-training help deep learning? Journal of Machine Learning Research
#     11, 625–660 (2010).
# 26. C. Shallue and others. Measuring the effects of data parallelism on neural network training. Journal of Machine
#     Learning Research 20(112), 1–49 (2019). [arXiv:1811.03600](https://arxiv.org/abs/1811.03600)
# 27. D. S. Kalra, M. Barkeshli. Why warmup the learning rate? Underlying mechanisms and improvements. NeurIPS (2024).
#     [arXiv:2406.09405](https://arxiv.org/abs/2406.09405)
# 28. L. Smith, N. Topin. Super-convergence: very fast training of neural networks using large learning rates.
#     [arXiv:1708.07120](https://arxiv.org/abs/1708.07120) (2018).
# 29. B. Polyak, A. Juditsky. Acceleration of stochastic approximation by averaging. SIAM Journal on Control and
#     Optimization 30(4), 838–855 (1992).
# 30. K. Jordan and others. [Muon: an optimizer for hidden layers in neural
#     networks](https://kellerjordan.github.io/posts/muon/) (2024).
# 31. J. Liu and others. Muon is scalable for LLM training. [arXiv:2502.16982](https://arxiv.org/abs/2502.16982) (2025).
# 32. K. Wen, D. Hall, T. Ma, P. Liang. Fantastic pretraining optimizers and where to find them.
#     [arXiv:2509.02046](https://arxiv.org/abs/2509.02046) (2025).
#
# **Next:** chapter 5. Fast enough now, and the training loss is near 0. Is that what you wanted?
