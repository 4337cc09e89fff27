"""Training curves: the loss, and the CIDEr of validation, over images seen and over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.ticker import StrMethodFormatter

from captioner.comparison.results import Comparison, Curve, RunResult
from captioner.formatting import fixed
from captioner.report.document import Drawing
from captioner.report.figures.canvas import curve_line, legend, panels, thinned, to_png
from captioner.report.styles import Style, styles

_SEEN = "cost/images_seen"


class _Across(NamedTuple):
    """What the horizontal axis shows: name, label, explanation, and its values for a curve."""

    name: str
    label: str
    explanation: str
    values: Callable[[RunResult, Curve], Sequence[float]]


class _Up(NamedTuple):
    """What the vertical axis shows."""

    name: str
    tag: str
    label: str
    explanation: str


_STEPS = _Across(
    "steps",
    "optimizer steps",
    "A step is one update of the weights.",
    lambda run, curve: curve.steps,
)
_IMAGES = _Across(
    "images",
    "images seen in training",
    "An image counts as often as it was shown.",
    lambda run, curve: _images(run.curves[_SEEN], curve.steps),
)
_TIME = _Across(
    "time",
    "seconds of training",
    "Time in training alone: where a curve ends, that captioner had seen all it was to see.",
    lambda run, curve: curve.seconds,
)
_CIDER = _Up(
    "cider",
    "val/CIDEr",
    "CIDEr of validation",
    "How much what is generated for the validation images agrees with what people wrote, "
    "measured now and then while the captioner learns.",
)
_LOSS = _Up(
    "loss",
    "train/loss",
    "training loss per word (nats)",
    "How surprised the captioner is by each next word of a true caption while it learns; 0 would "
    "be no surprise at all.",
)


def curves_drawings(comparison: Comparison) -> list[Drawing]:
    """Return validation CIDEr and training loss, each against images or steps, and seconds."""
    runs = [run for model in comparison.models for run in model.runs if run.curves]
    # Steps of captioners with different batches are no common measure; images are.
    seen = _IMAGES if all(_SEEN in run.curves for run in runs) else _STEPS
    found = [_drawing(comparison, up, across) for up in (_CIDER, _LOSS) for across in (seen, _TIME)]
    return [drawing for drawing in found if drawing is not None]


def _drawing(comparison: Comparison, up: _Up, across: _Across) -> Drawing | None:
    shown = styles([model.name for model in comparison.models])
    figure, (axes,) = panels()
    ends = []
    for model in comparison.models:
        lines = [
            thinned(across.values(run, run.curves[up.tag]), run.curves[up.tag].values)
            for run in model.runs
            if up.tag in run.curves
        ]
        lines = [(x, y) for x, y in lines if x]
        for x, y in lines:
            curve_line(axes, x, y, shown[model.name])
        if lines:
            end, last = (float(np.mean([line[axis][-1] for line in lines])) for axis in (0, 1))
            ends.append(f"{model.name} ends at {fixed(last)} after {fixed(end, 0)} {across.label}")
    if not ends:
        return None
    axes.set_xlabel(across.label)
    axes.set_ylabel(up.label)
    if across is not _TIME:
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlim(left=0)
    legend(figure, _with_curves(comparison, up.tag, shown))
    title = f"{up.label[0].upper()}{up.label[1:]} by {across.name}"
    several = max(len(model.runs) for model in comparison.models) > 1
    each = " One line for each seed." if several else ""
    return Drawing(
        name=f"{up.name}-by-{across.name}",
        title=title,
        explanation=f"{up.explanation} {across.explanation}{each}",
        alt=f"{title}: " + "; ".join(ends) + ".",
        png=to_png(figure),
    )


def _with_curves(comparison: Comparison, tag: str, shown: dict[str, Style]) -> dict[str, Style]:
    return {
        model.name: shown[model.name]
        for model in comparison.models
        if any(tag in run.curves for run in model.runs)
    }


def _images(seen: Curve, steps: Sequence[int]) -> list[float]:
    """Return how many images had been seen at steps, on a straight line between two records."""
    found: list[float] = np.interp(steps, [-1, *seen.steps], [0.0, *seen.values]).tolist()
    return found
