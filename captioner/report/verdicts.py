"""Verdicts: which of two captioners is better, in a sentence that needs no statistics."""

from __future__ import annotations

from collections.abc import Sequence

from captioner.comparison.quality.significance import LEAST_SEEDS
from captioner.comparison.results import ModelDifference
from captioner.formatting import fixed, p_value, signed

_LEADING = "CIDEr"
COUNTS = {1: "one seed", 2: "two seeds"}


def verdicts(differences: Sequence[ModelDifference]) -> list[str]:
    """Return one sentence on each pair of captioners, in the order of the tests."""
    pairs: dict[tuple[str, str], list[ModelDifference]] = {}
    for each in differences:
        pairs.setdefault((each.first, each.second), []).append(each)
    return [_verdict(tests) for tests in pairs.values()]


def _verdict(tests: list[ModelDifference]) -> str:
    leading = next((each for each in tests if each.score == _LEADING), tests[0])
    first, second, score, difference, *_ = leading
    value, low, high, p = difference
    if value < 0:  # the one that is ahead first
        first, second, value, low, high = second, first, -value, -high, -low
    ends = f"95 % interval {signed(low)} to {signed(high)}, {p_value(p)}"
    if leading.seeds < LEAST_SEEDS:
        return (
            f"The captions of these checkpoints differ by {fixed(value)} in {score}, {first} being"
            f" ahead of {second} ({ends}, over images); with {COUNTS[leading.seeds]}, nothing is"
            " said of the captioners."
        )
    if leading.better is not None:
        start = f"{first} is better than {second} in {score}, by {fixed(value)} ({ends})"
    else:
        start = (
            f"No difference between {first} and {second} can be shown in {score} "
            f"({signed(value)}, {ends})"
        )
    return f"{start}{_others([each for each in tests if each is not leading], first, second)}."


def _others(tests: list[ModelDifference], first: str, second: str) -> str:
    """Return what the other scores say."""
    if not tests:
        return ""
    won = {name: [each.score for each in tests if each.better == name] for name in (first, second)}
    parts = [
        f"{name} is better in {len(scores)} ({', '.join(scores)})"
        for name, scores in won.items()
        if scores
    ]
    if not parts:
        return f"; no other of the {len(tests) + 1} scores shows a difference"
    if even := sum(each.better is None for each in tests):
        parts.append(f"{even} show{'s' if even == 1 else ''} no difference")
    return f"; of the other scores, {' and '.join(parts)}"
