"""Attention panels: maps drawn fast, for training, which must not wait for figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import torch.nn.functional as F
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from captioner.types import Caption

View = tuple[float, float, float, float]

_COLUMNS = 3
_SIDE = 160
_GAP = 4
_LINE = 22
_ALPHA = 0.6
_END = "(end)"


def attention_panels(
    picture: Tensor, caption: Caption, grid: tuple[int, int], view: View
) -> Image.Image:
    """Return one picture with a panel per word of a caption.

    Each panel shows the picture and, over it, where the decoder looked; what the encoder did not
    see has no colour. Colours are those of :func:`attention_figure`, which takes fifty times
    as long to draw the same with more care.

    Args:
        picture: The decoded picture (3, H, W) uint8.
        caption: What was said about it, with its attention (T, N).
        grid: Rows and columns of the image tokens; N is their product.
        view: Left, top, right and bottom edge of what the encoder saw, in pixels of the picture.

    Raises:
        ValueError: If the caption has no attention.

    Example:
        >>> import torch
        >>> looks = torch.tensor([[0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25]])
        >>> caption = Caption("Dog.", ["dog"], -1.0, [-0.5, -0.5], attention=looks)
        >>> grey = torch.full((3, 20, 40), 128, dtype=torch.uint8)
        >>> attention_panels(grey, caption, (2, 2), (10.0, 0.0, 30.0, 20.0)).size
        (488, 124)
    """
    if caption.attention is None:
        raise ValueError("caption: expected one with attention, found one without")
    scale = _SIDE / max(picture.shape[-2:])
    height, width = (max(1, round(side * scale)) for side in picture.shape[-2:])
    small = Image.fromarray(picture.permute(1, 2, 0).numpy()).resize((width, height))
    edges = [round(edge * scale) for edge in view]
    words = ["", *caption.words, _END][: 1 + len(caption.attention)]
    rows = math.ceil(len(words) / _COLUMNS)
    size = _COLUMNS * (_SIDE + _GAP) - _GAP, _LINE + rows * (height + _LINE)
    sheet = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    draw.text((2, 1), caption.text, "black", font)
    for place, word in enumerate(words):
        row, column = divmod(place, _COLUMNS)
        left, top = column * (_SIDE + _GAP), _LINE + row * (height + _LINE)
        panel = small
        if place > 0:
            weights = caption.attention[place - 1]
            panel = _coloured(small, weights.view(1, 1, *grid), edges)
            draw.text((left + 2, top + 1), f"{word}  {100 * weights.max():.0f} %", "black", font)
        sheet.paste(panel, (left, top + _LINE))
    return sheet


def _coloured(picture: Image.Image, weights: Tensor, edges: Sequence[int]) -> Image.Image:
    """Return a picture with a map (1, 1, h, w) laid over the part between the edges."""
    left, top, right, bottom = edges
    size = max(1, bottom - top), max(1, right - left)
    fine = F.interpolate(weights, size, mode="bilinear")[0, 0]
    colours = _colours()[(255 * fine / weights.max()).byte().numpy()]
    covered = picture.copy()
    covered.paste(Image.fromarray(colours), (left, top))  # what lies outside is cut off
    return Image.blend(picture, covered, _ALPHA)


@cache
def _colours() -> NDArray[np.uint8]:
    """Return the colours of 256 weights from 0 to the greatest, (256, 3)."""
    table: NDArray[np.uint8] = colormaps["inferno"](np.arange(256), bytes=True)[:, :3]
    return table
