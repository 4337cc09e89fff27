"""What it costs to decode a picture only to look at it, and how much threads may spend together."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from captioner.data.pictures.budget import Budget

# Turning a picture and making it RGB takes up to 12 bytes a pixel, with transparency up to 17.
PIXELS = Budget(50_000_000)
"""Decoded at a time by all threads that read picture files only to look at them."""

_THREADS = 4  # what a decoder frees stays with its thread, as room for the next picture


def looking_threads() -> ThreadPoolExecutor:
    """Return threads to look at pictures in; decoders let others run, but each holds memory.

    Example:
        >>> with looking_threads() as threads:
        ...     list(threads.map(len, ["a", "bc"]))
        [1, 2]
    """
    return ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1))


def is_reducible(picture: Image.Image) -> bool:
    """Tell whether a picture can be decoded at a reduced size at once.

    JPEG codes a picture as frequencies of blocks of 8 x 8 pixels; the lower ones alone give the
    smaller picture, without the work for the others. Inks (CMYK) are decoded whole.

    Example:
        >>> is_reducible(Image.new("RGB", (800, 400)))  # was never a JPEG
        False
    """
    return picture.format in ("JPEG", "MPO") and picture.mode in ("RGB", "L")


def draft(picture: Image.Image, side: int) -> int:
    """Have a JPEG decoded at a reduced size; return the pixels that decoding takes memory for.

    Args:
        picture: An opened picture that has not been decoded; changed in place.
        side: The longer side that is enough, in pixels.

    Example:
        >>> draft(Image.new("RGB", (800, 400)), 64)  # was never a JPEG
        320000
    """
    # a progressive JPEG is held in memory whole, in a third of the memory of its pixels
    held = picture.width * picture.height // 3 if "progressive" in picture.info else 0
    if is_reducible(picture):
        picture.draft(None, (side, side))
    return held + picture.width * picture.height
