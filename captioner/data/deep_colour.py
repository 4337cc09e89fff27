"""Colour of 16 bits per channel, of which Pillow keeps the upper 8 bits."""

from __future__ import annotations

import io
import sys

import numpy as np
from PIL import Image, ImageFile, ImageOps

from captioner.data.sample_range import own_range, scale

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

    def matter(self, picture: Image.Image) -> bool:
        """Tell whether they matter, once the picture has been decoded."""
        if self._again is None:
            return False
        bright = max(int(band.getextrema()[1]) for band in picture.split()[:3])  # type: ignore[arg-type]
        return bright < _DARK or "transparency" in picture.info

    def merge(self, picture: Image.Image) -> Image.Image:
        """Return a decoded picture in 8 bits per channel, scaled from all 16.

        Colours and opacity are scaled from their own range each, as ``own_range`` says.

        Args:
            picture: RGB or RGBA, of upper bytes.
        """
        assert self._again is not None, "they do not matter"
        self._again.tile = [
            tile._replace(args=_with_raw_mode(tile, _LOWER[self._raw_mode]))
            for tile in self._again.tile
        ]
        ImageOps.exif_transpose(self._again, in_place=True)  # as the picture has been
        lower = np.asarray(self._again)
        if self._raw_mode.startswith("LA"):
            lower = lower[..., [1, 1, 1, 3]]
        samples = np.asarray(picture).astype(np.uint16) << 8 | lower  # H W 3 or H W 4
        channels = [scale(samples[..., :3], *own_range(samples[..., :3]))]
        if samples.shape[-1] == 4:
            channels.append(scale(samples[..., 3:], *own_range(samples[..., 3:])))
        elif "transparency" in picture.info:
            key = np.array(picture.info["transparency"], np.uint16)
            opaque = (samples != key).any(axis=-1, keepdims=True)
            channels.append(opaque.astype(np.uint8) * np.uint8(255))
        return Image.fromarray(np.concatenate(channels, axis=-1))


def _raw_mode(tile: ImageFile._Tile) -> str:
    args = tile.args
    return str(args[0]) if isinstance(args, tuple) and args else str(args)


def _with_raw_mode(tile: ImageFile._Tile, raw_mode: str) -> str | tuple[object, ...]:
    return (raw_mode, *tile.args[1:]) if isinstance(tile.args, tuple) else raw_mode
