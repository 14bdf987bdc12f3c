"""Exercise 4.8: the joint gradient of several processes."""

import numpy as np

from course_lib.checks.expectations import ROUNDING, expect_close, expect_dict
from course_lib.checks.fresh import same_as
from course_lib.checks.mistakes import Said, known
from course_lib.checks.registry import exercise

LEAD = "Take the example and write down how much each process counts: it has 3 of 4 examples, or 1 of 4."


def joint_with(weight=lambda count, counts: count, divide=sum):
    """An answer that is right but for the weight(count, counts) of each gradient or the divisor divide(counts)."""

    def answer(gradients, counts):
        pairs = list(zip(counts, gradients, strict=True))
        return {
            name: sum(weight(count, counts) * each[name] for count, each in pairs) / divide(counts)
            for name in gradients[0]
        }

    return answer


joint = joint_with()


def drawn(rng):
    """Fresh gradients and counts: several processes, equal counts, a process without examples, one process alone."""
    rows, columns, n = (int(each) for each in rng.integers(2, 6, 3))
    counts = rng.integers(1, 60, (2, n)).tolist()
    counts += [[int(rng.integers(1, 60))] * n, [*counts[0], 0], [0, *counts[1]], counts[0][:1]]
    cases = []
    for place, each in enumerate(counts):
        shapes = {f"layer{place}.weight": (rows, columns), "bias": (columns,), f"p{place}": (rows + place, 1)}
        gradients = [{name: rng.uniform(-1.5, 1.5, shape) for name, shape in shapes.items()} for _ in each]
        cases.append((gradients, each))
    return cases


def one_or_more(counts):
    return sum(max(count, 1) for count in counts)


def overwritten(gradients, counts):
    result = {}
    for each, count in zip(gradients, counts, strict=True):
        for name in each:
            result[name] = count / sum(counts) * each[name]
    return result


def last_left_out(gradients, counts):
    return joint_with(divide=lambda counts: sum(counts) or 1)(gradients, [*counts[:-1], 0])


def joint_in_place(gradients, counts):
    for name in gradients[0]:
        gradients[0][name] += gradients[-1][name]
    return gradients[0]


def joined_by_place(gradients, counts):
    arrays = zip(*(each.values() for each in gradients), strict=True)
    return {
        name: sum(count * array for count, array in zip(counts, of_all, strict=True)) / sum(counts)
        for name, of_all in zip(gradients[0], arrays, strict=True)
    }


MISTAKES = [
    (
        joint_with(lambda count, counts: 1, len),
        "The plain mean over the processes is taken: a process with few examples counts as much as one with many. "
        "Weight each gradient by its number of examples.",
    ),
    (
        joint_with(lambda count, counts: 1, lambda counts: 1),
        "The gradients are added up. Each is a mean over its own examples: weight them, and divide by all examples.",
    ),
    (joint_with(divide=lambda counts: 1), "The division by the number of all examples is missing."),
    (joint_with(divide=len), "It is divided by the number of processes. Divide by the number of all examples."),
    (
        joint_with(lambda count, counts: count / len(counts)),
        "It is divided twice: by the number of all examples, and by the number of processes.",
    ),
    (
        joint_with(lambda count, counts: 1),
        "The sum of the gradients is divided by the number of all examples, but they are not weighted.",
    ),
    (lambda gradients, counts: gradients[-1], "Only the last process counts: each one overwrites the one before."),
    (overwritten, "Only the last process is in it: each one overwrites the one before. Add them up."),
    (lambda gradients, counts: gradients[0], "Only the first process counts."),
    (last_left_out, "The last process is left out."),
    (
        joint_with(lambda count, counts: sum(counts) - count, lambda counts: (len(counts) - 1) * sum(counts)),
        "The weights are turned around: who has more examples counts more.",
    ),
    (
        joint_with(lambda count, counts: sum(counts) - count),
        "The weights are turned around, and they do not add up to 1: who has more examples counts more.",
    ),
    (
        joint_with(lambda count, counts: max(count, 1), one_or_more),
        "A process without examples counts nothing: its weight is 0.",
    ),
    (
        joined_by_place,
        "The gradients are matched by their place in the dicts. The names are the same in all of them and may stand "
        "in another order: look each up by its name.",
    ),
    (joint_with(divide=max), "It is divided by the largest number of examples. Divide by the number of all of them."),
    (joint_in_place, Said("changes its input `gradients`")),
    (lambda *given: list(joint(*given).values()), Said("expected a dict")),
    (lambda *given: {**joint(*given), "more": 1}, Said("has 'more' besides")),
    (lambda *given: None, Said("forget `return`")),
]


@exercise("4.8", title="The joint gradient", mistakes=MISTAKES, lead=LEAD, hidden=same_as(joint, drawn))
def joint_gradients(submitted):
    """Unequal counts, equal ones, a process without examples, one process alone, names in another order."""
    rng = np.random.default_rng(48)
    shapes = {"dense1.weight": (3, 2), "dense1.bias": (2,), "dense2.weight": (2, 4)}
    cases = [
        ("3, 1 and 6 examples", _process_gradients(rng, shapes, 3), [3, 1, 6]),
        ("2 and 5 examples", _process_gradients(rng, shapes, 2), [2, 5]),
        ("the example", [{"w": np.array([2.0])}, {"w": np.array([6.0])}], [3, 1]),
        ("32, 32 and 31 examples", _process_gradients(rng, shapes, 3), [32, 32, 31]),
        ("16 and 16 examples", _process_gradients(rng, shapes, 2), [16, 16]),
        ("5, 0 and 3 examples", _process_gradients(rng, shapes, 3), [5, 0, 3]),
        ("one process alone", _process_gradients(rng, shapes, 1), [7]),
        (
            "a process whose names stand in another order",
            [
                {"body.bias": np.array([1.0, 2.0]), "head.bias": np.array([3.0, 5.0])},
                {"head.bias": np.array([7.0, -1.0]), "body.bias": np.array([-2.0, 4.0])},
            ],
            [2, 3],
        ),
    ]
    for name, *given in cases:
        right = joint(*given)
        value = expect_dict(submitted(*given), list(right), f"The result for {name}")
        for parameter, array in right.items():
            because, what = known(MISTAKES, *given, part=parameter), f"The gradient of {parameter} for {name}"
            expect_close(value[parameter], array, **ROUNDING, because=because, what=what)
    return "Each process counts by its examples: the result is what one process with the joint batch would get."


def _process_gradients(rng, shapes, n_processes):
    return [{name: rng.normal(0, 2, shape) for name, shape in shapes.items()} for _ in range(n_processes)]
