"""Intervals of scores and differences, over the seeds of training and the test images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from captioner.comparison.quality.significance import LEAST_SEEDS, LEVEL, welch
from captioner.comparison.results import Interval
from captioner.errors import CaptionerError
from captioner.scores.confidence import (
    Difference,
    bootstrap_difference,
    check_same_images,
    image_draws,
    percentile_interval,
)
from captioner.scores.score import Floats, Score

Seeds = Sequence[Mapping[str, Score]]
"""For each seed the scores of the same B images, by name."""


def score_intervals(per_seed: Seeds, *, samples: int = 1000, seed: int = 0) -> dict[str, Interval]:
    """Estimate the mean of each score over seeds, and its 95 % interval over seeds and images.

    What the choice of images leaves open is found by bootstrap: each sample draws images once for
    all seeds, which are tested on the same ones, so that an image that is hard is hard for all.
    That error and the spread of the seeds go into Welch's t (``significance.py``). No score is
    below 0, so no interval is.

    With fewer than three seeds the interval covers images only, by percentiles.

    Args:
        per_seed: For each of S seeds the scores of the same B images, with the same names.
        samples: How many samples are drawn.
        seed: Of the draws; the same seed draws the same images, whatever the scores.

    Raises:
        CaptionerError: If there is no seed, or names or numbers of images differ.

    Example:
        >>> runs = [{"accuracy": Score.mean(np.array([0.0, 1.0] * 50))}]
        >>> score_intervals(runs)
        {'accuracy': Interval(value=0.5, low=0.4, high=0.6)}
    """
    images, drawn = _resample([per_seed], samples, seed)
    found = {}
    for name, (values,) in drawn.items():
        scores = _corpus(per_seed, name)
        if len(scores) < LEAST_SEEDS:
            found[name] = Interval(float(scores.mean()), *percentile_interval(values))
        else:
            estimate = welch([scores], values.std(ddof=1), images)
            low, high = map(float, estimate.interval())
            found[name] = Interval(float(estimate.value), max(0.0, low), high)
    return found


def score_differences(
    first: Seeds, second: Seeds, *, tests: int = 1, samples: int = 1000, seed: int = 0
) -> dict[str, tuple[Difference, float]]:
    """Test for each score whether two captioners differ, over seeds and images.

    As in :func:`score_intervals`, with the same draws of images for both: the test is paired in
    images, not in seeds, for seed 0 of one captioner has nothing in common with seed 0 of another.

    Args:
        first: For each seed of the first captioner the scores of B images, by name.
        second: The same of the second; it may have another number of seeds.
        tests: With how many others these intervals are to hold, each included.
        samples: How many samples are drawn.
        seed: Of the draws.

    Returns:
        For each score the difference, whose interval holds for all ``tests`` and whose p is that of
        a single one; and the standard error that the choice of images leaves in it.

    Raises:
        CaptionerError: If there is no seed, or names or numbers of images differ.

    Example:
        >>> better, worse = Score.mean(np.full(30, 0.5)), Score.mean(np.full(30, 0.25))
        >>> score_differences([{"CIDEr": better}], [{"CIDEr": worse}])["CIDEr"][0].value
        0.25
    """
    images, drawn = _resample([first, second], samples, seed)
    found = {}
    for name, (one, other) in drawn.items():
        values = one - other
        scores = [_corpus(first, name), _corpus(second, name)]
        error = float(values.std(ddof=1))
        if min(map(len, scores)) < LEAST_SEEDS:
            value = float(scores[0].mean() - scores[1].mean())
            level = 1 - (1 - LEVEL) / tests
            found[name] = bootstrap_difference(value, values, level), error
        else:
            estimate = welch(scores, error, images)
            low, high = map(float, estimate.interval(tests))
            found[name] = (
                Difference(float(estimate.value), low, high, float(estimate.p())),
                error,
            )
    return found


def intervals_cover(seeds: Mapping[str, int]) -> str:
    """Return what the intervals of captioners cover.

    Args:
        seeds: How many seeds each captioner has, by its name.

    Example:
        >>> intervals_cover({"LSTM": 1, "ELMo": 1}), intervals_cover({"LSTM": 3, "ELMo": 3})
        ('images only', 'seeds and images')
        >>> intervals_cover({"LSTM": 3, "ELMo": 2})
        'seeds and images, but those of ELMo images only'
    """
    few = [name for name, count in seeds.items() if count < LEAST_SEEDS]
    if len(few) == len(seeds):
        return "images only"
    return "seeds and images" + (f", but those of {', '.join(few)} images only" if few else "")


def _corpus(per_seed: Seeds, name: str) -> Floats:
    return np.array([scores[name].corpus for scores in per_seed])


def _resample(
    models: Sequence[Seeds], samples: int, seed: int
) -> tuple[int, dict[str, list[Floats]]]:
    """Return the number of images, and each score on each sample (samples,), for each model."""
    names = _names(models)
    images = check_same_images(
        score for per_seed in models for scores in per_seed for score in scores.values()
    )
    drawn: dict[str, list[list[Floats]]] = {name: [[] for _ in models] for name in names}
    for counts in image_draws(images, samples, seed):
        for name in names:
            for of_model, per_seed in zip(drawn[name], models, strict=True):
                values = [scores[name].resampled(counts) for scores in per_seed]
                of_model.append(np.mean(values, axis=0))
    return images, {
        name: [np.concatenate(each) for each in of_models] for name, of_models in drawn.items()
    }


def _names(models: Sequence[Seeds]) -> list[str]:
    if not all(models):
        raise CaptionerError("scores: expected those of at least one seed, found none")
    first, *others = (scores for per_seed in models for scores in per_seed)
    for scores in others:
        if scores.keys() != first.keys():
            raise CaptionerError(
                f"scores: expected the same ones of all seeds, found {sorted(first)} and "
                f"{sorted(scores)}"
            )
    return list(first)
