"""Completeness: whether a folder of shards still holds what its index names."""

from __future__ import annotations

from pathlib import Path

from captioner.data.shards.index import ShardIndex
from captioner.data.shards.shard_examples import ShardExamples
from captioner.errors import CaptionerError


def check_complete(folder: Path, index: ShardIndex) -> None:
    """Refuse finished shards of which files are missing or cut off.

    They are not written anew: by now the pictures that they were made of may be gone.

    Args:
        folder: Where they are.
        index: What the folder should hold.

    Raises:
        CaptionerError: If a file is missing or has another size, with what can be done about it.

    Example:
        >>> check_complete(Path("shards"), ShardIndex("", {"val": []}))
    """
    try:
        for split in index.splits:
            ShardExamples(folder, index, split)
    except CaptionerError as error:
        raise CaptionerError(f"{error} (delete {folder} and run shard again)") from None
