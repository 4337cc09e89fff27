"""Step time by caption length, drawn: in training, and in writing word by word."""

from __future__ import annotations

from captioner.comparison.results import Comparison, StepTime
from captioner.formatting import rounded
from captioner.report.document import Drawing
from captioner.report.figures.canvas import finite, from_zero, legend, panels, to_png
from captioner.report.styles import styles


def step_times_drawings(comparison: Comparison) -> list[Drawing]:
    """Return the figures of time by length that were measured: training, writing."""
    training = _drawing(
        comparison,
        {
            model.name: [(time, time.training) for time in model.step_times]
            for model in comparison.models
        },
        name="training-step-by-length",
        title="Time of a training step by caption length",
        quantity="training step (ms)",
        explanation="In training all words of a caption are known beforehand. A captioner that "
        "reads them in parallel hardly notices a longer one; one that must read them one after "
        "the other takes twice the time for twice the words.",
    )
    writing = _drawing(
        comparison,
        {
            model.name: [(time, time.writing) for time in model.step_times]
            for model in comparison.models
        },
        name="writing-by-length",
        title="Time per written word by caption length",
        quantity="one word of greedy search (ms)",
        explanation="A caption is written word by word, whatever the captioner. A flat line means "
        "that a word late in a long caption costs as much as an early one.",
    )
    return [drawing for drawing in (training, writing) if drawing is not None]


def _drawing(
    comparison: Comparison,
    times: dict[str, list[tuple[StepTime, float]]],
    *,
    name: str,
    title: str,
    quantity: str,
    explanation: str,
) -> Drawing | None:
    figure, (axes,) = panels()
    shown = styles([model.name for model in comparison.models])
    said = []
    for model, own in times.items():
        known = [(time.words, value) for time, value in own if finite(value)]
        if not known:
            continue
        style = shown[model]
        axes.plot(
            *zip(*known, strict=True), color=style.colour, marker=style.marker, linestyle=style.dash
        )
        (short, quick), (long, slow) = known[0], known[-1]
        said.append(
            f"{model} {rounded(quick)} ms at {short} words, {rounded(slow)} ms at {long} words"
        )
    if not said:
        return None
    axes.set_xlabel("words of the caption")
    axes.set_ylabel(quantity)
    axes.set_xlim(left=0)
    from_zero(axes)
    legend(figure, shown)
    return Drawing(name, title, explanation, f"{title}: " + "; ".join(said) + ".", to_png(figure))
