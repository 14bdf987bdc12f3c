"""What CONTRIBUTING says that an addition touches: each is carried out in a copy of the course, and counted."""

import difflib
import re

import pytest

from course_copy import LEFT_OUT, ROOT, copy_course, run_python

pytestmark = pytest.mark.processes("tests the copy in Pythons of its own")

TWINS = "tests/test_same_names.py::test_both_engines_have_the_same_files_names_and_words"
PARITY = [TWINS, "tests/test_networks_agree.py", "tests/browser/test_web_engine.py", "--hypothesis-profile=quick"]
WEB = "course_lib/explorers/web/engine"


@pytest.fixture
def course(tmp_path):
    return copy_course(tmp_path)


def said(addition):
    """What the table says of an addition: {path: number of places, or "new"}, by hand and by commands together."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| {addition} \| (.*) \|$", text, re.MULTILINE)
    entries = re.findall(r"(new )?`([^`]+)`(?: \((\d+) places\))?", row)
    return {path: "new" if new else int(places or 1) for new, path, places in entries}


def touched(course):
    """What differs between the copy and the course: {path: number of places, or "new"}."""
    found = {}
    for path in sorted(course.rglob("*")):
        name = path.relative_to(course).as_posix()
        if not path.is_file() or any(LEFT_OUT("", [part]) for part in name.split("/")):
            continue
        if not (ROOT / name).exists():
            found[name] = "new"
        elif path.read_bytes() != (ROOT / name).read_bytes():
            found[name] = 1 if path.suffix in (".ipynb", ".svg") else places(ROOT / name, path)
    return found


def places(before, after):
    """How many runs of lines differ between two files."""
    lines = [path.read_text(encoding="utf-8").splitlines() for path in (before, after)]
    return sum(kind != "equal" for kind, *_ in difflib.SequenceMatcher(None, *lines, autojunk=False).get_opcodes())


def write(course, name, text):
    """Write a new file."""
    (course / name).parent.mkdir(parents=True, exist_ok=True)
    (course / name).write_text(text, encoding="utf-8")


def insert(course, name, before, text):
    """Put the text in front of the first place where `before` stands."""
    written = (course / name).read_text(encoding="utf-8")
    assert before in written, f"{name} has no {before!r} any more"
    (course / name).write_text(written.replace(before, text + before, 1), encoding="utf-8")


def assert_tests_pass(course, *words):
    run = run_python(course, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *words)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]


def named(entries, **names):
    """The table's paths with these names in place of NAME, NN_NAME and NN."""
    for word, name in names.items():
        entries = {path.replace(word, name): places for path, places in entries.items()}
    return entries


def test_the_table_is_read_with_its_numbers_and_its_new_files():
    entries = said("an optimizer") | said("a layer")
    assert entries["course_lib/plots/style.py"] == 2 and entries["course_lib/recipe.py"] == 1
    assert entries["course_lib/scratch/NAME.py"] == "new"


def test_an_activation(course):
    insert(course, "course_lib/recipe.py", '"silu")', '"softsign", ')
    insert(
        course,
        "course_lib/scratch/activations.py",
        "def _float_type(z):",
        'def softsign(z):\n    """z / (1 + |z|)."""\n    return z / (1 + np.abs(z))\n\n\n'
        'def softsign_derivative(z):\n    """1 / (1 + |z|)^2."""\n    return 1 / (1 + np.abs(z)) ** 2\n\n\n',
    )
    insert(
        course,
        "course_lib/pytorch/activations.py",
        "class Activation(nn.Module):",
        'def softsign(z):\n    """z / (1 + |z|)."""\n    return functional.softsign(z)\n\n\n'
        'def softsign_derivative(z):\n    """The derivative of softsign, by autograd."""\n'
        "    return _slope_at(softsign, z)\n\n\n",
    )
    insert(
        course,
        f"{WEB}/activations.js",
        "export const FUNCTIONS = {",
        "/** z / (1 + |z|). */\nexport const softsign = (z) => z / (1 + Math.abs(z));\n"
        "/** 1 / (1 + |z|)**2. */\nexport const softsign_derivative = (z, h) => 1 / (1 + Math.abs(z)) ** 2;\n\n",
    )
    insert(course, f"{WEB}/activations.js", "  silu: [silu", "  softsign: [softsign, softsign_derivative],\n")
    insert(course, "tests/test_activations.py", '    "tanh": nn.Tanh(),\n', '    "softsign": nn.Softsign(),\n')
    assert touched(course) == said("an activation")
    tests = ("tests/test_activations.py", *PARITY)
    assert_tests_pass(course, *tests, "-k", "softsign or oracle or same_files or browser_knows")


ADAGRAD = '''class Adagrad:
    """Each step divided by the root of all squares so far. Duchi, Hazan and Singer 2011."""

    def __init__(self, parameters, learning_rate=0.01, epsilon=1e-10):
        self.parameters, self.learning_rate, self.epsilon = parameters, learning_rate, epsilon
        self.total = np.zeros_like(parameters)

    def step(self, gradients):
        self.total = self.total + gradients**2  # s <- s + g^2
        self.parameters -= self.learning_rate * gradients / (np.sqrt(self.total) + self.epsilon)


'''
ADAGRAD_IN_THE_BROWSER = """/** Each step divided by the root of all squares so far. Duchi, Hazan and Singer 2011. */
export class Adagrad {
  constructor(parameters, { learning_rate = 0.01, epsilon = 1e-10 } = {}) {
    Object.assign(this, { parameters, learning_rate, epsilon, total: new Float64Array(parameters.length) });
  }

  step(gradients) {
    for (let k = 0; k < gradients.length; k++) {
      this.total[k] += gradients[k] ** 2; // s <- s + g^2
      this.parameters[k] -= (this.learning_rate * gradients[k]) / (Math.sqrt(this.total[k]) + this.epsilon);
    }
  }
}

"""
ADAGRAD_TWIN = '''class Adagrad(_Rate, torch.optim.Adagrad):
    """torch.optim.Adagrad."""

    def __init__(self, parameters, learning_rate=0.01, epsilon=1e-10):
        super().__init__(parameters, lr=learning_rate, eps=epsilon)


'''


def test_an_optimizer(course):
    insert(course, "course_lib/recipe.py", '"adamw"', '"adagrad", ')
    insert(course, "course_lib/scratch/optimizers.py", "class Adam:", ADAGRAD)
    insert(course, "course_lib/pytorch/optimizers.py", "class Adam(", ADAGRAD_TWIN)
    insert(course, "course_lib/engine/plan.py", '    "adamw": "', '    "adagrad": "Adagrad",\n')
    insert(course, f"{WEB}/optimizers.js", "/** Momentum and RMSProp together", ADAGRAD_IN_THE_BROWSER)
    insert(course, f"{WEB}/plan.js", "  adamw: optimizers", "  adagrad: optimizers.Adagrad,\n")
    insert(course, "course_lib/plots/style.py", '    "adamw": (', '    "adagrad": (BLACK, (0, (2, 3))),\n')
    insert(course, "course_lib/plots/style.py", '    "adamw": "', '    "adagrad": "Adagrad",\n')
    insert(
        course,
        "tests/test_optimizers.py",
        '    "adamw": lambda',
        '    "adagrad": lambda p: torch.optim.Adagrad(p, lr=RATE),\n',
    )
    insert(
        course,
        "tests/test_networks_agree.py",
        '        "adamw": lambda',
        '        "adagrad": lambda: torch.optim.Adagrad(parameters, lr=0.01),\n',
    )
    assert touched(course) == said("an optimizer")
    tests = ("tests/test_optimizers.py", "tests/test_plots_ch04.py", *PARITY)
    assert_tests_pass(course, *tests, "-k", "adagrad or look or same_files or browser_knows")


CENTER = '''"""Centering: the mean of each example's features is taken off."""

import numpy as np


class Center:
    """x - mean(x) in each row of `n_features` numbers."""

    def __init__(self, n_features):
        self.parameters, self.gradients = {}, {}

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        return x - x.mean(axis=1, keepdims=True)  # y = x - mean x

    def backward(self, output_gradient: np.ndarray) -> np.ndarray:
        return output_gradient - output_gradient.mean(axis=1, keepdims=True)
'''
CENTER_TWIN = '''"""Centering, by autograd."""

from torch import nn


class Center(nn.Module):
    """As `course_lib.scratch.center_norm.Center`."""

    named = {}

    def __init__(self, n_features):
        super().__init__()

    def forward(self, x):
        return x - x.mean(dim=1, keepdim=True)
'''
CENTER_IN_THE_BROWSER = """/* Centering. Twin of scratch/center_norm.py. */

export class Center {
  constructor({ n_features }) {
    Object.assign(this, { n_features, parameters: {}, gradients: {} });
  }

  forward(x, training) {
    return x.map((entry, k) => entry - this.mean(x, k)); // y = x - mean x
  }

  backward(output_gradient) {
    return output_gradient.map((entry, k) => entry - this.mean(output_gradient, k));
  }

  mean(x, k) {
    const start = k - (k % this.n_features);
    return x.subarray(start, start + this.n_features).reduce((sum, entry) => sum + entry, 0) / this.n_features;
  }
}
"""
CENTER_TEST = '''"""Centering."""

import numpy as np

from course_lib.scratch.center_norm import Center


def test_rows_have_mean_0():
    rows = Center(4).forward(np.random.default_rng(0).normal(3, 1, (5, 4)))
    np.testing.assert_allclose(rows.mean(axis=1), 0, atol=1e-12)
'''


def test_a_layer(course):
    write(course, "course_lib/scratch/center_norm.py", CENTER)
    write(course, "course_lib/pytorch/center_norm.py", CENTER_TWIN)
    write(course, f"{WEB}/center_norm.js", CENTER_IN_THE_BROWSER)
    insert(course, f"{WEB}/plan.js", "import { Dense }", 'import { Center } from "./center_norm.js";\n')
    insert(course, f"{WEB}/plan.js", "  rms_norm: {", "  center_norm: { layer: Center },\n")
    write(course, "tests/test_center_norm.py", CENTER_TEST)
    insert(
        course,
        "course_lib/engine/plan.py",
        '    "rms_norm":',
        '    "center_norm": Technique("center_norm", "Center"),\n',
    )
    insert(course, "course_lib/recipe.py", '"rms")', '"center", ')
    assert touched(course) == named(said("a layer"), NAME="center_norm")
    tests = ("tests/test_center_norm.py", *PARITY)
    assert_tests_pass(course, *tests, "-k", "center or same_files or mean_0 or browser_knows")


EXERCISE = '''"""Exercise 97.2: the largest of some values."""

import numpy as np

from course_lib.checks import exercise
from course_lib.checks.expectations import expect_close
from course_lib.checks.fresh import few_digits, same_as
from course_lib.checks.mistakes import known

MISTAKES = [
    (np.min, "This is the smallest value."),
    (lambda x: x[-1], "This is the last value, and it need not be the largest."),
    (np.argmax, "This is the place of the largest value, not the value."),
]


def drawn(rng):
    """Rows of several values."""
    return [(few_digits(rng, n, 9),) for n in rng.integers(3, 9, 5)]


@exercise("97.2", title="The largest", mistakes=MISTAKES, hidden=same_as(np.max, drawn))
def largest(submitted):
    """Values whose largest is neither the first nor the last."""
    x = np.array([2.0, 7.0, 3.0])
    expect_close(submitted(x), x.max(), because=known(MISTAKES, x), what="The largest of (2, 7, 3)")
'''
EXERCISE_TEXT = '''# %% [markdown]
# ### Exercise 97.2 · The largest
#
# **Purpose:** look at every value.
#
# Return the largest of the values in `x`.
#
# <details><summary>Hint 1</summary>
#
# Keep the largest so far.
#
# </details>
# <details><summary>Hint 2</summary>
#
# `x.max()` does it.
#
# </details>


# %%
def largest(x):
    """The largest of the values x (n,): a number."""
    # BEGIN SOLUTION
    return x.max()
    # END SOLUTION


# %%
check("97.2", largest)

# %% [markdown] tags=["solution"]
# **Worked solution.** The maximum of an array is one of its own functions.

'''


TABLES = (["course_lib", "syllabus"], ["course_lib.authoring", "readme"])


@pytest.fixture
def with_a_chapter(course):
    """The copy, with a chapter begun by the command."""
    for words in (["course_lib.authoring", "new", "97_small", "Small"], *TABLES):
        run = run_python(course, "-m", *words)
        assert run.returncode == 0, run.stderr
    return course


CURRENT = [
    "tests/test_chapters_are_current.py",
    "tests/test_checks.py",
    "tests/test_checks_ch97.py",
    "tests/test_checks_fresh.py",
    "-k",
    "97 or every",
]


def test_a_chapter(with_a_chapter):
    found, entries = touched(with_a_chapter), named(said("a chapter"), NN_NAME="97_small", NN="97")
    for page in ("INSTRUCTORS.md", "README.md"):  # all of it between two comments
        assert found.pop(page) >= 1 == entries.pop(page)
    assert found == entries
    assert_tests_pass(with_a_chapter, *CURRENT)


def test_an_exercise(with_a_chapter, tmp_path):
    course = with_a_chapter
    before = {name: (course / name).read_text(encoding="utf-8") for name in touched(course)}
    write(course, "course_lib/checks/chapter_97/largest.py", EXERCISE)
    insert(course, "solutions/97_small.py", "# %% [markdown]\n# ## Recap", EXERCISE_TEXT)
    insert(course, "tests/test_checks_ch97.py", "]\n\n\n@pytest", '    ("97.2", np.max),\n')
    source = (course / "solutions/97_small.py").read_text(encoding="utf-8")
    longer = source.replace("15 more for the exercise", "25 more for the two exercises")
    write(course, "solutions/97_small.py", longer)
    for words in (["course_lib.authoring", "build"], *TABLES):
        built = run_python(course, "-m", *words)
        assert built.returncode == 0, built.stderr
    changed = {name: "new" for name in touched(course) if name not in before}
    for name, text in before.items():
        if (course / name).read_text(encoding="utf-8") != text:
            write(tmp_path, "before", text)
            changed[name] = 1 if name.endswith(".ipynb") else places(tmp_path / "before", course / name)
    entries = named(said("an exercise"), NN_NAME="97_small", NN="97")
    for page in ("INSTRUCTORS.md", "README.md"):  # all of it between two comments
        assert changed.pop(page) >= 1 == entries.pop(page)
    assert changed == {path.replace("NAME", "largest"): places for path, places in entries.items()}
    assert_tests_pass(course, *CURRENT)


def test_a_claim(course):
    coin = (ROOT / "tests" / "made_up_claims" / "coin.py").read_text(encoding="utf-8")
    write(course, "course_lib/experiments/claims/bent_coin.py", coin)
    write(
        course,
        "tests/test_claims_bent_coin.py",
        "from course_lib.experiments.claims import bent_coin\n\n\n"
        "def test_the_bent_coin_lands_on_heads_more_often_than_the_fair_one():\n"
        "    arms = bent_coin.run(0, bent_coin.EXPERIMENT.settings, {}).arms\n"
        '    assert arms["bent"]["share of tails"] < arms["fair"]["share of tails"]\n',
    )
    for words in (["run", "bent_coin", "--jobs", "1"], ["--markdown"]):
        run = run_python(course, "-m", "course_lib", "claims", *words)
        assert run.returncode == 0, run.stdout + run.stderr
    found = touched(course)
    entries = named(said("a claim"), NAME="bent_coin")
    for page in ("README.md", "CLAIMS.md"):  # the count above, the section, the picture's words: between two comments
        assert found.pop(page) >= 1 and entries.pop(page)
    assert found == entries
    tests = ("tests/test_claims_bent_coin.py", "tests/test_claims_are_current.py", "tests/test_ledger.py")
    assert_tests_pass(course, *tests, "-k", "bent_coin or readme")
