"""What an experiment is: one claim, its budget, a function that measures one seed, and what is compared.

An experiment is written in a file `claims/NAME.py`, as one `EXPERIMENT`. It plots nothing, and holds no
figure that was measured. `runner.py` measures it: learning rates are tuned first, for each arm over the same grid, on
validation data, with seeds that the measurement does not use; then every seed is measured, on the test data where the
quantity is an accuracy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SEEDS = 10  # of a full measurement
SMALL_SEEDS = 3  # of a small one
FIRST_TUNING_SEED = 1000  # the measurement's own seeds count from 0
TUNING_SEEDS = 3  # of a full measurement
SMALL_TUNING_SEEDS = 1  # of a small one


@dataclass(frozen=True)
class Outcome:
    """What one seed gave.

    Parameters
    ----------
    arms : {arm: {quantity: number}}, finite numbers. A run that diverged gets the value that its experiment states,
        chance accuracy for example, never NaN
    fired : {mechanism: number}, how often each mechanism that is compared was at work: "steps clipped",
        "running statistics moved". A number that is not above 0 ends the measurement with an error
    """

    arms: Mapping[str, Mapping[str, float]]
    fired: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """Two arms, one quantity. The effect of a seed is how much better `better` did than `worse`.

    Parameters
    ----------
    label : the setting in words, as the verdict names it: "20 layers, tanh"
    better : the arm that the claim says is better
    worse : the arm that it is compared with
    quantity : key of the outcome's numbers
    higher_is_better : False where a small number is good, a loss for example
    """

    label: str
    better: str
    worse: str
    quantity: str
    higher_is_better: bool = True

    def effect(self, outcome):
        """How much better the arm that the claim favors did, in the quantity's unit; below 0 if it did worse."""
        difference = outcome.arms[self.better][self.quantity] - outcome.arms[self.worse][self.quantity]
        return difference if self.higher_is_better else -difference


@dataclass(frozen=True)
class Experiment:
    """One claim and how it is decided, fixed before anything is measured.

    Parameters
    ----------
    claim : the sentence that is tested
    source : where the claim comes from: the article, a paper
    chapter : number of the chapter that shows it
    setting : network, data and budget in one sentence, for the table
    unit : of the effects, "percentage points" or "decades" for example
    settings : every number and name that the experiment depends on, as plain values ready for JSON
    small : the settings that the small version changes. It takes seconds, runs in the chapter's cells, and
        its numbers are kept in the result, for the tests to hold the engine to
    run : run(seed, settings, learning_rates) -> Outcome, one seed of the measurement. `learning_rates` is {arm: rate},
        empty where nothing is tuned. A function of a module, so that another process can call it
    comparisons : what is compared; the first one is the main one
    tune : tune(seed, settings) -> {arm: {learning rate: score}}, higher is better, measured on validation data; None
        where nothing is tuned. A run that diverged scores -inf. Two arms that are compared have the same rates
    smallest_effect : effects no larger than this do not matter, in the effects' unit, 0 or more
    variants : {arm: names of its variants}, of arms that have more to choose than a learning rate, the strength of a
        penalty for example. `tune` scores each variant as an arm of its own, over the same rates as all others, and the
        best one stands for the arm: `run` gets the rates of the chosen variants alone, and gives its outcome under the
        arm's name
    large : the effect is so large that the small version must show the same sign as the full one
    same_within : how far the small version's numbers may be from those of another kind of machine, as a share of the
        larger or in their unit. None where rounding grows, as in training: there only the sign is the same
    seeds : how many seeds the full measurement uses
    tuning_seeds : how many seeds of their own the full measurement tunes with; more where scores are noisy, as with a
        handful of labels
    """

    claim: str
    source: str
    chapter: int
    setting: str
    unit: str
    settings: Mapping[str, object]
    small: Mapping[str, object]
    run: Callable[[int, Mapping, Mapping], Outcome]
    comparisons: tuple[Comparison, ...]
    tune: Callable[[int, Mapping], Mapping] | None = None
    smallest_effect: float = 0.0
    large: bool = True
    same_within: float | None = None
    seeds: int = SEEDS
    tuning_seeds: int = TUNING_SEEDS
    variants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self):
        unknown = sorted(set(self.small) - set(self.settings))
        if unknown:
            raise ValueError(f"The small version changes {unknown}, which the settings do not have.")
        labels = [comparison.label for comparison in self.comparisons]
        if not labels or len(set(labels)) < len(labels):
            raise ValueError(f"An experiment needs comparisons with different labels; it has {labels}.")
        for arm, variants in self.variants.items():
            if not variants or self.tune is None:
                raise ValueError(f"{arm!r} has the variants {variants!r}; name one or more, and give a `tune`.")

    def settings_for(self, small):
        """The settings of the full or of the small version."""
        return {**self.settings, **self.small} if small else dict(self.settings)
