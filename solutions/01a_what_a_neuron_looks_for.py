# %% [markdown]
# # 1a · What a neuron looks for
#
# Tonight you meet the part that every network is made of. It looks at a picture of clothes and gives one number: how
# much the picture looks like what it is looking for.
#
# **When you are done, you can**
#
# 1. say what a neuron computes, and draw what it looks for;
# 2. predict what a change of one weight or of the bias does;
# 3. design a neuron by hand that finds trousers among clothes;
# 4. write a layer that asks ten neurons about two thousand pictures at once.
#
# **Time:** 44 minutes with its three exercises.
#
# **You need:** Python functions, and a NumPy array as "a table of numbers". No calculus.
#
# **How it works.** Run the cells from the top with Shift + Enter. Before an answer comes, you are asked to predict it.
# Commit to something: a wrong guess costs nothing, and it is where most of the learning happens. Some cells only draw
# or ask. Their code is folded, and three dots stand in its place; run them like the others.

# %% jupyter={"source_hidden": true}
# The tools of this evening.
import matplotlib.pyplot as plt
import numpy as np

from course_lib.data import load_fashion_mnist
from course_lib.explorers.neuron import NeuronExplorer
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.explorers.weights_as_images import WeightsAsImagesExplorer
from course_lib.learner import board, check, yours
from course_lib.plots import show
from course_lib.plots.decision import (
    grid_points,
    plot_boundary,
    plot_regions,
)
from course_lib.plots.filters import plot_filters
from course_lib.plots.images import plot_image_grid
from course_lib.recipe import Recipe
from course_lib.threads import limit_threads
from course_lib.training import fit

limit_threads(1)
clothes = load_fashion_mnist()
names = clothes.class_names
images, kinds = clothes.validation.x, clothes.validation.labels

# %% [markdown]
# ## 1 · Ten pictures that know clothes
#
# Here are twelve pictures of clothes, 28 by 28 pixels each. Below you see a machine that tells the ten kinds apart. It
# has no rules about sleeves or legs. All that it has is ten pictures of its own, one for each kind.

# %% jupyter={"source_hidden": true}
figure = plt.figure(figsize=(10, 3.6), layout="constrained")
plot_image_grid(
    figure, images[:12], [names[kind] for kind in kinds[:12]], (28, 28)
)
show(figure, alt="Twelve small gray pictures of clothes with their kinds.")

# %% jupyter={"source_hidden": true}
Prediction(
    "trouser-picture",
    "The machine multiplies a photo, pixel by pixel, with its own picture "
    "of the kind “Trouser”, and adds everything up. Where will its trouser "
    "picture be strongly negative?",
    choices=[
        "Nowhere: negative pixels make no sense",
        "Where both legs are",
        "Between the two legs",
        "All around the edge of the picture",
    ],
)

# %% jupyter={"source_hidden": true}
linear = fit(
    Recipe(
        hidden_layers=(),
        initialization="lecun_normal",
        normalization="none",
        drop_rate=0.0,
        l2=0.003,
        optimizer="gradient_descent",
        learning_rate=0.05,
        epochs=6,
    ),
    clothes,
    progress=False,
).network.parameters()
ten_weights = linear["dense1.weight"].astype(float)
ten_biases = linear["dense1.bias"].astype(float)
figure = plt.figure(figsize=(10, 4.4), layout="constrained")
plot_filters(figure, ten_weights, (28, 28), columns=5, titles=names)
figure.suptitle(
    "Blue: a dark pixel here speaks for this kind. Red: against it"
)
show(
    figure,
    alt="Ten images of weights. Each is a blurred likeness of its kind in "
    "blue. In the trouser picture the two legs are blue and the gap "
    "between them is deep red.",
)

# %% jupyter={"source_hidden": true}
gap = ten_weights[:, 1].reshape(28, 28)[14:26, 13:15].mean()
leg = ten_weights[:, 1].reshape(28, 28)[14:26, 9:11].mean()
recall(
    "trouser-picture",
    answer="Between the two legs. The mean weight is "
    f"{gap:+.2f} there and {leg:+.2f} on a leg. A dress is dark in the "
    "middle, and that is how the two are told apart.",
)

# %% [markdown]
# These ten pictures were learned from photos. How is for chapter 2. Tonight is about what such a picture does, because
# each of them is a **neuron**.

# %% [markdown]
# ## 2 · One neuron
#
# A neuron multiplies each **input** by a number, its **weight**, and adds the products up. Then it adds one number
# more, its **bias**. Here the inputs are the 784 pixels of a photo, so there are 784 weights, and you can look at them
# as a picture.
#
# $$z = x_1 w_1 + x_2 w_2 + \dots + x_n w_n + b$$
#
# | Symbol | Name | Shape | For the trouser neuron |
# |---|---|---|---|
# | $x$ | the inputs | ($n$,) | 784 pixels: 0 is white, 1 is black |
# | $w$ | the **weights** | ($n$,) | the trouser picture |
# | $b$ | the **bias**: the sum when every input is 0 | one number | what it says to a white page |
# | $z$ | the **sum** | one number | how much this looks like trousers |
#
# **By hand.** Two inputs are enough to see it. With $x = (3, 4)$, $w = (1, -1)$ and $b = 9$, the sum is
# $3 \cdot 1 + 4 \cdot (-1) + 9 = 8$.
#
# Many neurons say nothing at all below 0. Their **output** is $a = \max(z, 0)$: a negative sum becomes 0, and a
# positive one stays as it is. This bend has a name, **ReLU**. What it is good for comes in 1b and 1c.

# %% jupyter={"source_hidden": true}
Prediction(
    "one-neuron",
    "The same inputs (3, 4) and weights (1, −1), but the bias is −3 in "
    "place of 9. What is the output of the neuron, with its ReLU?",
    choices=["−4", "4", "−3", "0"],
)

# %% [markdown]
# ### Exercise 1.1 · One neuron, one line
#
# *5 minutes.* **Purpose:** write the sum that every neural network is made of.
#
# `x` and `weights` have the same length, `bias` is a number. Fill in the line that computes `z`. It has to work for
# any number of inputs. *Kept in your `my_network.py` when it passes.*
#
# **Example:** with `x = np.array([3, 4])` and `weights = np.array([1, -1])`, `neuron(x, weights, 9)` gives 8 and
# `neuron(x, weights, -3)` gives 0.
#
# <details><summary>Hint 1</summary>
#
# Multiply each input by its own weight, add up the products, then add the bias. The bias comes in once, however many
# inputs there are.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `np.dot(x, weights)` multiplies pair by pair and adds up the products.
#
# </details>


# %%
def neuron(x, weights, bias):
    """The output of one ReLU neuron: x and weights are arrays of the same
    length, bias is a number.
    """
    # BEGIN SOLUTION
    z = np.dot(x, weights) + bias
    # END SOLUTION
    return max(z, 0.0)


# %%
check("1.1", neuron)

# %% [markdown] tags=["solution"]
# **Worked solution.** `np.dot` pairs each input with its weight: $3 \cdot 1 + 4 \cdot (-1) = -1$. The bias is added to
# that one number, so it comes in once. If you write `sum(x * weights + bias)` with arrays, NumPy adds the bias to each
# product before the sum, and it comes in once for every input. That mistake hides well: with one input it makes no
# difference.

# %%
neuron = yours("1.1")
print(neuron(np.array([3.0, 4.0]), np.array([1.0, -1.0]), -3.0))
trouser_weights, trouser_bias = ten_weights[:, 1], ten_biases[1]
answers = [
    neuron(image, trouser_weights, trouser_bias) for image in images[:500]
]

# %% jupyter={"source_hidden": true}
recall(
    "one-neuron",
    answer="0. The sum is 3 − 4 − 3 = −4, and a negative sum becomes 0.",
)

# %% [markdown]
# That was your function, or the course's as long as yours has not passed. It has also looked at 500 photos with the
# trouser picture for its weights. What did it say?

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(9, 3.8), layout="constrained")
spread = np.random.default_rng(0).uniform(-0.3, 0.3, 500)
is_trouser = kinds[:500] == 1
for chosen, marker, color in (
    (~is_trouser, "o", "#6E6E6E"),
    (is_trouser, "D", "#0072B2"),
):
    axes.plot(
        np.array(answers)[chosen],
        (kinds[:500] + spread)[chosen],
        marker,
        color=color,
        markersize=4,
        alpha=0.7,
    )
axes.set_yticks(range(10), names)
axes.set_xlabel("output of the trouser neuron")
axes.set_title("Trousers get the largest outputs, some dresses come near")
show(
    figure,
    alt="A dot for each of 500 photos, by kind and by output. Trousers "
    "reach far to the right, most other kinds are at 0 or near it.",
)

# %% [markdown]
# ## 3 · Weights turn the border, the bias slides it
#
# With two inputs you can see every possible input at once: each is a point of a plane. Where the sum is exactly 0,
# there is a straight line, the **border** of the neuron. On one side of it the sum is positive, on the other it is
# negative.

# %% jupyter={"source_hidden": true}
Prediction(
    "border",
    "You change only the bias of a neuron, from −2 to 3. What happens to "
    "its border?",
    choices=[
        "It turns",
        "It bends",
        "It stays, and the two sides swap",
        "It moves and keeps its direction",
    ],
)

# %% jupyter={"source_hidden": true}
ticks, points = grid_points(-4, 4, 161)
figure, grid = plt.subplots(
    1, 2, figsize=(9, 4.2), sharey=True, layout="constrained"
)
for axes, bias in zip(grid, (-2.0, 3.0), strict=True):
    sums = (points @ [1.0, 2.0] + bias).reshape(161, 161)
    plot_regions(axes, ticks, sums)
    plot_boundary(axes, [1.0, 2.0], bias, -4, 4)
    axes.set_xlabel("input x1")
grid[0].set_title("weights (1, 2), bias −2")
grid[1].set_title("weights (1, 2), bias 3: moved, not turned")
grid[0].set_ylabel("input x2")
show(
    figure,
    alt="Two planes, each cut by a straight border. The second border is "
    "parallel to the first and shifted. The arrow of the weights stands "
    "at a right angle to both.",
)

# %% jupyter={"source_hidden": true}
recall(
    "border",
    answer="It moves and keeps its direction. Only weights can turn it.",
)

# %% [markdown]
# **Touch it.** Set the weights to 1 and 1.5 and the bias to −2, and note where the border is. Then double all three
# numbers. What stays where it was, and what gets steeper?

# %%
NeuronExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The border stays, because twice 0 is 0. Away from it the output doubles: the neuron reacts more strongly.
#
# </details>

# %% [markdown]
# ### Exercise 1.2 · Draw a trouser detector
#
# *8 minutes.* **Purpose:** choose 784 weights for a reason, before training does it for you.
#
# Return the weights of one neuron, an array of shape (28, 28). It has no bias and no ReLU here: its score for a photo
# is the sum of pixel times weight. Trousers should score higher than other clothes, in at least 90% of all pairs of a
# trouser and something else. *A design is yours for this notebook; it is not kept in the file.*
#
# **Example of the form:** `weights[10:20, 12:16] = -1.0` makes a block of rows 10 to 19 and columns 12 to 15 red.
# Row 0 is the top.
#
# <details><summary>Hint 1</summary>
#
# Look at the trouser picture above. Where is it blue, and where is it red? A few rectangles are enough.
#
# </details>
# <details><summary>Hint 2</summary>
#
# A T-shirt is dark where trousers are dark too. Which pixels are dark in a T-shirt or a dress, and white in trousers?
# They need the strongest weights.
#
# </details>


# %%
def trouser_detector():
    """Weights (28, 28) of a neuron that looks for trousers."""
    weights = np.zeros((28, 28))
    # BEGIN SOLUTION
    weights[4:28, 8:12] = 1.0
    weights[4:28, 16:20] = 1.0
    weights[10:28, 13:15] = -4.0
    weights[4:28, 0:6] = -1.0
    weights[4:28, 22:28] = -1.0
    # END SOLUTION
    return weights


# %%
check("1.2", trouser_detector)

# %% [markdown] tags=["solution"]
# **Worked solution.** Two blue legs alone are not enough: coats and dresses are dark there too. The red strip between
# the legs has the strongest weights, because that is where a dress gives itself away. The red sides cost every sleeve.
# Only differences count: adding the same number to all weights would mostly measure how dark a photo is.

# %%
drawn = np.asarray(yours("1.2")()).reshape(784)
scores = images @ drawn
pairs = scores[kinds == 1][:, None] > scores[kinds != 1]
print(f"a trouser scores higher in {pairs.mean():.1%} of the pairs")

# %% jupyter={"source_hidden": true}
figure = plt.figure(figsize=(10, 2.4), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1, 2.4])
plot_filters(left, drawn[:, None], (28, 28), columns=1, titles=["by hand"])
best = np.argsort(-scores)[:6]
plot_image_grid(
    right, images[best], [names[kind] for kind in kinds[best]], (28, 28)
)
right.suptitle("The six photos that it likes best")
show(
    figure,
    alt="Left: the weights that were drawn by hand. Right: the six photos "
    f"with the highest scores; {np.sum(kinds[best] == 1)} are trousers.",
)

# %% [markdown]
# ## 4 · Ten neurons at once: a layer
#
# Ten neurons that look at the same inputs are a **layer**. Put their weights side by side, one column for each neuron,
# and put many photos below each other, one row for each photo, which is called a **batch**. Then one matrix product
# gives all sums:
#
# $$Z = X W + b$$
#
# | Symbol | Shape | Here |
# |---|---|---|
# | $X$ | (batch, fan_in) | 2,000 photos of 784 pixels |
# | $W$ | (fan_in, fan_out) | ten columns of 784 weights |
# | $b$ | (fan_out,) | ten biases |
# | $Z$ | (batch, fan_out) | ten sums for each photo |
#
# **fan_in** is how many inputs each neuron has, **fan_out** is how many neurons there are. NumPy adds $b$ to every row.
#
# ### Exercise 1.3 · Mend a layer
#
# *8 minutes.* **Purpose:** meet the two mistakes that almost everybody makes once, and learn to see them.
#
# The layer below runs without an error. It should give `[[8, 3], [8, -1]]`, and it does not. It has **two** mistakes.

# %%
square_x = np.array([[3.0, 4.0], [1.0, 2.0]])
square_weights = np.array([[1.0, 2.0], [-1.0, 0.0]])
square_bias = np.array([9.0, -3.0])


def broken_layer(x, weights, bias):
    sums = x @ weights.T
    for _ in range(len(x)):
        sums = sums + bias
    return sums


print(broken_layer(square_x, square_weights, square_bias))

# %% [markdown]
# Write `layer` so that it is right for every batch and every shape. There is no ReLU in it. *Kept in your
# `my_network.py`.*
#
# <details><summary>Hint 1</summary>
#
# Why was there no error? Because `square_weights` is square: turned on its side, it still fits.
#
# </details>
# <details><summary>Hint 2</summary>
#
# NumPy adds a (fan_out,) array to every row of a (batch, fan_out) array by itself. How often does the loop add it?
#
# </details>


# %%
def layer(x, weights, bias):
    """The sums of a layer: x (batch, fan_in), weights (fan_in, fan_out),
    bias (fan_out,); returns (batch, fan_out).
    """
    # BEGIN SOLUTION
    return x @ weights + bias
    # END SOLUTION


# %%
check("1.3", layer)

# %% [markdown] tags=["solution"]
# **Worked solution.** First mistake: `weights.T`. That belongs to PyTorch's order, (fan_out, fan_in). With a square
# matrix both orders fit and only one is right, which is why good tests use shapes that are all different. Second
# mistake: the loop adds the bias once for every example *to every row*, so a batch of two gets it twice. The sign of
# this mistake is that the answer for one photo depends on how many others are in the batch.

# %%
layer = yours("1.3")
sums = layer(images, ten_weights, ten_biases)
guesses = sums.argmax(axis=1)  # the neuron that is most convinced
accuracy = np.mean(guesses == kinds)
print(f"{sums.shape} sums; right about {accuracy:.1%} of new photos")

# %% [markdown]
# One line of yours, and ten pictures: that is a **linear network**. It is right far more often than a guess, which
# would be right in 10%.
#
# **Touch it.** Press *Start* and watch the ten pictures come out of noise. Then choose 16 hidden units. Are their
# pictures still clothes? (What hidden units are is for 1b.)

# %%
WeightsAsImagesExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# Without hidden units each picture becomes a faint likeness of its kind. A hidden unit has no kind to look like. It
# looks for a part or a pattern that several kinds share, and the next layer puts these together.
#
# </details>

# %% jupyter={"source_hidden": true}
Quiz(
    "All weights of a neuron are 0 and its bias is 5. What is its sum for "
    "a photo of a bag?",
    {
        "0, because nothing comes in": "No pixel counts, but the bias is "
        "still added: the sum is 5, not 0.",
        "It depends on the photo": "Each pixel is multiplied by 0. No "
        "photo can matter.",
        "5, as for every photo": "Right. With weights of 0 no input "
        "counts, and the sum is the bias.",
    },
    correct="5, as for every photo",
)

# %% [markdown]
# **Say it back.** A neuron compares its inputs with what it looks for: it multiplies, adds up, and adds its bias.
# Weights turn its border, the bias slides it. A layer asks many neurons about many photos, with one matrix product.

# %%
board(detector=pairs.mean(), linear=accuracy)

# %% [markdown]
# **Next:** [1b, bends and layers](01b_bends_and_layers.ipynb). Ten pictures can't be all there is: one picture has to
# stand for every coat there is. What happens if the sums of one layer become the inputs of another?
