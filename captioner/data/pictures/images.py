"""Picture files of every common kind, read as RGB."""

from __future__ import annotations

from pathlib import Path

import PIL
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2.functional import pil_to_tensor  # type: ignore[import-untyped]

from captioner.data.pictures.picture_file import explain_damage, open_picture, read_picture_file
from captioner.data.pictures.thumbnails import is_reducible
from captioner.data.pictures.upright_rgb import upright_rgb

DECODER = f"pixels2-pillow{PIL.__version__}"
"""Stands for what the pixels of a picture file depend on, besides the file: the number grows when
the rules here change, and the next Pillow may bring decoders that round differently."""


def read_image(path: str | Path, *, least: int | None = None) -> Tensor:
    """Read a picture file as RGB pixels (3, H, W) uint8.

    The EXIF orientation is applied. Grey pictures get three equal channels; transparent ones are
    laid on white, the colour of the page they were drawn for; of an animation the first frame
    counts; more than 8 bits per channel are reduced to 8 by scaling, not by clipping
    (``bit_depth``).

    Pillow decodes all kinds. torchvision's decoders are as fast and faster, but a damaged PNG ends
    the process in them.

    Args:
        path: The file, or one inside a tar file, as ``read_picture_file`` explains.
        least: A JPEG may be decoded at an eighth, a quarter or half of its size, as long as its
            shorter side keeps so many pixels; None keeps all.

    Returns:
        Pixels (3, H, W) uint8, laid out in memory as (H, W, 3).

    Raises:
        CaptionerError: If the file is missing, unreadable, no picture, of more than 178 million
            pixels, or damaged - a picture of which a part is missing counts as damaged.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> Image.new("L", (4, 3), color=7).save(folder.name + "/grey.png")
        >>> pixels = read_image(folder.name + "/grey.png")
        >>> tuple(pixels.shape), pixels.unique().tolist()
        ((3, 3, 4), [7])
    """
    return decode_picture(read_picture_file(path), path, least=least)


def decode_picture(data: bytes, path: str | Path, *, least: int | None = None) -> Tensor:
    """Decode the content of a picture file as ``read_image`` does.

    Args:
        data: The content.
        path: Where it comes from, for the error message.
        least: As in ``read_image``.

    Raises:
        CaptionerError: If it cannot be decoded.
    """
    with explain_damage(path):
        return _decode(data, least)


def _decode(data: bytes, least: int | None) -> Tensor:
    with open_picture(data) as picture:
        if least is not None and is_reducible(picture):
            _reduce(picture, least)
        # seen as (3, H, W), but left in memory as (H, W, 3): resizing takes half the time so
        pixels: Tensor = pil_to_tensor(upright_rgb(picture))
        return pixels


def _reduce(picture: Image.Image, least: int) -> None:
    """Have a JPEG decoded at half of its size or less, if it may be."""
    scale = next((by for by in (8, 4, 2) if min(picture.size) >= by * least), 1)
    picture.draft(None, (picture.width // scale, picture.height // scale))
