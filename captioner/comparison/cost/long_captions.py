"""The longest captions of a data set, as a batch that a captioner reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from captioner.data.batches.collate import collate
from captioner.data.batches.dataset import CaptionDataset
from captioner.data.batches.sources import PixelSource
from captioner.data.formats.example import Example
from captioner.data.pictures.transforms import EvalTransform
from captioner.models.caption_model import CaptionModel
from captioner.types import CaptionBatch


def long_captions(
    captioner: CaptionModel[Any], examples: Sequence[Example], images: int = 32
) -> tuple[CaptionBatch, int]:
    """Return the images with the longest references, and a length that many of those have.

    Args:
        captioner: Its words and its pre-processing are used.
        examples: Images with their references.
        images: How many are returned at most.

    Returns:
        Pixels and captions, and the number of words that half of the images have a reference of;
        longer references than a captioner is trained on are cut, and counted as that long.
    """
    words, known = captioner.tokenizer, captioner.vocabulary
    transform = EvalTransform(captioner.encoder.preprocessing)

    def data(chosen: Sequence[Example]) -> CaptionDataset:
        source = PixelSource([example.path for example in chosen], transform)
        return CaptionDataset(chosen, source, words, known)

    # As long as the batch holds them: what is longer is cut.
    longest = data(examples).longest()
    order = np.argsort(longest, kind="stable")[::-1][:images]
    chosen = data([examples[place] for place in order])
    loaded = collate([chosen[0, place] for place in range(len(chosen))])
    assert loaded.batch is not None
    return loaded.batch, int(np.median([longest[place] for place in order]))
