"""``last.ckpt``: what a run goes on from that was killed or came to a limit."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from captioner.callbacks.resume_point import validation_follows
from captioner.checkpoints.checkpoint_file import load_file
from captioner.errors import CaptionerError
from captioner.shutdown import shutdown
from captioner.training.job_limits import stopped_mid_epoch


class LastCheckpoint(Checkpoint):
    """Write ``checkpoints/last.ckpt`` after every epoch, every few minutes and where a job ends.

    The file is written under a temporary name first, so that a kill in the middle leaves the one
    before it. ``fit --ckpt_path last.ckpt`` continues from there, in the middle of an epoch too.
    :class:`ResumePoint` makes it exact.

    Args:
        minutes: Time between two writes within an epoch.

    Attributes:
        path: The file; None until it is written.
        batches: How many had been trained on when it was; None until then.
        before_validation: Write before each validation, too.

    Example:
        >>> LastCheckpoint(minutes=5).minutes
        5
    """

    def __init__(self, minutes: float = 5.0) -> None:
        self.minutes = minutes
        self.path: Path | None = None
        self.batches: int | None = None
        self.before_validation = False
        self._written = time.monotonic()

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Keep the file of a run that goes back to before it: what it has learnt is in no other."""
        folder = trainer.log_dir  # asked on every process: the first one tells the others
        if trainer.state.fn != "fit" or not trainer.is_global_zero or folder is None:
            return
        last = Path(folder) / "checkpoints" / "last.ckpt"
        back, step = checkpoint["global_step"], _step(last)
        if step > back:
            kept = last.with_name(f"last_step_{step}.ckpt")
            last.replace(kept)
            print(
                f"captioner: the run goes back from step {step} to {back}; {kept} is what"
                f" {last.name} was",
                file=sys.stderr,
            )

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Write when it is time or the job ends; all processes of a run do so together.

        It is time between two optimizer steps; if the run has been told to end, between two batches
        of one, too. Not where the end of the epoch comes next, which is written too.
        """
        late = time.monotonic() - self._written >= 60 * self.minutes
        told = shutdown.received is not None  # whichever process the order came to
        due = trainer.strategy.reduce_boolean_decision(
            late or told, all=False
        ) or stopped_mid_epoch(trainer)
        due |= self.before_validation and validation_follows(trainer)
        if trainer.is_last_batch:
            ready = validation_follows(trainer)
        else:
            ready = is_exact(trainer) and (told or is_between_steps(trainer))
        if due and ready:
            self.write(trainer)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write what a job ends with that ends here, within an epoch."""
        if trainer.state.fn == "fit" and not trainer.sanity_checking and stopped_mid_epoch(trainer):
            self.write(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write after each epoch, its validation included; where one is cut, that is done."""
        if not stopped_mid_epoch(trainer):
            self.write(trainer)

    def write(self, trainer: Trainer) -> None:
        """Write now, on all processes together; ``ResumePoint`` says which moments are exact."""
        if trainer.log_dir is not None:
            self.path = Path(trainer.log_dir) / "checkpoints" / "last.ckpt"
            with shutdown.uninterruptible():
                trainer.save_checkpoint(self.path)
        self._written = time.monotonic()
        self.batches = trainer.fit_loop.epoch_loop.batch_progress.total.ready


def _step(file: Path) -> int:
    """Return the step of a checkpoint; -1 if there is none that can be read."""
    try:
        step = load_file(file).get("global_step") if file.is_file() else None
    except CaptionerError:
        return -1
    return step if isinstance(step, int) else -1


def is_between_steps(trainer: Trainer) -> bool:
    """Return whether the batch that has just ended was the last one of an optimizer step."""
    batches = trainer.fit_loop.batch_idx + 1
    return batches % trainer.accumulate_grad_batches == 0 or trainer.is_last_batch


def is_exact(trainer: Trainer) -> bool:
    """Return whether a checkpoint of this moment, between two batches, has all that was trained.

    The gradients of a step that is under way are saved by a process that is the only one.
    """
    return trainer.world_size == 1 or is_between_steps(trainer)
