"""Score: a metric of a set of captions, for the corpus and for each image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """One metric of a set of captions: corpus value, and the values of its images.

    Attributes:
        corpus: The value for the whole set, which is what papers print.
        images: The value of each image (B,) float64.
        statistics: What the corpus value is computed from, summed over images (B, K), where that
            value is not the mean over images; else None.
        of_sums: Turns sums of ``statistics`` (..., K) into corpus values (...).
    """

    corpus: float
    images: Floats
    statistics: Floats | None = None
    of_sums: Callable[[Floats], Floats] | None = None

    @classmethod
    def mean(cls, images: Floats) -> Score:
        """Return a score whose corpus value is the mean of ``images``."""
        return cls(float(images.mean()), images)

    @classmethod
    def summed(
        cls, images: Floats, statistics: Floats, of_sums: Callable[[Floats], Floats]
    ) -> Score:
        """Return a score whose corpus value comes from summed statistics."""
        return cls(float(of_sums(statistics.sum(0))), images, statistics, of_sums)

    def resampled(self, counts: Floats) -> Floats:
        """Return the corpus value of other samples of the same images.

        Args:
            counts: How often each image occurs in each of S samples (S, B).

        Returns:
            (S,) float64.
        """
        if self.statistics is None or self.of_sums is None:
            return counts @ self.images / counts.sum(1)
        return self.of_sums(counts @ self.statistics)
