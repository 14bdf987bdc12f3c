"""Which device PyTorch computes on, also for machines that this one is not."""

import pytest
import torch

from course_lib.engine.device import choose_device


@pytest.fixture
def machine(monkeypatch):
    def has(cuda=False, mps=False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return has


@pytest.mark.parametrize(
    ("found", "dtype", "expected"),
    [
        ({}, "float32", "cpu"),
        ({"cuda": True}, "float64", "cuda"),
        ({"mps": True}, "float32", "mps"),
        ({"mps": True}, "float64", "cpu"),
    ],
)
def test_auto_takes_a_gpu_that_can_compute_in_the_dtype(machine, found, dtype, expected):
    machine(**found)
    assert choose_device("auto", dtype).type == expected


def test_float64_on_a_mac_gpu_says_what_to_use(machine):
    machine(mps=True)
    with pytest.raises(ValueError, match="device='cpu'"):
        choose_device("mps", "float64")


@pytest.mark.parametrize("device", ["cpu:", "auto:", "cuda:", "cpu:0", "cuda:x", "cuda:-1", "", None, 3])
def test_a_name_that_is_none_is_told_the_choices(machine, device):
    machine(cuda=True)
    with pytest.raises(ValueError, match=f'^device is {device!r}; .*auto, cpu, cuda, mps, .*"cuda:1"'):
        choose_device(device)


@pytest.mark.parametrize("device", ["cuda", "mps", "gpu"])
def test_a_device_that_is_not_there_is_refused_with_a_way_out(machine, device):
    machine()
    with pytest.raises(ValueError, match="auto"):
        choose_device(device)
