"""What an experiment's small version gave, kept beside the full result: the numbers that code may move but not change.

Numbers are the same to the bit only on one kind of machine: with the same packages, the same matrix products (BLAS) and
the same vector instructions. So a small version says where it was measured.
"""

import importlib.metadata
import math
import platform
import sys
from dataclasses import dataclass

PACKAGES = ("numpy", "torch")  # whose versions a result names, beside Python's


@dataclass(frozen=True)
class SmallVersion:
    """The numbers of one run of the small version, and where they come from. Everything in it is ready for JSON.

    Parameters
    ----------
    seeds, tuning_seeds : lists of whole numbers
    tuning : {arm: {"choices": [{field: value}], "scores": a list for each tuning seed, a score for each choice}}; None
        is the score -inf, of a run that diverged, which JSON does not have. Empty where nothing is tuned
    arms : {arm: {quantity: [number by seed]}}
    fired : {mechanism: [count by seed]}
    engine : the digest of the code beneath the experiments that gave these numbers
    versions : as `versions` gives them
    machine : as `kind_of_machine` gives it
    """

    seeds: list
    tuning_seeds: list
    tuning: dict
    arms: dict
    fired: dict
    engine: str
    versions: dict
    machine: dict

    def numbers(self) -> dict[str, float | None]:
        """{what it is, in words: number}, of tuning and measurement."""
        found = {}
        for arm, tuned in self.tuning.items():
            for seed, scores in zip(self.tuning_seeds, tuned["scores"], strict=True):
                for choice, score in zip(tuned["choices"], scores, strict=True):
                    at = ", ".join(f"{name} {value}" for name, value in choice.items())
                    found[f"score of {arm!r} at {at}, tuning seed {seed}"] = score
        for arm, quantities in self.arms.items():
            for quantity, values in quantities.items():
                found |= {
                    f"{quantity!r} of {arm!r}, seed {seed}": value
                    for seed, value in zip(self.seeds, values, strict=True)
                }
        for mechanism, counts in self.fired.items():
            found |= {
                f"{mechanism!r} at work, seed {seed}": count for seed, count in zip(self.seeds, counts, strict=True)
            }
        return found


def small_version(seeds, tuning_seeds, tuning, outcomes, engine) -> SmallVersion:
    """The SmallVersion of a run on this machine.

    Parameters
    ----------
    seeds : those that were measured
    tuning_seeds : those that were tuned with
    tuning : {arm: (choices, [score of each choice] by tuning seed)}
    outcomes : an Outcome for each seed
    engine : digest of the code beneath
    """
    return SmallVersion(
        seeds=list(seeds),
        tuning_seeds=list(tuning_seeds),
        tuning={
            arm: {"choices": list(choices), "scores": [[_or_none(score) for score in row] for row in rows]}
            for arm, (choices, rows) in tuning.items()
        },
        arms=values_by_seed([outcome.arms for outcome in outcomes]),
        fired={name: [outcome.fired[name] for outcome in outcomes] for name in outcomes[0].fired},
        engine=engine,
        versions=versions(),
        machine=kind_of_machine(),
    )


def values_by_seed(arms_by_seed) -> dict:
    """[{arm: {quantity: number}}], one a seed, as {arm: {quantity: [number by seed]}}."""
    first = arms_by_seed[0]
    return {
        arm: {quantity: [arms[arm][quantity] for arms in arms_by_seed] for quantity in quantities}
        for arm, quantities in first.items()
    }


def _or_none(score):
    return score if score is not None and math.isfinite(score) else None


def versions() -> dict[str, str]:
    """{"python": "3.11.7", "numpy": ...}: what this process computes with."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in PACKAGES}


def kind_of_machine() -> dict:
    """What of this machine a number's last bits depend on, as NumPy and its BLAS report it."""
    import numpy as np
    from threadpoolctl import threadpool_info

    libraries = [each for each in threadpool_info() if each["user_api"] == "blas"]
    numpys_own = [each for each in libraries if "numpy" in each["filepath"]]  # a wheel of NumPy brings its own
    blas = {
        f"{each['internal_api']} {each['version']} {each.get('architecture', '')}".strip()
        for each in numpys_own or libraries
    }
    found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return {
        "system": sys.platform,
        "processor": platform.machine(),
        "libc": " ".join(platform.libc_ver()).strip(),  # its exp and log; known on Linux alone
        "blas": sorted(blas),
        "vector instructions": list(found),
    }


def other_machine(kept: SmallVersion) -> list[str]:
    """What sets this process apart from the one that a small version was measured in; empty for one kind of machine."""
    here = kind_of_machine() | _of_consequence(versions())
    there = kept.machine | _of_consequence(kept.versions)
    return [
        f"{part} {there.get(part)!r} there and {here.get(part)!r} here"
        for part in sorted(here.keys() | there.keys())
        if here.get(part) != there.get(part)
    ]


def _of_consequence(versions):
    """Of Python's version only that which changes its arithmetic: 3.12 adds up floats in another way."""
    return versions | {"python": ".".join(versions.get("python", "").split(".")[:2])}


def differences(kept: SmallVersion, now: SmallVersion, within: float = 0.0) -> list[str]:
    """Each number that is not the same in both, in words.

    Parameters
    ----------
    kept, now : of one experiment
    within : how far two numbers may be apart, as a share of the larger or in its own unit; 0 asks for every bit
    """
    before, after = kept.numbers(), now.numbers()
    return [
        f"{what}: {_words(before, what)} kept, {_words(after, what)} now"
        for what in dict.fromkeys([*before, *after])
        if what not in before or what not in after or not _are_same(before[what], after[what], within)
    ]


def _are_same(first, second, within):
    if first is None or second is None:
        return first is second
    return first == second or math.isclose(first, second, rel_tol=within, abs_tol=within)


def _words(numbers, what):
    if what not in numbers:
        return "nothing"
    return "diverged" if numbers[what] is None else repr(numbers[what])


def disagreement(experiment, kept, now) -> str | None:
    """How a small version departs from a committed result, as half a sentence; None where it agrees.

    Its main effect must have the result's sign where the experiment says that it is large. On the same kind of machine
    every number must be the one that was kept, to the bit; elsewhere, to the experiment's `same_within` if it has one.

    Parameters
    ----------
    experiment : the Experiment
    kept : the Measurement that is committed
    now : the Measurement of the small version, on this machine
    """
    if lost := lost_sign(experiment, kept, now):
        return lost
    elsewhere = other_machine(kept.small)
    if elsewhere and experiment.same_within is None:
        return None
    odd = differences(kept.small, now.small, experiment.same_within if elsewhere else 0.0)
    return f"the small version of {kept.name} gives other numbers: {counted(odd, kept.small)}" if odd else None


def lost_sign(experiment, kept, now) -> str | None:
    """That the small version no longer shows the sign of a large effect, as half a sentence; None where it does."""
    if not experiment.large or now.primary.mean * kept.primary.mean > 0:
        return None
    effects = f"{now.primary.mean:+.3g} and its result {kept.primary.mean:+.3g}"
    return f"the small version of {kept.name} has the effect {effects}"


def counted(odd, kept, shown=3) -> str:
    """The first of the `differences` to a kept SmallVersion, and how many there are."""
    more = f"; and {len(odd) - shown} more" if len(odd) > shown else ""
    return f"{len(odd)} of {len(kept.numbers())} differ: {'; '.join(odd[:shown])}{more}"
