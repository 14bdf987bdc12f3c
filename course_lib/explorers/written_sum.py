"""A weighted sum written out, the way one would on paper."""

from course_lib.explorers.svg import MINUS, format_number


def written_sum(inputs, weights, bias):
    """Each input times its weight, and the bias: written_sum((3, 4), (1, -1), 9) is '3·1 + 4·(−1) + 9'."""
    products = " + ".join(f"{_factor(x)}·{_factor(w)}" for x, w in zip(inputs, weights, strict=True))
    return f"{products} {MINUS if bias < 0 else '+'} {format_number(abs(bias))}"


def _factor(value):
    text = format_number(value, digits=2)
    return f"({text})" if text.startswith(MINUS) else text
