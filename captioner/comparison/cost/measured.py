"""Everything that is measured on one trained captioner, beside what its captions are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from captioner.comparison.cost.gradient_reach import gradient_reach
from captioner.comparison.cost.inference_cost import inference_cost
from captioner.comparison.cost.long_captions import long_captions
from captioner.comparison.cost.step_times import step_times
from captioner.comparison.results import InferenceCost, StepTime
from captioner.data.formats.example import Example
from captioner.models.caption_model import CaptionModel
from captioner.models.search_settings import SearchSettings


@dataclass(frozen=True)
class Measured:
    """Hold the measures of one captioner; they mean the same as in ``ModelResult``.

    Attributes:
        inference: What captioning costs.
        gradient_reach: How much the last word of a caption depends on the words before it.
        step_times: Time per step by length.
    """

    inference: InferenceCost
    gradient_reach: list[float]
    step_times: list[StepTime]

    @classmethod
    def of(
        cls,
        captioner: CaptionModel[Any],
        examples: Sequence[Example],
        search: SearchSettings,
        pictures: int = 64,
    ) -> Measured:
        """Measure a captioner on the device that it is on.

        Args:
            captioner: A trained captioner.
            examples: The test images.
            search: How captions are found.
            pictures: How many pictures are captioned to measure the time that it takes.
        """
        files = [Path(example.path) for example in examples[:pictures]]
        batch, words = long_captions(captioner, examples)
        return cls(
            inference=inference_cost(captioner, files, search),
            gradient_reach=gradient_reach(captioner, batch, max(2, words)),
            step_times=step_times(captioner),
        )
