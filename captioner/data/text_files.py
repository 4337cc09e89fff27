"""Text files, packed or not."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import BinaryIO

from captioner.data.remedy import remedy_for
from captioner.errors import CaptionerError

_GZIP = b"\x1f\x8b"  # which no UTF-8 text begins with
_PART = 1 << 24  # bytes that are read at a time

MAX_ANNOTATION_GB = 1.0  # parsed, it takes several times as much memory


def read_text(
    file: str | Path, expected: str = "a text file", *, max_gb: float | None = None
) -> str:
    """Return the text of a UTF-8 file, unpacked if it is packed with gzip, whatever its name.

    The mark that some programs put before the text (a byte order mark) is no part of it.

    Args:
        file: The file.
        expected: What the file is meant to be, for the error messages.
        max_gb: A text of more than so many 10^9 bytes, unpacked, is not read.

    Raises:
        CaptionerError: If the file is missing, too large, cannot be unpacked, or is not UTF-8.
    """
    path = Path(file)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():  # a pipe never ends
            raise CaptionerError(f"{file}: expected {expected}, found no regular file")
        with path.open("rb") as packed:
            start = packed.read(len(_GZIP))
            packed.seek(0)
            content = _read(packed, start == _GZIP, None if max_gb is None else int(max_gb * 1e9))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise CaptionerError(f"{file}: expected {expected}, found damaged gzip") from error
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        remedy = remedy_for(file) if isinstance(error, FileNotFoundError) else ""
        raise CaptionerError(f"{file}: expected {expected}, found {reason}{remedy}") from error
    if content is None:
        raise CaptionerError(
            f"{file}: expected {expected} of at most {max_gb:g} GB (data.max_annotation_gb), found"
            " a larger one, so pack the set into shards (python -m captioner shard) or raise that"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CaptionerError(
            f"{file}: expected {expected}, found bytes that are not UTF-8 in line {line}, so save "
            "it as UTF-8"
        ) from error


def _read(packed: BinaryIO, zipped: bool, limit: int | None) -> bytes | None:
    """Return all that is in a file, or None if that is more than ``limit`` bytes."""
    source = gzip.GzipFile(fileobj=packed) if zipped else packed
    parts, size = [], 0
    while part := source.read(_PART):  # a few packed bytes can unpack to any number
        size += len(part)
        if limit is not None and size > limit:
            return None
        parts.append(part)
    return b"".join(parts)
