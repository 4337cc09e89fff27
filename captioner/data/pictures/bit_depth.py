"""Bit depth: pictures of more than 8 bits per channel, as 8 bits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from PIL import Image, PpmImagePlugin, TiffImagePlugin

Samples = np.ndarray[Any, np.dtype[Any]]

_DEPTHS = (8, 10, 12, 14, 16)  # bits of the sensors that pictures of 16 bits come from
_FULL = 65535.0
_SIDE = 512  # pixels, of the pieces that a picture is scaled in: a large one takes gigabytes whole

# Tags of TIFF 6.0: sections 3, 8 and 19
_BITS_PER_SAMPLE, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339
_LEAST_VALUE, _LARGEST_VALUE = 340, 341
_WHITE_IS_ZERO, _UNSIGNED = 0, 1


def is_deep(picture: Image.Image) -> bool:
    """Return whether the samples of a picture are grey of more than 8 bits.

    Example:
        >>> is_deep(Image.new("I;16B", (2, 1))), is_deep(Image.new("L", (2, 1)))
        (True, False)
    """
    return picture.mode == "F" or picture.mode.startswith("I")


def stated_white(picture: Image.Image) -> float | None:
    """Return the value of white in a PGM that says so, as Pillow will decode it.

    Its ``maxval`` becomes 65,535. Where it is 65,535 already, that says nothing: so it is with
    samples of 10 bits too that are kept in 16.

    Args:
        picture: Not decoded yet: what the header says is lost afterwards.
    """
    tiles = picture.tile if isinstance(picture, PpmImagePlugin.PpmImageFile) else []
    for decoder, _, _, args in tiles:
        if decoder.startswith("ppm") and isinstance(args, tuple) and args[-1] != _FULL:
            return _FULL
    return None


def to_eight_bits(picture: Image.Image, white: float | None = None) -> Image.Image:
    """Return a grey picture of more than 8 bits scaled to 8, black to 0 and white to 255.

    Black and white are what the file states:

    - TIFF: ``SMinSampleValue`` and ``SMaxSampleValue``; of whole numbers of fewer than 16 bits,
      the range of so many bits;
    - PGM: 0 and the file's ``maxval``;
    - PFM: samples are multiplied by the file's scale, and then go by their own range.

    Where it states nothing but the size of its samples, the own range of the samples counts, as
    ``own_range`` says. In a TIFF whose zero is white, black and white change places. Samples
    outside of the range are clipped, those that are no number are black.

    Args:
        picture: Of mode I, I;16 in any byte order, or F, decoded.
        white: What ``stated_white`` returned before.

    Returns:
        The picture in mode L, or LA where one of its greys stands for transparent (PNG).

    Example:
        >>> twelve_bits = Image.new("I;16", (2, 1), 4095)
        >>> to_eight_bits(twelve_bits).getpixel((0, 0))
        255
    """
    pieces = list(boxes(picture.size))
    black, white = (
        (0.0, white)
        if white
        else _stated_range(picture) or own_range(_samples(picture, box) for box in pieces)
    )
    if _tag(picture, _PHOTOMETRIC) == _WHITE_IS_ZERO:
        black, white = white, black
    grey = Image.new("L", picture.size)
    key = picture.info.get("transparency")
    opacity = Image.new("L", picture.size) if isinstance(key, int) else None
    for box in pieces:
        samples = _samples(picture, box)
        grey.paste(Image.fromarray(scale(samples, black, white)), box)
        if opacity is not None:
            opacity.paste(Image.fromarray(scale(samples != key, 0, 1)), box)
    if opacity is not None:
        grey.putalpha(opacity)
    return grey


def boxes(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Yield boxes (left, upper, right, lower) that cover a picture, each pixel once.

    Args:
        size: Its width and height in pixels.

    Example:
        >>> list(boxes((700, 2)))
        [(0, 0, 512, 2), (512, 0, 700, 2)]
    """
    width, height = size
    for top in range(0, height, _SIDE):
        for left in range(0, width, _SIDE):
            yield left, top, min(left + _SIDE, width), min(top + _SIDE, height)


def own_range(pieces: Iterable[Samples]) -> tuple[float, float]:
    """Return the values of black and white of samples of which nothing else is known.

    - Whole numbers from 0 to 65,535, also as floating point: 0 and the greatest number of 8, 10,
      12, 14 or 16 bits, the fewest that hold all samples. A sensor's 12 bits that are kept in 16
      are not nearly black then; the price is that a picture in 16 bits of which nothing is
      brighter than a quarter of white becomes brighter.
    - Fractions from 0 to 1: 0 and 1.
    - All others: 0 and the largest sample, or, if there are negative ones, the least and the
      largest. Infinite samples do not count.

    Args:
        pieces: The samples, in one array or several of one dtype, each of any shape, whole numbers
            or floating point.

    Example:
        >>> own_range([np.array([0, 7]), np.array([700])]), own_range([np.array([0.0, 0.5])])
        ((0.0, 1023.0), (0.0, 1.0))
        >>> own_range([np.array([0.5, 3.5, np.inf])]), own_range([np.array([-2, 2])])
        ((0.0, 3.5), (-2.0, 2.0))
    """
    least, largest, integers, whole = np.inf, -np.inf, True, True
    for samples in pieces:
        integers = np.issubdtype(samples.dtype, np.integer)
        finite = samples if integers else samples[np.isfinite(samples)]
        if finite.size:
            least, largest = min(least, float(finite.min())), max(largest, float(finite.max()))
            whole = whole and (integers or bool((finite == np.rint(finite)).all()))
    if least > largest:
        return 0.0, 1.0
    if least < 0 or largest > _FULL:
        return min(least, 0.0), largest
    if not integers and largest <= 1:
        return 0.0, 1.0
    if whole:
        return 0.0, next(2.0**bits - 1 for bits in _DEPTHS if largest < 2**bits)
    return 0.0, largest


def scale(samples: Samples, black: float, white: float) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return samples as uint8, ``black`` as 0 and ``white`` as 255, rounded and clipped.

    Args:
        samples: Of any shape, whole numbers or floating point.
        black: May be larger than ``white``: then the picture is a negative.
        white: What is white.

    Example:
        >>> scale(np.array([-1.0, 0.0, 1.0, 2.0, np.nan, np.inf]), 0, 2).tolist()
        [0, 0, 128, 255, 0, 255]
    """
    # in 32 bits, in place
    scaled = samples.astype(np.float32)
    scaled -= np.float32(black)
    scaled *= np.float32(255 / ((white - black) or 1.0))
    scaled += np.float32(0.5)
    np.nan_to_num(scaled, copy=False, nan=0.0)
    return scaled.clip(0, 255, out=scaled).astype(np.uint8)


def _samples(picture: Image.Image, box: tuple[int, int, int, int]) -> Samples:
    samples = np.asarray(picture.crop(box))
    if picture.mode == "F":
        return samples * np.float32(picture.info.get("scale", 1.0))
    if _tag(picture, _BITS_PER_SAMPLE) == 32 and _tag(picture, _SAMPLE_FORMAT, 1) == _UNSIGNED:
        return samples.view(np.uint32)  # which Pillow keeps in signed numbers
    return samples


def _stated_range(picture: Image.Image) -> tuple[float, float] | None:
    """Return what the file says of black and white, if it says so."""
    least, largest = _tag(picture, _LEAST_VALUE), _tag(picture, _LARGEST_VALUE)
    if least is not None and largest is not None and -np.inf < least < largest < np.inf:
        return float(least), float(largest)
    bits = _tag(picture, _BITS_PER_SAMPLE)
    if bits is not None and bits < 16:
        return 0.0, 2.0**bits - 1
    return None


def _tag(picture: Image.Image, number: int, default: float | None = None) -> float | None:
    """Return the first value of a numeric tag of a TIFF."""
    if not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return None
    value = picture.tag_v2.get(number, default)
    first = value[0] if isinstance(value, tuple) and value else value
    return float(first) if isinstance(first, (int, float)) else default
