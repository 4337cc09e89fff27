"""Archive members: what is inside a zip or tar file, refused where it could do harm."""

from __future__ import annotations

import gzip
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from captioner.errors import CaptionerError

_UNSAFE = re.compile(r"[\\\x00-\x1f\x7f-\x9f\ud800-\udfff]|^/|^[A-Za-z]:")
_LONGEST = 255  # bytes of a file name, on nearly every file system
_HEADER = 1 << 20  # bytes of the longest header that a tar file has use for
_ENCRYPTED = 1

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # which every program unpacks

# tarfile's own refusals, PEP 706. Python 3.11 has them since 3.11.4, and zipfile has none: so what
# could do harm is refused before, in the same way for all archives.
_FILTER: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}

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
        unpack: Unpacks it to a path, before the next member is looked at.
    """

    name: str
    size: int
    unpack: Callable[[Path], None]


def read_members(archive: Path) -> Iterator[Member]:
    """Yield the files of a zip, tar or tar.gz file; its content decides which of them it is.

    An archive of pictures and captions consists of files and folders. One that holds anything else
    is refused as a whole, whether it would be unpacked or not.

    Args:
        archive: The file.

    Raises:
        CaptionerError: If it is no such archive, or if it holds a name that leads out of the folder
            it is unpacked to, a link, a device, or something encrypted or packed in an unusual way.
        Exception: One of ``BROKEN``, if it is broken.
    """
    return _zip_members(archive) if zipfile.is_zipfile(archive) else _tar_members(archive)


def _zip_members(archive: Path) -> Iterator[Member]:
    with _explain_places():
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
                yield Member(info.filename, info.file_size, partial(_unzip, file, info))


def _unzip(file: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    with _explain_places():
        content = file.open(info)
    with content, path.open("xb") as target:
        shutil.copyfileobj(content, target)


@contextmanager
def _explain_places() -> Iterator[None]:
    """Explain it if a zip file's directory names a place before its beginning."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise zipfile.BadZipFile(f"a directory that misleads: {reason}") from error


def _tar_members(archive: Path) -> Iterator[Member]:
    with _stream(archive) as stream:
        try:
            file = tarfile.TarFile(fileobj=stream)
        except BROKEN:
            raise CaptionerError(
                f"{archive}: expected a whole zip, tar or tar.gz file, found none"
            ) from None
        for info in file:
            plain = info.isdir() or (info.isreg() and not info.issparse())
            _refuse_harm(archive, info.name, plain)
            if info.isreg():
                name = info.name.removeprefix("./")
                yield Member(name, info.size, partial(_untar, file, info))
        stream.read(_HEADER)  # to the end, where gzip has the CRC-32 of all that was unpacked


def _untar(file: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> None:
    info.name = path.name
    file.extract(info, path.parent, set_attrs=False, **_FILTER)


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
