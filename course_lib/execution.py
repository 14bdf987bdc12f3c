"""Execution: one frozen dataclass that says how a recipe is computed, and nothing about what is learned.

Every combination learns the same thing; how far the numbers may differ is in `course_lib.engine.executed_network`.
"""

import dataclasses
import re
from dataclasses import dataclass

from course_lib.recipe import RecipeError, check_choice, check_flag

DEVICE_PATTERN = r"auto|cpu|mps|cuda(:\d+)?"
CHOICES = {
    "dtype": ("float32", "float64"),
    "mixed_precision": ("off", "bfloat16", "float16", "auto"),
    "masks": ("seeded", "device"),
    "float32_products": ("full", "tf32"),
}
FLAGS = ("fused", "cuda_graphs", "compile")


class ExecutionError(ValueError):
    """An execution that cannot work, in itself or on this machine. The message says what to do."""


class OutOfMemory(MemoryError):
    """A step that does not fit in the device's memory.

    fits : the largest batch size that was tried and fits, None when none does; `result` is that of fit() so far
    """

    def __init__(self, message, fits=None):
        super().__init__(message)
        self.fits, self.result = fits, None


@dataclass(frozen=True)
class Execution:
    """How a recipe is computed by PyTorch: device, precision, and what saves time.

    Parameters
    ----------
    device : "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1" (the second GPU) or "mps"
    dtype : "float32" or "float64", of all parameters
    fused : the optimizer's step of all parameters in one kernel, where PyTorch has it (not for "rmsprop")
    mixed_precision : products in "bfloat16" or "float16" while the parameters stay float32; "auto" is bfloat16 on a
        CUDA device that computes in it, and off elsewhere; "float16" scales the loss so that small gradients survive
    cuda_graphs : record a training step once and replay it as one unit (a CUDA device alone)
    compile : torch.compile; where it fails, the run goes on without it and says why
    masks : of dropout, and slopes of RReLU: "seeded" as the recipe's seed gives them to both engines, or "device":
        drawn on the device from the same seed, faster on a GPU, and other numbers
    float32_products : "full", or "tf32": 10 bits of mantissa in float32 products (CUDA, compute capability 8.0 or more)

    Raises
    ------
    ExecutionError : a value that cannot work, or two that cannot work together
    """

    device: str = "auto"
    dtype: str = "float32"
    fused: bool = True
    mixed_precision: str = "off"
    cuda_graphs: bool = False
    compile: bool = False
    masks: str = "seeded"
    float32_products: str = "full"

    def __post_init__(self):
        if not re.fullmatch(DEVICE_PATTERN, str(self.device)):
            raise ExecutionError(
                f'device is {self.device!r}; the choices are: auto, cpu, cuda, mps, or one of several GPUs: "cuda:1".'
            )
        object.__setattr__(self, "device", str(self.device))
        try:
            for field, choices in CHOICES.items():
                check_choice(field, getattr(self, field), choices)
            for field in FLAGS:
                check_flag(field, getattr(self, field))
        except RecipeError as error:
            raise ExecutionError(str(error)) from None
        self._check_together()

    def _check_together(self):
        if self.dtype == "float64" and self.mixed_precision in ("bfloat16", "float16"):
            raise ExecutionError(
                f"mixed_precision is {self.mixed_precision!r} with dtype 'float64': PyTorch leaves float64 as it is. "
                "Use dtype='float32', or mixed_precision='off'."
            )
        if self.cuda_graphs and self.device in ("cpu", "mps"):
            raise ExecutionError(
                f"cuda_graphs is True with device {self.device!r}; CUDA graphs need a CUDA device. "
                "Use cuda_graphs=False here."
            )
        if self.cuda_graphs and not self.fused:
            raise ExecutionError(
                "cuda_graphs is True with fused=False: a recorded step reads the learning rate on the device, as the "
                "fused optimizers do. Use fused=True, or cuda_graphs=False."
            )
        if self.cuda_graphs and self.mixed_precision == "float16":
            raise ExecutionError(
                "cuda_graphs is True with mixed_precision 'float16': its scaled loss skips steps, and a recorded step "
                "cannot be skipped. Use mixed_precision='bfloat16', which needs no scaling, or cuda_graphs=False."
            )

    def replace(self, **changes: object) -> "Execution":
        """The same execution with some fields changed: `Execution().replace(compile=True)`."""
        known = [field.name for field in dataclasses.fields(self)]
        for name in changes:
            if name not in known:
                raise ExecutionError(f"An execution has no field {name!r}. The fields are: {', '.join(known)}.")
        return dataclasses.replace(self, **changes)

    def __str__(self):
        width = max(len(field.name) for field in dataclasses.fields(self))
        lines = [f"  {field.name:<{width}}  {getattr(self, field.name)}" for field in dataclasses.fields(self)]
        return "Execution\n" + "\n".join(lines)


def check_is_execution(execution):
    """The execution; an ExecutionError for anything else, None too."""
    if not isinstance(execution, Execution):
        raise ExecutionError(
            f"execution is {execution!r}; it must be an Execution (course_lib.execution), for example "
            'Execution(device="auto"), or None.'
        )
    return execution
