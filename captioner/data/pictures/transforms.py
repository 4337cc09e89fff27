"""From decoded pictures to the pixels that an encoder expects."""

from __future__ import annotations

import math
from typing import Protocol

from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode  # type: ignore[import-untyped]
from torchvision.transforms.v2 import functional as transform

from captioner.preprocessing import Preprocessing, normalize

_LONGEST = 20  # times the shorter side


class Transform(Protocol):
    """Transform of decoded pictures to pixels, which may draw at random."""

    @property
    def least(self) -> int:
        """How many pixels the shorter side of a picture needs."""

    def pixels(self, picture: Tensor, key: str) -> Tensor:
        """Return pixels (3, H, W) uint8 of a picture (3, any, any) uint8, drawn for ``key``."""


class EvalTransform:
    """Resize, crop and normalize a picture as the encoder's timm configuration says.

    Args:
        preprocessing: The encoder's pre-processing.

    Example:
        >>> import torch
        >>> half = (0.5, 0.5, 0.5)
        >>> pixels = EvalTransform(Preprocessing((8, 8), half, half, "bilinear", 1.0, "center"))
        >>> pixels(torch.full((3, 20, 30), 255, dtype=torch.uint8)).shape
        torch.Size([3, 8, 8])
    """

    def __init__(self, preprocessing: Preprocessing) -> None:
        self.preprocessing = preprocessing

    def __call__(self, picture: Tensor, key: str = "") -> Tensor:
        """Return pixels (3, H, W) float32, normalized, of a picture (3, any, any) uint8."""
        return normalize(self.pixels(picture, key), self.preprocessing)

    @property
    def least(self) -> int:
        """How many pixels the shorter side of a picture needs: twice those that are left of it.

        So a large picture may be decoded at a reduced size; the rest of the way is filtered as the
        encoder's configuration says.
        """
        config = self.preprocessing
        return 2 * max(math.floor(side / config.crop_pct) for side in config.size)

    def pixels(self, picture: Tensor, key: str = "") -> Tensor:
        """Return pixels (3, H, W) uint8, which the encoder normalizes.

        Args:
            picture: The decoded picture (3, any, any) uint8.
            key: Ignored: the same picture always gives the same pixels.
        """
        config = self.preprocessing
        if config.crop_mode == "center":
            picture = _middle(picture)
        size = self._resized(*picture.shape[-2:])
        picture = resize(picture, size, config.interpolation)
        if config.crop_mode == "border":
            picture = self._pad(picture)
        return transform.center_crop(picture, list(config.size))  # 3 H W

    def view(self, height: int, width: int) -> tuple[float, float, float, float]:
        """Return which part of a picture of that size the pixels show.

        Args:
            height: Height of the picture.
            width: Width of the picture.

        Returns:
            Left, top, right and bottom edge in pixels of the picture; outside of it where it got a
            border.

        Example:
            >>> half = (0.5, 0.5, 0.5)
            >>> pixels = EvalTransform(Preprocessing((8, 8), half, half, "bilinear", 1.0, "center"))
            >>> pixels.view(height=20, width=40)
            (10.0, 0.0, 30.0, 20.0)
        """
        edges = []
        for whole, resized, size in zip(
            (height, width), self._resized(height, width), self.preprocessing.size, strict=True
        ):
            spare = resized - size
            # As torchvision cuts the middle out, and as pictures that are too small are padded.
            first = round(spare / 2) if spare > 0 else -(-spare // 2)
            edges.append([edge * whole / resized for edge in (first, first + size)])
        (top, bottom), (left, right) = edges
        return left, top, right, bottom

    def _resized(self, height: int, width: int) -> list[int]:
        """Return the size that the whole picture takes before the crop."""
        config = self.preprocessing
        target = [math.floor(side / config.crop_pct) for side in config.size]
        ratios = height / target[0], width / target[1]
        if config.crop_mode == "squash":
            return target
        if config.crop_mode == "center" and target[0] == target[1]:
            # the longer side is cut off to whole pixels, in all other cases rounded, as timm does
            short = min(height, width)
            return [int(target[0] * side / short) for side in (height, width)]
        ratio = min(ratios) if config.crop_mode == "center" else max(ratios)
        return [max(1, round(side / ratio)) for side in (height, width)]

    def _pad(self, picture: Tensor) -> Tensor:
        """Put a border of the mean colour around a picture that is smaller than the crop."""
        config = self.preprocessing
        bottom, right = (
            max(0, size - side) for size, side in zip(config.size, picture.shape[-2:], strict=True)
        )
        left, top = right // 2, bottom // 2
        colour = [float(round(255 * value)) for value in config.mean]
        return transform.pad(picture, [left, top, right - left, bottom - top], fill=colour)


def _middle(picture: Tensor) -> Tensor:
    """Cut the ends off a picture that is far longer than wide, of which a crop shows none.

    Resized whole, a line of 1 x 20,000 pixels would become gigabytes.
    """
    longest = _LONGEST * min(picture.shape[-2:])
    if max(picture.shape[-2:]) <= longest:
        return picture
    return transform.center_crop(picture, [min(side, longest) for side in picture.shape[-2:]])


def resize(picture: Tensor, size: list[int], interpolation: str) -> Tensor:
    """Return a picture (3, any, any) uint8 at ``size``, height and width, by an interpolation."""
    if interpolation == "lanczos":  # torchvision leaves this one to Pillow
        resized = transform.resize(transform.to_pil_image(picture), size, InterpolationMode.LANCZOS)
        return transform.pil_to_tensor(resized)
    return transform.resize(picture, size, InterpolationMode(interpolation), antialias=True)
