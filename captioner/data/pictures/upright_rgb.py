"""Pictures of every kind as people see them: upright, in red, green and blue, on white."""

from __future__ import annotations

from PIL import Image, ImageOps

from captioner.data.pictures.bit_depth import is_deep, stated_white, to_eight_bits
from captioner.data.pictures.deep_colour import LowerBytes

# Colours multiplied by their opacity, and the same divided by it.
_PREMULTIPLIED = {"RGBa": "RGBA", "La": "LA"}


def upright_rgb(picture: Image.Image) -> Image.Image:
    """Return a picture as RGB, turned as its EXIF orientation says.

    Transparent pictures are laid on white, the colour of the page they were drawn for. What has
    more than 8 bits, whole numbers or floating point, becomes 8 bits by scaling, not by clipping;
    ``bit_depth.to_eight_bits`` says from which range.

    Args:
        picture: Of any mode, decoded or only opened; it is turned in place.

    Example:
        >>> upright_rgb(Image.new("I;16", (2, 1), 32_896)).getpixel((0, 0))
        (128, 128, 128)
        >>> upright_rgb(Image.new("RGBA", (2, 1), (255, 0, 0, 0))).getpixel((0, 0))
        (255, 255, 255)
    """
    lower, white = LowerBytes(picture), stated_white(picture)
    ImageOps.exif_transpose(picture, in_place=True)  # one that is upright already is not copied
    if is_deep(picture):
        picture = to_eight_bits(picture, white)
    elif lower.needed(picture):
        picture = lower.merge(picture)
    if picture.has_transparency_data:
        return _on_white(picture)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode in _PREMULTIPLIED:
        picture = picture.convert(_PREMULTIPLIED[picture.mode])
    picture = picture.convert("RGBA")
    page = Image.new("RGB", picture.size, "white")
    page.paste(picture, mask=picture.getchannel("A"))
    return page
