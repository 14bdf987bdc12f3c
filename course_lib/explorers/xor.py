"""Xor: two hidden units fold the plane until one line can separate what no line could."""

from course_lib.explorers.web_explorer import WebExplorer


class XorExplorer(WebExplorer):
    """Four points of xor go through two hidden units. Fields: h1_x1, h1_x2, h1_bias, h2_x1, h2_x2, h2_bias, y_h1, y_h2,
    y_bias, activation, points.

    Solve it for me trains from where the weights are.
    """

    module = "xor"
