"""Intervals hold what they promise, and do not depend on how samples are held in memory."""

from __future__ import annotations

import numpy as np
import pytest

from captioner.errors import CaptionerError
from captioner.scores import Score, confidence, score_captions
from captioner.scores.confidence import compare_scores, confidence_intervals


def normal(mean: float, images: int, seed: int) -> Score:
    return Score.mean(np.random.default_rng(seed).normal(mean, 1.0, images))


def test_interval_of_a_mean_is_the_one_of_the_normal_distribution():
    low, high = confidence_intervals({"x": normal(3.0, 2000, 0)}, samples=4000)["x"]
    centre = normal(3.0, 2000, 0).corpus
    assert low == pytest.approx(centre - 1.96 / 2000**0.5, abs=0.003)
    assert high == pytest.approx(centre + 1.96 / 2000**0.5, abs=0.003)


def test_intervals_cover_the_truth_as_often_as_they_say():
    covered = 0
    for seed in range(200):
        low, high = confidence_intervals({"x": normal(0.0, 100, seed)}, samples=400)["x"]
        covered += low <= 0 <= high
    assert 180 <= covered <= 198


def test_a_corpus_score_is_resampled_from_its_counts():
    captions = [["a", "dog", "runs"], ["two", "cats"], ["a", "red", "bus"]]
    references = [[["a", "dog", "runs"]], [["two", "cats", "sleep"]], [["the", "bus", "is", "red"]]]
    scores = score_captions(captions, references)
    for sample in ([0, 0, 1], [2, 1, 0], [2, 2, 2]):
        again = score_captions([captions[i] for i in sample], [references[i] for i in sample])
        counts = np.bincount(sample, minlength=3).astype(float)[None]
        for name in ("BLEU-1", "BLEU-2", "BLEU-4", "ROUGE-L"):
            assert scores[name].resampled(counts)[0] == pytest.approx(again[name].corpus, abs=1e-12)


def test_same_seed_same_intervals_however_many_samples_are_held(monkeypatch):
    scores = {"x": normal(0.0, 50, 0)}
    expected = confidence_intervals(scores, seed=7)
    assert confidence_intervals(scores, seed=7) == expected
    assert confidence_intervals(scores, seed=8) != expected
    monkeypatch.setattr(confidence, "_HELD", 120)
    assert confidence_intervals(scores, seed=7)["x"] == pytest.approx(expected["x"], abs=1e-12)


def test_paired_comparison_sees_a_small_but_steady_difference():
    base = np.random.default_rng(0).normal(0.0, 1.0, 300)
    better, worse = {"x": Score.mean(base + 0.01)}, {"x": Score.mean(base)}
    found = compare_scores(better, worse)["x"]
    assert found.value == pytest.approx(0.01)
    assert found.low > 0
    assert found.p == pytest.approx(2 / 1001)
    assert compare_scores(worse, better)["x"].high < 0


def test_paired_comparison_of_equals_finds_nothing():
    found = compare_scores({"x": normal(0.0, 300, 1)}, {"x": normal(0.0, 300, 2)})["x"]
    assert found.low < 0 < found.high
    assert found.p > 0.05
    same = {"x": normal(0.0, 300, 1)}
    assert compare_scores(same, same)["x"] == (0.0, 0.0, 0.0, 1.0)


def test_false_alarms_are_as_rare_as_promised():
    alarms = sum(
        compare_scores(
            {"x": normal(0.0, 80, 2 * seed)}, {"x": normal(0.0, 80, 2 * seed + 1)}, samples=200
        )["x"].p
        < 0.05
        for seed in range(200)
    )
    assert alarms <= 22


def test_what_cannot_be_compared_is_named():
    one, two = normal(0.0, 3, 0), normal(0.0, 4, 0)
    with pytest.raises(CaptionerError, match="same images"):
        confidence_intervals({"x": one, "y": two})
    with pytest.raises(CaptionerError, match="same images"):
        compare_scores({"x": one}, {"x": two})
    with pytest.raises(CaptionerError, match="same scores of both"):
        compare_scores({"x": one}, {"y": one})
