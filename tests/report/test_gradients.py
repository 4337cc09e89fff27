"""The figure of the gradient says for whom it is not the whole way."""

from dataclasses import replace

from captioner.report.figures.gradients import gradients_drawings


def test_what_a_language_model_passes_on_is_said_to_be_left_out(comparison):
    (drawing,) = gradients_drawings(comparison)
    assert "Of ELMo it is the way through the decoder alone" in drawing.explanation
    others = [model for model in comparison.models if model.captioner != "ElmoCaptioner"]
    (drawing,) = gradients_drawings(replace(comparison, models=others))
    assert "decoder alone" not in drawing.explanation
