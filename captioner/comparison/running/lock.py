"""Lock of an output folder: one comparison at a time in it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from captioner.errors import CaptionerError
from captioner.locks import hold_inherited_lock


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Yield the descriptor of a lock on ``folder``, which is made if it is not there.

    Processes that are started with the descriptor hold the lock too: if this one is killed and
    leaves them behind, nothing else writes where they do. Of a comparison that was killed they are
    waited for, since they end soon.

    Raises:
        CaptionerError: If another comparison, or what is left of one, runs there, or if there are
            no such locks.
    """
    file = folder / ".lock"

    def wait_or_refuse() -> None:
        if _is_gone(file):
            print(
                f"captioner: {folder}: waiting for the trainings of a comparison that was killed,"
                " which end in a minute at the latest",
                file=sys.stderr,
            )
            return
        raise CaptionerError(
            f"{folder}: expected no other comparison to run there, found one, or processes that"
            " one has left; wait for them, or end them"
        )

    with ExitStack() as lock:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = lock.enter_context(hold_inherited_lock(file, wait_or_refuse))
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, _name_of(os.getpid()), 0)
        except OSError as error:
            raise CaptionerError(
                f"{folder}: expected a folder to write to ({error.strerror})"
            ) from None
        yield descriptor


def _is_gone(file: Path) -> bool:
    """Return whether the process that took the lock is known to have ended."""
    try:
        name = file.read_bytes()
        process = int(name.split()[-1])
        if name != _name_of(process):  # of another machine
            return False
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, IndexError, OverflowError):
        return False
    return False


def _name_of(process: int) -> bytes:
    return f"{socket.gethostname()} {process}".encode()
