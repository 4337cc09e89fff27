"""Rows of a table of captions, written as CSV, TSV, JSON lines or a JSON list."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from captioner.data.formats.columns import caption_columns, file_column
from captioner.data.formats.json_files import shown, what_is_wrong
from captioner.data.formats.recognize import (
    CAPTION_TABLE,
    mapping_kind,
    recognize,
    recognize_text,
    unwrap,
)
from captioner.errors import CaptionerError

_TAB = "\t"
_SEPARATORS = (",", ";", _TAB, "|")  # spreadsheets of many countries write ";"
_SEPARATOR_LINE = re.compile(r"sep=(.)", re.IGNORECASE)  # which Excel reads and writes
_SPACE = re.compile(r"[ \t\r\n]*")

Row = tuple[str, dict[str, Any]]  # where it stands, and its values by column in small letters


def read_rows(file: str, text: str) -> Iterator[Row]:
    """Yield the rows of a table, each with its location.

    Args:
        file: Where the text is from, for the error messages; one called ``.jsonl`` must be JSON.
        text: All of it: a line of column names and a row a line; or JSON, which may be an object a
            line, a list of objects, such a list wrapped in an object, or an object of captions by
            the names of pictures.

    Raises:
        CaptionerError: If it is something else, or a row cannot be read.
    """
    is_json = ".jsonl" in Path(file.lower()).suffixes or text.lstrip()[:1] in ("{", "[")
    return _json_rows(file, text) if is_json else _csv_rows(file, text)


def json_values(file: str, text: str, expected: str) -> Iterator[tuple[int, Any]]:
    """Yield the JSON values that follow each other in a text, each with its line.

    So JSON lines are read, and a single value, over however many lines each of them goes.

    Args:
        file: Where the text is from, for the error messages.
        text: All of it.
        expected: What the text is meant to be, likewise.

    Raises:
        CaptionerError: If there is something else between them.
    """
    decoder = json.JSONDecoder()
    at, line = 0, 1
    while True:
        start = _SPACE.match(text, at).end()  # type: ignore[union-attr] # it matches anything
        line += text.count("\n", at, start)
        if start == len(text):
            return
        try:
            value, at = decoder.raw_decode(text, start)
        except (RecursionError, ValueError) as error:
            found = what_is_wrong(text, error)
            raise CaptionerError(
                f"{file}: line {line}: expected {expected}, found {found}"
            ) from None
        yield line, value
        line += text.count("\n", start, at)


def _json_rows(file: str, text: str) -> Iterator[Row]:
    for number, (line, value) in enumerate(json_values(file, text, "a JSON object")):
        location = f"{file}: line {line}"
        if number == 0:
            kind = recognize(value)
            if kind not in (None, CAPTION_TABLE):
                raise CaptionerError(f"{location}: expected a table of captions, found {kind}")
        for where, row in _unwrapped(file, location, value):
            if not isinstance(row, dict):
                raise CaptionerError(f"{where}: expected a JSON object, found {shown(row)}")
            yield where, {name.strip().lower(): item for name, item in row.items()}


def _unwrapped(file: str, location: str, value: Any) -> Iterable[tuple[str, Any]]:
    """Return the rows in a JSON value: those of a list or of captions by name, or itself."""
    if isinstance(value, list):
        return ((f"{file}: [{index}]", row) for index, row in enumerate(value))
    if not isinstance(value, dict) or file_column([name.lower() for name in value]):
        return [(location, value)]
    if records := unwrap(value):
        return ((f"{file}: [{index}]", row) for index, row in enumerate(records))
    if mapping_kind(value) == "names":
        return ((f"{file}: {name!r}", {"file": name, "captions": value[name]}) for name in value)
    return [(location, value)]


def _csv_rows(file: str, text: str) -> Iterator[Row]:
    start, separator = _find_header(text)
    head = text[start:].split("\n", 1)[0]
    separator = separator or max(_SEPARATORS, key=head.count)
    above = text.count("\n", 0, start)
    table = csv.reader(
        io.StringIO(text[start:], newline=""),
        delimiter=separator,
        strict=True,
        skipinitialspace=separator != _TAB,  # by hand, people put a space after a comma
    )
    done = above  # lines: a caption between double quotes may go on over several
    try:
        header = _check_header(file, text, head, next(table, []))
        done = above + table.line_num
        for values in table:
            location = f"{file}: line {above + table.line_num}"
            if len(values) > len(header) or len(values) == 1 < len(header):
                raise CaptionerError(
                    f"{location}: expected {len(header)} columns, found {len(values)}"
                    " (a caption with a separator in it stands between double quotes)"
                )
            done = above + table.line_num
            row = dict(zip(header, map(str.strip, values), strict=False))
            if any(row.values()):  # spreadsheets leave rows of separators behind
                yield location, row
    except csv.Error as error:
        where = (f"{file}: line {done + 1}", above + table.line_num)
        raise _explain(error, where, recognize_text(text), separator) from error


def _find_header(text: str) -> tuple[int, str | None]:
    """Return where the line of column names begins, and the separator that a line above states."""
    start, separator = 0, None
    while start < len(text):
        end = text.find("\n", start) % (len(text) + 1)  # or all that is left
        line = text[start:end].strip()
        stated = _SEPARATOR_LINE.fullmatch(line)
        if stated:
            separator = stated[1]
        elif line and not _is_remark(line):
            break
        start = end + 1
    return min(start, len(text)), separator


def _is_remark(line: str) -> bool:
    names = re.split(r"[,;|\t]", line.lstrip("# ").lower())
    return line.startswith("#") and not (file_column(names) and caption_columns(names))


def _check_header(file: str, text: str, head: str, names: list[str]) -> list[str]:
    header = [name.strip().lower() for name in names]
    if header:
        header[0] = header[0].lstrip("# ")
    if not file_column(header) or not caption_columns(header):
        kind = recognize_text(text)
        found = repr(head[:60].rstrip()) if kind in (None, CAPTION_TABLE) else kind
        raise CaptionerError(
            f"{file}: expected a first line with the columns 'file' and 'caption', found {found}"
            + ("" if kind not in (None, CAPTION_TABLE) else " (it names them: file,caption)")
        )
    named = [name for name in header if name]
    if len(set(named)) < len(named):
        raise CaptionerError(
            f"{file}: expected every column once, found {head[:60].rstrip()!r} (a picture with"
            " several captions has several rows, or columns caption_0, caption_1, ..)"
        )
    return header


def _explain(
    error: csv.Error, where: tuple[str, int], kind: str | None, separator: str
) -> CaptionerError:
    location, last = where
    if kind not in (None, CAPTION_TABLE):
        return CaptionerError(f"{location}: expected CSV, found {kind}")
    if str(error).startswith("field larger than field limit"):
        return CaptionerError(
            f"{location}: expected at most {csv.field_size_limit():,} characters in a column,"
            " found "
            f"more up to line {last} (a double quote that is not closed takes in all that follows)"
        )
    if str(error) == "unexpected end of data":
        return CaptionerError(
            f"{location}: expected CSV, found {error} (a double quote opens in this row that"
            " nothing"
            " closes)"
        )
    after = "expected after" in str(error)
    found = "text behind a closing double quote" if after else str(error)
    return CaptionerError(
        f"{location}: expected {'TSV' if separator == _TAB else 'CSV'}, found {found} (a caption"
        " that"
        " begins with a double quote is put between double quotes, and each inside it is written"
        ' twice: """Hello"" says a cat.")'
    )
