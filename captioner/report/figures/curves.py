"""How training went: the loss, and the CIDEr of validation, over steps and over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from captioner.comparison.results import Comparison, Curve, ModelResult
from captioner.report.colours import looks
from captioner.report.document import Drawing
from captioner.report.figures.canvas import legend, panels, to_png
from captioner.report.numerals import duration, fixed

_POINTS = 60

_LOSS = (
    "The loss says how surprised the captioner is by each next word of a true caption while it "
    "learns: 0 would be no surprise at all."
)
_CIDER = (
    "CIDEr says how much what is generated for the validation images agrees with what people "
    "wrote; it is measured now and then while the captioner learns."
)
_STEPS = "A step is one update of the weights."
_TIME = "Time in training alone: where a curve ends, that captioner had seen all it was to see."


def curves_drawings(comparison: Comparison) -> list[Drawing]:
    """Return training loss and validation CIDEr, each against steps and against seconds."""
    found = [
        _drawing(comparison, tag, name, quantity, explanation, by_time=by_time)
        for tag, name, quantity, explanation in (
            ("val/CIDEr", "cider", "CIDEr of validation", _CIDER),
            ("train/loss", "loss", "training loss per word (nats)", _LOSS),
        )
        for by_time in (False, True)
    ]
    return [drawing for drawing in found if drawing is not None]


def points(curve: Curve, by_time: bool) -> tuple[list[float], list[float]]:
    """Return a curve with at most 60 points, each the mean of as many neighbours.

    Args:
        curve: The curve.
        by_time: Whether x is seconds, not steps.

    Returns:
        x and y; points of which either is no number are left out.

    Example:
        >>> points(Curve([1, 2, 3], [0.1, float("nan"), 0.3], [5.0, 4.0, 3.0]), by_time=True)
        ([0.1, 0.3], [5.0, 3.0])
    """
    both = np.array([curve.seconds if by_time else curve.steps, curve.values], float)
    both = both[:, np.isfinite(both).all(axis=0)]
    parts = np.array_split(both, min(_POINTS, both.shape[1]) or 1, axis=1)
    means = [part.mean(axis=1) for part in parts if part.size]
    return [float(x) for x, _ in means], [float(y) for _, y in means]


def _drawing(
    comparison: Comparison,
    tag: str,
    name: str,
    quantity: str,
    explanation: str,
    *,
    by_time: bool,
) -> Drawing | None:
    shown = looks([model.name for model in comparison.models])
    figure, (axes,) = panels()
    ends = []
    for model in comparison.models:
        lines = _lines(model, tag, by_time)
        look = shown[model.name]
        for x, y in lines:
            axes.plot(
                x,
                y,
                color=look.colour,
                linestyle=look.dash,
                marker=look.marker,
                markevery=max(1, len(x) // 8),
                markersize=4,
                linewidth=1.2,
            )
        if lines:
            last = _mean([y[-1] for _, y in lines])
            end = _mean([x[-1] for x, _ in lines])
            where = duration(end) if by_time else f"step {fixed(end, 0)}"
            ends.append(f"{model.name} ends at {fixed(last)} after {where}")
    if not ends:
        return None
    axes.set_xlabel("seconds of training" if by_time else "optimizer steps")
    axes.set_ylabel(quantity)
    axes.set_xlim(left=0)
    legend(figure, shown)
    title = f"{quantity[0].upper()}{quantity[1:]} against {'time' if by_time else 'steps'}"
    seeds = max(len(model.runs) for model in comparison.models)
    lines_said = " One line for each seed." if seeds > 1 else ""
    return Drawing(
        name=f"{name}-by-{'time' if by_time else 'steps'}",
        title=title,
        explanation=f"{explanation} {_TIME if by_time else _STEPS}{lines_said}",
        alt=f"{title}: " + "; ".join(ends) + ".",
        png=to_png(figure),
    )


def _lines(model: ModelResult, tag: str, by_time: bool) -> list[tuple[list[float], list[float]]]:
    found = [points(run.curves[tag], by_time) for run in model.runs if tag in run.curves]
    return [(x, y) for x, y in found if x]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
