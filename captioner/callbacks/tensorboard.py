"""TensorBoard writers of a trainer, and the step that its validation is logged at."""

from __future__ import annotations

from lightning.pytorch import Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.tensorboard import SummaryWriter


def writers(trainer: Trainer) -> list[SummaryWriter]:
    """Return what writes the TensorBoard files of a fit; none where nothing is to be written.

    That is outside of ``fit``, in the check before it, on all processes but the first, and with
    other loggers or without any.

    Args:
        trainer: The trainer of the run.
    """
    fitting = trainer.state.fn == "fit" and not trainer.sanity_checking
    if not fitting or not trainer.is_global_zero:
        return []
    return [
        logger.experiment for logger in trainer.loggers if isinstance(logger, TensorBoardLogger)
    ]


def logged_step(trainer: Trainer) -> int:
    """Return the step that the scores of the present validation are logged at.

    Lightning counts steps from 0 where it logs, and from 1 where it saves.

    Args:
        trainer: The trainer of the run.
    """
    return trainer.fit_loop.epoch_loop._batches_that_stepped
