"""How many threads the matrix products use.

The networks of this course are small. Two threads that share one product spend their time waiting for each other as
soon as anything else runs on the machine, a browser for example, and a step then takes several times as long as on one.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from numbers import Integral

from threadpoolctl import threadpool_limits

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def limit_threads(threads: int = 1) -> None:
    """Let NumPy and PyTorch compute with this many threads, from here on, in this process and those it starts.

    Parameters
    ----------
    threads : whole number, 1 or more; 1 is right for small networks, more pays for matrices of some thousand rows

    Raises
    ------
    ValueError : a number below 1
    """
    if isinstance(threads, bool) or not isinstance(threads, Integral) or threads < 1:
        raise ValueError(f"threads is {threads!r}; it must be a whole number, 1 or more.")
    threads = int(threads)
    for variable in VARIABLES:
        os.environ[variable] = str(threads)  # for libraries that are loaded later
    threadpool_limits(threads)  # for those that are loaded already
    if torch := sys.modules.get("torch"):  # None where somebody has blocked it
        torch.set_num_threads(threads)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Within this block NumPy and PyTorch compute on one thread; afterwards as before."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else None
    with threadpool_limits(1):
        try:
            if torch:
                torch.set_num_threads(1)
            yield
        finally:
            if torch:
                torch.set_num_threads(before)
