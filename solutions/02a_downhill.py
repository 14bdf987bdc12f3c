# %% [markdown]
# # 2a · Downhill
#
# So far somebody had set the weights. Tonight you turn the question around: the inputs and the right answers are known,
# and the weights are wanted. Finding them is called **training**, and it is a walk downhill.
#
# **When you are done, you can**
#
# 1. say what a loss is, and compute the mean squared error;
# 2. read from a slope which way to move a weight, and write the step;
# 3. predict what a learning rate will do: crawl, arrive, or run away;
# 4. compute the rate at which it starts to run away.
#
# **Time:** 38 minutes with its three exercises.
#
# **You need:** chapter 1. What the slope of a curve is; no more calculus than that.

# %% jupyter={"source_hidden": true}
# The tools of this evening.
import matplotlib.pyplot as plt
import numpy as np

from course_lib.explorers.descent import DescentExplorer
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.learner import board, check, yours
from course_lib.plots import show, style
from course_lib.plots.surface import plot_path, plot_surface
from course_lib.plots.training import plot_line_fit

# %% [markdown]
# ## 1 · x and y are known, find w and b
#
# A neuron gets the inputs 3 and 4, and its output must be 8. This time nobody tells you the weights and the bias.

# %% jupyter={"source_hidden": true}
Prediction(
    "how-many",
    "A ReLU neuron gets (3, 4) and must answer 8. How many settings of w1, "
    "w2 and b do that?",
    choices=[
        "Exactly one: 1, −1 and 9",
        "Infinitely many",
        "Two or three",
        "None, unless we are lucky",
    ],
)

# %% jupyter={"source_hidden": true}
recall(
    "how-many",
    answer="Infinitely many. (1, −1) with 9 does it, and so do (0, 2) with "
    "0, (0, 0) with 8, (2, 0.5) with 0: one equation, three unknowns.",
)

# %% [markdown]
# One example does not tell you what the world is like. Many examples do, but then a new trouble comes: real
# measurements are a little off, and *no* weights fit them all. Here are twenty taxi rides. The task is the simplest
# neuron there is, one input and no bend: find the price per kilometer $w$ and the starting fee $b$.

# %%
rng = np.random.default_rng(2)
distance = np.sort(rng.uniform(0, 5, 20))
# the true line is w = 2, b = 3; training never sees it
fare = 2.0 * distance + 3.0 + rng.normal(0, 1.0, 20)

# %% jupyter={"source_hidden": true}
figure, grid = plt.subplots(
    1, 2, figsize=(10, 3.6), sharey=True, layout="constrained"
)
for axes, (w, b) in zip(grid, [(3.0, 0.0), (1.5, 4.0)], strict=True):
    plot_line_fit(axes, distance, fare, w, b)
    axes.set_title(f"w = {w}, b = {b}")
    axes.set_xlabel("distance (km)")
grid[0].set_ylabel("fare ($)")
show(
    figure,
    alt="Two panels with the same twenty points and a line each. Strokes "
    "join each point to the line. The steep line has long strokes at the "
    "short rides, the flatter line has short strokes everywhere.",
)

# %% [markdown]
# Neither line is right. We ask for the line that is *as little wrong as possible*, so we need a number that says how
# wrong a line is. Such a number is called a **loss**: 0 is perfect, larger is worse. For prices the usual one is the
# **mean squared error**:
#
# $$L = \frac{1}{n} \sum_{i=1}^{n} (\hat y_i - y_i)^2$$
#
# Here $y_i$ is the **target**, what was measured; $\hat y_i = w x_i + b$ is the **prediction**; their difference is the
# **error**; and $n$ is the number of rides.
#
# **By hand.** Three rides of 1, 2 and 3 km cost 1, 6 and 8 dollars. With $w = 2$ and $b = 0$ the predictions are 2, 4
# and 6, the errors 1, −2 and −2, their squares 1, 4 and 4. The loss is $9 / 3 = 3$.
#
# Why squared? So that errors of +5 and −5 do not cancel to a perfect 0. Why the mean and not the sum? So that the loss
# does not grow when you list the same rides twice.
#
# ### Exercise 2.1 · Mean squared error, one line
#
# *5 minutes.* **Purpose:** write the number that training makes smaller.
#
# `predictions` and `targets` are arrays of the same shape. Return one number. *Kept in your `my_network.py`.*
#
# **Example:** predictions `[2, 4, 6]` and targets `[1, 6, 8]` give 3.
#
# <details><summary>Hint 1</summary>
#
# Three things happen in this order: subtract, square, take the mean. The mean of squares is not the square of the mean.
#
# </details>
# <details><summary>Hint 2</summary>
#
# With arrays, `predictions - targets` subtracts pair by pair, and `** 2` squares each entry. `np.mean` does the rest.
#
# </details>


# %%
def squared_error(predictions, targets):
    """The mean squared error of two arrays of the same shape: a number."""
    # BEGIN SOLUTION
    return np.mean((predictions - targets) ** 2)
    # END SOLUTION


# %%
check("2.1", squared_error)

# %% [markdown] tags=["solution"]
# **Worked solution.** The order matters. `np.mean(predictions - targets) ** 2` takes the mean first, and errors of +5
# and −5 cancel. `np.sum` gives a loss that grows with the number of examples. `np.mean` divides by the number of
# *entries*: for ten examples with three outputs each it divides by 30, and PyTorch's `mse_loss` does the same.

# %% [markdown]
# ## 2 · Which way is better?
#
# Take the three rides, leave $b$ at 0, and let your function compute the loss for many values of $w$:

# %%
squared_error = yours("2.1")
three_x, three_y = np.array([1.0, 2.0, 3.0]), np.array([1.0, 6.0, 8.0])
w_axis = np.linspace(0, 5, 201)
losses = [squared_error(w * three_x, three_y) for w in w_axis]

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(7, 3.7), layout="constrained")
axes.plot(w_axis, losses, color=style.FUNCTION, linewidth=2.2)
near = np.array([1.4, 2.6])
axes.plot(
    near, 3 - 6 * (near - 2), "--", color=style.GRADIENT, linewidth=2.2
)
axes.plot(2, squared_error(2 * three_x, three_y), "ko", markersize=9)
axes.annotate(
    "you are here", (2, 3), xytext=(12, 8), textcoords="offset points"
)
axes.set(
    xlabel="price per kilometer w (b stays 0)", ylabel="loss", ylim=(0, 16)
)
axes.set_title("The loss is a bowl, and its slope at w = 2 is −6")
show(
    figure,
    alt="The loss over w is a bowl with its lowest point between 2 and 3. "
    "At w = 2 a dashed tangent falls to the right with slope minus 6.",
)

# %% jupyter={"source_hidden": true}
Prediction(
    "sign",
    "The slope at w = 2 is −6: a little to the right, and six times as far "
    "down. To lower the loss, w must…",
    choices=["fall, because the slope is negative", "rise", "stay"],
)

# %% [markdown]
# With two numbers you could try all values. A network has tens of thousands, and there the slope is all you have. The
# loss here has two, one for each parameter; all of them together are called the **gradient**:
#
# $$\frac{\partial L}{\partial w} = \frac{2}{n} \sum_i (\hat y_i - y_i)\, x_i
# \qquad
# \frac{\partial L}{\partial b} = \frac{2}{n} \sum_i (\hat y_i - y_i)$$
#
# $\partial L / \partial w$ reads "the slope of $L$ over $w$": how fast the loss grows when only $w$ grows. You can see
# where it comes from without calculus. Raising $w$ by a little moves a prediction $x_i$ times as far, because $w$ is
# multiplied by $x_i$. The bias is multiplied by 1. And a square grows at twice its number.
#
# **By hand**, with the errors 1, −2, −2: $\partial L / \partial w = \frac23 (1 \cdot 1 - 2 \cdot 2 - 2 \cdot 3) = -6$,
# and $\partial L / \partial b = \frac23 (1 - 2 - 2) = -2$.
#
# **Gradient descent** moves every parameter a little *against* its own slope. How far is set by the **learning rate**
# $\eta$ ("eta"):
#
# $$w \leftarrow w - \eta\, \frac{\partial L}{\partial w} \qquad b \leftarrow b - \eta\, \frac{\partial L}{\partial b}$$
#
# With $\eta = 0.1$: $w = 2 - 0.1 \cdot (-6) = 2.6$ and $b = 0 - 0.1 \cdot (-2) = 0.2$.
#
# ### Exercise 2.2 · One step of gradient descent
#
# *8 minutes.* **Purpose:** write the step that all training is made of.
#
# `x` and `y` are arrays of the same length, the others are numbers. Return the new `w` and the new `b` after one step
# on the mean squared error of the line $w x + b$. *Kept in your `my_network.py`.*
#
# **Example:** `descent_step(np.array([1, 2, 3]), np.array([1, 6, 8]), 2, 0, 0.1)` gives 2.6 and 0.2.
#
# <details><summary>Hint 1</summary>
#
# First the errors, then *both* slopes, then both new numbers. If you change `w` before you have the slope of `b`, you
# compute the second slope at a place where you are not yet.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `2 * np.mean(errors * x)` is the slope over `w`. What stands in its place for `b`? And which sign does the step have?
#
# </details>


# %%
def descent_step(x, y, w, b, learning_rate):
    """One step of gradient descent on the mean squared error of the line
    w x + b through the points x (n,), y (n,): the new w and b.
    """
    # BEGIN SOLUTION
    errors = w * x + b - y
    slope_w = 2 * np.mean(errors * x)
    slope_b = 2 * np.mean(errors)
    return w - learning_rate * slope_w, b - learning_rate * slope_b
    # END SOLUTION


# %%
check("2.2", descent_step)

# %% [markdown] tags=["solution"]
# **Worked solution.** Three decisions are in these four lines. *Minus*: the slope points uphill, and we want down.
# *Mean*: with a sum the step would grow with the number of rides, and a learning rate that works for 20 rides would
# fail for 2,000. *Both slopes before either step*: the gradient belongs to one place, the old $(w, b)$.

# %%
descent_step = yours("2.2")
w, b = descent_step(three_x, three_y, 2.0, 0.0, 0.1)
print(f"w = {w:.1f}, b = {b:.1f}")
print(f"loss before {squared_error(2.0 * three_x, three_y):.2f}", end=", ")
print(f"after {squared_error(w * three_x + b, three_y):.2f}")

# %% jupyter={"source_hidden": true}
recall(
    "sign",
    answer="rise. A negative slope means that further right is lower. You "
    "go against the sign of the slope.",
)

# %% [markdown]
# ## 3 · Walking
#
# One step helped. Now take sixty of them on the twenty rides, from $w = 0$, $b = 0$, with three learning rates.

# %% jupyter={"source_hidden": true}
Prediction(
    "rate",
    "Learning rates 0.002, 0.05 and 0.15, sixty steps each. Which ends "
    "with the lowest loss?",
    choices=[
        "0.002, small steps are safe",
        "0.15, it goes furthest",
        "0.05",
        "All arrive at the same place",
    ],
)

# %%
paths = {}
for rate in (0.002, 0.05, 0.15):
    place, path = (0.0, 0.0), [(0.0, 0.0)]
    for _ in range(60):
        place = descent_step(distance, fare, *place, rate)
        path.append(place)
    paths[rate] = np.array(path)

# %% jupyter={"source_hidden": true}
w_axis, b_axis = np.linspace(-3, 8, 121), np.linspace(-2, 6, 101)
predictions = w_axis[None, :, None] * distance + b_axis[:, None, None]
surface = np.mean((predictions - fare) ** 2, axis=2)
figure, grid = plt.subplots(
    1, 3, figsize=(11, 3.9), sharey=True, layout="constrained"
)
words = ("it crawls", "it arrives", "it runs away")
for axes, (rate, path), word in zip(
    grid, paths.items(), words, strict=True
):
    plot_surface(axes, w_axis, b_axis, surface)
    plot_path(axes, path[np.abs(path).max(axis=1) < 12])
    axes.set(
        xlim=(-3, 8),
        ylim=(-2, 6),
        xlabel="price per kilometer w ($)",
        title=f"Learning rate {rate}: {word}",
    )
grid[0].set_ylabel("starting fee b ($)")
show(
    figure,
    alt="The same loss surface three times, a narrow valley, with your "
    "path of 60 steps. With rate 0.002 it stops on the way. With 0.05 it "
    "runs to the lowest point. With 0.15 it jumps from wall to wall, "
    "further each time.",
)

# %% jupyter={"source_hidden": true}
recall(
    "rate",
    answer="0.05. The smallest rate has not arrived, and the largest jumps "
    "over the valley, higher each time.",
)

# %% [markdown]
# That is your step, sixty times. Each panel is the same landscape seen from above: every point is a line through the
# rides, light is a low loss, the ring is the start. The valley is steep across and nearly flat along its floor. A rate
# that is too large for the steep direction throws you from one wall to the other.
#
# **How large is too large?** For one parameter you can work it out. Let only $w$ be free. One step multiplies the
# distance to the best $w$ by $1 - \eta \cdot 2\,\overline{x^2}$, where $\overline{x^2}$ is the mean of the squared
# inputs: the slope is $2\,\overline{x^2}$ times that distance, and the step takes off $\eta$ times the slope.
#
# ### Exercise 2.3 · Where does it blow up?
#
# *7 minutes.* **Purpose:** find the edge between arriving and running away before you fall off it.
#
# Return the learning rate at which descent on the line $w x$ just stops coming closer to the best $w$. First do it on
# paper for $x = (1, 2, 3)$. The check runs descent a little below and a little above your answer. *Kept in your
# `my_network.py`.*
#
# **Example:** for `x = np.array([2.0])` the answer is 0.25: the factor is $1 - 8\eta$, which is −1 at $\eta = 1/4$.
#
# <details><summary>Hint 1</summary>
#
# The distance is multiplied by the factor in each step. It shrinks while the factor lies between −1 and 1.
#
# </details>
# <details><summary>Hint 2</summary>
#
# Solve $1 - 2\eta\,\overline{x^2} = -1$ for $\eta$. And $\overline{x^2}$ is the mean of the squares, not the square of
# the mean.
#
# </details>


# %%
def largest_learning_rate(x):
    """The learning rate at which descent on the line w x starts to run
    away: x (n,) are the inputs; a number.
    """
    # BEGIN SOLUTION
    return 1 / np.mean(x**2)
    # END SOLUTION


# %%
check("2.3", largest_learning_rate)

# %% [markdown] tags=["solution"]
# **Worked solution.** $1 - 2\eta\,\overline{x^2} = -1$ gives $\eta = 1/\overline{x^2}$; for $x = (1, 2, 3)$ that is
# $3/14 \approx 0.214$. At half of it the factor is 0, and one single step lands on the best $w$. So "as large as
# possible" is not the same as "best". Note what does *not* appear: the targets. The edge depends only on how curved the
# bowl is, and the inputs decide that. Inputs ten times as large make the edge a hundred times smaller, which is one
# reason why inputs are scaled before training.

# %%
edge = yours("2.3")(three_x)
for part in (0.5, 0.95, 1.05):
    w = 0.0
    for _ in range(40):
        slope = 2 * np.mean((w * three_x - three_y) * three_x)
        w -= part * edge * slope
    print(f"{part:.0%} of the edge, {part * edge:.3f}: w = {w:,.2f}")

# %% [markdown]
# **Touch it.** Choose the surface "ravine". With the learning rate 0.01 the path creeps, with 0.09 it zigzags, with
# 0.11 it runs away. Which ends with a lower loss after 30 steps: the smooth path of 0.03 or the zigzag of 0.09?

# %%
DescentExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The zigzag wins. Across the valley 0.03 is the better rate, but along the floor, where most of the way lies, larger
# steps count.
#
# </details>

# %% jupyter={"source_hidden": true}
Quiz(
    "The loss goes 3.1, 4.0, 5.6, 8.9 over four steps. The gradient was "
    "tested and is right. What do you try first?",
    {
        "A larger learning rate, to get out of there faster": (
            "It overshoots already. Larger steps will overshoot further."
        ),
        "More steps": "Each step makes it worse, and the next one will "
        "too.",
        "Flip the sign of the gradient": "With the wrong sign the loss "
        "would grow as well, but the gradient was tested.",
        "A smaller learning rate": "Right. A growing loss with a right "
        "gradient is the picture of steps that overshoot.",
    },
    correct="A smaller learning rate",
)

# %% [markdown]
# **Say it back.** The loss says how wrong. Each slope says how fast the loss grows with one parameter, and a step goes
# against it, all parameters from the same place. Too small a rate crawls, too large a rate climbs.

# %%
board()

# %% [markdown]
# **Next:** [2b, back through the network](02b_back_through_the_network.ipynb). For a line you can read the slopes
# off. But a weight in the first layer of a network never touches the answer. How much of the error is *its* fault?
