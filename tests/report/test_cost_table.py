"""What captioners cost, and what has to be trained before them."""

import math
from dataclasses import replace

from captioner.report.cost_table import cost_table


def rows(comparison):
    return {row.header: [cell.text for cell in row.cells] for row in cost_table(comparison).rows}


def test_a_time_whose_repeats_never_agreed_says_so(comparison):
    first, *others = comparison.models
    busy = replace(first.inference, p50_spread=0.34)
    found = rows(replace(comparison, models=[replace(first, inference=busy), *others]))
    assert found["One picture, median (ms)"] == ["18.3 (noisy: repeats 34 % apart)", "19.3", "20.3"]
    assert found["One picture, 95th percentile (ms)"] == ["24.9", "25.9", "26.9"]
    assert found["Pictures per second in batches"] == ["142"] * 3
    waited = replace(first.inference, cpu_wait=0.5)
    found = rows(replace(comparison, models=[replace(first, inference=waited), *others]))
    marked = [name for name, cells in found.items() if "others had the processor" in cells[0]]
    assert marked == [
        "One picture, median (ms)",
        "One picture, 95th percentile (ms)",
        "Pictures per second in batches",
    ]


def test_training_beforehand_stands_below_the_training_time(comparison):
    found = rows(comparison)
    assert found["Training beforehand"] == ["none", "7.0 min", "none"]
    names = list(found)
    assert names.index("Training beforehand") == names.index("Training time") + 1


def test_a_training_beforehand_without_a_record_took_nobody_knows_how_long(comparison):
    models = [replace(model, pretraining=math.nan) for model in comparison.models]
    assert rows(replace(comparison, models=models))["Training beforehand"] == ["-"] * 3


def test_where_nothing_is_trained_beforehand_there_is_no_row(comparison):
    models = [replace(model, pretraining=None) for model in comparison.models]
    assert "Training beforehand" not in rows(replace(comparison, models=models))
