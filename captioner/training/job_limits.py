"""Step and time limits of a job, the end of which is not the end of its run."""

from __future__ import annotations

import math
import os
import shlex
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import GradientAccumulationScheduler, Timer


class JobLimits(Timer):
    """Callback that stops training after some steps or some time, in the middle of an epoch too.

    It takes the place of the ``max_steps`` and ``max_time`` of Lightning's ``Trainer``, which end a
    run for good: the epoch that they cut counts as trained, and a time limit adds a validation to
    it. Here they end a job, and a later one goes on with the next batch. So a chain of jobs learns
    what one long job would:

    - A run is as long as ``max_epochs`` says, and so is its learning-rate schedule, wherever a job
      of it ends. Without it (-1) the run is as long as ``max_steps``.
    - ``max_steps`` counts the optimizer steps of the run from its beginning.
    - ``max_time`` is that of this job, however long the ones before it took. It ends with the
      optimizer step that is under way.

    Args:
        max_steps: Steps of the run after which the job ends; -1 for no limit.
        max_time: Time after which it ends, as ``Trainer`` takes it; none for no limit.

    Example:
        >>> limits = JobLimits(max_steps=100, max_time="00:08:00:00")
        >>> limits.max_steps, limits.time_remaining()
        (100, 28800.0)
    """

    def __init__(
        self,
        max_steps: int = -1,
        max_time: str | timedelta | dict[str, int] | None = None,
    ) -> None:
        super().__init__(duration=max_time, interval="step", verbose=False)
        self.max_steps = max_steps
        self._max_epochs: int | None = None
        self._total_steps: float = 0

    def state_dict(self) -> dict[str, Any]:
        """Return an empty state: the time is that of the job."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load nothing: the time is that of the job."""

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Let a resumed run that is past its epoch limit stop at once."""
        if trainer.state.fn != "fit":
            return
        epochs = checkpoint["loops"]["fit_loop"]["epoch_progress"]["current"]["completed"]
        if trainer.max_epochs is not None and 0 <= trainer.max_epochs < epochs:
            self._max_epochs = trainer.max_epochs
            trainer.fit_loop.max_epochs = epochs  # which Lightning refuses otherwise

    def on_fit_start(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        """Start no clock yet: training has not begun."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock; stop at once where nothing is left to do."""
        super().on_train_start(trainer, pl_module)
        self._stop_if_due(trainer)

    def on_train_batch_end(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        """Stop when a limit is reached, but not between the batches of one optimizer step."""
        steps = trainer.fit_loop.batch_idx + 1
        if steps % trainer.accumulate_grad_batches == 0 or trainer.is_last_batch:
            self._stop_if_due(trainer)

    def _stop_if_due(self, trainer: Trainer) -> None:
        left = self.time_remaining()
        is_late = left is not None and trainer.strategy.broadcast(left <= 0)
        if is_late or 0 <= self.max_steps <= trainer.global_step:
            self._total_steps = total_training_steps(trainer)
            # Only now: a Trainer with a limit of steps goes on wrongly where an epoch had ended.
            trainer.fit_loop.epoch_loop.max_steps = trainer.global_step

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Restore the epoch limit that was set."""
        if self._max_epochs is not None:
            trainer.fit_loop.max_epochs = self._max_epochs

    def stop_message(self, trainer: Trainer) -> str | None:
        """Return how a stopped run is resumed, as a sentence; None if the run is over."""
        if trainer.max_steps != trainer.global_step or trainer.global_step >= self._total_steps:
            return None
        limit = "max_steps" if trainer.global_step == self.max_steps else "max_time"
        total = "" if math.isinf(self._total_steps) else f" of {self._total_steps:.0f}"
        stopped = f"Stopped by trainer.{limit} after {trainer.global_step}{total} steps"
        last = Path(trainer.log_dir or ".") / "checkpoints" / "last.ckpt"
        if not last.is_file():  # a run that keeps none
            return stopped
        with suppress(ValueError):  # on another drive
            last = Path(os.path.relpath(last))
        more = " and a larger trainer.max_steps or none" if limit == "max_steps" else ""
        return f"{stopped}; the run goes on with --ckpt_path {shlex.quote(str(last))}{more}"


def total_training_steps(trainer: Trainer) -> float:
    """Return the optimizer steps of a whole run, of which a job may do a part; inf without limit.

    It is asked when training has begun: a loader that is made before would miss where a resumed run
    stopped.
    """
    callbacks = trainer.callbacks  # type: ignore[attr-defined]  # set by a helper
    if trainer.max_epochs != -1:
        whole = trainer.estimated_stepping_batches  # as if all epochs were like the present one
        changing = (each for each in callbacks if isinstance(each, GradientAccumulationScheduler))
        return next((_changing_length(trainer, each) for each in changing), whole)
    limits = (each.max_steps for each in callbacks if isinstance(each, JobLimits))
    steps = next(limits, trainer.max_steps)
    return math.inf if steps == -1 else steps


def _changing_length(trainer: Trainer, accumulation: GradientAccumulationScheduler) -> int:
    """Return the steps of a run whose epochs have different numbers of batches in a step."""
    epochs = max(1, trainer.max_epochs or 0)
    begins = [epoch for epoch in accumulation.epochs if epoch < epochs]
    return sum(
        math.ceil(trainer.num_training_batches / accumulation.scheduling[begin]) * (end - begin)
        for begin, end in zip(begins, [*begins[1:], epochs], strict=True)
    )


def stopped_mid_epoch(trainer: Trainer) -> bool:
    """Return whether a limit of steps or time stops training in the middle of an epoch."""
    return 0 <= trainer.max_steps <= trainer.global_step and not trainer.is_last_batch
