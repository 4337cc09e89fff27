"""The splits of a data set in shards."""

from __future__ import annotations

from functools import cached_property

from captioner.data.shards.index import INDEX, ShardIndex, read_index
from captioner.data.shards.shard_examples import ShardExamples
from captioner.data.splits.caption_splits import Split, Splits
from captioner.errors import CaptionerError


class ShardSource:
    """Read the splits of a data set from a folder of shards.

    Args:
        folder: Where ``python -m captioner shard`` has written.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    @cached_property
    def index(self) -> ShardIndex:
        """What the folder holds."""
        return read_index(self._folder)

    def split(self, name: str) -> ShardExamples:
        """Return the examples of a split, none if the folder has no such split."""
        return ShardExamples(self._folder, self.index, name)

    read = split

    def location(self, split: Split) -> str:
        """Return the index, which names all splits."""
        return f"{self._folder}/{INDEX}"


class ShardSplits(Splits):
    """Give the splits as they were when the shards were written, the ``dev`` split included.

    Args:
        source: The shards.
        limit: Keep only the first so many images of each split.
    """

    def __init__(self, source: ShardSource, *, limit: int | None = None) -> None:
        super().__init__(source, limit=limit)
        self._shards = source

    @cached_property
    def train(self) -> ShardExamples:
        """What weights and vocabulary are learnt from.

        Raises:
            CaptionerError: If there is nothing, or the shards cannot be read.
        """
        found = self._shards.split("train")[: self._limit]
        if not found:
            location = self._shards.location("train")
            raise CaptionerError(f"{location}: expected training images, found none")
        return found

    @cached_property
    def dev(self) -> ShardExamples:
        """Training images that were set aside when the shards were written; may be empty.

        Raises:
            CaptionerError: If the shards cannot be read.
        """
        return self._shards.split("dev")[: self._limit]
