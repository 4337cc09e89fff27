"""Text files, packed or not."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from captioner.errors import CaptionerError

_GZIP = b"\x1f\x8b"  # which no UTF-8 text begins with


def read_text(file: str | Path, expected: str = "a text file") -> str:
    """Return the text of a UTF-8 file, unpacked if it is packed with gzip, whatever its name.

    Args:
        file: The file.
        expected: What the file is meant to be, for the error messages.

    Raises:
        CaptionerError: If the file is missing, cannot be unpacked, or is not UTF-8.
    """
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise CaptionerError(f"{file}: expected {expected}, found {reason}") from error
    try:
        return (gzip.decompress(content) if content.startswith(_GZIP) else content).decode("utf-8")
    except (OSError, EOFError, zlib.error) as error:
        raise CaptionerError(f"{file}: expected {expected}, found damaged gzip") from error
    except UnicodeDecodeError as error:
        raise CaptionerError(
            f"{file}: expected {expected}, found bytes that are not UTF-8"
        ) from error
