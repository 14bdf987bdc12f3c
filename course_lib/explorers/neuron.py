"""One neuron: its line in the plane of inputs, and the activation that its sum goes through."""

from course_lib.explorers.web_explorer import WebExplorer


class NeuronExplorer(WebExplorer):
    """A neuron with two inputs. Fields: w1, w2, bias, activation, x1, x2."""

    module = "neuron"
