"""Two tasks for recurrent networks: what has to be remembered stands far before the step at which it is asked for.

Both are drawn anew from a seed; two seeds give two independent sets, one to train on and one to test on.
"""

from numbers import Integral

import numpy as np

from course_lib.data.dataset import DataError, check_seed

ADDING_VARIANCE = 1 / 6  # of a sum of two numbers from [0, 1]: the squared error of always answering the mean, 1


def adding_problem(n: int = 1000, length: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Add the two marked numbers of a sequence. Hochreiter and Schmidhuber 1997, in the form of Le et al. 2015.

    Each step has two inputs: a number, uniform in [0, 1], and a mark, 1 at two steps and 0 at all others. One marked
    step lies in the first half of the sequence and one in the second (its halves are steps 0 to length // 2 - 1 and the
    rest). The target is the sum of the two marked numbers. Always answering 1, the mean of all targets, has a mean
    squared error of `ADDING_VARIANCE`: a network that does no better has learned nothing.

    Parameters
    ----------
    n : number of sequences, 1 or more
    length : steps of each sequence, 2 or more
    seed : whole number, 0 or more

    Returns
    -------
    (x, targets) : x (n, length, 2) float64, [..., 0] the numbers and [..., 1] the marks; targets (n, 1) float64

    Raises
    ------
    DataError : a count or seed that cannot be
    """
    n, length = _check_count("n", n, 1), _check_count("length", length, 2)
    rng = np.random.default_rng(check_seed(seed))
    rows, half = np.arange(n), length // 2
    first, second = rng.integers(0, half, n), rng.integers(half, length, n)
    x = np.zeros((n, length, 2))
    x[:, :, 0] = rng.random((n, length))
    x[rows, first, 1] = x[rows, second, 1] = 1.0
    targets = x[rows, first, 0] + x[rows, second, 0]
    return x, targets[:, None]


def copy_task(
    n: int = 1000, n_symbols: int = 8, length: int = 10, delay: int = 20, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Read symbols, wait, and give them back in order. Hochreiter and Schmidhuber 1997; Arjovsky et al. 2016, sec. 5.1.

    A sequence has 2 * length + delay steps: `length` symbols, `delay` - 1 blanks, the signal to begin, and `length`
    blanks while the symbols are given back. The label of every step but the last `length` is the blank; the last labels
    are the symbols. Blank is class n_symbols; the signal is input n_symbols + 1 and never a label. Answering blanks and
    then guessing has a cross-entropy of length * log(n_symbols) / (2 * length + delay).

    Parameters
    ----------
    n : number of sequences, 1 or more
    n_symbols : how many different symbols there are, 2 or more
    length : symbols to remember, 1 or more
    delay : steps from the last symbol to the signal, 1 or more: with 1 the signal follows the last symbol
    seed : whole number, 0 or more

    Returns
    -------
    (x, labels) : x (n, steps, n_symbols + 2) float64, one-hot; labels (n, steps) int64, 0 to n_symbols

    Raises
    ------
    DataError : a count or seed that cannot be
    """
    n, n_symbols = _check_count("n", n, 1), _check_count("n_symbols", n_symbols, 2)
    length, delay = _check_count("length", length, 1), _check_count("delay", delay, 1)
    rng = np.random.default_rng(check_seed(seed))
    blank, signal = n_symbols, n_symbols + 1
    symbols = rng.integers(0, n_symbols, (n, length))
    inputs = np.full((n, 2 * length + delay), blank)
    inputs[:, :length] = symbols
    inputs[:, length + delay - 1] = signal
    labels = np.full(inputs.shape, blank, dtype=np.int64)
    labels[:, -length:] = symbols
    return np.eye(n_symbols + 2)[inputs], labels


def _check_count(name, value, smallest):
    if isinstance(value, bool) or not isinstance(value, Integral) or value < smallest:
        raise DataError(f"{name} is {value!r}; it must be a whole number, {smallest} or more.")
    return int(value)
