"""The article's exercise: two inputs, two hidden units, two outputs, all with ReLU, to be worked out by hand."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class ArticleNetwork:
    """The numbers of the exercise. Every layer is max(inputs @ weights + biases, 0).

    x : (2,) inputs
    hidden_weights : (2, 2) as (fan_in, fan_out): column j holds the weights into hidden unit j
    hidden_biases : (2,)
    output_weights : (2, 2) as (fan_in, fan_out)
    output_biases : (2,)
    hidden : (2,) what the hidden units must give, n1 and n2
    outputs : (2,) what the network must give, y1 and y2
    """

    x: np.ndarray
    hidden_weights: np.ndarray
    hidden_biases: np.ndarray
    output_weights: np.ndarray
    output_biases: np.ndarray
    hidden: np.ndarray
    outputs: np.ndarray


def article_network() -> ArticleNetwork:
    """The exercise network as fresh float64 arrays: for x = (3, 4) it gives n = (8, 3) and y = (46, 0)."""
    return ArticleNetwork(
        x=np.array([3.0, 4.0]),
        hidden_weights=np.array([[1.0, 2.0], [-1.0, 0.0]]),
        hidden_biases=np.array([9.0, -3.0]),
        output_weights=np.array([[4.0, -2.0], [3.0, 1.0]]),
        output_biases=np.array([5.0, 0.0]),
        hidden=np.array([8.0, 3.0]),
        outputs=np.array([46.0, 0.0]),
    )
