"""What captioners have to beat: a control, which goes without what is thought to matter."""

from __future__ import annotations

from collections.abc import Sequence

from captioner.comparison.quality.judge import judge
from captioner.comparison.results import ControlResult, RunResult
from captioner.data.formats.example import Example
from captioner.text.tokenizer import Tokenizer


def judge_controls(
    runs: Sequence[RunResult],
    examples: Sequence[Example],
    training_captions: Sequence[str],
    tokenizer: Tokenizer,
) -> list[ControlResult]:
    """Return what the captions of controls are worth, one run for each.

    A control is scored as a captioner is, and never compared in pairs, shown, or called best.

    Args:
        runs: The runs.
        examples: The test images.
        training_captions: What captioners and controls were trained on, as it was written.
        tokenizer: Splits captions and references into words.

    Raises:
        CaptionerError: As ``judge`` does.

    Example:
        >>> from captioner.text import PTBTokenizer
        >>> judge_controls([], [], [], PTBTokenizer())
        []
    """
    if not runs:
        return []
    judged = judge({run.model: [run] for run in runs}, examples, training_captions, tokenizer)
    return [ControlResult(name, each.scores) for name, each in judged.models.items()]
