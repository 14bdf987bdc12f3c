"""One thread for small networks: NumPy's matrix products and PyTorch's, loaded before or after."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from course_lib.threads import VARIABLES, limit_threads, one_thread

PROGRAM = """
import {first}
from course_lib.threads import limit_threads
limit_threads({threads})
import numpy, torch
from threadpoolctl import threadpool_info
blas = {{pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}}
print(sorted(blas), torch.get_num_threads())
"""


@pytest.mark.parametrize("first", ["sys", "numpy", "torch"])
@pytest.mark.parametrize("threads", [1, 2])
def test_numpy_and_pytorch_use_that_many_threads_loaded_before_or_after(first, threads, monkeypatch):
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(variable, "2" if threads == 1 else "1")
    program = PROGRAM.format(first=first, threads=threads)
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip().endswith(f"] {threads}")
    if sys.platform != "darwin":  # Apple's own library does not say how many it uses
        assert printed.strip() == f"[{threads}] {threads}"


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "two"])
def test_a_number_that_cannot_be_is_refused(threads):
    with pytest.raises(ValueError, match="1 or more"):
        limit_threads(threads)


@pytest.mark.parametrize("threads", [np.int64(2), np.uint8(1)])
def test_whole_numbers_of_numpy_are_taken(threads, monkeypatch):
    for variable in VARIABLES:
        monkeypatch.setenv(variable, "7")
    with threadpool_limits(1):  # what it sets is put back when this ends
        before = torch.get_num_threads()
        try:
            limit_threads(threads)
            assert torch.get_num_threads() == threads
        finally:
            torch.set_num_threads(before)
    assert [os.environ[variable] for variable in VARIABLES] == [str(int(threads))] * len(VARIABLES)


def threads_of_blas_and_torch():
    import torch

    blas = {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
    return (*sorted(blas), torch.get_num_threads())


def test_one_thread_lasts_as_long_as_its_block_also_when_it_fails():
    import torch

    before = torch.get_num_threads()
    with threadpool_limits(2):
        torch.set_num_threads(2)
        try:
            outside = threads_of_blas_and_torch()
            with pytest.raises(KeyError), one_thread():
                inside = threads_of_blas_and_torch()
                raise KeyError
            assert set(inside) == {1}
            assert threads_of_blas_and_torch() == outside
            assert outside[-1] == 2
        finally:
            torch.set_num_threads(before)
