"""Which of two captioners is better, in a sentence that needs no statistics."""

from __future__ import annotations

from captioner.comparison.results import Comparison, ModelDifference
from captioner.formatting import fixed, p_value, signed
from captioner.report.score_tables import REAL

_LEADING = "CIDEr"


def verdicts(comparison: Comparison) -> list[str]:
    """Return one sentence on each pair of captioners, in the order of the tests."""
    pairs: dict[tuple[str, str], list[ModelDifference]] = {}
    for each in comparison.differences:
        pairs.setdefault((each.first, each.second), []).append(each)
    return [_verdict(tests) for tests in pairs.values()]


def _verdict(tests: list[ModelDifference]) -> str:
    leading = next((each for each in tests if each.score == _LEADING), tests[0])
    first, second, score, difference = leading
    value, low, high, p = difference
    if value < 0:  # the one that is ahead first
        first, second, value, low, high = second, first, -value, -high, -low
    ends = f"95 % interval {signed(low)} to {signed(high)}, {p_value(p)}"
    if p < REAL:
        start = f"{first} is better than {second} in {score}, by {fixed(value)} ({ends})"
    else:
        start = (
            f"No difference between {first} and {second} can be shown in {score} "
            f"({signed(value)}, {ends})"
        )
    others = [each for each in tests if each is not leading]
    return f"{start}{_rest(others, first, second)}."


def _rest(tests: list[ModelDifference], first: str, second: str) -> str:
    """Say what the other scores say."""
    if not tests:
        return ""
    real = [each for each in tests if each.difference.p < REAL]
    # The tests name the two in their own order, whichever of them leads here.
    ahead = {each.score: each.first if each.difference.value > 0 else each.second for each in real}
    won = {
        name: [score for score, winner in ahead.items() if winner == name]
        for name in (first, second)
    }
    parts = [
        f"{name} is better in {len(scores)} ({', '.join(scores)})"
        for name, scores in won.items()
        if scores
    ]
    if not parts:
        return f"; no other of the {len(tests) + 1} scores shows a difference"
    if even := len(tests) - len(real):
        parts.append(f"{even} show{'s' if even == 1 else ''} no difference")
    return f"; of the other scores, {' and '.join(parts)}"
