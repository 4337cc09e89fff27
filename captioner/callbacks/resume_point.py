"""Exact resuming: the progress of a run in its checkpoints, in the middle of an epoch too."""

from __future__ import annotations

import math
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from captioner.training.job_limits import stopped_mid_epoch

_EPOCH, _BATCH = "epoch_progress", "epoch_loop.batch_progress"
_VALIDATION, _COUNTER = "epoch_loop.val_loop.batch_progress", "epoch_loop.state_dict"
Progress = dict[str, Any]
"""What Lightning's fit loop saves: counters of epochs, batches and more, by name."""


class ResumePoint(Callback):
    """Write where a run is such that Lightning goes on there, whenever a checkpoint is written.

    Left alone, Lightning loses something at three moments:

    - At the end of a job within an epoch it counts the epoch as done, and a resumed run begins the
      next one. Here the resumed run goes on with the next batch.
    - After a batch that a validation follows, it skips that validation on resume. Here the resumed
      run begins with it, and goes on.
    - During a validation it counts a part of it as done. Here the resumed run begins the validation
      anew, from the state before it.

    Checkpoints of an older version that a job left within an epoch are understood. If batches have
    another size now, the interrupted epoch goes on where as many examples are behind it: none is
    left out, and fewer than a batch come twice.

    Example:
        >>> ResumePoint().state_dict()
        {}
    """

    def __init__(self) -> None:
        self._validates = False

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note that what is written from now on belongs before the validation."""
        self._validates = trainer.state.fn == "fit" and not trainer.sanity_checking

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note that it is over; checkpoints of this moment are written after this."""
        self._validates = False

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Write the progress into the checkpoint."""
        loops = checkpoint["loops"]["fit_loop"]
        _set(loops[_VALIDATION]["total"], loops[_VALIDATION]["total"]["completed"])
        batch = loops[_BATCH]["current"]
        if _epoch_ended(loops):
            if stopped_mid_epoch(trainer) or (trainer.should_stop and not trainer.is_last_batch):
                _reopen_epoch(loops, trainer.accumulate_grad_batches)
        elif batch["ready"] == batch["processed"] > 0:  # after a batch
            if validation_follows(trainer) and (self._validates or not _is_counted(batch)):
                _expect_validation(loops)
            elif self._validates or not trainer.is_last_batch:
                _expect_batch(loops)

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Mend the progress of an older version, and fit it to the size of batches."""
        if trainer.state.fn != "fit":
            return
        loops = checkpoint["loops"]["fit_loop"]
        states = loops["state_dict"].get("combined_loader") or []
        data = states[0] if len(states) == 1 and isinstance(states[0], dict) else {}
        if not {"size", "batch_size", "replicas", "batches"} <= data.keys():
            return
        whole = math.ceil(math.ceil(data["size"] / data["replicas"]) / data["batch_size"])
        begun = 0 < loops[_BATCH]["current"]["processed"] < whole
        if _epoch_ended(loops) and begun and not loops[_BATCH]["is_last_batch"]:
            _reopen_epoch(loops, trainer.accumulate_grad_batches)
        size = getattr(trainer.datamodule, "batch_size", None)  # type: ignore[attr-defined]
        if size is not None and not _epoch_ended(loops):
            _fit_to_batches(loops, data, size * trainer.world_size, trainer.accumulate_grad_batches)


def validation_follows(trainer: Trainer) -> bool:
    """Return whether a validation is due after the present batch, by the interval that is set."""
    loop, epochs = trainer.fit_loop, trainer.check_val_every_n_epoch
    if not trainer.enable_validation or trainer.val_check_batch is None:  # None: by the clock
        return False
    if epochs is not None and (trainer.current_epoch + 1) % epochs:
        return False
    if math.isinf(trainer.val_check_batch):
        return trainer.is_last_batch
    batches = 1 + (loop.total_batch_idx if epochs is None else loop.batch_idx)
    return batches % trainer.val_check_batch == 0


def _epoch_ended(loops: Progress) -> bool:
    epoch = loops[_EPOCH]["current"]
    return 0 < epoch["started"] == epoch["processed"]


def _is_counted(batch: dict[str, int]) -> bool:
    """Return whether the batch is counted: Lightning counts between a validation and its end."""
    return batch["completed"] == batch["processed"]


def _reopen_epoch(loops: Progress, accumulate: int) -> None:
    """Take an epoch that was cut for one that is under way."""
    for epoch in (loops[_EPOCH]["current"], loops[_EPOCH]["total"]):
        epoch["processed"] -= 1
        epoch["completed"] = epoch["processed"]
    if loops[_BATCH]["current"]["ready"] % accumulate == 0:
        loops[_COUNTER]["_batches_that_stepped"] -= 1  # a resumed run counts the step again
    _expect_batch(loops)


def _expect_batch(loops: Progress) -> None:
    """Have the resumed run go on with the next batch: as if a batch had just ended."""
    for batch in (loops[_BATCH]["current"], loops[_BATCH]["total"]):
        batch["completed"] = batch["processed"] - 1


def _expect_validation(loops: Progress) -> None:
    """Have the resumed run begin with a validation: as if its first batch were under way."""
    for batch in (loops[_BATCH]["current"], loops[_BATCH]["total"]):
        batch["completed"] = batch["processed"]
    validation = loops[_VALIDATION]
    validation["is_last_batch"] = False
    _set(validation["current"], 0)
    _set(validation["total"], validation["total"]["completed"])
    for batch in (validation["current"], validation["total"]):
        batch["ready"] += 1
        batch["started"] += 1


def _fit_to_batches(loops: Progress, data: Progress, size: int, accumulate: int) -> None:
    """Go on where as many examples are done as were before, in batches of another size.

    Args:
        loops: The progress.
        data: Where the loader of the training data was.
        size: Examples of a batch, all processes together.
        accumulate: Batches of a step; a step is begun anew.
    """
    before = data["batch_size"] * data["replicas"]
    if before == size or not loops[_BATCH]["current"]["processed"]:
        return
    is_last = loops[_BATCH]["is_last_batch"]  # nothing but a validation is left of the epoch
    done = data["batches"] * before // size // accumulate * accumulate
    data["batches"] = math.ceil(data["size"] / size) if is_last else done
    _set(loops[_BATCH]["current"], data["batches"])
    if not is_last:
        _set(loops[_VALIDATION]["total"], loops[_VALIDATION]["total"]["completed"])
        _expect_batch(loops)


def _set(progress: dict[str, int], done: int) -> None:
    progress.update(dict.fromkeys(progress, done))
