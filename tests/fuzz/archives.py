"""Tar shards with what lies beside them, and archives of public data sets."""

import io
import json
import tempfile
import zipfile
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from random import Random

from PIL import Image

from captioner.data.formats.example import Example
from captioner.data.pictures.images import read_image
from captioner.data.preparing.unpack import unpack
from captioner.data.shards.dataset_writer import ShardWriter
from captioner.data.shards.index import INDEX, Shard, ShardIndex, read_index
from captioner.data.shards.shard_examples import ShardExamples
from captioner.data.shards.words import caption_words
from captioner.errors import CaptionerError
from captioner.text import PTBTokenizer
from tests.fuzz import blocks
from tests.fuzz.format import Format
from tests.fuzz.mutations import mutate_blocks
from tests.fuzz.texts import mutate_json

_TAR, _ROWS, _WORDS = "train-000000.tar", "train.rows.npy", "train.words.ptb.npz"


@cache
def _shards() -> dict[str, bytes]:
    """Return the files of a folder of shards: three pictures in one shard."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = []
        for number, kind in enumerate(("PNG", "JPEG", "PNG")):
            path = f"{folder}/{number}.{kind.lower()}"
            Image.new("RGB", (5, 4), (90 * number, 9, 9)).save(path, kind)
            pictures.append(Example(number, path, ("A dog.", "It runs."), "x"))
        packed = Path(folder) / "shards"
        ShardWriter(packed, {"train": pictures}, 3).write()
        caption_words(ShardExamples(packed, read_index(packed), "train"), PTBTokenizer())
        written = {path.name: path.read_bytes() for path in packed.iterdir() if path.is_file()}
    content = json.loads(written[INDEX])
    return {**written, INDEX: json.dumps({**content, "digest": "0" * 32}).encode()}


def _seed(name: str) -> list[bytes]:
    return [_shards()[name]]


def _lay_out(folder: Path) -> None:
    for name, content in _shards().items():
        (folder / name).write_bytes(content)


def _read_shards(path: Path) -> None:
    """Read all parts that the index names, and all of their examples."""
    index = read_index(path.parent)
    for name in index.splits:
        _read_part(path.parent, index, name)


def _read_tar(path: Path) -> None:
    """Read all examples of a shard as the index of a whole folder names it."""
    shard = Shard(_TAR, 3, 6, path.stat().st_size)
    index = ShardIndex("", {"train": [shard]}, ["jpg", "png"])
    _read_part(path.parent, index, "train")


def _read_part(folder: Path, index: ShardIndex, name: str) -> None:
    part = ShardExamples(folder, index, name)
    refused = None
    for place in range(min(len(part), 10)):
        for read in (part.__getitem__, lambda index, part=part: read_image(part.path(index))):
            try:
                read(place)
            except CaptionerError as error:
                refused = error
    if refused is not None:
        raise refused
    caption_words(part, PTBTokenizer())


def _archives() -> list[bytes]:
    tar, packed = _shards()[_TAR], io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(zipfile.ZipInfo(f"a/{number}.jpg"), b"picture" * number)
    return [packed.getvalue(), tar, blocks.join_gzip([(b"", tar)])]


def _mutate_archive(rng: Random, seeds: Sequence[bytes]) -> bytes:
    zipped, tar, packed = seeds
    return rng.choice(
        (
            partial(mutate_blocks, rng, [zipped], blocks.split_zip, blocks.join_zip),
            partial(mutate_blocks, rng, [tar], blocks.split_tar, blocks.join_tar),
            partial(mutate_blocks, rng, [packed], blocks.split_gzip, blocks.join_gzip),
        )
    )()


def _unpack(path: Path) -> None:
    unpack(path, "*.*", path.with_name("unpacked"), None)


ARCHIVES = {
    "shard-index": Format(partial(_seed, INDEX), _read_shards, mutate_json, INDEX, _lay_out),
    "shard-tar": Format(
        partial(_seed, _TAR),
        _read_tar,
        partial(mutate_blocks, split=blocks.split_tar, join=blocks.join_tar),
        _TAR,
        _lay_out,
    ),
    "shard-rows": Format(partial(_seed, _ROWS), _read_shards, file=_ROWS, prepare=_lay_out),
    "shard-words": Format(
        partial(_seed, _WORDS),
        _read_shards,
        partial(mutate_blocks, split=blocks.split_zip, join=blocks.join_zip),
        _WORDS,
        _lay_out,
    ),
    "archive": Format(_archives, _unpack, _mutate_archive, "archive"),
}
