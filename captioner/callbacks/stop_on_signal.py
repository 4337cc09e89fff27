"""Graceful shutdown: training that is told to end keeps all that it has learnt."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from captioner.callbacks.last_checkpoint import LastCheckpoint, is_exact
from captioner.shutdown import GRACE_PERIOD, shutdown

_LONG = GRACE_PERIOD / 2  # seconds; a shorter validation is waited for


class StopOnSignal(Checkpoint):
    """End training on SIGTERM or Ctrl-C as soon as ``last.ckpt`` is exact.

    While training has got no further than the file, every moment will do. Otherwise the file is
    written after the batch at hand, or at once during a validation, and the run ends then; all
    processes of it do so together, whichever was told. What takes longer than the grace
    period of ``shutdown`` is given up: the file that was there before stays.

    Several processes cannot agree during a validation, in which each goes its own way. Where one
    takes long, the file is therefore written before each.

    This is a ``Checkpoint``, because Lightning calls those after all other callbacks, in the order
    in which they are given.

    Args:
        last: What writes the file; it comes before this one.
    """

    def __init__(self, last: LastCheckpoint) -> None:
        self._last = last
        self._began = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take orders from here on: before the first batch there is nothing to lose."""
        self._last.batches = _batches(trainer)
        self._last.before_validation = trainer.world_size > 1  # how long it takes is not known yet
        shutdown.can_stop = partial(self._is_saved, trainer)

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """End if the file has just been written, and that was an order.

        Raises:
            ShutdownRequested: If so.
        """
        if self._is_saved(trainer):
            self._end_if_told(trainer)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to measure it."""
        self._began = time.monotonic()

    def on_validation_batch_start(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """End within a validation: the run that goes on begins it anew.

        Raises:
            ShutdownRequested: If there has been an order, and there is but one process.
        """
        if _trains(trainer) and shutdown.received is not None and trainer.world_size == 1:
            self._last.write(trainer)
            self._end_if_told(trainer)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """End after a validation within an epoch; another one is followed by the epoch's end.

        Raises:
            ShutdownRequested: If there has been an order.
        """
        if not _trains(trainer):
            return
        agree = trainer.strategy.reduce_boolean_decision
        if trainer.world_size > 1:
            self._last.before_validation = agree(time.monotonic() - self._began > _LONG, all=False)
        may_end = not trainer.is_last_batch and is_exact(trainer)
        if may_end and agree(shutdown.received is not None, all=False):
            self._last.write(trainer)
            self._end_if_told(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """End between two epochs.

        Raises:
            ShutdownRequested: If there has been an order.
        """
        self._end_if_told(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take orders as any command does: the file is of the end."""
        shutdown.can_stop = _always

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Take orders as any command does: nothing is trained any more."""
        shutdown.can_stop = _always

    def _is_saved(self, trainer: Trainer) -> bool:
        return self._last.batches == _batches(trainer)

    def _end_if_told(self, trainer: Trainer) -> None:
        if self._last.path is not None:
            shutdown.mark_resumable("--ckpt_path", _shown(self._last.path))
        if trainer.strategy.reduce_boolean_decision(shutdown.received is not None, all=False):
            shutdown.stop()


def _trains(trainer: Trainer) -> bool:
    return trainer.state.fn == "fit" and not trainer.sanity_checking


def _batches(trainer: Trainer) -> int:
    """Return on how many batches training has begun, in all epochs."""
    return trainer.fit_loop.epoch_loop.batch_progress.total.ready


def _shown(path: Path) -> str:
    try:
        return os.path.relpath(path)
    except ValueError:  # on another drive
        return str(path)


def _always() -> bool:
    return True
