"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

from captioner.errors import CaptionerError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a temporary name beside its place, then rename it.

    Raises:
        CaptionerError: If it cannot be written; what was there before stays.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(Path(folder, "a.txt"), b"all of it")
        ...     [file.name for file in Path(folder).iterdir()]
        ['a.txt']
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise CaptionerError(f"{path}: could not be written ({error.strerror})") from None
    finally:
        if part.is_file():
            part.unlink()
