"""Lengths of trainings that follow from other trainings: a share of their steps, or equal time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import yaml

from captioner.comparison.planning.plan import Settings
from captioner.comparison.running.curves import read_curves
from captioner.comparison.running.task import Task
from captioner.errors import CaptionerError


class _Trained(NamedTuple):
    steps: int
    seconds: float
    checks: int
    accumulated: int


@dataclass(frozen=True)
class ScheduleLength:
    """Number of steps of a training, in place of epochs, so that it anneals over its own length.

    Nothing is read off the middle of a longer schedule, where the learning rate is still high. Such
    a training is validated as often as the one that it follows from, at even distances and at its
    end, so that its checkpoint is chosen from as many.

    Attributes:
        of: A training of the same captioner, whose steps are counted, and timed.
        share: How much of them is trained.
        among: Trainings of all captioners with one seed: the time of the quickest of them is what
            this one may take, at the steps per second that ``of`` had. None: its share is given.
    """

    of: Task
    share: float = 1.0
    among: tuple[Task, ...] = ()

    @property
    def sources(self) -> tuple[Task, ...]:
        """The trainings that must be done before."""
        return (self.of, *self.among)

    def settings(self) -> Settings:
        """Return the settings of the training.

        Raises:
            CaptionerError: If the other trainings left no record of their steps and time.

        Example:
            >>> from pathlib import Path
            >>> done = Task("LSTM", 0, "fit", "lstm", {}, Path("no such run"))
            >>> ScheduleLength(done, share=0.3).settings()  # doctest: +ELLIPSIS
            Traceback (most recent call last):
            captioner.errors.CaptionerError: no such run/version_0: expected a training with ...
        """
        own, share = _trained(self.of), self.share
        if self.among:
            share = min(_trained(task).seconds for task in self.among) / own.seconds
        each = max(1, round(share * own.steps / own.checks))
        return {
            "trainer.max_epochs": -1,
            "trainer.max_steps": each * own.checks,
            "trainer.val_check_interval": each * own.accumulated,
            "trainer.check_val_every_n_epoch": None,
        }


def _trained(task: Task) -> _Trained:
    run = task.run
    curves = read_curves(run)
    try:
        trainer = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))["trainer"]
        clock, checked = curves["cost/seconds"], curves["val/CIDEr"]
        found = _Trained(
            steps=clock.steps[-1] + 1,  # the first is step 0
            seconds=clock.values[-1],
            checks=len(checked.steps),
            accumulated=int(trainer["accumulate_grad_batches"]),
        )
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError):
        found = _Trained(0, math.nan, 0, 1)
    if not (found.steps > 0 and found.checks > 0 and found.seconds > 0):
        raise CaptionerError(
            f"{run}: expected a training with a record of its steps, validations and seconds, found"
            " none"
        )
    return found
