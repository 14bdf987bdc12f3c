"""Measures an experiment: tunes every arm, measures every seed, compares, and keeps what is done at once.

The work is cut into tasks: one seed of one case, to tune with or to measure. What is finished is kept task by task.
"""

import dataclasses
import json
import math
import operator
from pathlib import Path

from course_lib.data import DataUnavailable
from course_lib.experiments import fingerprints, image_draws, registry, storage
from course_lib.experiments.experiment import FIRST_TUNING_SEED, SMALL_SEEDS, SMALL_TUNING_SEEDS, Outcome
from course_lib.experiments.measurement import (
    MEASURED,
    ArmsAreTheSame,
    LogEntry,
    Measurement,
    MeasurementError,
    MeasurementStopped,
    MechanismDidNotFire,
    WorkersLost,
    WrongRequest,
    effects_of,
)
from course_lib.experiments.small_versions import small_version, values_by_seed, versions
from course_lib.experiments.tuning import best_choices, checked_scores, survivors, trials
from course_lib.experiments.workers import Task, workers
from course_lib.progress_bar import progress_bar

MOST_JOBS = 1000  # more than a machine has cores
TUNE, LONGER, SEED = "tune", "longer", "seed"  # kinds of tasks


def measure(
    name: str,
    seeds: int | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    small: bool = False,
    primary: bool = False,
    first_seed: int = 0,
    folder: str | Path | None = None,
    progress: bool = True,
    why: str | None = None,
) -> Measurement:
    """Measure a claim and write the result, with the numbers of its small version, which is measured last.

    What is finished is kept as soon as it is: a measurement that was stopped goes on where it was when it is called
    again. The numbers do not depend on where they are computed.

    Parameters
    ----------
    name : of the claim, "dying_relu"
    seeds : how many, 2 or more; None takes what the experiment says
    jobs : how many processes compute side by side, 1 computes in this one; None is 1 for the small version, else as
        many as there are cores
    scheduler : address of a Dask scheduler, "tcp://127.0.0.1:8786", which then computes in place of this machine
    small : the small version: a look in seconds, with its own settings. Writes nothing unless a folder is given
    primary : the primary comparison's case alone. It is kept for a whole measurement, which goes on from it, and no
        result is written
    first_seed : the seeds count from here, and those for tuning from FIRST_TUNING_SEED more: to measure a claim again
        with other seeds
    folder : where to write; None is the folder of the course's results
    progress : show a progress bar
    why : the reason for measuring again, which the result keeps in its log; None takes why the old one is stale

    Returns
    -------
    Measurement

    Raises
    ------
    MeasurementError : an outcome that is not finite or that lacks something; data that are not on this machine
    WrongRequest, UnknownExperiment, ArmsAreTheSame, MechanismDidNotFire, WorkersLost : kinds of it
    OSError : the result cannot be written there; nothing was computed
    MeasurementStopped : a KeyboardInterrupt that says what is kept
    """
    run = _Run(name, seeds, small, folder, why, primary, first_seed)
    jobs = checked_jobs(jobs, small)
    if run.journal:
        storage.check_writable(name, folder)
        run.journal.open()
    return _measured(run, jobs, scheduler, progress)


def _measured(run, jobs, scheduler, progress):
    """The Measurement, written. However it ends, what is done is kept, and an error says so."""
    small_run = run if run.small else _Run(run.name, None, small=True, folder=None)
    try:
        _compute(run, jobs, scheduler, progress)
        if small_run is not run:
            _compute(small_run, 1, None, progress)
    except KeyboardInterrupt:
        raise MeasurementStopped(f"Stopped. {run.what_is_kept()}") from None
    except DataUnavailable as error:
        raise MeasurementError(f"{error} {run.what_is_kept()}") from None
    except WorkersLost as error:
        raise WorkersLost(f"{error} {run.what_is_kept()}") from None
    finally:
        if run.journal:
            run.journal.close()
    return run.finish(small_run)


def _compute(run, jobs, scheduler, progress):
    """Compute the tasks of a run that are left."""
    with _bar(run, progress) as bar:
        if run.n_done == run.n_tasks:
            return
        with workers(jobs, scheduler) as work:
            for kinds in ((TUNE,), (TUNE,), (SEED, LONGER)):  # the first tuning seed says what the others try
                for task, (result, seconds) in work(run.tasks(*kinds)):
                    run.take(task.kind, task.case, task.seed, result, seconds)
                    bar.update()


class _Run:
    """A measurement under way: what was asked for, what is done, and where that is kept."""

    def __init__(self, name, seeds, small, folder, why=None, primary=False, first_seed=0):
        self.name, self.small, self.folder, self.why = name, small, folder, why
        self.experiment = registry.experiment(name)
        self.only_primary, self.first_seed, self.asked_seeds = primary, first_seed, seeds
        self.cases = self.experiment.cases[:1] if primary else self.experiment.cases
        self.fingerprint, self.engine = fingerprints.fingerprint(name, small), fingerprints.engine()
        wanted = (SMALL_SEEDS if small else self.experiment.seeds) if seeds is None else seeds
        self.seeds = tuple(first_seed + seed for seed in _checked_seeds(wanted, first_seed))
        n_tuning = (SMALL_TUNING_SEEDS if small else self.experiment.tuning_seeds) if self.experiment.tune else 0
        self.tuning_seeds = tuple(FIRST_TUNING_SEED + first_seed + number for number in range(n_tuning))
        self.trials = {case: self._trials(case) for case in self.cases}
        self.scores = {case: {} for case in self.cases}
        self.outcomes = {case: {} for case in self.cases}
        self.longer, self.seconds = {}, dict.fromkeys(self.cases, 0.0)
        self.journal = None if small and folder is None else storage.Unfinished(name, folder, small)
        self._go_on(self.journal.read() if self.journal else [])

    @property
    def n_tasks(self):
        return len(self.cases) * (len(self.tuning_seeds) + len(self.seeds)) + len(self._longer_seeds())

    @property
    def n_done(self):
        return sum(len(done) for each in (self.scores, self.outcomes) for done in each.values()) + len(self.longer)

    def tasks(self, *kinds):
        """The tasks of these kinds that are left; every case must be tuned before the others are asked for."""
        left = []
        for kind in kinds:
            for case in self.cases:
                left += [self._task(kind, case, seed) for seed in self._left(kind, case)]
        return left

    def _left(self, kind, case):
        if kind == LONGER:
            return [seed for seed in self._longer_seeds() if seed not in self.longer] if case == self.cases[0] else []
        if kind == SEED:
            return [seed for seed in self.seeds if seed not in self.outcomes[case]]
        first_is_done = self.tuning_seeds[:1] and self.tuning_seeds[0] in self.scores[case]
        wanted = self.tuning_seeds if first_is_done else self.tuning_seeds[:1]
        return [seed for seed in wanted if seed not in self.scores[case]]

    def _task(self, kind, case, seed):
        settings = self.experiment.case_settings(case, self.small, longer=kind == LONGER)
        if kind == SEED:
            return Task(kind, seed, self.experiment.run, (settings, self.tuned(case)[0]), case)
        arms = self._tried(case, seed)[0] if kind == TUNE else self._chosen_of_the_primary()
        return Task(kind, seed, self.experiment.tune, (settings, arms), case)

    def _trials(self, case):
        return trials(self.experiment, self.experiment.case_settings(case, self.small)) if self.experiment.tune else {}

    def _tried(self, case, seed):
        """What a tuning seed tries: ({arm: choices}, {arm: their places in the grid})."""
        every = {arm: list(range(len(choices))) for arm, choices in self.trials[case].items()}
        places = every if seed == self.tuning_seeds[0] else survivors(self.scores[case][self.tuning_seeds[0]])
        return {arm: [self.trials[case][arm][place] for place in places[arm]] for arm in places}, places

    def _longer_seeds(self):
        return self.tuning_seeds if self.experiment.longer and not self.small else ()

    def _chosen_of_the_primary(self):
        chosen, primary = self.tuned(self.cases[0])[0], self.experiment.primary
        return {arm: [chosen[arm]] for arm in (primary.better, primary.worse) if arm in chosen}

    def tuned(self, case):
        """What a case's arms were tuned to, see `best_choices`, when every tuning seed is done."""
        if not self.experiment.tune:
            return {}, {}, {}
        grids = self.experiment.grids(self.experiment.case_settings(case, self.small))
        return best_choices(grids, [self.scores[case][seed] for seed in self.tuning_seeds])

    def take(self, kind, case, seed, result, seconds):
        """Check what a task gave, and keep it."""
        row = {"kind": kind, "case": case, "seed": seed, "seconds": seconds}
        if kind == SEED:
            outcome = _checked_outcome(result, self.experiment, case, seed)
            _check_like_the_others(outcome, self.outcomes[case], seed)
            row |= {"arms": outcome.arms, "fired": outcome.fired, "chosen": self.tuned(case)[0]}
        else:
            wanted, places = self._tried(case, seed) if kind == TUNE else (self._chosen_of_the_primary(), None)
            scores = checked_scores(result, wanted, seed)
            row["scores"] = scores if places is None else self._in_their_places(case, scores, places)
            row["chosen"] = {} if kind == TUNE else self.tuned(case)[0]
        self._keep(row)
        if self.journal:
            self.journal.append(row)

    def _in_their_places(self, case, scores, places):
        """{arm: a score for each choice of its grid}, None for those that were not tried."""
        found = {arm: [None] * len(choices) for arm, choices in self.trials[case].items()}
        for arm, tried in places.items():
            for place, score in zip(tried, scores[arm], strict=True):
                found[arm][place] = score
        return found

    def what_is_kept(self):
        """A sentence on what is done and how to go on."""
        done = f"{self.n_done} of {self.n_tasks} tasks are done"
        if self.journal is None:
            return f"{done}; the small version keeps nothing."
        again = storage.command(
            self.name, self.asked_seeds, self.folder, self.small, self.only_primary, self.first_seed
        )
        return f"{done} and kept. To go on: {again}"

    def finish(self, small_run):
        """The Measurement; written, unless it is small and has no folder, or of the primary alone."""
        self._check_arms_differ()
        measurement = self._measurement(small_run.small_version())
        if self.journal and not self.only_primary:
            measurement = dataclasses.replace(measurement, log=self._log(measurement))
            storage.write_measurement(measurement, self.folder)
            self.journal.delete()
        return measurement

    def small_version(self):
        """The SmallVersion of a small run, when all is done."""
        tuning = {
            arm: (wanted, [self.scores[case][seed][arm] for seed in self.tuning_seeds])
            for case in self.cases
            for arm, wanted in self.trials[case].items()
        }
        outcomes = [self._of_all_cases(seed) for seed in self.seeds]
        return small_version(self.seeds, self.tuning_seeds, tuning, outcomes, self.engine)

    def _of_all_cases(self, seed):
        """The Outcome of a seed with the arms of all cases; a mechanism carries its case's name."""
        arms, fired = {}, {}
        for case in self.cases:
            outcome = self.outcomes[case][seed]
            if twice := sorted(set(arms) & set(outcome.arms)):
                raise MeasurementError(f"The arms {twice} are in two cases; give each case's arms names of their own.")
            arms |= outcome.arms
            fired |= {f"{case}: {name}" if case else name: count for name, count in outcome.fired.items()}
        return Outcome(arms, fired)

    def _go_on(self, rows):
        """Take over the rows of a run that was stopped: first the tuning, for it says which seeds still count."""
        for row in sorted(rows, key=lambda row: (row["kind"] != TUNE, row["seed"])):
            kind, case, seed = row["kind"], row["case"], row["seed"]
            if case not in self.cases or seed not in self._left(kind, case):
                continue
            is_tuned = len(self.scores[case]) == len(self.tuning_seeds)
            if (kind == TUNE and self._tries_the_same(row)) or (is_tuned and row["chosen"] == self.tuned(case)[0]):
                self._keep(row)

    def _tries_the_same(self, row):
        """Whether a kept row of tuning has scores for what its seed is to try, and for nothing else."""
        _, places = self._tried(row["case"], row["seed"])
        tried = {
            arm: [place for place, score in enumerate(scores) if score is not None]
            for arm, scores in row["scores"].items()
        }
        return tried == places

    def _keep(self, row):
        case, seed = row["case"], row["seed"]
        if row["kind"] == SEED:
            self.outcomes[case][seed] = Outcome(row["arms"], row["fired"])
        elif row["kind"] == TUNE:
            self.scores[case][seed] = row["scores"]
        else:
            self.longer[seed] = row["scores"]
        self.seconds[case] += row["seconds"]

    def _check_arms_differ(self):
        for comparison in self.experiment.comparisons:
            if comparison.case not in self.cases:
                continue
            first, second = (
                [self.outcomes[comparison.case][seed].arms[arm] for seed in self.seeds]
                for arm in (comparison.better, comparison.worse)
            )
            if first == second:
                raise ArmsAreTheSame(
                    f"{self.name}, {comparison.label}: {comparison.better!r} and {comparison.worse!r} gave the same "
                    f"numbers with every seed. They are one arm under two names, or nothing that is measured shows "
                    f"what sets them apart."
                )

    def _measurement(self, beside):
        experiment, outcomes = self.experiment, [self._of_all_cases(seed) for seed in self.seeds]
        tuned = [self.tuned(case) for case in self.cases]
        settings = json.loads(json.dumps(experiment.settings_for(self.small)))
        data = experiment.case_settings(self.cases[0], self.small).get("data")
        return Measurement(
            name=self.name,
            claim=experiment.claim,
            subject=experiment.subject,
            source=experiment.source,
            chapter=experiment.chapter,
            setting=experiment.setting,
            unit=experiment.unit,
            kind=experiment.kind,
            smallest_effect=experiment.smallest_effect,
            smallest_effect_reason=experiment.smallest_effect_reason,
            larger_studies=experiment.larger_studies,
            settings=settings,
            effects=effects_of(
                experiment, {case: [self.outcomes[case][seed] for seed in self.seeds] for case in self.cases}
            ),
            arms=values_by_seed([outcome.arms for outcome in outcomes]),
            seeds=self.seeds,
            tuning_seeds=self.tuning_seeds,
            chosen={arm: choice for chosen, _, _ in tuned for arm, choice in chosen.items()},
            edges={arm: found for _, _, edges in tuned for arm, found in edges.items()},
            edge_reasons=dict(experiment.edges),
            plateau=self._plateau(),
            budget_reason=experiment.budget_reason,
            data=image_draws.record(data) if data else {},
            fired={name: min(outcome.fired[name] for outcome in outcomes) for name in outcomes[0].fired},
            fingerprint=self.fingerprint,
            engine=self.engine,
            versions=versions(),
            cpu_minutes=round(sum(self.seconds.values()) / 60, 4),
            primary_cpu_minutes=round(self.seconds[self.cases[0]] / 60, 4),
            small=beside,
        )

    def _plateau(self):
        """{arm of the primary: [mean score at the budget, at twice the budget]}, of the tuning seeds."""
        found = {}
        for arm, choices in self._chosen_of_the_primary().items() if self.longer else ():
            place = self.trials[self.cases[0]][arm].index(choices[0])
            before = [self.scores[self.cases[0]][seed][arm][place] for seed in self.tuning_seeds]
            after = [self.longer[seed][arm][0] for seed in self.tuning_seeds]
            if all(map(math.isfinite, [*before, *after])):
                found[arm] = [sum(scores) / len(scores) for scores in (before, after)]
        return found

    def _log(self, measurement):
        """The log of the result that this one takes the place of, with this measurement."""
        before = storage.what_was_there(self.name, self.folder)
        if before is None:
            return ()
        log, verdict, digests, why_stale = before
        why = self.why or why_stale or "asked for"
        now = (self.fingerprint, self.engine)
        return (*log, LogEntry(MEASURED, why, (verdict, measurement.verdict), *zip(digests, now, strict=True)))


def _checked_seeds(seeds, first_seed):
    number, first = _whole_number(seeds), _whole_number(first_seed)
    if first is None or not 0 <= first < FIRST_TUNING_SEED:
        raise WrongRequest(f"first_seed is {_said(first_seed, first)}; expected 0 to {FIRST_TUNING_SEED - 1}.")
    if number is None or number < 2:
        raise WrongRequest(f"seeds is {_said(seeds, number)}; an interval needs 2 seeds or more. 10 are usual here.")
    if first + number > FIRST_TUNING_SEED:
        raise WrongRequest(
            f"seeds is {_short(number)}; ask for {FIRST_TUNING_SEED - first} or fewer: with those from "
            f"{FIRST_TUNING_SEED} on, learning rates are tuned."
        )
    return tuple(range(number))


def _whole_number(value):
    """Python's whole number for one of any kind, NumPy's too; None for what is none, True and False included."""
    try:
        return None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        return None


def _said(value, number):
    return repr(value) if number is None else _short(number)


def _short(number):
    """A whole number as text; of a long one, which Python may refuse to write out, how long it is."""
    if abs(number) < 10**12:
        return str(number)
    return f"a number of some {round(abs(number).bit_length() * math.log10(2))} digits"


def checked_jobs(jobs: int | None, small: bool) -> int:
    """How many processes compute side by side, see `measure`. A number that cannot be is a WrongRequest."""
    if jobs is None:
        if small:
            return 1
        import joblib

        return joblib.cpu_count()  # knows of affinity and of a container's quota
    number = _whole_number(jobs)
    if number is None or number < 1:
        raise WrongRequest(
            f"jobs is {_said(jobs, number)}; it must be 1 or more, how many processes compute side by side."
        )
    if number > MOST_JOBS:
        raise WrongRequest(f"jobs is {_short(number)}; ask for {MOST_JOBS} processes or fewer. One a core is enough.")
    return number


def _checked_outcome(outcome, experiment, case, seed):
    """The outcome with plain numbers. Names what is missing, not finite, or did not fire."""
    if not isinstance(outcome, Outcome):
        raise MeasurementError(f"Seed {seed} gave {outcome!r}; run(...) must return an Outcome.")
    for comparison in experiment.comparisons:
        if comparison.case != case:
            continue
        for arm in (comparison.better, comparison.worse):
            if comparison.quantity not in outcome.arms.get(arm, {}):
                what = f"{comparison.quantity!r} of arm {arm!r}" if arm in outcome.arms else f"arm {arm!r}"
                raise MeasurementError(f"Seed {seed} gave no {what}, which {comparison.label!r} compares.")
    arms = {
        arm: {quantity: _finite(value, f"{quantity!r} of arm {arm!r}", seed) for quantity, value in quantities.items()}
        for arm, quantities in outcome.arms.items()
    }
    fired = {name: _finite(value, f"the mechanism {name!r}", seed) for name, value in outcome.fired.items()}
    for mechanism, count in fired.items():
        if not count > 0:
            raise MechanismDidNotFire(
                f"Seed {seed}: {mechanism!r} is {count:g}. What is compared was never at work; expected more than 0."
            )
    return Outcome(arms, fired)


def _check_like_the_others(outcome, others, seed):
    """Every seed must give the same arms, quantities and mechanisms."""

    def names(each):
        return {f"{arm}: {quantity}" for arm in each.arms for quantity in each.arms[arm]} | set(each.fired)

    for other, earlier in list(others.items())[:1]:
        if odd := sorted(names(outcome) ^ names(earlier)):
            raise MeasurementError(f"Seed {seed} gave other arms or quantities than seed {other}: {', '.join(odd)}.")


def _finite(value, what, seed):
    number = float(value)
    if not math.isfinite(number):
        raise MeasurementError(
            f"Seed {seed} gave {number} for {what}. A run that diverged must get a finite number that its experiment "
            f"states, chance accuracy for example."
        )
    return number


def _bar(run, progress):
    words = f"{run.name}, small" if run.small else run.name
    bar = progress_bar(run.n_tasks, words, "task", shown=progress, done=run.n_done)
    if progress and run.journal and run.journal.dropped:
        bar.write(f"Starting anew: the code has changed since {run.journal.dropped} tasks of {run.name} were done.")
    return bar
