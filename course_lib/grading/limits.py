"""How much a student's code may use. Whoever goes beyond loses the exercise in which it happened, and no other."""

from dataclasses import asdict, dataclass, fields


class LimitsError(ValueError):
    """A limit that is none, or too small to start Python with."""


@dataclass(frozen=True)
class Limits:
    """What one exercise may use.

    Parameters
    ----------
    processor_seconds : of all threads together; what decides, since it does not depend on what else the machine does
    wall_seconds : of the clock, for what sleeps; several times the processor's
    memory_bytes : of addresses, which is more than what is really used: PyTorch for the CPU takes 640 MB of them
    file_bytes : the largest file, and the size of the one folder that can be written to
    """

    processor_seconds: int = 10
    wall_seconds: float = 40.0
    memory_bytes: int = 2_000_000_000
    file_bytes: int = 16_000_000

    def __post_init__(self):
        least = {"processor_seconds": 1, "wall_seconds": 1, "memory_bytes": 200_000_000, "file_bytes": 100_000}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value >= least[field.name]:
                raise LimitsError(f"{field.name} is {value!r}; expected a number of at least {least[field.name]:,}.")

    def as_dict(self) -> dict:
        """The limits as plain values."""
        return asdict(self)
