"""Scores with their intervals, drawn."""

from __future__ import annotations

from matplotlib.axes import Axes

from captioner.comparison.results import Comparison, Interval
from captioner.formatting import fixed, span
from captioner.report.document import Drawing
from captioner.report.figures.canvas import finite, legend, offsets, panels, to_png
from captioner.report.styles import styles

_OF_TEN = "CIDEr"  # the one score that goes from 0 to 10


def scores_drawings(comparison: Comparison) -> list[Drawing]:
    """Return a figure of all scores, or nothing if there is no score."""
    names = list(dict.fromkeys(name for model in comparison.models for name in model.scores))
    parts = [part for part in ([n for n in names if n != _OF_TEN], [_OF_TEN]) if {*part} & {*names}]
    if not parts:
        return []
    row = 0.2 + 0.1 * len(comparison.models)
    heights = [0.7 + row * len(part) for part in parts]
    heights[-1] += 0.3  # for the legend
    figure, axes = panels(len(parts), heights)
    for own, part in zip(axes, parts, strict=True):
        _draw(own, comparison, part)
    axes[-1].set_xlabel("score: further to the right is better")
    legend(figure, styles([model.name for model in comparison.models]))
    said = (
        f"{name} of {model.name} {fixed(value.value)} ({span(value.low, value.high)})"
        for name in names
        for model in comparison.models
        if (value := model.scores.get(name)) is not None
    )
    return [
        Drawing(
            name="scores",
            title="Scores with 95 % intervals",
            explanation="The mark is the score, the line its 95 % interval: where it might as well "
            f"lie with other {comparison.intervals_cover.removesuffix(' only')}. Lines that "
            "overlap need not mean a tie: the paired tests below look at the same images for both.",
            alt="Scores: " + "; ".join(said) + ".",
            png=to_png(figure),
        )
    ]


def _draw(axes: Axes, comparison: Comparison, names: list[str]) -> None:
    """Draw scores below each other."""
    models = comparison.models
    for model, aside, style in zip(
        models, offsets(len(models)), styles([model.name for model in models]).values(), strict=True
    ):
        for place, name in enumerate(names):
            value, low, high = model.scores.get(name, Interval(*3 * [float("nan")]))
            if finite(low, high):
                axes.hlines(place + aside, low, high, color=style.colour, linewidth=2)
            if finite(value):
                axes.plot(value, place + aside, style.marker, color=style.colour, markersize=6)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.grid(visible=False, axis="y")
