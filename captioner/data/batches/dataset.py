"""Map-style dataset: one picture with its captions as word ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import Dataset

from captioner.data.batches.sources import ImageSource
from captioner.data.formats.caption_cleaning import learnt_words
from captioner.data.formats.example import Example
from captioner.errors import CaptionerError
from captioner.text import Tokenizer, Vocabulary


@dataclass
class Item:
    """Item of a batch: one example with its image and word ids.

    Attributes:
        example: The example; of no meaning if there is no image.
        image: Pixels (3, H, W) uint8, image tokens (N, F) float16, or None if no picture could
            be read.
        captions: Word ids (R, T) int64 of the references that have words, from ``<bos>`` to
            ``<eos>``, padded.
        broken: For each picture that could not be read in its place, one sentence.
    """

    example: Example
    image: Tensor | None
    captions: Tensor
    broken: list[str]


_NONE = Example(0, "", ())


class CaptionDataset(Dataset[Item]):
    """Give every example once, with all its reference captions.

    A picture that cannot be read gives its place to the next example that can, so that every
    batch keeps its size; what was wrong travels with the item, because an exception would reach
    the user as a worker's traceback. ``CaptionLoader`` counts these reports and acts on them.

    Args:
        examples: What ``read_coco`` returned.
        source: Gives the pixels or image tokens of an example.
        tokenizer: Splits captions into words.
        vocabulary: Maps words to ids.
        max_words: Longer captions are cut after this many words.
        attempts: How many examples may be tried for one item.
        extra_captions: More captions of some images, by id, beside those of the examples.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        source: ImageSource,
        tokenizer: Tokenizer,
        vocabulary: Vocabulary,
        *,
        max_words: int = 40,
        attempts: int = 1,
        extra_captions: Mapping[int, Sequence[str]] | None = None,
    ) -> None:
        self.examples = examples
        self.source = source
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
        self.max_words = max_words
        self.attempts = attempts
        self.extra_captions = extra_captions or {}

    def __len__(self) -> int:
        return len(self.examples)

    def longest(self) -> list[int]:
        """Return the words of each example's longest caption."""
        captions = map(self._captions, self.examples)
        words = (learnt_words(each, self.tokenizer) for each in captions)
        return [min(max(map(len, each)), self.max_words) for each in words]

    def __getitem__(self, key: tuple[int, int]) -> Item:
        """Return the item of an (epoch, index), as ``EpochBatches`` deals them out."""
        epoch, first = key
        broken: list[str] = []
        for attempt in range(self.attempts):
            index = (first + attempt) % len(self)
            try:
                image = self.source(index, epoch)
                example = self.examples[index]  # its captions may be in a shard
            except CaptionerError as error:
                broken.append(str(error))
            else:
                return Item(example, image, self._word_ids(self._captions(example)), broken)
        return Item(_NONE, None, torch.empty(0, 0), broken)

    def _captions(self, example: Example) -> Sequence[str]:
        return [*example.captions, *self.extra_captions.get(example.image_id, ())]

    def _word_ids(self, captions: Sequence[str]) -> Tensor:
        learnt = learnt_words(captions, self.tokenizer)
        rows = [self.vocabulary.encode(words[: self.max_words]) for words in learnt]
        length = max(map(len, rows))
        return torch.tensor([row + [Vocabulary.pad] * (length - len(row)) for row in rows])  # R T
