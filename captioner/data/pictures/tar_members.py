"""Files inside tar files, read where they lie: nothing is unpacked."""

# Shards hold millions of pictures: Path costs seconds there.
# ruff: noqa: PTH116, PTH123

from __future__ import annotations

import io
import os
import re
import stat
import tarfile
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO

from captioner.errors import CaptionerError

_BLOCK = 512  # bytes; headers and contents begin at multiples of it
_END = bytes(_BLOCK)
_REGULAR = (b"0", b"\0")
_OCTAL = re.compile(rb"[0-7]+")
_MAX_HEADER = 10**6  # bytes; names have thousands
# What tarfile raises, besides its own errors, on headers that make no sense.
_DAMAGE = (ValueError, OverflowError, EOFError, RecursionError)

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

    Names are as in a path, ``a.jpg`` for ``./a.jpg``; of two files of one name the later counts, as
    for one who unpacks. The last few answers are kept, as long as the files do not change.

    Args:
        tar: The file, not packed.

    Raises:
        CaptionerError: If it is missing, no tar file, packed, damaged, or cut off.
    """
    return _find(tar, tar)


def _find(tar: str, place: str) -> dict[str, Place]:
    try:
        status = os.stat(tar)
        if stat.S_ISFIFO(status.st_mode):  # would be waited for
            raise tarfile.TarError("no regular file")
        return _list(tar, status.st_size, status.st_mtime_ns)
    except tarfile.TarError as error:
        raise CaptionerError(f"{place}: expected a whole tar file, found {error}") from error
    except _DAMAGE as error:
        raise CaptionerError(f"{place}: expected a whole tar file, found a damaged one") from error
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise CaptionerError(f"{place}: expected a whole tar file, found {reason}") from error


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
    place = f"{tar}/{name}"  # in every sentence, so that each picture of a lost shard counts
    start, size = _find(tar, place).get(name, (0, -1))
    if size < 0:
        raise CaptionerError(f"{place}: expected a file in {tar}, found none of this name")
    if size > max_bytes:
        raise CaptionerError(
            f"{place}: expected at most {max_bytes / 1e9:g} GB, found a larger file"
        )
    try:
        with open(tar, "rb") as file:
            file.seek(start)
            content = file.read(size)
    except OSError as error:
        raise CaptionerError(
            f"{place}: expected a whole tar file, found {error.strerror}"
        ) from error
    if len(content) < size:
        raise CaptionerError(f"{place}: expected a whole tar file, found one that is cut off")
    return content


class _Headers(io.BufferedReader):
    """Refuse headers of any size that a file may claim, for which memory would be asked."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= _MAX_HEADER:
            raise tarfile.TarError("a damaged one")
        return super().read(size)


@lru_cache(maxsize=16)
def _list(tar: str, size: int, changed: int) -> dict[str, Place]:
    with _Headers(io.FileIO(tar)) as file:
        found = _walk(file, size)
        if found is None:  # long names, links, other dialects
            file.seek(0)
            found = dict(_walk_any(file))
    if any(start + length > size for start, length in found.values()):
        raise tarfile.TarError("one that is cut off")
    return {clean: place for name, place in found.items() if (clean := _clean(name))}


def _clean(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _walk(file: BinaryIO, end: int) -> dict[str, Place] | None:
    """Read plain headers, ten times as fast as ``tarfile``; return None if one is not plain."""
    found: dict[str, Place] = {}
    place = 0
    while place + _BLOCK <= end:
        file.seek(place)
        header = file.read(_BLOCK)
        if header == _END:
            return found or None  # nothing but zeros is no tar file
        digits = header[124:136].strip(b" \0")
        if header[257:262] != b"ustar" or header[156:157] not in _REGULAR:
            return None
        if _OCTAL.fullmatch(digits) is None:
            return None
        folder, name = header[345:500].partition(b"\0")[0], header[:100].partition(b"\0")[0]
        length = int(digits, 8)
        found[os.fsdecode(folder + b"/" + name if folder else name)] = (place + _BLOCK, length)
        place += _BLOCK * (1 + -(-length // _BLOCK))
    if found:
        raise tarfile.TarError("one that is cut off")
    return None


def _walk_any(file: BinaryIO) -> Iterator[tuple[str, Place]]:
    with tarfile.open(fileobj=file, mode="r:") as listed:
        for member in listed:
            if member.size < 0:  # leads back to a header that has been read
                raise tarfile.TarError("a damaged one")
            if member.isreg() and not member.issparse():  # a sparse file is not there as it is
                yield member.name, (member.offset_data, member.size)
        # tarfile takes whatever it cannot read for the end
        file.seek(listed.offset)
        rest = file.read(_BLOCK)
    if rest != _END:
        raise tarfile.TarError("a damaged one" if len(rest) == _BLOCK else "one that is cut off")
