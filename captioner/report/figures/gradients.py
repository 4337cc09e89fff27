"""Vanishing gradients, drawn: how far back a captioner can learn."""

from __future__ import annotations

import math

from matplotlib.ticker import MaxNLocator

from captioner.comparison.results import Comparison
from captioner.formatting import rounded
from captioner.report.document import Drawing
from captioner.report.figures.canvas import legend, panels, to_png
from captioner.report.styles import styles


def gradients_drawings(comparison: Comparison) -> list[Drawing]:
    """Return a figure of the gradient by distance, or nothing if it was not measured."""
    figure, (axes,) = panels()
    shown = styles([model.name for model in comparison.models])
    said = []
    for model in comparison.models:
        reach = [
            (words, value)
            for words, value in enumerate(model.gradient_reach, start=1)
            if math.isfinite(value) and value > 0  # a logarithmic axis has no zero
        ]
        if not reach:
            continue
        style = shown[model.name]
        axes.plot(
            *zip(*reach, strict=True),
            color=style.colour,
            marker=style.marker,
            linestyle=style.dash,
            markersize=5,
        )
        (_, first), (last, value) = reach[0], reach[-1]
        said.append(f"{model.name} from {rounded(first)} to {rounded(value)} at {last} words")
    if not said:
        return []
    axes.set_yscale("log")
    axes.set_xlabel("words back from the end of the caption")
    axes.set_ylabel("gradient norm (nearest word = 1)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend(figure, shown)
    return [
        Drawing(
            name="gradient-reach",
            title="How far back the gradient reaches",
            explanation="How strongly the last word of a caption depends on a word further and "
            "further before it, and so how well the captioner can learn that dependence. The "
            "scale is logarithmic: a straight line down is a signal that vanishes exponentially, "
            "a flat line one that arrives from any distance." + _left_out(comparison),
            alt="Gradient by distance: " + "; ".join(said) + ".",
            png=to_png(figure),
        )
    ]


def _left_out(comparison: Comparison) -> str:
    """Return for whom this is not the whole way back."""
    names = [each.name for each in comparison.models if each.captioner == "ElmoCaptioner"]
    if not names:
        return ""
    return (
        f" Of {', '.join(names)} it is the way through the decoder alone: what reaches a word "
        "through the language model comes on top, and is not measured."
    )
