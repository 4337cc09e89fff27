"""Score tables: how good the captions are, and which differences are real."""

from __future__ import annotations

import math

from captioner.comparison.quality.significance import LEAST_SEEDS, LEVEL
from captioner.comparison.results import Comparison, Interval, ModelDifference
from captioner.formatting import MISSING, fixed, p_value, signed, span
from captioner.report.document import Cell, Row, Table

_HINTS = {
    "BLEU-1": "words that a reference has too",
    "BLEU-2": "the same for pairs of words",
    "BLEU-3": "the same for 3 words in a row",
    "BLEU-4": "the same for 4 words in a row",
    "ROUGE-L": "longest common sequence of words",
    "CIDEr": "shared phrases, rare ones count more; 0 to 10",
    "METEOR": "shared words, word forms and synonyms",
}


def scores_table(comparison: Comparison) -> Table:
    """Return every score of every captioner with its interval, the best ones marked."""
    models = comparison.models
    names = list(dict.fromkeys(name for model in models for name in model.scores))
    notes = [f"Small: 95 % intervals, which cover {comparison.intervals_cover}."]
    if _are_decided(comparison):
        notes.append(
            "Bold: the best value of a row, and every value that is not shown to be worse (table of"
            " paired tests)."
        )
    elif len(models) > 1:
        notes.append("With fewer than three seeds no value is marked as the best.")
    return Table(
        caption="Scores of the captions of the test images (more is better)",
        corner="Score",
        columns=[model.name for model in models],
        rows=[_score_row(comparison, name) for name in names],
        notes=notes,
    )


def _score_row(comparison: Comparison, score: str) -> Row:
    values = {model.name: model.scores.get(score) for model in comparison.models}
    known = {
        name: found.value
        for name, found in values.items()
        if found is not None and math.isfinite(found.value)
    }
    best = max(known, key=known.__getitem__, default=None)
    tests = [each for each in comparison.differences if each.score == score]
    worse = {
        name
        for each in tests
        if each.better == best
        for name in (each.first, each.second)
        if name != best
    }
    tested = {name for each in tests for name in (each.first, each.second)}
    strong = (tested & known.keys()) - worse if _are_decided(comparison) else set()
    return Row(
        score,
        [interval_cell(found, strong=name in strong) for name, found in values.items()],
        _HINTS.get(score, ""),
    )


def _are_decided(comparison: Comparison) -> bool:
    """Return whether there are differences, of captioners with seeds enough to decide on them."""
    tests = comparison.differences
    return bool(tests) and all(each.seeds >= LEAST_SEEDS for each in tests)


def interval_cell(found: Interval | None, *, strong: bool = False) -> Cell:
    """Return a value with its interval as a cell."""
    if found is None:
        return Cell(MISSING)
    return Cell(fixed(found.value), span(found.low, found.high), strong)


def differences_table(comparison: Comparison) -> Table | None:
    """Return the paired tests between every two captioners, or None if there is one only."""
    differences = comparison.differences
    if not differences:
        return None
    scores = list(dict.fromkeys(each.score for each in differences))
    pairs = list(dict.fromkeys((each.first, each.second) for each in differences))
    found = {(each.first, each.second, each.score): each for each in differences}
    rows = [
        Row(
            f"{first} minus {second}",
            [_difference_cell(found.get((first, second, score))) for score in scores],
        )
        for first, second in pairs
    ]
    notes = [
        "The difference, its 95 % interval, and p: how often chance alone would make a difference "
        "at least as large if there were none. Tests are paired: both captioners are scored on the "
        "same images. Bold: the interval excludes 0."
    ]
    if len(pairs) > 1:
        notes.append(
            f"The {len(pairs)} intervals of a score hold together, 95 times in 100; so its p, which"
            f" is that of a single test, is below {(1 - LEVEL) / len(pairs):.4f} where it is bold."
        )
    notes += seed_notes(comparison)
    return Table("Paired tests", "Captioners", scores, rows, notes, of_models=False)


def seed_notes(comparison: Comparison) -> list[str]:
    """Return what to know of tests that do not cover what the seed of training does."""
    if comparison.intervals_cover == "seeds and images":
        return []
    return [
        f"Intervals and tests cover {comparison.intervals_cover}: they are about these trained "
        "captioners. How much of a difference another seed would make is not known."
    ]


def _difference_cell(found: ModelDifference | None) -> Cell:
    if found is None:
        return Cell(MISSING)
    value, low, high, p = found.difference
    parts = [f"{signed(low)} to {signed(high)}"] if math.isfinite(low + high) else []
    return Cell(signed(value), ",\n".join([*parts, p_value(p)]), strong=found.better is not None)


def runs_table(comparison: Comparison) -> Table:
    """Return a row for every trained captioner: its scores, and where its weights are."""
    runs = [run for model in comparison.models for run in model.runs]
    names = list(dict.fromkeys(name for run in runs for name in run.scores))
    rows = [
        Row(
            run.model if run.seed is None else f"{run.model}, seed {run.seed}",
            [Cell(fixed(run.scores.get(name))) for name in names]
            + [Cell(fixed(run.perplexity, 2)), Cell(run.checkpoint)],
        )
        for run in runs
    ]
    return Table(
        "Every run", "Run", [*names, "perplexity", "checkpoint"], rows, of_models=False, folded=True
    )
