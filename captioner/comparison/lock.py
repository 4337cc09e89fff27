"""One comparison at a time in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from captioner.errors import CaptionerError
from captioner.locks import hold_inherited_lock


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Yield the descriptor of a lock on ``folder``, which is made if it is not there.

    Processes that are started with the descriptor hold the lock too: if this one is killed and
    leaves them behind, nothing else writes where they do.

    Raises:
        CaptionerError: If another comparison, or what is left of one, runs there, or if there are
            no such locks.
    """

    def refuse() -> None:
        raise CaptionerError(
            f"{folder}: expected no other comparison to run there, found one, or processes that"
            " one has left; wait for them, or end them"
        )

    with ExitStack() as lock:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = lock.enter_context(hold_inherited_lock(folder / ".lock", refuse))
        except OSError as error:
            raise CaptionerError(
                f"{folder}: expected a folder to write to ({error.strerror})"
            ) from None
        yield descriptor
