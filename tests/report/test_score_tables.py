"""What is bold in a table is what the tests say."""

from dataclasses import replace

import pytest

from captioner.comparison.results import Interval, ModelDifference
from captioner.report.document import Table
from captioner.report.score_tables import differences_table, scores_table
from captioner.report.sections import build_document
from captioner.report.verdicts import verdicts
from captioner.scores.confidence import Difference


def compare(comparison, values, p, seeds=3):
    """Return a comparison of as many models, with one score and one p for each pair."""
    models = [
        replace(model, scores={"CIDEr": Interval(value, value - 0.1, value + 0.1)})
        for model, value in zip(comparison.models, values, strict=True)
    ]
    differences = [
        ModelDifference(
            models[a].name,
            models[b].name,
            "CIDEr",
            # 0.1 or 0.2 apart, and excluded from 0 where p is small
            Difference(
                gap := values[a] - values[b],
                gap - (0.05 if own < 0.05 else 0.3),
                gap + (0.06 if own < 0.05 else 0.3),
                own,
            ),
            0.05,
            seeds,
        )
        for (a, b), own in p.items()
    ]
    return replace(comparison, models=models, differences=differences)


@pytest.mark.parametrize(
    ("p", "bold"),
    [
        ({(0, 1): 0.001, (0, 2): 0.001, (1, 2): 0.001}, [False, False, True]),
        ({(0, 1): 0.001, (0, 2): 0.001, (1, 2): 0.3}, [False, True, True]),
        ({(0, 1): 0.5, (0, 2): 0.05, (1, 2): 0.04999}, [True, False, True]),
        ({}, [False, False, False]),
    ],
)
def test_the_best_and_its_equals_are_bold(comparison, p, bold):
    (row,) = scores_table(compare(comparison, [1.0, 1.1, 1.2], p)).rows
    assert [cell.strong for cell in row.cells] == bold


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_mark_no_winner(comparison, seeds):
    p = {(0, 1): 0.001, (0, 2): 0.001, (1, 2): 0.001}
    few = compare(comparison, [1.0, 1.1, 1.2], p, seeds)
    tables = [scores_table(few), differences_table(few)]
    rows = [row for table in tables if table is not None for row in table.rows]
    assert rows
    assert not any(cell.strong for row in rows for cell in row.cells)


def test_one_captioner_has_nothing_to_be_better_than(comparison):
    alone = replace(comparison, models=comparison.models[:1], differences=[])
    assert not any(cell.strong for row in scores_table(alone).rows for cell in row.cells)
    assert differences_table(alone) is None
    assert verdicts(alone.differences) == []


def test_a_verdict_names_the_better_one_first(comparison):
    (said,) = verdicts(compare(comparison, [1.0, 1.1, 1.2], {(0, 2): 0.0019}).differences)
    assert said == (
        "Transformer is better than LSTM in CIDEr, by 0.200 "
        "(95 % interval +0.140 to +0.250, p\xa0<\xa00.002)."
    )


def test_no_difference_is_called_that(comparison):
    (said,) = verdicts(compare(comparison, [1.2, 1.1, 1.0], {(0, 1): 0.2}).differences)
    assert said.startswith("No difference between LSTM and ELMo can be shown in CIDEr (+0.100, ")


def test_a_verdict_counts_the_other_scores(comparison):
    first, second = [model.name for model in comparison.models][:2]
    tests = {"CIDEr": (0.1, 0.01), "BLEU-1": (0.1, 0.01), "BLEU-2": (-0.1, 0.01), "BLEU-3": (0, 1)}
    differences = [
        ModelDifference(
            first, second, score, Difference(value, value - 5 * p, value + 5 * p, p), 0.02, 3
        )
        for score, (value, p) in tests.items()
    ]
    (said,) = verdicts(replace(comparison, differences=differences).differences)
    assert said.endswith(
        "; of the other scores, LSTM is better in 1 (BLEU-1) and ELMo is better in 1 (BLEU-2) "
        "and 1 shows no difference."
    )


def test_tests_without_enough_seeds_say_what_they_are_about(comparison):
    few = replace(comparison, intervals_cover="images only")
    for covered, known in ((comparison, True), (few, False)):
        table = differences_table(covered)
        assert table is not None
        claims = next(
            block
            for section in build_document(covered).sections
            for block in section.blocks
            if isinstance(block, Table) and block.caption == "Claims and measurements"
        )
        for notes in (table.notes, claims.notes):
            assert any("another seed" in note for note in notes) is not known
