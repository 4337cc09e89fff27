"""Colour of 16 bits per channel, of which Pillow keeps the upper 8 bits."""

from __future__ import annotations

import io
import sys

import numpy as np
from PIL import Image, ImageFile, ImageOps

from captioner.data.pictures.bit_depth import Samples, boxes, own_range, scale

_DARK = 1 << 6  # upper bytes below this one: the picture may be one of 14 bits or fewer
# For each raw mode, which says what Pillow makes of the bytes of a pixel, the one that gives it the
# lower bytes in place of the upper ones: the other byte order.
_OTHER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_LOWER = {
    f"{colours};16{order}": f"{colours};16{other}"
    for colours in ("RGB", "RGBX", "RGBA")
    for order, other in _OTHER.items()
} | {"LA;16B": "RGBA"}  # grey and opacity: all four bytes, as if each was a channel


class LowerBytes:
    """Find what Pillow drops of the colours of a picture, where it matters.

    A picture whose 16 bits hold a sensor's 10, 12 or 14 has next to nothing in the upper bytes. A
    colour that stands for transparent (PNG) is given in 16 bits too.

    Args:
        picture: Opened, not decoded yet.
    """

    def __init__(self, picture: Image.Image) -> None:
        self._again: ImageFile.ImageFile | None = None
        if not isinstance(picture, ImageFile.ImageFile) or not isinstance(picture.fp, io.BytesIO):
            return
        raw_modes = {_raw_mode(tile) for tile in picture.tile}
        self._raw_mode = raw_modes.pop() if len(raw_modes) == 1 else ""
        if self._raw_mode in _LOWER:
            data = io.BytesIO(picture.fp.getvalue())
            self._again = Image.open(data, formats=[picture.format or ""])

    def needed(self, picture: Image.Image) -> bool:
        """Return whether they are needed, once the picture has been decoded."""
        if self._again is None:
            return False
        bright = max(int(band.getextrema()[1]) for band in picture.split()[:3])  # type: ignore[arg-type]
        return bright < _DARK or "transparency" in picture.info

    def merge(self, picture: Image.Image) -> Image.Image:
        """Scale a decoded picture from all 16 bits per channel to 8, and return it.

        Colours and opacity are scaled from their own range each, as ``own_range`` says.

        Args:
            picture: RGB or RGBA, of upper bytes; changed in place, for a third copy of the largest
                would take most of a gigabyte. It becomes RGBA if a colour stands for transparent.
        """
        assert self._again is not None, "they are not needed"
        self._again.tile = [
            tile._replace(args=_with_raw_mode(tile, _LOWER[self._raw_mode]))
            for tile in self._again.tile
        ]
        ImageOps.exif_transpose(self._again, in_place=True)  # as the picture has been
        pieces = list(boxes(picture.size))
        channels = [slice(0, 3), slice(3, 4)] if picture.mode == "RGBA" else [slice(0, 3)]
        ranges = [
            own_range(self._samples(picture, box)[..., each] for box in pieces) for each in channels
        ]
        key = picture.info.get("transparency") if len(channels) == 1 else None
        opacity = None if key is None else Image.new("L", picture.size)
        for box in pieces:
            samples = self._samples(picture, box)
            if opacity is not None:
                opaque = (samples != np.array(key, np.uint16)).any(axis=-1)
                opacity.paste(Image.fromarray(scale(opaque, 0, 1)), box)
            scaled = [
                scale(samples[..., each], *its_range)
                for each, its_range in zip(channels, ranges, strict=True)
            ]
            picture.paste(Image.fromarray(np.concatenate(scaled, axis=-1)), box)
        if opacity is not None:
            picture.putalpha(opacity)
        return picture

    def _samples(self, picture: Image.Image, box: tuple[int, int, int, int]) -> Samples:
        """Return all 16 bits (H, W, 3) or (H, W, 4) of a piece that is not scaled yet."""
        assert self._again is not None, "they are not needed"
        lower = np.asarray(self._again.crop(box))
        if self._raw_mode.startswith("LA"):
            lower = lower[..., [1, 1, 1, 3]]
        samples: Samples = np.asarray(picture.crop(box)).astype(np.uint16) << 8 | lower
        return samples


def _raw_mode(tile: ImageFile._Tile) -> str:
    args = tile.args
    return str(args[0]) if isinstance(args, tuple) and args else str(args)


def _with_raw_mode(tile: ImageFile._Tile, raw_mode: str) -> str | tuple[object, ...]:
    return (raw_mode, *tile.args[1:]) if isinstance(tile.args, tuple) else raw_mode
