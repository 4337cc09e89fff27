"""Training curves, read from the event files that a run wrote for TensorBoard."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from captioner.comparison.results import Curve, TrainingCost


def read_curves(run: Path) -> dict[str, Curve]:
    """Return every figure that a training run logged, by TensorBoard tag.

    A resumed run has one file for each time that it was started. What a killed run logged after
    its last checkpoint is told anew by the one that went on from there, and replaced by that. A
    file that breaks off, as a killed process leaves it, counts up to there.

    Args:
        run: Folder of the run; folders in it are not looked at.

    Returns:
        The curves; empty if nothing was logged. Their seconds are those of ``cost/seconds``, on a
        straight line between two records; NaN after the last one, and in runs without.

    Example:
        >>> read_curves(Path("no such run"))
        {}
    """
    points: dict[str, list[_Point]] = {}
    for tag, point in _points(run):
        curve = points.setdefault(tag, [])
        while curve and curve[-1].step >= point.step:
            curve.pop()
        curve.append(point)
    clock = points.get("cost/seconds", [])
    return {
        tag: Curve(
            steps=[point.step for point in curve],
            seconds=_seconds([point.step for point in curve], clock),
            values=[point.value for point in curve],
        )
        for tag, curve in sorted(points.items())
    }


def training_cost(curves: Mapping[str, Curve]) -> TrainingCost | None:
    """Return what a run took in all, or None if it left no record of that.

    Args:
        curves: What :func:`read_curves` returned.

    Example:
        >>> costs = {"seconds": 60.0, "captions_per_second": 50.0, "images_seen": 600.0}
        >>> curves = {f"cost/{name}": Curve([9], [60.0], [value]) for name, value in costs.items()}
        >>> training_cost(curves)
        TrainingCost(seconds=60.0, captions_per_second=50.0, images_seen=600, peak_memory=nan)
    """
    names = "seconds", "captions_per_second", "images_seen", "peak_memory"
    found = {name: curves[f"cost/{name}"].values[-1] for name in names if f"cost/{name}" in curves}
    if not found.keys() >= {"seconds", "captions_per_second", "images_seen"}:
        return None
    return TrainingCost(
        seconds=found["seconds"],
        captions_per_second=found["captions_per_second"],
        images_seen=round(found["images_seen"]),
        peak_memory=found.get("peak_memory", math.nan),
    )


class _Point(NamedTuple):
    step: int
    value: float


def _points(run: Path) -> Iterator[tuple[str, _Point]]:
    """Yield all figures with their tags, in the order in which they were logged."""
    files = [_read(path) for path in run.glob("events.out.tfevents.*")]
    # The names tell seconds only; a run may be killed and resumed within one.
    for _, figures in sorted((file for file in files if file[1]), key=lambda file: file[0]):
        trained = any(tag.startswith(("train/", "cost/")) for tag, _ in figures)
        # What validate logs later, of one checkpoint and as of step 0, is no part of a curve.
        yield from (figure for figure in figures if trained or figure[0].startswith("test/"))


def _read(path: Path) -> tuple[float, list[tuple[str, _Point]]]:
    """Return when a file was begun, and the figures in it, as far as it can be read."""
    # Slow to import, and only wanted here.
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    begun, figures = math.inf, []
    try:
        for event in LegacyEventFileLoader(str(path)).Load():
            begun = min(begun, event.wall_time)
            figures += [
                (value.tag, _Point(event.step, value.simple_value))
                for value in event.summary.value
                if value.HasField("simple_value")
            ]
    except (OSError, DecodeError):
        pass  # as much as there is
    return begun, figures


def _seconds(steps: list[int], clock: list[_Point]) -> list[float]:
    """Return the time at which steps were done; step 0 is the first, and it takes time too."""
    if not clock:
        return [math.nan] * len(steps)
    known = [-1, *(point.step for point in clock)]
    times = [0.0, *(point.value for point in clock)]
    found: list[float] = np.interp(steps, known, times, right=math.nan).tolist()
    return found
