"""Picture files found by names and folders, one after the other, however many there are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from captioner.data.pictures.file_names import PICTURE_SUFFIXES, is_system_file
from captioner.data.pictures.tar_members import list_members
from captioner.errors import CaptionerError


class FileSlice(NamedTuple):
    """Slice of all files that one of several processes works on: every ``of``-th one.

    Attributes:
        number: From 1 to ``of``.
        of: Number of parts.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> FileSlice:
        """Return what ``2/4`` means.

        Raises:
            CaptionerError: If the text is not of that kind.

        Example:
            >>> FileSlice.parse("2/4")
            FileSlice(number=2, of=4)
        """
        written = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)  # more no iterator counts to
        number, of = map(int, written.groups()) if written else (0, 0)
        if not 1 <= number <= of:
            raise CaptionerError(
                f"part: expected the number of a part and how many there are, such as 1/4, found"
                f" {text!r}"
            )
        return cls(number, of)

    def folder(self, name: str) -> Path:
        """Return the folder in which this slice writes files that are named after pictures.

        It knows nothing of the names that other parts give.

        Args:
            name: Folder of all parts.

        Example:
            >>> FileSlice(2, 4).folder("maps").as_posix(), FileSlice(1, 1).folder("maps").as_posix()
            ('maps/2-of-4', 'maps')
        """
        return Path(name) if self.of == 1 else Path(name) / f"{self.number}-of-{self.of}"


class PictureFiles:
    """Iterable over the picture files that names and folders stand for.

    Files are taken as they are; of tar files, such as the shards that ``shard`` writes, the
    pictures inside are meant; folders are searched for picture files, with their sub-folders, in
    alphabetical order. What systems leave beside pictures (``is_system_file``) is passed over
    there. Of a million files no list is made: only the names in the folders that are
    being searched are in memory.

    Args:
        names: Files and folders.
        file_slice: Which of the files are wanted.

    Example:
        >>> files = PictureFiles(["a.jpg", "b.jpg", "c.jpg"], FileSlice(1, 2))
        >>> files.count(), [str(path) for path in files]
        (2, ['a.jpg', 'c.jpg'])
    """

    def __init__(self, names: Iterable[str], file_slice: FileSlice = FileSlice(1, 1)) -> None:  # noqa: B008
        self.names = list(names)
        self.file_slice = file_slice

    def __iter__(self) -> Iterator[Path]:
        number, of = self.file_slice
        return map(Path, islice(self._all(), number - 1, None, of))

    def count(self) -> int:
        """Return the number of files, which are all looked for.

        Raises:
            CaptionerError: If there are none, in any part, or a folder cannot be read.
        """
        found = sum(1 for _ in self._all())
        if not found:
            names = ", ".join(self.names)
            raise CaptionerError(f"files: expected pictures, found none in {names}")
        number, of = self.file_slice
        return len(range(number - 1, found, of))

    def _all(self) -> Iterator[str]:
        for name in self.names:
            if os.path.isdir(name):  # noqa: PTH112 - a million files: Path costs seconds
                yield from _search(name)
            elif name.endswith(".tar"):
                inside = list_members(name)
                yield from (f"{name}/{member}" for member in inside if _is_picture(member))
            else:
                yield name


def _is_picture(name: str) -> bool:
    return name.lower().endswith(PICTURE_SUFFIXES) and not is_system_file(name)


def _search(folder: str) -> Iterator[str]:
    """Yield the picture files in a folder and those below it; links to folders are not followed."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(
                (entry.name, entry.is_dir(follow_symlinks=False))
                for entry in entries
                if not is_system_file(entry.name)
                and (
                    entry.is_dir(follow_symlinks=False)
                    or (_is_picture(entry.name) and entry.is_file())
                )
            )
    except OSError as error:
        raise CaptionerError(
            f"{folder}: expected a folder that can be read ({error.strerror})"
        ) from None
    for name, is_folder in found:
        path = os.path.join(folder, name)  # noqa: PTH118
        if is_folder:
            yield from _search(path)
        else:
            yield path
