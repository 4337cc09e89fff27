"""What is inside a zip or tar file, refused where it could do harm."""

from __future__ import annotations

import gzip
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from captioner.errors import CaptionerError

_UNSAFE = re.compile(r"[\\\x00-\x1f\x7f-\x9f\ud800-\udfff]|^/|^[A-Za-z]:")
_LONGEST = 255  # bytes of a file name, on nearly every file system
_HEADER = 1 << 20  # bytes of the longest header that a tar file has use for
_ENCRYPTED = 1

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # which every program unpacks

BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # how zipfile says that a file needs a later version of the format
    UnicodeDecodeError,
)
"""What the standard library raises when an archive is not what it says it is, or too modern."""


@dataclass(frozen=True)
class Member:
    """A file inside an archive.

    Attributes:
        name: Its name there, with the folders.
        size: How many bytes it has, as the archive says.
        content: Its bytes, to be read before the next member is looked at.
    """

    name: str
    size: int
    content: IO[bytes]


def read_members(archive: Path) -> Iterator[Member]:
    """Yield the files of a zip, tar or tar.gz file; its content decides which of them it is.

    An archive of pictures and captions consists of files and folders. One that holds anything else
    is refused as a whole, whether it would be unpacked or not.

    Args:
        archive: The file.

    Raises:
        CaptionerError: If it is no such archive, or if it holds a name that leads out of the folder
            it is unpacked to, a link, a device, or something encrypted or
            packed in an unusual way.
        Exception: One of ``BROKEN``, if it is broken.
    """
    if zipfile.is_zipfile(archive):
        yield from _zip_members(archive)
    elif _is_tar(archive):
        yield from _tar_members(archive)
    else:
        raise CaptionerError(f"{archive}: expected a whole zip, tar or tar.gz file, found none")


def _zip_members(archive: Path) -> Iterator[Member]:
    with _explain_places(archive):
        file = zipfile.ZipFile(archive)
    with file:
        for info in file.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where it was not packed on Unix
            plain = kind in (0, stat.S_IFREG, stat.S_IFDIR) and not info.flag_bits & _ENCRYPTED
            _refuse_harm(archive, info.filename, plain)
            if info.compress_type not in _METHODS:
                raise CaptionerError(
                    f"{archive}: expected files packed with deflate or not at all, found "
                    f"{info.filename!r:.80} packed otherwise; pack the archive again"
                )
            if not info.is_dir():
                with _explain_places(archive):
                    content = file.open(info)
                with content:
                    yield Member(info.filename, info.file_size, content)


@contextmanager
def _explain_places(archive: Path) -> Iterator[None]:
    """Say so if a zip file's directory names a place before its beginning."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise zipfile.BadZipFile(f"a directory that misleads: {reason}") from error


def _tar_members(archive: Path) -> Iterator[Member]:
    with _stream(archive) as stream, tarfile.open(fileobj=stream, mode="r:") as file:
        for info in file:
            _refuse_harm(archive, info.name, info.isreg() or info.isdir())
            if info.isreg():
                yield Member(
                    info.name.removeprefix("./"), info.size, cast(IO[bytes], file.extractfile(info))
                )


def _refuse_harm(archive: Path, name: str, plain: bool) -> None:
    parts = name.split("/")
    too_long = max(len(part.encode("utf-8", "replace")) for part in parts) > _LONGEST
    if not plain:
        raise CaptionerError(
            f"{archive}: expected only files and folders, found {name!r:.80}, which is a link, a "
            "device or encrypted"
        )
    if not name or too_long or ".." in parts or _UNSAFE.search(name):
        raise CaptionerError(
            f"{archive}: expected only names inside of the folder it is unpacked to, "
            f"found {name!r:.80}"
        )


class _ShortReads:
    """A stream of which no one reads much at a time: headers that would fill the memory fail."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.seek, self.tell, self._read = stream.seek, stream.tell, stream.read

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _HEADER:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self._read(size)


@contextmanager
def _stream(archive: Path) -> Iterator[IO[bytes]]:
    with archive.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw
        yield cast(IO[bytes], _ShortReads(stream))


def _is_tar(archive: Path) -> bool:
    try:
        with _stream(archive) as stream, tarfile.open(fileobj=stream, mode="r:"):
            return True
    except BROKEN:
        return False
