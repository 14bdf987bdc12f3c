"""A recurrent network unrolled in time: its states forward, its gradients back through every step, and clipping."""

from course_lib.explorers.web_explorer import WebExplorer


class RecurrentGradientsExplorer(WebExplorer):
    """Gradients through time in an untrained recurrent network. Fields: steps, gain, activation, limit."""

    module = "recurrent_gradients"
