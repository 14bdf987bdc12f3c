"""Claim: a convolutional network trained on other classes is a better start than fresh weights."""

from course_lib.experiments import few_labels
from course_lib.experiments.experiment import Experiment, Outcome
from course_lib.experiments.few_labels import FINE_TUNED, HEAD, SCRATCH
from course_lib.threads import one_thread

ARMS = (HEAD, FINE_TUNED, SCRATCH)


def start(name, seed, learning_rate):
    """A network before its first step: the trained one or a fresh one of its shape, with the same new head."""
    from course_lib.pytorch import convolutional, zoo

    if name == SCRATCH:
        n_classes = few_labels.the_other_eight().n_classes
        network = convolutional.ConvolutionalNetwork(n_classes, seed=seed, device="cpu")
    else:
        network = zoo.load_pretrained("eight_classes", device="cpu")
    network.replace_head(few_labels.pullovers_and_coats().n_classes, seed)
    network.set_optimizer(few_labels.SETTINGS["optimizer"], learning_rate)
    if name == HEAD:
        network.freeze()
    return network


def run(seed, settings, learning_rates):
    """One seed: test accuracy of every arm at every number of labels."""
    import torch  # noqa: F401 - loaded first, for one_thread limits what is there

    with one_thread():
        arms, networks = few_labels.tested(ARMS, start, seed, settings, learning_rates)
        trained, fresh = (start(name, seed, 1.0).state() for name in (FINE_TUNED, SCRATCH))
    fired = few_labels.what_moved(trained, networks, settings, "convolution3", "head")
    fired["how far the trained body is from the fresh one"] = few_labels.how_far(trained, fresh, "convolution3")
    return Outcome(arms, fired)


def tune(seed, settings):
    """Validation accuracy of every arm at every number of labels and every rate of the grid."""
    import torch  # noqa: F401 - loaded first, for one_thread limits what is there

    with one_thread():
        return few_labels.scores(ARMS, start, seed, settings)


EXPERIMENT = Experiment(
    claim="A convolutional network that was trained on other classes reaches a higher accuracy than a fresh one.",
    source="the article; Yosinski et al. 2014",
    chapter=4,
    setting="pullover against coat with 5 to 2,000 labels; three convolutions of 16 channels, trained on the other "
    "eight classes, or fresh; Adam, the same 50 to 300 steps for all arms, each at its best of 7 learning rates",
    unit="percentage points",
    settings=few_labels.SETTINGS,
    small=few_labels.SMALL,
    run=run,
    tune=tune,
    comparisons=few_labels.comparisons((HEAD, FINE_TUNED)),
    smallest_effect=1.0,
    large=False,
    seeds=20,
)
