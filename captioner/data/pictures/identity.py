"""Identity of a picture file, without reading it: path, size and time."""

from __future__ import annotations

import os
from hashlib import blake2b

from captioner.data.pictures.tar_members import split_member

DIGEST = 16
"""Bytes of an identity."""


def identity(path: str) -> bytes:
    """Return 16 bytes that stand for a file as it is now: its path, size and time of last change.

    Of a file inside a tar file, size and time are the tar file's. A file that does not exist has
    the identity ``b""``.
    """
    inside = split_member(path)
    try:
        try:
            status = os.stat(path)  # noqa: PTH116 - a hundred thousand pictures: Path costs seconds
        except NotADirectoryError:
            if inside is None:
                raise
            status = os.stat(inside[0])  # noqa: PTH116
    except OSError:
        return b""
    # \0 cannot be part of a path
    name = f"{os.path.abspath(path)}\0{status.st_size}\0{status.st_mtime_ns}"  # noqa: PTH100
    return blake2b(os.fsencode(name), digest_size=DIGEST).digest()
