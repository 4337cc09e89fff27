"""The parts of a data set in shards."""

from __future__ import annotations

from functools import cached_property

from captioner.data.shards.index import INDEX, ShardIndex, read_index
from captioner.data.shards.part import ShardPart
from captioner.data.splits.caption_splits import Part, Splits
from captioner.errors import CaptionerError


class ShardSource:
    """Read the parts of a data set from a folder of shards.

    Args:
        folder: Where ``python -m captioner shard`` has written.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    @cached_property
    def index(self) -> ShardIndex:
        """What the folder holds."""
        return read_index(self._folder)

    def part(self, name: str) -> ShardPart:
        """Return the examples of a part, none if the folder has no such part."""
        return ShardPart(self._folder, self.index, name)

    read = part

    def place(self, part: Part) -> str:
        """Return the index, which names all parts."""
        return f"{self._folder}/{INDEX}"


class ShardSplits(Splits):
    """Give the parts as they were when the shards were written, the ``dev`` part included.

    Args:
        source: The shards.
        limit: Keep only the first so many images of each part.
    """

    def __init__(self, source: ShardSource, *, limit: int | None = None) -> None:
        super().__init__(source, limit=limit)
        self._shards = source

    @cached_property
    def train(self) -> ShardPart:
        """What weights and vocabulary are learnt from.

        Raises:
            CaptionerError: If there is nothing, or the shards cannot be read.
        """
        found = self._shards.part("train")[: self._limit]
        if not found:
            place = self._shards.place("train")
            raise CaptionerError(f"{place}: expected training images, found none")
        return found

    @cached_property
    def dev(self) -> ShardPart:
        """Training images that were set aside when the shards were written; may be empty.

        Raises:
            CaptionerError: If the shards cannot be read.
        """
        return self._shards.part("dev")[: self._limit]
