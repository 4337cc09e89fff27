"""Resumable caption file: JSON lines, one for each picture."""

from __future__ import annotations

import json
import math
import os
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from captioner.errors import CaptionerError
from captioner.files import durable_rename, unwritable
from captioner.locks import hold_lock
from captioner.types import Caption


class CaptionFile:
    """JSON lines file of captions, one line a picture, that gets its name when all of it is there.

    Until then it is called ``NAME.RUN.part``. What a run of the same settings left there is kept,
    but for half a line at the end: its pictures need no captions. A run with other settings has
    another file. Of a million lines, eight bytes each are in memory.

    Args:
        name: The file to be.
        run: Stands for all that captions depend on; letters and digits.

    Attributes:
        partial: Where the lines are until all are there.
    """

    def __init__(self, name: str, run: str) -> None:
        self.path = Path(name)
        self.partial = self.path.with_name(f"{self.path.name}.{run}.part")
        self._done = np.empty(0, np.uint64)
        self._out: TextIO | None = None

    def __len__(self) -> int:
        """Return the number of pictures that the run before left captions of."""
        return len(self._done)

    def __contains__(self, path: Path) -> bool:
        """Return whether the run before left captions of a picture."""
        key = _key(portable_name(path))
        index = int(np.searchsorted(self._done, key))
        return index < len(self._done) and bool(self._done[index] == key)

    def add(self, path: Path, captions: list[Caption]) -> None:
        """Write the captions of a picture, best first."""
        assert self._out is not None, "the file is open within open()"
        with self._explained():
            record = to_record(path, captions)
            print(json.dumps(record, ensure_ascii=False, allow_nan=False), file=self._out)

    @contextmanager
    def open(self) -> Iterator[CaptionFile]:
        """Resume what is there; give the file its name if all goes well.

        Raises:
            CaptionerError: If the file cannot be written, or another process is writing it.
        """
        with ExitStack() as locked:
            with self._explained():
                locked.enter_context(hold_lock(f"{self.partial}.lock", self._refuse, delete=True))
            try:
                with self._writing():
                    yield self
                with self._explained():
                    durable_rename(self.partial, self.path)
            finally:
                if self.partial.is_file() and not self.partial.stat().st_size:
                    self.partial.unlink()

    def _refuse(self) -> None:
        raise CaptionerError(f"{self.partial}: expected no other process that writes it, found one")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._explained():
            self._done = _finished_keys(self.partial)
            # A byte of a file's name that is no UTF-8 goes out as the escape that JSON has for it;
            # line by line, so that a kill costs one line at most.
            out = self.partial.open("a", 1, encoding="utf-8", errors="backslashreplace")
        self._out = out
        try:
            yield
        finally:
            self._out = None
            with self._explained():  # closing writes what is left
                out.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unwritable(self.path, error) from None


def to_record(path: Path, captions: list[Caption]) -> dict[str, Any]:
    """Return the line of the output file for a picture: its best caption, and the others if any.

    Log-probabilities are natural and finite; ``null`` would stand for one that is not. A caption
    that a search setting gave way for names it in ``gave_way``.
    """
    best, *others = (
        {
            "caption": caption.text,
            "log_probability": _finite(caption.log_probability),
            "mean_word_probability": caption.mean_word_probability,
            "words": caption.words,
            "word_log_probabilities": [_finite(score) for score in caption.word_log_probabilities],
            **({"gave_way": list(caption.gave_way)} if caption.gave_way else {}),
        }
        for caption in captions
    )
    return {"file": portable_name(path), **best, **({"others": others} if others else {})}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None  # JSON has no infinity


def _key(name: str) -> np.uint64:
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return np.frombuffer(digest, np.uint64)[0]


def _finished_keys(partial: Path) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Return the sorted keys of the pictures with whole lines; cut off what follows them."""
    if not partial.is_file():
        return np.empty(0, np.uint64)
    whole = 0
    keys = array("Q")
    with partial.open("rb") as file:
        for line in file:
            try:
                key = _key(json.loads(line.decode("utf-8"))["file"])
            except (ValueError, TypeError, KeyError, AttributeError):
                break
            if not line.endswith(b"\n"):
                break
            keys.append(int(key))
            whole += len(line)
    os.truncate(partial, whole)
    return np.sort(np.frombuffer(keys, np.uint64))


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
