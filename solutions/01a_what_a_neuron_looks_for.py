# %% [markdown]
# # 1a · What a neuron looks for
#
# Tonight you meet the part that every network is made of. It looks at a photo of clothes and gives one number, which
# says how well the photo fits what this part looks for.
#
# **When you are done, you can**
#
# 1. say what a neuron computes, and draw what it looks for;
# 2. predict what a change of one weight or of the bias does;
# 3. design a neuron by hand that finds trousers among clothes;
# 4. write a layer that asks ten neurons about two thousand photos at once.
#
# **Time:** 44 minutes with its three exercises.
#
# **You need:** Python functions, and a NumPy array as "a table of numbers". No calculus.
#
# **How it works.** Run the cells from the top with Shift + Enter. Before an answer comes, you are asked to predict it.
# Commit to something: a wrong guess costs nothing, and it is where most of the learning happens. Some cells only draw
# or ask. Their code is folded, and three dots stand in its place; run them like the others. In an exercise you write
# your lines in place of `raise NotImplementedError`, run the cell, and then run the check below it. What passes is kept
# in a file of your own, `my_network.py`, which grows into a whole network.

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
from course_lib.learner.giving import is_the_courses
from course_lib.plots import show
from course_lib.plots.decision import (
    grid_points,
    plot_boundary,
    plot_regions,
)
from course_lib.plots.filters import plot_filters
from course_lib.plots.images import plot_image_grid
from course_lib.plots.matrix_product import draw_layer_product
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
# Here is one photo of each of ten kinds of clothes. A photo has 28 by 28 pixels, so it is 784 numbers: 0 is white, 1 is
# black, and gray is in between.

# %% jupyter={"source_hidden": true}
one_of_each = [np.flatnonzero(kinds == kind)[0] for kind in range(10)]
figure = plt.figure(figsize=(6, 2.75), layout="constrained")
plot_image_grid(figure, images[one_of_each], names, (28, 28), columns=5)
show(
    figure,
    alt="Ten small gray pictures of clothes, one of each kind.",
    width=660,
)

# %% [markdown]
# Now meet a machine that tells the ten kinds apart. It has no rules about sleeves or legs. It has ten pictures of its
# own, one for each kind. These are 784 numbers each too, but some of the numbers are negative. The machine takes a
# photo and one of its pictures, multiplies them pixel by pixel, and adds everything up. It does so with all ten
# pictures, and the kind with the largest sum is its answer.

# %% jupyter={"source_hidden": true}
Prediction(
    "trouser-picture",
    "You have not seen the machine's own picture of the kind “Trouser” "
    "yet. Where do you expect numbers far below 0, so that a dark pixel "
    "speaks against trousers?",
    choices=[
        "Where both legs are",
        "Between the two legs",
        "Nowhere: negative pixels make no sense",
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
figure = plt.figure(figsize=(6, 2.95), layout="constrained")
plot_filters(figure, ten_weights, (28, 28), columns=5, titles=names)
figure.suptitle(
    "Blue: a dark pixel here speaks for this kind. Orange: against it",
    fontsize=11,
)
show(
    figure,
    alt="Ten images of weights. In some you can make out the kind in blue. "
    "In the trouser picture the waist is blue, and below it a deep orange "
    "stripe stands in the middle, with some blue on each side.",
    width=660,
)

# %% jupyter={"source_hidden": true}
gap = ten_weights[:, 1].reshape(28, 28)[14:26, 13:15].mean()
leg = ten_weights[:, 1].reshape(28, 28)[14:26, 16:18].mean()
gap, leg = (f"{mean:+.2f}".replace("-", "−") for mean in (gap, leg))
recall(
    "trouser-picture",
    answer="Between the two legs. The numbers there are "
    f"{gap} on average, and {leg} on a leg. A dress is dark in the middle "
    "and trousers are not: that tells the two apart.",
)

# %% [markdown]
# These ten pictures were learned from photos; chapter 2 shows how. Tonight is about what such a picture does. Each of
# them is what one **neuron** looks for.

# %% [markdown]
# ## 2 · One neuron
#
# A neuron multiplies each **input** by a number, its **weight**, and adds up the products. Then it adds one more
# number, its **bias**. Here the inputs are the 784 pixels of a photo, so there are 784 weights, and you can look at
# them as a picture.
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
# Many neurons pass on only what is above 0. Their **output** is $a = \max(z, 0)$: a negative sum becomes 0, and a
# positive one stays as it is. This function is called **ReLU** (rectified linear unit). Drawn as a curve, it is flat up
# to 0, bends there, and climbs. What such a bend is good for comes in 1b and 1c.

# %% jupyter={"source_hidden": true}
Prediction(
    "one-neuron",
    "The same inputs (3, 4) and weights (1, −1), but the bias is −3 in "
    "place of 9. What is the output of the neuron, with its ReLU?",
    choices=["−4", "4", "−3", "0"],
)

# %% jupyter={"source_hidden": true}
recall(
    "one-neuron",
    answer="0. The sum is 3 − 4 − 3 = −4, and a negative sum becomes 0.",
)

# %% [markdown]
# ### Exercise 1.1 · One neuron, one line
#
# *5 minutes.* **Purpose:** write the sum that every neural network is made of.
#
# `x` and `weights` have the same length, `bias` is a number. Fill in the line that computes `z`. It has to work for
# any number of inputs. *Kept in `my_network.py` when it passes.*
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

# %% [markdown]
# `yours("1.1")` fetches your function if it has passed its check, and the course's own if it has not. Below, it looks
# at 500 photos with the trouser picture for its weights. What does it say?

# %%
neuron = yours("1.1")
# One column of weights for each kind, counted from 0: trousers are 1.
trouser_weights, trouser_bias = ten_weights[:, 1], ten_biases[1]
answers = [
    neuron(image, trouser_weights, trouser_bias) for image in images[:500]
]
print(f"500 outputs, from {min(answers):.1f} to {max(answers):.1f}")

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
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
axes.set_xlabel("output of the trouser neuron; each dot is a photo")
axes.set_title("Trousers get the largest outputs, some dresses come near")
show(
    figure,
    alt="A dot for each of 500 photos, by kind and by output. Trousers "
    "reach far to the right, most other kinds are at 0 or near it.",
    width=660,
)

# %% [markdown]
# ## 3 · The border of a neuron
#
# With two inputs you can see every possible input at once: each pair $(x_1, x_2)$ is a point of a plane. Take the
# weights (1, 2) and the bias −2. The sum is exactly 0 where $x_1 + 2 x_2 - 2 = 0$, and that is the equation of a
# straight line: the **border** of the neuron. On one side of it the sum is positive, on the other it is negative.

# %% jupyter={"source_hidden": true}
Prediction(
    "border",
    "You change only the bias of a neuron, from −2 to 3. What happens to "
    "its border?",
    choices=[
        "It turns",
        "It moves and keeps its direction",
        "It bends",
        "It stays, and the two sides swap",
    ],
)

# %% jupyter={"source_hidden": true}
ticks, points = grid_points(-4, 4, 161)
figure, grid = plt.subplots(
    1, 2, figsize=(6, 3.2), sharey=True, layout="constrained"
)
for axes, bias, arrow in zip(
    grid, (-2.0, 3.0), ((1.5, 2.6), (0.5, 0.6)), strict=True
):
    sums = (points @ [1.0, 2.0] + bias).reshape(161, 161)
    plot_regions(axes, ticks, sums)
    plot_boundary(axes, [1.0, 2.0], bias, -4, 4)
    axes.set_title(f"bias {bias:.0f}".replace("-", "−"))
    axes.set_xlabel("input x1")
    axes.text(*arrow, "weights", va="center")
    axes.text(-3.7, 3.4, "sum above 0", va="center")
    axes.text(-3.7, -3.4, "sum below 0", va="center")
grid[0].set_ylabel("input x2")
figure.suptitle(
    "Another bias moves the border and does not turn it", fontsize=11
)
show(
    figure,
    alt="Two planes, each cut by a straight border. The second border is "
    "parallel to the first and shifted. The arrow of the weights stands "
    "at a right angle to both.",
    width=660,
)

# %% jupyter={"source_hidden": true}
recall(
    "border",
    answer="It moves and keeps its direction. Only weights can turn it.",
)

# %% [markdown]
# The arrow shows the weights: 1 to the right and 2 up. It stands at a right angle to the border. Turn the arrow, and
# the border turns with it.
#
# **Touch it.** Set the weights to 1 and 1.5 and the bias to −2, and leave the input where it is. Note where the border
# is and what the output is. Then double all three numbers. What stays, and what doubles? (*Activation* and *slope* are
# for 1b.)

# %%
NeuronExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# The border stays: where the sum was 0, twice the sum is 0 too. Where there was an output, it doubles; at your input it
# goes from 1.5 to 3. The neuron looks for the same thing and says so more strongly.
#
# </details>

# %% [markdown]
# ### Exercise 1.2 · Draw a trouser detector
#
# *8 minutes.* **Purpose:** choose 784 weights for a reason, before training does it for you.
#
# Return the weights of one neuron, an array of shape (28, 28). Its score for a photo is the sum of pixel times weight.
# Put a photo of trousers beside a photo of anything else: the trousers should get the higher score, in at least 90% of
# all such pairs. Only the order counts, so your neuron needs no bias and no ReLU. *Your drawing stays in this notebook;
# `my_network.py` does not keep it.*
#
# **Example of the form:** `weights[10:20, 12:16] = -1.0` fills a block, rows 10 to 19 and columns 12 to 15. Row 0 is
# the top. To look at your drawing, run `plt.imshow(trouser_detector(), cmap="RdBu", vmin=-4, vmax=4)` in a new cell:
# blue is positive as above, and red is negative.
#
# <details><summary>Hint 1</summary>
#
# Look at the trouser picture above. Where is it blue, and where is it orange? A few rectangles are enough.
#
# </details>
# <details><summary>Hint 2</summary>
#
# A T-shirt is dark where trousers are dark too. Which pixels are dark in a T-shirt or a dress, and white in trousers?
# They need the most negative weights.
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
# **Worked solution.** Two blue legs alone are not enough: coats and dresses are dark there too. The strip between the
# legs has the most negative weights, because that is where a dress gives itself away. The orange sides lower the
# score of everything that has sleeves. They alone would pass, but many dresses would win against trousers. Blue
# everywhere would not help: it measures how dark a photo is, whatever it shows.

# %%
detector = yours("1.2")
drawn = np.asarray(detector()).reshape(784)
scores = images @ drawn  # one score for each photo
# Every photo of trousers beside every other one: is its score higher?
pairs = scores[kinds == 1][:, None] > scores[kinds != 1]
print(f"trousers score higher in {pairs.mean():.1%} of the pairs")

# %% jupyter={"source_hidden": true}
figure = plt.figure(figsize=(6, 2.4), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1, 1.5])
whose = (
    "the course's drawing" if is_the_courses(detector) else "your drawing"
)
plot_filters(left, drawn[:, None], (28, 28), columns=1, titles=[whose])
best = np.argsort(-scores)[:6]
plot_image_grid(
    right,
    images[best],
    [names[kind] for kind in kinds[best]],
    (28, 28),
    columns=3,
)
right.suptitle("The six photos with the highest scores", fontsize=11)
show(
    figure,
    alt="Left: the weights that were drawn by hand. Right: the six photos "
    f"with the highest scores; {np.sum(kinds[best] == 1)} are trousers.",
    width=660,
)

# %% [markdown]
# ## 4 · Ten neurons at once: a layer
#
# Ten neurons that look at the same inputs are a **layer**. Put their weights side by side, one column for each neuron.
# Put the photos below each other, one row for each photo; many photos together are a **batch**. Then one **matrix
# product** gives all sums. Python writes it `X @ W`:
#
# $$Z = X W + b$$
#
# | Symbol | Shape | Here |
# |---|---|---|
# | $X$, in code `x` | (batch, fan_in) | 2,000 photos of 784 pixels |
# | $W$, in code `weights` | (fan_in, fan_out) | ten columns of 784 weights |
# | $b$, in code `bias` | (fan_out,) | ten biases |
# | $Z$, the sums | (batch, fan_out) | ten sums for each photo |
#
# **fan_in** is how many inputs each neuron has, **fan_out** is how many neurons there are. In `X @ W` each row of $X$
# meets each column of $W$: multiply pair by pair and add up. That is what one neuron does with one photo. Then NumPy
# adds $b$ to every row. Here it is with two photos of three pixels and two neurons:

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(6, 2.3), layout="constrained")
draw_layer_product(
    axes,
    x=[[1, 0, 2], [3, 1, 0]],
    weights=[[2, -1], [0, 4], [3, 5]],
    bias=[-4, 6],
    row=0,
    column=1,
)
axes.set_title(
    "First photo, second neuron: 1 · (−1) + 0 · 4 + 2 · 5 + 6 = 15"
)
show(
    figure,
    alt="Four tables of numbers: x times weights plus bias gives the sums. "
    "The first row of x, the second column of the weights and the second "
    "bias are marked, and so is the sum that they make, 15.",
    width=660,
)

# %% [markdown]
# ### Exercise 1.3 · Mend a layer
#
# *8 minutes.* **Purpose:** meet two mistakes that almost everybody makes once, and learn to see them.
#
# The layer below runs without an error. It should give `[[8, 3], [10, 1]]`, and it does not. It has **two** mistakes.

# %%
square_x = np.array([[3.0, 4.0], [2.0, 1.0]])
square_weights = np.array([[1.0, 2.0], [-1.0, 0.0]])
square_bias = np.array([9.0, -3.0])


def broken_layer(x, weights, bias):
    sums = x @ weights.T
    for _ in range(len(x)):
        sums = sums + bias
    return sums


print(broken_layer(square_x, square_weights, square_bias))

# %% [markdown]
# Write `layer` so that it is right for every batch and every shape. There is no ReLU in it: negative sums stay. *Kept
# in `my_network.py` when it passes.*
#
# <details><summary>Hint 1</summary>
#
# `.T` turns a table on its side: rows become columns. Why was there no error? Because `square_weights` is square, and
# turned on its side it still fits.
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
# **Worked solution.** First mistake: `weights.T`. It is right where weights are stored as (fan_out, fan_in), and
# PyTorch, the library that you meet in 1b, does so. With a square matrix both orders fit and only one is right, which
# is why good tests use shapes that are all different. Second mistake: the loop adds the bias once for every example *to
# every row*, so a batch of two gets it twice. You can recognize it: the answer for one photo depends on how many others
# are in the batch.

# %%
layer = yours("1.3")
sums = layer(images, ten_weights, ten_biases)
guesses = sums.argmax(axis=1)  # for each photo: which sum is largest?
accuracy = np.mean(guesses == kinds)
print(f"{sums.shape} sums; right about {accuracy:.1%} of new photos")

# %% [markdown]
# New photos are photos that it did not learn from. A blind guess would be right in 10% of them. One line of yours and
# ten pictures do much better: that is a **linear network**, because it only multiplies and adds.
#
# **Touch it.** Here such a network learns, from smaller photos (14 by 14 pixels). What you know as a kind is called a
# *class* there. Press *Start* and watch the ten pictures come out of noise. Press *Pause* when the **accuracy**, the
# share of right answers, has stopped climbing, then *Next mistake*, again and again. The lower row shows pixel times
# weight for this photo: blue speaks for a kind, orange against it, and the sum stands below. Which kinds does it mix
# up, and why those? (Leave the other controls: they belong to later evenings.)

# %%
WeightsAsImagesExplorer()

# %% [markdown]
# <details><summary>What you should have seen</summary>
#
# Many mistakes are among shirts, coats, pullovers and T-shirts. They look alike, so their sums are close, and a few
# pixels decide. A sandal is hardly ever taken for a coat.
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
numbers = {"linear": accuracy}
if not is_the_courses(detector):  # the board is for your own drawing
    numbers["detector"] = pairs.mean()
board(**numbers)

# %% [markdown]
# **Next:** [1b, bends and layers](01b_bends_and_layers.ipynb). One picture for all coats is not much: some have a hood,
# some are open. What happens if the outputs of one layer become the inputs of another?
