"""Small versions of picture files, read much faster than the whole pictures."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from captioner.data.pictures.decoding_cost import PIXELS, draft
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
