"""Token files: rows of equal size in files that do not grow too large."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

MAX_BYTES = 2**32  # file systems, archives and people handle such files


class TokenFiles:
    """Files of image tokens, as many rows as fit into each.

    What is read of a file is not mapped into memory, so the process does not grow with what it has
    read; the operating system keeps as much of the files as it has memory to spare.

    Args:
        folder: Where the files are: ``tokens.f16``, ``tokens.1.f16``, ..
        shape: (N, F) of a row.

    Attributes:
        row_bytes: Bytes of a row.

    Example:
        >>> files = TokenFiles(Path("cache"), (49, 1280))
        >>> files.row_bytes, [str(path) for path, _ in files.spans(34_200, 100)]
        (125440, ['cache/tokens.f16', 'cache/tokens.1.f16'])
    """

    def __init__(self, folder: Path, shape: tuple[int, int]) -> None:
        self.folder = folder
        self.shape = shape
        self.row_bytes = 2 * shape[0] * shape[1]
        self._rows = max(1, MAX_BYTES // self.row_bytes)  # of a file

    def read(self, row: int) -> Tensor:
        """Return the image tokens (N, F) float16 of a row."""
        number, place = divmod(row, self._rows)
        count = self.shape[0] * self.shape[1]
        offset = place * self.row_bytes
        tokens = np.fromfile(self._path(number), np.float16, count, offset=offset)
        return torch.from_numpy(tokens.reshape(self.shape))

    def spans(self, first: int, rows: int) -> Iterator[tuple[Path, slice]]:
        """Yield the files that new rows go to, each with those of the rows that it takes.

        Args:
            first: Number of rows that are there.
            rows: How many are new.
        """
        done = 0
        while done < rows:
            number, place = divmod(first + done, self._rows)
            taken = min(rows - done, self._rows - place)
            yield self._path(number), slice(done, done + taken)
            done += taken

    def count(self) -> int:
        """Return how many whole rows are there.

        Raises:
            OSError: If the first file is missing.
        """
        rows = min(self._rows, self._path(0).stat().st_size // self.row_bytes)
        number = 1
        while rows == number * self._rows and self._path(number).exists():
            rows += min(self._rows, self._path(number).stat().st_size // self.row_bytes)
            number += 1
        return rows

    def trim(self, rows: int) -> None:
        """Cut off what follows so many rows."""
        last, place = divmod(rows, self._rows)
        if self._path(last).exists():
            os.truncate(self._path(last), place * self.row_bytes)
        for path in self.folder.glob("tokens.*.f16"):
            if int(path.name.split(".")[1]) > last:
                path.unlink()

    def _path(self, number: int) -> Path:
        return self.folder / (f"tokens.{number}.f16" if number else "tokens.f16")
