"""Tables of captions: CSV, TSV and JSON with a row per caption or per picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from captioner.data.formats.caption_cleaning import clean_caption
from captioner.data.formats.columns import caption_columns, file_column
from captioner.data.formats.example import Example
from captioner.data.formats.image_folders import ImageFolders
from captioner.data.formats.json_files import shown
from captioner.data.formats.table_rows import Row, read_rows
from captioner.data.formats.text_files import MAX_ANNOTATION_GB, read_text
from captioner.errors import CaptionerError

# What programs write where a value is missing.
_MISSING = ("nan", "<na>", "null")


@dataclass
class _Picture:
    location: str
    split: str
    group: str
    captions: list[str] = field(default_factory=list)


def read_caption_table(
    table: str | Path, images: str | Sequence[str], *, max_gb: float = MAX_ANNOTATION_GB
) -> list[tuple[Example, str]]:
    r"""Read a table into examples and their splits, in the order in which pictures first occur.

    CSV (commas, semicolons or bars) and TSV begin with a line of column names; JSON is an object a
    line, a list of objects, or an object of captions by the names of pictures. ``file`` (or
    ``file_name``, ``filename``, ``image``, ``image_path``, ``file_path``, ``filepath``,
    ``image_name``, ``image_file``) is the picture's name, ``caption`` (or ``captions``, ``text``)
    what people wrote: one text, in JSON also a list. A picture may have several rows, or several
    columns with numbers, ``caption_0``, ``caption_1`` and so on, of which some may be empty. The
    columns ``split`` and ``group`` may say which part a picture belongs to, and under which name it
    is reported separately. Others are ignored.

    Args:
        table: The file, possibly packed with gzip.
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
    return parse_caption_table(file, read_text(file, "a table of captions", max_gb=max_gb), images)


def parse_caption_table(
    file: str, text: str, images: str | Sequence[str]
) -> list[tuple[Example, str]]:
    """Return what ``read_caption_table`` returns, of a text that has been read.

    Args:
        file: Where the text is from, for the error messages.
        text: All of it.
        images: The folder, or folders, of the pictures.

    Raises:
        CaptionerError: As ``read_caption_table``.
    """
    examples = collect_rows(read_rows(file, text), images)
    if not examples:
        raise CaptionerError(f"{file}: expected at least one row with a caption, found none")
    return examples


def collect_rows(rows: Iterable[Row], images: str | Sequence[str]) -> list[tuple[Example, str]]:
    """Collect rows into examples and their splits, in the order in which pictures first occur.

    Args:
        rows: Of a table, or of what is like one.
        images: The folder, or folders, of the pictures.

    Raises:
        CaptionerError: As ``read_caption_table``.
    """
    folders = ImageFolders(images)
    paths: dict[str, str] = {}
    pictures: dict[str, _Picture] = {}
    for location, row in rows:
        name = row.get(file_column(row) or "")
        if not isinstance(name, str) or not name:
            raise CaptionerError(f"{location}: expected the name of a picture, found {shown(name)}")
        if name not in paths:
            paths[name] = folders.find(name, location)
        split, group = (_text(row.get(key)) for key in ("split", "group"))
        picture = pictures.setdefault(paths[name], _Picture(location, split, group))
        if (picture.split, picture.group) != (split, group):
            raise CaptionerError(
                f"{location}: expected {name!r} in the same split and group as at "
                f"{picture.location}, found another one"
            )
        picture.captions += _read_captions(location, row)
    return [
        (Example(number, path, tuple(each.captions), each.group), each.split)
        for number, (path, each) in enumerate(pictures.items(), 1)
    ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else shown(value or "").strip("'")


def _read_captions(location: str, row: dict[str, Any]) -> list[str]:
    columns = caption_columns(row)
    if not columns:
        keys = ", ".join(repr(name[:30]) for name in list(row)[:8])
        raise CaptionerError(
            f"{location}: expected a column 'caption', found only {keys or 'none'}"
        )
    values = [row[column] for column in columns]
    given = [value for value in values if value not in (None, "", [])] or values[:1]
    captions: list[str] = []
    for value in given:
        each = value if isinstance(value, list) and value else [value]
        texts = [text.get("raw") if isinstance(text, dict) else text for text in each]
        captions += [clean_caption(text, location) for text in texts]
    missing = next((text for text in captions if text.lower() in _MISSING), None)
    if missing is not None:
        raise CaptionerError(
            f"{location}: expected words, found {missing!r}, which programs write for a caption"
            " that "
            "is not there (write one, or take the row out)"
        )
    return captions
