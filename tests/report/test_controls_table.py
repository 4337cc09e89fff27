"""What captioners have to beat stands beside the best of them."""

import math
from dataclasses import replace

from captioner.comparison.results import ControlResult, Interval
from captioner.report.controls_table import controls_table


def test_a_control_is_given_as_a_share_of_the_best_captioner(comparison):
    table = controls_table(comparison)  # its CIDEr is 0.145, that of the best captioner 1.35
    assert table.columns == ["CIDEr", "BLEU-4", "of the best CIDEr"]
    assert [(row.header, row.cells[-1].text) for row in table.rows] == [("blind", "10.7 %")]


def test_a_share_of_nothing_is_none(comparison):
    nothing = Interval(0.0, 0.0, 0.0)
    models = [replace(each, scores={"CIDEr": nothing}) for each in comparison.models]
    controls = [ControlResult("blind", {"CIDEr": Interval(0.1, math.nan, math.nan)})]
    (row,) = controls_table(replace(comparison, models=models, controls=controls)).rows
    assert row.cells[-1].text == "-"


def test_the_report_shows_controls_where_there_are_any(report):
    assert "Controls" in (report / "report.md").read_text()
    assert "Controls" in (report / "report.html").read_text()
