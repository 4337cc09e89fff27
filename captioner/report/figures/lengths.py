"""CIDEr by the length of the references: whether long descriptions are harder."""

from __future__ import annotations

from captioner.comparison.results import Comparison, LengthScore
from captioner.formatting import fixed
from captioner.report.document import Drawing
from captioner.report.figures.canvas import finite, from_zero, legend, offsets, panels, to_png
from captioner.report.styles import styles


def lengths_drawings(comparison: Comparison) -> list[Drawing]:
    """Return a figure of CIDEr by length, or nothing if it was not measured."""
    models = comparison.models
    bins = max((model.by_length for model in models), key=len, default=[])
    if not bins:
        return []
    figure, (axes,) = panels()
    shown = styles([model.name for model in models])
    said = []
    for model, aside in zip(models, offsets(len(models), 0.5), strict=True):
        style = shown[model.name]
        places = [place + aside for place in range(len(model.by_length))]
        for place, part in zip(places, model.by_length, strict=True):
            if finite(part.cider.low, part.cider.high):
                axes.vlines(place, part.cider.low, part.cider.high, color=style.colour, linewidth=2)
        values = [part.cider.value for part in model.by_length]
        axes.plot(places, values, color=style.colour, marker=style.marker, linestyle=style.dash)
        said.append(f"{model.name} " + ", ".join(map(fixed, values)))
    labels = [f"{length_name(part)}\n{part.images} images" for part in bins]
    axes.set_xticks(range(len(bins)), labels, fontsize=9 if len(bins) < 5 else 7)
    axes.set_xlabel("words of the references of an image, on average")
    axes.set_ylabel("CIDEr")
    from_zero(axes)
    legend(figure, shown)
    return [
        Drawing(
            name="cider-by-length",
            title="CIDEr by length of the references",
            explanation="The test images are sorted by how many words people needed for them. A "
            "captioner that loses the thread of long sentences falls further to the right than "
            "the others do. Lines are 95 % intervals.",
            alt=f"CIDEr for references of {', '.join(map(length_name, bins))} words: "
            + "; ".join(said)
            + ".",
            png=to_png(figure),
        )
    ]


def length_name(part: LengthScore) -> str:
    """Return which lengths a part of the images has.

    Example:
        >>> from captioner.comparison.results import Interval
        >>> length_name(LengthScore(8.0, 9.4, 20, Interval(1.0, 0.9, 1.1)))
        '8.0 to 9.4'
    """
    return f"{fixed(part.low, 1)} to {fixed(part.high, 1)}"
