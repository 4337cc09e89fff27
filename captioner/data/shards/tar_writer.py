"""One shard: pictures as they are, and their captions, in a tar file."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from captioner.data.formats.example import Example
from captioner.data.pictures.images import decode_picture
from captioner.data.pictures.picture_file import explain_damage, open_picture, read_picture_file
from captioner.data.pictures.thumbnails import PIXELS, draft, looking_threads
from captioner.data.shards.index import Shard
from captioner.data.shards.shard_examples import member_name
from captioner.errors import CaptionerError
from captioner.files import atomic_path

_BLOCK = 64  # pictures in memory at a time
_SIDE = 32  # pixels: all of a JPEG is read to decode it at any size, so damage shows
_SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "TIFF": "tif", "JPEG2000": "jp2"}


@dataclass(frozen=True)
class WrittenShard:
    """Shard that has been written: its file, rows and counts.

    Attributes:
        shard: For the index.
        rows: For each picture its id and the ending of its name.
        broken: For each picture that was left out, one sentence saying why.
    """

    shard: Shard
    rows: list[tuple[int, str]]
    broken: list[str]


def write_shard(file: Path, examples: Sequence[Example]) -> WrittenShard:
    """Write pictures and captions into a tar file, whole or not at all.

    Layout of WebDataset (https://github.com/webdataset/webdataset): the files of an example follow
    each other and share what precedes the first dot of their names, here the image id. The bytes
    of a picture are those of its file; its captions are ``{"id": .., "captions": [..], "group":
    ..}``. The same examples always give the same bytes.

    Args:
        file: The tar file.
        examples: What goes into it; a picture that cannot be decoded is left out.

    Raises:
        CaptionerError: If the file cannot be written.
    """
    rows: list[tuple[int, str]] = []
    broken: list[str] = []
    captions = 0
    chosen = list(examples)  # read first: where that fails, it is no writing
    try:
        with atomic_path(file) as split, split.open("wb") as raw:
            with tarfile.open(fileobj=raw, mode="w") as tar:
                for example, found in _read_all(chosen):
                    if isinstance(found, CaptionerError):
                        broken.append(str(found))
                        continue
                    suffix, data = found
                    _add(tar, example, suffix, data)
                    rows.append((example.image_id, suffix))
                    captions += len(example.captions)
            size = raw.tell()
    except CaptionerError as error:
        raise CaptionerError(
            f"{error}; what is finished stays, and the same command goes on from there"
        ) from None
    return WrittenShard(Shard(file.name, len(rows), captions, size), rows, broken)


def suffix_of(kind: str) -> str:
    """Return the ending of a picture's name for what Pillow calls its kind.

    Example:
        >>> suffix_of("JPEG"), suffix_of("PNG")
        ('jpg', 'png')
    """
    return _SUFFIXES.get(kind, kind.lower())


def _add(tar: tarfile.TarFile, example: Example, suffix: str, data: bytes) -> None:
    about = {"id": example.image_id, "captions": example.captions, "group": example.group}
    text = json.dumps(about, ensure_ascii=False).encode("utf-8", "backslashreplace")
    for ending, content in sorted({suffix: data, "json": text}.items()):
        member = tarfile.TarInfo(member_name(example.image_id, ending))
        # no owner and no time: a shard does not depend on who writes it when
        member.size, member.mode = len(content), 0o444
        tar.addfile(member, io.BytesIO(content))


Found = tuple[str, bytes] | CaptionerError


def _read_all(chosen: Sequence[Example]) -> Iterator[tuple[Example, Found]]:
    with looking_threads() as threads:
        for start in range(0, len(chosen), _BLOCK):
            block = chosen[start : start + _BLOCK]
            yield from zip(block, threads.map(_read, block), strict=True)


def _read(example: Example) -> Found:
    """Return the ending that a picture's content asks for, whatever its name, and its bytes."""
    try:
        data = read_picture_file(example.path)
        with explain_damage(example.path), open_picture(data) as picture:
            kind = str(picture.format)
            with PIXELS.spend(draft(picture, _SIDE)):
                decode_picture(data, example.path, least=_SIDE)
    except CaptionerError as error:
        return error
    return suffix_of(kind), data
