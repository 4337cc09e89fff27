"""Shared pictures: files that two splits name, where learning by heart would count."""

# Paths are put together as text: with a hundred thousand of them, Path costs seconds.
# ruff: noqa: PTH118

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache

from captioner.errors import CaptionerError


def shared_pictures(one: Iterable[str], other: Iterable[str]) -> list[str]:
    """Return the paths among the second ones that are files among the first ones too, in order.

    Links to folders are followed, once for each folder. No picture is looked at, so a copy under
    another name, or a link to the file itself, counts as another file; ``inspect`` finds those by
    what they show.

    Args:
        one: Paths of picture files.
        other: The same of another split.

    Example:
        >>> shared_pictures(["photos/1.jpg", "photos/2.jpg"], ["photos/more/../2.jpg", "2.jpg"])
        ['photos/more/../2.jpg']
    """
    folder_of = cache(os.path.realpath)

    def resolved(path: str) -> str:
        folder, name = os.path.split(path)
        return os.path.join(folder_of(folder), name)

    known = {resolved(path) for path in one}
    return [path for path in other if resolved(path) in known]


def refuse_shared(
    trained: Iterable[str], reported: Iterable[str], files: tuple[str, str], setting: str
) -> None:
    """Refuse to train on pictures that another split reports.

    Args:
        trained: Paths of the pictures of the training file.
        reported: Paths of those of the other one.
        files: Where the two splits come from, for the error message.
        setting: The setting that names the second file.

    Raises:
        CaptionerError: If they share a picture.

    Example:
        >>> refuse_shared(["1.jpg"], ["2.jpg"], ("train.json", "val.json"), "data.val_annotations")
    """
    both = shared_pictures(trained, reported)
    if both:
        count = "1 picture" if len(both) == 1 else f"{len(both):,} pictures"
        raise CaptionerError(
            f"{files[1]}: expected no picture of {files[0]}, which is trained on, found {count} of "
            f"it, such as {both[0]}, so take what is in both out of one of them, or leave "
            f"{setting} to validate and test, which train on nothing"
        )
