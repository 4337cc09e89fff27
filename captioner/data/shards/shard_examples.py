"""The examples of a split of a data set, each read from its shard when it is asked for."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any, overload

import numpy as np

from captioner.data.formats.caption_cleaning import clean_caption
from captioner.data.formats.example import Example
from captioner.data.pictures.tar_members import read_member
from captioner.data.shards.index import INDEX, Shard, ShardIndex
from captioner.errors import CaptionerError

ROW = np.dtype([("image_id", "<i8"), ("suffix", "u1")])
"""What is kept of a picture beside the shards, 9 bytes: its id, and which ending its file has."""

_MAX_BYTES = 10**8  # of the captions of a picture


def member_name(image_id: int, suffix: str) -> str:
    """Return the name of a file in a shard; what precedes the dot is WebDataset's key.

    Example:
        >>> member_name(139, "jpg")
        '000000000139.jpg'
    """
    return f"{image_id:012}.{suffix}"


class ShardExamples(Sequence[Example]):
    """Examples of a split, read on access: 9 bytes of each are mapped into memory.

    A picture's path names its shard and its place there, which ``read_image`` reads like any file:
    ``shards/val-000000.tar/000000000139.jpg``.

    Args:
        folder: The folder of the shards.
        index: Its index.
        name: The split; of one that the index does not name there are no examples.

    Raises:
        CaptionerError: If what the index names is missing or does not fit it.
    """

    def __init__(self, folder: str | Path, index: ShardIndex, name: str) -> None:
        self.folder = str(folder)
        self.name = name
        self.digest = index.digest
        self._suffixes = index.suffixes
        shards = index.splits.get(name, [])
        self._shards = [shard.file for shard in shards]
        self._ends = list(accumulate(shard.images for shard in shards))
        self._rows = _map_rows(Path(folder) / f"{name}.rows.npy", index.images(name))
        self._chosen = range(index.images(name))
        last = int(self._rows["suffix"].max(initial=0))
        if self._chosen and last >= len(index.suffixes):
            raise CaptionerError(
                f"{folder}/{name}.rows.npy: expected rows with one of the {len(index.suffixes)}"
                f" suffixes of {INDEX}, found number {last}"
            )
        for shard in shards:
            _check_size(self.folder, shard)

    def __len__(self) -> int:
        return len(self._chosen)

    @property
    def whole(self) -> bool:
        """Whether these are all examples of the split, in their order."""
        return self._chosen == range(len(self._rows))

    @property
    def runs(self) -> list[int]:
        """How many consecutive examples come from one shard each."""
        shards = (bisect_right(self._ends, place) for place in self._chosen)
        return [sum(1 for _ in run) for _, run in groupby(shards)]

    @property
    def paths(self) -> ShardPaths:
        """The paths of the pictures."""
        return ShardPaths(self)

    def path(self, index: int) -> str:
        """Return the path of a picture."""
        shard, image_id, suffix = self._locate(index)
        return f"{self.folder}/{shard}/{member_name(image_id, self._suffixes[suffix])}"

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> ShardExamples: ...
    def __getitem__(self, index: int | slice) -> Example | ShardExamples:
        """Return an example, or some of them.

        Raises:
            CaptionerError: If its captions cannot be read.
        """
        if isinstance(index, slice):
            split = object.__new__(ShardExamples)
            split.__dict__.update(self.__dict__, _chosen=self._chosen[index])
            return split
        shard, image_id, suffix = self._locate(index)
        tar, name = f"{self.folder}/{shard}", member_name(image_id, "json")
        content = _read_captions(tar, name)
        captions = tuple(clean_caption(text, f"{tar}/{name}") for text in content["captions"])
        path = f"{tar}/{member_name(image_id, self._suffixes[suffix])}"
        return Example(image_id, path, captions, str(content.get("group", "")))

    def __getstate__(self) -> dict[str, Any]:
        """Leave the mapped file out of what goes to another process, which maps it anew."""
        return {**self.__dict__, "_rows": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Map the file again."""
        self.__dict__.update(state)
        file = Path(self.folder) / f"{self.name}.rows.npy"
        self._rows = _map_rows(file, self._ends[-1] if self._ends else 0)

    def _locate(self, index: int) -> tuple[str, int, int]:
        place = self._chosen[index]
        row = self._rows[place]
        return self._shards[bisect_right(self._ends, place)], int(row[0]), int(row[1])


class ShardPaths(Sequence[str]):
    """The paths of the pictures of a split, put together when they are asked for."""

    def __init__(self, split: ShardExamples) -> None:
        self._split = split

    def __len__(self) -> int:
        return len(self._split)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> ShardPaths: ...
    def __getitem__(self, index: int | slice) -> str | ShardPaths:
        """Return a path, or some of them."""
        if isinstance(index, slice):
            return self._split[index].paths
        return self._split.path(index)


def _map_rows(file: Path, images: int) -> np.ndarray[Any, np.dtype[Any]]:
    try:
        rows = np.load(file, mmap_mode="r") if images else np.empty(0, ROW)
    except Exception as error:  # of a damaged header, numpy has Python's own parser raise anything
        raise CaptionerError(f"{file}: expected the rows of the index, found {error}") from error
    if not isinstance(rows, np.ndarray) or rows.dtype != ROW or rows.shape != (images,):
        raise CaptionerError(f"{file}: expected {images} rows as the index says, found others")
    return rows


def _check_size(folder: str, shard: Shard) -> None:
    """Name a shard that is missing or cut off at once, not in the middle of an epoch."""
    path = Path(folder, shard.file)
    try:
        size = path.stat().st_size
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise CaptionerError(f"{path}: expected a shard of {INDEX}, found {reason}") from error
    if size != shard.bytes:
        raise CaptionerError(
            f"{path}: expected {shard.bytes:,} bytes as {INDEX} says, found {size:,}"
        )


def _read_captions(tar: str, name: str) -> dict[str, Any]:
    try:
        content = json.loads(read_member(tar, name, _MAX_BYTES))
    except (ValueError, RecursionError) as error:
        raise CaptionerError(f"{tar}/{name}: expected JSON, found {error}") from error
    captions = content.get("captions") if isinstance(content, dict) else None
    if not isinstance(captions, list) or not captions:
        raise CaptionerError(f"{tar}/{name}: expected a list of captions, found none")
    return content
