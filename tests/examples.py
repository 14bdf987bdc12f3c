"""How many examples hypothesis draws: those of a test in full, a fifth of them in `make check`.

`make check` chooses the profile "quick" (tests/conftest.py registers it), whose number is a fifth of hypothesis's own.
"""

from hypothesis import settings

ORDINARY = 100  # hypothesis's own number


def examples(count):
    """`count`, or the share of it that the chosen profile draws; at least 1."""
    return max(1, count * settings().max_examples // ORDINARY)
