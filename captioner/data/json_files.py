"""JSON files, packed or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from captioner.data.recognise import recognise_text
from captioner.data.text_files import read_text
from captioner.errors import CaptionerError


def read_json(file: str | Path, expected: str, *, max_gb: float | None = None) -> Any:
    """Return what a JSON file holds, unpacked if it is packed with gzip.

    Args:
        file: The file, UTF-8.
        expected: What the file is meant to be, for the error messages.
        max_gb: A text of more than so many 10^9 bytes is not read.

    Raises:
        CaptionerError: If ``read_text`` refuses it, or if it is no JSON; a file of another format
            that is known is named.
    """
    text = read_text(file, expected, max_gb=max_gb)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{error.msg} at line {error.lineno} column {error.colno}"
        found = recognise_text(text) if error.pos == 0 or error.msg == "Extra data" else None
        raise CaptionerError(f"{file}: expected JSON, found {found or where}") from error
    except (RecursionError, ValueError) as error:  # nested too deep, numbers too long
        raise CaptionerError(f"{file}: expected JSON, found {type(error).__name__}") from error
