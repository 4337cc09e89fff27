"""Index of a folder of shards: one small file that is written last."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from captioner.data.formats.json_files import read_json
from captioner.errors import CaptionerError

INDEX = "index.json"
_VERSION = 1
_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Shard:
    """Describe a tar file of pictures with captions.

    Attributes:
        file: Its name in the folder.
        images: How many pictures it holds.
        captions: How many captions.
        bytes: Its size.
    """

    file: str
    images: int
    captions: int
    bytes: int


@dataclass(frozen=True)
class ShardIndex:
    """Index of shards: which make up which split of a data set.

    Attributes:
        digest: Stands for what the shards were made of.
        splits: For ``train``, ``dev``, ``val`` and ``test``, where there are any, the shards.
        suffixes: The endings of the picture files, which a split's rows refer to.
        left_out: For each broken picture that is in no shard, one sentence saying why.
    """

    digest: str
    splits: dict[str, list[Shard]] = field(default_factory=dict)
    suffixes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def images(self, split: str) -> int:
        """Return how many pictures a split has."""
        return sum(shard.images for shard in self.splits.get(split, []))

    def captions(self, split: str) -> int:
        """Return how many captions a split has."""
        return sum(shard.captions for shard in self.splits.get(split, []))

    def to_json(self) -> str:
        """Return the text of the index file."""
        totals = {
            split: {
                "images": self.images(split),
                "captions": self.captions(split),
                "shards": [asdict(shard) for shard in shards],
            }
            for split, shards in self.splits.items()
        }
        content: dict[str, Any] = {
            "version": _VERSION,
            "digest": self.digest,
            "suffixes": self.suffixes,
        }
        content |= {"parts": totals, "left_out": self.left_out}
        return json.dumps(content, indent=1) + "\n"


def read_index(folder: str | Path) -> ShardIndex:
    """Read the index file of a folder of shards.

    Args:
        folder: Where ``python -m captioner shard`` has written.

    Raises:
        CaptionerError: If there is none, because writing was not finished, or if it is no index.

    Example:
        >>> import tempfile
        >>> index = ShardIndex("0" * 32, {"val": [Shard("val-000000.tar", 2, 10, 4096)]}, ["jpg"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, INDEX).write_text(index.to_json())
        ...     read_index(folder) == index
        True
    """
    file = Path(folder) / INDEX
    expected = "the index of shards that python -m captioner shard writes when it is done"
    content = read_json(file, expected, max_gb=1.0)
    try:
        return _parse(content)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise CaptionerError(f"{file}: expected {expected}, found other JSON") from None


def _parse(content: Any) -> ShardIndex:
    if content["version"] != _VERSION:
        raise ValueError
    splits = {
        str(split): [_parse_shard(shard) for shard in described["shards"]]
        for split, described in content["parts"].items()
    }
    suffixes, left_out = (
        [str(each) for each in listed]
        for listed in (content["suffixes"], content.get("left_out", []))  # older ones do not say
    )
    digest = content["digest"]
    if not all(_NAME.fullmatch(name) for name in (digest, *splits, *suffixes)):
        raise ValueError  # they are parts of the names of files
    return ShardIndex(digest, splits, suffixes, left_out)


def _parse_shard(described: Any) -> Shard:
    shard = Shard(**described)
    numbers = (shard.images, shard.captions, shard.bytes)
    inside = Path(shard.file).name == shard.file and shard.file.endswith(".tar")
    if not inside or not all(isinstance(number, int) and number >= 0 for number in numbers):
        raise ValueError  # an index from elsewhere must not lead out of its folder
    return shard
