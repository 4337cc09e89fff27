"""Scalar mix of ELMo, drawn: the layers' shares and gamma over training."""

from __future__ import annotations

from captioner.comparison.results import Comparison, ModelResult
from captioner.formatting import fixed
from captioner.report.document import Drawing
from captioner.report.figures.canvas import curve_line, from_zero, legend, panels, thinned, to_png
from captioner.report.styles import Style, styles

_PREFIX = "elmo/"
_GAMMA = "elmo/gamma"


def elmo_drawings(comparison: Comparison) -> list[Drawing]:
    """Return shares and gamma of each captioner that mixes the layers of a language model."""
    shown = styles([model.name for model in comparison.models])
    found = []
    for place, model in enumerate(comparison.models):
        tags = sorted({tag for run in model.runs for tag in run.curves if tag.startswith(_PREFIX)})
        shares = [tag for tag in tags if tag != _GAMMA]
        if shares:
            title = f"{model.name}: shares of the language model's layers"
            explanation = (
                "The language model describes every word in several layers, from its spelling "
                "(layer 0) to its place in the sentence. The captioner learns how much to take of "
                "each; the shares add up to 1."
            )
            marks = styles(shares)  # for the shapes; the colour stays the captioner's own
            layers = {
                tag.removeprefix(_PREFIX): Style(shown[model.name].colour, *marks[tag][1:])
                for tag in shares
            }
            named = f"elmo-layers-{place}"
            found.append(_drawing(model, layers, named, title, explanation, "share of the mix"))
        if _GAMMA in tags:
            title = f"{model.name}: how loud the language model is (gamma)"
            explanation = (
                "Gamma scales the mix of all layers: the captioner turns it up where the "
                "language model helps, and down where it does not."
            )
            gamma = {"gamma": shown[model.name]}
            named = f"elmo-gamma-{place}"
            found.append(_drawing(model, gamma, named, title, explanation, "gamma"))
    return found


def _drawing(
    model: ModelResult, marks: dict[str, Style], name: str, title: str, explanation: str, unit: str
) -> Drawing:
    figure, (axes,) = panels()
    said = []
    for tag, style in marks.items():
        curves = [run.curves[_PREFIX + tag] for run in model.runs if _PREFIX + tag in run.curves]
        for curve in curves:
            x, y = thinned(curve.steps, curve.values)
            curve_line(axes, x, y, style)
            if y:
                said.append(f"{tag} from {fixed(y[0], 2)} to {fixed(y[-1], 2)}")
    axes.set_xlabel("optimizer steps")
    axes.set_ylabel(unit)
    axes.set_xlim(left=0)
    from_zero(axes)
    legend(figure, marks)
    return Drawing(name, title, explanation, f"{title}: " + "; ".join(said) + ".", to_png(figure))
