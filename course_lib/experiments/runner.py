"""Measures an experiment: tunes the learning rates, measures every seed, compares, and keeps what is done at once."""

import json
import math
import operator
from pathlib import Path

from course_lib.data import DataUnavailable
from course_lib.experiments import fingerprints, registry, storage
from course_lib.experiments.experiment import (
    FIRST_TUNING_SEED,
    SMALL_SEEDS,
    SMALL_TUNING_SEEDS,
    Outcome,
)
from course_lib.experiments.measurement import (
    MEASURED,
    ArmsAreTheSame,
    Effect,
    LogEntry,
    Measurement,
    MeasurementError,
    MeasurementStopped,
    MechanismDidNotFire,
    WorkersLost,
    WrongRequest,
    interval,
)
from course_lib.experiments.small_versions import small_version, values_by_seed, versions
from course_lib.experiments.tuning import best_rates, checked_scores
from course_lib.experiments.workers import Task, workers
from course_lib.progress_bar import progress_bar

MOST_JOBS = 1000  # more than a machine has cores


def measure(
    name: str,
    seeds: int | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
    small: bool = False,
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
    seeds : how many, 2 or more, counted from 0; None takes what the experiment says
    jobs : how many processes compute side by side, 1 computes in this one; None is 1 for the small version, else as
        many as there are cores
    scheduler : address of a Dask scheduler, "tcp://127.0.0.1:8786", which then computes in place of this machine
    small : the small version: a look in seconds, with its own settings. Writes nothing unless a folder is given
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
    run = _Run(name, seeds, small, folder, why)
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
            for tasks in (run.tuning_tasks, run.seed_tasks):
                for task, (result, seconds) in work(tasks()):
                    run.take(task.kind, task.seed, result, seconds)
                    bar.update()


class _Run:
    """A measurement under way: what was asked for, what is done, and where that is kept."""

    def __init__(self, name, seeds, small, folder, why=None):
        self.name, self.small, self.folder, self.why = name, small, folder, why
        self.experiment = registry.experiment(name)
        self.settings = self.experiment.settings_for(small)
        self.fingerprint, self.engine = fingerprints.fingerprint(name, small), fingerprints.engine()
        self.asked_seeds = seeds
        self.seeds = _checked_seeds((SMALL_SEEDS if small else self.experiment.seeds) if seeds is None else seeds)
        n_tuning = (SMALL_TUNING_SEEDS if small else self.experiment.tuning_seeds) if self.experiment.tune else 0
        self.tuning_seeds = tuple(range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + n_tuning))
        self.scores, self.outcomes, self.seconds = {}, {}, 0.0
        self.journal = None if small and folder is None else storage.Unfinished(name, folder, small)
        self._go_on(self.journal.read() if self.journal else [])

    @property
    def n_tasks(self):
        return len(self.tuning_seeds) + len(self.seeds)

    @property
    def n_done(self):
        return len(self.scores) + len(self.outcomes)

    def tuning_tasks(self):
        """The tasks of tuning that are left."""
        left = [seed for seed in self.tuning_seeds if seed not in self.scores]
        return [Task("tune", seed, self.experiment.tune, (self.settings,)) for seed in left]

    def seed_tasks(self):
        """The seeds that are left, when everything is tuned."""
        left = [seed for seed in self.seeds if seed not in self.outcomes]
        return [Task("seed", seed, self.experiment.run, (self.settings, self.tuned[0])) for seed in left]

    @property
    def tuned(self):
        """({arm: learning rate}, arms at the edge of the grid), when every tuning seed is done."""
        return best_rates([self.scores[seed] for seed in self.tuning_seeds], self.experiment.variants)

    def take(self, kind, seed, result, seconds):
        """Check what a task gave, and keep it."""
        row = {"kind": kind, "seed": seed, "seconds": seconds}
        if kind == "tune":
            scores = checked_scores(result, self.experiment, seed)
            row["scores"] = {arm: list(by_rate.items()) for arm, by_rate in scores.items()}
        else:
            outcome = _checked_outcome(result, self.experiment, seed)
            _check_like_the_others(outcome, self.outcomes, seed)
            row |= {"arms": outcome.arms, "fired": outcome.fired, "rates": self.tuned[0]}
        self._keep(row)
        if self.journal:
            self.journal.append(row)

    def what_is_kept(self):
        """A sentence on what is done and how to go on."""
        done = f"{self.n_done} of {self.n_tasks} tasks are done"
        if self.journal is None:
            return f"{done}; the small version keeps nothing."
        again = storage.command(self.name, self.asked_seeds, self.folder, self.small)
        return f"{done} and kept. To go on: {again}"

    def finish(self, small_run):
        """The Measurement; written, unless it is small and has no folder. `small_run` is its small version's."""
        self._check_arms_differ()
        measurement = self._measurement(small_run.small_version())
        if self.journal:
            storage.write_measurement(measurement, self.folder)
            self.journal.delete()
        return measurement

    def small_version(self):
        """The SmallVersion of a small run, when all is done."""
        tuned = {seed: self.scores[seed] for seed in self.tuning_seeds}
        return small_version(self.seeds, tuned, self.outcomes, self.engine)

    def _go_on(self, rows):
        """Take over the rows of a run that was stopped: first the tuning, for it says which seeds still count."""
        for row in sorted(rows, key=lambda row: row["kind"] != "tune"):
            if row["kind"] == "tune" and row["seed"] in self.tuning_seeds:
                self._keep(row)
            is_tuned = len(self.scores) == len(self.tuning_seeds)
            if row["kind"] == "seed" and row["seed"] in self.seeds and is_tuned and row["rates"] == self.tuned[0]:
                self._keep(row)

    def _keep(self, row):
        if row["kind"] == "tune":
            self.scores[row["seed"]] = {arm: dict(map(tuple, pairs)) for arm, pairs in row["scores"].items()}
        else:
            self.outcomes[row["seed"]] = Outcome(row["arms"], row["fired"])
        self.seconds += row["seconds"]

    def _check_arms_differ(self):
        for comparison in self.experiment.comparisons:
            first, second = (
                [self.outcomes[seed].arms[arm] for seed in self.seeds] for arm in (comparison.better, comparison.worse)
            )
            if first == second:
                raise ArmsAreTheSame(
                    f"{self.name}, {comparison.label}: {comparison.better!r} and {comparison.worse!r} gave the same "
                    f"numbers with every seed. They are one arm under two names, or nothing that is measured shows "
                    f"what sets them apart."
                )

    def _measurement(self, beside):
        experiment, outcomes = self.experiment, [self.outcomes[seed] for seed in self.seeds]
        rates, at_the_edge = self.tuned
        return Measurement(
            name=self.name,
            claim=experiment.claim,
            source=experiment.source,
            chapter=experiment.chapter,
            setting=experiment.setting,
            unit=experiment.unit,
            smallest_effect=experiment.smallest_effect,
            settings=json.loads(json.dumps(self.settings)),
            effects=tuple(_effect(comparison, outcomes) for comparison in experiment.comparisons),
            arms=values_by_seed([outcome.arms for outcome in outcomes]),
            seeds=self.seeds,
            tuning_seeds=self.tuning_seeds,
            learning_rates=rates,
            at_the_edge=at_the_edge,
            fired={name: min(outcome.fired[name] for outcome in outcomes) for name in outcomes[0].fired},
            fingerprint=self.fingerprint,
            engine=self.engine,
            versions=versions(),
            cpu_minutes=round(self.seconds / 60, 4),
            small=beside,
            log=self._log() if self.journal else (),
        )

    def _log(self):
        """The log of the result that this one takes the place of, with this measurement."""
        try:
            before = storage.load_measurement(self.name, self.folder)
        except MeasurementError:
            return ()
        why = self.why or storage.why_stale(before) or "asked for"
        digests = (before.fingerprint, self.fingerprint), (before.engine, self.engine)
        return (*before.log, LogEntry(MEASURED, why, *digests))


def _effect(comparison, outcomes):
    by_seed = tuple(comparison.effect(outcome) for outcome in outcomes)
    names = (comparison.label, comparison.better, comparison.worse, comparison.quantity)
    return Effect(*names, by_seed, *interval(by_seed))


def _checked_seeds(seeds):
    number = _whole_number(seeds)
    if number is None or number < 2:
        raise WrongRequest(f"seeds is {_said(seeds, number)}; an interval needs 2 seeds or more. 10 are usual here.")
    if number > FIRST_TUNING_SEED:
        raise WrongRequest(
            f"seeds is {_short(number)}; ask for {FIRST_TUNING_SEED} or fewer: with those from {FIRST_TUNING_SEED} on, "
            f"learning rates are tuned."
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


def _checked_outcome(outcome, experiment, seed):
    """The outcome with plain numbers. Names what is missing, not finite, or did not fire."""
    if not isinstance(outcome, Outcome):
        raise MeasurementError(f"Seed {seed} gave {outcome!r}; run(...) must return an Outcome.")
    for comparison in experiment.comparisons:
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
