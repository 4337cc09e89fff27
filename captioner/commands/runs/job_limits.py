"""What ends a job early, and what is left of it to the ``Trainer``."""

from __future__ import annotations

from typing import Any

from jsonargparse import Namespace

from captioner.training.job_limits import JobLimits


def job_limits(trainer: Namespace, kwargs: dict[str, Any]) -> tuple[JobLimits, dict[str, Any]]:
    """Return what ends a job early, and the arguments of a ``Trainer`` that leaves it to that.

    Args:
        trainer: The settings of the ``Trainer``.
        kwargs: Arguments that take their place.
    """
    limits = JobLimits(max(-1, trainer.max_steps), trainer.max_time)
    taken = {"max_steps": min(-1, trainer.max_steps), "max_time": None}  # it refuses less than -1
    if trainer.max_epochs is None and (trainer.max_steps != -1 or trainer.max_time is not None):
        taken["max_epochs"] = -1
    return limits, {**kwargs, **taken}
