"""Image tokens on disk, so that a frozen encoder sees every picture once."""

from __future__ import annotations

import errno
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from captioner.data.pictures.identity import DIGEST
from captioner.data.pictures.identity import identity as identity
from captioner.data.pictures.images import DECODER
from captioner.data.token_cache.identity_index import IdentityIndex
from captioner.data.token_cache.token_files import TokenFiles
from captioner.errors import CaptionerError
from captioner.files import atomic_write
from captioner.locks import hold_lock

log = logging.getLogger(__name__)

_VERSION = 1  # of the layout of the files


class TokenCache:
    """Cache of image tokens by picture file: append-only, on disk, float16.

    The folder is named after the encoder's fingerprint and the decoder of pictures, so tokens of
    other weights, another pre-processing or other pixels are never found; a row is found under the
    identity of its file, so neither are those of a picture that has changed since. ``tokens.f16``,
    ``tokens.1.f16``, .. hold the rows (N, F), ``index`` one identity per row, ``meta.json`` the
    complete fingerprint and the shape. In memory are 24 bytes of each picture, whatever the size of
    its tokens.

    A row exists once its identity is in the index, which is written after the row has reached the
    disk: a kill or a full disk in the middle of writing leaves at most bytes that no one reads.

    Args:
        cache_dir: Folder of all caches.
        fingerprint: ``ImageEncoder.fingerprint()``, at least 16 characters.

    Attributes:
        folder: Where the files are.
        shape: (N, F), or None while there are no rows.

    Example:
        >>> import tempfile, torch
        >>> folder = tempfile.TemporaryDirectory()
        >>> cache = TokenCache(folder.name, "0123456789abcdef")
        >>> with cache.lock():
        ...     cache.append([identity(folder.name)], torch.ones(1, 49, 8, dtype=torch.float16))
        >>> cache.rows([folder.name, "cat.jpg"]).tolist(), cache[0].shape
        ([0, -1], torch.Size([49, 8]))
    """

    def __init__(self, cache_dir: str | Path, fingerprint: str) -> None:
        self.folder = Path(cache_dir) / f"{fingerprint[:16]}-{DECODER}"
        self.shape: tuple[int, int] | None = None
        self._fingerprint = fingerprint
        self._files: TokenFiles | None = None
        self._index: IdentityIndex | None = None
        self._count = 0
        self._load()

    def unread(self) -> list[Path]:
        """Return the folders of tokens of the same encoder that nothing reads any more.

        Their pictures were decoded by another version of Pillow, or by other rules.
        """
        alike = self.folder.parent.glob(f"{self._fingerprint[:16]}-*")
        return sorted(path for path in alike if path.is_dir() and path != self.folder)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> Tensor:
        """Return a copy of the image tokens (N, F) float16 of a row."""
        assert self._files is not None, "an empty cache has no rows"
        return self._files.read(row)

    def rows(self, paths: Sequence[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the row of each picture file, -1 where there is none."""
        if self._index is None:
            file = self.folder / "index"
            kind = np.dtype(f"S{DIGEST}")
            self._index = IdentityIndex(
                np.fromfile(file, kind, self._count) if self._count else np.empty(0, kind)
            )
        asked = np.fromiter(map(identity, paths), f"S{DIGEST}", count=len(paths))
        return self._index.rows(asked)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from appending; on entry, take in what they have appended.

        Raises:
            CaptionerError: If the folder cannot be written.
        """

        def wait() -> None:
            log.warning("Waiting for another process that fills %s", self.folder)

        with ExitStack() as locked:
            with self._explained():
                self.folder.mkdir(parents=True, exist_ok=True)
                locked.enter_context(hold_lock(self.folder / "lock", wait))
            self._load()
            with self._explained():
                self._trim()
            yield

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
            if self._files is None:
                self.shape = (shape[0], shape[1])
                self._files = TokenFiles(self.folder, self.shape)
                atomic_write(self.folder / "meta.json", json.dumps(self._meta(self.shape)))
            values = tokens.cpu().numpy()
            for path, part in self._files.spans(self._count, rows):
                _append(path, values[part].tobytes())
            _append(self.folder / "index", b"".join(identities))
        self._count += rows
        self._index = None

    def _meta(self, shape: Sequence[int]) -> dict[str, Any]:
        return {"version": _VERSION, "fingerprint": self._fingerprint, "shape": list(shape)}

    def _load(self) -> None:
        """Take in what is whole on disk; files that make no sense count as none."""
        self.shape, self._files, self._index, self._count = None, None, None, 0
        try:
            meta = json.loads((self.folder / "meta.json").read_text(encoding="utf-8"))
            count, features = (int(side) for side in meta["shape"])
            if meta != self._meta((count, features)) or min(count, features) < 1:
                return
            files = TokenFiles(self.folder, (count, features))
            known = (self.folder / "index").stat().st_size // DIGEST
            self._count = min(files.count(), known)
        except (OSError, ValueError, TypeError, KeyError):
            return
        self.shape, self._files = (count, features), files

    def _trim(self) -> None:
        """Cut half rows off, so that the next one begins where it is looked for."""
        if self._files is None:
            for path in (*self.folder.glob("tokens*.f16"), *self.folder.glob("index")):
                path.unlink()
            (self.folder / "meta.json").unlink(missing_ok=True)
            return
        os.truncate(self.folder / "index", self._count * DIGEST)
        self._files.trim(self._count)

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
