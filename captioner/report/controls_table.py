"""Controls table: what the captioners have to beat, and how far they are above it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from captioner.comparison.results import Comparison, Interval
from captioner.formatting import percent
from captioner.report.document import Cell, Row, Table
from captioner.report.score_tables import interval_cell

_SHARED = "CIDEr"


def controls_table(comparison: Comparison) -> Table:
    """Return the scores of the controls, and their share of the best captioner's CIDEr."""
    names = list(dict.fromkeys(name for each in comparison.controls for name in each.scores))
    best = max((_cider(model.scores) for model in comparison.models), default=math.nan)
    rows = []
    for each in comparison.controls:
        share = _cider(each.scores) / best if best > 0 else math.nan
        cells = [interval_cell(each.scores.get(name)) for name in names]
        rows.append(Row(each.name, [*cells, Cell(percent(share))]))
    notes = [
        "What the captioners have to beat: trained and tested as they are, once, but without what"
        " is thought to matter. Small: 95 % intervals, which cover images only."
    ]
    columns = [*names, f"of the best {_SHARED}"]
    return Table("Controls", "Control", columns, rows, notes, of_models=False)


def _cider(scores: Mapping[str, Interval]) -> float:
    return scores[_SHARED].value if _SHARED in scores else math.nan
