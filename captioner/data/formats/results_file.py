"""Result files to score: COCO results, or the JSON lines that ``predict`` writes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any, NamedTuple

from captioner.data.formats.columns import caption_columns, file_column
from captioner.data.formats.example import Example
from captioner.data.formats.json_files import shown, shown_field, whole_number
from captioner.data.formats.recognize import unwrap
from captioner.data.formats.table_rows import json_values
from captioner.data.formats.text_files import MAX_ANNOTATION_GB
from captioner.data.preparing.prepare_hint import prepare_hint
from captioner.errors import CaptionerError
from captioner.plain_text import read_plain_text

_EXPECTED = "a JSON list or JSON lines of captions"


def read_results(path: str, examples: Sequence[Example]) -> dict[int, str]:
    """Return the caption of each image that ``path`` has one for, in the order of ``examples``.

    Args:
        path: A COCO results file, a JSON list of ``{"image_id": .., "caption": ..}``, or JSON lines
            of such records or of ``{"file": .., "caption": ..}`` as ``predict`` writes them; a
            file is known by its name without folders, as written on any system. The list may be
            wrapped (``{"annotations": [..]}``, ``{"results": [..]}``), ids may be written as text,
            and an object of captions by id or by name will do. Other keys are ignored.
        examples: The images that can be scored.

    Raises:
        CaptionerError: If the file is missing or something else, names an unknown image or one
            image twice, holds a caption that is not text, or holds no caption.
    """
    images = _Images(path, examples)
    captions: dict[int, str] = {}
    for location, record in _records(path):
        image = images.find(location, record)
        caption = _caption(path, location, record)
        if image in captions:
            raise CaptionerError(
                f"{path}: expected one caption per image, found another for {image} at {location}"
            )
        captions[image] = caption
    if not captions:
        raise CaptionerError(f"{path}: expected at least one caption, found none")
    return {
        each.image_id: captions[each.image_id] for each in examples if each.image_id in captions
    }


class Coverage(NamedTuple):
    """How far a results file and some images are about the same.

    Attributes:
        missing: Images without a caption.
        twice: Images with a second caption, of which the first is taken.
        empty: Images whose caption has no word.
        others: Captions of other images, or of none that can be told.
    """

    missing: int = 0
    twice: int = 0
    empty: int = 0
    others: int = 0

    def __str__(self) -> str:
        """Return what is not as it should be, in words."""
        said = {
            "images without a caption": self.missing,
            "with two": self.twice,
            "with an empty one": self.empty,
            "captions of other images": self.others,
        }
        return ", ".join(f"{count:,} {what}" for what, count in said.items() if count)


def read_any_results(path: str, examples: Sequence[Example]) -> tuple[dict[int, str], Coverage]:
    """Return the caption of each image that has a usable one, and what else there is.

    Args:
        path: A results file, as :func:`read_results` takes.
        examples: The images.

    Raises:
        CaptionerError: If the file is missing or something else, or holds a caption that is not
            text.

    Example:
        >>> import tempfile, pathlib
        >>> file = pathlib.Path(tempfile.mkdtemp(), "blip.json")
        >>> rows = '[{"image_id": 1, "caption": "a dog"}, {"image_id": 9, "caption": "a cat"}]'
        >>> _ = file.write_text(rows)
        >>> images = [Example(1, "1.png", ("A dog.",)), Example(2, "2.png", ("A cow.",))]
        >>> captions, coverage = read_any_results(str(file), images)
        >>> captions, str(coverage)
        ({1: 'a dog'}, '1 images without a caption, 1 captions of other images')
    """
    captions, others = _all_captions(path, examples)
    usable = {image: texts[0] for image, texts in captions.items() if texts[0].strip()}
    missing, empty = len(examples) - len(captions), len(captions) - len(usable)
    twice = sum(len(texts) > 1 for texts in captions.values())
    return usable, Coverage(missing, twice, empty, others)


def read_every_result(path: str, examples: Sequence[Example]) -> tuple[dict[int, list[str]], int]:
    """Return all captions of each image that have a word, and how many are of other images.

    Args:
        path: A results file, as :func:`read_results` takes, with any number of captions an image.
        examples: The images.

    Raises:
        CaptionerError: If the file is missing or something else, or holds a caption that is not
            text.
    """
    captions, others = _all_captions(path, examples)
    usable = {image: [text for text in texts if text.strip()] for image, texts in captions.items()}
    return {image: texts for image, texts in usable.items() if texts}, others


def _all_captions(path: str, examples: Sequence[Example]) -> tuple[dict[int, list[str]], int]:
    """Return the captions of each image as they stand, and how many are of other images."""
    images = _Images(path, examples)
    captions: dict[int, list[str]] = {}
    others = 0
    for location, record in _records(path):
        caption = _caption(path, location, record)
        try:
            captions.setdefault(images.find(location, record), []).append(caption)
        except CaptionerError:
            others += 1
    return captions, others


def _caption(path: str, location: str, record: dict[str, Any]) -> str:
    caption = record.get("caption")
    if not isinstance(caption, str):
        raise CaptionerError(
            f"{path}: expected text as 'caption' at {location}, found "
            f"{shown_field(record, 'caption')}"
        )
    return caption


class _Images:
    """Index of the images that records are about, by id and by the name of the file."""

    def __init__(self, path: str, examples: Sequence[Example]) -> None:
        self._path = path
        self._ids = {example.image_id for example in examples}
        self._names = {_name(example.path): PurePath(example.path).name for example in examples}
        self._files: dict[str, list[int]] = {}
        for example in examples:
            for name in {PurePath(example.path).name, _name(example.path)}:
                self._files.setdefault(name, []).append(example.image_id)

    def find(self, location: str, record: dict[str, Any]) -> int:
        """Return the id of the image.

        Raises:
            CaptionerError: If the record names none, or one that is unknown or ambiguous.
        """
        if "image_id" in record:
            return self._by_id(location, record["image_id"])
        column = file_column(record)
        if column is None:
            raise CaptionerError(
                f"{self._path}: expected 'image_id' or a 'file' of the annotations at {location}, "
                f"found {shown_field(record, 'file')}"
            )
        file = record[column]
        found = self._by_name(file)
        if len(found) != 1:
            raise CaptionerError(
                f"{self._path}: expected 'image_id' or a 'file' of the annotations at {location}, "
                f"found {self._what(file, found)}"
            )
        return found[0]

    def _by_id(self, location: str, value: Any) -> int:
        number = whole_number(value)
        if number is not None and number in self._ids:
            return number
        found = self._by_name(value)  # of sets without numbers, programs make the name the id
        if len(found) != 1:
            raise CaptionerError(
                f"{self._path}: expected an image_id of the annotations at {location}, found "
                f"{self._what(value, found)}"
            )
        return found[0]

    def _by_name(self, file: Any) -> list[int]:
        if not isinstance(file, str):
            return []
        return self._files.get(PurePath(file).name) or self._files.get(_name(file), [])

    def _what(self, file: Any, found: list[int]) -> str:
        if found:
            return f"{shown(file)}, the name of {len(found)} images"
        meant = None
        if isinstance(file, str):
            stem = PurePath(_name(file)).stem.casefold()
            alike = (n for n in self._names if PurePath(n).stem.casefold() == stem)
            meant = next(alike, None)
        return shown(file) + (f" ({self._names[meant]} is there)" if meant and stem else "")


def _name(file: str) -> str:
    """Return the name of a file without its folders, as written on any system."""
    return unicodedata.normalize("NFC", re.split(r"[/\\]", file)[-1])


def _records(path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each record and its location in the file."""
    text = read_plain_text(
        path, "a results file", max_gb=MAX_ANNOTATION_GB, if_missing=prepare_hint
    )
    for line, value in json_values(path, text, _EXPECTED):
        for location, row in _unwrapped(f"line {line}", value):
            if not isinstance(row, dict):
                raise CaptionerError(
                    f"{path}: expected a record with 'image_id' and 'caption' at {location}, found "
                    f"{type(row).__name__}"
                )
            yield location, row


def _unwrapped(location: str, value: Any) -> list[tuple[str, Any]]:
    """Return the records in a JSON value: those of a list, of captions by image, or itself."""
    rows = value
    if isinstance(value, dict):
        if "image_id" in value or file_column(value):
            return [(location, value)]
        rows = unwrap(value)  # first: a record's captions and a list of records have one key
        if rows is None and caption_columns(value):
            return [(location, value)]
        texts = {key: _only(each) for key, each in value.items()}
        if rows is None and texts and None not in texts.values():
            return [(repr(key), {"image_id": key, "caption": texts[key]}) for key in texts]
    if isinstance(rows, list):
        return [(f"[{number}]", row) for number, row in enumerate(rows)]
    return [(location, value)]


def _only(value: Any) -> str | None:
    """Return a caption that may be the only one of a list, alone or in a record; else None."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("caption")
    return value if isinstance(value, str) else None
