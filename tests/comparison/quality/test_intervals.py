"""Intervals over seeds and images are what slow loops, and simulated experiments, say."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from captioner.comparison.quality.intervals import (
    intervals_cover,
    score_differences,
    score_intervals,
)
from captioner.comparison.quality.significance import welch
from captioner.errors import CaptionerError
from captioner.scores import Score, score_captions
from captioner.scores.confidence import compare_scores, confidence_intervals

WORDS = ["a", "red", "dog", "runs", "on", "the", "grass"]


def captions(seed: int, images: int = 40) -> dict[str, Score]:
    generator = np.random.default_rng(seed)
    said = [list(generator.choice(WORDS, 5)) for _ in range(images)]
    fixed = np.random.default_rng(99)
    references = [[list(fixed.choice(WORDS, 5)) for _ in range(2)] for _ in range(images)]
    return score_captions(said, references)


def differences(*args, **kwargs):
    return {name: found for name, (found, _) in score_differences(*args, **kwargs).items()}


def noise(generator: np.random.Generator, seeds: int, spread: float, hard) -> list:
    values = generator.normal(0, spread, (seeds, 1)) + hard
    return [{"x": Score.mean(row)} for row in values + generator.normal(0, 0.3, values.shape)]


def test_one_seed_gives_the_intervals_of_its_images():
    scores = captions(0)
    nested = score_intervals([scores], samples=200, seed=5)
    for name, (low, high) in confidence_intervals(scores, samples=200, seed=5).items():
        assert nested[name] == pytest.approx((scores[name].corpus, low, high), abs=1e-12)


def test_one_seed_each_gives_the_paired_test_of_their_images():
    first, second = captions(0), captions(1)
    nested = differences([first], [second], samples=200, seed=5)
    for name, difference in compare_scores(first, second, samples=200, seed=5).items():
        assert nested[name] == pytest.approx(difference, abs=1e-12)


def test_the_error_of_images_is_that_of_all_possible_draws():
    table = np.array([[0.0, 1.0, 5.0], [2.0, 3.0, 4.0], [9.0, 9.0, 8.0]])
    possible = [table[:, images].mean() for images in map(list, product(range(3), repeat=3))]
    found = score_differences(
        [{"x": Score.mean(row)} for row in table],
        [{"x": Score.mean(np.zeros(3))}] * 3,
        samples=20_000,
    )["x"]
    assert found[0].value == pytest.approx(table.mean())
    assert found[1] == pytest.approx(np.std(possible), rel=0.02)


def test_corpus_scores_against_a_loop_that_scores_every_sample_anew():
    said = [[["a", "dog"], ["two", "cats"]], [["a", "cat"], ["two", "cats"]], [["a"], ["two"]]]
    references = [[["a", "dog", "runs"]], [["two", "cats", "sleep"]]]
    runs = [score_captions(each, references) for each in said]
    possible = []
    for images in product(range(2), repeat=2):
        chosen = [references[i] for i in images]
        values = [
            score_captions([each[i] for i in images], chosen)["BLEU-2"].corpus for each in said
        ]
        possible.append(np.mean(values))
    nothing = [{"BLEU-2": Score.mean(np.zeros(2))}] * 3
    both = score_differences([{"BLEU-2": run["BLEU-2"]} for run in runs], nothing, samples=4000)
    assert both["BLEU-2"][1] == pytest.approx(np.std(possible), rel=0.05)


def test_intervals_are_those_of_welch_s_t():
    generator = np.random.default_rng(0)
    runs = noise(generator, 4, 0.1, generator.normal(2, 0.5, 80))
    estimate, error = score_differences(runs, [{"x": Score.mean(np.zeros(80))}] * 3)["x"]
    expected = welch([[each["x"].corpus for each in runs]], error, 80)
    assert (estimate.low, estimate.high) == pytest.approx(expected.interval())
    assert score_intervals(runs)["x"] == pytest.approx((estimate.value, *expected.interval()))


def test_no_score_is_below_0():
    runs = [{"x": Score.mean(np.full(50, value))} for value in (0.0, 0.0, 0.1)]
    found = score_intervals(runs)["x"]
    assert found.low == 0 < found.value < found.high


@pytest.mark.parametrize("seeds", [1, 3])
def test_intervals_that_hold_together_are_wider(seeds):
    first, second = ([captions(place + 2 * seed) for seed in range(seeds)] for place in (0, 1))
    alone, family = (differences(first, second, tests=tests) for tests in (1, 21))
    for name in alone:
        assert family[name].low < alone[name].low < alone[name].high < family[name].high
        assert family[name].p == alone[name].p


def test_with_two_seeds_only_images_are_drawn():
    constant = [{"x": Score.mean(np.full(9, value))} for value in (1.0, 3.0)]
    assert score_intervals(constant)["x"] == pytest.approx((2.0, 2.0, 2.0))
    three = score_intervals([*constant, constant[0]])["x"]
    assert three.low < three.value < three.high
    assert [intervals_cover({"LSTM": seeds}) for seeds in (1, 2, 3, 5)] == 2 * [
        "images only"
    ] + 2 * ["seeds and images"]


def test_seeds_of_two_captioners_are_not_paired():
    runs = [{"x": Score.mean(np.full(5, value))} for value in (1.0, 2.0, 6.0)]
    found = differences(runs, runs)["x"]
    assert found.value == 0
    assert found.low < 0 < found.high
    assert found.p > 0.9


def test_a_steady_difference_is_seen_and_changes_its_sign_when_turned_round():
    generator = np.random.default_rng(0)
    hard = generator.normal(0, 1, 300)
    better = noise(generator, 3, 0.01, hard + 0.2)
    worse = noise(generator, 4, 0.01, hard)
    found = differences(better, worse)["x"]
    assert found.low > 0.1
    assert found.p < 0.01
    turned = differences(worse, better)["x"]
    assert turned.value == -found.value
    assert turned.high < 0


@pytest.mark.parametrize(
    ("spread", "least", "false_alarms"), [(0.0, 90, 10), (0.03, 90, 10), (0.12, 90, 10)]
)
def test_intervals_of_three_seeds_cover_the_truth(spread, least, false_alarms):
    # The mean over images is uncertain by 0.035, the mean over seeds by spread / sqrt(3).
    generator = np.random.default_rng(1)
    covered = apart = 0
    for trial in range(100):
        hard = generator.normal(0, 0.4, 150)
        one, other = (noise(generator, 3, spread, hard) for _ in range(2))
        found = score_intervals(one, samples=200, seed=trial)["x"]
        covered += found.low <= 0 <= found.high
        apart += differences(one, other, samples=200, seed=trial)["x"].p < 0.05
    assert covered >= least
    assert apart <= false_alarms


def test_draws_are_repeatable():
    runs = [captions(seed) for seed in range(3)]
    assert score_intervals(runs, seed=3) == score_intervals(runs, seed=3)
    assert score_intervals(runs, seed=3) != score_intervals(runs, seed=4)


def test_what_cannot_be_compared_is_named():
    one, two = Score.mean(np.zeros(3)), Score.mean(np.zeros(4))
    with pytest.raises(CaptionerError, match="at least one seed"):
        score_intervals([])
    with pytest.raises(CaptionerError, match="same images"):
        score_intervals([{"x": one}, {"x": two}])
    with pytest.raises(CaptionerError, match="same ones of all seeds"):
        differences([{"x": one}], [{"y": one}])


def test_captioners_that_lost_a_seed_are_named():
    """One run of three failed: the intervals of that captioner cover less than those of others."""
    assert intervals_cover({"LSTM": 3, "ELMo": 2, "TF": 1}) == (
        "seeds and images, but those of ELMo, TF images only"
    )
