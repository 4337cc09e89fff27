"""Thumbnails: pictures decoded at a reduced size, much faster than whole ones."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from captioner.data.pictures.picture_file import explain_damage, open_picture, read_picture_file
from captioner.data.pictures.upright_rgb import upright_rgb


def read_thumbnail(path: str | Path, side: int) -> Image.Image:
    """Read a picture file at a small size, RGB, its sides in proportion.

    A JPEG is decoded at an eighth, a quarter or half of its size, as far as that is enough
    (Pillow's ``draft``): all of its bytes are still read, so a damaged file is found. Other kinds
    are decoded whole; threads wait for each other where that would be more than 50 million pixels
    at a time, four photographs of 12 megapixels.

    Args:
        path: The file.
        side: The longer side of what is returned, at most, in pixels.

    Raises:
        CaptionerError: As ``read_image`` does.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> Image.new("RGB", (800, 400), "red").save(folder.name + "/a.jpg")
        >>> small = read_thumbnail(folder.name + "/a.jpg", 64)
        >>> small.size, small.mode
        ((64, 32), 'RGB')
    """
    data = read_picture_file(path)
    with explain_damage(path), open_picture(data) as picture, PIXELS.spend(draft(picture, side)):
        small = upright_rgb(picture)
        small.thumbnail((side, side))
        return small


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
    """Return whether a picture can be decoded at a reduced size at once.

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


class Budget:
    """Let threads go on whose work adds up to a total at most; the others wait.

    What is larger than the total by itself goes on alone.

    Args:
        total: In any unit.

    Example:
        >>> pixels = Budget(50)
        >>> with pixels.spend(20), pixels.spend(30):
        ...     print("both at a time")
        both at a time
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._spent = 0
        self._changed = threading.Condition()

    @contextmanager
    def spend(self, amount: int) -> Iterator[None]:
        """Wait until there is so much left, and hold it meanwhile."""
        amount = min(amount, self._total)
        with self._changed:
            self._changed.wait_for(lambda: self._spent + amount <= self._total)
            self._spent += amount
        try:
            yield
        finally:
            with self._changed:
                self._spent -= amount
                self._changed.notify_all()


# Turning a picture and making it RGB takes up to 12 bytes a pixel, with transparency up to 17.
PIXELS = Budget(50_000_000)
"""Decoded at a time by all threads that read picture files only to look at them."""
