"""Where a captioner looked, drawn fast: for training, which must not wait for figures."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from captioner.types import Caption

View = tuple[float, float, float, float]

_COLUMNS = 4
_SIDE = 160
_LINE = 20
_ALPHA = 0.6
_END = "(end)"


def attention_panels(
    picture: Tensor, caption: Caption, grid: tuple[int, int], view: View
) -> Tensor:
    """Return one picture (3, H', W') uint8 with a panel per word of a caption.

    Each panel shows the picture and, over it, where the decoder looked; what the encoder did not
    see has no colour. Colours are those of :func:`attention_figure`, which draws the same with more
    care, in a hundred times the time.

    Args:
        picture: The decoded picture (3, H, W) uint8.
        caption: What was said about it, with its attention (T, N).
        grid: Rows and columns of the image tokens; N is their product.
        view: Left, top, right and bottom edge of what the encoder saw, in pixels of the picture.

    Raises:
        ValueError: If the caption has no attention.

    Example:
        >>> looks = torch.tensor([[0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25]])
        >>> caption = Caption("Dog.", ["dog"], -1.0, [-0.5, -0.5], attention=looks)
        >>> grey = torch.full((3, 20, 40), 128, dtype=torch.uint8)
        >>> attention_panels(grey, caption, (2, 2), (10.0, 0.0, 30.0, 20.0)).shape
        torch.Size([3, 120, 640])
    """
    if caption.attention is None:
        raise ValueError("caption: expected one with attention, found one without")
    scale = _SIDE / max(picture.shape[-2:])
    height, width = (max(1, round(side * scale)) for side in picture.shape[-2:])
    small = Image.fromarray(picture.permute(1, 2, 0).numpy()).resize((width, height))
    words = ["", *caption.words, _END][: 1 + len(caption.attention)]
    rows = math.ceil(len(words) / _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _SIDE, _LINE + rows * (height + _LINE)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    draw.text((4, 1), caption.text, "black", font)
    plain = np.asarray(small)
    edges = tuple(round(edge * scale) for edge in view)
    for place, word in enumerate(words):
        top, left = (place // _COLUMNS) * (height + _LINE) + _LINE, (place % _COLUMNS) * _SIDE
        panel = plain
        if place > 0:
            weights = caption.attention[place - 1]
            panel = _coloured(plain, weights.view(1, 1, *grid), edges)
            draw.text((left + 4, top + 1), f"{word}  {weights.max():.0%}", "black", font)
        sheet.paste(Image.fromarray(panel), (left, top + _LINE))
    return torch.from_numpy(np.array(sheet)).permute(2, 0, 1)  # H' W' 3 -> 3 H' W'


def _coloured(
    picture: NDArray[np.uint8], weights: Tensor, edges: tuple[int, ...]
) -> NDArray[np.uint8]:
    """Return the picture (H, W, 3) with a map (1, 1, h, w) laid over the part between the edges."""
    left, top, right, bottom = edges
    size = max(1, bottom - top), max(1, right - left)
    fine = F.interpolate(weights, size, mode="bilinear")[0, 0]
    colours = colormaps["inferno"]((fine / weights.max()).numpy())[..., :3] * 255
    height, width, _ = picture.shape
    seen = colours[max(0, -top) : height - top, max(0, -left) : width - left]
    result = picture.copy()
    part = result[max(0, top) : bottom, max(0, left) : right]
    part[:] = (1 - _ALPHA) * part + _ALPHA * seen
    return result
