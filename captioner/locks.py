"""File locks between processes."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from captioner.errors import CaptionerError

if sys.platform == "win32":
    import msvcrt

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None  # type: ignore[assignment]

_POLL = 0.1  # seconds between two tries
_HELD = (errno.EAGAIN, errno.EACCES)  # somebody else holds it
# What file systems answer that cannot lock, as Lustre does where it is mounted without flock.
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, getattr(errno, "ENOTSUP", errno.ENOSYS)}


@contextmanager
def hold_lock(
    path: str | Path, on_held: Callable[[], None], *, delete: bool = False
) -> Iterator[int]:
    """Lock a file exclusively while the block runs; yield its descriptor.

    A lock belongs to a file, not to its name: one on a file that has been deleted or replaced since
    it was opened keeps nobody out, who makes or finds another file there. So it is only held once
    the locked file is known to be the one that has the name.

    The system lets go of the lock when the process ends, however it does. Where the file system
    cannot lock, a file ``NAME.soft`` that is there says that the lock is held; of a process that
    was killed on another machine it stays, and must be deleted by hand.

    Args:
        path: The file; made where missing, in a folder that exists.
        on_held: Called once if another process holds the lock. What it raises is raised; if it
            returns, the lock is waited for.
        delete: Delete the file in the end, while the lock is still held.

    Raises:
        OSError: If the file cannot be made or opened.

    Example:
        >>> import tempfile
        >>> def refuse():
        ...     raise CaptionerError("busy")
        >>> folder = tempfile.TemporaryDirectory()
        >>> with hold_lock(folder.name + "/lock", refuse):
        ...     with hold_lock(folder.name + "/lock", refuse):
        ...         pass
        Traceback (most recent call last):
        captioner.errors.CaptionerError: busy
    """
    path = Path(path)
    descriptor = None
    try:
        descriptor = _acquire(path, on_held)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    if descriptor is None:
        with _hold_soft_lock(path, on_held) as descriptor, _deleted(path, delete):
            yield descriptor
        return
    try:
        with _deleted(path, delete):
            yield descriptor
    finally:
        with suppress(OSError):
            _unlock(descriptor)  # a child that a fork made has the descriptor too
        os.close(descriptor)


@contextmanager
def hold_inherited_lock(path: str | Path, on_held: Callable[[], None]) -> Iterator[int]:
    """Lock a file as ``hold_lock`` does, together with the processes that get its descriptor.

    If this process is killed and leaves some behind, the lock is held until the last one ends.

    Args:
        path: As for ``hold_lock``.
        on_held: As for ``hold_lock``.

    Raises:
        CaptionerError: If the system has no such locks, or the file system cannot lock.
        OSError: If the file cannot be made or opened.
    """
    if fcntl is None:
        raise CaptionerError(
            f"{path}: expected a system whose processes can share a lock, such as Linux, macOS or"
            f" WSL, found {sys.platform}"
        )
    try:
        descriptor = _acquire(Path(path), on_held)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        raise CaptionerError(
            f"{path}: expected a file system that can lock files, found one that cannot"
            f" ({error.strerror}); name a folder on another one"
        ) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def hold_folder_lock(
    folder: str | Path, on_held: Callable[[], None], timeout: float = 10.0
) -> Iterator[None]:
    """Lock a folder itself exclusively while the block runs; no file is left in it.

    Where the system, or the file system, cannot lock folders, nothing is held, and nobody kept out.

    Args:
        folder: The folder.
        on_held: Called if another process holds the lock for longer than ``timeout``; what it
            raises is raised.
        timeout: Seconds; processes that loaded data for one that was killed take some to end.

    Raises:
        OSError: If there is no such folder.
    """
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    deadline = time.monotonic() + timeout
    try:
        with suppress(OSError):  # of a file system that cannot
            while not try_lock(descriptor):
                if time.monotonic() > deadline:
                    on_held()
                    break
                time.sleep(_POLL)
        yield
    finally:
        with suppress(OSError):
            _unlock(descriptor)
        os.close(descriptor)


@contextmanager
def _deleted(path: Path, delete: bool) -> Iterator[None]:
    """Delete a file in the end: while it is held, since then it may be another process's."""
    try:
        yield
    finally:
        if delete:
            with suppress(OSError):  # Windows deletes no open file
                path.unlink(missing_ok=True)


def _acquire(path: Path, on_held: Callable[[], None]) -> int:
    """Return the descriptor of the file that has the name, locked."""
    waiting = False
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            locked = try_lock(descriptor)
            if locked and has_name(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if locked:  # whoever held it has deleted the file meanwhile: nobody is known to hold one
            continue
        if not waiting:
            on_held()
            waiting = True
        time.sleep(_POLL)


def has_name(descriptor: int, path: Path) -> bool:
    """Return whether an open file still has a name: was not deleted, renamed or replaced.

    Args:
        descriptor: Of the file.
        path: The name.
    """
    if sys.platform == "win32":  # an open file keeps its name there
        return True
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def try_lock(descriptor: int) -> bool:
    """Lock an open file until its descriptor is closed; return False if somebody else holds it.

    Args:
        descriptor: Of the file.

    Raises:
        OSError: If the file system cannot lock.
    """
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True


def _unlock(descriptor: int) -> None:
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    elif sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)


@contextmanager
def _hold_soft_lock(path: Path, on_held: Callable[[], None]) -> Iterator[int]:
    """Lock by a file that is there only while the lock is held."""
    from filelock import SoftFileLock, Timeout  # few need it

    lock = SoftFileLock(f"{path}.soft")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        on_held()
        lock.acquire()
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
    finally:
        lock.release()
