"""Six optimizers race down a surface that is seen from above: learning rate, momentum, step by step or all at once."""

from course_lib.explorers.web_explorer import WebExplorer


class OptimizerRaceExplorer(WebExplorer):
    """Six optimizers on one surface. Fields: surface, rates, learning_rate, momentum.

    Moving a control shows the whole race at once. Start plays it; Step goes one step at a time.
    """

    module = "optimizer_race"
