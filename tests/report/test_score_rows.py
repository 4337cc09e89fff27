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
    for row in rows_of(comparison):
        model = next(model for model in comparison.models if model.name == row["model"])
        if row["seed"] == "all" and row["score"] in model.scores:
            kept = [float(row[end]) for end in ("value", "low", "high")]
            assert kept == list(model.scores[row["score"]])
        assert bool(row["checkpoint"]) == (row["seed"] != "all")


def test_what_is_no_number_is_empty(comparison):
    model = replace(
        comparison.models[0], scores={"CIDEr": Interval(1.0, math.nan, math.nan)}, runs=[]
    )
    first, *_ = rows_of(replace(comparison, models=[model]))
    assert (first["score"], first["value"], first["low"], first["high"]) == ("CIDEr", "1.0", "", "")
