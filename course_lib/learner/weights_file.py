"""my_network.npz: the weights that the learner's network ended with, beside my_network.py."""

import io
from collections.abc import Sequence

import numpy as np

from course_lib.learner.memory import folder
from course_lib.whole_file import NotWritten, write_file

FILE = "my_network.npz"


def keep_layers(layers: Sequence) -> None:
    """Write layers [[weights, bias], ...] to my_network.npz beside the notebook, and say so.

    The arrays in it are called weights1, bias1, weights2 and so on. A folder that cannot be written is told.

    Raises
    ------
    ValueError : something that is no list of pairs of a matrix (fan_in, fan_out) and a row (fan_out,)
    """
    arrays = {}
    for place, pair in enumerate(layers, start=1):
        parts = [np.asarray(part) for part in pair] if len(pair) == 2 else []
        if [part.ndim for part in parts] != [2, 1] or parts[0].shape[1] != len(parts[1]):
            raise ValueError(f"layer {place} has not [weights (fan_in, fan_out), bias (fan_out,)].")
        arrays |= {f"weights{place}": parts[0], f"bias{place}": parts[1]}
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    try:
        write_file(folder() / FILE, packed.getvalue())
    except (NotWritten, FileNotFoundError) as error:
        print(f"The weights are not kept: {error}")
        return
    print(f"Your network's weights are in {FILE}, {len(packed.getvalue()) // 1000:,} kB.")
