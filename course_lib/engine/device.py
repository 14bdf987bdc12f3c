"""Which device computes."""

import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(device="auto", dtype="float32"):
    """The torch.device for "auto" (a GPU where there is one), "cpu", "cuda", "mps", or "cuda:1", the second of several.

    "auto" takes the CPU for float64 on a Mac, whose GPU (mps) computes in float32 only.

    Raises
    ------
    ValueError : an unknown name, a device that this machine or this build of PyTorch does not have, float64 on mps
    """
    kind, colon, number = str(device).partition(":")
    if kind not in DEVICES or (colon and not (kind == "cuda" and number.isdecimal())):
        raise ValueError(
            f'device is {device!r}; the choices are: {", ".join(DEVICES)}, or one of several GPUs: "cuda:1".'
        )
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if kind == "auto":
        return torch.device("cuda" if cuda else "mps" if mps and dtype != "float64" else "cpu")
    if (kind == "cuda" and not cuda) or (kind == "mps" and not mps):
        raise ValueError(
            f"device is {device!r}, but PyTorch {torch.__version__} finds no such device here. "
            "Use device='auto' to take what there is; `python -m course_lib doctor` says what that is."
        )
    if number and int(number) >= torch.cuda.device_count():
        raise ValueError(
            f"device is {device!r}, and PyTorch finds {torch.cuda.device_count()} CUDA device(s) here, counted from 0: "
            f"the last is 'cuda:{torch.cuda.device_count() - 1}'."
        )
    if kind == "mps" and dtype == "float64":
        raise ValueError("device is 'mps' and dtype 'float64', but a Mac's GPU has no float64: use device='cpu'.")
    return torch.device(device)
