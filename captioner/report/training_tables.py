"""Training tables: what differs in the recipes, and what other lengths led to."""

from __future__ import annotations

from captioner.comparison.results import Arm, Comparison
from captioner.formatting import MISSING, durations, fixed
from captioner.report.document import Cell, Row, Table
from captioner.report.score_tables import interval_cell


def recipes_table(comparison: Comparison) -> Table:
    """Return the training settings in which captioners differ, and how they were chosen."""
    recipes = comparison.recipes
    names = list(dict.fromkeys(name for each in recipes.values() for name in each))
    rows = [
        Row(name, [Cell(each.get(name, MISSING)) for each in recipes.values()]) for name in names
    ]
    same = "All other training settings are the same for all."
    notes = [f"{same} {MISSING}: that captioner has no such setting."]
    return Table("Training settings", "Setting", list(recipes), rows, notes)


def arm_table(arm: Arm) -> Table:
    """Return the scores of captioners that were trained for another length, and that length."""
    columns = list(arm.scores)
    scores = list(dict.fromkeys(name for each in arm.scores.values() for name in each))
    rows = [
        Row(score, [interval_cell(arm.scores[name].get(score)) for name in columns])
        for score in scores
    ]
    steps = [arm.steps.get(name) for name in columns]
    rows += [
        Row("Steps", [Cell("all" if each is None else fixed(each, 0)) for each in steps]),
        Row("Training time", [Cell(text) for text in durations(map(arm.seconds.get, columns))]),
    ]
    return Table(f"Trained with {arm.name}", "Score", columns, rows)
