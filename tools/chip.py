"""What a device can do at best, measured: large matrix products in each precision, and copies within its memory."""

from functools import partial

from course_lib.benchmarks.machine import Rows
from course_lib.benchmarks.steps import waiting_for
from course_lib.benchmarks.timing import Way, time_ways

RATE_COLUMNS = {"what": "what", "rate": "rate", "unit": "unit"}
PRODUCTS, COPIES = "TFLOP/s", "GB/s"
COPY = "copy"


def product_name(precision):
    """How the row of a precision's matrix product is called."""
    return f"matrix product, {precision}"


def measure_rates(device, size, copy_bytes, precisions, **timing):
    """Rates of a device.

    Parameters
    ----------
    device : "cpu", "cuda", ...
    size : rows and columns of the matrices
    copy_bytes : length of the array that is copied; a copy reads and writes that much
    precisions : of "float64", "float32", "tf32", "bfloat16", "float16"

    Returns rows {"what", "rate", "unit"}: 10^12 operations a second (a product of size n has 2 n^3) and 10^9 bytes a
    second, read and written.
    """
    from course_lib.engine.executed_network import float32_products

    wait = waiting_for(device)
    ways = {
        product_name(precision): Way(
            partial(_product, device, size, precision),
            wait,
            setting=partial(float32_products, "high" if precision == "tf32" else "highest"),
        )
        for precision in precisions
    }
    ways[COPY] = Way(partial(_copy, device, copy_bytes), wait)
    timings = time_ways(ways, label="the chip", **timing)
    rows = []
    for name, timed in timings.items():
        unit, work = (COPIES, 2 * copy_bytes / 1e9) if name == COPY else (PRODUCTS, 2 * size**3 / 1e12)
        if timed.seconds:
            rows.append({"what": name, "rate": work / timed.median, "unit": unit})
        else:
            rows.append({"what": name, "problem": timed.problem or "interrupted"})
    return Rows(rows, timings.interrupted)


def _product(device, size, precision):
    import torch

    dtype = torch.float32 if precision == "tf32" else getattr(torch, precision)
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    result = torch.empty_like(a)
    return lambda: torch.mm(a, b, out=result)


def _copy(device, n_bytes):
    import torch

    source = torch.ones(n_bytes // 4, dtype=torch.float32, device=device)
    target = torch.empty_like(source)
    return lambda: target.copy_(source)
