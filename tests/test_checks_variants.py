"""Exercises in other conventions: their text, right and wrong answers in that form, and what is said of them."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from course_lib.checks import run_check
from course_lib.checks.conventions import VARIANTS
from course_lib.checks.drawn_questions import drawn_numbers
from course_lib.checks.registry import find
from course_lib.checks.submission import FunctionElsewhere
from course_lib.checks.variants import (
    UnknownVariant,
    adapted,
    drawn_variants,
    find_variant,
    rewritten,
    run_check_in_form,
)
from course_lib.learner import answers, check
from course_notebooks import notebook_of

ROOT = Path(__file__).resolve().parents[1]
KEYS = [(variant.number, variant.name) for variant in VARIANTS]


def cells_of(number, folder):
    """The texts of an exercise's cells, from its heading to its check."""
    texts = ["".join(cell["source"]) for cell in notebook_of(number, folder)["cells"]]
    first = next(place for place, text in enumerate(texts) if f"### Exercise {number} ·" in text)
    last = next(place for place, text in enumerate(texts) if text.startswith(f'check("{number}", '))
    return texts[first : last + 1]


def public_solution(number):
    """The function that solutions/ has, beside the course's answers to other exercises that it may call."""
    *_, code, checked = [text for text in cells_of(number, "solutions") if not text.startswith("**Worked")]
    given = {"np": np, "layer": answers.layer, "relu": answers.relu}
    exec(code, given)
    return given[re.search(r", (\w+)\)", checked)[1]]


# ---- right answers, written by hand in the form of the variant, and the example of its text ----------------------


def relu_neuron(bias, weights, x):
    return max(bias + sum(w * each for w, each in zip(weights, x, strict=True)), 0)


def forward(x, layers):
    values = [x]
    for place, (bias, weights) in enumerate(layers, start=1):
        sums = values[-1] @ weights + bias
        values.append(np.maximum(sums, 0) if place < len(layers) else sums)
    return values


def line_step(learning_rate, b, w, x, y):
    errors = w * x + b - y
    return b - learning_rate * 2 * errors.mean(), w - learning_rate * 2 * (errors * x).mean()


def dense_backward(x, weight, output_gradient):
    return output_gradient.T @ x, output_gradient.sum(axis=0), output_gradient @ weight


def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    totals = np.exp(shifted).sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    gradient = np.exp(shifted) / totals
    gradient[rows, labels] -= 1
    return (np.log(totals[:, 0]) - shifted[rows, labels]).sum(), gradient


def he_weights(fan_in, fan_out, rng):
    return rng.normal(0, np.sqrt(2 / fan_in), (fan_out, fan_in))


def batch_norm(x, scale, shift, running_mean, running_variance, training, momentum=0.9, epsilon=1e-5):
    mean, variance = (x.mean(axis=0), x.var(axis=0)) if training else (running_mean, running_variance)
    if training:
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_variance = momentum * running_variance + (1 - momentum) * x.var(axis=0, ddof=1)
    return scale * (x - mean) / np.sqrt(variance + epsilon) + shift, running_mean, running_variance


def batch_norm_backward(output_gradient, x, scale, epsilon=1e-5):
    deviation = np.sqrt(x.var(axis=0) + epsilon)
    normalized = (x - x.mean(axis=0)) / deviation
    g = output_gradient * scale
    of_input = (g - g.mean(axis=0) - normalized * (g * normalized).mean(axis=0)) / deviation
    return (output_gradient * normalized).sum(axis=0), output_gradient.sum(axis=0), of_input


def all_reduce(counts, gradients):
    shares = [count / sum(counts) for count in counts]
    return {
        name: sum(share * each[name] for share, each in zip(shares, gradients, strict=True)) for name in gradients[0]
    }


def adam_step(w, mean, mean_square, gradient, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    mean = beta1 * mean + (1 - beta1) * gradient
    mean_square = beta2 * mean_square + (1 - beta2) * gradient**2
    corrected = mean / (1 - beta1 ** (t + 1)), mean_square / (1 - beta2 ** (t + 1))
    return w - learning_rate * corrected[0] / (np.sqrt(corrected[1]) + epsilon), mean, mean_square


def penalized(weight, bias, weight_gradient, bias_gradient, strength):
    return weight_gradient + 2 * strength * weight, bias_gradient


def max_norm(weight, limit):
    lengths = np.sqrt((weight**2).sum(axis=1, keepdims=True))
    return weight * limit / np.maximum(lengths, limit)


def confusion(labels, predictions, n_classes):
    counts = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(counts, (predictions, labels), 1)
    return counts, np.diag(counts) / np.maximum(counts.sum(axis=0), 1)


COLUMN = np.array([[1.0], [1.0], [5.0], [5.0]])
RIGHT = {  # the right answer, and the arguments and the result of the example in the text
    "1.1": (relu_neuron, (9, np.array([1, -1]), np.array([3, 4])), 8),
    "1.6": (
        forward,
        (
            np.array([[3, 4]]),
            list(zip([[9, -3], [5, 0]], [[[1, 2], [-1, 0]], [[4, -2], [3, 1]]], strict=True)),
        ),
        ([[3, 4]], [[8, 3]], [[46, -13]]),
    ),
    "2.2": (line_step, (0.1, 0, 2, np.array([1, 2, 3]), np.array([1, 6, 8])), (0.2, 2.6)),
    "2.4": (
        dense_backward,
        (np.array([[8, 3]]), np.array([[4, 3], [-2, 1]]), np.array([[2, 0]])),
        ([[16, 6], [0, 0]], [2, 0], [[8, 6]]),
    ),
    "2.6": (cross_entropy, (np.log([[4.0, 2.0, 1.0]]), np.array([0])), (0.5596, [[-3 / 7, 2 / 7, 1 / 7]])),
    "3.3": (he_weights, None, None),
    "3.6": (
        batch_norm,
        (COLUMN, np.array([2.0]), np.array([3.0]), np.zeros(1), np.ones(1), True),
        ([[1], [1], [5], [5]], [0.3], [1.433]),
    ),
    "3.7": (
        batch_norm_backward,
        (np.array([[4.0], [0.0], [0.0], [0.0]]), COLUMN, np.ones(1)),
        ([-4], [4], [[1], [-1], [0], [0]]),
    ),
    "4.8": (all_reduce, ([3, 1], [{"w": np.array([2.0])}, {"w": np.array([6.0])}]), None),
    "4.2": (
        adam_step,
        (np.array([1.0]), np.zeros(1), np.zeros(1), np.array([2.0]), 0, 0.1),
        ([0.9], [0.2], [0.004]),
    ),
    "5.2": (
        penalized,
        (np.array([[3.0], [-4.0]]), np.array([5.0]), np.array([[1.0], [1.0]]), np.array([2.0]), 0.25),
        ([[2.5], [-1.0]], [2.0]),
    ),
    "5.6": (max_norm, (np.array([[3.0, 4.0], [0.6, 0.8]]), 2.5), [[1.5, 2.0], [0.6, 0.8]]),
    "6.4": (confusion, (np.array([0, 0, 1]), np.array([0, 1, 1]), 2), ([[1, 0], [1, 1]], [0.5, 1.0])),
}

# How a function of the course's own form becomes one of the variant: its arguments there, and what it returns.
IN_FORM = {
    "1.1": lambda f: lambda bias, weights, x: f(x, weights, bias),
    "1.6": lambda f: lambda x, layers: f(x, [[w, b] for b, w in layers]),
    "2.2": lambda f: lambda rate, b, w, x, y: turned_around(f(x, y, w, b, rate)),
    "2.4": lambda f: lambda x, weight, gradient: first_on_its_side(f(x, weight.T, gradient)),
    "2.6": lambda f: lambda logits, labels: times(f(logits, labels), len(labels)),
    "3.3": lambda f: lambda fan_in, fan_out, rng: on_its_side(f(fan_in, fan_out, rng)),
    "3.6": lambda f: (
        lambda x, scale, shift, mean, variance, training, momentum=0.9, epsilon=1e-5: f(
            x, scale, shift, mean, variance, training, 1 - momentum, epsilon
        )
    ),
    "3.7": lambda f: lambda *given: input_last(f(*given)),
    "4.8": lambda f: lambda counts, gradients: f(gradients, counts),
    "4.2": lambda f: (
        lambda w, m, s, g, t, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8: f(
            w, m, s, g, t + 1, learning_rate, beta1, beta2, epsilon
        )
    ),
    "5.2": lambda f: lambda w, b, of_w, of_b, strength: f(w, b, of_w, of_b, 2 * strength),
    "5.6": lambda f: lambda weight, limit: on_its_side(f(weight.T, limit)),
    "6.4": lambda f: lambda labels, predictions, n: first_on_its_side(f(labels, predictions, n)),
}


def on_its_side(value):
    return value.T if isinstance(value, np.ndarray) else value


def first_on_its_side(value):
    return (on_its_side(value[0]), *value[1:]) if isinstance(value, tuple | list) else value


def turned_around(value):
    return tuple(value)[::-1] if isinstance(value, tuple | list) else value


def input_last(value):
    return (*value[1:], value[0]) if isinstance(value, tuple | list) and len(value) == 3 else value


def times(value, number):
    return tuple(number * each for each in value) if isinstance(value, tuple | list) else value


# ---- the text -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "name"), KEYS)
def test_the_text_says_something_else_and_its_code_is_python(number, name):
    variant, course = find_variant(number, name), cells_of(number, "chapters")
    texts = rewritten(variant, course)
    assert texts[:-1] != course[:-1]
    assert len(texts) == len(course)
    for words, instead in variant.texts:
        assert instead in "\n".join(texts)
        assert words not in "\n".join(texts) or words in instead
    stub, checked = texts[-2:]
    assert max(len(line) for line in [*stub.splitlines(), checked]) <= 76  # what a window of 800 pixels shows
    (function,) = [each for each in ast.parse(stub).body if isinstance(each, ast.FunctionDef)]
    assert checked == f'check("{number}", {function.name}, variant="{name}")'
    given = {"np": np}
    exec(stub, given)
    parameters = list(run_parameters(RIGHT[number][0]))
    assert list(run_parameters(given[function.name]))[: len(parameters)] == parameters


def run_parameters(function):
    return function.__code__.co_varnames[: function.__code__.co_argcount]


def test_words_are_found_wherever_their_lines_break():
    variant = find_variant("2.4", "fan_out_first")
    course = cells_of("2.4", "chapters")
    broken = [course[0].replace("(batch, fan_in)", "(batch,\n      fan_in)"), *course[1:]]
    assert broken != course
    assert rewritten(variant, broken)[-1] == rewritten(variant, course)[-1]


def test_words_that_are_not_in_the_exercise_are_an_error():
    variant = find_variant("2.4", "fan_out_first")
    with pytest.raises(ValueError, match=r"Exercise 2.4, variant 'fan_out_first': .* is not in the exercise"):
        rewritten(variant, ["Another text.", 'check("2.4", dense_backward)'])


@pytest.mark.parametrize("number", [number for number in RIGHT if RIGHT[number][2] is not None])
def test_the_example_in_the_text_is_right(number):
    function, given, expected = RIGHT[number]
    value = function(*given)
    for one, each in zip(value, expected, strict=True) if isinstance(expected, tuple) else [(value, expected)]:
        assert np.allclose(one, each, atol=2e-3)
    text = "\n".join(
        rewritten(find_variant(*next(key for key in KEYS if key[0] == number)), cells_of(number, "chapters"))
    )
    for each in given:
        if isinstance(each, float):
            assert f"{each:g}" in text


def test_the_guide_names_the_exercises_that_have_another_form():
    text = " ".join((ROOT / "INSTRUCTORS.md").read_text("utf-8").split())
    assert f"({', '.join(number for number, _ in KEYS)}) come in another convention" in text
    assert f"({', '.join(drawn_numbers())}) have other answers" in text


# ---- answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "name"), KEYS)
def test_a_right_answer_in_the_form_passes_on_fresh_inputs_too(number, name):
    for answer in (RIGHT[number][0], IN_FORM[number](public_solution(number))):
        outcome = run_check_in_form(number, answer, name, rng=np.random.default_rng(5))
        assert outcome.passed, outcome


@pytest.mark.parametrize(("number", "name"), KEYS)
def test_the_public_solution_is_told_that_it_is_right_in_another_form(number, name):
    solution = public_solution(number)
    assert run_check(number, solution).passed
    outcome = run_check_in_form(number, solution, name)
    assert outcome.status == "failed"
    assert outcome.message.startswith("This is right in the course's own form. You were given another one: ")


@pytest.mark.parametrize(("number", "name"), KEYS)
def test_a_right_answer_in_the_form_is_wrong_in_the_course_s_own(number, name):
    assert not run_check(number, RIGHT[number][0]).passed


# Words of the course's own form, which nobody must hear who was given another one.
NOT_SAID = {
    "1.1": [r"x, weights, bias"],
    "1.6": [r"\[weights, bias\]"],
    "2.2": [r"return w, b", r"values \(w, b\)"],
    "2.4": [r"\(fan_in, fan_out\)", r"`x` is not transposed", r"weight gradient .*shape \(2, 4\); expected \(4, 2\)"],
    "2.6": [r"The loss is a mean", r"the mean divides", r"Divide by the number", r"is not divided by the batch"],
    "3.3": [r"\(fan_in, fan_out\)", r"expected \((200, 60|50, 400|8, 3)\)"],
    "3.6": [r"\(1 - momentum\) \* old", r"share of the new batch", r"yours is 0\.1\."],
    "3.7": [r"\(input_gradient, scale"],
    "4.8": [r"joint_gradients"],
    "4.2": [r"beta\d\*\*t", r"power of t[^ ]", r"t is counted from 0", r"counts from 1", r"for step"],
    "5.2": [r"strength / 2", r"w\*\*2 / 2", r"(?<!2 \* )strength \* w"],
    "5.6": [r"([Ll]ong|Short|longest|each|whole|a) column", r"axis 0", r"expected \(5, 4\)"],
    "6.4": [
        r"sums of the rows",
        r"counts\[labels, predictions\]",
        r"the row is the class that an example has",
        r"looks at the row",
    ],
}


NO_MISTAKE_IN_FORM = "taken_from_the_list", "adam_without_defaults"  # IN_FORM hands them copies, and all settings


@pytest.mark.parametrize(("number", "name"), KEYS)
def test_no_known_mistake_is_told_of_the_other_convention(number, name):
    said = []
    for mistake in [mistake for mistake, _ in find(number).mistakes if mistake.__name__ not in NO_MISTAKE_IN_FORM]:
        outcome = run_check_in_form(number, IN_FORM[number](mistake), name)
        assert outcome.status in ("failed", "not_written"), mistake
        said.append(f"{outcome.message} {outcome.hint}")
    assert len(said) > 8
    for words in NOT_SAID[number]:
        assert [text for text in said if re.search(words, text)] == []


def one_too_many(labels, predictions, n_classes):
    counts = confusion(labels, predictions, n_classes)[0]
    counts[0, 1] += 1
    return counts


THREE = [
    ("1.1", lambda b, w, x: max(w @ x, 0), "In the form that you were given: The output for", "bias is missing"),
    ("1.1", lambda b, w, x: max(sum(w * x + b), 0), "", "The bias is added once for every input"),
    ("1.1", lambda b, w, x: x.fill(0) or 0, "changes its input `x`", ""),
    (
        "1.6",
        lambda x, layers: [*forward(x, layers)[:-1], np.maximum(forward(x, layers)[-1], 0)],
        "",
        "There is a ReLU after the last layer",
    ),
    ("1.6", lambda x, layers: forward(x, [(0 * b, w) for b, w in layers]), "", "The bias is missing"),
    ("1.6", lambda x, layers: [layers.pop(), forward(x, layers)][1], "", "`layers = list(layers)`"),
    ("2.2", lambda rate, b, w, x, y: line_step(-rate, b, w, x, y), "", "You go uphill"),
    ("2.2", lambda *given: line_step(*given)[::-1], "", "`w` and `b` are swapped"),
    ("2.2", lambda *given: line_step(*given)[0], "expected 2 values (b, w)", "`return b, w`"),
    ("2.4", lambda x, w, g: (x.T @ g, g.sum(axis=0), g @ w), "[[16, 0], [6, 0]]", "the output gradient turned on its"),
    ("2.4", lambda x, w, g: (g.T @ x / len(x), g.sum(axis=0), g @ w), "weight gradient", "divide by the batch size"),
    ("2.4", lambda x, w, g: (g.T @ x, g.sum(axis=0), g @ w.T), "", "`weight` is transposed, and here it fits"),
    ("2.6", lambda z, t: (cross_entropy(z, t)[0], cross_entropy(z, t)[1] / len(t)), "were divided by", ""),
    ("2.6", lambda z, t: (len(t) * cross_entropy(z, t)[0], cross_entropy(z, t)[1]), "", "n times too large"),
    ("2.6", lambda z, t: (-cross_entropy(z, t)[0], cross_entropy(z, t)[1]), "", "The sign is turned around"),
    ("3.3", lambda i, o, rng: rng.normal(0, 2 / i, (o, i)), "", "The variance went in"),
    ("3.3", lambda i, o, rng: rng.normal(0, np.sqrt(2 / i), (o, i, 1)), "has shape", ""),
    ("3.3", lambda i, o, rng: rng.normal(0, np.sqrt(2 / o), (o, i)), "", "`fan_out` is in it"),
    ("3.6", lambda *given: batch_norm(*given[:6], 0.9, *given[7:]), "running mean", "yours is 0.9"),
    ("3.6", lambda x, *given: batch_norm(x, *given)[:2], "expected 3 values", ""),
    ("3.6", lambda x, scale, shift, m, v, training, *rest: (x, m, v), "The outputs", ""),
    ("3.7", lambda *given: batch_norm_backward(*given)[:2], "expected 3 values (scale_gradient, shift_gradient", ""),
    ("3.7", lambda g, x, scale, e=1e-5: batch_norm_backward(2 * g, x, scale, e), "The input gradient", "2 times what"),
    ("3.7", lambda g, x, s, e=1e-5: (g.mean(0), *batch_norm_backward(g, x, s, e)[1:]), "The scale gradient", ""),
    ("4.8", lambda counts, all_of: all_reduce([1] * len(counts), all_of), "", ""),
    ("4.8", lambda counts, all_of: all_reduce(counts, all_of[:1] * len(counts)), "The gradient of", "first process"),
    ("4.8", lambda counts, all_of: all_of.pop(), "changes its input `all_of`", ""),
    ("4.2", lambda w, m, s, g, t, *rest: adam_step(w, m, s, g, t + 1, *rest), "for t = 2", "larger than t + 1"),
    ("4.2", lambda w, m, s, g, t, *rest: adam_step(w, m, s, g, 1e9, *rest), "", "divide m by 1 - beta1**(t + 1)"),
    ("4.2", lambda w, m, s, g, t, *rest: adam_step(w, m, s, -g, t, *rest), "The new mean for t = 2", ""),
    ("5.2", lambda w, b, of_w, of_b, s: (of_w + 4 * s * w, of_b), "", "penalty is strength times w squared"),
    ("5.2", lambda w, b, of_w, of_b, s: (of_w - 2 * s * w, of_b), "", "The sign is turned around"),
    ("5.2", lambda w, b, of_w, of_b, s: (of_w + 2 * s * w, of_b + 2 * s * b), "", "The bias is in the penalty"),
    ("5.6", lambda w, c: w * c / np.maximum(np.linalg.norm(w), c), "[[1.5, 2], [0.6, 0.8]]", "sum over axis 1"),
    ("5.6", lambda w, c: np.clip(w, -c, c), "", "Shorten the whole row"),
    ("5.6", lambda w, c: w, "", "Nothing was shortened"),
    ("6.4", lambda t, p, n: (confusion(t, p, n)[0].clip(0, 1), confusion(t, p, n)[1]), "6 examples", "counted once"),
    (
        "6.4",
        lambda t, p, n: (one_too_many(t, p, n), confusion(t, p, n)[1]),
        "is [[1, 1], [1, 1]]; expected [[1, 0], ",
        "",
    ),
    ("6.4", lambda t, p, n: (confusion(t, p, n)[0], confusion(p, t, n)[1]), "", "the sums of the columns"),
    ("6.4", lambda t, p, n: (confusion(t, p, n)[0] * 0, confusion(t, p, n)[1]), "", "Nothing is counted"),
]


@pytest.mark.parametrize(("number", "wrong", "message", "hint"), THREE)
def test_a_mistake_in_the_form_is_told_in_its_words(number, wrong, message, hint):
    outcome = run_check_in_form(number, wrong, next(name for each, name in KEYS if each == number))
    assert outcome.status == "failed"
    assert message in outcome.message
    assert hint in outcome.hint


def test_every_variant_has_three_mistakes_here():
    numbers = [number for number, *_ in THREE]
    assert all(numbers.count(number) >= 3 for number, _ in KEYS)
    assert len(KEYS) == len(RIGHT) >= 8
    assert {number[0] for number, _ in KEYS} == set("123456")


def test_an_open_exercise_and_a_value_in_place_of_a_function_are_told_as_ever():
    def dense_backward(x, weight, output_gradient):
        raise NotImplementedError("exercise 2.4")

    assert run_check_in_form("2.4", dense_backward, "fan_out_first").status == "not_written"
    assert "The check needs the function itself" in run_check_in_form("2.4", 3, "fan_out_first").message
    assert "is None" in run_check_in_form("2.4", lambda *given: None, "fan_out_first").message


def test_the_card_of_the_notebook_takes_the_form():
    assert "passed" in repr(check("2.4", dense_backward, variant="fan_out_first"))
    with pytest.raises(UnknownVariant, match=r"Exercise 2.4 has no variant 'fan_in'. It has 'fan_out_first'"):
        check("2.4", dense_backward, variant="fan_in")


def test_a_function_in_another_process_is_timed_there():
    class Elsewhere(FunctionElsewhere):
        def __call__(self, *given):
            return dense_backward(*given)

        def processor_seconds(self):
            return 7.0

    function = adapted(find_variant("2.4", "fan_out_first"), Elsewhere())
    assert isinstance(function, FunctionElsewhere)
    assert function.processor_seconds() == 7.0
    assert run_check_in_form("2.4", Elsewhere(), "fan_out_first").passed


def test_the_draw_depends_on_the_seed_and_the_exercise_alone():
    numbers = ["1.1", "2.4", "2.5", "6.4"]
    assert drawn_variants(numbers, 7) == drawn_variants(numbers, 7)
    assert set(drawn_variants(numbers, 7)) == {"1.1", "2.4", "6.4"}
    assert drawn_variants(["2.4"], 7)["2.4"] == drawn_variants(numbers, 7)["2.4"]


@pytest.mark.parametrize(("number", "name"), KEYS)
def test_every_wording_replaces_words_that_the_check_says(number, name):
    source = Path(find(number).check.__code__.co_filename).read_text("utf-8")
    shared = Path(find(number).check.__code__.co_filename).with_name("meanings.py")
    source += shared.read_text("utf-8") if shared.exists() else ""
    said = re.sub(r'"\s*\n\s*f?"', "", source) + " ".join(meaning for _, meaning in find(number).mistakes)
    missing = [words for words, _ in find_variant(number, name).wordings if words not in said]
    assert [words for words in missing if not words.startswith("for step ")] == []


def test_what_a_function_returns_is_made_plain_before_it_is_turned():
    class Array(np.ndarray):
        @property
        def T(self):
            raise RuntimeError("a method of the answer's was called")

    def weights(fan_in, fan_out, rng):
        return he_weights(fan_in, fan_out, rng).view(Array)

    assert run_check_in_form("3.3", weights, "fan_out_first").passed
    ring = []
    ring.append(ring)
    outcome = run_check_in_form("3.3", lambda *given: ring, "fan_out_first")
    assert outcome.status == "failed"
    assert "Your function returns a list that contains itself" in outcome.message
