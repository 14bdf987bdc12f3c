"""Exercises in other conventions: what their text says instead, and how an answer becomes one to the course's own.

Fields use several conventions side by side, and a class may be given another one than the course has: then an answer
that somebody has published for the course does not fit, and whoever understands the exercise has no more work.
"""

import re
from ast import literal_eval
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from course_lib.checks.expectations import expect_array, expect_tuple

FAN_OUT_FIRST = "weights have the shape (fan_out, fan_in), as in PyTorch"


def as_it_is(*arguments: object) -> tuple:
    """The arguments, unchanged."""
    return arguments


def value_as_it_is(value: object, *arguments: object) -> object:
    """What the learner's function returns, unchanged."""
    return value


@dataclass(frozen=True)
class Variant:
    """An exercise in another convention.

    Parameters
    ----------
    number : of the exercise
    name : of the variant, as `check("2.4", dense_backward, variant="fan_out_first")` has it
    asked : the convention, as it goes on after "In the form that you were given"
    texts : ((the course's words, what stands there instead), ...), in the text and the code of the exercise; wherever
        the words are broken into lines
    given : function of the course's arguments that returns those which the learner's function takes, in its order
    back : function (what that one returns, *the course's arguments) -> what it is in the course's convention; raises a
        Diagnosis for what it cannot turn
    order : of each argument of the learner's function, its place among the course's; () for the same order
    put_back : function (the arguments as given to the learner's function, *the course's arguments): changes these as
        those were changed, where they are no views of them
    wordings : ((words of the check, what it says instead), ...), in messages and hints
    turned : a regular expression: a message in which it is found speaks of a matrix that is transposed in this form
    note : how numbers were turned, as the start of a sentence, where a message speaks of numbers that are not the
        learner's own; "" where they are
    """

    number: str
    name: str
    asked: str
    texts: tuple[tuple[str, str], ...]
    given: Callable = as_it_is
    back: Callable = value_as_it_is
    order: tuple[int, ...] = ()
    put_back: Callable | None = None
    wordings: tuple[tuple[str, str], ...] = ()
    turned: str = ""
    note: str = ""

    def said(self, text: str) -> str:
        """Words of the check, in the words of this form."""
        if self.turned and re.search(self.turned, text):
            text = _transposed(text)
        for words, instead in self.wordings:
            text = text.replace(words, instead)
        return text


def _transposed(text):
    """Shapes, places and small matrices in a text, with rows and columns exchanged."""

    def matrix(match):
        try:
            rows = zip(*literal_eval(match[0]), strict=True)
            return "[" + ", ".join(f"[{', '.join(f'{each:g}' for each in row)}]" for row in rows) + "]"
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):  # nan, text or None is in it
            return match[0]

    text = re.sub(r"\[\[[^\[\]]*\](, \[[^\[\]]*\])*\]", matrix, text)
    text = re.sub(r"At \[(\d+), (\d+)\]", r"At [\2, \1]", text)
    return re.sub(r"\((\d+), (\d+)\)", r"(\2, \1)", text)


# ---- how what a learner's function returns is turned ----------------------------------------------------------------


def _pair_of_b_and_w(value, *given):
    b, w = expect_tuple(value, 2, "The result", ("b", "w"))
    return w, b


def _gradients_of_a_dense_layer(value, *given):
    weight_gradient, *others = expect_tuple(value, 3, names=("weight_gradient", "bias_gradient", "input_gradient"))
    return _on_its_side(weight_gradient), *others


def _input_gradient_last(value, *given):
    scale, shift, of_input = expect_tuple(value, 3, names=("scale_gradient", "shift_gradient", "input_gradient"))
    return of_input, scale, shift


def _divided_by_the_batch_size(value, logits, labels):
    loss, gradient = expect_tuple(value, 2, names=("loss", "gradient"))
    return _over(loss, len(labels)), _over(gradient, len(labels))


def _on_its_side(value):
    """An array, transposed; anything else as it is, for the check to say what it is."""
    return value.T if isinstance(value, np.ndarray) else value


def _over(value, number):
    """A number or an array, divided; anything else as it is, for the check to say what it is."""
    return value / number if isinstance(value, int | float | np.number | np.ndarray) else value


def _matrix_on_its_side(value, *given):
    return expect_array(value, finite=False).T


def _counts_on_their_side(value, *given):
    counts, recall = expect_tuple(value, 2, names=("counts", "recall"))
    return _on_its_side(counts), recall


# ---- how arguments are turned ---------------------------------------------------------------------------------------


def _bias_before_weights(x, layers):
    return x, [[bias, weights] for weights, bias in layers]


def _put_layers_back(given, x, layers):
    layers[:] = [[pair[1], pair[0]] if len(pair) == 2 else pair for pair in given[1]]


def _share_of_the_old(x, scale, shift, running_mean, running_variance, training, *settings):
    settings = (1 - settings[0], *settings[1:]) if settings else ()
    return x, scale, shift, running_mean, running_variance, training, *settings


# ---- the variants ---------------------------------------------------------------------------------------------------

VARIANTS = [
    Variant(
        "1.1",
        "bias_first",
        "the function is `relu_neuron(bias, weights, x)`",
        order=(2, 1, 0),
        texts=(
            ("`x` and `weights` have the same length", "`weights` and `x` have the same length"),
            ("`neuron(x, weights, 9)`", "`relu_neuron(9, weights, x)`"),
            ("`neuron(x, weights, -3)`", "`relu_neuron(-3, weights, x)`"),
            ("def neuron(x, weights, bias):", "def relu_neuron(bias, weights, x):"),
            ("x and weights are arrays", "weights and x are arrays"),
            ('check("1.1", neuron', 'check("1.1", relu_neuron'),
        ),
    ),
    Variant(
        "1.6",
        "bias_before_weights",
        "`layers` is a list of `[bias, weights]` pairs",
        given=_bias_before_weights,
        put_back=_put_layers_back,
        texts=(
            ("list of `[weights, bias]` pairs", "list of `[bias, weights]` pairs, the bias first"),
            ("for position, (weights, bias) in enumerate", "for position, (bias, weights) in enumerate"),
            ("of layers [[weights, bias], ...]: a list", "of layers [[bias, weights], ...]: a list"),
        ),
    ),
    Variant(
        "2.2",
        "b_before_w",
        "the function is `line_step(learning_rate, b, w, x, y)`, and `b` is returned before `w`",
        order=(4, 3, 2, 0, 1),
        back=_pair_of_b_and_w,
        texts=(
            ("Return the new `w` and the new `b` after", "Return the new `b` and the new `w`, in this order, after"),
            (
                "`descent_step(np.array([1, 2, 3]), np.array([1, 6, 8]), 2, 0, 0.1)` gives 2.6 and 0.2",
                "`line_step(0.1, 0, 2, np.array([1, 2, 3]), np.array([1, 6, 8]))` gives 0.2 and 2.6",
            ),
            ("def descent_step(x, y, w, b, learning_rate):", "def line_step(learning_rate, b, w, x, y):"),
            ("the new w and b.", "the new b and w."),
            ('check("2.2", descent_step', 'check("2.2", line_step'),
        ),
    ),
    Variant(
        "2.4",
        "fan_out_first",
        FAN_OUT_FIRST,
        given=lambda x, weight, output_gradient: (x, weight.T, output_gradient),
        back=_gradients_of_a_dense_layer,
        turned="^The weight gradient",
        texts=(
            ("`z = x @ weight + bias`", "`z = x @ weight.T + bias`, as PyTorch has it,"),
            ("| slope over the weights | (fan_in, fan_out) |", "| slope over the weights | (fan_out, fan_in) |"),
            (
                "`weight = [[4, -2], [3, 1]]`,\n`output_gradient = [[2, 0]]` give `[[16, 0], [6, 0]]`",
                "`weight = [[4, 3], [-2, 1]]`,\n`output_gradient = [[2, 0]]` give `[[16, 6], [0, 0]]`",
            ),
            ("(batch, fan_in) and (batch, fan_out) into (fan_in, fan_out)", "the two into (fan_out, fan_in)"),
            ("`x.T` exchanges rows and columns.", "`.T` exchanges rows and columns."),
            ("of weight (fan_in, fan_out), of its bias", "of weight (fan_out, fan_in), of its bias"),
        ),
        wordings=(
            (
                "(fan_in, fan_out) is x turned on its side, times the output gradient",
                "(fan_out, fan_in) is the output gradient turned on its side, times x",
            ),
            ("`x` is not transposed.", "It is `x` that is turned on its side, and not the output gradient."),
            ("`weight` is not transposed.", "`weight` is transposed, and here it fits as it is."),
        ),
    ),
    Variant(
        "2.6",
        "sum_over_batch",
        "the loss is the sum over the batch, and not its mean",
        back=_divided_by_the_batch_size,
        note="To compare with the mean, your loss and your gradient were divided by the batch size.",
        texts=(
            (
                "Return the loss, a number, and\nits",
                "Return the loss, the *sum* over the batch (not its mean), and\nits",
            ),
            (
                "probabilities, minus 1 at the true kind**, all divided by $n$, because the loss is a mean.",
                "probabilities, minus 1 at the true kind**.",
            ),
            ("the mean loss, and its gradient", "the sum over the batch, and its gradient"),
        ),
        wordings=(
            ("That is the sum over the examples; the mean divides by how many there are.", "It is n times too large."),
            ("The mean goes over all classes too. Divide by the number of examples.", "It is divided by too much."),
            (
                "It is not divided by the batch size. The loss is a mean, so each example counts 1/n.",
                "It is n times too large: the loss is a sum, so each example counts in full.",
            ),
            (
                "1 is divided by the batch size, the probabilities are not.",
                "The probabilities are n times too large beside the 1.",
            ),
            (
                "The probabilities are divided by the batch size, the 1 is not.",
                "The 1 is n times too large beside the probabilities.",
            ),
        ),
    ),
    Variant(
        "3.3",
        "fan_out_first",
        FAN_OUT_FIRST,
        back=_matrix_on_its_side,
        turned="^The weights",
        texts=(
            ("matrix of shape (fan_in, fan_out) of normal", "matrix of shape (fan_out, fan_in) of normal"),
            ("Weights (fan_in, fan_out): normal", "Weights (fan_out, fan_in): normal"),
        ),
        wordings=(("`size=(fan_in, fan_out)`", "`size=(fan_out, fan_in)`"),),
    ),
    Variant(
        "3.6",
        "momentum_is_kept",
        "`momentum` is the share that the old value keeps, as in Keras",
        given=_share_of_the_old,
        texts=(
            (
                "In training the batch's own statistics normalize, and the\nrunning ones move.",
                "In training the batch's own statistics normalize, and the\nrunning ones move. **Here `momentum` is "
                "the share that the *old* value keeps**, as in Keras; the text above has it\nthe other way round.",
            ),
            ("momentum=0.1,", "momentum=0.9,"),
        ),
        wordings=(
            (
                "`momentum` is the share of the new batch, and yours gives it to the old value: (1 - momentum) * old + "
                "momentum * new.",
                "`momentum` is the share of the old value here, and yours gives it to the new batch: momentum * old + "
                "(1 - momentum) * new.",
            ),
            ("(1 - momentum) * old + momentum * new", "momentum * old + (1 - momentum) * new"),
            ("it is (1 - momentum) * old.", "it is momentum * old."),
            ("Only the share `momentum` is new.", "Only the share `1 - momentum` is new."),
            ("The new part is missing `momentum`.", "The new part is missing `1 - momentum`."),
            ("yours is 0.1.", "yours is 0.9."),
            ("`momentum` is the share of the new batch, not of the old value", "`momentum` is the old value's share"),
        ),
    ),
    Variant(
        "3.7",
        "input_last",
        "the gradients are returned in the order scale, shift, input",
        back=_input_gradient_last,
        texts=(
            (
                "Return the gradients over the input (batch, features), the scale (features,) and the shift "
                "(features,).",
                "Return the gradients over the scale (features,), the shift (features,) and the input\n(batch, "
                "features), in this order.",
            ),
            ("`[[1], [-1], [0], [0]]`, `[-4]` and `[4]`.", "`[-4]`, `[4]` and `[[1], [-1], [0], [0]]`."),
            (
                "Gradients over the input (batch, features), the scale (features,) and the shift (features,).",
                "Gradients over the scale (features,), the shift (features,) and\n    the input (batch, features).",
            ),
        ),
    ),
    Variant(
        "4.2",
        "t_from_zero",
        "`t`, the number of the step, counts from 0",
        given=lambda w, mean, mean_square, gradient, t, *settings: (w, mean, mean_square, gradient, t - 1, *settings),
        texts=(
            ("`t` is the number of this step, from 1.", "`t` is the number of this step, **counted from 0**."),
            ("`beta1**t` is a power.", "`beta1**n` is a power."),
            ("t = 1, 2, 3, ...:", "t = 0, 1, 2, ...:"),
        ),
        wordings=(
            (
                "t is counted from 0 in your correction, which divides by 0 in the first step: here t counts from 1, "
                "so the exponent is t and not t - 1.",
                "The exponent is t in your correction, which divides by 0 in the first step: here t counts from 0, so "
                "the exponent is t + 1.",
            ),
            ("The exponent is t + 1. Here t counts from 1 already.", "The exponent is larger than t + 1."),
            (
                "Your t is counted from 0 in the correction of m: the exponent is t and not t - 1.",
                "The exponent is t in the correction of m. Here t counts from 0, so it is t + 1.",
            ),
            (
                "Your t is counted from 0 in the correction of s: the exponent is t and not t - 1.",
                "The exponent is t in the correction of s. Here t counts from 0, so it is t + 1.",
            ),
            ("beta1**t", "beta1**(t + 1)"),
            ("beta2**t", "beta2**(t + 1)"),
            ("taken to the power of t", "taken to the power of t + 1"),
            ("`t` is not in the correction", "`t + 1` is not in the correction"),
            ("and neither `beta1 * t` nor `t**beta1`.", "and neither a product nor `(t + 1)**beta1`."),
            *((f"for step {t},", f"for t = {t - 1},") for t in (1, 2, 3, 4, 40)),
        ),
    ),
    Variant(
        "4.8",
        "counts_first",
        "the function is `all_reduce(counts, gradients)`",
        order=(1, 0),
        texts=(
            (
                '`joint_gradients([{"w": np.array([2.0])}, {"w": np.array([6.0])}], [3, 1])`',
                '`all_reduce([3, 1], [{"w": np.array([2.0])}, {"w": np.array([6.0])}])`',
            ),
            ("def joint_gradients(gradients, counts):", "def all_reduce(counts, gradients):"),
            ("Gradients of several processes and their numbers of examples ->", "Numbers of examples and gradients ->"),
            ('check("4.8", joint_gradients', 'check("4.8", all_reduce'),
        ),
    ),
    Variant(
        "5.2",
        "without_the_half",
        "the penalty is strength times the sum of the squared weights, without the factor 1/2",
        given=lambda weight, bias, of_weight, of_bias, strength: (weight, bias, of_weight, of_bias, strength / 2),
        texts=(
            (r"the penalty $\frac{\lambda}{2} \sum w^2$", r"the penalty $\lambda \sum w^2$ (here without the 1/2)"),
            ("with strength 0.5, gets", "with strength 0.25, gets"),
            ("the loss plus strength / 2 *", "the loss plus strength *"),
        ),
        wordings=(
            (
                "A factor 2 is too many: the penalty is strength / 2 times w squared, and the 2 of the square cancels "
                "the half.",
                "A factor 2 is too many: the penalty is strength times w squared, and its derivative 2 strength w.",
            ),
            (
                "A factor 1/2 is too many: the derivative of w**2 / 2 is w.",
                "A factor 2 is missing: the derivative of w**2 is 2 w.",
            ),
            ("The derivative of w**2 / 2 is w.", "The derivative of w**2 is 2 w."),
            ("derivative over each weight is strength * w", "derivative over each weight is 2 * strength * w"),
            ("own derivative is strength * w", "own derivative is 2 * strength * w"),
            ("each weight feels strength * w", "each weight feels 2 * strength * w"),
            ("with a factor 2 besides", "with another factor besides"),
            ("the penalty has its full weight", "the penalty has a weight of its own"),
        ),
    ),
    Variant(
        "5.6",
        "rows_are_units",
        FAN_OUT_FIRST + ", so that a row holds what goes into one unit",
        given=lambda weight, limit: (weight.T, limit),
        back=_matrix_on_its_side,
        turned="^The result",
        texts=(
            (
                "`weight` has the shape (fan_in, fan_out).",
                "`weight` has the shape (fan_out, fan_in), as in PyTorch: here the weights into a unit are a **row**.",
            ),
            ("[[3.0, 0.6], [4.0, 0.8]]", "[[3.0, 4.0], [0.6, 0.8]]"),
            ("[[1.5, 0.6], [2.0, 0.8]]", "[[1.5, 2.0], [0.6, 0.8]]"),
            ("One length for each column: sum", "One length for each row: sum"),
            (
                "dividing (fan_in, fan_out) by (fan_out,) divides each column by its own\nnumber.",
                "dividing (fan_out, fan_in) by (fan_out, 1) divides each row by its own\nnumber.",
            ),
            ("Weights (fan_in, fan_out) with every column", "Weights (fan_out, fan_in) with every row"),
        ),
        wordings=(
            ("go out of each input, the rows.", "go out of each input, the columns."),
            ("The weights into a unit are a column: sum over axis 0.", "The weights into a unit are a row: axis 1."),
            ("they are those of the rows.", "they are those of the columns."),
            ("sum over axis 0", "sum over axis 1"),
            ("long columns", "long rows"),
            ("Short columns", "Short rows"),
            ("Long columns", "Long rows"),
            ("A column within", "A row within"),
            ("the whole column", "the whole row"),
            ("of each column", "of each row"),
            ("Columns that", "Rows that"),
            ("longest column", "longest row"),
            ("a column of zeros", "a row of zeros"),
        ),
    ),
    Variant(
        "6.4",
        "rows_are_predicted",
        "the rows of `counts` are the predicted classes, and the columns the true ones",
        back=_counts_on_their_side,
        turned="^`counts`",
        texts=(
            (
                "`counts[i, j]` is how many examples of class `i` were taken for class `j`.",
                "`counts[i, j]` is how many examples were taken for class `i` and are of class `j`: the rows are what "
                "was\npredicted, the columns what is true.",
            ),
            ("the counts are `[[1, 1], [0, 1]]`", "the counts are `[[1, 0], [1, 1]]`"),
            ("`counts[labels, predictions] += 1`", "`counts[predictions, labels] += 1`"),
            ("are its row, `counts.sum(axis=1)`", "are its column, `counts.sum(axis=0)`"),
        ),
        wordings=(
            (
                "the row is the class that an example has, the column the one that it was taken for",
                "the row is the class that an example was taken for, the column the one that it has",
            ),
            ("`counts[labels, predictions] += 1`", "`counts[predictions, labels] += 1`"),
            ("the sums of the rows", "the sums of the columns"),
            ("Recall looks at the row alone.", "Recall looks at the column alone."),
        ),
    ),
]
