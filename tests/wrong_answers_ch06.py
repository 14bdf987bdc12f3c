"""Wrong answers to the exercises of chapter 6: WRONG is a list of (number, function, words of its diagnosis)."""

import numpy as np

from right_answers_ch06 import FLAWS, RIGHT

# ---- 6.1 ------------------------------------------------------------------------------------------------------------


def differing(kept=lambda a, b: a != b, shown=lambda a, b: (a, b)):
    return lambda one, other: {
        field: shown(one[field], other[field]) for field in one if kept(one[field], other[field])
    }


DIFFERENCES = [
    (lambda one, other: [field for field in one if one[field] != other[field]], "the names of the fields alone"),
    (lambda one, other: {field for field in one if one[field] != other[field]}, "the names of the fields alone"),
    (differing(shown=lambda a, b: b), "Only the value in `other`"),
    (differing(shown=lambda a, b: a), "Only the value in `one`"),
    (differing(shown=lambda a, b: (b, a)), "The pairs are exchanged"),
    (differing(kept=lambda a, b: True), "All fields are there"),
    (differing(kept=lambda a, b: a == b), "the fields that agree"),
    (differing(kept=lambda a, b: a and b and a != b), "when a value of it counts as false"),
    (differing(kept=lambda a, b: (a or b) and a != b), "when both of its values count as false"),
    (differing(kept=lambda a, b: a and a != b), "when a value of it counts as false"),
    (differing(kept=lambda a, b: b and a != b), "when a value of it counts as false"),
    (differing(kept=lambda a, b: a is not b), "compare with `!=`"),
    (differing(kept=lambda a, b: bool(a) != bool(b)), "expected the keys"),
    (differing(shown=lambda a, b: f"{a} -> {b}"), "Write them together"),
    (lambda one, other: dict(list(RIGHT["6.1"][0](one, other).items())[:1]), "Only the first field that differs"),
    (differing(shown=lambda a, b: (a, str(b))), "expected (True, False)"),
    (lambda one, other: RIGHT["6.1"][0](one, other) or None, "expected {}"),
    (lambda one, other: list(RIGHT["6.1"][0](one, other).items()), "a dict with"),
]

# ---- 6.2 ------------------------------------------------------------------------------------------------------------


def changes_the_default(default, before):
    recipes = {}
    for part, (field, value) in before.items():
        default[field] = value
        recipes[part] = dict(default)
    return recipes


def piles_up(default, before):
    recipes, recipe = {}, dict(default)
    for part, (field, value) in before.items():
        recipe[field] = value
        recipes[part] = dict(recipe)
    return recipes


def shares_one_dict(default, before):
    recipe = dict(default)
    for field, value in before.values():
        recipe[field] = value
    return dict.fromkeys(before, recipe)


def keeps_one_part(default, before):
    bare = {**default, **dict(before.values())}
    return {part: {**bare, field: default[field]} for part, (field, _) in before.items()}


def left_out(recipe):
    """recipe(default, part, field, value) of each part."""
    return lambda default, before: {part: recipe(default, part, *pair) for part, pair in before.items()}


LEFT_OUT = [
    (changes_the_default, "changes its input `default`"),
    (piles_up, "The changes pile up"),
    (shares_one_dict, "Is it one dict that they share?"),
    (keeps_one_part, "all parts are replaced but this one"),
    (left_out(lambda default, part, field, value: {field: value}), "Only the replaced field"),
    (
        lambda default, before: {field: {**default, field: value} for field, value in before.values()},
        "the fields as its keys",
    ),
    (left_out(lambda default, part, field, value: {field: value, **default}), "Nothing is replaced"),
    (left_out(lambda default, part, field, value: {**default, part: value}), "The name of the part became a field"),
    (left_out(lambda default, part, field, value: {**default, field: (field, value)}), "The whole pair"),
    (left_out(lambda default, part, field, value: {**default, field: value or default[field]}), "counts as false"),
    (
        left_out(lambda default, part, field, value: {n: v for n, v in default.items() if n != field}),
        "The replaced field is gone",
    ),
    (lambda default, before: list(RIGHT["6.2"][0](default, before).values()), "That is a list"),
    (left_out(lambda default, part, field, value: {**default, field: str(value)}), "expected 0.0"),
    (lambda default, before: RIGHT["6.2"][0](default, before) or None, "expected {}"),
    (left_out(lambda default, part, field, value: dict(default, field=value)), "a field called 'field'"),
    (left_out(lambda default, part, field, value: dict(default).update({field: value})), "gives back None"),
    (lambda default, before: dict(list(RIGHT["6.2"][0](default, before).items())[:1]), "Only the first part"),
    (lambda default, before: dict(list(RIGHT["6.2"][0](default, before).items())[-1:]), "Only the last part"),
    (left_out(lambda default, part, field, value: [field, value]), "expected a dict"),
]

# ---- 6.3 ------------------------------------------------------------------------------------------------------------


def standing(alone=None, both=None, extra=None):
    """alone(full, a, b), both(full, ab), extra(alone, both, full, a, b, ab) in place of the right ones."""

    def answer(full, without_a, without_b, without_both):
        one = alone(full, without_a, without_b) if alone else (2 * full - without_a - without_b).mean()
        two = both(full, without_both) if both else (full - without_both).mean()
        return one, two, extra(one, two) if extra else two - one

    return answer


STANDING = [
    (standing(lambda f, a, b: (a - f + b - f).mean(), lambda f, ab: (ab - f).mean()), "The sign is turned"),
    (standing(both=lambda f, ab: (ab - f).mean()), "The sign is turned"),
    (standing(lambda f, a, b: (f - (a + b) / 2).mean()), "the mean of the two costs"),
    (standing(lambda f, a, b: max((f - a).mean(), (f - b).mean())), "the larger one of the two"),
    (standing(lambda f, a, b: np.maximum(f - a, f - b).mean()), "the larger one of the two"),
    (standing(extra=lambda one, two: one - two), "It is turned around"),
    (standing(extra=lambda one, two: two / one), "That is a ratio"),
    (standing(extra=lambda one, two: two + one), "The two are added"),
    (standing(extra=lambda one, two: max(two - one, 0)), "cut off at 0"),
    (standing(extra=lambda one, two: abs(two - one)), "The sign is lost"),
    (standing(lambda f, a, b: (a + b).mean()), "The two accuracies are added"),
    (standing(lambda f, a, b: (f - a - b).mean()), "`full` is taken once"),
    (standing(lambda f, a, b: (f - a).mean()), "Only what leaving a out costs"),
    (standing(lambda f, a, b: 2 * f - a - b, lambda f, ab: f - ab), "It is not averaged over the seeds"),
    (standing(lambda f, a, b: (2 * f - a - b).sum()), "summed over the seeds"),
    (standing(lambda f, a, b: np.median(2 * f - a - b)), "The median"),
    (standing(both=lambda f, ab: ab.mean()), "`full` is missing"),
    (standing(lambda f, a, b: (abs(f - a) + abs(f - b)).mean()), "The sign of a cost is lost"),
    (standing(lambda f, a, b: abs((f - a).mean()) + abs((f - b).mean())), "The sign of a cost is lost"),
    (standing(lambda f, a, b: (2 * f - a - b)[0]), "the first seed alone"),
    (standing(both=lambda f, ab: (f - ab).mean() / 100), "Those are shares"),
    (lambda f, a, b, ab: (f - ab).mean() - (2 * f - a - b).mean(), "expected 3 values (alone, both, extra)"),
]

# ---- 6.4 ------------------------------------------------------------------------------------------------------------


def matrix(counted=None, share=None):
    """counted(counts) in place of counts; share(counts) in place of the recall."""

    def answer(labels, predictions, n_classes):
        counts, recall = RIGHT["6.4"][1](labels, predictions, n_classes)
        return counted(counts) if counted else counts, share(counts) if share else recall

    return answer


def once(labels, predictions, n_classes):
    counts = np.zeros((n_classes, n_classes))
    counts[labels, predictions] += 1
    return counts, np.diag(counts) / np.maximum(counts.sum(axis=1), 1)


def right_alone(labels, predictions, n_classes):
    counts = np.diag(np.bincount(labels[labels == predictions], minlength=n_classes))
    return counts, counts.sum(axis=1) / len(labels)


MATRIX = [
    (lambda labels, predictions, n: RIGHT["6.4"][0](predictions, labels, n), "It is transposed"),
    (once, "Each pair is counted once"),
    (right_alone, "Only the right ones are counted"),
    (matrix(lambda c: c / c.sum()), "shares of all examples"),
    (matrix(lambda c: c / np.maximum(c.sum(axis=1, keepdims=True), 1)), "shares of each class"),
    (matrix(lambda c: c[:-1]), "has shape"),
    (matrix(share=lambda c: np.diag(c) / np.maximum(c.sum(axis=0), 1)), "That is the precision"),
    (matrix(share=lambda c: np.trace(c) / c.sum()), "the one number that hides a class"),
    (matrix(share=lambda c: np.full(len(c), np.trace(c) / c.sum())), "for every class the same"),
    (matrix(share=lambda c: 100 * np.diag(c) / np.maximum(c.sum(axis=1), 1)), "Those are percent"),
    (matrix(share=lambda c: np.diag(c) / c.sum(axis=1)), "its recall is 0"),
    (matrix(share=lambda c: np.diag(c) / c.sum(axis=0)), "That is the precision"),
    (matrix(share=lambda c: np.nan_to_num(np.diag(c) / c.sum(axis=1), nan=1.0)), "gets 1"),
    (matrix(share=lambda c: 1 - np.diag(c) / np.maximum(c.sum(axis=1), 1)), "that are *wrong*"),
    (matrix(share=lambda c: np.diag(c)), "Those are counts"),
    (matrix(share=lambda c: np.diag(c) / c.sum()), "divided by the number of all examples"),
    (matrix(share=lambda c: np.diag(c) / (c.sum(axis=1) + 1)), "One is added"),
    (lambda labels, predictions, n: RIGHT["6.4"][0](labels, predictions, n)[1], "expected 2 values (counts, recall)"),
]

# ---- 6.5 ------------------------------------------------------------------------------------------------------------


def log_probabilities(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def loss(z, labels):
    return -log_probabilities(z)[np.arange(len(labels)), labels].mean()


def accuracy(z, labels):
    return (log_probabilities(z).argmax(axis=1) == labels).mean()


def plain_loss(z, labels):
    return -np.log(np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))[np.arange(len(labels)), labels].mean()


def tempered(score=loss, scale=np.divide, best=np.argmin, shown=lambda candidates, place, scores: candidates[place]):
    def answer(logits, labels, candidates):
        scores = [score(scale(logits, T), labels) for T in candidates]
        return shown(candidates, int(best(scores)), scores)

    return answer


def divides_again_and_again(logits, labels, candidates):
    losses = []
    for T in candidates:
        logits = logits / T
        losses.append(loss(logits, labels))
    return candidates[int(np.argmin(losses))]


def late(score):
    """score(logits, labels, T) of logits that were not divided before the softmax."""
    return lambda logits, labels, candidates: min(candidates, key=lambda T: score(logits, labels, T))


TEMPERATURE = [
    (tempered(accuracy, np.multiply, np.argmax), "Both steps are wrong"),
    (tempered(accuracy, best=np.argmax), "You choose by accuracy"),
    (tempered(lambda z, labels: (z.argmax(axis=1) == labels).mean(), best=np.argmax), "You choose by accuracy"),
    (tempered(scale=np.multiply), "The logits are multiplied by T"),
    (tempered(best=np.argmax), "the largest loss"),
    (tempered(scale=np.multiply, best=np.argmax), "the largest loss, and the logits are multiplied"),
    (
        tempered(lambda z, labels: -log_probabilities(z).max(axis=1).mean()),
        "the loss of the likeliest class, and not of the *true*",
    ),
    (
        tempered(lambda z, labels: -log_probabilities(z).max(axis=1).mean(), np.multiply),
        "and not of the true one; and the logits are multiplied",
    ),
    (tempered(shown=lambda candidates, place, scores: place), "the place in the list"),
    (tempered(shown=lambda candidates, place, scores: scores[place]), "That is the smallest loss"),
    (tempered(shown=lambda candidates, place, scores: 1 / candidates[place]), "That is 1 / T"),
    (tempered(shown=lambda candidates, place, scores: candidates[-1]), "always the last candidate"),
    (tempered(shown=lambda candidates, place, scores: max(candidates)), "always the largest candidate"),
    (
        tempered(lambda z, labels: -np.exp(log_probabilities(z))[np.arange(len(labels)), labels].mean()),
        "The log is missing",
    ),
    (tempered(shown=lambda candidates, place, scores: 7.5), "none of the candidates"),
    (tempered(shown=lambda candidates, place, scores: scores), "expected a number"),
    (tempered(plain_loss), "overflow"),
    (divides_again_and_again, "divided by all temperatures so far"),
    (tempered(lambda z, labels: -log_probabilities(z)[:, labels].mean()), "count all classes"),
    (
        late(lambda z, labels, T: -(log_probabilities(z) / T)[np.arange(len(labels)), labels].mean()),
        "after the softmax",
    ),
    (late(lambda z, labels, T: loss(z, labels) + np.log(T)), "T come in after the softmax"),
]

# ---- 6.6 ------------------------------------------------------------------------------------------------------------


def framed(image, paper=0.0, place=lambda missing: missing // 2):
    rows, columns = image.shape
    side = max(rows, columns)
    square = np.full((side, side), paper, dtype=float)
    top, left = place(side - rows), place(side - columns)
    square[top : top + rows, left : left + columns] = image
    return square


def cut(picture):
    side = min(picture.shape)
    top, left = ((length - side) // 2 for length in picture.shape)
    return 1 - picture[top : top + side, left : left + side] / 255


PICTURE = [
    (lambda p: framed(p / 255, paper=1.0), "It is not turned around"),
    (lambda p: framed(p / 255), "It is not turned around, and the paper around it is 0"),
    (lambda p: 1 - framed(p / 255), "framed before it is turned around"),
    (lambda p: framed(255.0 - p), "It goes from 0 to 255"),
    (lambda p: framed(p, paper=255), "the picture as it was"),
    (lambda p: framed((1 - p) / 255), "wraps around"),
    (lambda p: framed(1 - p), "wraps around"),
    (lambda p: framed((255 - p) // 255), "The decimals are lost"),
    (lambda p: framed(1 - p // 255), "The decimals are lost"),
    (lambda p: framed(1 - p / 255).astype(int), "in an array of whole numbers"),
    (lambda p: framed(p < 128), "black or white"),
    (lambda p: (1 - p / 255)[: min(p.shape), : min(p.shape)], "below or on the right is lost"),
    (lambda p: framed(1 - p / 255, place=lambda missing: 0), "in the corner"),
    (lambda p: framed(1 - p / 255, place=lambda missing: missing), "the corner at the bottom or right"),
    (lambda p: framed(1 - p / 255, place=lambda missing: (missing + 1) // 2), "is at the top or left"),
    (cut, "cut to the shorter edge"),
    (lambda p: framed(1 - p / 255).T, "Rows and columns are exchanged"),
    (lambda p: framed(1 - p / 255).ravel(), "That is one flat row"),
    (lambda p: 1 - p / 255, "It is not made a square"),
    (lambda p: framed(1 - p / 256), "divided by 256"),
    (lambda p: framed(1 - p / max(p.max(), 1)), "its own largest value"),
    (lambda p: framed(1 - p / 127.5, paper=-1.0), "It goes from -1 to 1"),
    (lambda p: framed(1 - p / 255).tolist(), "expected a NumPy array"),
]

# ---- 6.7 ------------------------------------------------------------------------------------------------------------


def flaws(**changed):
    return lambda: FLAWS | changed


REPORTS = [
    (flaws(A=("chosen_on_test_data", "choose_on_validation_data")), "A: It was chosen on the validation part"),
    (flaws(A=("copies_in_both_parts", "more_seeds_and_an_interval")), "A: the flaw is right"),
    (flaws(B=("nothing_wrong", "train_longer")), "Compare it with the 97%"),
    (flaws(C=("one_learning_rate_for_both", "tune_each_at_its_own_rate")), "Is that all in which they differ?"),
    (flaws(C=("two_things_changed", "tune_each_at_its_own_rate")), "Two changes make four networks"),
    (flaws(D=("too_few_epochs", "train_longer")), "Both curves were level"),
    (flaws(E=("one_run_each", "more_seeds_and_an_interval")), "Each variant had five seeds"),
    (flaws(F=("too_few_epochs", "train_longer")), "has not fallen since epoch 5"),
    (flaws(F=("two_things_changed", "change_one_thing_at_a_time")), "Should something else have changed"),
    (flaws(B=("look_at_every_class", "one_number_hides_a_class")), "expected the flaw first"),
    (flaws(D=("one_run", "more_seeds_and_an_interval")), "Did you mean 'one_run_each'"),
    (lambda: {letter: FLAWS[letter] for letter in "ABCDE"}, "lacks 'F'"),
    (lambda: {letter: flaw for letter, (flaw, _) in FLAWS.items()}, "Write them together: `(flaw, remedy)`"),
    (lambda: dict.fromkeys("ABCDEF", ("one_run_each", "more_seeds_and_an_interval")), "Right: D."),
]

# ---- 6.8 ------------------------------------------------------------------------------------------------------------

GOOD = {"activation": "elu", "initialization": "he_normal", "drop_rate": 0.0, "optimizer": "adam",
        "learning_rate": 0.003}  # fmt: skip
NAIVE = {"activation": "sigmoid", "initialization": "standard_normal", "optimizer": "gradient_descent"}


def recipe(**changed):
    return lambda: GOOD | changed


RECIPE = [
    (lambda: list(GOOD.items()), "expected a dict"),
    (recipe(momentum=0.9), "A recipe has no field 'momentum'"),
    (recipe(learningrate=0.9), "Did you mean 'learning_rate'"),
    (recipe(activation="swish"), "The choices are"),
    (recipe(learning_rate=-0.1), "it must be a finite number above 0"),
    (recipe(normalization="batch"), "sets 'batch_norm', which the exercise has set already"),
    (recipe(epochs=30, seed=3), "sets 'epochs', 'seed'"),
    (lambda: {**GOOD, 3: "x"}, "the names of fields as its keys"),
    (recipe(optimizer="gradient_descent", learning_rate=3.0), "the run diverged"),
    (recipe(optimizer="momentum", initialization="standard_normal", learning_rate=0.03), "how large the first weights"),
    (recipe(learning_rate=0.1), "The loss does not keep falling"),
    (recipe(**NAIVE, learning_rate=0.5), "times as long as the first layer's"),
    (recipe(activation="sigmoid", initialization="xavier_normal"), "The gradient vanishes"),
    (recipe(learning_rate=1e-5), "the steps are too short"),
    (recipe(optimizer="gradient_descent", learning_rate=0.003), "an optimizer that goes faster"),
    (recipe(optimizer="gradient_descent", learning_rate=0.1, clip_norm=0.01), "holds it back as well: clip_norm=0.01"),
    (recipe(l2=0.3), "the penalty is"),
    (recipe(l1=0.01), "the penalty is"),
    (recipe(max_norm=0.1), "max_norm=0.1 allows each unit"),
    (lambda: {"activation": "sigmoid", "optimizer": "momentum"}, "The gradient vanishes"),  # the chapter's example
    (recipe(drop_rate=0.6), "does without 60% of its units"),
    (recipe(learning_rate=0.0001, max_norm=1.0), "holds it back as well: max_norm=1"),
    (recipe(activation="relu", initialization="standard_normal"), "it is sure, and wrong"),
    (recipe(activation="tanh", initialization="uniform"), "It overfits"),
    (dict, "expected 93% or more"),
]

WRONG = [
    (number, answer, words)
    for number, answers in {
        "6.1": DIFFERENCES, "6.2": LEFT_OUT, "6.3": STANDING, "6.4": MATRIX, "6.5": TEMPERATURE, "6.6": PICTURE,
        "6.7": REPORTS, "6.8": RECIPE,
    }.items()
    for answer, words in answers
]  # fmt: skip
