"""The files that a new chapter or evening begins with.

@TITLE@, @CHAPTER@ and @EVENING@ stand for its title, its chapter's number and an evening's own (7, 7a); @NUMBER@ and
@MEAN@ for its exercise's number and name (7.1, mean).
"""

CHAPTER = r'''# %% [markdown]
# # Chapter @CHAPTER@ · @TITLE@
#
# One or two sentences: what this chapter is about, and why it comes now.
#
# **When you are done, you can**
#
# 1. predict what a change will do;
# 2. write the core of it;
# 3. say when it does not help.
#
# **Time:** about 45 minutes of reading and trying, and 15 more for the exercise.
#
# **You need:** what earlier chapters this one rests on.

# %%
import matplotlib.pyplot as plt
import numpy as np

from course_lib.learner import check
from course_lib.plots import show

# %% [markdown]
# ## 1 · The first idea
#
# **The question.** Something just seen that calls for an explanation, and what most people get wrong about it.

# %%
values = np.array([1.0, 2.0, 3.0, 10.0])
figure, axes = plt.subplots(figsize=(6, 2.4), layout="constrained")
axes.plot(values, np.zeros(4), "o", markersize=10)
axes.axvline(values.mean(), linestyle="--")
axes.set_title("One large value moves the mean to the right of most")
axes.set_xlabel("value")
axes.set_yticks([])
show(
    figure,
    alt="Four dots on a line, at 1, 2, 3 and 10. A dashed line marks their "
    f"mean, {values.mean():.0f}.",
)

# %% [markdown]
# **The formula.** $\bar x = \frac{1}{n} \sum_i x_i$: the **mean** $\bar x$ is the sum of the $n$ values $x_i$, divided
# by how many there are.
#
# **By hand:** $(1 + 2 + 3 + 10) / 4 = 16 / 4 = 4$.

# %% [markdown]
# ### Exercise @NUMBER@ · The mean by hand
#
# **Purpose:** turn a formula with a sum into a line of code.
#
# `x` is an array of any length, at least 1. Return its mean as a number, without calling `np.mean`.
#
# **Example:** `@MEAN@(np.array([1.0, 2.0, 3.0, 10.0]))` gives 4.
#
# <details><summary>Hint 1</summary>
#
# Add up all values, then divide by how many there are.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `x.sum()` adds up, `len(x)` counts.
#
# </details>


# %%
def @MEAN@(x):
    """The mean of the values x (n,): a number."""
    # BEGIN SOLUTION
    return x.sum() / len(x)
    # END SOLUTION


# %%
check("@NUMBER@", @MEAN@)

# %% [markdown] tags=["solution"]
# **Worked solution.** Why it is written this way, and not only what it does.

# %% [markdown]
# ## Recap
#
# - What to remember, in one line each.
#
# ## Sources
#
# 1. Author (year), title, where it appeared.
'''

EVENING = r'''# %% [markdown]
# # @EVENING@ · @TITLE@
#
# One or two sentences: what this evening is about, and why it comes now.
#
# **When you are done, you can**
#
# 1. predict what a change will do;
# 2. write the core of it;
# 3. say when it does not help.
#
# **Time:** 0 minutes with its exercise.
#
# **You need:** the evenings that this one rests on.

# %% jupyter={"source_hidden": true}
# The tools of this evening.
import matplotlib.pyplot as plt
import numpy as np

from course_lib.explorers.prediction import Prediction, recall
from course_lib.learner import board, check, yours
from course_lib.plots import show

# %% [markdown]
# ## 1 · The first idea
#
# A question from something just seen, that calls for an explanation.

# %% jupyter={"source_hidden": true}
Prediction(
    "@EVENING@-mean",
    "Three values are near 2, and one is 10. Where is their mean?",
    choices=["near 2", "near 4", "near 10"],
)

# %% [markdown]
# $\bar x = \frac{1}{n} \sum_i x_i$: the **mean** $\bar x$ is the sum of the $n$ values $x_i$, divided by how many
# there are.
#
# ### Exercise @NUMBER@ · The mean by hand
#
# *5 minutes.* **Purpose:** turn a formula with a sum into a line of code.
#
# `x` is an array of any length, at least 1. Return its mean as a number, without calling `np.mean`.
#
# **Example:** `@MEAN@(np.array([1.0, 2.0, 3.0, 10.0]))` gives 4.
#
# <details><summary>Hint 1</summary>
#
# Add up all values, then divide by how many there are.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `x.sum()` adds up, `len(x)` counts.
#
# </details>


# %%
def @MEAN@(x):
    """The mean of the values x (n,): a number."""
    # BEGIN SOLUTION
    return x.sum() / len(x)
    # END SOLUTION


# %%
check("@NUMBER@", @MEAN@)

# %% [markdown] tags=["solution"]
# **Worked solution.** Why it is written this way, and not only what it does.

# %% [markdown]
# What you wrote is used at once:

# %%
@MEAN@ = yours("@NUMBER@")
values = np.array([1.0, 2.0, 3.0, 10.0])
middle = @MEAN@(values)

# %% jupyter={"source_hidden": true}
figure, axes = plt.subplots(figsize=(6, 2.4), layout="constrained")
axes.plot(values, np.zeros(4), "o", markersize=10)
axes.axvline(middle, linestyle="--")
axes.set_title("One large value moves the mean to the right of most")
axes.set_xlabel("value")
axes.set_yticks([])
show(
    figure,
    alt="Four dots on a line, at 1, 2, 3 and 10. A dashed line marks their "
    f"mean, {middle:.0f}.",
)
recall("@EVENING@-mean", answer=f"Their mean is {middle:.0f}.")

# %% [markdown]
# **Say it back.** What to remember, in two lines.

# %%
board()

# %% [markdown]
# **Next:** the evening that comes after this one.
'''

ANSWER = '''

def @MEAN@(x):
    """The mean of the values x (n,): a number."""
    return x.sum() / len(x)
'''

FOLDER = '''"""The exercises of chapter @CHAPTER@: one file each."""
'''

EXERCISE = '''"""Exercise @NUMBER@: the mean by hand."""

import numpy as np

from course_lib.checks import exercise
from course_lib.checks.expectations import expect_close
from course_lib.checks.fresh import few_digits, same_as
from course_lib.checks.mistakes import Said, known

MISTAKES = [  # wrong answers as learners write them, and what each means: the hint that they get
    (lambda x: x.sum(), "This is the sum. What is it divided by?"),
    (lambda x: x.sum() / max(len(x) - 1, 1), "Divide by how many values there are, not by one less."),
    (np.median, "This is the median: the value in the middle."),
    (lambda x: print(x.mean()), Said("forget `return`")),  # words of the check, where not the value tells
]
LEAD = "Take 1, 2, 3 and 10: add them up on paper, and divide."  # the hint where no mistake is known


def drawn(rng):
    """For marking, inputs that nobody can know: one value, then several; each case is a tuple of arguments."""
    return [(few_digits(rng, n, 10),) for n in (1, *rng.integers(2, 9, 4))]


@exercise("@NUMBER@", title="The mean by hand", mistakes=MISTAKES, lead=LEAD, hidden=same_as(np.mean, drawn))
def @MEAN@(submitted):
    """Four values whose mean, median and sum differ, then a single one."""
    for x in (np.array([1.0, 2.0, 3.0, 10.0]), np.array([-3.0])):
        expect_close(submitted(x), x.mean(), because=known(MISTAKES, x), what=f"The mean of {x.tolist()}")
'''

TESTS = '''"""Checks of @EVENING@: right answers, written in different ways. test_checks.py has the wrong ones."""

import numpy as np
import pytest

from course_lib.checks import run_check

RIGHT = [
    ("@NUMBER@", np.mean),
    ("@NUMBER@", lambda x: sum(x) / len(x)),
    ("@NUMBER@", lambda x: x.astype(np.float64) @ np.full(len(x), 1 / len(x))),
]


@pytest.mark.parametrize(("number", "right"), RIGHT)
def test_a_right_answer_passes_however_it_is_written(number, right):
    assert run_check(number, right).passed
'''
