"""Summary of a run that has ended: its best checkpoint, and why training ended early."""

from __future__ import annotations

import math
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import EarlyStopping, Timer
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason

from captioner.callbacks.best_checkpoint import BestCheckpoint, ResumableEarlyStopping
from captioner.training.checkpointed_module import CheckpointedModule
from captioner.training.job_limits import JobLimits, total_training_steps
from captioner.training.kept_checkpoints import newest_checkpoint, shorter_path
from captioner.training.optimizer import OptimizerSettings

_GOES_ON = EarlyStoppingReason.NOT_STOPPED
_FALLEN = 0.1  # of its peak: what is left of a cosine in the last fifth of the steps


def summarize_fit(trainer: Trainer, model: CheckpointedModule, begun_at: int = 0) -> list[str]:
    """Return the lines that sum up a training that has ended.

    Args:
        trainer: Of the training.
        model: What was trained.
        begun_at: Steps of the run that this one goes on with.
    """
    trained = trainer.global_step > begun_at
    ends = (_best(trainer, model, trained=trained), _early_end(trainer, model))
    lines = [line for line in ends if line is not None]
    return lines if trained or trainer.should_stop else [*lines, _untrained(trainer)]


def summarize_evaluation(trainer: Trainer, model: CheckpointedModule) -> str:
    """Return a line on what the scores of an evaluation mean, or why there are none.

    Args:
        trainer: Of the evaluation.
        model: What was evaluated.
    """
    if trainer.callback_metrics:
        return model.explain_scores()
    if trainer.barebones:
        return "No scores: trainer.barebones logs none"
    name = "limit_test_batches" if trainer.state.fn == "test" else "limit_val_batches"
    return f"No scores: trainer.{name} {getattr(trainer, name)} leaves nothing to evaluate"


def _best(trainer: Trainer, model: CheckpointedModule, *, trained: bool) -> str | None:
    name, _, meaning = model.monitored
    mine = (each for each in trainer.checkpoint_callbacks if isinstance(each, BestCheckpoint))
    best = next(mine, None)
    if best is not None and best.best_model_score is not None:
        path = shorter_path(best.best_model_path)
        return f"Best checkpoint ({name} {best.best_model_score:.3f}, {meaning}): {path}"
    if not trained:
        return None
    last = newest_checkpoint(trainer, "last.ckpt")
    kept = "" if last is None else f"; the last weights are in {last}"
    return f"No best checkpoint: {_why_none(trainer, name)}{kept}"


def _why_none(trainer: Trainer, monitored: str) -> str:
    """Return why nothing was chosen, naming the setting if it is one."""
    epochs, every = _epochs(trainer), trainer.check_val_every_n_epoch
    if trainer.fast_dev_run:  # type: ignore[attr-defined]  # set by a helper
        return "trainer.fast_dev_run keeps none"
    if not trainer.checkpoint_callbacks:
        setting = "barebones" if trainer.barebones else "enable_checkpointing false"
        return f"trainer.{setting} keeps none"
    if trainer.limit_val_batches == 0:
        return "trainer.limit_val_batches 0 leaves nothing to validate"
    if trainer.fit_loop.epoch_loop.val_loop._has_run:
        return f"no validation logged {monitored}"
    if every is not None and every > epochs:
        counted = "1 epoch" if epochs == 1 else f"{epochs} epochs"
        return f"trainer.check_val_every_n_epoch {every} is more than the {counted} of the run"
    if trainer.val_check_interval != 1.0:
        interval = trainer.val_check_interval
        return f"trainer.val_check_interval {interval} is more than what was trained"
    return "training ended before the first validation"


def _untrained(trainer: Trainer) -> str:
    if trainer.limit_train_batches == 0:
        return "No step was trained: trainer.limit_train_batches is 0"
    callbacks = trainer.callbacks  # type: ignore[attr-defined]  # likewise
    left = (each.time_remaining() for each in callbacks if isinstance(each, Timer))
    if any(seconds is not None and seconds <= 0 for seconds in left):
        return "No step was trained: trainer.max_time is over; a longer one trains on"
    limits = next((each.max_steps for each in callbacks if isinstance(each, JobLimits)), -1)
    steps = trainer.max_steps if limits == -1 else limits
    if -1 != steps <= trainer.global_step:
        limit, most, done = "max_steps", steps, trainer.global_step
    else:
        limit, most, done = "max_epochs", trainer.max_epochs or 0, _epochs(trainer)
    counted = f" ({done:,} are done)" if done > most else ""
    return (
        f"No step was trained: trainer.{limit} {most} is reached{counted}; a larger one trains on"
    )


def _early_end(trainer: Trainer, model: CheckpointedModule) -> str | None:
    """Return what ended the training before its limit, with what to set for another end."""
    if not trainer.should_stop:
        return None
    rate, advice = _rate(trainer, model.optimizer_settings)
    for callback in trainer.callbacks:  # type: ignore[attr-defined]  # likewise
        if isinstance(callback, EarlyStopping) and callback.stopping_reason != _GOES_ON:
            return f"Stopped after {_length(trainer)}{_reason(callback, rate, advice)}"
        if isinstance(callback, Timer) and (callback.time_remaining() or 0) < 0:
            return f"Stopped by trainer.max_time after {trainer.global_step:,} steps{rate}"
    return None


def _reason(callback: EarlyStopping, rate: str, advice: str) -> str:
    if callback.stopping_reason != EarlyStoppingReason.PATIENCE_EXHAUSTED:
        reason = callback.stopping_reason_message or ""
        return f"{rate}: {reason.removesuffix(' Signaling Trainer to stop.')}"
    setting = (
        "--patience"
        if isinstance(callback, ResumableEarlyStopping)
        else "patience of EarlyStopping"
    )
    return f" without a better {callback.monitor}{rate}; {advice}a larger {setting} waits longer"


def _length(trainer: Trainer) -> str:
    epochs, of = _epochs(trainer), trainer.max_epochs
    if of == -1:
        length = total_training_steps(trainer)
        whole = "" if math.isinf(length) else f" of {int(length):,}"
        return f"{trainer.global_step:,}{whole} steps"
    # Fewer may be asked for of a run that goes on than it has trained.
    return f"{epochs} of {of} epochs" if of is None or epochs <= of else f"{epochs} epochs"


def _epochs(trainer: Trainer) -> int:
    """Return how many epochs are over, the one included in whose last moments training ended."""
    progress: Any = trainer.fit_loop.epoch_progress.current
    return int(progress.processed)


def _rate(trainer: Trainer, settings: OptimizerSettings) -> tuple[str, str]:
    """Return where the learning rate was left, if not where its schedule leads, and what helps."""
    group = trainer.optimizers[0].param_groups[0]
    now, peak = float(group["lr"]), float(group.get("initial_lr", group["lr"]))
    where = f"{now:.2g} of {peak:.2g}"
    if trainer.global_step < settings.warmup_steps:
        return (
            f", with the learning rate still rising, at {where}",
            "fewer model.warmup_steps end that sooner, ",
        )
    if settings.schedule == "cosine" and now > _FALLEN * peak:
        limit = "trainer.max_steps" if trainer.max_epochs == -1 else "trainer.max_epochs"
        return f", with the learning rate still at {where}", f"a smaller {limit} lets it fall, "
    return "", ""
