"""The playground: points, a network, and everything that one may turn, live in the browser."""

from course_lib.explorers.web_explorer import WebExplorer


class PlaygroundExplorer(WebExplorer):
    """A small network that learns points of the plane, trained in the browser.

    Fields of the data: data, formula, n_points, noise, share, features, drawn. Of the network: hidden_layers,
    activations (those left out are the last one's), initialization, normalization, residual. Of the training:
    optimizer, learning_rate, batch_size, seed, drop_rate, l1, l2, max_norm, clip_norm (0: no limit). Besides: mission
    (0: none) and weights, all numbers that the network starts from (empty: drawn by the seed).
    """

    module = "playground"
