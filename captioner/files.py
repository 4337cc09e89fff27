"""Atomic writes: a file has its name when all of it is on the disk, or what was there stays."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from captioner.errors import CaptionerError
from captioner.locks import has_name, try_lock

UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})
"""What the system says of a disk that takes no more."""

_STEM = 240  # bytes of a name: file systems take 255 with all that is put around it


@contextmanager
def atomic_path(path: str | Path, *, parents: bool = False) -> Iterator[Path]:
    """Yield a temporary file to write; it takes the name of ``path`` when the block is done.

    It is ``.NAME.0.tmp`` in the same folder, so that renaming is one step of the file system, and a
    kill or a power cut leaves either what was there before or all of what is new. Each writer has a
    file of its own: what two of them write at the same time is whole, and the last one's stays. A
    file that a killed writer left is deleted by the next one.

    A file that is replaced hands down its permissions; a link is replaced, not what it leads to.

    Args:
        path: The file to be; one that is there already is replaced.
        parents: Make the folders above it that are missing.

    Raises:
        CaptionerError: If it cannot be written: no permission, no such folder, a full disk.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with atomic_path(Path(folder, "a.txt")) as temporary:
        ...         _ = temporary.write_text("all of it")
        ...     [file.name for file in Path(folder).iterdir()]
        ['a.txt']
    """
    path = Path(path)
    try:
        if parents:
            path.parent.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(path.stat().st_mode) if path.is_file() else None
        with _temporary(path, private=mode is not None) as temporary:
            yield temporary
            _sync(temporary)  # before it has its name: a power cut leaves no empty file under it
            if mode is not None:
                with suppress(OSError):  # some file systems know no permissions
                    temporary.chmod(mode)
            temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from None


def atomic_write(path: str | Path, content: bytes | str, *, parents: bool = False) -> None:
    r"""Write a file as ``atomic_path`` does.

    Text is written as UTF-8. In the name of a file, a byte that is no UTF-8 is a lone surrogate,
    which UTF-8 cannot write; it becomes the escape ``\udcXX``. In JSON that is the escape of JSON
    itself, so that whoever reads the file gets the same name.

    Args:
        path: The file.
        content: All of it.
        parents: Make the folders above it that are missing.

    Raises:
        CaptionerError: As ``atomic_path`` does.

    Example:
        >>> import json, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "names.json")
        ...     atomic_write(file, json.dumps(["caf\udce9", "é"], ensure_ascii=False))
        ...     json.loads(file.read_text(encoding="utf-8"))
        ['caf\udce9', 'é']
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
    with atomic_path(path, parents=parents) as temporary:
        temporary.write_bytes(data)


def durable_rename(file: Path, path: Path) -> None:
    """Give a file that is whole its final name, which survives a power cut as its content does.

    For files that are written bit by bit, over several runs; others are ``atomic_write``'s.

    Args:
        file: The file, on the same disk.
        path: Its name to be; a file that has it is replaced.

    Raises:
        OSError: If it cannot be done.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "a.part").write_text("all of it")
        ...     durable_rename(Path(folder, "a.part"), Path(folder, "a.txt"))
        ...     [file.name for file in Path(folder).iterdir()]
        ['a.txt']
    """
    _sync(file)
    file.replace(path)
    _sync_folder(path.parent)


def kind_of_path(path: Path) -> str:
    """Return what kind of thing has a name that no regular file has.

    Args:
        path: The name.

    Example:
        >>> kind_of_path(Path(".")), kind_of_path(Path("no such file"))
        ('a folder', 'nothing there')
    """
    if path.is_dir():
        return "a folder"
    return "a device or pipe" if path.exists() else "nothing there"


def check_file(path: Path, expected: str) -> None:
    """Refuse a name that no regular file has.

    Args:
        path: The name.
        expected: What the file is meant to be, for the sentence.

    Raises:
        CaptionerError: If a folder, a device or a pipe has it, or nothing does.

    Example:
        >>> check_file(Path("best.ckpt"), "a checkpoint file")
        Traceback (most recent call last):
        captioner.errors.CaptionerError: best.ckpt: expected a checkpoint file, found nothing there
    """
    try:
        if path.is_file():
            return
        found = kind_of_path(path)
    except OSError as error:  # too long a name, a folder that may not be looked into
        raise CaptionerError(f"{path}: {error.strerror}") from None
    raise CaptionerError(f"{path}: expected {expected}, found {found}")


def unwritable(path: str | Path, error: BaseException) -> CaptionerError:
    """Return the sentence that says why a file could not be written.

    Example:
        >>> unwritable("a.txt", OSError(28, "No space left on device"))
        CaptionerError('a.txt: could not be written (No space left on device)')
    """
    reason = getattr(error, "strerror", None) or " ".join(str(error).split())
    return CaptionerError(f"{path}: could not be written ({reason or type(error).__name__})")


@contextmanager
def _temporary(path: Path, *, private: bool) -> Iterator[Path]:
    """Make a file beside another one, which no other writer has; delete it if the block fails.

    Args:
        path: The file that it is to become.
        private: Nobody else may read it meanwhile; otherwise it is as open as any new file.
    """
    temporary, descriptor = _create(path, 0o600 if private else 0o666)
    try:
        yield temporary
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    finally:
        if descriptor is not None:
            os.close(descriptor)  # and with it the lock that says that somebody is writing


def _create(path: Path, mode: int) -> tuple[Path, int | None]:
    """Make a temporary file beside another one, and delete those that nobody writes any more.

    Returns:
        Its name, and the descriptor that holds a lock on it as long as its writer lives; None on
        Windows, which renames no open file.
    """
    stem = os.fsdecode(os.fsencode(path.name)[:_STEM])
    number = 0
    while True:
        temporary = path.with_name(f".{stem}.{number}.tmp")
        try:
            descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError:
            number += not _delete_stale(temporary)
            continue
        if sys.platform == "win32":
            os.close(descriptor)
            return temporary, None
        try:
            mine = try_lock(descriptor) and has_name(descriptor, temporary)
        except OSError:  # a file system that cannot lock: what is left there stays
            mine = True
        if mine:
            break
        os.close(descriptor)  # another writer took it for what a killed one had left
    while (other := path.with_name(f".{stem}.{number + 1}.tmp")).exists() and _delete_stale(other):
        number += 1
    return temporary, descriptor


def _delete_stale(temporary: Path) -> bool:
    """Delete a temporary file if no living process writes it; return True if it is gone."""
    if sys.platform == "win32":
        return False
    try:
        descriptor = os.open(temporary, os.O_RDWR)
    except OSError:
        return not temporary.exists()
    try:
        if not try_lock(descriptor):
            return False
        if has_name(descriptor, temporary):
            temporary.unlink()
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder reach the disk, where the system can do that."""
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # one that may be written, but not listed
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in UNWRITABLE:
            raise
    finally:
        os.close(descriptor)
