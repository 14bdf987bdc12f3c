# %% [markdown]
# # 2a · Downhill
#
# Until now the weights were given, or you chose them yourself. Tonight you turn the question around: you know the
# inputs and the right answers, and you look for the weights. Finding them is called **training**, and it is a walk
# downhill.
#
# **When you are done, you can**
#
# 1. say what a loss is, and compute the mean squared error;
# 2. read from a slope which way to move a weight, and write the step;
# 3. predict what a learning rate will do: crawl, arrive, or run away;
# 4. compute the rate at which it starts to run away.
#
# **Time:** 41 minutes with its three exercises.
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
# ## 1 · You know the answers, not the weights
#
# A neuron gets the inputs 3 and 4, and its output must be 8. This time nobody tells you its two weights and its bias.

# %% jupyter={"source_hidden": true}
Prediction(
    "how-many",
    "A ReLU neuron gets (3, 4) and must answer 8. How many settings of w1, "
    "w2 and b do that?",
    choices=[
        "Exactly one: 1, −1 and 9",
        "Two or three",
        "Infinitely many",
        "None, unless we are lucky",
    ],
)

# %%
neuron = yours("1.1")
for w1, w2, b in [(1, -1, 9), (0, 2, 0), (0, 0, 8), (2, 0.5, 0)]:
    output = neuron(np.array([3, 4]), np.array([w1, w2]), b)
    print(f"weights {w1} and {w2}, bias {b}: output {output:g}")

# %% jupyter={"source_hidden": true}
recall(
    "how-many",
    answer="Infinitely many. You can choose both weights as you like, and "
    "then take the bias that makes up the rest: one equation, three "
    "unknowns.",
)

# %% [markdown]
# One example leaves the weights open. Many examples pin them down, but they bring a new trouble: real measurements are
# a little off, and then *no* weights fit them all. Here are twenty taxi rides, made up for tonight. Each is an input
# $x$, the distance, with its right answer $y$, the fare. The task is for the simplest neuron there is, one input and no
# bend: find the price per kilometer $w$ and the starting fee $b$ in $w x + b$.

# %%
rng = np.random.default_rng(2)
distance = np.sort(rng.uniform(0, 5, 20))
# the true line is w = 2, b = 3; training never sees it
fare = 2.0 * distance + 3.0 + rng.normal(0, 1.0, 20)

# %% jupyter={"source_hidden": true}
lines = {"A": (3.0, 0.0), "B": (1.5, 4.0)}
figure, grid = plt.subplots(
    1, 2, figsize=(6, 3.1), sharey=True, layout="constrained"
)
for axes, (name, (w, b)) in zip(grid, lines.items(), strict=True):
    plot_line_fit(axes, distance, fare, w, b)
    axes.set_title(f"Line {name}: w = {w:g}, b = {b:g}")
    axes.set_xlabel("distance x (km)")
grid[0].set_ylabel("fare y ($)")
grid[0].set_yticks(range(0, 16, 5))
figure.suptitle("Two lines, and each misses most of the rides")
show(
    figure,
    alt="Two panels with the same twenty points and a line each. Strokes "
    "join each point to the line. The steep line has long strokes at the "
    "short rides, the flatter line has short strokes everywhere.",
    width=660,
)

# %% [markdown]
# Which line is less wrong? Decide before you read on. To settle it, you need a number that says how wrong a line is.
# Such a number is called a **loss**: 0 is perfect, larger is worse. For prices the usual one is the **mean squared
# error**:
#
# $$L = \frac{1}{n} \sum_{i=1}^{n} (\hat y_i - y_i)^2$$
#
# Here $y_i$ is the **target**, what was measured for ride $i$. $\hat y_i = w x_i + b$ (read "y hat") is the
# **prediction**, what the line says. Their difference $\hat y_i - y_i$ is the **error**, a vertical stroke in the
# picture, and $n$ is the number of rides.
#
# **By hand.** Three other rides of 1, 2 and 3 km cost 1, 6 and 8 dollars. With $w = 2$ and $b = 0$ the predictions are
# 2, 4 and 6, the errors 1, −2 and −2, their squares 1, 4 and 4. The loss is $9 / 3 = 3$.
#
# Why squared? So that errors of +5 and −5 do not cancel to a perfect 0. (Leaving out the minus signs would do that as
# well. But squares make one large error count more than two of half its size, and their slope is easy to compute, as
# you will see.) Why the mean and not the sum? So that the loss does not grow when you list the same rides twice.
#
# ### Exercise 2.1 · Mean squared error, one line
#
# *5 minutes.* **Purpose:** write the number that training makes smaller.
#
# `predictions` and `targets` are arrays of the same shape. It may be any shape: the mean goes over all entries. Return
# one number. *Kept in your `my_network.py`.*
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

# %%
squared_error = yours("2.1")
for name, (w, b) in lines.items():
    loss = squared_error(w * distance + b, fare)
    print(f"line {name}: loss {loss:.2f}")

# %% [markdown]
# The line with the smaller loss is less wrong. Is it the one you chose?
#
# ## 2 · Which way is better?
#
# You could go on guessing lines. It is better to stand at one line and ask which way to move. Take the three rides,
# leave $b$ at 0, and raise $w$ from 2 by a tiny bit. How fast does the loss move? That is its slope.

# %%
three_x, three_y = np.array([1.0, 2.0, 3.0]), np.array([1.0, 6.0, 8.0])
here = squared_error(2.0 * three_x, three_y)
beside = squared_error(2.001 * three_x, three_y)
slope = (beside - here) / 0.001
print(f"loss {here:.4f} at w = 2, {beside:.4f} at w = 2.001")
print(f"slope {slope:.1f}")

# %% jupyter={"source_hidden": true}
Prediction(
    "sign",
    "At w = 2 the slope of the loss is about −6. To lower the loss, you "
    "have to…",
    choices=[
        "lower w, because the slope is negative",
        "raise w",
        "leave w alone: the loss is low already",
    ],
)

# %%
w_axis = np.linspace(0, 5, 201)
losses = [squared_error(w * three_x, three_y) for w in w_axis]

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(6, 3.3), layout="constrained")
axes.plot(w_axis, losses, color=style.FUNCTION, linewidth=2.2)
near = np.array([1.4, 2.5])
tangent = here + slope * (near - 2)
axes.plot(near, tangent, "--", color=style.GRADIENT, linewidth=2.2)
slope_words = f"slope {slope:.0f}".replace("-", "−")
axes.annotate(
    slope_words,
    (near[0], tangent[0]),
    xytext=(-8, -2),
    textcoords="offset points",
    ha="right",
    color=style.GRADIENT,
)
axes.plot(2, here, "ko", markersize=9)
axes.annotate(
    "you are here", (2, here), xytext=(12, 8), textcoords="offset points"
)
axes.set(
    xlabel="price per kilometer w (b stays 0)", ylabel="loss", ylim=(0, 16)
)
axes.set_title(
    "The loss is a bowl, and from w = 2 it goes down to the right"
)
show(
    figure,
    alt="The loss over w is a bowl with its lowest point between 2 and 3. "
    "At w = 2 a dashed straight line touches it and falls to the right; "
    f"it is marked {slope_words}.",
    width=660,
)

# %% jupyter={"source_hidden": true}
recall(
    "sign",
    answer="raise w. A negative slope says that the loss falls when w "
    "grows. You go against the sign of the slope.",
)

# %% [markdown]
# For one number you could draw the whole bowl. A network has tens of thousands of parameters, nobody can draw that, and
# the slopes at the place where you stand are all you have. The line $w x + b$ has two parameters, so its loss has two
# slopes. All slopes together are called the **gradient**:
#
# $$\frac{\partial L}{\partial w} = \frac{2}{n} \sum_i (\hat y_i - y_i)\, x_i
# \qquad
# \frac{\partial L}{\partial b} = \frac{2}{n} \sum_i (\hat y_i - y_i)$$
#
# $\partial L / \partial w$ reads "the slope of $L$ over $w$": how fast the loss grows when only $w$ grows. You can see
# where both formulas come from without calculus:
#
# - **The 2.** Raise 3 by 0.01, and its square goes from 9 to about 9.06. It grows 6 times as fast, twice the number
#   itself. An error $e$ is no different: its square grows $2e$ times as fast.
# - **The $x_i$.** In $w x_i + b$ the weight is multiplied by $x_i$. Raise $w$ by 0.01, and the prediction for a ride of
#   3 km rises by 0.03. The bias is multiplied by nothing, so its slope has no $x_i$.
# - **The mean.** So when $w$ grows, the square of the error $e_i$ grows $2\, e_i\, x_i$ times as fast. The loss is the
#   mean of these squares, and its slope is the mean of these slopes.
#
# **By hand**, with the errors 1, −2, −2: $\partial L / \partial w = \frac23 (1 \cdot 1 - 2 \cdot 2 - 2 \cdot 3) = -6$,
# as you measured, and $\partial L / \partial b = \frac23 (1 - 2 - 2) = -2$.
#
# **Gradient descent** moves every parameter *against* its own slope. How far is set by the **learning rate** $\eta$
# ("eta"), a small number: the step is $\eta$ times the slope. Read the arrow as "becomes":
#
# $$w \leftarrow w - \eta\, \frac{\partial L}{\partial w} \qquad b \leftarrow b - \eta\, \frac{\partial L}{\partial b}$$
#
# With $\eta = 0.1$, $w$ becomes $2 - 0.1 \cdot (-6) = 2.6$ and $b$ becomes $0 - 0.1 \cdot (-2) = 0.2$.
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
after = squared_error(w * three_x + b, three_y)
print(f"loss before the step {here:.2f}, after it {after:.2f}")

# %% [markdown]
# ## 3 · Sixty steps
#
# One step helped. Now take sixty of them on the twenty rides, from $w = 0$ and $b = 0$, with three learning rates. You
# will see the walk on a map of the loss: light is low, and the small numbers say how high. Every point of the map is
# one line, with its $w$ and its $b$. A ring marks the start of the walk, a black square its end.

# %% jupyter={"source_hidden": true}
Prediction(
    "rate",
    "Learning rates 0.002, 0.1 and 0.15, sixty steps each. Which ends "
    "with the lowest loss?",
    choices=[
        "0.002, small steps are safe",
        "0.15, it goes furthest",
        "0.1",
        "All three arrive at the same place",
    ],
)

# %%
paths = {}
for rate in (0.002, 0.1, 0.15):
    w, b = 0.0, 0.0
    path = [(w, b)]
    for _ in range(60):
        w, b = descent_step(distance, fare, w, b, rate)
        path.append((w, b))
    paths[rate] = np.array(path)
    loss = squared_error(w * distance + b, fare)
    print(f"rate {rate}: w = {w:,.2f}, b = {b:,.2f}, loss {loss:,.2f}")

# %% jupyter={"source_hidden": true}
w_axis, b_axis = np.linspace(-3, 8, 121), np.linspace(-2, 6, 101)
predictions = w_axis[None, :, None] * distance + b_axis[:, None, None]
surface = np.mean((predictions - fare) ** 2, axis=2)


def draw_map(axes, rate, word):
    """The loss from above, and the walk with this learning rate."""
    plot_surface(axes, w_axis, b_axis, surface)
    seen = np.abs(paths[rate]).max(axis=1) < 12
    plot_path(axes, paths[rate][seen])
    axes.set(
        xlim=(-3, 8),
        ylim=(-2, 6),
        xticks=range(-2, 9, 2),
        xlabel="price per kilometer w ($)",
        ylabel="starting fee b ($)",
        title=f"Learning rate {rate}:\n{word}",
    )


figure, grid = plt.subplots(
    1, 2, figsize=(6, 3.5), sharey=True, layout="constrained"
)
draw_map(grid[0], 0.002, "it crawls")
draw_map(grid[1], 0.15, "it runs away")
grid[1].set_ylabel("")
show(
    figure,
    alt="The loss as a map, a narrow valley, twice. With the rate 0.002 "
    "the walk stops on the slope of the valley. With 0.15 it jumps from "
    "one wall to the other, farther each time, and leaves the map.",
    width=660,
)

# %% jupyter={"source_hidden": true}
w, b = paths[0.1][-1]
figure, grid = plt.subplots(1, 2, figsize=(6, 3.5), layout="constrained")
draw_map(grid[0], 0.1, "it arrives")
plot_line_fit(grid[1], distance, fare, w, b)
grid[1].set(
    xlabel="distance x (km)",
    ylabel="fare y ($)",
    title=f"Where it ends:\nw = {w:.2f}, b = {b:.2f}",
)
show(
    figure,
    alt="Left: with the rate 0.1 the walk jumps over the valley a few "
    "times, less each time, and then follows its floor to the lowest "
    "place. Right: the line that it ends with goes through the middle of "
    "the twenty rides.",
    width=660,
)

# %% jupyter={"source_hidden": true}
recall(
    "rate",
    answer="0.1. The smallest rate has not arrived yet, and the largest "
    "jumps over the valley and lands higher each time.",
)

# %% [markdown]
# Sixty of your steps with the rate 0.1 have found a line close to the true one. The valley is steep across and nearly
# flat along its floor. A rate that is too large for the steep direction throws you from one wall to the other.
#
# ## 4 · How large is too large?
#
# With one parameter you can work it out. Let only $w$ move, in the line $w x$, and say that it is $d$ away from the
# best $w$.
#
# - At the best $w$ the slope is 0. Move away by $d$, and each error grows by $d\, x_i$. Put that into the formula for
#   $\partial L / \partial w$: the slope grows from 0 to $\frac{2}{n} \sum_i (d\, x_i)\, x_i$. That is
#   $2\,\overline{x^2}\, d$, where $\overline{x^2}$ is the mean of the squared inputs.
# - The step takes off $\eta$ times that. What remains is
#   $d - \eta \cdot 2\,\overline{x^2}\, d = (1 - 2 \eta\, \overline{x^2})\, d$.
#
# So each step multiplies the distance $d$ by the same **factor**, $1 - 2 \eta\, \overline{x^2}$. With the single input
# $x = 2$ it is $1 - 8 \eta$:
#
# | $\eta$ | factor | a distance of 1 becomes | what $w$ does |
# |---|---|---|---|
# | 0.1 | 0.2 | 0.2, 0.04, … | comes closer from one side |
# | 0.2 | −0.6 | −0.6, 0.36, … | jumps over the best $w$, and comes closer |
# | 0.25 | −1 | −1, 1, … | jumps back and forth forever: the edge |
# | 0.3 | −1.4 | −1.4, 1.96, … | runs away |
#
# ### Exercise 2.3 · Where does it start to run away?
#
# *7 minutes.* **Purpose:** find the edge between arriving and running away before you fall off it.
#
# Return that edge, computed from `x`: the learning rate at which descent on the line $w x$ no longer comes closer to
# the best $w$. First do it on paper for $x = (1, 2, 3)$. The check runs descent a little below and a little above your
# answer. *Kept in your `my_network.py`.*
#
# **Example:** for `x = np.array([2.0])` the answer is 0.25, as in the table.
#
# <details><summary>Hint 1</summary>
#
# The distance shrinks as long as the factor lies between −1 and 1. Which of the two does it reach when $\eta$ grows?
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
# $3/14 \approx 0.214$. Note what does *not* appear: the targets. The edge depends only on how curved the bowl is, and
# the inputs decide that. Inputs ten times as large make the edge a hundred times smaller, which is one reason why
# inputs are scaled before training.

# %%
edge = yours("2.3")(three_x)
walks = {}
for part in (0.5, 0.95, 1.05):
    w, walk = 0.0, [0.0]
    for _ in range(20):
        # b is 0 at each step, so that only w moves
        w = descent_step(three_x, three_y, w, 0.0, part * edge)[0]
        walk.append(w)
    walks[part] = walk

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
best = np.sum(three_x * three_y) / np.sum(three_x**2)
axes.axhline(best, color=style.GRAY, linestyle=":")
axes.annotate(
    "the best w",
    (20, best),
    xytext=(8, 5),
    textcoords="offset points",
    color=style.GRAY,
)
for index, (part, walk) in enumerate(walks.items()):
    axes.plot(
        walk,
        **style.series((0, 2, 3)[index]),
        markersize=4,
        label=f"{part:.0%}",
    )
axes.set(
    xlabel="step",
    ylabel="price per kilometer w ($)",
    xlim=(0, 25.5),
    xticks=range(0, 21, 5),
    title="Below your edge w comes closer, above it w runs away",
)
axes.legend(
    title="learning rate, in % of your edge",
    frameon=False,
    loc="upper left",
    ncols=3,
)
axes.set_ylim(top=axes.get_ylim()[1] + 6)
show(
    figure,
    alt="w over twenty steps. At 50% of the edge it is at the best w after "
    "one step and stays. At 95% it jumps over it and back, a little less "
    "each time. At 105% the jumps grow.",
    width=660,
)

# %% [markdown]
# At half of your edge the factor is 0, and one single step arrives. In a valley of two parameters it is not that easy:
# its steep direction says how large the rate may be, and its flat direction says how long the walk takes.
#
# **Touch it.** The surface "ravine" is such a valley. (The explorer calls its two parameters x and y. They are not
# inputs and targets.) With the learning rate 0.01 the path creeps, with 0.09 it zigzags, with 0.11 it runs away. Which
# ends with a lower loss after 30 steps: the smooth path of 0.03 or the zigzag of 0.09?

# %%
DescentExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The zigzag wins. Across the valley 0.03 gets to the floor without a detour. But most of the way lies along the floor,
# and there larger steps count.
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
# **Next:** [2b, back through the network](02b_back_through_the_network.ipynb). For a line there is a formula for each
# slope. But a weight in the first layer of a network never touches the answer. How much of the error is *its* fault?
