"""The CSV has a row for every captioner, seed and score."""

import csv
import io
import math
from dataclasses import replace

from captioner.comparison.results import Interval
from captioner.report.score_rows import score_rows


def rows_of(comparison):
    return list(csv.DictReader(io.StringIO(score_rows(comparison))))


def test_each_seed_has_its_scores(comparison):
    rows = rows_of(comparison)
    for model in comparison.models:
        for run in model.runs:
            own = {
                row["score"]: float(row["value"])
                for row in rows
                if (row["model"], row["seed"]) == (model.name, str(run.seed))
            }
            assert own == {**run.scores, "perplexity": run.perplexity}


def test_all_seeds_together_have_an_interval(comparison):
    of_all = {
        (row["model"], row["score"]): [float(row[end]) for end in ("value", "low", "high")]
        for row in rows_of(comparison)
        if row["seed"] == "all" and row["score"] in comparison.models[0].scores
    }
    assert of_all == {
        (model.name, score): list(interval)
        for model in comparison.models
        for score, interval in model.scores.items()
    }


def test_only_a_seed_has_a_checkpoint(comparison):
    rows = rows_of(comparison)
    assert {row["seed"] == "all": bool(row["checkpoint"]) for row in rows} == {
        True: False,
        False: True,
    }


def test_what_is_no_number_is_empty(comparison):
    model = replace(
        comparison.models[0], scores={"CIDEr": Interval(1.0, math.nan, math.nan)}, runs=[]
    )
    first, *_ = rows_of(replace(comparison, models=[model]))
    assert (first["score"], first["value"], first["low"], first["high"]) == ("CIDEr", "1.0", "", "")
