"""Small versions of picture files, read much faster than the whole pictures."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from captioner.data.budget import Budget
from captioner.data.picture_file import explain_damage, open_picture, read_picture_file
from captioner.data.upright_rgb import upright_rgb

# Turning a picture and making it RGB takes 12 bytes a pixel, with
# transparency 16: less than a gigabyte, unless a single picture needs more.
PIXELS = Budget(50_000_000)
"""Decoded at a time by all threads that read picture files only to look at them."""


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
        picture.load()
        small = upright_rgb(picture)
        small.thumbnail((side, side))
        return small


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
    picture.draft(None, (side, side))
    return held + picture.width * picture.height
