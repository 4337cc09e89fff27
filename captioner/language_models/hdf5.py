"""HDF5 files, opened and written so that what goes wrong is one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from captioner.errors import CaptionerError
from captioner.files import atomic_path, unwritable


@contextmanager
def reading(path: str | Path) -> Iterator[Any]:
    """Open an HDF5 file for reading, as an ``h5py.File``.

    Args:
        path: The file.

    Raises:
        CaptionerError: If it is missing, no HDF5 file, cut off or damaged.
    """
    import h5py

    path = Path(path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing there"
        raise CaptionerError(f"{path}: expected an HDF5 file, found {found}")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except CaptionerError:
        raise
    except Exception as error:  # of a damaged or hostile file, the library raises anything
        reason = " ".join(str(error).split())
        raise CaptionerError(
            f"{path}: expected a whole HDF5 file, found one that cannot be read ({reason})"
        ) from None


@contextmanager
def writing(path: str | Path) -> Iterator[Any]:
    """Write an HDF5 file, as an ``h5py.File``, that appears under its name when it is whole.

    Args:
        path: The file; one that is there already is replaced.

    Raises:
        CaptionerError: If it cannot be written.
    """
    import h5py

    try:
        with atomic_path(path) as part, h5py.File(part, "w") as file:
            yield file
    except RuntimeError as error:  # what the library makes of some of them
        raise unwritable(path, error) from None
