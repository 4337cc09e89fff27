"""From measured values to yes, no, or the reason why it cannot be said."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from captioner.comparison.results import ModelDifference, ModelResult
from captioner.formatting import signed
from captioner.scores.confidence import Difference

YES, NO = "yes", "no"
CLEARLY = 1.1
"""Measured costs closer than this ratio are not told apart: machines vary by as much."""


def unsaid(why: str) -> str:
    """Return the verdict that there is none.

    Example:
        >>> unsaid("the runs overlap")
        'cannot be said: the runs overlap'
    """
    return f"cannot be said: {why}"


def find(models: Sequence[ModelResult], captioner: str) -> ModelResult | None:
    """Return the first of the models with a captioner of that class, or None."""
    return next((each for each in models if each.captioner.rpartition(".")[2] == captioner), None)


def absent(captioner: str) -> str:
    """Return the verdict where there is no captioner of a class.

    Example:
        >>> absent("LSTMCaptioner")
        'cannot be said: no LSTMCaptioner was compared'
    """
    return unsaid(f"no {captioner} was compared")


def judge_two(
    models: Sequence[ModelResult],
    first: str,
    second: str,
    judge: Callable[[ModelResult, ModelResult], str],
) -> str:
    """Return the verdict on the captioners of two classes, or which of the two there is not.

    Args:
        models: The captioners that were compared.
        first: A class.
        second: Another one.
        judge: Returns the verdict on the first captioner of each, in this order.

    Example:
        >>> judge_two([], "LSTMCaptioner", "ElmoCaptioner", lambda lstm, elmo: YES)
        'cannot be said: no LSTMCaptioner was compared'
    """
    one, other = find(models, first), find(models, second)
    if one is None or other is None:
        return absent(first if one is None else second)
    return judge(one, other)


def is_more(first: Sequence[float], second: Sequence[float]) -> str:
    """Judge whether each value of one captioner is clearly more than each of the other.

    Args:
        first: Values of the runs that are said to be more; finite, at least 0.
        second: Values of the others.

    Example:
        >>> is_more([12.0, 13.0], [10.0]), is_more([10.0], [12.0])
        ('yes', 'no')
        >>> is_more([10.5], [10.0])
        'cannot be said: less than 10 % apart'
    """
    if not first or not second or not all(map(math.isfinite, (*first, *second))):
        return unsaid("it was not measured for both")
    if min(first) > CLEARLY * max(second):
        return YES
    if min(second) > CLEARLY * max(first):
        return NO
    return unsaid("less than 10 % apart")


def difference_between(
    differences: Sequence[ModelDifference], first: str, second: str, score: str
) -> Difference | None:
    """Return how much higher ``first`` scores than ``second``, in whichever order it was tested."""
    for each in differences:
        if (each.first, each.second, each.score) == (first, second, score):
            return each.difference
        if (each.first, each.second, each.score) == (second, first, score):
            value, low, high, p = each.difference
            return Difference(-value, -high, -low, p)
    return None


def is_above(difference: Difference | None, bound: float = 0.0, scale: float = 1.0) -> str:
    """Judge whether a difference in a score is above 0, and at least ``bound``.

    Args:
        difference: The difference and its 95 % interval; None if it was not tested.
        bound: What it is said to be at least, in units of ``scale``.
        scale: What values are multiplied with to be printed: 100 for BLEU in points.

    Returns:
        Yes if the interval excludes 0 and the value is at least ``bound``; no if the whole
        interval is below ``bound``; else that it cannot be said, with the interval.

    Example:
        >>> is_above(Difference(0.04, 0.01, 0.07, 0.01), 3, 100)
        'yes'
        >>> is_above(Difference(0.01, -0.01, 0.02, 0.3), 3, 100)
        'no'
        >>> is_above(Difference(0.04, -0.01, 0.09, 0.3), 3, 100)
        'cannot be said: +4.00, 95 % interval -1.00 to +9.00'
    """
    if difference is None or not all(map(math.isfinite, difference)):
        return unsaid("it was not measured for both")
    value, low, high = (scale * end for end in difference[:3])
    if low > 0 and value >= bound:
        return YES
    if high < bound:
        return NO
    interval = f"{signed(low, 2)} to {signed(high, 2)}"
    return unsaid(f"{signed(value, 2)}, 95 % interval {interval}")
