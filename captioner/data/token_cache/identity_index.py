"""Index of the token cache: which row belongs to which picture, in 24 bytes each."""

from __future__ import annotations

from typing import Any

import numpy as np


class IdentityIndex:
    """Find the rows of identities by binary search; a dictionary would take ten times the memory.

    Args:
        identities: One of 16 bytes for each row; of two equal ones the later row counts.

    Example:
        >>> index = IdentityIndex(np.array([b"dog", b"cat", b"dog"], "S16"))
        >>> index.rows(np.array([b"cat", b"dog", b"cow", b""], "S16")).tolist()
        [1, 2, -1, -1]
    """

    def __init__(self, identities: np.ndarray[Any, np.dtype[np.bytes_]]) -> None:
        self._rows = identities.argsort(kind="stable")
        self._sorted = identities[self._rows]

    def rows(
        self, identities: np.ndarray[Any, np.dtype[np.bytes_]]
    ) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the row of each identity, -1 where there is none."""
        if not len(self._sorted):
            return np.full(len(identities), -1)
        place = np.searchsorted(self._sorted, identities, side="right") - 1
        found = (place >= 0) & (self._sorted[place] == identities)
        return np.where(found, self._rows[place], -1)
