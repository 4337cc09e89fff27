"""Cost table: on disk, in training, for each picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from captioner.comparison.cost.timing import mark_noise
from captioner.comparison.results import Comparison, InferenceCost, ModelResult
from captioner.formatting import MISSING, durations, fixed, rounded
from captioner.report.document import Cell, Row, Table


def cost_table(comparison: Comparison) -> Table:
    """Return what captioning and training cost, with units."""
    models = comparison.models
    rows = [
        Row(
            name,
            [Cell(value(each.inference) if each.inference else MISSING) for each in models],
            hint,
        )
        for name, hint, value in _CAPTIONING
    ]
    rows.append(
        Row(
            "Training time",
            _times(model.training.seconds if model.training else None for model in models),
            "steps and waiting for data, validation left out",
        )
    )
    if any(model.pretraining is not None for model in models):
        rows.append(_pretraining(models))
    rows += [
        Row(name, [Cell(value(each)) for each in models], hint) for name, hint, value in _TRAINING
    ]
    return Table("What the captioners cost", "Cost", [model.name for model in models], rows)


def _pretraining(models: list[ModelResult]) -> Row:
    times = _times(model.pretraining for model in models)
    return Row(
        "Training beforehand",
        [
            Cell("none") if model.pretraining is None else time
            for model, time in zip(models, times, strict=True)
        ],
        "of a part that can be used again, such as a language model; not in the training time",
    )


def _times(seconds: Iterable[float | None]) -> list[Cell]:
    return [Cell(text) for text in durations(seconds)]


_CAPTIONING: tuple[tuple[str, str, Callable[[InferenceCost], str]], ...] = (
    (
        "Trained parameters (millions)",
        "what training changes",
        lambda cost: rounded(cost.trained_parameters / 1e6),
    ),
    (
        "Frozen parameters (millions)",
        "used as they were: the image encoder, a frozen language model",
        lambda cost: rounded(cost.frozen_parameters / 1e6),
    ),
    (
        "Size on disk (MB)",
        "all weights that captioning needs",
        lambda cost: rounded(cost.megabytes),
    ),
    (
        "One picture, median (ms)",
        "from decoded picture to caption, one at a time",
        lambda cost: mark_noise(rounded(cost.latency_p50), cost.p50_spread, cost.cpu_wait),
    ),
    (
        "One picture, 95th percentile (ms)",
        "19 of 20 pictures are quicker",
        lambda cost: mark_noise(rounded(cost.latency_p95), cost.p95_spread, cost.cpu_wait),
    ),
    (
        "Pictures per second in batches",
        "decoded pictures, together",
        lambda cost: mark_noise(
            rounded(cost.images_per_second), cost.throughput_spread, cost.cpu_wait
        ),
    ),
)

_TRAINING: tuple[tuple[str, str, Callable[[ModelResult], str]], ...] = (
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
