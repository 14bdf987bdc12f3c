"""Exercise 4.7: a plan for timing a device that works through a queue, as a GPU does, carried out on a simulated one.

Whoever hands work to such a device goes on at once, and the device does the work later. A clock that is read too early
shows how fast work is handed over, and not how fast it is done.
"""

import numpy as np

from course_lib.checks.diagnosis import Diagnosis, describe
from course_lib.checks.drawn_questions import Question, Replacement, rng_of
from course_lib.checks.mistakes import Said
from course_lib.checks.named_pairs import near_names
from course_lib.checks.registry import exercise

WORDS = ("warm up", "synchronize", "read clock", "run steps")
LONGEST_PLAN = 20

PREPARING = 500.0  # milliseconds: the first work of all waits until the device is set up and its code is built
ONE_STEP = 2.0  # milliseconds that the device works on one step
HAND_OVER = 0.02  # milliseconds until one step stands in the queue
WARM_UP_STEPS = 10
STEPS = 100


class SimulatedDevice:
    """`clock` is the time of whoever hands over the work, in milliseconds; `busy_until` is when the queue is empty."""

    def __init__(self, preparing=PREPARING, one_step=ONE_STEP, hand_over=HAND_OVER):
        self.preparing, self.one_step, self.handing_over = preparing, one_step, hand_over
        self.clock = 0.0
        self.busy_until = 0.0
        self.prepared = False

    def hand_over(self, n_steps):
        if not self.prepared:
            self.clock += self.preparing
            self.prepared = True
        for _ in range(n_steps):
            self.clock += self.handing_over
            self.busy_until = max(self.busy_until, self.clock) + self.one_step

    def synchronize(self):
        self.clock = max(self.clock, self.busy_until)


def readings(plan, times=(), warm_up_steps=WARM_UP_STEPS, steps=STEPS):
    """What the clock shows at each "read clock" of a plan, in milliseconds, on a device with these times."""
    device, shown = SimulatedDevice(*times), []
    for word in plan:
        if word == "warm up":
            device.hand_over(warm_up_steps)
        elif word == "run steps":
            device.hand_over(steps)
        elif word == "synchronize":
            device.synchronize()
        else:
            shown.append(device.clock)
    return shown


WARM_UP_BETWEEN = "The warm-up lies between the two readings, so its steps are counted. Put it before the first."
NO_WARM_UP = (
    "There is no warm-up before the first reading: the first step of all waits until the device has set itself up and "
    "built its code, and that is counted."
)
NO_WAIT_AFTER = (
    "Nothing waits for the device between the steps and the second reading: it comes when they are handed over, and "
    "the device still works on them."
)


def no_wait_before(word):
    """What is wrong where the first reading comes while the device still works on what this word handed over."""
    what = {"warm up": "the warm-up", "run steps": "the steps that warm it up"}[word]
    return (
        f"Nothing waits for the device between {what} and the first reading, so that work is still in the queue then. "
        "Whoever waits for the measured steps waits for it, too."
    )


def plan_of(*words):
    return lambda: list(words)


WARM, WAIT, CLOCK, RUN = WORDS

MISTAKES = [
    (plan_of(CLOCK, RUN, CLOCK), f"{NO_WARM_UP} {NO_WAIT_AFTER}"),
    (plan_of(CLOCK, RUN, CLOCK), Said("Two mistakes are left")),
    (plan_of(WARM, CLOCK, RUN, CLOCK), f"{no_wait_before(WARM)} {NO_WAIT_AFTER}"),
    (plan_of(WAIT, CLOCK, RUN, WAIT, CLOCK), NO_WARM_UP),
    (plan_of(WARM, WAIT, CLOCK, RUN, CLOCK), NO_WAIT_AFTER),
    (plan_of(WARM, WAIT, CLOCK, RUN, CLOCK, WAIT), Said("Your plan measures 2 ms")),
    (plan_of(WARM, CLOCK, RUN, WAIT, CLOCK), Said("Your plan measures 220 ms")),
    (plan_of(CLOCK, WARM, RUN, WAIT, CLOCK), WARM_UP_BETWEEN),
    (plan_of(WAIT, WARM, CLOCK, RUN, WAIT, CLOCK), no_wait_before(WARM)),
    (plan_of(WARM, CLOCK, WAIT, RUN, WAIT, CLOCK), no_wait_before(WARM)),
    (plan_of(RUN, CLOCK, RUN, WAIT, CLOCK), no_wait_before(RUN)),
    (plan_of(WARM, WAIT, CLOCK, WAIT, RUN, CLOCK), NO_WAIT_AFTER),
    (plan_of(WARM, WAIT, CLOCK, WAIT, CLOCK), Said("no steps run")),
    (plan_of(WARM, WAIT, CLOCK, RUN, RUN, WAIT, CLOCK), Said("run 2 times")),
    (plan_of(WARM, WAIT, RUN, WAIT, CLOCK), Said("The clock is read once")),
    (plan_of(WARM, WAIT, RUN), Said("The clock is never read")),
    (plan_of(CLOCK, WARM, WAIT, CLOCK, RUN, WAIT, CLOCK), Said("The clock is read 3 times")),
    (plan_of("warmup", WAIT), Said("Word 1 of the plan is a text (str): 'warmup'")),
    (plan_of(WARM, "Read_Clock"), Said("Did you mean 'read clock'?")),
    (plan_of(WARM, 3), Said("Word 2 of the plan is a number: 3")),
    (plan_of(WARM, print), Said("A word is a text, in quotes.")),
    (plan_of(), Said("The plan is empty")),
    (plan_of(), Said("has three words")),
    (plan_of(*[WAIT] * 1000), Said("at most 20")),
    (lambda: "warm up, synchronize", Said("Square brackets make a list")),
    (lambda: None, Said("forget `return`")),
]


@exercise("4.7", title="A plan for the stopwatch", mistakes=MISTAKES)
def timing_plan(submitted):
    """Carried out on a simulated device that works through a queue: it measures the steps and nothing else."""
    plan = _checked_words(submitted())
    places = [place for place, word in enumerate(plan) if word == "read clock"]
    if len(places) != 2:
        raise Diagnosis(*_not_two_readings(len(places)))
    first, second = places
    runs = plan[first:second].count("run steps")
    if runs != 1:
        raise Diagnosis(*_not_one_run(runs))
    shown = readings(plan)
    measured, right = shown[1] - shown[0], STEPS * ONE_STEP
    mistakes = _mistakes(plan, first, second)
    if not mistakes:
        return (
            f"Your plan measures {measured:.0f} ms for {STEPS} steps, which is what the device needs. Without a "
            f"warm-up it would be {right + PREPARING:.0f} ms, without the last wait {STEPS * HAND_OVER:.0f} ms."
        )
    count = ("One mistake is", "Two mistakes are", "Three mistakes are")[len(mistakes) - 1]
    chance = ", the right number by chance" if round(measured) == right else ""
    raise Diagnosis(
        f"Your plan measures {measured:.0f} ms{chance}; the device works on the {STEPS} steps for {right:.0f} ms. "
        f"{count} left.",
        hint=" ".join(mistakes),
    )


def _checked_words(plan):
    listed = ", ".join(f'"{word}"' for word in WORDS)
    if plan is None:
        raise Diagnosis(f"The plan is None; expected a list of words out of {listed}.", "Did you forget `return`?")
    plan = plan.tolist() if isinstance(plan, np.ndarray) else plan
    if not isinstance(plan, list | tuple):
        raise Diagnosis(
            f"The plan is {describe(plan)}; expected a list of words out of {listed}.",
            hint="Square brackets make a list, with a comma between two words.",
        )
    for place, word in enumerate(plan, start=1):
        if not isinstance(word, str) or str.__str__(word) not in WORDS:
            near = near_names(word, WORDS) if isinstance(word, str) else "A word is a text, in quotes."
            raise Diagnosis(f"Word {place} of the plan is {describe(word)}; expected one of {listed}.", hint=near)
    if not plan:
        hint = "The example of the form has three words. What does it measure, and what should it not?"
        raise Diagnosis(f"The plan is empty; expected words out of {listed}.", hint=hint)
    if len(plan) > LONGEST_PLAN:
        raise Diagnosis(f"The plan has {len(plan)} words; at most {LONGEST_PLAN} are carried out, and 6 are enough.")
    return [str.__str__(word) for word in plan]  # plain ones, of NumPy's texts too


def _not_two_readings(count):
    if not count:
        return "The clock is never read.", "A duration is the difference of two readings."
    if count == 1:
        return "The clock is read once.", "A duration is the difference of two readings: one before, one after."
    return (
        f"The clock is read {count} times.",
        "Two readings are enough: one right before the steps, one after the last of them is done.",
    )


def _not_one_run(runs):
    if not runs:
        return "Between the two readings of the clock no steps run.", "Read the clock, run the steps, read it again."
    return (
        f"Between the two readings of the clock the steps run {runs} times.",
        "Measure one run of the steps. What runs before the first reading is not counted.",
    )


def _mistakes(plan, first, second):
    """A sentence for each mistake of a plan that reads the clock at these two places, around one run of the steps."""
    before, between = plan[:first], plan[first:second]
    at = between.index("run steps")
    works = [place for place, word in enumerate(before) if word in ("warm up", "run steps")]
    mistakes = []
    if "warm up" in between:
        mistakes.append(WARM_UP_BETWEEN)
    elif not works:
        mistakes.append(NO_WARM_UP)
    if works and "synchronize" not in before[works[-1] :]:
        mistakes.append(no_wait_before(before[works[-1]]))
    if "synchronize" not in between[at:]:
        mistakes.append(NO_WAIT_AFTER)
    return mistakes


# ---- the question of a class ----------------------------------------------------------------------------------------

# what a plan may have to measure, and a plan that does; the first is the course's own
GOALS = (
    ("how long a warm device works on the steps", (WARM, WAIT, CLOCK, RUN, WAIT, CLOCK)),
    (
        "how long the steps take on a device that was switched on just now, from asking for them until the last one is "
        "done, with all that the device needs to get ready",
        (CLOCK, RUN, WAIT, CLOCK),
    ),
    (
        "how long it takes just to ask for the steps, on a warm device with an empty queue, and not how long the "
        "device works on them",
        (WARM, WAIT, CLOCK, RUN, CLOCK),
    ),
    (
        "how long a warm device still works on the steps after all of them were asked for; before the steps its queue "
        "was empty",
        (WARM, WAIT, RUN, CLOCK, WAIT, CLOCK),
    ),
    (
        "how long the warm-up takes on a device that was switched on just now, from asking for it until the last of "
        "its work is done",
        (CLOCK, WARM, WAIT, CLOCK),
    ),
    (
        "how long warm-up and steps take together on a device that was switched on just now, from asking for the "
        "warm-up until the last step is done",
        (CLOCK, WARM, RUN, WAIT, CLOCK),
    ),
    (
        "how long a warm device with an empty queue works on the steps, all of them run twice, until the last is done",
        (WARM, WAIT, CLOCK, RUN, RUN, WAIT, CLOCK),
    ),
)

# other devices, so that no number is right by chance: ((preparing, one step, hand-over), steps of a warm-up, steps)
DEVICES = (((), WARM_UP_STEPS, STEPS), ((310.0, 3.1, 0.017), 7, 90), ((777.0, 1.3, 0.05), 23, 60))

WORD_BY_WORD = "Go through it word by word. At each of the two readings: is the device warm, and what is in its queue?"


def measured_by(plan):
    """What a plan with two readings measures on each of the devices, in milliseconds."""
    return np.array([np.diff(readings(plan, *device))[0] for device in DEVICES])


def measures_the_same(plan, other):
    """Whether two plans do, but for one hand-over, which is the price of a wait between two runs."""
    return np.allclose(measured_by(plan), measured_by(other), rtol=5e-4)


def drawn_question(seed):
    """Something else to measure than the course's own question has."""
    goal, right = GOALS[rng_of("4.7", seed).integers(1, len(GOALS))]
    text = f"""Return a list of words out of `"warm up"`, `"synchronize"`, `"read clock"` and `"run steps"`. A word may
come more than once. The time is the difference of the two readings. Your plan is to measure this:
**{goal}**. The check hands
your plan to a simulated device, which queues and whose first step is slow, and says what the plan would have measured.

**Example of the form:** `["synchronize", "read clock", "read clock"]`, which measures nothing.

<details><summary>Hint 1</summary>

Write down for each of the two readings: is the device warm by then, and what may still stand in its queue?

</details>
<details><summary>Hint 2</summary>

{("Four", "Five", "Six", "Seven")[len(right) - 4]} words are enough.

</details>"""
    return Question(
        "4.7",
        seed,
        check=lambda submitted: check_plan(submitted, goal, right),
        answer=list(right),
        replacements=(Replacement("Return a list of words out of", "</details>", text),),
    )


def check_plan(submitted, goal, right):
    """The check that a plan measures the goal, as the right one does, on every device."""
    plan = _checked_words(submitted())
    if plan.count(CLOCK) != 2:
        raise Diagnosis(*_not_two_readings(plan.count(CLOCK)))
    if measures_the_same(plan, right):
        return f"Your plan measures {goal}: {measured_by(plan)[0]:.0f} ms on this device."
    others = [f"That is {other}." for other, its_plan in GOALS if measures_the_same(plan, its_plan)]
    raise Diagnosis(
        f"Your plan measures {measured_by(plan)[0]:.0f} ms; asked is {goal}, and that is "
        f"{measured_by(right)[0]:.0f} ms.",
        hint=others[0] if others else WORD_BY_WORD,
    )
