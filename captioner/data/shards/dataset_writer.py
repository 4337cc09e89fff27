"""A data set in shards, split by split, going on where an earlier run stopped."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path

import numpy as np
from tqdm import tqdm

from captioner.data.batches.loader import check_broken
from captioner.data.formats.example import Example
from captioner.data.shards.index import INDEX, Shard, ShardIndex, read_index
from captioner.data.shards.shard_examples import ROW, ShardExamples
from captioner.data.shards.tar_writer import WrittenShard, write_shard
from captioner.errors import CaptionerError
from captioner.files import atomic_write
from captioner.locks import hold_lock

WRITTEN = (INDEX, "plan.json", "lock", "*-*.tar", "*-*.json", "*.rows.npy", "*.words.*.npz")
"""Patterns of the files in a folder of shards, those included that are there for a while."""


class ShardWriter:
    """Write the splits of a data set into a folder of shards.

    Each shard that is finished is noted in a file beside it, so a run that was interrupted is gone
    on with, and a finished one does nothing. The index comes last: what reads shards finds all of
    them or none.

    Args:
        folder: Where they go.
        splits: The examples of each split.
        size: Pictures of a shard.

    Raises:
        CaptionerError: If an id is given twice in a split, or takes more than 64 bits.

    Attributes:
        broken: For each picture that was left out, one sentence saying why.
    """

    def __init__(self, folder: Path, splits: Mapping[str, Sequence[Example]], size: int) -> None:
        self.folder = folder
        self.splits = splits
        self.size = size
        self.broken: list[str] = []
        for examples in splits.values():
            _check_ids(examples)
        self._digest = _digest(splits, size)

    def write(self, max_broken: int = 0) -> ShardIndex:
        """Write what is missing, with a progress bar; return the index.

        Args:
            max_broken: How many broken pictures the training split may have; others may have none.

        Raises:
            CaptionerError: If more are broken, the folder cannot be written or holds the shards of
                something else, or another process writes to it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with hold_lock(self.folder / "lock", self._refuse):
                return self._write(max_broken)
        except OSError as error:
            raise CaptionerError(
                f"{self.folder}: could not be written ({error.strerror or error})"
            ) from None

    def _refuse(self) -> None:
        raise CaptionerError(
            f"{self.folder}: expected to be alone, found another process that writes shards"
        )

    def _write(self, max_broken: int) -> ShardIndex:
        if (self.folder / INDEX).exists():
            index = read_index(self.folder)
            self._check(index.digest)
            check_complete(self.folder, index)
            self._clear(index)  # of a run that was killed when it had written the index
            self.broken = index.left_out
            return index
        plan = self.folder / "plan.json"
        if plan.exists():
            self._check(plan.read_text(encoding="utf-8"))
        atomic_write(plan, self._digest)
        written = {
            split: self._write_part(split, examples, max_broken if split == "train" else 0)
            for split, examples in self.splits.items()
        }
        return self._finish(written)

    def _check(self, digest: str) -> None:
        if digest != self._digest:
            raise CaptionerError(
                f"{self.folder}: expected the shards of these pictures and captions at this size,"
                " found those of others; name another folder, or delete this one"
            )

    def _write_part(
        self, split: str, examples: Sequence[Example], max_broken: int
    ) -> list[WrittenShard]:
        written: list[WrittenShard] = []
        broken: list[str] = []
        with tqdm(total=len(examples), desc=split, unit=" pictures", disable=None) as progress:
            for number in range(math.ceil(len(examples) / self.size)):
                block = examples[number * self.size : (number + 1) * self.size]
                written.append(self._write_shard(f"{split}-{number:06}", block))
                broken += written[-1].broken
                check_broken(broken, max_broken)
                progress.update(len(block))
        self.broken += broken
        return written

    def _write_shard(self, name: str, examples: Sequence[Example]) -> WrittenShard:
        tar, note = self.folder / f"{name}.tar", self.folder / f"{name}.json"
        done = _read_note(note)
        if done is not None and tar.is_file() and tar.stat().st_size == done.shard.bytes:
            return done
        shard = write_shard(tar, examples)
        if not shard.broken:  # those are looked at again: they may have been put right
            atomic_write(note, json.dumps(asdict(shard)))
        return shard

    def _finish(self, written: Mapping[str, list[WrittenShard]]) -> ShardIndex:
        every = [shard for shards in written.values() for shard in shards]
        suffixes = sorted({suffix for shard in every for _, suffix in shard.rows})
        for split, shards in written.items():
            rows = [
                (image, suffixes.index(suffix)) for each in shards for image, suffix in each.rows
            ]
            content = io.BytesIO()
            np.save(content, np.array(rows, ROW))
            atomic_write(self.folder / f"{split}.rows.npy", content.getvalue())
        index = ShardIndex(
            self._digest,
            {split: [each.shard for each in shards] for split, shards in written.items()},
            suffixes,
            self.broken,
        )
        atomic_write(self.folder / INDEX, index.to_json())
        self._clear(index)
        return index

    def _clear(self, index: ShardIndex) -> None:
        """Delete what is only there until the index is."""
        for shards in index.splits.values():
            for shard in shards:
                (self.folder / shard.file).with_suffix(".json").unlink(missing_ok=True)
        (self.folder / "plan.json").unlink(missing_ok=True)


def _check_ids(examples: Sequence[Example]) -> None:
    seen: set[int] = set()
    for example in examples:
        if not -(2**63) <= example.image_id < 2**63:
            raise CaptionerError(
                f"{example.path}: expected a picture id of at most 64 bits, found"
                f" {example.image_id}"
            )
        if example.image_id in seen:  # its files would have the names of the other's
            raise CaptionerError(
                f"{example.path}: expected every picture id once, found {example.image_id} again"
            )
        seen.add(example.image_id)


def _read_note(note: Path) -> WrittenShard | None:
    try:
        content = json.loads(note.read_text(encoding="utf-8"))
        rows = [(int(image), str(suffix)) for image, suffix in content["rows"]]
        return WrittenShard(Shard(**content["shard"]), rows, content["broken"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(splits: Mapping[str, Sequence[Example]], size: int) -> str:
    digest = blake2b(str(size).encode(), digest_size=16)
    for line in _lines(splits):
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _lines(splits: Mapping[str, Sequence[Example]]) -> Iterator[str]:
    for split, examples in splits.items():
        yield f"\0{split}"
        for each in examples:
            yield "\0".join((str(each.image_id), each.path, each.group, *each.captions, "\n"))


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
