"""Statistical power: the difference that so many images and seeds can show, and what more would."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scipy.optimize import brentq
from scipy.stats import chi2, nct
from scipy.stats import t as student

from captioner.comparison.quality.significance import LEAST_SEEDS, LEVEL, satterthwaite

POWER = 0.8


@dataclass(frozen=True)
class Design:
    """What a difference between two captioners is measured on, and how much chance is in it.

    Attributes:
        images: Test images.
        image_error: Standard error of the difference that their choice leaves.
        seeds: Trained captioners on either side.
        seed_deviations: Standard deviation of the score over the seeds of either side.
        tests: Differences that are decided together.
    """

    images: int
    image_error: float
    seeds: tuple[int, int]
    seed_deviations: tuple[float, float]
    tests: int = 1

    def with_images(self, times: float) -> Design:
        """Return the same with so many times as many images, of the same kind."""
        images = round(self.images * times)
        error = self.image_error * (self.images / images) ** 0.5
        return replace(self, images=images, image_error=error)

    def with_seeds(self, times: int) -> Design:
        """Return the same with so many times as many seeds."""
        first, second = self.seeds
        return replace(self, seeds=(times * first, times * second))


def detectable_difference(design: Design) -> float:
    """Return the true difference that the report would find in about 80 of 100 such comparisons.

    Found means that the interval of ``welch`` excludes 0, on the right side: the power of a t
    test is a tail of the noncentral t distribution. Cohen, 1988, "Statistical Power Analysis for
    the Behavioral Sciences", chapter 2. Degrees of freedom count as known, though each comparison
    estimates its own: where seeds differ by more than images do, about 70 of 100 are found.

    The deviations are taken as exact; :func:`deviation_range` tells how well so few seeds know
    them.

    Args:
        design: What the difference is measured on.

    Returns:
        In units of the score, above 0; NaN with fewer than three seeds on a side, which decide
        nothing, and where the errors are none or no numbers.

    Example:
        >>> design = Design(300, 0.02, (3, 3), (0.01, 0.01))
        >>> round(detectable_difference(design), 3)
        0.061
        >>> round(detectable_difference(design.with_images(2)), 3)
        0.046
    """
    if min(design.seeds) < LEAST_SEEDS:
        return math.nan
    own = [
        (deviation**2 / seeds, seeds - 1)
        for deviation, seeds in zip(design.seed_deviations, design.seeds, strict=True)
    ]
    variance, freedom = satterthwaite([(design.image_error**2, design.images - 1), *own])
    if not 0 < variance < math.inf:
        return math.nan
    bound = student.isf((1 - LEVEL) / (2 * design.tests), freedom)

    def lack(effect: float) -> float:
        return float(nct.sf(bound, freedom, effect)) - POWER

    return float(brentq(lack, 0.0, 4 * bound + 10)) * float(variance) ** 0.5


def designs(design: Design) -> Iterator[tuple[str, Design]]:
    """Yield what a comparison is measured on, and the same with twice of either.

    A part of either error falls with both: seeds err on other images. What twice of either shows is
    therefore at most as large as is said of these.

    Example:
        >>> [name for name, _ in designs(Design(300, 0.02, (3, 3), (0.01, 0.01)))]
        ['as it is', 'twice the images', 'twice the seeds', 'twice both']
    """
    yield "as it is", design
    yield "twice the images", design.with_images(2)
    yield "twice the seeds", design.with_seeds(2)
    yield "twice both", design.with_images(2).with_seeds(2)


def deviation_range(seeds: int) -> tuple[float, float]:
    """Return how many times as large a deviation of so many seeds may be in truth (95 %).

    Example:
        >>> [round(times, 1) for times in deviation_range(3)]
        [0.5, 6.3]
    """
    freedom = seeds - 1
    low, high = (math.sqrt(freedom / chi2.ppf(level, freedom)) for level in (0.975, 0.025))
    return low, high


def deviation(scores: Sequence[float]) -> float:
    """Return the standard deviation of scores over seeds; NaN of a single one.

    Example:
        >>> round(deviation([0.5, 0.6, 0.7]), 3), deviation([0.5])
        (0.1, nan)
    """
    if len(scores) < 2:
        return math.nan
    mean = sum(scores) / len(scores)
    return float((sum((each - mean) ** 2 for each in scores) / (len(scores) - 1)) ** 0.5)
