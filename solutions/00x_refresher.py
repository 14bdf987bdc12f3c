# %% [markdown]
# # 00x · Refresher
#
# Three things that the notebooks take for granted: arrays and their shapes, what a slope is, and the matrix product.
# Read what you need and skip the rest. There is nothing to solve.
#
# **When you are done, you can**
#
# 1. read the shape of an array, and say which shapes fit together;
# 2. read the slope of a curve from a picture, and compute it;
# 3. work out a matrix product by hand.
#
# **Time:** 10 minutes.
#
# **You need:** Python numbers, lists and functions.

# %% jupyter={"source_hidden": true}
# The tools of this refresher.
import matplotlib.pyplot as plt
import numpy as np

from course_lib.data import load_fashion_mnist
from course_lib.explorers.prediction import Prediction, recall
from course_lib.explorers.quiz import Quiz
from course_lib.plots import show, style
from course_lib.plots.images import plot_image_grid
from course_lib.plots.matrix_product import draw_layer_product
from course_lib.plots.network_drawing import number

# %% [markdown]
# ## 1 · Arrays and shapes
#
# A photo is a table of numbers. Here is one of a shoe, 28 rows of 28 pixels: 0 is white, 1 is black.

# %%
clothes = load_fashion_mnist()
photos = clothes.validation.x  # one photo in each row
# kind 9 is the ankle boot; take the first one
shoe = photos[clothes.validation.labels == 9][0].reshape(28, 28)
print("all photos", photos.shape, "  one photo", shoe.shape)
print(shoe[12:15, 8:14].round(1))

# %% jupyter={"source_hidden": true}
figure = plt.figure(figsize=(6, 2.2), layout="constrained")
plot_image_grid(
    figure,
    np.array([shoe, shoe.T, shoe[::-1], 1 - shoe]).reshape(4, 784),
    ["shoe", "shoe.T", "shoe[::-1]", "1 - shoe"],
    (28, 28),
    columns=4,
)
figure.suptitle("One table of numbers, four times")
show(
    figure,
    alt="Four small images: a shoe, the same with rows and columns "
    "swapped, the same upside down, and the same with dark and light "
    "swapped.",
    width=660,
)

# %% [markdown]
# Such a table is an **array**, and its **shape** says how many numbers it has in each direction: `(28, 28)` is 28 rows
# and 28 columns. A single row of three numbers has the shape `(3,)`.
#
# | You write | You get |
# |---|---|
# | `a + b`, `a * b`, `np.exp(a)` | entry by entry, with no loop |
# | `a[0]`, `a[:, 1]`, `a[2:5]` | row 0; column 1; rows 2 to 4 |
# | `a.T` | rows become columns |
# | `a.reshape(784)` | the same numbers in another shape |
# | `a.sum()`, `a.sum(axis=0)`, `a.sum(axis=1)` | of everything; of each column; of each row |
# | `a > 0` | True and False, entry by entry; times 1.0 they are 1 and 0 |

# %% jupyter={"source_hidden": true}
Prediction(
    "row-added",
    "The array table has the shape (4, 3): four rows of three numbers. "
    "The array row has the shape (3,). What is table + row?",
    choices=[
        "An error: the shapes differ",
        "A table (4, 3): the row is added to each row",
        "A table (5, 3): the row is put below",
        "A row (3,): everything is added up",
    ],
)

# %%
table = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9], [0, 0, 0]])
row = np.array([10, 20, 30])
print(table + row)
print("shape", (table + row).shape)

# %% jupyter={"source_hidden": true}
recall(
    "row-added",
    answer="A table (4, 3): the row is added to each row.",
)

# %% [markdown]
# NumPy repeats what is too short. That is called **broadcasting**. It lines the shapes up at their *last* number: (4,
# 3) and (3,) fit, (4, 3) and (4,) do not. To add one number to each row, give it the shape (4, 1).
#
# ## 2 · What a slope is
#
# Walk along a curve from left to right. The **slope** says how steep it is where you stand: how far up, divided by how
# far to the right. Downhill is negative. On level ground it is 0. Its other name is **derivative**.


# %%
def curve(w):
    return (w - 2) ** 2 + 1


def slope_near(w, h):
    return (curve(w + h) - curve(w)) / h


for h in (1, 0.1, 0.01, 0.001):
    up = curve(3 + h) - curve(3)
    print(f"{h:<5} to the right, {up:.6f} up: slope {slope_near(3, h):.3f}")

# %% jupyter={"source_hidden": true}
w = np.linspace(-0.5, 4.5, 201)
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
axes.plot(w, curve(w), color=style.FUNCTION, linewidth=2.4)
for place in (0.5, 2.0, 3.0):
    near = np.array([place - 0.6, place + 0.6])
    steep = 2 * (place - 2)
    axes.plot(
        near,
        curve(place) + steep * (near - place),
        "--",
        color=style.GRADIENT,
        linewidth=2.2,
    )
    axes.plot(place, curve(place), "ko", markersize=7)
    axes.annotate(
        f"slope {number(steep)}",
        (place, curve(place)),
        xytext=(10, -10) if place > 2 else (8, 10),
        textcoords="offset points",
        va="top" if place > 2 else "bottom",
    )
axes.set(xlabel="w", ylabel="height", ylim=(0, 7.5))
axes.set_title(
    "Left of the lowest point the slope\nis negative, right of it positive"
)
show(
    figure,
    alt="A bowl with its lowest point at 2. Dashed lines touch it at 0.5 "
    "with slope minus 3, at 2 with slope 0, and at 3 with slope 2.",
    width=660,
)

# %% [markdown]
# The smaller the step, the closer the slope comes to 2. For this curve there is a formula: the slope is $2(w - 2)$,
# which is 2 where $w$ is 3. Three rules are enough for the first chapters:
#
# - **a number in front** stays: the slope of $5w$ is 5;
# - **a square** $w^2$ has the slope $2w$;
# - **in a chain** the slopes multiply. If $w$ moves $z$ three times as far, and $z$ moves $a$ twice as far, then $w$
#   moves $a$ six times as far. That is the **chain rule**. A network learns with its help.
#
# With several numbers there are several slopes, one for each. $\partial L / \partial w$ reads "the slope of $L$ over
# $w$": only $w$ moves, everything else stands still. All slopes together are the **gradient**.

# %% jupyter={"source_hidden": true}
Quiz(
    "At the place where you stand, the slope over w is −4. You want to go "
    "down. Where does w have to go?",
    {
        "It must fall": "A negative slope says: further right is lower. "
        "Falling means going left, and up.",
        "It must rise": "Right. The curve goes down to the right, so w "
        "must grow: against the sign of the slope.",
        "It does not matter": "Only where the slope is 0 do small steps "
        "change nothing.",
    },
    correct="It must rise",
)

# %% [markdown]
# ## 3 · The matrix product
#
# `x @ w` takes each row of `x` and each column of `w`, multiplies them pair by pair, and adds the products up. The row
# and the column must have the same length. Here one more number, the bias, is added to each column, as a layer of a
# network does it. In the picture *batch* is the number of rows, *fan_in* the number of inputs in a row, and *fan_out*
# the number of columns that come out:

# %%
x = np.array([[3.0, 4.0], [1.0, 2.0], [0.0, 5.0]])
weights = np.array([[1.0, 2.0], [-1.0, 0.0]])
bias = np.array([9.0, -3.0])
sums = x @ weights + bias

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(6, 2.6))
draw_layer_product(axes, x, weights, bias, row=0, column=0)
axes.set_title("A row meets a column: 3 · 1 + 4 · (−1) + 9 = 8", pad=14)
show(
    figure,
    alt="x with shape 3 by 2, at, weights with shape 2 by 2, plus, bias, "
    "equals, sums with shape 3 by 2. Marked: row 1 of x, column 1 of the "
    "weights, bias 9, and the sum 8.",
    width=660,
)

# %% [markdown]
# **By hand,** the second row, (1, 2): first column $1 \cdot 1 + 2 \cdot (-1) + 9 = 8$, second column
# $1 \cdot 2 + 2 \cdot 0 - 3 = -1$.
#
# The two inner numbers of the shapes must agree, and they vanish: (3, **2**) @ (**2**, 2) gives (3, 2). That one rule
# finds most mistakes. The same with loops:

# %%
by_loops = np.zeros((3, 2))
for i in range(3):
    for j in range(2):
        for k in range(2):
            by_loops[i, j] += x[i, k] * weights[k, j]
        by_loops[i, j] += bias[j]
print("difference", np.abs(by_loops - sums).max())

# %% jupyter={"source_hidden": true}
Quiz(
    "x has the shape (64, 784) and the weights have (784, 10). Which shape "
    "has x @ weights?",
    {
        "(784, 784)": "The inner numbers vanish: both are 784.",
        "(64, 10)": "Right. The inner 784 meets 784, and the outer numbers "
        "stay.",
        "(10, 64)": "The number of rows comes from x, so 64 is first.",
        "An error": "The inner numbers agree, 784 and 784, so it fits.",
    },
    correct="(64, 10)",
)

# %% [markdown]
# **Say it back.** A shape says how many numbers in each direction. A slope says how far up, divided by how far to the
# right. A matrix product is rows times columns, and the inner numbers must agree.
#
# **Next:** [1a, what a neuron looks for](01a_what_a_neuron_looks_for.ipynb).
