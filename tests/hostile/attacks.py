"""Submissions that try to get points without an answer, or to do harm: {name: the cell for exercise 2.4}.

None of them computes the gradients of a dense layer. `{course}`, `{port}`, `{marker}` and `{secret}` are replaced: the
folder of the course, the port of a server that must not be reached, a path that must not come to be, and the name of a
variable of the environment that must not be seen.
"""

from attack_forms import ZEROS
from attacks_on_machines import ENDLESS, GREEDY, NETWORK
from attacks_on_verdicts import LOOKING, PATCHED, PRETENDING, REPLYING

__all__ = ["ATTACKS", "ZEROS"]

ATTACKS = {
    f"{group}_{name}": code
    for group, attacks in {
        "patched": PATCHED,
        "looking": LOOKING,
        "pretending": PRETENDING,
        "replying": REPLYING,
        "endless": ENDLESS,
        "greedy": GREEDY,
        "network": NETWORK,
    }.items()
    for name, code in attacks.items()
}
