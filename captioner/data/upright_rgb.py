"""Pictures of every kind as people see them: upright, in red, green and blue, on white."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps


def upright_rgb(picture: Image.Image) -> Image.Image:
    """Return a picture as RGB, turned as its EXIF orientation says.

    Transparent pictures are laid on white, the colour of the page they were drawn for; 16 bits of
    grey are reduced to 8 by scaling, not by clipping.

    Args:
        picture: Of any mode.

    Example:
        >>> upright_rgb(Image.new("I;16", (2, 1), 32_896)).getpixel((0, 0))
        (128, 128, 128)
        >>> upright_rgb(Image.new("RGBA", (2, 1), (255, 0, 0, 0))).getpixel((0, 0))
        (255, 255, 255)
    """
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):  # 16 bits of grey, which convert() would clip at 255
        grey = np.asarray(picture).clip(0, 65535) // 257
        picture = Image.fromarray(grey.astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return picture.convert("RGB")
