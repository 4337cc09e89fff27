"""Augmentation: random crops and colours of training pictures, never mirrored by default."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from torch import Tensor
from torchvision.transforms.v2 import functional as transform  # type: ignore[import-untyped]

from captioner.data.pictures.transforms import resize
from captioner.errors import CaptionerError
from captioner.preprocessing import Preprocessing, normalize

_STRETCH = 0.9  # the proportions of a picture change by at most this, or its inverse


@dataclass(frozen=True)
class Augmentation:
    """Augmentation settings: how much training pictures change, so that captions stay true.

    Attributes:
        min_area: A random part is cut out that covers at least this share of the picture, so that
            what the captions mention stays in view; 1 keeps all but a change of proportions.
        colour: Brightness, contrast and saturation are each multiplied by a random number between
            1 minus and 1 plus this. Hue is left alone: captions name colours.
        mirror: Mirror every other picture, at random. Not by default: captions say "to the left
            of" and "on the right", which would become false.

    Raises:
        CaptionerError: If a value lies outside its range.
    """

    min_area: float = 0.7
    colour: float = 0.2
    mirror: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        if not 0 < self.min_area <= 1:
            raise CaptionerError(
                f"data.augment.min_area: expected above 0 to 1, found {self.min_area}"
            )
        if not 0 <= self.colour < 1:
            raise CaptionerError(f"data.augment.colour: expected 0 to below 1, found {self.colour}")


class TrainTransform:
    """Change a picture at random and turn it into pixels.

    What is drawn depends on ``seed`` and on the key of the call only, so training that goes on from
    a checkpoint sees the pixels it would have seen without the interruption.

    Args:
        preprocessing: The encoder's pre-processing; its crop is replaced by the random one.
        augmentation: How much may change.
        seed: Other seeds give other draws.
    """

    def __init__(
        self, preprocessing: Preprocessing, augmentation: Augmentation, seed: int = 0
    ) -> None:
        self.preprocessing = preprocessing
        self.augmentation = augmentation
        self.seed = seed

    def __call__(self, picture: Tensor, key: str) -> Tensor:
        """Return pixels (3, H, W) float32, normalized, of a picture (3, any, any) uint8."""
        return normalize(self.pixels(picture, key), self.preprocessing)

    @property
    def least(self) -> int:
        """How many pixels the shorter side of a picture needs: twice those of the smallest part."""
        smallest = math.sqrt(self.augmentation.min_area * _STRETCH)
        return math.ceil(2 * max(self.preprocessing.size) / smallest)

    def pixels(self, picture: Tensor, key: str) -> Tensor:
        """Return pixels (3, H, W) uint8, which the encoder normalizes.

        Args:
            picture: The decoded picture (3, any, any) uint8.
            key: Names the draw, such as epoch and picture.
        """
        config = self.preprocessing
        draw = random.Random(f"{self.seed} {key}")
        part = resize(self._cut(picture, draw), list(config.size), config.interpolation)
        part = self._jitter(part, draw)
        if self.augmentation.mirror and draw.random() < 0.5:
            part = transform.horizontal_flip(part)
        return part

    def _cut(self, picture: Tensor, draw: random.Random) -> Tensor:
        height, width = picture.shape[-2:]
        area = draw.uniform(self.augmentation.min_area, 1.0)
        stretch = math.exp(draw.uniform(math.log(_STRETCH), math.log(1 / _STRETCH)))
        cut_height = min(height, round(height * math.sqrt(area * stretch)) or 1)
        cut_width = min(width, round(width * math.sqrt(area / stretch)) or 1)
        top, left = draw.randint(0, height - cut_height), draw.randint(0, width - cut_width)
        return transform.crop(picture, top, left, cut_height, cut_width)

    def _jitter(self, picture: Tensor, draw: random.Random) -> Tensor:
        colour = self.augmentation.colour
        if colour == 0:
            return picture
        adjust = [
            transform.adjust_brightness,
            transform.adjust_contrast,
            transform.adjust_saturation,
        ]
        draw.shuffle(adjust)  # each order gives other colours
        for change in adjust:
            picture = change(picture, draw.uniform(1 - colour, 1 + colour))
        return picture
