"""Light and grain: what keeps drawn surfaces from looking like cut paper."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from captioner.data.scenes.drawing.pen import Colour

Pixels = npt.NDArray[np.uint8]

_GRAIN_SIDE = 640


@lru_cache(maxsize=4)
def grain(stretch: int = 1) -> npt.NDArray[np.int16]:
    """Return a fixed square of soft noise around 0, about -40 to 40.

    It is made once a process and cut at random places: noise made anew for every picture would
    cost more than everything else in it.

    Args:
        stretch: How many times wider than high the grains are: 1 for earth, more for water.
    """
    rng = np.random.default_rng(7 + stretch)
    total = np.zeros((_GRAIN_SIDE, _GRAIN_SIDE), dtype=np.float32)
    for cells, strength in ((10, 12.0), (40, 10.0), (160, 9.0)):
        coarse = rng.integers(0, 256, (cells, max(cells // stretch, 2)), dtype=np.uint8)
        smooth = Image.fromarray(coarse).resize(
            (_GRAIN_SIDE, _GRAIN_SIDE), Image.Resampling.BICUBIC
        )
        total += (np.asarray(smooth, dtype=np.float32) - 127.5) * (strength / 64)
    return total.round().astype(np.int16)


def cut(
    rng: np.random.Generator, height: int, width: int, stretch: int = 1
) -> npt.NDArray[np.int16]:
    """Return noise of shape (height, width, 1) from a random place of ``grain``."""
    top = int(rng.integers(0, _GRAIN_SIDE - height + 1))
    left = int(rng.integers(0, _GRAIN_SIDE - width + 1))
    return grain(stretch)[top : top + height, left : left + width, None]


def surface(
    rng: np.random.Generator,
    width: int,
    height: int,
    top: Colour,
    bottom: Colour,
    *,
    grainy: float = 0.5,
    stretch: int = 1,
) -> Pixels:
    """Paint a rectangle whose colour changes from ``top`` to ``bottom``, with grain.

    Returns:
        Pixels of shape (height, width, 3), uint8.
    """
    ramp = np.linspace(top, bottom, height, dtype=np.float32)[:, None]  # (height, 1, 3)
    noise = cut(rng, height, width, stretch) * np.float32(grainy)
    return np.clip(ramp + noise, 0, 255).astype(np.uint8)


@lru_cache(maxsize=256)
def _light(height: int, width: int) -> npt.NDArray[np.float32]:
    """Return how bright each place of a thing is with light from the top left, 1 in the middle."""
    down = np.linspace(0.1, -0.17, height, dtype=np.float32)[:, None]
    right = np.linspace(0.06, -0.1, width, dtype=np.float32)[None]
    return (1 + down + right)[..., None]


def light_up(tile: Image.Image, rng: np.random.Generator, dim: float = 1.0) -> Image.Image:
    """Shade a thing from the top left to the bottom right, add grain and a dark outline.

    Args:
        tile: An RGBA picture of the thing, transparent around it.
        rng: Where the grain is cut.
        dim: Below 1 for less light.
    """
    pixels = np.asarray(tile)
    height, width = pixels.shape[:2]
    lit = pixels[..., :3] * (_light(height, width) * np.float32(dim))
    lit += cut(rng, height, width) * np.float32(0.35)
    shaded = Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))
    alpha = tile.getchannel("A")
    # An outline separates a thing from what has its own colour, such as a white rabbit from snow.
    wider = alpha.filter(ImageFilter.MaxFilter(3)).point(_FAINT)
    outlined = Image.new("RGBA", tile.size, (26, 24, 30, 0))
    outlined.putalpha(wider)
    outlined.paste(shaded, (0, 0), alpha)
    return outlined


_FAINT = [round(value * 0.72) for value in range(256)]
