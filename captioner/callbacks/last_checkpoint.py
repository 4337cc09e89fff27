"""``last.ckpt``: what a killed run goes on from."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from captioner.stopping import stopping


class LastCheckpoint(Checkpoint):
    """Write ``checkpoints/last.ckpt`` at the end of every epoch and every few minutes.

    The file is written under a temporary name first, so that a kill in the middle leaves the one
    before it. ``fit --ckpt_path last.ckpt`` continues from there, in the middle of an epoch too.

    Args:
        minutes: Time between two writes within an epoch.

    Attributes:
        path: The file; None until it is written.
        batches: How many had been trained on when it was; None until then.

    Example:
        >>> LastCheckpoint(minutes=5).minutes
        5
    """

    def __init__(self, minutes: float = 5.0) -> None:
        self.minutes = minutes
        self.path: Path | None = None
        self.batches: int | None = None
        self._written = time.monotonic()

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Write when it is time, or the run has been told to end; all processes do so together.

        Not between the batches of one optimizer step, whose gradients are in no checkpoint, and not
        between a batch and the validation that follows it: resuming from there would skip it.
        """
        late = time.monotonic() - self._written >= 60 * self.minutes
        due = late or stopping.told is not None  # whichever process the order came to
        if trainer.strategy.reduce_boolean_decision(due, all=False) and self._is_resumable_after(
            batch_idx, trainer
        ):
            self._write(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write after each epoch, its validation included."""
        self._write(trainer)

    @staticmethod
    def _is_resumable_after(batch_idx: int, trainer: Trainer) -> bool:
        done = batch_idx + 1
        every = trainer.val_check_batch
        validates = every is not None and done % every == 0
        return not (trainer.is_last_batch or validates or done % trainer.accumulate_grad_batches)

    def _write(self, trainer: Trainer) -> None:
        if trainer.log_dir is not None:
            self.path = Path(trainer.log_dir) / "checkpoints" / "last.ckpt"
            with stopping.unbroken():
                trainer.save_checkpoint(self.path)
        self._written = time.monotonic()
        self.batches = trainer.fit_loop.epoch_loop.batch_progress.total.ready
