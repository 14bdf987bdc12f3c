"""Which device computes."""

import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(device="auto"):
    """The torch.device for "auto" (a GPU where there is one), "cpu", "cuda" or "mps".

    Raises
    ------
    ValueError : an unknown name, or a device that this machine or this build of PyTorch does not have
    """
    kind = str(device).split(":")[0]
    if kind not in DEVICES:
        raise ValueError(f"device is {device!r}; the choices are: {', '.join(DEVICES)}.")
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if kind == "auto":
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    if (kind == "cuda" and not cuda) or (kind == "mps" and not mps):
        raise ValueError(
            f"device is {device!r}, but PyTorch {torch.__version__} finds no such device here. "
            "Use device='auto' to take what there is; `python -m course_lib doctor` says what that is."
        )
    return torch.device(device)
