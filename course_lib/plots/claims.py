"""A measured claim on the page: what was said, in which setting, the verdict, and a picture of all comparisons."""

from collections.abc import Iterable
from typing import Any

from course_lib.plots.figures import show
from course_lib.plots.measurements import effect_text, plot_effects
from course_lib.plots.printed import print_wrapped, wrapped

HOLDS_ONLY_WHEN = "holds only when"
DOES_NOT_HOLD = "does not hold"


def finding(measurement: Any) -> str:
    """The verdict of a measurement in a few words, for a title."""
    verdict, effects, when = measurement.verdict, measurement.effects, measurement.when
    if verdict == DOES_NOT_HOLD and len(effects) > 1:
        return f"holds in none of {len(effects)} comparisons"  # some may be undecided, so not: does not hold in all
    if verdict != HOLDS_ONLY_WHEN:
        return verdict if len(effects) == 1 else f"{verdict}, in all comparisons"
    if len(" and ".join(when)) < 40:
        return "holds only for " + " and ".join(when)
    return f"holds in {len(when)} of {len(effects)} comparisons"


def print_findings(measurements: Iterable[Any]) -> None:
    """Print, for each Measurement, the claim, what was found, and the main effect with its interval.

    Where the claim holds in some comparisons only, two effects are printed, the first "yes" and the first "no".
    """
    for measurement in measurements:
        shown = {"": measurement.main}
        if measurement.verdict == HOLDS_ONLY_WHEN:
            holds = {effect.label in measurement.when: effect for effect in reversed(measurement.effects)}
            shown = {"yes: ": holds[True], "no:  ": holds[False]}
        print_wrapped(f"The claim: {measurement.claim}", indent=2)
        print(f"  Measured: {finding(measurement)}.")
        for word, effect in shown.items():
            numbers = effect_text(effect.mean, effect.low, effect.high, measurement.unit)
            print_wrapped(f"  {word}{spelled(effect.label)}: {numbers}", indent=4)
        print()


def show_measured(measurement: Any, subject: str, live: Any = None, labels: Iterable[str] | None = None) -> None:
    """Print claim, setting and verdict, and draw each comparison with its 95% interval.

    Parameters
    ----------
    measurement : a Measurement, as `load_measurement` reads it
    subject : the claim in a few words, for the title; the finding is added to it
    live : a smaller Measurement of the same claim, whose main comparison is printed. It is not drawn: with three seeds
        an interval can be so wide that beside it the long measurement's could not be told apart
    labels : of the comparisons that are drawn; None draws all
    """
    import matplotlib.pyplot as plt

    effects = measurement.effects if labels is None else [measurement.effect(label) for label in labels]
    rows = [{**vars(effect), "label": spelled(effect.label)} for effect in effects]
    _print_claim(measurement, live)
    figure, axes = plt.subplots(figsize=(7.5, 1.1 + 0.36 * len(rows)), layout="constrained")
    plot_effects(axes, rows, unit=measurement.unit, smallest_effect=measurement.smallest_effect)
    axes.set_title(wrapped(f"{subject}: {finding(measurement)}"))
    said = "; ".join(f"{row['label']} {effect_text(row['mean'], row['low'], row['high'])}" for row in rows)
    alt = f"{subject}: {finding(measurement)}. Effects in {measurement.unit} with their 95% intervals: {said}."
    show(figure, alt=alt)


def _print_claim(measurement, live):
    when, effects = measurement.when, measurement.effects
    listed = "; ".join(when) if len(when) < 5 else f"{len(when)} of {len(effects)}, round and blue below"
    verdict = measurement.verdict + (f": {listed}" if measurement.verdict == HOLDS_ONLY_WHEN else "")
    setting = f"{measurement.setting}; {len(measurement.seeds)} seeds"
    said = {"Claim": measurement.claim, "Setting": setting, "Verdict": spelled(verdict)}
    if live is not None:
        main = live.main
        effect = effect_text(main.mean, main.low, main.high, live.unit)
        said["Live"] = f"{spelled(main.label)}: {effect}; {len(live.seeds)} seeds, everything smaller and shorter"
    for word, text in said.items():
        print_wrapped(f"{word + ':':9}{text}", indent=9)


def spelled(text: str) -> str:
    """A comparison's label with activations as they are written in a text: "ReLU, 2 layers" for "relu, 2 layers"."""
    return text.replace("relu,", "ReLU,").replace("elu,", "ELU,")
