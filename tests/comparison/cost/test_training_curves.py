"""Times to a score and scores at a time, read off curves by hand."""

from __future__ import annotations

import math

import pytest

from captioner.comparison.cost.training_curves import (
    at_equal_time,
    cider_targets,
    mean_time_to,
    time_to,
)
from captioner.comparison.results import Curve, RunResult


def run(seconds: list[float], values: list[float], model: str = "A") -> RunResult:
    curve = Curve(list(range(len(seconds))), seconds, values)
    return RunResult(model, 0, "a.ckpt", {}, 1.0, {"val/CIDEr": curve})


BARE = RunResult("A", 0, "a.ckpt", {}, 1.0)
SLOW = run([40, 80, 120], [0.5, 0.8, 1.0])
QUICK = run([10, 20, 30], [0.4, 0.7, 0.6])


def test_a_target_is_reached_at_the_first_check_that_finds_it():
    curve = Curve([1, 2, 3], [5.0, 9.0, 14.0], [0.3, 0.6, 0.5])
    assert time_to(curve, [0.2, 0.3, 0.55, 0.6]) == {0.2: 5, 0.3: 5, 0.55: 9, 0.6: 9}
    assert math.isnan(time_to(curve, [0.61])[0.61])
    assert math.isnan(time_to(Curve([1], [math.nan], [0.5]), [0.1])[0.1])
    assert math.isnan(time_to(Curve([], [], []), [0.1])[0.1])


def test_time_of_a_captioner_is_the_mean_of_its_runs_if_all_got_there():
    found = mean_time_to([SLOW, QUICK], [0.4, 0.7, 0.9])
    assert found[0.4] == 25
    assert found[0.7] == 50
    assert math.isnan(found[0.9])
    assert mean_time_to([SLOW, BARE], [0.4]) == {}


def test_every_run_reached_every_target():
    targets = cider_targets({"A": [SLOW, QUICK], "B": [SLOW]})
    assert targets == [0.56, 0.63, 0.7]
    assert all(math.isfinite(second) for second in mean_time_to([SLOW, QUICK], targets).values())
    assert cider_targets({"A": [run([1], [1.23456])]}) == [0.987, 1.11, 1.23]
    assert cider_targets({"A": [run([1], [12.3456])]}) == [9.87, 11.1, 12.3]


@pytest.mark.parametrize("runs", [{}, {"A": [BARE]}, {"A": [run([1], [0.0])]}])
def test_without_curves_or_learning_nothing_is_timed(runs):
    assert cider_targets(runs) == []


def test_score_when_the_quickest_was_done():
    runs = {"slow": [SLOW, run([15, 30, 90], [0.1, 0.3, 0.9])], "quick": [QUICK, QUICK]}
    # At 30 s the first slow run had not been checked.
    assert at_equal_time(runs) == {"slow": None, "quick": 0.7}
    runs["quick"] = [QUICK, run([35, 45], [0.2, 0.3])]
    found = at_equal_time(runs)
    assert found["slow"] == pytest.approx((0.5 + 0.3) / 2)
    assert found["quick"] == pytest.approx((0.7 + 0.3) / 2)


def test_no_score_at_a_time_that_is_not_known():
    assert at_equal_time({"A": [BARE], "B": [QUICK]}) == {"A": None, "B": 0.7}
    assert at_equal_time({"A": [BARE]}) == {"A": None}
    assert at_equal_time({"A": [run([math.nan], [0.4])]}) == {"A": None}
