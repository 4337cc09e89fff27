"""Text files: unpacked from gzip and decoded, or refused with what they are instead."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from captioner.errors import CaptionerError

_GZIP = b"\x1f\x8b"  # which no UTF-8 text begins with
_PART = 1 << 24  # bytes that are read at a time
# A mark before the text states its encoding. That of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "UTF-8", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "UTF-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "UTF-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16"),
)
# What is given for text and is none, by its first bytes, and the way out.
_OTHERS = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook, so unpack it, or save it as CSV UTF-8"),
    (b"BZh91AY&SY", "text packed with bzip2, so unpack it"),
    (b"\xfd7zXZ\x00", "text packed with xz, so unpack it"),
    (b"\x28\xb5\x2f\xfd", "text packed with zstd, so unpack it"),
    (b"PAR1\x15", "a Parquet file, so save it as CSV or JSON lines"),
    (b"\xd0\xcf\x11\xe0", "a document of older office programs, so save it as CSV UTF-8"),
)


def read_plain_text(
    file: str | Path,
    expected: str = "a text file",
    *,
    max_gb: float | None = None,
    if_missing: Callable[[str | Path], str] = lambda file: "",
    if_larger: str = "",
) -> str:
    r"""Return the text of a file, unpacked if it is packed with gzip, whatever its name.

    The encoding is UTF-8, or what a byte order mark before the text states: UTF-8, UTF-16, UTF-32.
    Nothing is guessed: bytes of an older code page (Windows-1252, Latin-1) are refused, because
    they would be read as wrong letters as often as not. Lines end in ``"\n"``, however the file
    ends them: in CR LF, or, where it has no LF at all, in CR, as on the first Macs. Characters that
    Unicode calls line ends too, such as U+2028, are left alone.

    Args:
        file: The file.
        expected: What the file is meant to be, for the error messages.
        max_gb: A text of more than so many 10^9 bytes, unpacked, is not read.
        if_missing: What the sentence on a missing file goes on with.
        if_larger: What the sentence on a file that is too large goes on with.

    Raises:
        CaptionerError: If the file is missing, too large, cannot be unpacked, or is no text in one
            of these encodings.

    Example:
        >>> import tempfile
        >>> file = tempfile.NamedTemporaryFile(suffix=".txt")
        >>> _ = file.write("Zwei Köter.\r\n".encode("utf-16"))
        >>> file.flush()
        >>> read_plain_text(file.name)
        'Zwei Köter.\n'
    """
    limit = None if max_gb is None else int(max_gb * 1e9)
    path = Path(file)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():  # a pipe never ends
            raise CaptionerError(f"{file}: expected {expected}, found no regular file")
        with path.open("rb") as packed:
            start = packed.read(len(_GZIP))
            packed.seek(0)
            content = _read(packed, start == _GZIP, limit)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise CaptionerError(f"{file}: expected {expected}, found damaged gzip") from error
    except (OSError, ValueError) as error:  # no name can hold a NUL
        reason = (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
        rest = if_missing(file) if isinstance(error, FileNotFoundError) else ""
        raise CaptionerError(f"{file}: expected {expected}, found {reason}{rest}") from error
    if content is None:
        raise CaptionerError(
            f"{file}: expected {expected} of at most {max_gb:g} GB unpacked, found a larger one"
            f"{if_larger}"
        )
    try:
        return _same_line_ends(_decode(content))
    except ValueError as error:
        raise CaptionerError(f"{file}: expected {expected}, found {error}") from error


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


def _decode(content: bytes) -> str:
    """Return text of bytes; what is wrong with others is a ValueError."""
    name, codec = "UTF-8", "utf-8"
    for mark, *encoding in _MARKS:
        if content.startswith(mark):
            name, codec = encoding
            break
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        raise ValueError(_describe(content, name, error.start)) from error
    if codec == "utf-8":
        _refuse_others(content)
    return text


def _describe(content: bytes, encoding: str, at: int) -> str:
    """Return what a text is that cannot be decoded, and how to convert it."""
    if encoding != "UTF-8":
        return f"{encoding} that is damaged or cut off, so save it again, as UTF-8"
    _refuse_others(content)
    line = content.count(b"\n", 0, at) + 1
    meant = content[at : at + 1].decode("cp1252", errors="replace")
    return (
        f"bytes that are not UTF-8 in line {line}, so save it as UTF-8 (the first is "
        f"0x{content[at]:02X}, in Windows-1252 {meant!r}; iconv -f WINDOWS-1252 -t UTF-8 converts "
        "a file of that encoding)"
    )


def _refuse_others(content: bytes) -> None:
    for start, kind in _OTHERS:
        if content.startswith(start):
            raise ValueError(kind)
    if content[:4].count(0) == 2 and content[:4:2].count(0) in (0, 2):
        raise ValueError("UTF-16 without a byte order mark, so save it as UTF-8")


def _same_line_ends(text: str) -> str:
    if "\r" not in text:
        return text
    text = text.replace("\r\n", "\n")
    # a single CR among lines that end otherwise is no line end but part of a caption
    return text if "\n" in text else text.replace("\r", "\n")
