"""HDF5 files: read in a process of their own, and written atomically."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from captioner.errors import CaptionerError
from captioner.files import atomic_path, check_file, unwritable


class HDF5Reader:
    """Reader of HDF5 data sets, in a subprocess that a damaged file may crash.

    The process starts with the first file and serves further ones, until the block is left.

    Example:
        >>> with HDF5Reader() as reader:
        ...     reader.read("nowhere.hdf5", {})
        Traceback (most recent call last):
        captioner.errors.CaptionerError: nowhere.hdf5: expected an HDF5 file, found nothing there
    """

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> HDF5Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read(
        self, path: str | Path, shapes: Mapping[str, tuple[int, ...]]
    ) -> tuple[dict[str, Tensor], list[str]]:
        """Return the named data sets of a file, and the names of all its data sets.

        Args:
            path: The file.
            shapes: Name -> shape of each data set to read. They hold floating-point numbers.

        Returns:
            Name -> float32 tensor of that shape.

        Raises:
            CaptionerError: If the file is missing, no HDF5 file, cut off or damaged, or has no such
                data set.
        """
        path = Path(path)
        check_file(path, "an HDF5 file")
        server = self._server = self._server or _start()
        request = {"file": os.fspath(path), "shapes": shapes}
        try:
            assert server.stdin is not None  # both are pipes
            assert server.stdout is not None
            server.stdin.write(json.dumps(request).encode() + b"\n")
            server.stdin.flush()
            arrays = {name: _array(path, server.stdout, shape) for name, shape in shapes.items()}
            return arrays, list(_line(path, server.stdout)["names"])
        except (EOFError, BrokenPipeError):
            self._stop()
            raise _damaged(path, "it ends the program that reads it") from None
        except CaptionerError:  # which ends the answer
            raise
        except BaseException:  # what is still to come of the answer is none of the next one
            self._stop()
            raise

    def _stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.kill()
            with server:  # closes the pipes and waits
                pass


def _start() -> subprocess.Popen[bytes]:
    program = Path(__file__).with_name("hdf5_server.py")
    return subprocess.Popen(
        [sys.executable, "-P", str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _array(path: Path, stream: IO[bytes], shape: tuple[int, ...]) -> Tensor:
    _line(path, stream)
    data = bytearray(4 * math.prod(shape))
    if stream.readinto(data) < len(data):  # type: ignore[attr-defined]  # is buffered
        raise EOFError
    if not data:
        return torch.empty(shape)
    return torch.frombuffer(data, dtype=torch.float32).reshape(shape)


def _line(path: Path, stream: IO[bytes]) -> dict[str, Any]:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    content: dict[str, Any] = json.loads(line)
    if "expected" in content:
        raise CaptionerError(f"{path}: expected {content['expected']}, found {content['error']}")
    if "error" in content:
        raise _damaged(path, content["error"])
    return content


def _damaged(path: Path, reason: str) -> CaptionerError:
    return CaptionerError(
        f"{path}: expected a whole HDF5 file, found one that cannot be read ({reason})"
    )


@contextmanager
def create_hdf5(path: str | Path) -> Iterator[Any]:
    """Create an HDF5 file atomically: yield an ``h5py.File`` that gets its name when complete.

    Args:
        path: The file; one that is there already is replaced.

    Raises:
        CaptionerError: If it cannot be written.
    """
    import h5py

    try:
        # Locked already, by another descriptor: HDF5's own lock would never be granted.
        with atomic_path(path) as temporary, h5py.File(temporary, "w", locking=False) as file:
            yield file
    except RuntimeError as error:  # what the library makes of some of them
        raise unwritable(path, error) from None
