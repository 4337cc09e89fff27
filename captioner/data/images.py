"""Picture files of every common kind, read as RGB."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from captioner.data.decoding_cost import is_reducible
from captioner.data.picture_file import explain_damage, open_picture, read_picture_file
from captioner.data.upright_rgb import upright_rgb

try:  # faster on JPEG; marked for removal from torchvision, after which Pillow does all the work
    from torchvision.io import ImageReadMode, decode_image  # type: ignore[import-untyped]
except ImportError:  # pragma: no cover
    decode_image = None


def read_image(path: str | Path, *, least: int | None = None) -> Tensor:
    """Read a picture file as RGB pixels (3, H, W) uint8.

    The EXIF orientation is applied. Grey pictures get three equal channels; transparent ones are
    laid on white, the colour of the page they were drawn for; of an animation the first frame
    counts; 16 bits per channel are reduced to 8 by scaling, not by clipping.

    torchvision decodes JPEG and PNG pictures without transparency; the other kinds
    (WebP, GIF, TIFF, BMP, AVIF, JPEG 2000, PPM) go through Pillow.

    Args:
        path: The file, or one inside a tar file, as ``read_picture_file`` explains.
        least: A JPEG may be decoded at an eighth, a quarter or half of its size, as long as its
            shorter side keeps so many pixels; None keeps all.

    Returns:
        Pixels (3, H, W) uint8.

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
        reduced = least is not None and _reduce(picture, least)
        opaque = picture.mode in ("RGB", "L", "CMYK") and "transparency" not in picture.info
        known = picture.format in ("JPEG", "MPO", "PNG")
        if decode_image is not None and known and opaque and not reduced:
            encoded = torch.frombuffer(bytearray(data), dtype=torch.uint8)
            pixels = decode_image(encoded, ImageReadMode.RGB, apply_exif_orientation=True)
            if pixels.dtype == torch.uint8:  # a PNG of 16 bits comes as uint16
                return pixels
        picture.load()
        rgb = upright_rgb(picture)
    return torch.from_numpy(np.array(rgb)).permute(2, 0, 1).contiguous()  # H W 3 -> 3 H W


def _reduce(picture: Image.Image, least: int) -> bool:
    """Have a JPEG decoded at half of its size or less, if it may be; say whether it will be."""
    if not is_reducible(picture):
        return False
    scale = next((by for by in (8, 4, 2) if min(picture.size) >= by * least), 1)
    picture.draft(None, (picture.width // scale, picture.height // scale))
    return scale > 1
