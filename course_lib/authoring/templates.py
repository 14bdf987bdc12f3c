"""The files that a new chapter begins with. @TITLE@, @NUMBER@ and @NN@ stand for its title and its number (7, 07)."""

CHAPTER = r'''# %% [markdown]
# # Chapter @NUMBER@ · @TITLE@
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
# ### Exercise @NUMBER@.1 · The mean by hand
#
# **Purpose:** turn a formula with a sum into a line of code.
#
# `x` is an array of any length, at least 1. Return its mean as a number, without calling `np.mean`.
#
# **Example:** `mean(np.array([1.0, 2.0, 3.0, 10.0]))` gives 4.
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
def mean(x):
    """The mean of the values x (n,): a number."""
    # BEGIN SOLUTION
    return x.sum() / len(x)
    # END SOLUTION


# %%
check("@NUMBER@.1", mean)

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

FOLDER = '''"""The exercises of chapter @NUMBER@: one file each."""
'''

EXERCISE = '''"""Exercise @NUMBER@.1: the mean by hand."""

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


@exercise("@NUMBER@.1", title="The mean by hand", mistakes=MISTAKES, lead=LEAD, hidden=same_as(np.mean, drawn))
def mean(submitted):
    """Four values whose mean, median and sum differ, then a single one."""
    for x in (np.array([1.0, 2.0, 3.0, 10.0]), np.array([-3.0])):
        expect_close(submitted(x), x.mean(), because=known(MISTAKES, x), what=f"The mean of {x.tolist()}")
'''

TESTS = '''"""Chapter @NUMBER@'s checks: right answers, written in different ways. test_checks.py has the wrong ones."""

import numpy as np
import pytest

from course_lib.checks import run_check

RIGHT = [
    ("@NUMBER@.1", np.mean),
    ("@NUMBER@.1", lambda x: sum(x) / len(x)),
    ("@NUMBER@.1", lambda x: x.astype(np.float64) @ np.full(len(x), 1 / len(x))),
]


@pytest.mark.parametrize(("number", "right"), RIGHT)
def test_a_right_answer_passes_however_it_is_written(number, right):
    assert run_check(number, right).passed
'''
