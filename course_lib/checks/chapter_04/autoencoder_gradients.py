"""Exercise 4.5: the gradients of an autoencoder with a sigmoid encoder and a linear decoder."""

from itertools import product

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, kind_of
from course_lib.checks.expectations import ROUNDING, expect_close, expect_dict, expect_tuple, plain_number
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

NAMES = ("encoder.weight", "encoder.bias", "decoder.weight", "decoder.bias")
LEAD = (
    "Take the example and print what comes on the way: `hidden` and `rebuilt`, then the gradients over `rebuilt`, over "
    "`hidden` and over the encoder's sums. They are 1/2, 2, 2, 4 and 1."
)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def mean_square(rebuilt, x):
    """The right loss."""
    return np.mean((rebuilt - x) ** 2)


def of_outputs(rebuilt, x):
    """The right gradient over what is rebuilt."""
    return 2 * (rebuilt - x) / x.size


def sigmoid_slope(hidden):
    """The right slope of the encoder's activation, from its values."""
    return hidden * (1 - hidden)


def autoencoder_with(loss=mean_square, back=of_outputs, slope=sigmoid_slope, encode=sigmoid, decode=None, parts=None):
    """An answer that is right but for the given part.

    Parameters
    ----------
    loss : function of what is rebuilt and x
    back : function of what is rebuilt and x: the gradient over it, dL/dr
    slope : function of the hidden values: what dL/dh is multiplied by
    encode : function of the sums x W + b: the hidden values
    decode : function of the decoder's sums: what is rebuilt, as the loss sees it
    parts : function of the gradients, dL/dr and x: a dict of those that are to be replaced
    """

    def answer(x, parameters):
        encoder_weight, encoder_bias, decoder_weight, decoder_bias = (parameters[name] for name in NAMES)
        hidden = encode(x @ encoder_weight + encoder_bias)
        rebuilt = hidden @ decoder_weight + decoder_bias
        of_rebuilt = back(rebuilt, x)
        of_sums = (of_rebuilt @ decoder_weight.T) * slope(hidden)
        gradients = {
            "encoder.weight": x.T @ of_sums,
            "encoder.bias": of_sums.sum(axis=0),
            "decoder.weight": hidden.T @ of_rebuilt,
            "decoder.bias": of_rebuilt.sum(axis=0),
        }
        gradients |= parts(gradients, of_rebuilt, x) if parts else {}
        return loss(decode(rebuilt) if decode else rebuilt, x), gradients

    return answer


gradients_of = autoencoder_with()


def on_the_way_back(of_sums):
    """An answer with other gradients of the encoder: of_sums(dL/dr, decoder's weights, hidden values), or None."""

    def answer(x, parameters):
        loss, gradients = gradients_of(x, parameters)
        hidden = sigmoid(x @ parameters["encoder.weight"] + parameters["encoder.bias"])
        of_rebuilt = of_outputs(hidden @ parameters["decoder.weight"] + parameters["decoder.bias"], x)
        wrong = of_sums(of_rebuilt, parameters["decoder.weight"], hidden)
        return loss, gradients | {"encoder.weight": x.T @ wrong, "encoder.bias": wrong.sum(axis=0)}

    return answer


def not_transposed(of_rebuilt, weight, hidden):
    """Which only square weights allow."""
    return of_rebuilt @ (weight if weight.shape[0] == weight.shape[1] else weight.T) * sigmoid_slope(hidden)


def without_parentheses(of_rebuilt, weight, hidden):
    return (of_rebuilt @ weight.T) * hidden * 1 - hidden


def decoder_from_the_sums(x, parameters):
    loss, gradients = gradients_of(x, parameters)
    sums = x @ parameters["encoder.weight"] + parameters["encoder.bias"]
    of_rebuilt = of_outputs(sigmoid(sums) @ parameters["decoder.weight"] + parameters["decoder.bias"], x)
    return loss, gradients | {"decoder.weight": sums.T @ of_rebuilt}


def encoder_slope_of_the_sums(x, parameters):
    sums = x @ parameters["encoder.weight"] + parameters["encoder.bias"]
    return on_the_way_back(lambda of_rebuilt, weight, hidden: (of_rebuilt @ weight.T) * sums * (1 - sums))(
        x, parameters
    )


def tied_weights(x, parameters):
    return gradients_of(x, parameters | {"decoder.weight": parameters["encoder.weight"].T})


def drawn(rng):
    """Fresh inputs: shapes that differ, a square one, one example, one hidden unit."""
    n, n_inputs, n_hidden = (int(each) for each in rng.integers(2, 7, 3))
    sizes = (n, n_inputs, n_hidden), (n, n_inputs, n_inputs + 2), (n, n, n), (1, n_inputs, n_hidden), (n, n_inputs, 1)
    return [_inputs(rng, *each) for each in sizes]


def where_it_fits(name, change):
    """An answer that is right but for one gradient, and for that only where the other array has its shape by chance."""

    def parts(gradients, of_rebuilt, x):
        wrong = change(gradients[name], of_rebuilt, x)
        return {name: wrong} if wrong.shape == gradients[name].shape else {}

    return autoencoder_with(parts=parts)


def all_times(factor):
    """All gradients too large by factor(examples, inputs): the answer begins with another dL/dr."""
    return autoencoder_with(back=lambda rebuilt, x: factor(*x.shape) * of_outputs(rebuilt, x))


def encoder_times(factor, slope=sigmoid_slope):
    """The decoder's gradients are right, and the encoder's are too large by factor(examples, inputs)."""

    def parts(gradients, of_rebuilt, x):
        return {name: factor(*x.shape) * gradients[name] for name in NAMES[:2]}

    return autoencoder_with(slope=slope, parts=parts)


def gradient_with(name, change):
    """An answer that is right but for one gradient: a function of the right one, dL/dr and x."""
    return autoencoder_with(parts=lambda gradients, of_rebuilt, x: {name: change(gradients[name], of_rebuilt, x)})


def without_biases(encoder, decoder):
    """The loss of an answer that leaves biases out; the gradients are right."""

    def answer(x, parameters):
        left_out = {"encoder.bias": encoder, "decoder.bias": decoder}
        kept = parameters | {name: 0 * parameters[name] for name, is_out in left_out.items() if is_out}
        return gradients_of(x, kept)[0], gradients_of(x, parameters)[1]

    return answer


WRONG_LOSSES = [
    (
        lambda r, x: np.sum((r - x) ** 2) / len(x),
        "The squares are added up over the inputs and averaged over the batch alone. The mean goes over both.",
    ),
    (
        lambda r, x: np.sum((r - x) ** 2) / x.shape[1],
        "The squares are added up over the batch and averaged over the inputs alone. The mean goes over both.",
    ),
    (
        lambda r, x: np.sum((r - x) ** 2),
        "The squares are added up. The loss is their mean, over the batch and the inputs.",
    ),
    (
        lambda r, x: np.mean((r - x) ** 2) / 2,
        "The loss is halved. Here it is the mean of the squares, without a factor.",
    ),
    (lambda r, x: np.sqrt(np.mean((r - x) ** 2)), "The root is taken. The loss is the mean of the squares."),
    (lambda r, x: np.mean(np.abs(r - x)), "The errors are not squared."),
    (
        lambda r, x: np.mean(r - x) ** 2,
        "The mean is taken before the square, so that errors of both signs cancel. Square first.",
    ),
    (lambda r, x: np.mean(r - x), "The signed errors are averaged, so that they cancel. Square them first."),
]

WRONG_FORWARD = [
    (without_biases(encoder=False, decoder=True), "The decoder's bias is missing: r = h V + c."),
    (without_biases(encoder=True, decoder=False), "The encoder's bias is missing: h = sigmoid(x W + b)."),
    (without_biases(encoder=True, decoder=True), "Both biases are missing: h = sigmoid(x W + b), r = h V + c."),
    (autoencoder_with(encode=lambda sums: sums), "The encoder has no sigmoid: h = sigmoid(x W + b)."),
    (
        autoencoder_with(encode=lambda sums: sigmoid(-sums)),
        "The minus in the sigmoid's exponent is missing: 1 / (1 + exp(-z)).",
    ),
    (
        autoencoder_with(encode=lambda sums: 1 + np.exp(-sums)),
        "Parentheses are missing in the sigmoid: `1 / 1 + np.exp(-z)` divides by 1. It is 1 / (1 + exp(-z)).",
    ),
    (autoencoder_with(encode=lambda sums: np.maximum(sums, 0)), "The encoder has ReLU. Here it is a sigmoid."),
    (
        tied_weights,
        "The decoder uses the encoder's weights, turned on their side. It has its own, `decoder.weight`.",
    ),
    (autoencoder_with(decode=lambda sums: np.maximum(sums, 0)), "The decoder has ReLU. It is linear: r = h V + c."),
    (autoencoder_with(decode=sigmoid), "The decoder has a sigmoid. Here it is linear: r = h V + c."),
    (
        autoencoder_with(encode=np.tanh, slope=lambda hidden: 1 - hidden**2),
        "The encoder has tanh for its activation. Here it is a sigmoid.",
    ),
]

# how many times too large dL/dr is, for n examples of n_inputs numbers
WRONG_FACTORS = [
    (lambda n, n_inputs: 2, "A factor 2 is too many: dL/dr is 2 (r - x) / x.size, and the 2 comes in once."),
    (lambda n, n_inputs: 0.5, "The 2 is missing: the derivative of a square is 2 times the error."),
    (
        lambda n, n_inputs: n_inputs,
        "It is divided by the batch alone. The mean goes over the batch and the inputs, x.size numbers.",
    ),
    (
        lambda n, n_inputs: n,
        "It is divided by the inputs alone. The mean goes over the batch and the inputs, x.size numbers.",
    ),
    (lambda n, n_inputs: n * n_inputs, "It is not divided at all: the loss is a mean over x.size numbers."),
    (lambda n, n_inputs: n_inputs / 2, "The 2 is missing, and it is divided by the batch alone: 2 (r - x) / x.size."),
    (lambda n, n_inputs: n * n_inputs / 2, "The 2 and the division are missing: 2 (r - x) / x.size."),
]

WRONG_SLOPES = [
    (
        lambda hidden: 1.0,
        "The sigmoid's derivative is missing: the gradient passes as if the encoder were linear. Multiply by "
        "h (1 - h).",
    ),
    (
        lambda hidden: sigmoid(hidden) * (1 - sigmoid(hidden)),
        "`h` comes out of the sigmoid already: its derivative is h (1 - h), not sigmoid(h) (1 - sigmoid(h)).",
    ),
    (lambda hidden: 1 - hidden**2, "The derivative of tanh is in it. The sigmoid's is h (1 - h)."),
    (lambda hidden: hidden, "The sigmoid's derivative is h (1 - h). Yours is h."),
    (lambda hidden: 1 - hidden, "The sigmoid's derivative is h (1 - h). Yours is 1 - h."),
    (
        lambda hidden: hidden * (hidden - 1),
        "The sigmoid's derivative is h (1 - h). Yours is h (h - 1): the sign is turned around.",
    ),
]

WRONG_BIASES = [
    (
        lambda right, of_rebuilt, x: right / len(x),
        "The mean over the batch is taken once more. The division is in dL/dr already: add up.",
    ),
    (lambda right, of_rebuilt, x: right.sum(), "A bias has one gradient for each unit: add up over the batch, axis=0."),
    (lambda right, of_rebuilt, x: 0 * right, "The gradient of the bias is 0: it does not learn."),
]

WRONG_PARTS = [
    *[(gradient_with(name, wrong), meaning) for name in NAMES[1::2] for wrong, meaning in WRONG_BIASES],
    *[
        (
            gradient_with(name, lambda right, of_rebuilt, x: right / len(x)),
            "It is divided by the batch once more. The division is in dL/dr already.",
        )
        for name in NAMES[::2]
    ],
    (
        gradient_with("decoder.bias", lambda right, of_rebuilt, x: of_rebuilt),
        "The gradients are not added up over the batch: `sum(axis=0)`.",
    ),
    (
        gradient_with("decoder.bias", lambda right, of_rebuilt, x: of_rebuilt.sum(axis=1)),
        "They are added up along each example. Over the batch: axis=0.",
    ),
    (
        autoencoder_with(back=lambda r, x: 2 * (r - x) / x.size * r * (1 - r)),
        "A sigmoid's derivative is in dL/dr. The decoder is linear: dL/dr is 2 (r - x) / x.size.",
    ),
    (
        autoencoder_with(back=lambda r, x: (r - x) ** 2 / x.size),
        "The errors are squared in dL/dr. The derivative of a square is 2 times the error.",
    ),
    (
        on_the_way_back(not_transposed),
        "The decoder's weights are not transposed on the way back: dL/dh = dL/dr @ V.T.",
    ),
    (
        encoder_slope_of_the_sums,
        "The slope is h (1 - h), with what comes out of the sigmoid. Yours has the sums that go in.",
    ),
    (
        on_the_way_back(without_parentheses),
        "Parentheses are missing: `hidden * 1 - hidden` multiplies first. The slope is `hidden * (1 - hidden)`.",
    ),
    (
        decoder_from_the_sums,
        "The encoder's sums stand where h belongs: the decoder gets what comes out of the sigmoid.",
    ),
    (
        autoencoder_with(back=lambda r, x: 2 * r / x.size),
        "x is not subtracted in dL/dr: the derivative of (r - x)**2 over r is 2 (r - x).",
    ),
    (
        where_it_fits("decoder.weight", lambda right, of_rebuilt, x: x.T @ of_rebuilt),
        "x stands where h belongs: the decoder's inputs are the hidden values.",
    ),
    (where_it_fits("decoder.weight", lambda right, of_rebuilt, x: right.T), "It is transposed: h.T @ dL/dr."),
    (where_it_fits("encoder.weight", lambda right, of_rebuilt, x: right.T), "It is transposed: x.T @ dL/dz."),
]


def with_underscores(x, parameters):
    loss, gradients = gradients_of(x, parameters)
    return loss, {name.replace(".", "_"): each for name, each in gradients.items()}


MISTAKES = [
    *[(autoencoder_with(slope=wrong), meaning) for wrong, meaning in WRONG_SLOPES],
    *[(encoder_times(wrong), meaning) for wrong, meaning in WRONG_FACTORS],
    *[
        (encoder_times(factor, slope), f"{of_slope} {of_factor}")
        for (slope, of_slope), (factor, of_factor) in product(WRONG_SLOPES, WRONG_FACTORS)
    ],
    *[(all_times(wrong), meaning) for wrong, meaning in WRONG_FACTORS],
    (all_times(lambda n, n_inputs: -1.0), "The sign is turned around: dL/dr is 2 (r - x) / x.size."),
    *WRONG_PARTS,
    *[(autoencoder_with(wrong), meaning) for wrong, meaning in WRONG_LOSSES],
    *WRONG_FORWARD,
    (lambda *given: gradients_of(*given)[::-1], Said("the loss first, then the gradients")),
    (
        lambda *given: (gradients_of(*given)[0], list(gradients_of(*given)[1].values())),
        Said("under the names that `parameters` has"),
    ),
    (lambda *given: gradients_of(*given)[1], Said("expected 2 values (loss, gradients)")),
    (lambda *given: (gradients_of(*given)[0], {}), Said("lacks 'encoder.weight'")),
    (with_underscores, Said("Spell them as `parameters` does")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise(
    "4.5",
    title="The gradients of an autoencoder",
    mistakes=MISTAKES,
    lead=LEAD,
    hidden=same_as(gradients_of, drawn, rtol=0.0001, atol=1e-05),
)
def autoencoder_gradients(submitted):
    """Shapes that differ, shapes that are square, where a missing transpose is silent, and the example by hand."""
    rng = np.random.default_rng(45)
    one = np.ones((1, 1))
    cases = [
        ("5 examples, 7 inputs, 3 hidden units", *_inputs(rng, 5, 7, 3)),
        ("3 examples, 3 inputs, 3 hidden units", *_inputs(rng, 3, 3, 3)),
        ("2 examples, 3 inputs, 6 hidden units", *_inputs(rng, 2, 3, 6)),
        ("the example", one, dict(zip(NAMES, (0 * one, np.zeros(1), 2 * one, np.ones(1)), strict=True))),
    ]
    for name, *given in cases:
        loss, gradients = expect_tuple(submitted(*given), 2, f"The result for {name}", ("loss", "gradients"))
        if isinstance(loss, dict):
            raise Diagnosis(
                f"The first value for {name} is {kind_of(loss)}; expected the loss, a number.",
                hint="Return the loss first, then the gradients.",
            )
        right_loss, right = gradients_of(*given)
        because, what = known(MISTAKES, *given, part=0), f"The loss for {name}"
        expect_close(plain_number(loss), right_loss, **ROUNDING, because=because, what=what)
        gradients = _named(gradients, f"The second value for {name}")
        for part in reversed(NAMES):  # the way back begins at the decoder
            because = known(MISTAKES, *given, part=lambda result, part=part: result[1][part])
            what = f"The gradient of {part} for {name}"
            expect_close(gradients[part], right[part], **ROUNDING, because=because, what=what)
    return "The loss and all four gradients, through the linear decoder and the sigmoid."


def _named(gradients, what):
    try:
        return expect_dict(gradients, NAMES, what)
    except Diagnosis as diagnosis:
        if isinstance(gradients, dict):
            diagnosis.hint = f"Spell them as `parameters` does: {', '.join(map(repr, NAMES))}."
        elif isinstance(gradients, list | tuple):
            diagnosis.hint = "Put them into a dict, under the names that `parameters` has."
        raise


def _inputs(rng, n, n_inputs, n_hidden):
    """x and the parameters, by their names."""
    shapes = (n, n_inputs), (n_inputs, n_hidden), (n_hidden,), (n_hidden, n_inputs), (n_inputs,)
    x, *arrays = (rng.normal(0, 1.2, shape) for shape in shapes)
    return x, dict(zip(NAMES, arrays, strict=True))
