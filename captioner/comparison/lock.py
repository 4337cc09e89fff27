"""One comparison at a time in a folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from captioner.errors import CaptionerError


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Yield the descriptor of a lock on ``folder``, which is made if it is not there.

    Processes that are started with the descriptor hold the lock too: if this one is killed and
    leaves them behind, nothing else writes where they do.

    Raises:
        CaptionerError: If another comparison, or what is left of one, runs there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise CaptionerError(
            f"{folder}: expected a folder to write to ({error.strerror})"
        ) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CaptionerError(
                f"{folder}: expected no other comparison to run there, found one, or processes that"
                " one has left; wait for them, or end them"
            ) from None
        yield descriptor
    finally:
        os.close(descriptor)
