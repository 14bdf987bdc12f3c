"""What an experiment is: one claim, its budget, a function that measures one seed, and what is compared.

An experiment is written in a file `claims/NAME.py`, as one `EXPERIMENT`. It plots nothing, and holds no
figure that was measured. `runner.py` measures it, case by case: first every arm is tuned over its own grid, on
validation data, with seeds that the measurement does not use; then every seed is measured, on the test data where the
quantity is an accuracy.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

SEEDS = 10  # of a full measurement
SMALL_SEEDS = 3  # of a small one
FIRST_TUNING_SEED = 1000  # the measurement's own seeds count from 0
TUNING_SEEDS = 3  # of a full measurement
SMALL_TUNING_SEEDS = 1  # of a small one

CURE, LAW = "cure", "law"
CASES = "cases"  # the key of the settings under which each case has its own
CASE = "case"  # the key under which `run` finds which case it is in


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
    case : the key of settings["cases"] that both arms are measured in; "" where the settings have no cases
    exploratory : why it is only looked at and not judged, as half a sentence: "found while the claim was tuned"
    """

    label: str
    better: str
    worse: str
    quantity: str
    higher_is_better: bool = True
    case: str = ""
    exploratory: str = ""

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
    subject : what the claim is about, as a sentence begins: "Dropout", "ELU in place of ReLU"; of a law that turns with
        something, with that at its end: "The gradient, by the starting weights"
    source : where the claim comes from: the article, a paper
    chapter : number of the chapter that shows it
    setting : network, data and budget in one sentence, for the ledger
    unit : of the effects, "percentage points" or "decades" for example
    settings : every number and name that the experiment depends on, as plain values ready for JSON. Under "cases",
        {case: settings of its own}: each case is tuned and measured by itself, with the common settings and its own
    small : the settings that the small version changes, in every case. It takes seconds, runs in the chapter's cells,
        and its numbers are kept in the result, for the tests to hold the engine to
    run : run(seed, settings, chosen) -> Outcome, one seed of one case. `settings` are the case's, with its name under
        "case"; `chosen` is {arm: {field: value}}, what tuning chose, empty where nothing is tuned. A function of a
        module, so that another process can call it
    primary : the comparison that the headline is about: what a practitioner would try first, with clean labels, tuned,
        annealed, trained to a plateau
    elsewhere : all other comparisons
    smallest_effect : effects no larger than this do not matter, in the effects' unit, above 0
    smallest_effect_reason : why it is this one, as a sentence; half of what somebody would change a setting for
    kind : CURE, for what somebody would do about a problem; LAW, for what is said to be so
    larger_studies : what larger studies found, with sources, in a sentence or two; empty where none is known
    grids : grids(settings) -> {arm: {field: values}}, of one case: what is chosen among, all combinations of the
        values. None where nothing is tuned
    tune : tune(seed, settings, trials) -> {arm: [score of each choice]}, higher is better, in the effects' unit where
        that is an accuracy, measured on validation data. `trials` is {arm: [{field: value}, ...]}. A run that diverged
        scores -inf, or what it counts as in the comparison
    longer : settings that double the budget of the primary's case: with it the chosen arms are scored once more, on the
        tuning seeds, which shows whether the budget is a plateau
    budget_reason : why the primary's budget need not be a plateau, as a sentence
    edges : {"arm: field": reason} for what is chosen at the edge of its grid and may stay there
    large : the effect is so large that the small version must show the same sign as the full one
    same_within : how far the small version's numbers may be from those of another kind of machine, as a share of the
        larger or in their unit. None where rounding grows, as in training: there only the sign is the same
    seeds : how many seeds the full measurement uses
    tuning_seeds : how many seeds of their own the full measurement tunes with; more where scores are noisy, as with a
        handful of labels
    """

    claim: str
    subject: str
    source: str
    chapter: int
    setting: str
    unit: str
    settings: Mapping[str, object]
    small: Mapping[str, object]
    run: Callable[[int, Mapping, Mapping], Outcome]
    primary: Comparison | None = None
    elsewhere: tuple[Comparison, ...] = ()
    smallest_effect: float = 0.0
    smallest_effect_reason: str = ""
    kind: str = CURE
    larger_studies: str = ""
    grids: Callable[[Mapping], Mapping] | None = None
    tune: Callable[[int, Mapping, Mapping], Mapping] | None = None
    longer: Mapping[str, object] = field(default_factory=dict)
    budget_reason: str = ""
    edges: Mapping[str, str] = field(default_factory=dict)
    large: bool = True
    same_within: float | None = None
    seeds: int = SEEDS
    tuning_seeds: int = TUNING_SEEDS

    def __post_init__(self):
        unknown = sorted(key for key in {*self.small, *self.longer} if key == CASES or not self._is_setting(key))
        if unknown:
            raise ValueError(f"The small or the longer version changes {unknown}, which the settings do not have.")
        if not isinstance(self.primary, Comparison):
            raise ValueError(
                f"An experiment needs primary=Comparison(...), what its headline is about; it is {self.primary!r}."
            )
        if self.primary.exploratory:
            raise ValueError(f"The primary comparison {self.primary.label!r} cannot be exploratory.")
        if not self.smallest_effect > 0 or not self.smallest_effect_reason.strip():
            raise ValueError(
                f"An experiment needs a smallest effect above 0 and smallest_effect_reason, why it is that one; it has "
                f"{self.smallest_effect!r} and {self.smallest_effect_reason!r}."
            )
        if self.kind not in (CURE, LAW):
            raise ValueError(f"kind is {self.kind!r}; expected {CURE!r} or {LAW!r}.")
        if (self.grids is None) != (self.tune is None):
            raise ValueError("An experiment that tunes needs both `grids` and `tune`.")
        labels = [comparison.label for comparison in self.comparisons]
        if len(set(labels)) < len(labels):
            raise ValueError(f"An experiment needs comparisons with different labels; it has {labels}.")
        for comparison in self.comparisons:
            if comparison.case not in self.cases:
                raise ValueError(
                    f"{comparison.label!r} is of the case {comparison.case!r}; the settings have {list(self.cases)}."
                )

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """All of them, the primary one first."""
        return (self.primary, *self.elsewhere)

    @property
    def cases(self) -> tuple[str, ...]:
        """The names of the cases, the primary's first; ("",) where the settings have none."""
        named = list(self.settings.get(CASES, {"": {}}))
        return tuple(sorted(named, key=lambda case: case != self.primary.case))

    def settings_for(self, small: bool) -> dict:
        """The settings of the full or of the small version, of all cases together, and what makes them longer."""
        changes = {"small": dict(self.small)} if small else {"longer": dict(self.longer)}
        return {**self.settings, **{key: value for key, value in changes.items() if value}}

    def case_settings(self, case: str, small: bool = False, longer: bool = False) -> dict:
        """The settings that `run` gets in one case: the common ones, the case's own, and its name under "case"."""
        common = {key: value for key, value in self.settings.items() if key != CASES}
        own = self.settings.get(CASES, {}).get(case, {})
        changes = {**(self.small if small else {}), **(self.longer if longer else {})}
        return {**common, **own, **changes, CASE: case}

    def _is_setting(self, key) -> bool:
        return key in self.settings or any(key in own for own in self.settings.get(CASES, {}).values())


def choices(grid: Mapping[str, Sequence]) -> list[dict]:
    """All combinations of a grid's values: {"a": [1, 2], "b": [3]} -> [{"a": 1, "b": 3}, {"a": 2, "b": 3}].

    As JSON gives them back, a tuple as a list: a choice is compared with one that was kept.
    """
    found = [{}]
    for name, values in grid.items():
        found = [{**each, name: value} for each in found for value in values]
    return json.loads(json.dumps(found))
