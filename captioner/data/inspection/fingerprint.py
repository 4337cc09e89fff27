"""Perceptual hash: what stays of a photograph when it is stored anew in another file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

# Of 24 million pairs of Flickr8k's 7,000 pictures these two leave two: a picture that is there
# twice, and two of one series. A copy that was resized or packed anew differs in at most 7 bits.
MAX_BITS = 10
MAX_LEVELS = 10

_ROWS = 64  # compared with all others at a time
# How many bits are set in each number of 16 bits.
_BITS = np.array([number.bit_count() for number in range(1 << 16)], dtype=np.uint8)

Words = np.ndarray[Any, np.dtype[np.uint16]]
Levels = np.ndarray[Any, np.dtype[np.int16]]


@dataclass(frozen=True)
class Fingerprints:
    """Perceptual hashes of some pictures.

    Attributes:
        hashes: The difference hash of each, 64 bits (n, 4) uint16.
        colours: Mean colours of a grid of 4 x 4 fields, (n, 48) int16 in [0, 255].
    """

    hashes: Words
    colours: Levels


def fingerprint(picture: Image.Image) -> Fingerprints:
    """Return what stays of one picture: whether it gets brighter to the right, and its colours.

    The difference hash compares neighbours in each row of the grey picture at 9 x 8 pixels. Alone,
    it takes pictures of one colour for each other; so the mean colours are kept too.

    Args:
        picture: RGB, of any size and proportions.

    Example:
        >>> bright, dark = (Image.new("RGB", (64, 48), colour) for colour in ("white", "black"))
        >>> one, other = fingerprint(bright), fingerprint(dark)
        >>> list(near_pairs(one, other)), list(near_pairs(one, one))
        ([], [(0, 0)])
    """
    box = Image.Resampling.BOX
    grey = np.asarray(picture.convert("L").resize((9, 8), box)).astype(int)  # 8 9
    bits = np.packbits(grey[:, 1:] > grey[:, :-1])
    colours = np.asarray(picture.resize((4, 4), box)).astype(np.int16)
    return Fingerprints(bits.view(np.uint16)[None], colours.reshape(1, -1))


def near_pairs(
    first: Fingerprints,
    second: Fingerprints,
    *,
    max_bits: int = MAX_BITS,
    max_levels: float = MAX_LEVELS,
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of pictures, one of each set, that are probably the same photograph.

    All pairs are compared, some rows at a time: the memory grows with the sets, not their product.

    Args:
        first: Of n pictures.
        second: Of m pictures.
        max_bits: How many of the 64 bits may differ.
        max_levels: How much the mean colours may differ, on average, of 255.
    """
    for start in range(0, len(first.hashes), _ROWS):
        rows = first.hashes[start : start + _ROWS]
        bits = _BITS[rows[:, None] ^ second.hashes[None]].sum(axis=2, dtype=np.uint8)  # rows m
        for index, near in enumerate(bits <= max_bits, start):
            others = np.flatnonzero(near)
            levels = np.abs(first.colours[index] - second.colours[others]).mean(axis=1)
            yield from ((index, other) for other in others[levels <= max_levels].tolist())
