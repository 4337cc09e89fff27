"""Cost table: on disk, in training, for each picture."""

from __future__ import annotations

from collections.abc import Callable

from captioner.comparison.results import Comparison, ModelResult
from captioner.formatting import duration, fixed, rounded
from captioner.report.document import Cell, Row, Table


def cost_table(comparison: Comparison) -> Table:
    """Return what captioning and training cost, with units."""
    models = comparison.models
    rows = [
        Row(header, [Cell(value(model)) for model in models], hint)
        for header, hint, value in (*_CAPTIONING, *_TRAINING)
    ]
    if any(model.pretraining is not None for model in models):
        rows.insert(len(_CAPTIONING) + 1, _pretraining(models))
    return Table("What the captioners cost", "Cost", [model.name for model in models], rows)


def _pretraining(models: list[ModelResult]) -> Row:
    times = [model.pretraining for model in models]
    return Row(
        "Training beforehand",
        [Cell("none" if seconds is None else duration(seconds)) for seconds in times],
        "of a part that can be used again, such as a language model; not in the training time",
    )


Line = tuple[str, str, Callable[[ModelResult], str]]

_CAPTIONING: tuple[Line, ...] = (
    (
        "Trained parameters (millions)",
        "what training changes",
        lambda model: rounded(model.inference.trained_parameters / 1e6),
    ),
    (
        "Frozen parameters (millions)",
        "used as they were: the image encoder, a frozen language model",
        lambda model: rounded(model.inference.frozen_parameters / 1e6),
    ),
    (
        "Size on disk (MB)",
        "all weights that captioning needs",
        lambda model: rounded(model.inference.megabytes),
    ),
    (
        "One picture, median (ms)",
        "from decoded picture to caption, one at a time",
        lambda model: rounded(model.inference.latency_p50),
    ),
    (
        "One picture, 95th percentile (ms)",
        "19 of 20 pictures are quicker",
        lambda model: rounded(model.inference.latency_p95),
    ),
    (
        "Pictures per second in batches",
        "decoded pictures, together",
        lambda model: rounded(model.inference.images_per_second),
    ),
)

_TRAINING: tuple[Line, ...] = (
    (
        "Training time",
        "steps and waiting for data, validation left out",
        lambda model: duration(model.training.seconds if model.training else None),
    ),
    (
        "Captions per second in training",
        "reference captions learnt from",
        lambda model: rounded(model.training.captions_per_second if model.training else None),
    ),
    (
        "Images seen in training",
        "repetitions counted",
        lambda model: fixed(model.training.images_seen if model.training else None, 0),
    ),
    (
        "Peak memory in training (MiB)",
        "of the process, or on the GPU",
        lambda model: fixed(model.training.peak_memory if model.training else None, 0),
    ),
)
