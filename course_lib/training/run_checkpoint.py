"""Checkpoints of a run that is under way: from them it goes on as if it had never been ended.

A folder holds `run.safetensors`: parameters, running statistics and the optimizer's memory as arrays; the recipe, the
history and the state of every random stream as text. Numbers and text, nothing that runs. When the run has reached its
end, `network.safetensors` lies beside it, which `load_network` reads.
"""

import json
import os
from pathlib import Path

import numpy as np

from course_lib.tensor_file import MISFITS, TensorFileError, read_tensors, write_tensors
from course_lib.training.callbacks import EarlyStopping
from course_lib.training.checkpoint import CheckpointError
from course_lib.training.dataset_file import fingerprint
from course_lib.whole_file import check_writable, contents

FORMAT = "course_lib run 1"
RUN_FILE, NETWORK_FILE = "run.safetensors", "network.safetensors"
FACTS = {
    "identity": dict,
    "n_processes": int,
    "epoch": int,
    "steps": int,
    "stopped_early": bool,
    "clipped_steps": int,
    "seconds": (int, float),
    "step_seconds": list,
    "rows": list,
    "streams": dict,
}
SCHEDULES_OF_THE_WHOLE_RUN = ("cosine", "one_cycle")  # another number of epochs would have been another curve


class RunCheckpoint:
    """The folder in which a run is kept.

    Parameters
    ----------
    folder : of this run alone; it is made when it is missing

    Raises
    ------
    CheckpointError : there is something else in it
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        self.file, self.network_file = self.folder / RUN_FILE, self.folder / NETWORK_FILE
        self._check_folder()

    def _check_folder(self):
        if os.path.isdir(self.folder):
            others = [name for name in contents(self.folder) if name not in (RUN_FILE, NETWORK_FILE)]
            if others and not os.path.isfile(self.file):
                raise CheckpointError(
                    f"{str(self.folder)!r} is not a checkpoint folder: it holds {others[0]!r} and no {RUN_FILE!r}. "
                    "Give a new or an empty folder, or that of the run to go on with."
                )
        elif os.path.exists(self.folder):
            raise CheckpointError(f"{str(self.folder)!r} is a file; a checkpoint is a folder. Give another name.")

    def check_writable(self) -> None:
        """A NotWritten if no checkpoint can be written there: it is tried, and nothing is left of the trial."""
        check_writable(self.folder)

    def read(self) -> tuple[dict | None, dict[str, np.ndarray]]:
        """(facts, arrays) of the last epoch that was kept, or (None, {}) before the first.

        Raises
        ------
        CheckpointError : the file may not be read, is damaged, or not a checkpoint of a run
        """
        try:
            arrays, metadata = read_tensors(self.file)
        except FileNotFoundError:
            return None, {}
        except TensorFileError as error:
            raise CheckpointError(f"{error} If it can't be mended, begin anew in another folder.") from None
        if metadata.get("format") != FORMAT:
            raise CheckpointError(
                f"{str(self.file)!r} is not a checkpoint of a run (format: {metadata.get('format', 'none')}; "
                f"expected: {FORMAT})."
            )
        try:
            facts = json.loads(metadata["run"])
            wrong = [name for name, kind in FACTS.items() if not isinstance(facts[name], kind)]
            if wrong or arrays["step_losses"].ndim != 1:
                raise ValueError(f"its {(wrong or ['step_losses'])[0]} are not what they should be")
        except MISFITS as error:
            raise self._damaged(error) from None
        return facts, arrays

    def _damaged(self, error):
        what = error.args[0] if isinstance(error, KeyError) else error
        return CheckpointError(f"{str(self.file)!r} is damaged ({what}). Begin anew in another folder.")

    def check_fits(self, facts, recipe, data, dtype):
        """A CheckpointError that names the first field in which the checkpoint's run is another one."""
        here = _identity(recipe, data, dtype)
        if recipe.schedule not in SCHEDULES_OF_THE_WHOLE_RUN and recipe.epochs >= facts["epoch"]:
            here["epochs"] = facts["identity"].get("epochs")  # a run may be made longer
        for field, value in here.items():
            before = facts["identity"].get(field)
            if before != value:
                raise CheckpointError(
                    f"The checkpoint in {str(self.folder)!r} is of another run: {field} was {before!r} and is now "
                    f"{value!r}. Go on with the run's own values, or begin anew in another folder."
                )

    def write(self, run, dtype, seconds, step_seconds, n_processes):
        """Keep a run as it is at the end of an epoch. The file appears whole or not at all."""
        stopping = _early_stopping(run)
        facts = {
            "identity": _identity(run.recipe, run.data, dtype),
            "n_processes": n_processes,
            "epoch": run.epoch,
            "steps": run.steps,
            "stopped_early": run.stopped_early,
            "clipped_steps": int(run.network.clipped_steps),
            "seconds": seconds,
            "step_seconds": step_seconds,
            "rows": run.history.rows,
            "streams": {name: rng.bit_generator.state for name, rng in _streams(run).items()},
            "best": [stopping.best_epoch, stopping.best_loss] if stopping and stopping.best_state else None,
        }
        arrays = {"step_losses": np.array(run.history.step_losses)}
        arrays |= {f"network/{name}": array for name, array in run.network.state().items()}
        arrays |= {f"optimizer/{name}": array for name, array in run.network.optimizer_state().items()}
        if facts["best"]:
            arrays |= {f"best/{name}": array for name, array in stopping.best_state.items()}
        self.folder.mkdir(parents=True, exist_ok=True)
        write_tensors(self.file, arrays, {"format": FORMAT, "run": json.dumps(facts)})

    def restore(self, run, facts, arrays):
        """Put a run, before its first step, where the checkpoint's was. Its callbacks must have been started.

        Raises
        ------
        CheckpointError : the checkpoint is damaged
        """
        try:
            self._restore(run, facts, arrays)
        except (*MISFITS, RuntimeError) as error:
            raise self._damaged(error) from error

    def _restore(self, run, facts, arrays):
        run.network.load_state(named_under("network/", arrays))
        run.network.load_optimizer_state(named_under("optimizer/", arrays))
        run.network.clipped_steps = facts["clipped_steps"]
        run.epoch, run.steps = facts["epoch"], facts["steps"]
        run.history.rows[:] = facts["rows"]
        run.history.step_losses[:] = arrays["step_losses"].tolist()
        for name, rng in _streams(run).items():
            rng.bit_generator.state = facts["streams"][name]
        stopping = _early_stopping(run)
        if stopping and facts["best"]:
            stopping.best_epoch, stopping.best_loss = facts["best"]
            stopping.best_state = named_under("best/", arrays)
        run.stopped_early = facts["stopped_early"]
        run.finished = run.stopped_early or run.epoch >= run.recipe.epochs


def _identity(recipe, data, dtype):
    """What must be the same for a run to go on, as plain values."""
    fields = json.loads(recipe.to_json())
    sizes = {"n_inputs": data.n_inputs, "n_classes": data.n_classes, "data": fingerprint(data), "dtype": dtype}
    return fields | sizes


def _streams(run):
    streams = {"batches": run.batch_rng, "augmentation": run.augmentation_rng, "masks": run.network.masks_rng}
    return {name: rng for name, rng in streams.items() if rng is not None}


def _early_stopping(run):
    return next((callback for callback in run.callbacks if isinstance(callback, EarlyStopping)), None)


def named_under(prefix, arrays):
    """The arrays whose names begin with `prefix`, under the rest of their names."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
