"""Token files and split lists: Flickr8k and Flickr30k as their makers hand them out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath

from captioner.data.formats.caption_cleaning import clean_caption
from captioner.data.formats.example import Example
from captioner.data.formats.image_folders import ImageFolders
from captioner.data.formats.recognize import FLICKR_TOKENS, PICTURE_LIST, recognize_text
from captioner.data.formats.text_files import MAX_ANNOTATION_GB, read_text
from captioner.data.pictures.file_names import PICTURE_SUFFIXES
from captioner.errors import CaptionerError

# name.jpg#0<tab>caption, or name.jpg| 0| caption; one row of the latter file lacks its second bar.
# A name ends in no space: otherwise a line of spaces could be divided in ever so many ways.
_LINE = re.compile(
    r"(?P<name>[^\t|#]*[^\t|#\s])\s*(?:#\d+[\t ]|\|\s*\d+\s*(?:\||(?=\s)))(?P<caption>.*)"
)


def read_flickr_tokens(
    captions: str | Path, images: str | Sequence[str], *, max_gb: float = MAX_ANNOTATION_GB
) -> list[Example]:
    r"""Read a token file into examples, in the order in which the pictures first occur.

    Hodosh, Young and Hockenmaier, 2013 (Flickr8k), Young et al., 2014 (Flickr30k). A line is
    ``name.jpg#number<tab>caption``: ``Flickr8k.token.txt``, ``results_20130124.token``; or
    ``name.jpg| number| caption``, as ``results.csv`` has it. A line of column names may be above
    them, and a space in place of the tab.

    Args:
        captions: The file, possibly packed with gzip.
        images: The folder, or folders, of the pictures.
        max_gb: Larger files are refused, in 10^9 bytes.

    Returns:
        One example per picture, numbered from 1 on.

    Raises:
        CaptionerError: If the file is missing, too large or no token file, if a picture lies
            outside of ``images``, or a caption is empty.

    Example:
        >>> import tempfile
        >>> file = tempfile.NamedTemporaryFile("w", suffix=".txt")
        >>> _ = file.write("7_a.jpg#0\tA dog runs .\n7_a.jpg#1\tIt is brown .\n")
        >>> file.flush()
        >>> read_flickr_tokens(file.name, "photos")[0].captions
        ('A dog runs .', 'It is brown .')
    """
    file = str(captions)
    text = read_text(file, "a Flickr token file", max_gb=max_gb)
    written: dict[str, list[str]] = {}
    locations: dict[str, str] = {}
    header = _header(text)
    for number, line in _lines(text):
        location = f"{file}: line {number}"
        if number == header:
            continue
        found = _LINE.fullmatch(line)
        if not found:
            kind = recognize_text(text)
            what = repr(line[:40]) if kind in (None, FLICKR_TOKENS) else kind
            raise CaptionerError(
                f"{location}: expected 'name.jpg#0', a tab and a caption, found {what}"
            )
        locations.setdefault(found["name"], location)
        written.setdefault(found["name"], []).append(clean_caption(found["caption"], location))
    if not written:
        raise CaptionerError(f"{file}: expected at least one caption, found none")
    folders = ImageFolders(images)
    return [
        Example(number, folders.find(name, locations[name]), tuple(texts))
        for number, (name, texts) in enumerate(written.items(), 1)
    ]


def pick_listed(
    examples: Sequence[Example], lists: Mapping[str, str | None], file: str
) -> dict[str, list[Example]]:
    """Divide examples by split lists: files with the name of one picture a line.

    Names may lack their ending, as in the lists of Flickr30k Entities. Pictures in no list are in
    no split.

    Args:
        examples: All pictures.
        lists: For each split its list, or None for an empty split.
        file: Where the examples are from, for the error messages.

    Raises:
        CaptionerError: If a list is missing or no list, if it names a picture without captions, or
            if two lists name the same picture.
    """
    names = {PurePosixPath(example.path).name: example for example in examples}
    known = {PurePosixPath(name).stem: example for name, example in names.items()} | names
    taken: dict[int, str] = {}
    splits: dict[str, list[Example]] = {}
    for split, source in lists.items():
        splits[split] = []
        for location, name in _read_list(source) if source else ():
            example = known.get(PurePosixPath(name).name)
            if example is None:
                raise CaptionerError(f"{location}: expected a picture of {file}, found {name!r}")
            if example.image_id in taken:
                raise CaptionerError(
                    f"{location}: expected every picture in one list once, found {name!r} in "
                    f"{taken[example.image_id]} too"
                )
            taken[example.image_id] = location
            splits[split].append(example)
    return splits


def _read_list(file: str) -> Iterator[tuple[str, str]]:
    text = read_text(file, "a list of pictures", max_gb=MAX_ANNOTATION_GB)
    if recognize_text(text) not in (None, PICTURE_LIST):
        raise CaptionerError(
            f"{file}: expected a list of pictures, one name a line, found {recognize_text(text)}"
        )
    for number, line in _lines(text):
        yield f"{file}: line {number}", line.strip()


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def _header(text: str) -> int | None:
    """Return the number of a line of column names: one that names no picture, above a caption."""
    first = list(islice(_lines(text), 2))
    fits = [bool(_LINE.fullmatch(line)) for _, line in first]
    if fits != [False, True] or any(end in first[0][1].lower() for end in PICTURE_SUFFIXES):
        return None
    return first[0][0]
