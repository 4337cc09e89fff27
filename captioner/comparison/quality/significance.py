"""Welch's t intervals over seeds and images: how sure a mean score is, and a difference of two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from captioner.scores.score import Floats

LEAST_SEEDS = 3
"""Fewer trained captioners than this say nothing about how captioners vary."""
LEVEL = 0.95


class Estimate(NamedTuple):
    """A value with its standard error; arrays of any one shape, or numbers.

    Attributes:
        value: A mean score over seeds, or the difference of two.
        error: Its standard error.
        freedom: Degrees of freedom of that error.
    """

    value: Floats
    error: Floats
    freedom: Floats

    def interval(self, tests: int = 1) -> tuple[Floats, Floats]:
        """Return both ends of the 95 % interval.

        Args:
            tests: How many intervals are to hold together, this one included: 95 in 100 families
                of so many, or more, hold all their true values (Bonferroni).

        Example:
            >>> low, high = Estimate(1.0, 0.5, np.inf).interval()
            >>> round(float(low), 2), round(float(high), 2)
            (0.02, 1.98)
        """
        reach = student.isf((1 - LEVEL) / (2 * tests), self.freedom) * self.error
        return self.value - reach, self.value + reach

    def p(self) -> Floats:
        """Return how probable a value at least as far from 0 is if the true one is 0, two-sided.

        Example:
            >>> round(float(Estimate(1.0, 0.5, np.inf).p()), 4)
            0.0455
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.abs(self.value) / np.asarray(self.error, dtype=np.float64)
        return np.where(np.equal(self.value, 0), 1.0, 2 * student.sf(ratio, self.freedom))


def welch(per_seed: Sequence[ArrayLike], image_error: ArrayLike, images: int) -> Estimate:
    r"""Estimate a mean score over seeds, or by how much that of one captioner exceeds another's.

    Two things are left to chance. All seeds are tested on the same B images, whose choice has a
    standard error :math:`e` (of a difference: paired, image by image) that more seeds hardly make
    smaller; and the captioners of S seeds, whose scores have a standard deviation :math:`s`, are a
    sample of those that training could have led to:

    .. math:: \mathrm{error}^2 = e^2 + \sum_m s_m^2 / S_m

    Three scores say little about :math:`s`, so the interval is that of Student's t with the degrees
    of freedom that Satterthwaite's equation gives to a sum of variances, each known from its own
    sample (B - 1 for images, S - 1 for seeds). Satterthwaite, 1946, "An approximate distribution of
    estimates of variance components"; Welch, 1947, "The generalization of 'Student's' problem when
    several different population variances are involved".

    With fewer than three seeds what is estimated is the score of these checkpoints: s counts as 0.

    Args:
        per_seed: Scores of each seed (.., S); of one captioner, or of two that are compared, which
            may have different numbers of seeds.
        image_error: Standard error that the choice of images leaves (..).
        images: How many there are, B.

    Example:
        >>> estimate = welch([[0.50, 0.52, 0.54], [0.41, 0.43, 0.42]], 0.01, images=300)
        >>> round(float(estimate.value), 3), round(float(estimate.error), 4)
        (0.1, 0.0163)
    """
    value = np.zeros_like(np.asarray(image_error, dtype=np.float64))
    parts: list[tuple[ArrayLike, int]] = [(np.square(image_error), images - 1)]
    for sign, scores in zip((1, -1), map(np.asarray, per_seed), strict=False):
        seeds = scores.shape[-1]
        value = value + sign * scores.mean(-1)
        if seeds >= LEAST_SEEDS:
            parts.append((scores.var(-1, ddof=1) / seeds, seeds - 1))
    variance, freedom = satterthwaite(parts)
    return Estimate(value, np.sqrt(variance), freedom)


def satterthwaite(parts: Sequence[tuple[ArrayLike, int]]) -> tuple[Floats, Floats]:
    r"""Return a sum of estimated variances, and its degrees of freedom.

    .. math:: \nu = \frac{(\sum_i v_i)^2}{\sum_i v_i^2 / \nu_i}

    Args:
        parts: Each variance (..) with its degrees of freedom, at least 1.

    Example:
        >>> variance, freedom = satterthwaite([(1.0, 2), (1.0, 2)])
        >>> float(variance), float(freedom)
        (2.0, 4.0)
    """
    variances = [np.asarray(variance, dtype=np.float64) for variance, _ in parts]
    total = np.sum(np.broadcast_arrays(*variances), axis=0)
    rest = np.sum(
        np.broadcast_arrays(
            *(np.square(v) / max(1, n) for v, (_, n) in zip(variances, parts, strict=True))
        ),
        axis=0,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return total, np.where(rest > 0, np.square(total) / rest, np.inf)


def decide(low: ArrayLike, high: ArrayLike, seeds: int, bound: float = 0.0) -> NDArray[np.int64]:
    """Decide whether true values are at least a bound: the one rule of sentences, marks and claims.

    Args:
        low: Lower ends (..) of intervals of a difference between two captioners.
        high: Upper ends.
        seeds: The smaller number of seeds that either of them has.
        bound: What the difference is said to be at least; 0 for "there is one".

    Returns:
        (..): 1 if the whole interval is above 0 and reaches from the bound up, -1 if the whole
        interval is below the bound, else 0: it cannot be said, as always with fewer than 3 seeds.

    Example:
        >>> low, high = np.array([0.1, 2.0, 4.0]), np.array([1.9, 6.0, 8.0])
        >>> decide(low, high, seeds=3).tolist(), decide(low, high, seeds=3, bound=3.0).tolist()
        ([1, 1, 1], [-1, 0, 1])
    """
    low, high = np.asarray(low), np.asarray(high)
    found = np.where((low >= bound) & (low > 0), 1, np.where(high < bound, -1, 0))
    return found if seeds >= LEAST_SEEDS else np.zeros_like(found)
