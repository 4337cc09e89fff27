"""Pictures and captions in shards: sets that are too large for a file per picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any, cast

from captioner.data.batches.dataset import CaptionDataset
from captioner.data.batches.sampler import EpochBatches
from captioner.data.datamodules.captions import CaptionDataModule
from captioner.data.formats.example import Example
from captioner.data.shards.shard_batches import ShardBatches
from captioner.data.shards.shard_examples import ShardExamples
from captioner.data.shards.shard_splits import ShardSource, ShardSplits
from captioner.data.shards.words import CaptionWords, caption_words
from captioner.errors import CaptionerError
from captioner.text import Vocabulary


class ShardsDataModule(CaptionDataModule):
    """Read a data set from the shards that ``python -m captioner shard`` has written.

    Shards are read where they lie, a few at a time; memory does not grow with the number of
    pictures, but for some tens of bytes of each. Every epoch has another order, each device reads
    its own shards, and training that goes on from a checkpoint neither reads nor decodes again what
    it has seen. Validation and test give every image exactly once. The splits are those of the data
    set that the shards were made of; words are counted once and kept beside the shards.

    Args:
        folder: The folder of the shards.
        shuffle_window: In training an example moves by up to so many places in the order of the
            shards, which changes from epoch to epoch. More mixes better and reads more shards at a
            time; beyond ten times the pictures of a shard reading gets slower.
        kwargs: Settings of ``CaptionDataModule``.
    """

    def __init__(
        self, folder: str = "data/shards", shuffle_window: int = 5000, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.folder = folder
        self.shuffle_window = shuffle_window
        if shuffle_window < 0:
            raise CaptionerError(
                f"data.shuffle_window: expected at least 0, found {shuffle_window}"
            )
        if self.holdout:
            raise CaptionerError(
                "data.holdout: expected 0, since shards keep the part that was set aside when they"
                f" were written, found {self.holdout}"
            )

    @cached_property
    def source(self) -> ShardSource:
        """The shards."""
        return ShardSource(self.folder)

    @cached_property
    def splits(self) -> ShardSplits:
        """The examples of each split, read from the shards when they are asked for."""
        return ShardSplits(self.source, limit=self.limit)

    @cached_property
    def _words(self) -> CaptionWords:
        return caption_words(self.splits.train, self.tokenizer)

    def _collect_vocabulary(self) -> Vocabulary:
        return Vocabulary.from_counts(self._words.counts, self.min_count)

    def _paths(self, examples: Sequence[Example]) -> Sequence[str]:
        return cast(ShardExamples, examples).paths

    def _deal(self, dataset: CaptionDataset, *, training: bool) -> EpochBatches:
        split = cast(ShardExamples, dataset.examples)
        return self._batches(
            len(split),
            lambda: self._words.longest.clip(max=self.max_words).tolist(),
            training=training,
            deal=partial(ShardBatches, runs=split.runs, window=self.shuffle_window),
        )

    def describe(self) -> dict[str, str | int]:
        """Return what a checkpoint says of the data it was trained on, as plain values."""
        if self.limit is not None:
            return super().describe()
        index = self.source.index  # counts captions, of which not one has to be read
        return {
            "train annotations": self.source.location("train"),
            "train images": index.images("train"),
            "train captions": index.captions("train"),
        }
