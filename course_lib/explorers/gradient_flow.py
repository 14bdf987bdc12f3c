"""What flows through a deep network before its first step: activations forward, gradients backward, layer by layer."""

from course_lib.explorers.web_explorer import WebExplorer


class GradientFlowExplorer(WebExplorer):
    """Signals in an untrained network. Fields: depth, width, activation, normalization, residual, initialization,
    seed."""

    module = "gradient_flow"
