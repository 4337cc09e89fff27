"""The callbacks that every run has."""

from __future__ import annotations

from lightning.pytorch.callbacks import Callback, LearningRateMonitor

from captioner.callbacks.best_checkpoint import BestCheckpoint, Patience
from captioner.callbacks.last_checkpoint import LastCheckpoint
from captioner.callbacks.random_states import RandomStates
from captioner.callbacks.results_file import ResultsFile


def default_callbacks(patience: int, minutes: float) -> list[Callback]:
    """Return the callbacks that every run has.

    Args:
        patience: Validations without a better CIDEr after which training stops.
        minutes: Time between two writes of ``last.ckpt`` within an epoch.
    """
    return [
        RandomStates(),
        LearningRateMonitor(logging_interval="step"),
        ResultsFile(),
        Patience(patience),
        BestCheckpoint(),
        LastCheckpoint(minutes=minutes),
    ]
