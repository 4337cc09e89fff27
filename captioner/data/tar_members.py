"""Files inside tar files, read where they lie: nothing is unpacked."""

# Shards hold millions of pictures: Path costs seconds there.
# ruff: noqa: PTH116, PTH123

from __future__ import annotations

import os
import tarfile
from functools import lru_cache
from typing import BinaryIO

from captioner.errors import CaptionerError

_BLOCK = 512  # bytes; headers and contents begin at multiples of it
_REGULAR = (b"0", b"\0")

Place = tuple[int, int]
"""Where the content of a member begins, and its bytes."""


def split_member(path: str) -> tuple[str, str] | None:
    """Return the tar file and the name inside it that a path names, or None if it names neither.

    Args:
        path: Such as ``shards/train-000000.tar/000000000139.jpg``.

    Example:
        >>> split_member("shards/a.tar/dog.jpg"), split_member("photos/dog.jpg")
        (('shards/a.tar', 'dog.jpg'), None)
    """
    before, found, name = path.rpartition(".tar/")
    return (f"{before}.tar", name) if found and name else None


def list_members(tar: str) -> dict[str, Place]:
    """Return the regular files in a tar file: name -> where its content begins, and its bytes.

    The last few answers are kept, as long as the files do not change.

    Args:
        tar: The file, not packed.

    Raises:
        CaptionerError: If it is missing, no tar file, packed, or cut off.
    """
    try:
        status = os.stat(tar)
        return _list(tar, status.st_size, status.st_mtime_ns)
    except tarfile.TarError as error:
        raise CaptionerError(f"{tar}: expected a tar file, found {error}") from error
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise CaptionerError(f"{tar}: expected a tar file, found {reason}") from error


def read_member(tar: str, name: str, max_bytes: int) -> bytes:
    """Return the content of a file inside a tar file.

    Args:
        tar: The tar file.
        name: The name inside it.
        max_bytes: More is refused.

    Raises:
        CaptionerError: If the tar file is as ``list_members`` refuses it, has no such member, or
            a larger one.
    """
    start, size = list_members(tar).get(name, (0, -1))
    if size < 0:
        raise CaptionerError(f"{tar}/{name}: expected a file in {tar}, found none of this name")
    if size > max_bytes:
        raise CaptionerError(
            f"{tar}/{name}: expected at most {max_bytes / 1e9:g} GB, found a larger file"
        )
    try:
        with open(tar, "rb", buffering=0) as file:
            file.seek(start)
            content = file.read(size)
    except OSError as error:
        raise CaptionerError(f"{tar}: expected a tar file, found {error.strerror}") from error
    if len(content) < size:
        raise CaptionerError(f"{tar}: expected a whole tar file, found one that is cut off")
    return content


@lru_cache(maxsize=16)
def _list(tar: str, size: int, changed: int) -> dict[str, Place]:
    with open(tar, "rb") as file:
        found = _walk(file, size)
        if found is None:  # long names, links, other dialects
            file.seek(0)
            with tarfile.open(fileobj=file, mode="r:") as listed:
                found = {m.name: (m.offset_data, m.size) for m in listed if m.isreg()}
    if any(start + length > size for start, length in found.values()):
        raise tarfile.TarError("one that is cut off")
    return found


def _walk(file: BinaryIO, end: int) -> dict[str, Place] | None:
    """Read plain headers, ten times as fast as ``tarfile``; return None if one is not plain."""
    found: dict[str, Place] = {}
    place = 0
    while place + _BLOCK <= end:
        file.seek(place)
        header = file.read(_BLOCK)
        if header[:1] == b"\0":  # the end of the archive, unless it is none
            return found or None
        digits = header[124:136].strip(b" \0")
        if header[257:262] != b"ustar" or header[156:157] not in _REGULAR or not digits.isdigit():
            return None
        folder, name = header[345:500].rstrip(b"\0"), header[:100].rstrip(b"\0")
        length = int(digits, 8)
        found[os.fsdecode(folder + b"/" + name if folder else name)] = (place + _BLOCK, length)
        place += _BLOCK * (1 + -(-length // _BLOCK))
    return found or None
