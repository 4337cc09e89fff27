"""CSV of the scores: a row for each captioner, seed and score."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator

from captioner.comparison.results import Comparison, Interval, ModelResult

_HEADER = ["model", "captioner", "seed", "score", "value", "low", "high", "checkpoint"]


def score_rows(comparison: Comparison) -> str:
    """Return the scores as CSV, unrounded.

    ``seed`` is ``all`` for what the seeds have in common, with its 95 % interval, and empty for a
    checkpoint whose seed is not known; numbers that there are not are empty.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    for model in comparison.models:
        writer.writerows(_rows(model))
    return out.getvalue()


def _rows(model: ModelResult) -> Iterator[list[object]]:
    start = [model.name, model.captioner]
    groups = {f"CIDEr, {name}": value for name, value in model.groups.items()}
    extra = {"repetition": model.repetition, "CIDEr, wrong pictures": model.wrong_pictures}
    for score, interval in {**model.scores, **model.diversity, **groups, **extra}.items():
        yield [*start, "all", score, *_numbers(interval), ""]
    yield [*start, "all", "perplexity", _number(model.perplexity), "", "", ""]
    for run in model.runs:
        for score, value in {**run.scores, "perplexity": run.perplexity}.items():
            seed = "" if run.seed is None else run.seed
            yield [*start, seed, score, _number(value), "", "", run.checkpoint]


def _numbers(interval: Interval) -> list[object]:
    return [_number(value) for value in interval]


def _number(value: float) -> object:
    return value if math.isfinite(value) else ""
