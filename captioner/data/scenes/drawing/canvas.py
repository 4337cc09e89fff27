"""What all backdrops are made of."""

from __future__ import annotations

import numpy as np
from PIL import Image

from captioner.data.scenes.drawing.pen import Colour, Point
from captioner.data.scenes.scene import SIDE

SCALE = 2  # pictures are drawn larger and shrunk, which smooths their edges
FULL = SCALE * SIDE


def pick(
    rng: np.random.Generator, options: tuple[tuple[Colour, Colour], ...]
) -> tuple[Colour, Colour]:
    """Return one of several pairs of colours."""
    return options[int(rng.integers(len(options)))]


def stack(*bands: np.ndarray) -> Image.Image:
    """Make a picture of bands, each of shape (height, width, 3), from the top down."""
    return Image.fromarray(np.concatenate(bands))


def ridge(rng: np.random.Generator, base: int, height: int, steps: int) -> list[Point]:
    """Return a hilly line over the whole width, closed below ``base``."""
    xs = np.linspace(-20, FULL + 20, steps)
    ys = base - rng.uniform(0.15, 1.0, steps) * height
    fine = np.linspace(-20, FULL + 20, 60)
    points = list(zip(fine.tolist(), np.interp(fine, xs, ys).tolist(), strict=True))
    return [*points, (FULL + 20, base + 4), (-20, base + 4)]
