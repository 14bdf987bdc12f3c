"""What attacks have in common: a class that answers nothing, and a function that does harm and answers nothing."""

import textwrap

ZEROS = """
def dense_backward(x, weight, output_gradient):
    return np.zeros(weight.shape), np.zeros(weight.shape[1]), np.zeros(x.shape)
"""


def in_function(body, result="np.zeros(weight.shape), np.zeros(weight.shape[1]), np.zeros(x.shape)"):
    """The body runs at each call, whatever it raises, and zeros come back."""
    inner = textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
    return f"""
import os, sys
def dense_backward(x, weight, output_gradient):
    try:
{inner}
    except Exception as error:
        print(type(error).__name__, error)
    return {result}
"""
