"""Hint for a missing file: the command that prepares it, or the name it has in truth."""

from __future__ import annotations

import os
import shlex
from functools import lru_cache
from pathlib import Path

from captioner.data.pictures.file_names import PICTURE_SUFFIXES
from captioner.data.preparing.catalog import PUBLIC_SETS


def prepare_hint(file: str | Path) -> str:
    """Return what a sentence on a missing file goes on with, if anything helps.

    That is the command that brings it; or what is there under a name that differs only in capital
    letters, or in the ending of a picture, or that lies above a folder that is missing.

    Args:
        file: A file that is not there.

    Example:
        >>> prepare_hint("data/coco/annotations/captions_val2017.json")
        ' (python -m captioner prepare coco2017 brings it)'
        >>> prepare_hint("/mnt/flickr8k/images/1000268201_693b08cb0e.jpg")
        ' (python -m captioner prepare flickr8k --root /mnt/flickr8k brings it)'
        >>> prepare_hint("photos/images/dog.jpg")
        ''
    """
    if meant := _similar(Path(file)):
        return f" ({meant} is there)"
    for wanted in PUBLIC_SETS.values():
        root = wanted.folder_of(file)
        if root is not None:
            place = "" if root == wanted.root else f" --root {shlex.quote(root)}"
            return f" (python -m captioner prepare {wanted.name}{place} brings it)"
    return ""


def _similar(file: Path) -> Path | None:
    """Return the path that is there and was meant, if one is much like it."""
    part = file
    while not part.parent.is_dir() and part.parent != part:
        part = part.parent
    try:
        names, pictures = _names(str(part.parent), part.parent.stat().st_mtime_ns)
    except OSError:
        return None
    wanted = part.name.casefold()
    found = names.get(wanted)
    if found is None and part != file:  # perhaps it lies above the folder that is missing
        found = names.get(file.name.casefold())
    elif found is None:
        found = pictures.get(_stem(wanted)) or pictures.get(wanted)
    return part.parent / found if found not in (None, part.name) else None


def _stem(name: str) -> str:
    return name.rpartition(".")[0] if name.endswith(PICTURE_SUFFIXES) else name


@lru_cache(maxsize=8)  # a hundred thousand missing pictures ask for the same few folders
def _names(folder: str, changed: int) -> tuple[dict[str, str], dict[str, str]]:
    """Return the names in a folder, by what they are in small letters; pictures, by their stems."""
    names = {name.casefold(): name for name in sorted(os.listdir(folder))}  # noqa: PTH208
    pictures = {_stem(small): name for small, name in names.items() if _stem(small) != small}
    return names, pictures
