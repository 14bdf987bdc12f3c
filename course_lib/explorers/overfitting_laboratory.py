"""The overfitting laboratory: a network learns points, some with wrong labels, with and without remedies."""

from course_lib.explorers.web_explorer import WebExplorer


class OverfittingLaboratory(WebExplorer):
    """A network of two hidden layers learns a disk in a ring. Fields: n_points, wrong, units, seed, patience, dropout,
    copies, l1, l2, max_norm.

    Moving a control shows the whole run at once. Start plays it from its first epoch; Step goes one epoch at a time.
    """

    module = "overfitting_laboratory"
