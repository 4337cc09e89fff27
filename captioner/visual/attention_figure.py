"""Attention figure: where a captioner looked for each word, drawn onto the picture."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from captioner.errors import CaptionerError
from captioner.types import Caption

_COLUMNS = 5
_PANEL = 2.2  # inches
_END = "(end)"
# From black to yellow in steps of even lightness: readable in grey and by the colour-blind.
_COLOURS = "inferno"


def attention_figure(
    picture: Tensor,
    caption: Caption,
    grid: tuple[int, int],
    view: tuple[float, float, float, float],
) -> Figure:
    """Return a figure with one panel per word: the picture, and where the decoder looked.

    A map is smoothed over the image tokens and drawn where the encoder saw them: what the crop cut
    off has no colour, and on a picture with a border the map goes beyond it. Within a panel the
    brightest colour is the greatest weight, whose share of all attention stands beside the word.

    Args:
        picture: The decoded picture (3, H, W) uint8.
        caption: What was said about it, with its attention (T, N).
        grid: Rows and columns of the image tokens; N is their product.
        view: Left, top, right and bottom edge of what the encoder saw, in pixels of the picture.

    Raises:
        CaptionerError: If the captioner does not attend to image tokens.

    Example:
        >>> import torch
        >>> looks = torch.tensor([[0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25]])
        >>> caption = Caption("Dog.", ["dog"], -1.0, [-0.5, -0.5], attention=looks)
        >>> grey = torch.full((3, 20, 30), 128, dtype=torch.uint8)
        >>> figure = attention_figure(grey, caption, (2, 2), (5.0, 0.0, 25.0, 20.0))
        >>> [axes.get_title() for axes in figure.axes if axes.axison or axes.get_title()]
        ['', 'dog  70 %', '(end)  25 %']
    """
    if caption.attention is None:
        raise CaptionerError(
            "attention: expected a captioner that attends to image tokens, found one without"
        )
    words = [*caption.words, _END][: len(caption.attention)]
    rows = math.ceil((1 + len(words)) / _COLUMNS)
    height = _PANEL * picture.size(1) / picture.size(2)
    figure = Figure(
        figsize=(_COLUMNS * _PANEL, rows * (min(height, 2 * _PANEL) + 0.3) + 0.4),
        layout="constrained",
    )
    figure.suptitle(caption.text, parse_math=False)  # a $ is a $
    panels = list(figure.subplots(rows, _COLUMNS, squeeze=False).flat)
    _show(panels[0], picture)
    panels[0].axis("on")
    panels[0].set(xticks=[], yticks=[])
    for axes, word, weights in zip(panels[1:], words, caption.attention, strict=False):
        _show(axes, picture)
        left, top, right, bottom = view
        axes.imshow(
            weights.view(grid).numpy(),
            extent=(left, right, bottom, top),
            cmap=_COLOURS,
            vmin=0,
            interpolation="bilinear",
            alpha=0.6,
        )
        axes.set(xlim=(0, picture.size(2)), ylim=(picture.size(1), 0))
        axes.set_title(
            f"{word}  {weights.max():.0%}".replace("%", " %"), fontsize=9, parse_math=False
        )
    for axes in panels[1 + len(words) :]:
        axes.axis("off")
    return figure


def _show(axes: Axes, picture: Tensor) -> None:
    """Draw the picture with its edges at 0 and its size, in pixels."""
    _, height, width = picture.shape
    axes.imshow(picture.permute(1, 2, 0).numpy(), extent=(0, width, height, 0))
    axes.axis("off")
