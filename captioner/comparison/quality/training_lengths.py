"""Captioners at equal training time, and after a share of their steps, next to each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from captioner.comparison.quality.evaluation import evaluate
from captioner.comparison.results import Arm, RunResult
from captioner.data.formats.example import Example
from captioner.text.tokenizer import Tokenizer

Runs = dict[str, list[RunResult]]


def by_length(runs: Sequence[RunResult]) -> tuple[Runs, dict[str, Runs]]:
    """Return the runs of each captioner that were trained in full, and those of every other arm.

    Example:
        >>> full = RunResult("LSTM", 0, "best.ckpt", {}, 5.0)
        >>> short = RunResult("LSTM", 0, "other.ckpt", {}, 6.0, arm="equal time")
        >>> found, arms = by_length([full, short])
        >>> found == {"LSTM": [full]}, arms == {"equal time": {"LSTM": [short]}}
        (True, True)
    """
    full: Runs = {}
    arms: dict[str, Runs] = {}
    for run in runs:
        of_arm = arms.setdefault(run.arm, {}) if run.arm else full
        of_arm.setdefault(run.model, []).append(run)
    return full, arms


def compare_lengths(
    arm: str,
    runs: Mapping[str, Sequence[RunResult]],
    full: Mapping[str, Sequence[RunResult]],
    examples: Sequence[Example],
    training_captions: Sequence[str],
    tokenizer: Tokenizer,
) -> Arm:
    """Return how captioners compare that were trained for other lengths.

    Where the arm has one captioner only, it is compared with the others after all of their steps.

    Args:
        arm: Its name.
        runs: Its runs, by captioner.
        full: The runs that were trained in full, by captioner.
        examples: The test images.
        training_captions: What the captioners were trained on, as it was written.
        tokenizer: Splits captions and references into words.

    Raises:
        CaptionerError: As ``evaluate`` does.
    """
    # In the order of the comparison, whichever of them were trained for another length.
    compared = runs if len(runs) > 1 else {name: runs.get(name, full[name]) for name in full}
    found = evaluate(compared, examples, training_captions, tokenizer)
    return Arm(
        name=arm,
        scores={name: found.models[name].scores for name in compared},
        differences=[each for each in found.differences if {each.first, each.second} & {*runs}],
        steps={name: max(map(_steps, each)) for name, each in runs.items()},
        seconds={name: fmean(map(_seconds, each)) for name, each in compared.items()},
    )


def _steps(run: RunResult) -> int:
    return max((curve.steps[-1] + 1 for curve in run.curves.values() if curve.steps), default=0)


def _seconds(run: RunResult) -> float:
    return run.training.seconds if run.training is not None else math.nan
