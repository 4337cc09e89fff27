"""What training time buys: when a captioner got how good."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from captioner.comparison.results import Curve, RunResult

CIDER = "val/CIDEr"
SHARES = (0.8, 0.9, 1.0)


def time_to(curve: Curve, targets: Sequence[float]) -> dict[float, float]:
    """Return after how many seconds of training a score first reached each target.

    The time is that of the first check that found it reached, as in time-to-accuracy benchmarks:
    Coleman et al., 2017, "DAWNBench". A captioner that is checked seldom looks slower by up to the
    time between two checks.

    Args:
        curve: The score at each check of one run.
        targets: Values of the score.

    Returns:
        Seconds for each target; NaN for one that was not reached, or whose time is not known.

    Example:
        >>> time_to(Curve([10, 20], [5.0, 9.0], [0.3, 0.6]), [0.5, 0.7])
        {0.5: 9.0, 0.7: nan}
    """
    checks = list(zip(curve.seconds, curve.values, strict=True))
    return {
        target: next((second for second, value in checks if value >= target), math.nan)
        for target in targets
    }


def mean_time_to(runs: Sequence[RunResult], targets: Sequence[float]) -> dict[float, float]:
    """Return the same for the CIDEr of validation, as the mean over the runs of a captioner.

    Returns:
        Seconds for each target; NaN for one that a run did not reach; nothing if a run has no such
        curve.
    """
    curves = _curves(runs)
    if not curves:
        return {}
    times = [time_to(curve, targets) for curve in curves]
    return {target: math.fsum(each[target] for each in times) / len(times) for target in targets}


def cider_targets(runs: Mapping[str, Sequence[RunResult]]) -> list[float]:
    """Return values of CIDEr that are worth timing: 80, 90 and 100 % of what every run reached.

    Args:
        runs: For each captioner, by name, its runs.

    Returns:
        Three values, rising, rounded down to three digits, so that every run reached each of them;
        none if no run has a curve, or nothing was learnt.
    """
    bests = [max(curve.values) for each in runs.values() for curve in _curves(each)]
    worst = min(bests, default=0.0)
    return sorted({_round_down(share * worst) for share in SHARES}) if worst > 0 else []


def at_equal_time(runs: Mapping[str, Sequence[RunResult]]) -> dict[str, float | None]:
    """Return the best CIDEr of validation so far at the time when the quickest captioner was done.

    A captioner is done when the last of its runs is.

    Args:
        runs: For each captioner, by name, its runs.

    Returns:
        The mean over the runs of each captioner; None for one that has no curve, or that was not
        checked until then.
    """
    curves = {name: _curves(each) for name, each in runs.items()}
    done = {name: max(curve.seconds[-1] for curve in each) for name, each in curves.items() if each}
    end = min((second for second in done.values() if math.isfinite(second)), default=math.nan)
    return {name: _mean_best(each, end) for name, each in curves.items()}


def _mean_best(curves: Sequence[Curve], end: float) -> float | None:
    bests = [
        max(
            (value for at, value in zip(curve.seconds, curve.values, strict=True) if at <= end),
            default=math.nan,
        )
        for curve in curves
    ]
    mean = math.fsum(bests) / len(bests) if bests else math.nan
    return mean if math.isfinite(mean) else None


def _curves(runs: Sequence[RunResult]) -> list[Curve]:
    """Return the curve of each run, or none at all if one of them has none."""
    curves = [run.curves[CIDER] for run in runs if CIDER in run.curves and run.curves[CIDER].values]
    return curves if len(curves) == len(runs) else []


def _round_down(value: float) -> float:
    digits = 2 - math.floor(math.log10(value))
    # Found anew from its digits, so that it prints as 0.523 and not as 0.5230000000000001.
    return float(f"{math.floor(value * 10**digits + 1e-9) / 10**digits:.{max(digits, 0)}f}")
