"""Training: the one loop that both engines run, its callbacks, and checkpoints."""

from course_lib.engine.back_ends import ENGINES, make_network
from course_lib.training.callbacks import Callback, EarlyStopping, History, Progress
from course_lib.training.checkpoint import CheckpointError, load_network, save_network
from course_lib.training.fit import TrainingDiverged, TrainingRun, fit
from course_lib.training.result import Result
from course_lib.training.saved_model import ModelError, Prediction, SavedModel, load_model, save_model

__all__ = [
    "ENGINES",
    "Callback",
    "CheckpointError",
    "EarlyStopping",
    "History",
    "ModelError",
    "Prediction",
    "Progress",
    "Result",
    "SavedModel",
    "TrainingDiverged",
    "TrainingRun",
    "fit",
    "load_model",
    "load_network",
    "make_network",
    "save_model",
    "save_network",
]
