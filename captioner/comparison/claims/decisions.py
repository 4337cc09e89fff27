"""Decisions on claims: yes, no, or why that cannot be said."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from captioner.comparison.quality.significance import LEAST_SEEDS, decide, welch
from captioner.comparison.results import ModelDifference, ModelResult
from captioner.formatting import signed
from captioner.scores.confidence import Difference

YES, NO = "yes", "no"
CLEARLY = 1.1
"""Measured costs closer than this ratio are not told apart: machines vary by as much."""


def undecided(why: str) -> str:
    """Return the verdict that there is none.

    Example:
        >>> undecided("the runs overlap")
        'cannot be said: the runs overlap'
    """
    return f"cannot be said: {why}"


def first_of(models: Sequence[ModelResult], captioner: str) -> ModelResult | None:
    """Return the first of the models with a captioner of that class, or None."""
    return next((each for each in models if each.captioner.rpartition(".")[2] == captioner), None)


def absent(captioner: str) -> str:
    """Return the verdict where there is no captioner of a class.

    Example:
        >>> absent("LSTMCaptioner")
        'cannot be said: no LSTMCaptioner was compared'
    """
    return undecided(f"no {captioner} was compared")


def decide_two(
    models: Sequence[ModelResult],
    first: str,
    second: str,
    compare: Callable[[ModelResult, ModelResult], str],
) -> str:
    """Return the verdict on the captioners of two classes, or which of the two there is not.

    Args:
        models: The captioners that were compared.
        first: A class.
        second: Another one.
        compare: Returns the verdict on the first captioner of each, in this order.

    Example:
        >>> decide_two([], "LSTMCaptioner", "ElmoCaptioner", lambda lstm, elmo: YES)
        'cannot be said: no LSTMCaptioner was compared'
    """
    one, other = first_of(models, first), first_of(models, second)
    if one is None or other is None:
        return absent(first if one is None else second)
    return compare(one, other)


def few_seeds(seeds: int) -> str | None:
    """Return the verdict that there are too few seeds for one; None if there are enough.

    Example:
        >>> few_seeds(1), few_seeds(3)
        ('cannot be said: one seed', None)
    """
    return undecided({1: "one seed", 2: "two seeds"}[seeds]) if seeds < LEAST_SEEDS else None


def is_more(first: Sequence[float], second: Sequence[float]) -> str:
    """Decide whether a cost of one captioner is clearly more than that of another, over their runs.

    Costs are compared by their ratio: Welch's t test of their logarithms.

    Args:
        first: Values of the runs that are said to be more, above 0.
        second: Values of the others.

    Returns:
        Yes if the whole 95 % interval of the ratio is above ``CLEARLY``, no if it is as far on the
        other side, else that it cannot be said.

    Example:
        >>> is_more([12.0, 13.0, 12.5], [10.0, 10.1, 10.0])
        'yes'
        >>> is_more([10.5, 10.6, 10.5], [10.0, 10.1, 10.0])
        'cannot be said: 1.05 times as much, 95 % interval 1.04 to 1.06'
    """
    if not first or not second or not all(0 < each < math.inf for each in (*first, *second)):
        return undecided("it was not measured for both")
    seeds = min(len(first), len(second))
    if few := few_seeds(seeds):
        return few
    ratio = welch([np.log(first), np.log(second)], 0.0, 1)
    low, high = map(float, ratio.interval())
    clearly = math.log(CLEARLY)
    if decide(low, high, seeds, clearly) > 0:
        return YES
    if decide(-high, -low, seeds, clearly) > 0:
        return NO
    value, low, high = (math.exp(float(each)) for each in (ratio.value, low, high))
    return undecided(f"{value:.2f} times as much, 95 % interval {low:.2f} to {high:.2f}")


def difference_between(
    differences: Sequence[ModelDifference], first: str, second: str, score: str
) -> ModelDifference | None:
    """Return how much higher ``first`` scores than ``second``, in whichever order it was tested."""
    for each in differences:
        if (each.first, each.second, each.score) == (first, second, score):
            return each
        if (each.first, each.second, each.score) == (second, first, score):
            value, low, high, p = each.difference
            turned = Difference(-value, -high, -low, p)
            return each._replace(first=first, second=second, difference=turned)
    return None


def is_above(found: ModelDifference | None, bound: float = 0.0, scale: float = 1.0) -> str:
    """Decide whether a difference in a score is above 0, and at least ``bound``.

    Args:
        found: The difference; None if it was not tested.
        bound: What it is said to be at least, in units of ``scale``.
        scale: What values are multiplied with to be printed: 100 for BLEU in points.

    Returns:
        Yes if the whole interval is above 0 and at least ``bound``, no if all of it is below, else
        that it cannot be said, with the interval.

    Example:
        >>> def gain(value, low, high, seeds=3):
        ...     difference = Difference(value, low, high, 0.01)
        ...     return ModelDifference("A", "B", "BLEU-4", difference, 0.01, seeds)
        >>> is_above(gain(0.05, 0.03, 0.07), 3, 100), is_above(gain(0.01, -0.01, 0.02), 3, 100)
        ('yes', 'no')
        >>> is_above(gain(0.04, 0.01, 0.07), 3, 100)
        'cannot be said: +4.00, 95 % interval +1.00 to +7.00'
        >>> is_above(gain(0.05, 0.03, 0.07, seeds=1), 3, 100)
        'cannot be said: one seed'
    """
    if found is None or not all(map(math.isfinite, found.difference)):
        return undecided("it was not measured for both")
    if few := few_seeds(found.seeds):
        return few
    value, low, high = (scale * end for end in found.difference[:3])
    decided = int(decide(low, high, found.seeds, bound))
    interval = f"{signed(low, 2)} to {signed(high, 2)}"
    return {1: YES, -1: NO}.get(decided) or undecided(
        f"{signed(value, 2)}, 95 % interval {interval}"
    )
