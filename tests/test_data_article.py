"""The article's exercise network has the article's numbers."""

import dataclasses

import numpy as np
import pytest

from course_lib.data import article_network


def test_the_network_gives_the_hidden_units_and_outputs_of_the_article_by_hand():
    network = article_network()
    x1, x2 = network.x
    assert (x1, x2) == (3, 4)
    w, b = network.hidden_weights, network.hidden_biases
    n1 = max(x1 * w[0, 0] + x2 * w[1, 0] + b[0], 0)
    n2 = max(x1 * w[0, 1] + x2 * w[1, 1] + b[1], 0)
    v, c = network.output_weights, network.output_biases
    y1 = max(n1 * v[0, 0] + n2 * v[1, 0] + c[0], 0)
    y2 = max(n1 * v[0, 1] + n2 * v[1, 1] + c[1], 0)
    assert (n1, n2, y1, y2) == (8, 3, 46, 0)
    assert network.hidden.tolist() == [8, 3]
    assert network.outputs.tolist() == [46, 0]


def test_the_second_output_is_0_because_relu_cuts_a_negative_sum():
    network = article_network()
    assert 8 * network.output_weights[0, 1] + 3 * network.output_weights[1, 1] + network.output_biases[1] == -13


def test_every_call_gives_fresh_arrays():
    article_network().hidden_weights[:] = 0
    np.testing.assert_array_equal(article_network().hidden_weights, [[1, 2], [-1, 0]])


def test_the_fields_cannot_be_replaced():
    with pytest.raises(dataclasses.FrozenInstanceError):
        article_network().x = np.zeros(2)
