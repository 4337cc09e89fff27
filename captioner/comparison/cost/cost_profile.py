"""Cost profile of a captioner: what captioning takes, how far gradients reach, step times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from captioner.comparison.cost.gradient_reach import gradient_reach
from captioner.comparison.cost.inference_cost import inference_costs
from captioner.comparison.cost.long_captions import long_captions
from captioner.comparison.cost.step_times import step_times
from captioner.comparison.results import InferenceCost, RunResult
from captioner.data.formats.example import Example
from captioner.models.caption_model import CaptionModel
from captioner.models.search_settings import SearchSettings

_PICTURES = 64


def profile_inference(
    captioners: Mapping[str, CaptionModel[Any]],
    examples: Sequence[Example],
    search: SearchSettings,
) -> dict[str, InferenceCost]:
    """Measure what captioning costs, on the device that each captioner is on.

    Args:
        captioners: Trained captioners, by name.
        examples: The test images, of which a few are captioned.
        search: How captions are found.
    """
    files = [Path(example.path) for example in examples[:_PICTURES]]
    return inference_costs(captioners, files, search)


def profile_run(
    run: RunResult, captioner: CaptionModel[Any], examples: Sequence[Example]
) -> RunResult:
    """Return a run with what is measured on each: gradients, and the time per step by length.

    Args:
        run: What was trained.
        captioner: Its weights.
        examples: The test images.
    """
    batch, words = long_captions(captioner, examples)
    return replace(
        run,
        gradient_reach=gradient_reach(captioner, batch, max(2, words)),
        step_times=step_times(captioner),
    )
