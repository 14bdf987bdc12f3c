"""Gradient descent on a surface that is seen from above: learning rate, start point, step by step or all at once."""

from course_lib.explorers.web_explorer import WebExplorer


class DescentExplorer(WebExplorer):
    """Gradient descent on a surface. Fields: surface, start_x, start_y, learning_rate, steps.

    Moving a control shows the whole path at once. Start plays it from its start point; Step goes one step at a time.
    """

    module = "descent"
