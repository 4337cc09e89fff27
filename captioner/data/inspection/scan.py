"""Read every picture of a part once: which are broken, and what the others look like."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from captioner.data.example import Example
from captioner.data.inspection.fingerprint import Fingerprints, fingerprint
from captioner.data.thumbnails import read_thumbnail
from captioner.errors import CaptionerError

_SIDE = 64
_BLOCK = 1024  # pictures that wait for a thread
_THREADS = 16  # decoders let other threads run, but every thread holds a file in memory


@dataclass(frozen=True)
class Scan:
    """Hold what reading the pictures of a part has shown.

    Attributes:
        examples: Those whose picture is whole.
        fingerprints: Of these pictures, in the same order.
        broken: For each other picture one sentence that says what is wrong with it.
    """

    examples: list[Example]
    fingerprints: Fingerprints
    broken: list[str]


def scan(examples: Sequence[Example], name: str) -> Scan:
    """Read all pictures, several at a time, with a progress bar.

    The memory it takes depends on neither the number of pictures nor that of CPU cores: files are
    read by 16 threads at most, and ``read_thumbnail`` bounds what is decoded at a time.

    Args:
        examples: The part.
        name: What the progress bar calls it.
    """
    whole: list[Example] = []
    prints: list[Fingerprints] = []
    broken: list[str] = []
    with (
        ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as threads,
        tqdm(total=len(examples), desc=name, unit=" pictures") as progress,
    ):
        for start in range(0, len(examples), _BLOCK):
            block = examples[start : start + _BLOCK]
            for example, found in zip(block, threads.map(_look, block), strict=True):
                if isinstance(found, str):
                    broken.append(found)
                else:
                    whole.append(example)
                    prints.append(found)
                progress.update()
    together = Fingerprints(
        np.concatenate([np.empty((0, 4), np.uint16), *(each.hashes for each in prints)]),
        np.concatenate([np.empty((0, 48), np.int16), *(each.colours for each in prints)]),
    )
    return Scan(whole, together, broken)


def _look(example: Example) -> Fingerprints | str:
    try:
        return fingerprint(read_thumbnail(example.path, _SIDE))
    except CaptionerError as error:
        return str(error)
