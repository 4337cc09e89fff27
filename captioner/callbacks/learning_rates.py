"""Learning-rate monitor: the rates beside the other curves."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import LearningRateMonitor


class LearningRates(LearningRateMonitor):
    """Log the learning rates, with every step that is logged; none in a run without a logger.

    Every run has this callback, and Lightning's own refuses to run without a logger.

    Example:
        >>> LearningRates().logging_interval
        'step'
    """

    def __init__(self) -> None:
        super().__init__(logging_interval="step")

    def on_train_start(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        """Find the names of the learning rates."""
        if trainer.loggers:
            super().on_train_start(trainer, *args, **kwargs)

    def on_train_batch_start(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        """Log them."""
        if trainer.loggers:
            super().on_train_batch_start(trainer, *args, **kwargs)
