"""Captions of a folder of pictures: in a table, in one per split, or beside each picture."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from captioner.data.formats.caption_table import collect_rows, read_caption_table
from captioner.data.formats.example import Example
from captioner.data.formats.table_rows import Row
from captioner.data.formats.text_files import MAX_ANNOTATION_GB, read_text
from captioner.data.pictures.file_names import PICTURE_SUFFIXES, is_system_file
from captioner.data.splits.caption_splits import Split
from captioner.errors import CaptionerError

SPLITS: dict[str, Split] = {
    **dict.fromkeys(("train", "training", "restval"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
# Of the first kind that is there, one; a table of captions may have one of other facts beside it.
_KINDS = (
    ("captions.csv", "captions.tsv", "captions.jsonl", "captions.json", "captions.txt"),
    ("metadata.csv", "metadata.tsv", "metadata.jsonl"),
)
TABLES = (*_KINDS[0], *_KINDS[1])
# Files of the same name as a picture, beside it, with a caption a line.
BESIDE = ("*.txt", "*.caption")


@dataclass(frozen=True)
class FolderCaptions:
    """Captions of a folder: where they are and how they are read.

    Attributes:
        location: The table, or the folder if there are several files.
        found: What makes known that they are there, as a value of the setting ``captions`` if it
            is one.
        read: Reads the examples and their splits, "" where none is stated.
    """

    location: str
    found: str
    read: Callable[[], list[tuple[Example, str]]]


def find_captions(
    folder: str,
    captions: str | None = None,
    images: Sequence[str] = (),
    *,
    max_gb: float = MAX_ANNOTATION_GB,
) -> FolderCaptions:
    """Find the captions of a folder of pictures.

    Where ``captions`` says nothing, these are looked for, in any mixture of capital and small
    letters:

    * a table in the folder: ``captions.csv``, ``.tsv``, ``.jsonl``, ``.json`` or ``.txt``, or, if
      there is none of these, ``metadata.csv``, ``.tsv`` or ``.jsonl``, as Hugging Face's
      imagefolder has it;
    * such a table in each of its folders ``train``, ``validation``, ``test``, with names relative
      to that folder;
    * if there is no table, a text file beside each picture, of the same name but for the ending,
      with a caption a line: ``dog.txt`` or ``dog.caption`` of ``dog.jpg``. Beside a table, such
      files are notes, boxes of objects or copies.

    Args:
        folder: The folder of the pictures.
        captions: The table, or ``*.txt`` or ``*.caption`` for text beside the pictures.
        images: More folders that pictures may lie in.
        max_gb: Larger files are refused, in 10^9 bytes.

    Raises:
        CaptionerError: If there is nothing of the kind, or more than one that could be meant.
    """
    folders = [folder, *images]
    if captions in BESIDE:
        return _beside(folder, captions, folders, max_gb)
    if captions:
        inside = Path(captions).parent.is_relative_to(folder)  # names may be relative to the table
        more = [str(Path(captions).parent)] if inside else []
        return _one_table(captions, [*folders, *more], max_gb)
    found = [_one_table(table, folders, max_gb) for table in _tables(folder)]
    splits = {name: _tables(str(Path(folder, name))) for name in _part_folders(folder)}
    if any(splits.values()):
        found.append(_table_per_part(folder, splits, images, max_gb))
    if not found:  # only then is every folder walked through
        found = [_beside(folder, end, folders, max_gb) for end in _endings_beside(folder)]
    if len(found) != 1:
        raise CaptionerError(_explain(folder, found))
    return found[0]


def _explain(folder: str, found: Sequence[FolderCaptions]) -> str:
    if not Path(folder).is_dir():
        what = "a file" if Path(folder).exists() else "nothing there"
        return f"{folder}: expected a folder of pictures, found {what}"
    if found:
        names = " and ".join(each.found for each in found)
        what = f"{names}, of which data.captions may name one"
    else:
        what = "no caption file"
    return (
        f"{folder}: expected one of {', '.join(TABLES)} in this folder, or in its folders train,"
        " validation and test, or a text file beside each picture, or data.captions, found " + what
    )


def _one_table(table: str, folders: Sequence[str], max_gb: float) -> FolderCaptions:
    def read() -> list[tuple[Example, str]]:
        return read_caption_table(table, folders, max_gb=max_gb)

    return FolderCaptions(table, table, read)


def _table_per_part(
    folder: str, splits: dict[str, list[str]], images: Sequence[str], max_gb: float
) -> FolderCaptions:
    def read() -> list[tuple[Example, str]]:
        examples: list[tuple[Example, str]] = []
        for name, tables in splits.items():
            if len(tables) != 1:
                raise CaptionerError(
                    f"{Path(folder, name)}: expected one of {', '.join(TABLES)} in this folder too,"
                    f" found {' and '.join(tables) or 'none'}"
                )
            rows = read_caption_table(tables[0], [str(Path(folder, name)), *images], max_gb=max_gb)
            examples += [(example, split or name) for example, split in rows]
        _refuse_twice(folder, [example.path for example, _ in examples])
        return [
            (replace(example, image_id=number), split)
            for number, (example, split) in enumerate(examples, 1)
        ]

    return FolderCaptions(folder, next(table for each in splits.values() for table in each), read)


def _refuse_twice(folder: str, paths: Sequence[str]) -> None:
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            raise CaptionerError(
                f"{folder}: expected every picture in one part, found {path} twice"
            )
        seen.add(path)


def _beside(folder: str, pattern: str, folders: Sequence[str], max_gb: float) -> FolderCaptions:
    ending = pattern.removeprefix("*")

    def read() -> list[tuple[Example, str]]:
        return collect_rows(_rows_beside(folder, ending, max_gb), folders)

    return FolderCaptions(folder, pattern, read)


def _rows_beside(folder: str, ending: str, max_gb: float) -> Iterator[Row]:
    bare: list[str] = []
    for names, inside in _walk(folder):
        for picture in _pictures(names):
            text = names.get(f"{Path(picture).stem}{ending}".casefold())
            if text is None:
                bare.append(str(Path(inside, picture)))
                continue
            location = str(Path(folder, inside, text))
            content = read_text(location, "captions, one a line", max_gb=max_gb)
            lines = [line for line in content.split("\n") if line.strip()]
            if lines and not any(map(str.isalpha, content)):
                raise CaptionerError(
                    f"{location}: expected captions, one a line, found no word, as where boxes of"
                    " objects are written"
                )
            yield location, {"file": Path(inside, picture).as_posix(), "captions": lines or [""]}
    if bare:
        raise CaptionerError(
            f"{folder}: expected a text file *{ending} beside every picture, found {len(bare)}"
            f" without, first {bare[0]} (write it, or take the picture out of the folder)"
        )


def _endings_beside(folder: str) -> list[str]:
    """Return the patterns of which there is a file beside a picture."""
    found: set[str] = set()
    for names, _ in _walk(folder):
        stems = [Path(picture).stem.casefold() for picture in _pictures(names)]
        found |= {end for end in BESIDE if any(f"{stem}{end[1:]}" in names for stem in stems)}
    return [end for end in BESIDE if end in found]


def _walk(folder: str) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the names in a folder and those below, by what they are in small letters; and its path.

    What begins with a dot, or is left by a system, is no one's picture; links to folders are not
    followed.
    """
    for inside, folders, names in os.walk(folder):
        folders[:] = _visible(folders)
        yield {name.casefold(): name for name in _visible(names)}, os.path.relpath(inside, folder)


def _visible(names: Sequence[str]) -> list[str]:
    return sorted(name for name in names if not (name.startswith(".") or is_system_file(name)))


def _pictures(names: dict[str, str]) -> list[str]:
    return [name for small, name in names.items() if small.endswith(PICTURE_SUFFIXES)]


def _tables(folder: str) -> list[str]:
    """Return the tables in a folder, of the first kind of which there are any."""
    names = {name.casefold(): name for name in _listed(folder)}
    kinds = ([Path(folder, names[table]) for table in kind if table in names] for kind in _KINDS)
    found = ([str(table) for table in kind if table.is_file()] for kind in kinds)
    return next(filter(None, found), [])


def _part_folders(folder: str) -> list[str]:
    named = [name for name in _listed(folder) if name.casefold() in SPLITS]
    return [name for name in named if Path(folder, name).is_dir()]


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names alone are wanted
    except OSError:
        return []
