"""Scan of all pictures of a split: which are broken, and hashes of the others."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from tqdm import tqdm

from captioner.data.formats.example import Example
from captioner.data.inspection.fingerprint import Fingerprints, fingerprint
from captioner.data.pictures.thumbnails import looking_threads, read_thumbnail
from captioner.errors import CaptionerError

_SIDE = 64
_BLOCK = 1024  # pictures that wait for a thread


@dataclass(frozen=True)
class Scan:
    """Scan of a split: what reading the pictures of a split has shown.

    Attributes:
        examples: Those whose picture is whole; read again, if they are in shards.
        fingerprints: Of these pictures, in the same order.
        broken: For each other picture one sentence that says what is wrong with it.
    """

    examples: Sequence[Example]
    fingerprints: Fingerprints
    broken: list[str]


class _Chosen(Sequence[Example]):
    """Some of the examples of a split, 8 bytes each."""

    def __init__(self, examples: Sequence[Example], places: Sequence[int]) -> None:
        self._examples = examples
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> _Chosen: ...
    def __getitem__(self, index: int | slice) -> Example | _Chosen:
        if isinstance(index, slice):
            return _Chosen(self._examples, self._places[index])
        return self._examples[self._places[index]]


def scan(examples: Sequence[Example], name: str) -> Scan:
    """Read all pictures, several at a time, with a progress bar.

    Of each picture 112 bytes are kept. What is read and decoded at a time depends on neither the
    number of pictures nor that of CPU cores: ``looking_threads`` are few, and ``read_thumbnail``
    bounds what is decoded.

    Args:
        examples: The split.
        name: What the progress bar calls it.
    """
    whole = array("q")
    hashes, colours = [np.empty((0, 4), np.uint16)], [np.empty((0, 48), np.int16)]
    broken: list[str] = []
    with (
        looking_threads() as threads,
        tqdm(total=len(examples), desc=name, unit=" pictures") as progress,
    ):
        for start in range(0, len(examples), _BLOCK):
            block = list(examples[start : start + _BLOCK])
            prints: list[Fingerprints] = []
            for place, found in enumerate(threads.map(_look, block), start):
                if isinstance(found, str):
                    broken.append(found)
                else:
                    whole.append(place)
                    prints.append(found)
                progress.update()
            hashes.append(np.concatenate([hashes[0], *(each.hashes for each in prints)]))
            colours.append(np.concatenate([colours[0], *(each.colours for each in prints)]))
    together = Fingerprints(np.concatenate(hashes), np.concatenate(colours))
    return Scan(_Chosen(examples, whole), together, broken)


def _look(example: Example) -> Fingerprints | str:
    try:
        return fingerprint(read_thumbnail(example.path, _SIDE))
    except CaptionerError as error:
        return str(error)
