"""Which of two captioners is better, in a sentence that needs no statistics."""

from __future__ import annotations

from captioner.comparison.results import Comparison, ModelDifference
from captioner.report.numerals import p_value, signed
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
    shown = p_value(difference.p)
    numbers = (
        f"{signed(difference.value)}, 95 % interval {signed(difference.low)} to "
        f"{signed(difference.high)}, p {shown if shown.startswith('<') else '= ' + shown}"
    )
    if difference.p < REAL:
        ahead, behind = (first, second) if difference.value > 0 else (second, first)
        start = f"{ahead} is better than {behind} in {score} ({first} less {second}: {numbers})"
    else:
        start = (
            f"No difference between {first} and {second} can be shown in {score} "
            f"({first} less {second}: {numbers})"
        )
    others = [each for each in tests if each is not leading]
    return f"{start}{_rest(others, first, second)}."


def _rest(tests: list[ModelDifference], first: str, second: str) -> str:
    """Say what the other scores say."""
    if not tests:
        return ""
    real = [each for each in tests if each.difference.p < REAL]
    won = {
        first: [each.score for each in real if each.difference.value > 0],
        second: [each.score for each in real if each.difference.value < 0],
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
