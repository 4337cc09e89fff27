"""JSON files, packed or not, and the values in them, which may be anything."""

from __future__ import annotations

import json
import reprlib
from pathlib import Path
from typing import Any

from captioner.data.formats.recognize import recognize_text
from captioner.data.formats.text_files import read_text
from captioner.errors import CaptionerError

_SHORT = reprlib.Repr()  # which neither nested nor long values make long, or end the recursion of
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict, _SHORT.maxstring = 2, 2, 2, 60
_MAX_ID = 2**63  # ids travel in int64


def read_json(file: str | Path, expected: str, *, max_gb: float | None = None) -> Any:
    """Return what a JSON file holds, unpacked if it is packed with gzip.

    Args:
        file: The file.
        expected: What the file is meant to be, for the error messages.
        max_gb: A text of more than so many 10^9 bytes is not read.

    Raises:
        CaptionerError: If ``read_text`` refuses it, or if it is no JSON; a file of another format
            that is known is named.
    """
    return parse_json(str(file), read_text(file, expected, max_gb=max_gb))


def parse_json(file: str, text: str) -> Any:
    """Return what the text of a JSON file holds.

    Args:
        file: Where the text is from, for the error messages.
        text: All of it.

    Raises:
        CaptionerError: If it is no JSON, as ``read_json``.

    Example:
        >>> parse_json("a.json", '{"a": [1.0, null]}')
        {'a': [1.0, None]}
    """
    try:
        return json.loads(text)
    except (RecursionError, ValueError) as error:
        raise CaptionerError(
            f"{file}: expected JSON, found {what_is_wrong(text, error)}"
        ) from error


def what_is_wrong(text: str, error: Exception) -> str:
    """Return what a text is that is no JSON.

    Args:
        text: All of it.
        error: What the parser of JSON has raised.
    """
    if isinstance(error, RecursionError):
        return "values nested too deep"
    if not isinstance(error, json.JSONDecodeError):
        return "a number of too many digits"
    if error.pos == 0 or error.msg == "Extra data":
        kind = recognize_text(text)
        if kind is not None:
            return kind
    where = f"{error.msg} at line {error.lineno} column {error.colno}"
    cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    return f"{where} (the file ends there, as one that was cut off)" if cut and text else where


def shown(value: Any) -> str:
    """Return a value as an error message may show it: of any size and depth, on one short line.

    Example:
        >>> shown([["a"], [[["deep"]]]] * 9)
        "[['a'], [[...]], ...]"
    """
    return _SHORT.repr(value)


def shown_field(record: Any, key: str) -> str:
    """Return what stands under a key, or that the key is missing, and which keys there are.

    Example:
        >>> shown_field({"caption": None}, "caption"), shown_field({"text": "A dog."}, "caption")
        ('None', "no such key, only 'text'")
    """
    if not isinstance(record, dict):
        return shown(record)
    if key in record:
        return shown(record[key])
    keys = ", ".join(repr(str(name)[:30]) for name in list(record)[:8])
    return f"no such key, only {keys}" if keys else "no such key"


def whole_number(value: Any) -> int | None:
    """Return an id, however a program has written it, or None if it is no whole number.

    Tables of numbers with gaps in them come out as ``1.0``, and ids that were keys as ``"1"``.

    Example:
        >>> [whole_number(value) for value in (7, "7", " 000007", 7.0, 7.5, "7a", True, None)]
        [7, 7, 7, 7, None, None, None, None]
    """
    if type(value) is int:  # nearly always, and there are very many
        pass
    elif isinstance(value, str) and value.strip().isascii() and len(value) < 40:
        digits = value.strip()
        value = int(digits) if digits.removeprefix("-").isdigit() else None
    elif isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return value if type(value) is int and abs(value) < _MAX_ID else None
