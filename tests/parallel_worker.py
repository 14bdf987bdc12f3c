"""What tests/test_parallel.py starts under torchrun: one start for many recipes, because starting is what takes time.

    python -m torch.distributed.run ... tests/parallel_worker.py FOLDER

Writes, for each recipe of CASES, a checkpoint folder FOLDER/NAME; one of its first epoch, and the run that went on from
it; and what each rank saw, in FOLDER/rank0.json and so on.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np

from course_lib.data import Dataset, Split
from course_lib.recipe import Recipe
from course_lib.training.run_checkpoint import RunCheckpoint

N_INPUTS, N_CLASSES, IMAGE_SHAPE = 16, 3, (4, 4)
PLAIN = Recipe(hidden_layers=(9, 7), normalization="none", drop_rate=0.0, batch_size=17, epochs=3, seed=5)
CASES = {
    "adam": PLAIN,
    "gradient_descent_l1": PLAIN.replace(optimizer="gradient_descent", learning_rate=0.1, l1=0.003, activation="tanh"),
    "momentum_clip_norm": PLAIN.replace(optimizer="momentum", learning_rate=0.05, clip_norm=0.3, batch_size=13),
    "nesterov_max_norm": PLAIN.replace(optimizer="nesterov", learning_rate=0.05, max_norm=1.0, activation="prelu"),
    "rmsprop_clip_value": PLAIN.replace(optimizer="rmsprop", clip_value=0.02, l2=0.02, hidden_layers=()),
    "adamw_dropout": PLAIN.replace(optimizer="adamw", l2=0.05, drop_rate=0.3, learning_rate=0.01),
    "label_smoothing": PLAIN.replace(label_smoothing=0.2, learning_rate=0.01),
    "muon": PLAIN.replace(optimizer="muon", l2=0.05, activation="prelu", learning_rate=0.01),
    "rrelu_dropout_augmented": PLAIN.replace(activation="rrelu", drop_rate=0.2, augmentation="shift_and_flip"),
    "cosine": PLAIN.replace(schedule="cosine", schedule_steps=(4,), learning_rate=0.01),
    "batch_of_two": PLAIN.replace(batch_size=2, epochs=2, learning_rate=0.003),
    "batch_of_three": PLAIN.replace(batch_size=3, epochs=2, optimizer="momentum", learning_rate=0.003),
    "last_batch_of_two": PLAIN.replace(batch_size=101, l2=0.01),  # a third process has nothing to do there
    "early_stopping": PLAIN.replace(optimizer="momentum", learning_rate=0.5, patience=1, epochs=6),
    "batch_norm": PLAIN.replace(normalization="batch", batch_size=18),
}
CASES_OF_THREE = ["momentum_clip_norm", "adamw_dropout", "batch_of_three", "last_batch_of_two"]


def make_data():
    """103 examples to train on: with batches of 17 the last has 1 and joins the one before; with 13 it has 12."""
    rng = np.random.default_rng(12)
    x = rng.normal(size=(150, N_INPUTS))
    labels = (x @ rng.normal(size=(N_INPUTS, N_CLASSES)) + rng.normal(size=(150, N_CLASSES))).argmax(axis=1)
    return Dataset(Split(x[:103], labels[:103]), Split(x[103:], labels[103:]), image_shape=IMAGE_SHAPE)


def joint_batch():
    """17 examples: two processes have 8 and 9 of them."""
    data = make_data()
    return data.train.x[:17], data.train.labels[:17]


class CopyAfterFirstEpoch(RunCheckpoint):
    """Keeps the checkpoint of the first epoch in a folder of its own, as a run that was ended then would have left."""

    def write(self, run, *facts):
        super().write(run, *facts)
        if run.epoch == 1:
            early = self.folder.with_name(self.folder.name + ".resumed")
            early.mkdir()
            shutil.copy(self.file, early)


def run_case(name, recipe, folder, group):
    from course_lib.engine.distributed import DistributedNetwork
    from course_lib.training.parallel import train

    data, network = make_data(), DistributedNetwork(group, recipe, N_INPUTS, N_CLASSES, "float64")
    loss, gradients = network.loss_and_gradients(*joint_batch())
    seen = {"loss": loss, "gradients": {key: array.tolist() for key, array in gradients.items()}}
    run = train(recipe, data, group, CopyAfterFirstEpoch(folder / name), "float64")
    run.end()
    seen |= {"state": {key: array.tolist() for key, array in run.network.state().items()}}
    seen |= {"rows": run.history.rows, "step_losses": run.history.step_losses, "clipped": run.network.clipped_steps}
    seen |= {"stopped_early": run.stopped_early, "best_epoch": run.best_epoch}
    group.total(0.0)  # rank 0 has written its last checkpoint before the others look for the first one
    again = train(recipe, data, group, RunCheckpoint(folder / f"{name}.resumed"), "float64")
    again.end()
    resumed = {key: array.tolist() for key, array in again.network.state().items()}
    return seen | {"resumed": {"state": resumed, "rows": again.history.rows, "step_losses": again.history.step_losses}}


def main(folder):
    from course_lib.engine.process_group import ProcessGroup

    with ProcessGroup("cpu", seconds_without_answer=60) as group:
        names = CASES if group.size == 2 else CASES_OF_THREE
        seen = {name: run_case(name, CASES[name], folder, group) for name in names}
        (folder / f"rank{group.rank}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
