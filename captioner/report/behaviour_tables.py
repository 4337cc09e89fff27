"""Behaviour tables: diversity, repetition, hard pictures, lengths, gradients, step times."""

from __future__ import annotations

from collections.abc import Callable

from captioner.comparison.results import Comparison, Interval, ModelResult, StepTime
from captioner.formatting import MISSING, fixed, percent, rounded, span
from captioner.report.document import Cell, Row, Table
from captioner.report.figures.lengths import length_name
from captioner.report.score_tables import interval_cell

_DIVERSITY_HINTS = {
    "distinct-1": "share of different words among all words said",
    "distinct-2": "share of different pairs of words",
    "words used": "different words in all captions",
    "novel": "share of captions that are no training caption, word for word",
}

_KINDS: tuple[tuple[str, Callable[[StepTime], float]], ...] = (
    ("a training step", lambda time: time.training),
    ("one word written", lambda time: time.writing),
)


def behaviour_table(comparison: Comparison) -> Table:
    """Return what the scores do not say about the captions."""
    models = comparison.models
    groups = list(dict.fromkeys(name for model in models for name in model.groups))
    kinds = list(dict.fromkeys(name for model in models for name in model.diversity))
    rows = [
        Row(
            "Perplexity",
            [Cell(fixed(model.perplexity, 2)) for model in models],
            "as unsure as between so many words, at each word of a reference; less is better",
        ),
        *(
            Row(f"CIDEr, {name}", [interval_cell(model.groups.get(name)) for model in models])
            for name in groups
        ),
        Row(
            "CIDEr, wrong pictures",
            [interval_cell(model.wrong_pictures) for model in models],
            "against references of other pictures: what phrases that suit many pictures are worth",
        ),
        Row(
            "Repetition",
            [_share(model.repetition) for model in models],
            "captions that say a pair of words twice; less is better",
        ),
        *(
            Row(name, [_variety(name, model) for model in models], _DIVERSITY_HINTS.get(name, ""))
            for name in kinds
        ),
    ]
    columns = [model.name for model in models]
    return Table("How the captions behave", "Behaviour", columns, rows)


def _share(found: Interval) -> Cell:
    ends = span(100 * found.low, 100 * found.high, 1)
    return Cell(percent(found.value), ends and f"{ends} %")


def _variety(name: str, model: ModelResult) -> Cell:
    found = model.diversity.get(name)
    if found is None:
        return Cell(MISSING)
    if name == "novel":
        return _share(found)
    if name == "words used":
        return Cell(fixed(found.value, 0), span(found.low, found.high, 0))
    return interval_cell(found)


def lengths_table(comparison: Comparison) -> Table:
    """Return the numbers behind the figure of CIDEr by length."""
    bins = max((model.by_length for model in comparison.models), key=len, default=[])
    rows = [
        Row(
            f"{length_name(part)} words",
            [
                interval_cell(
                    model.by_length[place].cider if place < len(model.by_length) else None
                )
                for model in comparison.models
            ],
            f"{part.images} images",
        )
        for place, part in enumerate(bins)
    ]
    return _numbers(comparison, "CIDEr by length of the references", "Length", rows)


def gradients_table(comparison: Comparison) -> Table:
    """Return the numbers behind the figure of the gradient's reach."""
    deepest = max((len(model.gradient_reach) for model in comparison.models), default=0)
    rows = [
        Row(
            f"{place + 1}",
            [
                Cell(rounded(dict(enumerate(model.gradient_reach)).get(place)))
                for model in comparison.models
            ],
        )
        for place in range(deepest)
    ]
    return _numbers(comparison, "Gradient by distance, the first being 1", "Words back", rows)


def step_times_table(comparison: Comparison) -> Table:
    """Return the numbers behind the figures of time by length."""
    lengths = sorted({time.words for model in comparison.models for time in model.step_times})
    rows = [
        Row(
            f"{words} words, {what} (ms)",
            [
                Cell(rounded({time.words: value(time) for time in model.step_times}.get(words)))
                for model in comparison.models
            ],
        )
        for what, value in _KINDS
        for words in lengths
    ]
    return _numbers(comparison, "Time by caption length", "Length", rows)


def _numbers(comparison: Comparison, caption: str, corner: str, rows: list[Row]) -> Table:
    return Table(caption, corner, [model.name for model in comparison.models], rows, folded=True)
