"""Atomic writes: a file has its name when all of it is on the disk, or what was there stays."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from captioner.errors import CaptionerError

PART = ".part"
"""What a file's name ends in until the file is whole."""

UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})
"""What the system says of a disk that takes no more."""


@contextmanager
def atomic_path(path: str | Path, *, parents: bool = False) -> Iterator[Path]:
    """Yield the name under which to write a file; the file gets its own when the block is done.

    The other name is ``NAME.part`` in the same folder, so that renaming is one step of the file
    system, and a kill in the middle of writing leaves what was there before.

    Args:
        path: The file to be; one that is there already is replaced.
        parents: Make the folders above it that are missing.

    Raises:
        CaptionerError: If it cannot be written: no permission, no such folder, a full disk.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with atomic_path(Path(folder, "a.txt")) as part:
        ...         _ = part.write_text("all of it")
        ...     [file.name for file in Path(folder).iterdir()]
        ['a.txt']
    """
    path = Path(path)
    part = path.with_name(path.name + PART)
    try:
        if parents:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        _sync(part)  # before it has its name: a power cut leaves no empty file under it
        part.replace(path)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


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
    with atomic_path(path, parents=parents) as part:
        part.write_bytes(data)


def portable_name(path: str | Path) -> str:
    r"""Return the name of a file as text that means the same file under every locale.

    A name is bytes; what is UTF-8 in it is taken as that, where the locale says ASCII too, and any
    other byte becomes a lone surrogate.

    Args:
        path: The file, as Python names it.

    Example:
        >>> portable_name(Path("größe.jpg")), portable_name("caf\udce9.jpg")
        ('größe.jpg', 'caf\udce9.jpg')
    """
    return os.fsencode(path).decode("utf-8", "surrogateescape")


def what_is_there(path: Path) -> str:
    """Return what has a name that no regular file has.

    Args:
        path: The name.

    Example:
        >>> what_is_there(Path(".")), what_is_there(Path("no such file"))
        ('a folder', 'nothing there')
    """
    if path.is_dir():
        return "a folder"
    return "a device or pipe" if path.exists() else "nothing there"


def byte_size(count: int) -> str:
    """Return a number of bytes in the greatest unit that it fills.

    Args:
        count: The number.

    Example:
        >>> byte_size(2_500_000_000), byte_size(40_960), byte_size(0)
        ('2.5 GB', '41.0 kB', '0 bytes')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} bytes"


def spelled(text: object) -> str:
    r"""Return text for a picture or a protocol that takes nothing but Unicode.

    Args:
        text: Such as the name of a file, in which lone surrogates stand for bytes that are no text.

    Example:
        >>> print(spelled("caf\udce9.jpg"))
        caf\udce9.jpg
    """
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def unwritable(path: str | Path, error: BaseException) -> CaptionerError:
    """Return the sentence that says why a file could not be written.

    Example:
        >>> unwritable("a.txt", OSError(28, "No space left on device"))
        CaptionerError('a.txt: could not be written (No space left on device)')
    """
    reason = getattr(error, "strerror", None) or " ".join(str(error).split())
    return CaptionerError(f"{path}: could not be written ({reason or type(error).__name__})")


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
