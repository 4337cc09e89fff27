"""Image pre-processing of an encoder, as plain values: size, crop, mean, standard deviation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor

from captioner.errors import CaptionerError

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos")
CROP_MODES = ("center", "squash", "border")


@dataclass(frozen=True)
class Preprocessing:
    """Pre-processing from a picture to the pixels (3, H, W) of an encoder.

    The values come from the encoder's own timm configuration and travel with it: the data part
    builds its transform from them, a checkpoint stores them, a token cache is keyed by them.

    Attributes:
        size: Height and width of the pixels.
        mean: Subtracted from red, green and blue in [0, 1].
        std: What red, green and blue are divided by afterwards, above 0.
        interpolation: One of ``INTERPOLATIONS``.
        crop_pct: Part of the resized picture that the crop keeps per side, in (0, 2]; above 1,
            as a few timm models have it, the picture gets a border instead.
        crop_mode: One of ``CROP_MODES``: ``center`` resizes the shorter side and cuts the middle
            out, ``squash`` resizes both sides regardless of the aspect ratio, ``border`` resizes
            the longer side and pads.

    Raises:
        CaptionerError: If a value has another type or lies outside its range.

    Example:
        >>> half = (0.5, 0.5, 0.5)
        >>> plain = Preprocessing((224, 224), half, half, "bicubic", 0.875, "center").to_dict()
        >>> plain["size"]
        [224, 224]
        >>> Preprocessing.from_dict(plain).to_dict() == plain
        True
    """

    size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str
    crop_pct: float
    crop_mode: str

    def __post_init__(self) -> None:
        _check("size", self.size, _numbers(self.size, 2, int, above=0), "two whole numbers above 0")
        _check("mean", self.mean, _numbers(self.mean, 3, float), "three numbers")
        _check("std", self.std, _numbers(self.std, 3, float, above=0), "three numbers above 0")
        _check(
            "interpolation",
            self.interpolation,
            self.interpolation in INTERPOLATIONS,
            f"one of {', '.join(INTERPOLATIONS)}",
        )
        _check(
            "crop_pct",
            self.crop_pct,
            _numbers((self.crop_pct,), 1, float, above=0) and self.crop_pct <= 2,
            "a number above 0 and at most 2",
        )
        _check(
            "crop_mode",
            self.crop_mode,
            self.crop_mode in CROP_MODES,
            f"one of {', '.join(CROP_MODES)}",
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the values as strings, numbers and lists, fit for JSON and checkpoints."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preprocessing:
        """Return the pre-processing that ``to_dict`` described.

        Args:
            values: Every field by name; lists stand for tuples.

        Raises:
            CaptionerError: If a field is missing, a key is unknown, or a value is not what the
                field takes.
        """
        names = [field.name for field in fields(cls)]
        if not isinstance(values, Mapping) or set(values) != set(names):
            found = list(values) if isinstance(values, Mapping) else type(values).__name__
            raise CaptionerError(
                f"preprocessing: expected the keys {', '.join(names)}, found {found}"
            )
        plain: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
        }
        return cls(**plain)


def normalize(pixels: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Normalize uint8 pixels: to [0, 1], minus the mean, over the standard deviation.

    This is done on the device that computes: until then a picture takes a quarter of the memory.

    Args:
        pixels: (.., 3, H, W) uint8.
        preprocessing: Whose ``mean`` and ``std`` count.

    Returns:
        (.., 3, H, W) float32: scaled to [0, 1], minus the mean, over the standard deviation.

    Example:
        >>> half = (0.5, 0.5, 0.5)
        >>> plain = Preprocessing((1, 1), half, half, "bicubic", 1.0, "center")
        >>> normalize(torch.tensor([0, 255, 0], dtype=torch.uint8).view(3, 1, 1), plain).tolist()
        [[[-1.0]], [[1.0]], [[-1.0]]]
    """
    mean, std = (
        torch.tensor(each, device=pixels.device).view(3, 1, 1)
        for each in (preprocessing.mean, preprocessing.std)
    )
    return pixels.float().mul_(1 / 255).sub_(mean).div_(std)


def _numbers(
    values: object, count: int, kind: type[int] | type[float], above: float | None = None
) -> bool:
    """Return whether ``values`` are ``count`` finite numbers of a kind, all above ``above``."""
    kinds = (int,) if kind is int else (int, float)
    return (
        isinstance(values, tuple)
        and len(values) == count
        and all(isinstance(v, kinds) and not isinstance(v, bool) for v in values)
        and all(abs(v) < float("inf") and (above is None or v > above) for v in values)
    )


def _check(name: str, value: object, valid: bool, expected: str) -> None:
    if not valid:
        raise CaptionerError(f"preprocessing.{name}: expected {expected}, found {value!r}")
