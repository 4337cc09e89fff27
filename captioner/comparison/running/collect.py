"""Results of finished runs: captions, curves and costs, read back."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from captioner.callbacks import ResultsFile
from captioner.comparison.results import RunResult
from captioner.comparison.running.curves import read_curves, training_cost
from captioner.comparison.running.progress import Progress
from captioner.comparison.running.task import Task
from captioner.errors import CaptionerError


def collect_runs(progress: Progress) -> list[RunResult]:
    """Return what was trained and tested, in the order of the tasks.

    Raises:
        CaptionerError: If the captions of a test are not there any more.
    """
    finished = zip(progress.tasks, progress.states, strict=True)
    return [
        _read_run(task) for task, state in finished if task.command == "test" and state == "done"
    ]


def explain_failures(progress: Progress) -> list[str]:
    """Return a sentence for every task that failed, what needed it included.

    Example:
        >>> explain_failures(Progress([]))
        []
    """
    sentences = [
        f"{progress.tasks[number].label} failed: {reason}"
        for number, reason in sorted(progress.reasons.items())
    ]
    skipped = [
        task.label
        for task, state in zip(progress.tasks, progress.states, strict=True)
        if state == "skipped"
    ]
    return sentences + ([f"Left out for that reason: {', '.join(skipped)}."] if skipped else [])


def pretraining_times(progress: Progress) -> dict[str, float]:
    """Return for how many seconds the part was trained that a captioner needs beforehand.

    Returns:
        Captioner -> seconds, the mean over seeds, NaN where a training left no record; only
        captioners that need one.

    Example:
        >>> pretraining_times(Progress([]))
        {}
    """
    seconds: dict[str, list[float]] = {}
    for task in progress.tasks:
        if task.is_pretraining:
            clock = read_curves(task.run).get("cost/seconds")
            seconds.setdefault(task.model, []).append(clock.values[-1] if clock else math.nan)
    return {name: fmean(each) for name, each in seconds.items()}


def _read_run(task: Task) -> RunResult:
    """Return what a test and the training before it left."""
    tested = read_curves(task.run)
    trained = tested if task.after is not None else read_curves(task.checkpoint.parents[1])
    perplexity = tested["test/perplexity"].values if "test/perplexity" in tested else [math.nan]
    return RunResult(
        model=task.model,
        seed=None if task.after is None else task.seed,
        checkpoint=str(task.checkpoint),
        captions=_read_captions(task.run / ResultsFile.file_name),
        perplexity=perplexity[-1],
        curves=trained,
        training=training_cost(trained),
        arm=task.arm,
    )


def _read_captions(path: Path) -> dict[int, str]:
    try:
        rows: Sequence[dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
        return {int(str(row["image_id"])): str(row["caption"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        raise CaptionerError(
            f"{path}: expected the captions of a finished test, found none; delete"
            f" {path.parents[1] / 'test.done.json'} to test again"
        ) from None
