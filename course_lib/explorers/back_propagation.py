"""Back-propagation on the article's network, one link a click: forward to the loss, then backward to every weight."""

from course_lib.explorers.web_explorer import WebExplorer


class BackPropagationExplorer(WebExplorer):
    """The article's network with targets (44, 1) and the mean squared error, half the sum of both squares.

    Fields: x1, x2; targets t1, t2; wIJ, the weight from input I to hidden unit J, and bJ; vIJ, the weight from hidden
    unit I to output J, and cJ; learning_rate; position, how many of the 31 links are lit, the first 9 forward; losses,
    the loss before the first step and after each.
    """

    module = "back_propagation"
