"""Image tokens on disk, so that a frozen encoder sees every picture once."""

from __future__ import annotations

import errno
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout
from torch import Tensor

from captioner.data.tar_members import split_member
from captioner.errors import CaptionerError

log = logging.getLogger(__name__)

_VERSION = 1  # of the layout of the files, and of how pictures are decoded
_DIGEST = 16  # bytes


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
    return blake2b(os.fsencode(name), digest_size=_DIGEST).digest()


class TokenCache:
    """Hold the image tokens of picture files: append-only, memory-mapped, float16.

    The folder is named after the encoder's fingerprint, so tokens of other weights or another
    pre-processing are never found; a row is found under the identity of its file, so neither are
    those of a picture that has changed since. ``tokens.f16`` holds the rows (N, F), ``index`` one
    identity per row, ``meta.json`` the complete fingerprint and the shape.

    A row exists once its identity is in the index, which is written after the row has reached the
    disk: a kill or a full disk in the middle of writing leaves at most bytes that no one reads.

    Instances can go to worker processes, which map the file on first use.

    Args:
        cache_dir: Folder of all caches.
        fingerprint: ``ImageEncoder.fingerprint()``, at least 16 characters.

    Attributes:
        folder: Where the files are.
        shape: (N, F), or None while there are no rows.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> cache = TokenCache(folder.name, "0123456789abcdef")
        >>> with cache.lock():
        ...     cache.append([identity(folder.name)], torch.ones(1, 49, 8, dtype=torch.float16))
        >>> cache.rows([folder.name, "cat.jpg"]).tolist(), cache[0].shape
        ([0, -1], torch.Size([49, 8]))
    """

    def __init__(self, cache_dir: str | Path, fingerprint: str) -> None:
        self.folder = Path(cache_dir) / fingerprint[:16]
        self.shape: tuple[int, int] | None = None
        self._fingerprint = fingerprint
        self._rows: dict[bytes, int] = {}
        self._count = 0
        self._map: np.memmap[Any, np.dtype[np.float16]] | None = None
        self._load()

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> Tensor:
        """Return a copy of the image tokens (N, F) float16 of a row."""
        if self._map is None:
            assert self.shape is not None, "an empty cache has no rows"
            shape = (self._count, *self.shape)
            self._map = np.memmap(self.folder / "tokens.f16", np.float16, "r", shape=shape)
        return torch.from_numpy(np.array(self._map[row]))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_map": None}

    def rows(self, paths: Sequence[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the row of each picture file, -1 where there is none."""
        found = (self._rows.get(identity(path), -1) for path in paths)
        return np.fromiter(found, np.int64, count=len(paths))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from appending; on entry, take in what they have appended.

        Raises:
            CaptionerError: If the folder cannot be written.
        """
        lock = FileLock(self.folder / "lock")
        with self._explained():
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                log.warning("Waiting for another process that fills %s", self.folder)
                lock.acquire()
        try:
            self._load()
            with self._explained():
                self._trim()
            yield
        finally:
            lock.release()

    def append(self, identities: Sequence[bytes], tokens: Tensor) -> None:
        """Store image tokens; to be called under ``lock``.

        Args:
            identities: ``identity`` of B picture files, taken *before* the files were read.
            tokens: Their image tokens (B, N, F) float16.

        Raises:
            CaptionerError: If the disk is full or the folder cannot be written.
        """
        rows, *shape = tokens.shape
        with self._explained():
            if self.shape is None:
                self.shape = (shape[0], shape[1])
                temporary = self.folder / "meta.json.part"
                temporary.write_text(json.dumps(self._meta(self.shape)), encoding="utf-8")
                temporary.replace(self.folder / "meta.json")
            _append(self.folder / "tokens.f16", tokens.cpu().numpy().tobytes())
            _append(self.folder / "index", b"".join(identities))
        self._rows.update(zip(identities, range(self._count, self._count + rows), strict=True))
        self._count += rows
        self._map = None

    def _meta(self, shape: Sequence[int]) -> dict[str, Any]:
        return {"version": _VERSION, "fingerprint": self._fingerprint, "shape": list(shape)}

    def _load(self) -> None:
        """Take in what is whole on disk; files that make no sense count as none."""
        self.shape, self._rows, self._count, self._map = None, {}, 0, None
        try:
            meta = json.loads((self.folder / "meta.json").read_text(encoding="utf-8"))
            count, features = (int(side) for side in meta["shape"])
            if meta != self._meta((count, features)) or min(count, features) < 1:
                return
            index = (self.folder / "index").read_bytes()
            size = (self.folder / "tokens.f16").stat().st_size
        except (OSError, ValueError, TypeError, KeyError):
            return
        self.shape = (count, features)
        self._count = min(size // (2 * count * features), len(index) // _DIGEST)
        ends = range(0, self._count * _DIGEST, _DIGEST)
        self._rows = {index[end : end + _DIGEST]: row for row, end in enumerate(ends)}

    def _trim(self) -> None:
        """Cut half rows off, so that the next one begins where it is looked for."""
        if self.shape is None:
            for name in ("index", "tokens.f16", "meta.json"):
                (self.folder / name).unlink(missing_ok=True)
            return
        os.truncate(self.folder / "index", self._count * _DIGEST)
        os.truncate(self.folder / "tokens.f16", self._count * 2 * self.shape[0] * self.shape[1])

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise CaptionerError(
                    f"{self.folder}: the disk is full after {self._count} pictures, which are kept;"
                    " free space or choose another data.cache_dir, then start again"
                ) from error
            raise CaptionerError(
                f"{self.folder}: expected a folder for image tokens that can be written "
                f"(data.cache_dir), found {(error.strerror or type(error).__name__).lower()}"
            ) from error


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
