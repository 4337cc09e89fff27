"""Bootstrap over images: confidence intervals of scores, and paired comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from captioner.errors import CaptionerError
from captioner.scores.score import Floats, Score

# Counts of this many images are held in memory at a time: 40 MB.
_HELD = 5_000_000


class Difference(NamedTuple):
    """Difference of two sets of captions in a score, with its interval and p-value.

    Attributes:
        value: Corpus value of the first less that of the second.
        low: Lower end of its 95 % interval.
        high: Upper end.
        p: How probable a difference at least as far from 0 is if there is none, two-sided.
    """

    value: float
    low: float
    high: float
    p: float


def confidence_intervals(
    scores: Mapping[str, Score], *, samples: int = 1000, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Estimate the 95 % interval of each corpus value by drawing images anew.

    Percentile bootstrap: each sample draws as many images as there are, with replacement; the
    interval leaves 2.5 % of the samples on either side. The n-gram weights of CIDEr stay those of
    the full set. Efron and Tibshirani, 1993, section 13.3.

    Args:
        scores: Scores of the same B images, by name.
        samples: How many samples are drawn.
        seed: Of the draws; the same seed gives the same intervals.

    Returns:
        (low, high) for each name.

    Raises:
        CaptionerError: If the scores are of different numbers of images.

    Example:
        >>> score = Score.mean(np.array([0.0, 1.0] * 50))
        >>> confidence_intervals({"accuracy": score})
        {'accuracy': (0.4, 0.6)}
    """
    drawn = _resample(scores, {}, samples, seed)
    return {name: percentile_interval(drawn[name]) for name in scores}


def compare_scores(
    first: Mapping[str, Score],
    second: Mapping[str, Score],
    *,
    samples: int = 1000,
    seed: int = 0,
) -> dict[str, Difference]:
    """Test for each score whether two sets of captions of the same images differ.

    Paired bootstrap: both are scored on the same samples of images. Koehn, 2004, section 3.3.

    Args:
        first: Scores of B images, by name.
        second: Scores of the same images, in the same order, with the same names.
        samples: How many samples are drawn.
        seed: Of the draws.

    Raises:
        CaptionerError: If names or numbers of images differ.

    Example:
        >>> better, worse = Score.mean(np.full(30, 0.5)), Score.mean(np.full(30, 0.25))
        >>> compare_scores({"CIDEr": better}, {"CIDEr": worse})["CIDEr"].value
        0.25
    """
    if first.keys() != second.keys():
        raise CaptionerError(
            f"scores: expected the same scores of both, found {sorted(first)} and {sorted(second)}"
        )
    drawn = _resample(first, second, samples, seed)
    return {
        name: bootstrap_difference(first[name].corpus - second[name].corpus, drawn[name])
        for name in first
    }


def percentile_interval(drawn: Floats, level: float = 0.95) -> tuple[float, float]:
    """Return the ends that leave half of what is not in ``level`` of the samples on either side.

    Args:
        drawn: The value on each of S bootstrap samples (S,).
        level: Share of the samples between the ends.

    Example:
        >>> low, high = percentile_interval(np.arange(1001) / 1000)
        >>> round(low, 3), round(high, 3)
        (0.025, 0.975)
    """
    outside = 100 * (1 - level) / 2
    low, high = np.percentile(drawn, [outside, 100 - outside])
    return float(low), float(high)


def bootstrap_difference(value: float, drawn: Floats, level: float = 0.95) -> Difference:
    """Return a difference with the interval and p-value that bootstrap samples give it.

    Args:
        value: The difference on the images as they are.
        drawn: The same on each of S samples (S,).
        level: Of the interval; p is that of a single test.

    Example:
        >>> bootstrap_difference(0.5, np.arange(1001) / 1000).high
        0.975
    """
    # The sample at hand counts as one more, so that p is never 0.
    tail = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    p = min(1.0, 2 * (tail + 1) / (len(drawn) + 1))
    return Difference(value, *percentile_interval(drawn, level), p)


def check_same_images(scores: Iterable[Score]) -> int:
    """Return the number of images, the same for all of the scores.

    Raises:
        CaptionerError: If they are of different numbers of images, or there is none.
    """
    sizes = {len(score.images) for score in scores}
    if len(sizes) != 1:
        raise CaptionerError(f"scores: expected the same images for all, found {sorted(sizes)}")
    return sizes.pop()


def image_draws(images: int, samples: int, seed: int) -> Iterator[Floats]:
    """Yield how often each image was drawn in each sample (S, B), some samples at a time."""
    generator = np.random.default_rng(seed)
    for start in range(0, samples, max(1, _HELD // images)):
        count = min(max(1, _HELD // images), samples - start)
        drawn = generator.integers(images, size=(count, images))
        drawn += images * np.arange(count)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=count * images)
        yield counts.reshape(count, images).astype(np.float64)


def _resample(
    first: Mapping[str, Score], second: Mapping[str, Score], samples: int, seed: int
) -> dict[str, Floats]:
    """Return for each score its values on the samples, less those of ``second`` if it has it."""
    images = check_same_images((*first.values(), *second.values()))
    values: dict[str, list[Floats]] = {name: [] for name in first}
    for counts in image_draws(images, samples, seed):
        for name, score in first.items():
            drawn = score.resampled(counts)
            values[name].append(drawn - second[name].resampled(counts) if second else drawn)
    return {name: np.concatenate(parts) for name, parts in values.items()}
