"""Free disk space for what is to come."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from captioner.errors import CaptionerError
from captioner.formatting import byte_size


def check_space(needs: Iterable[tuple[Path, int]]) -> None:
    """Refuse to start what would fill a disk.

    Args:
        needs: Folders, which need not be there yet, and how many bytes will go to each. Those on
            one disk are added up.

    Raises:
        CaptionerError: If a disk has less free space.

    Example:
        >>> check_space([(Path("data"), 10**21)])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        captioner.errors.CaptionerError: data: expected 1,000,000,000,000.0 GB of free space, ...
    """
    wanted: Counter[int] = Counter()
    folders: dict[int, Path] = {}
    for folder, size in needs:
        disk = _existing(folder).stat().st_dev
        wanted[disk] += size
        folders.setdefault(disk, folder)
    for disk, size in wanted.items():
        free = shutil.disk_usage(_existing(folders[disk])).free
        if free < size:
            raise CaptionerError(
                f"{folders[disk]}: expected {byte_size(size)} of free space, "
                f"found {byte_size(free)}"
            )


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists())
