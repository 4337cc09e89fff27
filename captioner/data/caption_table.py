"""Tables of captions: CSV, TSV and JSON lines with a row per caption or per picture."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from captioner.data.captions import clean_caption
from captioner.data.example import Example
from captioner.data.image_folders import ImageFolders
from captioner.data.recognise import CAPTION_TABLE, recognise_text
from captioner.data.text_files import MAX_ANNOTATION_GB, read_text
from captioner.errors import CaptionerError

FILE_NAMES = ("file", "file_name", "filename", "image")
CAPTION_NAMES = ("caption", "captions")
_TAB = "\t"

Row = tuple[str, dict[str, Any]]  # where it stands, and its values by column


@dataclass
class _Picture:
    place: str
    split: str
    group: str
    captions: list[str] = field(default_factory=list)


def read_caption_table(
    table: str | Path, images: str | Sequence[str], *, max_gb: float = MAX_ANNOTATION_GB
) -> list[tuple[Example, str]]:
    r"""Read a table into examples and their splits, in the order in which pictures first occur.

    ``.csv`` (commas or semicolons) and ``.tsv`` begin with a line of column names, ``.jsonl`` holds
    one JSON object a line. ``file`` (or ``file_name``, ``filename``, ``image``) is the picture's
    name, ``caption`` (or ``captions``) what people wrote: one text, in JSON lines also a list. A
    picture may have several rows. The columns ``split`` and ``group`` may say which part a picture
    belongs to, and under which name it is reported separately. Others are ignored.

    Args:
        table: The file, UTF-8, possibly packed with gzip.
        images: The folder, or folders, of the pictures.
        max_gb: Larger files are refused, in 10^9 bytes.

    Returns:
        For each picture its example, numbered from 1 on, and its split, "" if there is none.

    Raises:
        CaptionerError: If the file is missing, too large or no such table, if a picture lies
            outside of ``images``, its rows disagree on split or group, or a caption is empty.

    Example:
        >>> import tempfile
        >>> file = tempfile.NamedTemporaryFile("w", suffix=".csv")
        >>> _ = file.write("file,caption\ndog.jpg,A dog.\ndog.jpg,\"Brown, and fast.\"\n")
        >>> file.flush()
        >>> [(example.captions, split) for example, split in read_caption_table(file.name, "")]
        [(('A dog.', 'Brown, and fast.'), '')]
    """
    file = str(table)
    text = read_text(file, "a table of captions", max_gb=max_gb)
    rows = _json_rows(file, text) if ".jsonl" in Path(file).suffixes else _csv_rows(file, text)
    folders = ImageFolders(images)
    paths: dict[str, str] = {}
    pictures: dict[str, _Picture] = {}
    for place, row in rows:
        name = _value(row, FILE_NAMES)
        if not isinstance(name, str) or not name:
            raise CaptionerError(f"{place}: expected the name of a picture, found {name!r}")
        if name not in paths:
            paths[name] = folders.find(name, place)
        split, group = (str(row.get(key) or "") for key in ("split", "group"))
        picture = pictures.setdefault(paths[name], _Picture(place, split, group))
        if (picture.split, picture.group) != (split, group):
            raise CaptionerError(
                f"{place}: expected {name!r} in the same split and group as at "
                f"{picture.place}, found another one"
            )
        picture.captions += _read_captions(place, _value(row, CAPTION_NAMES))
    if not pictures:
        raise CaptionerError(f"{file}: expected at least one row with a caption, found none")
    return [
        (Example(number, path, tuple(each.captions), each.group), each.split)
        for number, (path, each) in enumerate(pictures.items(), 1)
    ]


def _read_captions(place: str, value: Any) -> list[str]:
    captions = value if isinstance(value, list) and value else [value]
    return [clean_caption(caption, place) for caption in captions]


def _value(row: dict[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if name in row), None)


def _csv_rows(file: str, text: str) -> Iterator[Row]:
    head = text.split("\n", 1)[0]
    delimiter = max(",", ";", _TAB, key=head.count)  # spreadsheets of many countries write ";"
    table = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        strict=True,
        skipinitialspace=delimiter != _TAB,  # by hand, people put a space after a comma
    )
    done = 0  # lines: a caption between double quotes may go on over several
    try:
        header = [name.strip().lower() for name in next(table, [])]
        done = table.line_num
        if not all(set(names) & set(header) for names in (FILE_NAMES, CAPTION_NAMES)):
            kind = recognise_text(text)
            found = repr(head[:60].rstrip()) if kind in (None, CAPTION_TABLE) else kind
            raise CaptionerError(
                f"{file}: expected a first line with the columns 'file' and 'caption', "
                f"found {found}"
            )
        named = [name for name in header if name]
        if len(set(named)) < len(named):
            raise CaptionerError(
                f"{file}: expected every column once, found {head[:60].rstrip()!r} (a picture with"
                " several captions has several rows)"
            )
        for values in table:
            place = f"{file}: line {table.line_num}"
            if len(values) > len(header) or len(values) == 1 < len(header):
                raise CaptionerError(
                    f"{place}: expected {len(header)} columns, found {len(values)}"
                    " (a caption with a separator in it stands between double quotes)"
                )
            done = table.line_num
            row = dict(zip(header, map(str.strip, values), strict=False))
            if any(row.values()):  # spreadsheets leave rows of separators behind
                yield place, row
    except csv.Error as error:
        kind = recognise_text(text)
        place = f"{file}: line {done + 1}"
        if kind not in (None, CAPTION_TABLE):
            raise CaptionerError(f"{place}: expected CSV, found {kind}") from error
        if str(error).startswith("field larger than field limit"):
            raise CaptionerError(
                f"{place}: expected at most {csv.field_size_limit():,} characters in a column, "
                f"found more up to line {table.line_num} (a double quote that is not closed takes "
                "in all that follows)"
            ) from error
        after = "expected after" in str(error)
        found = "text behind a closing double quote" if after else str(error)
        raise CaptionerError(
            f"{place}: expected {'TSV' if delimiter == _TAB else 'CSV'}, found {found} (a caption"
            " that begins with a double quote is put between double quotes, and each inside it is"
            ' written twice: """Hello"" says a cat.")'
        ) from error


def _json_rows(file: str, text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = f"{file}: line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            found = recognise_text(text) or repr(line[:40])
            raise CaptionerError(f"{place}: expected a JSON object, found {found}") from None
        if not isinstance(row, dict):
            raise CaptionerError(f"{place}: expected a JSON object, found {line[:40]!r}")
        yield place, row
